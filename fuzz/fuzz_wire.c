// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fuzz target: each header format's check and, where it allows them, all getters; address parsers
 * and the decoder.
 *
 * The first byte chooses the format, the second shifts the rest in memory so that every alignment
 * is tried. The rest is copied to a block of its exact size, so that AddressSanitizer sees a read
 * beyond it. Properties that must hold whatever the bytes are abort the run.
 */
#include <stdlib.h>
#include <string.h>

#include <skiff/decode.h>

#include "wire/addr.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define MUST(cond)               \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

/* Reading every byte of a range that a getter returned proves that it lies inside. */
static u32 touch(const u8 *p, size_t len)
{
	u32 sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += p[i];
	return sum;
}

static volatile u32 sink; /* keeps the reads */

static void walk_options(struct wire_opts *o)
{
	const u8 *start = o->pos;
	size_t room = (size_t)(o->end - o->pos), n = 0;

	while (wire_opts_next(o) == WIRE_OPT_FOUND) {
		MUST(o->data >= start && o->data + o->len <= o->end);
		MUST(++n <= room / 2);
		sink += touch(o->data, o->len);
	}
	MUST(wire_opts_next(o) == WIRE_OPT_DONE);
}

static void fuzz_eth(const u8 *p, size_t len)
{
	enum wire_eth_check check = wire_eth_check(p, len);

	MUST(wire_eth_reason(check));
	if (check == WIRE_ETH_SHORT)
		return;
	sink += touch(wire_eth_dest(p), ETH_ALEN) + touch(wire_eth_source(p), ETH_ALEN);
	sink += wire_mac_is_group(wire_eth_dest(p)) + wire_mac_is_broadcast(wire_eth_dest(p));
	if (check == WIRE_ETH_OK && wire_eth_is_8023(p))
		sink += touch(p + ETH_HLEN, wire_eth_8023_len(p));
	p += ETH_HLEN;
	len -= ETH_HLEN;
	if (wire_vlan_check(p, len))
		sink += wire_vlan_id(p) + wire_vlan_priority(p) + wire_vlan_drop_eligible(p) +
			wire_vlan_type(p);
	if (wire_llc_check(p, len))
		sink += wire_llc_dsap(p) + wire_llc_ssap(p);
}

static void fuzz_arp(const u8 *p, size_t len)
{
	enum wire_arp_check check = wire_arp_check(p, len);
	u8 again[WIRE_ARP_LEN];

	MUST(wire_arp_reason(check));
	if (check != WIRE_ARP_OK)
		return;
	wire_arp_build(again, wire_arp_op(p), wire_arp_sender_mac(p), wire_arp_sender_ip(p),
		       wire_arp_target_mac(p), wire_arp_target_ip(p));
	MUST(!memcmp(again + 2, p + 2, sizeof(again) - 2));
}

/*
 * A header that passes the check comes out of the builder as it went in, but for the checksum: 0
 * has two forms.
 */
static void rebuild_ip(const u8 *p)
{
	struct wire_ip_fields f = {
		.tos = wire_ip_tos(p),
		.ttl = wire_ip_ttl(p),
		.protocol = wire_ip_protocol(p),
		.id = wire_ip_id(p),
		.fragment = wire_get16(p, 6),
		.payload_len = wire_ip_payload_len(p),
		.saddr = wire_ip_saddr(p),
		.daddr = wire_ip_daddr(p),
		.options = p + WIRE_IP_HLEN,
		.options_len = wire_ip_hlen(p) - WIRE_IP_HLEN,
	};
	u8 again[WIRE_IP_MAX_HLEN];

	MUST(wire_ip_build(again, sizeof(again), &f) == (int)wire_ip_hlen(p));
	MUST(!memcmp(again, p, 10) && !memcmp(again + 12, p + 12, wire_ip_hlen(p) - 12));
	MUST(wire_ip_csum_ok(again));
}

static void fuzz_ip(const u8 *p, size_t len)
{
	enum wire_ip_check check = wire_ip_check(p, len);
	struct wire_opts o;

	MUST(wire_ip_reason(check));
	if (wire_ip_check_header(p, len) != WIRE_IP_OK)
		return;
	sink += touch(p, wire_ip_hlen(p)) + wire_ip_fragment_offset(p);
	wire_ip_opts(&o, p);
	walk_options(&o);
	if (check == WIRE_IP_OK) {
		sink += touch(wire_ip_payload(p), wire_ip_payload_len(p));
		rebuild_ip(p);
	}
}

static void fuzz_ipv6(const u8 *p, size_t len)
{
	enum wire_ipv6_check check = wire_ipv6_check(p, len);
	char text[WIRE_IPV6_TEXT];

	MUST(wire_ipv6_reason(check));
	if (check == WIRE_IPV6_OK)
		sink += touch(p + WIRE_IPV6_HLEN, wire_ipv6_payload_len(p));
	if (check == WIRE_IPV6_OK || check == WIRE_IPV6_TRUNCATED) {
		MUST(*wire_format_ipv6(text, wire_ipv6_saddr(p)));
		MUST(*wire_format_ipv6(text, wire_ipv6_daddr(p)));
	}
}

static void fuzz_icmp(const u8 *p, size_t len)
{
	enum wire_icmp_check check = wire_icmp_check(p, len);
	struct wire_icmp_quote q;

	MUST(wire_icmp_reason(check));
	if (check == WIRE_ICMP_SHORT)
		return;
	sink += wire_icmp_id(p) + wire_icmp_seq(p) + wire_icmp_gateway(p) + wire_icmp_mtu(p);
	if (wire_icmp_get_quote(p, len, &q))
		return;
	MUST(q.ip > p && q.l4 + q.l4_len == p + len);
	sink += touch(q.l4, q.l4_len);
}

static void fuzz_udp(const u8 *p, size_t len)
{
	enum wire_udp_check check = wire_udp_check(p, len, 1, 2);

	MUST(wire_udp_reason(check));
	if (check == WIRE_UDP_OK)
		sink += touch(wire_udp_payload(p), wire_udp_payload_len(p));
	if (check == WIRE_UDP_BAD_CSUM) {
		u8 *fixed = (u8 *)malloc(len);

		memcpy(fixed, p, len);
		wire_udp_set_csum(fixed, 1, 2);
		MUST(wire_udp_check(fixed, len, 1, 2) == WIRE_UDP_OK);
		MUST(wire_udp_has_csum(fixed));
		free(fixed);
	}
}

static void fuzz_tcp(const u8 *p, size_t len)
{
	enum wire_tcp_check check = wire_tcp_check(p, len, 1, 2);
	struct wire_opts o;

	MUST(wire_tcp_reason(check));
	if (wire_tcp_check_header(p, len) != WIRE_TCP_OK)
		return;
	sink += wire_tcp_seq(p) + wire_tcp_ack(p) + wire_tcp_window(p) + wire_tcp_urgent(p);
	wire_tcp_opts(&o, p);
	walk_options(&o);
}

/* What is accepted is what would be printed, but for the case of a MAC address's digits. */
static void fuzz_addr(const u8 *p, size_t len)
{
	char *text = (char *)malloc(len + 1), back[WIRE_PREFIX_TEXT];
	unsigned int prefix_len;
	__be32 addr;
	u8 mac[6];

	memcpy(text, p, len);
	text[len] = '\0';
	if (wire_parse_ip(text, &addr) == WIRE_ADDR_OK)
		MUST(!strcmp(wire_format_ip(back, addr), text));
	if (wire_parse_prefix(text, &addr, &prefix_len) == WIRE_ADDR_OK)
		MUST(!strcmp(wire_format_prefix(back, addr, prefix_len), text));
	if (wire_parse_mac(text, mac) == WIRE_ADDR_OK)
		MUST(strlen(wire_format_mac(back, mac)) == strlen(text));
	free(text);
}

typedef int (*decode_fn)(char *, size_t, const void *, size_t, unsigned int);

/* The promised bound, printable text, and the same beginning in a buffer that is too small. */
static void decode_with(decode_fn decode, const u8 *p, size_t len, unsigned int flags)
{
	char line[SKIFF_DECODE_LINE], part[SKIFF_DECODE_LINE];
	size_t size = len % 97 + 1;
	int i, n = decode(line, sizeof(line), p, len, flags);

	MUST(n > 0 && n < SKIFF_DECODE_LINE && (int)strlen(line) == n);
	for (i = 0; i < n; i++)
		MUST(line[i] >= 0x20 && line[i] <= 0x7e);
	memset(part, 0x7f, sizeof(part));
	MUST(decode(part, size, p, len, flags) == n);
	MUST(strlen(part) == min(size - 1, (size_t)n) && !strncmp(part, line, strlen(part)));
	MUST(part[size] == 0x7f);
}

static void fuzz_decode(const u8 *p, size_t len)
{
	unsigned int flags;

	for (flags = 0; flags < 8; flags++)
		decode_with(skiff_decode_frame, p, len, flags);
	decode_with(skiff_decode_packet, p, len, 0);
}

static void (*const targets[])(const u8 *p, size_t len) = {
	fuzz_eth, fuzz_arp, fuzz_ip,   fuzz_ipv6,   fuzz_icmp,
	fuzz_udp, fuzz_tcp, fuzz_addr, fuzz_decode,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t shift;
	u8 *block;

	if (size < 2)
		return 0;
	shift = data[1] % 8;
	block = (u8 *)malloc(size - 2 + shift);
	if (!block)
		return 0;
	memset(block, 0, shift);
	if (size > 2)
		memcpy(block + shift, data + 2, size - 2);
	targets[data[0] % ARRAY_SIZE(targets)](block + shift, size - 2);
	free(block);
	return 0;
}
