// SPDX-License-Identifier: BSD-2-Clause
/* Calls that wait, and what ends the waiting: whoever comes, data, ends, errors, time, other threads. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "scenario.h"

static char room[100];

static long w_read(int fd)
{
	return read(fd, room, 50);
}

static long w_recv(int fd)
{
	return recv(fd, room, 50, 0);
}

static long w_recvfrom(int fd)
{
	union name n;
	socklen_t len = sizeof(n);

	return recvfrom(fd, room, 50, 0, &n.any, &len);
}

static long w_recv_all(int fd)
{
	return recv(fd, room, 20, MSG_WAITALL);
}

static long w_recv_peek(int fd)
{
	return recv(fd, room, 50, MSG_PEEK);
}

static long w_recv_nothing(int fd)
{
	return recv(fd, room, 0, 0);
}

static long w_accept(int fd)
{
	return accept(fd, NULL, NULL) < 0 ? -1 : 0;
}

static long w_poll_in(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, -1) < 0 ? -1 : p.revents;
}

static long w_poll_out(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) < 0 ? -1 : p.revents;
}

static long w_poll_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, -1) < 0 ? -1 : p.revents;
}

static long w_select_in(int fd)
{
	fd_set in;

	FD_ZERO(&in);
	FD_SET(fd, &in);
	return select(fd + 1, &in, NULL, NULL, NULL);
}

static long w_write_all(int fd)
{
	static char data[300000];

	return write(fd, data, sizeof(data)) == sizeof(data) ? 1 : -1;
}

static long w_fill(int fd)
{
	static char data[300000];
	long n;

	do
		n = send(fd, data, sizeof(data), MSG_NOSIGNAL);
	while (n > 0);
	return n;
}

static long w_connect(int fd)
{
	union name n;
	socklen_t len = lo_name(&n, st.port);

	return connect(fd, &n.any, len);
}

/* What happens meanwhile. */

static void data_comes(void)
{
	send(st.peer, "abcdefghij", 10, 0);
}

static void urgent_comes(void)
{
	send(st.peer, "!", 1, MSG_OOB);
}

static void peer_closes(void)
{
	close_fd(&st.peer);
}

static void peer_shuts(void)
{
	shutdown(st.peer, SHUT_WR);
}

static void peer_resets(void)
{
	abort_fd(&st.peer);
}

static void shuts_rd(void)
{
	shutdown(st.fd, SHUT_RD);
}

static void shuts_wr(void)
{
	shutdown(st.fd, SHUT_WR);
}

static void shuts_both(void)
{
	shutdown(st.fd, SHUT_RDWR);
}

static void disconnects(void)
{
	connect(st.fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
}

/* Whoever waits in it is not disturbed; the descriptor is gone. */
static void closes(void)
{
	close_fd(&st.fd);
}

static void becomes_nonblocking(void)
{
	fcntl(st.fd, F_SETFL, O_NONBLOCK);
}

static const struct {
	const char *name;
	long (*call)(int fd);
} waits[] = {
	{ "read", w_read },	      { "recv", w_recv },
	{ "recvfrom", w_recvfrom },   { "recv waitall", w_recv_all },
	{ "recv peek", w_recv_peek }, { "recv nothing", w_recv_nothing },
	{ "poll in", w_poll_in },     { "poll rdhup", w_poll_end },
	{ "select in", w_select_in },
};

static const struct {
	const char *name;
	void (*happen)(void);
} happenings[] = {
	{ "data", data_comes },
	{ "urgent data", urgent_comes },
	{ "peer closes", peer_closes },
	{ "peer shuts", peer_shuts },
	{ "peer resets", peer_resets },
	{ "shutdown rd", shuts_rd },
	{ "shutdown wr", shuts_wr },
	{ "shutdown both", shuts_both },
	{ "disconnect", disconnects },
	{ "close", closes },
	{ "nonblocking", becomes_nonblocking },
};

static void wait_while(void (*make)(void), const char *state, size_t w, size_t h)
{
	struct waiter waiter;

	if (!scene_begin("waiting/%s | %s | %s", state, waits[w].name, happenings[h].name))
		return;
	make();
	waiter_begin(&waiter, waits[w].call, st.fd);
	waiter_look(&waiter);
	happenings[h].happen();
	waiter_look(&waiter);
	if (waiter.done) {
		waiter_end(&waiter);
	} else {
		/* What it was waiting for comes after all. */
		data_comes();
		waiter_look(&waiter);
		peer_closes();
		waiter_look(&waiter);
		if (waiter.done)
			waiter_end(&waiter);
	}
	say("\n");
	apart_end();
}

static void each_wait(void)
{
	size_t w, h;

	for (w = 0; w < COUNT(waits); w++)
		for (h = 0; h < COUNT(happenings); h++) {
			wait_while(streams_connect, "stream", w, h);
			wait_while(lo_datagram_pair, "udp", w, h);
		}
}

/* Listeners. */

static void somebody_comes(void)
{
	st.peer = lo_socket(SOCK_STREAM);
	must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
}

static void begin_listening(void)
{
	st.fd = lo_socket(SOCK_STREAM);
	must_bind(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.fd, 5);
}

static void accept_while(const char *what, void (*happen)(void))
{
	struct waiter w;

	line(what);
	begin_listening();
	waiter_begin(&w, w_accept, st.fd);
	waiter_look(&w);
	happen();
	waiter_end(&w);
	streams_end();
}

static void accepting(void)
{
	accept_while("somebody comes", somebody_comes);
	st.port++;
	accept_while("shutdown", shuts_rd);
	st.port++;
	accept_while("disconnect", disconnects);
}

static void accepted_by_two(void)
{
	struct waiter a, b;

	begin_listening();
	waiter_begin(&a, w_accept, st.fd);
	waiter_begin(&b, w_accept, st.fd);
	line("one comes");
	somebody_comes();
	side->settle(BLOCKS_MS);
	/* Exactly one, whichever. */
	say(" %d", a.done + b.done);
	line("another one");
	somebody_comes();
	waiter_end(&a);
	waiter_end(&b);
}

static void polled_by_two(void)
{
	struct waiter a, b;

	begin_listening();
	waiter_begin(&a, w_poll_in, st.fd);
	waiter_begin(&b, w_poll_in, st.fd);
	line("one comes");
	somebody_comes();
	waiter_end(&a);
	waiter_end(&b);
}

/* Connecting. */

static void connecting_by(const char *what, void (*happen)(void))
{
	struct waiter w;

	line(what);
	lo_connecting();
	close_fd(&st.fd);
	st.fd = lo_socket(SOCK_STREAM);
	waiter_begin(&w, w_connect, st.fd);
	waiter_look(&w);
	happen();
	waiter_end(&w);
	TELL(w_connect(st.fd));
	streams_end();
}

static void makes_room(void)
{
	close(accept(st.listener, NULL, NULL));
}

static void listener_closes(void)
{
	close_fd(&st.listener);
}

static void connecting(void)
{
	connecting_by("answered at last", makes_room);
	st.port++;
	connecting_by("refused at last", listener_closes);
	st.port++;
	connecting_by("shutdown", shuts_both);
}

static void connect_in_time(void)
{
	struct timeval tv = { .tv_usec = 100000 };

	lo_connecting();
	close_fd(&st.fd);
	st.fd = lo_socket(SOCK_STREAM);
	setsockopt(st.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	line("SO_SNDTIMEO");
	TELL(w_connect(st.fd));
	TELL(w_connect(st.fd));
	tell_poll(st.fd);
	line("answered");
	makes_room();
	await_poll(st.fd, POLLOUT);
	TELL(w_connect(st.fd));
	TELL(w_connect(st.fd));
}

/* Nobody ever answers. */
static void connect_too_late(void)
{
	lo_connecting();
	close_fd(&st.fd);
	st.fd = lo_socket(SOCK_STREAM);
	set_int(st.fd, SOL_TCP, TCP_SYNCNT, 1);
	line("waits");
	if (w_connect(st.fd))
		say(" %s", strerrorname_np(errno));
	tell_poll(st.fd);
	call_error(st.fd, SO_ERROR);
	line("nonblock");
	st.peer = lo_socket(SOCK_STREAM);
	set_int(st.peer, SOL_TCP, TCP_SYNCNT, 1);
	fcntl(st.peer, F_SETFL, O_NONBLOCK);
	TELL(w_connect(st.peer));
	await_poll(st.peer, POLLOUT);
	tell_poll(st.peer);
	TELL(read(st.peer, room, 5));
	call_error(st.peer, SO_ERROR);
}

/* Writing. */

static void small_buffers(void)
{
	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 4096);
	set_int(st.peer, SOL_SOCKET, SO_RCVBUF, 4096);
}

static void peer_reads(void)
{
	long n, sum = 0;

	while (sum < 300000) {
		n = read(st.peer, room, sizeof(room));
		if (n <= 0)
			break;
		sum += n;
	}
}

static void writing_while(const char *what, long (*call)(int fd), void (*happen)(void))
{
	struct waiter w;

	line(what);
	small_buffers();
	waiter_begin(&w, call, st.fd);
	waiter_look(&w);
	happen();
	waiter_end(&w);
	tell_signals();
	streams_end();
	st.port++;
}

static void writing(void)
{
	catch_signal(SIGPIPE, 0);
	writing_while("read by the peer", w_write_all, peer_reads);
	writing_while("peer resets", w_fill, peer_resets);
	writing_while("peer closes", w_fill, peer_closes);
}

static void writing_shut(void)
{
	catch_signal(SIGPIPE, 0);
	writing_while("shut", w_fill, shuts_wr);
}

static void writable_again(void)
{
	struct waiter w;

	small_buffers();
	fill_up(st.fd);
	line("poll");
	waiter_begin(&w, w_poll_out, st.fd);
	waiter_look(&w);
	while (!w.done && recv(st.peer, room, sizeof(room), MSG_DONTWAIT) != 0)
		usleep(100);
	waiter_end(&w);
}

static long w_write_one(int fd)
{
	return write(fd, "a", 1);
}

/* More room is room for who waits. */
static void larger_buffer(void)
{
	struct waiter w;

	small_buffers();
	fill_up(st.fd);
	line("write");
	waiter_begin(&w, w_write_one, st.fd);
	waiter_look(&w);
	TELL(set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 200000));
	waiter_end(&w);
}

/* Time. */

static void timeouts_of(int fd)
{
	struct timeval tv = { .tv_usec = 60000 };
	struct iovec iov = { room, 10 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	/* Each returns by itself, before the alarm would be noticed. */
	say(" read");
	TELL(read(fd, room, 10));
	say(" readv");
	TELL(readv(fd, &iov, 1));
	say(" recv");
	TELL(recv(fd, room, 10, 0));
	say(" waitall");
	TELL(recv(fd, room, 10, MSG_WAITALL));
	say(" recvfrom");
	TELL(w_recvfrom(fd));
}

static void timeouts(void)
{
	line("udp");
	lo_datagram_pair();
	timeouts_of(st.fd);
	streams_end();
	st.port++;
	line("stream");
	streams_connect();
	timeouts_of(st.fd);
	line("some of it");
	send(st.peer, "abc", 3, 0);
	side->settle(1);
	TELL(recv(st.fd, room, 10, MSG_WAITALL));
	line("accept");
	setsockopt(st.listener, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_usec = 60000 },
		   sizeof(struct timeval));
	TELL(accept(st.listener, NULL, NULL));
}

static void timeout_of_writing(void)
{
	struct timeval tv = { .tv_usec = 60000 };
	static char data[300000];
	long n;

	small_buffers();
	setsockopt(st.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	line("first");
	n = write(st.fd, data, sizeof(data));
	say(n > 0 && n < (long)sizeof(data) ? " some" : " other");
	line("then");
	TELL(write(st.fd, data, sizeof(data)));
	TELL(send(st.fd, data, 1, 0));
}

/* Not before there is enough. */
static void low_water(void)
{
	struct waiter w;

	streams_connect();
	TELL(set_int(st.fd, SOL_SOCKET, SO_RCVLOWAT, 15));
	line("read");
	waiter_begin(&w, w_read, st.fd);
	data_comes();
	waiter_look(&w);
	data_comes();
	waiter_end(&w);
	line("poll");
	waiter_begin(&w, w_poll_in, st.fd);
	data_comes();
	waiter_look(&w);
	data_comes();
	waiter_end(&w);
	line("read less");
	TELL(read(st.fd, room, 12));
	tell_poll(st.fd);
	TELL(read(st.fd, room, 12));
	line("the end");
	data_comes();
	peer_shuts();
	side->settle(1);
	tell_poll(st.fd);
	TELL(read(st.fd, room, 50));
}

static void many_at_once(void)
{
	struct waiter w;
	static char data[1000000];
	long n, sum = 0;

	streams_connect();
	line("a million");
	waiter_begin(&w, w_fill, st.peer);
	while (sum < 3000000) {
		n = read(st.fd, data, sizeof(data));
		if (n <= 0)
			break;
		sum += n;
	}
	say(sum >= 3000000 ? " all" : " less");
	close_fd(&st.fd);
	waiter_end(&w);
}

void do_waiting(void)
{
	static const struct story stories[] = {
		{ "accept", accepting },
		{ "two accept", accepted_by_two },
		{ "two poll", polled_by_two },
		{ "connect", connecting },
		{ "connect in time", connect_in_time },
		{ "connect too late", connect_too_late },
		{ "write", writing },
		{ "write, shut", writing_shut },
		{ "writable again", writable_again },
		{ "timeouts", timeouts },
		{ "larger buffer", larger_buffer },
		{ "timeout of writing", timeout_of_writing },
		{ "low water", low_water },
		{ "many bytes", many_at_once },
	};

	each_wait();
	each_story("waiting", stories, COUNT(stories));
}
