/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP headers of RFC 9293 section 3.1: check, get, options. */
#ifndef SKIFF_WIRE_TCP_H
#define SKIFF_WIRE_TCP_H

#include "wire/bytes.h"
#include "wire/options.h"

#define WIRE_TCP_HLEN 20     /* without options */
#define WIRE_TCP_MAX_HLEN 60 /* 15 words of 32 bits */

/* RFC 9293 section 3.1; ECE and CWR of RFC 3168. */
#define WIRE_TCP_FIN 0x01
#define WIRE_TCP_SYN 0x02
#define WIRE_TCP_RST 0x04
#define WIRE_TCP_PSH 0x08
#define WIRE_TCP_ACK 0x10
#define WIRE_TCP_URG 0x20
#define WIRE_TCP_ECE 0x40
#define WIRE_TCP_CWR 0x80

/* RFC 9293 section 3.2, RFC 7323, RFC 2018. */
#define WIRE_TCPOPT_MSS 2
#define WIRE_TCPOPT_WINDOW 3
#define WIRE_TCPOPT_SACK_PERMITTED 4
#define WIRE_TCPOPT_SACK 5
#define WIRE_TCPOPT_TIMESTAMP 8

enum wire_tcp_check {
	WIRE_TCP_OK,
	WIRE_TCP_SHORT,	   /* fewer bytes than the header has */
	WIRE_TCP_BAD_DOFF, /* a header length of less than 20 bytes */
	WIRE_TCP_BAD_CSUM,
};

/**
 * wire_tcp_check_header() - is the whole header here?
 * @tcp: first byte of the header, any alignment
 * @len: bytes that are there
 *
 * WIRE_TCP_OK makes getters and options safe. Ports and sequence number, which is all that an
 * ICMP error needs to quote, are also safe whenever @len is at least 8.
 */
enum wire_tcp_check wire_tcp_check_header(const void *tcp, size_t len);

/* Is the checksum over all @len bytes of the segment right? */
bool wire_tcp_csum_ok(const void *tcp, size_t len, __be32 saddr, __be32 daddr);

/* Both of the above; @len is the IPv4 payload's length. */
enum wire_tcp_check wire_tcp_check(const void *tcp, size_t len, __be32 saddr, __be32 daddr);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_tcp_reason(enum wire_tcp_check check);

static inline u16 wire_tcp_source(const void *tcp)
{
	return wire_get16(tcp, 0);
}

static inline u16 wire_tcp_dest(const void *tcp)
{
	return wire_get16(tcp, 2);
}

static inline u32 wire_tcp_seq(const void *tcp)
{
	return wire_get32(tcp, 4);
}

static inline u32 wire_tcp_ack(const void *tcp)
{
	return wire_get32(tcp, 8);
}

/* In bytes, 0 to 60; at least 20 after the check. */
static inline size_t wire_tcp_hlen(const void *tcp)
{
	return (size_t)(wire_get8(tcp, 12) >> 4) * 4;
}

/* WIRE_TCP_* bits. */
static inline u8 wire_tcp_flags(const void *tcp)
{
	return wire_get8(tcp, 13);
}

/* Not scaled. */
static inline u16 wire_tcp_window(const void *tcp)
{
	return wire_get16(tcp, 14);
}

static inline u16 wire_tcp_urgent(const void *tcp)
{
	return wire_get16(tcp, 18);
}

/* Start walking the options; only after wire_tcp_check_header(). */
static inline void wire_tcp_opts(struct wire_opts *o, const void *tcp)
{
	wire_opts_init(o, (const u8 *)tcp + WIRE_TCP_HLEN, wire_tcp_hlen(tcp) - WIRE_TCP_HLEN);
}

#endif /* SKIFF_WIRE_TCP_H */
