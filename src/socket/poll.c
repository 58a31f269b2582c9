// SPDX-License-Identifier: BSD-2-Clause
/* poll(): wait for any of a list of descriptors. */
#include "socket/poll.h"

#include <skiff/ktime.h>
#include <skiff/slab.h>

#include "socket/file.h"

/* Linux reports these whether they were asked for or not. */
#define ALWAYS (EPOLLERR | EPOLLHUP)

/* One descriptor of a call. */
struct poll_slot {
	struct wait_entry entry;
	struct sleeper *sleeper;
	struct sfile *f;
	u32 events;
};

struct poll_call {
	struct wait_call wait;
	struct poll_slot *slots;
	struct pollfd *fds;
	int n;
};

static bool wake_thread(struct wait_entry *entry, u32 events)
{
	const struct poll_slot *slot = container_of(entry, struct poll_slot, entry);

	if (!(events & slot->events))
		return false;
	sleeper_wake(slot->sleeper);
	return true;
}

s64 poll_timeout(const struct timespec *t)
{
	s64 sec;

	if (!t)
		return WAIT_FOREVER;
	if (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	sec = t->tv_sec;
	if (sec >= WAIT_FOREVER / NSEC_PER_SEC)
		return WAIT_FOREVER;
	return sec * NSEC_PER_SEC + t->tv_nsec;
}

static int add_hosts(struct host_set *hosts, struct sfile *f)
{
	if (f->kind == SFILE_EPOLL)
		return epoll_collect_hosts(f, hosts, 0);
	return f->sock.net ? host_set_add(hosts, f->sock.net) : 0;
}

/* Opens what the descriptors stand for; a bad one is an event, not an error. */
static int begin(struct poll_call *call)
{
	int err = 0;

	for (int i = 0; i < call->n && !err; i++) {
		struct poll_slot *slot = &call->slots[i];

		slot->f = call->fds[i].fd < 0 ? NULL : sfile_get(call->fds[i].fd);
		slot->events = (u32)(unsigned short)call->fds[i].events | ALWAYS;
		slot->entry = (struct wait_entry){ .fn = wake_thread };
		slot->sleeper = call->wait.sleeper;
		if (slot->f)
			err = add_hosts(&call->wait.hosts, slot->f);
	}
	return err;
}

static void end(struct poll_call *call)
{
	for (int i = 0; i < call->n; i++)
		if (call->slots[i].f)
			sfile_put(call->slots[i].f);
}

static void listen_to_all(struct poll_call *call, bool on)
{
	for (int i = 0; i < call->n; i++) {
		struct poll_slot *slot = &call->slots[i];

		if (slot->f && on)
			sfile_wait_add(slot->f, &slot->entry);
		else if (slot->f)
			sfile_wait_del(slot->f, &slot->entry);
	}
}

static int look(struct poll_call *call)
{
	int ready = 0;

	for (int i = 0; i < call->n; i++) {
		const struct poll_slot *slot = &call->slots[i];
		struct pollfd *p = &call->fds[i];

		if (p->fd < 0)
			p->revents = 0;
		else
			p->revents =
				(short)(slot->f ? sfile_poll(slot->f, 0) & slot->events : POLLNVAL);
		ready += p->revents != 0;
	}
	return ready;
}

static int wait_for_any(struct poll_call *call)
{
	int ready, err;

	listen_to_all(call, true);
	do {
		ready = look(call);
		err = ready ? 0 : wait_call_round(&call->wait);
	} while (!ready && !err);
	listen_to_all(call, false);
	return ready ? ready : err == -ETIMEDOUT ? 0 : err;
}

static struct net *first_host(const struct poll_call *call)
{
	return call->wait.hosts.n ? call->wait.hosts.nets[0] : NULL;
}

static int do_poll(struct poll_call *call, s64 timeout_ns, const sigset_t *sigmask)
{
	int ret = wait_call_begin(&call->wait, NULL, timeout_ns);

	if (!ret)
		ret = begin(call);
	if (!ret) {
		wait_call_restart(&call->wait, first_host(call), timeout_ns);
		call->wait.sigmask = sigmask;
		wait_call_run(&call->wait);
		ret = look(call);
		if (!ret && timeout_ns)
			ret = wait_for_any(call);
	}
	wait_call_end(&call->wait);
	end(call);
	return ret;
}

int poll_files(struct pollfd *fds, nfds_t nfds, s64 timeout_ns, const sigset_t *sigmask)
{
	struct poll_slot few[POLL_INLINE];
	struct poll_call call = { .slots = few, .fds = fds, .n = (int)nfds };
	int ret;

	if (timeout_ns < 0 || nfds > (nfds_t)skiff_fd_limit(-1))
		return -EINVAL;
	if (!fds && nfds)
		return -EFAULT;
	if (nfds > POLL_INLINE) {
		call.slots = (struct poll_slot *)kcalloc(nfds, sizeof(*call.slots), GFP_KERNEL);
		if (!call.slots)
			return -ENOMEM;
	} else {
		memset(few, 0, nfds * sizeof(few[0]));
	}
	ret = do_poll(&call, timeout_ns, sigmask);
	if (call.slots != few)
		kfree(call.slots);
	return ret;
}

int skiff_poll_fds(struct pollfd *fds, nfds_t nfds, int timeout_ms)
{
	s64 ns = timeout_ms < 0 ? WAIT_FOREVER : timeout_ms * (s64)NSEC_PER_MSEC;

	return skiff_result(poll_files(fds, nfds, ns, NULL));
}

int skiff_ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout,
		const sigset_t *sigmask)
{
	return skiff_result(poll_files(fds, nfds, poll_timeout(timeout), sigmask));
}
