// SPDX-License-Identifier: BSD-2-Clause
/* Allocation and release: every size, what a fresh buffer holds, references, lists, dangling ends. */
#include <limits.h>

#include <skiff/dst.h>
#include <skiff/netdevice.h>

#include "shape.h"

/* Rooms of the pools' data classes, see doc/skb.md. */
static const unsigned int rooms[] = { 384, 2240, 3776, 9920, 18112, 36544, 69312 };

static void assert_zero(const void *from, const void *to, const char *what)
{
	const unsigned char *p;

	for (p = (const unsigned char *)from; p < (const unsigned char *)to; p++)
		if (*p)
			fail_msg("%s: byte %zu is %#x", what,
				 (size_t)(p - (const unsigned char *)from), *p);
}

/* What clones share is clean; fragments are undefined until nr_frags counts them. */
static void assert_fresh_shinfo(const struct sk_buff *skb)
{
	struct skb_shared_info copy;

	memcpy(&copy, __skb_shinfo(skb), sizeof(copy));
	assert_int_equal(atomic_read(&copy.dataref), 1);
	atomic_set(&copy.dataref, 0);
	assert_zero(&copy, copy.frags, "shared info");
}

/* Every field as the headers promise it, for a buffer from a pool that was dirty before. */
static void assert_fresh(const struct sk_buff *skb, unsigned int size, unsigned int headroom)
{
	struct sk_buff copy;

	assert_ptr_equal(skb->data, skb->head + headroom);
	assert_int_equal(skb->tail, headroom);
	assert_true(skb->end >= size);
	assert_int_equal(skb->end % SMP_CACHE_BYTES, 0);
	assert_true(skb->truesize >= SKB_TRUESIZE(skb->end));
	assert_int_equal(refcount_read(&skb->users), 1);
	assert_int_equal(skb_tailroom(skb), (int)(skb->end - headroom));
	assert_int_equal(skb_headroom(skb), headroom);
	assert_false(skb_mac_header_was_set(skb));
	assert_false(skb_transport_header_was_set(skb));
	assert_null(skb->next);
	assert_null(skb->prev);
	assert_null(skb->destructor);

	/* All others are zero. */
	memcpy(&copy, skb, sizeof(copy));
	assert_true(copy.free);
	copy.free = 0;
	copy.mac_header = copy.transport_header = 0;
	copy.head_frag = 0;
	copy.head_kind = 0;
	assert_zero(&copy.__slow_free, &copy.extensions, "sk_buff");
	assert_fresh_shinfo(skb);
}

static void test_sizes(void **state)
{
	unsigned int i;
	int d;

	for (i = 0; i < ARRAY_SIZE(rooms); i++)
		for (d = -1; d <= 1; d++) {
			unsigned int size = rooms[i] + (unsigned int)d;
			struct sk_buff *skb = alloc_skb(size, GFP_ATOMIC);

			assert_non_null(skb);
			assert_fresh(skb, size, 0);
			/* The smallest pool that is large enough, and above all pools just enough. */
			if (d <= 0)
				assert_int_equal(skb->end, rooms[i]);
			else if (i + 1 < ARRAY_SIZE(rooms))
				assert_int_equal(skb->end, rooms[i + 1]);
			else
				assert_int_equal(skb->end, SKB_DATA_ALIGN(size));
			memset(skb_put(skb, skb->end), 0xff, skb->end);
			kfree_skb(skb);
		}
}

static void test_extreme_sizes(void **state)
{
	static const unsigned int good[] = { 0, 1, 69313, 100000, SKB_MAX_SIZE - 1, SKB_MAX_SIZE };
	static const unsigned int bad[] = { SKB_MAX_SIZE + 1, INT_MAX, 1U + INT_MAX, UINT_MAX - 64,
					    UINT_MAX };
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		skb = alloc_skb(good[i], GFP_KERNEL);
		assert_non_null(skb);
		assert_fresh(skb, good[i], 0);
		memset(skb_put(skb, good[i]), 0xff, good[i]);
		consume_skb(skb);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_null(alloc_skb(bad[i], GFP_KERNEL));
		assert_null(alloc_skb_fclone(bad[i], GFP_KERNEL));
		assert_null(netdev_alloc_skb(NULL, bad[i]));
		assert_null(netdev_alloc_skb_ip_align(NULL, bad[i]));
		assert_null(napi_alloc_skb(NULL, bad[i]));
		assert_int_equal(alloc_skb_bulk(&skb, 1, bad[i], GFP_KERNEL), 0);
	}
	assert_null(netdev_alloc_skb(NULL, SKB_MAX_SIZE - NET_SKB_PAD + 1));
	assert_null(netdev_alloc_skb_ip_align(NULL, SKB_MAX_SIZE - NET_SKB_PAD - 1));
	skb = netdev_alloc_skb(NULL, SKB_MAX_SIZE - NET_SKB_PAD);
	assert_fresh(skb, SKB_MAX_SIZE, NET_SKB_PAD);
	kfree_skb(skb);
}

static void test_device_buffers(void **state)
{
	static const unsigned int sizes[] = { 0, 1, 60, 319, 320, 321, 1514, 9000, 70000 };
	struct net_device *dev = (struct net_device *)&sizes; /* never looked at */
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct sk_buff *skb = netdev_alloc_skb(dev, sizes[i]);

		assert_ptr_equal(skb->dev, dev);
		skb->dev = NULL;
		assert_fresh(skb, sizes[i] + NET_SKB_PAD, NET_SKB_PAD);
		dev_kfree_skb(skb);

		skb = dev_alloc_skb(sizes[i]);
		assert_fresh(skb, sizes[i] + NET_SKB_PAD, NET_SKB_PAD);
		dev_kfree_skb_any(skb);

		skb = netdev_alloc_skb_ip_align(dev, sizes[i]);
		assert_ptr_equal(skb->dev, dev);
		skb->dev = NULL;
		assert_fresh(skb, sizes[i] + NET_SKB_PAD + NET_IP_ALIGN,
			     NET_SKB_PAD + NET_IP_ALIGN);
		assert_int_equal(((uintptr_t)skb->data + 14) % 4, 0);
		dev_consume_skb_any(skb);

		skb = napi_alloc_skb(NULL, sizes[i]);
		assert_null(skb->dev);
		assert_fresh(skb, sizes[i] + NET_SKB_PAD + NET_IP_ALIGN,
			     NET_SKB_PAD + NET_IP_ALIGN);
		napi_consume_skb(skb, 1);
	}
	napi_consume_skb(NULL, 0);
}

static unsigned int destroyed;

static void count_destructor(struct sk_buff *skb)
{
	destroyed++;
}

static void count_nfct(struct nf_conntrack *nfct)
{
	destroyed++;
}

/*
 * Write all that a holder may write, without losing what release needs: the truth about its
 * memory (head, size_class, head_kind) and its references.
 */
static void make_dirty(struct sk_buff *skb)
{
	static struct nf_conntrack nfct = { .destroy = count_nfct };
	memset(skb->head, 0xff, skb->end);
	memset(&skb->dev, 0xff,
	       offsetof(struct sk_buff, extensions) - offsetof(struct sk_buff, dev));
	skb->next = skb->prev = skb;
	skb->data = skb->head + 1;
	skb->tail = 3;
	skb->truesize = 12345;
	skb->fclone = 3;
	skb->pp_recycle = 1;
	skb->destructor = count_destructor;
	refcount_set(&nfct.use, 1);
	skb->_nfct = (unsigned long)&nfct | 1;
	skb->_skb_refdst = 0;
}

static void dirty_shinfo(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	memset(shinfo, 0xff, sizeof(*shinfo));
	shinfo->flags = 0; /* no foreign memory */
	shinfo->nr_frags = 0;
	shinfo->frag_list = NULL;
	atomic_set(&shinfo->dataref, 1);
}

/* A freed buffer comes back clean, whatever its last holder wrote. */
static void test_recycled(void **state)
{
	unsigned int i, how;

	for (i = 0; i < ARRAY_SIZE(rooms); i++)
		for (how = 0; how < 5; how++) {
			struct sk_buff *skb = alloc_skb(rooms[i], GFP_ATOMIC), *again;
			unsigned char *head = skb->head;

			destroyed = 0;
			make_dirty(skb);
			if (how == 1)
				dirty_shinfo(skb);
			if (how == 2)
				skb_set_end_offset(skb, 64);
			if (how == 3) {
				skb_set_end_offset(skb, 128);
				dirty_shinfo(skb);
			}
			if (how == 4) {
				skb->nohdr = skb->cloned = 1;
				atomic_set(&skb_shinfo(skb)->dataref, 1 + (1 << SKB_DATAREF_SHIFT));
			}
			kfree_skb(skb);
			assert_int_equal(destroyed, 2);
			again = alloc_skb(rooms[i], GFP_ATOMIC);
			/* The very one, still paired with its block. */
			assert_ptr_equal(again, skb);
			assert_ptr_equal(again->head, head);
			assert_fresh(again, rooms[i], 0);
			assert_int_equal(again->end, rooms[i]);
			kfree_skb(again);
		}
}

/* Nobody asked for the shared info: release must not, and need not, look at it. */
static void test_shinfo_untouched(void **state)
{
	struct sk_buff *skb = alloc_skb(2000, GFP_ATOMIC);

	assert_false(skb->shinfo_touched);
	skb_reserve(skb, 100);
	skb_put(skb, 1000);
	skb_push(skb, 14);
	assert_true(pskb_may_pull(skb, 50));
	assert_int_equal(pskb_trim(skb, 900), 0);
	assert_int_equal(skb_linearize(skb), 0);
	assert_false(skb_cloned(skb));
	assert_false(skb_header_cloned(skb));
	assert_int_equal(skb_cow(skb, 50), 0);
	assert_int_equal(skb->__slow_free, 0);
	skb_shinfo(skb)->gso_size = 1400;
	assert_true(skb->shinfo_touched);
	kfree_skb(skb);
	skb = alloc_skb(2000, GFP_ATOMIC);
	assert_fresh(skb, 2000, 0);
	kfree_skb(skb);
}

static void test_references(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC);
	unsigned int i;

	destroyed = 0;
	skb->destructor = count_destructor;
	assert_false(skb_shared(skb));
	for (i = 0; i < 1000; i++)
		assert_ptr_equal(skb_get(skb), skb);
	assert_true(skb_shared(skb));
	for (i = 0; i < 999; i++)
		kfree_skb(skb);
	assert_int_equal(refcount_read(&skb->users), 2);
	assert_false(skb_unref(skb));
	assert_int_equal(destroyed, 0);
	assert_true(skb_unref(skb));
	__kfree_skb(skb);
	assert_int_equal(destroyed, 1);
	kfree_skb(NULL);
	consume_skb(NULL);
	kfree_skb_list(NULL);
	assert_false(skb_unref(NULL));
}

static void test_release_lists(void **state)
{
	struct sk_buff *chain = NULL, *bulk[40], *skb;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		skb = alloc_skb(i * 100, GFP_ATOMIC);
		skb->next = chain;
		chain = skb;
	}
	kfree_skb_list(chain);
	assert_int_equal(alloc_skb_bulk(NULL, 0, 100, GFP_ATOMIC), 0);
	assert_int_equal(alloc_skb_bulk(bulk, 40, 2000, GFP_ATOMIC), 40);
	for (i = 0; i < 40; i++)
		assert_fresh(bulk[i], 2000, 0);
	kfree_skb(bulk[7]);
	bulk[7] = NULL;
	consume_skb_bulk(bulk, 40);
	consume_skb_bulk(NULL, 0);
}

/* The data block was given to somebody else: only the control structure goes. */
static void test_partial(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC);
	unsigned char *head = skb->head;
	struct page *page = virt_to_page(head);

	assert_int_equal(page_ref_count(page), 1);
	destroyed = 0;
	skb->destructor = count_destructor;
	kfree_skb_partial(skb, true);
	assert_int_equal(destroyed, 1);
	head[0] = 1; /* still ours */
	assert_int_equal(page_ref_count(page), 1);
	put_page(page);

	skb = alloc_skb(100, GFP_ATOMIC);
	kfree_skb_partial(skb, false);
}

/* A holder of the block outlives the buffer, as after coalescing. */
static void test_block_outlives(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC), *other;
	struct page *page = virt_to_page(skb->head);
	unsigned char *head = skb->head;

	get_page(page);
	skb_shinfo(skb);
	kfree_skb(skb);
	memset(head, 0x5a, 384);
	other = alloc_skb(100, GFP_ATOMIC);
	assert_ptr_not_equal(other->head, head);
	kfree_skb(other);
	assert_int_equal(head[383], 0x5a);
	put_page(page);
}

static void test_heads(void **state)
{
	struct sk_buff *skb = alloc_skb_head(GFP_ATOMIC);

	assert_null(skb->head);
	assert_int_equal(skb->len, 0);
	assert_int_equal(skb_tailroom(skb), 0);
	assert_int_equal(skb->truesize, SKB_DATA_ALIGN(sizeof(struct sk_buff)));
	skb->priority = 7;
	kfree_skb(skb);
	skb = alloc_skb_head(GFP_ATOMIC);
	assert_int_equal(skb->priority, 0);
	kfree_skb(skb);
}

static void test_faults(void **state)
{
	struct sk_buff *skb, *bulk[8];
	long n;

	if (skiff_fail_nth(0))
		skip();
	for (n = 1;; n++) {
		fault_arm(n);
		skb = alloc_skb(SKB_MAX_SIZE, GFP_ATOMIC);
		if (!fault_disarm(n))
			break;
		assert_null(skb);
	}
	assert_true(n > 1);
	assert_non_null(skb);
	kfree_skb(skb);
	fault_arm(1);
	assert_null(alloc_skb(10, GFP_ATOMIC));
	fault_arm(1);
	assert_null(netdev_alloc_skb(NULL, 10));
	fault_arm(1);
	assert_null(netdev_alloc_skb_ip_align(NULL, 10));
	fault_arm(1);
	assert_null(napi_alloc_skb(NULL, 10));
	fault_arm(1);
	assert_null(alloc_skb_head(GFP_ATOMIC));
	fault_arm(5);
	assert_int_equal(alloc_skb_bulk(bulk, 8, 100, GFP_ATOMIC), 4);
	consume_skb_bulk(bulk, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_sizes),
		SHAPE_TEST(test_extreme_sizes),
		SHAPE_TEST(test_device_buffers),
		SHAPE_TEST(test_recycled),
		SHAPE_TEST(test_shinfo_untouched),
		SHAPE_TEST(test_references),
		SHAPE_TEST(test_release_lists),
		SHAPE_TEST(test_partial),
		SHAPE_TEST(test_block_outlives),
		SHAPE_TEST(test_heads),
		SHAPE_TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
