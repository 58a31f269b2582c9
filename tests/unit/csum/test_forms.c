// SPDX-License-Identifier: BSD-2-Clause
/* Every form of the checksum against the naive twin: lengths, alignments, guard pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "csum/csum.h"
#include "twin.h"

#define MAX_LEN 4096
#define ALIGNMENTS 64
#define CANARY 0x5a

static const u32 initial[] = { 0, 1, 0xffffffff, 0x8badf00d };

/* What the twin says about the first @len bytes of a pattern, by initial sum and length. */
struct pattern {
	u8 bytes[MAX_LEN];
	u16 expected[ARRAY_SIZE(initial)][MAX_LEN + 1];
};

static struct pattern random_bytes, zeros, ones;
static u8 *source, *target; /* cache line aligned, with room for any alignment */

static void fill_expected(struct pattern *pattern)
{
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(initial); i++)
		for (len = 0; len <= MAX_LEN; len++)
			pattern->expected[i][len] = twin_checksum(pattern->bytes, len, initial[i]);
}

static int setup(void **state)
{
	source = aligned_alloc(ALIGNMENTS, MAX_LEN + 3 * ALIGNMENTS);
	target = aligned_alloc(ALIGNMENTS, MAX_LEN + 3 * ALIGNMENTS);
	if (!source || !target)
		return -1;
	twin_random(random_bytes.bytes, MAX_LEN, 1);
	memset(ones.bytes, 0xff, MAX_LEN);
	fill_expected(&random_bytes);
	fill_expected(&zeros);
	fill_expected(&ones);
	return 0;
}

static int teardown(void **state)
{
	free(source);
	free(target);
	return csum_use_form(NULL);
}

static u16 folded(const void *p, size_t len, size_t init)
{
	return (u16)csum_fold(csum_partial(p, (int)len, (__wsum)initial[init]));
}

static void check_sums(const struct pattern *pattern, size_t align, size_t max_len)
{
	u8 *p = source + align;
	size_t len;

	memcpy(p, pattern->bytes, MAX_LEN);
	for (len = 0; len <= max_len; len++) {
		size_t i = (len + align) % ARRAY_SIZE(initial);

		assert_int_equal(folded(p, len, i), pattern->expected[i][len]);
	}
}

/* Copies @len bytes and looks at the sum, the copy and what surrounds it. */
static void check_copy(const struct pattern *pattern, size_t from, size_t to, size_t len)
{
	size_t i = (len + from) % ARRAY_SIZE(initial);
	u8 *p = source + from, *dst = target + ALIGNMENTS + to;
	__wsum sum;

	memset(target + to, CANARY, ALIGNMENTS);
	memset(dst, (u8)~pattern->bytes[0], len);
	memset(dst + len, CANARY, ALIGNMENTS);
	sum = csum_partial_copy(p, dst, (int)len, (__wsum)initial[i]);
	assert_int_equal((u16)csum_fold(sum), pattern->expected[i][len]);
	assert_memory_equal(dst, pattern->bytes, len);
	for (i = 0; i < ALIGNMENTS; i++) {
		assert_int_equal(target[to + i], CANARY);
		assert_int_equal(dst[len + i], CANARY);
	}
}

static void each_form(void (*check)(void))
{
	const struct csum_form *const *form;
	size_t tried = 0;

	for (form = csum_forms; *form; form++) {
		if (csum_use_form(*form)) {
			print_message("this machine has no %s\n", (*form)->name);
			continue;
		}
		print_message("%s\n", (*form)->name);
		check();
		tried++;
	}
	assert_true(tried > 0);
}

static void sum_all(void)
{
	size_t align;

	for (align = 0; align < ALIGNMENTS; align++)
		check_sums(&random_bytes, align, MAX_LEN);
}

static void test_sum_every_length_and_alignment(void **state)
{
	each_form(sum_all);
}

static void sum_uniform(void)
{
	size_t align;

	for (align = 0; align < ALIGNMENTS; align += 13) {
		check_sums(&zeros, align, MAX_LEN);
		check_sums(&ones, align, MAX_LEN);
	}
}

static void test_sum_zeros_and_ones(void **state)
{
	each_form(sum_uniform);
	/* The two zeros: nothing but zeros, and a sum that is a multiple of 0xffff. */
	assert_int_equal((u32)csum_partial(zeros.bytes, MAX_LEN, 0), 0);
	assert_int_equal(zeros.expected[0][MAX_LEN], 0xffff);
	assert_int_equal(ones.expected[0][MAX_LEN], 0);
}

static void copy_all(void)
{
	size_t align, len;

	for (align = 0; align < ALIGNMENTS; align++) {
		size_t from = (7 * align + 3) % ALIGNMENTS;

		memcpy(source + from, random_bytes.bytes, MAX_LEN);
		for (len = 0; len <= MAX_LEN; len++)
			check_copy(&random_bytes, from, align, len);
	}
}

static void test_copy_every_length_and_alignment(void **state)
{
	each_form(copy_all);
}

/* Ones keep every carry busy. */
static void copy_uniform(void)
{
	size_t align, len;

	for (align = 0; align < ALIGNMENTS; align += 13) {
		memcpy(source + align, ones.bytes, MAX_LEN);
		for (len = 0; len <= MAX_LEN; len++)
			check_copy(&ones, align, align, len);
		memcpy(source + align, zeros.bytes, MAX_LEN);
		for (len = 0; len <= MAX_LEN; len++)
			check_copy(&zeros, align, align, len);
	}
}

static void test_copy_zeros_and_ones(void **state)
{
	each_form(copy_uniform);
}

static void copy_odd_to_even(void)
{
	size_t from, to;

	for (from = 0; from < ALIGNMENTS; from++) {
		memcpy(source + from, random_bytes.bytes, MAX_LEN);
		for (to = 0; to < ALIGNMENTS; to++)
			check_copy(&random_bytes, from, to, 1501 + to);
	}
}

static void test_copy_between_all_alignments(void **state)
{
	each_form(copy_odd_to_even);
}

/* Where the forms change their way: long blocks, chunks; 0xff finds sums that overflow. */
static void long_blocks(void)
{
	static const size_t lens[] = { 4095,   4097,   8191,   65535,  65536,  131071,
				       131072, 131073, 131136, 262145, 1000003 };
	static const size_t aligns[] = { 0, 1, 2, 14, 63 };
	size_t room = lens[ARRAY_SIZE(lens) - 1] + ALIGNMENTS, i, j, fill;
	u8 *from = malloc(room), *to = malloc(room);

	assert_non_null(from);
	assert_non_null(to);
	for (fill = 0; fill < 2; fill++) {
		memset(from, 0xff, room);
		if (fill)
			twin_random(from, room, 2);
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			for (j = 0; j < ARRAY_SIZE(aligns); j++) {
				u8 *p = from + aligns[j], *dst = to + aligns[i % 5];
				u16 twin = twin_checksum(p, lens[i], 0xffffffff);
				__wsum sum = (__wsum)0xffffffff;

				sum = csum_partial(p, (int)lens[i], sum);
				assert_int_equal((u16)csum_fold(sum), twin);
				memset(to, 0, room);
				sum = csum_copy(dst, p, lens[i], (__wsum)0xffffffff);
				assert_int_equal((u16)csum_fold(sum), twin);
				assert_memory_equal(dst, p, lens[i]);
			}
		}
	}
	free(from);
	free(to);
}

static void test_long_blocks(void **state)
{
	each_form(long_blocks);
}

/* Memory between two pages that must not be touched; returns its first byte. */
static u8 *map_guarded(size_t room, size_t page)
{
	u8 *p = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	assert_int_equal(mprotect(p + page, room, PROT_READ | PROT_WRITE), 0);
	return p + page;
}

static size_t page_size, guarded_room;
static u8 *guarded_from, *guarded_to;

static void guarded(void)
{
	size_t len;

	for (len = 0; len <= MAX_LEN; len++) {
		u8 *last_from = guarded_from + guarded_room - len;
		u8 *last_to = guarded_to + guarded_room - len;
		u16 twin = random_bytes.expected[0][len];
		__wsum sum;

		memcpy(last_from, random_bytes.bytes, len);
		assert_int_equal(folded(last_from, len, 0), twin);
		sum = csum_partial_copy_nocheck(last_from, last_to, (int)len);
		assert_int_equal((u16)csum_fold(sum), twin);
		assert_memory_equal(last_to, random_bytes.bytes, len);

		memcpy(guarded_from, random_bytes.bytes, len);
		assert_int_equal(folded(guarded_from, len, 0), twin);
		sum = csum_partial_copy_nocheck(guarded_from, guarded_to, (int)len);
		assert_int_equal((u16)csum_fold(sum), twin);
		assert_memory_equal(guarded_to, random_bytes.bytes, len);
	}
}

static void test_nothing_outside_is_touched(void **state)
{
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	guarded_room = ALIGN((size_t)MAX_LEN, page_size);
	guarded_from = map_guarded(guarded_room, page_size);
	guarded_to = map_guarded(guarded_room, page_size);
	assert_non_null(guarded_from);
	assert_non_null(guarded_to);
	each_form(guarded);
	munmap(guarded_from - page_size, guarded_room + 2 * page_size);
	munmap(guarded_to - page_size, guarded_room + 2 * page_size);
}

/* A message in two blocks, cut at every place, sums to what it does in one. */
static void blocks(void)
{
	const size_t len = 333;
	size_t cut;

	for (cut = 0; cut <= len; cut++) {
		__wsum first = csum_partial(random_bytes.bytes, (int)cut, 0);
		__wsum second = csum_partial(random_bytes.bytes + cut, (int)(len - cut), 0);
		__wsum whole = csum_block_add(first, second, (int)cut);

		assert_int_equal((u16)csum_fold(whole), random_bytes.expected[0][len]);
		/* What is left of a whole minus the whole is the other zero. */
		whole = csum_block_sub(whole, second, (int)cut);
		assert_int_equal((u16)csum_fold(whole), cut ? random_bytes.expected[0][cut] : 0);
		if (cut % 2)
			continue;
		whole = csum_partial(random_bytes.bytes + cut, (int)(len - cut), first);
		assert_int_equal((u16)csum_fold(whole), random_bytes.expected[0][len]);
	}
}

static void test_blocks_of_one_message(void **state)
{
	each_form(blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum_every_length_and_alignment),
		cmocka_unit_test(test_sum_zeros_and_ones),
		cmocka_unit_test(test_copy_every_length_and_alignment),
		cmocka_unit_test(test_copy_zeros_and_ones),
		cmocka_unit_test(test_copy_between_all_alignments),
		cmocka_unit_test(test_long_blocks),
		cmocka_unit_test(test_nothing_outside_is_touched),
		cmocka_unit_test(test_blocks_of_one_message),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
