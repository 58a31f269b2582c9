// SPDX-License-Identifier: BSD-2-Clause
/* select(): poll() with sets of bits. */
#include <sys/time.h>

#include <skiff/ktime.h>
#include <skiff/slab.h>

#include "socket/file.h"
#include "socket/poll.h"

/* What makes a descriptor readable, writable or exceptional, as on Linux. */
#define SELECT_IN (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_EX POLLPRI

/* Sets may be longer than an fd_set, if the program made them so. */
#define BITS (8 * (int)sizeof(unsigned long))

static bool bit(const fd_set *set, int n)
{
	return set && ((const unsigned long *)(const void *)set)[n / BITS] >> (n % BITS) & 1;
}

static void clear_bits(fd_set *set, int nfds)
{
	if (set)
		memset(set, 0, (size_t)((nfds + BITS - 1) / BITS) * sizeof(unsigned long));
}

static int set_bit_if(fd_set *set, int n, bool yes)
{
	if (!set || !yes)
		return 0;
	((unsigned long *)(void *)set)[n / BITS] |= 1UL << (n % BITS);
	return 1;
}

struct select_sets {
	fd_set *in, *out, *ex;
	int nfds;
};

static short wanted(const struct select_sets *s, int n)
{
	return (short)((bit(s->in, n) ? SELECT_IN : 0) | (bit(s->out, n) ? SELECT_OUT : 0) |
		       (bit(s->ex, n) ? SELECT_EX : 0));
}

/* Fills @fds, or only counts when it is NULL. */
static int list_fds(const struct select_sets *s, struct pollfd *fds)
{
	int count = 0;

	for (int n = 0; n < s->nfds; n++) {
		short events = wanted(s, n);

		if (events && fds)
			fds[count] = (struct pollfd){ .fd = n, .events = events };
		count += events != 0;
	}
	return count;
}

static int report(const struct select_sets *s, const struct pollfd *fds, int count)
{
	int ready = 0;

	for (int i = 0; i < count; i++)
		if (fds[i].revents & POLLNVAL)
			return -EBADF;
	clear_bits(s->in, s->nfds);
	clear_bits(s->out, s->nfds);
	clear_bits(s->ex, s->nfds);
	for (int i = 0; i < count; i++) {
		const struct pollfd *p = &fds[i];
		/* An error was not asked for by whoever wants but one of the sets. */
		short got = (short)(p->revents & p->events);

		ready += set_bit_if(s->in, p->fd, (p->events & POLLIN) && (got & SELECT_IN));
		ready += set_bit_if(s->out, p->fd, (p->events & POLLOUT) && (got & SELECT_OUT));
		ready += set_bit_if(s->ex, p->fd, (p->events & POLLPRI) && (got & SELECT_EX));
	}
	return ready;
}

static int select_files(const struct select_sets *s, s64 timeout_ns, const sigset_t *sigmask)
{
	struct pollfd few[POLL_INLINE], *fds = few;
	int count, ret;

	if (s->nfds < 0 || timeout_ns < 0)
		return -EINVAL;
	count = list_fds(s, NULL);
	if (count > POLL_INLINE) {
		fds = (struct pollfd *)kmalloc_array((size_t)count, sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	list_fds(s, fds);
	ret = poll_files(fds, (nfds_t)count, timeout_ns, sigmask);
	if (ret >= 0)
		ret = report(s, fds, count);
	if (fds != few)
		kfree(fds);
	return ret;
}

int skiff_pselect(int nfds, fd_set *in, fd_set *out, fd_set *ex, const struct timespec *timeout,
		  const sigset_t *sigmask)
{
	/* No descriptor is beyond the limit, whatever the program says. */
	const struct select_sets s = { in, out, ex, min(nfds, skiff_fd_limit(-1)) };

	return skiff_result(select_files(&s, poll_timeout(timeout), sigmask));
}

int skiff_select(int nfds, fd_set *in, fd_set *out, fd_set *ex, struct timeval *timeout)
{
	struct timespec ts;

	if (!timeout)
		return skiff_pselect(nfds, in, out, ex, NULL, NULL);
	if (timeout->tv_sec < 0 || timeout->tv_usec < 0)
		return skiff_result(-EINVAL);
	/* Linux carries microseconds of more than a second over. */
	ts.tv_sec = timeout->tv_sec + timeout->tv_usec / USEC_PER_SEC;
	ts.tv_nsec = timeout->tv_usec % USEC_PER_SEC * NSEC_PER_USEC;
	return skiff_pselect(nfds, in, out, ex, &ts, NULL);
}
