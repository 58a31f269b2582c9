// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client behind a gateway, both run by one thread, and a process of the system's at the other end: what
 * goes through per second, how long an answer takes, how many connections there are in a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/gateway.h>
#include <skiff/netconf.h>
#include <skiff/skbuff.h>
#include <skiff/socket.h>

#include "blocks.h"
#include "harness.h"
#include "netns.h"
#include "two_hosts.h"

#define CHUNK (256 * 1024)
#define BLOCKS 2
/* Of one round. */
#define BULK ((size_t)256 << 20)
#define ROUND_TRIPS 20000
#define CONNECTIONS 10000
#define IN_FLIGHT 64
#define ROUNDS 7

/* What the system's end does with a connection, by its port. */
enum { SINK, SOURCE, ECHO, CLOSES, KINDS };

static struct net *client, *host;
static struct skiff_gateway *gateway;
static int listeners[KINDS];
static struct sockaddr_in names[KINDS];
static char buf[CHUNK];
static struct page *blocks[BLOCKS];
static pid_t partner;

static void serve(int kind, int fd)
{
	ssize_t n = 1;

	while (n > 0) {
		if (kind == SOURCE)
			n = write(fd, buf, sizeof(buf));
		else
			n = read(fd, buf, sizeof(buf));
		if (kind == ECHO && n > 0)
			n = write(fd, buf, (size_t)n);
	}
	close(fd);
}

/* The other end, a process of its own. */
static void be_partner(void)
{
	struct pollfd p[KINDS];

	for (int i = 0; i < KINDS; i++)
		p[i] = (struct pollfd){ .fd = listeners[i], .events = POLLIN };
	signal(SIGPIPE, SIG_IGN);
	while (poll(p, KINDS, -1) > 0) {
		for (int i = 0; i < KINDS; i++) {
			int fd = p[i].revents ? accept(listeners[i], NULL, NULL) : -1;

			if (fd < 0)
				continue;
			if (i == CLOSES)
				close(fd);
			else
				serve(i, fd);
		}
	}
	_exit(1);
}

static void start_partner(void)
{
	for (int i = 0; i < KINDS; i++) {
		socklen_t len = sizeof(names[i]);

		names[i] = (struct sockaddr_in){ .sin_family = AF_INET,
						 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		listeners[i] = socket(AF_INET, SOCK_STREAM, 0);
		need(bind(listeners[i], (struct sockaddr *)&names[i], sizeof(names[i])) == 0 &&
			     listen(listeners[i], 4096) == 0 &&
			     getsockname(listeners[i], (struct sockaddr *)&names[i], &len) == 0,
		     "listen");
		/* As the client sees it. */
		names[i].sin_addr.s_addr = htonl(0x0a000202);
	}
	partner = fork();
	need(partner >= 0, "fork");
	if (!partner)
		be_partner();
	for (int i = 0; i < KINDS; i++)
		close(listeners[i]);
}

static void start_hosts(void)
{
	struct skiff_gateway_rule rule;
	struct skiff_gateway_params params = { .rules = &rule, .nr_rules = 1 };
	struct net_device *near, *far;
	char err[256] = "";

	need(skiff_init() == 0, "skiff_init");
	client = skiff_net_create(NULL);
	host = skiff_net_create(NULL);
	need(client && host && veth_create(client, "eth0", host, "cable", &near, &far) == 0,
	     "hosts");
	skiff_gateway_rule("127.0.0.1", true, &rule, err, sizeof(err));
	params.dev = far;
	gateway = skiff_gateway_create(host, &params, err, sizeof(err));
	need(gateway != NULL, err);
	need(skiff_addr_add(client, "eth0", "10.0.2.15/24", err, sizeof(err)) == 0 &&
		     skiff_dev_up(client, "eth0", err, sizeof(err)) == 0 &&
		     skiff_gateway_set(client, "10.0.2.2", err, sizeof(err)) == 0,
	     err);
}

static void run_hosts(void)
{
	skiff_poll(client, 0);
	skiff_poll(host, 0);
}

static int begin_connect(int kind)
{
	int fd = skiff_socket(client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	need(fd >= 0, "skiff_socket");
	need(skiff_connect(fd, (struct sockaddr *)&names[kind], sizeof(names[kind])) == 0 ||
		     errno == EINPROGRESS,
	     "skiff_connect");
	return fd;
}

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	while (skiff_poll_fds(&p, 1, 0) <= 0)
		run_hosts();
}

static int connected(int kind)
{
	int fd = begin_connect(kind);

	wait_for(fd, POLLOUT);
	return fd;
}

static ssize_t send_copied(int fd)
{
	return skiff_send(fd, buf, sizeof(buf), MSG_DONTWAIT);
}

static ssize_t send_blocks(int fd)
{
	/* As a program's data is read into blocks, but without reading. */
	struct sk_buff *skb = blocks_skb(blocks, BLOCKS);
	ssize_t n;

	need(skb != NULL, "alloc_skb");
	n = skiff_send_skb(fd, skb, NULL, 0, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		consume_skb(skb);
	return n;
}

static ssize_t recv_copied(int fd)
{
	return skiff_recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
}

static ssize_t recv_blocks(int fd)
{
	struct sk_buff *skb = skiff_recv_skb(fd, MSG_DONTWAIT);
	ssize_t n = skb ? (ssize_t)skb->len : -1;

	consume_skb(skb);
	return n;
}

static double gbit(size_t bytes, uint64_t ns)
{
	return (double)bytes * 8 / (double)ns;
}

static double bulk_round(int fd, ssize_t (*move)(int fd))
{
	uint64_t start = bench_now();
	size_t done = 0;

	while (done < BULK) {
		ssize_t n = move(fd);

		need(n > 0 || errno == EAGAIN, "bulk");
		if (n > 0)
			done += (size_t)n;
		else
			run_hosts();
	}
	return gbit(done, bench_now() - start);
}

/* The same without us: a socket of the system's at both ends. */
static double direct_round(int fd, int kind)
{
	uint64_t start = bench_now();
	size_t done = 0;

	while (done < BULK) {
		ssize_t n = kind == SINK ? write(fd, buf, sizeof(buf)) : read(fd, buf, sizeof(buf));

		need(n > 0, "direct");
		done += (size_t)n;
	}
	return gbit(done, bench_now() - start);
}

static int direct(int kind)
{
	struct sockaddr_in name = names[kind];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	need(connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "connect");
	return fd;
}

/* Until the other end has seen the end of all. */
static void finish_flows(void)
{
	struct skiff_gateway_stats stats;

	do {
		run_hosts();
		need(skiff_gateway_get_stats(gateway, &stats) == 0, "statistics");
	} while (stats.flows);
}

/* One after the other, for the other end serves one at a time. */
static void bulk(const char *name, int kind, ssize_t (*move)(int fd))
{
	double ours[ROUNDS], theirs[ROUNDS], o, t;
	int fd;

	for (int i = 0; i < ROUNDS; i++) {
		fd = connected(kind);
		ours[i] = bulk_round(fd, move);
		skiff_close(fd);
		finish_flows();
		fd = direct(kind);
		theirs[i] = direct_round(fd, kind);
		close(fd);
	}
	o = bench_median(ours, ROUNDS);
	t = bench_median(theirs, ROUNDS);
	bench_line(name, o, "Gbit/s", true, "kernel loopback", t, o / t);
}

static void round_trip(void)
{
	int fd = connected(ECHO);
	double v[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = bench_now();

		for (int j = 0; j < ROUND_TRIPS; j++) {
			need(skiff_send(fd, buf, 1, MSG_DONTWAIT) == 1, "send");
			while (skiff_recv(fd, buf, 1, MSG_DONTWAIT) != 1)
				run_hosts();
		}
		v[i] = (double)(bench_now() - start) / ROUND_TRIPS / 1000;
	}
	skiff_close(fd);
	bench_line("gateway/rtt", bench_median(v, ROUNDS), "us", false, NULL, 0, 0);
}

/* Return: whether it has ended; then another one takes its place. */
static bool look_at(int *fd)
{
	struct pollfd p = { .fd = *fd, .events = POLLIN };

	if (skiff_poll_fds(&p, 1, 0) <= 0)
		return false;
	skiff_close(*fd);
	*fd = begin_connect(CLOSES);
	return true;
}

/* Connections that the other end closes at once. */
static void connect_rate(void)
{
	int fd[IN_FLIGHT], done;
	double v[ROUNDS];

	for (int i = 0; i < IN_FLIGHT; i++)
		fd[i] = begin_connect(CLOSES);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = bench_now();

		for (done = 0; done < CONNECTIONS;) {
			run_hosts();
			for (int j = 0; j < IN_FLIGHT; j++)
				done += look_at(&fd[j]);
		}
		v[i] = (double)done * 1e9 / (double)(bench_now() - start);
	}
	for (int i = 0; i < IN_FLIGHT; i++)
		skiff_close(fd[i]);
	bench_line("gateway/connect-rate", bench_median(v, ROUNDS), "connections/s", true, NULL, 0,
		   0);
}

static const struct {
	const char *name;
	int kind;
	ssize_t (*move)(int fd);
} streams[] = {
	{ "gateway/send", SINK, send_copied },
	{ "gateway/send-skb", SINK, send_blocks },
	{ "gateway/receive", SOURCE, recv_copied },
	{ "gateway/receive-skb", SOURCE, recv_blocks },
};

/* All cases, or those whose names have @only in them. */
static bool wanted(const char *name, const char *only)
{
	return !only || strstr(name, only);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;

	/* With a loopback device that is up, which is all that is needed. */
	if (!netns_enter() || !netns_run("ip link set lo up")) {
		printf("no network namespace with iproute2: the gateway is not measured\n");
		return 0;
	}
	start_partner();
	start_hosts();
	need(blocks_get(blocks, BLOCKS), "alloc_pages");
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++)
		if (wanted(streams[i].name, only))
			bulk(streams[i].name, streams[i].kind, streams[i].move);
	if (wanted("gateway/rtt", only))
		round_trip();
	if (wanted("gateway/connect-rate", only))
		connect_rate();
	kill(partner, SIGKILL);
	return 0;
}
