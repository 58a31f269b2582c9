// SPDX-License-Identifier: BSD-2-Clause
/* Reassembly queues: found by key, bounded in memory and time, filled in any order. */
#include "ip/inet_frag.h"

#include <skiff/slab.h>

#define ECN_CE 3

/*
 * What was marked on the way stays marked, but a sender that does not know ECN never sends some
 * fragments with and some without it.
 */
const u8 ip_frag_ecn_table[16] = {
	[IPFRAG_ECN_CE | IPFRAG_ECN_ECT_0] = ECN_CE,
	[IPFRAG_ECN_CE | IPFRAG_ECN_ECT_1] = ECN_CE,
	[IPFRAG_ECN_CE | IPFRAG_ECN_ECT_0 | IPFRAG_ECN_ECT_1] = ECN_CE,
	[IPFRAG_ECN_NOT_ECT | IPFRAG_ECN_CE] = 0xff,
	[IPFRAG_ECN_NOT_ECT | IPFRAG_ECN_ECT_0] = 0xff,
	[IPFRAG_ECN_NOT_ECT | IPFRAG_ECN_ECT_1] = 0xff,
	[IPFRAG_ECN_NOT_ECT | IPFRAG_ECN_ECT_0 | IPFRAG_ECN_ECT_1] = 0xff,
	[IPFRAG_ECN_NOT_ECT | IPFRAG_ECN_CE | IPFRAG_ECN_ECT_0] = 0xff,
	[IPFRAG_ECN_NOT_ECT | IPFRAG_ECN_CE | IPFRAG_ECN_ECT_1] = 0xff,
	[IPFRAG_ECN_NOT_ECT | IPFRAG_ECN_CE | IPFRAG_ECN_ECT_0 | IPFRAG_ECN_ECT_1] = 0xff,
};

static void *frag_key(struct inet_frag_queue *q)
{
	return q + 1;
}

static void frag_account(struct inet_frag_queue *q, long bytes)
{
	q->mem += bytes;
	q->fqdir->mem += bytes;
	net_mem_held(q->fqdir->net, bytes);
}

/* The table */

static struct hlist_head *frag_bucket(struct fqdir *f, const void *key)
{
	return &f->hash[siphash(key, f->keylen, &f->key) % INETFRAGS_HASHSZ];
}

void fqdir_init(struct fqdir *f)
{
	BUG_ON(f->qsize < sizeof(struct inet_frag_queue) + f->keylen);
	INIT_LIST_HEAD(&f->lru);
	get_random_bytes(&f->key, sizeof(f->key));
	for (int i = 0; i < INETFRAGS_HASHSZ; i++)
		f->hash[i].first = NULL;
}

static struct inet_frag_queue *frag_oldest(struct fqdir *f)
{
	return list_first_entry(&f->lru, struct inet_frag_queue, lru);
}

void fqdir_exit(struct fqdir *f)
{
	while (!list_empty(&f->lru)) {
		struct inet_frag_queue *q = frag_oldest(f);

		inet_frag_kill(q);
		inet_frag_destroy(q);
	}
}

static void frag_make_room(struct fqdir *f)
{
	/* When the host's memory is used up, what may never be whole is the first to go. */
	if (f->mem <= f->high_thresh && !net_mem_full(f->net))
		return;
	while ((f->mem > f->low_thresh || net_mem_full(f->net)) && !list_empty(&f->lru)) {
		struct inet_frag_queue *q = frag_oldest(f);

		inet_frag_kill(q);
		f->dropped(q);
		inet_frag_destroy(q);
	}
}

static void frag_timeout(struct timer_list *t)
{
	struct inet_frag_queue *q = from_timer(q, t, timer);

	inet_frag_kill(q);
	q->fqdir->expired(q);
	inet_frag_destroy(q);
}

static struct inet_frag_queue *frag_create(struct fqdir *f, const void *key)
{
	struct inet_frag_queue *q;

	if (!f->high_thresh)
		return NULL;
	q = (struct inet_frag_queue *)kzalloc(f->qsize, GFP_ATOMIC);
	if (!q)
		return NULL;
	q->fqdir = f;
	memcpy(frag_key(q), key, f->keylen);
	timer_setup_net(&q->timer, f->net, frag_timeout, 0);
	mod_timer_ns(&q->timer, ktime_add_safe(skiff_net_now(f->net), f->timeout));
	hlist_add_head(&q->node, frag_bucket(f, key));
	list_add_tail(&q->lru, &f->lru);
	f->nr++;
	frag_account(q, (long)f->qsize);
	return q;
}

struct inet_frag_queue *inet_frag_find(struct fqdir *f, const void *key, bool *fresh)
{
	struct inet_frag_queue *q;

	ASSERT_NET_LOCKED(f->net);
	frag_make_room(f);
	*fresh = false;
	hlist_for_each_entry(q, frag_bucket(f, key), node) {
		if (!memcmp(frag_key(q), key, f->keylen)) {
			list_move_tail(&q->lru, &f->lru);
			return q;
		}
	}
	*fresh = true;
	return frag_create(f, key);
}

void inet_frag_kill(struct inet_frag_queue *q)
{
	if (q->flags & INET_FRAG_COMPLETE)
		return;
	q->flags |= INET_FRAG_COMPLETE;
	del_timer(&q->timer);
	hlist_del_init(&q->node);
	list_del(&q->lru);
	q->fqdir->nr--;
}

static void frag_drop_all(struct inet_frag_queue *q)
{
	struct sk_buff *skb;

	while ((skb = q->fragments) != NULL) {
		q->fragments = skb->next;
		frag_account(q, -(long)skb->truesize);
		skb_mark_not_on_list(skb);
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_FRAGMENT);
	}
	q->first = NULL;
	q->nr = 0;
}

void inet_frag_destroy(struct inet_frag_queue *q)
{
	BUG_ON(!(q->flags & INET_FRAG_COMPLETE));
	frag_drop_all(q);
	frag_account(q, -q->mem);
	kfree(q);
}

void inet_frag_reinit(struct inet_frag_queue *q)
{
	frag_drop_all(q);
	q->flags = 0;
	q->len = 0;
	q->meat = 0;
	memset(q->units, 0, sizeof(q->units));
	mod_timer_ns(&q->timer, ktime_add_safe(skiff_net_now(q->fqdir->net), q->fqdir->timeout));
}

/* The bits */

/* Bits of word @w that belong to units @from to @to - 1. */
static u64 unit_mask(u32 w, u32 from, u32 to)
{
	u64 mask = ~0ull;

	if (from > w * 64)
		mask &= ~0ull << (from - w * 64);
	if (to < w * 64 + 64)
		mask &= ~0ull >> (w * 64 + 64 - to);
	return mask;
}

/* How much of the range is there: none of it is IPFRAG_OK. @from < @to */
static enum inet_frag_result frag_look(const struct inet_frag_queue *q, u32 from, u32 to)
{
	bool some = false, all = true;

	for (u32 w = from / 64; w <= (to - 1) / 64; w++) {
		u64 mask = unit_mask(w, from, to), there = q->units[w] & mask;

		some |= there != 0;
		all &= there == mask;
	}
	return all ? IPFRAG_DUP : some ? IPFRAG_OVERLAP : IPFRAG_OK;
}

/* RFC 791: one end, and nothing behind it. */
static bool frag_end_fits(const struct inet_frag_queue *q, u32 end, bool last)
{
	if (last)
		return end >= q->len && (!(q->flags & INET_FRAG_LAST_IN) || end == q->len);
	return end <= q->len || !(q->flags & INET_FRAG_LAST_IN);
}

enum inet_frag_result inet_frag_queue_insert(struct inet_frag_queue *q, struct sk_buff *skb,
					     u32 end, bool last)
{
	u32 offset = INET_FRAG_CB(skb)->offset, from = offset / 8, to = (end + 7) / 8;
	enum inet_frag_result result;

	if (offset % 8 || end <= offset || to > INET_FRAG_UNITS || (!last && end % 8) ||
	    !frag_end_fits(q, end, last))
		return IPFRAG_CORRUPT;
	/* What is there already may still say where the end is. */
	if (last)
		q->flags |= INET_FRAG_LAST_IN;
	q->len = max(q->len, end);
	result = frag_look(q, from, to);
	if (result != IPFRAG_OK)
		return result;
	for (u32 w = from / 64; w <= (to - 1) / 64; w++)
		q->units[w] |= unit_mask(w, from, to);
	q->meat += end - offset;
	if (!offset) {
		q->flags |= INET_FRAG_FIRST_IN;
		q->first = skb;
	}
	skb->next = q->fragments;
	q->fragments = skb;
	q->nr++;
	frag_account(q, (long)skb->truesize);
	return IPFRAG_OK;
}

/* Making one of them */

/* Two lists in order become one. */
static struct sk_buff *frag_merge(struct sk_buff *a, struct sk_buff *b)
{
	struct sk_buff *first = NULL, **at = &first;

	while (a && b) {
		struct sk_buff **less = INET_FRAG_CB(a)->offset < INET_FRAG_CB(b)->offset ? &a : &b;

		*at = *less;
		at = &(*less)->next;
		*less = (*less)->next;
	}
	*at = a ? a : b;
	return first;
}

/* By offset; bin i holds 2^i fragments in order, or none. */
static struct sk_buff *frag_sort(struct sk_buff *list)
{
	struct sk_buff *bins[14] = {}, *next;
	unsigned int i;

	for (; list; list = next) {
		next = list->next;
		list->next = NULL;
		for (i = 0; bins[i]; i++) {
			list = frag_merge(bins[i], list);
			bins[i] = NULL;
		}
		bins[i] = list;
	}
	for (list = NULL, i = 0; i < ARRAY_SIZE(bins); i++)
		list = frag_merge(bins[i], list);
	return list;
}

/* The sum that the device gave for a part becomes a part of that for the whole. */
static void frag_join_sum(struct sk_buff *head, const struct sk_buff *skb)
{
	if (head->ip_summed != skb->ip_summed)
		head->ip_summed = CHECKSUM_NONE;
	else if (head->ip_summed == CHECKSUM_COMPLETE)
		head->csum = csum_add(head->csum, skb->csum);
}

static void frag_append(struct sk_buff *head, struct sk_buff *skb, struct sk_buff ***at)
{
	bool stolen;
	int delta;

	frag_join_sum(head, skb);
	__skb_pull(skb, INET_FRAG_CB(skb)->hlen);
	/* As long as its pages find room in the first buffer; then all go to the list. */
	if (!__skb_shinfo(head)->frag_list && skb_try_coalesce(head, skb, &stolen, &delta)) {
		head->truesize += (unsigned int)delta;
		kfree_skb_partial(skb, stolen);
		return;
	}
	**at = skb;
	*at = &skb->next;
	head->len += skb->len;
	head->data_len += skb->len;
	head->truesize += skb->truesize;
}

struct sk_buff *inet_frag_join(struct inet_frag_queue *q)
{
	struct sk_buff *head, *skb, *next, **at;

	/* The list goes into what clones share. */
	if (skb_unclone(q->first, GFP_ATOMIC)) {
		frag_drop_all(q);
		return NULL;
	}
	head = frag_sort(q->fragments);
	q->fragments = NULL;
	q->first = NULL;
	frag_account(q, (long)q->fqdir->qsize - q->mem);
	skb = head->next;
	head->next = NULL;
	at = &skb_shinfo(head)->frag_list;
	for (; skb; skb = next) {
		next = skb->next;
		skb->next = NULL;
		frag_append(head, skb, &at);
	}
	return head;
}
