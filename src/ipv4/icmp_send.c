// SPDX-License-Identifier: BSD-2-Clause
/* ICMP messages on their way out: errors about packets, and how many of them there may be. */
#include "ipv4/ipv4.h"
#include "wire/icmp.h"
#include "wire/ip.h"

/*
 * Rate limits (RFC 1812 section 4.3.2.8 asks for them)
 *
 * icmp_msgs_per_sec	for the host as a whole, with icmp_msgs_burst at once.
 * icmp_ratelimit	milliseconds between messages to one peer, six of them at once. Peers are
 *			kept in a fixed number of buckets by a keyed hash, so that a flood of made-up
 *			senders takes no memory; those who share a bucket share its tokens.
 *
 * Both hold for the types in icmp_ratemask and not for loopback. "Fragmentation needed" is exempt
 * from the limit per peer: path MTU discovery stalls without it (RFC 1191).
 */
#define ICMP_PEER_BURST 6

/* An error quotes at most so much that it is itself at most this long (RFC 1812 section 4.3.2.3). */
#define ICMP_ERROR_MAX 576

const struct icmp_err icmp_err_convert[] = {
	[ICMP_NET_UNREACH] = { ENETUNREACH, 0 },     [ICMP_HOST_UNREACH] = { EHOSTUNREACH, 0 },
	[ICMP_PROT_UNREACH] = { ENOPROTOOPT, 1 },    [ICMP_PORT_UNREACH] = { ECONNREFUSED, 1 },
	[ICMP_FRAG_NEEDED] = { EMSGSIZE, 0 },	     [ICMP_SR_FAILED] = { EOPNOTSUPP, 0 },
	[ICMP_NET_UNKNOWN] = { ENETUNREACH, 1 },     [ICMP_HOST_UNKNOWN] = { EHOSTDOWN, 1 },
	[ICMP_HOST_ISOLATED] = { ENONET, 1 },	     [ICMP_NET_ANO] = { ENETUNREACH, 1 },
	[ICMP_HOST_ANO] = { EHOSTUNREACH, 1 },	     [ICMP_NET_UNR_TOS] = { ENETUNREACH, 0 },
	[ICMP_HOST_UNR_TOS] = { EHOSTUNREACH, 0 },   [ICMP_PKT_FILTERED] = { EHOSTUNREACH, 1 },
	[ICMP_PREC_VIOLATION] = { EHOSTUNREACH, 1 }, [ICMP_PREC_CUTOFF] = { EHOSTUNREACH, 1 },
};

void icmp_out_count(struct net *net, u8 type)
{
	ICMP_INC_STATS(net, ICMP_MIB_OUTMSGS);
	ICMPMSGOUT_INC_STATS(net, type);
}

/* Tokens are nanoseconds of waiting. Return: whether there are the @cost of one message. */
static bool icmp_fill(struct icmp_bucket *b, ktime_t now, ktime_t cost, int burst)
{
	ktime_t full = cost * burst, idle = now - b->last;

	b->tokens = idle >= full - b->tokens ? full : b->tokens + idle;
	b->last = now;
	return b->tokens >= cost;
}

static bool icmp_take(struct icmp_bucket *b, ktime_t now, ktime_t cost, int burst)
{
	if (!icmp_fill(b, now, cost, burst))
		return false;
	b->tokens -= cost;
	return true;
}

/* What a message costs the host as a whole. */
static ktime_t icmp_global_cost(const struct ipv4_net *in)
{
	return NSEC_PER_SEC / in->sysctl.icmp_msgs_per_sec;
}

static bool icmp_global_allow(struct ipv4_net *in, ktime_t now)
{
	if (!in->sysctl.icmp_msgs_per_sec)
		return false;
	return icmp_fill(&in->icmp_global, now, icmp_global_cost(in),
			 max_t(int, in->sysctl.icmp_msgs_burst, 1));
}

/*
 * None, one or two of them, by chance: who could count the messages that are left to others would
 * learn which ports are open to these (CVE-2020-25705).
 */
static void icmp_global_consume(struct ipv4_net *in)
{
	ktime_t cost = icmp_global_cost(in) * get_random_u32_below(3);

	in->icmp_global.tokens = max_t(ktime_t, in->icmp_global.tokens - cost, 0);
}

static bool icmp_peer_allow(struct ipv4_net *in, __be32 daddr, ktime_t now)
{
	ktime_t cost = (ktime_t)in->sysctl.icmp_ratelimit * NSEC_PER_MSEC;
	u64 hash = siphash_1u32((__force u32)daddr, &in->hash_key);

	if (!cost)
		return true;
	return icmp_take(&in->icmp_peers[hash % ICMP_PEER_BUCKETS], now, cost, ICMP_PEER_BURST);
}

/* Whether the limits leave room for a message; takes the tokens. */
bool icmp_may_send(struct net *net, const struct rtable *rt, __be32 daddr, int type, int code)
{
	struct ipv4_net *in = ipv4_net(net);
	ktime_t now = skiff_net_now(net);

	if (rt->dst.dev->flags & IFF_LOOPBACK)
		return true;
	if (type > NR_ICMP_TYPES || !(BIT(type) & (unsigned long)in->sysctl.icmp_ratemask))
		return true;
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		return true;
	if (!icmp_global_allow(in, now) || !icmp_peer_allow(in, daddr, now)) {
		net_count_drop(net, SKB_DROP_REASON_ICMP_RATELIMIT);
		return false;
	}
	icmp_global_consume(in);
	return true;
}

/* Complete a message, data at its ICMP header, and send it; consumes @skb, @rt stays. */
void icmp_push_reply(struct net *net, struct sk_buff *skb, struct rtable *rt,
		     const struct icmp_reply_to *to)
{
	struct ip_options_data opts = to->opts;
	const struct ipcm_cookie ipc = {
		.addr = to->daddr, .opt = &opts.opt, .tos = to->tos, .priority = skb->priority
	};
	u8 type = wire_icmp_type(skb->data);

	skb_reset_transport_header(skb);
	skb->ip_summed = CHECKSUM_NONE;
	icmp_out_count(net, type);
	if (ip_build_and_send(net, NULL, skb, rt, to->saddr, icmp_first_stop(to), IPPROTO_ICMP,
			      &ipc))
		ICMP_INC_STATS(net, ICMP_MIB_OUTERRORS);
}

/* Types that no question and no answer have, 1 and 2, 6 and 7, router discovery, may be errors too. */
static bool icmp_may_be_error(u8 type)
{
	return type > NR_ICMP_TYPES || wire_icmp_is_error(type) || type == 1 || type == 2 ||
	       type == 6 || type == 7 || type == 9 || type == 10;
}

/* Is @skb an ICMP error, or something that may be one? Never answered with an error. */
static bool icmp_is_error_packet(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	int offset = skb_network_offset(skb) + (int)iph->ihl * 4;
	const u8 *type;
	u8 buf;

	if (iph->protocol != IPPROTO_ICMP)
		return false;
	type = (const u8 *)skb_header_pointer(skb, offset, sizeof(buf), &buf);
	return !type || icmp_may_be_error(*type);
}

/*
 * RFC 1122 section 3.2.2: what no error may be sent about. It counts class E among it, which Linux
 * has as addresses like others.
 */
static bool icmp_forbidden(struct net *net, const struct sk_buff *skb, int type)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct rtable *rt = skb_rtable(skb);

	if (skb->pkt_type != PACKET_HOST)
		return true;
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return true;
	if (iph->frag_off & htons(IP_OFFSET))
		return true;
	/* A source that is no single host's. */
	if (ipv4_is_zeronet(iph->saddr) || ipv4_is_multicast(iph->saddr) ||
	    ipv4_is_lbcast(iph->saddr) || inet_addr_type(net, iph->saddr) == RTN_BROADCAST)
		return true;
	return wire_icmp_is_error((u8)type) && icmp_is_error_packet(skb);
}

/* Where the whole header is there; icmp_send() has callers in every layer. */
static bool icmp_has_header(const struct sk_buff *skb)
{
	const u8 *header = skb_network_header(skb);
	const u8 *tail = skb_tail_pointer(skb);

	return header >= skb->head && header + WIRE_IP_HLEN <= tail &&
	       header + ip_hdrlen(skb) <= tail;
}

static struct rtable *icmp_route(struct net *net, const struct sk_buff *skb_in,
				 struct icmp_reply_to *to)
{
	const struct iphdr *iph = ip_hdr(skb_in);
	struct flowi4 fl4 = { .daddr = icmp_first_stop(to), .flowi4_proto = IPPROTO_ICMP };
	struct rtable *rt;

	/* The address that the packet was for, if it is ours: the sender knows us by that. */
	if (inet_addr_type(net, iph->daddr) == RTN_LOCAL)
		fl4.saddr = iph->daddr;
	else if (ipv4_net(net)->sysctl.icmp_errors_use_inbound_ifaddr && skb_in->dev)
		fl4.saddr = inet_select_addr(skb_in->dev, iph->saddr, RT_SCOPE_LINK);
	rt = ip_route_output_key(net, &fl4);
	to->saddr = fl4.saddr;
	return rt;
}

/*
 * The quoted packet came without its transport checksum, which a device nearby was to fill in. On
 * the way back nobody will: complete it in the quotation.
 */
static void icmp_complete_quote(const struct sk_buff *skb_in, int offset, u8 *quote, size_t len)
{
	int start = skb_checksum_start_offset(skb_in);
	__sum16 sum;
	size_t at;

	if (skb_in->ip_summed != CHECKSUM_PARTIAL || skb_is_gso(skb_in) || start < offset ||
	    start >= (int)skb_in->len)
		return;
	at = (size_t)(start - offset) + skb_in->csum_offset;
	if (at + sizeof(sum) > len)
		return;
	sum = csum_fold(skb_checksum(skb_in, start, (int)skb_in->len - start, 0));
	if (!sum)
		sum = CSUM_MANGLED_0;
	memcpy(quote + at, &sum, sizeof(sum));
}

/* The message: header, then as much of the packet as may be quoted. */
static struct sk_buff *icmp_build_error(const struct sk_buff *skb_in, const struct rtable *rt,
					int type, int code, __be32 info, unsigned int optlen)
{
	int offset = skb_network_offset(skb_in);
	unsigned int room, len = skb_in->len - (unsigned int)offset;
	unsigned int headroom = ip_headroom(rt);
	struct sk_buff *skb;
	u8 *quote;

	room = min_t(unsigned int, dst_mtu(&rt->dst), ICMP_ERROR_MAX);
	if (room < WIRE_IP_HLEN + optlen + WIRE_ICMP_HLEN + WIRE_IP_HLEN + 8)
		return NULL;
	room -= WIRE_IP_HLEN + optlen + WIRE_ICMP_HLEN;
	len = min_t(unsigned int, len, room);
	skb = alloc_skb(headroom + WIRE_ICMP_HLEN + len + rt->dst.dev->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, (int)headroom);
	wire_icmp_build(skb_put(skb, WIRE_ICMP_HLEN), (u8)type, (u8)code, ntohl(info));
	quote = (u8 *)skb_put(skb, len);
	if (skb_copy_bits(skb_in, offset, quote, (int)len)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_HDR_TRUNC);
		return NULL;
	}
	icmp_complete_quote(skb_in, offset, quote, len);
	wire_icmp_set_csum(skb->data, skb->len);
	return skb;
}

static void icmp_send_error(struct net *net, struct sk_buff *skb_in, struct rtable *rt,
			    const struct icmp_reply_to *to, int type, int code, __be32 info)
{
	struct sk_buff *skb;

	if (!icmp_may_send(net, rt, to->daddr, type, code))
		return;
	skb = icmp_build_error(skb_in, rt, type, code, info, to->opts.opt.opt.optlen);
	if (skb)
		icmp_push_reply(net, skb, rt, to);
	else
		ICMP_INC_STATS(net, ICMP_MIB_OUTERRORS);
}

void icmp_send(struct sk_buff *skb_in, int type, int code, __be32 info)
{
	struct rtable *rt = skb_rtable(skb_in);
	struct icmp_reply_to to;
	struct net *net;

	if (!rt || !icmp_has_header(skb_in))
		return;
	net = rt->rt_net;
	ASSERT_NET_LOCKED(net);
	if (icmp_forbidden(net, skb_in, type))
		return;
	to.daddr = ip_hdr(skb_in)->saddr;
	/* RFC 1812 section 4.3.2.5: the packet's type of service, precedence of network control. */
	to.tos = (u8)((ip_hdr(skb_in)->tos & IPTOS_TOS_MASK) | IPTOS_PREC_INTERNETCONTROL);
	/* RFC 1812 section 4.3.2.6: what records its route goes on doing so. */
	if (ip_options_echo(net, &to.opts.opt.opt, skb_in))
		return;
	rt = icmp_route(net, skb_in, &to);
	if (IS_ERR(rt))
		return;
	icmp_send_error(net, skb_in, rt, &to, type, code, info);
	ip_rt_put(rt);
}
