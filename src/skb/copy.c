// SPDX-License-Identifier: BSD-2-Clause
/* Private copies of buffers, whole or headers only, and new linear parts for old buffers. */
#include <skiff/dst.h>
#include <skiff/skbuff.h>

#include "skb/alloc.h"

#define META_FROM offsetof(struct sk_buff, mac_len)
#define META_TO offsetof(struct sk_buff, cb)

/* Metadata without the shared info's part. @n is fresh: it owns nothing. */
static void copy_metadata(struct sk_buff *n, const struct sk_buff *old)
{
	bool head_frag = n->head_frag;

	/* In one piece: everything between the lengths and cb describes the packet. */
	memcpy((unsigned char *)n + META_FROM, (const unsigned char *)old + META_FROM,
	       META_TO - META_FROM);
	n->hdr_len = 0;
	n->head_frag = head_frag;
	n->peeked = 0;
	n->lj_flags = 0;
	n->free = 1;
	memcpy(n->cb, old->cb, sizeof(n->cb));
	n->dev = old->dev;
	if (unlikely(old->_skb_refdst))
		skb_dst_copy(n, old);
	if (unlikely(old->_nfct)) {
		n->_nfct = old->_nfct;
		nf_conntrack_get(skb_nfct(n));
	}
	if (unlikely(old->active_extensions))
		__skb_ext_copy(n, old);
}

static void copy_gso(struct sk_buff *n, const struct sk_buff *old)
{
	const struct skb_shared_info *from = __skb_shinfo(old);
	struct skb_shared_info *to;

	if (likely(!from->gso_size && !from->gso_type && !from->gso_segs))
		return;
	to = skb_shinfo(n);
	to->gso_size = from->gso_size;
	to->gso_segs = from->gso_segs;
	to->gso_type = from->gso_type;
}

void skb_copy_header(struct sk_buff *new_skb, const struct sk_buff *old)
{
	copy_metadata(new_skb, old);
	copy_gso(new_skb, old);
}

void skb_headers_offset_update(struct sk_buff *skb, int off)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start = (u16)(skb->csum_start + off);
	if (skb_transport_header_was_set(skb))
		skb->transport_header = (u16)(skb->transport_header + off);
	skb->network_header = (u16)(skb->network_header + off);
	if (skb_mac_header_was_set(skb))
		skb->mac_header = (u16)(skb->mac_header + off);
	skb->inner_transport_header = (u16)(skb->inner_transport_header + off);
	skb->inner_network_header = (u16)(skb->inner_network_header + off);
	skb->inner_mac_header = (u16)(skb->inner_mac_header + off);
}

/* @n's linear data becomes the whole packet, its headroom a copy of as much of @skb's as fits. */
static void copy_all(struct sk_buff *n, const struct sk_buff *skb, int headroom)
{
	if (likely(!skb_is_nonlinear(skb)))
		memcpy(n->data - headroom, skb->data - headroom, (size_t)headroom + skb->len);
	else if (skb_copy_bits(skb, -headroom, n->data - headroom, headroom + (int)skb->len))
		skiff_panic("sk_buff %p: fragments hold fewer than data_len bytes",
			    (const void *)skb);
}

struct sk_buff *skb_copy(const struct sk_buff *skb, gfp_t gfp)
{
	unsigned int headroom;
	struct sk_buff *n;
	u64 size;

	skb_require(skb);
	headroom = skb_headroom(skb);
	/* Never less room than there was, nor less than the packet takes when it is linear. */
	size = (u64)skb_end_offset(skb) + skb->data_len;
	if (unlikely(size > SKB_MAX_SIZE))
		return NULL;
	n = alloc_skb((unsigned int)size, gfp);
	if (unlikely(!n))
		return NULL;
	skb_track_alloc(n, __builtin_return_address(0));
	n->data += headroom;
	n->tail += headroom + skb->len;
	n->len = skb->len;
	copy_all(n, skb, (int)headroom);
	skb_copy_header(n, skb);
	return n;
}

struct sk_buff *skb_copy_expand(const struct sk_buff *skb, int newheadroom, int newtailroom,
				gfp_t gfp)
{
	int oldheadroom, copied;
	struct sk_buff *n;
	u64 size;

	skb_require(skb);
	oldheadroom = (int)skb_headroom(skb);
	copied = min(oldheadroom, newheadroom);
	if (unlikely(newheadroom < 0 || newtailroom < 0))
		skb_bounds_panic(skb, "skb_copy_expand", min(newheadroom, newtailroom));
	size = (u64)newheadroom + skb->len + (u64)newtailroom;
	if (unlikely(size > SKB_MAX_SIZE))
		return NULL;
	n = alloc_skb((unsigned int)size, gfp);
	if (!n)
		return NULL;
	skb_track_alloc(n, __builtin_return_address(0));
	skb_reserve(n, newheadroom);
	skb_put(n, skb->len);
	copy_all(n, skb, copied);
	skb_copy_header(n, skb);
	skb_headers_offset_update(n, newheadroom - oldheadroom);
	return n;
}

/* Another holder for each buffer of the frag_list. */
static void clone_fraglist(struct sk_buff *skb)
{
	struct sk_buff *list;

	skb_walk_frags(skb, list)
		skb_get(list);
}

/* Fragments and frag_list of @skb, shared by reference, become @n's as well. */
static void share_frags(struct sk_buff *n, struct sk_buff *skb)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(n);
	unsigned int i;

	for (i = 0; i < from->nr_frags; i++) {
		to->frags[i] = from->frags[i];
		skb_frag_ref(skb, (int)i);
	}
	to->nr_frags = from->nr_frags;
	if (skb_has_frag_list(skb)) {
		to->frag_list = from->frag_list;
		clone_fraglist(n);
	}
}

struct sk_buff *__pskb_copy_fclone(struct sk_buff *skb, int headroom, gfp_t gfp, bool fclone)
{
	unsigned int headlen;
	struct sk_buff *n;

	skb_require(skb);
	headlen = skb_headlen(skb);
	if (unlikely(headroom < 0))
		skb_bounds_panic(skb, "__pskb_copy", headroom);
	if ((u64)headlen + (u64)headroom > SKB_MAX_SIZE)
		return NULL;
	n = alloc_skb(headlen + (unsigned int)headroom, gfp);
	if (!n)
		return NULL;
	skb_track_alloc(n, __builtin_return_address(0));
	skb_reserve(n, headroom);
	skb_put(n, headlen);
	memcpy(n->data, skb->data, headlen);
	n->truesize += skb->data_len;
	n->data_len = skb->data_len;
	n->len = skb->len;
	if (skb_is_nonlinear(skb)) {
		if (skb_orphan_frags(skb, gfp) || skb_zerocopy_clone(n, skb, gfp)) {
			n->data_len = 0;
			n->len = headlen;
			kfree_skb_reason(n, SKB_DROP_REASON_NOMEM);
			return NULL;
		}
		share_frags(n, skb);
	}
	skb_copy_header(n, skb);
	skb_headers_offset_update(n, headroom - (int)skb_headroom(skb));
	return n;
}

/* Foreign memory whose owner does not count buffers: two data blocks can't refer to it. */
static bool has_single_owner(const struct sk_buff *skb)
{
	return skb_zcopy(skb) &&
	       (skb_zcopy_is_nouarg(skb) || !(__skb_shinfo(skb)->flags & SKBFL_DONT_ORPHAN));
}

/* Copy the shared info to a new block; what it refers to gets one more holder when shared. */
static int move_shinfo(struct sk_buff *skb, bool shared, struct skb_shared_info *to)
{
	const size_t before = offsetof(struct skb_shared_info, dataref);
	const size_t behind = before + sizeof(to->dataref);
	struct skb_shared_info *from = skb_shinfo(skb);
	unsigned int i;

	if (shared) {
		/* skb_clone() would have copied it; copying here would need a private block first. */
		if (has_single_owner(skb))
			return -EINVAL;
		skb_zcopy_downgrade_managed(skb);
		if (skb_zcopy(skb))
			refcount_inc(&skb_uarg(skb)->refcnt);
		for (i = 0; i < from->nr_frags; i++)
			skb_frag_ref(skb, (int)i);
		if (skb_has_frag_list(skb))
			clone_fraglist(skb);
	}
	/* But for the count of holders, which others may change meanwhile. */
	memcpy((void *)to, (const void *)from, before);
	memcpy((u8 *)to + behind, (const u8 *)from + behind,
	       offsetof(struct skb_shared_info, frags[from->nr_frags]) - behind);
	atomic_set(&to->dataref, 1);
	return 0;
}

/* The old block goes; what the shared info referred to has moved, or is still shared. */
static void drop_old_head(struct sk_buff *skb, bool shared)
{
	struct skb_head old = { .data = skb->head, .kind = skb->head_kind };
	struct skb_shared_info *shinfo = __skb_shinfo(skb);

	if (shared) {
		skb_release_data(skb);
		return;
	}
	shinfo->nr_frags = 0;
	shinfo->frag_list = NULL;
	shinfo->flags = 0;
	skb_head_free(&old);
}

int pskb_expand_head(struct sk_buff *skb, int nhead, int ntail, gfp_t gfp)
{
	unsigned int osize, data_off, tail, truesize;
	struct skb_head head;
	bool shared;
	s64 size;
	int err;

	skb_require(skb);
	/* Asked once: another holder of the data may let go at any time. */
	shared = skb_cloned(skb);
	osize = skb_end_offset(skb);
	if (unlikely(nhead < 0 || skb_shared(skb)))
		skb_bounds_panic(skb, "pskb_expand_head", nhead);
	if (unlikely((s64)osize + ntail < (s64)skb->tail))
		skb_bounds_panic(skb, "pskb_expand_head", ntail);
	size = (s64)nhead + osize + ntail;
	if (size > SKB_MAX_SIZE)
		return -ENOMEM;
	if (!skb_head_alloc(&head, (unsigned int)size))
		return -ENOMEM;

	/* The headers may matter to somebody who pulled them: copy all up to the tail. */
	memcpy(head.data + nhead, skb->head, skb->tail);
	err = move_shinfo(skb, shared, (void *)(head.data + head.end));
	if (err) {
		skb_head_free(&head);
		return err;
	}
	data_off = skb_headroom(skb);
	tail = skb->tail;
	truesize = skb->truesize;
	drop_old_head(skb, shared);

	skb_head_attach(skb, &head);
	skb->data = skb->head + nhead + data_off;
	skb->tail = tail + (unsigned int)nhead;
	skb->cloned = 0;
	skb->hdr_len = 0;
	skb->nohdr = 0;
	skb->shinfo_touched = 1;
	skb_headers_offset_update(skb, nhead);
	/*
	 * A socket was charged with the old size and will be uncharged with what stands here. So
	 * it may say too little afterwards, but not less than the new block alone.
	 */
	skb->truesize = truesize;
	if (!skb->sk)
		skb->truesize = (u32)max((s64)truesize + head.end - osize, (s64)head.truesize);
	return 0;
}

struct sk_buff *skb_realloc_headroom(struct sk_buff *skb, unsigned int headroom)
{
	struct sk_buff *n;
	int delta;

	skb_require(skb);
	if (headroom > SKB_MAX_SIZE)
		return NULL;
	delta = (int)headroom - (int)skb_headroom(skb);
	if (delta <= 0)
		return pskb_copy(skb, GFP_ATOMIC);
	n = skb_clone(skb, GFP_ATOMIC);
	if (n && pskb_expand_head(n, ALIGN(delta, SMP_CACHE_BYTES), 0, GFP_ATOMIC)) {
		kfree_skb_reason(n, SKB_DROP_REASON_NOMEM);
		n = NULL;
	}
	return n;
}
