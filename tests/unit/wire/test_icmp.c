// SPDX-License-Identifier: BSD-2-Clause
/* ICMP and IGMP messages: lengths, checksums, and the packets that errors quote. */
#include "frames.h"

#include <arpa/inet.h>

#include "wire/icmp.h"
#include "wire/ip.h"

/* Port unreachable for UDP 192.0.2.1:40000 > 192.0.2.2:9 with 3 bytes; by another program. */
static const u8 unreachable[39] = {
	0x03, 0x03, 0x81, 0x1d, 0x00, 0x00, 0x00, 0x00, 0x45, 0x00, 0x00, 0x1f, 0x00,
	0x09, 0x00, 0x00, 0x40, 0x11, 0xf6, 0xc1, 0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00,
	0x02, 0x02, 0x9c, 0x40, 0x00, 0x09, 0x00, 0x0b, 0x1b, 0x28, 0x61, 0x62, 0x63,
};

static void lengths_and_checksum(void **state)
{
	size_t len;

	for (len = 0; len <= sizeof(unreachable); len++) {
		u8 *copy = exact_copy(unreachable, len);
		enum wire_icmp_check check = wire_icmp_check(copy, len);

		if (len < 8)
			assert_int_equal(check, WIRE_ICMP_SHORT);
		else
			assert_int_equal(check, naive_csum(copy, len, 0) ? WIRE_ICMP_BAD_CSUM :
									   WIRE_ICMP_OK);
		free(copy);
	}
	assert_int_equal(wire_icmp_check(unreachable, sizeof(unreachable)), WIRE_ICMP_OK);
	assert_int_equal(wire_icmp_check(NULL, 8), WIRE_ICMP_SHORT);
}

static void every_flipped_bit(void **state)
{
	unsigned int bit;

	for (bit = 0; bit < sizeof(unreachable) * 8; bit++) {
		u8 p[sizeof(unreachable)];

		memcpy(p, unreachable, sizeof(p));
		p[bit / 8] ^= (u8)(1 << bit % 8);
		assert_int_equal(wire_icmp_check(p, sizeof(p)), WIRE_ICMP_BAD_CSUM);
	}
}

static void built_echo(void **state)
{
	u8 p[1 + 8 + 57];
	size_t n;

	memset(p, 0x78, sizeof(p));
	for (n = 0; n <= 57; n++) {
		wire_icmp_build(p + 1, WIRE_ICMP_ECHO, 0, 7u << 16 | 1);
		wire_icmp_set_csum(p + 1, 8 + n);
		assert_int_equal(naive_csum(p + 1, 8 + n, 0), 0);
		assert_int_equal(wire_icmp_check(p + 1, 8 + n), WIRE_ICMP_OK);
		assert_int_equal(wire_icmp_type(p + 1), 8);
		assert_int_equal(wire_icmp_code(p + 1), 0);
		assert_int_equal(wire_icmp_id(p + 1), 7);
		assert_int_equal(wire_icmp_seq(p + 1), 1);
	}
	/* 56 bytes of 'x' with id 7 and seq 1, as another program sums them. */
	wire_icmp_set_csum(p + 1, 64);
	assert_int_equal(wire_get16(p + 1, 2), 0xcaca);
}

/* More than 64 KB are summed in parts. */
static void long_message(void **state)
{
	size_t len = 65536 * 2 + 7, i;
	u8 *p = (u8 *)malloc(len);

	assert_non_null(p);
	for (i = 0; i < len; i++)
		p[i] = (u8)(i * 31 >> 3);
	wire_icmp_set_csum(p, len);
	assert_int_equal(naive_csum(p, len, 0), 0);
	assert_int_equal(wire_icmp_check(p, len), WIRE_ICMP_OK);
	free(p);
}

static void second_word(void **state)
{
	u8 p[8];

	wire_icmp_build(p, WIRE_ICMP_UNREACH, WIRE_ICMP_UNREACH_FRAG_NEEDED, 1400);
	assert_int_equal(wire_icmp_mtu(p), 1400);
	wire_icmp_build(p, WIRE_ICMP_REDIRECT, 1, 0xc0000209);
	assert_int_equal(wire_icmp_gateway(p), inet_addr("192.0.2.9"));
	wire_icmp_build(p, WIRE_ICMP_PARAMETER, 0, 20u << 24);
	assert_int_equal(wire_icmp_pointer(p), 20);
}

static void errors_are_these(void **state)
{
	unsigned int type;

	for (type = 0; type <= 0xff; type++)
		assert_int_equal(wire_icmp_is_error((u8)type),
				 type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

static void quote(void **state)
{
	struct wire_icmp_quote q;

	assert_int_equal(wire_icmp_get_quote(unreachable, sizeof(unreachable), &q), 0);
	assert_ptr_equal(q.ip, unreachable + 8);
	assert_int_equal(q.saddr, inet_addr("192.0.2.1"));
	assert_int_equal(q.daddr, inet_addr("192.0.2.2"));
	assert_int_equal(q.protocol, 17);
	assert_ptr_equal(q.l4, unreachable + 28);
	assert_int_equal(q.l4_len, 11);
	assert_true(q.has_ports);
	assert_int_equal(q.sport, 40000);
	assert_int_equal(q.dport, 9);
}

static void quote_at_every_length(void **state)
{
	size_t len;

	for (len = 0; len <= sizeof(unreachable); len++) {
		u8 *copy = exact_copy(unreachable, len);
		struct wire_icmp_quote q;

		assert_int_equal(wire_icmp_get_quote(copy, len, &q), len < 28 ? -EINVAL : 0);
		if (len >= 28) {
			assert_int_equal(q.l4_len, len - 28);
			assert_int_equal(q.has_ports, len >= 32);
			assert_int_equal(q.dport, len >= 32 ? 9 : 0);
		}
		free(copy);
	}
}

static void quote_without_ports(void **state)
{
	struct wire_icmp_quote q;
	u8 p[sizeof(unreachable)];

	assert_int_equal(wire_icmp_get_quote(NULL, 100, &q), -EINVAL);
	memcpy(p, unreachable, sizeof(p));
	p[0] = WIRE_ICMP_ECHO;
	assert_int_equal(wire_icmp_get_quote(p, sizeof(p), &q), -EINVAL);
	memcpy(p, unreachable, sizeof(p));
	p[8] = 0x60;
	assert_int_equal(wire_icmp_get_quote(p, sizeof(p), &q), -EINVAL);
	p[8] = 0x4f; /* 60 bytes of header, which are not there */
	assert_int_equal(wire_icmp_get_quote(p, sizeof(p), &q), -EINVAL);
	memcpy(p, unreachable, sizeof(p));
	p[8 + 9] = 1; /* ICMP */
	assert_int_equal(wire_icmp_get_quote(p, sizeof(p), &q), 0);
	assert_false(q.has_ports);
	memcpy(p, unreachable, sizeof(p));
	p[8 + 7] = 1; /* a later fragment */
	assert_int_equal(wire_icmp_get_quote(p, sizeof(p), &q), 0);
	assert_false(q.has_ports);
	memcpy(p, unreachable, sizeof(p));
	p[8 + 9] = 6; /* TCP */
	assert_int_equal(wire_icmp_get_quote(p, sizeof(p), &q), 0);
	assert_true(q.has_ports);
}

static void igmp(void **state)
{
	/* A version 2 report for 239.1.1.1; made by another program. */
	static const u8 report[8] = { 0x16, 0x14, 0xf9, 0xe8, 0xef, 1, 1, 1 };

	assert_int_equal(wire_igmp_check(report, 8), WIRE_ICMP_OK);
	assert_int_equal(wire_igmp_check(report, 7), WIRE_ICMP_SHORT);
	assert_int_equal(wire_igmp_type(report), WIRE_IGMP_V2_REPORT);
	assert_int_equal(wire_igmp_group(report), inet_addr("239.1.1.1"));
}

static void reasons(void **state)
{
	assert_string_equal(wire_icmp_reason(WIRE_ICMP_BAD_CSUM), "bad checksum");
	assert_string_equal(wire_icmp_reason((enum wire_icmp_check)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_checksum),
		cmocka_unit_test(every_flipped_bit),
		cmocka_unit_test(built_echo),
		cmocka_unit_test(long_message),
		cmocka_unit_test(second_word),
		cmocka_unit_test(errors_are_these),
		cmocka_unit_test(quote),
		cmocka_unit_test(quote_at_every_length),
		cmocka_unit_test(quote_without_ports),
		cmocka_unit_test(igmp),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
