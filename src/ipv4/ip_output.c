// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 packets on their way out: from the transport protocol to the neighbour. */
#include <skiff/igmp.h>
#include <skiff/ip_sock.h>

#include "ipv4/ipv4.h"
#include "neigh/neigh.h"
#include "wire/ip.h"

void ip_send_check(struct iphdr *ip)
{
	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
}

/*
 * The same for a header that was made just now, by fields: what is loaded in wider pieces than it was stored in
 * has to wait until the stores are done.
 */
static void set_fresh_check(struct iphdr *ip)
{
	u64 sum = (__force u16)htons((u16)(0x4500 | ip->tos));

	if (unlikely(ip->ihl != 5)) {
		ip_send_check(ip);
		return;
	}
	sum += (__force u16)ip->tot_len;
	sum += (__force u16)ip->id;
	sum += (__force u16)ip->frag_off;
	sum += (__force u16)htons((u16)(ip->ttl << 8 | ip->protocol));
	sum += (__force u32)ip->saddr;
	sum += (__force u32)ip->daddr;
	ip->check = csum_fold((__force __wsum)csum_from64to32(sum));
}

/* Its socket has heard from the next hop. Here the entry is at hand, and nobody has to look for it. */
static void confirm_neigh(struct sk_buff *skb, struct neighbour *n)
{
	neigh_confirm_now(n);
	skb_set_dst_pending_confirm(skb, 0);
	if (skb->sk)
		skb->sk->sk_dst_pending_confirm = 0;
}

/* Not the one that the packet before went to. */
static noinline struct neighbour *other_neigh(struct net_device *dev, __be32 nexthop)
{
	struct neighbour *n = __neigh_lookup_noref(&arp_tbl, &nexthop, dev);

	return n ? n : __neigh_create(&arp_tbl, &nexthop, dev, false);
}

/* To the neighbour that is the next hop. */
static int ip_finish_output2(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct rtable *rt = skb_rtable(skb);
	struct neighbour *n;
	__be32 nexthop;

	(void)sk;
	if (unlikely(skb_headroom(skb) < LL_RESERVED_SPACE(dev) && dev_has_header(dev))) {
		skb = skb_expand_head(skb, LL_RESERVED_SPACE(dev));
		if (!skb) {
			IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
			return -ENOMEM;
		}
	}
	nexthop = rt_nexthop(rt, ip_hdr(skb)->daddr);
	n = neigh_last32(&arp_tbl, nexthop, dev);
	if (unlikely(!n))
		n = other_neigh(dev, nexthop);
	if (IS_ERR(n)) {
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL);
		return (int)PTR_ERR(n);
	}
	if (skb_get_dst_pending_confirm(skb))
		confirm_neigh(skb, n);
	return neigh_output(n, skb);
}

/* Cut it, unless its sender has to hear that it is too big (RFC 1191). */
static int ip_fragment(struct net *net, struct sock *sk, struct sk_buff *skb, unsigned int mtu)
{
	bool too_big = IPCB(skb)->frag_max_size && IPCB(skb)->frag_max_size > mtu;

	if (!(ip_hdr(skb)->frag_off & htons(IP_DF)) || (skb->ignore_df && !too_big))
		return ip_do_fragment(net, sk, skb, ip_finish_output2);
	IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
	return -EMSGSIZE;
}

/* For the device to cut; where its segments are too long for the path, they are fragmented. */
static int ip_finish_output_gso(struct net *net, struct sock *sk, struct sk_buff *skb,
				unsigned int mtu)
{
	netdev_features_t features;
	struct sk_buff *segs, *next;
	int err, ret = 0;

	if (skb_gso_validate_network_len(skb, mtu))
		return ip_finish_output2(net, sk, skb);
	features = netif_skb_features(skb);
	segs = skb_gso_segment(skb, features & ~NETIF_F_GSO_MASK);
	if (IS_ERR_OR_NULL(segs)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_GSO_SEG);
		return -ENOMEM;
	}
	consume_skb(skb);
	for (; segs; segs = next) {
		next = segs->next;
		skb_mark_not_on_list(segs);
		err = ip_fragment(net, sk, segs, mtu);
		if (err && !ret)
			ret = err;
	}
	return ret;
}

/* ip_skb_dst_mtu() without asking the route by its operations. */
static unsigned int rt_skb_mtu(const struct sock *sk, const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	if (likely(rt_mtu_is_devs(rt)) || (sk && sk->sk_family != AF_PACKET && !ip_sk_use_pmtu(sk)))
		return min_t(unsigned int, rt->dst.dev->mtu, IP_MAX_MTU);
	return ipv4_mtu(&rt->dst);
}

static int ip_finish_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	unsigned int mtu = rt_skb_mtu(sk, skb);

	if (skb_is_gso(skb))
		return ip_finish_output_gso(net, sk, skb, mtu);
	if (unlikely(skb->len > mtu || IPCB(skb)->frag_max_size))
		return ip_fragment(net, sk, skb, mtu);
	return ip_finish_output2(net, sk, skb);
}

int ip_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	IP_UPD_PO_STATS(net, IPSTATS_MIB_OUT, skb->len);
	skb->dev = skb_dst(skb)->dev;
	skb->protocol = htons(ETH_P_IP);
	return ip_finish_output(net, sk, skb);
}

/* Do sockets of this host listen to what is sent to a group or to all, and may they hear it? */
static bool ip_mc_loops(const struct sock *sk, const struct sk_buff *skb,
			const struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get(dev);

	if (dev->flags & IFF_LOOPBACK)
		return false; /* it comes back anyway */
	if (skb_rtable(skb)->rt_flags & RTCF_BROADCAST)
		return true;
	if (sk && sk->sk_family != AF_PACKET && !inet_sk(sk)->mc_loop)
		return false;
	return in_dev && ip_check_mc(in_dev, ip_hdr(skb)->daddr, ip_hdr(skb)->saddr, 0);
}

/* A copy to ourselves, as if it had come from the device that it leaves by. */
static void ip_mc_loopback(struct sk_buff *skb, struct net_device *dev)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (!copy)
		return;
	copy->dev = dev;
	copy->protocol = htons(ETH_P_IP);
	skb_reset_mac_header(copy);
	copy->pkt_type = PACKET_LOOPBACK;
	copy->ip_summed = CHECKSUM_UNNECESSARY;
	skb_dst_force(copy);
	netif_rx(copy);
}

int ip_mc_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	if (ip_mc_loops(sk, skb, skb_dst(skb)->dev))
		ip_mc_loopback(skb, skb_dst(skb)->dev);
	/* RFC 1112 section 6.1: not beyond this host. */
	if (!ip_hdr(skb)->ttl) {
		consume_skb(skb);
		return 0;
	}
	if (skb_rtable(skb)->rt_flags & RTCF_MULTICAST)
		IP_UPD_PO_STATS(net, IPSTATS_MIB_OUTMCAST, skb->len);
	else
		IP_UPD_PO_STATS(net, IPSTATS_MIB_OUTBCAST, skb->len);
	return ip_output(net, sk, skb);
}

int ip_local_out(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);

	ASSERT_NET_LOCKED(net);
	/* One that will be cut can be longer than the field says: 0 then, and each piece has its own. */
	iph->tot_len = skb->len > IP_MAX_MTU ? 0 : htons((u16)skb->len);
	set_fresh_check(iph);
	skb->protocol = htons(ETH_P_IP);
	return dst_output(net, sk, skb);
}

/* What was left for the stack lock when ip_make_skb() made the packet. */
static void ip_number(struct net *net, struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);
	u8 buf, *type;

	IPCB(skb)->flags &= (u16)~IPSKB_UNNUMBERED;
	ip_select_ident(net, skb, skb->sk);
	if (iph->protocol != IPPROTO_ICMP)
		return;
	type = (u8 *)skb_header_pointer(skb, (int)ip_hdrlen(skb), sizeof(buf), &buf);
	if (type)
		icmp_out_count(net, *type);
}

static int ip_send_numbered(struct net *net, struct sk_buff *skb)
{
	int err = ip_local_out(net, skb->sk, skb);

	if (likely(!err))
		return 0;
	if (err > 0)
		err = net_xmit_errno(err);
	if (err)
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
	return err;
}

int ip_send_skb(struct net *net, struct sk_buff *skb)
{
	ASSERT_NET_LOCKED(net);
	if (IPCB(skb)->flags & IPSKB_UNNUMBERED)
		ip_number(net, skb);
	return ip_send_numbered(net, skb);
}

unsigned int ip_headroom(const struct rtable *rt)
{
	return LL_RESERVED_SPACE(rt->dst.dev) + rt->dst.header_len + WIRE_IP_HLEN;
}

/* RFC 1112 section 6.1: a group's packets stay on the link unless somebody wants them farther. */
static u8 ip_ttl(const struct sock *sk, const struct rtable *rt, const struct ipcm_cookie *ipc)
{
	if (ipc && ipc->ttl)
		return ipc->ttl;
	/* A socket may say that its packets are for this host alone: IP_MULTICAST_TTL of 0. */
	if (rt->rt_type == RTN_MULTICAST)
		return sk && sk->sk_family != AF_PACKET ? inet_sk(sk)->mc_ttl : 1;
	return ip4_dst_hoplimit(&rt->dst);
}

/* Whether a packet may go out with DF, or not at all. */
static bool ip_must_not_cut(const struct sock *sk)
{
	return sk && sk->sk_family != AF_PACKET && !ip_sk_ignore_df(sk);
}

/* Bytes of options that a packet is sent with. */
static unsigned int ip_optlen(const struct ipcm_cookie *ipc)
{
	return ipc && ipc->opt ? ipc->opt->opt.optlen : 0;
}

static void ip_build_header(const struct sock *sk, struct sk_buff *skb, const struct rtable *rt,
			    const struct ipcm_cookie *ipc, bool df, unsigned int hlen)
{
	struct iphdr *iph = (struct iphdr *)skb_push(skb, hlen);

	skb_reset_network_header(skb);
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	iph->version = 4;
	iph->ihl = (hlen / 4) & 15;
	iph->tos = ipc && ipc->tos > 0 ? (u8)ipc->tos : 0;
	iph->frag_off = df ? htons(IP_DF) : 0;
	iph->ttl = ip_ttl(sk, rt, ipc);
}

int ip_build_and_send(struct net *net, struct sock *sk, struct sk_buff *skb, struct rtable *rt,
		      __be32 saddr, __be32 daddr, u8 protocol, const struct ipcm_cookie *ipc)
{
	unsigned int optlen = ip_optlen(ipc), hlen = WIRE_IP_HLEN + optlen;
	bool must = ip_must_not_cut(sk), fits;
	struct iphdr *iph;
	u32 mtu;

	mtu = must && !ip_sk_use_pmtu(sk) ? rt->dst.dev->mtu : dst_mtu(&rt->dst);
	fits = skb->len + hlen <= mtu;
	/* Said to the caller at once, not by an ICMP error later. */
	if (skb->len > IP_MAX_MTU - hlen || (!fits && must)) {
		IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS);
		if (sk)
			ip_local_error(sk, EMSGSIZE, daddr, sk->sk_dport, mtu);
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		return -EMSGSIZE;
	}
	if (skb_cow_head(skb, ip_headroom(rt) + optlen)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -ENOMEM;
	}
	ip_build_header(sk, skb, rt, ipc, fits && (must || (ipc && ipc->df)), hlen);
	iph = ip_hdr(skb);
	iph->protocol = protocol;
	iph->saddr = saddr;
	iph->daddr = daddr;
	if (unlikely(optlen))
		ip_options_build(skb, &ipc->opt->opt, ipc->opt->opt.srr ? ipc->addr : daddr, rt);
	/* What this host sends for itself with DF is meant so. */
	skb->ignore_df = !must && (sk || !(iph->frag_off & htons(IP_DF)));
	ip_select_ident(net, skb, sk);
	if (ipc) {
		skb->priority = ipc->priority;
		skb->mark = ipc->mark;
		if (unlikely(ipc->transmit_time))
			skb_set_delivery_time(skb, (ktime_t)ipc->transmit_time, true);
	}
	/* The caller's reference lasts as long as this call; who keeps the packet takes its own. */
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, &rt->dst);
	return ip_send_numbered(net, skb);
}
