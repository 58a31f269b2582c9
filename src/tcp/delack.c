// SPDX-License-Identifier: BSD-2-Clause
/*
 * When to acknowledge.
 *
 * At once: what fills the window, what is out of order, the first segments of a connection or after a
 * pause, which let the peer's window grow. Delayed: everything else, in the hope of an answer to ride
 * on (RFC 1122 section 4.2.3.2, RFC 5681 section 4.2). Held back and merged: duplicates that only
 * carry more SACK blocks (ACK compression).
 */
#include "tcp/tcp.h"

static void incr_quickack(struct sock *sk, unsigned int max_quickacks)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	unsigned int quickacks = 2;

	if (icsk->icsk_ack.rcv_mss)
		quickacks = tcp_sk(sk)->rcv_wnd / (2U * icsk->icsk_ack.rcv_mss);
	if (!quickacks)
		quickacks = 2;
	quickacks = min(quickacks, max_quickacks);
	if (quickacks > icsk->icsk_ack.quick)
		icsk->icsk_ack.quick = (u8)quickacks;
}

void tcp_enter_quickack_mode(struct sock *sk, unsigned int max_quickacks)
{
	incr_quickack(sk, max_quickacks);
	inet_csk_exit_pingpong_mode(sk);
	inet_csk(sk)->icsk_ack.ato = TCP_ATO_MIN;
}

static bool in_quickack_mode(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return icsk->icsk_ack.dst_quick_ack ||
	       (icsk->icsk_ack.quick && !inet_csk_in_pingpong_mode(sk));
}

/* The delay follows the time between segments. */
static void adapt_ato(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	u32 now = tcp_jiffies32, m = now - icsk->icsk_ack.lrcvtime;

	if (!icsk->icsk_ack.ato) {
		/* The first data: the peer is in slow start. */
		incr_quickack(sk, TCP_MAX_QUICKACKS);
		icsk->icsk_ack.ato = TCP_ATO_MIN;
	} else if (m <= TCP_ATO_MIN / 2) {
		icsk->icsk_ack.ato = (icsk->icsk_ack.ato >> 1) + TCP_ATO_MIN / 2;
	} else if (m < icsk->icsk_ack.ato) {
		icsk->icsk_ack.ato = ((icsk->icsk_ack.ato >> 1) + m) & 0xff;
		if (icsk->icsk_ack.ato > icsk->icsk_rto)
			icsk->icsk_ack.ato = icsk->icsk_rto & 0xff;
	} else if (m > icsk->icsk_rto) {
		/* A pause so long that the peer has restarted its window. */
		incr_quickack(sk, TCP_MAX_QUICKACKS);
	}
	icsk->icsk_ack.lrcvtime = now;
}

/* Data came in order. */
void tcp_event_data_recv(struct sock *sk, struct sk_buff *skb)
{
	inet_csk_schedule_ack(sk);
	tcp_measure_rcv_mss(sk, skb);
	tcp_rcv_rtt_measure(tcp_sk(sk));
	adapt_ato(sk);
	tcp_ecn_check_ce(sk, skb);
	if (skb->len >= 128)
		tcp_grow_window(sk, skb, true);
}

/* More than one full segment, and the window has moved by enough to be worth telling. */
static bool window_worth_telling(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->rcv_nxt - tp->rcv_wup <= icsk->icsk_ack.rcv_mss)
		return false;
	/* The program is about to read more: it will tell then. */
	return (int)(tp->rcv_nxt - tp->copied_seq) < sk->sk_rcvlowat ||
	       __tcp_select_window(sk) >= tp->rcv_wnd;
}

/* Hold a duplicate back for a part of the round trip. */
static void compress_ack(struct sock *sk)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u64 rtt, delay;

	tp->compressed_ack++;
	if (tcp_timer_is_set(sk, ICSK_TIMER_COMPRESSED_ACK))
		return;
	/* The shorter of both views; 5 % of it. */
	rtt = tp->rcv_rtt_est.rtt_us;
	if (tp->srtt_us && tp->srtt_us < rtt)
		rtt = tp->srtt_us;
	delay = min((u64)tn->sysctl_tcp_comp_sack_delay_ns, rtt * (NSEC_PER_USEC >> 3) / 20);
	tcp_timer_set_ns(sk, ICSK_TIMER_COMPRESSED_ACK, (ktime_t)(tcp_clock_ns(sk) + delay));
}

/* Out of order data came. Return: whether the acknowledgment is held back. */
static bool may_compress(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tcp_is_sack(tp) || tp->compressed_ack >= tcp_net_sk(sk)->sysctl_tcp_comp_sack_nr)
		return false;
	if (tp->compressed_ack_rcv_nxt != tp->rcv_nxt) {
		tp->compressed_ack_rcv_nxt = tp->rcv_nxt;
		tp->dup_ack_counter = 0;
	}
	/* Three duplicates pass: old peers count them. */
	if (tp->dup_ack_counter < TCP_FASTRETRANS_THRESH) {
		tp->dup_ack_counter++;
		return false;
	}
	return true;
}

void __tcp_ack_snd_check(struct sock *sk, int ofo_possible)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (window_worth_telling(sk) || in_quickack_mode(sk) ||
	    (inet_csk(sk)->icsk_ack.pending & ICSK_ACK_NOW)) {
		tcp_send_ack(sk);
		return;
	}
	if (!ofo_possible || RB_EMPTY_ROOT(&tp->out_of_order_queue)) {
		tcp_send_delayed_ack(sk);
		return;
	}
	if (may_compress(sk))
		compress_ack(sk);
	else
		tcp_send_ack(sk);
}
