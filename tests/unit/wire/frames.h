/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of wire/ share: exact copies of bytes, and frames made by another program. */
#ifndef TESTS_UNIT_WIRE_FRAMES_H
#define TESTS_UNIT_WIRE_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/kernel.h>

/*
 * A copy of @len bytes in a block of exactly that size, so that a build with AddressSanitizer
 * sees any byte read beyond it. Freed with free().
 */
static inline __maybe_unused u8 *exact_copy(const void *from, size_t len)
{
	u8 *copy = (u8 *)malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, from, len);
	return copy;
}

/* Bytes of a string of hexadecimal digits, freed with free(). */
static inline __maybe_unused u8 *from_hex(const char *hex, size_t *len)
{
	u8 *out;
	size_t i;

	*len = strlen(hex) / 2;
	out = (u8 *)malloc(*len ? *len : 1);
	assert_non_null(out);
	for (i = 0; i < *len; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (u8)byte;
	}
	return out;
}

/* The sum that RFC 1071 defines, in the slowest way; 0 when the bytes contain their own. */
static inline __maybe_unused u16 naive_csum(const u8 *p, size_t len, u32 sum)
{
	size_t i;

	for (i = 0; i < len; i++) {
		sum += i & 1 ? p[i] : (u32)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (u16)~sum;
}

#endif /* TESTS_UNIT_WIRE_FRAMES_H */
