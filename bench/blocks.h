/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory in blocks of 32 KB that is sent again and again, as a server does with what many ask for. */
#ifndef SKIFF_BENCH_BLOCKS_H
#define SKIFF_BENCH_BLOCKS_H

#include <skiff/skbuff.h>

#define BLOCK_ORDER 3

/* Of @blocks, get @n. Return: whether there is that much memory. */
static inline bool blocks_get(struct page **blocks, int n)
{
	for (int i = 0; i < n; i++) {
		blocks[i] = alloc_pages(GFP_KERNEL, BLOCK_ORDER);
		if (!blocks[i])
			return false;
	}
	return true;
}

static inline void blocks_put(struct page **blocks, int n)
{
	for (int i = 0; i < n; i++)
		put_page(blocks[i]);
}

/* A buffer that refers to the first @n of @blocks. Return: it, the caller's; NULL without memory. */
static inline struct sk_buff *blocks_skb(struct page *const *blocks, int n)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);

	for (int i = 0; skb && i < n; i++) {
		get_page(blocks[i]);
		skb_add_rx_frag(skb, i, blocks[i], 0, (int)page_size(blocks[i]),
				(unsigned int)page_size(blocks[i]));
	}
	return skb;
}

#endif /* SKIFF_BENCH_BLOCKS_H */
