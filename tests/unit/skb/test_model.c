// SPDX-License-Identifier: BSD-2-Clause
/* Long random programs of sk_buff and list operations against the model; each has its seed. */
#include "shape.h"

#include "model.h"

#define PROGRAMS 400
#define LENGTH 3000

static void test_random_programs(void **state)
{
	unsigned char *program = malloc(LENGTH);
	size_t buffers = skb_live_buffers(), bytes = skb_live_bytes();

	for (unsigned int seed = 1; seed <= PROGRAMS; seed++) {
		shape_seed(seed);
		shape_bytes(program, LENGTH);
		model_run(program, LENGTH);
		if (skb_live_buffers() != buffers || skb_live_bytes() != bytes) {
			skb_leak_report(stderr);
			fail_msg("seed %u leaves something", seed);
		}
	}
	free(program);
}

/* Programs that never fail for lack of memory get further: packets grow. */
static void test_without_faults(void **state)
{
	unsigned char *program = malloc(LENGTH);
	size_t buffers = skb_live_buffers(), bytes = skb_live_bytes();

	for (unsigned int seed = 1; seed <= PROGRAMS; seed++) {
		shape_seed(seed + 100000);
		shape_bytes(program, LENGTH);
		for (unsigned int i = 0; i < LENGTH; i++)
			program[i] %= 208;
		model_run(program, LENGTH);
		if (skb_live_buffers() != buffers || skb_live_bytes() != bytes) {
			skb_leak_report(stderr);
			fail_msg("seed %u leaves something", seed);
		}
	}
	free(program);
}

#define T(name) cmocka_unit_test_setup_teardown(name, shape_setup, shape_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_random_programs),
		T(test_without_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
