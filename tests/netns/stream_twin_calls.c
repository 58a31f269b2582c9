// SPDX-License-Identifier: BSD-2-Clause
/* SOCK_STREAM: each call in each state, blocking and not. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include <linux/sockios.h>

#include "socket_twin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Where somebody listens, and where nobody does. */
#define OPEN_PORT 4300
#define SHUT_PORT 4301

static void call_connect_twice(int fd, unsigned int addr, unsigned short port)
{
	call_connect(fd, st.family, addr, port);
	side->settle(1);
	call_connect(fd, st.family, addr, port);
	call_connect(fd, st.family, addr, port);
}

static void call_bytes(int fd, size_t len, int flags)
{
	ret_of(send_bytes(fd, len, flags));
	side->settle(1);
	ret_of(send_bytes(fd, len, flags));
}

static void call_read(int fd, size_t room, int flags)
{
	call_receive(fd, room, flags);
	call_receive(fd, room, flags);
}

static void call_accept(int fd, int flags)
{
	union name n;
	socklen_t len = sizeof(n);
	int made = side->accept4(fd, &n.any, &len, flags);

	if (made < 0) {
		ret_of(made);
		return;
	}
	fprintf(out, " made");
	tell_name(&n, len);
	tell_tcp_state(made);
	tell_poll(made);
	fprintf(out, " %x", (unsigned int)side->fcntl(made, F_GETFL, 0) & O_NONBLOCK);
	side->close(made);
}

static void call_shutdown(int fd, int how)
{
	ret_of(side->shutdown(fd, how));
	ret_of(side->shutdown(fd, how));
	side->settle(TICKS);
}

static void call_linger(int fd, int onoff, int seconds)
{
	struct linger l = { .l_onoff = onoff, .l_linger = seconds };

	ret_of(side->set(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	ret_of(side->close(fd));
	side->settle(1);
	st.fd = -1;
	if (st.peer < 0)
		return;
	tell_tcp_state(st.peer);
	tell_poll(st.peer);
	call_error(st.peer, SO_ERROR);
}

#define CALL(name, expr)         \
	static void name(int fd) \
	{                        \
		expr;            \
	}

CALL(c_bind_any, call_bind(fd, st.family, 0, 4400))
CALL(c_bind_zero, call_bind(fd, st.family, INADDR_LOOPBACK, 0))
CALL(c_bind_alien, call_bind(fd, st.family, FAR, 4400))
CALL(c_bind_group, call_bind(fd, st.family, GROUP, 4400))
CALL(c_bind_bcast, call_bind(fd, st.family, OWN_BCAST, 4400))
CALL(c_bind_taken, call_bind(fd, st.family, INADDR_LOOPBACK, OPEN_PORT))
CALL(c_connect, call_connect_twice(fd, INADDR_LOOPBACK, OPEN_PORT))
CALL(c_connect_shut, call_connect_twice(fd, INADDR_LOOPBACK, SHUT_PORT))
CALL(c_connect_silent, call_connect_twice(fd, SILENT, OPEN_PORT))
CALL(c_connect_far, call_connect_twice(fd, FAR, OPEN_PORT))
CALL(c_connect_bcast, call_connect_twice(fd, OWN_BCAST, OPEN_PORT))
CALL(c_connect_group, call_connect_twice(fd, GROUP, OPEN_PORT))
CALL(c_connect_port0, call_connect_twice(fd, INADDR_LOOPBACK, 0))
CALL(c_connect_other, call_connect(fd, st.family == AF_INET ? AF_INET6 : AF_INET, OWN, SHUT_PORT))
CALL(c_listen, ret_of(side->listen(fd, 5)); ret_of(side->listen(fd, 0));
     ret_of(side->listen(fd, -1)))
CALL(c_accept, call_accept(fd, 0))
CALL(c_accept_nb, call_accept(fd, SOCK_NONBLOCK))
CALL(c_accept_bad, call_accept(fd, 4))
CALL(c_getname, call_name(fd, side->getname, sizeof(union name)))
CALL(c_getpeer, call_name(fd, side->getpeer, sizeof(union name)))
CALL(c_shut_rd, call_shutdown(fd, SHUT_RD))
CALL(c_shut_wr, call_shutdown(fd, SHUT_WR))
CALL(c_shut_both, call_shutdown(fd, SHUT_RDWR))
CALL(c_shut_bad, ret_of(side->shutdown(fd, 3)); ret_of(side->shutdown(fd, -1)))
CALL(c_send, call_bytes(fd, 10, 0))
CALL(c_send_none, call_bytes(fd, 0, 0))
CALL(c_send_nosignal, call_bytes(fd, 10, MSG_NOSIGNAL))
CALL(c_send_dontwait, call_bytes(fd, 10, MSG_DONTWAIT))
CALL(c_send_oob, call_bytes(fd, 10, MSG_OOB))
CALL(c_send_more, call_bytes(fd, 10, MSG_MORE))
CALL(c_send_eor, call_bytes(fd, 10, MSG_EOR))
CALL(c_send_err, call_bytes(fd, 10, MSG_ERRQUEUE))
CALL(c_send_odd, call_bytes(fd, 10, MSG_CONFIRM | MSG_DONTROUTE | MSG_TRUNC | MSG_PEEK))
CALL(c_send_fast, call_bytes(fd, 10, MSG_FASTOPEN))
CALL(c_sendto, ret_of(send_to(fd, st.family, OWN, SHUT_PORT, 10, 0)))
CALL(c_sendto_fast, ret_of(send_to(fd, st.family, INADDR_LOOPBACK, OPEN_PORT, 10, MSG_FASTOPEN)))
CALL(c_recv, call_read(fd, 100, 0))
CALL(c_recv_dontwait, call_read(fd, 100, MSG_DONTWAIT))
CALL(c_recv_cut, call_read(fd, 5, 0))
CALL(c_recv_none, call_read(fd, 0, 0))
CALL(c_recv_peek, call_read(fd, 100, MSG_PEEK))
CALL(c_recv_peek_all, call_read(fd, 20, MSG_PEEK | MSG_WAITALL))
CALL(c_recv_trunc, call_read(fd, 5, MSG_TRUNC))
CALL(c_recv_trunc_peek, call_read(fd, 5, MSG_TRUNC | MSG_PEEK))
CALL(c_recv_oob, call_read(fd, 100, MSG_OOB))
CALL(c_recv_oob_peek, call_read(fd, 100, MSG_OOB | MSG_PEEK))
CALL(c_recv_oob_none, call_read(fd, 0, MSG_OOB))
CALL(c_recv_waitall, call_read(fd, 50, MSG_WAITALL))
CALL(c_recv_err, call_read(fd, 100, MSG_ERRQUEUE))
CALL(c_inq, call_int(fd, SIOCINQ))
CALL(c_outq, call_queued(fd, SIOCOUTQ))
CALL(c_outqnsd, call_queued(fd, SIOCOUTQNSD))
CALL(c_atmark, call_int(fd, SIOCATMARK))
CALL(c_unknown, call_int(fd, 0x12345))
CALL(c_so_error, call_error(fd, SO_ERROR); call_error(fd, SO_ERROR))
CALL(c_so_nature, call_error(fd, SO_TYPE); call_error(fd, SO_PROTOCOL); call_error(fd, SO_DOMAIN);
     call_error(fd, SO_ACCEPTCONN))
CALL(c_select, call_select(fd))
CALL(c_epoll, call_epoll(fd, 0))
CALL(c_epoll_et, call_epoll(fd, EPOLLET))
CALL(c_epoll_oneshot, call_epoll(fd, EPOLLONESHOT))
CALL(c_close, call_linger(fd, 0, 0))
CALL(c_linger_0, call_linger(fd, 1, 0))
CALL(c_linger_n, call_linger(fd, 1, 1))

static void c_unspec(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	ret_of(side->connect(fd, &none, sizeof(none)));
	call_name(fd, side->getname, sizeof(union name));
	side->settle(1);
	if (st.peer >= 0)
		tell_tcp_state(st.peer);
	call_connect(fd, st.family, INADDR_LOOPBACK, OPEN_PORT);
}

static void c_short_names(int fd)
{
	union name n;
	socklen_t len = make_name(&n, st.family, OWN, 4400);

	ret_of(side->bind(fd, &n.any, 1));
	ret_of(side->bind(fd, &n.any, 15));
	ret_of(side->connect(fd, &n.any, 1));
	ret_of(side->connect(fd, &n.any, 15));
	n.any.sa_family = AF_UNIX;
	ret_of(side->bind(fd, &n.any, len));
	ret_of(side->connect(fd, &n.any, len));
	n.any.sa_family = AF_UNSPEC;
	ret_of(side->bind(fd, &n.any, len));
}

static const struct call {
	const char *name;
	void (*make)(int fd);
} calls[] = {
	{ "bind any", c_bind_any },
	{ "bind port 0", c_bind_zero },
	{ "bind alien", c_bind_alien },
	{ "bind group", c_bind_group },
	{ "bind broadcast", c_bind_bcast },
	{ "bind taken", c_bind_taken },
	{ "connect", c_connect },
	{ "connect shut", c_connect_shut },
	{ "connect silent", c_connect_silent },
	{ "connect far", c_connect_far },
	{ "connect broadcast", c_connect_bcast },
	{ "connect group", c_connect_group },
	{ "connect port 0", c_connect_port0 },
	{ "connect other family", c_connect_other },
	{ "connect unspec", c_unspec },
	{ "short and wrong names", c_short_names },
	{ "listen", c_listen },
	{ "accept", c_accept },
	{ "accept nonblock", c_accept_nb },
	{ "accept bad flags", c_accept_bad },
	{ "getsockname", c_getname },
	{ "getpeername", c_getpeer },
	{ "shutdown rd", c_shut_rd },
	{ "shutdown wr", c_shut_wr },
	{ "shutdown both", c_shut_both },
	{ "shutdown bad", c_shut_bad },
	{ "send", c_send },
	{ "send nothing", c_send_none },
	{ "send nosignal", c_send_nosignal },
	{ "send dontwait", c_send_dontwait },
	{ "send oob", c_send_oob },
	{ "send more", c_send_more },
	{ "send eor", c_send_eor },
	{ "send errqueue", c_send_err },
	{ "send odd flags", c_send_odd },
	{ "send fastopen", c_send_fast },
	{ "sendto", c_sendto },
	{ "sendto fastopen", c_sendto_fast },
	{ "recv", c_recv },
	{ "recv dontwait", c_recv_dontwait },
	{ "recv cut", c_recv_cut },
	{ "recv no room", c_recv_none },
	{ "recv peek", c_recv_peek },
	{ "recv peek waitall", c_recv_peek_all },
	{ "recv trunc", c_recv_trunc },
	{ "recv trunc peek", c_recv_trunc_peek },
	{ "recv oob", c_recv_oob },
	{ "recv oob peek", c_recv_oob_peek },
	{ "recv oob no room", c_recv_oob_none },
	{ "recv waitall", c_recv_waitall },
	{ "recv errqueue", c_recv_err },
	{ "ioctl inq", c_inq },
	{ "ioctl outq", c_outq },
	{ "ioctl outqnsd", c_outqnsd },
	{ "ioctl atmark", c_atmark },
	{ "ioctl unknown", c_unknown },
	{ "SO_ERROR", c_so_error },
	{ "nature", c_so_nature },
	{ "select", c_select },
	{ "epoll", c_epoll },
	{ "epoll edge", c_epoll_et },
	{ "epoll oneshot", c_epoll_oneshot },
	{ "close", c_close },
	{ "close by reset", c_linger_0 },
	{ "close lingering", c_linger_n },
};

static void cell(const struct stream_state *s, const struct call *c, int family, int block)
{
	struct timeval tv = { .tv_usec = 2000 };

	streams_begin(family);
	if (!apart_begin("%s | %s%s | %s", s->name, c->name, family == AF_INET ? "" : " 6",
			 block ? "waits" : "nonblock"))
		return;
	s->make();
	side->set(st.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	side->set(st.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (!block)
		side->fcntl(st.fd, F_SETFL, O_NONBLOCK);
	fprintf(out, "%s | %s%s | %s:", s->name, c->name, family == AF_INET ? "" : " 6",
		block ? "waits" : "nonblock");
	tell_poll(st.fd);
	c->make(st.fd);
	if (st.fd >= 0) {
		side->settle(1);
		tell_tcp_state(st.fd);
		tell_poll(st.fd);
		call_error(st.fd, SO_ERROR);
	}
	fprintf(out, "\n");
	streams_end();
	side->settle(1);
	apart_end();
}

/* Those who came are let go by a reset, so that no port waits. */
static void drain(int fd)
{
	int made;

	while ((made = side->accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		abort_fd(&made);
}

static void each_call(int family, int block)
{
	int open = must_open(AF_INET, SOCK_STREAM, 0);
	size_t s, c;

	must_bind(open, AF_INET, INADDR_LOOPBACK, OPEN_PORT);
	side->listen(open, 100);
	side->fcntl(open, F_SETFL, O_NONBLOCK);
	for (s = 0; s < stream_states_count; s++)
		for (c = 0; c < COUNT(calls); c++) {
			cell(&stream_states[s], &calls[c], family, block);
			drain(open);
		}
	side->close(open);
}

static void calls_blocking(void)
{
	each_call(AF_INET, 1);
}

static void calls_nonblocking(void)
{
	each_call(AF_INET, 0);
}

static void calls_of_v6(void)
{
	each_call(AF_INET6, 0);
}

int do_streams(int part)
{
	static void (*const parts[])(void) = { calls_blocking,	 calls_nonblocking,
					       calls_of_v6,	 do_stream_options,
					       do_stream_events, do_stream_traffic };
	int i;

	for (i = 0; i < (int)COUNT(parts); i++)
		if (!part || part == i + 1)
			parts[i]();
	return part <= i;
}
