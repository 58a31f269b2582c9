/* SPDX-License-Identifier: BSD-2-Clause */
/* struct net, one host, as the code inside of its stack sees it. */
#ifndef SKIFF_NET_NAMESPACE_H
#define SKIFF_NET_NAMESPACE_H

#include <skiff/atomic.h>
#include <skiff/dropreason.h>
#include <skiff/list.h>
#include <skiff/mutex.h>
#include <skiff/random.h>
#include <skiff/skiff.h>
#include <skiff/snmp.h>
#include <skiff/spinlock.h>
#include <skiff/sysctl.h>
#include <skiff/timer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skiff_env;
struct net_loop;

/* Subsystems that keep something per host; a limit, so that finding it is one load. */
#define NET_GENERIC_MAX 64

/* Bottom-half work, in the order in which one round does it. */
enum { HI_SOFTIRQ, TIMER_SOFTIRQ, NET_TX_SOFTIRQ, NET_RX_SOFTIRQ, TASKLET_SOFTIRQ, NR_SOFTIRQS };

/**
 * struct net_work - something to do once, later
 * @next: for the queue only; not NULL while it is queued
 * @fn: what to do; the work may be queued again or freed inside
 */
struct net_work {
	struct net_work *next;
	void (*fn)(struct net *net, struct net_work *work);
};

struct net_work_list {
	struct net_work *first;
	struct net_work **last;
};

/**
 * struct net_mem - the memory of a host's buffers
 * @users: the host, and sockets whose buffers may outlive it
 * @used: bytes that are accounted
 * @limit: how many may be, 0 for any number
 */
struct net_mem {
	refcount_t users;
	atomic_long_t used;
	size_t limit;
};

/**
 * struct net - one host
 * @id: number among the hosts of its clock: the order in which a simulation runs them
 * @name: for messages
 * @clock: the clock that it lives by
 * @env: what the thread that holds the stack lock sees as its clock, timers and chance
 * @timers: its armed timers
 * @rng: its chance
 * @mutex: the stack lock; see net_lock()
 * @remote_lock: guards @remote
 * @remote: work from any thread, for the next holder of the stack lock
 * @remote_waiting: whether @remote has any
 * @softirq_pending: bit per kind of bottom-half work, set by any thread
 * @softirq: what does each kind of work
 * @budget: packets that one round of bottom-half work may handle
 * @after_unlock: work for the thread that drops the stack lock, once it has
 * @loop: descriptors, worker, wake-ups
 * @gen: what the subsystems keep, by their number
 * @mib: SNMP counters
 * @drops: packets dropped, by reason; changed with atomic additions, for drivers drop too
 * @mem: bytes accounted to this host, and how many may be
 * @sysctls: tables of settings
 * @list: among all hosts of the process
 * @clock_list: among the hosts of a virtual clock
 * @generation: how many forks the process was away from its start when the host was made
 *
 * Everything without a remark is guarded by the stack lock or does not change.
 */
struct net {
	u32 id;
	char name[SKIFF_NET_NAME_MAX + 1];
	struct skiff_clock *clock;
	struct skiff_env *env;
	struct timer_base *timers;
	struct skiff_rng rng;

	struct skiff_mutex mutex;
	spinlock_t remote_lock;
	struct net_work_list remote;
	int remote_waiting;
	unsigned int softirq_pending;
	int (*softirq[NR_SOFTIRQS])(struct net *net, int budget);
	int budget;
	struct net_work_list after_unlock;
	struct net_loop *loop;

	void *gen[NET_GENERIC_MAX];

	struct netns_mib mib;
	u64 drops[SKB_DROP_REASON_MAX] __aligned(8);
	struct net_mem *mem;
	struct list_head sysctls;

	struct list_head list;
	struct list_head clock_list;
	int generation;
};

/*
 * The stack lock.
 *
 * All protocol code of a host runs under it. Whoever holds it runs the stack; work that other
 * threads leave meanwhile is done by the holder before it lets go. Rules: no thread holds two
 * stack locks, nothing sleeps and nothing makes a slow system call under one, and callbacks, which
 * run locked, call only what says that it wants the lock.
 */

/**
 * net_enter() - take the stack lock, as a public call does
 * @net: the host
 *
 * Any thread that holds no stack lock; holding one is a bug that ends the process.
 *
 * Return: 0, or -EOWNERDEAD without the lock in a forked child.
 */
SKIFF_API int net_enter(struct net *net) __must_check;

/**
 * net_lock() - take the stack lock where failure can't be told
 * @net: the host
 *
 * As net_enter(), but a forked child ends with a message.
 */
SKIFF_API void net_lock(struct net *net);

/**
 * net_trylock() - take the stack lock if it is free
 * @net: the host
 *
 * Any thread that holds no stack lock. Return: whether it was, and this is no forked child.
 */
SKIFF_API bool net_trylock(struct net *net) __must_check;

/**
 * net_unlock() - do what is waiting, then let go of the stack lock
 * @net: the host
 *
 * Does deferred work and bottom halves within their budget; what is left is the loop's. After the
 * lock is dropped, does the work of net_after_unlock() in this thread.
 */
SKIFF_API void net_unlock(struct net *net);

/**
 * net_unlock_more() - let go of the stack lock for a moment
 * @net: the host
 *
 * Nothing that is waiting is done: the caller takes the lock again soon, and then drops it with
 * net_unlock(). That is what makes a burst of packets cheaper than as many packets.
 */
SKIFF_API void net_unlock_more(struct net *net);

/**
 * current_net() - the host whose stack lock the calling thread holds
 *
 * Return: the host, or NULL.
 */
SKIFF_API struct net *current_net(void);

/* The first line of what wants the stack lock. */
#ifdef SKIFF_DEBUG
#define ASSERT_NET_LOCKED(net) BUG_ON(current_net() != (net))
#else
#define ASSERT_NET_LOCKED(net) ((void)(net))
#endif

/**
 * net_work_init() - prepare a piece of work
 * @work: to fill; must not be queued
 * @fn: what to do
 */
static inline void net_work_init(struct net_work *work,
				 void (*fn)(struct net *net, struct net_work *work))
{
	work->next = NULL;
	work->fn = fn;
}

/**
 * net_defer() - have work done under the stack lock, soon
 * @net: the host
 * @work: the work; it stays with the caller, who keeps it until it has been done
 *
 * Any thread and context, with or without the lock. The holder of the lock does it before it lets
 * go; without a holder the host's loop is woken.
 *
 * Return: true, or false when it was queued already: then it is done once.
 */
SKIFF_API bool net_defer(struct net *net, struct net_work *work);

/**
 * net_after_unlock() - have work done by this thread once it has dropped the stack lock
 * @net: the host
 * @work: the work, which stays with the caller until it has been done
 *
 * Under the stack lock. For drivers that make system calls. The work runs without the stack lock,
 * possibly while another thread holds it or does the same driver's next work: drivers have a lock
 * of their own. It may take the stack lock.
 *
 * Return: true, or false when it was queued already.
 */
SKIFF_API bool net_after_unlock(struct net *net, struct net_work *work);

/**
 * net_synchronize() - wait until what began before has ended
 * @net: the host
 *
 * Without the stack lock, and not from work or callbacks of the same host that run without it: that
 * would be waiting for oneself, and panics. On return, all work
 * of net_after_unlock() that was queued, and all callbacks of net_watch_fd() that were running or
 * about to, when the call was made, have returned. What has been taken off every list before can
 * be freed afterwards.
 */
SKIFF_API void net_synchronize(struct net *net);

/* Bottom halves. */

/**
 * open_softirq() - say what does a kind of bottom-half work
 * @net: the host
 * @nr: which kind; one handler each
 * @action: does work for at most @budget packets under the stack lock and returns for how many it
 *          did; it raises the same kind again if there is more. NULL closes the kind.
 *
 * Under the stack lock, when a subsystem sets up its share of a host. When a host ends, what is
 * raised after the last subsystem has gone is forgotten.
 */
SKIFF_API void open_softirq(struct net *net, int nr, int (*action)(struct net *net, int budget));

/**
 * raise_softirq() - ask for bottom-half work
 * @net: the host
 * @nr: which kind
 *
 * Any thread and context. The holder of the stack lock does it before it lets go, else the host's
 * loop is woken.
 */
SKIFF_API void raise_softirq(struct net *net, int nr);

/**
 * net_bh() - run the bottom half: deferred work, timers, and every kind of raised work
 * @net: the host
 *
 * Under the stack lock, not from inside itself. Stops when nothing is left or the budget is used
 * up.
 *
 * Return: whether something is left.
 */
SKIFF_API bool net_bh(struct net *net);

/* Timers and memory. */

/**
 * timer_setup_net() - prepare a timer of a given host
 * @timer: the timer; must not be armed
 * @net: the host
 * @fn: what to call under its stack lock
 * @flags: %TIMER_* flags
 */
#define timer_setup_net(timer, net, fn, flags) \
	timer_setup_base(timer, (net)->timers, fn, flags, #fn)

/**
 * net_mem_charge() - account memory to a host
 * @net: the host
 * @bytes: how much
 *
 * Any thread and context.
 *
 * Return: true, or false when the host's limit would be exceeded: then nothing is accounted.
 */
SKIFF_API bool net_mem_charge(struct net *net, size_t bytes) __must_check;

/**
 * net_mem_full() - whether a host has used up its memory
 * @net: the host
 *
 * Any thread and context. What keeps buffers that no socket pays for (fragments, packets that wait
 * for a neighbour or a device) takes no more of them then. Never true without a limit.
 */
static inline bool net_mem_full(const struct net *net)
{
	return unlikely(net->mem->limit) &&
	       atomic_long_read(&net->mem->used) >= (long)net->mem->limit;
}

/* Account, or with a negative number give back, what is kept whatever the limit. Any context. */
static inline void net_mem_held(struct net *net, long bytes)
{
	if (unlikely(net->mem->limit))
		atomic_long_add(bytes, &net->mem->used);
}

/* Another user of the host's account, which stays after the host. Any thread. */
static inline struct net_mem *net_mem_get(struct net *net)
{
	refcount_inc(&net->mem->users);
	return net->mem;
}

SKIFF_API void net_mem_put(struct net_mem *mem);

/**
 * net_mem_uncharge() - give accounted memory back
 * @net: the host
 * @bytes: how much, not more than was accounted
 *
 * Any thread and context.
 */
SKIFF_API void net_mem_uncharge(struct net *net, size_t bytes);

/**
 * net_count_drop() - count a dropped packet
 * @net: the host; NULL means the current one, if there is any
 * @reason: why
 *
 * Any thread and context.
 */
SKIFF_API void net_count_drop(struct net *net, enum skb_drop_reason reason);

/* Descriptors. */

/**
 * typedef net_watch_fn - a watched descriptor is ready
 * @net: the host
 * @fd: the descriptor
 * @events: EPOLLIN and so on, from epoll
 * @arg: as given to net_watch_fd()
 *
 * A top half: called by whichever thread runs the loop, *without* the stack lock, for one
 * descriptor by one thread at a time. It reads, hands frames over, and may take the lock or stop
 * the watch. Readiness is level-triggered, so it has to end the watch of a descriptor that hung
 * up; and it is a hint: with several threads in the loop another one may have emptied the
 * descriptor in between, so the descriptor must be non-blocking.
 */
typedef void net_watch_fn(struct net *net, int fd, u32 events, void *arg);

/**
 * net_watch_fd() - call a driver when a descriptor is ready
 * @net: the host, on the real clock or a virtual one
 * @fd: the non-blocking descriptor, which stays with the caller, who keeps it open until the watch
 *      is ended
 * @events: EPOLLIN, EPOLLOUT; errors and hang-ups are always reported
 * @fn: the driver's top half
 * @arg: handed to @fn
 *
 * Any thread, with or without the stack lock.
 *
 * Return: 0, -EEXIST when it is watched already, -EPERM for a descriptor that can't be watched,
 * -EBADF, -ENOMEM, -EINVAL, -EOWNERDEAD in a forked child.
 */
SKIFF_API int net_watch_fd(struct net *net, int fd, u32 events, net_watch_fn *fn, void *arg);

/**
 * net_rewatch_fd() - watch a descriptor for other events
 * @net: the host
 * @fd: a watched descriptor
 * @events: as for net_watch_fd()
 *
 * Any thread, with or without the stack lock, also from the callback.
 *
 * Return: 0, -ENOENT, -EOWNERDEAD in a forked child.
 */
SKIFF_API int net_rewatch_fd(struct net *net, int fd, u32 events);

/**
 * net_watch_eagerly() - call a driver also to find out whether its descriptor is readable
 * @net: the host
 * @fd: a watched descriptor
 *
 * For a driver whose callback tells that by one cheap system call, which takes what there is as well: a
 * descriptor that was readable lately is then looked at without asking first. It schedules work for the
 * host when there was something.
 *
 * Any thread, with or without the stack lock. Return: 0, -ENOENT, -EOWNERDEAD in a forked child.
 */
SKIFF_API int net_watch_eagerly(struct net *net, int fd);

/**
 * net_unwatch_fd() - end a watch
 * @net: the host
 * @fd: a watched descriptor, still open
 *
 * Any thread, with or without the stack lock, also from the callback. No callback begins
 * afterwards, but one may be running in another thread: net_synchronize() waits for it.
 *
 * Return: 0, -ENOENT, -EOWNERDEAD in a forked child.
 */
SKIFF_API int net_unwatch_fd(struct net *net, int fd);

/* What subsystems keep per host. */

/**
 * struct pernet_operations - a subsystem's share of each host
 * @list: for the registry only
 * @init: sets up; under the stack lock of the new host; 0 or a negative errno, after which it has
 *        left nothing behind
 * @pre_exit: runs for all subsystems before the first @exit; may be NULL
 * @exit: tears down, under the stack lock; may be NULL
 * @id: gets the number for net_generic(), or is NULL for a subsystem that needs no memory
 * @size: bytes of zeroed memory that net_generic() gives; freed after @exit
 */
struct pernet_operations {
	struct list_head list;
	int (*init)(struct net *net);
	void (*pre_exit)(struct net *net);
	void (*exit)(struct net *net);
	unsigned int *id;
	size_t size;
};

/**
 * register_pernet_subsys() - have a subsystem set up its share of each host
 * @ops: what does it; stays with the caller
 *
 * Any thread that holds no stack lock. Hosts that exist get their share at once. Subsystems are
 * set up in the order of registration and torn down in the reverse order.
 *
 * Return: 0; -EALREADY when it is registered, -ENOSPC when there are too many, -ENOMEM, or what
 * @init refused with for one of the existing hosts: then nothing is registered.
 */
SKIFF_API int register_pernet_subsys(struct pernet_operations *ops);

/**
 * unregister_pernet_subsys() - take a subsystem away from all hosts
 * @ops: registered
 *
 * Any thread that holds no stack lock.
 */
SKIFF_API void unregister_pernet_subsys(struct pernet_operations *ops);

/* Set up after and torn down before all subsystems: drivers. */
SKIFF_API int register_pernet_device(struct pernet_operations *ops);
SKIFF_API void unregister_pernet_device(struct pernet_operations *ops);

/**
 * net_generic() - what a subsystem keeps for a host
 * @net: the host
 * @id: from its pernet_operations
 *
 * Return: its memory, or NULL before its init and after its exit.
 */
static inline void *net_generic(const struct net *net, unsigned int id)
{
	return net->gen[id];
}

/* An entry of the table by which the library starts: see skiff_run_initcalls(). */
typedef int (*skiff_initcall)(void);

/**
 * skiff_run_initcalls() - run the start functions of the subsystems, once per process
 * @calls: the functions, bottom-up
 * @n: how many
 * @done: the caller's memory of having succeeded; starts as 0
 *
 * Any thread that holds no stack lock; one thread runs them while others wait. Functions that ran
 * before one that failed are run again by the next attempt, so each must bear that: registering
 * twice gives -EALREADY, which counts as success.
 *
 * Return: 0, or the first error.
 */
SKIFF_API int skiff_run_initcalls(const skiff_initcall *calls, size_t n, int *done);

/* skiff_net_clock(), for who sees the structure. */
static inline struct skiff_clock *net_clock(const struct net *net)
{
	return net->clock;
}

static inline bool net_eq(const struct net *net1, const struct net *net2)
{
	return net1 == net2;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NET_NAMESPACE_H */
