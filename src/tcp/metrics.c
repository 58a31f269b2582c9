// SPDX-License-Identifier: BSD-2-Clause
/* What is known of a path beforehand: what its route says. */
#include "tcp/tcp.h"

/* RFC 6928, unless the route says otherwise. */
u32 tcp_init_cwnd(const struct tcp_sock *tp, const struct dst_entry *dst)
{
	u32 cwnd = dst ? dst_metric(dst, RTAX_INITCWND) : 0;

	return min(cwnd ? cwnd : TCP_INIT_CWND, tp->snd_cwnd_clamp);
}

static void from_route(struct sock *sk, const struct dst_entry *dst)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 val;

	if (dst_metric_locked(dst, RTAX_CWND))
		tp->snd_cwnd_clamp = max(dst_metric(dst, RTAX_CWND), 1U);
	val = dst_metric(dst, RTAX_SSTHRESH);
	if (val)
		tp->snd_ssthresh = min(val, tp->snd_cwnd_clamp);
	val = dst_metric(dst, RTAX_REORDERING);
	if (val)
		tp->reordering = val;
}

void tcp_init_metrics(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (sk->sk_dst_cache)
		from_route(sk, sk->sk_dst_cache);
	if (tp->srtt_us)
		return;
	/* The SYN was sent again, so that its round trip is not known (RFC 6298 section 5.7). */
	tp->rttvar_us = jiffies_to_usecs(TCP_TIMEOUT_FALLBACK);
	tp->mdev_us = tp->mdev_max_us = tp->rttvar_us;
	inet_csk(sk)->icsk_rto = TCP_TIMEOUT_FALLBACK;
}
