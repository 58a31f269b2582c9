// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pair of kernel sockets behind a program's descriptor, and how it is made to poll.
 *
 * A stream that nothing was done with is an unconnected AF_UNIX socket, which polls OUT|HUP as a TCP
 * socket does. When it gets a peer, that is our end. To let it poll nothing, the program's end is filled
 * with bytes that nobody sent, the stuffing, and made small; emptying it, or making it large, gives an edge of
 * EPOLLOUT. One byte in the other direction is a listener's token. And an end that goes while there are bytes in it
 * that nobody read resets the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

#include <skiff/skbuff.h>

#include "program/program.h"

/*
 * That there is room in our end concerns nobody before it was full, and each read() of the program's would tell of
 * it.
 *
 * What programs do to several ends one after another we see in the order in which their events came, if at all. A
 * connection that was accepted and closed at once has not ended before our own descriptor for the program's end
 * is closed, so its event has to be there already: that there is room, once. Then what is sent by it later seems to
 * come first, and so what has ended is looked at before all else.
 */
#define END_EVENTS (EPOLLIN | EPOLLRDHUP | EPOLLET)
#define ROOM_EVENTS (END_EVENTS | EPOLLOUT)

/* What a pair may hold in each direction, before the system's own limit. */
#define PAIR_SNDBUF (1 << 20)

/* The kernel refuses longer messages of the program than this, doubled: a bit more than UDP takes. */
#define DATAGRAM_SNDBUF (65540 / 2)

/* More than strangers can bring between two calls of ours; the system may allow fewer. */
#define MEETING_BACKLOG 4096

/*
 * More than the smallest buffer takes, in one piece: another thread of the program's may write just before it is there, or
 * before there is no room any more. By the mark in front of it, it is found among that.
 */
#define STUFFING_MAX 8192

static const char stuffing[STUFFING_MAX] = { "\x6c\x69\x04\x69\x53\x1f\x37\xd5"
					     "\x15\x15\x57\x45\xc6\x57\xc4\x83" };
#define MARK_LEN 16

/* Less than that. */
#define BUFFER_MIN 256

static void set_sndbuf(int fd, int bytes)
{
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* What the program has asked for its socket's buffers is for the pair's as well, up to ours. */
static int pair_sndbuf(int asked)
{
	return asked > 0 && asked < PAIR_SNDBUF ? asked : PAIR_SNDBUF;
}

/* Without a wish ours is as small as the system makes it, until it is full. */
static void set_end(struct psock *ps, int end)
{
	ps->room = 0;
	ps->wide = ps->rcvbuf > 0;
	if (ps->wide)
		set_sndbuf(end, pair_sndbuf(ps->rcvbuf));
}

static int watch_end(struct psock *ps, int end)
{
	bool stream = ps->type == SOCK_STREAM;

	set_end(ps, end);
	ps->end.ends_first = stream;
	ps->tells_room = !stream || ps->accepted;
	return loop_watch(&ps->server->loop, &ps->end, end,
			  ps->tells_room ? ROOM_EVENTS : END_EVENTS,
			  stream ? pump_end_ready : datagram_end_ready);
}

void pair_seen(struct psock *ps)
{
	if (!ps->accepted)
		return;
	ps->accepted = false;
	if (!ps->in)
		ps->tells_room = loop_rewatch(&ps->server->loop, &ps->end, END_EVENTS) != 0;
}

void pair_tell_room(struct psock *ps)
{
	/* What was asked for is not to end with the first event. */
	ps->accepted = false;
	if (!ps->tells_room)
		ps->tells_room = !loop_rewatch(&ps->server->loop, &ps->end, ROOM_EVENTS);
}

/* Numbers are given from the lowest on: a high one tells that there are few left. */
static bool is_one_too_many(const struct psock *ps, int end)
{
	return end > ps->server->last_fd;
}

int pair_new(struct psock *ps, int type, int flags)
{
	int fd[2], err;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC | flags, 0, fd))
		return -errno;
	if (is_one_too_many(ps, fd[0])) {
		close(fd[0]);
		close(fd[1]);
		return -ENFILE;
	}
	set_sndbuf(fd[1], type == SOCK_STREAM ? pair_sndbuf(ps->sndbuf) : DATAGRAM_SNDBUF);
	ps->has_name = false;
	ps->roomy = true;
	err = psock_known_by(ps, fd[1]);
	if (!err)
		err = watch_end(ps, fd[0]);
	if (!err)
		return fd[1];
	close(fd[0]);
	close(fd[1]);
	return err;
}

int pair_fresh(struct psock *ps, int flags)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), err;

	if (fd < 0)
		return -errno;
	err = psock_known_by(ps, fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int pair_meeting_place(struct server *server)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	server->pid = getpid();
	server->meeting = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->meeting < 0)
		return -errno;
	/* An address of the family alone makes the kernel choose an abstract name. */
	server->meeting_len = sizeof(server->meeting_addr);
	if (bind(server->meeting, (struct sockaddr *)&any, sizeof(any.sun_family)) ||
	    listen(server->meeting, MEETING_BACKLOG) ||
	    getsockname(server->meeting, (struct sockaddr *)&server->meeting_addr,
			&server->meeting_len))
		return -errno;
	return 0;
}

/* Whoever is in the queue keeps ours from being in it: connect() would wait for us, for ever. */
static void turn_away_strangers(struct server *server)
{
	int end;

	while ((end = accept4(server->meeting, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(end);
}

/* The name can be found by others: only what we have connected ourselves is welcome. */
static int accept_own(struct server *server)
{
	struct ucred cred;
	socklen_t len;
	int end;

	for (;;) {
		end = accept4(server->meeting, NULL, NULL, SOCK_CLOEXEC);
		if (end < 0)
			return -errno;
		len = sizeof(cred);
		if (!getsockopt(end, SOL_SOCKET, SO_PEERCRED, &cred, &len) &&
		    cred.pid == server->pid)
			return end;
		close(end);
	}
}

/* Connect the program's end @fd, which is borrowed, to ours. */
static int meet(struct psock *ps, int fd)
{
	struct server *server = ps->server;
	int end, err;

	turn_away_strangers(server);
	if (connect(fd, (struct sockaddr *)&server->meeting_addr, server->meeting_len))
		return -errno;
	end = accept_own(server);
	if (end < 0)
		return end;
	if (is_one_too_many(ps, end)) {
		close(end);
		return -ENOBUFS;
	}
	ps->has_name = true;
	err = watch_end(ps, end);
	if (err)
		close(end);
	return err;
}

int pair_join(struct psock *ps)
{
	int fd, err;

	if (ps->end.fd >= 0)
		return 0;
	fd = psock_borrow(ps);
	if (fd < 0)
		return fd;
	err = meet(ps, fd);
	psock_return(ps, fd);
	/* Also when it failed: an end that was connected to nothing is replaced the next time. */
	ps->state = PSOCK_IDLE;
	if (!err)
		psock_is_joined(ps);
	return err;
}

/* Of the program's end @fd. */
static void stuff(struct psock *ps, int fd)
{
	ssize_t n = send(fd, stuffing, STUFFING_MAX, MSG_DONTWAIT | MSG_NOSIGNAL);

	ps->stuffing = n > 0 ? (u32)n : 0;
	/* Not before: with an empty one this tells that it is writable. */
	set_sndbuf(fd, 0);
	ps->roomy = false;
}

int pair_stuff(struct psock *ps)
{
	int fd;

	if (ps->stuffing)
		return 0;
	fd = psock_borrow(ps);
	if (fd < 0)
		return fd;
	stuff(ps, fd);
	psock_return(ps, fd);
	return 0;
}

bool pair_widen(struct psock *ps)
{
	if (ps->wide)
		return false;
	set_sndbuf(ps->end.fd, PAIR_SNDBUF);
	ps->wide = true;
	return true;
}

/* What of @bytes is not the stuffing the program has written. */
static void keep_written(struct psock *ps, const char *bytes, size_t len)
{
	const char *mark = memmem(bytes, len, stuffing, MARK_LEN);
	size_t before = mark ? (size_t)(mark - bytes) : 0, behind = before + ps->stuffing;

	if (behind > len)
		return;
	ps->out = alloc_skb((unsigned int)(len - ps->stuffing), GFP_KERNEL);
	if (!ps->out) {
		/* What follows can't go without it. */
		ps->reset = true;
		return;
	}
	skb_put_data(ps->out, bytes, (unsigned int)before);
	skb_put_data(ps->out, bytes + behind, (unsigned int)(len - behind));
}

void pair_tell_change(struct psock *ps)
{
	int fd = psock_borrow(ps);

	if (fd < 0)
		return;
	set_sndbuf(fd, pair_sndbuf(ps->sndbuf));
	psock_return(ps, fd);
	ps->roomy = true;
}

void pair_unstuff(struct psock *ps)
{
	ssize_t n;

	/* Roomy first: from this edge on the program may write. */
	pair_tell_change(ps);
	if (!ps->stuffing)
		return;
	n = recv(ps->end.fd, ps->server->scratch, SCRATCH_SIZE, MSG_DONTWAIT);
	if (n > ps->stuffing)
		keep_written(ps, ps->server->scratch, (size_t)n);
	ps->stuffing = 0;
	/* What comes after it is told of anew. */
	ps->readable = n == SCRATCH_SIZE;
}

void pair_resize(struct psock *ps)
{
	int fd;

	if (ps->end.fd < 0)
		return;
	set_end(ps, ps->end.fd);
	fd = ps->roomy ? psock_borrow(ps) : -1;
	if (fd < 0)
		return;
	set_sndbuf(fd, pair_sndbuf(ps->sndbuf));
	psock_return(ps, fd);
}

bool pair_was_read(const struct psock *ps)
{
	int bytes = 0;

	return !ioctl(ps->end.fd, SIOCOUTQ, &bytes) && bytes < BUFFER_MIN;
}

void pair_shut(struct psock *ps, int how)
{
	shutdown(ps->end.fd, how);
	if (how != SHUT_WR)
		ps->shut |= 1U << SHUT_RD;
	if (how != SHUT_RD)
		ps->shut |= 1U << SHUT_WR;
	if (ps->shut == (1U << SHUT_RD | 1U << SHUT_WR))
		psock_is_alone(ps);
}

void pair_give_token(struct psock *ps)
{
	if (ps->token)
		return;
	ps->token = send(ps->end.fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
	/* Of room an event tells. */
	if (!ps->token && is_want_of_memory(errno))
		go_on_later(ps);
}

void pair_take_token(struct psock *ps)
{
	char byte;
	int fd;

	if (!ps->token)
		return;
	fd = psock_borrow(ps);
	if (fd < 0)
		return;
	recv(fd, &byte, 1, MSG_DONTWAIT);
	psock_return(ps, fd);
	ps->token = false;
}

void pair_end(struct psock *ps)
{
	loop_close(&ps->server->loop, &ps->end);
	ps->stuffing = 0;
	ps->state = PSOCK_IDLE;
	psock_is_alone(ps);
}

void pair_break(struct psock *ps)
{
	int end = ps->end.fd, unread = 0, fd;

	if (end < 0)
		return;
	if (ioctl(end, FIONREAD, &unread) == 0 && !unread) {
		fd = psock_borrow(ps);
		if (fd >= 0) {
			send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
			psock_return(ps, fd);
		}
	}
	pair_end(ps);
}

/* What was true of the last one, which the program has no more. */
static void forget_connection(struct psock *ps)
{
	consume_skb(ps->in);
	consume_skb(ps->out);
	ps->in = ps->out = NULL;
	ps->shut = 0;
	ps->token = false;
	ps->in_ended = ps->out_ending = ps->out_ended = false;
	ps->reset = ps->hung_up = ps->readable = ps->last_words = false;
	ps->urgent = URGENT_NONE;
	ps->error = 0;
	psock_is_joined(ps);
}

/* There is none in its place, or the call is gone: it stays what it was. */
static void keep_broken(struct psock *ps, u64 inode)
{
	loop_close(&ps->server->loop, &ps->end);
	ps->stuffing = 0;
	psock_is_inode(ps, inode);
}

/* One of ours for the program's end, which stays when the socket is known by another one. It or -errno. */
static int keep_end(struct psock *ps)
{
	int own = psock_borrow(ps), fd;

	if (own < 0)
		return own;
	fd = fcntl(own, F_DUPFD_CLOEXEC, 0);
	psock_return(ps, own);
	return fd < 0 ? -errno : fd;
}

/* Give the program @make's end in the place of what it has. 0 or -errno. */
static int replace(struct call *call, int (*make)(struct psock *ps))
{
	struct psock *ps = call->ps;
	u64 before = ps->inode;
	int old = keep_end(ps), fd, err;

	if (old < 0)
		return is_shortage(old) ? -ENOBUFS : -EBADF;
	fd = make(ps);
	err = fd < 0 ? fd : exchange_end(call, before, old, fd);
	if (fd >= 0)
		close(fd);
	close(old);
	if (err) {
		keep_broken(ps, before);
		return err;
	}
	forget_connection(ps);
	return 0;
}

/* It polls nothing when the program gets it, as nobody is to be told of room that is none yet. */
static int new_stream(struct psock *ps)
{
	int fd = pair_new(ps, SOCK_STREAM, 0);

	if (fd >= 0)
		stuff(ps, fd);
	return fd;
}

static int new_fresh(struct psock *ps)
{
	return pair_fresh(ps, 0);
}

int pair_replace(struct call *call)
{
	return replace(call, new_stream);
}

void pair_renew(struct call *call)
{
	struct psock *ps = call->ps;

	if (replace(call, new_fresh))
		return;
	ps->state = PSOCK_FRESH;
	ps->has_name = false;
	psock_is_alone(ps);
}

int pair_unread(struct psock *ps, bool program_end)
{
	int fd = program_end ? psock_borrow(ps) : ps->end.fd, n = 0;

	if (fd < 0 || ioctl(fd, FIONREAD, &n))
		n = 0;
	if (program_end && fd >= 0)
		psock_return(ps, fd);
	return n;
}
