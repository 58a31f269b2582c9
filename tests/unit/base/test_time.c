// SPDX-License-Identifier: BSD-2-Clause
/* Clocks, spans, jiffies, and the environment that decides whose they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <limits.h>
#include <time.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/jiffies.h>

#include "base/clock.h"
#include "base/env.h"
#include "death.h"

static void test_spans(void **state)
{
	assert_true(ktime_set(1, 5) == 1000000005);
	assert_true(ktime_set(KTIME_SEC_MAX, 0) == KTIME_MAX);
	assert_true(ktime_set(INT64_MAX, 0) == KTIME_MAX);
	assert_true(ktime_add_safe(KTIME_MAX - 1, 2) == KTIME_MAX);
	assert_true(ktime_add_safe(1, 2) == 3);
	assert_true(ktime_add(KTIME_MAX, 1) == KTIME_MIN);
	assert_true(ktime_sub(5, 7) == -2);
	assert_true(ktime_to_us(1999) == 1 && ktime_to_ms(1999999) == 1);
	assert_true(ktime_to_us(-1999) == -1);
	assert_true(us_to_ktime(3) == 3000 && ms_to_ktime(3) == 3000000);
	assert_true(ktime_add_us(1, 2) == 2001 && ktime_add_ms(1, 2) == 2000001);
	assert_true(ktime_us_delta(5000, 2000) == 3 && ktime_ms_delta(5000000, 2000000) == 3);
	assert_int_equal(ktime_compare(1, 2), -1);
	assert_int_equal(ktime_compare(2, 2), 0);
	assert_int_equal(ktime_compare(3, 2), 1);
	assert_true(ktime_after(2, 1) && ktime_before(1, 2));
}

/* What a thread has seen under another host's lock counts, but the present never goes back. */
static void test_lent_time(void **state)
{
	struct skiff_env env = { .clock = skiff_clock_real() };
	ktime_t now = skiff_clock_now(env.clock);

	skiff_env = &env;
	skiff_clock_lend(0);
	assert_true(env.seen == 0);
	skiff_clock_lend(now);
	assert_true(skiff_clock_seen(env.clock) == now);
	assert_true(jiffies_seen() == (u64)now / NSEC_PER_JIFFY + INITIAL_JIFFIES);
	/* The next hold of the lock: it has been later here. */
	env.seen = 0;
	env.seen_jiffies = 0;
	skiff_clock_lend(now - 1);
	assert_true(env.seen == 0);
	assert_true(skiff_clock_seen(env.clock) >= now);
	env.seen = 0;
	skiff_clock_lend(now);
	assert_true(env.seen == 0 || env.seen > now);
	skiff_env = NULL;
}

static void test_real_clock(void **state)
{
	struct skiff_clock *clock = skiff_clock_real();
	ktime_t before = skiff_clock_now(clock);
	struct timespec ts;
	ktime_t after;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	after = skiff_clock_now(clock);
	assert_true(before <= ktime_set(ts.tv_sec, (unsigned long)ts.tv_nsec));
	assert_true(ktime_set(ts.tv_sec, (unsigned long)ts.tv_nsec) <= after);
	assert_false(skiff_clock_is_virtual(clock));
	assert_ptr_equal(skiff_clock_get(clock), clock);
	skiff_clock_put(clock);
	skiff_clock_put(clock);
	skiff_clock_put(clock);
	assert_ptr_equal(skiff_clock_real(), clock);
	assert_true(skiff_clock_now_real(clock) / NSEC_PER_SEC - time(NULL) <= 1);
	/* Without a host the present is the system's. */
	assert_true(ktime_get() >= after);
	assert_true(ktime_get_ns() >= (u64)after);
}

static void test_virtual_clock(void **state)
{
	struct skiff_clock *clock = skiff_clock_virtual(100, 5000);

	assert_true(skiff_clock_is_virtual(clock));
	assert_true(skiff_clock_now(clock) == 100);
	assert_true(skiff_clock_now_real(clock) == 5100);
	clock_advance(clock, 100);
	clock_advance(clock, 250);
	assert_true(skiff_clock_now(clock) == 250);
	skiff_clock_get(clock);
	skiff_clock_put(clock);
	skiff_clock_put(clock);
	skiff_clock_put(NULL);
}

static void test_refusals(void **state)
{
	errno = 0;
	assert_null(skiff_clock_virtual(-1, 0));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(skiff_clock_virtual(0, -1));
	assert_int_equal(errno, EINVAL);
	if (skiff_fail_nth(1) == 0) {
		errno = 0;
		assert_null(skiff_clock_virtual(0, 0));
		assert_int_equal(errno, ENOMEM);
		skiff_fail_nth(0);
	}
}

static void goes_back(void)
{
	clock_advance(skiff_clock_virtual(100, 0), 99);
}

static void test_never_back(void **state)
{
	assert_dies(goes_back, "now < clock->now");
}

static void test_jiffies(void **state)
{
	struct skiff_clock *clock = skiff_clock_virtual(0, 0);
	struct skiff_env env = { .clock = clock };
	unsigned long start;

	skiff_env = &env;
	start = jiffies;
	assert_true(start == INITIAL_JIFFIES);
	assert_true(start == (unsigned long)(unsigned int)-300000);
	assert_true(ktime_get() == 0);
	clock_advance(clock, NSEC_PER_JIFFY - 1);
	assert_true(jiffies == start);
	clock_advance(clock, NSEC_PER_JIFFY);
	assert_true(jiffies == start + 1);
	assert_true(jiffies_64 == get_jiffies_64());
	assert_true(jiffies_to_ktime(jiffies) == NSEC_PER_JIFFY);
	assert_true(jiffies_to_ktime(jiffies + 5) == 6 * NSEC_PER_JIFFY);
	assert_true(jiffies_to_ktime(jiffies - 1) == 0);
	assert_true(jiffies_to_ktime(jiffies - 2) == 0);
	/* The wrap of 32 bits comes early and does no harm. */
	clock_advance(clock, 301 * NSEC_PER_SEC);
	assert_true(time_after(jiffies, start));
	assert_true(jiffies - start == 301000);
	skiff_env = NULL;
	skiff_clock_put(clock);
}

static void test_jiffies_compare(void **state)
{
	unsigned long top = ULONG_MAX;

	assert_true(time_after(top + 1, top));
	assert_false(time_after(top, top));
	assert_true(time_after_eq(top, top));
	assert_true(time_before(top, top + 5));
	assert_true(time_before_eq(top, top));
	assert_true(time_in_range(top + 1, top, top + 2));
	assert_false(time_in_range(top - 1, top, top + 2));
	assert_true(time_after32(1u, 0xffffffffu));
	assert_true(time_before64(UINT64_MAX, 3));
}

static void test_jiffies_spans(void **state)
{
	assert_int_equal(msecs_to_jiffies(0), 0);
	assert_int_equal(msecs_to_jiffies(1), 1);
	assert_int_equal(msecs_to_jiffies(INT_MAX), INT_MAX);
	assert_true(msecs_to_jiffies(-1) == MAX_JIFFY_OFFSET);
	assert_int_equal(usecs_to_jiffies(0), 0);
	assert_int_equal(usecs_to_jiffies(1), 1);
	assert_int_equal(usecs_to_jiffies(1000), 1);
	assert_int_equal(usecs_to_jiffies(1001), 2);
	assert_int_equal(usecs_to_jiffies(UINT_MAX), 4294968);
	assert_int_equal(jiffies_to_msecs(5), 5);
	assert_int_equal(jiffies_to_usecs(5), 5000);
	assert_true(jiffies_to_nsecs(5) == 5000000);
	assert_int_equal(nsecs_to_jiffies(5999999), 5);
	assert_int_equal(jiffies_to_clock_t(1000), 100);
	assert_int_equal(clock_t_to_jiffies(100), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),	      cmocka_unit_test(test_real_clock),
		cmocka_unit_test(test_lent_time),     cmocka_unit_test(test_virtual_clock),
		cmocka_unit_test(test_refusals),      cmocka_unit_test(test_never_back),
		cmocka_unit_test(test_jiffies),	      cmocka_unit_test(test_jiffies_compare),
		cmocka_unit_test(test_jiffies_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
