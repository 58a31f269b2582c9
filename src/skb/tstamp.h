/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is told that a packet has left. */
#ifndef SKIFF_SRC_SKB_TSTAMP_H
#define SKIFF_SRC_SKB_TSTAMP_H

#include <skiff/skbuff.h>

/*
 * Drivers report to sockets, which are above them: skb_tx_timestamp() gets there by this. Set,
 * once and for all, before there is a socket; NULL: nobody can have asked. For packets that belong
 * to a socket only. Written and read atomically.
 */
extern void (*skb_tstamp_hook)(struct sk_buff *skb, struct skb_shared_hwtstamps *hwtstamps);

#endif /* SKIFF_SRC_SKB_TSTAMP_H */
