// SPDX-License-Identifier: BSD-2-Clause
/* Keeping the table of neighbours small: thresholds, eviction, periodic collection. */
#include "neigh/neigh.h"

/*
 * Theory of operation
 *
 * gc_thresh1	below this many entries nothing is ever collected for its age.
 * gc_thresh2	above it, a new entry triggers a forced collection, at most every 5 seconds.
 * gc_thresh3	never more entries than this: a forced collection for every new entry, and the
 *		new one is refused when it finds nothing to evict.
 *
 * A forced collection evicts, least recently updated first, what failed and what has not changed
 * for 5 seconds, unless somebody holds a reference: an entry whose timer runs is being asked for
 * or was confirmed lately, and stays. Permanent entries, and those that somebody else learned and looks
 * after (NTF_EXT_LEARNED), are on no list and do not count. When the
 * table is full all the same, the oldest entry that nobody has confirmed goes: otherwise strangers
 * who announce themselves faster than entries age could keep everybody else out. When all the
 * others are confirmed or being asked for, the question that has waited longest is given up:
 * answers to made-up senders on the link would otherwise fill the table with questions that nobody
 * answers.
 */
#define NEIGH_FLUSH_DELAY ((ktime_t)5 * NSEC_PER_SEC)
#define NEIGH_RAND_INTERVAL ((ktime_t)300 * NSEC_PER_SEC)

void neigh_leave_gc_list(struct neighbour *n)
{
	if (list_empty(&n->gc_list))
		return;
	list_del_init(&n->gc_list);
	n->cache->gc_entries--;
}

/* Call whenever state or address of an entry changed: moves to the recent end. */
void neigh_update_gc_list(struct neighbour *n)
{
	struct neigh_cache *c = n->cache;

	if (n->dead)
		return;
	neigh_leave_gc_list(n);
	if (n->nud_state & NUD_PERMANENT || n->flags & NTF_EXT_LEARNED)
		return;
	list_add_tail(&n->gc_list, &c->gc_list);
	/* The timer runs only while there is something to do. */
	if (c->gc_entries++ == 0 && !timer_pending(&c->gc_timer))
		mod_timer_ns(&c->gc_timer,
			     skiff_net_now(c->net) + neigh_secs(NEIGH_VAR(&c->parms, GC_INTERVAL)));
}

static bool neigh_evictable(const struct neighbour *n, ktime_t now)
{
	if (refcount_read(&n->refcnt) != 1)
		return false;
	/* What follows from the address is made again for the asking. */
	return n->nud_state & (NUD_FAILED | NUD_NOARP) || now - n->updated > NEIGH_FLUSH_DELAY;
}

static bool neigh_evict_unconfirmed(struct neigh_cache *c)
{
	struct neighbour *n;

	list_for_each_entry(n, &c->gc_list, gc_list)
		if (refcount_read(&n->refcnt) == 1 && n->nud_state & (NUD_STALE | NUD_FAILED))
			return neigh_remove_one(n);
	return false;
}

/* Held by the table and its timer, and by nobody else. */
static bool neigh_evict_unanswered(struct neigh_cache *c)
{
	struct neighbour *n;

	list_for_each_entry(n, &c->gc_list, gc_list)
		if (n->nud_state == NUD_INCOMPLETE && timer_pending(&n->timer) &&
		    refcount_read(&n->refcnt) == 2)
			return neigh_remove_one(n);
	return false;
}

static bool neigh_forced_gc(struct neigh_cache *c, ktime_t now)
{
	unsigned int thresh2 = (unsigned int)NEIGH_VAR(&c->parms, GC_THRESH2), gone = 0, max;
	struct neighbour *n, *next;

	max = c->gc_entries > thresh2 ? c->gc_entries - thresh2 : 1;
	c->stats.forced_gc_runs++;
	c->last_flush = now;
	list_for_each_entry_safe(n, next, &c->gc_list, gc_list) {
		if (gone == max)
			break;
		if (neigh_evictable(n, now)) {
			neigh_unlink(n);
			gone++;
		}
	}
	neigh_bury(c);
	return gone != 0;
}

/* Return: whether one more entry may be made. */
bool neigh_make_room(struct neigh_cache *c)
{
	unsigned int thresh2 = (unsigned int)NEIGH_VAR(&c->parms, GC_THRESH2);
	unsigned int thresh3 = (unsigned int)NEIGH_VAR(&c->parms, GC_THRESH3);
	ktime_t now = skiff_net_now(c->net);

	if (c->gc_entries < thresh3 &&
	    (c->gc_entries < thresh2 || now - c->last_flush < NEIGH_FLUSH_DELAY))
		return true;
	if (neigh_forced_gc(c, now) || c->gc_entries < thresh3 || neigh_evict_unconfirmed(c) ||
	    neigh_evict_unanswered(c))
		return true;
	c->stats.table_fulls++;
	return false;
}

static void neigh_draw_all(struct neigh_cache *c, ktime_t now)
{
	struct neigh_parms *p;

	neigh_draw_reachable_time(&c->parms);
	list_for_each_entry(p, &c->parms_list, list)
		neigh_draw_reachable_time(p);
	c->last_rand = now;
}

static bool neigh_outdated(struct neighbour *n, ktime_t now)
{
	if (n->nud_state & NUD_IN_TIMER || refcount_read(&n->refcnt) != 1)
		return false;
	if (n->used < n->confirmed)
		n->used = n->confirmed;
	return n->nud_state == NUD_FAILED ||
	       now - n->used > neigh_secs(NEIGH_VAR(n->parms, GC_STALETIME));
}

void neigh_periodic_gc(struct timer_list *t)
{
	struct neigh_cache *c = from_timer(c, t, gc_timer);
	ktime_t now = skiff_net_now(c->net);
	struct neighbour *n, *next;

	c->stats.periodic_gc_runs++;
	if (now - c->last_rand > NEIGH_RAND_INTERVAL)
		neigh_draw_all(c, now);
	if (c->gc_entries >= (unsigned int)NEIGH_VAR(&c->parms, GC_THRESH1))
		list_for_each_entry_safe(n, next, &c->gc_list, gc_list)
			if (neigh_outdated(n, now))
				neigh_unlink(n);
	neigh_bury(c);
	if (c->gc_entries)
		mod_timer_ns(t, now + neigh_secs(NEIGH_VAR(&c->parms, GC_INTERVAL)));
}
