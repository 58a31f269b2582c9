/* SPDX-License-Identifier: BSD-2-Clause */
/* atomic_t and refcount_t on the compiler's builtins, with the kernel's ordering rules. */
#ifndef SKIFF_ATOMIC_H
#define SKIFF_ATOMIC_H

#include <skiff/kernel.h>

#if defined(__has_include)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define skiff_single_threaded() __libc_single_threaded
#endif
#endif
/* Whether there is no other thread: the C library says so, or nobody knows. */
#ifndef skiff_single_threaded
#define skiff_single_threaded() false
#endif

/*
 * Fetch and add. Without other threads it need not be one operation, which is a dozen times the
 * cost of a plain one; whoever starts a thread makes it see what was before.
 */
#define __skiff_fetch_add(p, i, order)                                  \
	({                                                              \
		__typeof__(*(p)) __old, __sum;                          \
		if (skiff_single_threaded()) {                          \
			__old = __atomic_load_n(p, __ATOMIC_RELAXED);   \
			(void)__builtin_add_overflow(__old, i, &__sum); \
			__atomic_store_n(p, __sum, __ATOMIC_RELAXED);   \
		} else {                                                \
			__old = __atomic_fetch_add(p, i, order);        \
		}                                                       \
		__old;                                                  \
	})

/* Fetch and set bits, exchange, and compare and exchange, by the same rule. */
#define __skiff_fetch_or(p, bits, order)                                       \
	({                                                                     \
		__typeof__(*(p)) __old;                                        \
		if (skiff_single_threaded()) {                                 \
			__old = __atomic_load_n(p, __ATOMIC_RELAXED);          \
			__atomic_store_n(p, __old | (bits), __ATOMIC_RELAXED); \
		} else {                                                       \
			__old = __atomic_fetch_or(p, bits, order);             \
		}                                                              \
		__old;                                                         \
	})

#define __skiff_exchange(p, val, order)                               \
	({                                                            \
		__typeof__(*(p)) __old;                               \
		if (skiff_single_threaded()) {                        \
			__old = __atomic_load_n(p, __ATOMIC_RELAXED); \
			__atomic_store_n(p, val, __ATOMIC_RELAXED);   \
		} else {                                              \
			__old = __atomic_exchange_n(p, val, order);   \
		}                                                     \
		__old;                                                \
	})

/* Return: whether *@p was *@old; if not, *@old is what it was. */
#define __skiff_compare_exchange(p, old, val, order, failure)                                     \
	({                                                                                        \
		bool __same;                                                                      \
		if (skiff_single_threaded()) {                                                    \
			__typeof__(*(p)) __now = __atomic_load_n(p, __ATOMIC_RELAXED);            \
			__same = __now == *(old);                                                 \
			if (__same)                                                               \
				__atomic_store_n(p, val, __ATOMIC_RELAXED);                       \
			else                                                                      \
				*(old) = __now;                                                   \
		} else {                                                                          \
			__same = __atomic_compare_exchange_n(p, old, val, false, order, failure); \
		}                                                                                 \
		__same;                                                                           \
	})

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

/* clang-format off */
#define ATOMIC_INIT(i) { (i) }
#define REFCOUNT_INIT(n) { { (n) } }
/* clang-format on */

static inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline int atomic_read_acquire(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);
}

static inline void atomic_set(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static inline void atomic_add(int i, atomic_t *v)
{
	(void)__skiff_fetch_add(&v->counter, i, __ATOMIC_RELAXED);
}

static inline void atomic_sub(int i, atomic_t *v)
{
	(void)__skiff_fetch_add(&v->counter, -i, __ATOMIC_RELAXED);
}

static inline void atomic_inc(atomic_t *v)
{
	atomic_add(1, v);
}

static inline void atomic_dec(atomic_t *v)
{
	atomic_sub(1, v);
}

static inline int atomic_add_return(int i, atomic_t *v)
{
	return (int)((unsigned int)__skiff_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST) +
		     (unsigned int)i);
}

static inline int atomic_sub_return(int i, atomic_t *v)
{
	return (int)((unsigned int)__skiff_fetch_add(&v->counter, -i, __ATOMIC_SEQ_CST) -
		     (unsigned int)i);
}

static inline int atomic_inc_return(atomic_t *v)
{
	return atomic_add_return(1, v);
}

static inline int atomic_dec_return(atomic_t *v)
{
	return atomic_sub_return(1, v);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	return atomic_sub_return(1, v) == 0;
}

static inline bool atomic_sub_and_test(int i, atomic_t *v)
{
	return atomic_sub_return(i, v) == 0;
}

static inline int atomic_cmpxchg(atomic_t *v, int old, int val)
{
	__atomic_compare_exchange_n(&v->counter, &old, val, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED);
	return old;
}

static inline long atomic_long_read(const atomic_long_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline void atomic_long_set(atomic_long_t *v, long i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static inline void atomic_long_add(long i, atomic_long_t *v)
{
	(void)__skiff_fetch_add(&v->counter, i, __ATOMIC_RELAXED);
}

static inline void atomic_long_sub(long i, atomic_long_t *v)
{
	(void)__skiff_fetch_add(&v->counter, -i, __ATOMIC_RELAXED);
}

static inline long atomic_long_add_return(long i, atomic_long_t *v)
{
	return (long)((unsigned long)__skiff_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST) +
		      (unsigned long)i);
}

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

static inline void refcount_inc(refcount_t *r)
{
	int old = __skiff_fetch_add(&r->refs.counter, 1, __ATOMIC_RELAXED);

	if (unlikely(old <= 0))
		skiff_panic("refcount_inc() on %p: was %d, use after free", (void *)r, old);
}

static inline void refcount_add(int i, refcount_t *r)
{
	int old = __skiff_fetch_add(&r->refs.counter, i, __ATOMIC_RELAXED);

	if (unlikely(old <= 0))
		skiff_panic("refcount_add() on %p: was %d, use after free", (void *)r, old);
}

static inline bool refcount_inc_not_zero(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	while (old > 0)
		if (__skiff_compare_exchange(&r->refs.counter, &old, old + 1, __ATOMIC_RELAXED,
					     __ATOMIC_RELAXED))
			return true;
	return false;
}

static inline bool refcount_sub_and_test(int i, refcount_t *r)
{
	int old = __skiff_fetch_add(&r->refs.counter, -i, __ATOMIC_RELEASE);

	if (unlikely(old < i))
		skiff_panic("refcount_sub_and_test(%d) on %p: was %d, underflow", i, (void *)r,
			    old);
	if (old != i)
		return false;
	/* The last reference: see everything that the other holders did before they let go. */
	(void)__atomic_load_n(&r->refs.counter, __ATOMIC_ACQUIRE);
	return true;
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

#endif /* SKIFF_ATOMIC_H */
