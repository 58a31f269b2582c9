// SPDX-License-Identifier: BSD-2-Clause
/* The calls on an IPv4 socket: bind, connect, names, shutdown, data, readiness. */
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include <skiff/inet_ioctl.h>
#include <skiff/tcp_states.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"

int inet_autobind(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	ASSERT_NET_LOCKED(sock_net(sk));
	if (inet->inet_num || !sk->sk_prot->get_port)
		return 0;
	if (sk->sk_prot->get_port(sk, 0))
		return -EAGAIN;
	inet->inet_sport = htons(inet->inet_num);
	return 0;
}

/* May a socket be bound to an address that is none of ours? */
static bool inet_can_nonlocal_bind(const struct net *net, const struct inet_sock *inet)
{
	return ipv4_net(net)->sysctl.ip_nonlocal_bind || inet->freebind || inet->transparent;
}

int __inet_bind(struct sock *sk, __be32 addr, unsigned short snum)
{
	struct inet_sock *inet = inet_sk(sk);
	unsigned int type = inet_addr_type(sock_net(sk), addr);

	ASSERT_NET_LOCKED(sock_net(sk));
	if (addr && type == RTN_UNICAST && !inet_can_nonlocal_bind(sock_net(sk), inet))
		return -EADDRNOTAVAIL;
	/* What comes there is for "::1". */
	if (ipv4_is_loopback6(addr) && sk->sk_family != AF_INET6)
		return -EADDRNOTAVAIL;
	if (sk->sk_state != INET_STATE_CLOSE || inet->inet_num)
		return -EINVAL;
	inet->inet_rcv_saddr = inet->inet_saddr = addr;
	/* Packets can't come from a broadcast or multicast address that was bound to. */
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		inet->inet_saddr = 0;
	if (sk->sk_prot->get_port && (snum || !inet->bind_address_no_port) &&
	    sk->sk_prot->get_port(sk, snum)) {
		inet->inet_saddr = inet->inet_rcv_saddr = 0;
		return -EADDRINUSE;
	}
	if (inet->inet_rcv_saddr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (snum)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(inet->inet_num);
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	sk_dst_reset(sk);
	return 0;
}

int inet_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *addr = (const struct sockaddr_in *)(const void *)uaddr;
	struct sock *sk = sock->sk;

	if (sk->sk_prot->bind)
		return sk->sk_prot->bind(sk, uaddr, addr_len);
	if (addr_len < (int)sizeof(struct sockaddr_in))
		return -EINVAL;
	/* Old programs leave the family out for "any". */
	if (addr->sin_family != AF_INET && (addr->sin_family != AF_UNSPEC || addr->sin_addr.s_addr))
		return -EAFNOSUPPORT;
	return __inet_bind(sk, (__force __be32)addr->sin_addr.s_addr,
			   ntohs((__force __be16)addr->sin_port));
}

int inet_dgram_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len, int flags)
{
	struct sock *sk = sock->sk;

	(void)flags;
	if (addr_len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC)
		return sk->sk_prot->disconnect(sk, flags);
	return sk->sk_prot->connect(sk, uaddr, addr_len);
}

int inet_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)(void *)uaddr;
	const struct inet_sock *inet = inet_sk(sock->sk);

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	if (peer) {
		/* accept() tells who it was even if that one is gone. */
		if (!inet->inet_dport ||
		    (peer != 2 && ((1 << sock->sk->sk_state) & (TCPF_CLOSE | TCPF_SYN_SENT))))
			return -ENOTCONN;
		sin->sin_port = (__force in_port_t)inet->inet_dport;
		sin->sin_addr.s_addr = (__force in_addr_t)inet->inet_daddr;
	} else {
		__be32 addr = inet->inet_rcv_saddr ? inet->inet_rcv_saddr : inet->inet_saddr;

		sin->sin_port = (__force in_port_t)inet->inet_sport;
		sin->sin_addr.s_addr = (__force in_addr_t)addr;
	}
	return sizeof(*sin);
}

static bool has_colon(const struct ifreq *ifr)
{
	return memchr(ifr->ifr_name, ':', strnlen(ifr->ifr_name, IFNAMSIZ)) != NULL;
}

int inet_net_ioctl(struct net *net, unsigned int cmd, void *arg)
{
	ASSERT_NET_LOCKED(net);
	switch (cmd) {
	case SIOCADDRT:
	case SIOCDELRT:
		return arg ? ip_rt_ioctl(net, cmd, (struct rtentry *)arg) : -EFAULT;
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return arg ? arp_ioctl(net, cmd, arg) : -EFAULT;
	case SIOCGIFADDR:
	case SIOCSIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCSIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCSIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCSIFNETMASK:
		return arg ? devinet_ioctl(net, cmd, (struct ifreq *)arg) : -EFAULT;
	case SIOCRTMSG:
	case SIOCGIFPFLAGS:
	case SIOCSIFPFLAGS:
		return -EINVAL; /* known, and of no use, as on Linux */
	case SIOCSIFFLAGS:
		/* Of a name with a colon: of an address. Of a device, see dev_ioctl(). */
		if (!arg)
			return -EFAULT;
		return has_colon((const struct ifreq *)arg) ?
			       devinet_ioctl(net, cmd, (struct ifreq *)arg) :
			       -ENOIOCTLCMD;
	default:
		return -ENOIOCTLCMD;
	}
}

int inet_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	int karg = 0, err;

	ASSERT_NET_LOCKED(sock_net(sk));
	switch (cmd) {
	case SIOCGSTAMP_OLD:
	case SIOCGSTAMPNS_OLD:
		return sock_gettstamp(sock, (void *)arg, cmd == SIOCGSTAMP_OLD,
				      BITS_PER_LONG == 32);
	case SIOCGSTAMP_NEW:
	case SIOCGSTAMPNS_NEW:
		return sock_gettstamp(sock, (void *)arg, cmd == SIOCGSTAMP_NEW, false);
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
	case SIOCATMARK:
		if (!sk->sk_prot->ioctl)
			return -ENOIOCTLCMD;
		err = sk->sk_prot->ioctl(sk, (int)cmd, &karg);
		if (err)
			return err;
		if (!arg)
			return -EFAULT;
		memcpy((void *)arg, &karg, sizeof(karg));
		return 0;
	default:
		/* To AF_INET6 the same numbers are about other structures. */
		if (sk->sk_family == AF_INET6)
			return -ENOIOCTLCMD;
		return inet_net_ioctl(sock_net(sk), cmd, (void *)arg);
	}
}

int inet_sendmsg(struct socket *sock, struct skiff_msghdr *msg, size_t size)
{
	return sock->sk->sk_prot->sendmsg(sock->sk, msg, size);
}

int inet_recvmsg(struct socket *sock, struct skiff_msghdr *msg, size_t size, int flags)
{
	int addr_len = 0;
	int err = sock->sk->sk_prot->recvmsg(sock->sk, msg, size, flags, &addr_len);

	if (err >= 0)
		msg->msg_namelen = addr_len;
	return err;
}

int inet_setsockopt(struct socket *sock, int level, int optname, const void *optval,
		    unsigned int optlen)
{
	struct sock *sk = sock->sk;

	if (sk->sk_prot->setsockopt)
		return sk->sk_prot->setsockopt(sk, level, optname, optval, optlen);
	return level == SOL_IP ? ip_setsockopt(sk, level, optname, optval, optlen) : -ENOPROTOOPT;
}

int inet_getsockopt(struct socket *sock, int level, int optname, void *optval, int *optlen)
{
	struct sock *sk = sock->sk;

	if (sk->sk_prot->getsockopt)
		return sk->sk_prot->getsockopt(sk, level, optname, optval, optlen);
	return ip_getsockopt(sk, level, optname, optval, optlen);
}
