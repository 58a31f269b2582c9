// SPDX-License-Identifier: BSD-2-Clause
/*
 * Not too much at once.
 *
 * Pacing: with a rate, a segment leaves no earlier than the one before it takes at that rate. The
 * earliest departure of the next one is tcp_wstamp_ns; a timer goes off then. What a timer is late is
 * caught up with, in part.
 *
 * Small queues: below TCP, in devices and their queues, there is no more than about a millisecond of
 * the pacing rate. The rest waits here, where it can still be merged, and where an acknowledgment can
 * still change what is sent. When a device frees a segment, in whichever thread, more is sent.
 */
#include "tcp/output.h"

void tcp_update_skb_after_send(struct sock *sk, const struct sk_buff *skb, u64 prior_wstamp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned long rate;
	u64 len_ns, late;

	if (sk->sk_pacing_status == SK_PACING_NONE)
		return;
	rate = READ_ONCE(sk->sk_pacing_rate);
	/* The first window is small and goes at once. */
	if (rate == ~0UL || !rate || tp->data_segs_out < 10)
		return;
	len_ns = (u64)skb->len * NSEC_PER_SEC / rate;
	late = tp->tcp_wstamp_ns - prior_wstamp;
	len_ns -= min(len_ns / 2, late);
	tp->tcp_wstamp_ns += len_ns;
}

/* Must the next segment wait? Then the timer is armed. */
bool tcp_pacing_check(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tcp_needs_internal_pacing(sk) || tp->tcp_wstamp_ns <= tp->tcp_clock_cache)
		return false;
	if (!tcp_timer_is_set(sk, ICSK_TIMER_PACING))
		tcp_timer_set_ns(sk, ICSK_TIMER_PACING, (ktime_t)tp->tcp_wstamp_ns);
	return true;
}

/* States in which there may be data to be sent. */
#define TSQ_STATES \
	(TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_CLOSE_WAIT | TCPF_LAST_ACK)

/* There is room below again, or time has passed. */
void tcp_tsq_handler(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!((1 << sk->sk_state) & TSQ_STATES))
		return;
	tcp_mstamp_refresh(tp);
	if (tp->lost_out > tp->retrans_out && tcp_snd_cwnd(tp) > tcp_packets_in_flight(tp))
		tcp_xmit_retransmit_queue(sk);
	tcp_write_xmit(sk, tcp_current_mss(sk), tp->nonagle, 0, GFP_ATOMIC);
}

/*
 * tsq_flags is written by the thread that frees a segment, too. TSQ_STOPPED: the socket is about to
 * end, and so may its host: nothing is queued any more. That is decided under sk_callback_lock.
 */
#define TSQ_STOPPED BIT(2)

static bool tsq_test(const struct tcp_sock *tp, u8 flag)
{
	return __atomic_load_n(&tp->tsq_flags, __ATOMIC_ACQUIRE) & flag;
}

/* The queued work has one byte of sk_wmem_alloc, which keeps the socket's memory. */
static void tsq_work(struct net *net, struct net_work *work)
{
	struct sock *sk = container_of(work, struct sock, sk_space_work);
	struct tcp_sock *tp = tcp_sk(sk);

	(void)net;
	__atomic_fetch_and(&tp->tsq_flags, (u8)~TSQ_QUEUED, __ATOMIC_ACQ_REL);
	if (!tsq_test(tp, TSQ_STOPPED))
		tcp_tsq_handler(sk);
	sock_wmem_put(sk, 1);
}

void tcp_tsq_init(struct tcp_sock *tp)
{
	tp->tsq_flags = 0;
	/* With SOCK_USE_WRITE_QUEUE it is the protocol's. */
	net_work_init(&((struct sock *)tp)->sk_space_work, tsq_work);
}

/* The socket ends. */
void tcp_tsq_stop(struct sock *sk)
{
	spin_lock(&sk->sk_callback_lock);
	(void)__skiff_fetch_or(&tcp_sk(sk)->tsq_flags, TSQ_STOPPED, __ATOMIC_ACQ_REL);
	spin_unlock(&sk->sk_callback_lock);
}

/* Have tcp_tsq_handler() run. Return: false when it will anyway, or nobody wants it. */
static bool tsq_queue(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool queued = false;

	spin_lock(&sk->sk_callback_lock);
	if ((tp->tsq_flags & (TSQ_THROTTLED | TSQ_QUEUED | TSQ_STOPPED)) == TSQ_THROTTLED) {
		__atomic_fetch_xor(&tp->tsq_flags, TSQ_THROTTLED | TSQ_QUEUED, __ATOMIC_ACQ_REL);
		net_defer(sock_net(sk), &sk->sk_space_work);
		queued = true;
	}
	spin_unlock(&sk->sk_callback_lock);
	return queued;
}

/* Destructor of segments. Any thread. */
void tcp_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	/* The last byte keeps the socket while we look at it. */
	sock_wmem_put(sk, skb->truesize - 1);
	if (unlikely(tsq_test(tcp_sk(sk), TSQ_THROTTLED)) && tsq_queue(sk))
		return;
	sock_wmem_put(sk, 1);
}

/* Whether more than @limit is below, said before looking again: tcp_wfree() will see it. */
static bool throttle(struct sock *sk, long limit)
{
	__atomic_fetch_or(&tcp_sk(sk)->tsq_flags, TSQ_THROTTLED, __ATOMIC_SEQ_CST);
	return __atomic_fetch_add(&sk->sk_wmem_alloc.refs.counter, 0, __ATOMIC_SEQ_CST) > limit;
}

/**
 * tcp_small_queue_check() - is there enough below already?
 * @sk: the socket
 * @skb: what is to be sent
 * @factor: the limit is doubled so often: retransmissions may be more
 *
 * Return: true: wait; tcp_wfree() sees to it that sending goes on.
 */
bool tcp_small_queue_check(struct sock *sk, const struct sk_buff *skb, unsigned int factor)
{
	unsigned long rate = READ_ONCE(sk->sk_pacing_rate), limit;

	/* With one buffer in flight or none, nobody else would go on soon. */
	if (tcp_rtx_queue_empty(sk))
		return false;
	limit = max_t(unsigned long, 2UL * skb->truesize, rate >> READ_ONCE(sk->sk_pacing_shift));
	if (sk->sk_pacing_status == SK_PACING_NONE)
		limit = min_t(unsigned long, limit,
			      (unsigned long)tcp_net_sk(sk)->sysctl_tcp_limit_output_bytes);
	limit = min_t(unsigned long, limit, INT32_MAX >> 2) << factor;
	if (likely((unsigned long)refcount_read(&sk->sk_wmem_alloc) <= limit))
		return false;
	if (tcp_rtx_queue_head(sk) == tcp_rtx_queue_tail(sk))
		return false;
	return throttle(sk, (long)limit);
}

/*
 * Is what is to be sent again still here, below us? There is no telling which buffer is: but when
 * nobody shares its data, or less than it is there, it is not.
 */
bool tcp_skb_still_in_host_queue(struct sock *sk, const struct sk_buff *skb)
{
	if (likely(!skb_cloned(skb)) || sk_wmem_alloc_get(sk) < (int)skb->truesize)
		return false;
	if (!throttle(sk, (long)skb->truesize))
		return false;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSPURIOUS_RTX_HOSTQUEUES);
	return true;
}
