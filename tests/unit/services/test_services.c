// SPDX-License-Identifier: BSD-2-Clause
/* The small services: what they answer, and whom they do not. */
#include <skiff/services.h>

#include "wire_test.h"

static const u8 data[1472] = "hello";

static void enable(const char *name)
{
	char err[200] = "x";

	assert_int_equal(skiff_service_enable(h.net, name, err, sizeof(err)), 0);
	assert_string_equal(err, "");
}

static struct service_stats stats_of(const char *name)
{
	struct service_stats s;

	net_lock(h.net);
	assert_int_equal(service_stats(h.net, name, &s), 0);
	net_unlock(h.net);
	return s;
}

static void echo_sends_back(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];
	const u8 *u;

	enable("echo");
	for (size_t size = 0; size <= 1472; size += 368) {
		wire_inject(&h, f, frame_udp(f, 40000, 7, data, size));
		u = expect_udp(g, 7, 40000);
		assert_int_equal(wire_udp_payload_len(u), size);
		assert_memory_equal(wire_udp_payload(u), data, size);
	}
}

static void discard_is_silent(void **state)
{
	u8 f[FRAME_MAX];

	enable("discard");
	wire_inject(&h, f, frame_udp(f, 40000, 9, data, 100));
	expect_nothing();
	assert_int_equal(stats_of("discard").datagrams, 1);
	assert_int_equal(wire_snmp(&h, "UdpNoPorts"), 0);
}

static void daytime_tells_the_time(void **state)
{
	const char *expected = "Friday, January 15, 2027 08:00:01-UTC\r\n";
	u8 f[FRAME_MAX], g[FRAME_MAX];
	const u8 *u;

	enable("daytime");
	wire_inject(&h, f, frame_udp(f, 40000, 13, NULL, 0));
	u = expect_udp(g, 13, 40000);
	assert_int_equal(wire_udp_payload_len(u), strlen(expected));
	assert_memory_equal(wire_udp_payload(u), expected, strlen(expected));
}

static void chargen_has_the_pattern(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];
	const u8 *u, *p;
	size_t len, longest = 0;

	enable("chargen");
	for (int i = 0; i < 50; i++) {
		wire_inject(&h, f, frame_udp(f, 40000, 19, NULL, 0));
		u = expect_udp(g, 19, 40000);
		p = wire_udp_payload(u);
		len = wire_udp_payload_len(u);
		assert_true(len <= 512);
		longest = len > longest ? len : longest;
		for (size_t k = 0; k < len; k++)
			assert_int_equal(p[k], k % 74 == 72 ? '\r' :
					       k % 74 == 73 ? '\n' :
							      ' ' + (k / 74 + k % 74) % 95);
	}
	assert_true(longest > 74);
}

/* CERT CA-1996-01 */
static void services_do_not_talk_to_each_other(void **state)
{
	static const u16 ports[] = { 7, 9, 13, 17, 19, 37, 0 };
	u8 f[FRAME_MAX];

	enable("echo");
	enable("chargen");
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		expect_silent_drop(f, frame_udp(f, ports[i], 7, data, 5),
				   SKB_DROP_REASON_SOCKET_FILTER, NULL);
		expect_silent_drop(f, frame_udp(f, ports[i], 19, data, 5),
				   SKB_DROP_REASON_SOCKET_FILTER, NULL);
	}
	assert_int_equal(stats_of("echo").refused, ARRAY_SIZE(ports));
	assert_int_equal(stats_of("echo").answers, 0);
}

static void broadcasts_are_not_answered(void **state)
{
	u8 f[FRAME_MAX], udp[13];
	size_t len;

	enable("echo");
	assert_int_equal(wire_udp_build(udp, 40000, 7, 5), 0);
	memcpy(udp + 8, data, 5);
	wire_udp_set_csum(udp, PEER_IP, BCAST_IP);
	len = frame_ip(f, PEER_IP, BCAST_IP, IPPROTO_UDP, udp, 13);
	wire_eth_build(f, bcast_mac, peer_mac, ETH_P_IP);
	expect_silent_drop(f, len, SKB_DROP_REASON_SOCKET_FILTER, NULL);
	/* A broadcast of the link alone. */
	len = frame_udp(f, 40000, 7, data, 5);
	wire_eth_build(f, bcast_mac, peer_mac, ETH_P_IP);
	expect_silent_drop(f, len, SKB_DROP_REASON_SOCKET_FILTER, NULL);
}

static size_t frame_echo(u8 *f, __be32 saddr, __be32 daddr)
{
	u8 udp[WIRE_UDP_HLEN + 5];

	assert_int_equal(wire_udp_build(udp, 40000, 7, 5), 0);
	memcpy(udp + WIRE_UDP_HLEN, data, 5);
	wire_udp_set_csum(udp, saddr, daddr);
	return frame_ip(f, saddr, daddr, IPPROTO_UDP, udp, sizeof(udp));
}

/* Whoever asks a second address is answered from there. */
static void answers_from_the_address_asked(void **state)
{
	const __be32 second = htonl(0xc0000203);
	u8 f[FRAME_MAX];

	enable("echo");
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(h.dev, second, 24), 0);
	net_unlock(h.net);
	wire_run(&h);
	wire_drop_sent(&h);
	wire_inject(&h, f, frame_echo(f, PEER_IP, second));
	assert_int_not_equal(wire_take(&h, f), 0);
	assert_int_equal(wire_ip_saddr(f + ETH_HLEN), second);
	assert_int_equal(wire_ip_daddr(f + ETH_HLEN), PEER_IP);
	expect_nothing();
}

static void no_way_back(void **state)
{
	u8 f[FRAME_MAX];

	enable("echo");
	wire_inject(&h, f, frame_echo(f, FAR_IP, HOST_IP));
	expect_nothing();
	assert_int_equal(stats_of("echo").datagrams, 1);
	assert_int_equal(stats_of("echo").answers, 0);
	assert_int_equal(stats_of("echo").failed, 1);
}

/* Whichever allocation fails, the service goes on; teardown() sees that nothing is left. */
static void no_memory(void **state)
{
	u64 missing = 0;
	u8 f[FRAME_MAX];
	char err[200];
	long n;

	for (n = 1; skiff_fail_nth(n) == 0; n++) {
		int ret = skiff_service_enable(h.net, "echo", err, sizeof(err));

		if (skiff_fail_count() < n)
			break;
		/* Without memory for it, TCP's port can't be had: that is how Linux says it. */
		assert_true(ret == -ENOMEM || ret == -EADDRINUSE);
		assert_string_not_equal(err, "");
	}
	skiff_fail_nth(0);
	enable("echo");
	for (n = 1; skiff_fail_nth(n) == 0; n++) {
		wire_inject_quiet(&h, f, frame_echo(f, PEER_IP, HOST_IP));
		wire_run(&h);
		if (skiff_fail_count() < n)
			break;
		missing += !skb_queue_len(&h.sent);
		wire_drop_sent(&h);
	}
	/* Without injection the loop was never entered. */
	if (skiff_fail_nth(0) == 0)
		assert_true(missing);
	wire_drop_sent(&h);
	wire_inject(&h, f, frame_echo(f, PEER_IP, HOST_IP));
	expect_udp(f, 7, 40000);
}

static void names_and_ports(void **state)
{
	struct skiff_udp_params p = { .port = 7 };
	struct skiff_udp *udp;
	char err[200];

	assert_int_equal(skiff_service_enable(h.net, "finger", err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "service 'finger': there are echo, discard, daytime, chargen");
	assert_int_equal(skiff_service_enable(h.net, NULL, NULL, 0), -ENOENT);
	assert_int_equal(skiff_udp_open(h.net, &p, &udp), 0);
	assert_int_equal(skiff_service_enable(h.net, "echo", err, sizeof(err)), -EADDRINUSE);
	skiff_udp_close(udp);
	enable("echo");
	enable("echo");
	net_lock(h.net);
	assert_int_equal(service_disable(h.net, "echo"), 0);
	assert_int_equal(service_disable(h.net, "echo"), -EALREADY);
	assert_int_equal(service_disable(h.net, "finger"), -ENOENT);
	net_unlock(h.net);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(echo_sends_back),
		T(discard_is_silent),
		T(daytime_tells_the_time),
		T(chargen_has_the_pattern),
		T(services_do_not_talk_to_each_other),
		T(broadcasts_are_not_answered),
		T(answers_from_the_address_asked),
		T(no_way_back),
		T(no_memory),
		T(names_and_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
