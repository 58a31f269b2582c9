/* SPDX-License-Identifier: BSD-2-Clause */
/* What a descriptor stands for, and how it is found and kept while a call works with it. */
#ifndef SOCKET_FILE_H
#define SOCKET_FILE_H

#include <fcntl.h>
#include <pthread.h>

#include <skiff/atomic.h>
#include <skiff/net.h>
#include <skiff/net_namespace.h>
#include <skiff/socket.h>

#include "socket/waitqueue.h"

struct epoll;

/*
 * The table
 *
 * One per process: an array of chunks, made when they are needed and kept. A look-up is two loads,
 * a reference, and one more load that says whether the descriptor still means the same. That is
 * safe without a lock because the memory of a file is used for files for ever: taking a reference
 * of one that has ended fails, and one that has become another is noticed.
 *
 * Locks, from the outside in: epoll_mutex, an epoll set's mutex, stack lock, sk_callback_lock, a
 * file's wait queue, a set's list. The table's lock is held for nothing else.
 */
#define FD_CHUNK_SHIFT 10
#define FD_CHUNK (1 << FD_CHUNK_SHIFT)
#define FD_CHUNKS 1024
#define FD_MAX (FD_CHUNK * FD_CHUNKS)

/* What F_SETFL can change, and what can be given when a socket is made. */
#define SFILE_FLAGS (O_NONBLOCK)

enum sfile_kind { SFILE_SOCKET, SFILE_EPOLL } __packed;

/**
 * struct sfile - what one or more descriptors stand for: the kernel's struct file
 * @refs: one for each descriptor, and one for each call that works with it
 * @kind: socket or epoll set
 * @watched: an epoll set has watched it since it was made
 * @flags: O_NONBLOCK
 * @sock: of a socket; its host is NULL once that is gone
 * @ep: of an epoll set
 * @wait: who wants to know what happens to it
 * @watchers: the entries of epoll sets that watch it; under epoll_mutex
 * @node: among the sockets of its host, under the stack lock; or among free ones
 */
struct sfile {
	refcount_t refs;
	enum sfile_kind kind;
	bool watched;
	u16 flags;
	__extension__ union {
		struct socket sock;
		struct epoll *ep;
	};
	struct wait_queue wait;
	struct hlist_head watchers;
	struct list_head node;
};

struct fd_chunk {
	struct sfile *files[FD_CHUNK];
	u64 used[FD_CHUNK / 64];
	u64 cloexec[FD_CHUNK / 64];
	int nr_used;
};

extern struct fd_chunk *fd_chunks[FD_CHUNKS];

/* Reference. False for a file that has ended. */
static inline bool sfile_tryget(struct sfile *f)
{
	int old;

	if (skiff_single_threaded()) {
		if (unlikely(f->refs.refs.counter == 0))
			return false;
		f->refs.refs.counter++;
		return true;
	}
	old = atomic_read(&f->refs.refs);
	while (old > 0)
		if (__atomic_compare_exchange_n(&f->refs.refs.counter, &old, old + 1, true,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* The last reference is gone. No lock may be held. */
void sfile_release(struct sfile *f);

/* Any thread that holds no lock. */
static inline void sfile_put(struct sfile *f)
{
	if (skiff_single_threaded()) {
		if (unlikely(--f->refs.refs.counter == 0))
			sfile_release(f);
		return;
	}
	if (refcount_dec_and_test(&f->refs))
		sfile_release(f);
}

/* What a descriptor stands for, with a reference for the caller; NULL when it is not open. */
static inline struct sfile *sfile_get(int fd)
{
	struct fd_chunk *chunk;
	struct sfile *f;

	if (unlikely((unsigned int)fd >= FD_MAX))
		return NULL;
	chunk = smp_load_acquire(&fd_chunks[fd >> FD_CHUNK_SHIFT]);
	if (unlikely(!chunk))
		return NULL;
	for (;;) {
		f = smp_load_acquire(&chunk->files[fd & (FD_CHUNK - 1)]);
		if (unlikely(!f))
			return NULL;
		if (unlikely(!sfile_tryget(f)))
			continue;
		if (likely(smp_load_acquire(&chunk->files[fd & (FD_CHUNK - 1)]) == f))
			return f;
		sfile_put(f);
	}
}

/* The same for a socket: NULL with *@err -EBADF, -ENOTSOCK, or -ENETDOWN when its host is gone. */
static inline struct sfile *sfile_get_socket(int fd, int *err)
{
	struct sfile *f = sfile_get(fd);

	if (unlikely(!f)) {
		*err = -EBADF;
		return NULL;
	}
	if (likely(f->kind == SFILE_SOCKET && f->sock.net))
		return f;
	*err = f->kind == SFILE_SOCKET ? -ENETDOWN : -ENOTSOCK;
	sfile_put(f);
	return NULL;
}

/* table.c */

/* A file with one reference, nothing in it yet but its queues. NULL without memory. */
struct sfile *sfile_new(enum sfile_kind kind);

/* Give its memory back; there is no reference left. */
void sfile_free(struct sfile *f);

/**
 * fd_install() - give a file a descriptor
 * @f: the file; its reference becomes the descriptor's on success
 * @least: lowest number wanted
 * @cloexec: FD_CLOEXEC
 *
 * Return: the lowest free number, -EMFILE, -ENOMEM, -EINVAL for a @least beyond the limit.
 */
int fd_install(struct sfile *f, int least, bool cloexec);

/* Put @f in the place of @fd. Return: the file that was there, whose reference is the caller's. */
int fd_replace(struct sfile *f, int fd, bool cloexec, struct sfile **before);

/* Take the descriptor away. Return: the file, whose reference is the caller's, or NULL. */
struct sfile *fd_remove(int fd);

/* FD_CLOEXEC; @set: 0 or 1 to change it, -1 not. Return: as it was, or -EBADF. */
int fd_cloexec(int fd, int set);

/* socket.c, init.c */

/* Release a socket's protocol side; its host's other half of sfile_release(). */
void sfile_release_socket(struct sfile *f);

/* Under the stack lock. */
void sfile_join_host(struct sfile *f, struct net *net);
void sfile_leave_host(struct sfile *f);

/* What a call hands to the program. */
static inline int skiff_result(long ret)
{
	if (likely(ret >= 0))
		return (int)ret;
	errno = (int)-ret;
	return -1;
}

/* wait queue */

void sfile_wait_add(struct sfile *f, struct wait_entry *entry);
void sfile_wait_del(struct sfile *f, struct wait_entry *entry);

/* What it is ready for, EPOLL*. No lock is held; @depth: how many epoll sets lie above it. */
u32 sfile_poll(struct sfile *f, int depth);

/* Whether calls on it return instead of waiting. */
static inline bool sfile_nonblock(const struct sfile *f)
{
	return READ_ONCE(f->flags) & O_NONBLOCK;
}

/* skb.c */

/*
 * Packets that wait to be received from @fd, up to @max of them, come to the end of @to, charged to nobody any more. Return:
 * how many; -EBADF, or -EOPNOTSUPP for a socket that receives something else than it has in its queue.
 */
int socket_take_skbs(int fd, struct sk_buff_head *to, int max);

/*
 * Copy what is to be received next, up to @room bytes, as if nobody had looked. Return: bytes; -EAGAIN when there is
 * nothing, or as socket_take_skbs().
 */
ssize_t socket_copy_next(int fd, void *to, size_t room);

/* Who took one has received it: SIOCGSTAMP tells of it now. */
void socket_note_received(int fd, struct sk_buff *skb);

/* They are the first to be received again, if there is memory. Return: how many are. */
int socket_return_skbs(int fd, struct sk_buff_head *from);

/* epoll.c */

extern pthread_mutex_t epoll_mutex;

/* The file ends: no set watches it any more. No lock held. */
void epoll_forget_file(struct sfile *f);

/* The set ends. No lock held. */
void epoll_release(struct sfile *f);

/* What an epoll set is ready for: EPOLLIN or nothing. */
u32 epoll_poll(struct sfile *f, int depth);

/* skiff_epoll_wait() that neither waits nor runs hosts, for whoever has just run them. Or -errno. */
int epoll_look(int epfd, struct epoll_event *events, int max);

#endif /* SOCKET_FILE_H */
