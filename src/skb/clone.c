// SPDX-License-Identifier: BSD-2-Clause
/* Second control structures for the same data. */
#include <skiff/dst.h>
#include <skiff/skbuff.h>

#include "skb/alloc.h"
#include "skb/pool.h"

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

/* All four lines; left to itself the compiler calls out, or loops by bytes. */
static __always_inline void copy_ctl(struct sk_buff *to, const struct sk_buff *from)
{
	typedef u64 v2u64 __attribute__((vector_size(16), may_alias));
	size_t i;

#pragma GCC unroll 16
	for (i = 0; i < SKB_CTL_SIZE / sizeof(v2u64); i++)
		((v2u64 *)to)[i] = ((const v2u64 *)from)[i];
}

/*
 * @n's fields become those of a clone of @skb; @n owns nothing when called. Single bytes are
 * only stored where they differ: a store that a wider load has to wait for costs more than all
 * the rest.
 */
static __always_inline struct sk_buff *clone_into(struct sk_buff *n, struct sk_buff *skb)
{
	atomic_t *dataref = &__skb_shinfo(skb)->dataref;
	bool alone;
#ifdef SKIFF_SKB_TRACK
	const void *alloc_site = n->alloc_site;
#endif

	/*
	 * A lone owner needs no locked operation to become two. Users first: once another holder
	 * is seen to have gone, so is what it did to the count of sharers.
	 */
	alone = smp_load_acquire(&skb->users.refs.counter) == 1 && !skb_cloned(skb);
	copy_ctl(n, skb);
	if (alone)
		atomic_set(dataref, atomic_read(dataref) + 1);
	else
		atomic_inc(dataref);
	/* Each for itself: another holder may have set the original's after we copied it. */
	if (!READ_ONCE(skb->cloned))
		WRITE_ONCE(skb->cloned, 1);
	if (!n->cloned)
		n->cloned = 1;
	n->next = n->prev = NULL;
	n->sk = NULL;
	n->destructor = NULL;
	refcount_set(&n->users, 1);
	if (unlikely(skb->nohdr)) {
		n->hdr_len = (u16)skb_headroom(skb);
		n->nohdr = 0;
	}
	if (unlikely(skb->peeked))
		n->peeked = 0;
	if (unlikely(skb->lj_flags || !skb->free)) {
		n->lj_flags = 0;
		n->free = 1;
	}
#ifdef SKIFF_SKB_TRACK
	skb_track_alloc(n, alloc_site);
#endif
	share_state(n);
	return n;
}

struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp)
{
	struct sk_buff *n;

	skb_require(skb);
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
	skb_require(src);
	if (unlikely(!dst || dst == src))
		skb_missing_panic(NULL, __func__, __builtin_return_address(0));
	skb_release_head_state(dst);
	skb_release_data(dst);
	return clone_into(dst, src);
}

struct sk_buff *alloc_skb_for_msg(struct sk_buff *first)
{
	struct sk_buff *n;

	skb_require(first);
	n = alloc_skb(0, GFP_ATOMIC);
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
