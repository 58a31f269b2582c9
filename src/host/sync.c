// SPDX-License-Identifier: BSD-2-Clause
/*
 * net_synchronize(): wait for code that runs without the stack lock.
 *
 * Theory of operation. Such code runs in a section. There are two counters of threads in sections,
 * and new ones enter the current one. Who waits makes the other one current and then waits for the
 * old counter to fall to zero; nobody enters it any more, so that comes to an end. The counter
 * that becomes current is empty at that moment, because the wait before this one saw to it.
 */
#include <sched.h>
#include <time.h>

#include "host/host.h"

#define YIELDS_BEFORE_SLEEP 64

__thread struct net_section *net_sections __attribute__((tls_model("initial-exec")));

static bool in_section_of(const struct net *net)
{
	const struct net_section *section;

	for (section = net_sections; section; section = section->outer)
		if (section->net == net)
			return true;
	return false;
}

static bool section_empty(struct net_loop *loop, unsigned int section)
{
	bool empty;

	spin_lock(&loop->watch_lock);
	empty = loop->sections[section] == 0;
	spin_unlock(&loop->watch_lock);
	return empty;
}

static void wait_empty(struct net_loop *loop, unsigned int section)
{
	const struct timespec nap = { 0, 50 * NSEC_PER_USEC };
	int yields = 0;

	while (!section_empty(loop, section)) {
		if (++yields < YIELDS_BEFORE_SLEEP)
			sched_yield();
		else
			nanosleep(&nap, NULL);
	}
}

void net_synchronize(struct net *net)
{
	struct net_loop *loop = net->loop;
	unsigned int old;

	if (in_section_of(net))
		skiff_panic("net_synchronize() for host %s in a callback or work of that host: "
			    "it would wait for itself",
			    net->name);
	/* Whoever holds the lock now has its queued work in a section before it lets us in. */
	net_lock(net);
	net_unlock(net);

	pthread_mutex_lock(&loop->sync_mutex);
	spin_lock(&loop->watch_lock);
	old = loop->section;
	loop->section = !old;
	spin_unlock(&loop->watch_lock);
	wait_empty(loop, old);
	pthread_mutex_unlock(&loop->sync_mutex);
}
