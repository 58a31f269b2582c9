// SPDX-License-Identifier: BSD-2-Clause
/* The server: made, run and ended. */
#include "program/server.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skiff/slab.h>
#include <skiff/socket.h>

#include "program/program.h"
#include "socket/file.h"

#define HOST_EVENTS_MAX 64

/* Descriptors that sockets and threads of programs leave free, where an eighth of all is more. */
#define RESERVE_MAX 256

/**
 * struct caller_watch - a descriptor that the server's user watches
 * @garbage: for loop_free_later()
 * @watch: in the loop
 * @node: among those of the server
 * @ready: what to call
 * @arg: with that
 */
struct caller_watch {
	struct loop_garbage garbage;
	struct loop_watch watch;
	struct list_head node;
	void (*ready)(void *arg, u32 events);
	void *arg;
};

static void psock_host_ready(struct psock *ps, u32 events)
{
	switch (ps->state) {
	case PSOCK_CONNECTING:
		connect_host_ready(ps, events);
		break;
	case PSOCK_STREAM:
		pump_host_ready(ps, events);
		break;
	case PSOCK_DATAGRAM:
		datagram_host_ready(ps, events);
		break;
	case PSOCK_LISTENING:
		if (events & EPOLLIN)
			listener_host_ready(ps);
		break;
	case PSOCK_FRESH:
	case PSOCK_IDLE:
		break;
	}
	calls_retry(ps);
}

/* What the pump left because others were to have their turn. */
static bool pump_again(struct server *server)
{
	struct psock *ps, *next;
	LIST_HEAD(now);
	bool any = !list_empty(&server->again);

	list_splice_init(&server->again, &now);
	list_for_each_entry_safe(ps, next, &now, of_again) {
		list_del_init(&ps->of_again);
		if (ps->end.fd >= 0)
			ps->end.fn(&ps->end, EPOLLIN | EPOLLOUT);
	}
	return any;
}

void server_set_deadline(struct server *server)
{
	s64 deadline = server->nr_alone ? server->sweep_time : INT64_MAX;

	if (!list_empty(&server->timed)) {
		s64 first = list_first_entry(&server->timed, struct call, of_timed)->deadline;

		deadline = first < deadline ? first : deadline;
	}
	server->loop.deadline = deadline;
}

void server_forget_tasks(struct server *server)
{
	if (!server->nr_sessions)
		tasks_exit(&server->tasks);
}

static bool tick(struct loop *loop)
{
	struct server *server = loop->arg;
	struct epoll_event event[HOST_EVENTS_MAX];
	bool any = pump_again(server);
	int n = epoll_look(server->sep, event, HOST_EVENTS_MAX);

	for (int i = 0; i < n; i++) {
		struct psock *ps = event[i].data.ptr;

		if (ps->sfd >= 0)
			psock_host_ready(ps, event[i].events);
	}
	calls_expire(server);
	psock_sweep_in_time(server);
	return any || n > 0 || !list_empty(&server->again);
}

/*
 * A program's socket costs a descriptor, so we want as many as we may have. Some are left for threads, of
 * which each costs two, for what is borrowed while a call is answered, and for clients of the control socket.
 */
static void set_limits(struct server *server)
{
	struct rlimit limit;
	rlim_t all, tasks;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	all = getrlimit(RLIMIT_NOFILE, &limit) ? 1024 : limit.rlim_cur;
	all = min_t(rlim_t, all, INT_MAX);
	tasks = min_t(rlim_t, all / 8, TASKS_MAX);
	tasks_init(&server->tasks, (int)tasks);
	server->last_fd = (int)(all - 2 * tasks - min_t(rlim_t, all / 8, RESERVE_MAX) - 1);
}

struct server *server_create(struct net *host)
{
	struct server *server = kzalloc(sizeof(*server), GFP_KERNEL);
	int err = -ENOMEM;

	if (!server)
		goto fail;
	server->host = host;
	server->sep = -1;
	server->meeting = -1;
	server->sweep_at = SWEEP_MIN;
	set_limits(server);
	__skb_queue_head_init(&server->received);
	INIT_LIST_HEAD(&server->psocks);
	INIT_LIST_HEAD(&server->alone);
	INIT_LIST_HEAD(&server->sessions);
	INIT_LIST_HEAD(&server->timed);
	INIT_LIST_HEAD(&server->again);
	INIT_LIST_HEAD(&server->watches);
	err = loop_init(&server->loop);
	if (err)
		goto fail_loop;
	server->loop.arg = server;
	server->loop.tick = tick;
	server->scratch = kmalloc(SCRATCH_SIZE, GFP_KERNEL);
	server->sep = skiff_epoll_create1(0);
	err = !server->scratch ? -ENOMEM : server->sep < 0 ? -errno : pair_meeting_place(server);
	if (!err)
		err = loop_add_net(&server->loop, host);
	if (!err)
		return server;
	server_destroy(server);
	errno = -err;
	return NULL;
fail_loop:
	kfree(server);
fail:
	errno = -err;
	return NULL;
}

void server_destroy(struct server *server)
{
	struct session *session, *next_session;
	struct caller_watch *watch, *next_watch;
	struct psock *ps, *next;

	list_for_each_entry_safe(ps, next, &server->psocks, node)
		psock_close(ps);
	server->on_end = NULL;
	list_for_each_entry_safe(session, next_session, &server->sessions, node)
		session_end(session);
	list_for_each_entry_safe(watch, next_watch, &server->watches, node)
		server_unwatch(server, watch->watch.fd);
	tasks_exit(&server->tasks);
	if (server->sep >= 0)
		skiff_close(server->sep);
	if (server->meeting >= 0)
		close(server->meeting);
	loop_exit(&server->loop);
	kfree(server->scratch);
	kfree(server);
}

int server_add_net(struct server *server, struct net *net)
{
	return loop_add_net(&server->loop, net);
}

int server_nr_sessions(const struct server *server)
{
	return server->nr_sessions;
}

int server_nr_sockets(const struct server *server)
{
	return server->nr_psocks;
}

void server_on_end(struct server *server, void (*fn)(void *arg), void *arg)
{
	server->on_end = fn;
	server->on_end_arg = arg;
}

void server_on_packet(struct server *server, bool (*fn)(void *arg, int listener), void *arg)
{
	server->on_packet = fn;
	server->on_packet_arg = arg;
}

static void caller_ready(struct loop_watch *watch, u32 events)
{
	struct caller_watch *cw = container_of(watch, struct caller_watch, watch);

	cw->ready(cw->arg, events);
}

int server_watch(struct server *server, int fd, u32 events, void (*ready)(void *arg, u32 events),
		 void *arg)
{
	struct caller_watch *cw = kzalloc(sizeof(*cw), GFP_KERNEL);
	int err;

	if (!cw)
		return -ENOMEM;
	cw->ready = ready;
	cw->arg = arg;
	err = loop_watch(&server->loop, &cw->watch, fd, events, caller_ready);
	if (err)
		kfree(cw);
	else
		list_add_tail(&cw->node, &server->watches);
	return err;
}

int server_unwatch(struct server *server, int fd)
{
	struct caller_watch *cw;

	list_for_each_entry(cw, &server->watches, node) {
		if (cw->watch.fd != fd)
			continue;
		loop_unwatch(&server->loop, &cw->watch);
		list_del(&cw->node);
		loop_free_later(&server->loop, &cw->garbage);
		return 0;
	}
	return -ENOENT;
}

int server_run(struct server *server)
{
	return loop_run(&server->loop);
}

void server_stop(struct server *server)
{
	loop_stop(&server->loop);
}
