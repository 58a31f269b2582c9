// SPDX-License-Identifier: BSD-2-Clause
/*
 * What one thread does one after another, with calls that the kernel answers alone and such as the host does: each time
 * what comes first is to be seen first.
 *
 *   programs_order CASE PORT    exits 0, or says what came in another order
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 1000

static int port;

static struct sockaddr_in here(int nr)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)(port + nr)),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int bound(int type, int nr)
{
	const struct timeval patience = { .tv_sec = 5 };
	struct sockaddr_in addr = here(nr);
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "bind");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		err(1, "setsockopt");
	return fd;
}

static void join(int fd, int nr)
{
	struct sockaddr_in addr = here(nr);

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "connect");
}

static void expect(int round, ssize_t n, unsigned int got, unsigned int wanted)
{
	if (n != sizeof(got))
		err(1, "round %d: %zd bytes", round, n);
	if (got != wanted)
		errx(1, "round %d: %u where %u was to come", round, got, wanted);
}

static void write_then_send(void)
{
	int to = bound(SOCK_DGRAM, 0), from = bound(SOCK_DGRAM, 1);
	struct sockaddr_in addr = here(0);
	unsigned int nr = 0, got;

	join(from, 0);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int next = nr + 1;
		ssize_t n;

		if (write(from, &nr, sizeof(nr)) != sizeof(nr) ||
		    sendto(from, &next, sizeof(next), 0, (struct sockaddr *)&addr, sizeof(addr)) !=
			    sizeof(next))
			err(1, "write, sendto");
		for (int k = 0; k < 2; k++, nr++) {
			n = recv(to, &got, sizeof(got), 0);
			expect(i, n, got, nr);
		}
	}
}

static void write_then_connect(void)
{
	int to[] = { bound(SOCK_DGRAM, 0), bound(SOCK_DGRAM, 1) }, from = bound(SOCK_DGRAM, 2);
	unsigned int got;

	join(from, 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		ssize_t n;

		if (write(from, &i, sizeof(i)) != sizeof(i))
			err(1, "write");
		join(from, (i + 1) % 2);
		n = recv(to[i % 2], &got, sizeof(got), 0);
		expect((int)i, n, got, i);
	}
}

static void read_then_receive(void)
{
	int to = bound(SOCK_DGRAM, 0), from = bound(SOCK_DGRAM, 1);
	unsigned int nr = 0, got;

	join(from, 0);
	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n;

		for (unsigned int k = 0; k < 2; k++) {
			unsigned int next = nr + k;

			if (send(from, &next, sizeof(next), 0) != sizeof(next))
				err(1, "send");
		}
		n = read(to, &got, sizeof(got));
		expect(i, n, got, nr++);
		n = recvfrom(to, &got, sizeof(got), 0, NULL, NULL);
		expect(i, n, got, nr++);
	}
}

/* How long the datagram of a number is: some are empty, and some longer than many a reader's memory. */
static size_t length_of(unsigned int nr)
{
	return nr % 13 ? sizeof(nr) + nr * 37 % 1400 : 0;
}

static void receive_numbered(int fd, unsigned int nr, unsigned int how)
{
	union {
		unsigned int nr;
		char room[2000];
	} got = { .nr = ~0U };
	size_t len = length_of(nr);
	ssize_t n;
	int next;

	if (how == 6 && recv(fd, &got, sizeof(got), MSG_PEEK) != (ssize_t)len)
		err(1, "datagram %u: it is not what lies first", nr);
	if (how == 7 && (ioctl(fd, FIONREAD, &next) || next != (int)len))
		err(1, "datagram %u: %d bytes lie first where %zu do", nr, next, len);
	n = how == 5 ? recvfrom(fd, &got, sizeof(got), 0, NULL, NULL) : read(fd, &got, sizeof(got));
	if (n != (ssize_t)len || (len && got.nr != nr))
		err(1, "datagram %u: %zd bytes of %u, and not %zu", nr, n, got.nr, len);
}

/* Several lie there, and each is received by the one or the other call. */
static void read_several(void)
{
	int to = bound(SOCK_DGRAM, 0), from = bound(SOCK_DGRAM, 1);
	union {
		unsigned int nr;
		char room[2000];
	} sent = { 0 };
	unsigned int nr = 0;

	join(from, 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int first = nr, several = 1 + i % 60;

		for (; nr < first + several; nr++) {
			sent.nr = nr;
			if (send(from, &sent, length_of(nr), 0) != (ssize_t)length_of(nr))
				err(1, "send");
		}
		/* Most of them by read() alone, and in between by a call about the one that comes then. */
		for (unsigned int k = first; k < nr; k++)
			receive_numbered(to, k, i % 5 == 4 && k == first + i % 7 ? 5 + i % 3 : 0);
	}
}

/* Where nobody is: an error waits then. */
static void write_to_nobody(int fd, int nr)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte = 0;

	join(fd, nr);
	if (write(fd, &byte, 1) != 1 || poll(&p, 1, 5000) != 1)
		err(1, "write to nobody");
}

/* An error is told before, and may be by reads of nothing; but no datagram goes with it. */
static void read_behind_error(bool queued)
{
	const int on = 1;
	unsigned int got = 0;

	for (int i = 0; i < ROUNDS / 10; i++) {
		int to = bound(SOCK_DGRAM, 0), from, tries = 0;

		if (queued && setsockopt(to, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)))
			err(1, "IP_RECVERR");
		write_to_nobody(to, 1);
		from = bound(SOCK_DGRAM, 1);
		join(from, 0);
		/* Another call may be told. */
		if (i % 2 && write(to, &got, sizeof(got)) < 0 && errno != ECONNREFUSED)
			err(1, "write");
		for (unsigned int k = 0; k < 4; k++)
			if (write(from, &k, sizeof(k)) != sizeof(k))
				err(1, "write");
		/* They are there when these are answered. */
		ioctl(from, TIOCOUTQ, &got);
		ioctl(from, TIOCOUTQ, &got);
		for (unsigned int k = 0; k < 4; k++) {
			ssize_t n;

			do
				n = read(to, &got, sizeof(got));
			while ((!n || (n < 0 && errno == ECONNREFUSED)) && tries++ < 10);
			expect(i, n, got, k);
		}
		close(to);
		close(from);
	}
}

static struct timespec now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec -= ts.tv_nsec % 1000;
	return ts;
}

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* Of each that is received SIOCGSTAMP tells when that came, and not when another one did. */
static void read_then_ask_when(void)
{
	int to = bound(SOCK_DGRAM, 0), from = bound(SOCK_DGRAM, 1);
	struct timespec sent[5], came;
	struct timeval tv;

	join(from, 0);
	/* The first who asks has the times noted from then on. */
	ioctl(to, SIOCGSTAMP, &tv);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int got;

		for (unsigned int k = 0; k < 4; k++) {
			sent[k] = now();
			if (write(from, &k, sizeof(k)) != sizeof(k))
				err(1, "write");
			/* It has gone when this is answered. */
			ioctl(from, TIOCOUTQ, &got);
		}
		sent[4] = now();
		for (unsigned int k = 0; k < 4; k++) {
			ssize_t n = i % 3 ? read(to, &got, sizeof(got)) :
					    recvfrom(to, &got, sizeof(got), 0, NULL, NULL);

			expect((int)i, n, got, k);
			if (ioctl(to, SIOCGSTAMP, &tv))
				err(1, "SIOCGSTAMP");
			came = (struct timespec){ tv.tv_sec, tv.tv_usec * 1000 };
			if (is_later(sent[k], came) || is_later(came, sent[k + 1]))
				errx(1, "round %u: datagram %u did not come then", i, k);
		}
	}
}

static void close_then_bind(int type)
{
	int fd = bound(type, 0);

	for (int i = 0; i < ROUNDS; i++) {
		if (type == SOCK_STREAM && listen(fd, 1))
			err(1, "listen");
		close(fd);
		fd = bound(type, 0);
	}
}

/* Others on the host have always something as well. */
static void *talk(void *arg)
{
	int nr = *(int *)arg, fd = bound(SOCK_DGRAM, nr);
	char byte = 0;

	join(fd, nr);
	for (;;)
		if (write(fd, &byte, 1) != 1 || recv(fd, &byte, 1, 0) != 1)
			err(1, "the others");
	return NULL;
}

int main(int argc, char **argv)
{
	static int others[] = { 3, 4 };
	pthread_t thread;

	if (argc != 3)
		errx(2, "usage: %s CASE PORT", argv[0]);
	port = atoi(argv[2]);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&thread, NULL, talk, &others[i]))
			errx(1, "no thread");
	if (!strcmp(argv[1], "write-send"))
		write_then_send();
	else if (!strcmp(argv[1], "write-connect"))
		write_then_connect();
	else if (!strcmp(argv[1], "read-receive"))
		read_then_receive();
	else if (!strcmp(argv[1], "read-several"))
		read_several();
	else if (!strcmp(argv[1], "read-stamp"))
		read_then_ask_when();
	else if (!strcmp(argv[1], "read-error"))
		read_behind_error(false);
	else if (!strcmp(argv[1], "read-queued-error"))
		read_behind_error(true);
	else if (!strcmp(argv[1], "close-bind-udp"))
		close_then_bind(SOCK_DGRAM);
	else if (!strcmp(argv[1], "close-bind-tcp"))
		close_then_bind(SOCK_STREAM);
	else
		errx(2, "no case %s", argv[1]);
	return 0;
}
