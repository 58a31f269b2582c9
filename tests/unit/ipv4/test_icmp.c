// SPDX-License-Identifier: BSD-2-Clause
/* ICMP: echo, errors about packets, errors received, and what must not be answered. */
#include "wire_test.h"

static const u8 data[1500] = "the quick brown fox jumps over the lazy dog";

static void echo_brings_the_same_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 56, 57, 1471, 1472 };
	u8 f[FRAME_MAX], g[FRAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		wire_inject(&h, f,
			    frame_icmp(f, ICMP_ECHO, 0, 0x12340000u + (u32)i, data, sizes[i]));
		expect_icmp(g, ICMP_ECHOREPLY, 0);
		assert_memory_equal(g + ETH_HLEN + WIRE_IP_HLEN + 4,
				    f + ETH_HLEN + WIRE_IP_HLEN + 4, 4 + sizes[i]);
		assert_int_equal(wire_ip_ttl(g + ETH_HLEN), 64);
	}
	assert_int_equal(wire_snmp(&h, "IcmpInEchos"), ARRAY_SIZE(sizes));
	assert_int_equal(wire_snmp(&h, "IcmpOutEchoReps"), ARRAY_SIZE(sizes));
	assert_int_equal(wire_snmp(&h, "IpInDelivers"), ARRAY_SIZE(sizes));
}

static void echo_keeps_its_code(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];

	wire_inject(&h, f, frame_icmp(f, ICMP_ECHO, 255, 1, data, 56));
	expect_icmp(g, ICMP_ECHOREPLY, 255);
}

/* Record route: the next place is filled in twice, once on the way here, once on the way back. */
static const u8 record_route[12] = { 7, 11, 4 };
static const u8 record_route_answered[12] = { 7, 11, 12, 192, 0, 2, 2, 192, 0, 2, 2 };

static size_t with_options(u8 *f, size_t len, const u8 *options, size_t n)
{
	memmove(f + ETH_HLEN + WIRE_IP_HLEN + n, f + ETH_HLEN + WIRE_IP_HLEN,
		len - ETH_HLEN - WIRE_IP_HLEN);
	memcpy(f + ETH_HLEN + WIRE_IP_HLEN, options, n);
	f[ETH_HLEN] = (u8)(0x45 + n / 4);
	wire_put16(f + ETH_HLEN, 2, (u16)(len + n - ETH_HLEN));
	frame_fix_ip(f);
	return len + n;
}

static void expect_options(const u8 *f, const u8 *options, size_t n)
{
	assert_int_equal(wire_ip_hlen(f + ETH_HLEN), WIRE_IP_HLEN + n);
	assert_memory_equal(f + ETH_HLEN + WIRE_IP_HLEN, options, n);
}

static void answers_have_the_options_of_the_question(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];
	size_t len;

	len = frame_icmp(f, ICMP_ECHO, 0, 1, data, 56);
	wire_inject(&h, f, with_options(f, len, record_route, 12));
	expect_icmp(g, ICMP_ECHOREPLY, 0);
	expect_options(g, record_route_answered, 12);
	len = frame_icmp(f, ICMP_TIMESTAMP, 0, 1, data, 12);
	wire_inject(&h, f, with_options(f, len, record_route, 12));
	expect_icmp(g, ICMP_TIMESTAMPREPLY, 0);
	expect_options(g, record_route_answered, 12);
}

static void errors_have_the_options_of_the_packet(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];
	size_t len;

	len = frame_udp(f, 40000, 9999, data, 1000);
	wire_inject(&h, f, with_options(f, len, record_route, 12));
	expect_icmp(g, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	expect_options(g, record_route_answered, 12);
	/* They leave less room for what is quoted. */
	assert_int_equal(wire_ip_total_len(g + ETH_HLEN), 576);
}

/* By the last stop that it came through, which is not one of ours. */
static void answers_take_the_way_back(void **state)
{
	static const u8 came[12] = { 131, 11, 8, 192, 0, 2, 1, 192, 0, 2, 2 };
	static const u8 back[8] = { 131, 7, 4, 198, 51, 100, 1 };
	u8 f[FRAME_MAX], g[FRAME_MAX];
	size_t len = frame_icmp(f, ICMP_ECHO, 0, 1, data, 56);

	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.conf.all.accept_source_route", "1", NULL, 0), 0);
	wire_put_be32(f + ETH_HLEN, 12, FAR_IP);
	wire_inject(&h, f, with_options(f, len, came, 12));
	expect_icmp(g, ICMP_ECHOREPLY, 0);
	expect_options(g, back, 8);
}

static void echo_can_be_ignored(void **state)
{
	u8 f[FRAME_MAX];
	size_t len = frame_icmp(f, ICMP_ECHO, 0, 1, data, 56);

	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.icmp_echo_ignore_all", "1", NULL, 0), 0);
	expect_silent_drop(f, len, SKB_DROP_REASON_ICMP_IGNORED, "IcmpInEchos");
}

static void echo_ttl_is_a_setting(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];

	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ip_default_ttl", "0", NULL, 0), -EINVAL);
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ip_default_ttl", "17", NULL, 0), 0);
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHO, 0, 1, data, 56));
	expect_icmp(g, ICMP_ECHOREPLY, 0);
	assert_int_equal(wire_ip_ttl(g + ETH_HLEN), 17);
}

static size_t broadcast_echo(u8 *f, __be32 daddr)
{
	size_t len = frame_icmp(f, ICMP_ECHO, 0, 1, data, 56);

	wire_eth_build(f, bcast_mac, peer_mac, ETH_P_IP);
	wire_put_be32(f + ETH_HLEN, 16, daddr);
	frame_fix_ip(f);
	return len;
}

static void echo_to_everybody_is_a_setting(void **state)
{
	const __be32 everybody[] = { BCAST_IP, htonl(INADDR_BROADCAST),
				     htonl(INADDR_ALLHOSTS_GROUP) };
	u8 f[FRAME_MAX], g[FRAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(everybody); i++)
		expect_silent_drop(f, broadcast_echo(f, everybody[i]), SKB_DROP_REASON_ICMP_IGNORED,
				   "IcmpInErrors");
	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.icmp_echo_ignore_broadcasts", "0", NULL, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(everybody); i++) {
		wire_inject(&h, f, broadcast_echo(f, everybody[i]));
		expect_icmp(g, ICMP_ECHOREPLY, 0);
	}
}

static void timestamp_tells_the_time(void **state)
{
	/* The virtual clock began 1,800,000,000 s after 1970, and is one second further. */
	const u32 expected = (1800000001u % 86400u) * 1000;
	u8 f[FRAME_MAX], g[FRAME_MAX], stamps[20] = { 1, 2, 3, 4 };
	const u8 *icmp;

	wire_inject(&h, f, frame_icmp(f, ICMP_TIMESTAMP, 0, 5, stamps, 12));
	icmp = expect_icmp(g, ICMP_TIMESTAMPREPLY, 0);
	assert_int_equal(wire_get32(icmp, 8), 0x01020304);
	assert_int_equal(wire_get32(icmp, 12), expected);
	assert_int_equal(wire_get32(icmp, 16), expected);
	/* The sender's time is enough, under whatever code. */
	wire_inject(&h, f, frame_icmp(f, ICMP_TIMESTAMP, 9, 5, stamps, 4));
	icmp = expect_icmp(g, ICMP_TIMESTAMPREPLY, 0);
	assert_int_equal(wire_ip_payload_len(g + ETH_HLEN), 20);
	assert_int_equal(wire_get32(icmp, 8), 0x01020304);
	assert_int_equal(wire_get32(icmp, 16), expected);
	/* Too short, and with something behind it that is not sent back. */
	expect_silent_drop(f, frame_icmp(f, ICMP_TIMESTAMP, 0, 5, stamps, 3),
			   SKB_DROP_REASON_PKT_TOO_SMALL, "IcmpInErrors");
	wire_inject(&h, f, frame_icmp(f, ICMP_TIMESTAMP, 0, 5, stamps, 20));
	expect_icmp(g, ICMP_TIMESTAMPREPLY, 0);
	assert_int_equal(wire_ip_payload_len(g + ETH_HLEN), 20);
}

static void bad_messages_are_counted(void **state)
{
	u8 f[FRAME_MAX];
	size_t len = frame_icmp(f, ICMP_ECHO, 0, 1, data, 56);

	f[len - 1] ^= 1;
	expect_silent_drop(f, len, SKB_DROP_REASON_ICMP_CSUM, "IcmpInCsumErrors");
	assert_int_equal(wire_snmp(&h, "IcmpInErrors"), 1);
	expect_silent_drop(f, frame_icmp(f, 99, 0, 1, data, 56), SKB_DROP_REASON_ICMP_IGNORED,
			   "IcmpInErrors");
	/* Not known any more, or not answered, but no mistake. */
	expect_silent_drop(f, frame_icmp(f, 9, 0, 1, data, 56), SKB_DROP_REASON_ICMP_IGNORED,
			   "IcmpMsgInType9");
	expect_silent_drop(f, frame_icmp(f, ICMP_EXT_ECHO, 0, 1, data, 56),
			   SKB_DROP_REASON_ICMP_IGNORED, "IcmpMsgInType42");
	assert_int_equal(wire_snmp(&h, "IcmpInErrors"), 2);
	expect_silent_drop(f, frame_icmp(f, ICMP_REDIRECT, 0, 1, data, 56),
			   SKB_DROP_REASON_IP_INHDR, "IcmpInRedirects");
	expect_silent_drop(f, frame_icmp(f, ICMP_REDIRECT, 4, 1, data, 56),
			   SKB_DROP_REASON_ICMP_IGNORED, "IcmpInRedirects");
	expect_silent_drop(f, frame_icmp(f, ICMP_ECHOREPLY, 0, 1, data, 56),
			   SKB_DROP_REASON_NO_SOCKET, "IcmpInEchoReps");
	/* Seven bytes whose sum is right. */
	len = frame_ip(f, PEER_IP, HOST_IP, IPPROTO_ICMP, "\x08\x00\xf7\xff\x00\x00", 7);
	f[len - 1] = 0;
	expect_silent_drop(f, len, SKB_DROP_REASON_PKT_TOO_SMALL, "IcmpInErrors");
}

static void errors_quote_what_they_are_about(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 519, 520, 1400 };
	u8 f[FRAME_MAX], g[FRAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		wire_inject(&h, f, frame_udp(f, 40000, 9999, data, sizes[i]));
		expect_icmp_about(g, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, f);
		assert_true(wire_ip_total_len(g + ETH_HLEN) <= 576);
		assert_int_equal(wire_ip_tos(g + ETH_HLEN), 0xc0);
	}
	assert_int_equal(wire_snmp(&h, "IcmpOutDestUnreachs"), ARRAY_SIZE(sizes));
}

static void unknown_protocols_are_told(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];

	wire_inject(&h, f, frame_ip(f, PEER_IP, HOST_IP, 253, data, 20));
	expect_icmp_about(g, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, f);
	assert_int_equal(wire_snmp(&h, "IpInUnknownProtos"), 1);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_IP_NOPROTO), 1);
}

/* RFC 1122 section 3.2.2, one after the other. */
static void no_errors_about(void **state)
{
	u8 f[FRAME_MAX], quoted[FRAME_MAX];
	size_t len = frame_udp(quoted, 7, 9999, data, 10);

	/* ICMP errors, here about an unknown protocol number: ICMP itself, so by a bad option. */
	len = frame_icmp(f, ICMP_DEST_UNREACH, 0, 0, quoted + ETH_HLEN, len - ETH_HLEN);
	memmove(f + ETH_HLEN + 24, f + ETH_HLEN + 20, len - ETH_HLEN - 20);
	memcpy(f + ETH_HLEN + 20, "\x07\x00\x00\x00", 4);
	f[ETH_HLEN] = 0x46;
	wire_put16(f + ETH_HLEN, 2, (u16)(len + 4 - ETH_HLEN));
	frame_fix_ip(f);
	expect_silent_drop(f, len + 4, SKB_DROP_REASON_IP_OPTIONS, "IpInHdrErrors");

	/* Broadcasts of the link, then of IP. */
	len = frame_udp(f, 40000, 9999, data, 10);
	wire_eth_build(f, bcast_mac, peer_mac, ETH_P_IP);
	expect_silent_drop(f, len, SKB_DROP_REASON_NO_SOCKET, "UdpNoPorts");
	len = frame_ip(f, PEER_IP, BCAST_IP, 253, data, 20);
	expect_silent_drop(f, len, SKB_DROP_REASON_IP_NOPROTO, "IpInUnknownProtos");

	/* Sources that are no single host are dropped before. */
	len = frame_ip(f, BCAST_IP, HOST_IP, 253, data, 20);
	expect_silent_drop(f, len, SKB_DROP_REASON_IP_BCAST_SOURCE, "IpInAddrErrors");
}

/* Class E has hosts where routes lead there. */
static void errors_to_class_e(void **state)
{
	u8 f[FRAME_MAX];

	assert_int_equal(skiff_gateway_set(h.net, "192.0.2.1", NULL, 0), 0);
	wire_inject(&h, f, frame_ip(f, htonl(0xf0000001), HOST_IP, 253, data, 20));
	assert_int_equal(wire_snmp(&h, "IcmpOutDestUnreachs"), 1);
	wire_inject(&h, f, frame_ip(f, htonl(0xfffffffe), HOST_IP, 253, data, 20));
	assert_int_equal(wire_snmp(&h, "IcmpOutDestUnreachs"), 2);
}

static void errors_have_a_rate(void **state)
{
	u8 f[FRAME_MAX];
	size_t len = frame_udp(f, 40000, 9999, data, 10);

	for (int i = 0; i < 100; i++)
		wire_inject(&h, f, len);
	assert_int_equal(skb_queue_len(&h.sent), 6);
	assert_int_equal(wire_snmp(&h, "UdpNoPorts"), 100);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_ICMP_RATELIMIT), 94);
	wire_drop_sent(&h);
	for (int i = 0; i < 5; i++) {
		wire_sleep(&h, NSEC_PER_SEC);
		wire_drop_sent(&h);
		wire_inject(&h, f, len);
		wire_inject(&h, f, len);
		assert_int_equal(wire_snmp(&h, "IcmpOutDestUnreachs"), 7 + i);
	}
	/* Echo is not an error. */
	wire_drop_sent(&h);
	len = frame_icmp(f, ICMP_ECHO, 0, 1, data, 56);
	for (int i = 0; i < 200; i++)
		wire_inject(&h, f, len);
	assert_int_equal(wire_snmp(&h, "IcmpOutEchoReps"), 200);
}

static void all_errors_together_have_a_rate(void **state)
{
	u8 f[FRAME_MAX];
	u64 sent = 0, before;
	int exact = 0;
	size_t len;

	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.icmp_ratelimit", "0", NULL, 0), 0);
	len = frame_udp(f, 40000, 9999, data, 10);
	/* Each takes 0 to 2 of the burst of 50, by chance. */
	for (int burst = 0; burst < 8; burst++) {
		before = sent;
		for (int i = 0; i < 200; i++)
			wire_inject(&h, f, len);
		sent = wire_snmp(&h, "IcmpOutDestUnreachs");
		assert_in_range(sent - before, 25, 100);
		exact += sent - before == 50;
		wire_sleep(&h, NSEC_PER_SEC);
		wire_drop_sent(&h);
		wire_teach_peer(&h);
	}
	assert_in_range(exact, 0, 6);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_ICMP_RATELIMIT), 8 * 200 - sent);
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.icmp_msgs_per_sec", "0", NULL, 0), 0);
	wire_sleep(&h, NSEC_PER_SEC);
	wire_inject(&h, f, len);
	assert_int_equal(wire_snmp(&h, "IcmpOutDestUnreachs"), sent);
}

/* Ping */

static struct skiff_ping_result got;
static int answers;

static void ping_done(struct net *net, const struct skiff_ping_result *result, void *arg)
{
	assert_ptr_equal(arg, &answers);
	got = *result;
	answers++;
}

static void send_ping(__be32 daddr, unsigned int len)
{
	const struct skiff_ping_params p = { .daddr.s_addr = daddr, .len = len, .id = 77, .seq = 3 };

	answers = 0;
	assert_int_equal(skiff_ping(h.net, &p, ping_done, &answers), 0);
	wire_run(&h);
}

static void ping_gets_its_answer(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];
	const u8 *icmp;

	send_ping(PEER_IP, 100);
	icmp = expect_icmp(g, ICMP_ECHO, 0);
	assert_int_equal(wire_icmp_id(icmp), 77);
	assert_int_equal(wire_icmp_seq(icmp), 3);
	wire_sleep(&h, 5 * NSEC_PER_MSEC);
	assert_int_equal(answers, 0);
	/* Not the same bytes, not as many, another number: not the answer. */
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHOREPLY, 0, 77 << 16 | 3, icmp + 8, 99));
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHOREPLY, 0, 77 << 16 | 4, icmp + 8, 100));
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHOREPLY, 0, 77 << 16 | 3, data, 100));
	assert_int_equal(answers, 0);
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHOREPLY, 0, 77 << 16 | 3, icmp + 8, 100));
	assert_int_equal(answers, 1);
	assert_int_equal(got.status, SKIFF_PING_REPLY);
	assert_int_equal(got.from.s_addr, PEER_IP);
	assert_int_equal(got.seq, 3);
	assert_int_equal(got.len, 100);
	assert_int_equal(got.ttl, 64);
	assert_int_equal(got.rtt_ns, 5 * NSEC_PER_MSEC);
	/* The second one comes too late. */
	expect_silent_drop(f, frame_icmp(f, ICMP_ECHOREPLY, 0, 77 << 16 | 3, icmp + 8, 100),
			   SKB_DROP_REASON_NO_SOCKET, NULL);
	assert_int_equal(answers, 1);
}

static void ping_hears_of_errors(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];

	send_ping(PEER_IP, 20);
	expect_icmp(g, ICMP_ECHO, 0);
	wire_inject(&h, f,
		    frame_icmp(f, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, g + ETH_HLEN, 28));
	assert_int_equal(answers, 1);
	assert_int_equal(got.status, SKIFF_PING_UNREACHABLE);
	assert_int_equal(got.icmp_type, ICMP_DEST_UNREACH);
	assert_int_equal(got.icmp_code, ICMP_HOST_UNREACH);
	/* Seven bytes of the packet are not enough to know whose it was. */
	send_ping(PEER_IP, 20);
	expect_icmp(g, ICMP_ECHO, 0);
	expect_silent_drop(f,
			   frame_icmp(f, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, g + ETH_HLEN, 27),
			   SKB_DROP_REASON_PKT_TOO_SMALL, "IcmpInErrors");
	expect_silent_drop(f,
			   frame_icmp(f, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, g + ETH_HLEN, 19),
			   SKB_DROP_REASON_IP_INHDR, "IcmpInErrors");
	assert_int_equal(answers, 0);
}

static void ping_does_not_wait_for_ever(void **state)
{
	send_ping(PEER_IP, 0);
	wire_sleep(&h, NSEC_PER_SEC - 1);
	assert_int_equal(answers, 0);
	wire_sleep(&h, 1);
	assert_int_equal(answers, 1);
	assert_int_equal(got.status, SKIFF_PING_TIMEOUT);
}

static void ping_of_oneself(void **state)
{
	const __be32 selves[] = { HOST_IP, htonl(INADDR_LOOPBACK), htonl(0x7f123456), 0 };

	for (size_t i = 0; i < ARRAY_SIZE(selves); i++) {
		send_ping(selves[i], 1000);
		assert_int_equal(answers, 1);
		assert_int_equal(got.status, SKIFF_PING_REPLY);
		expect_nothing();
	}
}

static void ping_refuses_nonsense(void **state)
{
	struct skiff_ping_params p = { .daddr.s_addr = FAR_IP };

	assert_int_equal(skiff_ping(h.net, &p, ping_done, NULL), -ENETUNREACH);
	p.daddr.s_addr = PEER_IP;
	p.len = 65508;
	assert_int_equal(skiff_ping(h.net, &p, ping_done, NULL), -EINVAL);
	p.len = 0;
	p.timeout_ns = -1;
	assert_int_equal(skiff_ping(h.net, &p, ping_done, NULL), -EINVAL);
	assert_int_equal(skiff_ping(h.net, NULL, ping_done, NULL), -EINVAL);
	p.timeout_ns = 0;
	assert_int_equal(skiff_ping(h.net, &p, NULL, NULL), -EINVAL);
	p.saddr.s_addr = PEER_IP;
	assert_int_equal(skiff_ping(h.net, &p, ping_done, NULL), -ENETUNREACH);
}

/* The host ends while somebody waits: they are told. */
static void ping_ends_with_the_host(void **state)
{
	wire_host_open(&h);
	send_ping(PEER_IP, 10);
	assert_int_equal(answers, 0);
	assert_int_equal(wire_host_close(&h), 0);
	assert_int_equal(answers, 1);
	assert_int_equal(got.status, SKIFF_PING_TIMEOUT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(echo_brings_the_same_back),
		T(echo_keeps_its_code),
		T(answers_have_the_options_of_the_question),
		T(errors_have_the_options_of_the_packet),
		T(answers_take_the_way_back),
		T(echo_can_be_ignored),
		T(echo_ttl_is_a_setting),
		T(echo_to_everybody_is_a_setting),
		T(timestamp_tells_the_time),
		T(bad_messages_are_counted),
		T(errors_quote_what_they_are_about),
		T(unknown_protocols_are_told),
		T(no_errors_about),
		T(errors_to_class_e),
		T(errors_have_a_rate),
		T(all_errors_together_have_a_rate),
		T(ping_gets_its_answer),
		T(ping_hears_of_errors),
		T(ping_does_not_wait_for_ever),
		T(ping_of_oneself),
		T(ping_refuses_nonsense),
		cmocka_unit_test(ping_ends_with_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
