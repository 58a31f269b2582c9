// SPDX-License-Identifier: BSD-2-Clause
/* The fork counter, and the thread's state that a child must not inherit. */
#include <pthread.h>

#include "base/env.h"
#include "base/fork.h"

int skiff_fork_generation;

/* The only thread of the child may have held a stack lock when it forked. */
static void in_child(void)
{
	skiff_fork_generation++;
	skiff_env = NULL;
	log_after_fork();
}

static void begin(void)
{
	if (pthread_atfork(NULL, NULL, in_child) != 0)
		skiff_panic("pthread_atfork() failed: no memory");
}

void fork_watch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin);
}
