/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4: the keyed hash for whatever an attacker must not foresee. */
#ifndef SKIFF_SIPHASH_H
#define SKIFF_SIPHASH_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
	u64 key[2];
} siphash_key_t;

static inline bool siphash_key_is_zero(const siphash_key_t *key)
{
	return !(key->key[0] | key->key[1]);
}

/**
 * siphash() - SipHash-2-4 of a piece of memory (Aumasson, Bernstein 2012)
 * @data: what to hash, at any alignment
 * @len: bytes, 0 and more
 * @key: 128 secret bits
 *
 * The same bytes give the same value on every machine. Any context.
 */
SKIFF_API u64 siphash(const void *data, size_t len, const siphash_key_t *key);

/*
 * The same for one to four words that are already in registers: the value is that of their
 * little-endian bytes, one word after the other.
 */
SKIFF_API u64 siphash_1u64(u64 a, const siphash_key_t *key);
SKIFF_API u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key);
SKIFF_API u64 siphash_3u64(u64 a, u64 b, u64 c, const siphash_key_t *key);
SKIFF_API u64 siphash_4u64(u64 a, u64 b, u64 c, u64 d, const siphash_key_t *key);
SKIFF_API u64 siphash_1u32(u32 a, const siphash_key_t *key);
SKIFF_API u64 siphash_3u32(u32 a, u32 b, u32 c, const siphash_key_t *key);

static inline u64 siphash_2u32(u32 a, u32 b, const siphash_key_t *key)
{
	return siphash_1u64((u64)b << 32 | a, key);
}

static inline u64 siphash_4u32(u32 a, u32 b, u32 c, u32 d, const siphash_key_t *key)
{
	return siphash_2u64((u64)b << 32 | a, (u64)d << 32 | c, key);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SIPHASH_H */
