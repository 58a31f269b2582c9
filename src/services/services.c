// SPDX-License-Identifier: BSD-2-Clause
/* The table of services: enabling them, and answering what comes to their ports. */
#include <string.h>

#include "services/services.h"
#include "wire/udp.h"

static const struct service *const services[] = {
	&service_echo,
	&service_discard,
	&service_daytime,
	&service_chargen,
};

/**
 * struct service_host - a service on a host
 * @service: which
 * @sk: its socket, NULL while it is not offered
 * @stats: what it did
 */
struct service_host {
	const struct service *service;
	struct sock *sk;
	struct service_stats stats;
};

struct services_net {
	struct service_host hosts[ARRAY_SIZE(services)];
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

static void service_answer(struct service_host *h, struct sock *sk, struct sk_buff *skb)
{
	int len = h->service->answer_len(sock_net(sk), skb);
	struct sk_buff *answer;
	struct flowi4 fl4;
	struct rtable *rt;

	if (len < 0)
		return;
	udp_reply_flow(skb, &fl4);
	answer = udp_alloc_send_skb(sk, &fl4, (unsigned int)len, &rt);
	if (IS_ERR(answer)) {
		h->stats.failed++;
		return;
	}
	h->service->answer(sock_net(sk), skb, answer->data, (unsigned int)len);
	if (!udp_send_skb(sk, answer, &fl4, rt))
		h->stats.answers++;
	else
		h->stats.failed++;
}

/* A datagram for a service, data at its UDP header. */
static int service_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct service_host *h = (struct service_host *)sk->sk_user_data;

	h->stats.datagrams++;
	if (service_refuses(skb)) {
		h->stats.refused++;
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_FILTER);
		return 0;
	}
	__skb_pull(skb, WIRE_UDP_HLEN);
	service_answer(h, sk, skb);
	consume_skb(skb);
	return 0;
}

int service_enable(struct net *net, const char *name)
{
	struct service_host *h = service_find(net, name);
	struct udp_port_cfg cfg = { .family = AF_INET, .use_udp_checksums = true };
	int err;

	ASSERT_NET_LOCKED(net);
	if (!h)
		return -ENOENT;
	if (h->sk)
		return -EALREADY;
	cfg.local_udp_port = htons(h->service->port);
	err = udp_sock_create(net, &cfg, &h->sk);
	if (err)
		return err;
	h->sk->sk_user_data = h;
	udp_sk(h->sk)->encap_type = 1;
	udp_sk(h->sk)->encap_rcv = service_rcv;
	return 0;
}

static void service_stop(struct service_host *h)
{
	struct sock *sk = h->sk;

	h->sk = NULL;
	if (sk)
		udp_sock_release(sk);
}

int service_disable(struct net *net, const char *name)
{
	struct service_host *h = service_find(net, name);

	ASSERT_NET_LOCKED(net);
	if (!h)
		return -ENOENT;
	if (!h->sk)
		return -EALREADY;
	service_stop(h);
	return 0;
}

static int services_net_init(struct net *net)
{
	struct services_net *sn = (struct services_net *)net_generic(net, services_net_id);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(services); i++)
		sn->hosts[i].service = services[i];
	return 0;
}

static void services_net_exit(struct net *net)
{
	struct services_net *sn = (struct services_net *)net_generic(net, services_net_id);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(services); i++)
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
