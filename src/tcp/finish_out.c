// SPDX-License-Identifier: BSD-2-Clause
/* The FIN: with the last data if that still waits. */
#include "tcp/output.h"

/* In the last buffer's sequence space. */
static void add_fin(struct tcp_sock *tp, struct sk_buff *skb)
{
	TCP_SKB_CB(skb)->tcp_flags |= TCPHDR_FIN;
	TCP_SKB_CB(skb)->end_seq++;
	tp->write_seq++;
}

/*
 * Memory is short, and all data was sent: as if the FIN had been sent with it and got lost; then a
 * timeout sends it. Return: false when nothing is in flight that could carry it.
 */
static bool fin_as_if_sent(struct sock *sk)
{
	struct sk_buff *skb = tcp_rtx_queue_tail(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!skb)
		return false;
	add_fin(tp, skb);
	tp->snd_nxt++;
	return true;
}

static bool queue_fin(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb = tcp_stream_alloc_skb(sk, GFP_ATOMIC, true);

	if (!skb)
		return false;
	tcp_init_nondata_skb(skb, tp->write_seq, TCPHDR_ACK | TCPHDR_FIN);
	tp->write_seq = TCP_SKB_CB(skb)->end_seq;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	tcp_wmem_charge_skb(sk, skb);
	return true;
}

void tcp_send_fin(struct sock *sk)
{
	struct sk_buff *tail = tcp_write_queue_tail(sk);
	unsigned int mss;

	if (tail)
		add_fin(tcp_sk(sk), tail);
	else if (tcp_under_memory_pressure(sk) && fin_as_if_sent(sk))
		return;
	else if (!queue_fin(sk) && fin_as_if_sent(sk))
		return;
	/* Without data there is nothing that would have to be of that size. */
	mss = tail ? tcp_current_mss(sk) : tcp_sk(sk)->mss_cache;
	__tcp_push_pending_frames(sk, mss, TCP_NAGLE_OFF);
}
