// SPDX-License-Identifier: BSD-2-Clause
/* The options of level SOL_IPV6 that mean something to a socket with "::1" or v4-mapped addresses. */
#include <skiff/inetdevice.h>
#include <skiff/ip_sock.h>
#include <skiff/ipv6.h>

/*
 * What is sent to "::1" goes by these, what is sent to a v4-mapped address by those of level SOL_IP.
 * Groups are of IPv4 alone, so their options of level SOL_IP are set along.
 */

static int set_unicast_hops(struct sock *sk, int val)
{
	if (val < -1 || val > 255)
		return -EINVAL;
	inet6_sk(sk)->hop_limit = (s16)val;
	return 0;
}

static int set_mcast_hops(struct sock *sk, int val)
{
	if (val < -1 || val > 255)
		return -EINVAL;
	inet6_sk(sk)->mcast_hops = (s16)(val == -1 ? 1 : val);
	inet_sk(sk)->mc_ttl = (u8)(val == -1 ? 1 : val);
	return 0;
}

static int set_mcast_loop(struct sock *sk, int val)
{
	if (val != 0 && val != 1)
		return -EINVAL;
	inet6_sk(sk)->mc_loop = val & 1;
	inet_sk(sk)->mc_loop = val & 1;
	return 0;
}

static int set_mtu_discover(struct sock *sk, int val)
{
	if (val < IPV6_PMTUDISC_DONT || val > IP_PMTUDISC_OMIT)
		return -EINVAL;
	inet6_sk(sk)->pmtudisc = (u8)val;
	return 0;
}

static int set_v6only(struct sock *sk, int val)
{
	/* Once it is bound, its place in the tables says who may bind beside it. */
	if (inet_sk(sk)->inet_num)
		return -EINVAL;
	sk->sk_ipv6only = !!val;
	return 0;
}

static int set_recverr(struct sock *sk, int val)
{
	inet6_sk(sk)->recverr = !!val;
	if (!val)
		skb_queue_purge(&sk->sk_error_queue);
	return 0;
}

static int set_tclass(struct ipv6_pinfo *np, struct sock *sk, int val)
{
	if (val < -1 || val > 255)
		return -EINVAL;
	if (val == -1)
		val = 0;
	/* A stream's ECN is its own business. */
	np->tclass = (u8)(sk->sk_type == SOCK_STREAM ? val & ~3 : val);
	sk_dst_reset(sk);
	return 0;
}

static int set_mcast_if(struct sock *sk, int val)
{
	if (sk->sk_bound_dev_if && val && sk->sk_bound_dev_if != val)
		return -EINVAL;
	if (val && !__dev_get_by_index(sock_net(sk), val))
		return -ENODEV;
	inet6_sk(sk)->mcast_oif = val;
	inet_sk(sk)->mc_index = val;
	inet_sk(sk)->mc_addr = 0;
	return 0;
}

static int get_int(const struct sock *sk, int optname, int *val);

int ipv6_setsockopt(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	int val;

	if (get_int(sk, optname, &val))
		return -ENOPROTOOPT;
	if (optlen < sizeof(int))
		return -EINVAL;
	if (!optval)
		return -EFAULT;
	memcpy(&val, optval, sizeof(val));
	switch (optname) {
	case IPV6_V6ONLY:
		return set_v6only(sk, val);
	case IPV6_UNICAST_HOPS:
		return set_unicast_hops(sk, val);
	case IPV6_MULTICAST_HOPS:
		return set_mcast_hops(sk, val);
	case IPV6_MULTICAST_LOOP:
		return set_mcast_loop(sk, val);
	case IPV6_MULTICAST_IF:
		return set_mcast_if(sk, val);
	case IPV6_TCLASS:
		return set_tclass(np, sk, val);
	case IPV6_MTU_DISCOVER:
		return set_mtu_discover(sk, val);
	case IPV6_RECVERR:
		return set_recverr(sk, val);
	case IPV6_RECVPKTINFO:
		np->rxpktinfo = !!val;
		return 0;
	case IPV6_RECVHOPLIMIT:
		np->rxhlim = !!val;
		return 0;
	case IPV6_RECVTCLASS:
		np->rxtclass = !!val;
		return 0;
	case IPV6_RECVORIGDSTADDR:
		np->rxorigdstaddr = !!val;
		return 0;
	case IPV6_DONTFRAG:
		np->dontfrag = !!val;
		return 0;
	case IPV6_FREEBIND:
		inet_sk(sk)->freebind = !!val;
		return 0;
	case IPV6_TRANSPARENT:
		inet_sk(sk)->transparent = !!val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_int(const struct sock *sk, int optname, int *val)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	switch (optname) {
	case IPV6_V6ONLY:
		*val = sk->sk_ipv6only;
		return 0;
	case IPV6_UNICAST_HOPS:
		*val = np->hop_limit >= 0 ? np->hop_limit : 64;
		return 0;
	case IPV6_MULTICAST_HOPS:
		*val = np->mcast_hops;
		return 0;
	case IPV6_MULTICAST_LOOP:
		*val = np->mc_loop;
		return 0;
	case IPV6_MULTICAST_IF:
		*val = np->mcast_oif;
		return 0;
	case IPV6_TCLASS:
		*val = np->tclass;
		return 0;
	case IPV6_MTU_DISCOVER:
		*val = np->pmtudisc;
		return 0;
	case IPV6_RECVERR:
		*val = np->recverr;
		return 0;
	case IPV6_RECVPKTINFO:
		*val = np->rxpktinfo;
		return 0;
	case IPV6_RECVHOPLIMIT:
		*val = np->rxhlim;
		return 0;
	case IPV6_RECVTCLASS:
		*val = np->rxtclass;
		return 0;
	case IPV6_RECVORIGDSTADDR:
		*val = np->rxorigdstaddr;
		return 0;
	case IPV6_DONTFRAG:
		*val = np->dontfrag;
		return 0;
	case IPV6_FREEBIND:
		*val = inet_sk(sk)->freebind;
		return 0;
	case IPV6_TRANSPARENT:
		*val = inet_sk(sk)->transparent;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int ipv6_getsockopt(struct sock *sk, int optname, void *optval, int *optlen)
{
	int val = 0, err;

	/* Of the route, which is the same to both levels. */
	if (optname == IPV6_MTU)
		return ip_getsockopt(sk, SOL_IP, IP_MTU, optval, optlen);
	err = get_int(sk, optname, &val);
	return err ? err : sock_put_option(optval, optlen, &val, sizeof(val));
}
