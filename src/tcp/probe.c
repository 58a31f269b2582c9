// SPDX-License-Identifier: BSD-2-Clause
/* Segments that make the peer answer: probes of a closed window (RFC 9293 section 3.8.6.1). */
#include "tcp/output.h"

/*
 * Without data, one below what is acknowledged, so that it is out of the window and answered; with
 * @urgent, where the urgent pointer has to be seen: at snd_una.
 */
int tcp_xmit_probe_skb(struct sock *sk, int urgent, int mib)
{
	struct sk_buff *skb;

	skb = tcp_alloc_control(GFP_ATOMIC, tcp_sk(sk)->snd_una - !urgent, TCPHDR_ACK);
	if (!skb)
		return -1;
	NET_INC_STATS(sock_net(sk), mib);
	return tcp_transmit_skb(sk, skb, 0, 0);
}

/* As much of the head as the window takes: it is not closed, only too small to be worth a segment. */
static int send_into_window(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned int mss = tcp_current_mss(sk);
	u32 size = tcp_wnd_end(tp) - tcb->seq;
	int err;

	if (before(tp->pushed_seq, tcb->end_seq))
		tp->pushed_seq = tcb->end_seq;
	if (size < tcb->end_seq - tcb->seq || skb->len > mss) {
		size = min(size, mss);
		size = min(size, skb->len);
		tcb->tcp_flags |= TCPHDR_PSH;
		if (tcp_fragment(sk, TCP_FRAG_IN_WRITE_QUEUE, skb, size, mss, GFP_ATOMIC))
			return -1;
	} else if (!tcp_skb_pcount(skb)) {
		tcp_set_skb_tso_segs(skb, mss);
	}
	tcb->tcp_flags |= TCPHDR_PSH;
	err = tcp_transmit_skb(sk, skb, 1, GFP_ATOMIC);
	if (!err && tcp_event_new_data_sent(sk, skb))
		tcp_rearm_rto(sk);
	return err;
}

/* Send something that is answered. Return: 0; above: congestion here; below: it was not sent. */
int tcp_write_wakeup(struct sock *sk, int mib)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;

	if (sk->sk_state == TCP_CLOSE)
		return -1;
	skb = tcp_send_head(sk);
	if (skb && before(TCP_SKB_CB(skb)->seq, tcp_wnd_end(tp)))
		return send_into_window(sk, skb);
	if (between(tp->snd_up, tp->snd_una + 1, tp->snd_una + 0xFFFF))
		tcp_xmit_probe_skb(sk, 1, mib);
	return tcp_xmit_probe_skb(sk, 0, mib);
}

/* A window probe, and the timer for the next one: at intervals that double like timeouts. */
void tcp_send_probe0(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	unsigned long timeout = TCP_RESOURCE_PROBE_INTERVAL;
	int err = tcp_write_wakeup(sk, LINUX_MIB_TCPWINPROBE);

	if (tp->packets_out || tcp_write_queue_empty(sk)) {
		icsk->icsk_probes_out = 0;
		icsk->icsk_backoff = 0;
		icsk->icsk_probes_tstamp = 0;
		return;
	}
	tcp_count_once_more(&icsk->icsk_probes_out);
	if (err <= 0) {
		if (icsk->icsk_backoff < tcp_net_sk(sk)->sysctl_tcp_retries2)
			icsk->icsk_backoff++;
		timeout = tcp_probe0_when(sk, tcp_rto_max(sk));
	}
	timeout = tcp_clamp_probe0_to_user_timeout(sk, (u32)timeout);
	tcp_reset_xmit_timer(sk, ICSK_TIME_PROBE0, timeout, true);
}
