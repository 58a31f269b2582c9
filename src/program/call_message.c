// SPDX-License-Identifier: BSD-2-Clause
/* Calls that send and receive with addresses, flags or control messages. */
#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "program/program.h"

/* Control messages of one call; Linux's limit is net.core.optmem_max. */
#define CONTROL_MAX 20480

/* Data of one call; more is taken in a further one. */
#define DATA_MAX (SCRATCH_SIZE - CONTROL_MAX)

/* Flags that change nothing about how a stream's bytes go through the pair. */
#define PLAIN_SEND (MSG_DONTWAIT | MSG_NOSIGNAL)

/**
 * struct message - a program's message, brought here
 * @head: as it is in the program, with the program's pointers
 * @iov: the program's own vector
 * @addr: the address, to send to
 * @local: for the host's calls: points to @addr and the server's scratch memory
 * @data: of that
 */
struct message {
	struct msghdr head;
	struct iovec iov[UIO_MAXIOV];
	struct sockaddr_storage addr;
	struct msghdr local;
	struct iovec data;
};

/* 0; -EINVAL for a piece that would begin at the end of memory. */
static int check_vector(const struct message *m)
{
	for (size_t i = 0; i < m->head.msg_iovlen; i++)
		if (m->iov[i].iov_len > SSIZE_MAX)
			return -EINVAL;
	return 0;
}

/* Without an address nobody looks at its length. */
static int fetch_head(struct call *call, u64 at, struct message *m)
{
	int err = task_read(call->task, &m->head, at, sizeof(m->head));

	if (err)
		return err;
	if (m->head.msg_name && (int)m->head.msg_namelen < 0)
		return -EINVAL;
	if (m->head.msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	err = task_read(call->task, m->iov, (u64)(uintptr_t)m->head.msg_iov,
			m->head.msg_iovlen * sizeof(struct iovec));
	return err ? err : check_vector(m);
}

/* An address of no bytes is none, and of a long one the beginning counts: only sendto() is particular about it. */
static int fetch_head_to_send(struct call *call, u64 at, struct message *m)
{
	int err = fetch_head(call, at, m);

	if (err)
		return err;
	if (!m->head.msg_namelen)
		m->head.msg_name = NULL;
	m->head.msg_namelen = min_t(socklen_t, m->head.msg_namelen, sizeof(m->addr));
	return 0;
}

/* sendto() and recvfrom() are messages of one piece. */
static void head_of_one(struct call *call, struct message *m)
{
	m->iov[0] = (struct iovec){ (void *)(uintptr_t)call_arg(call, 1), call_arg(call, 2) };
	m->head = (struct msghdr){ .msg_iov = m->iov, .msg_iovlen = 1 };
	m->head.msg_name = (void *)(uintptr_t)call_arg(call, 4);
}

static size_t length_of(const struct message *m)
{
	size_t sum = 0;

	for (size_t i = 0; i < m->head.msg_iovlen; i++)
		if (__builtin_add_overflow(sum, m->iov[i].iov_len, &sum))
			return SSIZE_MAX;
	return sum;
}

static void local_form(struct call *call, struct message *m)
{
	char *scratch = call->session->server->scratch;

	m->data = (struct iovec){ scratch, 0 };
	m->local = (struct msghdr){ .msg_iov = &m->data, .msg_iovlen = 1 };
	if (m->head.msg_controllen)
		m->local.msg_control = scratch + DATA_MAX;
}

/* Go on behind the first @done bytes. */
static void advance(struct message *m, size_t done)
{
	size_t n = 0;

	while (n < m->head.msg_iovlen && done >= m->iov[n].iov_len)
		done -= m->iov[n++].iov_len;
	memmove(m->iov, m->iov + n, (m->head.msg_iovlen - n) * sizeof(m->iov[0]));
	m->head.msg_iovlen -= n;
	if (m->head.msg_iovlen) {
		m->iov[0].iov_base = (char *)m->iov[0].iov_base + done;
		m->iov[0].iov_len -= done;
	}
}

/* Bring data, address and control messages here. Return: 0 or -errno. */
static long fetch_to_send(struct call *call, struct message *m, size_t total)
{
	ssize_t got;
	int err;

	local_form(call, m);
	if (m->head.msg_name) {
		err = call_read_addr(call, (u64)(uintptr_t)m->head.msg_name,
				     (int)m->head.msg_namelen, &m->addr);
		if (err)
			return err;
		m->local.msg_name = &m->addr;
		m->local.msg_namelen = m->head.msg_namelen;
	}
	if (m->head.msg_controllen > CONTROL_MAX)
		return -ENOBUFS;
	err = task_read(call->task, m->local.msg_control, (u64)(uintptr_t)m->head.msg_control,
			m->head.msg_controllen);
	if (err)
		return err;
	m->local.msg_controllen = m->head.msg_controllen;
	m->data.iov_len = total < DATA_MAX ? total : DATA_MAX;
	got = task_gather(call->task, m->data.iov_base, m->data.iov_len, m->iov,
			  (int)m->head.msg_iovlen);
	if (got < 0)
		return got;
	return (size_t)got == m->data.iov_len ? 0 : -EFAULT;
}

/* Nothing more goes now. @err: why */
static long sending_stops(struct call *call, int flags, long err)
{
	if (err == -EAGAIN && !(flags & MSG_DONTWAIT))
		err = call_wait(call, SO_SNDTIMEO);
	if (err == CALL_WAIT)
		return CALL_WAIT;
	if (call->done)
		return (long)call->done;
	/* A stream that has ended, unless it was asked to be spared the signal. */
	call->broken_pipe = err == -EPIPE && call->ps->type == SOCK_STREAM &&
			    !(flags & MSG_NOSIGNAL);
	return err;
}

/* The host's call for what is left of the message. Return: bytes, or -errno. */
static long send_rest(struct call *call, struct message *m, int flags, size_t left)
{
	long ret = fetch_to_send(call, m, left);

	if (ret)
		return ret;
	/* The bytes lie in memory that is used again at once. */
	flags = (flags & ~MSG_ZEROCOPY) | MSG_DONTWAIT | MSG_NOSIGNAL;
	ret = skiff_sendmsg(call->ps->sfd, &m->local, flags);
	return ret < 0 ? -errno : ret;
}

/* The caller has begun it before, and was interrupted. Return: whether it is all sent. */
static bool was_sent(struct call *call, struct message *m, size_t total)
{
	bool is_summed;

	call->total = total;
	call->in_scratch = false;
	if (call->sends || !undo_find_sent(call, &is_summed))
		return false;
	if (is_summed && fetch_to_send(call, m, total))
		return false;
	undo_go_on(call);
	return call->done && call->done >= total;
}

/* Datagrams go whole, streams as far as there is room, and then the rest. */
static long send_message(struct call *call, struct message *m, int flags)
{
	bool stream = call->ps->type == SOCK_STREAM;
	size_t total = length_of(m);
	long ret;

	if (!stream && total > DATA_MAX)
		return -EMSGSIZE;
	if (was_sent(call, m, total))
		return (long)call->done;
	advance(m, call->done);
	for (;;) {
		ret = send_rest(call, m, flags, total - call->done);
		if (ret < 0)
			return sending_stops(call, flags, ret);
		call->in_scratch = !call->done;
		call->sends = true;
		call->done += (u64)ret;
		if (!stream || call->done >= total)
			return (long)call->done;
		advance(m, (size_t)ret);
	}
}

/* A stream that is connected, or was: the pair has its data. */
static bool is_carried(const struct psock *ps)
{
	return ps->type == SOCK_STREAM && (ps->state == PSOCK_STREAM || ps->in_ended);
}

/*
 * What the kernel can do with the pair as well: the stream is connected, or was. Bytes that the program
 * wrote before go first. Return: CALL_CONTINUE; 0 when the host is to do it; or what to answer.
 */
static long send_by_pair(struct call *call, int flags, bool plain)
{
	struct psock *ps = call->ps;

	if (ps->type != SOCK_STREAM)
		return 0;
	if (flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	if (plain && is_carried(ps))
		return CALL_CONTINUE;
	if (ps->state == PSOCK_STREAM && !pump_out(ps) && ps->out)
		return sending_stops(call, flags, -EAGAIN);
	return 0;
}

/* A connected stream has a peer: TCP does not look at another address, if there is one at all. 0 or -errno. */
static int ignore_address(const struct call *call, struct message *m)
{
	int err = 0;

	if (call->ps->type != SOCK_STREAM)
		return 0;
	if (m->head.msg_name)
		err = call_read_addr(call, (u64)(uintptr_t)m->head.msg_name,
				     (int)m->head.msg_namelen, &m->addr);
	m->head.msg_name = NULL;
	return err;
}

long call_sendto(struct call *call)
{
	struct message m;
	int flags = call_int(call, 3);
	long ret = send_by_pair(call, flags, !call_arg(call, 4) && !(flags & ~PLAIN_SEND));

	if (ret)
		return ret;
	head_of_one(call, &m);
	m.head.msg_namelen = (socklen_t)call_int(call, 5);
	if (m.head.msg_name && call_int(call, 5) < 0)
		return -EINVAL;
	ret = ignore_address(call, &m);
	return ret ? ret : send_message(call, &m, flags);
}

long call_sendmsg(struct call *call)
{
	struct message m;
	int flags = call_int(call, 2), err = fetch_head_to_send(call, call_arg(call, 1), &m);
	long ret;

	if (err)
		return err;
	ret = send_by_pair(call, flags,
			   !m.head.msg_controllen && !m.head.msg_name && !(flags & ~PLAIN_SEND));
	if (!ret)
		ret = ignore_address(call, &m);
	return ret ? ret : send_message(call, &m, flags);
}

/*
 * One message of a vector, or the rest of one: of a stream all of it, before the next may follow. Return: 0 or -errno,
 * also -EAGAIN; never waits.
 */
static long send_of_vector(struct call *call, u64 at, int flags)
{
	bool stream = call->ps->type == SOCK_STREAM;
	struct message m;
	size_t total;
	long ret = fetch_head_to_send(call, at, &m);
	u32 sent;

	if (!ret)
		ret = ignore_address(call, &m);
	if (ret)
		return ret;
	total = length_of(&m);
	advance(&m, call->part);
	do {
		ret = send_rest(call, &m, flags, total - call->part);
		if (ret < 0)
			break;
		call->sends = true;
		call->part += (u64)ret;
		advance(&m, (size_t)ret);
	} while (stream && call->part < total);
	if (ret < 0 && !call->part)
		return ret;
	sent = (u32)call->part;
	at += offsetof(struct mmsghdr, msg_len);
	return task_write(call->task, at, &sent, sizeof(sent)) ?: min_t(long, ret, 0);
}

/* Nothing more goes now. A part of a message counts as one, and is the last. */
static long vector_stops(struct call *call, int flags, long err)
{
	long ret = sending_stops(call, flags, err);

	if (ret == CALL_WAIT || !call->part)
		return ret;
	call->broken_pipe = false;
	return (long)call->done + 1;
}

long call_sendmmsg(struct call *call)
{
	u64 at = call_arg(call, 1);
	u32 n = (u32)call_arg(call, 2);
	int flags = call_int(call, 3);
	long ret = send_by_pair(call, flags, !(flags & ~PLAIN_SEND));
	bool is_summed;

	if (ret)
		return ret;
	if (!call->sends && undo_find_sent(call, &is_summed))
		undo_go_on(call);
	for (n = n < UIO_MAXIOV ? n : UIO_MAXIOV; call->done < n; call->done++) {
		ret = send_of_vector(call, at + call->done * sizeof(struct mmsghdr), flags);
		if (ret < 0)
			return vector_stops(call, flags, ret);
		call->part = 0;
	}
	return (long)call->done;
}

static bool recv_by_pair(const struct psock *ps, int flags)
{
	return is_carried(ps) && !(flags & (MSG_ERRQUEUE | MSG_TRUNC));
}

static bool wants_inq(const struct psock *ps)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return ps->type == SOCK_STREAM &&
	       !skiff_getsockopt(ps->sfd, IPPROTO_TCP, TCP_INQ, &on, &len) && on;
}

/* How much is left to be read goes along, if there is room for that. */
static void add_inq(struct psock *ps, struct message *m)
{
	struct cmsghdr *cmsg;
	int left = 0;

	if (m->head.msg_controllen < m->local.msg_controllen + CMSG_SPACE(sizeof(int)))
		return;
	cmsg = (struct cmsghdr *)((char *)m->local.msg_control + m->local.msg_controllen);
	skiff_ioctl(ps->sfd, FIONREAD, &left);
	left += pair_unread(ps, true);
	*cmsg = (struct cmsghdr){ CMSG_LEN(sizeof(int)), IPPROTO_TCP, TCP_CM_INQ };
	memcpy(CMSG_DATA(cmsg), &left, sizeof(left));
	m->local.msg_controllen += CMSG_SPACE(sizeof(int));
}

/* When it was received goes along as well, cut if there is no room for all of it. */
static void add_stamp(const struct psock_stamp *stamp, struct message *m)
{
	size_t room = m->head.msg_controllen, len = room < stamp->len ? room : stamp->len;
	struct cmsghdr *cmsg = m->local.msg_control;

	if (len < stamp->len)
		m->local.msg_flags |= MSG_CTRUNC;
	if (len < sizeof(*cmsg))
		return;
	memcpy(cmsg, stamp->control, len);
	if (cmsg->cmsg_len > len)
		cmsg->cmsg_len = len;
	m->local.msg_controllen = len;
}

/*
 * A stream whose data the pair has: a read that only discards (MSG_TRUNC), or that tells how much there is
 * beyond it. Return: bytes, which are in scratch memory, or -errno.
 */
static long read_pair(struct call *call, size_t len, int flags)
{
	int fd = psock_borrow(call->ps);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = recv(fd, call->session->server->scratch, len < DATA_MAX ? len : DATA_MAX,
		   (flags & MSG_PEEK) | MSG_DONTWAIT);
	if (got < 0)
		got = -errno;
	psock_return(call->ps, fd);
	if (got == -ECONNRESET && call->ps->error) {
		got = -call->ps->error;
		call->ps->error = 0;
	}
	return got;
}

/* What the kernel can't do with the pair by itself. */
static long receive_by_pair(struct call *call, struct message *m, size_t total, int flags)
{
	long ret = read_pair(call, total, flags);
	ssize_t put = 0;

	if (ret < 0)
		return ret;
	if (!(flags & MSG_TRUNC))
		put = task_scatter(call->task, m->iov, (int)m->head.msg_iovlen, m->data.iov_base,
				   (size_t)ret);
	if (put < 0)
		return put;
	if (call->ps->stamp && ret)
		add_stamp(call->ps->stamp, m);
	if (wants_inq(call->ps))
		add_inq(call->ps, m);
	return ret;
}

/* Who would wait for a datagram is told of the end instead, once the direction is shut. */
static bool is_at_end(const struct call *call, int flags)
{
	return call->ps->state == PSOCK_DATAGRAM && call->ps->in_ended &&
	       !(flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) && !call_nonblock(call);
}

/* The host's call, and its data to the program. Return: what the call returns, or -errno. */
static long receive(struct call *call, struct message *m, int flags)
{
	struct psock *ps = call->ps;
	bool takes = ps->state == PSOCK_DATAGRAM && !(flags & (MSG_PEEK | MSG_ERRQUEUE));
	size_t total = length_of(m), there;
	struct sk_buff *skb;
	ssize_t put;
	long ret;

	local_form(call, m);
	datagram_settle(ps, !(flags & (MSG_PEEK | MSG_ERRQUEUE)));
	if (is_carried(ps) && !(flags & MSG_ERRQUEUE))
		return receive_by_pair(call, m, total, flags);
	m->data.iov_len = total < DATA_MAX ? total : DATA_MAX;
	m->local.msg_name = &m->addr;
	m->local.msg_namelen = sizeof(m->addr);
	m->local.msg_controllen = m->head.msg_controllen < CONTROL_MAX ? m->head.msg_controllen :
									 CONTROL_MAX;
	skb = takes ? undo_receiving(ps) : NULL;
	ret = skiff_recvmsg(ps->sfd, &m->local, (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
	undo_received(ps, skb);
	if (ret < 0 && errno == EAGAIN) {
		m->local.msg_namelen = 0;
		m->local.msg_controllen = 0;
		return is_at_end(call, flags) ? 0 : -EAGAIN;
	}
	/* What is gone is a datagram, or an error. */
	if (ps->state == PSOCK_DATAGRAM && (ret < 0 || !(flags & (MSG_PEEK | MSG_ERRQUEUE))))
		ps->taken = true;
	if (ret < 0)
		return -errno;
	there = (size_t)ret < m->data.iov_len ? (size_t)ret : m->data.iov_len;
	put = task_scatter(call->task, m->iov, (int)m->head.msg_iovlen, m->data.iov_base, there);
	if (put < 0)
		return put;
	return (size_t)put == there ? ret : -EFAULT;
}

/* After the host's call, and with nothing any more in scratch memory. */
static long received(struct call *call, long result)
{
	datagram_go_on(call->ps);
	return result;
}

/* There is nothing, and it waits unless it was told not to. */
static long nothing_yet(struct call *call, int flags)
{
	return flags & (MSG_DONTWAIT | MSG_ERRQUEUE) ? -EAGAIN : call_wait(call, SO_RCVTIMEO);
}

long call_recvfrom(struct call *call)
{
	struct message m;
	int flags = call_int(call, 3);
	long ret, err;

	/* The pair's end may have a name, which a stream does not tell. */
	if (recv_by_pair(call->ps, flags) &&
	    (!call->ps->has_name || !call_arg(call, 4) || flags & MSG_WAITALL))
		return CALL_CONTINUE;
	head_of_one(call, &m);
	ret = receive(call, &m, flags);
	if (ret == -EAGAIN)
		ret = nothing_yet(call, flags);
	if (ret < 0)
		return received(call, ret);
	err = call_write_addr(call, call_arg(call, 4), call_arg(call, 5), &m.addr,
			      m.local.msg_namelen);
	return received(call, err ? err : ret);
}

/* What the host said of the message goes into the program's header at @at. 0 or -errno. */
static int write_head(struct call *call, u64 at, const struct message *m)
{
	const u64 name = (u64)(uintptr_t)m->head.msg_name;
	size_t controllen = m->local.msg_controllen;
	int err;

	err = call_write_addr(call, name, at + offsetof(struct msghdr, msg_namelen), &m->addr,
			      m->local.msg_namelen);
	if (!err)
		err = task_write(call->task, (u64)(uintptr_t)m->head.msg_control,
				 m->local.msg_control, controllen);
	if (!err)
		err = task_write(call->task, at + offsetof(struct msghdr, msg_controllen),
				 &controllen, sizeof(controllen));
	if (err)
		return err;
	return task_write(call->task, at + offsetof(struct msghdr, msg_flags), &m->local.msg_flags,
			  sizeof(m->local.msg_flags));
}

/* One message. Return: its length or -errno, also -EAGAIN. */
static long receive_into(struct call *call, u64 at, int flags)
{
	struct message m;
	long ret = fetch_head(call, at, &m), err;

	if (!ret)
		ret = receive(call, &m, flags);
	if (ret < 0)
		return ret;
	err = write_head(call, at, &m);
	return err ? err : ret;
}

long call_recvmsg(struct call *call)
{
	int flags = call_int(call, 2);
	long ret;

	if (recv_by_pair(call->ps, flags) && !call->ps->stamp && !wants_inq(call->ps))
		return CALL_CONTINUE;
	ret = receive_into(call, call_arg(call, 1), flags);
	if (ret == -EAGAIN)
		ret = nothing_yet(call, flags);
	return received(call, ret);
}

/* @span from now, which may be never. */
static s64 time_behind(const struct timespec *span)
{
	s64 when;

	if (__builtin_mul_overflow((s64)span->tv_sec, 1000000000LL, &when) ||
	    __builtin_add_overflow(when, (s64)span->tv_nsec, &when) ||
	    __builtin_add_overflow(when, loop_now(), &when))
		return INT64_MAX;
	return when;
}

/*
 * recvmmsg()'s own limit is looked at while it waits, and not only after each message. It does not wait for the rest
 * when it has some: a signal would take them away, as nobody could say any more how many there were.
 */
static long wait_for_vector(struct call *call, int flags)
{
	struct timespec limit;
	long ret;

	if (call->done)
		return (long)call->done;
	if (flags & (MSG_DONTWAIT | MSG_ERRQUEUE))
		return -EAGAIN;
	ret = call_wait(call, SO_RCVTIMEO);
	if (ret != CALL_WAIT)
		return ret;
	if (!call->retry && call_arg(call, 4) &&
	    !task_read(call->task, &limit, call_arg(call, 4), sizeof(limit)))
		call->deadline = time_behind(&limit);
	return CALL_WAIT;
}

/* No time is one, too. */
static bool is_timeout(const struct call *call, u64 at)
{
	struct timespec limit;

	if (!at || task_read(call->task, &limit, at, sizeof(limit)))
		return true;
	return limit.tv_sec >= 0 && limit.tv_nsec >= 0 && limit.tv_nsec < 1000000000;
}

long call_recvmmsg(struct call *call)
{
	u64 at = call_arg(call, 1);
	u32 n = (u32)call_arg(call, 2), len;
	int flags = call_int(call, 3);
	long ret = 0;

	if (recv_by_pair(call->ps, flags))
		return CALL_CONTINUE;
	if (!is_timeout(call, call_arg(call, 4)))
		return -EINVAL;
	for (n = n < UIO_MAXIOV ? n : UIO_MAXIOV; call->done < n; call->done++) {
		u64 one = at + call->done * sizeof(struct mmsghdr);

		if (call->done)
			flags |= MSG_DONTWAIT;
		ret = receive_into(call, one, flags & ~MSG_WAITFORONE);
		if (ret < 0)
			break;
		len = (u32)ret;
		task_write(call->task, one + offsetof(struct mmsghdr, msg_len), &len, sizeof(len));
	}
	if (ret == -EAGAIN)
		return received(call, wait_for_vector(call, flags));
	return received(call, call->done ? (long)call->done : ret);
}
