// SPDX-License-Identifier: BSD-2-Clause
/* poll, select and epoll as the state changes: what is told, how often, and to whom. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "scenario.h"

#define ALL (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP)

static char room[1000];
static int ep = -1;

static void watch(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.u32 = 1 };

	if (ep < 0)
		ep = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		say(" %s", strerrorname_np(errno));
}

/* What is told when there is time for all that is under way, and what then. */
static void look(const char *when)
{
	struct epoll_event ev[4];
	int i, n, again;

	line(when);
	side->settle(30);
	for (again = 0; again < 2; again++) {
		n = epoll_wait(ep, ev, 4, 0);
		say(" %d", n);
		for (i = 0; i < n; i++)
			say("/%x", ev[i].events);
	}
}

static void end_watch(void)
{
	close(ep);
	ep = -1;
	streams_end();
}

/* Stories, by the mode that is asked for. */

static void data_comes(unsigned int mode)
{
	streams_connect();
	watch(st.fd, ALL | mode);
	look("connected");
	send(st.peer, "abc", 3, 0);
	look("data");
	send(st.peer, "def", 3, 0);
	look("more data");
	TELL(read(st.fd, room, 2));
	look("some read");
	TELL(recv(st.fd, room, 100, MSG_PEEK));
	look("peeked");
	TELL(read(st.fd, room, 100));
	look("all read");
	TELL(recv(st.fd, room, 100, MSG_DONTWAIT));
	look("nothing to read");
	send(st.peer, "!", 1, MSG_OOB);
	look("urgent");
	TELL(recv(st.fd, room, 1, MSG_OOB));
	look("urgent read");
	send(st.fd, "abc", 3, 0);
	look("sent");
	shutdown(st.peer, SHUT_WR);
	look("peer shut");
	TELL(read(st.fd, room, 100));
	look("end read");
	shutdown(st.fd, SHUT_WR);
	look("shut");
	close_fd(&st.peer);
	look("peer closed");
	end_watch();
}

static void peer_goes(unsigned int mode)
{
	streams_connect();
	watch(st.fd, ALL | mode);
	look("connected");
	send(st.peer, "abc", 3, 0);
	close_fd(&st.peer);
	look("closed behind data");
	TELL(read(st.fd, room, 100));
	look("read");
	TELL(send(st.fd, "abc", 3, MSG_NOSIGNAL));
	look("written");
	TELL(send(st.fd, "abc", 3, MSG_NOSIGNAL));
	look("again");
	end_watch();
}

static void reset_comes(unsigned int mode)
{
	streams_connect();
	watch(st.fd, ALL | mode);
	look("connected");
	send(st.peer, "abc", 3, 0);
	look("data");
	abort_fd(&st.peer);
	look("reset");
	TELL(read(st.fd, room, 100));
	look("read");
	TELL(read(st.fd, room, 100));
	look("error read");
	end_watch();
}

static void connects(unsigned int mode, int heard)
{
	union name n;
	socklen_t len = lo_name(&n, st.port);

	if (heard) {
		st.listener = lo_socket(SOCK_STREAM);
		must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
		listen(st.listener, 5);
	}
	st.fd = lo_socket(SOCK_STREAM);
	fcntl(st.fd, F_SETFL, O_NONBLOCK);
	watch(st.fd, ALL | mode);
	look("new");
	TELL(connect(st.fd, &n.any, len));
	look("begun");
	call_error(st.fd, SO_ERROR);
	look("error read");
	TELL(connect(st.fd, &n.any, len));
	look("told");
	TELL(write(st.fd, "abc", 3));
	look("written");
	end_watch();
}

static void connect_heard(unsigned int mode)
{
	connects(mode, 1);
}

static void connect_refused(unsigned int mode)
{
	signal(SIGPIPE, SIG_IGN);
	connects(mode, 0);
}

static void connect_late(unsigned int mode)
{
	lo_connecting();
	watch(st.fd, ALL | mode);
	look("begun");
	close(accept(st.listener, NULL, NULL));
	await_poll(st.fd, POLLOUT);
	look("answered");
	end_watch();
}

static void listens(unsigned int mode)
{
	int more = lo_socket(SOCK_STREAM);

	st.fd = lo_socket(SOCK_STREAM);
	watch(st.fd, ALL | mode);
	look("new");
	must_bind(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	look("bound");
	listen(st.fd, 5);
	look("listening");
	st.peer = lo_socket(SOCK_STREAM);
	must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
	look("one came");
	must_connect(more, AF_INET, INADDR_LOOPBACK, st.port);
	look("two came");
	close(accept(st.fd, NULL, NULL));
	look("one accepted");
	close(accept(st.fd, NULL, NULL));
	look("two accepted");
	close(more);
	end_watch();
}

/* Until nothing has come for a while. */
static void drain(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, 500) > 0 && read(fd, room, sizeof(room)) > 0)
		;
}

static void fills(unsigned int mode)
{
	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 4096);
	set_int(st.peer, SOL_SOCKET, SO_RCVBUF, 4096);
	fcntl(st.fd, F_SETFL, O_NONBLOCK);
	fill_up(st.fd);
	watch(st.fd, EPOLLOUT | mode);
	look("full");
	drain(st.peer);
	await_poll(st.fd, POLLOUT);
	look("room");
	end_watch();
}

static void datagrams_come(unsigned int mode)
{
	lo_datagram_pair();
	watch(st.fd, ALL | mode);
	look("new");
	send(st.peer, "abc", 3, 0);
	look("one");
	send(st.peer, "", 0, 0);
	look("two");
	TELL(read(st.fd, room, 2));
	look("one read");
	TELL(read(st.fd, room, 100));
	look("two read");
	close_fd(&st.peer);
	send(st.fd, "abc", 3, 0);
	look("refused");
	TELL(read(st.fd, room, 100));
	look("error read");
	shutdown(st.fd, SHUT_RD);
	look("shut rd");
	shutdown(st.fd, SHUT_RDWR);
	look("shut");
	end_watch();
}

static void each_mode(void)
{
	static const struct {
		const char *name;
		unsigned int mode;
	} modes[] = {
		{ "level", 0 },
		{ "edge", EPOLLET },
		{ "oneshot", EPOLLONESHOT },
		{ "edge oneshot", EPOLLET | EPOLLONESHOT },
	};
	static const struct {
		const char *name;
		void (*tell)(unsigned int mode);
	} stories[] = {
		{ "data", data_comes },
		{ "peer goes", peer_goes },
		{ "reset", reset_comes },
		{ "connect", connect_heard },
		{ "connect refused", connect_refused },
		{ "connect late", connect_late },
		{ "listen", listens },
		{ "full", fills },
		{ "datagrams", datagrams_come },
	};
	size_t m, s;

	for (s = 0; s < COUNT(stories); s++)
		for (m = 0; m < COUNT(modes); m++) {
			if (!scene_begin("epoll/%s | %s", stories[s].name, modes[m].name))
				continue;
			stories[s].tell(modes[m].mode);
			say("\n");
			apart_end();
		}
}

/* What a set does with descriptors. */

static void duplicates(void)
{
	int twin;

	streams_connect();
	watch(st.fd, EPOLLIN);
	line("twice");
	watch(st.fd, EPOLLIN);
	twin = dup(st.fd);
	line("the duplicate");
	watch(twin, EPOLLIN);
	send(st.peer, "abc", 3, 0);
	look("data");
	/* The file is still open, so the set goes on telling of it. */
	close_fd(&st.fd);
	look("one closed");
	close(twin);
	look("both closed");
}

static void changes(void)
{
	struct epoll_event ev = { .events = EPOLLOUT, .data.u32 = 2 };

	streams_connect();
	watch(st.fd, EPOLLIN);
	look("in");
	line("out");
	TELL(epoll_ctl(ep, EPOLL_CTL_MOD, st.fd, &ev));
	look("out");
	ev.events = 0;
	line("nothing");
	TELL(epoll_ctl(ep, EPOLL_CTL_MOD, st.fd, &ev));
	look("nothing");
	abort_fd(&st.peer);
	look("nothing but the reset");
	line("delete");
	TELL(epoll_ctl(ep, EPOLL_CTL_DEL, st.fd, NULL));
	TELL(epoll_ctl(ep, EPOLL_CTL_DEL, st.fd, NULL));
	look("deleted");
	ev.events = EPOLLIN | EPOLLET;
	line("add");
	TELL(epoll_ctl(ep, EPOLL_CTL_ADD, st.fd, &ev));
	look("added");
}

static void sets_in_sets(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 3 };
	int outer = epoll_create1(EPOLL_CLOEXEC);

	streams_connect();
	watch(st.fd, EPOLLIN);
	line("outer");
	TELL(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &ev));
	say(" %d", epoll_wait(outer, &ev, 1, 0));
	send(st.peer, "abc", 3, 0);
	say(" %d", epoll_wait(outer, &ev, 1, PATIENCE_MS));
	look("inner");
	TELL(read(st.fd, room, 100));
	say(" %d", epoll_wait(outer, &ev, 1, 0));
}

static long w_epoll(int set)
{
	struct epoll_event ev;

	return epoll_wait(set, &ev, 1, -1) < 0 ? -1 : (long)ev.events;
}

static void woken(void)
{
	struct waiter w;

	streams_connect();
	watch(st.fd, EPOLLIN | EPOLLRDHUP);
	line("data");
	waiter_begin(&w, w_epoll, ep);
	waiter_look(&w);
	send(st.peer, "abc", 3, 0);
	waiter_end(&w);
	TELL(read(st.fd, room, 100));
	line("end");
	waiter_begin(&w, w_epoll, ep);
	waiter_look(&w);
	shutdown(st.peer, SHUT_WR);
	waiter_end(&w);
	line("added meanwhile");
	end_watch();
	st.port++;
	streams_connect();
	ep = epoll_create1(EPOLL_CLOEXEC);
	send(st.peer, "abc", 3, 0);
	waiter_begin(&w, w_epoll, ep);
	waiter_look(&w);
	watch(st.fd, EPOLLIN);
	waiter_end(&w);
}

/* Only one of those who wait for a listener by sets of their own is woken, or all. */
static void exclusively(void)
{
	struct waiter a, b;
	int mine;

	st.fd = lo_socket(SOCK_STREAM);
	must_bind(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.fd, 5);
	watch(st.fd, EPOLLIN | EPOLLEXCLUSIVE);
	mine = ep;
	ep = -1;
	watch(st.fd, EPOLLIN | EPOLLEXCLUSIVE);
	waiter_begin(&a, w_epoll, mine);
	waiter_begin(&b, w_epoll, ep);
	st.peer = lo_socket(SOCK_STREAM);
	must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
	side->settle(BLOCKS_MS);
	line("woken");
	say(a.done + b.done > 0 ? " some" : " none");
}

/* A set that a child has as well. */
static void over_fork(void)
{
	struct epoll_event ev;
	pid_t pid;

	streams_connect();
	watch(st.fd, EPOLLIN);
	line("child");
	pid = child_begin();
	if (!pid) {
		close(st.fd);
		say(" %d", epoll_wait(ep, &ev, 1, PATIENCE_MS));
		child_end();
	}
	send(st.peer, "abc", 3, 0);
	child_wait(pid);
	look("parent");
}

/* poll of many, some of them twice, some not open. */
static void many_polled(void)
{
	struct pollfd p[6];
	int i;

	streams_connect();
	send(st.peer, "abc", 3, 0);
	side->settle(1);
	p[0] = (struct pollfd){ .fd = st.fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = -1, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = 999, .events = POLLIN };
	p[3] = (struct pollfd){ .fd = st.fd, .events = POLLOUT };
	p[4] = (struct pollfd){ .fd = st.listener, .events = POLLIN };
	p[5] = (struct pollfd){ .fd = lo_socket(SOCK_STREAM), .events = 0 };
	line("poll");
	TELL(poll(p, 6, 0));
	for (i = 0; i < 6; i++)
		say("/%x", (unsigned int)p[i].revents);
	line("none");
	TELL(poll(&p[4], 1, 20));
	TELL(poll(NULL, 0, 20));
}

static void selected(void)
{
	fd_set in, to, ex;
	struct timeval tv = { .tv_sec = 5 };

	streams_connect();
	send(st.peer, "abc", 3, 0);
	send(st.peer, "!", 1, MSG_OOB);
	side->settle(1);
	FD_ZERO(&in);
	FD_ZERO(&to);
	FD_ZERO(&ex);
	FD_SET(st.fd, &in);
	FD_SET(st.listener, &in);
	FD_SET(st.fd, &to);
	FD_SET(st.fd, &ex);
	line("select");
	TELL(select(st.peer + st.fd + st.listener, &in, &to, &ex, &tv));
	say(" %d%d%d%d", !!FD_ISSET(st.fd, &in), !!FD_ISSET(st.listener, &in),
	    !!FD_ISSET(st.fd, &to), !!FD_ISSET(st.fd, &ex));
	FD_SET(900, &in);
	TELL(select(901, &in, NULL, NULL, &tv));
}

void do_readiness(void)
{
	static const struct story stories[] = {
		{ "duplicates", duplicates },	  { "changes", changes },
		{ "sets in sets", sets_in_sets }, { "woken", woken },
		{ "exclusively", exclusively },	  { "over fork", over_fork },
		{ "many polled", many_polled },	  { "selected", selected },
	};

	each_mode();
	each_story("epoll", stories, COUNT(stories));
}
