// SPDX-License-Identifier: BSD-2-Clause
/* Epoll sets: made, changed by epoll_ctl(), and ended; who is ready. epoll_wait.c reports. */
#include "socket/epoll.h"

#include <skiff/slab.h>

/*
 * Guards which set watches which file, in all directions: changes of sets, the end of files, and
 * the search for loops. Looking at sets and waking them does not need it.
 */
pthread_mutex_t epoll_mutex = PTHREAD_MUTEX_INITIALIZER;

static unsigned int hosts_gone;

void epoll_host_gone(void)
{
	__atomic_fetch_add(&hosts_gone, 1, __ATOMIC_RELEASE);
}

unsigned int epoll_hosts_gone(void)
{
	return smp_load_acquire(&hosts_gone);
}

void epoll_make_ready(struct epoll_item *item)
{
	struct epoll *ep = item->ep;

	spin_lock(&ep->lock);
	if (list_empty(&item->of_ready)) {
		list_add_tail(&item->of_ready, &ep->ready);
		WRITE_ONCE(ep->nr_ready, ep->nr_ready + 1);
	}
	spin_unlock(&ep->lock);
}

struct epoll_item *epoll_take_ready(struct epoll *ep)
{
	struct epoll_item *item;

	spin_lock(&ep->lock);
	item = list_first_entry_or_null(&ep->ready, struct epoll_item, of_ready);
	if (item) {
		list_del_init(&item->of_ready);
		WRITE_ONCE(ep->nr_ready, ep->nr_ready - 1);
	}
	spin_unlock(&ep->lock);
	return item;
}

/* Something happened to a file: its item may be ready, and whoever waits for the set looks. */
static bool item_wake(struct wait_entry *entry, u32 events)
{
	struct epoll_item *item = container_of(entry, struct epoll_item, entry);

	if (!(events & READ_ONCE(item->events) & ~EPOLL_PRIVATE))
		return false;
	epoll_make_ready(item);
	return wait_queue_wake(&item->ep->file->wait, EPOLLIN | EPOLLRDNORM);
}

int skiff_epoll_create1(int flags)
{
	struct epoll *ep;
	struct sfile *f;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return skiff_result(-EINVAL);
	ep = (struct epoll *)kzalloc(sizeof(*ep), GFP_KERNEL);
	f = ep ? sfile_new(SFILE_EPOLL) : NULL;
	if (!f) {
		kfree(ep);
		return skiff_result(-ENOMEM);
	}
	ep->file = f;
	pthread_mutex_init(&ep->mutex, NULL);
	INIT_LIST_HEAD(&ep->items);
	spin_lock_init(&ep->lock);
	INIT_LIST_HEAD(&ep->ready);
	f->ep = ep;
	fd = fd_install(f, 0, flags & EPOLL_CLOEXEC);
	if (fd < 0)
		sfile_put(f);
	return skiff_result(fd);
}

/* The count of a host's sockets goes up or down. Under the set's mutex. Return: 0, -ENOMEM. */
static int count_host(struct epoll *ep, struct net *net, int change)
{
	struct epoll_host *hosts;
	int i;

	for (i = 0; i < ep->nr_hosts && ep->hosts[i].net != net; i++)
		;
	if (i == ep->nr_hosts) {
		hosts = (struct epoll_host *)krealloc_array(ep->hosts, (size_t)i + 1,
							    sizeof(*hosts), GFP_KERNEL);
		if (!hosts)
			return -ENOMEM;
		ep->hosts = hosts;
		ep->hosts[ep->nr_hosts++] = (struct epoll_host){ .net = net };
	}
	ep->hosts[i].items += change;
	if (!ep->hosts[i].items)
		ep->hosts[i] = ep->hosts[--ep->nr_hosts];
	return 0;
}

static struct epoll_item *find_item(const struct epoll *ep, const struct sfile *f, int fd)
{
	struct epoll_item *item;

	hlist_for_each_entry(item, &f->watchers, of_file)
		if (item->ep == ep && item->fd == fd)
			return item;
	return NULL;
}

/* How many sets lie below this one; with @other among them, more than there may be. */
static int nests_below(const struct sfile *f, const struct epoll *other, int level)
{
	struct epoll_item *item;
	int deepest = 0;

	if (f->kind != SFILE_EPOLL)
		return 0;
	if (f->ep == other || level > EPOLL_NESTS_MAX)
		return EPOLL_NESTS_MAX + 1;
	if (!f->ep->nested)
		return 1;
	list_for_each_entry(item, &f->ep->items, of_set)
		deepest = max(deepest, nests_below(item->f, other, level + 1));
	return deepest + 1;
}

static int nests_above(const struct sfile *f, int level)
{
	struct epoll_item *item;
	int highest = 0;

	if (level > EPOLL_NESTS_MAX)
		return level;
	hlist_for_each_entry(item, &f->watchers, of_file)
		highest = max(highest, nests_above(item->ep->file, level + 1));
	return highest + 1;
}

static void tell_if_ready(struct epoll_item *item)
{
	u32 ready = sfile_poll(item->f, 1);

	if (ready & READ_ONCE(item->events) & ~EPOLL_PRIVATE) {
		epoll_make_ready(item);
		wait_queue_wake(&item->ep->file->wait, EPOLLIN | EPOLLRDNORM);
	}
}

/* Under epoll_mutex and the set's mutex. */
static int add_item(struct epoll *ep, struct sfile *f, int fd, const struct epoll_event *event)
{
	struct epoll_item *item = (struct epoll_item *)kzalloc(sizeof(*item), GFP_KERNEL);
	struct net *net = f->kind == SFILE_SOCKET ? f->sock.net : NULL;

	if (!item || (net && count_host(ep, net, 1))) {
		kfree(item);
		return -ENOMEM;
	}
	item->ep = ep;
	item->f = f;
	item->fd = fd;
	item->net = net;
	item->events = event->events | EPOLLERR | EPOLLHUP;
	item->data = event->data;
	item->entry.fn = item_wake;
	item->entry.exclusive = item->events & EPOLLEXCLUSIVE;
	INIT_LIST_HEAD(&item->of_ready);
	list_add_tail(&item->of_set, &ep->items);
	hlist_add_head(&item->of_file, &f->watchers);
	f->watched = true;
	ep->nested += f->kind == SFILE_EPOLL;
	/* First the queue, then the look, so that nothing is missed between them. */
	sfile_wait_add(f, &item->entry);
	tell_if_ready(item);
	return 0;
}

/* Under epoll_mutex and the set's mutex. */
static void remove_item(struct epoll_item *item)
{
	struct epoll *ep = item->ep;

	sfile_wait_del(item->f, &item->entry);
	spin_lock(&ep->lock);
	if (!list_empty(&item->of_ready)) {
		list_del(&item->of_ready);
		WRITE_ONCE(ep->nr_ready, ep->nr_ready - 1);
	}
	spin_unlock(&ep->lock);
	list_del(&item->of_set);
	hlist_del_init(&item->of_file);
	ep->nested -= item->f->kind == SFILE_EPOLL;
	if (item->net)
		count_host(ep, item->net, -1);
	kfree(item);
}

static int modify_item(struct epoll_item *item, const struct epoll_event *event)
{
	if (item->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	item->data = event->data;
	WRITE_ONCE(item->events, event->events | EPOLLERR | EPOLLHUP);
	tell_if_ready(item);
	return 0;
}

void epoll_forget_file(struct sfile *f)
{
	struct epoll_item *item;
	struct hlist_node *next;
	struct epoll *ep;

	/* Who adds an entry has a reference, and there is none any more. */
	if (!f->watched)
		return;
	pthread_mutex_lock(&epoll_mutex);
	hlist_for_each_entry_safe(item, next, &f->watchers, of_file) {
		ep = item->ep;
		pthread_mutex_lock(&ep->mutex);
		remove_item(item);
		pthread_mutex_unlock(&ep->mutex);
	}
	pthread_mutex_unlock(&epoll_mutex);
}

void epoll_release(struct sfile *f)
{
	struct epoll *ep = f->ep;
	struct epoll_item *item, *next;

	if (!ep)
		return;
	pthread_mutex_lock(&epoll_mutex);
	pthread_mutex_lock(&ep->mutex);
	list_for_each_entry_safe(item, next, &ep->items, of_set)
		remove_item(item);
	pthread_mutex_unlock(&ep->mutex);
	pthread_mutex_unlock(&epoll_mutex);
	pthread_mutex_destroy(&ep->mutex);
	kfree(ep->hosts);
	kfree(ep);
}

/* What may go with EPOLLEXCLUSIVE. */
#define EXCLUSIVE_OK                                                                        \
	((u32)(EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM | EPOLLRDBAND | EPOLLWRBAND | \
	       EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE))

static int check_exclusive(int op, const struct sfile *f, u32 events)
{
	if (!(events & EPOLLEXCLUSIVE))
		return 0;
	if (op == EPOLL_CTL_MOD || f->kind == SFILE_EPOLL || (events & ~EXCLUSIVE_OK))
		return -EINVAL;
	return 0;
}

/* Under epoll_mutex: the way sets lie in each other does not change meanwhile. */
static int check_nests(const struct epoll *ep, const struct sfile *f)
{
	if (f->kind != SFILE_EPOLL)
		return 0;
	return nests_below(f, ep, 0) + nests_above(ep->file, 0) > EPOLL_NESTS_MAX + 1 ? -ELOOP : 0;
}

static int change_set(struct epoll *ep, int op, struct sfile *f, int fd,
		      const struct epoll_event *event)
{
	struct epoll_item *item = find_item(ep, f, fd);
	int err;

	switch (op) {
	case EPOLL_CTL_ADD:
		err = item ? -EEXIST : check_nests(ep, f);
		return err ? err : add_item(ep, f, fd, event);
	case EPOLL_CTL_MOD:
		return item ? modify_item(item, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (!item)
			return -ENOENT;
		remove_item(item);
		return 0;
	default:
		return -EINVAL;
	}
}

static int control(struct sfile *set, int op, struct sfile *f, int fd,
		   const struct epoll_event *event)
{
	int err;

	if (set == f || set->kind != SFILE_EPOLL)
		return -EINVAL;
	if (op != EPOLL_CTL_DEL) {
		err = event ? check_exclusive(op, f, event->events) : -EFAULT;
		if (err)
			return err;
	}
	pthread_mutex_lock(&epoll_mutex);
	pthread_mutex_lock(&set->ep->mutex);
	err = change_set(set->ep, op, f, fd, event);
	pthread_mutex_unlock(&set->ep->mutex);
	pthread_mutex_unlock(&epoll_mutex);
	return err;
}

int skiff_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	struct sfile *set = sfile_get(epfd), *f = sfile_get(fd);
	int err = set && f ? control(set, op, f, fd, event) : -EBADF;

	if (f)
		sfile_put(f);
	if (set)
		sfile_put(set);
	return skiff_result(err);
}
