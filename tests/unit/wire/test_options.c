// SPDX-License-Identifier: BSD-2-Clause
/* The option walk: known lists, every malformation, every pair of first bytes, no endless loop. */
#include "frames.h"

#include "wire/options.h"

struct step {
	enum wire_opt_step step;
	u8 type, len;
};

static const struct {
	const char *name;
	u8 bytes[40];
	size_t len;
	struct step steps[6];
} lists[] = {
	{ "empty", { 0 }, 0, { { .step = WIRE_OPT_DONE } } },
	{ "end only", { 0, 0, 0, 0 }, 4, { { .step = WIRE_OPT_DONE } } },
	{ "padding only", { 1, 1, 1, 1 }, 4, { { .step = WIRE_OPT_DONE } } },
	{ "router alert",
	  { 148, 4, 0, 0 },
	  4,
	  { { WIRE_OPT_FOUND, 148, 2 }, { .step = WIRE_OPT_DONE } } },
	{ "SYN of a Linux host",
	  { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7 },
	  20,
	  { { WIRE_OPT_FOUND, 2, 2 },
	    { WIRE_OPT_FOUND, 4, 0 },
	    { WIRE_OPT_FOUND, 8, 8 },
	    { WIRE_OPT_FOUND, 3, 1 },
	    { .step = WIRE_OPT_DONE } } },
	{ "nothing behind the end",
	  { 4, 2, 0, 2, 4, 5, 0xb4, 0 },
	  8,
	  { { WIRE_OPT_FOUND, 4, 0 }, { .step = WIRE_OPT_DONE } } },
	{ "no length", { 1, 1, 1, 7 }, 4, { { .step = WIRE_OPT_NO_LENGTH } } },
	{ "length 0", { 7, 0, 4, 2 }, 4, { { .step = WIRE_OPT_BAD_LENGTH } } },
	{ "length 1", { 7, 1, 4, 2 }, 4, { { .step = WIRE_OPT_BAD_LENGTH } } },
	{ "one too long", { 7, 5, 4, 0 }, 4, { { .step = WIRE_OPT_OVERRUN } } },
	{ "exactly to the end",
	  { 7, 4, 4, 0 },
	  4,
	  { { WIRE_OPT_FOUND, 7, 2 }, { .step = WIRE_OPT_DONE } } },
	{ "second too long",
	  { 4, 2, 8, 255 },
	  4,
	  { { WIRE_OPT_FOUND, 4, 0 }, { .step = WIRE_OPT_OVERRUN } } },
};

static void known_lists(void **state)
{
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		u8 *copy = exact_copy(lists[i].bytes, lists[i].len);
		struct wire_opts o;

		print_message("%s\n", lists[i].name);
		wire_opts_init(&o, copy, lists[i].len);
		for (n = 0;; n++) {
			const struct step *want = &lists[i].steps[n];

			assert_int_equal(wire_opts_next(&o), want->step);
			if (want->step != WIRE_OPT_FOUND)
				break;
			assert_int_equal(o.type, want->type);
			assert_int_equal(o.len, want->len);
		}
		/* Whatever ended the walk, it stays ended. */
		assert_int_equal(wire_opts_next(&o), WIRE_OPT_DONE);
		free(copy);
	}
}

/* Walk @len bytes; values must lie inside, and the walk must end within @len steps. */
static void walk(const u8 *bytes, size_t len)
{
	u8 *copy = exact_copy(bytes, len);
	struct wire_opts o;
	size_t steps = 0;

	wire_opts_init(&o, copy, len);
	while (wire_opts_next(&o) == WIRE_OPT_FOUND) {
		assert_true(o.data >= copy && o.data + o.len <= copy + len);
		assert_true(++steps <= len);
	}
	assert_ptr_equal(o.pos, o.end);
	free(copy);
}

static void every_first_pair(void **state)
{
	u8 bytes[40] = { 0 };
	unsigned int type, len;

	for (type = 0; type < 256; type++) {
		for (len = 0; len < 256; len++) {
			bytes[0] = (u8)type;
			bytes[1] = (u8)len;
			walk(bytes, 40);
			walk(bytes, 2);
			walk(bytes, 1);
		}
	}
}

static void random_lists(void **state)
{
	unsigned int seed = 1, round, i;
	u8 bytes[40];

	for (round = 0; round < 20000; round++) {
		for (i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1103515245 + 12345;
			bytes[i] = (u8)(seed >> 16) & (round & 1 ? 0x07 : 0xff);
		}
		walk(bytes, round % 41);
	}
}

static void no_memory_at_all(void **state)
{
	struct wire_opts o;

	wire_opts_init(&o, NULL, 0);
	assert_int_equal(wire_opts_next(&o), WIRE_OPT_DONE);
}

static void reasons(void **state)
{
	assert_string_equal(wire_opt_reason(WIRE_OPT_BAD_LENGTH), "option length below 2");
	assert_string_equal(wire_opt_reason((enum wire_opt_step)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_lists),	cmocka_unit_test(every_first_pair),
		cmocka_unit_test(random_lists), cmocka_unit_test(no_memory_at_all),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
