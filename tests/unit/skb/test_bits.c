// SPDX-License-Identifier: BSD-2-Clause
/* Bytes of packets of any shape: copying out and in, header pointers, walks, searches. */
#include <limits.h>

#include <skiff/scatterlist.h>
#include <skiff/textsearch.h>

#include "shape.h"

#define ROUNDS 300

static struct sk_buff *some_packet(unsigned int round)
{
	static const unsigned int what[] = { 0, SHAPE_FRAGS, SHAPE_LIST, SHAPE_ALL };

	return shape_packet(below(round % 3 ? 300 : 30000), what[round % 4]);
}

static void test_copy_bits(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct sk_buff *skb = some_packet(round);
		unsigned char *twin = flatten(skb), *out = malloc((size_t)skb->len + 1);

		for (int i = 0; i < 20; i++) {
			unsigned int off = below(skb->len + 1), len = below(skb->len - off + 1);

			out[len] = 0x5a;
			assert_int_equal(skb_copy_bits(skb, (int)off, out, (int)len), 0);
			assert_memory_equal(out, twin + off, len);
			assert_int_equal(out[len], 0x5a);
		}
		free(out);
		free(twin);
		kfree_skb(skb);
	}
}

static void test_copy_bits_refuses(void **state)
{
	unsigned char out[64];

	for (unsigned int round = 0; round < 40; round++) {
		struct sk_buff *skb = some_packet(round);
		int len = (int)skb->len, room = (int)skb_headroom(skb);

		assert_int_equal(skb_copy_bits(skb, 0, out, len + 1), -EFAULT);
		assert_int_equal(skb_copy_bits(skb, len, out, 1), -EFAULT);
		assert_int_equal(skb_copy_bits(skb, len, out, 0), 0);
		assert_int_equal(skb_copy_bits(skb, len + 1, out, 0), -EFAULT);
		assert_int_equal(skb_copy_bits(skb, 0, out, -1), -EFAULT);
		assert_int_equal(skb_copy_bits(skb, INT_MAX, out, INT_MAX), -EFAULT);
		assert_int_equal(skb_copy_bits(skb, INT_MIN, out, INT_MAX), -EFAULT);
		assert_int_equal(skb_copy_bits(skb, INT_MIN, out, 0), -EFAULT);
		assert_int_equal(skb_copy_bits(skb, -room - 1, out, 1), -EFAULT);
		assert_int_equal(skb_store_bits(skb, len, out, 1), -EFAULT);
		assert_int_equal(skb_store_bits(skb, -1 - room, out, 1), -EFAULT);
		assert_int_equal(skb_store_bits(skb, 0, out, -1), -EFAULT);
		assert_null(skb_header_pointer(skb, len, 1, out));
		assert_null(skb_header_pointer(skb, INT_MAX, INT_MAX, out));
		assert_null(skb_header_pointer(skb, INT_MIN, 1, out));
		assert_null(skb_header_pointer(skb, 0, -1, out));
		kfree_skb(skb);
	}
}

/* Headers that were pulled are in front of the data, whatever follows it. */
static void test_negative_offset(void **state)
{
	for (unsigned int round = 0; round < 60; round++) {
		struct sk_buff *skb = some_packet(round);
		unsigned int room = skb_headroom(skb);
		unsigned char *twin = malloc((size_t)room + skb->len), *out, *flat = flatten(skb);

		memcpy(twin, skb->head, room);
		memcpy(twin + room, flat, skb->len);
		out = malloc((size_t)room + skb->len);
		assert_int_equal(skb_copy_bits(skb, -(int)room, out, (int)(room + skb->len)), 0);
		assert_memory_equal(out, twin, room + skb->len);
		shape_bytes(twin, room + skb->len);
		assert_int_equal(skb_store_bits(skb, -(int)room, twin, (int)(room + skb->len)), 0);
		assert_memory_equal(skb->head, twin, room);
		assert_packet(skb, twin + room, skb->len);
		free(flat);
		free(twin);
		free(out);
		kfree_skb(skb);
	}
}

static void test_store_bits(void **state)
{
	unsigned char in[30000];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct sk_buff *skb = some_packet(round);
		unsigned char *twin = flatten(skb);

		for (int i = 0; i < 10; i++) {
			unsigned int off = below(skb->len + 1), len = below(skb->len - off + 1);

			shape_bytes(in, len);
			/* Blocks may be shared by fragments, but never the same bytes of them. */
			assert_int_equal(skb_store_bits(skb, (int)off, in, (int)len), 0);
			memcpy(twin + off, in, len);
		}
		assert_packet(skb, twin, skb->len);
		free(twin);
		kfree_skb(skb);
	}
}

static void test_header_pointer(void **state)
{
	unsigned char buffer[64];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct sk_buff *skb = some_packet(round);
		unsigned char *twin = flatten(skb);
		unsigned int len = min(below(sizeof(buffer)), skb->len);
		unsigned int off = below(skb->len - len + 1);
		unsigned char *p = skb_header_pointer(skb, (int)off, (int)len, buffer);

		assert_non_null(p);
		assert_memory_equal(p, twin + off, len);
		if (off + len <= skb_headlen(skb))
			assert_ptr_equal(p, skb->data + off);
		else
			assert_ptr_equal(p, buffer);
		free(twin);
		kfree_skb(skb);
	}
}

/* Read all of a walk, consuming whole blocks or @step bytes at a time. */
static void read_walk(struct sk_buff *skb, unsigned int from, unsigned int to, unsigned int step,
		      const unsigned char *twin)
{
	struct skb_seq_state st;
	unsigned int consumed = 0, len;
	const u8 *data;

	skb_prepare_seq_read(skb, from, to, &st);
	while ((len = skb_seq_read(consumed, &data, &st)) != 0) {
		len = min(len, to - from - consumed);
		assert_memory_equal(data, twin + from + consumed, len);
		consumed += step ? min(step, len) : len;
	}
	assert_int_equal(consumed, to - from);
	skb_abort_seq_read(&st);
	assert_int_equal(skb_seq_read(0, &data, &st), 0);
}

static void test_seq_read(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct sk_buff *skb = some_packet(round);
		unsigned char *twin = flatten(skb);
		unsigned int from = below(skb->len + 1);
		unsigned int to = from + below(skb->len - from + 1);

		read_walk(skb, from, to, 0, twin);
		read_walk(skb, from, to, 1 + below(100), twin);
		free(twin);
		kfree_skb(skb);
	}
}

static void test_seq_read_goes_back(void **state)
{
	struct sk_buff *skb = shape_packet(5000, SHAPE_ALL);
	unsigned char *twin = flatten(skb);
	struct skb_seq_state st;
	const u8 *data;

	skb_prepare_seq_read(skb, 0, UINT_MAX, &st);
	for (int i = 0; i < 200; i++) {
		unsigned int at = below(skb->len);

		assert_true(skb_seq_read(at, &data, &st) > 0);
		assert_int_equal(*data, twin[at]);
	}
	assert_int_equal(skb_seq_read(skb->len, &data, &st), 0);
	assert_int_equal(skb_seq_read(UINT_MAX, &data, &st), 0);
	free(twin);
	kfree_skb(skb);
}

/* Few letters, so that prefixes of the pattern are found all over the text. */
static void test_find_text(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct sk_buff *skb = shape_packet(below(400), SHAPE_ALL);
		unsigned int patlen = 1 + below(8), from, to, want = UINT_MAX;
		unsigned char pattern[8], text[1024];
		struct ts_config *conf;

		for (unsigned int i = 0; i < skb->len; i++)
			text[i] = (unsigned char)('a' + below(2));
		assert_int_equal(skb_store_bits(skb, 0, text, (int)skb->len), 0);
		for (unsigned int i = 0; i < patlen; i++)
			pattern[i] = (unsigned char)('a' + below(2));
		from = below(skb->len + 1);
		to = from + below(skb->len - from + 1);
		for (unsigned int i = from; want == UINT_MAX && i + patlen <= to; i++)
			if (!memcmp(text + i, pattern, patlen))
				want = i - from;
		conf = textsearch_prepare("kmp", pattern, patlen, GFP_KERNEL, TS_AUTOLOAD);
		assert_false(IS_ERR(conf));
		assert_int_equal(skb_find_text(skb, from, to, conf), want);
		assert_int_equal(skb_find_text(skb, skb->len + 1, UINT_MAX, conf), UINT_MAX);
		textsearch_destroy(conf);
		kfree_skb(skb);
	}
}

static void test_textsearch(void **state)
{
	struct ts_config *conf;
	struct ts_state st;

	assert_int_equal(PTR_ERR(textsearch_prepare("bm", "x", 1, GFP_KERNEL, 0)), -ENOENT);
	assert_int_equal(PTR_ERR(textsearch_prepare(NULL, "x", 1, GFP_KERNEL, 0)), -ENOENT);
	assert_int_equal(PTR_ERR(textsearch_prepare("kmp", "x", 0, GFP_KERNEL, 0)), -EINVAL);
	assert_int_equal(PTR_ERR(textsearch_prepare("kmp", NULL, 1, GFP_KERNEL, 0)), -EINVAL);
	assert_int_equal(PTR_ERR(textsearch_prepare("kmp", "x", UINT_MAX, GFP_KERNEL, 0)), -EINVAL);
	assert_int_equal(PTR_ERR(textsearch_prepare("kmp", "x", 1, GFP_KERNEL, 64)), -EINVAL);

	conf = textsearch_prepare("kmp", "aBa", 3, GFP_KERNEL, TS_IGNORECASE);
	assert_int_equal(textsearch_get_pattern_len(conf), 3);
	assert_int_equal(textsearch_find_continuous(conf, &st, "xABABAaba", 9), 1);
	assert_int_equal(textsearch_next(conf, &st), 6);
	assert_int_equal(textsearch_next(conf, &st), UINT_MAX);
	assert_int_equal(textsearch_find_continuous(conf, &st, "ab", 2), UINT_MAX);
	textsearch_destroy(conf);

	conf = textsearch_prepare("kmp", "aBa", 3, GFP_KERNEL, 0);
	assert_int_equal(textsearch_find_continuous(conf, &st, "xABABAaBa", 9), 6);
	textsearch_destroy(conf);

	if (skiff_fail_nth(1) == 0)
		assert_int_equal(PTR_ERR(textsearch_prepare("kmp", "x", 1, GFP_KERNEL, 0)),
				 -ENOMEM);
}

static void test_sgvec(void **state)
{
	struct scatterlist sg[256];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct sk_buff *skb = some_packet(round);
		unsigned char *twin = flatten(skb);
		unsigned int off = below(skb->len + 1), len = below(skb->len - off + 1), at = off;
		int n;

		sg_init_table(sg, ARRAY_SIZE(sg));
		n = skb_to_sgvec(skb, sg, (int)off, (int)len);
		assert_true(n >= 0);
		assert_true(n == 0 || sg_is_last(&sg[n - 1]));
		for (int i = 0; i < n; i++) {
			assert_true(sg[i].length > 0);
			assert_memory_equal(sg_virt(&sg[i]), twin + at, sg[i].length);
			at += sg[i].length;
		}
		assert_int_equal(at, off + len);
		if (n > 1) {
			sg_init_table(sg, (unsigned int)n - 1);
			assert_int_equal(skb_to_sgvec(skb, sg, (int)off, (int)len), -EMSGSIZE);
			sg_init_table(sg, (unsigned int)n + 1);
			assert_int_equal(skb_to_sgvec_nomark(skb, sg, (int)off, (int)len), n);
			assert_false(sg_is_last(&sg[n - 1]));
		}
		assert_int_equal(skb_to_sgvec(skb, sg, 1, (int)skb->len), -EMSGSIZE);
		free(twin);
		kfree_skb(skb);
	}
}

static void test_to_iovec(void **state)
{
	struct iovec iov[256];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct sk_buff *skb = some_packet(round);
		unsigned char *twin = flatten(skb);
		size_t at = 0;
		int n = skb_to_iovec(skb, iov, ARRAY_SIZE(iov), 0, (int)skb->len);

		assert_true(n >= 0);
		for (int i = 0; i < n; i++) {
			assert_memory_equal(iov[i].iov_base, twin + at, iov[i].iov_len);
			at += iov[i].iov_len;
		}
		assert_int_equal(at, skb->len);
		if (n)
			assert_int_equal(skb_to_iovec(skb, iov, n - 1, 0, (int)skb->len),
					 -EMSGSIZE);
		assert_int_equal(skb_to_iovec(skb, iov, 256, 1, (int)skb->len), -EFAULT);
		free(twin);
		kfree_skb(skb);
	}
}

/* Lists in lists in lists end somewhere, with an error. */
static void test_nesting_limit(void **state)
{
	struct sk_buff *skb = shape_packet(1, 0);
	struct scatterlist sg[1];
	unsigned char byte;

	for (int i = 0; i < 23; i++) {
		struct sk_buff *outer = alloc_skb(0, GFP_KERNEL);

		skb_shinfo(outer)->frag_list = skb;
		outer->len = outer->data_len = 1;
		skb = outer;
	}
	assert_int_equal(skb_copy_bits(skb, 0, &byte, 1), 0);
	{
		struct sk_buff *outer = alloc_skb(0, GFP_KERNEL);

		skb_shinfo(outer)->frag_list = skb;
		outer->len = outer->data_len = 1;
		skb = outer;
	}
	assert_int_equal(skb_copy_bits(skb, 0, &byte, 1), -EFAULT);
	sg_init_table(sg, 1);
	assert_int_equal(skb_to_sgvec(skb, sg, 0, 1), -EMSGSIZE);
	kfree_skb(skb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_copy_bits),	     SHAPE_TEST(test_copy_bits_refuses),
		SHAPE_TEST(test_negative_offset),    SHAPE_TEST(test_store_bits),
		SHAPE_TEST(test_header_pointer),     SHAPE_TEST(test_seq_read),
		SHAPE_TEST(test_seq_read_goes_back), SHAPE_TEST(test_find_text),
		SHAPE_TEST(test_textsearch),	     SHAPE_TEST(test_sgvec),
		SHAPE_TEST(test_to_iovec),	     SHAPE_TEST(test_nesting_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
