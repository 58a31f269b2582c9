// SPDX-License-Identifier: BSD-2-Clause
/* The loop: hosts first, then what the kernel has, and sleep when there is nothing of either. */
#include "program/loop.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <skiff/slab.h>
#include <skiff/skiff.h>

#include "host/host.h"

#define EVENTS_MAX 64

/* A host that always has something to do lets the others have their turn. */
#define NET_ROUNDS 16

/* Hosts and tick() alone before the kernel is asked, which costs a system call. */
#define WORK_ROUNDS 4

/* So often the kernel is asked for more of what happened before a call. */
#define EARLIER_ROUNDS 16

/*
 * To fall asleep and be woken from another processor takes longer than most answers do. Where sleeps were that
 * short the loop looks for so long before it sleeps, until that was in vain too often. ns
 */
#define LOOK_SPAN 40000
#define SHORT_SLEEP 80000
#define LOOKS_MAX 8

static bool has_other_processors(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
}

int loop_init(struct loop *loop)
{
	*loop = (struct loop){ .deadline = INT64_MAX, .may_look = has_other_processors() };
	INIT_LIST_HEAD(&loop->garbage);
	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	return loop->epfd < 0 ? -errno : 0;
}

static void sweep(struct loop *loop)
{
	struct loop_garbage *garbage, *next;

	list_for_each_entry_safe(garbage, next, &loop->garbage, node) {
		list_del(&garbage->node);
		kfree(garbage);
	}
}

void loop_exit(struct loop *loop)
{
	sweep(loop);
	close(loop->epfd);
}

void loop_free_later(struct loop *loop, struct loop_garbage *garbage)
{
	list_add_tail(&garbage->node, &loop->garbage);
}

int loop_watch(struct loop *loop, struct loop_watch *watch, int fd, u32 events, loop_fn *fn)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	watch->fd = fd;
	watch->fn = fn;
	if (!epoll_ctl(loop->epfd, EPOLL_CTL_ADD, fd, &event))
		return 0;
	watch->fd = -1;
	return -errno;
}

int loop_rewatch(struct loop *loop, struct loop_watch *watch, u32 events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epfd, EPOLL_CTL_MOD, watch->fd, &event) ? -errno : 0;
}

static void forget(struct loop *loop, struct loop_watch *watch)
{
	watch->fd = -1;
	if (loop->prompt == watch)
		loop->prompt = NULL;
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
	if (watch->fd < 0)
		return;
	epoll_ctl(loop->epfd, EPOLL_CTL_DEL, watch->fd, NULL);
	forget(loop, watch);
}

void loop_close(struct loop *loop, struct loop_watch *watch)
{
	if (watch->fd < 0)
		return;
	/* The set forgets an open file that is closed. */
	close(watch->fd);
	forget(loop, watch);
}

static void host_is_ready(struct loop_watch *watch, u32 events)
{
	struct loop_net *ln = container_of(watch, struct loop_net, watch);

	(void)events;
	net_dispatch(ln->net);
}

int loop_add_net(struct loop *loop, struct net *net)
{
	struct loop_net *ln;
	int fd = skiff_fd(net), err;

	if (fd < 0)
		return fd;
	if (loop->nr_nets == LOOP_NETS_MAX)
		return -ENOSPC;
	ln = &loop->net[loop->nr_nets];
	ln->net = net;
	err = loop_watch(loop, &ln->watch, fd, EPOLLIN, host_is_ready);
	if (!err)
		loop->nr_nets++;
	return err;
}

/* Hosts that are joined by a cable keep each other busy. Return: whether anything was done. */
static bool run_hosts(struct loop *loop)
{
	bool any = false, more = true;

	for (int round = 0; more && round < NET_ROUNDS; round++) {
		more = false;
		for (int i = 0; i < loop->nr_nets; i++)
			if (net_run_due(loop->net[i].net) > 0)
				more = true;
		any |= more;
	}
	return any;
}

void loop_settle(struct loop *loop)
{
	int called = 0;

	run_hosts(loop);
	/* The first one is the programs'. The others may ask the system, which has answered. */
	for (int i = 1; i < loop->nr_nets; i++)
		called += net_dispatch(loop->net[i].net);
	if (called)
		run_hosts(loop);
}

s64 loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (s64)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* How long there is nothing to do. Return: ns, -1 for ever. */
static s64 idle_span(struct loop *loop)
{
	s64 until = loop->deadline, span;

	for (int i = 0; i < loop->nr_nets; i++) {
		s64 next = skiff_next_deadline(loop->net[i].net);

		if (next < until)
			until = next;
	}
	if (until == INT64_MAX)
		return -1;
	span = until - loop_now();
	return span > 0 ? span : 0;
}

static int wait_for_all(struct loop *loop, struct epoll_event *events, s64 span)
{
	struct timespec ts = { .tv_sec = span / 1000000000, .tv_nsec = span % 1000000000 };

	return epoll_pwait2(loop->epfd, events, EVENTS_MAX, span < 0 ? NULL : &ts, NULL);
}

/*
 * Sleep beside the set. A set wakes its sleeper on any processor that is idle; a descriptor that is waited for
 * by itself may say that it is to be this one, where the other side is about to sleep: seccomp's do. It is in the
 * set as well, since what a program has closed before a call is to be seen before it.
 */
static int wait_for_prompt(struct loop *loop, struct epoll_event *events, s64 span)
{
	struct timespec ts = { .tv_sec = span / 1000000000, .tv_nsec = span % 1000000000 };
	struct pollfd p[] = { { .fd = loop->prompt->fd, .events = POLLIN },
			      { .fd = loop->epfd, .events = POLLIN } };
	int n = ppoll(p, 2, span < 0 ? NULL : &ts, NULL);

	/* What happened before it is among what the set tells now. */
	loop->prompt_seen = n > 0 && p[0].revents;
	loop->prompt = NULL;
	return n > 0 ? wait_for_all(loop, events, 0) : n;
}

/* Return: as epoll_wait(); 0 when nothing came in time. */
static int look(struct loop *loop, struct epoll_event *events, s64 span)
{
	s64 end = loop_now() + (span >= 0 && span < LOOK_SPAN ? span : LOOK_SPAN);
	int n;

	do
		n = epoll_wait(loop->epfd, events, EVENTS_MAX, 0);
	while (!n && loop_now() < end);
	if (n)
		loop->looks = LOOKS_MAX;
	else if (!--loop->looks)
		loop->looks = -LOOKS_MAX;
	return n;
}

static int look_or_sleep(struct loop *loop, struct epoll_event *events, s64 span)
{
	bool looks = loop->looks > 0;
	s64 began;
	int n;

	if (looks) {
		n = look(loop, events, span);
		if (n)
			return n;
		span = span > LOOK_SPAN ? span - LOOK_SPAN : min_t(s64, span, 0);
	}
	began = loop_now();
	n = wait_for_all(loop, events, span);
	if (!looks && n > 0 && loop_now() - began < SHORT_SLEEP)
		loop->looks++;
	return n;
}

static int wait_events(struct loop *loop, struct epoll_event *events, s64 span)
{
	if (span && loop->prompt)
		return wait_for_prompt(loop, events, span);
	if (span && loop->may_look)
		return look_or_sleep(loop, events, span);
	return wait_for_all(loop, events, span);
}

/* Sleep until something happens, unless it has meanwhile. */
static int sleep_or_look(struct loop *loop, struct epoll_event *events, bool busy)
{
	int n;

	for (int i = 0; i < loop->nr_nets; i++)
		busy |= net_doze(loop->net[i].net);
	n = wait_events(loop, events, busy || loop->stop ? 0 : idle_span(loop));
	for (int i = 0; i < loop->nr_nets; i++)
		net_awake(loop->net[i].net);
	return n;
}

enum turn {
	TURN_ENDS,
	TURN_OTHERS,
	TURN_LAST,
};

static enum turn turn_of(const struct epoll_event *event)
{
	const struct loop_watch *watch = event->data.ptr;

	if (watch->comes_last)
		return TURN_LAST;
	return watch->ends_first && event->events & EPOLLHUP ? TURN_ENDS : TURN_OTHERS;
}

/* Return: how many have their turn later. */
static int call_watches(const struct epoll_event *events, int n, enum turn turn)
{
	int later = 0;

	for (int i = 0; i < n; i++) {
		struct loop_watch *watch = events[i].data.ptr;

		if (watch->fd < 0)
			continue;
		if (turn_of(&events[i]) == turn)
			watch->fn(watch, events[i].events);
		else
			later += turn_of(&events[i]) > turn;
	}
	return later;
}

/*
 * A set that has looked at one descriptor may find another one ready of which we hear first, though it became so
 * later. Whoever comes last waits for what happened during that look, and for what did not fit into it.
 */
static void call_earlier(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];
	int n = EVENTS_MAX;

	for (int round = 0; n == EVENTS_MAX && round < EARLIER_ROUNDS; round++) {
		n = epoll_wait(loop->epfd, events, EVENTS_MAX, 0);
		call_watches(events, n, TURN_ENDS);
		call_watches(events, n, TURN_OTHERS);
	}
}

static void call_all(struct loop *loop, const struct epoll_event *events, int n)
{
	int last;

	call_watches(events, n, TURN_ENDS);
	last = call_watches(events, n, TURN_OTHERS);
	if (!last)
		return;
	if (n == EVENTS_MAX || (n > 1 && (last > 1 || !loop->prompt_seen)))
		call_earlier(loop);
	call_watches(events, n, TURN_LAST);
}

/* What one of them does is work for the other. Return: whether some is left. */
static bool work(struct loop *loop)
{
	for (int round = 0; round < WORK_ROUNDS; round++) {
		bool any = run_hosts(loop);

		any |= loop->tick && loop->tick(loop);
		if (!any)
			return false;
	}
	return true;
}

static int loop_round(struct loop *loop, bool may_sleep)
{
	struct epoll_event events[EVENTS_MAX];
	bool busy = work(loop);
	int n;

	loop->prompt_seen = false;
	n = sleep_or_look(loop, events, busy || !may_sleep);

	if (n < 0 && errno != EINTR)
		return -errno;
	call_all(loop, events, n);
	sweep(loop);
	return 0;
}

int loop_once(struct loop *loop)
{
	return loop_round(loop, false);
}

int loop_run(struct loop *loop)
{
	int err = 0;

	while (!loop->stop && !err)
		err = loop_round(loop, true);
	return err;
}

void loop_stop(struct loop *loop)
{
	loop->stop = 1;
	if (loop->nr_nets)
		skiff_kick(loop->net[0].net);
}
