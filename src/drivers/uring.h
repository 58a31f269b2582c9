/* SPDX-License-Identifier: BSD-2-Clause */
/* Many reads or writes of a descriptor in one system call (io_uring), where the kernel has that. */
#ifndef SKIFF_DRIVERS_URING_H
#define SKIFF_DRIVERS_URING_H

#include <stdbool.h>
#include <sys/uio.h>

struct uring;

/**
 * struct uring_io - one readv() or writev()
 * @iov: its parts, unchanged until it is done
 * @iovlen: how many
 * @res: what it returned: bytes, or a negative errno
 */
struct uring_io {
	const struct iovec *iov;
	int iovlen;
	int res;
};

/**
 * uring_open() - make a ring
 * @entries: how many calls it takes at once, 1 to 4096
 *
 * Return: the ring, which is the caller's; NULL where the kernel has none or refuses it, as sandboxes
 * do: then the calls have to be made one by one.
 */
struct uring *uring_open(unsigned int entries);

/* @u may be NULL. */
void uring_close(struct uring *u);

/**
 * uring_readv() - read a non-blocking descriptor several times
 * @u: the ring; one thread at a time
 * @fd: the descriptor
 * @io: what to do, in this order
 * @n: how often, at most the ring's size
 *
 * Each has its result on return: -EAGAIN when there was nothing to read, -ECANCELED when the kernel
 * took no more requests. Return: 0, or a negative errno when it took none.
 */
int uring_readv(struct uring *u, int fd, struct uring_io *io, int n);

/* The same for writing; -EAGAIN: it could not be written now, which need not end the others. */
int uring_writev(struct uring *u, int fd, struct uring_io *io, int n);

/* The same, but after one that could not be written the others are -ECANCELED. That takes some longer. */
int uring_writev_linked(struct uring *u, int fd, struct uring_io *io, int n);

#endif /* SKIFF_DRIVERS_URING_H */
