// SPDX-License-Identifier: BSD-2-Clause
/* SOCK_STREAM: each option in several states, TCP_INFO, and who may share a port. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "socket_twin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Newer than the C library's headers. */
#define TWIN_TCP_RTO_MAX_MS 44
#define TWIN_TCP_RTO_MIN_US 45
#define TWIN_TCP_DELACK_MAX_US 46

struct option {
	const char *name;
	int level, opt;
};

#define OPT(level, opt)          \
	{                        \
#opt, level, opt \
	}

static const struct option options[] = {
	OPT(SOL_TCP, TCP_NODELAY),
	OPT(SOL_TCP, TCP_MAXSEG),
	OPT(SOL_TCP, TCP_CORK),
	OPT(SOL_TCP, TCP_KEEPIDLE),
	OPT(SOL_TCP, TCP_KEEPINTVL),
	OPT(SOL_TCP, TCP_KEEPCNT),
	OPT(SOL_TCP, TCP_SYNCNT),
	OPT(SOL_TCP, TCP_LINGER2),
	OPT(SOL_TCP, TCP_DEFER_ACCEPT),
	OPT(SOL_TCP, TCP_QUICKACK),
	OPT(SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS),
	OPT(SOL_TCP, TCP_THIN_DUPACK),
	OPT(SOL_TCP, TCP_USER_TIMEOUT),
	OPT(SOL_TCP, TCP_FASTOPEN),
	OPT(SOL_TCP, TCP_NOTSENT_LOWAT),
	OPT(SOL_TCP, TCP_SAVE_SYN),
	OPT(SOL_TCP, TCP_SAVED_SYN),
	OPT(SOL_TCP, TCP_FASTOPEN_CONNECT),
	OPT(SOL_TCP, TCP_FASTOPEN_NO_COOKIE),
	OPT(SOL_TCP, TCP_INQ),
	{ "TCP_IS_MPTCP", SOL_TCP, 43 },
	{ "TCP_RTO_MAX_MS", SOL_TCP, TWIN_TCP_RTO_MAX_MS },
	{ "TCP_RTO_MIN_US", SOL_TCP, TWIN_TCP_RTO_MIN_US },
	{ "TCP_DELACK_MAX_US", SOL_TCP, TWIN_TCP_DELACK_MAX_US },
	{ "no such option", SOL_TCP, 1000 },
	{ "no such level", 9999, 1 },
	{ "SOL_UDP's", IPPROTO_UDP, 1 },
	OPT(SOL_SOCKET, SO_DEBUG),
	OPT(SOL_SOCKET, SO_REUSEADDR),
	OPT(SOL_SOCKET, SO_REUSEPORT),
	OPT(SOL_SOCKET, SO_TYPE),
	OPT(SOL_SOCKET, SO_DONTROUTE),
	OPT(SOL_SOCKET, SO_BROADCAST),
	OPT(SOL_SOCKET, SO_KEEPALIVE),
	OPT(SOL_SOCKET, SO_OOBINLINE),
	OPT(SOL_SOCKET, SO_NO_CHECK),
	OPT(SOL_SOCKET, SO_PRIORITY),
	OPT(SOL_SOCKET, SO_RCVLOWAT),
	OPT(SOL_SOCKET, SO_SNDLOWAT),
	OPT(SOL_SOCKET, SO_TIMESTAMP),
	OPT(SOL_SOCKET, SO_ACCEPTCONN),
	OPT(SOL_SOCKET, SO_PROTOCOL),
	OPT(SOL_SOCKET, SO_PEEK_OFF),
	OPT(SOL_SOCKET, SO_MAX_PACING_RATE),
	OPT(SOL_SOCKET, SO_TIMESTAMPING),
	OPT(SOL_SOCKET, SO_RXQ_OVFL),
	OPT(SOL_SOCKET, SO_ZEROCOPY),
	{ "SO_TXREHASH", SOL_SOCKET, 74 },
	{ "SO_BUF_LOCK", SOL_SOCKET, 72 },
	OPT(SOL_IP, IP_TOS),
	OPT(SOL_IP, IP_TTL),
	OPT(SOL_IP, IP_MINTTL),
	OPT(SOL_IP, IP_MTU),
	OPT(SOL_IP, IP_MTU_DISCOVER),
	OPT(SOL_IP, IP_RECVERR),
	OPT(SOL_IP, IP_PKTINFO),
	OPT(SOL_IP, IP_RECVTTL),
	OPT(SOL_IP, IP_RECVTOS),
	OPT(SOL_IP, IP_MULTICAST_TTL),
	OPT(SOL_IP, IP_MULTICAST_LOOP),
	OPT(SOL_IP, IP_BIND_ADDRESS_NO_PORT),
	OPT(SOL_IP, IP_FREEBIND),
	OPT(SOL_IP, IP_HDRINCL),
};

static const int values[] = { 0,
			      1,
			      2,
			      -1,
			      -2,
			      3,
			      7,
			      10,
			      60,
			      63,
			      64,
			      87,
			      88,
			      89,
			      127,
			      128,
			      255,
			      256,
			      536,
			      1000,
			      32768,
			      65536,
			      100000,
			      120000,
			      120004,
			      200000,
			      1000000,
			      0x7fffffff,
			      (int)0x80000000 };
static const int few_values[] = { 0, 1, 2, -1, 1000, 100000 };

static void tell_value(int fd, const struct option *o, socklen_t room)
{
	unsigned char buf[64];
	socklen_t len = room, i;
	int val;

	memset(buf, 0xee, sizeof(buf));
	if (side->get(fd, o->level, o->opt, buf, &len)) {
		fprintf(out, "/%s", strerrorname_np(errno));
		return;
	}
	if (len == sizeof(val)) {
		memcpy(&val, buf, sizeof(val));
		fprintf(out, "/%d", val);
		return;
	}
	fprintf(out, "/%u:", len);
	for (i = 0; i < len && i < sizeof(buf); i++)
		fprintf(out, "%02x", buf[i]);
}

/* Option states: those in which TCP makes a difference. */
static int has_options(const char *name)
{
	static const char *const names[] = { "new",	   "bound",	  "listening",
					     "connecting", "accepted",	  "connected unasked",
					     "peer shut",  "peer reset",  "shut wr",
					     "shut both",  "closed first" };
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i], name))
			return 1;
	return 0;
}

static void defaults(const struct stream_state *s, int family)
{
	size_t i;

	for (i = 0; i < COUNT(options); i++) {
		streams_begin(family);
		s->make();
		fprintf(out, "%s%s %s: at first", s->name, family == AF_INET ? "" : " 6",
			options[i].name);
		tell_value(st.fd, &options[i], 16);
		fprintf(out, "\n");
		streams_end();
	}
}

/* What is kept in ticks is told as the kernel's HZ rounds it. */
static int is_rounded(const struct option *o, int val)
{
	return o->level == SOL_TCP && val > 0 && val % 4000 &&
	       (o->opt == TWIN_TCP_RTO_MIN_US || o->opt == TWIN_TCP_DELACK_MAX_US) && val > 4000;
}

static void each_value(const struct stream_state *s, const int *list, size_t count)
{
	size_t i, v;

	for (i = 0; i < COUNT(options); i++) {
		fprintf(out, "%s %s:", s->name, options[i].name);
		for (v = 0; v < count; v++) {
			if (is_rounded(&options[i], list[v]))
				continue;
			streams_begin(AF_INET);
			s->make();
			fprintf(out, " %d=", list[v]);
			if (set_int(st.fd, options[i].level, options[i].opt, list[v]))
				fprintf(out, "%s", strerrorname_np(errno));
			tell_value(st.fd, &options[i], sizeof(int));
			streams_end();
		}
		fprintf(out, "\n");
	}
}

static void each_length(void)
{
	static const socklen_t lengths[] = { 0, 1, 2, 3, 4, 5, 8, 16, (socklen_t)-1 };
	unsigned char buf[64] = { 1, 0, 0, 0 };
	size_t i, l;

	for (i = 0; i < COUNT(options); i++) {
		fprintf(out, "new %s lengths:", options[i].name);
		for (l = 0; l < COUNT(lengths); l++) {
			streams_begin(AF_INET);
			st.fd = must_open(AF_INET, SOCK_STREAM, 0);
			fprintf(out, " %d=", (int)lengths[l]);
			if (side->set(st.fd, options[i].level, options[i].opt, buf, lengths[l]))
				fprintf(out, "%s", strerrorname_np(errno));
			tell_value(st.fd, &options[i], lengths[l]);
			streams_end();
		}
		fprintf(out, "\n");
	}
}

static void congestion(const struct stream_state *s)
{
	static const char *const names[] = { "reno", "cubic", "none such", "",
					     "a name that is longer than sixteen" };
	char buf[32];
	socklen_t room, len;
	size_t i;

	streams_begin(AF_INET);
	s->make();
	fprintf(out, "%s TCP_CONGESTION:", s->name);
	for (i = 0; i < COUNT(names); i++) {
		ret_of(side->set(st.fd, SOL_TCP, TCP_CONGESTION, names[i],
				 (socklen_t)strlen(names[i])));
		for (room = 0; room < 20; room += 4) {
			memset(buf, 0, sizeof(buf));
			len = room;
			ret_of(side->get(st.fd, SOL_TCP, TCP_CONGESTION, buf, &len));
			fprintf(out, " %u %s", len, buf);
		}
	}
	fprintf(out, "\n");
	streams_end();
}

/* What of it does not depend on the machine or on time. */
static void tell_info(int fd)
{
	struct tcp_info i;
	socklen_t len = sizeof(i);

	memset(&i, 0, sizeof(i));
	if (side->get(fd, SOL_TCP, TCP_INFO, &i, &len)) {
		ret_of(-1);
		return;
	}
	fprintf(out, " %u state %u ca %u retransmits %u probes %u backoff %u options %x", len,
		i.tcpi_state, i.tcpi_ca_state, i.tcpi_retransmits, i.tcpi_probes, i.tcpi_backoff,
		i.tcpi_options);
	fprintf(out, " unacked %u sacked %u lost %u retrans %u fackets %u", i.tcpi_unacked,
		i.tcpi_sacked, i.tcpi_lost, i.tcpi_retrans, i.tcpi_fackets);
	fprintf(out, " mss %u/%u pmtu %u advmss %u reordering %u total %u", i.tcpi_snd_mss,
		i.tcpi_rcv_mss, i.tcpi_pmtu, i.tcpi_advmss, i.tcpi_reordering,
		i.tcpi_total_retrans);
}

static void each_info(const struct stream_state *s)
{
	static unsigned char buf[512];
	socklen_t len;

	streams_begin(AF_INET);
	s->make();
	side->settle(1);
	fprintf(out, "%s TCP_INFO:", s->name);
	tell_info(st.fd);
	len = 3;
	ret_of(side->get(st.fd, SOL_TCP, TCP_INFO, buf, &len));
	fprintf(out, " len %u", len);
	len = (socklen_t)-1;
	ret_of(side->get(st.fd, SOL_TCP, TCP_INFO, buf, &len));
	ret_of(side->set(st.fd, SOL_TCP, TCP_INFO, buf, 4));
	fprintf(out, "\n");
	streams_end();
}

/* Who inherits from a listener. */
static void inheritance(void)
{
	static const struct {
		struct option o;
		int val;
	} set[] = {
		{ OPT(SOL_TCP, TCP_NODELAY), 1 },
		{ OPT(SOL_TCP, TCP_MAXSEG), 1000 },
		{ OPT(SOL_TCP, TCP_CORK), 1 },
		{ OPT(SOL_TCP, TCP_KEEPIDLE), 77 },
		{ OPT(SOL_TCP, TCP_KEEPINTVL), 33 },
		{ OPT(SOL_TCP, TCP_KEEPCNT), 5 },
		{ OPT(SOL_TCP, TCP_SYNCNT), 3 },
		{ OPT(SOL_TCP, TCP_LINGER2), 20 },
		{ OPT(SOL_TCP, TCP_QUICKACK), 0 },
		{ OPT(SOL_TCP, TCP_USER_TIMEOUT), 1234 },
		{ OPT(SOL_TCP, TCP_NOTSENT_LOWAT), 9 },
		{ OPT(SOL_TCP, TCP_INQ), 1 },
		{ OPT(SOL_TCP, TCP_SAVE_SYN), 1 },
		{ OPT(SOL_TCP, TCP_FASTOPEN), 5 },
		{ OPT(SOL_SOCKET, SO_KEEPALIVE), 1 },
		{ OPT(SOL_SOCKET, SO_RCVLOWAT), 9 },
		{ OPT(SOL_SOCKET, SO_OOBINLINE), 1 },
		{ OPT(SOL_SOCKET, SO_REUSEADDR), 1 },
		{ OPT(SOL_SOCKET, SO_REUSEPORT), 1 },
		{ OPT(SOL_SOCKET, SO_PRIORITY), 3 },
		{ OPT(SOL_SOCKET, SO_MARK), 7 },
		{ OPT(SOL_SOCKET, SO_TIMESTAMP), 1 },
		{ OPT(SOL_SOCKET, SO_PEEK_OFF), 0 },
		{ OPT(SOL_SOCKET, SO_BROADCAST), 1 },
		{ OPT(SOL_IP, IP_TOS), 8 },
		{ OPT(SOL_IP, IP_TTL), 99 },
		{ OPT(SOL_IP, IP_RECVTOS), 1 },
		{ OPT(SOL_IP, IP_MTU_DISCOVER), 2 },
		{ OPT(SOL_SOCKET, SO_MAX_PACING_RATE), 1000000 },
		{ OPT(SOL_SOCKET, SO_DONTROUTE), 1 },
		{ OPT(SOL_SOCKET, SO_ZEROCOPY), 1 },
	};
	size_t i;

	for (i = 0; i < COUNT(set); i++) {
		streams_begin(AF_INET);
		st.listener = must_open(AF_INET, SOCK_STREAM, 0);
		fprintf(out, "inherit %s:", set[i].o.name);
		ret_of(set_int(st.listener, set[i].o.level, set[i].o.opt, set[i].val));
		must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
		side->listen(st.listener, 5);
		st.fd = must_open(AF_INET, SOCK_STREAM, 0);
		must_connect(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
		side->settle(1);
		st.peer = side->accept(st.listener, NULL, NULL);
		tell_value(st.peer, &set[i].o, sizeof(int));
		fprintf(out, "\n");
		streams_end();
	}
}

/* Two sockets want the same port. */

struct claim {
	const char *name;
	int family;
	unsigned int addr;
	int listens;
};

static const struct claim claims[] = {
	{ "any", AF_INET, 0, 0 },
	{ "own", AF_INET, OWN, 0 },
	{ "lo", AF_INET, INADDR_LOOPBACK, 0 },
	{ "lo listens", AF_INET, INADDR_LOOPBACK, 1 },
	{ "any listens", AF_INET, 0, 1 },
	{ "any6", AF_INET6, 0, 0 },
	{ "any6 listens", AF_INET6, 0, 1 },
	{ "lo6", AF_INET6, INADDR_LOOPBACK, 0 },
	{ "::1", AF_INET6, LO6, 0 },
	{ "::1 listens", AF_INET6, LO6, 1 },
};

static int claim(const struct claim *c, int reuse)
{
	int fd = must_open(c->family, SOCK_STREAM, 0);
	union name n;
	socklen_t len = make_name(&n, c->family, c->addr, st.port);

	if (reuse & 1)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (reuse & 2)
		set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	ret_of(side->bind(fd, &n.any, len));
	if (c->listens)
		ret_of(side->listen(fd, 3));
	return fd;
}

static void sharing(void)
{
	static const char *const reuse_names[] = { "none", "addr", "port", "both" };
	size_t a, b;
	int ra, rb;

	for (a = 0; a < COUNT(claims); a++)
		for (b = 0; b < COUNT(claims); b++) {
			fprintf(out, "share %s + %s:", claims[a].name, claims[b].name);
			for (ra = 0; ra < 4; ra++)
				for (rb = 0; rb < 4; rb++) {
					streams_begin(AF_INET);
					fprintf(out, " %s/%s", reuse_names[ra], reuse_names[rb]);
					st.fd = claim(&claims[a], ra);
					st.peer = claim(&claims[b], rb);
					/* It may turn into a listener later. */
					ret_of(side->listen(st.fd, 3));
					ret_of(side->listen(st.peer, 3));
					streams_end();
				}
			fprintf(out, "\n");
		}
}

/* A port that waits after its connection, and one whose connections go on after its listener. */
static void sharing_with_rest(int waits, int was, int reuse)
{
	union name n;
	socklen_t len;

	streams_begin(AF_INET);
	fprintf(out, "share with %s %d %d:", waits ? "time-wait" : "connection", was, reuse);
	st.listener = must_open(AF_INET, SOCK_STREAM, 0);
	if (was & 1)
		set_int(st.listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (was & 2)
		set_int(st.listener, SOL_SOCKET, SO_REUSEPORT, 1);
	must_bind(st.listener, AF_INET, INADDR_LOOPBACK, st.port);
	side->listen(st.listener, 5);
	st.fd = must_open(AF_INET, SOCK_STREAM, 0);
	must_connect(st.fd, AF_INET, INADDR_LOOPBACK, st.port);
	side->settle(1);
	st.peer = side->accept(st.listener, NULL, NULL);
	close_fd(&st.listener);
	if (waits) {
		close_fd(&st.peer); /* the one of this port closes first */
		side->settle(1);
		close_fd(&st.fd);
		side->settle(1);
	}
	st.listener = must_open(AF_INET, SOCK_STREAM, 0);
	if (reuse & 1)
		set_int(st.listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (reuse & 2)
		set_int(st.listener, SOL_SOCKET, SO_REUSEPORT, 1);
	len = make_name(&n, AF_INET, INADDR_LOOPBACK, st.port);
	ret_of(side->bind(st.listener, &n.any, len));
	ret_of(side->listen(st.listener, 5));
	fprintf(out, "\n");
	streams_end();
}

void do_stream_options(void)
{
	size_t i;
	int was, reuse;

	for (i = 0; i < stream_states_count; i++) {
		const struct stream_state *s = &stream_states[i];

		each_info(s);
		if (!has_options(s->name))
			continue;
		defaults(s, AF_INET);
		congestion(s);
		if (!strcmp(s->name, "new"))
			defaults(s, AF_INET6);
		if (!strcmp(s->name, "new") || !strcmp(s->name, "accepted"))
			each_value(s, values, COUNT(values));
		else
			each_value(s, few_values, COUNT(few_values));
	}
	each_length();
	inheritance();
	sharing();
	for (was = 0; was < 4; was++)
		for (reuse = 0; reuse < 4; reuse++) {
			sharing_with_rest(0, was, reuse);
			sharing_with_rest(1, was, reuse);
		}
}
