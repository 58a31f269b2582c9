/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations on sk_buffs and lists beside a model: flat byte arrays and arrays of numbers. */
#ifndef TESTS_SKB_MODEL_H
#define TESTS_SKB_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/fault.h>
#include <skiff/skbuff.h>

/*
 * The core of a unit test and of a fuzz target: a string of bytes is a program. Each operation
 * takes its code and arguments from the string, does to the buffer what it does, and the same to
 * the model by the simplest means; what may fail for lack of memory is made to fail now and then,
 * and must leave the packet as it was. What differs ends the process.
 */
#define SLOTS 12
#define LISTS 3
#define MAX_BYTES 40000u

#define CHECK(cond)                                                                             \
	do {                                                                                    \
		if (!(cond)) {                                                                  \
			fprintf(stderr, "%s:%d: %s, operation %u\n", __FILE__, __LINE__, #cond, \
				m->op);                                                         \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* One buffer, and what it should hold. In a list when @list is not negative. */
struct slot {
	struct sk_buff *skb;
	unsigned char *bytes;
	unsigned int len;
	int list;
};

struct model {
	const unsigned char *in, *end;
	unsigned int op;
	struct slot slot[SLOTS];
	struct sk_buff_head list[LISTS];
	int order[LISTS][SLOTS];
	int count[LISTS];
	u32 salt;
};

static inline unsigned int byte(struct model *m)
{
	return m->in < m->end ? *m->in++ : 0;
}

/* Up to @max, small numbers more often than large ones. */
static inline unsigned int number(struct model *m, unsigned int max)
{
	unsigned int b = byte(m);

	if (b >= 192)
		b = b << 8 | byte(m);
	return b % (max + 1);
}

static inline void fill_random(struct model *m, unsigned char *p, unsigned int len)
{
	while (len--) {
		m->salt = m->salt * 1664525 + 1013904223;
		*p++ = (unsigned char)(m->salt >> 24);
	}
}

/* Model: bytes of a buffer */

static inline void twin_set(struct slot *s, const unsigned char *bytes, unsigned int len)
{
	unsigned char *copy = (unsigned char *)malloc((size_t)len + 1);

	if (len)
		memcpy(copy, bytes, len);
	free(s->bytes);
	s->bytes = copy;
	s->len = len;
}

/* Replace @cut bytes at @at by @n bytes of @with. */
static inline void twin_edit(struct slot *s, unsigned int at, unsigned int cut,
			     const unsigned char *with, unsigned int n)
{
	unsigned int len = s->len - cut + n;
	unsigned char *now = (unsigned char *)malloc((size_t)len + 1);

	memcpy(now, s->bytes, at);
	if (n)
		memcpy(now + at, with, n);
	memcpy(now + at + n, s->bytes + at + cut, s->len - at - cut);
	free(s->bytes);
	s->bytes = now;
	s->len = len;
}

/* Comparison */

static inline void check_buffer(struct model *m, const struct slot *s)
{
	const struct sk_buff *skb = s->skb;
	unsigned char *flat;
	u32 sum, twin;

	CHECK(skb->len == s->len);
	CHECK(skb->data_len <= skb->len);
	CHECK(skb->data >= skb->head && skb->tail <= skb->end);
	CHECK(skb->data + skb_headlen(skb) == skb_tail_pointer(skb));
	CHECK(refcount_read(&skb->users) == 1);
	CHECK(skb->truesize >= skb->data_len);
	CHECK((s->list < 0) == (skb->next == NULL));
	flat = (unsigned char *)malloc((size_t)s->len + 1);
	CHECK(skb_copy_bits(skb, 0, flat, (int)s->len) == 0);
	CHECK(memcmp(flat, s->bytes, s->len) == 0);
	free(flat);
	sum = (__force u16)csum_fold(skb_checksum(skb, 0, (int)s->len, 0));
	twin = (__force u16)csum_fold(csum_partial(s->bytes, (int)s->len, 0));
	CHECK(sum == twin);
}

static inline void check_lists(struct model *m)
{
	for (int l = 0; l < LISTS; l++) {
		struct sk_buff *skb;
		int i = 0;

		CHECK(skb_queue_len(&m->list[l]) == (u32)m->count[l]);
		skb_queue_walk(&m->list[l], skb) {
			CHECK(i < m->count[l]);
			CHECK(m->slot[m->order[l][i++]].skb == skb);
		}
		CHECK(i == m->count[l]);
		skb_queue_reverse_walk(&m->list[l], skb)
			CHECK(m->slot[m->order[l][--i]].skb == skb);
	}
}

static inline void check_all(struct model *m)
{
	check_lists(m);
	for (int i = 0; i < SLOTS; i++)
		if (m->slot[i].skb)
			check_buffer(m, &m->slot[i]);
}

/* Choosing */

/* A buffer that is in no list, or NULL. */
static inline struct slot *held(struct model *m)
{
	struct slot *s = &m->slot[byte(m) % SLOTS];

	return s->skb && s->list < 0 ? s : NULL;
}

static inline struct slot *empty(struct model *m)
{
	for (int i = 0; i < SLOTS; i++)
		if (!m->slot[i].skb)
			return &m->slot[i];
	return NULL;
}

static inline void forget(struct slot *s)
{
	free(s->bytes);
	s->bytes = NULL;
	s->skb = NULL;
	s->len = 0;
}

/* A new buffer with the bytes of @from (NULL: none), if one was made. */
static inline void adopt(struct model *m, struct slot *to, struct sk_buff *skb,
			 const struct slot *from, unsigned int at, unsigned int len)
{
	if (!skb)
		return;
	to->skb = skb;
	to->list = -1;
	twin_set(to, from ? from->bytes + at : NULL, len);
	check_buffer(m, to);
}

/* Operations on one buffer */

static inline void op_alloc(struct model *m)
{
	struct slot *s = empty(m);
	unsigned int size = number(m, 5000), room = number(m, 200);
	struct sk_buff *skb;

	if (!s)
		return;
	skb = alloc_skb(size + room, GFP_ATOMIC);
	if (skb)
		skb_reserve(skb, (int)room);
	adopt(m, s, skb, NULL, 0, 0);
}

static inline void op_put(struct model *m)
{
	struct slot *s = held(m);
	unsigned int n = number(m, 3000);
	unsigned char *at;

	if (!s || skb_cloned(s->skb) || n > (unsigned int)skb_tailroom(s->skb) || s->skb->data_len)
		return;
	at = (unsigned char *)skb_put(s->skb, n);
	fill_random(m, at, n);
	twin_edit(s, s->len, 0, at, n);
	check_buffer(m, s);
}

static inline void op_push(struct model *m)
{
	struct slot *s = held(m);
	unsigned int n = number(m, 200);

	if (!s || skb_cloned(s->skb) || n > skb_headroom(s->skb))
		return;
	fill_random(m, (unsigned char *)skb_push(s->skb, n), n);
	twin_edit(s, 0, 0, s->skb->data, n);
	check_buffer(m, s);
}

static inline void op_pull(struct model *m)
{
	struct slot *s = held(m);
	unsigned int n = number(m, 4000), how = byte(m) % 3;
	void *got;

	if (!s || (how == 0 && n > skb_headlen(s->skb) && n <= s->len))
		return;
	if (how == 0)
		got = skb_pull(s->skb, n);
	else if (how == 1)
		got = pskb_pull(s->skb, n);
	else
		got = pskb_may_pull(s->skb, n) ? s->skb->data : NULL;
	CHECK(!got || n <= s->len);
	if (got)
		CHECK(got == s->skb->data);
	if (got && how < 2)
		twin_edit(s, 0, n, NULL, 0);
	else if (got)
		CHECK(skb_headlen(s->skb) >= n);
	check_buffer(m, s);
}

static inline void op_trim(struct model *m)
{
	struct slot *s = held(m);
	unsigned int n = number(m, 6000);

	if (!s)
		return;
	if (pskb_trim(s->skb, n) == 0 && n < s->len)
		twin_edit(s, n, s->len - n, NULL, 0);
	check_buffer(m, s);
}

static inline void op_expand(struct model *m)
{
	struct slot *s = held(m);
	unsigned int head = number(m, 300), tail = number(m, 300), room;

	if (!s)
		return;
	room = skb_headroom(s->skb);
	switch (byte(m) % 4) {
	case 0:
		if (pskb_expand_head(s->skb, (int)head, (int)tail, GFP_ATOMIC) == 0)
			CHECK(skb_headroom(s->skb) == room + head && !skb_cloned(s->skb));
		break;
	case 1:
		if (skb_cow(s->skb, head) == 0)
			CHECK(skb_headroom(s->skb) >= head && !skb_cloned(s->skb));
		break;
	case 2:
		if (skb_cow_head(s->skb, head) == 0)
			CHECK(skb_headroom(s->skb) >= head && !skb_header_cloned(s->skb));
		break;
	default:
		if (skb_unclone(s->skb, GFP_ATOMIC) == 0)
			CHECK(!skb_cloned(s->skb));
		break;
	}
	check_buffer(m, s);
}

static inline void op_linearize(struct model *m)
{
	struct slot *s = held(m);

	if (!s)
		return;
	if (skb_linearize(s->skb) == 0)
		CHECK(!skb_is_nonlinear(s->skb));
	check_buffer(m, s);
}

/* Overwrite bytes, after asking for that right. */
static inline void op_write(struct model *m)
{
	struct slot *s = held(m);
	unsigned int at, n;

	if (!s)
		return;
	at = number(m, s->len);
	n = number(m, s->len - at);
	if (skb_ensure_writable(s->skb, at + n) == 0) {
		unsigned char *fresh = (unsigned char *)malloc((size_t)n + 1);

		fill_random(m, fresh, n);
		CHECK(skb_store_bits(s->skb, (int)at, fresh, (int)n) == 0);
		twin_edit(s, at, n, fresh, n);
		free(fresh);
	}
	/* Sharers of the data must not have seen it. */
	check_all(m);
}

static inline void op_add_frag(struct model *m)
{
	struct slot *s = held(m);
	unsigned int n = number(m, 4096), off = number(m, 4096 - n);
	struct page *page;
	int i;

	if (!s || s->len + n > MAX_BYTES || skb_has_frag_list(s->skb) ||
	    skb_shinfo(s->skb)->nr_frags == MAX_SKB_FRAGS || skb_unclone(s->skb, GFP_ATOMIC))
		return;
	page = alloc_page(GFP_ATOMIC);
	if (!page)
		return;
	i = skb_shinfo(s->skb)->nr_frags;
	fill_random(m, (unsigned char *)page_address(page) + off, n);
	twin_edit(s, s->len, 0, (unsigned char *)page_address(page) + off, n);
	skb_add_rx_frag(s->skb, i, page, (int)off, (int)n, (unsigned int)PAGE_SIZE);
	check_buffer(m, s);
}

/* A buffer becomes the last member of another one's frag_list. */
static inline void op_add_list(struct model *m)
{
	struct slot *s = held(m), *t = held(m);
	struct sk_buff **link;

	if (!s || !t || s == t || s->len + t->len > MAX_BYTES || skb_has_frag_list(t->skb) ||
	    skb_unclone(s->skb, GFP_ATOMIC))
		return;
	link = &skb_shinfo(s->skb)->frag_list;
	while (*link) {
		/* a member that other buffers refer to as well must stay as it is */
		if (skb_shared(*link))
			return;
		link = &(*link)->next;
	}
	*link = t->skb;
	s->skb->len += t->len;
	s->skb->data_len += t->len;
	s->skb->truesize += t->skb->truesize;
	twin_edit(s, s->len, 0, t->bytes, t->len);
	forget(t);
	check_buffer(m, s);
}

/* Operations that make or merge buffers */

static inline void op_copy(struct model *m)
{
	struct slot *s = held(m), *to = empty(m);
	unsigned int head = number(m, 100), tail = number(m, 100), how = byte(m) % 6;
	struct sk_buff *skb = NULL;

	if (!s || !to)
		return;
	switch (how) {
	case 0:
		skb = skb_clone(s->skb, GFP_ATOMIC);
		break;
	case 1:
		skb = skb_copy(s->skb, GFP_ATOMIC);
		break;
	case 2:
		skb = pskb_copy(s->skb, GFP_ATOMIC);
		break;
	case 3:
		skb = skb_copy_expand(s->skb, (int)head, (int)tail, GFP_ATOMIC);
		break;
	case 4:
		skb = skb_realloc_headroom(s->skb, head);
		break;
	default:
		skb = __pskb_copy(s->skb, (int)head, GFP_ATOMIC);
		break;
	}
	adopt(m, to, skb, s, 0, s->len);
	check_buffer(m, s);
}

static inline void op_unshare(struct model *m)
{
	struct slot *s = held(m);

	if (!s)
		return;
	if (byte(m) % 2) {
		s->skb = skb_unshare(s->skb, GFP_ATOMIC);
	} else {
		/* another holder, who lets go right afterwards */
		struct sk_buff *other = skb_get(s->skb);

		s->skb = skb_share_check(s->skb, GFP_ATOMIC);
		kfree_skb(other);
	}
	if (!s->skb)
		forget(s);
	else
		check_buffer(m, s);
}

static inline void op_extract(struct model *m)
{
	struct slot *s = held(m), *to = empty(m);
	unsigned int at, n;

	if (!s || !to)
		return;
	at = number(m, s->len);
	n = number(m, s->len - at);
	adopt(m, to, pskb_extract(s->skb, (int)at, (int)n, GFP_ATOMIC), s, at, n);
	check_buffer(m, s);
}

static inline void op_split(struct model *m)
{
	struct slot *s = held(m), *to = empty(m);
	struct sk_buff *tail;
	unsigned int n;

	if (!s || !to || !s->len || skb_cloned(s->skb) || skb_has_frag_list(s->skb))
		return;
	n = number(m, s->len - 1);
	tail = alloc_skb(skb_headlen(s->skb), GFP_ATOMIC);
	if (!tail)
		return;
	skb_split(s->skb, tail, n);
	tail->truesize += tail->data_len;
	adopt(m, to, tail, s, n, s->len - n);
	twin_edit(s, n, s->len - n, NULL, 0);
	check_buffer(m, s);
}

static inline void op_coalesce(struct model *m)
{
	struct slot *s = held(m), *t = held(m);
	bool stolen;
	int delta;

	if (!s || !t || s == t || s->len + t->len > MAX_BYTES || skb_cloned(s->skb))
		return;
	if (skb_try_coalesce(s->skb, t->skb, &stolen, &delta)) {
		twin_edit(s, s->len, 0, t->bytes, t->len);
		kfree_skb_partial(t->skb, stolen);
		forget(t);
	} else {
		check_buffer(m, t);
	}
	check_buffer(m, s);
}

static inline void op_pad(struct model *m)
{
	static const unsigned char zeros[256];
	struct slot *s = held(m);
	unsigned int n = number(m, 255);

	if (!s || skb_cloned(s->skb))
		return;
	if (skb_put_padto(s->skb, n)) {
		forget(s);
		return;
	}
	if (s->len < n)
		twin_edit(s, s->len, 0, zeros, n - s->len);
	check_buffer(m, s);
}

static inline void op_free(struct model *m)
{
	struct slot *s = held(m);

	if (!s)
		return;
	if (byte(m) % 2)
		kfree_skb(s->skb);
	else
		consume_skb(s->skb);
	forget(s);
}

/* Operations on lists */

static inline int number_of(struct model *m, const struct slot *s)
{
	return (int)(s - m->slot);
}

static inline void order_insert(struct model *m, int l, int at, struct slot *s)
{
	memmove(&m->order[l][at + 1], &m->order[l][at], sizeof(int) * (size_t)(m->count[l] - at));
	m->order[l][at] = number_of(m, s);
	m->count[l]++;
	s->list = l;
}

static inline struct slot *order_remove(struct model *m, int l, int at)
{
	struct slot *s = &m->slot[m->order[l][at]];

	m->count[l]--;
	memmove(&m->order[l][at], &m->order[l][at + 1], sizeof(int) * (size_t)(m->count[l] - at));
	s->list = -1;
	return s;
}

static inline void op_queue(struct model *m)
{
	struct slot *s = held(m);
	int l = (int)(byte(m) % LISTS), at;
	struct sk_buff_head *list = &m->list[l];

	if (!s)
		return;
	at = m->count[l] ? (int)byte(m) % m->count[l] : -1;
	switch (at < 0 ? byte(m) % 2 : byte(m) % 4) {
	case 0:
		skb_queue_head(list, s->skb);
		order_insert(m, l, 0, s);
		break;
	case 1:
		skb_queue_tail(list, s->skb);
		order_insert(m, l, m->count[l], s);
		break;
	case 2:
		skb_append(m->slot[m->order[l][at]].skb, s->skb, list);
		order_insert(m, l, at + 1, s);
		break;
	default:
		__skb_queue_before(list, m->slot[m->order[l][at]].skb, s->skb);
		order_insert(m, l, at, s);
		break;
	}
	check_lists(m);
}

static inline void op_dequeue(struct model *m)
{
	int l = (int)(byte(m) % LISTS), at;
	struct sk_buff_head *list = &m->list[l];
	struct sk_buff *skb;

	if (!m->count[l]) {
		CHECK(!skb_dequeue(list) && !skb_dequeue_tail(list) && !skb_peek(list));
		return;
	}
	switch (byte(m) % 3) {
	case 0:
		skb = skb_dequeue(list);
		CHECK(order_remove(m, l, 0)->skb == skb);
		break;
	case 1:
		skb = skb_dequeue_tail(list);
		CHECK(order_remove(m, l, m->count[l] - 1)->skb == skb);
		break;
	default:
		at = (int)byte(m) % m->count[l];
		skb = m->slot[m->order[l][at]].skb;
		skb_unlink(skb, list);
		order_remove(m, l, at);
		break;
	}
	CHECK(!skb->next && !skb->prev);
	check_lists(m);
}

static inline void op_splice(struct model *m)
{
	int from = (int)(byte(m) % LISTS), to = (int)(byte(m) % LISTS), at = 0;

	if (from == to)
		return;
	if (byte(m) % 2) {
		skb_queue_splice_init(&m->list[from], &m->list[to]);
	} else {
		skb_queue_splice_tail_init(&m->list[from], &m->list[to]);
		at = m->count[to];
	}
	while (m->count[from])
		order_insert(m, to, at++, order_remove(m, from, 0));
	check_lists(m);
}

static inline void op_purge(struct model *m)
{
	int l = (int)(byte(m) % LISTS);

	/* rarely: it would keep the lists short */
	if (byte(m) % 8)
		return;
	skb_queue_purge(&m->list[l]);
	while (m->count[l])
		forget(order_remove(m, l, 0));
	check_lists(m);
}

static inline void model_step(struct model *m)
{
	static void (*const ops[])(struct model *) = {
		op_alloc,    op_put,	   op_push,	op_pull,     op_trim, op_expand,
		op_write,    op_linearize, op_add_frag, op_add_list, op_copy, op_unshare,
		op_extract,  op_split,	   op_coalesce, op_pad,	     op_free, op_queue,
		op_dequeue,  op_splice,	   op_purge,	op_alloc,    op_put,  op_copy,
		op_add_frag, op_queue,
	};
	unsigned int code = byte(m);

	/* The highest bits: the nth allocation of the operation fails. */
	skiff_fail_nth(code >= 208 ? (long)(code - 208) / 8 + 1 : 0);
	m->op = code % ARRAY_SIZE(ops);
	ops[m->op](m);
	skiff_fail_nth(0);
}

/**
 * model_run() - run a program
 * @in: the bytes
 * @len: how many
 *
 * Everything is released at the end; the caller checks that nothing is left.
 */
static inline void model_run(const unsigned char *in, size_t len)
{
	struct model *m = (struct model *)calloc(1, sizeof(*m));
	unsigned int n = 0;

	m->in = in;
	m->end = in + len;
	for (int l = 0; l < LISTS; l++)
		skb_queue_head_init(&m->list[l]);
	while (m->in < m->end) {
		model_step(m);
		if (++n % 64 == 0)
			check_all(m);
	}
	check_all(m);
	for (int l = 0; l < LISTS; l++)
		skb_queue_purge(&m->list[l]);
	for (int i = 0; i < SLOTS; i++) {
		if (m->slot[i].skb && m->slot[i].list < 0)
			kfree_skb(m->slot[i].skb);
		free(m->slot[i].bytes);
	}
	free(m);
}

#endif /* TESTS_SKB_MODEL_H */
