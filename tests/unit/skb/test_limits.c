// SPDX-License-Identifier: BSD-2-Clause
/* Memory that ends: the limit holds, allocation fails cleanly, and all of it comes back. */
#include <unistd.h>

#include "shape.h"

#define MB (1UL << 20)
#define LIMIT (32 * MB)

static const unsigned int rooms[] = { 384, 2240, 3776, 9920, 18112, 36544, 69312 };

/* Everything idle goes back, so that each test starts from nothing. */
static int limits_setup(void **state)
{
	skb_pool_trim();
	assert_int_equal(skb_mem_bytes(), 0);
	assert_int_equal(skb_mem_step_set(2 * MB), 0);
	assert_int_equal(skb_mem_limit_set(LIMIT), 0);
	return shape_setup(state);
}

static int limits_teardown(void **state)
{
	shape_teardown(state);
	skb_pool_trim();
	assert_int_equal(skb_mem_bytes(), 0);
	return skb_mem_limit_set(0);
}

/* Buffers until there are no more, linked by next. */
static struct sk_buff *exhaust(unsigned int size, size_t *n)
{
	struct sk_buff *all = NULL, *skb;

	*n = 0;
	while ((skb = alloc_skb(size, GFP_ATOMIC))) {
		skb->next = all;
		all = skb;
		++*n;
		assert_true(skb_mem_bytes() <= skb_mem_limit());
	}
	return all;
}

static void test_parameters(void **state)
{
	size_t limit;

	assert_int_equal(skb_mem_limit_set(1), -EINVAL);
	assert_int_equal(skb_mem_limit_set(2 * MB - 1), -EINVAL);
	assert_int_equal(skb_mem_limit(), LIMIT);
	assert_int_equal(skb_mem_limit_set(2 * MB), 0);
	assert_int_equal(skb_mem_limit_set(SIZE_MAX), 0);
	assert_int_equal(skb_mem_limit(), SIZE_MAX);
	assert_int_equal(skb_mem_limit_set(0), 0);
	limit = skb_mem_limit();
	assert_true(limit >= 16 * MB && limit < SIZE_MAX);
	/* The memory may be more than there are addresses for. */
	assert_int_equal(
		limit,
		min((u64)sysconf(_SC_PHYS_PAGES) * (u64)sysconf(_SC_PAGESIZE), (u64)SIZE_MAX) / 4);
	assert_int_equal(skb_mem_step_set(0), -EINVAL);
	assert_int_equal(skb_mem_step_set(MB), -EINVAL);
	assert_int_equal(skb_mem_step_set(3 * MB), -EINVAL);
	assert_int_equal(skb_mem_step_set(SIZE_MAX & ~(2 * MB - 1)), -EINVAL);
	assert_int_equal(skb_mem_step_set((1UL << 30) + 2 * MB), -EINVAL);
	assert_int_equal(skb_mem_step_set(1UL << 30), 0);
	assert_int_equal(skb_mem_step_set(2 * MB), 0);
}

/* A step that is larger than what the limit leaves takes what is left. */
static void test_step_beyond_limit(void **state)
{
	struct sk_buff *skb;

	assert_int_equal(skb_mem_step_set(64 * MB), 0);
	skb = alloc_skb(100, GFP_ATOMIC);
	assert_non_null(skb);
	assert_int_equal(skb_mem_bytes(), LIMIT);
	kfree_skb(skb);
}

/* Each class can have all the memory, one after the other. */
static void test_exhaust(void **state)
{
	unsigned int i, round;
	size_t n, first[ARRAY_SIZE(rooms)];

	for (round = 0; round < 2; round++)
		for (i = 0; i < ARRAY_SIZE(rooms); i++) {
			struct sk_buff *all = exhaust(rooms[i], &n);

			assert_true(n * all->truesize > LIMIT / 4 * 3);
			assert_null(alloc_skb(rooms[i], GFP_ATOMIC));
			assert_true(skb_mem_bytes() > LIMIT - 2 * MB);
			kfree_skb_list(all);
			/* Once all was there, all of it is there again. */
			if (round)
				assert_int_equal(n, first[i]);
			first[i] = n;
		}
}

/* The same within one class and without end: what fails is counted on to work after one free. */
static void test_one_free_is_enough(void **state)
{
	struct sk_buff *all, *skb;
	size_t n;
	int i;

	all = exhaust(2000, &n);
	for (i = 0; i < 100; i++) {
		skb = all;
		all = skb->next;
		kfree_skb(skb);
		skb = alloc_skb(2000, GFP_ATOMIC);
		assert_non_null(skb);
		assert_null(alloc_skb(2000, GFP_ATOMIC));
		skb->next = all;
		all = skb;
	}
	kfree_skb_list(all);
}

/*
 * What is free lies in pairs, scattered over chunks that are also in use. The halves have to be
 * found all the same: data blocks for new linear parts, control structures for clones.
 */
static void test_halves_of_pairs(void **state)
{
	struct sk_buff *all, *skb, *kept = NULL, **slot, *clones = NULL;
	size_t n, i, freed = 0;

	all = exhaust(2000, &n);
	for (i = 0; all; i++) {
		skb = all;
		all = skb->next;
		if (i % 4) {
			skb->next = kept;
			kept = skb;
		} else {
			kfree_skb(skb);
			freed++;
		}
	}
	assert_true(freed > 1000);
	for (i = 0; i < freed / 2; i++) {
		skb = skb_clone(kept, GFP_ATOMIC);
		assert_non_null(skb);
		skb->next = clones;
		clones = skb;
	}
	slot = &kept;
	for (i = 0; i < freed / 2; i++) {
		assert_int_equal(pskb_expand_head(*slot, 0, 0, GFP_ATOMIC), 0);
		slot = &(*slot)->next;
	}
	kfree_skb_list(clones);
	kfree_skb_list(kept);
}

/* What the pools hold idle is there for buffers larger than every pool, and the other way round. */
static void test_huge_from_pools(void **state)
{
	struct sk_buff *all, *skb;
	size_t n, huge;

	all = exhaust(SKB_MAX_SIZE, &huge);
	assert_int_equal(huge, 7);
	kfree_skb_list(all);
	assert_true(skb_mem_bytes() <= 2 * MB); /* the control structures */
	all = exhaust(2000, &n);
	assert_null(alloc_skb(SKB_MAX_SIZE, GFP_ATOMIC));
	kfree_skb_list(all);
	all = exhaust(SKB_MAX_SIZE, &n);
	/* One chunk may be pinned by control structures. */
	assert_true(n >= huge - 1);
	kfree_skb_list(all);
	skb = alloc_skb(100000, GFP_ATOMIC);
	assert_non_null(skb);
	assert_null(skb_copy_expand(skb, 1, SKB_MAX_SIZE, GFP_ATOMIC));
	kfree_skb(skb);
}

static void test_pages(void **state)
{
	struct page *page, *all = NULL;
	struct sk_buff *skb;
	unsigned int order;
	size_t n;

	for (order = 0; order <= 4; order++) {
		for (n = 0; (page = alloc_pages(GFP_ATOMIC, order)); n++) {
			page->private_data = (unsigned long)all;
			all = page;
		}
		assert_int_equal(n, LIMIT / (PAGE_SIZE << order));
		assert_null(alloc_skb(0, GFP_ATOMIC));
		assert_null(alloc_skb(SKB_MAX_SIZE, GFP_ATOMIC));
		assert_null(netdev_alloc_frag(100));
		while ((page = all)) {
			all = (struct page *)page->private_data;
			put_page(page);
		}
	}
	skb = alloc_skb(0, GFP_ATOMIC);
	assert_non_null(skb);
	kfree_skb(skb);
}

/* Large blocks ended, small ones serve as long as they suffice. */
static void test_frags_of_smaller_blocks(void **state)
{
	struct page *page, *all = NULL;
	struct sk_buff *skb, *keep;
	int err;

	/* One of each keeps its chunk in its class. */
	page = alloc_pages(GFP_ATOMIC, 0);
	keep = alloc_skb(100, GFP_ATOMIC);
	all = alloc_pages(GFP_ATOMIC, 4);
	all->private_data = 0;
	for (;;) {
		struct page *big = alloc_pages(GFP_ATOMIC, 4);

		if (!big)
			break;
		big->private_data = (unsigned long)all;
		all = big;
	}
	skb = alloc_skb_with_frags(100, 60000, 3, &err, GFP_ATOMIC);
	assert_non_null(skb);
	assert_int_equal(err, 0);
	assert_int_equal(skb_shinfo(skb)->nr_frags, 15);
	assert_int_equal(__skb_pagelen(skb), 60000);
	assert_true(skb->truesize >= 61440 + SKB_TRUESIZE(100));
	assert_null(alloc_skb_with_frags(100, MAX_SKB_FRAGS * PAGE_SIZE + 1, 3, &err, GFP_ATOMIC));
	assert_int_equal(err, -ENOBUFS);
	kfree_skb(skb);
	kfree_skb(keep);
	put_page(page);
	while ((page = all)) {
		all = (struct page *)page->private_data;
		put_page(page);
	}
}

/* A limit below what is in use: nothing new, and what comes back goes to the system. */
static void test_lowered(void **state)
{
	struct sk_buff *all, *skb;
	size_t n;

	all = exhaust(2000, &n);
	assert_int_equal(skb_mem_limit_set(4 * MB), 0);
	assert_true(skb_mem_bytes() > 16 * MB);
	assert_null(alloc_skb(2000, GFP_ATOMIC));
	kfree_skb_list(all);
	/* Another class has to come by with the new limit. */
	all = exhaust(9000, &n);
	assert_true(n > 0);
	assert_true(skb_mem_bytes() <= 4 * MB);
	kfree_skb_list(all);
	assert_int_equal(skb_mem_limit_set(LIMIT), 0);
	skb = alloc_skb(100000, GFP_ATOMIC);
	assert_non_null(skb);
	kfree_skb(skb);
}

/* 256 MB in all, with buffers of every kind at once: what is in use at most fits three times. */
static void test_256_mb(void **state)
{
	static const unsigned int sizes[] = { 64, 1500, 1500, 1500, 9000, 30000, 66000, 200000 };
	static struct sk_buff *window[4000];
	size_t i;

	assert_int_equal(skb_mem_limit_set(256 * MB), 0);
	assert_int_equal(skb_mem_step_set(8 * MB), 0);
	for (i = 0; i < 200000; i++) {
		struct sk_buff **slot = &window[below(ARRAY_SIZE(window))];

		kfree_skb(*slot);
		*slot = NULL;
		if (below(3) && window[i % 100])
			*slot = skb_clone(window[i % 100], GFP_ATOMIC);
		else
			*slot = alloc_skb(sizes[below(ARRAY_SIZE(sizes))], GFP_ATOMIC);
		assert_non_null(*slot);
	}
	assert_true(skb_mem_bytes() <= 256 * MB);
	for (i = 0; i < ARRAY_SIZE(window); i++)
		kfree_skb(window[i]);
}

static void test_account(void **state)
{
	struct skb_mem_account account = { .limit = 1000 };

	assert_true(skb_mem_charge(&account, 1000));
	assert_false(skb_mem_charge(&account, 1));
	assert_int_equal(account.failures, 1);
	assert_int_equal(atomic_long_read(&account.used), 1000);
	skb_mem_uncharge(&account, 1);
	assert_true(skb_mem_charge(&account, 1));
	account.limit = 0;
	assert_true(skb_mem_charge(&account, __LONG_MAX__ / 2));
}

#define LIMITS_TEST(fn) cmocka_unit_test_setup_teardown(fn, limits_setup, limits_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIMITS_TEST(test_parameters),	   LIMITS_TEST(test_step_beyond_limit),
		LIMITS_TEST(test_exhaust),	   LIMITS_TEST(test_one_free_is_enough),
		LIMITS_TEST(test_halves_of_pairs), LIMITS_TEST(test_huge_from_pools),
		LIMITS_TEST(test_pages),	   LIMITS_TEST(test_frags_of_smaller_blocks),
		LIMITS_TEST(test_lowered),	   LIMITS_TEST(test_256_mb),
		LIMITS_TEST(test_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
