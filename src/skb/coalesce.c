// SPDX-License-Identifier: BSD-2-Clause
/* Moving payload from one buffer to another by reference: receive merging, retransmit queues. */
#include <skiff/skbuff.h>

#include "skb/walk.h"

/* Whether fragments of @from may be added to those of @to at all. */
static bool may_mix(const struct sk_buff *to, const struct sk_buff *from)
{
	return !skb_has_frag_list(to) && !skb_has_frag_list(from) && !skb_zcopy(to) &&
	       !skb_zcopy(from);
}

/* Append all page fragments: they move when @from is their only holder, else are shared. */
static void append_frags(struct sk_buff *to, struct sk_buff *from)
{
	struct skb_shared_info *dst = skb_shinfo(to), *src = skb_shinfo(from);
	/* Asked once: another holder may let go at any time. */
	bool shared = skb_cloned(from);
	int i;

	memcpy(&dst->frags[dst->nr_frags], src->frags, src->nr_frags * sizeof(skb_frag_t));
	if (shared)
		for (i = 0; i < src->nr_frags; i++)
			__skb_frag_ref(&src->frags[i]);
	dst->nr_frags = (__u8)(dst->nr_frags + src->nr_frags);
	dst->flags |= src->flags & SKBFL_SHARED_FRAG;
	if (!shared)
		src->nr_frags = 0;
}

/* The data block of @from becomes a fragment of @to, with the reference that @from had. */
static void append_head(struct sk_buff *to, struct sk_buff *from)
{
	struct skb_shared_info *dst = skb_shinfo(to);
	struct page *page = virt_to_page(from->head);

	skb_fill_page_desc(to, dst->nr_frags, page,
			   (int)(from->data - (unsigned char *)page_address(page)),
			   (int)skb_headlen(from));
}

bool skb_try_coalesce(struct sk_buff *to, struct sk_buff *from, bool *fragstolen,
		      int *delta_truesize)
{
	unsigned int len = from->len, delta, nr_frags;

	*fragstolen = false;
	*delta_truesize = 0;
	if (skb_cloned(to) || to->pp_recycle != from->pp_recycle || len > INT32_MAX - to->len)
		return false;
	if (!len)
		return true;
	if (len <= (unsigned int)skb_tailroom(to)) {
		BUG_ON(skb_copy_bits(from, 0, skb_put(to, len), (int)len));
		return true;
	}
	if (!may_mix(to, from))
		return false;
	nr_frags = (unsigned int)__skb_shinfo(to)->nr_frags + __skb_shinfo(from)->nr_frags;
	if (skb_headlen(from)) {
		if (nr_frags >= MAX_SKB_FRAGS || skb_head_is_locked(from))
			return false;
		delta = from->truesize - SKB_DATA_ALIGN(sizeof(struct sk_buff));
		append_head(to, from);
		*fragstolen = true;
	} else {
		if (nr_frags > MAX_SKB_FRAGS)
			return false;
		delta = from->truesize - SKB_TRUESIZE(skb_end_offset(from));
	}
	WARN_ON_ONCE(delta < len);
	append_frags(to, from);
	to->truesize += delta;
	to->len += len;
	to->data_len += len;
	*delta_truesize = (int)delta;
	return true;
}

/*
 * skb_shift() decides first and moves afterwards, so that nothing has to be undone: the plan
 * says how many fragments go whole, and how much of the next one goes as well.
 */
struct shift_plan {
	unsigned int whole; /* fragments that go whole */
	unsigned int part;  /* bytes of the next one */
	bool merge;	    /* the first piece extends the target's last fragment */
};

static bool shift_plan(struct shift_plan *plan, struct sk_buff *tgt, struct sk_buff *skb,
		       unsigned int shiftlen)
{
	const struct skb_shared_info *dst = __skb_shinfo(tgt), *src = __skb_shinfo(skb);
	unsigned int needed;

	plan->whole = 0;
	plan->part = shiftlen;
	while (plan->whole < src->nr_frags && skb_frag_size(&src->frags[plan->whole]) <= plan->part)
		plan->part -= skb_frag_size(&src->frags[plan->whole++]);
	if (plan->part && plan->whole == src->nr_frags)
		return false;
	plan->merge = skb_can_coalesce(tgt, dst->nr_frags, skb_frag_page(&src->frags[0]),
				       (int)skb_frag_off(&src->frags[0]));
	needed = plan->whole + (plan->part ? 1 : 0) - (plan->merge ? 1 : 0);
	return needed <= (unsigned int)MAX_SKB_FRAGS - dst->nr_frags;
}

/* One piece to the end of @dst, with the reference that it comes with. */
static void shift_piece(struct skb_shared_info *dst, const skb_frag_t *piece, bool merge)
{
	if (merge) {
		skb_frag_size_add(&dst->frags[dst->nr_frags - 1], (int)skb_frag_size(piece));
		put_page(skb_frag_page(piece));
	} else {
		dst->frags[dst->nr_frags++] = *piece;
	}
}

static void shift_commit(struct shift_plan *plan, struct skb_shared_info *dst,
			 struct skb_shared_info *src)
{
	unsigned int i;

	for (i = 0; i < plan->whole; i++)
		shift_piece(dst, &src->frags[i], plan->merge && !i);
	if (plan->part) {
		skb_frag_t piece = src->frags[i];

		__skb_frag_ref(&piece);
		skb_frag_size_set(&piece, plan->part);
		shift_piece(dst, &piece, plan->merge && !i);
		skb_frag_off_add(&src->frags[i], (int)plan->part);
		skb_frag_size_sub(&src->frags[i], (int)plan->part);
	}
	src->nr_frags = (__u8)(src->nr_frags - plan->whole);
	memmove(src->frags, &src->frags[plan->whole], src->nr_frags * sizeof(skb_frag_t));
}

int skb_shift(struct sk_buff *tgt, struct sk_buff *skb, int shiftlen)
{
	struct shift_plan plan;

	BUG_ON(shiftlen < 0 || (unsigned int)shiftlen > skb->len);
	/* Behind linear data with room for more there may not be fragments; that's skb_put()'s. */
	if (!shiftlen || skb_headlen(skb) || !may_mix(tgt, skb))
		return 0;
	if (!shift_plan(&plan, tgt, skb, (unsigned int)shiftlen))
		return 0;
	if (skb_unclone_keeptruesize(skb, GFP_ATOMIC) || skb_unclone_keeptruesize(tgt, GFP_ATOMIC))
		return 0;
	shift_commit(&plan, skb_shinfo(tgt), skb_shinfo(skb));
	skb_shinfo(tgt)->flags |= __skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
	/* Sums over either are void; whoever sends them again has them computed again. */
	tgt->ip_summed = CHECKSUM_PARTIAL;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb_len_add(skb, -shiftlen);
	skb_len_add(tgt, shiftlen);
	return shiftlen;
}
