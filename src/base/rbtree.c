// SPDX-License-Identifier: BSD-2-Clause
/*
 * Red-black trees.
 *
 * The rules: a red node has no red child; every way from the root to a missing child passes the same
 * number of black nodes. A missing child counts as black. Each of the two repairs below looks at one
 * side and does the other by the mirror image, so that each case stands here once.
 */
#include <skiff/rbtree.h>

#define RB_BLACK 1UL

static bool is_black(const struct rb_node *n)
{
	return !n || (n->__rb_parent_color & RB_BLACK);
}

static bool is_red(const struct rb_node *n)
{
	return !is_black(n);
}

static void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->__rb_parent_color = (unsigned long)parent | (n->__rb_parent_color & RB_BLACK);
}

static void paint_black(struct rb_node *n)
{
	n->__rb_parent_color |= RB_BLACK;
}

static void paint_red(struct rb_node *n)
{
	n->__rb_parent_color &= ~RB_BLACK;
}

static void paint_as(struct rb_node *n, const struct rb_node *other)
{
	n->__rb_parent_color = (n->__rb_parent_color & ~RB_BLACK) |
			       (other->__rb_parent_color & RB_BLACK);
}

/* The child of a node on one side. */
static struct rb_node **child(struct rb_node *n, bool right)
{
	return right ? &n->rb_right : &n->rb_left;
}

/* Let @to stand where @from does, below @parent. */
static void replace_child(struct rb_root *root, struct rb_node *parent, const struct rb_node *from,
			  struct rb_node *to)
{
	if (!parent)
		root->rb_node = to;
	else if (parent->rb_left == from)
		parent->rb_left = to;
	else
		parent->rb_right = to;
}

/* @top goes down on the side @right, its child on the other side takes its place. */
static void rotate(struct rb_root *root, struct rb_node *top, bool right)
{
	struct rb_node *up = *child(top, !right);
	struct rb_node *between = *child(up, right);
	struct rb_node *parent = rb_parent(top);

	*child(top, !right) = between;
	if (between)
		set_parent(between, top);
	*child(up, right) = top;
	set_parent(up, parent);
	replace_child(root, parent, top, up);
	set_parent(top, up);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent, *grand, *uncle;
	bool right;

	paint_red(node);
	while ((parent = rb_parent(node)) != NULL && is_red(parent)) {
		/* Red, so it is not the root. */
		grand = rb_parent(parent);
		right = parent == grand->rb_right;
		uncle = *child(grand, !right);
		if (is_red(uncle)) {
			paint_black(parent);
			paint_black(uncle);
			paint_red(grand);
			node = grand;
			continue;
		}
		if (node == *child(parent, !right)) {
			rotate(root, parent, right);
			parent = node;
		}
		paint_black(parent);
		paint_red(grand);
		rotate(root, grand, !right);
		break;
	}
	paint_black(root->rb_node);
}

/* Ways through @node (NULL: through that missing child of @parent) have one black node too few. */
static void repair_erase(struct rb_root *root, struct rb_node *node, struct rb_node *parent)
{
	struct rb_node *sibling, *far;
	bool right;

	while (parent && is_black(node)) {
		right = node == parent->rb_right;
		sibling = *child(parent, !right);
		if (is_red(sibling)) {
			paint_black(sibling);
			paint_red(parent);
			rotate(root, parent, right);
			sibling = *child(parent, !right);
		}
		/* There are more black nodes on its side. */
		BUG_ON(!sibling);
		if (is_black(sibling->rb_left) && is_black(sibling->rb_right)) {
			paint_red(sibling);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (is_black(*child(sibling, !right))) {
			struct rb_node *near = *child(sibling, right);

			BUG_ON(!near);
			paint_black(near);
			paint_red(sibling);
			rotate(root, sibling, !right);
			sibling = *child(parent, !right);
		}
		far = *child(sibling, !right);
		BUG_ON(!far);
		paint_as(sibling, parent);
		paint_black(parent);
		paint_black(far);
		rotate(root, parent, right);
		return;
	}
	if (node)
		paint_black(node);
}

/* @node has two children: the next one in order, which has none on the left, takes its place. */
static void erase_inner(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next = rb_next(node), *below = next->rb_right, *parent = rb_parent(next);
	bool black = is_black(next);

	if (parent == node) {
		parent = next;
	} else {
		parent->rb_left = below;
		if (below)
			set_parent(below, parent);
		next->rb_right = node->rb_right;
		set_parent(next->rb_right, next);
	}
	next->rb_left = node->rb_left;
	set_parent(next->rb_left, next);
	replace_child(root, rb_parent(node), node, next);
	next->__rb_parent_color = node->__rb_parent_color;
	if (black)
		repair_erase(root, below, parent);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent = rb_parent(node);
	struct rb_node *below = node->rb_left ? node->rb_left : node->rb_right;

	if (node->rb_left && node->rb_right) {
		erase_inner(node, root);
		return;
	}
	replace_child(root, parent, node, below);
	if (below)
		set_parent(below, parent);
	if (is_black(node))
		repair_erase(root, below, parent);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *new_node, struct rb_root *root)
{
	*new_node = *victim;
	if (victim->rb_left)
		set_parent(victim->rb_left, new_node);
	if (victim->rb_right)
		set_parent(victim->rb_right, new_node);
	replace_child(root, rb_parent(victim), victim, new_node);
}

/* As far as it goes on one side. */
static struct rb_node *outermost(struct rb_node *n, bool right)
{
	while (n && *child(n, right))
		n = *child(n, right);
	return n;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, false);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, true);
}

static struct rb_node *neighbour(const struct rb_node *node, bool right)
{
	struct rb_node *n = (struct rb_node *)(uintptr_t)node, *parent;

	if (*child(n, right))
		return outermost(*child(n, right), !right);
	while ((parent = rb_parent(n)) != NULL && n == *child(parent, right))
		n = parent;
	return parent;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, true);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, false);
}
