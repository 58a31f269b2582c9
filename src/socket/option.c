// SPDX-License-Identifier: BSD-2-Clause
/* setsockopt() and getsockopt(): SOL_SOCKET here and below, all other levels in the family. */
#include <net/if.h>

#include <skiff/netdevice.h>
#include <skiff/sock.h>

#include "socket/file.h"

/* SO_BINDTODEVICE: the one option of SOL_SOCKET that has to know devices. */
static int bind_to_device(struct socket *sock, const void *optval, unsigned int optlen)
{
	char name[IFNAMSIZ] = "";
	int index = 0;

	if (optlen && !optval)
		return -EFAULT;
	if (optlen)
		memcpy(name, optval, min(optlen, (unsigned int)IFNAMSIZ - 1));
	if (name[0]) {
		const struct net_device *dev = __dev_get_by_name(sock->net, name);

		if (!dev)
			return -ENODEV;
		index = dev->ifindex;
	}
	return sock_setsockopt(sock, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index));
}

static int bound_device(const struct socket *sock, void *optval, int *optlen)
{
	int index = sock->sk->sk_bound_dev_if;
	const struct net_device *dev;
	int len;

	if (!index) {
		*optlen = 0;
		return 0;
	}
	if (*optlen < IFNAMSIZ)
		return -EINVAL;
	dev = __dev_get_by_index(sock->net, index);
	if (!dev)
		return -ENODEV;
	if (!optval)
		return -EFAULT;
	len = (int)strlen(dev->name) + 1;
	memcpy(optval, dev->name, (size_t)len);
	*optlen = len;
	return 0;
}

static int set_option(struct socket *sock, int level, int name, const void *val, unsigned int len)
{
	if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
		return bind_to_device(sock, val, len);
	if (level == SOL_SOCKET)
		return sock_setsockopt(sock, level, name, val, len);
	if (!sock->ops->setsockopt)
		return -EOPNOTSUPP;
	return sock->ops->setsockopt(sock, level, name, val, len);
}

static int get_option(struct socket *sock, int level, int name, void *val, int *len)
{
	if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
		return bound_device(sock, val, len);
	if (level == SOL_SOCKET)
		return sock_getsockopt(sock, level, name, val, len);
	if (!sock->ops->getsockopt)
		return -EOPNOTSUPP;
	return sock->ops->getsockopt(sock, level, name, val, len);
}

int skiff_setsockopt(int fd, int level, int name, const void *val, socklen_t len)
{
	struct sfile *f;
	int err;

	if ((int)len < 0)
		return skiff_result(-EINVAL);
	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	err = net_enter(f->sock.net);
	if (!err) {
		err = set_option(&f->sock, level, name, val, len);
		net_unlock(f->sock.net);
	}
	sfile_put(f);
	return skiff_result(err);
}

int skiff_getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	struct sfile *f;
	int err, room;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	err = len ? net_enter(f->sock.net) : -EFAULT;
	if (!err) {
		room = (int)*len;
		err = get_option(&f->sock, level, name, val, &room);
		net_unlock(f->sock.net);
		/* Some say how much room there should have been. */
		if (!err || room != (int)*len)
			*len = (socklen_t)room;
	}
	sfile_put(f);
	return skiff_result(err);
}
