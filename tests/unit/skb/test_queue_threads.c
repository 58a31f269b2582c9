// SPDX-License-Identifier: BSD-2-Clause
/* One list, many threads: nothing is lost, doubled or reordered within one sender. */
#include <pthread.h>
#include <sched.h>

#include "shape.h"

#define SENDERS 3
#define RECEIVERS 3
#define PER_SENDER 5000

static struct sk_buff_head list;
static atomic_t received;
static unsigned char seen[SENDERS][PER_SENDER];

/* Allocates here; whoever receives frees there. */
static void *sender(void *arg)
{
	u32 id = (u32)(uintptr_t)arg;

	for (u32 n = 0; n < PER_SENDER; n++) {
		struct sk_buff *skb = alloc_skb(n % 600, GFP_ATOMIC);

		if (!skb)
			abort();
		skb_put_zero(skb, n % 600);
		skb->mark = id;
		skb->priority = n;
		skb_queue_tail(&list, skb);
		if (n % 64 == 0)
			sched_yield();
	}
	return NULL;
}

/* Takes from the front, so each sender's buffers must come in the order of their numbers. */
static void *receiver(void *arg)
{
	s64 last[SENDERS] = { -1, -1, -1 };

	while (atomic_read(&received) < SENDERS * PER_SENDER) {
		struct sk_buff *skb = skb_dequeue(&list);

		if (!skb) {
			sched_yield();
			continue;
		}
		if ((s64)skb->priority <= last[skb->mark])
			abort();
		last[skb->mark] = skb->priority;
		__atomic_fetch_add(&seen[skb->mark][skb->priority], 1, __ATOMIC_RELAXED);
		consume_skb(skb);
		atomic_inc(&received);
	}
	return NULL;
}

static void test_queue_and_dequeue(void **state)
{
	pthread_t t[SENDERS + RECEIVERS];

	skb_queue_head_init(&list);
	atomic_set(&received, 0);
	memset(seen, 0, sizeof(seen));
	for (uintptr_t i = 0; i < SENDERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, sender, (void *)i), 0);
	for (unsigned int i = 0; i < RECEIVERS; i++)
		assert_int_equal(pthread_create(&t[SENDERS + i], NULL, receiver, NULL), 0);
	for (unsigned int i = 0; i < SENDERS + RECEIVERS; i++)
		pthread_join(t[i], NULL);
	for (unsigned int i = 0; i < SENDERS; i++)
		for (unsigned int n = 0; n < PER_SENDER; n++)
			assert_int_equal(seen[i][n], 1);
	assert_true(skb_queue_empty(&list));
}

/* Everything at once, on two lists, in the middle as well as at the ends. */
static struct sk_buff_head both[2];

static void *stirrer(void *arg)
{
	u32 state = (u32)(uintptr_t)arg + 1;

	for (unsigned int n = 0; n < 4000; n++) {
		struct sk_buff_head *a = &both[state & 1];
		struct sk_buff *skb, *first;

		state = state * 1664525 + 1013904223;
		switch (state >> 29) {
		case 0:
		case 1:
		case 2:
			skb = alloc_skb(100, GFP_ATOMIC);
			if (!skb)
				abort();
			if (state & 0x100)
				skb_queue_tail(a, skb);
			else
				skb_queue_head(a, skb);
			break;
		case 3:
			consume_skb(skb_dequeue(a));
			break;
		case 4:
			consume_skb(skb_dequeue_tail(a));
			break;
		case 5:
			spin_lock(&a->lock);
			first = skb_peek(a);
			if (first)
				__skb_unlink(first, a);
			spin_unlock(&a->lock);
			consume_skb(first);
			break;
		case 6:
			if (skb_queue_len_lockless(a) > 200)
				skb_queue_purge(a);
			break;
		default:
			(void)skb_queue_empty_lockless(a);
			break;
		}
	}
	return NULL;
}

static void test_stir(void **state)
{
	pthread_t t[4];

	skb_queue_head_init(&both[0]);
	skb_queue_head_init(&both[1]);
	for (uintptr_t i = 0; i < ARRAY_SIZE(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, stirrer, (void *)i), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(t); i++)
		pthread_join(t[i], NULL);
	for (unsigned int i = 0; i < 2; i++) {
		struct sk_buff *skb;
		u32 n = 0;

		skb_queue_walk(&both[i], skb)
			n++;
		assert_int_equal(n, skb_queue_len(&both[i]));
		skb_queue_purge(&both[i]);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, shape_setup, shape_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_queue_and_dequeue),
		T(test_stir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
