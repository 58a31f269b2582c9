// SPDX-License-Identifier: BSD-2-Clause
/* What several threads may do at once: spinlocks, mutexes, messages, limits, chance, faults. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/printk.h>
#include <skiff/random.h>
#include <skiff/slab.h>
#include <skiff/spinlock.h>

#include "base/mutex.h"

#define THREADS 4
#define ROUNDS 20000

static DEFINE_SPINLOCK(lock);
static long counter;

static void run_threads(void *(*fn)(void *))
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fn, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void *count_locked(void *arg)
{
	unsigned long flags;

	for (int i = 0; i < ROUNDS; i++) {
		if (i % 2) {
			spin_lock_bh(&lock);
			counter++;
			spin_unlock_bh(&lock);
		} else {
			spin_lock_irqsave(&lock, flags);
			counter++;
			spin_unlock_irqrestore(&lock, flags);
		}
	}
	return NULL;
}

static void test_spinlock(void **state)
{
	counter = 0;
	run_threads(count_locked);
	assert_int_equal(counter, THREADS * ROUNDS);
	assert_false(spin_is_locked(&lock));
	assert_true(spin_trylock(&lock));
	assert_false(spin_trylock(&lock));
	spin_unlock(&lock);
}

static struct skiff_mutex mutex;

/* Held for long enough now and then that others fall asleep. */
static void *count_asleep(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock(&mutex);
		counter++;
		if (i % 1000 == 0)
			sched_yield();
		mutex_unlock(&mutex);
	}
	return NULL;
}

static void test_mutex(void **state)
{
	mutex_init(&mutex);
	counter = 0;
	run_threads(count_asleep);
	assert_int_equal(counter, THREADS * ROUNDS);
	assert_true(mutex_trylock(&mutex));
	assert_false(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
	assert_int_equal(mutex.state, MUTEX_FREE);
}

static void *take_and_drop(void *arg)
{
	mutex_lock(&mutex);
	counter++;
	mutex_unlock(&mutex);
	return NULL;
}

/* Who sleeps is seen to be asleep, and is woken, although the mutex was taken before there were threads. */
static void test_mutex_sleeper(void **state)
{
	pthread_t thread;

	mutex_init(&mutex);
	counter = 0;
	mutex_lock(&mutex);
	assert_int_equal(pthread_create(&thread, NULL, take_and_drop, NULL), 0);
	while (__atomic_load_n(&mutex.state, __ATOMIC_RELAXED) != MUTEX_WAITED_FOR)
		sched_yield();
	assert_int_equal(counter, 0);
	mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	assert_int_equal(counter, 1);
}

static void count_message(int level, const char *text, void *arg)
{
	__atomic_fetch_add((long *)arg, 1, __ATOMIC_RELAXED);
}

static void *talk(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		pr_info("message %d", i);
		skiff_log_sink(count_message, &counter);
	}
	return NULL;
}

static void test_log(void **state)
{
	counter = 0;
	skiff_log_sink(count_message, &counter);
	run_threads(talk);
	skiff_log_sink(NULL, NULL);
	assert_int_equal(counter, THREADS * 1000);
}

static struct ratelimit_state limit = RATELIMIT_STATE_INIT(limit, 3600 * HZ, 100);

static void *try_limit(void *arg)
{
	for (int i = 0; i < 1000; i++)
		if (ratelimit_at(&limit, 5, NULL))
			__atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void test_limit(void **state)
{
	counter = 0;
	run_threads(try_limit);
	assert_int_equal(counter, 100);
	assert_int_equal(limit.missed, THREADS * 1000 - 100);
}

static u64 words[THREADS];
static int next_word;

static void *draw(void *arg)
{
	u64 word = 0;

	for (int i = 0; i < 1000; i++)
		word = get_random_u64();
	words[__atomic_fetch_add(&next_word, 1, __ATOMIC_RELAXED)] = word;
	return NULL;
}

static void test_chance(void **state)
{
	next_word = 0;
	run_threads(draw);
	for (int i = 0; i < THREADS; i++)
		for (int j = 0; j < i; j++)
			assert_false(words[i] == words[j]);
}

static void *allocate(void *arg)
{
	for (int i = 0; i < 100; i++) {
		void *p = kmalloc(10, GFP_KERNEL);

		if (!p)
			__atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
		kfree(p);
	}
	return NULL;
}

/* A fault that one thread ordered hits no other. */
static void test_faults_are_per_thread(void **state)
{
	counter = 0;
	skiff_fail_nth(1);
	run_threads(allocate);
	assert_int_equal(counter, 0);
#ifdef SKIFF_FAULT_INJECTION
	assert_null(kmalloc(1, GFP_KERNEL));
#endif
	skiff_fail_nth(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spinlock),
		cmocka_unit_test(test_mutex),
		cmocka_unit_test(test_mutex_sleeper),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_faults_are_per_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
