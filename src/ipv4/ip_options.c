// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 options as they arrive: walked and checked, our part of them filled in. */
#include "ipv4/ipv4.h"
#include "wire/ip.h"

/**
 * struct opt_walk - options that are being checked
 * @net: host
 * @opt: what is found out
 * @skb: the received packet, or NULL for options that a program gave
 * @base: where offsets count from: the IPv4 header, or so far in front of the options
 * @bad: the byte that is wrong
 */
struct opt_walk {
	struct net *net;
	struct ip_options *opt;
	struct sk_buff *skb;
	u8 *base;
	const u8 *bad;
};

/* An option is told by its first byte: type, length, pointer, ... */

static bool opt_bad(struct opt_walk *w, const u8 *where)
{
	w->bad = where;
	return false;
}

/* The address by which the sender of the packet knows us. */
static __be32 opt_own_address(const struct opt_walk *w)
{
	const struct iphdr *iph = ip_hdr(w->skb);

	if (inet_addr_type(w->net, iph->daddr) == RTN_LOCAL)
		return iph->daddr;
	return inet_select_addr(w->skb->dev, iph->saddr, RT_SCOPE_UNIVERSE);
}

static void opt_put_address(const struct opt_walk *w, u8 *where)
{
	__be32 addr = opt_own_address(w);

	memcpy(where, &addr, sizeof(addr));
	w->opt->is_changed = 1;
}

/* RFC 791: milliseconds since midnight UT. */
void ip_options_put_time(struct net *net, u8 *where)
{
	u64 ms = (u64)skiff_clock_now_real(skiff_net_clock(net)) / NSEC_PER_MSEC;

	wire_put32(where, 0, (u32)(ms % (24 * 3600 * 1000)));
}

/* Record route: pointer of at least 4; an address has to fit unless the list is full. */
static bool opt_record_route(struct opt_walk *w, u8 *o)
{
	if (w->opt->rr)
		return opt_bad(w, o);
	if (o[1] < 3)
		return opt_bad(w, o + 1);
	if (o[2] < 4)
		return opt_bad(w, o + 2);
	if (o[2] <= o[1]) {
		if (o[2] + 3 > o[1])
			return opt_bad(w, o + 2);
		if (w->skb)
			opt_put_address(w, o + o[2] - 1);
		o[2] = (u8)(o[2] + 4);
		w->opt->rr_needaddr = 1;
	}
	/* Not before: an error about it does not bring it back. */
	w->opt->rr = (u8)(o - w->base);
	return true;
}

/* A program's source route: the first stop is where the packet is sent, the rest moves up. */
static bool opt_take_first_stop(struct opt_walk *w, u8 *o)
{
	if (o[2] != 4 || o[1] < 7 || (o[1] - 3) & 3)
		return opt_bad(w, o + 1);
	memcpy(&w->opt->faddr, o + 3, 4);
	memmove(o + 3, o + 7, (size_t)o[1] - 7);
	return true;
}

static bool opt_source_route(struct opt_walk *w, u8 *o)
{
	if (o[1] < 3)
		return opt_bad(w, o + 1);
	if (o[2] < 4)
		return opt_bad(w, o + 2);
	/* RFC 791: at most one, of either kind. */
	if (w->opt->srr)
		return opt_bad(w, o);
	if (o[2] <= o[1] && o[2] + 3 > o[1])
		return opt_bad(w, o + 2);
	if (!w->skb && !opt_take_first_stop(w, o))
		return false;
	w->opt->is_strictroute = o[0] == WIRE_IPOPT_STRICT_ROUTE;
	w->opt->srr = (u8)(o - w->base);
	return true;
}

static void opt_put_time(struct opt_walk *w, u8 *where)
{
	if (!w->skb)
		return;
	ip_options_put_time(w->net, where);
	w->opt->is_changed = 1;
}

static bool opt_timestamp_entry(struct opt_walk *w, u8 *o)
{
	u8 *entry = o + o[2] - 1;
	__be32 addr;

	if (o[2] + 3 > o[1])
		return opt_bad(w, o + 2);
	switch (o[3] & 0x0f) {
	case IPOPT_TS_TSONLY:
		opt_put_time(w, entry);
		o[2] = (u8)(o[2] + 4);
		break;
	case IPOPT_TS_TSANDADDR:
		if (o[2] + 7 > o[1])
			return opt_bad(w, o + 2);
		if (w->skb)
			opt_put_address(w, entry);
		opt_put_time(w, entry + 4);
		w->opt->ts_needaddr = 1;
		o[2] = (u8)(o[2] + 8);
		break;
	case IPOPT_TS_PRESPEC:
		if (o[2] + 7 > o[1])
			return opt_bad(w, o + 2);
		memcpy(&addr, entry, sizeof(addr));
		/* The next entry is somebody else's. */
		if (inet_addr_type(w->net, addr) == RTN_UNICAST)
			return true;
		opt_put_time(w, entry + 4);
		o[2] = (u8)(o[2] + 8);
		break;
	default:
		/* Of a form that is not known here: only a program's own has to be right. */
		return w->skb ? true : opt_bad(w, o + 3);
	}
	w->opt->ts_needtime = 1;
	return true;
}

/*
 * No room left: the upper half of the flags counts the hosts that could not register, but who names
 * them beforehand does not ask for others.
 */
static bool opt_timestamp_full(struct opt_walk *w, u8 *o)
{
	u8 flag = o[3] & 0x0f;

	if (!w->skb && flag != IPOPT_TS_TSONLY && flag != IPOPT_TS_TSANDADDR &&
	    flag != IPOPT_TS_PRESPEC)
		return opt_bad(w, o + 3);
	if (flag == IPOPT_TS_PRESPEC)
		return true;
	if (o[3] >> 4 == 15)
		return opt_bad(w, o + 3);
	if (w->skb) {
		o[3] = (u8)(o[3] + 0x10);
		w->opt->is_changed = 1;
	}
	return true;
}

/* Timestamp: pointer of at least 5, and what the flag asks for has to fit (RFC 791). */
static bool opt_timestamp(struct opt_walk *w, u8 *o)
{
	if (w->opt->ts)
		return opt_bad(w, o);
	if (o[1] < 4)
		return opt_bad(w, o + 1);
	if (o[2] < 5)
		return opt_bad(w, o + 2);
	if (!(o[2] <= o[1] ? opt_timestamp_entry(w, o) : opt_timestamp_full(w, o)))
		return false;
	w->opt->ts = (u8)(o - w->base);
	return true;
}

static bool opt_router_alert(struct opt_walk *w, u8 *o)
{
	if (o[1] < 4)
		return opt_bad(w, o + 1);
	if (!o[2] && !o[3])
		w->opt->router_alert = (u8)(o - w->base);
	return true;
}

/* FIPS 188: type, length, a domain of interpretation that is not zero, and tags that fill the rest. */
static bool opt_cipso(struct opt_walk *w, u8 *o)
{
	unsigned int at = 6;

	if (w->opt->cipso)
		return opt_bad(w, o);
	w->opt->cipso = (u8)(o - w->base);
	if (o[1] < 8)
		return opt_bad(w, o + 1);
	if (!wire_get32(o, 2))
		return opt_bad(w, o + 2);
	while (at < o[1]) {
		if (at + 1u == o[1])
			return opt_bad(w, o + at);
		if (!o[at + 1] || at + o[at + 1] > o[1])
			return opt_bad(w, o + at + 1);
		at += o[at + 1];
	}
	return true;
}

static bool opt_check(struct opt_walk *w, u8 *o)
{
	switch (o[0]) {
	case WIRE_IPOPT_RECORD_ROUTE:
		return opt_record_route(w, o);
	case WIRE_IPOPT_LOOSE_ROUTE:
	case WIRE_IPOPT_STRICT_ROUTE:
		return opt_source_route(w, o);
	case WIRE_IPOPT_TIMESTAMP:
		return opt_timestamp(w, o);
	case WIRE_IPOPT_ROUTER_ALERT:
		return opt_router_alert(w, o);
	case IPOPT_CIPSO:
		return opt_cipso(w, o);
	default:
		return true; /* RFC 1122 section 3.2.1.8: unknown ones are ignored */
	}
}

/* Nothing follows the end of the list: what does is overwritten. */
static void opt_end(struct opt_walk *w, u8 *at, const u8 *end)
{
	for (; at < end; at++) {
		if (*at == WIRE_OPT_END)
			continue;
		*at = WIRE_OPT_END;
		w->opt->is_changed = 1;
	}
}

static bool opt_walk(struct opt_walk *w, u8 *start)
{
	enum wire_opt_step step;
	struct wire_opts o;
	u8 *option = start;

	wire_opts_init(&o, start, w->opt->optlen);
	while ((step = wire_opts_next(&o)) == WIRE_OPT_FOUND) {
		/* The cursor reads; where it stands is ours to write to. */
		option = start + (o.data - 2 - start);
		if (!opt_check(w, option))
			return false;
		option = start + (o.pos - start);
	}
	/* Where the walk stopped: padding was skipped before it. */
	while (option < start + w->opt->optlen && *option == WIRE_OPT_NOP)
		option++;
	if (step != WIRE_OPT_DONE)
		return opt_bad(w, option);
	opt_end(w, option, start + w->opt->optlen);
	return true;
}

int ip_options_compile(struct net *net, struct ip_options *opt, struct sk_buff *skb)
{
	struct opt_walk w = { .net = net, .opt = opt, .skb = skb };
	u8 *start = skb ? skb_network_header(skb) + WIRE_IP_HLEN : opt->__data;

	ASSERT_NET_LOCKED(net);
	w.base = start - WIRE_IP_HLEN;
	if (opt_walk(&w, start))
		return 0;
	if (skb)
		icmp_send(skb, ICMP_PARAMETERPROB, 0, htonl((u32)(w.bad - w.base) << 24));
	return -EINVAL;
}

/*
 * A source route that is not used up goes on from here. A host does not forward (RFC 1122 section
 * 3.3.5), but several stops may be its own. Return: whether the packet has arrived.
 */
static bool ip_options_arrive(struct net *net, struct sk_buff *skb)
{
	struct ip_options *opt = &IPCB(skb)->opt;
	struct iphdr *iph = ip_hdr(skb);
	const u8 *o = skb_network_header(skb) + opt->srr;
	unsigned int at;
	__be32 next;

	/* Stops are hosts, never all of them at once. */
	if (skb->pkt_type != PACKET_HOST || skb_rtable(skb)->rt_type != RTN_LOCAL)
		return false;
	/* The pointer stays: on the way back we are no stop of our own. */
	for (at = o[2]; at <= o[1]; at += 4) {
		memcpy(&next, o + at - 1, sizeof(next));
		if (inet_addr_type(net, next) != RTN_LOCAL)
			return false;
		iph->daddr = next;
		opt->is_changed = 1;
	}
	return true;
}

/**
 * ip_rcv_options() - take the options of a received packet
 * @skb: the packet, header linear and checked, route set; not consumed
 * @net: host
 *
 * Return: why it has to be dropped, or SKB_NOT_DROPPED_YET.
 */
enum skb_drop_reason ip_rcv_options(struct sk_buff *skb, struct net *net)
{
	struct ip_options *opt = &IPCB(skb)->opt;

	/* What we fill in must not be seen by others who have the packet. */
	if (skb_cow(skb, skb_headroom(skb))) {
		IP_INC_STATS(net, IPSTATS_MIB_INDISCARDS);
		return SKB_DROP_REASON_NOMEM;
	}
	opt->optlen = (u8)(ip_hdrlen(skb) - WIRE_IP_HLEN);
	if (ip_options_compile(net, opt, skb)) {
		IP_INC_STATS(net, IPSTATS_MIB_INHDRERRORS);
		return SKB_DROP_REASON_IP_OPTIONS;
	}
	if (opt->srr &&
	    (!in_dev_andconf(__in_dev_get(skb->dev), IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE) ||
	     !ip_options_arrive(net, skb))) {
		/* RFC 7126 section 4.3: silently, as Linux does. */
		IP_INC_STATS(net, IPSTATS_MIB_INHDRERRORS);
		return SKB_DROP_REASON_IP_OPTIONS;
	}
	if (opt->is_changed)
		ip_send_check(ip_hdr(skb));
	return SKB_NOT_DROPPED_YET;
}
