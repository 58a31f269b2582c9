// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 packets that arrive: each way to be dropped with its reason and counter, and accessors. */
#include <skiff/protocol.h>

#include "wire_test.h"

static const u8 data[1500];

static size_t echo(u8 *f)
{
	return frame_icmp(f, ICMP_ECHO, 0, 0x00010001, data, 56);
}

static void headers_that_are_wrong(void **state)
{
	u8 f[FRAME_MAX];
	size_t len = echo(f), i;
	u8 *ip = f + ETH_HLEN;

	for (i = 0; i < WIRE_IP_HLEN; i++)
		expect_silent_drop(f, ETH_HLEN + i, SKB_DROP_REASON_IP_INHDR, "IpInHdrErrors");
	for (; i < len - ETH_HLEN; i++)
		expect_silent_drop(f, ETH_HLEN + i, SKB_DROP_REASON_PKT_TOO_SMALL,
				   "IpExtInTruncatedPkts");
	ip[0] = 0x65;
	expect_silent_drop(f, len, SKB_DROP_REASON_IP_INHDR, "IpInHdrErrors");
	ip[0] = 0x44;
	expect_silent_drop(f, len, SKB_DROP_REASON_IP_INHDR, "IpInHdrErrors");
	ip[0] = 0x4f;
	expect_silent_drop(f, ETH_HLEN + 59, SKB_DROP_REASON_IP_INHDR, "IpInHdrErrors");
	ip[0] = 0x45;
	ip[10] ^= 1;
	expect_silent_drop(f, len, SKB_DROP_REASON_IP_CSUM, "IpExtInCsumErrors");
	wire_put16(ip, 2, 19);
	frame_fix_ip(f);
	expect_silent_drop(f, len, SKB_DROP_REASON_IP_INHDR, "IpInHdrErrors");
}

static void padding_is_cut_off(void **state)
{
	u8 f[FRAME_MAX] = { 0 }, g[FRAME_MAX];
	size_t len = frame_icmp(f, ICMP_ECHO, 0, 1, data, 1);

	memset(f + len, 0xaa, 60 - len);
	wire_inject(&h, f, 60);
	expect_icmp(g, ICMP_ECHOREPLY, 0);
	assert_int_equal(wire_ip_payload_len(g + ETH_HLEN), WIRE_ICMP_HLEN + 1);
}

static void others_frames(void **state)
{
	u8 f[FRAME_MAX];
	size_t len = echo(f);

	memcpy(f, other_mac, ETH_ALEN);
	expect_silent_drop(f, len, SKB_DROP_REASON_OTHERHOST, NULL);
	assert_int_equal(wire_snmp(&h, "IpInReceives"), 0);
}

static void addresses_that_can_not_be(void **state)
{
	static const struct {
		u32 saddr, daddr;
		enum skb_drop_reason reason;
	} cases[] = {
		{ 0xe0000001, 0xc0000202, SKB_DROP_REASON_IP_BCAST_SOURCE },
		{ 0xffffffff, 0xc0000202, SKB_DROP_REASON_IP_BCAST_SOURCE },
		{ 0xc00002ff, 0xc0000202, SKB_DROP_REASON_IP_BCAST_SOURCE },
		{ 0x00000000, 0xc0000202, SKB_DROP_REASON_IP_BCAST_SOURCE },
		{ 0x7f000001, 0xc0000202, SKB_DROP_REASON_IP_INADDRERRORS },
		{ 0xc0000202, 0xc0000202, SKB_DROP_REASON_IP_INADDRERRORS },
		{ 0xc0000201, 0x7f000001, SKB_DROP_REASON_IP_INADDRERRORS },
		{ 0xc0000201, 0x00000000, SKB_DROP_REASON_IP_INADDRERRORS },
		{ 0xc0000201, 0xc0000203, SKB_DROP_REASON_IP_NOT_FORWARDING },
		{ 0xc0000201, 0xc6336401, SKB_DROP_REASON_IP_NOT_FORWARDING },
		{ 0xc0000201, 0xe0000005, SKB_DROP_REASON_IP_NOT_FORWARDING },
		{ 0xc0000201, 0xf0000001, SKB_DROP_REASON_IP_NOT_FORWARDING },
	};
	u8 f[FRAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len =
			frame_ip(f, htonl(cases[i].saddr), htonl(cases[i].daddr), 253, data, 20);

		expect_silent_drop(f, len, cases[i].reason, "IpInAddrErrors");
	}
}

/* An echo request with @n bytes of options, padded with end-of-list. */
static size_t echo_with_options(u8 *f, const u8 *options, size_t n)
{
	struct wire_ip_fields fields = { .ttl = 64,
					 .protocol = IPPROTO_ICMP,
					 .saddr = PEER_IP,
					 .daddr = HOST_IP,
					 .options = options,
					 .options_len = n,
					 .payload_len = 64 };
	u8 icmp[64];
	int hlen;

	wire_icmp_build(icmp, ICMP_ECHO, 0, 0x00010001);
	memset(icmp + 8, 0, 56);
	wire_icmp_set_csum(icmp, 64);
	wire_eth_build(f, host_mac, peer_mac, ETH_P_IP);
	hlen = wire_ip_build(f + ETH_HLEN, FRAME_MAX - ETH_HLEN, &fields);
	assert_true(hlen > 0);
	memcpy(f + ETH_HLEN + hlen, icmp, 64);
	return ETH_HLEN + (size_t)hlen + 64;
}

static void good_options_are_skipped(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
		{ "\x01\x01\x01\x01", 4 },
		{ "\x00\xff\xff\xff", 4 },
		{ "\x07\x07\x04\x00\x00\x00\x00", 7 },	   /* record route with room */
		{ "\x07\x03\x04", 3 },			   /* without room */
		{ "\x07\x07\x08\x01\x02\x03\x04", 7 },	   /* full */
		{ "\x44\x08\x05\x00\x00\x00\x00\x00", 8 }, /* time stamps */
		{ "\x44\x0c\x05\x01\x00\x00\x00\x00\x00\x00\x00\x00", 12 },
		{ "\x94\x04\x00\x00", 4 },		   /* router alert */
		{ "\x94\x05\x00\x00\x00", 5 },		   /* a longer one */
		{ "\x44\x08\x05\x02\x00\x00\x00\x00", 8 }, /* of an unknown form */
		{ "\x44\x08\x09\xf3\x00\x00\x00\x00", 8 }, /* nobody was asked to count */
		{ "\x86\x08\x00\x00\x00\x01\x01\x02", 8 }, /* CIPSO */
		{ "\x99\x05\x01\x02\x03", 5 },		   /* unknown */
	};
	u8 f[FRAME_MAX], g[FRAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		wire_inject(&h, f, echo_with_options(f, (const u8 *)cases[i].bytes, cases[i].n));
		expect_icmp(g, ICMP_ECHOREPLY, 0);
	}
	assert_int_equal(wire_snmp(&h, "IpInHdrErrors"), 0);
}

static void bad_options_are_told(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		u8 pointer;
	} cases[] = {
		{ "\x07\x00\x04\x00", 4, 20 },		   /* length 0 */
		{ "\x07\x01\x04\x00", 4, 20 },		   /* length 1 */
		{ "\x01\x01\x07\x09", 4, 22 },		   /* longer than the header */
		{ "\x01\x01\x01\x07", 4, 23 },		   /* no length */
		{ "\x07\x02\x00\x00", 4, 21 },		   /* no pointer */
		{ "\x07\x07\x03\x00\x00\x00\x00", 7, 22 }, /* pointer before the data */
		{ "\x07\x07\x05\x00\x00\x00\x00", 7, 22 }, /* half an address */
		{ "\x44\x03\x05\x00", 4, 21 },		   /* no flags */
		{ "\x44\x08\x04\x00\x00\x00\x00\x00", 8, 22 },
		{ "\x44\x08\x06\x00\x00\x00\x00\x00", 8, 22 },
		{ "\x44\x08\x09\xf0\x00\x00\x00\x00", 8, 23 },	   /* nobody counts farther */
		{ "\x86\x04\x00\x01", 4, 21 },			   /* CIPSO: too short, */
		{ "\x86\x08\x00\x00\x00\x00\x01\x02", 8, 22 },	   /* of no domain, */
		{ "\x86\x08\x00\x00\x00\x01\x01\x03", 8, 27 },	   /* with a tag too long, */
		{ "\x86\x09\x00\x00\x00\x01\x01\x02\x01", 9, 28 }, /* or half a tag */
		{ "\x44\x08\x05\x01\x00\x00\x00\x00", 8, 22 },	   /* no room for both */
		/* The second of a kind is one too many, whatever else may be wrong with it. */
		{ "\x44\x08\x09\x03\x00\x00\x00\x00\x44\x04\x00\x00", 12, 28 },
		{ "\x07\x07\x08\x00\x00\x00\x00\x07\x02", 9, 27 },
		{ "\x94\x03\x00\x00", 4, 21 },
	};
	u8 f[FRAME_MAX], g[FRAME_MAX];
	const u8 *icmp;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = echo_with_options(f, (const u8 *)cases[i].bytes, cases[i].n);

		expect_drop(f, len, SKB_DROP_REASON_IP_OPTIONS, "IpInHdrErrors");
		icmp = expect_icmp_about(g, ICMP_PARAMETERPROB, 0, f);
		assert_int_equal(wire_icmp_pointer(icmp), cases[i].pointer);
		wire_sleep(&h, NSEC_PER_SEC);
		wire_drop_sent(&h);
		wire_teach_peer(&h);
	}
}

static void source_routes_are_refused(void **state)
{
	u8 f[FRAME_MAX];

	for (int loose = 0; loose < 2; loose++) {
		u8 option[7] = { loose ? 131 : 137, 7, 4, 192, 0, 2, 77 };

		expect_silent_drop(f, echo_with_options(f, option, 7), SKB_DROP_REASON_IP_OPTIONS,
				   "IpInHdrErrors");
	}
}

static size_t udp_with_options(u8 *f, const u8 *options, size_t n)
{
	size_t len = echo_with_options(f, options, n);

	/* The same bytes to a protocol that has no checksum. */
	memset(f + len - 64, 0, 64);
	wire_put16(f + len - 64, 2, 9999);
	wire_put16(f + len - 64, 4, 64);
	f[ETH_HLEN + 9] = IPPROTO_UDP;
	frame_fix_ip(f);
	return len;
}

/* What follows the end of the list is not what was meant. */
static void nothing_follows_the_end(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];
	const u8 *icmp;

	wire_inject(&h, f, udp_with_options(f, (const u8 *)"\x00\xff\xff\xff", 4));
	icmp = expect_icmp(g, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	assert_memory_equal(icmp + WIRE_ICMP_HLEN + WIRE_IP_HLEN, "\0\0\0\0", 4);
	assert_int_equal(wire_ip_check_header(icmp + WIRE_ICMP_HLEN, 32), WIRE_IP_OK);
}

/* 0.0.0.0/8 is as good as any other network, but for 0.0.0.0 itself. */
static void network_zero_is_one(void **state)
{
	u8 f[FRAME_MAX];

	expect_silent_drop(f, frame_ip(f, PEER_IP, htonl(0x00000202), 253, data, 20),
			   SKB_DROP_REASON_IP_NOT_FORWARDING, "IpInAddrErrors");
}

/* Who has no address yet may send to everybody on the link, and groups' reports anywhere. */
static void source_is_nobody(void **state)
{
	static const struct {
		u32 daddr;
		u8 protocol;
		bool taken;
	} cases[] = {
		{ 0xffffffff, 253, true },  { 0x00000000, 253, true },
		{ 0xe0000001, 253, true },  { 0xe0000005, 253, false },
		{ 0xef010203, 253, false }, { 0xef010203, IPPROTO_IGMP, false },
		{ 0xc00002ff, 253, false }, { 0xc0000202, 253, false },
	};
	u8 f[FRAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long before = wire_snmp(&h, "IpInUnknownProtos");

		wire_inject(&h, f,
			    frame_ip(f, 0, htonl(cases[i].daddr), cases[i].protocol, data, 20));
		wire_run(&h);
		assert_int_equal(wire_snmp(&h, "IpInUnknownProtos") - before, cases[i].taken);
	}
}

/* A protocol that looks where it is. */
static int seen;

static int look(struct sk_buff *skb)
{
	const u8 *mac = skb_mac_header(skb), *ip = skb_network_header(skb);

	assert_int_equal(skb->data - ip, 24);
	assert_int_equal(ip - mac, ETH_HLEN);
	assert_ptr_equal(skb_transport_header(skb), skb->data);
	assert_memory_equal(mac, host_mac, ETH_ALEN);
	assert_int_equal(skb->len, 5);
	assert_int_equal(ip_hdr(skb)->protocol, 253);
	assert_int_equal(skb->pkt_type, PACKET_HOST);
	assert_int_equal(skb_rtable(skb)->rt_type, RTN_LOCAL);
	seen++;
	consume_skb(skb);
	return 0;
}

static int elsewhere(struct sk_buff *skb)
{
	return -253;
}

static void protocols_see_true_headers(void **state)
{
	static const struct net_protocol looker = { .handler = look };
	static const struct net_protocol passer = { .handler = elsewhere };
	u8 f[FRAME_MAX];
	const struct wire_ip_fields fields = { .ttl = 64,
					       .protocol = 253,
					       .saddr = PEER_IP,
					       .daddr = HOST_IP,
					       .options = "\x01\x01\x01\x00",
					       .options_len = 4,
					       .payload_len = 5 };

	assert_int_equal(inet_add_protocol(&looker, 253), 0);
	assert_int_equal(inet_add_protocol(&passer, 253), -1);
	assert_int_equal(inet_add_protocol(&passer, 254), 0);
	wire_eth_build(f, host_mac, peer_mac, ETH_P_IP);
	assert_int_equal(wire_ip_build(f + ETH_HLEN, 100, &fields), 24);
	wire_inject(&h, f, ETH_HLEN + 24 + 5);
	assert_int_equal(seen, 1);
	/* Handed on, once; in circles, not for ever. */
	assert_int_equal(inet_del_protocol(&passer, 253), -1);
	assert_int_equal(inet_del_protocol(&looker, 253), 0);
	assert_int_equal(inet_add_protocol(&passer, 253), 0);
	expect_silent_drop(f, ETH_HLEN + 24 + 5, SKB_DROP_REASON_IP_NOPROTO, NULL);
	assert_int_equal(inet_del_protocol(&passer, 253), 0);
	assert_int_equal(inet_del_protocol(&passer, 254), 0);
	assert_int_equal(inet_del_protocol(&passer, 254), -1);
}

/* Every byte of a frame takes every value; the frame is cut everywhere. */
static void mutate(const u8 *frame, size_t len)
{
	u8 f[FRAME_MAX];

	for (size_t i = 0; i <= len; i++)
		wire_inject(&h, frame, i);
	for (size_t i = 0; i < len; i++) {
		memcpy(f, frame, len);
		for (int v = 0; v < 256; v++) {
			f[i] = (u8)v;
			wire_inject(&h, f, len);
			/* Once with the checksum that makes the change count. */
			if (i >= ETH_HLEN && i < ETH_HLEN + WIRE_IP_HLEN &&
			    (f[ETH_HLEN] & 15) == 5) {
				frame_fix_ip(f);
				wire_inject(&h, f, len);
			}
		}
		wire_drop_sent(&h);
	}
	/* Answers to senders that do not exist wait until their neighbours have failed. */
	wire_sleep(&h, 10 * NSEC_PER_SEC);
	wire_drop_sent(&h);
	assert_int_equal(skb_live_buffers(), 0);
}

static void mutated_frames_do_no_harm(void **state)
{
	u8 f[FRAME_MAX], quoted[FRAME_MAX];
	size_t len;

	mutate(f, frame_icmp(f, ICMP_ECHO, 0, 1, data, 4));
	mutate(f, frame_udp(f, 40000, 9, data, 4));
	len = frame_udp(quoted, 7, 9999, data, 10);
	mutate(f, frame_icmp(f, ICMP_DEST_UNREACH, 3, 0, quoted + ETH_HLEN, len - ETH_HLEN));
	mutate(f, echo_with_options(f, (const u8 *)"\x44\x0c\x05\x01\0\0\0\0\0\0\0\0\x07\x07\x04",
				    16));
	mutate(f, frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, HOST_IP));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(headers_that_are_wrong),
		T(padding_is_cut_off),
		T(others_frames),
		T(addresses_that_can_not_be),
		T(good_options_are_skipped),
		T(bad_options_are_told),
		T(source_routes_are_refused),
		T(nothing_follows_the_end),
		T(network_zero_is_one),
		T(source_is_nobody),
		T(protocols_see_true_headers),
		T(mutated_frames_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
