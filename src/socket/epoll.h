/* SPDX-License-Identifier: BSD-2-Clause */
/* An epoll set, as its files know it. */
#ifndef SOCKET_EPOLL_H
#define SOCKET_EPOLL_H

#include <pthread.h>
#include <sys/epoll.h>

#include <skiff/list.h>
#include <skiff/net_namespace.h>

#include "socket/file.h"

/* Linux's EP_MAX_NESTS: how many sets may lie in each other. */
#define EPOLL_NESTS_MAX 4

/* What is not an event, and stays when EPOLLONESHOT has switched the events off. */
#define EPOLL_PRIVATE ((u32)(EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE))

struct epoll_host {
	struct net *net;
	int items;
};

/**
 * struct epoll - an epoll set
 * @file: what its descriptors stand for, in whose wait queue those are who wait for the set
 * @mutex: guards all but what @lock does; held while items are looked at
 * @items: everything that it watches
 * @nested: how many of them are sets
 * @hosts: those of its sockets, with how many sockets each
 * @nr_hosts: how many
 * @exits: how many hosts had ended when @hosts was looked over
 * @lock: guards @ready and @nr_ready
 * @ready: items that may have something to report
 * @nr_ready: how many
 *
 * An item is put on @ready by whoever wakes its file's queue, under any lock. A look at the set
 * takes items off, asks the sockets themselves, and puts those that are level-triggered back.
 */
struct epoll {
	struct sfile *file;
	pthread_mutex_t mutex;
	struct list_head items;
	int nested;
	struct epoll_host *hosts;
	int nr_hosts;
	unsigned int exits;
	spinlock_t lock;
	struct list_head ready;
	int nr_ready;
};

/**
 * struct epoll_item - one descriptor that a set watches
 * @entry: in the wait queue of @f
 * @ep: the set
 * @f: what the descriptor stood for; no reference: it takes its items along when it ends
 * @fd: the descriptor
 * @net: host of the socket, as counted in the set
 * @events: what is asked for
 * @data: what the program wants back
 * @of_set: among the set's items
 * @of_file: among the file's watchers, under epoll_mutex
 * @of_ready: among the ready ones, or empty
 */
struct epoll_item {
	struct wait_entry entry;
	struct epoll *ep;
	struct sfile *f;
	int fd;
	struct net *net;
	u32 events;
	epoll_data_t data;
	struct list_head of_set;
	struct hlist_node of_file;
	struct list_head of_ready;
};

/* Put an item among the ready ones; any lock but the set's own. */
void epoll_make_ready(struct epoll_item *item);

/* The first ready item, taken off; NULL when there is none. */
struct epoll_item *epoll_take_ready(struct epoll *ep);

/* A host ends; its sockets are gone already. */
void epoll_host_gone(void);
unsigned int epoll_hosts_gone(void);

#endif /* SOCKET_EPOLL_H */
