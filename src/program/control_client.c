// SPDX-License-Identifier: BSD-2-Clause
/* Control sockets by name, and the asking end of one. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "program/control.h"

/* Connections that wait to be accepted; the kernel refuses more than somaxconn. */
#define BACKLOG 128

/* By way of the descriptor, since the path of a directory may be longer than an address has room for. */
static int make_address(struct sockaddr_un *sun, int dir, const char *name)
{
	int len;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	len = snprintf(sun->sun_path, sizeof(sun->sun_path), "/proc/self/fd/%d/%s", dir, name);
	return len < 0 || (size_t)len >= sizeof(sun->sun_path) ? -ENAMETOOLONG : 0;
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int control_socket_bind(int dir, const char *name)
{
	struct sockaddr_un sun;
	int err = make_address(&sun, dir, name), fd = err ? err : open_socket();

	if (fd < 0)
		return fd;
	/* The file takes the mode that the socket has, so it is never open to others. */
	if (fchmod(fd, 0600) || (unlinkat(dir, name, 0) && errno != ENOENT) ||
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) || listen(fd, BACKLOG)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int control_socket_connect(int dir, const char *name)
{
	struct sockaddr_un sun;
	int err = make_address(&sun, dir, name), fd = err ? err : open_socket();

	if (fd < 0)
		return fd;
	/* -EAGAIN is a full queue: that host accepts nobody. */
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Return: 0 when @events are there, -ETIMEDOUT. */
static int wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, CONTROL_PATIENCE * 1000);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

/* With a descriptor: this is sendmsg(), which the filter stops. */
static ssize_t send_with(int fd, int sent, char *request, size_t len)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { request, len };
	const struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(sent));
	memcpy(CMSG_DATA(cmsg), &sent, sizeof(sent));
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static int send_request(int fd, int sent, char *request)
{
	size_t len = strlen(request);
	int err = len > CONTROL_REQUEST_MAX ? -EMSGSIZE : wait_for(fd, POLLOUT);
	ssize_t n;

	if (err)
		return err;
	n = sent < 0 ? send(fd, request, len, MSG_NOSIGNAL) : send_with(fd, sent, request, len);
	return n < 0 ? -errno : 0;
}

static int receive_reply(int fd, char *reply)
{
	int err = wait_for(fd, POLLIN);
	ssize_t n;

	if (err)
		return err;
	n = recv(fd, reply, CONTROL_REPLY_MAX - 1, 0);
	if (n <= 0)
		return n ? -errno : -ECONNRESET;
	reply[n] = '\0';
	return 0;
}

/* Take the first line off. Return: 0 for "ok", -EREMOTEIO for "error", -EPROTO for anything else. */
static int take_verdict(char *reply)
{
	static const char ok[] = "ok\n", error[] = "error ";

	if (!strncmp(reply, ok, sizeof(ok) - 1)) {
		memmove(reply, reply + sizeof(ok) - 1, strlen(reply + sizeof(ok) - 1) + 1);
		return 0;
	}
	if (strncmp(reply, error, sizeof(error) - 1))
		return -EPROTO;
	memmove(reply, reply + sizeof(error) - 1, strlen(reply + sizeof(error) - 1) + 1);
	reply[strcspn(reply, "\n")] = '\0';
	return -EREMOTEIO;
}

static const char *reason(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return "the host does not answer";
	case -EPIPE:
	case -ECONNRESET:
		return "the host has gone";
	case -EPROTO:
		return "the host answers in another way than this version expects";
	default:
		return strerror(-err);
	}
}

static __printf(4, 0) int ask(int fd, int sent, char *reply, const char *fmt, va_list args)
{
	/* One more than is accepted, so that what is too long is found out. */
	char request[CONTROL_REQUEST_MAX + 2];
	int err;

	vsnprintf(request, sizeof(request), fmt, args);
	err = send_request(fd, sent, request);
	if (!err)
		err = receive_reply(fd, reply);
	if (!err)
		err = take_verdict(reply);
	if (err && err != -EREMOTEIO)
		snprintf(reply, CONTROL_REPLY_MAX, "%s", reason(err));
	return err == -EPIPE ? -ECONNRESET : err;
}

int control_ask(int fd, char *reply, const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = ask(fd, -1, reply, fmt, args);
	va_end(args);
	return err;
}

int control_ask_with(int fd, int sent, char *reply, const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = ask(fd, sent, reply, fmt, args);
	va_end(args);
	return err;
}
