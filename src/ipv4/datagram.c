// SPDX-License-Identifier: BSD-2-Clause
/* What the datagram protocols share: connect, disconnect, the route of a datagram, the next packet. */
#include <limits.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"

/* Whose packets a socket's own address is about. */
enum saddr_kind { SADDR_V4, SADDR_V6, SADDR_ANY };

static enum saddr_kind saddr_kind(const struct sock *sk)
{
	if (sk->sk_family != AF_INET6)
		return SADDR_V4;
	if (sk->sk_rcv_saddr)
		return ipv4_is_loopback6(sk->sk_rcv_saddr) ? SADDR_V6 : SADDR_V4;
	/* What is in TIME_WAIT is no full socket, but has an address. */
	return inet6_sk(sk)->any_v4 ? SADDR_V4 : SADDR_ANY;
}

static bool ipv4_rcv_saddr_equal(const struct sock *sk, const struct sock *sk2, bool match_wildcard)
{
	if (sk2->sk_ipv6only)
		return false;
	if (sk->sk_rcv_saddr == sk2->sk_rcv_saddr)
		return true;
	return match_wildcard && (!sk->sk_rcv_saddr || !sk2->sk_rcv_saddr);
}

/*
 * Linux's rule, which is not the same both ways: to an AF_INET socket the other one's IPv4 address is
 * what counts, and "::1" has one there too unless bind() named it.
 */
bool inet_rcv_saddr_equal(const struct sock *sk, const struct sock *sk2, bool match_wildcard)
{
	enum saddr_kind kind = saddr_kind(sk), kind2 = saddr_kind(sk2);

	if (sk->sk_family != AF_INET6 || (kind == SADDR_V4 && kind2 == SADDR_V4))
		return ipv4_rcv_saddr_equal(sk, sk2, match_wildcard);
	if (kind == kind2)
		return true;
	/* "::" is all addresses, or with IPV6_V6ONLY all that are not of IPv4. */
	if (!match_wildcard)
		return false;
	return (kind2 == SADDR_ANY && !(sk2->sk_ipv6only && kind == SADDR_V4)) ||
	       (kind == SADDR_ANY && !(sk->sk_ipv6only && kind2 == SADDR_V4));
}

/* The device and source that the socket's options name for a destination. */
static void inet_flow_options(const struct inet_sock *inet, struct flowi4 *fl4)
{
	if (ipv4_is_multicast(fl4->daddr)) {
		if (!fl4->flowi4_oif)
			fl4->flowi4_oif = inet->mc_index;
		if (!fl4->saddr)
			fl4->saddr = inet->mc_addr;
	} else if (!fl4->flowi4_oif && inet->uc_index &&
		   (ipv4_is_lbcast(fl4->daddr) || !inet->sk.sk_bound_dev_if)) {
		fl4->flowi4_oif = inet->uc_index;
	}
}

struct rtable *inet_route_datagram(struct sock *sk, struct flowi4 *fl4, bool connected)
{
	struct net *net = sock_net(sk);
	struct rtable *rt;

	ASSERT_NET_LOCKED(net);
	if (connected) {
		rt = dst_rtable(sk_dst_check(sk, 0));
		if (rt) {
			/* What the route was looked up with when it was remembered. */
			fl4->saddr = inet_sk(sk)->inet_saddr;
			if (!fl4->daddr)
				fl4->daddr = fl4->saddr;
			return rt;
		}
	}
	if (!fl4->flowi4_oif)
		fl4->flowi4_oif = sk->sk_bound_dev_if;
	fl4->flowi4_mark = sk->sk_mark;
	inet_flow_options(inet_sk(sk), fl4);
	rt = ip_route_output_key(net, fl4);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(net, IPSTATS_MIB_OUTNOROUTES);
		return rt;
	}
	if ((rt->rt_flags & RTCF_BROADCAST) && !sock_flag(sk, SOCK_BROADCAST)) {
		ip_rt_put(rt);
		return (struct rtable *)ERR_PTR(-EACCES);
	}
	if (connected) {
		dst_hold(&rt->dst);
		sk_dst_set(sk, &rt->dst);
	}
	return rt;
}

/* The port is chosen when the peer is known: one that serves other peers will do if none is free. */
static int connect_to(struct sock *sk, const struct flowi4 *fl4)
{
	struct inet_sock *inet = inet_sk(sk);
	__be32 saddr = inet->inet_saddr, rcv_saddr = inet->inet_rcv_saddr;
	__be32 daddr = inet->inet_daddr;
	__be16 dport = inet->inet_dport;

	if (!inet->inet_saddr)
		inet->inet_saddr = fl4->saddr;
	if (!inet->inet_rcv_saddr)
		inet->inet_rcv_saddr = fl4->saddr;
	inet->inet_daddr = fl4->daddr;
	inet->inet_dport = fl4->fl4_dport;
	if (!inet_autobind(sk))
		return 0;
	inet->inet_saddr = saddr;
	inet->inet_rcv_saddr = rcv_saddr;
	inet->inet_daddr = daddr;
	inet->inet_dport = dport;
	return -EAGAIN;
}

int ip4_datagram_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *usin = (const struct sockaddr_in *)(const void *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 fl4 = {};
	struct rtable *rt;
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (addr_len < (int)sizeof(*usin))
		return -EINVAL;
	if (usin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	sk_dst_reset(sk);
	fl4.daddr = (__force __be32)usin->sin_addr.s_addr;
	fl4.saddr = inet->inet_saddr;
	fl4.flowi4_tos = inet->tos;
	fl4.flowi4_proto = (__u8)sk->sk_protocol;
	fl4.fl4_dport = (__force __be16)usin->sin_port;
	fl4.fl4_sport = inet->inet_sport;
	rt = inet_route_datagram(sk, &fl4, false);
	if (IS_ERR(rt))
		return (int)PTR_ERR(rt);
	err = connect_to(sk, &fl4);
	if (err) {
		ip_rt_put(rt);
		return err;
	}
	sk->sk_state = INET_STATE_CONNECTED;
	if (sk->sk_prot->hash && sk->sk_type == SOCK_DGRAM)
		sk->sk_prot->hash(sk);
	sk_dst_set(sk, &rt->dst);
	return 0;
}

int udp_disconnect(struct sock *sk, int flags)
{
	struct inet_sock *inet = inet_sk(sk);

	(void)flags;
	ASSERT_NET_LOCKED(sock_net(sk));
	sk->sk_state = INET_STATE_CLOSE;
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	sk->sk_bound_dev_if = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet->inet_rcv_saddr = inet->inet_saddr = 0;
	if (sk->sk_type == SOCK_RAW)
		inet->inet_sport = 0;
	if (sk->sk_type == SOCK_DGRAM) {
		if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
			sk->sk_prot->unhash(sk);
			inet->inet_sport = 0;
		} else if (sk->sk_prot->hash) {
			sk->sk_prot->hash(sk);
		}
	}
	sk_dst_reset(sk);
	return 0;
}

int inet_check_send(struct sock *sk)
{
	ASSERT_NET_LOCKED(sock_net(sk));
	return sk->sk_shutdown & SEND_SHUTDOWN ? -EPIPE : sock_error(sk);
}

bool inet_adopt_skb(struct sock *sk, struct sk_buff *skb)
{
	ASSERT_NET_LOCKED(sock_net(sk));
	if (sk_wmem_alloc_get(sk) >= READ_ONCE(sk->sk_sndbuf) && !sock_writeable_or_tell(sk))
		return false;
	skb_scrub_packet(skb, true);
	skb->ip_summed = CHECKSUM_NONE;
	skb_set_owner_w(skb, sk);
	return true;
}

/*
 * The queue has a lock of its own, and all else that is looked at is read at once: reading needs no
 * stack lock, and does not meet those who fill the queue but for a moment.
 */
struct sk_buff *inet_recv_skb(struct sock *sk, int flags, int *off, int *err)
{
	struct sk_buff_head *list = &sk->sk_receive_queue;
	struct sk_buff *skb;

	if (off)
		*off = sk_peek_offset(sk, flags);
	if (off && *off) {
		*err = net_enter(sock_net(sk));
		if (*err)
			return NULL;
		skb = __skb_recv_datagram(sk, list, (unsigned int)flags, off, err);
		net_unlock(sock_net(sk));
		return skb;
	}
	*err = sock_error(sk);
	if (*err)
		return NULL;
	spin_lock(&list->lock);
	skb = skb_peek(list);
	if (skb && flags & MSG_PEEK)
		skb_get(skb);
	else if (skb)
		__skb_unlink(skb, list);
	spin_unlock(&list->lock);
	if (skb)
		return skb;
	/* Only who would wait for the next one is told that there will be none. */
	*err = READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN && !(flags & MSG_DONTWAIT) ? 0 : -EAGAIN;
	return NULL;
}

int inet_recv_packet(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags,
		     int *addr_len)
{
	unsigned int copied;
	struct sk_buff *skb;
	int err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return ip_recv_error(sk, msg, (int)min_t(size_t, len, INT_MAX), addr_len);
	skb = inet_recv_skb(sk, flags, NULL, &err);
	if (!skb)
		return err;
	copied = (unsigned int)min_t(size_t, len, skb->len);
	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, 0, msg, (int)copied);
	if (!err) {
		sock_recv_cmsgs(msg, sk, skb);
		if (msg->msg_name)
			*addr_len = inet_put_name(sk, msg->msg_name, ip_hdr(skb)->saddr, 0);
		ip_cmsg_recv_offset(msg, sk, skb, 0, 0);
		/* Of a ping socket's message, Linux never tells how long it was. */
		err = (int)(flags & MSG_TRUNC && sk->sk_type == SOCK_RAW ? skb->len : copied);
	}
	inet_recv_done(skb);
	return err;
}

int inet_packet_dest(struct sock *sk, struct skiff_msghdr *msg, __be32 *daddr,
		     struct inet_cookie *ipc)
{
	__be16 port;
	int err = 0;

	if (msg->msg_name)
		err = inet_get_name(sk, msg->msg_name, msg->msg_namelen, daddr, &port);
	else if (READ_ONCE(sk->sk_state) != INET_STATE_CONNECTED)
		err = -EDESTADDRREQ;
	if (err)
		return err;
	inet_cookie_init(ipc, sk);
	return msg->msg_controllen ? ip_cmsg_send(sk, msg, ipc, false) : 0;
}
