// SPDX-License-Identifier: BSD-2-Clause
/* Pictures of live buffers as SVG: the same parts as the text, with room for more detail. */
#include <errno.h>
#include <stdio.h>

#include "skb/draw.h"

/* One buffer's part of the picture, in pixels. */
#define MARGIN 20
#define BAR_WIDTH (SKB_DRAW_SVG_WIDTH - 2 * MARGIN)
#define BAR_HEIGHT 42
#define PART_MIN 92
/* Labels of headers: so many rows have their place whether they are needed or not. */
#define LABELS_TOP 34
#define LABEL_ROWS 3
#define LABEL_HEIGHT 13
/* Fragments hang below the bar. */
#define BOX_TOP 80
#define BOX_HEIGHT 28
#define BOX_WIDTH 128
#define BOX_GAP 8
/* Boxes for fragments and members of frag_list; the last may stand for all others. */
#define BOXES ((BAR_WIDTH + BOX_GAP) / (BOX_WIDTH + BOX_GAP))
/* A character of the small font, rounded up. */
#define CHAR_WIDTH 8

/**
 * struct svg_picture - one buffer while it is drawn
 * @out: where to
 * @skb: the buffer
 * @d: its geometry
 * @x: edges of the bar's parts, from MARGIN
 * @bar: upper edge of the bar
 */
struct svg_picture {
	FILE *out;
	const struct sk_buff *skb;
	struct skb_drawing d;
	unsigned int x[DRAW_PARTS + 1];
	int bar;
};

/* A header's label: its text, where it points and where it stands. */
struct svg_label {
	char text[32];
	int at, start;
	unsigned int row;
};

static const char *const style =
	"text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;"
	"font-size:12px;fill:#1f2933}"
	".t{font-size:14px;font-weight:bold}"
	".n{fill:#52606d}"
	".c{text-anchor:middle}.e{text-anchor:end}"
	".m{fill:#8a3b12}.w{fill:#fff}"
	"rect{stroke:#334e68;stroke-width:1}"
	".room{fill:url(#free)}.data{fill:#2b6cb0}.info{fill:#f7d070}.frag{fill:#bee3f8}"
	"path{fill:none;stroke:#334e68;stroke-width:1}"
	"path.m{stroke:#c05621}path.d{stroke-dasharray:4 3}";

static int result(FILE *out)
{
	return ferror(out) ? -EIO : 0;
}

int skb_draw_svg_begin(FILE *out, int height)
{
	if (!out || height < 1 || height > 1000000)
		return -EINVAL;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n<style>%s</style>\n",
		SKB_DRAW_SVG_WIDTH, height, SKB_DRAW_SVG_WIDTH, height, style);
	fputs("<defs><pattern id=\"free\" width=\"8\" height=\"8\" "
	      "patternUnits=\"userSpaceOnUse\">"
	      "<rect width=\"8\" height=\"8\" style=\"fill:#f0f4f8;stroke:none\"/>"
	      "<path d=\"M-2 2L2 -2M0 8L8 0M6 10L10 6\" style=\"stroke:#d9e2ec\"/>"
	      "</pattern></defs>\n"
	      "<rect width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n",
	      out);
	return result(out);
}

int skb_draw_svg_end(FILE *out)
{
	if (!out)
		return -EINVAL;
	fputs("</svg>\n", out);
	return result(out);
}

/* Text as XML has it: printable ASCII with the five special characters replaced. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
		}
	}
}

static void put_text(FILE *out, const char *class, int x, int y, const char *text)
{
	fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	put_escaped(out, text);
	fputs("</text>\n", out);
}

static void put_top(FILE *out, const struct sk_buff *skb, const char *title, int y)
{
	char text[128];

	if (title)
		put_text(out, "t", MARGIN, y + 20, title);
	if (!skb->head)
		snprintf(text, sizeof(text), "no data block, users %u", refcount_read(&skb->users));
	else
		snprintf(text, sizeof(text), "len %u, truesize %u, users %u, dataref %d%s",
			 skb->len, skb->truesize, refcount_read(&skb->users),
			 atomic_read(&__skb_shinfo(skb)->dataref) & SKB_DATAREF_MASK,
			 skb_cloned(skb) ? ", shared with clones" : "");
	put_text(out, "n e", SKB_DRAW_SVG_WIDTH - MARGIN, y + 20, text);
}

static void put_bar(const struct svg_picture *p)
{
	static const char *const class[DRAW_PARTS] = { "room", "data", "room", "info" };

	for (unsigned int i = 0; i < DRAW_PARTS; i++) {
		unsigned int bytes = i < DRAW_INFO ? p->d.len[i] :
						     (unsigned int)sizeof(struct skb_shared_info);
		const char *ink = i == DRAW_DATA ? "c w" : "c";
		int middle = MARGIN + (int)(p->x[i] + p->x[i + 1]) / 2;
		char size[16];

		if (p->x[i] == p->x[i + 1])
			continue;
		fprintf(p->out,
			"<rect class=\"%s\" x=\"%u\" y=\"%d\" width=\"%u\" height=\"%d\"/>\n",
			class[i], MARGIN + p->x[i], p->bar, p->x[i + 1] - p->x[i], BAR_HEIGHT);
		snprintf(size, sizeof(size), "%u", bytes);
		put_text(p->out, ink, middle, p->bar + 18, draw_part_name[i]);
		put_text(p->out, ink, middle, p->bar + 34, size);
	}
}

/*
 * Place the headers' labels from the right, each in the lowest row where its text meets neither
 * the next label nor the line down from one further up. Return: how many rows that takes.
 */
static unsigned int place_labels(const struct svg_picture *p, struct svg_label *label)
{
	/* The leftmost thing in each row so far; lines reach down to the bar. */
	int limit[DRAW_HEADERS];
	unsigned int rows = 0;

	for (unsigned int r = 0; r < DRAW_HEADERS; r++)
		limit[r] = SKB_DRAW_SVG_WIDTH;
	for (unsigned int i = p->d.nr_headers; i--;) {
		const struct draw_mark *mark = &p->d.header[i];
		struct svg_label *l = &label[i];
		int width;

		width = CHAR_WIDTH *
			(1 + snprintf(l->text, sizeof(l->text), "%s %u", mark->name, mark->offset));
		l->at = MARGIN + (int)draw_place(&p->d, p->x, mark->offset);
		l->start = min(l->at, SKB_DRAW_SVG_WIDTH - width);
		l->row = 0;
		while (l->row < DRAW_HEADERS - 1 && l->start + width > limit[l->row])
			l->row++;
		for (unsigned int r = 0; r <= l->row; r++)
			limit[r] = min(limit[r], l->start);
		rows = max(rows, l->row + 1);
	}
	return rows;
}

static void put_headers(const struct svg_picture *p, const struct svg_label *label)
{
	for (unsigned int i = 0; i < p->d.nr_headers; i++) {
		const struct svg_label *l = &label[i];
		int y = p->bar - 6 - (int)l->row * LABEL_HEIGHT;

		fprintf(p->out, "<path class=\"m\" d=\"M%d %dV%d\"/>\n", l->at, y - 9, p->bar + 6);
		put_text(p->out, "m", l->start + 4, y, l->text);
	}
}

static void put_pointers(const struct svg_picture *p)
{
	int y = p->bar + BAR_HEIGHT + 2;
	char text[48];

	for (unsigned int i = 0; i < DRAW_POINTERS;) {
		int at = MARGIN + (int)draw_place(&p->d, p->x, p->d.pointer[i].offset), start;

		draw_pointer_name(&p->d, i, &i, text, sizeof(text));
		start = SKB_DRAW_SVG_WIDTH - MARGIN - CHAR_WIDTH * (int)strlen(text);
		fprintf(p->out, "<path d=\"M%d %dV%dM%d %dl-3 6M%d %dl3 6\"/>\n", at, y, y + 12, at,
			y, at, y);
		put_text(p->out, "p", min(at - 3, start), y + 25, text);
	}
}

static void put_box(const struct svg_picture *p, unsigned int i, const char *text)
{
	int x = MARGIN + (int)i * (BOX_WIDTH + BOX_GAP), y = p->bar + BOX_TOP;

	fprintf(p->out, "<rect class=\"frag\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", x,
		y, BOX_WIDTH, BOX_HEIGHT);
	put_text(p->out, "c", x + BOX_WIDTH / 2, y + 18, text);
}

/* Fragments, then members of frag_list, as boxes that hang on the shared info. */
static void put_boxes(const struct svg_picture *p)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(p->skb);
	unsigned int total = shinfo->nr_frags, shown, i = 0;
	int from = MARGIN + (int)p->x[DRAW_PARTS] - 6;
	const struct sk_buff *member;
	char text[32];

	for (member = shinfo->frag_list; member; member = member->next)
		total++;
	if (!total)
		return;
	shown = total > BOXES ? BOXES - 1 : total;
	fprintf(p->out, "<path class=\"d\" d=\"M%d %dV%dH%d\"/>\n", from, p->bar + BAR_HEIGHT,
		p->bar + BOX_TOP - 6, MARGIN);
	for (; i < shown && i < shinfo->nr_frags; i++) {
		snprintf(text, sizeof(text), "frag %u: %u", i, skb_frag_size(&shinfo->frags[i]));
		put_box(p, i, text);
	}
	for (member = shinfo->frag_list; i < shown; member = member->next, i++) {
		snprintf(text, sizeof(text), "list %u: %u", i - shinfo->nr_frags, member->len);
		put_box(p, i, text);
	}
	if (shown < total) {
		snprintf(text, sizeof(text), "and %u more", total - shown);
		put_box(p, shown, text);
	}
}

static void put_block(FILE *out, const struct sk_buff *skb, int y)
{
	struct svg_picture p = { .out = out, .skb = skb };
	struct svg_label label[DRAW_HEADERS];
	unsigned int rows;

	draw_measure(&p.d, skb);
	draw_layout(&p.d, p.x, BAR_WIDTH, PART_MIN);
	rows = max_t(unsigned int, place_labels(&p, label), LABEL_ROWS);
	p.bar = y + LABELS_TOP + (int)rows * LABEL_HEIGHT;
	put_bar(&p);
	put_headers(&p, label);
	put_pointers(&p);
	put_boxes(&p);
}

int skb_draw_svg(FILE *out, const struct sk_buff *skb, const char *title, int y)
{
	if (!out || !skb)
		return -EINVAL;
	put_top(out, skb, title, y);
	if (skb->head)
		put_block(out, skb, y);
	return result(out);
}
