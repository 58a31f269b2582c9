// SPDX-License-Identifier: BSD-2-Clause
/* One-argument skb_unlink() against threads that move the buffer from list to list. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skiff/lj1996.h>

#define BUFFERS 32
#define ROUNDS 20000

static struct sk_buff_head lists[3];
static struct sk_buff *buffers[BUFFERS];

/* Whoever unlinks a buffer owns it and puts it into a list of its choice. */
static void *mover(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg + 1;

	for (int n = 0; n < ROUNDS; n++) {
		struct sk_buff *skb = buffers[rand_r(&seed) % BUFFERS];
		struct sk_buff_head *to = &lists[rand_r(&seed) % 3];

		if (rand_r(&seed) % 8 == 0) {
			skb = skb_dequeue(to);
			if (!skb)
				continue;
		} else if (!skb_unlink(skb)) {
			continue;
		}
		skb->mark++;
		if (n & 1)
			skb_queue_tail(to, skb);
		else
			skb_queue_head(to, skb);
	}
	return NULL;
}

static void test_movers(void **state)
{
	pthread_t t[3];
	u32 left = 0;

	for (int i = 0; i < 3; i++)
		skb_queue_head_init(&lists[i]);
	for (int i = 0; i < BUFFERS; i++) {
		buffers[i] = alloc_skb(10, GFP_KERNEL);
		skb_append(&lists[i % 3], buffers[i]);
	}
	for (uintptr_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, mover, (void *)i), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 3; i++) {
		struct sk_buff *skb;
		u32 n = 0;

		skb_queue_walk(&lists[i], skb)
			n++;
		assert_int_equal(n, skb_queue_len(&lists[i]));
		left += n;
		skb_queue_purge(&lists[i]);
	}
	assert_int_equal(left, BUFFERS);
	assert_int_equal(skb_live_buffers(), 0);
}

/* A driver is done with buffers that their keeper frees at the same moment: one of them releases. */
static struct sk_buff *at_driver;
static atomic_t done;

static void *driver(void *arg)
{
	struct sk_buff *skb;

	while (!atomic_read(&done)) {
		skb = __atomic_load_n(&at_driver, __ATOMIC_ACQUIRE);
		if (!skb) {
			sched_yield();
			continue;
		}
		dev_kfree_skb(skb, FREE_WRITE);
		__atomic_store_n(&at_driver, (struct sk_buff *)NULL, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void test_doom_against_driver(void **state)
{
	unsigned int seed = 1;
	pthread_t t;

	atomic_set(&done, 0);
	at_driver = NULL;
	assert_int_equal(pthread_create(&t, NULL, driver, NULL), 0);
	for (int n = 0; n < ROUNDS; n++) {
		struct sk_buff *skb = alloc_skb(10, GFP_ATOMIC);

		skb->free = 0;
		skb_device_lock(skb);
		__atomic_store_n(&at_driver, skb, __ATOMIC_RELEASE);
		for (int i = rand_r(&seed) % 200; i > 0; i--)
			barrier();
		skb->free = 1;
		kfree_skb(skb, FREE_WRITE);
		while (__atomic_load_n(&at_driver, __ATOMIC_ACQUIRE))
			sched_yield();
		assert_int_equal(skb_live_buffers(), 0);
	}
	atomic_set(&done, 1);
	pthread_join(t, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_movers),
		cmocka_unit_test(test_doom_against_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
