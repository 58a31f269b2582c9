// SPDX-License-Identifier: BSD-2-Clause
/* Panics, warnings, messages and their limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skiff/atomic.h>
#include <skiff/printk.h>

#include "death.h"

static void panics(void)
{
	skiff_panic("number %d and %s", 42, "words");
}

static void bug_on(void)
{
	BUG_ON(1 + 1 == 2);
}

static void refcount_dead(void)
{
	refcount_t refs = REFCOUNT_INIT(0);

	refcount_inc(&refs);
}

static void long_panic(void)
{
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	skiff_panic("%s", text);
}

static void warns_fatally(void)
{
	setenv("SKIFF_PANIC_ON_WARN", "1", 1);
	WARN_ON(1 > 0);
}

static void test_panic(void **state)
{
	assert_dies(panics, "skiff: panic: number 42 and words\n");
	assert_dies(bug_on, "1 + 1 == 2");
	assert_dies(refcount_dead, "use after free");
	assert_dies(long_panic, "xxxx\n");
	assert_dies(warns_fatally, "SKIFF_PANIC_ON_WARN");
}

static void warns(void)
{
	setenv("SKIFF_PANIC_ON_WARN", "0", 1);
	for (int i = 0; i < 3; i++)
		if (!WARN_ON(i == 1) != (i != 1))
			_exit(1);
	for (int i = 0; i < 3; i++)
		if (!WARN_ON_ONCE(i >= 1) != (i < 1))
			_exit(2);
}

static int occurrences(const char *text, const char *word)
{
	int n = 0;

	while ((text = strstr(text, word))) {
		n++;
		text += strlen(word);
	}
	return n;
}

static void test_warn(void **state)
{
	static char said[65536];
	int status = run_in_child(warns, said, sizeof(said));

	assert_int_equal(status, 0);
	assert_int_equal(occurrences(said, "skiff: warning: "), 2);
	assert_int_equal(occurrences(said, "i == 1"), 1);
	assert_int_equal(occurrences(said, "i >= 1"), 1);
}

/* What the sink got last, and how much in all. */
static struct {
	int level;
	char text[2048];
	int count;
} got;

static void sink(int level, const char *text, void *arg)
{
	assert_ptr_equal(arg, &got);
	got.level = level;
	got.count++;
	assert_true(strlen(text) < sizeof(got.text));
	strcpy(got.text, text);
}

static int use_sink(void **state)
{
	memset(&got, 0, sizeof(got));
	skiff_log_sink(sink, &got);
	skiff_log_level(LOGLEVEL_INFO);
	return 0;
}

static int use_stderr(void **state)
{
	skiff_log_sink(NULL, NULL);
	skiff_log_level(LOGLEVEL_INFO);
	return 0;
}

static void test_levels(void **state)
{
	pr_err("one %d", 1);
	assert_int_equal(got.level, LOGLEVEL_ERR);
	assert_string_equal(got.text, "one 1");
	pr_info("two\n");
	assert_int_equal(got.level, LOGLEVEL_INFO);
	assert_string_equal(got.text, "two");
	assert_int_equal(got.count, 2);
	pr_debug("not heard");
	assert_int_equal(got.count, 2);
	assert_int_equal(skiff_log_level(LOGLEVEL_DEBUG), LOGLEVEL_INFO);
	pr_debug("heard");
	assert_int_equal(got.level, LOGLEVEL_DEBUG);
	assert_int_equal(printk("no level"), 8);
	assert_int_equal(got.level, LOGLEVEL_WARNING);
	assert_int_equal(skiff_log_level(-1), LOGLEVEL_DEBUG);
	assert_int_equal(printk(KERN_EMERG "nobody listens"), 14);
	assert_int_equal(got.count, 4);
}

static void test_odd_messages(void **state)
{
	char text[3000];

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(printk(KERN_ERR "%s", text), 1023);
	assert_int_equal(strlen(got.text), 1023);
	printk(KERN_ERR "%s", "");
	assert_string_equal(got.text, "");
	printk("\001"
	       "9 is no level");
	assert_int_equal(got.level, LOGLEVEL_WARNING);
	for (int i = 0; i < 3; i++)
		pr_warn_once("once");
	assert_int_equal(got.count, 4);
}

static void speaks(void)
{
	skiff_log_sink(NULL, NULL);
	pr_notice("to %s", "stderr");
	pr_debug("no");
}

static void test_stderr(void **state)
{
	char said[256];

	assert_int_equal(run_in_child(speaks, said, sizeof(said)), 0);
	assert_string_equal(said, "skiff: to stderr\n");
}

static void test_bucket(void **state)
{
	struct ratelimit_state rs;
	ktime_t t = 1000;
	int missed = -1;

	/* Five at once, then one each 200 ms. */
	ratelimit_state_init(&rs, 1 * HZ, 5);
	for (int i = 0; i < 5; i++)
		assert_true(ratelimit_at(&rs, t, &missed));
	assert_int_equal(missed, 0);
	assert_false(ratelimit_at(&rs, t, &missed));
	assert_false(ratelimit_at(&rs, t + 199 * NSEC_PER_MSEC, NULL));
	assert_true(ratelimit_at(&rs, t + 200 * NSEC_PER_MSEC, &missed));
	assert_int_equal(missed, 2);
	/* Time that goes back gives nothing and takes nothing. */
	assert_false(ratelimit_at(&rs, 0, NULL));
	assert_false(ratelimit_at(&rs, t + 399 * NSEC_PER_MSEC, NULL));
	assert_true(ratelimit_at(&rs, t + 400 * NSEC_PER_MSEC, NULL));
	/* A long pause fills the bucket once. */
	for (int i = 0; i < 5; i++)
		assert_true(ratelimit_at(&rs, KTIME_MAX - 1, NULL));
	assert_false(ratelimit_at(&rs, KTIME_MAX, NULL));
}

static void test_bucket_edges(void **state)
{
	struct ratelimit_state rs;

	ratelimit_state_init(&rs, 0, 1);
	for (int i = 0; i < 100; i++)
		assert_true(ratelimit_at(&rs, 0, NULL));
	ratelimit_state_init(&rs, -5, 0);
	assert_true(ratelimit_at(&rs, 0, NULL));
	ratelimit_state_init(&rs, HZ, 0);
	assert_false(ratelimit_at(&rs, 0, NULL));
	ratelimit_state_init(&rs, HZ, -1);
	assert_false(ratelimit_at(&rs, KTIME_MAX, NULL));
	ratelimit_state_init(&rs, INT32_MAX, INT32_MAX);
	assert_true(ratelimit_at(&rs, 0, NULL));
}

/* The long run: never more than burst + elapsed / interval * burst. */
static void test_bucket_rate(void **state)
{
	struct ratelimit_state rs;
	int passed = 0;

	ratelimit_state_init(&rs, 1 * HZ, 10);
	for (ktime_t t = 0; t < 100 * NSEC_PER_SEC; t += 7 * NSEC_PER_MSEC)
		passed += ratelimit_at(&rs, t, NULL);
	assert_in_range(passed, 1005, 1010);
}

static void test_net_ratelimit(void **state)
{
	for (int i = 0; i < 100; i++)
		net_err_ratelimited("flood %d", i);
	assert_in_range(got.count, 10, 11);
	got.count = 0;
	for (int i = 0; i < 100; i++)
		pr_err_ratelimited("flood %d", i);
	assert_in_range(got.count, 10, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_warn),
		cmocka_unit_test_setup_teardown(test_levels, use_sink, use_stderr),
		cmocka_unit_test_setup_teardown(test_odd_messages, use_sink, use_stderr),
		cmocka_unit_test(test_stderr),
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_bucket_edges),
		cmocka_unit_test(test_bucket_rate),
		cmocka_unit_test_setup_teardown(test_net_ratelimit, use_sink, use_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
