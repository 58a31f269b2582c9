// SPDX-License-Identifier: BSD-2-Clause
/* Foreign memory in buffers: who is told, when, and what is copied instead. */
#include <limits.h>

#include <skiff/uio.h>

#include "shape.h"

/* Memory of ours, lent out; its owner counts what he is told. */
struct lender {
	struct ubuf_info uarg;
	unsigned int done, copied;
	unsigned char memory[40000];
};

static void told(struct sk_buff *skb, struct ubuf_info *uarg, bool success)
{
	struct lender *lender = container_of(uarg, struct lender, uarg);

	if (!success)
		lender->copied++;
	if (refcount_dec_and_test(&uarg->refcnt))
		lender->done++;
}

static struct lender *lend(u8 flags)
{
	struct lender *lender = calloc(1, sizeof(*lender));

	lender->uarg.callback = told;
	lender->uarg.flags = SKBFL_ZEROCOPY_FRAG | flags;
	refcount_set(&lender->uarg.refcnt, 1);
	shape_bytes(lender->memory, sizeof(lender->memory));
	return lender;
}

/* Our own reference goes; now nobody may refer to the memory any more. */
static void lend_end(struct lender *lender)
{
	assert_int_equal(lender->done, 0);
	net_zcopy_put(&lender->uarg);
	assert_int_equal(lender->done, 1);
	free(lender);
}

/* A buffer of @n pieces of the memory, from @off on. */
static struct sk_buff *borrow(struct lender *lender, unsigned int off, unsigned int n,
			      unsigned int size)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	struct iovec iov[MAX_SKB_FRAGS];
	struct skiff_msghdr msg = { 0 };

	for (unsigned int i = 0; i < n; i++)
		iov[i] = (struct iovec){ lender->memory + off + (size_t)2 * i * size, size };
	iov_iter_init(&msg.msg_iter, ITER_SOURCE, iov, n, SIZE_MAX);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, skb, &msg, (int)(n * size), &lender->uarg),
			 n * size);
	assert_int_equal(skb_shinfo(skb)->nr_frags, n);
	return skb;
}

static void test_lifetime(void **state)
{
	struct lender *lender = lend(0);
	struct sk_buff *skb = borrow(lender, 0, 3, 100);

	assert_int_equal(skb->len, 300);
	assert_ptr_equal(skb_frag_address(&skb_shinfo(skb)->frags[1]), lender->memory + 200);
	assert_ptr_equal(skb_zcopy(skb), &lender->uarg);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 2);
	assert_false(skb_can_coalesce(skb, 3, skb_frag_page(&skb_shinfo(skb)->frags[2]), 100));
	kfree_skb(skb);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 1);
	assert_int_equal(lender->copied, 0);
	lend_end(lender);
}

static void test_clone_copies(void **state)
{
	struct lender *lender = lend(0);
	struct sk_buff *skb = borrow(lender, 0, 5, 1000), *clone;
	unsigned char *twin = flatten(skb);

	clone = skb_clone(skb, GFP_KERNEL);
	assert_non_null(clone);
	assert_int_equal(lender->copied, 1);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 1);
	assert_null(skb_zcopy(skb));
	memset(lender->memory, 0, sizeof(lender->memory));
	assert_packet(skb, twin, 5000);
	assert_packet(clone, twin, 5000);
	kfree_skb(skb);
	kfree_skb(clone);
	lend_end(lender);
	free(twin);
}

static void test_clone_holds_on(void **state)
{
	struct lender *lender = lend(SKBFL_DONT_ORPHAN);
	struct sk_buff *skb = borrow(lender, 0, 5, 1000), *clone = skb_clone(skb, GFP_KERNEL);
	unsigned char *twin = flatten(skb);

	assert_ptr_equal(skb_zcopy(clone), &lender->uarg);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 2);

	/* A private linear part refers to the memory on its own. */
	assert_int_equal(skb_unclone(clone, GFP_KERNEL), 0);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 3);

	/* A queue may not hold on, whatever the flag says. */
	assert_int_equal(skb_orphan_frags(skb, GFP_KERNEL), 0);
	assert_int_equal(lender->copied, 0);
	assert_int_equal(skb_orphan_frags_rx(skb, GFP_KERNEL), 0);
	assert_int_equal(lender->copied, 1);
	assert_packet(skb, twin, 5000);
	kfree_skb(skb);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 2);
	assert_packet(clone, twin, 5000);
	kfree_skb(clone);
	lend_end(lender);
	free(twin);
}

static void test_copy_ubufs(void **state)
{
	for (unsigned int round = 0; round < 200; round++) {
		struct lender *lender = lend(below(2) ? SKBFL_DONT_ORPHAN : 0);
		unsigned int n = 1 + below(MAX_SKB_FRAGS), size = 1 + below(1000);
		struct sk_buff *skb = borrow(lender, below(100), n, size), *other;
		unsigned char *twin = flatten(skb);

		other = skb_get(skb);
		assert_int_equal(skb_copy_ubufs(skb, GFP_KERNEL), -EINVAL);
		kfree_skb(other);
		other = lender->uarg.flags & SKBFL_DONT_ORPHAN ? skb_clone(skb, GFP_KERNEL) : NULL;
		assert_int_equal(skb_copy_ubufs(skb, GFP_KERNEL), 0);
		assert_packet(skb, twin, n * size);
		assert_null(skb_zcopy(skb));
		assert_false(skb_has_shared_frag(skb));
		if (other)
			assert_packet(other, twin, n * size);
		kfree_skb(other);
		assert_int_equal(refcount_read(&lender->uarg.refcnt), 1);
		memset(lender->memory, 0, sizeof(lender->memory));
		assert_packet(skb, twin, n * size);
		kfree_skb(skb);
		lend_end(lender);
		free(twin);
	}
}

static void test_copy_ubufs_no_memory(void **state)
{
	faults_or_skip();
	for (long nth = 1, hit = 1; hit; nth++) {
		struct lender *lender = lend(SKBFL_DONT_ORPHAN);
		struct sk_buff *skb = borrow(lender, 0, 6, 1500), *clone;
		unsigned char *twin = flatten(skb);
		int err;

		clone = skb_clone(skb, GFP_KERNEL);
		fault_arm(nth);
		err = skb_copy_ubufs(skb, GFP_KERNEL);
		hit = fault_disarm(nth);
		assert_int_equal(err, hit ? -ENOMEM : 0);
		assert_packet(skb, twin, 9000);
		assert_packet(clone, twin, 9000);
		kfree_skb(clone);
		kfree_skb(skb);
		lend_end(lender);
		free(twin);
	}
}

static void test_linear_lets_go(void **state)
{
	struct lender *lender = lend(0);
	struct sk_buff *skb = borrow(lender, 0, 3, 50);
	unsigned char *twin = flatten(skb);

	assert_int_equal(skb_linearize(skb), 0);
	assert_int_equal(lender->copied, 1);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 1);
	assert_packet(skb, twin, 150);
	kfree_skb(skb);
	lend_end(lender);
	free(twin);
}

static void test_split_shares_owner(void **state)
{
	struct lender *lender = lend(0);
	struct sk_buff *skb = borrow(lender, 0, 4, 100), *rest = alloc_skb(0, GFP_KERNEL);
	unsigned char *twin = flatten(skb);

	skb_shinfo(skb)->flags |= SKBFL_PURE_ZEROCOPY;
	assert_false(skb_pure_zcopy_same(skb, rest));
	skb_split(skb, rest, 150);
	assert_true(skb_pure_zcopy_same(skb, rest));
	assert_ptr_equal(skb_zcopy(rest), &lender->uarg);
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 3);
	kfree_skb(skb);
	assert_packet(rest, twin + 150, 250);
	skb_tx_error(rest);
	assert_null(skb_zcopy(rest));
	assert_int_equal(refcount_read(&lender->uarg.refcnt), 1);
	kfree_skb(rest);
	lend_end(lender);
	free(twin);
}

/* Fragments without references of their own get them before they go anywhere else. */
static void test_managed(void **state)
{
	struct lender *lender = lend(SKBFL_DONT_ORPHAN);
	struct page pages[2] = { { .addr = lender->memory, .size = 1000 },
				 { .addr = lender->memory + 5000, .size = 1000 } };
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL), *rest = alloc_skb(0, GFP_KERNEL);
	bool have_ref = false;
	int i;

	for (i = 0; i < 2; i++) {
		atomic_set(&pages[i]._refcount, 1);
		skb_fill_page_desc_noacc(skb, i, &pages[i], 0, 1000);
		skb_len_add(skb, 1000);
	}
	skb_zcopy_set(skb, &lender->uarg, &have_ref);
	skb_shinfo(skb)->flags |= SKBFL_MANAGED_FRAG_REFS;
	assert_true(skb_zcopy_managed(skb));
	skb_split(skb, rest, 1500);
	assert_false(skb_zcopy_managed(skb) || skb_zcopy_managed(rest));
	assert_int_equal(page_ref_count(&pages[0]), 2);
	assert_int_equal(page_ref_count(&pages[1]), 3);
	kfree_skb(skb);
	kfree_skb(rest);
	assert_int_equal(page_ref_count(&pages[0]), 1);
	assert_int_equal(page_ref_count(&pages[1]), 1);

	/* Freed as it is, no reference moves. */
	skb = alloc_skb(0, GFP_KERNEL);
	skb_fill_page_desc_noacc(skb, 0, &pages[0], 0, 1000);
	skb_len_add(skb, 1000);
	have_ref = true;
	net_zcopy_get(&lender->uarg);
	skb_zcopy_set(skb, &lender->uarg, &have_ref);
	assert_false(have_ref);
	skb_shinfo(skb)->flags |= SKBFL_MANAGED_FRAG_REFS;
	kfree_skb(skb);
	assert_int_equal(page_ref_count(&pages[0]), 1);
	lend_end(lender);
}

/* Each of two data blocks counts its fragments when they part. */
static void test_managed_unclone(void **state)
{
	struct lender *lender = lend(SKBFL_DONT_ORPHAN);
	struct page page = { .addr = lender->memory, .size = 1000 };
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL), *clone;

	atomic_set(&page._refcount, 1);
	skb_fill_page_desc_noacc(skb, 0, &page, 0, 1000);
	skb_len_add(skb, 1000);
	skb_zcopy_set(skb, &lender->uarg, NULL);
	skb_shinfo(skb)->flags |= SKBFL_MANAGED_FRAG_REFS;
	clone = skb_clone(skb, GFP_KERNEL);
	assert_int_equal(skb_unclone(clone, GFP_KERNEL), 0);
	assert_int_equal(page_ref_count(&page), 3);
	kfree_skb(skb);
	kfree_skb(clone);
	assert_int_equal(page_ref_count(&page), 1);
	lend_end(lender);
}

static void test_nouarg(void **state)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL), *clone;
	long owner;

	skb_add_rx_frag(skb, 0, alloc_page(GFP_KERNEL | __GFP_ZERO), 0, 100, 4096);
	skb_zcopy_set_nouarg(skb, &owner);
	assert_true(skb_zcopy_is_nouarg(skb));
	assert_ptr_equal(skb_zcopy_get_nouarg(skb), &owner);
	clone = skb_clone(skb, GFP_KERNEL);
	assert_null(skb_zcopy(clone));
	kfree_skb(clone);
	kfree_skb(skb);
}

static void test_two_owners(void **state)
{
	struct lender *a = lend(SKBFL_DONT_ORPHAN), *b = lend(SKBFL_DONT_ORPHAN);
	struct sk_buff *to = borrow(a, 0, 2, 100), *from = borrow(b, 0, 2, 100), *clone;
	struct skiff_msghdr msg = { 0 };
	unsigned char want[300];

	assert_int_equal(skb_zerocopy_clone(to, to, GFP_KERNEL), 0);
	clone = skb_get(to);
	assert_int_equal(skb_zerocopy_clone(to, from, GFP_KERNEL), -EIO);
	kfree_skb(clone);

	iov_iter_ubuf(&msg.msg_iter, ITER_SOURCE, b->memory, 10);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, to, &msg, 10, &b->uarg), -EEXIST);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, to, &msg, -1, &a->uarg), -EINVAL);
	assert_int_equal(msg_data_left(&msg), 10);

	/* The first owner's memory is copied to make room for the second one. */
	memcpy(want, a->memory, 100);
	memcpy(want + 100, a->memory + 200, 100);
	memcpy(want + 200, b->memory, 100);
	assert_int_equal(skb_zerocopy(to, from, 100, 0), 0);
	assert_int_equal(a->copied, 1);
	assert_ptr_equal(skb_zcopy(to), &b->uarg);
	assert_packet(to, want, 300);
	kfree_skb(to);
	kfree_skb(from);
	lend_end(a);
	lend_end(b);
}

static void test_iter_forms(void **state)
{
	struct lender *lender = lend(0);
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL), *own;
	struct skiff_msghdr msg = { 0 };
	struct iovec iov[MAX_SKB_FRAGS + 3];

	/* Neighbours in one block of a region are one fragment; the block is counted. */
	own = shape_packet(2000, 0);
	iov[0] = (struct iovec){ own->data, 1000 };
	iov[1] = (struct iovec){ own->data + 1000, 1000 };
	iov_iter_init(&msg.msg_iter, ITER_SOURCE, iov, 2, SIZE_MAX);
	assert_int_equal(skb_zerocopy_iter_dgram(skb, &msg, 2000), 0);
	assert_int_equal(skb_shinfo(skb)->nr_frags, 1);
	assert_int_equal(page_ref_count(virt_to_page(own->head)), 2);
	assert_packet(skb, own->data, 2000);
	kfree_skb(skb);
	kfree_skb(own);

	/* A short message, with what there was. */
	skb = alloc_skb(100, GFP_KERNEL);
	iov_iter_ubuf(&msg.msg_iter, ITER_SOURCE, lender->memory, 100);
	assert_int_equal(skb_zerocopy_iter_dgram(skb, &msg, 101), -EFAULT);
	assert_int_equal(skb->len, 100);
	iov_iter_ubuf(&msg.msg_iter, ITER_SOURCE, lender->memory, 100);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, skb, &msg, 101, &lender->uarg), -EFAULT);
	assert_int_equal(msg_data_left(&msg), 100);
	assert_int_equal(skb->len, 100);
	assert_int_equal(skb_zerocopy_iter_dgram(skb, &msg, INT_MAX), -EINVAL);
	iov_iter_ubuf(&msg.msg_iter, ITER_DEST, lender->memory, 100);
	assert_int_equal(skb_zerocopy_iter_dgram(skb, &msg, 1), -EINVAL);
	kfree_skb(skb);

	/* More pieces than fragments: a stream takes what fits. */
	skb = alloc_skb(100, GFP_KERNEL);
	for (unsigned int i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct iovec){ lender->memory + 100 * i, 10 };
	iov_iter_init(&msg.msg_iter, ITER_SOURCE, iov, ARRAY_SIZE(iov), SIZE_MAX);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, skb, &msg, 10 * ARRAY_SIZE(iov),
						  &lender->uarg),
			 10 * MAX_SKB_FRAGS);
	assert_int_equal(msg_data_left(&msg), 30);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, skb, &msg, 30, &lender->uarg), -EMSGSIZE);
	assert_int_equal(msg_data_left(&msg), 30);
	kfree_skb(skb);
	lend_end(lender);
}

static void test_iter_no_memory(void **state)
{
	struct skiff_msghdr msg = { 0 };
	struct iovec iov[2];
	struct lender *lender;
	struct sk_buff *skb;

	faults_or_skip();
	lender = lend(0);
	skb = alloc_skb(100, GFP_KERNEL);
	iov[0] = (struct iovec){ lender->memory, 10 };
	iov[1] = (struct iovec){ lender->memory + 20, 10 };
	iov_iter_init(&msg.msg_iter, ITER_SOURCE, iov, 2, SIZE_MAX);
	fault_arm(1);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, skb, &msg, 20, &lender->uarg), -ENOMEM);
	assert_true(fault_disarm(1));
	assert_null(skb_zcopy(skb));
	fault_arm(2);
	assert_int_equal(skb_zerocopy_iter_stream(NULL, skb, &msg, 20, &lender->uarg), 10);
	assert_true(fault_disarm(2));
	assert_int_equal(msg_data_left(&msg), 10);
	kfree_skb(skb);
	lend_end(lender);
}

static void test_nobody(void **state)
{
	struct sk_buff *skb = shape_packet(100, SHAPE_FRAGS);
	struct lender *lender = lend(0);

	skb_tx_error(NULL);
	skb_tx_error(skb);
	assert_null(skb_zcopy(NULL));
	skb_zcopy_set(NULL, &lender->uarg, NULL);
	skb_zcopy_set(skb, NULL, NULL);
	assert_null(skb_zcopy(skb));
	net_zcopy_put(NULL);
	net_zcopy_put_abort(NULL, true);
	net_zcopy_put_abort(&lender->uarg, false);
	skb_zcopy_clear(skb, true);
	assert_int_equal(skb_orphan_frags(skb, GFP_KERNEL), 0);
	kfree_skb(skb);
	assert_int_equal(lender->done, 0);
	net_zcopy_get(&lender->uarg);
	net_zcopy_put_abort(&lender->uarg, true);
	lend_end(lender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_lifetime),
		SHAPE_TEST(test_clone_copies),
		SHAPE_TEST(test_clone_holds_on),
		SHAPE_TEST(test_copy_ubufs),
		SHAPE_TEST(test_copy_ubufs_no_memory),
		SHAPE_TEST(test_linear_lets_go),
		SHAPE_TEST(test_split_shares_owner),
		SHAPE_TEST(test_managed),
		SHAPE_TEST(test_managed_unclone),
		SHAPE_TEST(test_nouarg),
		SHAPE_TEST(test_two_owners),
		SHAPE_TEST(test_iter_forms),
		SHAPE_TEST(test_iter_no_memory),
		SHAPE_TEST(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
