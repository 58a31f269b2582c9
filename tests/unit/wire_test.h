/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the protocols expect of frames: for cmocka programs with one wire_host. */
#ifndef TESTS_WIRE_TEST_H
#define TESTS_WIRE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <skiff/fault.h>

#include "wire_host.h"

static struct wire_host h;

static inline int setup(void **state)
{
	(void)state;
	wire_host_open(&h);
	wire_teach_peer(&h);
	return 0;
}

/* A host that does not know the peer's link-layer address. */
static inline int setup_stranger(void **state)
{
	(void)state;
	wire_host_open(&h);
	return 0;
}

static inline int teardown(void **state)
{
	size_t left = wire_host_close(&h);

	(void)state;
	if (left)
		print_error("%zu things left over\n", left);
	return left ? -1 : 0;
}

static inline void expect_nothing(void)
{
	assert_int_equal(skb_queue_len(&h.sent), 0);
}

/* The next frame has to be an intact packet to the peer. Return: its IP header. */
static inline const u8 *expect_ip(u8 *f, u8 protocol)
{
	size_t len = wire_take(&h, f);
	const u8 *ip = f + ETH_HLEN;

	assert_int_not_equal(len, 0);
	assert_int_equal(wire_eth_type(f), ETH_P_IP);
	assert_memory_equal(wire_eth_source(f), host_mac, ETH_ALEN);
	assert_memory_equal(wire_eth_dest(f), peer_mac, ETH_ALEN);
	assert_int_equal(wire_ip_check(ip, len - ETH_HLEN), WIRE_IP_OK);
	assert_int_equal(wire_ip_total_len(ip), len - ETH_HLEN);
	assert_int_equal(wire_ip_protocol(ip), protocol);
	assert_int_equal(wire_ip_saddr(ip), HOST_IP);
	assert_int_equal(wire_ip_daddr(ip), PEER_IP);
	return ip;
}

/* Return: the ICMP message. */
static inline const u8 *expect_icmp(u8 *f, u8 type, u8 code)
{
	const u8 *ip = expect_ip(f, IPPROTO_ICMP), *icmp = wire_ip_payload(ip);

	assert_int_equal(wire_icmp_check(icmp, wire_ip_payload_len(ip)), WIRE_ICMP_OK);
	assert_int_equal(wire_icmp_type(icmp), type);
	assert_int_equal(wire_icmp_code(icmp), code);
	return icmp;
}

/* An error that quotes the packet of @frame from its IP header on. */
static inline const u8 *expect_icmp_about(u8 *f, u8 type, u8 code, const u8 *frame)
{
	const u8 *icmp = expect_icmp(f, type, code);
	size_t quoted = wire_ip_payload_len(f + ETH_HLEN) - WIRE_ICMP_HLEN;

	assert_true(quoted >= WIRE_IP_HLEN);
	assert_memory_equal(icmp + WIRE_ICMP_HLEN, frame + ETH_HLEN, quoted);
	return icmp;
}

/* Return: the UDP header. */
static inline const u8 *expect_udp(u8 *f, u16 sport, u16 dport)
{
	const u8 *ip = expect_ip(f, IPPROTO_UDP), *udp = wire_ip_payload(ip);

	assert_int_equal(wire_udp_check(udp, wire_ip_payload_len(ip), wire_ip_saddr(ip),
					wire_ip_daddr(ip)),
			 WIRE_UDP_OK);
	assert_int_equal(wire_udp_source(udp), sport);
	assert_int_equal(wire_udp_dest(udp), dport);
	return udp;
}

static inline void expect_arp(u16 op, const u8 *dst, __be32 sip, __be32 tip)
{
	u8 f[FRAME_MAX];
	size_t len = wire_take(&h, f);
	const u8 *arp = f + ETH_HLEN;

	assert_int_not_equal(len, 0);
	assert_int_equal(wire_eth_type(f), ETH_P_ARP);
	assert_memory_equal(wire_eth_dest(f), dst, ETH_ALEN);
	assert_memory_equal(wire_eth_source(f), host_mac, ETH_ALEN);
	assert_int_equal(wire_arp_check(arp, len - ETH_HLEN), WIRE_ARP_OK);
	assert_int_equal(wire_arp_op(arp), op);
	assert_memory_equal(wire_arp_sender_mac(arp), host_mac, ETH_ALEN);
	assert_int_equal(wire_arp_sender_ip(arp), sip);
	assert_int_equal(wire_arp_target_ip(arp), tip);
}

/* Inject a frame that has to be dropped for @reason, with @counter one higher, and no answer. */
static inline void expect_drop(const u8 *f, size_t len, enum skb_drop_reason reason,
			       const char *counter)
{
	u64 drops = wire_drops(&h, reason), before = counter ? wire_snmp(&h, counter) : 0;

	wire_inject(&h, f, len);
	assert_int_equal(wire_drops(&h, reason), drops + 1);
	if (counter)
		assert_int_equal(wire_snmp(&h, counter), before + 1);
}

static inline void expect_silent_drop(const u8 *f, size_t len, enum skb_drop_reason reason,
				      const char *counter)
{
	expect_drop(f, len, reason, counter);
	expect_nothing();
}

#endif /* TESTS_WIRE_TEST_H */
