// SPDX-License-Identifier: BSD-2-Clause
/*
 * The loop of a host: wait for descriptors, deadlines and wake-ups, and run what is due.
 *
 * Theory of operation. A wake-up has to reach whoever waits or is about to, and should cost no
 * system call when nobody does. skiff_kick() sets @kicked, and writes the eventfd only if it was
 * the first to do so and somebody may be waiting. A round of the loop reads the eventfd, then
 * clears @kicked, then looks for work: whatever was left before a kick that came too early for the
 * next one is found by this look. A thread that wants to wait counts itself in @sleeping and then
 * looks at @kicked once more; either it sees the kick, or the kick sees it.
 *
 * A wake-up is for all who wait, but the first one who reads the eventfd makes it unreadable. So
 * wake-ups are numbered, and each sleeper remembers the number of when it began to wait. Whoever
 * has read the eventfd writes it again if it finds a sleeper with an older number. Those who begin
 * to wait meanwhile have the new number, so this ends.
 *
 * A kick may also mean something that the loop does not know of, such as a flag that its caller
 * looks at between two rounds. So a round that takes a kick away does not sleep, even if it finds
 * nothing to do: skiff_poll() returns, and the caller looks again.
 *
 * Deadlines: a waiting thread knows the next expiry of the moment it last held the lock. Whoever
 * arms an earlier timer afterwards finds that out when it drops the lock, and kicks.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <skiff/skbuff.h>

#include "host/host.h"

int net_loop_init(struct net_loop *loop)
{
	struct epoll_event wake = { .events = EPOLLIN, .data.ptr = NULL };
	int err;

	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epfd < 0)
		return -errno;
	loop->evfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->evfd < 0) {
		err = -errno;
		goto close_epoll;
	}
	if (epoll_ctl(loop->epfd, EPOLL_CTL_ADD, loop->evfd, &wake) != 0) {
		err = -errno;
		goto close_event;
	}
	loop->sleep_until = KTIME_MAX;
	INIT_LIST_HEAD(&loop->sleepers);
	INIT_LIST_HEAD(&loop->watches);
	INIT_LIST_HEAD(&loop->graveyard);
	pthread_mutex_init(&loop->sync_mutex, NULL);
	pthread_mutex_init(&loop->worker_mutex, NULL);
	return 0;

close_event:
	close(loop->evfd);
close_epoll:
	close(loop->epfd);
	return err;
}

void net_loop_exit(struct net_loop *loop)
{
	pthread_mutex_destroy(&loop->worker_mutex);
	pthread_mutex_destroy(&loop->sync_mutex);
	close(loop->evfd);
	close(loop->epfd);
}

static void write_event(struct net_loop *loop)
{
	const u64 one = 1;
	ssize_t n;

	/* EAGAIN means that the counter is full of wake-ups, which is one. */
	do
		n = write(loop->evfd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

void skiff_kick(struct net *net)
{
	struct net_loop *loop = net->loop;
	int saved = errno;

	if (net_closed(net) || __atomic_exchange_n(&loop->kicked, 1, __ATOMIC_SEQ_CST))
		return;
	__atomic_fetch_add(&loop->wakeups, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&loop->sleeping, __ATOMIC_SEQ_CST) > 0 ||
	    __atomic_load_n(&loop->exported, __ATOMIC_SEQ_CST))
		write_event(loop);
	errno = saved;
}

void net_loop_pass_on(struct net_loop *loop)
{
	struct net_sleeper *sleeper;
	bool missed = false;

	spin_lock(&loop->watch_lock);
	list_for_each_entry(sleeper, &loop->sleepers, node)
		if (sleeper->wakeups != __atomic_load_n(&loop->wakeups, __ATOMIC_SEQ_CST))
			missed = true;
	spin_unlock(&loop->watch_lock);
	if (missed)
		write_event(loop);
}

static void sleep_begin(struct net_loop *loop, struct net_sleeper *sleeper)
{
	spin_lock(&loop->watch_lock);
	sleeper->wakeups = __atomic_load_n(&loop->wakeups, __ATOMIC_SEQ_CST);
	list_add_tail(&sleeper->node, &loop->sleepers);
	spin_unlock(&loop->watch_lock);
	__atomic_fetch_add(&loop->sleeping, 1, __ATOMIC_SEQ_CST);
	sleeper->asleep = true;
}

static void sleep_end(struct net_loop *loop, struct net_sleeper *sleeper)
{
	spin_lock(&loop->watch_lock);
	list_del(&sleeper->node);
	spin_unlock(&loop->watch_lock);
	__atomic_fetch_sub(&loop->sleeping, 1, __ATOMIC_SEQ_CST);
}

void net_loop_tell_deadline(struct net *net)
{
	struct net_loop *loop = net->loop;
	ktime_t next = timer_base_next(net->timers);

	if (next >= loop->sleep_until)
		return;
	loop->sleep_until = next;
	skiff_kick(net);
}

/* The instant of the next thing to do, now if there is some already. Under the stack lock. */
static ktime_t next_deadline(struct net *net)
{
	return net_has_work(net) ? skiff_clock_now(net->clock) : timer_base_next(net->timers);
}

/*
 * One look under the lock. When there is nothing to do and the caller @may_sleep, it is counted
 * among those who wait, and told until when. Not in a round that takes a kick away: it may be meant
 * for what the caller looks at.
 */
static int run_once(struct net *net, bool may_sleep, struct net_sleeper *sleeper)
{
	struct net_loop *loop = net->loop;
	bool more;
	int done;

	sleeper->asleep = false;
	/* An exchange, so that we see all that was left before the kick that it takes away. */
	if (READ_ONCE(loop->kicked) && __atomic_exchange_n(&loop->kicked, 0, __ATOMIC_SEQ_CST))
		may_sleep = false;
	if (net_enter(net) != 0)
		return -EOWNERDEAD;
	done = net_bh_count(net, &more);
	if (may_sleep && done == 0 && !more) {
		sleeper->until = timer_base_next(net->timers);
		loop->sleep_until = sleeper->until;
		sleep_begin(loop, sleeper);
	}
	net_unlock(net);
	if (more)
		skiff_kick(net);
	return done;
}

/* The host that the calling thread is the worker of. */
static __thread const struct net *working_for;

/* Another thread may have taken the kick of skiff_net_stop() away before the worker saw it. */
static bool worker_stops(const struct net *net)
{
	return working_for == net && __atomic_load_n(&net->loop->stop, __ATOMIC_SEQ_CST);
}

/* Waits on the descriptors. A deadline is on the real clock, since no other host gets here. */
static int sleep_until(struct net *net, ktime_t until, s64 timeout_ns)
{
	struct pollfd all = { .fd = net->loop->epfd, .events = POLLIN };
	struct timespec ts;
	s64 span = timeout_ns < 0 ? KTIME_MAX : timeout_ns;

	if (__atomic_load_n(&net->loop->kicked, __ATOMIC_SEQ_CST) || worker_stops(net))
		return 0;
	if (until != KTIME_MAX)
		span = min(span, max(until - skiff_clock_now(net->clock), (ktime_t)0));
	ts.tv_sec = (time_t)(span / NSEC_PER_SEC);
	ts.tv_nsec = (long)(span % NSEC_PER_SEC);
	/* Not for a nap: what is cached would have to be fetched again at once. */
	if (span >= NSEC_PER_MSEC)
		skb_pool_idle();
	if (ppoll(&all, 1, span == KTIME_MAX ? NULL : &ts, NULL) < 0)
		return -errno;
	return 0;
}

/* Without that, the look at the descriptors waits until after a sleep: it is a system call. */
static bool anything_watched(const struct net_loop *loop)
{
	return READ_ONCE(loop->nr_watches) > 0 || READ_ONCE(loop->exported);
}

int skiff_poll(struct net *net, s64 timeout_ns)
{
	bool may_sleep = timeout_ns != 0 && !net->clock->is_virtual;
	struct net_sleeper sleeper;
	int ready, done, err;

	if (net_closed(net))
		return -EOWNERDEAD;
	ready = anything_watched(net->loop) ? net_dispatch(net) : 0;
	done = run_once(net, may_sleep && ready == 0, &sleeper);
	if (done < 0)
		return done;
	if (!sleeper.asleep)
		return ready + done > 0;
	err = sleep_until(net, sleeper.until, timeout_ns);
	sleep_end(net->loop, &sleeper);
	if (err)
		return err;
	ready = net_dispatch(net);
	done = run_once(net, false, &sleeper);
	return done < 0 ? done : ready + done > 0;
}

int net_run_due(struct net *net)
{
	struct net_sleeper sleeper;

	return net_closed(net) ? -EOWNERDEAD : run_once(net, false, &sleeper);
}

bool net_doze(struct net *net)
{
	struct net_loop *loop = net->loop;

	__atomic_store_n(&loop->exported, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&loop->kicked, __ATOMIC_SEQ_CST);
}

void net_awake(struct net *net)
{
	__atomic_store_n(&net->loop->exported, 0, __ATOMIC_SEQ_CST);
}

int skiff_fd(struct net *net)
{
	struct net_loop *loop = net->loop;

	if (net_closed(net))
		return -EOWNERDEAD;
	__atomic_store_n(&loop->exported, 1, __ATOMIC_SEQ_CST);
	/* A kick that found nobody waiting has not been written. */
	if (__atomic_load_n(&loop->kicked, __ATOMIC_SEQ_CST))
		write_event(loop);
	return loop->epfd;
}

ktime_t skiff_next_deadline(struct net *net)
{
	ktime_t next;

	if (net_enter(net) != 0)
		return -EOWNERDEAD;
	next = next_deadline(net);
	net->loop->sleep_until = timer_base_next(net->timers);
	net_unlock(net);
	return next;
}

static void *work(void *arg)
{
	struct net *net = (struct net *)arg;
	struct net_loop *loop = net->loop;

	working_for = net;
	/* The default slack of 50 us would show in every round trip. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
	while (!__atomic_load_n(&loop->stop, __ATOMIC_SEQ_CST))
		skiff_poll(net, -1);
	return NULL;
}

static int start_worker(struct net *net)
{
	struct net_loop *loop = net->loop;
	sigset_t all, before;
	int err;

	if (loop->has_worker)
		return -EALREADY;
	__atomic_store_n(&loop->stop, 0, __ATOMIC_SEQ_CST);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&loop->worker, NULL, work, net);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	WRITE_ONCE(loop->has_worker, err == 0);
	return -err;
}

int skiff_net_start(struct net *net)
{
	int err;

	if (net_closed(net))
		return -EOWNERDEAD;
	if (net->clock->is_virtual)
		return -EINVAL;
	pthread_mutex_lock(&net->loop->worker_mutex);
	err = start_worker(net);
	pthread_mutex_unlock(&net->loop->worker_mutex);
	return err;
}

int skiff_net_stop(struct net *net)
{
	struct net_loop *loop = net->loop;
	int err = -EALREADY;

	if (net_closed(net))
		return -EOWNERDEAD;
	if (working_for == net)
		return -EDEADLK;
	pthread_mutex_lock(&loop->worker_mutex);
	if (loop->has_worker) {
		__atomic_store_n(&loop->stop, 1, __ATOMIC_SEQ_CST);
		skiff_kick(net);
		err = -pthread_join(loop->worker, NULL);
		WRITE_ONCE(loop->has_worker, false);
	}
	pthread_mutex_unlock(&loop->worker_mutex);
	return err;
}
