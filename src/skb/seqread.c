// SPDX-License-Identifier: BSD-2-Clause
/* Reading a packet block by block, and searching for text that way. */
#include <limits.h>

#include <skiff/skbuff.h>
#include <skiff/textsearch.h>

#include "skb/walk.h"

void skb_prepare_seq_read(struct sk_buff *skb, unsigned int from, unsigned int to,
			  struct skb_seq_state *st)
{
	st->lower_offset = from;
	st->upper_offset = min(to, skb->len);
	st->stepped_offset = 0;
	st->root_skb = st->cur_skb = skb;
}

struct seq_piece {
	const u8 *data;
	unsigned int len;
};

static int first_piece(void *arg, unsigned char *piece, unsigned int len)
{
	*(struct seq_piece *)arg = (struct seq_piece){ piece, len };
	return 1;
}

/*
 * Bytes that the walk takes from its current buffer: of the packet itself without frag_list, whose
 * members come one after the other, so that a long list is not walked again for each piece.
 */
static unsigned int own_len(const struct skb_seq_state *st)
{
	return st->cur_skb == st->root_skb ? skb_pagelen(st->cur_skb) : st->cur_skb->len;
}

/* On to the next buffer: into the frag_list of the first one, along it afterwards. */
static bool step(struct skb_seq_state *st)
{
	struct sk_buff *skb = st->cur_skb;

	st->stepped_offset += own_len(st);
	st->cur_skb = skb == st->root_skb ? __skb_shinfo(skb)->frag_list : skb->next;
	return st->cur_skb != NULL;
}

unsigned int skb_seq_read(unsigned int consumed, const u8 **data, struct skb_seq_state *st)
{
	u64 offset = (u64)st->lower_offset + consumed;
	struct seq_piece piece = { NULL, 0 };
	unsigned int off;

	if (!st->cur_skb || offset >= st->upper_offset)
		return 0;
	/* Callers may go back, by consuming less than before. */
	if (offset < st->stepped_offset) {
		st->cur_skb = st->root_skb;
		st->stepped_offset = 0;
	}
	while (offset - st->stepped_offset >= own_len(st))
		if (!step(st))
			return 0;
	off = (unsigned int)offset - st->stepped_offset;
	skb_for_each_piece(st->cur_skb, (int)off, (int)(own_len(st) - off), first_piece, &piece);
	*data = piece.data;
	return piece.len;
}

void skb_abort_seq_read(struct skb_seq_state *st)
{
	st->cur_skb = NULL;
}

struct text_source {
	struct skb_seq_state walk;
	struct ts_state state;
};

static unsigned int next_block(unsigned int consumed, const u8 **dst, struct ts_config *conf,
			       struct ts_state *state)
{
	struct text_source *source = container_of(state, struct text_source, state);

	(void)conf;
	return skb_seq_read(consumed, dst, &source->walk);
}

unsigned int skb_find_text(struct sk_buff *skb, unsigned int from, unsigned int to,
			   struct ts_config *config)
{
	struct text_source source;
	unsigned int patlen = textsearch_get_pattern_len(config);
	unsigned int found;

	to = min(to, skb->len);
	if (from > to)
		return UINT_MAX;
	config->get_next_block = next_block;
	skb_prepare_seq_read(skb, from, to, &source.walk);
	found = textsearch_find(config, &source.state);
	/* The last block may have reached beyond the end. */
	return found != UINT_MAX && (u64)found + patlen <= to - from ? found : UINT_MAX;
}
