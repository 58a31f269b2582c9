// SPDX-License-Identifier: BSD-2-Clause
/* Options: each with values in range and out of it and with every wrong length, and who shares a port. */
#include <netinet/udp.h>

#include <linux/icmp.h>
#include <linux/net_tstamp.h>
#include <time.h>

#include "socket_twin.h"

#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884 26
#endif
/* What older headers leave out. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct option {
	const char *name;
	int level, opt;
};

#define OPT(level, opt)          \
	{                        \
#opt, level, opt \
	}

static const struct option socket_options[] = {
	OPT(SOL_SOCKET, SO_DEBUG),	   OPT(SOL_SOCKET, SO_REUSEADDR),
	OPT(SOL_SOCKET, SO_REUSEPORT),	   OPT(SOL_SOCKET, SO_TYPE),
	OPT(SOL_SOCKET, SO_ERROR),	   OPT(SOL_SOCKET, SO_DONTROUTE),
	OPT(SOL_SOCKET, SO_BROADCAST),	   OPT(SOL_SOCKET, SO_KEEPALIVE),
	OPT(SOL_SOCKET, SO_OOBINLINE),	   OPT(SOL_SOCKET, SO_NO_CHECK),
	OPT(SOL_SOCKET, SO_PRIORITY),	   OPT(SOL_SOCKET, SO_RCVLOWAT),
	OPT(SOL_SOCKET, SO_SNDLOWAT),	   OPT(SOL_SOCKET, SO_TIMESTAMP),
	OPT(SOL_SOCKET, SO_ACCEPTCONN),	   OPT(SOL_SOCKET, SO_MARK),
	OPT(SOL_SOCKET, SO_TIMESTAMPING),  OPT(SOL_SOCKET, SO_PROTOCOL),
	OPT(SOL_SOCKET, SO_DOMAIN),	   OPT(SOL_SOCKET, SO_RXQ_OVFL),
	OPT(SOL_SOCKET, SO_PEEK_OFF),	   OPT(SOL_SOCKET, SO_SELECT_ERR_QUEUE),
	OPT(SOL_SOCKET, SO_BINDTOIFINDEX), { "no such option", SOL_SOCKET, 1000 },
};

/* The same for all kinds of sockets, or refused to some. */
static const struct option kind_options[] = {
	OPT(SOL_SOCKET, SO_LOCK_FILTER),      OPT(SOL_SOCKET, SO_BUSY_POLL),
	OPT(SOL_SOCKET, SO_PREFER_BUSY_POLL), OPT(SOL_SOCKET, SO_INCOMING_CPU),
	OPT(SOL_SOCKET, SO_INCOMING_NAPI_ID), OPT(SOL_SOCKET, SO_BINDTOIFINDEX),
	OPT(SOL_SOCKET, SO_CNX_ADVICE),	      OPT(SOL_SOCKET, SO_ZEROCOPY),
	OPT(SOL_SOCKET, SO_TXTIME),	      OPT(SOL_SOCKET, SO_DETACH_REUSEPORT_BPF),
	OPT(SOL_SOCKET, SO_BUF_LOCK),	      OPT(SOL_SOCKET, SO_RESERVE_MEM),
	OPT(SOL_SOCKET, SO_TXREHASH),	      OPT(SOL_SOCKET, SO_RCVMARK),
	OPT(SOL_SOCKET, SO_RCVPRIORITY),      OPT(SOL_SOCKET, SO_PASSCRED),
	OPT(SOL_SOCKET, SO_PEERCRED),	      OPT(SOL_SOCKET, SO_PEERGROUPS),
	OPT(SOL_SOCKET, SO_PEERPIDFD),	      OPT(SOL_SOCKET, SO_PASSPIDFD),
	OPT(SOL_SOCKET, SO_PASSRIGHTS),	      OPT(SOL_SOCKET, SO_PASSSEC),
	OPT(SOL_SOCKET, SO_PEEK_OFF),
};

static const struct option ip_options[] = {
	OPT(SOL_IP, IP_TOS),
	OPT(SOL_IP, IP_TTL),
	OPT(SOL_IP, IP_HDRINCL),
	OPT(SOL_IP, IP_RETOPTS),
	OPT(SOL_IP, IP_RECVOPTS),
	OPT(SOL_IP, IP_PKTINFO),
	OPT(SOL_IP, IP_MTU_DISCOVER),
	OPT(SOL_IP, IP_RECVERR),
	OPT(SOL_IP, IP_RECVTTL),
	OPT(SOL_IP, IP_RECVTOS),
	OPT(SOL_IP, IP_MTU),
	OPT(SOL_IP, IP_FREEBIND),
	OPT(SOL_IP, IP_TRANSPARENT),
	OPT(SOL_IP, IP_ORIGDSTADDR),
	OPT(SOL_IP, IP_MINTTL),
	OPT(SOL_IP, IP_NODEFRAG),
	OPT(SOL_IP, IP_CHECKSUM),
	OPT(SOL_IP, IP_BIND_ADDRESS_NO_PORT),
	OPT(SOL_IP, IP_RECVFRAGSIZE),
	OPT(SOL_IP, IP_RECVERR_RFC4884),
	OPT(SOL_IP, IP_MULTICAST_IF),
	OPT(SOL_IP, IP_MULTICAST_TTL),
	OPT(SOL_IP, IP_MULTICAST_LOOP),
	OPT(SOL_IP, IP_MULTICAST_ALL),
	OPT(SOL_IP, IP_UNICAST_IF),
	OPT(SOL_IP, IP_OPTIONS),
	OPT(SOL_IP, IP_ADD_MEMBERSHIP),
	OPT(SOL_IP, IP_DROP_MEMBERSHIP),
	{ "no such option", SOL_IP, 1000 },
};

static const struct option udp_options[] = {
	OPT(SOL_UDP, UDP_CORK),	      { "UDP_SEGMENT", SOL_UDP, 103 },
	{ "UDP_GRO", SOL_UDP, 104 },  { "no such option", SOL_UDP, 1000 },
	{ "no such level", 9999, 1 },
};

static const struct option raw_options[] = {
	OPT(SOL_IP, IP_HDRINCL),
	OPT(SOL_IP, IP_NODEFRAG),
	OPT(SOL_IP, IP_CHECKSUM),
	{ "ICMP_FILTER", SOL_RAW, ICMP_FILTER },
	{ "no such option", SOL_RAW, 1000 },
};

static const struct option ipv6_options[] = {
	OPT(SOL_IPV6, IPV6_V6ONLY),
	OPT(SOL_IPV6, IPV6_UNICAST_HOPS),
	OPT(SOL_IPV6, IPV6_MULTICAST_HOPS),
	OPT(SOL_IPV6, IPV6_MULTICAST_LOOP),
	OPT(SOL_IPV6, IPV6_MULTICAST_IF),
	OPT(SOL_IPV6, IPV6_TCLASS),
	OPT(SOL_IPV6, IPV6_MTU_DISCOVER),
	OPT(SOL_IPV6, IPV6_RECVERR),
	OPT(SOL_IPV6, IPV6_RECVPKTINFO),
	OPT(SOL_IPV6, IPV6_RECVHOPLIMIT),
	OPT(SOL_IPV6, IPV6_RECVTCLASS),
	OPT(SOL_IP, IP_TOS),
	OPT(SOL_IP, IP_TTL),
	OPT(SOL_IP, IP_MULTICAST_TTL),
	OPT(SOL_IP, IP_MTU_DISCOVER),
	OPT(SOL_IP, IP_PKTINFO),
	{ "no such option", SOL_IPV6, 1000 },
};

static const int values[] = { 0,     1,	    2,	     -1,	 -2,
			      3,     5,	    6,	     7,		 32,
			      63,    64,    255,     256,	 1000,
			      65535, 65536, 1000000, 0x7fffffff, (int)0x80000000 };

static void tell_value(int fd, const struct option *o, socklen_t room)
{
	unsigned char buf[64];
	socklen_t len = room, i;
	int ret;

	memset(buf, 0xee, sizeof(buf));
	ret = side->get(fd, o->level, o->opt, buf, &len);
	if (ret) {
		fprintf(out, " get %s", strerrorname_np(errno));
		return;
	}
	fprintf(out, " get %u", len);
	for (i = 0; i < len && i < sizeof(buf); i++)
		fprintf(out, "%s%02x", i ? "" : " ", buf[i]);
}

static void each_value(const char *kind, int fam, int type, int proto, const struct option *o)
{
	size_t i;

	for (i = 0; i < COUNT(values); i++) {
		int fd = must_open(fam, type, proto);
		int ret = side->set(fd, o->level, o->opt, &values[i], sizeof(int));

		fprintf(out, "%s %s = %d: %s", kind, o->name, values[i],
			ret ? strerrorname_np(errno) : "0");
		tell_value(fd, o, sizeof(int));
		fprintf(out, "\n");
		side->close(fd);
	}
}

static void each_length(const char *kind, int fam, int type, int proto, const struct option *o)
{
	static const socklen_t lengths[] = { 0, 1, 2, 3, 4, 5, 8, 12, 16, 40, 41, (socklen_t)-1 };
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		int fd, ret;
		unsigned char buf[64] = { 1, 0, 0, 0 };

		/* The kernel takes a negative length of this level for a long one. */
		if (o->level == SOL_IPV6 && lengths[i] == (socklen_t)-1)
			continue;
		fd = must_open(fam, type, proto);
		ret = side->set(fd, o->level, o->opt, buf, lengths[i]);
		fprintf(out, "%s %s length %d: %s", kind, o->name, (int)lengths[i],
			ret ? strerrorname_np(errno) : "0");
		tell_value(fd, o, lengths[i]);
		fprintf(out, "\n");
		side->close(fd);
	}
}

static void each(const char *kind, int fam, int type, int proto, const struct option *list,
		 size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int fd = must_open(fam, type, proto);

		fprintf(out, "%s %s at first:", kind, list[i].name);
		tell_value(fd, &list[i], 16);
		fprintf(out, "\n");
		side->close(fd);
		each_value(kind, fam, type, proto, &list[i]);
		each_length(kind, fam, type, proto, &list[i]);
	}
}

/* Cookies are numbers that nobody else has. */
static void do_cookies(void)
{
	int fd = must_open(AF_INET, SOCK_DGRAM, 0);
	unsigned char cookie[16];
	socklen_t i, len;

	for (i = 0; i <= sizeof(cookie); i++) {
		len = i;
		tell("SO_COOKIE",
		     side->get(fd, SOL_SOCKET, SO_COOKIE, cookie, &len) ? -1 : (long)len);
		len = i;
		tell("SO_NETNS_COOKIE",
		     side->get(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len) ? -1 : (long)len);
	}
	side->close(fd);
}

static void do_txtime(void)
{
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_TAI, CLOCK_BOOTTIME,
				      -1 };
	const struct option option = OPT(SOL_SOCKET, SO_TXTIME);
	unsigned int flags;
	size_t i;

	for (i = 0; i < COUNT(clocks); i++)
		for (flags = 0; flags < 5; flags++) {
			struct sock_txtime txtime = { .clockid = clocks[i], .flags = flags };
			int fd = must_open(AF_INET, SOCK_DGRAM, 0);

			fprintf(out, "SO_TXTIME %d %u: %s", clocks[i], flags,
				side->set(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)) ?
					strerrorname_np(errno) :
					"0");
			tell_value(fd, &option, 16);
			fprintf(out, "\n");
			side->close(fd);
		}
}

static void do_structures(void)
{
	struct timeval tv[] = { { 0, 0 },  { 1, 500000 },  { -1, 0 },
				{ 0, -1 }, { 0, 1000000 }, { 1L << 60, 0 } };
	struct linger linger = { .l_onoff = 1, .l_linger = 7 };
	int fd = must_open(AF_INET, SOCK_DGRAM, 0);
	const struct option rcvtimeo = OPT(SOL_SOCKET, SO_RCVTIMEO);
	const struct option sndbuf = OPT(SOL_SOCKET, SO_SNDBUF);
	const struct option rcvbuf = OPT(SOL_SOCKET, SO_RCVBUF);
	const struct option lingers = OPT(SOL_SOCKET, SO_LINGER);
	const struct option device = OPT(SOL_SOCKET, SO_BINDTODEVICE);
	size_t i;

	/* The least and the most there may be are the machine's. */
	for (i = 0; i < 8; i++) {
		int size = 10000 + 7000 * (int)i;

		tell("SO_SNDBUF", side->set(fd, SOL_SOCKET, SO_SNDBUF, &size, (socklen_t)i));
		tell("SO_RCVBUF", side->set(fd, SOL_SOCKET, SO_RCVBUF, &size, (socklen_t)i));
		if (i < sizeof(size))
			continue;
		tell_value(fd, &sndbuf, (socklen_t)i);
		tell_value(fd, &rcvbuf, (socklen_t)i);
		fprintf(out, "\n");
	}
	for (i = 0; i < COUNT(tv); i++) {
		tell("SO_RCVTIMEO", side->set(fd, SOL_SOCKET, SO_RCVTIMEO, &tv[i], sizeof(tv[i])));
		tell_value(fd, &rcvtimeo, sizeof(tv[i]));
		fprintf(out, "\n");
	}
	for (i = 0; i <= sizeof(linger); i++) {
		tell("SO_LINGER", side->set(fd, SOL_SOCKET, SO_LINGER, &linger, (socklen_t)i));
		tell_value(fd, &lingers, (socklen_t)i);
		fprintf(out, "\n");
	}
	tell("SO_BINDTODEVICE no such", side->set(fd, SOL_SOCKET, SO_BINDTODEVICE, "none", 5));
	tell("SO_BINDTODEVICE lo", side->set(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2));
	for (i = 0; i < 20; i++) {
		tell_value(fd, &device, (socklen_t)i);
		fprintf(out, "\n");
	}
	tell("SO_BINDTODEVICE off", side->set(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
	tell_value(fd, &device, 16);
	fprintf(out, "\n");
	side->close(fd);
}

/* Two sockets want the same port: who may, by their addresses, families and options. */

struct claim {
	const char *name;
	int family;
	unsigned int addr;
	int v6only;
};

static const struct claim claims[] = {
	{ "any", AF_INET, 0, 0 },
	{ "own", AF_INET, OWN, 0 },
	{ "lo", AF_INET, INADDR_LOOPBACK, 0 },
	{ "group", AF_INET, GROUP, 0 },
	{ "any6", AF_INET6, 0, 0 },
	{ "any6 only", AF_INET6, 0, 1 },
	{ "own6", AF_INET6, OWN, 0 },
	{ "any mapped", AF_INET6, ANY_MAPPED, 0 },
	{ "::1", AF_INET6, LO6, 0 },
};

static int claim(const struct claim *c, int reuse, int device, unsigned short port)
{
	int fd = must_open(c->family, SOCK_DGRAM, 0);
	union name n;
	socklen_t len = make_name(&n, c->family, c->addr, port);

	if (c->v6only)
		set_int(fd, SOL_IPV6, IPV6_V6ONLY, 1);
	if (reuse & 1)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (reuse & 2)
		set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (device)
		side->set(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);
	if (!side->bind(fd, &n.any, len)) {
		fprintf(out, " 0");
		return fd;
	}
	fprintf(out, " %s", strerrorname_np(errno));
	side->close(fd);
	return -1;
}

static void do_sharing(void)
{
	static const char *const reuse_names[] = { "none", "addr", "port", "both" };
	size_t a, b;
	int ra, rb, dev;

	for (a = 0; a < COUNT(claims); a++)
		for (b = 0; b < COUNT(claims); b++)
			for (ra = 0; ra < 4; ra++)
				for (rb = 0; rb < 4; rb++)
					for (dev = 0; dev < 2; dev++) {
						int one, two;

						fprintf(out,
							"share %s %s + %s %s%s:", claims[a].name,
							reuse_names[ra], claims[b].name,
							reuse_names[rb], dev ? " of lo" : "");
						one = claim(&claims[a], ra, 0, 4300);
						two = claim(&claims[b], rb, dev, 4300);
						fprintf(out, "\n");
						side->close(one);
						if (two >= 0)
							side->close(two);
					}
}

void do_options(void)
{
	each("udp", AF_INET, SOCK_DGRAM, 0, socket_options, COUNT(socket_options));
	each("udp", AF_INET, SOCK_DGRAM, 0, ip_options, COUNT(ip_options));
	each("udp", AF_INET, SOCK_DGRAM, 0, udp_options, COUNT(udp_options));
	each("udp", AF_INET, SOCK_DGRAM, 0, kind_options, COUNT(kind_options));
	each("raw", AF_INET, SOCK_RAW, IPPROTO_ICMP, kind_options, COUNT(kind_options));
	each("ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP, kind_options, COUNT(kind_options));
	do_cookies();
	do_txtime();
	each("raw", AF_INET, SOCK_RAW, IPPROTO_ICMP, raw_options, COUNT(raw_options));
	each("ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP, raw_options, COUNT(raw_options));
	each("udp6", AF_INET6, SOCK_DGRAM, 0, ipv6_options, COUNT(ipv6_options));
	do_structures();
	do_sharing();
}
