// SPDX-License-Identifier: BSD-2-Clause
/* A fixed number of datagrams from the kernel's socket, as fast as sendmmsg() takes them. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/*
 *	flood ADDRESS PORT SIZE COUNT
 *
 * Prints how many were sent and how many of them a second.
 */

#define BURST 64
#define MAX_SIZE 65507

static unsigned long number(const char *text, unsigned long max)
{
	unsigned long n = strtoul(text, NULL, 10);

	if (n > max)
		exit(2);
	return n;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Refused ones are told by ICMP and were sent all the same. Return: how many were sent. */
static unsigned int send_burst(int fd, struct mmsghdr *msgs, unsigned int n)
{
	int sent = sendmmsg(fd, msgs, n, 0);

	if (sent > 0)
		return (unsigned int)sent;
	if (errno == ENOBUFS || errno == EAGAIN || errno == ECONNREFUSED || errno == EINTR)
		return 0;
	perror("sendmmsg");
	exit(1);
}

int main(int argc, char **argv)
{
	static char data[MAX_SIZE];
	struct sockaddr_in peer = { .sin_family = AF_INET };
	struct mmsghdr msgs[BURST];
	struct iovec iov;
	unsigned long count, sent = 0;
	double start;
	int fd;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1)
		return 2;
	peer.sin_port = htons((unsigned short)number(argv[2], 65535));
	iov = (struct iovec){ data, number(argv[3], MAX_SIZE) };
	count = number(argv[4], 1000000000);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&peer, sizeof(peer))) {
		perror("socket");
		return 1;
	}
	memset(msgs, 0, sizeof(msgs));
	for (int i = 0; i < BURST; i++) {
		msgs[i].msg_hdr.msg_iov = &iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	start = now();
	while (sent < count)
		sent += send_burst(fd, msgs,
				   count - sent < BURST ? (unsigned int)(count - sent) : BURST);
	printf("%lu sent, %.0f a second\n", sent, (double)sent / (now() - start));
	return 0;
}
