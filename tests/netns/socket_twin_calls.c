// SPDX-License-Identifier: BSD-2-Clause
/* The table: each call on a socket in each state, blocking and not. */
#include <fcntl.h>

#include <linux/sockios.h>

#include "socket_twin.h"

#define PEER_PORT 4000

static int family;
static int peer = -1; /* the other socket of those states that need one */

/* States. Each makes a new socket; the ports are free then. */

static int udp_new(void)
{
	return must_open(family, SOCK_DGRAM, 0);
}

static int udp_bound(void)
{
	int fd = udp_new();

	must_bind(fd, family, 0, 4001);
	return fd;
}

static int udp_bound_own(void)
{
	int fd = udp_new();

	must_bind(fd, family, OWN, 4001);
	return fd;
}

static int udp_connected(void)
{
	int fd = udp_bound_own();

	peer = udp_new();
	must_bind(peer, family, OWN, PEER_PORT);
	must_connect(fd, family, OWN, PEER_PORT);
	return fd;
}

static int udp_autobound(void)
{
	int fd = udp_new();

	peer = udp_new();
	must_bind(peer, family, INADDR_LOOPBACK, PEER_PORT);
	must_connect(fd, family, INADDR_LOOPBACK, PEER_PORT);
	return fd;
}

static int udp_disconnected(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = udp_connected();

	side->connect(fd, &none, sizeof(none));
	return fd;
}

static int udp_with_data(void)
{
	int fd = udp_connected();

	send_to(peer, family, OWN, 4001, 10, 0);
	send_to(peer, family, OWN, 4001, 20, 0);
	return fd;
}

static int udp_empty_data(void)
{
	int fd = udp_connected();

	send_to(peer, family, OWN, 4001, 0, 0);
	return fd;
}

static int udp_shut_rd(void)
{
	int fd = udp_with_data();

	side->shutdown(fd, SHUT_RD);
	return fd;
}

static int udp_shut_wr(void)
{
	int fd = udp_with_data();

	side->shutdown(fd, SHUT_WR);
	return fd;
}

static int udp_shut_both(void)
{
	int fd = udp_connected();

	side->shutdown(fd, SHUT_RDWR);
	return fd;
}

static int udp_refused(void)
{
	int fd = udp_connected();

	side->close(peer);
	peer = -1;
	send_to(fd, family, OWN, PEER_PORT, 3, 0);
	return fd;
}

static int udp_refused_recverr(void)
{
	int fd = udp_connected();

	set_int(fd, SOL_IP, IP_RECVERR, 1);
	side->close(peer);
	peer = -1;
	send_to(fd, family, OWN, PEER_PORT, 3, 0);
	return fd;
}

static int udp_corked(void)
{
	int fd = udp_connected();

	send_to(fd, family, OWN, PEER_PORT, 3, MSG_MORE);
	return fd;
}

static int raw_new(void)
{
	return must_open(AF_INET, SOCK_RAW, 253);
}

static int raw_connected(void)
{
	int fd = raw_new();

	must_connect(fd, AF_INET, INADDR_LOOPBACK, 0);
	return fd;
}

static int raw_with_data(void)
{
	int fd = raw_connected();

	send_to(fd, AF_INET, INADDR_LOOPBACK, 0, 10, 0);
	return fd;
}

static int raw_hdrincl(void)
{
	return must_open(AF_INET, SOCK_RAW, IPPROTO_RAW);
}

static int ping_new(void)
{
	return must_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static int ping_connected(void)
{
	int fd = ping_new();

	must_bind(fd, AF_INET, 0, 4050);
	must_connect(fd, AF_INET, INADDR_LOOPBACK, 0);
	return fd;
}

static int not_open(void)
{
	return 12345;
}

static const struct state {
	const char *name;
	int family;
	int (*make)(void);
} states[] = {
	{ "udp", AF_INET, udp_new },
	{ "udp bound", AF_INET, udp_bound },
	{ "udp bound own", AF_INET, udp_bound_own },
	{ "udp connected", AF_INET, udp_connected },
	{ "udp autobound", AF_INET, udp_autobound },
	{ "udp disconnected", AF_INET, udp_disconnected },
	{ "udp data", AF_INET, udp_with_data },
	{ "udp empty data", AF_INET, udp_empty_data },
	{ "udp shut rd", AF_INET, udp_shut_rd },
	{ "udp shut wr", AF_INET, udp_shut_wr },
	{ "udp shut", AF_INET, udp_shut_both },
	{ "udp refused", AF_INET, udp_refused },
	{ "udp refused recverr", AF_INET, udp_refused_recverr },
	{ "udp corked", AF_INET, udp_corked },
	{ "udp6", AF_INET6, udp_new },
	{ "udp6 bound", AF_INET6, udp_bound },
	{ "udp6 bound own", AF_INET6, udp_bound_own },
	{ "udp6 connected", AF_INET6, udp_connected },
	{ "udp6 autobound", AF_INET6, udp_autobound },
	{ "udp6 data", AF_INET6, udp_with_data },
	{ "udp6 refused recverr", AF_INET6, udp_refused_recverr },
	{ "raw", AF_INET, raw_new },
	{ "raw connected", AF_INET, raw_connected },
	{ "raw data", AF_INET, raw_with_data },
	{ "raw hdrincl", AF_INET, raw_hdrincl },
	{ "ping", AF_INET, ping_new },
	{ "ping connected", AF_INET, ping_connected },
	{ "not open", AF_INET, not_open },
};

/* Calls. Each tells the rest of its line. */

void ret_of(long ret)
{
	if (ret < 0)
		fprintf(out, " %s", strerrorname_np(errno));
	else
		fprintf(out, " %ld", ret);
}

void call_bind(int fd, int fam, unsigned int addr, unsigned short port)
{
	union name n;
	socklen_t len = make_name(&n, fam, addr, port);

	ret_of(side->bind(fd, &n.any, len));
}

void call_connect(int fd, int fam, unsigned int addr, unsigned short port)
{
	union name n;
	socklen_t len = make_name(&n, fam, addr, port);

	ret_of(side->connect(fd, &n.any, len));
}

void call_receive(int fd, size_t room, int flags)
{
	unsigned char buf[100];
	union name from;
	struct iovec iov = { .iov_base = buf, .iov_len = room };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t ret = side->recvmsg(fd, &msg, flags);

	ret_of(ret);
	if (ret >= 0) {
		fprintf(out, " flags %x", (unsigned int)msg.msg_flags);
		tell_name(&from, msg.msg_namelen);
	}
}

static void call_send(int fd, const char *what, int fam, unsigned int addr, unsigned short port,
		      int flags)
{
	(void)what;
	ret_of(send_to(fd, fam, addr, port, 20, flags));
}

void call_name(int fd, int (*get)(int fd, struct sockaddr *addr, socklen_t *len), socklen_t len)
{
	union name n;
	int ret;

	memset(&n, 0, sizeof(n));
	ret = get(fd, &n.any, &len);
	ret_of(ret);
	if (!ret)
		tell_name(&n, len);
}

void call_int(int fd, unsigned long request)
{
	int val = -7, ret = side->ioctl(fd, request, &val);

	ret_of(ret);
	/* What is under way is counted with its overhead. */
	if (!ret)
		fprintf(out, " val %d", request == SIOCOUTQ && val > 0 ? 1 : val);
}

void call_error(int fd, int name)
{
	int val = -7, ret;
	socklen_t len = sizeof(val);

	ret = side->get(fd, SOL_SOCKET, name, &val, &len);
	ret_of(ret);
	if (!ret && name == SO_ERROR)
		fprintf(out, " %s", val ? strerrorname_np(val) : "none");
	else if (!ret)
		fprintf(out, " %d", val);
}

void call_select(int fd)
{
	fd_set in, to, ex;
	struct timeval tv = { .tv_usec = 1000 };
	int ret;

	FD_ZERO(&in);
	FD_ZERO(&to);
	FD_ZERO(&ex);
	if (fd >= FD_SETSIZE) {
		fprintf(out, " -");
		return;
	}
	FD_SET(fd, &in);
	FD_SET(fd, &to);
	FD_SET(fd, &ex);
	ret = side->select(fd + 1, &in, &to, &ex, &tv);
	ret_of(ret);
	fprintf(out, " %d%d%d", FD_ISSET(fd, &in) != 0, FD_ISSET(fd, &to) != 0,
		FD_ISSET(fd, &ex) != 0);
}

/* All there is to be told by a set, twice. */
void call_epoll(int fd, unsigned int mode)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLERR |
					    EPOLLHUP | mode };
	int ep = side->epoll_create(0), i, ret;

	if (mode & EPOLLEXCLUSIVE)
		ev.events &= ~(unsigned int)(EPOLLPRI | EPOLLRDHUP);
	ret = side->epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	ret_of(ret);
	for (i = 0; i < 2 && !ret; i++) {
		if (side->epoll_wait(ep, &ev, 1, 0) > 0)
			fprintf(out, " %x", ev.events);
		else
			fprintf(out, " none");
	}
	side->close(ep);
}

#define CALL(name, expr)         \
	static void name(int fd) \
	{                        \
		expr;            \
	}

CALL(c_bind_any, call_bind(fd, family, 0, 4100))
CALL(c_bind_own, call_bind(fd, family, OWN, 4100))
CALL(c_bind_zero, call_bind(fd, family, INADDR_LOOPBACK, 0))
CALL(c_bind_alien, call_bind(fd, family, FAR, 4100))
CALL(c_bind_bcast, call_bind(fd, family, OWN_BCAST, 4100))
CALL(c_bind_all, call_bind(fd, family, INADDR_BROADCAST, 4100))
CALL(c_bind_group, call_bind(fd, family, GROUP, 4100))
CALL(c_bind_family, call_bind(fd, family == AF_INET ? AF_INET6 : AF_INET, OWN, 4100))
CALL(c_connect, call_connect(fd, family, INADDR_LOOPBACK, 4200))
CALL(c_connect_own, call_connect(fd, family, OWN, 4200))
CALL(c_connect_any, call_connect(fd, family, 0, 4200))
CALL(c_connect_port0, call_connect(fd, family, INADDR_LOOPBACK, 0))
CALL(c_connect_far, call_connect(fd, family, FAR, 4200))
CALL(c_connect_bcast, call_connect(fd, family, OWN_BCAST, 4200))
CALL(c_connect_group, call_connect(fd, family, GROUP, 4200))
CALL(c_connect_other, call_connect(fd, family == AF_INET ? AF_INET6 : AF_INET, OWN, 4200))
CALL(c_listen, ret_of(side->listen(fd, 5)))
CALL(c_accept, ret_of(side->accept(fd, NULL, NULL)))
CALL(c_getname, call_name(fd, side->getname, sizeof(union name)))
CALL(c_getname_cut, call_name(fd, side->getname, 3))
CALL(c_getpeer, call_name(fd, side->getpeer, sizeof(union name)))
CALL(c_shut_rd, ret_of(side->shutdown(fd, SHUT_RD)))
CALL(c_shut_wr, ret_of(side->shutdown(fd, SHUT_WR)))
CALL(c_shut_both, ret_of(side->shutdown(fd, SHUT_RDWR)))
CALL(c_shut_bad, ret_of(side->shutdown(fd, 3)))
CALL(c_send, ret_of(side->sendto(fd, "0123456789", 10, 0, NULL, 0)))
CALL(c_send_none, ret_of(side->sendto(fd, "", 0, 0, NULL, 0)))
CALL(c_send_oob, ret_of(side->sendto(fd, "0123456789", 10, MSG_OOB, NULL, 0)))
CALL(c_send_more, ret_of(side->sendto(fd, "0123456789", 10, MSG_MORE, NULL, 0)))
CALL(c_send_confirm, ret_of(side->sendto(fd, "0123456789", 10, MSG_CONFIRM, NULL, 0)))
CALL(c_send_probe, ret_of(side->sendto(fd, "0123456789", 10, 0x10 /* MSG_PROBE */, NULL, 0)))
CALL(c_send_dontroute, ret_of(side->sendto(fd, "0123456789", 10, MSG_DONTROUTE, NULL, 0)))
CALL(c_send_long, ret_of(send_to(fd, family, OWN, 4200, 65508, 0)))
CALL(c_sendto, call_send(fd, "", family, OWN, 4200, 0))
CALL(c_sendto_any, call_send(fd, "", family, 0, 4200, 0))
CALL(c_sendto_port0, call_send(fd, "", family, OWN, 0, 0))
CALL(c_sendto_far, call_send(fd, "", family, FAR, 4200, 0))
CALL(c_sendto_far_local, call_send(fd, "", family, FAR, 4200, MSG_DONTROUTE))
CALL(c_sendto_bcast, call_send(fd, "", family, OWN_BCAST, 4200, 0))
CALL(c_sendto_all, call_send(fd, "", family, INADDR_BROADCAST, 4200, 0))
CALL(c_sendto_group, call_send(fd, "", family, GROUP, 4200, 0))
CALL(c_sendto_other, call_send(fd, "", family == AF_INET ? AF_INET6 : AF_INET, OWN, 4200, 0))
CALL(c_recv, call_receive(fd, 100, 0))
CALL(c_recv_dontwait, call_receive(fd, 100, MSG_DONTWAIT))
CALL(c_recv_cut, call_receive(fd, 5, 0))
CALL(c_recv_none, call_receive(fd, 0, 0))
CALL(c_recv_peek, call_receive(fd, 100, MSG_PEEK))
CALL(c_recv_trunc, call_receive(fd, 5, MSG_TRUNC))
CALL(c_recv_oob, call_receive(fd, 100, MSG_OOB))
CALL(c_recv_waitall, call_receive(fd, 100, MSG_WAITALL))
CALL(c_recv_err, call_receive(fd, 100, MSG_ERRQUEUE))
CALL(c_inq, call_int(fd, SIOCINQ))
CALL(c_outq, call_int(fd, SIOCOUTQ))
CALL(c_atmark, call_int(fd, SIOCATMARK))
CALL(c_unknown, call_int(fd, 0x12345))
CALL(c_so_error, call_error(fd, SO_ERROR))
CALL(c_so_type, call_error(fd, SO_TYPE))
CALL(c_so_protocol, call_error(fd, SO_PROTOCOL))
CALL(c_so_domain, call_error(fd, SO_DOMAIN))
CALL(c_so_acceptconn, call_error(fd, SO_ACCEPTCONN))
CALL(c_select, call_select(fd))
CALL(c_epoll, call_epoll(fd, 0))
CALL(c_epoll_et, call_epoll(fd, EPOLLET))
CALL(c_epoll_oneshot, call_epoll(fd, EPOLLONESHOT))
CALL(c_epoll_exclusive, call_epoll(fd, EPOLLEXCLUSIVE))

static void c_unspec(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	ret_of(side->connect(fd, &none, sizeof(none)));
	call_name(fd, side->getname, sizeof(union name));
}

static void c_short_names(int fd)
{
	union name n;
	socklen_t len = make_name(&n, family, OWN, 4100);

	ret_of(side->bind(fd, &n.any, 1));
	ret_of(side->bind(fd, &n.any, 15));
	ret_of(side->connect(fd, &n.any, 1));
	ret_of(side->connect(fd, &n.any, 15));
	ret_of(side->sendto(fd, "x", 1, 0, &n.any, 1));
	ret_of(side->sendto(fd, "x", 1, 0, &n.any, 15));
	ret_of(side->bind(fd, &n.any, 1000));
	n.any.sa_family = AF_UNIX;
	ret_of(side->bind(fd, &n.any, len));
	ret_of(side->connect(fd, &n.any, len));
	ret_of(side->sendto(fd, "x", 1, 0, &n.any, len));
	n.any.sa_family = AF_UNSPEC;
	ret_of(side->sendto(fd, "x", 1, 0, &n.any, len));
	ret_of(side->bind(fd, &n.any, len));
}

static const struct call {
	const char *name;
	void (*make)(int fd);
} calls[] = {
	{ "bind any", c_bind_any },
	{ "bind own", c_bind_own },
	{ "bind port 0", c_bind_zero },
	{ "bind alien", c_bind_alien },
	{ "bind broadcast", c_bind_bcast },
	{ "bind all-ones", c_bind_all },
	{ "bind group", c_bind_group },
	{ "bind other family", c_bind_family },
	{ "connect", c_connect },
	{ "connect own", c_connect_own },
	{ "connect any", c_connect_any },
	{ "connect port 0", c_connect_port0 },
	{ "connect far", c_connect_far },
	{ "connect broadcast", c_connect_bcast },
	{ "connect group", c_connect_group },
	{ "connect other family", c_connect_other },
	{ "connect unspec", c_unspec },
	{ "short and wrong names", c_short_names },
	{ "listen", c_listen },
	{ "accept", c_accept },
	{ "getsockname", c_getname },
	{ "getsockname cut", c_getname_cut },
	{ "getpeername", c_getpeer },
	{ "shutdown rd", c_shut_rd },
	{ "shutdown wr", c_shut_wr },
	{ "shutdown both", c_shut_both },
	{ "shutdown bad", c_shut_bad },
	{ "send", c_send },
	{ "send nothing", c_send_none },
	{ "send oob", c_send_oob },
	{ "send more", c_send_more },
	{ "send confirm", c_send_confirm },
	{ "send probe", c_send_probe },
	{ "send dontroute", c_send_dontroute },
	{ "send too long", c_send_long },
	{ "sendto", c_sendto },
	{ "sendto any", c_sendto_any },
	{ "sendto port 0", c_sendto_port0 },
	{ "sendto far", c_sendto_far },
	{ "sendto far dontroute", c_sendto_far_local },
	{ "sendto broadcast", c_sendto_bcast },
	{ "sendto all-ones", c_sendto_all },
	{ "sendto group", c_sendto_group },
	{ "sendto other family", c_sendto_other },
	{ "recv", c_recv },
	{ "recv dontwait", c_recv_dontwait },
	{ "recv cut", c_recv_cut },
	{ "recv no room", c_recv_none },
	{ "recv peek", c_recv_peek },
	{ "recv trunc", c_recv_trunc },
	{ "recv oob", c_recv_oob },
	{ "recv waitall", c_recv_waitall },
	{ "recv errqueue", c_recv_err },
	{ "ioctl inq", c_inq },
	{ "ioctl outq", c_outq },
	{ "ioctl atmark", c_atmark },
	{ "ioctl unknown", c_unknown },
	{ "SO_ERROR", c_so_error },
	{ "SO_TYPE", c_so_type },
	{ "SO_PROTOCOL", c_so_protocol },
	{ "SO_DOMAIN", c_so_domain },
	{ "SO_ACCEPTCONN", c_so_acceptconn },
	{ "select", c_select },
	{ "epoll", c_epoll },
	{ "epoll edge", c_epoll_et },
	{ "epoll oneshot", c_epoll_oneshot },
	{ "epoll exclusive", c_epoll_exclusive },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What doc/sockets.md names as different: raw sockets here send at once, MSG_MORE or not. */
static int differs(const struct state *s, const struct call *c)
{
	return s->make == raw_connected && c->make == c_send_more;
}

static void cell(const struct state *s, const struct call *c, int block)
{
	struct timeval tv = { .tv_usec = 2000 };
	int fd;

	if (!apart_begin("%s | %s | %s", s->name, c->name, block ? "waits" : "nonblock"))
		return;
	family = s->family;
	fd = s->make();
	if (block)
		side->set(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	else
		side->fcntl(fd, F_SETFL, O_NONBLOCK);
	fprintf(out, "%s | %s | %s:", s->name, c->name, block ? "waits" : "nonblock");
	c->make(fd);
	tell_poll(fd);
	fprintf(out, "\n");
	side->close(fd);
	if (peer >= 0)
		side->close(peer);
	peer = -1;
	apart_end();
}

void do_calls(void)
{
	size_t s, c;
	int block;

	for (s = 0; s < COUNT(states); s++)
		for (c = 0; c < COUNT(calls); c++)
			for (block = 0; block < 2; block++)
				if (!differs(&states[s], &calls[c]))
					cell(&states[s], &calls[c], block);
}
