/* SPDX-License-Identifier: BSD-2-Clause */
/* A host's entries of one protocol, and what the files of this folder need of each other. */
#ifndef SKIFF_NEIGH_NEIGH_H
#define SKIFF_NEIGH_NEIGH_H

#include <string.h>

#include <skiff/neighbour.h>
#include <skiff/random.h>
#include <skiff/skiff.h>

/* Buckets: as few at first, doubled when there are more entries, and never more. */
#define NEIGH_HASH_SHIFT_MIN 4
#define NEIGH_HASH_SHIFT_MAX 16

#define PNEIGH_BUCKETS 16

/**
 * struct neigh_cache - one host's entries of one protocol
 * @net: the host
 * @tbl: the protocol
 * @parms: settings of devices that have none of their own, and those of the table
 * @parms_list: the devices'
 * @stats: counters
 * @buckets: 1 << @hash_shift chains
 * @hash_shift: see NEIGH_HASH_SHIFT_MIN
 * @hash_key: so that nobody outside can fill one chain
 * @last: the entry that was found last, which the next packet most often wants too
 * @entries: entries in the table
 * @gc_entries: entries that garbage collection may take
 * @gc_list: those, the least recently updated first
 * @doomed: unlinked entries whose packets are still to be dropped, see neigh_bury()
 * @burying: somebody is at it
 * @gc_timer: periodic collection
 * @last_flush: when forced collection ran last
 * @last_rand: when reachable_time was drawn last
 * @proxies: addresses that are answered for
 * @proxy_queue: questions for them that are answered later, in the order of their arrival
 * @proxy_timer: runs while there are any
 * @proxy_next: when the first of them is due
 * @closing: the host is going away; no new entries
 */
struct neigh_cache {
	struct net *net;
	struct neigh_table *tbl;
	struct neigh_parms parms;
	struct list_head parms_list;
	struct neigh_statistics stats;
	struct hlist_head *buckets;
	unsigned int hash_shift;
	siphash_key_t hash_key;
	struct neighbour *last;
	unsigned int entries;
	unsigned int gc_entries;
	struct list_head gc_list;
	struct list_head doomed;
	bool burying;
	struct timer_list gc_timer;
	ktime_t last_flush;
	ktime_t last_rand;
	struct hlist_head proxies[PNEIGH_BUCKETS];
	struct sk_buff_head proxy_queue;
	struct timer_list proxy_timer;
	ktime_t proxy_next;
	bool closing;
};

/* Seconds and milliseconds of a setting as a span of time. */
static inline ktime_t neigh_secs(int s)
{
	return (ktime_t)s * NSEC_PER_SEC;
}

static inline ktime_t neigh_msecs(int ms)
{
	return (ktime_t)ms * NSEC_PER_MSEC;
}

struct neigh_net {
	struct neigh_cache caches[NEIGH_NR_TABLES];
};

/* table.c */
extern unsigned int neigh_net_id;

static inline struct neigh_cache *neigh_cache_of(struct net *net, const struct neigh_table *tbl)
{
	struct neigh_net *nn = (struct neigh_net *)net_generic(net, neigh_net_id);

	return &nn->caches[tbl->index];
}

/*
 * __neigh_lookup_noref() for protocols whose addresses have four bytes, if it is the entry that was found
 * last: else NULL.
 */
static inline struct neighbour *neigh_last32(const struct neigh_table *tbl, __be32 key,
					     const struct net_device *dev)
{
	struct neigh_cache *c = neigh_cache_of(dev_net(dev), tbl);
	struct neighbour *n = c->last;
	__be32 last;

	if (unlikely(!n || n->dev != dev))
		return NULL;
	memcpy((void *)&last, n->primary_key, sizeof(last));
	if (last != key)
		return NULL;
	c->stats.lookups++;
	c->stats.hits++;
	return n;
}

void neigh_unlink(struct neighbour *n);
void neigh_bury(struct neigh_cache *c);

/* gc.c */
bool neigh_make_room(struct neigh_cache *c);
void neigh_periodic_gc(struct timer_list *t);
void neigh_update_gc_list(struct neighbour *n);
void neigh_leave_gc_list(struct neighbour *n);

/* parms.c */
void neigh_parms_init(struct neigh_cache *c);
void neigh_draw_reachable_time(struct neigh_parms *p);

/* proxy.c */
void pneigh_init(struct neigh_cache *c);
void pneigh_ifdown(struct neigh_cache *c, const struct net_device *dev);
void pneigh_exit(struct neigh_cache *c);

/* output.c */
void neigh_update_hh(struct neighbour *n);

/* state.c */
void neigh_timer_handler(struct timer_list *t);
void neigh_forget(struct neighbour *n);
void neigh_purge_queue(struct neighbour *n, enum skb_drop_reason reason);

/* The timer holds a reference while it runs. */
void neigh_timer_start(struct neighbour *n, ktime_t when);
void neigh_timer_stop(struct neighbour *n);

#endif /* SKIFF_NEIGH_NEIGH_H */
