/* SPDX-License-Identifier: BSD-2-Clause */
/* What kernel-style code finds without asking: the clock, timers and chance of its host. */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <skiff/clock.h>
#include <skiff/random.h>
#include <skiff/timer.h>

/*
 * Linux's jiffies, ktime_get(), timer_setup() and get_random_u32() name no host, because a kernel
 * is one host. Here they mean the host whose stack lock the thread holds: taking the lock makes
 * the host's environment the thread's, dropping it puts NULL back. Without one, time is the
 * system's and chance the system's, and a timer can't be armed.
 */
struct skiff_env {
	struct skiff_clock *clock;
	struct timer_base *timers;
	struct skiff_rng *rng;
	/* The clock of the system as it was last read under this hold of the lock, and its jiffies; 0: not yet. */
	ktime_t seen;
	ktime_t latest; /* the same, from whichever hold it was: no reading is earlier */
	u64 seen_jiffies;
	unsigned int jiffies_reads; /* since then */
	/* What the whole is part of, for the layer that made it. */
	void *owner;
};

/* The environment of the calling thread, NULL outside of every stack lock. */
extern __thread struct skiff_env *skiff_env __attribute__((tls_model("initial-exec")));

#endif /* BASE_ENV_H */
