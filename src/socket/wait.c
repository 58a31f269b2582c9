// SPDX-License-Identifier: BSD-2-Clause
/*
 * How a blocking call waits.
 *
 * Theory of operation. Protocols never wait: what would have to gives -EAGAIN. A call that may wait
 * puts its thread into the wait queue of the socket, runs the host, and tries again; as long as
 * that fails it sleeps, on the descriptors and deadlines of the host as well as on its own eventfd.
 * So the thread that waits is the one that handles what it waits for, and no other thread is
 * needed. When another one handles it (a worker, a second caller), sk_data_ready() finds the queue
 * and wakes the sleeper. Nothing is missed: the entry is in the queue before the last attempt.
 *
 * On a virtual clock nobody sleeps: the waiting thread lets time go on to the next event.
 */
#include "socket/wait.h"

#include <time.h>

#include <skiff/slab.h>
#include <skiff/sock.h>

#include "base/clock.h"
#include "host/wait.h"
#include "socket/file.h"

/* Between two looks at a virtual clock that another thread runs. */
#define BUSY_CLOCK_NAP (NSEC_PER_MSEC / 10)

void host_set_init(struct host_set *set)
{
	set->nets = set->nets_inline;
	set->fds = set->fds_inline;
	set->n = 0;
	set->room = WAIT_HOSTS_INLINE;
}

void host_set_exit(struct host_set *set)
{
	if (set->nets != set->nets_inline) {
		kfree(set->nets);
		kfree(set->fds);
	}
}

static int host_set_grow(struct host_set *set)
{
	int room = set->room * 2;
	struct net **nets =
		(struct net **)kmalloc_array((size_t)room, sizeof(struct net *), GFP_KERNEL);
	struct pollfd *fds =
		(struct pollfd *)kmalloc_array((size_t)room + 1, sizeof(*fds), GFP_KERNEL);

	if (!nets || !fds) {
		kfree(nets);
		kfree(fds);
		return -ENOMEM;
	}
	memcpy(nets, set->nets, (size_t)set->n * sizeof(struct net *));
	host_set_exit(set);
	set->nets = nets;
	set->fds = fds;
	set->room = room;
	return 0;
}

int host_set_add(struct host_set *set, struct net *net)
{
	int err;

	for (int i = set->n - 1; i >= 0; i--)
		if (set->nets[i] == net)
			return 0;
	if (set->n == set->room) {
		err = host_set_grow(set);
		if (err)
			return err;
	}
	set->nets[set->n++] = net;
	return 0;
}

static struct skiff_clock *clock_of(const struct wait_call *call)
{
	return call->hosts.n ? call->hosts.nets[0]->clock : skiff_clock_real();
}

static ktime_t after(ktime_t now, s64 span)
{
	ktime_t sum;

	return span == WAIT_FOREVER || __builtin_add_overflow(now, span, &sum) ? KTIME_MAX : sum;
}

int wait_call_begin(struct wait_call *call, struct net *net, s64 timeout_ns)
{
	const struct skiff_clock *clock = net ? net->clock : skiff_clock_real();

	host_set_init(&call->hosts);
	call->deadline = after(skiff_clock_now(clock), timeout_ns);
	call->busy_until = 0;
	call->sigmask = NULL;
	call->slept = false;
	call->sleeper = own_sleeper();
	if (!call->sleeper)
		return -errno;
	/* It is in no queue: what is left is of the last call. */
	__atomic_store_n(&call->sleeper->woken, 0, __ATOMIC_RELAXED);
	return net ? host_set_add(&call->hosts, net) : 0;
}

void wait_call_restart(struct wait_call *call, const struct net *net, s64 timeout_ns)
{
	const struct skiff_clock *clock = net ? net->clock : skiff_clock_real();

	call->deadline = after(skiff_clock_now(clock), timeout_ns);
}

void wait_call_end(struct wait_call *call)
{
	if (call->slept)
		for (int i = 0; i < call->hosts.n; i++)
			net_sleep_over(call->hosts.nets[i]);
	host_set_exit(&call->hosts);
}

bool wait_call_run(struct wait_call *call)
{
	bool did = false;

	for (int i = 0; i < call->hosts.n; i++)
		if (skiff_poll(call->hosts.nets[i], 0) > 0)
			did = true;
	return net_run_unattended() || did;
}

static bool same_clock(const struct wait_call *call)
{
	for (int i = 1; i < call->hosts.n; i++)
		if (call->hosts.nets[i]->clock != call->hosts.nets[0]->clock)
			return false;
	return true;
}

/* Another thread runs the clock: it wakes us, or it ends. */
static int nap(struct wait_call *call)
{
	const struct timespec ts = { 0, BUSY_CLOCK_NAP };

	if (current_net())
		return -EBUSY;
	if (!__atomic_exchange_n(&call->sleeper->woken, 0, __ATOMIC_SEQ_CST) &&
	    nanosleep(&ts, NULL) != 0)
		return -errno;
	return 0;
}

static int round_virtual(struct wait_call *call, struct skiff_clock *clock)
{
	ktime_t now = skiff_clock_now(clock), next;
	int err;

	if (now >= call->deadline)
		return -ETIMEDOUT;
	if (wait_call_run(call))
		return 0;
	next = skiff_clock_next(clock);
	if (next == -EBUSY)
		return nap(call);
	if (next < 0)
		return (int)next;
	if (call->deadline == KTIME_MAX && clock_is_over(clock))
		return -EDEADLK;
	next = min(next, call->deadline);
	err = skiff_clock_run_until(clock, next);
	/* Somebody else ran it in between. */
	if (err == -EBUSY)
		return nap(call);
	return err == -EINVAL ? 0 : err;
}

static int round_real(struct wait_call *call)
{
	ktime_t now = skiff_clock_now(skiff_clock_real());
	struct sleeper *s = call->sleeper;
	const struct net_sleep how = {
		.fds = call->hosts.fds,
		.fd = s->fd,
		.woken = &s->woken,
		.timeout_ns = call->deadline == KTIME_MAX ? KTIME_MAX : call->deadline - now,
		.sigmask = call->sigmask,
	};
	bool slept = now >= call->busy_until;
	int err = 0;

	if (now >= call->deadline)
		return -ETIMEDOUT;
	if (slept) {
		__atomic_store_n(&s->asleep, 1, __ATOMIC_SEQ_CST);
		err = net_sleep(call->hosts.nets, call->hosts.n, &how);
		__atomic_store_n(&s->asleep, 0, __ATOMIC_SEQ_CST);
		call->slept = true;
	}
	sleeper_clear(s, slept && (call->hosts.fds[call->hosts.n].revents & POLLIN));
	wait_call_run(call);
	return err;
}

int wait_call_round(struct wait_call *call)
{
	struct skiff_clock *clock = clock_of(call);

	if (unlikely(!same_clock(call)))
		return -EINVAL;
	return clock->is_virtual ? round_virtual(call, clock) : round_real(call);
}

/* A thread in the wait queue of one socket. */
struct file_wait {
	struct wait_entry entry;
	struct sleeper *sleeper;
};

static bool wake_thread(struct wait_entry *entry, u32 events)
{
	sleeper_wake(container_of(entry, struct file_wait, entry)->sleeper);
	return true;
}

static long try_in_rounds(struct wait_call *call, struct sfile *f, wait_try_fn *try, void *arg)
{
	long ret;
	int err;

	wait_call_run(call);
	for (;;) {
		ret = try(f, arg);
		if (ret != -EAGAIN)
			return ret;
		err = wait_call_round(call);
		if (err)
			return err == -ETIMEDOUT ? -EAGAIN : err;
	}
}

/* The host may have what the call wants; when others run it, they have seen to that. */
static long try_once_more(struct sfile *f, wait_try_fn *try, void *arg)
{
	return skiff_poll(f->sock.net, 0) > 0 ? try(f, arg) : -EAGAIN;
}

long wait_for_file(struct sfile *f, s64 timeout_ns, wait_try_fn *try, void *arg)
{
	struct file_wait w = { .entry.fn = wake_thread };
	struct wait_call call;
	long ret;

	if (timeout_ns == 0)
		return try_once_more(f, try, arg);
	ret = wait_call_begin(&call, f->sock.net, timeout_ns);
	if (!ret) {
		if (f->sock.sk && READ_ONCE(f->sock.sk->sk_ll_usec))
			call.busy_until = after(skiff_net_now(f->sock.net),
						f->sock.sk->sk_ll_usec * NSEC_PER_USEC);
		w.sleeper = call.sleeper;
		sfile_wait_add(f, &w.entry);
		ret = try_in_rounds(&call, f, try, arg);
		sfile_wait_del(f, &w.entry);
	}
	wait_call_end(&call);
	return ret;
}
