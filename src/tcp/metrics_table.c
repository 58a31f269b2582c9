// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of paths that connections have told of, by both addresses.
 *
 * Anybody who connects makes an entry, so their number is bounded: a bucket holds TCP_METRICS_DEPTH + 1,
 * and one more takes the place of the one that was learned of longest ago. The hash is keyed, so nobody
 * chooses whose place that is. After an hour an entry is as good as new: what the route says counts again.
 */
#include <skiff/jhash.h>
#include <skiff/slab.h>

#include "tcp/metrics.h"

#define TCP_METRICS_BUCKETS 8192
#define TCP_METRICS_DEPTH 5
#define TCP_METRICS_TIMEOUT (60 * 60 * HZ)

_Static_assert(TCP_METRICS_KEPT == 5, "each has its counterpart in the route");

unsigned int tcp_metrics_bucket(const struct tcp_net *tn, __be32 daddr)
{
	const siphash_key_t *key = &tn->hashinfo.secret;

	return __jhash_mix((__force u32)daddr ^ key->key[0], key->key[1]) % TCP_METRICS_BUCKETS;
}

/* What the route says is what is known at first. */
static void seed(struct tcp_metrics_block *tm, const struct dst_entry *dst)
{
	static const int rtax[TCP_METRICS_KEPT] = {
		[TCP_METRIC_RTT] = RTAX_RTT,
		[TCP_METRIC_RTTVAR] = RTAX_RTTVAR,
		[TCP_METRIC_SSTHRESH] = RTAX_SSTHRESH,
		[TCP_METRIC_CWND] = RTAX_CWND,
		[TCP_METRIC_REORDERING] = RTAX_REORDERING,
	};

	tm->stamp = jiffies;
	tm->lock = 0;
	for (int i = 0; i < TCP_METRICS_KEPT; i++) {
		u64 val = dst_metric_raw(dst, rtax[i]);

		if (i == TCP_METRIC_RTT || i == TCP_METRIC_RTTVAR)
			val *= USEC_PER_MSEC;
		tm->vals[i] = (u32)min(val, (u64)INT32_MAX);
		if (dst_metric_locked(dst, rtax[i]))
			tm->lock |= 1u << i;
	}
}

static void forget(struct tcp_net *tn, struct tcp_metrics_block *tm)
{
	if (tn->last_metrics == tm)
		tn->last_metrics = NULL;
	hlist_del_init(&tm->node);
	kfree(tm);
	tn->nr_metrics--;
	net_mem_held(tn->net, -(long)sizeof(*tm));
}

/* A place in the bucket: new memory, or when the bucket is full that of the oldest. */
static struct tcp_metrics_block *make_room(struct tcp_net *tn, struct hlist_head *bucket)
{
	struct tcp_metrics_block *tm, *oldest = NULL;
	unsigned int depth = 0;

	hlist_for_each_entry(tm, bucket, node) {
		depth++;
		if (!oldest || time_before(tm->stamp, oldest->stamp))
			oldest = tm;
	}
	if (depth > TCP_METRICS_DEPTH)
		forget(tn, oldest);
	tm = net_mem_full(tn->net) ? NULL :
				     (struct tcp_metrics_block *)kzalloc(sizeof(*tm), GFP_ATOMIC);
	if (!tm)
		return NULL;
	tn->nr_metrics++;
	net_mem_held(tn->net, (long)sizeof(*tm));
	hlist_add_head(&tm->node, bucket);
	return tm;
}

static bool is_of(const struct tcp_metrics_block *tm, __be32 saddr, __be32 daddr)
{
	return tm->daddr == daddr && tm->saddr == saddr;
}

/* Not there: made if @create. */
static struct tcp_metrics_block *find(struct tcp_net *tn, const struct sock *sk, bool create)
{
	__be32 saddr = inet_sk(sk)->inet_saddr, daddr = sk->sk_daddr;
	struct hlist_head *bucket = &tn->metrics[tcp_metrics_bucket(tn, daddr)];
	struct tcp_metrics_block *tm;

	hlist_for_each_entry(tm, bucket, node)
		if (is_of(tm, saddr, daddr))
			return tm;
	tm = create ? make_room(tn, bucket) : NULL;
	if (!tm)
		return NULL;
	tm->saddr = saddr;
	tm->daddr = daddr;
	seed(tm, sk->sk_dst_cache);
	return tm;
}

/* Most hosts never remember anything. Return: whether there is a table. */
static bool have_table(struct tcp_net *tn, bool create)
{
	const size_t bytes = TCP_METRICS_BUCKETS * sizeof(*tn->metrics);

	if (tn->metrics || !create)
		return tn->metrics;
	if (!net_mem_full(tn->net))
		tn->metrics = (struct hlist_head *)kcalloc(TCP_METRICS_BUCKETS,
							   sizeof(*tn->metrics), GFP_ATOMIC);
	if (tn->metrics)
		net_mem_held(tn->net, (long)bytes);
	return tn->metrics;
}

struct tcp_metrics_block *tcp_get_metrics(const struct sock *sk, bool create)
{
	struct tcp_net *tn = tcp_net_sk(sk);
	struct tcp_metrics_block *tm = tn->last_metrics;

	if (!sk->sk_dst_cache || !have_table(tn, create))
		return NULL;
	/* A connection asks twice, and its peer is often the last one's. */
	if (!tm || !is_of(tm, inet_sk(sk)->inet_saddr, sk->sk_daddr))
		tm = find(tn, sk, create);
	if (!tm)
		return NULL;
	tn->last_metrics = tm;
	if (time_after((unsigned long)jiffies_seen(), tm->stamp + TCP_METRICS_TIMEOUT))
		seed(tm, sk->sk_dst_cache);
	return tm;
}

static void flush(struct tcp_net *tn)
{
	struct tcp_metrics_block *tm;
	struct hlist_node *next;

	for (size_t i = 0; tn->nr_metrics && i < TCP_METRICS_BUCKETS; i++)
		hlist_for_each_entry_safe(tm, next, &tn->metrics[i], node)
			forget(tn, tm);
}

void tcp_metrics_flush_all(struct net *net)
{
	ASSERT_NET_LOCKED(net);
	flush(tcp_net(net));
}

void tcp_metrics_exit(struct tcp_net *tn)
{
	if (!tn->metrics)
		return;
	flush(tn);
	net_mem_held(tn->net, -(long)(TCP_METRICS_BUCKETS * sizeof(*tn->metrics)));
	kfree(tn->metrics);
	tn->metrics = NULL;
}
