// SPDX-License-Identifier: BSD-2-Clause
/*
 * sendmsg(): the program's data into the write queue, and off it goes.
 *
 * A large call is copied without the stack lock, as much at a time as the send buffer seems to have
 * room for; then, under the lock, the state is looked at and the buffers are queued. What there was no
 * room for after all is dropped, and the program's place set back. A small call is copied under the
 * lock, into what is left of the last buffer.
 *
 * Memory that is lent (zerocopy.c) is queued as it is, under the lock.
 *
 * Nothing waits here: -EAGAIN is the caller's business.
 */
#include <linux/net_tstamp.h>

#include "skb/tstamp.h"
#include "tcp/output.h"

/* Calls of less are copied under the lock. */
#define BULK_MIN 8192
/* Bytes that are copied at a time. */
#define BULK_MAX (512 * 1024)

/**
 * struct send_call - a call under way
 * @sk: the socket
 * @msg: the call
 * @flags: MSG_*
 * @mss_now: segment size
 * @size_goal: bytes that a buffer is filled up to
 * @copied: bytes that are queued
 * @copied_syn: bytes that went with the SYN
 * @sockc: timestamps wanted
 * @ready: buffers that were copied and wait to be queued, linked by next
 * @ready_len: bytes in them
 * @bulk: whether data comes by @ready
 * @uarg: owner of the program's memory with MSG_ZEROCOPY
 * @began: @uarg is of this attempt
 * @lends: the data is not copied
 */
struct send_call {
	struct sock *sk;
	struct skiff_msghdr *msg;
	unsigned int flags;
	int mss_now;
	int size_goal;
	int copied;
	int copied_syn;
	struct sockcm_cookie sockc;
	struct sk_buff *ready;
	size_t ready_len;
	bool bulk;
	struct ubuf_info *uarg;
	bool began;
	bool lends;
};

/* Bytes of the program that were not queued yet. */
static size_t left(const struct send_call *c)
{
	return c->ready_len + msg_data_left(c->msg);
}

void tcp_tx_timestamp(struct sock *sk, const struct sockcm_cookie *sockc)
{
	struct sk_buff *skb = tcp_write_queue_tail(sk);
	struct skb_shared_info *shinfo;

	if (likely(!sockc->tsflags) || !skb)
		return;
	shinfo = skb_shinfo(skb);
	sock_tx_timestamp(sk, sockc->tsflags, &shinfo->tx_flags);
	if (sockc->tsflags & SOF_TIMESTAMPING_TX_ACK)
		TCP_SKB_CB(skb)->txstamp_ack = 1;
	if (sockc->tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK)
		shinfo->tskey = TCP_SKB_CB(skb)->seq + skb->len - 1;
}

void tcp_tx_stamp_acked(struct sock *sk, struct sk_buff *skb)
{
	struct rb_node saved;

	if (likely(!TCP_SKB_CB(skb)->txstamp_ack))
		return;
	TCP_SKB_CB(skb)->txstamp_ack = 0;
	saved = skb_rb_save(skb);
	__skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK);
	skb_rb_restore(skb, saved);
}

/* Half of the largest window was filled since the last PSH: the receiver should hand it over. */
static bool forced_push(const struct tcp_sock *tp)
{
	return after(tp->write_seq, tp->pushed_seq + (tp->max_window >> 1));
}

/*
 * A small segment is in a device already and the last buffer is not full: more may come before it has
 * left (net.ipv4.tcp_autocorking).
 */
static bool should_autocork(const struct sock *sk, const struct sk_buff *skb, int size_goal)
{
	return (int)skb->len < size_goal && tcp_net_sk(sk)->sysctl_tcp_autocorking &&
	       !tcp_rtx_queue_empty(sk) && refcount_read(&sk->sk_wmem_alloc) > skb->truesize &&
	       tcp_skb_can_collapse_to(skb);
}

/* Return: whether tcp_wfree() will send it. */
static bool autocork(struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!(READ_ONCE(tp->tsq_flags) & TSQ_THROTTLED)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPAUTOCORKING);
		__atomic_fetch_or(&tp->tsq_flags, TSQ_THROTTLED, __ATOMIC_SEQ_CST);
	}
	return __atomic_fetch_add(&sk->sk_wmem_alloc.refs.counter, 0, __ATOMIC_SEQ_CST) >
	       (long)skb->truesize;
}

/**
 * tcp_push() - the program has no more for now: send what may be sent
 * @sk: the socket
 * @flags: MSG_*
 * @mss_now: segment size
 * @nonagle: TCP_NAGLE_*
 * @size_goal: bytes of a full buffer
 */
void tcp_push(struct sock *sk, int flags, int mss_now, int nonagle, int size_goal)
{
	struct sk_buff *skb = tcp_write_queue_tail(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!skb)
		return;
	if (!(flags & MSG_MORE) || forced_push(tp))
		tcp_mark_push(tp, skb);
	if (flags & MSG_OOB)
		tp->snd_up = tp->write_seq;
	if (should_autocork(sk, skb, size_goal) && autocork(sk, skb))
		return;
	if (flags & MSG_MORE)
		nonagle = TCP_NAGLE_CORK;
	__tcp_push_pending_frames(sk, (unsigned int)mss_now, nonagle);
}

/* What is ready, but no room is left for. */
static void drop_ready(struct send_call *c)
{
	struct sk_buff *skb;

	if (unlikely(c->ready_len))
		iov_iter_revert(&c->msg->msg_iter, c->ready_len);
	while ((skb = c->ready)) {
		c->ready = skb->next;
		skb->next = NULL;
		consume_skb(skb);
	}
	c->ready_len = 0;
}

/* What a buffer is filled up to. No lock: what is read here may be old, and is an aim only. */
static size_t likely_goal(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return (size_t)READ_ONCE(tp->mss_cache) * READ_ONCE(tp->gso_segs);
}

/* Whether the program gets to know when its memory is its own again. */
static bool wants_zerocopy(const struct send_call *c)
{
	return unlikely(c->flags & MSG_ZEROCOPY) &&
	       (c->msg->msg_ubuf || sock_flag(c->sk, SOCK_ZEROCOPY));
}

/*
 * Before all else: the owner of the memory that is lent, which stays with the call until all of it is
 * sent, for there may be more attempts.
 */
static int zerocopy_begin(struct send_call *c)
{
	struct skiff_msghdr *msg = c->msg;

	if (likely(!wants_zerocopy(c)) || !msg_data_left(msg) || c->uarg)
		return 0;
	if (!msg->msg_ubuf) {
		msg->msg_ubuf = tcp_zerocopy_begin(c->sk, msg_data_left(msg));
		if (!msg->msg_ubuf)
			return -ENOBUFS;
		c->began = true;
	}
	c->uarg = msg->msg_ubuf;
	c->lends = c->sk->sk_route_caps & NETIF_F_SG;
	return 0;
}

/* Nothing was sent in the end. */
static void zerocopy_abort(struct send_call *c)
{
	if (likely(!c->began))
		return;
	c->msg->msg_ubuf = NULL;
	msg_zerocopy_put_abort(c->uarg, true);
}

/*
 * Whether the rest is copied without the lock. Urgent data, and what may go with a SYN, are small.
 * Buffers of few bytes are filled one by one: the send buffer may have room for one, but not for two.
 */
static bool is_bulk(const struct send_call *c)
{
	return msg_data_left(c->msg) >= BULK_MIN && !(c->flags & (MSG_OOB | MSG_FASTOPEN)) &&
	       !wants_zerocopy(c) && READ_ONCE(c->sk->sk_state) == TCP_ESTABLISHED &&
	       likely_goal(c->sk) >= BULK_MIN;
}

/* Copy what there will be room for. */
static void make_ready(struct send_call *c)
{
	size_t goal = likely_goal(c->sk), room, n;
	struct sk_buff **end = &c->ready, *skb;
	int space;

	space = READ_ONCE(c->sk->sk_sndbuf) - READ_ONCE(c->sk->sk_wmem_queued);
	if (space <= 0 || !goal)
		return;
	room = max(min((size_t)space, (size_t)BULK_MAX), goal);
	while (c->ready_len < room && msg_data_left(c->msg)) {
		n = min(goal, msg_data_left(c->msg));
		skb = tcp_copy_bulk(&c->msg->msg_iter, n);
		if (!skb)
			return;
		*end = skb;
		end = &skb->next;
		c->ready_len += skb->len;
	}
}

/* The first of the ready buffers becomes the last of the queue. Return: bytes, 0 without memory. */
static int queue_ready(struct send_call *c)
{
	struct sk_buff *skb = c->ready;

	if (!sk_wmem_schedule(c->sk, (int)skb->truesize) && !tcp_rtx_and_write_queues_empty(c->sk))
		return 0;
	c->ready = skb->next;
	skb->next = NULL;
	c->ready_len -= skb->len;
	tcp_skb_entail(c->sk, skb);
	return (int)skb->len;
}

/* Move bytes of the first ready buffer to @skb. Return: how many, 0: they don't fit. */
static int shift_ready(struct send_call *c, struct sk_buff *skb, int len)
{
	struct sk_buff *from = c->ready;

	len = min(len, (int)from->len);
	if (!sk_wmem_schedule(c->sk, len) || !skb_shift(skb, from, len))
		return 0;
	sk_wmem_queued_add(c->sk, len);
	sk_mem_charge(c->sk, len);
	c->ready_len -= (size_t)len;
	if (!from->len) {
		c->ready = from->next;
		from->next = NULL;
		consume_skb(from);
	}
	return len;
}

/* The last buffer, if more may go into it. *@room: how much. */
static struct sk_buff *open_tail(const struct send_call *c, int *room)
{
	struct sk_buff *skb = tcp_write_queue_tail(c->sk);

	if (!skb || !tcp_skb_can_collapse_to(skb))
		return NULL;
	*room = c->size_goal - (int)skb->len;
	return *room > 0 ? skb : NULL;
}

static struct sk_buff *new_tail(struct send_call *c)
{
	struct sock *sk = c->sk;
	struct sk_buff *skb;

	skb = tcp_stream_alloc_skb(sk, GFP_ATOMIC, tcp_rtx_and_write_queues_empty(sk));
	if (skb)
		tcp_skb_entail(sk, skb);
	return skb;
}

/* Up to @len bytes of the program's into @skb. Return: how many; 0: no more fit; -ENOMEM. */
static int append(const struct send_call *c, struct sk_buff *skb, int len)
{
	if (unlikely(c->lends))
		return tcp_append_zerocopy(c->sk, skb, c->msg, len, c->uarg);
	return tcp_append_small(c->sk, skb, &c->msg->msg_iter, (size_t)len);
}

/* Into the last buffer or a new one. Return: bytes; 0: no room. */
static int add_some(struct send_call *c)
{
	struct sock *sk = c->sk;
	int room = 0, n = 0;
	struct sk_buff *skb = open_tail(c, &room);

	if (skb)
		n = c->bulk ? shift_ready(c, skb, room) : append(c, skb, room);
	if (n)
		return max(n, 0);
	/* Nothing more fits in there. */
	if (skb && !(c->flags & MSG_MORE))
		tcp_mark_push(tcp_sk(sk), skb);
	if (!tcp_stream_memory_free(sk) || sk_host_full(sk))
		return 0;
	if (c->bulk)
		return queue_ready(c);
	skb = new_tail(c);
	if (!skb)
		return 0;
	n = append(c, skb, c->size_goal);
	return max(n, 0);
}

/* @n bytes are at the end of the queue: give them numbers, and send what is full. */
static void added(struct send_call *c, int n)
{
	struct sk_buff *skb = tcp_write_queue_tail(c->sk);
	struct tcp_sock *tp = tcp_sk(c->sk);

	if (!c->copied)
		TCP_SKB_CB(skb)->tcp_flags &= (u8)~TCPHDR_PSH;
	tp->write_seq += (u32)n;
	TCP_SKB_CB(skb)->end_seq += (u32)n;
	tcp_skb_pcount_set(skb, 0);
	c->copied += n;
	if (!left(c)) {
		if (unlikely(c->flags & MSG_EOR))
			TCP_SKB_CB(skb)->eor = 1;
		return;
	}
	if ((int)skb->len < c->size_goal || (c->flags & MSG_OOB))
		return;
	if (forced_push(tp)) {
		tcp_mark_push(tp, skb);
		__tcp_push_pending_frames(c->sk, (unsigned int)c->mss_now, TCP_NAGLE_PUSH);
	} else if (skb == tcp_send_head(c->sk)) {
		tcp_push_one(c->sk, (unsigned int)c->mss_now);
	}
}

/* No room: whoever makes some tells. What is queued goes, for that makes room. */
static int no_space(struct send_call *c)
{
	struct sock *sk = c->sk;

	sock_set_flag(sk, SOCK_NOSPACE_WAIT);
	tcp_remove_empty_skb(sk);
	if (c->copied)
		tcp_push(sk, (int)(c->flags & ~(unsigned int)MSG_MORE), c->mss_now, TCP_NAGLE_PUSH,
			 c->size_goal);
	if (!tcp_rtx_and_write_queues_empty(sk))
		return -EAGAIN;
	/* Nothing of this socket's own is in the way: memory has ended. Nobody would tell. */
	sock_reset_flag(sk, SOCK_NOSPACE_WAIT);
	return -ENOBUFS;
}

/* May it send in this state? Return: 0; -EAGAIN: not yet; or why not. */
static int check_state(struct send_call *c)
{
	struct sock *sk = c->sk;
	bool passive_fast = sk->sk_state == TCP_SYN_RECV && tcp_sk(sk)->fastopen_rsk;
	int err;

	if (unlikely(c->flags & MSG_FASTOPEN || inet_sk(sk)->defer_connect) && !c->copied_syn) {
		err = tcp_sendmsg_fastopen(sk, c->msg, &c->copied_syn, msg_data_left(c->msg),
					   c->uarg);
		if (err)
			return err;
	}
	if (((1 << sk->sk_state) & ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) && !passive_fast) {
		if (sk->sk_err)
			return sock_error(sk);
		return (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV) ? -EAGAIN : -EPIPE;
	}
	return sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN) ? -EPIPE : 0;
}

/* Queue what is at hand, as far as there is room. Return: 0 or why not. */
static int queue_at_hand(struct send_call *c)
{
	int n;

	while (c->bulk ? c->ready_len : msg_data_left(c->msg)) {
		n = add_some(c);
		if (!n)
			return no_space(c);
		added(c, n);
	}
	return 0;
}

/* Return: 0, also when the next part of a large call is to be copied without the lock; or why not. */
static int queue_data(struct send_call *c)
{
	bool had_ready = c->ready != NULL;
	int err = zerocopy_begin(c);

	if (!err)
		err = check_state(c);
	if (err)
		return err;
	/* Before anything is queued: did the program keep the path busy so far? */
	if (!c->copied)
		tcp_rate_check_app_limited(c->sk);
	c->mss_now = tcp_send_mss(c->sk, &c->size_goal, (int)c->flags);
	err = queue_at_hand(c);
	if (err || !c->bulk || !left(c) || (had_ready && tcp_stream_memory_free(c->sk)))
		return err;
	/* No room for another buffer, or no memory for one: but what has begun is filled. */
	c->bulk = false;
	return queue_at_hand(c);
}

/* The end of a call, all of it taken or not. */
static int finish(struct send_call *c, int err)
{
	struct sock *sk = c->sk;

	if (err)
		tcp_remove_empty_skb(sk);
	if (c->copied) {
		tcp_tx_timestamp(sk, &c->sockc);
		tcp_push(sk, (int)c->flags, c->mss_now, tcp_sk(sk)->nonagle, c->size_goal);
	}
	if (c->copied + c->copied_syn)
		return c->copied + c->copied_syn;
	zerocopy_abort(c);
	if (err == -EPIPE && sk->sk_err)
		err = sock_error(sk);
	if (err == -EAGAIN && tcp_rtx_and_write_queues_empty(sk))
		sk->sk_write_space(sk);
	return err;
}

/**
 * tcp_sendmsg() - proto.sendmsg
 * @sk: the socket
 * @msg: the call
 * @size: its bytes
 *
 * No lock. Return: bytes taken; -EAGAIN when the connection is not established yet or the send buffer
 * is full; -EPIPE after shutdown or without a connection; the pending error; -ENOBUFS when memory has
 * ended; -EINVAL for control messages that make no sense.
 */
int tcp_sendmsg(struct sock *sk, struct skiff_msghdr *msg, size_t size)
{
	struct send_call c = { .sk = sk, .msg = msg, .flags = msg->msg_flags };
	struct net *net = sock_net(sk);
	int err, done;

	(void)size;
	sockcm_init(&c.sockc, sk);
	if (msg->msg_controllen && sock_cmsg_send(sk, msg, &c.sockc))
		return -EINVAL;
	do {
		done = c.copied;
		c.bulk = is_bulk(&c);
		if (c.bulk)
			make_ready(&c);
		err = net_enter(net);
		if (err) {
			drop_ready(&c);
			return c.copied ? c.copied : err;
		}
		err = queue_data(&c);
		drop_ready(&c);
		if (err || !msg_data_left(msg) || c.copied == done)
			break;
		net_unlock(net);
	} while (true);
	err = finish(&c, err);
	if (c.flags & MSG_BATCH)
		net_unlock_more(net);
	else
		net_unlock(net);
	return err;
}

#define COPY_ORDER 3

/* Buffers of the program's that became ones of the stream's, and wait to be queued. */
struct adopted {
	struct sk_buff *first;
	struct sk_buff **end;
	int truesize;
};

static void adopted_add(struct adopted *all, struct sk_buff *skb)
{
	*all->end = skb;
	all->end = &skb->next;
	all->truesize += (int)skb->truesize;
}

static void adopted_drop(struct adopted *all, enum skb_drop_reason reason)
{
	kfree_skb_list_reason(all->first, reason);
	all->first = NULL;
}

/*
 * As much of @from, from byte @done on, as one buffer takes, however many pieces it is in: what GRO has
 * gathered is a list. Return: how much, or -ENOMEM.
 */
static int copy_some(struct sk_buff *skb, const struct sk_buff *from, int done)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int left = (int)from->len - done, n;
	struct page *page;

	while (left && shinfo->nr_frags < MAX_SKB_FRAGS) {
		n = min(left, (int)(PAGE_SIZE << COPY_ORDER));
		page = alloc_pages(GFP_ATOMIC, COPY_ORDER);
		if (!page)
			return -ENOMEM;
		BUG_ON(skb_copy_bits(from, (int)from->len - left, page_address(page), n));
		skb_fill_page_desc(skb, shinfo->nr_frags, page, 0, n);
		skb_len_add(skb, n);
		left -= n;
	}
	return (int)skb->len;
}

/* What lies in one buffer may need several: a receive queue's are larger than a copy can be. */
static int adopt_copy(struct sock *sk, const struct sk_buff *from, struct adopted *all)
{
	struct sk_buff *skb;
	int done = 0, n;

	for (; done < (int)from->len; done += n) {
		skb = tcp_stream_alloc_skb(sk, GFP_ATOMIC, true);
		if (!skb)
			return -ENOMEM;
		n = copy_some(skb, from, done);
		if (n < 0) {
			kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
			return n;
		}
		adopted_add(all, skb);
	}
	return 0;
}

/* All of it lies in blocks that can be referred to: fragments, and perhaps the linear part. */
static bool can_share(const struct sk_buff *from)
{
	if (skb_has_frag_list(from))
		return false;
	return !skb_headlen(from) || !skb_zerocopy_headlen(from);
}

/* The bytes of a buffer of the program's, shared where that is possible. Return: 0 or -ENOMEM. */
static int adopt(struct sock *sk, struct sk_buff *from, struct adopted *all)
{
	struct sk_buff *skb;

	if (!from->len)
		return 0;
	skb = tcp_stream_alloc_skb(sk, GFP_ATOMIC, true);
	if (!skb)
		return -ENOMEM;
	if (can_share(from) && !skb_zerocopy(skb, from, (int)from->len, 0)) {
		adopted_add(all, skb);
		return 0;
	}
	/* Its linear part is no block of ours, or there are too many fragments. */
	consume_skb(skb);
	return adopt_copy(sk, from, all);
}

/* All of them or none. Return: 0 or -ENOMEM, also when the protocol grants no more memory. */
static int adopt_all(struct sock *sk, struct sk_buff *skb, struct adopted *all)
{
	int err = 0;

	all->end = &all->first;
	for (; skb && !err; skb = skb->next)
		err = adopt(sk, skb, all);
	if (err) {
		adopted_drop(all, SKB_DROP_REASON_NOMEM);
		return err;
	}
	/* With nothing in flight nobody would make room: then it goes whatever the limit is. */
	if (sk_wmem_schedule(sk, all->truesize) || tcp_rtx_and_write_queues_empty(sk))
		return 0;
	adopted_drop(all, SKB_DROP_REASON_PROTO_MEM);
	return -ENOMEM;
}

static void queue_adopted(struct send_call *c, struct sk_buff *skb)
{
	struct sk_buff *next;

	for (; skb; skb = next) {
		next = skb->next;
		skb->next = NULL;
		tcp_skb_entail(c->sk, skb);
		added(c, (int)skb->len);
	}
}

/* As check_state(). */
static int check_skb_state(struct send_call *c)
{
	int err = check_state(c);

	/* The SYN has left, and no data with it: that goes when it was answered. */
	if (err == -EINPROGRESS) {
		c->msg->msg_flags &= ~(unsigned int)MSG_FASTOPEN;
		err = -EAGAIN;
	}
	if (!err && !tcp_stream_memory_free(c->sk))
		err = no_space(c);
	return err;
}

/**
 * tcp_send_skb_form() - proto.send_skb: buffers of the program's become data of the stream
 * @sk: the socket
 * @msg: flags; MSG_FASTOPEN goes when the SYN has left
 * @skb: the first one, others linked by next; consumed, but for -EAGAIN
 *
 * Nothing is copied that lies in a registered block. Stack lock. Return: bytes taken, all of them;
 * -EAGAIN when there is no room yet, or memory, or the connection is not established; -EPIPE; the
 * pending error; -ENOBUFS.
 */
int tcp_send_skb_form(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb)
{
	struct send_call c = { .sk = sk, .msg = msg, .flags = msg->msg_flags };
	struct adopted all = {};
	struct sk_buff *next;
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	sockcm_init(&c.sockc, sk);
	err = check_skb_state(&c);
	if (!err && adopt_all(sk, skb, &all))
		err = no_space(&c);
	if (err == -EAGAIN)
		return err;
	if (err) {
		kfree_skb_list_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return finish(&c, err);
	}
	for (; skb; skb = next) {
		next = skb->next;
		skb->next = NULL;
		consume_skb(skb);
	}
	c.mss_now = tcp_send_mss(sk, &c.size_goal, (int)c.flags);
	queue_adopted(&c, all.first);
	return finish(&c, 0);
}
