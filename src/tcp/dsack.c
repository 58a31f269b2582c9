// SPDX-License-Identifier: BSD-2-Clause
/* SACK blocks to be sent: what came out of order, and what came twice (RFC 2018, RFC 2883). */
#include <skiff/slab.h>

#include "tcp/tcp.h"

struct tcp_sacks *tcp_sacks_make(struct tcp_sock *tp)
{
	if (unlikely(!tp->sacks))
		tp->sacks = (struct tcp_sacks *)kzalloc(sizeof(*tp->sacks), GFP_ATOMIC);
	return tp->sacks;
}

void tcp_sacks_free(struct tcp_sock *tp)
{
	tp->rx_opt.dsack = 0;
	tp->rx_opt.num_sacks = 0;
	kfree(tp->sacks);
	tp->sacks = NULL;
}

/* Two blocks that touch become one. Return: whether they did. */
static bool sack_extend(struct tcp_sack_block *sp, u32 seq, u32 end_seq)
{
	if (after(seq, sp->end_seq) || after(sp->start_seq, end_seq))
		return false;
	if (before(seq, sp->start_seq))
		sp->start_seq = seq;
	if (after(end_seq, sp->end_seq))
		sp->end_seq = end_seq;
	return true;
}

void tcp_dsack_set(struct sock *sk, u32 seq, u32 end_seq)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tcp_is_sack(tp) || !tcp_net_sk(sk)->sysctl_tcp_dsack || !tcp_sacks_make(tp))
		return;
	NET_INC_STATS(sock_net(sk), before(seq, tp->rcv_nxt) ? LINUX_MIB_TCPDSACKOLDSENT :
							       LINUX_MIB_TCPDSACKOFOSENT);
	tp->rx_opt.dsack = 1;
	tp->sacks->duplicate_sack[0] = (struct tcp_sack_block){ seq, end_seq };
}

void tcp_dsack_extend(struct sock *sk, u32 seq, u32 end_seq)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->rx_opt.dsack)
		tcp_dsack_set(sk, seq, end_seq);
	else
		sack_extend(tp->sacks->duplicate_sack, seq, end_seq);
}

void tcp_send_dupack(struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);

	if (scb->end_seq != scb->seq && before(scb->seq, tp->rcv_nxt)) {
		u32 end_seq = scb->end_seq;

		NET_INC_STATS(sock_net(sk), LINUX_MIB_DELAYEDACKLOST);
		tcp_enter_quickack_mode(sk, TCP_MAX_QUICKACKS);
		if (tcp_is_sack(tp) && tcp_net_sk(sk)->sysctl_tcp_dsack) {
			if (after(end_seq, tp->rcv_nxt))
				end_seq = tp->rcv_nxt;
			tcp_dsack_set(sk, scb->seq, end_seq);
		}
	}
	tcp_send_ack(sk);
}

/* The first block has grown: those that it swallowed go. */
static void sack_maybe_coalesce(struct tcp_sock *tp)
{
	struct tcp_sack_block *sp = tp->sacks->selective_acks;

	for (int i = 1; i < tp->rx_opt.num_sacks;) {
		if (!sack_extend(sp, sp[i].start_seq, sp[i].end_seq)) {
			i++;
			continue;
		}
		tp->rx_opt.num_sacks--;
		for (int j = i; j < tp->rx_opt.num_sacks; j++)
			sp[j] = sp[j + 1];
	}
}

/* RFC 2018 section 4: the block of what came last is the first. */
void tcp_sack_new_ofo_skb(struct sock *sk, u32 seq, u32 end_seq)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int i, n = tp->rx_opt.num_sacks;
	struct tcp_sack_block *sp;

	/* Without memory nothing is said of what came out of order, as to a peer without SACK. */
	if (!tcp_sacks_make(tp))
		return;
	sp = tp->sacks->selective_acks;
	for (i = 0; i < n; i++) {
		if (!sack_extend(&sp[i], seq, end_seq))
			continue;
		for (; i > 0; i--)
			swap(sp[i], sp[i - 1]);
		if (n > 1)
			sack_maybe_coalesce(tp);
		return;
	}
	/* A new block may push out the oldest: what was held back about that has to be said first. */
	if (n >= TCP_NUM_SACKS) {
		if (tp->compressed_ack > TCP_FASTRETRANS_THRESH)
			tcp_send_ack(sk);
		n = --tp->rx_opt.num_sacks;
	}
	for (i = n; i > 0; i--)
		sp[i] = sp[i - 1];
	sp[0] = (struct tcp_sack_block){ seq, end_seq };
	tp->rx_opt.num_sacks++;
}

/* rcv_nxt has advanced: blocks that it covers go. */
void tcp_sack_remove(struct tcp_sock *tp)
{
	struct tcp_sack_block *sp;
	int keep = 0;

	if (RB_EMPTY_ROOT(&tp->out_of_order_queue))
		tp->rx_opt.num_sacks = 0;
	if (!tp->rx_opt.num_sacks)
		return;
	sp = tp->sacks->selective_acks;
	for (int i = 0; i < tp->rx_opt.num_sacks; i++) {
		if (!before(tp->rcv_nxt, sp[i].start_seq)) {
			WARN_ON_ONCE(before(tp->rcv_nxt, sp[i].end_seq));
			continue;
		}
		sp[keep++] = sp[i];
	}
	tp->rx_opt.num_sacks = (u8)keep;
}
