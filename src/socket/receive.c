// SPDX-License-Identifier: BSD-2-Clause
/* The calls that receive. */
#include <time.h>

#include <skiff/ktime.h>
#include <skiff/sock.h>

#include "socket/message.h"
#include "socket/wait.h"

struct receive_call {
	struct skiff_msghdr *m;
	unsigned int flags;
	long done;
	long least;
};

/* What ended a stream is told by the next call, when this one has data. */
static bool stream_ended(const struct sock *sk)
{
	return READ_ONCE(sk->sk_err) || (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN);
}

/*
 * A stream's receiver goes on until it has what it asked for at least: all with MSG_WAITALL, else
 * SO_RCVLOWAT.
 */
static long try_receive(struct sfile *f, void *arg)
{
	struct receive_call *c = (struct receive_call *)arg;
	struct socket *sock = &f->sock;
	long ret;

	do {
		if (c->done && READ_ONCE(sock->sk->sk_err))
			return c->done;
		/* To a stream, MSG_MORE says that the call has read something already. */
		ret = sock->ops->recvmsg(sock, c->m, msg_data_left(c->m),
					 (int)(c->flags | (c->done ? MSG_MORE : 0)));
		if (ret < 0)
			return ret;
		c->done += ret;
	} while (c->done < c->least && ret && msg_data_left(c->m));
	return c->done;
}

/* With MSG_PEEK each attempt begins where the first one did. */
static long try_peek(struct sfile *f, void *arg)
{
	struct receive_call *c = (struct receive_call *)arg;
	struct socket *sock = &f->sock;
	struct iov_iter_state before;
	long ret;

	iov_iter_save_state(&c->m->msg_iter, &before);
	ret = sock->ops->recvmsg(sock, c->m, msg_data_left(c->m), (int)c->flags);
	if (ret <= 0 || ret >= c->least || stream_ended(sock->sk))
		return ret;
	c->done = ret;
	iov_iter_restore(&c->m->msg_iter, &before);
	return -EAGAIN;
}

static long least_bytes(const struct sfile *f, const struct skiff_msghdr *m, unsigned int flags)
{
	long room = (long)msg_data_left(m);

	if (f->sock.type != SOCK_STREAM || (flags & MSG_OOB))
		return 0;
	return flags & MSG_WAITALL ? room : min_t(long, READ_ONCE(f->sock.sk->sk_rcvlowat), room);
}

long receive_message(struct sfile *f, struct skiff_msghdr *m, unsigned int flags)
{
	wait_try_fn *try = flags & MSG_PEEK ? try_peek : try_receive;
	struct receive_call c = { .m = m };
	bool wait = !(flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) && !sfile_nonblock(f);
	long ret;

	flags &= ~(unsigned int)MSG_MORE;
	c.least = wait ? least_bytes(f, m, flags) : 0;
	c.flags = wait ? flags : flags | MSG_DONTWAIT;
	ret = try(f, &c);
	if (unlikely(ret == -EAGAIN) && wait && f->sock.type == SOCK_STREAM && !(flags & MSG_OOB) &&
	    !msg_data_left(m))
		return 0; /* no bytes of a stream are there at once */
	if (unlikely(ret == -EAGAIN))
		ret = wait_for_file(f, wait ? f->sock.sk->sk_rcvtimeo : 0, try, &c);
	return ret < 0 && c.done ? c.done : ret;
}

static long receive_address(struct skiff_msghdr *m, struct sfile *f, int flags,
			    struct sockaddr *addr, socklen_t *addrlen)
{
	struct sockaddr_storage from;
	long ret;

	m->msg_name = &from;
	ret = receive_message(f, m, (unsigned int)flags);
	if (ret < 0)
		return ret;
	if (!addrlen)
		return -EFAULT;
	if ((int)*addrlen < 0)
		return -EINVAL;
	memcpy(addr, &from, min((size_t)*addrlen, (size_t)m->msg_namelen));
	*addrlen = (socklen_t)m->msg_namelen;
	return ret;
}

static ssize_t receive_single(struct sfile *f, int err, void *buf, size_t len, int flags,
			      struct sockaddr *addr, socklen_t *addrlen)
{
	struct skiff_msghdr m = { .msg_name = NULL };
	long ret;

	if (unlikely(!f))
		return skiff_result(err);
	ret = message_single(&m, ITER_DEST, buf, len);
	if (!ret)
		ret = addr ? receive_address(&m, f, flags, addr, addrlen) :
			     receive_message(f, &m, (unsigned int)flags);
	sfile_put(f);
	return skiff_result(ret);
}

ssize_t skiff_recv(int fd, void *buf, size_t len, int flags)
{
	return skiff_recvfrom(fd, buf, len, flags, NULL, NULL);
}

ssize_t skiff_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr,
		       socklen_t *addrlen)
{
	int err = 0;
	struct sfile *f = sfile_get_socket(fd, &err);

	return receive_single(f, err, buf, len, flags, addr, addrlen);
}

/* An epoll set can't be read from: Linux says EINVAL where a socket call says ENOTSOCK. */
static struct sfile *get_for_io(int fd, int *err)
{
	struct sfile *f = sfile_get_socket(fd, err);

	if (!f && *err == -ENOTSOCK)
		*err = -EINVAL;
	return f;
}

ssize_t skiff_read(int fd, void *buf, size_t len)
{
	int err = 0;
	struct sfile *f = get_for_io(fd, &err);

	/* As on Linux, reading nothing does not take a datagram away. */
	if (f && !len) {
		sfile_put(f);
		return 0;
	}
	return receive_single(f, err, buf, len, 0, NULL, NULL);
}

ssize_t skiff_readv(int fd, const struct iovec *iov, int iovcnt)
{
	struct skiff_msghdr m = { .msg_name = NULL };
	struct sfile *f;
	int err;
	long ret;

	f = get_for_io(fd, &err);
	if (!f)
		return skiff_result(err);
	ret = message_pieces(&m, ITER_DEST, iov, iovcnt < 0 ? SIZE_MAX : (size_t)iovcnt, -EINVAL);
	if (!ret && msg_data_left(&m))
		ret = receive_message(f, &m, 0);
	sfile_put(f);
	return skiff_result(ret);
}

static long receive_one(struct sfile *f, struct msghdr *msg, int flags)
{
	struct message call;
	long ret = message_to_receive(&call, msg);

	if (ret)
		return ret;
	call.m.msg_flags = (unsigned int)flags & MSG_CMSG_CLOEXEC;
	ret = receive_message(f, &call.m, (unsigned int)flags);
	if (ret >= 0)
		message_received(&call, msg);
	return ret;
}

ssize_t skiff_recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct sfile *f;
	int err;
	long ret;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	ret = receive_one(f, msg, flags);
	sfile_put(f);
	return skiff_result(ret);
}

static long receive_many(struct sfile *f, struct mmsghdr *vec, unsigned int vlen, int flags,
			 ktime_t deadline)
{
	unsigned int n = 0;
	long ret = 0;

	while (n < vlen) {
		ret = receive_one(f, &vec[n].msg_hdr, flags & ~MSG_WAITFORONE);
		if (ret < 0)
			break;
		vec[n++].msg_len = (unsigned int)ret;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (vec[n - 1].msg_hdr.msg_flags & MSG_OOB)
			break;
		if (deadline != KTIME_MAX && skiff_net_now(f->sock.net) >= deadline)
			break;
	}
	if (!n)
		return ret;
	/* The error is told by the next call, when it is one. */
	if (ret < 0 && ret != -EAGAIN)
		WRITE_ONCE(f->sock.sk->sk_err, (int)-ret);
	return n;
}

static bool good_time(const struct timespec *t)
{
	return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < NSEC_PER_SEC;
}

static ktime_t deadline_of(const struct net *net, const struct timespec *t)
{
	s64 sec = t ? t->tv_sec : KTIME_MAX;

	if (sec > KTIME_MAX / NSEC_PER_SEC / 2)
		return KTIME_MAX;
	return skiff_net_now(net) + sec * NSEC_PER_SEC + t->tv_nsec;
}

int skiff_recvmmsg(int fd, struct mmsghdr *vec, unsigned int vlen, int flags,
		   struct timespec *timeout)
{
	ktime_t deadline, left;
	struct sfile *f;
	int err;
	long ret;

	if (timeout && !good_time(timeout))
		return skiff_result(-EINVAL);
	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	/* Linux tells a pending error before it receives, so that what the last call left is heard. */
	ret = sock_error(f->sock.sk);
	if (!ret) {
		deadline = deadline_of(f->sock.net, timeout);
		ret = receive_many(f, vec, min(vlen, 1024u), flags, deadline);
		if (deadline != KTIME_MAX && ret >= 0) {
			left = max(deadline - skiff_net_now(f->sock.net), (ktime_t)0);
			timeout->tv_sec = (time_t)(left / NSEC_PER_SEC);
			timeout->tv_nsec = (long)(left % NSEC_PER_SEC);
		}
	}
	sfile_put(f);
	return skiff_result(ret);
}
