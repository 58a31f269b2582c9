// SPDX-License-Identifier: BSD-2-Clause
/* The stack lock and its rules, work for later, and the bottom half with its budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <skiff/jiffies.h>
#include <skiff/net_namespace.h>

#include "death.h"

static struct net *net;
static char trace[256];

static int setup(void **state)
{
	net = skiff_net_create(NULL);
	trace[0] = '\0';
	return net ? 0 : -1;
}

static int teardown(void **state)
{
	return skiff_net_destroy(net);
}

static void wrote(const char *what)
{
	strcat(trace, what);
}

static void test_current(void **state)
{
	assert_null(current_net());
	net_lock(net);
	assert_ptr_equal(current_net(), net);
	assert_true(ktime_get() <= skiff_net_now(net));
	net_unlock(net);
	assert_null(current_net());
	assert_int_equal(net_enter(net), 0);
	net_unlock(net);
	assert_true(net_trylock(net));
	assert_ptr_equal(current_net(), net);
	net_unlock(net);
}

static u64 system_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / NSEC_PER_MSEC;
}

/* jiffies stand still under the lock until the clock is read, and are those of now for the next holder. */
static void test_jiffies(void **state)
{
	u64 start = system_ms();
	unsigned long first;

	net_lock(net);
	first = jiffies;
	while (system_ms() < start + 3)
		;
	assert_true(jiffies == first);
	skiff_net_now(net);
	assert_true(jiffies > first);
	first = jiffies;
	net_unlock(net);
	start = system_ms();
	while (system_ms() < start + 3)
		;
	net_lock(net);
	assert_true(jiffies > first);
	/* Drivers wait like this. */
	first = jiffies;
	while (jiffies < first + 3)
		;
	net_unlock(net);
}

/* The hosts of the test are closed to the child in which it ends. */
static void own_host(void)
{
	net = skiff_net_create(NULL);
}

static void lock_twice(void)
{
	own_host();
	net_lock(net);
	net_lock(net);
}

static void lock_two(void)
{
	struct net *other = skiff_net_create(&(struct skiff_net_params){ .name = "other" });

	own_host();
	net_lock(net);
	if (net_trylock(other))
		net_unlock(other);
}

static void unlock_foreign(void)
{
	own_host();
	net_unlock(net);
}

static void poll_locked(void)
{
	own_host();
	net_lock(net);
	skiff_poll(net, 0);
}

static void raise_nothing(void)
{
	own_host();
	raise_softirq(net, NR_SOFTIRQS);
}

static void open_timer(void)
{
	own_host();
	net_lock(net);
	open_softirq(net, TIMER_SOFTIRQ, NULL);
}

static void test_rules(void **state)
{
	assert_dies(lock_twice, "wanted by a thread that holds");
	assert_dies(lock_two, "stack lock of host other wanted by a thread that holds the one of");
	assert_dies(unlock_foreign, "dropped by a thread without it");
	assert_dies(poll_locked, "wanted by a thread that holds");
	assert_dies(raise_nothing, "there is no such kind");
	assert_dies(open_timer, "no such kind to be had");
}

/* Work that says when and where it runs. */
struct tagged_work {
	struct net_work work;
	const char *tag;
	int again;
};

static void locked_work(struct net *host, struct net_work *work)
{
	struct tagged_work *w = container_of(work, struct tagged_work, work);

	assert_ptr_equal(host, net);
	assert_ptr_equal(current_net(), net);
	wrote(w->tag);
	if (w->again-- > 0)
		assert_true(net_defer(host, work));
}

static void test_defer(void **state)
{
	struct tagged_work a = { .tag = "a" }, b = { .tag = "b" };

	net_work_init(&a.work, locked_work);
	net_work_init(&b.work, locked_work);
	net_lock(net);
	assert_true(net_defer(net, &a.work));
	assert_true(net_defer(net, &b.work));
	assert_false(net_defer(net, &a.work));
	assert_string_equal(trace, "");
	net_unlock(net);
	assert_string_equal(trace, "ab");
	/* Without the lock: the loop, or the next holder. */
	assert_true(net_defer(net, &b.work));
	assert_string_equal(trace, "ab");
	assert_int_equal(skiff_poll(net, 0), 1);
	assert_string_equal(trace, "abb");
	assert_int_equal(skiff_poll(net, 0), 0);
	assert_true(net_defer(net, &a.work));
	net_lock(net);
	net_unlock(net);
	assert_string_equal(trace, "abba");
}

static void test_defer_again(void **state)
{
	struct tagged_work a = { .tag = "a", .again = 3 };

	net_work_init(&a.work, locked_work);
	net_defer(net, &a.work);
	net_lock(net);
	net_unlock(net);
	assert_string_equal(trace, "aaaa");
	/* For ever: within the budget of each round, and the holder gets away. */
	a.again = 1000000;
	net_defer(net, &a.work);
	net_lock(net);
	net_unlock(net);
	assert_in_range(1000000 - a.again, 5, 100);
	assert_int_equal(skiff_poll(net, 0), 1);
	a.again = 0;
	trace[0] = '\0';
	while (skiff_poll(net, 0))
		;
	assert_string_equal(trace, "a");
}

static void unlocked_work(struct net *host, struct net_work *work)
{
	struct tagged_work *w = container_of(work, struct tagged_work, work);

	assert_ptr_equal(host, net);
	assert_null(current_net());
	wrote(w->tag);
	if (w->again-- <= 0)
		return;
	/* Queued from inside, it still runs after this one has returned. */
	wrote("(");
	net_lock(host);
	assert_true(net_after_unlock(host, work));
	net_unlock(host);
	wrote(")");
}

static void test_after_unlock(void **state)
{
	struct tagged_work a = { .tag = "a" }, b = { .tag = "b", .again = 2 };

	net_work_init(&a.work, unlocked_work);
	net_work_init(&b.work, unlocked_work);
	net_lock(net);
	assert_true(net_after_unlock(net, &a.work));
	assert_true(net_after_unlock(net, &b.work));
	assert_false(net_after_unlock(net, &b.work));
	assert_string_equal(trace, "");
	net_unlock(net);
	assert_string_equal(trace, "ab()b()b");
	net_synchronize(net);
}

/* Bottom-half kinds with a number of packets to handle. */
static int packets[NR_SOFTIRQS];
static int largest_budget;

static int handle(int nr, const char *tag, int budget)
{
	int n = min(packets[nr], budget);

	assert_ptr_equal(current_net(), net);
	assert_true(budget > 0);
	largest_budget = max(largest_budget, budget);
	wrote(tag);
	packets[nr] -= n;
	if (packets[nr])
		raise_softirq(net, nr);
	return n;
}

static int handle_rx(struct net *host, int budget)
{
	return handle(NET_RX_SOFTIRQ, "r", budget);
}

static int handle_tx(struct net *host, int budget)
{
	return handle(NET_TX_SOFTIRQ, "t", budget);
}

static int setup_softirq(void **state)
{
	if (setup(state))
		return -1;
	net_lock(net);
	open_softirq(net, NET_RX_SOFTIRQ, handle_rx);
	open_softirq(net, NET_TX_SOFTIRQ, handle_tx);
	net_unlock(net);
	memset(packets, 0, sizeof(packets));
	largest_budget = 0;
	return 0;
}

static void test_softirq_order(void **state)
{
	packets[NET_RX_SOFTIRQ] = 5;
	packets[NET_TX_SOFTIRQ] = 5;
	net_lock(net);
	raise_softirq(net, NET_RX_SOFTIRQ);
	raise_softirq(net, NET_TX_SOFTIRQ);
	raise_softirq(net, NET_RX_SOFTIRQ);
	/* A kind without a handler is nothing. */
	raise_softirq(net, TASKLET_SOFTIRQ);
	assert_string_equal(trace, "");
	net_unlock(net);
	assert_string_equal(trace, "tr");
	assert_int_equal(largest_budget, 300);
	raise_softirq(net, NET_RX_SOFTIRQ);
	assert_string_equal(trace, "tr");
	assert_int_equal(skiff_poll(net, -1), 1);
	assert_string_equal(trace, "trr");
}

static void test_softirq_budget(void **state)
{
	char err[100];

	assert_int_equal(skiff_sysctl_set(net, "net.core.netdev_budget", "10", err, sizeof(err)),
			 0);
	packets[NET_TX_SOFTIRQ] = 25;
	packets[NET_RX_SOFTIRQ] = 1;
	net_lock(net);
	raise_softirq(net, NET_TX_SOFTIRQ);
	raise_softirq(net, NET_RX_SOFTIRQ);
	assert_true(net_bh(net));
	assert_int_equal(packets[NET_TX_SOFTIRQ], 15);
	/* The budget did not last for the other kind, which stays raised. */
	assert_int_equal(packets[NET_RX_SOFTIRQ], 1);
	assert_true(net_bh(net));
	assert_false(net_bh(net));
	assert_int_equal(packets[NET_TX_SOFTIRQ] + packets[NET_RX_SOFTIRQ], 0);
	assert_int_equal(largest_budget, 10);
	net_unlock(net);
}

static struct timer_list timer;

static void on_timer(struct timer_list *t)
{
	assert_ptr_equal(current_net(), net);
	wrote("T");
}

static void test_bottom_half_runs_timers(void **state)
{
	struct tagged_work a = { .tag = "a" };

	net_work_init(&a.work, locked_work);
	timer_setup_net(&timer, net, on_timer, 0);
	net_lock(net);
	mod_timer_ns(&timer, 0);
	raise_softirq(net, NET_TX_SOFTIRQ);
	net_defer(net, &a.work);
	assert_false(net_bh(net));
	assert_string_equal(trace, "aTt");
	net_unlock(net);
}

static void bh_inside(struct timer_list *t)
{
	net_bh(net);
}

static void bh_in_bh(void)
{
	own_host();
	timer_setup_net(&timer, net, bh_inside, 0);
	net_lock(net);
	mod_timer_ns(&timer, 0);
	net_bh(net);
}

static void test_no_bottom_half_in_itself(void **state)
{
	assert_dies(bh_in_bh, "in_bh");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define TEST_SOFTIRQ(fn) cmocka_unit_test_setup_teardown(fn, setup_softirq, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_current),
		TEST(test_jiffies),
		TEST(test_rules),
		TEST(test_defer),
		TEST(test_defer_again),
		TEST(test_after_unlock),
		TEST_SOFTIRQ(test_softirq_order),
		TEST_SOFTIRQ(test_softirq_budget),
		TEST_SOFTIRQ(test_bottom_half_runs_timers),
		TEST(test_no_bottom_half_in_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
