// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams between the client and the system's sockets, several at a time. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <skiff/ip.h>
#include <skiff/route.h>

#include "gateway/udp.h"
#include "udp/udp.h"
#include "wire/udp.h"

/* Calls that one socket gets until others have their turn. */
#define CALLS_MAX 8

/* To the client */

/* Room for a datagram, the payload not filled in. */
static struct sk_buff *make_datagram(const struct rtable *rt, unsigned int len)
{
	unsigned int headroom = ip_headroom(rt) + WIRE_UDP_HLEN;
	struct sk_buff *skb = alloc_skb(headroom + len + rt->dst.dev->needed_tailroom, GFP_ATOMIC);

	if (skb)
		skb_reserve(skb, (int)headroom);
	return skb;
}

static void send_datagram(struct skiff_gateway *gw, struct sk_buff *skb, struct rtable *rt,
			  const struct gw_key *key)
{
	const struct ipcm_cookie ipc = { .tos = 0 };
	unsigned int len = skb->len;

	wire_udp_build(skb_push(skb, WIRE_UDP_HLEN), ntohs(key->dport), ntohs(key->cport), len);
	skb_reset_transport_header(skb);
	skb_dst_set_noref(skb, &rt->dst);
	udp_set_csum(false, skb, key->daddr, key->client, (int)skb->len);
	if (ip_build_and_send(gw->net, NULL, skb, rt, key->daddr, key->client, IPPROTO_UDP, &ipc))
		gw->stats.datagrams_dropped++;
	else
		UDP_INC_STATS(gw->net, UDP_MIB_OUTDATAGRAMS, 0);
}

void gw_udp_to_client(struct skiff_gateway *gw, const struct gw_key *key, const void *data,
		      unsigned int len)
{
	struct flowi4 fl4 = {
		.daddr = key->client,
		.saddr = key->daddr,
		.flowi4_proto = IPPROTO_UDP,
		.fl4_sport = key->dport,
		.fl4_dport = key->cport,
	};
	struct rtable *rt = ip_route_output_key(gw->net, &fl4);
	struct sk_buff *skb;

	if (IS_ERR(rt)) {
		gw->stats.datagrams_dropped++;
		return;
	}
	skb = make_datagram(rt, len);
	if (skb) {
		skb_put_data(skb, data, len);
		gw->stats.bytes_in += len;
		send_datagram(gw, skb, rt, key);
	} else {
		gw->stats.no_memory++;
	}
	ip_rt_put(rt);
}

int gw_udp_receive(struct skiff_gateway *gw, int fd, struct mmsghdr *m)
{
	struct iovec iov[GW_BATCH];
	int n;

	for (int i = 0; i < GW_BATCH; i++) {
		iov[i] = (struct iovec){ gw->buf + (size_t)i * GW_DATAGRAM, GW_DATAGRAM };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(fd, m, GW_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < GW_BATCH; i++)
		m[i].msg_hdr.msg_iov = NULL;
	return n;
}

/* What the system's socket has. Return: whether there may be more. */
static bool receive_some(struct skiff_gateway *gw, struct gw_udp *u)
{
	struct mmsghdr m[GW_BATCH] = {};
	int n = gw_udp_receive(gw, u->flow.watch.fd, m);

	for (int i = 0; i < n; i++) {
		const u8 *data = gw->buf + (size_t)i * GW_DATAGRAM;

		if (u->is_dns)
			gw_dns_answered(gw, u, data, m[i].msg_len);
		gw_udp_to_client(gw, &u->flow.key, data, m[i].msg_len);
	}
	return n == GW_BATCH;
}

void gw_udp_ready(struct skiff_gateway *gw, struct gw_watch *w, u32 events)
{
	struct gw_udp *u = gw_udp_of(container_of(w, struct gw_flow, watch));

	if (events & EPOLLERR && !(u->is_dns && gw_dns_next(gw, u)))
		gw_pass_errors(w->fd, u->sample);
	if (!(events & EPOLLIN))
		return;
	if (!u->is_dns)
		gw_flow_touch(gw, &u->flow, GW_LOOSE);
	for (int i = 0; i < CALLS_MAX && receive_some(gw, u); i++)
		;
}

/* To the system */

/* Room for what goes with a datagram: where it comes from, or how it is to be cut. */
union control {
	struct cmsghdr align;
	char data[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static void put_control(struct msghdr *m, union control *c, int level, int type, const void *data,
			size_t len)
{
	struct cmsghdr *cm = &c->align;

	memset(c, 0, sizeof(*c));
	m->msg_control = c;
	m->msg_controllen = CMSG_SPACE(len);
	cm->cmsg_level = level;
	cm->cmsg_type = type;
	cm->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cm), data, len);
}

/* From the published port's socket, and from the address that was asked. */
static void to_peer(struct gw_udp *u, struct msghdr *m, union control *c)
{
	struct in_pktinfo info = { .ipi_spec_dst = u->local };

	m->msg_name = &u->peer;
	m->msg_namelen = sizeof(u->peer);
	put_control(m, c, SOL_IP, IP_PKTINFO, &info, sizeof(info));
}

/* Several datagrams that came as one packet go as one. */
static void to_segments(const struct sk_buff *skb, struct msghdr *m, union control *c)
{
	u16 size = skb_shinfo(skb)->gso_size;

	put_control(m, c, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
}

/* The first ones of the queue as messages. Return: how many. */
static unsigned int make_messages(struct gw_udp *u, struct mmsghdr *m, struct iovec *iov,
				  union control *c)
{
	struct sk_buff *skb;
	unsigned int n = 0;

	skb_queue_walk(&u->out, skb) {
		if (n == GW_BATCH)
			break;
		/* Only what was put together from fragments is not. */
		if (skb_linearize(skb))
			break;
		iov[n] = (struct iovec){ skb->data + WIRE_UDP_HLEN, skb->len - WIRE_UDP_HLEN };
		m[n].msg_hdr = (struct msghdr){ .msg_iov = &iov[n], .msg_iovlen = 1 };
		if (u->port)
			to_peer(u, &m[n].msg_hdr, &c[n]);
		else if (skb_is_gso(skb))
			to_segments(skb, &m[n].msg_hdr, &c[n]);
		n++;
	}
	return n;
}

/* One has left. The first of all is kept, its data is not. */
static void sent(struct skiff_gateway *gw, struct gw_udp *u)
{
	struct sk_buff *skb = __skb_dequeue(&u->out);

	gw->stats.bytes_out += skb->len - WIRE_UDP_HLEN;
	if (u->is_dns)
		gw_dns_asked(gw, u, skb);
	if (!u->sample && !pskb_trim(skb, WIRE_UDP_HLEN))
		u->sample = skb;
	else
		consume_skb(skb);
}

static void not_sent(struct skiff_gateway *gw, struct gw_udp *u, int err)
{
	struct sk_buff *skb = __skb_dequeue(&u->out);

	gw->stats.datagrams_dropped++;
	/* A full queue is no reason to give up. */
	if (err != EAGAIN && err != ENOBUFS)
		gw_icmp_errno(skb, err);
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
}

/* Return: how many were sent; -errno about the first one. */
static int send_some(struct gw_udp *u)
{
	int fd = u->port ? u->port->watch.fd : u->flow.watch.fd;
	struct mmsghdr m[GW_BATCH];
	struct iovec iov[GW_BATCH];
	union control c[GW_BATCH];
	unsigned int n = make_messages(u, m, iov, c);
	int ret;

	if (!n)
		return -ENOMEM;
	ret = sendmmsg(fd, m, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return ret < 0 ? -errno : ret;
}

void gw_udp_flush(struct skiff_gateway *gw, struct gw_udp *u)
{
	bool again = true;
	int n;

	while (!skb_queue_empty(&u->out)) {
		n = send_some(u);
		if (n < 0 && again && !u->port) {
			/* It may be about one before: then this one can still go. */
			again = false;
			if (gw_pass_errors(u->flow.watch.fd, u->is_dns ? NULL : u->sample))
				continue;
		}
		if (n < 0)
			not_sent(gw, u, -n);
		for (int i = 0; i < n; i++)
			sent(gw, u);
	}
}
