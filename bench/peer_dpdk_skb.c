// SPDX-License-Identifier: BSD-2-Clause
/* The buffer benchmarks' work done with rte_mbuf and rte_ring, as their users would do it. */
/*
 * The pool is packed on huge-page-advised memory, with a per-core cache of 512: the default of
 * --no-huge, one small page per object, is several times slower and would be no fair opponent.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_pause.h>
#include <rte_ring.h>

#include "peer_dpdk_skb.h"

#define BURST 32
#define DATA_ROOM (2048 + RTE_PKTMBUF_HEADROOM)
#define HUGE_PAGE (2UL << 20)

static struct rte_mempool *pool;
static struct rte_ring *ring;
static struct rte_mbuf **cold;

static struct rte_mempool *packed_pool(unsigned int n)
{
	struct rte_pktmbuf_pool_private priv = { .mbuf_data_room_size = DATA_ROOM };
	unsigned int elt = sizeof(struct rte_mbuf) + DATA_ROOM;
	size_t size = ((size_t)n * (elt + 256) + 2 * HUGE_PAGE) & ~(HUGE_PAGE - 1);
	struct rte_mempool *mp;
	char *mem;

	mp = rte_mempool_create_empty("bench", n, elt, 512, sizeof(priv), SOCKET_ID_ANY,
				      RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (!mp)
		return NULL;
	rte_pktmbuf_pool_init(mp, &priv);
	mem = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (mem == MAP_FAILED)
		return NULL;
	mem = (char *)(((uintptr_t)mem + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	madvise(mem, size, MADV_HUGEPAGE);
	if (rte_mempool_populate_virt(mp, mem, size, HUGE_PAGE, NULL, NULL) < (int)n)
		return NULL;
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;
}

int peer_init(unsigned int n)
{
	char *argv[] = {
		"bench", "--no-huge",	   "--no-pci",		"--no-shconf",	  "-m", "512", "-l",
		"0",	 "--no-telemetry", "--log-level=error", "--iova-mode=va", NULL
	};

	if (rte_eal_init((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv) < 0)
		return -1;
	pool = packed_pool(n);
	ring = rte_ring_create("bench", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	cold = calloc(n, sizeof(*cold));
	return pool && ring && cold ? 0 : -1;
}

void peer_alloc_free(size_t times, void *arg)
{
	while (times--) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		__asm__ __volatile__("" : : "r"(m) : "memory");
		rte_pktmbuf_free(m);
	}
}

void peer_alloc_free_burst(size_t times, void *arg)
{
	struct rte_mbuf *m[BURST];

	while (times--) {
		if (rte_pktmbuf_alloc_bulk(pool, m, BURST))
			abort();
		__asm__ __volatile__("" : : "r"(m) : "memory");
		rte_pktmbuf_free_bulk(m, BURST);
	}
}

void peer_clone_free(size_t times, void *arg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_append(m, 64);
	while (times--) {
		struct rte_mbuf *c = rte_pktmbuf_clone(m, pool);

		__asm__ __volatile__("" : : "r"(c) : "memory");
		rte_pktmbuf_free(c);
	}
	rte_pktmbuf_free(m);
}

void peer_copy_free(size_t times, void *arg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint16_t len = (uint16_t) * (size_t *)arg;

	memset(rte_pktmbuf_append(m, len), 1, len);
	while (times--) {
		struct rte_mbuf *c = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

		__asm__ __volatile__("" : : "r"(c) : "memory");
		rte_pktmbuf_free(c);
	}
	rte_pktmbuf_free(m);
}

void peer_push_pull(size_t times, void *arg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_append(m, 64);
	while (times--) {
		if (!rte_pktmbuf_prepend(m, 14))
			abort();
		__asm__ __volatile__("" : : "r"(m) : "memory");
		rte_pktmbuf_adj(m, 14);
		__asm__ __volatile__("" : : "r"(m) : "memory");
	}
	rte_pktmbuf_free(m);
}

void peer_put_trim(size_t times, void *arg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_append(m, 64);
	while (times--) {
		if (!rte_pktmbuf_append(m, 14))
			abort();
		__asm__ __volatile__("" : : "r"(m) : "memory");
		rte_pktmbuf_trim(m, 14);
		__asm__ __volatile__("" : : "r"(m) : "memory");
	}
	rte_pktmbuf_free(m);
}

static void touch(struct rte_mbuf *m, size_t bytes)
{
	if (bytes)
		memset(rte_pktmbuf_append(m, 64), 1, 64);
}

void peer_cold_cycle(size_t times, void *arg)
{
	size_t bytes = *(size_t *)arg, i;

	for (i = 0; i < times; i++) {
		rte_pktmbuf_free(cold[i]);
		cold[i] = rte_pktmbuf_alloc(pool);
		touch(cold[i], bytes);
	}
}

void peer_cold_all(size_t times, void *arg)
{
	size_t bytes = *(size_t *)arg, i;

	for (i = 0; i < times; i++) {
		rte_pktmbuf_free(cold[i]); /* what peer_cold_cycle() left */
		cold[i] = NULL;
	}
	for (i = 0; i < times; i++) {
		cold[i] = rte_pktmbuf_alloc(pool);
		touch(cold[i], bytes);
	}
	for (i = 0; i < times; i++) {
		rte_pktmbuf_free(cold[i]);
		cold[i] = NULL;
	}
}

static void *cross_consumer(void *arg)
{
	size_t left = *(size_t *)arg * BURST;
	struct rte_mbuf *m[BURST];

	rte_thread_register();
	while (left) {
		unsigned int n = rte_ring_sc_dequeue_burst(ring, (void **)m, BURST, NULL);

		if (!n)
			sched_yield();
		rte_pktmbuf_free_bulk(m, n);
		left -= n;
	}
	rte_thread_unregister();
	return NULL;
}

void peer_cross_thread(size_t times, void *arg)
{
	struct rte_mbuf *m[BURST];
	pthread_t thread;
	size_t i;

	if (pthread_create(&thread, NULL, cross_consumer, &times))
		abort();
	for (i = 0; i < times; i++) {
		while (rte_pktmbuf_alloc_bulk(pool, m, BURST))
			sched_yield();
		while (!rte_ring_sp_enqueue_bulk(ring, (void **)m, BURST, NULL))
			sched_yield();
	}
	pthread_join(thread, NULL);
}

void peer_ring_single(size_t times, void *arg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	while (times--) {
		rte_ring_sp_enqueue(ring, m);
		rte_ring_sc_dequeue(ring, (void **)&m);
		__asm__ __volatile__("" : : "r"(m) : "memory");
	}
	rte_pktmbuf_free(m);
}

void peer_ring_burst(size_t times, void *arg)
{
	struct rte_mbuf *m[BURST];

	if (rte_pktmbuf_alloc_bulk(pool, m, BURST))
		abort();
	while (times--) {
		rte_ring_sp_enqueue_bulk(ring, (void **)m, BURST, NULL);
		rte_ring_sc_dequeue_bulk(ring, (void **)m, BURST, NULL);
		__asm__ __volatile__("" : : "r"(m) : "memory");
	}
	rte_pktmbuf_free_bulk(m, BURST);
}
