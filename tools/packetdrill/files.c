// SPDX-License-Identifier: BSD-2-Clause
/*
 * Descriptors. packetdrill wants real ones of the process, so each socket has an eventfd that
 * nobody uses. Other descriptors, files and pipes, are the process's own.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "adapter.h"

bool pd_is_ours(const struct pd *pd, int fd)
{
	return fd >= 0 && fd < PD_FILES && pd->files[fd].used;
}

int pd_fd(const struct pd *pd, int fd)
{
	return pd_is_ours(pd, fd) ? pd->files[fd].fd : -1;
}

int pd_install(struct pd *pd, int fd, bool nonblock)
{
	int real;

	if (fd < 0)
		return -1;
	real = eventfd(0, EFD_CLOEXEC);
	if (real >= PD_FILES) {
		close(real);
		real = -1;
		errno = EMFILE;
	}
	if (real < 0) {
		int err = errno;

		skiff_close(fd);
		errno = err;
		return -1;
	}
	pd->files[real] = (struct pd_file){ .fd = fd, .used = true, .nonblock = nonblock };
	return real;
}

int pd_close_file(struct pd *pd, int fd)
{
	int ours = pd_fd(pd, fd);

	if (!pd_is_ours(pd, fd))
		return close(fd);
	pd->files[fd].used = false;
	close(fd);
	return skiff_close(ours);
}

int pd_close(void *u, int fd)
{
	struct pd *pd = pd_enter(u);
	int ret = pd_close_file(pd, fd);

	pd_report_sockets(pd);
	return (int)pd_leave(pd, ret);
}

int pd_fcntl(void *u, int fd, int cmd, ...)
{
	struct pd *pd = pd_enter(u);
	va_list args;
	int arg, ret;

	va_start(args, cmd);
	arg = va_arg(args, int);
	va_end(args);
	if (!pd_is_ours(pd, fd)) {
		ret = fcntl(fd, cmd, arg);
	} else if (cmd == F_GETFL) {
		ret = O_RDWR | (pd->files[fd].nonblock ? O_NONBLOCK : 0);
	} else if (cmd == F_SETFL) {
		pd->files[fd].nonblock = (arg & O_NONBLOCK) != 0;
		ret = 0;
	} else {
		ret = skiff_fcntl(pd_fd(pd, fd), cmd, arg);
	}
	return (int)pd_leave(pd, ret);
}

int pd_ioctl(void *u, int fd, unsigned long request, ...)
{
	struct pd *pd = pd_enter(u);
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!pd_is_ours(pd, fd)) {
		ret = ioctl(fd, request, arg);
	} else if (request == FIONBIO) {
		pd->files[fd].nonblock = *(const int *)arg != 0;
		ret = 0;
	} else {
		ret = skiff_ioctl(pd_fd(pd, fd), request, arg);
	}
	return (int)pd_leave(pd, ret);
}
