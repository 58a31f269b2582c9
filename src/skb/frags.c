// SPDX-License-Identifier: BSD-2-Clause
/* Adding fragments to buffers. */
#include <skiff/skbuff.h>

#include "skb/walk.h"

void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int off, int size,
		     unsigned int truesize)
{
	skb_fill_page_desc(skb, i, page, off, size);
	skb->len += (unsigned int)size;
	skb->data_len += (unsigned int)size;
	skb->truesize += truesize;
}

void skb_coalesce_rx_frag(struct sk_buff *skb, int i, int size, unsigned int truesize)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	BUG_ON((unsigned int)i >= shinfo->nr_frags);
	skb_frag_size_add(&shinfo->frags[i], size);
	skb->len += (unsigned int)size;
	skb->data_len += (unsigned int)size;
	skb->truesize += truesize;
}

int skb_append_pagefrags(struct sk_buff *skb, struct page *page, int offset, size_t size)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i = shinfo->nr_frags;

	if (offset < 0 || size > INT32_MAX)
		return -EMSGSIZE;
	if (skb_can_coalesce(skb, i, page, offset)) {
		skb_frag_size_add(&shinfo->frags[i - 1], (int)size);
		return 0;
	}
	if (i >= MAX_SKB_FRAGS)
		return -EMSGSIZE;
	skb_zcopy_downgrade_managed(skb);
	get_page(page);
	skb_fill_page_desc_noacc(skb, i, page, offset, (int)size);
	return 0;
}

unsigned int skb_zerocopy_headlen(const struct sk_buff *from)
{
	if (skb_has_frag_list(from))
		return from->len;
	/* A short linear part is cheaper copied than counted, and an awkward one must be. */
	if (!skb_head_has_page(from) || skb_headlen(from) < L1_CACHE_BYTES ||
	    __skb_shinfo(from)->nr_frags >= MAX_SKB_FRAGS)
		return skb_headlen(from) ? skb_headlen(from) : from->len;
	return 0;
}

/* Fragments that @len bytes of @from take from byte @skip on; -EFAULT when it has not as many. */
static int frags_needed(const struct sk_buff *from, unsigned int skip, unsigned int len)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(from);
	unsigned int i, size;
	int n = 0;

	size = skb_headlen(from);
	for (i = 0; len; i++) {
		if (skip < size) {
			len -= min(size - skip, len);
			skip = 0;
			n++;
		} else {
			skip -= size;
		}
		if (i == shinfo->nr_frags)
			break;
		size = skb_frag_size(&shinfo->frags[i]);
	}
	return len ? -EFAULT : n;
}

/* Make fragments of @to out of @len bytes of @from from byte @skip on; room has been checked. */
static void share_bytes(struct sk_buff *to, struct sk_buff *from, unsigned int skip,
			unsigned int len)
{
	struct skb_shared_info *dst = skb_shinfo(to);
	struct skb_shared_info *src = skb_shinfo(from);
	unsigned int i, n, headlen = skb_headlen(from);

	if (skip < headlen) {
		n = min(headlen - skip, len);
		skb_head_frag(&dst->frags[dst->nr_frags++], from, from->data + skip, n);
		skip = headlen;
		len -= n;
	}
	skip -= headlen;
	for (i = 0; len; i++) {
		skb_frag_t *frag = &dst->frags[dst->nr_frags];
		unsigned int size = skb_frag_size(&src->frags[i]);

		if (skip >= size) {
			skip -= size;
			continue;
		}
		n = min(size - skip, len);
		*frag = src->frags[i];
		skb_frag_off_add(frag, (int)skip);
		skb_frag_size_set(frag, n);
		__skb_frag_ref(frag);
		dst->nr_frags++;
		skip = 0;
		len -= n;
	}
}

int skb_zerocopy(struct sk_buff *to, struct sk_buff *from, int len, int hlen)
{
	int needed, err;

	if (len < 0 || hlen < 0 || (unsigned int)len > from->len)
		return -EFAULT;
	if (!len)
		return 0;
	if (len <= skb_tailroom(to))
		return skb_copy_bits(from, 0, skb_put(to, (unsigned int)len), len);
	hlen = min(hlen, len);
	if (hlen > skb_tailroom(to))
		return -EMSGSIZE;
	err = skb_orphan_frags(from, GFP_ATOMIC);
	if (err) {
		skb_tx_error(from);
		return err;
	}
	if (skb_headlen(from) > (unsigned int)hlen && !skb_head_has_page(from))
		return -EMSGSIZE;
	needed = frags_needed(from, (unsigned int)hlen, (unsigned int)(len - hlen));
	if (needed < 0)
		return needed;
	if (needed > MAX_SKB_FRAGS - __skb_shinfo(to)->nr_frags)
		return -EMSGSIZE;
	err = skb_zerocopy_clone(to, from, GFP_ATOMIC);
	if (err)
		return err;
	if (hlen)
		skb_copy_bits(from, 0, skb_put(to, (unsigned int)hlen), hlen);
	skb_zcopy_downgrade_managed(to);
	share_bytes(to, from, (unsigned int)hlen, (unsigned int)(len - hlen));
	skb_shinfo(to)->flags |= __skb_shinfo(from)->flags & SKBFL_SHARED_FRAG;
	skb_len_add(to, len - hlen);
	return 0;
}
