// SPDX-License-Identifier: BSD-2-Clause
/*
 * Datagrams: the host's queue is the truth, and a copy of its head lies in the pair, for poll() and
 * read(). When the program has read the copy, or a call has taken the head, the next one follows.
 *
 * Who only reads would wait for us after each of them. So several of the queue's datagrams move ahead into the pair
 * then, twice as many each time that all of them were read. They are kept until that, and those that were not read are
 * in the queue again when a call comes, which may ask for more than the pair has: from where, and when.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <skiff/skbuff.h>
#include <skiff/socket.h>

#include "program/program.h"
#include "socket/file.h"

/*
 * Datagrams that the program wrote, before others have their turn: more than an end of DATAGRAM_SNDBUF holds, so that
 * only other threads' are left when a call comes.
 */
#define TURN 128

/* The kernel makes no end smaller. */
#define ROOM_MIN 2304

/* Datagrams ahead, and bytes of them where they are several. */
#define AHEAD_MAX 64
#define AHEAD_BYTES (128 * 1024)

/* Doubled, more than those occupy. What the program reads is told of from where a quarter of it is left. */
#define ROOM_AHEAD (128 * 1024)

static void make_room(struct psock *ps, int bytes)
{
	if (ps->room != bytes &&
	    !setsockopt(ps->end.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)))
		ps->room = bytes;
}

/* What the smallest datagram occupies keeps an end of this size from being writable. */
static void make_room_for_one(struct psock *ps, size_t len)
{
	make_room(ps, max_t(int, (int)(len + 1024) / 2, ROOM_MIN));
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

/*
 * Copies of those of @from that are not yet in the pair, as many as can be taken back at once. Return: of how many, or
 * -1 with errno.
 */
static int copy_to_pair(struct psock *ps, const struct sk_buff_head *from)
{
	struct mmsghdr msg[AHEAD_MAX];
	struct iovec iov[AHEAD_MAX];
	char *scratch = ps->server->scratch, *at = scratch;
	struct sk_buff *skb;
	unsigned int n = 0;

	skb_queue_walk(from, skb) {
		if (at - scratch + ps->ahead_bytes >= AHEAD_BYTES ||
		    skb_copy_bits(skb, 0, at, (int)skb->len))
			break;
		iov[n] = (struct iovec){ at, skb->len };
		msg[n] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov[n], .msg_iovlen = 1 } };
		at += skb->len;
		n++;
	}
	return sendmmsg(ps->end.fd, msg, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Let as many go ahead as may. Return: whether any are there. */
static bool move_ahead(struct psock *ps)
{
	int room = ps->ahead_max - (int)skb_queue_len(&ps->ahead), sent = 0;
	struct sk_buff_head more;

	__skb_queue_head_init(&more);
	if (ps->ahead_bytes < AHEAD_BYTES && socket_take_skbs(ps->sfd, &more, room) > 0) {
		make_room(ps, ROOM_AHEAD);
		sent = copy_to_pair(ps, &more);
		/* Of room an event tells. */
		if (sent < 0 && is_want_of_memory(errno))
			go_on_later(ps);
	}
	for (; sent > 0; sent--) {
		struct sk_buff *skb = __skb_dequeue(&more);

		ps->ahead_bytes += skb->len;
		__skb_queue_tail(&ps->ahead, skb);
	}
	if (!skb_queue_empty(&more))
		socket_return_skbs(ps->sfd, &more);
	return !skb_queue_empty(&ps->ahead);
}

/* Copy the host's head into scratch memory. Return: bytes or -errno. */
static ssize_t copy_head(struct psock *ps)
{
	char *scratch = ps->server->scratch;
	ssize_t len = socket_copy_next(ps->sfd, scratch, SCRATCH_SIZE);

	if (len != -EOPNOTSUPP)
		return len;
	len = skiff_recv(ps->sfd, scratch, SCRATCH_SIZE, MSG_PEEK | MSG_DONTWAIT);
	return len < 0 ? -errno : len;
}

/* Put @len bytes of scratch memory into the pair. */
static void put_copy(struct psock *ps, size_t len)
{
	make_room_for_one(ps, len);
	if (send(ps->end.fd, ps->server->scratch, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		ps->token = true;
	/* Of room an event tells. */
	else if (is_want_of_memory(errno))
		go_on_later(ps);
}

/* Put datagrams into the pair, or a copy of the host's head. Return: 0, or -errno when there is none. */
static int offer_data(struct psock *ps)
{
	ssize_t len;

	ps->tells_error = false;
	if (ps->ahead_max > 1 && move_ahead(ps))
		return 0;
	len = copy_head(ps);
	if (len < 0)
		return (int)len;
	put_copy(ps, (size_t)len);
	return 0;
}

/*
 * Put into the pair what comes next. An error comes first, and wakes a reader by an empty datagram; but one that stays,
 * as it lies in a queue of its own (IP_RECVERR), keeps no datagrams back.
 */
static void offer_head(struct psock *ps)
{
	bool waits;
	int err;

	if (!skb_queue_empty(&ps->ahead)) {
		move_ahead(ps);
		return;
	}
	if (ps->token && !(ps->stale && take_back(ps)))
		return;
	waits = error_waits(ps);
	ps->told_error &= waits;
	err = waits && !ps->told_error ? -EAGAIN : offer_data(ps);
	if (err == -EAGAIN && waits) {
		ps->tells_error = true;
		put_copy(ps, 0);
	} else if (err == -EAGAIN && ps->in_ended && !(ps->shut & 1U << SHUT_WR)) {
		pair_shut(ps, SHUT_WR);
	}
}

/* The program has read these, the last one last. */
static void were_read(struct psock *ps, struct sk_buff_head *these)
{
	if (!skb_queue_empty(these))
		socket_note_received(ps->sfd, skb_peek_tail(these));
	__skb_queue_purge(these);
}

/* Whether a datagram has these bytes. */
static bool has_bytes(const struct sk_buff *skb, const char *bytes, size_t len)
{
	char part[512];
	int n;

	if (skb->len != len)
		return false;
	for (size_t at = 0; at < len; at += (size_t)n) {
		n = (int)min_t(size_t, len - at, sizeof(part));
		if (skb_copy_bits(skb, (int)at, part, n) ||
		    memcmp(part, bytes + at, (size_t)n) != 0)
			return false;
	}
	return true;
}

/*
 * Of those ahead, the copies that the program has not read. Other threads of its may read meanwhile, so these need not be
 * the last ones: they are known by their bytes, from the last one on.
 */
static void take_back_ahead(struct psock *ps, int fd)
{
	char *scratch = ps->server->scratch, *at = scratch;
	struct iovec copy[AHEAD_MAX];
	struct sk_buff_head back, read;
	ssize_t len;
	int n = 0;

	while (n < AHEAD_MAX &&
	       (len = recv(fd, at, (size_t)(scratch + SCRATCH_SIZE - at), MSG_DONTWAIT)) >= 0) {
		copy[n++] = (struct iovec){ at, (size_t)len };
		at += len;
	}
	__skb_queue_head_init(&back);
	__skb_queue_head_init(&read);
	while (!skb_queue_empty(&ps->ahead)) {
		struct sk_buff *skb = __skb_dequeue_tail(&ps->ahead);

		if (n && has_bytes(skb, copy[n - 1].iov_base, copy[n - 1].iov_len)) {
			__skb_queue_head(&back, skb);
			n--;
		} else {
			__skb_queue_head(&read, skb);
		}
	}
	were_read(ps, &read);
	socket_return_skbs(ps->sfd, &back);
	ps->ahead_bytes = 0;
	ps->ahead_max = 1;
}

/*
 * The program has read the copy of the head, which goes; or what told of an error, which is told then, if no other call has
 * told it meanwhile.
 */
static void copy_has_served(struct psock *ps)
{
	struct sk_buff_head head;
	socklen_t len = sizeof(int);
	char byte;
	int err;

	ps->told_error = ps->tells_error;
	if (ps->tells_error) {
		skiff_getsockopt(ps->sfd, SOL_SOCKET, SO_ERROR, &err, &len);
		return;
	}
	__skb_queue_head_init(&head);
	if (socket_take_skbs(ps->sfd, &head, 1) < 0)
		skiff_recv(ps->sfd, &byte, 1, MSG_DONTWAIT);
	else if (ps->ahead_max == 1)
		ps->ahead_max = 2;
	were_read(ps, &head);
}

/* What of those ahead was read is dropped. Of an empty one that shows when another one behind it was read. */
static void drop_read(struct psock *ps, u32 unread)
{
	struct sk_buff_head read;

	__skb_queue_head_init(&read);
	while (ps->ahead_bytes > unread) {
		struct sk_buff *skb = __skb_dequeue(&ps->ahead);

		ps->ahead_bytes -= skb->len;
		__skb_queue_tail(&read, skb);
	}
	were_read(ps, &read);
}

/* The same, and empty ones that were read in front of what comes first now. Return: whether that could be found out. */
static bool notice_read(struct psock *ps, int fd)
{
	int unread = 0;
	ssize_t first;
	char byte;

	if (ioctl(fd, FIONREAD, &unread))
		return false;
	drop_read(ps, (u32)unread);
	first = recv(fd, &byte, 1, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	if (first < 0)
		drop_read(ps, 0);
	while (!skb_queue_empty(&ps->ahead) && (first < 0 || (first && !skb_peek(&ps->ahead)->len)))
		consume_skb(__skb_dequeue(&ps->ahead));
	return true;
}

/*
 * Who only looks finds them in the queue for that long. Their copies stay, or another thread would read a later one
 * meanwhile.
 */
static void lend_ahead(struct psock *ps, int fd)
{
	if (!notice_read(ps, fd))
		return;
	ps->lent = socket_return_skbs(ps->sfd, &ps->ahead);
	ps->ahead_bytes = 0;
}

static void take_lent(struct psock *ps)
{
	struct sk_buff *skb;

	if (!ps->lent)
		return;
	socket_take_skbs(ps->sfd, &ps->ahead, ps->lent);
	ps->lent = 0;
	skb_queue_walk(&ps->ahead, skb)
		ps->ahead_bytes += skb->len;
}

void datagram_settle(struct psock *ps, bool takes)
{
	bool takes_copy = takes && ps->token && !ps->stale && !ps->tells_error;
	char byte;
	int fd;

	if (ps->state != PSOCK_DATAGRAM || (skb_queue_empty(&ps->ahead) && !takes_copy))
		return;
	fd = psock_borrow(ps);
	/* Who has it will read them. */
	if (fd < 0)
		return;
	if (takes_copy) {
		/* Somebody has read it who was quicker. */
		if (recv(fd, &byte, 1, MSG_DONTWAIT) < 0)
			copy_has_served(ps);
		ps->token = false;
	} else if (takes) {
		take_back_ahead(ps, fd);
	} else {
		lend_ahead(ps, fd);
	}
	psock_return(ps, fd);
}

/* There is room. Those that the program has read have served, and others can follow. */
static void ahead_has_room(struct psock *ps)
{
	int fd, unread = 0;

	if (pair_was_read(ps)) {
		if (skb_queue_len(&ps->ahead) == ps->ahead_max && ps->ahead_max < AHEAD_MAX)
			ps->ahead_max *= 2;
		were_read(ps, &ps->ahead);
		ps->ahead_bytes = 0;
		offer_head(ps);
		return;
	}
	fd = psock_borrow(ps);
	if (fd < 0)
		return;
	if (!ioctl(fd, FIONREAD, &unread))
		drop_read(ps, (u32)unread);
	psock_return(ps, fd);
	move_ahead(ps);
}

static void head_is_gone(struct psock *ps)
{
	ps->ahead_max = 1;
	if (ps->token && !take_back(ps))
		return;
	offer_head(ps);
}

void datagram_go_on(struct psock *ps)
{
	bool taken = ps->taken;

	if (ps->state != PSOCK_DATAGRAM)
		return;
	ps->taken = false;
	take_lent(ps);
	if (taken)
		head_is_gone(ps);
	else
		offer_head(ps);
	datagram_error_told(ps);
}

void datagram_error_told(struct psock *ps)
{
	if (ps->token && ps->tells_error && !error_waits(ps))
		head_is_gone(ps);
}

/* There is room. If the program has read the copy the head has served. */
static void has_room(struct psock *ps)
{
	if (!skb_queue_empty(&ps->ahead)) {
		ahead_has_room(ps);
		return;
	}
	if (ps->token && !pair_was_read(ps))
		return;
	if (ps->token && !ps->stale)
		copy_has_served(ps);
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

void datagram_host_ready(struct psock *ps, u32 events)
{
	/* Who waits in a call takes it from the host, and a copy would have to be taken back. */
	if (!list_empty(&ps->calls))
		calls_retry(ps);
	/* An error is told before what was received earlier. */
	if (ps->sfd >= 0 && events & EPOLLERR)
		datagram_settle(ps, true);
	if (ps->sfd >= 0)
		offer_head(ps);
}
