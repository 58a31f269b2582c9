/* SPDX-License-Identifier: BSD-2-Clause */
/* Where packet memory comes from: aligned chunks of SKB_REGION_ALIGN bytes, and what owns them. */
#ifndef SKB_ARENA_H
#define SKB_ARENA_H

#include <skiff/mm.h>

/* Take a chunk, zeroed when it is new. NULL when the limit is reached or the system has none. */
void *skb_arena_get(void);

/* Give a chunk back for reuse by any class. */
void skb_arena_put(void *chunk);

/* Return chunks that nobody uses to the system. Return: bytes. */
size_t skb_arena_trim(void);

/* Count @bytes obtained elsewhere against the limit; false when that would pass it. */
bool skb_arena_charge(size_t bytes);
void skb_arena_uncharge(size_t bytes);

/* Bytes obtained from the system, unused chunks included. */
size_t skb_arena_bytes(void);

/* Before it is findable: what virt_to_page() needs besides what its owner has filled in. */
void skb_region_prepare(struct skb_region *region);

/* Make a chunk's region findable by address, or forget it. 0, -EEXIST or -ENOMEM. */
int skb_region_map_set(const void *base, size_t size, struct skb_region *region);
void skb_region_map_clear(const void *base, size_t size);

/* What skb_region_map_set() said about an address; NULL when nothing. */
struct skb_region *skb_region_of(const void *addr);

/* For fork(): hold everything still in the parent while the child is made. */
void skb_arena_lock(void);
void skb_arena_unlock(void);

#endif /* SKB_ARENA_H */
