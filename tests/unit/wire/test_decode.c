// SPDX-License-Identifier: BSD-2-Clause
/* The one-line decoder: frames of another program, each cut at every byte, and frames that lie. */
#include "frames.h"

#include <skiff/decode.h>

#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ip.h"

/* Built with Scapy, so that no mistake of ours is on both sides. */
static const struct {
	const char *name;
	const char *hex;
	const char *line;
} known[] = {
	{ "arp_request",
	  "ffffffffffff02000000000208060001080006040001020000000002c000020100000000"
	  "0000c0000202",
	  "02:00:00:00:00:02 > ff:ff:ff:ff:ff:ff ARP who-has 192.0.2.2 tell 192.0.2.1" },
	{ "arp_reply",
	  "02000000000202000000000108060001080006040002020000000001c000020102000000"
	  "0002c0000202",
	  "02:00:00:00:00:01 > 02:00:00:00:00:02 ARP 192.0.2.1 is-at 02:00:00:00:00:01" },
	{ "echo_request",
	  "020000000002020000000001080045000054000100004001f6a4c0000201c00002020800"
	  "caca00070001787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878",
	  "192.0.2.1 > 192.0.2.2 ICMP echo request id 7 seq 1, 64 bytes ttl 64" },
	{ "echo_reply",
	  "020000000002020000000001080045000054000100004001f6a4c0000202c00002010000"
	  "d2ca00070001787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878",
	  "192.0.2.2 > 192.0.2.1 ICMP echo reply id 7 seq 1, 64 bytes ttl 64" },
	{ "udp",
	  "020000000002020000000001080045000021000200004011f6c6c0000201c00002029c40"
	  "0007000d9bb668656c6c6f",
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
	{ "udp_nocsum",
	  "020000000002020000000001080045000021000200004011f6c6c0000201c00002029c40"
	  "0007000d000068656c6c6f",
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
	{ "udp_bad",
	  "020000000002020000000001080045000021000200004011f6c6c0000201c00002029c40"
	  "0007000d123468656c6c6f",
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes [bad checksum 0x1234]" },
	{ "ip_bad",
	  "020000000002020000000001080045000021000200004011beefc0000201c00002029c40"
	  "0007000d9bb668656c6c6f",
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes [bad header checksum 0xbeef]" },
	{ "tcp_syn",
	  "02000000000202000000000108004500003c000340004006b6b5c0000201c00002029c40"
	  "0050000003e800000000a002faf028920000020405b40402080a00000001000000000103"
	  "0307",
	  "192.0.2.1:40000 > 192.0.2.2:80 TCP SYN seq 1000 win 64240 0 bytes, mss 1460 "
	  "sackok ts 1/0 wscale 7" },
	{ "tcp_sack",
	  "02000000000202000000000108004500003c000340004006b6b5c0000202c00002010050"
	  "9c4000000005000003e9a01001f5fc85000001010512000007d000000bb800000fa00000"
	  "1388",
	  "192.0.2.2:80 > 192.0.2.1:40000 TCP ACK seq 5 ack 1001 win 501 0 bytes, sack "
	  "2000-3000 4000-5000" },
	{ "tcp_data",
	  "02000000000202000000000108004500002d000340004006b6c4c0000201c00002029c40"
	  "0050000003e900000006503801f6bec50003474554202f",
	  "192.0.2.1:40000 > 192.0.2.2:80 TCP PSH,ACK,URG seq 1001 ack 6 win 502 urg 3 5 "
	  "bytes" },
	{ "tcp_bad",
	  "020000000002020000000001080045000028000300004006f6c9c0000201c00002029c40"
	  "0050000003e900000006500401f600010000",
	  "192.0.2.1:40000 > 192.0.2.2:80 TCP RST seq 1001 win 502 0 bytes [bad checksum "
	  "0x0001]" },
	{ "unreach_port",
	  "02000000000202000000000108004500003b000400004001f6bac0000202c00002010303"
	  "811d000000004500001f000900004011f6c1c0000201c00002029c400009000b1b286162"
	  "63",
	  "192.0.2.2 > 192.0.2.1 ICMP port unreachable for 192.0.2.1:40000 > 192.0.2.2:9 "
	  "UDP" },
	{ "frag_needed",
	  "020000000002020000000001080045000044000400004001f6b1c0000202c00002010304"
	  "e3d400000578450000280009400040064e91c0000201c63364019c400050000000000000"
	  "000050022000071c0000",
	  "192.0.2.2 > 192.0.2.1 ICMP fragmentation needed mtu 1400 for 192.0.2.1:40000 "
	  "> 198.51.100.1:80 TCP" },
	{ "time_exceeded",
	  "020000000002020000000001080045000038000400004001f6bdc0000202c00002010b00"
	  "f4ff000000004500001c0009000040018ea2c0000201c63364010800f7fd00010001",
	  "192.0.2.2 > 192.0.2.1 ICMP time to live exceeded for 192.0.2.1 > 198.51.100.1 "
	  "ICMP" },
	{ "redirect",
	  "020000000002020000000001080045000038000400004001f6bdc0000202c00002010501"
	  "2545c00002094500001c000900b940118dd9c0000201c633640100010002000813a5",
	  "192.0.2.2 > 192.0.2.1 ICMP redirect host to 192.0.2.9 for 192.0.2.1 > "
	  "198.51.100.1 UDP fragment offset 1480" },
	{ "icmp_unknown",
	  "02000000000202000000000108004500001c000400004001f6d9c0000202c0000201c803"
	  "37fc00000000",
	  "192.0.2.2 > 192.0.2.1 ICMP type 200 code 3, 8 bytes ttl 64" },
	{ "igmp_v2",
	  "01005e01010102000000000108004600002000050000010272cfc0000201ef0101019404"
	  "00001614f9e8ef010101",
	  "192.0.2.1 > 239.1.1.1 IGMP v2 report 239.1.1.1, router-alert" },
	{ "frag_first",
	  "020000000002020000000001080045000034123420004011c481c0000201c00002029c40"
	  "000707d81111797979797979797979797979797979797979797979797979",
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 2000 bytes, fragment id 4660 offset 0 "
	  "length 32 more" },
	{ "frag_last",
	  "020000000002020000000001080045000024123400044011e48dc0000201c00002027979"
	  "7979797979797979797979797979",
	  "192.0.2.1 > 192.0.2.2 UDP 16 bytes, fragment id 4660 offset 32 length 16 last" },
	{ "vlan",
	  "02000000000202000000000181006005080045000021000200004011f6c6c0000201c000"
	  "02029c400007000d9bb668656c6c6f",
	  "vlan 5 priority 3 192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
	{ "qinq",
	  "02000000000202000000000188a800058100000608060001080006040001020000000001"
	  "c0000201000000000000c0000202",
	  "vlan 5 vlan 6 02:00:00:00:00:01 > 02:00:00:00:00:02 ARP who-has 192.0.2.2 "
	  "tell 192.0.2.1" },
	{ "llc",
	  "0180c2000000020000000001002642420300000000000000000000000000000000000000"
	  "00000000000000000000000000000000",
	  "02:00:00:00:00:01 > 01:80:c2:00:00:00 802.3 38 bytes LLC dsap 0x42 ssap 0x42" },
	{ "ipv6",
	  "33330000000102000000000186dd6000000000083a4020010db800000000000000000000"
	  "0001ff020000000000000000000000000001800052ff00000000",
	  "2001:db8::1 > ff02::1 IPv6 ICMPv6 8 bytes" },
	{ "lldp",
	  "0180c200000e02000000000188cc00000000000000000000000000000000000000000000"
	  "000000000000000000000000000000000000000000000000",
	  "02:00:00:00:00:01 > 01:80:c2:00:00:0e ethertype 0x88cc 46 bytes" },
	{ "ospf",
	  "02000000000202000000000108004500002c000100004059d871c0000201e00000050000"
	  "00000000000000000000000000000000000000000000",
	  "192.0.2.1 > 224.0.0.5 OSPF 24 bytes" },
	{ "p250",
	  "0200000000020200000000010800450000170001000040faf5e8c0000201c00002020000"
	  "00",
	  "192.0.2.1 > 192.0.2.2 protocol 250 3 bytes" },
	{ "badopts",
	  "020000000002020000000001080046000025000200004011eec2c0000201c00002020700"
	  "00009c400007000d9bb668656c6c6f",
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes [option length below 2]" },
};

static const char *hex_of(const char *name)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(known); k++) {
		if (!strcmp(known[k].name, name))
			return known[k].hex;
	}
	fail_msg("no frame %s", name);
	return NULL;
}

static void decode(char *line, const u8 *frame, size_t len, unsigned int flags)
{
	int n = skiff_decode_frame(line, SKIFF_DECODE_LINE, frame, len, flags);

	assert_in_range(n, 1, SKIFF_DECODE_LINE - 1);
	assert_int_equal(strlen(line), n);
}

static void known_frames(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		char line[SKIFF_DECODE_LINE];
		size_t len;
		u8 *frame = from_hex(known[i].hex, &len);

		print_message("%s\n", known[i].name);
		decode(line, frame, len, 0);
		assert_string_equal(line, known[i].line);
		free(frame);
	}
}

/* Every known frame cut at every byte: nothing beyond is read, and a line always comes out. */
static void cut_at_every_byte(void **state)
{
	size_t i, cut;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len;
		u8 *frame = from_hex(known[i].hex, &len);

		for (cut = 0; cut < len; cut++) {
			char line[SKIFF_DECODE_LINE];
			u8 *copy = exact_copy(frame, cut);

			decode(line, copy, cut, SKIFF_DECODE_LINK);
			/* Only where no length tells may it pass for whole. */
			if (!strstr(line, "truncated") && !strstr(known[i].line, "ethertype"))
				fail_msg("%s cut at %zu: %s", known[i].name, cut, line);
			free(copy);
		}
		free(frame);
	}
}

/* Each byte of each frame in turn takes each value. */
static void every_byte_mutated(void **state)
{
	size_t i, at;
	unsigned int v;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len;
		u8 *frame = from_hex(known[i].hex, &len);

		for (at = 0; at < min(len, (size_t)90); at++) {
			u8 old = frame[at];

			for (v = 0; v <= 0xff; v++) {
				char line[SKIFF_DECODE_LINE];

				frame[at] = (u8)v;
				decode(line, frame, len, 0);
			}
			frame[at] = old;
		}
		free(frame);
	}
}

/* snprintf()'s contract at every size, with a byte behind the buffer that must not change. */
static void every_buffer_size(void **state)
{
	static const char whole[] = "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes";
	size_t len, size;
	u8 *frame = from_hex(hex_of("udp"), &len);

	for (size = 0; size <= sizeof(whole) + 1; size++) {
		u8 *buf = exact_copy("################################################", size);

		assert_int_equal(skiff_decode_frame((char *)buf, size, frame, len, 0),
				 strlen(whole));
		if (size) {
			size_t shown = min(size - 1, strlen(whole));

			assert_memory_equal(buf, whole, shown);
			assert_int_equal(buf[shown], 0);
		}
		free(buf);
	}
	assert_int_equal(skiff_decode_frame(NULL, 0, frame, len, 0), strlen(whole));
	free(frame);
}

static void bad_arguments(void **state)
{
	char line[SKIFF_DECODE_LINE];
	const u8 byte = 0x45;

	assert_int_equal(skiff_decode_frame(NULL, 1, &byte, 1, 0), -EINVAL);
	assert_int_equal(skiff_decode_frame(line, sizeof(line), NULL, 1, 0), -EINVAL);
	assert_int_equal(skiff_decode_packet(NULL, 1, &byte, 1, 0), -EINVAL);
	assert_int_equal(skiff_decode_packet(line, sizeof(line), NULL, 1, 0), -EINVAL);
	assert_true(skiff_decode_frame(line, sizeof(line), NULL, 0, 0) > 0);
	assert_string_equal(line, "Ethernet [truncated: 0 of 14 bytes]");
	assert_true(skiff_decode_packet(line, sizeof(line), NULL, 0, 0) > 0);
	assert_string_equal(line, "IP [truncated: 0 bytes]");
}

static void packets_without_link_header(void **state)
{
	static const struct {
		const char *name, *line;
	} want[] = {
		{ "udp", "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
		{ "ipv6", "2001:db8::1 > ff02::1 IPv6 ICMPv6 8 bytes" },
		{ "arp_request", "IP [version 0: 28 bytes]" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		char line[SKIFF_DECODE_LINE];
		size_t len;
		u8 *frame = from_hex(hex_of(want[i].name), &len);

		assert_int_equal(skiff_decode_packet(line, sizeof(line), frame + 14, len - 14, 0),
				 strlen(want[i].line));
		assert_string_equal(line, want[i].line);
		free(frame);
	}
}

static void flags(void **state)
{
	static const struct {
		const char *name;
		unsigned int flags;
		const char *line;
	} want[] = {
		{ "udp", SKIFF_DECODE_LINK,
		  "02:00:00:00:00:01 > 02:00:00:00:00:02 192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
		{ "arp_reply", SKIFF_DECODE_LINK,
		  "02:00:00:00:00:01 > 02:00:00:00:00:02 ARP 192.0.2.1 is-at 02:00:00:00:00:01" },
		{ "udp_bad", SKIFF_DECODE_NO_L4_CSUM, "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
		{ "udp_bad", SKIFF_DECODE_NO_CSUM, "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
		{ "tcp_bad", SKIFF_DECODE_NO_L4_CSUM,
		  "192.0.2.1:40000 > 192.0.2.2:80 TCP RST seq 1001 win 502 0 bytes" },
		{ "ip_bad", SKIFF_DECODE_NO_L4_CSUM,
		  "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes [bad header checksum 0xbeef]" },
		{ "ip_bad", SKIFF_DECODE_NO_CSUM, "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		char line[SKIFF_DECODE_LINE];
		size_t len;
		u8 *frame = from_hex(hex_of(want[i].name), &len);

		decode(line, frame, len, want[i].flags);
		assert_string_equal(line, want[i].line);
		free(frame);
	}
}

/* Bytes changed in a known frame; the IPv4 header's checksum is made right again. */
static const struct {
	const char *name;
	size_t at;
	u8 bytes[4];
	size_t count;
	const char *line;
} lies[] = {
	{ "arp_request",
	  14,
	  { 0, 2 },
	  2,
	  "02:00:00:00:00:02 > ff:ff:ff:ff:ff:ff ARP [hardware type is not Ethernet]" },
	{ "arp_request", 20, { 0, 9 }, 2, "02:00:00:00:00:02 > ff:ff:ff:ff:ff:ff ARP operation 9" },
	{ "echo_request",
	  35,
	  { 5 },
	  1,
	  "192.0.2.1 > 192.0.2.2 ICMP echo request code 5 id 7 seq 1, 64 bytes ttl 64 "
	  "[bad checksum 0xcaca]" },
	{ "udp",
	  38,
	  { 0, 7 },
	  2,
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP [length below header length: 7]" },
	{ "udp",
	  38,
	  { 0, 14 },
	  2,
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 6 bytes [length beyond the packet]" },
	{ "udp", 14, { 0x65 }, 1, "IPv4 [version is not 4: 33 bytes]" },
	{ "udp", 14, { 0x44 }, 1, "IPv4 [header length below 20: 33 bytes]" },
	{ "udp", 14, { 0x4f }, 1, "IPv4 [header truncated: 33 bytes]" },
	{ "udp",
	  16,
	  { 0, 19 },
	  2,
	  "192.0.2.1 > 192.0.2.2 UDP [header truncated: 0 bytes] "
	  "[total length below header length: 19]" },
	{ "udp",
	  16,
	  { 1, 0 },
	  2,
	  "192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes [truncated: 33 of 256 bytes]" },
	{ "udp", 16, { 0, 27 }, 2, "192.0.2.1 > 192.0.2.2 UDP [header truncated: 7 bytes]" },
	{ "udp",
	  12,
	  { 0x05, 0xe0 },
	  2,
	  "02:00:00:00:00:01 > 02:00:00:00:00:02 [type/length field between 1501 and 1535: 1504]" },
	{ "udp",
	  12,
	  { 0x05, 0xdc },
	  2,
	  "02:00:00:00:00:01 > 02:00:00:00:00:02 802.3 1500 bytes LLC dsap 0x45 ssap 0x00 "
	  "[truncated: 33 of 1500 bytes]" },
	{ "tcp_data",
	  46,
	  { 0x40 },
	  1,
	  "192.0.2.1 > 192.0.2.2 TCP [header length below 20: 25 bytes]" },
	{ "tcp_data", 46, { 0x80 }, 1, "192.0.2.1 > 192.0.2.2 TCP [header truncated: 25 bytes]" },
	{ "tcp_bad",
	  47,
	  { 0x00 },
	  1,
	  "192.0.2.1:40000 > 192.0.2.2:80 TCP no flags seq 1001 win 502 0 bytes "
	  "[bad checksum 0x0001]" },
	{ "tcp_sack",
	  57,
	  { 0 },
	  1,
	  "192.0.2.2:80 > 192.0.2.1:40000 TCP ACK seq 5 ack 1001 win 501 0 bytes "
	  "[option length below 2] [bad checksum 0xfc85]" },
	{ "frag_last",
	  20,
	  { 0x3f, 0xff },
	  2,
	  "192.0.2.1 > 192.0.2.2 UDP 16 bytes, fragment id 4660 offset 65528 length 16 more "
	  "[beyond 65535 bytes]" },
	{ "unreach_port",
	  42,
	  { 0x65 },
	  1,
	  "192.0.2.2 > 192.0.2.1 ICMP port unreachable [quotes no IPv4 header] "
	  "[bad checksum 0x811d]" },
	{ "unreach_port",
	  35,
	  { 16 },
	  1,
	  "192.0.2.2 > 192.0.2.1 ICMP unreachable code 16 for "
	  "192.0.2.1:40000 > 192.0.2.2:9 UDP [bad checksum 0x811d]" },
	{ "igmp_v2",
	  38,
	  { 0x11 },
	  1,
	  "192.0.2.1 > 239.1.1.1 IGMP query for 239.1.1.1 [bad checksum 0xf9e8], router-alert" },
	{ "igmp_v2",
	  38,
	  { 0x77 },
	  1,
	  "192.0.2.1 > 239.1.1.1 IGMP type 0x77 [bad checksum 0xf9e8], router-alert" },
	{ "igmp_v2",
	  34,
	  { 200 },
	  1,
	  "192.0.2.1 > 239.1.1.1 IGMP v2 report 239.1.1.1, IP option 200" },
	{ "ipv6", 14, { 0x40 }, 1, "IPv6 [version is not 6: 48 bytes]" },
	{ "vlan", 14, { 0x1f, 0xff }, 2, "vlan 4095 dei 192.0.2.1:40000 > 192.0.2.2:7 UDP 5 bytes" },
};

static void lying_frames(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		char line[SKIFF_DECODE_LINE];
		size_t len;
		u8 *frame = from_hex(hex_of(lies[i].name), &len);

		memcpy(frame + lies[i].at, lies[i].bytes, lies[i].count);
		if (wire_eth_type(frame) == ETH_P_IP &&
		    wire_ip_check_header(frame + 14, len - 14) == WIRE_IP_OK)
			wire_ip_set_csum(frame + 14);
		decode(line, frame, len, 0);
		assert_string_equal(line, lies[i].line);
		free(frame);
	}
}

/* A frame of nothing but VLAN tags, and one full of options, stay within the promised length. */
static void longest_lines(void **state)
{
	char line[SKIFF_DECODE_LINE];
	u8 frame[14 + 60 + 60];
	size_t i;

	for (i = 12; i + 4 <= sizeof(frame); i += 4) {
		wire_put16(frame, i, 0x8100);
		wire_put16(frame, i + 2, 0xfffe);
	}
	decode(line, frame, sizeof(frame), SKIFF_DECODE_LINK);
	assert_non_null(strstr(line, "vlan 4094 priority 7 dei ethertype 0x8100"));

	memset(frame, 0xff, sizeof(frame));
	wire_put16(frame, 12, ETH_P_IP);
	wire_put8(frame, 14, 0x4f);
	wire_put16(frame, 14 + 6, 0);
	wire_put8(frame, 14 + 9, 6);
	wire_put8(frame, 14 + 60 + 12, 0xf0);
	for (i = 20; i < 60; i += 2) {
		wire_put16(frame, 14 + i, 0xfd02);
		wire_put16(frame, 14 + 60 + i, 0xfd02);
	}
	decode(line, frame, sizeof(frame), SKIFF_DECODE_LINK);
	assert_non_null(strstr(line, " and 12 more options"));
	assert_non_null(strstr(line, "[truncated: 120 of 65535 bytes]"));
}

/* The bytes of a packet never get into the text: no control characters, no escape sequences. */
static void printable_only(void **state)
{
	unsigned int seed = 7, round;

	for (round = 0; round < 20000; round++) {
		char line[SKIFF_DECODE_LINE];
		size_t len = round % 120, i;
		u8 frame[120];

		for (i = 0; i < sizeof(frame); i++) {
			seed = seed * 1103515245 + 12345;
			frame[i] = (u8)(seed >> 16);
		}
		wire_put16(frame, 12, round & 1 ? ETH_P_IP : ETH_P_ARP);
		frame[14] = round & 2 ? 0x45 : 0x46;
		frame[23] = (const u8[]){ 1, 2, 6, 17 }[round / 4 % 4];
		decode(line, frame, len, 0);
		for (i = 0; line[i]; i++)
			assert_in_range(line[i], 0x20, 0x7e);
	}
}

/* Each ICMP type and code gives a line of its own or its numbers. */
static void every_icmp_type(void **state)
{
	unsigned int type, code;
	size_t len;
	u8 *frame = from_hex(hex_of("unreach_port"), &len);

	for (type = 0; type <= 0xff; type++) {
		for (code = 0; code <= 0xff; code++) {
			char line[SKIFF_DECODE_LINE];

			wire_put8(frame, 34, (u8)type);
			wire_put8(frame, 35, (u8)code);
			wire_icmp_set_csum(frame + 34, len - 34);
			decode(line, frame, len, 0);
			assert_null(strstr(line, "[bad"));
			assert_int_equal(!!strstr(line, " for 192.0.2.1"),
					 wire_icmp_is_error((u8)type));
		}
	}
	free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_frames),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(every_byte_mutated),
		cmocka_unit_test(every_buffer_size),
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(packets_without_link_header),
		cmocka_unit_test(flags),
		cmocka_unit_test(lying_frames),
		cmocka_unit_test(longest_lines),
		cmocka_unit_test(printable_only),
		cmocka_unit_test(every_icmp_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
