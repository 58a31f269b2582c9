// SPDX-License-Identifier: BSD-2-Clause
/* Making bytes linear, and cutting packets at either end, fragments and frag_list included. */
#include <skiff/skbuff.h>

#include "skb/walk.h"

/* More room than asked for when a linear part has to be replaced: the next pull often follows. */
#define PULL_SLACK 128

/*
 * Taking bytes off the front of what is not linear. The frag_list goes first, because only
 * there memory can be missing: a member that is shared or cloned and partly needed has to be
 * copied in part. Lengths of @skb are the caller's.
 */

static int eat_list(struct sk_buff *skb, unsigned int n, gfp_t gfp)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct sk_buff *first = shinfo->frag_list, *clone = NULL;

	while (first && first->len <= n) {
		n -= first->len;
		first = first->next;
	}
	if (n) {
		BUG_ON(!first);
		if (skb_shared(first)) {
			clone = skb_clone(first, gfp);
			if (!clone)
				return -ENOMEM;
			first = first->next;
			clone->next = first;
		}
		if (skb_drop_front(clone ? clone : first, n, gfp)) {
			kfree_skb_reason(clone, SKB_DROP_REASON_NOMEM);
			return -ENOMEM;
		}
		/* The sizes of a merged packet no longer are what its sender chose. */
		if (skb_is_gso(skb))
			shinfo->gso_type |= SKB_GSO_DODGY;
	}
	while (shinfo->frag_list != first) {
		struct sk_buff *gone = shinfo->frag_list;

		shinfo->frag_list = gone->next;
		consume_skb(gone);
	}
	if (clone)
		shinfo->frag_list = clone;
	return 0;
}

static void eat_frags(struct sk_buff *skb, unsigned int n)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i, kept = 0;

	for (i = 0; i < shinfo->nr_frags; i++) {
		unsigned int size = skb_frag_size(&shinfo->frags[i]);

		if (size <= n) {
			skb_frag_unref(skb, i);
			n -= size;
			continue;
		}
		shinfo->frags[kept] = shinfo->frags[i];
		skb_frag_off_add(&shinfo->frags[kept], (int)n);
		skb_frag_size_sub(&shinfo->frags[kept], (int)n);
		n = 0;
		kept++;
	}
	shinfo->nr_frags = (__u8)kept;
}

/* All of it, empty fragments and empty members included. */
static void eat_all(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct sk_buff *list = shinfo->frag_list;
	int i;

	for (i = 0; i < shinfo->nr_frags; i++)
		skb_frag_unref(skb, i);
	shinfo->nr_frags = 0;
	shinfo->frag_list = NULL;
	while (list) {
		struct sk_buff *gone = list;

		list = list->next;
		consume_skb(gone);
	}
}

/* Only holder of the data. 0 or -ENOMEM, and nothing has changed. */
static int eat_nonlinear(struct sk_buff *skb, unsigned int n, gfp_t gfp)
{
	unsigned int in_frags = __skb_pagelen(skb);
	int err;

	if (n == skb->data_len) {
		eat_all(skb);
		return 0;
	}
	if (n > in_frags) {
		err = eat_list(skb, n - in_frags, gfp);
		if (err)
			return err;
	}
	eat_frags(skb, n);
	return 0;
}

void *__pskb_pull_tail(struct sk_buff *skb, int delta)
{
	unsigned int n = (unsigned int)delta;

	if (delta < 0 || n > skb->data_len)
		return NULL;
	if (n > skb->end - skb->tail || skb_cloned(skb)) {
		int more = n > skb->end - skb->tail ?
				   (int)(n - (skb->end - skb->tail)) + PULL_SLACK :
				   0;

		if (pskb_expand_head(skb, 0, more, GFP_ATOMIC))
			return NULL;
	}
	if (!n)
		return skb_tail_pointer(skb);
	BUG_ON(skb_copy_bits(skb, (int)skb_headlen(skb), skb_tail_pointer(skb), delta));
	if (eat_nonlinear(skb, n, GFP_ATOMIC))
		return NULL;
	skb->tail += n;
	skb->data_len -= n;
	if (!skb->data_len)
		skb_zcopy_clear(skb, false);
	return skb_tail_pointer(skb);
}

int skb_drop_front(struct sk_buff *skb, unsigned int n, gfp_t gfp)
{
	unsigned int headlen = skb_headlen(skb);

	if (n > headlen) {
		int err = skb_unclone(skb, gfp);

		if (!err)
			err = eat_nonlinear(skb, n - headlen, gfp);
		if (err)
			return err;
		skb->data_len -= n - headlen;
		skb->len -= n - headlen;
		n = headlen;
	}
	skb->data += n;
	skb->len -= n;
	return 0;
}

void *skb_pull_data(struct sk_buff *skb, size_t len)
{
	void *data;

	if (len > skb->len || !pskb_may_pull(skb, (unsigned int)len))
		return NULL;
	data = skb->data;
	skb_pull(skb, (unsigned int)len);
	return data;
}

/* A member that only we refer to takes the place of *@link. NULL without memory. */
static struct sk_buff *own_member(struct sk_buff **link)
{
	struct sk_buff *member = *link, *clone;

	if (!skb_shared(member))
		return member;
	clone = skb_clone(member, GFP_ATOMIC);
	if (!clone)
		return NULL;
	clone->next = member->next;
	consume_skb(member);
	*link = clone;
	return clone;
}

/* Keep @keep bytes of the frag_list. 0 or -ENOMEM, and all bytes are still there. */
static int trim_list(struct sk_buff *skb, unsigned int keep)
{
	struct sk_buff **link = &skb_shinfo(skb)->frag_list;
	struct sk_buff *rest;

	while (keep) {
		struct sk_buff *member;

		BUG_ON(!*link);
		/* A chain through a shared member is somebody else's as well. */
		member = own_member(link);
		if (!member || pskb_trim(member, keep))
			return -ENOMEM;
		keep -= member->len;
		link = &member->next;
	}
	rest = *link;
	*link = NULL;
	/* Cut off, not lost. */
	while (rest) {
		struct sk_buff *gone = rest;

		rest = rest->next;
		consume_skb(gone);
	}
	return 0;
}

static void trim_frags(struct sk_buff *skb, unsigned int keep)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i, n;

	for (n = 0; n < shinfo->nr_frags && keep; n++) {
		if (skb_frag_size(&shinfo->frags[n]) > keep)
			skb_frag_size_set(&shinfo->frags[n], keep);
		keep -= skb_frag_size(&shinfo->frags[n]);
	}
	for (i = n; i < shinfo->nr_frags; i++)
		skb_frag_unref(skb, i);
	shinfo->nr_frags = (__u8)n;
}

int ___pskb_trim(struct sk_buff *skb, unsigned int len)
{
	unsigned int headlen = skb_headlen(skb), keep;
	int err;

	if (len >= skb->len)
		return 0;
	err = skb_unclone(skb, GFP_ATOMIC);
	if (err)
		return err;
	keep = len > headlen ? len - headlen : 0;
	if (skb_has_frag_list(skb)) {
		unsigned int in_frags = __skb_pagelen(skb);

		err = trim_list(skb, keep > in_frags ? keep - in_frags : 0);
		if (err)
			return err;
	}
	trim_frags(skb, keep);
	skb->data_len = keep;
	skb->len = len;
	if (len < headlen)
		skb_set_tail_pointer(skb, (int)len);
	/* Nobody is charged for the memory: the time to give it back. */
	if (!skb->sk && !skb->destructor)
		skb_condense(skb);
	return 0;
}

int pskb_trim_rcsum_slow(struct sk_buff *skb, unsigned int len)
{
	__wsum csum = skb->csum;
	int err;

	if (skb->ip_summed == CHECKSUM_COMPLETE) {
		int delta = (int)(skb->len - len);

		csum = csum_block_sub(csum, skb_checksum(skb, (int)len, delta, 0), (int)len);
	} else if (skb->ip_summed == CHECKSUM_PARTIAL) {
		int field = skb_checksum_start_offset(skb) + skb->csum_offset;

		if (field + (int)sizeof(__sum16) > (int)min(len, skb_headlen(skb)))
			return -EINVAL;
	}
	err = __pskb_trim(skb, len);
	if (!err)
		skb->csum = csum;
	return err;
}

void skb_condense(struct sk_buff *skb)
{
	if (skb->data_len) {
		if (skb->data_len > skb->end - skb->tail || skb_cloned(skb))
			return;
		if (!__pskb_pull_tail(skb, (int)skb->data_len))
			return;
	}
	skb->truesize = min_t(unsigned int, skb->truesize, SKB_TRUESIZE(skb_end_offset(skb)));
}

static int pad_room(struct sk_buff *skb, int pad)
{
	s64 missing = (s64)skb->data_len + pad - (s64)(skb->end - skb->tail);
	int err;

	if (missing > SKB_MAX_SIZE)
		return -ENOMEM;
	if (skb_cloned(skb) || missing > 0) {
		err = pskb_expand_head(skb, 0, missing > 0 ? (int)missing : 0, GFP_ATOMIC);
		if (err)
			return err;
	}
	return skb_linearize(skb);
}

int __skb_pad(struct sk_buff *skb, int pad, bool free_on_error)
{
	int err = 0;

	if (pad <= 0)
		return 0;
	if (skb_cloned(skb) || skb_tailroom(skb) < pad)
		err = pad_room(skb, pad);
	if (!err)
		memset(skb_tail_pointer(skb), 0, (size_t)pad);
	else if (free_on_error)
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
	return err;
}

int skb_ensure_writable(struct sk_buff *skb, unsigned int write_len)
{
	if (!pskb_may_pull(skb, write_len))
		return -ENOMEM;
	if (!skb_cloned(skb) || skb_clone_writable(skb, write_len))
		return 0;
	return pskb_expand_head(skb, 0, 0, GFP_ATOMIC);
}

void *pskb_put(struct sk_buff *skb, struct sk_buff *tail, int len)
{
	BUG_ON(len < 0);
	if (tail != skb) {
		skb->data_len += (unsigned int)len;
		skb->len += (unsigned int)len;
	}
	return skb_put(tail, (unsigned int)len);
}

/* A member of frag_list that is linear, ours alone, with @tailroom; it takes the other's place. */
static struct sk_buff *writable_member(struct sk_buff **link, int tailroom, bool copy)
{
	struct sk_buff *old = *link, *member;

	if (!copy && !skb_cloned(old) && !skb_is_nonlinear(old) && skb_tailroom(old) >= tailroom)
		return old;
	member = skb_copy_expand(old, (int)skb_headroom(old), tailroom, GFP_ATOMIC);
	if (!member)
		return NULL;
	member->next = old->next;
	*link = member;
	consume_skb(old);
	return member;
}

static int cow_list(struct sk_buff *skb, int tailbits, struct sk_buff **trailer)
{
	struct sk_buff **link = &skb_shinfo(skb)->frag_list;
	bool copy = false;
	int elements = 1;

	for (; *link; link = &(*trailer)->next) {
		/* Behind a member that somebody else holds, the chain is his as well. */
		if (skb_shared(*link))
			copy = true;
		*trailer = writable_member(link, (*link)->next ? 0 : tailbits, copy);
		if (!*trailer)
			return -ENOMEM;
		elements++;
	}
	return elements;
}

int skb_cow_data(struct sk_buff *skb, int tailbits, struct sk_buff **trailer)
{
	if (tailbits < 0 || tailbits > (int)SKB_MAX_SIZE)
		return -ENOMEM;
	if ((skb_cloned(skb) || __skb_shinfo(skb)->nr_frags) &&
	    !__pskb_pull_tail(skb, (int)__skb_pagelen(skb)))
		return -ENOMEM;
	if (skb_has_frag_list(skb))
		return cow_list(skb, tailbits, trailer);
	if (skb_tailroom(skb) < tailbits &&
	    pskb_expand_head(skb, 0, tailbits - skb_tailroom(skb) + PULL_SLACK, GFP_ATOMIC))
		return -ENOMEM;
	*trailer = skb;
	return 1;
}
