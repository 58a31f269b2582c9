// SPDX-License-Identifier: BSD-2-Clause
/* A kernel-style module is started and stopped, and byte orders come out as they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <asm/byteorder.h>
#include <asm/unaligned.h>
#include <linux/module.h>

#include "counter_module.h"

SKIFF_DECLARE_MODULE(kmod_counter);

static void test_module_runs(void **state)
{
	assert_null(counter_greeting());
	assert_int_equal(SKIFF_MODULE_INIT(kmod_counter), 0);
	assert_string_equal(counter_greeting(), "hello");
	assert_int_equal(counter_add(0x01020304), 0);
	assert_int_equal(counter_add(0xffffffff), 0);
	assert_int_equal(counter_sum(), 0x101020303);
	assert_int_equal(counter_byte(0), 1);
	assert_int_equal(counter_byte(3), 4);
	assert_int_equal(counter_byte(4), 0);
	SKIFF_MODULE_EXIT(kmod_counter);
	assert_null(counter_greeting());
}

static void test_module_starts_again(void **state)
{
	assert_int_equal(SKIFF_MODULE_INIT(kmod_counter), 0);
	assert_int_equal(counter_sum(), 0);
	SKIFF_MODULE_EXIT(kmod_counter);
}

/* What lies in memory is what decides, not what the macros say to each other. */
static void check_bytes(const void *p, size_t len, const char *bytes)
{
	assert_memory_equal(p, bytes, len);
}

static void test_byte_orders(void **state)
{
	__be16 b16 = cpu_to_be16(0x0102);
	__be32 b32 = cpu_to_be32(0x01020304);
	__be64 b64 = cpu_to_be64(0x0102030405060708);
	__le16 l16 = cpu_to_le16(0x0102);
	__le32 l32 = cpu_to_le32(0x01020304);
	__le64 l64 = cpu_to_le64(0x0102030405060708);

	check_bytes(&b16, sizeof(b16), "\1\2");
	check_bytes(&b32, sizeof(b32), "\1\2\3\4");
	check_bytes(&b64, sizeof(b64), "\1\2\3\4\5\6\7\10");
	check_bytes(&l16, sizeof(l16), "\2\1");
	check_bytes(&l32, sizeof(l32), "\4\3\2\1");
	check_bytes(&l64, sizeof(l64), "\10\7\6\5\4\3\2\1");
	assert_int_equal(be16_to_cpu(b16), 0x0102);
	assert_int_equal(be32_to_cpu(b32), 0x01020304);
	assert_true(be64_to_cpu(b64) == 0x0102030405060708);
	assert_int_equal(le16_to_cpu(l16), 0x0102);
	assert_int_equal(le32_to_cpu(l32), 0x01020304);
	assert_true(le64_to_cpu(l64) == 0x0102030405060708);
	assert_int_equal(ntohs(htons(0xfffe)), 0xfffe);
	assert_int_equal(ntohl(htonl(0xfffefdfc)), 0xfffefdfc);
}

static const char *protocol_name(__be16 protocol)
{
	switch (protocol) {
	case htons(0x0800): /* a constant, as kernel sources expect */
		return "ip";
	case htons(0x0806):
		return "arp";
	default:
		return "other";
	}
}

static void test_constants(void **state)
{
	assert_string_equal(protocol_name(cpu_to_be16(0x0800)), "ip");
	assert_string_equal(protocol_name(cpu_to_be16(0x0806)), "arp");
	assert_string_equal(protocol_name(cpu_to_be16(0x0008)), "other");
}

static void test_wrapping_additions(void **state)
{
	__be16 b16 = cpu_to_be16(0xffff);
	__be32 b32 = cpu_to_be32(0xffffffff);

	be16_add_cpu(&b16, 3);
	be32_add_cpu(&b32, 3);
	assert_int_equal(be16_to_cpu(b16), 2);
	assert_int_equal(be32_to_cpu(b32), 2);
}

static void test_unaligned(void **state)
{
	unsigned char room[24];
	size_t at;

	for (at = 0; at < 8; at++) {
		memset(room, 0xee, sizeof(room));
		put_unaligned_be64(0x0102030405060708, room + at + 1);
		check_bytes(room + at, 10, "\xee\1\2\3\4\5\6\7\10\xee");
		assert_true(get_unaligned_be64(room + at + 1) == 0x0102030405060708);
		assert_int_equal(get_unaligned_be32(room + at + 2), 0x02030405);
		assert_int_equal(get_unaligned_be16(room + at + 3), 0x0304);

		put_unaligned_be32(0xa1a2a3a4, room + at + 1);
		put_unaligned_be16(0xb1b2, room + at + 5);
		check_bytes(room + at, 10, "\xee\xa1\xa2\xa3\xa4\xb1\xb2\7\10\xee");

		put_unaligned((u32)0x11223344, (u32 *)(room + at + 1));
		assert_int_equal(get_unaligned((u32 *)(room + at + 1)), 0x11223344);
		check_bytes(room + at + 5, 2, "\xb1\xb2");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_module_runs),
		cmocka_unit_test(test_module_starts_again),
		cmocka_unit_test(test_byte_orders),
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_wrapping_additions),
		cmocka_unit_test(test_unaligned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
