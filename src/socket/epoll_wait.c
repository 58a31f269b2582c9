// SPDX-License-Identifier: BSD-2-Clause
/* Epoll sets: waiting for one, and what it reports. */
#include <limits.h>

#include <skiff/ktime.h>

#include "socket/epoll.h"
#include "socket/poll.h"

/* What an item has to report now. Under the mutex of its set. */
static u32 item_ready(const struct epoll_item *item, int depth)
{
	return sfile_poll(item->f, depth + 1) & READ_ONCE(item->events) & ~EPOLL_PRIVATE;
}

/* One-shot items are switched off, level-triggered ones are looked at again next time. */
static void after_report(struct epoll_item *item)
{
	if (item->events & EPOLLONESHOT)
		WRITE_ONCE(item->events, item->events & EPOLL_PRIVATE);
	else if (!(item->events & EPOLLET))
		epoll_make_ready(item);
}

/*
 * Each item that is ready now is looked at once: those that are put back, or become ready again
 * meanwhile, are for the next call.
 */
static int report(struct epoll *ep, struct epoll_event *events, int max)
{
	struct epoll_item *item;
	int n = 0, todo;
	u32 ready;

	if (!READ_ONCE(ep->nr_ready))
		return 0;
	pthread_mutex_lock(&ep->mutex);
	for (todo = READ_ONCE(ep->nr_ready); todo > 0 && n < max; todo--) {
		item = epoll_take_ready(ep);
		if (!item)
			break;
		ready = item_ready(item, 0);
		if (!ready)
			continue;
		events[n].events = ready;
		events[n].data = item->data;
		n++;
		after_report(item);
	}
	pthread_mutex_unlock(&ep->mutex);
	return n;
}

u32 epoll_poll(struct sfile *f, int depth)
{
	struct epoll *ep = f->ep;
	struct epoll_item *item;
	u32 ready = 0;

	if (!READ_ONCE(ep->nr_ready) || depth > EPOLL_NESTS_MAX + 1)
		return 0;
	pthread_mutex_lock(&ep->mutex);
	for (int todo = READ_ONCE(ep->nr_ready); todo > 0 && !ready; todo--) {
		item = epoll_take_ready(ep);
		if (item && item_ready(item, depth)) {
			ready = EPOLLIN | EPOLLRDNORM;
			epoll_make_ready(item);
		}
	}
	pthread_mutex_unlock(&ep->mutex);
	return ready;
}

/* A host has ended: what is counted of it no longer is. Under the mutex. */
static void drop_dead_hosts(struct epoll *ep)
{
	unsigned int gone = epoll_hosts_gone();
	struct epoll_item *item;

	if (likely(ep->exits == gone))
		return;
	ep->exits = gone;
	ep->nr_hosts = 0;
	list_for_each_entry(item, &ep->items, of_set) {
		if (item->f->kind != SFILE_SOCKET || !item->f->sock.net)
			item->net = NULL;
	}
	/* There is room for them: there were no fewer before. */
	list_for_each_entry(item, &ep->items, of_set) {
		int i = 0;

		if (!item->net)
			continue;
		while (i < ep->nr_hosts && ep->hosts[i].net != item->net)
			i++;
		if (i == ep->nr_hosts)
			ep->hosts[ep->nr_hosts++] = (struct epoll_host){ .net = item->net };
		ep->hosts[i].items++;
	}
}

static int collect_nested(const struct epoll *ep, struct host_set *hosts, int depth)
{
	struct epoll_item *item;
	int err;

	list_for_each_entry(item, &ep->items, of_set) {
		if (item->f->kind != SFILE_EPOLL)
			continue;
		err = epoll_collect_hosts(item->f, hosts, depth + 1);
		if (err)
			return err;
	}
	return 0;
}

int epoll_collect_hosts(struct sfile *f, struct host_set *hosts, int depth)
{
	struct epoll *ep = f->ep;
	int err = 0;

	if (depth > EPOLL_NESTS_MAX + 1)
		return 0;
	pthread_mutex_lock(&ep->mutex);
	drop_dead_hosts(ep);
	for (int i = 0; i < ep->nr_hosts && !err; i++)
		err = host_set_add(hosts, ep->hosts[i].net);
	if (ep->nested && !err)
		err = collect_nested(ep, hosts, depth);
	pthread_mutex_unlock(&ep->mutex);
	return err;
}

/* A thread that waits for a set. */
struct set_wait {
	struct wait_entry entry;
	struct sleeper *sleeper;
};

static bool wake_thread(struct wait_entry *entry, u32 events)
{
	sleeper_wake(container_of(entry, struct set_wait, entry)->sleeper);
	return true;
}

static int wait_for_set(struct wait_call *call, struct sfile *f, struct epoll_event *events,
			int max)
{
	struct set_wait w = { .entry.fn = wake_thread, .sleeper = call->sleeper };
	int n, err;

	wait_queue_add(&f->wait, &w.entry);
	do {
		n = report(f->ep, events, max);
		err = n ? 0 : wait_call_round(call);
	} while (!n && !err);
	wait_queue_del(&f->wait, &w.entry);
	return n ? n : err == -ETIMEDOUT ? 0 : err;
}

static int wait_in_file(struct sfile *f, struct epoll_event *events, int max, s64 timeout_ns,
			const sigset_t *sigmask)
{
	struct wait_call call;
	int ret = wait_call_begin(&call, NULL, timeout_ns);

	if (!ret)
		ret = epoll_collect_hosts(f, &call.hosts, 0);
	if (!ret) {
		wait_call_restart(&call, call.hosts.n ? call.hosts.nets[0] : NULL, timeout_ns);
		call.sigmask = sigmask;
		/* What the hosts have to do is done, however often something else is ready. */
		wait_call_run(&call);
		ret = report(f->ep, events, max);
		if (!ret && timeout_ns)
			ret = wait_for_set(&call, f, events, max);
	}
	wait_call_end(&call);
	return ret;
}

static int epoll_wait_file(int epfd, struct epoll_event *events, int max, s64 timeout_ns,
			   const sigset_t *sigmask)
{
	struct sfile *f;
	int ret = -EINVAL;

	if (max <= 0 || max > (int)(INT_MAX / sizeof(*events)) || timeout_ns < 0)
		return -EINVAL;
	if (!events)
		return -EFAULT;
	f = sfile_get(epfd);
	if (!f)
		return -EBADF;
	if (f->kind == SFILE_EPOLL)
		ret = wait_in_file(f, events, max, timeout_ns, sigmask);
	sfile_put(f);
	return ret;
}

int epoll_look(int epfd, struct epoll_event *events, int max)
{
	struct sfile *f = sfile_get(epfd);
	int n = -EBADF;

	if (!f)
		return n;
	n = f->kind == SFILE_EPOLL ? report(f->ep, events, max) : -EINVAL;
	sfile_put(f);
	return n;
}

int skiff_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	return skiff_epoll_pwait(epfd, events, max, timeout_ms, NULL);
}

int skiff_epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout_ms,
		      const sigset_t *sigmask)
{
	s64 ns = timeout_ms < 0 ? WAIT_FOREVER : timeout_ms * (s64)NSEC_PER_MSEC;

	return skiff_result(epoll_wait_file(epfd, events, max, ns, sigmask));
}

int skiff_epoll_pwait2(int epfd, struct epoll_event *events, int max,
		       const struct timespec *timeout, const sigset_t *sigmask)
{
	return skiff_result(epoll_wait_file(epfd, events, max, poll_timeout(timeout), sigmask));
}
