// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pump: a stream's data between the pair and the host, both ways.
 *
 * What the program wrote is read from the pair into the memory that will be sent, and what was received is
 * written from the memory it came in: nothing is copied but by the kernel. Each side stops when the other
 * has no room, so that windows close as they would without us.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <skiff/mm.h>
#include <skiff/skbuff.h>
#include <skiff/socket.h>

#include "program/program.h"

/* Bytes of one read, in blocks of pages; and what a read of a socket that has little takes. */
#define BLOCK_ORDER 3
#define BLOCK_SIZE (PAGE_SIZE << BLOCK_ORDER)
#define BLOCKS 2
#define SHORT_READ 4096

/* Bytes in one direction before others have their turn. */
#define TURN (1024 * 1024)

/* What is written at once: a buffer's linear data and its fragments. */
#define PIECES_MAX (MAX_SKB_FRAGS + 1)

static ssize_t read_end(struct psock *ps, struct iovec *iov, int n)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t got = recvmsg(ps->end.fd, &msg, MSG_DONTWAIT), most = 0;
	int err = errno;

	for (int i = 0; i < n; i++)
		most += (ssize_t)iov[i].iov_len;
	/* A stream that gives less than it could has no more; only an end is not told twice. */
	if (got < 0 ? err == EAGAIN : got < most && !ps->last_words)
		ps->readable = false;
	return got < 0 ? -err : got;
}

/* A long read, into blocks that become the buffer's. Return: bytes, which are @ps->out, 0 at the end, or -errno. */
static ssize_t read_bulk(struct psock *ps)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);
	struct page *page[BLOCKS];
	struct iovec iov[BLOCKS];
	ssize_t got = -ENOMEM, left;
	int n = 0;

	for (; skb && n < BLOCKS; n++) {
		page[n] = alloc_pages(GFP_KERNEL, BLOCK_ORDER);
		if (!page[n])
			break;
		iov[n] = (struct iovec){ page_address(page[n]), BLOCK_SIZE };
	}
	if (n)
		got = read_end(ps, iov, n);
	left = got > 0 ? got : 0;
	for (int i = 0; i < n; i++) {
		int part = left < (ssize_t)BLOCK_SIZE ? (int)left : (int)BLOCK_SIZE;

		if (!part) {
			put_page(page[i]);
			continue;
		}
		skb_fill_page_desc(skb, i, page[i], 0, part);
		skb_len_add(skb, part);
		left -= part;
	}
	if (got > 0)
		ps->out = skb;
	else
		consume_skb(skb);
	return got;
}

/* A short one, into a linear buffer. */
static ssize_t read_short(struct psock *ps)
{
	struct sk_buff *skb = alloc_skb(SHORT_READ, GFP_KERNEL);
	struct iovec iov;
	ssize_t got;

	if (!skb)
		return -ENOMEM;
	iov = (struct iovec){ skb->data, SHORT_READ };
	got = read_end(ps, &iov, 1);
	if (got > 0) {
		skb_put(skb, (unsigned int)got);
		ps->out = skb;
	} else {
		consume_skb(skb);
	}
	return got;
}

static void end_of_output(struct psock *ps)
{
	if (ps->out_ended)
		return;
	ps->out_ended = true;
	skiff_shutdown(ps->sfd, SHUT_WR);
}

/* The host has ended the connection by an error: the program's end shall tell. */
static void broken(struct psock *ps)
{
	consume_skb(ps->out);
	ps->out = NULL;
	pair_break(ps);
}

/* The peer is not to take what it has got for all there was. */
static void abort_by_close(struct psock *ps)
{
	const struct linger now = { .l_onoff = 1 };

	skiff_setsockopt(ps->sfd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* The socket's error is told once, and it was us who were told. EPIPE is none of them. */
static void note_error(struct psock *ps, int error)
{
	if (error != EPIPE)
		ps->error = error;
}

/*
 * Nobody takes what the program writes. What was received is for it to read first; if it knows the end
 * of that already, only writing tells.
 */
static void no_more_output(struct psock *ps)
{
	ps->reset = true;
	abort_by_close(ps);
	if (ps->in_ended)
		pair_shut(ps, SHUT_RD);
	else
		pump_in(ps);
}

/*
 * Give the host what was read. Return: 1 when it took it, 0 when it has no room, -1 when there is
 * nobody to take it.
 */
static int give_host(struct psock *ps)
{
	int error = 0;

	/* Something before it is missing: it goes nowhere. */
	if (ps->reset) {
		consume_skb(ps->out);
		ps->out = NULL;
		return 1;
	}
	/* A reference of ours stays: without memory the buffer is dropped, and its bytes are to go all the same. */
	if (skiff_send_skb(ps->sfd, skb_get(ps->out), NULL, 0, MSG_DONTWAIT) < 0)
		error = errno;
	if (!is_want_of_memory(error))
		consume_skb(ps->out);
	if (error == EAGAIN)
		return 0;
	if (is_want_of_memory(error)) {
		go_on_later(ps);
		return 0;
	}
	ps->out = NULL;
	if (error)
		note_error(ps, error);
	return error ? -1 : 1;
}

/* The program has closed its end, or has shut down and all was read. */
static bool at_end(struct psock *ps, ssize_t got)
{
	ps->readable = false;
	if (ps->out_ending)
		end_of_output(ps);
	/* What it did not read is lost, and the peer is to know (RFC 2525 section 2.17). We are told once, maybe early. */
	if (got == -ECONNRESET || (ps->hung_up && ps->in))
		abort_by_close(ps);
	if (!ps->hung_up)
		return true;
	psock_close(ps);
	return true;
}

/* Take what the program has written, as far as our end has told of it. */
static bool take_out(struct psock *ps)
{
	size_t turn = 0;
	ssize_t got;

	while (ps->end.fd >= 0 && turn < TURN) {
		if (ps->out) {
			int taken = give_host(ps);

			if (!taken)
				return false;
			if (taken < 0) {
				no_more_output(ps);
				return true;
			}
		}
		if (!ps->readable)
			return true;
		got = ps->bulk ? read_bulk(ps) : read_short(ps);
		if (got == -EAGAIN)
			return true;
		if (got < 0 && is_want_of_memory((int)-got))
			break;
		if (got <= 0)
			return at_end(ps, got);
		ps->bulk = got >= SHORT_READ;
		turn += (size_t)got;
	}
	go_on_later(ps);
	return false;
}

bool pump_out(struct psock *ps)
{
	ps->readable = true;
	return take_out(ps);
}

/* Where a buffer's bytes from @offset on are. Return: how many pieces. */
static int pieces_of(const struct sk_buff *skb, u32 offset, struct iovec *iov)
{
	u32 linear = skb_headlen(skb);
	int n = 0;

	if (offset < linear)
		iov[n++] = (struct iovec){ skb->data + offset, linear - offset };
	offset = offset > linear ? offset - linear : 0;
	for (int i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		u32 size = skb_frag_size(frag);

		if (offset >= size) {
			offset -= size;
			continue;
		}
		iov[n++] = (struct iovec){ (char *)skb_frag_address(frag) + offset, size - offset };
		offset = 0;
	}
	return n;
}

/* Write what is left of a buffer. Return: whether all of it went. */
static bool write_in(struct psock *ps)
{
	struct iovec iov[PIECES_MAX];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t put;

	while (ps->in_offset < ps->in->len) {
		msg.msg_iovlen = (size_t)pieces_of(ps->in, ps->in_offset, iov);
		put = sendmsg(ps->end.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put < 0 && errno == EAGAIN && pair_widen(ps))
			continue;
		if (put < 0 && errno == EAGAIN) {
			pair_tell_room(ps);
			return false;
		}
		if (put < 0 && is_want_of_memory(errno)) {
			go_on_later(ps);
			return false;
		}
		/* It is closed: the peer is to know that this was never read. */
		if (put < 0 && errno == EPIPE && !(ps->shut & 1U << SHUT_WR))
			return false;
		/* It reads no more: Linux drops what comes then, and so do we. */
		if (put < 0)
			break;
		ps->in_offset += (u32)put;
	}
	consume_skb(ps->in);
	ps->in = NULL;
	return true;
}

/* The socket's control messages are about all of what is read; others are about the stream. */
static size_t control_of_socket(struct msghdr *msg)
{
	size_t len = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET)
			len = (size_t)((char *)c - (char *)msg->msg_control) +
			      CMSG_ALIGN(c->cmsg_len);
	return len;
}

static ssize_t receive_copy(struct psock *ps, struct sk_buff *skb)
{
	struct iovec iov = { skb->data, SHORT_READ };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (ps->stamp) {
		msg.msg_control = ps->stamp->control;
		msg.msg_controllen = sizeof(ps->stamp->control);
	}
	n = skiff_recvmsg(ps->sfd, &msg, MSG_DONTWAIT);
	if (ps->stamp)
		ps->stamp->len = n > 0 ? control_of_socket(&msg) : 0;
	return n;
}

/*
 * A copy of what comes next up to the urgent byte, or of what came at one time: buffers don't know where these
 * are.
 */
static bool take_copy(struct psock *ps)
{
	struct sk_buff *skb = alloc_skb(SHORT_READ, GFP_KERNEL);
	ssize_t n;

	if (!skb) {
		errno = ENOMEM;
		return false;
	}
	n = receive_copy(ps, skb);
	if (n <= 0) {
		int err = n ? errno : 0;

		consume_skb(skb);
		errno = err;
		return false;
	}
	skb_put(skb, (unsigned int)n);
	ps->in = skb;
	if (ps->urgent == URGENT_SKIPPED)
		ps->urgent = URGENT_NONE;
	return true;
}

/*
 * What comes next is the urgent byte: the pair has such a thing as well, with its mark and its signal.
 * Return: false when it can't be had or given yet.
 */
static bool pass_urgent(struct psock *ps)
{
	char byte;

	if (skiff_recv(ps->sfd, &byte, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT) != 1) {
		bool yet = errno == EAGAIN;

		/* Somebody else has had it, or it has come to nothing. */
		if (!yet)
			ps->urgent = URGENT_SKIPPED;
		return !yet;
	}
	if (send(ps->end.fd, &byte, 1, MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL) != 1) {
		if (errno != EAGAIN)
			return true;
		pair_tell_room(ps);
		return false;
	}
	skiff_recv(ps->sfd, &byte, 1, MSG_OOB | MSG_DONTWAIT);
	ps->urgent = URGENT_SKIPPED;
	return true;
}

static bool at_mark(const struct psock *ps)
{
	int mark = 0;

	return skiff_ioctl(ps->sfd, SIOCATMARK, &mark) == 0 && mark;
}

/* The next buffer of the host's. Return: false when there is none, for the reason in errno. */
static bool take_in(struct psock *ps)
{
	ps->in_offset = 0;
	if (ps->stamp && ps->urgent == URGENT_NONE && at_mark(ps))
		ps->urgent = URGENT_AHEAD;
	if (ps->urgent == URGENT_AHEAD && at_mark(ps) && !pass_urgent(ps)) {
		errno = EAGAIN;
		return false;
	}
	if (ps->urgent != URGENT_NONE || ps->stamp)
		return take_copy(ps);
	ps->in = skiff_recv_skb(ps->sfd, MSG_DONTWAIT);
	if (!ps->in && errno == EBADMSG) {
		ps->urgent = URGENT_AHEAD;
		return take_in(ps);
	}
	return ps->in;
}

/* Without a list of fragments it can be written piece by piece. Return: false without memory. */
static bool is_plain(struct sk_buff *skb)
{
	return !skb_has_frag_list(skb) || !skb_linearize(skb);
}

/* Fewer bytes than the program wants to be woken for. */
static bool too_few(const struct psock *ps)
{
	struct pollfd p = { .fd = ps->sfd, .events = POLLIN };

	return ps->held_back && !ps->in && skiff_poll_fds(&p, 1, 0) == 0;
}

/* The time of what is in the pair is not that of what comes next. */
static bool must_be_read_first(const struct psock *ps)
{
	return ps->stamp && !ps->in && !pair_was_read(ps);
}

static void end_of_input(struct psock *ps, int error)
{
	ps->in_ended = true;
	if (!error && !ps->reset) {
		pair_shut(ps, SHUT_WR);
		return;
	}
	note_error(ps, error ? error : ps->error);
	broken(ps);
}

void pump_in(struct psock *ps)
{
	size_t turn = 0;

	while (ps->end.fd >= 0 && !ps->in_ended && turn < TURN) {
		if (too_few(ps))
			return;
		if (must_be_read_first(ps)) {
			pair_tell_room(ps);
			return;
		}
		if (!ps->in && !take_in(ps)) {
			if (errno == EAGAIN)
				return;
			if (is_want_of_memory(errno))
				break;
			end_of_input(ps, errno);
			return;
		}
		if (!is_plain(ps->in))
			break;
		turn += ps->in->len;
		if (!write_in(ps))
			return;
	}
	if (!ps->in_ended)
		go_on_later(ps);
}

void pump_start(struct psock *ps)
{
	ps->state = PSOCK_STREAM;
	ps->in_ended = false;
	take_out(ps);
	if (ps->sfd >= 0)
		pump_in(ps);
}

void pump_end_ready(struct loop_watch *watch, u32 events)
{
	struct psock *ps = container_of(watch, struct psock, end);

	if (!(events & EPOLLHUP))
		pair_seen(ps);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
		ps->readable = true;
	if (events & (EPOLLHUP | EPOLLRDHUP))
		ps->last_words = true;
	/* An end that we have shut ourselves in both directions hangs up by that. */
	if (events & EPOLLHUP && ps->shut != (1U << SHUT_RD | 1U << SHUT_WR))
		ps->hung_up = true;
	if (ps->state != PSOCK_STREAM) {
		if (ps->hung_up)
			psock_close(ps);
		else if (ps->state == PSOCK_LISTENING && events & EPOLLOUT)
			listener_end_ready(ps);
		return;
	}
	take_out(ps);
	if (ps->sfd >= 0 && events & EPOLLOUT)
		pump_in(ps);
	if (ps->sfd >= 0)
		calls_retry(ps);
}

/*
 * The program knows the end of what it receives; now there has been a reset. Reading stays at the end, writing is
 * EPIPE, and SO_ERROR the host's to tell.
 */
static void reset_after_end(struct psock *ps)
{
	consume_skb(ps->out);
	ps->out = NULL;
	pair_end(ps);
}

void pump_host_ready(struct psock *ps, u32 events)
{
	if (ps->in_ended && events & EPOLLERR) {
		reset_after_end(ps);
		return;
	}
	if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		take_out(ps);
	if (ps->sfd >= 0 && events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP | EPOLLPRI))
		pump_in(ps);
}
