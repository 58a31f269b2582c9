/* SPDX-License-Identifier: BSD-2-Clause */
/* A host's entries of one protocol, and what the files of this folder need of each other. */
#ifndef SKIFF_NEIGH_NEIGH_H
#define SKIFF_NEIGH_NEIGH_H

#include <skiff/neighbour.h>
#include <skiff/random.h>
#include <skiff/skiff.h>

/* Buckets: as few at first, doubled when there are more entries, and never more. */
#define NEIGH_HASH_SHIFT_MIN 4
#define NEIGH_HASH_SHIFT_MAX 16

/**
 * struct neigh_cache - one host's entries of one protocol
 * @net: the host
 * @tbl: the protocol
 * @parms: settings
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
 * @closing: the host is going away; no new entries
 */
struct neigh_cache {
	struct net *net;
	struct neigh_table *tbl;
	struct neigh_parms parms;
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

struct neigh_cache *neigh_cache_of(struct net *net, const struct neigh_table *tbl);

/* table.c */
void neigh_unlink(struct neighbour *n);
void neigh_bury(struct neigh_cache *c);

/* gc.c */
bool neigh_make_room(struct neigh_cache *c);
void neigh_periodic_gc(struct timer_list *t);
void neigh_draw_reachable_time(struct neigh_cache *c);
void neigh_update_gc_list(struct neighbour *n);
void neigh_leave_gc_list(struct neighbour *n);

/* state.c */
void neigh_timer_handler(struct timer_list *t);
void neigh_forget(struct neighbour *n);
void neigh_purge_queue(struct neighbour *n, enum skb_drop_reason reason);

/* The timer holds a reference while it runs. */
void neigh_timer_start(struct neighbour *n, ktime_t when);
void neigh_timer_stop(struct neighbour *n);

#endif /* SKIFF_NEIGH_NEIGH_H */
