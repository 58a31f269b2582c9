// SPDX-License-Identifier: BSD-2-Clause
/* dst_entries: made, shared by reference, and taken apart by whoever lets go last. */
#include <linux/rtnetlink.h>

#include <skiff/dst.h>
#include <skiff/printk.h>
#include <skiff/slab.h>

_Static_assert(DST_METRICS_MAX >= RTAX_MAX, "all metrics have a place");

static void (*dev_hold_fn)(struct net_device *dev);
static void (*dev_put_fn)(struct net_device *dev);

void dst_dev_refs_set(void (*hold)(struct net_device *dev), void (*put)(struct net_device *dev))
{
	dev_hold_fn = hold;
	dev_put_fn = put;
}

static void hold_dev(struct net_device *dev)
{
	if (dev && dev_hold_fn)
		dev_hold_fn(dev);
}

static void put_dev(struct net_device *dev)
{
	if (dev && dev_put_fn)
		dev_put_fn(dev);
}

int dst_discard_in(struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_INNOROUTES);
	return 0;
}

int dst_discard_out(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
	return 0;
}

/* Metrics */

struct dst_metrics *dst_metrics_alloc(gfp_t gfp)
{
	struct dst_metrics *m = kzalloc(sizeof(*m), gfp);

	if (m)
		refcount_set(&m->refcnt, 1);
	return m;
}

void dst_metrics_put(struct dst_metrics *metrics)
{
	if (metrics && refcount_dec_and_test(&metrics->refcnt))
		kfree(metrics);
}

void dst_init_metrics(struct dst_entry *dst, struct dst_metrics *metrics)
{
	if (metrics)
		refcount_inc(&metrics->refcnt);
	dst_metrics_put(dst->metrics);
	dst->metrics = metrics;
}

/* Metrics that no other entry or table sees. Return: false without memory. */
static bool own_metrics(struct dst_entry *dst)
{
	struct dst_metrics *m;

	if (dst->metrics && refcount_read(&dst->metrics->refcnt) == 1)
		return true;
	m = dst_metrics_alloc(GFP_ATOMIC);
	if (!m)
		return false;
	if (dst->metrics)
		memcpy(m->metrics, dst->metrics->metrics, sizeof(m->metrics));
	dst_metrics_put(dst->metrics);
	dst->metrics = m;
	return true;
}

int dst_metric_set(struct dst_entry *dst, int metric, u32 val)
{
	BUG_ON(metric < 1 || metric > DST_METRICS_MAX);
	if (!own_metrics(dst))
		return -ENOMEM;
	dst->metrics->metrics[metric - 1] = val;
	return 0;
}

u32 dst_metric_advmss(const struct dst_entry *dst)
{
	u32 advmss = dst_metric_raw(dst, RTAX_ADVMSS);

	if (!advmss && dst->ops->default_advmss)
		advmss = dst->ops->default_advmss(dst);
	return advmss;
}

/* Life and death */

static void count(const struct dst_entry *dst, int n)
{
	if (!(dst->flags & DST_NOCOUNT))
		atomic_add(n, &dst->ops->entries);
}

/* Let go of all that the entry refers to. Gives the child, whose reference is the caller's now. */
static struct dst_entry *take_apart(struct dst_entry *dst)
{
	struct dst_entry *child = dst->child;

	dst->child = NULL;
	if (dst->ops->destroy)
		dst->ops->destroy(dst);
	put_dev(dst->dev);
	dst->dev = NULL;
	dst_metrics_put(dst->metrics);
	dst->metrics = NULL;
	count(dst, -1);
	return child;
}

/*
 * The last reference to an entry drops its reference to the next one of the chain: in a loop,
 * since a chain may be long and the stack is not.
 */
static void release_entry(struct dst_entry *dst)
{
	do {
		bool free_it = dst->flags & DST_ALLOCATED;
		struct dst_entry *child = take_apart(dst);

		if (free_it)
			kfree(dst);
		dst = child;
	} while (dst && refcount_dec_and_test(&dst->__refcnt));
}

void dst_init(struct dst_entry *dst, struct dst_ops *ops, struct net_device *dev, int initial_ref,
	      int initial_obsolete, unsigned short flags)
{
	BUG_ON(initial_ref < 1);
	memset(dst, 0, sizeof(*dst));
	hold_dev(dev);
	dst->dev = dev;
	dst->ops = ops;
	dst->input = dst_discard_in;
	dst->output = dst_discard_out;
	dst->obsolete = (short)initial_obsolete;
	dst->flags = (unsigned short)(flags & ~DST_ALLOCATED);
	dst->__release = release_entry;
	refcount_set(&dst->__refcnt, initial_ref);
	count(dst, 1);
}

/* Whether the family may have one more entry. */
static bool has_room(struct dst_ops *ops, unsigned short flags)
{
	if ((flags & DST_NOCOUNT) || !ops->gc_thresh ||
	    dst_entries_get_fast(ops) < (int)ops->gc_thresh)
		return true;
	if (!ops->gc || ops->gc(ops)) {
		net_notice_ratelimited("route cache is full: %d entries\n",
				       dst_entries_get_fast(ops));
		return false;
	}
	return true;
}

void *dst_alloc(struct dst_ops *ops, struct net_device *dev, int initial_ref, int initial_obsolete,
		unsigned short flags)
{
	struct dst_entry *dst;

	BUG_ON(ops->entry_size < sizeof(*dst));
	if (!has_room(ops, flags))
		return NULL;
	dst = kzalloc(ops->entry_size, GFP_ATOMIC);
	if (!dst)
		return NULL;
	dst_init(dst, ops, dev, initial_ref, initial_obsolete, flags);
	dst->flags |= DST_ALLOCATED;
	return dst;
}

void dst_dev_put(struct dst_entry *dst)
{
	struct net_device *dev = dst->dev;

	dst->obsolete = DST_OBSOLETE_DEAD;
	if (dst->ops->ifdown)
		dst->ops->ifdown(dst, dev, 1);
	dst->input = dst_discard_in;
	dst->output = dst_discard_out;
	dst->dev = NULL;
	put_dev(dev);
}
