/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants and spans in nanoseconds, and the clock that the running code lives by. */
#ifndef SKIFF_KTIME_H
#define SKIFF_KTIME_H

#include <skiff/clock.h>
#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 64 bits wherever long has 32: what is multiplied with them is mostly a ktime_t in the end. */
#define MSEC_PER_SEC 1000LL
#define USEC_PER_MSEC 1000LL
#define NSEC_PER_USEC 1000LL
#define NSEC_PER_MSEC 1000000LL
#define USEC_PER_SEC 1000000LL
#define NSEC_PER_SEC 1000000000LL

#define KTIME_MAX ((ktime_t)INT64_MAX)
#define KTIME_MIN ((ktime_t)INT64_MIN)
#define KTIME_SEC_MAX (KTIME_MAX / NSEC_PER_SEC)

/**
 * ktime_set() - an instant or span from seconds and nanoseconds
 * @secs: seconds; more than fit become %KTIME_MAX
 * @nsecs: nanoseconds, 0 to 999999999
 */
static inline ktime_t ktime_set(const s64 secs, const unsigned long nsecs)
{
	if (unlikely(secs >= KTIME_SEC_MAX))
		return KTIME_MAX;
	return secs * NSEC_PER_SEC + (s64)nsecs;
}

/* Sums wrap as the kernel's do; ktime_add_safe() stays at the end instead. */
static inline ktime_t ktime_add(ktime_t a, ktime_t b)
{
	return (ktime_t)((u64)a + (u64)b);
}

static inline ktime_t ktime_sub(ktime_t a, ktime_t b)
{
	return (ktime_t)((u64)a - (u64)b);
}

/**
 * ktime_add_safe() - add spans that are not negative, ending at %KTIME_MAX
 * @a: an instant or span
 * @b: a span, 0 or more
 */
static inline ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t sum;

	return __builtin_add_overflow(a, b, &sum) ? KTIME_MAX : sum;
}

static inline ktime_t ktime_add_ns(ktime_t t, u64 ns)
{
	return ktime_add(t, (ktime_t)ns);
}

static inline ktime_t ktime_sub_ns(ktime_t t, u64 ns)
{
	return ktime_sub(t, (ktime_t)ns);
}

static inline ktime_t ktime_add_us(ktime_t t, u64 us)
{
	return ktime_add_ns(t, us * NSEC_PER_USEC);
}

static inline ktime_t ktime_add_ms(ktime_t t, u64 ms)
{
	return ktime_add_ns(t, ms * NSEC_PER_MSEC);
}

static inline int ktime_compare(ktime_t a, ktime_t b)
{
	return (a > b) - (a < b);
}

static inline bool ktime_after(ktime_t a, ktime_t b)
{
	return a > b;
}

static inline bool ktime_before(ktime_t a, ktime_t b)
{
	return a < b;
}

static inline s64 ktime_to_ns(ktime_t t)
{
	return t;
}

static inline s64 ktime_to_us(ktime_t t)
{
	return t / NSEC_PER_USEC;
}

static inline s64 ktime_to_ms(ktime_t t)
{
	return t / NSEC_PER_MSEC;
}

static inline s64 ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_us(ktime_sub(later, earlier));
}

static inline s64 ktime_ms_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_ms(ktime_sub(later, earlier));
}

static inline ktime_t ns_to_ktime(u64 ns)
{
	return (ktime_t)ns;
}

static inline ktime_t us_to_ktime(u64 us)
{
	return (ktime_t)(us * NSEC_PER_USEC);
}

static inline ktime_t ms_to_ktime(u64 ms)
{
	return (ktime_t)(ms * NSEC_PER_MSEC);
}

/**
 * ktime_get() - the present
 *
 * On the clock of the host whose stack lock the calling thread holds, else the system's monotonic
 * clock. Any context.
 */
SKIFF_API ktime_t ktime_get(void);

/**
 * ktime_get_real() - the present as wall-clock time, nanoseconds since 1970
 *
 * Of the same clock as ktime_get(). Under a virtual clock it is as virtual as the rest. Any
 * context.
 */
SKIFF_API ktime_t ktime_get_real(void);

static inline u64 ktime_get_ns(void)
{
	return (u64)ktime_get();
}

static inline u64 ktime_get_real_ns(void)
{
	return (u64)ktime_get_real();
}

#define ktime_get_boottime() ktime_get()
#define ktime_get_seconds() ((s64)(ktime_get() / NSEC_PER_SEC))
#define ktime_get_real_seconds() ((s64)(ktime_get_real() / NSEC_PER_SEC))

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_KTIME_H */
