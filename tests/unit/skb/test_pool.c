// SPDX-License-Identifier: BSD-2-Clause
/* Pools and threads: exact counters, threads that come and go, buffers freed elsewhere, fork. */
#include <pthread.h>
#include <semaphore.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shape.h"

#define NR_STATS 16

static const struct skb_class_stats *class_stats(const char *name)
{
	static struct skb_class_stats stats[NR_STATS];
	size_t n = skb_pool_stats(stats, NR_STATS), i;

	assert_true(n <= NR_STATS);
	for (i = 0; i < n; i++)
		if (!strcmp(stats[i].name, name))
			return &stats[i];
	fail_msg("no class %s", name);
	return NULL;
}

static void assert_live(const char *name, size_t live)
{
	const struct skb_class_stats *stats = class_stats(name);

	if (stats->live != live)
		fail_msg("%s: %zu alive, not %zu", name, stats->live, live);
	assert_int_equal(stats->live + stats->cached, stats->carved);
}

static void test_counters(void **state)
{
	struct sk_buff *skb[100], *clone, *huge;
	struct page *page;
	size_t bytes;
	unsigned int i;

	skb_pool_trim();
	assert_int_equal(skb_live_buffers(), 0);
	assert_int_equal(skb_live_bytes(), 0);
	assert_int_equal(skb_mem_bytes(), 0);
	for (i = 0; i < 100; i++)
		skb[i] = alloc_skb(2000, GFP_KERNEL);
	assert_live("control", 100);
	assert_live("data-2240", 100);
	assert_live("data-384", 0);
	assert_int_equal(skb_live_buffers(), 100);
	bytes = 100 * (class_stats("data-2240")->block_size + class_stats("control")->block_size);
	assert_int_equal(skb_live_bytes(), bytes);
	assert_int_equal(bytes, 100 * skb[0]->truesize);

	clone = skb_clone(skb[0], GFP_KERNEL);
	assert_live("control", 101);
	assert_live("data-2240", 100);
	kfree_skb(skb[0]);
	assert_live("control", 100);
	assert_live("data-2240", 100);
	kfree_skb(clone);
	assert_live("control", 99);
	assert_live("data-2240", 99);

	page = alloc_pages(GFP_KERNEL, 3);
	assert_live("page-32768", 1);
	get_page(page);
	put_page(page);
	assert_live("page-32768", 1);
	put_page(page);
	assert_live("page-32768", 0);

	huge = alloc_skb(1000000, GFP_KERNEL);
	assert_live("huge", 1);
	assert_live("control", 100);
	assert_int_equal(skb_live_bytes(), 99 * skb[1]->truesize + huge->truesize);
	kfree_skb(huge);
	assert_live("huge", 0);
	for (i = 1; i < 100; i++)
		kfree_skb(skb[i]);
	assert_int_equal(skb_live_buffers(), 0);
	assert_int_equal(skb_live_bytes(), 0);
	assert_true(skb_mem_bytes() > 0);
	assert_true(skb_pool_trim() > 0);
	assert_int_equal(skb_mem_bytes(), 0);
	assert_int_equal(skb_pool_trim(), 0);
	assert_int_equal(class_stats("data-2240")->carved, 0);
	assert_int_equal(skb_pool_stats(NULL, 100), skb_pool_stats(NULL, 0));
}

#define PER_THREAD 500

static void *allocate_some(void *arg)
{
	struct sk_buff **skb = (struct sk_buff **)arg;
	unsigned int i;

	for (i = 0; i < PER_THREAD; i++) {
		skb[i] = alloc_skb(i * 24, GFP_KERNEL);
		if (!skb[i])
			return (void *)1;
		*(unsigned char *)skb_put(skb[i], 1) = (unsigned char)i;
	}
	/* Freed here as well, so that the cache is not empty when the thread ends. */
	for (i = 0; i < PER_THREAD; i += 3) {
		kfree_skb(skb[i]);
		skb[i] = NULL;
	}
	/* The thread's own block for fragments, which another one outlives. */
	skb_free_frag(netdev_alloc_frag(100));
	skb[0] = build_skb(netdev_alloc_frag(1000), 1000);
	if (skb[0])
		*(unsigned char *)skb_put(skb[0], 1) = 0;
	return NULL;
}

static void *free_some(void *arg)
{
	struct sk_buff **skb = (struct sk_buff **)arg;
	unsigned int i;

	for (i = 0; i < PER_THREAD; i++) {
		if (skb[i] && *skb[i]->data != (unsigned char)i)
			return (void *)1;
		kfree_skb(skb[i]);
	}
	return NULL;
}

static void run_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;
	void *result;

	assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
}

/* One thread allocates, the next frees, and both are gone: what they cached is not lost. */
static void test_threads_come_and_go(void **state)
{
	static struct sk_buff *skb[PER_THREAD];
	size_t after_first = 0;
	unsigned int i;

	skb_pool_trim();
	for (i = 0; i < 50; i++) {
		run_thread(allocate_some, skb);
		run_thread(free_some, skb);
		assert_int_equal(skb_live_buffers(), 0);
		assert_live("page-32768", 0);
		if (!i)
			after_first = class_stats("control")->carved;
	}
	/* Each thread found what the ones before it had left: the pool has hardly grown. */
	assert_true(class_stats("control")->carved <= 2 * after_first);
	skb_pool_trim();
	assert_int_equal(class_stats("control")->carved, 0);
}

/* Two threads at work on each other's buffers, a third one that trims and looks at the counters. */
#define RING 256

static struct sk_buff *ring[RING];
static bool stop;

static void *exchange(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg, i;

	for (i = 0; i < 30000; i++) {
		struct sk_buff *skb, *n;

		seed = seed * 1664525 + 1013904223;
		skb = alloc_skb(seed >> 19, GFP_ATOMIC);
		n = skb ? skb_clone(skb, GFP_ATOMIC) : NULL;
		kfree_skb(__atomic_exchange_n(&ring[seed % RING], skb, __ATOMIC_ACQ_REL));
		kfree_skb(__atomic_exchange_n(&ring[(seed >> 8) % RING], n, __ATOMIC_ACQ_REL));
	}
	return NULL;
}

static void *observe(void *arg)
{
	struct skb_class_stats stats[NR_STATS];

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		skb_pool_stats(stats, NR_STATS);
		skb_pool_trim();
		sched_yield();
	}
	return NULL;
}

static void exchange_with(void *(*third)(void *))
{
	pthread_t thread[3];
	unsigned int i;

	stop = false;
	for (i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, exchange, (void *)(uintptr_t)(i + 1)), 0);
	assert_int_equal(pthread_create(&thread[2], NULL, third, NULL), 0);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread[2], NULL);
	for (i = 0; i < RING; i++) {
		kfree_skb(ring[i]);
		ring[i] = NULL;
	}
	assert_int_equal(skb_live_buffers(), 0);
	assert_int_equal(skb_live_bytes(), 0);
}

static void test_exchange(void **state)
{
	exchange_with(observe);
}

/* The same where memory ends all the time, and each thread reclaims what the others left. */
static void test_exchange_at_the_limit(void **state)
{
	skb_pool_trim();
	assert_int_equal(skb_mem_step_set(SKB_REGION_ALIGN), 0);
	assert_int_equal(skb_mem_limit_set(10 * SKB_REGION_ALIGN), 0);
	exchange_with(observe);
	assert_true(skb_mem_bytes() <= skb_mem_limit());
	skb_mem_limit_set(0);
}

/* One buffer held by both: the last one of them releases it, whoever that is. */
static void *drop_shared(void *arg)
{
	struct sk_buff **skb = (struct sk_buff **)arg;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		while (!__atomic_load_n(&skb[i % RING], __ATOMIC_ACQUIRE))
			sched_yield();
		kfree_skb(__atomic_exchange_n(&skb[i % RING], NULL, __ATOMIC_ACQ_REL));
	}
	return NULL;
}

static void test_shared_between_threads(void **state)
{
	pthread_t thread;
	unsigned int i;

	assert_int_equal(pthread_create(&thread, NULL, drop_shared, ring), 0);
	for (i = 0; i < 20000; i++) {
		struct sk_buff *skb = alloc_skb(500, GFP_KERNEL), *other;

		/* Another reference, another clone, or one that is unshared meanwhile. */
		other = i % 3 ? skb_clone(skb, GFP_KERNEL) : skb_get(skb);
		while (__atomic_load_n(&ring[i % RING], __ATOMIC_ACQUIRE))
			sched_yield();
		__atomic_store_n(&ring[i % RING], other, __ATOMIC_RELEASE);
		if (i % 3 == 2)
			assert_int_equal(pskb_expand_head(skb, 10, 10, GFP_KERNEL), 0);
		kfree_skb(skb);
	}
	pthread_join(thread, NULL);
	assert_int_equal(skb_live_buffers(), 0);
}

/* The data of one buffer, fragments included, unshared while the other holder lets go. */
static void test_expand_while_dropped(void **state)
{
	pthread_t thread;
	unsigned int i;

	assert_int_equal(pthread_create(&thread, NULL, drop_shared, ring), 0);
	for (i = 0; i < 20000; i++) {
		int err;
		struct sk_buff *skb = alloc_skb_with_frags(100, 3 * PAGE_SIZE, 0, &err, GFP_KERNEL);
		struct sk_buff *other = skb_clone(skb, GFP_KERNEL);

		while (__atomic_load_n(&ring[i % RING], __ATOMIC_ACQUIRE))
			sched_yield();
		__atomic_store_n(&ring[i % RING], other, __ATOMIC_RELEASE);
		assert_int_equal(pskb_expand_head(skb, 10, 10, GFP_KERNEL), 0);
		kfree_skb(skb);
	}
	pthread_join(thread, NULL);
	assert_live("page-4096", 0);
}

/* fork() while others allocate: the child's pools are whole, and its own. */
static void *churn(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		struct sk_buff *skb = alloc_skb(3000, GFP_ATOMIC);

		kfree_skb(skb_clone(skb, GFP_ATOMIC));
		kfree_skb(skb);
		skb_pool_trim();
	}
	return NULL;
}

static int child(struct sk_buff *inherited)
{
	struct sk_buff *skb[300];
	unsigned int i;

	for (i = 0; i < 300; i++) {
		skb[i] = alloc_skb(3000, GFP_ATOMIC);
		if (!skb[i])
			return 1;
		memset(skb_put(skb[i], 3000), (int)i, 3000);
	}
	for (i = 0; i < 300; i++) {
		if (skb[i]->data[2999] != (unsigned char)i)
			return 2;
		kfree_skb(skb[i]);
	}
	if (inherited->data[0] != 42)
		return 3;
	kfree_skb(inherited);
	skb_pool_trim();
	return 0;
}

static void test_fork(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	pthread_t thread[2];
	int i, status;

	*(unsigned char *)skb_put(skb, 1) = 42;
	stop = false;
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, churn, NULL), 0);
	for (i = 0; i < 30; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			_exit(child(skb));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(skb->data[0], 42);
	kfree_skb(skb);
}

/* A thread that waits does not keep memory from others' sizes. */
static sem_t idle_ready, idle_end;

static void *idle_thread(void *arg)
{
	enum { N = 4000 };
	struct sk_buff **skbs = calloc(N, sizeof(*skbs));
	unsigned int n = alloc_skb_bulk(skbs, N, 2000, GFP_KERNEL);

	while (n)
		consume_skb(skbs[--n]);
	free(skbs);
	skb_pool_idle();
	sem_post(&idle_ready);
	sem_wait(&idle_end);
	return NULL;
}

static void test_idle_thread_leaves_its_cache(void **state)
{
	size_t limit = skb_mem_limit(), n = 0;
	struct sk_buff *all = NULL, *skb;
	pthread_t thread;

	skb_pool_trim();
	assert_int_equal(skb_mem_limit_set(skb_mem_bytes() + (16UL << 20)), 0);
	sem_init(&idle_ready, 0, 0);
	sem_init(&idle_end, 0, 0);
	assert_int_equal(pthread_create(&thread, NULL, idle_thread, NULL), 0);
	sem_wait(&idle_ready);
	while ((skb = alloc_skb(60000, GFP_KERNEL)) != NULL) {
		skb->next = all;
		all = skb;
		n++;
	}
	kfree_skb_list(all);
	sem_post(&idle_end);
	pthread_join(thread, NULL);
	sem_destroy(&idle_ready);
	sem_destroy(&idle_end);
	skb_mem_limit_set(limit);
	/* 7 of the 8 chunks hold 30 blocks each; one is the control structures'. */
	assert_true(n >= 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_counters),
		SHAPE_TEST(test_threads_come_and_go),
		SHAPE_TEST(test_exchange),
		SHAPE_TEST(test_exchange_at_the_limit),
		SHAPE_TEST(test_shared_between_threads),
		SHAPE_TEST(test_expand_while_dropped),
		SHAPE_TEST(test_idle_thread_leaves_its_cache),
		SHAPE_TEST(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
