// SPDX-License-Identifier: BSD-2-Clause
/* Calls about connections and options. */
#include <skiff/ktime.h>
#include <skiff/socket.h>

#include "adapter.h"

static int pd_socket(void *u, int domain, int type, int protocol)
{
	struct pd *pd = pd_enter(u);
	int fd = skiff_socket(pd->net, domain, type | SOCK_NONBLOCK, protocol);

	return (int)pd_leave(pd, pd_install(pd, fd, (type & SOCK_NONBLOCK) != 0));
}

static int pd_bind(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct pd *pd = pd_enter(u);

	return (int)pd_leave(pd, skiff_bind(pd_fd(pd, fd), addr, len));
}

static int pd_listen(void *u, int fd, int backlog)
{
	struct pd *pd = pd_enter(u);
	int ret = skiff_listen(pd_fd(pd, fd), backlog);

	pd_report_sockets(pd);
	return (int)pd_leave(pd, ret);
}

/* SO_RCVTIMEO or SO_SNDTIMEO as an instant. */
static ktime_t deadline(const struct pd *pd, int fd, int option)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);

	if (skiff_getsockopt(fd, SOL_SOCKET, option, &tv, &len) || (!tv.tv_sec && !tv.tv_usec))
		return KTIME_MAX;
	return skiff_clock_now(pd->clock) + tv.tv_sec * NSEC_PER_SEC + tv.tv_usec * NSEC_PER_USEC;
}

/**
 * struct connecting - accept() or connect()
 * @fd: skiff's socket
 * @addr: whose address, or to whom
 * @len: bytes there
 * @addrlen: the same for accept()
 * @begun: an attempt has sent a SYN
 */
struct connecting {
	int fd;
	struct sockaddr *addr;
	const struct sockaddr *to;
	socklen_t len;
	socklen_t *addrlen;
	bool begun;
};

static long try_accept(void *arg)
{
	const struct connecting *c = (const struct connecting *)arg;

	return skiff_accept4(c->fd, c->addr, c->addrlen, SOCK_NONBLOCK);
}

static int pd_accept(void *u, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct pd *pd = pd_enter(u);
	struct connecting c = { .fd = pd_fd(pd, fd), .addr = addr, .addrlen = len };
	bool wait = pd_is_ours(pd, fd) && !pd->files[fd].nonblock;
	int new = (int)pd_wait(pd, wait, deadline(pd, c.fd, SO_RCVTIMEO), try_accept, &c);

	return (int)pd_leave(pd, pd_install(pd, new, false));
}

static long try_connect(void *arg)
{
	struct connecting *c = (struct connecting *)arg;
	int ret = skiff_connect(c->fd, c->to, c->len);

	if (ret == 0)
		return 0;
	if (errno == EISCONN && c->begun)
		return 0;
	if (errno == EINPROGRESS || errno == EALREADY) {
		c->begun = true;
		errno = EAGAIN;
	}
	return -1;
}

static int pd_connect(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct pd *pd = pd_enter(u);
	struct connecting c = { .fd = pd_fd(pd, fd), .to = addr, .len = len };
	int ret;

	if (pd_is_ours(pd, fd) && !pd->files[fd].nonblock) {
		ret = (int)pd_wait(pd, true, deadline(pd, c.fd, SO_SNDTIMEO), try_connect, &c);
		if (ret < 0 && errno == EAGAIN && c.begun)
			errno = EINPROGRESS;
	} else {
		ret = skiff_connect(c.fd, addr, len);
	}
	return (int)pd_leave(pd, ret);
}

static int pd_shutdown(void *u, int fd, int how)
{
	struct pd *pd = pd_enter(u);

	return (int)pd_leave(pd, skiff_shutdown(pd_fd(pd, fd), how));
}

static int pd_getsockopt(void *u, int fd, int level, int name, void *val, socklen_t *len)
{
	struct pd *pd = pd_enter(u);

	return (int)pd_leave(pd, skiff_getsockopt(pd_fd(pd, fd), level, name, val, len));
}

static int pd_setsockopt(void *u, int fd, int level, int name, const void *val, socklen_t len)
{
	struct pd *pd = pd_enter(u);

	return (int)pd_leave(pd, skiff_setsockopt(pd_fd(pd, fd), level, name, val, len));
}

void pd_calls(struct packetdrill_interface *ifc)
{
	ifc->socket = pd_socket;
	ifc->bind = pd_bind;
	ifc->listen = pd_listen;
	ifc->accept = pd_accept;
	ifc->connect = pd_connect;
	ifc->shutdown = pd_shutdown;
	ifc->getsockopt = pd_getsockopt;
	ifc->setsockopt = pd_setsockopt;
}
