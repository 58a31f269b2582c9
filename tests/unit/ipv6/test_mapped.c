// SPDX-License-Identifier: BSD-2-Clause
/* AF_INET6 sockets that speak IPv4 by v4-mapped addresses. */
#include <skiff/ipv6.h>

#include "sockcall.h"
#include "wire_test.h"

static const u8 data[100] = "mapped";
static struct got g;

static struct socket *open_socket(struct socket *s)
{
	assert_int_equal(sc_create(h.net, AF_INET6, SOCK_DGRAM, 0, s), 0);
	return s;
}

static void binding(void **state)
{
	struct sockaddr_in6 n = { .sin6_family = AF_INET6, .sin6_port = htons(5000) };
	struct sockaddr_in n4 = sc_name(0, 5000);
	struct socket a, b;

	assert_int_equal(sc_create(h.net, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, &a),
			 -ESOCKTNOSUPPORT);
	assert_int_equal(sc_create(h.net, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6, &a),
			 -EPROTONOSUPPORT);
	open_socket(&a);
	assert_int_equal(sc_bind_any(&a, &n, 23), -EINVAL);
	assert_int_equal(sc_bind_any(&a, &n4, sizeof(n4)), -EINVAL);
	n.sin6_addr.s6_addr[15] = 2;
	assert_int_equal(sc_bind_any(&a, &n, sizeof(n)), -EADDRNOTAVAIL);
	n.sin6_addr.s6_addr[15] = 0;
	assert_int_equal(sc_bind_any(&a, &n, sizeof(n)), 0);
	assert_int_equal(sc_set_int(&a, SOL_IPV6, IPV6_V6ONLY, 1), -EINVAL);
	/* "::" is every IPv4 address too. */
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, 0, &b), 0);
	assert_int_equal(sc_bind(&b, HOST_IP, 5000), -EADDRINUSE);
	sc_close(&a);
	open_socket(&a);
	assert_int_equal(sc_set_int(&a, SOL_IPV6, IPV6_V6ONLY, 1), 0);
	assert_int_equal(sc_get_int(&a, SOL_IPV6, IPV6_V6ONLY), 1);
	assert_int_equal(sc_bind_any(&a, &n, sizeof(n)), 0);
	assert_int_equal(sc_bind(&b, HOST_IP, 5000), 0);
	sc_close(&a);
	sc_close(&b);
}

static void traffic(void **state)
{
	struct sockaddr_in6 n = sc_name6(PEER_IP, 7000), v6 = n, name;
	const struct sockaddr_in6 *from = (const struct sockaddr_in6 *)(void *)&g.name;
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(5000) };
	u8 f[FRAME_MAX];
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_bind_any(&s, &any, sizeof(any)), 0);
	assert_int_equal(sc_getname(&s, &name, 0), sizeof(name));
	assert_memory_equal(&name.sin6_addr, &any.sin6_addr, 16);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 9));
	assert_int_equal(sc_recv(&s, &g, 100, 0), 9);
	assert_int_equal(g.namelen, sizeof(*from));
	assert_int_equal(from->sin6_family, AF_INET6);
	assert_int_equal(from->sin6_port, htons(40000));
	assert_true(IN6_IS_ADDR_V4MAPPED(&from->sin6_addr));
	assert_int_equal(ipv6_mapped_v4(&from->sin6_addr), PEER_IP);
	v6.sin6_addr.s6_addr[0] = 0x20;
	assert_int_equal(sc_sendmsg(&s, data, 4, &v6, sizeof(v6), NULL, 0, 0), -ENETUNREACH);
	assert_int_equal(sc_sendmsg(&s, data, 4, &n, sizeof(n), NULL, 0, 0), 4);
	expect_udp(f, 5000, 7000);
	assert_int_equal(sc_connect_any(&s, &v6, sizeof(v6)), -ENETUNREACH);
	assert_int_equal(sc_connect_any(&s, &n, sizeof(n)), 0);
	assert_int_equal(sc_getname(&s, &name, 1), sizeof(name));
	assert_memory_equal(&name.sin6_addr, &n.sin6_addr, 16);
	assert_int_equal(sc_send(&s, data, 3, 0), 3);
	expect_udp(f, 5000, 7000);
	sc_close(&s);
}

static void options(void **state)
{
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_get_int(&s, SOL_IPV6, IPV6_UNICAST_HOPS), 64);
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_UNICAST_HOPS, 256), -EINVAL);
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_UNICAST_HOPS, 3), 0);
	assert_int_equal(sc_get_int(&s, SOL_IPV6, IPV6_UNICAST_HOPS), 3);
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_RTHDR, 1), -ENOPROTOOPT);
	assert_int_equal(sc_get_int(&s, SOL_IPV6, 9999), -ENOPROTOOPT);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_TTL, 9), 0);
	/* What IPv6 packets go out with, the mapped ones don't. */
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_UNICAST_HOPS, 3), 0);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_TTL), 9);
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_TCLASS, 0x28), 0);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_TOS), 0);
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
	/* But for groups, of which there are none in IPv6. */
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_MULTICAST_HOPS, 7), 0);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_MULTICAST_TTL), 7);
	assert_int_equal(sc_set_int(&s, SOL_IPV6, IPV6_MULTICAST_LOOP, 0), 0);
	assert_int_equal(sc_get_int(&s, SOL_IP, IP_MULTICAST_LOOP), 0);
	sc_close(&s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(binding), T(traffic), T(options) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
