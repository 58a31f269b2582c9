// SPDX-License-Identifier: BSD-2-Clause
/* Pages, fragments cut from them, and memory of others that is registered as a region. */
#include <limits.h>
#include <sys/mman.h>

#include "shape.h"

static void test_orders(void **state)
{
	unsigned int order;

	for (order = 0; order <= 4; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
		unsigned char *p = (unsigned char *)page_address(page);
		unsigned long size = PAGE_SIZE << order, i;

		assert_int_equal(page_size(page), size);
		assert_int_equal(page_ref_count(page), 1);
		assert_int_equal((uintptr_t)p % size, 0);
		for (i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
		assert_ptr_equal(virt_to_page(p), page);
		assert_ptr_equal(virt_to_page(p + size - 1), page);
		assert_ptr_not_equal(virt_to_page(p + size), page);
		get_page(page);
		put_page(page);
		__free_pages(page, order);
	}
	assert_null(alloc_pages(GFP_KERNEL, 5));
	assert_null(alloc_pages(GFP_KERNEL, UINT_MAX));
	assert_null(dev_alloc_pages(31));
	__free_page(dev_alloc_page());
}

static void test_strangers(void **state)
{
	static char here;
	char *heap = (char *)malloc(1);
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	assert_null(virt_to_page(NULL));
	assert_null(virt_to_page(&here));
	assert_null(virt_to_page(&heap));
	assert_null(virt_to_page(heap));
	assert_null(virt_to_page((void *)UINTPTR_MAX));
	assert_null(virt_to_page((void *)(uintptr_t)(1ULL << 47)));
	assert_null(virt_to_page((void *)(uintptr_t)(1ULL << 48)));
	/* Control structures are no packet memory. */
	assert_null(virt_to_page(skb));
	assert_ptr_equal(virt_to_page(skb->head), virt_to_page(skb_end_pointer(skb)));
	kfree_skb(skb);
	free(heap);
}

#define SIZE (2 * SKB_REGION_ALIGN)
#define BLOCK 5000u
#define NR 800u

static struct page pages[NR];
static unsigned int released;
static struct page *last_released;

static void release(struct skb_region *region, struct page *page)
{
	assert_ptr_equal(region->priv, &released);
	assert_int_equal(page_ref_count(page), 0);
	released++;
	last_released = page;
}

static unsigned char *map_aligned(size_t size)
{
	unsigned char *raw = (unsigned char *)mmap(NULL, size + SKB_REGION_ALIGN,
						   PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(raw != MAP_FAILED);
	return (unsigned char *)ALIGN((uintptr_t)raw, SKB_REGION_ALIGN);
}

static void test_region(void **state)
{
	unsigned char *base = map_aligned(SIZE);
	struct skb_region region = { .base = base,
				     .size = SIZE,
				     .block_size = BLOCK,
				     .nr_blocks = NR,
				     .pages = pages,
				     .release = release,
				     .priv = &released };
	struct skb_region other;
	struct sk_buff *skb;

	assert_int_equal(skb_region_register(&region), 0);
	assert_ptr_equal(virt_to_page(base), &pages[0]);
	assert_ptr_equal(virt_to_page(base + BLOCK - 1), &pages[0]);
	assert_ptr_equal(virt_to_page(base + BLOCK), &pages[1]);
	assert_ptr_equal(virt_to_page(base + NR * BLOCK - 1), &pages[NR - 1]);
	assert_null(virt_to_page(base + NR * BLOCK)); /* the rest that is no block */
	assert_null(virt_to_page(base + SIZE));

	/* Fragments in it, and a linear part. */
	released = 0;
	skb = alloc_skb(100, GFP_KERNEL);
	atomic_set(&pages[3]._refcount, 1);
	skb_fill_page_desc(skb, 0, &pages[3], 10, 200);
	skb_len_add(skb, 200);
	get_page(&pages[3]);
	kfree_skb(skb);
	assert_int_equal(released, 0);
	put_page(&pages[3]);
	assert_int_equal(released, 1);
	assert_ptr_equal(last_released, &pages[3]);
	atomic_set(&pages[5]._refcount, 1);
	skb = build_skb(pages[5].addr, BLOCK);
	assert_int_equal(skb_tailroom(skb),
			 (BLOCK & ~63u) - SKB_DATA_ALIGN(sizeof(struct skb_shared_info)));
	kfree_skb(skb);
	assert_ptr_equal(last_released, &pages[5]);
	assert_int_equal(released, 2);

	/* No second one in the same place; the attempt leaves the first one as it is. */
	other = region;
	assert_int_equal(skb_region_register(&other), -EEXIST);
	other.base += SKB_REGION_ALIGN;
	other.size = SKB_REGION_ALIGN;
	other.nr_blocks = 1;
	assert_int_equal(skb_region_register(&other), -EEXIST);
	skb_region_unregister(&other);
	assert_non_null(virt_to_page(base + SKB_REGION_ALIGN));
	skb_region_unregister(&region);
	assert_null(virt_to_page(base));
	assert_null(virt_to_page(base + SKB_REGION_ALIGN));
	skb_region_unregister(&region);
	skb_region_unregister(NULL);
	munmap(base, SIZE);
}

/* An address is of the block that a division would find, at both ends of each. */
static void test_block_sizes(void **state)
{
	static const unsigned int sizes[] = { 1,     3,	     64,     2560,   5242,    65535,
					      65537, 131071, 262144, 262145, 1u << 21 };
	unsigned char *base = map_aligned(SIZE);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int n = (unsigned int)min((size_t)NR, SIZE / sizes[i]), block;
		struct skb_region region = { .base = base,
					     .size = SIZE,
					     .block_size = sizes[i],
					     .nr_blocks = n,
					     .pages = pages,
					     .release = release };

		assert_int_equal(skb_region_register(&region), 0);
		for (block = 0; block < n; block++) {
			unsigned char *first = base + (size_t)block * sizes[i];

			assert_ptr_equal(virt_to_page(first), &pages[block]);
			assert_ptr_equal(virt_to_page(first + sizes[i] - 1), &pages[block]);
		}
		assert_null(virt_to_page(base + (size_t)n * sizes[i]));
		skb_region_unregister(&region);
	}
	munmap(base, SIZE);
}

static void test_bad_regions(void **state)
{
	const struct skb_region good = { .base = (unsigned char *)(SKB_REGION_ALIGN * 5),
					 .size = SIZE,
					 .block_size = BLOCK,
					 .nr_blocks = NR,
					 .pages = pages,
					 .release = release };
	struct skb_region r;

#define BAD(change)                                                 \
	do {                                                        \
		r = good;                                           \
		change;                                             \
		assert_int_equal(skb_region_register(&r), -EINVAL); \
	} while (0)
	assert_int_equal(skb_region_register(NULL), -EINVAL);
	BAD(r.base = NULL);
	BAD(r.base += 4096);
	BAD(r.size = 0);
	BAD(r.size += 4096);
	BAD(r.size = SIZE_MAX & ~(SKB_REGION_ALIGN - 1));
#if BITS_PER_LONG == 64
	BAD(r.size = 1UL << 62);
	BAD(r.base = (unsigned char *)(1UL << 60));
#endif
	BAD(r.block_size = 0);
	BAD(r.nr_blocks = 0);
	BAD(r.nr_blocks = SIZE / BLOCK + 1);
	BAD(r.nr_blocks = UINT_MAX);
	BAD(r.pages = NULL);
	BAD(r.release = NULL);
#undef BAD
}

static void test_frag_cache(void **state)
{
	struct page_frag_cache nc = { 0 };
	unsigned char *frag[200], *first;
	unsigned int i, round;

	assert_null(page_frag_alloc(&nc, 0, GFP_KERNEL));
	assert_null(page_frag_alloc(&nc, 32769, GFP_KERNEL));
	assert_null(page_frag_alloc(&nc, UINT_MAX, GFP_KERNEL));
	page_frag_cache_drain(&nc); /* nothing there yet */

	/* Random sizes, freed in another order: no two overlap, and nothing is left. */
	for (round = 0; round < 50; round++) {
		unsigned int size[200];

		for (i = 0; i < 200; i++) {
			size[i] = 1 + below(below(4) ? 700 : 32768);
			frag[i] = (unsigned char *)page_frag_alloc(&nc, size[i], GFP_KERNEL);
			memset(frag[i], (int)i, size[i]);
		}
		for (i = 0; i < 200; i++) {
			unsigned int k = (i * 37 + round) % 200;

			assert_int_equal(frag[k][0], (unsigned char)k);
			assert_int_equal(frag[k][size[k] - 1], (unsigned char)k);
			page_frag_free(frag[k] + below(size[k]));
		}
	}
	/* All came back: the block is used again, from its end. */
	page_frag_cache_drain(&nc);
	first = (unsigned char *)page_frag_alloc(&nc, 32768, GFP_KERNEL);
	page_frag_free(first);
	for (i = 0; i < 100; i++) {
		frag[0] = (unsigned char *)page_frag_alloc(&nc, 32768, GFP_KERNEL);
		assert_ptr_equal(frag[0], first);
		page_frag_free(frag[0]);
	}
	/* The smallest: as many as there are bytes, and the block lives as long as one of them. */
	page_frag_cache_drain(&nc);
	first = (unsigned char *)page_frag_alloc(&nc, 1, GFP_KERNEL);
	for (i = 1; i < 32768; i++)
		assert_ptr_equal(page_frag_alloc(&nc, 1, GFP_KERNEL), first - i);
	assert_ptr_not_equal(virt_to_page(page_frag_alloc(&nc, 1, GFP_KERNEL)),
			     virt_to_page(first));
	page_frag_free(nc.va);
	page_frag_cache_drain(&nc);
	for (i = 0; i < 32768; i++) {
		assert_int_equal(page_ref_count(virt_to_page(first)), 32768 - i);
		page_frag_free(first - i);
	}
}

static void test_alignment(void **state)
{
	struct page_frag_cache nc = { 0 };
	unsigned int shift, i;
	void *p;

	for (shift = 0; shift <= 15; shift++)
		for (i = 0; i < 20; i++) {
			p = page_frag_alloc_align(&nc, 1 + below(300), GFP_KERNEL, -(1u << shift));
			assert_int_equal((uintptr_t)p % (1u << shift), 0);
			page_frag_free(p);
		}
	page_frag_cache_drain(&nc);
	p = netdev_alloc_frag_align(100, 4096);
	assert_int_equal((uintptr_t)p % 4096, 0);
	skb_free_frag(p);
	p = napi_alloc_frag_align(100, 512);
	assert_int_equal((uintptr_t)p % 512, 0);
	skb_free_frag(p);
	p = napi_alloc_frag(1);
	assert_int_equal((uintptr_t)p % SMP_CACHE_BYTES, 0);
	skb_free_frag(p);
	assert_null(netdev_alloc_frag(UINT_MAX));
	assert_null(napi_alloc_frag(UINT_MAX - 100));
	assert_null(netdev_alloc_frag(32769));
	skb_pool_trim();
}

static void test_faults(void **state)
{
	struct page_frag_cache nc = { 0 };
	void *p;

	if (skiff_fail_nth(0))
		skip();
	fault_arm(1);
	assert_null(alloc_pages(GFP_KERNEL, 0));
	fault_arm(1);
	assert_null(page_frag_alloc(&nc, 100, GFP_KERNEL));
	p = page_frag_alloc(&nc, 30000, GFP_KERNEL);
	fault_arm(1);
	assert_null(page_frag_alloc(&nc, 30000, GFP_KERNEL));
	page_frag_free(p);
	page_frag_cache_drain(&nc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_orders),      SHAPE_TEST(test_strangers),
		SHAPE_TEST(test_region),      SHAPE_TEST(test_block_sizes),
		SHAPE_TEST(test_bad_regions), SHAPE_TEST(test_frag_cache),
		SHAPE_TEST(test_alignment),   SHAPE_TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
