// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls that are interrupted by a signal when a part of what they send is gone, and made again: nothing is sent twice.
 *
 *   programs_interrupted restarted | again     whether the kernel makes them again, or this program does
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More than buffers hold. */
#define BYTES (16 << 20)

static unsigned char bytes[BYTES];
static volatile int interrupted;
static volatile pid_t sender;
static int from, to;

static void handler(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void connect_them(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t len = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&name, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&name, &len) ||
	    connect(from, (struct sockaddr *)&name, len))
		fail("connect");
	to = accept(listener, NULL, NULL);
	if (to < 0)
		fail("accept");
}

/* Both halves of what is left. Return: bytes. */
static ssize_t send_two(size_t at)
{
	size_t half = (BYTES - at) / 2;
	struct iovec iov[2] = { { bytes + at, half }, { bytes + at + half, BYTES - at - half } };
	struct mmsghdr two[2] = { { .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
				  { .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } } };
	int n = sendmmsg(from, two, 2, MSG_MORE);

	if (n == 2 && two[0].msg_len < half) {
		fprintf(stderr, "the second follows a part of the first\n");
		exit(1);
	}
	return n < 1 ? n : two[0].msg_len + (n == 2 ? (ssize_t)two[1].msg_len : 0);
}

/* Of four ways all but the first are the host's. */
static ssize_t send_some(int way, size_t at)
{
	struct sockaddr_in ignored = { .sin_family = AF_INET };
	struct iovec iov = { bytes + at, BYTES - at };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	switch (way) {
	case 0:
		return sendto(from, bytes + at, BYTES - at, 0, NULL, 0);
	case 1:
		return sendto(from, bytes + at, BYTES - at, 0, (struct sockaddr *)&ignored,
			      sizeof(ignored));
	case 2:
		return sendmsg(from, &msg, MSG_MORE);
	default:
		return send_two(at);
	}
}

static void *send_all(void *way)
{
	size_t at = 0;
	ssize_t n;

	sender = (pid_t)syscall(SYS_gettid);
	while (at < BYTES) {
		n = send_some(*(int *)way, at);
		if (n < 0 && errno != EINTR)
			fail("send");
		at += n < 0 ? 0 : (size_t)n;
	}
	shutdown(from, SHUT_WR);
	return NULL;
}

static void nap(void)
{
	poll(NULL, 0, 20);
}

/* Until nothing more comes to the one that does not read. */
static void wait_until_full(void)
{
	int before, now = 0;

	do {
		before = now;
		for (int i = 0; i < 5; i++)
			nap();
		ioctl(to, FIONREAD, &now);
	} while (!now || now != before);
}

static const char *receive_all(void)
{
	static unsigned char got[1 << 16];
	size_t at = 0;
	ssize_t n;

	while ((n = read(to, got, sizeof(got))) > 0) {
		if (at + (size_t)n > BYTES || memcmp(got, bytes + at, (size_t)n) != 0)
			return "wrong";
		at += (size_t)n;
	}
	return at == BYTES ? "right" : "too few";
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };
	pthread_t thread;

	if (argc > 1 && !strcmp(argv[1], "restarted"))
		action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 16);
	for (int way = 0; way < 4; way++) {
		connect_them();
		interrupted = 0;
		pthread_create(&thread, NULL, send_all, &way);
		wait_until_full();
		syscall(SYS_tgkill, getpid(), sender, SIGUSR1);
		while (!interrupted)
			nap();
		printf("%s\n", receive_all());
		fflush(stdout);
		/* Who has sent too much may wait for ever. */
		close(to);
		close(from);
	}
	return 0;
}
