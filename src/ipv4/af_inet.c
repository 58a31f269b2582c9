// SPDX-License-Identifier: BSD-2-Clause
/* The AF_INET family: which protocols have sockets, and how these are made and closed. */
#include <skiff/igmp.h>
#include <skiff/inet_common.h>
#include <skiff/slab.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"

/* By type; of one type, those that override first, then the permanent ones. */
static struct list_head inetsw[SOCK_PACKET + 1];

static struct list_head *inetsw_of(unsigned int type)
{
	struct list_head *list = &inetsw[type];

	if (!list->next)
		INIT_LIST_HEAD(list);
	return list;
}

void inet_register_protosw(struct inet_protosw *p)
{
	struct list_head *list, *last_perm, *pos;

	if (p->type > SOCK_PACKET) {
		pr_err("sockets of type %u: there is no such type", p->type);
		return;
	}
	list = last_perm = inetsw_of(p->type);
	list_for_each(pos, list) {
		const struct inet_protosw *answer = list_entry(pos, struct inet_protosw, list);

		if (!(answer->flags & INET_PROTOSW_PERMANENT))
			break;
		if (answer->protocol == p->protocol) {
			pr_err("sockets of type %u, protocol %u are registered for good", p->type,
			       p->protocol);
			return;
		}
		last_perm = pos;
	}
	/* Behind what can't be overridden, before what can. */
	list_add(&p->list, last_perm);
}

void inet_unregister_protosw(struct inet_protosw *p)
{
	if (p->flags & INET_PROTOSW_PERMANENT) {
		pr_err("sockets of type %u, protocol %u stay registered", p->type, p->protocol);
		return;
	}
	if (p->list.next)
		list_del_init(&p->list);
}

/* Does an entry serve @protocol? A 0 on either side leaves the choice to the other. */
static bool inet_protosw_fits(const struct inet_protosw *answer, int *protocol)
{
	if (*protocol == answer->protocol)
		return *protocol != IPPROTO_IP;
	if (*protocol == IPPROTO_IP) {
		*protocol = answer->protocol;
		return true;
	}
	return answer->protocol == IPPROTO_IP;
}

const struct inet_protosw *inet_find_protosw(int type, int *protocol)
{
	const struct inet_protosw *answer;
	int err = -ESOCKTNOSUPPORT;

	if (type < 0 || type > SOCK_PACKET)
		return (const struct inet_protosw *)ERR_PTR(-EINVAL);
	list_for_each_entry(answer, inetsw_of((unsigned int)type), list) {
		if (inet_protosw_fits(answer, protocol))
			return answer;
		err = -EPROTONOSUPPORT;
	}
	return (const struct inet_protosw *)ERR_PTR(err);
}

void inet_sock_init(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->pmtudisc = ipv4_net(sock_net(sk))->sysctl.ip_no_pmtu_disc ? IP_PMTUDISC_DONT :
									  IP_PMTUDISC_WANT;
	/* RFC 1112 section 6.1 for the time to live; loop and all as programs expect of Linux. */
	inet->mc_ttl = 1;
	inet->mc_loop = 1;
	inet->mc_all = 1;
}

/* What an AF_INET6 socket has besides. Return: 0 or -ENOBUFS. */
static int inet_sock_init_v6(struct sock *sk)
{
	struct ipv6_pinfo *np = (struct ipv6_pinfo *)kzalloc(sizeof(*np), GFP_KERNEL);

	if (!np)
		return -ENOBUFS;
	np->hop_limit = -1;
	np->mcast_hops = 1;
	np->mc_loop = 1;
	np->pmtudisc = IPV6_PMTUDISC_WANT;
	inet_sk(sk)->pinet6 = np;
	return 0;
}

static void inet_sock_destruct(struct sock *sk)
{
	kfree(inet_sk(sk)->inet_opt);
	inet_sk(sk)->inet_opt = NULL;
	kfree(inet_sk(sk)->pinet6);
	inet_sk(sk)->pinet6 = NULL;
}

/* A raw socket's protocol stands in its port, and it is known from the start. */
static int inet_start_raw(struct sock *sk, int protocol)
{
	inet_sk(sk)->inet_num = (__u16)protocol;
	if (protocol == IPPROTO_RAW)
		inet_sk(sk)->hdrincl = 1;
	inet_sk(sk)->inet_sport = htons((u16)protocol);
	return sk->sk_prot->hash(sk);
}

int inet_create_sock(struct net *net, struct socket *sock, const struct inet_protosw *answer,
		     int family, int protocol, const struct proto_ops *ops, int kern)
{
	struct sock *sk = sk_alloc(net, family, GFP_KERNEL, answer->prot, kern);
	int err;

	ASSERT_NET_LOCKED(net);
	if (!sk)
		return -ENOBUFS;
	sock_init_data(sock, sk);
	sk->sk_protocol = (u16)protocol;
	sk->sk_type = answer->type;
	sk->sk_destruct = inet_sock_destruct;
	if (answer->flags & INET_PROTOSW_REUSE)
		sk->sk_reuse = 1;
	inet_sock_init(sk);
	err = family == AF_INET6 ? inet_sock_init_v6(sk) : 0;
	if (!err && sock->type == SOCK_RAW && sk->sk_prot->hash)
		err = inet_start_raw(sk, protocol);
	if (!err && sk->sk_prot->init)
		err = sk->sk_prot->init(sk);
	if (err) {
		if (sk->sk_prot->unhash)
			sk->sk_prot->unhash(sk);
		sock_orphan(sk);
		sock_put(sk);
		return err;
	}
	sock->ops = ops;
	sock->sk = sk;
	return 0;
}

static int inet_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	const struct inet_protosw *answer;

	if (protocol < 0 || protocol >= MAX_INET_PROTOS)
		return -EINVAL;
	answer = inet_find_protosw(sock->type, &protocol);
	if (IS_ERR(answer))
		return (int)PTR_ERR(answer);
	return inet_create_sock(net, sock, answer, AF_INET, protocol, answer->ops, kern);
}

int inet_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return 0;
	ASSERT_NET_LOCKED(sock_net(sk));
	ip_mc_drop_socket(sk);
	sock->sk = NULL;
	sock->state = SS_FREE;
	sk->sk_prot->close(sk, 0);
	return 0;
}

static const struct net_proto_family inet_family_ops = {
	.family = AF_INET,
	.create = inet_create,
};

int inet_send_skb(struct socket *sock, struct skiff_msghdr *m, struct sk_buff *skb)
{
	struct sock *sk = sock->sk;

	if (sk->sk_prot->send_skb)
		return sk->sk_prot->send_skb(sk, m, skb);
	kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
	return -EOPNOTSUPP;
}

const struct proto_ops inet_dgram_ops = {
	.family = AF_INET,
	.release = inet_release,
	.bind = inet_bind,
	.connect = inet_dgram_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = inet_getname,
	.poll = datagram_poll,
	.ioctl = inet_ioctl,
	.listen = sock_no_listen,
	.shutdown = inet_shutdown,
	.setsockopt = inet_setsockopt,
	.getsockopt = inet_getsockopt,
	.sendmsg = inet_sendmsg,
	.recvmsg = inet_recvmsg,
	.set_peek_off = sk_set_peek_off,
	.recv_skb = datagram_recv_skb,
	.send_skb = inet_send_skb,
};

/* Linux has two tables because polling differs; here it is one and the same. */
const struct proto_ops inet_sockraw_ops = {
	.family = AF_INET,
	.release = inet_release,
	.bind = inet_bind,
	.connect = inet_dgram_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = inet_getname,
	.poll = datagram_poll,
	.ioctl = inet_ioctl,
	.listen = sock_no_listen,
	.shutdown = inet_shutdown,
	.setsockopt = inet_setsockopt,
	.getsockopt = inet_getsockopt,
	.sendmsg = inet_sendmsg,
	.recvmsg = inet_recvmsg,
	.recv_skb = datagram_recv_skb,
	.send_skb = inet_send_skb,
};

void inet_family_init(void)
{
	sock_register(&inet_family_ops);
}
