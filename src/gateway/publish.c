// SPDX-License-Identifier: BSD-2-Clause
/*
 * Published ports: who comes to a port of the system gets to the client, and the client sees who it is.
 *
 * All addresses but those of the cable are this host's own, so it can speak in the name of each. Only who
 * comes from the machine's loopback, or from an address that the cable's subnet has too, is seen as the
 * gateway. Two of them may have the same port, or one may come to two ports that lead to the same one of the
 * client's: then the client sees another port, so that each flow has its own key.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/inet_common.h>
#include <skiff/ip.h>
#include <skiff/route.h>
#include <skiff/slab.h>

#include "gateway/stream.h"
#include "gateway/udp.h"
#include "wire/addr.h"

/* Connections, or calls, that one port gets until others have their turn. */
#define ACCEPT_MAX 64
#define CALLS_MAX 8

#define BACKLOG 1024

/* Ports of a peer's that are tried in turn, until one is nobody else's to the client. */
#define PROBES_MAX 16

static struct gw_port *port_of(struct gw_watch *w)
{
	return container_of(w, struct gw_port, watch);
}

/* In whose name the gateway speaks to the client. */
static __be32 seen_as(const struct skiff_gateway *gw, __be32 peer)
{
	if (ipv4_is_loopback(peer) || inet_addr_type(gw->net, peer) != RTN_LOCAL)
		return gw->addr;
	return peer;
}

static void key_of(struct gw_key *key, const struct skiff_gateway *gw, const struct gw_port *p,
		   const struct sockaddr_in *peer)
{
	*key = (struct gw_key){
		.client = gw->client,
		.daddr = seen_as(gw, gw_name_addr(peer)),
		.cport = htons(p->port.to),
		.dport = (__force __be16)peer->sin_port,
		.proto = p->port.udp ? IPPROTO_UDP : IPPROTO_TCP,
	};
}

/* The client may have another flow with that peer, or with one that is seen as the same. */
static void next_port(struct gw_key *key)
{
	u16 port = ntohs(key->dport);

	key->dport = htons(port < 65535 ? port + 1 : 1024);
}

/* TCP */

/* Return: whether @key is one that no flow has, perhaps with another port. */
static bool free_key(const struct skiff_gateway *gw, struct gw_key *key)
{
	for (int i = 0; i < PROBES_MAX; i++, next_port(key))
		if (!gw_flow_find(gw, key))
			return true;
	return false;
}

/* Bind our end to @addr and, if possible, the peer's port; else to another one. Return: 0 or -errno. */
static int bind_as(struct socket *sock, __be32 addr, __be16 port)
{
	struct sockaddr_in name = gw_name(addr, port);

	/* The peer's system sees to it that its ports are not used twice. */
	sock->sk->sk_reuse = 1;
	if (!sock->ops->bind(sock, (struct sockaddr *)&name, sizeof(name)))
		return 0;
	name = gw_name(addr, 0);
	return sock->ops->bind(sock, (struct sockaddr *)&name, sizeof(name));
}

/* Return: 0 or -errno. */
static int call_client(struct skiff_gateway *gw, struct gw_stream *s)
{
	const struct gw_key *key = &s->flow.key;
	struct sockaddr_in to = gw_name(key->client, key->cport);
	int err = sock_create_net(gw->net, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1, &s->sock);

	if (err)
		return err;
	err = bind_as(&s->sock, key->daddr, key->dport);
	if (err)
		return err;
	err = s->sock.ops->connect(&s->sock, (struct sockaddr *)&to, sizeof(to), O_NONBLOCK);
	return err == -EINPROGRESS ? 0 : err;
}

/* There is no room for it: a reset, since an end would look like an answer without content. */
static void turn_away(int fd)
{
	static const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* Descriptor @fd is connected to @peer. */
static void accepted(struct skiff_gateway *gw, struct gw_port *p, int fd,
		     const struct sockaddr_in *peer)
{
	struct gw_stream *s;
	struct gw_key key;

	key_of(&key, gw, p, peer);
	if (!free_key(gw, &key)) {
		gw->stats.full++;
		turn_away(fd);
		return;
	}
	s = gw_stream_make(gw, &key, fd, GW_OPEN);
	if (!s) {
		turn_away(fd);
		return;
	}
	s->calling = true;
	s->writable = true;
	gw_stream_prepare(fd);
	if (call_client(gw, s) || gw_watch(gw, &s->flow.watch, GW_STREAM_EVENTS)) {
		gw_stream_cut(gw, s);
		return;
	}
	gw->stats.published++;
	gw_stream_open(gw, s);
}

/* Who waits stays ready, so being told of it again and again would take all of the processor's time. */
static void rest(struct skiff_gateway *gw, struct gw_port *p)
{
	struct epoll_event nothing = { .data.ptr = &p->watch };

	gw->stats.full++;
	if (epoll_ctl(gw->epfd, EPOLL_CTL_MOD, p->watch.fd, &nothing))
		return;
	gw->resting = true;
	gw_arm_sweep(gw);
}

void gw_publish_again(struct skiff_gateway *gw)
{
	struct gw_port *p;

	gw->resting = false;
	list_for_each_entry(p, &gw->ports, list) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &p->watch };

		epoll_ctl(gw->epfd, EPOLL_CTL_MOD, p->watch.fd, &event);
	}
}

static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

static void tcp_ready(struct skiff_gateway *gw, struct gw_watch *w, u32 events)
{
	(void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct sockaddr_in peer = {};
		socklen_t len = sizeof(peer);
		int fd = accept4(w->fd, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (is_shortage(errno))
				rest(gw, port_of(w));
			break;
		}
		accepted(gw, port_of(w), fd, &peer);
	}
}

/* UDP */

/**
 * struct arrival - where a datagram came from, and to
 * @peer: from
 * @control: to, as the system says it
 */
struct arrival {
	struct sockaddr_in peer;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static struct in_addr local_of(struct msghdr *m)
{
	struct in_pktinfo info = {};
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (c && c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO)
		memcpy(&info, CMSG_DATA(c), sizeof(info));
	return info.ipi_spec_dst;
}

static bool is_of_peer(struct gw_flow *f, const struct gw_port *p, const struct sockaddr_in *peer)
{
	const struct gw_udp *u = gw_udp_of(f);

	return u->port == p && gw_name_addr(&u->peer) == gw_name_addr(peer) &&
	       u->peer.sin_port == peer->sin_port;
}

/* The flow of @peer, or NULL. @key: becomes that of it, or the first one that is free for it; else port 0. */
static struct gw_flow *udp_find_peer(const struct skiff_gateway *gw, const struct gw_port *p,
				     const struct sockaddr_in *peer, struct gw_key *key)
{
	__be16 unused = 0;

	for (int i = 0; i < PROBES_MAX; i++, next_port(key)) {
		struct gw_flow *f = gw_flow_find(gw, key);

		if (f && is_of_peer(f, p, peer))
			return f;
		if (!f && !unused)
			unused = key->dport;
	}
	key->dport = unused;
	return NULL;
}

/* The flow of who came, perhaps a new one. NULL: there is no room for it. */
static struct gw_udp *udp_of_peer(struct skiff_gateway *gw, struct gw_port *p, struct arrival *a,
				  struct msghdr *m)
{
	struct gw_udp *u;
	struct gw_key key;
	struct gw_flow *f;

	key_of(&key, gw, p, &a->peer);
	f = udp_find_peer(gw, p, &a->peer, &key);
	if (f) {
		gw_flow_touch(gw, f, f->stage);
		return gw_udp_of(f);
	}
	if (!key.dport) {
		gw->stats.full++;
		return NULL;
	}
	u = gw_udp_make(gw, &key, GW_LOOSE);
	if (!u)
		return NULL;
	u->port = p;
	u->peer = a->peer;
	u->local = local_of(m);
	gw->stats.published++;
	return u;
}

/* Return: whether there may be more. */
static bool udp_receive(struct skiff_gateway *gw, struct gw_port *p)
{
	struct arrival from[GW_BATCH];
	struct mmsghdr m[GW_BATCH] = {};
	struct gw_udp *u;
	int n;

	for (int i = 0; i < GW_BATCH; i++) {
		m[i].msg_hdr.msg_name = &from[i].peer;
		m[i].msg_hdr.msg_namelen = sizeof(from[i].peer);
		m[i].msg_hdr.msg_control = from[i].control;
		m[i].msg_hdr.msg_controllen = sizeof(from[i].control);
	}
	n = gw_udp_receive(gw, p->watch.fd, m);
	for (int i = 0; i < n; i++) {
		u = udp_of_peer(gw, p, &from[i], &m[i].msg_hdr);
		if (u)
			gw_udp_to_client(gw, &u->flow.key, gw->buf + (size_t)i * GW_DATAGRAM,
					 m[i].msg_len);
	}
	return n == GW_BATCH;
}

static void udp_ready(struct skiff_gateway *gw, struct gw_watch *w, u32 events)
{
	(void)events;
	for (int i = 0; i < CALLS_MAX && udp_receive(gw, port_of(w)); i++)
		;
}

/* Both */

/* Return: 0 or -errno. */
static int open_port(struct skiff_gateway *gw, struct gw_port *p)
{
	static const int on = 1;
	struct sockaddr_in name = gw_name((__force __be32)p->port.addr.s_addr, htons(p->port.port));
	int type = p->port.udp ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	p->watch.fd = fd;
	p->watch.ready = p->port.udp ? udp_ready : tcp_ready;
	if (p->port.udp)
		setsockopt(fd, SOL_IP, IP_PKTINFO, &on, sizeof(on));
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&name, sizeof(name)))
		return -errno;
	if (!p->port.udp && listen(fd, BACKLOG))
		return -errno;
	return gw_watch(gw, &p->watch, EPOLLIN);
}

static void close_port(struct gw_port *p)
{
	if (p->watch.fd >= 0)
		close(p->watch.fd);
	kfree(p);
}

static int explain(const struct skiff_gateway_port *port, int code, char *err, size_t err_size)
{
	char addr[WIRE_IP_TEXT];
	const char *what;

	wire_format_ip(addr, (__force __be32)port->addr.s_addr);
	switch (code) {
	case -EADDRINUSE:
		what = "something on this system listens there already; a free port is accepted";
		break;
	case -EACCES:
		what = "this process may not have it; a port from 1024 on is accepted";
		break;
	case -EADDRNOTAVAIL:
		what = "this system has no such address; one of its own or 0.0.0.0 is accepted";
		break;
	default:
		what = strerror(-code);
	}
	return gw_error(err, err_size, code, "port %s:%u/%s: %s", addr, port->port,
			port->udp ? "udp" : "tcp", what);
}

int gw_publish(struct skiff_gateway *gw, const struct skiff_gateway_port *port, char *err,
	       size_t err_size)
{
	struct gw_port *p = (struct gw_port *)kzalloc(sizeof(*p), GFP_KERNEL);
	int ret;

	if (!p)
		return gw_error(err, err_size, -ENOMEM, "no memory for a published port");
	p->watch.fd = -1;
	p->port = *port;
	ret = open_port(gw, p);
	if (ret) {
		close_port(p);
		return explain(port, ret, err, err_size);
	}
	list_add_tail(&p->list, &gw->ports);
	return 0;
}

void gw_unpublish_all(struct skiff_gateway *gw)
{
	struct gw_port *p, *next;

	list_for_each_entry_safe(p, next, &gw->ports, list) {
		list_del(&p->list);
		close_port(p);
	}
}
