// SPDX-License-Identifier: BSD-2-Clause
/* skb_expand_head(): the buffer itself, a clone of a shared one, and what the socket is charged. */
#include "sockets.h"

static void test_enough(void **state)
{
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	skb_reserve(skb, 64);
	assert_ptr_equal(skb_expand_head(skb, 64), skb);
	assert_int_equal(skb_headroom(skb), 64);
	kfree_skb(skb);
}

static void test_grow(void **state)
{
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	memcpy(skb_put(skb, 5), "hello", 5);
	assert_ptr_equal(skb_expand_head(skb, 100), skb);
	assert_true(skb_headroom(skb) >= 100);
	assert_memory_equal(skb->data, "hello", 5);
	kfree_skb(skb);
}

/* Another holder keeps the old one; ours is a clone with room of its own. */
static void test_shared(void **state)
{
	struct sk_buff *skb = skb_get(alloc_skb(200, GFP_KERNEL)), *n;

	memcpy(skb_put(skb, 5), "hello", 5);
	n = skb_expand_head(skb, 100);
	assert_non_null(n);
	assert_ptr_not_equal(n, skb);
	assert_false(skb_shared(skb));
	assert_int_equal(skb_headroom(skb), 0);
	assert_memory_equal(n->data, "hello", 5);
	kfree_skb(n);
	kfree_skb(skb);
}

static void test_charge_follows(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = alloc_skb(300, GFP_KERNEL), *n;

	skb_set_owner_w(skb, sk);
	assert_ptr_equal(skb_expand_head(skb, 2000), skb);
	assert_int_equal(sk_wmem_alloc_get(sk), skb->truesize);
	assert_true(skb->truesize >= 2300);
	/* Shared: both the old one and the clone that took its place are charged. */
	n = skb_expand_head(skb_get(skb), 4000);
	assert_ptr_not_equal(n, skb);
	assert_int_equal(sk_wmem_alloc_get(sk), skb->truesize + n->truesize);
	kfree_skb(n);
	assert_int_equal(sk_wmem_alloc_get(sk), skb->truesize);
	kfree_skb(skb);
	sock_put(sk);
}

static void test_no_memory(void **state)
{
	long n;

	for (n = 1;; n++) {
		struct sk_buff *skb = skb_get(alloc_skb(200, GFP_KERNEL)), *got;

		if (skiff_fail_nth(n) == -EOPNOTSUPP) {
			kfree_skb(skb);
			kfree_skb(skb);
			skip();
		}
		got = skb_expand_head(skb, 100);
		kfree_skb(got);
		kfree_skb(skb);
		assert_int_equal(skb_live_buffers(), 0);
		if (skiff_fail_count() < n)
			break;
	}
	skiff_fail_nth(0);
	assert_true(n > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_enough),		T(test_grow),	   T(test_shared),
		T(test_charge_follows), T(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
