// SPDX-License-Identifier: BSD-2-Clause
/* The generators: xoshiro256** for speed, SipHash in counter mode for secrets. */
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <skiff/random.h>

#include "base/env.h"

static u64 rotl(u64 x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

/* SplitMix64 (Steele, Lea, Flood 2014): spreads a seed of few bits over a whole state. */
static u64 splitmix64(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void prandom_seed_state(struct rnd_state *state, u64 seed)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(state->s); i++)
		state->s[i] = splitmix64(&seed);
}

/* xoshiro256** (Blackman, Vigna 2018). */
u64 prandom_u64_state(struct rnd_state *state)
{
	u64 *s = state->s;
	u64 result = rotl(s[1] * 5, 7) * 9;
	u64 t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

/* Bytes leave a word in little-endian order, so that they are the same on every machine. */
static size_t put_bytes(u8 *to, size_t room, u64 word)
{
	size_t n = min(room, sizeof(word));

	for (size_t i = 0; i < n; i++)
		to[i] = (u8)(word >> (8 * i));
	return n;
}

void prandom_bytes_state(struct rnd_state *state, void *buf, size_t nbytes)
{
	u8 *p = (u8 *)buf;
	u8 *end = p + nbytes;

	while (p != end)
		p += put_bytes(p, (size_t)(end - p), prandom_u64_state(state));
}

void skiff_rng_seed(struct skiff_rng *rng, u64 seed)
{
	rng->key.key[0] = splitmix64(&seed);
	rng->key.key[1] = splitmix64(&seed);
	rng->counter = 0;
	rng->has_rest = false;
}

static bool read_entropy(void *buf, size_t len)
{
	u8 *p = (u8 *)buf;
	u8 *end = p + len;
	int fd;

	while (p != end) {
		ssize_t n = getrandom(p, (size_t)(end - p), 0);

		if (n > 0)
			p += n;
		else if (errno != EINTR)
			break;
	}
	if (p == end)
		return true;
	/* A sandbox may refuse the call and still have the file. */
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (p != end) {
		ssize_t n = read(fd, p, (size_t)(end - p));

		if (n > 0)
			p += n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	close(fd);
	return p == end;
}

void skiff_rng_init(struct skiff_rng *rng)
{
	if (!read_entropy(&rng->key, sizeof(rng->key)))
		skiff_panic("no entropy: neither getrandom() nor /dev/urandom works");
	rng->counter = 0;
	rng->has_rest = false;
}

u64 skiff_rng_u64(struct skiff_rng *rng)
{
	return siphash_1u64(rng->counter++, &rng->key);
}

static u32 rng_u32(struct skiff_rng *rng)
{
	u64 word;

	if (rng->has_rest) {
		rng->has_rest = false;
		return rng->rest;
	}
	word = skiff_rng_u64(rng);
	rng->rest = (u32)word;
	rng->has_rest = true;
	return (u32)(word >> 32);
}

/* A forked child must not repeat its parent's numbers, so a thread remembers whose it drew. */
static struct skiff_rng *thread_rng(void)
{
	static __thread struct skiff_rng rng;
	static __thread pid_t owner;
	pid_t self = getpid();

	if (owner != self) {
		skiff_rng_init(&rng);
		owner = self;
	}
	return &rng;
}

static struct skiff_rng *current_rng(void)
{
	return skiff_env ? skiff_env->rng : thread_rng();
}

u64 get_random_u64(void)
{
	return skiff_rng_u64(current_rng());
}

u32 get_random_u32(void)
{
	return rng_u32(current_rng());
}

u32 get_random_u32_below(u32 ceil)
{
	struct skiff_rng *rng = current_rng();
	/* Lemire 2019: the high half of a product is uniform once its low half is no leftover. */
	u64 product = (u64)rng_u32(rng) * ceil;

	if (ceil == 0)
		return rng_u32(rng);
	if ((u32)product < ceil) {
		u32 leftover = -ceil % ceil;

		while ((u32)product < leftover)
			product = (u64)rng_u32(rng) * ceil;
	}
	return (u32)(product >> 32);
}

void get_random_bytes(void *buf, size_t len)
{
	struct skiff_rng *rng = current_rng();
	u8 *p = (u8 *)buf;
	u8 *end = p + len;

	while (p != end)
		p += put_bytes(p, (size_t)(end - p), skiff_rng_u64(rng));
}
