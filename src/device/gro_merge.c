// SPDX-License-Identifier: BSD-2-Clause
/* Receive merging: the payload of one packet behind that of another, by reference. */
#include <skiff/gro.h>

#include "device/device.h"

/*
 * Payload moves in the cheapest form that fits. Pages of a packet whose headers alone are linear
 * become fragments of the held one; so does a linear data block that lies in pages, with the
 * packet's reference. When a packet is full, or pages may not change hands, the packet itself goes
 * to the frag_list of the held one, and the next ones are appended to it in the same ways.
 */

/* Fragments move to the end of @to. */
static void move_frags(struct skb_shared_info *to, struct skb_shared_info *from)
{
	memcpy(&to->frags[to->nr_frags], from->frags, from->nr_frags * sizeof(skb_frag_t));
	to->nr_frags = (__u8)(to->nr_frags + from->nr_frags);
	to->flags |= from->flags & SKBFL_SHARED_FRAG;
	from->nr_frags = 0;
}

/* All payload is in pages. Return: memory that has moved. */
static unsigned int take_frags(struct sk_buff *to, struct sk_buff *skb)
{
	unsigned int kept = SKB_TRUESIZE(skb_end_offset(skb));
	unsigned int moved = skb->truesize - kept;

	move_frags(skb_shinfo(to), skb_shinfo(skb));
	skb->truesize = kept;
	skb->len -= skb->data_len;
	skb->data_len = 0;
	NAPI_GRO_CB(skb)->free = NAPI_GRO_FREE;
	return moved;
}

/* The data block becomes a fragment, with the reference of @skb. Return: memory that has moved. */
static unsigned int take_head(struct sk_buff *to, struct sk_buff *skb)
{
	struct page *page = virt_to_page(skb->head);
	struct skb_shared_info *shinfo = skb_shinfo(to);
	unsigned int offset = skb_gro_offset(skb);

	skb_fill_page_desc(to, shinfo->nr_frags, page,
			   (int)(skb->data + offset - (unsigned char *)page_address(page)),
			   (int)(skb_headlen(skb) - offset));
	move_frags(shinfo, skb_shinfo(skb));
	NAPI_GRO_CB(skb)->free = NAPI_GRO_FREE_STOLEN_HEAD;
	return skb->truesize - SKB_DATA_ALIGN(sizeof(struct sk_buff));
}

/* The packet goes to the list of @p, without its headers. Return: memory that has moved. */
static unsigned int list_packet(struct sk_buff *p, struct sk_buff *skb)
{
	if (NAPI_GRO_CB(p)->last == p)
		skb_shinfo(p)->frag_list = skb;
	else
		NAPI_GRO_CB(p)->last->next = skb;
	NAPI_GRO_CB(p)->last = skb;
	return skb->truesize;
}

static void count_merged(struct sk_buff *p, struct sk_buff *skb, unsigned int len,
			 unsigned int truesize)
{
	p->len += len;
	p->data_len += len;
	p->truesize += truesize;
	NAPI_GRO_CB(p)->count = (u16)(NAPI_GRO_CB(p)->count + NAPI_GRO_CB(skb)->count);
	NAPI_GRO_CB(skb)->same_flow = 1;
}

/* Whether @frags more, of memory that may change hands, fit @to. */
static bool may_move(const struct sk_buff *to, const struct sk_buff *skb, unsigned int frags)
{
	return __skb_shinfo(to)->nr_frags + frags <= MAX_SKB_FRAGS && !skb_zcopy(to) &&
	       !skb_zcopy(skb);
}

int skb_gro_receive(struct sk_buff *p, struct sk_buff *skb)
{
	unsigned int len = skb_gro_len(skb), offset = skb_gro_offset(skb), truesize;
	unsigned int max = min(READ_ONCE(p->dev->gro_max_size), GRO_LEGACY_MAX_SIZE);
	unsigned int frags = __skb_shinfo(skb)->nr_frags;
	struct sk_buff *last = NAPI_GRO_CB(p)->last;

	if (unlikely(p->pp_recycle != skb->pp_recycle))
		return -ETOOMANYREFS;
	if (unlikely(p->len + len >= max || NAPI_GRO_CB(skb)->flush))
		return -E2BIG;
	/* Headers have been looked at, so that they are linear. */
	if (skb_headlen(skb) == offset && may_move(last, skb, frags)) {
		truesize = take_frags(last, skb);
	} else if (skb_headlen(skb) > offset && !skb_head_is_locked(skb) &&
		   may_move(last, skb, frags + 1)) {
		truesize = take_head(last, skb);
	} else {
		__skb_pull(skb, offset);
		__skb_header_release(skb);
		truesize = list_packet(p, skb);
		last = p;
	}
	count_merged(p, skb, len, truesize);
	if (last != p) {
		last->len += len;
		last->data_len += len;
		last->truesize += truesize;
	}
	return 0;
}

int skb_gro_receive_list(struct sk_buff *p, struct sk_buff *skb)
{
	unsigned int len = skb_gro_len(skb);

	if (unlikely(p->len + len >= GRO_LEGACY_MAX_SIZE))
		return -E2BIG;
	__skb_pull(skb, skb_gro_offset(skb));
	list_packet(p, skb);
	count_merged(p, skb, len, skb->truesize);
	return 0;
}

__sum16 __skb_gro_checksum_complete(struct sk_buff *skb)
{
	__wsum wsum = skb_checksum(skb, (int)skb_gro_offset(skb), (int)skb_gro_len(skb), 0);
	__sum16 sum = csum_fold(csum_add(NAPI_GRO_CB(skb)->csum, wsum));

	NAPI_GRO_CB(skb)->csum = wsum;
	NAPI_GRO_CB(skb)->csum_valid = 1;
	return sum;
}
