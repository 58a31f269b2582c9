/* SPDX-License-Identifier: BSD-2-Clause */
/* What poll() and select() have in common. */
#ifndef SOCKET_POLL_H
#define SOCKET_POLL_H

#include <poll.h>
#include <signal.h>

#include "socket/wait.h"

/* Descriptors that one call looks at without allocating. */
#define POLL_INLINE 32

/* Nanoseconds of a timeout, WAIT_FOREVER for NULL; -EINVAL when it is none. */
s64 poll_timeout(const struct timespec *t);

/* poll(), with the result as -errno. */
int poll_files(struct pollfd *fds, nfds_t nfds, s64 timeout_ns, const sigset_t *sigmask);

/* The hosts of all that an epoll set watches, sets within included. Return: 0 or -errno. */
int epoll_collect_hosts(struct sfile *f, struct host_set *hosts, int depth);

#endif /* SOCKET_POLL_H */
