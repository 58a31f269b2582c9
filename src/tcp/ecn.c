// SPDX-License-Identifier: BSD-2-Clause
/* Explicit congestion notification, RFC 3168. */
#include "tcp/tcp.h"

#define INET_ECN_MASK 3
#define INET_ECN_NOT_ECT 0
#define INET_ECN_CE 3

void tcp_ecn_queue_cwr(struct tcp_sock *tp)
{
	if (tp->ecn_flags & TCP_ECN_OK)
		tp->ecn_flags |= TCP_ECN_QUEUE_CWR;
}

/* The reduction is undone. */
void tcp_ecn_withdraw_cwr(struct tcp_sock *tp)
{
	tp->ecn_flags &= (u8)~TCP_ECN_QUEUE_CWR;
}

/* Section 6.1.3: the sender has reduced its window; ECE ends, unless this is CE again. */
void tcp_ecn_accept_cwr(struct sock *sk, const struct sk_buff *skb)
{
	if (!tcp_hdr(skb)->cwr)
		return;
	tcp_sk(sk)->ecn_flags &= (u8)~TCP_ECN_DEMAND_CWR;
	/* A sender that has one segment in flight waits for the next acknowledgment. */
	if (TCP_SKB_CB(skb)->seq != TCP_SKB_CB(skb)->end_seq)
		inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_NOW;
}

static bool wants_ecn_events(const struct sock *sk)
{
	return READ_ONCE(inet_csk(sk)->icsk_ca_ops->flags) & TCP_CONG_NEEDS_ECN;
}

/* Data came: was there congestion on its way? */
void tcp_ecn_check_ce(struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!(tp->ecn_flags & TCP_ECN_OK))
		return;
	switch (TCP_SKB_CB(skb)->ip_dsfield & INET_ECN_MASK) {
	case INET_ECN_NOT_ECT:
		/* Section 6.1.5: retransmissions have none; only where ECT was seen that says something. */
		if (tp->ecn_flags & TCP_ECN_SEEN)
			tcp_enter_quickack_mode(sk, 2);
		break;
	case INET_ECN_CE:
		if (wants_ecn_events(sk))
			tcp_ca_event(sk, CA_EVENT_ECN_IS_CE);
		if (!(tp->ecn_flags & TCP_ECN_DEMAND_CWR)) {
			/* The first one is told at once. */
			tcp_enter_quickack_mode(sk, 2);
			tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
		}
		tp->ecn_flags |= TCP_ECN_SEEN;
		break;
	default:
		if (wants_ecn_events(sk))
			tcp_ca_event(sk, CA_EVENT_ECN_NO_CE);
		tp->ecn_flags |= TCP_ECN_SEEN;
	}
}

/* Section 6.1.1: a SYN-ACK says ECE without CWR. */
void tcp_ecn_rcv_synack(struct tcp_sock *tp, const struct tcphdr *th)
{
	if ((tp->ecn_flags & TCP_ECN_OK) && (!th->ece || th->cwr))
		tp->ecn_flags &= (u8)~TCP_ECN_OK;
}

/* And a SYN says both. */
void tcp_ecn_rcv_syn(struct tcp_sock *tp, const struct tcphdr *th)
{
	if ((tp->ecn_flags & TCP_ECN_OK) && (!th->ece || !th->cwr))
		tp->ecn_flags &= (u8)~TCP_ECN_OK;
}

bool tcp_ecn_rcv_ecn_echo(const struct tcp_sock *tp, const struct tcphdr *th)
{
	return th->ece && !th->syn && (tp->ecn_flags & TCP_ECN_OK);
}
