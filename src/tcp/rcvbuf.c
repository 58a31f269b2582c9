// SPDX-License-Identifier: BSD-2-Clause
/*
 * The receive buffer and the window that is offered of it.
 *
 * A buffer is counted by the memory that packets take, a window by the data in them. What part of the
 * memory is data (scaling_ratio) is measured. The window grows with what arrives (rcv_ssthresh), so
 * that a peer of small segments can't fill the buffer with overhead, and the buffer grows with what
 * the program reads per round trip, so that it never limits a program that keeps up.
 */
#include "tcp/tcp.h"

int tcp_space_from_win(const struct sock *sk, int win)
{
	u8 ratio = tcp_sk(sk)->scaling_ratio;

	return (int)min(((u64)(u32)win << 8) / (ratio ? ratio : 1), (u64)INT32_MAX);
}

/* Of the window: what a segment that fills its memory badly adds to it, 0: nothing. */
static u32 grow_by_small(const struct sock *sk, const struct sk_buff *skb, unsigned int skbtruesize)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int truesize = tcp_win_from_space(sk, (int)skbtruesize) >> 1;
	int window = tcp_win_from_space(sk, tcp_net_sk(sk)->sysctl_tcp_rmem[2]) >> 1;

	/* The smaller the window, the more overhead can be borne. */
	while (tp->rcv_ssthresh <= (u32)window) {
		if (truesize <= (int)skb->len)
			return 2U * inet_csk(sk)->icsk_ack.rcv_mss;
		truesize >>= 1;
		window >>= 1;
	}
	return 0;
}

/* Headers that will be released with the data do not count. */
static u32 truesize_adjust(bool adjust, const struct sk_buff *skb)
{
	u32 truesize = skb->truesize;

	if (adjust && !skb_headlen(skb)) {
		truesize -= SKB_TRUESIZE((unsigned int)skb_end_offset(skb));
		/* What is nominal for a driver may be less than what is counted. */
		if ((int)truesize < (int)skb->len)
			truesize = skb->truesize;
	}
	return truesize;
}

void tcp_grow_window(struct sock *sk, const struct sk_buff *skb, bool adjust)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int room = min((int)tp->window_clamp, tcp_space(sk)) - (int)tp->rcv_ssthresh;
	unsigned int truesize;
	u32 incr;

	if (room <= 0 || tcp_under_memory_pressure(sk))
		return;
	truesize = truesize_adjust(adjust, skb);
	if (tcp_win_from_space(sk, (int)truesize) <= (int)skb->len)
		incr = 2U * tp->advmss;
	else
		incr = grow_by_small(sk, skb, truesize);
	if (incr) {
		incr = max(incr, 2 * skb->len);
		tp->rcv_ssthresh += min((u32)room, incr);
		inet_csk(sk)->icsk_ack.quick |= 1;
	}
}

/* At the beginning of a connection. */
void tcp_init_buffer_space(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int app_win = tcp_net_sk(sk)->sysctl_tcp_app_win;
	u32 maxwin;

	if (!(sk->sk_userlocks & SOCK_SNDBUF_LOCK))
		tcp_sndbuf_expand(sk);
	tcp_mstamp_seen(tp);
	tp->rcvq_space.space = min(tp->rcv_wnd, TCP_INIT_CWND * (u32)tp->advmss);
	tp->rcvq_space.time = tp->tcp_mstamp;
	tp->rcvq_space.seq = tp->copied_seq;
	maxwin = (u32)tcp_full_space(sk);
	if (tp->window_clamp >= maxwin) {
		tp->window_clamp = maxwin;
		if (app_win && maxwin > 4U * tp->advmss)
			tp->window_clamp = max(maxwin - (maxwin >> app_win), 4U * tp->advmss);
	}
	/* Room for one segment that the program is slow to read. */
	if (app_win && tp->window_clamp > 2U * tp->advmss && tp->window_clamp + tp->advmss > maxwin)
		tp->window_clamp = max(2U * tp->advmss, maxwin - tp->advmss);
	tp->rcv_ssthresh = min(tp->rcv_ssthresh, tp->window_clamp);
	tp->snd_cwnd_stamp = tcp_jiffies32;
}

/* The buffer is too small for what came: it grows if it may, and the window shrinks. */
void tcp_clamp_window(struct sock *sk)
{
	int rmem2 = tcp_net_sk(sk)->sysctl_tcp_rmem[2];
	struct tcp_sock *tp = tcp_sk(sk);

	inet_csk(sk)->icsk_ack.quick = 0;
	if (sk->sk_rcvbuf < rmem2 && !(sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	    !tcp_under_memory_pressure(sk))
		WRITE_ONCE(sk->sk_rcvbuf, min(sk_rmem_alloc_get(sk), rmem2));
	if (sk_rmem_alloc_get(sk) > sk->sk_rcvbuf)
		tp->rcv_ssthresh = min(tp->window_clamp, 2U * tp->advmss);
}

/* SO_RCVLOWAT: no more than will ever fit, for which the buffer grows unless the program has set it. */
int tcp_set_rcvlowat(struct sock *sk, int val)
{
	bool fixed = sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	int most = fixed ? sk->sk_rcvbuf : tcp_net_sk(sk)->sysctl_tcp_rmem[2], space;
	struct tcp_sock *tp = tcp_sk(sk);

	val = min(val, most >> 1);
	WRITE_ONCE(sk->sk_rcvlowat, max(val, 1));
	/* What there is may be enough now. */
	tcp_data_ready(sk);
	space = tcp_space_from_win(sk, val);
	if (fixed || space <= sk->sk_rcvbuf)
		return 0;
	WRITE_ONCE(sk->sk_rcvbuf, space);
	if (tp->window_clamp && tp->window_clamp < (u32)val)
		tp->window_clamp = (u32)val;
	return 0;
}

/* The peer's segment size */

void tcp_initialize_rcv_mss(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 hint = min((u32)tp->advmss, tp->mss_cache);

	hint = min(hint, tp->rcv_wnd / 2);
	hint = min(hint, TCP_MSS_DEFAULT);
	hint = max(hint, TCP_MIN_MSS);
	inet_csk(sk)->icsk_ack.rcv_mss = (u16)hint;
}

/* What part of the memory of a packet is data; then the window is another one as well. */
static void measure_scaling(struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 old = tp->scaling_ratio;
	u64 val = ((u64)skb->len << 8) / skb->truesize;

	tp->scaling_ratio = (u8)clamp(val, (u64)1, (u64)255);
	if (old == tp->scaling_ratio)
		return;
	tcp_set_window_clamp(sk, tcp_win_from_space(sk, sk->sk_rcvbuf));
	if (tp->window_clamp < tp->rcvq_space.space)
		tp->rcvq_space.space = tp->window_clamp;
}

static void full_sized(struct sock *sk, const struct sk_buff *skb, unsigned int len)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (unlikely(len != icsk->icsk_ack.rcv_mss))
		measure_scaling(sk, skb);
	icsk->icsk_ack.rcv_mss = (u16)min(len, (unsigned int)tcp_sk(sk)->advmss);
	/* More than a segment and its end is not a whole one: the sender had no more. */
	if (skb->len > (u32)icsk->icsk_ack.rcv_mss + MAX_TCP_OPTION_SPACE)
		icsk->icsk_ack.pending |= ICSK_ACK_PUSHED;
}

void tcp_measure_rcv_mss(struct sock *sk, const struct sk_buff *skb)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	unsigned int lss = icsk->icsk_ack.last_seg_size, len;
	const struct tcphdr *th = tcp_hdr(skb);

	icsk->icsk_ack.last_seg_size = 0;
	len = skb_shinfo(skb)->gso_size ? skb_shinfo(skb)->gso_size : skb->len;
	if (len >= icsk->icsk_ack.rcv_mss) {
		full_sized(sk, skb, len);
		return;
	}
	/* Two of the same smaller size in a row, without reason to be small: that is its size. */
	len += (unsigned int)(skb->data - skb_transport_header(skb));
	if (len >= TCP_MSS_DEFAULT + sizeof(*th) ||
	    (len >= TCP_MIN_MSS + sizeof(*th) &&
	     !(tcp_flag_byte(th) & (TCPHDR_FIN | TCPHDR_URG | TCPHDR_SYN | TCPHDR_PSH)))) {
		len -= tcp_sk(sk)->tcp_header_len;
		icsk->icsk_ack.last_seg_size = (u16)len;
		if (len == lss) {
			icsk->icsk_ack.rcv_mss = (u16)len;
			return;
		}
	}
	if (icsk->icsk_ack.pending & ICSK_ACK_PUSHED)
		icsk->icsk_ack.pending |= ICSK_ACK_PUSHED2;
	icsk->icsk_ack.pending |= ICSK_ACK_PUSHED;
}

/* Round trip as the receiver sees it */

/* @win_dep: measured by the window, so it is at most that, and the least counts. */
static void rcv_rtt_update(struct tcp_sock *tp, u32 sample, bool win_dep)
{
	u32 rtt = tp->rcv_rtt_est.rtt_us;
	long m = sample ? (long)sample : 1;

	if (!rtt) {
		rtt = (u32)m << 3;
	} else if (!win_dep) {
		m -= (long)(rtt >> 3);
		rtt = (u32)((long)rtt + m);
	} else {
		rtt = min(rtt, (u32)m << 3);
	}
	tp->rcv_rtt_est.rtt_us = rtt;
}

/* Without timestamps: how long it takes until a window's worth has come. */
void tcp_rcv_rtt_measure(struct tcp_sock *tp)
{
	if (tp->rcv_rtt_est.time) {
		if (before(tp->rcv_nxt, tp->rcv_rtt_est.seq))
			return;
		rcv_rtt_update(tp, tcp_stamp_us_delta(tp->tcp_mstamp, tp->rcv_rtt_est.time), true);
	}
	tp->rcv_rtt_est.seq = tp->rcv_nxt + tp->rcv_wnd;
	tp->rcv_rtt_est.time = tp->tcp_mstamp;
}

/* With them: how old the echo is. */
void tcp_rcv_rtt_measure_ts(struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	long delta;

	if (!tp->rx_opt.saw_tstamp || tp->rx_opt.rcv_tsecr == tp->rcv_rtt_last_tsecr)
		return;
	tp->rcv_rtt_last_tsecr = tp->rx_opt.rcv_tsecr;
	if (TCP_SKB_CB(skb)->end_seq - TCP_SKB_CB(skb)->seq < inet_csk(sk)->icsk_ack.rcv_mss)
		return;
	delta = tcp_rtt_tsopt_us(tp, 0);
	if (delta >= 0)
		rcv_rtt_update(tp, (u32)delta, false);
}

/* The buffer follows the program */

static void grow_rcvbuf(struct sock *sk, u32 copied)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 old = tp->rcvq_space.space;
	u64 rcvwin, grow;
	int rcvbuf;

	tp->rcvq_space.space = copied;
	if (!tn->sysctl_tcp_moderate_rcvbuf || (sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		return;
	/* Slow start doubles: room for the next round trip, and more where that was not enough. */
	rcvwin = (u64)copied << 1;
	grow = rcvwin * (copied - old);
	rcvwin += grow / max(old, 1U) << 1;
	if (!RB_EMPTY_ROOT(&tp->out_of_order_queue))
		rcvwin += TCP_SKB_CB(tp->ooo_last_skb)->end_seq - tp->rcv_nxt;
	rcvbuf = tcp_space_from_win(sk, (int)min(rcvwin, (u64)INT32_MAX));
	rcvbuf = min(rcvbuf, tn->sysctl_tcp_rmem[2]);
	if (rcvbuf > sk->sk_rcvbuf) {
		WRITE_ONCE(sk->sk_rcvbuf, rcvbuf);
		tp->window_clamp = (u32)tcp_win_from_space(sk, rcvbuf);
	}
}

/* The program has read. */
void tcp_rcv_space_adjust(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 copied;

	if (!tp->rcv_rtt_est.rtt_us)
		return;
	tcp_mstamp_seen(tp);
	if (tcp_stamp_us_delta(tp->tcp_mstamp, tp->rcvq_space.time) < (tp->rcv_rtt_est.rtt_us >> 3))
		return;
	copied = tp->copied_seq - tp->rcvq_space.seq;
	if (copied > tp->rcvq_space.space)
		grow_rcvbuf(sk, copied);
	tp->rcvq_space.seq = tp->copied_seq;
	tp->rcvq_space.time = tp->tcp_mstamp;
}
