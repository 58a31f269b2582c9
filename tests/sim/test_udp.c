// SPDX-License-Identifier: BSD-2-Clause
/* Requests and replies of blocking UDP sockets through bad networks, which repeat. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include <skiff/socket.h>

#include "sim.h"

#define REQUESTS 100
/* Longer than a link-layer address is believed that a turned bit in an ARP packet has made. */
#define TRIES 1000

static struct sim sim;

static int client(u16 port, const struct timeval *timeout)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = sim_addr(0, 1) };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(2000) };
	int fd = skiff_socket(sim.hosts[0], AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, sizeof(*timeout)),
			 0);
	assert_int_equal(skiff_bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(skiff_connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Send request @nr until its own reply comes; others are late ones or copies. */
static void request(int fd, u32 nr)
{
	u8 out[600], in[sizeof(out)];

	memset(out, (int)nr, sizeof(out));
	memcpy(out, &nr, sizeof(nr));
	for (int i = 0; i < TRIES; i++) {
		ssize_t len;

		assert_int_equal(skiff_send(fd, out, sizeof(out), 0), sizeof(out));
		while ((len = skiff_recv(fd, in, sizeof(in), 0)) > 0) {
			assert_int_equal(len, sizeof(in));
			if (!memcmp(in, out, sizeof(in)))
				return;
		}
		/* Nothing else: not even a neighbour that failed is told without IP_RECVERR. */
		assert_int_equal(len, -1);
		assert_int_equal(errno, EAGAIN);
	}
	fail_msg("no reply to request %u", nr);
}

/* A network, and where it is counted that it was as bad as it should be. */
static const struct {
	const char *netem;
	size_t counter;
} networks[] = {
	{ "delay=10ms,loss=20%", offsetof(struct netem_stats, lost) },
	{ "delay=10ms,duplicate=30%", offsetof(struct netem_stats, duplicated) },
	{ "delay=10ms,jitter=8ms,reorder=25%", offsetof(struct netem_stats, reordered) },
	{ "delay=10ms,corrupt=20%", offsetof(struct netem_stats, corrupted) },
};

/* Return: the hash of all frames. */
static u64 story(u64 seed, size_t network)
{
	const struct timeval timeout = { .tv_usec = 100000 };
	struct netem_stats stats;
	u64 count;
	int fd;

	sim_open(&sim, seed, 2);
	sim_cable(&sim, 0, 1, networks[network].netem);
	assert_int_equal(skiff_service_enable(sim.hosts[1], "echo", NULL, 0), 0);
	fd = client(7, &timeout);
	for (u32 i = 0; i < REQUESTS; i++)
		request(fd, i);
	assert_true(sim.frames >= 2 * REQUESTS);
	stats = sim_netem_stats(&sim, 0);
	assert_true(stats.packets >= 2 * REQUESTS);
	memcpy(&count, (u8 *)&stats + networks[network].counter, sizeof(count));
	assert_true(count >= REQUESTS / 10);
	assert_int_equal(skiff_close(fd), 0);
	assert_int_equal(sim_close(&sim), 0);
	return sim.hash;
}

static void bad_networks_repeat(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		const u64 first = story(i, i);

		assert_true(story(i, i) == first);
		assert_true(story(i + 100, i) != first);
	}
}

static void a_timeout_passes_in_virtual_time(void **state)
{
	const struct timeval timeout = { .tv_sec = 1000 };
	ktime_t start;
	char c;
	int fd;

	sim_open(&sim, 1, 2);
	sim_cable(&sim, 0, 1, NULL);
	fd = client(7, &timeout);
	start = skiff_clock_now(sim.clock);
	assert_int_equal(skiff_recv(fd, &c, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(skiff_clock_now(sim.clock) - start >= 1000ll * NSEC_PER_SEC);
	assert_int_equal(skiff_close(fd), 0);
	assert_int_equal(sim_close(&sim), 0);
}

/* Nothing gets through: the neighbour fails, which a socket that asks for errors hears of. */
static void a_dead_cable_is_unreachable(void **state)
{
	const struct timeval timeout = { .tv_sec = 1000 };
	const int on = 1;
	char c = 0;
	int fd;

	sim_open(&sim, 1, 2);
	sim_cable(&sim, 0, 1, "loss=100%");
	fd = client(7, &timeout);
	assert_int_equal(skiff_setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)), 0);
	assert_int_equal(skiff_send(fd, &c, 1, 0), 1);
	assert_int_equal(skiff_recv(fd, &c, 1, 0), -1);
	assert_int_equal(errno, EHOSTUNREACH);
	assert_int_equal(sim.frames, 0);
	assert_int_equal(skiff_close(fd), 0);
	assert_int_equal(sim_close(&sim), 0);
}

/*
 * What the network has lost never comes, and a call without a timeout says so. The hosts' tables of
 * neighbours are looked after all the same, for ever, which is nothing to wait for.
 */
static void nothing_more_will_come(void **state)
{
	const struct timeval never = { 0 };
	char c = 0;
	int fd;

	sim_open(&sim, 1, 2);
	sim_cable(&sim, 0, 1, NULL);
	fd = client(7, &never);
	assert_int_equal(skiff_send(fd, &c, 1, 0), 1);
	assert_int_equal(skiff_recv(fd, &c, 1, 0), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_true(skiff_clock_next(sim.clock) < KTIME_MAX);
	assert_int_equal(skiff_recv(fd, &c, 1, 0), -1);
	assert_int_equal(errno, EDEADLK);
	assert_int_equal(skiff_close(fd), 0);
	assert_int_equal(sim_close(&sim), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_networks_repeat),
		cmocka_unit_test(a_timeout_passes_in_virtual_time),
		cmocka_unit_test(a_dead_cable_is_unreachable),
		cmocka_unit_test(nothing_more_will_come),
	};

	return sim_report(cmocka_run_group_tests_name("sim-udp", tests, NULL, NULL));
}
