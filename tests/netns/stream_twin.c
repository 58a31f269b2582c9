// SPDX-License-Identifier: BSD-2-Clause
/* SOCK_STREAM: the states that a socket can be in, and how it gets there. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "socket_twin.h"

struct streams st = { .port = 5001, .fd = -1, .peer = -1, .listener = -1 };

void streams_begin(int family)
{
	st.family = family;
	st.fd = st.peer = st.listener = -1;
	/* Below the ports that are chosen by themselves. */
	if (++st.port == 32000)
		st.port = 5001;
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		side->close(*fd);
	*fd = -1;
}

void abort_fd(int *fd)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	side->set(*fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close_fd(fd);
	side->settle(1);
}

void streams_end(void)
{
	close_fd(&st.fd);
	close_fd(&st.peer);
	close_fd(&st.listener);
}

long send_bytes(int fd, size_t len, int flags)
{
	static const unsigned char data[300000];

	return side->sendto(fd, data, len, flags, NULL, 0);
}

long read_bytes(int fd, size_t len, int flags)
{
	static unsigned char data[300000];
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return side->recvmsg(fd, &msg, flags);
}

void tell_tcp_state(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (!side->get(fd, SOL_TCP, TCP_INFO, &info, &len))
		fprintf(out, " state %u", info.tcpi_state);
}

/* Of one that has ended Linux tells what was left, which depends on numbers that nobody sees. */
void call_queued(int fd, unsigned long request)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	side->get(fd, SOL_TCP, TCP_INFO, &info, &len);
	if (info.tcpi_state == TCP_CLOSE)
		fprintf(out, " -");
	else
		call_int(fd, request);
}

static int stream_new(void)
{
	return must_open(st.family, SOCK_STREAM, 0);
}

static void listen_at(unsigned int addr, int backlog)
{
	st.listener = stream_new();
	must_bind(st.listener, st.family, addr, st.port);
	side->listen(st.listener, backlog);
}

void streams_connect(void)
{
	listen_at(INADDR_LOOPBACK, 5);
	st.fd = stream_new();
	must_connect(st.fd, st.family, INADDR_LOOPBACK, st.port);
	side->settle(1);
	st.peer = side->accept(st.listener, NULL, NULL);
}

static void nonblock(int fd)
{
	side->fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void fresh(void)
{
	st.fd = stream_new();
}

static void bound(void)
{
	st.fd = stream_new();
	must_bind(st.fd, st.family, 0, st.port);
}

static void bound_own(void)
{
	st.fd = stream_new();
	must_bind(st.fd, st.family, OWN, st.port);
}

static void listening(void)
{
	listen_at(INADDR_LOOPBACK, 5);
	st.fd = st.listener;
	st.listener = -1;
}

static void pending(void)
{
	listening();
	st.peer = stream_new();
	must_connect(st.peer, st.family, INADDR_LOOPBACK, st.port);
	side->settle(1);
}

static void pending_reset(void)
{
	pending();
	abort_fd(&st.peer);
}

static void was_listening(void)
{
	listening();
	side->shutdown(st.fd, SHUT_RD);
}

static void connecting(void)
{
	union name n;
	socklen_t len = make_name(&n, st.family, SILENT, 4000);
	int flags;

	st.fd = stream_new();
	flags = side->fcntl(st.fd, F_GETFL, 0);
	nonblock(st.fd);
	side->connect(st.fd, &n.any, len);
	side->fcntl(st.fd, F_SETFL, flags);
}

static void connecting_shut(void)
{
	connecting();
	side->shutdown(st.fd, SHUT_WR);
}

static void refused(void)
{
	union name n;
	socklen_t len = make_name(&n, st.family, INADDR_LOOPBACK, st.port);

	st.fd = stream_new();
	nonblock(st.fd);
	side->connect(st.fd, &n.any, len);
	side->settle(1);
	side->fcntl(st.fd, F_SETFL, 0);
}

static void refused_told(void)
{
	union name n;
	socklen_t len = make_name(&n, st.family, INADDR_LOOPBACK, st.port);

	st.fd = stream_new();
	side->connect(st.fd, &n.any, len);
}

/* Nonblocking, established, and connect() was not asked again. */
static void connected_unasked(void)
{
	union name n;
	socklen_t len = make_name(&n, st.family, INADDR_LOOPBACK, st.port);

	listen_at(INADDR_LOOPBACK, 5);
	st.fd = stream_new();
	nonblock(st.fd);
	side->connect(st.fd, &n.any, len);
	side->settle(1);
	st.peer = side->accept(st.listener, NULL, NULL);
	side->fcntl(st.fd, F_SETFL, 0);
}

static void accepted(void)
{
	int fd;

	streams_connect();
	fd = st.fd;
	st.fd = st.peer;
	st.peer = fd;
}

static void self_connected(void)
{
	st.fd = stream_new();
	must_bind(st.fd, st.family, INADDR_LOOPBACK, st.port);
	must_connect(st.fd, st.family, INADDR_LOOPBACK, st.port);
}

static void with_data(void)
{
	streams_connect();
	send_bytes(st.peer, 10, 0);
	side->settle(1);
}

static void with_urgent(void)
{
	streams_connect();
	send_bytes(st.peer, 5, 0);
	send_bytes(st.peer, 1, MSG_OOB);
	side->settle(1);
}

static void at_mark(void)
{
	with_urgent();
	read_bytes(st.fd, 5, MSG_DONTWAIT);
}

static void urgent_inline(void)
{
	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_OOBINLINE, 1);
	send_bytes(st.peer, 5, 0);
	send_bytes(st.peer, 1, MSG_OOB);
	side->settle(1);
}

static void peer_closed(void)
{
	streams_connect();
	close_fd(&st.peer);
	side->settle(1);
}

static void peer_shut(void)
{
	streams_connect();
	side->shutdown(st.peer, SHUT_WR);
	side->settle(TICKS);
}

static void peer_closed_data(void)
{
	with_data();
	close_fd(&st.peer);
	side->settle(1);
}

static void peer_closed_eof(void)
{
	peer_closed();
	read_bytes(st.fd, 5, MSG_DONTWAIT);
}

static void peer_reset(void)
{
	streams_connect();
	abort_fd(&st.peer);
}

static void peer_reset_data(void)
{
	with_data();
	abort_fd(&st.peer);
}

static void peer_reset_told(void)
{
	peer_reset();
	read_bytes(st.fd, 5, MSG_DONTWAIT);
}

/* It wrote to a peer that is not there any more. */
static void written_to_closed(void)
{
	peer_closed();
	send_bytes(st.fd, 5, MSG_NOSIGNAL);
	side->settle(1);
}

static void shut_rd(void)
{
	with_data();
	side->shutdown(st.fd, SHUT_RD);
}

static void shut_rd_empty(void)
{
	streams_connect();
	side->shutdown(st.fd, SHUT_RD);
}

static void shut_wr(void)
{
	with_data();
	side->shutdown(st.fd, SHUT_WR);
	side->settle(TICKS);
}

static void shut_both(void)
{
	with_data();
	side->shutdown(st.fd, SHUT_RDWR);
	side->settle(TICKS);
}

static void closing_first(void)
{
	streams_connect();
	side->shutdown(st.fd, SHUT_WR);
	side->settle(1);
	close_fd(&st.peer);
	side->settle(1);
}

static void closing_last(void)
{
	peer_shut();
	side->shutdown(st.fd, SHUT_WR);
	side->settle(1);
}

static void disconnected(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	streams_connect();
	side->connect(st.fd, &none, sizeof(none));
	side->settle(1);
}

static void full(void)
{
	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 4096);
	set_int(st.peer, SOL_SOCKET, SO_RCVBUF, 4096);
	do {
		while (send_bytes(st.fd, 5000, MSG_DONTWAIT) > 0)
			side->settle(1);
		/* Whoever carries it may have been late. */
		side->settle(100);
	} while (send_bytes(st.fd, 5000, MSG_DONTWAIT) > 0);
}

static void low_water(void)
{
	with_data();
	set_int(st.fd, SOL_SOCKET, SO_RCVLOWAT, 20);
}

const struct stream_state stream_states[] = {
	{ "new", fresh },
	{ "bound", bound },
	{ "bound own", bound_own },
	{ "listening", listening },
	{ "one to accept", pending },
	{ "one to accept, reset", pending_reset },
	{ "was listening", was_listening },
	{ "connecting", connecting },
	{ "connecting, shut", connecting_shut },
	{ "refused", refused },
	{ "refused and told", refused_told },
	{ "connected unasked", connected_unasked },
	{ "connected to itself", self_connected },
	{ "accepted", accepted },
	{ "with data", with_data },
	{ "with urgent data", with_urgent },
	{ "at the mark", at_mark },
	{ "urgent data inline", urgent_inline },
	{ "peer closed", peer_closed },
	{ "peer shut", peer_shut },
	{ "peer closed, data", peer_closed_data },
	{ "peer closed, end read", peer_closed_eof },
	{ "peer reset", peer_reset },
	{ "peer reset, data", peer_reset_data },
	{ "peer reset, told", peer_reset_told },
	{ "written to closed", written_to_closed },
	{ "shut rd, data", shut_rd },
	{ "shut rd", shut_rd_empty },
	{ "shut wr", shut_wr },
	{ "shut both", shut_both },
	{ "closed first", closing_first },
	{ "closed last", closing_last },
	{ "disconnected", disconnected },
	{ "full", full },
	{ "low water", low_water },
};

const size_t stream_states_count = sizeof(stream_states) / sizeof(stream_states[0]);
