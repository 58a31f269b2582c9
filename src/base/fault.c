// SPDX-License-Identifier: BSD-2-Clause
/* The per-thread counters behind allocation fault injection. */
#include <skiff/fault.h>

#ifdef SKIFF_FAULT_INJECTION
static __thread long fail_at;
static __thread long counted;

int skiff_fail_nth(long nth)
{
	fail_at = nth > 0 ? nth : 0;
	counted = 0;
	return 0;
}

long skiff_fail_count(void)
{
	return counted;
}

bool skiff_should_fail(void)
{
	return ++counted == fail_at;
}
#else
int skiff_fail_nth(long nth)
{
	return -EOPNOTSUPP;
}

long skiff_fail_count(void)
{
	return 0;
}

bool skiff_should_fail(void)
{
	return false;
}
#endif
