/* SPDX-License-Identifier: BSD-2-Clause */
/* One walk over the bytes of a packet for everything that copies, sums or describes them. */
#ifndef SKB_WALK_H
#define SKB_WALK_H

#include <skiff/skbuff.h>

/* Packets inside frag_lists inside frag_lists: deeper than this is refused. */
#define SKB_MAX_NESTING 24

/* Told of one contiguous piece, never empty. Anything but 0 ends the walk and is its result. */
typedef int (*skb_piece_fn)(void *arg, unsigned char *piece, unsigned int len);

/**
 * skb_for_each_piece() - visit the bytes of a packet, piece by piece in order
 * @skb: the buffer; any holder
 * @offset: first byte from skb->data; down to minus skb_headroom()
 * @len: bytes
 * @fn: told of each piece
 * @arg: for @fn
 *
 * Return: 0, what @fn returned when that was not 0, or -EFAULT when the range is not in the
 * packet (then nothing was visited) or frag_lists nest too deeply.
 */
int skb_for_each_piece(const struct sk_buff *skb, int offset, int len, skb_piece_fn fn, void *arg);

/**
 * skb_drop_front() - take bytes off the front without making them linear
 * @skb: the buffer, with the only reference
 * @n: bytes, at most skb->len
 * @gfp: allocation flags
 *
 * Return: 0, or -ENOMEM and the packet is as it was.
 */
int skb_drop_front(struct sk_buff *skb, unsigned int n, gfp_t gfp);

/* Whether the linear part lies in a block with a page structure, so that a fragment can refer
 * to it. Clones may do so as well: a fragment only reads. */
static inline bool skb_head_has_page(const struct sk_buff *skb)
{
	return skb->head_kind == SKB_HEAD_POOL || skb->head_kind == SKB_HEAD_PAGE;
}

/* A fragment of @len bytes at @data, inside of such a linear part, with a reference. */
static inline void skb_head_frag(skb_frag_t *frag, const struct sk_buff *skb,
				 const unsigned char *data, unsigned int len)
{
	struct page *page = virt_to_page(skb->head);

	/* Touched: the last release has to see that the block is in use elsewhere. */
	(void)skb_shinfo(skb);
	get_page(page);
	frag->bv_page = page;
	frag->bv_offset = (unsigned int)(data - (unsigned char *)page_address(page));
	frag->bv_len = len;
}

#endif /* SKB_WALK_H */
