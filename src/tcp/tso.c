// SPDX-License-Identifier: BSD-2-Clause
/* How many segments go in one buffer, and when it pays to wait until they are more. */
#include "tcp/output.h"

/*
 * A millisecond of the pacing rate; more when the round trip is short, for the peer is near then and
 * large bursts hurt nobody: each 2^tcp_tso_rtt_log microseconds halve what is added.
 */
static u32 tso_autosize(const struct sock *sk, unsigned int mss_now, u32 min_tso_segs)
{
	unsigned long bytes = READ_ONCE(sk->sk_pacing_rate) >> READ_ONCE(sk->sk_pacing_shift);
	int log = min(tcp_net_sk(sk)->sysctl_tcp_tso_rtt_log, 63);
	u64 shift = (u64)tcp_min_rtt(tcp_sk(sk)) >> log;

	/* Before anything else: the rate may be "no limit". */
	bytes = min_t(unsigned long, bytes, sk->sk_gso_max_size);
	if (shift < 32)
		bytes += sk->sk_gso_max_size >> shift;
	bytes = min_t(unsigned long, bytes, sk->sk_gso_max_size);
	return max_t(u32, (u32)(bytes / mss_now), min_tso_segs);
}

u32 tcp_tso_segs(struct sock *sk, unsigned int mss_now)
{
	const struct tcp_congestion_ops *ca = inet_csk(sk)->icsk_ca_ops;
	u32 least = ca->min_tso_segs ? ca->min_tso_segs(sk) :
				       (u32)tcp_net_sk(sk)->sysctl_tcp_min_tso_segs;
	u32 segs = min_t(u32, tso_autosize(sk, mss_now, least), sk->sk_gso_max_segs);

	return max(segs, 1U);
}

/* Will an acknowledgment, which makes room for more, come too late to be waited for? */
static bool ack_is_far(const struct sock *sk)
{
	const struct sk_buff *head = tcp_rtx_queue_head(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 srtt_ns, expected;

	if (!head)
		return true;
	srtt_ns = (u64)tp->srtt_us * (NSEC_PER_USEC >> 3);
	expected = head->skb_mstamp_ns + srtt_ns;
	return (s64)(expected - tp->tcp_clock_cache - min(srtt_ns >> 1, (u64)NSEC_PER_MSEC)) > 0;
}

/* Is what may be sent a good part of the window? */
static bool large_part(const struct sock *sk, u32 limit)
{
	u32 divisor = (u32)tcp_net_sk(sk)->sysctl_tcp_tso_win_divisor;
	const struct tcp_sock *tp = tcp_sk(sk);

	/* Without a divisor: a receiver acknowledges every other segment; more than three will do. */
	if (!divisor)
		return limit > 3 * tp->mss_cache;
	return limit >= min(tp->snd_wnd, tcp_snd_cwnd(tp) * tp->mss_cache) / divisor;
}

/**
 * tcp_tso_should_defer() - wait for an acknowledgment, and send more at once then?
 * @sk: the socket
 * @skb: head of the write queue, of several segments
 * @is_cwnd_limited: set when the congestion window is why
 * @is_rwnd_limited: set when the window of the peer is
 * @max_segs: most segments in a buffer
 */
bool tcp_tso_should_defer(struct sock *sk, struct sk_buff *skb, bool *is_cwnd_limited,
			  bool *is_rwnd_limited, u32 max_segs)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 send_win, cong_win, limit;

	if (inet_csk(sk)->icsk_ca_state >= TCP_CA_Recovery)
		return false;
	/* Something was sent within the last millisecond, or is paced; else waiting makes bursts. */
	if ((s64)(tp->tcp_clock_cache - tp->tcp_wstamp_ns - NSEC_PER_MSEC) > 0)
		return false;
	send_win = tcp_wnd_end(tp) - TCP_SKB_CB(skb)->seq;
	cong_win = (tcp_snd_cwnd(tp) - tcp_packets_in_flight(tp)) * tp->mss_cache;
	limit = min(send_win, cong_win);
	if (limit >= max_segs * tp->mss_cache)
		return false;
	/* Nothing will be added to one in the middle of the queue. */
	if (skb != tcp_write_queue_tail(sk) && limit >= skb->len)
		return false;
	if (large_part(sk, limit) || ack_is_far(sk))
		return false;
	if (cong_win < send_win && cong_win <= skb->len) {
		*is_cwnd_limited = true;
		return true;
	}
	if (cong_win >= send_win && send_win <= skb->len) {
		*is_rwnd_limited = true;
		return true;
	}
	/* The program is what limits: it may add more, unless it said that there is none. */
	return !(TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN) && !TCP_SKB_CB(skb)->eor;
}
