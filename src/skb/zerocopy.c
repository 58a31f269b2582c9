// SPDX-License-Identifier: BSD-2-Clause
/* Foreign memory in fragments: lending it, copying it when it must not wait, giving it back. */
#include <skiff/skbuff.h>
#include <skiff/slab.h>

#include "skb/walk.h"

void __skb_zcopy_downgrade_managed(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i;

	shinfo->flags &= (__u8)~SKBFL_MANAGED_FRAG_REFS;
	for (i = 0; i < shinfo->nr_frags; i++)
		skb_frag_ref(skb, i);
}

void skb_tx_error(struct sk_buff *skb)
{
	if (!skb)
		return;
	skb_zcopy_downgrade_managed(skb);
	skb_zcopy_clear(skb, true);
}

/* Blocks for @bytes, as few and small as MAX_SKB_FRAGS allows. Return: how many, or an error. */
static int alloc_blocks(struct page **block, unsigned int bytes, gfp_t gfp_mask)
{
	unsigned int order = 0, n = 0;

	while (bytes > MAX_SKB_FRAGS * (PAGE_SIZE << order))
		if (++order > PAGE_ALLOC_COSTLY_ORDER + 1)
			return -EINVAL;
	for (; n * (PAGE_SIZE << order) < bytes; n++) {
		block[n] = alloc_pages(gfp_mask, order);
		if (!block[n])
			goto undo;
	}
	return (int)n;
undo:
	while (n--)
		put_page(block[n]);
	return -ENOMEM;
}

/* Copy all page fragments into @n blocks, which replace them. */
static void replace_frags(struct sk_buff *skb, struct page **block, int n, unsigned int bytes)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int offset = (int)skb_headlen(skb);
	skb_frag_t fresh[MAX_SKB_FRAGS];
	int i;

	for (i = 0; i < n; i++) {
		unsigned int len = min_t(unsigned int, bytes, page_size(block[i]));

		skb_copy_bits(skb, offset, page_address(block[i]), (int)len);
		fresh[i] = (skb_frag_t){ .bv_page = block[i], .bv_len = len };
		offset += (int)len;
		bytes -= len;
	}
	for (i = 0; i < shinfo->nr_frags; i++)
		skb_frag_unref(skb, i);
	memcpy(shinfo->frags, fresh, (size_t)n * sizeof(fresh[0]));
	shinfo->nr_frags = (__u8)n;
}

int skb_copy_ubufs(struct sk_buff *skb, gfp_t gfp_mask)
{
	struct page *block[MAX_SKB_FRAGS];
	unsigned int bytes;
	int n, err;

	if (skb_shared(skb))
		return -EINVAL;
	err = skb_unclone(skb, gfp_mask);
	if (err)
		return err;
	bytes = __skb_pagelen(skb);
	n = alloc_blocks(block, bytes, gfp_mask);
	if (n < 0)
		return n;
	replace_frags(skb, block, n, bytes);
	skb_zcopy_clear(skb, false);
	return 0;
}

int skb_zerocopy_clone(struct sk_buff *nskb, struct sk_buff *orig, gfp_t gfp_mask)
{
	if (!skb_zcopy(orig))
		return 0;
	if (skb_zcopy(nskb)) {
		if (skb_uarg(nskb) == skb_uarg(orig))
			return 0;
		if (skb_copy_ubufs(nskb, gfp_mask))
			return -EIO;
	}
	if (skb_zcopy_is_nouarg(orig))
		skb_zcopy_set_nouarg(nskb, skb_zcopy_get_nouarg(orig));
	else
		skb_zcopy_set(nskb, skb_uarg(orig), NULL);
	return 0;
}

/* Blocks that describe memory of no region. The memory is somebody else's, they are ours. */
static void foreign_release(struct skb_region *region, struct page *page)
{
	(void)region;
	kfree(page);
}

static struct skb_region foreign_region = { .release = foreign_release };

/* The block of a program's memory, with a reference; *@off and *@len are cut to its bounds. */
static struct page *user_block(unsigned char *addr, unsigned int *off, unsigned int *len)
{
	struct page *page = virt_to_page(addr);

	if (page) {
		*off = (unsigned int)(addr - (unsigned char *)page_address(page));
		*len = min_t(unsigned int, *len, page_size(page) - *off);
		get_page(page);
		return page;
	}
	page = (struct page *)kzalloc(sizeof(*page), GFP_ATOMIC);
	if (!page)
		return NULL;
	*off = 0;
	page->addr = addr;
	page->size = *len;
	page->region = &foreign_region;
	atomic_set(&page->_refcount, 1);
	return page;
}

/* Append one piece. Return: bytes taken or an error. */
static int append_piece(struct sk_buff *skb, struct iov_iter *from, unsigned int max)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int off, len;
	struct page *page;
	unsigned char *addr;
	skb_frag_t *last;
	size_t follows;

	addr = (unsigned char *)iov_iter_piece(from, &follows);
	len = (unsigned int)min_t(size_t, follows, max);
	if (shinfo->nr_frags) {
		last = &shinfo->frags[shinfo->nr_frags - 1];
		page = skb_frag_page(last);
		off = skb_frag_off(last) + skb_frag_size(last);
		if (off < page_size(page) && addr == (unsigned char *)page_address(page) + off) {
			len = min_t(unsigned int, len, page_size(page) - off);
			skb_frag_size_add(last, (int)len);
			goto added;
		}
	}
	if (shinfo->nr_frags == MAX_SKB_FRAGS)
		return -EMSGSIZE;
	page = user_block(addr, &off, &len);
	if (!page)
		return -ENOMEM;
	skb_fill_page_desc_noacc(skb, shinfo->nr_frags, page, (int)off, (int)len);
added:
	skb->len += len;
	skb->data_len += len;
	skb->truesize += (unsigned int)PAGE_ALIGN(len);
	iov_iter_advance(from, len);
	return (int)len;
}

static int append_user(struct sk_buff *skb, struct iov_iter *from, int len)
{
	skb_zcopy_downgrade_managed(skb);
	while (len > 0) {
		int n = iov_iter_count(from) ? append_piece(skb, from, (unsigned int)len) : -EFAULT;

		if (n < 0)
			return n;
		len -= n;
	}
	return 0;
}

/* Whether @skb can grow by @len: what nobody can mean is refused before any arithmetic. */
static bool can_grow(const struct sk_buff *skb, int len)
{
	return len >= 0 && (u64)skb->len + (u64)len <= INT32_MAX && !skb_has_frag_list(skb);
}

int skb_zerocopy_iter_dgram(struct sk_buff *skb, struct skiff_msghdr *msg, int len)
{
	if (!can_grow(skb, len) || !iov_iter_is_source(&msg->msg_iter))
		return -EINVAL;
	return append_user(skb, &msg->msg_iter, len);
}

int skb_zerocopy_iter_stream(struct sock *sk, struct sk_buff *skb, struct skiff_msghdr *msg,
			     int len, struct ubuf_info *uarg)
{
	struct ubuf_info *orig = skb_zcopy(skb);
	unsigned int orig_len = skb->len, truesize = skb->truesize;
	struct iov_iter_state state;
	int err;

	(void)sk;
	if (orig && uarg != orig)
		return -EEXIST;
	if (!can_grow(skb, len) || !iov_iter_is_source(&msg->msg_iter))
		return -EINVAL;
	iov_iter_save_state(&msg->msg_iter, &state);
	err = append_user(skb, &msg->msg_iter, len);
	/* A stream continues in the next buffer, so what was taken counts. */
	if (err == -EFAULT || (err == -EMSGSIZE && skb->len == orig_len)) {
		iov_iter_restore(&msg->msg_iter, &state);
		if (skb->len != orig_len)
			BUG_ON(___pskb_trim(skb, orig_len));
		skb->truesize = truesize;
		return err;
	}
	if (skb->len == orig_len)
		return err;
	skb_zcopy_set(skb, uarg, NULL);
	return (int)(skb->len - orig_len);
}
