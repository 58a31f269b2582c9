// SPDX-License-Identifier: BSD-2-Clause
/*
 * Datagrams: the host's queue is the truth, and a copy of its head lies in the pair, for poll() and
 * read(). When the program has read the copy, or a call has taken the head, the next one follows.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "program/program.h"

/*
 * Datagrams that the program wrote, before others have their turn: more than an end of DATAGRAM_SNDBUF holds, so that
 * only other threads' are left when a call comes.
 */
#define TURN 128

/* The kernel makes no end smaller. */
#define ROOM_MIN 2304

/* What the smallest datagram occupies keeps an end of this size from being writable. */
static void make_room_for_one(struct psock *ps, size_t len)
{
	int bytes = max_t(int, (int)(len + 1024) / 2, ROOM_MIN);

	if (ps->room != bytes &&
	    !setsockopt(ps->end.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)))
		ps->room = bytes;
}

static bool error_waits(const struct psock *ps)
{
	struct pollfd p = { .fd = ps->sfd };

	return skiff_poll_fds(&p, 1, 0) > 0 && p.revents & POLLERR;
}

/*
 * The copy's datagram has gone otherwise. Return: false when nobody was found who holds the program's end. Then
 * the copy stays, and whoever reads it takes nothing else away by that.
 */
static bool take_back(struct psock *ps)
{
	int fd = psock_borrow(ps);
	char byte;

	ps->stale = fd < 0;
	if (fd < 0)
		return false;
	recv(fd, &byte, 1, MSG_DONTWAIT);
	psock_return(ps, fd);
	ps->token = false;
	return true;
}

/* Put a copy of the host's head into the pair. */
static void offer_head(struct psock *ps)
{
	char *scratch = ps->server->scratch;
	ssize_t len;

	if (ps->token && !(ps->stale && take_back(ps)))
		return;
	/* Looking at the head of the queue would take an error away: it wakes a reader by an empty datagram. */
	ps->tells_error = error_waits(ps);
	if (ps->tells_error)
		len = 0;
	else
		len = skiff_recv(ps->sfd, scratch, SCRATCH_SIZE, MSG_PEEK | MSG_DONTWAIT);
	if (len < 0 && errno == EAGAIN && ps->in_ended && !(ps->shut & 1U << SHUT_WR))
		pair_shut(ps, SHUT_WR);
	if (len < 0)
		return;
	make_room_for_one(ps, (size_t)len);
	if (send(ps->end.fd, scratch, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) == len)
		ps->token = true;
	/* Of room an event tells. */
	else if (is_want_of_memory(errno))
		go_on_later(ps);
}

void datagram_taken(struct psock *ps)
{
	if (ps->token && !take_back(ps))
		return;
	offer_head(ps);
}

void datagram_error_told(struct psock *ps)
{
	if (ps->token && ps->tells_error && !error_waits(ps))
		datagram_taken(ps);
}

/* There is room. If the program has read the copy the head has served. */
static void has_room(struct psock *ps)
{
	char byte;

	if (ps->token && !pair_was_read(ps))
		return;
	if (ps->token && !ps->stale)
		skiff_recv(ps->sfd, &byte, 1, MSG_DONTWAIT);
	ps->token = ps->stale = false;
	offer_head(ps);
}

/* What comes first is still told; what was written goes before. */
int datagram_shutdown(struct psock *ps, int how)
{
	int err;

	datagram_end_ready(&ps->end, EPOLLIN);
	err = skiff_shutdown(ps->sfd, how) ? -errno : 0;
	/* As Linux does of UDP, also when it is not connected. */
	if (err && err != -ENOTCONN)
		return err;
	if (how != SHUT_RD && !(ps->shut & 1U << SHUT_RD))
		pair_shut(ps, SHUT_RD);
	ps->in_ended |= how != SHUT_WR;
	offer_head(ps);
	return err;
}

static void send_written(struct psock *ps, bool hung_up)
{
	bool ended = hung_up || ps->shut & 1U << SHUT_RD;
	char *scratch = ps->server->scratch;
	ssize_t len;

	for (int i = 0; i < TURN; i++) {
		len = recv(ps->end.fd, scratch, SCRATCH_SIZE, MSG_DONTWAIT);
		/* An end that hung up or was shut gives nothing for ever. */
		if (len < 0 || (!len && ended))
			return;
		/*
		 * write() has told the program that it went; so it is dropped if it can't. The first attempt may fail by
		 * what became of an earlier one.
		 */
		if (skiff_send(ps->sfd, scratch, (size_t)len, MSG_DONTWAIT) < 0 && errno != EAGAIN)
			skiff_send(ps->sfd, scratch, (size_t)len, MSG_DONTWAIT);
	}
	go_on_later(ps);
}

void datagram_end_ready(struct loop_watch *watch, u32 events)
{
	struct psock *ps = container_of(watch, struct psock, end);

	if (events & EPOLLIN)
		send_written(ps, events & EPOLLHUP);
	/* An end that we have shut ourselves in both directions hangs up by that. */
	if (events & EPOLLHUP && ps->shut != (1U << SHUT_RD | 1U << SHUT_WR)) {
		psock_close(ps);
		return;
	}
	if (events & EPOLLOUT)
		has_room(ps);
}

void datagram_host_ready(struct psock *ps)
{
	/* Who waits in a call takes it from the host, and a copy would have to be taken back. */
	if (!list_empty(&ps->calls))
		calls_retry(ps);
	if (ps->sfd >= 0)
		offer_head(ps);
}
