// SPDX-License-Identifier: BSD-2-Clause
/* UDP sockets by the calls of a program: every state, errors, groups, limits. */
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <linux/errqueue.h>
#include <linux/sockios.h>

#include "sockcall.h"
#include "wire_test.h"

static const u8 data[1500] = "datagram";
static struct got g;

static struct socket *open_socket(struct socket *s)
{
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, 0, s), 0);
	return s;
}

static void families_and_types(void **state)
{
	struct socket s;

	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, IPPROTO_TCP, &s), -EPROTONOSUPPORT);
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_SEQPACKET, 0, &s), -ESOCKTNOSUPPORT);
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, 256, &s), -EINVAL);
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, -1, &s), -EINVAL);
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_RAW, 0, &s), -EPROTONOSUPPORT);
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, &s), 0);
	sc_close(&s);
}

static void binding(void **state)
{
	struct sockaddr_in n = sc_name(HOST_IP, 5000);
	struct socket a, b;

	open_socket(&a);
	open_socket(&b);
	assert_int_equal(sc_bind_any(&a, &n, sizeof(n) - 1), -EINVAL);
	n.sin_family = AF_INET6;
	assert_int_equal(sc_bind_any(&a, &n, sizeof(n)), -EAFNOSUPPORT);
	n.sin_family = AF_UNSPEC;
	assert_int_equal(sc_bind_any(&a, &n, sizeof(n)), -EAFNOSUPPORT);
	assert_int_equal(sc_bind(&a, PEER_IP, 5000), -EADDRNOTAVAIL);
	assert_int_equal(sc_bind(&a, HOST_IP, 5000), 0);
	assert_int_equal(sc_bind(&a, HOST_IP, 5001), -EINVAL);
	assert_int_equal(sc_bind(&b, 0, 5000), -EADDRINUSE);
	assert_int_equal(sc_bind(&b, htonl(INADDR_LOOPBACK), 5000), 0);
	sc_close(&b);
	/* No privilege: low ports are for everybody. */
	open_socket(&b);
	assert_int_equal(sc_bind(&b, 0, 7), 0);
	sc_close(&b);
	open_socket(&b);
	assert_int_equal(sc_set_int(&b, SOL_IP, IP_FREEBIND, 1), 0);
	assert_int_equal(sc_bind(&b, PEER_IP, 5000), 0);
	sc_close(&a);
	sc_close(&b);
}

static void reuse(void **state)
{
	struct socket a, b;

	for (int i = 0; i < 4; i++) {
		open_socket(&a);
		open_socket(&b);
		a.sk->sk_reuse = i & 1;
		b.sk->sk_reuse = i >> 1 & 1;
		assert_int_equal(sc_bind(&a, 0, 5000), 0);
		assert_int_equal(sc_bind(&b, HOST_IP, 5000), i == 3 ? 0 : -EADDRINUSE);
		sc_close(&a);
		sc_close(&b);
		open_socket(&a);
		open_socket(&b);
		a.sk->sk_reuseport = i & 1;
		b.sk->sk_reuseport = i >> 1 & 1;
		assert_int_equal(sc_bind(&a, 0, 5000), 0);
		assert_int_equal(sc_bind(&b, 0, 5000), i == 3 ? 0 : -EADDRINUSE);
		sc_close(&a);
		sc_close(&b);
	}
}

static void flow_open(struct socket *s)
{
	open_socket(s);
	s->sk->sk_reuse = 1;
	assert_int_equal(sc_bind(s, HOST_IP, 5000), 0);
	assert_int_equal(sc_connect(s, PEER_IP, 40000), 0);
}

/* Another datagram of the flow: who of the two gets it? */
static void expect_flow_at(const struct socket *s, const struct socket *other)
{
	u32 has = skb_queue_len(&s->sk->sk_receive_queue);
	u32 other_has = skb_queue_len(&other->sk->sk_receive_queue);
	u8 f[FRAME_MAX];

	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 8));
	assert_int_equal(skb_queue_len(&s->sk->sk_receive_queue), has + 1);
	assert_int_equal(skb_queue_len(&other->sk->sk_receive_queue), other_has);
}

/* The socket that got the last one is asked first, but never in place of the right one. */
static void one_flow_and_two_sockets(void **state)
{
	u8 f[FRAME_MAX];
	struct socket a, b;

	flow_open(&a);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 8));
	assert_int_equal(skb_queue_len(&a.sk->sk_receive_queue), 1);
	flow_open(&b);
	expect_flow_at(&b, &a);
	expect_flow_at(&b, &a);
	assert_int_equal(sc_disconnect(&b), 0);
	expect_flow_at(&a, &b);
	expect_flow_at(&a, &b);
	assert_int_equal(sc_connect(&b, PEER_IP, 40000), 0);
	expect_flow_at(&b, &a);
	/* It is bound elsewhere for a while, of which no table hears. */
	b.sk->sk_bound_dev_if = h.dev->ifindex + 1;
	expect_flow_at(&a, &b);
	expect_flow_at(&a, &b);
	b.sk->sk_bound_dev_if = 0;
	expect_flow_at(&b, &a);
	sc_close(&b);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 8));
	assert_int_equal(skb_queue_len(&a.sk->sk_receive_queue), 6);
	sc_close(&a);
}

static void names(void **state)
{
	struct sockaddr_in n;
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_getname(&s, &n, 1), -ENOTCONN);
	assert_int_equal(sc_getname(&s, &n, 0), sizeof(n));
	assert_int_equal(n.sin_port, 0);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_getname(&s, &n, 0), sizeof(n));
	assert_int_equal(n.sin_addr.s_addr, HOST_IP);
	assert_int_not_equal(n.sin_port, 0);
	assert_int_equal(sc_getname(&s, &n, 1), sizeof(n));
	assert_int_equal(n.sin_addr.s_addr, PEER_IP);
	assert_int_equal(n.sin_port, htons(7000));
	/* The port that connect() chose is given back, and the address too. */
	assert_int_equal(sc_disconnect(&s), 0);
	assert_int_equal(sc_getname(&s, &n, 1), -ENOTCONN);
	assert_int_equal(sc_getname(&s, &n, 0), sizeof(n));
	assert_int_equal(n.sin_addr.s_addr, 0);
	assert_int_equal(n.sin_port, 0);
	sc_close(&s);
	/* One that bind() chose stays. */
	open_socket(&s);
	assert_int_equal(sc_bind(&s, HOST_IP, 5000), 0);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_disconnect(&s), 0);
	assert_int_equal(sc_getname(&s, &n, 0), sizeof(n));
	assert_int_equal(n.sin_addr.s_addr, HOST_IP);
	assert_int_equal(n.sin_port, htons(5000));
	sc_close(&s);
}

static void connecting(void **state)
{
	struct sockaddr_in n = sc_name(PEER_IP, 7000);
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_connect_any(&s, &n, 1), -EINVAL);
	assert_int_equal(sc_connect_any(&s, &n, sizeof(n) - 1), -EINVAL);
	n.sin_family = AF_PACKET;
	assert_int_equal(sc_connect_any(&s, &n, sizeof(n)), -EAFNOSUPPORT);
	assert_int_equal(sc_connect(&s, FAR_IP, 7000), -ENETUNREACH);
	assert_int_equal(sc_connect(&s, BCAST_IP, 7000), -EACCES);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_connect(&s, PEER_IP, 7001), 0);
	sc_close(&s);
}

static void sending(void **state)
{
	struct sockaddr_in n = sc_name(PEER_IP, 0);
	u8 f[FRAME_MAX];
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_send(&s, data, 10, 0), -EDESTADDRREQ);
	assert_int_equal(sc_sendto(&s, data, 10, PEER_IP, 0), -EINVAL);
	assert_int_equal(sc_sendmsg(&s, data, 10, &n, 4, NULL, 0, 0), -EINVAL);
	n.sin_family = AF_INET6;
	n.sin_port = htons(1);
	assert_int_equal(sc_sendmsg(&s, data, 10, &n, sizeof(n), NULL, 0, 0), -EAFNOSUPPORT);
	assert_int_equal(sc_sendto(&s, data, 10, FAR_IP, 7000), -ENETUNREACH);
	assert_int_equal(sc_sendto(&s, data, 10, BCAST_IP, 7000), -EACCES);
	assert_int_equal(sc_sendto(&s, g.data, 65508, PEER_IP, 7000), -EMSGSIZE);
	n = sc_name(PEER_IP, 7000);
	assert_int_equal(sc_sendmsg(&s, data, 10, &n, sizeof(n), NULL, 0, MSG_OOB), -EOPNOTSUPP);
	expect_nothing();
	assert_int_equal(sc_sendto(&s, data, 10, PEER_IP, 7000), 10);
	expect_udp(f, sc_port(&s), 7000);
	assert_int_equal(sc_connect(&s, PEER_IP, 7001), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sc_send(&s, data, (size_t)i, 0), i);
		expect_udp(f, sc_port(&s), 7001);
	}
	assert_int_equal(sc_sendto(&s, data, 10, PEER_IP, 7002), 10);
	expect_udp(f, sc_port(&s), 7002);
	assert_int_equal(sc_shutdown(&s, SHUT_WR), 0);
	assert_int_equal(sc_send(&s, data, 10, 0), -EPIPE);
	sc_close(&s);
}

/* A route that is gone is not used again. */
static void routes_are_remembered(void **state)
{
	u8 f[FRAME_MAX];
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_MTU), 1500);
	assert_int_equal(sc_send(&s, data, 1, 0), 1);
	expect_udp(f, sc_port(&s), 7000);
	net_lock(h.net);
	assert_int_equal(inet_del_ifa(h.dev, HOST_IP), 0);
	net_unlock(h.net);
	assert_true(sc_send(&s, data, 1, 0) < 0);
	sc_close(&s);
}

static void receiving(void **state)
{
	const struct sockaddr_in *from = (const struct sockaddr_in *)(void *)&g.name;
	int n = -1;
	u8 f[FRAME_MAX];
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_bind(&s, 0, 5000), 0);
	assert_int_equal(sc_recv(&s, &g, 100, 0), -EAGAIN);
	assert_int_equal(sc_poll(&s) & EPOLLIN, 0);
	assert_true(sc_poll(&s) & EPOLLOUT);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 30));
	wire_inject(&h, f, frame_udp(f, 40001, 5000, data, 0));
	assert_true(sc_poll(&s) & EPOLLIN);
	assert_int_equal(sc_ioctl(&s, SIOCINQ, &n), 0);
	assert_int_equal(n, 30);
	assert_int_equal(sc_recv(&s, &g, 100, MSG_PEEK), 30);
	assert_int_equal(sc_recv(&s, &g, 8, MSG_PEEK | MSG_TRUNC), 30);
	assert_true(g.flags & MSG_TRUNC);
	assert_int_equal(sc_recv(&s, &g, 8, 0), 8);
	assert_true(g.flags & MSG_TRUNC);
	assert_memory_equal(g.data, data, 8);
	assert_int_equal(g.namelen, sizeof(*from));
	assert_int_equal(from->sin_port, htons(40000));
	assert_int_equal(from->sin_addr.s_addr, PEER_IP);
	assert_int_equal(sc_recv(&s, &g, 100, 0), 0);
	assert_int_equal(from->sin_port, htons(40001));
	assert_int_equal(sc_recv(&s, &g, 100, 0), -EAGAIN);
	assert_int_equal(sc_recv(&s, &g, 100, MSG_ERRQUEUE), -EAGAIN);
	/* Not connected, it is shut down all the same. */
	assert_int_equal(sc_shutdown(&s, SHUT_RD), -ENOTCONN);
	assert_int_equal(sc_shutdown(&s, 3), -EINVAL);
	assert_int_equal(sc_recv(&s, &g, 100, 0), 0);
	assert_true(sc_poll(&s) & EPOLLRDHUP);
	assert_int_equal(sk_rmem_alloc_get(s.sk), 0);
	sc_close(&s);
}

/* The one that fits most closely gets it. */
static void connected_sockets_come_first(void **state)
{
	u8 f[FRAME_MAX];
	struct socket any, own, peer;

	open_socket(&any)->sk->sk_reuse = 1;
	open_socket(&own)->sk->sk_reuse = 1;
	open_socket(&peer)->sk->sk_reuse = 1;
	assert_int_equal(sc_bind(&any, 0, 5000), 0);
	assert_int_equal(sc_bind(&own, HOST_IP, 5000), 0);
	assert_int_equal(sc_bind(&peer, 0, 5000), 0);
	assert_int_equal(sc_connect(&peer, PEER_IP, 40000), 0);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 1));
	wire_inject(&h, f, frame_udp(f, 40001, 5000, data, 2));
	assert_int_equal(sc_recv(&peer, &g, 10, 0), 1);
	assert_int_equal(sc_recv(&peer, &g, 10, 0), -EAGAIN);
	assert_int_equal(sc_recv(&own, &g, 10, 0), 2);
	assert_int_equal(sc_recv(&own, &g, 10, 0), -EAGAIN);
	sc_close(&own);
	wire_inject(&h, f, frame_udp(f, 40001, 5000, data, 3));
	assert_int_equal(sc_recv(&any, &g, 10, 0), 3);
	sc_close(&any);
	sc_close(&peer);
}

/* A router's word about the path counts for the next datagram. */
static void the_path_is_learned(void **state)
{
	u8 f[FRAME_MAX], sent[FRAME_MAX];
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_send(&s, data, 1400, 0), 1400);
	expect_udp(sent, sc_port(&s), 7000);
	wire_inject(&h, f,
		    frame_icmp(f, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000, sent + ETH_HLEN, 38));
	assert_int_equal(sc_recv(&s, &g, 10, 0), -EMSGSIZE);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_MTU), 1000);
	assert_int_equal(sc_send(&s, data, 973, 0), -EMSGSIZE);
	assert_int_equal(sc_send(&s, data, 972, 0), 972);
	expect_udp(sent, sc_port(&s), 7000);
	sc_close(&s);
}

static void expect_error(struct socket *s, u8 code, u32 info)
{
	u8 f[FRAME_MAX], sent[FRAME_MAX];

	assert_int_equal(sc_send(s, data, 10, 0), 10);
	expect_udp(sent, sc_port(s), 7000);
	wire_inject(&h, f, frame_icmp(f, ICMP_DEST_UNREACH, code, info, sent + ETH_HLEN, 38));
}

static void errors(void **state)
{
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	expect_error(&s, ICMP_PORT_UNREACH, 0);
	assert_true(sc_poll(&s) & EPOLLERR);
	assert_int_equal(sc_send(&s, data, 10, 0), -ECONNREFUSED);
	assert_int_equal(sc_recv(&s, &g, 10, 0), -EAGAIN);
	expect_error(&s, ICMP_PORT_UNREACH, 0);
	assert_int_equal(sc_recv(&s, &g, 10, 0), -ECONNREFUSED);
	/* Soft ones are for who asked. */
	expect_error(&s, ICMP_NET_UNREACH, 0);
	assert_int_equal(sc_recv(&s, &g, 10, 0), -EAGAIN);
	sc_close(&s);
}

static void the_error_queue(void **state)
{
	const struct sock_extended_err *ee;
	const struct sockaddr_in *to = (const struct sockaddr_in *)(void *)&g.name;
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_RECVERR, 1), 0);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	expect_error(&s, ICMP_NET_UNREACH, 0);
	assert_true(sc_poll(&s) & EPOLLERR);
	assert_int_equal(sc_recv(&s, &g, 100, MSG_ERRQUEUE), 10);
	assert_true(g.flags & MSG_ERRQUEUE);
	assert_memory_equal(g.data, data, 10);
	ee = sc_cmsg(&g, SOL_IP, IP_RECVERR);
	assert_non_null(ee);
	assert_int_equal(ee->ee_errno, ENETUNREACH);
	assert_int_equal(ee->ee_origin, SO_EE_ORIGIN_ICMP);
	assert_int_equal(ee->ee_type, ICMP_DEST_UNREACH);
	assert_int_equal(ee->ee_code, ICMP_NET_UNREACH);
	assert_int_equal(((const struct sockaddr_in *)SO_EE_OFFENDER(ee))->sin_addr.s_addr,
			 PEER_IP);
	assert_int_equal(to->sin_addr.s_addr, PEER_IP);
	assert_int_equal(to->sin_port, htons(7000));
	assert_int_equal(sc_recv(&s, &g, 100, MSG_ERRQUEUE), -EAGAIN);
	assert_int_equal(sc_recv(&s, &g, 10, 0), -EAGAIN);
	/* Too large for the path, said by this host. */
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	assert_int_equal(sc_send(&s, data, 1473, 0), -EMSGSIZE);
	assert_int_equal(sc_recv(&s, &g, 100, MSG_ERRQUEUE), 0);
	ee = sc_cmsg(&g, SOL_IP, IP_RECVERR);
	assert_int_equal(ee->ee_errno, EMSGSIZE);
	assert_int_equal(ee->ee_origin, SO_EE_ORIGIN_LOCAL);
	assert_int_equal(ee->ee_info, 1500);
	/* Closing with errors in the queue leaves nothing behind. */
	expect_error(&s, ICMP_NET_UNREACH, 0);
	sc_close(&s);
}

/* Flows are divided among the sockets of a group, each always to the same. */
static void reuseport_groups(void **state)
{
	struct socket s[4];
	int got[4] = { 0 };
	u8 f[FRAME_MAX];

	for (int i = 0; i < 4; i++) {
		open_socket(&s[i])->sk->sk_reuseport = 1;
		s[i].sk->sk_rcvbuf = 1 << 20;
		assert_int_equal(sc_bind(&s[i], 0, 5000), 0);
	}
	for (int port = 0; port < 400; port++)
		for (int twice = 0; twice < 2; twice++)
			wire_inject(&h, f,
				    frame_udp(f, (u16)(1000 + port), 5000, &twice, sizeof(twice)));
	for (int i = 0; i < 4; i++) {
		while (sc_recv(&s[i], &g, 10, 0) > 0) {
			got[i]++;
			assert_int_equal(sc_recv(&s[i], &g, 10, 0), 4);
		}
		assert_true(got[i] > 50 && got[i] < 150);
	}
	assert_int_equal(got[0] + got[1] + got[2] + got[3], 400);
	for (int i = 0; i < 4; i++)
		sc_close(&s[i]);
}

static void ports_run_out(void **state)
{
	struct socket s[12];

	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.ip_local_port_range", "500 509", NULL, 0), 0);
	for (int i = 0; i < 10; i++) {
		open_socket(&s[i]);
		assert_int_equal(sc_sendto(&s[i], data, 1, PEER_IP, 7000), 1);
	}
	open_socket(&s[10]);
	assert_int_equal(sc_sendto(&s[10], data, 1, PEER_IP, 7000), -EAGAIN);
	assert_int_equal(sc_bind(&s[10], 0, 0), -EADDRINUSE);
	assert_int_equal(sc_connect(&s[10], PEER_IP, 7000), -EAGAIN);
	sc_close(&s[3]);
	assert_int_equal(sc_connect(&s[10], PEER_IP, 7000), 0);
	for (int i = 0; i < 11; i++)
		if (i != 3)
			sc_close(&s[i]);
	wire_drop_sent(&h);
}

static void full_buffers(void **state)
{
	struct socket s;
	int sent = 0;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, htonl(0xc0000263), 7000), 0);
	s.sk->sk_sndbuf = 20000;
	/* Nobody answers for the neighbour, so that the datagrams wait for it. */
	while (sc_send(&s, data, 1000, MSG_DONTWAIT) == 1000 && sent < 1000)
		sent++;
	assert_true(sent > 3 && sent < 30);
	assert_int_equal(sc_send(&s, data, 1000, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(sc_poll(&s) & EPOLLOUT, 0);
	wire_sleep(&h, 5 * NSEC_PER_SEC);
	assert_true(sc_poll(&s) & EPOLLOUT);
	assert_int_equal(sk_wmem_alloc_get(s.sk), 0);
	sc_close(&s);
	wire_drop_sent(&h);
}

static size_t frame_group(u8 *f, __be32 saddr, __be32 group, u16 dport)
{
	u8 udp[18];

	BUG_ON(wire_udp_build(udp, 40000, dport, 10));
	memcpy(udp + 8, data, 10);
	wire_udp_set_csum(udp, saddr, group);
	return frame_ip(f, saddr, group, IPPROTO_UDP, udp, 18);
}

static void groups(void **state)
{
	const __be32 group = htonl(0xef010203), other = htonl(0xc0000207);
	struct ip_mreq_source src = { 0 };
	struct ip_mreqn mreq = { 0 };
	struct socket a, b;
	u8 f[FRAME_MAX];

	open_socket(&a);
	open_socket(&b);
	a.sk->sk_reuse = b.sk->sk_reuse = 1;
	assert_int_equal(sc_bind(&a, 0, 5000), 0);
	assert_int_equal(sc_bind(&b, 0, 5000), 0);
	assert_int_equal(sc_set_int(&b, SOL_IP, IP_MULTICAST_ALL, 0), 0);
	wire_inject(&h, f, frame_group(f, PEER_IP, group, 5000));
	assert_int_equal(sc_recv(&a, &g, 100, 0), -EAGAIN);
	mreq.imr_multiaddr.s_addr = HOST_IP;
	mreq.imr_ifindex = h.dev->ifindex;
	assert_int_equal(sc_set(&a, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)), -EINVAL);
	mreq.imr_multiaddr.s_addr = group;
	assert_int_equal(sc_set(&a, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, 4), -EINVAL);
	mreq.imr_ifindex = 77;
	assert_int_equal(sc_set(&a, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)), -ENODEV);
	mreq.imr_ifindex = h.dev->ifindex;
	assert_int_equal(sc_set(&a, SOL_IP, IP_DROP_MEMBERSHIP, &mreq, sizeof(mreq)),
			 -EADDRNOTAVAIL);
	assert_int_equal(sc_set(&a, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)), 0);
	assert_int_equal(sc_set(&a, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)), -EADDRINUSE);
	wire_inject(&h, f, frame_group(f, PEER_IP, group, 5000));
	assert_int_equal(sc_recv(&a, &g, 100, 0), 10);
	assert_int_equal(sc_recv(&b, &g, 100, 0), -EAGAIN);
	/* Source specific: only whom it named. */
	src.imr_multiaddr.s_addr = group;
	src.imr_interface.s_addr = HOST_IP;
	src.imr_sourceaddr.s_addr = other;
	assert_int_equal(sc_set(&b, SOL_IP, IP_ADD_SOURCE_MEMBERSHIP, &src, sizeof(src)), 0);
	assert_int_equal(sc_set(&b, SOL_IP, IP_BLOCK_SOURCE, &src, sizeof(src)), -EINVAL);
	wire_inject(&h, f, frame_group(f, PEER_IP, group, 5000));
	wire_inject(&h, f, frame_group(f, other, group, 5000));
	assert_int_equal(sc_recv(&b, &g, 100, 0), 10);
	assert_int_equal(sc_recv(&b, &g, 100, 0), -EAGAIN);
	assert_int_equal(sc_recv(&a, &g, 100, 0), 10);
	assert_int_equal(sc_recv(&a, &g, 100, 0), 10);
	/* A blocked source is not heard any more. */
	assert_int_equal(sc_set(&a, SOL_IP, IP_BLOCK_SOURCE, &src, sizeof(src)), 0);
	wire_inject(&h, f, frame_group(f, other, group, 5000));
	assert_int_equal(sc_recv(&a, &g, 100, 0), -EAGAIN);
	assert_int_equal(sc_recv(&b, &g, 100, 0), 10);
	assert_int_equal(sc_set(&a, SOL_IP, IP_UNBLOCK_SOURCE, &src, sizeof(src)), 0);
	assert_int_equal(sc_set(&a, SOL_IP, IP_UNBLOCK_SOURCE, &src, sizeof(src)), -EADDRNOTAVAIL);
	assert_int_equal(sc_set(&b, SOL_IP, IP_DROP_SOURCE_MEMBERSHIP, &src, sizeof(src)), 0);
	/* What is sent to the group comes back, unless it should not. */
	assert_int_equal(sc_sendto(&a, data, 10, group, 5000), -ENETUNREACH);
	assert_int_equal(sc_set(&a, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)), 0);
	assert_int_equal(sc_sendto(&a, data, 10, group, 5000), 10);
	wire_run(&h);
	assert_int_equal(sc_recv(&a, &g, 100, 0), 10);
	assert_int_equal(sc_set_int(&a, SOL_IP, IP_MULTICAST_LOOP, 0), 0);
	assert_int_equal(sc_sendto(&a, data, 10, group, 5000), 10);
	wire_run(&h);
	assert_int_equal(sc_recv(&a, &g, 100, 0), -EAGAIN);
	sc_close(&a);
	sc_close(&b);
	wire_drop_sent(&h);
	wire_inject(&h, f, frame_group(f, PEER_IP, group, 5000));
	expect_nothing();
}

/* Anything in any order ends with nothing owed. */
static void random_operations(void **state)
{
	struct socket s[8] = { { 0 } };
	u8 f[FRAME_MAX];
	u32 x = 12345;

	for (int i = 0; i < 10000; i++) {
		struct socket *k;

		x = x * 1664525 + 1013904223;
		k = &s[x >> 29];
		if (!k->sk) {
			open_socket(k);
			k->sk->sk_reuse = x >> 28 & 1;
			k->sk->sk_reuseport = x >> 27 & 1;
			sc_set_int(k, SOL_IP, IP_RECVERR, x >> 26 & 1);
			continue;
		}
		switch (x >> 16 & 15) {
		case 0:
			sc_bind(k, x & 1 ? HOST_IP : 0, (u16)(5000 + (x >> 8 & 3)));
			break;
		case 1:
			sc_connect(k, x & 1 ? HOST_IP : PEER_IP, (u16)(5000 + (x >> 8 & 3)));
			break;
		case 2:
			sc_disconnect(k);
			break;
		case 3:
			sc_close(k);
			break;
		case 4:
			sc_send(k, data, x >> 4 & 1023, x & 0x800 ? MSG_MORE : 0);
			break;
		case 5:
			sc_shutdown(k, (int)(x >> 8 & 3));
			break;
		case 6:
			sc_recv(k, &g, x & 1023, MSG_ERRQUEUE);
			break;
		case 7:
			sc_recv(k, &g, x & 1023, x & 0x800 ? MSG_PEEK : 0);
			break;
		case 8:
			wire_inject(&h, f, frame_udp(f, 40000, (u16)(5000 + (x & 3)), data, 50));
			break;
		default:
			sc_sendto(k, data, x >> 4 & 1023, x & 1 ? HOST_IP : PEER_IP,
				  (u16)(5000 + (x >> 8 & 3)));
		}
		if (!(i % 50)) {
			wire_run(&h);
			wire_drop_sent(&h);
		}
	}
	for (int i = 0; i < 8; i++)
		if (s[i].sk)
			sc_close(&s[i]);
	wire_sleep(&h, 10 * NSEC_PER_SEC);
	wire_drop_sent(&h);
	assert_int_equal(atomic_long_read(&udp_memory_allocated), 0);
	assert_int_equal(skb_live_buffers(), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(families_and_types),
		T(binding),
		T(reuse),
		T(one_flow_and_two_sockets),
		T(names),
		T(connecting),
		T(sending),
		T(routes_are_remembered),
		T(receiving),
		T(connected_sockets_come_first),
		T(the_path_is_learned),
		T(errors),
		T(the_error_queue),
		T(reuseport_groups),
		T(ports_run_out),
		T(full_buffers),
		T(groups),
		T(random_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
