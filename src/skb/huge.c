// SPDX-License-Identifier: BSD-2-Clause
/* Data blocks larger than every class of the pools, obtained one by one. */
#include <stdlib.h>

#include <skiff/skbuff.h>

#include "skb/arena.h"
#include "skb/pool.h"

#define HUGE_HEADER SMP_CACHE_BYTES

static atomic_long_t huge_live, huge_bytes;

void *skb_huge_alloc(size_t size)
{
	size_t total = ALIGN(size + HUGE_HEADER, PAGE_SIZE);
	unsigned char *base;

	if (!skb_arena_charge(total)) {
		/* What the pools hold idle counts as well. */
		skb_pool_trim();
		if (!skb_arena_charge(total))
			return NULL;
	}
	base = aligned_alloc(SMP_CACHE_BYTES, total);
	if (!base) {
		skb_arena_uncharge(total);
		return NULL;
	}
	*(size_t *)(void *)base = total;
	atomic_long_add(1, &huge_live);
	atomic_long_add((long)total, &huge_bytes);
	return base + HUGE_HEADER;
}

size_t skb_huge_size(const void *head)
{
	return *(const size_t *)((const void *)((const unsigned char *)head - HUGE_HEADER));
}

void skb_huge_free(void *head)
{
	size_t total = skb_huge_size(head);

	free((unsigned char *)head - HUGE_HEADER);
	atomic_long_sub(1, &huge_live);
	atomic_long_sub((long)total, &huge_bytes);
	skb_arena_uncharge(total);
}

size_t skb_huge_live(void)
{
	return (size_t)atomic_long_read(&huge_live);
}

size_t skb_huge_bytes(void)
{
	return (size_t)atomic_long_read(&huge_bytes);
}
