// SPDX-License-Identifier: BSD-2-Clause
/* Clones: what is shared, what is not, who may write, and every order of letting go. */
#include <pthread.h>

#include <skiff/dst.h>
#include <skiff/skbuff.h>

#include "shape.h"

static struct sk_buff *filled(unsigned int headroom, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(headroom + len, GFP_KERNEL);

	assert_non_null(skb);
	skb_reserve(skb, (int)headroom);
	shape_bytes((unsigned char *)skb_put(skb, len), len);
	return skb;
}

static int dataref(const struct sk_buff *skb)
{
	return atomic_read(&__skb_shinfo(skb)->dataref);
}

static unsigned int destroyed;

static void count_destructor(struct sk_buff *skb)
{
	destroyed++;
}

/* A clone is equal in all that describes the packet, and owns nothing of the holder's. */
static void test_fields(void **state)
{
	struct sk_buff *skb = filled(64, 200), *n, copy;

	memset(&skb->dev, 0x5a,
	       offsetof(struct sk_buff, extensions) - offsetof(struct sk_buff, dev));
	skb->len = 200;
	skb->data_len = 0;
	skb->peeked = 1;
	skb->free = 0;
	skb->lj_flags = 0;
	skb->next = skb->prev = skb;
	skb->destructor = count_destructor;
	destroyed = 0;
	memcpy(&copy, skb, sizeof(copy));

	n = skb_clone(skb, GFP_KERNEL);
	assert_non_null(n);
	assert_ptr_equal(n->head, skb->head);
	assert_ptr_equal(n->data, skb->data);
	assert_int_equal(n->tail, skb->tail);
	assert_int_equal(n->end, skb->end);
	assert_int_equal(n->truesize, skb->truesize);
	assert_int_equal(refcount_read(&n->users), 1);
	assert_null(n->next);
	assert_null(n->prev);
	assert_null(n->sk);
	assert_null(n->destructor);
	assert_int_equal(n->peeked, 0);
	assert_int_equal(n->free, 1);
	/* The original changed in nothing but that it is cloned, the clone in what was looked at. */
	copy.cloned = 1;
	assert_memory_equal(skb, &copy, offsetof(struct sk_buff, extensions));
	copy.sk = NULL;
	copy.peeked = 0;
	copy.free = 1;
	assert_memory_equal(&n->dev, &copy.dev,
			    offsetof(struct sk_buff, extensions) - offsetof(struct sk_buff, dev));
	assert_int_equal(dataref(skb), 2);

	kfree_skb(n);
	assert_int_equal(destroyed, 0);
	kfree_skb(skb);
	assert_int_equal(destroyed, 1);
}

static void test_who_may_write(void **state)
{
	struct sk_buff *skb = filled(64, 100), *n;

	assert_false(skb_cloned(skb));
	n = skb_clone(skb, GFP_KERNEL);
	assert_true(skb_cloned(skb) && skb_cloned(n));
	assert_true(skb_header_cloned(skb) && skb_header_cloned(n));
	assert_false(skb_clone_writable(n, 1));
	kfree_skb(skb);
	/* Alone again, and as writable as the original was. */
	assert_false(skb_cloned(n));
	assert_false(skb_header_cloned(n));
	kfree_skb(n);
}

/* The original left its headers to others: a clone may write as much headroom as there was. */
static void test_headers_released(void **state)
{
	struct sk_buff *skb = filled(64, 100), *n, *nn;

	__skb_header_release(skb);
	n = skb_clone(skb, GFP_KERNEL);
	assert_int_equal(n->nohdr, 0);
	assert_int_equal(n->hdr_len, 64);
	assert_true(skb_cloned(n));
	assert_false(skb_header_cloned(n));
	skb_push(n, 10);
	assert_true(skb_clone_writable(n, 10));
	assert_false(skb_clone_writable(n, 11));
	assert_int_equal(skb_cow_head(n, 20), 0);
	assert_int_equal(dataref(n), 2 + (1 << SKB_DATAREF_SHIFT));
	nn = skb_clone(n, GFP_KERNEL);
	assert_true(skb_header_cloned(n));
	kfree_skb(n);
	kfree_skb(skb);
	assert_int_equal(dataref(nn), 1);
	assert_false(skb_cloned(nn));
	kfree_skb(nn);

	skb = filled(64, 100);
	__skb_header_release(skb);
	n = skb_clone(skb, GFP_KERNEL);
	kfree_skb(n);
	assert_int_equal(dataref(skb), 1 + (1 << SKB_DATAREF_SHIFT));
	assert_false(skb_cloned(skb));
	kfree_skb(skb);
}

#define HOLDERS 4

/* Each clone made from any earlier holder; all orders of release; the last one still reads. */
static void test_orders(void **state)
{
	unsigned int tree, order, i;

	for (tree = 0; tree < 1 * 2 * 3; tree++)
		for (order = 0; order < 4 * 3 * 2; order++) {
			struct sk_buff *skb[HOLDERS];
			unsigned int left = order, members = HOLDERS, len = below(3000);
			unsigned char *twin;

			skb[0] = shape_packet(len, order % 4);
			len = skb[0]->len;
			twin = flatten(skb[0]);
			skb[1] = skb_clone(skb[0], GFP_KERNEL);
			skb[2] = skb_clone(skb[tree % 2], GFP_KERNEL);
			skb[3] = skb_clone(skb[tree / 2], GFP_KERNEL);
			for (i = 0; i < HOLDERS; i++)
				assert_packet(skb[i], twin, len);
			while (members) {
				unsigned int pick = left % members;

				assert_int_equal(dataref(skb[pick]), members);
				assert_int_equal(!!skb_cloned(skb[pick]), members > 1);
				assert_packet(skb[pick], twin, len);
				left /= members;
				kfree_skb(skb[pick]);
				skb[pick] = skb[--members];
			}
			free(twin);
		}
}

/* Geometry belongs to each holder alone. */
static void test_geometry(void **state)
{
	struct sk_buff *skb = filled(64, 100), *n = skb_clone(skb, GFP_KERNEL);
	unsigned char *data = skb->data;

	skb_pull(n, 40);
	skb_trim(n, 10);
	assert_ptr_equal(skb->data, data);
	assert_int_equal(skb->len, 100);
	assert_ptr_equal(n->data, data + 40);
	assert_int_equal(n->len, 10);
	kfree_skb(skb);
	kfree_skb(n);
}

static void route_destroy(struct nf_conntrack *nfct)
{
	destroyed++;
}

static void test_state_is_shared(void **state)
{
	struct nf_conntrack nfct = { .use = REFCOUNT_INIT(1), .destroy = route_destroy };
	struct sk_buff *skb = filled(0, 10), *n, *c;

	destroyed = 0;
	skb_set_nfct(skb, (unsigned long)&nfct);
	n = skb_clone(skb, GFP_KERNEL);
	c = skb_copy(skb, GFP_KERNEL);
	assert_int_equal(refcount_read(&nfct.use), 3);
	kfree_skb(skb);
	kfree_skb(c);
	assert_int_equal(destroyed, 0);
	kfree_skb(n);
	assert_int_equal(destroyed, 1);
}

static void test_morph(void **state)
{
	struct sk_buff *src = shape_packet(3000, SHAPE_ALL), *dst = shape_packet(2000, SHAPE_ALL);
	unsigned int len = src->len;
	unsigned char *twin = flatten(src);
	struct sk_buff *n = skb_clone(dst, GFP_KERNEL);

	dst->destructor = count_destructor;
	destroyed = 0;
	assert_ptr_equal(skb_morph(dst, src), dst);
	assert_int_equal(destroyed, 1);
	assert_packet(dst, twin, len);
	assert_int_equal(dataref(src), 2);
	kfree_skb(src);
	assert_packet(dst, twin, len);
	kfree_skb(dst);
	kfree_skb(n);
	free(twin);

	/* One that has no data of its own yet. */
	src = filled(10, 20);
	dst = alloc_skb_head(GFP_KERNEL);
	skb_morph(dst, src);
	assert_ptr_equal(dst->data, src->data);
	kfree_skb(src);
	kfree_skb(dst);
}

static void test_share_check(void **state)
{
	struct sk_buff *skb = filled(64, 100), *n;

	assert_ptr_equal(skb_share_check(skb, GFP_KERNEL), skb);
	skb_get(skb);
	n = skb_share_check(skb, GFP_KERNEL);
	assert_ptr_not_equal(n, skb);
	assert_int_equal(refcount_read(&skb->users), 1);
	kfree_skb(n);

	assert_ptr_equal(skb_unshare(skb, GFP_KERNEL), skb);
	n = skb_clone(skb, GFP_KERNEL);
	skb = skb_unshare(skb, GFP_KERNEL);
	assert_ptr_not_equal(skb->head, n->head);
	assert_memory_equal(skb->data, n->data, 100);
	assert_false(skb_cloned(n));
	kfree_skb(n);
	kfree_skb(skb);
}

static void test_for_msg(void **state)
{
	struct sk_buff *skb = shape_packet(3000, SHAPE_FRAGS), *n;
	unsigned int len = skb->len, truesize = skb->truesize;
	unsigned char *twin = flatten(skb);

	skb->mark = 7;
	n = alloc_skb_for_msg(skb);
	assert_packet(n, twin, len);
	assert_int_equal(n->data_len, len);
	assert_int_equal(n->truesize, truesize);
	assert_int_equal(n->mark, 7);
	kfree_skb(n);
	free(twin);
}

static void test_faults(void **state)
{
	struct sk_buff *skb = filled(64, 100), *n;

	if (skiff_fail_nth(0)) {
		kfree_skb(skb);
		skip();
	}
	fault_arm(1);
	assert_null(skb_clone(skb, GFP_ATOMIC));
	assert_false(skb->cloned);
	assert_int_equal(dataref(skb), 1);
	fault_arm(1);
	assert_null(alloc_skb_for_msg(skb));
	/* Consumed on failure as well. */
	skb_get(skb);
	fault_arm(1);
	assert_null(skb_share_check(skb, GFP_ATOMIC));
	assert_int_equal(refcount_read(&skb->users), 1);
	n = skb_clone(skb, GFP_ATOMIC);
	fault_arm(1);
	assert_null(skb_unshare(skb, GFP_ATOMIC));
	assert_int_equal(dataref(n), 1);
	kfree_skb(n);
}

/* Two holders of one buffer clone it at the same time and let it go, as skb_share_check() does. */

#define RACE_ROUNDS 20000

static struct {
	pthread_barrier_t barrier;
	struct sk_buff *shared, *clone[2];
} race;

static void race_clone(int me, unsigned int *seed)
{
	struct sk_buff *skb = race.shared;

	pthread_barrier_wait(&race.barrier);
	*seed = *seed * 1103515245 + 12345;
	for (unsigned int spin = (*seed >> 16) % 40; spin; spin--)
		barrier();
	race.clone[me] = skb_clone(skb, GFP_ATOMIC);
	consume_skb(skb);
	pthread_barrier_wait(&race.barrier);
}

static void *race_other(void *arg)
{
	unsigned int seed = 77;

	for (int i = 0; i < RACE_ROUNDS; i++) {
		pthread_barrier_wait(&race.barrier);
		race_clone(1, &seed);
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

static void both_holders_may_clone(void **state)
{
	unsigned int seed = 1, wrong = 0;
	pthread_t other;

	assert_int_equal(pthread_barrier_init(&race.barrier, NULL, 2), 0);
	assert_int_equal(pthread_create(&other, NULL, race_other, NULL), 0);
	for (int i = 0; i < RACE_ROUNDS; i++) {
		race.shared = skb_get(alloc_skb(100, GFP_KERNEL));
		pthread_barrier_wait(&race.barrier);
		race_clone(0, &seed);
		wrong += !race.clone[0]->cloned || !race.clone[1]->cloned ||
			 atomic_read(&skb_shinfo(race.clone[0])->dataref) != 2;
		consume_skb(race.clone[0]);
		consume_skb(race.clone[1]);
		pthread_barrier_wait(&race.barrier);
	}
	pthread_join(other, NULL);
	pthread_barrier_destroy(&race.barrier);
	assert_int_equal(wrong, 0);
}

/* The end offset survives as well: what was allocated around it may be larger now. */
static void keeptruesize_keeps_the_end(void **state)
{
	struct sk_buff *skb = build_skb(page_address(alloc_page(GFP_KERNEL)), 1024), *n;
	unsigned int end, truesize;

	assert_non_null(skb);
	memcpy(skb_put(skb, 5), "hello", 5);
	end = skb_end_offset(skb);
	truesize = skb->truesize;
	n = skb_clone(skb, GFP_KERNEL);
	assert_int_equal(skb_unclone_keeptruesize(n, GFP_KERNEL), 0);
	assert_false(skb_cloned(n));
	assert_int_equal(skb_end_offset(n), end);
	assert_int_equal(n->truesize, truesize);
	assert_int_equal(atomic_read(&skb_shinfo(n)->dataref), 1);
	assert_memory_equal(n->data, "hello", 5);
	kfree_skb(n);
	kfree_skb(skb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_fields),
		SHAPE_TEST(test_who_may_write),
		SHAPE_TEST(test_headers_released),
		SHAPE_TEST(test_orders),
		SHAPE_TEST(test_geometry),
		SHAPE_TEST(test_state_is_shared),
		SHAPE_TEST(test_morph),
		SHAPE_TEST(test_share_check),
		SHAPE_TEST(both_holders_may_clone),
		SHAPE_TEST(keeptruesize_keeps_the_end),
		SHAPE_TEST(test_for_msg),
		SHAPE_TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
