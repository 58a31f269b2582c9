// SPDX-License-Identifier: BSD-2-Clause
/* Sending again. */
#include "tcp/output.h"

static bool can_collapse(const struct sk_buff *skb)
{
	return tcp_skb_pcount(skb) == 1 && !skb_cloned(skb) &&
	       !(TCP_SKB_CB(skb)->sacked & TCPCB_SACKED_ACKED);
}

/* The next buffer of the rtx queue becomes part of this one. Return: false when it can't. */
static bool collapse(struct sock *sk, struct sk_buff *skb, struct sk_buff *next)
{
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb), *ncb = TCP_SKB_CB(next);
	struct tcp_sock *tp = tcp_sk(sk);

	if (next->len && !tcp_skb_shift(skb, next, 1, (int)next->len))
		return false;
	tcp_highest_sack_replace(tp, next, skb);
	tcb->end_seq = ncb->end_seq;
	tcb->tcp_flags |= ncb->tcp_flags;
	tcb->sacked |= ncb->sacked & TCPCB_EVER_RETRANS;
	tcb->eor = ncb->eor;
	if (tp->retransmit_skb_hint == next)
		tp->retransmit_skb_hint = skb;
	tcp_adjust_pcount(sk, next, tcp_skb_pcount(next));
	tcp_skb_collapse_tstamp(skb, next);
	tcp_rtx_queue_unlink_and_free(next, sk);
	return true;
}

/* Small segments that follow go with it, up to @space bytes (net.ipv4.tcp_retrans_collapse). */
static void try_collapse(struct sock *sk, struct sk_buff *to, int space)
{
	struct sk_buff *next;

	if (!tcp_net_sk(sk)->sysctl_tcp_retrans_collapse ||
	    (TCP_SKB_CB(to)->tcp_flags & TCPHDR_SYN) || !can_collapse(to))
		return;
	while ((next = skb_rb_next(to))) {
		if (!can_collapse(next) || !tcp_skb_can_collapse(to, next) ||
		    (int)(to->len + next->len) > space ||
		    after(TCP_SKB_CB(next)->end_seq, tcp_wnd_end(tcp_sk(sk))) ||
		    !collapse(sk, to, next))
			return;
	}
}

/* What was acknowledged of it is not sent again. Return: 0 or -errno. */
static int trim_acked(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);
	u32 una = tcp_sk(sk)->snd_una;

	if (!before(tcb->seq, una))
		return 0;
	if (unlikely(tcb->tcp_flags & TCPHDR_SYN)) {
		tcb->tcp_flags &= (u8)~TCPHDR_SYN;
		tcb->seq++;
		if (!before(tcb->seq, una))
			return 0;
	}
	if (WARN_ON_ONCE(before(tcb->end_seq, una)))
		return -EINVAL;
	return una != tcb->seq ? tcp_trim_head(sk, skb, una - tcb->seq) : 0;
}

/* Cut it to what may be sent, or add to it; count its segments by the MSS of now. */
static int fit(struct sock *sk, struct sk_buff *skb, int segs)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int mss = (int)tcp_current_mss(sk), len, less;
	s64 window = (s32)(tcp_wnd_end(tp) - TCP_SKB_CB(skb)->seq);

	if (window <= 0) {
		/* A window that shrank; when it closed, the first segment probes it. */
		if (TCP_SKB_CB(skb)->seq != tp->snd_una)
			return -EAGAIN;
		window = mss;
	}
	len = (int)min_t(s64, (s64)mss * segs, INT32_MAX);
	if (len > window)
		len = (int)(window >= mss ? window - window % mss : window);
	if ((int)skb->len > len)
		return tcp_fragment(sk, TCP_FRAG_IN_RTX_QUEUE, skb, (u32)len, (unsigned int)mss,
				    GFP_ATOMIC);
	less = tcp_skb_pcount(skb);
	less -= tcp_set_skb_tso_segs(skb, (unsigned int)mss);
	if (less)
		tcp_adjust_pcount(sk, skb, less);
	window = min_t(s64, window, mss);
	if ((s64)skb->len < window)
		try_collapse(sk, skb, (int)window);
	return 0;
}

static void count_retrans(struct sock *sk, const struct sk_buff *skb)
{
	u32 segs = (u32)tcp_skb_pcount(skb);
	struct tcp_sock *tp = tcp_sk(sk);

	TCP_ADD_STATS(sock_net(sk), TCP_MIB_RETRANSSEGS, segs);
	if (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_SYN)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSYNRETRANS);
	tp->total_retrans += segs;
	tp->bytes_retrans += skb->len;
}

/**
 * __tcp_retransmit_skb() - send a buffer of the rtx queue again, without marking it
 * @sk: the socket
 * @skb: the buffer; cut when it is more than @segs segments, or the window's
 * @segs: how many at most
 *
 * Stack lock. Return: 0; -EBUSY while it still waits below; -EAGAIN beyond the window;
 * -EHOSTUNREACH; -ENOMEM; or what the layer below said.
 */
int __tcp_retransmit_skb(struct sock *sk, struct sk_buff *skb, int segs)
{
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);
	int err;

	/* Nothing can be concluded about the MTU from now on. */
	inet_csk(sk)->icsk_mtup.probe_size = 0;
	if (tcp_skb_still_in_host_queue(sk, skb))
		return -EBUSY;
	err = trim_acked(sk, skb);
	if (err)
		return err;
	if (inet_sk_rebuild_header(sk))
		return -EHOSTUNREACH;
	err = fit(sk, skb, segs);
	if (err)
		return err;
	if ((tcb->tcp_flags & TCPHDR_SYN_ECN) == TCPHDR_SYN_ECN)
		tcp_ecn_clear_syn(sk, skb);
	count_retrans(sk, skb);
	err = tcp_transmit_skb(sk, skb, 1, GFP_ATOMIC);
	if (likely(!err))
		tcp_sent_now(tcp_sk(sk), skb);
	else if (err != -EBUSY)
		NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPRETRANSFAIL, tcp_skb_pcount(skb));
	/* Also then: its time is no longer that of the first transmission. */
	tcb->sacked |= TCPCB_EVER_RETRANS;
	return err;
}

int tcp_retransmit_skb(struct sock *sk, struct sk_buff *skb, int segs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int err = __tcp_retransmit_skb(sk, skb, segs);

	if (!err) {
		TCP_SKB_CB(skb)->sacked |= TCPCB_RETRANS;
		tp->retrans_out += (u32)tcp_skb_pcount(skb);
	}
	if (!tp->retrans_stamp)
		tp->retrans_stamp = tcp_skb_timestamp_ts(skb);
	if (tp->undo_retrans < 0)
		tp->undo_retrans = 0;
	tp->undo_retrans += tcp_skb_pcount(skb);
	return err;
}

/* Of a walk through the rtx queue. */
enum rexmit_step { REXMIT_STOP, REXMIT_SKIP, REXMIT_SENT };

static enum rexmit_step rexmit_one(struct sock *sk, struct sk_buff *skb, u32 max_segs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 sacked = TCP_SKB_CB(skb)->sacked;
	int segs = (int)(tcp_snd_cwnd(tp) - tcp_packets_in_flight(tp));

	if (segs <= 0 || tp->retrans_out >= tp->lost_out)
		return REXMIT_STOP;
	if (!(sacked & TCPCB_LOST) || (sacked & (TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS)))
		return REXMIT_SKIP;
	if (tcp_small_queue_check(sk, skb, 1) ||
	    tcp_retransmit_skb(sk, skb, min_t(int, segs, (int)max_segs)))
		return REXMIT_STOP;
	NET_ADD_STATS(sock_net(sk),
		      inet_csk(sk)->icsk_ca_state == TCP_CA_Loss ? LINUX_MIB_TCPSLOWSTARTRETRANS :
								   LINUX_MIB_TCPFASTRETRANS,
		      tcp_skb_pcount(skb));
	if (tcp_in_cwnd_reduction(sk))
		tp->prr_out += (u32)tcp_skb_pcount(skb);
	return REXMIT_SENT;
}

/* May segments in front of it still turn out to be lost? Then the next walk begins there. */
static bool is_hole(const struct sk_buff *skb)
{
	return !(TCP_SKB_CB(skb)->sacked &
		 (TCPCB_LOST | TCPCB_SACKED_RETRANS | TCPCB_SACKED_ACKED));
}

/*
 * What is known of the queue. A retransmission that is lost too lies far behind those that were sent
 * last, and with a large window there are thousands of buffers in between, in which a walk has
 * found nothing that waits. These are not looked at again.
 */

void tcp_rexmit_note_lost(struct tcp_sock *tp, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
	struct tcp_sack_block *known;

	if (!tp->sacks)
		return;
	known = &tp->sacks->nothing_lost;
	if (!before(scb->seq, known->end_seq) || !after(scb->end_seq, known->start_seq))
		return;
	/* The walk begins in front of it at the latest: what is behind it is worth more. */
	known->start_seq = scb->end_seq;
	if (!before(known->start_seq, known->end_seq))
		tcp_rexmit_forget(tp);
}

/* A walk from @start found nothing that still waits in front of @end. */
static void note_walk(struct tcp_sock *tp, u32 start, u32 end)
{
	struct tcp_sack_block *known;

	if (!tp->sacks || !before(start, end))
		return;
	known = &tp->sacks->nothing_lost;
	if (known->start_seq != known->end_seq && !after(start, known->end_seq) &&
	    !before(end, known->start_seq)) {
		if (before(start, known->start_seq))
			known->start_seq = start;
		if (after(end, known->end_seq))
			known->end_seq = end;
	} else if (end - start > known->end_seq - known->start_seq) {
		*known = (struct tcp_sack_block){ start, end };
	}
}

/* @skb, or the first one behind it of which it isn't known that it has nothing to wait for. */
static struct sk_buff *skip_known(const struct sock *sk, struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct tcp_sack_block *known;

	if (!skb || !tp->sacks)
		return skb;
	known = &tp->sacks->nothing_lost;
	if (before(TCP_SKB_CB(skb)->seq, known->start_seq) ||
	    !before(TCP_SKB_CB(skb)->seq, known->end_seq))
		return skb;
	return tcp_rtx_queue_find(sk, known->end_seq);
}

/**
 * tcp_xmit_retransmit_queue() - send again what is marked lost, as far as cwnd and pacing let it
 * @sk: the socket
 *
 * The walk goes on where the last one ended (retransmit_skb_hint), and passes over what earlier ones
 * found nothing in, so that it costs what it sends and not what is in flight.
 */
void tcp_xmit_retransmit_queue(struct sock *sk)
{
	struct sk_buff *skb, *head, *hole = NULL;
	struct tcp_sock *tp = tcp_sk(sk);
	bool rearm = false;
	u32 max_segs, start;

	if (!tp->packets_out)
		return;
	head = tcp_rtx_queue_head(sk);
	skb = tp->retransmit_skb_hint ? tp->retransmit_skb_hint : head;
	max_segs = tcp_tso_segs(sk, tcp_current_mss(sk));
	start = TCP_SKB_CB(skb)->seq;
	for (skb = skip_known(sk, skb); skb; skb = skip_known(sk, skb_rb_next(skb))) {
		enum rexmit_step step;

		if (tcp_pacing_check(sk))
			break;
		if (!hole)
			tp->retransmit_skb_hint = skb;
		step = rexmit_one(sk, skb, max_segs);
		if (step == REXMIT_STOP)
			break;
		if (step == REXMIT_SKIP && !hole && is_hole(skb))
			hole = skb;
		if (step == REXMIT_SENT && skb == head &&
		    inet_csk(sk)->icsk_pending != ICSK_TIME_REO_TIMEOUT)
			rearm = true;
	}
	note_walk(tp, start, skb ? TCP_SKB_CB(skb)->seq : tp->snd_nxt);
	if (rearm)
		tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, inet_csk(sk)->icsk_rto, true);
}
