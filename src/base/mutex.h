/* SPDX-License-Identifier: BSD-2-Clause */
/* A lock that its waiters sleep on; without other threads it costs a load and a store. */
#ifndef BASE_MUTEX_H
#define BASE_MUTEX_H

#include <skiff/mutex.h>
#include <skiff/spinlock.h>

/* What a mutex is; waited for: held, and somebody may be asleep. */
enum { MUTEX_FREE, MUTEX_HELD, MUTEX_WAITED_FOR };

/* Take a mutex that somebody else holds: sleeps until it is free. */
void mutex_lock_contended(struct skiff_mutex *mutex) __cold;

/* Wake one of those who sleep. */
void mutex_wake(struct skiff_mutex *mutex) __cold;

static inline void mutex_init(struct skiff_mutex *mutex)
{
	__atomic_store_n(&mutex->state, MUTEX_FREE, __ATOMIC_RELAXED);
}

/* Return: whether it was free. */
static inline bool mutex_trylock(struct skiff_mutex *mutex)
{
	int free = MUTEX_FREE;

	return __skiff_compare_exchange(&mutex->state, &free, MUTEX_HELD, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED);
}

static inline void mutex_lock(struct skiff_mutex *mutex)
{
	if (unlikely(!mutex_trylock(mutex)))
		mutex_lock_contended(mutex);
}

static inline void mutex_unlock(struct skiff_mutex *mutex)
{
	if (unlikely(__skiff_exchange(&mutex->state, MUTEX_FREE, __ATOMIC_RELEASE) ==
		     MUTEX_WAITED_FOR))
		mutex_wake(mutex);
}

#endif /* BASE_MUTEX_H */
