// SPDX-License-Identifier: BSD-2-Clause
/* The 1996 forms: lists that members know, the device lock, the free flag, sockets' counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skiff/lj1996.h>

#include "death.h"

static struct sk_buff *numbered(u32 n)
{
	struct sk_buff *skb = alloc_skb(10, GFP_KERNEL);

	assert_non_null(skb);
	skb->mark = n;
	return skb;
}

static void assert_list(struct sk_buff_head *list, const char *digits)
{
	struct sk_buff *skb;
	size_t i = 0;

	assert_int_equal(skb_queue_len(list), strlen(digits));
	skb_queue_walk(list, skb) {
		assert_int_equal(skb->mark, digits[i++] - '0');
		assert_ptr_equal(skb->lj_list, list);
		assert_true(skb->lj_flags & LJ_LISTED);
	}
	assert_int_equal(i, strlen(digits));
	assert_false(spin_is_locked(&list->lock));
}

static struct sk_buff *member(struct sk_buff_head *list, u32 n)
{
	struct sk_buff *skb;

	skb_queue_walk(list, skb)
		if (skb->mark == n)
			return skb;
	fail();
	return NULL;
}

static void fill(struct sk_buff_head *list, const char *digits)
{
	skb_queue_head_init(list);
	for (; *digits; digits++)
		skb_queue_tail(list, numbered((u32)(*digits - '0')));
}

static int teardown(void **state)
{
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static void test_append_and_insert(void **state)
{
	struct sk_buff_head list;

	fill(&list, "");
	skb_append(&list, numbered(3)); /* a head: at the end */
	skb_append(&list, numbered(6));
	skb_append(member(&list, 3), numbered(4)); /* behind a buffer */
	skb_insert(member(&list, 6), numbered(5)); /* in front of one */
	skb_insert(member(&list, 3), numbered(2));
	skb_append(member(&list, 6), numbered(7));
	skb_queue_head(&list, numbered(1));
	assert_list(&list, "1234567");
	skb_append(member(&list, 7), numbered(8), &list); /* the modern form */
	assert_int_equal(skb_queue_len(&list), 8);
	skb_queue_purge(&list);
	assert_true(skb_queue_empty(&list));
}

static void test_unlink(void **state)
{
	struct sk_buff_head a, b;
	struct sk_buff *skb, *lone = numbered(9);

	fill(&a, "123");
	fill(&b, "45");
	/* from whatever list */
	skb = member(&b, 4);
	assert_true(skb_unlink(skb));
	assert_null(skb->next);
	assert_list(&b, "5");
	assert_false(skb_unlink(skb));
	skb_queue_tail(&a, skb);
	assert_list(&a, "1234");
	assert_true(skb_unlink(skb));
	kfree_skb(skb, FREE_READ);
	/* in none */
	assert_false(skb_unlink(lone));
	skb = skb_dequeue(&a);
	assert_false(skb_unlink(skb));
	kfree_skb(skb, FREE_READ);
	skb = skb_dequeue_tail(&a);
	assert_int_equal(skb->mark, 3);
	assert_false(skb_unlink(skb));
	kfree_skb(skb, FREE_READ);
	/* a modern function took it out */
	skb = __skb_dequeue(&a);
	assert_false(skb_unlink(skb));
	assert_int_equal(skb->lj_flags, 0);
	kfree_skb(skb);
	/* the modern form of unlink, the buffer named with its list */
	skb = member(&b, 5);
	skb_unlink(skb, &b);
	assert_false(skb_unlink(skb));
	kfree_skb(skb);
	kfree_skb(lone, FREE_WRITE);
}

static void test_splice_tags(void **state)
{
	struct sk_buff_head a, b;

	fill(&a, "12");
	fill(&b, "34");
	skb_queue_splice_init(&a, &b);
	assert_list(&a, "");
	assert_list(&b, "1234");
	fill(&a, "56");
	skb_queue_splice_tail_init(&a, &b);
	assert_list(&b, "123456");
	assert_true(skb_queue_empty(&a));
	fill(&a, "78");
	skb_queue_splice_tail(&a, &b);
	assert_list(&b, "12345678");
	fill(&a, "0");
	skb_queue_splice(&a, &b);
	assert_list(&b, "012345678");
	for (u32 n = 0; n < 9; n += 2) {
		struct sk_buff *skb = member(&b, n);

		assert_true(skb_unlink(skb));
		kfree_skb(skb, FREE_READ);
	}
	assert_list(&b, "1357");
	skb_queue_purge(&b);
}

/* Copies are in no list, not locked, and may be freed. */
static void test_copies_start_afresh(void **state)
{
	struct sk_buff_head list;
	struct sk_buff *skb, *clone, *copy;

	fill(&list, "1");
	skb = skb_peek(&list);
	skb->free = 0;
	skb_device_lock(skb);
	clone = skb_clone(skb, GFP_KERNEL);
	copy = skb_copy(skb, GFP_KERNEL);
	assert_int_equal(clone->free, 1);
	assert_int_equal(copy->free, 1);
	assert_false(skb_unlink(clone));
	assert_false(skb_device_locked(clone));
	assert_false(skb_device_locked(copy));
	kfree_skb(clone, FREE_READ);
	kfree_skb(copy, FREE_READ);
	assert_int_equal(skb_live_buffers(), 1);
	assert_true(skb_device_unlock(skb));
	assert_true(skb_unlink(skb));
	skb->free = 1;
	kfree_skb(skb, FREE_WRITE);
}

static void test_free_flag(void **state)
{
	struct sk_buff *skb = numbered(1);

	assert_int_equal(skb->free, 1);
	skb->free = 0;
	kfree_skb(skb, FREE_WRITE);
	dev_kfree_skb(skb, FREE_WRITE);
	kfree_skb(skb, FREE_READ);
	assert_int_equal(skb_live_buffers(), 1);
	assert_int_equal(skb->mark, 1);
	skb->free = 1;
	kfree_skb(skb, FREE_WRITE);
	assert_int_equal(skb_live_buffers(), 0);
	kfree_skb(NULL, FREE_READ);
	/* modern owners do not know the flag */
	skb = numbered(1);
	skb->free = 0;
	kfree_skb(skb);
	skb = numbered(1);
	dev_kfree_skb(skb);
}

static void test_device_lock(void **state)
{
	struct sk_buff_head list;
	struct sk_buff *skb;

	fill(&list, "123");
	skb = member(&list, 2);
	skb_device_lock(skb);
	assert_true(skb_device_locked(skb));
	/* in use by a driver: can't be taken away, nor freed under its hands */
	assert_false(skb_unlink(skb));
	assert_list(&list, "123");
	assert_true(skb_device_unlock(skb));
	assert_false(skb_device_locked(skb));
	assert_true(skb_unlink(skb));
	assert_list(&list, "13");

	/* freed while the driver has it: goes when the driver is done */
	skb_device_lock(skb);
	kfree_skb(skb, FREE_WRITE);
	assert_int_equal(skb_live_buffers(), 3);
	dev_kfree_skb(skb, FREE_WRITE);
	assert_int_equal(skb_live_buffers(), 2);

	/* freed while the driver has it, which then refuses it: not to be offered again */
	skb = skb_dequeue(&list);
	skb_device_lock(skb);
	kfree_skb(skb, FREE_WRITE);
	assert_false(skb_device_unlock(skb));
	dev_kfree_skb(skb, FREE_WRITE);
	assert_int_equal(skb_live_buffers(), 1);

	/* the whole list goes while a driver has a member of it */
	skb = skb_peek(&list);
	skb_device_lock(skb);
	skb_queue_purge(&list);
	assert_int_equal(skb_live_buffers(), 1);
	dev_kfree_skb(skb, FREE_WRITE);
	assert_int_equal(skb_live_buffers(), 0);

	/* kept by the protocol: the driver's release only unlocks */
	skb = numbered(5);
	skb->free = 0;
	skb_device_lock(skb);
	dev_kfree_skb(skb, FREE_WRITE);
	assert_false(skb_device_locked(skb));
	assert_int_equal(skb_live_buffers(), 1);
	skb->free = 1;
	kfree_skb(skb, FREE_WRITE);
}

/* Lowers the socket's counts, those that the destructor knows and those raised by hand. */
static void test_socket_counts(void **state)
{
	struct sock *sk = sk_alloc(NULL, AF_INET, GFP_KERNEL, NULL, 0);
	struct sk_buff *skb;

	sock_init_data(NULL, sk);
	skb = numbered(1);
	skb_set_owner_r(skb, sk);
	kfree_skb(skb, FREE_READ);
	assert_int_equal(sk_rmem_alloc_get(sk), 0);
	skb = numbered(1);
	skb_set_owner_w(skb, sk);
	kfree_skb(skb, FREE_WRITE);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	/* as protocols did it in 1996 */
	skb = numbered(1);
	skb->sk = sk;
	atomic_add((int)skb->truesize, &sk->sk_rmem_alloc);
	kfree_skb(skb, FREE_READ);
	assert_int_equal(sk_rmem_alloc_get(sk), 0);
	skb = numbered(1);
	skb->sk = sk;
	refcount_add((int)skb->truesize, &sk->sk_wmem_alloc);
	kfree_skb(skb, FREE_WRITE);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	/* a kept buffer stays charged */
	skb = numbered(1);
	skb_set_owner_w(skb, sk);
	skb->free = 0;
	kfree_skb(skb, FREE_WRITE);
	assert_int_equal(sk_wmem_alloc_get(sk), skb->truesize);
	sock_put(sk);
	skb->free = 1;
	kfree_skb(skb, FREE_WRITE);
}

/* What is reported, and then made the best of. */
static void free_in_list(void)
{
	struct sk_buff_head list;
	struct sk_buff *skb;

	fill(&list, "12");
	skb = skb_peek(&list);
	kfree_skb(skb, FREE_READ);
	if (skb_queue_len(&list) == 1 && skb_live_buffers() == 1)
		abort(); /* the message before it is what is looked for */
}

static void unlock_twice(void)
{
	struct sk_buff *skb = numbered(1);

	skb_device_lock(skb);
	skb_device_unlock(skb);
	skb_device_unlock(skb);
	abort();
}

static void lock_twice(void)
{
	struct sk_buff *skb = numbered(1);

	skb_device_lock(skb);
	skb_device_lock(skb);
	abort();
}

static void append_to_none(void)
{
	if (skb_append(numbered(1), numbered(2)) == -ENOENT &&
	    skb_insert(numbered(1), numbered(2)) == -ENOENT)
		abort();
}

static void queue_twice(void)
{
	struct sk_buff_head list;

	fill(&list, "1");
	skb_queue_tail(&list, skb_peek(&list));
}

static void test_bugs_reported(void **state)
{
	assert_dies(free_in_list, "LJ_LISTED");
	assert_dies(unlock_twice, "LJ_LOCKED");
	assert_dies(lock_twice, "LJ_LOCKED");
	assert_dies(append_to_none, "!list");
	assert_dies(queue_twice, "LJ_LISTED");
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_append_and_insert),   T(test_unlink),	    T(test_splice_tags),
		T(test_copies_start_afresh), T(test_free_flag),	    T(test_device_lock),
		T(test_socket_counts),	     T(test_bugs_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
