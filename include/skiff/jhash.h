/* SPDX-License-Identifier: BSD-2-Clause */
/* Fast hashes for tables: the kernel's names, values of our own. */
#ifndef SKIFF_JHASH_H
#define SKIFF_JHASH_H

#include <string.h>

#include <skiff/kernel.h>

/*
 * Only as unforeseeable as @initval is secret and collisions are hard to find, which they are
 * not: tables that a remote machine can fill use siphash(). The values differ from the kernel's
 * and between byte orders, so they must not leave the process.
 */

static inline u64 __jhash_mix(u64 a, u64 b)
{
	u64 x = (a ^ 0x9e3779b97f4a7c15ULL) + (b << 32 | b >> 32);

	/* The finaliser of a multiply-xorshift hash: every input bit reaches every output bit. */
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 29;
	x *= 0xa0761d6478bd642fULL;
	x ^= x >> 32;
	return x;
}

static inline u32 jhash_2words(u32 a, u32 b, u32 initval)
{
	return (u32)__jhash_mix((u64)a << 32 | b, initval);
}

static inline u32 jhash_1word(u32 a, u32 initval)
{
	return (u32)__jhash_mix(a, initval);
}

static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval)
{
	return (u32)__jhash_mix(__jhash_mix((u64)a << 32 | b, initval), c);
}

/**
 * jhash() - hash a piece of memory
 * @key: at any alignment
 * @length: bytes
 * @initval: the table's secret
 */
static inline u32 jhash(const void *key, u32 length, u32 initval)
{
	const u8 *p = (const u8 *)key;
	u64 h = __jhash_mix(length, initval);
	u64 word;

	for (; length >= 8; length -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = __jhash_mix(word, h);
	}
	if (length) {
		word = 0;
		memcpy(&word, p, length);
		h = __jhash_mix(word, h);
	}
	return (u32)h;
}

/**
 * jhash2() - hash an array of words
 * @k: the words
 * @length: how many
 * @initval: the table's secret
 */
static inline u32 jhash2(const u32 *k, u32 length, u32 initval)
{
	u64 h = __jhash_mix(length, initval);

	for (u32 i = 0; i < length; i++)
		h = __jhash_mix(k[i], h);
	return (u32)h;
}

/* The top @bits (1 to 32) of a product: for values that differ in their low bits. */
static inline u32 hash_32(u32 val, unsigned int bits)
{
	return (val * 0x9e3779b1u) >> (32 - bits);
}

static inline u32 hash_64(u64 val, unsigned int bits)
{
	return (u32)((val * 0x9e3779b97f4a7c15ULL) >> (64 - bits));
}

#endif /* SKIFF_JHASH_H */
