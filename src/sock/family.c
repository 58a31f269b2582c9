// SPDX-License-Identifier: BSD-2-Clause
/* Address families: which there are, and what those that lack an operation answer. */
#include <skiff/net.h>
#include <skiff/net_namespace.h>

static const struct net_proto_family *net_families[NPROTO];

int sock_register(const struct net_proto_family *fam)
{
	if (fam->family < 0 || fam->family >= NPROTO)
		return -ENOBUFS;
	if (net_families[fam->family])
		return -EEXIST;
	net_families[fam->family] = fam;
	return 0;
}

void sock_unregister(int family)
{
	if (family >= 0 && family < NPROTO)
		net_families[family] = NULL;
}

int sock_create_net(struct net *net, int family, int type, int protocol, int kern,
		    struct socket *sock)
{
	int err;

	ASSERT_NET_LOCKED(net);
	if (family < 0 || family >= NPROTO)
		return -EAFNOSUPPORT;
	if (type < 0 || type > SOCK_PACKET)
		return -EINVAL;
	/* The oldest way to frames, from before there was a family for them. */
	if (family == AF_INET && type == SOCK_PACKET)
		family = AF_PACKET;
	if (!net_families[family])
		return -EAFNOSUPPORT;
	memset(sock, 0, sizeof(*sock));
	sock->state = SS_UNCONNECTED;
	sock->type = (short)type;
	sock->net = net;
	err = net_families[family]->create(net, sock, protocol, kern);
	if (err)
		sock->state = SS_FREE;
	return err;
}

int sock_no_bind(struct socket *sock, struct sockaddr *saddr, int len)
{
	return -EOPNOTSUPP;
}

int sock_no_connect(struct socket *sock, struct sockaddr *saddr, int len, int flags)
{
	return -EOPNOTSUPP;
}

int sock_no_socketpair(struct socket *sock1, struct socket *sock2)
{
	return -EOPNOTSUPP;
}

int sock_no_accept(struct socket *sock, struct socket *newsock, int flags, bool kern)
{
	return -EOPNOTSUPP;
}

int sock_no_getname(struct socket *sock, struct sockaddr *saddr, int peer)
{
	return -EOPNOTSUPP;
}

int sock_no_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	return -EOPNOTSUPP;
}

int sock_no_listen(struct socket *sock, int backlog)
{
	return -EOPNOTSUPP;
}

int sock_no_shutdown(struct socket *sock, int flags)
{
	return -EOPNOTSUPP;
}

int sock_no_sendmsg(struct socket *sock, struct skiff_msghdr *m, size_t len)
{
	return -EOPNOTSUPP;
}

int sock_no_recvmsg(struct socket *sock, struct skiff_msghdr *m, size_t len, int flags)
{
	return -EOPNOTSUPP;
}
