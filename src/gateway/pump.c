// SPDX-License-Identifier: BSD-2-Clause
/*
 * A connection's data, both ways, without a copy of ours.
 *
 * From the client: buffers are taken from our socket as they are, and written from where their data lies.
 * What the system does not take stays here, and no more is taken: our socket's window closes, and the
 * client waits. From the system: it is read into blocks that become the buffers of our socket's send
 * queue; when that is full nothing is read, and the system's window closes.
 *
 * Nothing is read before there is the memory for what it becomes: without memory a connection is slower, and
 * loses nothing.
 *
 * The system's socket is watched for edges, so it is read, and written to, until it says that it is enough.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gateway/stream.h"
#include "tcp/tcp.h"

/* Bytes that one connection moves each way before others have their turn. */
#define TURN_MAX (1 << 20)

/* What is taken from the client at once. */
#define TAKE_MAX (256 * 1024)
#define PIECES_MAX 128

/* Seconds between questions whether a client that has sent its end is still there. */
#define CLIENT_IDLE 10

/* What is so short is copied: the block stays for the next. */
#define COPY_MAX 2048

/* Nothing more can be done now; there may be more; the flow is gone. */
enum pumped { PUMP_IDLE, PUMP_MORE, PUMP_GONE };

/* From the client */

/* Where the urgent byte is among the next @len bytes of our socket, if it is; else -1. */
static int urgent_at(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (likely(!tp->urg_data) || tp->urg_data == TCP_URG_NOTYET ||
	    before(tp->urg_seq, tp->copied_seq))
		return -1;
	return (int)(tp->urg_seq - tp->copied_seq);
}

/* One more buffer of the client's into the list. Return: whether there was one; *@err as recv_skb. */
static bool take_one(struct gw_stream *s, int *err)
{
	int urgent = urgent_at(s->sock.sk);
	struct sk_buff *skb = s->sock.ops->recv_skb(&s->sock, MSG_DONTWAIT, err);

	if (!skb)
		return false;
	skb_dst_drop(skb);
	if (unlikely(urgent >= 0 && urgent < (int)skb->len))
		s->urgent = (int)s->out_len + urgent;
	skb->next = NULL;
	if (s->out)
		s->out_last->next = skb;
	else
		s->out = skb;
	s->out_last = skb;
	s->out_len += skb->len;
	return true;
}

/* Return: 0; or why there is nothing: -EAGAIN, the end and what ended it. */
static int take(struct gw_stream *s)
{
	int err = 0;

	while (s->out_len < TAKE_MAX && s->urgent < 0 && take_one(s, &err))
		;
	if (s->out)
		return 0;
	/* All of it, and no error: the end. */
	if (!err)
		s->client_ended = true;
	return err ? err : -EAGAIN;
}

/* The pieces of what is to be written next, no more than @max bytes. Return: how many. */
static int gather(struct gw_stream *s, struct iovec *iov, unsigned int max)
{
	unsigned int at = s->out_at;
	int n = 0;

	for (struct sk_buff *skb = s->out; skb && max && n < PIECES_MAX; skb = skb->next) {
		struct skb_seq_state st;
		unsigned int done = 0, len;
		const u8 *data;

		skb_prepare_seq_read(skb, at, skb->len, &st);
		while (max && n < PIECES_MAX && (len = skb_seq_read(done, &data, &st)) != 0) {
			done += len;
			len = min(len, max);
			iov[n++] = (struct iovec){ (void *)(uintptr_t)data, len };
			max -= len;
		}
		skb_abort_seq_read(&st);
		at = 0;
	}
	return n;
}

/* @n bytes were written. */
static void written(struct gw_stream *s, unsigned int n)
{
	s->out_len -= n;
	if (s->urgent >= 0)
		s->urgent -= (int)n;
	s->out_at += n;
	while (s->out && s->out_at >= s->out->len) {
		struct sk_buff *skb = s->out;

		s->out_at -= skb->len;
		s->out = skb->next;
		skb->next = NULL;
		consume_skb(skb);
	}
}

/* Return: bytes that the system took; -errno. */
static ssize_t write_some(struct gw_stream *s)
{
	struct iovec iov[PIECES_MAX];
	struct msghdr m = { .msg_iov = iov };
	unsigned int max = s->out_len;
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
	ssize_t n;

	if (unlikely(s->urgent == 0)) {
		flags |= MSG_OOB;
		max = 1;
	} else if (unlikely(s->urgent > 0)) {
		max = (unsigned int)s->urgent;
	}
	m.msg_iovlen = (size_t)gather(s, iov, max);
	n = sendmsg(s->flow.watch.fd, &m, flags);
	if (n < 0)
		return -errno;
	if (flags & MSG_OOB)
		s->urgent = -1;
	written(s, (unsigned int)n);
	return n;
}

/* The system takes nothing any more. What it has sent is still to be delivered. */
static void write_failed(struct gw_stream *s, int err)
{
	s->err = err;
	kfree_skb_list_reason(s->out, SKB_DROP_REASON_QUEUE_PURGE);
	s->out = NULL;
	s->out_len = s->out_at = 0;
	s->urgent = -1;
	s->readable = s->hung_up = true;
}

/*
 * Who has sent its end may have closed as well, and is gone after a while. Nobody would hear of that, and the flow
 * would stay for as long as the system's peer says nothing: so the client is asked.
 */
static void look_after_client(struct gw_stream *s)
{
	static const int on = 1, idle = CLIENT_IDLE;

	s->sock.ops->setsockopt(&s->sock, SOL_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	sock_setsockopt(&s->sock, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static void tell_system_end(struct gw_stream *s)
{
	if (!s->client_ended || s->told_system || s->out)
		return;
	s->told_system = true;
	/* It fails only when there is a reset to be read. When the other direction has ended, close() tells it as well. */
	if (s->told_client)
		return;
	shutdown(s->flow.watch.fd, SHUT_WR);
	look_after_client(s);
}

static enum pumped pump_out(struct skiff_gateway *gw, struct gw_stream *s)
{
	ssize_t moved = 0, n;
	int err;

	while (s->writable && !s->err && moved < TURN_MAX) {
		if (!s->out) {
			err = s->client_ended ? -EAGAIN : take(s);
			if (err == -EAGAIN)
				break;
			if (err) {
				/* A reset, or nobody is there any more. */
				gw_stream_cut(gw, s);
				return PUMP_GONE;
			}
		}
		n = write_some(s);
		if (n == -EAGAIN)
			s->writable = false;
		else if (n < 0)
			write_failed(s, (int)-n);
		else
			moved += n;
	}
	gw->stats.bytes_out += (u64)moved;
	tell_system_end(s);
	return moved >= TURN_MAX ? PUMP_MORE : PUMP_IDLE;
}

/* From the system */

/* Room in our socket's queue. 0: none, and its owner is woken when there is. */
static unsigned int room_of(struct sock *sk)
{
	int room = READ_ONCE(sk->sk_sndbuf) - READ_ONCE(sk->sk_wmem_queued);

	if (room > 0)
		return (unsigned int)room;
	sock_set_flag(sk, SOCK_NOSPACE_WAIT);
	return 0;
}

/* Blocks to read up to @len bytes into. Return: how many there are. */
static int blocks_for(struct skiff_gateway *gw, struct iovec *iov, unsigned int len)
{
	int n = 0;

	while (n < GW_BLOCKS && (!n || (size_t)n * GW_BLOCK < len)) {
		if (!gw->block[n])
			gw->block[n] = alloc_pages(GFP_ATOMIC, GW_BLOCK_ORDER);
		if (!gw->block[n])
			break;
		iov[n] = (struct iovec){ page_address(gw->block[n]), GW_BLOCK };
		n++;
	}
	return n;
}

/* Buffers without data for all that can be read at once. Return: whether they are there. */
static bool heads_for_all(struct skiff_gateway *gw)
{
	for (int i = 0; i < GW_HEADS; i++) {
		if (!gw->head[i])
			gw->head[i] = alloc_skb(0, GFP_ATOMIC);
		if (!gw->head[i])
			return false;
	}
	return true;
}

static struct sk_buff *copied(const void *data, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_ATOMIC);

	if (skb)
		skb_put_data(skb, data, len);
	return skb;
}

/*
 * The block at @i of those that were read into, with @len bytes in it; or when most of it is empty, a smaller
 * one with a copy, if there is one: what is queued is to take no more than twice the memory that it counts for.
 */
static struct page *take_block(struct skiff_gateway *gw, int i, unsigned int len)
{
	struct page *block = gw->block[i], *page = NULL;
	unsigned int order = 0;

	while (PAGE_SIZE << order < len)
		order++;
	if (len <= GW_BLOCK / 2)
		page = alloc_pages(GFP_ATOMIC, order);
	if (page) {
		memcpy(page_address(page), page_address(block), len);
		return page;
	}
	gw->block[i] = NULL;
	return block;
}

/* Buffer @n of what was read: up to GW_BUFFER of @len bytes, whose blocks become the buffer's. */
static struct sk_buff *from_blocks(struct skiff_gateway *gw, int n, size_t len)
{
	struct sk_buff *skb = gw->head[n];
	unsigned int part;

	gw->head[n] = NULL;
	len = min(len, (size_t)GW_BUFFER);
	for (int i = 0; len; i++, len -= part) {
		struct page *page;

		part = (unsigned int)min(len, (size_t)GW_BLOCK);
		page = take_block(gw, n * (GW_BUFFER / GW_BLOCK) + i, part);
		skb_fill_page_desc(skb, i, page, 0, (int)part);
		skb_len_add(skb, (int)part);
	}
	return skb;
}

/* What was read as buffers. */
static struct sk_buff *as_buffers(struct skiff_gateway *gw, size_t len)
{
	struct sk_buff *first = NULL, **end = &first, *skb;

	if (len <= COPY_MAX)
		first = copied(page_address(gw->block[0]), (unsigned int)len);
	if (first)
		return first;
	for (int n = 0; len; n++, len -= skb->len) {
		skb = from_blocks(gw, n, len);
		*end = skb;
		end = &skb->next;
	}
	return first;
}

/* Is the next byte an urgent one? */
static bool at_mark(struct gw_stream *s)
{
	int at = 0;

	if (likely(!s->mark))
		return false;
	return !ioctl(s->flow.watch.fd, SIOCATMARK, &at) && at;
}

/*
 * Read what is there, no more than one buffer's worth beyond @room. Return: 0; -EAGAIN; -ENOMEM; or what
 * ended it, which is noted.
 */
static int read_some(struct skiff_gateway *gw, struct gw_stream *s, unsigned int room)
{
	struct iovec iov[GW_BLOCKS];
	int nr = blocks_for(gw, iov, room);
	size_t most;
	ssize_t n;

	if (!nr || !heads_for_all(gw))
		return -ENOMEM;
	s->in_urgent = at_mark(s);
	if (unlikely(s->in_urgent)) {
		nr = 1;
		iov[0].iov_len = 1;
		s->mark = false;
	}
	most = iov[0].iov_len + (size_t)(nr - 1) * GW_BLOCK;
	n = readv(s->flow.watch.fd, iov, nr);
	if (n <= 0) {
		s->readable = false;
		if (n < 0 && errno == EAGAIN)
			return -EAGAIN;
		s->system_ended = true;
		if (n < 0)
			s->err = errno;
		return -EPIPE;
	}
	/* A stream that gives less than it could has no more; only an end is not told twice. */
	if ((size_t)n < most && !s->hung_up && !s->mark)
		s->readable = false;
	s->in = as_buffers(gw, (size_t)n);
	return 0;
}

/*
 * Give our socket what was read. Return: bytes; -EAGAIN when there is no room, -ENOBUFS when there is no memory;
 * why it takes none.
 */
static long give(struct gw_stream *s)
{
	struct skiff_msghdr m = { .msg_flags = MSG_DONTWAIT };
	struct sk_buff *kept[GW_HEADS], *first = s->in;
	int n = 0;
	long ret;

	if (unlikely(s->in_urgent))
		m.msg_flags |= MSG_OOB;
	/* References of ours: without memory the buffers are dropped, and their bytes are to go all the same. */
	for (struct sk_buff *skb = first; skb; skb = skb->next)
		kept[n++] = skb_get(skb);
	ret = s->sock.ops->send_skb(&s->sock, &m, first);
	if (unlikely(ret == -ENOBUFS)) {
		while (--n > 0)
			kept[n - 1]->next = kept[n];
		return ret;
	}
	while (n)
		consume_skb(kept[--n]);
	if (ret != -EAGAIN)
		s->in = NULL;
	return ret;
}

static void tell_client_end(struct gw_stream *s)
{
	if (!s->system_ended || s->err || s->in || s->told_client)
		return;
	s->told_client = true;
	s->sock.ops->shutdown(&s->sock, SHUT_WR);
}

/* Return: 0: go on; -EAGAIN: it has to wait; else it is over. */
static long pump_in_step(struct skiff_gateway *gw, struct gw_stream *s, long *moved)
{
	unsigned int room;
	long ret;

	if (s->in) {
		ret = give(s);
		if (ret < 0)
			return ret;
		*moved += ret;
		return 0;
	}
	if (!s->readable || s->system_ended)
		return -EAGAIN;
	room = room_of(s->sock.sk);
	if (!room)
		return -EAGAIN;
	ret = read_some(gw, s, room);
	return ret == -EPIPE ? -EAGAIN : ret;
}

static enum pumped pump_in(struct skiff_gateway *gw, struct gw_stream *s)
{
	long moved = 0, ret;

	do {
		ret = pump_in_step(gw, s, &moved);
	} while (!ret && moved < TURN_MAX);
	gw->stats.bytes_in += (u64)moved;
	/* That passes, and nobody tells when. */
	if (ret == -ENOMEM || ret == -ENOBUFS) {
		gw->stats.no_memory++;
		return PUMP_MORE;
	}
	if (ret && ret != -EAGAIN) {
		gw_stream_cut(gw, s);
		return PUMP_GONE;
	}
	tell_client_end(s);
	return ret ? PUMP_IDLE : PUMP_MORE;
}

/* Is our end connected to the client, which was called by a published port? */
static bool has_answered(struct gw_stream *s)
{
	if (s->calling && s->sock.sk->sk_state == TCP_SYN_SENT)
		return false;
	s->calling = false;
	return true;
}

static void stream_step(struct skiff_gateway *gw, struct gw_stream *s)
{
	enum pumped out, in;

	/* Reset, timed out, or never answered: also when nothing could be moved. */
	if (s->sock.sk->sk_err) {
		gw_stream_cut(gw, s);
		return;
	}
	if (!has_answered(s))
		return;
	out = pump_out(gw, s);
	if (out == PUMP_GONE)
		return;
	in = pump_in(gw, s);
	if (in == PUMP_GONE)
		return;
	if (s->err && s->system_ended && !s->in)
		gw_stream_failed(gw, s);
	else if (s->told_client && s->told_system)
		gw_stream_close(gw, s);
	else if (out == PUMP_MORE || in == PUMP_MORE)
		gw_flow_ready(gw, &s->flow);
}

void gw_stream_run(struct skiff_gateway *gw, struct gw_flow *f)
{
	gw->busy++;
	if (f->stage == GW_OPEN)
		stream_step(gw, container_of(f, struct gw_stream, flow));
	gw->busy--;
	gw_flows_bury(gw);
}
