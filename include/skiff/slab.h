/* SPDX-License-Identifier: BSD-2-Clause */
/* kmalloc() and its family on the C library's heap. */
#ifndef SKIFF_SLAB_H
#define SKIFF_SLAB_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

#define __skiff_malloc __attribute__((__malloc__, __warn_unused_result__))

/**
 * kmalloc() - allocate memory
 * @size: bytes; 0 gives a valid pointer to nothing, which has to be freed as well
 * @flags: %__GFP_ZERO clears the memory; waiting or not makes no difference here
 *
 * The result is aligned for every type of C and belongs to the caller until kfree(). Any thread
 * and context: never sleeps.
 *
 * Return: the memory, or NULL when there is none or @size exceeds PTRDIFF_MAX.
 */
SKIFF_API void *kmalloc(size_t size, gfp_t flags) __skiff_malloc;

/**
 * krealloc() - change the size of an allocation, keeping its contents
 * @p: from kmalloc(), or NULL to allocate
 * @new_size: bytes; 0 frees @p and returns NULL
 * @flags: as for kmalloc(); new bytes are not cleared even with %__GFP_ZERO
 *
 * Return: the memory, which replaces @p, or NULL when there is none: @p then stays valid and with
 * the caller.
 */
SKIFF_API void *krealloc(const void *p, size_t new_size, gfp_t flags)
	__attribute__((__warn_unused_result__));

/**
 * kfree() - give memory back
 * @p: from the kmalloc() family, or NULL
 *
 * Any thread and context.
 */
SKIFF_API void kfree(const void *p);

/**
 * kfree_sensitive() - clear memory, then give it back
 * @p: from the kmalloc() family, or NULL
 *
 * For keys. The clearing is not optimised away.
 */
SKIFF_API void kfree_sensitive(const void *p);

/**
 * ksize() - how many bytes an allocation really has
 * @p: from the kmalloc() family, or NULL
 *
 * Return: at least what was asked for, 0 for NULL.
 */
SKIFF_API size_t ksize(const void *p);

/**
 * kmemdup() - copy memory into a new allocation
 * @src: what to copy
 * @len: bytes
 * @gfp: as for kmalloc()
 *
 * Return: the copy, for the caller to kfree(), or NULL when there is no memory.
 */
SKIFF_API void *kmemdup(const void *src, size_t len, gfp_t gfp) __skiff_malloc;

/**
 * kstrdup() - copy a string into a new allocation
 * @s: the string; NULL gives NULL
 * @gfp: as for kmalloc()
 *
 * Return: the copy, for the caller to kfree(), or NULL when there is no memory.
 */
SKIFF_API char *kstrdup(const char *s, gfp_t gfp) __attribute__((__warn_unused_result__));

/**
 * kstrndup() - copy at most @max characters of a string into a new allocation
 * @s: the string, which need not end within @max; NULL gives NULL
 * @max: characters
 * @gfp: as for kmalloc()
 *
 * Return: the terminated copy, for the caller to kfree(), or NULL when there is no memory.
 */
SKIFF_API char *kstrndup(const char *s, size_t max, gfp_t gfp)
	__attribute__((__warn_unused_result__));

/**
 * kmalloc_array() - allocate @n elements of @size bytes
 * @n: elements
 * @size: bytes of one
 * @flags: as for kmalloc()
 *
 * Return: the memory, or NULL when there is none or the product overflows.
 */
static inline void *__attribute__((__warn_unused_result__))
kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, flags);
}

/**
 * krealloc_array() - krealloc() to @n elements of @size bytes
 * @p: from kmalloc(), or NULL
 * @n: elements
 * @size: bytes of one
 * @flags: as for krealloc()
 *
 * Return: the memory, or NULL when there is none or the product overflows: @p then stays valid.
 */
static inline void *__attribute__((__warn_unused_result__))
krealloc_array(void *p, size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(p, bytes, flags);
}

static inline void *__attribute__((__warn_unused_result__)) kzalloc(size_t size, gfp_t flags)
{
	void *p = kmalloc(size, flags | __GFP_ZERO);

#ifdef __clang_analyzer__
	/* It takes any kmalloc() for one that does not clear. */
	if (p)
		__builtin_memset(p, 0, size);
#endif
	return p;
}

static inline void *__attribute__((__warn_unused_result__))
kcalloc(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kzalloc(bytes, flags);
}

/* There is one heap here: memory for large tables comes from where the small pieces come from. */
#define kmalloc_node(size, flags, node) kmalloc(size, flags)
#define kzalloc_node(size, flags, node) kzalloc(size, flags)
#define kvmalloc(size, flags) kmalloc(size, flags)
#define kvzalloc(size, flags) kzalloc(size, flags)
#define kvmalloc_array(n, size, flags) kmalloc_array(n, size, flags)
#define kvcalloc(n, size, flags) kcalloc(n, size, flags)
#define kvmemdup(src, len, gfp) kmemdup(src, len, gfp)
#define kvfree(p) kfree(p)
#define vmalloc(size) kmalloc(size, GFP_KERNEL)
#define vzalloc(size) kzalloc(size, GFP_KERNEL)
#define vfree(p) kfree(p)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SLAB_H */
