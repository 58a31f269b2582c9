/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limits: a bucket of tokens that fills with time. */
#ifndef SKIFF_RATELIMIT_H
#define SKIFF_RATELIMIT_H

#include <skiff/jiffies.h>
#include <skiff/spinlock.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct ratelimit_state - at most @burst events at once, and @burst per @interval in the long run
 * @lock: guards the rest
 * @interval: jiffies; 0 or less means no limit
 * @burst: events; 0 or less means none ever, unless @interval says no limit
 * @credit: nanoseconds' worth of tokens in the bucket; -1 before the first event
 * @last: instant of the last event
 * @missed: events that were refused since the last one that was not
 */
struct ratelimit_state {
	spinlock_t lock;
	int interval;
	int burst;
	s64 credit;
	ktime_t last;
	int missed;
};

#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST 10

#define RATELIMIT_STATE_INIT(name, interval_init, burst_init)             \
	{                                                                 \
		__SPIN_LOCK_UNLOCKED, interval_init, burst_init, -1, 0, 0 \
	}
#define DEFINE_RATELIMIT_STATE(name, interval_init, burst_init) \
	struct ratelimit_state name = RATELIMIT_STATE_INIT(name, interval_init, burst_init)

/**
 * ratelimit_state_init() - prepare a limit
 * @rs: to fill
 * @interval: jiffies
 * @burst: events per @interval
 */
SKIFF_API void ratelimit_state_init(struct ratelimit_state *rs, int interval, int burst);

/**
 * ratelimit_at() - ask whether an event may happen at a given instant
 * @rs: the limit
 * @now: the instant; one before the last event's counts as that
 * @missed: where to put how many were refused before, if the answer is yes; may be NULL
 *
 * Any thread and context.
 *
 * Return: true, and one token less, or false.
 */
SKIFF_API bool ratelimit_at(struct ratelimit_state *rs, ktime_t now, int *missed);

/**
 * ___ratelimit() - ask whether an event may happen now, by the clock of ktime_get()
 * @rs: the limit
 * @func: who asks: named in the message that says how many events were suppressed
 *
 * Return: 1 when it may, else 0.
 */
SKIFF_API int ___ratelimit(struct ratelimit_state *rs, const char *func);
#define __ratelimit(state) ___ratelimit(state, __func__)

/**
 * net_ratelimit() - the one limit that all messages about packets share
 *
 * Ten at once and ten in five seconds, so that nobody fills the log from outside.
 *
 * Return: 1 when a message may be written, else 0.
 */
SKIFF_API int net_ratelimit(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_RATELIMIT_H */
