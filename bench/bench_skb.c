// SPDX-License-Identifier: BSD-2-Clause
/* What sk_buffs cost: allocation, clones, copies, geometry, cold memory, two threads. */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <skiff/skbuff.h>

#include "harness.h"
#include "peer_dpdk_skb.h"

#define SIZE 2048
#define BURST 32
#define COLD 65536

static struct sk_buff *cold[COLD];

static void alloc_free(size_t times, void *arg)
{
	while (times--) {
		struct sk_buff *skb = alloc_skb(SIZE, GFP_ATOMIC);

		bench_keep(skb);
		consume_skb(skb);
	}
}

static void alloc_free_burst(size_t times, void *arg)
{
	struct sk_buff *skb[BURST];

	while (times--) {
		if (alloc_skb_bulk(skb, BURST, SIZE, GFP_ATOMIC) != BURST)
			abort();
		bench_keep(skb);
		consume_skb_bulk(skb, BURST);
	}
}

static void malloc_free(size_t times, void *arg)
{
	while (times--) {
		void *p = malloc(SIZE);

		bench_keep(p);
		free(p);
	}
}

static void clone_free(size_t times, void *arg)
{
	struct sk_buff *skb = alloc_skb(SIZE, GFP_ATOMIC);

	skb_put(skb, 64);
	while (times--) {
		struct sk_buff *n = skb_clone(skb, GFP_ATOMIC);

		bench_keep(n);
		consume_skb(n);
	}
	consume_skb(skb);
}

static void copy_free(size_t times, void *arg)
{
	struct sk_buff *skb = alloc_skb(SIZE, GFP_ATOMIC);
	unsigned int len = (unsigned int)*(size_t *)arg;

	memset(skb_put(skb, len), 1, len);
	while (times--) {
		struct sk_buff *n = skb_copy(skb, GFP_ATOMIC);

		bench_keep(n);
		consume_skb(n);
	}
	consume_skb(skb);
}

static void push_pull(size_t times, void *arg)
{
	struct sk_buff *skb = alloc_skb(SIZE, GFP_ATOMIC);

	skb_reserve(skb, 128);
	skb_put(skb, 64);
	while (times--) {
		skb_push(skb, 14);
		bench_keep(skb);
		skb_pull(skb, 14);
		bench_keep(skb);
	}
	consume_skb(skb);
}

static void put_trim(size_t times, void *arg)
{
	struct sk_buff *skb = alloc_skb(SIZE, GFP_ATOMIC);

	skb_put(skb, 64);
	while (times--) {
		skb_put(skb, 14);
		bench_keep(skb);
		skb_trim(skb, 64);
		bench_keep(skb);
	}
	consume_skb(skb);
}

static void touch(struct sk_buff *skb, size_t bytes)
{
	if (bytes)
		memset(skb_put(skb, 64), 1, 64);
}

static void cold_cycle(size_t times, void *arg)
{
	size_t bytes = *(size_t *)arg, i;

	for (i = 0; i < times; i++) {
		consume_skb(cold[i]);
		cold[i] = alloc_skb(SIZE, GFP_ATOMIC);
		touch(cold[i], bytes);
	}
}

static void cold_all(size_t times, void *arg)
{
	size_t bytes = *(size_t *)arg, i;

	for (i = 0; i < times; i++) {
		consume_skb(cold[i]); /* what cold_cycle() left */
		cold[i] = NULL;
	}
	for (i = 0; i < times; i++) {
		cold[i] = alloc_skb(SIZE, GFP_ATOMIC);
		touch(cold[i], bytes);
	}
	for (i = 0; i < times; i++) {
		consume_skb(cold[i]);
		cold[i] = NULL;
	}
}

/* Bursts travel on a list: spliced in and out as a whole, at most 1,024 buffers waiting. */
static struct sk_buff_head cross_list;

static void *cross_consumer(void *arg)
{
	size_t left = *(size_t *)arg * BURST;
	struct sk_buff_head mine;
	struct sk_buff *skb;

	__skb_queue_head_init(&mine);
	while (left) {
		if (skb_queue_empty_lockless(&cross_list)) {
			sched_yield();
			continue;
		}
		spin_lock(&cross_list.lock);
		skb_queue_splice_init(&cross_list, &mine);
		spin_unlock(&cross_list.lock);
		left -= skb_queue_len(&mine);
		while ((skb = __skb_dequeue(&mine)))
			consume_skb(skb);
	}
	return NULL;
}

static void cross_thread(size_t times, void *arg)
{
	struct sk_buff_head burst;
	pthread_t thread;
	size_t i;
	int k;

	skb_queue_head_init(&cross_list);
	__skb_queue_head_init(&burst);
	if (pthread_create(&thread, NULL, cross_consumer, &times))
		abort();
	for (i = 0; i < times; i++) {
		for (k = 0; k < BURST; k++)
			__skb_queue_tail(&burst, alloc_skb(SIZE, GFP_ATOMIC));
		while (skb_queue_len_lockless(&cross_list) > 1024 - BURST)
			sched_yield();
		spin_lock(&cross_list.lock);
		skb_queue_splice_tail_init(&burst, &cross_list);
		spin_unlock(&cross_list.lock);
	}
	pthread_join(thread, NULL);
}

#if SKIFF_BENCH_DPDK
#define PEER(fn) .peer = (fn), .peer_name = "rte_mbuf"
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
	static size_t len64 = 64, len1500 = 1500, bytes0 = 0, bytes64 = 64;
	const struct bench_case cases[] = {
		{ .name = "skb/alloc-free",
		  .ours = alloc_free,
		  PEER(peer_alloc_free),
		  .times = 1000000,
		  .units = 1 },
		{ .name = "skb/alloc-free-burst32",
		  .ours = alloc_free_burst,
		  PEER(peer_alloc_free_burst),
		  .times = 30000,
		  .units = BURST },
		{ .name = "skb/alloc-free-malloc",
		  .ours = alloc_free,
		  .peer = malloc_free,
		  .peer_name = "malloc",
		  .times = 1000000,
		  .units = 1 },
		{ .name = "skb/clone-free",
		  .ours = clone_free,
		  PEER(peer_clone_free),
		  .times = 300000,
		  .units = 1 },
		{ .name = "skb/copy-64",
		  .ours = copy_free,
		  PEER(peer_copy_free),
		  .times = 300000,
		  .units = 1,
		  .arg = &len64,
		  .peer_arg = &len64 },
		{ .name = "skb/copy-1500",
		  .ours = copy_free,
		  PEER(peer_copy_free),
		  .times = 200000,
		  .units = 1,
		  .arg = &len1500,
		  .peer_arg = &len1500 },
		{ .name = "skb/push-pull",
		  .ours = push_pull,
		  PEER(peer_push_pull),
		  .times = 1000000,
		  .units = 1 },
		{ .name = "skb/put-trim",
		  .ours = put_trim,
		  PEER(peer_put_trim),
		  .times = 1000000,
		  .units = 1 },
		{ .name = "skb/cold-cycle",
		  .ours = cold_cycle,
		  PEER(peer_cold_cycle),
		  .times = COLD,
		  .units = 1,
		  .arg = &bytes0,
		  .peer_arg = &bytes0 },
		{ .name = "skb/cold-cycle-64",
		  .ours = cold_cycle,
		  PEER(peer_cold_cycle),
		  .times = COLD,
		  .units = 1,
		  .arg = &bytes64,
		  .peer_arg = &bytes64 },
		{ .name = "skb/cold-all",
		  .ours = cold_all,
		  PEER(peer_cold_all),
		  .times = COLD,
		  .units = 1,
		  .arg = &bytes0,
		  .peer_arg = &bytes0 },
		{ .name = "skb/cold-all-64",
		  .ours = cold_all,
		  PEER(peer_cold_all),
		  .times = COLD,
		  .units = 1,
		  .arg = &bytes64,
		  .peer_arg = &bytes64 },
		{ .name = "skb/cross-thread",
		  .ours = cross_thread,
		  PEER(peer_cross_thread),
		  .times = 20000,
		  .units = BURST },
	};
	size_t i;

#if SKIFF_BENCH_DPDK
	if (peer_init(COLD + 8192)) {
		fprintf(stderr, "bench-skb: DPDK does not start\n");
		return 1;
	}
#else
	fprintf(stderr, "bench-skb: built without libdpdk: no peer to compare with\n");
#endif
	if (skb_mem_limit_set(1UL << 30))
		return 1;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (wanted(cases[i].name, argc, argv))
			bench_run(&cases[i]);
	return 0;
}
