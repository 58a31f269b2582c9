// SPDX-License-Identifier: BSD-2-Clause
/* Many reads or writes of a descriptor in one system call, by io_uring. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include <skiff/slab.h>

#include "drivers/uring.h"

/*
 * Two rings of memory that are shared with the kernel: what is to be done goes into one, what was done
 * comes back by the other. With RWF_NOWAIT each request is done, in its turn, in the very system
 * call that hands it over, and one that can't be says -EAGAIN. (A non-blocking descriptor alone would
 * not do: the kernel would wait until it is ready.) Nothing is ever left behind: who calls gets all
 * results before it goes on, and its memory is its own.
 *
 * IORING_FEAT_EXT_ARG stands for Linux 5.11, from which on TUN obeys that in this way too.
 */
#define URING_FEATURES (IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG)

/**
 * struct uring - one ring
 * @fd: its descriptor
 * @ring: both rings' memory
 * @ring_size: its size
 * @sqes: the requests
 * @sqes_size: their size
 * @sq_tail: of what is to be done; ours
 * @sq_mask: its size less one
 * @cq_head: of what was done; ours
 * @cq_tail: the kernel's
 * @cq_mask: its size less one
 * @cqes: the results
 */
struct uring {
	int fd;
	unsigned char *ring;
	size_t ring_size;
	struct io_uring_sqe *sqes;
	size_t sqes_size;
	unsigned int *sq_tail;
	unsigned int sq_mask;
	unsigned int *cq_head;
	unsigned int *cq_tail;
	unsigned int cq_mask;
	const struct io_uring_cqe *cqes;
};

static unsigned int *word(const struct uring *u, unsigned int offset)
{
	return (unsigned int *)(void *)(u->ring + offset);
}

static void *map(int fd, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	return p == MAP_FAILED ? NULL : p;
}

static bool map_rings(struct uring *u, const struct io_uring_params *p)
{
	unsigned int *array;
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(*array);
	size_t cq = p->cq_off.cqes + p->cq_entries * sizeof(*u->cqes);

	u->ring_size = sq > cq ? sq : cq;
	u->ring = (unsigned char *)map(u->fd, u->ring_size, IORING_OFF_SQ_RING);
	if (!u->ring)
		return false;
	u->sqes_size = p->sq_entries * sizeof(*u->sqes);
	u->sqes = (struct io_uring_sqe *)map(u->fd, u->sqes_size, IORING_OFF_SQES);
	if (!u->sqes)
		return false;
	u->sq_tail = word(u, p->sq_off.tail);
	u->sq_mask = *word(u, p->sq_off.ring_mask);
	u->cq_head = word(u, p->cq_off.head);
	u->cq_tail = word(u, p->cq_off.tail);
	u->cq_mask = *word(u, p->cq_off.ring_mask);
	u->cqes = (const struct io_uring_cqe *)(const void *)(u->ring + p->cq_off.cqes);
	/* A request stands where its turn is. */
	array = word(u, p->sq_off.array);
	for (unsigned int i = 0; i < p->sq_entries; i++)
		array[i] = i;
	return true;
}

struct uring *uring_open(unsigned int entries)
{
	struct io_uring_params params = { .flags = 0 };
	struct uring *u = (struct uring *)kzalloc(sizeof(*u), GFP_KERNEL);

	if (!u)
		return NULL;
	u->fd = (int)syscall(SYS_io_uring_setup, entries, &params);
	if (u->fd >= 0 && (params.features & URING_FEATURES) == URING_FEATURES &&
	    map_rings(u, &params))
		return u;
	uring_close(u);
	return NULL;
}

void uring_close(struct uring *u)
{
	if (!u)
		return;
	if (u->sqes)
		munmap(u->sqes, u->sqes_size);
	if (u->ring)
		munmap(u->ring, u->ring_size);
	if (u->fd >= 0)
		close(u->fd);
	kfree(u);
}

static void put_request(struct uring *u, unsigned int at, int op, int fd, const struct uring_io *io,
			int index)
{
	struct io_uring_sqe *sqe = &u->sqes[at & u->sq_mask];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = (__u8)op;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)io->iov;
	sqe->len = (__u32)io->iovlen;
	sqe->rw_flags = RWF_NOWAIT;
	sqe->user_data = (__u64)index;
}

/* Return: how many results there were. */
static int take_results(struct uring *u, struct uring_io *io)
{
	unsigned int head = *u->cq_head, tail = __atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE);
	int n = (int)(tail - head);

	for (; head != tail; head++)
		io[u->cqes[head & u->cq_mask].user_data].res = u->cqes[head & u->cq_mask].res;
	__atomic_store_n(u->cq_head, head, __ATOMIC_RELEASE);
	return n;
}

/* Hand over what is not yet, and wait for what is not done. Return: how many were handed over. */
static int enter(const struct uring *u, int submit, int wait)
{
	int ret;

	do {
		ret = (int)syscall(SYS_io_uring_enter, u->fd, submit, wait, IORING_ENTER_GETEVENTS,
				   NULL, 0);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

/* @linked: one that fails ends those behind it. */
static int run(struct uring *u, int op, int fd, struct uring_io *io, int n, bool linked)
{
	unsigned int tail = *u->sq_tail;
	int given = 0, done = 0, ret;

	for (int i = 0; i < n; i++) {
		io[i].res = -ECANCELED;
		put_request(u, tail + (unsigned int)i, op, fd, &io[i], i);
		if (linked && i + 1 < n)
			u->sqes[(tail + (unsigned int)i) & u->sq_mask].flags = IOSQE_IO_LINK;
	}
	__atomic_store_n(u->sq_tail, tail + (unsigned int)n, __ATOMIC_RELEASE);
	while (done < n) {
		ret = enter(u, n - given, given < n ? n - given : n - done);
		if (ret < 0 && given == done) {
			/* Nothing is on its way, and the rest is taken back. */
			__atomic_store_n(u->sq_tail, tail + (unsigned int)given, __ATOMIC_RELEASE);
			return done ? 0 : ret;
		}
		given += ret > 0 ? ret : 0;
		done += take_results(u, io);
	}
	/* Descriptors of this kind can't be asked not to wait. */
	return io[0].res == -EOPNOTSUPP ? -EOPNOTSUPP : 0;
}

int uring_readv(struct uring *u, int fd, struct uring_io *io, int n)
{
	return run(u, IORING_OP_READV, fd, io, n, false);
}

int uring_writev(struct uring *u, int fd, struct uring_io *io, int n)
{
	return run(u, IORING_OP_WRITEV, fd, io, n, false);
}

int uring_writev_linked(struct uring *u, int fd, struct uring_io *io, int n)
{
	return run(u, IORING_OP_WRITEV, fd, io, n, true);
}
