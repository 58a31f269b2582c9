// SPDX-License-Identifier: BSD-2-Clause
/* The table of descriptors: the only thing that all hosts of a process have in common. */
#include <pthread.h>

#include <skiff/slab.h>

#include "base/fork.h"
#include "socket/file.h"

/* Files are made so many at a time, and are never given back: see file.h. */
#define SLAB_FILES 32

struct sfile_slab {
	struct sfile_slab *next;
	struct sfile files[SLAB_FILES];
};

struct fd_chunk *fd_chunks[FD_CHUNKS];

/**
 * struct fd_table - the rest of it
 * @lock: guards all, and changes of the chunks
 * @limit: numbers from there on are not given out
 * @hint: no number below is free
 * @free: files that are in no use
 * @slabs: all files
 */
static struct fd_table {
	spinlock_t lock;
	int limit;
	int hint;
	struct list_head free;
	struct sfile_slab *slabs;
} table = { .limit = FD_MAX, .free = LIST_HEAD_INIT(table.free) };

/*
 * A child has none of its parent's descriptors: their hosts are closed to it. Files and sockets stay
 * where they are, for the copies of the hosts that refer to them. The holder of the lock may have
 * been another thread, so it is simply free.
 */
static void after_fork_in_child(void)
{
	spin_lock_init(&table.lock);
	table.hint = 0;
	INIT_LIST_HEAD(&table.free);
	for (int i = 0; i < FD_CHUNKS; i++)
		if (fd_chunks[i])
			memset(fd_chunks[i], 0, sizeof(*fd_chunks[i]));
	pthread_mutex_init(&epoll_mutex, NULL);
}

static void watch_forks(void)
{
	fork_watch();
	if (pthread_atfork(NULL, NULL, after_fork_in_child) != 0)
		skiff_panic("pthread_atfork() failed: no memory");
}

static bool add_slab(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sfile_slab *slab = (struct sfile_slab *)kzalloc(sizeof(*slab), GFP_KERNEL);

	if (!slab)
		return false;
	pthread_once(&once, watch_forks);
	spin_lock(&table.lock);
	slab->next = table.slabs;
	table.slabs = slab;
	for (int i = 0; i < SLAB_FILES; i++)
		list_add_tail(&slab->files[i].node, &table.free);
	spin_unlock(&table.lock);
	return true;
}

static struct sfile *take_free(void)
{
	struct sfile *f;

	spin_lock(&table.lock);
	f = list_first_entry_or_null(&table.free, struct sfile, node);
	if (f)
		list_del(&f->node);
	spin_unlock(&table.lock);
	return f;
}

struct sfile *sfile_new(enum sfile_kind kind)
{
	struct sfile *f;

	while (!(f = take_free()))
		if (!add_slab())
			return NULL;
	f->kind = kind;
	f->watched = false;
	f->flags = 0;
	memset(&f->sock, 0, sizeof(f->sock));
	wait_queue_init(&f->wait);
	f->watchers.first = NULL;
	INIT_LIST_HEAD(&f->node);
	/* Last, for whoever tries to get a reference by an old pointer. */
	__atomic_store_n(&f->refs.refs.counter, 1, __ATOMIC_RELEASE);
	return f;
}

void sfile_free(struct sfile *f)
{
	spin_lock(&table.lock);
	/* The one that was used last is still in the cache. */
	list_add(&f->node, &table.free);
	spin_unlock(&table.lock);
}

static struct fd_chunk **chunk_of(int fd)
{
	return &fd_chunks[fd >> FD_CHUNK_SHIFT];
}

/* The lowest free number of a chunk from @least on, -1 when there is none. */
static int free_in_chunk(const struct fd_chunk *chunk, unsigned int least)
{
	u64 free;

	if (!chunk)
		return (int)least;
	if (chunk->nr_used == FD_CHUNK)
		return -1;
	for (unsigned int word = least / 64; word < FD_CHUNK / 64; word++, least = 0) {
		free = ~chunk->used[word] & (~(u64)0 << (least % 64));
		if (free)
			return (int)(word * 64) + __builtin_ctzll(free);
	}
	return -1;
}

/* Under the table's lock. -1 when there is none below the limit. */
static int lowest_free(int least)
{
	int fd = max(least, table.hint), n;

	while (fd < table.limit) {
		n = free_in_chunk(*chunk_of(fd), (unsigned int)fd & (FD_CHUNK - 1));
		if (n >= 0) {
			fd = (fd & ~(FD_CHUNK - 1)) + n;
			return fd < table.limit ? fd : -1;
		}
		fd = (fd & ~(FD_CHUNK - 1)) + FD_CHUNK;
	}
	return -1;
}

static inline void set_bit_to(u64 *words, unsigned int n, bool value)
{
	u64 bit = (u64)1 << (n % 64);

	words[n / 64] = value ? words[n / 64] | bit : words[n / 64] & ~bit;
}

/* Under the table's lock; the chunk exists. */
static struct sfile *put_in(int fd, struct sfile *f, bool cloexec)
{
	struct fd_chunk *chunk = *chunk_of(fd);
	unsigned int n = (unsigned int)fd & (FD_CHUNK - 1);
	struct sfile *before = chunk->files[n];

	chunk->nr_used += (f != NULL) - (before != NULL);
	set_bit_to(chunk->used, n, f != NULL);
	set_bit_to(chunk->cloexec, n, cloexec);
	smp_store_release(&chunk->files[n], f);
	return before;
}

/* Memory is not asked for under the lock: the chunk may exist by the time that it is there. */
static bool make_chunk(int fd)
{
	struct fd_chunk *chunk = (struct fd_chunk *)kzalloc(sizeof(*chunk), GFP_KERNEL);

	if (!chunk)
		return false;
	spin_lock(&table.lock);
	if (!*chunk_of(fd)) {
		smp_store_release(chunk_of(fd), chunk);
		chunk = NULL;
	}
	spin_unlock(&table.lock);
	kfree(chunk);
	return true;
}

int fd_install(struct sfile *f, int least, bool cloexec)
{
	int fd;

	if (least < 0 || least >= READ_ONCE(table.limit))
		return -EINVAL;
	for (;;) {
		spin_lock(&table.lock);
		fd = lowest_free(least);
		if (fd >= 0 && *chunk_of(fd)) {
			put_in(fd, f, cloexec);
			if (least <= table.hint)
				table.hint = fd + 1;
			spin_unlock(&table.lock);
			return fd;
		}
		spin_unlock(&table.lock);
		if (fd < 0)
			return -EMFILE;
		if (!make_chunk(fd))
			return -ENOMEM;
	}
}

int fd_replace(struct sfile *f, int fd, bool cloexec, struct sfile **before)
{
	if (fd < 0 || fd >= READ_ONCE(table.limit))
		return -EBADF;
	if (!smp_load_acquire(chunk_of(fd)) && !make_chunk(fd))
		return -ENOMEM;
	spin_lock(&table.lock);
	*before = put_in(fd, f, cloexec);
	spin_unlock(&table.lock);
	return fd;
}

struct sfile *fd_remove(int fd)
{
	struct sfile *f = NULL;

	if (fd < 0 || fd >= FD_MAX || !smp_load_acquire(chunk_of(fd)))
		return NULL;
	spin_lock(&table.lock);
	if ((*chunk_of(fd))->files[fd & (FD_CHUNK - 1)]) {
		f = put_in(fd, NULL, false);
		table.hint = min(table.hint, fd);
	}
	spin_unlock(&table.lock);
	return f;
}

int fd_cloexec(int fd, int set)
{
	struct fd_chunk *chunk;
	unsigned int n = (unsigned int)fd & (FD_CHUNK - 1);
	int was = -EBADF;

	if (fd < 0 || fd >= FD_MAX || !smp_load_acquire(chunk_of(fd)))
		return -EBADF;
	spin_lock(&table.lock);
	chunk = *chunk_of(fd);
	if (chunk->files[n]) {
		was = (int)(chunk->cloexec[n / 64] >> (n % 64) & 1);
		if (set >= 0)
			set_bit_to(chunk->cloexec, n, set);
	}
	spin_unlock(&table.lock);
	return was;
}

int skiff_fd_limit(int limit)
{
	int was;

	if (limit > FD_MAX)
		return skiff_result(-EINVAL);
	spin_lock(&table.lock);
	was = table.limit;
	if (limit >= 0)
		WRITE_ONCE(table.limit, limit);
	spin_unlock(&table.lock);
	return was;
}
