/* SPDX-License-Identifier: BSD-2-Clause */
/* Who wants to know what happens to a descriptor, and threads that sleep until it does. */
#ifndef SOCKET_WAITQUEUE_H
#define SOCKET_WAITQUEUE_H

#include <skiff/list.h>
#include <skiff/spinlock.h>

struct wait_entry;

/* Called under the lock of the queue, in any thread. Return: whether somebody was woken by it. */
typedef bool wait_fn(struct wait_entry *entry, u32 events);

/**
 * struct wait_queue - who wants to know
 * @lock: guards @entries; the innermost but those of the epoll sets that its entries tell
 * @entries: all of them; the exclusive ones at the end
 */
struct wait_queue {
	spinlock_t lock;
	struct list_head entries;
};

/**
 * struct wait_entry - one who wants to know
 * @node: in the queue
 * @fn: how it is told
 * @exclusive: of all that say so, one is told
 */
struct wait_entry {
	struct list_head node;
	wait_fn *fn;
	bool exclusive;
};

static inline void wait_queue_init(struct wait_queue *q)
{
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->entries);
}

/* Return: whether it is the first. Any thread. */
bool wait_queue_add(struct wait_queue *q, struct wait_entry *entry);

/* Return: whether it was the last. Nobody is in its fn() afterwards. */
bool wait_queue_del(struct wait_queue *q, struct wait_entry *entry);

/* Tell all, and of the exclusive ones up to the first that is woken. Return: whether any was. */
bool wait_queue_wake(struct wait_queue *q, u32 events);

/**
 * struct sleeper - a thread that sleeps until somebody wakes it
 * @fd: eventfd, -1 before the first sleep
 * @woken: somebody did
 * @asleep: it has to be told through @fd
 * @generation: of the process that made @fd
 *
 * One per thread, for as long as the thread lives: own_sleeper().
 */
struct sleeper {
	int fd;
	int woken;
	int asleep;
	int generation;
};

/* The calling thread's, its eventfd made. Return: NULL with errno when there is none to be had. */
struct sleeper *own_sleeper(void);

/* Any thread, any lock. The sleeper's entry is in a queue whose lock the caller holds. */
void sleeper_wake(struct sleeper *s);

/* The wake-ups so far have been seen; @told: through the eventfd. */
void sleeper_clear(struct sleeper *s, bool told);

#endif /* SOCKET_WAITQUEUE_H */
