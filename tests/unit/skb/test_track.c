// SPDX-License-Identifier: BSD-2-Clause
/* What ends the process says whose fault it is; leaks and double frees are told with their names. */
#include <inttypes.h>

#include "shape.h"

#include "death.h"

#include "skb/alloc.h"
#include "skb/poison.h"

/* Code under blame: its own function, so that there is a name to look for. */
#define BLAMED static noinline __attribute__((__used__)) void

static struct sk_buff *victim;
static char said[65536];
/* No object of 32 bits is that large, and the compiler would say so if it knew. */
static volatile unsigned int too_much = UINT32_MAX;

BLAMED puts_too_much(void)
{
	skb_put(victim, 385);
	barrier();
}

BLAMED puts_behind_fragments(void)
{
	skb_put(victim, 1);
	barrier();
}

BLAMED puts_zeros(void)
{
	skb_put_zero(victim, too_much);
	barrier();
}

BLAMED puts_data(void)
{
	skb_put_data(victim, said, 4096);
	barrier();
}

BLAMED pushes_too_much(void)
{
	skb_push(victim, 17);
	barrier();
}

BLAMED reserves_too_much(void)
{
	skb_reserve(victim, 385);
	barrier();
}

BLAMED reserves_too_little(void)
{
	skb_reserve(victim, -17);
	barrier();
}

BLAMED reserves_late(void)
{
	skb_reserve(victim, 1);
	barrier();
}

BLAMED pulls_fragments(void)
{
	skb_pull(victim, victim->len);
	barrier();
}

BLAMED sets_length(void)
{
	__skb_set_length(victim, 369);
	barrier();
}

static void make_victim(unsigned int headroom, unsigned int len)
{
	victim = alloc_skb(384, GFP_KERNEL);
	skb_reserve(victim, (int)headroom);
	skb_put(victim, len);
}

/* @fn has to die with all of these in the message's line. */
static void assert_blames(void (*fn)(void), const char *what, const char *name)
{
	char address[32];

	assert_dies(fn, what);
	run_in_child(fn, said, sizeof(said));
	*strchrnul(said, '\n') = '\0'; /* not the stack trace: that names everybody */
	if (!strstr(said, name))
		fail_msg("%s is not blamed in: %s", name, said);
	if (!victim)
		return;
	snprintf(address, sizeof(address), "%p", (void *)victim);
	if (!strstr(said, address))
		fail_msg("buffer %s is not in: %s", address, said);
}

static void assert_says(const char *fmt, uintptr_t value)
{
	char text[64];

	snprintf(text, sizeof(text), fmt, value);
	if (!strstr(said, text))
		fail_msg("'%s' is not in: %s", text, said);
}

static void test_bounds(void **state)
{
	int err;

	make_victim(16, 0);
	assert_blames(puts_too_much, "skb_over_panic: skb_put(385)", "puts_too_much");
	assert_says("head %#" PRIxPTR, (uintptr_t)victim->head);
	assert_says("data %#" PRIxPTR, (uintptr_t)victim->data);
	assert_says("tail %#" PRIxPTR, 16);
	assert_says("end %#" PRIxPTR, 384);
	assert_blames(puts_zeros, "skb_over_panic: skb_put(4294967295)", "puts_zeros");
	assert_blames(puts_data, "skb_over_panic: skb_put(4096)", "puts_data");
	assert_blames(pushes_too_much, "skb_under_panic: skb_push(17)", "pushes_too_much");
	assert_says("headroom %" PRIuPTR, 16);
	assert_blames(reserves_too_much, "skb_reserve(385)", "reserves_too_much");
	assert_blames(reserves_too_little, "skb_reserve(-17)", "reserves_too_little");
	assert_blames(sets_length, "__skb_set_length(369)", "sets_length");
	skb_put(victim, 1);
	assert_blames(reserves_late, "skb_reserve(1)", "reserves_late");
	kfree_skb(victim);

	victim = alloc_skb_with_frags(64, 100, 0, &err, GFP_KERNEL);
	victim->len = victim->data_len = 100;
	assert_blames(puts_behind_fragments, "skb_over_panic: skb_put(1)", "puts_behind_fragments");
	assert_blames(pulls_fragments, "__skb_pull(100)", "pulls_fragments");
	kfree_skb(victim);
}

/* Lists: a buffer is in one at most, and is taken out of that one once. */

static struct sk_buff_head lists[2];

BLAMED queues_again(void)
{
	skb_queue_tail(&lists[0], victim);
	barrier();
}

BLAMED queues_twice_inline(void)
{
	__skb_queue_head(&lists[1], victim);
	barrier();
}

BLAMED unlinks_again(void)
{
	__skb_unlink(victim, &lists[0]);
	barrier();
}

static void test_lists(void **state)
{
#ifndef SKIFF_DEBUG
	skip();
#endif
	make_victim(16, 0);
	skb_queue_head_init(&lists[0]);
	skb_queue_head_init(&lists[1]);
	__skb_queue_tail(&lists[0], victim);
	assert_blames(queues_twice_inline, "put into a list while it is in one",
		      "queues_twice_inline");
	assert_dies(queues_again, "put into a list while it is in one");
	__skb_unlink(victim, &lists[0]);
	assert_blames(unlinks_again, "taken out of a list that it is not in", "unlinks_again");
	/* From one to the other and back, as it is meant. */
	__skb_queue_tail(&lists[1], victim);
	skb_queue_splice_init(&lists[1], &lists[0]);
	assert_ptr_equal(__skb_dequeue(&lists[0]), victim);
	kfree_skb(victim);
}

BLAMED expands_shared(void)
{
	(void)pskb_expand_head(skb_get(victim), 1, 0, GFP_KERNEL);
	barrier();
}

BLAMED expands_down(void)
{
	(void)pskb_expand_head(victim, -1, 0, GFP_KERNEL);
	barrier();
}

BLAMED cuts_data(void)
{
	(void)pskb_expand_head(victim, 0, -375, GFP_KERNEL);
	barrier();
}

BLAMED copies_negative(void)
{
	(void)skb_copy_expand(victim, 0, -1, GFP_KERNEL);
	barrier();
}

BLAMED pcopies_negative(void)
{
	(void)__pskb_copy(victim, -1, GFP_KERNEL);
	barrier();
}

BLAMED clones_nothing(void)
{
	(void)skb_clone(NULL, GFP_KERNEL);
	barrier();
}

BLAMED clones_bare(void)
{
	(void)skb_clone(victim, GFP_KERNEL);
	barrier();
}

BLAMED copies_nothing(void)
{
	(void)skb_copy(NULL, GFP_KERNEL);
	barrier();
}

BLAMED expands_nothing(void)
{
	(void)pskb_expand_head(NULL, 0, 0, GFP_KERNEL);
	barrier();
}

BLAMED reallocs_nothing(void)
{
	(void)skb_realloc_headroom(NULL, 0);
	barrier();
}

BLAMED morphs_nothing(void)
{
	(void)skb_morph(NULL, victim);
	barrier();
}

BLAMED morphs_itself(void)
{
	(void)skb_morph(victim, victim);
	barrier();
}

BLAMED frees_nothing(void)
{
	__kfree_skb(NULL);
	barrier();
}

BLAMED frees_stranger(void)
{
	static char memory[64];

	page_frag_free(memory);
	barrier();
}

static void test_callers_bugs(void **state)
{
	make_victim(0, 10);
	assert_blames(expands_shared, "pskb_expand_head(1)", "");
	assert_blames(expands_down, "pskb_expand_head(-1)", "");
	assert_blames(cuts_data, "pskb_expand_head(-375)", "");
	assert_blames(copies_negative, "skb_copy_expand(-1)", "");
	assert_blames(pcopies_negative, "__pskb_copy(-1)", "");
	kfree_skb(victim);
	victim = alloc_skb_head(GFP_KERNEL);
	assert_blames(clones_bare, "no data block: skb_clone(0)", "clones_bare");
	kfree_skb(victim);
	victim = NULL;
	assert_blames(clones_nothing, "no buffer: skb_clone(0) without an sk_buff",
		      "clones_nothing");
	assert_blames(copies_nothing, "skb_copy(0) without an sk_buff", "copies_nothing");
	assert_blames(expands_nothing, "pskb_expand_head(0) without", "expands_nothing");
	assert_blames(reallocs_nothing, "skb_realloc_headroom(0) without", "reallocs_nothing");
	assert_blames(frees_nothing, "__kfree_skb(0) without an sk_buff", "frees_nothing");
	assert_blames(frees_stranger, "not in any registered region", "");
	make_victim(0, 0);
	assert_dies(morphs_nothing, "skb_morph(0) without an sk_buff");
	assert_dies(morphs_itself, "skb_morph(0) without an sk_buff");
	kfree_skb(victim);
}

/* From here on: what only the tracking build knows. */

BLAMED allocates(void)
{
	victim = alloc_skb(100, GFP_KERNEL);
	barrier();
}

BLAMED allocates_for_device(void)
{
	victim = netdev_alloc_skb_ip_align(NULL, 100);
	barrier();
}

BLAMED allocates_clone(void)
{
	victim = skb_clone(victim, GFP_KERNEL);
	barrier();
}

BLAMED allocates_copy(void)
{
	victim = skb_copy(victim, GFP_KERNEL);
	barrier();
}

BLAMED allocates_bulk(void)
{
	(void)alloc_skb_bulk(&victim, 1, 100, GFP_KERNEL);
	barrier();
}

BLAMED allocates_around(void)
{
	victim = build_skb(netdev_alloc_frag(1024), 1024);
	barrier();
}

/* As a function of the library: it marks who called it. */
static noinline void layer(void)
{
	skb_track(victim);
	barrier();
}

BLAMED handles(void)
{
	layer();
	barrier();
}

static size_t leaks(void)
{
	FILE *f = fmemopen(said, sizeof(said), "w");
	size_t n;

	said[0] = '\0';
	n = skb_leak_report(f);
	fclose(f);
	return n;
}

static void assert_leak(void (*allocate)(void), const char *name)
{
	size_t before = leaks();

	assert_null(strstr(said, name));
	allocate();
	assert_int_equal(leaks(), before + 1);
	if (!strstr(said, name))
		fail_msg("%s is not in: %s", name, said);
	handles();
	leaks();
	if (!strstr(said, "handles"))
		fail_msg("the last holder is not in: %s", said);
	kfree_skb(victim);
	assert_int_equal(leaks(), before);
	assert_null(strstr(said, name));
}

static void test_leaks(void **state)
{
	struct sk_buff *skb;

	assert_int_equal(skb_leak_report(NULL), 0);
#ifndef SKIFF_SKB_TRACK
	allocates();
	assert_int_equal(leaks(), 1);
	assert_non_null(strstr(said, "len 0, 1 references"));
	kfree_skb(victim);
	skip();
#endif
	assert_leak(allocates, "allocates");
	assert_leak(allocates_for_device, "allocates_for_device");
	assert_leak(allocates_bulk, "allocates_bulk");
	assert_leak(allocates_around, "allocates_around");
	skb_pool_trim(); /* the block that the frag was cut from */
	skb = alloc_skb(10, GFP_KERNEL);
	victim = skb;
	assert_leak(allocates_clone, "allocates_clone");
	victim = skb;
	assert_leak(allocates_copy, "allocates_copy");
	kfree_skb(skb);
}

BLAMED frees_first(void)
{
	kfree_skb(victim);
	barrier();
}

BLAMED frees_again(void)
{
	kfree_skb(victim);
	barrier();
}

BLAMED consumes_again(void)
{
	consume_skb(victim);
	barrier();
}

BLAMED frees_list_again(void)
{
	kfree_skb_list(victim);
	barrier();
}

static void free_twice(void)
{
	allocates();
	frees_first();
	frees_again();
}

static void consume_after_free(void)
{
	allocates();
	frees_first();
	consumes_again();
}

static void free_after_consume(void)
{
	allocates();
	consumes_again();
	frees_first();
}

static void free_list_twice(void)
{
	allocates();
	frees_first();
	frees_list_again();
}

static void free_clone_twice(void)
{
	struct sk_buff *skb;

	allocates();
	skb = victim;
	allocates_clone();
	frees_first();
	frees_again();
	kfree_skb(skb);
}

static void free_last_clone_twice(void)
{
	struct sk_buff *skb;

	allocates();
	skb = victim;
	allocates_clone();
	kfree_skb(skb);
	frees_first();
	frees_again();
}

static void free_huge_twice(void)
{
	victim = alloc_skb(SKB_MAX_SIZE, GFP_KERNEL);
	frees_first();
	frees_again();
}

static void assert_double_free(void (*fn)(void), const char *allocator, const char *first,
			       const char *second)
{
	char words[3][64];
	int i;

	victim = NULL;
	assert_dies(fn, "double free of sk_buff");
	run_in_child(fn, said, sizeof(said));
	*strchrnul(said, '\n') = '\0';
	snprintf(words[0], sizeof(words[0]), "allocated by %s", allocator);
	snprintf(words[1], sizeof(words[1]), "already freed by %s", first);
	snprintf(words[2], sizeof(words[2]), " by %s", second);
	for (i = 0; i < 3; i++)
		if (!strstr(said, words[i]))
			fail_msg("'%s' is not in: %s", words[i], said);
}

static void test_double_free(void **state)
{
#ifndef SKIFF_SKB_TRACK
	skip();
#endif
	assert_double_free(free_twice, "allocates", "frees_first", "frees_again");
	assert_double_free(consume_after_free, "allocates", "frees_first", "consumes_again");
	assert_double_free(free_after_consume, "allocates", "consumes_again", "frees_first");
	assert_double_free(free_list_twice, "allocates", "frees_first", "frees_list_again");
	assert_double_free(free_clone_twice, "allocates_clone", "frees_first", "frees_again");
	assert_double_free(free_last_clone_twice, "allocates_clone", "frees_first", "frees_again");
	assert_double_free(free_huge_twice, "free_huge_twice", "frees_first", "frees_again");
}

#ifdef SKB_ASAN
/* Freed memory of the pools is poisoned: the address sanitizer sees who uses it. */
static void reads_freed(void)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	volatile unsigned char *data = (unsigned char *)skb_put(skb, 100);

	data[5] = 1;
	kfree_skb(skb);
	(void)data[5];
}

static void test_poison(void **state)
{
	run_in_child(reads_freed, said, sizeof(said));
	assert_non_null(strstr(said, "use-after-poison"));
}
#endif

/* Drops are told once per packet, releases are not, and the hook knows who dropped. */
static unsigned int told;
static enum skb_drop_reason told_reason;

static void count_drop(struct sk_buff *skb, enum skb_drop_reason reason, const void *site)
{
	told++;
	told_reason = reason;
	assert_non_null(site);
}

static void test_drops_told(void **state)
{
	struct sk_buff *skb;

	skb_drop_hook = count_drop;
	told = 0;
	kfree_skb_reason(shape_packet(5000, SHAPE_ALL), SKB_DROP_REASON_NO_SOCKET);
	assert_int_equal(told, 1);
	assert_int_equal(told_reason, SKB_DROP_REASON_NO_SOCKET);
	consume_skb(shape_packet(5000, SHAPE_ALL));
	assert_int_equal(told, 1);
	skb = skb_get(alloc_skb(10, GFP_KERNEL));
	kfree_skb(skb);
	assert_int_equal(told, 1);
	kfree_skb(skb);
	assert_int_equal(told, 2);
	assert_int_equal(told_reason, SKB_DROP_REASON_NOT_SPECIFIED);
	skb = alloc_skb(10, GFP_KERNEL);
	skb->next = alloc_skb(10, GFP_KERNEL);
	kfree_skb_list_reason(skb, SKB_DROP_REASON_PROTO_MEM);
	assert_int_equal(told, 4);
	skb_drop_hook = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_bounds),       SHAPE_TEST(test_lists),
		SHAPE_TEST(test_callers_bugs), SHAPE_TEST(test_leaks),
		SHAPE_TEST(test_double_free),  SHAPE_TEST(test_drops_told),
#ifdef SKB_ASAN
		SHAPE_TEST(test_poison),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
