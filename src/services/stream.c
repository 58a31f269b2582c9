// SPDX-License-Identifier: BSD-2-Clause
/*
 * Services over TCP: accepting connections, and moving buffers from and to them.
 *
 * A socket only tells that something happened; what there is to do is done by one piece of deferred
 * work for all connections of a host, after TCP is through with the segment that brought it. Buffers
 * are taken from and given to a socket as they are: echo copies nothing. Who does not read what he is
 * sent is not read from either, so a connection holds one buffer besides what its socket holds.
 *
 * A service has at most SERVICE_CONNS_MAX connections. One more ends the one that has been idle for
 * longest, so that nobody keeps others out by doing nothing.
 */
#include <skiff/slab.h>
#include <skiff/sock.h>

#include "services/stream.h"

#define SERVICE_BACKLOG 1024

/**
 * struct service_conn - a connection to a service
 * @list: in its service's list, idle for longest first
 * @ready: in the list of those that something happened to
 * @stream: of which service
 * @sock: its socket
 * @pending: to be sent, when there is room
 * @at: where its service stands in what it sends unasked
 * @said_all: that was all, and the peer has been told
 * @ended: nothing comes from the peer any more
 */
struct service_conn {
	struct list_head list;
	struct list_head ready;
	struct service_stream *stream;
	struct socket sock;
	struct sk_buff *pending;
	unsigned int at;
	bool said_all;
	bool ended;
};

static struct service_conn *conn_of(struct socket *sock)
{
	return container_of(sock, struct service_conn, sock);
}

/* Something happened to a connection: it is looked at soon. Under the stack lock. */
static void conn_wake(struct socket *sock, u32 events)
{
	struct service_conn *c = conn_of(sock);
	struct service_streams *all = c->stream->all;

	(void)events;
	if (list_empty(&c->ready))
		list_add_tail(&c->ready, &all->ready);
	net_defer(sock->net, &all->work);
}

static void conn_end(struct service_conn *c)
{
	c->sock.wake = NULL;
	list_del(&c->list);
	list_del(&c->ready);
	c->stream->nr_conns--;
	c->sock.ops->release(&c->sock);
	kfree_skb_reason(c->pending, SKB_DROP_REASON_QUEUE_PURGE);
	kfree(c);
}

/* The peer is told by a reset, and nothing of it is kept. */
static void conn_abort(struct service_conn *c)
{
	sock_set_flag(c->sock.sk, SOCK_LINGER);
	c->sock.sk->sk_lingertime = 0;
	conn_end(c);
}

/* Return: 0; -EAGAIN when it waits for room; or why it is over. */
static int conn_send(struct service_conn *c)
{
	struct skiff_msghdr msg = { .msg_flags = MSG_DONTWAIT };
	unsigned int len;
	int ret;

	if (!c->pending)
		return 0;
	len = c->pending->len;
	ret = c->sock.ops->send_skb(&c->sock, &msg, c->pending);
	if (ret == -EAGAIN)
		return ret;
	c->pending = NULL;
	if (ret < 0)
		return ret;
	c->stream->stats->bytes_out += len;
	return 0;
}

/* Take the next buffer of the peer's. Return: 0; -EAGAIN without one; or why it is over. */
static int conn_receive(struct service_conn *c)
{
	struct sk_buff *skb;
	int err = 0;

	if (c->ended)
		return -EAGAIN;
	skb = c->sock.ops->recv_skb(&c->sock, MSG_DONTWAIT, &err);
	if (!skb) {
		c->ended = !err;
		return err;
	}
	c->stream->stats->bytes_in += skb->len;
	skb_dst_drop(skb);
	if (c->stream->service->echoes)
		c->pending = skb;
	else
		consume_skb(skb);
	return 0;
}

/* Make what the service sends unasked. Return: 0; -EAGAIN when that is all; -ENOMEM. */
static int conn_produce(struct service_conn *c)
{
	const struct service *service = c->stream->service;
	int err = -EAGAIN;

	if (!service->produce || c->said_all)
		return err;
	c->pending = service->produce(c->sock.net, c->at, &err);
	if (c->pending) {
		c->at++;
		return 0;
	}
	if (err == -EAGAIN) {
		c->said_all = true;
		c->sock.ops->shutdown(&c->sock, SHUT_WR);
	}
	return err;
}

/* What is to be sent first, then what is to be read. Return: -EAGAIN, or why it is over. */
static int conn_progress(struct service_conn *c)
{
	int err;

	do {
		err = conn_send(c);
		if (!err && !c->stream->service->echoes)
			err = conn_produce(c);
	} while (!err && c->pending);
	/* Only who echoes has to wait for room before reading. */
	if (err && (err != -EAGAIN || c->stream->service->echoes))
		return err;
	do {
		err = conn_receive(c);
		if (!err)
			err = c->stream->service->echoes ? conn_send(c) : 0;
	} while (!err);
	return err;
}

static void conn_run(struct service_conn *c)
{
	int err = conn_progress(c);

	list_move_tail(&c->list, &c->stream->conns);
	/* Without an end of its own, the stream goes on until the peer takes no more. */
	if (err != -EAGAIN || (c->ended && !c->pending && !c->stream->service->endless))
		conn_end(c);
}

static struct service_conn *conn_alloc(struct service_stream *s)
{
	struct service_conn *c = (struct service_conn *)kzalloc(sizeof(*c), GFP_ATOMIC);

	if (!c)
		return NULL;
	INIT_LIST_HEAD(&c->ready);
	c->stream = s;
	c->sock.type = SOCK_STREAM;
	c->sock.ops = s->sock.ops;
	c->sock.net = s->sock.net;
	return c;
}

/* Take one connection. Return: whether there may be another one. */
static bool stream_accept(struct service_stream *s)
{
	struct service_conn *c = conn_alloc(s);

	if (!c)
		return false;
	if (s->sock.ops->accept(&s->sock, &c->sock, MSG_DONTWAIT, true)) {
		kfree(c);
		return false;
	}
	if (s->nr_conns == SERVICE_CONNS_MAX) {
		s->stats->evicted++;
		conn_abort(list_first_entry(&s->conns, struct service_conn, list));
	}
	s->nr_conns++;
	s->stats->connections++;
	list_add_tail(&c->list, &s->conns);
	c->sock.wake = conn_wake;
	/* Data may have come before anybody listened. */
	conn_wake(&c->sock, 0);
	return true;
}

static void stream_wake(struct socket *sock, u32 events)
{
	struct service_stream *s = container_of(sock, struct service_stream, sock);

	(void)events;
	s->knocked = true;
	net_defer(sock->net, &s->all->work);
}

static void streams_work(struct net *net, struct net_work *work)
{
	struct service_streams *all = container_of(work, struct service_streams, work);
	struct service_conn *c;
	LIST_HEAD(now);

	(void)net;
	for (unsigned int i = 0; i < all->nr; i++) {
		struct service_stream *s = &all->stream[i];

		if (!s->knocked)
			continue;
		s->knocked = false;
		while (stream_accept(s))
			;
	}
	/* What comes meanwhile is for the next round, after others had the host. */
	list_splice_init(&all->ready, &now);
	while (!list_empty(&now)) {
		c = list_first_entry(&now, struct service_conn, ready);
		list_del_init(&c->ready);
		conn_run(c);
	}
}

int service_stream_start(struct service_stream *s, struct net *net)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	int err;

	err = sock_create_net(net, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1, &s->sock);
	if (err)
		return err;
	/* A service that was stopped can be started again while old connections are in TIME-WAIT. */
	s->sock.sk->sk_reuse = 1;
	name.sin_port = (__force in_port_t)htons(s->service->port);
	err = s->sock.ops->bind(&s->sock, (struct sockaddr *)&name, sizeof(name));
	if (!err)
		err = s->sock.ops->listen(&s->sock, SERVICE_BACKLOG);
	if (err) {
		s->sock.ops->release(&s->sock);
		return err;
	}
	s->sock.wake = stream_wake;
	return 0;
}

void service_stream_stop(struct service_stream *s)
{
	struct service_conn *c, *next;

	if (!s->sock.sk)
		return;
	s->sock.wake = NULL;
	s->knocked = false;
	s->sock.ops->release(&s->sock);
	list_for_each_entry_safe(c, next, &s->conns, list)
		conn_abort(c);
}

void service_streams_init(struct service_streams *all)
{
	INIT_LIST_HEAD(&all->ready);
	net_work_init(&all->work, streams_work);
}

struct service_stream *service_stream_init(struct service_streams *all,
					   const struct service *service,
					   struct service_stats *stats)
{
	struct service_stream *s = &all->stream[all->nr++];

	s->service = service;
	s->stats = stats;
	s->all = all;
	INIT_LIST_HEAD(&s->conns);
	return s;
}
