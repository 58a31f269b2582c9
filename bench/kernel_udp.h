/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel as the peer: a network namespace of our own, and its UDP sockets in it. */
#ifndef SKIFF_BENCH_KERNEL_UDP_H
#define SKIFF_BENCH_KERNEL_UDP_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static inline bool netns_write(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/*
 * A network namespace for this process, which has one thread still; a user namespace too where it
 * may not have the former alone. Return: whether there is one.
 */
static inline bool netns_enter(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned int)getuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned int)getgid());
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       netns_write("/proc/self/setgroups", "deny") &&
	       netns_write("/proc/self/uid_map", uids) && netns_write("/proc/self/gid_map", gids);
}

/* A command of iproute2 in this namespace. */
static inline bool netns_run(const char *command)
{
	return system(command) == 0;
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
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), away;
	char move[64];

	fds[0] = fds[1] = -1;
	if (home < 0 || !netns_run("ip link add kx type veth peer name ky"))
		return false;
	if (unshare(CLONE_NEWNET))
		return false;
	away = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (away < 0 || setns(home, CLONE_NEWNET))
		return false;
	/* "ip" finds the namespace by this process's descriptor. */
	snprintf(move, sizeof(move), "ip link set ky netns /proc/%d/fd/%d", (int)getpid(), away);
	if (!netns_run(move) ||
	    !netns_run("ip addr add 198.51.100.1/24 dev kx && ip link set kx up"))
		return false;
	if (setns(away, CLONE_NEWNET))
		return false;
	if (netns_run("ip addr add 198.51.100.2/24 dev ky && ip link set ky up"))
		fds[1] = kernel_udp("198.51.100.2", "198.51.100.1");
	if (setns(home, CLONE_NEWNET))
		return false;
	fds[0] = kernel_udp("198.51.100.1", "198.51.100.2");
	close(home);
	close(away);
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
