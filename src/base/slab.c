// SPDX-License-Identifier: BSD-2-Clause
/* kmalloc() and its family on the C library's heap, with faults on demand. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/fault.h>
#include <skiff/slab.h>

/*
 * The C library keeps small blocks for the thread that freed them, but calloc() does not look there. Large
 * ones may be fresh from the system, which it knows to be clear.
 */
#define CLEAR_BY_HAND_MAX 1024

static void *zeroed(size_t size)
{
	void *p;

	if (size > CLEAR_BY_HAND_MAX)
		return calloc(1, size);
	p = malloc(size);
	if (!p)
		return NULL;
	/* The compiler would make calloc() of the two. */
	__asm__ volatile("" ::"r"(p) : "memory");
	return memset(p, 0, size);
}

void *kmalloc(size_t size, gfp_t flags)
{
	if (should_fail_alloc() || size > PTRDIFF_MAX)
		return NULL;
	/* malloc(0) may be NULL by the standard, which callers would take for "no memory". */
	if (size == 0)
		size = 1;
	return flags & __GFP_ZERO ? zeroed(size) : malloc(size);
}

void *krealloc(const void *p, size_t new_size, gfp_t flags)
{
	if (new_size == 0) {
		kfree(p);
		return NULL;
	}
	if (should_fail_alloc() || new_size > PTRDIFF_MAX)
		return NULL;
	return realloc((void *)(uintptr_t)p, new_size);
}

void kfree(const void *p)
{
	free((void *)(uintptr_t)p);
}

void kfree_sensitive(const void *p)
{
	if (p)
		explicit_bzero((void *)(uintptr_t)p, ksize(p));
	kfree(p);
}

size_t ksize(const void *p)
{
	return p ? malloc_usable_size((void *)(uintptr_t)p) : 0;
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kmalloc(len, gfp & ~__GFP_ZERO);

	if (copy && len)
		memcpy(copy, src, len);
	return copy;
}

static char *copy_string(const char *s, size_t len, gfp_t gfp)
{
	char *copy = (char *)kmalloc(len + 1, gfp & ~__GFP_ZERO);

	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? copy_string(s, strnlen(s, max), gfp) : NULL;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? copy_string(s, strlen(s), gfp) : NULL;
}
