/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells a forked child from its parent, without a system call. */
#ifndef BASE_FORK_H
#define BASE_FORK_H

#include <skiff/spinlock.h>

/*
 * How many forks lie between this process and the one that loaded the library. What was made in
 * another generation belongs to another process.
 */
extern int skiff_fork_generation;

/* Begins the counting; everything that remembers a generation calls it first. Any thread. */
void fork_watch(void);

/* Has a fork wait for the holder of a lock. Before main() only: see the macro below. */
void fork_guard(spinlock_t *lock);

/*
 * A lock of a table that all hosts of the process share. A child gets the table whole and the lock
 * free, whichever thread held it. While one is held no other lock may be taken: the forking thread
 * has all of them.
 */
#define DEFINE_FORK_SAFE_SPINLOCK(name)                             \
	static spinlock_t name = __SPIN_LOCK_UNLOCKED;              \
	static void __attribute__((constructor)) name##_guard(void) \
	{                                                           \
		fork_guard(&name);                                  \
	}

#endif /* BASE_FORK_H */
