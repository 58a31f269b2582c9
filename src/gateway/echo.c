// SPDX-License-Identifier: BSD-2-Clause
/*
 * Echo requests of the client, sent on by a ping socket of the system where the process may have one
 * (net.ipv4.ping_group_range), else by a raw socket where it may have that.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skiff/ip_sock.h>
#include <skiff/slab.h>

#include "gateway/gateway.h"
#include "ipv4/ipv4.h"
#include "wire/icmp.h"
#include "wire/ip.h"

/* Answers that are passed on until others have their turn. */
#define ANSWERS_MAX 16

/* Until the one that asks is thought to have ended. */
#define ECHO_MAX (30 * NSEC_PER_SEC)

#define SYSTEM_ICMP_FILTER 1

/**
 * struct gw_ping - a series of echo requests
 * @flow: what it is as a flow; must be first
 * @sample: a request of the client, for errors to quote
 * @raw: its socket is a raw one, so the identifier is ours to choose and to look for
 * @id: that
 */
struct gw_ping {
	struct gw_flow flow;
	struct sk_buff *sample;
	bool raw;
	u16 id;
};

static struct gw_ping *ping_of(struct gw_flow *f)
{
	return container_of(f, struct gw_ping, flow);
}

static void ping_end(struct skiff_gateway *gw, struct gw_flow *f)
{
	consume_skb(ping_of(f)->sample);
	gw_flow_free(gw, f);
}

static void ping_sweep(struct skiff_gateway *gw, struct gw_flow *f, s64 age)
{
	if (age > ECHO_MAX)
		ping_end(gw, f);
}

static const struct gw_kind ping_kind = {
	.end = ping_end,
	.sweep = ping_sweep,
};

/* @data: the answer at its ICMP header, @len bytes, at least a header. */
static void answer(struct skiff_gateway *gw, struct gw_ping *p, const void *data, unsigned int len)
{
	const struct gw_key *key = &p->flow.key;
	struct flowi4 fl4 = { .daddr = key->client,
			      .saddr = key->daddr,
			      .flowi4_proto = IPPROTO_ICMP };
	struct rtable *rt = ip_route_output_key(gw->net, &fl4);
	const struct ipcm_cookie ipc = { .tos = 0 };
	struct sk_buff *skb;

	if (IS_ERR(rt))
		return;
	skb = alloc_skb(ip_headroom(rt) + len + rt->dst.dev->needed_tailroom, GFP_ATOMIC);
	if (!skb) {
		gw->stats.no_memory++;
		goto out;
	}
	skb_reserve(skb, (int)ip_headroom(rt));
	skb_put_data(skb, data, len);
	wire_icmp_set_id(skb->data, ntohs(key->cport));
	wire_icmp_set_csum(skb->data, len);
	skb_reset_transport_header(skb);
	icmp_out_count(gw->net, WIRE_ICMP_ECHO_REPLY);
	gw->stats.bytes_in += len - WIRE_ICMP_HLEN;
	if (ip_build_and_send(gw->net, NULL, skb, rt, key->daddr, key->client, IPPROTO_ICMP, &ipc))
		gw->stats.datagrams_dropped++;
out:
	ip_rt_put(rt);
}

/* What a raw socket gets begins with the IP header. Return: its length, or 0 when it is not for us. */
static unsigned int skip_header(const struct gw_ping *p, const u8 *data, unsigned int len)
{
	unsigned int hlen;

	if (len < WIRE_IP_HLEN)
		return 0;
	hlen = (unsigned int)wire_ip_hlen(data);
	if (hlen < WIRE_IP_HLEN || len < hlen + WIRE_ICMP_HLEN ||
	    wire_icmp_id(data + hlen) != p->id)
		return 0;
	return hlen;
}

static void received(struct skiff_gateway *gw, struct gw_ping *p, const u8 *data, unsigned int len)
{
	unsigned int skip = p->raw ? skip_header(p, data, len) : 0;

	if ((p->raw && !skip) || len < skip + WIRE_ICMP_HLEN ||
	    wire_icmp_type(data + skip) != WIRE_ICMP_ECHO_REPLY)
		return;
	gw_flow_touch(gw, &p->flow, GW_LOOSE);
	answer(gw, p, data + skip, len - skip);
}

static void ping_ready(struct skiff_gateway *gw, struct gw_watch *w, u32 events)
{
	struct gw_ping *p = ping_of(container_of(w, struct gw_flow, watch));
	ssize_t n;

	if (events & EPOLLERR)
		gw_pass_errors(w->fd, p->sample);
	for (int i = 0; i < ANSWERS_MAX; i++) {
		n = recv(w->fd, gw->buf, GW_DATAGRAM, MSG_DONTWAIT);
		if (n < 0)
			break;
		received(gw, p, gw->buf, (unsigned int)n);
	}
}

/* Return: a descriptor, or -errno. */
static int open_socket(struct gw_ping *p)
{
	static const u32 all_but_answers = ~(1u << WIRE_ICMP_ECHO_REPLY);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd >= 0 || (errno != EACCES && errno != EPERM))
		return fd >= 0 ? fd : -errno;
	fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd < 0)
		return -errno;
	p->raw = true;
	p->id = (u16)get_random_u32();
	setsockopt(fd, SOL_RAW, SYSTEM_ICMP_FILTER, &all_but_answers, sizeof(all_but_answers));
	return fd;
}

/* Return: 0 or -errno. */
static int ping_connect(struct skiff_gateway *gw, struct gw_ping *p, const struct sockaddr_in *to)
{
	struct sockaddr_in name = *to;
	int fd = open_socket(p);

	if (fd < 0)
		return fd;
	p->flow.watch.fd = fd;
	p->flow.watch.ready = ping_ready;
	gw_want_errors(fd);
	name.sin_port = 0;
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)))
		return -errno;
	return gw_watch(gw, &p->flow.watch, EPOLLIN);
}

static struct gw_ping *ping_make(struct skiff_gateway *gw, const struct gw_key *key)
{
	struct gw_ping *p;

	if (!gw_flow_room(gw))
		return NULL;
	p = (struct gw_ping *)kzalloc(sizeof(*p), GFP_ATOMIC);
	if (!p) {
		gw->stats.no_memory++;
		return NULL;
	}
	p->flow.watch.fd = -1;
	p->flow.kind = &ping_kind;
	p->flow.key = *key;
	gw_flow_add(gw, &p->flow, GW_LOOSE);
	return p;
}

/* NULL: whoever asks was told. */
static struct gw_ping *ping_begin(struct skiff_gateway *gw, const struct gw_key *key,
				  struct sk_buff *skb)
{
	struct sockaddr_in to;
	struct gw_ping *p;
	int err = gw_target(gw, key, &to);

	if (err) {
		gw_icmp_errno(skb, -err);
		return NULL;
	}
	p = ping_make(gw, key);
	if (!p)
		return NULL;
	err = ping_connect(gw, p, &to);
	if (err) {
		gw->stats.refused++;
		gw_icmp_errno(skb, -err);
		ping_end(gw, &p->flow);
		return NULL;
	}
	gw->stats.echo++;
	p->sample = skb_clone(skb, GFP_ATOMIC);
	return p;
}

static void ask(struct skiff_gateway *gw, struct gw_ping *p, struct sk_buff *skb)
{
	unsigned int len = min(skb->len, (unsigned int)GW_DATAGRAM);
	int err;

	if (skb_copy_bits(skb, 0, gw->buf, (int)len))
		return;
	if (p->raw) {
		wire_icmp_set_id(gw->buf, p->id);
		wire_icmp_set_csum(gw->buf, len);
	}
	gw->stats.bytes_out += len - WIRE_ICMP_HLEN;
	if (send(p->flow.watch.fd, gw->buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	err = errno;
	/* About one before, or about this one. */
	if (!gw_pass_errors(p->flow.watch.fd, p->sample))
		gw_icmp_errno(skb, err);
	else if (send(p->flow.watch.fd, gw->buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		gw->stats.datagrams_dropped++;
}

bool gw_echo(struct ip_catch_all *all, struct sk_buff *skb)
{
	struct skiff_gateway *gw = container_of(all, struct skiff_gateway, all);
	const struct gw_key key = {
		.client = ip_hdr(skb)->saddr,
		.daddr = ip_hdr(skb)->daddr,
		.cport = htons(wire_icmp_id(skb->data)),
		.proto = IPPROTO_ICMP,
	};
	struct gw_flow *f;
	struct gw_ping *p;

	/* These two are the gateway itself, which answers as any host does. */
	if (key.daddr == gw->addr || key.daddr == gw->dns)
		return false;
	f = gw_flow_find(gw, &key);
	p = f ? ping_of(f) : ping_begin(gw, &key, skb);
	if (!p)
		return true;
	gw_flow_touch(gw, &p->flow, GW_LOOSE);
	ask(gw, p, skb);
	return true;
}
