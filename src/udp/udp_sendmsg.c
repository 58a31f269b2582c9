// SPDX-License-Identifier: BSD-2-Clause
/* sendmsg() on a UDP socket: the program's data is copied before the stack lock is taken. */
#include "udp/udp.h"
#include "wire/udp.h"

/* In front of the payload: whatever headers there may be, so that none has to be moved. */
#define UDP_HEADROOM (LL_MAX_HEADER + 60 + WIRE_UDP_HLEN)

/* Where a datagram goes; @connected: to the peer, as the socket's remembered route does. */
struct udp_dest {
	__be32 daddr;
	__be16 dport;
	bool connected;
};

static int udp_get_dest(const struct sock *sk, const struct skiff_msghdr *msg, struct udp_dest *d)
{
	int err;

	d->connected = !msg->msg_name;
	if (!msg->msg_name)
		return READ_ONCE(sk->sk_state) == INET_STATE_CONNECTED ? 0 : -EDESTADDRREQ;
	err = inet_get_name(sk, msg->msg_name, msg->msg_namelen, &d->daddr, &d->dport);
	if (err)
		return err;
	return d->dport ? 0 : -EINVAL;
}

static __be32 udp_daddr(const struct sock *sk, const struct udp_dest *d)
{
	return d->connected ? sk->sk_daddr : d->daddr;
}

/* The socket's own values for a datagram to @d. */
static void udp_cookie_init(struct inet_cookie *ipc, const struct sock *sk,
			    const struct udp_dest *d)
{
	inet_cookie_init(ipc, sk);
	if (sk->sk_family != AF_INET6)
		return;
	ipc->loopback6 = ipv4_is_loopback6(udp_daddr(sk, d));
	if (ipc->loopback6) {
		ipc->ttl = inet6_hop_limit(sk);
		ipc->tos = inet6_sk(sk)->tclass;
	} else if (ipv4_is_loopback6(ipc->addr)) {
		/* "::1" is no source of an IPv4 packet. */
		ipc->addr = 0;
	}
}

/* The payload, charged to the socket. ERR_PTR as sock_alloc_send_skb(), or -EFAULT. */
static struct sk_buff *udp_copy_payload(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	struct sk_buff *skb;
	int err;

	skb = sock_alloc_send_skb(sk, UDP_HEADROOM + len, (msg->msg_flags & MSG_DONTWAIT) != 0,
				  &err);
	if (!skb)
		return (struct sk_buff *)ERR_PTR(err);
	skb_reserve(skb, UDP_HEADROOM);
	if (len && !copy_from_iter_full(skb_put(skb, (unsigned int)len), len, &msg->msg_iter)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
		return (struct sk_buff *)ERR_PTR(-EFAULT);
	}
	return skb;
}

static void udp_flow(const struct sock *sk, struct flowi4 *fl4, const struct udp_dest *d,
		     const struct inet_cookie *ipc)
{
	*fl4 = (struct flowi4){
		.daddr = udp_daddr(sk, d),
		.saddr = ipc->addr,
		.flowi4_oif = ipc->oif,
		.flowi4_tos = ipc->tos >= 0 ? (__u8)ipc->tos : inet_sk(sk)->tos,
		.flowi4_proto = IPPROTO_UDP,
		.fl4_sport = inet_sk(sk)->inet_sport,
		.fl4_dport = d->connected ? sk->sk_dport : d->dport,
	};
}

/* The route; a port is chosen first if there is none. */
static struct rtable *udp_route(struct sock *sk, struct flowi4 *fl4, const struct udp_dest *d,
				const struct inet_cookie *ipc, bool plain)
{
	/* It may have been disconnected while the data was copied. */
	if (d->connected && sk->sk_state != INET_STATE_CONNECTED)
		return (struct rtable *)ERR_PTR(-EDESTADDRREQ);
	if (!inet_sk(sk)->inet_num && inet_autobind(sk))
		return (struct rtable *)ERR_PTR(-EAGAIN);
	udp_flow(sk, fl4, d, ipc);
	return inet_route_datagram(sk, fl4, plain && d->connected);
}

static int udp_send_locked(struct sock *sk, struct sk_buff *skb, const struct udp_dest *d,
			   const struct inet_cookie *ipc, unsigned int flags, bool plain)
{
	struct flowi4 fl4;
	struct rtable *rt;
	int err = 0;

	rt = udp_route(sk, &fl4, d, ipc, plain);
	if (IS_ERR(rt)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return (int)PTR_ERR(rt);
	}
	if (flags & MSG_CONFIRM)
		dst_confirm_neigh(&rt->dst, &fl4.daddr);
	if (udp_wants_cork(sk, flags))
		err = udp_cork_begin(sk, skb, fl4.daddr, fl4.fl4_dport, d->connected, ipc);
	else
		err = udp_send_payload(sk, skb, &fl4, rt, ipc);
	ip_rt_put(rt);
	return err;
}

/* MSG_PROBE: all but sending, with the neighbour confirmed if MSG_CONFIRM says so. */
static int udp_probe(struct sock *sk, const struct udp_dest *d, const struct inet_cookie *ipc,
		     unsigned int flags, bool plain)
{
	struct net *net = sock_net(sk);
	int err = net_enter(net);
	struct flowi4 fl4;
	struct rtable *rt;

	if (err)
		return err;
	rt = udp_route(sk, &fl4, d, ipc, plain);
	if (IS_ERR(rt)) {
		err = (int)PTR_ERR(rt);
	} else {
		if (flags & MSG_CONFIRM)
			dst_confirm_neigh(&rt->dst, &fl4.daddr);
		ip_rt_put(rt);
	}
	net_unlock(net);
	return err;
}

/* MSG_ZEROCOPY: what there was was copied, which the program hears at once. */
static void udp_zerocopy(struct sock *sk, const struct skiff_msghdr *msg, bool any, int err)
{
	if (unlikely(msg->msg_flags & MSG_ZEROCOPY) && any && !err && sock_flag(sk, SOCK_ZEROCOPY))
		sock_zerocopy_done(sk);
}

/* One more part of a datagram that was begun: where it goes was said then. */
static int udp_sendmsg_pending(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	struct sk_buff *skb = udp_copy_payload(sk, msg, len);
	struct net *net = sock_net(sk);
	int err;

	if (IS_ERR(skb))
		return (int)PTR_ERR(skb);
	err = net_enter(net);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return err;
	}
	err = udp_cork_add(sk, skb, udp_wants_cork(sk, msg->msg_flags));
	udp_zerocopy(sk, msg, len != 0, err);
	net_unlock(net);
	return err ? err : (int)len;
}

int udp_sendmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	struct net *net = sock_net(sk);
	struct inet_cookie ipc;
	bool plain = !msg->msg_controllen;
	struct sk_buff *skb;
	struct udp_dest d;
	int err;

	if (len > UDP_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (msg->msg_flags & MSG_OOB) {
		/* AF_INET6 looks at the address first. */
		err = sk->sk_family == AF_INET6 ? udp_get_dest(sk, msg, &d) : 0;
		return err ? err : -EOPNOTSUPP;
	}
	if (READ_ONCE(udp_sk(sk)->pending))
		return udp_sendmsg_pending(sk, msg, len);
	err = udp_get_dest(sk, msg, &d);
	if (err)
		return err;
	udp_cookie_init(&ipc, sk, &d);
	if (!plain) {
		err = ip_cmsg_send(sk, msg, &ipc, sk->sk_family == AF_INET6);
		if (err)
			return err;
	}
	if (msg->msg_flags & MSG_PROBE) {
		err = udp_probe(sk, &d, &ipc, msg->msg_flags, plain);
		return err ? err : (int)len;
	}
	/* An address that can't be sent to is told before what is wrong with the socket. */
	if (unlikely(READ_ONCE(sk->sk_err) || READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)) {
		err = udp_probe(sk, &d, &ipc, 0, plain);
		if (err)
			return err;
	}
	skb = udp_copy_payload(sk, msg, len);
	err = IS_ERR(skb) ? (int)PTR_ERR(skb) : net_enter(net);
	if (err) {
		if (!IS_ERR(skb))
			kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		else if (err == -ENOBUFS || err == -EAGAIN)
			UDP_INC_STATS(net, UDP_MIB_SNDBUFERRORS, 0);
		return err;
	}
	err = udp_send_locked(sk, skb, &d, &ipc, msg->msg_flags, plain);
	udp_zerocopy(sk, msg, true, err);
	/* More datagrams of the same call follow: what they have in common is done once. */
	if (msg->msg_flags & MSG_BATCH)
		net_unlock_more(net);
	else
		net_unlock(net);
	return err ? err : (int)len;
}

/* Why a buffer can't be the payload as it is, as -errno. */
static int udp_check_skb(struct sock *sk, const struct sk_buff *skb)
{
	if (skb_shared(skb))
		return -EINVAL;
	if (skb->len > UDP_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (udp_sk(sk)->pending)
		return -EINVAL;
	return inet_check_send(sk);
}

int udp_send_user_skb(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb)
{
	bool plain = !msg->msg_controllen;
	struct inet_cookie ipc;
	struct udp_dest d;
	int len = (int)skb->len, err;

	ASSERT_NET_LOCKED(sock_net(sk));
	err = udp_check_skb(sk, skb);
	if (!err)
		err = udp_get_dest(sk, msg, &d);
	if (!err)
		udp_cookie_init(&ipc, sk, &d);
	if (!err && !plain)
		err = ip_cmsg_send(sk, msg, &ipc, sk->sk_family == AF_INET6);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return err;
	}
	if (!inet_adopt_skb(sk, skb))
		return -EAGAIN;
	err = udp_send_locked(sk, skb, &d, &ipc, msg->msg_flags & ~(unsigned int)MSG_MORE, plain);
	return err ? err : len;
}
