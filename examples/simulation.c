// SPDX-License-Identifier: BSD-2-Clause
/* Two hosts with a bad network between them, in virtual time: the same seed, the same story. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/netem.h>
#include <skiff/socket.h>

/*
 *	simulation			seed 1, NETWORK below
 *	simulation SEED [NETWORK]	simulation 7 delay=100ms,loss=5%,rate=1mbit
 *
 * 0 is the seed of hosts that are given none.
 */

#define NETWORK "delay=20ms,jitter=2ms,loss=10%"
#define CLIENT "192.0.2.1"
#define SERVER "192.0.2.2"
#define PORT 5000
#define QUESTIONS 100
#define FILE_SIZE (1 << 20)
#define PATIENCE_MS 60000

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return -1;
}

/* Give the end of the cable an address, bring it up, and say what happens to what it sends. */
static int plug_in(struct net *net, const char *addr, const struct netem_params *network)
{
	char err[200];
	int ret;

	if (skiff_addr_add(net, "eth0", addr, err, sizeof(err)) ||
	    skiff_dev_up(net, "eth0", err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return -1;
	}
	net_lock(net);
	ret = netem_configure(__dev_get_by_name(net, "eth0"), network);
	net_unlock(net);
	errno = -ret;
	return ret ? fail("netem") : 0;
}

static struct sockaddr_in server_name(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, SERVER, &sin.sin_addr);
	return sin;
}

/* A receiver that gives up needs a timeout: what is lost never comes, in virtual time either. */
static int datagram_socket(struct net *net)
{
	const struct timeval timeout = { .tv_usec = 200000 };
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);

	if (fd >= 0 && skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		return -1;
	return fd;
}

/* Return: how many of the questions were answered. */
static int ask_by_udp(int client, int server)
{
	int answered = 0;

	for (int i = 0; i < QUESTIONS; i++) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		int got = -1;

		if (skiff_send(client, &i, sizeof(i), 0) < 0 ||
		    skiff_recvfrom(server, &got, sizeof(got), 0, (struct sockaddr *)&from, &len) <
			    0)
			continue;
		skiff_sendto(server, &got, sizeof(got), 0, (struct sockaddr *)&from, len);
		got = -1;
		if (skiff_recv(client, &got, sizeof(got), 0) == sizeof(got) && got == i)
			answered++;
	}
	return answered;
}

static int udp(struct net *a, struct net *b, struct skiff_clock *clock)
{
	int client = datagram_socket(a), server = datagram_socket(b);
	struct sockaddr_in name = server_name();

	if (client < 0 || server < 0 ||
	    skiff_bind(server, (struct sockaddr *)&name, sizeof(name)) ||
	    skiff_connect(client, (struct sockaddr *)&name, sizeof(name)))
		return fail("UDP");
	printf("UDP: %d of %d questions answered", ask_by_udp(client, server), QUESTIONS);
	printf(" in %.3f s\n", (double)skiff_clock_now(clock) / 1e9);
	skiff_close(client);
	skiff_close(server);
	return 0;
}

/* One thread plays both ends, so neither may wait in a call. Return: bytes that arrived, or -1. */
static ssize_t move_file(int from, int to)
{
	static char buf[65536];
	size_t sent = 0, got = 0;

	for (;;) {
		struct pollfd p[2] = { { from, sent < FILE_SIZE ? POLLOUT : 0, 0 },
				       { to, POLLIN, 0 } };
		ssize_t n;

		if (skiff_poll_fds(p, 2, PATIENCE_MS) <= 0)
			return fail("nothing goes on");
		if (p[0].revents & POLLOUT) {
			n = skiff_send(from, buf, min(sizeof(buf), FILE_SIZE - sent), 0);
			sent += n > 0 ? (size_t)n : 0;
			if (sent == FILE_SIZE)
				skiff_shutdown(from, SHUT_WR);
		}
		if (!p[1].revents)
			continue;
		n = skiff_recv(to, buf, sizeof(buf), 0);
		if (!n)
			return (ssize_t)got;
		got += n > 0 ? (size_t)n : 0;
	}
}

static int tcp(struct net *a, struct net *b, struct skiff_clock *clock)
{
	int listener = skiff_socket(b, AF_INET, SOCK_STREAM, 0);
	int client = skiff_socket(a, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), server;
	struct sockaddr_in name = server_name();
	ktime_t began = skiff_clock_now(clock);
	struct tcp_info info;
	socklen_t len = sizeof(info);
	ssize_t got;

	if (skiff_bind(listener, (struct sockaddr *)&name, sizeof(name)) ||
	    skiff_listen(listener, 1) ||
	    (skiff_connect(client, (struct sockaddr *)&name, sizeof(name)) && errno != EINPROGRESS))
		return fail("TCP");
	/* Waits, and with it time goes on: SYNs are lost and sent again. */
	server = skiff_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	got = server < 0 ? fail("accept") : move_file(client, server);
	if (got == FILE_SIZE && !skiff_getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &len))
		printf("TCP: %zd bytes in %.3f s, %u segments sent again, round trip %u us\n", got,
		       (double)(skiff_clock_now(clock) - began) / 1e9, info.tcpi_total_retrans,
		       info.tcpi_rtt);
	skiff_close(server);
	skiff_close(client);
	skiff_close(listener);
	return got == FILE_SIZE ? 0 : -1;
}

static int story(struct net *a, struct net *b, struct skiff_clock *clock, const char *text)
{
	struct netem_params network;
	char err[200];

	if (netem_parse(&network, text, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return -1;
	}
	if (veth_create(a, "eth0", b, "eth0", NULL, NULL) || plug_in(a, CLIENT "/24", &network) ||
	    plug_in(b, SERVER "/24", &network))
		return -1;
	return udp(a, b, clock) || tcp(a, b, clock) ? -1 : 0;
}

/* Return: 0 after a message. */
static uint64_t parse_seed(const char *text)
{
	char *end;
	unsigned long long seed;

	errno = 0;
	seed = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && seed && seed <= UINT32_MAX)
		return seed;
	fprintf(stderr, "seed '%s': a number from 1 to %" PRIu32 " is accepted\n", text,
		UINT32_MAX);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? parse_seed(argv[1]) : 1;
	struct skiff_clock *clock;
	struct net *a, *b;
	int ret, left;

	if (!seed || skiff_init())
		return 1;
	clock = skiff_clock_virtual(0, 0);
	a = skiff_net_create(&(struct skiff_net_params){ .clock = clock, .seed = seed });
	b = skiff_net_create(&(struct skiff_net_params){ .clock = clock, .seed = seed + 1 });
	ret = clock && a && b ? story(a, b, clock, argc > 2 ? argv[2] : NETWORK) : fail("no hosts");
	left = skiff_net_destroy(a) + skiff_net_destroy(b);
	skiff_clock_put(clock);
	if (left)
		fprintf(stderr, "%d things are left over\n", left);
	return ret || left ? 1 : 0;
}
