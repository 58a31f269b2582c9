// SPDX-License-Identifier: BSD-2-Clause
/* Signals: those that interrupt calls, and those that sockets send. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "scenario.h"

static char room[100];

/* Calls that wait, by a thread that is interrupted. */

static long w_read(int fd)
{
	return read(fd, room, 10);
}

static long w_recv(int fd)
{
	return recv(fd, room, 10, 0);
}

static long w_recvfrom(int fd)
{
	union name n;
	socklen_t len = sizeof(n);

	return recvfrom(fd, room, 10, 0, &n.any, &len);
}

static long w_recvmsg(int fd)
{
	union name n;
	struct iovec iov = { room, 10 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_name = &n, .msg_namelen = sizeof(n)
	};

	return recvmsg(fd, &msg, 0);
}

static long w_recv_all(int fd)
{
	return recv(fd, room, 20, MSG_WAITALL);
}

static long w_accept(int fd)
{
	(void)fd;
	return accept(st.listener, NULL, NULL) < 0 ? -1 : 0;
}

static long w_accept4(int fd)
{
	union name n;
	socklen_t len = sizeof(n);

	(void)fd;
	return accept4(st.listener, &n.any, &len, SOCK_CLOEXEC) < 0 ? -1 : 0;
}

static long w_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, -1);
}

static long w_epoll(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	return epoll_wait(ep, &ev, 1, -1);
}

static long w_send(int fd)
{
	return send(fd, "a", 1, 0);
}

/* A connection whose queue is full: see lo_connecting(). */
static long w_connect(int fd)
{
	union name n;
	socklen_t len = lo_name(&n, st.port);

	(void)fd;
	return connect(st.fd, &n.any, len);
}

static const struct {
	const char *name;
	long (*call)(int fd);
	int state; /* 1: connecting, 2: full, 3: may time out */
} waits[] = {
	{ "read", w_read, 0 },
	{ "recv", w_recv, 0 },
	{ "recvfrom", w_recvfrom, 0 },
	{ "recvmsg", w_recvmsg, 0 },
	{ "recv all", w_recv_all, 0 },
	{ "accept", w_accept, 0 },
	{ "accept4", w_accept4, 0 },
	{ "poll", w_poll, 0 },
	{ "epoll", w_epoll, 0 },
	{ "send", w_send, 2 },
	{ "connect", w_connect, 1 },
	{ "read in time", w_read, 3 },
	{ "recvfrom in time", w_recvfrom, 3 },
};

static void make_state(int state)
{
	struct timeval tv = { .tv_sec = 100 };

	if (state == 1) {
		lo_connecting();
		close_fd(&st.fd);
		st.fd = lo_socket(SOCK_STREAM);
		return;
	}
	streams_connect();
	if (state == 2) {
		set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 4096);
		set_int(st.peer, SOL_SOCKET, SO_RCVBUF, 4096);
		fill_up(st.fd);
	}
	if (state == 3)
		setsockopt(st.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

/* What lets the call end, if it goes on. */
static void let_go(int state)
{
	static char data[100000];
	union name n;
	socklen_t len = lo_name(&n, st.port);
	int more;

	if (state == 1) {
		close(accept(st.listener, NULL, NULL));
		return;
	}
	if (state == 2) {
		abort_fd(&st.peer);
		return;
	}
	send(st.peer, data, 20, 0);
	more = lo_socket(SOCK_STREAM);
	connect(more, &n.any, len);
}

static void interrupted(size_t i, int flags)
{
	struct waiter w;

	make_state(waits[i].state);
	if (waits[i].state == 2)
		signal(SIGPIPE, SIG_IGN);
	catch_signal(SIGUSR1, flags);
	waiter_begin(&w, waits[i].call, st.fd);
	syscall(SYS_tgkill, getpid(), w.tid, SIGUSR1);
	waiter_look(&w);
	tell_signals();
	if (!w.done) {
		let_go(waits[i].state);
		say(" then");
	}
	waiter_end(&w);
	say("\n");
	apart_end();
}

static void each_interrupted(void)
{
	size_t i;
	int restart;

	for (i = 0; i < COUNT(waits); i++)
		for (restart = 0; restart < 2; restart++)
			if (scene_begin("signals/interrupted %s%s", waits[i].name,
					restart ? ", restarting" : ""))
				interrupted(i, restart ? SA_RESTART : 0);
}

/* Data that came before the signal counts. */
static void interrupted_with_some(void)
{
	struct waiter w;

	catch_signal(SIGUSR1, 0);
	streams_connect();
	send(st.peer, "abcde", 5, 0);
	line("recv all");
	waiter_begin(&w, w_recv_all, st.fd);
	syscall(SYS_tgkill, getpid(), w.tid, SIGUSR1);
	waiter_end(&w);
	line("rest");
	TELL(recv(st.fd, room, 10, MSG_DONTWAIT));
}

static void stopped_and_continued(void)
{
	pid_t pid;

	streams_connect();
	line("child");
	pid = child_begin();
	if (!pid) {
		step_say(0);
		TELL(recv(st.fd, room, 10, 0));
		child_end();
	}
	step_wait(0);
	usleep(30000);
	kill(pid, SIGSTOP);
	usleep(30000);
	kill(pid, SIGCONT);
	usleep(30000);
	send(st.peer, "abc", 3, 0);
	child_wait(pid);
}

/* Who is killed while it waits. */
static void killed(void)
{
	pid_t pid;

	streams_connect();
	line("child");
	pid = child_begin();
	if (!pid) {
		close(st.peer);
		step_say(0);
		recv(st.fd, room, 10, 0);
		child_end();
	}
	close_fd(&st.fd);
	step_wait(0);
	usleep(30000);
	line("before");
	tell_poll(st.peer);
	kill(pid, SIGKILL);
	child_wait(pid);
	line("after");
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
	TELL(read(st.peer, room, 10));
}

/* SIGPIPE. */

static void broken_pipe(void)
{
	catch_signal(SIGPIPE, 0);
	streams_connect();
	shutdown(st.fd, SHUT_WR);
	line("write");
	TELL(write(st.fd, "a", 1));
	tell_signals();
	line("send");
	TELL(send(st.fd, "a", 1, 0));
	tell_signals();
	line("nosignal");
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
	tell_signals();
	line("sendmsg");
	TELL(sendto(st.fd, "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0));
	tell_signals();
	line("not connected");
	TELL(write(lo_socket(SOCK_STREAM), "a", 1));
	tell_signals();
	TELL(send(lo_socket(SOCK_STREAM), "a", 1, 0));
	tell_signals();
	line("peer closed");
	close_fd(&st.fd);
	st.port++;
	streams_connect();
	close_fd(&st.peer);
	side->settle(1);
	TELL(write(st.fd, "a", 1));
	tell_signals();
	side->settle(1);
	TELL(write(st.fd, "a", 1));
	tell_signals();
}

static void broken_pipe_kills(void)
{
	pid_t pid;

	streams_connect();
	shutdown(st.fd, SHUT_WR);
	line("child");
	pid = child_begin();
	if (!pid) {
		signal(SIGPIPE, SIG_DFL);
		write(st.fd, "a", 1);
		child_end();
	}
	child_wait(pid);
	line("by send");
	pid = child_begin();
	if (!pid) {
		signal(SIGPIPE, SIG_DFL);
		send(st.fd, "a", 1, 0);
		child_end();
	}
	child_wait(pid);
}

/* SIGIO and SIGURG. */

static void look_signals(const char *when)
{
	line(when);
	side->settle(20);
	tell_signals();
}

static void owned(void)
{
	struct f_owner_ex ex = { .type = F_OWNER_TID };

	streams_connect();
	line("owner");
	say(" %d", fcntl(st.fd, F_GETOWN));
	TELL(fcntl(st.fd, F_SETOWN, getpid()));
	say(" %d", fcntl(st.fd, F_GETOWN) == getpid());
	line("group");
	TELL(fcntl(st.fd, F_SETOWN, -getpgrp()));
	say(" %d", fcntl(st.fd, F_GETOWN) == -getpgrp());
	line("thread");
	ex.pid = getpid();
	TELL(fcntl(st.fd, F_SETOWN_EX, &ex));
	ex.pid = 0;
	TELL(fcntl(st.fd, F_GETOWN_EX, &ex));
	say(" %d", ex.pid == getpid());
	line("nobody");
	TELL(fcntl(st.fd, F_SETOWN, 0));
	say(" %d", fcntl(st.fd, F_GETOWN));
}

static void asynchronous(void)
{
	int on = 1;

	catch_signal(SIGIO, 0);
	catch_signal(SIGURG, 0);
	streams_connect();
	TELL(fcntl(st.fd, F_SETOWN, getpid()));
	look_signals("not asked for");
	send(st.peer, "abc", 3, 0);
	look_signals("data, not asked for");
	TELL(fcntl(st.fd, F_SETFL, O_ASYNC));
	say(" %x", (unsigned int)fcntl(st.fd, F_GETFL));
	look_signals("asked for");
	send(st.peer, "abc", 3, 0);
	look_signals("data");
	TELL(read(st.fd, room, 100));
	look_signals("read");
	send(st.peer, "!", 1, MSG_OOB);
	look_signals("urgent");
	close_fd(&st.peer);
	look_signals("end");
	close_fd(&st.fd);
	line("FIOASYNC");
	st.port++;
	streams_connect();
	TELL(ioctl(st.fd, FIOASYNC, &on));
	TELL(fcntl(st.fd, F_SETOWN, getpid()));
	say(" %x", (unsigned int)fcntl(st.fd, F_GETFL));
	send(st.peer, "abc", 3, 0);
	look_signals("data");
}

static void asynchronous_others(void)
{
	/* It comes while this one connects to itself. */
	catch_signal(SIGIO, SA_RESTART);
	line("listener");
	st.fd = lo_socket(SOCK_STREAM);
	must_bind(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.fd, 5);
	fcntl(st.fd, F_SETOWN, getpid());
	fcntl(st.fd, F_SETFL, O_ASYNC);
	look_signals("nobody");
	st.peer = lo_socket(SOCK_STREAM);
	must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
	look_signals("one came");
	streams_end();
	line("datagrams");
	st.port++;
	lo_datagram_pair();
	fcntl(st.fd, F_SETOWN, getpid());
	fcntl(st.fd, F_SETFL, O_ASYNC);
	send(st.peer, "abc", 3, 0);
	look_signals("one came");
}

/* A signal of one's own choice, with the descriptor. */
static volatile int told_fd, told_band;

static void note_info(int sig, siginfo_t *info, void *context)
{
	(void)context;
	signals[sig]++;
	told_fd = info->si_fd;
	told_band = (int)info->si_band;
}

static void with_descriptor(void)
{
	struct sigaction sa = { .sa_sigaction = note_info, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR2, &sa, NULL);
	streams_connect();
	fcntl(st.fd, F_SETOWN, getpid());
	TELL(fcntl(st.fd, F_SETSIG, SIGUSR2));
	fcntl(st.fd, F_SETFL, O_ASYNC);
	send(st.peer, "abc", 3, 0);
	look_signals("data");
	say(" its own %d band %x", told_fd == st.fd, (unsigned int)told_band);
	say(" sig %d", fcntl(st.fd, F_GETSIG) == SIGUSR2);
}

static void urgent_to_group(void)
{
	catch_signal(SIGURG, 0);
	streams_connect();
	TELL(fcntl(st.fd, F_SETOWN, -getpgrp()));
	send(st.peer, "a!", 2, MSG_OOB);
	look_signals("urgent");
	say(" mark %d", sockatmark(st.fd));
	TELL(read(st.fd, room, 10));
	say(" mark %d", sockatmark(st.fd));
	TELL(recv(st.fd, room, 10, MSG_OOB));
}

void do_signals(void)
{
	static const struct story stories[] = {
		{ "interrupted with some", interrupted_with_some },
		{ "stopped and continued", stopped_and_continued },
		{ "killed", killed },
		{ "broken pipe", broken_pipe },
		{ "broken pipe kills", broken_pipe_kills },
		{ "owner", owned },
		{ "asynchronous", asynchronous },
		{ "asynchronous, others", asynchronous_others },
		{ "with the descriptor", with_descriptor },
		{ "urgent, to a group", urgent_to_group },
	};

	each_interrupted();
	each_story("signals", stories, COUNT(stories));
}
