// SPDX-License-Identifier: BSD-2-Clause
/*
 * An ordinary program that measures the network it is run on, for bench_run.py: round trips, connections
 * one by one, many idle ones, and what a cheap call costs. It prints one number.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Ports of the other end: one echoes, the other one closes each connection at once. */
#define ECHO_PORT 7
#define CLOSE_PORT 9
#define EVENTS 64
/* Calls between two looks at the clock. */
#define BATCH 64

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void many_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int listening(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	need(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	need(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	need(listen(fd, 4096) == 0, "listen");
	return fd;
}

static int connected(const char *addr, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	need(fd >= 0, "socket");
	need(inet_pton(AF_INET, addr, &to.sin_addr) == 1, "address");
	need(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
	return fd;
}

/* No answer waits for another byte. */
static void hurry(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void watch(int epoll, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) == 0, "epoll_ctl");
}

/* The system's end. */
static void serve(void)
{
	int epoll = epoll_create1(0), echo = listening(ECHO_PORT), closes = listening(CLOSE_PORT);
	struct epoll_event ev[EVENTS];
	char buf[4096];

	many_descriptors();
	signal(SIGPIPE, SIG_IGN);
	watch(epoll, echo);
	watch(epoll, closes);
	puts("up");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll, ev, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = ev[i].data.fd;
			ssize_t len;

			if (fd == closes || fd == echo) {
				int conn = accept(fd, NULL, NULL);

				if (conn >= 0 && fd == echo) {
					hurry(conn);
					watch(epoll, conn);
				} else if (conn >= 0) {
					close(conn);
				}
				continue;
			}
			len = read(fd, buf, sizeof(buf));
			if (len <= 0 || write(fd, buf, (size_t)len) != len)
				close(fd);
		}
	}
}

/* Microseconds of one byte there and back. */
static double round_trip(const char *addr, double seconds)
{
	int fd = connected(addr, ECHO_PORT);
	double begin = now(), end = begin + seconds, t;
	unsigned long count = 0;
	char c = 'x';

	hurry(fd);
	do {
		need(write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1, "round trip");
		count++;
		t = now();
	} while (t < end);
	close(fd);
	return (t - begin) * 1e6 / (double)count;
}

/* Connections a second, one after another; the other end closes first, so that ports do not run out. */
static double connections(const char *addr, double seconds)
{
	double begin = now(), end = begin + seconds, t;
	unsigned long count = 0;
	char c;

	do {
		int fd = connected(addr, CLOSE_PORT);

		need(read(fd, &c, 1) == 0, "end of a connection");
		close(fd);
		count++;
		t = now();
	} while (t < end);
	return (double)count / (t - begin);
}

/* Nanoseconds of a call that has nothing to do. */
static double call(double seconds)
{
	struct sockaddr_in name;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	double begin = now(), end = begin + seconds, t;
	unsigned long count = 0;

	need(fd >= 0, "socket");
	do {
		for (int i = 0; i < BATCH; i++) {
			socklen_t len = sizeof(name);

			need(getsockname(fd, (struct sockaddr *)&name, &len) == 0, "getsockname");
		}
		count += BATCH;
		t = now();
	} while (t < end);
	close(fd);
	return (t - begin) * 1e9 / (double)count;
}

/* @count idle connections that have carried a byte, until a line comes. */
static double hold(const char *addr, unsigned long count)
{
	char c = 'x';

	many_descriptors();
	for (unsigned long i = 0; i < count; i++) {
		int fd = connected(addr, ECHO_PORT);

		need(write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1, "round trip");
	}
	puts("held");
	fflush(stdout);
	need(read(0, &c, 1) >= 0, "line");
	return (double)count;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	double result;

	if (argc == 2 && !strcmp(what, "serve"))
		serve();
	else if (argc == 3 && !strcmp(what, "call"))
		result = call(atof(argv[2]));
	else if (argc == 4 && !strcmp(what, "rtt"))
		result = round_trip(argv[2], atof(argv[3]));
	else if (argc == 4 && !strcmp(what, "connect"))
		result = connections(argv[2], atof(argv[3]));
	else if (argc == 4 && !strcmp(what, "hold"))
		result = hold(argv[2], strtoul(argv[3], NULL, 10));
	else {
		fprintf(stderr, "usage: run-client serve | call SECONDS | rtt|connect ADDRESS "
				"SECONDS | hold ADDRESS COUNT\n");
		return 2;
	}
	printf("%.6g\n", result);
	return 0;
}
