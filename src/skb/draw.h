/* SPDX-License-Identifier: BSD-2-Clause */
/* What the text and the SVG picture of a buffer have in common: its parts and where they go. */
#ifndef SKIFF_SKB_DRAW_INTERNAL_H
#define SKIFF_SKB_DRAW_INTERNAL_H

#include <skiff/skbuff.h>

/* The bar from left to right. */
enum draw_part { DRAW_HEADROOM, DRAW_DATA, DRAW_TAILROOM, DRAW_INFO, DRAW_PARTS };

#define DRAW_HEADERS 6
#define DRAW_POINTERS 4

/**
 * struct draw_mark - a place in the linear room that has a name
 * @name: "mac"
 * @offset: from head
 */
struct draw_mark {
	const char *name;
	unsigned int offset;
};

/**
 * struct skb_drawing - the geometry of a buffer, measured once
 * @len: bytes of headroom, data and tailroom
 * @edge: offsets from head where these begin, and where the last ends
 * @header: those that are set
 * @nr_headers: how many
 * @pointer: head, data, tail, end
 */
struct skb_drawing {
	unsigned int len[DRAW_INFO];
	unsigned int edge[DRAW_INFO + 1];
	struct draw_mark header[DRAW_HEADERS];
	unsigned int nr_headers;
	struct draw_mark pointer[DRAW_POINTERS];
};

extern const char *const draw_part_name[DRAW_PARTS];

/* Measure @skb, which has a data block. */
void draw_measure(struct skb_drawing *d, const struct sk_buff *skb);

/**
 * draw_layout() - place the bar's parts
 * @d: measured
 * @x: gets the left edge of each part, and the right edge of the last
 * @width: of the whole bar
 * @least: width of a part that is there but too small to be seen; also of the shared info
 *
 * A part without bytes has no width.
 */
void draw_layout(const struct skb_drawing *d, unsigned int x[DRAW_PARTS + 1], unsigned int width,
		 unsigned int least);

/* Where the byte at @offset from head is in a bar that draw_layout() placed. */
unsigned int draw_place(const struct skb_drawing *d, const unsigned int x[DRAW_PARTS + 1],
			unsigned int offset);

/* "head, data" for the pointers that are where pointer @i is; *@next is the first that is not. */
void draw_pointer_name(const struct skb_drawing *d, unsigned int i, unsigned int *next, char *buf,
		       size_t size);

#endif /* SKIFF_SKB_DRAW_INTERNAL_H */
