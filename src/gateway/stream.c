// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections of the client: from the SYN to the end.
 *
 * Theory of operation. A SYN is kept while a socket of the system is being connected to where it goes; the
 * client asks again meanwhile, which is ignored. Then the SYN goes on to a listening socket of ours that
 * nobody could reach, and the handshake is answered in the name of the destination. If the system's
 * attempt fails, what the client gets in place of the answer says why. A flow is accepted by its key.
 *
 * When the system's part fails later, the client is to get what was sent before: the reset is held back
 * until all of it was acknowledged, for a while. The other way round nothing is held back, as the client's
 * reset means what it says.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <skiff/inet_common.h>
#include <skiff/request_sock.h>
#include <skiff/slab.h>

#include "gateway/stream.h"
#include "tcp/tcp.h"

/* The system gives up by itself in about two minutes, the client too. */
#define HELD_MAX (150 * NSEC_PER_SEC)
/* A resolver that does not answer is no reason to wait that long. */
#define HELD_DNS_MAX (3 * NSEC_PER_SEC)
/* All SYN-ACKs of RFC 6298 section 5.7's minimum of attempts, and some more. */
#define ANSWERED_MAX (100 * NSEC_PER_SEC)
/* The client has gone when its request has; not at once, for it is made a moment later. */
#define ANSWERED_MIN NSEC_PER_SEC
/* How long a reset waits for the data before it. */
#define ENDING_MAX (5 * NSEC_PER_SEC)

static const struct gw_kind stream_kind;

static struct gw_stream *stream_of(struct gw_flow *f)
{
	return container_of(f, struct gw_stream, flow);
}

/* Our end of the client's part is no more. */
static void release_sock(struct gw_stream *s, bool reset)
{
	if (!s->sock.sk)
		return;
	s->sock.wake = NULL;
	if (reset) {
		sock_set_flag(s->sock.sk, SOCK_LINGER);
		s->sock.sk->sk_lingertime = 0;
	}
	s->sock.ops->release(&s->sock);
	s->sock.sk = NULL;
}

/* The system's part is no more. */
static void close_system(struct gw_stream *s, bool reset)
{
	static const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int fd = s->flow.watch.fd;

	if (fd < 0)
		return;
	if (reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	s->flow.watch.fd = -1;
}

static void drop_queues(struct gw_stream *s)
{
	kfree_skb_list_reason(s->out, SKB_DROP_REASON_QUEUE_PURGE);
	kfree_skb_list_reason(s->in, SKB_DROP_REASON_QUEUE_PURGE);
	kfree_skb_reason(s->syn, SKB_DROP_REASON_QUEUE_PURGE);
	s->out = s->in = s->syn = NULL;
}

static void stream_free(struct skiff_gateway *gw, struct gw_stream *s, bool reset)
{
	release_sock(s, reset);
	close_system(s, reset);
	drop_queues(s);
	gw_flow_free(gw, &s->flow);
}

void gw_stream_cut(struct skiff_gateway *gw, struct gw_stream *s)
{
	stream_free(gw, s, true);
}

void gw_stream_close(struct skiff_gateway *gw, struct gw_stream *s)
{
	stream_free(gw, s, false);
}

static bool is_delivered(const struct sock *sk)
{
	return sk->sk_state == TCP_CLOSE || !sk->sk_wmem_queued;
}

void gw_stream_failed(struct skiff_gateway *gw, struct gw_stream *s)
{
	if (!s->sock.sk || is_delivered(s->sock.sk)) {
		gw_stream_cut(gw, s);
		return;
	}
	close_system(s, false);
	drop_queues(s);
	s->sock.wake = NULL;
	gw_flow_touch(gw, &s->flow, GW_ENDING);
}

static void stream_end(struct skiff_gateway *gw, struct gw_flow *f)
{
	gw_stream_cut(gw, stream_of(f));
}

struct gw_stream *gw_stream_make(struct skiff_gateway *gw, const struct gw_key *key, int fd,
				 enum gw_stage stage)
{
	struct gw_stream *s;

	if (!gw_flow_room(gw))
		return NULL;
	s = (struct gw_stream *)kzalloc(sizeof(*s), GFP_ATOMIC);
	if (!s) {
		gw->stats.no_memory++;
		return NULL;
	}
	s->flow.watch.fd = fd;
	s->flow.kind = &stream_kind;
	s->flow.work = gw_stream_run;
	s->flow.key = *key;
	s->sock.type = SOCK_STREAM;
	s->sock.ops = gw->listener.ops;
	s->sock.net = gw->net;
	s->urgent = -1;
	gw_flow_add(gw, &s->flow, stage);
	return s;
}

/* The device may have gone while the packet was kept. */
static bool can_be_answered(const struct skiff_gateway *gw, const struct sk_buff *skb)
{
	return __dev_get_by_index(gw->net, gw->ifindex) == skb->dev;
}

/* The client hears why there is no connection, or nothing: then it tries again, and gives up. */
static void refuse(struct skiff_gateway *gw, struct sk_buff *syn, int err)
{
	if (!can_be_answered(gw, syn)) {
		kfree_skb_reason(syn, SKB_DROP_REASON_DEV_READY);
		return;
	}
	if (err == ECONNREFUSED || err == ECONNRESET) {
		tcp_v4_refuse(syn);
		return;
	}
	gw_icmp_errno(syn, err);
	kfree_skb_reason(syn, SKB_DROP_REASON_NO_SOCKET);
}

/* The system is connected: the client gets its answer. */
static void connected(struct skiff_gateway *gw, struct gw_stream *s)
{
	struct sk_buff *syn = s->syn;

	s->syn = NULL;
	s->writable = true;
	if (!can_be_answered(gw, syn)) {
		kfree_skb_reason(syn, SKB_DROP_REASON_DEV_READY);
		gw_stream_cut(gw, s);
		return;
	}
	if (gw_is_dns(gw, &s->flow.key))
		gw->resolver = (gw->resolver + s->tries) % gw->nr_resolvers;
	gw->stats.tcp++;
	gw_flow_touch(gw, &s->flow, GW_ANSWERED);
	tcp_v4_rcv_syn(gw->listener.sk, syn, s->isn);
}

static void stream_ready(struct skiff_gateway *gw, struct gw_watch *w, u32 events);

void gw_stream_prepare(int fd)
{
	static const int on = 1;

	/* Who sends has waited already for what is to go together. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* Urgent data stays where it is, and is found by the mark. */
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
	/* A client that asks whether its peer is there is answered by us. */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* Return: 0: connected; -EINPROGRESS; or why not. */
static int connect_system(struct skiff_gateway *gw, struct gw_stream *s,
			  const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	gw_stream_prepare(fd);
	s->flow.watch.fd = fd;
	s->flow.watch.ready = stream_ready;
	err = gw_watch(gw, &s->flow.watch, GW_STREAM_EVENTS);
	if (err)
		return err;
	return connect(fd, (const struct sockaddr *)to, sizeof(*to)) ? -errno : 0;
}

/* It could not be connected: the next resolver, or the client hears of it. */
static void connect_failed(struct skiff_gateway *gw, struct gw_stream *s, int err);

static void connect_begun(struct skiff_gateway *gw, struct gw_stream *s, int err)
{
	if (!err)
		connected(gw, s);
	else if (err != -EINPROGRESS)
		connect_failed(gw, s, -err);
}

static void connect_failed(struct skiff_gateway *gw, struct gw_stream *s, int err)
{
	struct sk_buff *syn;

	close_system(s, false);
	if (gw_is_dns(gw, &s->flow.key) && ++s->tries < gw->nr_resolvers) {
		unsigned int next = (gw->resolver + s->tries) % gw->nr_resolvers;

		gw->stats.dns_retries++;
		gw_flow_touch(gw, &s->flow, GW_HELD);
		/* No deeper than there are resolvers. */
		connect_begun(gw, s, connect_system(gw, s, &gw->resolvers[next]));
		return;
	}
	if (err == EMFILE || err == ENFILE)
		gw->stats.full++;
	else
		gw->stats.refused++;
	syn = s->syn;
	s->syn = NULL;
	stream_free(gw, s, false);
	refuse(gw, syn, err);
}

static void stream_ready(struct skiff_gateway *gw, struct gw_watch *w, u32 events)
{
	struct gw_stream *s = stream_of(container_of(w, struct gw_flow, watch));
	int err;

	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->readable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->hung_up = true;
	if (events & EPOLLPRI)
		s->mark = true;
	if (events & EPOLLOUT)
		s->writable = true;
	if (s->flow.stage == GW_OPEN) {
		gw_stream_run(gw, &s->flow);
	} else if (s->flow.stage == GW_HELD) {
		err = events & (EPOLLERR | EPOLLHUP) ? gw_socket_error(w->fd) : 0;
		if (err)
			connect_failed(gw, s, err);
		else if (events & EPOLLOUT)
			connected(gw, s);
	}
}

/* Something happened to our end. */
static void stream_wake(struct socket *sock, u32 events)
{
	struct gw_stream *s = container_of(sock, struct gw_stream, sock);
	struct skiff_gateway *gw = container_of(ip_catch_all(sock->net), struct skiff_gateway, all);

	(void)events;
	gw_flow_ready(gw, &s->flow);
}

void gw_stream_open(struct skiff_gateway *gw, struct gw_stream *s)
{
	static const int on = 1;

	s->flow.watch.ready = stream_ready;
	s->sock.ops->setsockopt(&s->sock, SOL_TCP, TCP_NODELAY, &on, sizeof(on));
	/* Buffers are taken with the urgent byte in them; see take_one(). */
	sock_set_flag(s->sock.sk, SOCK_URGINLINE);
	s->sock.wake = stream_wake;
	gw_flow_touch(gw, &s->flow, GW_OPEN);
	/* Data may have come before anybody listened. */
	gw_flow_ready(gw, &s->flow);
}

static void key_of(struct gw_key *key, const struct sk_buff *skb)
{
	*key = (struct gw_key){
		.client = ip_hdr(skb)->saddr,
		.daddr = ip_hdr(skb)->daddr,
		.cport = tcp_hdr(skb)->source,
		.dport = tcp_hdr(skb)->dest,
		.proto = IPPROTO_TCP,
	};
}

/* Keep the SYN and begin. */
static void hold(struct skiff_gateway *gw, const struct gw_key *key, struct sk_buff *skb, u32 isn,
		 const struct sockaddr_in *to)
{
	struct gw_stream *s = gw_stream_make(gw, key, -1, GW_HELD);

	/* Data in it would be sent again anyway, and takes memory. */
	if (!s || pskb_trim(skb, tcp_hdrlen(skb))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		if (s)
			stream_free(gw, s, false);
		return;
	}
	/* What was verified is not there any more. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	s->syn = skb;
	s->isn = isn;
	connect_begun(gw, s, connect_system(gw, s, to));
}

bool gw_segment(struct ip_catch_all *all, struct sk_buff *skb, u32 isn)
{
	struct skiff_gateway *gw = container_of(all, struct skiff_gateway, all);
	struct sockaddr_in to;
	struct gw_key key;
	struct gw_flow *f;

	key_of(&key, skb);
	f = gw_flow_find(gw, &key);
	if (f && f->stage == GW_HELD) {
		/* Asked again. */
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
		return true;
	}
	/* Our end of that one is gone, or the SYN would have found it. */
	if (f)
		f->kind->end(gw, f);
	if (gw_target(gw, &key, &to))
		return false;
	hold(gw, &key, skb, isn, &to);
	return true;
}

static bool request_is_there(const struct skiff_gateway *gw, const struct gw_key *key)
{
	return __inet_lookup_established(gw->net, key->client, key->cport, key->daddr,
					 ntohs(key->dport), gw->ifindex) != NULL;
}

static void stream_sweep(struct skiff_gateway *gw, struct gw_flow *f, s64 age)
{
	struct gw_stream *s = stream_of(f);

	if (f->stage == GW_ENDING) {
		if (is_delivered(s->sock.sk) || age > ENDING_MAX)
			gw_stream_cut(gw, s);
	} else if (f->stage == GW_ANSWERED) {
		if (age > ANSWERED_MAX || (age > ANSWERED_MIN && !request_is_there(gw, &f->key)))
			gw_stream_cut(gw, s);
	} else if (gw_is_dns(gw, &f->key) ? age > HELD_DNS_MAX : age > HELD_MAX) {
		connect_failed(gw, s, ETIMEDOUT);
	}
}

static const struct gw_kind stream_kind = {
	.end = stream_end,
	.sweep = stream_sweep,
};

/* Accepting */

/* Which flow the connection is that waits for longest, or NULL. */
static struct gw_stream *who_waits(const struct skiff_gateway *gw, const struct request_sock *req)
{
	const struct gw_key key = {
		.client = req->ir_rmt_addr,
		.daddr = req->ir_loc_addr,
		.cport = req->ir_rmt_port,
		.dport = htons(req->ir_num),
		.proto = IPPROTO_TCP,
	};
	struct gw_flow *f = gw_flow_find(gw, &key);

	return f && f->stage == GW_ANSWERED ? stream_of(f) : NULL;
}

/* Its other part has gone meanwhile. */
static void accept_nobody(struct skiff_gateway *gw)
{
	struct gw_stream none = { .sock = { .type = SOCK_STREAM, .net = gw->net } };

	none.sock.ops = gw->listener.ops;
	if (!none.sock.ops->accept(&gw->listener, &none.sock, MSG_DONTWAIT, true))
		release_sock(&none, true);
}

void gw_accept(struct skiff_gateway *gw)
{
	struct request_sock_queue *q = inet_csk(gw->listener.sk)->icsk_accept_queue;
	struct gw_stream *s;

	while (q->rskq_accept_head) {
		s = who_waits(gw, q->rskq_accept_head);
		if (!s)
			accept_nobody(gw);
		else if (!s->sock.ops->accept(&gw->listener, &s->sock, MSG_DONTWAIT, true))
			gw_stream_open(gw, s);
	}
}

static void listener_wake(struct socket *sock, u32 events)
{
	struct skiff_gateway *gw = container_of(sock, struct skiff_gateway, listener);

	(void)events;
	gw->knocked = true;
	net_defer(sock->net, &gw->work);
}

int gw_streams_init(struct skiff_gateway *gw)
{
	/* Where no packet from the cable gets to, so that only what we hand on is ever accepted. */
	struct sockaddr_in name = gw_name(htonl(INADDR_LOOPBACK), 0);
	struct socket *sock = &gw->listener;
	int err = sock_create_net(gw->net, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1, sock);

	if (err)
		return err;
	err = sock->ops->bind(sock, (struct sockaddr *)&name, sizeof(name));
	if (!err)
		err = sock->ops->listen(sock, (int)gw->max_flows);
	sock->wake = listener_wake;
	return err;
}

void gw_streams_exit(struct skiff_gateway *gw)
{
	if (!gw->listener.sk)
		return;
	gw->listener.wake = NULL;
	gw->knocked = false;
	gw->listener.ops->release(&gw->listener);
}
