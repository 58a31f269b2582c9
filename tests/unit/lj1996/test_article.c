// SPDX-License-Identifier: BSD-2-Clause
/* Runs the article's append_frame() and process_queue(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skiff/fault.h>

#include "article.h"

static int processed;

void process_data(struct sk_buff *skb)
{
	char expect[32];

	/* First in, first out. */
	snprintf(expect, sizeof(expect), "frame number %d", processed++);
	assert_int_equal(skb->len, strlen(expect) + 1);
	assert_string_equal((char *)skb->data, expect);
	assert_int_equal(skb_headroom(skb), 0);
	assert_null(skb->next);
	assert_false(skb_unlink(skb)); /* it is in no list any more */
}

static void append(int n)
{
	char frame[32];

	snprintf(frame, sizeof(frame), "frame number %d", n);
	data = frame;
	append_frame(frame, (int)strlen(frame) + 1);
	data = NULL;
}

static int setup(void **state)
{
	skb_queue_head_init(&my_list);
	processed = my_dropped = 0;
	return 0;
}

static int teardown(void **state)
{
	skiff_fail_nth(0);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static void test_in_order(void **state)
{
	for (int n = 0; n < 1000; n++)
		append(n);
	assert_int_equal(skb_queue_len(&my_list), 1000);
	assert_int_equal(skb_live_buffers(), 1000);
	process_queue();
	assert_int_equal(processed, 1000);
	assert_int_equal(my_dropped, 0);
	assert_true(skb_queue_empty(&my_list));
	process_queue();
	assert_int_equal(processed, 1000);
}

static void test_dropped_without_memory(void **state)
{
	if (skiff_fail_nth(2))
		skip();
	append(0);
	append(99);
	append(1);
	process_queue();
	assert_int_equal(processed, 2);
	assert_int_equal(my_dropped, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dropped_without_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
