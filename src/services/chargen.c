// SPDX-License-Identifier: BSD-2-Clause
/*
 * The character generator, RFC 864: the answer to a datagram is a random number of characters, 0 to
 * 512; over TCP they go on for as long as the peer takes them.
 */
#include <pthread.h>

#include <skiff/random.h>

#include "services/services.h"

#define CHARGEN_MAX 512

/* RFC 864's pattern: lines of 72 of the 95 printable characters, each starting one further on. */
#define CHARGEN_LINE 72
#define CHARGEN_CHARS 95

/* As often as it fits into a block, so that one block goes on where another one ended. */
#define CHARGEN_PERIOD (CHARGEN_CHARS * (CHARGEN_LINE + 2))
#define CHARGEN_ORDER 3
#define CHARGEN_BLOCK ((PAGE_SIZE << CHARGEN_ORDER) / CHARGEN_PERIOD * CHARGEN_PERIOD)

static void fill(u8 *buf, unsigned int len)
{
	unsigned int i, line, column;

	for (i = 0; i < len; i++) {
		line = i / (CHARGEN_LINE + 2);
		column = i % (CHARGEN_LINE + 2);
		if (column == CHARGEN_LINE)
			buf[i] = '\r';
		else if (column == CHARGEN_LINE + 1)
			buf[i] = '\n';
		else
			buf[i] = (u8)(' ' + (line + column) % CHARGEN_CHARS);
	}
}

static struct sk_buff *chargen_answer(struct net *net, const struct sk_buff *skb)
{
	struct sk_buff *answer = service_buffer(get_random_u32_below(CHARGEN_MAX + 1));

	(void)net;
	(void)skb;
	if (answer)
		fill(answer->data, answer->len);
	return answer;
}

static u8 pattern[CHARGEN_BLOCK];

static void make_pattern(void)
{
	fill(pattern, sizeof(pattern));
}

/* A block is shared with the segments that it is sent in, so it is a new one each time. */
static struct sk_buff *chargen_produce(struct net *net, unsigned int nr, int *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sk_buff *skb = service_buffer(0);
	struct page *page = alloc_pages(GFP_ATOMIC, CHARGEN_ORDER);

	(void)net;
	(void)nr;
	if (!skb || !page) {
		if (page)
			put_page(page);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		*err = -ENOMEM;
		return NULL;
	}
	pthread_once(&once, make_pattern);
	memcpy(page_address(page), pattern, sizeof(pattern));
	skb_fill_page_desc(skb, 0, page, 0, sizeof(pattern));
	skb_len_add(skb, sizeof(pattern));
	return skb;
}

const struct service service_chargen = {
	.name = "chargen",
	.port = 19,
	.answer = chargen_answer,
	.endless = true,
	.produce = chargen_produce,
};
