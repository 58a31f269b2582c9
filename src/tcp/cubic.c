// SPDX-License-Identifier: BSD-2-Clause
/*
 * CUBIC, RFC 9438: the window is a cubic function of the time since the last reduction, flat around
 * where that happened; with HyStart, which leaves slow start before it overshoots.
 *
 * Fixed point: times in 1/1024 s (BICTCP_HZ), the scaling constant C = 0.4 as 410/1024, beta = 717/1024.
 */
#include "tcp/tcp.h"

#define CUBIC_HZ 10 /* log2 of ticks per second */
#define CUBIC_BETA_SCALE 1024
#define CUBIC_BETA 717 /* 0.7 */
#define CUBIC_C 41     /* 0.4, times 1024 / 10 */
#define CUBIC_FACTOR (1ULL << (10 + 3 * CUBIC_HZ))

/* HyStart: how it ends slow start. */
#define HYSTART_ACK_TRAIN 1
#define HYSTART_DELAY 2
#define HYSTART_MIN_SAMPLES 8
#define HYSTART_DELAY_MIN 4000U /* microseconds */
#define HYSTART_DELAY_MAX 16000U
#define HYSTART_LOW_WINDOW 16
#define HYSTART_ACK_DELTA_US 2000

/**
 * struct cubic - in inet_csk_ca()
 * @cnt: acknowledgments per growth by one segment
 * @last_max_cwnd: window at the last reduction
 * @last_cwnd: window of the last computation
 * @last_time: and when that was, jiffies
 * @origin_point: where the curve is flat
 * @k: time from the reduction to there, 1/1024 s
 * @delay_min: shortest round trip, microseconds
 * @epoch_start: when this curve began, jiffies; 0: not yet
 * @ack_cnt: segments acknowledged in it
 * @tcp_cwnd: what Reno would have
 * @found: HyStart has ended slow start
 * @curr_rtt: least round trip of this round
 * @round_start: when it began, microseconds
 * @end_seq: where it ends
 * @last_ack: when the train of acknowledgments was seen last, microseconds
 * @sample_cnt: round trips measured in it
 */
struct cubic {
	u32 cnt;
	u32 last_max_cwnd;
	u32 last_cwnd;
	u32 last_time;
	u32 origin_point;
	u32 k;
	u32 delay_min;
	u32 epoch_start;
	u32 ack_cnt;
	u32 tcp_cwnd;
	u32 found;
	u32 curr_rtt;
	u32 round_start;
	u32 end_seq;
	u32 last_ack;
	u8 sample_cnt;
};

static struct cubic *cubic_ca(struct sock *sk)
{
	BUILD_BUG_ON(sizeof(struct cubic) > ICSK_CA_PRIV_SIZE);
	return (struct cubic *)inet_csk_ca(sk);
}

static void hystart_reset(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct cubic *ca = cubic_ca(sk);

	ca->round_start = ca->last_ack = (u32)tp->tcp_mstamp;
	ca->end_seq = tp->snd_nxt;
	ca->curr_rtt = ~0U;
	ca->sample_cnt = 0;
}

static void cubic_init(struct sock *sk)
{
	memset(cubic_ca(sk), 0, sizeof(struct cubic));
	hystart_reset(sk);
}

/* A pause moves the curve in time: it must not have grown meanwhile. */
static void cubic_cwnd_event(struct sock *sk, enum tcp_ca_event event)
{
	struct cubic *ca = cubic_ca(sk);
	s32 idle;

	if (event != CA_EVENT_TX_START)
		return;
	idle = (s32)(tcp_jiffies32 - tcp_sk(sk)->lsndtime);
	if (ca->epoch_start && idle > 0) {
		ca->epoch_start += (u32)idle;
		if (after(ca->epoch_start, tcp_jiffies32))
			ca->epoch_start = tcp_jiffies32;
	}
}

/* The integer cube root, rounded down. */
static u32 cubic_root(u64 a)
{
	u64 x = 0;

	for (int bit = 21; bit >= 0; bit--) {
		u64 y = x | 1ULL << bit;

		if (y * y * y <= a)
			x = y;
	}
	return (u32)x;
}

/* A new curve begins: section 4.2. */
static void begin_epoch(struct cubic *ca, u32 cwnd, u32 acked)
{
	ca->epoch_start = tcp_jiffies32;
	ca->ack_cnt = acked;
	ca->tcp_cwnd = cwnd;
	if (ca->last_max_cwnd <= cwnd) {
		ca->k = 0;
		ca->origin_point = cwnd;
	} else {
		/* K = cubic_root((W_max - cwnd) / C) */
		ca->k = cubic_root(CUBIC_FACTOR / (CUBIC_C * 10) * (u64)(ca->last_max_cwnd - cwnd));
		ca->origin_point = ca->last_max_cwnd;
	}
}

/* W_cubic(t + RTT) */
static u32 cubic_target(const struct cubic *ca)
{
	u64 t = (u64)(tcp_jiffies32 - ca->epoch_start) * USEC_PER_JIFFY + ca->delay_min, offs,
	    delta;

	t = (t << CUBIC_HZ) / USEC_PER_SEC;
	offs = t < ca->k ? ca->k - t : t - ca->k;
	/* Beyond this the product does not fit; the window is at its limit long before. */
	offs = min(offs, (u64)1 << 17);
	delta = (CUBIC_C * 10ULL * offs * offs * offs) >> (10 + 3 * CUBIC_HZ);
	if (t < ca->k)
		return delta < ca->origin_point ? ca->origin_point - (u32)delta : 0;
	return (u32)min(ca->origin_point + delta, (u64)INT32_MAX);
}

/* Section 4.3: never less than Reno with the same reduction would have. */
static void reno_friendly(struct cubic *ca, u32 cwnd)
{
	/* 3 * (1 - beta) / (1 + beta), inverted, in eighths */
	const u32 scale =
		8U * (CUBIC_BETA_SCALE + CUBIC_BETA) / 3 / (CUBIC_BETA_SCALE - CUBIC_BETA);
	u32 delta = (cwnd * scale) >> 3, max_cnt;

	while (delta && ca->ack_cnt > delta) {
		ca->ack_cnt -= delta;
		ca->tcp_cwnd++;
	}
	if (ca->tcp_cwnd > cwnd) {
		max_cnt = cwnd / (ca->tcp_cwnd - cwnd);
		ca->cnt = min(ca->cnt, max_cnt);
	}
}

static void cubic_update(struct cubic *ca, u32 cwnd, u32 acked)
{
	u32 target;

	ca->ack_cnt += acked;
	/* The curve is looked at 32 times a second at most, unless the window has changed. */
	if (ca->last_cwnd == cwnd && (s32)(tcp_jiffies32 - ca->last_time) <= HZ / 32)
		return;
	/* And the computation is not repeated within a jiffy. */
	if (!ca->epoch_start || tcp_jiffies32 != ca->last_time) {
		ca->last_cwnd = cwnd;
		ca->last_time = tcp_jiffies32;
		if (!ca->epoch_start)
			begin_epoch(ca, cwnd, acked);
		target = cubic_target(ca);
		ca->cnt = target > cwnd ? cwnd / (target - cwnd) : 100 * cwnd;
		/* No loss yet: at least 5 % per round trip. */
		if (!ca->last_max_cwnd && ca->cnt > 20)
			ca->cnt = 20;
	}
	reno_friendly(ca, cwnd);
	/* At most 1.5 times per round trip. */
	ca->cnt = max(ca->cnt, 2U);
}

static void cubic_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct cubic *ca = cubic_ca(sk);

	(void)ack;
	if (!tcp_is_cwnd_limited(sk))
		return;
	if (tcp_in_slow_start(tp)) {
		acked = tcp_slow_start(tp, acked);
		if (!acked)
			return;
	}
	cubic_update(ca, tcp_snd_cwnd(tp), acked);
	tcp_cong_avoid_ai(tp, ca->cnt, acked);
}

/* Sections 4.6 and 4.7. */
static u32 cubic_ssthresh(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct cubic *ca = cubic_ca(sk);
	u32 cwnd = tcp_snd_cwnd(tp);

	ca->epoch_start = 0;
	/* Fast convergence: it was smaller than last time, so somebody else needs room. */
	if (cwnd < ca->last_max_cwnd)
		ca->last_max_cwnd = cwnd * (CUBIC_BETA_SCALE + CUBIC_BETA) / (2 * CUBIC_BETA_SCALE);
	else
		ca->last_max_cwnd = cwnd;
	return max(cwnd * CUBIC_BETA / CUBIC_BETA_SCALE, 2U);
}

static void cubic_set_state(struct sock *sk, u8 new_state)
{
	if (new_state != TCP_CA_Loss)
		return;
	memset(cubic_ca(sk), 0, offsetof(struct cubic, curr_rtt));
	hystart_reset(sk);
}

/* HyStart */

/* A train may wait for as long as its own sending was stretched. */
static u32 ack_delay(const struct sock *sk)
{
	u64 rate = sk->sk_pacing_rate;

	if (!rate)
		return 0;
	return (u32)min((u64)USEC_PER_MSEC, (u64)sk->sk_gso_max_size * 4 * USEC_PER_SEC / rate);
}

static void leave_slow_start(struct sock *sk, int how)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct net *net = sock_net(sk);
	bool train = how == HYSTART_ACK_TRAIN;

	cubic_ca(sk)->found = 1;
	NET_INC_STATS(net,
		      train ? LINUX_MIB_TCPHYSTARTTRAINDETECT : LINUX_MIB_TCPHYSTARTDELAYDETECT);
	NET_ADD_STATS(net, train ? LINUX_MIB_TCPHYSTARTTRAINCWND : LINUX_MIB_TCPHYSTARTDELAYCWND,
		      tcp_snd_cwnd(tp));
	tp->snd_ssthresh = tcp_snd_cwnd(tp);
}

/* Acknowledgments that come back to back for half a round trip: the pipe is full. */
static void hystart_train(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct cubic *ca = cubic_ca(sk);
	u32 now = (u32)tp->tcp_mstamp, threshold;

	if ((s32)(now - ca->last_ack) > HYSTART_ACK_DELTA_US)
		return;
	ca->last_ack = now;
	threshold = ca->delay_min + ack_delay(sk);
	/* Paced sending spreads the train as well: then the whole round trip counts. */
	if (sk->sk_pacing_status == SK_PACING_NONE)
		threshold >>= 1;
	if ((s32)(now - ca->round_start) > (s32)threshold)
		leave_slow_start(sk, HYSTART_ACK_TRAIN);
}

/* The first acknowledgments of a round take longer: a queue is building up. */
static void hystart_delay(struct sock *sk, u32 delay)
{
	struct cubic *ca = cubic_ca(sk);

	ca->curr_rtt = min(ca->curr_rtt, delay);
	if (ca->sample_cnt < HYSTART_MIN_SAMPLES) {
		ca->sample_cnt++;
		return;
	}
	if (ca->curr_rtt >
	    ca->delay_min + clamp(ca->delay_min >> 3, HYSTART_DELAY_MIN, HYSTART_DELAY_MAX))
		leave_slow_start(sk, HYSTART_DELAY);
}

static void cubic_acked(struct sock *sk, const struct ack_sample *sample)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct cubic *ca = cubic_ca(sk);
	u32 delay;

	if (sample->rtt_us < 0)
		return;
	/* After a loss the path is not what it was. */
	if (ca->epoch_start && (s32)(tcp_jiffies32 - ca->epoch_start) < HZ)
		return;
	delay = sample->rtt_us ? (u32)sample->rtt_us : 1;
	if (!ca->delay_min || ca->delay_min > delay)
		ca->delay_min = delay;
	if (ca->found || !tcp_in_slow_start(tp) || tcp_snd_cwnd(tp) < HYSTART_LOW_WINDOW)
		return;
	/* A round ends when all of it is acknowledged. */
	if (after(tp->snd_una, ca->end_seq))
		hystart_reset(sk);
	hystart_train(sk);
	if (!ca->found)
		hystart_delay(sk, delay);
}

struct tcp_congestion_ops tcp_cubic = {
	.flags = TCP_CONG_NON_RESTRICTED,
	.name = "cubic",
	.priv_size = sizeof(struct cubic),
	.init = cubic_init,
	.ssthresh = cubic_ssthresh,
	.cong_avoid = cubic_cong_avoid,
	.set_state = cubic_set_state,
	.cwnd_event = cubic_cwnd_event,
	.pkts_acked = cubic_acked,
	.undo_cwnd = tcp_reno_undo_cwnd,
};
