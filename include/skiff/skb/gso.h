/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets larger than the link: how large their segments are, and cutting them. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */
#ifndef SKIFF_SKB_GSO_H
#define SKIFF_SKB_GSO_H

#include <skiff/netdev_features.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct skb_gso_cb - what segmentation leaves in each segment for the protocols
 * @mac_offset: where the outermost MAC header starts, offset from head; set by whoever has a
 *              packet segmented, before the protocols of its tunnels move on
 * @data_offset: the same word for receive merging
 * @encap_level: bytes of tunnel headers in front of the inner packet
 * @csum: sum over everything from @csum_start on, when the device won't compute checksums
 * @csum_start: where that begins, offset from head
 *
 * In the upper part of cb, so that the layer below may use the lower one meanwhile.
 */
struct skb_gso_cb {
	__extension__ union {
		int mac_offset;
		int data_offset;
	};
	int encap_level;
	__wsum csum;
	__u16 csum_start;
};

#define SKB_GSO_CB_OFFSET 32
#define SKB_GSO_CB(skb) ((struct skb_gso_cb *)(void *)((skb)->cb + SKB_GSO_CB_OFFSET))

/* Bytes of tunnel headers in front of the MAC header that segmentation is at. */
static inline int skb_tnl_header_len(const struct sk_buff *inner_skb)
{
	return (int)(inner_skb->mac_header - (unsigned int)SKB_GSO_CB(inner_skb)->mac_offset);
}

static inline bool skb_is_gso(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->gso_size != 0;
}

/* The next three: only of a buffer that skb_is_gso(). */
static inline bool skb_is_gso_v6(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6;
}

static inline bool skb_is_gso_sctp(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->gso_type & SKB_GSO_SCTP;
}

static inline bool skb_is_gso_tcp(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6);
}

/* Not to be cut any more. Only holder of the data. */
static inline void skb_gso_reset(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_size = 0;
	shinfo->gso_segs = 0;
	shinfo->gso_type = 0;
}

/* For headers that shrink or grow by @increment or @decrement bytes while the MTU stays. */
static inline void skb_increase_gso_size(struct skb_shared_info *shinfo, u16 increment)
{
	if (WARN_ON_ONCE(shinfo->gso_size == GSO_BY_FRAGS))
		return;
	shinfo->gso_size = (unsigned short)(shinfo->gso_size + increment);
}

static inline void skb_decrease_gso_size(struct skb_shared_info *shinfo, u16 decrement)
{
	if (WARN_ON_ONCE(shinfo->gso_size == GSO_BY_FRAGS))
		return;
	shinfo->gso_size = (unsigned short)(shinfo->gso_size - decrement);
}

SKIFF_API void __skb_warn_lro_forwarding(const struct sk_buff *skb);

/*
 * A packet that a device merged in a way that can't be undone must not be forwarded. Says so in
 * the log. Return: true when @skb is one.
 */
static inline bool skb_warn_if_lro(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);

	if (skb_is_nonlinear(skb) && shinfo->gso_size != 0 && unlikely(shinfo->gso_type == 0)) {
		__skb_warn_lro_forwarding(skb);
		return true;
	}
	return false;
}

/**
 * skb_gso_transport_seglen() - bytes of one segment from its transport header on
 * @skb: a buffer that skb_is_gso(), transport headers set and linear
 *
 * Return: bytes; when the TCP header is not there to be read, its smallest length is counted.
 */
SKIFF_API unsigned int skb_gso_transport_seglen(const struct sk_buff *skb);

/* The same from the network header, and from the MAC header on. */
SKIFF_API unsigned int skb_gso_network_seglen(const struct sk_buff *skb);
SKIFF_API unsigned int skb_gso_mac_seglen(const struct sk_buff *skb);

/**
 * skb_gso_validate_network_len() - whether all segments fit an MTU
 * @skb: a buffer that skb_is_gso(), headers set
 * @mtu: bytes from the network header on
 *
 * Any holder. Return: true when they do.
 */
SKIFF_API bool skb_gso_validate_network_len(const struct sk_buff *skb, unsigned int mtu);

/* Whether all segments fit @len bytes from the MAC header on. */
SKIFF_API bool skb_gso_validate_mac_len(const struct sk_buff *skb, unsigned int len);

/**
 * skb_segment() - cut a packet into segments of gso_size bytes of payload
 * @head_skb: the packet, not consumed and its bytes not changed; skb->data at the payload, MAC,
 *            network and transport header set in front of it; SKB_GSO_CB(head_skb)->mac_offset
 *            set; gso_size in the shared info, or GSO_BY_FRAGS for headers whose payload is cut
 *            where the members of frag_list begin
 * @features: what the device can do: without NETIF_F_SG segments are linear; without the checksum
 *            for this protocol the payload's sum is left in SKB_GSO_CB(segment)->csum
 *
 * Each segment starts at the MAC header, with all headers copied as they are, those of tunnels in
 * front of it included. Lengths, ids, sequence numbers, flags and checksums in them are for the
 * protocol that called to put right (gso_make_checksum()). With NETIF_F_GSO_PARTIAL segments are
 * multiples of gso_size, for the device to cut. Fragments are shared, not copied; so is the linear
 * part of the members of frag_list where it can be. @head_skb stays charged to its socket,
 * segments belong to none. Caller holds the only reference to @head_skb; foreign memory in it that
 * may not be held on to is replaced by a copy.
 *
 * Return: the first segment, linked by next, its prev the last one; ERR_PTR(-EINVAL) for headers
 * or sizes that make no sense, ERR_PTR(-ENOMEM).
 */
SKIFF_API struct sk_buff *skb_segment(struct sk_buff *head_skb, netdev_features_t features);

/**
 * skb_segment_list() - take apart a packet whose segments wait whole in its frag_list
 * @skb: the packet (SKB_GSO_FRAGLIST), with the only reference; becomes the first segment, and
 *       the list gets a reference of its own to it. SKB_GSO_CB(skb)->mac_offset set
 * @features: what the device can do: without NETIF_F_SG segments are made linear
 * @offset: bytes of MAC header, which the other segments get a copy of
 *
 * Return: @skb with the other segments linked by next, all starting at their MAC headers;
 * ERR_PTR(-EINVAL) and nothing has changed, when headers are not where they should be;
 * ERR_PTR(-ENOMEM) and only the first segment is left in @skb.
 */
SKIFF_API struct sk_buff *skb_segment_list(struct sk_buff *skb, netdev_features_t features,
					   unsigned int offset);

/* Start a segment's sum with @res, over what follows the transport header. */
static inline void gso_reset_checksum(struct sk_buff *skb, __wsum res)
{
	/* What is there is said to be computed already; the sum would only be partial. */
	if (skb->remcsum_offload)
		return;
	SKB_GSO_CB(skb)->csum_start = (__u16)(skb_checksum_start(skb) - skb->head);
	SKB_GSO_CB(skb)->csum = res;
}

/**
 * gso_make_checksum() - a segment's transport checksum from the sum that skb_segment() left
 * @skb: the segment, transport header set
 * @res: sum of the pseudo header
 *
 * Adds what lies between transport header and the summed part. For a tunnel's outer header
 * afterwards, the sum over the inner packet is remembered. Return: the checksum.
 */
static inline __sum16 gso_make_checksum(struct sk_buff *skb, __wsum res)
{
	unsigned char *csum_start = skb_transport_header(skb);
	int plen = (int)(skb->head + SKB_GSO_CB(skb)->csum_start - csum_start);
	__wsum partial = SKB_GSO_CB(skb)->csum;

	SKB_GSO_CB(skb)->csum = res;
	SKB_GSO_CB(skb)->csum_start = (__u16)(csum_start - skb->head);
	return csum_fold(csum_partial(csum_start, plen, partial));
}

/* pskb_expand_head() by @extra bytes of headroom that keeps SKB_GSO_CB right. 0 or -ENOMEM. */
static inline int gso_pskb_expand_head(struct sk_buff *skb, int extra)
{
	int headroom = (int)skb_headroom(skb);
	int ret = pskb_expand_head(skb, extra, 0, GFP_ATOMIC);

	if (ret)
		return ret;
	SKB_GSO_CB(skb)->mac_offset += (int)skb_headroom(skb) - headroom;
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_GSO_H */
