/* SPDX-License-Identifier: BSD-2-Clause */
/* What all Ethernet devices share: addresses, headers, and the settings of a device. */
#ifndef SKIFF_ETHERDEVICE_H
#define SKIFF_ETHERDEVICE_H

#include <string.h>

#include <linux/if_ether.h>

#include <skiff/if_ether.h>
#include <skiff/if_vlan.h>
#include <skiff/netdevice.h>
#include <skiff/random.h>
#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Headers: src/ethernet/eth.c */

/**
 * eth_type_trans() - take the Ethernet header off a received frame
 * @skb: the frame, data at the destination address; stays the caller's
 * @dev: the device that received it
 *
 * Sets dev, the MAC header and pkt_type, and moves data behind the 14 bytes. A frame that is
 * shorter becomes an empty packet of protocol 0 for another host, which no handler takes. Any
 * thread.
 *
 * Return: the protocol for skb->protocol, in wire order: the frame's type, or for an IEEE 802.3
 * length ETH_P_802_2, or ETH_P_802_3 for Novell's frames without LLC.
 */
SKIFF_API __be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev);

/**
 * eth_header() - push an Ethernet header
 * @skb: the packet, with 14 bytes of headroom
 * @dev: the device that it leaves by
 * @type: ETH_P_*; for ETH_P_802_3 and ETH_P_802_2 the header has @len instead
 * @daddr: destination, or NULL when it is not known yet; a device without ARP or the loopback
 *         device uses zeroes then
 * @saddr: source, or NULL for the device's own
 * @len: length of an 802.3 frame's payload
 *
 * Any thread. Return: 14, or -14 when the destination is to be filled in.
 */
SKIFF_API int eth_header(struct sk_buff *skb, struct net_device *dev, unsigned short type,
			 const void *daddr, const void *saddr, unsigned int len);

/* Copy a received frame's source to @haddr. Return: 6, or 0 for a frame that had no header. */
SKIFF_API int eth_header_parse(const struct sk_buff *skb, unsigned char *haddr);

/**
 * eth_header_cache() - make the header that all packets of a type to a neighbour start with
 * @neigh: the neighbour, its address known
 * @hh: filled in; the header's 14 bytes end at a multiple of 16
 * @type: ETH_P_* in wire order
 *
 * Locked. Return: 0, or -1 for ETH_P_802_3, whose header has a length.
 */
SKIFF_API int eth_header_cache(const struct neighbour *neigh, struct hh_cache *hh, __be16 type);

/* The neighbour's address changed to @haddr. Locked. */
SKIFF_API void eth_header_cache_update(struct hh_cache *hh, const struct net_device *dev,
				       const unsigned char *haddr);

/* The protocol that the frame's header names, in wire order; 0 when it is not there. */
SKIFF_API __be16 eth_header_parse_protocol(const struct sk_buff *skb);

/**
 * eth_rebuild_header() - fill in the destination of a header that eth_header() left open
 * @skb: the frame, data at its Ethernet header, dev set
 *
 * The 1996 form: asks the resolver for IPv4 packets and knows no address for others. Today a
 * packet waits in the neighbour before it has a header. Locked.
 *
 * Return: 0 when the header is complete; 1 when it is not, and the packet is consumed: the
 * resolver will send it when the address is known, or there is nobody to ask and it is dropped.
 */
SKIFF_API int eth_rebuild_header(struct sk_buff *skb);

/**
 * eth_set_resolver() - say who looks up addresses for eth_rebuild_header()
 * @find: copies the address of the next hop of @skb to @haddr and returns 0; or returns 1 and
 *        has consumed the packet, to send it again when the address is known. Called locked.
 *
 * Before the first host runs.
 */
SKIFF_API void eth_set_resolver(int (*find)(unsigned char *haddr, struct sk_buff *skb));

/**
 * eth_get_headlen() - how many of a frame's bytes are headers
 * @dev: the device that received it
 * @data: the frame, from the destination address on
 * @len: bytes that are there
 *
 * For drivers that copy the headers and leave the rest in a fragment. Any thread. Return: 0 to
 * @len; what is not understood counts as payload.
 */
SKIFF_API u32 eth_get_headlen(const struct net_device *dev, const void *data, u32 len);

/**
 * eth_copy_and_sum() - copy a received frame into a buffer and sum it, in a single pass
 * @dest: the buffer, @len bytes of linear data already skb_put(), data at the Ethernet header
 * @src: the frame
 * @len: its length in bytes, not negative
 * @base: a sum to start from, 0 as a rule
 *
 * The sum is that of all bytes behind the Ethernet header, in skb->csum with CHECKSUM_COMPLETE:
 * what the layers above expect after eth_type_trans(). An IPv4 header sums up to nothing, so that
 * sum is the transport header's and the payload's as well; the 1996 form left the IP header out
 * for that reason. A frame without payload is copied only. More than the linear data is the
 * caller's bug and ends the process. Any thread.
 */
SKIFF_API void eth_copy_and_sum(struct sk_buff *dest, const unsigned char *src, int len, int base);

/**
 * eth_skb_pad() - extend a frame with zeroes to the least length of Ethernet, 60 bytes
 * @skb: the frame; consumed on failure
 *
 * Return: 0 or -ENOMEM.
 */
static inline int eth_skb_pad(struct sk_buff *skb)
{
	return skb_put_padto(skb, ETH_ZLEN);
}

/* Devices: src/ethernet/device.c */

/**
 * ether_setup() - fill in what Ethernet devices have in common
 * @dev: a device that is being allocated
 *
 * Header methods, MTU 1500 (68 to 1500; the driver may raise max_mtu), addresses of 6 bytes,
 * broadcast and multicast, a queue of 1,000 packets.
 */
SKIFF_API void ether_setup(struct net_device *dev);

/* alloc_netdev_mqs() of an Ethernet device named eth%d. */
SKIFF_API struct net_device *alloc_etherdev_mqs(int sizeof_priv, unsigned int txqs,
						unsigned int rxqs);

#define alloc_etherdev(sizeof_priv) alloc_etherdev_mqs(sizeof_priv, 1, 1)
#define alloc_etherdev_mq(sizeof_priv, count) alloc_etherdev_mqs(sizeof_priv, count, count)

/**
 * eth_mac_addr() - ndo_set_mac_address for devices that need not be told
 * @dev: the device
 * @p: struct sockaddr with the address
 *
 * Return: 0, -EBUSY when it is up and has no IFF_LIVE_ADDR_CHANGE, -EADDRNOTAVAIL for an address
 * that no device may have. Locked.
 */
SKIFF_API int eth_mac_addr(struct net_device *dev, void *p);

/* The two halves of eth_mac_addr(): check, then set. */
SKIFF_API int eth_prepare_mac_addr_change(struct net_device *dev, void *p);
SKIFF_API void eth_commit_mac_addr_change(struct net_device *dev, void *p);

/* ndo_validate_addr: 0, or -EADDRNOTAVAIL when the device's address is zero or multicast. */
SKIFF_API int eth_validate_addr(struct net_device *dev);

/**
 * eth_hw_addr_random() - give a device a made-up address
 * @dev: the device
 *
 * Locally administered, unicast (IEEE 802 clause 8.2). Chance is that of the host whose stack lock
 * the thread holds, so that a simulation repeats. Before registration.
 */
SKIFF_API void eth_hw_addr_random(struct net_device *dev);

/* The methods that ether_setup() puts into header_ops. */
SKIFF_API extern const struct header_ops eth_header_ops;

/* Addresses: 6 bytes each, any alignment. */

static inline void ether_addr_copy(u8 *dst, const u8 *src)
{
	memcpy(dst, src, ETH_ALEN);
}

static inline bool ether_addr_equal(const u8 *addr1, const u8 *addr2)
{
	return memcmp(addr1, addr2, ETH_ALEN) == 0;
}

#define ether_addr_equal_unaligned(addr1, addr2) ether_addr_equal(addr1, addr2)
#define ether_addr_equal_64bits(addr1, addr2) ether_addr_equal(addr1, addr2)

static inline bool ether_addr_equal_masked(const u8 *addr1, const u8 *addr2, const u8 *mask)
{
	int i;

	for (i = 0; i < ETH_ALEN; i++)
		if ((addr1[i] ^ addr2[i]) & mask[i])
			return false;
	return true;
}

static inline u64 ether_addr_to_u64(const u8 *addr)
{
	u64 u = 0;
	int i;

	for (i = 0; i < ETH_ALEN; i++)
		u = u << 8 | addr[i];
	return u;
}

static inline void u64_to_ether_addr(u64 u, u8 *addr)
{
	int i;

	for (i = ETH_ALEN - 1; i >= 0; i--) {
		addr[i] = (u8)u;
		u >>= 8;
	}
}

static inline void eth_addr_add(u8 *addr, long offset)
{
	u64_to_ether_addr(ether_addr_to_u64(addr) + (u64)offset, addr);
}

static inline void eth_addr_inc(u8 *addr)
{
	eth_addr_add(addr, 1);
}

static inline void eth_addr_dec(u8 *addr)
{
	eth_addr_add(addr, -1);
}

static inline bool is_zero_ether_addr(const u8 *addr)
{
	return ether_addr_to_u64(addr) == 0;
}

static inline bool is_broadcast_ether_addr(const u8 *addr)
{
	return ether_addr_to_u64(addr) == 0xffffffffffffULL;
}

/* A group address; the broadcast address is one. */
static inline bool is_multicast_ether_addr(const u8 *addr)
{
	return addr[0] & 0x01;
}

#define is_multicast_ether_addr_64bits(addr) is_multicast_ether_addr(addr)

static inline bool is_unicast_ether_addr(const u8 *addr)
{
	return !is_multicast_ether_addr(addr);
}

/* Given by whoever runs the network, not by the maker. */
static inline bool is_local_ether_addr(const u8 *addr)
{
	return addr[0] & 0x02;
}

/* Whether a device may have this address. */
static inline bool is_valid_ether_addr(const u8 *addr)
{
	return !is_multicast_ether_addr(addr) && !is_zero_ether_addr(addr);
}

/* 01:80:c2:00:00:00 to 0f: never forwarded by bridges (IEEE 802.1Q table 8-1). */
static inline bool is_link_local_ether_addr(const u8 *addr)
{
	return (ether_addr_to_u64(addr) & 0xfffffffffff0ULL) == 0x0180c2000000ULL;
}

static inline void eth_zero_addr(u8 *addr)
{
	memset(addr, 0x00, ETH_ALEN);
}

static inline void eth_broadcast_addr(u8 *addr)
{
	memset(addr, 0xff, ETH_ALEN);
}

/* A locally administered unicast address out of random bytes. */
static inline void eth_addr_make_local(u8 *addr)
{
	addr[0] = (u8)((addr[0] & 0xfe) | 0x02);
}

static inline void eth_random_addr(u8 *addr)
{
	get_random_bytes(addr, ETH_ALEN);
	eth_addr_make_local(addr);
}

#define random_ether_addr(addr) eth_random_addr(addr)

static inline void eth_hw_addr_set(struct net_device *dev, const u8 *addr)
{
	__dev_addr_set(dev, addr, ETH_ALEN);
}

/* @base_addr plus @id, for devices that come in rows. */
static inline void eth_hw_addr_gen(struct net_device *dev, const u8 *base_addr, unsigned int id)
{
	u8 addr[ETH_ALEN];

	ether_addr_copy(addr, base_addr);
	eth_addr_add(addr, (long)id);
	eth_hw_addr_set(dev, addr);
}

static inline void eth_hw_addr_inherit(struct net_device *dst, struct net_device *src)
{
	dst->addr_assign_type = src->addr_assign_type;
	eth_hw_addr_set(dst, src->dev_addr);
}

/* Whether the type field of a header is a type, not a length. */
static inline bool eth_proto_is_802_3(__be16 proto)
{
	return ntohs(proto) >= ETH_P_802_3_MIN;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_ETHERDEVICE_H */
