// SPDX-License-Identifier: BSD-2-Clause
/*
 * The slow half of mutex_lock(): sleep until the holder lets go.
 *
 * Theory of operation. Who finds the mutex held marks it as waited for and sleeps for as long as that mark
 * is there; who lets go of a marked one wakes a sleeper. The one that wakes up can't know whether it was
 * the last, so it takes the mutex with the mark: one wake-up too many is harmless, one too few is not.
 */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mutex.h"

/* Without a time limit the call is the same where instants have 32 bits and where they have 64. */
static void futex(struct skiff_mutex *mutex, int op, int value)
{
	int saved = errno;

	syscall(SYS_futex, &mutex->state, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
	errno = saved;
}

void mutex_lock_contended(struct skiff_mutex *mutex)
{
	while (__atomic_exchange_n(&mutex->state, MUTEX_WAITED_FOR, __ATOMIC_ACQUIRE) != MUTEX_FREE)
		futex(mutex, FUTEX_WAIT, MUTEX_WAITED_FOR);
}

void mutex_wake(struct skiff_mutex *mutex)
{
	futex(mutex, FUTEX_WAKE, 1);
}
