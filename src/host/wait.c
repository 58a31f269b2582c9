// SPDX-License-Identifier: BSD-2-Clause
/* Sleeping until one of several hosts has something to do; see loop.c for how a sleeper is woken. */
#include "host/wait.h"

#include <skiff/skbuff.h>

#include "host/host.h"

/* Counts the thread among those who wait for the host, unless there is something to do. */
static int fall_asleep(struct net *net, ktime_t *until, bool *asleep)
{
	struct net_loop *loop = net->loop;

	*asleep = false;
	if (net_enter(net) != 0)
		return -EOWNERDEAD;
	if (!net_has_work(net)) {
		loop->sleep_until = timer_base_next(net->timers);
		*until = min(*until, loop->sleep_until);
		__atomic_fetch_add(&loop->sleeping, 1, __ATOMIC_SEQ_CST);
		*asleep = true;
	}
	net_unlock(net);
	return 0;
}

static void wake_up(struct net *const *nets, int n)
{
	for (int i = 0; i < n; i++)
		__atomic_fetch_sub(&nets[i]->loop->sleeping, 1, __ATOMIC_SEQ_CST);
}

static bool kicked(struct net *const *nets, int n)
{
	for (int i = 0; i < n; i++)
		if (__atomic_load_n(&nets[i]->loop->kicked, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

static int wait_for_fds(const struct net_sleep *how, int n, s64 span)
{
	struct timespec ts = { .tv_sec = (time_t)(span / NSEC_PER_SEC),
			       .tv_nsec = (long)(span % NSEC_PER_SEC) };

	/* Not for a nap: what is cached would have to be fetched again at once. */
	if (span >= NSEC_PER_MSEC)
		skb_pool_idle();
	if (ppoll(how->fds, (nfds_t)n, span == KTIME_MAX ? NULL : &ts, how->sigmask) < 0)
		return -errno;
	return 0;
}

int net_sleep(struct net *const *nets, int n, const struct net_sleep *how)
{
	ktime_t until = KTIME_MAX, now = skiff_clock_now(skiff_clock_real());
	s64 span = how->timeout_ns;
	bool asleep = true;
	int i, err = 0;

	how->fds[n] = (struct pollfd){ .fd = how->fd, .events = POLLIN };
	for (i = 0; i < n && asleep && !err; i++) {
		err = fall_asleep(nets[i], &until, &asleep);
		how->fds[i] = (struct pollfd){ .fd = nets[i]->loop->epfd, .events = POLLIN };
	}
	if (err || !asleep) {
		wake_up(nets, i - 1);
		return err;
	}
	if (until != KTIME_MAX)
		span = min(span, max(until - now, (ktime_t)0));
	if (!kicked(nets, n) && !__atomic_load_n(how->woken, __ATOMIC_SEQ_CST))
		err = wait_for_fds(how, n + 1, span);
	wake_up(nets, n);
	return err;
}

void net_sleep_over(struct net *net)
{
	if (__atomic_load_n(&net->loop->sleeping, __ATOMIC_SEQ_CST) > 0)
		skiff_kick(net);
}
