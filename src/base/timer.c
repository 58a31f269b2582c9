// SPDX-License-Identifier: BSD-2-Clause
/*
 * Timers: an exact hierarchical wheel, a set ordered by time in which nothing is ever rounded.
 *
 * Theory of operation. An instant is a number of 11 digits of 6 bits, in nanoseconds. The base has
 * a position, the instant up to which everything has fired. A timer lies in level k, slot d, when
 * k is the highest digit in which its instant differs from the position, and d its digit there:
 *
 *	position        ... 07 31 12 05
 *	timer at        ... 07 31 40 59   -> level 1, slot 40
 *	timer at        ... 08 00 00 00   -> level 3, slot 8
 *
 * Everything in level k is due before anything in level k + 1, and within a level slot by slot, so
 * one bitmap per level finds the first slot in a few instructions. A slot of level 0 holds one
 * single instant. When the position moves, exactly one slot can contain the new one: its timers
 * are dealt out to lower levels, and all other slots stay right (those in between are empty,
 * because what lay there has fired). A timer moves down at most ten times in its life, and since
 * most are deleted or moved long before they are due, hardly any moves at all.
 *
 * Order among equals. Timers of one instant always share a slot, arming appends at the tail unless
 * all that is there is later, and dealing out goes from head to tail into slots that were empty. So the
 * order of arming survives without being written down anywhere, and addresses play no role.
 *
 * The next expiry is the earliest in the first slot. A slot keeps its list sorted for as long as
 * timers come in ascending order (equal timeouts do) or before all others (a short timeout among
 * many long ones, which is soon deleted again), and otherwise remembers its earliest. When that one
 * is deleted from an unsorted list, the next question sorts the list once, stably.
 *
 * Why not a heap: arming and deleting, which is what TCP does for each segment, would cost
 * O(log n) and, for an array, memory that may be missing. Why not the usual coarse wheel: pacing
 * and simulated links need the instant, not the tick.
 *
 * An instant in the past counts as the position itself.
 */
#include <string.h>

#include "base/env.h"
#include "base/timer.h"

#define DIGIT_MASK (TIMER_SLOTS - 1)

/* The position is near enough before this instant. */
static ktime_t lag_ends(const struct timer_base *base)
{
	return (ktime_t)(((u64)base->pos | (BIT_ULL(TIMER_LAG_LEVELS * TIMER_LEVEL_BITS) - 1)) + 1);
}

void timer_base_init(struct timer_base *base, struct skiff_clock *clock)
{
	memset(base, 0, sizeof(*base));
	base->clock = clock;
	base->pos = skiff_clock_now(clock);
	base->quiet_until = lag_ends(base);
	for (unsigned int level = 0; level < TIMER_LEVELS; level++)
		for (unsigned int i = 0; i < TIMER_SLOTS; i++)
			INIT_LIST_HEAD(&base->slots[level][i].list);
}

static unsigned int level_of(ktime_t when, ktime_t pos)
{
	u64 differ = (u64)when ^ (u64)pos;

	return differ ? (63 - (unsigned int)__builtin_clzll(differ)) / TIMER_LEVEL_BITS : 0;
}

static unsigned int digit_of(ktime_t when, unsigned int level)
{
	return (unsigned int)((u64)when >> (level * TIMER_LEVEL_BITS)) & DIGIT_MASK;
}

/* Enters a timer that lies in no slot; its instant must not be before the position. */
static void place(struct timer_base *base, struct timer_list *timer)
{
	unsigned int level = level_of(timer->when, base->pos);
	unsigned int digit = digit_of(timer->when, level);
	struct timer_slot *slot = &base->slots[level][digit];
	struct list_head *before = &slot->list;

	if (list_empty(&slot->list)) {
		slot->first = timer;
		slot->sorted = true;
		base->occupied[level] |= BIT_ULL(digit);
		base->levels |= 1u << level;
	} else if (slot->first && timer->when < slot->first->when) {
		slot->first = timer;
		before = slot->sorted ? slot->list.next : before;
	} else if (slot->sorted) {
		struct timer_list *last = list_last_entry(&slot->list, struct timer_list, entry);

		slot->sorted = timer->when >= last->when;
	}
	list_add_tail(&timer->entry, before);
	timer->slot = level << TIMER_LEVEL_BITS | digit;
}

static void slot_emptied(struct timer_base *base, unsigned int level, unsigned int digit)
{
	base->slots[level][digit].first = NULL;
	base->occupied[level] &= ~BIT_ULL(digit);
	if (!base->occupied[level])
		base->levels &= ~(1u << level);
}

static void take_out(struct timer_base *base, struct timer_list *timer)
{
	unsigned int level = timer->slot >> TIMER_LEVEL_BITS;
	unsigned int digit = timer->slot & DIGIT_MASK;
	struct timer_slot *slot = &base->slots[level][digit];

	list_del(&timer->entry);
	if (list_empty(&slot->list))
		slot_emptied(base, level, digit);
	else if (slot->sorted)
		slot->first = list_first_entry(&slot->list, struct timer_list, entry);
	else if (slot->first == timer)
		slot->first = NULL;
}

/* Merges two chains linked by next and ended by NULL; equals keep the order left, right. */
static struct list_head *merge(struct list_head *left, struct list_head *right)
{
	struct list_head *head = NULL;
	struct list_head **tail = &head;

	while (left && right) {
		struct list_head **from =
			list_entry(right, struct timer_list, entry)->when <
					list_entry(left, struct timer_list, entry)->when ?
				&right :
				&left;

		*tail = *from;
		tail = &(*from)->next;
		*from = *tail;
	}
	*tail = left ? left : right;
	return head;
}

/* Cuts the longest ascending run off the front of a chain. */
static struct list_head *cut_run(struct list_head **chain)
{
	struct list_head *run = *chain;
	struct list_head *last = run;

	while (last->next && list_entry(last->next, struct timer_list, entry)->when >=
				     list_entry(last, struct timer_list, entry)->when)
		last = last->next;
	*chain = last->next;
	last->next = NULL;
	return run;
}

/*
 * A merge sort of the runs that are there, so that a nearly sorted list costs one pass. Bin i of
 * the counter holds 2^i merged runs, earlier runs in higher bins, which keeps it stable.
 */
static struct list_head *sort_chain(struct list_head *chain)
{
	struct list_head *bins[48] = { NULL };
	struct list_head *sorted = NULL;

	while (chain) {
		struct list_head *run = cut_run(&chain);
		unsigned int i = 0;

		for (; bins[i]; i++) {
			run = merge(bins[i], run);
			bins[i] = NULL;
		}
		bins[i] = run;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(bins); i++)
		if (bins[i])
			sorted = sorted ? merge(bins[i], sorted) : bins[i];
	return sorted;
}

static void sort_slot(struct timer_slot *slot)
{
	struct list_head *chain = slot->list.next;
	struct list_head *prev = &slot->list;

	slot->list.prev->next = NULL;
	for (chain = sort_chain(chain); chain; chain = chain->next) {
		prev->next = chain;
		chain->prev = prev;
		prev = chain;
	}
	prev->next = &slot->list;
	slot->list.prev = prev;
	slot->first = list_first_entry(&slot->list, struct timer_list, entry);
	slot->sorted = true;
}

static struct timer_list *earliest(struct timer_base *base)
{
	unsigned int level;
	struct timer_slot *slot;

	if (!base->levels)
		return NULL;
	level = (unsigned int)__builtin_ctz(base->levels);
	slot = &base->slots[level][__builtin_ctzll(base->occupied[level])];
	if (!slot->first)
		sort_slot(slot);
	return slot->first;
}

/* Moves the position to @pos; no timer before it may be left. Only one slot can contain it. */
static void move_to(struct timer_base *base, ktime_t pos)
{
	unsigned int level = level_of(pos, base->pos);
	unsigned int digit = digit_of(pos, level);
	struct list_head *list = &base->slots[level][digit].list;
	struct list_head *entry = list->next;

	base->pos = pos;
	if (level == 0 || entry == list)
		return;
	list->prev->next = NULL;
	INIT_LIST_HEAD(list);
	slot_emptied(base, level, digit);
	while (entry) {
		struct timer_list *timer = list_entry(entry, struct timer_list, entry);

		entry = entry->next;
		place(base, timer);
	}
}

static void count(struct timer_base *base, const struct timer_list *timer, long n)
{
	base->armed += (size_t)n;
	if (timer->flags & TIMER_DEFERRABLE)
		base->deferred += (size_t)n;
}

ktime_t timer_base_find_next(struct timer_base *base)
{
	const struct timer_list *timer = earliest(base);

	return timer ? timer->when : KTIME_MAX;
}

int timer_base_run(struct timer_base *base, ktime_t now, int budget)
{
	int fired = 0;

	base->quiet_until = base->pos;
	while (fired < budget) {
		struct timer_list *timer = earliest(base);

		if (!timer || timer->when > now) {
			if (now > base->pos)
				move_to(base, now);
			base->quiet_until = min(lag_ends(base), timer_base_next(base));
			break;
		}
		move_to(base, timer->when);
		take_out(base, timer);
		count(base, timer, -1);
		fired++;
		timer->function(timer);
	}
	return fired;
}

size_t timer_base_drain(struct timer_base *base,
			void (*report)(const struct timer_list *timer, void *arg), void *arg)
{
	size_t left = base->armed;
	struct timer_list *timer;

	while ((timer = earliest(base))) {
		if (report)
			report(timer, arg);
		del_timer(timer);
	}
	return left;
}

void timer_setup_base(struct timer_list *timer, struct timer_base *base,
		      void (*function)(struct timer_list *), unsigned int flags, const char *name)
{
	memset(timer, 0, sizeof(*timer));
	timer->function = function;
	timer->flags = flags;
	timer->base = base;
	timer->name = name;
}

static struct timer_base *base_of(struct timer_list *timer)
{
	if (likely(timer->base))
		return timer->base;
	if (!skiff_env)
		skiff_panic("timer %s armed without a host: hold a stack lock, or use "
			    "timer_setup_net()",
			    timer->name ? timer->name : "(not set up)");
	timer->base = skiff_env->timers;
	return timer->base;
}

static void arm(struct timer_base *base, struct timer_list *timer, ktime_t when)
{
	if (unlikely(!timer->function))
		skiff_panic("timer %p armed before timer_setup()", (void *)timer);
	timer->when = max(when, base->pos);
	place(base, timer);
	base->quiet_until = min(base->quiet_until, timer->when);
	count(base, timer, 1);
}

int mod_timer_ns(struct timer_list *timer, ktime_t when)
{
	struct timer_base *base = base_of(timer);
	int was_pending = timer_pending(timer);

	if (was_pending) {
		if (timer->when == when)
			return 1;
		del_timer(timer);
	}
	arm(base, timer, when);
	return was_pending;
}

/* The instant at which the base's jiffies become @expires, but not the present jiffy or earlier. */
static ktime_t tick_instant(const struct timer_base *base, unsigned long expires)
{
	ktime_t tick = skiff_clock_seen(base->clock) / NSEC_PER_JIFFY;
	long distance = (long)(expires - ((unsigned long)tick + INITIAL_JIFFIES));
	ktime_t when;

	if (distance < 1)
		distance = 1;
	if (__builtin_add_overflow(tick, distance, &tick) ||
	    __builtin_mul_overflow(tick, NSEC_PER_JIFFY, &when))
		return KTIME_MAX;
	return when;
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	timer->expires = expires;
	return mod_timer_ns(timer, tick_instant(base_of(timer), expires));
}

int mod_timer_pending(struct timer_list *timer, unsigned long expires)
{
	return timer_pending(timer) ? mod_timer(timer, expires) : 0;
}

int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	if (timer_pending(timer) && timer->when <= tick_instant(base_of(timer), expires))
		return 1;
	return mod_timer(timer, expires);
}

void add_timer(struct timer_list *timer)
{
	WARN_ON(timer_pending(timer));
	mod_timer(timer, timer->expires);
}

int del_timer(struct timer_list *timer)
{
	if (!timer_pending(timer))
		return 0;
	take_out(timer->base, timer);
	count(timer->base, timer, -1);
	return 1;
}
