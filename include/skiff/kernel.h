/* SPDX-License-Identifier: BSD-2-Clause */
/* The small macros that kernel-style code takes for granted, and the ways to report a bug. */
#ifndef SKIFF_KERNEL_H
#define SKIFF_KERNEL_H

#include <skiff/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKIFF_API __attribute__((visibility("default")))

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#ifndef noinline
#define noinline __attribute__((__noinline__))
#endif
#define __cold __attribute__((__cold__))
#define __must_check __attribute__((__warn_unused_result__))
#define __printf(a, b) __attribute__((__format__(__printf__, a, b)))
#ifndef __aligned
#define __aligned(n) __attribute__((__aligned__(n)))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((__unused__))
#endif
#ifndef __packed
#define __packed __attribute__((__packed__))
#endif

#define SMP_CACHE_BYTES 64
#define L1_CACHE_BYTES SMP_CACHE_BYTES

#define BITS_PER_LONG __LONG_WIDTH__
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof_field(type, member))

#define __ALIGN_MASK(x, mask) (((x) + (mask)) & ~(mask))
#define ALIGN(x, a) __ALIGN_MASK(x, (__typeof__(x))(a)-1)
#define PTR_ALIGN(p, a) ((__typeof__(p))ALIGN((uintptr_t)(p), (a)))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(uintptr_t)(ptr)-offsetof(type, member)))

#ifndef __cplusplus
#define min(a, b)                                      \
	({                                             \
		__typeof__(a) __min_a = (a);           \
		__typeof__(b) __min_b = (b);           \
		__min_a < __min_b ? __min_a : __min_b; \
	})
#define max(a, b)                                      \
	({                                             \
		__typeof__(a) __max_a = (a);           \
		__typeof__(b) __max_b = (b);           \
		__max_a > __max_b ? __max_a : __max_b; \
	})
#define clamp(v, lo, hi) min(max(v, lo), hi)
#endif
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define barrier() __asm__ __volatile__("" ::: "memory")

#ifndef __cplusplus
#define swap(a, b)                          \
	do {                                \
		__typeof__(a) __swap = (a); \
		(a) = (b);                  \
		(b) = __swap;               \
	} while (0)
#endif

#define prefetch(p) __builtin_prefetch((p), 0)
#define prefetchw(p) __builtin_prefetch((p), 1)

/**
 * strscpy() - copy a string into a buffer, which it always ends
 * @dest: the buffer
 * @src: the string
 * @count: bytes of @dest
 *
 * Return: characters copied; -E2BIG when not all of it fits or @count is 0.
 */
static inline ssize_t strscpy(char *dest, const char *src, size_t count)
{
	size_t len = 0;

	if (!count)
		return -E2BIG;
	for (; len < count - 1 && src[len]; len++)
		dest[len] = src[len];
	dest[len] = '\0';
	return src[len] ? -E2BIG : (ssize_t)len;
}

/* Errors inside pointers, as the kernel returns them. */
#define MAX_ERRNO 4095
#define IS_ERR_VALUE(x) unlikely((uintptr_t)(x) >= (uintptr_t)-MAX_ERRNO)
static inline void *ERR_PTR(long error)
{
	return (void *)(intptr_t)error;
}
static inline long PTR_ERR(const void *ptr)
{
	return (long)(intptr_t)ptr;
}
static inline bool IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE(ptr);
}
static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR_VALUE(ptr);
}

/**
 * skiff_panic() - end the process because an invariant is broken
 * @fmt: printf format of the message
 *
 * Writes the message to standard error with a stack trace where the C library has one, then
 * aborts. Called from any context. Never returns.
 */
SKIFF_API void skiff_panic(const char *fmt, ...) __printf(1, 2)
	__attribute__((__noreturn__, __cold__));

/**
 * skiff_warn() - report a broken expectation and go on
 * @file: where
 * @line: where
 * @what: the condition as text
 *
 * Prints once per call with the place; tests can turn it into a panic with
 * SKIFF_PANIC_ON_WARN=1 in the environment. Called from any context.
 */
SKIFF_API void skiff_warn(const char *file, int line, const char *what) __cold;

#define BUG() skiff_panic("BUG at %s:%d in %s()", __FILE__, __LINE__, __func__)
#define BUG_ON(cond)                                                                          \
	do {                                                                                  \
		if (unlikely(cond))                                                           \
			skiff_panic("BUG at %s:%d in %s(): %s", __FILE__, __LINE__, __func__, \
				    #cond);                                                   \
	} while (0)
#define WARN_ON(cond)                                          \
	__extension__({                                        \
		bool __warned = !!(cond);                      \
		if (unlikely(__warned))                        \
			skiff_warn(__FILE__, __LINE__, #cond); \
		unlikely(__warned);                            \
	})
#define WARN_ON_ONCE(cond)                                                                    \
	__extension__({                                                                       \
		static bool __once;                                                           \
		bool __hit = !!(cond);                                                        \
		if (unlikely(__hit && !__atomic_exchange_n(&__once, true, __ATOMIC_RELAXED))) \
			skiff_warn(__FILE__, __LINE__, #cond);                                \
		unlikely(__hit);                                                              \
	})
/* Checks that only the debugging builds pay for. */
#ifdef SKIFF_DEBUG
#define DEBUG_NET_WARN_ON_ONCE(cond) ((void)WARN_ON_ONCE(cond))
#else
#define DEBUG_NET_WARN_ON_ONCE(cond) ((void)sizeof(cond))
#endif

#ifndef __cplusplus
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)
#else
#define BUILD_BUG_ON(cond) static_assert(!(cond), #cond)
#endif

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_KERNEL_H */
