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
	if (unlikely(!net_is_ours(net)))
		skiff_kick(net);
}

/* After so much work the clock is read again. */
#define BH_CLOCK_WORK 64

/**
 * struct bh_clock - the time of a run of the bottom half
 * @now: what the clock showed
 * @until: when so much has been done it is read again
 */
struct bh_clock {
	ktime_t now;
	int until;
};

static inline void bh_read_clock(const struct net *net, struct bh_clock *clock, int done)
{
	clock->now = skiff_clock_now(net->clock);
	clock->until = done + BH_CLOCK_WORK;
}

/* Whether there may be timers to run. Without any the clock is not read. */
static inline bool timers_due(const struct net *net, struct bh_clock *clock, int done)
{
	if (!net->timers->armed)
		return false;
	if (unlikely(done >= clock->until))
		bh_read_clock(net, clock, done);
	return !timer_base_quiet(net->timers, clock->now);
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

int net_bh_count(struct net *net, bool *more)
{
	int budget = READ_ONCE(net->budget);
	/* What the thread has seen since it took the lock, if it has looked. */
	struct bh_clock clock = { .now = net->env->seen,
				  .until = net->env->seen ? BH_CLOCK_WORK : 0 };
	int done = 0, rounds = 0;
	bool left, idle;

	ASSERT_NET_LOCKED(net);
	BUG_ON(net->loop->in_bh);
	net->loop->in_bh = true;
	do {
		int before = done;

		idle = true;
		if (READ_ONCE(net->remote_waiting))
			done += net_run_remote(net);
		if (done < budget && timers_due(net, &clock, done))
			done += timer_base_run(net->timers, clock.now, budget - done);
		if (READ_ONCE(net->softirq_pending)) {
			idle = false;
			if (done < budget)
				done += run_raised(net, budget - done);
		}
		idle = idle && done == before;
		left = net_has_work(net) || timers_due(net, &clock, done);
	} while (left && !idle && ++rounds < BH_ROUNDS && done < budget);
	net->loop->in_bh = false;
	*more = left;
	return done;
}

bool net_bh(struct net *net)
{
	bool more;

	net_bh_count(net, &more);
	return more;
}
