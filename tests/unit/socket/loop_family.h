/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small address family for the tests: sockets of one host that send to each other by a port, at
 * once or after a while, and connections that are made the same way.
 */
#ifndef TESTS_LOOP_FAMILY_H
#define TESTS_LOOP_FAMILY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include <cmocka.h>

#include <skiff/net.h>
#include <skiff/net_namespace.h>
#include <skiff/slab.h>
#include <skiff/sock.h>
#include <skiff/socket.h>

#define AF_LOOP AF_X25
#define LOOP_PORTS 16
#define STATE_ESTABLISHED 1
#define STATE_LISTEN 10

/* @delay_ms: how long what is sent there is under way. */
struct sockaddr_loop {
	sa_family_t family;
	u16 port;
	u16 delay_ms;
};

struct loop_sock {
	struct sock sk;
	u16 port;
	struct sockaddr_loop peer;
	bool connected, connecting, arrived;
	struct loop_sock *waiting; /* connections that nobody has accepted */
	struct timer_list timer;
};

static struct loop_sock *loop_ports[LOOP_PORTS];
static int loop_releases;

static inline struct loop_sock *loop_sk(const struct socket *sock)
{
	return (struct loop_sock *)sock->sk;
}

static struct proto loop_proto = { .name = "loop", .obj_size = sizeof(struct loop_sock) };
static const struct proto_ops loop_ops;

static inline void loop_connect_timer(struct timer_list *t)
{
	struct loop_sock *ls = container_of(t, struct loop_sock, timer);

	ls->connecting = false;
	ls->connected = true;
	ls->arrived = true;
	ls->sk.sk_state_change(&ls->sk);
	sock_put(&ls->sk);
}

static inline struct loop_sock *loop_make(struct net *net, struct socket *sock)
{
	struct sock *sk = sk_alloc(net, AF_LOOP, GFP_KERNEL, &loop_proto, 0);

	if (!sk)
		return NULL;
	sock_init_data(sock, sk);
	timer_setup_net(&((struct loop_sock *)sk)->timer, net, loop_connect_timer, 0);
	return (struct loop_sock *)sk;
}

static inline int loop_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	if (sock->type != SOCK_DGRAM && sock->type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	if (protocol)
		return -EPROTONOSUPPORT;
	sock->ops = &loop_ops;
	return loop_make(net, sock) ? 0 : -ENOBUFS;
}

static inline int loop_release(struct socket *sock)
{
	struct loop_sock *ls = loop_sk(sock), *child;

	if (!ls)
		return 0;
	loop_releases++;
	if (ls->port && loop_ports[ls->port] == ls)
		loop_ports[ls->port] = NULL;
	while ((child = ls->waiting)) {
		ls->waiting = child->waiting;
		sock_put(&child->sk);
	}
	if (del_timer(&ls->timer))
		sock_put(&ls->sk);
	sock_orphan(&ls->sk);
	sock->sk = NULL;
	sock_put(&ls->sk);
	return 0;
}

static inline int loop_check(const struct sockaddr *addr, int len)
{
	const struct sockaddr_loop *a = (const struct sockaddr_loop *)(const void *)addr;

	if (len < (int)sizeof(*a) || a->port >= LOOP_PORTS)
		return -EINVAL;
	return a->family == AF_LOOP ? 0 : -EAFNOSUPPORT;
}

static inline int loop_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	const struct sockaddr_loop *a = (const struct sockaddr_loop *)(void *)addr;
	int err = loop_check(addr, len);

	if (err)
		return err;
	if (loop_sk(sock)->port)
		return -EINVAL;
	if (loop_ports[a->port])
		return -EADDRINUSE;
	loop_sk(sock)->port = a->port;
	loop_ports[a->port] = loop_sk(sock);
	return 0;
}

/* A connection that waits at the listener. */
static inline int loop_offer(struct loop_sock *to, struct loop_sock *from)
{
	struct loop_sock *child = loop_make(sock_net(&to->sk), NULL);

	if (!child)
		return -ENOBUFS;
	child->port = to->port;
	child->connected = true;
	child->peer = (struct sockaddr_loop){ AF_LOOP, from->port, 0 };
	child->waiting = to->waiting;
	to->waiting = child;
	to->sk.sk_data_ready(&to->sk);
	return 0;
}

static inline int loop_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	const struct sockaddr_loop *a = (const struct sockaddr_loop *)(void *)addr;
	struct loop_sock *ls = loop_sk(sock), *to;
	int err = loop_check(addr, len);

	if (err)
		return err;
	if (ls->connecting)
		return -EALREADY;
	/* The attempt that somebody still waits for has come about. */
	if (ls->arrived) {
		ls->arrived = false;
		return 0;
	}
	if (ls->connected && sock->type == SOCK_SEQPACKET)
		return -EISCONN;
	to = loop_ports[a->port];
	if (sock->type == SOCK_SEQPACKET && (!to || to->sk.sk_state != STATE_LISTEN))
		return -ECONNREFUSED;
	if (sock->type == SOCK_SEQPACKET && (err = loop_offer(to, ls)))
		return err;
	ls->peer = *a;
	if (!a->delay_ms) {
		ls->connected = true;
		return 0;
	}
	ls->connecting = true;
	sock_hold(&ls->sk);
	mod_timer_ns(&ls->timer, skiff_net_now(sock->net) + a->delay_ms * NSEC_PER_MSEC);
	return -EINPROGRESS;
}

static inline int loop_listen(struct socket *sock, int len)
{
	if (sock->type != SOCK_SEQPACKET)
		return -EOPNOTSUPP;
	sock->sk->sk_state = STATE_LISTEN;
	sock->sk->sk_max_ack_backlog = (u32)len;
	return 0;
}

static inline int loop_accept(struct socket *sock, struct socket *newsock, int flags, bool kern)
{
	struct loop_sock *ls = loop_sk(sock), *child = ls->waiting;

	if (sock->sk->sk_state != STATE_LISTEN)
		return -EINVAL;
	if (!child)
		return -EAGAIN;
	ls->waiting = child->waiting;
	child->waiting = NULL;
	sock_graft(&child->sk, newsock);
	newsock->state = SS_CONNECTED;
	return 0;
}

static inline int loop_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sockaddr_loop *a = (struct sockaddr_loop *)(void *)addr;
	const struct loop_sock *ls = loop_sk(sock);

	if (peer && !ls->connected)
		return -ENOTCONN;
	*a = peer ? ls->peer : (struct sockaddr_loop){ AF_LOOP, ls->port, 0 };
	return sizeof(*a);
}

static inline int loop_pair(struct socket *a, struct socket *b)
{
	static const u16 ports[] = { 14, 15 };
	struct socket *both[] = { a, b };

	if (loop_ports[ports[0]] || loop_ports[ports[1]])
		return -EADDRINUSE;
	for (int i = 0; i < 2; i++) {
		loop_sk(both[i])->port = ports[i];
		loop_ports[ports[i]] = loop_sk(both[i]);
		loop_sk(both[i])->peer = (struct sockaddr_loop){ AF_LOOP, ports[!i], 0 };
		loop_sk(both[i])->connected = true;
	}
	return 0;
}

static inline int loop_shutdown(struct socket *sock, int how)
{
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	sock->sk->sk_shutdown |= (u8)(how + 1);
	sock->sk->sk_state_change(sock->sk);
	return 0;
}

static inline u32 loop_poll(struct socket *sock)
{
	const struct loop_sock *ls = loop_sk(sock);
	u32 mask = datagram_poll(sock);

	if (ls->connecting)
		mask &= ~(u32)(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	return ls->waiting ? mask | EPOLLIN | EPOLLRDNORM : mask;
}

static inline int loop_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	const struct sk_buff *skb = skb_peek(&sock->sk->sk_receive_queue);

	if (cmd == SIOCOUTQ)
		*(int *)(uintptr_t)arg = sk_wmem_alloc_get(sock->sk);
	else if (cmd == SIOCINQ)
		*(int *)(uintptr_t)arg = skb ? (int)skb->len : 0;
	else
		return -ENOTTY;
	return 0;
}

static inline void loop_deliver(struct sk_buff *skb, u16 port)
{
	struct loop_sock *to = loop_ports[port];

	skb_orphan(skb);
	if (!to || sock_queue_rcv_skb(&to->sk, skb))
		kfree_skb(skb);
}

/* A packet under way, charged to its sender. */
struct loop_flight {
	struct timer_list timer;
	struct sk_buff *skb;
	u16 port;
};

static inline void loop_arrive(struct timer_list *t)
{
	struct loop_flight *flight = container_of(t, struct loop_flight, timer);

	loop_deliver(flight->skb, flight->port);
	kfree(flight);
}

static inline int loop_launch(struct net *net, struct sk_buff *skb, const struct sockaddr_loop *to)
{
	struct loop_flight *flight;

	if (!to->delay_ms) {
		loop_deliver(skb, to->port);
		return 0;
	}
	flight = (struct loop_flight *)kzalloc(sizeof(*flight), GFP_ATOMIC);
	if (!flight)
		return -ENOBUFS;
	flight->skb = skb;
	flight->port = to->port;
	timer_setup_net(&flight->timer, net, loop_arrive, 0);
	mod_timer_ns(&flight->timer, skiff_net_now(net) + to->delay_ms * NSEC_PER_MSEC);
	return 0;
}

static inline int loop_target(const struct loop_sock *ls, const struct skiff_msghdr *m,
			      struct sockaddr_loop *to)
{
	if (m->msg_name) {
		int err = loop_check((const struct sockaddr *)m->msg_name, m->msg_namelen);

		if (err)
			return err;
		memcpy(to, m->msg_name, sizeof(*to));
		return 0;
	}
	*to = ls->peer;
	return ls->connected ? 0 : -EDESTADDRREQ;
}

static inline int loop_sendmsg(struct socket *sock, struct skiff_msghdr *m, size_t len)
{
	struct loop_sock *ls = loop_sk(sock);
	struct sockaddr_loop to;
	struct sockcm_cookie sockc;
	struct sk_buff *skb;
	int err = net_enter(sock->net);

	if (err)
		return err;
	sockcm_init(&sockc, &ls->sk);
	err = len > 60000 ? -EMSGSIZE : loop_target(ls, m, &to);
	if (!err)
		err = sock_cmsg_send(&ls->sk, m, &sockc);
	skb = err ? NULL : sock_alloc_send_skb(&ls->sk, len, m->msg_flags & MSG_DONTWAIT, &err);
	net_unlock(sock->net);
	if (!skb)
		return err;
	if (!copy_from_iter_full(skb_put(skb, (unsigned int)len), len, &m->msg_iter)) {
		kfree_skb(skb);
		return -EFAULT;
	}
	memcpy(skb->cb, &ls->port, sizeof(ls->port));
	skb->mark = sockc.mark;
	net_lock(sock->net);
	err = loop_launch(sock->net, skb, &to);
	net_unlock(sock->net);
	if (err)
		kfree_skb(skb);
	return err ? err : (int)len;
}

static inline int loop_recvmsg(struct socket *sock, struct skiff_msghdr *m, size_t len, int flags)
{
	struct sock *sk = sock->sk;
	struct sk_buff *skb;
	int err = net_enter(sock->net), off, copied;

	if (err)
		return err;
	if (flags & MSG_ERRQUEUE) {
		err = sock_recv_errqueue(sk, m, (int)len, SOL_SOCKET, 99);
		net_unlock(sock->net);
		return err;
	}
	off = sk_peek_offset(sk, flags);
	skb = __skb_recv_datagram(sk, &sk->sk_receive_queue, (unsigned int)flags, &off, &err);
	net_unlock(sock->net);
	if (!skb)
		return err;
	copied = (int)min(len, (size_t)skb->len - (size_t)off);
	if (copied < (int)skb->len - off)
		m->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, off, m, copied);
	net_lock(sock->net);
	if (m->msg_name) {
		struct sockaddr_loop from = { AF_LOOP, 0, 0 };

		memcpy(&from.port, skb->cb, sizeof(from.port));
		memcpy(m->msg_name, &from, sizeof(from));
		m->msg_namelen = sizeof(from);
	}
	sock_recv_cmsgs(m, sk, skb);
	if (!err)
		err = flags & MSG_TRUNC ? (int)skb->len - off : copied;
	if (flags & MSG_PEEK)
		sk_peek_offset_fwd(sk, copied);
	else
		sk_peek_offset_bwd(sk, (int)skb->len);
	skb_free_datagram(sk, skb);
	net_unlock(sock->net);
	return err;
}

static inline struct sk_buff *loop_recv_skb(struct socket *sock, unsigned int flags, int *err)
{
	return skb_recv_datagram(sock->sk, flags, err);
}

static inline int loop_send_skb(struct socket *sock, struct skiff_msghdr *m, struct sk_buff *skb)
{
	struct loop_sock *ls = loop_sk(sock);
	struct sockaddr_loop to;
	int err = loop_target(ls, m, &to), len = (int)skb->len;

	if (!err && sk_wmem_alloc_get(&ls->sk) >= ls->sk.sk_sndbuf)
		return -EAGAIN;
	if (!err) {
		skb_set_owner_w(skb, &ls->sk);
		err = loop_launch(sock->net, skb, &to);
	}
	if (err)
		kfree_skb(skb);
	return err ? err : len;
}

static const struct proto_ops loop_ops = {
	.family = AF_LOOP,
	.release = loop_release,
	.bind = loop_bind,
	.connect = loop_connect,
	.socketpair = loop_pair,
	.accept = loop_accept,
	.getname = loop_getname,
	.poll = loop_poll,
	.ioctl = loop_ioctl,
	.listen = loop_listen,
	.shutdown = loop_shutdown,
	.sendmsg = loop_sendmsg,
	.recvmsg = loop_recvmsg,
	.set_peek_off = sk_set_peek_off,
	.recv_skb = loop_recv_skb,
	.send_skb = loop_send_skb,
};

static const struct net_proto_family loop_family = { AF_LOOP, loop_create };

/* A host of each kind, and nothing open. */
static struct net *host, *vhost;
static struct skiff_clock *vclock;

static inline int loop_setup(void **state)
{
	int err = sock_register(&loop_family);

	assert_true(err == 0 || err == -EEXIST);
	assert_int_equal(skiff_sock_init() == -EALREADY ? 0 : 0, 0);
	skiff_socket_init();
	vclock = skiff_clock_virtual(NSEC_PER_SEC, 1000 * (s64)NSEC_PER_SEC);
	host = skiff_net_create(NULL);
	vhost = skiff_net_create(&(struct skiff_net_params){ .clock = vclock });
	assert_non_null(vclock);
	assert_non_null(host);
	assert_non_null(vhost);
	loop_releases = 0;
	return 0;
}

static inline int loop_teardown(void **state)
{
	int left;

	for (int fd = 0; fd < 100; fd++)
		skiff_close(fd);
	left = skiff_net_destroy(host) + skiff_net_destroy(vhost);
	skiff_clock_put(vclock);
	assert_int_equal(left, 0);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

static inline struct sockaddr_loop at(u16 port)
{
	return (struct sockaddr_loop){ AF_LOOP, port, 0 };
}

#define ADDR(a) ((struct sockaddr *)(void *)&(a)), sizeof(a)

/* A datagram socket, bound to @port unless that is 0. */
static inline int open_port(struct net *net, int flags, u16 port)
{
	struct sockaddr_loop a = at(port);
	int fd = skiff_socket(net, AF_LOOP, SOCK_DGRAM | flags, 0);

	assert_true(fd >= 0);
	if (port)
		assert_int_equal(skiff_bind(fd, ADDR(a)), 0);
	return fd;
}

static inline void send_to(int fd, u16 port, const char *text, u16 delay_ms)
{
	struct sockaddr_loop a = { AF_LOOP, port, delay_ms };

	assert_int_equal(skiff_sendto(fd, text, strlen(text), 0, ADDR(a)), strlen(text));
}

#define fails(call, error)                        \
	do {                                      \
		errno = 0;                        \
		assert_int_equal((call), -1);     \
		assert_int_equal(errno, (error)); \
	} while (0)

#endif /* TESTS_LOOP_FAMILY_H */
