// SPDX-License-Identifier: BSD-2-Clause
/* SOCK_STREAM: stories with data in them. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>

#include <skiff/tcp_info.h>

#include "socket_twin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void say(int fd, const char *text, int flags)
{
	long ret = side->sendto(fd, text, strlen(text), flags, NULL, 0);

	fprintf(out, "  say %s %x:", text, (unsigned int)flags);
	ret_of(ret);
	fprintf(out, "\n");
	side->settle(1);
}

static void hear(int fd, size_t room, int flags)
{
	char buf[200];
	struct iovec iov = { .iov_base = buf, .iov_len = room };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t ret = side->recvmsg(fd, &msg, flags);

	fprintf(out, "  hear %zu %x:", room, (unsigned int)flags);
	ret_of(ret);
	if (ret >= 0 && !(flags & MSG_TRUNC))
		fprintf(out, " '%.*s' flags %x", (int)ret, buf, (unsigned int)msg.msg_flags);
	fprintf(out, "\n");
}

/* Where both ends stand. */
static void where(const char *when)
{
	fprintf(out, "  %s:", when);
	if (st.fd >= 0) {
		tell_tcp_state(st.fd);
		tell_poll(st.fd);
		call_int(st.fd, SIOCINQ);
		call_queued(st.fd, SIOCOUTQ);
		call_queued(st.fd, SIOCOUTQNSD);
		call_int(st.fd, SIOCATMARK);
	}
	if (st.peer >= 0) {
		fprintf(out, " |");
		tell_tcp_state(st.peer);
		tell_poll(st.peer);
		call_int(st.peer, SIOCINQ);
	}
	fprintf(out, "\n");
}

static void error_of(int fd)
{
	fprintf(out, "  SO_ERROR:");
	call_error(fd, SO_ERROR);
	fprintf(out, "\n");
}

static void patience(int fd)
{
	struct timeval tv = { .tv_usec = 5000 };

	side->set(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	side->set(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void begin(const char *name, int connect)
{
	streams_begin(AF_INET);
	fprintf(out, "stream story: %s\n", name);
	if (!connect)
		return;
	streams_connect();
	patience(st.fd);
	patience(st.peer);
}

static void end(void)
{
	streams_end();
	side->settle(1);
}

static void peeking(void)
{
	begin("peeking", 1);
	say(st.peer, "abcdef", 0);
	hear(st.fd, 3, MSG_PEEK);
	hear(st.fd, 100, MSG_PEEK | MSG_WAITALL);
	say(st.peer, "ghi", 0);
	hear(st.fd, 100, MSG_PEEK);
	hear(st.fd, 9, MSG_PEEK | MSG_WAITALL);
	tell("  SO_PEEK_OFF", set_int(st.fd, SOL_SOCKET, SO_PEEK_OFF, 2));
	hear(st.fd, 3, MSG_PEEK);
	hear(st.fd, 3, MSG_PEEK);
	hear(st.fd, 2, 0);
	hear(st.fd, 3, MSG_PEEK);
	hear(st.fd, 3, MSG_PEEK);
	hear(st.fd, 100, MSG_DONTWAIT);
	hear(st.fd, 100, MSG_PEEK);
	where("read");
	end();
}

static void waiting_for_all(void)
{
	begin("all", 1);
	say(st.peer, "abc", 0);
	hear(st.fd, 10, MSG_WAITALL);
	say(st.peer, "abc", 0);
	hear(st.fd, 10, MSG_WAITALL | MSG_DONTWAIT);
	say(st.peer, "abc", 0);
	say(st.peer, "def", 0);
	hear(st.fd, 6, MSG_WAITALL);
	say(st.peer, "abc", 0);
	side->shutdown(st.peer, SHUT_WR);
	side->settle(1);
	hear(st.fd, 10, MSG_WAITALL);
	hear(st.fd, 10, MSG_WAITALL);
	end();
	begin("all, reset", 1);
	say(st.peer, "abc", 0);
	abort_fd(&st.peer);
	hear(st.fd, 10, MSG_WAITALL);
	hear(st.fd, 10, MSG_WAITALL);
	hear(st.fd, 10, 0);
	end();
	begin("low water", 1);
	set_int(st.fd, SOL_SOCKET, SO_RCVLOWAT, 5);
	say(st.peer, "abc", 0);
	where("less");
	hear(st.fd, 10, 0);
	say(st.peer, "abcdef", 0);
	where("enough");
	hear(st.fd, 3, 0);
	hear(st.fd, 10, MSG_DONTWAIT);
	end();
}

static void truncating(void)
{
	begin("truncating", 1);
	say(st.peer, "abcdefghi", 0);
	hear(st.fd, 3, MSG_TRUNC);
	hear(st.fd, 3, MSG_TRUNC | MSG_PEEK);
	hear(st.fd, 3, 0);
	hear(st.fd, 100, MSG_TRUNC);
	where("read");
	end();
}

static void urgent(int inline_)
{
	begin(inline_ ? "urgent inline" : "urgent", 1);
	set_int(st.fd, SOL_SOCKET, SO_OOBINLINE, inline_);
	say(st.peer, "abc", 0);
	say(st.peer, "de!", MSG_OOB);
	say(st.peer, "fgh", 0);
	where("sent");
	hear(st.fd, 10, MSG_OOB | MSG_PEEK);
	hear(st.fd, 10, MSG_OOB | MSG_TRUNC | MSG_PEEK);
	hear(st.fd, 2, 0);
	where("in front");
	hear(st.fd, 10, 0);
	where("at the mark");
	hear(st.fd, 10, MSG_OOB);
	hear(st.fd, 10, MSG_OOB);
	where("urgent read");
	hear(st.fd, 10, 0);
	where("behind");
	hear(st.fd, 10, MSG_OOB);
	say(st.peer, "1", MSG_OOB);
	say(st.peer, "2", MSG_OOB);
	say(st.peer, "x", 0);
	where("two");
	hear(st.fd, 10, MSG_OOB);
	hear(st.fd, 10, 0);
	hear(st.fd, 10, 0);
	where("read");
	say(st.peer, "3", MSG_OOB);
	set_int(st.fd, SOL_SOCKET, SO_OOBINLINE, !inline_);
	where("changed");
	hear(st.fd, 10, MSG_OOB);
	hear(st.fd, 10, MSG_DONTWAIT);
	say(st.peer, "ab4", MSG_OOB);
	hear(st.fd, 10, MSG_PEEK);
	hear(st.fd, 10, MSG_WAITALL);
	close_fd(&st.peer);
	side->settle(1);
	where("closed");
	hear(st.fd, 10, MSG_OOB);
	hear(st.fd, 10, 0);
	hear(st.fd, 10, MSG_OOB);
	end();
}

static void corking(void)
{
	begin("cork", 1);
	set_int(st.fd, SOL_TCP, TCP_CORK, 1);
	say(st.fd, "abc", 0);
	where("corked");
	set_int(st.fd, SOL_TCP, TCP_NODELAY, 1);
	side->settle(1);
	where("no delay");
	say(st.fd, "def", 0);
	where("corked");
	set_int(st.fd, SOL_TCP, TCP_CORK, 0);
	side->settle(1);
	where("drawn");
	say(st.fd, "ghi", MSG_MORE);
	where("more");
	say(st.fd, "jkl", 0);
	where("no more");
	say(st.fd, "mno", MSG_MORE);
	side->shutdown(st.fd, SHUT_WR);
	side->settle(1);
	where("shut");
	hear(st.peer, 100, 0);
	hear(st.peer, 100, 0);
	end();
	begin("more, then empty", 1);
	say(st.fd, "abc", MSG_MORE);
	say(st.fd, "", 0);
	where("empty");
	side->settle(300);
	where("in time");
	end();
	begin("nagle", 1);
	say(st.fd, "a", 0);
	say(st.fd, "b", 0);
	say(st.fd, "c", MSG_EOR);
	side->settle(100);
	where("sent");
	hear(st.peer, 100, 0);
	end();
}

/* Who learns what in which order. */
static void resets(void)
{
	begin("write, write, read after close", 1);
	close_fd(&st.peer);
	side->settle(1);
	where("closed");
	say(st.fd, "a", 0);
	where("written");
	say(st.fd, "b", 0);
	say(st.fd, "c", 0);
	hear(st.fd, 10, 0);
	error_of(st.fd);
	where("end");
	end();
	begin("read after reset", 1);
	abort_fd(&st.peer);
	where("reset");
	hear(st.fd, 10, 0);
	hear(st.fd, 10, 0);
	say(st.fd, "a", 0);
	error_of(st.fd);
	end();
	begin("write after reset", 1);
	abort_fd(&st.peer);
	say(st.fd, "a", 0);
	say(st.fd, "b", 0);
	hear(st.fd, 10, 0);
	end();
	begin("SO_ERROR after reset", 1);
	abort_fd(&st.peer);
	error_of(st.fd);
	error_of(st.fd);
	hear(st.fd, 10, 0);
	say(st.fd, "a", 0);
	end();
	begin("reset behind data", 1);
	say(st.peer, "abc", 0);
	abort_fd(&st.peer);
	where("reset");
	hear(st.fd, 2, MSG_PEEK);
	hear(st.fd, 2, 0);
	hear(st.fd, 10, 0);
	hear(st.fd, 10, 0);
	hear(st.fd, 10, 0);
	end();
	begin("reset behind the end", 1);
	say(st.fd, "abc", 0);
	side->shutdown(st.peer, SHUT_WR);
	/* So long that the FIN is acknowledged even by the kernel's timer. */
	side->settle(100);
	where("shut");
	abort_fd(&st.peer);
	where("reset");
	hear(st.fd, 10, 0);
	hear(st.fd, 10, 0);
	say(st.fd, "a", 0);
	say(st.fd, "a", 0);
	end();
	begin("closed with data unread", 1);
	say(st.fd, "abc", 0);
	close_fd(&st.peer);
	side->settle(1);
	where("closed");
	error_of(st.fd);
	end();
	begin("closed with the end read only", 1);
	side->shutdown(st.fd, SHUT_WR);
	side->settle(1);
	close_fd(&st.peer);
	side->settle(1);
	where("closed");
	say(st.fd, "a", 0);
	hear(st.fd, 10, 0);
	error_of(st.fd);
	end();
	begin("data for who shut", 1);
	side->shutdown(st.peer, SHUT_RD);
	say(st.fd, "abc", 0);
	where("sent");
	hear(st.peer, 10, 0);
	hear(st.peer, 10, 0);
	end();
	begin("data for who shut both", 1);
	side->shutdown(st.peer, SHUT_RDWR);
	side->settle(TICKS);
	where("shut");
	say(st.fd, "abc", 0);
	where("sent");
	hear(st.peer, 10, 0);
	hear(st.fd, 10, 0);
	end();
}

static void again_connected(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	union name n;
	socklen_t len;

	begin("disconnect and connect", 1);
	say(st.peer, "abc", 0);
	len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
	tell("  disconnect", side->connect(st.fd, &none, sizeof(none)));
	side->settle(1);
	where("apart");
	error_of(st.peer);
	error_of(st.fd);
	close_fd(&st.peer);
	tell("  connect", side->connect(st.fd, &n.any, len));
	side->settle(1);
	st.peer = side->accept(st.listener, NULL, NULL);
	where("again");
	say(st.peer, "def", 0);
	hear(st.fd, 10, 0);
	end();
	begin("refused, then not", 0);
	st.fd = must_open(AF_INET, SOCK_STREAM, 0);
	len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
	tell("  connect", side->connect(st.fd, &n.any, len));
	where("refused");
	st.listener = must_open(AF_INET, SOCK_STREAM, 0);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	side->listen(st.listener, 5);
	tell("  connect", side->connect(st.fd, &n.any, len));
	side->settle(1);
	where("connected");
	tell("  connect", side->connect(st.fd, &n.any, len));
	end();
	begin("after the end", 1);
	len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
	close_fd(&st.peer);
	side->settle(1);
	side->shutdown(st.fd, SHUT_WR);
	side->settle(1);
	where("over");
	tell("  connect", side->connect(st.fd, &n.any, len));
	tell("  connect", side->connect(st.fd, &n.any, len));
	side->settle(1);
	where("again");
	end();
	begin("after a reset", 1);
	len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
	abort_fd(&st.peer);
	where("reset");
	tell("  connect", side->connect(st.fd, &n.any, len));
	tell("  connect", side->connect(st.fd, &n.any, len));
	side->settle(1);
	where("again");
	end();
	begin("itself", 0);
	st.fd = must_open(AF_INET, SOCK_STREAM, 0);
	patience(st.fd);
	must_bind(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	must_connect(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	where("connected");
	say(st.fd, "abc", 0);
	where("said");
	hear(st.fd, 10, 0);
	side->shutdown(st.fd, SHUT_WR);
	side->settle(1);
	where("shut");
	hear(st.fd, 10, 0);
	end();
}

static void queue_of(int backlog)
{
	union name n;
	socklen_t len;
	int fds[5], i;

	begin("backlog", 0);
	st.listener = must_open(AF_INET, SOCK_STREAM, 0);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	tell("  listen", side->listen(st.listener, backlog));
	len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
	for (i = 0; i < 5; i++) {
		fds[i] = must_open(AF_INET, SOCK_STREAM, 0);
		side->fcntl(fds[i], F_SETFL, O_NONBLOCK);
		side->connect(fds[i], &n.any, len);
		side->settle(1);
		fprintf(out, "  %d:", i);
		tell_tcp_state(fds[i]);
		fprintf(out, "\n");
	}
	close_fd(&st.listener);
	side->settle(1);
	for (i = 0; i < 5; i++) {
		fprintf(out, "  %d:", i);
		tell_tcp_state(fds[i]);
		call_error(fds[i], SO_ERROR);
		side->close(fds[i]);
		fprintf(out, "\n");
	}
	end();
}

static void deferred(void)
{
	union name n;
	socklen_t len;

	begin("deferred accept", 0);
	st.listener = must_open(AF_INET, SOCK_STREAM, 0);
	side->fcntl(st.listener, F_SETFL, O_NONBLOCK);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	set_int(st.listener, SOL_TCP, TCP_DEFER_ACCEPT, 5);
	side->listen(st.listener, 5);
	st.fd = must_open(AF_INET, SOCK_STREAM, 0);
	len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
	tell("  connect", side->connect(st.fd, &n.any, len));
	side->settle(1);
	tell_poll(st.listener);
	tell("  accept", side->accept(st.listener, NULL, NULL) >= 0 ? 0 : -1);
	say(st.fd, "abc", 0);
	tell_poll(st.listener);
	st.peer = side->accept(st.listener, NULL, NULL);
	fprintf(out, "  accepted:");
	tell_tcp_state(st.peer);
	fprintf(out, "\n");
	hear(st.peer, 10, MSG_DONTWAIT);
	end();
}

static void of_two_families(void)
{
	union name n;
	socklen_t len;
	int only;

	for (only = 0; only < 2; only++) {
		begin("both families", 0);
		st.listener = must_open(AF_INET6, SOCK_STREAM, 0);
		set_int(st.listener, SOL_IPV6, IPV6_V6ONLY, only);
		must_bind(st.listener, AF_INET6, 0, st.port);
		side->listen(st.listener, 5);
		st.fd = must_open(AF_INET, SOCK_STREAM, 0);
		len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
		tell("  connect", side->connect(st.fd, &n.any, len));
		side->settle(1);
		side->fcntl(st.listener, F_SETFL, O_NONBLOCK);
		st.peer = side->accept(st.listener, NULL, NULL);
		fprintf(out, "  names:");
		if (st.peer >= 0) {
			call_name(st.peer, side->getname, sizeof(n));
			call_name(st.peer, side->getpeer, sizeof(n));
			call_error(st.peer, SO_DOMAIN);
		}
		fprintf(out, "\n");
		end();
	}
}

/* Ends of a connection, step by step. */
static void endings(void)
{
	begin("end", 1);
	side->shutdown(st.fd, SHUT_WR);
	side->settle(TICKS);
	where("one shut");
	say(st.peer, "abc", 0);
	hear(st.fd, 10, 0);
	side->shutdown(st.peer, SHUT_WR);
	side->settle(1);
	where("both shut");
	hear(st.fd, 10, 0);
	hear(st.peer, 10, 0);
	say(st.fd, "x", 0);
	say(st.peer, "x", 0);
	error_of(st.fd);
	fprintf(out, "  names:");
	call_name(st.fd, side->getname, sizeof(union name));
	call_name(st.fd, side->getpeer, sizeof(union name));
	call_name(st.peer, side->getname, sizeof(union name));
	call_name(st.peer, side->getpeer, sizeof(union name));
	fprintf(out, "\n");
	tell("  shutdown", side->shutdown(st.fd, SHUT_RDWR));
	tell("  shutdown", side->shutdown(st.peer, SHUT_RDWR));
	end();
	begin("LINGER2 -1", 1);
	set_int(st.fd, SOL_TCP, TCP_LINGER2, -1);
	close_fd(&st.fd);
	side->settle(TICKS);
	where("closed");
	error_of(st.peer);
	end();
	begin("linger 0 with data", 1);
	set_int(st.fd, SOL_TCP, TCP_CORK, 1);
	say(st.fd, "abc", 0);
	abort_fd(&st.fd);
	where("reset");
	hear(st.peer, 10, 0);
	end();
}

static void control(void)
{
	static const int stamps = SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE |
				  SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE |
				  SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

	begin("control messages", 1);
	tell("  TCP_INQ", set_int(st.fd, SOL_TCP, TCP_INQ, 1));
	say(st.peer, "abcdef", 0);
	receive("  inq", st.fd, 2, 0);
	receive("  inq", st.fd, 2, MSG_PEEK);
	tell("  SO_TIMESTAMP", set_int(st.fd, SOL_SOCKET, SO_TIMESTAMP, 1));
	read_bytes(st.fd, 100, MSG_DONTWAIT);
	side->settle(50); /* the kernel begins to take times a little later */
	say(st.peer, "ghi", 0);
	receive("  inq and time", st.fd, 100, 0);
	receive("  nothing", st.fd, 100, 0);
	say(st.peer, "abc", 0);
	side->shutdown(st.peer, SHUT_WR);
	side->settle(1);
	receive("  part", st.fd, 2, 0);
	receive("  last", st.fd, 100, 0);
	receive("  end", st.fd, 100, 0);
	end();
	begin("stamps of sending", 1);
	tell("  SO_TIMESTAMPING", set_int(st.fd, SOL_SOCKET, SO_TIMESTAMPING, stamps));
	say(st.fd, "abc", 0);
	fprintf(out, " ");
	tell_poll(st.fd);
	fprintf(out, "\n");
	receive("  first", st.fd, 100, MSG_ERRQUEUE);
	receive("  second", st.fd, 100, MSG_ERRQUEUE);
	receive("  third", st.fd, 100, MSG_ERRQUEUE);
	receive("  none", st.fd, 100, MSG_ERRQUEUE);
	end();
}

static unsigned int segments_out(int fd)
{
	struct skiff_tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	side->get(fd, SOL_TCP, TCP_INFO, &info, &len);
	return info.tcpi_segs_out;
}

/* Probes of a connection where nothing goes on; one of a family with its option set before. */
static void kept_alive(void)
{
	unsigned int before;

	begin("keepalive", 1);
	set_int(st.fd, SOL_TCP, TCP_KEEPIDLE, 1);
	before = segments_out(st.fd);
	tell("  SO_KEEPALIVE", set_int(st.fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	side->settle(1300);
	tell("  probes", (long)(segments_out(st.fd) - before));
	set_int(st.fd, SOL_SOCKET, SO_KEEPALIVE, 0);
	side->settle(1300);
	tell("  probes", (long)(segments_out(st.fd) - before));
	end();
}

static void unreachable(void)
{
	union name n;
	socklen_t len;

	begin("nobody there", 0);
	st.fd = must_open(AF_INET, SOCK_STREAM, 0);
	side->fcntl(st.fd, F_SETFL, O_NONBLOCK);
	len = make_name(&n, AF_INET, SILENT, st.port);
	tell("  connect", side->connect(st.fd, &n.any, len));
	where("begun");
	side->settle(4000);
	where("failed");
	tell("  connect", side->connect(st.fd, &n.any, len));
	tell("  connect", side->connect(st.fd, &n.any, len));
	end();
}

static void pieces(void)
{
	char a[4], b[4];
	struct iovec iov[2] = { { .iov_base = a, .iov_len = 3 }, { .iov_base = b, .iov_len = 3 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	union name n;
	char room[64] = "";

	begin("pieces", 1);
	memcpy(a, "abc", 4);
	memcpy(b, "def", 4);
	tell("  send", side->sendmsg(st.fd, &msg, 0));
	msg.msg_name = &n;
	msg.msg_namelen = make_name(&n, AF_INET, FAR, 1);
	tell("  send with a name", side->sendmsg(st.fd, &msg, 0));
	msg.msg_name = NULL;
	msg.msg_namelen = 0;
	msg.msg_control = room;
	msg.msg_controllen = 20;
	tell("  send with bad control", side->sendmsg(st.fd, &msg, 0));
	msg.msg_control = NULL;
	msg.msg_controllen = 0;
	msg.msg_iovlen = 0;
	tell("  send nothing", side->sendmsg(st.fd, &msg, 0));
	tell("  receive nothing", side->recvmsg(st.fd, &msg, MSG_DONTWAIT));
	msg.msg_iovlen = 2;
	side->settle(1);
	hear(st.peer, 4, 0);
	tell("  receive", side->recvmsg(st.peer, &msg, MSG_DONTWAIT));
	fprintf(out, "  %.3s %.3s\n", a, b);
	hear(st.peer, 10, 0);
	end();
}

static void saved_syn(void)
{
	unsigned char buf[256];
	union name n;
	socklen_t len;
	int how;

	for (how = 0; how < 3; how++) {
		begin("saved SYN", 0);
		st.listener = must_open(AF_INET, SOCK_STREAM, 0);
		must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
		set_int(st.listener, SOL_TCP, TCP_SAVE_SYN, how);
		side->listen(st.listener, 5);
		st.fd = must_open(AF_INET, SOCK_STREAM, 0);
		len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
		side->connect(st.fd, &n.any, len);
		side->settle(1);
		st.peer = side->accept(st.listener, NULL, NULL);
		fprintf(out, "  syn:");
		for (len = 10;; len = sizeof(buf)) {
			socklen_t room = len;

			ret_of(side->get(st.peer, SOL_TCP, TCP_SAVED_SYN, buf, &room));
			fprintf(out, " %u", room);
			if (len > 10)
				break;
		}
		len = sizeof(buf);
		ret_of(side->get(st.peer, SOL_TCP, TCP_SAVED_SYN, buf, &len));
		fprintf(out, " %u\n", len);
		end();
	}
}

static void all_urgent(void)
{
	urgent(0);
	urgent(1);
}

static void queues(void)
{
	queue_of(0);
	queue_of(1);
	queue_of(2);
}

void do_stream_traffic(void)
{
	static const struct {
		const char *name;
		void (*tell)(void);
	} stories[] = {
		{ "peeking", peeking },
		{ "waiting for all", waiting_for_all },
		{ "truncating", truncating },
		{ "urgent", all_urgent },
		{ "corking", corking },
		{ "resets", resets },
		{ "connected again", again_connected },
		{ "queues", queues },
		{ "deferred", deferred },
		{ "two families", of_two_families },
		{ "endings", endings },
		{ "control", control },
		{ "kept alive", kept_alive },
		{ "unreachable", unreachable },
		{ "pieces", pieces },
		{ "saved SYN", saved_syn },
	};
	size_t i;

	for (i = 0; i < COUNT(stories); i++) {
		/* Those that a process of its own uses are in use here as well. */
		st.port += 20;
		if (!apart_begin("stream story %s", stories[i].name))
			continue;
		stories[i].tell();
		apart_end();
	}
}
