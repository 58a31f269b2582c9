// SPDX-License-Identifier: BSD-2-Clause
/* The symbols behind inline functions, as another language calls them: the same results. */
#include "shape.h"

#include "death.h"

/* By their symbols and not by the headers. */
#define REAL(name) __asm__(#name)

extern struct sk_buff *real_alloc(unsigned int size, gfp_t gfp) REAL(alloc_skb);
extern struct sk_buff *real_netdev_alloc(struct net_device *dev, unsigned int length)
	REAL(netdev_alloc_skb);
extern void real_reserve(struct sk_buff *skb, int len) REAL(skb_reserve);
extern void *real_put(struct sk_buff *skb, unsigned int len) REAL(skb_put);
extern void *real_push(struct sk_buff *skb, unsigned int len) REAL(skb_push);
extern void *real_pull(struct sk_buff *skb, unsigned int len) REAL(skb_pull);
extern bool real_may_pull(struct sk_buff *skb, unsigned int len) REAL(pskb_may_pull);
extern void real_trim(struct sk_buff *skb, unsigned int len) REAL(skb_trim);
extern int real_linearize(struct sk_buff *skb) REAL(skb_linearize);
extern unsigned int real_headroom(const struct sk_buff *skb) REAL(skb_headroom);
extern int real_tailroom(const struct sk_buff *skb) REAL(skb_tailroom);
extern struct sk_buff *real_get(struct sk_buff *skb) REAL(skb_get);
extern int real_shared(const struct sk_buff *skb) REAL(skb_shared);
extern int real_cloned(const struct sk_buff *skb) REAL(skb_cloned);
extern struct sk_buff *real_unshare(struct sk_buff *skb, gfp_t gfp) REAL(skb_unshare);
extern void real_reset_mac(struct sk_buff *skb) REAL(skb_reset_mac_header);
extern unsigned char *real_mac(const struct sk_buff *skb) REAL(skb_mac_header);
extern void real_free(struct sk_buff *skb) REAL(kfree_skb);
extern void real_head_init(struct sk_buff_head *list) REAL(skb_queue_head_init);
extern u32 real_queue_len(const struct sk_buff_head *list) REAL(skb_queue_len);
extern struct sk_buff *real_peek(const struct sk_buff_head *list) REAL(skb_peek);

static void test_geometry(void **state)
{
	struct sk_buff *skb = real_alloc(1000, GFP_KERNEL);
	unsigned char *head = skb->head;

	real_reserve(skb, 100);
	assert_int_equal(real_headroom(skb), 100);
	assert_ptr_equal(real_put(skb, 50), head + 100);
	assert_ptr_equal(real_push(skb, 14), head + 86);
	real_reset_mac(skb);
	assert_ptr_equal(real_mac(skb), head + 86);
	assert_ptr_equal(real_pull(skb, 14), head + 100);
	assert_null(real_pull(skb, 51));
	assert_true(real_may_pull(skb, 50));
	assert_false(real_may_pull(skb, 51));
	real_trim(skb, 20);
	assert_int_equal(skb->len, 20);
	assert_int_equal(real_tailroom(skb), skb_tailroom(skb));
	assert_int_equal(real_linearize(skb), 0);
	real_free(skb);
	real_free(NULL);
	skb = real_netdev_alloc(NULL, 100);
	assert_int_equal(real_headroom(skb), NET_SKB_PAD);
	real_free(skb);
}

static void test_sharing(void **state)
{
	struct sk_buff *skb = real_alloc(100, GFP_KERNEL), *n;
	struct sk_buff_head list;

	assert_ptr_equal(real_get(skb), skb);
	assert_true(real_shared(skb));
	real_free(skb);
	assert_false(real_shared(skb));
	n = skb_clone(skb, GFP_KERNEL);
	assert_true(real_cloned(skb));
	n = real_unshare(n, GFP_KERNEL);
	assert_false(real_cloned(skb));
	assert_false(real_cloned(n));
	real_free(n);
	real_head_init(&list);
	assert_int_equal(real_queue_len(&list), 0);
	assert_null(real_peek(&list));
	skb_queue_tail(&list, skb);
	assert_int_equal(real_queue_len(&list), 1);
	assert_ptr_equal(real_peek(&list), skb);
	skb_queue_purge(&list);
}

static void puts_nowhere(void)
{
	real_put(NULL, 1);
}

static void puts_too_much(void)
{
	real_put(real_alloc(10, GFP_KERNEL), 385);
}

static void test_bugs(void **state)
{
	assert_dies(puts_nowhere, "skb_put(0) without an sk_buff");
	assert_dies(puts_too_much, "skb_over_panic: skb_put(385)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_geometry),
		SHAPE_TEST(test_sharing),
		SHAPE_TEST(test_bugs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
