// SPDX-License-Identifier: BSD-2-Clause
/* Telling the sender when its packet left, or was acknowledged, through the error queue. */
#include <linux/net_tstamp.h>

#include <skiff/sock.h>

#include "skb/tstamp.h"
#include "sock/sock.h"

/* Owns @skb. The socket is alive: the caller holds a reference, or a buffer charged to it. */
static void report(struct sk_buff *skb, struct sock *sk, u8 origin, u32 info)
{
	struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);

	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_errno = ENOMSG;
	serr->ee.ee_origin = origin;
	serr->ee.ee_info = info;
	if (origin == SO_EE_ORIGIN_TIMESTAMPING && (sk->sk_tsflags & SOF_TIMESTAMPING_OPT_ID))
		/* Bytes of a stream count from where this was asked for. */
		serr->ee.ee_data =
			__skb_shinfo(skb)->tskey - (sk->sk_prot && sk->sk_prot->set_tskey ?
							    (u32)atomic_read(&sk->sk_tskey) :
							    0);
	if (sock_queue_err_skb(sk, skb))
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
}

/* What goes into the error queue: the packet, or (tsonly) only what identifies it. */
static struct sk_buff *make_report(struct sk_buff *orig_skb, bool tsonly)
{
	struct sk_buff *skb;

	if (!tsonly) {
		skb = skb_clone(orig_skb, GFP_ATOMIC);
		/* The program, which will read it some time, may be waiting for that memory. */
		if (skb && skb_orphan_frags_rx(skb, GFP_ATOMIC)) {
			kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
			return NULL;
		}
		return skb;
	}
	skb = alloc_skb(0, GFP_ATOMIC);
	if (skb) {
		skb_shinfo(skb)->tx_flags = __skb_shinfo(orig_skb)->tx_flags & SKBTX_ANY_TSTAMP;
		skb_shinfo(skb)->tskey = __skb_shinfo(orig_skb)->tskey;
	}
	return skb;
}

void __skb_tstamp_tx(struct sk_buff *orig_skb, const struct sk_buff *ack_skb,
		     struct skb_shared_hwtstamps *hwtstamps, struct sock *sk, int tstype)
{
	struct sk_buff *skb;

	(void)ack_skb; /* statistics of streams go with it, and there are none here */
	if (!sk)
		return;
	/* The device's time is still to come, and the program did not ask for both. */
	if (!hwtstamps && !(sk->sk_tsflags & SOF_TIMESTAMPING_OPT_TX_SWHW) &&
	    (__skb_shinfo(orig_skb)->tx_flags & SKBTX_IN_PROGRESS))
		return;
	skb = make_report(orig_skb, sk->sk_tsflags & SOF_TIMESTAMPING_OPT_TSONLY);
	if (!skb)
		return;
	if (hwtstamps)
		*skb_hwtstamps(skb) = *hwtstamps;
	else
		skb_set_delivery_time(skb, skb_clock(orig_skb), false);
	report(skb, sk, SO_EE_ORIGIN_TIMESTAMPING, (u32)tstype);
}

static void packet_sent(struct sk_buff *skb, struct skb_shared_hwtstamps *hwtstamps, int tstype)
{
	__skb_tstamp_tx(skb, NULL, hwtstamps, skb->sk, tstype);
}

void sock_timestamps_init(void)
{
	if (!__atomic_load_n(&skb_tstamp_hook, __ATOMIC_RELAXED))
		__atomic_store_n(&skb_tstamp_hook, packet_sent, __ATOMIC_RELEASE);
}

/* For a clone made by skb_clone_sk(): queueing it gives its reference to the socket back. */
static void complete(struct sk_buff *skb, u8 origin)
{
	struct sock *sk = skb->sk;

	if (!sk || !refcount_inc_not_zero(&sk->sk_refcnt)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
		return;
	}
	report(skb, sk, origin, SCM_TSTAMP_SND);
	sock_put(sk);
}

void skb_complete_tx_timestamp(struct sk_buff *skb, struct skb_shared_hwtstamps *hwtstamps)
{
	*skb_hwtstamps(skb) = *hwtstamps;
	complete(skb, SO_EE_ORIGIN_TIMESTAMPING);
}

void skb_complete_wifi_ack(struct sk_buff *skb, bool acked)
{
	skb->wifi_acked_valid = 1;
	skb->wifi_acked = acked;
	complete(skb, SO_EE_ORIGIN_TXSTATUS);
}
