// SPDX-License-Identifier: BSD-2-Clause
/*
 * RACK: what was sent before something that has arrived, and is late, is lost (RFC 8985).
 *
 * Time instead of counting: the segment that was sent last among those that arrived sets the
 * clock. Whatever was sent earlier should have arrived as well, give or take a reordering window.
 * It serves retransmissions too, which counting duplicates can't.
 */
#include "tcp/tcp.h"

/* net.ipv4.tcp_recovery */
#define RACK_STATIC_REO_WND 2
#define RACK_NO_DUPTHRESH 4

static bool sent_after(u64 t1, u64 t2, u32 seq1, u32 seq2)
{
	return t1 > t2 || (t1 == t2 && after(seq1, seq2));
}

/* RFC 8985 section 6.2 step 4: how late is too late, microseconds. */
u32 tcp_rack_reo_wnd(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->reord_seen) {
		/* Nothing was ever reordered: in recovery, or after so many, it is loss. */
		if (inet_csk(sk)->icsk_ca_state >= TCP_CA_Recovery)
			return 0;
		if (tp->sacked_out >= tp->reordering &&
		    !(tcp_net_sk(sk)->sysctl_tcp_recovery & RACK_NO_DUPTHRESH))
			return 0;
	}
	return min((tcp_min_rtt(tp) >> 2) * tp->rack.reo_wnd_steps, tp->srtt_us >> 3);
}

/* Microseconds until a segment counts as lost, 0 or less when it does. */
s32 tcp_rack_skb_timeout(struct tcp_sock *tp, struct sk_buff *skb, u32 reo_wnd)
{
	return (s32)(tp->rack.rtt_us + reo_wnd -
		     tcp_stamp_us_delta(tp->tcp_mstamp, tcp_skb_timestamp_us(skb)));
}

/* Mark what is lost. Return: microseconds until the last one that may be, 0: none. */
static u32 detect_loss(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 reo_wnd = tcp_rack_reo_wnd(sk), timeout = 0;
	struct sk_buff *skb, *n;

	list_for_each_entry_safe(skb, n, &tp->tsorted_sent_queue, tcp_tsorted_anchor) {
		const struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
		s32 remaining;

		/* Lost and not yet sent again. */
		if ((scb->sacked & TCPCB_LOST) && !(scb->sacked & TCPCB_SACKED_RETRANS))
			continue;
		if (!sent_after(tp->rack.mstamp, tcp_skb_timestamp_us(skb), tp->rack.end_seq,
				scb->end_seq))
			break;
		remaining = tcp_rack_skb_timeout(tp, skb, reo_wnd);
		if (remaining <= 0) {
			tcp_mark_skb_lost(sk, skb);
			list_del_init(&skb->tcp_tsorted_anchor);
		} else {
			timeout = max(timeout, (u32)remaining);
		}
	}
	return timeout;
}

/* Return: whether the reordering timer was armed. */
bool tcp_rack_mark_lost(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 timeout;

	if (!tp->rack.advanced)
		return false;
	tp->rack.advanced = 0;
	timeout = detect_loss(sk);
	if (!timeout)
		return false;
	inet_csk_reset_xmit_timer(sk, ICSK_TIME_REO_TIMEOUT,
				  usecs_to_jiffies(timeout + TCP_TIMEOUT_MIN_US),
				  inet_csk(sk)->icsk_rto);
	return true;
}

/* Steps 1 and 2: a segment arrived that was sent at @xmit_time, microseconds. */
void tcp_rack_advance(struct tcp_sock *tp, u8 sacked, u32 end_seq, u64 xmit_time)
{
	u32 rtt_us = tcp_stamp_us_delta(tp->tcp_mstamp, xmit_time);

	/* So fast it can't be: this acknowledges the original, not what was sent again. */
	if (rtt_us < tcp_min_rtt(tp) && (sacked & TCPCB_RETRANS))
		return;
	tp->rack.advanced = 1;
	tp->rack.rtt_us = rtt_us;
	if (sent_after(xmit_time, tp->rack.mstamp, end_seq, tp->rack.end_seq)) {
		tp->rack.mstamp = xmit_time;
		tp->rack.end_seq = end_seq;
	}
}

/* The reordering window has passed and no acknowledgment came. */
void tcp_rack_reo_timeout(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 prior = tcp_packets_in_flight(tp), lost = tp->lost;

	detect_loss(sk);
	if (prior != tcp_packets_in_flight(tp)) {
		if (inet_csk(sk)->icsk_ca_state != TCP_CA_Recovery) {
			tcp_enter_recovery(sk, false);
			if (!inet_csk(sk)->icsk_ca_ops->cong_control)
				tcp_cwnd_reduction(sk, 1, (int)(tp->lost - lost), 0);
		}
		tcp_xmit_retransmit_queue(sk);
	}
	if (inet_csk(sk)->icsk_pending != ICSK_TIME_RETRANS)
		tcp_rearm_rto(sk);
}

/* Section 6.2 step 4: each round with a D-SACK widens the window, until 16 recoveries had none. */
void tcp_rack_update_reo_wnd(struct sock *sk, struct rate_sample *rs)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if ((tcp_net_sk(sk)->sysctl_tcp_recovery & RACK_STATIC_REO_WND) || !rs->prior_delivered)
		return;
	/* Once per round trip. */
	if (before(rs->prior_delivered, tp->rack.last_delivered))
		tp->rack.dsack_seen = 0;
	if (tp->rack.dsack_seen) {
		tp->rack.reo_wnd_steps = (u8)min(0xff, tp->rack.reo_wnd_steps + 1);
		tp->rack.dsack_seen = 0;
		tp->rack.last_delivered = tp->delivered;
		tp->rack.reo_wnd_persist = TCP_RACK_RECOVERY_THRESH;
	} else if (!tp->rack.reo_wnd_persist) {
		tp->rack.reo_wnd_steps = 1;
	}
}

/* Without SACK: the first segment, after enough duplicates or a partial acknowledgment (RFC 6582). */
void tcp_newreno_mark_lost(struct sock *sk, bool snd_una_advanced)
{
	const u8 state = inet_csk(sk)->icsk_ca_state;
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	u32 mss;

	if (!((state < TCP_CA_Recovery && tp->sacked_out >= tp->reordering) ||
	      (state == TCP_CA_Recovery && snd_una_advanced)))
		return;
	skb = tcp_rtx_queue_head(sk);
	if (!skb || (TCP_SKB_CB(skb)->sacked & TCPCB_LOST))
		return;
	mss = (u32)tcp_skb_mss(skb);
	if (tcp_skb_pcount(skb) > 1 && skb->len > mss)
		tcp_fragment(sk, TCP_FRAG_IN_RTX_QUEUE, skb, mss, mss, GFP_ATOMIC);
	tcp_mark_skb_lost(sk, skb);
}
