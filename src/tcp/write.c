// SPDX-License-Identifier: BSD-2-Clause
/*
 * What may be sent now.
 *
 * The write queue is sent from its head as long as all of these agree: the congestion window, the
 * window of the peer, Nagle's rule and the cork (small segments wait for more data or for an
 * acknowledgment, RFC 9293 section 3.7.4), pacing, and the limit of what may be below. A buffer is
 * filled up from the next one, or cut, so that it has as many whole segments as may go at once.
 */
#include "tcp/output.h"

/* A small segment is out there that was not acknowledged: Minshall's form of Nagle's rule. */
static bool minshall_check(const struct tcp_sock *tp)
{
	return after(tp->snd_sml, tp->snd_una) && !after(tp->snd_sml, tp->snd_nxt);
}

static void minshall_update(struct tcp_sock *tp, unsigned int mss_now, const struct sk_buff *skb)
{
	if (skb->len < (unsigned int)tcp_skb_pcount(skb) * mss_now)
		tp->snd_sml = TCP_SKB_CB(skb)->end_seq;
}

/* Whether a segment has to wait because it is not full. */
static bool nagle_holds(bool partial, const struct tcp_sock *tp, int nonagle)
{
	return partial &&
	       ((nonagle & TCP_NAGLE_CORK) || (!nonagle && tp->packets_out && minshall_check(tp)));
}

static bool nagle_test(const struct tcp_sock *tp, const struct sk_buff *skb, unsigned int cur_mss,
		       int nonagle)
{
	/* Data in front of other data, urgent data, and the last data never wait. */
	if ((nonagle & TCP_NAGLE_PUSH) || tcp_urg_mode(tp) ||
	    (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN))
		return true;
	return !nagle_holds(skb->len < cur_mss, tp, nonagle);
}

/* Does the first segment fit the window of the peer? */
bool tcp_snd_wnd_test(const struct tcp_sock *tp, const struct sk_buff *skb, unsigned int cur_mss)
{
	u32 end_seq = TCP_SKB_CB(skb)->end_seq;

	if (skb->len > cur_mss)
		end_seq = TCP_SKB_CB(skb)->seq + cur_mss;
	return !after(end_seq, tcp_wnd_end(tp));
}

/* Segments that the congestion window has room for; no more than half of it in one buffer. */
static u32 cwnd_test(const struct tcp_sock *tp)
{
	u32 in_flight = tcp_packets_in_flight(tp), cwnd = tcp_snd_cwnd(tp);

	if (in_flight >= cwnd)
		return 0;
	return min(max(cwnd >> 1, 1U), cwnd - in_flight);
}

/* Move up to @amount bytes from the next buffer to the end of @skb. Return: whether any were. */
bool tcp_grow_skb(struct sock *sk, struct sk_buff *skb, int amount)
{
	struct sk_buff *next = skb->next;
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb), *ncb;
	int nlen;

	if (tcp_skb_is_last(sk, skb) || !tcp_skb_can_collapse(skb, next))
		return false;
	nlen = (int)min_t(u32, (u32)amount, next->len);
	if (!nlen || !skb_shift(skb, next, nlen))
		return false;
	ncb = TCP_SKB_CB(next);
	tcb->end_seq += (u32)nlen;
	ncb->seq += (u32)nlen;
	if (next->len)
		return true;
	/* A FIN has a place in the sequence space, too. */
	tcb->end_seq = ncb->end_seq;
	tcb->eor = ncb->eor;
	tcb->tcp_flags |= ncb->tcp_flags;
	tcp_skb_collapse_tstamp(skb, next);
	tcp_unlink_write_queue(next, sk);
	tcp_wmem_free_skb(sk, next);
	return true;
}

/* Bytes of @skb to be sent in one buffer: of what fits, all but a last segment that has to wait. */
static unsigned int split_point(const struct sock *sk, const struct sk_buff *skb,
				unsigned int mss_now, unsigned int max_segs, int nonagle)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 window = tcp_wnd_end(tp) - TCP_SKB_CB(skb)->seq;
	u32 max_len = mss_now * max_segs, needed, partial;

	if (likely(max_len <= window && skb != tcp_write_queue_tail(sk)))
		return max_len;
	needed = min(skb->len, window);
	if (max_len <= needed)
		return max_len;
	partial = needed % mss_now;
	return nagle_holds(partial != 0, tp, nonagle) ? needed - partial : needed;
}

/*
 * @skb was sent for the first time: from the write queue to the rtx queue. Return: whether the timer for
 * retransmission, or for a loss probe, is to be armed.
 */
bool tcp_event_new_data_sent(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 prior_packets = tp->packets_out;

	tp->snd_nxt = TCP_SKB_CB(skb)->end_seq;
	tcp_unlink_write_queue(skb, sk);
	tcp_rtx_queue_insert(sk, skb);
	tcp_sent_now(tp, skb);
	if (!tp->highest_sack)
		tp->highest_sack = skb;
	tp->packets_out += (u32)tcp_skb_pcount(skb);
	NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPORIGDATASENT, tcp_skb_pcount(skb));
	tcp_check_space(sk);
	return !prior_packets || inet_csk(sk)->icsk_pending == ICSK_TIME_LOSS_PROBE;
}

/* One pass of tcp_write_xmit(). */
struct write_pass {
	unsigned int mss_now;
	int nonagle;
	int push_one;
	u32 max_segs; /* of a buffer; 0: not asked for yet */
	bool cwnd_limited;
	bool rwnd_limited;
	bool rearm;
};

/* How many segments of the head may go, 0: none now. The head is filled up for that. */
static u32 quota(struct sock *sk, struct sk_buff *skb, struct write_pass *p)
{
	u32 cwnd_quota;
	int missing;

	if (tcp_pacing_check(sk))
		return 0;
	cwnd_quota = cwnd_test(tcp_sk(sk));
	if (!cwnd_quota) {
		/* A tail loss probe goes in any case. */
		if (p->push_one != 2)
			return 0;
		cwnd_quota = 1;
	}
	/* It is one segment, and nothing can be added to it. */
	if (skb->len <= p->mss_now && tcp_skb_is_last(sk, skb))
		return 1;
	if (!p->max_segs)
		p->max_segs = tcp_tso_segs(sk, p->mss_now);
	cwnd_quota = min(cwnd_quota, p->max_segs);
	missing = (int)(cwnd_quota * p->mss_now) - (int)skb->len;
	if (missing > 0)
		tcp_grow_skb(sk, skb, missing);
	return cwnd_quota;
}

/* Window and Nagle's rule, or whether it is better to wait until more can go at once. */
static bool held_back(struct sock *sk, struct sk_buff *skb, int segs, struct write_pass *p)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (unlikely(!tcp_snd_wnd_test(tp, skb, p->mss_now))) {
		p->rwnd_limited = true;
		return true;
	}
	if (segs == 1)
		return !nagle_test(tp, skb, p->mss_now,
				   tcp_skb_is_last(sk, skb) ? p->nonagle : TCP_NAGLE_PUSH);
	return !p->push_one &&
	       tcp_tso_should_defer(sk, skb, &p->cwnd_limited, &p->rwnd_limited, p->max_segs);
}

/* Send the head, or as much of it as may go. Return: whether something was sent. */
static bool send_head(struct sock *sk, struct sk_buff *skb, struct write_pass *p, gfp_t gfp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned int limit = p->mss_now;
	u32 cwnd_quota = quota(sk, skb, p);
	int segs;

	if (!cwnd_quota)
		return false;
	segs = tcp_set_skb_tso_segs(skb, p->mss_now);
	if (held_back(sk, skb, segs, p))
		return false;
	if (segs > 1 && !tcp_urg_mode(tp))
		limit = split_point(sk, skb, p->mss_now, cwnd_quota, p->nonagle);
	if (skb->len > limit &&
	    unlikely(tcp_fragment(sk, TCP_FRAG_IN_WRITE_QUEUE, skb, limit, p->mss_now, gfp)))
		return false;
	if (tcp_small_queue_check(sk, skb, 0))
		return false;
	/* Empty: the program's data is still to be filled in. */
	if (TCP_SKB_CB(skb)->end_seq == TCP_SKB_CB(skb)->seq)
		return false;
	if (unlikely(tcp_transmit_skb(sk, skb, 1, gfp)))
		return false;
	p->rearm |= tcp_event_new_data_sent(sk, skb);
	minshall_update(tp, p->mss_now, skb);
	return true;
}

/**
 * tcp_write_xmit() - send what may be sent
 * @sk: the socket
 * @mss_now: tcp_current_mss()
 * @nonagle: TCP_NAGLE_*
 * @push_one: 1: one buffer; 2: one as a tail loss probe; 0: all
 * @gfp: for clones and pieces
 *
 * Stack lock. Return: true when nothing is in flight and something waits, so that no acknowledgment
 * will let it go: the window has to be probed.
 */
bool tcp_write_xmit(struct sock *sk, unsigned int mss_now, int nonagle, int push_one, gfp_t gfp)
{
	struct write_pass p = { .mss_now = mss_now, .nonagle = nonagle, .push_one = push_one };
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned int sent_pkts = 0;
	struct sk_buff *skb;
	int probed;

	tcp_mstamp_seen(tp);
	if (!push_one) {
		probed = tcp_mtu_probe(sk);
		if (!probed)
			return false;
		sent_pkts = probed > 0;
	}
	while ((skb = tcp_send_head(sk)) && send_head(sk, skb, &p, gfp)) {
		sent_pkts += (unsigned int)tcp_skb_pcount(skb);
		if (push_one)
			break;
	}
	if (p.rwnd_limited)
		tcp_chrono_start(sk, TCP_CHRONO_RWND_LIMITED);
	else
		tcp_chrono_stop(sk, TCP_CHRONO_RWND_LIMITED);
	p.cwnd_limited |= tcp_packets_in_flight(tp) >= tcp_snd_cwnd(tp);
	if (likely(sent_pkts || p.cwnd_limited))
		tcp_cwnd_validate(sk, p.cwnd_limited);
	if (unlikely(!sent_pkts))
		return !tp->packets_out && !tcp_write_queue_empty(sk);
	if (tcp_in_cwnd_reduction(sk))
		tp->prr_out += sent_pkts;
	/* One probe per tail. */
	if ((push_one == 2 || !tcp_schedule_loss_probe(sk, false)) && p.rearm)
		tcp_rearm_rto(sk);
	return false;
}

/* Nothing in flight: no timer but this one will ever open a closed window. */
void tcp_check_probe_timer(struct sock *sk)
{
	if (!tcp_sk(sk)->packets_out && !inet_csk(sk)->icsk_pending)
		tcp_reset_xmit_timer(sk, ICSK_TIME_PROBE0, tcp_probe0_base(sk), true);
}

void __tcp_push_pending_frames(struct sock *sk, unsigned int cur_mss, int nonagle)
{
	/* After a reset, or a timeout, nothing goes. */
	if (unlikely(sk->sk_state == TCP_CLOSE))
		return;
	if (tcp_write_xmit(sk, cur_mss, nonagle, 0, GFP_ATOMIC))
		tcp_check_probe_timer(sk);
}

/* A buffer is full and is the only one: let it go while the program's data is still copied. */
void tcp_push_one(struct sock *sk, unsigned int mss_now)
{
	tcp_write_xmit(sk, mss_now, TCP_NAGLE_PUSH, 1, GFP_ATOMIC);
}
