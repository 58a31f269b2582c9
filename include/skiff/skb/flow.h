/* SPDX-License-Identifier: BSD-2-Clause */
/* Which flow a packet belongs to: its hash, and the dissector that finds its addresses. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_FLOW_H
#define SKIFF_SKB_FLOW_H

#ifdef __cplusplus
extern "C" {
#endif

struct flow_dissector;
struct flow_keys;
struct flow_keys_basic;

/* What a hash was computed from; a device says so with skb_set_hash(). */
enum pkt_hash_types {
	PKT_HASH_TYPE_NONE,
	PKT_HASH_TYPE_L2, /* link-layer addresses */
	PKT_HASH_TYPE_L3, /* network addresses */
	PKT_HASH_TYPE_L4, /* ports as well */
};

/* Flags of the dissector: where to stop. */
#define FLOW_DISSECTOR_F_PARSE_1ST_FRAG BIT(0)
#define FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL BIT(1)
#define FLOW_DISSECTOR_F_STOP_AT_ENCAP BIT(2)
#define FLOW_DISSECTOR_F_STOP_BEFORE_ENCAP BIT(3)

/**
 * __skb_flow_dissect() - look through the headers of a packet
 * @net: host, may be NULL
 * @skb: the packet, or NULL for plain memory at @data
 * @flow_dissector: which keys are wanted and where in @target_container they go
 * @target_container: filled in; only the keys that were found are written
 * @data: plain memory instead of @skb
 * @proto: ETH_P_* of the first header; 0 takes it from @skb
 * @nhoff: offset of the first header from skb->data or @data
 * @hlen: bytes at @data
 * @flags: FLOW_DISSECTOR_F_*
 *
 * Reads through skb_header_pointer(), changes nothing, follows at most a fixed number of headers.
 * Any thread. Return: false when a header is truncated or malformed; what was found before it
 * stands in @target_container.
 */
SKIFF_API bool __skb_flow_dissect(const struct net *net, const struct sk_buff *skb,
				  struct flow_dissector *flow_dissector, void *target_container,
				  const void *data, __be16 proto, int nhoff, int hlen,
				  unsigned int flags);

static inline bool skb_flow_dissect(const struct sk_buff *skb,
				    struct flow_dissector *flow_dissector, void *target_container,
				    unsigned int flags)
{
	return __skb_flow_dissect(NULL, skb, flow_dissector, target_container, NULL, 0, 0, 0,
				  flags);
}

/* All keys that make up a flow; @flow is cleared first. See <skiff/flow_dissector.h>. */
SKIFF_API bool skb_flow_dissect_flow_keys(const struct sk_buff *skb, struct flow_keys *flow,
					  unsigned int flags);
SKIFF_API bool skb_flow_dissect_flow_keys_basic(const struct net *net, const struct sk_buff *skb,
						struct flow_keys_basic *flow, const void *data,
						__be16 proto, int nhoff, int hlen,
						unsigned int flags);

/**
 * __skb_flow_get_ports() - the two ports of a transport header
 * @skb: the packet, or NULL for plain memory
 * @thoff: offset of the transport header
 * @ip_proto: IPPROTO_*
 * @data: plain memory instead of @skb
 * @hlen: bytes at @data
 *
 * Return: source and destination port as they stand in the packet; 0 for protocols without.
 */
SKIFF_API __be32 __skb_flow_get_ports(const struct sk_buff *skb, int thoff, u8 ip_proto,
				      const void *data, int hlen);

static inline __be32 skb_flow_get_ports(const struct sk_buff *skb, int thoff, u8 ip_proto)
{
	return __skb_flow_get_ports(skb, thoff, ip_proto, NULL, 0);
}

/* Offset of the payload, the transport header included when it is known; 0 when unknown. */
SKIFF_API u32 skb_get_poff(const struct sk_buff *skb);

/* Set transport_header from the headers, or @offset_hint when they say nothing. */
SKIFF_API void skb_probe_transport_header(struct sk_buff *skb);

/* Hashes. The key is random per process; a simulation sets it, so that its runs repeat. */
SKIFF_API void skb_hash_key_set(u64 key0, u64 key1);

/* Hash the packet's flow and note it in the packet; for skb_get_hash(). */
SKIFF_API void __skb_get_hash(struct sk_buff *skb);

/* The same for both directions of a flow; not noted in the packet. */
SKIFF_API u32 __skb_get_hash_symmetric(const struct sk_buff *skb);

/* The hash of keys from anywhere; orders the addresses first, so both directions agree. */
SKIFF_API u32 flow_hash_from_keys(struct flow_keys *keys);

static inline void skb_clear_hash(struct sk_buff *skb)
{
	skb->hash = 0;
	skb->sw_hash = 0;
	skb->l4_hash = 0;
}

/* A layer changed addresses but not ports: a hash that covers ports stays. */
static inline void skb_clear_hash_if_not_l4(struct sk_buff *skb)
{
	if (!skb->l4_hash)
		skb_clear_hash(skb);
}

static inline void __skb_set_hash(struct sk_buff *skb, __u32 hash, bool is_sw, bool is_l4)
{
	skb->l4_hash = is_l4;
	skb->sw_hash = is_sw;
	skb->hash = hash;
}

/* By a device: it computed @hash from what @type says. */
static inline void skb_set_hash(struct sk_buff *skb, __u32 hash, enum pkt_hash_types type)
{
	__skb_set_hash(skb, hash, false, type == PKT_HASH_TYPE_L4);
}

static inline void __skb_set_sw_hash(struct sk_buff *skb, __u32 hash, bool is_l4)
{
	__skb_set_hash(skb, hash, true, is_l4);
}

/* The hash of the packet's flow, never 0 for a packet that has one; computed when needed. */
static inline __u32 skb_get_hash(struct sk_buff *skb)
{
	if (!skb->l4_hash && !skb->sw_hash)
		__skb_get_hash(skb);
	return skb->hash;
}

static inline __u32 skb_get_hash_raw(const struct sk_buff *skb)
{
	return skb->hash;
}

static inline void skb_copy_hash(struct sk_buff *to, const struct sk_buff *from)
{
	to->hash = from->hash;
	to->sw_hash = from->sw_hash;
	to->l4_hash = from->l4_hash;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_FLOW_H */
