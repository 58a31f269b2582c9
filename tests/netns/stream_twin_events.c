// SPDX-License-Identifier: BSD-2-Clause
/* SOCK_STREAM: waiting by poll and epoll, with what happens between the looks. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "socket_twin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int ep;

static void look(const char *when)
{
	struct epoll_event ev[4];
	int i, n;

	side->settle(1);
	n = side->epoll_wait(ep, ev, 4, 0);
	fprintf(out, "  %s: %d", when, n);
	for (i = 0; i < n; i++)
		fprintf(out, " %x", ev[i].events);
	fprintf(out, "\n");
}

static void watch(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	ep = side->epoll_create(0);
	tell("  add", side->epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
}

static void rearm(unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = st.fd };

	tell("  mod", side->epoll_ctl(ep, EPOLL_CTL_MOD, st.fd, &ev));
}

static void unwatch(void)
{
	side->close(ep);
	streams_end();
	side->settle(1);
}

#define ALL (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP)

static void data_story(unsigned int mode)
{
	streams_connect();
	watch(st.fd, ALL | mode);
	look("connected");
	look("again");
	send_bytes(st.peer, 3, 0);
	look("data");
	look("again");
	send_bytes(st.peer, 3, 0);
	look("more data");
	read_bytes(st.fd, 3, MSG_DONTWAIT);
	look("half read");
	read_bytes(st.fd, 100, MSG_DONTWAIT);
	look("all read");
	rearm(ALL | mode);
	look("changed");
	send_bytes(st.peer, 1, MSG_OOB);
	look("urgent");
	look("again");
	read_bytes(st.fd, 1, MSG_OOB);
	look("urgent read");
	send_bytes(st.peer, 2, 0);
	look("data behind");
	read_bytes(st.fd, 100, MSG_DONTWAIT);
	look("all read");
	send_bytes(st.fd, 5, 0);
	look("sent");
	side->shutdown(st.peer, SHUT_WR);
	look("peer shut");
	look("again");
	rearm(ALL | mode);
	look("changed");
	side->shutdown(st.fd, SHUT_WR);
	look("shut");
	look("again");
	close_fd(&st.peer);
	look("peer closed");
	unwatch();
}

static void reset_story(unsigned int mode)
{
	streams_connect();
	watch(st.fd, ALL | mode);
	look("connected");
	send_bytes(st.peer, 3, 0);
	abort_fd(&st.peer);
	look("reset");
	look("again");
	rearm(ALL | mode);
	look("changed");
	read_bytes(st.fd, 100, MSG_DONTWAIT);
	look("read");
	rearm(ALL | mode);
	look("changed");
	unwatch();
}

static void own_end_story(unsigned int mode)
{
	streams_connect();
	watch(st.fd, ALL | mode);
	look("connected");
	side->shutdown(st.fd, SHUT_RD);
	look("shut rd");
	send_bytes(st.peer, 3, 0);
	look("data");
	side->shutdown(st.fd, SHUT_WR);
	look("shut");
	close_fd(&st.peer);
	look("peer closed");
	unwatch();
}

static void accept_story(unsigned int mode)
{
	st.fd = must_open(st.family, SOCK_STREAM, 0);
	watch(st.fd, ALL | mode);
	look("new");
	must_bind(st.fd, st.family, INADDR_LOOPBACK, st.port);
	look("bound");
	side->listen(st.fd, 5);
	look("listens");
	side->fcntl(st.fd, F_SETFL, O_NONBLOCK);
	st.peer = must_open(st.family, SOCK_STREAM, 0);
	must_connect(st.peer, st.family, INADDR_LOOPBACK, st.port);
	look("one came");
	look("again");
	st.listener = must_open(st.family, SOCK_STREAM, 0);
	must_connect(st.listener, st.family, INADDR_LOOPBACK, st.port);
	look("two came");
	side->close(side->accept(st.fd, NULL, NULL));
	look("one accepted");
	side->close(side->accept(st.fd, NULL, NULL));
	look("two accepted");
	side->shutdown(st.fd, SHUT_RD);
	look("shut");
	unwatch();
}

static void connect_story(unsigned int mode, int refused)
{
	union name n;
	socklen_t len = make_name(&n, st.family, INADDR_LOOPBACK, st.port);

	if (!refused) {
		st.listener = must_open(st.family, SOCK_STREAM, 0);
		must_bind(st.listener, st.family, INADDR_LOOPBACK, st.port);
		side->listen(st.listener, 5);
	}
	st.fd = must_open(st.family, SOCK_STREAM, 0);
	side->fcntl(st.fd, F_SETFL, O_NONBLOCK);
	watch(st.fd, ALL | mode);
	look("new");
	tell("  connect", side->connect(st.fd, &n.any, len));
	look("begun");
	look("again");
	rearm(ALL | mode);
	look("changed");
	tell("  connect", side->connect(st.fd, &n.any, len));
	look("told");
	unwatch();
}

static void silent_story(unsigned int mode)
{
	union name n;
	socklen_t len = make_name(&n, st.family, SILENT, st.port);

	st.fd = must_open(st.family, SOCK_STREAM, 0);
	side->fcntl(st.fd, F_SETFL, O_NONBLOCK);
	watch(st.fd, ALL | mode);
	look("new");
	tell("  connect", side->connect(st.fd, &n.any, len));
	look("begun");
	side->shutdown(st.fd, SHUT_RDWR);
	look("shut");
	unwatch();
}

static void full_story(unsigned int mode)
{
	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 4096);
	set_int(st.peer, SOL_SOCKET, SO_RCVBUF, 4096);
	side->fcntl(st.fd, F_SETFL, O_NONBLOCK);
	watch(st.fd, ALL | mode);
	look("connected");
	while (send_bytes(st.fd, 5000, 0) > 0)
		side->settle(1);
	look("full");
	look("again");
	if (mode & EPOLLET) {
		/* How often an edge for writing comes while there is room depends on when packets leave. */
		unwatch();
		return;
	}
	while (read_bytes(st.peer, 10000, MSG_DONTWAIT) > 0)
		side->settle(300);
	look("read");
	look("again");
	send_bytes(st.peer, 3, 0);
	look("data");
	unwatch();
}

static void low_water_story(unsigned int mode)
{
	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_RCVLOWAT, 10);
	watch(st.fd, (EPOLLIN | EPOLLRDHUP) | mode);
	look("connected");
	send_bytes(st.peer, 5, 0);
	look("less");
	send_bytes(st.peer, 5, 0);
	look("enough");
	read_bytes(st.fd, 5, MSG_DONTWAIT);
	look("half read");
	set_int(st.fd, SOL_SOCKET, SO_RCVLOWAT, 2);
	look("lower");
	set_int(st.fd, SOL_SOCKET, SO_RCVLOWAT, 1000);
	look("higher");
	side->shutdown(st.peer, SHUT_WR);
	look("end");
	unwatch();
}

static void notsent_story(void)
{
	streams_connect();
	side->fcntl(st.fd, F_SETFL, O_NONBLOCK);
	watch(st.fd, EPOLLOUT);
	set_int(st.fd, SOL_TCP, TCP_CORK, 1);
	set_int(st.fd, SOL_TCP, TCP_NOTSENT_LOWAT, 100);
	look("cork");
	send_bytes(st.fd, 150, 0);
	look("not sent");
	set_int(st.fd, SOL_TCP, TCP_NOTSENT_LOWAT, 1000);
	look("higher");
	set_int(st.fd, SOL_TCP, TCP_NOTSENT_LOWAT, 10);
	look("lower");
	set_int(st.fd, SOL_TCP, TCP_CORK, 0);
	look("sent");
	unwatch();
}

static void epoll_stories(const char *name, unsigned int mode, int family)
{
	static void (*const stories[])(unsigned int mode) = {
		data_story, reset_story,  own_end_story,   accept_story,
		full_story, silent_story, low_water_story,
	};
	size_t i;
	int refused;

	for (i = 0; i < COUNT(stories); i++) {
		streams_begin(family);
		if (!apart_begin("stream epoll %s %zu", name, i))
			continue;
		fprintf(out, "stream epoll %s %zu\n", name, i);
		stories[i](mode);
		apart_end();
	}
	for (refused = 0; refused < 2; refused++) {
		streams_begin(family);
		if (!apart_begin("stream epoll %s connect %d", name, refused))
			continue;
		fprintf(out, "stream epoll %s connect %d\n", name, refused);
		connect_story(mode, refused);
		apart_end();
	}
}

/* Each mask alone, in each state. */
static void poll_masks(const struct stream_state *s)
{
	static const short masks[] = { 0,	   POLLIN,     POLLOUT,	   POLLPRI,
				       POLLRDHUP,  POLLRDNORM, POLLRDBAND, POLLWRNORM,
				       POLLWRBAND, POLLERR,    POLLHUP,	   POLLNVAL };
	struct pollfd p;
	size_t i;

	streams_begin(AF_INET);
	if (!apart_begin("poll %s", s->name))
		return;
	s->make();
	fprintf(out, "poll %s:", s->name);
	for (i = 0; i < COUNT(masks); i++) {
		p = (struct pollfd){ .fd = st.fd, .events = masks[i] };
		fprintf(out, " %d", side->poll(&p, 1, 0));
		fprintf(out, "/%x", (unsigned int)p.revents);
	}
	fprintf(out, "\n");
	streams_end();
	apart_end();
}

void do_stream_events(void)
{
	size_t i;

	epoll_stories("level", 0, AF_INET);
	epoll_stories("edge", EPOLLET, AF_INET);
	epoll_stories("oneshot", EPOLLONESHOT, AF_INET);
	epoll_stories("edge oneshot", EPOLLET | EPOLLONESHOT, AF_INET);
	epoll_stories("edge 6", EPOLLET, AF_INET6);
	streams_begin(AF_INET);
	if (apart_begin("stream epoll not sent")) {
		fprintf(out, "stream epoll not sent\n");
		notsent_story();
		apart_end();
	}
	for (i = 0; i < stream_states_count; i++)
		poll_masks(&stream_states[i]);
}
