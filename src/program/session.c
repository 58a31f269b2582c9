// SPDX-License-Identifier: BSD-2-Clause
/* Sessions: calls come in from a launch's listener, are answered or parked, and are tried again. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skiff/slab.h>
#include <skiff/socket.h>

#include "program/program.h"

static void answer(struct call *call, long result)
{
	int listener = call->session->watch.fd;

	if (result == CALL_CONTINUE)
		notify_continue(listener, call->req.id);
	else if (result != CALL_DONE)
		undo_answered(call, result, !notify_answer(listener, call->req.id, result));
	/* Not before: the call would say that it was interrupted. */
	if (call->broken_pipe)
		syscall(SYS_pidfd_send_signal, call->task->pidfd, SIGPIPE, NULL, 0);
}

static void unpark(struct call *call)
{
	struct server *server = call->session->server;

	list_del(&call->node);
	list_del(&call->of_session);
	list_del(&call->of_timed);
	server_set_deadline(server);
	kfree(call);
}

/* A thread makes one call at a time: what it made before was interrupted, and nobody has noticed. */
static void forget_interrupted(const struct call *call)
{
	struct call *old, *next;

	list_for_each_entry_safe(old, next, &call->ps->calls, node)
		if (old->req.pid == call->req.pid)
			unpark(old);
}

/* Nobody waits for it any more. */
static void forget(struct call *call)
{
	if (call->sends)
		undo_sending(call, false);
	unpark(call);
}

/* More than come with a call that is parked, so that few are left. */
#define FORGET_AT_ONCE 2

void calls_forget_dead(struct session *session)
{
	struct call *call;

	for (int i = 0; i < FORGET_AT_ONCE && !list_empty(&session->calls); i++) {
		call = list_first_entry(&session->calls, struct call, of_session);
		if (notify_alive(session->watch.fd, call->req.id))
			list_move_tail(&call->of_session, &session->calls);
		else
			forget(call);
	}
}

/*
 * Does the kernel make a call again that had a time to wait for and was interrupted? It does where the handler was set with
 * SA_RESTART; but of a socket with SO_RCVTIMEO or SO_SNDTIMEO such a call is EINTR all the same (signal(7)), which goes
 * to the second one.
 */
static bool was_interrupted(const struct call *call)
{
	const struct call *old;

	list_for_each_entry(old, &call->ps->calls, node)
		if (old->req.pid == call->req.pid && old->deadline != INT64_MAX && !old->done &&
		    !memcmp(&old->req.data, &call->req.data, sizeof(old->req.data)))
			return true;
	return false;
}

/* Return: 0, or -errno that is the answer instead. */
static long park(struct call *call)
{
	struct server *server = call->session->server;
	struct call *kept, *other;
	bool interrupted;

	kept = kzalloc(sizeof(*kept), GFP_KERNEL);
	if (!kept)
		return -ENOMEM;
	*kept = *call;
	kept->retry = true;
	interrupted = was_interrupted(call);
	forget_interrupted(call);
	calls_forget_dead(call->session);
	if (interrupted) {
		kfree(kept);
		return -EINTR;
	}
	list_add_tail(&kept->node, &call->ps->calls);
	list_add_tail(&kept->of_session, &call->session->calls);
	INIT_LIST_HEAD(&kept->of_timed);
	if (kept->deadline == INT64_MAX)
		return 0;
	list_for_each_entry(other, &server->timed, of_timed)
		if (other->deadline > kept->deadline)
			break;
	list_add_tail(&kept->of_timed, &other->of_timed);
	server_set_deadline(server);
	return 0;
}

static void first_try(struct session *session, const struct seccomp_notif *req)
{
	struct call call = { .req = *req, .session = session, .deadline = INT64_MAX };
	long result = call_dispatch(&call);

	if (result == CALL_WAIT) {
		result = park(&call);
		if (!result)
			return;
	}
	answer(&call, result);
}

void session_end(struct session *session)
{
	struct server *server = session->server;
	int listener = session->watch.fd;
	struct call *call, *next;

	list_for_each_entry_safe(call, next, &session->calls, of_session)
		unpark(call);
	loop_unwatch(&server->loop, &session->watch);
	close(listener);
	list_del(&session->node);
	server->nr_sessions--;
	loop_free_later(&server->loop, &session->garbage);
	/* What only its programs held is nobody's now. */
	psock_sweep(server);
	tasks_sweep(&server->tasks);
	server_forget_tasks(server);
	if (server->on_end)
		server->on_end(server->on_end_arg);
}

static void session_ready(struct loop_watch *watch, u32 events)
{
	struct session *session = container_of(watch, struct session, watch);
	struct seccomp_notif req;

	if (!(events & EPOLLIN)) {
		if (events & (EPOLLHUP | EPOLLERR))
			session_end(session);
		return;
	}
	if (notify_receive(watch->fd, &req))
		return;
	session->server->loop.prompt = watch;
	first_try(session, &req);
}

int server_attach(struct server *server, int listener)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL);
	int err = -ENOMEM;

	if (session) {
		session->server = server;
		session->watch.comes_last = true;
		INIT_LIST_HEAD(&session->calls);
		err = loop_watch(&server->loop, &session->watch, listener, EPOLLIN, session_ready);
	}
	if (err) {
		close(listener);
		kfree(session);
		return err;
	}
	notify_prepare(listener);
	list_add_tail(&session->node, &server->sessions);
	server->nr_sessions++;
	return 0;
}

/* Try a parked call again. Return: whether it was answered and is gone. */
static bool retry(struct call *call)
{
	long result;

	if (notify_alive(call->session->watch.fd, call->req.id)) {
		result = call_dispatch(call);
		if (result == CALL_WAIT)
			return false;
		answer(call, result);
		unpark(call);
	} else {
		forget(call);
	}
	return true;
}

void calls_retry(struct psock *ps)
{
	struct call *call, *next;

	list_for_each_entry_safe(call, next, &ps->calls, node)
		retry(call);
}

void calls_drop(struct psock *ps, long result)
{
	struct call *call, *next;

	list_for_each_entry_safe(call, next, &ps->calls, node) {
		answer(call, result);
		unpark(call);
	}
}

/* What a call says that has waited for as long as it was to. */
static long result_in_time(const struct call *call)
{
	return call->done ? (long)call->done : call->result;
}

void calls_expire(struct server *server)
{
	s64 now;

	if (list_empty(&server->timed))
		return;
	now = loop_now();
	while (!list_empty(&server->timed)) {
		struct call *call = list_first_entry(&server->timed, struct call, of_timed);

		if (call->deadline > now)
			return;
		answer(call, result_in_time(call));
		unpark(call);
	}
}

bool call_nonblock(const struct call *call)
{
	int fd = psock_borrow(call->ps), flags;

	if (fd < 0)
		return false;
	flags = fcntl(fd, F_GETFL);
	psock_return(call->ps, fd);
	return flags >= 0 && flags & O_NONBLOCK;
}

/* SO_RCVTIMEO or SO_SNDTIMEO of the host's socket, ns; 0: none. */
static s64 socket_timeout(int sfd, int timeo)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);

	if (!timeo || skiff_getsockopt(sfd, SOL_SOCKET, timeo, &tv, &len))
		return 0;
	return (s64)tv.tv_sec * 1000000000 + (s64)tv.tv_usec * 1000;
}

long call_wait(struct call *call, int timeo)
{
	s64 span;

	if (call->retry)
		return CALL_WAIT;
	if (call_nonblock(call))
		return -EAGAIN;
	span = socket_timeout(call->ps->sfd, timeo);
	if (span)
		call->deadline = loop_now() + span;
	call->result = -EAGAIN;
	return CALL_WAIT;
}
