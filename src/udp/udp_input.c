// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams on their way in. */
#include <skiff/filter.h>
#include <skiff/icmp.h>
#include <skiff/igmp.h>

#include "ipv4/catch_all.h"
#include "udp/udp.h"
#include "wire/udp.h"

bool udp_was_broadcast(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	return skb->pkt_type != PACKET_HOST || !rt ||
	       rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST);
}

/* The pseudo header of RFC 768. */
static __wsum udp_pseudo(struct sk_buff *skb, int proto)
{
	return csum_tcpudp_nofold(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, skb->len, (__u8)proto, 0);
}

/*
 * Lengths and checksum, RFC 768 and RFC 1122 section 4.1.3.4; what follows the datagram is cut
 * off. Return: why it is dropped, or SKB_NOT_DROPPED_YET.
 */
static enum skb_drop_reason udp_check(struct sk_buff *skb)
{
	enum wire_udp_check check;

	if (skb->len < WIRE_UDP_HLEN)
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	if (!pskb_may_pull(skb, WIRE_UDP_HLEN))
		return SKB_DROP_REASON_NOMEM;
	check = wire_udp_check_header(skb->data, skb->len);
	if (check != WIRE_UDP_OK)
		return SKB_DROP_REASON_UDP_LENGTH;
	if (pskb_trim_rcsum(skb, wire_udp_len(skb->data)))
		return SKB_DROP_REASON_NOMEM;
	if (skb_checksum_validate_zero_check(skb, IPPROTO_UDP, udp_hdr(skb)->check, udp_pseudo))
		return SKB_DROP_REASON_UDP_CSUM;
	return SKB_NOT_DROPPED_YET;
}

/*
 * Between the first and the last of the limits, every socket still gets net.ipv4.udp_rmem_min; the
 * last one is the accounting's.
 */
static bool udp_mem_ok(const struct sock *sk)
{
	return atomic_long_read(&udp_memory_allocated) <= READ_ONCE(sysctl_udp_mem[0]) ||
	       sk_rmem_alloc_get(sk) < udp_net(sock_net(sk))->rmem_min;
}

/* Into the socket's queue; its owner is told. */
static int udp_enqueue(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason = SKB_NOT_DROPPED_YET;
	struct net *net = sock_net(sk);
	int err;

	if (!udp_mem_ok(sk)) {
		sk_drops_add(sk, 1);
		UDP_INC_STATS(net, UDP_MIB_MEMERRORS, 0);
		UDP_INC_STATS(net, UDP_MIB_INERRORS, 0);
		kfree_skb_reason(skb, SKB_DROP_REASON_PROTO_MEM);
		return 0;
	}
	/* The program's filter sees the header too, and may cut the datagram, but not that. */
	if (sk_filter_trim_cap(sk, skb, WIRE_UDP_HLEN)) {
		sk_drops_add(sk, 1);
		UDP_INC_STATS(net, UDP_MIB_INERRORS, 0);
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_FILTER);
		return 0;
	}
	ipv4_pktinfo_prepare(sk, skb);
	__skb_pull(skb, WIRE_UDP_HLEN);
	err = sock_queue_rcv_skb_reason(sk, skb, &reason);
	if (!err) {
		UDP_INC_STATS(net, UDP_MIB_INDATAGRAMS, 0);
		return 0;
	}
	UDP_INC_STATS(net, err == -ENOMEM ? UDP_MIB_RCVBUFERRORS : UDP_MIB_MEMERRORS, 0);
	UDP_INC_STATS(net, UDP_MIB_INERRORS, 0);
	kfree_skb_reason(skb, reason);
	return 0;
}

/* Consumes @skb unless it returns a negative protocol number, which the caller passes on. */
static int udp_queue_one(struct sock *sk, struct sk_buff *skb)
{
	int ret;

	if (!udp_sk(sk)->encap_type || !udp_sk(sk)->encap_rcv)
		return udp_enqueue(sk, skb);
	/* The handler may close the socket. */
	sock_hold(sk);
	ret = udp_sk(sk)->encap_rcv(sk, skb);
	if (ret <= 0)
		UDP_INC_STATS(sock_net(sk), UDP_MIB_INDATAGRAMS, 0);
	else
		ret = udp_enqueue(sk, skb);
	sock_put(sk);
	return ret;
}

/* What stands before the network header and belongs to it, if that is known. */
static unsigned int link_header_len(const struct sk_buff *skb)
{
	if (!skb_mac_header_was_set(skb) || skb_mac_header(skb) > skb_network_header(skb))
		return 0;
	return (unsigned int)(skb_network_header(skb) - skb_mac_header(skb));
}

/* One datagram of several that came as one packet: the headers, and @len bytes from @off on. */
static struct sk_buff *udp_segment(struct sk_buff *skb, unsigned int off, unsigned int len)
{
	unsigned int thoff = (unsigned int)(skb_transport_header(skb) - skb_network_header(skb));
	unsigned int mac = link_header_len(skb);
	struct sk_buff *seg = alloc_skb(ALIGN(mac, 4) + thoff + WIRE_UDP_HLEN + len, GFP_ATOMIC);

	if (!seg)
		return NULL;
	skb_copy_header(seg, skb);
	skb_shinfo(seg)->gso_size = 0;
	skb_shinfo(seg)->gso_segs = 0;
	skb_shinfo(seg)->gso_type = 0;
	seg->ip_summed = CHECKSUM_UNNECESSARY;
	/* Behind the link-layer header, where words begin. */
	skb_reserve(seg, (int)(ALIGN(mac, 4) - mac));
	skb_put_data(seg, skb_network_header(skb) - mac, mac + thoff + WIRE_UDP_HLEN);
	if (skb_mac_header_was_set(skb))
		skb_reset_mac_header(seg);
	__skb_pull(seg, mac);
	skb_reset_network_header(seg);
	skb_set_transport_header(seg, (int)thoff);
	__skb_pull(seg, thoff);
	udp_hdr(seg)->len = htons((u16)(WIRE_UDP_HLEN + len));
	ip_hdr(seg)->tot_len = htons((u16)(thoff + WIRE_UDP_HLEN + len));
	if (skb_copy_bits(skb, (int)(WIRE_UDP_HLEN + off), skb_put(seg, len), (int)len)) {
		kfree_skb_reason(seg, SKB_DROP_REASON_SKB_GSO_SEG);
		return NULL;
	}
	return seg;
}

/*
 * Datagrams that a device hands over as one packet, for a socket that has not asked for that by
 * UDP_GRO. Each is a datagram of its own for filters, limits and counters. What a tunnel unpacks from one is not
 * handed on: that takes a packet as it came. Consumes @skb.
 */
static int udp_queue_segments(struct sock *sk, struct sk_buff *skb)
{
	unsigned int size = skb_shinfo(skb)->gso_size, all = skb->len - WIRE_UDP_HLEN, off, len;
	struct sk_buff *seg;

	if (all > size * UDP_MAX_SEGMENTS)
		goto drop;
	for (off = 0; off < all; off += len) {
		len = min(size, all - off);
		seg = udp_segment(skb, off, len);
		if (!seg)
			goto drop;
		if (udp_queue_one(sk, seg) < 0)
			kfree_skb_reason(seg, SKB_DROP_REASON_IP_NOPROTO);
	}
	consume_skb(skb);
	return 0;

drop:
	sk_drops_add(sk, 1);
	UDP_INC_STATS(sock_net(sk), UDP_MIB_INERRORS, 0);
	kfree_skb_reason(skb, SKB_DROP_REASON_SKB_GSO_SEG);
	return 0;
}

/* As udp_queue_one(). */
static int udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	if (unlikely(skb_is_gso(skb)) && !udp_sk(sk)->gro_enabled)
		return udp_queue_segments(sk, skb);
	return udp_queue_one(sk, skb);
}

/* Would a datagram to everybody be for this socket too? */
static bool udp_takes_broadcast(const struct sock *sk, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return sk->sk_num == ntohs(udp_hdr(skb)->dest) && !sk->sk_ipv6only &&
	       (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == iph->daddr) &&
	       (!sk->sk_daddr || sk->sk_daddr == iph->saddr) &&
	       (!sk->sk_dport || sk->sk_dport == udp_hdr(skb)->source) &&
	       (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == skb->skb_iif ||
		sk->sk_bound_dev_if == skb->dev->ifindex) &&
	       ip_mc_sf_allow(sk, iph->daddr, iph->saddr, skb->skb_iif);
}

/* The first socket behind @sk (NULL: of all) that takes it. */
static struct sock *udp_next_broadcast(struct net *net, const struct sock *sk,
				       const struct sk_buff *skb)
{
	struct sock *other;
	bool from_here = !sk;

	hlist_for_each_entry(other, udp_port_slot(udp_net(net), ntohs(udp_hdr(skb)->dest)),
			     __sk_common.skc_node) {
		if (from_here && udp_takes_broadcast(other, skb))
			return other;
		if (other == sk)
			from_here = true;
	}
	return NULL;
}

static void udp_deliver_clone(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *clone = skb_clone(skb, GFP_ATOMIC);

	if (!clone) {
		sk_drops_add(sk, 1);
		UDP_INC_STATS(sock_net(sk), UDP_MIB_RCVBUFERRORS, 0);
		UDP_INC_STATS(sock_net(sk), UDP_MIB_INERRORS, 0);
	} else if (udp_queue_rcv_skb(sk, clone) < 0) {
		consume_skb(clone);
	}
}

/* Everybody gets one: all but the last a copy of the control structure. */
static int udp_mcast_deliver(struct net *net, struct sk_buff *skb)
{
	struct sock *sk = udp_next_broadcast(net, NULL, skb), *next;
	bool closed;

	if (!sk) {
		UDP_INC_STATS(net, UDP_MIB_IGNOREDMULTI, 0);
		consume_skb(skb);
		return 0;
	}
	while ((next = udp_next_broadcast(net, sk, skb)) != NULL) {
		sock_hold(next);
		udp_deliver_clone(sk, skb);
		/* A handler that closes the next one ends the round. */
		closed = hlist_unhashed(&next->sk_node);
		sock_put(next);
		if (closed) {
			consume_skb(skb);
			return 0;
		}
		sk = next;
	}
	if (udp_queue_rcv_skb(sk, skb) < 0)
		consume_skb(skb);
	return 0;
}

static void udp_no_socket(struct sk_buff *skb, struct net *net)
{
	struct ip_catch_all *all = ip_catch_all(net);

	if (unlikely(all) && all->datagram(all, skb))
		return;
	UDP_INC_STATS(net, UDP_MIB_NOPORTS, 0);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
}

int udp_rcv(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	enum skb_drop_reason reason;
	struct sock *sk;

	reason = udp_check(skb);
	if (reason != SKB_NOT_DROPPED_YET) {
		if (reason == SKB_DROP_REASON_UDP_CSUM)
			UDP_INC_STATS(net, UDP_MIB_CSUMERRORS, 0);
		UDP_INC_STATS(net, UDP_MIB_INERRORS, 0);
		kfree_skb_reason(skb, reason);
		return 0;
	}
	if (skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return udp_mcast_deliver(net, skb);
	sk = __udp4_lib_lookup(net, ip_hdr(skb)->saddr, udp_hdr(skb)->source, ip_hdr(skb)->daddr,
			       udp_hdr(skb)->dest, skb->dev->ifindex, skb);
	if (sk)
		return udp_queue_rcv_skb(sk, skb);
	udp_no_socket(skb, net);
	return 0;
}
