// SPDX-License-Identifier: BSD-2-Clause
/*
 * Running the hosts of a virtual clock, by one thread and in one order.
 *
 * Theory of operation. At one instant, each host in the order of its number does what is waiting
 * for it, and again, until all are quiet: what one host sends to another without delay arrives at
 * the same instant. Then the clock jumps to the earliest expiry of any host. Hosts are looked at
 * one after the other; a question costs a few nanoseconds, so some thousand hosts are no trouble.
 */
#include "host/host.h"
#include "host/wait.h"

/* Hosts that have not come to rest after so many passes never will. */
#define PASSES_MAX 1000000

static u32 real_ids;

void clock_join(struct net *net)
{
	struct skiff_clock *clock = net->clock;

	if (!clock->is_virtual) {
		net->id = __atomic_add_fetch(&real_ids, 1, __ATOMIC_RELAXED);
		return;
	}
	pthread_mutex_lock(&clock->lock);
	net->id = ++clock->last_id;
	list_add_tail(&net->clock_list, &clock->members);
	pthread_mutex_unlock(&clock->lock);
}

void clock_leave(struct net *net)
{
	struct skiff_clock *clock = net->clock;

	if (!clock->is_virtual)
		return;
	pthread_mutex_lock(&clock->lock);
	list_del(&net->clock_list);
	pthread_mutex_unlock(&clock->lock);
}

static bool is_due(struct net *net, ktime_t now)
{
	return net_has_work(net) || timer_base_next(net->timers) <= now;
}

static void run_host(struct net *net)
{
	bool more;

	net_lock(net);
	net_bh_count(net, &more);
	net_unlock(net);
}

/* One pass over the hosts; returns whether any had something to do. */
static bool run_pass(struct skiff_clock *clock)
{
	struct net *net;
	bool any = false;

	list_for_each_entry(net, &clock->members, clock_list) {
		if (!is_due(net, clock->now))
			continue;
		run_host(net);
		any = true;
	}
	return any;
}

static int settle(struct skiff_clock *clock)
{
	for (int pass = 0; pass < PASSES_MAX; pass++)
		if (!run_pass(clock))
			return 0;
	return -ELOOP;
}

static ktime_t next_of_all(struct skiff_clock *clock)
{
	ktime_t next = KTIME_MAX;
	struct net *net;

	list_for_each_entry(net, &clock->members, clock_list) {
		if (net_has_work(net))
			return clock->now;
		next = min(next, timer_base_next(net->timers));
	}
	return max(next, clock->now);
}

static int run_until(struct skiff_clock *clock, ktime_t until)
{
	for (;;) {
		int err = settle(clock);
		ktime_t next;

		if (err)
			return err;
		next = next_of_all(clock);
		if (next > until || next == KTIME_MAX)
			break;
		clock_advance(clock, next);
	}
	clock_advance(clock, until);
	return 0;
}

/* Makes the calling thread the one that runs the clock. */
static int claim(struct skiff_clock *clock)
{
	int err = 0;

	if (!clock->is_virtual)
		return -EINVAL;
	if (clock->generation != skiff_fork_generation)
		return -EOWNERDEAD;
	if (current_net())
		return -EBUSY;
	pthread_mutex_lock(&clock->lock);
	if (clock->running)
		err = -EBUSY;
	else
		clock->running = true;
	pthread_mutex_unlock(&clock->lock);
	return err;
}

static void release(struct skiff_clock *clock)
{
	pthread_mutex_lock(&clock->lock);
	clock->running = false;
	pthread_mutex_unlock(&clock->lock);
}

int skiff_clock_run_until(struct skiff_clock *clock, ktime_t until)
{
	int err = claim(clock);

	if (err)
		return err;
	err = until < clock->now ? -EINVAL : run_until(clock, until);
	release(clock);
	return err;
}

ktime_t skiff_clock_next(struct skiff_clock *clock)
{
	int err = claim(clock);
	ktime_t next;

	if (err)
		return err;
	next = next_of_all(clock);
	release(clock);
	return next;
}

bool clock_is_over(struct skiff_clock *clock)
{
	bool over = true;
	struct net *net;

	if (claim(clock))
		return false;
	list_for_each_entry(net, &clock->members, clock_list)
		over &= !net_has_work(net) && net->timers->armed == net->timers->deferred;
	release(clock);
	return over;
}
