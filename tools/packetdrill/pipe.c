// SPDX-License-Identifier: BSD-2-Clause
/* Pipes and files of the process, between which and a socket bytes are moved by copying them. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "adapter.h"

/* At most so much per call; the caller comes again for the rest. */
#define CHUNK_MAX (1u << 20)

static int pd_pipe(void *u, int fds[2])
{
	struct pd *pd = pd_enter(u);

	return (int)pd_leave(pd, pipe(fds));
}

static size_t room_in_pipe(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ), used = 0;

	if (size < 0 || ioctl(fd, FIONREAD, &used) < 0)
		return 0;
	return (size_t)max(size - used, 0);
}

static long socket_to_pipe(struct pd *pd, int in, int out, size_t len, unsigned int flags)
{
	int how = flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0, at_mark = 0;
	size_t room = room_in_pipe(out);
	void *buf;
	long n;

	len = min(len, room);
	if (!len) {
		errno = EAGAIN;
		return -1;
	}
	/* What is behind urgent data does not go this way, nor does it wait for the rest. */
	if (!skiff_ioctl(pd_fd(pd, in), SIOCATMARK, &at_mark) && at_mark)
		return 0;
	buf = malloc(len);
	if (!buf)
		pd_die("no memory for %zu bytes", len);
	n = pd_recv_bytes(pd, in, buf, len, how);
	if (n > 0 && write(out, buf, (size_t)n) != n)
		pd_die("a pipe took less than it had room for");
	free(buf);
	return n;
}

static long send_whole(struct pd *pd, int out, const char *buf, size_t len, int how)
{
	long n = pd_send_bytes(pd, out, buf, len, how);

	/* A pipe takes nothing back. */
	if (n >= 0 && (size_t)n < len)
		pd_die("a socket took %ld of %zu bytes out of a pipe", n, len);
	return n;
}

static long pipe_to_socket(struct pd *pd, int in, int out, size_t len, unsigned int flags)
{
	int how = flags & SPLICE_F_MORE ? MSG_MORE : 0, held = 0;
	char *buf;
	long n;

	if (ioctl(in, FIONREAD, &held) < 0)
		return -1;
	len = min(len, (size_t)held);
	if (!len) {
		errno = EAGAIN;
		return flags & SPLICE_F_NONBLOCK ? -1 : 0;
	}
	buf = (char *)malloc(len);
	if (!buf || read(in, buf, len) != (ssize_t)len)
		pd_die("a pipe gave less than it held");
	n = send_whole(pd, out, buf, len, how);
	free(buf);
	return n;
}

static int pd_splice(void *u, int in, loff_t *in_off, int out, loff_t *out_off, size_t len,
		     unsigned int flags)
{
	struct pd *pd = pd_enter(u);
	long ret;

	/* Sockets and pipes have no offsets; packetdrill has no NULL to say so. */
	if ((in_off && *in_off) || (out_off && *out_off)) {
		errno = ESPIPE;
		ret = -1;
	} else if (pd_is_ours(pd, in)) {
		ret = socket_to_pipe(pd, in, out, min(len, (size_t)CHUNK_MAX), flags);
	} else if (pd_is_ours(pd, out)) {
		ret = pipe_to_socket(pd, in, out, min(len, (size_t)CHUNK_MAX), flags);
	} else {
		ret = splice(in, NULL, out, NULL, len, flags);
	}
	return (int)pd_leave(pd, ret);
}

/**
 * struct filing - a part of a file on its way
 * @out: skiff's socket
 * @in: the file
 * @at: offset of the next byte
 * @len: bytes in all
 * @done: bytes so far
 */
struct filing {
	int out;
	int in;
	off_t at;
	size_t len;
	size_t done;
};

static long try_file(void *arg)
{
	struct filing *t = (struct filing *)arg;
	ssize_t n;

	do {
		n = skiff_sendfile(t->out, t->in, &t->at, t->len - t->done);
		if (n < 0)
			return t->done && errno != EAGAIN ? (long)t->done : -1;
		t->done += (size_t)n;
	} while (n && t->done < t->len);
	return (long)t->done;
}

ssize_t pd_sendfile(struct pd *pd, int out, int in, off_t *off, size_t len)
{
	struct filing t = { .out = pd_fd(pd, out),
			    .in = in,
			    .at = off ? *off : lseek(in, 0, SEEK_CUR),
			    .len = len };
	bool wait = pd_is_ours(pd, out) && !pd->files[out].nonblock;
	long n = pd_wait(pd, wait, KTIME_MAX, try_file, &t);

	if (n < 0 && errno == EAGAIN && t.done)
		n = (long)t.done;
	if (n > 0 && off)
		*off = t.at;
	else if (n > 0)
		lseek(in, t.at, SEEK_SET);
	return n;
}

void pd_pipes(struct packetdrill_interface *ifc)
{
	ifc->pipe = pd_pipe;
	ifc->splice = pd_splice;
}
