// SPDX-License-Identifier: BSD-2-Clause
/* The callbacks that a socket has from the start: they tell its file side what happened. */
#include <sys/epoll.h>

#include <skiff/net.h>
#include <skiff/sock.h>

#include "sock/sock.h"

/*
 * All but sk_write_space() are called under the stack lock, as is sock_orphan(), so they find the
 * file side or none. The default sk_write_space() comes from whichever thread drops a buffer, and so does
 * the default sk_error_report() when the buffer was the last one of a program's own memory: they look
 * at the file side under sk_callback_lock only.
 */

static void tell(const struct sock *sk, u32 events)
{
	struct socket *sock = sk->sk_socket;
	void (*wake)(struct socket * sock, u32 events);

	if (!sock)
		return;
	wake = READ_ONCE(sock->wake);
	if (wake)
		wake(sock, events);
}

void sock_def_wakeup(struct sock *sk)
{
	tell(sk, EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP | EPOLLRDNORM |
			 EPOLLWRNORM);
}

void sock_def_readable(struct sock *sk)
{
	tell(sk, EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND);
}

void sock_def_error_report(struct sock *sk)
{
	tell(sk, EPOLLERR);
}

/* Half of the buffer is free, and all is seen that was done by who wait for that. */
static bool writeable_acquire(const struct sock *sk)
{
	int used = __atomic_load_n(&sk->sk_wmem_alloc.refs.counter, __ATOMIC_ACQUIRE);

	return used < (READ_ONCE(sk->sk_sndbuf) >> 1);
}

void sock_def_write_space(struct sock *sk)
{
	if (!writeable_acquire(sk) || !sock_flag(sk, SOCK_NOSPACE_WAIT))
		return;
	sock_reset_flag(sk, SOCK_NOSPACE_WAIT);
	spin_lock(&sk->sk_callback_lock);
	tell(sk, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	spin_unlock(&sk->sk_callback_lock);
}

void sock_space_work(struct net *net, struct net_work *work)
{
	struct sock *sk = container_of(work, struct sock, sk_space_work);

	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_write_space(sk);
	sock_put(sk);
}

void sock_error_work(struct net *net, struct net_work *work)
{
	struct sock *sk = container_of(work, struct sock, sk_error_work);

	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
	sock_put(sk);
}

/*
 * The room comes from deep inside: a driver that has sent a packet, a queue that drops one, with
 * their locks held and their lists half walked. The default callback only wakes, by spinlocks, and
 * does so at once: who sleeps may be all that runs the host. Anybody else's may send, close, or
 * remove the device, so it waits until the holder of the stack lock is about to let go. A socket
 * of no host has nobody to wait for.
 */
void sock_tell_space(struct sock *sk)
{
	if (likely(sk->sk_write_space == sock_def_write_space))
		sock_def_write_space(sk);
	else if (!sock_net(sk))
		sk->sk_write_space(sk);
	else if (refcount_inc_not_zero(&sk->sk_refcnt) &&
		 !net_defer(sock_net(sk), &sk->sk_space_work))
		sock_put(sk);
}

bool sock_wmem_below(struct sock *sk, int limit)
{
	/* Said before looking again: whoever frees a buffer in between sees that we wait. */
	__atomic_fetch_or(&sk->sk_flags, 1UL << SOCK_NOSPACE_WAIT, __ATOMIC_SEQ_CST);
	if (__atomic_fetch_add(&sk->sk_wmem_alloc.refs.counter, 0, __ATOMIC_SEQ_CST) >= limit)
		return false;
	sock_reset_flag(sk, SOCK_NOSPACE_WAIT);
	return true;
}

bool sock_writeable_or_tell(struct sock *sk)
{
	return sock_writeable(sk) || sock_wmem_below(sk, READ_ONCE(sk->sk_sndbuf) >> 1);
}

void sock_graft(struct sock *sk, struct socket *parent)
{
	spin_lock(&sk->sk_callback_lock);
	parent->sk = sk;
	sk_set_socket(sk, parent);
	spin_unlock(&sk->sk_callback_lock);
}
