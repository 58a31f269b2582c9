/* SPDX-License-Identifier: BSD-2-Clause */
/* How datagram sockets take packets from their queues, and when they are ready. */
#include <skiff/sock.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SOCK_DATAGRAM_H
#define SKIFF_SOCK_DATAGRAM_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * __skb_recv_datagram() - take a packet from a queue, or look at it
 * @sk: the socket
 * @queue: one of its queues
 * @flags: MSG_PEEK leaves the packet where it is
 * @off: with MSG_PEEK, how many bytes to pass over: packets that end before are skipped, and what
 *       is left of it is where to begin in the packet; without it, nothing
 * @err: set when there is no packet
 *
 * Stack lock. Nothing here waits: proto_ops.recvmsg hands on the -EAGAIN.
 *
 * Return: the packet, with a reference for the caller, who ends it with skb_free_datagram(); or
 * NULL with @err: the pending error of the socket, 0 after shutdown, or -EAGAIN.
 */
SKIFF_API struct sk_buff *__skb_recv_datagram(struct sock *sk, struct sk_buff_head *queue,
					      unsigned int flags, int *off, int *err);

/* The same from the receive queue, from the beginning. */
SKIFF_API struct sk_buff *skb_recv_datagram(struct sock *sk, unsigned int flags, int *err);

/* The same as proto_ops.recv_skb, for families that check packets before they queue them. */
SKIFF_API struct sk_buff *datagram_recv_skb(struct socket *sock, unsigned int flags, int *err);

/**
 * __sk_queue_drop_skb() - drop a packet that was received and turned out to be bad
 * @sk: the socket
 * @queue: where the packet came from
 * @skb: the packet
 * @flags: of the call that received it; after MSG_PEEK the packet is still in the queue
 *
 * Stack lock. The caller's reference stays, see skb_kill_datagram().
 *
 * Return: 0, -ENOENT when somebody else has taken it.
 */
SKIFF_API int __sk_queue_drop_skb(struct sock *sk, struct sk_buff_head *queue, struct sk_buff *skb,
				  unsigned int flags);

/* The same for the receive queue, and release it. Counted in sk_drops. */
SKIFF_API int skb_kill_datagram(struct sock *sk, struct sk_buff *skb, unsigned int flags);

/* Release a packet that was received. Stack lock. */
static inline void skb_free_datagram(struct sock *sk, struct sk_buff *skb)
{
	skb_free_datagram_locked(sk, skb);
}

/**
 * datagram_poll() - what a datagram socket is ready for: proto_ops.poll
 * @sock: the socket
 *
 * Stack lock. When it can't be written to, whoever frees a packet of it later tells the file side.
 * Return: EPOLL*.
 */
SKIFF_API u32 datagram_poll(struct socket *sock);

/* proto.ioctl of datagram sockets: SIOCINQ and SIOCOUTQ. Return: 0 or -ENOIOCTLCMD. Stack lock. */
SKIFF_API int datagram_ioctl(struct sock *sk, int cmd, int *karg);

/* Whether there is room in the send buffer; if not, sk_write_space() tells when there is. */
SKIFF_API bool sock_writeable_or_tell(struct sock *sk);

/* Where a peek begins, 0 when the program did not ask for an offset (SO_PEEK_OFF). */
static inline int sk_peek_offset(const struct sock *sk, int flags)
{
	return (flags & MSG_PEEK) && READ_ONCE(sk->sk_peek_off) >= 0 ? READ_ONCE(sk->sk_peek_off) :
								       0;
}

/* @val bytes were peeked at: the next peek begins after them. */
static inline void sk_peek_offset_fwd(struct sock *sk, int val)
{
	if (READ_ONCE(sk->sk_peek_off) >= 0)
		WRITE_ONCE(sk->sk_peek_off, sk->sk_peek_off + val);
}

/* @val bytes were read: they are no longer before the offset. */
static inline void sk_peek_offset_bwd(struct sock *sk, int val)
{
	int off = READ_ONCE(sk->sk_peek_off);

	if (unlikely(off >= 0))
		WRITE_ONCE(sk->sk_peek_off, off > val ? off - val : 0);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SOCK_DATAGRAM_H */
