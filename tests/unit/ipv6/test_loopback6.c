// SPDX-License-Identifier: BSD-2-Clause
/* AF_INET6 sockets that reach each other by "::1" within a host, and what of it others see. */
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/icmpv6.h>
#include <netinet/tcp.h>

#include <skiff/inet_sock.h>

#include "tcp/tcp_pair.h"

#define ANY4 0u
#define LO4 INADDR_LOOPBACK

static const struct in6_addr any6 = IN6ADDR_ANY_INIT, lo6 = IN6ADDR_LOOPBACK_INIT;

/* Where it goes, before the port is added. */
static struct sockaddr_in6 in6(const struct in6_addr *addr, u16 port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6,
				      .sin6_port = htons(port),
				      .sin6_addr = *addr };
}

static struct sockaddr_in6 mapped(u32 addr, u16 port)
{
	struct sockaddr_in6 n = in6(&any6, port);

	ipv6_addr_set_v4mapped(htonl(addr), &n.sin6_addr);
	return n;
}

static struct sockaddr_in6 ip6(const char *text, u16 port)
{
	struct sockaddr_in6 n = in6(&any6, port);

	assert_int_equal(inet_pton(AF_INET6, text, &n.sin6_addr), 1);
	return n;
}

static int open6(int type, bool only)
{
	int fd = skiff_socket(host_a, AF_INET6, type, 0), on = only;

	assert_true(fd >= 0);
	assert_int_equal(skiff_setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	return fd;
}

static int open4(int type)
{
	int fd = skiff_socket(host_a, AF_INET, type, 0);

	assert_true(fd >= 0);
	return fd;
}

static int get(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int val = -1;

	assert_int_equal(skiff_getsockopt(fd, level, name, &val, &len), 0);
	return val;
}

static void set(int fd, int level, int name, int val)
{
	assert_int_equal(skiff_setsockopt(fd, level, name, &val, sizeof(val)), 0);
}

static void is_name(const struct sockaddr_in6 *n, socklen_t len, struct sockaddr_in6 want)
{
	assert_int_equal(len, sizeof(*n));
	if (!want.sin6_port)
		want.sin6_port = n->sin6_port;
	assert_memory_equal(n, &want, sizeof(want));
}

static void is_own(int fd, struct sockaddr_in6 want)
{
	struct sockaddr_in6 n;
	socklen_t len = sizeof(n);

	assert_int_equal(skiff_getsockname(fd, (struct sockaddr *)(void *)&n, &len), 0);
	is_name(&n, len, want);
}

static void is_peer(int fd, struct sockaddr_in6 want)
{
	struct sockaddr_in6 n;
	socklen_t len = sizeof(n);

	assert_int_equal(skiff_getpeername(fd, (struct sockaddr *)(void *)&n, &len), 0);
	is_name(&n, len, want);
}

/* One datagram, from whom. */
static void gets(int fd, struct sockaddr_in6 from)
{
	struct sockaddr_in6 n;
	socklen_t len = sizeof(n);
	char buf[8];

	assert_int_equal(skiff_recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
					(struct sockaddr *)(void *)&n, &len),
			 2);
	is_name(&n, len, from);
}

static void gets_nothing(int fd)
{
	char buf[8];

	fails(skiff_recv(fd, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
}

#define BIND(fd, name)                           \
	({                                       \
		struct sockaddr_in6 n_ = (name); \
		skiff_bind(fd, ADDR(n_));        \
	})
#define CONNECT(fd, name)                        \
	({                                       \
		struct sockaddr_in6 n_ = (name); \
		skiff_connect(fd, ADDR(n_));     \
	})
#define SEND(fd, name)                                       \
	({                                                   \
		struct sockaddr_in6 n_ = (name);             \
		(int)skiff_sendto(fd, "hi", 2, 0, ADDR(n_)); \
	})

static int bind4(int type, u32 addr, u16 port)
{
	struct sockaddr_in n = at(addr, port);
	int fd = open4(type), err = skiff_bind(fd, ADDR(n));

	if (!err)
		return fd;
	skiff_close(fd);
	return -1;
}

static int bind6(int type, struct sockaddr_in6 name, bool only)
{
	int fd = open6(type, only);

	if (!BIND(fd, name))
		return fd;
	skiff_close(fd);
	return -1;
}

static int listen_on(int fd)
{
	assert_true(fd >= 0);
	assert_int_equal(skiff_listen(fd, 5), 0);
	return fd;
}

/* Who may have a port at the same time: in both orders, of both protocols. */
static void share(struct sockaddr_in6 a, bool only_a, struct sockaddr_in6 b, bool only_b, bool may)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };

	for (int i = 0; i < 4; i++) {
		int one = bind6(types[i & 1], i & 2 ? b : a, i & 2 ? only_b : only_a);
		int two = bind6(types[i & 1], i & 2 ? a : b, i & 2 ? only_a : only_b);

		assert_true(one >= 0);
		assert_int_equal(two >= 0, may);
		skiff_close(one);
		if (two >= 0)
			skiff_close(two);
	}
}

static void share4(struct sockaddr_in6 a, bool only, u32 b, bool may)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };

	for (int i = 0; i < 4; i++) {
		int type = types[i & 1], six = -1, four;

		if (i & 2)
			six = bind6(type, a, only);
		four = bind4(type, b, PORT);
		if (!(i & 2))
			six = bind6(type, a, only);
		assert_int_equal(six >= 0 && four >= 0, may);
		if (six >= 0)
			skiff_close(six);
		if (four >= 0)
			skiff_close(four);
	}
}

static void ports(void **state)
{
	struct sockaddr_in6 any = in6(&any6, PORT), lo = in6(&lo6, PORT);
	struct sockaddr_in6 v4 = mapped(LO4, PORT), any_v4 = mapped(ANY4, PORT);

	share(lo, false, v4, false, true);
	share(lo, false, any_v4, false, true);
	share(lo, false, lo, false, false);
	share(any, false, lo, false, false);
	share(any, true, lo, false, false);
	share(any, false, any, true, false);
	share(any, false, v4, false, false);
	share(any, true, v4, false, true);
	share(any, true, any_v4, false, true);
	share(any, false, any_v4, false, false);
	share4(lo, false, LO4, true);
	share4(lo, false, ANY4, true);
	share4(any, true, ANY4, true);
	share4(any, true, LO4, true);
	share4(any, false, ANY4, false);
	share4(any, false, LO4, false);
	share4(any_v4, false, LO4, false);
}

/* What is not there. */
static void refused(void **state)
{
	static const char *const far[] = { "::2", "2001:db8::1", "fe80::1" };
	struct sockaddr_in stand_in = at(INADDR_LOOPBACK6, PORT);
	struct sockaddr_in6 scoped = ip6("fe80::1", PORT);
	int fd = open6(SOCK_DGRAM, false), tcp = open6(SOCK_STREAM, false), fd4;

	for (int i = 0; i < 3; i++) {
		fails(BIND(fd, ip6(far[i], PORT)), EADDRNOTAVAIL);
		fails(CONNECT(fd, ip6(far[i], PORT)), ENETUNREACH);
		fails(CONNECT(tcp, ip6(far[i], PORT)), ENETUNREACH);
		fails(SEND(fd, ip6(far[i], PORT)), ENETUNREACH);
	}
	scoped.sin6_scope_id = 1;
	fails(BIND(fd, scoped), EADDRNOTAVAIL);
	fails(SEND(fd, scoped), ENETUNREACH);
	/* The address that stands for "::1" is nobody's by its own name. */
	fails(BIND(fd, mapped(INADDR_LOOPBACK6, PORT)), EADDRNOTAVAIL);
	fails(SEND(fd, mapped(INADDR_LOOPBACK6, PORT)), ENETUNREACH);
	fails(CONNECT(tcp, mapped(INADDR_LOOPBACK6, PORT)), ENETUNREACH);
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		fd4 = open4(type);
		fails(skiff_bind(fd4, ADDR(stand_in)), EADDRNOTAVAIL);
	}
	/* A failed bind() leaves nothing behind. */
	assert_int_equal(get(fd, SOL_IPV6, IPV6_V6ONLY), 0);
	fd4 = bind6(SOCK_DGRAM, in6(&lo6, PORT), false);
	fails(BIND(fd, in6(&lo6, PORT)), EADDRINUSE);
	assert_int_equal(get(fd, SOL_IPV6, IPV6_V6ONLY), 0);
	/* Who is bound to one family's address does not reach the other one's. */
	assert_int_equal(get(fd4, SOL_IPV6, IPV6_V6ONLY), 1);
	fails(SEND(fd4, mapped(LO4, PORT)), ENETUNREACH);
	fails(CONNECT(fd4, mapped(LO4, PORT)), ENETUNREACH);
	assert_int_equal(BIND(fd, mapped(LO4, PORT)), 0);
	fails(SEND(fd, in6(&lo6, PORT)), EAFNOSUPPORT);
	fails(CONNECT(fd, in6(&lo6, PORT)), EAFNOSUPPORT);
	assert_int_equal(BIND(tcp, mapped(ANY4, PORT)), 0);
	fails(CONNECT(tcp, in6(&lo6, PORT)), EAFNOSUPPORT);
}

static void datagrams(void **state)
{
	int any = bind6(SOCK_DGRAM, in6(&any6, PORT), false);
	int one = bind6(SOCK_DGRAM, in6(&lo6, 0), false), four = bind4(SOCK_DGRAM, LO4, PORT + 1);
	struct sockaddr_in to = at(LO4, PORT);
	int two = open6(SOCK_DGRAM, false);

	is_own(any, in6(&any6, PORT));
	is_own(one, in6(&lo6, 0));
	assert_int_equal(skiff_sendto(four, "hi", 2, 0, ADDR(to)), 2);
	gets(any, mapped(LO4, PORT + 1));
	assert_int_equal(SEND(one, in6(&lo6, PORT)), 2);
	gets(any, in6(&lo6, 0));
	/* Not bound: both families, and "::" is IPv6's. */
	assert_int_equal(SEND(two, in6(&any6, PORT)), 2);
	gets(any, in6(&lo6, 0));
	assert_int_equal(SEND(two, mapped(LO4, PORT)), 2);
	gets(any, mapped(LO4, 0));
	is_own(two, in6(&any6, 0));
	/* Connected, both ways. */
	assert_int_equal(CONNECT(two, in6(&any6, PORT)), 0);
	is_own(two, in6(&lo6, 0));
	is_peer(two, in6(&lo6, PORT));
	assert_int_equal(skiff_send(two, "hi", 2, 0), 2);
	gets(any, in6(&lo6, 0));
	assert_int_equal(SEND(one, mapped(LO4, PORT)), -1);
	/* To somebody else meanwhile, whom it is an IPv4 socket to. */
	assert_int_equal(SEND(two, mapped(LO4, PORT)), 2);
	gets(any, mapped(LO4, 0));
	assert_int_equal(CONNECT(two, mapped(LO4, PORT)), 0);
	is_own(two, mapped(LO4, 0));
	assert_int_equal(skiff_send(two, "hi", 2, 0), 2);
	gets(any, mapped(LO4, 0));
	fails(SEND(two, in6(&lo6, PORT)), EAFNOSUPPORT);
}

/* Two servers on one port, one for each family. */
static void side_by_side(void **state)
{
	int six = bind6(SOCK_DGRAM, in6(&any6, PORT), true), four = bind4(SOCK_DGRAM, ANY4, PORT);
	int from = open6(SOCK_DGRAM, false), mapped_any;
	struct sockaddr_in n;
	socklen_t len = sizeof(n);
	char buf[8];

	is_own(six, in6(&any6, PORT));
	assert_int_equal(SEND(from, in6(&lo6, PORT)), 2);
	gets_nothing(four);
	gets(six, in6(&lo6, 0));
	assert_int_equal(SEND(from, mapped(LO4, PORT)), 2);
	gets_nothing(six);
	assert_int_equal(skiff_recvfrom(four, buf, sizeof(buf), MSG_DONTWAIT,
					(struct sockaddr *)(void *)&n, &len),
			 2);
	assert_int_equal(n.sin_addr.s_addr, htonl(LO4));
	skiff_close(four);
	mapped_any = bind6(SOCK_DGRAM, mapped(ANY4, PORT), false);
	is_own(mapped_any, mapped(ANY4, PORT));
	assert_int_equal(SEND(from, in6(&lo6, PORT)), 2);
	gets_nothing(mapped_any);
	gets(six, in6(&lo6, 0));
	assert_int_equal(SEND(from, mapped(LO4, PORT)), 2);
	gets(mapped_any, mapped(LO4, 0));
	/* Without a server of the family, there is nobody. */
	skiff_close(six);
	assert_int_equal(CONNECT(from, in6(&lo6, PORT)), 0);
	assert_int_equal(skiff_send(from, "hi", 2, 0), 2);
	fails((int)skiff_send(from, "hi", 2, 0), ECONNREFUSED);
}

/* Control messages of one packet. */
static const void *cmsg_of(struct msghdr *m, int level, int type)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
	return NULL;
}

static char control[512] __attribute__((aligned(8)));
static struct sockaddr_in6 msg_name;

static int receive(int fd, struct msghdr *m, int flags)
{
	static char data[8];
	static struct iovec iov = { data, sizeof(data) };

	*m = (struct msghdr){ .msg_name = &msg_name,
			      .msg_namelen = sizeof(msg_name),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	return (int)skiff_recvmsg(fd, m, flags | MSG_DONTWAIT);
}

static int send_from(int fd, struct sockaddr_in6 to, const struct in6_addr *source)
{
	struct in6_pktinfo info = { .ipi6_addr = *source };
	struct iovec iov = { (void *)(uintptr_t) "hi", 2 };
	char buf[CMSG_SPACE(sizeof(info))] __attribute__((aligned(8))) = {};
	struct msghdr m = { .msg_name = &to,
			    .msg_namelen = sizeof(to),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return (int)skiff_sendmsg(fd, &m, 0);
}

static void messages(void **state)
{
	int any = bind6(SOCK_DGRAM, in6(&any6, PORT), false), fd = open6(SOCK_DGRAM, false);
	struct sockaddr_in6 v4 = mapped(LO4, PORT), lo = in6(&lo6, PORT);
	struct in6_pktinfo info;
	struct msghdr m;

	set(any, SOL_IPV6, IPV6_RECVPKTINFO, 1);
	set(any, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
	set(any, SOL_IPV6, IPV6_RECVTCLASS, 1);
	set(any, SOL_IPV6, IPV6_RECVORIGDSTADDR, 1);
	set(any, SOL_IP, IP_RECVTTL, 1);
	set(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 7);
	set(fd, SOL_IPV6, IPV6_TCLASS, 0x28);
	set(fd, SOL_IP, IP_TTL, 9);
	assert_int_equal(SEND(fd, lo), 2);
	assert_int_equal(receive(any, &m, 0), 2);
	memcpy(&info, cmsg_of(&m, SOL_IPV6, IPV6_PKTINFO), sizeof(info));
	assert_memory_equal(&info.ipi6_addr, &lo6, sizeof(lo6));
	assert_int_equal(info.ipi6_ifindex, 1);
	assert_int_equal(*(const int *)cmsg_of(&m, SOL_IPV6, IPV6_HOPLIMIT), 7);
	assert_int_equal(*(const int *)cmsg_of(&m, SOL_IPV6, IPV6_TCLASS), 0x28);
	assert_null(cmsg_of(&m, SOL_IP, IP_TTL));
	is_name((const struct sockaddr_in6 *)cmsg_of(&m, SOL_IPV6, IPV6_ORIGDSTADDR), sizeof(lo),
		lo);
	assert_int_equal(SEND(fd, v4), 2);
	assert_int_equal(receive(any, &m, 0), 2);
	memcpy(&info, cmsg_of(&m, SOL_IPV6, IPV6_PKTINFO), sizeof(info));
	assert_memory_equal(&info.ipi6_addr, &v4.sin6_addr, sizeof(lo6));
	assert_int_equal(*(const int *)cmsg_of(&m, SOL_IP, IP_TTL), 9);
	assert_null(cmsg_of(&m, SOL_IPV6, IPV6_HOPLIMIT));
	assert_null(cmsg_of(&m, SOL_IPV6, IPV6_TCLASS));
	/* The source: of the destination's family. */
	assert_int_equal(send_from(fd, lo, &lo6), 2);
	gets(any, in6(&lo6, 0));
	assert_int_equal(send_from(fd, lo, &any6), 2);
	gets(any, in6(&lo6, 0));
	assert_int_equal(send_from(fd, v4, &v4.sin6_addr), 2);
	gets(any, mapped(LO4, 0));
	fails(send_from(fd, lo, &v4.sin6_addr), EINVAL);
	fails(send_from(fd, v4, &lo6), EINVAL);
	fails(send_from(fd, v4, &any6), EINVAL);
}

static void errors(void **state)
{
	int fd = open6(SOCK_DGRAM, false);
	struct {
		struct sock_extended_err ee;
		struct sockaddr_in6 offender;
	} e;
	struct msghdr m;

	set(fd, SOL_IPV6, IPV6_RECVERR, 1);
	assert_int_equal(CONNECT(fd, in6(&lo6, PORT)), 0);
	assert_int_equal(skiff_send(fd, "hi", 2, 0), 2);
	assert_int_equal(receive(fd, &m, MSG_ERRQUEUE), 2);
	is_name(&msg_name, m.msg_namelen, in6(&lo6, PORT));
	memcpy(&e, cmsg_of(&m, SOL_IPV6, IPV6_RECVERR), sizeof(e));
	assert_int_equal(e.ee.ee_errno, ECONNREFUSED);
	assert_int_equal(e.ee.ee_origin, SO_EE_ORIGIN_ICMP6);
	assert_int_equal(e.ee.ee_type, ICMPV6_DEST_UNREACH);
	assert_int_equal(e.ee.ee_code, ICMPV6_PORT_UNREACH);
	assert_memory_equal(&e.offender.sin6_addr, &lo6, sizeof(lo6));
	/* Whoever has read it knows. */
	assert_int_equal(get(fd, SOL_SOCKET, SO_ERROR), 0);
}

/* Larger than the loopback device takes: cut, or refused when the program says so. */
static void sizes(void **state)
{
	int any = bind6(SOCK_DGRAM, in6(&any6, PORT), false), fd = open6(SOCK_DGRAM, false);
	static char buf[3000];

	net_lock(host_a);
	assert_int_equal(dev_set_mtu(net_loopback_dev(host_a), 1500), 0);
	net_unlock(host_a);
	assert_int_equal(CONNECT(fd, in6(&lo6, PORT)), 0);
	assert_int_equal(get(fd, SOL_IPV6, IPV6_MTU), 1500);
	assert_int_equal(skiff_send(fd, buf, sizeof(buf), 0), sizeof(buf));
	assert_int_equal(skiff_recv(any, buf, sizeof(buf), 0), sizeof(buf));
	set(fd, SOL_IPV6, IPV6_DONTFRAG, 1);
	fails((int)skiff_send(fd, buf, sizeof(buf), 0), EMSGSIZE);
	set(fd, SOL_IPV6, IPV6_DONTFRAG, 0);
	set(fd, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO);
	fails((int)skiff_send(fd, buf, sizeof(buf), 0), EMSGSIZE);
}

/* A nonlocal address, by either level's option. */
static void freebind(void **state)
{
	int fd = open6(SOCK_DGRAM, false);

	fails(BIND(fd, mapped(0xc6336401, PORT)), EADDRNOTAVAIL);
	set(fd, SOL_IPV6, IPV6_FREEBIND, 1);
	assert_int_equal(get(fd, SOL_IP, IP_FREEBIND), 1);
	assert_int_equal(get(fd, SOL_IPV6, IPV6_TRANSPARENT), 0);
	fails(BIND(fd, ip6("2001:db8::1", PORT)), EADDRNOTAVAIL);
	assert_int_equal(BIND(fd, mapped(0xc6336401, PORT)), 0);
}

/* A connection to @to, which the server sees as @seen. */
static void stream_to(int server, struct sockaddr_in6 to, struct sockaddr_in6 seen)
{
	int fd = open6(SOCK_STREAM, false), child;
	struct sockaddr_in6 n;
	socklen_t len = sizeof(n);
	char buf[8];

	assert_int_equal(CONNECT(fd, to), 0);
	child = skiff_accept(server, (struct sockaddr *)(void *)&n, &len);
	assert_true(child >= 0);
	is_name(&n, len, seen);
	seen.sin6_port = n.sin6_port;
	is_own(fd, seen);
	is_peer(child, seen);
	seen.sin6_port = htons(PORT);
	is_own(child, seen);
	is_peer(fd, seen);
	assert_int_equal(skiff_send(fd, "hello", 5, 0), 5);
	assert_int_equal(skiff_recv(child, buf, sizeof(buf), 0), 5);
	assert_int_equal(skiff_send(child, "you", 3, 0), 3);
	assert_int_equal(skiff_recv(fd, buf, sizeof(buf), 0), 3);
	skiff_close(fd);
	skiff_close(child);
}

static void no_stream_to(struct sockaddr_in6 to)
{
	int fd = open6(SOCK_STREAM, false);

	fails(CONNECT(fd, to), ECONNREFUSED);
	skiff_close(fd);
}

static void streams(void **state)
{
	int fd = listen_on(bind6(SOCK_STREAM, in6(&any6, PORT), false)), four;

	is_own(fd, in6(&any6, PORT));
	stream_to(fd, in6(&lo6, PORT), in6(&lo6, 0));
	stream_to(fd, in6(&any6, PORT), in6(&lo6, 0));
	stream_to(fd, mapped(LO4, PORT), mapped(LO4, 0));
	skiff_close(fd);
	/* As dual-stack servers do it: one socket for each family. */
	fd = open6(SOCK_STREAM, true);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(BIND(fd, in6(&any6, PORT)), 0);
	listen_on(fd);
	no_stream_to(mapped(LO4, PORT));
	four = open6(SOCK_STREAM, false);
	set(four, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(BIND(four, mapped(ANY4, PORT)), 0);
	listen_on(four);
	stream_to(fd, in6(&lo6, PORT), in6(&lo6, 0));
	stream_to(four, mapped(LO4, PORT), mapped(LO4, 0));
	skiff_close(fd);
	no_stream_to(in6(&lo6, PORT));
	fd = open6(SOCK_STREAM, false);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(BIND(fd, in6(&lo6, PORT)), 0);
	listen_on(fd);
	stream_to(fd, in6(&lo6, PORT), in6(&lo6, 0));
}

/* Members of a group are of one family. */
static void groups(void **state)
{
	int six = open6(SOCK_STREAM, true), four = open6(SOCK_STREAM, false);

	set(six, SOL_SOCKET, SO_REUSEPORT, 1);
	set(four, SOL_SOCKET, SO_REUSEPORT, 1);
	assert_int_equal(BIND(six, in6(&any6, PORT)), 0);
	assert_int_equal(BIND(four, mapped(ANY4, PORT)), 0);
	listen_on(six);
	listen_on(four);
	for (int i = 0; i < 8; i++) {
		stream_to(six, in6(&lo6, PORT), in6(&lo6, 0));
		stream_to(four, mapped(LO4, PORT), mapped(LO4, 0));
	}
}

/* An AF_INET socket may send to the address that "::1" is carried by, and gets answers. */
static void from_ipv4(void **state)
{
	int any = bind6(SOCK_DGRAM, in6(&any6, PORT), true), four = bind4(SOCK_DGRAM, ANY4, PORT);
	struct sockaddr_in to = at(INADDR_LOOPBACK6, PORT);

	assert_int_equal(skiff_sendto(four, "hi", 2, 0, ADDR(to)), 2);
	gets(any, in6(&lo6, PORT));
	gets_nothing(four);
}

#define T(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ports), T(refused),  T(datagrams), T(side_by_side), T(messages),  T(errors),
		T(sizes), T(freebind), T(streams),   T(groups),	      T(from_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
