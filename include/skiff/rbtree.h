/* SPDX-License-Identifier: BSD-2-Clause */
/* Red-black trees by their kernel names: the user writes the search, this keeps the balance. */
#ifndef SKIFF_RBTREE_H
#define SKIFF_RBTREE_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct rb_node - a place in a tree, part of the structure that is in it
 * @__rb_parent_color: the parent, and in the lowest bit whether the node is black
 * @rb_right: subtree of the larger ones
 * @rb_left: subtree of the smaller ones
 */
struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __attribute__((aligned(sizeof(long))));

/* clang-format off */
struct rb_root {
	struct rb_node *rb_node;
};
#define RB_ROOT (struct rb_root) { NULL }
/* clang-format on */

#define rb_parent(r) ((struct rb_node *)((r)->__rb_parent_color & ~3UL))
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                                  \
	({                                                                \
		__typeof__(ptr) ____ptr = (ptr);                          \
		____ptr ? rb_entry(____ptr, type, member) : (type *)NULL; \
	})

#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)

/* A node that is in no tree is its own parent. */
#define RB_EMPTY_NODE(node) ((node)->__rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node) ((node)->__rb_parent_color = (unsigned long)(node))

/*
 * All calls want the lock that guards the tree. Insertion: descend from root->rb_node comparing, note
 * the last node and which of its links was NULL, rb_link_node(), then rb_insert_color().
 */

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **rb_link)
{
	node->__rb_parent_color = (unsigned long)parent;
	node->rb_left = node->rb_right = NULL;
	*rb_link = node;
}

/* Restore the balance after rb_link_node(). O(log n). */
SKIFF_API void rb_insert_color(struct rb_node *node, struct rb_root *root);

/* Take @node out of the tree that it is in; its own links are not touched. O(log n). */
SKIFF_API void rb_erase(struct rb_node *node, struct rb_root *root);

/* Put @new_node where @victim is, which has to be equal to it. O(1). */
SKIFF_API void rb_replace_node(struct rb_node *victim, struct rb_node *new_node,
			       struct rb_root *root);

/* Smallest and largest, NULL when the tree is empty. */
SKIFF_API struct rb_node *rb_first(const struct rb_root *root);
SKIFF_API struct rb_node *rb_last(const struct rb_root *root);

/* In order, NULL at the end. */
SKIFF_API struct rb_node *rb_next(const struct rb_node *node);
SKIFF_API struct rb_node *rb_prev(const struct rb_node *node);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_RBTREE_H */
