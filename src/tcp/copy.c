// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program's data becomes fragments of buffers.
 *
 * Much at a time gets blocks of its own, filled without the stack lock. Little at a time goes, under
 * the lock, into a block that all connections of the host share, one piece behind the other: pieces
 * that follow each other in the same buffer are one fragment.
 */
#include "tcp/output.h"

#define FRAG_ORDER 3
#define FRAG_SIZE (PAGE_SIZE << FRAG_ORDER)

/* The smallest block for @len bytes, or the largest there is. */
static struct page *alloc_block(size_t len)
{
	unsigned int order = 0;

	while (order < FRAG_ORDER && PAGE_SIZE << order < len)
		order++;
	return alloc_pages(GFP_KERNEL, order);
}

/* Append blocks of our own. Return: 0 or -ENOMEM, and part of it was done. */
static int append_blocks(struct sk_buff *skb, struct iov_iter *from, size_t len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct page *page;
	size_t n;

	while (len && shinfo->nr_frags < MAX_SKB_FRAGS) {
		page = alloc_block(len);
		if (!page)
			return -ENOMEM;
		n = copy_from_iter(page_address(page), min(len, (size_t)page_size(page)), from);
		if (unlikely(!n)) {
			put_page(page);
			break;
		}
		skb_fill_page_desc(skb, shinfo->nr_frags, page, 0, (int)n);
		skb_len_add(skb, (int)n);
		len -= n;
	}
	return 0;
}

struct sk_buff *tcp_copy_bulk(struct iov_iter *from, size_t len)
{
	struct sk_buff *skb = alloc_skb(MAX_TCP_HEADER, GFP_KERNEL);

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	if (append_blocks(skb, from, len) && !skb->len) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	return skb;
}

int tcp_skb_copy_from(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, size_t len)
{
	if (!sk_wmem_schedule(sk, (int)(skb->truesize + len)))
		return -ENOMEM;
	return append_blocks(skb, from, len);
}

void tcp_page_frag_put(struct tcp_net *tn)
{
	if (tn->frag_page)
		put_page(tn->frag_page);
	tn->frag_page = NULL;
}

/* See that there is room in the shared block. */
static bool frag_refill(struct tcp_net *tn)
{
	if (tn->frag_page) {
		/* Nobody else refers to it: from the start again. */
		if (page_ref_count(tn->frag_page) == 1)
			tn->frag_offset = 0;
		if (tn->frag_offset < page_size(tn->frag_page))
			return true;
		put_page(tn->frag_page);
	}
	tn->frag_offset = 0;
	tn->frag_page = alloc_pages(GFP_ATOMIC, FRAG_ORDER);
	if (unlikely(!tn->frag_page))
		tn->frag_page = alloc_pages(GFP_ATOMIC, 0);
	return tn->frag_page != NULL;
}

int tcp_append_small(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, size_t len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct tcp_net *tn = tcp_net_sk(sk);
	bool merge;
	int off;

	if (!frag_refill(tn))
		return -ENOMEM;
	off = (int)tn->frag_offset;
	merge = skb_can_coalesce(skb, shinfo->nr_frags, tn->frag_page, off);
	if (!merge && shinfo->nr_frags == MAX_SKB_FRAGS)
		return 0;
	len = min(len, (size_t)page_size(tn->frag_page) - tn->frag_offset);
	if (!sk_wmem_schedule(sk, (int)len))
		return -ENOMEM;
	len = copy_from_iter((u8 *)page_address(tn->frag_page) + off, len, from);
	if (unlikely(!len))
		return -EFAULT;
	if (merge) {
		skb_frag_size_add(&shinfo->frags[shinfo->nr_frags - 1], (int)len);
	} else {
		get_page(tn->frag_page);
		skb_fill_page_desc(skb, shinfo->nr_frags, tn->frag_page, off, (int)len);
	}
	skb_len_add(skb, (int)len);
	sk_wmem_queued_add(sk, (int)len);
	sk_mem_charge(sk, (int)len);
	tn->frag_offset += (unsigned int)len;
	return (int)len;
}
