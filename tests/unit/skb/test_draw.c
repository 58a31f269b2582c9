// SPDX-License-Identifier: BSD-2-Clause
/* Pictures of buffers: what they show is what the buffer is, whatever its shape. */
#include <errno.h>
#include <stdio.h>

#include "shape.h"

static char picture[SKB_DRAW_TEXT_SIZE];

static const char *draw(const struct sk_buff *skb, const char *title)
{
	int len = skb_draw_text(picture, sizeof(picture), skb, title);

	assert_in_range(len, 1, sizeof(picture) - 1);
	assert_int_equal(strlen(picture), len);
	return picture;
}

static void assert_shows(const char *what)
{
	if (!strstr(picture, what))
		fail_msg("\"%s\" is not in\n%s", what, picture);
}

static void assert_shows_not(const char *what)
{
	if (strstr(picture, what))
		fail_msg("\"%s\" is in\n%s", what, picture);
}

/* Printable, no line longer than 78 columns or ending in white space, the last one complete. */
static void assert_well_formed(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		if (*text == '\n') {
			assert_true(column == 0 || text[-1] != ' ');
			column = 0;
			continue;
		}
		assert_in_range(*text, ' ', '~');
		assert_in_range(++column, 1, 78);
	}
	assert_int_equal(column, 0);
}

/* The columns of the '+' of the bar's upper border. */
static unsigned int bar_edges(const char *text, unsigned int *edge, unsigned int most)
{
	const char *line = strstr(text, "+-");
	unsigned int n = 0;

	assert_non_null(line);
	for (unsigned int i = 0; line[i] != '\n'; i++)
		if (line[i] == '+') {
			assert_true(n < most);
			edge[n++] = i;
		}
	return n;
}

static void test_grows_and_shrinks(void **state)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);
	unsigned int edge[8];
	char text[64];

	draw(skb, "alloc");
	assert_shows("alloc\n");
	assert_shows("head, data, tail 0");
	assert_shows_not("headroom");
	assert_shows_not("# data #");
	assert_shows("len 0 = 0 linear + 0 in fragments");
	assert_shows("users 1, dataref 1\n");
	assert_int_equal(bar_edges(picture, edge, 8), 3);

	skb_reserve(skb, 64);
	draw(skb, NULL);
	assert_shows("head 0");
	assert_shows("data, tail 64");
	assert_shows("headroom");
	assert_int_equal(bar_edges(picture, edge, 8), 4);

	skb_put_zero(skb, 100);
	draw(skb, NULL);
	assert_shows("data 64");
	assert_shows("tail 164");
	assert_shows("len 100 = 100 linear");
	assert_int_equal(bar_edges(picture, edge, 8), 5);

	skb_push(skb, 8);
	skb_reset_transport_header(skb);
	skb_push(skb, 20);
	skb_reset_network_header(skb);
	skb_push(skb, 14);
	skb_reset_mac_header(skb);
	draw(skb, NULL);
	assert_shows("mac 22");
	assert_shows("network 36");
	assert_shows("transport 56");
	assert_shows("data 22");
	assert_shows("len 142");

	skb_pull(skb, 14);
	draw(skb, NULL);
	assert_shows("mac 22");
	assert_shows("data 36");
	snprintf(text, sizeof(text), "end %u\n", skb_end_offset(skb));
	assert_shows(text);
	snprintf(text, sizeof(text), "truesize %u\n", skb->truesize);
	assert_shows(text);

	skb_put(skb, (unsigned int)skb_tailroom(skb));
	draw(skb, NULL);
	snprintf(text, sizeof(text), "tail, end %u\n", skb_end_offset(skb));
	assert_shows(text);
	assert_shows_not("tailroom");
	kfree_skb(skb);
}

static void test_only_headers_that_are_set(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	draw(skb, NULL);
	assert_shows_not("mac");
	assert_shows_not("network");
	assert_shows_not("transport");
	assert_shows_not("inner");
	/* A mark behind the room can't be placed. */
	skb->transport_header = (__u16)(skb->end + 1);
	draw(skb, NULL);
	assert_shows_not("transport");
	skb->transport_header = (__u16)skb->end;
	draw(skb, NULL);
	assert_shows("transport");
	skb->encapsulation = 1;
	draw(skb, NULL);
	assert_shows("inner mac 0");
	assert_shows("inner network 0");
	assert_shows("inner transport 0");
	kfree_skb(skb);
}

static void test_sharing(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL), *clone;

	skb_put_zero(skb, 50);
	skb_get(skb);
	draw(skb, NULL);
	assert_shows("users 2, dataref 1\n");
	kfree_skb(skb);
	__skb_header_release(skb);
	clone = skb_clone(skb, GFP_KERNEL);
	draw(skb, NULL);
	assert_shows("users 1, dataref 2 (1 of them without headers): shared with clones");
	kfree_skb(clone);
	draw(skb, NULL);
	assert_shows("users 1, dataref 1");
	kfree_skb(skb);
}

static void test_fragments(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL), **link = &skb_shinfo(skb)->frag_list;

	skb_put_zero(skb, 60);
	for (int i = 0; i < MAX_SKB_FRAGS; i++)
		skb_add_rx_frag(skb, i, alloc_page(GFP_KERNEL), i, 1000 + i, PAGE_SIZE);
	skb_frag_ref(skb, 3);
	for (unsigned int i = 0; i < 20; i++) {
		*link = alloc_skb(100, GFP_KERNEL);
		skb_put_zero(*link, i);
		skb->len += i;
		skb->data_len += i;
		link = &(*link)->next;
	}
	draw(skb, "\001fragments \x80");
	assert_well_formed(picture);
	assert_shows("?fragments ?\n");
	assert_shows("len 17386 = 60 linear + 17326 in fragments");
	assert_shows("frag 0: 1000 bytes at 0 of a block of 4096, which has 1 reference\n");
	assert_shows("frag 3: 1003 bytes at 3 of a block of 4096, which has 2 references\n");
	assert_shows("frag 16: 1016 bytes at 16");
	assert_shows("frag_list 7: 7 bytes, 7 linear, 0 in fragments\n");
	assert_shows_not("frag_list 8");
	assert_shows("frag_list: and 12 more\n");
	put_page(skb_frag_page(&skb_shinfo(skb)->frags[3]));
	kfree_skb(skb);
}

/* Parts are as wide as their bytes, as long as that can be seen. */
static void test_to_scale(void **state)
{
	struct sk_buff *skb = alloc_skb(SKB_WITH_OVERHEAD(4096), GFP_KERNEL);
	unsigned int edge[5], third = skb_end_offset(skb) / 3;

	skb_reserve(skb, (int)third);
	skb_put_zero(skb, third);
	draw(skb, NULL);
	assert_int_equal(bar_edges(picture, edge, 5), 5);
	assert_in_range(edge[2] - edge[1], edge[1] - 1, edge[1] + 1);
	assert_in_range(edge[3] - edge[2], edge[1] - 1, edge[1] + 1);
	skb_trim(skb, 1);
	draw(skb, NULL);
	bar_edges(picture, edge, 5);
	assert_in_range(edge[2] - edge[1], 14, 15);
	assert_in_range(edge[3] - edge[2], 2 * edge[1] - 4, 2 * edge[1] + 4);
	kfree_skb(skb);
}

static void set_random_headers(struct sk_buff *skb)
{
	__u16 *header[] = { &skb->mac_header,		&skb->network_header,
			    &skb->transport_header,	&skb->inner_mac_header,
			    &skb->inner_network_header, &skb->inner_transport_header };

	skb->encapsulation = below(2);
	for (unsigned int i = 0; i < ARRAY_SIZE(header); i++)
		*header[i] = (__u16)below(4) ? (__u16)below(skb->end + 2) : (__u16)below(65536);
}

/* Whatever the shape: well-formed, all edges in order, and cut at any size without harm. */
static void test_any_shape(void **state)
{
	char cut[SKB_DRAW_TEXT_SIZE];

	for (unsigned int round = 0; round < 2000; round++) {
		struct sk_buff *skb =
			shape_packet(below(round % 3 ? 300 : 30000), round % 2 ? SHAPE_ALL : 0);
		unsigned int edge[5], n, size, parts = 1;

		if (round % 5)
			set_random_headers(skb);
		draw(skb, round % 7 ? "any shape" : NULL);
		assert_well_formed(picture);
		parts += skb_headroom(skb) != 0;
		parts += skb_headlen(skb) != 0;
		parts += skb->end != skb->tail;
		n = bar_edges(picture, edge, 5);
		assert_int_equal(n, parts + 1);
		assert_int_equal(edge[n - 1], 77);

		size = below(sizeof(cut) - 1) + 1;
		memset(cut, 'x', sizeof(cut));
		skb_draw_text(cut, size, skb, round % 7 ? "any shape" : NULL);
		n = (unsigned int)strlen(cut);
		assert_int_equal(n, min(size - 1, (unsigned int)strlen(picture)));
		assert_memory_equal(cut, picture, n);
		if (size < sizeof(cut))
			assert_int_equal(cut[size], 'x');
		kfree_skb(skb);
	}
}

static void test_no_data_block(void **state)
{
	struct sk_buff *skb = alloc_skb_head(GFP_KERNEL);

	draw(skb, "head only");
	assert_string_equal(picture, "head only\nno data block, users 1\n");
	kfree_skb(skb);
}

static void test_bad_arguments(void **state)
{
	struct sk_buff *skb = alloc_skb(10, GFP_KERNEL);
	FILE *full = fopen("/dev/full", "w");

	assert_int_equal(skb_draw_text(picture, sizeof(picture), NULL, "x"), -EINVAL);
	assert_int_equal(skb_draw_text(NULL, 1, skb, "x"), -EINVAL);
	draw(skb, "x");
	assert_int_equal(skb_draw_text(NULL, 0, skb, "x"), strlen(picture));
	assert_int_equal(skb_draw_svg(NULL, skb, "x", 0), -EINVAL);
	assert_int_equal(skb_draw_svg_begin(NULL, 100), -EINVAL);
	assert_int_equal(skb_draw_svg_end(NULL), -EINVAL);
	assert_non_null(full);
	assert_int_equal(skb_draw_svg(full, NULL, "x", 0), -EINVAL);
	assert_int_equal(skb_draw_svg_begin(full, 0), -EINVAL);
	assert_int_equal(skb_draw_svg_begin(full, -1), -EINVAL);
	assert_int_equal(skb_draw_svg_begin(full, 1000001), -EINVAL);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(skb_draw_svg_begin(full, 100), -EIO);
	assert_int_equal(skb_draw_svg(full, skb, "x", 0), -EIO);
	assert_int_equal(skb_draw_svg_end(full), -EIO);
	fclose(full);
	kfree_skb(skb);
}

/* Every tag that is opened is closed, and text has no bare specials: enough of XML for us. */
static void assert_balanced(const char *xml)
{
	int depth = 0;

	for (; *xml; xml++) {
		const char *end;

		if (*xml == '&') {
			end = strchr(xml, ';');
			assert_true(end && end - xml <= 5);
		}
		assert_int_not_equal(*xml, '>');
		if (*xml != '<')
			continue;
		end = strchr(xml, '>');
		assert_non_null(end);
		assert_null(memchr(xml + 1, '<', (size_t)(end - xml - 1)));
		if (xml[1] == '/')
			depth--;
		else if (end[-1] != '/')
			depth++;
		assert_true(depth >= 0);
		xml = end;
	}
	assert_int_equal(depth, 0);
}

static char *svg_of(struct sk_buff *skb, const char *title)
{
	char *xml = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&xml, &size);

	assert_non_null(out);
	assert_int_equal(skb_draw_svg_begin(out, SKB_DRAW_SVG_HEIGHT), 0);
	assert_int_equal(skb_draw_svg(out, skb, title, 0), 0);
	assert_int_equal(skb_draw_svg_end(out), 0);
	assert_int_equal(fclose(out), 0);
	return xml;
}

static void test_svg(void **state)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);
	char *xml;

	skb_reserve(skb, 64);
	skb_put_zero(skb, 100);
	skb_reset_mac_header(skb);
	xml = svg_of(skb, "<a> & \"b\" 'c' \001");
	assert_balanced(xml);
	assert_non_null(strstr(xml, "&lt;a&gt; &amp; &quot;b&quot; &#39;c&#39; ?"));
	assert_non_null(strstr(xml, ">data 64<"));
	assert_non_null(strstr(xml, ">tail 164<"));
	assert_non_null(strstr(xml, ">mac 64<"));
	assert_non_null(strstr(xml, "len 100, "));
	free(xml);
	kfree_skb(skb);

	skb = alloc_skb_head(GFP_KERNEL);
	xml = svg_of(skb, NULL);
	assert_balanced(xml);
	assert_non_null(strstr(xml, "no data block"));
	free(xml);
	kfree_skb(skb);
}

static void test_svg_any_shape(void **state)
{
	for (unsigned int round = 0; round < 300; round++) {
		struct sk_buff *skb = shape_packet(below(30000), round % 2 ? SHAPE_ALL : 0);
		char *xml;

		set_random_headers(skb);
		xml = svg_of(skb, "any shape");
		assert_balanced(xml);
		free(xml);
		kfree_skb(skb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_grows_and_shrinks),
		SHAPE_TEST(test_only_headers_that_are_set),
		SHAPE_TEST(test_sharing),
		SHAPE_TEST(test_fragments),
		SHAPE_TEST(test_to_scale),
		SHAPE_TEST(test_any_shape),
		SHAPE_TEST(test_no_data_block),
		SHAPE_TEST(test_bad_arguments),
		SHAPE_TEST(test_svg),
		SHAPE_TEST(test_svg_any_shape),
	};

	return cmocka_run_group_tests_name("skb-draw", tests, NULL, NULL);
}
