// SPDX-License-Identifier: BSD-2-Clause
/* The table of services: enabling them, and answering what comes to their sockets. */
#include <string.h>

#include <skiff/net.h>

#include "services/stream.h"

/* Device, IPv4 with options, UDP. */
#define SERVICE_HEADROOM (LL_MAX_HEADER + 60 + 8)

static const struct service *const services[SERVICES_NR] = {
	&service_echo,
	&service_discard,
	&service_daytime,
	&service_chargen,
};

/**
 * struct service_host - a service on a host
 * @service: which
 * @sock: its socket for datagrams; @sock.sk is NULL while it is not offered
 * @stream: the same over TCP
 * @stats: what it did
 */
struct service_host {
	const struct service *service;
	struct socket sock;
	struct service_stream *stream;
	struct service_stats stats;
};

struct services_net {
	struct service_host hosts[SERVICES_NR];
	struct service_streams streams;
};

static unsigned int services_net_id;

static struct service_host *service_find(struct net *net, const char *name)
{
	struct services_net *sn = (struct services_net *)net_generic(net, services_net_id);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(services); i++)
		if (name && !strcmp(services[i]->name, name))
			return &sn->hosts[i];
	return NULL;
}

const char *service_name(unsigned int i)
{
	return i < ARRAY_SIZE(services) ? services[i]->name : NULL;
}

int service_stats(struct net *net, const char *name, struct service_stats *stats)
{
	struct service_host *h = service_find(net, name);

	if (!h)
		return -ENOENT;
	*stats = h->stats;
	return 0;
}

/*
 * Ports whose owners answer anything: echo, discard, daytime, quote of the day, chargen, time. A
 * made-up datagram from one to another would start an exchange that nothing ends (CERT
 * CA-1996-01).
 */
static bool service_port(u16 port)
{
	static const u16 ports[] = { 7, 9, 13, 17, 19, 37 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static bool service_refuses(const struct sk_buff *skb)
{
	u16 port = ntohs(udp_hdr(skb)->source);

	return !port || service_port(port) || udp_was_broadcast(skb);
}

struct sk_buff *service_buffer(unsigned int len)
{
	struct sk_buff *skb = alloc_skb(SERVICE_HEADROOM + len, GFP_ATOMIC);

	if (skb) {
		skb_reserve(skb, SERVICE_HEADROOM);
		skb_put(skb, len);
	}
	return skb;
}

/* Send @answer to whoever sent @skb, from the address that it was sent to. 0 or -errno. */
static int service_send(struct socket *sock, struct sk_buff *answer, const struct sk_buff *skb)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = (__force in_port_t)udp_hdr(skb)->source,
		.sin_addr.s_addr = (__force in_addr_t)ip_hdr(skb)->saddr,
	};
	const struct in_pktinfo info = {
		.ipi_spec_dst.s_addr = (__force in_addr_t)ip_hdr(skb)->daddr,
	};
	union {
		struct cmsghdr head;
		u8 room[CMSG_SPACE(sizeof(info))];
	} control = {
		.head = {
			.cmsg_len = CMSG_LEN(sizeof(info)),
			.cmsg_level = SOL_IP,
			.cmsg_type = IP_PKTINFO,
		},
	};
	struct skiff_msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_control = &control,
		.msg_controllen = sizeof(control),
		.msg_flags = MSG_DONTWAIT,
	};
	int ret;

	memcpy(CMSG_DATA(&control.head), &info, sizeof(info));
	ret = sock->ops->send_skb(sock, &msg, answer);
	/* With a full send buffer it stays ours. */
	if (ret == -EAGAIN)
		kfree_skb_reason(answer, SKB_DROP_REASON_SEND_REFUSED);
	return min(ret, 0);
}

static void service_answer(struct service_host *h, const struct sk_buff *skb)
{
	struct net *net = h->sock.net;
	struct sk_buff *answer;

	if (!h->service->answer)
		return;
	answer = h->service->answer(net, skb);
	if (answer && !service_send(&h->sock, answer, skb))
		h->stats.answers++;
	else
		h->stats.failed++;
}

static void service_datagram(struct service_host *h, struct sk_buff *skb)
{
	h->stats.datagrams++;
	if (service_refuses(skb)) {
		h->stats.refused++;
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_FILTER);
		return;
	}
	service_answer(h, skb);
	consume_skb(skb);
}

/* The socket has something to read. Under the stack lock, so nobody reads it but us. */
static void service_data_ready(struct sock *sk)
{
	struct service_host *h = (struct service_host *)sk->sk_user_data;
	struct sk_buff *skb;
	int err;

	while ((skb = h->sock.ops->recv_skb(&h->sock, MSG_DONTWAIT, &err)) != NULL)
		service_datagram(h, skb);
}

static void service_stop(struct service_host *h)
{
	service_stream_stop(h->stream);
	if (h->sock.sk)
		h->sock.ops->release(&h->sock);
}

static int service_bind(struct socket *sock, u16 port)
{
	struct sockaddr_in name = { .sin_family = AF_INET };

	name.sin_port = (__force in_port_t)htons(port);
	return sock->ops->bind(sock, (struct sockaddr *)&name, sizeof(name));
}

static int service_start(struct service_host *h, struct net *net)
{
	int err = sock_create_net(net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, 1, &h->sock);

	if (err)
		return err;
	err = service_bind(&h->sock, h->service->port);
	if (err) {
		service_stop(h);
		return err;
	}
	h->sock.sk->sk_user_data = h;
	h->sock.sk->sk_data_ready = service_data_ready;
	return 0;
}

int service_enable(struct net *net, const char *name)
{
	struct service_host *h = service_find(net, name);
	int err;

	ASSERT_NET_LOCKED(net);
	if (!h)
		return -ENOENT;
	if (h->sock.sk)
		return -EALREADY;
	err = service_start(h, net);
	if (!err) {
		err = service_stream_start(h->stream, net);
		if (err)
			service_stop(h);
	}
	return err == -ENOBUFS ? -ENOMEM : err;
}

int service_disable(struct net *net, const char *name)
{
	struct service_host *h = service_find(net, name);

	ASSERT_NET_LOCKED(net);
	if (!h)
		return -ENOENT;
	if (!h->sock.sk)
		return -EALREADY;
	service_stop(h);
	return 0;
}

static int services_net_init(struct net *net)
{
	struct services_net *sn = (struct services_net *)net_generic(net, services_net_id);
	size_t i;

	service_streams_init(&sn->streams);
	for (i = 0; i < SERVICES_NR; i++) {
		struct service_host *h = &sn->hosts[i];

		h->service = services[i];
		h->stream = service_stream_init(&sn->streams, h->service, &h->stats);
	}
	return 0;
}

static void services_net_exit(struct net *net)
{
	struct services_net *sn = (struct services_net *)net_generic(net, services_net_id);
	size_t i;

	for (i = 0; i < SERVICES_NR; i++)
		service_stop(&sn->hosts[i]);
}

static struct pernet_operations services_net_ops = {
	.init = services_net_init,
	.exit = services_net_exit,
	.id = &services_net_id,
	.size = sizeof(struct services_net),
};

int services_init(void)
{
	return register_pernet_subsys(&services_net_ops);
}
