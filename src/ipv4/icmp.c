// SPDX-License-Identifier: BSD-2-Clause
/* ICMP messages on their way in: a handler per type. */
#include <skiff/printk.h>

#include "ipv4/catch_all.h"
#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"
#include "wire/icmp.h"
#include "wire/ip.h"

/*
 * A handler: data at the ICMP header, which is linear, checksum right. It does not consume.
 * Return: why there was nothing to do, or SKB_NOT_DROPPED_YET.
 */
typedef enum skb_drop_reason icmp_handler(struct sk_buff *skb);

static struct net *icmp_net(const struct sk_buff *skb)
{
	return dev_net(skb->dev);
}

/* Was the message sent to everybody? */
static bool icmp_was_broadcast(const struct sk_buff *skb)
{
	return (skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) != 0;
}

/* The route of an answer: back to the sender, from the address that it was sent to if it is ours. */
static struct rtable *icmp_reply_route(struct sk_buff *skb, struct icmp_reply_to *to)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl4 = { .daddr = icmp_first_stop(to), .flowi4_proto = IPPROTO_ICMP };
	struct rtable *rt;

	if (!icmp_was_broadcast(skb))
		fl4.saddr = iph->daddr;
	else if (!(skb->dev->flags & IFF_LOOPBACK))
		fl4.flowi4_oif = skb->dev->ifindex;
	rt = ip_route_output_key(icmp_net(skb), &fl4);
	to->saddr = fl4.saddr;
	return rt;
}

/*
 * @len bytes, the same as far as there are any, the code as well, for another type: RFC 792 for echo,
 * RFC 1122 section 3.2.2.6.
 */
static struct sk_buff *icmp_echo_copy(struct sk_buff *skb_in, const struct rtable *rt,
				      unsigned int len)
{
	unsigned int headroom = ip_headroom(rt), same = min(len, skb_in->len);
	struct sk_buff *skb;

	skb = alloc_skb(headroom + len + rt->dst.dev->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, (int)headroom);
	memset((u8 *)skb_put(skb, len) + same, 0, len - same);
	if (skb_copy_bits(skb_in, 0, skb->data, (int)same)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_HDR_TRUNC);
		return NULL;
	}
	return skb;
}

static void icmp_reply(struct sk_buff *skb_in, u8 type, unsigned int len,
		       void (*fill)(u8 *icmp, struct net *net))
{
	struct net *net = icmp_net(skb_in);
	struct icmp_reply_to to = { .daddr = ip_hdr(skb_in)->saddr, .tos = ip_hdr(skb_in)->tos };
	struct rtable *rt;
	struct sk_buff *skb;

	/* RFC 1122 section 3.2.2.6: with the options of the question. */
	if (ip_options_echo(net, &to.opts.opt.opt, skb_in))
		return;
	rt = icmp_reply_route(skb_in, &to);
	if (IS_ERR(rt))
		return;
	if (!icmp_may_send(net, rt, to.daddr, type, 0))
		goto out;
	skb = icmp_echo_copy(skb_in, rt, len);
	if (!skb) {
		ICMP_INC_STATS(net, ICMP_MIB_OUTERRORS);
		goto out;
	}
	wire_put8(skb->data, 0, type);
	if (fill)
		fill(skb->data, net);
	wire_icmp_set_csum(skb->data, skb->len);
	skb->priority = skb_in->priority;
	icmp_push_reply(net, skb, rt, &to);
out:
	ip_rt_put(rt);
}

static enum skb_drop_reason icmp_echo(struct sk_buff *skb)
{
	struct ip_catch_all *all = ip_catch_all(icmp_net(skb));

	if (unlikely(all) && !icmp_was_broadcast(skb) && all->echo(all, skb))
		return SKB_NOT_DROPPED_YET;
	if (ipv4_net(icmp_net(skb))->sysctl.icmp_echo_ignore_all)
		return SKB_DROP_REASON_ICMP_IGNORED;
	icmp_reply(skb, ICMP_ECHOREPLY, skb->len, NULL);
	return SKB_NOT_DROPPED_YET;
}

/* RFC 792: milliseconds since midnight UT, when it was received and when the answer was sent. */
static void icmp_fill_timestamp(u8 *icmp, struct net *net)
{
	u64 ms = (u64)skiff_clock_now_real(skiff_net_clock(net)) / NSEC_PER_MSEC;
	u32 since_midnight = (u32)(ms % (24 * 3600 * 1000));

	wire_put8(icmp, 1, 0);
	wire_put32(icmp, WIRE_ICMP_HLEN + 4, since_midnight);
	wire_put32(icmp, WIRE_ICMP_HLEN + 8, since_midnight);
}

static enum skb_drop_reason icmp_timestamp(struct sk_buff *skb)
{
	/* The sender's time is what is sent back; the other two are ours. */
	if (!pskb_may_pull(skb, WIRE_ICMP_HLEN + 4)) {
		ICMP_INC_STATS(icmp_net(skb), ICMP_MIB_INERRORS);
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	icmp_reply(skb, ICMP_TIMESTAMPREPLY, WIRE_ICMP_HLEN + 12, icmp_fill_timestamp);
	return SKB_NOT_DROPPED_YET;
}

static enum skb_drop_reason icmp_echo_reply(struct sk_buff *skb)
{
	return ping_rcv(skb) ? SKB_NOT_DROPPED_YET : SKB_DROP_REASON_NO_SOCKET;
}

static enum skb_drop_reason icmp_ignore(struct sk_buff *skb)
{
	(void)skb;
	return SKB_DROP_REASON_ICMP_IGNORED;
}

/* What an error says besides its code: the MTU of the next hop, the byte that is wrong. */
static u32 icmp_error_info(const struct sk_buff *skb)
{
	const void *icmp = skb_transport_header(skb);

	switch (wire_icmp_type(icmp)) {
	case ICMP_DEST_UNREACH:
		return wire_icmp_code(icmp) == ICMP_FRAG_NEEDED ? wire_icmp_mtu(icmp) : 0;
	case ICMP_PARAMETERPROB:
		return wire_icmp_pointer(icmp);
	case ICMP_REDIRECT:
		return ntohl(icmp_hdr(skb)->un.gateway);
	default:
		return 0;
	}
}

/* Hand an error to the protocol whose packet it quotes. Data at the quoted header, 8 bytes behind it. */
static enum skb_drop_reason icmp_socket_deliver(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	const struct net_protocol *ipprot;

	/* Only the first fragment has the ports; others can't be told whose they are. */
	if (iph->frag_off & htons(IP_OFFSET))
		return SKB_DROP_REASON_ICMP_IGNORED;
	inet_raw_error(skb, iph->protocol, info);
	ipprot = inet_protocol(iph->protocol);
	if (!ipprot || !ipprot->err_handler)
		return SKB_DROP_REASON_IP_NOPROTO;
	return ipprot->err_handler(skb, info) ? SKB_DROP_REASON_NO_SOCKET : SKB_NOT_DROPPED_YET;
}

/* Whether the quoted packet can be one of ours. Data at the quoted header. */
static bool icmp_quote_believed(const struct sk_buff *skb)
{
	const struct iphdr *quoted = (const struct iphdr *)(const void *)skb->data;
	struct net *net = icmp_net(skb);
	const struct ipv4_net *in = ipv4_net(net);

	if (inet_addr_type(net, quoted->saddr) != RTN_LOCAL)
		return false;
	/*
	 * RFC 1191 section 3: a packet that was larger than the path takes. With ip_no_pmtu_disc the
	 * path is not learned from it: 1 is for the routes, 2 for all, 3 leaves it to protocols that
	 * can verify more. The length in the quoted header may be another one than we gave it.
	 */
	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		return in->sysctl.ip_no_pmtu_disc != 2;
	/* RFC 1122 section 3.2.2: not about what everybody got. */
	if (!in->sysctl.icmp_ignore_bogus_error_responses &&
	    inet_addr_type(net, quoted->daddr) == RTN_BROADCAST) {
		net_warn_ratelimited("ICMP error %d about a broadcast\n", icmp_hdr(skb)->type);
		return false;
	}
	return true;
}

static enum skb_drop_reason icmp_error(struct sk_buff *skb)
{
	u32 info = icmp_error_info(skb);

	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code > NR_ICMP_UNREACH)
		return SKB_DROP_REASON_ICMP_IGNORED;
	__skb_pull(skb, WIRE_ICMP_HLEN);
	if (!pskb_may_pull(skb, WIRE_IP_HLEN) ||
	    wire_ip_check_header(skb->data, skb->len) != WIRE_IP_OK ||
	    !pskb_may_pull(skb, (unsigned int)wire_ip_hlen(skb->data))) {
		ICMP_INC_STATS(icmp_net(skb), ICMP_MIB_INERRORS);
		return SKB_DROP_REASON_IP_INHDR;
	}
	/* RFC 792: at least 8 bytes of the packet, which is where ports are. */
	if (!pskb_may_pull(skb, (unsigned int)wire_ip_hlen(skb->data) + 8)) {
		ICMP_INC_STATS(icmp_net(skb), ICMP_MIB_INERRORS);
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	if (!icmp_quote_believed(skb))
		return SKB_DROP_REASON_ICMP_IGNORED;
	return icmp_socket_deliver(skb, info);
}

/* RFC 792: about a network, a host, and both by type of service: all taken for the host alone. */
static enum skb_drop_reason icmp_redirect(struct sk_buff *skb)
{
	if (icmp_hdr(skb)->code > ICMP_REDIR_HOSTTOS)
		return SKB_DROP_REASON_ICMP_IGNORED;
	return icmp_error(skb);
}

/*
 * RFC 1122 section 3.2.2: unknown types are silently discarded, and are no error of the sender's as
 * long as they may have a meaning some day.
 */
static icmp_handler *const icmp_handlers[NR_ICMP_TYPES + 1] = {
	[ICMP_ECHOREPLY] = icmp_echo_reply,
	[1] = icmp_ignore,
	[2] = icmp_ignore,
	[ICMP_DEST_UNREACH] = icmp_error,
	[6] = icmp_ignore,
	[7] = icmp_ignore,
	[ICMP_ECHO] = icmp_echo,
	/* RFC 1256: routes are not learned this way. */
	[9] = icmp_ignore,
	[10] = icmp_ignore,
	[ICMP_TIME_EXCEEDED] = icmp_error,
	[ICMP_PARAMETERPROB] = icmp_error,
	[ICMP_TIMESTAMP] = icmp_timestamp,
	[ICMP_TIMESTAMPREPLY] = icmp_ignore,
	/* RFC 6633: not believed any more. */
	[ICMP_SOURCE_QUENCH] = icmp_ignore,
	[ICMP_REDIRECT] = icmp_redirect,
	/* RFC 6918: obsolete. */
	[ICMP_INFO_REQUEST] = icmp_ignore,
	[ICMP_INFO_REPLY] = icmp_ignore,
	[ICMP_ADDRESS] = icmp_ignore,
	[ICMP_ADDRESSREPLY] = icmp_ignore,
};

/* RFC 1122 sections 3.2.2.6, 3.2.2.8: questions to everybody may stay without answer. */
static bool icmp_broadcast_allowed(struct net *net, u8 type)
{
	if (type == ICMP_ECHO || type == ICMP_TIMESTAMP)
		return !ipv4_net(net)->sysctl.icmp_echo_ignore_broadcasts;
	return type == ICMP_ADDRESS || type == ICMP_ADDRESSREPLY;
}

static enum skb_drop_reason icmp_check(struct sk_buff *skb, struct net *net)
{
	if (skb_checksum_simple_validate(skb)) {
		ICMP_INC_STATS(net, ICMP_MIB_CSUMERRORS);
		ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
		return SKB_DROP_REASON_ICMP_CSUM;
	}
	if (!pskb_may_pull(skb, WIRE_ICMP_HLEN)) {
		ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	return SKB_NOT_DROPPED_YET;
}

static enum skb_drop_reason icmp_dispatch(struct sk_buff *skb, struct net *net)
{
	u8 type = icmp_hdr(skb)->type;

	ICMPMSGIN_INC_STATS(net, type);
	/* RFC 8335: probes of interfaces are known, and not answered. */
	if (type == ICMP_EXT_ECHO || type == ICMP_EXT_ECHOREPLY)
		return SKB_DROP_REASON_ICMP_IGNORED;
	if (type > NR_ICMP_TYPES ||
	    (icmp_was_broadcast(skb) && !icmp_broadcast_allowed(net, type))) {
		ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
		return SKB_DROP_REASON_ICMP_IGNORED;
	}
	return icmp_handlers[type](skb);
}

static int icmp_rcv(struct sk_buff *skb)
{
	struct net *net = icmp_net(skb);
	enum skb_drop_reason reason;

	ICMP_INC_STATS(net, ICMP_MIB_INMSGS);
	reason = icmp_check(skb, net);
	if (reason == SKB_NOT_DROPPED_YET)
		reason = icmp_dispatch(skb, net);
	if (reason != SKB_NOT_DROPPED_YET)
		kfree_skb_reason(skb, reason);
	else
		consume_skb(skb);
	return 0;
}

/* An error about an ICMP message of ours: echo requests have somebody who cares. */
static int icmp_err(struct sk_buff *skb, u32 info)
{
	struct net *net = icmp_net(skb);

	if (icmp_hdr(skb)->type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, 0, IPPROTO_ICMP);
	else if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH &&
		 icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, net, info, 0, IPPROTO_ICMP);
	else
		ping_err(skb, info);
	return 0;
}

static const struct net_protocol icmp_protocol = {
	.handler = icmp_rcv,
	.err_handler = icmp_err,
};

int icmp_init(void)
{
	return inet_add_protocol(&icmp_protocol, IPPROTO_ICMP);
}
