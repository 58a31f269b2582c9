/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a clock, for those who move it and keep the list of who lives by it. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>

#include <skiff/atomic.h>
#include <skiff/clock.h>
#include <skiff/jiffies.h>
#include <skiff/list.h>

#include "base/env.h"

struct skiff_clock {
	refcount_t refs;
	bool is_virtual;
	/* virtual only; written by the runner, read by any thread: aligned, to be seen whole */
	ktime_t now __aligned(8);
	ktime_t epoch; /* virtual only: wall-clock time at instant 0 */

	/* Who lives by a virtual clock, in the order of their numbers, and who moves it. */
	pthread_mutex_t lock;
	struct list_head members;
	u32 last_id;
	bool running;
	int generation; /* of the process that made it */
};

/*
 * What a clock showed when it was last read: under a stack lock, what the thread saw since it took the
 * lock, so that what is done for a packet, or for a few, costs one look at the clock. Otherwise, and
 * the first time, as skiff_clock_now(). A virtual clock is always exact. Any context.
 */
static inline ktime_t skiff_clock_seen(const struct skiff_clock *clock)
{
	const struct skiff_env *env = skiff_env;

	return likely(env && env->seen && !clock->is_virtual) ? env->seen : skiff_clock_now(clock);
}

/*
 * The thread has read the clock of the system as @seen (0: not at all) while it held another host, just before it
 * took this one, whose environment it has now: that serves here too, unless it was later here already.
 */
void skiff_clock_lend(ktime_t seen);

/* jiffies, without a call when they are known. */
static inline u64 jiffies_seen(void)
{
	const struct skiff_env *env = skiff_env;

	return likely(env && env->seen_jiffies) ? env->seen_jiffies : get_jiffies_64();
}

/* Moves a virtual clock; it never goes back. Only the thread that runs its hosts calls this. */
void clock_advance(struct skiff_clock *clock, ktime_t now);

#endif /* BASE_CLOCK_H */
