/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds of every connection between two segments, whatever its peer does; for tests and fuzzing. */
#ifndef TESTS_TCP_INVARIANTS_H
#define TESTS_TCP_INVARIANTS_H

#include "tcp/tcp.h"

/**
 * struct tcp_tally - what the queues of a connection hold
 * @packets: segments that were sent and are not acknowledged
 * @sacked: those that SACK acknowledged
 * @lost: those that are believed lost
 * @retrans: those that were sent again and are under way
 * @sent: buffers that were sent
 * @wmem: memory of what is sent and what waits to be
 * @rmem: memory of what was received
 */
struct tcp_tally {
	u32 packets;
	u32 sacked;
	u32 lost;
	u32 retrans;
	u32 sent;
	s64 wmem;
	s64 rmem;
};

/* To be sent again. */
static inline bool waits(const struct tcp_skb_cb *cb)
{
	return (cb->sacked & TCPCB_LOST) &&
	       !(cb->sacked & (TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS));
}

static inline void tally_rtx(const struct sock *sk, struct tcp_tally *t)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 end = 0;

	for (struct sk_buff *skb = tcp_rtx_queue_head(sk); skb; skb = skb_rb_next(skb)) {
		const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
		u32 n = (u32)tcp_skb_pcount(skb);

		/* One after the other, nothing twice. */
		BUG_ON(t->sent && cb->seq != end);
		end = cb->end_seq;
		BUG_ON(!after(end, tp->snd_una) || after(end, tp->snd_nxt));
		BUG_ON((cb->sacked & TCPCB_SACKED_ACKED) && (cb->sacked & TCPCB_LOST));
		BUG_ON(waits(cb) && tp->sacks && before(cb->seq, tp->sacks->nothing_lost.end_seq) &&
		       after(cb->end_seq, tp->sacks->nothing_lost.start_seq));
		t->sent++;
		t->packets += n;
		t->sacked += cb->sacked & TCPCB_SACKED_ACKED ? n : 0;
		t->lost += cb->sacked & TCPCB_LOST ? n : 0;
		t->retrans += cb->sacked & TCPCB_SACKED_RETRANS ? n : 0;
		t->wmem += skb->truesize;
	}
}

static inline void tally_write(struct sock *sk, struct tcp_tally *t)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_write_queue, skb)
		t->wmem += skb->truesize;
}

static inline void tally_receive(struct sock *sk, struct tcp_tally *t)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb, *last = NULL;

	skb_queue_walk(&sk->sk_receive_queue, skb)
		t->rmem += skb->truesize;
	skb_queue_walk(&sk->sk_error_queue, skb)
		t->rmem += skb->truesize;
	for (skb = skb_rb_first(&tp->out_of_order_queue); skb; skb = skb_rb_next(skb)) {
		/* Behind a hole, and each has something that the one before has not. */
		BUG_ON(!after(TCP_SKB_CB(skb)->seq, last ? TCP_SKB_CB(last)->seq : tp->rcv_nxt));
		BUG_ON(last && !after(TCP_SKB_CB(skb)->end_seq, TCP_SKB_CB(last)->end_seq));
		t->rmem += skb->truesize;
		last = skb;
	}
	BUG_ON(last != tp->ooo_last_skb && last);
}

static inline void check_sent(struct sock *sk, const struct tcp_tally *t)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	u32 by_time = 0;

	BUG_ON(t->packets != tp->packets_out);
	BUG_ON(t->lost != tp->lost_out);
	BUG_ON(t->retrans != tp->retrans_out);
	/* Without SACK it is a guess. */
	BUG_ON(tcp_is_sack(tp) && t->sacked != tp->sacked_out);
	BUG_ON(tcp_left_out(tp) > tp->packets_out);
	BUG_ON(after(tp->snd_una, tp->snd_nxt) || after(tp->snd_nxt, tp->write_seq));
	list_for_each_entry(skb, &tp->tsorted_sent_queue, tcp_tsorted_anchor)
		by_time++;
	BUG_ON(by_time > t->sent);
}

static inline bool tcp_invariants_hold(struct sock *sk, void *arg)
{
	struct tcp_tally t = { 0 };

	(void)arg;
	if ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_TIME_WAIT | TCPF_NEW_SYN_RECV))
		return true;
	tally_rtx(sk, &t);
	tally_write(sk, &t);
	tally_receive(sk, &t);
	check_sent(sk, &t);
	BUG_ON(t.wmem != sk->sk_wmem_queued);
	BUG_ON(t.rmem != sk_rmem_alloc_get(sk));
	/* What is charged was granted, but for a buffer: see sk_mem_reclaim(). */
	BUG_ON(sk->sk_forward_alloc < -(int)SKB_TRUESIZE(65536));
	return true;
}

/* Of all connections of a host. */
static inline void tcp_check_invariants(struct net *net)
{
	net_lock(net);
	tcp_for_each(net, tcp_invariants_hold, NULL);
	net_unlock(net);
}

#endif /* TESTS_TCP_INVARIANTS_H */
