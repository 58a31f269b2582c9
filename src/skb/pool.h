/* SPDX-License-Identifier: BSD-2-Clause */
/* Size classes, per-thread caches and the shared depot: the fast paths that alloc.c inlines. */
#ifndef SKB_POOL_INTERNAL_H
#define SKB_POOL_INTERNAL_H

#include <skiff/mm.h>
#include <skiff/skbuff.h>

#pragma GCC visibility push(hidden) /* no detour for data that stays inside */

/*
 * A class is a block size. A data class has two kinds of caches: of bare blocks, and of pairs,
 * which are control structures that still have their data block. Control structures alone and
 * pages have one kind each.
 */
enum skb_class {
	SKB_CLASS_DATA_384,
	SKB_CLASS_DATA_2240,
	SKB_CLASS_DATA_3776,
	SKB_CLASS_DATA_9920,
	SKB_CLASS_DATA_18112,
	SKB_CLASS_DATA_36544,
	SKB_CLASS_DATA_69312,
	SKB_NR_DATA_CLASSES,
	SKB_CLASS_PAGE_0 = SKB_NR_DATA_CLASSES,
	SKB_CLASS_PAGE_1,
	SKB_CLASS_PAGE_2,
	SKB_CLASS_PAGE_3,
	SKB_CLASS_PAGE_4,
	SKB_CLASS_CTL,
	SKB_NR_CLASSES
};

#define SKB_NR_PAGE_ORDERS (SKB_CLASS_CTL - SKB_CLASS_PAGE_0)

/* Kinds of caches: kind i is pairs of data class i, the bare classes follow. */
#define SKB_KIND_BARE(cls) (SKB_NR_DATA_CLASSES + (cls))
#define SKB_KIND_CTL SKB_KIND_BARE(SKB_CLASS_CTL)
#define SKB_NR_KINDS (SKB_NR_DATA_CLASSES + SKB_NR_CLASSES)

#define SKB_MAG_SIZE 64

/* A stack of free blocks that changes hands between thread and depot as a whole. */
struct skb_mag {
	unsigned int n;
	unsigned int cap;
	struct skb_mag *next;
	void *slot[SKB_MAG_SIZE];
};

/*
 * The item that came back last stands outside of the magazines: taking and returning one item in
 * turn then waits for one store to be forwarded, not for a count and for what it selects as well.
 */
struct skb_thread_cache {
	void *last[SKB_NR_KINDS]; /* NULL: place for one; SKB_NO_LAST: not a thread's cache */
	struct skb_mag *loaded[SKB_NR_KINDS];
	struct skb_mag *prev[SKB_NR_KINDS];
	struct page_frag_cache frags;
	struct skb_thread_cache *next, **pprev;
};

/* Points to a cache that is empty and full at once until the thread has its own. */
extern __thread struct skb_thread_cache *skb_tc __attribute__((tls_model("initial-exec")));

#define SKB_NO_LAST ((void *)1)

/* Take the item that came back last. Return: NULL when there is none. */
static __always_inline void *skb_cache_take_last(struct skb_thread_cache *tc, unsigned int kind)
{
	void *item = tc->last[kind];

	if (unlikely((uintptr_t)item <= (uintptr_t)SKB_NO_LAST))
		return NULL;
	WRITE_ONCE(tc->last[kind], NULL); /* skb_pool_stats() looks on from other threads */
	return item;
}

/* What a control structure gets at allocation, copied as one piece: tail, end, truesize, users. */
struct skb_class_init {
	u32 word[4];
} __aligned(16);

extern const struct skb_class_init skb_class_init[SKB_NR_DATA_CLASSES];
extern const u32 skb_class_block[SKB_NR_CLASSES];

/* Whole cache lines, also where pointers are short and the members fill less. */
#define SKB_CTL_SIZE SKB_DATA_ALIGN(sizeof(struct sk_buff))
#define SKB_SHINFO_SIZE SKB_DATA_ALIGN(sizeof(struct skb_shared_info))

/* The data class for @size bytes of room; SKB_NR_DATA_CLASSES when no pool is large enough. */
static inline unsigned int skb_data_class(unsigned int size)
{
	if (likely(size - 385 <= 2240 - 385))
		return SKB_CLASS_DATA_2240;
	if (size <= 384)
		return SKB_CLASS_DATA_384;
	if (size <= 9920)
		return size <= 3776 ? SKB_CLASS_DATA_3776 : SKB_CLASS_DATA_9920;
	if (size <= 36544)
		return size <= 18112 ? SKB_CLASS_DATA_18112 : SKB_CLASS_DATA_36544;
	return size <= 69312 ? SKB_CLASS_DATA_69312 : SKB_NR_DATA_CLASSES;
}

/* Slow halves: nothing in the loaded magazine, or no room in it. */
void *skb_cache_refill(unsigned int kind);
void skb_cache_spill(unsigned int kind, void *item);

static inline void *skb_cache_get(unsigned int kind)
{
	struct skb_thread_cache *tc = skb_tc;
	struct skb_mag *mag = tc->loaded[kind];
	void *item = skb_cache_take_last(tc, kind);
	unsigned int n = mag->n;

	if (likely(item))
		return item;
	if (unlikely(!n))
		return skb_cache_refill(kind);
	WRITE_ONCE(mag->n, n - 1);
	return mag->slot[n - 1];
}

static inline void skb_cache_put(unsigned int kind, void *item)
{
	struct skb_thread_cache *tc = skb_tc;
	struct skb_mag *mag;
	unsigned int n;

	if (!tc->last[kind]) {
		WRITE_ONCE(tc->last[kind], item);
		return;
	}
	mag = tc->loaded[kind];
	n = mag->n;
	if (unlikely(n >= mag->cap)) {
		skb_cache_spill(kind, item);
		return;
	}
	mag->slot[n] = item;
	WRITE_ONCE(mag->n, n + 1);
}

/* Give a bare control structure its block's geometry; the shared info becomes clean. */
void skb_pair_init(struct sk_buff *skb, unsigned int cls, struct page *page);

/* Blocks of more than any class, mapped one by one; size includes the shared info. */
void *skb_huge_alloc(size_t size);
void skb_huge_free(void *head);
size_t skb_huge_size(const void *head);
/* How many there are, and their bytes. */
size_t skb_huge_live(void);
size_t skb_huge_bytes(void);

/* The calling thread's cache for page fragments; NULL without memory. */
struct page_frag_cache *skb_thread_frags(void);

/* Call @fn for every control structure there is, used or not. Nobody else may allocate. */
void skb_ctl_foreach(void (*fn)(struct sk_buff *skb, void *arg), void *arg);

#pragma GCC visibility pop

#endif /* SKB_POOL_INTERNAL_H */
