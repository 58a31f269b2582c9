// SPDX-License-Identifier: BSD-2-Clause
/*
 * A million established connections: 500,000 pairs between two hosts of one process on a cable, which
 * are 1,000,000 sockets with descriptors. What one takes of memory, and what a round trip costs while
 * the others are there, in turn with round trips between two other hosts that have 100 pairs only.
 *
 *	bench-tcp_many [PAIRS]
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skiff/netconf.h>
#include <skiff/socket.h>

#include "harness.h"
#include "two_hosts.h"

#define PAIRS 500000
#define FIRST_PORT 5001
#define LISTENERS 25 /* connect() takes half of the ports before it looks for others */
#define IN_USE 100   /* pairs that carry the round trips, in turn; the others are idle */
#define SEND_SIZE 64
#define ROUND_TRIPS 1000 /* of a look at the clock */

/**
 * struct crowd - two hosts and the connections between them
 * @hosts: the first connects, the second accepts
 * @listeners: of the second
 * @fds: the pairs
 * @made: how many there are
 */
struct crowd {
	struct net *hosts[2];
	int listeners[LISTENERS];
	int (*fds)[2];
	size_t made;
};

static struct sockaddr_in name_of(size_t listener)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)(FIRST_PORT + listener)) };

	inet_pton(AF_INET, "192.0.2.2", &a.sin_addr);
	return a;
}

static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	need(f && fscanf(f, "%*u %lu", &pages) == 1, "/proc/self/statm");
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void let_run(const struct crowd *c)
{
	skiff_poll(c->hosts[1], 0);
	skiff_poll(c->hosts[0], 0);
}

static void setup(struct crowd *c, size_t pairs)
{
	struct net_device *ends[2];

	c->fds = (int(*)[2])calloc(pairs, sizeof(*c->fds));
	need(c->fds != NULL, "memory");
	two_hosts(c->hosts, ends);
	for (int i = 0; i < 2; i++)
		need(skiff_sysctl_set(c->hosts[i], "net.ipv4.ip_local_port_range", "8000 65535",
				      NULL, 0) == 0,
		     "sysctl");
	for (size_t i = 0; i < LISTENERS; i++) {
		struct sockaddr_in a = name_of(i);
		int fd = skiff_socket(c->hosts[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		need(fd >= 0 && skiff_bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
			     skiff_listen(fd, 64) == 0,
		     "listener");
		c->listeners[i] = fd;
	}
}

static int teardown(struct crowd *c)
{
	for (size_t i = 0; i < c->made; i++)
		for (int end = 0; end < 2; end++)
			skiff_close(c->fds[i][end]);
	for (size_t i = 0; i < LISTENERS; i++)
		skiff_close(c->listeners[i]);
	free(c->fds);
	return skiff_net_destroy(c->hosts[0]) || skiff_net_destroy(c->hosts[1]);
}

static void make_pair(struct crowd *c, int pair[2])
{
	size_t listener = c->made % LISTENERS;
	struct sockaddr_in a = name_of(listener);

	pair[0] = skiff_socket(c->hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	need(pair[0] >= 0, "socket");
	while (skiff_connect(pair[0], (struct sockaddr *)&a, sizeof(a)) < 0 && errno != EISCONN) {
		need(errno == EINPROGRESS || errno == EALREADY, "connect");
		let_run(c);
	}
	while ((pair[1] = skiff_accept4(c->listeners[listener], NULL, NULL, SOCK_NONBLOCK)) < 0) {
		need(errno == EAGAIN, "accept");
		let_run(c);
	}
}

static void make_pairs(struct crowd *c, size_t wanted)
{
	for (; c->made < wanted; c->made++)
		make_pair(c, c->fds[c->made]);
}

/* There and back on the pairs that are in use, one after the other. */
static void round_trips(const struct crowd *c, size_t times)
{
	static char buf[SEND_SIZE];

	for (size_t i = 0; i < times; i++) {
		int *pair = c->fds[i % IN_USE];

		for (int end = 0; end < 2; end++) {
			need(skiff_send(pair[end], buf, SEND_SIZE, 0) == SEND_SIZE, "send");
			while (skiff_recv(pair[!end], buf, SEND_SIZE, 0) != SEND_SIZE) {
				need(errno == EAGAIN, "recv");
				let_run(c);
			}
		}
	}
}

/* Processor time, which is all that both take, whatever else the machine does. */
static double cost_of(const struct crowd *c)
{
	struct timespec from, to;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	round_trips(c, ROUND_TRIPS);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
	       ROUND_TRIPS;
}

/* Both in turn, medians. */
static void compare(const struct crowd *many, const struct crowd *few)
{
	double among_many[BENCH_ROUNDS], among_few[BENCH_ROUNDS], m, f;

	for (int i = 0; i < BENCH_ROUNDS; i++) {
		among_many[i] = cost_of(many);
		among_few[i] = cost_of(few);
	}
	m = bench_median(among_many, BENCH_ROUNDS);
	f = bench_median(among_few, BENCH_ROUNDS);
	printf("{\"name\": \"tcp/rtt-among-1m\", \"value\": %.3f, \"unit\": \"ns\", \"better\": \"lower\", "
	       "\"peer\": \"among 200\", \"peer_value\": %.3f, \"ratio\": %.3f}\n",
	       m, f, f / m);
}

int main(int argc, char **argv)
{
	static struct crowd many, few;
	size_t pairs = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : PAIRS, before;

	need(pairs > IN_USE, "100 pairs at least");
	setup(&few, IN_USE);
	make_pairs(&few, IN_USE);
	setup(&many, pairs);
	make_pairs(&many, IN_USE);
	before = resident();
	make_pairs(&many, pairs);
	printf("bench-tcp_many: %zu pairs in one process are %zu established sockets\n", pairs,
	       2 * pairs);
	printf("{\"name\": \"tcp/memory-1m\", \"value\": %.3f, \"unit\": \"bytes\", \"better\": \"lower\", "
	       "\"peer\": null, \"peer_value\": null, \"ratio\": null}\n",
	       (double)(resident() - before) / (double)(2 * (pairs - IN_USE)));
	compare(&many, &few);
	return teardown(&many) || teardown(&few);
}
