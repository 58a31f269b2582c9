/* SPDX-License-Identifier: BSD-2-Clause */
/* The portable checksum in 64-bit words, inlined where short blocks and tails are summed. */
#ifndef SKIFF_CSUM_WORDS_H
#define SKIFF_CSUM_WORDS_H

#include <endian.h>
#include <string.h>

#include <skiff/checksum.h>

/*
 * Theory of operation
 *
 * 2^16 = 1 modulo 0xffff, and so are 2^32 and 2^64. A block may therefore be added in words of
 * any multiple of 16 bits, as long as what is carried out of the top comes back in at the
 * bottom; the halves are folded together at the end. This also is why byte order hardly
 * matters: only the place of a last, odd byte differs.
 */

static inline u64 csum_load64(const u8 *p)
{
	u64 word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline u32 csum_load32(const u8 *p)
{
	u32 word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline u16 csum_load16(const u8 *p)
{
	u16 word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline u64 csum_add64(u64 sum, u64 word)
{
	sum += word;
	return sum + (sum < word);
}

/* The last byte of an odd block with its padding, as a 16-bit word in memory. */
static inline u16 csum_odd_byte(u8 byte)
{
	return __BYTE_ORDER == __LITTLE_ENDIAN ? byte : (u16)(byte << 8);
}

/* The last @len bytes (1 to 7) of the 8 that end at @end, padded with zeros behind. */
static inline u64 csum_tail64(const u8 *end, size_t len)
{
	unsigned int drop = 8 * (8 - (unsigned int)len);
	u64 word = csum_load64(end - 8);

	return __BYTE_ORDER == __LITTLE_ENDIAN ? word >> drop : word << drop;
}

/* 0 to 7 bytes. */
static inline u64 csum_tiny(const u8 *p, size_t len)
{
	u64 sum = 0;

	if (len & 4) {
		sum = csum_load32(p);
		p += 4;
	}
	if (len & 2) {
		sum += csum_load16(p);
		p += 2;
	}
	if (len & 1)
		sum += csum_odd_byte(*p);
	return sum;
}

/* A sum whose carries are counted apart, so that no addition waits for the one before. */
struct csum_wide {
	u64 low, carries;
};

static inline void csum_wide_add(struct csum_wide *sum, u64 word)
{
	sum->low += word;
	sum->carries += sum->low < word;
}

/* Fewer than 64 bytes, on top of @sum. */
static inline u64 csum_words(const u8 *p, size_t len, u64 sum)
{
	struct csum_wide wide = { sum, 0 };
	const u8 *end = p + len;

	if (len < 8)
		return csum_add64(sum, csum_tiny(p, len));
	if (len & 32) {
		csum_wide_add(&wide, csum_load64(p));
		csum_wide_add(&wide, csum_load64(p + 8));
		csum_wide_add(&wide, csum_load64(p + 16));
		csum_wide_add(&wide, csum_load64(p + 24));
		p += 32;
	}
	if (len & 16) {
		csum_wide_add(&wide, csum_load64(p));
		csum_wide_add(&wide, csum_load64(p + 8));
		p += 16;
	}
	if (len & 8)
		csum_wide_add(&wide, csum_load64(p));
	if (len & 7)
		csum_wide_add(&wide, csum_tail64(end, len & 7));
	return csum_add64(wide.low, wide.carries);
}

/* Any length, writing what it reads to @dst. */
static inline u64 csum_copy_words(u8 *dst, const u8 *p, size_t len, u64 sum)
{
	u64 tiny = 0;

	for (; len >= 8; len -= 8, p += 8, dst += 8) {
		u64 word = csum_load64(p);

		memcpy(dst, &word, sizeof(word));
		sum = csum_add64(sum, word);
	}
	if (len & 4) {
		u32 word = csum_load32(p);

		memcpy(dst, &word, sizeof(word));
		tiny = word;
		p += 4;
		dst += 4;
	}
	if (len & 2) {
		u16 word = csum_load16(p);

		memcpy(dst, &word, sizeof(word));
		tiny += word;
		p += 2;
		dst += 2;
	}
	if (len & 1) {
		*dst = *p;
		tiny += csum_odd_byte(*dst);
	}
	return csum_add64(sum, tiny);
}

static inline __wsum csum_finish(u64 wide)
{
	return (__force __wsum)csum_from64to32(wide);
}

#endif /* SKIFF_CSUM_WORDS_H */
