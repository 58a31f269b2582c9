// SPDX-License-Identifier: BSD-2-Clause
/* Streams through networks of every badness: they arrive whole, and nothing is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <skiff/socket.h>

#include "stream.h"

static struct sim sim;
static struct stream_pair pair;

/* What a network does, and how much goes through it. */
static const struct {
	const char *netem;
	u64 forth;
	u64 back;
} networks[] = {
	{ NULL, 1, 1 },
	{ NULL, 4000000, 0 },
	{ NULL, 4000000, 4000000 },
	{ "delay=10ms,rate=100mbit", 4000000, 1000 },
	{ "delay=1ms,loss=1%", 1000000, 1000000 },
	{ "delay=20ms,loss=5%", 300000, 300000 },
	{ "delay=5ms,loss=20%", 60000, 60000 },
	{ "delay=10ms,duplicate=30%", 500000, 500000 },
	{ "delay=10ms,jitter=8ms", 500000, 500000 },
	{ "delay=10ms,reorder=25%", 500000, 500000 },
	{ "delay=10ms,corrupt=5%", 300000, 300000 },
	{ "delay=30ms,jitter=10ms,loss=3%,duplicate=3%,corrupt=1%", 200000, 200000 },
	{ "delay=1ms,rate=1mbit,limit=10", 100000, 100000 },
};

/* Return: the hash of all frames. */
static u64 story(u64 seed, size_t n)
{
	int err;

	sim_open(&sim, seed, 2);
	sim_cable(&sim, 0, 1, networks[n].netem);
	err = stream_open(&pair, &sim, 5000);
	if (err)
		fail_msg("network %zu: connect: %s", n, strerror(err));
	err = stream_run(&pair, networks[n].forth, networks[n].back, 3600 * NSEC_PER_SEC);
	if (err || !stream_whole(&pair))
		fail_msg("network %zu: %s: sent %llu and %llu, got %llu and %llu, %llu wrong", n,
			 strerror(err), (unsigned long long)pair.end[0].sent,
			 (unsigned long long)pair.end[1].sent, (unsigned long long)pair.end[0].got,
			 (unsigned long long)pair.end[1].got,
			 (unsigned long long)(pair.end[0].bad + pair.end[1].bad));
	stream_close(&pair);
	/* TIME-WAIT lasts a minute. */
	sim_sleep(&sim, 61 * NSEC_PER_SEC);
	assert_int_equal(sim_close(&sim), 0);
	return sim.hash;
}

static void streams_arrive_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		story(i, i);
}

/* Each host with each, over a network of its own kind, all at the same time. */
#define HOSTS 6
#define PAIRS (HOSTS * (HOSTS - 1) / 2)

static u64 story_of_many(u64 seed)
{
	static struct stream_pair pairs[PAIRS];
	int n = 0;

	sim_open(&sim, seed, HOSTS);
	for (int a = 0; a < HOSTS; a++)
		for (int b = a + 1; b < HOSTS; b++, n++)
			sim_cable(&sim, a, b, networks[(size_t)n % ARRAY_SIZE(networks)].netem);
	for (int i = 0; i < n; i++) {
		assert_int_equal(stream_open_over(&pairs[i], &sim, i, (u16)(5000 + i)), 0);
		stream_start(&pairs[i], 30000u * (u64)i, 200000 - 10000u * (u64)i);
	}
	assert_int_equal(stream_run_all(pairs, n, 3600 * NSEC_PER_SEC), 0);
	for (int i = 0; i < n; i++) {
		assert_true(stream_whole(&pairs[i]));
		stream_close(&pairs[i]);
	}
	sim_sleep(&sim, 61 * NSEC_PER_SEC);
	assert_int_equal(sim_close(&sim), 0);
	return sim.hash;
}

static void many_hosts(void **state)
{
	(void)state;
	assert_true(story_of_many(1) == story_of_many(1));
	assert_true(story_of_many(2) != story_of_many(3));
}

static void the_same_seed_gives_the_same_frames(void **state)
{
	(void)state;
	for (size_t i = 4; i < 8; i++) {
		const u64 first = story(i, i);

		assert_true(story(i, i) == first);
		assert_true(story(i + 100, i) != first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_arrive_whole),
		cmocka_unit_test(many_hosts),
		cmocka_unit_test(the_same_seed_gives_the_same_frames),
	};

	return sim_report(cmocka_run_group_tests_name("sim-tcp", tests, NULL, NULL));
}
