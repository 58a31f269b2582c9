// SPDX-License-Identifier: BSD-2-Clause
/* The calls that send. */
#include <netinet/tcp.h>

#include <skiff/sock.h>

#include "socket/message.h"
#include "socket/wait.h"

/* Flags that a program may not give, for they mean something inside of the stack. */
#define INTERNAL_FLAGS (MSG_BATCH | 0x10000 | 0x20000 | 0x80000)

/* Messages after which the host does its work at the latest: no queue is as short. */
#define SEND_BATCH 64

/**
 * struct send_call - a call under way
 * @m: where the data is; what is left of it
 * @done: bytes so far
 * @all: it waits until all of it is taken
 * @with_syn: the last of @done went with a SYN (RFC 7413) that was not answered yet
 */
struct send_call {
	struct skiff_msghdr *m;
	long done;
	bool all;
	bool with_syn;
};

/*
 * A call that connects, too, waits for that; without a connection none of its data has arrived.
 * Return: whether it has to go on waiting.
 */
static bool waits_for_answer(struct send_call *c, const struct sock *sk)
{
	unsigned int state = READ_ONCE(sk->sk_state);

	if (state == TCP_SYN_SENT || state == TCP_SYN_RECV)
		return true;
	c->with_syn = false;
	if (state == TCP_CLOSE)
		c->done = 0;
	return false;
}

/* The family takes what it has room for; a stream's sender goes on until all is taken. */
static long try_send(struct sfile *f, void *arg)
{
	struct send_call *c = (struct send_call *)arg;
	struct socket *sock = &f->sock;
	struct iov_iter_state before;
	long ret;

	if (unlikely(c->with_syn)) {
		if (waits_for_answer(c, sock->sk))
			return -EAGAIN;
		if (c->done && !msg_data_left(c->m))
			return c->done;
	}
	do {
		/* The next call tells why there is no more, when this one has sent something. */
		if (c->done && (READ_ONCE(sock->sk->sk_err) ||
				(READ_ONCE(sock->sk->sk_shutdown) & SEND_SHUTDOWN)))
			return c->done;
		iov_iter_save_state(&c->m->msg_iter, &before);
		ret = sock->ops->sendmsg(sock, c->m, msg_data_left(c->m));
		/* The SYN has left, and no data with it: that goes when it was answered. */
		if (ret == -EINPROGRESS && c->all)
			ret = -EAGAIN;
		c->m->msg_flags &= ~(unsigned int)MSG_FASTOPEN;
		if (ret < 0) {
			/* For the next attempt: it may have failed half-way. */
			iov_iter_restore(&c->m->msg_iter, &before);
			return ret;
		}
		c->done += ret;
		if (unlikely(c->all && READ_ONCE(sock->sk->sk_state) == TCP_SYN_SENT)) {
			c->with_syn = true;
			return -EAGAIN;
		}
	} while (c->all && msg_data_left(c->m));
	return c->done;
}

/* Wait to send. The protocol knows that: an answer that data will carry soon need not go by itself. */
static long wait_to_send(struct sfile *f, struct send_call *c, s64 timeout_ns)
{
	struct sock *sk = f->sock.sk;
	int more = timeout_ns && msg_data_left(c->m);
	long ret;

	__atomic_fetch_add(&sk->sk_write_pending, more, __ATOMIC_RELAXED);
	ret = wait_for_file(f, timeout_ns, try_send, c);
	__atomic_fetch_sub(&sk->sk_write_pending, more, __ATOMIC_RELAXED);
	return ret;
}

long send_message(struct sfile *f, struct skiff_msghdr *m, unsigned int flags)
{
	struct send_call c = { .m = m };
	bool wait = !(flags & MSG_DONTWAIT) && !sfile_nonblock(f);
	long ret;

	c.all = wait && f->sock.type == SOCK_STREAM;
	m->msg_flags = wait ? flags : flags | MSG_DONTWAIT;
	ret = try_send(f, &c);
	if (unlikely(ret == -EAGAIN))
		ret = wait_to_send(f, &c, wait ? f->sock.sk->sk_sndtimeo : 0);
	/* No more attempts: what they had of the program's memory is in the packets' hands alone. */
	net_zcopy_put(m->msg_ubuf);
	/* What was sent counts more than why there is no more. */
	return ret < 0 && c.done ? c.done : ret;
}

static ssize_t send_single(int fd, const void *buf, size_t len, int flags,
			   const struct sockaddr *addr, socklen_t addrlen)
{
	struct skiff_msghdr m = { .msg_name = NULL };
	struct sockaddr_storage copy;
	struct sfile *f;
	int err;
	long ret;

	f = sfile_get_socket(fd, &err);
	if (unlikely(!f))
		return skiff_result(err);
	ret = message_single(&m, ITER_SOURCE, (void *)(uintptr_t)buf, len);
	if (addr && !ret) {
		if (addrlen > sizeof(copy)) {
			ret = -EINVAL;
		} else {
			memcpy(&copy, addr, addrlen);
			m.msg_name = &copy;
			m.msg_namelen = (int)addrlen;
		}
	}
	if (!ret)
		ret = send_message(f, &m, (unsigned int)flags & ~(unsigned int)INTERNAL_FLAGS);
	sfile_put(f);
	return skiff_result(ret);
}

ssize_t skiff_send(int fd, const void *buf, size_t len, int flags)
{
	return send_single(fd, buf, len, flags, NULL, 0);
}

ssize_t skiff_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr,
		     socklen_t addrlen)
{
	return send_single(fd, buf, len, flags, addr, addrlen);
}

/* An epoll set can't be written to: Linux says EINVAL where a socket call says ENOTSOCK. */
static struct sfile *get_for_io(int fd, int *err)
{
	struct sfile *f = sfile_get_socket(fd, err);

	if (!f && *err == -ENOTSOCK)
		*err = -EINVAL;
	return f;
}

ssize_t skiff_write(int fd, const void *buf, size_t len)
{
	struct skiff_msghdr m = { .msg_name = NULL };
	struct sfile *f;
	int err;
	long ret;

	f = get_for_io(fd, &err);
	if (!f)
		return skiff_result(err);
	ret = message_single(&m, ITER_SOURCE, (void *)(uintptr_t)buf, len);
	if (!ret)
		ret = send_message(f, &m, 0);
	sfile_put(f);
	return skiff_result(ret);
}

ssize_t skiff_writev(int fd, const struct iovec *iov, int iovcnt)
{
	struct skiff_msghdr m = { .msg_name = NULL };
	struct sfile *f;
	int err;
	long ret;

	f = get_for_io(fd, &err);
	if (!f)
		return skiff_result(err);
	ret = message_pieces(&m, ITER_SOURCE, iov, iovcnt < 0 ? SIZE_MAX : (size_t)iovcnt, -EINVAL);
	if (!ret)
		ret = send_message(f, &m, 0);
	sfile_put(f);
	return skiff_result(ret);
}

static long send_one(struct sfile *f, const struct msghdr *msg, int flags)
{
	struct message call;
	long ret = message_to_send(&call, msg, f);

	if (!ret)
		ret = send_message(f, &call.m, (unsigned int)flags);
	message_exit(&call);
	return ret;
}

ssize_t skiff_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct sfile *f;
	int err;
	long ret;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	ret = send_one(f, msg, flags & ~INTERNAL_FLAGS);
	sfile_put(f);
	return skiff_result(ret);
}

/* After messages with MSG_BATCH. */
static void finish_batch(struct net *net)
{
	if (net_enter(net) == 0)
		net_unlock(net);
}

int skiff_sendmmsg(int fd, struct mmsghdr *vec, unsigned int vlen, int flags)
{
	unsigned int n = 0;
	struct sfile *f;
	int err;
	long ret = 0;

	f = sfile_get_socket(fd, &err);
	if (!f)
		return skiff_result(err);
	vlen = min(vlen, 1024u);
	flags &= ~INTERNAL_FLAGS;
	for (; n < vlen; n++) {
		bool more = n + 1 < vlen && (n + 1) % SEND_BATCH;

		ret = send_one(f, &vec[n].msg_hdr, more ? flags | MSG_BATCH : flags);
		if (ret < 0)
			break;
		vec[n].msg_len = (unsigned int)ret;
	}
	/* The last one would have done what those before it left. */
	if (ret < 0 && n)
		finish_batch(f->sock.net);
	sfile_put(f);
	return skiff_result(n ? (long)n : ret);
}
