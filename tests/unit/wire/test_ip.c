// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 and IPv6 headers: every length, every value of the length fields, built headers. */
#include "frames.h"

#include <arpa/inet.h>

#include "wire/ip.h"
#include "wire/ipv6.h"

/* RFC 791 header with 5 bytes of UDP's payload announced; made by another program. */
static const u8 packet[33] = {
	0x45, 0x00, 0x00, 0x21, 0x00, 0x02, 0x00, 0x00, 0x40, 0x11,
	0xf6, 0xc6, 0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00, 0x02, 0x02,
};

static struct wire_ip_fields fields(void)
{
	struct wire_ip_fields f = {
		.ttl = 64,
		.protocol = 17,
		.id = 2,
		.payload_len = 13,
		.saddr = inet_addr("192.0.2.1"),
		.daddr = inet_addr("192.0.2.2"),
	};

	return f;
}

static void every_length(void **state)
{
	size_t len;

	for (len = 0; len <= sizeof(packet); len++) {
		u8 *copy = exact_copy(packet, len);
		enum wire_ip_check want = WIRE_IP_OK;

		if (len < 20)
			want = WIRE_IP_SHORT;
		else if (len < 33)
			want = WIRE_IP_TRUNCATED;
		assert_int_equal(wire_ip_check(copy, len), want);
		assert_int_equal(wire_ip_check_header(copy, len),
				 len < 20 ? WIRE_IP_SHORT : WIRE_IP_OK);
		free(copy);
	}
	assert_int_equal(wire_ip_check(NULL, 0), WIRE_IP_SHORT);
	assert_int_equal(wire_ip_check(NULL, 40), WIRE_IP_SHORT);
}

static void getters(void **state)
{
	u8 odd[sizeof(packet) + 1];
	const u8 *p = odd + 1;

	memcpy(odd + 1, packet, sizeof(packet));
	wire_put16(odd + 1, 6, 0x6000 | 0x0123);
	assert_int_equal(wire_ip_version(p), 4);
	assert_int_equal(wire_ip_hlen(p), 20);
	assert_int_equal(wire_ip_total_len(p), 33);
	assert_int_equal(wire_ip_payload_len(p), 13);
	assert_ptr_equal(wire_ip_payload(p), p + 20);
	assert_int_equal(wire_ip_id(p), 2);
	assert_true(wire_ip_dont_fragment(p));
	assert_true(wire_ip_more_fragments(p));
	assert_true(wire_ip_is_fragment(p));
	assert_int_equal(wire_ip_fragment_offset(p), 0x123 * 8);
	assert_int_equal(wire_ip_ttl(p), 64);
	assert_int_equal(wire_ip_protocol(p), 17);
	assert_int_equal(wire_ip_saddr(p), inet_addr("192.0.2.1"));
	assert_int_equal(wire_ip_daddr(p), inet_addr("192.0.2.2"));
}

static void fragment_field(void **state)
{
	u8 p[20] = { 0x45 };
	unsigned int v;

	for (v = 0; v <= 0xffff; v++) {
		wire_put16(p, 6, (u16)v);
		assert_int_equal(wire_ip_is_fragment(p), (v & 0x3fff) != 0);
		assert_int_equal(wire_ip_dont_fragment(p), (v & 0x4000) != 0);
		assert_int_equal(wire_ip_fragment_offset(p), (v & 0x1fff) * 8);
	}
}

/* Each value of the first byte, with 60 bytes there and with 59. */
static void every_first_byte(void **state)
{
	u8 p[60] = { 0 };
	unsigned int v;

	for (v = 0; v <= 0xff; v++) {
		enum wire_ip_check want = WIRE_IP_OK;

		p[0] = (u8)v;
		if (v >> 4 != 4)
			want = WIRE_IP_BAD_VERSION;
		else if ((v & 0xf) < 5)
			want = WIRE_IP_BAD_IHL;
		assert_int_equal(wire_ip_check_header(p, 60), want);
		if (v == 0x4f)
			want = WIRE_IP_SHORT;
		assert_int_equal(wire_ip_check_header(p, 59), want);
	}
}

/* Each total length, with the checksum made right. */
static void every_total_length(void **state)
{
	u8 p[24 + 100] = { 0x46 };
	unsigned int v;

	for (v = 0; v <= 0xffff; v++) {
		enum wire_ip_check want = WIRE_IP_OK;

		wire_put16(p, 2, (u16)v);
		wire_ip_set_csum(p);
		if (v < 24)
			want = WIRE_IP_BAD_LEN;
		else if (v > sizeof(p))
			want = WIRE_IP_TRUNCATED;
		assert_int_equal(wire_ip_check(p, sizeof(p)), want);
	}
}

/* A header with any one bit flipped fails, and the checksum is judged before the lengths. */
static void every_flipped_bit(void **state)
{
	unsigned int bit;

	for (bit = 0; bit < 20 * 8; bit++) {
		u8 p[sizeof(packet)];
		enum wire_ip_check check;

		memcpy(p, packet, sizeof(p));
		p[bit / 8] ^= (u8)(1 << bit % 8);
		check = wire_ip_check(p, sizeof(p));
		if (bit / 8 == 0)
			assert_int_not_equal(check, WIRE_IP_OK);
		else
			assert_int_equal(check, WIRE_IP_BAD_CSUM);
	}
}

static void built_header(void **state)
{
	struct wire_ip_fields f = fields();
	u8 out[61];

	assert_int_equal(wire_ip_build(out + 1, 20, &f), 20);
	assert_memory_equal(out + 1, packet, 20);
	f.tos = 0xb8;
	f.fragment = WIRE_IP_DF;
	assert_int_equal(wire_ip_build(out, sizeof(out), &f), 20);
	assert_int_equal(wire_ip_tos(out), 0xb8);
	assert_true(wire_ip_dont_fragment(out));
	assert_int_equal(naive_csum(out, 20, 0), 0);
}

static void built_options(void **state)
{
	static const u8 options[41] = { 7, 39, 4 };
	size_t len, i;

	for (len = 0; len <= 41; len++) {
		struct wire_ip_fields f = fields();
		size_t hlen = 20 + (len + 3) / 4 * 4;
		u8 out[64];

		memset(out, 0xee, sizeof(out));
		f.options = len ? options : NULL;
		f.options_len = len;
		if (len > 40) {
			assert_int_equal(wire_ip_build(out, sizeof(out), &f), -EINVAL);
			assert_int_equal(out[0], 0xee);
			continue;
		}
		assert_int_equal(wire_ip_build(out, hlen - 1, &f), -ENOSPC);
		assert_int_equal(out[0], 0xee);
		assert_int_equal(wire_ip_build(out, hlen, &f), hlen);
		assert_int_equal(wire_ip_hlen(out), hlen);
		assert_int_equal(wire_ip_total_len(out), hlen + 13);
		assert_int_equal(naive_csum(out, hlen, 0), 0);
		assert_memory_equal(out + 20, options, len);
		for (i = 20 + len; i < hlen; i++)
			assert_int_equal(out[i], 0);
		assert_int_equal(out[hlen], 0xee);
	}
}

static void built_too_long(void **state)
{
	struct wire_ip_fields f = fields();
	u8 out[20];

	f.payload_len = 65515;
	assert_int_equal(wire_ip_build(out, sizeof(out), &f), 20);
	assert_int_equal(wire_ip_total_len(out), 65535);
	f.payload_len = 65516;
	assert_int_equal(wire_ip_build(out, sizeof(out), &f), -EMSGSIZE);
	f.payload_len = SIZE_MAX;
	assert_int_equal(wire_ip_build(out, sizeof(out), &f), -EMSGSIZE);
	f.payload_len = 0;
	f.options_len = SIZE_MAX;
	assert_int_equal(wire_ip_build(out, sizeof(out), &f), -EINVAL);
}

static void options_cursor(void **state)
{
	struct wire_ip_fields f = fields();
	static const u8 alert[4] = { WIRE_IPOPT_ROUTER_ALERT, 4, 0, 0 };
	struct wire_opts o;
	u8 out[24];

	assert_int_equal(wire_ip_build(out, sizeof(out), &f), 20);
	wire_ip_opts(&o, out);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_DONE);
	f.options = alert;
	f.options_len = 4;
	assert_int_equal(wire_ip_build(out, sizeof(out), &f), 24);
	wire_ip_opts(&o, out);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_FOUND);
	assert_int_equal(o.type, WIRE_IPOPT_ROUTER_ALERT);
	assert_ptr_equal(o.data, out + 22);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_DONE);
}

static void ipv6_every_length(void **state)
{
	u8 p[40 + 16] = { 0x60, 0, 0, 0, 0, 16, 58, 255 };
	size_t len;

	for (len = 0; len <= sizeof(p); len++) {
		u8 *copy = exact_copy(p, len);
		enum wire_ipv6_check want = WIRE_IPV6_OK;

		if (len < 40)
			want = WIRE_IPV6_SHORT;
		else if (len < 56)
			want = WIRE_IPV6_TRUNCATED;
		assert_int_equal(wire_ipv6_check(copy, len), want);
		free(copy);
	}
	assert_int_equal(wire_ipv6_check(NULL, 40), WIRE_IPV6_SHORT);
	assert_int_equal(wire_ipv6_payload_len(p), 16);
	assert_int_equal(wire_ipv6_next_header(p), 58);
	assert_int_equal(wire_ipv6_hop_limit(p), 255);
	assert_ptr_equal(wire_ipv6_saddr(p), p + 8);
	assert_ptr_equal(wire_ipv6_daddr(p), p + 24);
	p[0] = 0x45;
	assert_int_equal(wire_ipv6_check(p, sizeof(p)), WIRE_IPV6_BAD_VERSION);
}

static void reasons(void **state)
{
	assert_string_equal(wire_ip_reason(WIRE_IP_BAD_CSUM), "bad header checksum");
	assert_string_equal(wire_ip_reason((enum wire_ip_check)99), "unknown");
	assert_string_equal(wire_ipv6_reason(WIRE_IPV6_BAD_VERSION), "version is not 6");
	assert_string_equal(wire_ipv6_reason((enum wire_ipv6_check)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),	      cmocka_unit_test(getters),
		cmocka_unit_test(fragment_field),     cmocka_unit_test(every_first_byte),
		cmocka_unit_test(every_total_length), cmocka_unit_test(every_flipped_bit),
		cmocka_unit_test(built_header),	      cmocka_unit_test(built_options),
		cmocka_unit_test(built_too_long),     cmocka_unit_test(options_cursor),
		cmocka_unit_test(ipv6_every_length),  cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
