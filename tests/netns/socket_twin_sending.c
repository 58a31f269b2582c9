// SPDX-License-Identifier: BSD-2-Clause
/* What goes with packets that are sent: options, times, parts of one packet, receipts. */
#include <netinet/ip_icmp.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "socket_twin.h"

#define PORT 4600
#define ANY_PROTO 253 /* RFC 3692 */

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif

struct one_cmsg {
	int level, type;
	const void *data;
	size_t len;
};

static char payload[2000] = "payload";

/* With up to two control messages. */
static long send_with(int fd, unsigned short port, size_t len, int flags, const struct one_cmsg *c,
		      size_t count)
{
	union {
		char room[256];
		struct cmsghdr c;
	} control = { .room = { 0 } };
	union name n;
	struct iovec iov = { .iov_base = payload, .iov_len = len };
	struct msghdr msg = { .msg_name = &n,
			      .msg_namelen = make_name(&n, AF_INET, OWN, port),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = count ? &control : NULL,
			      .msg_controllen = 0 };
	long ret;
	size_t i;

	for (i = 0; i < count; i++) {
		struct cmsghdr *h = (struct cmsghdr *)(void *)(control.room + msg.msg_controllen);

		h->cmsg_level = c[i].level;
		h->cmsg_type = c[i].type;
		h->cmsg_len = CMSG_LEN(c[i].len);
		memcpy(CMSG_DATA(h), c[i].data, c[i].len);
		msg.msg_controllen += CMSG_SPACE(c[i].len);
	}
	ret = side->sendmsg(fd, &msg, flags);
	if (ret >= 0)
		side->settle(1);
	return ret;
}

static void send_options(const char *what, int from, int to, const void *data, size_t len)
{
	struct one_cmsg c = { SOL_IP, IP_RETOPTS, data, len };

	tell(what, send_with(from, PORT, 4, 0, &c, 1));
	receive("  got", to, 200, 0);
}

static void do_retopts(int from, int to)
{
	static const unsigned char rr[] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const unsigned char bad[] = { 7, 2, 4 }, nops[44] = { 1, 1, 1, 1 };
	static const unsigned char full[] = { 7, 7, 8, 192, 0, 2, 9 };
	const struct one_cmsg two[] = { { SOL_IP, IP_RETOPTS, nops, 4 },
					{ SOL_IP, IP_RETOPTS, full, sizeof(full) } };

	send_options("record route", from, to, rr, sizeof(rr));
	send_options("bad option", from, to, bad, sizeof(bad));
	send_options("no option", from, to, nops, 0);
	send_options("one nop", from, to, nops, 1);
	send_options("most", from, to, nops, 40);
	send_options("more", from, to, nops, 41);
	tell("socket's", side->set(from, SOL_IP, IP_OPTIONS, full, sizeof(full)));
	send_options("instead of them", from, to, nops, 3);
	send_options("without them", from, to, nops, 0);
	tell("two", send_with(from, PORT, 4, 0, two, 2));
	receive("  got", to, 200, 0);
	tell("plain", send_with(from, PORT, 4, 0, NULL, 0));
	receive("  got", to, 200, 0);
	tell("none again", side->set(from, SOL_IP, IP_OPTIONS, NULL, 0));
}

static void send_number(const char *what, int from, int to, int type, const void *data, size_t len)
{
	struct one_cmsg c = { SOL_SOCKET, type, data, len };

	tell(what, send_with(from, PORT, 4, 0, &c, 1));
	receive("  got", to, 200, 0);
}

static void do_socket_cmsgs(int from, int to)
{
	struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };
	unsigned long long when = 1;
	int i, val;

	tell("receive priority", set_int(to, SOL_SOCKET, SO_RCVPRIORITY, 1));
	tell("receive mark", set_int(to, SOL_SOCKET, SO_RCVMARK, 1));
	for (i = 0; i < 9; i++)
		send_number("priority length", from, to, SO_PRIORITY, &when, (size_t)i);
	for (val = -1; val < 20; val += 7)
		send_number("priority", from, to, SO_PRIORITY, &val, sizeof(val));
	send_number("mark", from, to, SO_MARK, &val, sizeof(val));
	tell("priority of all", set_int(from, SOL_SOCKET, SO_PRIORITY, 5));
	tell("plain", send_with(from, PORT, 4, 0, NULL, 0));
	receive("  got", to, 200, 0);
	send_number("time, not asked for", from, to, SCM_TXTIME, &when, sizeof(when));
	tell("txtime", side->set(from, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
	for (i = 0; i < 9; i++)
		send_number("time", from, to, SCM_TXTIME, &when, (size_t)i);
	send_number("rights", from, to, SCM_RIGHTS, &val, sizeof(val));
}

static void do_udp(void)
{
	int to = must_open(AF_INET, SOCK_DGRAM, 0), from = must_open(AF_INET, SOCK_DGRAM, 0);

	fprintf(out, "control messages that are sent, udp\n");
	must_bind(to, AF_INET, OWN, PORT);
	must_bind(from, AF_INET, OWN, PORT + 1);
	tell("recvopts", set_int(to, SOL_IP, IP_RECVOPTS, 1));
	do_retopts(from, to);
	do_socket_cmsgs(from, to);
	side->close(to);
	side->close(from);
}

static void do_raw_parts(void)
{
	int to = must_open(AF_INET, SOCK_RAW, ANY_PROTO);
	int from = must_open(AF_INET, SOCK_RAW, ANY_PROTO), ttl[] = { 7, 9 };
	const struct one_cmsg first = { SOL_IP, IP_TTL, &ttl[0], sizeof(int) };
	const struct one_cmsg second = { SOL_IP, IP_TTL, &ttl[1], sizeof(int) };

	fprintf(out, "parts of one packet, raw\n");
	tell("receive ttl", set_int(to, SOL_IP, IP_RECVTTL, 1));
	tell("first", send_with(from, 0, 3, MSG_MORE, &first, 1));
	receive("  not yet", to, 100, 0);
	tell("second", send_with(from, 0, 4, MSG_MORE, &second, 1));
	tell("last", send_with(from, 0, 5, 0, NULL, 0));
	receive("  got", to, 100, 0);
	tell("part", send_to(from, AF_INET, OWN, 0, 60000, MSG_MORE));
	tell("too much", send_to(from, AF_INET, OWN, 0, 60000, MSG_MORE));
	tell("alone", send_to(from, AF_INET, OWN, 0, 3, 0));
	receive("  got", to, 100, 0);
	tell("nothing", send_to(from, AF_INET, OWN, 0, 0, MSG_MORE));
	tell("still nothing", send_to(from, AF_INET, OWN, 0, 0, 0));
	receive("  got", to, 100, 0);
	tell("many fragments", send_to(from, AF_INET, OWN, 0, 3000, MSG_MORE));
	tell("more of them", send_to(from, AF_INET, OWN, 0, 3001, 0));
	receive("  got", to, 100, MSG_TRUNC);
	tell("left", send_to(from, AF_INET, OWN, 0, 10, MSG_MORE));
	side->close(from);
	receive("  nothing", to, 100, 0);
	side->close(to);
}

static void do_ping_parts(void)
{
	int ping = must_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	const struct icmphdr echo = { .type = ICMP_ECHO };

	fprintf(out, "parts of one packet, ping\n");
	memset(payload, 0, sizeof(payload));
	memcpy(payload, &echo, sizeof(echo));
	tell("at once", send_with(ping, 0, 20, MSG_MORE, NULL, 0));
	side->settle(2);
	receive("  answer", ping, 4, MSG_TRUNC);
	side->close(ping);
}

/* A header of the program's own leaves no room for options. */
static void do_own_header(void)
{
	static const unsigned char nops[4] = { 1, 1, 1, 1 };
	const struct one_cmsg c = { SOL_IP, IP_RETOPTS, nops, sizeof(nops) };
	int fd = must_open(AF_INET, SOCK_RAW, IPPROTO_RAW);

	payload[0] = 0x45;
	tell("own header", send_with(fd, 0, 40, 0, NULL, 0));
	tell("own header, options", send_with(fd, 0, 40, 0, &c, 1));
	tell("options", side->set(fd, SOL_IP, IP_OPTIONS, nops, sizeof(nops)));
	tell("own header, socket's", send_with(fd, 0, 40, 0, NULL, 0));
	side->close(fd);
}

/* When it left; the packet itself is not asked for, because where it is cut differs. */
static void do_times(const char *what, int type, int proto, unsigned short port)
{
	int fd = must_open(AF_INET, type, proto), i;
	unsigned int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
			     SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
	const unsigned int scheduled = SOF_TIMESTAMPING_TX_SCHED;
	const struct one_cmsg c = { SOL_SOCKET, SO_TIMESTAMPING, &scheduled, sizeof(scheduled) };

	fprintf(out, "times of sending, %s\n", what);
	tell("timestamping", side->set(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)));
	for (i = 0; i < 3; i++)
		tell("send", send_with(fd, port, 100, 0, NULL, 0));
	tell("send", send_with(fd, port, 100, 0, &c, 1));
	if (port) {
		tell("segments", set_int(fd, IPPROTO_UDP, 103, 40));
		tell("send three", send_with(fd, port, 100, 0, NULL, 0));
	}
	for (i = 0; i < 6; i++)
		receive("left", fd, 100, MSG_ERRQUEUE);
	side->close(fd);
}

static void do_zerocopy(void)
{
	int to = must_open(AF_INET, SOCK_DGRAM, 0), from = must_open(AF_INET, SOCK_DGRAM, 0), i;

	fprintf(out, "without copying\n");
	must_bind(to, AF_INET, OWN, PORT);
	tell("not asked for", send_with(from, PORT, 100, MSG_ZEROCOPY, NULL, 0));
	receive("none", from, 100, MSG_ERRQUEUE);
	tell("zerocopy", set_int(from, SOL_SOCKET, SO_ZEROCOPY, 1));
	for (i = 0; i < 2; i++) {
		tell("send", send_with(from, PORT, 100, MSG_ZEROCOPY, NULL, 0));
		receive("got", to, 2000, 0);
		receive("receipt", from, 100, MSG_ERRQUEUE);
	}
	tell("send", send_with(from, PORT, 10, MSG_ZEROCOPY, NULL, 0));
	receive("got", to, 2000, 0);
	tell("send", send_with(from, PORT, 10, MSG_ZEROCOPY, NULL, 0));
	receive("got", to, 2000, 0);
	tell("send nothing", send_with(from, PORT, 0, MSG_ZEROCOPY, NULL, 0));
	tell("send plainly", send_with(from, PORT, 10, 0, NULL, 0));
	receive("both", from, 100, MSG_ERRQUEUE);
	receive("none", from, 100, MSG_ERRQUEUE);
	side->close(to);
	side->close(from);
}

void do_sending(void)
{
	int to = must_open(AF_INET, SOCK_DGRAM, 0);

	must_bind(to, AF_INET, OWN, PORT + 2);
	do_udp();
	do_raw_parts();
	do_ping_parts();
	do_own_header();
	do_times("udp", SOCK_DGRAM, 0, PORT + 2);
	payload[0] = ICMP_ECHO;
	do_times("ping", SOCK_DGRAM, IPPROTO_ICMP, 0);
	do_times("raw", SOCK_RAW, ANY_PROTO, 0);
	do_zerocopy();
	side->close(to);
}
