/* SPDX-License-Identifier: BSD-2-Clause */
/* The queues of a connection that sends. */
#ifndef SKIFF_TCP_QUEUE_H
#define SKIFF_TCP_QUEUE_H

#include <skiff/tcp.h>

/*
 * The queues. What the program gave waits in sk_write_queue; with its first transmission it moves to
 * tcp_rtx_queue, where acknowledgments find it, and to the end of tsorted_sent_queue.
 */

static inline struct sk_buff *tcp_rtx_queue_head(const struct sock *sk)
{
	return skb_rb_first(&sk->tcp_rtx_queue);
}

static inline struct sk_buff *tcp_rtx_queue_tail(const struct sock *sk)
{
	return skb_rb_last(&sk->tcp_rtx_queue);
}

static inline bool tcp_rtx_queue_empty(const struct sock *sk)
{
	return RB_EMPTY_ROOT(&sk->tcp_rtx_queue);
}

static inline struct sk_buff *tcp_write_queue_head(const struct sock *sk)
{
	return skb_peek(&sk->sk_write_queue);
}

static inline struct sk_buff *tcp_write_queue_tail(const struct sock *sk)
{
	return skb_peek_tail(&sk->sk_write_queue);
}

#define tcp_send_head(sk) tcp_write_queue_head(sk)

static inline bool tcp_skb_is_last(const struct sock *sk, const struct sk_buff *skb)
{
	return skb_queue_is_last(&sk->sk_write_queue, skb);
}

static inline bool tcp_write_queue_empty(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tp->write_seq == tp->snd_nxt;
}

static inline bool tcp_rtx_and_write_queues_empty(const struct sock *sk)
{
	return tcp_rtx_queue_empty(sk) && tcp_write_queue_empty(sk);
}

/* Not in tsorted_sent_queue: its links are free. */
static inline void tcp_tsorted_init(struct sk_buff *skb)
{
	skb->next = skb->prev = NULL;
}

/* Insert by sequence number. */
void tcp_rbtree_insert(struct rb_root *root, struct sk_buff *skb);

/* The first buffer of the retransmission queue that ends behind @seq, or NULL. */
struct sk_buff *tcp_rtx_queue_find(const struct sock *sk, u32 seq);

static inline void tcp_unlink_write_queue(struct sk_buff *skb, struct sock *sk)
{
	__skb_unlink(skb, &sk->sk_write_queue);
}

/* Out of the retransmission queue and of the order of sending; belongs to the caller. */
void tcp_rtx_queue_unlink(struct sk_buff *skb, struct sock *sk);
/* And release it, with its memory: it was acknowledged. */
void tcp_rtx_queue_unlink_and_free(struct sk_buff *skb, struct sock *sk);
/* Uncharge and release a buffer that is in no queue any more. */
void tcp_wmem_free_skb(struct sock *sk, struct sk_buff *skb);

/* Buffers were queued, or released: their truesize is the socket's, and its host's. */
static inline void sk_wmem_queued_add(struct sock *sk, int val)
{
	sk_host_charge(sk, val);
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + val);
}

static inline bool tcp_skb_sacked(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->sacked & TCPCB_SACKED_ACKED;
}

#endif /* SKIFF_TCP_QUEUE_H */
