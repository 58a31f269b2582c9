// SPDX-License-Identifier: BSD-2-Clause
/*
 * DCTCP, RFC 8257: the window is reduced by how much of the data met congestion.
 *
 * The receiver tells of each marked packet exactly; the sender keeps a moving average (alpha) of the
 * share that was marked, and reduces by half of it once per round trip.
 */
#include "tcp/tcp.h"

#define ALPHA_MAX 1024U
#define SHIFT_G 4 /* weight of the newest round: 1/16 */

/**
 * struct dctcp - in inet_csk_ca()
 * @old_delivered: tcp_sock.delivered when the round began
 * @old_delivered_ce: and delivered_ce
 * @prior_rcv_nxt: rcv_nxt when the last packet came
 * @alpha: share that is marked, in 1/1024
 * @next_seq: where the round ends
 * @ce_state: the last packet was marked
 * @loss_cwnd: window at the last loss
 */
struct dctcp {
	u32 old_delivered;
	u32 old_delivered_ce;
	u32 prior_rcv_nxt;
	u32 alpha;
	u32 next_seq;
	u32 ce_state;
	u32 loss_cwnd;
};

static struct dctcp *dctcp_ca(struct sock *sk)
{
	BUILD_BUG_ON(sizeof(struct dctcp) > ICSK_CA_PRIV_SIZE);
	return (struct dctcp *)inet_csk_ca(sk);
}

/* Without ECN it is Reno. */
static bool has_ecn(const struct sock *sk)
{
	return (tcp_sk(sk)->ecn_flags & TCP_ECN_OK) || sk->sk_state == TCP_LISTEN ||
	       sk->sk_state == TCP_CLOSE;
}

static void begin_round(const struct tcp_sock *tp, struct dctcp *ca)
{
	ca->next_seq = tp->snd_nxt;
	ca->old_delivered = tp->delivered;
	ca->old_delivered_ce = tp->delivered_ce;
}

static void dctcp_init(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct dctcp *ca = dctcp_ca(sk);

	memset(ca, 0, sizeof(*ca));
	if (!has_ecn(sk)) {
		inet_csk(sk)->icsk_ca_ops = &tcp_reno;
		return;
	}
	ca->prior_rcv_nxt = tp->rcv_nxt;
	/* The first mark counts as if all were marked (section 4.2). */
	ca->alpha = ALPHA_MAX;
	begin_round(tp, ca);
}

static u32 dctcp_ssthresh(struct sock *sk)
{
	u32 cwnd = tcp_snd_cwnd(tcp_sk(sk));
	struct dctcp *ca = dctcp_ca(sk);

	ca->loss_cwnd = cwnd;
	return max(cwnd - (cwnd * ca->alpha >> 11), 2U);
}

/* Section 3.3: at the end of a round. */
static void dctcp_in_ack(struct sock *sk, u32 flags)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct dctcp *ca = dctcp_ca(sk);
	u32 alpha = ca->alpha, delivered_ce;

	if (before(tp->snd_una, ca->next_seq))
		return;
	delivered_ce = tp->delivered_ce - ca->old_delivered_ce;
	alpha -= min(alpha, max(alpha >> SHIFT_G, alpha ? 1U : 0U));
	if (delivered_ce) {
		u32 delivered = tp->delivered - ca->old_delivered;

		delivered_ce <<= 10 - SHIFT_G;
		alpha = min(alpha + delivered_ce / max(1U, delivered), ALPHA_MAX);
	}
	ca->alpha = alpha;
	begin_round(tp, ca);
}

static void dctcp_react_to_loss(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	dctcp_ca(sk)->loss_cwnd = tcp_snd_cwnd(tp);
	tp->snd_ssthresh = max(tcp_snd_cwnd(tp) >> 1U, 2U);
}

/* Section 3.5: loss is answered as ever. */
static void dctcp_set_state(struct sock *sk, u8 new_state)
{
	u8 old = inet_csk(sk)->icsk_ca_state;

	if (new_state == TCP_CA_Recovery && old != TCP_CA_Recovery)
		dctcp_react_to_loss(sk);
}

/* Section 3.2: when marks begin or end, what came before is acknowledged at once, as it was. */
static void ce_changes(struct sock *sk, bool ce)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct dctcp *ca = dctcp_ca(sk);

	if (ca->ce_state != ce) {
		if (inet_csk(sk)->icsk_ack.pending & ICSK_ACK_TIMER) {
			/* ECE as of the packets before this one. */
			if (ca->ce_state)
				tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
			else
				tp->ecn_flags &= (u8)~TCP_ECN_DEMAND_CWR;
			__tcp_send_ack(sk, ca->prior_rcv_nxt);
		}
		inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_NOW;
	}
	ca->prior_rcv_nxt = tp->rcv_nxt;
	ca->ce_state = ce;
	if (ce)
		tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
	else
		tp->ecn_flags &= (u8)~TCP_ECN_DEMAND_CWR;
}

static void dctcp_cwnd_event(struct sock *sk, enum tcp_ca_event ev)
{
	switch (ev) {
	case CA_EVENT_ECN_IS_CE:
	case CA_EVENT_ECN_NO_CE:
		ce_changes(sk, ev == CA_EVENT_ECN_IS_CE);
		break;
	case CA_EVENT_LOSS:
		dctcp_react_to_loss(sk);
		break;
	default:
		break;
	}
}

static size_t dctcp_get_info(struct sock *sk, u32 ext, int *attr, union tcp_cc_info *info)
{
	const struct dctcp *ca = dctcp_ca(sk);

	if (!(ext & (1U << (INET_DIAG_DCTCPINFO - 1))) &&
	    !(ext & (1U << (INET_DIAG_VEGASINFO - 1))))
		return 0;
	memset(&info->dctcp, 0, sizeof(info->dctcp));
	info->dctcp.dctcp_enabled = 1;
	info->dctcp.dctcp_ce_state = (u16)ca->ce_state;
	info->dctcp.dctcp_alpha = ca->alpha;
	info->dctcp.dctcp_ab_ecn =
		tcp_sk(sk)->mss_cache * (tcp_sk(sk)->delivered_ce - ca->old_delivered_ce);
	info->dctcp.dctcp_ab_tot =
		tcp_sk(sk)->mss_cache * (tcp_sk(sk)->delivered - ca->old_delivered);
	*attr = INET_DIAG_DCTCPINFO;
	return sizeof(info->dctcp);
}

static u32 dctcp_undo_cwnd(struct sock *sk)
{
	return max(tcp_snd_cwnd(tcp_sk(sk)), dctcp_ca(sk)->loss_cwnd);
}

struct tcp_congestion_ops tcp_dctcp = {
	.flags = TCP_CONG_NON_RESTRICTED | TCP_CONG_NEEDS_ECN,
	.name = "dctcp",
	.priv_size = sizeof(struct dctcp),
	.init = dctcp_init,
	.in_ack_event = dctcp_in_ack,
	.cwnd_event = dctcp_cwnd_event,
	.ssthresh = dctcp_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = dctcp_undo_cwnd,
	.set_state = dctcp_set_state,
	.get_info = dctcp_get_info,
};
