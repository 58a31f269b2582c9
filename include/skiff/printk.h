/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages with levels, by the kernel's names, to standard error or wherever they are sent. */
#ifndef SKIFF_PRINTK_H
#define SKIFF_PRINTK_H

#include <skiff/ratelimit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The levels, as in syslog (RFC 5424, section 6.2.1). */
#define LOGLEVEL_EMERG 0
#define LOGLEVEL_ALERT 1
#define LOGLEVEL_CRIT 2
#define LOGLEVEL_ERR 3
#define LOGLEVEL_WARNING 4
#define LOGLEVEL_NOTICE 5
#define LOGLEVEL_INFO 6
#define LOGLEVEL_DEBUG 7

#define KERN_SOH "\001"
#define KERN_EMERG KERN_SOH "0"
#define KERN_ALERT KERN_SOH "1"
#define KERN_CRIT KERN_SOH "2"
#define KERN_ERR KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE KERN_SOH "5"
#define KERN_INFO KERN_SOH "6"
#define KERN_DEBUG KERN_SOH "7"
#define KERN_DEFAULT ""
#define KERN_CONT ""

/**
 * typedef skiff_log_fn - where messages go
 * @level: LOGLEVEL_EMERG to LOGLEVEL_DEBUG
 * @text: one line, ended by zero, without a newline; valid during the call
 * @arg: as given to skiff_log_sink()
 *
 * Called by any thread, possibly by several at once and under any lock: it must not call the
 * library back.
 */
typedef void skiff_log_fn(int level, const char *text, void *arg);

/**
 * skiff_log_sink() - send messages somewhere else
 * @fn: gets them from now on; NULL means standard error again
 * @arg: handed to @fn
 *
 * A message that another thread is writing at this moment may still go to the old place.
 */
SKIFF_API void skiff_log_sink(skiff_log_fn *fn, void *arg);

/**
 * skiff_log_level() - choose how much is said
 * @level: the last level that is let through; LOGLEVEL_INFO at the start, -1 for silence
 *
 * Return: the level before.
 */
SKIFF_API int skiff_log_level(int level);

/**
 * printk() - write a message
 * @fmt: printf format, which may begin with one of the KERN_ levels; KERN_WARNING without
 *
 * One trailing newline is dropped; a message is cut at 1,023 bytes. Any thread and context.
 *
 * Return: the length of the message, whether or not it was let through.
 */
SKIFF_API int printk(const char *fmt, ...) __printf(1, 2);

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#define pr_emerg(fmt, ...) printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...) printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...) printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)

#define printk_once(fmt, ...)                                              \
	do {                                                               \
		static bool __said;                                        \
		if (!__atomic_exchange_n(&__said, true, __ATOMIC_RELAXED)) \
			printk(fmt, ##__VA_ARGS__);                        \
	} while (0)
#define pr_err_once(fmt, ...) printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...) printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

/* A limit of its own for each place in the source. */
#define printk_ratelimited(fmt, ...)                                            \
	do {                                                                    \
		static DEFINE_RATELIMIT_STATE(__rs, DEFAULT_RATELIMIT_INTERVAL, \
					      DEFAULT_RATELIMIT_BURST);         \
		if (__ratelimit(&__rs))                                         \
			printk(fmt, ##__VA_ARGS__);                             \
	} while (0)
#define pr_err_ratelimited(fmt, ...) printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

/* The one limit that all messages about packets share. */
#define net_ratelimited_function(function, ...) \
	do {                                    \
		if (net_ratelimit())            \
			function(__VA_ARGS__);  \
	} while (0)
#define net_err_ratelimited(fmt, ...) net_ratelimited_function(pr_err, fmt, ##__VA_ARGS__)
#define net_warn_ratelimited(fmt, ...) net_ratelimited_function(pr_warn, fmt, ##__VA_ARGS__)
#define net_notice_ratelimited(fmt, ...) net_ratelimited_function(pr_notice, fmt, ##__VA_ARGS__)
#define net_info_ratelimited(fmt, ...) net_ratelimited_function(pr_info, fmt, ##__VA_ARGS__)
#define net_dbg_ratelimited(fmt, ...) net_ratelimited_function(pr_debug, fmt, ##__VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_PRINTK_H */
