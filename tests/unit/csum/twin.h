/* SPDX-License-Identifier: BSD-2-Clause */
/* The naive twin of the checksum: RFC 1071 word by word, so plain that it needs no test. */
#ifndef SKIFF_TEST_CSUM_TWIN_H
#define SKIFF_TEST_CSUM_TWIN_H

#include <skiff/checksum.h>

/* csum_fold(csum_partial(p, len, sum)) */
static inline u16 twin_checksum(const u8 *p, size_t len, u32 sum)
{
	u64 total = sum;

	while (len) {
		u8 bytes[2] = { p[0], len > 1 ? p[1] : 0 };
		u16 word;

		memcpy(&word, bytes, sizeof(word));
		total += word;
		p += len > 1 ? 2 : 1;
		len -= len > 1 ? 2 : 1;
	}
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (u16)~total;
}

/* The same bytes on every run. */
static inline void twin_random(u8 *p, size_t len, u32 seed)
{
	while (len--) {
		seed = seed * 1664525u + 1013904223u;
		*p++ = (u8)(seed >> 24);
	}
}

#endif /* SKIFF_TEST_CSUM_TWIN_H */
