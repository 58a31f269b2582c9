// SPDX-License-Identifier: BSD-2-Clause
/* The states that a socket can be in, made over lo alone. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "scenario.h"

int real_v6;

socklen_t lo_name(union name *n, unsigned short port)
{
	socklen_t len = make_name(n, st.family, INADDR_LOOPBACK, port);

	if (real_v6)
		n->in6.sin6_addr = in6addr_loopback;
	return len;
}

int lo_socket(int type)
{
	return must_open(st.family, type, 0);
}

static void lo_bind(int fd, unsigned short port)
{
	union name n;
	socklen_t len = lo_name(&n, port);

	if (bind(fd, &n.any, len)) {
		say(" bind %s", strerrorname_np(errno));
		apart_end();
	}
}

static int lo_connect(int fd, unsigned short port)
{
	union name n;
	socklen_t len = lo_name(&n, port);

	return connect(fd, &n.any, len);
}

static void lo_listen(int backlog)
{
	st.listener = lo_socket(SOCK_STREAM);
	lo_bind(st.listener, st.port);
	listen(st.listener, backlog);
}

/* Those of tests/netns, over this address. */

static void bound_lo(void)
{
	st.fd = lo_socket(SOCK_STREAM);
	lo_bind(st.fd, st.port);
}

/* One connection fills the queue; whoever comes then is not answered. */
void lo_connecting(void)
{
	lo_listen(0);
	st.peer = lo_socket(SOCK_STREAM);
	lo_connect(st.peer, st.port);
	side->settle(1);
	st.fd = lo_socket(SOCK_STREAM);
	fcntl(st.fd, F_SETFL, O_NONBLOCK);
	lo_connect(st.fd, st.port);
	fcntl(st.fd, F_SETFL, 0);
	close_fd(&st.peer);
}

static void connecting_shut_wr(void)
{
	lo_connecting();
	shutdown(st.fd, SHUT_WR);
}

static void two_pending(void)
{
	int more = lo_socket(SOCK_STREAM);

	lo_listen(5);
	st.fd = st.listener;
	st.listener = more;
	st.peer = lo_socket(SOCK_STREAM);
	lo_connect(st.peer, st.port);
	lo_connect(more, st.port);
	side->settle(1);
}

/* What it sent was never taken, and it did not want to wait longer. */
static void timed_out(void)
{
	lo_listen(5);
	st.fd = lo_socket(SOCK_STREAM);
	set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 4096);
	set_int(st.listener, SOL_SOCKET, SO_RCVBUF, 2048);
	lo_connect(st.fd, st.port);
	st.peer = accept(st.listener, NULL, NULL);
	fill_up(st.fd);
	set_int(st.fd, SOL_TCP, TCP_USER_TIMEOUT, 100);
	await_poll(st.fd, POLLERR);
}

static void data_then_shut(void)
{
	streams_connect();
	send_bytes(st.peer, 10, 0);
	shutdown(st.peer, SHUT_WR);
	side->settle(TICKS);
}

static void shut_wr_empty(void)
{
	streams_connect();
	shutdown(st.fd, SHUT_WR);
	side->settle(TICKS);
}

/* The peer's end has not read what came, and it was closed: a reset, while more is sent. */
static void peer_closed_unread(void)
{
	streams_connect();
	send_bytes(st.fd, 10, 0);
	side->settle(1);
	close_fd(&st.peer);
	side->settle(1);
}

static void many_bytes(void)
{
	streams_connect();
	send_bytes(st.peer, 60000, 0);
	side->settle(20);
}

const struct stream_state lo_streams[] = {
	{ "bound lo", bound_lo },
	{ "two to accept", two_pending },
	{ "connecting lo", lo_connecting },
	{ "connecting lo, shut", connecting_shut_wr },
	{ "timed out", timed_out },
	{ "peer shut, data", data_then_shut },
	{ "shut wr, no data", shut_wr_empty },
	{ "peer closed, unread", peer_closed_unread },
	{ "many bytes", many_bytes },
};

const size_t lo_streams_count = COUNT(lo_streams);

/* Datagrams. */

void lo_datagram_pair(void)
{
	st.fd = lo_socket(SOCK_DGRAM);
	st.peer = lo_socket(SOCK_DGRAM);
	lo_bind(st.fd, st.port);
	lo_bind(st.peer, (unsigned short)(st.port + 1));
	lo_connect(st.fd, (unsigned short)(st.port + 1));
	lo_connect(st.peer, st.port);
}

static void dgram_new(void)
{
	st.fd = lo_socket(SOCK_DGRAM);
}

static void dgram_bound(void)
{
	st.fd = lo_socket(SOCK_DGRAM);
	lo_bind(st.fd, st.port);
}

static void dgram_bound_data(void)
{
	lo_datagram_pair();
	connect(st.fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
	send(st.peer, "abcdefghij", 10, 0);
	side->settle(1);
}

static void dgram_data(void)
{
	lo_datagram_pair();
	send(st.peer, "abcdefghij", 10, 0);
	side->settle(1);
}

static void dgram_data_twice(void)
{
	lo_datagram_pair();
	send(st.peer, "abcdefghij", 10, 0);
	send(st.peer, "klmno", 5, 0);
	side->settle(1);
}

static void dgram_empty(void)
{
	lo_datagram_pair();
	send(st.peer, "", 0, 0);
	side->settle(1);
}

static void dgram_empty_data(void)
{
	lo_datagram_pair();
	send(st.peer, "", 0, 0);
	send(st.peer, "abcde", 5, 0);
	side->settle(1);
}

static void dgram_refused(void)
{
	lo_datagram_pair();
	close_fd(&st.peer);
	send(st.fd, "abc", 3, 0);
	side->settle(1);
}

static void dgram_refused_data(void)
{
	lo_datagram_pair();
	send(st.peer, "abcdefghij", 10, 0);
	side->settle(1);
	close_fd(&st.peer);
	send(st.fd, "abc", 3, 0);
	side->settle(1);
}

static void dgram_refused_told(void)
{
	lo_datagram_pair();
	set_int(st.fd, st.family == AF_INET ? SOL_IP : SOL_IPV6,
		st.family == AF_INET ? IP_RECVERR : IPV6_RECVERR, 1);
	close_fd(&st.peer);
	send(st.fd, "abc", 3, 0);
	side->settle(1);
}

static void dgram_shut_rd(void)
{
	dgram_data();
	shutdown(st.fd, SHUT_RD);
}

static void dgram_shut_rd_empty(void)
{
	lo_datagram_pair();
	shutdown(st.fd, SHUT_RD);
}

static void dgram_shut_wr(void)
{
	lo_datagram_pair();
	shutdown(st.fd, SHUT_WR);
}

static void ping_socket(void)
{
	st.fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	if (st.fd < 0) {
		say(" %s", strerrorname_np(errno));
		apart_end();
	}
	lo_connect(st.fd, 0);
}

const struct stream_state lo_datagrams[] = {
	{ "udp", dgram_new },
	{ "udp bound", dgram_bound },
	{ "udp connected", lo_datagram_pair },
	{ "udp data", dgram_data },
	{ "udp bound, data", dgram_bound_data },
	{ "udp two", dgram_data_twice },
	{ "udp empty", dgram_empty },
	{ "udp empty, data", dgram_empty_data },
	{ "udp refused", dgram_refused },
	{ "udp refused, data", dgram_refused_data },
	{ "udp refused, recverr", dgram_refused_told },
	{ "udp shut rd, data", dgram_shut_rd },
	{ "udp shut rd", dgram_shut_rd_empty },
	{ "udp shut wr", dgram_shut_wr },
	{ "ping", ping_socket },
};

const size_t lo_datagrams_count = COUNT(lo_datagrams);
