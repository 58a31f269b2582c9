// SPDX-License-Identifier: BSD-2-Clause
/* Two modules without a name are in one program: they start in order and end in reverse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "two_modules.h"

int two_modules_error[TWO_MODULES];
static char said[256];

static void note(int level, const char *text, void *arg)
{
	strncat(said, text, sizeof(said) - strlen(said) - 2);
	strcat(said, ";");
}

static int setup(void **state)
{
	said[0] = '\0';
	memset(two_modules_error, 0, sizeof(two_modules_error));
	skiff_log_sink(note, NULL);
	return 0;
}

static int teardown(void **state)
{
	skiff_log_sink(NULL, NULL);
	return 0;
}

static void test_order(void **state)
{
	assert_int_equal(skiff_modules_init(), 0);
	assert_string_equal(said, "first starts;second starts;");
	said[0] = '\0';
	skiff_modules_exit();
	assert_string_equal(said, "second ends;first ends;");
}

static void test_second_fails(void **state)
{
	two_modules_error[SECOND] = -ENODEV;
	assert_int_equal(skiff_modules_init(), -ENODEV);
	assert_string_equal(said, "first starts;second starts;first ends;");
}

static void test_first_fails(void **state)
{
	two_modules_error[FIRST] = -ENOMEM;
	assert_int_equal(skiff_modules_init(), -ENOMEM);
	assert_string_equal(said, "first starts;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
