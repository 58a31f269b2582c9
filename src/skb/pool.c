// SPDX-License-Identifier: BSD-2-Clause
/* Pools of control structures and data blocks: per-thread caches in front of a shared depot. */
/*
 * A thread allocates from and frees to stacks of its own, the magazines: two per kind, one in
 * use and one behind it, so that a thread that alternates between freeing and allocating at a
 * magazine's edge does not go to the depot each time. The depot hands out full magazines for
 * empty ones, under a lock that is taken once per magazine. What no magazine has comes from the
 * class: first what was returned loosely, then a new block of a chunk.
 *
 * A buffer that is freed with its last reference keeps its data block: a pair. When control
 * structures or blocks are needed alone, or of another class, and memory has ended, reclaim()
 * takes everything free apart and returns the chunks that are wholly free to the arena, where
 * any class finds them again. Chunks count their free blocks, so that an attempt in vain looks at
 * chunks, not at blocks: memory that ends is when an attacker would like every packet to be slow.
 */
#include <pthread.h>
#include <stdlib.h>

#include <skiff/fault.h>
#include <skiff/skbuff.h>

#include "skb/arena.h"
#include "skb/poison.h"
#include "skb/pool.h"

#define DATA_BLOCK(room) ((u32)((room) + SKB_SHINFO_SIZE))
#define CTL_SIZE ((u32)SKB_CTL_SIZE)

/* Magazines of large blocks are smaller, so that idle caches hold a bounded amount of memory. */
#define MAG_BYTES (256U << 10)
#define MAG_MIN 4U

const u32 skb_class_block[SKB_NR_CLASSES] = {
	DATA_BLOCK(384),
	DATA_BLOCK(2240),
	DATA_BLOCK(3776),
	DATA_BLOCK(9920),
	DATA_BLOCK(18112),
	DATA_BLOCK(36544),
	DATA_BLOCK(69312),
	4096,
	8192,
	16384,
	32768,
	65536,
	CTL_SIZE,
};

static const char *const class_name[SKB_NR_CLASSES] = {
	"data-384",   "data-2240",  "data-3776", "data-9920", "data-18112",
	"data-36544", "data-69312", "page-4096", "page-8192", "page-16384",
	"page-32768", "page-65536", "control",
};

#define CLASS_INIT(room)                                          \
	{                                                         \
		{                                                 \
			0, (room), DATA_BLOCK(room) + CTL_SIZE, 1 \
		}                                                 \
	}

const struct skb_class_init skb_class_init[SKB_NR_DATA_CLASSES] = {
	CLASS_INIT(384),   CLASS_INIT(2240),  CLASS_INIT(3776),	 CLASS_INIT(9920),
	CLASS_INIT(18112), CLASS_INIT(36544), CLASS_INIT(69312),
};

/* A chunk in the service of a class. */
struct chunk {
	struct skb_region region;
	struct chunk *next;
	unsigned int nr_free; /* in the class's loose list */
	struct page pages[];
};

struct pool_class {
	spinlock_t lock;
	struct chunk *chunks;
	struct chunk *carving;	 /* the newest one, not yet given out as a whole */
	unsigned int next_block; /* of @carving */
	void *loose;		 /* free blocks in no magazine */
	size_t nr_loose;
	size_t nr_carved;
};

struct depot {
	spinlock_t lock;
	struct skb_mag *full;
	struct skb_mag *empty;
	size_t nr_items;
};

static struct pool_class classes[SKB_NR_CLASSES];
static struct depot depots[SKB_NR_KINDS];

/* Serialises reclaim() and fork(), and guards the list of threads' caches. */
static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct skb_thread_cache *all_caches;

/* Blocks or magazines that came back: without any since the last one, reclaim() is futile. */
static unsigned long came_back, came_back_reclaimed;

static pthread_key_t cache_key;
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;

static struct skb_mag no_mag;
static struct skb_thread_cache no_cache = {
	.last = { [0 ... SKB_NR_KINDS - 1] = SKB_NO_LAST },
	.loaded = { [0 ... SKB_NR_KINDS - 1] = &no_mag },
	.prev = { [0 ... SKB_NR_KINDS - 1] = &no_mag },
};

__thread struct skb_thread_cache *skb_tc __attribute__((tls_model("initial-exec"))) = &no_cache;

static unsigned int kind_class(unsigned int kind)
{
	return kind < SKB_NR_DATA_CLASSES ? kind : kind - SKB_NR_DATA_CLASSES;
}

/* Classes: loose blocks and chunks */

static void **loose_link(unsigned int cls, void *item)
{
	if (cls == SKB_CLASS_CTL) {
		skb_unpoison(item, sizeof(void *));
		return (void **)&((struct sk_buff *)item)->next;
	}
	return (void **)&((struct page *)item)->private_data;
}

static struct chunk *item_chunk(unsigned int cls, void *item)
{
	struct skb_region *region = cls == SKB_CLASS_CTL ? skb_region_of(item) :
							   ((struct page *)item)->region;

	return container_of(region, struct chunk, region);
}

static void loose_push(unsigned int cls, void *item)
{
	struct pool_class *pc = &classes[cls];

	spin_lock(&pc->lock);
	*loose_link(cls, item) = pc->loose;
	pc->loose = item;
	pc->nr_loose++;
	item_chunk(cls, item)->nr_free++;
	spin_unlock(&pc->lock);
}

/* Lock held, not empty. */
static void *loose_pop(struct pool_class *pc, unsigned int cls)
{
	void *item = pc->loose;

	pc->loose = *loose_link(cls, item);
	pc->nr_loose--;
	item_chunk(cls, item)->nr_free--;
	return item;
}

/* A block of a region of ours lost its last reference. */
static void block_release(struct skb_region *region, struct page *page)
{
	unsigned int cls = (unsigned int)(uintptr_t)region->priv;

	skb_poison(page->addr, page->size);
	skb_cache_put(SKB_KIND_BARE(cls), page);
}

static bool chunk_add(unsigned int cls)
{
	u32 size = skb_class_block[cls];
	unsigned int n = SKB_REGION_ALIGN / size, i;
	struct pool_class *pc = &classes[cls];
	bool paged = cls != SKB_CLASS_CTL;
	struct chunk *chunk;
	void *base = skb_arena_get();

	if (!base)
		return false;
	chunk = calloc(1, sizeof(*chunk) + (paged ? n * sizeof(struct page) : 0));
	if (!chunk)
		goto put_arena;
	chunk->region = (struct skb_region){
		.base = base,
		.size = SKB_REGION_ALIGN,
		.block_size = size,
		.nr_blocks = n,
		.pages = paged ? chunk->pages : NULL,
		.release = block_release,
		.priv = (void *)(uintptr_t)cls,
	};
	for (i = 0; paged && i < n; i++)
		chunk->pages[i] = (struct page){
			.size = size,
			.addr = (unsigned char *)base + (size_t)i * size,
			.region = &chunk->region,
		};
	skb_region_prepare(&chunk->region);
	/* Without pages it is no region to the outside, but item_chunk() finds it. */
	if (skb_region_map_set(base, SKB_REGION_ALIGN, &chunk->region))
		goto free_chunk;
	skb_poison(base, SKB_REGION_ALIGN);
	chunk->next = pc->chunks;
	pc->chunks = chunk;
	pc->carving = chunk;
	pc->next_block = 0;
	return true;

free_chunk:
	free(chunk);
put_arena:
	skb_arena_put(base);
	return false;
}

static void *carve(struct pool_class *pc, unsigned int cls)
{
	struct chunk *chunk = pc->carving;
	unsigned int i;

	if (!chunk || pc->next_block == chunk->region.nr_blocks) {
		if (!chunk_add(cls))
			return NULL;
		chunk = pc->carving;
	}
	i = pc->next_block++;
	pc->nr_carved++;
	if (cls == SKB_CLASS_CTL) {
		struct sk_buff *skb = (void *)(chunk->region.base + (size_t)i * CTL_SIZE);

		/* Memory that served another class before is not zero. */
		skb_unpoison(skb, CTL_SIZE);
		memset(skb, 0, CTL_SIZE);
		skb->head_kind = SKB_HEAD_NONE;
		skb_poison(skb, CTL_SIZE);
		return skb;
	}
	return &chunk->pages[i];
}

/* Up to @want free blocks of a class into @items. Return: how many. */
static unsigned int class_get(unsigned int cls, void **items, unsigned int want)
{
	struct pool_class *pc = &classes[cls];
	unsigned int n = 0;

	spin_lock(&pc->lock);
	while (n < want && pc->loose)
		items[n++] = loose_pop(pc, cls);
	while (n < want) {
		void *item = carve(pc, cls);

		if (!item)
			break;
		items[n++] = item;
	}
	spin_unlock(&pc->lock);
	return n;
}

/* Pairs */

void skb_pair_init(struct sk_buff *skb, unsigned int cls, struct page *page)
{
	struct skb_shared_info *shinfo;

	skb->head = page->addr;
	memcpy(&skb->tail, &skb_class_init[cls], sizeof(skb_class_init[cls]));
	skb->size_class = (u8)cls;
	skb->__slow_free = 0;
	atomic_set(&page->_refcount, 1);
	shinfo = __skb_shinfo(skb);
	memset(shinfo, 0, offsetof(struct skb_shared_info, frags));
	atomic_set(&shinfo->dataref, 1);
}

/* Take a free pair apart: both halves go to their classes. */
static void pair_break(struct sk_buff *skb)
{
	struct page *page;
	unsigned int cls;

	skb_unpoison(skb, CTL_SIZE);
	cls = skb->size_class;
	page = virt_to_page(skb->head);
	skb->head = NULL;
	skb->__slow_free = 0;
	skb->head_kind = SKB_HEAD_NONE;
	skb_poison(skb, CTL_SIZE);
	atomic_set(&page->_refcount, 0);
	loose_push(SKB_CLASS_CTL, skb);
	loose_push(cls, page);
}

static void *make_pair(unsigned int cls)
{
	struct sk_buff *skb;
	struct page *page;

	page = skb_cache_get(SKB_KIND_BARE(cls));
	if (!page)
		return NULL;
	skb = skb_cache_get(SKB_KIND_CTL);
	if (!skb) {
		skb_cache_put(SKB_KIND_BARE(cls), page);
		return NULL;
	}
	skb_unpoison(skb, CTL_SIZE);
	skb_unpoison(page->addr, page->size);
	skb_pair_init(skb, cls, page);
	skb->users.refs.counter = 0;
	return skb;
}

/* Something came back: a reclaim() that sees the count sees that as well. */
static void note_return(void)
{
	__atomic_fetch_add(&came_back, 1UL, __ATOMIC_RELEASE);
}

static void item_return(unsigned int kind, void *item)
{
	if (kind < SKB_NR_DATA_CLASSES)
		pair_break(item);
	else
		loose_push(kind_class(kind), item);
}

/* Depot */

static void *mag_pop(struct skb_mag *mag)
{
	unsigned int n = mag->n - 1;

	WRITE_ONCE(mag->n, n);
	return mag->slot[n];
}

static struct skb_mag *mag_new(unsigned int kind)
{
	struct skb_mag *mag = calloc(1, sizeof(*mag));
	u32 block = skb_class_block[kind_class(kind)];

	if (mag)
		mag->cap = clamp(MAG_BYTES / block, MAG_MIN, (u32)SKB_MAG_SIZE);
	return mag;
}

static struct skb_mag *depot_get_full(struct depot *d)
{
	struct skb_mag *mag;

	spin_lock(&d->lock);
	mag = d->full;
	if (mag) {
		d->full = mag->next;
		d->nr_items -= mag->n;
	}
	spin_unlock(&d->lock);
	return mag;
}

static struct skb_mag *depot_get_empty(struct depot *d, unsigned int kind)
{
	struct skb_mag *mag;

	spin_lock(&d->lock);
	mag = d->empty;
	if (mag)
		d->empty = mag->next;
	spin_unlock(&d->lock);
	return mag ? mag : mag_new(kind);
}

static void depot_put(struct depot *d, struct skb_mag *mag)
{
	struct skb_mag **list;

	if (mag == &no_mag)
		return;
	spin_lock(&d->lock);
	list = mag->n ? &d->full : &d->empty;
	mag->next = *list;
	*list = mag;
	d->nr_items += mag->n;
	if (mag->n)
		note_return();
	spin_unlock(&d->lock);
}

/* Threads' caches */

static void cache_flush(struct skb_thread_cache *tc)
{
	unsigned int kind;

	for (kind = 0; kind < SKB_NR_KINDS; kind++) {
		void *last = skb_cache_take_last(tc, kind);

		if (last) {
			item_return(kind, last);
			note_return();
		}
		depot_put(&depots[kind], tc->loaded[kind]);
		depot_put(&depots[kind], tc->prev[kind]);
		smp_store_release(&tc->loaded[kind], &no_mag);
		smp_store_release(&tc->prev[kind], &no_mag);
	}
}

/* A thread ends: what it had cached is for the others. */
static void cache_exit(void *arg)
{
	struct skb_thread_cache *tc = arg;

	page_frag_cache_drain(&tc->frags);
	pthread_mutex_lock(&pool_mutex);
	*tc->pprev = tc->next;
	if (tc->next)
		tc->next->pprev = tc->pprev;
	skb_tc = &no_cache;
	cache_flush(tc);
	pthread_mutex_unlock(&pool_mutex);
	free(tc);
}

static void fork_prepare(void)
{
	unsigned int i;

	pthread_mutex_lock(&pool_mutex);
	for (i = 0; i < SKB_NR_KINDS; i++)
		spin_lock(&depots[i].lock);
	for (i = 0; i < SKB_NR_CLASSES; i++)
		spin_lock(&classes[i].lock);
	skb_arena_lock();
}

static void fork_done(void)
{
	unsigned int i;

	skb_arena_unlock();
	for (i = 0; i < SKB_NR_CLASSES; i++)
		spin_unlock(&classes[i].lock);
	for (i = 0; i < SKB_NR_KINDS; i++)
		spin_unlock(&depots[i].lock);
	pthread_mutex_unlock(&pool_mutex);
}

static void cache_key_init(void)
{
	if (pthread_key_create(&cache_key, cache_exit))
		skiff_panic("no thread-specific key for the buffer pools");
	pthread_atfork(fork_prepare, fork_done, fork_done);
}

static bool cache_create(void)
{
	struct skb_thread_cache *tc;

	pthread_once(&cache_once, cache_key_init);
	tc = malloc(sizeof(*tc));
	if (!tc)
		return false;
	*tc = no_cache;
	memset(tc->last, 0, sizeof(tc->last));
	if (pthread_setspecific(cache_key, tc)) {
		free(tc);
		return false;
	}
	pthread_mutex_lock(&pool_mutex);
	tc->next = all_caches;
	tc->pprev = &all_caches;
	if (all_caches)
		all_caches->pprev = &tc->next;
	all_caches = tc;
	pthread_mutex_unlock(&pool_mutex);
	skb_tc = tc;
	return true;
}

static inline bool cache_ready(void)
{
	return likely(skb_tc != &no_cache) || cache_create();
}

struct page_frag_cache *skb_thread_frags(void)
{
	return cache_ready() ? &skb_tc->frags : NULL;
}

/* Reclaim */

static bool chunk_idle(const struct pool_class *pc, const struct chunk *chunk)
{
	unsigned int carved = chunk == pc->carving ? pc->next_block : chunk->region.nr_blocks;

	return chunk->nr_free == carved;
}

static void chunk_free(struct pool_class *pc, unsigned int cls, struct chunk *chunk)
{
	pc->nr_carved -= chunk->nr_free;
	if (chunk == pc->carving)
		pc->carving = NULL;
	skb_region_map_clear(chunk->region.base, SKB_REGION_ALIGN);
	skb_unpoison(chunk->region.base, SKB_REGION_ALIGN);
	skb_arena_put(chunk->region.base);
	free(chunk);
}

/* Forget the loose blocks of chunks that are about to go. Lock held. */
static void loose_drop_idle(struct pool_class *pc, unsigned int cls)
{
	void *item, **slot = &pc->loose;

	while ((item = *slot)) {
		if (chunk_idle(pc, item_chunk(cls, item))) {
			*slot = *loose_link(cls, item);
			pc->nr_loose--;
		} else {
			slot = loose_link(cls, item);
		}
	}
}

/* Return the chunks of a class whose blocks are all loose. */
static void class_reclaim(unsigned int cls)
{
	struct pool_class *pc = &classes[cls];
	struct chunk *chunk, **link;

	spin_lock(&pc->lock);
	for (chunk = pc->chunks; chunk && !chunk_idle(pc, chunk); chunk = chunk->next)
		;
	if (!chunk)
		goto unlock;
	loose_drop_idle(pc, cls);
	link = &pc->chunks;
	while ((chunk = *link)) {
		if (chunk_idle(pc, chunk)) {
			*link = chunk->next;
			chunk_free(pc, cls, chunk);
		} else {
			link = &chunk->next;
		}
	}
unlock:
	spin_unlock(&pc->lock);
}

/* Everything free, the calling thread's cache included, goes back as far as it can. */
static void reclaim(void)
{
	struct skb_mag *mag;
	unsigned long seen;
	unsigned int i;

	pthread_mutex_lock(&pool_mutex);
	if (skb_tc != &no_cache)
		cache_flush(skb_tc);
	/* Before looking: what comes back behind our back is for the next time. */
	seen = smp_load_acquire(&came_back);
	if (seen == came_back_reclaimed)
		goto unlock;
	for (i = 0; i < SKB_NR_KINDS; i++) {
		while ((mag = depot_get_full(&depots[i]))) {
			while (mag->n)
				item_return(i, mag_pop(mag));
			depot_put(&depots[i], mag);
		}
	}
	for (i = 0; i < SKB_NR_CLASSES; i++)
		class_reclaim(i);
	came_back_reclaimed = seen;
unlock:
	pthread_mutex_unlock(&pool_mutex);
}

void skb_pool_idle(void)
{
	if (skb_tc == &no_cache)
		return;
	pthread_mutex_lock(&pool_mutex);
	cache_flush(skb_tc);
	pthread_mutex_unlock(&pool_mutex);
}

size_t skb_pool_trim(void)
{
	if (skb_tc != &no_cache)
		page_frag_cache_drain(&skb_tc->frags);
	reclaim();
	return skb_arena_trim();
}

/* Slow halves of the fast paths */

static void *refill_from_class(unsigned int kind, struct skb_mag *mag)
{
	unsigned int cls = kind_class(kind);
	void *item;

	/* Half a magazine, so that the frees that follow find room. */
	if (mag != &no_mag) {
		WRITE_ONCE(mag->n, class_get(cls, mag->slot, mag->cap / 2));
		return mag->n ? mag_pop(mag) : NULL;
	}
	return class_get(cls, &item, 1) ? item : NULL;
}

static void *refill_once(unsigned int kind)
{
	struct skb_thread_cache *tc = skb_tc;
	struct skb_mag *mag = tc->prev[kind];

	if (mag->n) {
		smp_store_release(&tc->prev[kind], tc->loaded[kind]);
		smp_store_release(&tc->loaded[kind], mag);
		return mag_pop(mag);
	}
	if (tc != &no_cache && (mag = depot_get_full(&depots[kind]))) {
		depot_put(&depots[kind], tc->prev[kind]);
		smp_store_release(&tc->prev[kind], tc->loaded[kind]);
		smp_store_release(&tc->loaded[kind], mag);
		return mag_pop(mag);
	}
	if (kind < SKB_NR_DATA_CLASSES)
		return make_pair(kind);
	mag = tc->loaded[kind];
	if (mag == &no_mag && tc != &no_cache && (mag = depot_get_empty(&depots[kind], kind)))
		smp_store_release(&tc->loaded[kind], mag);
	return refill_from_class(kind, mag ? mag : &no_mag);
}

void *skb_cache_refill(unsigned int kind)
{
	void *item;

	(void)cache_ready();
	item = refill_once(kind);
	if (likely(item))
		return item;
	/* Even without a whole chunk for another class there may be a block of this one now. */
	reclaim();
	return refill_once(kind);
}

void skb_cache_spill(unsigned int kind, void *item)
{
	struct skb_thread_cache *tc;
	struct skb_mag *mag;

	if (!cache_ready())
		goto no_magazine;
	tc = skb_tc;
	mag = tc->prev[kind];
	if (mag->n >= mag->cap) {
		struct skb_mag *empty = depot_get_empty(&depots[kind], kind);

		if (!empty)
			goto no_magazine;
		depot_put(&depots[kind], mag);
		mag = empty;
	}
	smp_store_release(&tc->prev[kind], tc->loaded[kind]);
	smp_store_release(&tc->loaded[kind], mag);
	mag->slot[mag->n] = item;
	WRITE_ONCE(mag->n, mag->n + 1);
	return;

no_magazine:
	item_return(kind, item);
	note_return();
}

/* Counters */

static size_t kind_cached(unsigned int kind)
{
	struct skb_thread_cache *tc;
	size_t n;

	spin_lock(&depots[kind].lock);
	n = depots[kind].nr_items;
	spin_unlock(&depots[kind].lock);
	for (tc = all_caches; tc; tc = tc->next)
		n += READ_ONCE(smp_load_acquire(&tc->loaded[kind])->n) +
		     READ_ONCE(smp_load_acquire(&tc->prev[kind])->n) +
		     (READ_ONCE(tc->last[kind]) != NULL);
	return n;
}

static void class_stats(unsigned int cls, const size_t *cached, struct skb_class_stats *st)
{
	struct pool_class *pc = &classes[cls];
	unsigned int i;

	st->name = class_name[cls];
	st->block_size = skb_class_block[cls];
	st->cached = cached[SKB_KIND_BARE(cls)];
	if (cls < SKB_NR_DATA_CLASSES)
		st->cached += cached[cls];
	for (i = 0; cls == SKB_CLASS_CTL && i < SKB_NR_DATA_CLASSES; i++)
		st->cached += cached[i];
	spin_lock(&pc->lock);
	st->cached += pc->nr_loose;
	st->carved = pc->nr_carved;
	spin_unlock(&pc->lock);
	st->live = st->carved > st->cached ? st->carved - st->cached : 0;
}

size_t skb_pool_stats(struct skb_class_stats *stats, size_t n)
{
	size_t cached[SKB_NR_KINDS];
	unsigned int i;

	pthread_mutex_lock(&pool_mutex);
	for (i = 0; i < SKB_NR_KINDS; i++)
		cached[i] = kind_cached(i);
	for (i = 0; stats && i < n && i < SKB_NR_CLASSES; i++)
		class_stats(i, cached, &stats[i]);
	if (stats && n > SKB_NR_CLASSES)
		stats[SKB_NR_CLASSES] = (struct skb_class_stats){
			.name = "huge",
			.live = skb_huge_live(),
			.carved = skb_huge_live(),
		};
	pthread_mutex_unlock(&pool_mutex);
	return SKB_NR_CLASSES + 1;
}

size_t skb_live_buffers(void)
{
	struct skb_class_stats st[SKB_NR_CLASSES];

	skb_pool_stats(st, SKB_NR_CLASSES);
	return st[SKB_CLASS_CTL].live;
}

size_t skb_live_bytes(void)
{
	struct skb_class_stats st[SKB_NR_CLASSES];
	size_t bytes = skb_huge_bytes();
	unsigned int i;

	skb_pool_stats(st, SKB_NR_CLASSES);
	for (i = 0; i < SKB_NR_CLASSES; i++)
		bytes += st[i].live * st[i].block_size;
	return bytes;
}

void skb_ctl_foreach(void (*fn)(struct sk_buff *skb, void *arg), void *arg)
{
	struct pool_class *pc = &classes[SKB_CLASS_CTL];
	struct chunk *chunk;
	unsigned int i, n;

	for (chunk = pc->chunks; chunk; chunk = chunk->next) {
		n = chunk == pc->carving ? pc->next_block : chunk->region.nr_blocks;
		for (i = 0; i < n; i++)
			fn((void *)(chunk->region.base + (size_t)i * CTL_SIZE), arg);
	}
}
