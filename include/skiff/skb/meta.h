/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known about a packet beside its data: queue, route, connection, marks, metadata. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_META_H
#define SKIFF_SKB_META_H

#include <stdio.h>

#include <skiff/skb/ext.h>
#include <skiff/skb/flow.h>
#include <skiff/skb/tstamp.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dst_entry;
struct rtable;

/* Only the first three kinds of PACKET_* can come from outside. */
static inline bool skb_pkt_type_ok(u32 ptype)
{
	return ptype <= PACKET_OTHERHOST;
}

/* Queue of the device that the packet is to leave by. */
static inline void skb_set_queue_mapping(struct sk_buff *skb, u16 queue_mapping)
{
	skb->queue_mapping = queue_mapping;
}

static inline u16 skb_get_queue_mapping(const struct sk_buff *skb)
{
	return skb->queue_mapping;
}

static inline void skb_copy_queue_mapping(struct sk_buff *to, const struct sk_buff *from)
{
	to->queue_mapping = from->queue_mapping;
}

/* Queue that the packet arrived by: the same field plus one, so that 0 means unknown. */
static inline void skb_record_rx_queue(struct sk_buff *skb, u16 rx_queue)
{
	skb->queue_mapping = (u16)(rx_queue + 1);
}

static inline u16 skb_get_rx_queue(const struct sk_buff *skb)
{
	return (u16)(skb->queue_mapping - 1);
}

static inline bool skb_rx_queue_recorded(const struct sk_buff *skb)
{
	return skb->queue_mapping != 0;
}

/* The poll context that the packet was received in, 0 when none was. */
static inline unsigned int skb_napi_id(const struct sk_buff *skb)
{
	return skb->napi_id;
}

/* Memory reserves: there are none. */
static inline bool skb_pfmemalloc(const struct sk_buff *skb)
{
	return unlikely(skb->pfmemalloc);
}

/* A packet that was sent on by a classifier skips what would do so again. */
static inline bool skb_is_redirected(const struct sk_buff *skb)
{
	return skb->redirected;
}

static inline void skb_set_redirected(struct sk_buff *skb, bool from_ingress)
{
	skb->redirected = 1;
	skb->from_ingress = from_ingress;
	/* it arrives anew: skb_clear_tstamp() */
	if (from_ingress && !skb->mono_delivery_time)
		skb->tstamp = 0;
}

static inline void skb_reset_redirect(struct sk_buff *skb)
{
	skb->redirected = 0;
}

static inline void skb_copy_secmark(struct sk_buff *to, const struct sk_buff *from)
{
	to->secmark = from->secmark;
}

static inline void skb_init_secmark(struct sk_buff *skb)
{
	skb->secmark = 0;
}

static inline int skb_cmp_decrypted(const struct sk_buff *skb1, const struct sk_buff *skb2)
{
	return skb2->decrypted - skb1->decrypted;
}

static inline void skb_copy_decrypted(struct sk_buff *to, const struct sk_buff *from)
{
	to->decrypted = from->decrypted;
}

/*
 * Whether the clone that was allocated with this buffer is still on its way to the device. Clones
 * are never allocated together with their buffer here, so there is none.
 */
static inline bool skb_fclone_busy(const struct sock *sk, const struct sk_buff *skb)
{
	(void)sk;
	(void)skb;
	return false;
}

/* The receiver proved that the neighbour is alive; said when the next packet leaves. */
static inline void skb_set_dst_pending_confirm(struct sk_buff *skb, u32 val)
{
	skb->dst_pending_confirm = !!val;
}

static inline bool skb_get_dst_pending_confirm(const struct sk_buff *skb)
{
	return skb->dst_pending_confirm != 0;
}

/* The route; with a reference of the packet's own, or (noref) borrowed for this call chain. */

static inline struct dst_entry *skb_dst(const struct sk_buff *skb)
{
	return (struct dst_entry *)(skb->_skb_refdst & SKB_DST_PTRMASK);
}

/* Sets the route and hands the caller's reference over. The old one is not dropped. */
static inline void skb_dst_set(struct sk_buff *skb, struct dst_entry *dst)
{
	skb->slow_gro |= !!dst;
	skb->_skb_refdst = (unsigned long)dst;
}

/* Sets the route without a reference: before the packet is kept, skb_dst_force() takes one. */
static inline void skb_dst_set_noref(struct sk_buff *skb, struct dst_entry *dst)
{
	skb->slow_gro |= !!dst;
	skb->_skb_refdst = (unsigned long)dst | SKB_DST_NOREF;
}

static inline bool skb_dst_is_noref(const struct sk_buff *skb)
{
	return (skb->_skb_refdst & SKB_DST_NOREF) && skb_dst(skb);
}

/* The route as the IPv4 entry that it is a part of: its first member. */
static inline struct rtable *skb_rtable(const struct sk_buff *skb)
{
	return (struct rtable *)(void *)skb_dst(skb);
}

/* Take the route away with its reference and put it back, for a call that must not see it. */
static inline unsigned long skb_dstref_steal(struct sk_buff *skb)
{
	unsigned long refdst = skb->_skb_refdst;

	skb->_skb_refdst = 0;
	return refdst;
}

static inline void skb_dstref_restore(struct sk_buff *skb, unsigned long refdst)
{
	DEBUG_NET_WARN_ON_ONCE(skb_dst(skb) != NULL);
	skb->_skb_refdst = refdst;
}

/* The connection: its address, and in the lowest bits what the packet is to it. */
#define NFCT_INFOMASK 7UL
#define NFCT_PTRMASK ~(NFCT_INFOMASK)

/**
 * struct nf_conntrack - the head of a connection entry
 * @use: references
 * @destroy: called with the last one
 */
struct nf_conntrack {
	refcount_t use;
	void (*destroy)(struct nf_conntrack *nfct);
} __aligned(NFCT_INFOMASK + 1); /* pointers of 32 bits alone would leave two bits free */

static inline void nf_conntrack_get(struct nf_conntrack *nfct)
{
	if (nfct)
		refcount_inc(&nfct->use);
}

static inline void nf_conntrack_put(struct nf_conntrack *nfct)
{
	if (nfct && refcount_dec_and_test(&nfct->use))
		nfct->destroy(nfct);
}

static inline struct nf_conntrack *skb_nfct(const struct sk_buff *skb)
{
	return (struct nf_conntrack *)(skb->_nfct & NFCT_PTRMASK);
}

static inline unsigned long skb_get_nfct(const struct sk_buff *skb)
{
	return skb->_nfct;
}

/* Takes over the caller's reference. The old connection is not put. */
static inline void skb_set_nfct(struct sk_buff *skb, unsigned long nfct)
{
	skb->slow_gro |= !!nfct;
	skb->_nfct = nfct;
}

/* Let go of the connection. */
static inline void nf_reset_ct(struct sk_buff *skb)
{
	nf_conntrack_put(skb_nfct(skb));
	skb->_nfct = 0;
}

static inline void nf_reset_trace(struct sk_buff *skb)
{
	skb->nf_trace = 0;
}

/* Metadata: bytes in front of the MAC header, left there by a program at the device. */
static inline void *skb_metadata_end(const struct sk_buff *skb)
{
	return skb_mac_header(skb);
}

static inline u8 skb_metadata_len(const struct sk_buff *skb)
{
	return __skb_shinfo(skb)->meta_len;
}

static inline bool __skb_metadata_differs(const struct sk_buff *skb_a, const struct sk_buff *skb_b,
					  u8 meta_len)
{
	const u8 *a = (const u8 *)skb_metadata_end(skb_a);
	const u8 *b = (const u8 *)skb_metadata_end(skb_b);

	return memcmp(a - meta_len, b - meta_len, meta_len) != 0;
}

static inline bool skb_metadata_differs(const struct sk_buff *skb_a, const struct sk_buff *skb_b)
{
	u8 len_a = skb_metadata_len(skb_a);
	u8 len_b = skb_metadata_len(skb_b);

	if (!(len_a | len_b))
		return false;
	return len_a != len_b || __skb_metadata_differs(skb_a, skb_b, len_a);
}

static inline void skb_metadata_set(struct sk_buff *skb, u8 meta_len)
{
	skb_shinfo(skb)->meta_len = meta_len;
}

static inline void skb_metadata_clear(struct sk_buff *skb)
{
	skb_metadata_set(skb, 0);
}

/**
 * skb_scrub_packet() - make a packet that leaves or enters a tunnel look newly received
 * @skb: the packet
 * @xnet: it passes to another host: marks and times are forgotten too
 */
SKIFF_API void skb_scrub_packet(struct sk_buff *skb, bool xnet);

/**
 * skb_dump() - write a packet's control structure and data to the log
 * @level: text in front of each line, or NULL
 * @skb: the packet
 * @full_pkt: all data; else the headers and a little more
 *
 * Any thread that holds a reference.
 */
SKIFF_API void skb_dump(const char *level, const struct sk_buff *skb, bool full_pkt);

/* The same to a stream. */
SKIFF_API void skb_dump_file(FILE *out, const struct sk_buff *skb, bool full_pkt);

#ifdef __cplusplus
}
#endif

/* Need all of the above. */
#include <skiff/if_vlan.h>
#include <skiff/mpls.h>
#include <skiff/dst.h>

#endif /* SKIFF_SKB_META_H */
