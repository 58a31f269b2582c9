// SPDX-License-Identifier: BSD-2-Clause
/* Second control structures for the same data. */
#include <skiff/dst.h>
#include <skiff/skbuff.h>

#include "skb/alloc.h"

/* What a clone shares by reference gets one more holder. */
static __always_inline void share_state(struct sk_buff *n)
{
	if (unlikely(n->_skb_refdst || n->_nfct || n->active_extensions)) {
		if (n->_skb_refdst && !(n->_skb_refdst & SKB_DST_NOREF))
			dst_hold(skb_dst(n));
		nf_conntrack_get(skb_nfct(n));
		__skb_ext_copy(n, n);
	}
}

/* @n's fields become those of a clone of @skb; @n owns nothing when called. */
static struct sk_buff *clone_into(struct sk_buff *n, struct sk_buff *skb)
{
	const void *alloc_site = n->alloc_site, *last_site = n->last_site;
	struct skb_shared_info *shinfo;

	/* A lone owner needs no locked operation to become two. */
	shinfo = __skb_shinfo(skb);
	if (!skb->cloned && !skb_shared(skb))
		atomic_set(&shinfo->dataref, atomic_read(&shinfo->dataref) + 1);
	else
		atomic_inc(&shinfo->dataref);
	WRITE_ONCE(skb->cloned, 1);

	memcpy(n, skb, sizeof(*n));
	n->next = n->prev = NULL;
	n->sk = NULL;
	n->destructor = NULL;
	n->hdr_len = skb->nohdr ? (u16)skb_headroom(skb) : skb->hdr_len;
	n->nohdr = 0;
	n->peeked = 0;
	refcount_set(&n->users, 1);
	n->alloc_site = alloc_site;
	n->last_site = last_site;
	share_state(n);
	return n;
}

struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp)
{
	struct sk_buff *n;

	if (unlikely(skb_orphan_frags(skb, gfp)))
		return NULL;
	n = skb_ctl_alloc_raw();
	if (unlikely(!n))
		return NULL;
	skb_track_alloc(n, __builtin_return_address(0));
	return clone_into(n, skb);
}

struct sk_buff *skb_morph(struct sk_buff *dst, struct sk_buff *src)
{
	skb_release_head_state(dst);
	skb_release_data(dst);
	return clone_into(dst, src);
}

struct sk_buff *alloc_skb_for_msg(struct sk_buff *first)
{
	struct sk_buff *n = alloc_skb(0, GFP_ATOMIC);

	if (!n)
		return NULL;
	skb_track_alloc(n, __builtin_return_address(0));
	n->len = first->len;
	n->data_len = first->len;
	n->truesize = first->truesize;
	skb_shinfo(n)->frag_list = first;
	skb_copy_header(n, first);
	return n;
}
