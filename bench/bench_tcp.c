// SPDX-License-Identifier: BSD-2-Clause
/* TCP between two hosts of one process on a cable, by one thread, next to the kernel's loopback. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skiff/netconf.h>
#include <skiff/skbuff.h>
#include <skiff/socket.h>

#include "blocks.h"
#include "harness.h"
#include "two_hosts.h"

#define PORT 5001
#define CHUNK 65536
#define CHUNKS 256 /* per round */
/* Connections that are opened and closed at a time. */
#define IN_FLIGHT 64

/* As large a buffer in blocks. */
#define BLOCKS 2

/**
 * struct cable - two hosts and a connection between them
 * @hosts: one at each end
 * @ends: their devices
 * @listener: of the second host
 * @server: where that listens
 * @fds: connected to each other
 */
struct cable {
	struct net *hosts[2];
	struct net_device *ends[2];
	int listener;
	struct sockaddr_in server;
	int fds[2];
};

/* With all offloads, for two threads; and with frames of 1,500 bytes that are cut and summed. */
static struct cable quick, second, plain;
static struct page *blocks[BLOCKS];
static int kernel_fds[2];
static char buf[CHUNK], sink[CHUNK];

static struct sockaddr_in name_of(const char *addr)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, addr, &a.sin_addr);
	return a;
}

/* Let both hosts work. Return: whether one of them had something to do. */
static bool run_hosts(const struct cable *c)
{
	return skiff_poll(c->hosts[1], 0) + skiff_poll(c->hosts[0], 0) > 0;
}

/* Acknowledgments, timers: until there is nothing more, unless there is more to send. */
static void run_idle_hosts(const struct cable *c, bool sending)
{
	if (!sending || skiff_poll(c->hosts[0], 0) == 0)
		while (run_hosts(c))
			;
}

/* Everything that goes in comes out; neither call waits. */
static void bulk(size_t times, void *arg)
{
	const struct cable *c = (const struct cable *)arg;
	size_t to_send = times * CHUNK, to_get = to_send;

	while (to_get) {
		ssize_t n;

		if (to_send) {
			n = skiff_send(c->fds[0], buf, min((size_t)CHUNK, to_send), 0);
			need(n > 0 || errno == EAGAIN, "send");
			to_send -= n > 0 ? (size_t)n : 0;
		}
		while ((n = skiff_recv(c->fds[1], sink, CHUNK, 0)) > 0)
			to_get -= (size_t)n;
		need(n < 0 && errno == EAGAIN, "recv");
		if (to_get)
			run_idle_hosts(c, to_send != 0);
	}
}

/* By the buffers themselves: nothing is copied. */
static void bulk_skbs(size_t times, void *arg)
{
	const struct cable *c = (const struct cable *)arg;
	size_t to_send = times * CHUNK, to_get = to_send;
	struct sk_buff *waiting = NULL, *skb;

	while (to_get) {
		if (to_send) {
			ssize_t n;

			waiting = waiting ? waiting : blocks_skb(blocks, BLOCKS);
			need(waiting != NULL, "alloc_skb");
			n = skiff_send_skb(c->fds[0], waiting, NULL, 0, 0);
			need(n > 0 || errno == EAGAIN, "send_skb");
			if (n > 0) {
				to_send -= (size_t)n;
				waiting = NULL;
			}
		}
		while ((skb = skiff_recv_skb(c->fds[1], 0)) != NULL) {
			to_get -= skb->len;
			consume_skb(skb);
		}
		need(errno == EAGAIN, "recv_skb");
		if (to_get)
			run_idle_hosts(c, to_send != 0);
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
	const struct cable *c = (const struct cable *)arg;

	for (size_t i = 0; i < times; i++) {
		for (int end = 0; end < 2; end++) {
			need(skiff_send(c->fds[end], buf, 64, 0) == 64, "send");
			while (skiff_recv(c->fds[!end], sink, 64, 0) != 64) {
				need(errno == EAGAIN, "recv");
				run_hosts(c);
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

static int skiff_pair(const struct cable *c, int accepted[1])
{
	int fd = skiff_socket(c->hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	need(fd >= 0, "socket");
	while (skiff_connect(fd, (const struct sockaddr *)&c->server, sizeof(c->server)) < 0 &&
	       errno != EISCONN) {
		need(errno == EINPROGRESS || errno == EALREADY, "connect");
		run_hosts(c);
	}
	for (;;) {
		accepted[0] = skiff_accept4(c->listener, NULL, NULL, SOCK_NONBLOCK);
		if (accepted[0] >= 0)
			return fd;
		need(errno == EAGAIN, "accept");
		run_hosts(c);
	}
}

/* Opened, and closed by FIN from the side that accepted: its ports are not used up. */
static void connections(size_t times, void *arg)
{
	for (size_t i = 0; i < times; i++) {
		int accepted, fd = skiff_pair((const struct cable *)arg, &accepted);

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

static int kernel_listener, second_listener;

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

/* The same, so many at the same time. */
static void many_connections(size_t times, void *arg)
{
	const struct cable *c = (const struct cable *)arg;
	struct sockaddr_in a = name_of("192.0.2.2");
	int out[IN_FLIGHT], in[IN_FLIGHT], i;

	while (times--) {
		for (i = 0; i < IN_FLIGHT; i++) {
			out[i] = skiff_socket(c->hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
			need(skiff_connect(out[i], (struct sockaddr *)&a, sizeof(a)) < 0 &&
				     errno == EINPROGRESS,
			     "connect");
		}
		run_idle_hosts(c, false);
		for (i = 0; i < IN_FLIGHT; i++) {
			in[i] = skiff_accept4(c->listener, NULL, NULL, SOCK_NONBLOCK);
			need(in[i] >= 0, "accept");
		}
		for (i = 0; i < IN_FLIGHT; i++)
			skiff_close(in[i]);
		run_idle_hosts(c, false);
		for (i = 0; i < IN_FLIGHT; i++) {
			need(skiff_recv(out[i], sink, 1, 0) == 0, "end of stream");
			skiff_close(out[i]);
		}
		run_idle_hosts(c, false);
	}
}

static void kernel_many_connections(size_t times, void *arg)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int out[IN_FLIGHT], in[IN_FLIGHT], listener = *(const int *)arg, i;

	getsockname(listener, (struct sockaddr *)&a, &len);
	while (times--) {
		for (i = 0; i < IN_FLIGHT; i++) {
			out[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
			need(connect(out[i], (struct sockaddr *)&a, len) == 0 ||
				     errno == EINPROGRESS,
			     "connect");
		}
		for (i = 0; i < IN_FLIGHT; i++) {
			in[i] = accept(listener, NULL, NULL);
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

/* The same by two threads, which have nothing in common but the process. */

struct worker {
	bench_fn work;
	size_t times;
	void *arg;
};

static void *worker_run(void *arg)
{
	const struct worker *w = (const struct worker *)arg;

	w->work(w->times, w->arg);
	return NULL;
}

static void by_two_threads(bench_fn work, size_t times, void *first, void *other)
{
	struct worker w = { .work = work, .times = times, .arg = other };
	pthread_t thread;

	need(pthread_create(&thread, NULL, worker_run, &w) == 0, "pthread_create");
	work(times, first);
	pthread_join(thread, NULL);
}

static void threads_connections(size_t times, void *arg)
{
	by_two_threads(many_connections, times, &quick, &second);
}

static void kernel_threads_connections(size_t times, void *arg)
{
	by_two_threads(kernel_many_connections, times, &kernel_listener, &second_listener);
}

static int make_kernel_listener(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = socket(AF_INET, SOCK_STREAM, 0);

	need(bind(l, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(l, 2 * IN_FLIGHT) == 0,
	     "kernel listener");
	return l;
}

static void setup_kernel(void)
{
	kernel_listener = make_kernel_listener();
	second_listener = make_kernel_listener();
	kernel_pair(kernel_fds, kernel_listener);
}

static void setup_cable(struct cable *c, netdev_features_t without)
{
	two_hosts(c->hosts, c->ends);
	c->server = name_of(host_addr[1]);
	for (int i = 0; i < 2; i++) {
		need(skiff_sysctl_set(c->hosts[i], "net.ipv4.tcp_max_tw_buckets", "4096", NULL,
				      0) == 0,
		     "sysctl");
		net_lock(c->hosts[i]);
		c->ends[i]->wanted_features &= ~without;
		netdev_update_features(c->ends[i]);
		need(!(c->ends[i]->features & without), "features");
		net_unlock(c->hosts[i]);
	}
	c->listener = skiff_socket(c->hosts[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	need(c->listener >= 0 &&
		     skiff_bind(c->listener, (struct sockaddr *)&c->server, sizeof(c->server)) ==
			     0 &&
		     skiff_listen(c->listener, 2 * IN_FLIGHT) == 0,
	     "listener");
	c->fds[0] = skiff_pair(c, &c->fds[1]);
}

static void setup(void)
{
	setup_cable(&quick, 0);
	setup_cable(&second, 0);
	setup_cable(&plain, NETIF_F_GSO_SOFTWARE | NETIF_F_HW_CSUM | NETIF_F_RXCSUM);
	need(blocks_get(blocks, BLOCKS), "alloc_pages");
}

static int teardown_cable(struct cable *c)
{
	for (int i = 0; i < 2; i++)
		skiff_close(c->fds[i]);
	skiff_close(c->listener);
	return skiff_net_destroy(c->hosts[0]) + skiff_net_destroy(c->hosts[1]);
}

static int teardown(void)
{
	blocks_put(blocks, BLOCKS);
	return teardown_cable(&quick) + teardown_cable(&second) + teardown_cable(&plain);
}

#define LOOPBACK(way) .peer = (way), .peer_name = "kernel loopback"
#define BULK(way, cable)                                                                        \
	.ours = (way), .arg = &(cable), LOOPBACK(kernel_bulk), .units = CHUNK, .times = CHUNKS, \
	.rate = "bytes/s"

/* In the order that who counts instructions knows them by. */
static const struct bench_case cases[] = {
	{ .name = "tcp/in-process", BULK(bulk, quick) },
	{ .name = "tcp/rtt-in-process",
	  .ours = round_trips,
	  .arg = &quick,
	  LOOPBACK(kernel_round_trips),
	  .units = 1,
	  .times = 2000 },
	{ .name = "tcp/connect-rate",
	  .ours = connections,
	  .arg = &quick,
	  LOOPBACK(kernel_connections),
	  .units = 1,
	  .times = 500,
	  .rate = "connections/s" },
	{ .name = "tcp/connect-64",
	  .ours = many_connections,
	  .arg = &quick,
	  LOOPBACK(kernel_many_connections),
	  .peer_arg = &kernel_listener,
	  .units = IN_FLIGHT,
	  .times = 10,
	  .rate = "connections/s" },
	{ .name = "tcp/in-process-skb", BULK(bulk_skbs, quick) },
	{ .name = "tcp/in-process-plain", BULK(bulk, plain) },
	{ .name = "tcp/connect-64-two-threads",
	  .ours = threads_connections,
	  LOOPBACK(kernel_threads_connections),
	  .units = 2 * IN_FLIGHT,
	  .times = 100,
	  .rate = "connections/s" },
};

int main(int argc, char **argv)
{
	const struct bench_case *c;

	setup();
	/* One case a few times over, for who counts instructions: its number and how often. */
	if (argc == 3) {
		c = &cases[atoi(argv[1])];
		c->ours((size_t)atoi(argv[2]), c->arg);
		return teardown();
	}
	setup_kernel();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i]);
	return teardown();
}
