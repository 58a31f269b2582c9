// SPDX-License-Identifier: BSD-2-Clause
/* UDP for C programs: a port with callbacks. */
#include <skiff/slab.h>
#include <skiff/udp.h>

#include "skiff/skiff_top.h"

struct skiff_udp {
	struct sock *sk;
	struct net *net;
	u16 port;
	struct skiff_udp_params params;
};

static struct sockaddr_in udp_name(__be32 addr, __be16 port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = (__force in_port_t)port };

	name.sin_addr.s_addr = (__force in_addr_t)addr;
	return name;
}

/* A datagram, data at its UDP header. */
static int udp_recv(struct sock *sk, struct sk_buff *skb)
{
	struct skiff_udp *udp = (struct skiff_udp *)sk->sk_user_data;
	struct sockaddr_in from, to;

	/* Closed by its own callback, while there were more copies to deliver. */
	if (!udp || !udp->params.recv) {
		consume_skb(skb);
		return 0;
	}
	if (skb_linearize(skb)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return 0;
	}
	from = udp_name(ip_hdr(skb)->saddr, udp_hdr(skb)->source);
	to = udp_name(ip_hdr(skb)->daddr, udp_hdr(skb)->dest);
	__skb_pull(skb, sizeof(struct udphdr));
	udp->params.recv(udp, skb->data, skb->len, &from, &to, udp->params.arg);
	consume_skb(skb);
	return 0;
}

static void udp_error(struct sock *sk, struct sk_buff *skb, int err, __be16 port, u32 info,
		      u8 *payload)
{
	struct skiff_udp *udp = (struct skiff_udp *)sk->sk_user_data;
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	struct sockaddr_in to = udp_name(iph->daddr, port);

	(void)info;
	(void)payload;
	if (udp && udp->params.error)
		udp->params.error(udp, err, &to, udp->params.arg);
}

static int udp_open_locked(struct net *net, const struct skiff_udp_params *params,
			   struct skiff_udp *udp)
{
	const struct udp_port_cfg cfg = {
		.family = AF_INET,
		.local_ip = (__force __be32)params->addr.s_addr,
		.local_udp_port = htons(params->port),
		.use_udp_checksums = !params->no_checksum,
	};
	int ret = udp_sock_create(net, &cfg, &udp->sk);

	if (ret)
		return ret;
	udp->net = net;
	udp->port = udp->sk->sk_num;
	udp->params = *params;
	sock_valbool_flag(udp->sk, SOCK_BROADCAST, params->broadcast);
	udp->sk->sk_user_data = udp;
	udp_sk(udp->sk)->encap_type = 1;
	udp_sk(udp->sk)->encap_rcv = udp_recv;
	udp_sk(udp->sk)->encap_err_rcv = udp_error;
	return 0;
}

int skiff_udp_open(struct net *net, const struct skiff_udp_params *params, struct skiff_udp **udpp)
{
	struct skiff_udp *udp;
	int ret;

	if (!params || !udpp)
		return -EINVAL;
	ret = net_enter(net);
	if (ret)
		return ret;
	udp = (struct skiff_udp *)kzalloc(sizeof(*udp), GFP_KERNEL);
	ret = udp ? udp_open_locked(net, params, udp) : -ENOMEM;
	net_unlock(net);
	if (ret)
		kfree(udp);
	else
		*udpp = udp;
	return ret;
}

void __skiff_udp_close(struct skiff_udp *udp)
{
	if (!udp)
		return;
	udp->sk->sk_user_data = NULL;
	udp_sock_release(udp->sk);
	kfree(udp);
}

void skiff_udp_close(struct skiff_udp *udp)
{
	struct net *net = udp ? udp->net : NULL;

	if (!net || net_enter(net))
		return;
	__skiff_udp_close(udp);
	net_unlock(net);
}

int __skiff_udp_send(struct skiff_udp *udp, const void *data, size_t len,
		     const struct sockaddr_in *to)
{
	if (!to || to->sin_family != AF_INET || (!data && len))
		return -EINVAL;
	if (len > UDP_PAYLOAD_MAX)
		return -EMSGSIZE;
	return udp_send_data(udp->sk, data, (unsigned int)len, (__force __be32)to->sin_addr.s_addr,
			     (__force __be16)to->sin_port);
}

int skiff_udp_send(struct skiff_udp *udp, const void *data, size_t len,
		   const struct sockaddr_in *to)
{
	int ret = net_enter(udp->net);

	if (ret)
		return ret;
	ret = __skiff_udp_send(udp, data, len, to);
	net_unlock(udp->net);
	return ret;
}

u16 skiff_udp_port(const struct skiff_udp *udp)
{
	return udp->port;
}
