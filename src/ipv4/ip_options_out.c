// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 options of packets that are sent: a program's, those of an answer, those of fragments. */
#include <skiff/slab.h>

#include "ipv4/ipv4.h"
#include "wire/ip.h"

/* What follows the end of the list is none of it, and leaves this host as zeros. */
static void clear_behind_end(u8 *data, unsigned int len)
{
	unsigned int i = 0;

	while (i < len && data[i] != WIRE_OPT_END)
		i += data[i] == WIRE_OPT_NOP ? 1u : data[i + 1];
	if (i < len)
		memset(data + i, WIRE_OPT_END, len - i);
}

int ip_options_fill(struct net *net, struct ip_options_data *to, const void *data, unsigned int len)
{
	struct ip_options *opt = &to->opt.opt;
	int err;

	if (len > IP_OPTIONS_MAX)
		return -EINVAL;
	memset(to, 0, sizeof(*to));
	if (len)
		memcpy(opt->__data, data, len);
	opt->optlen = (u8)((len + 3) & ~3u);
	err = ip_options_compile(net, opt, NULL);
	if (!err)
		clear_behind_end(opt->__data, opt->optlen);
	return err;
}

int ip_options_get(struct net *net, struct ip_options_rcu **optp, const void *data, int optlen)
{
	struct ip_options_rcu *opt;
	int err;

	if (optlen < 0 || optlen > IP_OPTIONS_MAX)
		return -EINVAL;
	opt = (struct ip_options_rcu *)kzalloc(sizeof(*opt) + (((size_t)optlen + 3) & ~(size_t)3),
					       GFP_KERNEL);
	if (!opt)
		return -ENOMEM;
	if (optlen)
		memcpy(opt->opt.__data, data, (size_t)optlen);
	/* Filled up with WIRE_OPT_END. */
	opt->opt.optlen = (u8)((optlen + 3) & ~3);
	err = ip_options_compile(net, &opt->opt, NULL);
	if (err) {
		kfree(opt);
		return err;
	}
	*optp = opt;
	return 0;
}

void ip_options_build(struct sk_buff *skb, const struct ip_options *opt, __be32 daddr,
		      const struct rtable *rt)
{
	u8 *iph = skb_network_header(skb), *o;

	memcpy(&IPCB(skb)->opt, opt, sizeof(*opt));
	memcpy(iph + WIRE_IP_HLEN, opt->__data, opt->optlen);
	if (opt->srr) {
		o = iph + opt->srr;
		memcpy(o + o[1] - 4, &daddr, sizeof(daddr));
	}
	/* The pointers are past the entries that wait for us. */
	if (opt->rr_needaddr) {
		o = iph + opt->rr;
		memcpy(o + o[2] - 5, &ip_hdr(skb)->saddr, sizeof(daddr));
	}
	if (opt->ts_needaddr) {
		o = iph + opt->ts;
		memcpy(o + o[2] - 9, &ip_hdr(skb)->saddr, sizeof(daddr));
	}
	if (opt->ts_needtime) {
		o = iph + opt->ts;
		ip_options_put_time(rt->rt_net, o + o[2] - 5);
	}
}

void ip_options_fragment(struct sk_buff *skb)
{
	u8 *start = skb_network_header(skb) + WIRE_IP_HLEN;
	struct ip_options *opt = &IPCB(skb)->opt;
	struct wire_opts o;

	/* RFC 791 section 3.1: the copied flag is the highest bit of the type. */
	wire_opts_init(&o, start, ip_hdrlen(skb) - WIRE_IP_HLEN);
	while (wire_opts_next(&o) == WIRE_OPT_FOUND)
		if (!(o.type & 0x80))
			memset(start + (o.data - 2 - start), WIRE_OPT_NOP, o.len + 2u);
	opt->rr = 0;
	opt->ts = 0;
	opt->rr_needaddr = 0;
	opt->ts_needaddr = 0;
	opt->ts_needtime = 0;
}

/* Answers */

/* Append a copy of an option. Return: the copy. */
static u8 *echo_copy(struct ip_options *dopt, const u8 *o)
{
	u8 *d = dopt->__data + dopt->optlen;

	memcpy(d, o, o[1]);
	dopt->optlen = (u8)(dopt->optlen + o[1]);
	return d;
}

static u8 echo_offset(const struct ip_options *dopt)
{
	return (u8)(WIRE_IP_HLEN + dopt->optlen);
}

/* With a place for our address on the way back, as long as there is room. */
static int echo_record_route(struct ip_options *dopt, const struct ip_options *sopt, const u8 *o)
{
	u8 *d;

	dopt->rr = echo_offset(dopt);
	d = echo_copy(dopt, o);
	if (!sopt->rr_needaddr || o[2] > o[1])
		return 0;
	if (o[2] + 3 > o[1])
		return -EINVAL;
	d[2] = (u8)(o[2] + 4);
	dopt->rr_needaddr = 1;
	return 0;
}

static int echo_prespecified(struct net *net, struct ip_options *dopt, u8 *d)
{
	__be32 addr;

	if (d[2] + 7 > d[1])
		return 0;
	memcpy(&addr, d + d[2] - 1, sizeof(addr));
	if (inet_addr_type(net, addr) == RTN_UNICAST)
		return 0;
	dopt->ts_needtime = 1;
	d[2] = (u8)(d[2] + 8);
	return 0;
}

static int echo_timestamp(struct net *net, struct ip_options *dopt, const struct ip_options *sopt,
			  const u8 *o)
{
	unsigned int entry = sopt->ts_needaddr ? 8 : 4;
	u8 *d;

	dopt->ts = echo_offset(dopt);
	d = echo_copy(dopt, o);
	if (!sopt->ts_needtime || o[2] > o[1])
		return 0;
	if ((o[3] & 0x0f) == IPOPT_TS_PRESPEC)
		return echo_prespecified(net, dopt, d);
	if (o[2] + entry - 1 > o[1])
		return sopt->ts_needaddr ? -EINVAL : 0;
	dopt->ts_needaddr = sopt->ts_needaddr;
	dopt->ts_needtime = 1;
	d[2] = (u8)(o[2] + entry);
	return 0;
}

/*
 * The stops so far in reverse order: the last one is where the answer goes first, the place behind
 * the others is the final destination's, which ip_options_build() fills in.
 */
static void echo_source_route(struct ip_options *dopt, const struct ip_options *sopt, __be32 saddr,
			      const u8 *o)
{
	int ptr = min_t(int, o[2], o[1] + 1), stops = (ptr - 4) / 4, i;
	u8 *d = dopt->__data + dopt->optlen;

	/* RFC 1812 section 5.2.4.1: who put itself into its own route is not a stop of it. */
	if (stops && !memcmp(o + 3, &saddr, 4)) {
		o += 4;
		stops--;
	}
	if (!stops)
		return;
	dopt->srr = echo_offset(dopt);
	dopt->is_strictroute = sopt->is_strictroute;
	memcpy(&dopt->faddr, o + 3 + 4 * (stops - 1), 4);
	for (i = 1; i < stops; i++)
		memcpy(d + 3 + 4 * (i - 1), o + 3 + 4 * (stops - 1 - i), 4);
	memset(d + 3 + 4 * (stops - 1), 0, 4);
	d[0] = dopt->is_strictroute ? WIRE_IPOPT_STRICT_ROUTE : WIRE_IPOPT_LOOSE_ROUTE;
	d[1] = (u8)(3 + 4 * stops);
	d[2] = 4;
	dopt->optlen = (u8)(dopt->optlen + d[1]);
}

int __ip_options_echo(struct net *net, struct ip_options *dopt, struct sk_buff *skb,
		      const struct ip_options *sopt)
{
	const u8 *iph = skb_network_header(skb);
	int err = 0;

	memset(dopt, 0, sizeof(*dopt));
	if (sopt->rr)
		err = echo_record_route(dopt, sopt, iph + sopt->rr);
	if (!err && sopt->ts)
		err = echo_timestamp(net, dopt, sopt, iph + sopt->ts);
	if (err)
		return err;
	if (sopt->srr)
		echo_source_route(dopt, sopt, ip_hdr(skb)->saddr, iph + sopt->srr);
	if (sopt->cipso)
		echo_copy(dopt, iph + sopt->cipso);
	while (dopt->optlen & 3)
		dopt->__data[dopt->optlen++] = WIRE_OPT_END;
	return 0;
}

int ip_options_echo(struct net *net, struct ip_options *dopt, struct sk_buff *skb)
{
	return __ip_options_echo(net, dopt, skb, &IPCB(skb)->opt);
}

/* Undoing what checking changed */

/* An entry that was filled in is empty again. */
static void undo_entry(u8 *o, u8 bytes)
{
	o[2] = (u8)(o[2] - bytes);
	memset(o + o[2] - 1, 0, bytes);
}

void ip_options_undo(struct ip_options *opt)
{
	u8 *base = opt->__data - WIRE_IP_HLEN, *o;

	if (opt->srr) {
		o = base + opt->srr;
		memmove(o + 7, o + 3, (size_t)o[1] - 7);
		memcpy(o + 3, &opt->faddr, 4);
	}
	if (opt->rr_needaddr)
		undo_entry(base + opt->rr, 4);
	if (!opt->ts_needtime)
		return;
	o = base + opt->ts;
	if ((o[3] & 0x0f) == IPOPT_TS_PRESPEC) {
		o[2] = (u8)(o[2] - 8);
		memset(o + o[2] + 3, 0, 4);
		return;
	}
	undo_entry(o, opt->ts_needaddr ? 8 : 4);
}
