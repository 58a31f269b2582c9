// SPDX-License-Identifier: BSD-2-Clause
/* A host of skiff's with a UDP_GRO socket: counts what the kernel sends it, and checks it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/udp.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/skiff.h>
#include <skiff/socket.h>

/*
 *	udp-gro DEVICE PORT DATAGRAMS SIZE
 *
 * DEVICE is described as for "skiff up --dev".
 * Prints "ready", receives that many datagrams whose bytes count on from 0 in all, and prints how
 * many datagrams came in how many calls, and the most that one call gave.
 */

static unsigned char next_byte;
static unsigned long datagrams, calls, most;

static int fail(const char *what)
{
	printf("failed: %s\n", what);
	return 1;
}

/* One call's worth. Return: 0, or that bytes are wrong. */
static int take(int fd, size_t size)
{
	static unsigned char data[65536];
	char control[256];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t len = skiff_recvmsg(fd, &msg, 0), i;
	unsigned long n;

	if (len <= 0)
		return 1;
	for (i = 0; i < len; i++)
		if (data[i] != next_byte++)
			return 1;
	n = ((unsigned long)len + size - 1) / size;
	calls++;
	datagrams += n;
	most = n > most ? n : most;
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct timeval limit = { .tv_sec = 10 };
	int fd, on = 1, room = 4 << 20;
	struct net *net;
	char err[200];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 5 || skiff_init())
		return fail("usage");
	net = skiff_net_create(NULL);
	if (!net || skiff_dev_create(net, argv[1], err, sizeof(err)) < 0)
		return fail(err);
	fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);
	addr.sin_port = htons((unsigned short)atoi(argv[2]));
	if (fd < 0 || skiff_bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    skiff_setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) ||
	    skiff_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) ||
	    skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return fail("socket");
	printf("ready\n");
	while (datagrams < strtoul(argv[3], NULL, 10))
		if (take(fd, strtoul(argv[4], NULL, 10)))
			return fail("data");
	printf("datagrams=%lu calls=%lu most=%lu\n", datagrams, calls, most);
	skiff_close(fd);
	return skiff_net_destroy(net) ? fail("left over") : 0;
}
