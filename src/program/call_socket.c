// SPDX-License-Identifier: BSD-2-Clause
/* Calls about sockets themselves: made, named, connected, ended. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "program/program.h"

int call_read_addr(const struct call *call, u64 from, int len, struct sockaddr_storage *addr)
{
	if (len < 0 || len > (int)sizeof(*addr))
		return -EINVAL;
	memset(addr, 0, sizeof(*addr));
	return task_read(call->task, addr, from, (size_t)len);
}

int call_write_addr(const struct call *call, u64 to, u64 len_at,
		    const struct sockaddr_storage *addr, socklen_t len)
{
	int room, err;

	if (!to)
		return 0;
	err = task_read(call->task, &room, len_at, sizeof(room));
	if (err)
		return err;
	if (room < 0)
		return -EINVAL;
	return task_write_two(call->task, to, addr, room < (int)len ? (size_t)room : len, len_at,
			      &len, sizeof(len));
}

/* See that it has a pair that nothing was done with: after a connection, a new one. */
static int join(struct call *call)
{
	struct psock *ps = call->ps;

	if (ps->state == PSOCK_IDLE && ps->shut)
		pair_break(ps);
	if (ps->state == PSOCK_IDLE && ps->end.fd < 0)
		return pair_replace(call);
	return pair_join(ps);
}

/* Give the program its end, whose number the call returns. */
static long hand_over(struct call *call, struct psock *ps, int fd, int type)
{
	int there = notify_answer_fd(call->session->watch.fd, call->req.id, fd,
				     type & SOCK_CLOEXEC ? O_CLOEXEC : 0);

	close(fd);
	if (there < 0) {
		psock_close(ps);
		/* The program has no room for it, or is gone. */
		return there;
	}
	psock_is_held(ps, (pid_t)call->req.pid, there);
	return CALL_DONE;
}

long call_socket(struct call *call)
{
	struct server *server = call->session->server;
	int domain = call_int(call, 0), flags = call_int(call, 1), protocol = call_int(call, 2);
	int type = flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), sfd, fd;
	struct psock *ps;

	if (domain == AF_NETLINK)
		return CALL_CONTINUE;
	if (packet_may_listen(call->session, domain, type, protocol))
		return CALL_CONTINUE;
	sfd = skiff_socket(server->host, domain, type | SOCK_NONBLOCK, protocol);
	if (sfd < 0)
		return -errno;
	ps = psock_new(server, sfd, domain, type, protocol);
	if (!ps) {
		skiff_close(sfd);
		return -ENOMEM;
	}
	if (type == SOCK_STREAM) {
		fd = pair_fresh(ps, flags & SOCK_NONBLOCK);
	} else {
		ps->state = PSOCK_DATAGRAM;
		fd = pair_new(ps, SOCK_SEQPACKET, flags & SOCK_NONBLOCK);
	}
	if (fd < 0) {
		psock_close(ps);
		return fd;
	}
	if (hand_over(call, ps, fd, flags) != CALL_DONE)
		return -EMFILE;
	if (ps->state == PSOCK_FRESH)
		psock_is_alone(ps);
	return CALL_DONE;
}

static int bind_host(struct psock *ps, const struct sockaddr_storage *addr, socklen_t len)
{
	return skiff_bind(ps->sfd, (const struct sockaddr *)addr, len) ? -errno : 0;
}

long call_bind(struct call *call)
{
	struct psock *ps = call->ps;
	struct sockaddr_storage addr;
	int err = call_read_addr(call, call_arg(call, 1), call_int(call, 2), &addr);
	long result;

	if (err)
		return err;
	if (undo_named(call, &addr, call_int(call, 2), &result))
		return result;
	err = bind_host(ps, &addr, (socklen_t)call_int(call, 2));
	/* Nobody has told of those that were closed, and one of them may have it still. */
	if (err == -EADDRINUSE && ps->server->nr_alone) {
		psock_sweep(ps->server);
		err = bind_host(ps, &addr, (socklen_t)call_int(call, 2));
	}
	return err;
}

long call_listen(struct call *call)
{
	struct psock *ps = call->ps;
	int err;

	if (skiff_listen(ps->sfd, call_int(call, 1)))
		return -errno;
	if (ps->state == PSOCK_LISTENING)
		return 0;
	err = join(call);
	if (!err)
		err = pair_stuff(ps);
	if (err)
		return err;
	pair_tell_room(ps);
	/* Writing to it is EPIPE. */
	pair_shut(ps, SHUT_RD);
	ps->state = PSOCK_LISTENING;
	return 0;
}

/* The next connection, and from whom. Return: the host's descriptor or -errno. */
static int take_connection(struct psock *ps, struct sockaddr_storage *addr, socklen_t *len)
{
	int sfd = ps->spare;

	*len = sizeof(*addr);
	memset(addr, 0, sizeof(*addr));
	if (sfd >= 0) {
		ps->spare = -1;
		skiff_getpeername(sfd, (struct sockaddr *)addr, len);
		return sfd;
	}
	sfd = skiff_accept4(ps->sfd, (struct sockaddr *)addr, len, SOCK_NONBLOCK);
	return sfd < 0 ? -errno : sfd;
}

static bool more_connections(const struct psock *ps)
{
	struct pollfd p = { .fd = ps->sfd, .events = POLLIN };

	return ps->spare >= 0 || skiff_poll_fds(&p, 1, 0) > 0;
}

void listener_end_ready(struct psock *ps)
{
	if (ps->token && !pair_was_read(ps))
		return;
	ps->token = false;
	if (more_connections(ps))
		pair_give_token(ps);
}

void listener_host_ready(struct psock *ps)
{
	/* Who waits in accept() takes it, and its token would have to be taken away. */
	if (!list_empty(&ps->calls))
		calls_retry(ps);
	if (ps->sfd >= 0 && ps->state == PSOCK_LISTENING && more_connections(ps))
		pair_give_token(ps);
}

/* The call is gone: the connection is for the next one. */
static void put_back(struct psock *ps, int sfd)
{
	if (ps->spare >= 0)
		skiff_close(sfd);
	else
		ps->spare = sfd;
	pair_give_token(ps);
}

/* Only the pair goes: the connection stays. */
static void keep_connection(struct psock *ps, struct psock *new)
{
	int sfd = new->sfd;

	skiff_epoll_ctl(ps->server->sep, EPOLL_CTL_DEL, sfd, NULL);
	new->sfd = -1;
	put_back(ps, sfd);
	psock_close(new);
}

static long give_connection(struct call *call, int sfd, int flags)
{
	struct psock *ps = call->ps, *new;
	int fd, there;

	new = psock_new(ps->server, sfd, ps->domain, ps->type, ps->protocol);
	if (!new) {
		skiff_close(sfd);
		return -ENOMEM;
	}
	new->state = PSOCK_STREAM;
	new->accepted = true;
	new->sndbuf = ps->sndbuf;
	new->rcvbuf = ps->rcvbuf;
	fd = pair_new(new, SOCK_STREAM, flags & SOCK_NONBLOCK);
	if (fd < 0) {
		keep_connection(ps, new);
		return fd;
	}
	there = notify_answer_fd(call->session->watch.fd, call->req.id, fd,
				 flags & SOCK_CLOEXEC ? O_CLOEXEC : 0);
	close(fd);
	if (there < 0) {
		keep_connection(ps, new);
		return there == -ENOENT ? CALL_DONE : there;
	}
	psock_is_held(new, (pid_t)call->req.pid, there);
	pump_start(new);
	return CALL_DONE;
}

static long accept_with(struct call *call, int flags)
{
	struct psock *ps = call->ps;
	struct sockaddr_storage addr;
	socklen_t len;
	long ret;
	int sfd;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	sfd = take_connection(ps, &addr, &len);
	if (sfd == -EAGAIN) {
		pair_take_token(ps);
		return call_wait(call, SO_RCVTIMEO);
	}
	if (sfd < 0)
		return sfd;
	/* Before the program can look again. */
	if (more_connections(ps))
		pair_give_token(ps);
	else
		pair_take_token(ps);
	ret = call_write_addr(call, call_arg(call, 1), call_arg(call, 2), &addr, len);
	if (ret) {
		skiff_close(sfd);
		return ret;
	}
	return give_connection(call, sfd, flags);
}

long call_accept(struct call *call)
{
	return accept_with(call, 0);
}

long call_accept4(struct call *call)
{
	return accept_with(call, call_int(call, 3));
}

/* It is connected: the pump may start. */
static long connected(struct call *call)
{
	struct psock *ps = call->ps;
	int err = ps->state == PSOCK_CONNECTING ? 0 : join(call);

	if (err)
		return err;
	pair_unstuff(ps);
	pump_start(ps);
	return 0;
}

/* In another connect() than the one that began it, or in the same one again after a signal, too. */
static long wait_for_connection(struct call *call, long why)
{
	long ret = call_wait(call, SO_SNDTIMEO);

	if (!call->retry)
		call->result = why;
	return ret;
}

/* What is known of a connection that was just begun: POLL*, as the answer may be here already. */
static short early_answer(struct psock *ps)
{
	struct pollfd p = { .fd = ps->sfd, .events = POLLOUT };

	loop_settle(&ps->server->loop);
	return skiff_poll_fds(&p, 1, 0) > 0 ? p.revents : 0;
}

/* It was connected while connect() was being answered. Who would not wait is told as if it had not been. */
static long connected_at_once(struct call *call, const struct sockaddr_storage *addr, socklen_t len)
{
	struct psock *ps = call->ps;
	bool nonblock = call_nonblock(call);
	long err = connected(call);

	if (err)
		return err;
	if (nonblock)
		return -EINPROGRESS;
	return skiff_connect(ps->sfd, (const struct sockaddr *)addr, len) ? -errno : 0;
}

/*
 * There is no answer yet. A signal may interrupt who waits for it, and nobody tells us: so the pair is made to poll
 * nothing for them as well.
 */
static long connecting(struct call *call, long why)
{
	struct psock *ps = call->ps;
	int err;

	if (call->retry)
		return CALL_WAIT;
	err = ps->state == PSOCK_CONNECTING ? 0 : join(call);
	if (!err && ps->state != PSOCK_CONNECTING)
		err = pair_stuff(ps);
	if (err)
		return err;
	ps->state = PSOCK_CONNECTING;
	return call_nonblock(call) ? why : wait_for_connection(call, why);
}

static long connect_host(struct psock *ps, const struct sockaddr_storage *addr, socklen_t len)
{
	return skiff_connect(ps->sfd, (const struct sockaddr *)addr, len) ? -errno : 0;
}

static long connect_stream(struct call *call, const struct sockaddr_storage *addr, socklen_t len)
{
	struct psock *ps = call->ps;
	long ret = connect_host(ps, addr, len);
	short answer;

	answer = ret == -EINPROGRESS && !call->retry ? early_answer(ps) : 0;
	if (answer == POLLOUT)
		return connected_at_once(call, addr, len);
	if (answer && !call_nonblock(call)) {
		ret = connect_host(ps, addr, len);
		if (ps->state == PSOCK_FRESH)
			pair_tell_change(ps);
	}
	if (!ret && addr->ss_family == AF_UNSPEC && len >= sizeof(sa_family_t)) {
		pair_break(ps);
		return 0;
	}
	if (!ret)
		return ps->state == PSOCK_STREAM ? 0 : connected(call);
	if (ret != -EINPROGRESS && ret != -EALREADY) {
		if (ps->state == PSOCK_CONNECTING)
			pair_break(ps);
		/* Who has waited for it finds it as it was before. */
		if (call->retry && ps->state == PSOCK_IDLE && ps->end.fd < 0)
			pair_renew(call);
		return ret;
	}
	return connecting(call, ret);
}

long call_connect(struct call *call)
{
	struct psock *ps = call->ps;
	struct sockaddr_storage addr;
	int len = call_int(call, 2), err;
	long result;

	err = call_read_addr(call, call_arg(call, 1), len, &addr);
	if (err)
		return err;
	if (undo_named(call, &addr, len, &result))
		return result;
	if (ps->type == SOCK_STREAM)
		return connect_stream(call, &addr, (socklen_t)len);
	return skiff_connect(ps->sfd, (struct sockaddr *)&addr, (socklen_t)len) ? -errno : 0;
}

/* A connection that nobody waits for in connect() has come about or failed. */
void connect_host_ready(struct psock *ps, u32 events)
{
	if (events & (EPOLLERR | EPOLLHUP)) {
		pair_break(ps);
	} else if (events & EPOLLOUT) {
		pair_unstuff(ps);
		pump_start(ps);
	}
}

static long name_of(struct call *call, int (*get)(int fd, struct sockaddr *addr, socklen_t *len))
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int room, err;

	memset(&addr, 0, sizeof(addr));
	if (get(call->ps->sfd, (struct sockaddr *)&addr, &len))
		return -errno;
	if (call_arg(call, 1))
		return call_write_addr(call, call_arg(call, 1), call_arg(call, 2), &addr, len);
	err = task_read(call->task, &room, call_arg(call, 2), sizeof(room));
	if (err)
		return err;
	return room < 0 ? -EINVAL : room ? -EFAULT : 0;
}

long call_getsockname(struct call *call)
{
	return name_of(call, skiff_getsockname);
}

long call_getpeername(struct call *call)
{
	return name_of(call, skiff_getpeername);
}

static long shutdown_stream(struct psock *ps, int how)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (skiff_getpeername(ps->sfd, (struct sockaddr *)&addr, &len))
		return -errno;
	if ((how != SHUT_WR || ps->out_ended) &&
	    skiff_shutdown(ps->sfd, ps->out_ended ? how : SHUT_RD))
		return -errno;
	/* The program's directions are the other way round at our end. */
	pair_shut(ps, how == SHUT_RDWR ? how : how == SHUT_RD ? SHUT_WR : SHUT_RD);
	/* What was written goes before the end. */
	if (how != SHUT_RD) {
		ps->out_ending = true;
		pump_out(ps);
	}
	return 0;
}

/* It is closed, and polls so. */
static void listens_no_more(struct psock *ps)
{
	pair_unstuff(ps);
	pair_shut(ps, SHUT_RDWR);
	ps->state = PSOCK_IDLE;
}

long call_shutdown(struct call *call)
{
	struct psock *ps = call->ps;
	bool was_connecting = ps->type == SOCK_STREAM && ps->state != PSOCK_LISTENING;
	int how = call_int(call, 1), err;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (ps->state == PSOCK_STREAM) {
		err = shutdown_stream(ps, how);
		calls_retry(ps);
		return err;
	}
	if (ps->state == PSOCK_DATAGRAM)
		err = datagram_shutdown(ps, how);
	else
		err = skiff_shutdown(ps->sfd, how) ? -errno : 0;
	/* What waits in connect(), in accept() or in the pair learns of it. */
	if (!err && ps->state == PSOCK_CONNECTING)
		connect_host_ready(ps, EPOLLHUP);
	else if (!err && ps->state == PSOCK_LISTENING && how != SHUT_WR)
		listens_no_more(ps);
	if (!err && was_connecting)
		calls_drop(ps, -ECONNRESET);
	calls_retry(ps);
	return err;
}
