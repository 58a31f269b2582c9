// SPDX-License-Identifier: BSD-2-Clause
/* The public checksum functions, and the choice of the form that does long blocks. */
#include "csum/csum.h"

#include "csum/words.h"

const struct csum_form *const csum_forms[] = {
#if defined(__x86_64__) && !defined(__CHECKER__)
	&csum_form_avx512,
	&csum_form_avx2,
#endif
	&csum_form_portable,
	NULL,
};

/*
 * The two pointers start at functions that choose a form, store it and pass the call on. Threads
 * that meet there choose the same, and either pointer is good without the other, so relaxed
 * accesses are enough. This does what an ifunc would, and also works where the resolver of an
 * ifunc would run too early: under the sanitizers and in static programs.
 */
static __wsum first_sum(const void *buff, size_t len, __wsum sum);
static __wsum first_copy(void *dst, const void *src, size_t len, __wsum sum);

static __wsum (*form_sum)(const void *buff, size_t len, __wsum sum) = first_sum;
static __wsum (*form_copy)(void *dst, const void *src, size_t len, __wsum sum) = first_copy;

int csum_use_form(const struct csum_form *form)
{
	const struct csum_form *const *best = csum_forms;

	if (form && !form->usable())
		return -ENOTSUP;
	if (!form) {
		while (best[1] && !(*best)->usable())
			best++;
		form = *best;
	}
	WRITE_ONCE(form_sum, form->sum);
	WRITE_ONCE(form_copy, form->copy);
	return 0;
}

static __wsum first_sum(const void *buff, size_t len, __wsum sum)
{
	csum_use_form(NULL);
	return READ_ONCE(form_sum)(buff, len, sum);
}

static __wsum first_copy(void *dst, const void *src, size_t len, __wsum sum)
{
	csum_use_form(NULL);
	return READ_ONCE(form_copy)(dst, src, len, sum);
}

/* What the fast paths do not want to tell apart: nothing to do, or a caller's bug. */
static noinline __cold __wsum odd_arguments(const char *func, const void *dst, const void *src,
					    int len, __wsum sum)
{
	if (len)
		skiff_panic("%s(): %d bytes from %p to %p", func, len, src, dst);
	return sum;
}

__wsum csum_partial(const void *buff, int len, __wsum sum)
{
	if (unlikely(!buff))
		return odd_arguments(__func__, NULL, buff, len, sum);
	if (len >= CSUM_FORM_MIN)
		return READ_ONCE(form_sum)(buff, (size_t)len, sum);
	if (unlikely(len <= 0))
		return odd_arguments(__func__, NULL, buff, len, sum);
	return csum_finish(csum_words((const u8 *)buff, (size_t)len, (__force u32)sum));
}

__wsum csum_copy(void *dst, const void *src, size_t len, __wsum sum)
{
	if (len < CSUM_FORM_MIN)
		return csum_finish(
			csum_copy_words((u8 *)dst, (const u8 *)src, len, (__force u32)sum));
	return READ_ONCE(form_copy)(dst, src, len, sum);
}

__wsum csum_partial_copy(const void *src, void *dst, int len, __wsum sum)
{
	if (unlikely(!src || !dst || len <= 0))
		return odd_arguments(__func__, dst, src, len, sum);
	return csum_copy(dst, src, (size_t)len, sum);
}

__wsum csum_partial_copy_nocheck(const void *src, void *dst, int len)
{
	return csum_partial_copy(src, dst, len, 0);
}

__sum16 ip_compute_csum(const void *buff, int len)
{
	return csum_fold(csum_partial(buff, len, 0));
}
