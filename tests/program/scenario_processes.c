// SPDX-License-Identifier: BSD-2-Clause
/* Descriptors that several have: duplicates, children, programs that are started, and those sent away. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "scenario.h"

extern char **environ;

static char room[200];

/* Duplicates. */

static void duplicated(void)
{
	int twin, high;

	streams_connect();
	line("dup");
	twin = dup(st.fd);
	high = fcntl(st.fd, F_DUPFD_CLOEXEC, 100);
	say(" %d fd %x", high, (unsigned int)fcntl(high, F_GETFD));
	call_name(twin, getpeername, sizeof(union name));
	line("flags are shared");
	fcntl(twin, F_SETFL, O_NONBLOCK);
	say(" %x", (unsigned int)fcntl(st.fd, F_GETFL));
	TELL(read(high, room, 10));
	line("options are shared");
	TELL(set_int(high, SOL_TCP, TCP_NODELAY, 1));
	call_int(twin, FIONREAD);
	line("written by each");
	TELL(write(st.fd, "a", 1));
	TELL(write(twin, "b", 1));
	TELL(send(high, "c", 1, 0));
	await_poll(st.peer, POLLIN);
	side->settle(1);
	TELL(read(st.peer, room, 10));
	say(" %.3s", room);
	line("two closed");
	close_fd(&st.fd);
	close(twin);
	side->settle(1);
	tell_poll(st.peer);
	TELL(write(high, "d", 1));
	line("all closed");
	close(high);
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
	TELL(read(st.peer, room, 10));
	TELL(read(st.peer, room, 10));
}

static void replaced(void)
{
	int fd = lo_socket(SOCK_STREAM);

	streams_connect();
	line("dup2 over a socket");
	TELL(dup2(st.fd, fd) == fd ? 0 : -1);
	call_name(fd, getpeername, sizeof(union name));
	line("dup2 over a connection");
	TELL(dup2(open("/dev/null", O_RDWR), st.fd) == st.fd ? 0 : -1);
	TELL(send(st.fd, "a", 1, 0));
	TELL(write(fd, "a", 1));
	dup2(0, fd);
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
	line("a number used again");
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	call_error(fd, SO_TYPE);
	close(fd);
	say(" %d", socket(AF_INET, SOCK_STREAM, 0) == fd);
	call_error(fd, SO_TYPE);
}

static void connects_again(int fd)
{
	union name n;
	socklen_t len = lo_name(&n, st.port);

	TELL(connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)));
	TELL(connect(fd, &n.any, len));
	TELL(write(fd, "abc", 3));
}

/* What one of them begins the others have as well, and so has a set that watches one of them. */
static void begun_again(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int set = epoll_create1(0), twin;

	streams_connect();
	twin = dup(st.fd);
	epoll_ctl(set, EPOLL_CTL_ADD, st.fd, &event);
	line("connected again");
	connects_again(twin);
	close_fd(&st.peer);
	st.peer = accept(st.listener, NULL, NULL);
	TELL(read(st.peer, room, 10));
	TELL(send(st.fd, "de", 2, 0));
	TELL(read(st.peer, room, 10));
	line("told");
	TELL(write(st.peer, "f", 1));
	await_poll(twin, POLLIN);
	TELL(epoll_wait(set, &event, 1, 0));
	say(" %x", event.events);
	TELL(epoll_ctl(set, EPOLL_CTL_DEL, st.fd, NULL));
}

static void close_range_of(void)
{
	streams_connect();
	line("closed by range");
	TELL(close_range((unsigned int)st.fd, (unsigned int)st.fd, 0));
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
	TELL(send(st.fd, "a", 1, 0));
}

/* Children. */

static void child_reads(void)
{
	pid_t pid;

	streams_connect();
	line("child");
	pid = child_begin();
	if (!pid) {
		TELL(read(st.fd, room, 3));
		TELL(write(st.fd, "xyz", 3));
		child_end();
	}
	send(st.peer, "abcdef", 6, 0);
	child_wait(pid);
	line("parent");
	TELL(read(st.fd, room, 10));
	TELL(read(st.peer, room, 10));
}

/* There is no end before the last one has closed. */
static void closed_by_both(void)
{
	pid_t pid;

	streams_connect();
	pid = child_begin();
	if (!pid) {
		step_wait(1);
		close(st.fd);
		step_say(0);
		step_wait(1);
		child_end();
	}
	close_fd(&st.fd);
	side->settle(10);
	line("parent closed");
	tell_poll(st.peer);
	step_say(1);
	step_wait(0);
	line("child closed");
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
	step_say(1);
	waitpid(pid, NULL, 0);
}

static void child_shuts(void)
{
	pid_t pid;

	streams_connect();
	line("child");
	pid = child_begin();
	if (!pid) {
		TELL(shutdown(st.fd, SHUT_WR));
		child_end();
	}
	child_wait(pid);
	line("parent");
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
}

static void child_begins_again(void)
{
	pid_t pid;

	streams_connect();
	line("child");
	pid = child_begin();
	if (!pid) {
		connects_again(st.fd);
		child_end();
	}
	child_wait(pid);
	line("parent");
	close_fd(&st.peer);
	st.peer = accept(st.listener, NULL, NULL);
	TELL(read(st.peer, room, 10));
	TELL(send(st.fd, "de", 2, MSG_NOSIGNAL));
	tell_poll(st.fd);
}

static void child_accepts(void)
{
	pid_t pid;

	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 5);
	line("child");
	pid = child_begin();
	if (!pid) {
		st.fd = accept(st.listener, NULL, NULL);
		call_name(st.fd, getsockname, sizeof(union name));
		TELL(write(st.fd, "hello", 5));
		child_end();
	}
	close_fd(&st.listener);
	st.peer = lo_socket(SOCK_STREAM);
	must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
	child_wait(pid);
	line("parent");
	TELL(recv(st.peer, room, 5, MSG_WAITALL));
	TELL(read(st.peer, room, 5));
	line("nobody listens");
	call_connect(lo_socket(SOCK_STREAM), AF_INET, INADDR_LOOPBACK, st.port);
}

/* Workers that wait for the same listener: each connection has one. */
static void workers(void)
{
	enum { WORKERS = 4, EACH = 5 };
	pid_t pids[WORKERS];
	int i, n, sum = 0;

	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 50);
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (n = 0;; n++) {
			st.fd = accept(st.listener, NULL, NULL);
			if (st.fd < 0 || write(st.fd, "x", 1) != 1)
				_exit(1);
			close(st.fd);
		}
	}
	for (i = 0; i < WORKERS * EACH; i++) {
		st.peer = lo_socket(SOCK_STREAM);
		must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
		sum += read(st.peer, room, 1) == 1 && read(st.peer, room, 1) == 0;
		close(st.peer);
	}
	line("served");
	say(" %d", sum);
	for (i = 0; i < WORKERS; i++) {
		kill(pids[i], SIGKILL);
		child_wait(pids[i]);
	}
}

static void child_dies(const char *what, int unread)
{
	pid_t pid;

	line(what);
	streams_connect();
	pid = child_begin();
	if (!pid) {
		close(st.peer);
		if (unread)
			await_poll(st.fd, POLLIN);
		step_say(0);
		pause();
	}
	close_fd(&st.fd);
	if (unread)
		send(st.peer, "abc", 3, 0);
	step_wait(0);
	kill(pid, SIGKILL);
	child_wait(pid);
	await_poll(st.peer, POLLRDHUP);
	side->settle(1);
	tell_poll(st.peer);
	TELL(read(st.peer, room, 10));
	streams_end();
	st.port++;
}

static void deaths(void)
{
	child_dies("all read", 0);
	child_dies("not read", 1);
}

static void orphans(void)
{
	pid_t pid;

	streams_connect();
	line("grandchild");
	pid = child_begin();
	if (!pid) {
		/* Its child lives on alone. */
		if (!fork()) {
			step_wait(1);
			write(st.fd, "abc", 3);
			_exit(0);
		}
		child_end();
	}
	child_wait(pid);
	close_fd(&st.fd);
	step_say(1);
	TELL(read(st.peer, room, 10));
	TELL(read(st.peer, room, 10));
}

static void of_threads(void)
{
	pid_t pid;

	/* Who shares descriptors with it, and is not a thread of it. */
	streams_connect();
	line("vfork");
	pid = vfork();
	if (!pid) {
		char *args[] = { "scenario", "inherited", "999", NULL };

		execv("/proc/self/exe", args);
		_exit(127);
	}
	child_wait(pid);
	TELL(write(st.fd, "abc", 3));
	TELL(read(st.peer, room, 10));
}

/* Programs that are started. */

int inherited(int argc, char **argv)
{
	int fd = argc > 2 ? atoi(argv[2]) : -1, size = 0;
	char c;

	/* Its standard output is the scenario's text. */
	out = stdout;
	side = &kernel_side;
	setvbuf(stdout, NULL, _IONBF, 0);
	if (fcntl(fd, F_GETFD) < 0)
		return 5;
	printf(" open");
	call_error(fd, SO_TYPE);
	call_error(fd, SO_ACCEPTCONN);
	call_int(fd, FIONREAD);
	if (!ioctl(fd, FIONREAD, &size) && size && read(fd, &c, 1) == 1)
		printf(" read %c", c);
	if (argc > 3)
		printf(" wrote %zd", write(fd, argv[3], strlen(argv[3])));
	return 7;
}

static pid_t start(int fd, const char *text)
{
	char number[12];
	char *args[] = { "scenario", "inherited", number, (char *)text, NULL };
	pid_t pid;

	snprintf(number, sizeof(number), "%d", fd);
	pid = fork();
	if (pid)
		return pid;
	dup2(fileno(out), 1);
	execv("/proc/self/exe", args);
	_exit(127);
}

static void started(void)
{
	streams_connect();
	send(st.peer, "abc", 3, 0);
	side->settle(1);
	line("kept open");
	child_wait(start(st.fd, "hello"));
	TELL(read(st.peer, room, 10));
	TELL(read(st.fd, room, 10));
	line("closed by then");
	fcntl(st.fd, F_SETFD, FD_CLOEXEC);
	child_wait(start(st.fd, NULL));
	line("listener");
	child_wait(start(st.listener, NULL));
}

static void spawned(void)
{
	char number[12];
	char *args[] = { "scenario", "inherited", number, "hello", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;

	streams_connect();
	line("posix_spawn, as its standard input");
	snprintf(number, sizeof(number), "%d", 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, st.fd, 0);
	posix_spawn_file_actions_adddup2(&actions, fileno(out), 1);
	if (posix_spawn(&pid, "/proc/self/exe", &actions, NULL, args, environ))
		exit(3);
	child_wait(pid);
	TELL(read(st.peer, room, 10));
	/* A shell's redirection is nothing else. */
	line("cat");
	pid = fork();
	if (!pid) {
		dup2(st.fd, 0);
		dup2(st.fd, 1);
		execlp("cat", "cat", NULL);
		_exit(127);
	}
	send(st.peer, "a line\n", 7, 0);
	TELL(recv(st.peer, room, 7, MSG_WAITALL));
	shutdown(st.peer, SHUT_WR);
	child_wait(pid);
}

/* Over exec in one process, with what has not been read. */
static void over_exec(void)
{
	char number[12];
	char *args[] = { "scenario", "inherited", number, NULL };

	streams_connect();
	send(st.peer, "xyz", 3, 0);
	side->settle(1);
	snprintf(number, sizeof(number), "%d", st.fd);
	line("itself");
	dup2(fileno(out), 1);
	execv("/proc/self/exe", args);
}

/* Sent to others over AF_UNIX. */

static int send_descriptors(int over, const int *fds, int n)
{
	union {
		char room[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = CMSG_SPACE((size_t)n * sizeof(int)) };
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
	return sendmsg(over, &msg, 0) == 1 ? 0 : -1;
}

static int receive_descriptors(int over, int *fds, int n, int flags)
{
	union {
		char room[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *h;

	if (recvmsg(over, &msg, flags) != 1)
		return -1;
	h = CMSG_FIRSTHDR(&msg);
	if (!h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN((size_t)n * sizeof(int)))
		return -1;
	memcpy(fds, CMSG_DATA(h), (size_t)n * sizeof(int));
	return 0;
}

static void sent_to_child(void)
{
	int over[2], fds[3];
	pid_t pid;

	socketpair(AF_UNIX, SOCK_STREAM, 0, over);
	line("child");
	pid = child_begin();
	if (!pid) {
		/* It was born before the sockets. */
		TELL(receive_descriptors(over[1], fds, 3, MSG_CMSG_CLOEXEC));
		say(" fd %x", (unsigned int)fcntl(fds[0], F_GETFD));
		call_name(fds[0], getsockname, sizeof(union name));
		TELL(read(fds[0], room, 10));
		TELL(write(fds[0], "hello", 5));
		TELL(accept(fds[1], NULL, NULL) < 0 ? -1 : 0);
		TELL(recv(fds[2], room, 10, 0));
		child_end();
	}
	streams_connect();
	fds[0] = st.fd;
	fds[1] = st.listener;
	fds[2] = lo_socket(SOCK_DGRAM);
	must_bind(fds[2], AF_INET, INADDR_LOOPBACK, st.port);
	send(st.peer, "abc", 3, 0);
	send_to(lo_socket(SOCK_DGRAM), AF_INET, INADDR_LOOPBACK, st.port, 4, 0);
	must_connect(lo_socket(SOCK_STREAM), AF_INET, INADDR_LOOPBACK, st.port);
	if (send_descriptors(over[0], fds, 3))
		exit(3);
	close_fd(&st.fd);
	close_fd(&st.listener);
	close(fds[2]);
	child_wait(pid);
	line("parent");
	TELL(recv(st.peer, room, 5, MSG_WAITALL));
	TELL(read(st.peer, room, 5));
}

/* It is nobody's while it is under way, and still open. */
static void under_way(void)
{
	int over[2], fd;

	socketpair(AF_UNIX, SOCK_STREAM, 0, over);
	streams_connect();
	line("under way");
	TELL(send_descriptors(over[0], &st.fd, 1));
	close_fd(&st.fd);
	side->settle(10);
	tell_poll(st.peer);
	TELL(send(st.peer, "abc", 3, 0));
	line("arrived");
	TELL(receive_descriptors(over[1], &fd, 1, 0));
	TELL(read(fd, room, 10));
	TELL(write(fd, "def", 3));
	TELL(read(st.peer, room, 10));
	line("never taken");
	TELL(send_descriptors(over[0], &fd, 1));
	close(fd);
	close(over[1]);
	close(over[0]);
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
}

/* Neither is one that nothing was done with but to be bound: its port is taken. */
static void unused_under_way(void)
{
	int over[2], fd = lo_socket(SOCK_STREAM), other = lo_socket(SOCK_STREAM);
	union name n;
	socklen_t len = lo_name(&n, st.port);

	socketpair(AF_UNIX, SOCK_STREAM, 0, over);
	line("under way");
	TELL(bind(fd, &n.any, len));
	TELL(send_descriptors(over[0], &fd, 1));
	close(fd);
	TELL(bind(other, &n.any, len));
	line("arrived");
	TELL(receive_descriptors(over[1], &fd, 1, 0));
	TELL(listen(fd, 1));
	TELL(connect(other, &n.any, len));
	line("never taken");
	close(other);
	other = lo_socket(SOCK_STREAM);
	n.in.sin_port = 0;
	TELL(bind(other, &n.any, len));
	getsockname(other, &n.any, &len);
	TELL(send_descriptors(over[0], &other, 1));
	close(other);
	close(over[1]);
	close(over[0]);
	TELL(bind(lo_socket(SOCK_STREAM), &n.any, len));
}

static void sent_over_itself(void)
{
	int fd;

	streams_connect();
	line("over TCP");
	TELL(send_descriptors(st.fd, &st.peer, 1));
	TELL(receive_descriptors(st.peer, &fd, 1, MSG_DONTWAIT));
}

/* A few hundred at once, and all their ends. */
static void many_descriptors(void)
{
	enum { MANY = 150 };
	int fds[MANY], peers[MANY], i, sum = 0;

	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, MANY);
	for (i = 0; i < MANY; i++) {
		fds[i] = lo_socket(SOCK_STREAM);
		must_connect(fds[i], AF_INET, INADDR_LOOPBACK, st.port);
		peers[i] = accept(st.listener, NULL, NULL);
	}
	for (i = 0; i < MANY; i++)
		sum += write(fds[i], &i, sizeof(i)) == sizeof(i);
	line("written");
	say(" %d", sum);
	for (i = 0; i < MANY; i++) {
		int got = -1;

		sum -= read(peers[i], &got, sizeof(got)) == sizeof(got) && got == i;
	}
	say(" lost %d", sum);
	for (i = 0; i < MANY; i++)
		close(fds[i]);
	for (i = 0; i < MANY; i++)
		sum += read(peers[i], room, 1) == 0;
	say(" ended %d", sum);
}

void do_processes(void)
{
	static const struct story stories[] = {
		{ "dup", duplicated },
		{ "dup2", replaced },
		{ "begun again", begun_again },
		{ "close_range", close_range_of },
		{ "child reads", child_reads },
		{ "closed by both", closed_by_both },
		{ "child shuts", child_shuts },
		{ "child accepts", child_accepts },
		{ "child begins again", child_begins_again },
		{ "workers", workers },
		{ "killed", deaths },
		{ "orphans", orphans },
		{ "vfork", of_threads },
		{ "started", started },
		{ "spawned", spawned },
		{ "over exec", over_exec },
		{ "sent to a child", sent_to_child },
		{ "under way", under_way },
		{ "unused under way", unused_under_way },
		{ "sent over itself", sent_over_itself },
		{ "many descriptors", many_descriptors },
	};

	each_story("processes", stories, COUNT(stories));
}
