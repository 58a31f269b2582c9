// SPDX-License-Identifier: BSD-2-Clause
/* What a socket is ready for. */
#include <limits.h>
#include <sys/epoll.h>

#include "tcp/tcp.h"

/* Enough for SO_RCVLOWAT, or as much as will ever come at once. */
static bool stream_is_readable(const struct sock *sk, int target)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int avail = (int)(READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq));

	if (avail <= 0)
		return false;
	return avail >= target || sk_rmem_alloc_get(sk) > sk->sk_rcvbuf ||
	       tcp_receive_window(tp) <= inet_csk(sk)->icsk_ack.rcv_mss;
}

static u32 readable_events(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int target = sk->sk_rcvlowat ? sk->sk_rcvlowat : 1;
	u32 mask = 0;

	/* The urgent byte is not part of what can be read. */
	if (tp->urg_data && tp->urg_seq == tp->copied_seq && !sock_flag(sk, SOCK_URGINLINE))
		target++;
	if (stream_is_readable(sk, target))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (tp->urg_data & TCP_URG_VALID)
		mask |= EPOLLPRI;
	return mask;
}

static u32 writeable_events(struct sock *sk)
{
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return EPOLLOUT | EPOLLWRNORM;
	if (tcp_stream_is_writeable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	/* Who is told now that there is no room wants to know when there is. */
	sock_set_flag(sk, SOCK_NOSPACE_WAIT);
	tcp_chrono_start(sk, TCP_CHRONO_SNDBUF_LIMITED);
	return tcp_stream_is_writeable(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

u32 tcp_poll(struct socket *sock)
{
	struct sock *sk = sock->sk;
	const struct tcp_sock *tp = tcp_sk(sk);
	int state = sk->sk_state;
	u32 mask = 0;

	if (state == TCP_LISTEN)
		return inet_csk(sk)->icsk_accept_queue->rskq_accept_head ? EPOLLIN | EPOLLRDNORM :
									   0;
	/* Both directions are over: a socket that was never connected, too. */
	if (sk->sk_shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && (state != TCP_SYN_RECV || tp->fastopen_rsk)) {
		mask |= readable_events(sk) | writeable_events(sk);
	} else if (state == TCP_SYN_SENT && inet_sk(sk)->defer_connect) {
		/* TCP_FASTOPEN_CONNECT: the first write connects. */
		mask |= EPOLLOUT | EPOLLWRNORM;
	}
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
