/* SPDX-License-Identifier: BSD-2-Clause */
/* The Ethernet header of a buffer. */
#ifndef SKIFF_IF_ETHER_H
#define SKIFF_IF_ETHER_H

#include <linux/if_ether.h>

#include <skiff/skbuff.h>

/* The header at the MAC header; valid when that was set with ETH_HLEN linear bytes there. */
static inline struct ethhdr *eth_hdr(const struct sk_buff *skb)
{
	return (struct ethhdr *)(void *)skb_mac_header(skb);
}

/* The same of a packet inside a tunnel. */
static inline struct ethhdr *inner_eth_hdr(const struct sk_buff *skb)
{
	return (struct ethhdr *)(void *)skb_inner_mac_header(skb);
}

#endif /* SKIFF_IF_ETHER_H */
