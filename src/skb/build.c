// SPDX-License-Identifier: BSD-2-Clause
/* Buffers around memory that somebody else allocated, and with room in fragments. */
#include <skiff/netdevice.h>
#include <skiff/skbuff.h>
#include <skiff/slab.h>

#include "skb/alloc.h"
#include "skb/pool.h"

#define MIN_FRAG_SIZE SKB_SHINFO_SIZE

/* Where @data comes from decides how it is freed: a block of a region, or kmalloc(). */
static bool foreign_head(struct skb_head *head, void *data, unsigned int frag_size)
{
	struct page *page = NULL;
	unsigned int size = frag_size;

	if (!data)
		return false;
	if (frag_size) {
		page = virt_to_page(data);
		if (!page)
			return false;
	} else if (virt_to_page(data)) {
		return false; /* no kmalloc() has blocks of a region to give */
	} else {
		size = (unsigned int)min(ksize(data), (size_t)INT32_MAX);
	}
	size &= ~(SMP_CACHE_BYTES - 1U);
	if (size < MIN_FRAG_SIZE || size > INT32_MAX || !IS_ALIGNED((uintptr_t)data, 8))
		return false;
	if (page &&
	    size > (size_t)((unsigned char *)page->addr + page->size - (unsigned char *)data))
		return false;
	head->data = data;
	head->end = size - SKB_SHINFO_SIZE;
	head->truesize = SKB_TRUESIZE(head->end);
	head->kind = page ? SKB_HEAD_PAGE : SKB_HEAD_FOREIGN;
	head->size_class = 0;
	return true;
}

static void put_around(struct sk_buff *skb, const struct skb_head *head)
{
	skb_head_attach(skb, head);
	skb->data = skb->head;
	skb->tail = 0;
	memset(__skb_shinfo(skb), 0, offsetof(struct skb_shared_info, frags));
	atomic_set(&__skb_shinfo(skb)->dataref, 1);
}

struct sk_buff *build_skb_around(struct sk_buff *skb, void *data, unsigned int frag_size)
{
	struct skb_head head;

	if (!skb || skb->head_kind != SKB_HEAD_NONE || !foreign_head(&head, data, frag_size))
		return NULL;
	put_around(skb, &head);
	return skb;
}

static struct sk_buff *build(void *data, unsigned int frag_size, const void *site)
{
	struct skb_head head;
	struct sk_buff *skb;

	if (!foreign_head(&head, data, frag_size))
		return NULL;
	skb = skb_ctl_alloc();
	if (!skb)
		return NULL;
	skb_track_alloc(skb, site);
	put_around(skb, &head);
	return skb;
}

struct sk_buff *build_skb(void *data, unsigned int frag_size)
{
	return build(data, frag_size, __builtin_return_address(0));
}

struct sk_buff *napi_build_skb(void *data, unsigned int frag_size)
{
	return build(data, frag_size, __builtin_return_address(0));
}

struct sk_buff *__napi_alloc_skb(struct napi_struct *napi, unsigned int length, gfp_t gfp)
{
	struct sk_buff *skb;

	if (length > SKB_MAX_SIZE - NET_SKB_PAD - NET_IP_ALIGN)
		return NULL;
	skb = __alloc_skb(length + NET_SKB_PAD + NET_IP_ALIGN, gfp, SKB_ALLOC_NAPI, NUMA_NO_NODE);
	if (!skb)
		return NULL;
	skb_track_alloc(skb, __builtin_return_address(0));
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	skb->dev = napi ? napi->dev : NULL;
	skb_track_for(skb, skb->dev);
	return skb;
}

/*
 * One block for the next of @bytes, of 2^order pages at most. When there is none of that size, a
 * smaller one does as long as @slots blocks of that are enough for the rest.
 */
static struct page *block_for(unsigned long bytes, unsigned int order, unsigned long slots,
			      gfp_t gfp)
{
	struct page *page;

	while (order && (PAGE_SIZE << (order - 1)) >= bytes)
		order--;
	for (;;) {
		page = alloc_pages(gfp, order);
		if (page || !order || bytes > slots * (PAGE_SIZE << (order - 1)))
			return page;
		order--;
	}
}

struct sk_buff *alloc_skb_with_frags(unsigned long header_len, unsigned long data_len, int order,
				     int *errcode, gfp_t gfp)
{
	struct sk_buff *skb;
	int i;

	*errcode = -EMSGSIZE;
	if (order < 0 || order > PAGE_ALLOC_COSTLY_ORDER || header_len > SKB_MAX_SIZE ||
	    data_len > MAX_SKB_FRAGS * (PAGE_SIZE << order))
		return NULL;
	*errcode = -ENOBUFS;
	skb = alloc_skb((unsigned int)header_len, gfp);
	if (!skb)
		return NULL;
	skb_track_alloc(skb, __builtin_return_address(0));
	for (i = 0; data_len; i++) {
		struct page *page = block_for(data_len, (unsigned int)order,
					      (unsigned long)(MAX_SKB_FRAGS - i), gfp);
		unsigned long chunk;

		if (!page) {
			kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
			return NULL;
		}
		chunk = min(data_len, page_size(page));
		skb_fill_page_desc(skb, i, page, 0, (int)chunk);
		skb->truesize += (unsigned int)page_size(page);
		data_len -= chunk;
	}
	*errcode = 0;
	return skb;
}
