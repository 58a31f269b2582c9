/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 headers of RFC 791: check, get, options, build. */
#ifndef SKIFF_WIRE_IP_H
#define SKIFF_WIRE_IP_H

#include "wire/bytes.h"
#include "wire/options.h"

#define WIRE_IP_HLEN 20	    /* without options */
#define WIRE_IP_MAX_HLEN 60 /* 15 words of 32 bits */
#define WIRE_IP_MAX_LEN 65535

/* RFC 791 section 3.1, flags and fragment offset. */
#define WIRE_IP_DF 0x4000
#define WIRE_IP_MF 0x2000
#define WIRE_IP_OFFSET 0x1fff /* in units of 8 bytes */

/* RFC 791 section 3.1 and RFC 2113: option types, copied flag and class included. */
#define WIRE_IPOPT_RECORD_ROUTE 7
#define WIRE_IPOPT_TIMESTAMP 68
#define WIRE_IPOPT_SECURITY 130
#define WIRE_IPOPT_LOOSE_ROUTE 131
#define WIRE_IPOPT_STREAM_ID 136
#define WIRE_IPOPT_STRICT_ROUTE 137
#define WIRE_IPOPT_ROUTER_ALERT 148

enum wire_ip_check {
	WIRE_IP_OK,
	WIRE_IP_SHORT,	     /* fewer bytes than the header has */
	WIRE_IP_BAD_VERSION, /* not 4 */
	WIRE_IP_BAD_IHL,     /* a header length of less than 20 bytes */
	WIRE_IP_BAD_CSUM,
	WIRE_IP_TRUNCATED, /* the total length is more than what is here */
	WIRE_IP_BAD_LEN,   /* the total length is less than the header */
};

/**
 * wire_ip_check_header() - is the whole header here?
 * @ip: first byte of the header, any alignment
 * @len: bytes that are there
 *
 * Leaves checksum and total length alone: right for a header that an ICMP error quotes, of whose
 * packet only the beginning is there. WIRE_IP_OK makes the header getters and the options safe.
 *
 * Return: WIRE_IP_OK, _SHORT, _BAD_VERSION or _BAD_IHL.
 */
enum wire_ip_check wire_ip_check_header(const void *ip, size_t len);

/* What wire_ip_check() adds about the lengths; only after wire_ip_check_header(). */
enum wire_ip_check wire_ip_check_len(const void *ip, size_t len);

/* Is the header's checksum right? Only after wire_ip_check_header(). */
bool wire_ip_csum_ok(const void *ip);

/**
 * wire_ip_check() - is this a packet that RFC 1122 section 3.2.1 does not silently discard?
 * @ip: first byte of the header, any alignment
 * @len: bytes that are there; more than the total length is padding
 *
 * Header, then checksum (a header that fails it says nothing, its lengths neither), then lengths.
 * WIRE_IP_OK makes all getters safe, wire_ip_payload_len() included.
 */
enum wire_ip_check wire_ip_check(const void *ip, size_t len);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_ip_reason(enum wire_ip_check check);

static inline u8 wire_ip_version(const void *ip)
{
	return wire_get8(ip, 0) >> 4;
}

/* In bytes, 0 to 60; at least 20 after the check. */
static inline size_t wire_ip_hlen(const void *ip)
{
	return (size_t)(wire_get8(ip, 0) & 0x0f) * 4;
}

static inline u8 wire_ip_tos(const void *ip)
{
	return wire_get8(ip, 1);
}

static inline u16 wire_ip_total_len(const void *ip)
{
	return wire_get16(ip, 2);
}

/* Only after wire_ip_check() or wire_ip_check_len() did not say WIRE_IP_BAD_LEN. */
static inline size_t wire_ip_payload_len(const void *ip)
{
	return wire_ip_total_len(ip) - wire_ip_hlen(ip);
}

static inline const u8 *wire_ip_payload(const void *ip)
{
	return (const u8 *)ip + wire_ip_hlen(ip);
}

static inline u16 wire_ip_id(const void *ip)
{
	return wire_get16(ip, 4);
}

static inline bool wire_ip_dont_fragment(const void *ip)
{
	return wire_get16(ip, 6) & WIRE_IP_DF;
}

static inline bool wire_ip_more_fragments(const void *ip)
{
	return wire_get16(ip, 6) & WIRE_IP_MF;
}

/* In bytes, 0 to 65528. */
static inline u32 wire_ip_fragment_offset(const void *ip)
{
	return (u32)(wire_get16(ip, 6) & WIRE_IP_OFFSET) * 8;
}

static inline bool wire_ip_is_fragment(const void *ip)
{
	return wire_get16(ip, 6) & (WIRE_IP_MF | WIRE_IP_OFFSET);
}

static inline u8 wire_ip_ttl(const void *ip)
{
	return wire_get8(ip, 8);
}

static inline u8 wire_ip_protocol(const void *ip)
{
	return wire_get8(ip, 9);
}

static inline __be32 wire_ip_saddr(const void *ip)
{
	return wire_get_be32(ip, 12);
}

static inline __be32 wire_ip_daddr(const void *ip)
{
	return wire_get_be32(ip, 16);
}

/* Start walking the options; only after wire_ip_check_header(). */
static inline void wire_ip_opts(struct wire_opts *o, const void *ip)
{
	wire_opts_init(o, (const u8 *)ip + WIRE_IP_HLEN, wire_ip_hlen(ip) - WIRE_IP_HLEN);
}

/**
 * struct wire_ip_fields - what a header is built from
 * @tos: DSCP and ECN
 * @ttl: time to live
 * @protocol: IPPROTO_*
 * @id: identification
 * @fragment: WIRE_IP_DF or WIRE_IP_MF, and the offset in units of 8 bytes
 * @payload_len: bytes behind the header
 * @saddr: source
 * @daddr: destination
 * @options: @options_len bytes, copied
 * @options_len: 0 to 40; padded to a multiple of 4 with end-of-list
 */
struct wire_ip_fields {
	u8 tos;
	u8 ttl;
	u8 protocol;
	u16 id;
	u16 fragment;
	size_t payload_len;
	__be32 saddr;
	__be32 daddr;
	const void *options;
	size_t options_len;
};

/**
 * wire_ip_build() - write an IPv4 header with its checksum
 * @ip: where, any alignment
 * @size: writable bytes
 * @f: the fields; not kept
 *
 * Return: the header's length in bytes (20 to 60), or -EINVAL when there are more than 40 bytes
 * of options, -EMSGSIZE when the packet would be longer than 65535 bytes, -ENOSPC when the header
 * does not fit @size; nothing is written then.
 */
int wire_ip_build(void *ip, size_t size, const struct wire_ip_fields *f);

/* Write the checksum of a header that has its other fields; only after wire_ip_check_header(). */
void wire_ip_set_csum(void *ip);

#endif /* SKIFF_WIRE_IP_H */
