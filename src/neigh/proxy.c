// SPDX-License-Identifier: BSD-2-Clause
/* Addresses that are answered for, and the questions for them that wait for their turn. */
#include <string.h>

#include <skiff/slab.h>

#include "neigh/neigh.h"

/**
 * struct proxy_cb - of a question, in skb->cb
 * @due: when it is answered
 * @waited: it was in the queue
 */
struct proxy_cb {
	ktime_t due;
	bool waited;
};

static struct proxy_cb *proxy_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct proxy_cb) > sizeof(skb->cb));
	return (struct proxy_cb *)(void *)(uintptr_t)skb->cb;
}

/* The last four bytes of an address differ most. */
static struct hlist_head *pneigh_bucket(struct neigh_cache *c, const void *key)
{
	u32 h;

	memcpy(&h, (const u8 *)key + c->tbl->key_len - sizeof(h), sizeof(h));
	h ^= h >> 16;
	h ^= h >> 8;
	h ^= h >> 4;
	return &c->proxies[h % PNEIGH_BUCKETS];
}

struct pneigh_entry *pneigh_lookup(struct neigh_table *tbl, struct net *net, const void *key,
				   struct net_device *dev, int creat)
{
	struct neigh_cache *c = neigh_cache_of(net, tbl);
	struct hlist_head *bucket = pneigh_bucket(c, key);
	struct pneigh_entry *n;

	ASSERT_NET_LOCKED(net);
	hlist_for_each_entry(n, bucket, node)
		if (!memcmp(n->key, key, tbl->key_len) && (n->dev == dev || !n->dev))
			return n;
	if (!creat || c->closing)
		return NULL;
	n = (struct pneigh_entry *)kzalloc(sizeof(*n), GFP_KERNEL);
	if (!n)
		return NULL;
	n->dev = dev;
	memcpy(n->key, key, tbl->key_len);
	hlist_add_head(&n->node, bucket);
	return n;
}

static void pneigh_free(struct pneigh_entry *n)
{
	hlist_del_init(&n->node);
	kfree(n);
}

int pneigh_delete(struct neigh_table *tbl, struct net *net, const void *key, struct net_device *dev)
{
	struct pneigh_entry *n;

	ASSERT_NET_LOCKED(net);
	hlist_for_each_entry(n, pneigh_bucket(neigh_cache_of(net, tbl), key), node)
		if (!memcmp(n->key, key, tbl->key_len) && n->dev == dev) {
			pneigh_free(n);
			return 0;
		}
	return -ENOENT;
}

void pneigh_for_each(struct net *net, struct neigh_table *tbl,
		     void (*cb)(struct pneigh_entry *entry, void *arg), void *arg)
{
	struct neigh_cache *c = neigh_cache_of(net, tbl);
	struct pneigh_entry *n;

	for (int i = 0; i < PNEIGH_BUCKETS; i++)
		hlist_for_each_entry(n, &c->proxies[i], node)
			cb(n, arg);
}

/* The queue */

void pneigh_new(struct sk_buff *skb)
{
	*proxy_cb(skb) = (struct proxy_cb){ 0 };
}

bool pneigh_has_waited(const struct sk_buff *skb)
{
	return proxy_cb(skb)->waited;
}

static void proxy_answer(struct neigh_cache *c, struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	if (netif_running(dev))
		c->tbl->proxy_redo(skb);
	else
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
	dev_put(dev);
}

static void proxy_timer_start(struct neigh_cache *c, ktime_t when)
{
	c->proxy_next = when;
	mod_timer_ns(&c->proxy_timer, when);
}

/* Those that are due go first onto a list of their own: answering may bring new ones. */
static void proxy_timer_handler(struct timer_list *t)
{
	struct neigh_cache *c = from_timer(c, t, proxy_timer);
	ktime_t now = skiff_net_now(c->net), next = KTIME_MAX;
	struct sk_buff *skb, *tmp;
	struct sk_buff_head due;

	__skb_queue_head_init(&due);
	skb_queue_walk_safe(&c->proxy_queue, skb, tmp) {
		if (proxy_cb(skb)->due > now) {
			next = min(next, proxy_cb(skb)->due);
			continue;
		}
		__skb_unlink(skb, &c->proxy_queue);
		__skb_queue_tail(&due, skb);
	}
	if (next != KTIME_MAX)
		proxy_timer_start(c, next);
	while ((skb = __skb_dequeue(&due)) != NULL)
		proxy_answer(c, skb);
}

void pneigh_enqueue(struct neigh_table *tbl, struct neigh_parms *p, struct sk_buff *skb)
{
	struct neigh_cache *c = p->cache;
	ktime_t due = skiff_net_now(c->net);
	u32 delay = (u32)NEIGH_VAR(p, PROXY_DELAY_MS);

	BUG_ON(!tbl->proxy_redo);
	if (c->closing || skb_queue_len(&c->proxy_queue) >= (u32)NEIGH_VAR(p, PROXY_QLEN)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_QUEUEFULL);
		return;
	}
	due += delay ? (ktime_t)(get_random_u32_below(delay) * (u64)NSEC_PER_MSEC) : 0;
	*proxy_cb(skb) = (struct proxy_cb){ .due = due, .waited = true };
	skb_dst_drop(skb);
	dev_hold(skb->dev);
	__skb_queue_tail(&c->proxy_queue, skb);
	if (!timer_pending(&c->proxy_timer) || due < c->proxy_next)
		proxy_timer_start(c, due);
}

/* Drop what waits from @dev, or all when @dev is NULL. */
static void proxy_purge(struct neigh_cache *c, const struct net_device *dev)
{
	struct sk_buff *skb, *tmp;
	struct sk_buff_head gone;
	struct net_device *from;

	__skb_queue_head_init(&gone);
	skb_queue_walk_safe(&c->proxy_queue, skb, tmp) {
		if (dev && skb->dev != dev)
			continue;
		__skb_unlink(skb, &c->proxy_queue);
		__skb_queue_tail(&gone, skb);
	}
	if (skb_queue_empty(&c->proxy_queue))
		del_timer(&c->proxy_timer);
	while ((skb = __skb_dequeue(&gone)) != NULL) {
		from = skb->dev;
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		dev_put(from);
	}
}

void pneigh_ifdown(struct neigh_cache *c, const struct net_device *dev)
{
	struct hlist_node *next;
	struct pneigh_entry *n;

	for (int i = 0; i < PNEIGH_BUCKETS; i++)
		hlist_for_each_entry_safe(n, next, &c->proxies[i], node)
			if (!dev || n->dev == dev)
				pneigh_free(n);
	proxy_purge(c, dev);
}

void pneigh_init(struct neigh_cache *c)
{
	__skb_queue_head_init(&c->proxy_queue);
	timer_setup_net(&c->proxy_timer, c->net, proxy_timer_handler, 0);
}

void pneigh_exit(struct neigh_cache *c)
{
	pneigh_ifdown(c, NULL);
}
