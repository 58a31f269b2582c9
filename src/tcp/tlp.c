// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tail loss probes, RFC 8985 section 7: when the end of what was sent is lost, nothing comes back that
 * would tell. So, two round trips after the last segment, one more is sent: new data, or the last
 * segment again. Its acknowledgment shows what is missing before the retransmission timeout.
 */
#include "tcp/output.h"

/* Microseconds until the retransmission timeout, as counted from the first segment. */
static s64 rto_left_us(const struct sock *sk)
{
	const struct sk_buff *skb = tcp_rtx_queue_head(sk);
	u32 rto_us = jiffies_to_usecs(inet_csk(sk)->icsk_rto);

	if (WARN_ON_ONCE(!skb))
		return rto_us;
	return (s64)(tcp_skb_timestamp_us(skb) + rto_us - tcp_sk(sk)->tcp_mstamp);
}

static bool may_schedule(const struct sock *sk)
{
	int mode = tcp_net_sk(sk)->sysctl_tcp_early_retrans;
	const struct tcp_sock *tp = tcp_sk(sk);
	u8 state = inet_csk(sk)->icsk_ca_state;

	return tp->packets_out && !tp->fastopen_rsk && (mode == 3 || mode == 4) &&
	       tcp_is_sack(tp) && (state == TCP_CA_Open || state == TCP_CA_CWR);
}

/* Section 7.2: microseconds. The only segment out there may have its acknowledgment delayed. */
static u32 probe_timeout_us(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->srtt_us)
		return jiffies_to_usecs(TCP_TIMEOUT_INIT);
	return (tp->srtt_us >> 2) +
	       (tp->packets_out == 1 ? jiffies_to_usecs(tcp_rto_min(sk)) : TCP_TIMEOUT_MIN_US);
}

/**
 * tcp_schedule_loss_probe() - arm the timer for a probe, instead of that for retransmission
 * @sk: the socket
 * @advancing_rto: the latter would be counted from now, not from when the first segment was sent
 *
 * Return: false when there is to be no probe: nothing has changed.
 */
bool tcp_schedule_loss_probe(struct sock *sk, bool advancing_rto)
{
	s64 left, us;

	if (!may_schedule(sk))
		return false;
	us = probe_timeout_us(sk);
	left = advancing_rto ? (s64)jiffies_to_usecs(inet_csk(sk)->icsk_rto) : rto_left_us(sk);
	if (left > 0)
		us = min(us, left);
	tcp_reset_xmit_timer(sk, ICSK_TIME_LOSS_PROBE, usecs_to_jiffies((unsigned int)us), true);
	return true;
}

/* Send the last segment again. Return: whether that was done. */
static bool resend_last(struct sock *sk, unsigned int mss)
{
	struct sk_buff *skb = tcp_rtx_queue_tail(sk);
	u32 keep;

	if (tcp_skb_still_in_host_queue(sk, skb))
		return false;
	keep = (u32)(tcp_skb_pcount(skb) - 1) * mss;
	if (tcp_skb_pcount(skb) > 1 && skb->len > keep) {
		if (tcp_fragment(sk, TCP_FRAG_IN_RTX_QUEUE, skb, keep, mss, GFP_ATOMIC))
			return false;
		skb = skb_rb_next(skb);
	}
	if (WARN_ON(!skb || !tcp_skb_pcount(skb)) || __tcp_retransmit_skb(sk, skb, 1))
		return false;
	tcp_sk(sk)->tlp_retrans = 1;
	return true;
}

/* New data if the window of the peer lets it. Return: whether some was sent. */
static bool send_new(struct sock *sk, unsigned int mss)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 before_out = tp->packets_out;

	tcp_write_xmit(sk, mss, TCP_NAGLE_OFF, 2, GFP_ATOMIC);
	return tp->packets_out > before_out;
}

/* The timer went off. */
void tcp_send_loss_probe(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned int mss = tcp_current_mss(sk);
	struct sk_buff *skb = tcp_send_head(sk);
	bool sent = false;

	/* One probe at a time. */
	if (!tp->tlp_high_seq) {
		tp->tlp_retrans = 0;
		if (skb && tcp_snd_wnd_test(tp, skb, mss)) {
			sent = send_new(sk, mss);
		} else if (WARN_ON_ONCE(tcp_rtx_queue_empty(sk))) {
			inet_csk(sk)->icsk_pending = 0;
			return;
		} else {
			sent = resend_last(sk, mss);
		}
	}
	if (sent) {
		tp->tlp_high_seq = tp->snd_nxt;
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPLOSSPROBES);
		/* So that the timeout is counted from now. */
		inet_csk(sk)->icsk_pending = 0;
	}
	tcp_rearm_rto(sk);
}
