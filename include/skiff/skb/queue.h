/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of buffers: a ring through the head, which is its first and last member at once. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_QUEUE_H
#define SKIFF_SKB_QUEUE_H

#ifdef __cplusplus
extern "C" {
#endif

/* The head as a member of its ring: where next and prev stand is all that is used of it. */
static inline struct sk_buff *__skb_queue_ring(const struct sk_buff_head *list)
{
	return (struct sk_buff *)(uintptr_t)list;
}

static inline int skb_queue_empty(const struct sk_buff_head *list)
{
	return list->next == __skb_queue_ring(list);
}

/* For a look without the lock; the answer may be old when it arrives. */
static inline bool skb_queue_empty_lockless(const struct sk_buff_head *list)
{
	return READ_ONCE(list->next) == __skb_queue_ring(list);
}

static inline bool skb_queue_is_last(const struct sk_buff_head *list, const struct sk_buff *skb)
{
	return skb->next == __skb_queue_ring(list);
}

static inline bool skb_queue_is_first(const struct sk_buff_head *list, const struct sk_buff *skb)
{
	return skb->prev == __skb_queue_ring(list);
}

/* The neighbours of a member; asking beyond the ends is the caller's bug. */
static inline struct sk_buff *skb_queue_next(const struct sk_buff_head *list,
					     const struct sk_buff *skb)
{
	BUG_ON(skb_queue_is_last(list, skb));
	return skb->next;
}

static inline struct sk_buff *skb_queue_prev(const struct sk_buff_head *list,
					     const struct sk_buff *skb)
{
	BUG_ON(skb_queue_is_first(list, skb));
	return skb->prev;
}

/* The first buffer, still in the list, or NULL. The list owns it: hold the lock or the list. */
static inline struct sk_buff *skb_peek(const struct sk_buff_head *list)
{
	struct sk_buff *skb = list->next;

	return skb == __skb_queue_ring(list) ? NULL : skb;
}

/* skb_peek() of a list that is known to have members. */
static inline struct sk_buff *__skb_peek(const struct sk_buff_head *list)
{
	return list->next;
}

static inline struct sk_buff *skb_peek_next(struct sk_buff *skb, const struct sk_buff_head *list)
{
	struct sk_buff *next = skb->next;

	return next == __skb_queue_ring(list) ? NULL : next;
}

static inline struct sk_buff *skb_peek_tail(const struct sk_buff_head *list)
{
	struct sk_buff *skb = READ_ONCE(list->prev);

	return skb == __skb_queue_ring(list) ? NULL : skb;
}

static inline __u32 skb_queue_len(const struct sk_buff_head *list)
{
	return list->qlen;
}

static inline __u32 skb_queue_len_lockless(const struct sk_buff_head *list)
{
	return READ_ONCE(list->qlen);
}

/* An empty list, the lock left alone: for lists that only one thread sees. */
static inline void __skb_queue_head_init(struct sk_buff_head *list)
{
	list->prev = list->next = __skb_queue_ring(list);
	list->qlen = 0;
}

static inline void skb_queue_head_init(struct sk_buff_head *list)
{
	spin_lock_init(&list->lock);
	__skb_queue_head_init(list);
}

static inline void skb_queue_head_init_class(struct sk_buff_head *list, struct lock_class_key *key)
{
	(void)key;
	skb_queue_head_init(list);
}

/* A list has been misused: says who did it, and ends the process. For debugging builds. */
SKIFF_API void skb_list_panic(const struct sk_buff *skb, const struct sk_buff_head *list,
			      const char *what) __attribute__((__noreturn__, __cold__));

#ifdef SKIFF_DEBUG
/* Whether the neighbours agree that it stands between them. */
static inline bool __skb_between(const struct sk_buff *skb)
{
	return skb->next && skb->prev && skb->next->prev == skb && skb->prev->next == skb;
}

#define SKB_LIST_MUST(cond, skb, list, what)             \
	do {                                             \
		if (unlikely(!(cond)))                   \
			skb_list_panic(skb, list, what); \
	} while (0)
#else
#define SKB_LIST_MUST(cond, skb, list, what) ((void)0)
#endif

/*
 * The __ forms are for callers that hold the lock, or own the list. Links are written with
 * WRITE_ONCE so that the lockless looks above are well defined.
 */
static inline void __skb_insert(struct sk_buff *newsk, struct sk_buff *prev, struct sk_buff *next,
				struct sk_buff_head *list)
{
	SKB_LIST_MUST(!__skb_between(newsk), newsk, list, "put into a list while it is in one");
	WRITE_ONCE(newsk->next, next);
	WRITE_ONCE(newsk->prev, prev);
	WRITE_ONCE(((struct sk_buff_list *)(void *)next)->prev, newsk);
	WRITE_ONCE(((struct sk_buff_list *)(void *)prev)->next, newsk);
	WRITE_ONCE(list->qlen, list->qlen + 1);
}

static inline void __skb_queue_after(struct sk_buff_head *list, struct sk_buff *prev,
				     struct sk_buff *newsk)
{
	__skb_insert(newsk, prev, ((struct sk_buff_list *)(void *)prev)->next, list);
}

static inline void __skb_queue_before(struct sk_buff_head *list, struct sk_buff *next,
				      struct sk_buff *newsk)
{
	__skb_insert(newsk, ((struct sk_buff_list *)(void *)next)->prev, next, list);
}

static inline void __skb_queue_head(struct sk_buff_head *list, struct sk_buff *newsk)
{
	__skb_queue_after(list, __skb_queue_ring(list), newsk);
}

static inline void __skb_queue_tail(struct sk_buff_head *list, struct sk_buff *newsk)
{
	__skb_queue_before(list, __skb_queue_ring(list), newsk);
}

static inline void __skb_append(struct sk_buff *old, struct sk_buff *newsk,
				struct sk_buff_head *list)
{
	__skb_queue_after(list, old, newsk);
}

static inline void __skb_unlink(struct sk_buff *skb, struct sk_buff_head *list)
{
	struct sk_buff *next = skb->next, *prev = skb->prev;

	SKB_LIST_MUST(list->qlen && __skb_between(skb), skb, list,
		      "taken out of a list that it is not in");
	WRITE_ONCE(list->qlen, list->qlen - 1);
	skb->next = skb->prev = NULL;
	WRITE_ONCE(((struct sk_buff_list *)(void *)next)->prev, prev);
	WRITE_ONCE(((struct sk_buff_list *)(void *)prev)->next, next);
}

static inline struct sk_buff *__skb_dequeue(struct sk_buff_head *list)
{
	struct sk_buff *skb = skb_peek(list);

	if (skb)
		__skb_unlink(skb, list);
	return skb;
}

static inline struct sk_buff *__skb_dequeue_tail(struct sk_buff_head *list)
{
	struct sk_buff *skb = skb_peek_tail(list);

	if (skb)
		__skb_unlink(skb, list);
	return skb;
}

/* Move all of @list between two neighbours of another ring: O(1). */
static inline void __skb_queue_splice(const struct sk_buff_head *list, struct sk_buff *prev,
				      struct sk_buff *next)
{
	struct sk_buff *first = list->next;
	struct sk_buff *last = list->prev;

	WRITE_ONCE(first->prev, prev);
	WRITE_ONCE(((struct sk_buff_list *)(void *)prev)->next, first);
	WRITE_ONCE(last->next, next);
	WRITE_ONCE(((struct sk_buff_list *)(void *)next)->prev, last);
}

/* @list's members to the front of @head; @list must be initialised again before use. */
static inline void skb_queue_splice(const struct sk_buff_head *list, struct sk_buff_head *head)
{
	if (!skb_queue_empty(list)) {
		__skb_queue_splice(list, __skb_queue_ring(head), head->next);
		head->qlen += list->qlen;
	}
}

static inline void skb_queue_splice_init(struct sk_buff_head *list, struct sk_buff_head *head)
{
	if (!skb_queue_empty(list)) {
		__skb_queue_splice(list, __skb_queue_ring(head), head->next);
		head->qlen += list->qlen;
		__skb_queue_head_init(list);
	}
}

static inline void skb_queue_splice_tail(const struct sk_buff_head *list, struct sk_buff_head *head)
{
	if (!skb_queue_empty(list)) {
		__skb_queue_splice(list, head->prev, __skb_queue_ring(head));
		head->qlen += list->qlen;
	}
}

static inline void skb_queue_splice_tail_init(struct sk_buff_head *list, struct sk_buff_head *head)
{
	if (!skb_queue_empty(list)) {
		__skb_queue_splice(list, head->prev, __skb_queue_ring(head));
		head->qlen += list->qlen;
		__skb_queue_head_init(list);
	}
}

/* Free all members; the caller holds the lock or owns the list. */
static inline void __skb_queue_purge(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
}

/* Chains linked by next alone, NULL at the end. */
static inline void skb_mark_not_on_list(struct sk_buff *skb)
{
	skb->next = NULL;
}

static inline void skb_list_del_init(struct sk_buff *skb)
{
	__list_del_entry(&skb->list);
	skb_mark_not_on_list(skb);
}

/*
 * Atomic forms: each takes the list's lock; any thread, nothing held. A list owns the buffers
 * in it, and gives that ownership back to whoever takes one out.
 */

/* Put @newsk first. */
SKIFF_API void skb_queue_head(struct sk_buff_head *list, struct sk_buff *newsk);
/* Put @newsk last. */
SKIFF_API void skb_queue_tail(struct sk_buff_head *list, struct sk_buff *newsk);
/* Take the first. Return: NULL when the list is empty. */
SKIFF_API struct sk_buff *skb_dequeue(struct sk_buff_head *list);
/* Take the last. Return: NULL when the list is empty. */
SKIFF_API struct sk_buff *skb_dequeue_tail(struct sk_buff_head *list);
/* Put @newsk behind @old, a member of @list. */
SKIFF_API void skb_append(struct sk_buff *old, struct sk_buff *newsk, struct sk_buff_head *list);
/* Take @skb, a member of @list, out of it. */
SKIFF_API void skb_unlink(struct sk_buff *skb, struct sk_buff_head *list);
/* Free all members, counted as SKB_DROP_REASON_QUEUE_PURGE. */
SKIFF_API void skb_queue_purge(struct sk_buff_head *list);

/* Walks. The _safe forms allow removal of the current member. */
#define skb_queue_walk(queue, skb) \
	for (skb = (queue)->next; skb != __skb_queue_ring(queue); skb = skb->next)
#define skb_queue_walk_safe(queue, skb, tmp)                                       \
	for (skb = (queue)->next, tmp = skb->next; skb != __skb_queue_ring(queue); \
	     skb = tmp, tmp = skb->next)
#define skb_queue_walk_from(queue, skb) for (; skb != __skb_queue_ring(queue); skb = skb->next)
#define skb_queue_walk_from_safe(queue, skb, tmp) \
	for (tmp = skb->next; skb != __skb_queue_ring(queue); skb = tmp, tmp = skb->next)
#define skb_queue_reverse_walk(queue, skb) \
	for (skb = (queue)->prev; skb != __skb_queue_ring(queue); skb = skb->prev)
#define skb_queue_reverse_walk_safe(queue, skb, tmp)                               \
	for (skb = (queue)->prev, tmp = skb->prev; skb != __skb_queue_ring(queue); \
	     skb = tmp, tmp = skb->prev)
#define skb_queue_reverse_walk_from_safe(queue, skb, tmp) \
	for (tmp = skb->prev; skb != __skb_queue_ring(queue); skb = tmp, tmp = skb->prev)
#define skb_list_walk_safe(first, skb, next_skb)                              \
	for ((skb) = (first), (next_skb) = (skb) ? (skb)->next : NULL; (skb); \
	     (skb) = (next_skb), (next_skb) = (skb) ? (skb)->next : NULL)
#define skb_walk_frags(skb, iter) for (iter = __skb_shinfo(skb)->frag_list; iter; iter = iter->next)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_QUEUE_H */
