/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the one-line decoder share. */
#ifndef SKIFF_WIRE_DECODE_IP_H
#define SKIFF_WIRE_DECODE_IP_H

#include <skiff/decode.h>

#include "wire/ip.h"
#include "wire/text.h"

/**
 * struct decode_ip - an IPv4 packet on its way through the decoder
 * @t: the line so far
 * @flags: SKIFF_DECODE_*
 * @ip: the header, which has passed wire_ip_check_header()
 * @data: what follows the header
 * @len: bytes of @data that are there
 * @full_len: bytes of @data that the total length announces, never less than @len
 * @whole: all of the payload is there, so lengths and checksums in it can be judged
 */
struct decode_ip {
	struct wire_text *t;
	unsigned int flags;
	const u8 *ip;
	const u8 *data;
	size_t len;
	size_t full_len;
	bool whole;
};

/* An IPv4 packet from its first byte; any @len. */
void decode_ipv4(struct wire_text *t, unsigned int flags, const void *ip, size_t len);

/* "192.0.2.1 > 192.0.2.2 " and "192.0.2.1:7 > 192.0.2.2:9 ". */
void decode_flow(struct wire_text *t, __be32 saddr, __be32 daddr);
void decode_flow_ports(struct wire_text *t, __be32 saddr, u16 sport, __be32 daddr, u16 dport);

/* The protocol's name, or its number as "protocol 250". */
void decode_protocol(struct wire_text *t, u8 protocol);

/* Are the checksums of messages that are always summed in software to be verified? */
static inline bool decode_wants_csum(const struct decode_ip *d)
{
	return d->whole && !(d->flags & SKIFF_DECODE_NO_CSUM);
}

/* And those that devices may fill in? */
static inline bool decode_wants_l4_csum(const struct decode_ip *d)
{
	return decode_wants_csum(d) && !(d->flags & SKIFF_DECODE_NO_L4_CSUM);
}

void decode_icmp(struct decode_ip *d);
void decode_igmp(struct decode_ip *d);

#endif /* SKIFF_WIRE_DECODE_IP_H */
