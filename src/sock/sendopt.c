// SPDX-License-Identifier: BSD-2-Clause
/* SO_TXTIME: when a packet is to leave. */
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
	sk->sk_clockid = (u8)txtime.clockid;
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
