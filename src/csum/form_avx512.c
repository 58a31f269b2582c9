// SPDX-License-Identifier: BSD-2-Clause
/* Checksums of long blocks with AVX-512 and its dot products (VNNI). */
#include "csum/csum.h"

#if defined(__x86_64__) && !defined(__CHECKER__) /* sparse does not know the intrinsics */

#include <immintrin.h>

#include "csum/words.h"

/*
 * Theory of operation
 *
 * VPDPWSSD multiplies signed 16-bit words and adds neighbours to 32-bit lanes, in one step. Words
 * here are unsigned, so each is first moved down by 0x8000, which is what flipping its top bit
 * means, and 0x8000 per word is added back at the end. All of that is exact modulo 2^32, and the
 * sum of no more than CHUNK bytes is less than 2^32: hence a chunk's sum is exact, and 0 only for
 * zeros. What is left of a block is loaded under a mask, as if zeros followed it; a masked lane
 * is neither read nor written.
 */
#define AVX512 __attribute__((__target__("avx512f,avx512bw,avx512vl,avx512vnni,bmi2")))
#define CHUNK ((size_t)128 * 1024)
#define VEC ((size_t)sizeof(__m512i))
#define LONG ((size_t)4096) /* from here on, aligning loads and claiming lines early pay */
#define AHEAD ((size_t)1024)
#define ALIGN_MIN 512 /* below, aligning stores costs more than it saves */
#define BIAS_PER_VEC (0x8000u * (u32)(VEC / 2))

static AVX512 inline __m512i load(const u8 *p)
{
	return _mm512_loadu_si512((const void *)p);
}

static AVX512 inline __mmask64 first_bytes(size_t n)
{
	return _bzhi_u64(~0ULL, (unsigned int)n);
}

/*
 * The two constants. Ports 0 and 5 are where these sums wait; built from immediates, as compilers
 * would, the constants pass through port 5, and so they are loaded from where @table hides.
 */
struct constants {
	__m512i flip, ones;
};

static AVX512 inline struct constants constants(void)
{
	static const u32 table[] = { 0x80008000, 0x00010001 };
	const u32 *hidden = table;
	struct constants k;

	__asm__("" : "+r"(hidden));
	k.flip = _mm512_set1_epi32((int)hidden[0]);
	k.ones = _mm512_set1_epi32((int)hidden[1]);
	return k;
}

static AVX512 inline __m512i add_words(struct constants k, __m512i acc, __m512i v)
{
	return _mm512_dpwssd_epi32(acc, _mm512_xor_si512(v, k.flip), k.ones);
}

/* The sum of the words that @vecs vectors put into @acc. */
static AVX512 inline u32 unbias(__m512i acc, size_t vecs)
{
	__m256i half =
		_mm256_add_epi32(_mm512_castsi512_si256(acc), _mm512_extracti64x4_epi64(acc, 1));
	__m128i v = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
	u64 pair;

	v = _mm_add_epi32(v, _mm_unpackhi_epi64(v, v));
	pair = (u64)_mm_cvtsi128_si64(v);
	return (u32)pair + (u32)(pair >> 32) + (u32)vecs * BIAS_PER_VEC;
}

static AVX512 inline u32 sum_chunk(const u8 *p, size_t len)
{
	const struct constants k = constants();
	__m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
	size_t vecs = (len + VEC - 1) / VEC;

	for (; len >= 4 * VEC; len -= 4 * VEC, p += 4 * VEC) {
		a = add_words(k, a, load(p));
		b = add_words(k, b, load(p + VEC));
		c = add_words(k, c, load(p + 2 * VEC));
		d = add_words(k, d, load(p + 3 * VEC));
	}
	if (len & (2 * VEC)) {
		a = add_words(k, a, load(p));
		b = add_words(k, b, load(p + VEC));
		p += 2 * VEC;
	}
	if (len & VEC) {
		c = add_words(k, c, load(p));
		p += VEC;
	}
	len &= VEC - 1;
	if (len)
		d = add_words(k, d, _mm512_maskz_loadu_epi8(first_bytes(len), p));
	a = _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d));
	return unbias(a, vecs);
}

/* Long blocks are read in whole cache lines, whatever address they start at. */
static noinline AVX512 __wsum sum_long(const u8 *p, size_t len, __wsum sum)
{
	size_t head = -(uintptr_t)p & (VEC - 1);
	__wsum rest = 0;

	sum = csum_add(sum, csum_finish(csum_words(p, head, 0)));
	len -= head, p += head;
	for (; len > CHUNK; len -= CHUNK, p += CHUNK)
		rest = csum_add(rest, (__force __wsum)sum_chunk(p, CHUNK));
	rest = csum_add(rest, (__force __wsum)sum_chunk(p, len));
	return csum_block_add(sum, rest, (int)head);
}

static AVX512 __wsum avx512_sum(const void *buff, size_t len, __wsum sum)
{
	if (unlikely(len >= LONG))
		return sum_long((const u8 *)buff, len, sum);
	return csum_add(sum, (__force __wsum)sum_chunk((const u8 *)buff, len));
}

static AVX512 inline __m512i copy_vec(struct constants k, u8 *dst, const u8 *p, __m512i acc)
{
	__m512i v = load(p);

	_mm512_storeu_si512((void *)dst, v);
	return add_words(k, acc, v);
}

static AVX512 inline __m512i copy_some(struct constants k, u8 *dst, const u8 *p, size_t len,
				       __m512i acc)
{
	__mmask64 mask = first_bytes(len);
	__m512i v = _mm512_maskz_loadu_epi8(mask, p);

	_mm512_mask_storeu_epi8(dst, mask, v);
	return add_words(k, acc, v);
}

/*
 * Loads wait for memory in parallel by themselves, stores hardly do: the processor takes a line
 * for writing when the store's turn comes. Asking early is what a long copy to cold memory needs.
 */
static inline void want_lines(u8 *dst)
{
	prefetchw(dst);
	prefetchw(dst + VEC);
	prefetchw(dst + 2 * VEC);
	prefetchw(dst + 3 * VEC);
}

static AVX512 inline u32 copy_chunk(u8 *dst, const u8 *p, size_t len, size_t ahead)
{
	const struct constants k = constants();
	__m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
	/* Stores that straddle cache lines cost twice; an odd step would swap the bytes. */
	size_t head = len < ALIGN_MIN ? 0 : -(uintptr_t)dst & (VEC - 2);
	size_t vecs = (len - head + VEC - 1) / VEC;

	if (head) {
		d = copy_some(k, dst, p, head, d);
		len -= head, p += head, dst += head, vecs++;
	}
	for (; len >= 4 * VEC; len -= 4 * VEC, p += 4 * VEC, dst += 4 * VEC) {
		if (ahead && len >= ahead + 4 * VEC)
			want_lines(dst + ahead);
		a = copy_vec(k, dst, p, a);
		b = copy_vec(k, dst + VEC, p + VEC, b);
		c = copy_vec(k, dst + 2 * VEC, p + 2 * VEC, c);
		d = copy_vec(k, dst + 3 * VEC, p + 3 * VEC, d);
	}
	if (len & (2 * VEC)) {
		a = copy_vec(k, dst, p, a);
		b = copy_vec(k, dst + VEC, p + VEC, b);
		p += 2 * VEC, dst += 2 * VEC;
	}
	if (len & VEC) {
		c = copy_vec(k, dst, p, c);
		p += VEC, dst += VEC;
	}
	len &= VEC - 1;
	if (len)
		d = copy_some(k, dst, p, len, d);
	a = _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d));
	return unbias(a, vecs);
}

static noinline AVX512 __wsum copy_long(u8 *dst, const u8 *p, size_t len, __wsum sum)
{
	for (; len > CHUNK; len -= CHUNK, p += CHUNK, dst += CHUNK)
		sum = csum_add(sum, (__force __wsum)copy_chunk(dst, p, CHUNK, AHEAD));
	return csum_add(sum, (__force __wsum)copy_chunk(dst, p, len, AHEAD));
}

static AVX512 __wsum avx512_copy(void *dst, const void *src, size_t len, __wsum sum)
{
	if (unlikely(len >= LONG))
		return copy_long((u8 *)dst, (const u8 *)src, len, sum);
	return csum_add(sum, (__force __wsum)copy_chunk((u8 *)dst, (const u8 *)src, len, 0));
}

static bool avx512_usable(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
	       __builtin_cpu_supports("bmi2");
}

const struct csum_form csum_form_avx512 = {
	.name = "avx512",
	.usable = avx512_usable,
	.sum = avx512_sum,
	.copy = avx512_copy,
};

#endif
