// SPDX-License-Identifier: BSD-2-Clause
/*
 * Several threads of a program at one socket, and many of them beside others.
 *
 *   programs_threads CASE PORT    exits 0, or says what went wrong
 */
#define _GNU_SOURCE /* recvmmsg */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define DATAGRAMS 20000
/* So many lie there at most, so that none is dropped for want of room. */
#define UNDER_WAY 60

#define THREADS 100
#define FILES 1000
#define UNUSED 300

#define AGAIN 400

static struct sockaddr_in here;
static int to;
static unsigned char received[DATAGRAMS];
static unsigned int nr_received;
/* One alone receives. */
static bool in_order;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

static void note(unsigned int nr, ssize_t len)
{
	pthread_mutex_lock(&lock);
	if (len != sizeof(nr) || nr >= DATAGRAMS)
		errx(1, "%zd bytes of %u", len, nr);
	if (received[nr]++)
		errx(1, "datagram %u came twice", nr);
	if (in_order && nr != nr_received)
		errx(1, "datagram %u came where %u was to come", nr, nr_received);
	nr_received++;
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
}

static void *reads(void *arg)
{
	unsigned int nr = 0;
	ssize_t n;

	for (;;) {
		n = read(to, &nr, sizeof(nr));
		note(nr, n);
	}
	return arg;
}

static void *polls(void *arg)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	unsigned int nr = 0;
	ssize_t n;

	for (;;) {
		if (poll(&p, 1, -1) != 1)
			err(1, "poll");
		n = recv(to, &nr, sizeof(nr), MSG_DONTWAIT);
		if (n >= 0)
			note(nr, n);
		else if (errno != EAGAIN)
			err(1, "recv");
	}
	return arg;
}

static void *asks_from_where(void *arg)
{
	struct sockaddr_in from;
	unsigned int nr = 0;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(to, &nr, sizeof(nr), 0, (struct sockaddr *)&from, &len);
		note(nr, n);
	}
	return arg;
}

static void *takes_several(void *arg)
{
	unsigned int nr[8];
	struct iovec iov[8];
	struct mmsghdr msg[8];

	for (;;) {
		int n;

		for (int i = 0; i < 8; i++) {
			iov[i] = (struct iovec){ &nr[i], sizeof(nr[i]) };
			msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov[i],
								.msg_iovlen = 1 } };
		}
		n = recvmmsg(to, msg, 8, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++)
			note(nr[i], msg[i].msg_len);
	}
	return arg;
}

/* Takes nothing, but has the host look at what comes next. */
static void *only_looks(void *arg)
{
	struct sockaddr_in from;
	unsigned int nr;
	socklen_t len;
	int bytes;

	for (;;) {
		len = sizeof(from);
		recvfrom(to, &nr, sizeof(nr), MSG_PEEK | MSG_DONTWAIT, (struct sockaddr *)&from,
			 &len);
		if (ioctl(to, FIONREAD, &bytes))
			err(1, "FIONREAD");
		usleep(100);
	}
	return arg;
}

static void begin(void *(*fn)(void *arg))
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	if (pthread_create(&thread, &small, fn, NULL))
		errx(1, "no thread");
}

static void wait_for(unsigned int nr)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	pthread_mutex_lock(&lock);
	while (nr_received < nr)
		if (pthread_cond_timedwait(&more, &lock, &until))
			errx(1, "%u datagrams came where %u were to", nr_received, nr);
	pthread_mutex_unlock(&lock);
}

/* Each datagram comes to one of those who receive, and once, by whatever call. */
static void datagrams(void *(*one)(void *arg), void *(*other)(void *arg))
{
	int from = socket(AF_INET, SOCK_DGRAM, 0);

	to = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(to, (struct sockaddr *)&here, sizeof(here)) ||
	    connect(from, (struct sockaddr *)&here, sizeof(here)))
		err(1, "bind, connect");
	for (int i = 0; i < 2; i++) {
		if (!i || !in_order)
			begin(one);
		begin(other);
	}
	for (unsigned int nr = 0; nr < DATAGRAMS; nr++) {
		if (nr >= UNDER_WAY)
			wait_for(nr - UNDER_WAY);
		if (write(from, &nr, sizeof(nr)) != sizeof(nr))
			err(1, "write");
	}
	wait_for(DATAGRAMS);
}

static void *is_there(void *arg)
{
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		err(1, "socket, setsockopt");
	pthread_mutex_lock(&lock);
	nr_received++;
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
	pause();
	return arg;
}

/*
 * Sockets that nothing is done with, of a program of many threads and descriptors: to find out that these are closed takes
 * no look at each descriptor of each thread.
 */
static void unused(void)
{
	for (int i = 0; i < FILES; i++)
		if (fcntl(STDIN_FILENO, F_DUPFD, 0) < 0)
			err(1, "F_DUPFD");
	for (int i = 0; i < THREADS; i++)
		begin(is_there);
	wait_for(THREADS);
	for (int i = 0; i < UNUSED; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0)
			err(1, "socket");
		close(fd);
	}
}

static int set;

static void *changes_set(void *arg)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	for (;; event.data.u64++)
		if (epoll_ctl(set, EPOLL_CTL_MOD, to, &event))
			err(1, "EPOLL_CTL_MOD");
	return arg;
}

/* A socket that begins again is in its set all the time, for who changes what that is to tell. */
static void again(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct pollfd p;

	to = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	set = epoll_create1(0);
	if (to < 0 || epoll_ctl(set, EPOLL_CTL_ADD, to, &event))
		err(1, "socket, EPOLL_CTL_ADD");
	begin(changes_set);
	for (int i = 0; i < AGAIN; i++) {
		/* Nobody listens there. Every other time Linux has it that the last attempt was in vain. */
		if (!connect(to, (struct sockaddr *)&here, sizeof(here)))
			errx(1, "connected");
		p = (struct pollfd){ .fd = to, .events = POLLOUT };
		if (poll(&p, 1, 20000) != 1)
			err(1, "poll");
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: %s CASE PORT", argv[0]);
	here = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)atoi(argv[2])),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	in_order = !strcmp(argv[1], "read-look");
	if (!strcmp(argv[1], "read-ask"))
		datagrams(reads, asks_from_where);
	else if (!strcmp(argv[1], "poll-several"))
		datagrams(polls, takes_several);
	else if (in_order)
		datagrams(reads, only_looks);
	else if (!strcmp(argv[1], "again"))
		again();
	else if (!strcmp(argv[1], "unused"))
		unused();
	else
		errx(2, "no case %s", argv[1]);
	exit(0);
}
