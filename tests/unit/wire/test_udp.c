// SPDX-License-Identifier: BSD-2-Clause
/* UDP headers: every length, every value of the length field, checksums against a naive sum. */
#include "frames.h"

#include <arpa/inet.h>

#include "wire/udp.h"

/* "hello" from 192.0.2.1:40000 to 192.0.2.2:7; made by another program. */
static const u8 datagram[13] = {
	0x9c, 0x40, 0x00, 0x07, 0x00, 0x0d, 0x9b, 0xb6, 'h', 'e', 'l', 'l', 'o',
};

#define SADDR inet_addr("192.0.2.1")
#define DADDR inet_addr("192.0.2.2")
/* The pseudo header's words: addresses, protocol; the length is added by who uses it. */
#define PSEUDO (0xc000 + 0x0201 + 0xc000 + 0x0202 + 17)

static void every_length(void **state)
{
	size_t len;

	for (len = 0; len <= sizeof(datagram); len++) {
		u8 *copy = exact_copy(datagram, len);
		enum wire_udp_check want = WIRE_UDP_OK;

		if (len < 8)
			want = WIRE_UDP_SHORT;
		else if (len < 13)
			want = WIRE_UDP_TRUNCATED;
		assert_int_equal(wire_udp_check(copy, len, SADDR, DADDR), want);
		assert_int_equal(wire_udp_check_header(copy, len), want);
		free(copy);
	}
	assert_int_equal(wire_udp_check(NULL, 8, SADDR, DADDR), WIRE_UDP_SHORT);
}

static void getters(void **state)
{
	u8 odd[sizeof(datagram) + 1];
	const u8 *p = odd + 1;

	memcpy(odd + 1, datagram, sizeof(datagram));
	assert_int_equal(wire_udp_source(p), 40000);
	assert_int_equal(wire_udp_dest(p), 7);
	assert_int_equal(wire_udp_len(p), 13);
	assert_true(wire_udp_has_csum(p));
	assert_int_equal(wire_udp_payload_len(p), 5);
	assert_memory_equal(wire_udp_payload(p), "hello", 5);
	assert_int_equal(wire_udp_check(p, sizeof(datagram), SADDR, DADDR), WIRE_UDP_OK);
}

static void every_length_field(void **state)
{
	u8 p[100] = { 0 };
	unsigned int v;

	for (v = 0; v <= 0xffff; v++) {
		enum wire_udp_check want = WIRE_UDP_OK;

		wire_put16(p, 4, (u16)v);
		if (v < 8)
			want = WIRE_UDP_BAD_LEN;
		else if (v > sizeof(p))
			want = WIRE_UDP_TRUNCATED;
		assert_int_equal(wire_udp_check(p, sizeof(p), SADDR, DADDR), want);
	}
}

/* Padding behind the datagram is not summed. */
static void padding_does_not_count(void **state)
{
	u8 p[46];

	memset(p, 0xa5, sizeof(p));
	memcpy(p, datagram, sizeof(datagram));
	assert_int_equal(wire_udp_check(p, sizeof(p), SADDR, DADDR), WIRE_UDP_OK);
}

static void every_flipped_bit(void **state)
{
	unsigned int bit;

	for (bit = 0; bit < sizeof(datagram) * 8; bit++) {
		u8 p[sizeof(datagram)];

		memcpy(p, datagram, sizeof(p));
		p[bit / 8] ^= (u8)(1 << bit % 8);
		assert_int_not_equal(wire_udp_check(p, sizeof(p), SADDR, DADDR), WIRE_UDP_OK);
	}
	assert_int_equal(wire_udp_check(datagram, 13, SADDR, inet_addr("192.0.2.3")),
			 WIRE_UDP_BAD_CSUM);
}

/* RFC 768: 0 is no checksum. */
static void absent_checksum(void **state)
{
	u8 p[sizeof(datagram)];

	memcpy(p, datagram, sizeof(p));
	wire_put16(p, 6, 0);
	assert_false(wire_udp_has_csum(p));
	assert_int_equal(wire_udp_check(p, sizeof(p), SADDR, DADDR), WIRE_UDP_OK);
}

static void built_datagram(void **state)
{
	u8 p[14];

	memcpy(p + 1 + 8, "hello", 5);
	assert_int_equal(wire_udp_build(p + 1, 40000, 7, 5), 0);
	assert_false(wire_udp_has_csum(p + 1));
	wire_udp_set_csum(p + 1, SADDR, DADDR);
	assert_memory_equal(p + 1, datagram, sizeof(datagram));
}

static void built_sizes(void **state)
{
	u8 *p = (u8 *)calloc(1, 65535);
	size_t i, n;

	assert_non_null(p);
	for (i = 8; i < 65535; i++)
		p[i] = (u8)(i * 7);
	for (n = 0; n <= 65527; n += n < 300 ? 1 : 1087) {
		assert_int_equal(wire_udp_build(p, 1, 2, n), 0);
		wire_udp_set_csum(p, SADDR, DADDR);
		assert_int_equal(naive_csum(p, n + 8, PSEUDO + (u32)n + 8), 0);
		assert_int_equal(wire_udp_check(p, n + 8, SADDR, DADDR), WIRE_UDP_OK);
	}
	assert_int_equal(wire_udp_build(p, 1, 2, 65527), 0);
	assert_int_equal(wire_udp_build(p, 1, 2, 65528), -EMSGSIZE);
	assert_int_equal(wire_udp_build(p, 1, 2, SIZE_MAX), -EMSGSIZE);
	free(p);
}

/* A payload word that makes the sum 0 on each of both ways: it is sent as 0xffff. */
static void zero_sum_is_sent_as_ones(void **state)
{
	u8 p[10];
	u16 rest;

	memset(p, 0, sizeof(p));
	assert_int_equal(wire_udp_build(p, 1, 2, 2), 0);
	rest = naive_csum(p, 10, PSEUDO + 10); /* the word that complements all others */
	wire_put16(p, 8, rest);
	assert_int_equal(naive_csum(p, 10, PSEUDO + 10), 0);
	wire_udp_set_csum(p, SADDR, DADDR);
	assert_int_equal(wire_get16(p, 6), 0xffff);
	assert_int_equal(wire_udp_check(p, 10, SADDR, DADDR), WIRE_UDP_OK);
}

static void reasons(void **state)
{
	assert_string_equal(wire_udp_reason(WIRE_UDP_BAD_CSUM), "bad checksum");
	assert_string_equal(wire_udp_reason((enum wire_udp_check)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(getters),
		cmocka_unit_test(every_length_field),
		cmocka_unit_test(padding_does_not_count),
		cmocka_unit_test(every_flipped_bit),
		cmocka_unit_test(absent_checksum),
		cmocka_unit_test(built_datagram),
		cmocka_unit_test(built_sizes),
		cmocka_unit_test(zero_sum_is_sent_as_ones),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
