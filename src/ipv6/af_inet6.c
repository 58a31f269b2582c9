// SPDX-License-Identifier: BSD-2-Clause
/* The AF_INET6 family over IPv4's protocols: names are translated, the rest is theirs. */
#include <skiff/byteorder.h>
#include <skiff/ip_sock.h>
#include <skiff/ipv6.h>

#include "tcp/tcp.h"

/* RFC 2133's sockaddr_in6, without a scope, is what Linux still takes. */
#define SIN6_LEN_RFC2133 24

static int inet6_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	const struct inet_protosw *answer;
	int own;

	if (protocol < 0 || protocol >= MAX_INET_PROTOS)
		return -EINVAL;
	/* Raw and ping sockets of this family are about IPv6 packets and ICMPv6. */
	if (sock->type == SOCK_DGRAM)
		own = IPPROTO_UDP;
	else if (sock->type == SOCK_STREAM)
		own = IPPROTO_TCP;
	else
		return -ESOCKTNOSUPPORT;
	if (protocol != IPPROTO_IP && protocol != own)
		return -EPROTONOSUPPORT;
	answer = inet_find_protosw(sock->type, &own);
	if (IS_ERR(answer))
		return (int)PTR_ERR(answer);
	return inet_create_sock(net, sock, answer, AF_INET6, own,
				own == IPPROTO_TCP ? &inet6_stream_ops : &inet6_dgram_ops, kern);
}

/* The IPv4 address that carries what is for an address of ours. */
static int inet6_own(const struct sock *sk, const struct in6_addr *addr, __be32 *v4)
{
	*v4 = 0;
	if (IN6_IS_ADDR_UNSPECIFIED(addr))
		return 0;
	if (ipv6_addr_loopback(addr)) {
		*v4 = htonl(INADDR_LOOPBACK6);
		return 0;
	}
	if (!ipv6_addr_v4mapped(addr))
		return -EADDRNOTAVAIL;
	if (sk->sk_ipv6only)
		return -EINVAL;
	*v4 = ipv6_mapped_v4(addr);
	return ipv4_is_loopback6(*v4) ? -EADDRNOTAVAIL : 0;
}

/* What the address says about families has to be known when the port is looked at. */
static int bind_as(struct sock *sk, const struct in6_addr *addr, __be32 v4, unsigned short port)
{
	unsigned char ipv6only = sk->sk_ipv6only;
	int err;

	if (ipv4_is_loopback6(v4))
		sk->sk_ipv6only = 1;
	inet6_sk(sk)->any_v4 = !v4 && ipv6_addr_v4mapped(addr);
	err = __inet_bind(sk, v4, port);
	if (err) {
		sk->sk_ipv6only = ipv6only & 1;
		inet6_sk(sk)->any_v4 = 0;
	} else if (inet6_sk(sk)->any_v4) {
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	}
	return err;
}

static int inet6_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in6 *addr = (const struct sockaddr_in6 *)(const void *)uaddr;
	struct sock *sk = sock->sk;
	__be32 v4;
	int err;

	if (addr_len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (addr->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (IN6_IS_ADDR_MULTICAST(&addr->sin6_addr))
		return -EINVAL;
	if (sk->sk_state != INET_STATE_CLOSE || inet_sk(sk)->inet_num)
		return -EINVAL;
	err = inet6_own(sk, &addr->sin6_addr, &v4);
	if (err)
		return err;
	return bind_as(sk, &addr->sin6_addr, v4, ntohs((__force __be16)addr->sin6_port));
}

/* What connects the IPv4 socket that it is. */
static int connect_v4(struct socket *sock, struct sockaddr *uaddr, int addr_len, int flags)
{
	return sock->type == SOCK_STREAM ? inet_stream_connect(sock, uaddr, addr_len, flags) :
					   inet_dgram_connect(sock, uaddr, addr_len, flags);
}

/* Who was connected to "::1", and is bound to nothing, may turn to an IPv4 peer. */
static void leave_loopback6(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	if (!ipv4_is_loopback6(inet->inet_rcv_saddr) || sk->sk_userlocks & SOCK_BINDADDR_LOCK)
		return;
	inet->inet_saddr = inet->inet_rcv_saddr = 0;
	if (sk->sk_prot->hash)
		sk->sk_prot->hash(sk);
}

static int inet6_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len, int flags)
{
	const struct sockaddr_in6 *addr = (const struct sockaddr_in6 *)(const void *)uaddr;
	struct sockaddr_in sin = { .sin_family = AF_INET };
	__be32 v4;
	int err;

	if (addr_len < (int)sizeof(sa_family_t))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC)
		return connect_v4(sock, uaddr, addr_len, flags);
	/* What is connected, or about to be, says so whatever the address. */
	if (sock->type == SOCK_STREAM &&
	    (sock->state != SS_UNCONNECTED || sock->sk->sk_state != TCP_CLOSE))
		return connect_v4(sock, uaddr, addr_len, flags);
	if (uaddr->sa_family == AF_INET && sock->type != SOCK_STREAM) {
		if (sock->sk->sk_ipv6only)
			return -EAFNOSUPPORT;
		leave_loopback6(sock->sk);
		return connect_v4(sock, uaddr, addr_len, flags);
	}
	if (addr_len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (addr->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = inet6_dest(sock->sk, &addr->sin6_addr, &v4);
	if (err)
		return err;
	if (!ipv4_is_loopback6(v4))
		leave_loopback6(sock->sk);
	sin.sin_port = addr->sin6_port;
	sin.sin_addr.s_addr = (__force in_addr_t)v4;
	return connect_v4(sock, (struct sockaddr *)(void *)&sin, sizeof(sin), flags);
}

static int inet6_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)(void *)uaddr;
	struct sockaddr_in sin;
	int err = inet_getname(sock, (struct sockaddr *)(void *)&sin, peer);

	if (err < 0)
		return err;
	memset(sin6, 0, sizeof(*sin6));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = sin.sin_port;
	/* Any address is "::", unless bind() said of which family. */
	if (sin.sin_addr.s_addr || (!peer && inet6_sk(sock->sk)->any_v4))
		ipv6_addr_set_v4((__force __be32)sin.sin_addr.s_addr, &sin6->sin6_addr);
	return sizeof(*sin6);
}

static int inet6_setsockopt(struct socket *sock, int level, int optname, const void *optval,
			    unsigned int optlen)
{
	if (level == SOL_IPV6)
		return ipv6_setsockopt(sock->sk, optname, optval, optlen);
	return inet_setsockopt(sock, level, optname, optval, optlen);
}

static int inet6_getsockopt(struct socket *sock, int level, int optname, void *optval, int *optlen)
{
	if (level == SOL_IPV6)
		return ipv6_getsockopt(sock->sk, optname, optval, optlen);
	return inet_getsockopt(sock, level, optname, optval, optlen);
}

const struct proto_ops inet6_dgram_ops = {
	.family = AF_INET6,
	.release = inet_release,
	.bind = inet6_bind,
	.connect = inet6_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = inet6_getname,
	.poll = datagram_poll,
	.ioctl = inet_ioctl,
	.listen = sock_no_listen,
	.shutdown = inet_shutdown,
	.setsockopt = inet6_setsockopt,
	.getsockopt = inet6_getsockopt,
	.sendmsg = inet_sendmsg,
	.recvmsg = inet_recvmsg,
	.set_peek_off = sk_set_peek_off,
};

const struct proto_ops inet6_stream_ops = {
	.family = AF_INET6,
	.release = inet_release,
	.bind = inet6_bind,
	.connect = inet6_connect,
	.socketpair = sock_no_socketpair,
	.accept = tcp_accept,
	.getname = inet6_getname,
	.poll = tcp_poll,
	.ioctl = inet_ioctl,
	.listen = tcp_listen,
	.shutdown = inet_shutdown,
	.linger = tcp_linger,
	.setsockopt = inet6_setsockopt,
	.getsockopt = inet6_getsockopt,
	.sendmsg = inet_sendmsg,
	.recvmsg = inet_recvmsg,
	.set_peek_off = sk_set_peek_off,
	.set_rcvlowat = tcp_set_rcvlowat,
	.recv_skb = tcp_recv_skb_form,
	.send_skb = inet_send_skb,
};

static const struct net_proto_family inet6_family_ops = {
	.family = AF_INET6,
	.create = inet6_create,
};

int inet6_init(void)
{
	int err = sock_register(&inet6_family_ops);

	return err == -EEXIST ? 0 : err;
}
