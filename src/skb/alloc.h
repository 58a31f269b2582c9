/* SPDX-License-Identifier: BSD-2-Clause */
/* Control structures and data blocks for the other files of this folder. */
#ifndef SKB_ALLOC_INTERNAL_H
#define SKB_ALLOC_INTERNAL_H

#include <skiff/skbuff.h>

/**
 * struct skb_head - a data block without its control structure
 * @data: first byte, NULL when there is none
 * @end: bytes of room; the shared info follows
 * @truesize: what a buffer with this block is charged, before fragments
 * @size_class: of the pool
 * @kind: enum skb_head_kind
 */
struct skb_head {
	unsigned char *data;
	unsigned int end;
	unsigned int truesize;
	u8 size_class;
	u8 kind;
};

/* A data block with @size bytes of room and clean shared info. Return: false without memory. */
bool skb_head_alloc(struct skb_head *head, unsigned int size);

/* Give a block of any kind back that nobody refers to. */
void skb_head_free(struct skb_head *head);

/* Make @head the block of @skb, whose old one was released; data and tail are the caller's. */
void skb_head_attach(struct sk_buff *skb, const struct skb_head *head);

/* A control structure of zeros (header offsets unset), one reference, without a data block. */
struct sk_buff *skb_ctl_alloc(void);

/* The same with undefined content, for callers that overwrite all of it. */
struct sk_buff *skb_ctl_alloc_raw(void);

/* Back to the pool; everything it referred to is released. */
void skb_ctl_free(struct sk_buff *skb);

/* Let go of route, socket, connection and extensions. */
void skb_release_head_state(struct sk_buff *skb);

/* Let go of data block, fragments and frag_list; @skb has no block afterwards. */
void skb_release_data(struct sk_buff *skb);

/* The last words about a call without a buffer, or with one that has no data block. */
void skb_missing_panic(const struct sk_buff *skb, const char *what, const void *caller)
	__attribute__((__noreturn__, __cold__, __noinline__));

/* First line of functions that need a buffer and its data. */
#define skb_require(skb)                                                               \
	do {                                                                           \
		if (unlikely(!(skb) || (skb)->head_kind == SKB_HEAD_NONE))             \
			skb_missing_panic(skb, __func__, __builtin_return_address(0)); \
	} while (0)

/* Drops are told to the host and to traces by this; NULL: nobody listens. */
extern void (*skb_drop_hook)(struct sk_buff *skb, enum skb_drop_reason reason, const void *site);

/* Ownership tracking: who allocated, who frees. Nothing in other builds. */
#ifdef SKIFF_SKB_TRACK
void skb_track_alloc(struct sk_buff *skb, const void *site);
void skb_track_free(struct sk_buff *skb, const void *site);
/* The owner is the device's host, whatever host the thread holds. */
void skb_track_for(struct sk_buff *skb, const struct net_device *dev);
void skb_track_check_live(const struct sk_buff *skb, const void *site);
#else
static inline void skb_track_alloc(struct sk_buff *skb, const void *site)
{
}

static inline void skb_track_free(struct sk_buff *skb, const void *site)
{
}

static inline void skb_track_for(struct sk_buff *skb, const struct net_device *dev)
{
}

static inline void skb_track_check_live(const struct sk_buff *skb, const void *site)
{
}
#endif

#endif /* SKB_ALLOC_INTERNAL_H */
