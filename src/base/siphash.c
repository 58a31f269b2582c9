// SPDX-License-Identifier: BSD-2-Clause
/* SipHash-2-4, written from the paper "SipHash: a fast short-input PRF", section 2. */
#include <string.h>

#include <skiff/siphash.h>

struct sip {
	u64 v0, v1, v2, v3;
};

static __always_inline u64 rotl(u64 x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static __always_inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

/* The four constants spell "somepseudorandomlygeneratedbytes". */
static __always_inline void sip_start(struct sip *s, const siphash_key_t *key)
{
	s->v0 = key->key[0] ^ 0x736f6d6570736575ULL;
	s->v1 = key->key[1] ^ 0x646f72616e646f6dULL;
	s->v2 = key->key[0] ^ 0x6c7967656e657261ULL;
	s->v3 = key->key[1] ^ 0x7465646279746573ULL;
}

static __always_inline void sip_word(struct sip *s, u64 word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

/* The last word carries the bytes that did not fill one, and the length modulo 256 on top. */
static __always_inline u64 sip_finish(struct sip *s, u64 rest, size_t len)
{
	sip_word(s, rest | (u64)(len & 0xff) << 56);
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static __always_inline u64 load_le64(const u8 *p)
{
	u64 word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
	const u8 *p = (const u8 *)data;
	const u8 *words_end = p + (len & ~(size_t)7);
	struct sip s;
	u64 rest = 0;

	sip_start(&s, key);
	for (; p != words_end; p += 8)
		sip_word(&s, load_le64(p));
	for (unsigned int i = 0; i < (len & 7); i++)
		rest |= (u64)p[i] << (8 * i);
	return sip_finish(&s, rest, len);
}

u64 siphash_1u64(u64 a, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, a);
	return sip_finish(&s, 0, 8);
}

u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, a);
	sip_word(&s, b);
	return sip_finish(&s, 0, 16);
}

u64 siphash_3u64(u64 a, u64 b, u64 c, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, a);
	sip_word(&s, b);
	sip_word(&s, c);
	return sip_finish(&s, 0, 24);
}

u64 siphash_4u64(u64 a, u64 b, u64 c, u64 d, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, a);
	sip_word(&s, b);
	sip_word(&s, c);
	sip_word(&s, d);
	return sip_finish(&s, 0, 32);
}

u64 siphash_1u32(u32 a, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	return sip_finish(&s, a, 4);
}

u64 siphash_3u32(u32 a, u32 b, u32 c, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, (u64)b << 32 | a);
	return sip_finish(&s, c, 12);
}
