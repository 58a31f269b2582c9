// SPDX-License-Identifier: BSD-2-Clause
/* The table of neighbours that each host has per protocol: look-up, creation, removal. */
#include <string.h>

#include <skiff/slab.h>

#include "base/clock.h"
#include "neigh/neigh.h"

/* Filled by neigh_table_init() before the first host exists, constant afterwards. */
static struct neigh_table *neigh_tables[NEIGH_NR_TABLES];
unsigned int neigh_net_id;

void neigh_table_init(int index, struct neigh_table *tbl)
{
	BUG_ON(index < 0 || index >= NEIGH_NR_TABLES);
	BUG_ON(neigh_tables[index] && neigh_tables[index] != tbl);
	BUG_ON(tbl->key_len < 4 || tbl->key_len > NEIGH_KEY_MAX);
	tbl->index = index;
	neigh_tables[index] = tbl;
}

const struct neigh_statistics *neigh_stats_of(struct net *net, struct neigh_table *tbl)
{
	return &neigh_cache_of(net, tbl)->stats;
}

unsigned int neigh_entries_of(struct net *net, struct neigh_table *tbl)
{
	return neigh_cache_of(net, tbl)->entries;
}

ktime_t neigh_now(const struct neighbour *neigh)
{
	return skiff_clock_seen(skiff_net_clock(neigh->cache->net));
}

static struct hlist_head *neigh_bucket(const struct neigh_cache *c, const void *pkey,
				       const struct net_device *dev)
{
	u8 key[NEIGH_KEY_MAX + sizeof(u32)];
	u32 ifindex = (u32)dev->ifindex;
	u64 hash;

	memcpy(key, pkey, c->tbl->key_len);
	memcpy(key + c->tbl->key_len, &ifindex, sizeof(ifindex));
	hash = siphash(key, c->tbl->key_len + sizeof(ifindex), &c->hash_key);
	return &c->buckets[hash & ((1u << c->hash_shift) - 1)];
}

/* Keys have four bytes or more, of which the first ones are compared without a call. */
static bool neigh_is(const struct neighbour *n, const void *pkey, const struct net_device *dev)
{
	unsigned int len = n->tbl->key_len;

	return n->dev == dev && !memcmp(n->primary_key, pkey, 4) &&
	       (len == 4 || !memcmp(n->primary_key + 4, (const u8 *)pkey + 4, len - 4));
}

static struct neighbour *neigh_find(struct neigh_cache *c, const void *pkey,
				    const struct net_device *dev)
{
	struct neighbour *n = c->last;
	struct hlist_head *bucket;

	if (likely(n && neigh_is(n, pkey, dev)))
		return n;
	bucket = neigh_bucket(c, pkey, dev);
	hlist_for_each_entry(n, bucket, hash_node) {
		if (neigh_is(n, pkey, dev)) {
			c->last = n;
			return n;
		}
	}
	return NULL;
}

struct neighbour *__neigh_lookup_noref(struct neigh_table *tbl, const void *pkey,
				       struct net_device *dev)
{
	struct neigh_cache *c = neigh_cache_of(dev_net(dev), tbl);
	struct neighbour *n = neigh_find(c, pkey, dev);

	c->stats.lookups++;
	if (n)
		c->stats.hits++;
	return n;
}

struct neighbour *neigh_lookup(struct neigh_table *tbl, const void *pkey, struct net_device *dev)
{
	struct neighbour *n = __neigh_lookup_noref(tbl, pkey, dev);

	if (n)
		neigh_hold(n);
	return n;
}

/* Without memory the chains just stay longer. */
static void neigh_grow(struct neigh_cache *c)
{
	unsigned int old_size = 1u << c->hash_shift, i;
	struct hlist_head *old = c->buckets, *buckets;
	struct hlist_node *next;
	struct neighbour *n;

	if (c->entries <= old_size || c->hash_shift == NEIGH_HASH_SHIFT_MAX)
		return;
	buckets = (struct hlist_head *)kcalloc(old_size * 2, sizeof(*buckets), GFP_ATOMIC);
	if (!buckets)
		return;
	c->buckets = buckets;
	c->hash_shift++;
	for (i = 0; i < old_size; i++) {
		hlist_for_each_entry_safe(n, next, &old[i], hash_node) {
			hlist_del_init(&n->hash_node);
			hlist_add_head(&n->hash_node, neigh_bucket(c, n->primary_key, n->dev));
		}
	}
	kfree(old);
	c->stats.hash_grows++;
}

static void neigh_free(struct neighbour *n)
{
	n->cache->stats.destroys++;
	neigh_parms_put(n->parms);
	dev_put(n->dev);
	kfree(n);
}

static struct neighbour *neigh_alloc(struct neigh_cache *c, const void *pkey,
				     struct net_device *dev)
{
	struct neighbour *n;
	int err;

	n = (struct neighbour *)kzalloc(sizeof(*n), GFP_ATOMIC);
	if (!n)
		return (struct neighbour *)ERR_PTR(-ENOBUFS);
	__skb_queue_head_init(&n->arp_queue);
	INIT_HLIST_NODE(&n->hash_node);
	INIT_LIST_HEAD(&n->gc_list);
	n->tbl = c->tbl;
	n->cache = c;
	n->parms = neigh_parms_clone(&c->parms);
	n->dev = dev;
	dev_hold(dev);
	n->nud_state = NUD_NONE;
	n->output = neigh_resolve_output;
	n->updated = n->used = skiff_net_now(c->net);
	timer_setup_net(&n->timer, c->net, neigh_timer_handler, 0);
	memcpy(n->primary_key, pkey, c->tbl->key_len);
	refcount_set(&n->refcnt, 1);
	c->stats.allocs++;
	err = c->tbl->constructor(n);
	if (err) {
		neigh_free(n);
		return (struct neighbour *)ERR_PTR(err);
	}
	/* An entry that was never confirmed is not fresher for having been made. */
	n->confirmed = n->updated - 2 * neigh_msecs(NEIGH_VAR(n->parms, BASE_REACHABLE_TIME_MS));
	return n;
}

static void neigh_insert(struct neighbour *n)
{
	struct neigh_cache *c = n->cache;

	hlist_add_head(&n->hash_node, neigh_bucket(c, n->primary_key, n->dev));
	c->entries++;
	neigh_update_gc_list(n);
	neigh_grow(c);
}

struct neighbour *__neigh_create(struct neigh_table *tbl, const void *pkey, struct net_device *dev,
				 bool want_ref)
{
	struct neigh_cache *c = neigh_cache_of(dev_net(dev), tbl);
	struct neighbour *n = __neigh_lookup_noref(tbl, pkey, dev);

	ASSERT_NET_LOCKED(c->net);
	if (!n) {
		if (c->closing || !neigh_make_room(c))
			return (struct neighbour *)ERR_PTR(-ENOBUFS);
		/* What made room may have sent to the same address. */
		n = neigh_find(c, pkey, dev);
	}
	if (!n) {
		n = neigh_alloc(c, pkey, dev);
		if (IS_ERR(n))
			return n;
		neigh_insert(n);
	}
	if (want_ref)
		neigh_hold(n);
	return n;
}

/*
 * Removal has two steps. What is unlinked cannot be found any more and costs nothing yet; what is
 * buried drops its packets, whose destructors may send, make entries and collect others: nobody
 * may be walking the table then.
 */
void neigh_unlink(struct neighbour *n)
{
	hlist_del_init(&n->hash_node);
	if (n->cache->last == n)
		n->cache->last = NULL;
	n->cache->entries--;
	neigh_leave_gc_list(n);
	n->dead = 1;
	list_add_tail(&n->gc_list, &n->cache->doomed);
}

/* Once at a time, lest destructors that make entries pile up on the stack. */
void neigh_bury(struct neigh_cache *c)
{
	struct neighbour *n;

	if (c->burying)
		return;
	c->burying = true;
	while ((n = list_first_entry_or_null(&c->doomed, struct neighbour, gc_list)) != NULL) {
		list_del_init(&n->gc_list);
		neigh_forget(n);
		neigh_release(n);
	}
	c->burying = false;
}

bool neigh_remove_one(struct neighbour *neigh)
{
	struct neigh_cache *c = neigh->cache;

	if (neigh->dead)
		return false;
	neigh_unlink(neigh);
	neigh_bury(c);
	return true;
}

void neigh_destroy(struct neighbour *neigh)
{
	BUG_ON(!neigh->dead || timer_pending(&neigh->timer));
	neigh_purge_queue(neigh, SKB_DROP_REASON_NEIGH_DEAD);
	neigh_free(neigh);
}

/* Remove every entry on @dev, or every entry when @dev is NULL. */
static void neigh_flush_dev(struct neigh_cache *c, const struct net_device *dev,
			    bool skip_permanent)
{
	struct hlist_node *next;
	struct neighbour *n;
	unsigned int i;

	for (i = 0; i < 1u << c->hash_shift; i++)
		hlist_for_each_entry_safe(n, next, &c->buckets[i], hash_node)
			if ((!dev || n->dev == dev) &&
			    !(skip_permanent && n->nud_state & NUD_PERMANENT))
				neigh_unlink(n);
	neigh_bury(c);
}

void neigh_changeaddr(struct neigh_table *tbl, struct net_device *dev)
{
	neigh_flush_dev(neigh_cache_of(dev_net(dev), tbl), dev, false);
}

static void neigh_link_down(struct neigh_cache *c, struct net_device *dev, bool skip_permanent)
{
	neigh_flush_dev(c, dev, skip_permanent);
	pneigh_ifdown(c, dev);
}

void neigh_ifdown(struct neigh_table *tbl, struct net_device *dev)
{
	neigh_link_down(neigh_cache_of(dev_net(dev), tbl), dev, false);
}

void neigh_carrier_down(struct neigh_table *tbl, struct net_device *dev)
{
	neigh_link_down(neigh_cache_of(dev_net(dev), tbl), dev, true);
}

void neigh_for_each(struct net *net, struct neigh_table *tbl,
		    void (*cb)(struct neighbour *neigh, void *arg), void *arg)
{
	struct neigh_cache *c = neigh_cache_of(net, tbl);
	struct neighbour *n;
	unsigned int i;

	for (i = 0; i < 1u << c->hash_shift; i++)
		hlist_for_each_entry(n, &c->buckets[i], hash_node)
			cb(n, arg);
}

static int neigh_cache_init(struct neigh_cache *c, struct net *net, struct neigh_table *tbl)
{
	c->net = net;
	c->tbl = tbl;
	c->hash_shift = NEIGH_HASH_SHIFT_MIN;
	INIT_LIST_HEAD(&c->gc_list);
	INIT_LIST_HEAD(&c->doomed);
	pneigh_init(c);
	c->buckets =
		(struct hlist_head *)kcalloc(1u << c->hash_shift, sizeof(*c->buckets), GFP_KERNEL);
	if (!c->buckets)
		return -ENOMEM;
	get_random_bytes(&c->hash_key, sizeof(c->hash_key));
	c->last_flush = skiff_net_now(net);
	neigh_parms_init(c);
	c->last_rand = c->last_flush;
	timer_setup_net(&c->gc_timer, net, neigh_periodic_gc, TIMER_DEFERRABLE);
	return 0;
}

static void neigh_cache_exit(struct neigh_cache *c)
{
	if (!c->buckets)
		return;
	c->closing = true;
	del_timer(&c->gc_timer);
	neigh_flush_dev(c, NULL, false);
	pneigh_exit(c);
	kfree(c->buckets);
	c->buckets = NULL;
}

static void neigh_net_exit(struct net *net)
{
	struct neigh_net *nn = (struct neigh_net *)net_generic(net, neigh_net_id);
	int i;

	for (i = 0; i < NEIGH_NR_TABLES; i++)
		neigh_cache_exit(&nn->caches[i]);
}

static int neigh_net_init(struct net *net)
{
	struct neigh_net *nn = (struct neigh_net *)net_generic(net, neigh_net_id);
	int i, err;

	for (i = 0; i < NEIGH_NR_TABLES; i++) {
		if (!neigh_tables[i])
			continue;
		err = neigh_cache_init(&nn->caches[i], net, neigh_tables[i]);
		if (err) {
			neigh_net_exit(net);
			return err;
		}
	}
	return 0;
}

static struct pernet_operations neigh_net_ops = {
	.init = neigh_net_init,
	.exit = neigh_net_exit,
	.id = &neigh_net_id,
	.size = sizeof(struct neigh_net),
};

int neigh_init(void)
{
	return register_pernet_subsys(&neigh_net_ops);
}
