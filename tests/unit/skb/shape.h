/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of random shape with a flat twin, for tests: what is done to one is done to both. */
#ifndef TESTS_SKB_SHAPE_H
#define TESTS_SKB_SHAPE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/skbuff.h>

/* Numbers that are the same in each run; each test seeds its own. */
static uint64_t shape_state = 1;

static inline void shape_seed(uint64_t seed)
{
	shape_state = seed * 0x9e3779b97f4a7c15ull + 1;
}

static inline uint32_t shape_random(void)
{
	shape_state ^= shape_state << 13;
	shape_state ^= shape_state >> 7;
	shape_state ^= shape_state << 17;
	return (uint32_t)(shape_state >> 32);
}

/* 0 to @n - 1; 0 for 0. */
static inline unsigned int below(unsigned int n)
{
	return n ? shape_random() % n : 0;
}

/* What a packet may be made of. */
#define SHAPE_FRAGS 1u
#define SHAPE_LIST 2u
#define SHAPE_ALL (SHAPE_FRAGS | SHAPE_LIST)

static inline void shape_bytes(unsigned char *p, unsigned int len)
{
	while (len--)
		*p++ = (unsigned char)shape_random();
}

/* Fragments for @len random bytes: empty ones, ones in large blocks, neighbours in one block. */
static inline void shape_frags(struct sk_buff *skb, unsigned int len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	while (shinfo->nr_frags < MAX_SKB_FRAGS && (len || !below(4))) {
		unsigned int order = below(3), room = (unsigned int)PAGE_SIZE << order;
		unsigned int size = below(min(len, room) + 1), off;
		struct page *page;

		if (shinfo->nr_frags == MAX_SKB_FRAGS - 1)
			size = min(len, room);
		off = below(room - size + 1);
		if (shinfo->nr_frags && !below(3)) {
			skb_frag_t *last = &shinfo->frags[shinfo->nr_frags - 1];

			page = skb_frag_page(last);
			off = skb_frag_off(last) + skb_frag_size(last);
			size = min_t(unsigned int, size, page_size(page) - off);
			get_page(page);
		} else {
			page = alloc_pages(GFP_KERNEL, order);
			assert_non_null(page);
		}
		shape_bytes((unsigned char *)page_address(page) + off, size);
		skb_fill_page_desc(skb, shinfo->nr_frags, page, (int)off, (int)size);
		skb_len_add(skb, (int)size);
		skb->truesize += (unsigned int)page_size(page);
		len -= size;
	}
}

static inline struct sk_buff *shape_packet_at(unsigned int len, unsigned int what, int depth)
{
	unsigned int headroom = below(3) ? below(200) : 0, tailroom = below(3) ? below(300) : 0;
	unsigned int linear = what ? (below(4) ? below(len + 1) : 0) : len;
	struct sk_buff *skb = alloc_skb(headroom + linear + tailroom, GFP_KERNEL);
	struct sk_buff **link;
	int members = 0;

	assert_non_null(skb);
	skb_reserve(skb, (int)headroom);
	shape_bytes(skb->head, headroom);
	shape_bytes((unsigned char *)skb_put(skb, linear), linear);
	len -= linear;
	if (what & SHAPE_FRAGS) {
		unsigned int before = skb->len;

		shape_frags(skb, what & SHAPE_LIST ? below(len + 1) : len);
		len -= skb->len - before;
	}
	if (!(what & SHAPE_LIST) || (!len && below(3)))
		return skb;
	link = &skb_shinfo(skb)->frag_list;
	do {
		unsigned int size = members < 6 ? below(len + 1) : len;
		unsigned int how = depth < 2 && !below(4) ? what : what & SHAPE_FRAGS;

		*link = shape_packet_at(size, how, depth + 1);
		size = (*link)->len;
		skb->len += size;
		skb->data_len += size;
		skb->truesize += (*link)->truesize;
		len -= size;
		link = &(*link)->next;
		members++;
	} while (len && members < 40);
	return skb;
}

/* A packet of @len bytes; fewer where @what can't hold as many. */
static inline struct sk_buff *shape_packet(unsigned int len, unsigned int what)
{
	return shape_packet_at(len, what, 0);
}

/* The bytes of a packet by the simplest means, written to @out. Return: where they end. */
static inline unsigned char *flatten_at(const struct sk_buff *skb, unsigned char *out)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	const struct sk_buff *member;
	unsigned char *start = out;
	unsigned int i;

	memcpy(out, skb->data, skb_headlen(skb));
	out += skb_headlen(skb);
	for (i = 0; i < shinfo->nr_frags; i++) {
		memcpy(out, skb_frag_address(&shinfo->frags[i]), skb_frag_size(&shinfo->frags[i]));
		out += skb_frag_size(&shinfo->frags[i]);
	}
	for (member = shinfo->frag_list; member; member = member->next)
		out = flatten_at(member, out);
	assert_int_equal(out - start, skb->len);
	return out;
}

/* The twin of a packet, for free(). */
static inline unsigned char *flatten(const struct sk_buff *skb)
{
	unsigned char *twin = (unsigned char *)malloc((size_t)skb->len + 1);

	assert_non_null(twin);
	flatten_at(skb, twin);
	return twin;
}

/* @skb holds exactly @len bytes at @twin, and its lengths agree with each other. */
static inline void assert_packet(const struct sk_buff *skb, const unsigned char *twin,
				 unsigned int len)
{
	unsigned char *flat;

	assert_int_equal(skb->len, len);
	assert_true(skb->data_len <= skb->len);
	assert_true(skb->data >= skb->head && skb_tail_pointer(skb) <= skb_end_pointer(skb));
	assert_int_equal(skb_tail_pointer(skb) - skb->data, skb_headlen(skb));
	flat = flatten(skb);
	if (len)
		assert_memory_equal(flat, twin, len);
	free(flat);
}

/* Between tests nothing may be left: buffers, nor bytes of blocks. */
struct shape_live {
	size_t buffers;
	size_t bytes;
};

static inline int shape_setup(void **state)
{
	struct shape_live *live = (struct shape_live *)malloc(sizeof(*live));

	live->buffers = skb_live_buffers();
	live->bytes = skb_live_bytes();
	*state = live;
	shape_seed(1);
	return 0;
}

static inline int shape_teardown(void **state)
{
	struct shape_live *live = (struct shape_live *)*state;
	size_t buffers = live->buffers, bytes = live->bytes;

	free(live);
	skiff_fail_nth(0);
	if (skb_live_buffers() != buffers)
		skb_leak_report(stderr);
	assert_int_equal(skb_live_buffers(), buffers);
	assert_int_equal(skb_live_bytes(), bytes);
	return 0;
}

#define SHAPE_TEST(fn) cmocka_unit_test_setup_teardown(fn, shape_setup, shape_teardown)

/* First in a test that needs faults: the release build has none. */
static inline void faults_or_skip(void)
{
	if (skiff_fail_nth(0))
		skip();
}

/* Let the @nth allocation from now on fail. */
static inline void fault_arm(long nth)
{
	assert_int_equal(skiff_fail_nth(nth), 0);
}

/* No more faults. Return: whether the one that was armed happened. */
static inline bool fault_disarm(long nth)
{
	long seen = skiff_fail_count();

	skiff_fail_nth(0);
	return seen >= nth;
}

#endif /* TESTS_SKB_SHAPE_H */
