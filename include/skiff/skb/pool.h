/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory behind buffers: limits, counters by size class, reports of what is still alive. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_POOL_H
#define SKIFF_SKB_POOL_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct skb_class_stats - one size class of the pools
 * @name: "control", "data-384", "page-4096", ...
 * @block_size: bytes per block
 * @live: blocks in use
 * @cached: free blocks in threads' caches and the shared depot
 * @carved: blocks that exist
 */
struct skb_class_stats {
	const char *name;
	size_t block_size;
	size_t live;
	size_t cached;
	size_t carved;
};

/**
 * skb_pool_stats() - counters of the pools by size class
 * @stats: array for the answer, may be NULL
 * @n: entries of it
 *
 * Exact while no other thread allocates or frees. Any thread.
 * Return: how many classes there are.
 */
SKIFF_API size_t skb_pool_stats(struct skb_class_stats *stats, size_t n);

/* Control structures in use: buffers and clones. Any thread. */
SKIFF_API size_t skb_live_buffers(void);

/* Bytes of packet memory in use, and obtained from the system. Any thread. */
SKIFF_API size_t skb_live_bytes(void);
SKIFF_API size_t skb_mem_bytes(void);

/**
 * skb_mem_limit_set() - bound the packet memory of this process
 * @bytes: limit; 0 for the default, a quarter of the machine's memory
 *
 * Counts what the pools obtained from the system, in steps of skb_mem_step_set(). Memory in use
 * beyond a lowered limit stays; what comes back of it goes to the system, and no more is obtained
 * until less is in use. Any thread. Return: 0, or -EINVAL for less than SKB_REGION_ALIGN (2 MB).
 */
SKIFF_API int skb_mem_limit_set(size_t bytes);
SKIFF_API size_t skb_mem_limit(void);

/**
 * skb_mem_step_set() - how much memory the pools obtain at a time
 * @bytes: a multiple of SKB_REGION_ALIGN (2 MB), at most 1 GB
 *
 * Small steps suit processes that lock their memory. Any thread. Return: 0 or -EINVAL.
 */
SKIFF_API int skb_mem_step_set(size_t bytes);

/**
 * skb_pool_idle() - leave what the calling thread has cached to the others
 *
 * For a thread that is going to wait for long: a few free buffers in its cache can keep as many
 * block ranges from being used for other sizes. A host's loop does so before it sleeps. Any thread.
 */
SKIFF_API void skb_pool_idle(void);

/**
 * skb_pool_trim() - give memory that is not in use back to the system
 *
 * Takes back the calling thread's cache and returns every block range that is wholly free. Any
 * thread. Return: bytes given back.
 */
SKIFF_API size_t skb_pool_trim(void);

/**
 * skb_leak_report() - say which buffers are alive
 * @out: where to write, one line per buffer
 *
 * In an ownership-tracking build each line names the function that allocated the buffer and the
 * one that had it last. No other thread may allocate or free meanwhile.
 * Return: number of live buffers.
 */
SKIFF_API size_t skb_leak_report(FILE *out);

/**
 * skb_mem_account - a share of the memory that is bounded by itself, as of one host
 *
 * Buffers are charged by truesize when they enter and uncharged when they leave; see
 * skb_mem_charge().
 */
struct skb_mem_account {
	atomic_long_t used;
	long limit;
	unsigned long failures;
};

/* Charge @bytes. Return: false, counted in failures, when that would pass the limit (0: none). */
static inline bool skb_mem_charge(struct skb_mem_account *account, long bytes)
{
	long used = atomic_long_add_return(bytes, &account->used);

	if (likely(!account->limit || used <= account->limit))
		return true;
	atomic_long_sub(bytes, &account->used);
	__atomic_fetch_add(&account->failures, 1UL, __ATOMIC_RELAXED);
	return false;
}

static inline void skb_mem_uncharge(struct skb_mem_account *account, long bytes)
{
	atomic_long_sub(bytes, &account->used);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_POOL_H */
