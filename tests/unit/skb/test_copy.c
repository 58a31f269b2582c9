// SPDX-License-Identifier: BSD-2-Clause
/* Private copies and new linear parts, for packets of any shape and any sharing. */
#include <limits.h>

#include "shape.h"

static const unsigned int what[] = { 0, SHAPE_FRAGS, SHAPE_LIST, SHAPE_ALL };

/* Header offsets and a checksum start, as a packet on its way has them. */
static void mark_headers(struct sk_buff *skb)
{
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, 14);
	skb_set_transport_header(skb, 34);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_headroom(skb) + 34);
	skb->csum_offset = 6;
	skb->mark = 77;
	memset(skb->cb, 0x3c, sizeof(skb->cb));
}

/* They point at the same bytes of the packet as before. */
static void assert_headers(const struct sk_buff *skb)
{
	assert_int_equal(skb_mac_offset(skb), 0);
	assert_int_equal(skb_network_offset(skb), 14);
	assert_int_equal(skb_transport_offset(skb), 34);
	assert_int_equal(skb_checksum_start_offset(skb), 34);
	assert_int_equal(skb->csum_offset, 6);
	assert_int_equal(skb->mark, 77);
	assert_int_equal(skb->cb[47], 0x3c);
}

static void assert_private(const struct sk_buff *skb, const struct sk_buff *of)
{
	assert_ptr_not_equal(skb->head, of->head);
	assert_int_equal(refcount_read(&skb->users), 1);
	assert_false(skb_cloned(skb));
	assert_null(skb->next);
	assert_null(skb->sk);
	assert_null(skb->destructor);
}

static void test_copy(void **state)
{
	unsigned int round;

	for (round = 0; round < 300; round++) {
		struct sk_buff *skb = shape_packet(below(round % 5 ? 300 : 20000), what[round % 4]);
		unsigned int len = skb->len, headroom = skb_headroom(skb);
		unsigned char *twin = flatten(skb);
		struct sk_buff *copy;

		mark_headers(skb);
		skb_shinfo(skb)->gso_size = 1000;
		skb_shinfo(skb)->gso_segs = 3;
		skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
		copy = skb_copy(skb, GFP_KERNEL);
		assert_packet(copy, twin, len);
		assert_false(skb_is_nonlinear(copy));
		assert_private(copy, skb);
		assert_int_equal(skb_headroom(copy), headroom);
		assert_memory_equal(copy->head, skb->head, headroom);
		assert_headers(copy);
		assert_int_equal(skb_shinfo(copy)->gso_size, 1000);
		assert_int_equal(skb_shinfo(copy)->gso_segs, 3);
		assert_int_equal(skb_shinfo(copy)->gso_type, SKB_GSO_UDP_L4);
		memset(copy->data, 0, len);
		assert_packet(skb, twin, len);
		kfree_skb(skb);
		kfree_skb(copy);
		free(twin);
	}
}

static void test_copy_expand(void **state)
{
	unsigned int round;

	for (round = 0; round < 300; round++) {
		struct sk_buff *skb = shape_packet(below(3000), what[round % 4]), *copy;
		int head = (int)below(300), tail = (int)below(300);
		unsigned int len = skb->len, kept = min(skb_headroom(skb), (unsigned int)head);
		unsigned char *twin = flatten(skb);

		mark_headers(skb);
		copy = skb_copy_expand(skb, head, tail, GFP_KERNEL);
		assert_packet(copy, twin, len);
		assert_private(copy, skb);
		assert_int_equal(skb_headroom(copy), head);
		assert_true(skb_tailroom(copy) >= tail);
		assert_memory_equal(copy->data - kept, skb->data - kept, kept);
		assert_headers(copy);
		kfree_skb(copy);
		kfree_skb(skb);
		free(twin);
	}
}

static void test_pskb_copy(void **state)
{
	unsigned int round;

	for (round = 0; round < 300; round++) {
		struct sk_buff *skb = shape_packet(below(3000), what[round % 4]), *copy;
		unsigned int len = skb->len, headlen = skb_headlen(skb);
		int head = round % 3 ? (int)below(300) : (int)skb_headroom(skb);
		unsigned char *twin = flatten(skb);

		mark_headers(skb);
		copy = __pskb_copy(skb, head, GFP_KERNEL);
		assert_packet(copy, twin, len);
		assert_private(copy, skb);
		assert_int_equal(skb_headlen(copy), headlen);
		assert_int_equal(copy->data_len, skb->data_len);
		assert_int_equal(skb_headroom(copy), head);
		assert_headers(copy);
		/* What is not linear is shared, and outlives either holder. */
		if (skb_shinfo(skb)->nr_frags && skb->data_len)
			assert_ptr_equal(skb_frag_page(&skb_shinfo(copy)->frags[0]),
					 skb_frag_page(&skb_shinfo(skb)->frags[0]));
		if (headlen)
			copy->data[0] ^= 0xff;
		assert_packet(skb, twin, len);
		kfree_skb(skb);
		if (headlen)
			copy->data[0] ^= 0xff;
		assert_packet(copy, twin, len);
		kfree_skb(copy);
		free(twin);
	}
}

static void test_expand_head(void **state)
{
	unsigned int round;

	for (round = 0; round < 400; round++) {
		struct sk_buff *skb = shape_packet(below(3000), what[round % 4]);
		struct sk_buff *other = round / 4 % 2 ? skb_clone(skb, GFP_KERNEL) : NULL;
		unsigned int len = skb->len, headroom = skb_headroom(skb), end = skb->end;
		unsigned int room = skb->end - skb->tail, truesize = skb->truesize;
		int head = (int)below(300), tail = (int)below(300);
		unsigned char *twin = flatten(skb), *front = (unsigned char *)malloc(headroom + 1);

		if (round % 3 == 0)
			tail = -(int)below(room + 1);
		memcpy(front, skb->head, headroom);
		mark_headers(skb);
		skb->peeked = 1;
		assert_int_equal(pskb_expand_head(skb, head, tail, GFP_KERNEL), 0);
		assert_packet(skb, twin, len);
		assert_false(skb_cloned(skb));
		assert_int_equal(skb_headroom(skb), headroom + (unsigned int)head);
		assert_memory_equal(skb->head + head, front, headroom);
		assert_true((int)(skb->end - skb->tail) >= (int)room + tail);
		assert_int_equal(skb->truesize, truesize + skb->end - end);
		assert_headers(skb);
		/* Its own now: the other holder sees nothing of it. */
		memset(skb->head, 0, skb->tail);
		if (other)
			assert_packet(other, twin, len);
		kfree_skb(skb);
		if (other)
			assert_packet(other, twin, len);
		kfree_skb(other);
		free(front);
		free(twin);
	}
}

/* A header that was not set stays so, and one that was follows. */
static void test_offsets(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_reserve(skb, 20);
	skb_put(skb, 50);
	skb_set_inner_network_header(skb, 3);
	assert_int_equal(pskb_expand_head(skb, 64, 0, GFP_KERNEL), 0);
	assert_false(skb_mac_header_was_set(skb));
	assert_false(skb_transport_header_was_set(skb));
	assert_int_equal(skb_inner_network_offset(skb), 3);
	skb_headers_offset_update(skb, -10);
	assert_int_equal(skb_inner_network_offset(skb), -7);
	kfree_skb(skb);
}

static void test_truesize_rule(void **state)
{
	struct sk_buff *skb = alloc_skb(300, GFP_KERNEL);
	unsigned int truesize = skb->truesize;

	/* Charged: what the socket was charged with is what it will get back. */
	skb->sk = (struct sock *)&truesize;
	assert_int_equal(pskb_expand_head(skb, 0, 5000, GFP_KERNEL), 0);
	assert_int_equal(skb->truesize, truesize);
	skb->sk = NULL;
	assert_int_equal(pskb_expand_head(skb, 0, 5000, GFP_KERNEL), 0);
	assert_true(skb->truesize > truesize + 4000);
	truesize = skb->truesize;
	/* Room given back. */
	assert_int_equal(pskb_expand_head(skb, 0, -skb_tailroom(skb), GFP_KERNEL), 0);
	assert_int_equal(skb->truesize, SKB_TRUESIZE(skb->end));
	assert_int_equal(skb->end, 384);
	truesize = skb->truesize;
	kfree_skb(skb_clone(skb, GFP_KERNEL));
	assert_int_equal(skb_unclone_keeptruesize(skb, GFP_KERNEL), 0);
	assert_int_equal(skb->truesize, truesize);
	kfree_skb(skb);
}

static void test_cow(void **state)
{
	struct sk_buff *skb = alloc_skb(300, GFP_KERNEL), *n;
	unsigned char *head = skb->head;

	skb_reserve(skb, 100);
	skb_put(skb, 50);
	assert_int_equal(skb_cow(skb, 100), 0);
	assert_int_equal(skb_cow_head(skb, 100), 0);
	assert_int_equal(skb_unclone(skb, GFP_KERNEL), 0);
	assert_int_equal(skb_header_unclone(skb, GFP_KERNEL), 0);
	assert_int_equal(skb_try_make_writable(skb, 10), 0);
	assert_ptr_equal(skb->head, head);
	n = skb_clone(skb, GFP_KERNEL);
	assert_int_equal(skb_cow(skb, 10), 0);
	assert_ptr_not_equal(skb->head, head);
	assert_false(skb_cloned(n));
	assert_int_equal(skb_cow(n, 101), 0);
	assert_true(skb_headroom(n) >= 101);
	kfree_skb(n);
	n = skb_clone(skb, GFP_KERNEL);
	assert_int_equal(skb_try_make_writable(n, 10), 0);
	assert_false(skb_cloned(n));
	kfree_skb(n);
	assert_int_equal(skb_cow(skb, SKB_MAX_SIZE + 1), -ENOMEM);
	assert_int_equal(skb_cow(skb, INT_MAX), -ENOMEM);
	assert_int_equal(skb_cow(skb, UINT_MAX), -ENOMEM);
	assert_int_equal(skb_cow_head(skb, UINT_MAX - 63), -ENOMEM);
	kfree_skb(skb);
}

static void test_realloc_headroom(void **state)
{
	struct sk_buff *skb = shape_packet(2000, SHAPE_ALL), *n;
	unsigned char *twin = flatten(skb);
	unsigned int headroom;

	for (headroom = 0; headroom < 400; headroom += 13) {
		n = skb_realloc_headroom(skb, headroom);
		assert_true(skb_headroom(n) >= headroom);
		assert_packet(n, twin, 2000);
		assert_false(skb_cloned(n));
		memset(n->head, 0, n->tail);
		assert_packet(skb, twin, 2000);
		kfree_skb(n);
	}
	assert_null(skb_realloc_headroom(skb, SKB_MAX_SIZE + 1));
	assert_null(skb_realloc_headroom(skb, 1U + INT_MAX));
	assert_null(skb_realloc_headroom(skb, UINT_MAX));
	kfree_skb(skb);
	free(twin);
}

static void test_huge_sizes(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_put(skb, 10);
	assert_null(skb_copy_expand(skb, INT_MAX, INT_MAX, GFP_KERNEL));
	assert_null(__pskb_copy(skb, INT_MAX, GFP_KERNEL));
	assert_int_equal(pskb_expand_head(skb, INT_MAX, 0, GFP_KERNEL), -ENOMEM);
	assert_int_equal(pskb_expand_head(skb, 0, INT_MAX, GFP_KERNEL), -ENOMEM);
	assert_int_equal(pskb_expand_head(skb, INT_MAX, INT_MAX, GFP_KERNEL), -ENOMEM);
	assert_int_equal(__skb_grow(skb, UINT_MAX), -ENOMEM);
	assert_int_equal(__skb_grow(skb, 1U + INT_MAX), -ENOMEM);
	assert_int_equal(__skb_put_padto(skb, UINT_MAX, false), -ENOMEM);
	assert_int_equal(__skb_put_padto(skb, 1U + INT_MAX, false), -ENOMEM);
	assert_int_equal(skb->len, 10);
	assert_int_equal(skb_padto(skb_get(skb), UINT_MAX), -ENOMEM);
	assert_int_equal(__skb_grow(skb, 5000), 0);
	assert_int_equal(skb->len, 5000);
	skb_tailroom_reserve(skb, UINT_MAX, UINT_MAX);
	kfree_skb(skb);
	/* The largest there is has no room for more. */
	skb = alloc_skb(SKB_MAX_SIZE, GFP_KERNEL);
	skb_put(skb, SKB_MAX_SIZE);
	assert_int_equal(pskb_expand_head(skb, 1, 0, GFP_KERNEL), -ENOMEM);
	assert_int_equal(pskb_expand_head(skb, 0, 0, GFP_KERNEL), 0);
	assert_int_equal(skb->len, SKB_MAX_SIZE);
	kfree_skb(skb);
}

/* The functions under test, by number. Return: 0 when it worked; *@made: a buffer it made. */
#define NR_FUNCTIONS 7

static int try_one(unsigned int fn, struct sk_buff *skb, struct sk_buff **made)
{
	switch (fn) {
	case 0:
		*made = skb_copy(skb, GFP_ATOMIC);
		break;
	case 1:
		*made = skb_copy_expand(skb, 70, 70, GFP_ATOMIC);
		break;
	case 2:
		*made = pskb_copy(skb, GFP_ATOMIC);
		break;
	case 3:
		*made = skb_realloc_headroom(skb, 500);
		break;
	case 4:
		return pskb_expand_head(skb, 64, 64, GFP_ATOMIC);
	case 5:
		return skb_cow(skb, 500);
	default:
		return skb_unclone(skb, GFP_ATOMIC);
	}
	return *made ? 0 : -ENOMEM;
}

/* Every site fails once, for every function and shape: all is as it was, and nothing is lost. */
static void test_faults(void **state)
{
	unsigned int shape, fn, shared;
	long n;

	if (skiff_fail_nth(0))
		skip();
	for (fn = 0; fn < NR_FUNCTIONS; fn++)
		for (shape = 0; shape < 8; shape++)
			for (n = 1;; n++) {
				struct sk_buff *skb = shape_packet(3000, what[shape % 4]), *made;
				struct sk_buff *other = NULL;
				unsigned char *twin = flatten(skb);
				unsigned int len = skb->len;
				bool hit, done;

				shared = shape / 4;
				if (shared)
					other = skb_clone(skb, GFP_KERNEL);
				made = NULL;
				fault_arm(n);
				done = !try_one(fn, skb, &made);
				hit = fault_disarm(n);
				assert_int_equal(done, !hit);
				assert_packet(skb, twin, len);
				if (made)
					assert_packet(made, twin, len);
				kfree_skb(made);
				kfree_skb(other);
				kfree_skb(skb);
				free(twin);
				if (!hit)
					break;
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_copy),	     SHAPE_TEST(test_copy_expand),
		SHAPE_TEST(test_pskb_copy),  SHAPE_TEST(test_expand_head),
		SHAPE_TEST(test_offsets),    SHAPE_TEST(test_truesize_rule),
		SHAPE_TEST(test_cow),	     SHAPE_TEST(test_realloc_headroom),
		SHAPE_TEST(test_huge_sizes), SHAPE_TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
