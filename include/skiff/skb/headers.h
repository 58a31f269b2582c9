/* SPDX-License-Identifier: BSD-2-Clause */
/* Where each layer's header starts: set on the way in and out, true at every layer. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_HEADERS_H
#define SKIFF_SKB_HEADERS_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Offsets count from skb->head, so they stay right when data moves by push and pull, and when
 * the linear part is replaced. skb_X_header() is the address, skb_X_offset() the distance from
 * skb->data, negative once the header was pulled.
 */
static inline bool skb_mac_header_was_set(const struct sk_buff *skb)
{
	return skb->mac_header != SKB_HEADER_UNSET;
}

static inline unsigned char *skb_mac_header(const struct sk_buff *skb)
{
	DEBUG_NET_WARN_ON_ONCE(!skb_mac_header_was_set(skb));
	return skb->head + skb->mac_header;
}

static inline int skb_mac_offset(const struct sk_buff *skb)
{
	return (int)(skb_mac_header(skb) - skb->data);
}

static inline u32 skb_mac_header_len(const struct sk_buff *skb)
{
	return (u32)skb->network_header - skb->mac_header;
}

static inline void skb_unset_mac_header(struct sk_buff *skb)
{
	skb->mac_header = SKB_HEADER_UNSET;
}

static inline void skb_reset_mac_header(struct sk_buff *skb)
{
	skb->mac_header = (__u16)(skb->data - skb->head);
}

static inline void skb_set_mac_header(struct sk_buff *skb, const int offset)
{
	skb_reset_mac_header(skb);
	skb->mac_header = (__u16)(skb->mac_header + offset);
}

static inline void skb_pop_mac_header(struct sk_buff *skb)
{
	skb->mac_header = skb->network_header;
}

static inline void skb_reset_mac_len(struct sk_buff *skb)
{
	if (!skb_mac_header_was_set(skb)) {
		DEBUG_NET_WARN_ON_ONCE(1);
		skb->mac_len = 0;
	} else {
		skb->mac_len = (__u16)(skb->network_header - skb->mac_header);
	}
}

static inline unsigned char *skb_network_header(const struct sk_buff *skb)
{
	return skb->head + skb->network_header;
}

static inline int skb_network_offset(const struct sk_buff *skb)
{
	return (int)(skb_network_header(skb) - skb->data);
}

static inline void skb_reset_network_header(struct sk_buff *skb)
{
	skb->network_header = (__u16)(skb->data - skb->head);
}

static inline void skb_set_network_header(struct sk_buff *skb, const int offset)
{
	skb_reset_network_header(skb);
	skb->network_header = (__u16)(skb->network_header + offset);
}

static inline u32 skb_network_header_len(const struct sk_buff *skb)
{
	return (u32)skb->transport_header - skb->network_header;
}

static inline bool skb_transport_header_was_set(const struct sk_buff *skb)
{
	return skb->transport_header != SKB_HEADER_UNSET;
}

static inline unsigned char *skb_transport_header(const struct sk_buff *skb)
{
	DEBUG_NET_WARN_ON_ONCE(!skb_transport_header_was_set(skb));
	return skb->head + skb->transport_header;
}

static inline int skb_transport_offset(const struct sk_buff *skb)
{
	return (int)(skb_transport_header(skb) - skb->data);
}

static inline void skb_reset_transport_header(struct sk_buff *skb)
{
	skb->transport_header = (__u16)(skb->data - skb->head);
}

static inline void skb_set_transport_header(struct sk_buff *skb, const int offset)
{
	skb_reset_transport_header(skb);
	skb->transport_header = (__u16)(skb->transport_header + offset);
}

/* The headers of a packet inside a tunnel. */
static inline unsigned char *skb_inner_mac_header(const struct sk_buff *skb)
{
	return skb->head + skb->inner_mac_header;
}

static inline void skb_reset_inner_mac_header(struct sk_buff *skb)
{
	skb->inner_mac_header = (__u16)(skb->data - skb->head);
}

static inline void skb_set_inner_mac_header(struct sk_buff *skb, const int offset)
{
	skb_reset_inner_mac_header(skb);
	skb->inner_mac_header = (__u16)(skb->inner_mac_header + offset);
}

static inline unsigned char *skb_inner_network_header(const struct sk_buff *skb)
{
	return skb->head + skb->inner_network_header;
}

static inline bool skb_inner_network_header_was_set(const struct sk_buff *skb)
{
	return skb->inner_network_header > 0;
}

static inline int skb_inner_network_offset(const struct sk_buff *skb)
{
	return (int)(skb_inner_network_header(skb) - skb->data);
}

static inline u32 skb_inner_network_header_len(const struct sk_buff *skb)
{
	return (u32)skb->inner_transport_header - skb->inner_network_header;
}

static inline void skb_reset_inner_network_header(struct sk_buff *skb)
{
	skb->inner_network_header = (__u16)(skb->data - skb->head);
}

static inline void skb_set_inner_network_header(struct sk_buff *skb, const int offset)
{
	skb_reset_inner_network_header(skb);
	skb->inner_network_header = (__u16)(skb->inner_network_header + offset);
}

static inline unsigned char *skb_inner_transport_header(const struct sk_buff *skb)
{
	return skb->head + skb->inner_transport_header;
}

static inline int skb_inner_transport_offset(const struct sk_buff *skb)
{
	return (int)(skb_inner_transport_header(skb) - skb->data);
}

static inline void skb_reset_inner_transport_header(struct sk_buff *skb)
{
	skb->inner_transport_header = (__u16)(skb->data - skb->head);
}

static inline void skb_set_inner_transport_header(struct sk_buff *skb, const int offset)
{
	skb_reset_inner_transport_header(skb);
	skb->inner_transport_header = (__u16)(skb->inner_transport_header + offset);
}

/* The packet goes into a tunnel: what were its headers become the inner ones. */
static inline void skb_reset_inner_headers(struct sk_buff *skb)
{
	skb->inner_mac_header = skb->mac_header;
	skb->inner_network_header = skb->network_header;
	skb->inner_transport_header = skb->transport_header;
}

enum {
	ENCAP_TYPE_ETHER,
	ENCAP_TYPE_IPPROTO,
};

static inline void skb_set_inner_protocol(struct sk_buff *skb, __be16 protocol)
{
	skb->inner_protocol = protocol;
	skb->inner_protocol_type = ENCAP_TYPE_ETHER;
}

static inline void skb_set_inner_ipproto(struct sk_buff *skb, __u8 ipproto)
{
	skb->inner_ipproto = ipproto;
	skb->inner_protocol_type = ENCAP_TYPE_IPPROTO;
}

static inline int pskb_network_may_pull(struct sk_buff *skb, unsigned int len)
{
	return pskb_may_pull(skb, (unsigned int)skb_network_offset(skb) + len);
}

/* Move a link-layer header of mac_len bytes up to right in front of the data. */
static inline void skb_mac_header_rebuild(struct sk_buff *skb)
{
	if (skb_mac_header_was_set(skb)) {
		const unsigned char *old_mac = skb_mac_header(skb);

		skb_set_mac_header(skb, -skb->mac_len);
		memmove(skb_mac_header(skb), old_mac, skb->mac_len);
	}
}

/* The same with an explicit length; fails when nothing was recorded or room is missing. */
static inline int skb_mac_header_rebuild_full(struct sk_buff *skb, u32 full_mac_len)
{
	const unsigned char *old_mac;

	if (!skb_mac_header_was_set(skb))
		return 0;
	if (skb_cow_head(skb, full_mac_len))
		return -ENOMEM;
	old_mac = skb_mac_header(skb);
	skb_set_mac_header(skb, -(int)full_mac_len);
	memmove(skb_mac_header(skb), old_mac, full_mac_len);
	__skb_push(skb, full_mac_len - skb->mac_len);
	return 0;
}

/* Checksum offload: where the sum starts. */
static inline int skb_checksum_start_offset(const struct sk_buff *skb)
{
	return (int)skb->csum_start - (int)skb_headroom(skb);
}

static inline unsigned char *skb_checksum_start(const struct sk_buff *skb)
{
	return skb->head + skb->csum_start;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_HEADERS_H */
