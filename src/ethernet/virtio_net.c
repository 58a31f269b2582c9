// SPDX-License-Identifier: BSD-2-Clause
/* The virtio header in front of a frame: what it says about checksums and segments. */
#include <skiff/netdevice.h>

#include "ethernet/virtio_net.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

static const struct {
	u8 wire;
	unsigned int gso_type;
} gso_types[] = {
	{ VIRTIO_NET_HDR_GSO_TCPV4, SKB_GSO_TCPV4 },
	{ VIRTIO_NET_HDR_GSO_TCPV6, SKB_GSO_TCPV6 },
	{ VIRTIO_NET_HDR_GSO_UDP_L4, SKB_GSO_UDP_L4 },
};

/* TUN speaks the machine's own byte order unless told otherwise. */
static u16 from_virtio(__virtio16 v)
{
	return (__force u16)v;
}

static __virtio16 to_virtio(unsigned int v)
{
	return (__force __virtio16)(u16)v;
}

static unsigned int gso_type_of(u8 wire)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gso_types); i++)
		if (gso_types[i].wire == wire)
			return gso_types[i].gso_type;
	return 0;
}

static int take_segments(struct sk_buff *skb, const struct virtio_net_hdr *hdr)
{
	unsigned int type = gso_type_of(hdr->gso_type & (u8)~VIRTIO_NET_HDR_GSO_ECN);
	struct skb_shared_info *shinfo;

	/* A segment has its checksum in the last step: without one there is nothing to cut. */
	if (!type || !from_virtio(hdr->gso_size) || !(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return -EINVAL;
	if (hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN) {
		if (type == SKB_GSO_UDP_L4)
			return -EINVAL;
		type |= SKB_GSO_TCP_ECN;
	}
	/* One segment is a frame like others. */
	if (skb->len - from_virtio(hdr->csum_start) <= from_virtio(hdr->gso_size))
		return 0;
	shinfo = skb_shinfo(skb);
	shinfo->gso_size = from_virtio(hdr->gso_size);
	shinfo->gso_type = type | SKB_GSO_DODGY;
	shinfo->gso_segs = 0;
	return 0;
}

int virtio_net_hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *hdr)
{
	u16 start = from_virtio(hdr->csum_start), offset = from_virtio(hdr->csum_offset);
	u16 link_hlen = skb->dev ? skb->dev->hard_header_len : ETH_HLEN;

	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		/* No checksum covers part of the link-layer header; the rest is checked there. */
		if (start < link_hlen || !skb_partial_csum_set(skb, start, offset))
			return -EINVAL;
	} else if (hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
	return hdr->gso_type == VIRTIO_NET_HDR_GSO_NONE ? 0 : take_segments(skb, hdr);
}

static int tell_segments(const struct sk_buff *skb, struct virtio_net_hdr *hdr)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gso_types); i++) {
		if (shinfo->gso_type & gso_types[i].gso_type) {
			hdr->gso_type = gso_types[i].wire;
			if (shinfo->gso_type & SKB_GSO_TCP_ECN)
				hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
			hdr->gso_size = to_virtio(shinfo->gso_size);
			hdr->hdr_len = to_virtio(skb_headlen(skb));
			return 0;
		}
	}
	return -EINVAL;
}

int virtio_net_hdr_from_skb(const struct sk_buff *skb, struct virtio_net_hdr *hdr)
{
	memset(hdr, 0, sizeof(*hdr));
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->csum_start = to_virtio((unsigned int)skb_checksum_start_offset(skb));
		hdr->csum_offset = to_virtio(skb->csum_offset);
	} else if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		hdr->flags = VIRTIO_NET_HDR_F_DATA_VALID;
	}
	return skb_is_gso(skb) ? tell_segments(skb, hdr) : 0;
}
