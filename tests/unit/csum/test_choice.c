// SPDX-License-Identifier: BSD-2-Clause
/* The first sums of a process made by many threads at once, and forms that change meanwhile. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "csum/csum.h"
#include "twin.h"

#define THREADS 4
#define ROUNDS 2000
#define LEN 777

static u8 message[LEN];
static u16 expected;
static pthread_barrier_t start;

/* Gives the number of wrong answers. */
static void *sum_and_copy(void *arg)
{
	size_t wrong = 0;
	u8 copy[LEN];
	int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < ROUNDS; i++) {
		wrong += (u16)ip_compute_csum(message, LEN) != expected;
		wrong += (u16)csum_fold(csum_partial_copy_nocheck(message, copy, LEN)) != expected;
		wrong += memcmp(copy, message, LEN) != 0;
	}
	return (void *)wrong;
}

static void run_threads(void (*meanwhile)(void))
{
	pthread_t threads[THREADS];
	void *wrong;
	int i;

	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS + 1), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sum_and_copy, NULL), 0);
	pthread_barrier_wait(&start);
	if (meanwhile)
		meanwhile();
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_int_equal((size_t)wrong, 0);
	}
	pthread_barrier_destroy(&start);
}

/* Must be the first test of the program: nobody has summed a long block before. */
static void test_first_use_by_many_threads(void **state)
{
	run_threads(NULL);
}

static void change_forms(void)
{
	const struct csum_form *const *form;
	int i;

	for (i = 0; i < 100; i++)
		for (form = csum_forms; *form; form++)
			csum_use_form(*form);
}

static void test_forms_change_meanwhile(void **state)
{
	run_threads(change_forms);
	assert_int_equal(csum_use_form(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_use_by_many_threads),
		cmocka_unit_test(test_forms_change_meanwhile),
	};

	twin_random(message, LEN, 3);
	expected = twin_checksum(message, LEN, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
