// SPDX-License-Identifier: BSD-2-Clause
/* Pictures of live buffers: what there is to draw, and the picture as text. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "skb/draw.h"

/* Columns of a line. */
#define WIDTH 78
/* Rows for labels on one side of the bar: each could get one of its own. */
#define ROWS DRAW_HEADERS
/* Narrowest part: holds the longest name with its frame. */
#define PART_MIN 14
/* Members of frag_list that get a line. */
#define LIST_LINES 8

const char *const draw_part_name[DRAW_PARTS] = { "headroom", "data", "tailroom", "shared info" };

/* The picture so far; what does not fit is only counted. */
struct picture {
	char *buf;
	size_t size;
	size_t len;
};

/* Labels on one side of the bar, row by row away from it. */
struct labels {
	char row[ROWS][WIDTH + 1];
	unsigned int used;
};

static void add_mark(struct skb_drawing *d, const char *name, unsigned int offset)
{
	/* What is outside of the linear room (stale, or never set) can't be shown. */
	if (offset <= d->edge[DRAW_INFO])
		d->header[d->nr_headers++] = (struct draw_mark){ name, offset };
}

static void measure_headers(struct skb_drawing *d, const struct sk_buff *skb)
{
	if (skb_mac_header_was_set(skb))
		add_mark(d, "mac", skb->mac_header);
	/* It has no value that says unset: 0 is what allocation leaves. */
	if (skb->network_header || skb_mac_header_was_set(skb))
		add_mark(d, "network", skb->network_header);
	if (skb_transport_header_was_set(skb))
		add_mark(d, "transport", skb->transport_header);
	if (!skb->encapsulation)
		return;
	add_mark(d, "inner mac", skb->inner_mac_header);
	add_mark(d, "inner network", skb->inner_network_header);
	add_mark(d, "inner transport", skb->inner_transport_header);
}

void draw_measure(struct skb_drawing *d, const struct sk_buff *skb)
{
	unsigned int data = (unsigned int)(skb->data - skb->head);

	memset(d, 0, sizeof(*d));
	d->edge[DRAW_HEADROOM] = 0;
	d->edge[DRAW_DATA] = data;
	d->edge[DRAW_TAILROOM] = skb->tail;
	d->edge[DRAW_INFO] = skb->end;
	for (unsigned int i = 0; i < DRAW_INFO; i++)
		d->len[i] = d->edge[i + 1] - d->edge[i];
	d->pointer[0] = (struct draw_mark){ "head", 0 };
	d->pointer[1] = (struct draw_mark){ "data", data };
	d->pointer[2] = (struct draw_mark){ "tail", skb->tail };
	d->pointer[3] = (struct draw_mark){ "end", skb->end };
	measure_headers(d, skb);
}

/*
 * Parts that would be narrower than @least get that, and the others share the rest in proportion
 * to their bytes; taking from them can make another one too narrow, hence the rounds.
 */
void draw_layout(const struct skb_drawing *d, unsigned int x[DRAW_PARTS + 1], unsigned int width,
		 unsigned int least)
{
	unsigned int w[DRAW_PARTS] = { 0 }, space = width - least;
	u64 bytes = d->edge[DRAW_INFO];
	bool again = true;

	while (again) {
		again = false;
		for (unsigned int i = 0; i < DRAW_INFO; i++) {
			if (w[i] || !d->len[i] || (u64)d->len[i] * space >= least * bytes)
				continue;
			w[i] = least;
			space -= least;
			bytes -= d->len[i];
			again = true;
		}
	}
	x[0] = 0;
	for (unsigned int i = 0; i < DRAW_INFO; i++) {
		if (!w[i] && d->len[i])
			w[i] = (unsigned int)((u64)d->len[i] * space / bytes);
		x[i + 1] = x[i] + w[i];
	}
	/* The shared info is not to scale, so it takes what rounding left over. */
	x[DRAW_PARTS] = width;
}

unsigned int draw_place(const struct skb_drawing *d, const unsigned int x[DRAW_PARTS + 1],
			unsigned int offset)
{
	unsigned int i = 0;

	while (i < DRAW_INFO && offset >= d->edge[i + 1])
		i++;
	if (i == DRAW_INFO)
		return x[DRAW_INFO];
	return x[i] + (unsigned int)((u64)(offset - d->edge[i]) * (x[i + 1] - x[i]) / d->len[i]);
}

void draw_pointer_name(const struct skb_drawing *d, unsigned int i, unsigned int *next, char *buf,
		       size_t size)
{
	const struct draw_mark *at = &d->pointer[i];
	size_t len = (size_t)snprintf(buf, size, "%s", at->name);

	while (++i < DRAW_POINTERS && d->pointer[i].offset == at->offset)
		len += (size_t)snprintf(buf + len, size - len, ", %s", d->pointer[i].name);
	snprintf(buf + len, size - len, " %u", at->offset);
	*next = i;
}

static void put(struct picture *p, const char *fmt, ...) __printf(2, 3);

static void put(struct picture *p, const char *fmt, ...)
{
	size_t at = min(p->len, p->size);
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(p->size ? p->buf + at : NULL, p->size - at, fmt, args);
	va_end(args);
	p->len += n > 0 ? (size_t)n : 0;
}

/* A line of at most WIDTH columns without white space at its end. */
static void put_line(struct picture *p, const char *line)
{
	size_t len = strnlen(line, WIDTH);

	while (len && line[len - 1] == ' ')
		len--;
	put(p, "%.*s\n", (int)len, line);
}

/* The first WIDTH columns of whatever the caller wants on top. */
static void put_title(struct picture *p, const char *title)
{
	char line[WIDTH + 1];
	size_t i;

	for (i = 0; i < WIDTH && title[i]; i++)
		line[i] = title[i] >= ' ' && title[i] <= '~' ? title[i] : '?';
	line[i] = '\0';
	put_line(p, line);
}

static bool is_free(const char *row, unsigned int col, size_t len)
{
	/* One column of distance on both sides. */
	size_t from = col ? col - 1 : 0, to = min(col + len + 1, (size_t)WIDTH);

	for (size_t i = from; i < to; i++)
		if (row[i] != ' ')
			return false;
	return true;
}

/* Write @text at @col in the nearest row that has room, joined to the bar by a line. */
static void place_label(struct labels *l, unsigned int col, const char *text)
{
	size_t len = strlen(text);
	unsigned int start = col + len > WIDTH ? (unsigned int)(WIDTH - len) : col, r = 0;

	while (r < ROWS - 1 && !is_free(l->row[r], start, len))
		r++;
	memcpy(&l->row[r][start], text, len);
	l->used = max(l->used, r + 1);
	while (r--)
		if (l->row[r][col] == ' ')
			l->row[r][col] = '|';
}

static void init_labels(struct labels *l)
{
	l->used = 0;
	for (unsigned int r = 0; r < ROWS; r++) {
		memset(l->row[r], ' ', WIDTH);
		l->row[r][WIDTH] = '\0';
	}
}

static void put_headers(struct picture *p, const struct skb_drawing *d, const unsigned int *x)
{
	char arrows[WIDTH + 1], text[32];
	struct labels above;

	if (!d->nr_headers)
		return;
	init_labels(&above);
	memset(arrows, ' ', WIDTH);
	arrows[WIDTH] = '\0';
	/* From the right, so that the lines of labels further away cross no text. */
	for (unsigned int i = d->nr_headers; i--;) {
		unsigned int col = draw_place(d, x, d->header[i].offset);

		snprintf(text, sizeof(text), "%s %u", d->header[i].name, d->header[i].offset);
		place_label(&above, col, text);
		arrows[col] = 'v';
	}
	while (above.used)
		put_line(p, above.row[--above.used]);
	put_line(p, arrows);
}

static void put_pointers(struct picture *p, const struct skb_drawing *d, const unsigned int *x)
{
	char arrows[WIDTH + 1], text[DRAW_POINTERS][48];
	unsigned int col[DRAW_POINTERS], n = 0;
	struct labels below;

	init_labels(&below);
	memset(arrows, ' ', WIDTH);
	arrows[WIDTH] = '\0';
	for (unsigned int i = 0; i < DRAW_POINTERS; n++) {
		col[n] = draw_place(d, x, d->pointer[i].offset);
		arrows[col[n]] = '^';
		draw_pointer_name(d, i, &i, text[n], sizeof(text[n]));
	}
	while (n--)
		place_label(&below, col[n], text[n]);
	put_line(p, arrows);
	for (unsigned int r = 0; r < below.used; r++)
		put_line(p, below.row[r]);
}

/* One row of the bar: in each part its text in the middle of its filling. */
static void put_row(struct picture *p, const unsigned int *x, const char *fill,
		    const char text[DRAW_PARTS][16])
{
	char row[WIDTH + 1];

	memset(row, '|', WIDTH);
	row[WIDTH] = '\0';
	for (unsigned int i = 0; i < DRAW_PARTS; i++) {
		unsigned int w = x[i + 1] - x[i], len = (unsigned int)strlen(text[i]);

		if (!w)
			continue;
		memset(row + x[i] + 1, fill[i], w - 1);
		memset(row + x[i] + (w - len) / 2, ' ', len + 2);
		memcpy(row + x[i] + (w - len) / 2 + 1, text[i], len);
		row[x[i]] = row[x[i + 1]] = '|';
	}
	put_line(p, row);
}

static void put_bar(struct picture *p, const struct skb_drawing *d, const unsigned int *x)
{
	static const char fill[DRAW_PARTS] = { '.', '#', '.', ' ' };
	char border[WIDTH + 1], name[DRAW_PARTS][16], size[DRAW_PARTS][16];

	memset(border, '-', WIDTH);
	border[WIDTH] = '\0';
	for (unsigned int i = 0; i < DRAW_PARTS; i++) {
		unsigned int bytes = i < DRAW_INFO ? d->len[i] :
						     (unsigned int)sizeof(struct skb_shared_info);

		snprintf(name[i], sizeof(name[i]), "%s", draw_part_name[i]);
		snprintf(size[i], sizeof(size[i]), "%u", bytes);
		border[x[i]] = border[x[i + 1]] = '+';
	}
	put_line(p, border);
	put_row(p, x, fill, name);
	put_row(p, x, fill, size);
	put_line(p, border);
}

static void put_numbers(struct picture *p, const struct sk_buff *skb)
{
	unsigned int dataref = (unsigned int)atomic_read(&__skb_shinfo(skb)->dataref);

	put(p, "len %u = %u linear + %u in fragments, truesize %u\n", skb->len, skb_headlen(skb),
	    skb->data_len, skb->truesize);
	put(p, "users %u, dataref %u", refcount_read(&skb->users), dataref & SKB_DATAREF_MASK);
	if (dataref >> SKB_DATAREF_SHIFT)
		put(p, " (%u of them without headers)", dataref >> SKB_DATAREF_SHIFT);
	put(p, "%s\n", skb_cloned(skb) ? ": shared with clones" : "");
}

static void put_frags(struct picture *p, const struct skb_shared_info *shinfo)
{
	for (unsigned int i = 0; i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];
		const struct page *page = skb_frag_page(frag);

		put(p, "frag %u: %u bytes at %u", i, skb_frag_size(frag), skb_frag_off(frag));
		if (page)
			put(p, " of a block of %lu, which has %d reference%s", page_size(page),
			    page_ref_count(page), page_ref_count(page) == 1 ? "" : "s");
		put(p, "\n");
	}
}

static void put_list(struct picture *p, const struct sk_buff *member)
{
	unsigned int i = 0;

	for (; member; member = member->next) {
		if (i++ >= LIST_LINES)
			continue;
		put(p, "frag_list %u: %u bytes, %u linear, %u in fragments\n", i - 1, member->len,
		    skb_headlen(member), member->data_len);
	}
	if (i > LIST_LINES)
		put(p, "frag_list: and %u more\n", i - LIST_LINES);
}

int skb_draw_text(char *buf, size_t size, const struct sk_buff *skb, const char *title)
{
	struct picture p = { buf, size, 0 };
	unsigned int x[DRAW_PARTS + 1];
	struct skb_drawing d;

	if (!skb || (!buf && size))
		return -EINVAL;
	if (size)
		buf[0] = '\0';
	if (title)
		put_title(&p, title);
	if (!skb->head) {
		put(&p, "no data block, users %u\n", refcount_read(&skb->users));
		return (int)p.len;
	}
	draw_measure(&d, skb);
	draw_layout(&d, x, WIDTH - 1, PART_MIN);
	put_headers(&p, &d, x);
	put_bar(&p, &d, x);
	put_pointers(&p, &d, x);
	put_numbers(&p, skb);
	put_frags(&p, __skb_shinfo(skb));
	put_list(&p, __skb_shinfo(skb)->frag_list);
	return (int)p.len;
}
