/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping until one of several hosts has something to do. */
#ifndef HOST_WAIT_H
#define HOST_WAIT_H

#include <poll.h>
#include <signal.h>

#include <skiff/net_namespace.h>

/**
 * struct net_sleep - what a thread sleeps for beside its hosts
 * @fds: room for the number of hosts and one more, whose revents tell about @fd afterwards
 * @fd: ends the sleep when it is readable
 * @woken: says the same before the sleep begins: set with __ATOMIC_SEQ_CST before @fd is written
 * @timeout_ns: how long at most, KTIME_MAX for ever
 * @sigmask: signals blocked meanwhile, NULL for those that are
 */
struct net_sleep {
	struct pollfd *fds;
	int fd;
	const int *woken;
	s64 timeout_ns;
	const sigset_t *sigmask;
};

/**
 * net_sleep() - sleep until a host has something to do
 * @nets: hosts, all on the real clock
 * @n: how many
 * @how: what else ends the sleep
 *
 * Any thread that holds no stack lock. Does not sleep when a host has something to do already, and
 * does not do it: skiff_poll() does. When other threads sleep on the same hosts, they know the
 * deadlines of the moment when they fell asleep; so whoever will not look after a host again calls
 * net_sleep_over().
 *
 * Return: 0, -EINTR after a signal, -EOWNERDEAD in a forked child.
 */
int net_sleep(struct net *const *nets, int n, const struct net_sleep *how);

/*
 * Whether nothing will happen on a virtual clock but what TIMER_DEFERRABLE timers do, which is for
 * nobody to see. false when another thread runs it. Any thread that holds no stack lock.
 */
bool clock_is_over(struct skiff_clock *clock);

/* The calling thread leaves the host to the others that sleep on it. */
void net_sleep_over(struct net *net);

/**
 * net_run_unattended() - run the hosts that were kicked and that nobody looks after
 *
 * Any thread that holds no stack lock. A thread that waits for one host's answer from another host
 * of the process runs that one itself, when it has neither a thread nor an event loop. Hosts on a
 * virtual clock are left to their clock.
 *
 * Return: whether any of them did something.
 */
bool net_run_unattended(void);

#endif /* HOST_WAIT_H */
