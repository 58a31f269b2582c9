// SPDX-License-Identifier: BSD-2-Clause
/* How connections begin again and end: half, both, by reset, with data on the way; errors and their order. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include <linux/errqueue.h>

#include "scenario.h"

static char room[1000];

static void unspec(int fd)
{
	TELL(connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)));
}

static int name_and_connect(int fd, unsigned short port)
{
	union name n;
	socklen_t len = lo_name(&n, port);

	return connect(fd, &n.any, len);
}

static void half_closed(void)
{
	streams_connect();
	line("shut for writing");
	TELL(shutdown(st.fd, SHUT_WR));
	await_poll(st.peer, POLLRDHUP);
	tell_poll(st.peer);
	TELL(read(st.peer, room, 10));
	line("the other way");
	TELL(write(st.peer, "abc", 3));
	await_poll(st.fd, POLLIN);
	TELL(read(st.fd, room, 10));
	TELL(write(st.peer, "defg", 4));
	TELL(shutdown(st.peer, SHUT_WR));
	side->settle(TICKS);
	TELL(read(st.fd, room, 10));
	TELL(read(st.fd, room, 10));
	tell_poll(st.fd);
	tell_poll(st.peer);
	line("not connected any more");
	call_name(st.fd, getpeername, sizeof(union name));
	TELL(shutdown(st.fd, SHUT_RDWR));
}

static void reset_by_linger(void)
{
	struct linger l = { .l_onoff = 1 };

	streams_connect();
	send(st.fd, "abc", 3, 0);
	side->settle(1);
	setsockopt(st.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	line("close");
	TELL(close(st.fd));
	st.fd = -1;
	await_poll(st.peer, POLLERR);
	tell_poll(st.peer);
	TELL(read(st.peer, room, 10));
	TELL(read(st.peer, room, 10));
	TELL(read(st.peer, room, 10));
}

static void lingering(void)
{
	struct linger l = { .l_onoff = 1, .l_linger = 1 };

	streams_connect();
	set_int(st.peer, SOL_SOCKET, SO_RCVBUF, 4096);
	setsockopt(st.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	line("all taken");
	TELL(close(st.fd));
	st.fd = -1;
	TELL(read(st.peer, room, 10));
}

/* All that was written arrives, though nobody is there any more. */
static void closed_behind_data(void)
{
	static char data[100000];
	long sum = 0, n;

	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 300000);
	line("written and closed");
	TELL(write(st.fd, data, sizeof(data)));
	TELL(close(st.fd));
	st.fd = -1;
	while ((n = read(st.peer, room, sizeof(room))) > 0)
		sum += n;
	say(" arrived %ld then %ld", sum, n);
}

static void order_of_errors(void)
{
	streams_connect();
	line("reset, read");
	abort_fd(&st.peer);
	await_poll(st.fd, POLLERR);
	TELL(read(st.fd, room, 10));
	TELL(read(st.fd, room, 10));
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
	call_error(st.fd, SO_ERROR);
	streams_end();
	st.port++;
	streams_connect();
	line("reset, write");
	abort_fd(&st.peer);
	await_poll(st.fd, POLLERR);
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
	TELL(read(st.fd, room, 10));
	streams_end();
	st.port++;
	streams_connect();
	line("reset, SO_ERROR");
	abort_fd(&st.peer);
	await_poll(st.fd, POLLERR);
	call_error(st.fd, SO_ERROR);
	call_error(st.fd, SO_ERROR);
	tell_poll(st.fd);
	TELL(read(st.fd, room, 10));
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
}

static void refused(void)
{
	st.fd = lo_socket(SOCK_STREAM);
	line("waits");
	TELL(name_and_connect(st.fd, st.port));
	tell_poll(st.fd);
	call_error(st.fd, SO_ERROR);
	TELL(read(st.fd, room, 10));
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
	line("again, heard");
	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 5);
	TELL(name_and_connect(st.fd, st.port));
	TELL(write(st.fd, "abc", 3));
	line("nonblock");
	close_fd(&st.fd);
	st.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	TELL(name_and_connect(st.fd, (unsigned short)(st.port + 1)));
	await_poll(st.fd, POLLOUT);
	tell_poll(st.fd);
	TELL(read(st.fd, room, 10));
	call_error(st.fd, SO_ERROR);
	TELL(name_and_connect(st.fd, st.port));
	await_poll(st.fd, POLLOUT);
	TELL(name_and_connect(st.fd, st.port));
	TELL(name_and_connect(st.fd, st.port));
}

static void connected_in_steps(void)
{
	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 5);
	st.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	line("connect");
	TELL(name_and_connect(st.fd, st.port));
	await_poll(st.fd, POLLOUT);
	tell_poll(st.fd);
	line("SO_ERROR");
	call_error(st.fd, SO_ERROR);
	call_name(st.fd, getpeername, sizeof(union name));
	line("written before it is accepted");
	TELL(write(st.fd, "abc", 3));
	st.peer = accept(st.listener, NULL, NULL);
	TELL(read(st.peer, room, 10));
	line("again");
	TELL(name_and_connect(st.fd, st.port));
	TELL(name_and_connect(st.fd, st.port));
	TELL(name_and_connect(st.fd, (unsigned short)(st.port + 1)));
}

static void begun_again(void)
{
	streams_connect();
	line("AF_UNSPEC");
	unspec(st.fd);
	tell_poll(st.fd);
	TELL(send(st.fd, "a", 1, MSG_NOSIGNAL));
	await_poll(st.peer, POLLERR);
	TELL(read(st.peer, room, 10));
	line("connected again");
	TELL(name_and_connect(st.fd, st.port));
	close_fd(&st.peer);
	st.peer = accept(st.listener, NULL, NULL);
	TELL(write(st.fd, "abc", 3));
	TELL(read(st.peer, room, 10));
	line("a listener now");
	unspec(st.fd);
	TELL(listen(st.fd, 5));
	tell_poll(st.fd);
	call_error(st.fd, SO_ACCEPTCONN);
	line("and not any more");
	TELL(shutdown(st.fd, SHUT_RD));
	tell_poll(st.fd);
	call_error(st.fd, SO_ACCEPTCONN);
	TELL(name_and_connect(st.fd, st.port));
}

static void to_itself(void)
{
	st.fd = lo_socket(SOCK_STREAM);
	must_bind(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	line("itself");
	TELL(name_and_connect(st.fd, st.port));
	TELL(write(st.fd, "abc", 3));
	await_poll(st.fd, POLLIN);
	TELL(read(st.fd, room, 10));
	TELL(shutdown(st.fd, SHUT_WR));
	await_poll(st.fd, POLLRDHUP);
	side->settle(1);
	tell_poll(st.fd);
	TELL(read(st.fd, room, 10));
}

static void listener_closed(void)
{
	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 5);
	st.fd = lo_socket(SOCK_STREAM);
	line("never accepted");
	TELL(name_and_connect(st.fd, st.port));
	TELL(write(st.fd, "abc", 3));
	side->settle(5);
	close_fd(&st.listener);
	await_poll(st.fd, POLLERR);
	tell_poll(st.fd);
	TELL(read(st.fd, room, 10));
}

static void gone_before_accept(void)
{
	union name n;
	socklen_t len = sizeof(n);

	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 5);
	st.peer = lo_socket(SOCK_STREAM);
	line("closed");
	TELL(name_and_connect(st.peer, st.port));
	TELL(write(st.peer, "abc", 3));
	close_fd(&st.peer);
	side->settle(5);
	st.fd = accept(st.listener, &n.any, &len);
	tell_name(&n, len);
	TELL(read(st.fd, room, 10));
	TELL(read(st.fd, room, 10));
	line("reset");
	st.peer = lo_socket(SOCK_STREAM);
	TELL(name_and_connect(st.peer, st.port));
	side->settle(5);
	abort_fd(&st.peer);
	side->settle(5);
	tell_poll(st.listener);
	fcntl(st.listener, F_SETFL, O_NONBLOCK);
	close_fd(&st.fd);
	st.fd = accept(st.listener, NULL, NULL);
	say(st.fd < 0 ? " none" : " one");
	TELL(read(st.fd, room, 10));
}

/* Datagrams that nobody takes. */
static void datagrams_refused(void)
{
	/* POLLERR comes unasked; who is told in another way is not to wait for it. */
	lo_datagram_pair();
	close_fd(&st.peer);
	line("sent");
	TELL(send(st.fd, "a", 1, 0));
	await_poll(st.fd, POLLIN);
	tell_poll(st.fd);
	line("read");
	TELL(read(st.fd, room, 10));
	TELL(recv(st.fd, room, 10, MSG_DONTWAIT));
	line("written");
	TELL(write(st.fd, "a", 1));
	await_poll(st.fd, POLLIN);
	TELL(write(st.fd, "a", 1));
	TELL(write(st.fd, "a", 1));
	line("SO_ERROR");
	await_poll(st.fd, POLLIN);
	call_error(st.fd, SO_ERROR);
	call_error(st.fd, SO_ERROR);
	line("poll");
	TELL(send(st.fd, "a", 1, 0));
	await_poll(st.fd, POLLIN);
	tell_poll(st.fd);
	tell_poll(st.fd);
	line("recvfrom");
	TELL(recvfrom(st.fd, room, 10, 0, NULL, NULL));
}

static long w_read(int fd)
{
	return read(fd, room, 10);
}

/* Who waits learns of the error. */
static void datagram_reader_refused(void)
{
	struct waiter w;

	lo_datagram_pair();
	close_fd(&st.peer);
	line("read");
	waiter_begin(&w, w_read, st.fd);
	waiter_look(&w);
	send(st.fd, "a", 1, 0);
	waiter_end(&w);
}

static void error_queue(void)
{
	char control[300];
	union name n;
	struct iovec iov = { room, 100 };
	struct msghdr msg = { .msg_name = &n,
			      .msg_namelen = sizeof(n),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct sock_extended_err ee;

	lo_datagram_pair();
	TELL(set_int(st.fd, SOL_IP, IP_RECVERR, 1));
	close_fd(&st.peer);
	TELL(send(st.fd, "abc", 3, 0));
	await_poll(st.fd, POLLERR);
	line("queue");
	TELL(recvmsg(st.fd, &msg, MSG_ERRQUEUE));
	memcpy(&ee, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(ee));
	say(" %s origin %u type %u code %u", strerrorname_np((int)ee.ee_errno), ee.ee_origin,
	    ee.ee_type, ee.ee_code);
	tell_poll(st.fd);
	TELL(recvmsg(st.fd, &msg, MSG_ERRQUEUE));
	line("then");
	TELL(read(st.fd, room, 10));
}

static void datagrams_to_others(void)
{
	union name n;
	socklen_t len = lo_name(&n, (unsigned short)(st.port + 1));
	int other = lo_socket(SOCK_DGRAM);

	must_bind(other, AF_INET, INADDR_LOOPBACK, (unsigned short)(st.port + 1));
	st.fd = lo_socket(SOCK_DGRAM);
	line("not bound");
	TELL(sendto(st.fd, "abc", 3, 0, &n.any, len));
	call_name(st.fd, getsockname, sizeof(n));
	side->settle(1);
	len = sizeof(n);
	TELL(recvfrom(other, room, 10, 0, &n.any, &len));
	line("answered");
	TELL(sendto(other, "defg", 4, 0, &n.any, len));
	side->settle(1);
	TELL(read(st.fd, room, 10));
	line("no address");
	TELL(send(st.fd, "a", 1, 0));
	TELL(write(st.fd, "a", 1));
	line("connected to nobody else");
	TELL(name_and_connect(st.fd, (unsigned short)(st.port + 2)));
	TELL(sendto(other, "defg", 4, 0, &n.any, len));
	side->settle(1);
	TELL(recv(st.fd, room, 10, MSG_DONTWAIT));
	line("to anybody again");
	unspec(st.fd);
	call_name(st.fd, getsockname, sizeof(n));
	call_name(st.fd, getpeername, sizeof(n));
}

/* A port that is left can be used again by who asks for that. */
static void ports_again(void)
{
	int fd;

	streams_connect();
	close_fd(&st.peer);
	close_fd(&st.fd);
	close_fd(&st.listener);
	side->settle(5);
	fd = lo_socket(SOCK_STREAM);
	line("in TIME_WAIT");
	call_bind(fd, AF_INET, INADDR_LOOPBACK, st.port);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	call_bind(fd, AF_INET, INADDR_LOOPBACK, st.port);
	TELL(listen(fd, 5));
}

static void backlog(void)
{
	int fds[4], i;

	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 1);
	line("connect");
	for (i = 0; i < 4; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		TELL(name_and_connect(fds[i], st.port));
		side->settle(5);
		tell_poll(fds[i]);
	}
	line("accepted");
	for (i = 0; i < 2; i++)
		TELL(accept(st.listener, NULL, NULL) < 0 ? -1 : 0);
	for (i = 2; i < 4; i++)
		say(await_poll(fds[i], POLLOUT) == POLLOUT ? " late" : " never");
	for (i = 2; i < 4; i++)
		TELL(accept(st.listener, NULL, NULL) < 0 ? -1 : 0);
}

static void told_of_connection(void)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	streams_connect();
	line("TCP_INFO");
	memset(&info, 0, sizeof(info));
	TELL(getsockopt(st.fd, SOL_TCP, TCP_INFO, &info, &len));
	say(" state %u mss %u rtt %d cwnd %u options %x", info.tcpi_state, info.tcpi_snd_mss > 1000,
	    info.tcpi_rtt > 0, info.tcpi_snd_cwnd, info.tcpi_options & 7u);
	len = 2;
	TELL(getsockopt(st.fd, SOL_TCP, TCP_INFO, &info, &len));
	say(" %u", len);
	TELL(getsockopt(st.fd, SOL_TCP, TCP_CONGESTION, room, &(socklen_t){ 16 }));
}

void do_ends(void)
{
	static const struct story stories[] = {
		{ "half closed", half_closed },
		{ "linger 0", reset_by_linger },
		{ "lingering", lingering },
		{ "closed behind data", closed_behind_data },
		{ "order of errors", order_of_errors },
		{ "refused", refused },
		{ "connect in steps", connected_in_steps },
		{ "begun again", begun_again },
		{ "to itself", to_itself },
		{ "listener closed", listener_closed },
		{ "gone before accept", gone_before_accept },
		{ "datagrams refused", datagrams_refused },
		{ "datagram reader refused", datagram_reader_refused },
		{ "error queue", error_queue },
		{ "datagrams to others", datagrams_to_others },
		{ "ports again", ports_again },
		{ "backlog", backlog },
		{ "told of a connection", told_of_connection },
	};

	each_story("ends", stories, COUNT(stories));
}
