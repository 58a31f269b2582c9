/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is told that a packet is about to leave, and that it has left. */
#ifndef SKIFF_SRC_SKB_TSTAMP_H
#define SKIFF_SRC_SKB_TSTAMP_H

#include <skiff/skbuff.h>

/*
 * Drivers report to sockets, which are above them: skb_tx_timestamp() gets there by this. Set,
 * once and for all, before there is a socket; NULL: nobody can have asked. For packets that belong
 * to a socket only. Written and read atomically.
 */
extern void (*skb_tstamp_hook)(struct sk_buff *skb, struct skb_shared_hwtstamps *hwtstamps,
			       int tstype);

/* How many want to know when packets arrive. */
extern atomic_t skb_stamp_users;

static inline bool skb_stamps_wanted(void)
{
	return unlikely(atomic_read(&skb_stamp_users) > 0);
}

/* The packet is handed to its device's queue: tells who asked for that (SKBTX_SCHED_TSTAMP). */
void __skb_tstamp_sched(struct sk_buff *skb);

static inline void skb_tstamp_sched(struct sk_buff *skb)
{
	if (unlikely(__skb_shinfo(skb)->tx_flags & SKBTX_SCHED_TSTAMP))
		__skb_tstamp_sched(skb);
}

#endif /* SKIFF_SRC_SKB_TSTAMP_H */
