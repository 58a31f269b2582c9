// SPDX-License-Identifier: BSD-2-Clause
/* SO_TXTIME, when a packet is to leave, and SO_ZEROCOPY, when its memory is the program's again. */
#include <time.h>

#include <linux/net_tstamp.h>

#include <skiff/net_namespace.h>
#include <skiff/sock.h>

#include "sock/sock.h"

int sock_set_txtime(struct sock *sk, const void *optval, unsigned int optlen)
{
	struct sock_txtime txtime;

	if (optlen != sizeof(txtime))
		return -EINVAL;
	memcpy(&txtime, optval, sizeof(txtime));
	if (txtime.flags & ~(u32)SOF_TXTIME_FLAGS_MASK)
		return -EINVAL;
	if (txtime.clockid != CLOCK_MONOTONIC && txtime.clockid != CLOCK_REALTIME &&
	    txtime.clockid != CLOCK_TAI)
		return -EINVAL;
	sock_set_flag(sk, SOCK_TXTIME);
	sk->sk_clockid = txtime.clockid;
	sk->sk_txtime_flags = (u8)txtime.flags & 3;
	return 0;
}

void sock_get_txtime(const struct sock *sk, struct sock_txtime *txtime)
{
	txtime->clockid = sk->sk_clockid;
	txtime->flags = sk->sk_txtime_flags;
}

void skb_set_transmit_time(struct sk_buff *skb, const struct sock *sk,
			   const struct sockcm_cookie *sockc)
{
	(void)sk;
	/* Whichever clock it is of: it must not be taken for a time of arrival. */
	skb_set_delivery_time(skb, (ktime_t)sockc->transmit_time, true);
}

/* UDP's; streams will have their own way. */
int sock_set_zerocopy(struct sock *sk, int val)
{
	if (sk->sk_type != SOCK_DGRAM || sk->sk_protocol != IPPROTO_UDP)
		return -EOPNOTSUPP;
	if (val < 0 || val > 1)
		return -EINVAL;
	sock_valbool_flag(sk, SOCK_ZEROCOPY, val);
	return 0;
}

/* Let the last message of the queue stand for one call more. */
static bool zerocopy_joins(struct sock *sk, u32 id)
{
	struct sk_buff_head *list = &sk->sk_error_queue;
	struct sock_extended_err *ee;
	struct sk_buff *tail;
	bool joined = false;

	spin_lock(&list->lock);
	tail = skb_peek_tail(list);
	if (tail) {
		ee = &SKB_EXT_ERR(tail)->ee;
		joined = ee->ee_origin == SO_EE_ORIGIN_ZEROCOPY && ee->ee_data + 1 == id;
		if (joined)
			ee->ee_data = id;
	}
	spin_unlock(&list->lock);
	return joined;
}

void sock_zerocopy_done(struct sock *sk)
{
	u32 id = sk->sk_zckey++;
	struct sock_exterr_skb *serr;
	struct sk_buff *skb;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (zerocopy_joins(sk, id))
		return;
	skb = alloc_skb(0, GFP_ATOMIC);
	if (!skb)
		return;
	serr = SKB_EXT_ERR(skb);
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_origin = SO_EE_ORIGIN_ZEROCOPY;
	serr->ee.ee_code = SO_EE_CODE_ZEROCOPY_COPIED;
	serr->ee.ee_info = id;
	serr->ee.ee_data = id;
	if (sock_queue_err_skb(sk, skb))
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
}
