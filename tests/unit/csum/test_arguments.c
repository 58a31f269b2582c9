// SPDX-License-Identifier: BSD-2-Clause
/* What the checksum functions do with nothing, and how they end when the caller is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "csum/csum.h"

static u8 bytes[128];

static void test_nothing(void **state)
{
	assert_int_equal((u32)csum_partial(NULL, 0, (__wsum)5), 5);
	assert_int_equal((u32)csum_partial(bytes, 0, (__wsum)5), 5);
	assert_int_equal((u32)csum_partial_copy(NULL, NULL, 0, (__wsum)5), 5);
	assert_int_equal((u32)csum_copy(NULL, NULL, 0, (__wsum)5), 5);
	assert_int_equal((u32)csum_partial_copy_nocheck(NULL, NULL, 0), 0);
	assert_int_equal((u16)ip_compute_csum(NULL, 0), 0xffff);
}

static void test_no_other_form_where_it_cannot_run(void **state)
{
	const struct csum_form *const *form;

	for (form = csum_forms; *form; form++)
		assert_int_equal(csum_use_form(*form), (*form)->usable() ? 0 : -ENOTSUP);
	assert_ptr_equal(form[-1], &csum_form_portable);
	assert_true(csum_form_portable.usable());
	assert_int_equal(csum_use_form(NULL), 0);
}

/* Runs @call in a child, which must abort after a message that contains @name. */
static void expect_panic(void (*call)(void), const char *name)
{
	char message[4096];
	size_t used = 0;
	int pipes[2], status;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		dup2(pipes[1], STDERR_FILENO);
		call();
		_exit(0);
	}
	close(pipes[1]);
	while (used < sizeof(message) - 1 &&
	       (got = read(pipes[0], message + used, sizeof(message) - 1 - used)) > 0)
		used += (size_t)got;
	message[used] = '\0';
	close(pipes[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(message, name));
}

static void null_short(void)
{
	csum_partial(NULL, 8, 0);
}

static void null_long(void)
{
	csum_partial(NULL, 1500, 0);
}

static void negative(void)
{
	csum_partial(bytes, -1, 0);
}

static void most_negative(void)
{
	ip_compute_csum(bytes, INT_MIN);
}

static void copy_negative(void)
{
	csum_partial_copy(bytes, bytes + 64, -1, 0);
}

static void copy_from_null(void)
{
	csum_partial_copy(NULL, bytes, 8, 0);
}

static void copy_to_null(void)
{
	csum_partial_copy_nocheck(bytes, NULL, 100);
}

static void test_callers_bugs_end_the_process(void **state)
{
	expect_panic(null_short, "csum_partial()");
	expect_panic(null_long, "csum_partial()");
	expect_panic(negative, "csum_partial(): -1 bytes");
	expect_panic(most_negative, "csum_partial()");
	expect_panic(copy_negative, "csum_partial_copy(): -1 bytes");
	expect_panic(copy_from_null, "csum_partial_copy()");
	expect_panic(copy_to_null, "csum_partial_copy()");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_no_other_form_where_it_cannot_run),
		cmocka_unit_test(test_callers_bugs_end_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
