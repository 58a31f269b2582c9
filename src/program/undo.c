// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls whose callers have not heard of what became of them.
 *
 * A signal interrupts a call at any time, also while its answer is made, and only the answer shows that: there is
 * nobody for it any more. What the call has done is done by then. The caller calls again, by itself or because the
 * kernel restarts the call, and is to find everything as if it had not called before.
 *
 * Packets that were received are kept until the answer has arrived, and go back to the head of the queue if it has not.
 * What was sent can't be undone, nor can the name of a socket, but that is noted: the same call of the same thread goes
 * on behind it. It is the same one when its arguments are, and its bytes, as far as these can be told still, and when it
 * comes soon.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <skiff/jhash.h>
#include <skiff/sock.h>

#include "program/program.h"
#include "socket/file.h"

/* How long a handler of signals may take, ns. */
#define SENT_AGE_MAX 1000000000LL

/* Receiving */

/* With a reference for the caller, or NULL. */
static struct sfile *file_of(const struct psock *ps)
{
	int err;

	return sfile_get_socket(ps->sfd, &err);
}

struct sk_buff *undo_receiving(struct psock *ps)
{
	struct sfile *f = file_of(ps);
	struct sk_buff_head *queue;
	struct sk_buff *skb = NULL;

	if (!f)
		return NULL;
	queue = &f->sock.sk->sk_receive_queue;
	spin_lock(&queue->lock);
	skb = skb_peek(queue);
	if (skb)
		skb_get(skb);
	spin_unlock(&queue->lock);
	sfile_put(f);
	return skb;
}

void undo_received(struct psock *ps, struct sk_buff *skb)
{
	if (!skb)
		return;
	/* Still in the queue? */
	if (skb->next)
		consume_skb(skb);
	else
		__skb_queue_tail(&ps->server->received, skb);
}

/* As it was; the copy of the one behind them in the pair is replaced. */
static void put_back(struct psock *ps)
{
	struct sk_buff_head *received = &ps->server->received, *queue;
	struct sfile *f = file_of(ps);
	struct sk_buff *skb;

	if (!f)
		return;
	/* The caller goes on already, and may have read the copy. */
	if (ps->end.fd >= 0)
		datagram_end_ready(&ps->end, EPOLLOUT);
	queue = &f->sock.sk->sk_receive_queue;
	spin_lock(&queue->lock);
	while ((skb = __skb_dequeue_tail(received)) != NULL)
		__skb_queue_head(queue, skb);
	spin_unlock(&queue->lock);
	sfile_put(f);
	ps->taken = true;
	datagram_go_on(ps);
}

/* Sending */

static struct sent *sent_of(struct server *server, pid_t tid)
{
	return &server->sent[(unsigned int)tid % SENT_MAX];
}

/* Those behind are whatever the registers had. */
static size_t nr_args(const struct call *call)
{
	switch (call->req.data.nr) {
	case SYS_sendto:
		return 6;
	case SYS_sendmmsg:
		return 4;
	case SYS_getsockopt:
		return 5;
	default:
		return 3;
	}
}

static bool is_same_call(const struct call *call, const struct sent *s)
{
	return s->tid == (pid_t)call->req.pid && s->inode == call->ps->inode &&
	       s->total == call->total && s->nr == call->req.data.nr &&
	       !memcmp(s->args, call->req.data.args, nr_args(call) * sizeof(s->args[0]));
}

static u32 sum_of(const struct server *server, size_t len)
{
	return jhash(server->scratch, (u32)len, 0);
}

void undo_sending(const struct call *call, bool in_scratch)
{
	struct server *server = call->session->server;
	struct sent *s = sent_of(server, (pid_t)call->req.pid);

	*s = (struct sent){
		.tid = (pid_t)call->req.pid,
		.nr = call->req.data.nr,
		.inode = call->ps->inode,
		.total = call->total,
		.done = call->done,
		.part = call->part,
		.since = loop_now(),
		.is_summed = in_scratch,
		.sum = in_scratch ? sum_of(server, call->done) : 0,
	};
	memcpy(s->args, call->req.data.args, sizeof(s->args));
}

/* One that was waiting for more room. */
static void note_parked(const struct call *call)
{
	const struct call *other;

	list_for_each_entry(other, &call->ps->calls, node)
		if (other->req.id != call->req.id && other->req.pid == call->req.pid &&
		    other->sends)
			undo_sending(other, false);
}

bool undo_find_sent(struct call *call, bool *is_summed)
{
	struct sent *s = sent_of(call->session->server, (pid_t)call->req.pid);

	note_parked(call);
	if (!is_same_call(call, s) || (!call->retry && loop_now() - s->since > SENT_AGE_MAX))
		return false;
	*is_summed = s->is_summed;
	return true;
}

void undo_go_on(struct call *call)
{
	struct server *server = call->session->server;
	struct sent *s = sent_of(server, (pid_t)call->req.pid);

	if (!s->is_summed || s->sum == sum_of(server, s->done)) {
		call->done = s->done;
		call->part = s->part;
		call->sends = true;
		call->in_scratch = s->is_summed;
	}
	*s = (struct sent){ .tid = 0 };
}

/* Naming */

bool undo_named(struct call *call, const struct sockaddr_storage *addr, int len, long *result)
{
	struct sent *s = sent_of(call->session->server, (pid_t)call->req.pid);

	if (call->retry)
		return false;
	call->names = true;
	call->sum = jhash(addr, (u32)len, 0);
	if (!is_same_call(call, s) || s->sum != call->sum || loop_now() - s->since > SENT_AGE_MAX)
		return false;
	*result = s->result;
	*s = (struct sent){ .tid = 0 };
	return true;
}

static void note_named(const struct call *call, long result)
{
	struct sent *s = sent_of(call->session->server, (pid_t)call->req.pid);

	undo_sending(call, false);
	s->sum = call->sum;
	s->result = result;
}

/* Errors */

int undo_find_error(struct call *call)
{
	struct sent *s = sent_of(call->session->server, (pid_t)call->req.pid);
	long error = 0;

	if (!is_same_call(call, s))
		return 0;
	if (loop_now() - s->since <= SENT_AGE_MAX)
		error = s->result;
	*s = (struct sent){ .tid = 0 };
	return (int)error;
}

void undo_tells_error(struct call *call, int error)
{
	call->error = error;
}

/* All */

void undo_answered(struct call *call, long result, bool arrived)
{
	struct sk_buff_head *received = &call->session->server->received;
	struct sk_buff *skb;

	if (!arrived && call->sends)
		undo_sending(call, call->in_scratch);
	if (!arrived && call->names && (!result || result == -EINPROGRESS))
		note_named(call, result);
	if (!arrived && call->error && !result)
		note_named(call, call->error);
	if (!arrived && !skb_queue_empty(received) && call->ps->sfd >= 0)
		put_back(call->ps);
	while ((skb = __skb_dequeue(received)) != NULL)
		consume_skb(skb);
}
