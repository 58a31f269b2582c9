/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's time: what the clock shows, in the units of timestamps, round trips and timeouts. */
#ifndef SKIFF_TCP_TIME_H
#define SKIFF_TCP_TIME_H

#include <skiff/jiffies.h>
#include <skiff/net_namespace.h>
#include <skiff/tcp.h>

#include "base/clock.h"

static inline u64 tcp_clock_ns(const struct sock *sk)
{
	return (u64)skiff_clock_now(net_clock(sock_net(sk)));
}

static inline void tcp_mstamp_set(struct tcp_sock *tp, u64 now)
{
	tp->tcp_clock_cache = now;
	tp->tcp_mstamp = now / 1000;
}

static inline void tcp_mstamp_refresh(struct tcp_sock *tp)
{
	tcp_mstamp_set(tp, tcp_clock_ns((struct sock *)tp));
}

/* The same where little has been done since the clock was read under this hold of the lock. */
static inline void tcp_mstamp_seen(struct tcp_sock *tp)
{
	struct net *net = sock_net((struct sock *)tp);

	tcp_mstamp_set(tp, (u64)skiff_clock_seen(net_clock(net)));
}

/*
 * The same for a segment that has come. What was read before the bottom half began serves, but not twice for
 * a connection that waits for an answer: between what it sent and that, time has passed.
 */
static inline void tcp_mstamp_arrived(struct tcp_sock *tp)
{
	u64 seen = (u64)skiff_clock_seen(net_clock(sock_net((struct sock *)tp)));

	if (unlikely(seen == tp->tcp_clock_cache && tp->packets_out))
		seen = tcp_clock_ns((struct sock *)tp);
	tcp_mstamp_set(tp, seen);
}

/* Jiffies of the low 32 bits, and the timestamp clock in milliseconds. */
#define tcp_jiffies32 ((u32)jiffies_seen())

/* When @delay jiffies will have passed: the next one at the earliest, as mod_timer() has it. */
static inline ktime_t tcp_jiffies_ahead(long delay)
{
	u64 tick = jiffies_seen() - INITIAL_JIFFIES + (u64)max(delay, 1L);

	return (ktime_t)(tick * NSEC_PER_JIFFY);
}

static inline u32 tcp_time_stamp_ms(const struct tcp_sock *tp)
{
	return (u32)(tp->tcp_mstamp / 1000);
}

/* TSval of what is sent now, without tcp_sock.tsoffset. */
static inline u32 tcp_time_stamp_ts(const struct tcp_sock *tp)
{
	return tcp_time_stamp_ms(tp);
}

/* The same of a host, for who is no connection. */
static inline u32 tcp_net_timestamp(const struct net *net)
{
	return (u32)(skiff_clock_seen(net_clock(net)) / (NSEC_PER_SEC / TCP_TS_HZ));
}

static inline u32 tcp_skb_timestamp_ts(const struct sk_buff *skb)
{
	return (u32)(skb->skb_mstamp_ns / 1000000);
}

static inline u64 tcp_skb_timestamp_us(const struct sk_buff *skb)
{
	return skb->skb_mstamp_ns / 1000;
}

static inline s64 tcp_seconds(const struct net *net)
{
	return skiff_clock_seen(net_clock(net)) / NSEC_PER_SEC;
}

#endif /* SKIFF_TCP_TIME_H */
