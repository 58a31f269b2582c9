// SPDX-License-Identifier: BSD-2-Clause
/* ioctl(): what every socket has; the rest is the family's. */
#include <stdarg.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <skiff/netdev_ioctl.h>
#include <skiff/sock.h>

#include "socket/file.h"

/* What the family does not know may be about a device. */
static int device_ioctl(struct net *net, unsigned int cmd, void *arg)
{
	if (!arg)
		return _IOC_TYPE(cmd) == SOCK_IOC_TYPE ? -EFAULT : -ENOTTY;
	if (cmd == SIOCGIFCONF)
		return dev_ifconf(net, (struct ifconf *)arg);
	return dev_ioctl(net, cmd, (struct ifreq *)arg);
}

static int locked_ioctl(struct socket *sock, unsigned int cmd, void *arg)
{
	int err;

	/* The time of the packet that was received last; the old ones are two longs. */
	if (cmd == SIOCGSTAMP_OLD || cmd == SIOCGSTAMPNS_OLD)
		return sock_gettstamp(sock, arg, cmd == SIOCGSTAMP_OLD, BITS_PER_LONG == 32);
	if (cmd == SIOCGSTAMP_NEW || cmd == SIOCGSTAMPNS_NEW)
		return sock_gettstamp(sock, arg, cmd == SIOCGSTAMP_NEW, false);
	err = sock->ops->ioctl ? sock->ops->ioctl(sock, cmd, (unsigned long)(uintptr_t)arg) :
				 -ENOIOCTLCMD;
	return err == -ENOIOCTLCMD ? device_ioctl(sock->net, cmd, arg) : err;
}

static int set_nonblock(struct sfile *f, const void *arg)
{
	int on;

	if (!arg)
		return -EFAULT;
	memcpy(&on, arg, sizeof(on));
	if (on)
		__atomic_fetch_or(&f->flags, (u16)O_NONBLOCK, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&f->flags, (u16)~O_NONBLOCK, __ATOMIC_RELAXED);
	return 0;
}

static int file_ioctl(struct sfile *f, int fd, unsigned int cmd, void *arg)
{
	struct socket *sock = &f->sock;
	int err;

	switch (cmd) {
	case FIONBIO:
		return set_nonblock(f, arg);
	case FIOCLEX:
	case FIONCLEX:
		err = fd_cloexec(fd, cmd == FIOCLEX);
		return err < 0 ? err : 0;
	default:
		break;
	}
	if (f->kind != SFILE_SOCKET)
		return -ENOTTY;
	err = net_enter(sock->net);
	if (err)
		return err;
	err = locked_ioctl(sock, cmd, arg);
	net_unlock(sock->net);
	return err;
}

int skiff_ioctl(int fd, unsigned long request, ...)
{
	struct sfile *f = sfile_get(fd);
	void *arg;
	va_list ap;
	int err;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!f)
		return skiff_result(-EBADF);
	err = f->kind == SFILE_SOCKET && !f->sock.net ?
		      -ENETDOWN :
		      file_ioctl(f, fd, (unsigned int)request, arg);
	sfile_put(f);
	return skiff_result(err);
}
