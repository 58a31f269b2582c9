// SPDX-License-Identifier: BSD-2-Clause
/*
 * MSG_ZEROCOPY: a program's memory lent to packets, and the message that it is the program's again.
 *
 * A call lends its memory. The loan is a struct ubuf_info in the cb of an empty sk_buff, to which each
 * data block with such memory holds a reference; with the last one that sk_buff becomes the message in
 * the error queue. Calls that follow each other may share a loan, and messages whose numbers follow each
 * other become one.
 *
 * Buffers are freed by any thread, one that runs another host among them. So a loan ends without the
 * stack lock: the error queue has a lock of its own, and the program is woken under sk_callback_lock, as
 * it is for room in the send buffer. The socket may have ended by then. Its memory has not: a byte of
 * sk_rmem_alloc stands for the loan; and SOCK_DEAD, looked at under the queue's lock, says that nobody
 * would take the message away again.
 */
#include <skiff/net_namespace.h>
#include <skiff/sock.h>

#include "sock/sock.h"

/* Bytes of calls that share a loan, at most: the program waits for all of them. */
#define LOAN_BYTES_MAX (512 * 1024)
#define LOAN_CALLS_MAX (UINT16_MAX - 1)

static struct sk_buff *skb_from_uarg(struct ubuf_info_msgzc *uarg)
{
	return container_of((char(*)[sizeof_field(struct sk_buff, cb)])(void *)uarg, struct sk_buff,
			    cb);
}

int sock_set_zerocopy(struct sock *sk, int val)
{
	bool tcp = sk->sk_type == SOCK_STREAM && sk->sk_protocol == IPPROTO_TCP;
	bool udp = sk->sk_type == SOCK_DGRAM && sk->sk_protocol == IPPROTO_UDP;

	if (!tcp && !udp)
		return -EOPNOTSUPP;
	if (val < 0 || val > 1)
		return -EINVAL;
	sock_valbool_flag(sk, SOCK_ZEROCOPY, val);
	return 0;
}

/* Destructor of a loan, and of the message that it becomes. Any thread. */
static void sock_ofree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	sk_host_charge(sk, -(int)skb->truesize);
	atomic_sub((int)skb->truesize, &sk->sk_omem_alloc);
	sock_rmem_put(sk, 1);
}

/* An empty buffer, within what options may take (net.core.optmem_max); or NULL. */
static struct sk_buff *sock_omalloc(struct sock *sk)
{
	struct sk_buff *skb;

	if (atomic_read(&sk->sk_omem_alloc) + (int)SKB_TRUESIZE(0) >
	    sock_limits(sock_net(sk))->optmem_max)
		return NULL;
	skb = alloc_skb(0, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb->sk = sk;
	skb->destructor = sock_ofree;
	sk_host_charge(sk, (int)skb->truesize);
	atomic_add((int)skb->truesize, &sk->sk_omem_alloc);
	atomic_add(1, &sk->sk_rmem_alloc);
	return skb;
}

static struct ubuf_info *begin_loan(struct sock *sk, size_t size)
{
	struct sk_buff *skb = sock_omalloc(sk);
	struct ubuf_info_msgzc *uarg;

	if (!skb)
		return NULL;
	BUILD_BUG_ON(sizeof(*uarg) > sizeof(skb->cb));
	uarg = (struct ubuf_info_msgzc *)(void *)skb->cb;
	*uarg = (struct ubuf_info_msgzc){
		.ubuf = { .callback = msg_zerocopy_callback,
			  .flags = SKBFL_ZEROCOPY_FRAG | SKBFL_DONT_ORPHAN },
		.id = sk->sk_zckey++,
		.len = 1,
		.zerocopy = true,
		.bytelen = (u32)min_t(size_t, size, UINT32_MAX),
	};
	refcount_set(&uarg->ubuf.refcnt, 1);
	return &uarg->ubuf;
}

struct ubuf_info *msg_zerocopy_realloc(struct sock *sk, size_t size, struct ubuf_info *uarg)
{
	struct ubuf_info_msgzc *z;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!uarg || uarg->callback != msg_zerocopy_callback)
		return begin_loan(sk, size);
	z = uarg_to_msgzc(uarg);
	if (z->len == LOAN_CALLS_MAX || size > LOAN_BYTES_MAX ||
	    z->bytelen + size > LOAN_BYTES_MAX || z->id + z->len != sk->sk_zckey)
		return begin_loan(sk, size);
	z->len++;
	z->bytelen += (u32)size;
	sk->sk_zckey++;
	net_zcopy_get(uarg);
	return uarg;
}

/* Let a message stand for @len calls more, from number @lo on. Return: whether it could. */
static bool notify_extend(struct sk_buff *skb, u32 lo, u16 len)
{
	struct sock_extended_err *ee = &SKB_EXT_ERR(skb)->ee;

	if (ee->ee_origin != SO_EE_ORIGIN_ZEROCOPY || lo != ee->ee_data + 1 ||
	    (u64)(ee->ee_data - ee->ee_info) + 1 + len > UINT32_MAX)
		return false;
	ee->ee_data += len;
	return true;
}

/* Return: the buffer when it is not needed, because there was a message already or nobody reads any. */
static struct sk_buff *queue_notification(struct sock *sk, struct sk_buff *skb, u16 len, bool *told)
{
	struct sk_buff_head *q = &sk->sk_error_queue;
	struct sk_buff *tail;

	spin_lock(&q->lock);
	*told = !sock_flag(sk, SOCK_DEAD);
	tail = skb_peek_tail(q);
	if (*told && (!tail || !notify_extend(tail, SKB_EXT_ERR(skb)->ee.ee_info, len))) {
		__skb_queue_tail(q, skb);
		skb = NULL;
	}
	spin_unlock(&q->lock);
	return skb;
}

/* As sock_tell_space() does. */
static void tell(struct sock *sk)
{
	if (likely(sk->sk_error_report == sock_def_error_report)) {
		spin_lock(&sk->sk_callback_lock);
		sk_error_report(sk);
		spin_unlock(&sk->sk_callback_lock);
	} else if (!sock_net(sk)) {
		sk_error_report(sk);
	} else if (refcount_inc_not_zero(&sk->sk_refcnt)) {
		if (!net_defer(sock_net(sk), &sk->sk_error_work))
			sock_put(sk);
	}
}

/* Nobody refers to the memory any more. */
static void end_loan(struct ubuf_info_msgzc *uarg)
{
	struct sk_buff *skb = skb_from_uarg(uarg);
	struct sock *sk = skb->sk;
	u32 lo = uarg->id;
	u16 len = uarg->len;
	bool copied = !READ_ONCE(uarg->zerocopy), told;
	struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);

	/* Its only call was aborted. */
	if (!len) {
		consume_skb(skb);
		return;
	}
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_origin = SO_EE_ORIGIN_ZEROCOPY;
	serr->ee.ee_code = copied ? SO_EE_CODE_ZEROCOPY_COPIED : 0;
	serr->ee.ee_info = lo;
	serr->ee.ee_data = lo + len - 1;
	/* The message may be read, and the socket end, before this is through. */
	atomic_add(1, &sk->sk_rmem_alloc);
	skb = queue_notification(sk, skb, len, &told);
	if (told)
		tell(sk);
	consume_skb(skb);
	sock_rmem_put(sk, 1);
}

void msg_zerocopy_callback(struct sk_buff *skb, struct ubuf_info *uarg, bool success)
{
	struct ubuf_info_msgzc *z = uarg_to_msgzc(uarg);

	(void)skb;
	if (!success)
		WRITE_ONCE(z->zerocopy, false);
	if (refcount_dec_and_test(&uarg->refcnt))
		end_loan(z);
}

void msg_zerocopy_put_abort(struct ubuf_info *uarg, bool have_uref)
{
	struct ubuf_info_msgzc *z = uarg_to_msgzc(uarg);
	struct sock *sk = skb_from_uarg(z)->sk;

	ASSERT_NET_LOCKED(sock_net(sk));
	sk->sk_zckey--;
	z->len--;
	if (have_uref)
		net_zcopy_put(uarg);
}

void sock_zerocopy_done(struct sock *sk)
{
	struct ubuf_info *uarg = msg_zerocopy_realloc(sk, 0, NULL);

	if (!uarg)
		return;
	uarg_to_msgzc(uarg)->zerocopy = false;
	net_zcopy_put(uarg);
}
