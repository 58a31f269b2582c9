// SPDX-License-Identifier: BSD-2-Clause
/* Who wants to know what happens to a descriptor, and threads that sleep until it does. */
#include "socket/waitqueue.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fork.h"

bool wait_queue_add(struct wait_queue *q, struct wait_entry *entry)
{
	bool first;

	spin_lock(&q->lock);
	first = list_empty(&q->entries);
	if (entry->exclusive)
		list_add_tail(&entry->node, &q->entries);
	else
		list_add(&entry->node, &q->entries);
	spin_unlock(&q->lock);
	return first;
}

bool wait_queue_del(struct wait_queue *q, struct wait_entry *entry)
{
	bool last;

	spin_lock(&q->lock);
	list_del(&entry->node);
	last = list_empty(&q->entries);
	spin_unlock(&q->lock);
	return last;
}

bool wait_queue_wake(struct wait_queue *q, u32 events)
{
	struct wait_entry *entry;
	bool any = false;

	spin_lock(&q->lock);
	list_for_each_entry(entry, &q->entries, node) {
		if (!entry->fn(entry, events))
			continue;
		any = true;
		if (entry->exclusive)
			break;
	}
	spin_unlock(&q->lock);
	return any;
}

static __thread struct sleeper own = { .fd = -1 };
static pthread_key_t at_exit;

static void close_own(void *arg)
{
	const struct sleeper *s = (const struct sleeper *)arg;

	close(s->fd);
}

static void make_key(void)
{
	fork_watch();
	if (pthread_key_create(&at_exit, close_own) != 0)
		skiff_panic("pthread_key_create() failed");
}

static bool open_own(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_key);
	own.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	own.generation = skiff_fork_generation;
	own.woken = 0;
	own.asleep = 0;
	return own.fd >= 0 && pthread_setspecific(at_exit, &own) == 0;
}

struct sleeper *own_sleeper(void)
{
	if (likely(own.fd >= 0 && own.generation == skiff_fork_generation))
		return &own;
	/* A forked child shares its parent's, so it needs another one. */
	if (own.fd >= 0)
		close(own.fd);
	return open_own() ? &own : NULL;
}

/* Both sides set their mark before they look at the other's, so one of them sees it. */
void sleeper_wake(struct sleeper *s)
{
	const u64 one = 1;
	int saved = errno;
	ssize_t n;

	if (__atomic_exchange_n(&s->woken, 1, __ATOMIC_SEQ_CST) ||
	    !__atomic_load_n(&s->asleep, __ATOMIC_SEQ_CST))
		return;
	do
		n = write(s->fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
	errno = saved;
}

void sleeper_clear(struct sleeper *s, bool told)
{
	u64 count;

	/* An exchange, so that we see all that happened before the wake-up. */
	__atomic_exchange_n(&s->woken, 0, __ATOMIC_SEQ_CST);
	/* It can't fail: nobody else reads it. */
	if (told && read(s->fd, &count, sizeof(count)) < 0)
		return;
}
