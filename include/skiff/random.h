/* SPDX-License-Identifier: BSD-2-Clause */
/* Chance: secret for hosts, repeatable for simulations. */
#ifndef SKIFF_RANDOM_H
#define SKIFF_RANDOM_H

#include <skiff/siphash.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct rnd_state - a fast generator that repeats with its seed (xoshiro256**)
 * @s: its state, never all zero
 *
 * For loss models and test data; who sees its output can foresee the rest.
 */
struct rnd_state {
	u64 s[4];
};

/**
 * struct skiff_rng - a generator whose output tells nothing about the rest (SipHash of a counter)
 * @key: from the system's entropy, or from a seed
 * @counter: how many words it has given
 * @rest: half of a word, for who asked for the other half
 * @has_rest: whether that is still to be given
 */
struct skiff_rng {
	siphash_key_t key;
	u64 counter;
	u32 rest;
	bool has_rest;
};

/**
 * prandom_seed_state() - start a generator
 * @state: to fill
 * @seed: any value; the same one gives the same sequence on every machine
 */
SKIFF_API void prandom_seed_state(struct rnd_state *state, u64 seed);

/**
 * prandom_u64_state() - the next 64 bits
 * @state: the generator; calls on one generator exclude each other
 */
SKIFF_API u64 prandom_u64_state(struct rnd_state *state);

/**
 * prandom_u32_state() - the next 32 bits
 * @state: the generator
 */
static inline u32 prandom_u32_state(struct rnd_state *state)
{
	return (u32)(prandom_u64_state(state) >> 32);
}

/**
 * prandom_bytes_state() - fill memory
 * @state: the generator
 * @buf: to fill
 * @nbytes: how much
 */
SKIFF_API void prandom_bytes_state(struct rnd_state *state, void *buf, size_t nbytes);

/**
 * skiff_rng_seed() - start a generator that repeats
 * @rng: to fill
 * @seed: any value; the same one gives the same sequence on every machine
 */
SKIFF_API void skiff_rng_seed(struct skiff_rng *rng, u64 seed);

/**
 * skiff_rng_init() - start a generator from the system's entropy
 * @rng: to fill
 *
 * May wait early in a machine's life. A system without getrandom() and /dev/urandom is a panic:
 * going on with guessable secrets would be worse.
 */
SKIFF_API void skiff_rng_init(struct skiff_rng *rng);

/**
 * skiff_rng_u64() - the next 64 bits
 * @rng: the generator; calls on one generator exclude each other
 */
SKIFF_API u64 skiff_rng_u64(struct skiff_rng *rng);

/**
 * get_random_u64() - 64 unforeseeable bits
 *
 * From the generator of the host whose stack lock the thread holds, so that a simulation repeats;
 * else from one of the thread's own. The other get_random_ calls draw from the same. Any context.
 */
SKIFF_API u64 get_random_u64(void);

/**
 * get_random_u32_below() - a number from 0 to @ceil - 1, each as likely as the other
 * @ceil: the limit; 0 gives any 32 bits
 */
SKIFF_API u32 get_random_u32_below(u32 ceil);

/**
 * get_random_bytes() - fill memory
 * @buf: to fill
 * @len: how much
 */
SKIFF_API void get_random_bytes(void *buf, size_t len);

/**
 * get_random_u32() - 32 unforeseeable bits
 *
 * A word of the generator serves two calls. Otherwise as get_random_u64().
 */
SKIFF_API u32 get_random_u32(void);

static inline u16 get_random_u16(void)
{
	return (u16)(get_random_u32() >> 16);
}

static inline u8 get_random_u8(void)
{
	return (u8)(get_random_u32() >> 24);
}

/* 6.1's name of get_random_u32_below(). */
#define prandom_u32_max(ceil) get_random_u32_below(ceil)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_RANDOM_H */
