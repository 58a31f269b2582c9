/* SPDX-License-Identifier: BSD-2-Clause */
/* How a blocking call waits: it runs the hosts itself, and sleeps when they have nothing to do. */
#ifndef SOCKET_WAIT_H
#define SOCKET_WAIT_H

#include <poll.h>
#include <signal.h>

#include <skiff/net_namespace.h>

#include "socket/waitqueue.h"

struct sfile;

/* Hosts that one call waits for without allocating. */
#define WAIT_HOSTS_INLINE 8

/**
 * struct host_set - the hosts that a call waits for
 * @nets: different ones
 * @fds: for net_sleep(): one more than there is room for in @nets
 * @n: how many hosts
 * @room: how many there is room for
 * @nets_inline: for a few
 * @fds_inline: for a few
 */
struct host_set {
	struct net **nets;
	struct pollfd *fds;
	int n;
	int room;
	struct net *nets_inline[WAIT_HOSTS_INLINE];
	struct pollfd fds_inline[WAIT_HOSTS_INLINE + 1];
};

void host_set_init(struct host_set *set);
void host_set_exit(struct host_set *set);

/* A host that is in it already is not added again. Return: 0, -ENOMEM. */
int host_set_add(struct host_set *set, struct net *net);

/**
 * struct wait_call - one call's waiting
 * @hosts: what it waits for
 * @sleeper: the thread
 * @deadline: when it gives up, by the clock of the hosts; KTIME_MAX never
 * @busy_until: until then it polls the hosts without sleeping (SO_BUSY_POLL)
 * @sigmask: signals blocked while it sleeps; NULL: as they are
 * @slept: it did
 */
struct wait_call {
	struct host_set hosts;
	struct sleeper *sleeper;
	ktime_t deadline;
	ktime_t busy_until;
	const sigset_t *sigmask;
	bool slept;
};

/* Nanoseconds for no end. */
#define WAIT_FOREVER INT64_MAX

/* @timeout_ns from now on, by the clock of @net; NULL: the real one. Return: 0 or -errno. */
int wait_call_begin(struct wait_call *call, struct net *net, s64 timeout_ns);
void wait_call_end(struct wait_call *call);

/* Once the hosts are known: the time begins anew, by the clock of @net. */
void wait_call_restart(struct wait_call *call, const struct net *net, s64 timeout_ns);

/**
 * wait_call_run() - run the hosts once, without waiting
 * @call: the call
 *
 * Return: whether anything was done.
 */
bool wait_call_run(struct wait_call *call);

/**
 * wait_call_round() - wait until something may have changed
 * @call: the call, whose sleeper is in the queue of what is waited for
 *
 * On a virtual clock, runs all its hosts to the next instant at which something happens. The caller
 * looks again whenever the result is 0.
 *
 * Return: 0; -ETIMEDOUT at the deadline; -EINTR after a signal; -EDEADLK on a virtual clock when
 * nothing will ever happen; -EINVAL when the hosts have different clocks; -EBUSY in a callback of
 * the clock's own run.
 */
int wait_call_round(struct wait_call *call);

/* One attempt of what a call is to do. Return: a result, -EAGAIN when it would have to wait. */
typedef long wait_try_fn(struct sfile *f, void *arg);

/**
 * wait_for_file() - try until it works
 * @f: a socket
 * @timeout_ns: how long; 0: run the host once and look again; WAIT_FOREVER
 * @try: what to do
 * @arg: handed to @try
 *
 * The caller has tried already, in vain. Return: what @try ended with, -EAGAIN at the end of the
 * time, or an error of wait_call_round().
 */
long wait_for_file(struct sfile *f, s64 timeout_ns, wait_try_fn *try, void *arg);

#endif /* SOCKET_WAIT_H */
