/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks: the system's, and virtual ones that stand still until somebody moves them. */
#ifndef SKIFF_CLOCK_H
#define SKIFF_CLOCK_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The hosts on one clock live and run by the same time. */
struct skiff_clock;

/**
 * skiff_clock_real() - the system's monotonic clock
 *
 * Return: the one real clock. It is never freed; skiff_clock_put() on it does nothing.
 */
SKIFF_API struct skiff_clock *skiff_clock_real(void);

/**
 * skiff_clock_virtual() - create a clock that moves only with skiff_clock_run_until()
 * @start: its first instant in nanoseconds, 0 or more
 * @epoch: wall-clock time at instant 0, nanoseconds since 1970, 0 or more
 *
 * Return: the clock, with one reference for the caller, or NULL with errno: ENOMEM, or EINVAL for
 * a negative argument.
 */
SKIFF_API struct skiff_clock *skiff_clock_virtual(ktime_t start, ktime_t epoch);

/**
 * skiff_clock_get() - take another reference
 * @clock: the clock
 *
 * Return: @clock.
 */
SKIFF_API struct skiff_clock *skiff_clock_get(struct skiff_clock *clock);

/**
 * skiff_clock_put() - drop a reference; the last one frees a virtual clock
 * @clock: the clock, or NULL
 *
 * Each host holds a reference to its clock.
 */
SKIFF_API void skiff_clock_put(struct skiff_clock *clock);

/**
 * skiff_clock_is_virtual() - whether a clock stands still by itself
 * @clock: the clock
 */
SKIFF_API bool skiff_clock_is_virtual(const struct skiff_clock *clock);

/**
 * skiff_clock_now() - what a clock shows
 * @clock: the clock
 *
 * Any thread and context.
 *
 * Return: nanoseconds since an instant that only the clock knows, never negative.
 */
SKIFF_API ktime_t skiff_clock_now(const struct skiff_clock *clock);

/**
 * skiff_clock_now_coarse() - what a clock showed at its last tick
 * @clock: the clock
 *
 * For what is counted in milliseconds and noted for each packet: cheaper than skiff_clock_now(),
 * and behind it by a few milliseconds at most. A virtual clock has no ticks: it is exact.
 * Any thread and context. Return: nanoseconds.
 */
SKIFF_API ktime_t skiff_clock_now_coarse(const struct skiff_clock *clock);

/**
 * skiff_clock_now_real() - the wall-clock time that a clock shows
 * @clock: the clock
 *
 * Any thread and context.
 *
 * Return: nanoseconds since 1970.
 */
SKIFF_API ktime_t skiff_clock_now_real(const struct skiff_clock *clock);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_CLOCK_H */
