// SPDX-License-Identifier: BSD-2-Clause
/* Hosts of a virtual clock run in one order, and the same start gives the same end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/net_namespace.h>

#define HOSTS 5

static struct skiff_clock *vclock;
static struct net *nets[HOSTS];
static char trace[65536];
static size_t traced;

static int setup(void **state)
{
	struct skiff_net_params params = { 0 };

	vclock = skiff_clock_virtual(0, 0);
	params.clock = vclock;
	for (int i = 0; i < HOSTS; i++)
		nets[i] = skiff_net_create(&params);
	traced = 0;
	trace[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	int left = 0;

	for (int i = 0; i < HOSTS; i++)
		left += skiff_net_destroy(nets[i]);
	skiff_clock_put(vclock);
	return left;
}

static void wrote(const char *what, long arg)
{
	traced += (size_t)snprintf(trace + traced, sizeof(trace) - traced, "%lld:%u%s%ld ",
				   (long long)ktime_get(), current_net()->id, what, arg);
	assert_true(traced < sizeof(trace));
}

struct tagged_timer {
	struct timer_list timer;
	int tag;
};

static void on_timer(struct timer_list *timer)
{
	struct tagged_timer *t = container_of(timer, struct tagged_timer, timer);

	assert_true(ktime_get() == timer->when);
	wrote("t", t->tag);
}

static void arm(struct tagged_timer *t, int host, int tag, ktime_t when)
{
	t->tag = tag;
	timer_setup_net(&t->timer, nets[host], on_timer, 0);
	net_lock(nets[host]);
	mod_timer_ns(&t->timer, when);
	net_unlock(nets[host]);
}

static void test_order(void **state)
{
	struct tagged_timer t[5];

	arm(&t[0], 2, 0, 100);
	arm(&t[1], 0, 1, 200);
	arm(&t[2], 1, 2, 100);
	arm(&t[3], 1, 3, 100);
	arm(&t[4], 0, 4, 100);
	assert_true(skiff_clock_next(vclock) == 100);
	assert_int_equal(skiff_clock_run_until(vclock, 99), 0);
	assert_string_equal(trace, "");
	assert_true(skiff_clock_now(vclock) == 99);
	assert_int_equal(skiff_clock_run_until(vclock, 100), 0);
	assert_string_equal(trace, "100:1t4 100:2t2 100:2t3 100:3t0 ");
	assert_true(skiff_clock_next(vclock) == 200);
	assert_int_equal(skiff_clock_run_until(vclock, 1000000), 0);
	assert_string_equal(trace, "100:1t4 100:2t2 100:2t3 100:3t0 200:1t1 ");
	assert_true(skiff_clock_now(vclock) == 1000000);
	assert_true(skiff_clock_next(vclock) == KTIME_MAX);
	assert_int_equal(skiff_clock_run_until(vclock, KTIME_MAX), 0);
}

static void test_refusals(void **state)
{
	assert_int_equal(skiff_clock_run_until(skiff_clock_real(), KTIME_MAX), -EINVAL);
	assert_true(skiff_clock_next(skiff_clock_real()) == -EINVAL);
	assert_int_equal(skiff_clock_run_until(vclock, 50), 0);
	assert_int_equal(skiff_clock_run_until(vclock, 49), -EINVAL);
	assert_int_equal(skiff_net_start(nets[0]), -EINVAL);
	net_lock(nets[0]);
	assert_int_equal(skiff_clock_run_until(vclock, 60), -EBUSY);
	net_unlock(nets[0]);
	assert_int_equal(skiff_clock_run_until(vclock, 60), 0);
}

/* Polling a virtual host runs it and never waits: its time stands still. */
static void test_poll(void **state)
{
	struct tagged_timer t;

	arm(&t, 0, 7, 0);
	assert_int_equal(skiff_poll(nets[0], -1), 1);
	assert_string_equal(trace, "0:1t7 ");
	arm(&t, 0, 7, 10);
	assert_int_equal(skiff_poll(nets[0], -1), 0);
	assert_true(skiff_next_deadline(nets[0]) == 10);
	skiff_clock_run_until(vclock, 10);
}

/* A ring of hosts that pass a token without delay, all at one instant. */
static struct {
	struct net_work work;
	int hops;
} token;

static void pass_on(struct net *net, struct net_work *work)
{
	wrote("w", token.hops);
	if (token.hops-- > 0)
		net_defer(nets[net->id % HOSTS], work);
}

static void test_same_instant(void **state)
{
	net_work_init(&token.work, pass_on);
	token.hops = 7;
	net_defer(nets[3], &token.work);
	assert_true(skiff_clock_next(vclock) == 0);
	assert_int_equal(skiff_clock_run_until(vclock, 0), 0);
	assert_string_equal(trace, "0:4w7 0:5w6 0:1w5 0:2w4 0:3w3 0:4w2 0:5w1 0:1w0 ");
}

static void pass_for_ever(struct net *net, struct net_work *work)
{
	net_defer(nets[net->id % 2], work);
}

static void stop_passing(struct net *net, struct net_work *work)
{
}

static void test_no_end(void **state)
{
	net_work_init(&token.work, pass_for_ever);
	net_defer(nets[0], &token.work);
	assert_int_equal(skiff_clock_run_until(vclock, 10), -ELOOP);
	assert_true(skiff_clock_now(vclock) == 0);
	token.work.fn = stop_passing;
	assert_int_equal(skiff_clock_run_until(vclock, 10), 0);
}

/* Chance, timers and messages between hosts, for ten virtual seconds. */
struct chatter {
	struct timer_list timer;
	struct net_work message;
	int sent;
};

static struct chatter chatters[HOSTS];
static u64 checksum;

static void note(u64 what)
{
	checksum = (checksum ^ what) * 0x100000001b3ULL;
}

static void get_message(struct net *net, struct net_work *work)
{
	note((u64)ktime_get() ^ net->id);
	note(get_random_u32());
}

static void chat(struct timer_list *timer)
{
	struct chatter *c = from_timer(c, timer, timer);
	u32 to = get_random_u32_below(HOSTS);

	note((u64)ktime_get());
	c->sent++;
	net_defer(nets[to], &c->message);
	mod_timer_ns(timer, ktime_get() + get_random_u32_below(1000000));
}

static u64 simulate(u64 seed, size_t litter)
{
	struct skiff_net_params params = { .seed = seed };
	void *junk = malloc(litter);
	int sent = 0;

	vclock = skiff_clock_virtual(0, 0);
	params.clock = vclock;
	checksum = 1;
	for (int i = 0; i < HOSTS; i++) {
		params.seed = seed + (u64)i;
		nets[i] = skiff_net_create(&params);
		chatters[i].sent = 0;
		net_work_init(&chatters[i].message, get_message);
		timer_setup_net(&chatters[i].timer, nets[i], chat, 0);
		net_lock(nets[i]);
		mod_timer(&chatters[i].timer, jiffies + 1);
		net_unlock(nets[i]);
	}
	assert_int_equal(skiff_clock_run_until(vclock, 10 * NSEC_PER_SEC), 0);
	for (int i = HOSTS - 1; i >= 0; i--) {
		net_lock(nets[i]);
		del_timer(&chatters[i].timer);
		net_unlock(nets[i]);
		sent += chatters[i].sent;
	}
	for (int i = 0; i < HOSTS; i++)
		assert_int_equal(skiff_net_destroy(nets[i]), 0);
	assert_in_range(sent, 90000, 110000);
	skiff_clock_put(vclock);
	free(junk);
	return checksum;
}

static void test_repeats(void **state)
{
	u64 first = simulate(1, 1);

	/* Elsewhere in memory, the same. */
	assert_true(simulate(1, 1000003) == first);
	assert_true(simulate(2, 1) != first);
}

/* Kernel-style code finds its host without being told. */
static unsigned long ticks;

static void tick(struct timer_list *timer)
{
	assert_true(time_after_eq(jiffies, timer->expires));
	ticks++;
	mod_timer(timer, jiffies + HZ);
}

static void test_an_hour(void **state)
{
	struct timer_list timer;

	ticks = 0;
	timer_setup(&timer, tick, 0);
	net_lock(nets[1]);
	mod_timer(&timer, jiffies + HZ);
	net_unlock(nets[1]);
	assert_int_equal(skiff_clock_run_until(vclock, 3600 * NSEC_PER_SEC), 0);
	assert_int_equal(ticks, 3600);
	net_lock(nets[1]);
	assert_ptr_equal(timer.base, nets[1]->timers);
	del_timer(&timer);
	net_unlock(nets[1]);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),	 TEST(test_refusals), TEST(test_poll),
		TEST(test_same_instant), TEST(test_no_end),   cmocka_unit_test(test_repeats),
		TEST(test_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
