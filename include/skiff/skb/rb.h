/* SPDX-License-Identifier: BSD-2-Clause */
/* sk_buffs in red-black trees: for queues that are searched. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_RB_H
#define SKIFF_SKB_RB_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * sk_buff.rbnode shares memory with route, connection and device: a buffer has none of these while
 * it is in a tree, and __skb_rb_clear() says so when it leaves. A copy or clone is made of it
 * between skb_rb_save() and skb_rb_restore().
 */

#define rb_to_skb(rb) rb_entry_safe(rb, struct sk_buff, rbnode)

static inline void __skb_rb_clear(struct sk_buff *skb)
{
	skb->_skb_refdst = 0;
	skb->_nfct = 0;
	skb->dev = NULL;
}

static inline struct rb_node skb_rb_save(struct sk_buff *skb)
{
	struct rb_node saved = skb->rbnode;

	__skb_rb_clear(skb);
	return saved;
}

static inline void skb_rb_restore(struct sk_buff *skb, struct rb_node saved)
{
	skb->rbnode = saved;
}

static inline struct sk_buff *skb_rb_first(const struct rb_root *root)
{
	return RB_EMPTY_ROOT(root) ? NULL : rb_to_skb(rb_first(root));
}

static inline struct sk_buff *skb_rb_last(const struct rb_root *root)
{
	return rb_to_skb(rb_last(root));
}

static inline struct sk_buff *skb_rb_next(const struct sk_buff *skb)
{
	return rb_to_skb(rb_next(&skb->rbnode));
}

static inline struct sk_buff *skb_rb_prev(const struct sk_buff *skb)
{
	return rb_to_skb(rb_prev(&skb->rbnode));
}

/* Take a buffer out of its tree; it belongs to the caller. */
static inline void skb_rb_erase(struct sk_buff *skb, struct rb_root *root)
{
	rb_erase(&skb->rbnode, root);
	__skb_rb_clear(skb);
}

/* Drop all buffers of a tree. Return: their truesize in all. */
SKIFF_API unsigned int skb_rbtree_purge(struct rb_root *root);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_RB_H */
