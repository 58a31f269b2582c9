/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts: create, run and destroy them. What a program needs before anything else. */
#ifndef SKIFF_SKIFF_H
#define SKIFF_SKIFF_H

#include <skiff/clock.h>
#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One struct net is one host: its devices, addresses, sockets, timers and counters. A process may
 * hold any number of them. Somebody has to run each:
 *
 *	its worker thread	skiff_net_start()
 *	the program's own loop	skiff_poll() again and again, or skiff_fd() and
 *				skiff_next_deadline() in an event loop
 *	a simulation		skiff_clock_run_until() runs all hosts of a virtual clock
 *
 * After fork() the child's hosts are closed to it: calls return -EOWNERDEAD there, so that never
 * a second copy of the same host is on the wire. NULL in place of a host is the caller's bug and
 * ends the process with a message, except where it is said to be fine; other NULLs give -EINVAL.
 */
struct net;

/**
 * skiff_init() - start the library
 *
 * Registers protocols and drivers. Once per process before the first skiff_net_create(); further
 * calls do nothing. Any thread. Return: 0 or a negative errno.
 */
SKIFF_API int skiff_init(void);

#define SKIFF_NET_NAME_MAX 63

/**
 * struct skiff_net_params - what a host is made with; all zero is a good start
 * @name: for messages; 1 to 63 letters, digits or one of "._-", NULL for "net" and a number
 * @clock: the clock it lives by, of which the host takes a reference; NULL for the real one
 * @seed: where its chance begins; 0 means entropy on the real clock, and a fixed seed on a
 *        virtual one: a simulation repeats unless told otherwise
 * @mem_limit: bytes of buffers, by truesize, that its sockets may hold (received and not read, sent
 *             and not released), and that may wait inside of it; 0 for no limit but the process's
 */
struct skiff_net_params {
	const char *name;
	struct skiff_clock *clock;
	u64 seed;
	size_t mem_limit;
};

/**
 * skiff_net_create() - make a host
 * @params: how, or NULL for the defaults
 *
 * Any thread that holds no stack lock. Every registered subsystem sets up its share.
 *
 * Return: the host, for the caller to skiff_net_destroy(), or NULL with errno: EINVAL for a bad
 * name, ENOMEM, EMFILE and the like when there is no descriptor for its loop, or what a subsystem
 * refused with.
 */
SKIFF_API struct net *skiff_net_create(const struct skiff_net_params *params);

/**
 * skiff_net_destroy() - end a host
 * @net: the host, which no other thread may use any more; its worker is stopped. NULL is fine.
 *
 * Any thread that holds no stack lock and is not in one of the host's callbacks. What is found
 * left over (timers, watches, accounted memory, ...) is reported with its owner in the log.
 *
 * Return: how many things were left over, 0 for a clean end; -EOWNERDEAD in a forked child, where
 * nothing happens.
 */
SKIFF_API int skiff_net_destroy(struct net *net);

/**
 * skiff_net_name() - what a host is called
 * @net: the host
 */
SKIFF_API const char *skiff_net_name(const struct net *net);

/**
 * skiff_net_clock() - the clock that a host lives by
 * @net: the host
 *
 * Return: the clock; the reference stays with the host.
 */
SKIFF_API struct skiff_clock *skiff_net_clock(const struct net *net);

/**
 * skiff_net_now() - the present of a host
 * @net: the host
 *
 * Any thread and context. Return: nanoseconds on its clock.
 */
SKIFF_API ktime_t skiff_net_now(const struct net *net);

/**
 * skiff_poll() - run a host once: what is due, what arrived, or wait for something
 * @net: the host
 * @timeout_ns: how long to wait when there is nothing to do; 0 not at all, negative for ever. It
 *              waits once: a wake-up without work for this thread ends the wait as well.
 *
 * Any thread that holds no stack lock; several may do so at the same time. A host on a virtual
 * clock never waits, since its time stands still.
 *
 * Return: 1 when something was done, 0 when not, -EINTR after a signal, -EOWNERDEAD in a forked
 * child.
 */
SKIFF_API int skiff_poll(struct net *net, s64 timeout_ns);

/**
 * skiff_fd() - a descriptor that is readable when the host wants skiff_poll()
 * @net: the host
 *
 * For poll() and the like. It belongs to the host: don't read, write or close it. Timers do not
 * make it readable: wait no longer than until skiff_next_deadline().
 *
 * Return: the descriptor, or -EOWNERDEAD in a forked child.
 */
SKIFF_API int skiff_fd(struct net *net);

/**
 * skiff_next_deadline() - when the host has something to do by itself
 * @net: the host
 *
 * Any thread that holds no stack lock.
 *
 * Return: the exact instant on its clock (for the real one, CLOCK_MONOTONIC), which is in the past
 * when work is waiting; %INT64_MAX when there is nothing; -EOWNERDEAD in a forked child.
 */
SKIFF_API ktime_t skiff_next_deadline(struct net *net);

/**
 * skiff_kick() - make whoever waits in the host's loop look again
 * @net: the host
 *
 * Any thread, any context, also a signal handler. Does nothing in a forked child.
 */
SKIFF_API void skiff_kick(struct net *net);

/**
 * skiff_net_start() - let a thread of its own run the host
 * @net: the host
 *
 * The thread blocks all signals. The program may still call everything, skiff_poll() included.
 *
 * Return: 0, -EALREADY when it runs already, -EINVAL on a virtual clock, -EOWNERDEAD in a forked
 * child, or what pthread_create() said.
 */
SKIFF_API int skiff_net_start(struct net *net);

/**
 * skiff_net_stop() - stop the host's thread and wait for its end
 * @net: the host
 *
 * Any thread but that one, holding no stack lock.
 *
 * Return: 0, -EALREADY when none runs, -EDEADLK from the thread itself, -EOWNERDEAD in a forked
 * child.
 */
SKIFF_API int skiff_net_stop(struct net *net);

/**
 * skiff_clock_run_until() - run all hosts of a virtual clock up to an instant
 * @clock: the clock
 * @until: where it stands afterwards; not before its present
 *
 * One thread runs everything in the order of (instant, number of the host, arming), so the same
 * start gives the same end, byte for byte. What is due at @until is done. The thread must hold no
 * stack lock.
 *
 * Return: 0; -EINVAL for the real clock or an instant in the past; -EBUSY when another thread is
 * running the clock, or from inside of a run; -ELOOP when the hosts keep each other busy at one
 * instant without end, in which case the clock stands there; -EOWNERDEAD in a forked child.
 */
SKIFF_API int skiff_clock_run_until(struct skiff_clock *clock, ktime_t until);

/**
 * skiff_clock_next() - when anything happens next on a virtual clock
 * @clock: the clock
 *
 * Return: the instant, %INT64_MAX when nothing ever does, or an error as skiff_clock_run_until().
 */
SKIFF_API ktime_t skiff_clock_next(struct skiff_clock *clock);

/**
 * skiff_sysctl_get() - read a setting
 * @net: the host
 * @name: by Linux's name, "net.ipv4.ip_default_ttl" or with slashes
 * @buf: gets the value as text, ended by zero, cut if need be
 * @size: bytes of @buf, may be 0
 *
 * Return: the length of the whole text, or -ENOENT, -EACCES for one that can only be written,
 * -EOWNERDEAD.
 */
SKIFF_API int skiff_sysctl_get(struct net *net, const char *name, char *buf, size_t size);

/**
 * skiff_sysctl_set() - change a setting
 * @net: the host
 * @name: as for skiff_sysctl_get()
 * @value: as text
 * @err: gets, on failure, a sentence that names the value and what is accepted; may be NULL
 * @err_size: bytes of @err
 *
 * Return: 0, -ENOENT, -EACCES for one that can only be read, -EINVAL for a value that is not
 * accepted, -EOWNERDEAD.
 */
SKIFF_API int skiff_sysctl_set(struct net *net, const char *name, const char *value, char *err,
			       size_t err_size);

/**
 * skiff_sysctl_foreach() - visit all settings, sorted by name
 * @net: the host
 * @fn: called with the stack lock held for each; anything but 0 ends the visit
 * @arg: handed to @fn
 *
 * Return: 0, what @fn ended with, or -EOWNERDEAD.
 */
SKIFF_API int skiff_sysctl_foreach(struct net *net,
				   int (*fn)(const char *name, const char *value, void *arg),
				   void *arg);

/**
 * skiff_snmp_foreach() - visit all counters
 * @net: the host
 * @fn: called with the stack lock held for each, named as nstat does ("IpInReceives"); anything
 *      but 0 ends the visit
 * @arg: handed to @fn
 *
 * Return: 0, what @fn ended with, or -EOWNERDEAD.
 */
SKIFF_API int skiff_snmp_foreach(struct net *net, int (*fn)(const char *name, u64 value, void *arg),
				 void *arg);

/**
 * skiff_snmp_get() - read one counter
 * @net: the host
 * @name: as nstat names it
 * @value: where to put it
 *
 * Return: 0, -ENOENT, or -EOWNERDEAD.
 */
SKIFF_API int skiff_snmp_get(struct net *net, const char *name, u64 *value);

/**
 * skiff_drops_foreach() - visit the drop reasons that occurred
 * @net: the host
 * @fn: called with the stack lock held for each with its name ("NO_SOCKET") and count; anything
 *      but 0 ends the visit
 * @arg: handed to @fn
 *
 * Return: 0, what @fn ended with, or -EOWNERDEAD.
 */
SKIFF_API int skiff_drops_foreach(struct net *net,
				  int (*fn)(const char *reason, u64 count, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKIFF_H */
