/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of armed timers of one host. See timer.c for how it works. */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <skiff/timer.h>

#include "base/clock.h"

#define TIMER_LEVEL_BITS 6
#define TIMER_SLOTS (1u << TIMER_LEVEL_BITS)
/* 11 levels of 6 bits cover the 63 bits of an instant. */
#define TIMER_LEVELS 11

struct timer_slot {
	struct list_head list;	  /* equals in the order of arming */
	struct timer_list *first; /* earliest of the list, NULL while unknown */
	bool sorted; /* the list is in the order of instants: its head is the earliest */
};

struct timer_base {
	struct skiff_clock *clock;
	ktime_t pos; /* everything before has fired; the digits that slots are counted from */
	ktime_t quiet_until; /* see timer_base_quiet() */
	size_t armed;
	size_t deferred;	    /* of these, TIMER_DEFERRABLE */
	u32 levels;		    /* bit per level that has timers */
	u64 occupied[TIMER_LEVELS]; /* bit per slot that has timers */
	struct timer_slot slots[TIMER_LEVELS][TIMER_SLOTS];
};

/* Makes an empty base at the present of @clock, whose reference stays with the caller. */
void timer_base_init(struct timer_base *base, struct skiff_clock *clock);

/* As timer_base_next(), when the earliest of the first slot is not known. */
ktime_t timer_base_find_next(struct timer_base *base);

/* The instant of the earliest timer, exactly; KTIME_MAX when none is armed. */
static inline ktime_t timer_base_next(struct timer_base *base)
{
	const struct timer_slot *slot;
	unsigned int level;

	if (!base->levels)
		return KTIME_MAX;
	level = (unsigned int)__builtin_ctz(base->levels);
	slot = &base->slots[level][__builtin_ctzll(base->occupied[level])];
	return likely(slot->first) ? slot->first->when : timer_base_find_next(base);
}

/* The position may stay behind by so many digits: timers that are that close lie exact all the same. */
#define TIMER_LAG_LEVELS 3

/*
 * Whether timer_base_run() may be left out at @now: nothing is due, and the position is not so far behind
 * that the slots of new timers would become coarse, which would have to be sorted. Not the reverse: a timer
 * that would be due may have been deleted.
 */
static inline bool timer_base_quiet(const struct timer_base *base, ktime_t now)
{
	return now < base->quiet_until;
}

/*
 * Fires up to @budget timers whose instant is not after @now, in (instant, arming) order. Returns
 * how many fired: less than @budget means that nothing is due any more.
 */
int timer_base_run(struct timer_base *base, ktime_t now, int budget);

/* Disarms all timers, calling @report for each if there is one. Returns how many there were. */
size_t timer_base_drain(struct timer_base *base,
			void (*report)(const struct timer_list *timer, void *arg), void *arg);

#endif /* BASE_TIMER_H */
