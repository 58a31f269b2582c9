// SPDX-License-Identifier: BSD-2-Clause
/* What comes with packets: control messages, errors, groups, broadcasts, timeouts. */
#include <fcntl.h>
#include <netinet/ip_icmp.h>

#include <linux/errqueue.h>

#include "socket_twin.h"

/* The C library leaves it out. */
#ifndef IPV6_RECVORIGDSTADDR
#define IPV6_RECVORIGDSTADDR 74
#endif

#define PORT 4500

/* Options of a packet, as they came and as an answer would have them. */
static void do_cmsgs_of_options(int a, int b)
{
	static const struct {
		const char *what;
		unsigned char data[12];
		int len;
	} opts[] = {
		{ "record route", { 7, 11, 4 }, 11 },
		{ "full record route", { 7, 7, 8, 192, 0, 2, 9 }, 7 },
		{ "full timestamps", { 68, 8, 9, 1, 0, 0, 0, 7 }, 8 },
		{ "none", { 1 }, 1 },
	};

	tell("no timestamp", set_int(a, SOL_SOCKET, SO_TIMESTAMPNS, 0));
	for (unsigned int i = 0; i < sizeof(opts) / sizeof(opts[0]); i++) {
		tell(opts[i].what, side->set(b, SOL_IP, IP_OPTIONS, opts[i].data, opts[i].len));
		tell("send", send_to(b, AF_INET, OWN, PORT, 10, 0));
		receive("with options", a, 100, 0);
	}
}

static void do_cmsgs(int fam)
{
	int a = must_open(fam, SOCK_DGRAM, 0), b = must_open(fam, SOCK_DGRAM, 0);
	int level = fam == AF_INET ? SOL_IP : SOL_IPV6, tos = 0x28, ttl = 9;

	fprintf(out, "control messages %d\n", fam);
	must_bind(a, fam, 0, PORT);
	must_bind(b, fam, OWN, PORT + 1);
	receive("nothing", a, 100, 0);
	if (fam == AF_INET) {
		tell("pktinfo", set_int(a, level, IP_PKTINFO, 1));
		tell("ttl", set_int(a, level, IP_RECVTTL, 1));
		tell("tos", set_int(a, level, IP_RECVTOS, 1));
		tell("origdst", set_int(a, level, IP_RECVORIGDSTADDR, 1));
		tell("retopts", set_int(a, level, IP_RETOPTS, 1));
		tell("recvopts", set_int(a, level, IP_RECVOPTS, 1));
		tell("checksum", set_int(a, level, IP_CHECKSUM, 1));
		tell("fragsize", set_int(a, level, IP_RECVFRAGSIZE, 1));
		tell("set tos", set_int(b, level, IP_TOS, tos));
		tell("set ttl", set_int(b, level, IP_TTL, ttl));
	} else {
		tell("pktinfo", set_int(a, level, IPV6_RECVPKTINFO, 1));
	}
	tell("rxq ovfl", set_int(a, SOL_SOCKET, SO_RXQ_OVFL, 1));
	tell("timestamp", set_int(a, SOL_SOCKET, SO_TIMESTAMP, 1));
	tell("send", send_to(b, fam, OWN, PORT, 10, 0));
	receive("with all", a, 100, 0);
	tell("send", send_to(b, fam, INADDR_LOOPBACK, PORT, 10, 0));
	receive("to lo", a, 100, 0);
	set_int(a, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	tell("send", send_to(b, fam, OWN, PORT, 3000, 0));
	receive("cut", a, 100, MSG_TRUNC);
	if (fam == AF_INET)
		do_cmsgs_of_options(a, b);
	side->close(a);
	side->close(b);
}

/* Control messages that are sent. */
struct control {
	struct cmsghdr c;
	unsigned char data[64];
};

static long send_control(int fd, int level, int type, const void *data, size_t len, size_t claimed)
{
	struct control ctl = {
		.c = { .cmsg_len = CMSG_LEN(claimed), .cmsg_level = level, .cmsg_type = type }
	};
	union name n;
	struct iovec iov = { .iov_base = "hello", .iov_len = 5 };
	struct msghdr msg = { .msg_name = &n,
			      .msg_namelen = make_name(&n, AF_INET, OWN, PORT),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &ctl,
			      .msg_controllen = CMSG_LEN(len) };
	long ret;

	memcpy(ctl.data, data, len < sizeof(ctl.data) ? len : sizeof(ctl.data));
	ret = side->sendmsg(fd, &msg, 0);
	if (ret >= 0)
		side->settle(1);
	return ret;
}

static void send_int(const char *what, int from, int to, int level, int type, int val)
{
	tell(what, send_control(from, level, type, &val, sizeof(val), sizeof(val)));
	receive("  got", to, 100, 0);
}

static void do_sent_cmsgs(void)
{
	int a = must_open(AF_INET, SOCK_DGRAM, 0), b = must_open(AF_INET, SOCK_DGRAM, 0), val;
	int long_val[4] = { 5 };
	struct in_pktinfo info = { .ipi_ifindex = 0 };
	size_t len;

	must_bind(a, AF_INET, OWN, PORT);
	must_bind(b, AF_INET, 0, PORT + 1);
	set_int(a, SOL_IP, IP_RECVTTL, 1);
	set_int(a, SOL_IP, IP_RECVTOS, 1);
	set_int(a, SOL_IP, IP_RECVOPTS, 1);
	for (val = -1; val <= 257; val += 43)
		send_int("ttl", b, a, SOL_IP, IP_TTL, val);
	for (val = -1; val <= 257; val += 43)
		send_int("tos", b, a, SOL_IP, IP_TOS, val);
	send_int("mark", b, a, SOL_SOCKET, SO_MARK, 3);
	send_int("unknown", b, a, SOL_IP, 1000, 1);
	send_int("unknown socket", b, a, SOL_SOCKET, 1000, 1);
	send_int("other level", b, a, 9999, 1, 1);
	for (len = 0; len < 9; len++) {

		tell("ttl length", send_control(b, SOL_IP, IP_TTL, long_val, len, len));
		tell("tos length", send_control(b, SOL_IP, IP_TOS, long_val, len, len));
	}
	val = 5;
	tell("claimed longer", send_control(b, SOL_IP, IP_TTL, long_val, 4, 40));
	tell("pktinfo short", send_control(b, SOL_IP, IP_PKTINFO, &info, 4, 4));
	for (val = 0; val < 8; val++)
		receive("  rest", a, 100, 0);
	info.ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK);
	tell("pktinfo lo", send_control(b, SOL_IP, IP_PKTINFO, &info, sizeof(info), sizeof(info)));
	receive("  got", a, 100, 0);
	info.ipi_spec_dst.s_addr = htonl(FAR);
	tell("pktinfo alien",
	     send_control(b, SOL_IP, IP_PKTINFO, &info, sizeof(info), sizeof(info)));
	info.ipi_spec_dst.s_addr = 0;
	info.ipi_ifindex = 999;
	tell("pktinfo nowhere",
	     send_control(b, SOL_IP, IP_PKTINFO, &info, sizeof(info), sizeof(info)));
	side->close(a);
	side->close(b);
}

static void do_errors(int fam)
{
	int a = must_open(fam, SOCK_DGRAM, 0);

	fprintf(out, "errors %d\n", fam);
	must_bind(a, fam, OWN, PORT + 1);
	tell("unconnected send", send_to(a, fam, OWN, PORT, 7, 0));
	receive("unconnected", a, 100, 0);
	tell("recverr", set_int(a, SOL_IP, IP_RECVERR, 1));
	tell("send", send_to(a, fam, OWN, PORT, 7, 0));
	fprintf(out, "after it:");
	tell_poll(a);
	fprintf(out, "\n");
	tell("next send", send_to(a, fam, OWN, PORT, 7, 0));
	receive("queue", a, 100, MSG_ERRQUEUE);
	receive("error first", a, 100, 0);
	receive("queue again", a, 3, MSG_ERRQUEUE);
	receive("queue empty", a, 100, MSG_ERRQUEUE);
	receive("nothing", a, 100, 0);
	tell("far", send_to(a, fam, FAR, PORT, 7, 0));
	receive("far", a, 100, MSG_ERRQUEUE);
	tell("pmtu do", set_int(a, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	tell("long", send_to(a, fam, SILENT, PORT, 2000, 0));
	fprintf(out, "after it:");
	tell_poll(a);
	fprintf(out, "\n");
	receive("long", a, 100, MSG_ERRQUEUE);
	receive("long again", a, 100, MSG_ERRQUEUE);
	must_connect(a, fam, OWN, PORT);
	tell("send", send_to(a, fam, OWN, PORT, 7, 0));
	tell("recverr off", set_int(a, SOL_IP, IP_RECVERR, 0));
	receive("purged", a, 100, MSG_ERRQUEUE);
	fprintf(out, "after it:");
	tell_poll(a);
	fprintf(out, "\n");
	side->close(a);
}

/* A dual-stack socket's options of both levels, and which packets they are about. */
static void do_both_levels(int fd)
{
	tell("pktinfo", set_int(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1));
	tell("hop limit", set_int(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1));
	tell("tclass", set_int(fd, SOL_IPV6, IPV6_RECVTCLASS, 1));
	tell("origdst", set_int(fd, SOL_IPV6, IPV6_RECVORIGDSTADDR, 1));
	tell("ttl", set_int(fd, SOL_IP, IP_RECVTTL, 1));
	tell("tos", set_int(fd, SOL_IP, IP_RECVTOS, 1));
}

static void send_6(int from, int to, unsigned int addr)
{
	tell("send", send_to(from, AF_INET6, addr, PORT, 5, 0));
	side->settle(5);
	receive("  got", to, 100, 0);
}

/* "::1" beside 127.0.0.1. */
static void do_loopback6(void)
{
	static const unsigned int to[] = { LO6, INADDR_LOOPBACK, 0, OWN };
	int a = must_open(AF_INET6, SOCK_DGRAM, 0), b = must_open(AF_INET6, SOCK_DGRAM, 0);
	int c = must_open(AF_INET6, SOCK_DGRAM, 0);
	size_t i;

	fprintf(out, "::1\n");
	must_bind(a, AF_INET6, 0, PORT);
	must_bind(b, AF_INET6, 0, PORT + 1);
	do_both_levels(a);
	set_int(b, SOL_IPV6, IPV6_UNICAST_HOPS, 7);
	set_int(b, SOL_IPV6, IPV6_TCLASS, 0x28);
	set_int(b, SOL_IP, IP_TTL, 9);
	set_int(b, SOL_IP, IP_TOS, 0x50);
	for (i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		send_6(b, a, to[i]);
	must_connect(b, AF_INET6, LO6, PORT);
	for (i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		send_6(b, a, to[i]);
	must_bind(c, AF_INET6, LO6, PORT + 2);
	for (i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		send_6(c, a, to[i]);
	tell("recverr", set_int(c, SOL_IP, IP_RECVERR, 1));
	tell("send", send_to(c, AF_INET6, LO6, PORT + 9, 7, 0));
	receive("queue", c, 100, MSG_ERRQUEUE);
	tell("recverr", set_int(c, SOL_IPV6, IPV6_RECVERR, 1));
	tell("send", send_to(c, AF_INET6, LO6, PORT + 9, 7, 0));
	receive("queue", c, 100, MSG_ERRQUEUE);
	receive("queue empty", c, 100, MSG_ERRQUEUE);
	side->close(a);
	side->close(b);
	side->close(c);
}

static void do_silent(void)
{
	int a = must_open(AF_INET, SOCK_DGRAM, 0);

	must_connect(a, AF_INET, SILENT, PORT);
	set_int(a, SOL_IP, IP_RECVERR, 1);
	tell("send to the silent", side->sendto(a, "hello", 5, 0, NULL, 0));
	side->settle(4000);
	fprintf(out, "nobody answered:");
	tell_poll(a);
	fprintf(out, "\n");
	receive("error", a, 100, 0);
	receive("queue", a, 100, MSG_ERRQUEUE);
	side->close(a);
}

static void do_broadcast(void)
{
	int one = must_open(AF_INET, SOCK_DGRAM, 0), two = must_open(AF_INET, SOCK_DGRAM, 0);
	int own = must_open(AF_INET, SOCK_DGRAM, 0), s = must_open(AF_INET, SOCK_DGRAM, 0);

	set_int(one, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(two, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(own, SOL_SOCKET, SO_REUSEADDR, 1);
	must_bind(one, AF_INET, 0, PORT);
	must_bind(two, AF_INET, OWN_BCAST, PORT);
	must_bind(own, AF_INET, OWN, PORT);
	must_bind(s, AF_INET, OWN, PORT + 1);
	tell("broadcast refused", send_to(s, AF_INET, OWN_BCAST, PORT, 5, 0));
	set_int(s, SOL_SOCKET, SO_BROADCAST, 1);
	tell("broadcast", send_to(s, AF_INET, OWN_BCAST, PORT, 5, 0));
	side->settle(5);
	receive("any", one, 100, 0);
	receive("broadcast", two, 100, 0);
	receive("own", own, 100, 0);
	tell("unicast", send_to(s, AF_INET, OWN, PORT, 6, 0));
	receive("any", one, 100, 0);
	receive("broadcast", two, 100, 0);
	receive("own", own, 100, 0);
	side->close(one);
	side->close(two);
	side->close(own);
	side->close(s);
}

static void join(const char *what, int fd, int opt, unsigned int group, unsigned int addr,
		 int ifindex)
{
	struct ip_mreqn mreq = { .imr_multiaddr.s_addr = htonl(group),
				 .imr_address.s_addr = htonl(addr),
				 .imr_ifindex = ifindex };

	tell(what, side->set(fd, SOL_IP, opt, &mreq, sizeof(mreq)));
}

static void do_group(void)
{
	int in = must_open(AF_INET, SOCK_DGRAM, 0), no = must_open(AF_INET, SOCK_DGRAM, 0);
	int s = must_open(AF_INET, SOCK_DGRAM, 0);
	struct ip_mreqn mreq = { .imr_address.s_addr = htonl(OWN) };
	struct ip_mreq_source src = { .imr_multiaddr.s_addr = htonl(GROUP + 1),
				      .imr_interface.s_addr = htonl(OWN),
				      .imr_sourceaddr.s_addr = htonl(OWN) };

	set_int(in, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(no, SOL_SOCKET, SO_REUSEADDR, 1);
	must_bind(in, AF_INET, 0, PORT);
	must_bind(no, AF_INET, 0, PORT);
	must_bind(s, AF_INET, OWN, PORT + 1);
	tell("multicast all off", set_int(no, SOL_IP, IP_MULTICAST_ALL, 0));
	join("join", in, IP_ADD_MEMBERSHIP, GROUP, OWN, 0);
	join("join again", in, IP_ADD_MEMBERSHIP, GROUP, OWN, 0);
	join("join no group", in, IP_ADD_MEMBERSHIP, OWN, OWN, 0);
	join("join nowhere", in, IP_ADD_MEMBERSHIP, GROUP, FAR, 0);
	join("join no device", in, IP_ADD_MEMBERSHIP, GROUP, 0, 999);
	join("join by route", in, IP_ADD_MEMBERSHIP, GROUP + 5, 0, 0);
	tell("multicast if", side->set(s, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)));
	tell("send", send_to(s, AF_INET, GROUP, PORT, 5, 0));
	side->settle(5);
	receive("member", in, 100, 0);
	receive("none", no, 100, 0);
	tell("loop off", set_int(s, SOL_IP, IP_MULTICAST_LOOP, 0));
	tell("send", send_to(s, AF_INET, GROUP, PORT, 5, 0));
	receive("member", in, 100, 0);
	tell("loop on", set_int(s, SOL_IP, IP_MULTICAST_LOOP, 1));
	tell("join source", side->set(in, SOL_IP, IP_ADD_SOURCE_MEMBERSHIP, &src, sizeof(src)));
	tell("again", side->set(in, SOL_IP, IP_ADD_SOURCE_MEMBERSHIP, &src, sizeof(src)));
	tell("send", send_to(s, AF_INET, GROUP + 1, PORT, 5, 0));
	side->settle(5);
	receive("from source", in, 100, 0);
	tell("block", side->set(in, SOL_IP, IP_BLOCK_SOURCE, &src, sizeof(src)));
	tell("drop source", side->set(in, SOL_IP, IP_DROP_SOURCE_MEMBERSHIP, &src, sizeof(src)));
	tell("again", side->set(in, SOL_IP, IP_DROP_SOURCE_MEMBERSHIP, &src, sizeof(src)));
	src.imr_multiaddr.s_addr = htonl(GROUP);
	tell("block", side->set(in, SOL_IP, IP_BLOCK_SOURCE, &src, sizeof(src)));
	tell("block again", side->set(in, SOL_IP, IP_BLOCK_SOURCE, &src, sizeof(src)));
	tell("send", send_to(s, AF_INET, GROUP, PORT, 5, 0));
	side->settle(5);
	receive("blocked", in, 100, 0);
	tell("unblock", side->set(in, SOL_IP, IP_UNBLOCK_SOURCE, &src, sizeof(src)));
	tell("unblock again", side->set(in, SOL_IP, IP_UNBLOCK_SOURCE, &src, sizeof(src)));
	join("leave", in, IP_DROP_MEMBERSHIP, GROUP, OWN, 0);
	join("leave again", in, IP_DROP_MEMBERSHIP, GROUP, OWN, 0);
	tell("send", send_to(s, AF_INET, GROUP, PORT, 5, 0));
	side->settle(5);
	receive("gone", in, 100, 0);
	side->close(in);
	side->close(no);
	side->close(s);
}

/* The sums are the program's for raw sockets, the kernel's for ping ones. */
static size_t echo(unsigned char *p, unsigned short id, size_t len)
{
	unsigned int sum = 0;
	size_t i;

	memset(p, 0, len);
	p[0] = ICMP_ECHO;
	p[4] = (unsigned char)(id >> 8);
	p[5] = (unsigned char)id;
	for (i = 0; i < len; i += 2)
		sum += (unsigned int)p[i] << 8 | p[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	p[2] = (unsigned char)(sum >> 8);
	p[3] = (unsigned char)sum;
	return len;
}

static void do_ping(void)
{
	int ping = must_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	int raw = must_open(AF_INET, SOCK_RAW, IPPROTO_ICMP), filter = ~(1 << ICMP_ECHOREPLY);
	unsigned char p[64];
	union name n;
	socklen_t len = make_name(&n, AF_INET, OWN, 0);

	tell("filter", side->set(raw, SOL_RAW, 1, &filter, sizeof(filter)));
	tell("bind ping", side->bind(ping, &n.any, make_name(&n, AF_INET, OWN, 777)));
	n.in.sin_port = 0;
	set_int(ping, SOL_IP, IP_RECVTTL, 1);
	tell("ping", side->sendto(ping, p, echo(p, 1, 64), 0, &n.any, len));
	side->settle(2);
	receive("answer", ping, 100, 0);
	receive("raw too", raw, 100, 0);
	p[0] = ICMP_ECHOREPLY;
	tell("not a request", side->sendto(ping, p, 64, 0, &n.any, len));
	p[0] = ICMP_ECHO;
	p[1] = 1;
	tell("with a code", side->sendto(ping, p, 64, 0, &n.any, len));
	tell("too short", side->sendto(ping, p, 7, 0, &n.any, len));
	tell("raw ping", side->sendto(raw, p, echo(p, 2, 64), 0, &n.any, len));
	side->settle(2);
	receive("raw answer", raw, 200, 0);
	receive("ping none", ping, 100, 0);
	n.in.sin_port = htons(3);
	tell("raw with port", side->sendto(raw, p, 64, 0, &n.any, len));
	side->settle(2);
	receive("raw answer", raw, 20, MSG_TRUNC);
	side->close(ping);
	side->close(raw);
}

static void do_raw(void)
{
	int a = must_open(AF_INET, SOCK_RAW, 253), b = must_open(AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct {
		struct iphdr ip;
		unsigned char data[20];
	} p = { .ip = { .version = 4, .ihl = 5, .ttl = 9, .protocol = 253 } };
	union name n;
	socklen_t len = make_name(&n, AF_INET, OWN, 0);

	tell("open protocol 0", side->socket(AF_INET, SOCK_RAW, 0));
	tell("open protocol 300", side->socket(AF_INET, SOCK_RAW, 300));
	tell("open protocol -1", side->socket(AF_INET, SOCK_RAW, -1));
	tell("open rdm", side->socket(AF_INET, SOCK_RDM, 0));
	tell("open seqpacket", side->socket(AF_INET, SOCK_SEQPACKET, 0));
	tell("open type 0", side->socket(AF_INET, 0, 0));
	tell("open type 77", side->socket(AF_INET, 77, 0));
	tell("open udp as 99", side->socket(AF_INET, SOCK_DGRAM, 99));
	tell("open family 99", side->socket(99, SOCK_DGRAM, 0));
	tell("open family -1", side->socket(-1, SOCK_DGRAM, 0));
	p.ip.daddr = htonl(OWN);
	set_int(a, SOL_IP, IP_RECVTTL, 1);
	set_int(a, SOL_IP, IP_PKTINFO, 1);
	tell("whole packet", side->sendto(b, &p, sizeof(p), 0, &n.any, len));
	side->settle(2);
	receive("a whole", a, 100, 0);
	tell("header cut", side->sendto(b, &p, 19, 0, &n.any, len));
	p.ip.ihl = 15;
	tell("header claims more", side->sendto(b, &p, sizeof(p), 0, &n.any, len));
	tell("too long", send_to(b, AF_INET, OWN, 0, 65536, 0));
	tell("longer than the MTU", send_to(b, AF_INET, SILENT, 0, 2000, 0));
	tell("payload", send_to(a, AF_INET, OWN, 0, 50, 0));
	receive("payload", a, 30, 0);
	tell("fragments", send_to(a, AF_INET, OWN, 0, 65515, 0));
	receive("fragments", a, 70000, 0);
	tell("longest and one", send_to(a, AF_INET, OWN, 0, 65516, 0));
	side->close(a);
	side->close(b);
}

static void do_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 1472, 1473, 2000, 16000, 65000, 65507 };
	int a = must_open(AF_INET, SOCK_DGRAM, 0), b = must_open(AF_INET, SOCK_DGRAM, 0);
	size_t i;

	must_bind(a, AF_INET, OWN, PORT);
	must_bind(b, AF_INET, OWN, PORT + 1);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		tell("send", send_to(b, AF_INET, OWN, PORT, sizes[i], 0));
		receive("  got", a, 70000, 0);
	}
	tell("too long", send_to(b, AF_INET, OWN, PORT, 65508, 0));
	tell("corked", send_to(b, AF_INET, OWN, PORT, 10, MSG_MORE));
	receive("  not yet", a, 100, 0);
	tell("more", send_to(b, AF_INET, OWN, PORT, 20, MSG_MORE));
	tell("last", send_to(b, AF_INET, OWN, PORT, 5, 0));
	receive("  got", a, 100, 0);
	tell("corked", send_to(b, AF_INET, OWN, PORT, 60000, MSG_MORE));
	tell("more", send_to(b, AF_INET, OWN, PORT, 60000, MSG_MORE));
	receive("  none", a, 100, 0);
	set_int(b, IPPROTO_UDP, 103, 100);
	tell("segments", send_to(b, AF_INET, OWN, PORT, 250, 0));
	receive("  one", a, 1000, 0);
	receive("  two", a, 1000, 0);
	receive("  three", a, 1000, 0);
	receive("  none", a, 1000, 0);
	tell("too many segments", send_to(b, AF_INET, OWN, PORT, 20000, 0));
	set_int(a, SOL_SOCKET, SO_PEEK_OFF, 0);
	set_int(b, IPPROTO_UDP, 103, 0);
	tell("send", send_to(b, AF_INET, OWN, PORT, 10, 0));
	tell("send", send_to(b, AF_INET, OWN, PORT, 8, 0));
	receive("peek", a, 4, MSG_PEEK);
	receive("peek on", a, 4, MSG_PEEK);
	receive("peek on", a, 4, MSG_PEEK);
	receive("peek on", a, 4, MSG_PEEK);
	receive("read", a, 4, 0);
	receive("peek on", a, 4, MSG_PEEK);
	receive("read", a, 40, 0);
	receive("read", a, 40, 0);
	side->close(a);
	side->close(b);
}

/* A call that waits ends. */
static void do_timeout(void)
{
	struct timeval tv = { .tv_usec = 30000 };
	int a = must_open(AF_INET, SOCK_DGRAM, 0);
	char c;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	must_bind(a, AF_INET, OWN, PORT);
	side->set(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	tell("timeout", side->recvmsg(a, &msg, 0));
	side->fcntl(a, F_SETFL, O_NONBLOCK);
	tell("nonblock", side->recvmsg(a, &msg, 0));
	side->close(a);
}

void do_traffic(void)
{
	do_cmsgs(AF_INET);
	do_cmsgs(AF_INET6);
	do_sent_cmsgs();
	do_errors(AF_INET);
	do_errors(AF_INET6);
	do_loopback6();
	do_broadcast();
	do_group();
	do_ping();
	do_raw();
	do_sizes();
	do_timeout();
	do_silent();
}
