// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls that receive and send. To skiff no socket blocks; a call of the script's that does is made
 * of attempts, each of which goes on where the last one ended.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skiff/ktime.h>
#include <skiff/sock.h>
#include <skiff/socket.h>

#include "adapter.h"
#include "socket/file.h"

#define PIECES_MAX 1024

/**
 * struct transfer - one call
 * @fd: skiff's socket
 * @msg: where from or to; what is left of it
 * @flags: MSG_*
 * @sends: which way
 * @plain: read() or write(), which are not what recv() and send() of nothing are
 * @done: bytes so far
 * @least: no end before so many, but for an error
 * @with_syn: the last of @done went with a SYN that was not answered yet
 * @pending: the protocol knows that it waits
 * @waits: it has been refused, and sleeps until there is room: more of it than an attempt needs
 * @pieces: a copy of the caller's once a part is done
 */
struct transfer {
	int fd;
	struct msghdr msg;
	int flags;
	bool sends;
	bool plain;
	size_t done;
	size_t least;
	bool with_syn;
	bool pending;
	bool waits;
	struct iovec *pieces;
};

static size_t bytes_left(const struct transfer *t)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->msg.msg_iovlen && i < PIECES_MAX; i++)
		sum += t->msg.msg_iov[i].iov_len;
	return sum;
}

static ssize_t once(struct transfer *t)
{
	int n = (int)t->msg.msg_iovlen;

	if (t->plain)
		return t->sends ? skiff_writev(t->fd, t->msg.msg_iov, n) :
				  skiff_readv(t->fd, t->msg.msg_iov, n);
	return t->sends ? skiff_sendmsg(t->fd, &t->msg, t->flags) :
			  skiff_recvmsg(t->fd, &t->msg, t->flags);
}

/* Leave out the first @n bytes. */
static void go_on_behind(struct transfer *t, size_t n)
{
	if (!t->pieces) {
		size_t size = t->msg.msg_iovlen * sizeof(struct iovec);

		t->pieces = (struct iovec *)malloc(size);
		if (!t->pieces)
			pd_die("no memory for %zu pieces", t->msg.msg_iovlen);
		memcpy(t->pieces, t->msg.msg_iov, size);
		t->msg.msg_iov = t->pieces;
	}
	while (n) {
		struct iovec *v = t->msg.msg_iov;
		size_t part = min(n, v->iov_len);

		v->iov_base = (char *)v->iov_base + part;
		v->iov_len -= part;
		n -= part;
		if (!v->iov_len && t->msg.msg_iovlen > 1) {
			t->msg.msg_iov++;
			t->msg.msg_iovlen--;
		}
	}
}

/* What would have woken the call: it polls as writable. */
static bool still_asleep(const struct transfer *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLOUT };

	return t->sends && t->waits && skiff_poll_fds(&p, 1, 0) == 0;
}

static int tcp_state(const struct transfer *t)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return skiff_getsockopt(t->fd, SOL_TCP, TCP_INFO, &info, &len) ? 0 : info.tcpi_state;
}

/* A call that connects, too, waits for that; without a connection none of its data has arrived. */
static bool waits_for_answer(struct transfer *t)
{
	int state = tcp_state(t);

	if (state == TCP_SYN_SENT || state == TCP_SYN_RECV)
		return true;
	t->with_syn = false;
	if (state == TCP_CLOSE)
		t->done = 0;
	return false;
}

static long attempt(void *arg)
{
	struct transfer *t = (struct transfer *)arg;

	if (t->with_syn) {
		if (waits_for_answer(t)) {
			errno = EAGAIN;
			return -1;
		}
		if (t->done && t->done >= t->least)
			return (long)t->done;
	}
	if (still_asleep(t)) {
		errno = EAGAIN;
		return -1;
	}
	for (;;) {
		ssize_t ret = once(t);

		if (ret < 0 && errno == EINPROGRESS && t->flags & MSG_FASTOPEN && t->least) {
			/* The SYN took no data: what is left to do is an ordinary write. */
			t->flags &= ~MSG_FASTOPEN;
			t->msg.msg_name = NULL;
			t->msg.msg_namelen = 0;
			errno = EAGAIN;
		}
		t->waits = ret < 0 && errno == EAGAIN;
		if (ret < 0)
			return t->done && errno != EAGAIN ? (long)t->done : -1;
		t->done += (size_t)ret;
		t->with_syn = t->sends && t->least && tcp_state(t) == TCP_SYN_SENT;
		t->flags &= ~MSG_FASTOPEN;
		if (!t->with_syn && (!ret || t->done >= t->least))
			return (long)t->done;
		go_on_behind(t, (size_t)ret);
		if (t->with_syn) {
			/* From here on it is an ordinary write. */
			t->msg.msg_name = NULL;
			t->msg.msg_namelen = 0;
			errno = EAGAIN;
			return -1;
		}
	}
}

/* To skiff no call waits: what it tells the protocol of those that do has to be told here. */
static void set_pending(struct transfer *t, bool pending)
{
	struct sfile *f;
	int err;

	if (pending == t->pending)
		return;
	f = sfile_get_socket(t->fd, &err);
	if (!f)
		return;
	f->sock.sk->sk_write_pending += pending ? 1 : -1;
	t->pending = pending;
	sfile_put(f);
}

static long try_transfer(void *arg)
{
	struct transfer *t = (struct transfer *)arg;
	long ret = attempt(arg);
	int err = errno;

	set_pending(t, ret < 0 && err == EAGAIN && t->sends && t->least && bytes_left(t));
	errno = err;
	return ret;
}

/* How much ends the call: all of what is sent; what SO_RCVLOWAT or MSG_WAITALL say of the other. */
static size_t least_of(const struct transfer *t)
{
	size_t room = bytes_left(t);
	int lowat = 1;
	socklen_t len = sizeof(lowat);

	if (t->sends || t->flags & MSG_WAITALL)
		return room;
	skiff_getsockopt(t->fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, &len);
	return min(room, (size_t)(lowat > 1 ? lowat : 1));
}

static ktime_t deadline_of(const struct pd *pd, const struct transfer *t)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);

	if (skiff_getsockopt(t->fd, SOL_SOCKET, t->sends ? SO_SNDTIMEO : SO_RCVTIMEO, &tv, &len) ||
	    (!tv.tv_sec && !tv.tv_usec))
		return KTIME_MAX;
	return skiff_clock_now(pd->clock) + tv.tv_sec * NSEC_PER_SEC + tv.tv_usec * NSEC_PER_USEC;
}

static long transfer(struct pd *pd, int fd, struct transfer *t)
{
	bool wait = pd_is_ours(pd, fd) && !pd->files[fd].nonblock &&
		    !(t->flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) &&
		    t->msg.msg_iovlen <= PIECES_MAX && (t->msg.msg_iov || !t->msg.msg_iovlen);
	long ret;

	t->fd = pd_fd(pd, fd);
	if (wait)
		t->least = least_of(t);
	ret = pd_wait(pd, wait, wait ? deadline_of(pd, t) : KTIME_MAX, try_transfer, t);
	set_pending(t, false);
	free(t->pieces);
	return ret < 0 && errno == EAGAIN && t->done ? (long)t->done : ret;
}

static long transfer_bytes(struct pd *pd, int fd, void *buf, size_t len, struct transfer *t)
{
	struct iovec piece = { .iov_base = buf, .iov_len = len };

	t->msg.msg_iov = &piece;
	t->msg.msg_iovlen = 1;
	return transfer(pd, fd, t);
}

long pd_recv_bytes(struct pd *pd, int fd, void *buf, size_t len, int flags)
{
	struct transfer t = { .flags = flags };

	return transfer_bytes(pd, fd, buf, len, &t);
}

long pd_send_bytes(struct pd *pd, int fd, const void *buf, size_t len, int flags)
{
	struct transfer t = { .flags = flags, .sends = true };

	return transfer_bytes(pd, fd, (void *)buf, len, &t);
}

static ssize_t pd_read(void *u, int fd, void *buf, size_t len)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .plain = true };

	if (!pd_is_ours(pd, fd))
		return pd_leave(pd, read(fd, buf, len));
	return pd_leave(pd, transfer_bytes(pd, fd, buf, len, &t));
}

static ssize_t pd_readv(void *u, int fd, const struct iovec *iov, int n)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .plain = true };

	if (!pd_is_ours(pd, fd))
		return pd_leave(pd, readv(fd, iov, n));
	t.msg.msg_iov = (struct iovec *)iov;
	t.msg.msg_iovlen = (size_t)n;
	return pd_leave(pd, transfer(pd, fd, &t));
}

static ssize_t pd_recv(void *u, int fd, void *buf, size_t len, int flags)
{
	struct pd *pd = pd_enter(u);

	return pd_leave(pd, pd_recv_bytes(pd, fd, buf, len, flags));
}

static ssize_t pd_recvfrom(void *u, int fd, void *buf, size_t len, int flags, struct sockaddr *addr,
			   socklen_t *addrlen)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .flags = flags };
	long ret;

	if (addr && addrlen) {
		t.msg.msg_name = addr;
		t.msg.msg_namelen = *addrlen;
	}
	ret = transfer_bytes(pd, fd, buf, len, &t);
	if (addr && addrlen)
		*addrlen = t.msg.msg_namelen;
	return pd_leave(pd, ret);
}

static ssize_t pd_recvmsg(void *u, int fd, struct msghdr *msg, int flags)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .msg = *msg, .flags = flags };
	long ret = transfer(pd, fd, &t);

	msg->msg_namelen = t.msg.msg_namelen;
	msg->msg_controllen = t.msg.msg_controllen;
	msg->msg_flags = t.msg.msg_flags;
	return pd_leave(pd, ret);
}

static ssize_t pd_write(void *u, int fd, const void *buf, size_t len)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .sends = true, .plain = true };

	if (!pd_is_ours(pd, fd))
		return pd_leave(pd, write(fd, buf, len));
	return pd_leave(pd, transfer_bytes(pd, fd, (void *)buf, len, &t));
}

static ssize_t pd_writev(void *u, int fd, const struct iovec *iov, int n)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .sends = true, .plain = true };

	if (!pd_is_ours(pd, fd))
		return pd_leave(pd, writev(fd, iov, n));
	t.msg.msg_iov = (struct iovec *)iov;
	t.msg.msg_iovlen = (size_t)n;
	return pd_leave(pd, transfer(pd, fd, &t));
}

static ssize_t pd_send(void *u, int fd, const void *buf, size_t len, int flags)
{
	struct pd *pd = pd_enter(u);

	return pd_leave(pd, pd_send_bytes(pd, fd, buf, len, flags));
}

static ssize_t pd_sendto(void *u, int fd, const void *buf, size_t len, int flags,
			 const struct sockaddr *addr, socklen_t addrlen)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .flags = flags, .sends = true };

	t.msg.msg_name = (void *)addr;
	t.msg.msg_namelen = addrlen;
	return pd_leave(pd, transfer_bytes(pd, fd, (void *)buf, len, &t));
}

static ssize_t pd_sendmsg(void *u, int fd, const struct msghdr *msg, int flags)
{
	struct pd *pd = pd_enter(u);
	struct transfer t = { .msg = *msg, .flags = flags, .sends = true };

	return pd_leave(pd, transfer(pd, fd, &t));
}

void pd_transfers(struct packetdrill_interface *ifc)
{
	ifc->read = pd_read;
	ifc->readv = pd_readv;
	ifc->recv = pd_recv;
	ifc->recvfrom = pd_recvfrom;
	ifc->recvmsg = pd_recvmsg;
	ifc->write = pd_write;
	ifc->writev = pd_writev;
	ifc->send = pd_send;
	ifc->sendto = pd_sendto;
	ifc->sendmsg = pd_sendmsg;
}
