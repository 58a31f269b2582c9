/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet frames, IEEE 802.3 length frames with LLC, and VLAN tags: check, get, build. */
#ifndef SKIFF_WIRE_ETH_H
#define SKIFF_WIRE_ETH_H

#include <linux/if_ether.h>

#include "wire/bytes.h"

/* IEEE 802.3 clause 3.2.6: up to 1500 a length, from 0x0600 a type, between them undefined. */
#define WIRE_ETH_MAX_LENGTH 1500

#define WIRE_ETH_TYPE_OFFSET 12u
#define WIRE_VLAN_HLEN 4 /* tag control information and the type of what follows */
#define WIRE_LLC_HLEN 3	 /* IEEE 802.2: destination and source access points, control */

enum wire_eth_check {
	WIRE_ETH_OK,
	WIRE_ETH_SHORT,	     /* fewer than 14 bytes */
	WIRE_ETH_UNDEFINED,  /* type/length field between 1501 and 1535 */
	WIRE_ETH_BAD_LENGTH, /* an 802.3 length that is larger than what follows */
};

/**
 * wire_eth_check() - may this frame's header be read?
 * @frame: first byte of the destination address
 * @len: bytes that are there, without frame check sequence
 *
 * All results but WIRE_ETH_SHORT make the wire_eth_*() getters safe.
 * wire_eth_8023_len() stays within the frame only after WIRE_ETH_OK.
 */
enum wire_eth_check wire_eth_check(const void *frame, size_t len);

/* A few words on a result, for a message. Never NULL, also for a number that is no result. */
const char *wire_eth_reason(enum wire_eth_check check);

static inline const u8 *wire_eth_dest(const void *frame)
{
	return (const u8 *)frame;
}

static inline const u8 *wire_eth_source(const void *frame)
{
	return (const u8 *)frame + ETH_ALEN;
}

/* The type/length field as it is; see wire_eth_is_8023(). */
static inline u16 wire_eth_type(const void *frame)
{
	return wire_get16(frame, WIRE_ETH_TYPE_OFFSET);
}

static inline bool wire_eth_is_8023(const void *frame)
{
	return wire_eth_type(frame) < ETH_P_802_3_MIN;
}

/* Bytes of LLC that follow the header of an 802.3 frame; the rest of the frame is padding. */
static inline u16 wire_eth_8023_len(const void *frame)
{
	return wire_eth_type(frame);
}

/**
 * wire_eth_build() - write an Ethernet header
 * @frame: ETH_HLEN writable bytes
 * @dest: ETH_ALEN bytes
 * @source: ETH_ALEN bytes
 * @type: an ETH_P_* value of at least ETH_P_802_3_MIN, or the length of an 802.3 frame
 */
void wire_eth_build(void *frame, const u8 *dest, const u8 *source, u16 type);

static inline bool wire_mac_is_group(const u8 *mac)
{
	return mac[0] & 1;
}

bool wire_mac_is_broadcast(const u8 *mac);

/* IEEE 802.1Q customer tag and 802.1ad service tag. */
static inline bool wire_vlan_is_tpid(u16 type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/*
 * @tag points behind the tag's own type field, at the control information; the getters are
 * safe when this says that the tag is there.
 */
static inline bool wire_vlan_check(const void *tag, size_t len)
{
	return tag && len >= WIRE_VLAN_HLEN;
}

static inline u16 wire_vlan_id(const void *tag)
{
	return wire_get16(tag, 0) & 0x0fff;
}

static inline u8 wire_vlan_priority(const void *tag)
{
	return wire_get8(tag, 0) >> 5;
}

static inline bool wire_vlan_drop_eligible(const void *tag)
{
	return wire_get8(tag, 0) & 0x10;
}

/* The type (or 802.3 length) of what the tag encapsulates. */
static inline u16 wire_vlan_type(const void *tag)
{
	return wire_get16(tag, 2);
}

/**
 * wire_vlan_build() - write a tag's control information and the type that follows it
 * @tag: WIRE_VLAN_HLEN writable bytes
 * @id: 0 (priority only) to 4094
 * @priority: 0 to 7
 * @type: of what the tag encapsulates
 *
 * Return: 0, or -EINVAL when @id or @priority does not fit its field or @id is the reserved 4095.
 */
int wire_vlan_build(void *tag, u16 id, u8 priority, u16 type);

/* IEEE 802.2 logical link control. */
static inline bool wire_llc_check(const void *llc, size_t len)
{
	return llc && len >= WIRE_LLC_HLEN;
}

static inline u8 wire_llc_dsap(const void *llc)
{
	return wire_get8(llc, 0);
}

static inline u8 wire_llc_ssap(const void *llc)
{
	return wire_get8(llc, 1);
}

#endif /* SKIFF_WIRE_ETH_H */
