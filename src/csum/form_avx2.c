// SPDX-License-Identifier: BSD-2-Clause
/* Checksums of long blocks with AVX2. */
#include "csum/csum.h"

#if defined(__x86_64__) && !defined(__CHECKER__) /* sparse does not know the intrinsics */

#include <immintrin.h>

#include "csum/words.h"

/*
 * Theory of operation
 *
 * VPMADDWD multiplies signed 16-bit words and adds neighbours into 32-bit lanes. Words here are
 * unsigned, so each is first moved down by 0x8000, which is what flipping its top bit means, and
 * 0x8000 per word is added back at the end. All of that is exact modulo 2^32, and the sum of no
 * more than CHUNK bytes is less than 2^32: hence a chunk's sum is exact, and 0 only for zeros.
 */
#define AVX2 __attribute__((__target__("avx2")))
#define CHUNK ((size_t)128 * 1024)
#define VEC ((size_t)sizeof(__m256i))
#define BIAS_PER_VEC (0x8000u * (u32)(VEC / 2))

static AVX2 inline __m256i load(const u8 *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static AVX2 inline void store(u8 *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)(void *)p, v);
}

static AVX2 inline __m256i add_words(__m256i acc, __m256i v)
{
	v = _mm256_xor_si256(v, _mm256_set1_epi16((short)0x8000));
	return _mm256_add_epi32(acc, _mm256_madd_epi16(v, _mm256_set1_epi16(1)));
}

/* The sum of the words that @vecs vectors put into @acc. */
static AVX2 inline u32 unbias(__m256i acc, size_t vecs)
{
	__m128i v = _mm_add_epi32(_mm256_castsi256_si128(acc), _mm256_extracti128_si256(acc, 1));

	v = _mm_add_epi32(v, _mm_unpackhi_epi64(v, v));
	v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 1));
	return (u32)_mm_cvtsi128_si32(v) + (u32)vecs * BIAS_PER_VEC;
}

static AVX2 u64 sum_chunk(const u8 *p, size_t len, u64 sum)
{
	__m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
	const u8 *from = p;
	size_t left = len;

	for (; left >= 4 * VEC; left -= 4 * VEC, p += 4 * VEC) {
		a = add_words(a, load(p));
		b = add_words(b, load(p + VEC));
		c = add_words(c, load(p + 2 * VEC));
		d = add_words(d, load(p + 3 * VEC));
	}
	for (; left >= VEC; left -= VEC, p += VEC)
		a = add_words(a, load(p));
	a = _mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d));
	return csum_words(p, left, sum + unbias(a, (size_t)(p - from) / VEC));
}

static AVX2 u64 copy_chunk(u8 *dst, const u8 *p, size_t len, u64 sum)
{
	__m256i a = _mm256_setzero_si256(), b = a, v, w;
	const u8 *from = p;
	size_t left = len;

	for (; left >= 2 * VEC; left -= 2 * VEC, p += 2 * VEC, dst += 2 * VEC) {
		v = load(p);
		w = load(p + VEC);
		store(dst, v);
		store(dst + VEC, w);
		a = add_words(a, v);
		b = add_words(b, w);
	}
	if (left >= VEC) {
		v = load(p);
		store(dst, v);
		a = add_words(a, v);
		left -= VEC, p += VEC, dst += VEC;
	}
	a = _mm256_add_epi32(a, b);
	return csum_copy_words(dst, p, left, sum + unbias(a, (size_t)(p - from) / VEC));
}

static AVX2 __wsum avx2_sum(const void *buff, size_t len, __wsum sum)
{
	const u8 *p = (const u8 *)buff;
	u64 wide = (__force u32)sum;

	for (; unlikely(len > CHUNK); len -= CHUNK, p += CHUNK)
		wide = csum_from64to32(sum_chunk(p, CHUNK, wide));
	return csum_finish(sum_chunk(p, len, wide));
}

static AVX2 __wsum avx2_copy(void *dst, const void *src, size_t len, __wsum sum)
{
	const u8 *p = (const u8 *)src;
	u8 *to = (u8 *)dst;
	u64 wide = (__force u32)sum;

	for (; unlikely(len > CHUNK); len -= CHUNK, p += CHUNK, to += CHUNK)
		wide = csum_from64to32(copy_chunk(to, p, CHUNK, wide));
	return csum_finish(copy_chunk(to, p, len, wide));
}

static bool avx2_usable(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2");
}

const struct csum_form csum_form_avx2 = {
	.name = "avx2",
	.usable = avx2_usable,
	.sum = avx2_sum,
	.copy = avx2_copy,
};

#endif
