// SPDX-License-Identifier: BSD-2-Clause
/*
 * The congestion state machine: what acknowledgments that are not plain mean.
 *
 * Open      all is well
 * Disorder  segments arrive out of order, or the first duplicates came
 * CWR       the window is being reduced because of ECN or a full local queue
 * Recovery  something is lost and is sent again, the window is being reduced
 * Loss      a timeout, or the peer threw SACKed data away
 *
 * Recovery and Loss end when everything that had been sent when they began (high_seq) is
 * acknowledged. The window is reduced in proportion to what arrives (PRR, RFC 6937).
 */
#include "tcp/tcp.h"

void tcp_verify_left_out(struct tcp_sock *tp)
{
	WARN_ON_ONCE(tcp_left_out(tp) > tp->packets_out);
}

bool tcp_any_retrans_done(const struct sock *sk)
{
	const struct sk_buff *skb;

	if (tcp_sk(sk)->retrans_out)
		return true;
	skb = tcp_rtx_queue_head(sk);
	return skb && (TCP_SKB_CB(skb)->sacked & TCPCB_EVER_RETRANS);
}

/* Where retransmission begins must not be behind what is lost. */
static void move_retransmit_hint(struct tcp_sock *tp, struct sk_buff *skb)
{
	if ((!tp->retransmit_skb_hint && tp->retrans_out >= tp->lost_out) ||
	    (tp->retransmit_skb_hint &&
	     before(TCP_SKB_CB(skb)->seq, TCP_SKB_CB(tp->retransmit_skb_hint)->seq)))
		tp->retransmit_skb_hint = skb;
}

void tcp_mark_skb_lost(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *scb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 pcount = (u32)tcp_skb_pcount(skb);

	if (scb->sacked & TCPCB_SACKED_ACKED)
		return;
	move_retransmit_hint(tp, skb);
	tcp_rexmit_note_lost(tp, skb);
	if (!(scb->sacked & TCPCB_LOST)) {
		tp->lost_out += pcount;
		scb->sacked |= TCPCB_LOST;
	} else if (scb->sacked & TCPCB_SACKED_RETRANS) {
		/* The retransmission was lost too. */
		scb->sacked &= (u8)~TCPCB_SACKED_RETRANS;
		tp->retrans_out -= pcount;
		NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPLOSTRETRANSMIT, pcount);
	} else {
		return;
	}
	tp->lost += pcount;
}

/* PRR */

void tcp_init_cwnd_reduction(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	tp->snd_cwnd_cnt = 0;
	tp->prior_cwnd = tcp_snd_cwnd(tp);
	tp->prr_delivered = 0;
	tp->prr_out = 0;
	tp->snd_ssthresh = inet_csk(sk)->icsk_ca_ops->ssthresh(sk);
	tcp_ecn_queue_cwr(tp);
}

void tcp_cwnd_reduction(struct sock *sk, int newly_acked_sacked, int newly_lost, int flag)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int in_flight = (int)tcp_packets_in_flight(tp);
	int delta = (int)tp->snd_ssthresh - in_flight;
	int sndcnt;

	if (newly_acked_sacked <= 0 || WARN_ON_ONCE(!tp->prior_cwnd))
		return;
	tp->prr_delivered += (u32)newly_acked_sacked;
	if (delta < 0) {
		u64 share = (u64)tp->snd_ssthresh * tp->prr_delivered + tp->prior_cwnd - 1;

		sndcnt = (int)(share / tp->prior_cwnd) - (int)tp->prr_out;
	} else {
		/* Below the target: as much as arrives, and in good order one more (slow start). */
		sndcnt = max((int)tp->prr_delivered - (int)tp->prr_out, newly_acked_sacked);
		if ((flag & FLAG_SND_UNA_ADVANCED) && !newly_lost)
			sndcnt++;
		sndcnt = min(delta, sndcnt);
	}
	/* The first retransmission leaves at once. */
	sndcnt = max(sndcnt, tp->prr_out ? 0 : 1);
	tcp_snd_cwnd_set(tp, (u32)(in_flight + sndcnt));
}

void tcp_end_cwnd_reduction(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (inet_csk(sk)->icsk_ca_ops->cong_control)
		return;
	if (tp->snd_ssthresh < TCP_INFINITE_SSTHRESH &&
	    (inet_csk(sk)->icsk_ca_state == TCP_CA_CWR || tp->undo_marker)) {
		tcp_snd_cwnd_set(tp, tp->snd_ssthresh);
		tp->snd_cwnd_stamp = tcp_jiffies32;
	}
	tcp_ca_event(sk, CA_EVENT_COMPLETE_CWR);
}

void tcp_enter_cwr(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->prior_ssthresh = 0;
	if (inet_csk(sk)->icsk_ca_state < TCP_CA_CWR) {
		tp->undo_marker = 0;
		tcp_init_cwnd_reduction(sk);
		tcp_set_ca_state(sk, TCP_CA_CWR);
	}
}

/* After a pause of @delta jiffies the window is halved once per timeout (RFC 2861). */
void tcp_cwnd_restart(struct sock *sk, s32 delta)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 restart = tcp_init_cwnd(tp, sk->sk_dst_cache), cwnd = tcp_snd_cwnd(tp);

	tcp_ca_event(sk, CA_EVENT_CWND_RESTART);
	tp->snd_ssthresh = tcp_current_ssthresh(sk);
	restart = min(restart, cwnd);
	while ((delta -= (s32)inet_csk(sk)->icsk_rto) > 0 && cwnd > restart)
		cwnd >>= 1;
	tcp_snd_cwnd_set(tp, max(cwnd, restart));
	tp->snd_cwnd_stamp = tcp_jiffies32;
	tp->snd_cwnd_used = 0;
}

/* Timeout */

static void timeout_mark_lost(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb, *head = tcp_rtx_queue_head(sk);
	bool is_reneg = head && tcp_skb_sacked(head);

	if (is_reneg) {
		/* RFC 2018 section 8: what the peer took back has to be sent again. */
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSACKRENEGING);
		tp->sacked_out = 0;
		tp->is_sack_reneg = 1;
	} else if (tcp_is_reno(tp)) {
		tcp_reset_reno_sack(tp);
	}
	for (skb = head; skb; skb = skb_rb_next(skb)) {
		if (is_reneg)
			TCP_SKB_CB(skb)->sacked &= (u8)~TCPCB_SACKED_ACKED;
		else if (skb != head && tcp_rack_skb_timeout(tp, skb, 0) > 0)
			continue; /* sent lately: it may well arrive */
		tcp_mark_skb_lost(sk, skb);
	}
	tcp_verify_left_out(tp);
	tcp_clear_all_retrans_hints(tp);
}

void tcp_enter_loss(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	const struct tcp_net *tn = tcp_net_sk(sk);
	bool new_recovery = icsk->icsk_ca_state < TCP_CA_Recovery;

	timeout_mark_lost(sk);
	/* The window is reduced once per loss, not once per timeout. */
	if (icsk->icsk_ca_state <= TCP_CA_Disorder || !after(tp->high_seq, tp->snd_una) ||
	    (icsk->icsk_ca_state == TCP_CA_Loss && !icsk->icsk_retransmits)) {
		tp->prior_ssthresh = tcp_current_ssthresh(sk);
		tp->prior_cwnd = tcp_snd_cwnd(tp);
		tp->snd_ssthresh = icsk->icsk_ca_ops->ssthresh(sk);
		tcp_ca_event(sk, CA_EVENT_LOSS);
		tcp_init_undo(tp);
	}
	tcp_snd_cwnd_set(tp, tcp_packets_in_flight(tp) + 1);
	tp->snd_cwnd_cnt = 0;
	tp->snd_cwnd_stamp = tcp_jiffies32;
	/* Duplicates came and did not start recovery: less reordering was there than thought. */
	if (icsk->icsk_ca_state <= TCP_CA_Disorder &&
	    tp->sacked_out >= (u32)tn->sysctl_tcp_reordering)
		tp->reordering = min(tp->reordering, (u32)tn->sysctl_tcp_reordering);
	tcp_set_ca_state(sk, TCP_CA_Loss);
	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	tcp_ecn_queue_cwr(tp);
	/* RFC 5682 section 2.1: look whether it was spurious, the first time. */
	tp->frto = tn->sysctl_tcp_frto && (new_recovery || icsk->icsk_retransmits) &&
		   !icsk->icsk_mtup.probe_size;
}

void tcp_non_congestion_loss_retransmit(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (inet_csk(sk)->icsk_ca_state != TCP_CA_Loss) {
		tp->high_seq = tp->snd_nxt;
		tp->snd_ssthresh = tcp_current_ssthresh(sk);
		tp->prior_ssthresh = 0;
		tp->undo_marker = 0;
		tcp_set_ca_state(sk, TCP_CA_Loss);
	}
	tcp_xmit_retransmit_queue(sk);
}

/* The path takes less: what is larger is sent again, which is no sign of congestion. */
void tcp_simple_retransmit(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	/* The SYN and its data are two buffers of one segment, which was too large as a whole. */
	bool all = tp->syn_data && sk->sk_state == TCP_SYN_SENT;
	unsigned int mss = tcp_current_mss(sk);
	struct sk_buff *skb;

	for (skb = tcp_rtx_queue_head(sk); skb; skb = skb_rb_next(skb)) {
		u32 seglen = tcp_skb_pcount(skb) > 1 ? (u32)tcp_skb_mss(skb) : skb->len;

		if (all || seglen > mss)
			tcp_mark_skb_lost(sk, skb);
	}
	if (!tp->lost_out)
		return;
	if (tcp_is_reno(tp))
		tcp_limit_reno_sacked(tp);
	tcp_verify_left_out(tp);
	tcp_non_congestion_loss_retransmit(sk);
}

/* Transitions */

void tcp_try_keep_open(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 state = tcp_left_out(tp) || tcp_any_retrans_done(sk) ? TCP_CA_Disorder : TCP_CA_Open;

	if (inet_csk(sk)->icsk_ca_state == state)
		return;
	tcp_set_ca_state(sk, state);
	tp->high_seq = tp->snd_nxt;
}

static void try_to_open(struct sock *sk, int flag)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_verify_left_out(tp);
	if (!tcp_any_retrans_done(sk))
		tp->retrans_stamp = 0;
	if (flag & FLAG_ECE)
		tcp_enter_cwr(sk);
	if (inet_csk(sk)->icsk_ca_state != TCP_CA_CWR)
		tcp_try_keep_open(sk);
}

void tcp_enter_recovery(struct sock *sk, bool ece_ack)
{
	struct tcp_sock *tp = tcp_sk(sk);

	/* It may be left from a recovery that was undone. */
	if (!tcp_any_retrans_done(sk))
		tp->retrans_stamp = 0;
	NET_INC_STATS(sock_net(sk),
		      tcp_is_reno(tp) ? LINUX_MIB_TCPRENORECOVERY : LINUX_MIB_TCPSACKRECOVERY);
	tp->prior_ssthresh = 0;
	tcp_init_undo(tp);
	if (!tcp_in_cwnd_reduction(sk)) {
		if (!ece_ack)
			tp->prior_ssthresh = tcp_current_ssthresh(sk);
		tcp_init_cwnd_reduction(sk);
	}
	tcp_set_ca_state(sk, TCP_CA_Recovery);
}

static void identify_packet_loss(struct sock *sk, int *ack_flag)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 prior_retrans = tp->retrans_out;

	if (tcp_rtx_queue_empty(sk))
		return;
	if (tcp_is_reno(tp)) {
		tcp_newreno_mark_lost(sk, *ack_flag & FLAG_SND_UNA_ADVANCED);
		return;
	}
	if (tcp_rack_mark_lost(sk))
		*ack_flag &= ~FLAG_SET_XMIT_TIMER;
	if (prior_retrans > tp->retrans_out)
		*ack_flag |= FLAG_LOST_RETRANS;
}

/* The head of the queue was SACKed and is not acknowledged: was it thrown away (RFC 2018 section 8)? */
static bool check_sack_reneging(struct sock *sk, int *ack_flag)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	unsigned long delay;

	if (!(*ack_flag & FLAG_SACK_RENEGING) || !(*ack_flag & FLAG_SND_UNA_ADVANCED))
		return false;
	/* Acknowledgments may be reordered: wait for half a round trip. */
	delay = max(usecs_to_jiffies(tp->srtt_us >> 4), msecs_to_jiffies(10));
	inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS, delay, tcp_rto_max(sk));
	*ack_flag &= ~FLAG_SET_XMIT_TIMER;
	return true;
}

/* F-RTO, RFC 5682 section 3.1. Return: whether all is said. */
static bool process_frto(struct sock *sk, int flag, int num_dupack, bool recovered,
			 enum tcp_rexmit *rexmit)
{
	struct tcp_sock *tp = tcp_sk(sk);

	/* Step 3b: the original of what was sent before the timeout arrived. */
	if ((flag & FLAG_ORIG_SACK_ACKED) && tcp_try_undo_loss(sk, true))
		return true;
	if (after(tp->snd_nxt, tp->high_seq)) {
		if ((flag & FLAG_DATA_SACKED) || num_dupack)
			tp->frto = 0; /* step 3a: it was a loss */
	} else if ((flag & FLAG_SND_UNA_ADVANCED) && !recovered) {
		tp->high_seq = tp->snd_nxt;
		/* Step 2b: new data will tell. */
		if (!tcp_write_queue_empty(sk) && after(tcp_wnd_end(tp), tp->snd_nxt)) {
			*rexmit = REXMIT_NEW;
			return true;
		}
		tp->frto = 0;
	}
	return false;
}

static void process_loss(struct sock *sk, int flag, int num_dupack, enum tcp_rexmit *rexmit)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool recovered = !before(tp->snd_una, tp->high_seq);

	if (((flag & FLAG_SND_UNA_ADVANCED) || tp->fastopen_rsk) && tcp_try_undo_loss(sk, false))
		return;
	if (tp->frto && process_frto(sk, flag, num_dupack, recovered, rexmit))
		return;
	if (recovered) {
		tcp_try_undo_recovery(sk);
		return;
	}
	if (tcp_is_reno(tp)) {
		/* Duplicates of what was sent after the timeout say something, older ones don't. */
		if (after(tp->snd_nxt, tp->high_seq) && num_dupack)
			tcp_add_reno_sack(sk, num_dupack, flag & FLAG_ECE);
		else if (flag & FLAG_SND_UNA_ADVANCED)
			tcp_reset_reno_sack(tp);
	}
	*rexmit = REXMIT_LOST;
}

/* The largest probe did not pass; the rest did. */
static void mtup_probe_failed(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	icsk->icsk_mtup.search_high = (int)icsk->icsk_mtup.probe_size - 1;
	icsk->icsk_mtup.probe_size = 0;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMTUPFAIL);
}

/* Everything of a reduction is acknowledged. Return: whether all is said. */
static bool leave_state(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	switch (inet_csk(sk)->icsk_ca_state) {
	case TCP_CA_CWR:
		/* Something above high_seq as well, so that it is the reduced window's. */
		if (tp->snd_una != tp->high_seq) {
			tcp_end_cwnd_reduction(sk);
			tcp_set_ca_state(sk, TCP_CA_Open);
		}
		break;
	case TCP_CA_Recovery:
		if (tcp_is_reno(tp))
			tcp_reset_reno_sack(tp);
		if (tcp_try_undo_recovery(sk))
			return true;
		tcp_end_cwnd_reduction(sk);
		break;
	default:
		break;
	}
	return false;
}

/* In Recovery. Return: whether all is said. */
static bool in_recovery(struct sock *sk, u32 prior_snd_una, int num_dupack, int *ack_flag)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool ece_ack = *ack_flag & FLAG_ECE;

	if (!(*ack_flag & FLAG_SND_UNA_ADVANCED)) {
		if (tcp_is_reno(tp))
			tcp_add_reno_sack(sk, num_dupack, ece_ack);
	} else if (tcp_try_undo_partial(sk, prior_snd_una)) {
		return true;
	}
	if (tcp_try_undo_dsack(sk))
		try_to_open(sk, *ack_flag);
	identify_packet_loss(sk, ack_flag);
	if (inet_csk(sk)->icsk_ca_state != TCP_CA_Recovery) {
		if (!tp->lost_out)
			return true;
		tcp_enter_recovery(sk, ece_ack);
	}
	return false;
}

/* In Open, Disorder or CWR. Return: whether all is said. */
static bool before_recovery(struct sock *sk, int num_dupack, int *ack_flag)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	bool ece_ack = *ack_flag & FLAG_ECE;

	if (tcp_is_reno(tp)) {
		if (*ack_flag & FLAG_SND_UNA_ADVANCED)
			tcp_reset_reno_sack(tp);
		tcp_add_reno_sack(sk, num_dupack, ece_ack);
	}
	if (icsk->icsk_ca_state <= TCP_CA_Disorder)
		tcp_try_undo_dsack(sk);
	identify_packet_loss(sk, ack_flag);
	if (!tp->lost_out) {
		try_to_open(sk, *ack_flag);
		return true;
	}
	if (icsk->icsk_ca_state < TCP_CA_CWR && icsk->icsk_mtup.probe_size &&
	    tp->snd_una == tp->mtu_probe.probe_seq_start) {
		mtup_probe_failed(sk);
		/* The probe's loss says nothing about congestion. */
		tcp_snd_cwnd_set(tp, tcp_snd_cwnd(tp) + 1);
		tcp_simple_retransmit(sk);
		return true;
	}
	tcp_enter_recovery(sk, ece_ack);
	return false;
}

/* A timeout's recovery is over: how long it took, for TCP_INFO. */
static void update_rto_time(struct tcp_sock *tp)
{
	if (!tp->rto_stamp)
		return;
	tp->total_rto_time += tcp_time_stamp_ms(tp) - tp->rto_stamp;
	tp->rto_stamp = 0;
}

static bool in_loss(struct sock *sk, int num_dupack, int *ack_flag, enum tcp_rexmit *rexmit)
{
	process_loss(sk, *ack_flag, num_dupack, rexmit);
	if (inet_csk(sk)->icsk_ca_state != TCP_CA_Loss)
		update_rto_time(tcp_sk(sk));
	identify_packet_loss(sk, ack_flag);
	/* A lost retransmission makes it a new recovery. */
	if (inet_csk(sk)->icsk_ca_state != TCP_CA_Open && !(*ack_flag & FLAG_LOST_RETRANS))
		return true;
	return before_recovery(sk, num_dupack, ack_flag);
}

/*
 * An acknowledgment that is not plain. @num_dupack: duplicates that it stands for. What is to be sent
 * afterwards is said in *@rexmit.
 */
void tcp_fastretrans_alert(struct sock *sk, u32 prior_snd_una, int num_dupack, int *ack_flag,
			   enum tcp_rexmit *rexmit)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	bool done;

	if (!tp->packets_out && tp->sacked_out)
		tp->sacked_out = 0;
	/* Congestion was real: nothing to undo. */
	if (*ack_flag & FLAG_ECE)
		tp->prior_ssthresh = 0;
	if (check_sack_reneging(sk, ack_flag))
		return;
	tcp_verify_left_out(tp);
	if (icsk->icsk_ca_state == TCP_CA_Open)
		tp->retrans_stamp = 0;
	else if (!before(tp->snd_una, tp->high_seq) && leave_state(sk))
		return;
	switch (icsk->icsk_ca_state) {
	case TCP_CA_Recovery:
		done = in_recovery(sk, prior_snd_una, num_dupack, ack_flag);
		break;
	case TCP_CA_Loss:
		done = in_loss(sk, num_dupack, ack_flag, rexmit);
		break;
	default:
		done = before_recovery(sk, num_dupack, ack_flag);
	}
	if (!done)
		*rexmit = REXMIT_LOST;
}
