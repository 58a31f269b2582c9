// SPDX-License-Identifier: BSD-2-Clause
/* Explicit congestion notification, RFC 3168, in what is sent. */
#include "tcp/output.h"

#define INET_ECN_ECT_0 2
#define INET_ECN_MASK 3

static void ecn_xmit(struct sock *sk)
{
	inet_sk(sk)->tos |= INET_ECN_ECT_0;
}

static void ecn_dontxmit(struct sock *sk)
{
	inet_sk(sk)->tos &= (u8)~INET_ECN_MASK;
}

/* Section 6.1.1: a SYN that offers ECN has ECE and CWR. */
void tcp_ecn_send_syn(struct sock *sk, struct sk_buff *skb)
{
	const struct dst_entry *dst = sk->sk_dst_cache;
	struct tcp_sock *tp = tcp_sk(sk);
	bool use = tcp_net_sk(sk)->sysctl_tcp_ecn == 1 || tcp_ca_needs_ecn(sk);

	if (!use && dst)
		use = dst_metric(dst, RTAX_FEATURES) & RTAX_FEATURE_ECN;
	tp->ecn_flags = 0;
	if (!use)
		return;
	if (tcp_ca_needs_ecn(sk))
		ecn_xmit(sk);
	TCP_SKB_CB(skb)->tcp_flags |= TCPHDR_ECE | TCPHDR_CWR;
	tp->ecn_flags = TCP_ECN_OK;
}

/* Of SYNs that crossed: a SYN-ACK that agrees has ECE alone. */
void tcp_ecn_send_synack(struct sock *sk, struct sk_buff *skb)
{
	TCP_SKB_CB(skb)->tcp_flags &= (u8)~TCPHDR_CWR;
	if (!(tcp_sk(sk)->ecn_flags & TCP_ECN_OK))
		TCP_SKB_CB(skb)->tcp_flags &= (u8)~TCPHDR_ECE;
	else if (tcp_ca_needs_ecn(sk))
		ecn_xmit(sk);
}

/* Section 6.1.1.1: something on the path may drop SYNs that offer ECN: the next one does not. */
void tcp_ecn_clear_syn(const struct sock *sk, struct sk_buff *skb)
{
	if (tcp_net_sk(sk)->sysctl_tcp_ecn_fallback)
		TCP_SKB_CB(skb)->tcp_flags &= (u8) ~(TCPHDR_ECE | TCPHDR_CWR);
}

/*
 * New data is sent with ECT, and the first of it after the window was reduced with CWR (sections
 * 6.1.2 and 6.1.5): retransmissions and acknowledgments have neither.
 */
void tcp_ecn_send(struct sock *sk, struct sk_buff *skb, struct tcphdr *th, unsigned int hdrlen)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (likely(!(tp->ecn_flags & TCP_ECN_OK)))
		return;
	if (skb->len != hdrlen && !before(TCP_SKB_CB(skb)->seq, tp->snd_nxt)) {
		ecn_xmit(sk);
		if (tp->ecn_flags & TCP_ECN_QUEUE_CWR) {
			tp->ecn_flags &= (u8)~TCP_ECN_QUEUE_CWR;
			th->cwr = 1;
			skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_ECN;
		}
	} else if (!tcp_ca_needs_ecn(sk)) {
		ecn_dontxmit(sk);
	}
	if (tp->ecn_flags & TCP_ECN_DEMAND_CWR)
		th->ece = 1;
}
