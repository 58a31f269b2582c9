// SPDX-License-Identifier: BSD-2-Clause
/* Waiting for several: poll and epoll. */
#include <stdlib.h>
#include <unistd.h>

#include <skiff/ktime.h>
#include <skiff/socket.h>

#include "adapter.h"

static ktime_t after_ms(const struct pd *pd, int ms)
{
	return ms < 0 ? KTIME_MAX : skiff_clock_now(pd->clock) + ms * NSEC_PER_MSEC;
}

/* Nothing ready is no error when the time is over. */
static long none_in_time(long ret)
{
	return ret < 0 && errno == EAGAIN ? 0 : ret;
}

static long none_is_again(long ret)
{
	if (ret)
		return ret;
	errno = EAGAIN;
	return -1;
}

struct polling {
	const struct pd *pd;
	struct pollfd *fds;
	nfds_t n;
};

/* Each by itself, since the numbers are not skiff's. */
static long try_poll(void *arg)
{
	const struct polling *p = (const struct polling *)arg;
	long ready = 0;

	for (nfds_t i = 0; i < p->n; i++) {
		struct pollfd one = p->fds[i];

		one.revents = 0;
		if (pd_is_ours(p->pd, one.fd)) {
			one.fd = pd_fd(p->pd, one.fd);
			skiff_poll_fds(&one, 1, 0);
		} else {
			poll(&one, 1, 0);
		}
		p->fds[i].revents = one.revents;
		ready += one.revents != 0;
	}
	return none_is_again(ready);
}

static int pd_poll(void *u, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct pd *pd = pd_enter(u);
	struct polling p = { .pd = pd, .fds = fds, .n = n };
	long ret = pd_wait(pd, timeout_ms != 0, after_ms(pd, timeout_ms), try_poll, &p);

	return (int)pd_leave(pd, none_in_time(ret));
}

static int pd_epoll_create(void *u, int size)
{
	struct pd *pd = pd_enter(u);

	if (size <= 0) {
		errno = EINVAL;
		return (int)pd_leave(pd, -1);
	}
	return (int)pd_leave(pd, pd_install(pd, skiff_epoll_create1(0), false));
}

static int pd_epoll_ctl(void *u, int epfd, int op, int fd, struct epoll_event *event)
{
	struct pd *pd = pd_enter(u);

	return (int)pd_leave(pd, skiff_epoll_ctl(pd_fd(pd, epfd), op, pd_fd(pd, fd), event));
}

struct epolling {
	int fd;
	struct epoll_event *events;
	int max;
};

static long try_epoll(void *arg)
{
	const struct epolling *e = (const struct epolling *)arg;

	return none_is_again(skiff_epoll_wait(e->fd, e->events, e->max, 0));
}

static int pd_epoll_wait(void *u, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	struct pd *pd = pd_enter(u);
	struct epolling e = { .fd = pd_fd(pd, epfd), .events = events, .max = max };
	long ret = pd_wait(pd, timeout_ms != 0, after_ms(pd, timeout_ms), try_epoll, &e);

	return (int)pd_leave(pd, none_in_time(ret));
}

void pd_events(struct packetdrill_interface *ifc)
{
	ifc->poll = pd_poll;
	ifc->epoll_create = pd_epoll_create;
	ifc->epoll_ctl = pd_epoll_ctl;
	ifc->epoll_wait = pd_epoll_wait;
}
