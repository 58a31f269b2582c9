// SPDX-License-Identifier: BSD-2-Clause
/* Allocation and release of buffers: the hot paths, and the long way for those that need it. */
/*
 * A pair from the thread's cache needs its first lines reset and nothing else. That holds
 * because the last release only takes the short way for a buffer that has nothing to let go of:
 * no route, socket, connection, extension or sharer, and a shared info that nobody looked at
 * (shinfo_touched), so that it still is as clean as allocation wants it. Everything else takes
 * the long way and is cleaned there.
 */
#include <skiff/dst.h>
#include <skiff/fault.h>
#include <skiff/skbuff.h>
#include <skiff/slab.h>

#include "skb/alloc.h"
#include "skb/arena.h"
#include "skb/poison.h"
#include "skb/pool.h"

#define CTL_SIZE SKB_CTL_SIZE

_Static_assert(CTL_SIZE == 4 * SMP_CACHE_BYTES, "four cache lines");
_Static_assert(offsetof(struct sk_buff, tail) % 16 == 0, "tail to users are copied as one");
_Static_assert(offsetof(struct sk_buff, users) == offsetof(struct sk_buff, tail) + 12,
	       "tail, end, truesize, users");

void (*skb_drop_hook)(struct sk_buff *skb, enum skb_drop_reason reason, const void *site);

/*
 * Stores as wide as the processor has them: the functions marked SKB_WIDE exist once per width
 * and are chosen when the program is loaded. Sanitizers don't get along with such functions.
 */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(SKB_ASAN) && \
	!defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define SKB_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SKB_WIDE
#endif

/* Blocks that are stored as one; may stand for any member. */
typedef u32 v4u32 __attribute__((vector_size(16), may_alias));
typedef u32 v8u32 __attribute__((vector_size(32), may_alias));
typedef u32 v16u32 __attribute__((vector_size(64), may_alias));

#define V4(p, off) (*(v4u32 *)(void *)((unsigned char *)(p) + (off)))
#define V8(p, off) (*(v8u32 *)(void *)((unsigned char *)(p) + (off)))
#define V16(p, off) (*(v16u32 *)(void *)((unsigned char *)(p) + (off)))

/* What allocation leaves: all zero but for the header offsets, and free of the 1996 form. */
static const union {
	unsigned char byte[CTL_SIZE];
	struct sk_buff skb;
} init_image __aligned(64) = {
	.skb = {
		.transport_header = SKB_HEADER_UNSET,
		.mac_header = SKB_HEADER_UNSET,
		.free = 1,
	},
};

#define CLEAR_FROM offsetof(struct sk_buff, _skb_refdst)
#define CLEAR_TO offsetof(struct sk_buff, extensions)

/* With pointers of 64 bits what is cleared is two lines and a half. */
#if BITS_PER_LONG == 64
_Static_assert(CLEAR_FROM == 64, "the first line ends with the destructor");
_Static_assert(offsetof(struct sk_buff, csum) < 128, "header offsets and flags: second line");
_Static_assert(CLEAR_TO == 224, "what is cleared ends here");
#endif

/*
 * Zero from route to cb, header offsets unset. The links are cleared here as well, destructor
 * and the slow-free bits are clean in every free pair.
 */
static __always_inline void ctl_clear(struct sk_buff *skb)
{
#if BITS_PER_LONG == 64
	V4(skb, 0) = (v4u32){ 0 };
	V16(skb, 64) = V16(&init_image, 64);
	V16(skb, 128) = (v16u32){ 0 };
	V8(skb, 192) = (v8u32){ 0 };
#else
	skb->next = NULL;
	skb->prev = NULL;
	memcpy((unsigned char *)skb + CLEAR_FROM, init_image.byte + CLEAR_FROM,
	       CLEAR_TO - CLEAR_FROM);
#endif
}

static struct sk_buff *alloc_huge(unsigned int size)
{
	struct sk_buff *skb;
	struct skb_head head;

	if (size > SKB_MAX_SIZE)
		return NULL;
	skb = skb_ctl_alloc();
	if (!skb)
		return NULL;
	if (!skb_head_alloc(&head, size)) {
		skb_ctl_free(skb);
		return NULL;
	}
	skb_head_attach(skb, &head);
	skb->data = skb->head;
	return skb;
}

/* A pair from the cache becomes a buffer with @headroom bytes in front. */
static __always_inline struct sk_buff *pair_reset(struct sk_buff *skb, unsigned int cls,
						  unsigned int headroom)
{
	skb_unpoison(skb, CTL_SIZE);
	skb_unpoison(skb->head, skb_class_block[cls]);
	V4(skb, offsetof(struct sk_buff, tail)) = V4(&skb_class_init[cls], 0);
	skb->data = skb->head + headroom;
	if (headroom)
		skb->tail = headroom;
	ctl_clear(skb);
	return skb;
}

/* Nothing in the magazine, or no class that is large enough. */
static noinline struct sk_buff *alloc_slow(unsigned int size, unsigned int headroom,
					   const void *site)
{
	unsigned int cls = skb_data_class(size);
	struct sk_buff *skb;

	if (cls == SKB_NR_DATA_CLASSES) {
		skb = alloc_huge(size);
		if (skb) {
			skb->data += headroom;
			skb->tail += headroom;
		}
	} else {
		skb = skb_cache_get(cls);
		if (skb)
			pair_reset(skb, cls, headroom);
	}
	if (skb)
		skb_track_alloc(skb, site);
	return skb;
}

/* The short way ends in no call, or in a last one: nothing needs saving. */
static __always_inline struct sk_buff *alloc_inline(unsigned int size, unsigned int headroom,
						    const void *site)
{
	unsigned int cls = skb_data_class(size), n;
	struct skb_thread_cache *tc;
	struct sk_buff *skb;
	struct skb_mag *mag;

	if (should_fail_alloc())
		return NULL;
	if (unlikely(cls == SKB_NR_DATA_CLASSES))
		return alloc_slow(size, headroom, site);
	tc = skb_tc;
	skb = skb_cache_take_last(tc, cls);
	if (!skb) {
		mag = tc->loaded[cls];
		n = mag->n;
		if (unlikely(!n))
			return alloc_slow(size, headroom, site);
		WRITE_ONCE(mag->n, n - 1);
		skb = mag->slot[n - 1];
	}
	pair_reset(skb, cls, headroom);
	skb_track_alloc(skb, site);
	return skb;
}

SKB_WIDE struct sk_buff *__alloc_skb(unsigned int size, gfp_t gfp, int flags, int node)
{
	return alloc_inline(size, 0, __builtin_return_address(0));
}

SKB_WIDE unsigned int alloc_skb_bulk(struct sk_buff **skbs, unsigned int n, unsigned int size,
				     gfp_t gfp)
{
	const void *site = __builtin_return_address(0);
	unsigned int i;

	for (i = 0; i < n; i++) {
		skbs[i] = alloc_inline(size, 0, site);
		if (unlikely(!skbs[i]))
			break;
	}
	return i;
}

static SKB_WIDE struct sk_buff *alloc_padded(unsigned int length, const void *site)
{
	return alloc_inline(length + NET_SKB_PAD, NET_SKB_PAD, site);
}

struct sk_buff *__netdev_alloc_skb(struct net_device *dev, unsigned int length, gfp_t gfp)
{
	struct sk_buff *skb;

	if (unlikely(length > SKB_MAX_SIZE - NET_SKB_PAD))
		return NULL;
	skb = alloc_padded(length, __builtin_return_address(0));
	if (likely(skb)) {
		skb->dev = dev;
		skb_track_for(skb, dev);
	}
	return skb;
}

/* Control structures alone */

struct sk_buff *skb_ctl_alloc_raw(void)
{
	struct sk_buff *skb;

	if (should_fail_alloc())
		return NULL;
	skb = skb_cache_get(SKB_KIND_CTL);
	if (likely(skb))
		skb_unpoison(skb, CTL_SIZE);
	return skb;
}

struct sk_buff *skb_ctl_alloc(void)
{
	struct sk_buff *skb = skb_ctl_alloc_raw();

	if (unlikely(!skb))
		return NULL;
	memset(skb, 0, CLEAR_FROM);
	V4(skb, offsetof(struct sk_buff, tail)) = (v4u32){ 0, 0, CTL_SIZE, 1 };
	ctl_clear(skb);
	skb->head_kind = SKB_HEAD_NONE;
	return skb;
}

void skb_ctl_free(struct sk_buff *skb)
{
	skb->users.refs.counter = 0;
	skb->head = NULL;
	skb->__slow_free = 0;
	skb->head_kind = SKB_HEAD_NONE;
	skb_poison(skb, CTL_SIZE);
	skb_cache_put(SKB_KIND_CTL, skb);
}

struct sk_buff *alloc_skb_head(gfp_t gfp)
{
	struct sk_buff *skb = skb_ctl_alloc();

	if (skb)
		skb_track_alloc(skb, __builtin_return_address(0));
	return skb;
}

/* Data blocks alone */

static void shinfo_init(unsigned char *end)
{
	struct skb_shared_info *shinfo = (void *)end;

	memset(shinfo, 0, offsetof(struct skb_shared_info, frags));
	atomic_set(&shinfo->dataref, 1);
}

bool skb_head_alloc(struct skb_head *head, unsigned int size)
{
	unsigned int cls = skb_data_class(size);
	struct page *page;

	*head = (struct skb_head){ .size_class = (u8)cls, .kind = SKB_HEAD_POOL };
	if (size > SKB_MAX_SIZE || should_fail_alloc())
		return false;
	if (unlikely(cls == SKB_NR_DATA_CLASSES)) {
		head->end = SKB_DATA_ALIGN(size);
		head->data = skb_huge_alloc(head->end + SKB_SHINFO_SIZE);
		if (!head->data)
			return false;
		head->kind = SKB_HEAD_HUGE;
		head->truesize = (u32)skb_huge_size(head->data) + CTL_SIZE;
	} else {
		page = skb_cache_get(SKB_KIND_BARE(cls));
		if (!page)
			return false;
		atomic_set(&page->_refcount, 1);
		skb_unpoison(page->addr, page->size);
		head->data = page->addr;
		head->end = skb_class_init[cls].word[1];
		head->truesize = skb_class_init[cls].word[2];
	}
	shinfo_init(head->data + head->end);
	return true;
}

void skb_head_free(struct skb_head *head)
{
	switch (head->kind) {
	case SKB_HEAD_POOL:
	case SKB_HEAD_PAGE:
		page_frag_free(head->data);
		break;
	case SKB_HEAD_FOREIGN:
		kfree(head->data);
		break;
	case SKB_HEAD_HUGE:
		skb_huge_free(head->data);
		break;
	default:
		break;
	}
	head->data = NULL;
}

void skb_head_attach(struct sk_buff *skb, const struct skb_head *head)
{
	skb->head = head->data;
	skb->end = head->end;
	skb->truesize = head->truesize;
	skb->size_class = head->size_class;
	skb->head_kind = head->kind;
	skb->head_frag = head->kind == SKB_HEAD_PAGE;
}

/* Release */

static __always_inline void release_head_state(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	if (skb->destructor) {
		skb->destructor(skb);
		skb->destructor = NULL;
	}
	if (unlikely(skb->_nfct)) {
		nf_conntrack_put(skb_nfct(skb));
		skb->_nfct = 0;
	}
	skb_ext_reset(skb);
}

void skb_release_head_state(struct sk_buff *skb)
{
	release_head_state(skb);
}

static void release_members(struct sk_buff *list);

/* Whether we are the last to refer to the data block; drops our reference when not. */
static __always_inline bool dataref_last(struct sk_buff *skb, struct skb_shared_info *shinfo)
{
	int mine = skb->nohdr ? (1 << SKB_DATAREF_SHIFT) + 1 : 1;

	if (!skb->cloned || atomic_read_acquire(&shinfo->dataref) == mine)
		return true;
	return atomic_sub_and_test(mine, &shinfo->dataref);
}

/* Fragments, frag_list and foreign memory of a data block that nobody refers to. */
static noinline void shinfo_release(struct sk_buff *skb, struct skb_shared_info *shinfo)
{
	unsigned int i;

	if (shinfo->flags & SKBFL_ZEROCOPY_ENABLE) {
		bool managed = skb_zcopy_managed(skb);

		skb_zcopy_clear(skb, true);
		if (managed)
			shinfo->nr_frags = 0;
	}
	for (i = 0; i < shinfo->nr_frags; i++)
		__skb_frag_unref(&shinfo->frags[i], skb->pp_recycle);
	if (shinfo->frag_list)
		release_members(shinfo->frag_list);
}

static void detach_block(struct sk_buff *skb)
{
	skb->head = NULL;
	skb->head_kind = SKB_HEAD_NONE;
}

static noinline void free_block(struct sk_buff *skb)
{
	struct skb_head head = { .data = skb->head, .kind = skb->head_kind };

	skb_head_free(&head);
	detach_block(skb);
}

/*
 * Drop the data block. Return: whether the pair may stay together, its shared info clean.
 * Inline, because every packet of TCP's comes here twice: as it was sent, and as its clone.
 */
static __always_inline bool release_data(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo;

	if (skb->head_kind == SKB_HEAD_NONE)
		return false;
	/* Never shared and never asked for: the shared info is as clean as allocation left it. */
	if (!skb->cloned && !skb->shinfo_touched) {
		if (likely(skb->head_kind == SKB_HEAD_POOL))
			return true;
		free_block(skb);
		return false;
	}
	shinfo = __skb_shinfo(skb);
	if (!dataref_last(skb, shinfo)) {
		detach_block(skb);
		return false;
	}
	if (unlikely(shinfo->flags || shinfo->nr_frags || shinfo->frag_list))
		shinfo_release(skb, shinfo);
	if (unlikely(skb->head_kind != SKB_HEAD_POOL ||
		     page_ref_count(virt_to_page(skb->head)) != 1)) {
		free_block(skb);
		return false;
	}
	/* The canonical place of the shared info, wherever skb->end was moved to. */
	shinfo_init(skb->head + skb_class_init[skb->size_class].word[1]);
	return true;
}

void skb_release_data(struct sk_buff *skb)
{
	if (release_data(skb))
		free_block(skb);
	skb->cloned = 0;
	skb->nohdr = 0;
}

/* Where both halves of a free pair go: together into the cache. */
static __always_inline void pair_put(struct sk_buff *skb)
{
	skb->users.refs.counter = 0;
#ifdef SKB_ASAN
	unsigned int cls = skb->size_class;

	skb_poison(skb->head, skb_class_block[cls]);
	skb_poison(skb, CTL_SIZE);
	skb_cache_put(cls, skb);
#else
	skb_cache_put(skb->size_class, skb);
#endif
}

static noinline void release_slow(struct sk_buff *skb)
{
	release_head_state(skb);
	if (release_data(skb)) {
		skb->__slow_free = 0;
		pair_put(skb);
	} else {
		skb_ctl_free(skb);
	}
}

static __always_inline void release_last(struct sk_buff *skb, const void *site)
{
	skb_track_free(skb, site);
	if (unlikely(skb->__slow_free | (uintptr_t)skb->destructor | skb->_skb_refdst | skb->_nfct))
		release_slow(skb);
	else
		pair_put(skb);
}

void __kfree_skb(struct sk_buff *skb)
{
	if (unlikely(!skb))
		skb_missing_panic(skb, __func__, __builtin_return_address(0));
	skb_track_check_live(skb, __builtin_return_address(0));
	release_last(skb, __builtin_return_address(0));
}

/*
 * Start fetching the lines of a buffer that its next allocation writes, while the first one,
 * which decides whether it may be freed, is still on its way: doubles the rate when they are cold.
 */
static __always_inline void prefetch_for_reuse(const struct sk_buff *skb)
{
	uintptr_t addr = (uintptr_t)skb; /* NULL is fine */

	prefetchw((const void *)(addr + 2 * SMP_CACHE_BYTES));
	prefetchw((const void *)(addr + 3 * SMP_CACHE_BYTES));
}

/* Drop a reference. Return: true when it was the last. */
static __always_inline bool put_ref(struct sk_buff *skb, const void *site)
{
	if (skb)
		skb_track_check_live(skb, site);
	return skb_unref(skb);
}

/* The frag_list is part of the packet: whether that was dropped has been told, once. */
static noinline void release_members(struct sk_buff *list)
{
	const void *site = __builtin_return_address(0);

	while (list) {
		struct sk_buff *next;

		skb_track_check_live(list, site);
		next = list->next;
		if (put_ref(list, site))
			release_last(list, site);
		list = next;
	}
}

void consume_skb(struct sk_buff *skb)
{
	const void *site = __builtin_return_address(0);

	prefetch_for_reuse(skb);
	if (likely(put_ref(skb, site)))
		release_last(skb, site);
}

void consume_skb_bulk(struct sk_buff **skbs, unsigned int n)
{
	const void *site = __builtin_return_address(0);
	unsigned int i;

	for (i = 0; i < n; i++)
		if (likely(put_ref(skbs[i], site)))
			release_last(skbs[i], site);
}

static noinline void drop_told(struct sk_buff *skb, enum skb_drop_reason reason, const void *site)
{
	skb_drop_hook(skb, reason, site);
}

static __always_inline void drop(struct sk_buff *skb, enum skb_drop_reason reason, const void *site)
{
	if (unlikely(!put_ref(skb, site)))
		return;
	DEBUG_NET_WARN_ON_ONCE(reason <= 0 || reason >= SKB_DROP_REASON_MAX);
	if (unlikely(skb_drop_hook))
		drop_told(skb, reason, site);
	release_last(skb, site);
}

void kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason reason)
{
	drop(skb, reason, __builtin_return_address(0));
}

void kfree_skb_list_reason(struct sk_buff *segs, enum skb_drop_reason reason)
{
	const void *site = __builtin_return_address(0);

	while (segs) {
		struct sk_buff *next;

		skb_track_check_live(segs, site);
		next = segs->next;
		drop(segs, reason, site);
		segs = next;
	}
}

void kfree_skb_partial(struct sk_buff *skb, bool head_stolen)
{
	if (unlikely(!skb))
		skb_missing_panic(skb, __func__, __builtin_return_address(0));
	if (!head_stolen) {
		release_last(skb, __builtin_return_address(0));
		return;
	}
	skb_track_free(skb, __builtin_return_address(0));
	skb_release_head_state(skb);
	skb_ctl_free(skb);
}

void napi_consume_skb(struct sk_buff *skb, int budget)
{
	const void *site = __builtin_return_address(0);

	prefetch_for_reuse(skb);
	if (likely(put_ref(skb, site)))
		release_last(skb, site);
}
