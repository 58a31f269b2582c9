/* SPDX-License-Identifier: BSD-2-Clause */
/* The peer of the TCP target: what it knows of each flow, and segments that are told relative to that. */
#ifndef FUZZ_TCP_PEER_H
#define FUZZ_TCP_PEER_H

#include "../tests/unit/wire_host.h"
#include "wire/tcp.h"

/**
 * struct input - what is left of the input
 * @data: next byte
 * @size: how many there are; zeros follow
 */
struct input {
	const uint8_t *data;
	size_t size;
};

static inline unsigned int take(struct input *in, unsigned int bytes)
{
	unsigned int v = 0;

	for (; bytes; bytes--) {
		v = v << 8 | (in->size ? *in->data : 0);
		in->data += in->size != 0;
		in->size -= in->size != 0;
	}
	return v;
}

/* How far from what would be right: near mostly, but up to half of the sequence space. */
static inline u32 take_offset(struct input *in)
{
	u32 how = take(in, 1);

	if (!how)
		return 0;
	return (u32)(s32)(s8)take(in, 1) << (how % 25);
}

/* Listener and peer have one port each per flow; the host's own is learned. */
#define FLOWS 3
#define LISTEN_PORT 1000
#define PEER_PORT 2000

/**
 * struct flow - what the peer knows of it
 * @port: the host's; 0: not known yet
 * @una: what the host has sent and we have acknowledged
 * @nxt: end of what the host has sent
 * @seq: what the host expects of us
 * @tsval: the host's last timestamp
 * @ts: ours
 * @opts: bits that say which options our segments have: OPT_*
 */
struct flow {
	u16 port;
	u32 una;
	u32 nxt;
	u32 seq;
	u32 tsval;
	u32 ts;
	u8 opts;
};

#define OPT_MSS 0x01
#define OPT_WSCALE 0x02
#define OPT_SACK_PERM 0x04
#define OPT_TS 0x08
#define OPT_FASTOPEN 0x10
#define OPT_RAW 0x20
#define OPT_SACK 0xc0 /* so many blocks */

/**
 * struct fuzz_seg - a segment to be sent
 * @flags: WIRE_TCP_*
 * @opts: OPT_*
 * @ecn: of the IP header
 * @seq: off the right one
 * @ack: the same
 * @ts: the same, of the echoed timestamp
 * @win: window
 * @urg: urgent pointer
 * @len: bytes of data
 */
struct fuzz_seg {
	u8 flags;
	u8 opts;
	u8 ecn;
	u32 seq;
	u32 ack;
	u32 ts;
	u16 win;
	u16 urg;
	size_t len;
};

static inline size_t put_sack(u8 *o, const struct flow *fl, unsigned int n, struct input *in)
{
	o[0] = WIRE_TCPOPT_SACK;
	o[1] = (u8)(2 + 8 * n);
	for (unsigned int i = 0; i < n; i++) {
		u32 begin = fl->una + take_offset(in), len = take_offset(in);

		wire_put32(o, 2 + 8 * i, begin);
		wire_put32(o, 6 + 8 * i, begin + len);
	}
	return 2 + 8 * n;
}

/* Return: bytes of options, a multiple of four; @in has what they contain. */
static inline size_t put_options(u8 o[80], const struct flow *fl, const struct fuzz_seg *s,
				 struct input *in)
{
	static const u16 mss[] = { 1460, 536, 1, 48, 0, 65535, 100, 1000 };
	size_t n = 0;

	memset(o, 1, 80);
	if (s->opts & OPT_TS) {
		o[n] = WIRE_TCPOPT_TIMESTAMP;
		o[n + 1] = 10;
		wire_put32(o, n + 2, fl->ts);
		wire_put32(o, n + 6, fl->tsval + s->ts);
		n += 10;
	}
	if (s->opts & OPT_MSS) {
		o[n] = WIRE_TCPOPT_MSS;
		o[n + 1] = 4;
		wire_put16(o, n + 2, mss[take(in, 1) % 8]);
		n += 4;
	}
	if (s->opts & OPT_WSCALE) {
		o[n] = WIRE_TCPOPT_WINDOW;
		o[n + 1] = 3;
		o[n + 2] = (u8)(take(in, 1) & 15);
		n += 3;
	}
	if (s->opts & OPT_SACK_PERM) {
		o[n] = WIRE_TCPOPT_SACK_PERMITTED;
		o[n + 1] = 2;
		n += 2;
	}
	if (s->opts & OPT_FASTOPEN) {
		o[n] = 34;
		o[n + 1] = (u8)(2 + take(in, 1) % 18);
		n += o[n + 1];
	}
	if (s->opts & OPT_RAW) {
		for (size_t left = take(in, 1) % 16; left; left--)
			o[n++] = (u8)take(in, 1);
	}
	if (s->opts & OPT_SACK)
		n += put_sack(o + n, fl, s->opts >> 6, in);
	/* What does not fit is cut off, also in the middle of an option. */
	return min(n + 3, (size_t)40) & ~(size_t)3;
}

static inline void peer_send(struct wire_host *h, struct flow *fl, unsigned int own,
			     const struct fuzz_seg *s, struct input *in)
{
	u8 tcp[FRAME_MAX] = {}, opts[80], f[FRAME_MAX];
	size_t optlen = put_options(opts, fl, s, in), hlen = WIRE_TCP_HLEN + optlen, len;
	__sum16 csum;

	len = min(s->len, (size_t)1480 - hlen);
	wire_put16(tcp, 0, (u16)(PEER_PORT + own));
	wire_put16(tcp, 2, fl->port);
	wire_put32(tcp, 4, fl->seq + s->seq);
	wire_put32(tcp, 8, s->flags & WIRE_TCP_ACK ? fl->nxt + s->ack : 0);
	wire_put8(tcp, 12, (u8)(hlen / 4 << 4));
	wire_put8(tcp, 13, s->flags);
	wire_put16(tcp, 14, s->win);
	wire_put16(tcp, 18, s->urg);
	memcpy(tcp + WIRE_TCP_HLEN, opts, optlen);
	csum = csum_tcpudp_magic(PEER_IP, HOST_IP, (u32)(hlen + len), IPPROTO_TCP,
				 csum_partial(tcp, (int)(hlen + len), 0));
	memcpy(tcp + 16, &csum, 2);
	len = frame_ip(f, PEER_IP, HOST_IP, IPPROTO_TCP, tcp, hlen + len);
	f[ETH_HLEN + 1] = s->ecn;
	frame_fix_ip(f);
	wire_inject(h, f, len);
	fl->ts++;
}

/* An ICMP error about the flow. */
static inline void peer_icmp(struct wire_host *h, const struct flow *fl, unsigned int own,
			     struct input *in)
{
	u8 quote[WIRE_IP_HLEN + WIRE_TCP_HLEN] = {}, f[FRAME_MAX];
	const struct wire_ip_fields ip = { .ttl = 64,
					   .protocol = IPPROTO_TCP,
					   .payload_len = WIRE_TCP_HLEN,
					   .saddr = HOST_IP,
					   .daddr = PEER_IP };
	u8 type = take(in, 1) & 1 ? 11 : 3;
	u8 code = (u8)(take(in, 1) % 16);
	u32 mtu = take(in, 2);

	BUG_ON(wire_ip_build(quote, sizeof(quote), &ip) != WIRE_IP_HLEN);
	wire_put16(quote, WIRE_IP_HLEN, fl->port);
	wire_put16(quote, WIRE_IP_HLEN + 2, (u16)(PEER_PORT + own));
	wire_put32(quote, WIRE_IP_HLEN + 4, fl->una + take_offset(in));
	wire_inject(h, f, frame_icmp(f, type, code, mtu, quote, sizeof(quote)));
}

/* Take what the host sent: it has to be right, and says where a flow stands. */
static inline void peer_learn(struct wire_host *h, struct flow flows[FLOWS])
{
	const u8 *ip, *tcp, *ts;
	u8 f[FRAME_MAX];
	struct flow *fl;
	size_t len, n;
	u32 end;

	while ((len = wire_take(h, f)) != 0) {
		ip = f + ETH_HLEN;
		tcp = ip + WIRE_IP_HLEN;
		if (wire_eth_type(f) != ETH_P_IP)
			continue;
		BUG_ON(wire_ip_check(ip, len - ETH_HLEN) != WIRE_IP_OK);
		n = (size_t)wire_get16(ip, 2) - WIRE_IP_HLEN;
		if (ip[9] != IPPROTO_TCP || ip[0] != 0x45)
			continue;
		BUG_ON(wire_tcp_check(tcp, n, HOST_IP, PEER_IP) != WIRE_TCP_OK);
		if ((u32)wire_tcp_dest(tcp) - PEER_PORT >= FLOWS)
			continue;
		fl = &flows[wire_tcp_dest(tcp) - PEER_PORT];
		fl->port = wire_tcp_source(tcp);
		end = wire_tcp_seq(tcp) + (u32)(n - wire_tcp_hlen(tcp)) +
		      !!(wire_tcp_flags(tcp) & (WIRE_TCP_SYN | WIRE_TCP_FIN));
		if (wire_tcp_flags(tcp) & WIRE_TCP_SYN)
			fl->una = wire_tcp_seq(tcp);
		if (wire_tcp_flags(tcp) & WIRE_TCP_SYN || (s32)(end - fl->nxt) > 0)
			fl->nxt = end;
		if (wire_tcp_flags(tcp) & WIRE_TCP_ACK)
			fl->seq = wire_tcp_ack(tcp);
		/* Our segments have it in front, and so has the host's. */
		ts = tcp + WIRE_TCP_HLEN + 2;
		if (wire_tcp_hlen(tcp) >= WIRE_TCP_HLEN + 12 && ts[0] == WIRE_TCPOPT_TIMESTAMP)
			fl->tsval = wire_get32(ts, 2);
	}
}

#endif /* FUZZ_TCP_PEER_H */
