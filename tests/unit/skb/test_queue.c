// SPDX-License-Identifier: BSD-2-Clause
/* Lists of buffers: every function on lists of none, one and more members. */
#include "shape.h"

#include "death.h"

/* A buffer that can be told from others. */
static struct sk_buff *numbered(u32 n)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);

	assert_non_null(skb);
	skb->mark = n;
	return skb;
}

/* The ring is sound both ways, and its members have these numbers in this order. */
static void assert_list(const struct sk_buff_head *list, const char *digits)
{
	struct sk_buff *skb;
	size_t i = 0, n = strlen(digits);

	assert_int_equal(skb_queue_len(list), n);
	assert_int_equal(skb_queue_len_lockless(list), n);
	assert_int_equal(skb_queue_empty(list), n == 0);
	assert_int_equal(skb_queue_empty_lockless(list), n == 0);
	skb_queue_walk(list, skb) {
		assert_true(i < n);
		assert_int_equal(skb->mark, digits[i++] - '0');
	}
	assert_int_equal(i, n);
	skb_queue_reverse_walk(list, skb)
		assert_int_equal(skb->mark, digits[--i] - '0');
	assert_int_equal(i, 0);
	assert_false(spin_is_locked(&list->lock));
}

static void fill(struct sk_buff_head *list, const char *digits)
{
	skb_queue_head_init(list);
	for (; *digits; digits++)
		skb_queue_tail(list, numbered((u32)(*digits - '0')));
}

static struct sk_buff *member(const struct sk_buff_head *list, u32 n)
{
	struct sk_buff *skb;

	skb_queue_walk(list, skb)
		if (skb->mark == n)
			return skb;
	fail();
	return NULL;
}

static void test_empty(void **state)
{
	struct sk_buff_head list;

	skb_queue_head_init(&list);
	assert_list(&list, "");
	assert_null(skb_dequeue(&list));
	assert_null(skb_dequeue_tail(&list));
	assert_null(__skb_dequeue(&list));
	assert_null(__skb_dequeue_tail(&list));
	assert_null(skb_peek(&list));
	assert_null(skb_peek_tail(&list));
	skb_queue_purge(&list);
	assert_list(&list, "");
}

static void test_both_ends(void **state)
{
	struct sk_buff_head list;
	struct sk_buff *skb;

	fill(&list, "12");
	skb_queue_head(&list, numbered(0));
	__skb_queue_tail(&list, numbered(3));
	__skb_queue_head(&list, numbered(9));
	assert_list(&list, "90123");
	assert_int_equal(skb_peek(&list)->mark, 9);
	assert_int_equal(__skb_peek(&list)->mark, 9);
	assert_int_equal(skb_peek_tail(&list)->mark, 3);

	skb = skb_dequeue(&list);
	assert_int_equal(skb->mark, 9);
	assert_null(skb->next);
	assert_null(skb->prev);
	kfree_skb(skb);
	skb = skb_dequeue_tail(&list);
	assert_int_equal(skb->mark, 3);
	assert_null(skb->next);
	kfree_skb(skb);
	assert_list(&list, "012");
	skb_queue_purge(&list);
	assert_list(&list, "");
}

static void test_neighbours(void **state)
{
	struct sk_buff_head list;
	struct sk_buff *two;

	fill(&list, "123");
	two = member(&list, 2);
	assert_int_equal(skb_queue_next(&list, two)->mark, 3);
	assert_int_equal(skb_queue_prev(&list, two)->mark, 1);
	assert_int_equal(skb_peek_next(two, &list)->mark, 3);
	assert_null(skb_peek_next(member(&list, 3), &list));
	assert_true(skb_queue_is_first(&list, member(&list, 1)));
	assert_true(skb_queue_is_last(&list, member(&list, 3)));
	assert_false(skb_queue_is_first(&list, two));
	assert_false(skb_queue_is_last(&list, two));
	skb_queue_purge(&list);
}

static void test_insert_and_unlink(void **state)
{
	struct sk_buff_head list;
	struct sk_buff *skb;

	fill(&list, "15");
	skb_append(member(&list, 1), numbered(2), &list);
	__skb_append(member(&list, 5), numbered(6), &list);
	__skb_queue_before(&list, member(&list, 5), numbered(4));
	__skb_queue_before(&list, member(&list, 1), numbered(0));
	__skb_queue_after(&list, member(&list, 2), numbered(3));
	assert_list(&list, "0123456");

	/* first, last, in between */
	skb = member(&list, 0);
	skb_unlink(skb, &list);
	assert_null(skb->next);
	assert_null(skb->prev);
	kfree_skb(skb);
	skb = member(&list, 6);
	skb_unlink(skb, &list);
	kfree_skb(skb);
	skb = member(&list, 3);
	__skb_unlink(skb, &list);
	kfree_skb(skb);
	assert_list(&list, "1245");
	skb_queue_purge(&list);
}

static void test_walks(void **state)
{
	struct sk_buff_head list;
	struct sk_buff *skb, *tmp;
	u32 sum = 0;

	fill(&list, "123456");
	skb_queue_walk_safe(&list, skb, tmp)
		if (skb->mark % 2) {
			__skb_unlink(skb, &list);
			kfree_skb(skb);
		}
	assert_list(&list, "246");
	skb = member(&list, 4);
	skb_queue_walk_from(&list, skb)
		sum += skb->mark;
	assert_int_equal(sum, 10);
	skb = member(&list, 4);
	skb_queue_walk_from_safe(&list, skb, tmp) {
		__skb_unlink(skb, &list);
		kfree_skb(skb);
	}
	assert_list(&list, "2");
	skb_queue_reverse_walk_safe(&list, skb, tmp) {
		__skb_unlink(skb, &list);
		kfree_skb(skb);
	}
	assert_list(&list, "");
}

/* @how moves list a, "12" or "", to list b, "34" or "". */
static void splice(const char *a_digits, const char *b_digits,
		   void (*how)(struct sk_buff_head *, struct sk_buff_head *), const char *expect)
{
	struct sk_buff_head a, b;

	fill(&a, a_digits);
	fill(&b, b_digits);
	how(&a, &b);
	assert_list(&b, expect);
	skb_queue_purge(&b);
	assert_list(&b, "");
}

static void splice_front(struct sk_buff_head *a, struct sk_buff_head *b)
{
	skb_queue_splice(a, b);
}

static void splice_front_init(struct sk_buff_head *a, struct sk_buff_head *b)
{
	skb_queue_splice_init(a, b);
	assert_list(a, "");
}

static void splice_back(struct sk_buff_head *a, struct sk_buff_head *b)
{
	skb_queue_splice_tail(a, b);
}

static void splice_back_init(struct sk_buff_head *a, struct sk_buff_head *b)
{
	skb_queue_splice_tail_init(a, b);
	assert_list(a, "");
}

static void test_splice(void **state)
{
	splice("12", "34", splice_front, "1234");
	splice("12", "34", splice_front_init, "1234");
	splice("12", "34", splice_back, "3412");
	splice("12", "34", splice_back_init, "3412");
	splice("", "34", splice_front, "34");
	splice("", "34", splice_front_init, "34");
	splice("", "34", splice_back, "34");
	splice("", "34", splice_back_init, "34");
	splice("12", "", splice_front_init, "12");
	splice("12", "", splice_back_init, "12");
	splice("", "", splice_back_init, "");
}

/* Chains by next alone. */
static void test_chains(void **state)
{
	struct sk_buff *first = numbered(1), *skb, *next;
	u32 sum = 0;

	first->next = numbered(2);
	first->next->next = numbered(3);
	skb_list_walk_safe(first, skb, next) {
		sum += skb->mark;
		skb_mark_not_on_list(skb);
		kfree_skb(skb);
	}
	assert_int_equal(sum, 6);
	skb_list_walk_safe(NULL, skb, next)
		fail();
}

static void test_list_head_view(void **state)
{
	struct sk_buff *skb = numbered(1), *other = numbered(2);
	LIST_HEAD(list);

	list_add_tail(&skb->list, &list);
	list_add_tail(&other->list, &list);
	skb_list_del_init(skb);
	assert_null(skb->next);
	assert_ptr_equal(list_first_entry(&list, struct sk_buff, list), other);
	assert_true(list_is_singular(&list));
	kfree_skb(skb);
	kfree_skb(other);
}

/* A destructor may look at the list that is being emptied. */
static struct sk_buff_head *watched;
static unsigned int destroyed;

static void look(struct sk_buff *skb)
{
	destroyed++;
	assert_null(skb_dequeue(watched));
	skb->sk = NULL;
}

static void test_purge_unlocked(void **state)
{
	struct sk_buff_head list;
	struct sk_buff *skb;

	fill(&list, "123");
	watched = &list;
	destroyed = 0;
	skb_queue_walk(&list, skb)
		skb->destructor = look;
	skb_queue_purge(&list);
	assert_int_equal(destroyed, 3);
}

static void next_of_last(void)
{
	struct sk_buff_head list;

	fill(&list, "1");
	skb_queue_next(&list, skb_peek(&list));
}

static void prev_of_first(void)
{
	struct sk_buff_head list;

	fill(&list, "1");
	skb_queue_prev(&list, skb_peek(&list));
}

static void test_beyond_the_ends(void **state)
{
	assert_dies(next_of_last, "skb_queue_is_last");
	assert_dies(prev_of_first, "skb_queue_is_first");
}

#define T(name) cmocka_unit_test_setup_teardown(name, shape_setup, shape_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_empty),		T(test_both_ends),
		T(test_neighbours),	T(test_insert_and_unlink),
		T(test_walks),		T(test_splice),
		T(test_chains),		T(test_list_head_view),
		T(test_purge_unlocked), T(test_beyond_the_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
