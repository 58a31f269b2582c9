// SPDX-License-Identifier: BSD-2-Clause
/* Raw sockets: made, bound and closed; their options. */
#include "ipv4/sockglue.h"
#include "raw/raw.h"

static int raw_init_sk(struct sock *sk)
{
	inet_sk(sk)->cork = &raw_sk(sk)->cork;
	return 0;
}

static int raw_hash_sk(struct sock *sk)
{
	hlist_add_head(&sk->sk_node, &raw_net(sock_net(sk))->socks[sk->sk_num]);
	inet_raw_count(sock_net(sk), 1);
	return 0;
}

static void raw_unhash_sk(struct sock *sk)
{
	if (hlist_unhashed(&sk->sk_node))
		return;
	hlist_del_init(&sk->sk_node);
	inet_raw_count(sock_net(sk), -1);
}

static void raw_close(struct sock *sk, long timeout)
{
	(void)timeout;
	raw_unhash_sk(sk);
	ip_flush_pending_frames(sk);
	sock_orphan(sk);
	skb_queue_purge(&sk->sk_receive_queue);
	sock_put(sk);
}

static int raw_bind(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *addr = (const struct sockaddr_in *)(const void *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	unsigned int type;
	__be32 ip;

	if (sk->sk_state != INET_STATE_CLOSE || addr_len < (int)sizeof(*addr))
		return -EINVAL;
	ip = (__force __be32)addr->sin_addr.s_addr;
	type = inet_addr_type(sock_net(sk), ip);
	if (ip && type == RTN_UNICAST && !inet->freebind && !inet->transparent)
		return -EADDRNOTAVAIL;
	inet->inet_rcv_saddr = inet->inet_saddr = ip;
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		inet->inet_saddr = 0;
	sk->sk_userlocks |= ip ? SOCK_BINDADDR_LOCK : 0;
	sk_dst_reset(sk);
	return 0;
}

static int raw_setsockopt(struct sock *sk, int level, int optname, const void *optval,
			  unsigned int optlen)
{
	if (level == SOL_IP)
		return ip_setsockopt(sk, level, optname, optval, optlen);
	if (level != SOL_RAW || optname != ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->sk_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	if (optlen > sizeof(struct icmp_filter))
		optlen = sizeof(struct icmp_filter);
	if (optlen && !optval)
		return -EFAULT;
	if (optlen)
		memcpy(&raw_sk(sk)->filter, optval, optlen);
	return 0;
}

static int raw_getsockopt(struct sock *sk, int level, int optname, void *optval, int *optlen)
{
	if (level == SOL_IP)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	/* Levels that it doesn't have: Linux answers those who ask otherwise than those who set. */
	if (level != SOL_RAW)
		return -EOPNOTSUPP;
	if (optname != ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->sk_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	return sock_put_option(optval, optlen, &raw_sk(sk)->filter, sizeof(struct icmp_filter));
}

struct proto raw_prot = {
	.name = "RAW",
	.obj_size = sizeof(struct raw_sock),
	.init = raw_init_sk,
	.close = raw_close,
	.hash = raw_hash_sk,
	.unhash = raw_unhash_sk,
	.bind = raw_bind,
	.connect = ip4_datagram_connect,
	.disconnect = udp_disconnect,
	.ioctl = datagram_ioctl,
	.setsockopt = raw_setsockopt,
	.getsockopt = raw_getsockopt,
	.sendmsg = raw_sendmsg,
	.send_skb = raw_send_skb,
	.recvmsg = inet_recv_packet,
};
