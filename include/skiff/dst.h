/* SPDX-License-Identifier: BSD-2-Clause */
/* dst_entry: where a packet goes. Routes, and the transformers in front of them, are built on it. */
#ifndef SKIFF_DST_H
#define SKIFF_DST_H

#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dst_entry;
struct neighbour;
struct net_device;

/* dst_entry.flags */
#define DST_HOST 0x0001
#define DST_NOXFRM 0x0002
#define DST_NOPOLICY 0x0004
#define DST_NOCOUNT 0x0008 /* is not counted against dst_ops.gc_thresh */
#define DST_FAKE_RTABLE 0x0010
#define DST_XFRM_TUNNEL 0x0020
#define DST_XFRM_QUEUE 0x0040
#define DST_METADATA 0x0080
#define DST_ALLOCATED 0x8000 /* made by dst_alloc(), which sets it */

/* dst_entry.obsolete: what a cached entry is still worth. */
#define DST_OBSOLETE_NONE 0
#define DST_OBSOLETE_DEAD 2
#define DST_OBSOLETE_FORCE_CHK (-1) /* valid while dst_ops.check() says so */
#define DST_OBSOLETE_KILL (-2)

/* RTAX_MAX of <linux/rtnetlink.h> */
#define DST_METRICS_MAX 17

/* A bit of RTAX_FEATURES that no user sets: the route's congestion control needs ECN. */
#define DST_FEATURE_ECN_CA (1u << 31)

/**
 * struct dst_metrics - path metrics that a route and its entries share; a route without has none
 * @metrics: by RTAX_* - 1
 * @refcnt: entries and tables that refer to it
 */
struct dst_metrics {
	u32 metrics[DST_METRICS_MAX];
	refcount_t refcnt;
};

/**
 * struct dst_ops - what a protocol family does with its entries
 * @family: AF_*
 * @entry_size: bytes of the family's structure, whose first member is the dst_entry
 * @gc_thresh: number of entries from which on @gc is asked before another one is made; 0: no limit
 * @gc: make room; nonzero when it could not
 * @check: the entry if it is still valid, else NULL; for those with DST_OBSOLETE_FORCE_CHK
 * @default_advmss: largest segment to announce when no metric says so
 * @mtu: largest packet on the path
 * @destroy: the last reference is gone: drop what the family's part refers to. Any thread, no
 *           lock held: only counted references may be dropped there
 * @ifdown: the device goes, @unregister: for good
 * @negative_advice: a sender suspects the entry; gives the entry to use from now on or NULL,
 *                   and takes over the reference
 * @link_failure: the packet could not be delivered to the neighbour
 * @update_pmtu: the path takes at most @mtu bytes
 * @redirect: a router knows a better way
 * @local_out: send a packet that was made for this entry
 * @neigh_lookup: the next hop's neighbour entry, with a reference; @skb or @daddr name the target
 * @confirm_neigh: the next hop was heard from
 * @entries: how many there are
 *
 * Called under the host's stack lock unless noted. Those that are NULL do nothing.
 */
struct dst_ops {
	unsigned short family;
	unsigned int entry_size;
	unsigned int gc_thresh;
	int (*gc)(struct dst_ops *ops);
	struct dst_entry *(*check)(struct dst_entry *dst, __u32 cookie);
	unsigned int (*default_advmss)(const struct dst_entry *dst);
	unsigned int (*mtu)(const struct dst_entry *dst);
	void (*destroy)(struct dst_entry *dst);
	void (*ifdown)(struct dst_entry *dst, struct net_device *dev, int unregister);
	struct dst_entry *(*negative_advice)(struct dst_entry *dst);
	void (*link_failure)(struct sk_buff *skb);
	void (*update_pmtu)(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb, u32 mtu,
			    bool confirm_neigh);
	void (*redirect)(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb);
	int (*local_out)(struct net *net, struct sock *sk, struct sk_buff *skb);
	struct neighbour *(*neigh_lookup)(const struct dst_entry *dst, struct sk_buff *skb,
					  const void *daddr);
	void (*confirm_neigh)(const struct dst_entry *dst, const void *daddr);
	atomic_t entries;
};

/**
 * struct dst_entry - where packets go
 * @dev: device that they leave by; the entry keeps a reference to it. NULL when it is gone
 * @ops: of its family
 * @input: what to do with a received packet; consumes it. Return: 0 or -errno
 * @output: what to do with a packet to be sent; consumes it. Return: 0, NET_XMIT_*, or -errno
 * @child: the next transformer or the route, in a chain; holds a reference
 * @metrics: of the path, or NULL
 * @error: -errno that input and output give, for entries that refuse
 * @obsolete: DST_OBSOLETE_*
 * @flags: DST_*
 * @header_len: headroom that the chain needs beyond that of @dev
 * @trailer_len: tailroom that it needs
 * @__refcnt: references
 * @__use: how often it was used
 * @lastuse: when, nanoseconds of the host's clock
 * @expires: when it stops to count, nanoseconds of the host's clock; 0: never
 * @tclassid: class for accounting
 * @__release: what the last dst_release() calls
 */
struct dst_entry {
	struct net_device *dev;
	struct dst_ops *ops;
	int (*input)(struct sk_buff *skb);
	int (*output)(struct net *net, struct sock *sk, struct sk_buff *skb);
	struct dst_entry *child;
	struct dst_metrics *metrics;
	short error;
	short obsolete;
	unsigned short flags;
	unsigned short header_len;
	unsigned short trailer_len;
	refcount_t __refcnt;
	int __use;
	__u32 tclassid;
	ktime_t lastuse;
	ktime_t expires;
	void (*__release)(struct dst_entry *dst);
};

/**
 * dst_alloc() - make an entry
 * @ops: its family
 * @dev: its device, may be NULL
 * @initial_ref: references that the caller gets, 1 or more
 * @initial_obsolete: DST_OBSOLETE_*
 * @flags: DST_*
 *
 * The family's part is zero; input and output discard. Under the stack lock.
 * Return: the entry; NULL without memory, or when the family is at its limit.
 */
SKIFF_API void *dst_alloc(struct dst_ops *ops, struct net_device *dev, int initial_ref,
			  int initial_obsolete, unsigned short flags);

/**
 * dst_init() - the same for an entry that is part of something else
 * @dst: the memory; stays with the caller, who must not free it while references are left
 * @ops: its family
 * @dev: its device, may be NULL
 * @initial_ref: references, 1 or more
 * @initial_obsolete: DST_OBSOLETE_*
 * @flags: DST_*
 *
 * The last dst_release() lets go of all that the entry refers to, but does not free @dst.
 */
SKIFF_API void dst_init(struct dst_entry *dst, struct dst_ops *ops, struct net_device *dev,
			int initial_ref, int initial_obsolete, unsigned short flags);

/**
 * dst_dev_refs_set() - say how references to devices are counted
 * @hold: takes one
 * @put: drops one; any thread
 *
 * The layer that has devices registers this before the first entry is made.
 */
SKIFF_API void dst_dev_refs_set(void (*hold)(struct net_device *dev),
				void (*put)(struct net_device *dev));

/**
 * dst_dev_put() - the device goes: let go of it, whoever still refers to the entry
 * @dst: the entry
 *
 * From now on it is dead, its @dev NULL: packets given to it are discarded. Under the stack lock.
 */
SKIFF_API void dst_dev_put(struct dst_entry *dst);

/**
 * dst_discard_out() - drop a packet to be sent; the output of entries that lead nowhere
 * @net: host
 * @sk: sender, or NULL
 * @skb: the packet, consumed
 *
 * Return: 0.
 */
SKIFF_API int dst_discard_out(struct net *net, struct sock *sk, struct sk_buff *skb);

/* Drop a received packet; the input of entries that lead nowhere. Consumes it. Return: 0. */
SKIFF_API int dst_discard_in(struct sk_buff *skb);

static inline int dst_discard(struct sk_buff *skb)
{
	return dst_discard_in(skb);
}

/* References. Any thread. */

static inline void dst_hold(struct dst_entry *dst)
{
	refcount_inc(&dst->__refcnt);
}

/* Take a reference unless the last one is gone already. */
static inline bool dst_hold_safe(struct dst_entry *dst)
{
	return refcount_inc_not_zero(&dst->__refcnt);
}

static inline struct dst_entry *dst_clone(struct dst_entry *dst)
{
	if (dst)
		dst_hold(dst);
	return dst;
}

/* Drop a reference; with the last one the entry is destroyed, and then its child's dropped. */
static inline void dst_release(struct dst_entry *dst)
{
	if (dst && refcount_dec_and_test(&dst->__refcnt))
		dst->__release(dst);
}

static inline void dst_release_immediate(struct dst_entry *dst)
{
	dst_release(dst);
}

/* The packet's route. */

static inline void refdst_drop(unsigned long refdst)
{
	if (!(refdst & SKB_DST_NOREF))
		dst_release((struct dst_entry *)(refdst & SKB_DST_PTRMASK));
}

static inline void skb_dst_drop(struct sk_buff *skb)
{
	if (skb->_skb_refdst) {
		refdst_drop(skb->_skb_refdst);
		skb->_skb_refdst = 0;
	}
}

/* For a copy: a reference of its own, whether the original has one or not. */
static inline void __skb_dst_copy(struct sk_buff *nskb, unsigned long refdst)
{
	nskb->slow_gro |= !!refdst;
	nskb->_skb_refdst = refdst;
	if (!(refdst & SKB_DST_NOREF))
		dst_clone(skb_dst(nskb));
}

static inline void skb_dst_copy(struct sk_buff *nskb, const struct sk_buff *oskb)
{
	__skb_dst_copy(nskb, oskb->_skb_refdst);
}

/**
 * skb_dst_force() - make a borrowed route the packet's own, before it is kept
 * @skb: the packet
 *
 * Return: whether it has a route afterwards; false when the entry was about to go.
 */
static inline bool skb_dst_force(struct sk_buff *skb)
{
	if (skb_dst_is_noref(skb)) {
		struct dst_entry *dst = skb_dst(skb);

		if (!dst_hold_safe(dst))
			dst = NULL;
		skb->_skb_refdst = (unsigned long)dst;
		skb->slow_gro |= !!dst;
	}
	return skb->_skb_refdst != 0;
}

/* Note that the entry served a packet at @now, nanoseconds of the host's clock. */
static inline void dst_use_noref(struct dst_entry *dst, ktime_t now)
{
	if (now != dst->lastuse) {
		dst->__use++;
		dst->lastuse = now;
	}
}

static inline void dst_hold_and_use(struct dst_entry *dst, ktime_t now)
{
	dst_hold(dst);
	dst_use_noref(dst, now);
}

/* Hand a received packet to its route, which consumes it. */
static inline int dst_input(struct sk_buff *skb)
{
	return skb_dst(skb)->input(skb);
}

/* Hand a packet to be sent to its route, which consumes it. */
static inline int dst_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return skb_dst(skb)->output(net, sk, skb);
}

/* The entry if it is still good, else NULL; the reference is not touched. */
static inline struct dst_entry *dst_check(struct dst_entry *dst, u32 cookie)
{
	if (dst->obsolete)
		dst = dst->ops->check ? dst->ops->check(dst, cookie) : NULL;
	return dst;
}

/* A new expiry if it is earlier than the present one. @expires: nanoseconds, the host's clock. */
static inline void dst_set_expires(struct dst_entry *dst, ktime_t expires)
{
	if (expires == 0)
		expires = 1;
	if (dst->expires == 0 || expires < dst->expires)
		dst->expires = expires;
}

/* The last entry of a chain: the route. */
static inline const struct dst_entry *dst_path(const struct dst_entry *dst)
{
	while (dst->child)
		dst = dst->child;
	return dst;
}

/* Metrics. */

/* A metric, 0 when not set. @metric: RTAX_* */
static inline u32 dst_metric_raw(const struct dst_entry *dst, int metric)
{
	BUG_ON(metric < 1 || metric > DST_METRICS_MAX);
	return dst->metrics ? dst->metrics->metrics[metric - 1] : 0;
}

static inline u32 dst_metric(const struct dst_entry *dst, int metric)
{
	return dst_metric_raw(dst, metric);
}

/* dst_metric_raw(dst, RTAX_ADVMSS), or the family's default. */
SKIFF_API u32 dst_metric_advmss(const struct dst_entry *dst);

static inline int dst_metric_locked(const struct dst_entry *dst, int metric)
{
	return (int)(dst_metric_raw(dst, 1 /* RTAX_LOCK */) & (1u << metric));
}

/* Those of @features (RTAX_FEATURE_*, DST_FEATURE_ECN_CA) that the route has. */
static inline u32 dst_feature(const struct dst_entry *dst, u32 features)
{
	return dst_metric_raw(dst, 12 /* RTAX_FEATURES */) & features;
}

/**
 * dst_metric_set() - set a metric of this entry alone
 * @dst: the entry
 * @metric: RTAX_*
 * @val: the value
 *
 * Metrics that are shared are copied first. Under the stack lock. Return: 0 or -ENOMEM.
 */
SKIFF_API int dst_metric_set(struct dst_entry *dst, int metric, u32 val);

/* Share @metrics (NULL: none) with the entry, which takes a reference of its own. */
SKIFF_API void dst_init_metrics(struct dst_entry *dst, struct dst_metrics *metrics);

/* Metrics with one reference, all zero. Return: NULL without memory. */
SKIFF_API struct dst_metrics *dst_metrics_alloc(gfp_t gfp);
SKIFF_API void dst_metrics_put(struct dst_metrics *metrics);

/* Largest packet on the path; the family knows. */
static inline u32 dst_mtu(const struct dst_entry *dst)
{
	return dst->ops->mtu(dst);
}

/* The next hop and its neighbour entry. */

static inline struct neighbour *dst_neigh_lookup(const struct dst_entry *dst, const void *daddr)
{
	return dst->ops->neigh_lookup ? dst->ops->neigh_lookup(dst, NULL, daddr) : NULL;
}

static inline struct neighbour *dst_neigh_lookup_skb(const struct dst_entry *dst,
						     struct sk_buff *skb)
{
	return dst->ops->neigh_lookup ? dst->ops->neigh_lookup(dst, skb, NULL) : NULL;
}

static inline void dst_confirm_neigh(const struct dst_entry *dst, const void *daddr)
{
	if (dst->ops->confirm_neigh)
		dst->ops->confirm_neigh(dst, daddr);
}

/* The neighbour does not answer; tells the sender of @skb, which is not consumed. */
static inline void dst_link_failure(struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);

	if (dst && dst->ops && dst->ops->link_failure)
		dst->ops->link_failure(skb);
}

/* @skb is too big for its path. */
static inline void skb_dst_update_pmtu(struct sk_buff *skb, u32 mtu)
{
	struct dst_entry *dst = skb_dst(skb);

	if (dst && dst->ops->update_pmtu)
		dst->ops->update_pmtu(dst, NULL, skb, mtu, true);
}

/* How many entries a family has. */
static inline int dst_entries_get_fast(struct dst_ops *ops)
{
	return atomic_read(&ops->entries);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_DST_H */
