/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's end of TCP benchmarks: a process of its own, which accepts connections and does with
 * them what it is told, so that each end has a processor and its time can be told apart.
 */
#ifndef SKIFF_BENCH_TCP_PARTNER_H
#define SKIFF_BENCH_TCP_PARTNER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PARTNER_PORT 5001
/* Of connections with both ends in one process. */
#define OWN_PORT 5002
/* Bytes of one call, on either stack. */
#define PARTNER_CHUNK (256 * 1024)
#define PARTNER_REQUEST 64
#define PARTNER_CONNS 16

enum partner_task {
	PARTNER_ACCEPT, /* the next connection gets the number */
	PARTNER_SINK,	/* read so many bytes */
	PARTNER_SOURCE, /* write so many */
	PARTNER_ECHO,	/* answer so many requests, spinning */
};

struct partner_order {
	enum partner_task task;
	int conn;
	size_t count;
};

/* The other process, by the socket that orders and reports go over. */
struct partner {
	int ctl;
};

static char partner_buf[PARTNER_CHUNK];

/* A benchmark that can't do its work ends. */
static inline void partner_need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* Processor time of this process, seconds. */
static inline double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static inline struct sockaddr_in partner_name(const char *addr, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, addr, &a.sin_addr);
	return a;
}

/* A socket of the kernel's at its best for a cable: the machine's default may be another control. */
static inline int kernel_tcp(int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;

	partner_need(fd >= 0, "kernel's TCP socket");
	setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static inline int kernel_listener(int port, int flags)
{
	struct sockaddr_in a = partner_name("0.0.0.0", port);
	int fd = kernel_tcp(flags);

	partner_need(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 128) == 0,
		     "kernel's listener");
	return fd;
}

static inline int kernel_connect(const char *addr, int port)
{
	struct sockaddr_in a = partner_name(addr, port);
	int fd = kernel_tcp(0);

	partner_need(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "kernel's connect");
	return fd;
}

static inline void kernel_sink(int fd, size_t bytes)
{
	while (bytes) {
		ssize_t n = recv(fd, partner_buf, PARTNER_CHUNK, 0);

		partner_need(n > 0, "recv");
		bytes -= (size_t)n;
	}
}

static inline void kernel_source(int fd, size_t bytes)
{
	while (bytes) {
		size_t len = bytes < PARTNER_CHUNK ? bytes : PARTNER_CHUNK;
		ssize_t n = send(fd, partner_buf, len, 0);

		partner_need(n > 0, "send");
		bytes -= (size_t)n;
	}
}

/* A request or an answer, by a thread that does nothing else. */
static inline void kernel_spin_recv(int fd)
{
	ssize_t n;

	do {
		n = recv(fd, partner_buf, PARTNER_REQUEST, MSG_DONTWAIT);
	} while (n < 0 && errno == EAGAIN);
	partner_need(n == PARTNER_REQUEST, "recv");
}

static inline void kernel_request(int fd)
{
	partner_need(send(fd, partner_buf, PARTNER_REQUEST, 0) == PARTNER_REQUEST, "send");
}

static inline void partner_do(const struct partner_order *o, int listener, int conns[PARTNER_CONNS])
{
	switch (o->task) {
	case PARTNER_ACCEPT:
		conns[o->conn] = accept(listener, NULL, NULL);
		partner_need(conns[o->conn] >= 0, "accept");
		break;
	case PARTNER_SINK:
		kernel_sink(conns[o->conn], o->count);
		break;
	case PARTNER_SOURCE:
		kernel_source(conns[o->conn], o->count);
		break;
	case PARTNER_ECHO:
		for (size_t i = 0; i < o->count; i++) {
			kernel_spin_recv(conns[o->conn]);
			kernel_request(conns[o->conn]);
		}
		break;
	}
}

/* On the first processor that this process may use, or the last: the two ends share none. */
static inline void stay_on(bool last)
{
	cpu_set_t may, one;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(may), &may))
		return;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &may) && (last || cpu < 0))
			cpu = i;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static inline void partner_main(int ctl, int listener)
{
	int conns[PARTNER_CONNS];
	struct partner_order o;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(ctl, &o, sizeof(o)) == sizeof(o)) {
		double before = cpu_seconds(), used;

		partner_do(&o, listener, conns);
		used = cpu_seconds() - before;
		if (write(ctl, &used, sizeof(used)) != sizeof(used))
			break;
	}
	_exit(0);
}

/* Start it in this namespace, where it listens on every address. It ends with this process. */
static inline void partner_start(struct partner *p)
{
	int listener = kernel_listener(PARTNER_PORT, 0), ctl[2];
	pid_t pid;

	partner_need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ctl) == 0, "socketpair");
	pid = fork();
	partner_need(pid >= 0, "fork");
	if (!pid) {
		close(ctl[0]);
		stay_on(true);
		partner_main(ctl[1], listener);
	}
	close(ctl[1]);
	close(listener);
	stay_on(false);
	p->ctl = ctl[0];
}

static inline void partner_order(const struct partner *p, enum partner_task task, int conn,
				 size_t count)
{
	const struct partner_order o = { .task = task, .conn = conn, .count = count };

	partner_need(write(p->ctl, &o, sizeof(o)) == sizeof(o), "order");
}

/* Wait until it is done. Return: processor time that it took there, seconds. */
static inline double partner_report(const struct partner *p)
{
	double used = 0;

	partner_need(read(p->ctl, &used, sizeof(used)) == sizeof(used), "report");
	return used;
}

#endif /* SKIFF_BENCH_TCP_PARTNER_H */
