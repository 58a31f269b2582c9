// SPDX-License-Identifier: BSD-2-Clause
/* What raw sockets get: a copy of each packet that fits, the errors about theirs. */
#include <skiff/filter.h>
#include <skiff/igmp.h>

#include "raw/raw.h"

static bool raw_match(const struct sock *sk, __be32 raddr, __be32 laddr, int dif)
{
	return (!sk->sk_daddr || sk->sk_daddr == raddr) &&
	       (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == laddr) &&
	       (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == dif);
}

/* ICMP_FILTER: does the socket not want messages of this type? Too short ones nobody wants. */
static bool icmp_filtered(const struct sock *sk, const struct sk_buff *skb)
{
	struct icmphdr buf, *icmp;

	icmp = (struct icmphdr *)skb_header_pointer(skb, skb_transport_offset(skb), sizeof(buf),
						    &buf);
	if (!icmp)
		return true;
	return icmp->type < 32 && (raw_sk(sk)->filter.data >> icmp->type) & 1;
}

/* Its own packet, from the IPv4 header on. */
static void raw_queue(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_SOCKET_FILTER;

	__skb_push(skb, (unsigned int)skb_network_header_len(skb));
	if (!sk_filter(sk, skb)) {
		ipv4_pktinfo_prepare(sk, skb);
		if (!sock_queue_rcv_skb_reason(sk, skb, &reason))
			return;
	} else {
		sk_drops_add(sk, 1);
	}
	kfree_skb_reason(skb, reason);
}

static bool raw_wants(const struct sock *sk, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return raw_match(sk, iph->saddr, iph->daddr, skb->dev->ifindex) &&
	       ip_mc_sf_allow(sk, iph->daddr, iph->saddr, skb->dev->ifindex);
}

static bool raw_deliver_to(struct hlist_head *socks, struct sk_buff *skb, int protocol)
{
	struct sk_buff *clone;
	bool delivered = false;
	struct hlist_node *next;
	struct sock *sk;

	hlist_for_each_entry_safe(sk, next, socks, __sk_common.skc_node) {
		if (!raw_wants(sk, skb))
			continue;
		delivered = true;
		if (protocol == IPPROTO_ICMP && icmp_filtered(sk, skb))
			continue;
		clone = skb_clone(skb, GFP_ATOMIC);
		if (clone)
			raw_queue(sk, clone);
		else
			sk_drops_add(sk, 1);
	}
	return delivered;
}

bool raw_local_deliver(struct sk_buff *skb, int protocol)
{
	struct hlist_head *socks = &raw_net(dev_net(skb->dev))->socks[protocol & 0xff];

	return unlikely(!hlist_empty(socks)) && raw_deliver_to(socks, skb, protocol);
}

static int raw_icmp_errno(const struct sock *sk, const struct icmphdr *icmp, bool *hard)
{
	*hard = false;
	switch (icmp->type) {
	case ICMP_PARAMETERPROB:
		*hard = true;
		return EPROTO;
	case ICMP_DEST_UNREACH:
		if (icmp->code > NR_ICMP_UNREACH)
			return EHOSTUNREACH;
		*hard = icmp_err_convert[icmp->code].fatal;
		if (icmp->code == ICMP_FRAG_NEEDED)
			*hard = inet_sk(sk)->pmtudisc != IP_PMTUDISC_DONT;
		return icmp_err_convert[icmp->code].errno_;
	default:
		return EHOSTUNREACH;
	}
}

static void raw_err(struct sock *sk, struct sk_buff *skb, u32 info)
{
	const struct iphdr *quoted = (const struct iphdr *)(const void *)skb->data;
	bool recverr = inet_sk(sk)->recverr, hard;
	int err = raw_icmp_errno(sk, icmp_hdr(skb), &hard);

	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		ipv4_sk_update_pmtu(skb, sk, info);
	/* Without a peer the error would tell nothing but to who asked for all of it. */
	if (!recverr && sk->sk_state != INET_STATE_CONNECTED)
		return;
	if (recverr)
		ip_icmp_error(sk, skb, err, 0, info,
			      skb->data + (inet_sk(sk)->hdrincl ? 0 : quoted->ihl * 4u));
	if (recverr || hard) {
		sk->sk_err = err;
		sk_error_report(sk);
	}
}

void raw_icmp_error(struct sk_buff *skb, int protocol, u32 info)
{
	const struct iphdr *quoted = (const struct iphdr *)(const void *)skb->data;
	struct net *net = dev_net(skb->dev);
	__be32 raddr = quoted->daddr, laddr = quoted->saddr;
	struct hlist_node *next;
	struct sock *sk;

	hlist_for_each_entry_safe(sk, next, &raw_net(net)->socks[protocol & 0xff],
				  __sk_common.skc_node)
		if (raw_match(sk, raddr, laddr, skb->dev->ifindex))
			raw_err(sk, skb, info);
}
