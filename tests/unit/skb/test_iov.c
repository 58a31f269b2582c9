// SPDX-License-Identifier: BSD-2-Clause
/* A program's scattered memory, and packets copied from and to it. */
#include <limits.h>

#include <skiff/uio.h>

#include "shape.h"

#define MAX_SEGS 8

/* Memory in pieces, empty ones among them; `flat` is where the pieces lie. */
struct memory {
	struct iovec iov[MAX_SEGS];
	unsigned long nr_segs;
	unsigned char flat[8192];
	size_t size;
};

static void memory_init(struct memory *m, size_t size)
{
	size_t at = 0;

	m->nr_segs = 1 + below(MAX_SEGS);
	m->size = size;
	for (unsigned long i = 0; i < m->nr_segs; i++) {
		size_t len = i + 1 == m->nr_segs ? size - at : below((unsigned int)(size - at) + 1);

		m->iov[i].iov_base = m->flat + at;
		m->iov[i].iov_len = below(4) || i + 1 == m->nr_segs ? len : 0;
		at += m->iov[i].iov_len;
	}
}

static void test_copy_both_ways(void **state)
{
	struct memory m;
	unsigned char buf[8192];

	for (unsigned int round = 0; round < 1000; round++) {
		size_t size = below(3000), done = 0;
		struct iov_iter iter;

		memory_init(&m, size);
		shape_bytes(buf, (unsigned int)size);
		iov_iter_init(&iter, ITER_DEST, m.iov, m.nr_segs, size);
		assert_int_equal(iov_iter_count(&iter), size);
		assert_int_equal(iov_iter_rw(&iter), ITER_DEST);
		while (done < size) {
			size_t n = 1 + below(500), copied = copy_to_iter(buf + done, n, &iter);

			assert_int_equal(copied, min(n, size - done));
			done += copied;
		}
		assert_int_equal(copy_to_iter(buf, 1, &iter), 0);
		assert_memory_equal(m.flat, buf, size);
		memset(buf, 0, sizeof(buf));
		iov_iter_init(&iter, ITER_SOURCE, m.iov, m.nr_segs, SIZE_MAX);
		assert_int_equal(iov_iter_count(&iter), size);
		assert_int_equal(copy_from_iter(buf, SIZE_MAX, &iter), size);
		assert_memory_equal(m.flat, buf, size);
	}
}

static void test_advance_and_revert(void **state)
{
	struct memory m;

	for (unsigned int round = 0; round < 1000; round++) {
		unsigned int size = 1 + below(2000), at = 0;
		struct iov_iter iter, copy;
		struct iov_iter_state saved;
		unsigned char byte;
		size_t piece;

		memory_init(&m, size);
		shape_bytes(m.flat, size);
		if (below(5))
			iov_iter_init(&iter, ITER_SOURCE, m.iov, m.nr_segs, size);
		else
			iov_iter_ubuf(&iter, ITER_SOURCE, m.flat, size);
		for (int i = 0; i < 20; i++) {
			unsigned int n = below(2) ? below(size - at + 1) : 0;

			iov_iter_advance(&iter, n);
			at += n;
			n = below(2) ? below(at + 1) : 0;
			iov_iter_revert(&iter, n);
			at -= n;
			assert_int_equal(iov_iter_count(&iter), size - at);
			assert_true(iov_iter_single_seg_count(&iter) <= size - at);
			assert_true(at == size || iov_iter_single_seg_count(&iter) > 0);
			if (at < size)
				assert_ptr_equal(iov_iter_piece(&iter, &piece), m.flat + at);
			copy = iter;
			iov_iter_save_state(&copy, &saved);
			assert_int_equal(copy_from_iter(&byte, 1, &copy), at < size);
			if (at < size)
				assert_int_equal(byte, m.flat[at]);
			iov_iter_restore(&copy, &saved);
			assert_int_equal(iov_iter_count(&copy), size - at);
		}
		iov_iter_advance(&iter, SIZE_MAX);
		assert_int_equal(iov_iter_count(&iter), 0);
		iov_iter_revert(&iter, size);
		iov_iter_truncate(&iter, size / 2);
		assert_int_equal(iov_iter_count(&iter), size / 2);
		iov_iter_reexpand(&iter, size);
		assert_int_equal(iov_iter_count(&iter), size);
	}
}

static void test_full_forms(void **state)
{
	unsigned char mem[10] = "123456789", buf[16];
	struct iov_iter iter;
	__wsum csum = 0;

	iov_iter_ubuf(&iter, ITER_SOURCE, mem, 10);
	assert_true(iter_is_ubuf(&iter) && !iter_is_iovec(&iter));
	assert_false(copy_from_iter_full(buf, 11, &iter));
	assert_int_equal(iov_iter_count(&iter), 10);
	assert_false(csum_and_copy_from_iter_full(buf, 11, &csum, &iter));
	assert_int_equal(iov_iter_count(&iter), 10);
	assert_true(copy_from_iter_full(buf, 10, &iter));
	assert_memory_equal(buf, mem, 10);

	iov_iter_ubuf(&iter, ITER_DEST, mem, 10);
	assert_false(copy_to_iter_full(buf, 11, &iter));
	assert_int_equal(iov_iter_count(&iter), 10);
	assert_int_equal(iov_iter_zero(4, &iter), 4);
	assert_memory_equal(mem,
			    "\0\0\0\0"
			    "56789",
			    10);

	/* The wrong direction is refused. */
	assert_int_equal(copy_from_iter(buf, 1, &iter), 0);
	iov_iter_ubuf(&iter, ITER_SOURCE, mem, 10);
	assert_int_equal(copy_to_iter(buf, 1, &iter), 0);
	assert_int_equal(iov_iter_zero(1, &iter), 0);
	assert_int_equal(iov_iter_count(&iter), 10);
}

static void test_pages(void **state)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned char buf[8192];
	struct iov_iter iter;

	shape_bytes(page_address(page), (unsigned int)PAGE_SIZE);
	iov_iter_ubuf(&iter, ITER_DEST, buf, sizeof(buf));
	assert_int_equal(copy_page_to_iter(page, 96, 5000, &iter), 4000);
	assert_memory_equal(buf, (unsigned char *)page_address(page) + 96, 4000);
	assert_int_equal(copy_page_to_iter(page, 4096, 1, &iter), 0);
	memset(page_address(page), 0, PAGE_SIZE);
	iov_iter_ubuf(&iter, ITER_SOURCE, buf, sizeof(buf));
	assert_int_equal(copy_page_from_iter(page, 96, SIZE_MAX, &iter), 4000);
	assert_memory_equal(buf, (unsigned char *)page_address(page) + 96, 4000);
	put_page(page);
}

static unsigned int fold(__wsum csum)
{
	return csum_from32to16((u32)csum) % 0xffff;
}

static void test_csum_copies(void **state)
{
	struct memory m;
	unsigned char buf[8192];

	for (unsigned int round = 0; round < 500; round++) {
		unsigned int size = below(3000), first = below(size + 1);
		struct csum_state cs = { 0, 0 };
		struct iov_iter iter;
		__wsum csum = 0;

		memory_init(&m, size);
		shape_bytes(buf, size);
		iov_iter_init(&iter, ITER_DEST, m.iov, m.nr_segs, size);
		assert_int_equal(csum_and_copy_to_iter(buf, first, &cs, &iter), first);
		assert_int_equal(csum_and_copy_to_iter(buf + first, 5000, &cs, &iter),
				 size - first);
		assert_memory_equal(m.flat, buf, size);
		assert_int_equal(fold(cs.csum), fold(csum_partial(buf, (int)size, 0)));
		assert_int_equal(cs.off, size);
		iov_iter_init(&iter, ITER_SOURCE, m.iov, m.nr_segs, size);
		memset(buf, 0, size);
		assert_true(csum_and_copy_from_iter_full(buf, size, &csum, &iter));
		assert_memory_equal(m.flat, buf, size);
		assert_int_equal(fold(csum), fold(cs.csum));
	}
}

static void test_datagram(void **state)
{
	struct memory m;

	for (unsigned int round = 0; round < 500; round++) {
		struct sk_buff *skb = shape_packet(below(6000), SHAPE_ALL);
		unsigned int off = below(skb->len + 1), len = below(skb->len - off + 1);
		unsigned char *twin = flatten(skb);
		struct skiff_msghdr msg = { 0 };
		struct iov_iter iter;

		memory_init(&m, len);
		iov_iter_init(&msg.msg_iter, ITER_DEST, m.iov, m.nr_segs, len);
		assert_int_equal(skb_copy_datagram_msg(skb, (int)off, &msg, (int)len), 0);
		assert_int_equal(msg_data_left(&msg), 0);
		assert_memory_equal(m.flat, twin + off, len);

		shape_bytes(m.flat, len);
		iov_iter_init(&iter, ITER_SOURCE, m.iov, m.nr_segs, len);
		assert_int_equal(skb_copy_datagram_from_iter(skb, (int)off, &iter, (int)len), 0);
		memcpy(twin + off, m.flat, len);
		assert_packet(skb, twin, skb->len);

		/* One byte too many, in the packet and in the memory. */
		iov_iter_init(&iter, ITER_DEST, m.iov, m.nr_segs, len);
		if (off + len < skb->len)
			assert_int_equal(skb_copy_datagram_iter(skb, (int)off, &iter, (int)len + 1),
					 -EFAULT);
		assert_int_equal(skb_copy_datagram_iter(skb, 1, &iter, (int)skb->len), -EFAULT);
		assert_int_equal(skb_copy_datagram_iter(skb, 0, &iter, -1), -EFAULT);
		assert_int_equal(skb_copy_datagram_iter(skb, INT_MAX, &iter, 1), -EFAULT);
		assert_int_equal(iov_iter_count(&iter), len);
		free(twin);
		kfree_skb(skb);
	}
}

/* A packet whose bytes sum up to what skb->csum cancels. */
static void make_valid(struct sk_buff *skb)
{
	skb->ip_summed = CHECKSUM_NONE;
	skb->csum = (__wsum) ~(u32)skb_checksum(skb, 0, (int)skb->len, 0);
	skb->csum_valid = 0;
}

static void test_csum_datagram(void **state)
{
	struct memory m;

	for (unsigned int round = 0; round < 500; round++) {
		struct sk_buff *skb = shape_packet(1 + below(6000), SHAPE_ALL);
		unsigned int hlen = below(skb->len);
		unsigned char *twin = flatten(skb), byte;
		struct skiff_msghdr msg = { 0 };
		size_t len = skb->len - hlen;

		if (skb->len == 0)
			goto next;
		memory_init(&m, len);
		make_valid(skb);
		iov_iter_init(&msg.msg_iter, ITER_DEST, m.iov, m.nr_segs, len);
		assert_int_equal(skb_copy_and_csum_datagram_msg(skb, (int)hlen, &msg), 0);
		assert_memory_equal(m.flat, twin + hlen, len);
		assert_int_equal(msg_data_left(&msg), 0);

		/* One bit is wrong. */
		byte = (unsigned char)(twin[hlen] ^ 1);
		assert_int_equal(skb_store_bits(skb, (int)hlen, &byte, 1), 0);
		iov_iter_init(&msg.msg_iter, ITER_DEST, m.iov, m.nr_segs, len);
		assert_int_equal(skb_copy_and_csum_datagram_msg(skb, (int)hlen, &msg), -EINVAL);
		assert_int_equal(msg_data_left(&msg), len);

		/* Too little room, with a wrong and a right sum. */
		iov_iter_truncate(&msg.msg_iter, len - 1);
		assert_int_equal(skb_copy_and_csum_datagram_msg(skb, (int)hlen, &msg), -EINVAL);
		make_valid(skb);
		assert_int_equal(skb_copy_and_csum_datagram_msg(skb, (int)hlen, &msg), -EFAULT);
		assert_int_equal(msg_data_left(&msg), len - 1);
		assert_int_equal(skb_copy_and_csum_datagram_msg(skb, (int)skb->len, &msg), 0);
		assert_int_equal(skb_copy_and_csum_datagram_msg(skb, (int)skb->len + 1, &msg),
				 -EFAULT);
		assert_int_equal(skb_copy_and_csum_datagram_msg(skb, -1, &msg), -EFAULT);
next:
		free(twin);
		kfree_skb(skb);
	}
}

static void test_add_data(void **state)
{
	unsigned char mem[100];

	for (int summed = CHECKSUM_NONE; summed <= CHECKSUM_PARTIAL; summed += CHECKSUM_PARTIAL) {
		struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);
		struct iov_iter iter;

		shape_bytes(mem, sizeof(mem));
		skb->ip_summed = (u8)(summed & 3);
		iov_iter_ubuf(&iter, ITER_SOURCE, mem, sizeof(mem));
		assert_int_equal(skb_add_data(skb, &iter, 33), 0);
		assert_int_equal(skb_add_data(skb, &iter, 50), 0);
		assert_int_equal(skb_add_data(skb, &iter, 18), -EFAULT);
		assert_packet(skb, mem, 83);
		if (summed == CHECKSUM_NONE)
			assert_int_equal(fold(skb->csum), fold(csum_partial(mem, 83, 0)));
		assert_int_equal(iov_iter_count(&iter), 17);
		kfree_skb(skb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_copy_both_ways), SHAPE_TEST(test_advance_and_revert),
		SHAPE_TEST(test_full_forms),	 SHAPE_TEST(test_pages),
		SHAPE_TEST(test_csum_copies),	 SHAPE_TEST(test_datagram),
		SHAPE_TEST(test_csum_datagram),	 SHAPE_TEST(test_add_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
