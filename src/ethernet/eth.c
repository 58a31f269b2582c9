// SPDX-License-Identifier: BSD-2-Clause
/* Ethernet headers: pushed, taken off, cached, and the frame copied and summed. */
#include <skiff/etherdevice.h>
#include <skiff/neighbour.h>

#include "wire/eth.h"

/* The start of a payload that is Novell's IPX without LLC: where others have two SAPs. */
#define NOVELL_RAW_802_3 0xffff

static int (*eth_resolver)(unsigned char *haddr, struct sk_buff *skb);

static u8 eth_pkt_type(const struct net_device *dev, const u8 *dest)
{
	if (likely(ether_addr_equal(dest, dev->dev_addr)))
		return PACKET_HOST;
	if (!is_multicast_ether_addr(dest))
		return PACKET_OTHERHOST;
	return ether_addr_equal(dest, dev->broadcast) ? PACKET_BROADCAST : PACKET_MULTICAST;
}

/* The protocol of a frame that has a length in the place of it. */
static noinline __be16 protocol_of_802_3(const struct sk_buff *skb)
{
	__be16 sap;

	if (!skb_copy_bits(skb, 0, &sap, sizeof(sap)) && sap == htons(NOVELL_RAW_802_3))
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev)
{
	const struct ethhdr *eth;

	skb->dev = dev;
	if (unlikely(!pskb_may_pull(skb, ETH_HLEN))) {
		skb_reset_mac_header(skb);
		__skb_pull(skb, skb_headlen(skb));
		skb->pkt_type = PACKET_OTHERHOST;
		return 0;
	}
	skb_reset_mac_header(skb);
	eth = eth_hdr(skb);
	__skb_pull(skb, ETH_HLEN);
	skb->pkt_type = eth_pkt_type(dev, eth->h_dest) & 7;

	if (likely(eth_proto_is_802_3(eth->h_proto)))
		return eth->h_proto;
	return protocol_of_802_3(skb);
}

int eth_header(struct sk_buff *skb, struct net_device *dev, unsigned short type, const void *daddr,
	       const void *saddr, unsigned int len)
{
	struct ethhdr *eth = (struct ethhdr *)skb_push(skb, ETH_HLEN);
	bool has_length = type == ETH_P_802_3 || type == ETH_P_802_2;

	eth->h_proto = htons(has_length ? len : type);
	memcpy(eth->h_source, saddr ? saddr : dev->dev_addr, ETH_ALEN);
	if (daddr) {
		memcpy(eth->h_dest, daddr, ETH_ALEN);
		return ETH_HLEN;
	}
	eth_zero_addr(eth->h_dest);
	/* Nobody resolves addresses on these, so the header is as good as it gets. */
	if (dev->flags & (IFF_LOOPBACK | IFF_NOARP))
		return ETH_HLEN;
	return -ETH_HLEN;
}

/* Whether all of the Ethernet header lies in the linear data. */
static bool eth_header_present(const struct sk_buff *skb)
{
	return skb_mac_header_was_set(skb) && (unsigned int)skb->mac_header + ETH_HLEN <= skb->tail;
}

int eth_header_parse(const struct sk_buff *skb, unsigned char *haddr)
{
	if (!eth_header_present(skb))
		return 0;
	memcpy(haddr, eth_hdr(skb)->h_source, ETH_ALEN);
	return ETH_ALEN;
}

__be16 eth_header_parse_protocol(const struct sk_buff *skb)
{
	return eth_header_present(skb) ? eth_hdr(skb)->h_proto : 0;
}

static struct ethhdr *hh_ethhdr(struct hh_cache *hh)
{
	return (struct ethhdr *)((u8 *)hh->hh_data + HH_DATA_OFF(ETH_HLEN));
}

int eth_header_cache(const struct neighbour *neigh, struct hh_cache *hh, __be16 type)
{
	struct ethhdr *eth = hh_ethhdr(hh);

	if (type == htons(ETH_P_802_3))
		return -1;
	eth->h_proto = type;
	memcpy(eth->h_source, neigh->dev->dev_addr, ETH_ALEN);
	memcpy(eth->h_dest, neigh->ha, ETH_ALEN);
	hh->hh_len = ETH_HLEN;
	return 0;
}

void eth_header_cache_update(struct hh_cache *hh, const struct net_device *dev,
			     const unsigned char *haddr)
{
	memcpy(hh_ethhdr(hh)->h_dest, haddr, ETH_ALEN);
}

/* A header for a frame that is read back must be longer than nothing: 14 bytes or no frame. */
static bool eth_header_validate(const char *ll_header, unsigned int len)
{
	return ll_header && len >= ETH_HLEN;
}

const struct header_ops eth_header_ops = {
	.create = eth_header,
	.parse = eth_header_parse,
	.cache = eth_header_cache,
	.cache_update = eth_header_cache_update,
	.validate = eth_header_validate,
	.parse_protocol = eth_header_parse_protocol,
};

void eth_set_resolver(int (*find)(unsigned char *haddr, struct sk_buff *skb))
{
	eth_resolver = find;
}

int eth_rebuild_header(struct sk_buff *skb)
{
	struct ethhdr *eth = (struct ethhdr *)skb->data;

	BUG_ON(skb_headlen(skb) < ETH_HLEN);
	if (eth->h_proto != htons(ETH_P_IP) || !eth_resolver) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
		return 1;
	}
	return eth_resolver(eth->h_dest, skb);
}

void eth_copy_and_sum(struct sk_buff *dest, const unsigned char *src, int len, int base)
{
	if (unlikely(len < 0 || (unsigned int)len > skb_headlen(dest)))
		skb_bounds_panic(dest, "eth_copy_and_sum", len);
	if (unlikely(len <= ETH_HLEN)) {
		if (len)
			memcpy(dest->data, src, (size_t)len);
		return;
	}
	memcpy(dest->data, src, ETH_HLEN);
	dest->csum = csum_partial_copy(src + ETH_HLEN, dest->data + ETH_HLEN, len - ETH_HLEN,
				       (__force __wsum)base);
	dest->ip_summed = CHECKSUM_COMPLETE;
}
