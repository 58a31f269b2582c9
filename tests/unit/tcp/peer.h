/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP connection whose other end is the test: segments are written, and what comes is read. */
#ifndef TESTS_TCP_PEER_H
#define TESTS_TCP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <skiff/neighconf.h>
#include <skiff/net.h>
#include <skiff/socket.h>

#include "tcp/tcp.h"
#include "wire/tcp.h"
#include "wire_host.h"

#define MS NSEC_PER_MSEC
#define PEER_PORT 8080

#define F_ WIRE_TCP_FIN
#define S_ WIRE_TCP_SYN
#define R_ WIRE_TCP_RST
#define P_ WIRE_TCP_PSH
#define A_ WIRE_TCP_ACK
#define U_ WIRE_TCP_URG

/**
 * struct peer - the test's end
 * @h: the host
 * @fd: its socket
 * @port: its port
 * @own: ours
 * @iss: its initial sequence number
 * @seq: ours, of what we send next; it begins with 0
 * @win: window that we offer, unscaled
 * @opts: options of what we send
 * @optlen: bytes of them, a multiple of 4
 */
struct peer {
	struct wire_host h;
	int fd;
	u16 port;
	u16 own;
	u32 iss;
	u32 seq;
	u16 win;
	u8 opts[40];
	size_t optlen;
};

/**
 * struct seg - a segment that the host sent
 * @flags: WIRE_TCP_*
 * @seq: counted from the host's SYN, which is 0
 * @ack: counted from ours
 * @win: as in the header
 * @urg: the same
 * @optlen: bytes of @opts
 * @len: bytes of @data
 * @ecn: of the IP header
 * @ip_len: of the IP packet
 */
struct seg {
	u8 flags;
	u32 seq;
	u32 ack;
	u16 win;
	u16 urg;
	size_t optlen;
	size_t len;
	u8 ecn;
	size_t ip_len;
	u8 opts[40];
	u8 data[FRAME_MAX];
};

static inline void peer_open(struct peer *p)
{
	memset(p, 0, sizeof(*p));
	p->win = 65535;
	p->own = PEER_PORT;
	wire_host_open(&p->h);
	assert_int_equal(skiff_neigh_add(p->h.net, "wire0", "192.0.2.1", "02:00:00:00:00:01", NULL,
					 NULL, 0),
			 0);
	p->fd = -1;
}

static inline void peer_close(struct peer *p)
{
	if (p->fd >= 0)
		skiff_close(p->fd);
	wire_run(&p->h);
	assert_int_equal(wire_host_close(&p->h), 0);
}

/* Send a segment. @off: of its sequence number from p->seq, which moves on behind it. */
static inline void peer_send_at(struct peer *p, u8 flags, s32 off, u32 ack, const void *data,
				size_t len)
{
	u8 tcp[FRAME_MAX] = {}, f[FRAME_MAX];
	size_t hlen = WIRE_TCP_HLEN + p->optlen;
	u32 seq = p->seq + (u32)off;
	__sum16 csum;

	wire_put16(tcp, 0, p->own);
	wire_put16(tcp, 2, p->port);
	wire_put32(tcp, 4, seq);
	wire_put32(tcp, 8, flags & A_ ? p->iss + ack : 0);
	wire_put8(tcp, 12, (u8)(hlen / 4 << 4));
	wire_put8(tcp, 13, flags);
	wire_put16(tcp, 14, p->win);
	memcpy(tcp + WIRE_TCP_HLEN, p->opts, p->optlen);
	if (len)
		memcpy(tcp + hlen, data, len);
	csum = csum_tcpudp_magic(PEER_IP, HOST_IP, (u32)(hlen + len), IPPROTO_TCP,
				 csum_partial(tcp, (int)(hlen + len), 0));
	memcpy(tcp + 16, &csum, 2);
	wire_inject(&p->h, f, frame_ip(f, PEER_IP, HOST_IP, IPPROTO_TCP, tcp, hlen + len));
	if (!off)
		p->seq += (u32)len + ((flags & (S_ | F_)) != 0);
}

static inline void peer_send(struct peer *p, u8 flags, u32 ack, const void *data, size_t len)
{
	peer_send_at(p, flags, 0, ack, data, len);
}

static inline void peer_ack(struct peer *p, u32 ack)
{
	peer_send(p, A_, ack, NULL, 0);
}

/* The next segment that the host sent. Return: false when there is none. */
static inline bool peer_take(struct peer *p, struct seg *s)
{
	u8 f[FRAME_MAX];
	const u8 *ip = f + ETH_HLEN, *tcp = ip + WIRE_IP_HLEN;
	size_t len, hlen;

	do {
		if (!wire_take(&p->h, f))
			return false;
	} while (wire_get16(f, 12) != ETH_P_IP || ip[9] != IPPROTO_TCP);
	memset(s, 0, sizeof(*s));
	s->ip_len = wire_get16(ip, 2);
	len = s->ip_len - WIRE_IP_HLEN;
	assert_int_equal(wire_tcp_check(tcp, len, HOST_IP, PEER_IP), WIRE_TCP_OK);
	hlen = wire_tcp_hlen(tcp);
	s->ecn = ip[1] & 3;
	s->flags = wire_tcp_flags(tcp);
	if (s->flags & S_ && !p->port) {
		p->port = wire_tcp_source(tcp);
		p->iss = wire_tcp_seq(tcp);
	}
	s->seq = wire_tcp_seq(tcp) - p->iss;
	s->ack = wire_tcp_ack(tcp);
	s->win = wire_tcp_window(tcp);
	s->urg = wire_tcp_urgent(tcp);
	s->optlen = hlen - WIRE_TCP_HLEN;
	memcpy(s->opts, tcp + WIRE_TCP_HLEN, s->optlen);
	s->len = len - hlen;
	memcpy(s->data, tcp + hlen, s->len);
	return true;
}

/* Nothing was sent. */
static inline void peer_quiet(struct peer *p)
{
	struct seg s;

	assert_false(peer_take(p, &s));
}

/* The next segment is this one. */
#define peer_expect(p, s, fl, sq, ln)             \
	do {                                      \
		assert_true(peer_take(p, s));     \
		assert_int_equal((s)->flags, fl); \
		assert_int_equal((s)->seq, sq);   \
		assert_int_equal((s)->len, ln);   \
	} while (0)

/* Nothing for one millisecond less, and then this. */
#define peer_expect_after(p, s, ms, fl, sq, ln)   \
	do {                                      \
		wire_sleep(&(p)->h, (ms)*MS - 1); \
		peer_quiet(p);                    \
		wire_sleep(&(p)->h, 1);           \
		peer_expect(p, s, fl, sq, ln);    \
	} while (0)

static inline void peer_sysctl(struct peer *p, const char *name, const char *value)
{
	assert_int_equal(skiff_sysctl_set(p->h.net, name, value, NULL, 0), 0);
}

static inline u64 peer_mib(struct peer *p, int field)
{
	return p->h.net->mib.linux_mib[field];
}

static inline struct sockaddr_in peer_name(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(PEER_PORT),
				     .sin_addr.s_addr = PEER_IP };
}

/* MSS 1000, SACK permitted, window scale 0: what our SYN-ACK has. */
static const u8 peer_syn_opts[] = { 2, 4, 1000 >> 8, 1000 & 0xff, 1, 1, 4, 2, 1, 3, 3, 0 };

static inline void peer_syn_sent(struct peer *p, struct seg *s)
{
	struct sockaddr_in to = peer_name();

	p->fd = skiff_socket(p->h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(p->fd >= 0);
	assert_int_equal(skiff_connect(p->fd, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, EINPROGRESS);
	wire_run(&p->h);
	peer_expect(p, s, S_, 0, 0);
}

/* A connection that the host opened; the round trip took no time. */
static inline void peer_connect(struct peer *p)
{
	struct seg s;

	peer_syn_sent(p, &s);
	memcpy(p->opts, peer_syn_opts, sizeof(peer_syn_opts));
	p->optlen = sizeof(peer_syn_opts);
	peer_send(p, S_ | A_, 1, NULL, 0);
	p->optlen = 0;
	peer_expect(p, &s, A_, 1, 0);
	assert_int_equal(s.ack, 1);
	peer_quiet(p);
}

static inline void peer_set_int(struct peer *p, int level, int name, int val)
{
	assert_int_equal(skiff_setsockopt(p->fd, level, name, &val, sizeof(val)), 0);
}

static const u8 peer_bytes[200000];

/* The program writes; all of it is taken. */
static inline void peer_write(struct peer *p, size_t len, int flags)
{
	assert_int_equal(skiff_send(p->fd, peer_bytes, len, flags | MSG_DONTWAIT), (ssize_t)len);
	wire_run(&p->h);
}

#endif /* TESTS_TCP_PEER_H */
