// SPDX-License-Identifier: BSD-2-Clause
/* The slow half of spin_lock(): wait for a holder who may have lost its processor. */
#include <sched.h>

#include <skiff/spinlock.h>

/*
 * A critical section is a few tens of nanoseconds, so a short spin is usually enough. When it is
 * not, the holder has been preempted, and only giving up the processor helps.
 */
#define SPINS_BEFORE_YIELD 128

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield" ::: "memory");
#else
	barrier();
#endif
}

void spin_lock_contended(spinlock_t *lock)
{
	for (;;) {
		int spins = 0;

		/* Look without writing, so that the waiters share the line until it is free. */
		while (spin_is_locked(lock) && ++spins < SPINS_BEFORE_YIELD)
			cpu_relax();
		if (spins == SPINS_BEFORE_YIELD)
			sched_yield();
		if (spin_trylock(lock))
			return;
	}
}
