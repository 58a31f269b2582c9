// SPDX-License-Identifier: BSD-2-Clause
/* Stream sockets: creating the device around a connection or a path, with errors that help. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "drivers/stream.h"

/* Those who wait while somebody else is connected. */
#define STREAM_BACKLOG 8

#define STREAM_MAX_MTU 65521

/* Bytes under way in a connection: some of the longest frames. */
#define STREAM_SNDBUF (1 << 20)

/**
 * struct stream_config - options
 * @fd: a descriptor of the caller's, plus 1
 * @path: of a socket, from /
 * @server: wait for clients there
 * @vnet_hdr: frames have a virtio header
 * @reconnect: seconds between two tries of a client, plus 1
 */
struct stream_config {
	int fd;
	char path[sizeof(((struct stream *)NULL)->path)];
	bool server;
	bool vnet_hdr;
	int reconnect;
};

static bool parse_number(const char *text, long max, int *number)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n > max)
		return false;
	*number = (int)n;
	return true;
}

static int fd_value(struct stream_config *c, const char *value, char *err, size_t err_size)
{
	if (!parse_number(value, INT32_MAX - 1, &c->fd))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "fd=%s: the number of an open descriptor is accepted",
					  value);
	c->fd++;
	return 0;
}

/* The process may change its directory, and comes back to the path later. */
static int path_value(struct stream_config *c, const char *value, char *err, size_t err_size)
{
	char dir[sizeof(c->path)] = "";
	int len = -1;

	if (*value == '/')
		len = snprintf(c->path, sizeof(c->path), "%s", value);
	else if (*value && getcwd(dir, sizeof(dir)))
		len = snprintf(c->path, sizeof(c->path), "%s/%s", dir, value);
	if (len > 0 && (size_t)len < sizeof(c->path))
		return 0;
	return skiff_driver_error(err, err_size, -EINVAL,
				  "socket=%s: a path of up to %zu characters from / is accepted",
				  value, sizeof(c->path) - 1);
}

static int switch_value(const char *key, const char *value, bool *on, char *err, size_t err_size)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return skiff_driver_error(err, err_size, -EINVAL, "%s=%s: on or off is accepted",
					  key, value);
	*on = !strcmp(value, "on");
	return 0;
}

static int fd_option(void *config, const char *key, const char *value, char *err, size_t err_size)
{
	struct stream_config *c = (struct stream_config *)config;

	if (!strcmp(key, "fd"))
		return fd_value(c, value, err, err_size);
	if (!strcmp(key, "vnet_hdr"))
		return switch_value(key, value, &c->vnet_hdr, err, err_size);
	return -ENOENT;
}

static int cable_option(void *config, const char *key, const char *value, char *err,
			size_t err_size)
{
	if (strcmp(key, "fd") != 0)
		return -ENOENT;
	return fd_value((struct stream_config *)config, value, err, err_size);
}

static int socket_option(void *config, const char *key, const char *value, char *err,
			 size_t err_size)
{
	struct stream_config *c = (struct stream_config *)config;

	if (!strcmp(key, "socket"))
		return path_value(c, value, err, err_size);
	if (!strcmp(key, "server"))
		return switch_value(key, value, &c->server, err, err_size);
	if (!strcmp(key, "vnet_hdr"))
		return switch_value(key, value, &c->vnet_hdr, err, err_size);
	if (strcmp(key, "reconnect") != 0)
		return -ENOENT;
	if (!parse_number(value, STREAM_RECONNECT_MAX, &c->reconnect))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "reconnect=%s: 0 to %d seconds are accepted", value,
					  STREAM_RECONNECT_MAX);
	c->reconnect++;
	return 0;
}

/* Sockets. */

static const char *why_no_connection(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);
	struct sockaddr_storage peer;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return errno == EBADF ? "not open" : "not a socket";
	if (type != SOCK_STREAM)
		return "not a stream socket";
	len = sizeof(peer);
	return getpeername(fd, (struct sockaddr *)&peer, &len) ? "not connected" : NULL;
}

/* Return: another descriptor of the caller's connection, or a negative errno. */
static int take_fd(const struct stream_config *c, char *err, size_t err_size)
{
	const char *why;
	int fd;

	if (!c->fd)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "fd= is missing: a descriptor of a connected stream "
					  "socket is accepted");
	why = why_no_connection(c->fd - 1);
	if (why)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "fd=%d: %s; a descriptor of a connected stream socket is "
					  "accepted",
					  c->fd - 1, why);
	fd = fcntl(c->fd - 1, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? skiff_driver_error(err, err_size, -errno, "fd=%d: %s", c->fd - 1,
					   strerror(errno)) :
			fd;
}

void stream_tune(int fd)
{
	int size = STREAM_SNDBUF;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void set_address(struct sockaddr_un *sun, const char *path)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, path, strlen(path) + 1);
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int stream_connect(const char *path)
{
	struct sockaddr_un sun;
	int fd = open_socket(), err;

	if (fd < 0)
		return fd;
	set_address(&sun, path);
	if (!connect(fd, (const struct sockaddr *)&sun, sizeof(sun)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int explain_connect(int code, const char *path, char *err, size_t err_size)
{
	switch (code) {
	case -ENOENT:
	case -ECONNREFUSED:
		return skiff_driver_error(err, err_size, -EINVAL,
					  "socket=%s: nobody listens there; with `server' the "
					  "device does",
					  path);
	case -EPROTOTYPE:
		return skiff_driver_error(err, err_size, -EINVAL,
					  "socket=%s: not a stream socket, which is accepted",
					  path);
	case -EAGAIN:
		return skiff_driver_error(err, err_size, -EBUSY,
					  "socket=%s: too many others wait there", path);
	case -EACCES:
		return skiff_driver_error(err, err_size, code, "socket=%s: %s", path,
					  strerror(EACCES));
	default:
		return skiff_driver_error(err, err_size, -EINVAL, "socket=%s: %s", path,
					  strerror(-code));
	}
}

/* Remove what a server that is gone has left. Return: 0 or a negative errno, after a message. */
static int clear_path(const char *path, char *err, size_t err_size)
{
	struct stat st;
	int fd;

	if (lstat(path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return skiff_driver_error(err, err_size, -EEXIST,
					  "socket=%s: taken by something that is not a socket",
					  path);
	fd = stream_connect(path);
	if (fd >= 0)
		close(fd);
	if (fd != -ECONNREFUSED)
		return skiff_driver_error(err, err_size, -EBUSY,
					  "socket=%s: taken: somebody listens there", path);
	unlink(path);
	return 0;
}

static int explain_listen(int code, const char *path, char *err, size_t err_size)
{
	return skiff_driver_error(err, err_size, code == -EACCES ? code : -EINVAL,
				  "socket=%s: %s; a path where a socket can be made is accepted",
				  path, strerror(-code));
}

/* Return: a listening socket, to which this user only may connect, or a negative errno after a message. */
static int listen_at(const char *path, struct stat *file, char *err, size_t err_size)
{
	int ret = clear_path(path, err, err_size), fd;
	struct sockaddr_un sun;

	if (ret)
		return ret;
	fd = open_socket();
	if (fd < 0)
		return explain_listen(fd, path, err, err_size);
	set_address(&sun, path);
	/* The file takes the socket's mode, so it is never open to others. */
	if (fchmod(fd, 0600) || bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) ||
	    stat(path, file) || listen(fd, STREAM_BACKLOG)) {
		ret = explain_listen(-errno, path, err, err_size);
		close(fd);
		return ret;
	}
	return fd;
}

/* Devices. */

static void stream_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &stream_netdev_ops;
	dev->ethtool_ops = &stream_ethtool_ops;
	dev->max_mtu = STREAM_MAX_MTU;
	dev->features = NETIF_F_SG | NETIF_F_HIGHDMA;
	dev->hw_features = dev->features;
}

/* The other end is told what is left to do for a frame. */
static void set_vnet_hdr(struct net_device *dev)
{
	stream_of(dev)->vnet_hdr = true;
	dev->features |= NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_TSO | NETIF_F_TSO_ECN |
			 NETIF_F_GSO_UDP_L4;
	dev->hw_features = dev->features;
}

static const struct fdev_ops stream_ops = {
	.other_end = "the other end of the connection",
	.read = stream_read,
	.write = stream_write,
	.drain = stream_drain,
	.error = stream_error,
	.free = stream_free,
};

static const struct fdev_ops cable_ops = {
	.read = stream_read,
	.write = stream_write,
	.drain = stream_drain,
	.error = stream_error,
	.free = stream_free,
};

static int prepare(struct stream *s)
{
	stream_prepare(s);
	if (s->connected)
		stream_tune(s->f.fd);
	s->f.rx_batch = FDEV_RX_BATCH;
	s->f.tx_batch = FDEV_TX_BATCH;
	for (size_t i = 0; i < STREAM_BLOCKS; i++) {
		s->block[i] = alloc_pages(GFP_KERNEL, STREAM_BLOCK_ORDER);
		if (!s->block[i])
			return -ENOMEM;
	}
	return 0;
}

static int no_memory(char *err, size_t err_size)
{
	return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
}

/* A device with the descriptor @fd, which belongs to it whatever comes of this. NULL without memory. */
static struct net_device *make_device(struct net *net, const char *name, int fd,
				      enum stream_kind kind, bool vnet_hdr)
{
	struct net_device *dev =
		alloc_netdev(sizeof(struct stream), name, NET_NAME_USER, stream_setup);
	struct stream *s;

	if (!dev) {
		close(fd);
		return NULL;
	}
	fdev_prepare(dev, net, fd, kind == STREAM_CABLE ? &cable_ops : &stream_ops);
	s = stream_of(dev);
	s->kind = kind;
	s->nobody = s->listener = -1;
	s->connected = kind == STREAM_FD || kind == STREAM_CABLE;
	if (kind == STREAM_CABLE)
		dev->ethtool_ops = &veth_ethtool_ops;
	if (vnet_hdr)
		set_vnet_hdr(dev);
	if (!prepare(s))
		return dev;
	free_netdev(dev);
	return NULL;
}

static int create_by_fd(struct net *net, const char *name, const struct stream_config *c,
			enum stream_kind kind, struct net_device **dev, char *err, size_t err_size)
{
	int fd = take_fd(c, err, err_size);

	if (fd < 0)
		return fd;
	*dev = make_device(net, name, fd, kind, kind == STREAM_CABLE || c->vnet_hdr);
	return *dev ? 0 : no_memory(err, err_size);
}

static int fd_create(struct net *net, const char *name, const void *config, struct net_device **dev,
		     char *err, size_t err_size)
{
	return create_by_fd(net, name, (const struct stream_config *)config, STREAM_FD, dev, err,
			    err_size);
}

static int cable_create(struct net *net, const char *name, const void *config,
			struct net_device **dev, char *err, size_t err_size)
{
	return create_by_fd(net, name, (const struct stream_config *)config, STREAM_CABLE, dev, err,
			    err_size);
}

/* Give a device without a connection what its path offers. Return: 0 or a negative errno, after a message. */
static int begin_at_path(struct stream *s, const struct stream_config *c, char *err,
			 size_t err_size)
{
	int fd, ret;

	memcpy(s->path, c->path, sizeof(s->path));
	s->reconnect = (c->reconnect ? c->reconnect - 1 : STREAM_RECONNECT) * NSEC_PER_SEC;
	s->nobody = fcntl(s->f.fd, F_DUPFD_CLOEXEC, 3);
	if (s->nobody < 0)
		return skiff_driver_error(err, err_size, -errno, "socket=%s: %s", c->path,
					  strerror(errno));
	if (s->kind == STREAM_SERVER) {
		netif_carrier_off(s->f.dev);
		s->listener = listen_at(s->path, &s->file, err, err_size);
		return min(s->listener, 0);
	}
	fd = stream_connect(s->path);
	if (fd < 0)
		return explain_connect(fd, s->path, err, err_size);
	stream_tune(fd);
	ret = fdev_set_fd(&s->f, fd);
	s->connected = !ret;
	close(fd);
	return ret ? skiff_driver_error(err, err_size, ret, "socket=%s: %s", c->path,
					strerror(-ret)) :
		     0;
}

/* Server, or client that comes again. */
static int create_by_path(struct net *net, const char *name, const struct stream_config *c,
			  struct net_device **dev, char *err, size_t err_size)
{
	int nobody = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), ret;

	if (nobody < 0)
		return skiff_driver_error(err, err_size, -errno, "socket=%s: %s", c->path,
					  strerror(errno));
	*dev = make_device(net, name, nobody, c->server ? STREAM_SERVER : STREAM_CLIENT,
			   c->vnet_hdr);
	if (!*dev)
		return no_memory(err, err_size);
	ret = begin_at_path(stream_of(*dev), c, err, err_size);
	if (!ret)
		return 0;
	free_netdev(*dev);
	*dev = NULL;
	return ret;
}

static int socket_create(struct net *net, const char *name, const void *config,
			 struct net_device **dev, char *err, size_t err_size)
{
	const struct stream_config *c = (const struct stream_config *)config;
	bool once = c->reconnect == 1;
	int fd;

	if (!c->path[0])
		return skiff_driver_error(err, err_size, -EINVAL,
					  "socket= is missing: the path of a socket is accepted");
	if (c->server && c->reconnect)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "reconnect= is for clients, and this is a server");
	if (!once)
		return create_by_path(net, name, c, dev, err, err_size);
	fd = stream_connect(c->path);
	if (fd < 0)
		return explain_connect(fd, c->path, err, err_size);
	*dev = make_device(net, name, fd, STREAM_FD, c->vnet_hdr);
	return *dev ? 0 : no_memory(err, err_size);
}

struct skiff_driver fd_driver = {
	.kind = "fd",
	.options = "fd=DESCRIPTOR, vnet_hdr=on|off",
	.config_size = sizeof(struct stream_config),
	.option = fd_option,
	.create = fd_create,
};

struct skiff_driver socket_driver = {
	.kind = "socket",
	.options = "socket=PATH, server=on|off, reconnect=SECONDS, vnet_hdr=on|off",
	.config_size = sizeof(struct stream_config),
	.option = socket_option,
	.create = socket_create,
};

struct skiff_driver cable_driver = {
	.kind = "veth",
	.options = "fd=DESCRIPTOR",
	.config_size = sizeof(struct stream_config),
	.option = cable_option,
	.create = cable_create,
};
