// SPDX-License-Identifier: BSD-2-Clause
/* MD5, RFC 1321. */
#include "tcp/md5_digest.h"

#include <string.h>

#include <skiff/kernel.h>

/* Section 3.4: the integer part of 4294967296 times the sine of 1 to 64. */
static const u32 sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
	0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
	0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
	0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
	0xeb86d391,
};

/* How far each step rotates: four of each round, in turns. */
static const u8 rotations[4][4] = {
	{ 7, 12, 17, 22 },
	{ 5, 9, 14, 20 },
	{ 4, 11, 16, 23 },
	{ 6, 10, 15, 21 },
};

static u32 load(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static void store(u32 x, u8 *p)
{
	for (int i = 0; i < 4; i++)
		p[i] = (u8)(x >> 8 * i);
}

static u32 rotate(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

/* The function of a round, and which word of the block a step takes. */
static u32 mix(unsigned int i, u32 b, u32 c, u32 d, unsigned int *word)
{
	switch (i / 16) {
	case 0:
		*word = i;
		return (b & c) | (~b & d);
	case 1:
		*word = (5 * i + 1) % 16;
		return (b & d) | (c & ~d);
	case 2:
		*word = (3 * i + 5) % 16;
		return b ^ c ^ d;
	default:
		*word = 7 * i % 16;
		return c ^ (b | ~d);
	}
}

static void add_block(struct md5_state *s, const u8 *block)
{
	u32 a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], f;
	unsigned int word;

	for (unsigned int i = 0; i < 64; i++) {
		f = mix(i, b, c, d, &word);
		f += a + sines[i] + load(block + 4 * (size_t)word);
		a = d;
		d = c;
		c = b;
		b += rotate(f, rotations[i / 16][i % 4]);
	}
	s->h[0] += a;
	s->h[1] += b;
	s->h[2] += c;
	s->h[3] += d;
}

void md5_init(struct md5_state *s)
{
	s->h[0] = 0x67452301;
	s->h[1] = 0xefcdab89;
	s->h[2] = 0x98badcfe;
	s->h[3] = 0x10325476;
	s->bytes = 0;
}

void md5_update(struct md5_state *s, const void *data, size_t len)
{
	const u8 *from = (const u8 *)data;
	size_t have = s->bytes % MD5_BLOCK_SIZE, n;

	s->bytes += len;
	while (len) {
		n = min(len, MD5_BLOCK_SIZE - have);
		memcpy(s->block + have, from, n);
		from += n;
		len -= n;
		have += n;
		if (have < MD5_BLOCK_SIZE)
			return;
		add_block(s, s->block);
		have = 0;
	}
}

void md5_final(struct md5_state *s, u8 out[MD5_DIGEST_SIZE])
{
	static const u8 padding[MD5_BLOCK_SIZE] = { 0x80 };
	u64 bits = s->bytes * 8;
	u8 length[8];

	store((u32)bits, length);
	store((u32)(bits >> 32), length + 4);
	/* To eight bytes before the end of a block. */
	md5_update(s, padding, 1 + (119 - s->bytes % MD5_BLOCK_SIZE) % MD5_BLOCK_SIZE);
	md5_update(s, length, sizeof(length));
	for (size_t i = 0; i < 4; i++)
		store(s->h[i], out + 4 * i);
}
