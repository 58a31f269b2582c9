// SPDX-License-Identifier: BSD-2-Clause
/*
 * Data out of order: a tree by sequence number. Buffers may overlap, but each one has a beginning and an
 * end of its own: what another one covers is dropped.
 *
 * Where two have other content for the same numbers, the one that begins first is read, as on Linux.
 */
#include "tcp/tcp.h"

void tcp_drop_reason(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason reason)
{
	sk_drops_add(sk, 1);
	kfree_skb_reason(skb, reason);
}

/* Append a buffer to another one that it follows. Return: whether that was possible. */
bool tcp_try_coalesce(struct sock *sk, struct sk_buff *to, struct sk_buff *from, bool *fragstolen)
{
	int delta;

	*fragstolen = false;
	if (TCP_SKB_CB(from)->seq != TCP_SKB_CB(to)->end_seq)
		return false;
	if (!skb_try_coalesce(to, from, fragstolen, &delta))
		return false;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	sk_host_charge(sk, delta);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPRCVCOALESCE);
	TCP_SKB_CB(to)->end_seq = TCP_SKB_CB(from)->end_seq;
	TCP_SKB_CB(to)->ack_seq = TCP_SKB_CB(from)->ack_seq;
	TCP_SKB_CB(to)->tcp_flags |= TCP_SKB_CB(from)->tcp_flags;
	if (TCP_SKB_CB(from)->has_rxtstamp) {
		TCP_SKB_CB(to)->has_rxtstamp = true;
		to->tstamp = from->tstamp;
	}
	return true;
}

/* The same for buffers that are in the tree or about to be: their links are in the way. */
static bool ooo_try_coalesce(struct sock *sk, struct sk_buff *to, struct sk_buff *from,
			     bool *fragstolen)
{
	bool res = tcp_try_coalesce(sk, to, from, fragstolen);

	/* What GRO counted has to be remembered: an acknowledgment stands for as many segments. */
	if (res) {
		u32 segs = max((u16)1, skb_shinfo(to)->gso_segs) +
			   max((u16)1, skb_shinfo(from)->gso_segs);

		skb_shinfo(to)->gso_segs = (u16)min(segs, 0xffffU);
	}
	return res;
}

/* What the tree has is in order now: move it to the receive queue. */
void tcp_ofo_queue(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 dsack_high = tp->rcv_nxt;
	struct sk_buff *skb, *tail;
	bool fin, fragstolen, eaten;

	while ((skb = skb_rb_first(&tp->out_of_order_queue)) != NULL) {
		if (after(TCP_SKB_CB(skb)->seq, tp->rcv_nxt))
			break;
		if (before(TCP_SKB_CB(skb)->seq, dsack_high)) {
			u32 dsack = dsack_high;

			if (before(TCP_SKB_CB(skb)->end_seq, dsack_high))
				dsack_high = TCP_SKB_CB(skb)->end_seq;
			tcp_dsack_extend(sk, TCP_SKB_CB(skb)->seq, dsack);
		}
		skb_rb_erase(skb, &tp->out_of_order_queue);
		if (unlikely(!after(TCP_SKB_CB(skb)->end_seq, tp->rcv_nxt))) {
			tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_OFO_DROP);
			continue;
		}
		tail = skb_peek_tail(&sk->sk_receive_queue);
		eaten = tail && tcp_try_coalesce(sk, tail, skb, &fragstolen);
		tcp_rcv_nxt_update(tp, TCP_SKB_CB(skb)->end_seq);
		fin = TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN;
		if (!eaten)
			__skb_queue_tail(&sk->sk_receive_queue, skb);
		else
			kfree_skb_partial(skb, fragstolen);
		if (unlikely(fin)) {
			tcp_fin(sk);
			/* Nothing comes behind it: what pretends to is dropped with the socket. */
			break;
		}
	}
	if (RB_EMPTY_ROOT(&tp->out_of_order_queue))
		tp->ooo_last_skb = NULL;
}

static void charge(struct sock *sk, struct sk_buff *skb)
{
	tcp_grow_window(sk, skb, false);
	skb_condense(skb);
	skb_set_owner_r(skb, sk);
}

/* A segment that is there already, in full. */
static void drop_duplicate(struct sock *sk, struct sk_buff *skb)
{
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFOMERGE);
	tcp_dsack_set(sk, TCP_SKB_CB(skb)->seq, TCP_SKB_CB(skb)->end_seq);
	tcp_drop_reason(sk, skb, SKB_DROP_REASON_TCP_OFOMERGE);
}

/* Buffers behind @skb that it covers go; one that it overlaps ends its range for D-SACK. */
static void remove_covered(struct sock *sk, struct sk_buff *skb, u32 end_seq)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *next;

	while ((next = skb_rb_next(skb)) != NULL) {
		if (!after(end_seq, TCP_SKB_CB(next)->seq))
			break;
		if (before(end_seq, TCP_SKB_CB(next)->end_seq)) {
			tcp_dsack_extend(sk, TCP_SKB_CB(next)->seq, end_seq);
			break;
		}
		skb_rb_erase(next, &tp->out_of_order_queue);
		tcp_dsack_extend(sk, TCP_SKB_CB(next)->seq, TCP_SKB_CB(next)->end_seq);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFOMERGE);
		tcp_drop_reason(sk, next, SKB_DROP_REASON_TCP_OFOMERGE);
	}
	if (!next)
		tp->ooo_last_skb = skb;
}

/* How the place of a segment was found. */
enum place { PLACE_NEW, PLACE_EATEN, PLACE_DUPLICATE, PLACE_REPLACED };

/*
 * Descend to the place of @skb. Overlaps in front of it are noted for D-SACK; a buffer of the same
 * start that it covers is replaced; one that ends where it begins swallows it.
 */
static enum place find_place(struct sock *sk, struct sk_buff *skb, struct rb_node **parent,
			     struct rb_node ***link, struct sk_buff **with, bool *fragstolen)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 seq = TCP_SKB_CB(skb)->seq, end_seq = TCP_SKB_CB(skb)->end_seq;
	struct rb_node **p = &tp->out_of_order_queue.rb_node;

	*parent = NULL;
	while (*p) {
		struct sk_buff *skb1 = rb_to_skb(*p);

		*parent = *p;
		if (before(seq, TCP_SKB_CB(skb1)->seq)) {
			p = &(*parent)->rb_left;
			continue;
		}
		if (before(seq, TCP_SKB_CB(skb1)->end_seq)) {
			if (!after(end_seq, TCP_SKB_CB(skb1)->end_seq))
				return PLACE_DUPLICATE;
			if (after(seq, TCP_SKB_CB(skb1)->seq)) {
				tcp_dsack_set(sk, seq, TCP_SKB_CB(skb1)->end_seq);
			} else {
				*with = skb1;
				return PLACE_REPLACED;
			}
		} else if (ooo_try_coalesce(sk, skb1, skb, fragstolen)) {
			*with = skb1;
			return PLACE_EATEN;
		}
		p = &(*parent)->rb_right;
	}
	*link = p;
	return PLACE_NEW;
}

/* The tree has something: enter one more. Return: what holds its data now, or NULL: dropped. */
static struct sk_buff *insert_skb(struct sock *sk, struct sk_buff *skb)
{
	u32 end_seq = TCP_SKB_CB(skb)->end_seq;
	struct tcp_sock *tp = tcp_sk(sk);
	struct rb_node *parent, **link = NULL;
	struct sk_buff *with = NULL;
	bool fragstolen = false;

	switch (find_place(sk, skb, &parent, &link, &with, &fragstolen)) {
	case PLACE_DUPLICATE:
		drop_duplicate(sk, skb);
		return NULL;
	case PLACE_EATEN:
		kfree_skb_partial(skb, fragstolen);
		remove_covered(sk, with, end_seq);
		return with;
	case PLACE_REPLACED:
		rb_replace_node(&with->rbnode, &skb->rbnode, &tp->out_of_order_queue);
		__skb_rb_clear(with);
		tcp_dsack_extend(sk, TCP_SKB_CB(with)->seq, TCP_SKB_CB(with)->end_seq);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFOMERGE);
		tcp_drop_reason(sk, with, SKB_DROP_REASON_TCP_OFOMERGE);
		break;
	default:
		rb_link_node(&skb->rbnode, parent, link);
		rb_insert_color(&skb->rbnode, &tp->out_of_order_queue);
	}
	remove_covered(sk, skb, end_seq);
	charge(sk, skb);
	return skb;
}

/* The first one in the tree. */
static void insert_first(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->rx_opt.num_sacks = 0;
	if (tcp_is_sack(tp))
		tcp_sack_new_ofo_skb(sk, TCP_SKB_CB(skb)->seq, TCP_SKB_CB(skb)->end_seq);
	rb_link_node(&skb->rbnode, NULL, &tp->out_of_order_queue.rb_node);
	rb_insert_color(&skb->rbnode, &tp->out_of_order_queue);
	tp->ooo_last_skb = skb;
	charge(sk, skb);
}

/* Nearly always it follows what came last. Return: whether it did. */
static bool append_to_last(struct sock *sk, struct sk_buff *skb)
{
	bool fragstolen;

	if (!ooo_try_coalesce(sk, tcp_sk(sk)->ooo_last_skb, skb, &fragstolen))
		return false;
	kfree_skb_partial(skb, fragstolen);
	tcp_grow_window(sk, tcp_sk(sk)->ooo_last_skb, true);
	return true;
}

/* A segment that is not the next one; its route and device are dropped. Consumes it. */
void tcp_data_queue_ofo(struct sock *sk, struct sk_buff *skb)
{
	u32 seq = TCP_SKB_CB(skb)->seq, end_seq = TCP_SKB_CB(skb)->end_seq;
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_ecn_check_ce(sk, skb);
	if (unlikely(tcp_try_rmem_schedule(sk, skb, skb->truesize))) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFODROP);
		sk->sk_data_ready(sk);
		tcp_drop_reason(sk, skb, SKB_DROP_REASON_PROTO_MEM);
		return;
	}
	tcp_measure_rcv_mss(sk, skb);
	inet_csk_schedule_ack(sk);
	tp->rcv_ooopack += max((u16)1, skb_shinfo(skb)->gso_segs);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPOFOQUEUE);
	skb->dev = NULL;
	if (RB_EMPTY_ROOT(&tp->out_of_order_queue)) {
		insert_first(sk, skb);
		return;
	}
	if (!append_to_last(sk, skb) && !insert_skb(sk, skb))
		return;
	if (tcp_is_sack(tp))
		tcp_sack_new_ofo_skb(sk, seq, end_seq);
}
