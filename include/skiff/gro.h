/* SPDX-License-Identifier: BSD-2-Clause */
/* Receive merging (GRO): what protocols need to join packets of one flow before they are delivered. */
#ifndef SKIFF_GRO_H
#define SKIFF_GRO_H

#include <skiff/netdevice.h>
#include <skiff/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A packet that a driver hands to napi_gro_receive() is shown to the gro_receive of its protocol,
 * which looks at its header, moves the offset past it and asks the next protocol. Each looks for
 * the packet among those that are held: they are candidates while their same_flow is set. What
 * merges leaves with the packet that it was merged into. A packet that can't be merged has the one
 * of its flow that is held delivered first, so that their order stays; but fragments, packets with
 * options of IPv4 and damaged ones, of which the flow is not known, go by what is held.
 *
 * Merging loses nothing: gso_segment makes the same bytes of the merged packet that came. What
 * that can't reproduce is not merged.
 */

/* napi_gro_cb.free: what becomes of a packet whose payload is in another one. */
#define NAPI_GRO_FREE 1		    /* its fragments have moved */
#define NAPI_GRO_FREE_STOLEN_HEAD 2 /* so has its data block */

/* Headers inside of one another that are looked at. */
#define GRO_RECURSION_LIMIT 15

/**
 * struct napi_gro_cb - what merging notes in skb->cb
 * @last: of a held packet: the last member of its frag_list, or the packet itself
 * @age: jiffies since when it is held
 * @data_offset: bytes of header that protocols are done with, from skb->data
 * @csum: with @csum_valid: sum of what begins at @data_offset
 * @flush: not 0: deliver what is held of its flow, and this one by itself
 * @flush_id: of a held packet: how its IPv4 identification relates to the one looked at
 * @count: packets in it
 * @proto: IP protocol, as long as IP's headers are looked at
 * @csum_cnt: checksums that the device vouches for and that nobody has used yet
 * @free: NAPI_GRO_FREE*, 0 when it is kept
 * @recursion_counter: see GRO_RECURSION_LIMIT
 * @same_flow: of a held packet: all headers so far agree; of a new one: it was merged
 * @encap_mark: a tunnel's header has been passed
 * @csum_valid: @csum is one
 * @is_atomic: of a held packet: DF and one identification for all
 * @is_flist: whole packets are listed, nothing is joined
 */
struct napi_gro_cb {
	struct sk_buff *last;
	unsigned long age;
	int data_offset;
	__wsum csum;
	u16 flush;
	u16 flush_id;
	u16 count;
	u16 proto;
	u8 csum_cnt : 3;
	u8 free : 2;
	u8 same_flow : 1;
	u8 encap_mark : 1;
	u8 csum_valid : 1;
	u8 recursion_counter : 4;
	u8 is_atomic : 1;
	u8 is_flist : 1;
};

#define NAPI_GRO_CB(skb) ((struct napi_gro_cb *)(void *)(skb)->cb)

/* Bytes from skb->data to the header that is to be looked at, and from there to the end. */
static inline unsigned int skb_gro_offset(const struct sk_buff *skb)
{
	return (unsigned int)NAPI_GRO_CB(skb)->data_offset;
}

static inline unsigned int skb_gro_len(const struct sk_buff *skb)
{
	return skb->len - skb_gro_offset(skb);
}

/* Past @len bytes of header, which skb_gro_header() has shown to be there. */
static inline void skb_gro_pull(struct sk_buff *skb, unsigned int len)
{
	NAPI_GRO_CB(skb)->data_offset += (int)len;
}

/**
 * skb_gro_header() - see a header
 * @skb: the packet
 * @hlen: its end, bytes from skb->data
 * @offset: where it begins
 *
 * Pointers into the packet are invalid afterwards. Return: the header, linear; NULL when the packet
 * is shorter, or without memory.
 */
static inline void *skb_gro_header(struct sk_buff *skb, unsigned int hlen, unsigned int offset)
{
	if (unlikely(hlen > skb_headlen(skb)) && !pskb_may_pull(skb, hlen))
		return NULL;
	return skb->data + offset;
}

/* Take bytes of header out of the sum that a device computed. */
static inline void skb_gro_postpull_rcsum(struct sk_buff *skb, const void *start, unsigned int len)
{
	if (NAPI_GRO_CB(skb)->csum_valid)
		NAPI_GRO_CB(skb)->csum =
			csum_sub(NAPI_GRO_CB(skb)->csum, csum_partial(start, (int)len, 0));
}

/**
 * skb_gro_receive() - append the payload of a packet to a held one
 * @p: the held packet
 * @skb: the packet, with all headers before its offset; its payload moves by reference
 *
 * Return: 0; -E2BIG when @p would get longer than its device's gro_max_size or @skb is to be
 * delivered by itself; -ETOOMANYREFS when pages of the two may not be mixed. Then nothing changed.
 */
SKIFF_API int skb_gro_receive(struct sk_buff *p, struct sk_buff *skb);

/* The same, whole packets in the list of the first one. 0 or -E2BIG. */
SKIFF_API int skb_gro_receive_list(struct sk_buff *p, struct sk_buff *skb);

/* The offload of a link-layer protocol that merges, NULL for none. */
SKIFF_API struct packet_offload *gro_find_receive_by_type(__be16 type);
SKIFF_API struct packet_offload *gro_find_complete_by_type(__be16 type);

/**
 * call_gro_receive() - ask the next protocol
 * @cb: its gro_receive
 * @head: held packets
 * @skb: the packet, its offset at that protocol's header
 *
 * Return: what it returns; NULL for headers nested too deeply.
 */
static inline struct sk_buff *call_gro_receive(struct sk_buff *(*cb)(struct list_head *head,
								     struct sk_buff *skb),
					       struct list_head *head, struct sk_buff *skb)
{
	if (unlikely(NAPI_GRO_CB(skb)->recursion_counter == GRO_RECURSION_LIMIT)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	NAPI_GRO_CB(skb)->recursion_counter++;
	return cb(head, skb);
}

/* Checksums: as skb_checksum_validate(), from the offset on. */

/* Sum up; NAPI_GRO_CB(skb)->csum is that of the pseudo header. Return: 0 when it is right. */
SKIFF_API __sum16 __skb_gro_checksum_complete(struct sk_buff *skb);

static inline bool __skb_gro_checksum_validate_needed(struct sk_buff *skb, bool zero_okay,
						      __sum16 check)
{
	return (skb->ip_summed != CHECKSUM_PARTIAL ||
		skb_checksum_start_offset(skb) < (int)skb_gro_offset(skb)) &&
	       !NAPI_GRO_CB(skb)->csum_cnt && !(zero_okay && !check);
}

static inline __sum16 __skb_gro_checksum_validate_complete(struct sk_buff *skb, __wsum psum)
{
	if (NAPI_GRO_CB(skb)->csum_valid && !csum_fold(csum_add(psum, NAPI_GRO_CB(skb)->csum)))
		return 0;
	NAPI_GRO_CB(skb)->csum = psum;
	return __skb_gro_checksum_complete(skb);
}

/* A checksum was right: the protocol need not look again when it gets the packet. */
static inline void skb_gro_incr_csum_unnecessary(struct sk_buff *skb)
{
	if (NAPI_GRO_CB(skb)->csum_cnt)
		NAPI_GRO_CB(skb)->csum_cnt--;
	else
		__skb_incr_checksum_unnecessary(skb);
}

#define __skb_gro_checksum_validate(skb, proto, zero_okay, check, compute_pseudo) \
	__extension__({                                                           \
		__sum16 __gro_ret = 0;                                            \
		if (__skb_gro_checksum_validate_needed(skb, zero_okay, check))    \
			__gro_ret = __skb_gro_checksum_validate_complete(         \
				skb, compute_pseudo(skb, proto));                 \
		if (!__gro_ret)                                                   \
			skb_gro_incr_csum_unnecessary(skb);                       \
		__gro_ret;                                                        \
	})

#define skb_gro_checksum_validate(skb, proto, compute_pseudo) \
	__skb_gro_checksum_validate(skb, proto, false, 0, compute_pseudo)
#define skb_gro_checksum_validate_zero_check(skb, proto, check, compute_pseudo) \
	__skb_gro_checksum_validate(skb, proto, true, check, compute_pseudo)

/*
 * Does the identification go on? It may stay the same or count by one; which of the two the flow
 * does is seen at its second packet.
 */
static inline bool gro_id_goes_on(struct sk_buff *p)
{
	struct napi_gro_cb *cb = NAPI_GRO_CB(p);

	if (cb->flush_id != 1 || cb->count != 1 || !cb->is_atomic)
		return !cb->flush_id;
	cb->is_atomic = 0;
	return true;
}

/* Leave: @pp is what gro_receive returns, @flush whether @skb is not to be held. */
static inline void skb_gro_flush_final(struct sk_buff *skb, struct sk_buff *pp, int flush)
{
	if (likely(!pp || PTR_ERR(pp) != -EINPROGRESS))
		NAPI_GRO_CB(skb)->flush |= !!flush;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_GRO_H */
