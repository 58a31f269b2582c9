/* SPDX-License-Identifier: BSD-2-Clause */
/* jiffies: milliseconds of the current host's clock, for code in the kernel's style. */
#ifndef SKIFF_JIFFIES_H
#define SKIFF_JIFFIES_H

#include <skiff/ktime.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HZ 1000
#define NSEC_PER_JIFFY (NSEC_PER_SEC / HZ)
#define USEC_PER_JIFFY (USEC_PER_SEC / HZ)
#define TICK_NSEC NSEC_PER_JIFFY

/* The low 32 bits wrap five minutes after instant 0, so that code which can't bear it shows. */
#define INITIAL_JIFFIES ((unsigned long)(unsigned int)(-300 * HZ))
#define MAX_JIFFY_OFFSET ((__LONG_MAX__ >> 1) - 1)

/**
 * get_jiffies_64() - whole milliseconds since instant 0 of the clock of ktime_get(), plus
 * %INITIAL_JIFFIES
 *
 * With the stack lock they stand still for some time, and go on for a loop that waits for them. Any
 * context.
 */
SKIFF_API u64 get_jiffies_64(void);

#define jiffies ((unsigned long)get_jiffies_64())
#define jiffies_64 get_jiffies_64()

/**
 * jiffies_to_ktime() - the instant at which the current clock's jiffies become @j
 * @j: jiffies, past or future by less than half their range
 *
 * Any context. An instant before 0 gives 0, one beyond the range %KTIME_MAX.
 */
SKIFF_API ktime_t jiffies_to_ktime(unsigned long j);

/* Comparisons that survive the wrap. */
#define time_after(a, b) ((long)((unsigned long)(b) - (unsigned long)(a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((unsigned long)(a) - (unsigned long)(b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_in_range(a, b, c) (time_after_eq(a, b) && time_before_eq(a, c))
#define time_after64(a, b) ((s64)((u64)(b) - (u64)(a)) < 0)
#define time_before64(a, b) time_after64(b, a)
#define time_after32(a, b) ((s32)((u32)(b) - (u32)(a)) < 0)
#define time_before32(a, b) time_after32(b, a)
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)

/**
 * __msecs_to_jiffies() - jiffies in a span
 * @m: milliseconds; a negative int gives %MAX_JIFFY_OFFSET
 */
SKIFF_API unsigned long __msecs_to_jiffies(unsigned int m);
#define msecs_to_jiffies(m) __msecs_to_jiffies(m)

/**
 * __usecs_to_jiffies() - jiffies in a span, rounded up
 * @u: microseconds
 */
SKIFF_API unsigned long __usecs_to_jiffies(unsigned int u);
#define usecs_to_jiffies(u) __usecs_to_jiffies(u)

static inline unsigned int jiffies_to_msecs(const unsigned long j)
{
	return (unsigned int)(j * (MSEC_PER_SEC / HZ));
}

static inline unsigned int jiffies_to_usecs(const unsigned long j)
{
	return (unsigned int)(j * USEC_PER_JIFFY);
}

static inline u64 jiffies_to_nsecs(const unsigned long j)
{
	return (u64)j * NSEC_PER_JIFFY;
}

static inline u64 nsecs_to_jiffies64(u64 n)
{
	return n / NSEC_PER_JIFFY;
}

static inline unsigned long nsecs_to_jiffies(u64 n)
{
	return (unsigned long)nsecs_to_jiffies64(n);
}

#define jiffies_to_clock_t(j) ((clock_t)((j) / (HZ / 100)))
#define clock_t_to_jiffies(c) ((unsigned long)(c) * (HZ / 100))

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_JIFFIES_H */
