// SPDX-License-Identifier: BSD-2-Clause
/* TCP between two hosts of one process on a cable, on one core, next to the kernel's loopback. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skiff/netconf.h>
#include <skiff/socket.h>

#include "harness.h"
#include "two_hosts.h"

#define PORT 5001
#define CHUNK 65536
#define CHUNKS 256 /* per round */
/* Connections that are opened and closed at a time. */
#define IN_FLIGHT 64

static struct net *hosts[2];
static struct net_device *ends[2];
static int listener;
static int fds[2]; /* connected to each other */
static int kernel_fds[2];
static char buf[CHUNK], sink[CHUNK];

static struct sockaddr_in name_of(const char *addr)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, addr, &a.sin_addr);
	return a;
}

/* Everything that goes in comes out; neither call waits. */
static void bulk(size_t times, void *arg)
{
	size_t to_send = times * CHUNK, to_get = to_send;

	while (to_get) {
		ssize_t n;

		if (to_send) {
			n = skiff_send(fds[0], buf, min((size_t)CHUNK, to_send), 0);
			need(n > 0 || errno == EAGAIN, "send");
			to_send -= n > 0 ? (size_t)n : 0;
		}
		while ((n = skiff_recv(fds[1], sink, CHUNK, 0)) > 0)
			to_get -= (size_t)n;
		need(n < 0 && errno == EAGAIN, "recv");
		/* Acknowledgments, timers. */
		if (to_get && (!to_send || skiff_poll(hosts[0], 0) == 0))
			while (skiff_poll(hosts[1], 0) + skiff_poll(hosts[0], 0) > 0)
				;
	}
}

static void kernel_bulk(size_t times, void *arg)
{
	size_t to_send = times * CHUNK, to_get = to_send;

	while (to_get) {
		ssize_t n;

		if (to_send) {
			n = send(kernel_fds[0], buf, min((size_t)CHUNK, to_send), MSG_DONTWAIT);
			to_send -= n > 0 ? (size_t)n : 0;
		}
		while ((n = recv(kernel_fds[1], sink, CHUNK, MSG_DONTWAIT)) > 0)
			to_get -= (size_t)n;
	}
}

static void round_trips(size_t times, void *arg)
{
	for (size_t i = 0; i < times; i++) {
		for (int end = 0; end < 2; end++) {
			need(skiff_send(fds[end], buf, 64, 0) == 64, "send");
			while (skiff_recv(fds[!end], sink, 64, 0) != 64) {
				need(errno == EAGAIN, "recv");
				skiff_poll(hosts[0], 0);
				skiff_poll(hosts[1], 0);
			}
		}
	}
}

static void kernel_round_trips(size_t times, void *arg)
{
	for (size_t i = 0; i < times; i++)
		for (int end = 0; end < 2; end++) {
			need(send(kernel_fds[end], buf, 64, 0) == 64, "send");
			need(recv(kernel_fds[!end], sink, 64, 0) == 64, "recv");
		}
}

static int skiff_pair(int accepted[1])
{
	struct sockaddr_in a = name_of("192.0.2.2");
	int fd = skiff_socket(hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	need(fd >= 0, "socket");
	while (skiff_connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 && errno != EISCONN) {
		need(errno == EINPROGRESS || errno == EALREADY, "connect");
		skiff_poll(hosts[1], 0);
		skiff_poll(hosts[0], 0);
	}
	do {
		accepted[0] = skiff_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
		need(accepted[0] >= 0 || errno == EAGAIN, "accept");
	} while (accepted[0] < 0 && skiff_poll(hosts[1], 0) + skiff_poll(hosts[0], 0) >= 0);
	return fd;
}

/* Opened, and closed by FIN from the side that accepted: its ports are not used up. */
static void connections(size_t times, void *arg)
{
	for (size_t i = 0; i < times; i++) {
		int accepted, fd = skiff_pair(&accepted);

		skiff_close(accepted);
		need(skiff_recv(fd, sink, 1, 0) == 0, "end of stream");
		skiff_close(fd);
	}
}

static void kernel_pair(int pair[2], int l)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	getsockname(l, (struct sockaddr *)&a, &len);
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(pair[0], IPPROTO_TCP, 13 /* TCP_CONGESTION */, "cubic", 5);
	need(connect(pair[0], (struct sockaddr *)&a, sizeof(a)) == 0, "connect");
	pair[1] = accept(l, NULL, NULL);
	need(pair[1] >= 0, "accept");
}

static int kernel_listener;

static void kernel_connections(size_t times, void *arg)
{
	for (size_t i = 0; i < times; i++) {
		int pair[2];

		kernel_pair(pair, kernel_listener);
		close(pair[1]);
		need(recv(pair[0], sink, 1, 0) == 0, "end of stream");
		close(pair[0]);
	}
}

static void run_hosts(void)
{
	while (skiff_poll(hosts[1], 0) + skiff_poll(hosts[0], 0) > 0)
		;
}

/* The same, so many at the same time. */
static void many_connections(size_t times, void *arg)
{
	struct sockaddr_in a = name_of("192.0.2.2");
	int out[IN_FLIGHT], in[IN_FLIGHT], i;

	while (times--) {
		for (i = 0; i < IN_FLIGHT; i++) {
			out[i] = skiff_socket(hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
			need(skiff_connect(out[i], (struct sockaddr *)&a, sizeof(a)) < 0 &&
				     errno == EINPROGRESS,
			     "connect");
		}
		run_hosts();
		for (i = 0; i < IN_FLIGHT; i++) {
			in[i] = skiff_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
			need(in[i] >= 0, "accept");
		}
		for (i = 0; i < IN_FLIGHT; i++)
			skiff_close(in[i]);
		run_hosts();
		for (i = 0; i < IN_FLIGHT; i++) {
			need(skiff_recv(out[i], sink, 1, 0) == 0, "end of stream");
			skiff_close(out[i]);
		}
		run_hosts();
	}
}

static void kernel_many_connections(size_t times, void *arg)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int out[IN_FLIGHT], in[IN_FLIGHT], i;

	getsockname(kernel_listener, (struct sockaddr *)&a, &len);
	while (times--) {
		for (i = 0; i < IN_FLIGHT; i++) {
			out[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
			need(connect(out[i], (struct sockaddr *)&a, len) == 0 ||
				     errno == EINPROGRESS,
			     "connect");
		}
		for (i = 0; i < IN_FLIGHT; i++) {
			in[i] = accept(kernel_listener, NULL, NULL);
			need(in[i] >= 0, "accept");
		}
		for (i = 0; i < IN_FLIGHT; i++)
			close(in[i]);
		for (i = 0; i < IN_FLIGHT; i++) {
			need(recv(out[i], sink, 1, 0) == 0, "end of stream");
			close(out[i]);
		}
	}
}

static void setup_kernel(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	kernel_listener = socket(AF_INET, SOCK_STREAM, 0);
	need(bind(kernel_listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		     listen(kernel_listener, 2 * IN_FLIGHT) == 0,
	     "kernel listener");
	kernel_pair(kernel_fds, kernel_listener);
}

static void setup(void)
{
	struct sockaddr_in a = name_of(host_addr[1]);

	two_hosts(hosts, ends);
	for (int i = 0; i < 2; i++)
		need(skiff_sysctl_set(hosts[i], "net.ipv4.tcp_max_tw_buckets", "4096", NULL, 0) ==
			     0,
		     "sysctl");
	listener = skiff_socket(hosts[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	need(listener >= 0 && skiff_bind(listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		     skiff_listen(listener, 2 * IN_FLIGHT) == 0,
	     "listener");
	fds[0] = skiff_pair(&fds[1]);
}

static int teardown(void)
{
	for (int i = 0; i < 2; i++)
		skiff_close(fds[i]);
	skiff_close(listener);
	return skiff_net_destroy(hosts[0]) || skiff_net_destroy(hosts[1]);
}

int main(int argc, char **argv)
{
	static struct bench_case cases[] = {
		{ .name = "tcp/in-process",
		  .ours = bulk,
		  .peer = kernel_bulk,
		  .peer_name = "kernel loopback",
		  .units = CHUNK,
		  .times = CHUNKS,
		  .rate = "bytes/s" },
		{ .name = "tcp/rtt-in-process",
		  .ours = round_trips,
		  .peer = kernel_round_trips,
		  .peer_name = "kernel loopback",
		  .units = 1,
		  .times = 2000 },
		{ .name = "tcp/connect-rate",
		  .ours = connections,
		  .peer = kernel_connections,
		  .peer_name = "kernel loopback",
		  .units = 1,
		  .times = 500,
		  .rate = "connections/s" },
		{ .name = "tcp/connect-64",
		  .ours = many_connections,
		  .peer = kernel_many_connections,
		  .peer_name = "kernel loopback",
		  .units = IN_FLIGHT,
		  .times = 10,
		  .rate = "connections/s" },
	};

	setup();
	/* One case a few times over, for who counts instructions: its number and how often. */
	if (argc == 3) {
		cases[atoi(argv[1])].ours((size_t)atoi(argv[2]), NULL);
		return teardown();
	}
	setup_kernel();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i]);
	return teardown();
}
