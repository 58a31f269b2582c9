// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 packets on their way out: from the transport protocol to the neighbour. */
#include "ipv4/ipv4.h"
#include "wire/ip.h"

void ip_send_check(struct iphdr *ip)
{
	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
}

/* To the neighbour that is the next hop. */
static int ip_finish_output2(struct net *net, struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct rtable *rt = skb_rtable(skb);
	struct neighbour *n;
	__be32 nexthop;

	if (unlikely(skb_headroom(skb) < LL_RESERVED_SPACE(dev) && dev_has_header(dev))) {
		skb = skb_expand_head(skb, LL_RESERVED_SPACE(dev));
		if (!skb) {
			IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
			return -ENOMEM;
		}
	}
	nexthop = rt_nexthop(rt, ip_hdr(skb)->daddr);
	n = __neigh_lookup_noref(&arp_tbl, &nexthop, dev);
	if (!n)
		n = __neigh_create(&arp_tbl, &nexthop, dev, false);
	if (IS_ERR(n)) {
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL);
		return (int)PTR_ERR(n);
	}
	return neigh_output(n, skb);
}

static int ip_finish_output(struct net *net, struct sk_buff *skb)
{
	unsigned int mtu = dst_mtu(skb_dst(skb));

	if (unlikely(skb->len > mtu && !skb_is_gso(skb))) {
		IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS);
		if (ip_hdr(skb)->frag_off & htons(IP_DF))
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		return -EMSGSIZE;
	}
	return ip_finish_output2(net, skb);
}

int ip_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	(void)sk;
	IP_UPD_PO_STATS(net, IPSTATS_MIB_OUT, skb->len);
	skb->dev = skb_dst(skb)->dev;
	skb->protocol = htons(ETH_P_IP);
	return ip_finish_output(net, skb);
}

int ip_mc_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
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
	iph->tot_len = htons((u16)skb->len);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	return dst_output(net, sk, skb);
}

int ip_send_skb(struct net *net, struct sk_buff *skb)
{
	int err = ip_local_out(net, skb->sk, skb);

	if (err > 0)
		err = net_xmit_errno(err);
	if (err)
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
	return err;
}

unsigned int ip_headroom(const struct rtable *rt)
{
	return LL_RESERVED_SPACE(rt->dst.dev) + rt->dst.header_len + WIRE_IP_HLEN;
}

/* RFC 1112 section 6.1: a group's packets stay on the link unless somebody wants them farther. */
static u8 ip_ttl(const struct net *net, const struct rtable *rt, const struct ipcm_cookie *ipc)
{
	if (ipc && ipc->ttl)
		return ipc->ttl;
	if (rt->rt_type == RTN_MULTICAST)
		return 1;
	return (u8)ipv4_net(net)->sysctl.ip_default_ttl;
}

int ip_build_and_send(struct net *net, struct sock *sk, struct sk_buff *skb, struct rtable *rt,
		      __be32 saddr, __be32 daddr, u8 protocol, const struct ipcm_cookie *ipc)
{
	struct iphdr *iph;

	/* Larger than the path: said to the caller at once, not by an ICMP error later. */
	if (skb->len > IP_MAX_MTU - WIRE_IP_HLEN || skb->len + WIRE_IP_HLEN > dst_mtu(&rt->dst)) {
		IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS);
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		return -EMSGSIZE;
	}
	if (skb_cow_head(skb, ip_headroom(rt))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -ENOMEM;
	}
	iph = (struct iphdr *)skb_push(skb, WIRE_IP_HLEN);
	skb_reset_network_header(skb);
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	iph->version = 4;
	iph->ihl = 5;
	iph->tos = ipc ? ipc->tos : 0;
	iph->frag_off = ipc && ipc->df ? htons(IP_DF) : 0;
	iph->ttl = ip_ttl(net, rt, ipc);
	iph->protocol = protocol;
	iph->saddr = saddr;
	iph->daddr = daddr;
	ip_select_ident(net, iph);
	if (ipc) {
		skb->priority = ipc->priority;
		skb->mark = ipc->mark;
	}
	skb_dst_drop(skb);
	dst_hold(&rt->dst);
	skb_dst_set(skb, &rt->dst);
	(void)sk;
	return ip_send_skb(net, skb);
}
