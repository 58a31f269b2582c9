// SPDX-License-Identifier: BSD-2-Clause
/* The bottom half: deferred work, timers, and the kinds of work that were raised, in rounds. */
#include "host/host.h"

/* As many rounds as the kernel's soft interrupts get before they go to the background. */
#define BH_ROUNDS 10

void open_softirq(struct net *net, int nr, int (*action)(struct net *net, int budget))
{
	ASSERT_NET_LOCKED(net);
	if (nr < 0 || nr >= NR_SOFTIRQS || nr == TIMER_SOFTIRQ)
		skiff_panic("open_softirq(%d): there is no such kind to be had", nr);
	net->softirq[nr] = action;
}

void raise_softirq(struct net *net, int nr)
{
	unsigned int bit;

	if (unlikely(nr < 0 || nr >= NR_SOFTIRQS))
		skiff_panic("raise_softirq(%d): there is no such kind", nr);
	bit = 1u << nr;
	/*
	 * Raised already: whoever did that has seen to it that somebody looks. Only the atomic
	 * operation may decide so; a plain look could be older than what the caller has queued.
	 */
	if (__skiff_fetch_or(&net->softirq_pending, bit, __ATOMIC_SEQ_CST) & bit)
		return;
	if (current_net() != net)
		skiff_kick(net);
}

/* After so much work the clock is read again. */
#define BH_CLOCK_WORK 64

/**
 * struct bh_clock - the time of a run of the bottom half
 * @now: what the clock showed
 * @until: when so much has been done it is read again; 0: it was not read yet
 */
struct bh_clock {
	ktime_t now;
	int until;
};

static inline ktime_t bh_now(const struct net *net, struct bh_clock *clock, int done)
{
	if (done >= clock->until) {
		clock->now = clock->until ? skiff_clock_now(net->clock) :
					    skiff_clock_seen(net->clock);
		clock->until = done + BH_CLOCK_WORK;
	}
	return clock->now;
}

static inline int run_timers(struct net *net, struct bh_clock *clock, int done, int budget)
{
	ktime_t now;

	if (net->timers->armed == 0)
		return 0;
	now = bh_now(net, clock, done);
	return timer_base_quiet(net->timers, now) ? 0 : timer_base_run(net->timers, now, budget);
}

/* Runs the raised kinds in order; those for which the budget does not last stay raised. */
static int run_raised(struct net *net, int budget)
{
	unsigned int pending = __skiff_exchange(&net->softirq_pending, 0, __ATOMIC_SEQ_CST);
	int used = 0;

	while (pending && used < budget) {
		int nr = __builtin_ctz(pending);

		pending &= pending - 1;
		/*
		 * Timers have run already; the others may have been closed. A handler that found
		 * nothing has cost time all the same.
		 */
		if (net->softirq[nr])
			used += max(net->softirq[nr](net, budget - used), 1);
	}
	if (pending)
		__skiff_fetch_or(&net->softirq_pending, pending, __ATOMIC_SEQ_CST);
	return used;
}

static inline bool anything_left(struct net *net, struct bh_clock *clock, int done)
{
	ktime_t next;

	if (net_has_work(net))
		return true;
	next = timer_base_next(net->timers);
	return next != KTIME_MAX && next <= bh_now(net, clock, done);
}

int net_bh_count(struct net *net, bool *more)
{
	int budget = READ_ONCE(net->budget);
	struct bh_clock clock = { .until = 0 };
	int done = 0;

	ASSERT_NET_LOCKED(net);
	BUG_ON(net->loop->in_bh);
	net->loop->in_bh = true;
	*more = true;
	for (int round = 0; *more && round < BH_ROUNDS && done < budget; round++) {
		int before = done;
		bool raised;

		if (READ_ONCE(net->remote_waiting))
			done += net_run_remote(net);
		if (done < budget)
			done += run_timers(net, &clock, done, budget - done);
		raised = READ_ONCE(net->softirq_pending) != 0;
		if (raised && done < budget)
			done += run_raised(net, budget - done);
		*more = anything_left(net, &clock, done);
		if (done == before && !raised)
			break;
	}
	net->loop->in_bh = false;
	return done;
}

bool net_bh(struct net *net)
{
	bool more;

	net_bh_count(net, &more);
	return more;
}
