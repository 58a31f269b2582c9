// SPDX-License-Identifier: BSD-2-Clause
/* Lists that their members know: what the one-argument skb_unlink() of 1996 needs. */
/*
 * A member's lj_list and LJ_LISTED change under that list's lock only. Who wants to find the list
 * of a buffer reads both, takes the lock and looks again: another thread may have moved the buffer
 * to another list meanwhile.
 */
#include <skiff/skbuff.h>

#include "lj1996/lj1996.h"

/* Under the list's lock, the buffer linked. */
static void note_list(struct sk_buff *skb, struct sk_buff_head *list)
{
	WRITE_ONCE(skb->lj_list, list);
	lj_set(skb, LJ_LISTED);
}

void lj_queue_head(struct sk_buff_head *list, struct sk_buff *newsk)
{
	BUG_ON(lj_has(newsk, LJ_LISTED));
	spin_lock(&list->lock);
	__skb_queue_head(list, newsk);
	note_list(newsk, list);
	spin_unlock(&list->lock);
}

void lj_queue_tail(struct sk_buff_head *list, struct sk_buff *newsk)
{
	BUG_ON(lj_has(newsk, LJ_LISTED));
	spin_lock(&list->lock);
	__skb_queue_tail(list, newsk);
	note_list(newsk, list);
	spin_unlock(&list->lock);
}

struct sk_buff *lj_dequeue(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	spin_lock(&list->lock);
	skb = __skb_dequeue(list);
	if (skb)
		lj_clear(skb, LJ_LISTED);
	spin_unlock(&list->lock);
	return skb;
}

struct sk_buff *lj_dequeue_tail(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	spin_lock(&list->lock);
	skb = __skb_dequeue_tail(list);
	if (skb)
		lj_clear(skb, LJ_LISTED);
	spin_unlock(&list->lock);
	return skb;
}

/* The list that a buffer is in, its lock taken; NULL when it is in none. */
static struct sk_buff_head *lock_list_of(struct sk_buff *skb)
{
	struct sk_buff_head *list;

	while (lj_has(skb, LJ_LISTED)) {
		list = READ_ONCE(skb->lj_list);
		spin_lock(&list->lock);
		if (lj_has(skb, LJ_LISTED) && READ_ONCE(skb->lj_list) == list) {
			/* A modern function took it out and said nothing. */
			if (skb->next)
				return list;
			lj_clear(skb, LJ_LISTED);
		}
		spin_unlock(&list->lock);
	}
	return NULL;
}

bool lj_unlink(struct sk_buff *skb)
{
	struct sk_buff_head *list;

	if (skb_device_locked(skb))
		return false;
	list = lock_list_of(skb);
	if (!list)
		return false;
	__skb_unlink(skb, list);
	lj_clear(skb, LJ_LISTED);
	spin_unlock(&list->lock);
	return true;
}

static int put_beside(struct sk_buff *old, struct sk_buff *newsk, bool behind)
{
	struct sk_buff_head *list;

	BUG_ON(lj_has(newsk, LJ_LISTED));
	list = lock_list_of(old);
	if (WARN_ON(!list))
		return -ENOENT;
	if (behind)
		__skb_queue_after(list, old, newsk);
	else
		__skb_queue_before(list, old, newsk);
	note_list(newsk, list);
	spin_unlock(&list->lock);
	return 0;
}

int lj_append_skb(struct sk_buff *old, struct sk_buff *newsk)
{
	return put_beside(old, newsk, true);
}

int skb_insert(struct sk_buff *old, struct sk_buff *newsk)
{
	return put_beside(old, newsk, false);
}

void lj_queue_splice(struct sk_buff_head *list, struct sk_buff_head *head, bool tail)
{
	struct sk_buff *skb;

	skb_queue_walk(list, skb)
		note_list(skb, head);
	if (tail)
		skb_queue_splice_tail(list, head);
	else
		skb_queue_splice(list, head);
}

void lj_queue_purge(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	while ((skb = lj_dequeue(list)) != NULL)
		lj_drop(skb);
}
