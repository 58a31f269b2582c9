// SPDX-License-Identifier: BSD-2-Clause
/* How datagram sockets take packets from their queues, and when they are ready. */
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include <skiff/net.h>
#include <skiff/sock.h>

#include "sock/sock.h"

/*
 * The packet in which the byte at *@off lies, with what is left of *@off; a packet without bytes
 * is skipped only when it lies before the offset. With a reference more. Under the queue's lock.
 */
static struct sk_buff *peek_at(struct sk_buff_head *queue, int *off)
{
	struct sk_buff *skb;
	int left = *off;

	skb_queue_walk(queue, skb) {
		if (left > 0 && (unsigned int)left >= skb->len) {
			left -= (int)skb->len;
			continue;
		}
		*off = left;
		refcount_inc(&skb->users);
		return skb;
	}
	return NULL;
}

static struct sk_buff *take(struct sk_buff_head *queue, unsigned int flags, int *off)
{
	struct sk_buff *skb;

	/* The producer that matters holds the stack lock, as we do. */
	if (skb_queue_empty_lockless(queue))
		return NULL;
	spin_lock(&queue->lock);
	skb = flags & MSG_PEEK ? peek_at(queue, off) : __skb_dequeue(queue);
	spin_unlock(&queue->lock);
	return skb;
}

struct sk_buff *__skb_recv_datagram(struct sock *sk, struct sk_buff_head *queue, unsigned int flags,
				    int *off, int *err)
{
	struct sk_buff *skb;

	*err = sock_error(sk);
	if (*err)
		return NULL;
	skb = take(queue, flags, off);
	if (skb)
		return skb;
	/* Only who would wait for the next one is told that there will be none. */
	*err = sk->sk_shutdown & RCV_SHUTDOWN && !(flags & MSG_DONTWAIT) ? 0 : -EAGAIN;
	return NULL;
}

struct sk_buff *skb_recv_datagram(struct sock *sk, unsigned int flags, int *err)
{
	int off = 0;

	return __skb_recv_datagram(sk, &sk->sk_receive_queue, flags, &off, err);
}

struct sk_buff *datagram_recv_skb(struct socket *sock, unsigned int flags, int *err)
{
	return skb_recv_datagram(sock->sk, flags, err);
}

int __sk_queue_drop_skb(struct sock *sk, struct sk_buff_head *queue, struct sk_buff *skb,
			unsigned int flags)
{
	int err = 0;

	if (flags & MSG_PEEK) {
		err = -ENOENT;
		spin_lock(&queue->lock);
		if (skb->next) {
			__skb_unlink(skb, queue);
			refcount_dec_and_test(&skb->users);
			err = 0;
		}
		spin_unlock(&queue->lock);
	}
	sk_drops_add(sk, 1);
	return err;
}

int skb_kill_datagram(struct sock *sk, struct sk_buff *skb, unsigned int flags)
{
	int err = __sk_queue_drop_skb(sk, &sk->sk_receive_queue, skb, flags);

	kfree_skb_reason(skb, SKB_DROP_REASON_SKB_CSUM);
	sk_mem_reclaim(sk);
	return err;
}

static u32 error_events(const struct sock *sk)
{
	if (READ_ONCE(sk->sk_err))
		return EPOLLERR;
	if (skb_queue_empty_lockless(&sk->sk_error_queue))
		return 0;
	return EPOLLERR | (sock_flag(sk, SOCK_SELECT_ERR_QUEUE) ? EPOLLPRI : 0);
}

static u32 shutdown_events(const struct sock *sk)
{
	u32 mask = 0;

	if (sk->sk_shutdown & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (sk->sk_shutdown == SHUTDOWN_MASK)
		mask |= EPOLLHUP;
	return mask;
}

u32 datagram_poll(struct socket *sock)
{
	struct sock *sk = sock->sk;
	u32 mask = error_events(sk) | shutdown_events(sk);

	if (!skb_queue_empty_lockless(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (sock_writeable_or_tell(sk))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}

int datagram_ioctl(struct sock *sk, int cmd, int *karg)
{
	struct sk_buff_head *list = &sk->sk_receive_queue;
	const struct sk_buff *skb;

	switch (cmd) {
	case SIOCOUTQ:
		*karg = sk_wmem_alloc_get(sk);
		return 0;
	case SIOCINQ:
		/* Of the first datagram: that is what one read gets. */
		spin_lock(&list->lock);
		skb = skb_peek(list);
		*karg = skb ? (int)skb->len : 0;
		spin_unlock(&list->lock);
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}
