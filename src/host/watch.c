// SPDX-License-Identifier: BSD-2-Clause
/* Watched descriptors: top halves that the loop calls without the stack lock. */
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/printk.h>
#include <skiff/slab.h>

#include "host/host.h"

/* How many ready descriptors one look takes from the kernel; the rest is there for the next. */
#define READY_MAX 32

/*
 * A descriptor that was ready lately is looked at without asking whether it is, so many times; then it
 * is epoll's turn, for the sake of all others.
 */
#define EAGER_LOOKS 8

/**
 * struct net_watch - one watched descriptor
 * @node: among the live ones, or in the graveyard
 * @fd: the descriptor
 * @events: that are watched
 * @eager: see net_watch_eagerly()
 * @dead: the watch has been ended
 * @busy: its callback is running
 * @fn: the callback
 * @arg: for it
 */
struct net_watch {
	struct list_head node;
	int fd;
	u32 events;
	bool eager;
	bool dead;
	bool busy;
	net_watch_fn *fn;
	void *arg;
};

static struct net_watch *find_watch(struct net_loop *loop, int fd)
{
	struct net_watch *watch;

	list_for_each_entry(watch, &loop->watches, node)
		if (watch->fd == fd)
			return watch;
	return NULL;
}

int net_watch_fd(struct net *net, int fd, u32 events, net_watch_fn *fn, void *arg)
{
	struct net_loop *loop = net->loop;
	struct epoll_event event = { .events = events };
	struct net_watch *watch;
	int err = 0;

	if (net_closed(net))
		return -EOWNERDEAD;
	if (fd < 0)
		return -EBADF;
	if (!fn || (events & ~(u32)(EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP)))
		return -EINVAL;
	watch = (struct net_watch *)kzalloc(sizeof(*watch), GFP_KERNEL);
	if (!watch)
		return -ENOMEM;
	watch->fd = fd;
	watch->events = events;
	watch->fn = fn;
	watch->arg = arg;
	event.data.ptr = watch;

	spin_lock(&loop->watch_lock);
	if (find_watch(loop, fd))
		err = -EEXIST;
	else if (epoll_ctl(loop->epfd, EPOLL_CTL_ADD, fd, &event) != 0)
		err = -errno;
	if (!err) {
		list_add_tail(&watch->node, &loop->watches);
		WRITE_ONCE(loop->nr_watches, loop->nr_watches + 1);
	}
	spin_unlock(&loop->watch_lock);
	if (err)
		kfree(watch);
	return err;
}

int net_rewatch_fd(struct net *net, int fd, u32 events)
{
	struct net_loop *loop = net->loop;
	struct epoll_event event = { .events = events };
	struct net_watch *watch;
	int err = 0;

	if (net_closed(net))
		return -EOWNERDEAD;
	spin_lock(&loop->watch_lock);
	watch = find_watch(loop, fd);
	event.data.ptr = watch;
	if (!watch)
		err = -ENOENT;
	else if (epoll_ctl(loop->epfd, EPOLL_CTL_MOD, fd, &event) != 0)
		err = -errno;
	if (!err) {
		watch->events = events;
		if (loop->eager == watch && !(events & EPOLLIN))
			WRITE_ONCE(loop->eager, NULL);
	}
	spin_unlock(&loop->watch_lock);
	return err;
}

int net_watch_eagerly(struct net *net, int fd)
{
	struct net_loop *loop = net->loop;
	struct net_watch *watch;

	if (net_closed(net))
		return -EOWNERDEAD;
	spin_lock(&loop->watch_lock);
	watch = find_watch(loop, fd);
	if (watch)
		WRITE_ONCE(watch->eager, true);
	spin_unlock(&loop->watch_lock);
	return watch ? 0 : -ENOENT;
}

static void bury(struct net_loop *loop, struct list_head *dead)
{
	if (loop->dispatchers == 0)
		list_splice_tail_init(&loop->graveyard, dead);
}

static void free_watches(struct list_head *dead)
{
	struct net_watch *watch, *n;

	list_for_each_entry_safe(watch, n, dead, node)
		kfree(watch);
}

int net_unwatch_fd(struct net *net, int fd)
{
	struct net_loop *loop = net->loop;
	struct net_watch *watch;
	LIST_HEAD(dead);

	if (net_closed(net))
		return -EOWNERDEAD;
	spin_lock(&loop->watch_lock);
	watch = find_watch(loop, fd);
	if (watch) {
		/* Fails only for a descriptor that is closed, which has left the set by that. */
		epoll_ctl(loop->epfd, EPOLL_CTL_DEL, fd, NULL);
		watch->dead = true;
		if (loop->eager == watch)
			WRITE_ONCE(loop->eager, NULL);
		list_move_tail(&watch->node, &loop->graveyard);
		WRITE_ONCE(loop->nr_watches, loop->nr_watches - 1);
	}
	bury(loop, &dead);
	spin_unlock(&loop->watch_lock);
	free_watches(&dead);
	return watch ? 0 : -ENOENT;
}

/* While any thread is in here, ended watches are kept: epoll may just have reported them. */
static void dispatch_begin(struct net_loop *loop)
{
	spin_lock(&loop->watch_lock);
	loop->dispatchers++;
	spin_unlock(&loop->watch_lock);
}

static void dispatch_end(struct net_loop *loop)
{
	LIST_HEAD(dead);

	spin_lock(&loop->watch_lock);
	loop->dispatchers--;
	bury(loop, &dead);
	spin_unlock(&loop->watch_lock);
	free_watches(&dead);
}

static bool call_begin(struct net_loop *loop, struct net_watch *watch)
{
	bool ours;

	spin_lock(&loop->watch_lock);
	ours = !watch->dead && !watch->busy;
	if (ours)
		watch->busy = true;
	spin_unlock(&loop->watch_lock);
	return ours;
}

static void call_end(struct net_loop *loop, struct net_watch *watch)
{
	spin_lock(&loop->watch_lock);
	watch->busy = false;
	spin_unlock(&loop->watch_lock);
}

/* @watch was ready: it is the one to be looked at next. */
static void call_again(struct net_loop *loop, struct net_watch *watch)
{
	spin_lock(&loop->watch_lock);
	if (!watch->dead && (watch->events & EPOLLIN)) {
		WRITE_ONCE(loop->eager, watch);
		loop->eager_looks = EAGER_LOOKS;
	}
	spin_unlock(&loop->watch_lock);
}

static void read_wakeups(struct net_loop *loop)
{
	u64 count;

	/* Another thread may have been faster: EAGAIN. */
	if (read(loop->evfd, &count, sizeof(count)) < 0)
		return;
	net_loop_pass_on(loop);
}

static int call_ready(struct net *net, const struct epoll_event *ready, int n)
{
	struct net_loop *loop = net->loop;
	int called = 0;

	for (int i = 0; i < n; i++) {
		struct net_watch *watch = (struct net_watch *)ready[i].data.ptr;

		if (!watch) {
			read_wakeups(loop);
			continue;
		}
		if (!call_begin(loop, watch))
			continue;
		watch->fn(net, watch->fd, ready[i].events, watch->arg);
		call_end(loop, watch);
		if (READ_ONCE(watch->eager) && (ready[i].events & EPOLLIN))
			call_again(loop, watch);
		called++;
	}
	return called;
}

/* Which descriptor is to be looked at now; as call_begin(). */
static struct net_watch *eager_begin(struct net_loop *loop)
{
	struct net_watch *watch;

	spin_lock(&loop->watch_lock);
	watch = loop->eager;
	if (watch && loop->eager_looks-- <= 0) {
		WRITE_ONCE(loop->eager, NULL);
		watch = NULL;
	}
	if (watch && watch->busy)
		watch = NULL;
	if (watch)
		watch->busy = true;
	spin_unlock(&loop->watch_lock);
	return watch;
}

/* Return: whether that has made work for the host. */
static bool look_eagerly(struct net *net)
{
	struct net_loop *loop = net->loop;
	struct net_watch *watch;

	if (!READ_ONCE(loop->eager) || net_has_work(net))
		return false;
	watch = eager_begin(loop);
	if (!watch)
		return false;
	watch->fn(net, watch->fd, EPOLLIN, watch->arg);
	call_end(loop, watch);
	return net_has_work(net);
}

int net_dispatch(struct net *net)
{
	struct net_loop *loop = net->loop;
	struct epoll_event ready[READY_MAX];
	struct net_section section;
	int n, called = 0;

	net_section_enter(net, &section);
	dispatch_begin(loop);
	if (look_eagerly(net)) {
		called = 1;
	} else {
		n = epoll_wait(loop->epfd, ready, READY_MAX, 0);
		if (n > 0)
			called = call_ready(net, ready, n);
	}
	dispatch_end(loop);
	net_section_leave(&section);
	return called;
}

void net_watch_report_left(struct net *net, int *left)
{
	struct net_loop *loop = net->loop;
	struct net_watch *watch, *n;

	list_for_each_entry_safe(watch, n, &loop->watches, node) {
		pr_err("host %s: descriptor %d is still watched", net->name, watch->fd);
		net_unwatch_fd(net, watch->fd);
		(*left)++;
	}
}
