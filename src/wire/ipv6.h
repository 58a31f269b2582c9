/* SPDX-License-Identifier: BSD-2-Clause */
/* The fixed IPv6 header of RFC 8200 section 3: check and get, as far as showing it needs. */
#ifndef SKIFF_WIRE_IPV6_H
#define SKIFF_WIRE_IPV6_H

#include "wire/bytes.h"

#define WIRE_IPV6_HLEN 40

enum wire_ipv6_check {
	WIRE_IPV6_OK,
	WIRE_IPV6_SHORT,       /* fewer than 40 bytes */
	WIRE_IPV6_BAD_VERSION, /* not 6 */
	WIRE_IPV6_TRUNCATED,   /* the payload length is more than what is here */
};

/* All results but _SHORT and _BAD_VERSION make the getters safe. */
enum wire_ipv6_check wire_ipv6_check(const void *ip6, size_t len);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_ipv6_reason(enum wire_ipv6_check check);

static inline u16 wire_ipv6_payload_len(const void *ip6)
{
	return wire_get16(ip6, 4);
}

static inline u8 wire_ipv6_next_header(const void *ip6)
{
	return wire_get8(ip6, 6);
}

static inline u8 wire_ipv6_hop_limit(const void *ip6)
{
	return wire_get8(ip6, 7);
}

/* 16 bytes each. */
static inline const u8 *wire_ipv6_saddr(const void *ip6)
{
	return (const u8 *)ip6 + 8;
}

static inline const u8 *wire_ipv6_daddr(const void *ip6)
{
	return (const u8 *)ip6 + 24;
}

#endif /* SKIFF_WIRE_IPV6_H */
