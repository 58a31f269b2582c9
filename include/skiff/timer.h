/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: the kernel's calls in jiffies, and exact ones in nanoseconds. */
#ifndef SKIFF_TIMER_H
#define SKIFF_TIMER_H

#include <skiff/jiffies.h>
#include <skiff/list.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One per host: what is armed, and the instant up to which it has been run. */
struct timer_base;

/**
 * struct timer_list - a timer, part of the structure that it serves
 * @entry: place in the base; for the base only
 * @expires: jiffies at which it fires, as in the kernel; read by add_timer(), set by mod_timer()
 * @function: called under the host's stack lock when it fires
 * @flags: the %TIMER_* flags of timer_setup(). %TIMER_DEFERRABLE: housekeeping, which nobody waits
 *         for: on a virtual clock on which nothing else is armed nothing will happen any more. The
 *         others have no meaning here
 * @slot: place in the base; for the base only
 * @when: exact instant at which it fires
 * @base: whose timer it is; NULL until it is known
 * @name: of the function, for the report of timers that outlived their host
 */
struct timer_list {
	struct list_head entry;
	unsigned long expires;
	void (*function)(struct timer_list *timer);
	u32 flags;
	u32 slot;
	ktime_t when;
	struct timer_base *base;
	const char *name;
};

#define TIMER_DEFERRABLE 0x00080000u
#define TIMER_PINNED 0x00100000u
#define TIMER_IRQSAFE 0x00200000u

#define from_timer(var, callback_timer, timer_fieldname) \
	container_of(callback_timer, __typeof__(*var), timer_fieldname)

/*
 * Contexts: every call below wants the stack lock of the timer's host, except the setup of a
 * timer that nobody else knows yet. The callback runs under the same lock; it may arm, delete or
 * free any timer including its own.
 */

/**
 * timer_setup_base() - prepare a timer of a given base
 * @timer: whose fields are all set here; must not be armed
 * @base: its host's timers, or NULL for "of the host that is current when it is first armed"
 * @function: what to call
 * @flags: %TIMER_* flags
 * @name: of the function; stays with the caller, who keeps it as long as the timer
 */
SKIFF_API void timer_setup_base(struct timer_list *timer, struct timer_base *base,
				void (*function)(struct timer_list *), unsigned int flags,
				const char *name);

/**
 * timer_setup() - prepare a timer of the current host
 * @timer: the timer; must not be armed
 * @fn: what to call
 * @flags: %TIMER_* flags
 *
 * The kernel's form. The timer belongs to the host whose stack lock the thread holds when the
 * timer is first armed, which is right for code that runs inside of a stack. Code outside of it
 * uses timer_setup_net().
 */
#define timer_setup(timer, fn, flags) timer_setup_base(timer, NULL, fn, flags, #fn)

#define __TIMER_INITIALIZER(fn, fl)                        \
	{                                                  \
		{ NULL, NULL }, 0, fn, fl, 0, 0, NULL, #fn \
	}
#define TIMER_INITIALIZER(fn) __TIMER_INITIALIZER(fn, 0)
#define DEFINE_TIMER(timer_name, fn) struct timer_list timer_name = TIMER_INITIALIZER(fn)

/**
 * timer_pending() - whether a timer is armed
 * @timer: the timer
 *
 * Inside its own callback a timer is not pending, unless armed again.
 */
static inline bool timer_pending(const struct timer_list *timer)
{
	return timer->entry.next != NULL;
}

/**
 * mod_timer_ns() - arm a timer, or move an armed one, to an exact instant
 * @timer: the timer
 * @when: instant on the host's clock; the past means "as soon as the host runs"
 *
 * Timers fire in the order of their instants, and those of one instant in the order in which they
 * were armed. Moving an armed timer to the instant that it has already changes nothing.
 *
 * Return: 1 when it was armed before, else 0.
 */
SKIFF_API int mod_timer_ns(struct timer_list *timer, ktime_t when);

/**
 * mod_timer() - arm a timer, or move an armed one
 * @timer: the timer
 * @expires: jiffies of its host's clock; now and the past mean the next jiffy, as in the kernel
 *
 * It fires exactly when jiffies becomes @expires.
 *
 * Return: 1 when it was armed before, else 0.
 */
SKIFF_API int mod_timer(struct timer_list *timer, unsigned long expires);

/**
 * mod_timer_pending() - move a timer, only if it is armed
 * @timer: the timer
 * @expires: as for mod_timer()
 *
 * Return: 1 when it was armed and has been moved, else 0.
 */
SKIFF_API int mod_timer_pending(struct timer_list *timer, unsigned long expires);

/**
 * timer_reduce() - arm a timer, or move an armed one if that makes it earlier
 * @timer: the timer
 * @expires: as for mod_timer()
 *
 * Return: 1 when it was armed before, else 0.
 */
SKIFF_API int timer_reduce(struct timer_list *timer, unsigned long expires);

/**
 * add_timer() - arm a timer at its field @expires
 * @timer: the timer; being armed already is a bug that is reported
 */
SKIFF_API void add_timer(struct timer_list *timer);

/**
 * del_timer() - disarm a timer
 * @timer: the timer, armed or not
 *
 * Because callbacks run under the stack lock that the caller holds, the callback is not running
 * afterwards either, unless it is itself the caller: so the _sync forms are the same call. The
 * later kernels' timer_delete() is missing because POSIX has a function of that name.
 *
 * Return: 1 when it was armed, else 0.
 */
SKIFF_API int del_timer(struct timer_list *timer);

#define del_timer_sync(timer) del_timer(timer)
#define timer_delete_sync(timer) del_timer(timer)
#define try_to_del_timer_sync(timer) del_timer(timer)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_TIMER_H */
