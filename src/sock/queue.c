// SPDX-License-Identifier: BSD-2-Clause
/* Buffers from the program and to it, within the socket's limits. */
#include <skiff/filter.h>
#include <skiff/sock.h>

#include "sock/sock.h"

static bool sndbuf_full(const struct sock *sk)
{
	return sk_wmem_alloc_get(sk) >= READ_ONCE(sk->sk_sndbuf);
}

/* Why nothing can be sent now, as -errno; 0 when it can. */
static int send_refused(struct sock *sk)
{
	int err = sock_error(sk);

	if (err)
		return err;
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return -EPIPE;
	if (sk_host_full(sk))
		return -ENOBUFS;
	if (!sndbuf_full(sk))
		return 0;
	return sock_wmem_below(sk, READ_ONCE(sk->sk_sndbuf) + 1) ? 0 : -EAGAIN;
}

struct sk_buff *sock_alloc_send_pskb(struct sock *sk, unsigned long header_len,
				     unsigned long data_len, int noblock, int *errcode,
				     int max_page_order)
{
	struct sk_buff *skb;

	*errcode = send_refused(sk);
	if (*errcode)
		return NULL;
	skb = alloc_skb_with_frags(header_len, data_len, max_page_order, errcode,
				   sk->sk_allocation);
	if (skb)
		skb_set_owner_w(skb, sk);
	return skb;
}

struct sk_buff *sock_wmalloc(struct sock *sk, unsigned long size, int force, gfp_t priority)
{
	struct sk_buff *skb;

	if ((!force && (sndbuf_full(sk) || sk_host_full(sk))) || size > SKB_MAX_SIZE)
		return NULL;
	skb = alloc_skb((unsigned int)size, priority);
	if (skb)
		skb_set_owner_w(skb, sk);
	return skb;
}

static void set_reason(enum skb_drop_reason *reason, enum skb_drop_reason why)
{
	if (reason)
		*reason = why;
}

/* Into the receive queue, within the limits. 0 or -errno; then the packet is still the caller's. */
static int queue_rcv(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason *reason)
{
	struct sk_buff_head *list = &sk->sk_receive_queue;

	/*
	 * One packet may pass the limit: otherwise one that is larger than the buffer, as the
	 * smallest ones allow it, could never be received.
	 */
	if (atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf)) {
		sk_drops_add(sk, 1);
		set_reason(reason, SKB_DROP_REASON_SOCKET_RCVBUFF);
		return -ENOMEM;
	}
	if (sk_host_full(sk) || !sk_rmem_schedule(sk, skb, (int)skb->truesize)) {
		sk_drops_add(sk, 1);
		set_reason(reason, SKB_DROP_REASON_PROTO_MEM);
		return -ENOBUFS;
	}
	skb->dev = NULL;
	skb_set_owner_r(skb, sk);
	/* The route was borrowed for the time of the input functions; here the packet stays. */
	skb_dst_force(skb);

	spin_lock(&list->lock);
	SOCK_SKB_CB(skb)->dropcount = (u32)atomic_read(&sk->sk_drops);
	__skb_queue_tail(list, skb);
	spin_unlock(&list->lock);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
	return 0;
}

int __sock_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	return queue_rcv(sk, skb, NULL);
}

int sock_queue_rcv_skb_reason(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason *reason)
{
	int err = sk_filter(sk, skb);

	set_reason(reason, err ? SKB_DROP_REASON_SOCKET_FILTER : SKB_NOT_DROPPED_YET);
	return err ? err : queue_rcv(sk, skb, reason);
}
