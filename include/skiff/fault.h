/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation faults on demand: a test makes the nth allocation fail, for every n in turn. */
#ifndef SKIFF_FAULT_H
#define SKIFF_FAULT_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * skiff_fail_nth() - make one allocation of the calling thread fail
 * @nth: which one, counted from now: 1 is the next; 0 or less turns the injection off
 *
 * Counts every allocation site of the library (the kmalloc() family, buffer pools, pages) and
 * starts skiff_fail_count() at zero. The fault happens once; later allocations succeed. Armed per
 * thread, so that tests do not disturb each other; worker threads are never hit. Any context.
 *
 * Return: 0, or -EOPNOTSUPP in a library that was built without fault injection.
 */
SKIFF_API int skiff_fail_nth(long nth);

/**
 * skiff_fail_count() - how many allocations the calling thread made since skiff_fail_nth()
 *
 * A test runs n = 1, 2, ... until the count stays below n: then no fault happened, and every
 * site has failed once. Any context.
 *
 * Return: the count, 0 in a library that was built without fault injection.
 */
SKIFF_API long skiff_fail_count(void);

/**
 * skiff_should_fail() - count one allocation and say whether it has to fail
 *
 * The debugging build's half of should_fail_alloc(). Any context.
 */
SKIFF_API bool skiff_should_fail(void);

/* What an allocation site asks before it allocates. */
#ifdef SKIFF_FAULT_INJECTION
#define should_fail_alloc() unlikely(skiff_should_fail())
#else
#define should_fail_alloc() false
#endif

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_FAULT_H */
