// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client host behind a gateway, both run by one thread, that does what it is told on standard input:
 *
 *	gateway-client [mtu=N] [allow=RULE] [deny=RULE] [port=PORT] [resolver=ADDRESS:PORT] [flows=N]
 *		       [idle=SECONDS]
 *
 * It prints "up" and then one line for each line that it reads: "ok" and what there is to tell, or an errno's
 * name. SOCKET is a number of the caller's choice. What streams carry is a pattern that test_gateway.py
 * knows. The table at the end lists the orders.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skiff/drivers.h>
#include <skiff/gateway.h>
#include <skiff/icmp.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

/* A prime, so that the pattern is at another place of each segment. */
#define PATTERN 65521
#define CHUNK 262144
#define SOCKETS 8192
#define WORDS 8

/* How long anything may take on a machine with other things to do. */
#define PATIENCE 60

struct stream {
	int fd;
	unsigned long long sent;
	unsigned long long received;
};

static struct net *client, *host;
static struct skiff_gateway *gateway;
static struct stream sockets[SOCKETS];
static unsigned char pattern[PATTERN + CHUNK], buf[CHUNK];

static struct skiff_gateway_rule rules[64];
static struct skiff_gateway_port ports[16];
static struct sockaddr_in resolvers[SKIFF_GATEWAY_RESOLVERS_MAX];
static struct skiff_gateway_params params;
static char mtu[32];

static void make_pattern(void)
{
	unsigned int x = 12345;

	for (int i = 0; i < PATTERN; i++) {
		x = x * 1103515245 + 12345;
		pattern[i] = (unsigned char)(x >> 16);
	}
	for (int i = 0; i < CHUNK; i++)
		pattern[PATTERN + i] = pattern[i];
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(2);
}

/* Let both hosts do what they have to, or wait for a moment. */
static void run(void)
{
	struct pollfd p[2] = { { .fd = skiff_fd(client), .events = POLLIN },
			       { .fd = skiff_fd(host), .events = POLLIN } };
	int busy = skiff_poll(client, 0) + skiff_poll(host, 0);

	if (busy)
		return;
	if (skiff_next_deadline(client) <= skiff_net_now(client) ||
	    skiff_next_deadline(host) <= skiff_net_now(host))
		return;
	poll(p, 2, 1);
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Run until the socket is ready for @events, or has failed. Return: whether that came to be. */
static bool wait_for(int fd, short events)
{
	time_t end = now() + PATIENCE;
	struct pollfd p = { .fd = fd, .events = events };

	while (skiff_poll_fds(&p, 1, 0) <= 0) {
		run();
		if (now() > end)
			return false;
	}
	return true;
}

static void answer_errno(int err)
{
	const char *name = strerrorname_np(err);

	printf("%s\n", name ? name : "?");
}

static void answer(long ret)
{
	if (ret < 0)
		answer_errno(errno);
	else
		puts("ok");
}

static struct sockaddr_in name_of(const char *addr, const char *port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons((unsigned short)atoi(port)) };

	inet_pton(AF_INET, addr, &name.sin_addr);
	return name;
}

static struct stream *socket_of(const char *number)
{
	return &sockets[atoi(number) % SOCKETS];
}

static struct stream *fresh(const char *number, int fd)
{
	struct stream *s = socket_of(number);

	*s = (struct stream){ .fd = fd };
	return s;
}

static void tell_name(const struct sockaddr_in *name)
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &name->sin_addr, addr, sizeof(addr));
	printf("ok %s %u", addr, ntohs(name->sin_port));
}

/* Return: 0 or -1 with errno, as a blocking connect(). */
static int connect_wait(int fd, const struct sockaddr_in *name)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (!skiff_connect(fd, (const struct sockaddr *)name, sizeof(*name)))
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	errno = ETIMEDOUT;
	if (!wait_for(fd, POLLOUT))
		return -1;
	skiff_getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	errno = err;
	return err ? -1 : 0;
}

static void do_tcp(char **arg)
{
	struct stream *s =
		fresh(arg[0], skiff_socket(client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	struct sockaddr_in name = name_of(arg[1], arg[2]);

	answer(connect_wait(s->fd, &name));
}

/* The same from a port of one's own. */
static void do_tcp_from(char **arg)
{
	struct stream *s =
		fresh(arg[0], skiff_socket(client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	struct sockaddr_in own = name_of("0.0.0.0", arg[3]), name = name_of(arg[1], arg[2]);
	int on = 1;

	skiff_setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (skiff_bind(s->fd, (struct sockaddr *)&own, sizeof(own)))
		answer(-1);
	else
		answer(connect_wait(s->fd, &name));
}

static void do_listen(char **arg)
{
	struct stream *s =
		fresh(arg[0], skiff_socket(client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	struct sockaddr_in name = name_of("0.0.0.0", arg[1]);

	answer(skiff_bind(s->fd, (struct sockaddr *)&name, sizeof(name)) ?
		       -1 :
		       skiff_listen(s->fd, 128));
}

static void do_accept(char **arg)
{
	struct sockaddr_in peer = {};
	socklen_t len = sizeof(peer);
	int fd;

	wait_for(socket_of(arg[0])->fd, POLLIN);
	fd = skiff_accept4(socket_of(arg[0])->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK);
	if (fd < 0) {
		answer(-1);
		return;
	}
	fresh(arg[1], fd);
	tell_name(&peer);
	putchar('\n');
}

static ssize_t send_some(struct stream *s, unsigned long long left)
{
	ssize_t n = skiff_send(s->fd, pattern + s->sent % PATTERN, left < CHUNK ? left : CHUNK,
			       MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	s->sent += (unsigned long long)n;
	return n;
}

static ssize_t receive_some(struct stream *s, unsigned long long left)
{
	ssize_t n = skiff_recv(s->fd, buf, left < CHUNK ? left : CHUNK, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (!n) {
		errno = ENODATA;
		return -1;
	}
	if (memcmp(buf, pattern + s->received % PATTERN, (size_t)n)) {
		errno = EILSEQ;
		return -1;
	}
	s->received += (unsigned long long)n;
	return n;
}

/* Return: 0 or -1. */
static int transfer(struct stream *s, unsigned long long out, unsigned long long in)
{
	while (out || in) {
		struct pollfd p = { .fd = s->fd };
		ssize_t n;

		p.events = (short)((out ? POLLOUT : 0) | (in ? POLLIN : 0));
		if (!wait_for(s->fd, p.events)) {
			errno = ETIME;
			return -1;
		}
		n = out ? send_some(s, out) : 0;
		if (n < 0)
			return -1;
		out -= (unsigned long long)n;
		n = in ? receive_some(s, in) : 0;
		if (n < 0)
			return -1;
		in -= (unsigned long long)n;
	}
	return 0;
}

static void do_send(char **arg)
{
	answer(transfer(socket_of(arg[0]), strtoull(arg[1], NULL, 10), 0));
}

static void do_recv(char **arg)
{
	answer(transfer(socket_of(arg[0]), 0, strtoull(arg[1], NULL, 10)));
}

static void do_both(char **arg)
{
	unsigned long long n = strtoull(arg[1], NULL, 10);

	answer(transfer(socket_of(arg[0]), n, n));
}

/* Send until nothing more is taken for a while; tells how much it was. */
static void do_fill(char **arg)
{
	struct stream *s = socket_of(arg[0]);
	unsigned long long before = s->sent;
	int idle = 0;

	while (idle < 200 && s->sent - before < 1ull << 30) {
		ssize_t n = send_some(s, CHUNK);

		if (n < 0) {
			answer(-1);
			return;
		}
		idle = n ? 0 : idle + 1;
		run();
	}
	printf("ok %llu\n", s->sent - before);
}

static void do_oob(char **arg)
{
	answer(skiff_send(socket_of(arg[0])->fd, arg[1], 1, MSG_OOB));
}

static void do_recv_oob(char **arg)
{
	char c;

	wait_for(socket_of(arg[0])->fd, POLLPRI);
	if (skiff_recv(socket_of(arg[0])->fd, &c, 1, MSG_OOB) == 1)
		printf("ok %c\n", c);
	else
		answer(-1);
}

static void do_shut(char **arg)
{
	answer(skiff_shutdown(socket_of(arg[0])->fd, SHUT_WR));
}

static void do_close(char **arg)
{
	answer(skiff_close(socket_of(arg[0])->fd));
}

static void do_abort(char **arg)
{
	struct linger l = { .l_onoff = 1 };

	skiff_setsockopt(socket_of(arg[0])->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	do_close(arg);
}

/* What ends the stream: "ok" for its proper end. What comes before is ignored. */
static void do_end(char **arg)
{
	int fd = socket_of(arg[0])->fd;
	ssize_t n;

	do {
		if (!wait_for(fd, POLLIN)) {
			puts("nothing");
			return;
		}
		n = skiff_recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && errno == EAGAIN));
	answer(n);
}

/* All of them: otherwise a program hears only of some. */
static void hear_errors(int fd)
{
	int on = 1;

	skiff_setsockopt(fd, SOL_IP, IP_RECVERR, &on, sizeof(on));
}

static void do_udp(char **arg)
{
	struct stream *s =
		fresh(arg[0], skiff_socket(client, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
	struct sockaddr_in name = name_of("0.0.0.0", arg[1]);

	hear_errors(s->fd);
	answer(skiff_bind(s->fd, (struct sockaddr *)&name, sizeof(name)));
}

static void do_connect(char **arg)
{
	struct sockaddr_in name = name_of(arg[1], arg[2]);

	answer(skiff_connect(socket_of(arg[0])->fd, (struct sockaddr *)&name, sizeof(name)));
}

/* A datagram of hexadecimal digits; "-" for an empty one. */
static void do_sendto(char **arg)
{
	struct sockaddr_in name = name_of(arg[1], arg[2]);
	size_t len = strcmp(arg[3], "-") ? strlen(arg[3]) / 2 : 0;

	for (size_t i = 0; i < len; i++)
		sscanf(arg[3] + 2 * i, "%2hhx", &buf[i]);
	answer(skiff_sendto(socket_of(arg[0])->fd, buf, len, 0, (struct sockaddr *)&name,
			    sizeof(name)));
}

/* One of the pattern's, which is longer than a line. */
static void do_send_big(char **arg)
{
	struct sockaddr_in name = name_of(arg[1], arg[2]);

	answer(skiff_sendto(socket_of(arg[0])->fd, pattern, (size_t)atoi(arg[3]), 0,
			    (struct sockaddr *)&name, sizeof(name)));
}

static void do_recvfrom(char **arg)
{
	struct sockaddr_in peer = {};
	socklen_t len = sizeof(peer);
	ssize_t n;

	wait_for(socket_of(arg[0])->fd, POLLIN);
	n = skiff_recvfrom(socket_of(arg[0])->fd, buf, sizeof(buf), MSG_DONTWAIT,
			   (struct sockaddr *)&peer, &len);
	if (n < 0) {
		answer(-1);
		return;
	}
	tell_name(&peer);
	putchar(' ');
	if (n > 256)
		printf("%zd %s", n, memcmp(buf, pattern, (size_t)n) ? "wrong" : "right");
	else
		for (ssize_t i = 0; i < n; i++)
			printf("%02x", buf[i]);
	putchar('\n');
}

/* An echo request; tells what comes of it. */
static void do_ping(char **arg)
{
	struct icmphdr icmp = { .type = ICMP_ECHO };
	struct sockaddr_in name = name_of(arg[0], "0");
	int fd = skiff_socket(client, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_ICMP);
	int len = atoi(arg[1]);
	ssize_t n;

	hear_errors(fd);
	icmp.un.echo.sequence = htons(7);
	memcpy(buf, &icmp, sizeof(icmp));
	memcpy(buf + sizeof(icmp), pattern, (size_t)len);
	if (skiff_connect(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    skiff_send(fd, buf, sizeof(icmp) + (size_t)len, 0) < 0) {
		answer(-1);
	} else {
		wait_for(fd, POLLIN);
		n = skiff_recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0)
			answer(-1);
		else if (n != (ssize_t)sizeof(icmp) + len || buf[0] != ICMP_ECHOREPLY ||
			 memcmp(buf + sizeof(icmp), pattern, (size_t)len))
			puts("wrong");
		else
			puts("ok");
	}
	skiff_close(fd);
}

/* Many connections at once: tells how many of them are connected when that many are decided. */
static void do_crowd(char **arg)
{
	struct sockaddr_in name = name_of(arg[0], arg[1]);
	int n = atoi(arg[2]), wanted = atoi(arg[3]), first = 1000, up = 0;
	time_t end = now() + PATIENCE;

	for (int i = 0; i < n; i++) {
		struct stream *s = &sockets[first + i];

		*s = (struct stream){ .fd = skiff_socket(client, AF_INET,
							 SOCK_STREAM | SOCK_NONBLOCK, 0) };
		skiff_connect(s->fd, (struct sockaddr *)&name, sizeof(name));
	}
	while (up < wanted && now() < end) {
		run();
		up = 0;
		for (int i = 0; i < n; i++) {
			struct pollfd p = { .fd = sockets[first + i].fd, .events = POLLOUT };

			up += skiff_poll_fds(&p, 1, 0) > 0 && !(p.revents & (POLLERR | POLLHUP));
		}
	}
	printf("ok %d\n", up);
	for (int i = 0; i < n; i++)
		skiff_close(sockets[first + i].fd);
}

/* As many UDP sockets that send one datagram each. */
static void do_spray(char **arg)
{
	struct sockaddr_in name = name_of(arg[0], arg[1]);

	for (int i = 0; i < atoi(arg[2]); i++) {
		int fd = skiff_socket(client, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

		skiff_sendto(fd, "x", 1, 0, (struct sockaddr *)&name, sizeof(name));
		run();
		skiff_close(fd);
	}
	puts("ok");
}

static unsigned int chance(unsigned int below)
{
	static unsigned long long x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned int)(x >> 32) % below;
}

/* RFC 1071, on top of @sum. */
static unsigned short checksum(const unsigned char *data, unsigned int len, unsigned int sum)
{
	for (unsigned int i = 0; i < len; i++)
		sum += (unsigned int)data[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((unsigned short)~sum);
}

/* A transport header of @protocol that gets past the first look more often than not. */
static void make_header(unsigned char *l4, unsigned int len, unsigned char protocol)
{
	if (protocol == IPPROTO_TCP && len >= 20) {
		l4[12] = (unsigned char)((chance(8) ? 5 + chance((len - 20) / 4 + 1) : chance(16))
					 << 4);
		l4[13] = chance(3) ? 0x02 : (unsigned char)chance(256);
	} else if (protocol == IPPROTO_UDP && len >= 8) {
		l4[4] = 0;
		l4[5] = (unsigned char)(chance(8) ? len : chance(256));
	} else if (protocol == IPPROTO_ICMP && len >= 8) {
		l4[0] = chance(4) ? 8 : (unsigned char)chance(20);
	}
}

static void fill_checksum(unsigned char *ip, unsigned int len)
{
	static const int where[] = { [IPPROTO_TCP] = 16, [IPPROTO_UDP] = 6, [IPPROTO_ICMP] = 2 };
	unsigned char *l4 = ip + 20;
	unsigned int sum = 0;
	unsigned short check;
	int at = where[ip[9]];

	if ((unsigned int)at + 2 > len)
		return;
	memset(l4 + at, 0, 2);
	if (ip[9] != IPPROTO_ICMP) {
		for (int i = 12; i < 20; i += 2)
			sum += (unsigned int)ip[i] << 8 | ip[i + 1];
		sum += ip[9] + len;
	}
	check = checksum(l4, len, sum);
	memcpy(l4 + at, &check, sizeof(check));
}

/* Packets that no program sends, from several senders, to that address and to the gateway's own. */
static void do_garbage(char **arg)
{
	static const unsigned char protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP };
	struct sockaddr_in name = name_of(arg[0], "0"), own = name_of("10.0.2.2", "0");
	int fd = skiff_socket(client, AF_INET, SOCK_RAW, IPPROTO_RAW);
	unsigned char ip[320];

	for (int i = 0; i < atoi(arg[1]); i++) {
		struct sockaddr_in to = chance(4) ? name : own;
		unsigned int len = chance(100);

		own.sin_addr.s_addr = htonl(0x0a000202 + chance(2));
		for (size_t j = 0; j < sizeof(ip); j++)
			ip[j] = (unsigned char)chance(256);
		memcpy(ip, "\x45\0\0\0\0\0\0\0\x40", 9);
		ip[9] = protocols[chance(3)];
		memcpy(ip + 12, "\x0a\0\x02", 3);
		ip[15] = (unsigned char)(15 + chance(2));
		memcpy(ip + 16, &to.sin_addr, 4);
		/* Ports are few, so that flows meet. */
		ip[20] = ip[22] = 0x40;
		make_header(ip + 20, len, ip[9]);
		if (chance(10))
			fill_checksum(ip, len);
		skiff_sendto(fd, ip, 20 + len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
		if (!chance(8))
			run();
	}
	skiff_close(fd);
	puts("ok");
}

/* Go on for some milliseconds. */
static void do_idle(char **arg)
{
	ktime_t end = skiff_net_now(client) + atoi(arg[0]) * NSEC_PER_MSEC;

	while (skiff_net_now(client) < end)
		run();
	puts("ok");
}

static void do_stats(char **arg)
{
	struct skiff_gateway_stats s;

	(void)arg;
	skiff_gateway_get_stats(gateway, &s);
	printf("ok flows=%llu tcp=%llu udp=%llu echo=%llu published=%llu refused=%llu denied=%llu "
	       "full=%llu evicted=%llu no_memory=%llu datagrams_dropped=%llu dns_retries=%llu "
	       "bytes_out=%llu bytes_in=%llu\n",
	       (unsigned long long)s.flows, (unsigned long long)s.tcp, (unsigned long long)s.udp,
	       (unsigned long long)s.echo, (unsigned long long)s.published,
	       (unsigned long long)s.refused, (unsigned long long)s.denied,
	       (unsigned long long)s.full, (unsigned long long)s.evicted,
	       (unsigned long long)s.no_memory, (unsigned long long)s.datagrams_dropped,
	       (unsigned long long)s.dns_retries, (unsigned long long)s.bytes_out,
	       (unsigned long long)s.bytes_in);
}

static int tell_counter(const char *name, u64 value, void *arg)
{
	if (value)
		printf(" %s.%s=%llu", (const char *)arg, name, (unsigned long long)value);
	return 0;
}

/* What both hosts counted, for whoever looks for the reason of something. */
static void do_counters(char **arg)
{
	(void)arg;
	printf("ok");
	skiff_snmp_foreach(client, tell_counter, "client");
	skiff_drops_foreach(client, tell_counter, "client");
	skiff_snmp_foreach(host, tell_counter, "gateway");
	skiff_drops_foreach(host, tell_counter, "gateway");
	putchar('\n');
}

static const struct order {
	const char *name;
	int args;
	void (*fn)(char **arg);
} orders[] = {
	{ "tcp", 3, do_tcp },		/* SOCKET ADDRESS PORT */
	{ "tcp-from", 4, do_tcp_from }, /* SOCKET ADDRESS PORT OWN-PORT */
	{ "listen", 2, do_listen },	/* SOCKET PORT */
	{ "accept", 2, do_accept },	/* LISTENING-SOCKET SOCKET */
	{ "send", 2, do_send },		/* SOCKET BYTES */
	{ "recv", 2, do_recv },		/* SOCKET BYTES */
	{ "both", 2, do_both },		/* SOCKET BYTES */
	{ "fill", 1, do_fill },		/* SOCKET */
	{ "oob", 2, do_oob },		/* SOCKET BYTE */
	{ "recv-oob", 1, do_recv_oob }, /* SOCKET */
	{ "shut", 1, do_shut },		/* SOCKET */
	{ "close", 1, do_close },	/* SOCKET */
	{ "abort", 1, do_abort },	/* SOCKET */
	{ "end", 1, do_end },		/* SOCKET */
	{ "udp", 2, do_udp },		/* SOCKET PORT */
	{ "connect", 3, do_connect },	/* SOCKET ADDRESS PORT */
	{ "sendto", 4, do_sendto },	/* SOCKET ADDRESS PORT HEX */
	{ "send-big", 4, do_send_big }, /* SOCKET ADDRESS PORT BYTES */
	{ "recvfrom", 1, do_recvfrom }, /* SOCKET */
	{ "ping", 2, do_ping },		/* ADDRESS BYTES */
	{ "crowd", 4, do_crowd },	/* ADDRESS PORT CONNECTIONS WANTED */
	{ "spray", 3, do_spray },	/* ADDRESS PORT SOCKETS */
	{ "garbage", 2, do_garbage },	/* ADDRESS PACKETS */
	{ "idle", 1, do_idle },		/* MILLISECONDS */
	{ "stats", 0, do_stats },	{ "counters", 0, do_counters },
};

static void obey(char *line)
{
	char *word[WORDS] = {};
	int n = 0;

	for (char *w = strtok(line, " \n"); w && n < WORDS; w = strtok(NULL, " \n"))
		word[n++] = w;
	for (size_t i = 0; n && i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(word[0], orders[i].name) != 0 || n != orders[i].args + 1)
			continue;
		orders[i].fn(word + 1);
		return;
	}
	puts("what?");
}

static void take_argument(char *arg)
{
	char *value = strchr(arg, '=');
	char err[256] = "not known";
	int ret = -1;

	if (!value)
		die(arg, err);
	*value++ = '\0';
	if (!strcmp(arg, "allow") || !strcmp(arg, "deny"))
		ret = skiff_gateway_rule(value, *arg == 'a', &rules[params.nr_rules++], err,
					 sizeof(err));
	else if (!strcmp(arg, "port"))
		ret = skiff_gateway_publish(value, &ports[params.nr_ports++], err, sizeof(err));
	else if (!strcmp(arg, "flows"))
		ret = !(params.max_flows = (unsigned int)atoi(value));
	else if (!strcmp(arg, "idle"))
		ret = !(params.udp_timeout = (unsigned int)atoi(value));
	else if (!strcmp(arg, "mtu"))
		ret = snprintf(mtu, sizeof(mtu), "%s", value) < 1;
	if (!strcmp(arg, "resolver")) {
		char *port = strchr(value, ':');

		*port++ = '\0';
		resolvers[params.nr_resolvers++] = name_of(value, port);
		ret = 0;
	}
	if (ret)
		die(arg, err);
}

static void set_up(void)
{
	struct net_device *c, *g;
	char err[256];

	if (skiff_init())
		die("skiff_init", strerror(errno));
	client = skiff_net_create(&(struct skiff_net_params){ .name = "client" });
	host = skiff_net_create(&(struct skiff_net_params){ .name = "gateway" });
	if (!client || !host || veth_create(client, "eth0", host, "cable", &c, &g))
		die("hosts", strerror(errno));
	if (*mtu) {
		net_lock(client);
		dev_set_mtu(c, atoi(mtu));
		net_unlock(client);
		net_lock(host);
		dev_set_mtu(g, atoi(mtu));
		net_unlock(host);
	}
	params.dev = g;
	params.rules = rules;
	params.ports = ports;
	params.resolvers = params.nr_resolvers ? resolvers : NULL;
	gateway = skiff_gateway_create(host, &params, err, sizeof(err));
	if (!gateway)
		die("gateway", err);
	/* What is closed does not wait long for a peer that says nothing. */
	if (skiff_sysctl_set(client, "net.ipv4.tcp_fin_timeout", "1", err, sizeof(err)) ||
	    skiff_addr_add(client, "eth0", "10.0.2.15/24", err, sizeof(err)) ||
	    skiff_dev_up(client, "eth0", err, sizeof(err)) ||
	    skiff_gateway_set(client, "10.0.2.2", err, sizeof(err)))
		die("client", err);
}

/* The next order; both hosts go on meanwhile. Return: false at the end. */
static bool next_line(char *line, size_t size)
{
	static char pending[1 << 18];
	static size_t have;
	char *end;

	while (!(end = memchr(pending, '\n', have))) {
		struct pollfd p = { .fd = 0, .events = POLLIN };
		ssize_t n;

		run();
		if (poll(&p, 1, 0) <= 0)
			continue;
		n = read(0, pending + have, sizeof(pending) - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	*end++ = '\0';
	snprintf(line, size, "%s", pending);
	have -= (size_t)(end - pending);
	memmove(pending, end, have);
	return true;
}

int main(int argc, char **argv)
{
	static char line[1 << 18];
	int left;

	setvbuf(stdout, NULL, _IOLBF, 0);
	make_pattern();
	for (int i = 1; i < argc; i++)
		take_argument(argv[i]);
	set_up();
	puts("up");
	while (next_line(line, sizeof(line)))
		obey(line);
	/* With whatever is still open. */
	skiff_gateway_destroy(gateway);
	left = skiff_net_destroy(client);
	left += skiff_net_destroy(host);
	return left ? 3 : 0;
}
