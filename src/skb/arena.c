// SPDX-License-Identifier: BSD-2-Clause
/* Where packet memory comes from: aligned chunks of SKB_REGION_ALIGN bytes, and what owns them. */
/*
 * Memory is mapped in steps of one or more chunks; a chunk is a huge page's worth, advised to
 * become one. Chunks serve one size class at a time and come back when all of their blocks are
 * free. A two-level map from address to region, read without a lock, tells what an address
 * belongs to.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <skiff/skbuff.h>
#include <skiff/spinlock.h>

#include "skb/arena.h"

#define CHUNK SKB_REGION_ALIGN
#define MAX_STEP (1UL << 30)
#define DEFAULT_STEP (8UL << 20)

/* Addresses have 47 bits in user space on x86-64, 48 on arm64, fewer elsewhere. */
#define MAP_BITS (48 - SKB_REGION_SHIFT)
#define LEAF_BITS 14
#define LEAF_SIZE (1UL << LEAF_BITS)
#define ROOT_SIZE (1UL << (MAP_BITS - LEAF_BITS))

struct map_leaf {
	struct skb_region *slot[LEAF_SIZE];
};

struct free_chunk {
	struct free_chunk *next;
};

static struct {
	spinlock_t lock;
	struct free_chunk *free;
	size_t bytes;
	size_t limit;
	size_t step;
	struct map_leaf *root[ROOT_SIZE];
} arena = { .step = DEFAULT_STEP };

/* A quarter of the memory, and where addresses are short no more than of them. */
static size_t default_limit(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);

	if (pages <= 0)
		return 1UL << 30;
	return (size_t)min((u64)pages * (u64)sysconf(_SC_PAGESIZE), (u64)SIZE_MAX) / 4;
}

static size_t current_limit(void)
{
	if (!arena.limit)
		arena.limit = default_limit();
	return arena.limit;
}

/* Map @size bytes at a multiple of a chunk: map one more, then cut off what sticks out. */
static void *map_aligned(size_t size)
{
	unsigned char *raw, *base;
	size_t before;

	raw = mmap(NULL, size + CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (raw == MAP_FAILED)
		return NULL;
	base = (unsigned char *)ALIGN((uintptr_t)raw, CHUNK);
	before = (size_t)(base - raw);
	if (before)
		munmap(raw, before);
	munmap(base + size, CHUNK - before);
	(void)madvise(base, size, MADV_HUGEPAGE);
	return base;
}

/* One more step of memory, or what the limit still allows of it. Lock held. */
static bool grow(void)
{
	size_t limit = current_limit(), size = arena.step, i;
	unsigned char *base;

	if (arena.bytes + CHUNK > limit || arena.bytes + CHUNK < CHUNK)
		return false;
	if (size > limit - arena.bytes)
		size = (limit - arena.bytes) & ~(CHUNK - 1);
	base = map_aligned(size);
	if (!base && size > CHUNK) {
		size = CHUNK;
		base = map_aligned(size);
	}
	if (!base)
		return false;
	arena.bytes += size;
	for (i = size; i; i -= CHUNK) {
		struct free_chunk *chunk = (void *)(base + i - CHUNK);

		chunk->next = arena.free;
		arena.free = chunk;
	}
	return true;
}

/* Back to the system with the first free chunk. Lock held. */
static void unmap_free(void)
{
	struct free_chunk *chunk = arena.free;

	arena.free = chunk->next;
	munmap(chunk, CHUNK);
	arena.bytes -= CHUNK;
}

void *skb_arena_get(void)
{
	struct free_chunk *chunk = NULL;

	spin_lock(&arena.lock);
	/* The limit was lowered since these were mapped. */
	while (arena.free && arena.bytes > current_limit())
		unmap_free();
	if (arena.free || grow())
		chunk = arena.free;
	if (chunk)
		arena.free = chunk->next;
	spin_unlock(&arena.lock);
	return chunk;
}

void skb_arena_put(void *base)
{
	struct free_chunk *chunk = base;

	spin_lock(&arena.lock);
	chunk->next = arena.free;
	arena.free = chunk;
	spin_unlock(&arena.lock);
}

size_t skb_arena_trim(void)
{
	size_t bytes = 0;

	spin_lock(&arena.lock);
	while (arena.free) {
		unmap_free();
		bytes += CHUNK;
	}
	spin_unlock(&arena.lock);
	return bytes;
}

bool skb_arena_charge(size_t bytes)
{
	bool fits;

	spin_lock(&arena.lock);
	fits = bytes <= current_limit() && arena.bytes <= current_limit() - bytes;
	if (fits)
		arena.bytes += bytes;
	spin_unlock(&arena.lock);
	return fits;
}

void skb_arena_uncharge(size_t bytes)
{
	spin_lock(&arena.lock);
	arena.bytes -= bytes;
	spin_unlock(&arena.lock);
}

size_t skb_arena_bytes(void)
{
	size_t bytes;

	spin_lock(&arena.lock);
	bytes = arena.bytes;
	spin_unlock(&arena.lock);
	return bytes;
}

size_t skb_mem_bytes(void)
{
	return skb_arena_bytes();
}

int skb_mem_limit_set(size_t bytes)
{
	if (bytes && bytes < CHUNK)
		return -EINVAL;
	spin_lock(&arena.lock);
	arena.limit = bytes ? bytes : default_limit();
	spin_unlock(&arena.lock);
	return 0;
}

size_t skb_mem_limit(void)
{
	size_t limit;

	spin_lock(&arena.lock);
	limit = current_limit();
	spin_unlock(&arena.lock);
	return limit;
}

int skb_mem_step_set(size_t bytes)
{
	if (!bytes || bytes % CHUNK || bytes > MAX_STEP)
		return -EINVAL;
	spin_lock(&arena.lock);
	arena.step = bytes;
	spin_unlock(&arena.lock);
	return 0;
}

void skb_arena_lock(void)
{
	spin_lock(&arena.lock);
}

void skb_arena_unlock(void)
{
	spin_unlock(&arena.lock);
}

/* The map. Leaves are added under the lock and never removed, so readers need none. */

static inline bool map_index(uintptr_t addr, size_t *root, size_t *leaf)
{
	size_t chunk = addr >> SKB_REGION_SHIFT;

	*root = chunk >> LEAF_BITS;
	*leaf = chunk & (LEAF_SIZE - 1);
	return *root < ROOT_SIZE;
}

static inline struct skb_region *map_get(uintptr_t addr)
{
	struct map_leaf *leaf;
	size_t r, l;

	if (!map_index(addr, &r, &l))
		return NULL;
	leaf = smp_load_acquire(&arena.root[r]);
	return leaf ? smp_load_acquire(&leaf->slot[l]) : NULL;
}

struct skb_region *skb_region_of(const void *addr)
{
	return map_get((uintptr_t)addr);
}

static struct map_leaf *map_leaf_get(size_t r)
{
	struct map_leaf *leaf = arena.root[r];

	if (leaf)
		return leaf;
	leaf = mmap(NULL, sizeof(*leaf), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (leaf == MAP_FAILED)
		return NULL;
	smp_store_release(&arena.root[r], leaf);
	return leaf;
}

void skb_region_map_clear(const void *base, size_t size)
{
	uintptr_t addr = (uintptr_t)base;
	struct map_leaf *leaf;
	size_t r, l, done;

	for (done = 0; done < size; done += CHUNK) {
		if (!map_index(addr + done, &r, &l))
			continue;
		leaf = smp_load_acquire(&arena.root[r]);
		if (leaf)
			smp_store_release(&leaf->slot[l], NULL);
	}
}

static int map_set_locked(uintptr_t addr, size_t size, struct skb_region *region)
{
	struct map_leaf *leaf;
	size_t r, l, done;

	for (done = 0; done < size; done += CHUNK)
		if (map_get(addr + done))
			return -EEXIST;
	for (done = 0; done < size; done += CHUNK) {
		leaf = map_index(addr + done, &r, &l) ? map_leaf_get(r) : NULL;
		if (!leaf) {
			skb_region_map_clear((void *)addr, done);
			return -ENOMEM;
		}
		smp_store_release(&leaf->slot[l], region);
	}
	return 0;
}

/*
 * To divide by the size of a block is to multiply by (2^40 + e) / size, where 0 < e <= size, and to shift: with
 * an offset below 2^40 / size that is too much by less than 1 / size, which no quotient hides. Nor does
 * the product overflow as long as the offset has no more than 23 bits.
 */
#define INVERSE_SHIFT 40
#define INVERSE_SIZE_MAX (1UL << 23)

void skb_region_prepare(struct skb_region *region)
{
	u64 limit = 1ULL << INVERSE_SHIFT;
	bool fits = region->size <= INVERSE_SIZE_MAX &&
		    (u64)region->size * region->block_size <= limit;

	region->block_inverse = fits ? limit / region->block_size + 1 : 0;
}

int skb_region_map_set(const void *base, size_t size, struct skb_region *region)
{
	int err;

	spin_lock(&arena.lock);
	err = map_set_locked((uintptr_t)base, size, region);
	spin_unlock(&arena.lock);
	return err;
}

/* Whether all of @size bytes at @base have a place in the map. */
static bool map_holds(const void *base, size_t size)
{
	size_t r, l;

	return size - 1 <= UINTPTR_MAX - (uintptr_t)base &&
	       map_index((uintptr_t)base + size - 1, &r, &l);
}

int skb_region_register(struct skb_region *region)
{
	unsigned int i;

	if (!region || !region->base || !region->pages || !region->release ||
	    !IS_ALIGNED((uintptr_t)region->base, SKB_REGION_ALIGN) || !region->size ||
	    !IS_ALIGNED(region->size, SKB_REGION_ALIGN) || !region->block_size ||
	    !region->nr_blocks || region->nr_blocks > region->size / region->block_size ||
	    !map_holds(region->base, region->size))
		return -EINVAL;
	for (i = 0; i < region->nr_blocks; i++) {
		region->pages[i].addr = region->base + (size_t)i * region->block_size;
		region->pages[i].size = region->block_size;
		region->pages[i].region = region;
	}
	skb_region_prepare(region);
	return skb_region_map_set(region->base, region->size, region);
}

void skb_region_unregister(struct skb_region *region)
{
	if (!region)
		return;
	spin_lock(&arena.lock);
	/* One that was refused, or is gone already, must not take another one's place away. */
	if (map_get((uintptr_t)region->base) == region)
		skb_region_map_clear(region->base, region->size);
	spin_unlock(&arena.lock);
}

struct page *virt_to_page(const void *addr)
{
	struct skb_region *region = map_get((uintptr_t)addr);
	size_t index;

	if (!region || !region->pages)
		return NULL;
	index = (size_t)((const unsigned char *)addr - region->base);
	index = likely(region->block_inverse) ?
			(size_t)(index * region->block_inverse >> INVERSE_SHIFT) :
			index / region->block_size;
	return index < region->nr_blocks ? &region->pages[index] : NULL;
}

void __put_page(struct page *page)
{
	page->region->release(page->region, page);
}
