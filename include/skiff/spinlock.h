/* SPDX-License-Identifier: BSD-2-Clause */
/* spinlock_t: a short lock for queues. It spins briefly, then yields: a holder may be preempted. */
#ifndef SKIFF_SPINLOCK_H
#define SKIFF_SPINLOCK_H

#include <skiff/atomic.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lock_class_key {
	char unused;
};

typedef struct spinlock {
	int locked;
} spinlock_t;

/* clang-format off */
#define __SPIN_LOCK_UNLOCKED { 0 }
/* clang-format on */
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED

/**
 * spin_lock_contended() - take a spinlock that somebody else holds
 * @lock: the lock
 *
 * The slow half of spin_lock(). Any thread; must not hold @lock.
 */
SKIFF_API void spin_lock_contended(spinlock_t *lock) __cold;

static inline void spin_lock_init(spinlock_t *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELAXED);
}

static inline bool spin_trylock(spinlock_t *lock)
{
	if (skiff_single_threaded()) {
		if (unlikely(__atomic_load_n(&lock->locked, __ATOMIC_RELAXED)))
			return false;
		__atomic_store_n(&lock->locked, 1, __ATOMIC_RELAXED);
		return true;
	}
	return !__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE);
}

static inline void spin_lock(spinlock_t *lock)
{
	if (unlikely(!spin_trylock(lock)))
		spin_lock_contended(lock);
}

static inline void spin_unlock(spinlock_t *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return __atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0;
}

/* User space has no interrupts to mask: the variants differ in name only. */
#define spin_lock_bh(l) spin_lock(l)
#define spin_unlock_bh(l) spin_unlock(l)
#define spin_lock_irq(l) spin_lock(l)
#define spin_unlock_irq(l) spin_unlock(l)
#define spin_lock_irqsave(l, flags) \
	do {                        \
		(flags) = 0;        \
		spin_lock(l);       \
	} while (0)
#define spin_unlock_irqrestore(l, flags) \
	do {                             \
		(void)(flags);           \
		spin_unlock(l);          \
	} while (0)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SPINLOCK_H */
