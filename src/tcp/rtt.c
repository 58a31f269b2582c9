// SPDX-License-Identifier: BSD-2-Clause
/* Round-trip times and the retransmission timeout that follows from them (RFC 6298). */
#include "tcp/tcp.h"

/* The first measurement, and the floor of the variance: RTO is never below srtt + tcp_rto_min(). */
static void first_measurement(struct tcp_sock *tp, u32 m, u32 rto_min_us)
{
	tp->srtt_us = m << 3;
	tp->mdev_us = m << 1;
	tp->rttvar_us = max(tp->mdev_us, rto_min_us);
	tp->mdev_max_us = tp->rttvar_us;
	tp->rtt_seq = tp->snd_nxt;
}

/*
 * Van Jacobson's filter; the variance rises at once and falls once per round trip only: else the
 * timeout would follow a quiet path down and fire with the first hiccup.
 */
void tcp_rtt_estimator(struct sock *sk, long mrtt_us)
{
	u32 rto_min_us = jiffies_to_usecs(tcp_rto_min(sk));
	struct tcp_sock *tp = tcp_sk(sk);
	long m = mrtt_us;

	if (!tp->srtt_us) {
		first_measurement(tp, (u32)m, rto_min_us);
		tp->srtt_us = max(1U, tp->srtt_us);
		return;
	}
	m -= (long)(tp->srtt_us >> 3);
	tp->srtt_us = (u32)((long)tp->srtt_us + m);
	if (m < 0) {
		/* It became shorter: that is no reason for a larger variance (Eifel). */
		m = -m - (long)(tp->mdev_us >> 2);
		if (m > 0)
			m >>= 3;
	} else {
		m -= (long)(tp->mdev_us >> 2);
	}
	tp->mdev_us = (u32)((long)tp->mdev_us + m);
	if (tp->mdev_us > tp->mdev_max_us) {
		tp->mdev_max_us = tp->mdev_us;
		tp->rttvar_us = max(tp->rttvar_us, tp->mdev_max_us);
	}
	if (after(tp->snd_una, tp->rtt_seq)) {
		if (tp->mdev_max_us < tp->rttvar_us)
			tp->rttvar_us -= (tp->rttvar_us - tp->mdev_max_us) >> 2;
		tp->rtt_seq = tp->snd_nxt;
		tp->mdev_max_us = rto_min_us;
	}
	tp->srtt_us = max(1U, tp->srtt_us);
}

void tcp_set_rto(struct sock *sk)
{
	unsigned long rto = usecs_to_jiffies((unsigned int)__tcp_set_rto(tcp_sk(sk)));

	inet_csk(sk)->icsk_rto = (u32)min(rto, tcp_rto_max(sk));
}

/* By how long the peer's echo is behind, microseconds; below 0: it says nothing. */
long tcp_rtt_tsopt_us(const struct tcp_sock *tp, u32 min_delta)
{
	u32 delta = tcp_time_stamp_ts(tp) - tp->rx_opt.rcv_tsecr;

	if (delta >= INT32_MAX / (USEC_PER_SEC / TCP_TS_HZ))
		return -1;
	return (long)max(delta, min_delta) * (USEC_PER_SEC / TCP_TS_HZ);
}

static void update_rtt_min(struct sock *sk, u32 rtt_us, int flag)
{
	u32 wlen = (u32)tcp_net_sk(sk)->sysctl_tcp_min_rtt_wlen * HZ;
	struct tcp_sock *tp = tcp_sk(sk);

	if ((flag & FLAG_ACK_MAYBE_DELAYED) && rtt_us > tcp_min_rtt(tp))
		return;
	minmax_running_min(&tp->rtt_min, wlen, tcp_jiffies32,
			   rtt_us ? rtt_us : jiffies_to_usecs(1));
}

/*
 * What an acknowledgment measured, in microseconds and below 0 where it did not: @seq_rtt_us of the
 * first segment newly acknowledged, @sack_rtt_us of the first one SACKed, @ca_rtt_us of the last of
 * either. Karn's rule holds: none is of a segment that was sent twice. Return: whether there is any.
 */
bool tcp_ack_update_rtt(struct sock *sk, int flag, long seq_rtt_us, long sack_rtt_us,
			long ca_rtt_us, struct rate_sample *rs)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (seq_rtt_us < 0)
		seq_rtt_us = sack_rtt_us;
	/* RFC 7323 section 4.1: with timestamps retransmissions can be measured, too. */
	if (seq_rtt_us < 0 && tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr && (flag & FLAG_ACKED))
		seq_rtt_us = ca_rtt_us = tcp_rtt_tsopt_us(tp, 1);
	rs->rtt_us = ca_rtt_us;
	if (seq_rtt_us < 0)
		return false;
	update_rtt_min(sk, (u32)ca_rtt_us, flag);
	tcp_rtt_estimator(sk, seq_rtt_us);
	tcp_set_rto(sk);
	/* RFC 6298 section 5.7: what was doubled counts no more. */
	inet_csk(sk)->icsk_backoff = 0;
	return true;
}

/* When the last segment of a handshake came, microseconds: later than what is measured from. */
static u64 handshake_ended(const struct sock *sk, u64 began)
{
	u64 seen = (u64)skiff_clock_seen(net_clock(sock_net(sk))) / 1000;

	return seen > began ? seen : tcp_clock_ns(sk) / 1000;
}

/* The handshake of a connection that was accepted. */
void tcp_synack_rtt_meas(struct sock *sk, struct request_sock *req)
{
	struct rate_sample rs;
	long rtt_us = -1;

	if (req && !req->num_retrans && req->snt_synack)
		rtt_us = tcp_stamp_us_delta(handshake_ended(sk, req->snt_synack), req->snt_synack);
	tcp_ack_update_rtt(sk, FLAG_SYN_ACKED, rtt_us, -1L, rtt_us, &rs);
}

void tcp_rearm_rto(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned long rto = icsk->icsk_rto;
	const struct sk_buff *head;

	/* The SYN-ACK has a timer of its own. */
	if (tp->fastopen_rsk)
		return;
	if (!tp->packets_out) {
		inet_csk_clear_xmit_timer(sk, ICSK_TIME_RETRANS);
		return;
	}
	/* The timer ran for something else, but the timeout runs from when the head was sent. */
	head = tcp_rtx_queue_head(sk);
	if (head && (icsk->icsk_pending == ICSK_TIME_REO_TIMEOUT ||
		     icsk->icsk_pending == ICSK_TIME_LOSS_PROBE)) {
		s64 left =
			(s64)(tcp_skb_timestamp_us(head) + jiffies_to_usecs(rto) - tp->tcp_mstamp);

		rto = usecs_to_jiffies((unsigned int)max(left, (s64)1));
	}
	tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, rto, true);
}
