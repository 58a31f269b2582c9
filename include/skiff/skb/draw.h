/* SPDX-License-Identifier: BSD-2-Clause */
/* Pictures of live buffers, as text and as SVG. */
#include <skiff/skbuff.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SKB_DRAW_H
#define SKIFF_SKB_DRAW_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* No text picture takes more bytes than this, its final NUL included. */
#define SKB_DRAW_TEXT_SIZE 4096
/* Width of an SVG picture, and the height of one buffer in it, for the next one's @y. */
#define SKB_DRAW_SVG_WIDTH 960
#define SKB_DRAW_SVG_HEIGHT 230

/**
 * skb_draw_text() - draw a buffer as it is now
 * @buf: where the picture goes; may be NULL when @size is 0
 * @size: bytes of @buf
 * @skb: a buffer that the caller holds a reference to; read only
 * @title: first line, or NULL for none
 *
 * One bar of headroom, data, tailroom and shared info with head, data, tail and end below it and
 * the headers that are set above it; then lengths, references, fragments and the members of
 * frag_list. The linear room is to scale, but for parts too small to be seen. Printable ASCII,
 * no line is longer than 78 columns. Whoever else holds the buffer must not change it meanwhile.
 *
 * Return: bytes of the whole picture without its NUL, as snprintf(): @buf has the beginning of it
 * when that is not less than @size. -EINVAL when @skb is NULL, or @buf is and @size is not 0.
 */
SKIFF_API int skb_draw_text(char *buf, size_t size, const struct sk_buff *skb, const char *title);

/**
 * skb_draw_svg_begin() - open an SVG picture
 * @out: where it is written
 * @height: of the whole, a multiple of SKB_DRAW_SVG_HEIGHT; 1 to 1,000,000
 *
 * Return: 0, -EINVAL, or -EIO when @out does not take it.
 */
SKIFF_API int skb_draw_svg_begin(FILE *out, int height);

/**
 * skb_draw_svg() - add a buffer to an SVG picture
 * @out: between skb_draw_svg_begin() and skb_draw_svg_end()
 * @skb: as for skb_draw_text()
 * @title: above the bar, or NULL
 * @y: upper edge of this buffer's part, which is SKB_DRAW_SVG_HEIGHT high
 *
 * Return: 0, -EINVAL, or -EIO.
 */
SKIFF_API int skb_draw_svg(FILE *out, const struct sk_buff *skb, const char *title, int y);

/* Close an SVG picture; @out stays open. Return: 0, -EINVAL, or -EIO. */
SKIFF_API int skb_draw_svg_end(FILE *out);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SKB_DRAW_H */
