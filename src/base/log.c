// SPDX-License-Identifier: BSD-2-Clause
/* printk() and the rate limits that keep others from filling the log. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skiff/printk.h>

#include "base/fork.h"

#define MESSAGE_MAX 1024

/* Function and argument change together, so they are read together. */
DEFINE_FORK_SAFE_SPINLOCK(sink_lock)
static skiff_log_fn *sink_fn;
static void *sink_arg;
static int max_level = LOGLEVEL_INFO;

void skiff_log_sink(skiff_log_fn *fn, void *arg)
{
	spin_lock(&sink_lock);
	sink_fn = fn;
	sink_arg = arg;
	spin_unlock(&sink_lock);
}

int skiff_log_level(int level)
{
	return __atomic_exchange_n(&max_level, level, __ATOMIC_RELAXED);
}

/* One write per line, so that lines of several threads do not mix. A log that can't be is lost. */
static void log_to_stderr(const char *text)
{
	char line[MESSAGE_MAX + 16];
	int len = snprintf(line, sizeof(line), "skiff: %s\n", text);

	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

static void log_out(int level, const char *text)
{
	skiff_log_fn *fn;
	void *arg;

	spin_lock(&sink_lock);
	fn = sink_fn;
	arg = sink_arg;
	spin_unlock(&sink_lock);
	if (fn)
		fn(level, text, arg);
	else
		log_to_stderr(text);
}

int printk(const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	int level = LOGLEVEL_WARNING;
	size_t len;
	va_list args;

	if (fmt[0] == KERN_SOH[0] && fmt[1] >= '0' && fmt[1] <= '7') {
		level = fmt[1] - '0';
		fmt += 2;
	}
	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	len = strlen(text);
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (level <= READ_ONCE(max_level))
		log_out(level, text);
	return (int)len;
}

void ratelimit_state_init(struct ratelimit_state *rs, int interval, int burst)
{
	spin_lock_init(&rs->lock);
	rs->interval = interval;
	rs->burst = burst;
	rs->credit = -1;
	rs->last = 0;
	rs->missed = 0;
}

/*
 * The bucket holds time: an event costs interval / burst nanoseconds, a full bucket is one
 * interval. Nothing is counted in whole tokens, so nothing is lost to rounding between events.
 */
static bool take_token(struct ratelimit_state *rs, ktime_t now)
{
	s64 full = (s64)rs->interval * NSEC_PER_JIFFY;
	s64 cost = full / rs->burst;

	if (rs->credit < 0) {
		rs->credit = full;
		rs->last = now;
	}
	if (now > rs->last) {
		rs->credit = min(full, ktime_add_safe(rs->credit, now - rs->last));
		rs->last = now;
	}
	if (rs->credit < cost)
		return false;
	rs->credit -= cost;
	return true;
}

bool ratelimit_at(struct ratelimit_state *rs, ktime_t now, int *missed)
{
	bool yes;

	if (rs->interval <= 0) {
		if (missed)
			*missed = 0;
		return true;
	}
	spin_lock(&rs->lock);
	yes = rs->burst > 0 && take_token(rs, now);
	if (yes) {
		if (missed)
			*missed = rs->missed;
		rs->missed = 0;
	} else if (rs->missed < INT32_MAX) {
		rs->missed++;
	}
	spin_unlock(&rs->lock);
	return yes;
}

int ___ratelimit(struct ratelimit_state *rs, const char *func)
{
	int missed;

	if (!ratelimit_at(rs, ktime_get(), &missed))
		return 0;
	if (missed)
		pr_warn("%s: %d messages suppressed", func, missed);
	return 1;
}

int net_ratelimit(void)
{
	static DEFINE_RATELIMIT_STATE(state, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

	return __ratelimit(&state);
}
