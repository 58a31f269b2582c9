// SPDX-License-Identifier: BSD-2-Clause
/* Errors that come back about datagrams, RFC 1122 section 4.1.3.3. */
#include <skiff/icmp.h>

#include "udp/udp.h"

/* What an ICMP error means, as errno; 0 for those that mean nothing to UDP. */
static int udp_icmp_errno(struct sock *sk, struct sk_buff *skb, u32 info, bool *hard)
{
	const struct icmphdr *icmp = icmp_hdr(skb);

	*hard = false;
	switch (icmp->type) {
	case ICMP_TIME_EXCEEDED:
		return EHOSTUNREACH;
	case ICMP_PARAMETERPROB:
		*hard = true;
		return EPROTO;
	case ICMP_DEST_UNREACH:
		if (icmp->code == ICMP_FRAG_NEEDED) {
			ipv4_sk_update_pmtu(skb, sk, info);
			/* Who lets its datagrams be cut has nothing to do with it. */
			if (inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT)
				return 0;
			*hard = true;
			return EMSGSIZE;
		}
		if (icmp->code > NR_ICMP_UNREACH)
			return EHOSTUNREACH;
		*hard = icmp_err_convert[icmp->code].fatal;
		return icmp_err_convert[icmp->code].errno_;
	case ICMP_REDIRECT:
		ipv4_sk_redirect(skb, sk);
		return 0;
	default:
		return 0;
	}
}

static void udp_report(struct sock *sk, struct sk_buff *skb, int err, bool hard, __be16 port,
		       u32 info, u8 *payload)
{
	const struct iphdr *quoted = (const struct iphdr *)(const void *)skb->data;

	if (inet_recverr(sk, quoted->daddr))
		ip_icmp_error(sk, skb, err, port, info, payload);
	else if (!hard || sk->sk_state != INET_STATE_CONNECTED)
		return; /* who is not connected could not tell which peer it was */
	sk->sk_err = err;
	sk_error_report(sk);
}

int udp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	struct udphdr *uh = (struct udphdr *)(void *)(skb->data + iph->ihl * 4u);
	struct net *net = dev_net(skb->dev);
	struct sock *sk;
	bool hard;
	int err;

	sk = udp4_lib_lookup(net, iph->daddr, uh->dest, iph->saddr, uh->source, skb->dev->ifindex);
	if (!sk) {
		ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
		return -ENOENT;
	}
	err = udp_icmp_errno(sk, skb, info, &hard);
	if (!err)
		return 0;
	sock_hold(sk);
	if (udp_sk(sk)->encap_type && udp_sk(sk)->encap_err_rcv)
		udp_sk(sk)->encap_err_rcv(sk, skb, err, uh->dest, info, (u8 *)(uh + 1));
	else
		udp_report(sk, skb, err, hard, uh->dest, info, (u8 *)(uh + 1));
	sock_put(sk);
	return 0;
}
