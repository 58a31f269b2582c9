// SPDX-License-Identifier: BSD-2-Clause
/*
 * Delivery rate: how fast the network takes what is sent.
 *
 * Each segment notes, when it leaves, how many had been delivered and when. When it is
 * acknowledged, the difference to now is a sample: so many segments in so much time. The time is the
 * longer one of how long sending and how long acknowledging took: neither a burst of segments nor
 * one of acknowledgments makes the network look faster than it is.
 */
#include "tcp/tcp.h"

#define DELIVERED_CE_MASK ((1U << 20) - 1)

void tcp_rate_skb_sent(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_skb_cb *scb = TCP_SKB_CB(skb);

	/* After a pause the interval begins with this segment. */
	if (!tp->packets_out)
		tp->first_tx_mstamp = tp->delivered_mstamp = tcp_skb_timestamp_us(skb);
	scb->tx.first_tx_mstamp = tp->first_tx_mstamp;
	scb->tx.delivered_mstamp = tp->delivered_mstamp;
	scb->tx.delivered = tp->delivered;
	scb->tx.delivered_ce = tp->delivered_ce & DELIVERED_CE_MASK;
	scb->tx.is_app_limited = tp->app_limited != 0;
}

/* The sample of an acknowledgment is that of the segment which was sent last. */
static bool sent_later(const struct tcp_sock *tp, u64 tx, const struct tcp_skb_cb *scb,
		       const struct rate_sample *rs)
{
	if (!rs->prior_delivered)
		return true;
	return tx > tp->first_tx_mstamp ||
	       (tx == tp->first_tx_mstamp && after(scb->end_seq, rs->last_end_seq));
}

void tcp_rate_skb_delivered(struct sock *sk, struct sk_buff *skb, struct rate_sample *rs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
	u64 tx = tcp_skb_timestamp_us(skb);

	/* It was counted when SACK acknowledged it. */
	if (!scb->tx.delivered_mstamp)
		return;
	if (sent_later(tp, tx, scb, rs)) {
		rs->prior_delivered_ce = scb->tx.delivered_ce;
		rs->prior_delivered = scb->tx.delivered;
		rs->prior_mstamp = scb->tx.delivered_mstamp;
		rs->is_app_limited = scb->tx.is_app_limited;
		rs->is_retrans = scb->sacked & TCPCB_RETRANS;
		rs->last_end_seq = scb->end_seq;
		tp->first_tx_mstamp = tx;
		rs->interval_us = tcp_stamp_us_delta(tx, scb->tx.first_tx_mstamp);
	}
	if (scb->sacked & TCPCB_SACKED_ACKED)
		scb->tx.delivered_mstamp = 0;
}

static void keep_sample(struct tcp_sock *tp, const struct rate_sample *rs)
{
	/* One that the program limited says only that it is at least as fast. */
	if (rs->is_app_limited && (u64)rs->delivered * tp->rate_interval_us <
					  (u64)tp->rate_delivered * (u64)rs->interval_us)
		return;
	tp->rate_delivered = (u32)rs->delivered;
	tp->rate_interval_us = (u32)rs->interval_us;
	tp->rate_app_limited = rs->is_app_limited;
}

void tcp_rate_gen(struct sock *sk, u32 delivered, u32 lost, bool is_sack_reneg,
		  struct rate_sample *rs)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->app_limited && after(tp->delivered, tp->app_limited))
		tp->app_limited = 0;
	if (delivered)
		tp->delivered_mstamp = tp->tcp_mstamp;
	rs->acked_sacked = delivered;
	rs->losses = (int)lost;
	if (!rs->prior_mstamp || is_sack_reneg) {
		rs->delivered = -1;
		rs->interval_us = -1;
		return;
	}
	rs->delivered = (s32)(tp->delivered - rs->prior_delivered);
	rs->delivered_ce = (s32)((tp->delivered_ce - rs->prior_delivered_ce) & DELIVERED_CE_MASK);
	rs->snd_interval_us = (u32)rs->interval_us;
	rs->rcv_interval_us = tcp_stamp_us_delta(tp->tcp_mstamp, rs->prior_mstamp);
	rs->interval_us = (long)max(rs->snd_interval_us, rs->rcv_interval_us);
	/* Shorter than a round trip: a segment that was sent again without need. */
	if ((u32)rs->interval_us < tcp_min_rtt(tp)) {
		rs->interval_us = -1;
		return;
	}
	keep_sample(tp, rs);
}

void tcp_rate_check_app_limited(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 limit;

	/* Less than a segment to send, nothing queued below, room in the window, nothing to repair. */
	if (tp->write_seq - tp->snd_nxt >= tp->mss_cache ||
	    sk_wmem_alloc_get(sk) >= (int)SKB_TRUESIZE(1) ||
	    tcp_packets_in_flight(tp) >= tcp_snd_cwnd(tp) || tp->lost_out > tp->retrans_out)
		return;
	limit = tp->delivered + tcp_packets_in_flight(tp);
	tp->app_limited = limit ? limit : 1;
}
