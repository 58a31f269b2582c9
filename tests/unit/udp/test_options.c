// SPDX-License-Identifier: BSD-2-Clause
/* UDP sockets: options, and what control messages tell and ask for. */
#include "sockcall.h"
#include "wire_test.h"

static const u8 data[1500] = "datagram";
static struct got g;

static struct socket *open_socket(struct socket *s)
{
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, 0, s), 0);
	return s;
}

/* An answer to a host's own multicast would go by loopback, whatever addresses its other devices have. */
static void pktinfo_of_own_group(void **state)
{
	struct ip_mreqn mreq = { .imr_multiaddr.s_addr = htonl(0xef010203) };
	const struct in_pktinfo *info;
	struct socket a, b;

	net_lock(h.net);
	mreq.imr_ifindex = __dev_get_by_name(h.net, "lo")->ifindex;
	net_unlock(h.net);
	open_socket(&a);
	open_socket(&b);
	assert_int_equal(sc_bind(&a, 0, 5000), 0);
	assert_int_equal(sc_set_int(&a, SOL_IP, IP_PKTINFO, 1), 0);
	assert_int_equal(sc_set(&a, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)), 0);
	assert_int_equal(sc_bind(&b, htonl(INADDR_LOOPBACK), 0), 0);
	assert_int_equal(sc_set(&b, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)), 0);
	assert_int_equal(sc_sendto(&b, data, 10, (__force __be32)mreq.imr_multiaddr.s_addr, 5000),
			 10);
	wire_run(&h);
	assert_int_equal(sc_recv(&a, &g, 100, 0), 10);
	info = sc_cmsg(&g, SOL_IP, IP_PKTINFO);
	assert_non_null(info);
	assert_int_equal(info->ipi_ifindex, mreq.imr_ifindex);
	assert_int_equal(info->ipi_spec_dst.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(info->ipi_addr.s_addr, mreq.imr_multiaddr.s_addr);
	sc_close(&a);
	sc_close(&b);
}

static void control_messages(void **state)
{
	const struct in_pktinfo *info;
	struct in_pktinfo ask = { .ipi_ifindex = 0 };
	u8 f[FRAME_MAX], control[128] __aligned(8);
	int ttl = 7, tos = 0x28;
	size_t len;
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_bind(&s, 0, 5000), 0);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_PKTINFO, 1), 0);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_RECVTTL, 1), 0);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_RECVTOS, 1), 0);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_RECVORIGDSTADDR, 1), 0);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 1));
	assert_int_equal(sc_recv(&s, &g, 10, 0), 1);
	info = sc_cmsg(&g, SOL_IP, IP_PKTINFO);
	assert_non_null(info);
	assert_int_equal(info->ipi_ifindex, h.dev->ifindex);
	assert_int_equal(info->ipi_spec_dst.s_addr, HOST_IP);
	assert_int_equal(info->ipi_addr.s_addr, HOST_IP);
	assert_int_equal(*(const int *)sc_cmsg(&g, SOL_IP, IP_TTL), 64);
	assert_int_equal(*(const u8 *)sc_cmsg(&g, SOL_IP, IP_TOS), 0);
	assert_int_equal(
		((const struct sockaddr_in *)sc_cmsg(&g, SOL_IP, IP_ORIGDSTADDR))->sin_port,
		htons(5000));
	/* And the other way. */
	struct sockaddr_in n = sc_name(PEER_IP, 7000);

	len = sc_put_cmsg(control, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
	len += sc_put_cmsg(control + len, SOL_IP, IP_TOS, &tos, sizeof(tos));
	assert_int_equal(sc_sendmsg(&s, data, 5, &n, sizeof(n), control, len, 0), 5);
	expect_udp(f, 5000, 7000);
	assert_int_equal(wire_ip_ttl(f + ETH_HLEN), 7);
	assert_int_equal(wire_ip_tos(f + ETH_HLEN), 0x28);
	ttl = 256;
	len = sc_put_cmsg(control, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
	assert_int_equal(sc_sendmsg(&s, data, 5, &n, sizeof(n), control, len, 0), -EINVAL);
	ask.ipi_ifindex = 999;
	len = sc_put_cmsg(control, SOL_IP, IP_PKTINFO, &ask, sizeof(ask));
	assert_int_equal(sc_sendmsg(&s, data, 5, &n, sizeof(n), control, len, 0), -ENODEV);
	len = sc_put_cmsg(control, SOL_IP, IP_RECVERR, &ask, sizeof(ask));
	assert_int_equal(sc_sendmsg(&s, data, 5, &n, sizeof(n), control, len, 0), -EINVAL);
	((struct cmsghdr *)(void *)control)->cmsg_len = 4;
	assert_int_equal(sc_sendmsg(&s, data, 5, &n, sizeof(n), control, len, 0), -EINVAL);
	expect_nothing();
	sc_close(&s);
}

static void option_ranges(void **state)
{
	static const struct {
		int name, val, err;
	} cases[] = {
		{ IP_TTL, 0, -EINVAL },
		{ IP_TTL, 256, -EINVAL },
		{ IP_TTL, -1, 0 },
		{ IP_TTL, 255, 0 },
		{ IP_MINTTL, 256, -EINVAL },
		{ IP_MINTTL, 0, 0 },
		{ IP_MTU_DISCOVER, 6, -EINVAL },
		{ IP_MTU_DISCOVER, IP_PMTUDISC_DO, 0 },
		{ IP_MULTICAST_TTL, 256, -EINVAL },
		{ IP_MULTICAST_TTL, -1, 0 },
		{ IP_MULTICAST_ALL, 2, -EINVAL },
		{ IP_HDRINCL, 1, -ENOPROTOOPT },
		{ IP_NODEFRAG, 1, -ENOPROTOOPT },
		{ IP_RECVERR_RFC4884, 2, -EINVAL },
		{ IP_PASSSEC, 1, -ENOPROTOOPT },
		{ IP_XFRM_POLICY, 1, -ENOPROTOOPT },
		{ 9999, 1, -ENOPROTOOPT },
	};
	u8 one = 1;
	struct socket s;

	open_socket(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(sc_set_int(&s, SOL_IP, cases[i].name, cases[i].val), cases[i].err);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_TTL), 255);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_MTU), -ENOTCONN);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_MULTICAST_TTL), 1);
	assert_int_equal(sc_get_int(&s, SOL_IP, 9999), -ENOPROTOOPT);
	/* One byte will do, and is given where there is no more room. */
	assert_int_equal(sc_set(&s, SOL_IP, IP_TOS, &one, 1), 0);
	assert_int_equal(sc_set(&s, SOL_IP, IP_TTL, &one, 0), -EINVAL);
	int len = 1;

	assert_int_equal(sc_get(&s, SOL_IP, IP_TOS, &one, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_SEGMENT, 65536), -EINVAL);
	assert_int_equal(sc_set_int(&s, SOL_UDP, 77, 1), -ENOPROTOOPT);
	assert_int_equal(sc_set_int(&s, IPPROTO_TCP, 1, 1), -ENOPROTOOPT);
	sc_close(&s);
}

static void options_in_the_header(void **state)
{
	static const u8 rr[] = { 7, 7, 4, 0, 0, 0, 0 }, lsrr[] = { 131, 7, 4, 192, 0, 2, 1 };
	static const u8 bad[] = { 7, 2, 4 }, ts[] = { 68, 8, 5, 0, 0, 0, 0, 0 };
	u8 got_back[40], f[FRAME_MAX];
	int len = sizeof(got_back);
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, got_back, 41), -EINVAL);
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, bad, sizeof(bad)), -EINVAL);
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, lsrr, sizeof(lsrr)), -EOPNOTSUPP);
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, rr, sizeof(rr)), 0);
	assert_int_equal(sc_get(&s, SOL_IP, IP_OPTIONS, got_back, &len), 0);
	assert_int_equal(len, 8);
	/* As it was given, not as it will be filled in. */
	assert_memory_equal(got_back, rr, sizeof(rr));
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, ts, sizeof(ts)), 0);
	assert_int_equal(sc_get(&s, SOL_IP, IP_OPTIONS, got_back, &len), 0);
	assert_int_equal(len, sizeof(ts));
	assert_memory_equal(got_back, ts, sizeof(ts));
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, rr, sizeof(rr)), 0);
	assert_int_equal(sc_send(&s, data, 10, 0), 10);
	expect_udp(f, sc_port(&s), 7000);
	assert_int_equal(wire_ip_hlen(f + ETH_HLEN), 28);
	assert_int_equal(f[ETH_HLEN + 20], 7);
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, NULL, 0), 0);
	assert_int_equal(sc_send(&s, data, 10, 0), 10);
	expect_udp(f, sc_port(&s), 7000);
	assert_int_equal(wire_ip_hlen(f + ETH_HLEN), 20);
	assert_int_equal(sc_set(&s, SOL_IP, IP_OPTIONS, rr, sizeof(rr)), 0);
	sc_close(&s);
}

/* IP_RETOPTS: options of one datagram, in the place of the socket's. */
static void options_of_one_datagram(void **state)
{
	static const u8 rr[] = { 7, 7, 4, 0, 0, 0, 0 }, lsrr[] = { 131, 7, 4, 192, 0, 2, 1 };
	static const u8 bad[] = { 7, 2, 4 };
	u8 f[FRAME_MAX], control[64] __aligned(8);
	struct socket s;
	size_t len;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	len = sc_put_cmsg(control, SOL_IP, IP_RETOPTS, rr, sizeof(rr));
	assert_int_equal(sc_sendmsg(&s, data, 5, NULL, 0, control, len, 0), 5);
	expect_udp(f, sc_port(&s), 7000);
	assert_int_equal(wire_ip_hlen(f + ETH_HLEN), 28);
	assert_memory_equal(f + ETH_HLEN + 20, "\7\7\10", 3);
	assert_memory_equal(f + ETH_HLEN + 23, &(__be32){ HOST_IP }, 4);
	/* The datagram that is put together keeps those that it began with. */
	assert_int_equal(sc_sendmsg(&s, data, 5, NULL, 0, control, len, MSG_MORE), 5);
	assert_int_equal(sc_send(&s, data, 5, 0), 5);
	expect_udp(f, sc_port(&s), 7000);
	assert_int_equal(wire_ip_hlen(f + ETH_HLEN), 28);
	assert_int_equal(sc_send(&s, data, 5, 0), 5);
	expect_udp(f, sc_port(&s), 7000);
	assert_int_equal(wire_ip_hlen(f + ETH_HLEN), 20);
	/* They count for what fits the path. */
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	assert_int_equal(sc_sendmsg(&s, data, 1465, NULL, 0, control, len, 0), -EMSGSIZE);
	assert_int_equal(sc_sendmsg(&s, data, 1464, NULL, 0, control, len, 0), 1464);
	expect_udp(f, sc_port(&s), 7000);
	len = sc_put_cmsg(control, SOL_IP, IP_RETOPTS, bad, sizeof(bad));
	assert_int_equal(sc_sendmsg(&s, data, 5, NULL, 0, control, len, 0), -EINVAL);
	len = sc_put_cmsg(control, SOL_IP, IP_RETOPTS, lsrr, sizeof(lsrr));
	assert_int_equal(sc_sendmsg(&s, data, 5, NULL, 0, control, len, 0), -EOPNOTSUPP);
	expect_nothing();
	sc_close(&s);
}

/* SO_INCOMING_CPU: a host runs on the first processor, whose socket comes before the others. */
static void sockets_of_a_processor(void **state)
{
	struct socket s[3];
	u8 f[FRAME_MAX];

	for (int i = 0; i < 3; i++) {
		open_socket(&s[i])->sk->sk_reuse = 1;
		s[i].sk->sk_incoming_cpu = i == 1 ? 0 : i + 1;
		assert_int_equal(sc_bind(&s[i], 0, 5000), 0);
	}
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 1));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sc_recv(&s[i], &g, 10, 0), i == 1 ? 1 : -EAGAIN);
		sc_close(&s[i]);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(control_messages),	  T(pktinfo_of_own_group),    T(option_ranges),
		T(options_in_the_header), T(options_of_one_datagram), T(sockets_of_a_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
