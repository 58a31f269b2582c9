/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP headers of RFC 768: check, get, build. */
#ifndef SKIFF_WIRE_UDP_H
#define SKIFF_WIRE_UDP_H

#include "wire/bytes.h"

#define WIRE_UDP_HLEN 8

enum wire_udp_check {
	WIRE_UDP_OK,
	WIRE_UDP_SHORT,	    /* fewer than 8 bytes */
	WIRE_UDP_BAD_LEN,   /* the length is less than the header */
	WIRE_UDP_TRUNCATED, /* the length is more than what is here */
	WIRE_UDP_BAD_CSUM,
};

/**
 * wire_udp_check_header() - are the header and as many bytes as it announces here?
 * @udp: first byte of the header, any alignment
 * @len: bytes that are there; more than the header's length is padding
 *
 * All results but WIRE_UDP_SHORT make the getters safe; wire_udp_payload_len() needs
 * WIRE_UDP_OK.
 */
enum wire_udp_check wire_udp_check_header(const void *udp, size_t len);

/* Is the checksum right or absent (0)? Only after wire_udp_check_header() said WIRE_UDP_OK. */
bool wire_udp_csum_ok(const void *udp, __be32 saddr, __be32 daddr);

/**
 * wire_udp_check() - is this a datagram that may be delivered?
 * @udp: first byte of the header, any alignment
 * @len: bytes of the IPv4 payload
 * @saddr: the packet's source, for the pseudo header
 * @daddr: the packet's destination
 */
enum wire_udp_check wire_udp_check(const void *udp, size_t len, __be32 saddr, __be32 daddr);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_udp_reason(enum wire_udp_check check);

static inline u16 wire_udp_source(const void *udp)
{
	return wire_get16(udp, 0);
}

static inline u16 wire_udp_dest(const void *udp)
{
	return wire_get16(udp, 2);
}

/* Header included. */
static inline u16 wire_udp_len(const void *udp)
{
	return wire_get16(udp, 4);
}

static inline bool wire_udp_has_csum(const void *udp)
{
	return wire_get16(udp, 6) != 0;
}

static inline size_t wire_udp_payload_len(const void *udp)
{
	return wire_udp_len(udp) - WIRE_UDP_HLEN;
}

static inline const u8 *wire_udp_payload(const void *udp)
{
	return (const u8 *)udp + WIRE_UDP_HLEN;
}

/**
 * wire_udp_build() - write a header with no checksum
 * @udp: WIRE_UDP_HLEN writable bytes
 * @source: port
 * @dest: port
 * @payload_len: bytes behind the header
 *
 * Return: 0, or -EMSGSIZE (and nothing is written) when the length does not fit 16 bits.
 */
int wire_udp_build(void *udp, u16 source, u16 dest, size_t payload_len);

/**
 * wire_udp_set_csum() - sum header, payload and pseudo header
 * @udp: a header that wire_udp_check_header() finds right, with its payload behind it
 * @saddr: source
 * @daddr: destination
 *
 * A sum of 0 is sent as 0xffff, because 0 means that there is none (RFC 768).
 */
void wire_udp_set_csum(void *udp, __be32 saddr, __be32 daddr);

#endif /* SKIFF_WIRE_UDP_H */
