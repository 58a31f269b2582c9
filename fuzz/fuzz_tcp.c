// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP with a hostile peer: the input is a program of segments, ICMP errors, socket calls, settings and
 * time. Sequence numbers, acknowledgments and timestamps are told relative to the right ones, so that
 * small changes of the input are small changes of what happens.
 *
 * Each run has a host of its own, with a listening socket and one that connects. After each step the
 * queues of all connections have to agree with their counters, at the end nothing may be left.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include <skiff/printk.h>
#include <skiff/socket.h>

#include "../tests/unit/tcp/invariants.h"
#include "fuzz_tcp_peer.h"

#define FDS 8
#define STEPS_MAX 96

/**
 * struct run - one
 * @h: the host
 * @in: the input
 * @flows: 0: accepted, 1: the host connects, 2: nothing yet
 * @last: the segment before, for those that come many times
 * @last_flow: its flow
 */
struct run {
	struct wire_host h;
	struct input in;
	struct flow flows[FLOWS];
	struct fuzz_seg last;
	unsigned int last_flow;
};

static const u8 bytes[65536];

static struct sockaddr_in address(__be32 addr, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = addr };
}

/* Segments */

static void send_seg(struct run *r, unsigned int flow, const struct fuzz_seg *s)
{
	peer_learn(&r->h, r->flows);
	peer_send(&r->h, &r->flows[flow], flow, s, &r->in);
	peer_learn(&r->h, r->flows);
}

/* Anything: zeros are an acknowledgment of everything. */
static void any_segment(struct run *r)
{
	struct fuzz_seg s = { 0 };

	r->last_flow = take(&r->in, 1) % FLOWS;
	s.flags = WIRE_TCP_ACK ^ (u8)take(&r->in, 1);
	s.opts = (u8)take(&r->in, 1) ^ r->flows[r->last_flow].opts;
	s.seq = take_offset(&r->in);
	s.ack = take_offset(&r->in);
	s.win = (u16)~take(&r->in, 2);
	s.len = take(&r->in, 2) % 1461;
	if (s.flags & WIRE_TCP_URG)
		s.urg = (u16)take(&r->in, 2);
	if (s.opts & OPT_TS)
		s.ts = take_offset(&r->in);
	s.ecn = s.flags & WIRE_TCP_CWR ? 3 : 0;
	r->last = s;
	send_seg(r, r->last_flow, &s);
}

/* As it should be: data in order, or what acknowledges everything. */
static void right_segment(struct run *r)
{
	unsigned int flow = take(&r->in, 1) % FLOWS;
	const struct fuzz_seg s = { .flags = WIRE_TCP_ACK,
				    .opts = r->flows[flow].opts,
				    .win = 65535,
				    .len = take(&r->in, 1) * 8 };

	send_seg(r, flow, &s);
}

/* The last one again and again, each further on. */
static void flood(struct run *r)
{
	u32 seq = take_offset(&r->in), ack = take_offset(&r->in);

	for (unsigned int n = take(&r->in, 1) % 64; n; n--) {
		r->last.seq += seq;
		r->last.ack += ack;
		send_seg(r, r->last_flow, &r->last);
	}
}

/* TCP's part of a packet is the input's, but for ports and checksum if it likes. */
static void raw_segment(struct run *r)
{
	size_t len = take(&r->in, 1) % 100;
	u8 tcp[100] = {}, f[FRAME_MAX];
	unsigned int how = take(&r->in, 1);
	__sum16 csum;

	for (size_t i = 0; i < len; i++)
		tcp[i] = (u8)take(&r->in, 1);
	if (how & 1 && len >= WIRE_TCP_HLEN) {
		wire_put16(tcp, 0, (u16)(PEER_PORT + how / 2 % FLOWS));
		wire_put16(tcp, 2, r->flows[how / 2 % FLOWS].port);
		wire_put16(tcp, 16, 0);
		csum = csum_tcpudp_magic(PEER_IP, HOST_IP, (u32)len, IPPROTO_TCP,
					 csum_partial(tcp, (int)len, 0));
		memcpy(tcp + 16, &csum, 2);
	}
	wire_inject(&r->h, f, frame_ip(f, PEER_IP, HOST_IP, IPPROTO_TCP, tcp, len));
}

/* The program */

static int some_fd(struct run *r)
{
	return (int)(take(&r->in, 1) % FDS);
}

static void transfer(struct run *r)
{
	static u8 buf[65536];
	int fd = some_fd(r), how = (int)take(&r->in, 1);
	size_t len = take(&r->in, 2);

	if (how & 1)
		skiff_recv(fd, buf, len,
			   MSG_DONTWAIT | (how & 2 ? MSG_PEEK : 0) | (how & 4 ? MSG_OOB : 0) |
				   (how & 8 ? MSG_TRUNC : 0) | (how & 16 ? MSG_WAITALL : 0));
	else
		skiff_send(fd, bytes, len,
			   MSG_DONTWAIT | MSG_NOSIGNAL | (how & 2 ? MSG_MORE : 0) |
				   (how & 4 ? MSG_OOB : 0) | (how & 8 ? MSG_EOR : 0));
}

static void option(struct run *r)
{
	static const int socket_opts[] = {
		SO_KEEPALIVE, SO_OOBINLINE, SO_REUSEADDR, SO_RCVLOWAT,
		SO_SNDBUF,    SO_PRIORITY,  SO_MARK,	  SO_TIMESTAMPING
	};
	static const int values[] = { 0,    1,	  2,	 3,	5,	10,	 64, 500,
				      1000, 4096, 30000, 65535, 100000, 1 << 20, -1, 0x7fffffff };
	int fd = some_fd(r), name = (int)take(&r->in, 1), val = values[take(&r->in, 1) % 16];
	socklen_t len = sizeof(val);
	u8 info[512];

	/* The end does not wait for longer. */
	if (name % 50 == TCP_USER_TIMEOUT)
		val = min(val, 100000);
	if (name & 0x80)
		skiff_setsockopt(fd, SOL_SOCKET, socket_opts[name % 8], &val, len);
	else
		skiff_setsockopt(fd, IPPROTO_TCP, name % 50, &val, len);
	len = sizeof(info);
	skiff_getsockopt(fd, IPPROTO_TCP, name % 50, info, &len);
}

static void call(struct run *r)
{
	struct sockaddr_in peer =
		address((__force u32)PEER_IP, PEER_PORT + 1 + take(&r->in, 1) % 2);
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in own = address(0, LISTEN_PORT);
	int fd = some_fd(r), arg;

	switch (take(&r->in, 1) % 10) {
	case 0:
		skiff_accept4(fd, NULL, NULL, SOCK_NONBLOCK);
		return;
	case 1:
		skiff_connect(fd, (struct sockaddr *)&peer, sizeof(peer));
		return;
	case 2:
		skiff_connect(fd, &none, sizeof(none));
		return;
	case 3:
		skiff_close(fd);
		return;
	case 4:
		skiff_shutdown(fd, (int)take(&r->in, 1) % 3);
		return;
	case 5:
		skiff_socket(r->h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		return;
	case 6:
		skiff_bind(fd, (struct sockaddr *)&own, sizeof(own));
		skiff_listen(fd, (int)take(&r->in, 1) % 4);
		return;
	case 7:
		skiff_ioctl(fd, take(&r->in, 1) & 1 ? SIOCINQ : SIOCATMARK, &arg);
		return;
	case 8:
		skiff_setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
				 sizeof(struct linger));
		return;
	default:
		skiff_sendto(fd, bytes, take(&r->in, 2), MSG_FASTOPEN | MSG_DONTWAIT,
			     (struct sockaddr *)&peer, sizeof(peer));
	}
}

static void set(struct run *r, const char *name, const char *value)
{
	char full[64];

	snprintf(full, sizeof(full), "net.ipv4.%s", name);
	skiff_sysctl_set(r->h.net, full, value, NULL, 0);
}

static void setting(struct run *r)
{
	static const char *const names[] = {
		"tcp_timestamps",
		"tcp_sack",
		"tcp_dsack",
		"tcp_ecn",
		"tcp_recovery",
		"tcp_early_retrans",
		"tcp_frto",
		"tcp_mtu_probing",
		"tcp_base_mss",
		"tcp_min_snd_mss",
		"tcp_syncookies",
		"tcp_max_syn_backlog",
		"tcp_max_tw_buckets",
		"tcp_max_orphans",
		"tcp_challenge_ack_limit",
		"tcp_fastopen",
		"tcp_abort_on_overflow",
		"tcp_shrink_window",
		"tcp_rfc1337",
		"tcp_reordering",
		"tcp_max_reordering",
		"tcp_tw_reuse",
		"tcp_thin_linear_timeouts",
		"tcp_autocorking",
		"tcp_comp_sack_nr",
		"tcp_limit_output_bytes",
		"tcp_min_tso_segs",
		"tcp_moderate_rcvbuf",
		"tcp_notsent_lowat",
		"tcp_stdurg",
		"tcp_fastopen_blackhole_timeout_sec",
		"tcp_workaround_signed_windows",
		"tcp_retrans_collapse",
		"tcp_slow_start_after_idle",
	};
	static const char *const values[] = { "0", "1", "2", "3", "64", "255", "519", "1024" };

	set(r, names[take(&r->in, 1) % ARRAY_SIZE(names)], values[take(&r->in, 1) % 8]);
}

static void step(struct run *r)
{
	unsigned int flow;

	switch (take(&r->in, 1) % 12) {
	case 0:
	case 1:
	case 2:
		any_segment(r);
		return;
	case 3:
		right_segment(r);
		return;
	case 4:
		flood(r);
		return;
	case 5:
		raw_segment(r);
		return;
	case 6:
		flow = take(&r->in, 1) % FLOWS;
		peer_icmp(&r->h, &r->flows[flow], flow, &r->in);
		return;
	case 7:
		wire_sleep(&r->h, (ktime_t)NSEC_PER_MSEC << take(&r->in, 1) % 18);
		return;
	case 8:
		transfer(r);
		return;
	case 9:
		option(r);
		return;
	case 10:
		call(r);
		return;
	default:
		setting(r);
	}
}

/* Descriptors 0: listening, 1: connected by the host, 2: accepted. */
static void begin(struct run *r)
{
	static const char *const ca[] = { "cubic", "reno", "bbr", "dctcp" };
	struct sockaddr_in own = address(0, LISTEN_PORT);
	struct sockaddr_in peer = address((__force u32)PEER_IP, PEER_PORT + 1);
	struct fuzz_seg s = { .flags = WIRE_TCP_SYN, .win = 65535 };
	unsigned int how = take(&r->in, 1);
	u8 opts = (u8)(take(&r->in, 1) & 0x0f);

	set(r, "tcp_congestion_control", ca[how & 3]);
	if (how & 4)
		set(r, "tcp_rmem", "4096 8192 16384");
	if (how & 8)
		set(r, "tcp_fastopen", "519");
	if (how & 16)
		set(r, "tcp_syncookies", "2");
	for (unsigned int i = 0; i < FLOWS; i++)
		r->flows[i] = (struct flow){ .port = LISTEN_PORT, .ts = 1 };
	skiff_socket(r->h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	skiff_bind(0, (struct sockaddr *)&own, sizeof(own));
	skiff_listen(0, 2);
	skiff_socket(r->h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	skiff_connect(1, (struct sockaddr *)&peer, sizeof(peer));
	if (how & 32)
		return;
	s.opts = opts;
	send_seg(r, 0, &s);
	s.flags |= WIRE_TCP_ACK;
	send_seg(r, 1, &s);
	s.flags = WIRE_TCP_ACK;
	s.opts &= OPT_TS;
	r->flows[0].opts = r->flows[1].opts = s.opts;
	send_seg(r, 0, &s);
	skiff_accept4(0, NULL, NULL, SOCK_NONBLOCK);
}

/* When everybody has given up, nothing is in the tables, nothing is charged to anybody. */
static void end(struct run *r)
{
	const struct tcp_net *tn = tcp_net(r->h.net);

	for (int fd = 0; fd < FDS; fd++)
		skiff_close(fd);
	set(r, "tcp_orphan_retries", "2");
	wire_sleep(&r->h, 2000 * NSEC_PER_SEC);
	BUG_ON(tn->tw_count || tn->orphan_count || tn->sock_count);
	BUG_ON(tn->hashinfo.ehash.count || tn->hashinfo.lhash.count || tn->hashinfo.bhash.count);
	BUG_ON(wire_host_close(&r->h));
	BUG_ON(atomic_long_read(&tcp_memory_allocated));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { .in = { data, size } };

	if (size > 2048)
		return -1;
	setenv("SKIFF_PANIC_ON_WARN", "1", 1);
	skiff_log_level(-1);
	wire_host_open(&r.h);
	skiff_fd_limit(FDS);
	wire_teach_peer(&r.h);
	begin(&r);
	for (int i = 0; i < STEPS_MAX && r.in.size; i++) {
		step(&r);
		peer_learn(&r.h, r.flows);
		tcp_check_invariants(r.h.net);
	}
	end(&r);
	return 0;
}
