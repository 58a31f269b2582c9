// SPDX-License-Identifier: BSD-2-Clause
/*
 * What keeps the sender from sending more: counted for the program (TCP_INFO's busy, window-limited
 * and buffer-limited times), and told to the congestion window, which must not grow, and shrinks in
 * the end, while it is not used (RFC 7661, RFC 2861).
 */
#include "tcp/output.h"

static void chrono_set(struct tcp_sock *tp, enum tcp_chrono type)
{
	u32 now = tcp_jiffies32;

	if (tp->chrono_type > TCP_CHRONO_UNSPEC)
		tp->chrono_stat[tp->chrono_type - 1] += now - tp->chrono_start;
	tp->chrono_start = now;
	tp->chrono_type = type & 3;
}

/* A higher type is a reason within a lower one: only the highest counts. */
void tcp_chrono_start(struct sock *sk, enum tcp_chrono type)
{
	if (type > tcp_sk(sk)->chrono_type)
		chrono_set(tcp_sk(sk), type);
}

void __tcp_chrono_stop(struct sock *sk, enum tcp_chrono type)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tcp_rtx_and_write_queues_empty(sk))
		chrono_set(tp, TCP_CHRONO_UNSPEC);
	else if (type == tp->chrono_type)
		chrono_set(tp, TCP_CHRONO_BUSY);
}

/* RFC 2861 section 3.2: the window was not used for a timeout's time: half way to what was. */
static void application_limited(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 used;

	if (inet_csk(sk)->icsk_ca_state == TCP_CA_Open && sk->sk_socket &&
	    !sock_flag(sk, SOCK_NOSPACE_WAIT)) {
		used = max(tp->snd_cwnd_used, tcp_init_cwnd(tp, sk->sk_dst_cache));
		if (used < tcp_snd_cwnd(tp)) {
			tp->snd_ssthresh = tcp_current_ssthresh(sk);
			tcp_snd_cwnd_set(tp, (tcp_snd_cwnd(tp) + used) >> 1);
		}
		tp->snd_cwnd_used = 0;
	}
	tp->snd_cwnd_stamp = tcp_jiffies32;
}

/* The window was not the limit. */
static void cwnd_not_used(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	tp->snd_cwnd_used = max(tp->snd_cwnd_used, tp->packets_out);
	if (tcp_net_sk(sk)->sysctl_tcp_slow_start_after_idle &&
	    (s32)(tcp_jiffies32 - tp->snd_cwnd_stamp) >= (s32)icsk->icsk_rto &&
	    !icsk->icsk_ca_ops->cong_control)
		application_limited(sk);
	/* All is sent, and the program waits for room: it is the send buffer. */
	if (tcp_write_queue_empty(sk) && sk->sk_socket && sock_flag(sk, SOCK_NOSPACE_WAIT) &&
	    ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)))
		tcp_chrono_start(sk, TCP_CHRONO_SNDBUF_LIMITED);
}

/* After sending: whether the congestion window was what ended it, remembered for a round trip. */
void tcp_cwnd_validate(struct sock *sk, bool is_cwnd_limited)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!before(tp->snd_una, tp->cwnd_usage_seq) || is_cwnd_limited ||
	    (!tp->is_cwnd_limited && tp->packets_out > tp->max_packets_out)) {
		tp->is_cwnd_limited = is_cwnd_limited;
		tp->max_packets_out = tp->packets_out;
		tp->cwnd_usage_seq = tp->snd_nxt;
	}
	if (tcp_is_cwnd_limited(sk)) {
		tp->snd_cwnd_used = 0;
		tp->snd_cwnd_stamp = tcp_jiffies32;
	} else {
		cwnd_not_used(sk);
	}
}
