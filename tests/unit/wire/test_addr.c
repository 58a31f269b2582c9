// SPDX-License-Identifier: BSD-2-Clause
/* Addresses as text: what is accepted, why the rest is not, and the way there and back. */
#include "frames.h"

#include <arpa/inet.h>

#include "wire/addr.h"

static const struct {
	const char *text;
	enum wire_addr_error error;
} macs[] = {
	{ "02:00:00:00:00:01", WIRE_ADDR_OK },
	{ "fF:Aa:0b:C9:de:00", WIRE_ADDR_OK },
	{ NULL, WIRE_ADDR_EMPTY },
	{ "", WIRE_ADDR_EMPTY },
	{ "02", WIRE_ADDR_TOO_FEW_PAIRS },
	{ "02:00:00:00:00", WIRE_ADDR_TOO_FEW_PAIRS },
	{ "02:00:00:00:00:", WIRE_ADDR_TOO_FEW_PAIRS },
	{ "02:00:00:00:00:1", WIRE_ADDR_TOO_FEW_PAIRS },
	{ "2:00:00:00:00:01", WIRE_ADDR_TOO_FEW_PAIRS },
	{ "02::00:00:00:00:01", WIRE_ADDR_TOO_FEW_PAIRS },
	{ ":02:00:00:00:00:01", WIRE_ADDR_TOO_FEW_PAIRS },
	{ "02:00:00:00:00:01:", WIRE_ADDR_TOO_MANY },
	{ "02:00:00:00:00:01:02", WIRE_ADDR_TOO_MANY },
	{ "02:00:00:00:00:011", WIRE_ADDR_TOO_MANY },
	{ "02:00:00:00:00:01 ", WIRE_ADDR_TOO_MANY },
	{ " 02:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "02-00-00-00-00-01", WIRE_ADDR_BAD_CHAR },
	{ "0x:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "020:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "g2:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "@2:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "`2:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "0/:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "\xff\xff:00:00:00:00:01", WIRE_ADDR_BAD_CHAR },
	{ "020000000001", WIRE_ADDR_BAD_CHAR },
};

static void parse_macs(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(macs); i++) {
		u8 mac[6] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };
		enum wire_addr_error error = wire_parse_mac(macs[i].text, mac);

		if (error != macs[i].error)
			fail_msg("'%s' %s", macs[i].text ? macs[i].text : "NULL",
				 wire_addr_reason(error));
		if (error != WIRE_ADDR_OK)
			assert_int_equal(mac[0], 0xee);
	}
}

static void mac_there_and_back(void **state)
{
	static const u8 mac[6] = { 0x02, 0xab, 0xcd, 0xef, 0x00, 0x9f };
	char text[WIRE_MAC_TEXT];
	u8 back[6];

	assert_string_equal(wire_format_mac(text, mac), "02:ab:cd:ef:00:9f");
	assert_int_equal(wire_parse_mac(text, back), WIRE_ADDR_OK);
	assert_memory_equal(back, mac, 6);
}

static const struct {
	const char *text;
	enum wire_addr_error error;
} ips[] = {
	{ "192.0.2.1", WIRE_ADDR_OK },
	{ "0.0.0.0", WIRE_ADDR_OK },
	{ "255.255.255.255", WIRE_ADDR_OK },
	{ NULL, WIRE_ADDR_EMPTY },
	{ "", WIRE_ADDR_EMPTY },
	{ "1", WIRE_ADDR_TOO_FEW },
	{ "1.2.3", WIRE_ADDR_TOO_FEW },
	{ "1.2.3.", WIRE_ADDR_TOO_FEW },
	{ "1..2.3", WIRE_ADDR_TOO_FEW },
	{ ".1.2.3.4", WIRE_ADDR_TOO_FEW },
	{ "1.2.3.4.5", WIRE_ADDR_TOO_MANY },
	{ "1.2.3.4.", WIRE_ADDR_TOO_MANY },
	{ "1.2.3.4 ", WIRE_ADDR_TOO_MANY },
	{ "1.2.3.4/24", WIRE_ADDR_TOO_MANY },
	{ "1.2.3.4\n", WIRE_ADDR_TOO_MANY },
	{ "1.2.3/24", WIRE_ADDR_TOO_FEW },
	{ "2001:db8::1", WIRE_ADDR_IPV6 },
	{ "::", WIRE_ADDR_IPV6 },
	{ "::1/64", WIRE_ADDR_IPV6 },
	{ "::1::", WIRE_ADDR_BAD_CHAR },
	{ "256.2.3.4", WIRE_ADDR_RANGE },
	{ "1.2.3.256", WIRE_ADDR_RANGE },
	{ "1.2.3.999", WIRE_ADDR_RANGE },
	{ "4294967297.2.3.4", WIRE_ADDR_RANGE },
	{ "18446744073709551617.2.3.4", WIRE_ADDR_RANGE },
	{ "01.2.3.4", WIRE_ADDR_LEADING_ZERO },
	{ "1.2.3.00", WIRE_ADDR_LEADING_ZERO },
	{ "0x1.2.3.4", WIRE_ADDR_BAD_CHAR },
	{ " 1.2.3.4", WIRE_ADDR_BAD_CHAR },
	{ "-1.2.3.4", WIRE_ADDR_BAD_CHAR },
	{ "+1.2.3.4", WIRE_ADDR_BAD_CHAR },
	{ "1,2.3.4", WIRE_ADDR_BAD_CHAR },
	{ "host", WIRE_ADDR_BAD_CHAR },
	{ "::1", WIRE_ADDR_IPV6 },
};

static void parse_ips(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ips); i++) {
		__be32 addr = 0x1234;
		enum wire_addr_error error = wire_parse_ip(ips[i].text, &addr);

		if (error != ips[i].error)
			fail_msg("'%s' %s", ips[i].text ? ips[i].text : "NULL",
				 wire_addr_reason(error));
		if (error == WIRE_ADDR_OK)
			assert_int_equal(addr, inet_addr(ips[i].text));
		else
			assert_int_equal(addr, 0x1234);
	}
}

static void every_octet_value(void **state)
{
	unsigned int i, v;

	for (i = 0; i < 4; i++) {
		for (v = 0; v <= 300; v++) {
			char text[64], back[WIRE_IP_TEXT];
			unsigned int n[4] = { 10, 20, 30, 40 };
			__be32 addr;

			n[i] = v;
			snprintf(text, sizeof(text), "%u.%u.%u.%u", n[0], n[1], n[2], n[3]);
			assert_int_equal(wire_parse_ip(text, &addr),
					 v > 255 ? WIRE_ADDR_RANGE : WIRE_ADDR_OK);
			if (v <= 255)
				assert_string_equal(wire_format_ip(back, addr), text);
		}
	}
}

static const struct {
	const char *text;
	enum wire_addr_error error;
	unsigned int prefix_len;
} prefixes[] = {
	{ "192.0.2.2/24", WIRE_ADDR_OK, 24 },
	{ "192.0.2.2/0", WIRE_ADDR_OK, 0 },
	{ "192.0.2.2/32", WIRE_ADDR_OK, 32 },
	{ NULL, WIRE_ADDR_EMPTY, 0 },
	{ "/24", WIRE_ADDR_BAD_CHAR, 0 },
	{ "192.0.2.2", WIRE_ADDR_NO_PREFIX, 0 },
	{ "192.0.2.2/", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2/33", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2/256", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2/024", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2/-1", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2/24x", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2/24.", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2/255.255.255.0", WIRE_ADDR_BAD_PREFIX, 0 },
	{ "192.0.2.2 /24", WIRE_ADDR_TOO_MANY, 0 },
	{ "192.0.2/24", WIRE_ADDR_TOO_FEW, 0 },
	{ "192.0.2.2.1/24", WIRE_ADDR_TOO_MANY, 0 },
};

static void parse_prefixes(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		char text[WIRE_PREFIX_TEXT];
		unsigned int len = 99;
		__be32 addr = 0;
		enum wire_addr_error error = wire_parse_prefix(prefixes[i].text, &addr, &len);

		if (error != prefixes[i].error)
			fail_msg("'%s' %s", prefixes[i].text ? prefixes[i].text : "NULL",
				 wire_addr_reason(error));
		if (error != WIRE_ADDR_OK) {
			assert_int_equal(len, 99);
			continue;
		}
		assert_int_equal(len, prefixes[i].prefix_len);
		assert_string_equal(wire_format_prefix(text, addr, len), prefixes[i].text);
	}
}

static void masks(void **state)
{
	unsigned int len;

	assert_int_equal(wire_prefix_mask(0), 0);
	assert_int_equal(wire_prefix_mask(1), inet_addr("128.0.0.0"));
	assert_int_equal(wire_prefix_mask(24), inet_addr("255.255.255.0"));
	assert_true(wire_prefix_mask(32) == 0xffffffff);
	assert_true(wire_prefix_mask(1000) == 0xffffffff);
	for (len = 0; len <= 32; len++)
		assert_int_equal(wire_mask_prefix(wire_prefix_mask(len)), len);
	assert_int_equal(wire_mask_prefix(inet_addr("255.0.255.0")), -EINVAL);
	assert_int_equal(wire_mask_prefix(inet_addr("0.0.0.1")), -EINVAL);
	assert_int_equal(wire_mask_prefix(inet_addr("255.255.255.253")), -EINVAL);
}

/* RFC 5952 section 4. */
static void ipv6_text(void **state)
{
	static const struct {
		u8 addr[16];
		const char *text;
	} table[] = {
		{ { 0 }, "::" },
		{ { [15] = 1 }, "::1" },
		{ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, "2001:db8::1" },
		{ { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 },
		  "2001:db8:0:1:1:1:1:1" },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff },
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char text[WIRE_IPV6_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(wire_format_ipv6(text, table[i].addr), table[i].text);
}

/* Each error has words of its own, so that a message can be told from the others. */
static void reasons(void **state)
{
	unsigned int a, b;

	for (a = WIRE_ADDR_OK; a <= WIRE_ADDR_BAD_PREFIX + 1; a++) {
		assert_non_null(wire_addr_reason((enum wire_addr_error)a));
		for (b = WIRE_ADDR_OK; b < a; b++)
			assert_string_not_equal(wire_addr_reason((enum wire_addr_error)a),
						wire_addr_reason((enum wire_addr_error)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_macs),	  cmocka_unit_test(mac_there_and_back),
		cmocka_unit_test(parse_ips),	  cmocka_unit_test(every_octet_value),
		cmocka_unit_test(parse_prefixes), cmocka_unit_test(masks),
		cmocka_unit_test(ipv6_text),	  cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
