// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 packets on their way in: from the device to the transport protocol. */
#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"
#include "wire/ip.h"

static void ip_count_ecn(struct net *net, const struct iphdr *iph, unsigned int segs)
{
	static const u8 field[] = { IPSTATS_MIB_NOECTPKTS, IPSTATS_MIB_ECT1PKTS,
				    IPSTATS_MIB_ECT0PKTS, IPSTATS_MIB_CEPKTS };

	IP_ADD_STATS(net, field[iph->tos & 3], segs);
}

/*
 * RFC 1122 section 3.2.1: what is not a whole, intact IPv4 header is silently discarded; the
 * packet is cut to its total length. Return: why it is dropped, or SKB_NOT_DROPPED_YET.
 */
static enum skb_drop_reason ip_check(struct sk_buff *skb, struct net *net)
{
	const struct iphdr *iph;
	unsigned int len;

	if (!pskb_may_pull(skb, WIRE_IP_HLEN))
		goto inhdr_error;
	iph = ip_hdr(skb);
	if (iph->version != 4 || iph->ihl < 5)
		goto inhdr_error;
	ip_count_ecn(net, iph, max_t(unsigned int, 1, __skb_shinfo(skb)->gso_segs));
	if (unlikely(iph->ihl > 5)) {
		if (!pskb_may_pull(skb, ip_hdrlen(skb)))
			goto inhdr_error;
		iph = ip_hdr(skb);
	}
	if (ip_fast_csum(iph, iph->ihl)) {
		IP_INC_STATS(net, IPSTATS_MIB_CSUMERRORS);
		IP_INC_STATS(net, IPSTATS_MIB_INHDRERRORS);
		return SKB_DROP_REASON_IP_CSUM;
	}
	len = ntohs(iph->tot_len);
	if (skb->len < len) {
		IP_INC_STATS(net, IPSTATS_MIB_INTRUNCATEDPKTS);
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	if (len < ip_hdrlen(skb))
		goto inhdr_error;
	/* What follows is padding of the link. */
	if (pskb_trim_rcsum(skb, len)) {
		IP_INC_STATS(net, IPSTATS_MIB_INDISCARDS);
		return SKB_DROP_REASON_NOMEM;
	}
	return SKB_NOT_DROPPED_YET;

inhdr_error:
	IP_INC_STATS(net, IPSTATS_MIB_INHDRERRORS);
	return SKB_DROP_REASON_IP_INHDR;
}

/* Return: the packet, all checked, or NULL and it is gone. */
static struct sk_buff *ip_rcv_core(struct sk_buff *skb, struct net *net)
{
	enum skb_drop_reason reason;

	/* A device that listens to everything also brings what the others talk about. */
	if (skb->pkt_type == PACKET_OTHERHOST) {
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return NULL;
	}
	IP_UPD_PO_STATS(net, IPSTATS_MIB_IN, skb->len);
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		IP_INC_STATS(net, IPSTATS_MIB_INDISCARDS);
		return NULL;
	}
	skb_reset_network_header(skb);
	reason = ip_check(skb, net);
	if (reason != SKB_NOT_DROPPED_YET) {
		kfree_skb_reason(skb, reason);
		return NULL;
	}
	skb_set_transport_header(skb, (int)ip_hdrlen(skb));
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	IPCB(skb)->iif = skb->skb_iif;
	skb_orphan(skb);
	return skb;
}

static void ip_count_kind(struct net *net, const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	if (rt->rt_type == RTN_MULTICAST)
		IP_UPD_PO_STATS(net, IPSTATS_MIB_INMCAST, skb->len);
	else if (rt->rt_type == RTN_BROADCAST)
		IP_UPD_PO_STATS(net, IPSTATS_MIB_INBCAST, skb->len);
}

static enum skb_drop_reason ip_rcv_route(struct sk_buff *skb, struct net_device *dev)
{
	const struct iphdr *iph = ip_hdr(skb);
	int err;

	err = rt_route_rcv(ipv4_net(dev_net(dev)), skb, dev);
	if (likely(!err))
		return SKB_NOT_DROPPED_YET;
	if (err == -EXDEV)
		return SKB_DROP_REASON_IP_RPFILTER;
	if (err == -ENOBUFS) {
		IP_INC_STATS(dev_net(dev), IPSTATS_MIB_INDISCARDS);
		return SKB_DROP_REASON_NOMEM;
	}
	IP_INC_STATS(dev_net(dev), IPSTATS_MIB_INADDRERRORS);
	if (err == -EHOSTUNREACH)
		return SKB_DROP_REASON_IP_NOT_FORWARDING;
	return ipv4_is_multicast(iph->saddr) || ipv4_is_lbcast(iph->saddr) ||
			       inet_addr_type(dev_net(dev), iph->saddr) == RTN_BROADCAST ?
		       SKB_DROP_REASON_IP_BCAST_SOURCE :
		       SKB_DROP_REASON_IP_INADDRERRORS;
}

/* drop_unicast_in_l2_multicast, against RFC 1122 section 3.3.6's spoofing: to one host, to all of a link. */
static bool ip_unicast_to_all(const struct sk_buff *skb, const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	u16 type = skb_rtable(skb)->rt_type;

	if (likely(skb->pkt_type != PACKET_BROADCAST && skb->pkt_type != PACKET_MULTICAST))
		return false;
	return type != RTN_MULTICAST && type != RTN_BROADCAST && in_dev &&
	       in_dev_orconf(in_dev, IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST);
}

int ip_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	   struct net_device *orig_dev)
{
	struct net *net = dev_net(dev);
	enum skb_drop_reason reason = SKB_NOT_DROPPED_YET;

	(void)pt;
	(void)orig_dev;
	ASSERT_NET_LOCKED(net);
	skb = ip_rcv_core(skb, net);
	if (!skb)
		return NET_RX_DROP;
	/* What this host sends to itself comes with its route. */
	if (!skb_dst(skb) || !skb_dst(skb)->input ||
	    (!(dev->flags & IFF_LOOPBACK) && skb->pkt_type != PACKET_LOOPBACK)) {
		skb_dst_drop(skb);
		reason = ip_rcv_route(skb, dev);
	}
	/* Only with a route: an error about the options goes where the route leads. */
	if (reason == SKB_NOT_DROPPED_YET && ip_hdrlen(skb) > WIRE_IP_HLEN)
		reason = ip_rcv_options(skb, net);
	if (reason == SKB_NOT_DROPPED_YET && unlikely(ip_unicast_to_all(skb, dev)))
		reason = SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST;
	if (reason != SKB_NOT_DROPPED_YET) {
		kfree_skb_reason(skb, reason);
		return NET_RX_DROP;
	}
	ip_count_kind(net, skb);
	return dst_input(skb) ? NET_RX_DROP : NET_RX_SUCCESS;
}

int ip_error(struct sk_buff *skb)
{
	/* A host does not forward, and does not complain either (RFC 1122 section 3.2.1.3). */
	IP_INC_STATS(dev_net(skb->dev), IPSTATS_MIB_INADDRERRORS);
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_NOT_FORWARDING);
	return 0;
}

static void ip_no_protocol(struct sk_buff *skb, struct net *net)
{
	IP_INC_STATS(net, IPSTATS_MIB_INUNKNOWNPROTOS);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_NOPROTO);
}

static void ip_protocol_deliver(struct net *net, struct sk_buff *skb, int protocol)
{
	bool any_raw = ipv4_net(net)->nr_raw != 0, raw;
	const struct net_protocol *ipprot;

	/* A handler may hand on to another one, but not for ever. */
	for (int hops = 0; hops < 8; hops++) {
		raw = unlikely(any_raw) && inet_raw_deliver(skb, protocol);
		ipprot = inet_protocol((u8)protocol);
		if (!ipprot && raw) {
			IP_INC_STATS(net, IPSTATS_MIB_INDELIVERS);
			consume_skb(skb);
			return;
		}
		if (!ipprot) {
			ip_no_protocol(skb, net);
			return;
		}
		protocol = ipprot->handler(skb);
		if (protocol >= 0) {
			IP_INC_STATS(net, IPSTATS_MIB_INDELIVERS);
			return;
		}
		protocol = -protocol;
	}
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_NOPROTO);
}

int ip_local_deliver(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);

	if (ip_is_fragment(ip_hdr(skb))) {
		skb = ip_defrag(net, skb, IP_DEFRAG_LOCAL_DELIVER);
		if (!skb)
			return 0;
	}
	/* What left at a time of its own arrives at another. */
	skb_clear_delivery_time(skb);
	/* The header sums up to zero, so that a sum of the whole stays right without it. */
	__skb_pull(skb, skb_network_header_len(skb));
	ip_protocol_deliver(net, skb, ip_hdr(skb)->protocol);
	return 0;
}
