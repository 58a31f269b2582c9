// SPDX-License-Identifier: BSD-2-Clause
/* Pages and page fragments, from the same pools as data blocks. */
#include <skiff/fault.h>
#include <skiff/skbuff.h>

#include "skb/poison.h"
#include "skb/pool.h"

#define FRAG_BLOCK_ORDER 3
#define FRAG_BLOCK_SIZE (PAGE_SIZE << FRAG_BLOCK_ORDER)

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (order >= SKB_NR_PAGE_ORDERS || should_fail_alloc())
		return NULL;
	page = skb_cache_get(SKB_KIND_BARE(SKB_CLASS_PAGE_0 + order));
	if (unlikely(!page))
		return NULL;
	atomic_set(&page->_refcount, 1);
	skb_unpoison(page->addr, page->size);
	if (gfp & __GFP_ZERO)
		memset(page->addr, 0, page->size);
	return page;
}

/*
 * References for all fragments that may be cut from a block are taken in advance and counted
 * down in pagecnt_bias, so that cutting one is not an atomic operation.
 */
static bool frag_refill(struct page_frag_cache *nc, gfp_t gfp)
{
	struct page *page;

	page = nc->va ? virt_to_page(nc->va) : NULL;
	if (page && page_ref_sub_and_test(page, (int)nc->pagecnt_bias)) {
		atomic_set(&page->_refcount, 1); /* all fragments came back: use it again */
	} else {
		nc->va = NULL;
		page = alloc_pages(gfp, FRAG_BLOCK_ORDER);
		if (!page)
			return false;
		nc->va = page_address(page);
	}
	page_ref_add(page, (int)FRAG_BLOCK_SIZE);
	nc->pagecnt_bias = (unsigned int)FRAG_BLOCK_SIZE + 1;
	nc->offset = (unsigned int)FRAG_BLOCK_SIZE;
	return true;
}

void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int fragsz, gfp_t gfp,
			    unsigned int align_mask)
{
	if (!fragsz || fragsz > FRAG_BLOCK_SIZE)
		return NULL;
	if ((!nc->va || nc->offset < fragsz || nc->pagecnt_bias <= 1) && !frag_refill(nc, gfp))
		return NULL;
	/* Blocks are aligned to their size, so an aligned offset is an aligned address. */
	nc->offset = (nc->offset - fragsz) & align_mask;
	nc->pagecnt_bias--;
	return (unsigned char *)nc->va + nc->offset;
}

void page_frag_free(void *addr)
{
	struct page *page = virt_to_page(addr);

	if (unlikely(!page))
		skiff_panic("page_frag_free(%p): not in any registered region", addr);
	put_page(page);
}

void page_frag_cache_drain(struct page_frag_cache *nc)
{
	struct page *page;

	if (!nc->va)
		return;
	page = virt_to_page(nc->va);
	nc->va = NULL;
	if (page_ref_sub_and_test(page, (int)nc->pagecnt_bias))
		__put_page(page);
}

static void *thread_frag(unsigned int fragsz, unsigned int align_mask)
{
	struct page_frag_cache *nc = skb_thread_frags();

	return nc ? page_frag_alloc_align(nc, fragsz, GFP_ATOMIC, align_mask) : NULL;
}

void *__netdev_alloc_frag_align(unsigned int fragsz, unsigned int align_mask)
{
	return thread_frag(SKB_DATA_ALIGN(fragsz), align_mask);
}

void *__napi_alloc_frag_align(unsigned int fragsz, unsigned int align_mask)
{
	return thread_frag(SKB_DATA_ALIGN(fragsz), align_mask);
}
