// SPDX-License-Identifier: BSD-2-Clause
/* The fork counter, the process's own locks, and what of a thread's state a child must not inherit. */
#include <pthread.h>

#include "base/env.h"
#include "base/fork.h"

/* Locks of tables that all hosts share; filled before main(). */
#define GUARDS_MAX 16

static spinlock_t *guards[GUARDS_MAX];
static unsigned int nr_guards;

int skiff_fork_generation;

/* So that the child finds the tables whole, and their locks free. */
static void before(void)
{
	for (unsigned int i = 0; i < nr_guards; i++)
		spin_lock(guards[i]);
}

static void after(void)
{
	for (unsigned int i = nr_guards; i > 0; i--)
		spin_unlock(guards[i - 1]);
}

/* The only thread of the child may have held a stack lock when it forked. */
static void in_child(void)
{
	skiff_fork_generation++;
	skiff_env = NULL;
	after();
}

static void begin(void)
{
	if (pthread_atfork(before, after, in_child) != 0)
		skiff_panic("pthread_atfork() failed: no memory");
}

void fork_watch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin);
}

void fork_guard(spinlock_t *lock)
{
	if (nr_guards == GUARDS_MAX)
		skiff_panic("more than %d locks to be guarded in a fork", GUARDS_MAX);
	guards[nr_guards++] = lock;
	fork_watch();
}
