// SPDX-License-Identifier: BSD-2-Clause
/* Red-black trees: order, balance and links after every change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/random.h>
#include <skiff/rbtree.h>

#define N 512

struct item {
	int key;
	bool in;
	struct rb_node node;
};

static struct item items[N];

static struct item *item_of(struct rb_node *n)
{
	return rb_entry_safe(n, struct item, node);
}

static void insert(struct rb_root *root, struct item *item)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->key < item_of(parent)->key ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&item->node, parent, link);
	rb_insert_color(&item->node, root);
	item->in = true;
}

static void erase(struct rb_root *root, struct item *item)
{
	rb_erase(&item->node, root);
	item->in = false;
}

/* Black nodes on each way down; fails where a rule is broken. */
static int check_below(struct rb_node *n, struct rb_node *parent)
{
	int left, right;
	bool black;

	if (!n)
		return 1;
	black = n->__rb_parent_color & 1;
	assert_ptr_equal(rb_parent(n), parent);
	if (!black)
		assert_true(parent && (parent->__rb_parent_color & 1));
	left = check_below(n->rb_left, n);
	right = check_below(n->rb_right, n);
	assert_int_equal(left, right);
	return left + black;
}

static void check(struct rb_root *root, int count)
{
	struct rb_node *n;
	int last = -1, seen = 0;

	check_below(root->rb_node, NULL);
	for (n = rb_first(root); n; n = rb_next(n), seen++) {
		assert_true(item_of(n)->key > last && item_of(n)->in);
		last = item_of(n)->key;
	}
	assert_int_equal(seen, count);
	for (n = rb_last(root); n; n = rb_prev(n), seen--) {
		assert_true(item_of(n)->key <= last);
		last = item_of(n)->key;
	}
	assert_int_equal(seen, 0);
}

static void test_random_changes(void **state)
{
	struct rb_root root = RB_ROOT;
	int count = 0;

	(void)state;
	memset(items, 0, sizeof(items));
	for (int i = 0; i < N; i++)
		items[i].key = i;
	for (int i = 0; i < 20000; i++) {
		struct item *item = &items[get_random_u32_below(N)];

		if (item->in)
			erase(&root, item);
		else
			insert(&root, item);
		count += item->in ? 1 : -1;
		if (i % 16 == 0)
			check(&root, count);
	}
	for (int i = 0; i < N; i++)
		if (items[i].in)
			erase(&root, &items[i]);
	check(&root, 0);
	assert_true(RB_EMPTY_ROOT(&root));
}

/* Sorted input is what makes plain trees degenerate. */
static void test_sorted_input_stays_flat(void **state)
{
	struct rb_root root = RB_ROOT;
	int depth = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		items[i].key = i;
		insert(&root, &items[i]);
	}
	check(&root, N);
	for (struct rb_node *n = root.rb_node; n; n = n->rb_right)
		depth++;
	assert_true(depth <= 2 * 10);
	for (int i = N; i--;) {
		erase(&root, &items[i]);
		check(&root, i);
	}
}

static void test_replace(void **state)
{
	struct rb_root root = RB_ROOT;
	struct item other[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		items[i].key = i;
		insert(&root, &items[i]);
	}
	for (int i = 0; i < 3; i++) {
		other[i] = (struct item){ .key = i, .in = true };
		rb_replace_node(&items[i].node, &other[i].node, &root);
		check(&root, 3);
	}
	assert_ptr_equal(item_of(rb_first(&root)), &other[0]);
	RB_CLEAR_NODE(&items[0].node);
	assert_true(RB_EMPTY_NODE(&items[0].node));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_sorted_input_stays_flat),
		cmocka_unit_test(test_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
