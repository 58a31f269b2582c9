/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a host: what struct net points to, and the calls between the files here. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <pthread.h>

#include <skiff/net_namespace.h>

#include "base/env.h"
#include "base/fork.h"
#include "base/mutex.h"
#include "base/timer.h"

struct net_watch;

/**
 * struct net_sleeper - a thread that waits in the loop, or is about to
 * @node: among all of them
 * @wakeups: net_loop.wakeups when it began
 * @until: for what it waits besides
 * @asleep: it is one
 */
struct net_sleeper {
	struct list_head node;
	unsigned int wakeups;
	ktime_t until;
	bool asleep;
};

/**
 * struct net_loop - how a host waits and is woken
 * @epfd: the watched descriptors and @evfd; what skiff_fd() gives out
 * @evfd: readable after a wake-up
 * @kicked: woken since the loop began its last round
 * @wakeups: how often those who wait were woken
 * @sleeping: threads that wait, or are about to: length of @sleepers
 * @exported: skiff_fd() has been called: somebody may wait outside of our sight
 * @sleep_until: the deadline that those who wait know about; under the stack lock
 * @in_bh: the bottom half is running; under the stack lock
 * @watch_lock: guards what follows
 * @sleepers: see struct net_sleeper
 * @watches: live ones
 * @graveyard: ended ones that a dispatcher may still look at
 * @nr_watches: length of @watches
 * @eager: the one that was ready lately and may be called to find out whether it is again, or NULL
 * @eager_looks: how often that is still done
 * @dispatchers: threads between epoll_wait() and the end of their callbacks
 * @section: which of @sections is entered now
 * @sections: threads in code that net_synchronize() waits for
 * @sync_mutex: one net_synchronize() at a time
 * @worker_mutex: guards what follows
 * @worker: the host's thread
 * @has_worker: whether there is one
 * @stop: it has to end
 */
struct net_loop {
	int epfd;
	int evfd;
	int kicked;
	unsigned int wakeups;
	int sleeping;
	int exported;
	ktime_t sleep_until;
	bool in_bh;

	spinlock_t watch_lock;
	struct list_head sleepers;
	struct list_head watches;
	struct list_head graveyard;
	int nr_watches;
	struct net_watch *eager;
	int eager_looks;
	int dispatchers;
	unsigned int section;
	int sections[2];
	pthread_mutex_t sync_mutex;

	pthread_mutex_t worker_mutex;
	pthread_t worker;
	bool has_worker;
	int stop;
};

/* A host and all that it always has, in one allocation. */
struct host {
	struct net net;
	struct skiff_env env;
	struct timer_base timers;
	struct net_loop loop;
	struct ctl_table core_table[2];
	struct ctl_table_header *core_sysctls;
};

/* Whether the host belongs to a parent of this process. Every public call begins with it. */
static inline bool net_closed(const struct net *net)
{
	if (unlikely(!net))
		skiff_panic("NULL given where a host is wanted");
	return unlikely(net->generation != skiff_fork_generation);
}

/* Whether the thread holds the stack lock. */
static inline bool net_is_ours(const struct net *net)
{
	return skiff_env == net->env;
}

/* Whether the holder of the stack lock has something to do. Only a hint without the lock. */
static inline bool net_has_work(const struct net *net)
{
	return READ_ONCE(net->remote_waiting) || READ_ONCE(net->softirq_pending);
}

/* work.c */
void work_list_init(struct net_work_list *list);
void work_list_add(struct net_work_list *list, struct net_work *work);
struct net_work *work_list_pop(struct net_work_list *list);
bool net_run_remote(struct net *net);
/* net_let_go() when there is work that waits for it. */
void net_let_go_and_work(struct net *net);

static inline void net_drop_lock(struct net *net)
{
	skiff_env = NULL;
	mutex_unlock(&net->mutex);
}

/* Drops the lock and does what had to wait for that; see net_after_unlock(). */
static inline void net_let_go(struct net *net)
{
	if (likely(!net->after_unlock.first))
		net_drop_lock(net);
	else
		net_let_go_and_work(net);
}

/* softirq.c */
/* As net_bh(), and tells how much was done. */
int net_bh_count(struct net *net, bool *more);

/* Whether net_bh() would find nothing to do. Under the stack lock. */
static inline bool net_bh_idle(const struct net *net)
{
	return !net_has_work(net) &&
	       (!net->timers->armed || timer_base_quiet(net->timers, skiff_clock_seen(net->clock)));
}

/* loop.c */
int net_loop_init(struct net_loop *loop);
void net_loop_exit(struct net_loop *loop);
/* A wake-up has been read: hand it on to those who waited for it as well. */
void net_loop_pass_on(struct net_loop *loop);
/* Wakes who waits, if a timer became due earlier than they know. Under the stack lock. */
void net_loop_tell_deadline(struct net *net);

static inline void net_loop_recheck(struct net *net)
{
	const struct net_loop *loop = net->loop;

	if (unlikely(READ_ONCE(loop->sleeping) > 0 || READ_ONCE(loop->exported)))
		net_loop_tell_deadline(net);
}

/*
 * For a loop of the caller's that has the host's descriptor (skiff_fd()) among others. net_run_due() runs
 * what is due without asking the kernel for more; net_dispatch() is for when the descriptor was ready.
 * Wake-ups write to the descriptor only while the loop sleeps: between net_doze(), whose result says whether
 * something has come up and it must not, and net_awake().
 */
int net_run_due(struct net *net);
bool net_doze(struct net *net);
void net_awake(struct net *net);

/* watch.c */
/* Calls the top halves of ready descriptors; returns how many ran. Without the stack lock. */
int net_dispatch(struct net *net);
void net_watch_report_left(struct net *net, int *left);

/* sync.c */

/**
 * struct net_section - a thread's stay in code that net_synchronize() waits for
 *
 * A thread that comes by way of another host's device enters one before it takes the stack lock of
 * this host or while it holds it, and while something keeps the host from ending; it leaves the
 * section after net_unlock(), which looks at the host once more after the lock is free.
 *
 * @net: the host
 * @outer: the section that the thread was in already
 * @nr: which counter it is in
 *
 * On the stack of the thread, which leaves them in reverse order.
 */
struct net_section {
	struct net *net;
	struct net_section *outer;
	unsigned int nr;
};

/* The sections that the thread is in, innermost first. */
extern __thread struct net_section *net_sections __attribute__((tls_model("initial-exec")));

static inline void net_section_enter(struct net *net, struct net_section *section)
{
	struct net_loop *loop = net->loop;

	section->net = net;
	section->outer = net_sections;
	net_sections = section;
	spin_lock(&loop->watch_lock);
	section->nr = loop->section;
	loop->sections[section->nr]++;
	spin_unlock(&loop->watch_lock);
}

static inline void net_section_leave(struct net_section *section)
{
	struct net_loop *loop = section->net->loop;

	net_sections = section->outer;
	spin_lock(&loop->watch_lock);
	loop->sections[section->nr]--;
	spin_unlock(&loop->watch_lock);
}

/* pernet.c */
void pernet_fork_watch(void);
int pernet_setup(struct net *net); /* and puts the host on the list of all */
void pernet_teardown(struct net *net);

/* simulate.c */
void clock_join(struct net *net);
void clock_leave(struct net *net);

/* sysctl.c */
int net_core_sysctl_init(struct host *host);
void net_core_sysctl_exit(struct host *host);
void net_sysctl_report_left(struct net *net, int *left);

/* A counter's place in its table, and its name. */
struct snmp_name {
	unsigned int field;
	const char *name;
};

/* snmp_tcp.c */
extern const struct snmp_name tcpext_names[];
extern const size_t tcpext_names_nr;

#endif /* HOST_HOST_H */
