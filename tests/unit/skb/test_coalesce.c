// SPDX-License-Identifier: BSD-2-Clause
/* Merging buffers and shifting payload between them, against flat twins. */
#include "shape.h"

/* Both packets' bytes one after the other, for free(). */
static unsigned char *join(const struct sk_buff *a, const struct sk_buff *b)
{
	unsigned char *joined = malloc((size_t)a->len + b->len + 1);

	flatten_at(b, flatten_at(a, joined));
	return joined;
}

static void test_try_coalesce(void **state)
{
	unsigned int merged = 0, stolen_heads = 0;

	for (unsigned int round = 0; round < 2000; round++) {
		static const unsigned int what[] = { 0, SHAPE_FRAGS, SHAPE_FRAGS, SHAPE_ALL };
		struct sk_buff *to = shape_packet(below(2000), what[below(4)]);
		struct sk_buff *from = shape_packet(below(2000), what[below(4)]);
		struct sk_buff *clone = below(3) ? NULL : skb_clone(from, GFP_KERNEL);
		unsigned char *both = join(to, from), *second = flatten(from);
		unsigned int len = to->len, from_len = from->len, truesize = to->truesize;
		bool stolen = true;
		int delta = -1;

		if (skb_try_coalesce(to, from, &stolen, &delta)) {
			merged++;
			stolen_heads += stolen;
			kfree_skb_partial(from, stolen);
			assert_packet(to, both, len + from_len);
			assert_int_equal(to->truesize, truesize + (unsigned int)delta);
		} else {
			assert_false(stolen);
			assert_int_equal(delta, 0);
			assert_packet(to, both, len);
			assert_packet(from, second, from_len);
			kfree_skb(from);
		}
		if (clone)
			assert_packet(clone, second, from_len);
		kfree_skb(to);
		kfree_skb(clone);
		free(both);
		free(second);
	}
	assert_true(merged > 500);
	assert_true(stolen_heads > 100);
}

static void test_try_coalesce_limits(void **state)
{
	struct sk_buff *to = alloc_skb(0, GFP_KERNEL), *from = shape_packet(500, 0), *clone;
	struct page *page;
	bool stolen;
	int delta;

	__skb_put(to, (unsigned int)skb_tailroom(to));
	clone = skb_clone(to, GFP_KERNEL);
	assert_false(skb_try_coalesce(to, from, &stolen, &delta));
	kfree_skb(clone);
	to->pp_recycle = 1;
	assert_false(skb_try_coalesce(to, from, &stolen, &delta));
	to->pp_recycle = 0;
	page = alloc_page(GFP_KERNEL);
	for (int i = 0; i < MAX_SKB_FRAGS; i++) {
		assert_int_equal(skb_append_pagefrags(to, page, i * 100, 10), 0);
		skb_len_add(to, 10);
	}
	put_page(page);
	assert_false(skb_try_coalesce(to, from, &stolen, &delta));
	kfree_skb(from);

	/* The last free fragment is enough for a head, */
	skb_frag_unref(to, MAX_SKB_FRAGS - 1);
	skb_shinfo(to)->nr_frags--;
	skb_len_add(to, -10);
	from = shape_packet(500, 0);
	assert_true(skb_try_coalesce(to, from, &stolen, &delta));
	assert_true(stolen);
	kfree_skb_partial(from, stolen);

	/* and an empty buffer always fits. */
	from = alloc_skb(100, GFP_KERNEL);
	assert_true(skb_try_coalesce(to, from, &stolen, &delta));
	assert_false(stolen);
	kfree_skb_partial(from, stolen);
	kfree_skb(to);

	/* A driver's kmalloc()ed block can't be a fragment. */
	to = alloc_skb(0, GFP_KERNEL);
	__skb_put(to, (unsigned int)skb_tailroom(to));
	from = build_skb(malloc(2048), 0);
	assert_non_null(from);
	skb_put_zero(from, 500);
	assert_false(skb_try_coalesce(to, from, &stolen, &delta));
	kfree_skb(from);
	kfree_skb(to);
}

/* Payload in fragments only, pieces often neighbours in memory, as a sender's queue has it. */
static struct sk_buff *queue_buffer(struct page *page, unsigned int *off)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	unsigned int n = 1 + below(below(4) ? 3 : MAX_SKB_FRAGS);

	for (unsigned int i = 0; i < n; i++) {
		unsigned int size = 1 + below(50);
		skb_frag_t *frag = &skb_shinfo(skb)->frags[skb_shinfo(skb)->nr_frags];

		*off += below(2);
		skb_frag_page_copy(frag, &(skb_frag_t){ .bv_page = page });
		get_page(page);
		skb_frag_off_set(frag, *off);
		skb_frag_size_set(frag, size);
		skb_shinfo(skb)->nr_frags++;
		skb_len_add(skb, (int)size);
		*off += size;
	}
	return skb;
}

static void test_shift(void **state)
{
	unsigned int whole = 0, part = 0;

	for (unsigned int round = 0; round < 2000; round++) {
		struct page *page = alloc_page(GFP_KERNEL);
		unsigned int off = below(100), len, tgt_len, skb_len;
		struct sk_buff *tgt = queue_buffer(page, &off), *skb = queue_buffer(page, &off);
		struct sk_buff *clone = below(3) ? NULL :
						   skb_clone(below(2) ? tgt : skb, GFP_KERNEL);
		unsigned char *both, *cloned = NULL;
		int done;

		shape_bytes(page_address(page), (unsigned int)PAGE_SIZE);
		both = join(tgt, skb);
		if (clone)
			cloned = flatten(clone);
		tgt_len = tgt->len;
		skb_len = skb->len;
		len = below(3) ? below(skb->len + 1) : skb->len;
		done = skb_shift(tgt, skb, (int)len);
		assert_true(done == 0 || done == (int)len);
		assert_packet(tgt, both, tgt_len + (unsigned int)done);
		assert_packet(skb, both + tgt_len + done, skb_len - (unsigned int)done);
		if (clone)
			assert_packet(clone, cloned, clone->len);
		if (done)
			*(done == (int)skb_len ? &whole : &part) += 1;
		kfree_skb(clone);
		kfree_skb(tgt);
		kfree_skb(skb);
		free(cloned);
		free(both);
		assert_int_equal(page_ref_count(page), 1);
		put_page(page);
	}
	assert_true(whole > 200 && part > 200);
}

static void test_shift_refuses(void **state)
{
	struct sk_buff *tgt = shape_packet(100, 0), *skb = shape_packet(100, 0);

	assert_int_equal(skb_shift(tgt, skb, 10), 0);
	assert_int_equal(skb->len, 100);
	assert_int_equal(skb_shift(tgt, skb, 0), 0);
	kfree_skb(skb);
	skb = alloc_skb(0, GFP_KERNEL);
	for (int i = 0; i < 2; i++)
		skb_add_rx_frag(skb, i, alloc_page(GFP_KERNEL), 0, 10, 10);
	for (int i = 0; i < MAX_SKB_FRAGS - 1; i++)
		skb_add_rx_frag(tgt, i, alloc_page(GFP_KERNEL), 0, 10, 10);
	assert_int_equal(skb_shift(tgt, skb, 11), 0);
	assert_int_equal(skb->len, 20);
	assert_int_equal(skb_shift(tgt, skb, 5), 5);
	assert_int_equal(skb_shift(tgt, skb, 5), 5);
	assert_int_equal(skb_shinfo(tgt)->nr_frags, MAX_SKB_FRAGS);
	assert_int_equal(skb_shinfo(skb)->nr_frags, 1);
	kfree_skb(tgt);
	kfree_skb(skb);
}

static void test_shift_no_memory(void **state)
{
	faults_or_skip();
	for (long nth = 1, hit = 1; hit; nth++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		unsigned int off = 0, len;
		struct sk_buff *tgt = queue_buffer(page, &off), *skb = queue_buffer(page, &off);
		struct sk_buff *c1 = skb_clone(tgt, GFP_KERNEL), *c2 = skb_clone(skb, GFP_KERNEL);

		len = skb->len / 2;
		fault_arm(nth);
		off = (unsigned int)skb_shift(tgt, skb, (int)len);
		hit = fault_disarm(nth);
		assert_int_equal(off, hit ? 0 : len);
		kfree_skb(tgt);
		kfree_skb(skb);
		kfree_skb(c1);
		kfree_skb(c2);
		put_page(page);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_try_coalesce),	  SHAPE_TEST(test_try_coalesce_limits),
		SHAPE_TEST(test_shift),		  SHAPE_TEST(test_shift_refuses),
		SHAPE_TEST(test_shift_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
