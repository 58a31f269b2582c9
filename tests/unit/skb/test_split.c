// SPDX-License-Identifier: BSD-2-Clause
/* Cutting packets: in two, out of the middle, and back into the members of their list. */
#include <limits.h>

#include "shape.h"

static void test_split(void **state)
{
	for (unsigned int round = 0; round < 1000; round++) {
		struct sk_buff *skb = shape_packet(below(round % 3 ? 300 : 9000), SHAPE_FRAGS);
		struct sk_buff *rest = alloc_skb(skb_headlen(skb), GFP_KERNEL);
		unsigned int len = skb->len, cut = below(len + 1);
		unsigned char *twin = flatten(skb);

		skb_split(skb, rest, cut);
		assert_packet(skb, twin, cut);
		assert_packet(rest, twin + cut, len - cut);
		free(twin);
		if (below(2))
			swap(skb, rest);
		kfree_skb(skb);
		kfree_skb(rest);
	}
}

static void test_split_keeps_flags(void **state)
{
	struct sk_buff *skb = shape_packet(0, 0), *rest = alloc_skb(0, GFP_KERNEL);

	skb_add_rx_frag(skb, 0, alloc_page(GFP_KERNEL), 0, 100, 100);
	skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	skb_split(skb, rest, 40);
	assert_true(skb_has_shared_frag(rest));
	assert_int_equal(rest->data_len, 60);
	kfree_skb(skb);
	kfree_skb(rest);
}

static void test_extract(void **state)
{
	for (unsigned int round = 0; round < 1000; round++) {
		struct sk_buff *skb = shape_packet(below(round % 3 ? 300 : 9000), SHAPE_ALL), *n;
		unsigned int off = below(skb->len + 1), len = below(skb->len - off + 1);
		unsigned char *twin = flatten(skb);

		n = pskb_extract(skb, (int)off, (int)len, GFP_KERNEL);
		assert_non_null(n);
		assert_packet(n, twin + off, len);
		assert_packet(skb, twin, skb->len);
		if (below(2))
			swap(skb, n);
		kfree_skb(skb);
		kfree_skb(n);
		free(twin);
	}
}

static void test_extract_refuses(void **state)
{
	struct sk_buff *skb = shape_packet(100, SHAPE_FRAGS);
	int len = (int)skb->len;

	assert_null(pskb_extract(skb, -1, 1, GFP_KERNEL));
	assert_null(pskb_extract(skb, 0, -1, GFP_KERNEL));
	assert_null(pskb_extract(skb, 0, len + 1, GFP_KERNEL));
	assert_null(pskb_extract(skb, len + 1, 0, GFP_KERNEL));
	assert_null(pskb_extract(skb, INT_MAX, INT_MAX, GFP_KERNEL));
	kfree_skb(skb);
}

static void test_extract_no_memory(void **state)
{
	unsigned int failures = 0;

	faults_or_skip();
	for (unsigned int round = 1; round < 60; round++) {
		for (long nth = 1, hit = 1; hit; nth++) {
			struct sk_buff *skb, *n;
			unsigned char *twin;

			shape_seed(round);
			skb = shape_packet(5000, SHAPE_ALL);
			twin = flatten(skb);
			fault_arm(nth);
			n = pskb_extract(skb, 1000, 3000, GFP_KERNEL);
			hit = fault_disarm(nth);
			assert_int_equal(!n, hit);
			failures += hit != 0;
			if (n)
				assert_packet(n, twin + 1000, 3000);
			assert_packet(skb, twin, skb->len);
			kfree_skb(n);
			kfree_skb(skb);
			free(twin);
		}
	}
	assert_true(failures > 60);
}

/* Packets as received one by one: MAC, network and transport headers pulled, some payload. */
#define MAC 14U
#define NET 20U
#define TRANSPORT 8U
#define HEADERS (MAC + NET + TRANSPORT)

static struct sk_buff *received(unsigned int payload, unsigned char mark)
{
	struct sk_buff *skb = alloc_skb(64 + HEADERS + payload, GFP_KERNEL);

	skb_reserve(skb, 64);
	memset(skb_put(skb, HEADERS + payload), mark, HEADERS + payload);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, MAC);
	skb_set_transport_header(skb, MAC + NET);
	skb_pull(skb, HEADERS);
	return skb;
}

static struct sk_buff *merged(unsigned int members)
{
	struct sk_buff *head = received(100, 0x10), **link = &skb_shinfo(head)->frag_list;

	for (unsigned int i = 0; i < members; i++) {
		*link = received(50 + i, (unsigned char)(0x20 + i));
		head->len += (*link)->len;
		head->data_len += (*link)->len;
		head->truesize += (*link)->truesize;
		link = &(*link)->next;
	}
	skb_shinfo(head)->gso_size = 100;
	skb_shinfo(head)->gso_type = SKB_GSO_FRAGLIST;
	SKB_GSO_CB(head)->mac_offset = head->mac_header;
	memset(head->data - HEADERS, 0x77, MAC);
	head->mark = 42;
	return head;
}

static void check_segment(const struct sk_buff *seg, unsigned int payload, unsigned char mark)
{
	unsigned char want[HEADERS + 200];

	memset(want, mark, sizeof(want));
	memset(want, 0x77, MAC);
	assert_packet(seg, want, HEADERS + payload);
	assert_ptr_equal(skb_mac_header(seg), seg->data);
	assert_int_equal(skb_network_offset(seg), MAC);
	assert_int_equal(skb_transport_offset(seg), MAC + NET);
	assert_false(skb_is_gso(seg));
	assert_int_equal(seg->mark, 42);
}

static void test_segment_list(void **state)
{
	for (unsigned int members = 0; members < 20; members++) {
		struct sk_buff *head = merged(members), *shared = NULL, *seg, *next, *segs;
		unsigned int n = 0, truesize = 0, before = head->truesize;

		if (members > 2) {
			shared = skb_shinfo(head)->frag_list->next;
			skb_get(shared);
		}
		segs = skb_segment_list(head, NETIF_F_SG, MAC);
		assert_ptr_equal(segs, head);
		assert_int_equal(refcount_read(&head->users), 2);
		skb_list_walk_safe(segs, seg, next) {
			if (!n)
				check_segment(seg, 100, 0x10);
			else
				check_segment(seg, 49 + n, (unsigned char)(0x1f + n));
			if (!next)
				assert_ptr_equal(segs->prev, seg);
			truesize += seg->truesize;
			n++;
		}
		assert_int_equal(n, members + 1);
		/* A private copy of a shared member may take more. */
		assert_true(shared ? truesize >= before : truesize == before);
		if (shared) {
			/* Somebody else's member is as it was. */
			assert_int_equal(shared->len, 51);
			assert_int_equal(skb_headroom(shared), 64 + HEADERS);
			kfree_skb(shared);
		}
		kfree_skb_list(segs);
		kfree_skb(head);
	}
}

static void test_segment_list_refuses(void **state)
{
	struct sk_buff *head = merged(3), *last = skb_shinfo(head)->frag_list->next->next;
	unsigned int len = head->len;

	assert_int_equal(PTR_ERR(skb_segment_list(head, 0, 5000)), -EINVAL);
	assert_int_equal(PTR_ERR(skb_segment_list(head, 0, UINT_MAX)), -EINVAL);
	last->network_header = 0xfff0;
	assert_int_equal(PTR_ERR(skb_segment_list(head, 0, MAC)), -EINVAL);
	skb_set_network_header(last, -(int)(NET + TRANSPORT));
	SKB_GSO_CB(head)->mac_offset = head->mac_header + 1;
	assert_int_equal(PTR_ERR(skb_segment_list(head, 0, MAC)), -EINVAL);
	assert_int_equal(head->len, len);
	kfree_skb(head);
}

static void test_segment_list_no_memory(void **state)
{
	faults_or_skip();
	for (long nth = 1, hit = 1; hit; nth++) {
		struct sk_buff *head = merged(3), *shared = skb_shinfo(head)->frag_list, *segs;
		struct sk_buff *clone = skb_clone(shared->next, GFP_KERNEL);

		skb_get(shared);
		fault_arm(nth);
		segs = skb_segment_list(head, 0, MAC);
		hit = fault_disarm(nth);
		assert_int_equal(IS_ERR(segs), hit != 0);
		if (IS_ERR(segs)) {
			assert_null(head->next);
		} else {
			kfree_skb_list(segs->next);
			segs->next = NULL;
			kfree_skb(segs);
		}
		kfree_skb(head);
		kfree_skb(shared);
		kfree_skb(clone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_split),
		SHAPE_TEST(test_split_keeps_flags),
		SHAPE_TEST(test_extract),
		SHAPE_TEST(test_extract_refuses),
		SHAPE_TEST(test_extract_no_memory),
		SHAPE_TEST(test_segment_list),
		SHAPE_TEST(test_segment_list_refuses),
		SHAPE_TEST(test_segment_list_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
