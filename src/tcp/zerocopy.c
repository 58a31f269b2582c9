// SPDX-License-Identifier: BSD-2-Clause
/*
 * MSG_ZEROCOPY: the program's memory itself becomes fragments of the write queue.
 *
 * Each call, however many attempts it takes, has one owner (struct ubuf_info) with one number. Buffers of
 * the write queue refer to it, and so do all that is cut from them, and clones below share what they
 * are clones of; the last of them to go, usually when the data was acknowledged, tells the program. What
 * the program lent is charged to the send buffer as if it was copied, by whole pages as on Linux.
 */
#include "tcp/output.h"

struct ubuf_info *tcp_zerocopy_begin(struct sock *sk, size_t size)
{
	struct sk_buff *tail = tcp_write_queue_tail(sk);
	struct ubuf_info *uarg = skb_zcopy(tail);

	if (uarg && skb_zcopy_is_nouarg(tail))
		uarg = NULL;
	uarg = msg_zerocopy_realloc(sk, size, uarg);
	/* The device can't take data from several places: it is copied into one. */
	if (uarg && !(sk->sk_route_caps & NETIF_F_SG))
		tcp_zerocopy_copied(uarg);
	return uarg;
}

void tcp_zerocopy_copied(struct ubuf_info *uarg)
{
	if (uarg->callback == msg_zerocopy_callback)
		WRITE_ONCE(uarg_to_msgzc(uarg)->zerocopy, false);
}

int tcp_append_zerocopy(struct sock *sk, struct sk_buff *skb, struct skiff_msghdr *msg, int len,
			struct ubuf_info *uarg)
{
	unsigned int truesize = skb->truesize;
	int n;

	len = (int)min_t(size_t, (size_t)len, msg_data_left(msg));
	if (!sk_wmem_schedule(sk, len))
		return -ENOMEM;
	n = skb_zerocopy_iter_stream(sk, skb, msg, len, uarg);
	/* Too many pieces, or another call's: it goes on in the next buffer. */
	if (n == -EMSGSIZE || n == -EEXIST)
		return 0;
	if (n < 0)
		return n;
	sk_wmem_queued_add(sk, (int)(skb->truesize - truesize));
	sk_mem_charge(sk, (int)(skb->truesize - truesize));
	return n;
}
