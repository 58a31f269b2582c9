// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program whose calls are interrupted by signals.
 *
 * connect ADDRESS PORT	begins a connection, and is interrupted while it waits for the answer, which is
 *			slow; says how it goes on
 * timed PORT		waits for a datagram, not for ever, with a handler that restarts calls
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void noted(int signal)
{
	(void)signal;
}

/* A signal each @usec, or one of them; calls that it interrupts are made again, or not. */
static void signals(int usec, int again, int flags)
{
	struct sigaction action = { .sa_handler = noted, .sa_flags = flags };
	struct itimerval time = { .it_value.tv_usec = usec, .it_interval.tv_usec = again };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &time, NULL);
}

static struct sockaddr_in address(const char *text, const char *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	addr.sin_port = htons((uint16_t)atoi(port));
	inet_pton(AF_INET, text, &addr.sin_addr);
	return addr;
}

static int say(const char *what, long result)
{
	if (result < 0)
		return printf("%s: %s\n", what, strerrorname_np(errno));
	return printf("%s: %ld\n", what, result);
}

static int connect_interrupted(char **argv)
{
	struct sockaddr_in addr = address(argv[0], argv[1]);
	int fd = socket(AF_INET, SOCK_STREAM, 0), error = -1;
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	socklen_t len = sizeof(error);
	char byte;

	signals(100000, 0, 0);
	say("connect", connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	say("at once", poll(&p, 1, 0));
	say("waits", poll(&p, 1, -1));
	printf("events: %#x\n", p.revents);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	say("error", error);
	say("send", send(fd, "x", 1, MSG_NOSIGNAL));
	say("recv", recv(fd, &byte, 1, 0));
	return 0;
}

/* As ping waits, which is to end by Ctrl-C. */
static int receive_in_time(const char *port)
{
	struct sockaddr_in addr = address("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	const struct timeval timeout = { .tv_sec = 20 };
	socklen_t len = sizeof(addr);
	char byte;

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	signals(100000, 0, SA_RESTART);
	say("recv", recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&addr, &len));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "timed"))
		return receive_in_time(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "connect"))
		return connect_interrupted(argv + 2);
	return 2;
}
