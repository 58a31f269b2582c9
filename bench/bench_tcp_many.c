// SPDX-License-Identifier: BSD-2-Clause
/*
 * A million established connections: 500,000 pairs between two hosts of one process on a cable, which
 * are 1,000,000 sockets with descriptors. What one takes of memory, and what a round trip costs while
 * the others are there.
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

static struct net *hosts[2];
static int listeners[LISTENERS];
static int (*fds)[2];
static size_t pairs, made;

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

static void setup(void)
{
	struct net_device *ends[2];

	two_hosts(hosts, ends);
	for (int i = 0; i < 2; i++)
		need(skiff_sysctl_set(hosts[i], "net.ipv4.ip_local_port_range", "8000 65535", NULL,
				      0) == 0,
		     "sysctl");
	for (size_t i = 0; i < LISTENERS; i++) {
		struct sockaddr_in a = name_of(i);

		listeners[i] = skiff_socket(hosts[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		need(listeners[i] >= 0 &&
			     skiff_bind(listeners[i], (struct sockaddr *)&a, sizeof(a)) == 0 &&
			     skiff_listen(listeners[i], 64) == 0,
		     "listener");
	}
}

static void make_pair(size_t i)
{
	size_t listener = i % LISTENERS;
	struct sockaddr_in a = name_of(listener);
	int fd = skiff_socket(hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	need(fd >= 0, "socket");
	while (skiff_connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 && errno != EISCONN) {
		need(errno == EINPROGRESS || errno == EALREADY, "connect");
		skiff_poll(hosts[1], 0);
		skiff_poll(hosts[0], 0);
	}
	fds[i][0] = fd;
	while ((fds[i][1] = skiff_accept4(listeners[listener], NULL, NULL, SOCK_NONBLOCK)) < 0) {
		need(errno == EAGAIN, "accept");
		skiff_poll(hosts[1], 0);
		skiff_poll(hosts[0], 0);
	}
}

static void make_pairs(size_t wanted)
{
	for (; made < wanted; made++)
		make_pair(made);
}

/* There and back on the pairs that are in use, one after the other. */
static void round_trips(size_t times, void *arg)
{
	static char buf[SEND_SIZE];

	for (size_t i = 0; i < times; i++) {
		int *pair = fds[i % IN_USE];

		for (int end = 0; end < 2; end++) {
			need(skiff_send(pair[end], buf, SEND_SIZE, 0) == SEND_SIZE, "send");
			while (skiff_recv(pair[!end], buf, SEND_SIZE, 0) != SEND_SIZE) {
				need(errno == EAGAIN, "recv");
				skiff_poll(hosts[0], 0);
				skiff_poll(hosts[1], 0);
			}
		}
	}
}

static void say(const char *name, double value, const char *unit)
{
	printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"better\": \"lower\", "
	       "\"peer\": null, \"peer_value\": null, \"ratio\": null}\n",
	       name, value, unit);
	fflush(stdout);
}

static void measure(const char *name)
{
	struct bench_case c = { .name = name, .ours = round_trips, .units = 1, .times = 1000 };

	bench_run(&c);
}

int main(int argc, char **argv)
{
	size_t before;

	pairs = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : PAIRS;
	need(pairs > IN_USE, "100 pairs at least");
	fds = (int(*)[2])calloc(pairs, sizeof(*fds));
	need(fds != NULL, "memory");
	setup();
	make_pairs(IN_USE);
	measure("tcp/rtt-among-200");
	before = resident();
	make_pairs(pairs);
	printf("bench-tcp_many: %zu pairs in one process are %zu established sockets\n", pairs,
	       2 * pairs);
	say("tcp/memory-1m", (double)(resident() - before) / (double)(2 * (pairs - IN_USE)),
	    "bytes");
	measure("tcp/rtt-among-1m");
	for (size_t i = 0; i < pairs; i++)
		for (int end = 0; end < 2; end++)
			skiff_close(fds[i][end]);
	for (size_t i = 0; i < LISTENERS; i++)
		skiff_close(listeners[i]);
	free(fds);
	return skiff_net_destroy(hosts[0]) || skiff_net_destroy(hosts[1]);
}
