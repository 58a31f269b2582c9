/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP, RFC 826: which link-layer address an IPv4 address has. */
#ifndef SKIFF_ARP_H
#define SKIFF_ARP_H

#include <skiff/if.h>
#include <skiff/neighbour.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The table of IPv4 neighbours. */
SKIFF_API extern struct neigh_table arp_tbl;

static inline struct arphdr *arp_hdr(const struct sk_buff *skb)
{
	return (struct arphdr *)(void *)skb_network_header(skb);
}

/* Bytes of an ARP packet on a device. */
static inline unsigned int arp_hdr_len(const struct net_device *dev)
{
	return (unsigned int)(sizeof(struct arphdr) + (dev->addr_len + sizeof(__be32)) * 2);
}

/**
 * struct arp_stats - what a host's ARP did
 * @requests_in: questions received, for whomever
 * @replies_in: answers received
 * @requests_out: questions sent, announcements included
 * @replies_out: answers sent
 * @invalid: packets that were malformed or had impossible addresses
 * @filtered: questions that arp_filter left to another device
 * @conflicts: packets in which somebody else claimed one of our addresses (RFC 5227)
 */
struct arp_stats {
	u64 requests_in;
	u64 replies_in;
	u64 requests_out;
	u64 replies_out;
	u64 invalid;
	u64 filtered;
	u64 conflicts;
};

/* A host's counters. Stack lock. */
SKIFF_API const struct arp_stats *arp_stats_of(struct net *net);

/**
 * arp_create() - build an ARP packet with its link-layer header
 * @type: ARPOP_*
 * @ptype: ETH_P_ARP
 * @dest_ip: address asked for, or who has asked
 * @dev: the device to send it by
 * @src_ip: our address, 0 in a probe
 * @dest_hw: where the frame goes, NULL for broadcast
 * @src_hw: our link-layer address, NULL for the device's
 * @target_hw: target address in the packet, NULL for zeros
 *
 * Any context. Return: the packet, owned by the caller, or NULL without memory.
 */
SKIFF_API struct sk_buff *arp_create(int type, int ptype, __be32 dest_ip, struct net_device *dev,
				     __be32 src_ip, const unsigned char *dest_hw,
				     const unsigned char *src_hw, const unsigned char *target_hw);

/* Send what arp_create() built; consumes it. Stack lock. */
SKIFF_API void arp_xmit(struct sk_buff *skb);

/* arp_create() and arp_xmit(). Nothing is sent by devices that do not use ARP. Stack lock. */
SKIFF_API void arp_send(int type, int ptype, __be32 dest_ip, struct net_device *dev, __be32 src_ip,
			const unsigned char *dest_hw, const unsigned char *src_hw,
			const unsigned char *target_hw);

/* Tell everybody on the link that we use @addr (RFC 5227 section 2.3). Stack lock. */
SKIFF_API void arp_announce(struct net_device *dev, __be32 addr);

/* Forget the neighbours of a device that goes down. Stack lock. */
SKIFF_API void arp_ifdown(struct net_device *dev);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_ARP_H */
