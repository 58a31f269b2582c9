/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP packets of RFC 826 for Ethernet and IPv4: check, get, build. */
#ifndef SKIFF_WIRE_ARP_H
#define SKIFF_WIRE_ARP_H

#include <linux/if_ether.h>

#include "wire/bytes.h"

/* RFC 826, "Packet format": fixed part, and the whole with 6 and 4 byte addresses. */
#define WIRE_ARP_FIXED_LEN 8
#define WIRE_ARP_LEN 28

/* RFC 826, RFC 903 and RFC 5494: operations. */
#define WIRE_ARP_REQUEST 1
#define WIRE_ARP_REPLY 2

enum wire_arp_check {
	WIRE_ARP_OK,
	WIRE_ARP_SHORT,	       /* fewer bytes than the packet needs */
	WIRE_ARP_BAD_HARDWARE, /* neither Ethernet (1) nor IEEE 802 (6, RFC 1042) */
	WIRE_ARP_BAD_PROTOCOL, /* not IPv4 */
	WIRE_ARP_BAD_HLEN,     /* hardware addresses that are not 6 bytes long */
	WIRE_ARP_BAD_PLEN,     /* protocol addresses that are not 4 bytes long */
};

/**
 * wire_arp_check() - is this an ARP packet that maps IPv4 to Ethernet?
 * @arp: first byte of the hardware type
 * @len: bytes that are there; more than WIRE_ARP_LEN is padding
 *
 * WIRE_ARP_OK makes all getters safe. An operation other than request and reply is left to the
 * receiver, as RFC 826 ("Packet Reception") asks for the operation last.
 */
enum wire_arp_check wire_arp_check(const void *arp, size_t len);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_arp_reason(enum wire_arp_check check);

static inline u16 wire_arp_hardware(const void *arp)
{
	return wire_get16(arp, 0);
}

static inline u16 wire_arp_protocol(const void *arp)
{
	return wire_get16(arp, 2);
}

static inline u16 wire_arp_op(const void *arp)
{
	return wire_get16(arp, 6);
}

static inline const u8 *wire_arp_sender_mac(const void *arp)
{
	return (const u8 *)arp + 8;
}

static inline __be32 wire_arp_sender_ip(const void *arp)
{
	return wire_get_be32(arp, 14);
}

static inline const u8 *wire_arp_target_mac(const void *arp)
{
	return (const u8 *)arp + 18;
}

static inline __be32 wire_arp_target_ip(const void *arp)
{
	return wire_get_be32(arp, 24);
}

/**
 * wire_arp_build() - write an ARP packet for Ethernet and IPv4, RFC 826
 * @arp: WIRE_ARP_LEN writable bytes
 * @op: WIRE_ARP_REQUEST or WIRE_ARP_REPLY
 * @sender_mac: ETH_ALEN bytes
 * @sender_ip: 0 in a probe (RFC 5227)
 * @target_mac: ETH_ALEN bytes, or NULL for zeros, as in a request
 * @target_ip: who is asked for, or who has asked
 */
void wire_arp_build(void *arp, u16 op, const u8 *sender_mac, __be32 sender_ip, const u8 *target_mac,
		    __be32 target_ip);

#endif /* SKIFF_WIRE_ARP_H */
