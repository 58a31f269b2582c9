// SPDX-License-Identifier: BSD-2-Clause
/* A forked child finds the tables of the process free, whatever its parent's threads were doing. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <skiff/driver.h>
#include <skiff/netdevice.h>
#include <skiff/printk.h>

#include "death.h"

static int done; /* atomic */

static int ignore_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	return NOTIFY_DONE;
}

static void ignore_line(int level, const char *text, void *arg)
{
}

static void use_tables(void)
{
	struct notifier_block nb = { .notifier_call = ignore_event };

	skiff_driver_find("none");
	register_netdevice_notifier(&nb);
	unregister_netdevice_notifier(&nb);
	skiff_log_sink(ignore_line, NULL);
}

static void *use_for_ever(void *arg)
{
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
		use_tables();
	return NULL;
}

static void in_child(void)
{
	alarm(10);
	use_tables();
}

static void test_tables_in_child(void **state)
{
	pthread_t threads[2];
	char said[4096];

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_for_ever, NULL), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(run_in_child(in_child, said, sizeof(said)), 0);
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	skiff_log_sink(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_in_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
