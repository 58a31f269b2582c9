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
#define TRIES 50

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

		/* A lost ARP reply is an error of the socket. */
		if (skiff_send(fd, out, sizeof(out), 0) < 0)
			assert_int_equal(errno, EHOSTUNREACH);
		while ((len = skiff_recv(fd, in, sizeof(in), 0)) > 0) {
			assert_int_equal(len, sizeof(in));
			if (!memcmp(in, out, sizeof(in)))
				return;
		}
		assert_true(len < 0 && (errno == EAGAIN || errno == EHOSTUNREACH));
	}
	fail_msg("no reply to request %u with seed %llu", nr, (unsigned long long)sim.seed);
}

/* Return: the hash of all frames. */
static u64 story(u64 seed, const char *netem)
{
	const struct timeval timeout = { .tv_usec = 100000 };
	int fd;

	sim_open(&sim, seed, 2);
	sim_cable(&sim, 0, 1, netem);
	assert_int_equal(skiff_service_enable(sim.hosts[1], "echo", NULL, 0), 0);
	fd = client(7, &timeout);
	for (u32 i = 0; i < REQUESTS; i++)
		request(fd, i);
	assert_true(sim.frames >= 2 * REQUESTS);
	assert_int_equal(skiff_close(fd), 0);
	assert_int_equal(sim_close(&sim), 0);
	return sim.hash;
}

static void bad_networks_repeat(void **state)
{
	static const char *const networks[] = {
		"delay=10ms,loss=20%",
		"delay=10ms,duplicate=30%",
		"delay=10ms,jitter=8ms,reorder=25%",
		"delay=10ms,corrupt=20%",
	};

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		const u64 first = story(i, networks[i]);

		assert_true(story(i, networks[i]) == first);
		assert_true(story(i + 100, networks[i]) != first);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_networks_repeat),
		cmocka_unit_test(a_timeout_passes_in_virtual_time),
		cmocka_unit_test(a_dead_cable_is_unreachable),
	};

	return cmocka_run_group_tests_name("sim-udp", tests, NULL, NULL);
}
