// SPDX-License-Identifier: BSD-2-Clause
/* dup() and fcntl(): descriptors that stand for the same, and their flags. */
#include <stdarg.h>

#include "socket/file.h"

static int duplicate(int fd, int least, bool cloexec)
{
	struct sfile *f = sfile_get(fd);
	int made;

	if (!f)
		return -EBADF;
	/* The reference becomes the new descriptor's. */
	made = fd_install(f, least, cloexec);
	if (made < 0)
		sfile_put(f);
	return made;
}

int skiff_dup(int fd)
{
	return skiff_result(duplicate(fd, 0, false));
}

static int put_in_place(int fd, int newfd, bool cloexec)
{
	struct sfile *f = sfile_get(fd), *before;
	int ret;

	if (!f)
		return -EBADF;
	ret = fd_replace(f, newfd, cloexec, &before);
	if (ret < 0)
		sfile_put(f);
	else if (before)
		sfile_put(before);
	return ret;
}

int skiff_dup3(int fd, int newfd, int flags)
{
	if ((flags & ~O_CLOEXEC) || fd == newfd)
		return skiff_result(-EINVAL);
	return skiff_result(put_in_place(fd, newfd, flags & O_CLOEXEC));
}

int skiff_dup2(int fd, int newfd)
{
	struct sfile *f;

	if (fd != newfd)
		return skiff_result(put_in_place(fd, newfd, false));
	f = sfile_get(fd);
	if (!f)
		return skiff_result(-EBADF);
	sfile_put(f);
	return newfd;
}

static int set_flags(struct sfile *f, unsigned int flags)
{
	if (flags & O_NONBLOCK)
		__atomic_fetch_or(&f->flags, (u16)O_NONBLOCK, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&f->flags, (u16)~O_NONBLOCK, __ATOMIC_RELAXED);
	return 0;
}

static int on_flags(int fd, int cmd, int arg)
{
	struct sfile *f = sfile_get(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = cmd == F_GETFL ? (int)(READ_ONCE(f->flags) | O_RDWR) :
			       set_flags(f, (unsigned int)arg);
	sfile_put(f);
	return ret;
}

static int on_cloexec(int fd, int set)
{
	int was = fd_cloexec(fd, set);

	return was < 0 || set < 0 ? was : 0;
}

int skiff_fcntl(int fd, int cmd, ...)
{
	va_list ap;
	int arg;

	va_start(ap, cmd);
	arg = va_arg(ap, int);
	va_end(ap);
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return skiff_result(duplicate(fd, arg, cmd == F_DUPFD_CLOEXEC));
	case F_GETFD:
		return skiff_result(on_cloexec(fd, -1));
	case F_SETFD:
		return skiff_result(on_cloexec(fd, arg & FD_CLOEXEC ? 1 : 0));
	case F_GETFL:
	case F_SETFL:
		return skiff_result(on_flags(fd, cmd, arg));
	default:
		return skiff_result(fd_cloexec(fd, -1) < 0 ? -EBADF : -EINVAL);
	}
}
