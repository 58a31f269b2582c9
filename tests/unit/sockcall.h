/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of a host as the tests use them: the family's operations, without descriptors. */
#ifndef TESTS_SOCKCALL_H
#define TESTS_SOCKCALL_H

#include <skiff/net.h>
#include <skiff/sock.h>

#include "wire_host.h"

/* What a receiving call gave besides its result. */
struct got {
	struct sockaddr_storage name;
	int namelen;
	u8 data[70000];
	u8 control[512] __aligned(8);
	size_t controllen;
	unsigned int flags;
};

static inline int sc_create(struct net *net, int family, int type, int protocol,
			    struct socket *sock)
{
	int err;

	net_lock(net);
	err = sock_create_net(net, family, type, protocol, 0, sock);
	net_unlock(net);
	return err;
}

static inline void sc_close(struct socket *sock)
{
	struct net *net = sock->net;

	net_lock(net);
	sock->ops->release(sock);
	net_unlock(net);
}

static inline struct sockaddr_in sc_name(__be32 addr, u16 port)
{
	struct sockaddr_in n = { .sin_family = AF_INET, .sin_port = htons(port) };

	n.sin_addr.s_addr = addr;
	return n;
}

static inline struct sockaddr_in6 sc_name6(__be32 mapped, u16 port)
{
	struct sockaddr_in6 n = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	n.sin6_addr.s6_addr[10] = n.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&n.sin6_addr.s6_addr[12], &mapped, sizeof(mapped));
	return n;
}

static inline int sc_bind_any(struct socket *sock, const void *name, int len)
{
	int err;

	net_lock(sock->net);
	err = sock->ops->bind(sock, (struct sockaddr *)(uintptr_t)name, len);
	net_unlock(sock->net);
	return err;
}

static inline int sc_bind(struct socket *sock, __be32 addr, u16 port)
{
	struct sockaddr_in n = sc_name(addr, port);

	return sc_bind_any(sock, &n, sizeof(n));
}

static inline int sc_connect_any(struct socket *sock, const void *name, int len)
{
	int err;

	net_lock(sock->net);
	err = sock->ops->connect(sock, (struct sockaddr *)(uintptr_t)name, len, 0);
	net_unlock(sock->net);
	return err;
}

static inline int sc_connect(struct socket *sock, __be32 addr, u16 port)
{
	struct sockaddr_in n = sc_name(addr, port);

	return sc_connect_any(sock, &n, sizeof(n));
}

static inline int sc_disconnect(struct socket *sock)
{
	struct sockaddr n = { .sa_family = AF_UNSPEC };

	return sc_connect_any(sock, &n, sizeof(n));
}

static inline int sc_getname(struct socket *sock, void *name, int peer)
{
	int len;

	net_lock(sock->net);
	len = sock->ops->getname(sock, (struct sockaddr *)name, peer);
	net_unlock(sock->net);
	return len;
}

static inline u16 sc_port(struct socket *sock)
{
	struct sockaddr_in n;

	BUG_ON(sc_getname(sock, &n, 0) < 0);
	return ntohs(n.sin_port);
}

static inline int sc_set(struct socket *sock, int level, int name, const void *val,
			 unsigned int len)
{
	int err;

	net_lock(sock->net);
	err = sock->ops->setsockopt(sock, level, name, val, len);
	net_unlock(sock->net);
	return err;
}

static inline int sc_set_int(struct socket *sock, int level, int name, int val)
{
	return sc_set(sock, level, name, &val, sizeof(val));
}

static inline int sc_get(struct socket *sock, int level, int name, void *val, int *len)
{
	int err;

	net_lock(sock->net);
	err = sock->ops->getsockopt(sock, level, name, val, len);
	net_unlock(sock->net);
	return err;
}

/* The value, or a negative errno. */
static inline int sc_get_int(struct socket *sock, int level, int name)
{
	int val = 0, len = sizeof(val), err = sc_get(sock, level, name, &val, &len);

	return err ? err : val;
}

static inline int sc_shutdown(struct socket *sock, int how)
{
	int err;

	net_lock(sock->net);
	err = sock->ops->shutdown(sock, how);
	net_unlock(sock->net);
	return err;
}

static inline u32 sc_poll(struct socket *sock)
{
	u32 mask;

	net_lock(sock->net);
	mask = sock->ops->poll(sock);
	net_unlock(sock->net);
	return mask;
}

static inline int sc_ioctl(struct socket *sock, unsigned int cmd, void *arg)
{
	int err;

	net_lock(sock->net);
	err = sock->ops->ioctl(sock, cmd, (unsigned long)arg);
	net_unlock(sock->net);
	return err;
}

static inline int sc_sendmsg(struct socket *sock, const void *data, size_t len, const void *name,
			     int namelen, const void *control, size_t controllen, int flags)
{
	struct skiff_msghdr m = { .msg_name = (void *)(uintptr_t)name,
				  .msg_namelen = namelen,
				  .msg_control = (void *)(uintptr_t)control,
				  .msg_controllen = controllen,
				  .msg_flags = (unsigned int)flags };

	iov_iter_ubuf(&m.msg_iter, ITER_SOURCE, (void *)(uintptr_t)data, len);
	return sock->ops->sendmsg(sock, &m, len);
}

static inline int sc_send(struct socket *sock, const void *data, size_t len, int flags)
{
	return sc_sendmsg(sock, data, len, NULL, 0, NULL, 0, flags);
}

static inline int sc_sendto(struct socket *sock, const void *data, size_t len, __be32 addr,
			    u16 port)
{
	struct sockaddr_in n = sc_name(addr, port);

	return sc_sendmsg(sock, data, len, &n, sizeof(n), NULL, 0, 0);
}

static inline int sc_recv(struct socket *sock, struct got *g, size_t len, int flags)
{
	struct skiff_msghdr m = { .msg_name = &g->name,
				  .msg_control = g->control,
				  .msg_controllen = sizeof(g->control) };
	int ret;

	memset(g->control, 0, sizeof(g->control));
	iov_iter_ubuf(&m.msg_iter, ITER_DEST, g->data, len);
	ret = sock->ops->recvmsg(sock, &m, len, flags);
	g->namelen = m.msg_namelen;
	g->controllen = sizeof(g->control) - m.msg_controllen;
	g->flags = m.msg_flags;
	return ret;
}

/* A control message among those received, or NULL. */
static inline const void *sc_cmsg(struct got *g, int level, int type)
{
	struct msghdr m = { .msg_control = g->control, .msg_controllen = g->controllen };
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
	return NULL;
}

/* Write one control message. Return: its length with padding. */
static inline size_t sc_put_cmsg(void *buf, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)buf;

	memset(buf, 0, CMSG_SPACE(len));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return CMSG_SPACE(len);
}

#endif /* TESTS_SOCKCALL_H */
