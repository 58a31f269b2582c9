// SPDX-License-Identifier: BSD-2-Clause
/*
 * Datagrams of the client: a connected socket of the system for each pair of its port and a destination.
 *
 * So what comes back is what came from there, and ICMP errors are about nobody else's datagrams.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skiff/slab.h>
#include <skiff/udp.h>

#include "gateway/udp.h"

static void udp_end(struct skiff_gateway *gw, struct gw_flow *f)
{
	struct gw_udp *u = gw_udp_of(f);
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&u->out)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
	consume_skb(u->sample);
	gw_dns_forget(u);
	gw_flow_free(gw, f);
}

static void udp_sweep(struct skiff_gateway *gw, struct gw_flow *f, s64 age)
{
	if (f->stage == GW_DNS)
		gw_dns_sweep(gw, gw_udp_of(f), age);
	else if (age > gw->udp_timeout)
		udp_end(gw, f);
}

static const struct gw_kind udp_kind = {
	.end = udp_end,
	.sweep = udp_sweep,
};

static void udp_work(struct skiff_gateway *gw, struct gw_flow *f)
{
	gw_udp_flush(gw, gw_udp_of(f));
}

struct gw_udp *gw_udp_make(struct skiff_gateway *gw, const struct gw_key *key, enum gw_stage stage)
{
	struct gw_udp *u;

	if (!gw_flow_room(gw))
		return NULL;
	u = (struct gw_udp *)kzalloc(sizeof(*u), GFP_ATOMIC);
	if (!u) {
		gw->stats.no_memory++;
		return NULL;
	}
	u->flow.watch.fd = -1;
	u->flow.watch.ready = gw_udp_ready;
	u->flow.kind = &udp_kind;
	u->flow.work = udp_work;
	u->flow.key = *key;
	__skb_queue_head_init(&u->out);
	gw_flow_add(gw, &u->flow, stage);
	return u;
}

/* Return: 0 or -errno. */
static int udp_connect(struct skiff_gateway *gw, struct gw_udp *u, const struct sockaddr_in *to)
{
	static const int cut = IP_PMTUDISC_DONT;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	u->flow.watch.fd = fd;
	gw_want_errors(fd);
	/* The client's datagrams may be as large as its cable takes: they go in fragments. */
	setsockopt(fd, SOL_IP, IP_MTU_DISCOVER, &cut, sizeof(cut));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return -errno;
	return gw_watch(gw, &u->flow.watch, EPOLLIN);
}

/* It can't go on: the client hears why. @skb stays the caller's. */
static void udp_refuse(struct skiff_gateway *gw, struct sk_buff *skb, int err)
{
	if (err == EMFILE || err == ENFILE)
		gw->stats.full++;
	else if (err != EACCES)
		gw->stats.refused++;
	gw_icmp_errno(skb, err);
}

/* A flow for a datagram. NULL: there is none, and whoever sent it was told. */
static struct gw_udp *udp_begin(struct skiff_gateway *gw, const struct gw_key *key,
				struct sk_buff *skb)
{
	struct sockaddr_in to;
	struct gw_udp *u;
	int err = gw_target(gw, key, &to);
	bool is_dns = gw_is_dns(gw, key);

	if (err) {
		udp_refuse(gw, skb, -err);
		return NULL;
	}
	u = gw_udp_make(gw, key, is_dns ? GW_DNS : GW_LOOSE);
	if (!u)
		return NULL;
	u->is_dns = is_dns;
	u->first = gw->resolver;
	err = udp_connect(gw, u, &to);
	if (err) {
		udp_refuse(gw, skb, -err);
		udp_end(gw, &u->flow);
		return NULL;
	}
	gw->stats.udp++;
	return u;
}

static struct gw_udp *udp_find(struct skiff_gateway *gw, const struct gw_key *key,
			       struct sk_buff *skb)
{
	struct gw_flow *f = gw_flow_find(gw, key);

	if (!f)
		return udp_begin(gw, key, skb);
	gw_flow_touch(gw, f, f->stage);
	return gw_udp_of(f);
}

bool gw_datagram(struct ip_catch_all *all, struct sk_buff *skb)
{
	struct skiff_gateway *gw = container_of(all, struct skiff_gateway, all);
	const struct gw_key key = {
		.client = ip_hdr(skb)->saddr,
		.daddr = ip_hdr(skb)->daddr,
		.cport = udp_hdr(skb)->source,
		.dport = udp_hdr(skb)->dest,
		.proto = IPPROTO_UDP,
	};
	struct gw_udp *u;

	/* Nobody can answer such a one, and no socket of the system sends there. */
	if (!key.cport || !key.dport)
		return false;
	u = udp_find(gw, &key, skb);
	if (!u) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
		return true;
	}
	__skb_queue_tail(&u->out, skb);
	if (skb_queue_len(&u->out) >= GW_BATCH)
		gw_udp_flush(gw, u);
	else
		gw_flow_ready(gw, &u->flow);
	return true;
}
