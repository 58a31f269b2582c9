// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program that has several threads, or descriptors, for one socket.
 *
 * early ADDRESS PORT COUNT HOW	makes connections to who sends back what comes; another thread writes as soon as it
 *				may, which it is told by epoll ("told") or finds out by trying ("tries"). Says how often
 *				something else came back.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT "0123456789abcdef"
#define TEXT_LEN 16

/**
 * struct early - what the two threads share
 * @turn: both are here when a connection begins, and when its bytes were written
 * @set: of epoll, which has the socket
 * @fd: the socket
 * @is_told: the writer waits for an event
 */
struct early {
	pthread_barrier_t turn;
	int set;
	int fd;
	bool is_told;
};

static void wait_for_room(const struct early *early)
{
	struct epoll_event event = { 0 };

	while (event.events != EPOLLOUT)
		if (epoll_wait(early->set, &event, 1, -1) < 0)
			abort();
}

static void *write_early(void *arg)
{
	struct early *early = arg;

	for (;;) {
		pthread_barrier_wait(&early->turn);
		if (early->fd < 0)
			return NULL;
		if (early->is_told)
			wait_for_room(early);
		while (send(early->fd, TEXT, TEXT_LEN, MSG_NOSIGNAL | MSG_DONTWAIT) != TEXT_LEN)
			;
		pthread_barrier_wait(&early->turn);
	}
}

/* Return: whether it came back as it was. */
static bool comes_back(int fd)
{
	char got[TEXT_LEN];
	size_t len = 0;

	while (len < sizeof(got)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		poll(&p, 1, -1);
		n = read(fd, got + len, sizeof(got) - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	return !memcmp(got, TEXT, TEXT_LEN);
}

static bool connect_early(struct early *early, const struct sockaddr_in *addr)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	bool good;

	early->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	epoll_ctl(early->set, EPOLL_CTL_ADD, early->fd, &event);
	/* That it hangs up. */
	epoll_wait(early->set, &event, 1, 0);
	pthread_barrier_wait(&early->turn);
	if (connect(early->fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ||
	    errno != EINPROGRESS)
		abort();
	pthread_barrier_wait(&early->turn);
	good = comes_back(early->fd);
	close(early->fd);
	return good;
}

static int early(char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(argv[1])) };
	struct early early = { .set = epoll_create1(0), .is_told = !strcmp(argv[3], "told") };
	int count = atoi(argv[2]), bad = 0;
	pthread_t writer;

	inet_pton(AF_INET, argv[0], &addr.sin_addr);
	pthread_barrier_init(&early.turn, NULL, 2);
	pthread_create(&writer, NULL, write_early, &early);
	for (int i = 0; i < count; i++)
		bad += !connect_early(&early, &addr);
	early.fd = -1;
	pthread_barrier_wait(&early.turn);
	pthread_join(writer, NULL);
	printf("%d of %d\n", bad, count);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "early"))
		return early(argv + 2);
	return 2;
}
