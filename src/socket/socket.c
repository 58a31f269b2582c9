// SPDX-License-Identifier: BSD-2-Clause
/* Sockets made, named, connected, accepted, shut down, and ended with their last reference. */
#include <skiff/sock.h>

#include "socket/file.h"
#include "socket/wait.h"

static void socket_wake(struct socket *sock, u32 events)
{
	wait_queue_wake(&container_of(sock, struct sfile, sock)->wait, events);
}

/* While nobody waits, the callbacks stop at sock->wake. */
void sfile_wait_add(struct sfile *f, struct wait_entry *entry)
{
	wait_queue_add(&f->wait, entry);
	if (f->kind == SFILE_SOCKET)
		WRITE_ONCE(f->sock.wake, socket_wake);
}

void sfile_wait_del(struct sfile *f, struct wait_entry *entry)
{
	/* It stays set when another waiter comes between the two: it does no harm. */
	wait_queue_del(&f->wait, entry);
	if (f->kind != SFILE_SOCKET)
		return;
	spin_lock(&f->wait.lock);
	if (list_empty(&f->wait.entries))
		WRITE_ONCE(f->sock.wake, NULL);
	spin_unlock(&f->wait.lock);
}

static long try_linger(struct sfile *f, void *arg)
{
	struct socket *sock = &f->sock;
	int err;

	(void)arg;
	/* The host may end meanwhile. */
	if (!sock->net || net_enter(sock->net) != 0)
		return 0;
	err = sock->ops->linger(sock);
	net_unlock(sock->net);
	return err;
}

/* SO_LINGER: close() waits until what was sent has been acknowledged, and the end of it. */
static void linger(struct sfile *f)
{
	const struct sock *sk = f->sock.sk;

	if (!sk || !f->sock.ops->linger || !sock_flag(sk, SOCK_LINGER))
		return;
	if (try_linger(f, NULL) == -EAGAIN)
		wait_for_file(f, sk->sk_lingertime * NSEC_PER_SEC, try_linger, NULL);
}

void sfile_release_socket(struct sfile *f)
{
	struct socket *sock = &f->sock;

	if (sock->net)
		linger(f);
	if (!sock->net || net_enter(sock->net) != 0)
		return;
	sfile_leave_host(f);
	sock->ops->release(sock);
	net_unlock(sock->net);
}

void sfile_release(struct sfile *f)
{
	epoll_forget_file(f);
	if (f->kind == SFILE_EPOLL)
		epoll_release(f);
	else
		sfile_release_socket(f);
	sfile_free(f);
}

static u32 socket_poll(struct socket *sock)
{
	struct net *net = sock->net;
	u32 events;

	if (!net || net_enter(net) != 0)
		return EPOLLERR | EPOLLHUP;
	events = sock->ops->poll(sock);
	net_unlock(net);
	return events;
}

u32 sfile_poll(struct sfile *f, int depth)
{
	return f->kind == SFILE_SOCKET ? socket_poll(&f->sock) : epoll_poll(f, depth);
}

/* SOCK_NONBLOCK and SOCK_CLOEXEC of a call, which are O_NONBLOCK and O_CLOEXEC. */
#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

/* The socket of a host as a file without a descriptor; NULL with *@err. */
static struct sfile *make(struct net *net, int domain, int type, int protocol, int *err)
{
	struct sfile *f = sfile_new(SFILE_SOCKET);

	if (!f) {
		*err = -ENOMEM;
		return NULL;
	}
	f->flags = (u16)((unsigned int)type & O_NONBLOCK);
	*err = net_enter(net);
	if (!*err) {
		*err = sock_create_net(net, domain, type & ~TYPE_FLAGS, protocol, 0, &f->sock);
		if (!*err)
			sfile_join_host(f, net);
		net_unlock(net);
	}
	if (!*err)
		return f;
	__atomic_store_n(&f->refs.refs.counter, 0, __ATOMIC_RELAXED);
	sfile_free(f);
	return NULL;
}

/* The file's reference is the descriptor's, or it is dropped. */
static int install(struct sfile *f, int type)
{
	int fd = fd_install(f, 0, type & SOCK_CLOEXEC);

	if (fd < 0)
		sfile_put(f);
	return fd;
}

int skiff_socket(struct net *net, int domain, int type, int protocol)
{
	struct sfile *f;
	int err;

	f = make(net, domain, type, protocol, &err);
	return skiff_result(f ? install(f, type) : err);
}

static int pair_up(struct net *net, struct sfile *a, struct sfile *b)
{
	int err = net_enter(net);

	if (err)
		return err;
	err = a->sock.ops->socketpair(&a->sock, &b->sock);
	net_unlock(net);
	return err;
}

int skiff_socketpair(struct net *net, int domain, int type, int protocol, int sv[2])
{
	struct sfile *a, *b;
	int err;

	a = make(net, domain, type, protocol, &err);
	if (!a)
		return skiff_result(err);
	b = make(net, domain, type, protocol, &err);
	if (!b)
		goto put_a;
	err = pair_up(net, a, b);
	if (err)
		goto put_b;
	sv[0] = install(a, type);
	if (sv[0] < 0) {
		sfile_put(b);
		return skiff_result(sv[0]);
	}
	sv[1] = install(b, type);
	if (sv[1] < 0) {
		err = sv[1];
		skiff_close(sv[0]);
		return skiff_result(err);
	}
	return 0;
put_b:
	sfile_put(b);
put_a:
	sfile_put(a);
	return skiff_result(err);
}

int skiff_close(int fd)
{
	struct sfile *f = fd_remove(fd);

	if (!f)
		return skiff_result(-EBADF);
	sfile_put(f);
	return 0;
}

/* An address from the program: checked, and in memory that fits every family. */
static int copy_address(struct sockaddr_storage *to, const struct sockaddr *addr, socklen_t len)
{
	if (len > sizeof(*to))
		return -EINVAL;
	if (len && !addr)
		return -EFAULT;
	memset(to, 0, sizeof(*to));
	memcpy(to, addr, len);
	return 0;
}

int skiff_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage copy;
	struct sfile *f;
	int err;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	err = copy_address(&copy, addr, len);
	if (!err)
		err = net_enter(f->sock.net);
	if (!err) {
		err = f->sock.ops->bind(&f->sock, (struct sockaddr *)&copy, (int)len);
		net_unlock(f->sock.net);
	}
	sfile_put(f);
	return skiff_result(err);
}

int skiff_listen(int fd, int backlog)
{
	struct sfile *f;
	int err, most;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	err = net_enter(f->sock.net);
	if (!err) {
		most = sock_limits(f->sock.net)->somaxconn;
		/* Negative means as many as there can be, as on Linux. */
		if ((unsigned int)backlog > (unsigned int)most)
			backlog = most;
		err = f->sock.ops->listen(&f->sock, backlog);
		net_unlock(f->sock.net);
	}
	sfile_put(f);
	return skiff_result(err);
}

struct connect_call {
	struct sockaddr_storage addr;
	int len;
	bool begun;
};

/* The first attempt begins; the later ones of a blocking call only look how it ended. */
static long try_connect(struct sfile *f, void *arg)
{
	struct connect_call *c = (struct connect_call *)arg;
	struct socket *sock = &f->sock;
	int err = net_enter(sock->net);

	if (err)
		return err;
	err = sock->ops->connect(sock, (struct sockaddr *)&c->addr, c->len, O_NONBLOCK);
	net_unlock(sock->net);
	if (err == -EINPROGRESS || (err == -EALREADY && c->begun)) {
		c->begun = true;
		return -EAGAIN;
	}
	/* It came about while we waited. */
	return err == -EISCONN && c->begun ? 0 : err;
}

static long connect_file(struct sfile *f, struct connect_call *c)
{
	long ret = try_connect(f, c);

	if (ret != -EAGAIN || !c->begun)
		return ret;
	if (!sfile_nonblock(f))
		ret = wait_for_file(f, f->sock.sk->sk_sndtimeo, try_connect, c);
	return ret == -EAGAIN ? -EINPROGRESS : ret;
}

int skiff_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct connect_call c;
	struct sfile *f;
	int err;
	long ret;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	c.len = (int)len;
	c.begun = false;
	ret = copy_address(&c.addr, addr, len);
	if (!ret)
		ret = connect_file(f, &c);
	sfile_put(f);
	return skiff_result(ret);
}

/* Give an address to the program, cut to its room; *@room becomes the address's own length. */
static void give_address(struct sockaddr *to, socklen_t *room, const struct sockaddr_storage *addr,
			 int len)
{
	memcpy(to, addr, min((size_t)*room, (size_t)len));
	*room = (socklen_t)len;
}

static int check_room(const struct sockaddr *addr, const socklen_t *len)
{
	if (!len)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	return *len && !addr ? -EFAULT : 0;
}

static int get_name(int fd, struct sockaddr *addr, socklen_t *len, int peer)
{
	struct sockaddr_storage name;
	struct sfile *f;
	int ret;

	f = sfile_get_socket(fd, &ret);
	if (!f)
		return ret;
	ret = net_enter(f->sock.net);
	if (!ret) {
		ret = f->sock.ops->getname(&f->sock, (struct sockaddr *)&name, peer);
		net_unlock(f->sock.net);
	}
	sfile_put(f);
	if (ret < 0)
		return ret;
	/* Which of several mistakes is told first is Linux's order. */
	if (check_room(addr, len))
		return check_room(addr, len);
	give_address(addr, len, &name, ret);
	return 0;
}

int skiff_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return skiff_result(get_name(fd, addr, len, 0));
}

int skiff_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return skiff_result(get_name(fd, addr, len, 1));
}

int skiff_shutdown(int fd, int how)
{
	struct sfile *f;
	int err;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	err = net_enter(f->sock.net);
	if (!err) {
		err = f->sock.ops->shutdown(&f->sock, how);
		net_unlock(f->sock.net);
	}
	sfile_put(f);
	return skiff_result(err);
}

struct accept_call {
	struct sfile *made;
	struct sockaddr_storage addr;
	bool wants_addr;
	int len;
};

static void begin_like(struct socket *newsock, const struct socket *sock)
{
	newsock->state = SS_UNCONNECTED;
	newsock->type = sock->type;
	newsock->ops = sock->ops;
	newsock->net = sock->net;
}

static long try_accept(struct sfile *f, void *arg)
{
	struct accept_call *a = (struct accept_call *)arg;
	struct socket *newsock = &a->made->sock, *sock = &f->sock;
	int err = net_enter(sock->net);

	if (err)
		return err;
	begin_like(newsock, sock);
	err = sock->ops->accept(sock, newsock, O_NONBLOCK, false);
	if (!err) {
		sfile_join_host(a->made, sock->net);
		if (a->wants_addr)
			a->len = newsock->ops->getname(newsock, (struct sockaddr *)&a->addr, 2);
		/* It was reset before anybody could see it. */
		if (a->len < 0)
			err = -ECONNABORTED;
	} else {
		newsock->net = NULL;
	}
	net_unlock(sock->net);
	return err;
}

static int accept_file(struct sfile *f, struct accept_call *a, int flags)
{
	long ret;

	a->made = sfile_new(SFILE_SOCKET);
	if (!a->made)
		return -ENOMEM;
	a->made->flags = (u16)((unsigned int)flags & O_NONBLOCK);
	ret = try_accept(f, a);
	if (ret == -EAGAIN)
		ret = wait_for_file(f, sfile_nonblock(f) ? 0 : f->sock.sk->sk_rcvtimeo, try_accept,
				    a);
	if (!ret)
		return install(a->made, flags);
	sfile_put(a->made);
	return (int)ret;
}

int skiff_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	struct accept_call a;
	struct sfile *f;
	int ret = 0;

	if (flags & ~TYPE_FLAGS)
		return skiff_result(-EINVAL);
	f = sfile_get_socket(fd, &ret);
	if (!f)
		return skiff_result(ret);
	if (addr)
		ret = check_room(addr, len);
	/* Of the address, only what getname() says is there is looked at. */
	a.wants_addr = addr != NULL;
	a.len = 0;
	if (!ret)
		ret = accept_file(f, &a, flags);
	sfile_put(f);
	if (ret >= 0 && addr)
		give_address(addr, len, &a.addr, a.len);
	return skiff_result(ret);
}

int skiff_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return skiff_accept4(fd, addr, len, 0);
}
