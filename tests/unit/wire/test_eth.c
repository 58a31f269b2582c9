// SPDX-License-Identifier: BSD-2-Clause
/* Ethernet headers, 802.3 lengths, VLAN tags and LLC at every length and field value. */
#include "frames.h"

#include "wire/eth.h"

static const u8 mac_a[6] = { 0x02, 0, 0, 0, 0, 0x01 };
static const u8 mac_b[6] = { 0x02, 0, 0, 0, 0, 0x02 };

static void short_at_every_length(void **state)
{
	u8 frame[ETH_HLEN];
	size_t len;

	wire_eth_build(frame, mac_b, mac_a, ETH_P_IP);
	for (len = 0; len <= ETH_HLEN; len++) {
		u8 *copy = exact_copy(frame, len);

		assert_int_equal(wire_eth_check(copy, len),
				 len < ETH_HLEN ? WIRE_ETH_SHORT : WIRE_ETH_OK);
		free(copy);
	}
	assert_int_equal(wire_eth_check(NULL, 0), WIRE_ETH_SHORT);
	assert_int_equal(wire_eth_check(NULL, 1000), WIRE_ETH_SHORT);
}

/* Every value of the type/length field, with 46 bytes behind the header. */
static void every_type(void **state)
{
	u8 frame[ETH_HLEN + 46] = { 0 };
	unsigned int type;

	for (type = 0; type <= 0xffff; type++) {
		enum wire_eth_check want = WIRE_ETH_OK;

		if (type > 1500 && type < 0x600)
			want = WIRE_ETH_UNDEFINED;
		else if (type > 46 && type <= 1500)
			want = WIRE_ETH_BAD_LENGTH;
		wire_eth_build(frame, mac_b, mac_a, (u16)type);
		assert_int_equal(wire_eth_check(frame, sizeof(frame)), want);
		assert_int_equal(wire_eth_type(frame), type);
		assert_int_equal(wire_eth_is_8023(frame), type < 0x600);
		assert_int_equal(wire_eth_8023_len(frame), type);
	}
}

static void built_header(void **state)
{
	static const u8 want[ETH_HLEN] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd };
	u8 frame[ETH_HLEN + 1];

	/* At an odd address too. */
	wire_eth_build(frame + 1, mac_b, mac_a, ETH_P_IPV6);
	assert_memory_equal(frame + 1, want, ETH_HLEN);
	assert_memory_equal(wire_eth_dest(frame + 1), mac_b, 6);
	assert_memory_equal(wire_eth_source(frame + 1), mac_a, 6);
}

static void group_and_broadcast(void **state)
{
	static const struct {
		u8 mac[6];
		bool group, broadcast;
	} table[] = {
		{ { 0x02, 0, 0, 0, 0, 1 }, false, false },
		{ { 0x01, 0, 0x5e, 0, 0, 1 }, true, false },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, true, true },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe }, true, false },
		{ { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff }, false, false },
		{ { 0, 0, 0, 0, 0, 0 }, false, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(wire_mac_is_group(table[i].mac), table[i].group);
		assert_int_equal(wire_mac_is_broadcast(table[i].mac), table[i].broadcast);
	}
}

static void vlan_fields(void **state)
{
	u8 tag[WIRE_VLAN_HLEN];
	unsigned int id, priority;

	for (priority = 0; priority <= 8; priority++) {
		for (id = 0; id <= 4200; id++) {
			int want = id > 4094 || priority > 7 ? -EINVAL : 0;

			memset(tag, 0xee, sizeof(tag));
			assert_int_equal(wire_vlan_build(tag, (u16)id, (u8)priority, ETH_P_ARP),
					 want);
			if (want) {
				assert_int_equal(tag[0], 0xee);
				continue;
			}
			assert_int_equal(wire_vlan_id(tag), id);
			assert_int_equal(wire_vlan_priority(tag), priority);
			assert_false(wire_vlan_drop_eligible(tag));
			assert_int_equal(wire_vlan_type(tag), ETH_P_ARP);
		}
	}
	memset(tag, 0xff, sizeof(tag));
	assert_int_equal(wire_vlan_id(tag), 4095);
	assert_int_equal(wire_vlan_priority(tag), 7);
	assert_true(wire_vlan_drop_eligible(tag));
}

static void vlan_and_llc_lengths(void **state)
{
	u8 bytes[8] = { 0x42, 0x43 };
	size_t len;

	for (len = 0; len <= sizeof(bytes); len++) {
		assert_int_equal(wire_vlan_check(bytes, len), len >= 4);
		assert_int_equal(wire_llc_check(bytes, len), len >= 3);
	}
	assert_false(wire_vlan_check(NULL, 4));
	assert_false(wire_llc_check(NULL, 3));
	assert_int_equal(wire_llc_dsap(bytes), 0x42);
	assert_int_equal(wire_llc_ssap(bytes), 0x43);
	assert_true(wire_vlan_is_tpid(0x8100));
	assert_true(wire_vlan_is_tpid(0x88a8));
	assert_false(wire_vlan_is_tpid(0x0800));
}

static void reasons(void **state)
{
	assert_string_equal(wire_eth_reason(WIRE_ETH_OK), "valid");
	assert_string_equal(wire_eth_reason(WIRE_ETH_BAD_LENGTH), "802.3 length beyond the frame");
	assert_string_equal(wire_eth_reason((enum wire_eth_check)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_at_every_length),
		cmocka_unit_test(every_type),
		cmocka_unit_test(built_header),
		cmocka_unit_test(group_and_broadcast),
		cmocka_unit_test(vlan_fields),
		cmocka_unit_test(vlan_and_llc_lengths),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
