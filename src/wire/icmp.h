/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP messages of RFC 792 and what an error quotes, and the IGMP header: check, get, build. */
#ifndef SKIFF_WIRE_ICMP_H
#define SKIFF_WIRE_ICMP_H

#include "wire/bytes.h"

#define WIRE_ICMP_HLEN 8

/* RFC 792, RFC 1256 and RFC 950 types; RFC 1122 section 3.2.2.1 codes of unreachable. */
#define WIRE_ICMP_ECHO_REPLY 0
#define WIRE_ICMP_UNREACH 3
#define WIRE_ICMP_SOURCE_QUENCH 4
#define WIRE_ICMP_REDIRECT 5
#define WIRE_ICMP_ECHO 8
#define WIRE_ICMP_ROUTER_ADVERT 9
#define WIRE_ICMP_ROUTER_SOLICIT 10
#define WIRE_ICMP_TIME_EXCEEDED 11
#define WIRE_ICMP_PARAMETER 12
#define WIRE_ICMP_TIMESTAMP 13
#define WIRE_ICMP_TIMESTAMP_REPLY 14
#define WIRE_ICMP_INFO 15
#define WIRE_ICMP_INFO_REPLY 16
#define WIRE_ICMP_MASK 17
#define WIRE_ICMP_MASK_REPLY 18
#define WIRE_ICMP_UNREACH_PORT 3
#define WIRE_ICMP_UNREACH_FRAG_NEEDED 4

enum wire_icmp_check {
	WIRE_ICMP_OK,
	WIRE_ICMP_SHORT, /* fewer than 8 bytes */
	WIRE_ICMP_BAD_CSUM,
};

/**
 * wire_icmp_check() - is this a message that may be looked at?
 * @icmp: first byte of the message, any alignment
 * @len: bytes of the IPv4 payload, all of which are summed
 *
 * All results but WIRE_ICMP_SHORT make the getters safe.
 */
enum wire_icmp_check wire_icmp_check(const void *icmp, size_t len);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_icmp_reason(enum wire_icmp_check check);

static inline u8 wire_icmp_type(const void *icmp)
{
	return wire_get8(icmp, 0);
}

static inline u8 wire_icmp_code(const void *icmp)
{
	return wire_get8(icmp, 1);
}

/* Of echo, timestamp, information and mask messages. */
static inline u16 wire_icmp_id(const void *icmp)
{
	return wire_get16(icmp, 4);
}

static inline u16 wire_icmp_seq(const void *icmp)
{
	return wire_get16(icmp, 6);
}

/* The next hop's MTU in "fragmentation needed", RFC 1191 section 4; 0 from old routers. */
static inline u16 wire_icmp_mtu(const void *icmp)
{
	return wire_get16(icmp, 6);
}

/* The better router in a redirect. */
static inline __be32 wire_icmp_gateway(const void *icmp)
{
	return wire_get_be32(icmp, 4);
}

/* The offending byte in a parameter problem. */
static inline u8 wire_icmp_pointer(const void *icmp)
{
	return wire_get8(icmp, 4);
}

/* Is this the type of an error, which quotes a packet and is never answered with an error? */
bool wire_icmp_is_error(u8 type);

/**
 * struct wire_icmp_quote - the packet that an error is about
 * @ip: its IPv4 header, whole, within the message
 * @saddr: from it
 * @daddr: from it
 * @protocol: from it
 * @l4: what is quoted of its payload
 * @l4_len: how much that is
 * @has_ports: @sport and @dport are known: UDP or TCP, first fragment, at least 4 bytes of it
 * @sport: source port
 * @dport: destination port
 */
struct wire_icmp_quote {
	const u8 *ip;
	__be32 saddr;
	__be32 daddr;
	u8 protocol;
	const u8 *l4;
	size_t l4_len;
	bool has_ports;
	u16 sport;
	u16 dport;
};

/**
 * wire_icmp_get_quote() - read the packet that an ICMP error quotes
 * @icmp: the message
 * @len: its length
 * @q: filled on success
 *
 * The quoted packet's total length and checksum are not looked at: routers change and cut it.
 * The bytes were sent by whoever sent the error: they may be made up.
 *
 * Return: 0, or -EINVAL when the type is no error or no whole IPv4 header is quoted.
 */
int wire_icmp_get_quote(const void *icmp, size_t len, struct wire_icmp_quote *q);

/**
 * wire_icmp_build() - write a header with no checksum
 * @icmp: WIRE_ICMP_HLEN writable bytes
 * @type: WIRE_ICMP_*
 * @code: of that type
 * @rest: the second word: identifier << 16 | sequence number, an MTU, an address, or 0
 *
 * wire_icmp_set_csum() follows when the data is in place.
 */
void wire_icmp_build(void *icmp, u8 type, u8 code, u32 rest);

/* The identifier of a message of @icmp's type echo. */
static inline void wire_icmp_set_id(void *icmp, u16 id)
{
	wire_put16(icmp, 4, id);
}

/* Sum a message of @len bytes, at least WIRE_ICMP_HLEN. */
void wire_icmp_set_csum(void *icmp, size_t len);

/* IGMP, RFC 2236 section 2 and RFC 3376 section 4. */
#define WIRE_IGMP_HLEN 8
#define WIRE_IGMP_QUERY 0x11
#define WIRE_IGMP_V1_REPORT 0x12
#define WIRE_IGMP_V2_REPORT 0x16
#define WIRE_IGMP_V2_LEAVE 0x17
#define WIRE_IGMP_V3_REPORT 0x22

/* Form and checksum are those of ICMP, so its check serves both. */
static inline enum wire_icmp_check wire_igmp_check(const void *igmp, size_t len)
{
	return wire_icmp_check(igmp, len);
}

static inline u8 wire_igmp_type(const void *igmp)
{
	return wire_get8(igmp, 0);
}

/* Not in a version 3 report, which has a list of records. */
static inline __be32 wire_igmp_group(const void *igmp)
{
	return wire_get_be32(igmp, 4);
}

#endif /* SKIFF_WIRE_ICMP_H */
