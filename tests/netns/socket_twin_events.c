// SPDX-License-Identifier: BSD-2-Clause
/* Waiting: poll, select and epoll in every mode, with what happens between the looks. */
#include <fcntl.h>

#include "socket_twin.h"

#define IN_PORT 4400

static int to, from; /* a pair of sockets */

static void pair_open(void)
{
	to = must_open(AF_INET, SOCK_DGRAM, 0);
	from = must_open(AF_INET, SOCK_DGRAM, 0);
	must_bind(to, AF_INET, INADDR_LOOPBACK, IN_PORT);
	must_bind(from, AF_INET, INADDR_LOOPBACK, IN_PORT + 1);
	must_connect(to, AF_INET, INADDR_LOOPBACK, IN_PORT + 1);
}

static void pair_close(void)
{
	side->close(to);
	side->close(from);
}

static void feed(size_t len)
{
	send_to(from, AF_INET, INADDR_LOOPBACK, IN_PORT, len, 0);
}

static void eat(void)
{
	char c[100];
	struct iovec iov = { .iov_base = c, .iov_len = sizeof(c) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	side->recvmsg(to, &msg, MSG_DONTWAIT);
}

static void look(const char *when, int ep)
{
	struct epoll_event ev[4];
	int i, n = side->epoll_wait(ep, ev, 4, 0);

	fprintf(out, "  %s: %d", when, n);
	for (i = 0; i < n; i++)
		fprintf(out, " %x/%d", ev[i].events, ev[i].data.fd == to ? 1 : 2);
	fprintf(out, "\n");
}

static int watch(int ep, int op, int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return side->epoll_ctl(ep, op, fd, &ev);
}

static void epoll_story(const char *name, unsigned int events)
{
	int ep = side->epoll_create(0);

	fprintf(out, "epoll %s\n", name);
	pair_open();
	tell("  add", watch(ep, EPOLL_CTL_ADD, to, events));
	look("empty", ep);
	feed(3);
	look("one", ep);
	look("again", ep);
	feed(4);
	look("two", ep);
	look("again", ep);
	eat();
	look("one eaten", ep);
	eat();
	look("all eaten", ep);
	feed(5);
	look("three", ep);
	tell("  mod", watch(ep, EPOLL_CTL_MOD, to, events));
	look("changed", ep);
	look("again", ep);
	eat();
	side->shutdown(to, SHUT_RD);
	look("shut rd", ep);
	look("again", ep);
	side->shutdown(to, SHUT_WR);
	look("shut", ep);
	look("again", ep);
	tell("  del", watch(ep, EPOLL_CTL_DEL, to, events));
	look("removed", ep);
	pair_close();
	side->close(ep);
}

static void epoll_errors(void)
{
	int ep = side->epoll_create(0), ep2 = side->epoll_create(0), dup;
	struct epoll_event ev;

	fprintf(out, "epoll refusals\n");
	pair_open();
	tell("  create flags", side->epoll_create(1));
	tell("  add", watch(ep, EPOLL_CTL_ADD, to, EPOLLIN));
	tell("  add again", watch(ep, EPOLL_CTL_ADD, to, EPOLLIN));
	tell("  mod unknown", watch(ep, EPOLL_CTL_MOD, from, EPOLLIN));
	tell("  del unknown", watch(ep, EPOLL_CTL_DEL, from, EPOLLIN));
	tell("  bad op", watch(ep, 77, to, EPOLLIN));
	tell("  bad fd", watch(ep, EPOLL_CTL_ADD, 12345, EPOLLIN));
	tell("  bad set", watch(12345, EPOLL_CTL_ADD, to, EPOLLIN));
	tell("  not a set", watch(to, EPOLL_CTL_ADD, from, EPOLLIN));
	tell("  itself", watch(ep, EPOLL_CTL_ADD, ep, EPOLLIN));
	tell("  wait on no set", side->epoll_wait(to, &ev, 1, 0));
	tell("  wait for none", side->epoll_wait(ep, &ev, 0, 0));
	tell("  wait for less", side->epoll_wait(ep, &ev, -1, 0));
	tell("  exclusive mod", watch(ep, EPOLL_CTL_MOD, to, EPOLLIN | EPOLLEXCLUSIVE));
	tell("  exclusive oneshot",
	     watch(ep, EPOLL_CTL_ADD, from, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT));
	tell("  exclusive pri", watch(ep, EPOLL_CTL_ADD, from, EPOLLPRI | EPOLLEXCLUSIVE));
	tell("  exclusive", watch(ep, EPOLL_CTL_ADD, from, EPOLLIN | EPOLLEXCLUSIVE));
	tell("  mod exclusive", watch(ep, EPOLL_CTL_MOD, from, EPOLLIN));
	tell("  exclusive set", watch(ep, EPOLL_CTL_ADD, ep2, EPOLLIN | EPOLLEXCLUSIVE));
	tell("  set in set", watch(ep, EPOLL_CTL_ADD, ep2, EPOLLIN));
	tell("  circle", watch(ep2, EPOLL_CTL_ADD, ep, EPOLLIN));
	tell("  del", watch(ep, EPOLL_CTL_DEL, from, 0));
	dup = side->fcntl(from, F_DUPFD, 100);
	tell("  add", watch(ep, EPOLL_CTL_ADD, from, EPOLLOUT));
	look("one", ep);
	side->close(from);
	look("its number closed", ep);
	side->close(dup);
	look("closed", ep);
	from = must_open(AF_INET, SOCK_DGRAM, 0);
	pair_close();
	side->close(ep);
	side->close(ep2);
}

static void epoll_nested(unsigned int inner_mode, unsigned int outer_mode)
{
	int inner = side->epoll_create(0), outer = side->epoll_create(0);

	fprintf(out, "epoll in epoll %x %x\n", inner_mode, outer_mode);
	pair_open();
	watch(inner, EPOLL_CTL_ADD, to, EPOLLIN | inner_mode);
	watch(outer, EPOLL_CTL_ADD, inner, EPOLLIN | outer_mode);
	look("empty", outer);
	feed(3);
	look("one", outer);
	look("again", outer);
	tell_poll(inner);
	fprintf(out, "\n");
	look("inner", inner);
	look("inner again", inner);
	look("outer", outer);
	feed(3);
	look("two", outer);
	eat();
	eat();
	look("eaten", outer);
	pair_close();
	side->close(inner);
	side->close(outer);
}

static void epoll_depth(void)
{
	int ep[7], i;

	fprintf(out, "epoll depth\n");
	for (i = 0; i < 7; i++)
		ep[i] = side->epoll_create(0);
	for (i = 0; i < 6; i++)
		tell("  deeper", watch(ep[i + 1], EPOLL_CTL_ADD, ep[i], EPOLLIN));
	for (i = 0; i < 7; i++)
		side->close(ep[i]);
}

static void poll_story(void)
{
	static const short masks[] = { 0,	   POLLIN,     POLLOUT,	   POLLPRI,
				       POLLRDHUP,  POLLRDNORM, POLLRDBAND, POLLWRNORM,
				       POLLWRBAND, POLLERR,    POLLHUP,	   POLLNVAL };
	struct pollfd p[3];
	size_t i;
	int step;

	pair_open();
	for (step = 0; step < 4; step++) {
		if (step == 1)
			feed(3);
		if (step == 2)
			side->shutdown(to, SHUT_RD);
		if (step == 3)
			side->shutdown(to, SHUT_WR);
		for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
			p[0] = (struct pollfd){ .fd = to, .events = masks[i] };
			p[1] = (struct pollfd){ .fd = -1, .events = masks[i] };
			p[2] = (struct pollfd){ .fd = 12345, .events = masks[i] };
			fprintf(out, "poll step %d mask %x: %d", step, masks[i],
				side->poll(p, 3, 0));
			fprintf(out, " %x %x %x\n", p[0].revents, p[1].revents, p[2].revents);
		}
	}
	tell("poll nothing", side->poll(p, 0, 1));
	pair_close();
}

static void select_story(void)
{
	struct timeval tv;
	fd_set in;

	pair_open();
	FD_ZERO(&in);
	FD_SET(to, &in);
	tv = (struct timeval){ .tv_usec = 1000 };
	tell("select nothing", side->select(to + 1, &in, NULL, NULL, &tv));
	FD_SET(to, &in);
	tv = (struct timeval){ .tv_sec = -1 };
	tell("select negative", side->select(to + 1, &in, NULL, NULL, &tv));
	tell("select less", side->select(-1, &in, NULL, NULL, NULL));
	FD_SET(to, &in);
	FD_SET(60, &in);
	tv = (struct timeval){ .tv_usec = 0 };
	tell("select bad", side->select(61, &in, NULL, NULL, &tv));
	FD_ZERO(&in);
	FD_SET(to, &in);
	feed(1);
	tv = (struct timeval){ .tv_usec = 1000 };
	tell("select data", side->select(to + 1, &in, NULL, NULL, &tv));
	tell("select is set", FD_ISSET(to, &in) != 0);
	pair_close();
}

/* A socket whose room for sending is used up. The silent neighbour holds what is sent. */
static void full_story(void)
{
	int fd = must_open(AF_INET, SOCK_DGRAM, 0), err = -1;

	must_connect(fd, AF_INET, OWN, 4450);
	set_int(fd, SOL_SOCKET, SO_SNDBUF, 1);
	side->fcntl(fd, F_SETFL, O_NONBLOCK);
	fprintf(out, "small room:");
	tell_poll(fd);
	err = (int)side->sendto(fd, "x", 1, 0, NULL, 0);
	fprintf(out, "\n");
	tell("send into small room", err);
	tell("send more than the room", send_to(fd, AF_INET, OWN, 4450, 60000, 0));
	side->close(fd);
}

void do_events(void)
{
	epoll_story("level", EPOLLIN | EPOLLRDHUP);
	epoll_story("edge", EPOLLIN | EPOLLRDHUP | EPOLLET);
	epoll_story("oneshot", EPOLLIN | EPOLLRDHUP | EPOLLONESHOT);
	epoll_story("edge oneshot", EPOLLIN | EPOLLET | EPOLLONESHOT);
	epoll_story("both ways", EPOLLIN | EPOLLOUT);
	epoll_story("nothing", 0);
	epoll_errors();
	epoll_nested(0, 0);
	epoll_nested(EPOLLET, 0);
	epoll_nested(0, EPOLLET);
	epoll_nested(EPOLLET, EPOLLET);
	epoll_depth();
	poll_story();
	select_story();
	full_story();
}
