// SPDX-License-Identifier: BSD-2-Clause
/* Clocks, the thread's environment, and the kernel-named questions about the present. */
#include <time.h>

#include <skiff/jiffies.h>
#include <skiff/ktime.h>
#include <skiff/slab.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/fork.h"

__thread struct skiff_env *skiff_env __attribute__((tls_model("initial-exec")));

static struct skiff_clock real_clock = {
	.refs = REFCOUNT_INIT(1),
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.members = LIST_HEAD_INIT(real_clock.members),
};

struct skiff_clock *skiff_clock_real(void)
{
	return &real_clock;
}

struct skiff_clock *skiff_clock_virtual(ktime_t start, ktime_t epoch)
{
	struct skiff_clock *clock;

	if (start < 0 || epoch < 0) {
		errno = EINVAL;
		return NULL;
	}
	clock = (struct skiff_clock *)kzalloc(sizeof(*clock), GFP_KERNEL);
	if (!clock) {
		errno = ENOMEM;
		return NULL;
	}
	fork_watch();
	refcount_set(&clock->refs, 1);
	clock->generation = skiff_fork_generation;
	clock->is_virtual = true;
	clock->now = start;
	clock->epoch = epoch;
	pthread_mutex_init(&clock->lock, NULL);
	INIT_LIST_HEAD(&clock->members);
	return clock;
}

struct skiff_clock *skiff_clock_get(struct skiff_clock *clock)
{
	if (clock->is_virtual)
		refcount_inc(&clock->refs);
	return clock;
}

void skiff_clock_put(struct skiff_clock *clock)
{
	if (!clock || !clock->is_virtual || !refcount_dec_and_test(&clock->refs))
		return;
	BUG_ON(!list_empty(&clock->members));
	pthread_mutex_destroy(&clock->lock);
	kfree(clock);
}

bool skiff_clock_is_virtual(const struct skiff_clock *clock)
{
	return clock->is_virtual;
}

static ktime_t system_time(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return ktime_set(ts.tv_sec, (unsigned long)ts.tv_nsec);
}

static u64 jiffies_at(ktime_t now)
{
	return (u64)now / NSEC_PER_JIFFY + INITIAL_JIFFIES;
}

ktime_t skiff_clock_now(const struct skiff_clock *clock)
{
	struct skiff_env *env = skiff_env;
	ktime_t now;

	if (clock->is_virtual)
		return READ_ONCE(clock->now);
	now = system_time(CLOCK_MONOTONIC);
	if (env && env->clock == clock) {
		env->seen = now;
		env->latest = now;
		env->seen_jiffies = jiffies_at(now);
		env->jiffies_reads = 0;
	}
	return now;
}

void skiff_clock_lend(ktime_t seen)
{
	struct skiff_env *env = skiff_env;

	if (env->clock->is_virtual || seen <= env->latest)
		return;
	env->seen = seen;
	env->latest = seen;
	env->seen_jiffies = jiffies_at(seen);
	env->jiffies_reads = 0;
}

ktime_t skiff_clock_now_coarse(const struct skiff_clock *clock)
{
	const struct skiff_env *env = skiff_env;

	if (clock->is_virtual)
		return READ_ONCE(clock->now);
	if (env && env->seen)
		return env->seen;
	return system_time(CLOCK_MONOTONIC_COARSE);
}

ktime_t skiff_clock_now_real(const struct skiff_clock *clock)
{
	if (clock->is_virtual)
		return ktime_add_safe(READ_ONCE(clock->now), clock->epoch);
	return system_time(CLOCK_REALTIME);
}

void clock_advance(struct skiff_clock *clock, ktime_t now)
{
	BUG_ON(!clock->is_virtual || now < clock->now);
	WRITE_ONCE(clock->now, now);
}

static const struct skiff_clock *current_clock(void)
{
	return skiff_env ? skiff_env->clock : &real_clock;
}

ktime_t ktime_get(void)
{
	return skiff_clock_now(current_clock());
}

ktime_t ktime_get_real(void)
{
	return skiff_clock_now_real(current_clock());
}

/* Whoever has asked so often without a look at the clock may be waiting for it to move on. */
#define JIFFIES_READS_MAX 64

/*
 * As on Linux, jiffies may lag: they move when somebody reads the clock, which the bottom half does
 * before it begins, and every call under a lock that it has just taken.
 */
u64 get_jiffies_64(void)
{
	struct skiff_env *env = skiff_env;

	if (likely(env && env->seen_jiffies && ++env->jiffies_reads < JIFFIES_READS_MAX))
		return env->seen_jiffies;
	return jiffies_at(skiff_clock_now(current_clock()));
}

ktime_t jiffies_to_ktime(unsigned long j)
{
	ktime_t tick = skiff_clock_seen(current_clock()) / NSEC_PER_JIFFY;
	long distance = (long)(j - ((unsigned long)tick + INITIAL_JIFFIES));
	ktime_t when;

	if (__builtin_add_overflow(tick, distance, &tick) || tick < 0)
		tick = distance < 0 ? 0 : KTIME_MAX;
	return __builtin_mul_overflow(tick, NSEC_PER_JIFFY, &when) ? KTIME_MAX : when;
}

unsigned long __msecs_to_jiffies(unsigned int m)
{
	/* A negative int means "for ever", as in the kernel. */
	if ((int)m < 0)
		return MAX_JIFFY_OFFSET;
	return m;
}

unsigned long __usecs_to_jiffies(unsigned int u)
{
	return u / USEC_PER_JIFFY + (u % USEC_PER_JIFFY != 0);
}
