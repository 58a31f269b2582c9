// SPDX-License-Identifier: BSD-2-Clause
/* Generators and hashes against published values, and what must hold for any values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <skiff/jhash.h>
#include <skiff/random.h>

#include "base/env.h"

/* Key 00..0f, message 00, 01, 02, ...: the reference values of the SipHash paper's authors. */
static const struct {
	size_t len;
	u64 hash;
} sip_vectors[] = {
	{ 0, 0x726fdb47dd0e0e31ULL },  { 1, 0x74f839c593dc67fdULL },  { 2, 0x0d6c8009d9a94f5aULL },
	{ 3, 0x85676696d7fb7e2dULL },  { 7, 0xab0200f58b01d137ULL },  { 8, 0x93f5f5799a932462ULL },
	{ 9, 0x9e0082df0ba9e4b0ULL },  { 15, 0xa129ca6149be45e5ULL }, { 16, 0x3f2acc7f57c29bdbULL },
	{ 31, 0x32d892fad841c342ULL }, { 63, 0x958a324ceb064572ULL },
};

static const siphash_key_t sip_key = { { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL } };

static void test_siphash(void **state)
{
	u8 message[64 + 8];

	/* At every alignment. */
	for (size_t shift = 0; shift < 8; shift++) {
		for (size_t i = 0; i < 64; i++)
			message[shift + i] = (u8)i;
		for (size_t i = 0; i < ARRAY_SIZE(sip_vectors); i++)
			assert_true(siphash(message + shift, sip_vectors[i].len, &sip_key) ==
				    sip_vectors[i].hash);
	}
}

static void put_le32(u8 *p, u32 v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (u8)(v >> (8 * i));
}

/* The forms for words are the same hash of the same bytes. */
static void test_siphash_words(void **state)
{
	struct rnd_state rnd;
	u32 w[8];
	u64 d[4];
	u8 bytes[32];

	prandom_seed_state(&rnd, 1);
	for (int round = 0; round < 100; round++) {
		siphash_key_t key = { { prandom_u64_state(&rnd), prandom_u64_state(&rnd) } };

		for (int i = 0; i < 8; i++) {
			w[i] = prandom_u32_state(&rnd);
			put_le32(bytes + 4 * i, w[i]);
		}
		for (int i = 0; i < 4; i++)
			d[i] = (u64)w[2 * i + 1] << 32 | w[2 * i];
		assert_true(siphash_1u32(w[0], &key) == siphash(bytes, 4, &key));
		assert_true(siphash_2u32(w[0], w[1], &key) == siphash(bytes, 8, &key));
		assert_true(siphash_3u32(w[0], w[1], w[2], &key) == siphash(bytes, 12, &key));
		assert_true(siphash_4u32(w[0], w[1], w[2], w[3], &key) == siphash(bytes, 16, &key));
		assert_true(siphash_1u64(d[0], &key) == siphash(bytes, 8, &key));
		assert_true(siphash_2u64(d[0], d[1], &key) == siphash(bytes, 16, &key));
		assert_true(siphash_3u64(d[0], d[1], d[2], &key) == siphash(bytes, 24, &key));
		assert_true(siphash_4u64(d[0], d[1], d[2], d[3], &key) == siphash(bytes, 32, &key));
	}
	assert_true(siphash_key_is_zero(&(siphash_key_t){ { 0, 0 } }));
	assert_false(siphash_key_is_zero(&(siphash_key_t){ { 0, 1 } }));
}

/* Published first outputs of SplitMix64 for seed 0 and of xoshiro256** for the state 1, 2, 3, 4. */
static void test_xoshiro(void **state)
{
	static const u64 split[] = { 0xe220a8397b1dcdafULL, 0x6e789e6aa1b965f4ULL,
				     0x06c45d188009454fULL, 0xf88bb8a8724c81ecULL };
	static const u64 first[] = { 11520, 0, 1509978240, 1215971899390074240ULL };
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 0);
	for (int i = 0; i < 4; i++)
		assert_true(rnd.s[i] == split[i]);
	rnd = (struct rnd_state){ { 1, 2, 3, 4 } };
	for (int i = 0; i < 4; i++)
		assert_true(prandom_u64_state(&rnd) == first[i]);
}

static void test_bytes(void **state)
{
	struct rnd_state rnd;
	u8 all[41], part[41];

	prandom_seed_state(&rnd, 7);
	prandom_bytes_state(&rnd, all, sizeof(all));
	for (size_t n = 0; n <= sizeof(all); n++) {
		memset(part, 0xee, sizeof(part));
		prandom_seed_state(&rnd, 7);
		prandom_bytes_state(&rnd, part, n);
		assert_memory_equal(part, all, n);
		for (size_t i = n; i < sizeof(part); i++)
			assert_int_equal(part[i], 0xee);
	}
}

static void test_rng_repeats(void **state)
{
	struct skiff_rng a, b, c;
	int same = 0;

	skiff_rng_seed(&a, 99);
	skiff_rng_seed(&b, 99);
	skiff_rng_seed(&c, 100);
	for (int i = 0; i < 1000; i++) {
		u64 word = skiff_rng_u64(&a);

		assert_true(word == skiff_rng_u64(&b));
		same += word == skiff_rng_u64(&c);
	}
	assert_int_equal(same, 0);
}

/* Inside of a stack lock, chance is the host's. */
static void test_environment(void **state)
{
	struct skiff_rng mine, twin;
	struct skiff_env env = { .rng = &mine };
	u8 bytes[8];
	u64 word;

	skiff_rng_seed(&mine, 5);
	skiff_rng_seed(&twin, 5);
	skiff_env = &env;
	assert_true(get_random_u64() == skiff_rng_u64(&twin));
	/* Two halves are one word, whatever else is drawn between. */
	word = skiff_rng_u64(&twin);
	assert_true(get_random_u32() == (u32)(word >> 32));
	get_random_bytes(bytes, sizeof(bytes));
	assert_true(get_random_u32() == (u32)word);
	skiff_env = NULL;
	word = skiff_rng_u64(&twin);
	for (int i = 0; i < 8; i++)
		assert_int_equal(bytes[i], (u8)(word >> (8 * i)));
	/* Outside, it is not. */
	assert_false(get_random_u64() == get_random_u64());
}

static void test_below(void **state)
{
	unsigned int counts[7] = { 0 };
	struct skiff_rng rng;
	struct skiff_env env = { .rng = &rng };

	skiff_rng_seed(&rng, 3);
	skiff_env = &env;
	for (int i = 0; i < 70000; i++)
		counts[get_random_u32_below(7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(counts[i], 9500, 10500);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(get_random_u32_below(1), 0);
		assert_true(get_random_u32_below(0x80000001u) <= 0x80000000u);
		get_random_u32_below(0);
	}
	skiff_env = NULL;
}

/* A child does not draw its parent's numbers. */
static void test_fork(void **state)
{
	u64 ours, childs;
	int out[2];
	pid_t pid;

	get_random_u64();
	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		childs = get_random_u64();
		_exit(write(out[1], &childs, sizeof(childs)) != sizeof(childs));
	}
	ours = get_random_u64();
	assert_int_equal(read(out[0], &childs, sizeof(childs)), sizeof(childs));
	waitpid(pid, NULL, 0);
	close(out[0]);
	close(out[1]);
	assert_false(ours == childs);
}

static void test_jhash(void **state)
{
	u8 message[24];
	u32 seen[25];
	unsigned int low[16] = { 0 };

	memset(message, 0, sizeof(message));
	/* Length counts, even of zeros, and so does the secret. */
	for (u32 len = 0; len <= 24; len++) {
		seen[len] = jhash(message, len, 1);
		assert_true(seen[len] != jhash(message, len, 2));
		for (u32 other = 0; other < len; other++)
			assert_true(seen[len] != seen[other]);
	}
	assert_true(jhash_1word(1, 0) != jhash_1word(2, 0));
	assert_true(jhash_2words(1, 2, 0) != jhash_2words(2, 1, 0));
	assert_true(jhash_3words(1, 2, 3, 0) != jhash_3words(1, 3, 2, 0));
	assert_true(jhash2((u32[]){ 1, 2, 3 }, 3, 0) != jhash2((u32[]){ 1, 2 }, 2, 0));
	/* Consecutive addresses spread over the buckets of a small table. */
	for (u32 i = 0; i < 16000; i++)
		low[jhash_1word(0x0a000000 + i, 0x1234) & 15]++;
	for (int i = 0; i < 16; i++)
		assert_in_range(low[i], 850, 1150);
	assert_true(hash_32(1, 8) < 256);
	assert_true(hash_64(~0ULL, 5) < 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),	    cmocka_unit_test(test_siphash_words),
		cmocka_unit_test(test_xoshiro),	    cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_rng_repeats), cmocka_unit_test(test_environment),
		cmocka_unit_test(test_below),	    cmocka_unit_test(test_fork),
		cmocka_unit_test(test_jhash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
