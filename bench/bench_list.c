// SPDX-License-Identifier: BSD-2-Clause
/* What lists of sk_buffs cost: append and remove, alone and under the list's lock. */
#include <pthread.h>
#include <string.h>

#include <skiff/skbuff.h>

#include "harness.h"
#include "peer_dpdk_skb.h"

#define BURST 32

static struct sk_buff_head list;
static struct sk_buff *waiting[BURST];

static void unlocked(size_t times, void *arg)
{
	struct sk_buff *skb = waiting[0];

	while (times--) {
		__skb_queue_tail(&list, skb);
		bench_keep(&list);
		skb = __skb_dequeue(&list);
		bench_keep(skb);
	}
}

static void locked(size_t times, void *arg)
{
	struct sk_buff *skb = waiting[0];

	while (times--) {
		skb_queue_tail(&list, skb);
		skb = skb_dequeue(&list);
		bench_keep(skb);
	}
}

static void unlocked_burst(size_t times, void *arg)
{
	int i;

	while (times--) {
		for (i = 0; i < BURST; i++)
			__skb_queue_tail(&list, waiting[i]);
		bench_keep(&list);
		for (i = 0; i < BURST; i++)
			waiting[i] = __skb_dequeue(&list);
		bench_keep(waiting);
	}
}

static void locked_burst(size_t times, void *arg)
{
	int i;

	while (times--) {
		for (i = 0; i < BURST; i++)
			skb_queue_tail(&list, waiting[i]);
		for (i = 0; i < BURST; i++)
			waiting[i] = skb_dequeue(&list);
		bench_keep(waiting);
	}
}

/* A burst that is a list already, as one receive queue hands it to the next: moved as a whole. */
static void splice_burst(size_t times, void *arg)
{
	struct sk_buff_head burst;
	int i;

	__skb_queue_head_init(&burst);
	for (i = 0; i < BURST; i++)
		__skb_queue_tail(&burst, waiting[i]);
	while (times--) {
		spin_lock(&list.lock);
		skb_queue_splice_tail_init(&burst, &list);
		spin_unlock(&list.lock);
		spin_lock(&list.lock);
		skb_queue_splice_init(&list, &burst);
		spin_unlock(&list.lock);
		bench_keep(&burst);
	}
	for (i = 0; i < BURST; i++)
		waiting[i] = __skb_dequeue(&burst);
}

/* The peer that everybody would write: a doubly linked list and a spinlock of the C library. */
struct plain {
	struct plain *next, *prev;
};

static struct plain plain_head = { &plain_head, &plain_head };
static struct plain plain_member[BURST];
static pthread_spinlock_t plain_lock;

/* Calls, as ours are: what is measured is not what the compiler can see through. */
static noinline void plain_append(struct plain *p)
{
	pthread_spin_lock(&plain_lock);
	p->next = &plain_head;
	p->prev = plain_head.prev;
	plain_head.prev->next = p;
	plain_head.prev = p;
	pthread_spin_unlock(&plain_lock);
}

static noinline struct plain *plain_remove(void)
{
	struct plain *p;

	pthread_spin_lock(&plain_lock);
	p = plain_head.next;
	if (p == &plain_head) {
		p = NULL;
	} else {
		p->next->prev = p->prev;
		p->prev->next = p->next;
	}
	pthread_spin_unlock(&plain_lock);
	return p;
}

static void plain_one(size_t times, void *arg)
{
	struct plain *p = &plain_member[0];

	while (times--) {
		plain_append(p);
		p = plain_remove();
		bench_keep(p);
	}
}

static void plain_burst(size_t times, void *arg)
{
	int i;

	while (times--) {
		for (i = 0; i < BURST; i++)
			plain_append(&plain_member[i]);
		for (i = 0; i < BURST; i++)
			bench_keep(plain_remove());
	}
}

#if SKIFF_BENCH_DPDK
#define PEER(fn) .peer = (fn), .peer_name = "rte_ring"
#else
#define PEER(fn) .peer = NULL
#endif

/* With arguments only the cases whose names start with one of them. */
static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strncmp(name, argv[i], strlen(argv[i])))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	const struct bench_case cases[] = {
		{ .name = "list/unlocked",
		  .ours = unlocked,
		  PEER(peer_ring_single),
		  .times = 1000000,
		  .units = 1 },
		{ .name = "list/unlocked-burst32",
		  .ours = unlocked_burst,
		  PEER(peer_ring_burst),
		  .times = 30000,
		  .units = BURST },
		{ .name = "list/splice-burst32",
		  .ours = splice_burst,
		  PEER(peer_ring_burst),
		  .times = 200000,
		  .units = BURST },
		{ .name = "list/locked",
		  .ours = locked,
		  PEER(peer_ring_single),
		  .times = 300000,
		  .units = 1 },
		{ .name = "list/locked-burst32",
		  .ours = locked_burst,
		  PEER(peer_ring_burst),
		  .times = 10000,
		  .units = BURST },
		{ .name = "list/locked-spinlist",
		  .ours = locked,
		  .peer = plain_one,
		  .peer_name = "pthread_spin list",
		  .times = 300000,
		  .units = 1 },
		{ .name = "list/locked-burst32-spinlist",
		  .ours = locked_burst,
		  .peer = plain_burst,
		  .peer_name = "pthread_spin list",
		  .times = 10000,
		  .units = BURST },
	};
	size_t i;

#if SKIFF_BENCH_DPDK
	if (peer_init(8192)) {
		fprintf(stderr, "bench-list: DPDK does not start\n");
		return 1;
	}
#else
	fprintf(stderr, "bench-list: built without libdpdk: no rte_ring to compare with\n");
#endif
	if (pthread_spin_init(&plain_lock, PTHREAD_PROCESS_PRIVATE) ||
	    alloc_skb_bulk(waiting, BURST, 2048, GFP_KERNEL) != BURST)
		return 1;
	skb_queue_head_init(&list);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (wanted(cases[i].name, argc, argv))
			bench_run(&cases[i]);
	consume_skb_bulk(waiting, BURST);
	return 0;
}
