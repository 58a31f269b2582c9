/* SPDX-License-Identifier: BSD-2-Clause */
/* What a host remembers of paths when the connections over them are gone. */
#ifndef SKIFF_TCP_METRICS_H
#define SKIFF_TCP_METRICS_H

#include <linux/tcp_metrics.h>

#include "tcp/tcp.h"

/* Those that are kept: the last names of the enumeration are other units of the first ones. */
#define TCP_METRICS_KEPT (TCP_METRIC_REORDERING + 1)

/**
 * struct tcp_metrics_block - one path
 * @node: in its bucket, the newest first
 * @saddr: our address
 * @daddr: the peer's
 * @lock: bit n: @vals[n] is the route's and stays
 * @stamp: when it was learned, jiffies
 * @vals: by TCP_METRIC_*, 0: not known. Times in microseconds, scaled as tcp_sock.srtt_us and mdev_us;
 *        windows in segments
 * @mss: segment size that the peer announced with the cookie, 0: not known
 * @try_exp: 1: it did not answer to the Fast Open option, the experimental one is tried; 2: nor to that
 * @cookie: that it gave; no length: none
 */
struct tcp_metrics_block {
	struct hlist_node node;
	__be32 saddr;
	__be32 daddr;
	u32 lock;
	unsigned long stamp;
	u32 vals[TCP_METRICS_KEPT];
	u16 mss;
	u8 try_exp;
	struct tcp_fastopen_cookie cookie;
};

/* The place of paths to @daddr in the table; keyed, so that nobody can tell. */
unsigned int tcp_metrics_bucket(const struct tcp_net *tn, __be32 daddr);

/**
 * tcp_get_metrics() - what is known of a connection's path
 * @sk: the connection
 * @create: begin an entry when there is none, with what the route says
 *
 * Return: the entry, until the next call; NULL when there is none, without a route and without memory.
 */
struct tcp_metrics_block *tcp_get_metrics(const struct sock *sk, bool create);

/* The host goes. */
void tcp_metrics_exit(struct tcp_net *tn);

static inline bool tcp_metric_locked(const struct tcp_metrics_block *tm, enum tcp_metric_index idx)
{
	return tm->lock & 1u << idx;
}

/* Remember @val, unless the route says that its own stays. */
static inline void tcp_metric_learn(struct tcp_metrics_block *tm, enum tcp_metric_index idx,
				    u32 val)
{
	if (!tcp_metric_locked(tm, idx))
		tm->vals[idx] = val;
}

#endif /* SKIFF_TCP_METRICS_H */
