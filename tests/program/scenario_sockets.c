// SPDX-License-Identifier: BSD-2-Clause
/* Making sockets, naming them, and what descriptors are asked for. */
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <linux/sockios.h>

#include "scenario.h"

/* socket() with each type, protocol and flag. */
static void all_kinds(int family)
{
	static const int protos[] = { 0,
				      IPPROTO_ICMP,
				      IPPROTO_TCP,
				      IPPROTO_UDP,
				      IPPROTO_ICMPV6,
				      IPPROTO_SCTP,
				      IPPROTO_UDPLITE,
				      253,
				      IPPROTO_RAW,
				      256,
				      -1 };
	int type, fd;
	size_t p;

	for (type = 0; type <= 7; type++) {
		line("type");
		say(" %d", type);
		for (p = 0; p < COUNT(protos); p++) {
			fd = socket(family, type, protos[p]);
			if (fd < 0) {
				say(" %s", strerrorname_np(errno));
				continue;
			}
			say(" ok");
			close(fd);
		}
	}
}

static void kinds_v4(void)
{
	all_kinds(AF_INET);
}

static void kinds_v6(void)
{
	all_kinds(AF_INET6);
}

static void kinds_flags(void)
{
	static const int flags[] = { SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC,
				     0x10, 0x100000 };
	size_t i;
	int fd;

	for (i = 0; i < COUNT(flags); i++) {
		line("flags");
		say(" %x", (unsigned int)flags[i]);
		fd = socket(AF_INET, SOCK_STREAM | flags[i], 0);
		if (fd < 0) {
			say(" %s", strerrorname_np(errno));
			continue;
		}
		say(" fl %x fd %x", (unsigned int)fcntl(fd, F_GETFL),
		    (unsigned int)fcntl(fd, F_GETFD));
		close(fd);
	}
	line("other families");
	fd = socket(AF_UNSPEC, SOCK_STREAM, 0);
	say(" %s", fd < 0 ? strerrorname_np(errno) : "ok");
	fd = socket(99, SOCK_STREAM, 0);
	say(" %s", fd < 0 ? strerrorname_np(errno) : "ok");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	say(" %s", fd < 0 ? strerrorname_np(errno) : "ok");
}

/* The lowest number, and none when there are none. */
static void numbers(void)
{
	struct rlimit no = { .rlim_cur = 40, .rlim_max = 40 };
	int fds[64], n = 0, a, b;
	pid_t pid;

	a = lo_socket(SOCK_STREAM);
	b = lo_socket(SOCK_DGRAM);
	line("next number");
	say(" %d", b - a);
	close(a);
	say(" %d", socket(AF_INET, SOCK_STREAM, 0) - a);
	/* In a child, since the limit stays. */
	pid = child_begin();
	if (!pid) {
		setrlimit(RLIMIT_NOFILE, &no);
		streams_connect();
		while (n < 64) {
			fds[n] = socket(AF_INET, SOCK_STREAM, 0);
			if (fds[n] < 0)
				break;
			n++;
		}
		say(" at the limit %s", strerrorname_np(errno));
		/* Whoever is accepted then is lost, or waits. */
		close(st.fd);
		st.fd = socket(AF_INET, SOCK_STREAM, 0);
		must_connect(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
		side->settle(1);
		TELL(accept(st.listener, NULL, NULL));
		close(fds[0]);
		say(accept4(st.listener, NULL, NULL, SOCK_NONBLOCK) < 0 ? " lost" : " waited");
		child_end();
	}
	child_wait(pid);
}

static void told_as_file(void)
{
	static const char *const what[] = { "new", "listening", "connected" };
	struct stat sb;
	int fds[3], i;
	char c;

	streams_connect();
	fds[0] = lo_socket(SOCK_STREAM);
	fds[1] = st.listener;
	fds[2] = st.fd;
	for (i = 0; i < 3; i++) {
		line(what[i]);
		say(" stat %d", fstat(fds[i], &sb));
		say(" socket %d size %ld", S_ISSOCK(sb.st_mode), (long)sb.st_size);
		TELL(lseek(fds[i], 0, SEEK_CUR));
		TELL(pread(fds[i], &c, 1, 0));
		TELL(pwrite(fds[i], "a", 1, 0));
		TELL(ftruncate(fds[i], 5));
		TELL(fsync(fds[i]));
		say(" tty %d", isatty(fds[i]));
		say(" fl %x", (unsigned int)fcntl(fds[i], F_GETFL));
	}
}

static void bad_descriptors(void)
{
	union name n;
	socklen_t len = lo_name(&n, st.port);
	int file = open("/dev/null", O_RDWR), fds[2] = { 999, file }, i, val = 1;

	for (i = 0; i < 2; i++) {
		line(i ? "no socket" : "not open");
		TELL(bind(fds[i], &n.any, len));
		TELL(connect(fds[i], &n.any, len));
		TELL(listen(fds[i], 1));
		TELL(accept(fds[i], NULL, NULL));
		len = sizeof(n);
		TELL(getsockname(fds[i], &n.any, &len));
		TELL(getpeername(fds[i], &n.any, &len));
		TELL(send(fds[i], "a", 1, 0));
		TELL(recv(fds[i], &n, 1, 0));
		TELL(shutdown(fds[i], SHUT_RDWR));
		TELL(setsockopt(fds[i], SOL_SOCKET, SO_REUSEADDR, &val, sizeof(val)));
		len = sizeof(val);
		TELL(getsockopt(fds[i], SOL_SOCKET, SO_ERROR, &val, &len));
	}
}

/* Memory that is not there. */
static void bad_memory(void)
{
	char *bad = (char *)8, *volatile nobody = bad;
	socklen_t len = sizeof(union name);

	streams_connect();
	send_bytes(st.peer, 10, 0);
	side->settle(1);
	line("names");
	TELL(bind(lo_socket(SOCK_STREAM), (struct sockaddr *)nobody, 16));
	TELL(connect(lo_socket(SOCK_STREAM), (struct sockaddr *)nobody, 16));
	TELL(getsockname(st.fd, (struct sockaddr *)nobody, &len));
	TELL(getsockname(st.fd, (struct sockaddr *)&len, (socklen_t *)nobody));
	TELL(getpeername(st.fd, (struct sockaddr *)nobody, &len));
	line("options");
	TELL(setsockopt(st.fd, SOL_SOCKET, SO_KEEPALIVE, nobody, 4));
	TELL(getsockopt(st.fd, SOL_SOCKET, SO_KEEPALIVE, nobody, &len));
	TELL(getsockopt(st.fd, SOL_SOCKET, SO_KEEPALIVE, &len, (socklen_t *)nobody));
	TELL(ioctl(st.fd, FIONREAD, nobody));
	line("data");
	TELL(write(st.fd, nobody, 5));
	TELL(send(st.fd, nobody, 5, 0));
	TELL(sendto(st.fd, "a", 1, 0, (struct sockaddr *)nobody, 16));
	TELL(sendmsg(st.fd, (struct msghdr *)nobody, 0));
	TELL(read(st.fd, nobody, 5));
	TELL(recv(st.fd, nobody, 5, 0));
	TELL(recvmsg(st.fd, (struct msghdr *)nobody, 0));
	TELL(recv(st.fd, &len, 2, MSG_DONTWAIT));
	line("datagram");
	lo_datagram_pair();
	TELL(send(st.fd, nobody, 5, 0));
	TELL(send(st.peer, "abcde", 5, 0));
	side->settle(1);
	TELL(recv(st.fd, nobody, 5, 0));
	TELL(recv(st.fd, &len, 4, MSG_DONTWAIT));
}

static void taken(void)
{
	static const int sharing[] = { 0, SO_REUSEADDR, SO_REUSEPORT };
	size_t i, j;
	int a, b;

	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			line("taken");
			say(" %d %d", sharing[i], sharing[j]);
			a = lo_socket(SOCK_STREAM);
			b = lo_socket(SOCK_STREAM);
			set_int(a, SOL_SOCKET, sharing[i], 1);
			set_int(b, SOL_SOCKET, sharing[j], 1);
			call_bind(a, AF_INET, INADDR_LOOPBACK, st.port);
			call_bind(b, AF_INET, INADDR_LOOPBACK, st.port);
			TELL(listen(a, 1));
			TELL(listen(b, 1));
			close(a);
			close(b);
		}
	line("bound twice");
	a = lo_socket(SOCK_STREAM);
	call_bind(a, AF_INET, INADDR_LOOPBACK, st.port);
	call_bind(a, AF_INET, INADDR_LOOPBACK, st.port);
	line("alien");
	call_bind(lo_socket(SOCK_STREAM), AF_INET, 0x08080808, st.port);
	line("127.0.0.2");
	call_bind(lo_socket(SOCK_STREAM), AF_INET, 0x7f000002, st.port);
	line("zero");
	a = lo_socket(SOCK_STREAM);
	call_bind(a, AF_INET, 0, 0);
	call_name(a, getsockname, sizeof(union name));
}

/* A server for both families, as most are. */
static void dual_stack(void)
{
	union name n;
	socklen_t len;
	int a = must_open(AF_INET6, SOCK_STREAM, 0), b, val = -1;

	len = sizeof(val);
	line("v6only");
	TELL(getsockopt(a, SOL_IPV6, IPV6_V6ONLY, &val, &len));
	say(" %d", val);
	TELL(set_int(a, SOL_IPV6, IPV6_V6ONLY, 0));
	call_bind(a, AF_INET6, 0, st.port);
	TELL(set_int(a, SOL_IPV6, IPV6_V6ONLY, 1));
	TELL(listen(a, 5));
	call_name(a, getsockname, sizeof(n));
	line("by IPv4");
	b = lo_socket(SOCK_STREAM);
	call_connect(b, AF_INET, INADDR_LOOPBACK, st.port);
	side->settle(1);
	len = sizeof(n);
	st.fd = accept(a, &n.any, &len);
	tell_name(&n, len);
	call_name(st.fd, getsockname, sizeof(n));
	line("data");
	TELL(write(b, "abc", 3));
	side->settle(1);
	TELL(read(st.fd, &n, 10));
	line("the other one");
	call_bind(lo_socket(SOCK_STREAM), AF_INET, 0, st.port);
	line("v6 only");
	b = must_open(AF_INET6, SOCK_STREAM, 0);
	set_int(b, SOL_IPV6, IPV6_V6ONLY, 1);
	call_connect(b, AF_INET6, INADDR_LOOPBACK, st.port);
	call_bind(b, AF_INET6, INADDR_LOOPBACK, st.port);
}

static void ipv6_itself(void)
{
	union name n;
	socklen_t len;
	int a = must_open(AF_INET6, SOCK_STREAM, 0), b = must_open(AF_INET6, SOCK_STREAM, 0);

	st.family = AF_INET6;
	real_v6 = 1;
	len = lo_name(&n, st.port);
	line("::1");
	TELL(bind(a, &n.any, len));
	TELL(listen(a, 5));
	TELL(connect(b, &n.any, len));
	call_name(b, getsockname, sizeof(n));
	call_name(b, getpeername, sizeof(n));
	line("documentation's");
	inet_pton(AF_INET6, "2001:db8::1", &n.in6.sin6_addr);
	TELL(bind(must_open(AF_INET6, SOCK_STREAM, 0), &n.any, len));
	TELL(connect(must_open(AF_INET6, SOCK_STREAM, 0), &n.any, len));
	TELL(connect(must_open(AF_INET6, SOCK_DGRAM, 0), &n.any, len));
	TELL(sendto(must_open(AF_INET6, SOCK_DGRAM, 0), "a", 1, 0, &n.any, len));
	line("link-local");
	inet_pton(AF_INET6, "fe80::1", &n.in6.sin6_addr);
	TELL(connect(must_open(AF_INET6, SOCK_STREAM, 0), &n.any, len));
}

/* Options that programs set, with what is read back. */
static void options_of(int fd)
{
	static const struct {
		const char *name;
		int level, opt, val;
	} opts[] = {
		{ "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1 },
		{ "SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1 },
		{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ "SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, 1 },
		{ "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 1 },
		{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 20000 },
		{ "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 20000 },
		{ "SO_SNDBUF 1", SOL_SOCKET, SO_SNDBUF, 1 },
		{ "SO_RCVBUF 1", SOL_SOCKET, SO_RCVBUF, 1 },
		{ "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 7 },
		{ "SO_SNDLOWAT", SOL_SOCKET, SO_SNDLOWAT, 7 },
		{ "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 3 },
		{ "SO_TIMESTAMP", SOL_SOCKET, SO_TIMESTAMP, 1 },
		{ "SO_ZEROCOPY", SOL_SOCKET, SO_ZEROCOPY, 1 },
		{ "SO_INCOMING_CPU", SOL_SOCKET, SO_INCOMING_CPU, 0 },
		{ "SO_PASSCRED", SOL_SOCKET, SO_PASSCRED, 1 },
		{ "SO_ERROR", SOL_SOCKET, SO_ERROR, 0 },
		{ "SO_TYPE", SOL_SOCKET, SO_TYPE, 0 },
		{ "SO_DOMAIN", SOL_SOCKET, SO_DOMAIN, 0 },
		{ "SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL, 0 },
		{ "SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN, 0 },
		{ "IP_TTL", SOL_IP, IP_TTL, 9 },
		{ "IP_TOS", SOL_IP, IP_TOS, 16 },
		{ "IP_RECVERR", SOL_IP, IP_RECVERR, 1 },
		{ "IP_PKTINFO", SOL_IP, IP_PKTINFO, 1 },
		{ "IP_MTU_DISCOVER", SOL_IP, IP_MTU_DISCOVER, 2 },
		{ "IP_FREEBIND", SOL_IP, IP_FREEBIND, 1 },
		{ "IP_BIND_ADDRESS_NO_PORT", SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1 },
		{ "TCP_NODELAY", SOL_TCP, TCP_NODELAY, 1 },
		{ "TCP_CORK", SOL_TCP, TCP_CORK, 1 },
		{ "TCP_KEEPIDLE", SOL_TCP, TCP_KEEPIDLE, 30 },
		{ "TCP_KEEPINTVL", SOL_TCP, TCP_KEEPINTVL, 7 },
		{ "TCP_KEEPCNT", SOL_TCP, TCP_KEEPCNT, 3 },
		{ "TCP_DEFER_ACCEPT", SOL_TCP, TCP_DEFER_ACCEPT, 5 },
		{ "TCP_USER_TIMEOUT", SOL_TCP, TCP_USER_TIMEOUT, 700 },
		{ "TCP_FASTOPEN", SOL_TCP, TCP_FASTOPEN, 5 },
		{ "TCP_QUICKACK", SOL_TCP, TCP_QUICKACK, 1 },
		{ "TCP_LINGER2", SOL_TCP, TCP_LINGER2, 5 },
		{ "TCP_SYNCNT", SOL_TCP, TCP_SYNCNT, 3 },
		{ "TCP_MAXSEG", SOL_TCP, TCP_MAXSEG, 1000 },
		{ "TCP_ULP", SOL_TCP, TCP_ULP, 0 },
		{ "no such option", SOL_SOCKET, 12345, 1 },
		{ "no such level", 12345, 1, 1 },
	};
	socklen_t len;
	size_t i;
	int val;

	for (i = 0; i < COUNT(opts); i++) {
		line(opts[i].name);
		TELL(set_int(fd, opts[i].level, opts[i].opt, opts[i].val));
		val = -7;
		len = sizeof(val);
		if (!TELL(getsockopt(fd, opts[i].level, opts[i].opt, &val, &len)))
			say("/%u %d", len, val);
		len = 1;
		val = 0;
		TELL(getsockopt(fd, opts[i].level, opts[i].opt, &val, &len));
		TELL(setsockopt(fd, opts[i].level, opts[i].opt, &val, 1));
	}
}

static void options_new(void)
{
	options_of(lo_socket(SOCK_STREAM));
}

static void options_connected(void)
{
	streams_connect();
	options_of(st.fd);
}

static void options_udp(void)
{
	options_of(lo_socket(SOCK_DGRAM));
}

/* What is set before, and taken over by whoever is accepted. */
static void options_taken_over(void)
{
	struct linger l = { 0 };
	struct timeval tv = { .tv_sec = 3 };
	socklen_t len = sizeof(l);
	int val = 0;

	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	set_int(st.listener, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(st.listener, SOL_TCP, TCP_NODELAY, 1);
	set_int(st.listener, SOL_SOCKET, SO_RCVBUF, 30000);
	setsockopt(st.listener, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	l = (struct linger){ 1, 3 };
	setsockopt(st.listener, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	fcntl(st.listener, F_SETFL, O_NONBLOCK);
	listen(st.listener, 5);
	st.peer = lo_socket(SOCK_STREAM);
	must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
	await_poll(st.listener, POLLIN);
	st.fd = accept(st.listener, NULL, NULL);
	line("flags");
	say(" %x %x", (unsigned int)fcntl(st.fd, F_GETFL), (unsigned int)fcntl(st.fd, F_GETFD));
	line("options");
	getsockopt(st.fd, SOL_SOCKET, SO_LINGER, &l, &len);
	say(" linger %d %d", l.l_onoff, l.l_linger);
	len = sizeof(tv);
	getsockopt(st.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len);
	say(" time %ld", (long)tv.tv_sec);
	len = sizeof(val);
	getsockopt(st.fd, SOL_SOCKET, SO_KEEPALIVE, &val, &len);
	say(" keepalive %d", val);
	getsockopt(st.fd, SOL_SOCKET, SO_RCVBUF, &val, &len);
	say(" rcvbuf %d", val);
	getsockopt(st.fd, SOL_TCP, TCP_NODELAY, &val, &len);
	say(" nodelay %d", val);
}

static void accept_flags(void)
{
	static const int flags[] = { 0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC,
				     1 };
	union name n;
	socklen_t len;
	size_t i;

	st.listener = lo_socket(SOCK_STREAM);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	listen(st.listener, 10);
	for (i = 0; i < COUNT(flags); i++) {
		line("flags");
		say(" %x", (unsigned int)flags[i]);
		st.peer = lo_socket(SOCK_STREAM);
		must_connect(st.peer, AF_INET, INADDR_LOOPBACK, st.port);
		await_poll(st.listener, POLLIN);
		memset(&n, 0, sizeof(n));
		len = (socklen_t)(i * 4);
		st.fd = accept4(st.listener, &n.any, &len, flags[i]);
		if (st.fd < 0) {
			say(" %s", strerrorname_np(errno));
			continue;
		}
		say(" fl %x fd %x len %u %d", (unsigned int)fcntl(st.fd, F_GETFL),
		    (unsigned int)fcntl(st.fd, F_GETFD), len, n.any.sa_family);
	}
}

/* Interfaces, as old programs ask for them. */
static void interfaces(void)
{
	struct ifreq ifr[8];
	struct ifconf ifc = { .ifc_len = sizeof(ifr), .ifc_req = ifr };
	int fd = lo_socket(SOCK_DGRAM);

	memset(ifr, 0, sizeof(ifr));
	line("SIOCGIFCONF");
	TELL(ioctl(fd, SIOCGIFCONF, &ifc));
	say(" lo %d", !strcmp(ifr[0].ifr_name, "lo"));
	strcpy(ifr[0].ifr_name, "lo");
	line("lo");
	TELL(ioctl(fd, SIOCGIFINDEX, &ifr[0]));
	say(" %d", ifr[0].ifr_ifindex);
	TELL(ioctl(fd, SIOCGIFFLAGS, &ifr[0]));
	say(" %x", (unsigned int)(unsigned short)ifr[0].ifr_flags);
	TELL(ioctl(fd, SIOCGIFMTU, &ifr[0]));
	say(" %d", ifr[0].ifr_mtu);
	TELL(ioctl(fd, SIOCGIFADDR, &ifr[0]));
	say(" %08x", ntohl(((struct sockaddr_in *)&ifr[0].ifr_addr)->sin_addr.s_addr));
	TELL(ioctl(fd, SIOCGIFNETMASK, &ifr[0]));
	say(" %08x", ntohl(((struct sockaddr_in *)&ifr[0].ifr_netmask)->sin_addr.s_addr));
	TELL(ioctl(fd, SIOCGIFHWADDR, &ifr[0]));
	say(" %d", ifr[0].ifr_hwaddr.sa_family);
	line("unknown");
	strcpy(ifr[0].ifr_name, "nothing");
	TELL(ioctl(fd, SIOCGIFINDEX, &ifr[0]));
	TELL(ioctl(fd, SIOCGIFFLAGS, &ifr[0]));
	line("by name");
	say(" %u", if_nametoindex("lo"));
	TELL(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	TELL(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nothing", 8));
}

static void raw_kinds(void)
{
	unsigned char buf[100];
	union name n;
	socklen_t len = lo_name(&n, 0);
	int fd = socket(AF_INET, SOCK_RAW, 253);

	line("raw");
	if (fd < 0) {
		say(" %s", strerrorname_np(errno));
		return;
	}
	TELL(sendto(fd, "abcde", 5, 0, &n.any, len));
	side->settle(1);
	tell_poll(fd);
	TELL(recv(fd, buf, sizeof(buf), 0));
	TELL(recv(fd, buf, sizeof(buf), 0));
}

static void echo_request(void)
{
	unsigned char echo[16] = { 8, 0, 0, 0, 0, 0, 0, 7, 'a', 'b' }, buf[100];
	union name n;
	socklen_t len = lo_name(&n, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	line("ping");
	if (fd < 0) {
		say(" %s", strerrorname_np(errno));
		return;
	}
	TELL(sendto(fd, echo, 10, 0, &n.any, len));
	await_poll(fd, POLLIN);
	TELL(recv(fd, buf, sizeof(buf), 0));
	say(" type %u sequence %u", buf[0], buf[7]);
	TELL(sendto(fd, buf, 10, 0, &n.any, len));
}

void do_sockets(void)
{
	static const struct story stories[] = {
		{ "kinds", kinds_v4 },
		{ "kinds 6", kinds_v6 },
		{ "flags", kinds_flags },
		{ "numbers", numbers },
		{ "as a file", told_as_file },
		{ "bad descriptors", bad_descriptors },
		{ "bad memory", bad_memory },
		{ "addresses taken", taken },
		{ "dual stack", dual_stack },
		{ "IPv6", ipv6_itself },
		{ "options, new", options_new },
		{ "options, connected", options_connected },
		{ "options, udp", options_udp },
		{ "options taken over", options_taken_over },
		{ "accept flags", accept_flags },
		{ "interfaces", interfaces },
		{ "raw", raw_kinds },
		{ "ping", echo_request },
	};

	each_story("sockets", stories, COUNT(stories));
}
