// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is known of a path beforehand, and what a connection leaves behind for the next one.
 *
 * The first connection of a path begins with what its route says of window and timeout; at its end it
 * leaves what it has found out. What the route says of round-trip time, window, threshold and reordering
 * is where such memories begin, and so counts from the second connection on, as on Linux. A locked one
 * stays as it is.
 */
#include "tcp/metrics.h"

/* RFC 6928, unless the route says otherwise. */
u32 tcp_init_cwnd(const struct tcp_sock *tp, const struct dst_entry *dst)
{
	u32 cwnd = dst ? dst_metric(dst, RTAX_INITCWND) : 0;

	cwnd = min(cwnd ? cwnd : TCP_INIT_CWND, (u32)INT32_MAX);
	return min(cwnd, tp->snd_cwnd_clamp);
}

/* The timeout as the estimator would have it if the remembered time were the only measurement. */
static u32 rto_from(const struct sock *sk, u32 rtt)
{
	unsigned long srtt = rtt / (8 * USEC_PER_SEC / HZ);
	unsigned long rto = srtt + max(2 * srtt, (unsigned long)tcp_rto_min(sk));

	return (u32)min(rto, tcp_rto_max(sk));
}

/* What was remembered. Return: the round-trip time, as tcp_sock.srtt_us; 0: not known. */
static u32 recall(struct sock *sk, const struct tcp_metrics_block *tm)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 ssthresh = tm->vals[TCP_METRIC_SSTHRESH];

	if (tcp_metric_locked(tm, TCP_METRIC_CWND))
		tp->snd_cwnd_clamp = max(tm->vals[TCP_METRIC_CWND], 1U);
	if (ssthresh && !tcp_net_sk(sk)->sysctl_tcp_no_ssthresh_metrics_save)
		tp->snd_ssthresh = min(ssthresh, tp->snd_cwnd_clamp);
	if (tm->vals[TCP_METRIC_REORDERING])
		tp->reordering = tm->vals[TCP_METRIC_REORDERING];
	return tm->vals[TCP_METRIC_RTT];
}

void tcp_init_metrics(struct sock *sk)
{
	const struct tcp_metrics_block *tm = tcp_get_metrics(sk, false);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 rtt;

	/* The handshake's losses may have lowered it for nothing. */
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	rtt = tm ? recall(sk, tm) : 0;
	/* The handshake's time is that of small packets: what was known before is the safer guess. */
	if (rtt > tp->srtt_us) {
		inet_csk(sk)->icsk_rto = rto_from(sk, rtt);
	} else if (!tp->srtt_us) {
		/* The SYN was sent again, so that its round trip is not known (RFC 6298 section 5.7). */
		tp->rttvar_us = jiffies_to_usecs(TCP_TIMEOUT_FALLBACK);
		tp->mdev_us = tp->mdev_max_us = tp->rttvar_us;
		inet_csk(sk)->icsk_rto = TCP_TIMEOUT_FALLBACK;
	}
}

/* Up at once, down by an eighth and a quarter of the difference: too long is better than too short. */
static void save_rtt(struct tcp_metrics_block *tm, const struct tcp_sock *tp)
{
	u32 rtt = tm->vals[TCP_METRIC_RTT], var = tm->vals[TCP_METRIC_RTTVAR];
	s64 less = (s64)rtt - tp->srtt_us;
	/* A deviation has one bit less behind the point than a time. */
	u32 dev = max((u32)((less < 0 ? -less : less) >> 1), tp->mdev_us);

	tcp_metric_learn(tm, TCP_METRIC_RTT, less <= 0 ? tp->srtt_us : rtt - (u32)(less >> 3));
	tcp_metric_learn(tm, TCP_METRIC_RTTVAR, dev >= var ? dev : var - ((var - dev) >> 2));
}

/* To @val, if something is remembered and that is less. */
static void raise_ssthresh(struct tcp_metrics_block *tm, u32 val)
{
	u32 known = tm->vals[TCP_METRIC_SSTHRESH];

	if (known && val > known)
		tcp_metric_learn(tm, TCP_METRIC_SSTHRESH, val);
}

/* Halfway from what was known to @val. */
static void approach_cwnd(struct tcp_metrics_block *tm, u32 val)
{
	u64 sum = (u64)tm->vals[TCP_METRIC_CWND] + val;

	tcp_metric_learn(tm, TCP_METRIC_CWND, (u32)(sum >> 1));
}

static void save_windows(struct tcp_metrics_block *tm, const struct sock *sk)
{
	bool ssthresh = !tcp_net_sk(sk)->sysctl_tcp_no_ssthresh_metrics_save;
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 cwnd = tcp_snd_cwnd(tp);

	if (tcp_in_initial_slowstart(tp)) {
		/* Nothing was lost: the path takes that much at least. */
		if (ssthresh)
			raise_ssthresh(tm, cwnd >> 1);
		if (cwnd > tm->vals[TCP_METRIC_CWND])
			tcp_metric_learn(tm, TCP_METRIC_CWND, cwnd);
		return;
	}
	if (!tcp_in_slow_start(tp) && inet_csk(sk)->icsk_ca_state == TCP_CA_Open) {
		if (ssthresh)
			tcp_metric_learn(tm, TCP_METRIC_SSTHRESH, max(cwnd >> 1, tp->snd_ssthresh));
		approach_cwnd(tm, cwnd);
		return;
	}
	/* In the middle of something: the window says nothing, the threshold may be too low. */
	approach_cwnd(tm, tp->snd_ssthresh);
	if (ssthresh)
		raise_ssthresh(tm, tp->snd_ssthresh);
	if (tm->vals[TCP_METRIC_REORDERING] < tp->reordering &&
	    tp->reordering != (u32)tcp_net_sk(sk)->sysctl_tcp_reordering)
		tcp_metric_learn(tm, TCP_METRIC_REORDERING, tp->reordering);
}

void tcp_update_metrics(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_metrics_block *tm;
	bool measured = !inet_csk(sk)->icsk_backoff && tp->srtt_us;

	if (tcp_net_sk(sk)->sysctl_tcp_no_metrics_save)
		return;
	tm = tcp_get_metrics(sk, measured);
	if (!tm)
		return;
	if (!measured) {
		/* Nothing came back in time: whatever was known is wrong. */
		tcp_metric_learn(tm, TCP_METRIC_RTT, 0);
		return;
	}
	save_rtt(tm, tp);
	save_windows(tm, sk);
	tm->stamp = (unsigned long)jiffies_seen();
}
