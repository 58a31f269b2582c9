// SPDX-License-Identifier: BSD-2-Clause
/* Checksum arithmetic: the examples of RFC 1071 and RFC 1624, headers, pseudo headers, updates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include <skiff/checksum.h>

#include "twin.h"

/* RFC 1071, section 3. */
static const u8 rfc1071[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

static u16 plain(__wsum sum)
{
	return ntohs((u16) ~(u16)csum_fold(sum));
}

static void test_rfc1071_whole(void **state)
{
	assert_int_equal(plain(csum_partial(rfc1071, 8, 0)), 0xddf2);
	assert_int_equal(ntohs((u16)ip_compute_csum(rfc1071, 8)), 0x220d);
}

static void test_rfc1071_broken_after_three_bytes(void **state)
{
	__wsum first = csum_partial(rfc1071, 3, 0), second = csum_partial(rfc1071 + 3, 5, 0);

	assert_int_equal(plain(first), 0xf201);
	assert_int_equal(plain(second), 0xf0eb);
	assert_int_equal(plain(csum_shift(second, 3)), 0xebf0);
	assert_int_equal(plain(csum_block_add(first, second, 3)), 0xddf2);
	assert_int_equal(plain(csum_block_add_ext(first, second, 3, 5)), 0xddf2);
	assert_int_equal(plain(csum_block_sub(csum_partial(rfc1071, 8, 0), second, 3)), 0xf201);
}

/* RFC 1624, section 4: a header whose other words sum to 0xcd7a; a zero must come out as 0. */
static void test_rfc1624(void **state)
{
	const __be16 old = (__be16)htons(0x5555), now = (__be16)htons(0x3285);
	const __be32 old4 = (__be32)htonl(0x11115555), now4 = (__be32)htonl(0x11113285);
	__sum16 check = (__sum16)htons(0xdd2f);
	__wsum sum;

	csum_replace2(&check, old, now);
	assert_int_equal((u16)check, 0x0000);
	csum_replace2(&check, now, old);
	assert_int_equal(ntohs((u16)check), 0xdd2f);

	csum_replace4(&check, old4, now4);
	assert_int_equal((u16)check, 0x0000);
	csum_replace4(&check, now4, old4);
	assert_int_equal(ntohs((u16)check), 0xdd2f);

	csum_replace_by_diff(&check, csum_sub((__wsum)now4, (__wsum)old4));
	assert_int_equal((u16)check, 0x0000);

	sum = csum_unfold((__sum16)htons(0xcd7a));
	sum = csum_add(sum, csum_unfold((__sum16)old));
	csum_replace(&sum, csum_unfold((__sum16)old), csum_unfold((__sum16)now));
	assert_int_equal((u16)csum_fold(sum), 0x0000);
}

/* Whatever changes in a message, the updated checksum is the one computed anew. */
static void test_updates_equal_recomputation(void **state)
{
	u32 words[16];
	u32 round, i;

	for (round = 0; round < 20000; round++) {
		__sum16 check, copy;
		u32 old4, new4;
		u16 old2, new2;

		twin_random((u8 *)words, sizeof(words), round);
		i = round % 16;
		check = ip_compute_csum(words, sizeof(words));
		copy = check;
		old4 = words[i];
		words[i] = round % 3 ? words[i] * 2654435761u : round % 2 ? 0xffffffff : 0;
		new4 = words[i];
		csum_replace4(&check, (__be32)old4, (__be32)new4);
		assert_int_equal((u16)check, twin_checksum((u8 *)words, sizeof(words), 0));
		csum_replace_by_diff(&copy, csum_sub((__wsum)new4, (__wsum)old4));
		assert_int_equal((u16)copy, (u16)check);

		memcpy(&old2, (u8 *)words + (size_t)2 * i, 2);
		new2 = (u16)(old2 + round);
		memcpy((u8 *)words + (size_t)2 * i, &new2, 2);
		csum_replace2(&check, (__be16)old2, (__be16)new2);
		assert_int_equal((u16)check, twin_checksum((u8 *)words, sizeof(words), 0));
	}
}

static void test_fold(void **state)
{
	assert_int_equal((u16)csum_fold((__wsum)0), 0xffff);
	assert_int_equal((u16)csum_fold((__wsum)0xffff), 0);
	assert_int_equal((u16)csum_fold((__wsum)0xffff0000), 0);
	assert_int_equal((u16)csum_fold((__wsum)0xffffffff), 0);
	assert_int_equal((u16)csum_fold((__wsum)0x0001ffff), 0xfffe);
	assert_int_equal((u16)csum_fold((__wsum)0xfffe0001), 0);
	assert_int_equal((u16)csum_fold((__wsum)0xffff0001), 0xfffe);
	assert_int_equal(csum_from32to16(0), 0);
	assert_int_equal(csum_from32to16(0xffffffff), 0xffff);
	assert_int_equal(csum_from32to16(0x12345678), 0x12345678 % 0xffff);
	assert_int_equal(csum_from64to32(0), 0);
	assert_int_equal(csum_from64to32(~0ULL), 0xffffffff);
	assert_int_equal(csum_from64to32(0x1ffffffffULL), 1);
	assert_int_equal((u32)csum_unfold((__sum16)0x1234), 0x1234);
}

static void test_add_and_sub(void **state)
{
	assert_int_equal((u32)csum_add((__wsum)0xffffffff, (__wsum)1), 1);
	assert_int_equal((u32)csum_add((__wsum)0xffffffff, (__wsum)0xffffffff), 0xffffffff);
	assert_int_equal((u32)csum_add((__wsum)1, (__wsum)2), 3);
	assert_int_equal((u32)csum_add((__wsum)0, (__wsum)0), 0);
	assert_int_equal((u32)csum_sub((__wsum)3, (__wsum)1), 2);
	assert_int_equal((u16)csum16_add((__sum16)0xffff, (__be16)1), 1);
	assert_int_equal((u16)csum16_add((__sum16)0x8000, (__be16)0x8000), 1);
	assert_int_equal((u16)csum16_add((__sum16)0xffff, (__be16)0xffff), 0xffff);
	assert_int_equal((u16)csum16_sub((__sum16)3, (__be16)1), 2);
	assert_int_equal((u16)csum16_sub((__sum16)1, (__be16)3), 0xfffd);
	assert_int_equal((u32)csum_shift((__wsum)0x12345678, 0), 0x12345678);
	assert_int_equal((u32)csum_shift((__wsum)0x12345678, 7), 0x78123456);
	assert_int_equal((u32)csum_shift((__wsum)0x12345678, -1), 0x78123456);
}

/* Pulling a header off a summed buffer, by subtraction and by the negated sum. */
static void test_pull_by_negation(void **state)
{
	u8 bytes[64];
	u32 round;

	for (round = 0; round < 1000; round++) {
		u16 rest;
		__wsum sum;

		twin_random(bytes, sizeof(bytes), round);
		sum = csum_partial(bytes, sizeof(bytes), 0);
		rest = twin_checksum(bytes + 14, sizeof(bytes) - 14, 0);
		assert_int_equal((u16)csum_fold(csum_sub(sum, csum_partial(bytes, 14, 0))), rest);
		sum = wsum_negate(csum_partial(bytes, 14, wsum_negate(sum)));
		assert_int_equal((u16)csum_fold(sum), rest);
	}
}

static void test_ip_header_every_length(void **state)
{
	u8 bytes[60 + 8];
	unsigned int ihl, align;

	for (ihl = 5; ihl <= 15; ihl++) {
		for (align = 0; align < 8; align++) {
			u8 *p = bytes + align;
			__sum16 check;

			twin_random(bytes, sizeof(bytes), ihl * 8 + align);
			memset(p + 10, 0, 2);
			check = ip_fast_csum(p, ihl);
			assert_int_equal((u16)check, twin_checksum(p, 4 * (size_t)ihl, 0));
			memcpy(p + 10, &check, 2);
			assert_int_equal((u16)ip_fast_csum(p, ihl), 0);
			p[3] ^= 0x10;
			assert_int_not_equal((u16)ip_fast_csum(p, ihl), 0);
		}
	}
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal((u16)ip_fast_csum(bytes, 15), 0);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal((u16)ip_fast_csum(bytes, 15), 0xffff);
	assert_int_equal((u16)ip_fast_csum(bytes, 0), 0xffff);
}

/* A real header: 192.0.2.1 to 192.0.2.2, ICMP, 84 bytes, DF; the sum worked out by hand. */
static void test_ip_header_example(void **state)
{
	static const u8 header[] = { 0x45, 0x00, 0x00, 0x54, 0x00, 0x00, 0x40, 0x00, 0x40, 0x01,
				     0x00, 0x00, 0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00, 0x02, 0x02 };

	/* 4500+0054+0000+4000+4001+c000+0201+c000+0202 = 24958 -> 495a, complement b6a5 */
	assert_int_equal(ntohs((u16)ip_fast_csum(header, 5)), 0xb6a5);
}

static u16 pseudo4(u32 saddr, u32 daddr, u32 len, u8 proto, u32 sum)
{
	u8 pseudo[14] = { 0 };
	u32 be_len = htonl(len);

	memcpy(pseudo, &saddr, 4);
	memcpy(pseudo + 4, &daddr, 4);
	pseudo[9] = proto;
	/* 16 bits in the real one, but the kernel's signature has 32 for large segments. */
	memcpy(pseudo + 10, &be_len, 4);
	return twin_checksum(pseudo, sizeof(pseudo), sum);
}

static void test_tcpudp_against_pseudo_header(void **state)
{
	static const u32 lens[] = { 0, 8, 20, 255, 256, 1480, 65535, 65536, 0xffffff00, 0xffffffff };
	u32 random[3];
	size_t i, round;

	for (round = 0; round < 1000; round++) {
		twin_random((u8 *)random, sizeof(random), (u32)round);
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			u8 proto = round % 2 ? IPPROTO_TCP : (u8)round;
			__sum16 magic = csum_tcpudp_magic((__be32)random[0], (__be32)random[1],
							  lens[i], proto, (__wsum)random[2]);

			assert_int_equal((u16)magic,
					 pseudo4(random[0], random[1], lens[i], proto, random[2]));
		}
	}
	assert_int_equal((u16)csum_tcpudp_magic((__be32)~0u, (__be32)~0u, ~0u, 255, (__wsum)~0u),
			 pseudo4(~0u, ~0u, ~0u, 255, ~0u));
	assert_int_equal((u32)csum_tcpudp_nofold(0, 0, 0, 0, 0), 0);
}

/* A received UDP datagram, checked with its own checksum: 192.0.2.1:1 to 192.0.2.2:7 "hi!". */
static void test_udp_datagram(void **state)
{
	u8 udp[] = { 0x00, 0x01, 0x00, 0x07, 0x00, 0x0b, 0x00, 0x00, 'h', 'i', '!' };
	__be32 from = (__be32)htonl(0xc0000201), to = (__be32)htonl(0xc0000202);
	__sum16 check;

	check = csum_tcpudp_magic(from, to, 11, IPPROTO_UDP, csum_partial(udp, 11, 0));
	/* c000+0201+c000+0202+0011+000b+0001+0007+000b+6869+2100 = 20d9b -> 0d9d, complement f262 */
	assert_int_equal(ntohs((u16)check), 0xf262);
	memcpy(udp + 6, &check, 2);
	check = csum_tcpudp_magic(from, to, 11, IPPROTO_UDP, csum_partial(udp, 11, 0));
	assert_int_equal((u16)check, 0);
}

static void test_ipv6_against_pseudo_header(void **state)
{
	static const u32 lens[] = { 0, 8, 1440, 65535, 65536, 0xffffffff };
	struct in6_addr addr[2];
	u8 pseudo[40];
	size_t i, round;

	for (round = 0; round < 500; round++) {
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			u32 be_len = htonl(lens[i]), sum = (u32)(round * 123456789u);

			twin_random((u8 *)addr, sizeof(addr), (u32)round);
			memset(pseudo, 0, sizeof(pseudo));
			memcpy(pseudo, addr, 32);
			memcpy(pseudo + 32, &be_len, 4);
			pseudo[39] = (u8)round;
			assert_int_equal((u16)csum_ipv6_magic(&addr[0], &addr[1], lens[i],
							      (u8)round, (__wsum)sum),
					 twin_checksum(pseudo, sizeof(pseudo), sum));
		}
	}
}

/* Remote checksum offload fills the field, and taking it back restores what was there. */
static void test_remcsum(void **state)
{
	u8 message[48];
	__sum16 seed, now;
	__wsum sum, delta;

	twin_random(message, sizeof(message), 9);
	memcpy(&seed, message + 22, 2);
	sum = csum_partial(message, sizeof(message), 0);
	delta = remcsum_adjust(message, sum, 16, 22);
	memcpy(&now, message + 22, 2);
	assert_int_equal((u16)csum_fold(csum_add(sum, delta)),
			 twin_checksum(message, sizeof(message), 0));
	memcpy(message + 22, &seed, 2);
	assert_int_equal((u16)now, twin_checksum(message + 16, sizeof(message) - 16, 0));
	remcsum_unadjust(&now, delta);
	assert_int_equal((u16)now, (u16)seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc1071_whole),
		cmocka_unit_test(test_rfc1071_broken_after_three_bytes),
		cmocka_unit_test(test_rfc1624),
		cmocka_unit_test(test_updates_equal_recomputation),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_add_and_sub),
		cmocka_unit_test(test_pull_by_negation),
		cmocka_unit_test(test_ip_header_every_length),
		cmocka_unit_test(test_ip_header_example),
		cmocka_unit_test(test_tcpudp_against_pseudo_header),
		cmocka_unit_test(test_udp_datagram),
		cmocka_unit_test(test_ipv6_against_pseudo_header),
		cmocka_unit_test(test_remcsum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
