// SPDX-License-Identifier: BSD-2-Clause
/*
 * BBR, version 1 (Cardwell et al., "BBR: Congestion-Based Congestion Control", 2016).
 *
 * It measures what the path delivers (the greatest delivery rate of ten round trips) and its length
 * (the least round trip of ten seconds), sends at that rate, and keeps twice their product in flight
 * at most. Loss alone says nothing to it.
 *
 * Startup   doubles the rate until the path delivers no more
 * Drain     lets go of the queue which that made
 * ProbeBW   1/4 more than the path delivers for one round trip, 1/4 less, then six of exactly that
 * ProbeRTT  every ten seconds four segments in flight, so that the true length shows
 */
#include "tcp/tcp.h"

/* Rates are segments per microsecond times 2^24, gains in 1/256. */
#define BW_SCALE 24
#define BW_UNIT (1U << BW_SCALE)
#define BBR_SCALE 8
#define BBR_UNIT (1U << BBR_SCALE)

#define CYCLE_LEN 8
#define CYCLE_RAND 7
#define BW_RTTS (CYCLE_LEN + 2)
#define MIN_RTT_WIN (10 * HZ)
#define PROBE_RTT_TIME msecs_to_jiffies(200)
#define MIN_TSO_RATE 1200000
#define PACING_MARGIN_PERCENT 1
#define HIGH_GAIN (BBR_UNIT * 2885 / 1000 + 1) /* 2/ln(2) */
#define DRAIN_GAIN (BBR_UNIT * 1000 / 2885)
#define CWND_GAIN (BBR_UNIT * 2)
#define CWND_MIN_TARGET 4U
#define FULL_BW_THRESH (BBR_UNIT * 5 / 4)
#define FULL_BW_CNT 3
#define EXTRA_ACKED_WIN_RTTS 5
#define ACK_EPOCH_ACKED_MAX (1U << 20)
#define EXTRA_ACKED_MAX_US (100 * 1000)

/* A policer takes what is beyond its rate: two intervals with the same rate and 20 % loss. */
#define LT_INTVL_MIN_RTTS 4
#define LT_LOSS_THRESH 50
#define LT_BW_RATIO (BBR_UNIT / 8)
#define LT_BW_DIFF (4000 / 8)
#define LT_BW_MAX_RTTS 48

static const u16 pacing_gains[CYCLE_LEN] = {
	BBR_UNIT * 5 / 4, BBR_UNIT * 3 / 4, BBR_UNIT, BBR_UNIT,
	BBR_UNIT,	  BBR_UNIT,	    BBR_UNIT, BBR_UNIT
};

enum bbr_mode { BBR_STARTUP, BBR_DRAIN, BBR_PROBE_BW, BBR_PROBE_RTT };

/**
 * struct bbr - in inet_csk_ca()
 * @min_rtt_us: least round trip
 * @min_rtt_stamp: when that was, jiffies
 * @probe_rtt_done_stamp: when ProbeRTT may end
 * @bw: greatest delivery rate, by rounds
 * @rtt_cnt: rounds
 * @next_rtt_delivered: tcp_sock.delivered with which this round ends
 * @cycle_mstamp: when this phase of ProbeBW began
 * @prior_cwnd: window before recovery or ProbeRTT
 * @full_bw: rate to be exceeded for Startup to go on
 * @lt_bw: rate of a policer
 * @lt_last_delivered: when its interval began: segments delivered
 * @lt_last_stamp: milliseconds
 * @lt_last_lost: and segments lost
 * @ack_epoch_mstamp: when this run of acknowledgments began
 * @extra_acked: how far acknowledgments come in bunches, of two windows
 * @ack_epoch_acked: segments of this run
 * @pacing_gain: of the rate
 * @cwnd_gain: of the window
 * @extra_acked_win_rtts: rounds of this window
 * @extra_acked_win_idx: which of the two
 * @mode: enum bbr_mode
 * @cycle_idx: phase of ProbeBW
 * @prev_ca_state: TCP_CA_*
 * @full_bw_cnt: rounds without growth
 * @lt_rtt_cnt: rounds of the policer's interval
 * @packet_conservation: as many leave as arrive
 * @round_start: this acknowledgment begins a round
 * @idle_restart: after a pause
 * @probe_rtt_round_done: a round with few in flight is complete
 * @lt_is_sampling: looking for a policer
 * @lt_use_bw: found one
 * @full_bw_reached: Startup is over
 * @has_seen_rtt: there was a round trip to begin with
 */
struct bbr {
	u32 min_rtt_us;
	u32 min_rtt_stamp;
	u32 probe_rtt_done_stamp;
	struct minmax bw;
	u32 rtt_cnt;
	u32 next_rtt_delivered;
	u64 cycle_mstamp;
	u64 ack_epoch_mstamp;
	u32 prior_cwnd;
	u32 full_bw;
	u32 lt_bw;
	u32 lt_last_delivered;
	u32 lt_last_stamp;
	u32 lt_last_lost;
	u16 extra_acked[2];
	u32 ack_epoch_acked;
	u16 pacing_gain;
	u16 cwnd_gain;
	u8 extra_acked_win_rtts : 5;
	u8 extra_acked_win_idx : 1;
	u8 mode : 2;
	u8 cycle_idx : 3;
	u8 prev_ca_state : 3;
	u8 full_bw_cnt : 2;
	u8 lt_rtt_cnt : 7;
	u8 lt_is_sampling : 1;
	u8 packet_conservation : 1;
	u8 round_start : 1;
	u8 idle_restart : 1;
	u8 probe_rtt_round_done : 1;
	u8 lt_use_bw : 1;
	u8 full_bw_reached : 1;
	u8 has_seen_rtt : 1;
};

static struct bbr *bbr_ca(const struct sock *sk)
{
	BUILD_BUG_ON(sizeof(struct bbr) > ICSK_CA_PRIV_SIZE);
	return (struct bbr *)inet_csk_ca(sk);
}

static u32 max_bw(const struct sock *sk)
{
	return minmax_get(&bbr_ca(sk)->bw);
}

static u32 current_bw(const struct sock *sk)
{
	return bbr_ca(sk)->lt_use_bw ? bbr_ca(sk)->lt_bw : max_bw(sk);
}

/* Rates */

static u64 bytes_per_sec(struct sock *sk, u64 rate, u32 gain)
{
	rate *= (u64)tcp_mss_to_mtu(sk, (int)tcp_sk(sk)->mss_cache);
	rate = (rate * gain) >> BBR_SCALE;
	/* A little less than the path delivers, so that no queue is left standing. */
	rate *= USEC_PER_SEC / 100 * (100 - PACING_MARGIN_PERCENT);
	return rate >> BW_SCALE;
}

static unsigned long pacing_rate_of(struct sock *sk, u32 bw, u32 gain)
{
	return (unsigned long)min(bytes_per_sec(sk, bw, gain), (u64)sk->sk_max_pacing_rate);
}

static void pacing_rate_from_rtt(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 rtt_us = USEC_PER_MSEC;
	u64 bw;

	if (tp->srtt_us) {
		rtt_us = max(tp->srtt_us >> 3, 1U);
		bbr_ca(sk)->has_seen_rtt = 1;
	}
	bw = (u64)tcp_snd_cwnd(tp) * BW_UNIT / rtt_us;
	WRITE_ONCE(sk->sk_pacing_rate,
		   pacing_rate_of(sk, (u32)min(bw, (u64)UINT32_MAX), HIGH_GAIN));
}

static void set_pacing_rate(struct sock *sk, u32 bw, u32 gain)
{
	unsigned long rate = pacing_rate_of(sk, bw, gain);
	struct bbr *bbr = bbr_ca(sk);

	if (unlikely(!bbr->has_seen_rtt && tcp_sk(sk)->srtt_us))
		pacing_rate_from_rtt(sk);
	/* In Startup one slow sample must not slow it down. */
	if (bbr->full_bw_reached || rate > READ_ONCE(sk->sk_pacing_rate))
		WRITE_ONCE(sk->sk_pacing_rate, rate);
}

static u32 bbr_min_tso_segs(struct sock *sk)
{
	return READ_ONCE(sk->sk_pacing_rate) < (MIN_TSO_RATE >> 3) ? 1 : 2;
}

static u32 tso_segs_goal(struct sock *sk)
{
	u32 bytes = (u32)min(READ_ONCE(sk->sk_pacing_rate) >> sk->sk_pacing_shift, 65535UL - 320);
	u32 segs = max(bytes / tcp_sk(sk)->mss_cache, bbr_min_tso_segs(sk));

	return min(segs, 0x7fU);
}

/* Windows */

static void save_cwnd(struct sock *sk)
{
	u32 cwnd = tcp_snd_cwnd(tcp_sk(sk));
	struct bbr *bbr = bbr_ca(sk);

	if (bbr->prev_ca_state < TCP_CA_Recovery && bbr->mode != BBR_PROBE_RTT)
		bbr->prior_cwnd = cwnd;
	else
		bbr->prior_cwnd = max(bbr->prior_cwnd, cwnd);
}

static u32 bdp(struct sock *sk, u32 bw, u32 gain)
{
	const struct bbr *bbr = bbr_ca(sk);
	u64 w;

	if (unlikely(bbr->min_rtt_us == ~0U))
		return TCP_INIT_CWND;
	w = (u64)bw * bbr->min_rtt_us;
	return (u32)((((w * gain) >> BBR_SCALE) + BW_UNIT - 1) / BW_UNIT);
}

/* Room for what waits below, for delayed acknowledgments, and to probe with. */
static u32 quantization_budget(struct sock *sk, u32 cwnd)
{
	const struct bbr *bbr = bbr_ca(sk);

	cwnd += 3 * tso_segs_goal(sk);
	cwnd = (cwnd + 1) & ~1U;
	if (bbr->mode == BBR_PROBE_BW && bbr->cycle_idx == 0)
		cwnd += 2;
	return cwnd;
}

static u32 inflight_at(struct sock *sk, u32 bw, u32 gain)
{
	return quantization_budget(sk, bdp(sk, bw, gain));
}

/* Segments that will be on the way when the next one may leave. */
static u32 in_net_at_departure(struct sock *sk, u32 inflight_now)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 departure = max(tp->tcp_wstamp_ns, tp->tcp_clock_cache);
	u64 interval_us = (departure - tp->tcp_clock_cache) / NSEC_PER_USEC;
	u32 delivered = (u32)((u64)current_bw(sk) * interval_us >> BW_SCALE);
	u32 inflight = inflight_now;

	if (bbr_ca(sk)->pacing_gain > BBR_UNIT)
		inflight += tso_segs_goal(sk);
	return delivered >= inflight ? 0 : inflight - delivered;
}

/* Acknowledgments that come in bunches must not leave the sender idle. */
static u32 ack_aggregation_cwnd(struct sock *sk)
{
	const struct bbr *bbr = bbr_ca(sk);
	u32 most, aggr;

	if (!bbr->full_bw_reached)
		return 0;
	most = (u32)((u64)current_bw(sk) * EXTRA_ACKED_MAX_US / BW_UNIT);
	aggr = max(bbr->extra_acked[0], bbr->extra_acked[1]);
	return min(aggr, most);
}

/* Loss: give back what was lost; in the first round as much leaves as arrives. Return: that's all. */
static bool recover_or_restore(struct sock *sk, const struct rate_sample *rs, u32 acked,
			       u32 *new_cwnd)
{
	u8 state = inet_csk(sk)->icsk_ca_state;
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);
	u8 prev = bbr->prev_ca_state;
	u32 cwnd = tcp_snd_cwnd(tp);

	if (rs->losses > 0)
		cwnd = (u32)max((int)cwnd - rs->losses, 1);
	if (state == TCP_CA_Recovery && prev != TCP_CA_Recovery) {
		bbr->packet_conservation = 1;
		bbr->next_rtt_delivered = tp->delivered;
		cwnd = tcp_packets_in_flight(tp) + acked;
	} else if (prev >= TCP_CA_Recovery && state < TCP_CA_Recovery) {
		cwnd = max(cwnd, bbr->prior_cwnd);
		bbr->packet_conservation = 0;
	}
	bbr->prev_ca_state = state & 7;
	if (bbr->packet_conservation) {
		*new_cwnd = max(cwnd, tcp_packets_in_flight(tp) + acked);
		return true;
	}
	*new_cwnd = cwnd;
	return false;
}

static void set_cwnd(struct sock *sk, const struct rate_sample *rs, u32 acked, u32 bw, u32 gain)
{
	struct tcp_sock *tp = tcp_sk(sk);
	const struct bbr *bbr = bbr_ca(sk);
	u32 cwnd = tcp_snd_cwnd(tp), target;

	if (acked && !recover_or_restore(sk, rs, acked, &cwnd)) {
		target = bdp(sk, bw, gain) + ack_aggregation_cwnd(sk);
		target = quantization_budget(sk, target);
		if (bbr->full_bw_reached)
			cwnd = min(cwnd + acked, target);
		else if (cwnd < target || tp->delivered < TCP_INIT_CWND)
			cwnd += acked;
		cwnd = max(cwnd, CWND_MIN_TARGET);
	}
	cwnd = min(cwnd, tp->snd_cwnd_clamp);
	if (bbr->mode == BBR_PROBE_RTT)
		cwnd = min(cwnd, CWND_MIN_TARGET);
	tcp_snd_cwnd_set(tp, cwnd);
}

/* Modes */

static bool phase_is_over(struct sock *sk, const struct rate_sample *rs)
{
	const struct bbr *bbr = bbr_ca(sk);
	bool full_length = tcp_stamp_us_delta(tcp_sk(sk)->delivered_mstamp, bbr->cycle_mstamp) >
			   bbr->min_rtt_us;
	u32 inflight;

	if (bbr->pacing_gain == BBR_UNIT)
		return full_length;
	inflight = in_net_at_departure(sk, rs->prior_in_flight);
	/* More: until it has made a difference; less: until the queue of that is gone. */
	if (bbr->pacing_gain > BBR_UNIT)
		return full_length &&
		       (rs->losses || inflight >= inflight_at(sk, max_bw(sk), bbr->pacing_gain));
	return full_length || inflight <= inflight_at(sk, max_bw(sk), BBR_UNIT);
}

static void next_phase(struct sock *sk)
{
	struct bbr *bbr = bbr_ca(sk);

	bbr->cycle_idx = (bbr->cycle_idx + 1) & (CYCLE_LEN - 1);
	bbr->cycle_mstamp = tcp_sk(sk)->delivered_mstamp;
}

/* Anywhere in the cycle but where the rate is less: flows must not probe together. */
static void begin_probe_bw(struct sock *sk)
{
	struct bbr *bbr = bbr_ca(sk);

	bbr->mode = BBR_PROBE_BW;
	bbr->cycle_idx = (CYCLE_LEN - 1 - get_random_u32_below(CYCLE_RAND)) & (CYCLE_LEN - 1);
	next_phase(sk);
}

static void reset_mode(struct sock *sk)
{
	if (bbr_ca(sk)->full_bw_reached)
		begin_probe_bw(sk);
	else
		bbr_ca(sk)->mode = BBR_STARTUP;
}

/* Policers */

static void lt_begin_interval(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);

	bbr->lt_last_stamp = (u32)(tp->delivered_mstamp / USEC_PER_MSEC);
	bbr->lt_last_delivered = tp->delivered;
	bbr->lt_last_lost = tp->lost;
	bbr->lt_rtt_cnt = 0;
}

static void lt_reset(struct sock *sk)
{
	struct bbr *bbr = bbr_ca(sk);

	bbr->lt_bw = 0;
	bbr->lt_use_bw = 0;
	bbr->lt_is_sampling = 0;
	lt_begin_interval(sk);
}

static void lt_interval_done(struct sock *sk, u32 bw)
{
	struct bbr *bbr = bbr_ca(sk);
	u32 diff;

	if (bbr->lt_bw) {
		diff = bw > bbr->lt_bw ? bw - bbr->lt_bw : bbr->lt_bw - bw;
		if ((u64)diff * BBR_UNIT <= (u64)LT_BW_RATIO * bbr->lt_bw ||
		    bytes_per_sec(sk, diff, BBR_UNIT) <= LT_BW_DIFF) {
			bbr->lt_bw = (u32)(((u64)bw + bbr->lt_bw) >> 1);
			bbr->lt_use_bw = 1;
			bbr->pacing_gain = BBR_UNIT;
			bbr->lt_rtt_cnt = 0;
			return;
		}
	}
	bbr->lt_bw = bw;
	lt_begin_interval(sk);
}

/* Is the interval long enough, and its loss heavy? Return: its rate, 0: not yet. */
static u32 lt_interval_bw(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct bbr *bbr = bbr_ca(sk);
	u32 lost = tp->lost - bbr->lt_last_lost;
	u32 delivered = tp->delivered - bbr->lt_last_delivered, t;

	if (!delivered || ((u64)lost << BBR_SCALE) < (u64)LT_LOSS_THRESH * delivered)
		return 0;
	t = (u32)(tp->delivered_mstamp / USEC_PER_MSEC) - bbr->lt_last_stamp;
	if ((s32)t < 1)
		return 0;
	if (t >= ~0U / USEC_PER_MSEC) {
		lt_reset(sk);
		return 0;
	}
	return (u32)((u64)delivered * BW_UNIT / (t * USEC_PER_MSEC));
}

static void lt_bw_sampling(struct sock *sk, const struct rate_sample *rs)
{
	struct bbr *bbr = bbr_ca(sk);
	u32 bw;

	if (bbr->lt_use_bw) {
		/* For so long; then it is looked whether the policer is still there. */
		if (bbr->mode == BBR_PROBE_BW && bbr->round_start &&
		    ++bbr->lt_rtt_cnt >= LT_BW_MAX_RTTS) {
			lt_reset(sk);
			begin_probe_bw(sk);
		}
		return;
	}
	if (!bbr->lt_is_sampling) {
		if (!rs->losses)
			return;
		lt_begin_interval(sk);
		bbr->lt_is_sampling = 1;
	}
	if (rs->is_app_limited) {
		lt_reset(sk);
		return;
	}
	if (bbr->round_start)
		bbr->lt_rtt_cnt++;
	if (bbr->lt_rtt_cnt < LT_INTVL_MIN_RTTS)
		return;
	if (bbr->lt_rtt_cnt > 4 * LT_INTVL_MIN_RTTS) {
		lt_reset(sk);
		return;
	}
	if (!rs->losses)
		return;
	bw = lt_interval_bw(sk);
	if (bw)
		lt_interval_done(sk, bw);
}

/* The model */

static void update_bw(struct sock *sk, const struct rate_sample *rs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);
	u64 bw;

	bbr->round_start = 0;
	if (rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if (!before(rs->prior_delivered, bbr->next_rtt_delivered)) {
		bbr->next_rtt_delivered = tp->delivered;
		bbr->rtt_cnt++;
		bbr->round_start = 1;
		bbr->packet_conservation = 0;
	}
	lt_bw_sampling(sk, rs);
	bw = (u64)rs->delivered * BW_UNIT / (u64)rs->interval_us;
	if (!rs->is_app_limited || bw >= max_bw(sk))
		minmax_running_max(&bbr->bw, BW_RTTS, bbr->rtt_cnt, (u32)bw);
}

static void update_ack_aggregation(struct sock *sk, const struct rate_sample *rs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);
	u32 expected, extra;

	if (!rs->acked_sacked || rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if (bbr->round_start && ++bbr->extra_acked_win_rtts >= EXTRA_ACKED_WIN_RTTS) {
		bbr->extra_acked_win_rtts = 0;
		bbr->extra_acked_win_idx ^= 1;
		bbr->extra_acked[bbr->extra_acked_win_idx] = 0;
	}
	expected = (u32)((u64)current_bw(sk) *
			 tcp_stamp_us_delta(tp->delivered_mstamp, bbr->ack_epoch_mstamp) / BW_UNIT);
	/* They come no faster than the path delivers: a new run begins. */
	if (bbr->ack_epoch_acked <= expected ||
	    bbr->ack_epoch_acked + rs->acked_sacked >= ACK_EPOCH_ACKED_MAX) {
		bbr->ack_epoch_acked = 0;
		bbr->ack_epoch_mstamp = tp->delivered_mstamp;
		expected = 0;
	}
	bbr->ack_epoch_acked =
		min(ACK_EPOCH_ACKED_MAX - 1, bbr->ack_epoch_acked + rs->acked_sacked);
	extra = min(bbr->ack_epoch_acked - expected, tcp_snd_cwnd(tp));
	if (extra > bbr->extra_acked[bbr->extra_acked_win_idx])
		bbr->extra_acked[bbr->extra_acked_win_idx] = (u16)min(extra, 0xffffU);
}

/* Three rounds without a quarter more: the path is full. */
static void check_full_bw(struct sock *sk, const struct rate_sample *rs)
{
	struct bbr *bbr = bbr_ca(sk);

	if (bbr->full_bw_reached || !bbr->round_start || rs->is_app_limited)
		return;
	if (max_bw(sk) >= (u32)((u64)bbr->full_bw * FULL_BW_THRESH >> BBR_SCALE)) {
		bbr->full_bw = max_bw(sk);
		bbr->full_bw_cnt = 0;
		return;
	}
	bbr->full_bw_cnt++;
	bbr->full_bw_reached = bbr->full_bw_cnt >= FULL_BW_CNT;
}

static void check_drain(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);

	if (bbr->mode == BBR_STARTUP && bbr->full_bw_reached) {
		bbr->mode = BBR_DRAIN;
		tp->snd_ssthresh = inflight_at(sk, max_bw(sk), BBR_UNIT);
	}
	if (bbr->mode == BBR_DRAIN && in_net_at_departure(sk, tcp_packets_in_flight(tp)) <=
					      inflight_at(sk, max_bw(sk), BBR_UNIT))
		begin_probe_bw(sk);
}

static void check_probe_rtt_done(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);

	if (!bbr->probe_rtt_done_stamp || !after(tcp_jiffies32, bbr->probe_rtt_done_stamp))
		return;
	bbr->min_rtt_stamp = tcp_jiffies32;
	tcp_snd_cwnd_set(tp, max(tcp_snd_cwnd(tp), bbr->prior_cwnd));
	reset_mode(sk);
}

static void in_probe_rtt(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);
	u32 in_flight = tcp_packets_in_flight(tp);

	/* What is measured now is not what the path delivers. */
	tp->app_limited = tp->delivered + in_flight ? tp->delivered + in_flight : 1;
	if (!bbr->probe_rtt_done_stamp && in_flight <= CWND_MIN_TARGET) {
		bbr->probe_rtt_done_stamp = tcp_jiffies32 + (u32)PROBE_RTT_TIME;
		bbr->probe_rtt_round_done = 0;
		bbr->next_rtt_delivered = tp->delivered;
	} else if (bbr->probe_rtt_done_stamp) {
		if (bbr->round_start)
			bbr->probe_rtt_round_done = 1;
		if (bbr->probe_rtt_round_done)
			check_probe_rtt_done(sk);
	}
}

static void update_min_rtt(struct sock *sk, const struct rate_sample *rs)
{
	struct bbr *bbr = bbr_ca(sk);
	bool expired = after(tcp_jiffies32, bbr->min_rtt_stamp + MIN_RTT_WIN);

	if (rs->rtt_us >= 0 &&
	    ((u32)rs->rtt_us < bbr->min_rtt_us || (expired && !rs->is_ack_delayed))) {
		bbr->min_rtt_us = (u32)rs->rtt_us;
		bbr->min_rtt_stamp = tcp_jiffies32;
	}
	if (expired && !bbr->idle_restart && bbr->mode != BBR_PROBE_RTT) {
		bbr->mode = BBR_PROBE_RTT;
		save_cwnd(sk);
		bbr->probe_rtt_done_stamp = 0;
	}
	if (bbr->mode == BBR_PROBE_RTT)
		in_probe_rtt(sk);
	if (rs->delivered > 0)
		bbr->idle_restart = 0;
}

static void update_gains(struct sock *sk)
{
	struct bbr *bbr = bbr_ca(sk);

	switch (bbr->mode) {
	case BBR_STARTUP:
		bbr->pacing_gain = HIGH_GAIN;
		bbr->cwnd_gain = HIGH_GAIN;
		break;
	case BBR_DRAIN:
		bbr->pacing_gain = DRAIN_GAIN;
		bbr->cwnd_gain = HIGH_GAIN;
		break;
	case BBR_PROBE_BW:
		bbr->pacing_gain = bbr->lt_use_bw ? BBR_UNIT : pacing_gains[bbr->cycle_idx];
		bbr->cwnd_gain = CWND_GAIN;
		break;
	default:
		bbr->pacing_gain = BBR_UNIT;
		bbr->cwnd_gain = BBR_UNIT;
	}
}

/* Operations */

static void bbr_main(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)
{
	const struct bbr *bbr = bbr_ca(sk);

	update_bw(sk, rs);
	update_ack_aggregation(sk, rs);
	if (bbr->mode == BBR_PROBE_BW && phase_is_over(sk, rs))
		next_phase(sk);
	check_full_bw(sk, rs);
	check_drain(sk);
	update_min_rtt(sk, rs);
	update_gains(sk);
	set_pacing_rate(sk, current_bw(sk), bbr->pacing_gain);
	set_cwnd(sk, rs, rs->acked_sacked, current_bw(sk), bbr->cwnd_gain);
}

static void bbr_init(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);

	memset(bbr, 0, sizeof(*bbr));
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	bbr->next_rtt_delivered = tp->delivered;
	bbr->prev_ca_state = TCP_CA_Open;
	bbr->min_rtt_us = tcp_min_rtt(tp);
	bbr->min_rtt_stamp = tcp_jiffies32;
	minmax_reset(&bbr->bw, bbr->rtt_cnt, 0);
	pacing_rate_from_rtt(sk);
	lt_reset(sk);
	bbr->mode = BBR_STARTUP;
	bbr->ack_epoch_mstamp = tp->tcp_mstamp;
	if (sk->sk_pacing_status == SK_PACING_NONE)
		sk->sk_pacing_status = SK_PACING_NEEDED;
}

static void bbr_cwnd_event(struct sock *sk, enum tcp_ca_event event)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct bbr *bbr = bbr_ca(sk);

	if (event != CA_EVENT_TX_START || !tp->app_limited)
		return;
	bbr->idle_restart = 1;
	bbr->ack_epoch_mstamp = tp->tcp_mstamp;
	bbr->ack_epoch_acked = 0;
	/* After a pause at the rate of the path, without a burst. */
	if (bbr->mode == BBR_PROBE_BW)
		set_pacing_rate(sk, current_bw(sk), BBR_UNIT);
	else if (bbr->mode == BBR_PROBE_RTT)
		check_probe_rtt_done(sk);
}

static u32 bbr_sndbuf_expand(struct sock *sk)
{
	return 3;
}

/* Loss recovery was wrong: the path may deliver more than was seen in it. */
static u32 bbr_undo_cwnd(struct sock *sk)
{
	struct bbr *bbr = bbr_ca(sk);

	bbr->full_bw = 0;
	bbr->full_bw_cnt = 0;
	lt_reset(sk);
	return tcp_snd_cwnd(tcp_sk(sk));
}

static u32 bbr_ssthresh(struct sock *sk)
{
	save_cwnd(sk);
	return tcp_sk(sk)->snd_ssthresh;
}

static void bbr_set_state(struct sock *sk, u8 new_state)
{
	struct bbr *bbr = bbr_ca(sk);

	if (new_state == TCP_CA_Loss) {
		struct rate_sample rs = { .losses = 1 };

		bbr->prev_ca_state = TCP_CA_Loss;
		bbr->full_bw = 0;
		bbr->round_start = 1;
		lt_bw_sampling(sk, &rs);
	}
}

static size_t bbr_get_info(struct sock *sk, u32 ext, int *attr, union tcp_cc_info *info)
{
	const struct bbr *bbr = bbr_ca(sk);
	u64 bw;

	if (!(ext & (1U << (INET_DIAG_BBRINFO - 1))) && !(ext & (1U << (INET_DIAG_VEGASINFO - 1))))
		return 0;
	bw = (u64)current_bw(sk) * tcp_sk(sk)->mss_cache * USEC_PER_SEC >> BW_SCALE;
	memset(&info->bbr, 0, sizeof(info->bbr));
	info->bbr.bbr_bw_lo = (u32)bw;
	info->bbr.bbr_bw_hi = (u32)(bw >> 32);
	info->bbr.bbr_min_rtt = bbr->min_rtt_us;
	info->bbr.bbr_pacing_gain = bbr->pacing_gain;
	info->bbr.bbr_cwnd_gain = bbr->cwnd_gain;
	*attr = INET_DIAG_BBRINFO;
	return sizeof(info->bbr);
}

struct tcp_congestion_ops tcp_bbr = {
	.flags = TCP_CONG_NON_RESTRICTED,
	.name = "bbr",
	.priv_size = sizeof(struct bbr),
	.init = bbr_init,
	.cong_control = bbr_main,
	.sndbuf_expand = bbr_sndbuf_expand,
	.undo_cwnd = bbr_undo_cwnd,
	.cwnd_event = bbr_cwnd_event,
	.ssthresh = bbr_ssthresh,
	.min_tso_segs = bbr_min_tso_segs,
	.get_info = bbr_get_info,
	.set_state = bbr_set_state,
};
