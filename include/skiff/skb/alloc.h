/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers and fragments for drivers: headroom in front, and an IP header that is aligned. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_ALLOC_H
#define SKIFF_SKB_ALLOC_H

#ifdef __cplusplus
extern "C" {
#endif

struct napi_struct;

/**
 * __netdev_alloc_skb() - a buffer for a frame that a device receives
 * @dev: the device, becomes skb->dev; may be NULL
 * @length: bytes of the frame
 * @gfp: allocation flags
 *
 * NET_SKB_PAD bytes of headroom. Any thread. Return: NULL when memory ended.
 */
SKIFF_API struct sk_buff *__netdev_alloc_skb(struct net_device *dev, unsigned int length,
					     gfp_t gfp);

/* The same inside of a poll function, with NET_IP_ALIGN more headroom. */
SKIFF_API struct sk_buff *__napi_alloc_skb(struct napi_struct *napi, unsigned int length,
					   gfp_t gfp);

static __always_inline struct sk_buff *netdev_alloc_skb(struct net_device *dev, unsigned int length)
{
	return __netdev_alloc_skb(dev, length, GFP_ATOMIC);
}

static __always_inline struct sk_buff *__dev_alloc_skb(unsigned int length, gfp_t gfp)
{
	return __netdev_alloc_skb(NULL, length, gfp);
}

static __always_inline struct sk_buff *dev_alloc_skb(unsigned int length)
{
	return netdev_alloc_skb(NULL, length);
}

/* netdev_alloc_skb() shifted so that the header behind an Ethernet header is aligned. */
static __always_inline struct sk_buff *__netdev_alloc_skb_ip_align(struct net_device *dev,
								   unsigned int length, gfp_t gfp)
{
	struct sk_buff *skb;

	if (unlikely(length > SKB_MAX_SIZE))
		return NULL;
	skb = __netdev_alloc_skb(dev, length + NET_IP_ALIGN, gfp);
	if (NET_IP_ALIGN && likely(skb))
		skb_reserve(skb, NET_IP_ALIGN);
	return skb;
}

static __always_inline struct sk_buff *netdev_alloc_skb_ip_align(struct net_device *dev,
								 unsigned int length)
{
	return __netdev_alloc_skb_ip_align(dev, length, GFP_ATOMIC);
}

static __always_inline struct sk_buff *napi_alloc_skb(struct napi_struct *napi, unsigned int length)
{
	return __napi_alloc_skb(napi, length, GFP_ATOMIC);
}

/**
 * alloc_skb_bulk() - allocate many buffers at once; skiff's own
 * @skbs: array for the buffers, each with one reference that the caller owns
 * @n: how many
 * @size: bytes of room of each
 * @gfp: allocation flags
 *
 * Any thread. Return: how many there are, fewer than @n when memory ended.
 */
SKIFF_API unsigned int alloc_skb_bulk(struct sk_buff **skbs, unsigned int n, unsigned int size,
				      gfp_t gfp);

/* consume_skb() for each of @n buffers. Any thread. */
SKIFF_API void consume_skb_bulk(struct sk_buff **skbs, unsigned int n);

/* Fragments from the calling thread's block; freed with skb_free_frag(). NULL without memory. */
SKIFF_API void *__netdev_alloc_frag_align(unsigned int fragsz, unsigned int align_mask);
SKIFF_API void *__napi_alloc_frag_align(unsigned int fragsz, unsigned int align_mask);

static inline void *netdev_alloc_frag(unsigned int fragsz)
{
	return __netdev_alloc_frag_align(fragsz, ~0u);
}

static inline void *netdev_alloc_frag_align(unsigned int fragsz, unsigned int align)
{
	return __netdev_alloc_frag_align(fragsz, -align);
}

static inline void *napi_alloc_frag(unsigned int fragsz)
{
	return __napi_alloc_frag_align(fragsz, ~0u);
}

static inline void *napi_alloc_frag_align(unsigned int fragsz, unsigned int align)
{
	return __napi_alloc_frag_align(fragsz, -align);
}

static inline void skb_free_frag(void *addr)
{
	page_frag_free(addr);
}

static inline struct page *__dev_alloc_pages(gfp_t gfp_mask, unsigned int order)
{
	return alloc_pages(gfp_mask, order);
}

static inline struct page *dev_alloc_pages(unsigned int order)
{
	return __dev_alloc_pages(GFP_ATOMIC, order);
}

static inline struct page *__dev_alloc_page(gfp_t gfp_mask)
{
	return __dev_alloc_pages(gfp_mask, 0);
}

static inline struct page *dev_alloc_page(void)
{
	return dev_alloc_pages(0);
}

/* The buffer remembers that a page came from the reserve for hard times; there is none here. */
static inline void skb_propagate_pfmemalloc(const struct page *page, struct sk_buff *skb)
{
	if (page_is_pfmemalloc(page))
		skb->pfmemalloc = 1;
}

/**
 * alloc_skb_with_frags() - a buffer with room in page fragments
 * @header_len: linear bytes
 * @data_len: bytes of room in fragments, at most MAX_SKB_FRAGS blocks of @order
 * @order: largest block order to try, 0 to PAGE_ALLOC_COSTLY_ORDER
 * @errcode: 0, or on failure -EMSGSIZE (@data_len or @order too large) or -ENOBUFS
 * @gfp: allocation flags
 *
 * The fragments count for truesize, but are not data yet: the caller reserves and puts the linear
 * part, then adds what it fills of the fragments to len and data_len. Any thread.
 * Return: the buffer, NULL on failure.
 */
SKIFF_API struct sk_buff *alloc_skb_with_frags(unsigned long header_len, unsigned long data_len,
					       int order, int *errcode, gfp_t gfp);

/* A control structure alone, for build_skb_around(); freed by kfree_skb(). */
SKIFF_API struct sk_buff *alloc_skb_head(gfp_t gfp);

/* A second control structure for the packet of @first, taking over its data. NULL: no memory. */
SKIFF_API struct sk_buff *alloc_skb_for_msg(struct sk_buff *first);

/*
 * What drivers call when they are done with a buffer: consumed when it was sent, dropped when it
 * was not. The _irq and _any forms may be called from any thread, as all forms here.
 */
#define dev_kfree_skb(skb) consume_skb(skb)
#define dev_kfree_skb_irq(skb) kfree_skb(skb)
#define dev_kfree_skb_any(skb) kfree_skb(skb)
#define dev_consume_skb_irq(skb) consume_skb(skb)
#define dev_consume_skb_any(skb) consume_skb(skb)

/* Whether freeing needs nothing that a top half may not do; the same everywhere here. */
static inline bool skb_irq_freeable(const struct sk_buff *skb)
{
	return !skb->destructor && !skb->_nfct && !skb->_skb_refdst && !skb->active_extensions &&
	       !skb_is_nonlinear(skb);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_ALLOC_H */
