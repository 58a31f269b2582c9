/* SPDX-License-Identifier: BSD-2-Clause */
/* struct page: the reference count of one block of packet memory, found from its address. */
#ifndef SKIFF_MM_H
#define SKIFF_MM_H

#include <skiff/atomic.h>
#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x) ALIGN(x, PAGE_SIZE)
#define PAGE_ALLOC_COSTLY_ORDER 3
#define offset_in_page(p) ((unsigned long)(uintptr_t)(p) & ~PAGE_MASK)
#define page_to_nid(p) NUMA_NO_NODE
#define numa_mem_id() NUMA_NO_NODE

struct skb_region;

/**
 * struct page - one block of memory that fragments may refer to
 * @_refcount: holders; the block goes back to its region when it reaches 0
 * @size: bytes of the block (a page, a compound page, or the data block of an sk_buff)
 * @addr: first byte of the block
 * @region: the memory it belongs to, which knows how to take it back
 * @private_data: for whoever holds the block
 *
 * What Linux calls a compound page is one block with one struct page here, so an offset may
 * exceed PAGE_SIZE and page_address(page) + offset is always right.
 */
struct page {
	atomic_t _refcount;
	unsigned int size;
	void *addr;
	struct skb_region *region;
	unsigned long private_data;
};

/**
 * struct skb_region - packet memory that is registered with its page structures
 * @base: first byte, aligned to SKB_REGION_ALIGN
 * @size: bytes, a multiple of SKB_REGION_ALIGN
 * @block_size: bytes per block; block i starts at @base + i * @block_size
 * @nr_blocks: number of blocks
 * @pages: one structure per block
 * @release: takes a block back whose last reference is gone; any thread
 * @priv: for @release
 * @block_inverse: skb_region_register() sets it
 */
struct skb_region {
	unsigned char *base;
	size_t size;
	unsigned int block_size;
	unsigned int nr_blocks;
	struct page *pages;
	void (*release)(struct skb_region *region, struct page *page);
	void *priv;
	__u64 block_inverse;
};

#define SKB_REGION_SHIFT 21
#define SKB_REGION_ALIGN (1UL << SKB_REGION_SHIFT)

/**
 * skb_region_register() - make memory known, so that its blocks can be fragments
 * @region: filled in by the caller, who keeps owning it; must stay valid until unregistered
 *
 * For memory that a driver shares with its device (a UMEM, a pool of another library).
 * Any thread. Return: 0, -EINVAL for wrong alignment or sizes, -EEXIST when part of the range
 * is registered already, -ENOMEM.
 */
SKIFF_API int skb_region_register(struct skb_region *region);

/**
 * skb_region_unregister() - forget memory that skb_region_register() made known
 * @region: the region; no block of it may be referenced any more
 *
 * Any thread.
 */
SKIFF_API void skb_region_unregister(struct skb_region *region);

/**
 * virt_to_page() - the page structure of the block that contains an address
 * @addr: any address
 *
 * Two loads and a division. Any thread. Return: NULL when @addr is in no region.
 */
SKIFF_API struct page *virt_to_page(const void *addr);

static inline struct page *virt_to_head_page(const void *addr)
{
	return virt_to_page(addr);
}

/**
 * alloc_pages() - allocate 2^order pages as one block with one reference
 * @gfp: GFP_ATOMIC, GFP_KERNEL, with __GFP_ZERO cleared
 * @order: 0 to 4
 *
 * Any thread. The caller owns the reference and gives it back with put_page().
 * Return: NULL when memory ended or @order is out of range.
 */
SKIFF_API struct page *alloc_pages(gfp_t gfp, unsigned int order);

/* The last reference is gone: back to the region. Called by put_page() only. */
SKIFF_API void __put_page(struct page *page);

static inline struct page *alloc_page(gfp_t gfp)
{
	return alloc_pages(gfp, 0);
}

static inline void *page_address(const struct page *page)
{
	return page->addr;
}

static inline int page_ref_count(const struct page *page)
{
	return atomic_read_acquire(&page->_refcount);
}

static inline void page_ref_add(struct page *page, int nr)
{
	atomic_add(nr, &page->_refcount);
}

static inline bool page_ref_sub_and_test(struct page *page, int nr)
{
	return atomic_sub_and_test(nr, &page->_refcount);
}

static inline void get_page(struct page *page)
{
	page_ref_add(page, 1);
}

static inline void put_page(struct page *page)
{
	/* Nobody but us: no need for a locked operation to find out. */
	if (page_ref_count(page) == 1) {
		atomic_set(&page->_refcount, 0);
		__put_page(page);
	} else if (atomic_dec_and_test(&page->_refcount)) {
		__put_page(page);
	}
}

static inline void __free_pages(struct page *page, unsigned int order)
{
	(void)order;
	put_page(page);
}

static inline void __free_page(struct page *page)
{
	put_page(page);
}

static inline unsigned long page_size(const struct page *page)
{
	return page->size;
}

static inline struct page *compound_head(struct page *page)
{
	return page;
}

static inline void *kmap_local_page(struct page *page)
{
	return page_address(page);
}

static inline void kunmap_local(const void *addr)
{
	(void)addr;
}

static inline bool page_is_pfmemalloc(const struct page *page)
{
	(void)page;
	return false;
}

/**
 * struct page_frag_cache - cuts small fragments from one block after the other
 * @va: current block or NULL
 * @offset: bytes still free below it
 * @pagecnt_bias: references taken in advance, not yet given out
 *
 * One thread at a time. page_frag_cache_drain() before it goes.
 */
struct page_frag_cache {
	void *va;
	unsigned int offset;
	unsigned int pagecnt_bias;
};

/**
 * page_frag_alloc_align() - cut a fragment
 * @nc: the cache, owned by the calling thread
 * @fragsz: bytes, 1 to 32,768
 * @gfp: allocation flags
 * @align_mask: ~0u, or ~(alignment - 1)
 *
 * The caller owns one reference to the block and frees it with page_frag_free().
 * Return: NULL when memory ended or @fragsz is out of range.
 */
SKIFF_API void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int fragsz, gfp_t gfp,
				      unsigned int align_mask);

/**
 * page_frag_free() - give back a fragment's reference to its block
 * @addr: any address inside the fragment
 *
 * Any thread.
 */
SKIFF_API void page_frag_free(void *addr);

/**
 * page_frag_cache_drain() - give back the block that a cache still holds
 * @nc: the cache, owned by the calling thread
 */
SKIFF_API void page_frag_cache_drain(struct page_frag_cache *nc);

static inline void *page_frag_alloc(struct page_frag_cache *nc, unsigned int fragsz, gfp_t gfp)
{
	return page_frag_alloc_align(nc, fragsz, gfp, ~0u);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_MM_H */
