// SPDX-License-Identifier: BSD-2-Clause
/* Clients of a control socket: accepted when they may, answered one message at a time, and dropped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "program/control_host.h"

/* Linux 6.5; older headers don't have it. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* Clients that are accepted at a time, before others have their turn. */
#define ACCEPT_BATCH 16

s64 control_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

void control_look_idle(struct control *control)
{
	const struct client *c;

	if (control->nr_sessions || !control->ops->idle)
		return;
	/* The analyzer does not see that a freed entry has left the list. */
	list_for_each_entry(c, &control->clients, list)
		if (c->state != CLIENT_WAITING) /* NOLINT(clang-analyzer-unix.Malloc) */
			return;
	control->ops->idle(control->host);
}

static void set_timer(struct control *control, bool on)
{
	struct itimerspec second = { .it_value.tv_sec = on, .it_interval.tv_sec = on };

	timerfd_settime(control->timer, 0, &second, NULL);
}

static void client_destroy(struct client *c)
{
	struct control *control = c->control;

	if (c->fd >= 0)
		control->ops->unwatch(control->host, c->fd);
	list_del(&c->list);
	if (!--control->nr_clients)
		set_timer(control, false);
	image_close(&c->image);
	free(c->lines);
	if (c->pidfd >= 0)
		close(c->pidfd);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* A client that does not take its reply at once gets none: nobody waits for it. */
static bool send_reply(const struct client *c, const char *reply, size_t len)
{
	return send(c->fd, reply, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

/* Return: whether the client stays. */
static bool answer(struct client *c, char *request, size_t len)
{
	bool stays = false;
	char *reply;
	size_t size;
	FILE *out = open_memstream(&reply, &size);

	if (!out)
		return false;
	if (len > CONTROL_REQUEST_MAX || strlen(request) != len)
		fputs("error this is no request\n", out);
	else
		stays = control_answer(c, request, out);
	if (fclose(out))
		return false;
	stays = send_reply(c, reply, min_t(size_t, size, CONTROL_REPLY_MAX - 1)) && stays;
	free(reply);
	return stays;
}

/* As recv(); a descriptor that comes along is c->sent. More than one does not get in. */
static ssize_t receive(struct client *c, char *request, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { request, size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *cmsg = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&c->sent, CMSG_DATA(cmsg), sizeof(int));
	return n;
}

static void client_ready(void *arg, u32 events)
{
	char request[CONTROL_REQUEST_MAX + 1];
	struct client *c = arg;
	struct control *control = c->control;
	ssize_t n = receive(c, request, sizeof(request) - 1);
	bool stays;

	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !(events & (EPOLLHUP | EPOLLERR)))
		return;
	if (n > 0)
		request[min_t(size_t, (size_t)n, CONTROL_REQUEST_MAX)] = '\0';
	stays = n > 0 && answer(c, request, (size_t)n);
	if (c->sent >= 0)
		close(c->sent);
	c->sent = -1;
	if (stays)
		return;
	client_destroy(c);
	control_look_idle(control);
}

/* Drop those whose time is over. */
static void tick(void *arg, u32 events)
{
	struct control *control = arg;
	struct client *c, *next;
	s64 now = control_now();
	u64 ticks;

	if (read(control->timer, &ticks, sizeof(ticks)) < 0)
		return;
	list_for_each_entry_safe(c, next, &control->clients, list)
		if (c->state != CLIENT_WAITING && now >= c->deadline)
			client_destroy(c);
	control_look_idle(control);
}

/* Only this user, and root, who could help himself anyway. */
static int check_peer(struct client *c)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return -errno;
	if (peer.uid != geteuid() && peer.uid)
		return -EPERM;
	c->pid = peer.pid;
	len = sizeof(c->pidfd);
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERPIDFD, &c->pidfd, &len))
		c->pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	/* Who is gone already may still want to know something, but has no program. */
	return 0;
}

int control_add_client(struct control *control, int fd)
{
	struct client *c;
	int err;

	if (control->nr_clients >= CONTROL_MAX_CLIENTS)
		return -EUSERS;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->control = control;
	c->fd = fd;
	c->pidfd = c->sent = -1;
	image_init(&c->image);
	c->deadline = control_now() + CONTROL_PATIENCE;
	err = check_peer(c);
	if (!err)
		err = control->ops->watch(control->host, fd, EPOLLIN, client_ready, c);
	if (err) {
		if (c->pidfd >= 0)
			close(c->pidfd);
		free(c);
		return err;
	}
	list_add_tail(&c->list, &control->clients);
	if (!control->nr_clients++)
		set_timer(control, true);
	return 0;
}

static void turn_away(int fd, int err)
{
	static const char busy[] = "error the host has too many clients at the moment\n";
	static const char other[] = "error the host belongs to another user\n";
	const char *reply = err == -EPERM ? other : busy;

	send(fd, reply, strlen(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void somebody_connects(void *arg, u32 events)
{
	struct control *control = arg;

	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int fd = accept4(control->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), err;

		if (fd < 0)
			return;
		err = control_add_client(control, fd);
		if (err)
			turn_away(fd, err);
	}
}

/* Who waits for the host's end sees it when the kernel closes the connection, with the process. */
static void client_leave(struct client *c)
{
	if (c->state == CLIENT_WAITING) {
		c->control->ops->unwatch(c->control->host, c->fd);
		c->fd = -1;
	}
	client_destroy(c);
}

struct control *control_create(const struct control_ops *ops, void *host)
{
	struct control *control = calloc(1, sizeof(*control));
	int err;

	if (!control)
		return NULL;
	control->ops = ops;
	control->host = host;
	control->socket = -1;
	control->begun = control_now();
	INIT_LIST_HEAD(&control->clients);
	INIT_LIST_HEAD(&control->sessions);
	control->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	err = control->timer < 0 ? -errno :
				   ops->watch(host, control->timer, EPOLLIN, tick, control);
	if (!err)
		return control;
	if (control->timer >= 0)
		close(control->timer);
	free(control);
	errno = -err;
	return NULL;
}

int control_listen(struct control *control, int socket)
{
	int err = control->ops->watch(control->host, socket, EPOLLIN, somebody_connects, control);

	if (!err)
		control->socket = socket;
	return err;
}

unsigned int control_nr_sessions(const struct control *control)
{
	return control->nr_sessions;
}

void control_destroy(struct control *control)
{
	struct control_session *s, *next_session;
	struct client *c, *next_client;

	if (!control)
		return;
	list_for_each_entry_safe(c, next_client, &control->clients, list)
		client_leave(c);
	list_for_each_entry_safe(s, next_session, &control->sessions, list)
		control_session_destroy(s);
	if (control->socket >= 0) {
		control->ops->unwatch(control->host, control->socket);
		close(control->socket);
	}
	control->ops->unwatch(control->host, control->timer);
	close(control->timer);
	free(control);
}
