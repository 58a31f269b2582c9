// SPDX-License-Identifier: BSD-2-Clause
/*
 * Streams of programs that do anything, with any settings, through networks that do anything: every
 * byte arrives as it was sent, and nothing is left. Each story is drawn from its seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <netinet/tcp.h>

#include <skiff/socket.h>

#include "stream.h"
#include "watch.h"

#define STORIES 300
/* Longest that an acknowledgment is held back. */
#define DELACK_MAX (200 * NSEC_PER_MSEC)

static struct sim sim;
static struct stream_pair pair;
static struct watch watch;

/* The story's own generator: those of the hosts are theirs. */
static u64 chance;

static u32 draw(u32 below)
{
	chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)((chance >> 33) % below);
}

static bool one_in(u32 n)
{
	return draw(n) == 0;
}

/* Add "key=value" to the settings of a network. */
static void add(char *text, size_t size, const char *fmt, u32 value)
{
	size_t used = strlen(text);

	if (used)
		used += (size_t)snprintf(text + used, size - used, ",");
	snprintf(text + used, size - used, fmt, value);
}

/* Longest way of a packet through the network that was drawn, with @bytes in its queue. */
static struct {
	u32 delay_us;
	u32 jitter_us;
	u32 rate_kbit;
} network;

static s64 longest_way(u64 bytes)
{
	s64 ns = (s64)(network.delay_us + network.jitter_us) * NSEC_PER_USEC;

	if (network.rate_kbit)
		ns += (s64)(bytes * 8 * NSEC_PER_MSEC / network.rate_kbit);
	return ns;
}

static void draw_network(char *text, size_t size)
{
	*text = '\0';
	memset(&network, 0, sizeof(network));
	network.delay_us = one_in(4) ? 10 : 1 + draw(100000);
	add(text, size, "delay=%uus", network.delay_us);
	if (one_in(3)) {
		network.jitter_us = 1 + draw(20000);
		add(text, size, "jitter=%uus", network.jitter_us);
	}
	if (one_in(2))
		add(text, size, "loss=%u%%", 1 + draw(8));
	if (one_in(4))
		add(text, size, "duplicate=%u%%", 1 + draw(20));
	if (one_in(4))
		add(text, size, "reorder=%u%%", 1 + draw(40));
	if (one_in(4))
		add(text, size, "corrupt=%u%%", 1 + draw(5));
	if (one_in(3)) {
		network.rate_kbit = 100 + draw(100000);
		add(text, size, "rate=%ukbit", network.rate_kbit);
	}
	if (one_in(3))
		add(text, size, "limit=%u", 4 + draw(200));
}

static void set(int host, const char *name, const char *value)
{
	char err[200];

	if (skiff_sysctl_set(sim.hosts[host], name, value, err, sizeof(err)))
		fail_msg("%s", err);
}

/* Options that a peer may lack, buffers, and how the window is controlled. */
static void draw_host(int host)
{
	static const char *const onoff[] = {
		"net.ipv4.tcp_sack",  "net.ipv4.tcp_timestamps", "net.ipv4.tcp_window_scaling",
		"net.ipv4.tcp_dsack", "net.ipv4.tcp_frto",	 "net.ipv4.tcp_moderate_rcvbuf"
	};
	static const char *const algos[] = { "cubic", "reno", "bbr", "dctcp" };

	for (size_t i = 0; i < ARRAY_SIZE(onoff); i++)
		if (one_in(5))
			set(host, onoff[i], "0");
	if (one_in(3))
		set(host, "net.ipv4.tcp_ecn", "1");
	if (one_in(4))
		set(host, "net.ipv4.tcp_rmem", "4096 8192 65536");
	if (one_in(4))
		set(host, "net.ipv4.tcp_wmem", "4096 8192 65536");
	set(host, "net.ipv4.tcp_congestion_control", algos[draw(ARRAY_SIZE(algos))]);
}

/* Below 296 the ends have to agree: a host announces segments of 256 bytes at least, as Linux. */
static void draw_mtu(void)
{
	int small = 256 + (int)draw(1244), mtu[2];

	for (int end = 0; end < 2; end++) {
		mtu[end] = one_in(3) ? small : one_in(3) ? 9000 : 1500;
		if (small < 296)
			mtu[end] = small;
		net_lock(sim.hosts[end]);
		assert_int_equal(dev_set_mtu(sim_dev(&sim, 0, end), mtu[end]), 0);
		net_unlock(sim.hosts[end]);
	}
}

static void draw_program(struct stream_end *e)
{
	const int one = 1;

	e->chunk = one_in(3) ? 1 + draw(3000) : 65536;
	if (one_in(4))
		e->pause = draw(50) * NSEC_PER_MSEC;
	if (one_in(3))
		skiff_setsockopt(e->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (one_in(6))
		skiff_setsockopt(e->fd, IPPROTO_TCP, TCP_CORK, &one, sizeof(one));
}

static u32 draw_bytes(void)
{
	return one_in(5) ? 0 : one_in(2) ? draw(5000) : draw(200000);
}

/* Return: the hash of all frames. */
static u64 story(u64 seed)
{
	const char *wrong;
	u64 forth, back;
	char text[256];
	int err;

	chance = (seed + sim_base_seed()) * 2 + 1;
	draw_network(text, sizeof(text));
	sim_open(&sim, seed, 2);
	sim_cable(&sim, 0, 1, text);
	draw_host(0);
	draw_host(1);
	draw_mtu();
	watch_open(&watch, &sim, 2 * longest_way(0) + DELACK_MAX);
	err = stream_open(&pair, &sim, 5000);
	/* All SYNs may be lost; what they leave behind is looked at all the same. */
	if (!err) {
		draw_program(&pair.end[0]);
		draw_program(&pair.end[1]);
		forth = draw_bytes();
		back = draw_bytes();
		/* All of it in the queue, and half of it again; headers are a quarter at the most. */
		watch.rtt_max = 2 * longest_way(65536 + 2 * (forth + back)) + DELACK_MAX;
		err = stream_run(&pair, forth, back, 7200 * NSEC_PER_SEC);
		if (err || !stream_whole(&pair))
			fail_msg(
				"seed %llu, %s: %s: sent %llu and %llu, got %llu and %llu, %llu wrong",
				(unsigned long long)seed, text, strerror(err),
				(unsigned long long)pair.end[0].sent,
				(unsigned long long)pair.end[1].sent,
				(unsigned long long)pair.end[0].got,
				(unsigned long long)pair.end[1].got,
				(unsigned long long)(pair.end[0].bad + pair.end[1].bad));
	}
	stream_close(&pair);
	sim_sleep(&sim, 300 * NSEC_PER_SEC);
	wrong = watch_close(&watch);
	if (wrong)
		fail_msg("seed %llu, %s: %s", (unsigned long long)seed, text, wrong);
	if (sim_close(&sim))
		fail_msg("seed %llu, %s: something was left", (unsigned long long)seed, text);
	return sim.hash;
}

static void anything_arrives_whole(void **state)
{
	const char *text = getenv("STORIES");
	u64 n = text ? strtoull(text, NULL, 0) : STORIES;

	(void)state;
	for (u64 seed = 0; seed < n; seed++)
		story(seed);
}

static void stories_repeat(void **state)
{
	(void)state;
	for (u64 seed = 0; seed < 20; seed++)
		assert_true(story(seed) == story(seed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anything_arrives_whole),
		cmocka_unit_test(stories_repeat),
	};

	return sim_report(cmocka_run_group_tests_name("sim-tcp-random", tests, NULL, NULL));
}
