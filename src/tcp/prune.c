// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a connection holds is more than it may: make room.
 *
 * First by packing small segments together, which costs copying and loses nothing. Then data out of
 * order is thrown away, newest first: it was SACKed, but may be taken back (RFC 2018 section 8). What
 * is in order was acknowledged and stays, whatever happens.
 */
#include "tcp/tcp.h"

/* Data of a buffer that segments are packed into. */
#define PACK_SIZE (2 * PAGE_SIZE - MAX_TCP_OPTION_SPACE)

/* Where the buffers to be packed come from: the receive queue, or the tree. */
struct source {
	struct sk_buff_head *list;
	struct rb_root *root;
};

static struct sk_buff *next_of(const struct source *src, const struct sk_buff *skb)
{
	if (src->root)
		return skb_rb_next(skb);
	return skb_queue_is_last(src->list, skb) ? NULL : skb->next;
}

static struct sk_buff *take_out(struct sock *sk, const struct source *src, struct sk_buff *skb)
{
	struct sk_buff *next = next_of(src, skb);

	if (src->root)
		skb_rb_erase(skb, src->root);
	else
		__skb_unlink(skb, src->list);
	consume_skb(skb);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPRCVCOLLAPSED);
	return next;
}

static bool wastes_memory(const struct sock *sk, const struct sk_buff *skb)
{
	return tcp_win_from_space(sk, (int)skb->truesize) > (int)skb->len;
}

/* SYN and FIN are counted by numbers that have no data; what is large has little overhead. */
static bool can_pack(const struct sk_buff *skb)
{
	return !(TCP_SKB_CB(skb)->tcp_flags & (TCPHDR_SYN | TCPHDR_FIN)) && skb->len &&
	       skb->len <= PACK_SIZE;
}

static void put_back(const struct source *src, struct sk_buff *skb, struct sk_buff *before_skb)
{
	if (src->root)
		tcp_rbtree_insert(src->root, skb);
	else if (before_skb)
		__skb_insert(skb, before_skb->prev, before_skb, src->list);
	else
		__skb_queue_tail(src->list, skb);
}

/* Append the data of @skb, which follows it, to @nskb. */
static void pack_one(struct sk_buff *nskb, const struct sk_buff *skb)
{
	BUG_ON(skb_copy_bits(skb, 0, skb_put(nskb, skb->len), (int)skb->len));
	TCP_SKB_CB(nskb)->end_seq = TCP_SKB_CB(skb)->end_seq;
	TCP_SKB_CB(nskb)->has_rxtstamp |= TCP_SKB_CB(skb)->has_rxtstamp;
	nskb->tstamp = skb->tstamp;
}

/*
 * Pack the @n buffers from @skb on, which follow each other and have @len bytes, into as few as
 * possible. Return: false without memory.
 */
static bool pack(struct sock *sk, const struct source *src, struct sk_buff *skb, unsigned int n,
		 u32 len)
{
	struct sk_buff *nskb;

	while (n) {
		nskb = alloc_skb(min(len, (u32)PACK_SIZE), GFP_ATOMIC);
		if (!nskb)
			return false;
		memcpy(nskb->cb, skb->cb, sizeof(skb->cb));
		do {
			pack_one(nskb, skb);
			len -= skb->len;
			skb = take_out(sk, src, skb);
		} while (--n && skb->len <= (u32)skb_tailroom(nskb));
		skb_set_owner_r(nskb, sk);
		put_back(src, nskb, skb);
	}
	return true;
}

/*
 * Runs of buffers that follow each other and waste memory. A small one alone is not helped by a copy; who
 * fills the tree with such (CVE-2018-5390) shall not have all of it looked at for each segment.
 */
static void collapse(struct sock *sk, const struct source *src, struct sk_buff *skb)
{
	struct sk_buff *first, *next;
	s64 alone = 0;

	while (skb) {
		bool worth = wastes_memory(sk, skb);
		unsigned int n = 1;
		u32 len = skb->len;

		first = skb;
		next = next_of(src, skb);
		if (!can_pack(skb)) {
			skb = next;
			continue;
		}
		for (; next && can_pack(next) && TCP_SKB_CB(next)->seq == TCP_SKB_CB(skb)->end_seq;
		     next = next_of(src, next)) {
			skb = next;
			worth |= wastes_memory(sk, skb);
			len += skb->len;
			n++;
		}
		if (n == 1 && len < SKB_WITH_OVERHEAD(PAGE_SIZE)) {
			alone += first->truesize;
			if (alone > sk->sk_rcvbuf >> 3)
				return;
		} else if (worth && !pack(sk, src, first, n, len)) {
			return;
		}
		if (sk_rmem_alloc_get(sk) <= sk->sk_rcvbuf)
			return;
		skb = next;
	}
}

/* Return: whether there is room for a segment: the last one may go beyond the limit. */
static bool can_ingest(const struct sock *sk)
{
	return sk_rmem_alloc_get(sk) <= sk->sk_rcvbuf;
}

/* Throw away what is out of order, newest first, an eighth of the buffer at a time. */
static bool prune_ofo_queue(struct sock *sk, const struct sk_buff *in_skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int goal = sk->sk_rcvbuf >> 3;
	bool pruned = false;
	struct sk_buff *skb;

	while ((skb = skb_rb_last(&tp->out_of_order_queue)) != NULL) {
		/* What is about to come in would be thrown away next. */
		if (after(TCP_SKB_CB(in_skb)->seq, TCP_SKB_CB(skb)->seq))
			break;
		pruned = true;
		skb_rb_erase(skb, &tp->out_of_order_queue);
		goal -= (int)skb->truesize;
		tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE);
		tp->ooo_last_skb = skb_rb_last(&tp->out_of_order_queue);
		if (goal > 0)
			continue;
		if (can_ingest(sk) && !tcp_under_memory_pressure(sk))
			break;
		goal = sk->sk_rcvbuf >> 3;
	}
	if (!pruned)
		return false;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_OFOPRUNED);
	/* All blocks may be wrong now; a peer must be able to live with fewer. */
	if (tp->rx_opt.sack_ok)
		tp->rx_opt.num_sacks = 0;
	return true;
}

/* Return: 0 when there is room now. */
static int prune_queue(struct sock *sk, const struct sk_buff *in_skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct source ofo = { .root = &tp->out_of_order_queue };
	struct source queue = { .list = &sk->sk_receive_queue };

	NET_INC_STATS(sock_net(sk), LINUX_MIB_PRUNECALLED);
	if (sk_rmem_alloc_get(sk) >= sk->sk_rcvbuf)
		tcp_clamp_window(sk);
	else if (tcp_under_memory_pressure(sk))
		tp->rcv_ssthresh = min(tp->rcv_ssthresh, 4U * tp->advmss);
	if (can_ingest(sk))
		return 0;
	collapse(sk, &ofo, skb_rb_first(&tp->out_of_order_queue));
	tp->ooo_last_skb = skb_rb_last(&tp->out_of_order_queue);
	collapse(sk, &queue, skb_peek(&sk->sk_receive_queue));
	if (can_ingest(sk))
		return 0;
	prune_ofo_queue(sk, in_skb);
	if (can_ingest(sk))
		return 0;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_RCVPRUNED);
	return -1;
}

/* Room for a segment of @size bytes of memory. Return: 0, or below 0 when there is none. */
int tcp_try_rmem_schedule(struct sock *sk, const struct sk_buff *skb, unsigned int size)
{
	if (likely(can_ingest(sk) && !sk_host_full(sk) && sk_wmem_schedule(sk, (int)size)))
		return 0;
	if (prune_queue(sk, skb) < 0)
		return -1;
	while (sk_host_full(sk) || !sk_wmem_schedule(sk, (int)size)) {
		if (!prune_ofo_queue(sk, skb))
			return -1;
	}
	return 0;
}

/* The send side: room that acknowledgments made */

static bool should_expand_sndbuf(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if ((sk->sk_userlocks & SOCK_SNDBUF_LOCK) || tcp_under_memory_pressure(sk))
		return false;
	/* It is not the buffer that holds it back. */
	return tcp_packets_in_flight(tp) < tcp_snd_cwnd(tp);
}

void tcp_check_space(struct sock *sk)
{
	if (!sock_flag(sk, SOCK_NOSPACE_WAIT))
		return;
	if (should_expand_sndbuf(sk)) {
		tcp_sndbuf_expand(sk);
		tcp_sk(sk)->snd_cwnd_stamp = tcp_jiffies32;
	}
	sk->sk_write_space(sk);
	if (!sock_flag(sk, SOCK_NOSPACE_WAIT))
		tcp_chrono_stop(sk, TCP_CHRONO_SNDBUF_LIMITED);
}
