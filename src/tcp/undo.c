// SPDX-License-Identifier: BSD-2-Clause
/*
 * A reduction that was wrong is taken back.
 *
 * It was when all that was sent again arrives twice (D-SACK, RFC 3708), or when the acknowledgment echoes
 * a timestamp from before the retransmission (Eifel, RFC 3522).
 */
#include "tcp/tcp.h"

void tcp_init_undo(struct tcp_sock *tp)
{
	tp->undo_marker = tp->snd_una;
	tp->undo_retrans = (int)tp->retrans_out;
	/* A tail loss probe came first, and may have arrived twice as well. */
	if (tp->tlp_high_seq && tp->tlp_retrans)
		tp->undo_retrans++;
	if (!tp->undo_retrans)
		tp->undo_retrans = -1;
}

/* What the peer echoes is older than @when, on the timestamp clock. */
bool tcp_tsopt_ecr_before(const struct tcp_sock *tp, u32 when)
{
	return tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr && before(tp->rx_opt.rcv_tsecr, when);
}

/* The original arrived, not what was sent again. */
bool tcp_skb_spurious_retrans(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	return (TCP_SKB_CB(skb)->sacked & TCPCB_RETRANS) &&
	       tcp_tsopt_ecr_before(tp, tcp_skb_timestamp_ts(skb));
}

/* The segment was only late. */
static bool packet_delayed(const struct tcp_sock *tp)
{
	if (tp->retrans_stamp && tcp_tsopt_ecr_before(tp, tp->retrans_stamp))
		return true;
	/* Nothing was sent again at all; not so for a SYN, whose retransmissions are not counted. */
	return !tp->retrans_stamp && ((const struct sock *)tp)->sk_state != TCP_SYN_SENT;
}

static bool may_undo(const struct tcp_sock *tp)
{
	return tp->undo_marker && (!tp->undo_retrans || packet_delayed(tp));
}

static void undo_cwnd_reduction(struct sock *sk, bool unmark_loss)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;

	if (unmark_loss) {
		for (skb = tcp_rtx_queue_head(sk); skb; skb = skb_rb_next(skb))
			TCP_SKB_CB(skb)->sacked &= (u8)~TCPCB_LOST;
		tp->lost_out = 0;
		tcp_clear_all_retrans_hints(tp);
	}
	if (tp->prior_ssthresh) {
		tcp_snd_cwnd_set(tp, inet_csk(sk)->icsk_ca_ops->undo_cwnd(sk));
		if (tp->prior_ssthresh > tp->snd_ssthresh) {
			tp->snd_ssthresh = tp->prior_ssthresh;
			tcp_ecn_withdraw_cwr(tp);
		}
	}
	tp->snd_cwnd_stamp = tcp_jiffies32;
	tp->undo_marker = 0;
	/* What RACK took for lost is to be looked at again. */
	tp->rack.advanced = 1;
}

/* Without SACK: stay in recovery until something above high_seq is acknowledged (RFC 6582). */
static bool non_sack_preventing_reopen(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->snd_una != tp->high_seq || !tcp_is_reno(tp))
		return false;
	if (!tcp_any_retrans_done(sk))
		tp->retrans_stamp = 0;
	return true;
}

/* All of it is acknowledged. Return: whether the state stays. */
bool tcp_try_undo_recovery(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (may_undo(tp)) {
		bool loss = inet_csk(sk)->icsk_ca_state == TCP_CA_Loss;

		undo_cwnd_reduction(sk, false);
		NET_INC_STATS(sock_net(sk), loss ? LINUX_MIB_TCPLOSSUNDO : LINUX_MIB_TCPFULLUNDO);
	} else if (tp->rack.reo_wnd_persist) {
		tp->rack.reo_wnd_persist--;
	}
	if (non_sack_preventing_reopen(sk))
		return true;
	tcp_set_ca_state(sk, TCP_CA_Open);
	tp->is_sack_reneg = 0;
	return false;
}

bool tcp_try_undo_dsack(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->undo_marker || tp->undo_retrans)
		return false;
	tp->rack.reo_wnd_persist = (u8)min(TCP_RACK_RECOVERY_THRESH, tp->rack.reo_wnd_persist + 1) &
				   0x1f;
	undo_cwnd_reduction(sk, false);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPDSACKUNDO);
	return true;
}

/* A part is acknowledged. Return: whether nothing else is to be done. */
bool tcp_try_undo_partial(struct sock *sk, u32 prior_snd_una)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->undo_marker || !packet_delayed(tp))
		return false;
	/* It was reordering, and now it is known how much. */
	tcp_check_sack_reordering(sk, prior_snd_una, 1);
	/* What was sent again meanwhile may tell more. */
	if (tp->retrans_out)
		return true;
	if (!tcp_any_retrans_done(sk))
		tp->retrans_stamp = 0;
	undo_cwnd_reduction(sk, true);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPPARTIALUNDO);
	tcp_try_keep_open(sk);
	return false;
}

/* Was the timeout wrong? Return: whether it is over. */
bool tcp_try_undo_loss(struct sock *sk, bool frto_undo)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!frto_undo && !may_undo(tp))
		return false;
	undo_cwnd_reduction(sk, true);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPLOSSUNDO);
	if (frto_undo)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSPURIOUSRTOS);
	inet_csk(sk)->icsk_retransmits = 0;
	if (non_sack_preventing_reopen(sk))
		return true;
	if (frto_undo || tcp_is_sack(tp)) {
		tcp_set_ca_state(sk, TCP_CA_Open);
		tp->is_sack_reneg = 0;
	}
	return true;
}
