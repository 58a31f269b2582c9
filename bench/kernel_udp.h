/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel as the peer: its UDP sockets, in a network namespace of our own. */
#ifndef SKIFF_BENCH_KERNEL_UDP_H
#define SKIFF_BENCH_KERNEL_UDP_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"

#define UDP_BYTES 64
#define UDP_BURST 32
#define UDP_PORT 7000

/* A burst of datagrams, for sendmmsg() and recvmmsg() of either stack. */
struct udp_burst {
	struct mmsghdr msgs[UDP_BURST];
	struct iovec iov[UDP_BURST];
	char data[UDP_BURST][UDP_BYTES];
};

static inline void udp_burst_init(struct udp_burst *b)
{
	memset(b, 0, sizeof(*b));
	for (int i = 0; i < UDP_BURST; i++) {
		b->iov[i] = (struct iovec){ b->data[i], UDP_BYTES };
		b->msgs[i].msg_hdr.msg_iov = &b->iov[i];
		b->msgs[i].msg_hdr.msg_iovlen = 1;
	}
}

static inline struct sockaddr_in udp_at(const char *addr)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(UDP_PORT) };

	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

/* A socket of the kernel's, bound to one address and connected to the other; -1 without. */
static inline int kernel_udp(const char *own, const char *peer)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = udp_at(own), b = udp_at(peer);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    connect(fd, (struct sockaddr *)&b, sizeof(b))) {
		perror("kernel's UDP socket");
		return -1;
	}
	return fd;
}

/*
 * Two of the kernel's hosts on a veth cable, with a connected socket each. The second namespace is
 * kept by its socket and its device. Return: whether they are there.
 */
static inline bool kernel_cable(int fds[2])
{
	struct netns_pair ns;

	fds[0] = fds[1] = -1;
	if (!netns_pair(&ns) || !netns_cable(&ns, "kx", "ky", "198.51.100") || !netns_go(ns.away))
		return false;
	fds[1] = kernel_udp("198.51.100.2", "198.51.100.1");
	if (!netns_go(ns.home))
		return false;
	fds[0] = kernel_udp("198.51.100.1", "198.51.100.2");
	close(ns.home);
	close(ns.away);
	return fds[0] >= 0 && fds[1] >= 0;
}

/* One burst from a socket of the kernel's to another. */
static inline void kernel_burst(int from, int to)
{
	static struct udp_burst out, in;
	int sent, got = 0, n;

	if (!out.msgs[0].msg_hdr.msg_iov) {
		udp_burst_init(&out);
		udp_burst_init(&in);
	}
	sent = sendmmsg(from, out.msgs, UDP_BURST, 0);
	while (got < sent && (n = recvmmsg(to, in.msgs, UDP_BURST, 0, NULL)) > 0)
		got += n;
	if (sent <= 0 || got < sent)
		exit(1);
}

static inline void kernel_one_way(size_t times, void *arg)
{
	const int *fds = (const int *)arg;

	for (size_t i = 0; i < times; i++)
		kernel_burst(fds[0], fds[1]);
}

static inline void kernel_echo_bursts(size_t times, void *arg)
{
	const int *fds = (const int *)arg;

	for (size_t i = 0; i < times; i++) {
		kernel_burst(fds[0], fds[1]);
		kernel_burst(fds[1], fds[0]);
	}
}

/* A request and its answer between the kernel's sockets, both ends in this thread. */
static inline void kernel_echo(size_t times, void *arg)
{
	const int *fds = (const int *)arg;
	char buf[UDP_BYTES] = { 0 };

	for (size_t i = 0; i < times; i++)
		if (send(fds[0], buf, sizeof(buf), 0) < 0 ||
		    recv(fds[1], buf, sizeof(buf), 0) < 0 ||
		    send(fds[1], buf, sizeof(buf), 0) < 0 || recv(fds[0], buf, sizeof(buf), 0) < 0)
			exit(1);
}

#endif /* SKIFF_BENCH_KERNEL_UDP_H */
