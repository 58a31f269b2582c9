// SPDX-License-Identifier: BSD-2-Clause
/* The table: each call that moves data or waits, in each state, blocking and not. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <linux/sockios.h>

#include "scenario.h"

static char room[4096];

static void c_read(int fd)
{
	TELL(read(fd, room, 6));
	TELL(read(fd, room, 100));
}

static void c_read_nothing(int fd)
{
	TELL(read(fd, room, 0));
}

static void c_readv(int fd)
{
	struct iovec iov[3] = { { room, 3 }, { room + 10, 0 }, { room + 20, 90 } };

	TELL(readv(fd, iov, 3));
	TELL(readv(fd, iov, 0));
}

static void receive_twice(int fd, size_t len, int flags)
{
	TELL(recv(fd, room, len, flags));
	TELL(recv(fd, room, len, flags));
}

static void c_recv(int fd)
{
	receive_twice(fd, 100, 0);
}

static void c_recv_dontwait(int fd)
{
	receive_twice(fd, 100, MSG_DONTWAIT);
}

static void c_recv_peek(int fd)
{
	receive_twice(fd, 100, MSG_PEEK);
	TELL(read(fd, room, 100));
}

static void c_recv_waitall(int fd)
{
	receive_twice(fd, 50, MSG_WAITALL);
}

static void c_recv_peek_waitall(int fd)
{
	receive_twice(fd, 10, MSG_WAITALL | MSG_PEEK);
	receive_twice(fd, 10, MSG_WAITALL);
}

static void c_recv_trunc(int fd)
{
	receive_twice(fd, 4, MSG_TRUNC);
}

static void c_recv_oob(int fd)
{
	receive_twice(fd, 10, MSG_OOB);
}

static void c_recv_errqueue(int fd)
{
	receive_twice(fd, 10, MSG_ERRQUEUE);
}

static void c_recvfrom(int fd)
{
	union name n;
	socklen_t len = sizeof(n);

	memset(&n, 0, sizeof(n));
	if (TELL(recvfrom(fd, room, 100, 0, &n.any, &len)) >= 0)
		tell_name(&n, len);
	len = 5;
	if (TELL(recvfrom(fd, room, 100, MSG_DONTWAIT, &n.any, &len)) >= 0)
		say(" len %u", len);
}

static void c_recvmsg(int fd)
{
	char control[200];
	union name n;
	struct iovec iov = { room, 4 };
	struct msghdr msg = { .msg_name = &n,
			      .msg_namelen = sizeof(n),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	memset(&n, 0, sizeof(n));
	if (TELL(recvmsg(fd, &msg, 0)) < 0)
		return;
	say(" flags %x control %zu", (unsigned int)msg.msg_flags, msg.msg_controllen);
	tell_name(&n, msg.msg_namelen);
}

static void several(int fd, int flags)
{
	struct iovec iov[3] = { { room, 4 }, { room + 10, 20 }, { room + 40, 20 } };
	struct mmsghdr msgs[3];
	long i, n;

	memset(msgs, 0, sizeof(msgs));
	for (i = 0; i < 3; i++) {
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	n = TELL(recvmmsg(fd, msgs, 3, flags, NULL));
	for (i = 0; i < n; i++)
		say("/%u", msgs[i].msg_len);
}

static void c_recvmmsg(int fd)
{
	several(fd, 0);
	several(fd, MSG_DONTWAIT);
}

static void c_recvmmsg_one(int fd)
{
	several(fd, MSG_WAITFORONE);
}

static void c_write(int fd)
{
	TELL(write(fd, "abcdefghij", 10));
	side->settle(1);
	TELL(write(fd, "abcdefghij", 10));
	tell_signals();
}

static void c_write_nothing(int fd)
{
	TELL(write(fd, "", 0));
	tell_signals();
}

static void c_writev(int fd)
{
	struct iovec iov[3] = { { "abc", 3 }, { "", 0 }, { "defg", 4 } };

	TELL(writev(fd, iov, 3));
	tell_signals();
	TELL(writev(fd, iov, 0));
}

static void send_twice(int fd, int flags)
{
	TELL(send(fd, "abcdefghij", 10, flags));
	side->settle(1);
	TELL(send(fd, "abcdefghij", 10, flags));
	tell_signals();
}

static void c_send(int fd)
{
	send_twice(fd, 0);
}

static void c_send_nosignal(int fd)
{
	send_twice(fd, MSG_NOSIGNAL);
}

static void c_send_dontwait(int fd)
{
	send_twice(fd, MSG_DONTWAIT);
}

static void c_send_oob(int fd)
{
	send_twice(fd, MSG_OOB);
}

static void c_sendto(int fd)
{
	union name n;
	socklen_t len = lo_name(&n, (unsigned short)(st.port + 1));

	TELL(sendto(fd, "abc", 3, 0, &n.any, len));
	TELL(sendto(fd, "abc", 3, 0, &n.any, 3));
	tell_signals();
}

static void c_sendmsg(int fd)
{
	struct iovec iov[2] = { { "abc", 3 }, { "de", 2 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	TELL(sendmsg(fd, &msg, 0));
	tell_signals();
}

static void c_sendmmsg(int fd)
{
	struct iovec iov[2] = { { "abc", 3 }, { "de", 2 } };
	struct mmsghdr msgs[2];
	long i, n;

	memset(msgs, 0, sizeof(msgs));
	for (i = 0; i < 2; i++) {
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	n = TELL(sendmmsg(fd, msgs, 2, 0));
	for (i = 0; i < n; i++)
		say("/%u", msgs[i].msg_len);
	tell_signals();
}

static void c_sendfile(int fd)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t at = 0;

	TELL(sendfile(fd, file, &at, 100));
	say(" at %ld", (long)at);
	tell_signals();
	close(file);
}

static void c_splice_to(int fd)
{
	int p[2];

	if (pipe(p) || write(p[1], "abcdef", 6) != 6)
		exit(3);
	TELL(splice(p[0], NULL, fd, NULL, 6, 0));
	tell_signals();
	close(p[0]);
	close(p[1]);
}

static void c_splice_from(int fd)
{
	int p[2];

	if (pipe(p))
		exit(3);
	TELL(splice(fd, NULL, p[1], NULL, 100, 0));
	close(p[0]);
	close(p[1]);
}

static void c_accept(int fd)
{
	union name n;
	socklen_t len = sizeof(n);
	long made = TELL(accept(fd, &n.any, &len) < 0 ? -1 : 0);

	if (!made) {
		tell_name(&n, len);
		TELL(accept(fd, NULL, NULL) < 0 ? -1 : 0);
	}
}

static void c_connect(int fd)
{
	union name n;
	socklen_t len = lo_name(&n, (unsigned short)(st.port + 2));

	TELL(connect(fd, &n.any, len));
	TELL(connect(fd, &n.any, len));
}

static void c_connect_same(int fd)
{
	union name n;
	socklen_t len = lo_name(&n, st.port);

	TELL(connect(fd, &n.any, len));
	TELL(connect(fd, &n.any, len));
}

static void c_names(int fd)
{
	union name n;
	socklen_t len;
	int i;

	for (i = 0; i < 6; i++) {
		memset(&n, 0, sizeof(n));
		len = (socklen_t)(i * i);
		TELL(getsockname(fd, &n.any, &len));
		say("/%u", len);
		len = (socklen_t)(i * i);
		TELL(getpeername(fd, &n.any, &len));
		say("/%u", len);
	}
	len = (socklen_t)-1;
	TELL(getsockname(fd, &n.any, &len));
}

static void c_lengths(int fd)
{
	int val = -7;

	TELL(ioctl(fd, FIONREAD, &val));
	say(" val %d", val);
	val = -7;
	TELL(ioctl(fd, SIOCATMARK, &val));
	say(" val %d", val);
}

static void c_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI | POLLRDHUP };

	if (TELL(poll(&p, 1, -1)) > 0)
		say("/%x", (unsigned int)p.revents);
	p.events = POLLOUT;
	if (TELL(poll(&p, 1, -1)) > 0)
		say("/%x", (unsigned int)p.revents);
	p.events = 0;
	if (TELL(poll(&p, 1, -1)) > 0)
		say("/%x", (unsigned int)p.revents);
}

static void c_select(int fd)
{
	call_select(fd);
}

static void c_epoll(int fd)
{
	call_epoll(fd, 0);
	call_epoll(fd, EPOLLET);
	call_epoll(fd, EPOLLONESHOT);
	call_epoll(fd, EPOLLEXCLUSIVE);
}

/* What the other one learns of it. */
static void c_close(int fd)
{
	TELL(close(fd));
	st.fd = -1;
	side->settle(TICKS);
	if (st.peer < 0)
		return;
	say(" peer");
	tell_poll(st.peer);
	TELL(recv(st.peer, room, 100, MSG_DONTWAIT));
	TELL(send(st.peer, "abc", 3, MSG_DONTWAIT));
	tell_signals();
}

static void c_shutdown(int fd)
{
	TELL(shutdown(fd, SHUT_WR));
	side->settle(TICKS);
	tell_poll(fd);
	TELL(shutdown(fd, SHUT_RD));
	tell_poll(fd);
	TELL(shutdown(fd, SHUT_RDWR));
	tell_signals();
}

static const struct call {
	const char *name;
	void (*make)(int fd);
} calls[] = {
	{ "read", c_read },
	{ "read nothing", c_read_nothing },
	{ "readv", c_readv },
	{ "recv", c_recv },
	{ "recv dontwait", c_recv_dontwait },
	{ "recv peek", c_recv_peek },
	{ "recv waitall", c_recv_waitall },
	{ "recv peek waitall", c_recv_peek_waitall },
	{ "recv trunc", c_recv_trunc },
	{ "recv oob", c_recv_oob },
	{ "recv errqueue", c_recv_errqueue },
	{ "recvfrom", c_recvfrom },
	{ "recvmsg", c_recvmsg },
	{ "recvmmsg", c_recvmmsg },
	{ "recvmmsg waitforone", c_recvmmsg_one },
	{ "write", c_write },
	{ "write nothing", c_write_nothing },
	{ "writev", c_writev },
	{ "send", c_send },
	{ "send nosignal", c_send_nosignal },
	{ "send dontwait", c_send_dontwait },
	{ "send oob", c_send_oob },
	{ "sendto", c_sendto },
	{ "sendmsg", c_sendmsg },
	{ "sendmmsg", c_sendmmsg },
	{ "sendfile", c_sendfile },
	{ "splice to", c_splice_to },
	{ "splice from", c_splice_from },
	{ "accept", c_accept },
	{ "connect refused", c_connect },
	{ "connect same", c_connect_same },
	{ "names", c_names },
	{ "lengths", c_lengths },
	{ "poll", c_poll },
	{ "select", c_select },
	{ "epoll", c_epoll },
	{ "shutdown", c_shutdown },
	{ "close", c_close },
};

static void cell(const char *kind, const struct stream_state *s, const struct call *c, int block)
{
	if (!scene_begin("table/%s%s | %s | %s", s->name, kind, c->name,
			 block ? "waits" : "nonblock"))
		return;
	st.family = *kind ? AF_INET6 : AF_INET;
	real_v6 = !strcmp(kind, " ::1");
	catch_signal(SIGPIPE, 0);
	catch_signal(SIGURG, 0);
	s->make();
	if (!block)
		fcntl(st.fd, F_SETFL, O_NONBLOCK);
	tell_poll(st.fd);
	c->make(st.fd);
	if (st.fd >= 0) {
		side->settle(1);
		say(" then");
		tell_tcp_state(st.fd);
		tell_poll(st.fd);
		call_error(st.fd, SO_ERROR);
	}
	say("\n");
	apart_end();
}

static void each_call(const char *kind, const struct stream_state *s)
{
	size_t c;

	for (c = 0; c < COUNT(calls); c++) {
		cell(kind, s, &calls[c], 1);
		cell(kind, s, &calls[c], 0);
	}
}

/* Those need another host. */
static int on_lo(const char *name)
{
	return strcmp(name, "bound own") && strcmp(name, "connecting") &&
	       strcmp(name, "connecting, shut");
}

void do_table(void)
{
	size_t i;

	for (i = 0; i < stream_states_count; i++)
		if (on_lo(stream_states[i].name))
			each_call("", &stream_states[i]);
	for (i = 0; i < lo_streams_count; i++)
		each_call("", &lo_streams[i]);
	for (i = 0; i < lo_datagrams_count; i++)
		each_call("", &lo_datagrams[i]);
	for (i = 0; i < stream_states_count; i++)
		if (!strcmp(stream_states[i].name, "with data") ||
		    !strcmp(stream_states[i].name, "peer closed, data") ||
		    !strcmp(stream_states[i].name, "one to accept"))
			each_call(" mapped", &stream_states[i]);
	for (i = 0; i < lo_datagrams_count; i++)
		if (!strncmp(lo_datagrams[i].name, "udp", 3)) {
			each_call(" mapped", &lo_datagrams[i]);
			each_call(" ::1", &lo_datagrams[i]);
		}
	for (i = 0; i < lo_streams_count; i++)
		each_call(" ::1", &lo_streams[i]);
}
