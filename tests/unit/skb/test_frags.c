// SPDX-License-Identifier: BSD-2-Clause
/* Fragments: filling, extending, sharing by reference between packets. */
#include <limits.h>

#include "shape.h"

static void test_one_fragment(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 2);
	skb_frag_t *frag, other, *f;
	unsigned int p_off, p_len, copied, turns = 0;
	struct page *p;

	skb_fill_page_desc(skb, 0, page, 5000, 300);
	frag = &skb_shinfo(skb)->frags[0];
	assert_int_equal(skb_shinfo(skb)->nr_frags, 1);
	assert_ptr_equal(skb_frag_page(frag), page);
	assert_ptr_equal(skb_frag_address(frag), (unsigned char *)page_address(page) + 5000);
	assert_ptr_equal(skb_frag_address_safe(frag), skb_frag_address(frag));
	skb_frag_off_add(frag, 7);
	skb_frag_size_sub(frag, 7);
	assert_int_equal(skb_frag_off(frag), 5007);
	assert_int_equal(skb_frag_size(frag), 293);
	skb_frag_size_add(frag, 1);
	skb_frag_size_set(frag, skb_frag_size(frag) + 1);
	skb_frag_off_set(frag, 5005);
	memset(&other, 0, sizeof(other));
	assert_null(skb_frag_address_safe(&other));
	skb_frag_page_copy(&other, frag);
	skb_frag_off_copy(&other, frag);
	assert_ptr_equal(skb_frag_address(&other), skb_frag_address(frag));
	assert_false(skb_frag_must_loop(page));
	f = frag;
	skb_frag_foreach_page(f, skb_frag_off(f), skb_frag_size(f), p, p_off, p_len, copied)
	{
		assert_ptr_equal(p, page);
		assert_int_equal(p_off, 5005);
		assert_int_equal(p_len, 295);
		turns++;
	}
	assert_int_equal(turns, 1);

	assert_int_equal(page_ref_count(page), 1);
	skb_frag_ref(skb, 0);
	assert_int_equal(page_ref_count(page), 2);
	skb_frag_unref(skb, 0);
	assert_int_equal(page_ref_count(page), 1);
	get_page(page);
	skb_frag_set_page(skb, 0, page);
	skb_frag_unref(skb, 0);
	kfree_skb(skb);
}

static void test_add_rx_frag(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned int truesize = skb->truesize;

	skb_put_zero(skb, 10);
	skb_add_rx_frag(skb, 0, page, 100, 50, 2048);
	assert_int_equal(skb->len, 60);
	assert_int_equal(skb->data_len, 50);
	assert_int_equal(skb->truesize, truesize + 2048);
	assert_int_equal(skb_pagelen(skb), 60);
	assert_int_equal(__skb_pagelen(skb), 50);
	assert_true(skb_can_coalesce(skb, 1, page, 150));
	assert_false(skb_can_coalesce(skb, 1, page, 151));
	assert_false(skb_can_coalesce(skb, 0, page, 150));
	skb_coalesce_rx_frag(skb, 0, 20, 64);
	assert_int_equal(skb->len, 80);
	assert_int_equal(skb->truesize, truesize + 2112);
	assert_true(skb_can_coalesce(skb, 1, page, 170));
	kfree_skb(skb);
}

static void test_needs_linearize(void **state)
{
	struct sk_buff *skb = shape_packet(100, 0), *list = alloc_skb(0, GFP_KERNEL);

	assert_false(skb_needs_linearize(skb, 0));
	skb_add_rx_frag(skb, 0, alloc_page(GFP_KERNEL), 0, 10, 10);
	assert_true(skb_needs_linearize(skb, NETIF_F_FRAGLIST));
	assert_false(skb_needs_linearize(skb, NETIF_F_SG));
	assert_false(skb_has_shared_frag(skb));
	skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	assert_true(skb_has_shared_frag(skb));
	skb_shinfo(list)->frag_list = skb;
	list->len = list->data_len = skb->len;
	assert_true(skb_needs_linearize(list, NETIF_F_SG));
	assert_false(skb_needs_linearize(list, NETIF_F_FRAGLIST));
	assert_true(skb_has_frag_list(list));
	skb_frag_list_init(list);
	assert_false(skb_has_frag_list(list));
	kfree_skb(list);
	kfree_skb(skb);
}

static void test_append_pagefrags(void **state)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	assert_int_equal(skb_append_pagefrags(skb, page, 0, 10), 0);
	assert_int_equal(page_ref_count(page), 2);
	assert_int_equal(skb_append_pagefrags(skb, page, 10, 10), 0);
	assert_int_equal(page_ref_count(page), 2);
	assert_int_equal(skb_shinfo(skb)->nr_frags, 1);
	assert_int_equal(skb_append_pagefrags(skb, page, -1, 10), -EMSGSIZE);
	assert_int_equal(skb_append_pagefrags(skb, page, 0, SIZE_MAX), -EMSGSIZE);
	for (int i = 1; i < MAX_SKB_FRAGS; i++)
		assert_int_equal(skb_append_pagefrags(skb, page, i * 100, 10), 0);
	assert_int_equal(page_ref_count(page), MAX_SKB_FRAGS + 1);
	assert_int_equal(skb_append_pagefrags(skb, page, 0, 10), -EMSGSIZE);
	assert_int_equal(skb_append_pagefrags(skb, page, 1610, 10), 0);
	assert_int_equal(page_ref_count(page), MAX_SKB_FRAGS + 1);
	kfree_skb(skb);
	assert_int_equal(page_ref_count(page), 1);
	put_page(page);
}

static void test_zerocopy(void **state)
{
	unsigned int shared = 0;

	for (unsigned int round = 0; round < 600; round++) {
		struct sk_buff *from = shape_packet(below(round % 2 ? 300 : 20000),
						    round % 4 == 3 ? SHAPE_ALL : SHAPE_FRAGS);
		struct sk_buff *to;
		unsigned char *twin = flatten(from);
		unsigned int len = below(from->len + 1), hlen = skb_zerocopy_headlen(from);
		int err;

		if (!below(4))
			hlen = below(len + 1);
		to = alloc_skb(min(hlen, len), GFP_KERNEL);
		if (!below(4))
			skb_put(to, below((unsigned int)skb_tailroom(to)));
		skb_trim(to, 0);
		err = skb_zerocopy(to, from, (int)len, (int)hlen);
		if (!err)
			assert_packet(to, twin, len);
		else
			assert_packet(to, twin, 0);
		/* What headlen says works, unless there is a list that needs room. */
		if (hlen == skb_zerocopy_headlen(from))
			assert_int_equal(err, 0);
		shared += !err && skb_is_nonlinear(to);
		/* Either may go first. */
		if (below(2))
			swap(from, to);
		kfree_skb(from);
		kfree_skb(to);
		free(twin);
	}
	assert_true(shared > 100);
}

static void test_zerocopy_refuses(void **state)
{
	struct sk_buff *from = shape_packet(3000, 0), *to = alloc_skb(10, GFP_KERNEL);
	unsigned char *twin = flatten(from);

	assert_int_equal(skb_zerocopy(to, from, 3001, 0), -EFAULT);
	assert_int_equal(skb_zerocopy(to, from, -1, 0), -EFAULT);
	assert_int_equal(skb_zerocopy(to, from, 3000, -1), -EFAULT);
	assert_int_equal(skb_zerocopy(to, from, INT_MAX, INT_MAX), -EFAULT);
	assert_int_equal(skb_zerocopy(to, from, 3000, 1000), -EMSGSIZE);
	assert_int_equal(skb_zerocopy(to, from, 0, 0), 0);
	assert_int_equal(to->len, 0);
	/* The packet's own block as a fragment survives the packet, on its fast way out. */
	assert_int_equal(skb_zerocopy(to, from, 3000, 0), 0);
	kfree_skb(from);
	from = alloc_skb(3000, GFP_KERNEL);
	memset(skb_put(from, 3000), 0xee, 3000);
	assert_packet(to, twin, 3000);
	kfree_skb(from);
	for (int i = 1; i < MAX_SKB_FRAGS; i++)
		skb_add_rx_frag(to, i, alloc_page(GFP_KERNEL), 0, 1, 1);
	from = shape_packet(3000, 0);
	assert_int_equal(skb_zerocopy(to, from, 3000, 0), -EMSGSIZE);
	assert_int_equal(to->len, 3000 + MAX_SKB_FRAGS - 1);
	free(twin);
	kfree_skb(from);
	kfree_skb(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_one_fragment),	  SHAPE_TEST(test_add_rx_frag),
		SHAPE_TEST(test_needs_linearize), SHAPE_TEST(test_append_pagefrags),
		SHAPE_TEST(test_zerocopy),	  SHAPE_TEST(test_zerocopy_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
