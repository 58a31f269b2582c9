// SPDX-License-Identifier: BSD-2-Clause
/* Making bytes linear, trimming, padding and making writable, for packets of any shape. */
#include <limits.h>

#include "shape.h"

#define ROUNDS 400

enum sharing { ALONE, CLONED, MEMBERS_SHARED, NR_SHARING };

/* A second holder for the data, or for the buffers of the frag_list only; NULL when alone. */
static struct sk_buff *share(struct sk_buff *skb, enum sharing how)
{
	struct sk_buff *other;

	switch (how) {
	case CLONED:
		other = skb_clone(skb, GFP_KERNEL);
		break;
	case MEMBERS_SHARED:
		other = pskb_copy(skb, GFP_KERNEL);
		break;
	default:
		return NULL;
	}
	assert_non_null(other);
	return other;
}

struct subject {
	struct sk_buff *skb;
	struct sk_buff *other;
	unsigned char *twin;
	unsigned int len;
};

static struct subject subject(unsigned int round)
{
	static const unsigned int what[] = { 0, SHAPE_FRAGS, SHAPE_LIST, SHAPE_ALL };
	struct subject s;

	s.skb = shape_packet(below(round % 5 ? 200 : 20000), what[round % 4]);
	s.other = share(s.skb, (enum sharing)(round / 4 % NR_SHARING));
	s.twin = flatten(s.skb);
	s.len = s.skb->len;
	return s;
}

/* What the other holder sees has not changed. */
static void subject_end(struct subject *s)
{
	if (s->other)
		assert_packet(s->other, s->twin, s->len);
	kfree_skb(s->other);
	kfree_skb(s->skb);
	free(s->twin);
}

static void test_pull_tail(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int headlen = skb_headlen(s.skb), n = below(s.skb->data_len + 1);
		void *tail;

		assert_null(__pskb_pull_tail(s.skb, -1));
		assert_null(__pskb_pull_tail(s.skb, (int)s.skb->data_len + 1));
		assert_null(__pskb_pull_tail(s.skb, INT_MIN));
		tail = __pskb_pull_tail(s.skb, (int)n);
		assert_ptr_equal(tail, skb_tail_pointer(s.skb));
		assert_int_equal(skb_headlen(s.skb), headlen + n);
		assert_false(skb_cloned(s.skb));
		assert_packet(s.skb, s.twin, s.len);
		subject_end(&s);
	}
}

static void test_may_pull(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int n = below(s.len + 1);

		assert_false(pskb_may_pull(s.skb, s.len + 1));
		assert_false(pskb_may_pull(s.skb, UINT_MAX));
		assert_true(pskb_may_pull(s.skb, n));
		assert_true(skb_headlen(s.skb) >= n);
		assert_packet(s.skb, s.twin, s.len);
		assert_non_null(pskb_pull(s.skb, n));
		assert_packet(s.skb, s.twin + n, s.len - n);
		subject_end(&s);
	}
}

static void test_pull_data(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int n = below(s.len + 1);
		unsigned char *data;

		assert_null(skb_pull_data(s.skb, (size_t)s.len + 1));
		assert_null(skb_pull_data(s.skb, SIZE_MAX));
		data = skb_pull_data(s.skb, n);
		assert_non_null(data);
		assert_memory_equal(data, s.twin, n);
		assert_packet(s.skb, s.twin + n, s.len - n);
		subject_end(&s);
	}
}

static void test_linearize(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		bool nonlinear = skb_is_nonlinear(s.skb);

		assert_int_equal(skb_linearize_cow(s.skb), 0);
		assert_false(skb_is_nonlinear(s.skb));
		assert_false(skb_cloned(s.skb));
		if (nonlinear) {
			assert_false(skb_has_frag_list(s.skb));
			assert_int_equal(skb_shinfo(s.skb)->nr_frags, 0);
		}
		assert_packet(s.skb, s.twin, s.len);
		subject_end(&s);
	}
}

static void test_trim(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int n = below(s.len + 1);

		assert_int_equal(pskb_trim(s.skb, s.len + 1), 0);
		assert_packet(s.skb, s.twin, s.len);
		assert_int_equal(pskb_trim(s.skb, n), 0);
		assert_packet(s.skb, s.twin, n);
		assert_int_equal(pskb_trim(s.skb, n / 2), 0);
		assert_packet(s.skb, s.twin, n / 2);
		assert_int_equal(pskb_trim(s.skb, 0), 0);
		assert_packet(s.skb, s.twin, 0);
		subject_end(&s);
	}
}

/* Cut at every byte: each boundary between pieces is hit exactly, and each side of it. */
static void test_trim_everywhere(void **state)
{
	for (unsigned int n = 0; n <= 60; n++) {
		struct sk_buff *skb;
		unsigned char *twin;

		shape_seed(7);
		skb = shape_packet(60, SHAPE_ALL);
		twin = flatten(skb);
		assert_int_equal(pskb_trim(skb, min(n, skb->len)), 0);
		assert_packet(skb, twin, min(n, skb->len));
		free(twin);
		kfree_skb(skb);
	}
}

static void test_trim_rcsum(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int n = below(s.len + 1);

		s.skb->csum = skb_checksum(s.skb, 0, (int)s.len, 0);
		s.skb->ip_summed = CHECKSUM_COMPLETE;
		assert_int_equal(pskb_trim_rcsum(s.skb, n), 0);
		assert_int_equal(csum_fold(s.skb->csum) % 0xffff,
				 csum_fold(skb_checksum(s.skb, 0, (int)n, 0)) % 0xffff);
		subject_end(&s);
	}
}

static void test_trim_rcsum_partial(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_put_zero(skb, 60);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = 20;
	skb->csum_offset = 16;
	assert_int_equal(pskb_trim_rcsum(skb, 37), -EINVAL);
	assert_int_equal(skb->len, 60);
	assert_int_equal(pskb_trim_rcsum(skb, 38), 0);
	assert_int_equal(skb->len, 38);
	kfree_skb(skb);
}

static void test_pad(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int pad = below(200);
		unsigned char zero[200] = { 0 };

		assert_int_equal(__skb_pad(s.skb, -5, true), 0);
		assert_int_equal(__skb_pad(s.skb, (int)pad, true), 0);
		if (pad) {
			assert_false(skb_is_nonlinear(s.skb));
			assert_true(skb_tailroom(s.skb) >= (int)pad);
			assert_memory_equal(skb_tail_pointer(s.skb), zero, pad);
		}
		assert_packet(s.skb, s.twin, s.len);
		assert_int_equal(__skb_pad(s.skb, INT_MAX, false), -ENOMEM);
		assert_int_equal(skb_put_padto(s.skb, s.len + pad), 0);
		assert_int_equal(s.skb->len, s.len + pad);
		subject_end(&s);
	}
}

static void test_ensure_writable(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int n = below(s.len + 1);

		assert_int_equal(skb_ensure_writable(s.skb, s.len + 1), -ENOMEM);
		assert_int_equal(skb_ensure_writable(s.skb, n), 0);
		assert_true(skb_headlen(s.skb) >= n);
		memset(s.skb->data, 0xee, n);
		if (s.other)
			assert_packet(s.other, s.twin, s.len);
		memcpy(s.skb->data, s.twin, n);
		assert_packet(s.skb, s.twin, s.len);
		subject_end(&s);
	}
}

static void test_cow_data(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct subject s = subject(round);
		unsigned int tail = below(100);
		struct sk_buff *trailer = NULL, *member;
		unsigned char *zero = calloc(1, (size_t)s.len + tail + 1);
		int n, elements = 1;

		n = skb_cow_data(s.skb, (int)tail, &trailer);
		skb_walk_frags(s.skb, member)
			elements++;
		assert_int_equal(n, elements);
		assert_packet(s.skb, s.twin, s.len);
		assert_true(skb_tailroom(trailer) >= (int)tail);
		assert_int_equal(skb_store_bits(s.skb, 0, zero, (int)s.len), 0);
		memset(pskb_put(s.skb, trailer, (int)tail), 0, tail);
		assert_packet(s.skb, zero, s.len + tail);
		free(zero);
		subject_end(&s);
	}
}

static void test_condense(void **state)
{
	struct sk_buff *skb = alloc_skb(2000, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int empty = skb->truesize;
	unsigned char *twin;

	shape_bytes(page_address(page), 100);
	skb_add_rx_frag(skb, 0, page, 0, 100, (unsigned int)PAGE_SIZE);
	twin = flatten(skb);
	skb_condense(skb);
	assert_false(skb_is_nonlinear(skb));
	assert_int_equal(skb->truesize, empty);
	assert_packet(skb, twin, 100);
	free(twin);
	kfree_skb(skb);
}

/* All operations with each of their allocations failing: nothing leaks, no byte changes. */
static int op_linearize(struct sk_buff *skb)
{
	return skb_linearize_cow(skb);
}

static int op_trim(struct sk_buff *skb)
{
	return pskb_trim(skb, skb->len * 2 / 3) ? -ENOMEM : 1;
}

static int op_pull(struct sk_buff *skb)
{
	return pskb_may_pull(skb, skb->len / 2) ? 0 : -ENOMEM;
}

static int op_pad(struct sk_buff *skb)
{
	return __skb_pad(skb, 5000, false);
}

static int op_cow(struct sk_buff *skb)
{
	struct sk_buff *trailer;

	return skb_cow_data(skb, 50, &trailer) < 0 ? -ENOMEM : 0;
}

static int op_writable(struct sk_buff *skb)
{
	return skb_ensure_writable(skb, skb->len / 2);
}

static void test_no_memory(void **state)
{
	static int (*const ops[])(struct sk_buff *) = { op_linearize, op_trim, op_pull,
							op_pad,	      op_cow,  op_writable };
	unsigned int failures = 0;

	faults_or_skip();
	for (unsigned int round = 0; round < 60; round++) {
		for (unsigned int op = 0; op < ARRAY_SIZE(ops); op++) {
			bool hit = true;

			for (long nth = 1; hit; nth++) {
				struct subject s;
				int ret;

				shape_seed(round + 1);
				s = subject(round);
				fault_arm(nth);
				ret = ops[op](s.skb);
				hit = fault_disarm(nth);
				assert_int_equal(ret < 0, hit);
				failures += hit;
				if (ret <= 0)
					assert_packet(s.skb, s.twin, s.len);
				subject_end(&s);
			}
		}
	}
	assert_true(failures > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_pull_tail),  SHAPE_TEST(test_may_pull),
		SHAPE_TEST(test_pull_data),  SHAPE_TEST(test_linearize),
		SHAPE_TEST(test_trim),	     SHAPE_TEST(test_trim_everywhere),
		SHAPE_TEST(test_trim_rcsum), SHAPE_TEST(test_trim_rcsum_partial),
		SHAPE_TEST(test_pad),	     SHAPE_TEST(test_ensure_writable),
		SHAPE_TEST(test_cow_data),   SHAPE_TEST(test_condense),
		SHAPE_TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
