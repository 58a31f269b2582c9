// SPDX-License-Identifier: BSD-2-Clause
/* The kmalloc() family at its edges, and the faults that tests order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/slab.h>

static bool all_zero(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void test_sizes(void **state)
{
	for (size_t size = 0; size <= 4096; size += 1 + size / 7) {
		u8 *p = kmalloc(size, GFP_ATOMIC);
		u8 *z = kzalloc(size, GFP_KERNEL);

		assert_non_null(p);
		assert_non_null(z);
		assert_ptr_not_equal(p, z);
		assert_true(IS_ALIGNED((uintptr_t)p, _Alignof(max_align_t)));
		assert_true(ksize(p) >= size);
		assert_true(all_zero(z, size));
		memset(p, 0xa5, size);
		kfree(p);
		kfree_sensitive(z);
	}
	kfree(NULL);
	kfree_sensitive(NULL);
	assert_int_equal(ksize(NULL), 0);
}

static void test_too_large(void **state)
{
	/* From a variable, or the compiler warns about what this test is for. */
	volatile size_t huge = (size_t)PTRDIFF_MAX + 1;
	volatile size_t half = SIZE_MAX / 2;
	u8 *p = kmalloc(16, GFP_KERNEL);

	assert_null(kmalloc(huge, GFP_KERNEL));
	assert_null(kmalloc(SIZE_MAX - (huge & 1), GFP_KERNEL));
	assert_null(kcalloc(half, 3, GFP_KERNEL));
	assert_null(kmalloc_array(3, half, GFP_KERNEL));
	assert_null(krealloc(p, huge, GFP_KERNEL));
	assert_null(krealloc_array(p, half, 4, GFP_KERNEL));
	kfree(p);
}

static void test_resize(void **state)
{
	char *p = krealloc(NULL, 4, GFP_KERNEL);

	assert_non_null(p);
	memcpy(p, "abc", 4);
	p = krealloc_array(p, 1000, 4, GFP_KERNEL);
	assert_non_null(p);
	assert_string_equal(p, "abc");
	p[3999] = 1;
	assert_null(krealloc(p, 0, GFP_KERNEL));
}

static void test_copies(void **state)
{
	char *p = kmemdup("ab\0c", 5, GFP_KERNEL);

	assert_memory_equal(p, "ab\0c", 5);
	kfree(p);
	p = kmemdup(NULL, 0, GFP_KERNEL);
	assert_non_null(p);
	kfree(p);
	p = kstrdup("", GFP_KERNEL);
	assert_string_equal(p, "");
	kfree(p);
	p = kstrdup("word", GFP_KERNEL);
	assert_string_equal(p, "word");
	kfree(p);
	p = kstrndup("word", 2, GFP_KERNEL);
	assert_string_equal(p, "wo");
	kfree(p);
	p = kstrndup("word", 0, GFP_KERNEL);
	assert_string_equal(p, "");
	kfree(p);
	assert_null(kstrdup(NULL, GFP_KERNEL));
	assert_null(kstrndup(NULL, 5, GFP_KERNEL));
}

/* Three allocations; says how many succeeded. */
static int three(void)
{
	void *a = kmalloc(8, GFP_KERNEL);
	void *b = kstrdup("x", GFP_KERNEL);
	void *c = krealloc(NULL, 8, GFP_KERNEL);
	int ok = !!a + !!b + !!c;

	kfree(a);
	kfree(b);
	kfree(c);
	return ok;
}

static void test_strscpy(void **state)
{
	char to[4] = "xxx";

	assert_int_equal(strscpy(to, "abc", sizeof(to)), 3);
	assert_string_equal(to, "abc");
	assert_int_equal(strscpy(to, "defg", sizeof(to)), -E2BIG);
	assert_string_equal(to, "def");
	assert_int_equal(strscpy(to, "", sizeof(to)), 0);
	assert_string_equal(to, "");
	to[0] = 'x';
	assert_int_equal(strscpy(to, "a", 0), -E2BIG);
	assert_int_equal(to[0], 'x');
	assert_int_equal(strscpy(to, "a", 1), -E2BIG);
	assert_string_equal(to, "");
}

static void test_faults(void **state)
{
#ifdef SKIFF_FAULT_INJECTION
	long n = 1;

	for (;; n++) {
		assert_int_equal(skiff_fail_nth(n), 0);
		if (three() == 3)
			break;
		assert_int_equal(skiff_fail_count(), 3);
	}
	assert_int_equal(n, 4);
	assert_int_equal(skiff_fail_count(), 3);

	/* Once only, and off. */
	skiff_fail_nth(1);
	assert_int_equal(three(), 2);
	assert_int_equal(three(), 3);
	assert_int_equal(skiff_fail_count(), 6);
	skiff_fail_nth(0);
	assert_int_equal(three(), 3);
	skiff_fail_nth(-1);
	assert_int_equal(three(), 3);
	skiff_fail_nth(0);
#else
	assert_int_equal(skiff_fail_nth(1), -EOPNOTSUPP);
	assert_int_equal(three(), 3);
	assert_int_equal(skiff_fail_count(), 0);
#endif
}

/* What fails leaves the old block as it was. */
static void test_failed_realloc(void **state)
{
#ifdef SKIFF_FAULT_INJECTION
	char *p = kstrdup("still here", GFP_KERNEL);

	skiff_fail_nth(1);
	assert_null(krealloc(p, 4096, GFP_KERNEL));
	skiff_fail_nth(0);
	assert_string_equal(p, "still here");
	kfree(p);
#else
	assert_false(skiff_should_fail());
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	       cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_resize),	       cmocka_unit_test(test_copies),
		cmocka_unit_test(test_strscpy),	       cmocka_unit_test(test_faults),
		cmocka_unit_test(test_failed_realloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
