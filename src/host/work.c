// SPDX-License-Identifier: BSD-2-Clause
/* Work for later: under the stack lock by whoever holds it, or after it by who has dropped it. */
#include "host/host.h"

/* Behind the last of a list: what is queued has a successor, and so is marked. */
static struct net_work end_of_list;

void work_list_init(struct net_work_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

void work_list_add(struct net_work_list *list, struct net_work *work)
{
	WRITE_ONCE(work->next, &end_of_list);
	WRITE_ONCE(*list->last, work);
	list->last = &work->next;
}

struct net_work *work_list_pop(struct net_work_list *list)
{
	struct net_work *work = list->first;

	if (!work)
		return NULL;
	list->first = READ_ONCE(work->next);
	if (list->first == &end_of_list)
		work_list_init(list);
	return work;
}

static void work_list_splice(struct net_work_list *from, struct net_work_list *to)
{
	if (!from->first)
		return;
	WRITE_ONCE(*to->last, from->first);
	to->last = from->last;
	work_list_init(from);
}

/* The mark goes first: from here on the work may be queued again, and after fn it may be gone. */
static void work_run(struct net *net, struct net_work *work)
{
	__atomic_store_n(&work->next, NULL, __ATOMIC_RELEASE);
	work->fn(net, work);
}

static bool work_claim(struct net_work *work)
{
	struct net_work *idle = NULL;

	return __skiff_compare_exchange(&work->next, &idle, &end_of_list, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE);
}

bool net_defer(struct net *net, struct net_work *work)
{
	if (!work_claim(work))
		return false;
	spin_lock(&net->remote_lock);
	work_list_add(&net->remote, work);
	WRITE_ONCE(net->remote_waiting, 1);
	spin_unlock(&net->remote_lock);
	if (!net_is_ours(net))
		skiff_kick(net);
	return true;
}

/*
 * Does the work that is there now. What comes meanwhile waits for the next round, so that work
 * which queues itself does not keep the lock for ever.
 */
bool net_run_remote(struct net *net)
{
	struct net_work_list todo;
	struct net_work *work;
	bool any;

	if (!READ_ONCE(net->remote_waiting))
		return false;
	work_list_init(&todo);
	spin_lock(&net->remote_lock);
	work_list_splice(&net->remote, &todo);
	WRITE_ONCE(net->remote_waiting, 0);
	spin_unlock(&net->remote_lock);
	any = todo.first != NULL;
	while ((work = work_list_pop(&todo)))
		work_run(net, work);
	return any;
}

bool net_after_unlock(struct net *net, struct net_work *work)
{
	ASSERT_NET_LOCKED(net);
	if (!work_claim(work))
		return false;
	work_list_add(&net->after_unlock, work);
	return true;
}

/*
 * Work after the unlock may take the lock again, and dropping that finds new work. To keep the
 * stack flat, the new work goes to the list of the frame that is already at it for this host.
 */
struct after_frame {
	struct net *net;
	struct net_work_list todo;
	struct after_frame *outer;
};

static __thread struct after_frame *after_frames __attribute__((tls_model("initial-exec")));

static struct after_frame *frame_of(const struct net *net)
{
	struct after_frame *frame = after_frames;

	while (frame && frame->net != net)
		frame = frame->outer;
	return frame;
}

void net_unlock_more(struct net *net)
{
	if (unlikely(!net_is_ours(net)))
		skiff_panic("stack lock of host %s dropped by a thread without it", net->name);
	net_loop_recheck(net);
	net_drop_lock(net);
}

/* Lets go, and does the work in a frame of this thread. */
static noinline void work_after_unlock(struct net *net)
{
	struct after_frame frame = { .net = net, .outer = after_frames };
	struct net_section section;
	struct net_work *work;

	work_list_init(&frame.todo);
	work_list_splice(&net->after_unlock, &frame.todo);
	/* Before the drop, so that net_synchronize() sees either the queue or the section. */
	net_section_enter(net, &section);
	net_drop_lock(net);
	after_frames = &frame;
	while ((work = work_list_pop(&frame.todo)))
		work_run(net, work);
	after_frames = frame.outer;
	net_section_leave(&section);
}

void net_let_go_and_work(struct net *net)
{
	struct after_frame *running = frame_of(net);

	if (!running) {
		work_after_unlock(net);
		return;
	}
	work_list_splice(&net->after_unlock, &running->todo);
	net_drop_lock(net);
}
