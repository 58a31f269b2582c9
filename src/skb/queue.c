// SPDX-License-Identifier: BSD-2-Clause
/* The list functions that take the list's lock. */
#include <skiff/skbuff.h>

void skb_queue_head(struct sk_buff_head *list, struct sk_buff *newsk)
{
	skb_track(newsk);
	spin_lock(&list->lock);
	__skb_queue_head(list, newsk);
	spin_unlock(&list->lock);
}

void skb_queue_tail(struct sk_buff_head *list, struct sk_buff *newsk)
{
	skb_track(newsk);
	spin_lock(&list->lock);
	__skb_queue_tail(list, newsk);
	spin_unlock(&list->lock);
}

struct sk_buff *skb_dequeue(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	spin_lock(&list->lock);
	skb = __skb_dequeue(list);
	spin_unlock(&list->lock);
	if (skb)
		skb_track(skb);
	return skb;
}

struct sk_buff *skb_dequeue_tail(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	spin_lock(&list->lock);
	skb = __skb_dequeue_tail(list);
	spin_unlock(&list->lock);
	if (skb)
		skb_track(skb);
	return skb;
}

void skb_append(struct sk_buff *old, struct sk_buff *newsk, struct sk_buff_head *list)
{
	skb_track(newsk);
	spin_lock(&list->lock);
	__skb_append(old, newsk, list);
	spin_unlock(&list->lock);
}

void skb_unlink(struct sk_buff *skb, struct sk_buff_head *list)
{
	spin_lock(&list->lock);
	__skb_unlink(skb, list);
	spin_unlock(&list->lock);
	skb_track(skb);
}

void skb_queue_purge(struct sk_buff_head *list)
{
	struct sk_buff_head doomed;

	/* Destructors run without the lock: one of them may look at this very list. */
	__skb_queue_head_init(&doomed);
	spin_lock(&list->lock);
	skb_queue_splice_init(list, &doomed);
	spin_unlock(&list->lock);
	__skb_queue_purge(&doomed);
}
