/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checksum folder offers to the rest of the library and to its tests. */
#ifndef SKIFF_CSUM_CSUM_H
#define SKIFF_CSUM_CSUM_H

#include <skiff/checksum.h>

/*
 * The shortest block that a form is called for. Below, the portable loop is inlined into the
 * public functions: an indirect call and a vector to fold would cost more than the sum itself.
 */
#define CSUM_FORM_MIN 64

/**
 * struct csum_form - one way to sum and to copy
 * @name: what it is called in tests and benchmarks
 * @usable: true if this processor and system can run it
 * @sum: csum_partial() for lengths from CSUM_FORM_MIN up
 * @copy: csum_copy() for lengths from CSUM_FORM_MIN up
 */
struct csum_form {
	const char *name;
	bool (*usable)(void);
	__wsum (*sum)(const void *buff, size_t len, __wsum sum);
	__wsum (*copy)(void *dst, const void *src, size_t len, __wsum sum);
};

/* Best first, ends with a NULL; the last one is portable and always usable. */
extern const struct csum_form *const csum_forms[];

extern const struct csum_form csum_form_portable;
extern const struct csum_form csum_form_avx2;
extern const struct csum_form csum_form_avx512;

/**
 * csum_copy() - copy a block and add its 16-bit words to a running sum, in one pass
 * @dst: where it goes; does not overlap @src; NULL only if @len is 0
 * @src: the block, at any address; NULL only if @len is 0
 * @len: its length in bytes
 * @sum: the sum of what came before
 *
 * The core of csum_partial_copy(), without the limits of an int. Any context.
 *
 * Return: the new sum.
 */
__wsum csum_copy(void *dst, const void *src, size_t len, __wsum sum);

/**
 * csum_use_form() - choose how sums are made from now on
 * @form: an entry of csum_forms[] that is usable, or NULL for the best one
 *
 * For tests and benchmarks; without it the first call chooses. Any context, any thread.
 *
 * Return: 0, or -ENOTSUP if this machine cannot run @form.
 */
int csum_use_form(const struct csum_form *form);

#endif /* SKIFF_CSUM_CSUM_H */
