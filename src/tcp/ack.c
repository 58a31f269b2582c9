// SPDX-License-Identifier: BSD-2-Clause
/* Acknowledgments: what they take off the queue, and what follows from it. */
#include "tcp/tcp.h"

/* Window */

static void update_wl(struct tcp_sock *tp, u32 seq)
{
	tp->snd_wl1 = seq;
}

static void snd_una_update(struct tcp_sock *tp, u32 ack)
{
	tp->bytes_acked += ack - tp->snd_una;
	tp->snd_una = ack;
}

bool tcp_may_update_window(const struct tcp_sock *tp, u32 ack, u32 ack_seq, u32 nwin)
{
	return after(ack, tp->snd_una) || after(ack_seq, tp->snd_wl1) ||
	       (ack_seq == tp->snd_wl1 && (nwin > tp->snd_wnd || !nwin));
}

static void slow_start_after_idle_check(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	s32 delta;

	if (!tcp_net_sk(sk)->sysctl_tcp_slow_start_after_idle || tp->packets_out ||
	    inet_csk(sk)->icsk_ca_ops->cong_control)
		return;
	delta = (s32)(tcp_jiffies32 - tp->lsndtime);
	if (delta > (s32)inet_csk(sk)->icsk_rto)
		tcp_cwnd_restart(sk, delta);
}

/* RFC 9293 section 3.10.7.4, fifth step. */
static int update_window(struct sock *sk, const struct sk_buff *skb, u32 ack, u32 ack_seq)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 nwin = ntohs(tcp_hdr(skb)->window);
	int flag = 0;

	/* That of a SYN is not scaled, RFC 7323 section 2.2. */
	if (likely(!tcp_hdr(skb)->syn))
		nwin <<= tp->rx_opt.snd_wscale;
	if (tcp_may_update_window(tp, ack, ack_seq, nwin)) {
		flag |= FLAG_WIN_UPDATE;
		update_wl(tp, ack_seq);
		if (tp->snd_wnd != nwin) {
			tp->snd_wnd = nwin;
			if (!tcp_write_queue_empty(sk))
				slow_start_after_idle_check(sk);
			if (nwin > tp->max_window) {
				tp->max_window = nwin;
				tcp_sync_mss(sk, inet_csk(sk)->icsk_pmtu_cookie);
			}
		}
	}
	snd_una_update(tp, ack);
	return flag;
}

/* The queue */

/* SCM_TSTAMP_ACK: the program wants to know when the peer has it. */
static void ack_tstamp(struct sock *sk, struct sk_buff *skb, u32 prior_snd_una)
{
	const struct skb_shared_info *shinfo;

	if (likely(!TCP_SKB_CB(skb)->txstamp_ack))
		return;
	shinfo = skb_shinfo(skb);
	if (before(shinfo->tskey, prior_snd_una) || !before(shinfo->tskey, tcp_sk(sk)->snd_una))
		return;
	tcp_tx_stamp_acked(sk, skb);
}

/**
 * struct clean - what taking acknowledged buffers off the queue finds out
 * @first_ackt: when the first of them was sent that was never sent again, microseconds
 * @last_ackt: and the last one
 * @pkts_acked: segments
 * @reord: lowest sequence number of them that had not been SACKed
 * @flag: FLAG_*
 * @fully_acked: the last one looked at is acknowledged as a whole
 */
struct clean {
	u64 first_ackt;
	u64 last_ackt;
	u32 pkts_acked;
	u32 reord;
	int flag;
	bool fully_acked;
};

/* Cut off the segments of a buffer that are acknowledged. Return: how many. */
static u32 trim_acked(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 before_trim = (u32)tcp_skb_pcount(skb);

	if (before_trim == 1 || !after(tp->snd_una, TCP_SKB_CB(skb)->seq))
		return 0;
	if (tcp_trim_head(sk, skb, tp->snd_una - TCP_SKB_CB(skb)->seq))
		return 0;
	return before_trim - (u32)tcp_skb_pcount(skb);
}

static void clean_counts(struct sock *sk, struct sk_buff *skb, u32 acked, u32 start_seq,
			 struct clean *c, struct tcp_sacktag_state *sack, bool ece_ack)
{
	struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	u8 sacked = scb->sacked;

	if (unlikely(sacked & TCPCB_RETRANS)) {
		if (sacked & TCPCB_SACKED_RETRANS)
			tp->retrans_out -= acked;
		c->flag |= FLAG_RETRANS_DATA_ACKED;
	} else if (!(sacked & TCPCB_SACKED_ACKED)) {
		c->last_ackt = tcp_skb_timestamp_us(skb);
		if (!c->first_ackt)
			c->first_ackt = c->last_ackt;
		if (before(start_seq, c->reord))
			c->reord = start_seq;
		if (!after(scb->end_seq, tp->high_seq))
			c->flag |= FLAG_ORIG_SACK_ACKED;
	}
	if (sacked & TCPCB_SACKED_ACKED) {
		tp->sacked_out -= acked;
	} else if (tcp_is_sack(tp)) {
		tcp_count_delivered(tp, acked, ece_ack);
		if (!tcp_skb_spurious_retrans(tp, skb))
			tcp_rack_advance(tp, sacked, scb->end_seq, tcp_skb_timestamp_us(skb));
	}
	if (sacked & TCPCB_LOST)
		tp->lost_out -= acked;
	tp->packets_out -= acked;
	c->pkts_acked += acked;
	tcp_rate_skb_delivered(sk, skb, sack->rate);
	if (likely(!(scb->tcp_flags & TCPHDR_SYN))) {
		c->flag |= FLAG_DATA_ACKED;
	} else {
		c->flag |= FLAG_SYN_ACKED;
		tp->retrans_stamp = 0;
	}
}

static void forget_hints(struct tcp_sock *tp, const struct sk_buff *skb, struct sk_buff *next)
{
	if (unlikely(skb == tp->retransmit_skb_hint))
		tp->retransmit_skb_hint = NULL;
	if (unlikely(skb == tp->highest_sack))
		tp->highest_sack = next;
}

/* Return: the first buffer that stays, or NULL. */
static struct sk_buff *clean_buffers(struct sock *sk, u32 prior_snd_una, struct clean *c,
				     struct tcp_sacktag_state *sack, bool ece_ack)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb, *next;

	for (skb = tcp_rtx_queue_head(sk); skb; skb = next) {
		u32 start_seq = TCP_SKB_CB(skb)->seq, acked = (u32)tcp_skb_pcount(skb);

		if (after(TCP_SKB_CB(skb)->end_seq, tp->snd_una)) {
			acked = trim_acked(sk, skb);
			if (!acked)
				return skb;
			c->fully_acked = false;
		}
		clean_counts(sk, skb, acked, start_seq, c, sack, ece_ack);
		ack_tstamp(sk, skb, prior_snd_una);
		if (!c->fully_acked)
			return skb;
		next = skb_rb_next(skb);
		forget_hints(tp, skb, next);
		tcp_rtx_queue_unlink_and_free(skb, sk);
	}
	return NULL;
}

static void mtup_probe_success(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u64 cwnd = (u64)tcp_snd_cwnd(tp) * (u64)tcp_mss_to_mtu(sk, (int)tp->mss_cache);

	/* Segments become larger: the window, in bytes, stays what it is. */
	cwnd /= icsk->icsk_mtup.probe_size;
	tp->prior_ssthresh = tcp_current_ssthresh(sk);
	tcp_snd_cwnd_set(tp, max(1U, (u32)cwnd));
	tp->snd_cwnd_cnt = 0;
	tp->snd_cwnd_stamp = tcp_jiffies32;
	tp->snd_ssthresh = tcp_current_ssthresh(sk);
	icsk->icsk_mtup.search_low = (int)icsk->icsk_mtup.probe_size;
	icsk->icsk_mtup.probe_size = 0;
	tcp_sync_mss(sk, icsk->icsk_pmtu_cookie);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMTUPSUCCESS);
}

/* Round trips that the acknowledgment measured. Return: whether there are any. */
static bool clean_rtt(struct sock *sk, struct clean *c, struct tcp_sacktag_state *sack,
		      u32 prior_snd_una, u32 prior_sacked, long *sack_rtt_us)
{
	struct tcp_sock *tp = tcp_sk(sk);
	long seq_rtt_us = -1, ca_rtt_us = -1;

	if (c->first_ackt && !(c->flag & FLAG_RETRANS_DATA_ACKED)) {
		seq_rtt_us = tcp_stamp_us_delta(tp->tcp_mstamp, c->first_ackt);
		ca_rtt_us = tcp_stamp_us_delta(tp->tcp_mstamp, c->last_ackt);
		/* One small segment alone: the peer may have waited for a second one. */
		if (c->pkts_acked == 1 && c->fully_acked && !prior_sacked &&
		    tp->snd_una - prior_snd_una < tp->mss_cache &&
		    sack->rate->prior_delivered + 1 == tp->delivered &&
		    !(c->flag & (FLAG_CA_ALERT | FLAG_SYN_ACKED)))
			c->flag |= FLAG_ACK_MAYBE_DELAYED;
	}
	if (sack->first_sackt) {
		*sack_rtt_us = tcp_stamp_us_delta(tp->tcp_mstamp, sack->first_sackt);
		ca_rtt_us = tcp_stamp_us_delta(tp->tcp_mstamp, sack->last_sackt);
	}
	return tcp_ack_update_rtt(sk, c->flag, seq_rtt_us, *sack_rtt_us, ca_rtt_us, sack->rate);
}

static void tell_pkts_acked(struct sock *sk, const struct clean *c,
			    const struct tcp_sacktag_state *sack)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct ack_sample sample = { .pkts_acked = c->pkts_acked,
				     .rtt_us = (s32)sack->rate->rtt_us };

	if (!icsk->icsk_ca_ops->pkts_acked)
		return;
	sample.in_flight =
		tcp_sk(sk)->mss_cache * (tcp_sk(sk)->delivered - sack->rate->prior_delivered);
	icsk->icsk_ca_ops->pkts_acked(sk, &sample);
}

/* Take off the queue what is acknowledged. Return: FLAG_*. */
static int clean_rtx_queue(struct sock *sk, u32 prior_fack, u32 prior_snd_una,
			   struct tcp_sacktag_state *sack, bool ece_ack)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct clean c = { .reord = tp->snd_nxt, .fully_acked = true };
	u32 prior_sacked = tp->sacked_out;
	long sack_rtt_us = -1;
	struct sk_buff *left;
	bool rtt_update;

	left = clean_buffers(sk, prior_snd_una, &c, sack, ece_ack);
	if (!left)
		tcp_chrono_stop(sk, TCP_CHRONO_BUSY);
	else if (tcp_skb_sacked(left))
		c.flag |= FLAG_SACK_RENEGING;
	if (likely(between(tp->snd_up, prior_snd_una, tp->snd_una)))
		tp->snd_up = tp->snd_una;
	rtt_update = clean_rtt(sk, &c, sack, prior_snd_una, prior_sacked, &sack_rtt_us);
	if (c.flag & FLAG_ACKED) {
		c.flag |= FLAG_SET_XMIT_TIMER;
		if (unlikely(icsk->icsk_mtup.probe_size &&
			     !after(tp->mtu_probe.probe_seq_end, tp->snd_una)))
			mtup_probe_success(sk);
		if (tcp_is_reno(tp)) {
			tcp_remove_reno_sacks(sk, (int)c.pkts_acked, ece_ack);
			/* Without SACK nobody knows which one it was. */
			if (c.flag & FLAG_RETRANS_DATA_ACKED)
				c.flag &= ~FLAG_ORIG_SACK_ACKED;
		} else if (before(c.reord, prior_fack)) {
			tcp_check_sack_reordering(sk, c.reord, 0);
		}
	} else if (left && rtt_update && sack_rtt_us >= 0 &&
		   (u32)sack_rtt_us >
			   tcp_stamp_us_delta(tp->tcp_mstamp, tcp_skb_timestamp_us(left))) {
		/* The path is alive: the head's timeout runs from now. */
		c.flag |= FLAG_SET_XMIT_TIMER;
	}
	tell_pkts_acked(sk, &c, sack);
	return c.flag;
}

/* What follows */

/* A zero window has opened, or not. */
static void ack_probe(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct sk_buff *head = tcp_send_head(sk);
	unsigned long when;

	if (!head)
		return;
	if (!after(TCP_SKB_CB(head)->end_seq, tcp_wnd_end(tcp_sk(sk)))) {
		icsk->icsk_backoff = 0;
		icsk->icsk_probes_tstamp = 0;
		inet_csk_clear_xmit_timer(sk, ICSK_TIME_PROBE0);
		return;
	}
	when = tcp_probe0_when(sk, tcp_rto_max(sk));
	when = tcp_clamp_probe0_to_user_timeout(sk, (u32)when);
	tcp_reset_xmit_timer(sk, ICSK_TIME_PROBE0, when, true);
}

static bool ack_is_dubious(const struct sock *sk, int flag)
{
	return !(flag & FLAG_NOT_DUP) || (flag & FLAG_CA_ALERT) ||
	       inet_csk(sk)->icsk_ca_state != TCP_CA_Open;
}

/* Reordering that was never seen before may look like loss: then any progress counts. */
static bool may_raise_cwnd(const struct sock *sk, int flag)
{
	if (tcp_sk(sk)->reordering > (u32)tcp_net_sk(sk)->sysctl_tcp_reordering)
		return flag & FLAG_FORWARD_PROGRESS;
	return flag & FLAG_DATA_ACKED;
}

static void cong_control(struct sock *sk, u32 ack, u32 acked_sacked, int flag,
			 const struct rate_sample *rs)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	if (icsk->icsk_ca_ops->cong_control) {
		icsk->icsk_ca_ops->cong_control(sk, ack, flag, rs);
		return;
	}
	if (tcp_in_cwnd_reduction(sk)) {
		tcp_cwnd_reduction(sk, (int)acked_sacked, rs->losses, flag);
	} else if (may_raise_cwnd(sk, flag)) {
		icsk->icsk_ca_ops->cong_avoid(sk, ack, acked_sacked);
		tcp_sk(sk)->snd_cwnd_stamp = tcp_jiffies32;
	}
	tcp_update_pacing_rate(sk);
}

static void xmit_recovery(struct sock *sk, enum tcp_rexmit rexmit)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (rexmit == REXMIT_NONE || sk->sk_state == TCP_SYN_SENT)
		return;
	if (unlikely(rexmit == REXMIT_NEW)) {
		__tcp_push_pending_frames(sk, tcp_current_mss(sk), TCP_NAGLE_OFF);
		if (after(tp->snd_nxt, tp->high_seq))
			return;
		/* Nothing could be sent: F-RTO can't tell. */
		tp->frto = 0;
	}
	tcp_xmit_retransmit_queue(sk);
}

/* RFC 8985 section 7.4: what became of a tail loss probe. */
static void process_tlp_ack(struct sock *sk, u32 ack, int flag)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (before(ack, tp->tlp_high_seq))
		return;
	if (!tp->tlp_retrans || (flag & FLAG_DSACK_TLP)) {
		/* New data, or both copies arrived. */
		tp->tlp_high_seq = 0;
	} else if (after(ack, tp->tlp_high_seq)) {
		/* The probe repaired a loss: that has to be answered as one. */
		tcp_init_cwnd_reduction(sk);
		tcp_set_ca_state(sk, TCP_CA_CWR);
		tcp_end_cwnd_reduction(sk);
		tcp_try_keep_open(sk);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPLOSSPROBERECOVERY);
	} else if (!(flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DATA_SACKED))) {
		/* A duplicate, without D-SACK: the same. */
		tp->tlp_high_seq = 0;
	}
}

static u32 newly_delivered(struct sock *sk, u32 prior, int flag)
{
	u32 delivered = tcp_sk(sk)->delivered - prior;

	NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPDELIVERED, delivered);
	if (flag & FLAG_ECE)
		NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPDELIVEREDCE, delivered);
	return delivered;
}

static void in_ack_event(struct sock *sk, int flag)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	u32 ev = 0;

	if (!icsk->icsk_ca_ops->in_ack_event)
		return;
	if (flag & FLAG_WIN_UPDATE)
		ev |= CA_ACK_WIN_UPDATE;
	if (flag & FLAG_SLOWPATH) {
		ev |= CA_ACK_SLOWPATH;
		if (flag & FLAG_ECE)
			ev |= CA_ACK_ECE;
	}
	icsk->icsk_ca_ops->in_ack_event(sk, ev);
}

/* Window, SACK blocks and ECN of one that may be anything. Return: @flag and more. */
static int look_closely(struct sock *sk, const struct sk_buff *skb, int flag, u32 prior_snd_una,
			struct tcp_sacktag_state *sack)
{
	const struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);

	if (scb->seq != scb->end_seq)
		flag |= FLAG_DATA;
	else
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPPUREACKS);
	flag |= update_window(sk, skb, scb->ack_seq, scb->seq);
	if (scb->sacked)
		flag |= tcp_sacktag_write_queue(sk, skb, prior_snd_una, sack);
	if (tcp_ecn_rcv_ecn_echo(tp, tcp_hdr(skb)))
		flag |= FLAG_ECE;
	if (sack->sack_delivered)
		tcp_count_delivered(tp, sack->sack_delivered, flag & FLAG_ECE);
	return flag | FLAG_SLOWPATH;
}

/* How many duplicates an acknowledgment stands for: GRO may have merged several. */
static int count_dupacks(const struct sk_buff *skb, int flag)
{
	if (flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DSACKING_ACK))
		return 0;
	if (flag & FLAG_DATA)
		return 1;
	return max((int)__skb_shinfo(skb)->gso_segs, 1);
}

/* An acknowledgment of what has been acknowledged. */
static int old_ack(struct sock *sk, const struct sk_buff *skb, u32 prior_snd_una, u32 delivered,
		   int flag, struct tcp_sacktag_state *sack)
{
	enum tcp_rexmit rexmit = REXMIT_NONE;

	/* Its SACK blocks may be news all the same. */
	if (TCP_SKB_CB(skb)->sacked) {
		flag |= tcp_sacktag_write_queue(sk, skb, prior_snd_una, sack);
		if (sack->sack_delivered)
			tcp_count_delivered(tcp_sk(sk), sack->sack_delivered, flag & FLAG_ECE);
		tcp_fastretrans_alert(sk, prior_snd_una, 0, &flag, &rexmit);
		newly_delivered(sk, delivered, flag);
		xmit_recovery(sk, rexmit);
	}
	return 0;
}

/* RFC 9293 section 3.10.7.4 and RFC 5961 section 5.2. Return: 1, 0 for an old one, or -reason. */
static int check_ack(struct sock *sk, u32 ack, int flag)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (before(ack, tp->snd_una)) {
		u32 max_window = (u32)min((u64)tp->max_window, tp->bytes_acked);

		if (before(ack, tp->snd_una - max_window)) {
			if (!(flag & FLAG_NO_CHALLENGE_ACK))
				tcp_send_challenge_ack(sk);
			return -SKB_DROP_REASON_TCP_TOO_OLD_ACK;
		}
		return 0;
	}
	if (after(ack, tp->snd_nxt))
		return -SKB_DROP_REASON_TCP_ACK_UNSENT_DATA;
	return 1;
}

/* Nothing was in flight. */
static int nothing_queued(struct sock *sk, u32 ack, u32 prior_snd_una, u32 delivered, int flag)
{
	enum tcp_rexmit rexmit = REXMIT_NONE;

	if (flag & FLAG_DSACKING_ACK) {
		tcp_fastretrans_alert(sk, prior_snd_una, 0, &flag, &rexmit);
		newly_delivered(sk, delivered, flag);
	}
	ack_probe(sk);
	if (tcp_sk(sk)->tlp_high_seq)
		process_tlp_ack(sk, ack, flag);
	return 1;
}

/* Segments were acknowledged, or a duplicate says that something arrived: react to it. */
static void react(struct sock *sk, const struct sk_buff *skb, u32 ack, u32 prior_snd_una, int flag,
		  u32 delivered, u32 lost, struct rate_sample *rs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool is_sack_reneg = tp->is_sack_reneg;
	enum tcp_rexmit rexmit = REXMIT_NONE;

	tcp_rack_update_reo_wnd(sk, rs);
	if (tp->tlp_high_seq)
		process_tlp_ack(sk, ack, flag);
	if (ack_is_dubious(sk, flag))
		tcp_fastretrans_alert(sk, prior_snd_una, count_dupacks(skb, flag), &flag, &rexmit);
	if ((flag & FLAG_SET_XMIT_TIMER) && !tcp_schedule_loss_probe(sk, true))
		tcp_rearm_rto(sk);
	if ((flag & FLAG_FORWARD_PROGRESS) || !(flag & FLAG_NOT_DUP))
		sk_dst_confirm(sk);
	delivered = newly_delivered(sk, delivered, flag);
	rs->is_ack_delayed = flag & FLAG_ACK_MAYBE_DELAYED;
	rs->is_ece = flag & FLAG_ECE;
	tcp_rate_gen(sk, delivered, tp->lost - lost, is_sack_reneg, rs);
	cong_control(sk, ack, delivered, flag, rs);
	xmit_recovery(sk, rexmit);
}

int tcp_ack(struct sock *sk, const struct sk_buff *skb, int flag)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct rate_sample rs = { .prior_delivered = 0 };
	struct tcp_sacktag_state sack = { .rate = &rs };
	u32 prior_snd_una = tp->snd_una, ack = TCP_SKB_CB(skb)->ack_seq;
	u32 delivered = tp->delivered, lost = tp->lost, prior_packets = tp->packets_out;
	u32 prior_fack;
	int ret = check_ack(sk, ack, flag);

	if (ret < 0)
		return ret;
	if (!ret)
		return old_ack(sk, skb, prior_snd_una, delivered, flag, &sack);
	if (after(ack, prior_snd_una)) {
		flag |= FLAG_SND_UNA_ADVANCED;
		icsk->icsk_retransmits = 0;
	}
	prior_fack = tcp_is_sack(tp) ? tcp_highest_sack_seq(tp) : tp->snd_una;
	rs.prior_in_flight = tcp_packets_in_flight(tp);
	if (flag & FLAG_UPDATE_TS_RECENT)
		tcp_replace_ts_recent(tp, TCP_SKB_CB(skb)->seq);
	if ((flag & (FLAG_SLOWPATH | FLAG_SND_UNA_ADVANCED)) == FLAG_SND_UNA_ADVANCED) {
		/* Plain: the window has not changed, there are no blocks. */
		update_wl(tp, TCP_SKB_CB(skb)->seq);
		snd_una_update(tp, ack);
		flag |= FLAG_WIN_UPDATE;
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPHPACKS);
	} else {
		flag = look_closely(sk, skb, flag, prior_snd_una, &sack);
	}
	in_ack_event(sk, flag);
	sk->sk_err_soft = 0;
	icsk->icsk_probes_out = 0;
	tp->rcv_tstamp = tcp_jiffies32;
	if (!prior_packets)
		return nothing_queued(sk, ack, prior_snd_una, delivered, flag);
	flag |= clean_rtx_queue(sk, prior_fack, prior_snd_una, &sack, flag & FLAG_ECE);
	react(sk, skb, ack, prior_snd_una, flag, delivered, lost, &rs);
	return 1;
}
