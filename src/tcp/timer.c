// SPDX-License-Identifier: BSD-2-Clause
/*
 * A connection's timers: for retransmission (or a window probe, a tail loss probe, the end of a
 * reordering window: icsk_pending says which, there is only ever one of them), for delayed
 * acknowledgments, for keepalive and for FIN_WAIT2 without an owner, for pacing, and for
 * acknowledgments that are held back.
 *
 * One timer of the host serves all of them: sk_timer, which is armed for the earliest in icsk_due, or
 * before that. Nearly every segment arms or stops one, and nearly none is ever due; so to stop one
 * or to move it to a later time touches icsk_due alone. sk_timer then goes off for nothing, once, and
 * is armed for the next one. All are stopped when the socket ends, so none keeps a reference to it.
 */
#include "tcp/output.h"

#include <linux/rtnetlink.h>

/* Least retransmission timeout, jiffies: the route's, or the socket's, which begins as the host's. */
u32 tcp_rto_min(const struct sock *sk)
{
	const struct dst_entry *dst = sk->sk_dst_cache;

	if (dst && dst_metric_locked(dst, RTAX_RTO_MIN))
		return (u32)min(msecs_to_jiffies(dst_metric(dst, RTAX_RTO_MIN)),
				(unsigned long)TCP_RTO_MAX);
	return inet_csk(sk)->icsk_rto_min;
}

/* How long a half-closed connection without an owner stays, jiffies. */
u32 tcp_fin_time(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int fin_timeout = tp->linger2 ? tp->linger2 * HZ : tcp_net_sk(sk)->sysctl_tcp_fin_timeout;
	int rto = (int)inet_csk(sk)->icsk_rto;

	return (u32)max(fin_timeout, (rto << 2) - (rto >> 1));
}

u32 keepalive_time_when(const struct tcp_sock *tp)
{
	return tp->keepalive_time ?
		       (u32)tp->keepalive_time * HZ :
		       (u32)tcp_net_sk((const struct sock *)tp)->sysctl_tcp_keepalive_time;
}

u32 keepalive_intvl_when(const struct tcp_sock *tp)
{
	return tp->keepalive_intvl ?
		       (u32)tp->keepalive_intvl * HZ :
		       (u32)tcp_net_sk((const struct sock *)tp)->sysctl_tcp_keepalive_intvl;
}

int keepalive_probes(const struct tcp_sock *tp)
{
	return tp->keepalive_probes ?
		       tp->keepalive_probes :
		       tcp_net_sk((const struct sock *)tp)->sysctl_tcp_keepalive_probes;
}

/* Since anything came, jiffies. */
u32 keepalive_time_elapsed(const struct tcp_sock *tp)
{
	u32 now = tcp_jiffies32;

	return min(now - tp->inet_conn.icsk_ack.lrcvtime, now - tp->rcv_tstamp);
}

static unsigned int log2_of(unsigned long v)
{
	return v ? (unsigned int)(BITS_PER_LONG - 1 - __builtin_clzl(v)) : 0;
}

unsigned long tcp_probe0_base(const struct sock *sk)
{
	return max(inet_csk(sk)->icsk_rto, TCP_RTO_MIN);
}

/* When the next window probe is due, jiffies from now. */
unsigned long tcp_probe0_when(const struct sock *sk, unsigned long max_when)
{
	unsigned int doublings = log2_of(tcp_rto_max(sk) / TCP_RTO_MIN) + 1;

	doublings = min(doublings, (unsigned int)inet_csk(sk)->icsk_backoff);
	return min(tcp_probe0_base(sk) << doublings, max_when);
}

/* No later than TCP_USER_TIMEOUT, counted from the first probe. */
u32 tcp_clamp_probe0_to_user_timeout(const struct sock *sk, u32 when)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	s64 elapsed, left;

	if (!icsk->icsk_user_timeout || !icsk->icsk_probes_tstamp)
		return when;
	elapsed = max((s32)(tcp_jiffies32 - icsk->icsk_probes_tstamp), 0);
	left = (s64)msecs_to_jiffies(icsk->icsk_user_timeout) - elapsed;
	return (u32)min_t(s64, max_t(s64, left, TCP_TIMEOUT_MIN), when);
}

void tcp_timer_set_ns(struct sock *sk, enum inet_csk_timer which, ktime_t when)
{
	inet_csk(sk)->icsk_due[which] = when;
	if (!timer_pending(&sk->sk_timer) || when < sk->sk_timer.when)
		mod_timer_ns(&sk->sk_timer, when);
}

void tcp_timer_set(struct sock *sk, enum inet_csk_timer which, long delay)
{
	tcp_timer_set_ns(sk, which, tcp_jiffies_ahead(delay));
}

void inet_csk_clear_xmit_timer(struct sock *sk, int what)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (what == ICSK_TIME_DACK) {
		tcp_timer_stop(sk, ICSK_TIMER_DELACK);
		icsk->icsk_ack.pending = 0;
		icsk->icsk_ack.retry = 0;
	} else {
		icsk->icsk_pending = 0;
		tcp_timer_stop(sk, ICSK_TIMER_WRITE);
	}
}

/**
 * inet_csk_reset_xmit_timer() - arm a timer
 * @sk: the socket
 * @what: ICSK_TIME_*
 * @when: jiffies from now
 * @max_when: no more than that
 */
void inet_csk_reset_xmit_timer(struct sock *sk, int what, unsigned long when,
			       unsigned long max_when)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	when = min(when, max_when);
	if (what == ICSK_TIME_DACK) {
		icsk->icsk_ack.pending |= ICSK_ACK_TIMER;
		icsk->icsk_ack.timeout = tcp_jiffies32 + (u32)when;
		tcp_timer_set(sk, ICSK_TIMER_DELACK, (long)when);
	} else {
		icsk->icsk_pending = (u8)what;
		tcp_timer_set(sk, ICSK_TIMER_WRITE, (long)when);
	}
}

/* The same within tcp_rto_max(); with @pace_delay, after what waits for its turn has left. */
void tcp_reset_xmit_timer(struct sock *sk, int what, unsigned long when, bool pace_delay)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	s64 wait = (s64)(tp->tcp_wstamp_ns - tp->tcp_clock_cache);

	if (pace_delay && wait > 0)
		when += nsecs_to_jiffies((u64)wait);
	inet_csk_reset_xmit_timer(sk, what, when, tcp_rto_max(sk));
}

void inet_csk_reset_keepalive_timer(struct sock *sk, unsigned long len)
{
	tcp_timer_set(sk, ICSK_TIMER_KEEPALIVE, (long)len);
}

void inet_csk_delete_keepalive_timer(struct sock *sk)
{
	tcp_timer_stop(sk, ICSK_TIMER_KEEPALIVE);
}

void tcp_set_keepalive(struct sock *sk, int val)
{
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (val && !sock_flag(sk, SOCK_KEEPOPEN))
		inet_csk_reset_keepalive_timer(sk, keepalive_time_when(tcp_sk(sk)));
	else if (!val)
		inet_csk_delete_keepalive_timer(sk);
}

/* TCP_KEEPIDLE. @val: seconds. Return: 0 or -EINVAL. */
int tcp_keepalive_set_keepidle(struct sock *sk, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 elapsed;

	if (val < 1 || val > MAX_TCP_KEEPIDLE)
		return -EINVAL;
	tp->keepalive_time = (u16)val;
	if (sock_flag(sk, SOCK_KEEPOPEN) && !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))) {
		elapsed = keepalive_time_elapsed(tp);
		inet_csk_reset_keepalive_timer(sk, keepalive_time_when(tp) > elapsed ?
							   keepalive_time_when(tp) - elapsed :
							   0);
	}
	return 0;
}

static void write_due(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	int event = icsk->icsk_pending;

	if (((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)) || !event)
		return;
	tcp_mstamp_refresh(tcp_sk(sk));
	switch (event) {
	case ICSK_TIME_REO_TIMEOUT:
		tcp_rack_reo_timeout(sk);
		break;
	case ICSK_TIME_LOSS_PROBE:
		tcp_send_loss_probe(sk);
		break;
	case ICSK_TIME_RETRANS:
		icsk->icsk_pending = 0;
		tcp_retransmit_timer(sk);
		break;
	case ICSK_TIME_PROBE0:
		icsk->icsk_pending = 0;
		tcp_probe_timer(sk);
		break;
	}
}

/* Acknowledgments that were held back are sent now, as one. */
static void send_compressed(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->compressed_ack)
		return;
	/* One of them is sent: it does not count as held back. */
	tp->compressed_ack--;
	tcp_mstamp_refresh(tp);
	tcp_send_ack(sk);
}

/* Nothing came that the acknowledgment could ride on: the next one waits longer, or less. */
static void delack_missed(struct inet_connection_sock *icsk)
{
	if (inet_csk_in_pingpong_mode((struct sock *)icsk)) {
		inet_csk_exit_pingpong_mode((struct sock *)icsk);
		icsk->icsk_ack.ato = TCP_ATO_MIN;
	} else {
		u32 ato = min((u32)icsk->icsk_ack.ato << 1, icsk->icsk_rto);

		icsk->icsk_ack.ato = min(ato, TCP_DELACK_MAX) & 0xff;
	}
}

static void delack_due(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (tcp_sk(sk)->compressed_ack) {
		send_compressed(sk);
		return;
	}
	if (!(icsk->icsk_ack.pending & ICSK_ACK_TIMER))
		return;
	icsk->icsk_ack.pending &= (u8)~ICSK_ACK_TIMER;
	if (!inet_csk_ack_scheduled(sk))
		return;
	delack_missed(icsk);
	tcp_mstamp_refresh(tcp_sk(sk));
	tcp_send_ack(sk);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_DELAYEDACKS);
}

static void (*const on_due[ICSK_TIMERS])(struct sock *sk) = {
	[ICSK_TIMER_WRITE] = write_due,
	[ICSK_TIMER_DELACK] = delack_due,
	[ICSK_TIMER_KEEPALIVE] = tcp_keepalive_timer,
	[ICSK_TIMER_PACING] = tcp_tsq_handler,
	[ICSK_TIMER_COMPRESSED_ACK] = send_compressed,
};

static void arm_for_next(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	ktime_t next = KTIME_MAX;

	for (int i = 0; i < ICSK_TIMERS; i++)
		next = min(next, icsk->icsk_due[i]);
	if (next != KTIME_MAX && (!timer_pending(&sk->sk_timer) || next < sk->sk_timer.when))
		mod_timer_ns(&sk->sk_timer, next);
}

/* What is due later than now, but should have been by the clock, goes off in its turn. */
static void sock_timer(struct timer_list *t)
{
	struct sock *sk = from_timer(sk, t, sk_timer);
	struct inet_connection_sock *icsk = inet_csk(sk);
	ktime_t now = t->when;

	sock_hold(sk);
	for (int i = 0; i < ICSK_TIMERS; i++) {
		if (icsk->icsk_due[i] > now)
			continue;
		icsk->icsk_due[i] = KTIME_MAX;
		on_due[i](sk);
	}
	arm_for_next(sk);
	sock_put(sk);
}

static void stop_all(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	icsk->icsk_pending = 0;
	icsk->icsk_ack.pending = 0;
	for (int i = 0; i < ICSK_TIMERS; i++)
		icsk->icsk_due[i] = KTIME_MAX;
}

/* For a socket that was made just now. */
void tcp_init_xmit_timers(struct sock *sk)
{
	timer_setup_net(&sk->sk_timer, sock_net(sk), sock_timer, 0);
	stop_all(sk);
	tcp_tsq_init(tcp_sk(sk));
}

/* No timer goes off any more until one is armed again. */
void tcp_clear_xmit_timers(struct sock *sk)
{
	stop_all(sk);
	del_timer(&sk->sk_timer);
}
