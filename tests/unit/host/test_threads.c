// SPDX-License-Identifier: BSD-2-Clause
/* Hosts with many threads: nothing is lost, nothing runs twice at once, nobody sleeps too long. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <skiff/net_namespace.h>
#include <skiff/slab.h>

#include "host/host.h"

#define THREADS 4
#define ROUNDS 5000

static struct net *net;
static long counter; /* guarded by the stack lock */
static long total;   /* atomic */

static int setup(void **state)
{
	net = skiff_net_create(NULL);
	counter = 0;
	total = 0;
	return !net;
}

static int teardown(void **state)
{
	return skiff_net_destroy(net);
}

static void run_threads(void *(*fn)(void *))
{
	pthread_t threads[THREADS];

	for (long i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fn, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void *count_locked(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 3 == 0) {
			while (!net_trylock(net))
				sched_yield();
		} else {
			net_lock(net);
		}
		counter++;
		net_unlock(net);
	}
	return NULL;
}

static void test_lock(void **state)
{
	run_threads(count_locked);
	assert_int_equal(counter, THREADS * ROUNDS);
}

/* Work that frees itself, left by many threads for whoever holds the lock. */
static void count_work(struct net *host, struct net_work *work)
{
	counter++;
	kfree(work);
}

static void *defer_work(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct net_work *work = kmalloc(sizeof(*work), GFP_KERNEL);

		net_work_init(work, count_work);
		if (i % 5 == 0)
			net_lock(net);
		net_defer(net, work);
		if (i % 5 == 0)
			net_unlock(net);
	}
	return NULL;
}

static void finish(void)
{
	while (skiff_poll(net, 0))
		;
}

static void test_defer(void **state)
{
	run_threads(defer_work);
	finish();
	assert_int_equal(counter, THREADS * ROUNDS);
}

static void wait_for(long *what, long value)
{
	const struct timespec nap = { 0, 100000 };

	for (int i = 0; i < 200000; i++) {
		long now;

		net_lock(net);
		now = *what;
		net_unlock(net);
		if (now == value)
			return;
		nanosleep(&nap, NULL);
	}
	fail_msg("waited 20 s for %ld", value);
}

/* The worker alone does it all: each wake-up that got lost would end here. */
static long seen_by_worker(void)
{
	return __atomic_load_n(&total, __ATOMIC_SEQ_CST);
}

static void count_for_worker(struct net *host, struct net_work *work)
{
	__atomic_fetch_add(&total, 1, __ATOMIC_SEQ_CST);
}

static void test_no_lost_wakeup(void **state)
{
	struct net_work work;

	net_work_init(&work, count_for_worker);
	assert_int_equal(skiff_net_start(net), 0);
	for (int i = 0; i < 3000; i++) {
		assert_true(net_defer(net, &work));
		/* Without the lock, so that only the worker can do it. */
		for (long spins = 0; seen_by_worker() != i + 1; spins++) {
			if (spins > 20000000)
				fail_msg("wake-up %d was lost", i);
			if (spins % 64 == 0)
				sched_yield();
		}
		/* Let the worker get somewhere else each time on its way to sleep. */
		for (volatile int spin = 0; spin < i % 997; spin++)
			;
	}
	assert_int_equal(skiff_net_stop(net), 0);
}

static int rx_waiting; /* atomic: packets left by the top half */

static int rx_action(struct net *host, int budget)
{
	int n = __atomic_exchange_n(&rx_waiting, 0, __ATOMIC_SEQ_CST);

	counter += n;
	return n;
}

static void *top_half(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		__atomic_fetch_add(&rx_waiting, 1, __ATOMIC_SEQ_CST);
		raise_softirq(net, NET_RX_SOFTIRQ);
	}
	return NULL;
}

static void test_softirq(void **state)
{
	net_lock(net);
	open_softirq(net, NET_RX_SOFTIRQ, rx_action);
	net_unlock(net);
	assert_int_equal(skiff_net_start(net), 0);
	run_threads(top_half);
	wait_for(&counter, THREADS * ROUNDS);
	assert_int_equal(skiff_net_stop(net), 0);
}

/* A timer that another thread arms wakes a worker which sleeps for longer. */
static void on_timer(struct timer_list *timer)
{
	__atomic_fetch_add(&total, 1, __ATOMIC_SEQ_CST);
}

static void test_earlier_timer(void **state)
{
	struct timer_list far, near;
	ktime_t begin;

	timer_setup_net(&far, net, on_timer, 0);
	timer_setup_net(&near, net, on_timer, 0);
	net_lock(net);
	mod_timer_ns(&far, ktime_get() + 3600 * NSEC_PER_SEC);
	net_unlock(net);
	assert_int_equal(skiff_net_start(net), 0);
	for (int i = 0; i < 50; i++) {
		const struct timespec nap = { 0, 200000 };

		/* Asleep by now, most likely. */
		nanosleep(&nap, NULL);
		net_lock(net);
		begin = ktime_get();
		mod_timer_ns(&near, begin + 100 * NSEC_PER_USEC);
		net_unlock(net);
		while (seen_by_worker() != i + 1) {
			assert_true(ktime_get() - begin < 20 * NSEC_PER_SEC);
			sched_yield();
		}
	}
	assert_int_equal(skiff_net_stop(net), 0);
	net_lock(net);
	del_timer(&far);
	net_unlock(net);
}

static void *start_and_stop(void *arg)
{
	for (int i = 0; i < 50; i++) {
		skiff_net_start(net);
		skiff_kick(net);
		skiff_net_stop(net);
	}
	return NULL;
}

static void test_start_stop(void **state)
{
	run_threads(start_and_stop);
	assert_int_equal(skiff_net_stop(net), -EALREADY);
}

static int polls_end; /* atomic */

static void *poll_busily(void *arg)
{
	while (!__atomic_load_n(&polls_end, __ATOMIC_SEQ_CST))
		skiff_poll(net, 0);
	return NULL;
}

/* Not a failed assertion, since the test hangs in skiff_net_stop(). */
static void stop_hangs(int sig)
{
	static const char text[] = "skiff_net_stop() does not return\n";

	_exit(write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? 2 : 1);
}

static void stop_often(int rounds)
{
	unsigned int seed = 1;

	signal(SIGALRM, stop_hangs);
	for (int i = 0; i < rounds; i++) {
		/* For each round: how long all of them take is the machine's affair. */
		alarm(60);
		assert_int_equal(skiff_net_start(net), 0);
		/* The worker is somewhere else on its way to sleep each time. */
		for (volatile int spin = rand_r(&seed) % 20000; spin > 0; spin--)
			;
		assert_int_equal(skiff_net_stop(net), 0);
	}
	alarm(0);
	signal(SIGALRM, SIG_DFL);
}

/* The worker looks whether to stop, and then is told so before it sleeps. */
static void test_stop_before_sleep(void **state)
{
	stop_often(20000);
}

/* The same, and another thread takes the wake-up away. */
static void test_stop_beside_poll(void **state)
{
	pthread_t other;

	__atomic_store_n(&polls_end, 0, __ATOMIC_SEQ_CST);
	assert_int_equal(pthread_create(&other, NULL, poll_busily, NULL), 0);
	stop_often(2000);
	__atomic_store_n(&polls_end, 1, __ATOMIC_SEQ_CST);
	pthread_join(other, NULL);
}

static void stop_own_worker(struct net *host, struct net_work *work)
{
	__atomic_store_n(&total, skiff_net_stop(host), __ATOMIC_SEQ_CST);
}

static void test_worker_stops_itself(void **state)
{
	struct net_work work;

	net_work_init(&work, stop_own_worker);
	assert_int_equal(skiff_net_start(net), 0);
	net_defer(net, &work);
	while (!seen_by_worker())
		sched_yield();
	assert_int_equal(seen_by_worker(), -EDEADLK);
	assert_int_equal(skiff_net_stop(net), 0);
}

/* A driver's life: watch, traffic from several loops, unwatch, synchronize, free. */
struct driver {
	int fds[2];
	int in_callback;
	long bytes;
};

static void on_ready(struct net *host, int fd, u32 events, void *arg)
{
	struct driver *driver = arg;
	char buf[16];
	ssize_t n;

	/* One thread at a time, without a lock of the driver's own. */
	assert_int_equal(driver->in_callback++, 0);
	n = read(fd, buf, sizeof(buf));
	/* Another thread may have emptied it since this one was told. */
	if (n < 0)
		assert_int_equal(errno, EAGAIN);
	driver->bytes += max(n, (ssize_t)0);
	driver->in_callback--;
	__atomic_fetch_add(&total, max(n, (ssize_t)0), __ATOMIC_SEQ_CST);
}

static int stop_polling; /* atomic */

static void *poll_loop(void *arg)
{
	while (!__atomic_load_n(&stop_polling, __ATOMIC_SEQ_CST))
		skiff_poll(net, NSEC_PER_MSEC);
	return NULL;
}

static void test_watch(void **state)
{
	pthread_t threads[THREADS];

	__atomic_store_n(&stop_polling, 0, __ATOMIC_SEQ_CST);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, poll_loop, NULL), 0);
	for (int i = 0; i < 100; i++) {
		struct driver *driver = calloc(1, sizeof(*driver));

		assert_int_equal(pipe2(driver->fds, O_NONBLOCK), 0);
		assert_int_equal(net_watch_fd(net, driver->fds[0], EPOLLIN, on_ready, driver), 0);
		for (int byte = 0; byte < 50; byte++)
			assert_int_equal(write(driver->fds[1], "x", 1), 1);
		if (i % 2)
			while (seen_by_worker() < 25)
				sched_yield();
		assert_int_equal(net_unwatch_fd(net, driver->fds[0]), 0);
		net_synchronize(net);
		/* Nobody is in the callback any more, and nobody will be. */
		assert_int_equal(driver->in_callback, 0);
		assert_int_equal(__atomic_exchange_n(&total, 0, __ATOMIC_SEQ_CST), driver->bytes);
		close(driver->fds[0]);
		close(driver->fds[1]);
		free(driver);
	}
	__atomic_store_n(&stop_polling, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Transmit rings that are flushed after unlock, then freed after net_synchronize(). */
struct ring {
	struct net_work flush;
	int frames; /* atomic */
};

static struct ring *ring; /* guarded by the stack lock */

static void flush(struct net *host, struct net_work *work)
{
	struct ring *r = container_of(work, struct ring, flush);

	assert_null(current_net());
	__atomic_fetch_add(&total, __atomic_exchange_n(&r->frames, 0, __ATOMIC_SEQ_CST),
			   __ATOMIC_SEQ_CST);
}

static void *transmit(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		net_lock(net);
		if (ring) {
			counter++;
			__atomic_fetch_add(&ring->frames, 1, __ATOMIC_SEQ_CST);
			net_after_unlock(net, &ring->flush);
		}
		net_unlock(net);
	}
	return NULL;
}

static void *replace_ring(void *arg)
{
	for (int i = 0; i < 200; i++) {
		struct ring *old;

		net_lock(net);
		old = ring;
		ring = NULL;
		net_unlock(net);
		net_synchronize(net);
		assert_int_equal(old->frames, 0);
		net_work_init(&old->flush, flush);
		free(old);
		net_lock(net);
		ring = calloc(1, sizeof(*ring));
		net_work_init(&ring->flush, flush);
		net_unlock(net);
	}
	return NULL;
}

static void test_flush(void **state)
{
	pthread_t replacer;

	ring = calloc(1, sizeof(*ring));
	net_work_init(&ring->flush, flush);
	assert_int_equal(pthread_create(&replacer, NULL, replace_ring, NULL), 0);
	run_threads(transmit);
	pthread_join(replacer, NULL);
	net_synchronize(net);
	assert_true(counter > 0);
	assert_int_equal(seen_by_worker(), counter);
	free(ring);
}

static void *charge(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		if (net_mem_charge(net, 100))
			net_mem_uncharge(net, 100);
	for (int i = 0; i < ROUNDS; i++)
		net_count_drop(net, SKB_DROP_REASON_FULL_RING);
	return NULL;
}

static void test_counters(void **state)
{
	net->mem->limit = 150;
	run_threads(charge);
	assert_int_equal(atomic_long_read(&net->mem->used), 0);
	assert_int_equal(net->drops[SKB_DROP_REASON_FULL_RING], THREADS * ROUNDS);
}

static void *create_and_register(void *arg)
{
	static struct pernet_operations late[THREADS];
	static unsigned int ids[THREADS];
	long me = (long)arg;

	for (int i = 0; i < 100; i++) {
		struct net *mine = skiff_net_create(NULL);

		late[me] = (struct pernet_operations){ .id = &ids[me], .size = 8 };
		assert_int_equal(register_pernet_subsys(&late[me]), 0);
		net_lock(mine);
		assert_non_null(net_generic(mine, ids[me]));
		net_unlock(mine);
		unregister_pernet_subsys(&late[me]);
		assert_int_equal(skiff_net_destroy(mine), 0);
	}
	return NULL;
}

static void test_registry(void **state)
{
	run_threads(create_and_register);
	/* What came and went has left nothing with a host that was there all the time. */
	for (unsigned int id = 0; id < NET_GENERIC_MAX; id++)
		assert_null(net_generic(net, id));
}

/* Two hosts that wake each other across their worker threads. */
static struct net *peer;
static struct net_work ping, pong;

static void on_ping(struct net *host, struct net_work *work)
{
	assert_ptr_equal(host, peer);
	net_defer(net, &pong);
}

static void on_pong(struct net *host, struct net_work *work)
{
	if (__atomic_add_fetch(&total, 1, __ATOMIC_SEQ_CST) < 2000)
		net_defer(peer, &ping);
}

static void test_two_hosts(void **state)
{
	peer = skiff_net_create(NULL);
	net_work_init(&ping, on_ping);
	net_work_init(&pong, on_pong);
	assert_int_equal(skiff_net_start(net), 0);
	assert_int_equal(skiff_net_start(peer), 0);
	net_defer(peer, &ping);
	for (int i = 0; seen_by_worker() < 2000; i++) {
		const struct timespec nap = { 0, 1000000 };

		assert_true(i < 20000);
		nanosleep(&nap, NULL);
	}
	assert_int_equal(skiff_net_destroy(peer), 0);
}

static void *poll_once(void *arg)
{
	while (skiff_poll(net, -1) == -EINTR)
		;
	return NULL;
}

/* A wake-up reaches all who wait, also those who find that another one was faster. */
static void test_everybody_wakes(void **state)
{
	pthread_t threads[THREADS];

	for (int round = 0; round < 50; round++) {
		const struct timespec nap = { 0, 500000 };

		assert_int_equal(skiff_net_start(net), 0);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, poll_once, NULL), 0);
		nanosleep(&nap, NULL);
		assert_int_equal(skiff_net_stop(net), 0);
		/* Those that came too late for the stop's wake-up wait for one of their own. */
		skiff_kick(net);
		for (int i = 0; i < THREADS; i++) {
			while (pthread_tryjoin_np(threads[i], NULL) != 0) {
				skiff_kick(net);
				nanosleep(&nap, NULL);
			}
		}
	}
}

/*
 * A guest, as veth's sender is one: it comes in by way of something that is there until a subsystem
 * has gone, and looks at the host after it has dropped the lock.
 */
static struct {
	pthread_t thread;
	struct net *host;
	int inside;
	int left;
} guest;

static void *visit(void *arg)
{
	const struct timespec nap = { 0, 10000000 };
	struct net_section section;

	net_section_enter(guest.host, &section);
	__atomic_store_n(&guest.inside, 1, __ATOMIC_SEQ_CST);
	nanosleep(&nap, NULL);
	(void)net_has_work(guest.host);
	__atomic_store_n(&guest.left, 1, __ATOMIC_SEQ_CST);
	net_section_leave(&section);
	return NULL;
}

static void let_guest_in(struct net *host)
{
	if (host != guest.host)
		return;
	assert_int_equal(pthread_create(&guest.thread, NULL, visit, NULL), 0);
	while (!__atomic_load_n(&guest.inside, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void test_destroyer_waits_for_guests(void **state)
{
	static struct pernet_operations ops = { .exit = let_guest_in };

	memset(&guest, 0, sizeof(guest));
	assert_int_equal(register_pernet_subsys(&ops), 0);
	guest.host = skiff_net_create(NULL);
	assert_non_null(guest.host);
	assert_int_equal(skiff_net_destroy(guest.host), 0);
	assert_int_equal(__atomic_load_n(&guest.left, __ATOMIC_SEQ_CST), 1);
	pthread_join(guest.thread, NULL);
	unregister_pernet_subsys(&ops);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lock),
		TEST(test_defer),
		TEST(test_no_lost_wakeup),
		TEST(test_softirq),
		TEST(test_earlier_timer),
		TEST(test_start_stop),
		TEST(test_stop_before_sleep),
		TEST(test_stop_beside_poll),
		TEST(test_worker_stops_itself),
		TEST(test_watch),
		TEST(test_flush),
		TEST(test_counters),
		TEST(test_registry),
		TEST(test_two_hosts),
		TEST(test_everybody_wakes),
		TEST(test_destroyer_waits_for_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
