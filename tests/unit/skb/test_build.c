// SPDX-License-Identifier: BSD-2-Clause
/* Buffers around memory that a driver has, and buffers with room in fragments. */
#include <limits.h>

#include <skiff/netdevice.h>
#include <skiff/slab.h>

#include "shape.h"

#define INFO SKB_DATA_ALIGN(sizeof(struct skb_shared_info))

static void assert_built(const struct sk_buff *skb, const void *data, unsigned int room)
{
	assert_non_null(skb);
	assert_ptr_equal(skb->head, data);
	assert_ptr_equal(skb->data, data);
	assert_int_equal(skb->len, 0);
	assert_int_equal(skb_tailroom(skb), room);
	assert_int_equal(skb->truesize, SKB_TRUESIZE(room));
	assert_int_equal(atomic_read(&__skb_shinfo(skb)->dataref), 1);
	assert_int_equal(__skb_shinfo(skb)->nr_frags, 0);
	assert_null(__skb_shinfo(skb)->frag_list);
	assert_false(skb_mac_header_was_set(skb));
}

static void test_page_frag(void **state)
{
	unsigned int size;

	for (size = 0; size < 4000; size += 1 + below(200)) {
		unsigned char *data = (unsigned char *)netdev_alloc_frag(size ? size : 1);
		struct sk_buff *skb, *n;

		if (size)
			memset(data, 0xff, size);
		skb = size ? build_skb(data, size) : NULL;
		if (size < INFO) {
			assert_null(skb);
			skb_free_frag(data); /* still the caller's */
			continue;
		}
		assert_built(skb, data, (size & ~63u) - (unsigned int)INFO);
		memset(skb_put(skb, (unsigned int)skb_tailroom(skb)), 1, (size_t)skb_tailroom(skb));
		assert_int_equal(skb->head_frag, 1);
		n = skb_clone(skb, GFP_KERNEL);
		kfree_skb(skb);
		kfree_skb(n);
	}
	skb_pool_trim();
}

static void test_kmalloc(void **state)
{
	void *data = kmalloc(2048, GFP_KERNEL);
	struct sk_buff *skb = build_skb(data, 0), *copy;

	assert_built(skb, data, (unsigned int)((ksize(data) & ~63ul) - INFO));
	assert_int_equal(skb->head_frag, 0);
	skb_reserve(skb, 64);
	shape_bytes((unsigned char *)skb_put(skb, 1000), 1000);
	copy = skb_copy(skb, GFP_KERNEL);
	assert_memory_equal(copy->data, skb->data, 1000);
	kfree_skb(copy);
	/* A linear part of its own: the driver's memory goes at once. */
	copy = skb_clone(skb, GFP_KERNEL);
	assert_int_equal(pskb_expand_head(skb, 0, 0, GFP_KERNEL), 0);
	assert_memory_equal(copy->data, skb->data, 1000);
	kfree_skb(copy);
	assert_int_equal(skb_cow(skb, 500), 0);
	kfree_skb(skb);

	data = kmalloc(10, GFP_KERNEL);
	assert_null(build_skb(data, 0));
	kfree(data);
}

static void test_around(void **state)
{
	struct sk_buff *skb = alloc_skb_head(GFP_KERNEL);
	void *data = netdev_alloc_frag(2048);

	assert_null(build_skb_around(NULL, data, 2048));
	assert_null(build_skb_around(skb, NULL, 2048));
	assert_null(build_skb_around(skb, data, 10));
	assert_ptr_equal(build_skb_around(skb, data, 2048), skb);
	assert_built(skb, data, 2048 - (unsigned int)INFO);
	/* It has one now. */
	assert_null(build_skb_around(skb, data, 2048));
	kfree_skb(skb);
	data = netdev_alloc_frag(2048);
	skb = napi_build_skb(data, 2048);
	assert_built(skb, data, 2048 - (unsigned int)INFO);
	napi_consume_skb(skb, 64);
	skb_pool_trim();
}

static void test_bad(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	unsigned char *p = (unsigned char *)page_address(page);
	static unsigned char stranger[4096];

	assert_null(build_skb(NULL, 0));
	assert_null(build_skb(NULL, 4096));
	/* Not a block of any region, and not from kmalloc() either. */
	assert_null(build_skb(stranger, sizeof(stranger)));
	assert_null(build_skb(p, 0));
	/* More than the block has from there on. */
	assert_null(build_skb(p, 4096 + 64));
	assert_null(build_skb(p + 64, 4096));
	assert_null(build_skb(p, INT_MAX));
	assert_null(build_skb(p, UINT_MAX));
	assert_null(build_skb(p + 1, 2048));
	assert_int_equal(page_ref_count(page), 1);
	put_page(page);
}

static void test_napi_device(void **state)
{
	struct net_device *dev = (struct net_device *)&state;
	struct napi_struct napi;
	struct sk_buff *skb;

	memset(&napi, 0, sizeof(napi));
	napi.dev = dev;
	skb = napi_alloc_skb(&napi, 128);
	assert_ptr_equal(skb->dev, dev);
	assert_int_equal(skb_headroom(skb), NET_SKB_PAD + NET_IP_ALIGN);
	kfree_skb(skb);
}

static void test_with_frags(void **state)
{
	static const unsigned long bytes[] = { 0, 1, 4095, 4096, 4097, 60000, 69632 };
	unsigned int i, truesize;
	int order, err;

	for (order = 0; order <= PAGE_ALLOC_COSTLY_ORDER; order++)
		for (i = 0; i < ARRAY_SIZE(bytes); i++) {
			struct sk_buff *skb =
				alloc_skb_with_frags(200, bytes[i], order, &err, GFP_KERNEL);
			struct skb_shared_info *shinfo;
			int k;

			assert_non_null(skb);
			assert_int_equal(err, 0);
			/* As Linux: room, no data yet; a driver reserves headroom now. */
			assert_int_equal(skb->len, 0);
			assert_int_equal(skb->data_len, 0);
			skb_reserve(skb, 50);
			skb_put(skb, 100);
			assert_int_equal(__skb_pagelen(skb), bytes[i]);
			shinfo = skb_shinfo(skb);
			truesize = SKB_TRUESIZE(skb_end_offset(skb));
			for (k = 0; k < shinfo->nr_frags; k++)
				truesize +=
					(unsigned int)page_size(skb_frag_page(&shinfo->frags[k]));
			assert_int_equal(skb->truesize, truesize);
			skb->data_len = (unsigned int)bytes[i];
			skb->len += skb->data_len;
			assert_int_equal(skb_linearize(skb), 0);
			kfree_skb(skb);
		}
}

static void test_with_frags_bad(void **state)
{
	int err = 1;

	assert_null(alloc_skb_with_frags(0, 69633, 0, &err, GFP_KERNEL));
	assert_int_equal(err, -EMSGSIZE);
	err = 1;
	assert_null(alloc_skb_with_frags(0, ULONG_MAX, 3, &err, GFP_KERNEL));
	assert_int_equal(err, -EMSGSIZE);
	err = 1;
	assert_null(alloc_skb_with_frags(ULONG_MAX, 0, 0, &err, GFP_KERNEL));
	assert_int_equal(err, -EMSGSIZE);
	err = 1;
	assert_null(alloc_skb_with_frags(0, 10, -1, &err, GFP_KERNEL));
	assert_int_equal(err, -EMSGSIZE);
	assert_null(alloc_skb_with_frags(0, 10, 31, &err, GFP_KERNEL));
}

static void test_faults(void **state)
{
	struct sk_buff *skb;
	int err;
	void *data;
	long n;

	if (skiff_fail_nth(0))
		skip();
	data = netdev_alloc_frag(2048);
	fault_arm(1);
	assert_null(build_skb(data, 2048));
	skb_free_frag(data);
	skb_pool_trim();
	for (n = 1;; n++) {
		fault_arm(n);
		skb = alloc_skb_with_frags(100, 69632, 0, &err, GFP_KERNEL);
		if (!fault_disarm(n))
			break;
		assert_null(skb);
		assert_int_equal(err, -ENOBUFS);
	}
	assert_int_equal(n, 19);
	kfree_skb(skb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_page_frag),	 SHAPE_TEST(test_kmalloc),
		SHAPE_TEST(test_around),	 SHAPE_TEST(test_bad),
		SHAPE_TEST(test_napi_device),	 SHAPE_TEST(test_with_frags),
		SHAPE_TEST(test_with_frags_bad), SHAPE_TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
