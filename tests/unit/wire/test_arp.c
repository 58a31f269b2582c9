// SPDX-License-Identifier: BSD-2-Clause
/* ARP packets: the built one byte for byte, every length, every value of every fixed field. */
#include "frames.h"

#include <arpa/inet.h>

#include "wire/arp.h"

static const u8 mac_a[6] = { 0x02, 0, 0, 0, 0, 0x01 };
static const u8 mac_b[6] = { 0x02, 0, 0, 0, 0, 0x02 };

static const u8 reply[WIRE_ARP_LEN] = {
	0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 2,
};

static void built_packets(void **state)
{
	u8 buf[WIRE_ARP_LEN + 1];
	static const u8 zeros[6];

	wire_arp_build(buf + 1, WIRE_ARP_REPLY, mac_a, inet_addr("192.0.2.1"), mac_b,
		       inet_addr("192.0.2.2"));
	assert_memory_equal(buf + 1, reply, sizeof(reply));
	wire_arp_build(buf, WIRE_ARP_REQUEST, mac_a, 0, NULL, inet_addr("192.0.2.2"));
	assert_int_equal(wire_arp_op(buf), 1);
	assert_int_equal(wire_arp_sender_ip(buf), 0);
	assert_memory_equal(wire_arp_target_mac(buf), zeros, 6);
}

static void getters(void **state)
{
	u8 *copy = exact_copy(reply, sizeof(reply));

	assert_int_equal(wire_arp_check(copy, sizeof(reply)), WIRE_ARP_OK);
	assert_int_equal(wire_arp_hardware(copy), 1);
	assert_int_equal(wire_arp_protocol(copy), 0x0800);
	assert_int_equal(wire_arp_op(copy), WIRE_ARP_REPLY);
	assert_memory_equal(wire_arp_sender_mac(copy), mac_a, 6);
	assert_memory_equal(wire_arp_target_mac(copy), mac_b, 6);
	assert_int_equal(wire_arp_sender_ip(copy), inet_addr("192.0.2.1"));
	assert_int_equal(wire_arp_target_ip(copy), inet_addr("192.0.2.2"));
	free(copy);
}

static void every_length(void **state)
{
	u8 padded[46] = { 0 };
	size_t len;

	memcpy(padded, reply, sizeof(reply));
	for (len = 0; len <= sizeof(padded); len++) {
		u8 *copy = exact_copy(padded, len);

		assert_int_equal(wire_arp_check(copy, len),
				 len < WIRE_ARP_LEN ? WIRE_ARP_SHORT : WIRE_ARP_OK);
		free(copy);
	}
	assert_int_equal(wire_arp_check(NULL, 28), WIRE_ARP_SHORT);
}

static void every_field_value(void **state)
{
	unsigned int v;

	for (v = 0; v <= 0xffff; v++) {
		u8 p[WIRE_ARP_LEN];

		memcpy(p, reply, sizeof(p));
		wire_put16(p, 0, (u16)v);
		assert_int_equal(wire_arp_check(p, sizeof(p)),
				 v == 1 || v == 6 ? WIRE_ARP_OK : WIRE_ARP_BAD_HARDWARE);
		memcpy(p, reply, sizeof(p));
		wire_put16(p, 2, (u16)v);
		assert_int_equal(wire_arp_check(p, sizeof(p)),
				 v == 0x800 ? WIRE_ARP_OK : WIRE_ARP_BAD_PROTOCOL);
		memcpy(p, reply, sizeof(p));
		p[4] = (u8)v;
		assert_int_equal(wire_arp_check(p, sizeof(p)),
				 (u8)v == 6 ? WIRE_ARP_OK : WIRE_ARP_BAD_HLEN);
		memcpy(p, reply, sizeof(p));
		p[5] = (u8)v;
		assert_int_equal(wire_arp_check(p, sizeof(p)),
				 (u8)v == 4 ? WIRE_ARP_OK : WIRE_ARP_BAD_PLEN);
		memcpy(p, reply, sizeof(p));
		wire_put16(p, 6, (u16)v);
		assert_int_equal(wire_arp_check(p, sizeof(p)), WIRE_ARP_OK);
		assert_int_equal(wire_arp_op(p), v);
	}
}

static void reasons(void **state)
{
	assert_string_equal(wire_arp_reason(WIRE_ARP_OK), "valid");
	assert_string_equal(wire_arp_reason(WIRE_ARP_BAD_PLEN), "protocol address length is not 4");
	assert_string_equal(wire_arp_reason((enum wire_arp_check)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_packets), cmocka_unit_test(getters),
		cmocka_unit_test(every_length),	 cmocka_unit_test(every_field_value),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
