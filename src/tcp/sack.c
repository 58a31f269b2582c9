// SPDX-License-Identifier: BSD-2-Clause
/*
 * SACK blocks that came (RFC 2018, RFC 2883, RFC 6675 section 3).
 *
 * A peer repeats its blocks in each acknowledgment. What the last one said is remembered, and only
 * what a block says in addition is looked at; the queue is a tree, so the cost is that of the news and
 * not of the window.
 */
#include <skiff/unaligned.h>

#include "tcp/tcp.h"

/* A part of a block that was not in the last acknowledgment, of which there are at most so many. */
#define PIECES_MAX (TCP_NUM_SACKS + 1)

static void highest_sack_reset(struct sock *sk)
{
	tcp_sk(sk)->highest_sack = tcp_rtx_queue_head(sk);
}

void tcp_count_delivered(struct tcp_sock *tp, u32 delivered, bool ece_ack)
{
	tp->delivered += delivered;
	if (ece_ack)
		tp->delivered_ce += delivered;
}

void tcp_check_sack_reordering(struct sock *sk, u32 low_seq, int ts)
{
	struct tcp_sock *tp = tcp_sk(sk);
	const u32 mss = tp->mss_cache;
	u32 fack = tcp_highest_sack_seq(tp), metric;

	if (!before(low_seq, fack))
		return;
	metric = fack - low_seq;
	if (mss && metric > tp->reordering * mss)
		tp->reordering = min(DIV_ROUND_UP(metric, mss),
				     (u32)tcp_net_sk(sk)->sysctl_tcp_max_reordering);
	/* It exists: from now on it is told apart from loss by time. */
	tp->reord_seen++;
	NET_INC_STATS(sock_net(sk), ts ? LINUX_MIB_TCPTSREORDER : LINUX_MIB_TCPSACKREORDER);
}

/* Could a peer that follows the rules have sent this block? Design lesson: CVE-2019-11477. */
static bool sack_block_valid(const struct tcp_sock *tp, bool is_dsack, u32 start, u32 end)
{
	if (after(end, tp->snd_nxt) || !before(start, end) || !before(start, tp->snd_nxt))
		return false;
	if (after(start, tp->snd_una))
		return true;
	/* Below that, only D-SACK has business, and only about what may have been sent again. */
	if (!is_dsack || !tp->undo_marker || after(end, tp->snd_una))
		return false;
	if (!before(start, tp->undo_marker))
		return true;
	if (!after(end, tp->undo_marker))
		return false;
	return !before(start, end - tp->max_window);
}

/* Segments that a D-SACK block says arrived twice, 0 when it can't be true. */
static u32 dsack_seen(struct tcp_sock *tp, u32 start, u32 end, struct tcp_sacktag_state *state)
{
	u32 len = end - start, segs = 1;

	if (!before(start, end) || len > tp->max_window)
		return 0;
	if (len > tp->mss_cache)
		segs = DIV_ROUND_UP(len, tp->mss_cache);
	else if (tp->tlp_high_seq && tp->tlp_high_seq == end)
		state->flag |= FLAG_DSACK_TLP;
	tp->dsack_dups += segs;
	/* More than was ever sent twice: duplicated by the network, or invented. */
	if (tp->dsack_dups > tp->total_retrans)
		return 0;
	tp->rx_opt.sack_ok |= TCP_DSACK_SEEN;
	/* A tail loss probe is expected to arrive twice; that is no sign of reordering. */
	if (tp->reord_seen && !(state->flag & FLAG_DSACK_TLP))
		tp->rack.dsack_seen = 1;
	state->flag |= FLAG_DSACKING_ACK;
	state->sack_delivered += segs;
	return segs;
}

/* Is the first block a D-SACK: below the acknowledgment, or inside of the second (RFC 2883)? */
static bool check_dsack(struct sock *sk, const struct sk_buff *ack_skb,
			const struct tcp_sack_block *sp, int num_sacks, u32 prior_snd_una,
			struct tcp_sacktag_state *state)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct net *net = sock_net(sk);
	u32 segs;

	if (before(sp[0].start_seq, TCP_SKB_CB(ack_skb)->ack_seq))
		NET_INC_STATS(net, LINUX_MIB_TCPDSACKRECV);
	else if (num_sacks > 1 && !after(sp[0].end_seq, sp[1].end_seq) &&
		 !before(sp[0].start_seq, sp[1].start_seq))
		NET_INC_STATS(net, LINUX_MIB_TCPDSACKOFORECV);
	else
		return false;
	segs = dsack_seen(tp, sp[0].start_seq, sp[0].end_seq, state);
	if (!segs) {
		NET_INC_STATS(net, LINUX_MIB_TCPDSACKIGNOREDDUBIOUS);
		return false;
	}
	NET_ADD_STATS(net, LINUX_MIB_TCPDSACKRECVSEGS, segs);
	/* It is about something that has left the queue. */
	if (tp->undo_marker && tp->undo_retrans > 0 && !after(sp[0].end_seq, prior_snd_una) &&
	    after(sp[0].end_seq, tp->undo_marker))
		tp->undo_retrans = max(0, tp->undo_retrans - (int)segs);
	return true;
}

/*
 * Does [@start, @end) cover the buffer? One that it covers in part is cut at a multiple of its
 * segments. Return: 1 or 0; below 0: without memory, or less than a segment is left.
 */
static int match_to_sack(struct sock *sk, struct sk_buff *skb, u32 start, u32 end)
{
	const struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
	bool in_sack = !after(start, scb->seq) && !before(end, scb->end_seq);
	u32 mss, len;
	int err;

	if (tcp_skb_pcount(skb) <= 1 || in_sack || !after(end, scb->seq))
		return in_sack;
	mss = (u32)tcp_skb_mss(skb);
	in_sack = !after(start, scb->seq);
	len = in_sack ? end - scb->seq : start - scb->seq;
	if (len < mss) {
		if (in_sack)
			return -EINVAL;
		len = mss;
	}
	/* A part of a segment belongs to what is not in the block. */
	if (len > mss)
		len = in_sack ? len / mss * mss : DIV_ROUND_UP(len, mss) * mss;
	if (len >= skb->len && !in_sack)
		return 0;
	err = tcp_fragment(sk, TCP_FRAG_IN_RTX_QUEUE, skb, len, mss, GFP_ATOMIC);
	return err < 0 ? err : in_sack;
}

/* What was never sent again arrived; is it in order, and what round trip does it show? */
static void sack_original(struct tcp_sock *tp, struct tcp_sacktag_state *state,
			  const struct tcp_skb_cb *scb, u64 xmit_time)
{
	if (before(scb->seq, tcp_highest_sack_seq(tp)) && before(scb->seq, state->reord))
		state->reord = scb->seq;
	if (!after(scb->end_seq, tp->high_seq))
		state->flag |= FLAG_ORIG_SACK_ACKED;
	if (!state->first_sackt)
		state->first_sackt = xmit_time;
	state->last_sackt = xmit_time;
}

static u8 sack_newly(struct tcp_sock *tp, struct tcp_sacktag_state *state,
		     const struct tcp_skb_cb *scb, u32 pcount, u64 xmit_time)
{
	u8 sacked = scb->sacked;

	tcp_rack_advance(tp, sacked, scb->end_seq, xmit_time);
	if (sacked & TCPCB_SACKED_RETRANS) {
		/* Not counted as retransmission under way any more, when it was believed lost. */
		if (sacked & TCPCB_LOST) {
			sacked &= (u8) ~(TCPCB_LOST | TCPCB_SACKED_RETRANS);
			tp->lost_out -= pcount;
			tp->retrans_out -= pcount;
		}
	} else {
		if (!(sacked & TCPCB_RETRANS))
			sack_original(tp, state, scb, xmit_time);
		if (sacked & TCPCB_LOST) {
			sacked &= (u8)~TCPCB_LOST;
			tp->lost_out -= pcount;
		}
	}
	sacked |= TCPCB_SACKED_ACKED;
	state->flag |= FLAG_DATA_SACKED;
	tp->sacked_out += pcount;
	state->sack_delivered += pcount;
	return sacked;
}

/* A block covers a buffer. Return: its new tcp_skb_cb.sacked. */
static u8 sacktag_one(struct tcp_sock *tp, struct tcp_sacktag_state *state,
		      const struct tcp_skb_cb *scb, bool dup_sack, u32 pcount, u64 xmit_time)
{
	u8 sacked = scb->sacked;

	if (dup_sack && (sacked & TCPCB_RETRANS)) {
		if (tp->undo_marker && tp->undo_retrans > 0 && after(scb->end_seq, tp->undo_marker))
			tp->undo_retrans = max(0, tp->undo_retrans - (int)pcount);
		if ((sacked & TCPCB_SACKED_ACKED) && before(scb->seq, state->reord))
			state->reord = scb->seq;
	}
	/* About to be acknowledged for good. */
	if (!after(scb->end_seq, tp->snd_una))
		return sacked;
	if (!(sacked & TCPCB_SACKED_ACKED))
		sacked = sack_newly(tp, state, scb, pcount, xmit_time);
	/* Both copies arrived: no retransmission of it is under way. */
	if (dup_sack && (sacked & TCPCB_SACKED_RETRANS)) {
		sacked &= (u8)~TCPCB_SACKED_RETRANS;
		tp->retrans_out -= pcount;
	}
	return sacked;
}

static void sacktag_skb(struct sock *sk, struct sk_buff *skb, bool dup_sack,
			struct tcp_sacktag_state *state)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_skb_cb *scb = TCP_SKB_CB(skb);

	scb->sacked = sacktag_one(tp, state, scb, dup_sack, (u32)tcp_skb_pcount(skb),
				  tcp_skb_timestamp_us(skb));
	tcp_rate_skb_delivered(sk, skb, state->rate);
	if (scb->sacked & TCPCB_SACKED_ACKED)
		list_del_init(&skb->tcp_tsorted_anchor);
	if (!before(scb->seq, tcp_highest_sack_seq(tp)))
		tp->highest_sack = skb_rb_next(skb);
}

/* Look at the buffers of @piece, which is part of @block. */
static void sacktag_walk(struct sock *sk, const struct tcp_sack_block *block,
			 const struct tcp_sack_block *piece, bool dup_sack,
			 struct tcp_sacktag_state *state)
{
	struct sk_buff *skb = tcp_rtx_queue_find(sk, piece->start_seq);

	for (; skb && before(TCP_SKB_CB(skb)->seq, piece->end_seq); skb = skb_rb_next(skb)) {
		int in_sack = match_to_sack(sk, skb, block->start_seq, block->end_seq);

		if (in_sack < 0)
			break;
		if (in_sack)
			sacktag_skb(sk, skb, dup_sack, state);
	}
}

/* What of @block is not in @seen, which is sorted. Return: how many pieces. */
static int subtract_seen(const struct tcp_sack_block *block, const struct tcp_sack_block *seen,
			 struct tcp_sack_block *pieces)
{
	u32 start = block->start_seq;
	int n = 0;

	for (int i = 0; i < TCP_NUM_SACKS; i++) {
		if (seen[i].start_seq == seen[i].end_seq || !after(seen[i].end_seq, start))
			continue;
		if (!before(seen[i].start_seq, block->end_seq))
			break;
		if (before(start, seen[i].start_seq))
			pieces[n++] = (struct tcp_sack_block){ start, seen[i].start_seq };
		start = seen[i].end_seq;
		if (!before(start, block->end_seq))
			return n;
	}
	pieces[n++] = (struct tcp_sack_block){ start, block->end_seq };
	return n;
}

static void sort_blocks(struct tcp_sack_block *sp, int n, int *first)
{
	for (int i = n - 1; i > 0; i--) {
		for (int j = 0; j < i; j++) {
			if (!after(sp[j].start_seq, sp[j + 1].start_seq))
				continue;
			swap(sp[j], sp[j + 1]);
			if (*first == j)
				*first = j + 1;
			else if (*first == j + 1)
				*first = j;
		}
	}
}

static void count_invalid(struct sock *sk, const struct sk_buff *ack_skb, bool dup_sack)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (dup_sack)
		NET_INC_STATS(sock_net(sk), tp->undo_marker ? LINUX_MIB_TCPDSACKIGNOREDOLD :
							      LINUX_MIB_TCPDSACKIGNOREDNOUNDO);
	/* An old acknowledgment may well have blocks that make no sense any more. */
	else if (TCP_SKB_CB(ack_skb)->ack_seq == tp->snd_una)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSACKDISCARD);
}

/* Blocks of an acknowledgment that are worth a look, sorted; *@first: which is the first, or -1. */
static int usable_blocks(struct sock *sk, const struct sk_buff *ack_skb,
			 const struct tcp_sack_block *all, int num, bool found_dup,
			 u32 prior_snd_una, struct tcp_sack_block *sp, int *first)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int used = 0;

	*first = 0;
	for (int i = 0; i < num; i++) {
		bool dup_sack = !i && found_dup;

		if (!sack_block_valid(tp, dup_sack, all[i].start_seq, all[i].end_seq)) {
			count_invalid(sk, ack_skb, dup_sack);
		} else if (after(all[i].end_seq, prior_snd_una)) {
			sp[used++] = all[i];
			continue;
		}
		if (!i)
			*first = -1;
	}
	sort_blocks(sp, used, first);
	return used;
}

static int read_blocks(const struct sk_buff *ack_skb, struct tcp_sack_block *all)
{
	const u8 *opt = (const u8 *)(const void *)tcp_hdr(ack_skb) + TCP_SKB_CB(ack_skb)->sacked;
	int num = min(TCP_NUM_SACKS, (opt[1] - TCPOLEN_SACK_BASE) >> 3);

	for (int i = 0; i < num; i++) {
		all[i].start_seq = get_unaligned_be32(opt + 2 + i * TCPOLEN_SACK_PERBLOCK);
		all[i].end_seq = get_unaligned_be32(opt + 6 + i * TCPOLEN_SACK_PERBLOCK);
	}
	return num;
}

static void sacktag_blocks(struct sock *sk, const struct tcp_sack_block *sp, int used, int dup,
			   const struct tcp_sack_block *seen, struct tcp_sacktag_state *state)
{
	struct tcp_sack_block pieces[PIECES_MAX];

	for (int i = 0; i < used; i++) {
		/* A D-SACK is about what is known already. */
		if (i == dup) {
			sacktag_walk(sk, &sp[i], &sp[i], true, state);
			continue;
		}
		for (int k = 0, n = subtract_seen(&sp[i], seen, pieces); k < n; k++)
			sacktag_walk(sk, &sp[i], &pieces[k], false, state);
	}
}

/* Return: FLAG_*. */
int tcp_sacktag_write_queue(struct sock *sk, const struct sk_buff *ack_skb, u32 prior_snd_una,
			    struct tcp_sacktag_state *state)
{
	struct tcp_sack_block all[TCP_NUM_SACKS] = { 0 }, sp[TCP_NUM_SACKS] = { 0 };
	/* Without memory it is not remembered what is known already. */
	struct tcp_sack_block none[TCP_NUM_SACKS] = { 0 }, *seen = none;
	struct tcp_sock *tp = tcp_sk(sk);
	bool found_dup;
	int num, used, first, keep = 0;

	state->flag = 0;
	state->reord = tp->snd_nxt;
	if (tcp_sacks_make(tp))
		seen = tp->sacks->recv_sack_cache;
	if (!tp->sacked_out) {
		highest_sack_reset(sk);
		/* The peer may have taken back what it said. */
		memset(seen, 0, sizeof(none));
	}
	num = read_blocks(ack_skb, all);
	found_dup = check_dsack(sk, ack_skb, all, num, prior_snd_una, state);
	/* So old that its numbers may have wrapped: nothing in it can be trusted. */
	if (before(TCP_SKB_CB(ack_skb)->ack_seq, prior_snd_una - tp->max_window))
		return 0;
	if (tp->packets_out) {
		used = usable_blocks(sk, ack_skb, all, num, found_dup, prior_snd_una, sp, &first);
		sacktag_blocks(sk, sp, used, found_dup ? first : -1, seen, state);
		/* What stays known: the blocks but for the D-SACK. */
		memset(seen, 0, sizeof(none));
		for (int i = 0; i < used; i++)
			if (!found_dup || i != first)
				seen[keep++] = sp[i];
		if (inet_csk(sk)->icsk_ca_state != TCP_CA_Loss || tp->undo_marker)
			tcp_check_sack_reordering(sk, state->reord, 0);
		tcp_verify_left_out(tp);
	}
	return state->flag;
}
