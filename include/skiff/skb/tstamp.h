/* SPDX-License-Identifier: BSD-2-Clause */
/* When a packet arrived, or when it is to leave. */
#ifndef SKIFF_SKB_TSTAMP_H
#define SKIFF_SKB_TSTAMP_H

#include <linux/time_types.h>

#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * skb->tstamp is the time of arrival, in nanoseconds since 1970 by the clock of the host, unless
 * mono_delivery_time says that it is the time at which the packet is to be sent, by a clock that
 * does not jump. Arrival is noted while somebody wants it: net_enable_timestamp().
 */

/**
 * skb_clock_set() - say where packets get the time from
 * @clock: nanoseconds since 1970 for a packet, which may have no device; NULL for the system's
 *         real-time clock
 *
 * The layer that knows hosts registers this before packets flow, since a host may live in
 * simulated time.
 */
SKIFF_API void skb_clock_set(ktime_t (*clock)(const struct sk_buff *skb));

/* The time by that clock. Any thread. */
SKIFF_API ktime_t skb_clock(const struct sk_buff *skb);

/* Somebody wants times of arrival, or no longer does: calls are counted. Any thread. */
SKIFF_API void net_enable_timestamp(void);
SKIFF_API void net_disable_timestamp(void);
SKIFF_API bool net_timestamp_enabled(void);

static inline ktime_t skb_get_ktime(const struct sk_buff *skb)
{
	return skb->tstamp;
}

/* Note the time now. */
static inline void __net_timestamp(struct sk_buff *skb)
{
	skb->tstamp = skb_clock(skb);
	skb->mono_delivery_time = 0;
}

/**
 * skb_set_delivery_time() - when a packet is to be sent
 * @skb: the packet
 * @kt: nanoseconds, 0 for at once
 * @mono: by the monotonic clock
 */
static inline void skb_set_delivery_time(struct sk_buff *skb, ktime_t kt, bool mono)
{
	skb->tstamp = kt;
	skb->mono_delivery_time = kt && mono;
}

/* It was sent, and arrives somewhere: from now on it is the time of arrival. */
static inline void skb_clear_delivery_time(struct sk_buff *skb)
{
	if (!skb->mono_delivery_time)
		return;
	skb->mono_delivery_time = 0;
	skb->tstamp = net_timestamp_enabled() ? skb_clock(skb) : 0;
}

/* Forget the time of arrival; a delivery time stays. */
static inline void skb_clear_tstamp(struct sk_buff *skb)
{
	if (!skb->mono_delivery_time)
		skb->tstamp = 0;
}

/* The time of arrival, 0 when it was not noted. */
static inline ktime_t skb_tstamp(const struct sk_buff *skb)
{
	return skb->mono_delivery_time ? 0 : skb->tstamp;
}

/* The same; now, when it was not noted although somebody or this caller (@cond) wants it. */
static inline ktime_t skb_tstamp_cond(const struct sk_buff *skb, bool cond)
{
	if (!skb->mono_delivery_time && skb->tstamp)
		return skb->tstamp;
	return cond || net_timestamp_enabled() ? skb_clock(skb) : 0;
}

/* Nanoseconds since @t, for packets without a device the real-time clock's. */
static inline ktime_t net_timedelta(ktime_t t)
{
	return skb_clock(NULL) - t;
}

/* The four forms in which sockets report skb->tstamp. */
static inline void skb_get_timestamp(const struct sk_buff *skb, struct __kernel_old_timeval *stamp)
{
	stamp->tv_sec = (__kernel_long_t)(skb->tstamp / 1000000000);
	stamp->tv_usec = (__kernel_long_t)(skb->tstamp % 1000000000 / 1000);
}

static inline void skb_get_new_timestamp(const struct sk_buff *skb,
					 struct __kernel_sock_timeval *stamp)
{
	stamp->tv_sec = skb->tstamp / 1000000000;
	stamp->tv_usec = skb->tstamp % 1000000000 / 1000;
}

static inline void skb_get_timestampns(const struct sk_buff *skb,
				       struct __kernel_old_timespec *stamp)
{
	stamp->tv_sec = (__kernel_old_time_t)(skb->tstamp / 1000000000);
	stamp->tv_nsec = (long)(skb->tstamp % 1000000000);
}

static inline void skb_get_new_timestampns(const struct sk_buff *skb,
					   struct __kernel_timespec *stamp)
{
	stamp->tv_sec = skb->tstamp / 1000000000;
	stamp->tv_nsec = skb->tstamp % 1000000000;
}

static inline struct skb_shared_hwtstamps *skb_hwtstamps(struct sk_buff *skb)
{
	return &skb_shinfo(skb)->hwtstamps;
}

/*
 * Transmit timestamps, reported through the sender's error queue. Without sockets nothing
 * happens: __skb_tstamp_tx() and the functions below are theirs, skb_tstamp_tx() is not.
 * @hwtstamps: the device's time, NULL for the software's.
 */
SKIFF_API void skb_tstamp_tx(struct sk_buff *orig_skb, struct skb_shared_hwtstamps *hwtstamps);
SKIFF_API void __skb_tstamp_tx(struct sk_buff *orig_skb, const struct sk_buff *ack_skb,
			       struct skb_shared_hwtstamps *hwtstamps, struct sock *sk, int tstype);

/* Consumes @skb, a clone made by skb_clone_sk(). */
SKIFF_API void skb_complete_tx_timestamp(struct sk_buff *skb,
					 struct skb_shared_hwtstamps *hwtstamps);
SKIFF_API void skb_complete_wifi_ack(struct sk_buff *skb, bool acked);

/* Timestamps taken by the link's transceiver: no device here has one. */
static inline void skb_clone_tx_timestamp(struct sk_buff *skb)
{
	(void)skb;
}

static inline bool skb_defer_rx_timestamp(struct sk_buff *skb)
{
	(void)skb;
	return false;
}

/* A driver calls this right before it hands the packet to the device. */
static inline void skb_tx_timestamp(struct sk_buff *skb)
{
	skb_clone_tx_timestamp(skb);
	if (unlikely(__skb_shinfo(skb)->tx_flags & SKBTX_SW_TSTAMP))
		skb_tstamp_tx(skb, NULL);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_TSTAMP_H */
