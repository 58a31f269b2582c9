// SPDX-License-Identifier: BSD-2-Clause
/*
 * Time, which passes only when packetdrill sleeps, waits for a packet, or looks at the clock.
 *
 * Theory of operation. The main thread moves the clock from one event of the stack to the next.
 * After each one it tries on behalf of the other thread what that one waits for. When that works,
 * it hands the result over and lets no time pass until the other thread has read the clock, so
 * that packetdrill sees the call end at the instant at which it did. A thread that does something
 * else instead is not waited for long: REAL_PATIENCE_NS of the system's time. While the other
 * thread has not begun its call, the main one waits for it, and it moves the clock.
 *
 * What packetdrill does after such a call, as noting the number of a socket, it can do while the main
 * thread sleeps. A sleep takes no time here, so before it the other thread is given what it needs, until
 * it sleeps as well.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skiff/ktime.h>

#include "adapter.h"

#define START (1000 * NSEC_PER_SEC)
#define EPOCH (1800000000ll * NSEC_PER_SEC)
/* Each reading of the clock takes some time, or who waits for an instant would wait for ever. */
#define READING_NS NSEC_PER_USEC
#define REAL_PATIENCE_NS (2 * NSEC_PER_MSEC)
/* How often it is looked at what the other thread does, and for how long altogether. */
#define LOOK_NS (50 * NSEC_PER_USEC)
#define LOOKS_MAX 2000
/* Nothing was sent for so long: packetdrill gets an empty packet, and the script ends. */
#define RECEIVE_NS (10 * NSEC_PER_SEC)

void pd_time_init(struct pd *pd)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&pd->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pd->wake, &attr);
	pthread_cond_init(&pd->read, &attr);
	pthread_condattr_destroy(&attr);
	pd->main = pthread_self();
	pd->clock = skiff_clock_virtual(START, EPOCH);
	if (!pd->clock)
		pd_die("no clock: %m");
}

void pd_time_exit(struct pd *pd)
{
	skiff_clock_put(pd->clock);
	pthread_cond_destroy(&pd->wake);
	pthread_cond_destroy(&pd->read);
	pthread_mutex_destroy(&pd->lock);
}

static ktime_t now_of(const struct pd *pd)
{
	return skiff_clock_now(pd->clock);
}

static bool is_main(const struct pd *pd)
{
	return pthread_equal(pthread_self(), pd->main);
}

static void run_until(struct pd *pd, ktime_t until)
{
	int err = skiff_clock_run_until(pd->clock, until);

	if (err)
		pd_die("the clock does not move: %s", strerror(-err));
}

/* Return: whether the call is over. */
static bool try_now(const struct pd *pd, struct pd_wait *w)
{
	w->ret = w->attempt(w->arg);
	w->err = errno;
	return w->ret >= 0 || w->err != EAGAIN || now_of(pd) >= w->deadline;
}

static void wait_for_reading(struct pd *pd)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += REAL_PATIENCE_NS;
	if (until.tv_nsec >= NSEC_PER_SEC) {
		until.tv_nsec -= NSEC_PER_SEC;
		until.tv_sec++;
	}
	while (pd->woken)
		if (pthread_cond_timedwait(&pd->read, &pd->lock, &until) == ETIMEDOUT)
			break;
	pd->woken = false;
}

void pd_settle(struct pd *pd)
{
	struct pd_wait *w = pd->blocked;

	run_until(pd, now_of(pd));
	if (!w || !is_main(pd) || !try_now(pd, w))
		return;
	run_until(pd, now_of(pd));
	pd->blocked = NULL;
	pd->woken = true;
	w->done = true;
	pthread_cond_broadcast(&pd->wake);
	wait_for_reading(pd);
}

/* To the next event, but not beyond @until. Return: false when it stands there. */
static bool step(struct pd *pd, ktime_t until)
{
	ktime_t next = min(skiff_clock_next(pd->clock), until);

	if (pd->blocked)
		next = min(next, pd->blocked->deadline);
	run_until(pd, max(next, now_of(pd)));
	pd_settle(pd);
	return now_of(pd) < until;
}

static void wait_in_main(struct pd *pd, struct pd_wait *w)
{
	while (!try_now(pd, w)) {
		if (min(skiff_clock_next(pd->clock), w->deadline) == KTIME_MAX) {
			w->err = EDEADLK;
			return;
		}
		step(pd, w->deadline);
	}
}

static void wait_in_other(struct pd *pd, struct pd_wait *w)
{
	if (try_now(pd, w))
		return;
	pd->blocked = w;
	pd->returned = false;
	pd->other = gettid();
	while (!w->done)
		pthread_cond_wait(&pd->wake, &pd->lock);
}

long pd_wait(struct pd *pd, bool wait, ktime_t deadline, pd_attempt_fn *attempt, void *arg)
{
	struct pd_wait w = { .attempt = attempt, .arg = arg, .deadline = deadline };

	if (!wait)
		return attempt(arg);
	if (is_main(pd))
		wait_in_main(pd, &w);
	else
		wait_in_other(pd, &w);
	errno = w.err;
	return w.ret;
}

/* As the kernel has it in /proc: the letter behind the name, which stands in parentheses. */
static bool sleeps(pid_t tid)
{
	char path[64], text[256];
	const char *at = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	f = fopen(path, "r");
	if (!f)
		return true;
	if (fgets(text, sizeof(text), f))
		at = strrchr(text, ')');
	fclose(f);
	return !at || strncmp(at, ") R", 3) != 0;
}

static void let_other_finish(struct pd *pd)
{
	static const struct timespec moment = { .tv_nsec = LOOK_NS };

	for (int i = 0; i < LOOKS_MAX && pd->returned; i++) {
		/* It may need the lock. */
		pthread_mutex_unlock(&pd->lock);
		nanosleep(&moment, NULL);
		if (sleeps(pd->other))
			i = LOOKS_MAX;
		pthread_mutex_lock(&pd->lock);
	}
	pd->returned = false;
}

int pd_usleep(void *u, useconds_t usecs)
{
	struct pd *pd = pd_enter(u);
	ktime_t until = now_of(pd) + usecs * NSEC_PER_USEC;

	let_other_finish(pd);
	while (step(pd, until))
		;
	return (int)pd_leave(pd, 0);
}

int pd_gettimeofday(void *u, struct timeval *tv, struct timezone *tz)
{
	struct pd *pd = pd_enter(u);
	ktime_t now = skiff_clock_now_real(pd->clock);

	tv->tv_sec = (time_t)(now / NSEC_PER_SEC);
	tv->tv_usec = (suseconds_t)(now % NSEC_PER_SEC / NSEC_PER_USEC);
	if (!is_main(pd) && pd->woken) {
		pd->woken = false;
		pd->returned = true;
		pthread_cond_broadcast(&pd->read);
	} else {
		step(pd, now_of(pd) + READING_NS);
	}
	return (int)pd_leave(pd, 0);
}

/* The next packet that the host sent; time passes until there is one. */
int pd_netdev_receive(void *u, void *buf, size_t *count, long long *time_usecs)
{
	struct pd *pd = pd_enter(u);
	ktime_t until = now_of(pd) + RECEIVE_NS;

	while (!pd_device_take(pd, buf, count, time_usecs))
		if (!step(pd, until)) {
			*count = 0;
			*time_usecs = skiff_clock_now_real(pd->clock) / NSEC_PER_USEC;
			break;
		}
	return (int)pd_leave(pd, 0);
}
