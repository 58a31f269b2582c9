// SPDX-License-Identifier: BSD-2-Clause
/* TCP headers: every length, every header length, the checksum, the options of a SYN. */
#include "frames.h"

#include <arpa/inet.h>

#include "wire/tcp.h"

#define SADDR inet_addr("192.0.2.1")
#define DADDR inet_addr("192.0.2.2")

/* A SYN from 192.0.2.1:40000 to 192.0.2.2:80; made by another program. */
static const u8 syn[40] = {
	0x9c, 0x40, 0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
	0xfa, 0xf0, 0x28, 0x92, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a,
	0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
};

static void every_length(void **state)
{
	size_t len;

	for (len = 0; len <= sizeof(syn); len++) {
		u8 *copy = exact_copy(syn, len);

		assert_int_equal(wire_tcp_check(copy, len, SADDR, DADDR),
				 len < 40 ? WIRE_TCP_SHORT : WIRE_TCP_OK);
		free(copy);
	}
	assert_int_equal(wire_tcp_check(NULL, 40, SADDR, DADDR), WIRE_TCP_SHORT);
}

static void getters(void **state)
{
	u8 odd[sizeof(syn) + 1];
	const u8 *p = odd + 1;

	memcpy(odd + 1, syn, sizeof(syn));
	wire_put32(odd + 1, 8, 0xfffffffe);
	wire_put16(odd + 1, 18, 0x8001);
	assert_int_equal(wire_tcp_source(p), 40000);
	assert_int_equal(wire_tcp_dest(p), 80);
	assert_int_equal(wire_tcp_seq(p), 1000);
	assert_true(wire_tcp_ack(p) == 0xfffffffe);
	assert_int_equal(wire_tcp_hlen(p), 40);
	assert_int_equal(wire_tcp_flags(p), WIRE_TCP_SYN);
	assert_int_equal(wire_tcp_window(p), 64240);
	assert_int_equal(wire_tcp_urgent(p), 0x8001);
}

static void every_header_length(void **state)
{
	u8 p[60] = { 0 };
	unsigned int v;

	for (v = 0; v <= 0xff; v++) {
		enum wire_tcp_check want = WIRE_TCP_OK;

		p[12] = (u8)v;
		if (v >> 4 < 5)
			want = WIRE_TCP_BAD_DOFF;
		assert_int_equal(wire_tcp_check_header(p, 60), want);
		if (v >> 4 == 15)
			want = WIRE_TCP_SHORT;
		assert_int_equal(wire_tcp_check_header(p, 59), want);
	}
}

static void checksum(void **state)
{
	unsigned int bit;
	u8 *big;

	for (bit = 0; bit < sizeof(syn) * 8; bit++) {
		u8 p[sizeof(syn)];

		memcpy(p, syn, sizeof(p));
		p[bit / 8] ^= (u8)(1 << bit % 8);
		assert_false(wire_tcp_csum_ok(p, sizeof(p), SADDR, DADDR));
	}
	assert_int_equal(wire_tcp_check(syn, sizeof(syn), SADDR, SADDR), WIRE_TCP_BAD_CSUM);
	/* No pseudo header has room for such a length. */
	big = (u8 *)calloc(1, 65536);
	assert_non_null(big);
	big[12] = 0x50;
	assert_int_equal(wire_tcp_check(big, 65536, SADDR, DADDR), WIRE_TCP_BAD_CSUM);
	free(big);
}

static void options_cursor(void **state)
{
	struct wire_opts o;

	wire_tcp_opts(&o, syn);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_FOUND);
	assert_int_equal(o.type, WIRE_TCPOPT_MSS);
	assert_int_equal(wire_get16(o.data, 0), 1460);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_FOUND);
	assert_int_equal(o.type, WIRE_TCPOPT_SACK_PERMITTED);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_FOUND);
	assert_int_equal(o.type, WIRE_TCPOPT_TIMESTAMP);
	assert_int_equal(o.len, 8);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_FOUND);
	assert_int_equal(o.type, WIRE_TCPOPT_WINDOW);
	assert_int_equal(o.data[0], 7);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_DONE);
}

static void reasons(void **state)
{
	assert_string_equal(wire_tcp_reason(WIRE_TCP_BAD_DOFF), "header length below 20");
	assert_string_equal(wire_tcp_reason((enum wire_tcp_check)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),	       cmocka_unit_test(getters),
		cmocka_unit_test(every_header_length), cmocka_unit_test(checksum),
		cmocka_unit_test(options_cursor),      cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
