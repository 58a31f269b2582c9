// SPDX-License-Identifier: BSD-2-Clause
/* The article's five figures of a buffer: every pointer, after each of the calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skiff/lj1996.h>

#define LEN 100
#define HEADSPACE 42

/*
 * The pointers in bytes from the start of the block, and the three areas that a figure shows:
 * head room, data area, tail room, in this order and without gaps.
 */
static void assert_figure(const struct sk_buff *skb, unsigned int data, unsigned int tail,
			  unsigned int end)
{
	assert_non_null(skb->head);
	assert_ptr_equal(skb->data, skb->head + data);
	assert_int_equal(skb->tail, tail);
	assert_ptr_equal(skb_tail_pointer(skb), skb->head + tail);
	assert_true(skb->end >= end);
	assert_ptr_equal(skb_end_pointer(skb), skb->head + skb->end);
	assert_int_equal(skb_headroom(skb), data);
	assert_int_equal(skb->len, tail - data);
	assert_int_equal(skb_headlen(skb), tail - data);
	assert_int_equal(skb_tailroom(skb), skb->end - tail);
	assert_int_equal(skb->data_len, 0);
	assert_int_equal(skb_headroom(skb) + skb->len + (unsigned int)skb_tailroom(skb), skb->end);
}

static void test_figures(void **state)
{
	struct sk_buff *skb = alloc_skb(LEN + HEADSPACE, GFP_KERNEL);
	unsigned char *head, *at;
	unsigned int end;

	/* Figure 1: after alloc_skb(): no head room, no data, all of it tail room */
	assert_non_null(skb);
	assert_figure(skb, 0, 0, LEN + HEADSPACE);
	head = skb->head;
	end = skb->end;

	/* Figure 2: after skb_reserve(): the empty data area has moved up */
	skb_reserve(skb, HEADSPACE);
	assert_figure(skb, HEADSPACE, HEADSPACE, LEN + HEADSPACE);

	/* Figures 3 and 4: after skb_put(): data grows up into the tail room */
	at = skb_put(skb, 60);
	assert_ptr_equal(at, head + HEADSPACE);
	assert_figure(skb, HEADSPACE, HEADSPACE + 60, LEN + HEADSPACE);
	memset(at, 'd', 60);
	at = skb_put(skb, 40);
	assert_ptr_equal(at, head + HEADSPACE + 60);
	memset(at, 'e', 40);
	assert_figure(skb, HEADSPACE, HEADSPACE + 100, LEN + HEADSPACE);

	/* Figure 5: after skb_push(): data grows down into the head room, contents stay */
	at = skb_push(skb, 20);
	assert_ptr_equal(at, head + HEADSPACE - 20);
	assert_figure(skb, HEADSPACE - 20, HEADSPACE + 100, LEN + HEADSPACE);
	memset(at, 'h', 20);
	at = skb_push(skb, 22);
	assert_ptr_equal(at, head);
	assert_figure(skb, 0, HEADSPACE + 100, LEN + HEADSPACE);
	assert_int_equal(skb->data[22], 'h');
	assert_int_equal(skb->data[42], 'd');
	assert_int_equal(skb->data[102], 'e');

	/* and back, as a receiver does it */
	assert_ptr_equal(skb_pull(skb, HEADSPACE), head + HEADSPACE);
	assert_figure(skb, HEADSPACE, HEADSPACE + 100, LEN + HEADSPACE);
	skb_trim(skb, 60);
	assert_figure(skb, HEADSPACE, HEADSPACE + 60, LEN + HEADSPACE);
	skb_trim(skb, 0);
	assert_figure(skb, HEADSPACE, HEADSPACE, LEN + HEADSPACE);

	/* the block is the same throughout */
	assert_ptr_equal(skb->head, head);
	assert_int_equal(skb->end, end);
	kfree_skb(skb, FREE_WRITE);
	assert_int_equal(skb_live_buffers(), 0);
}

/* The article's first lines of a sending routine, at every size. */
static void test_sending_routine(void **state)
{
	for (int len = 0; len < 3000; len += 37)
		for (int headspace = 0; headspace < 200; headspace += 33) {
			struct sk_buff *skb =
				alloc_skb((unsigned int)(len + headspace), GFP_KERNEL);

			skb_reserve(skb, headspace);
			skb_put(skb, (unsigned int)len);
			assert_figure(skb, (unsigned int)headspace, (unsigned int)(headspace + len),
				      (unsigned int)(headspace + len));
			skb_push(skb, (unsigned int)headspace);
			assert_ptr_equal(skb->data, skb->head);
			kfree_skb(skb, FREE_WRITE);
		}
	assert_int_equal(skb_live_buffers(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_sending_routine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
