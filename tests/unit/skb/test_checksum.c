// SPDX-License-Identifier: BSD-2-Clause
/* Checksums of packets against a naive sum over the flat twin, across fragment boundaries. */
#include <netinet/in.h>

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <skiff/byteorder.h>

#include "shape.h"

#include "death.h"

/* RFC 1071 by the letter: words in wire order, carries brought round at the end. */
static u16 naive_fold(const unsigned char *p, size_t len, u32 start)
{
	u64 sum = start;
	size_t i;

	for (i = 0; i + 1 < len; i += 2) {
		u16 word;

		memcpy(&word, p + i, 2);
		sum += word;
	}
	if (len % 2) {
		unsigned char pair[2] = { p[len - 1], 0 };
		u16 word;

		memcpy(&word, pair, 2);
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static u16 fold(__wsum sum)
{
	return (__force u16)csum_fold(sum);
}

static __wsum wsum(u32 v)
{
	return (__force __wsum)v;
}

static void check_range(const struct sk_buff *skb, const unsigned char *twin, unsigned int off,
			unsigned int len, u32 start)
{
	unsigned char *out = malloc((size_t)len + 2);

	assert_int_equal(fold(skb_checksum(skb, (int)off, (int)len, wsum(start))),
			 naive_fold(twin + off, len, start));
	memset(out, 0xa5, (size_t)len + 2);
	assert_int_equal(fold(skb_copy_and_csum_bits(skb, (int)off, out, (int)len)),
			 naive_fold(twin + off, len, 0));
	assert_memory_equal(out, twin + off, len);
	assert_int_equal(out[len], 0xa5);
	free(out);
}

/* Every offset and length of small packets of every kind. */
static void test_all_ranges(void **state)
{
	static const unsigned int what[] = { 0, SHAPE_FRAGS, SHAPE_LIST, SHAPE_ALL };

	for (unsigned int round = 0; round < 48; round++) {
		struct sk_buff *skb = shape_packet(below(40), what[round % 4]);
		unsigned char *twin = flatten(skb);

		for (unsigned int off = 0; off <= skb->len; off++)
			for (unsigned int len = 0; len <= skb->len - off; len++)
				check_range(skb, twin, off, len, round % 2 ? shape_random() : 0);
		free(twin);
		kfree_skb(skb);
	}
}

/* One byte per fragment: every boundary is odd. */
static void test_odd_fragments(void **state)
{
	struct sk_buff *skb = alloc_skb(8, GFP_KERNEL);
	unsigned char *twin;

	shape_bytes(skb_put(skb, 3), 3);
	for (int i = 0; i < MAX_SKB_FRAGS; i++) {
		struct page *page = alloc_page(GFP_KERNEL);
		int size = 1 + 2 * (i % 3);

		shape_bytes((unsigned char *)page_address(page) + i, (unsigned int)size);
		skb_fill_page_desc(skb, i, page, i, size);
		skb_len_add(skb, size);
	}
	twin = flatten(skb);
	for (unsigned int off = 0; off <= skb->len; off++)
		for (unsigned int len = 0; len <= skb->len - off; len++)
			check_range(skb, twin, off, len, 0xffffffff);
	free(twin);
	kfree_skb(skb);
}

static void test_large(void **state)
{
	for (unsigned int round = 0; round < 60; round++) {
		struct sk_buff *skb = shape_packet(below(65536), round % 4);
		unsigned char *twin = flatten(skb);

		for (unsigned int i = 0; i < 8; i++) {
			unsigned int off = below(skb->len + 1);

			check_range(skb, twin, off, below(skb->len - off + 1), shape_random());
		}
		free(twin);
		kfree_skb(skb);
	}
}

/* A rule whose result depends on order and place: a polynomial in the byte values. */
static __wsum poly_update(const void *mem, int len, __wsum start)
{
	const unsigned char *p = mem;
	u32 h = (__force u32)start;

	while (len--)
		h = h * 31 + *p++;
	return wsum(h);
}

static __wsum poly_combine(__wsum csum, __wsum csum2, int offset, int len)
{
	u32 h = (__force u32)csum;

	for (; len > 0; len--)
		h *= 31;
	return wsum(h + (__force u32)csum2);
}

static void test_own_rule(void **state)
{
	static const struct skb_checksum_ops ops = { poly_update, poly_combine };

	for (unsigned int round = 0; round < 200; round++) {
		struct sk_buff *skb = shape_packet(below(3000), round % 4);
		unsigned char *twin = flatten(skb);
		unsigned int off = below(skb->len + 1), len = below(skb->len - off + 1);
		u32 start = shape_random();

		assert_int_equal((__force u32)__skb_checksum(skb, (int)off, (int)len, wsum(start),
							     &ops),
				 (__force u32)poly_update(twin + off, (int)len, wsum(start)));
		free(twin);
		kfree_skb(skb);
	}
}

static void sum_too_much(void)
{
	struct sk_buff *skb = alloc_skb(10, GFP_KERNEL);

	skb_put_zero(skb, 10);
	skb_checksum(skb, 5, 6, 0);
}

static void sum_negative(void)
{
	struct sk_buff *skb = alloc_skb(10, GFP_KERNEL);

	skb_put_zero(skb, 10);
	skb_checksum(skb, 5, -1, 0);
}

static void copy_too_much(void)
{
	struct sk_buff *skb = alloc_skb(10, GFP_KERNEL);
	u8 out[32];

	skb_put_zero(skb, 10);
	skb_copy_and_csum_bits(skb, 0, out, 11);
}

static void pull_too_much(void)
{
	struct sk_buff *skb = alloc_skb(10, GFP_KERNEL);

	skb_put_zero(skb, 10);
	skb_pull_rcsum(skb, 11);
}

static void test_outside(void **state)
{
	assert_dies(sum_too_much, "skb_checksum");
	assert_dies(sum_negative, "skb_checksum");
	assert_dies(copy_too_much, "skb_copy_and_csum_bits");
	assert_dies(pull_too_much, "skb_pull_rcsum");
}

/* CHECKSUM_PARTIAL: the sum from @start on goes to @start + @off. */
static void make_partial(struct sk_buff *skb, unsigned int start, unsigned int off)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_headroom(skb) + start);
	skb->csum_offset = (u16)off;
}

static void test_help(void **state)
{
	for (unsigned int round = 0; round < 500; round++) {
		struct sk_buff *skb = shape_packet(100 + below(3000), round % 4), *other = NULL;
		unsigned int start, off;
		unsigned char *twin;
		u16 sum;

		assert_int_equal(pskb_may_pull(skb, 60), 1);
		if (round % 3 == 0)
			other = skb_clone(skb, GFP_KERNEL);
		start = below(50);
		off = below(60 - start - 1);
		twin = flatten(skb);
		make_partial(skb, start, off);
		sum = naive_fold(twin + start, skb->len - start, 0);
		sum = sum ? sum : 0xffff;

		if (round % 2) {
			unsigned char *out = malloc(skb->len);

			skb_copy_and_csum_dev(skb, out);
			assert_packet(skb, twin, skb->len);
			if (sum != 0xffff)
				assert_memory_equal(out + start + off, &sum, 2);
			free(out);
		}
		assert_int_equal(skb_checksum_help(skb), 0);
		assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
		if (other)
			assert_packet(other, twin, other->len);
		memcpy(twin + start + off, &sum, 2);
		assert_packet(skb, twin, skb->len);
		free(twin);
		kfree_skb(skb);
		kfree_skb(other);
	}
}

static void test_help_refuses(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_reserve(skb, 20);
	skb_put_zero(skb, 40);
	make_partial(skb, 39, 0); /* field beyond the end */
	assert_int_equal(skb_checksum_help(skb), -EINVAL);
	make_partial(skb, 0, 39);
	assert_int_equal(skb_checksum_help(skb), -EINVAL);
	make_partial(skb, 0, 0xffff);
	assert_int_equal(skb_checksum_help(skb), -EINVAL);
	make_partial(skb, 0, 10);
	skb->csum_start = 5; /* in front of the data */
	assert_int_equal(skb_checksum_help(skb), -EINVAL);
	make_partial(skb, 38, 0);
	skb_shinfo(skb)->gso_size = 10;
	assert_int_equal(skb_checksum_help(skb), -EINVAL);
	skb_shinfo(skb)->gso_size = 0;
	skb->csum_not_inet = 1;
	assert_int_equal(skb_checksum_help(skb), -EINVAL);
	assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
	skb->csum_not_inet = 0;
	assert_int_equal(skb_checksum_help(skb), 0);
	/* nothing but zeros: 0 would mean "none" */
	assert_int_equal(skb->data[38], 0xff);
	assert_int_equal(skb->data[39], 0xff);
	skb->ip_summed = CHECKSUM_COMPLETE;
	assert_int_equal(skb_checksum_help(skb), 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	kfree_skb(skb);
}

/* Whatever is pulled, pushed and trimmed: csum stays the sum of the data. */
static void assert_complete(const struct sk_buff *skb)
{
	unsigned char *twin = flatten(skb);

	assert_int_equal(skb->ip_summed, CHECKSUM_COMPLETE);
	assert_int_equal((u16)(fold(skb->csum) % 0xffff),
			 (u16)(naive_fold(twin, skb->len, 0) % 0xffff));
	free(twin);
}

static void test_complete_follows(void **state)
{
	for (unsigned int round = 0; round < 300; round++) {
		struct sk_buff *skb = shape_packet(200 + below(2000), round % 4);

		skb->csum = skb_checksum(skb, 0, (int)skb->len, 0);
		skb->ip_summed = CHECKSUM_COMPLETE;
		for (unsigned int i = 0; i < 10 && skb->len > 20; i++) {
			/* an odd start shifts the whole sum: what is pulled is even, as headers are */
			unsigned int n = 2 * below(10);

			switch (below(3)) {
			case 0:
				assert_int_equal(pskb_may_pull(skb, n), 1);
				skb_pull_rcsum(skb, n);
				break;
			case 1:
				n = min(n, skb_headroom(skb) & ~1u);
				skb_push_rcsum(skb, n);
				break;
			default:
				assert_int_equal(pskb_trim_rcsum(skb, skb->len - below(20)), 0);
				break;
			}
			assert_complete(skb);
		}
		kfree_skb(skb);
	}
}

static void test_complete_given_up(void **state)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);

	skb_put_zero(skb, 32);
	skb->ip_summed = CHECKSUM_COMPLETE;
	assert_int_equal(__skb_trim_rcsum(skb, 20), 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	assert_int_equal(skb->len, 20);
	skb->ip_summed = CHECKSUM_COMPLETE;
	assert_int_equal(__skb_grow_rcsum(skb, 200), 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	assert_int_equal(skb->len, 200);
	skb->ip_summed = CHECKSUM_COMPLETE;
	skb_forward_csum(skb);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_checksum_complete_unset(skb);
	skb_forward_csum(skb);
	assert_int_equal(skb->ip_summed, CHECKSUM_UNNECESSARY);
	/* a pull over the start of a partial sum: it can't be made any more */
	make_partial(skb, 4, 2);
	skb_pull_rcsum(skb, 4);
	assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
	skb_pull_rcsum(skb, 1);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	kfree_skb(skb);
}

static void test_levels(void **state)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);

	assert_int_equal(skb_csum_unnecessary(skb), 0);
	__skb_decr_checksum_unnecessary(skb);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	for (unsigned int i = 0; i < 6; i++) {
		__skb_incr_checksum_unnecessary(skb);
		assert_int_equal(skb->ip_summed, CHECKSUM_UNNECESSARY);
		assert_int_equal(skb->csum_level, min(i, (unsigned int)SKB_MAX_CSUM_LEVEL));
	}
	assert_int_equal(skb_csum_unnecessary(skb), 1);
	for (unsigned int i = 0; i < SKB_MAX_CSUM_LEVEL; i++)
		__skb_decr_checksum_unnecessary(skb);
	assert_int_equal(skb->ip_summed, CHECKSUM_UNNECESSARY);
	__skb_decr_checksum_unnecessary(skb);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	__skb_incr_checksum_unnecessary(skb);
	__skb_reset_checksum_unnecessary(skb);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	skb_checksum_none_assert(skb);
	skb->csum_valid = 1;
	assert_int_equal(skb_csum_unnecessary(skb), 1);
	kfree_skb(skb);
}

/* A message of @len bytes whose first two bytes make its sum right together with @psum. */
static struct sk_buff *summed(unsigned int len, u32 psum, unsigned int what)
{
	struct sk_buff *skb = shape_packet(len, what);
	u16 sum, zero = 0;

	assert_int_equal(pskb_may_pull(skb, 2), 1);
	memcpy(skb->data, &zero, 2);
	sum = fold(skb_checksum(skb, 0, (int)skb->len, wsum(psum)));
	memcpy(skb->data, &sum, 2);
	return skb;
}

static __wsum pseudo_of_test(struct sk_buff *skb, int proto)
{
	return wsum((u32)proto);
}

static void test_validate(void **state)
{
	for (unsigned int round = 0; round < 200; round++) {
		struct sk_buff *skb = summed(10 + below(300), 4711, round % 4);
		bool broken = round % 5 == 0, whole = skb->len <= CHECKSUM_BREAK;

		if (broken)
			skb->data[1] ^= 0x55;
		if (round % 3 == 0) {
			skb->ip_summed = CHECKSUM_COMPLETE;
			skb->csum = skb_checksum(skb, 0, (int)skb->len, 0);
		}
		if (round % 2) {
			assert_int_equal(skb_checksum_validate(skb, 4711, pseudo_of_test) != 0,
					 broken);
		} else {
			__sum16 now = skb_checksum_init(skb, 4711, pseudo_of_test);

			/* long ones are left for later */
			assert_int_equal(now != 0, broken && whole);
			assert_int_equal(skb_checksum_complete(skb) != 0, broken);
		}
		assert_int_equal(skb->csum_valid, !broken);
		assert_int_equal(skb_csum_unnecessary(skb), !broken);
		kfree_skb(skb);
	}
}

static void test_validate_known(void **state)
{
	struct sk_buff *skb = summed(100, 1, 0);

	/* absent is right where it may be absent */
	assert_int_equal(skb_checksum_validate_zero_check(skb, 9, 0, pseudo_of_test), 0);
	assert_int_equal(skb->csum_valid, 1);
	assert_int_not_equal(skb_checksum_validate_zero_check(skb, 9, 1, pseudo_of_test), 0);
	/* the device's word is used up level by level */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = 1;
	assert_int_equal(skb_checksum_validate(skb, 9, pseudo_of_test), 0);
	assert_int_equal(skb->csum_level, 0);
	assert_int_equal(skb_checksum_simple_validate(skb), 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	skb->csum_valid = 0;
	assert_int_not_equal(skb_checksum_simple_validate(skb), 0);
	kfree_skb(skb);

	skb = summed(100, 0, 0);
	assert_int_equal(skb_checksum_simple_validate(skb), 0);
	kfree_skb(skb);
}

static void test_shared_not_written(void **state)
{
	struct sk_buff *skb = summed(100, 0, 0);

	skb_get(skb);
	assert_int_equal(__skb_checksum_complete(skb), 0);
	assert_int_equal(__skb_checksum_complete_head(skb, 100), 0);
	assert_int_equal(skb->csum_valid, 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	kfree_skb(skb);
	assert_int_equal(__skb_checksum_complete_head(skb, 100), 0);
	assert_int_equal(skb->csum_valid, 1);
	kfree_skb(skb);
}

/* A valid outer checksum tells the sum of the packet. */
static void test_convert(void **state)
{
	struct sk_buff *skb = summed(300, 77, 0);

	assert_int_equal(skb_checksum_validate(skb, 77, pseudo_of_test), 0);
	skb->ip_summed = CHECKSUM_NONE;
	skb_checksum_try_convert(skb, 77, pseudo_of_test);
	assert_complete(skb);
	skb->ip_summed = CHECKSUM_NONE;
	skb->csum_valid = 0;
	skb_checksum_try_convert(skb, 77, pseudo_of_test);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	kfree_skb(skb);
}

static void test_partial_set(void **state)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_reserve(skb, 10);
	skb_put_zero(skb, 50);
	assert_true(skb_partial_csum_set(skb, 20, 16));
	assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
	assert_int_equal(skb_checksum_start_offset(skb), 20);
	assert_int_equal(skb->csum_offset, 16);
	assert_int_equal(skb_transport_offset(skb), 20);
	assert_true(skb_partial_csum_set(skb, 48, 0));
	skb->ip_summed = CHECKSUM_NONE;
	assert_false(skb_partial_csum_set(skb, 49, 0));
	assert_false(skb_partial_csum_set(skb, 0, 49));
	assert_false(skb_partial_csum_set(skb, 0xffff, 0xffff));
	assert_false(skb_partial_csum_set(skb, 20, 0xfffe));
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	kfree_skb(skb);
}

/* skb_checksum_setup(): headers are built by hand, the result checked by completing the sum. */
static struct sk_buff *ip4(u8 proto, unsigned int ihl, u16 frag, unsigned int payload)
{
	struct sk_buff *skb = alloc_skb(2000, GFP_KERNEL);
	struct iphdr *ip = skb_put_zero(skb, ihl * 4);

	ip->version = 4;
	ip->ihl = ihl & 15;
	ip->protocol = proto;
	ip->frag_off = htons(frag);
	ip->saddr = htonl(0xc0000201);
	ip->daddr = htonl(0xc0000202);
	shape_bytes(skb_put(skb, payload), payload);
	skb->protocol = htons(ETH_P_IP);
	skb_reset_network_header(skb);
	return skb;
}

static void assert_setup(struct sk_buff *skb, unsigned int thoff, unsigned int field, u8 proto)
{
	unsigned int len = skb->len - thoff;
	const struct iphdr *ip = (void *)skb->data;
	const struct ipv6hdr *ip6 = (void *)skb->data;
	__wsum sum;

	assert_int_equal(skb_checksum_setup(skb, true), 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
	assert_int_equal(skb_checksum_start_offset(skb), thoff);
	assert_int_equal(skb->csum_offset, field);
	assert_int_equal(skb_checksum_help(skb), 0);
	sum = csum_partial(skb->data + thoff, (int)len, 0);
	if (ip->version == 4)
		assert_int_equal(csum_tcpudp_magic(ip->saddr, ip->daddr, len, proto, sum), 0);
	else
		assert_int_equal(csum_ipv6_magic(&ip6->saddr, &ip6->daddr, len, proto, sum), 0);
	kfree_skb(skb);
}

static void assert_setup_fails(struct sk_buff *skb)
{
	assert_int_equal(skb_checksum_setup(skb, true), -EPROTO);
	kfree_skb(skb);
}

static void test_setup_ipv4(void **state)
{
	struct sk_buff *skb;

	assert_setup(ip4(IPPROTO_TCP, 5, 0, 20), 20, 16, IPPROTO_TCP);
	assert_setup(ip4(IPPROTO_TCP, 15, 0x4000, 500), 60, 16, IPPROTO_TCP);
	assert_setup(ip4(IPPROTO_UDP, 6, 0, 8), 24, 6, IPPROTO_UDP);
	assert_setup(ip4(IPPROTO_UDP, 5, 0, 1001), 20, 6, IPPROTO_UDP);
	assert_setup_fails(ip4(IPPROTO_TCP, 5, 0, 19));
	assert_setup_fails(ip4(IPPROTO_UDP, 5, 0, 7));
	assert_setup_fails(ip4(IPPROTO_ICMP, 5, 0, 100));
	assert_setup_fails(ip4(IPPROTO_UDP, 5, 0x2000, 100));
	assert_setup_fails(ip4(IPPROTO_UDP, 5, 1, 100));
	skb = ip4(IPPROTO_UDP, 5, 0, 100);
	((struct iphdr *)(void *)skb->data)->ihl = 4;
	assert_setup_fails(skb);
	skb = ip4(IPPROTO_UDP, 5, 0, 100);
	skb->protocol = htons(ETH_P_ARP);
	assert_setup_fails(skb);
	skb = ip4(IPPROTO_UDP, 5, 0, 100);
	skb_trim(skb, 19);
	assert_setup_fails(skb);
	/* without @recalculate the field is left alone */
	skb = ip4(IPPROTO_UDP, 5, 0, 100);
	memset(skb->data + 26, 0x77, 2);
	assert_int_equal(skb_checksum_setup(skb, false), 0);
	assert_int_equal(skb->data[26], 0x77);
	kfree_skb(skb);
}

/* Extension headers of the given types, 8 or 16 bytes each, then UDP. */
static struct sk_buff *ip6(const u8 *ext, unsigned int n, u16 frag, unsigned int payload)
{
	struct sk_buff *skb = alloc_skb(2000, GFP_KERNEL);
	struct ipv6hdr *ip = skb_put_zero(skb, sizeof(*ip));

	ip->version = 6;
	ip->nexthdr = n ? ext[0] : IPPROTO_UDP;
	shape_bytes((unsigned char *)&ip->saddr, 32);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int units = ext[i] == IPPROTO_FRAGMENT ? 0 : i % 2;
		u8 *h = skb_put_zero(skb, ext[i] == IPPROTO_AH ? (units + 2) * 4 : 8 + 8 * units);

		h[0] = i + 1 < n ? ext[i + 1] : IPPROTO_UDP;
		h[1] = (u8)units;
		if (ext[i] == IPPROTO_FRAGMENT) {
			h[2] = (u8)(frag >> 8);
			h[3] = (u8)frag;
		}
	}
	shape_bytes(skb_put(skb, payload), payload);
	skb->protocol = htons(ETH_P_IPV6);
	skb_reset_network_header(skb);
	return skb;
}

static void test_setup_ipv6(void **state)
{
	const u8 some[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_AH,
			    IPPROTO_DSTOPTS };
	const u8 many[] = { 60, 60, 60, 60, 60, 60, 60, 60, 60 };
	struct sk_buff *skb;

	assert_setup(ip6(NULL, 0, 0, 8), 40, 6, IPPROTO_UDP);
	assert_setup(ip6(NULL, 0, 0, 777), 40, 6, IPPROTO_UDP);
	assert_setup(ip6(some, 5, 0, 50), 40 + 8 + 16 + 8 + 12 + 8, 6, IPPROTO_UDP);
	assert_setup_fails(ip6(some, 5, 8, 50));
	assert_setup_fails(ip6(some, 5, 1, 50));
	assert_setup_fails(ip6(some, 5, 0, 7));
	assert_setup_fails(ip6(many, 9, 0, 50));
	skb = ip6(NULL, 0, 0, 50);
	((struct ipv6hdr *)(void *)skb->data)->version = 5;
	assert_setup_fails(skb);
	skb = ip6(some, 1, 0, 50);
	skb_trim(skb, 44);
	assert_setup_fails(skb);
}

static __sum16 check_simple(struct sk_buff *skb)
{
	return skb_checksum_simple_validate(skb);
}

static void test_trimmed(void **state)
{
	struct sk_buff *skb = summed(200, 0, 0), *got;

	assert_int_equal(pskb_expand_head(skb, 24, 20, GFP_KERNEL), 0);
	skb_push(skb, 24);
	skb_set_transport_header(skb, 24);
	/* exact: the packet itself */
	assert_ptr_equal(skb_checksum_trimmed(skb, 200, check_simple), skb);
	assert_int_equal(skb_headroom(skb) + skb->len, skb->tail);
	skb->csum_valid = 0;
	skb->ip_summed = CHECKSUM_NONE;
	assert_null(skb_checksum_trimmed(skb, 201, check_simple));
	assert_null(skb_checksum_trimmed(skb, ~0u, check_simple));
	/* padding behind it: a clone of its own */
	memset(skb_put(skb, 7), 0xee, 7);
	got = skb_checksum_trimmed(skb, 200, check_simple);
	assert_non_null(got);
	assert_ptr_not_equal(got, skb);
	assert_int_equal(got->len, 224);
	assert_int_equal(skb->len, 231);
	kfree_skb(got);
	/* wrong */
	skb->data[100] ^= 1;
	assert_null(skb_checksum_trimmed(skb, 200, check_simple));
	skb_set_transport_header(skb, 300);
	assert_null(skb_checksum_trimmed(skb, 200, check_simple));
	kfree_skb(skb);
}

/* RFC 768 inside a tunnel whose header says where the checksum is to go. */
static void test_remote(void **state)
{
	struct sk_buff *skb = alloc_skb(400, GFP_KERNEL);
	__sum16 expect;

	skb_put(skb, 208);
	shape_bytes(skb->data, 208);
	memset(skb->data + 8 + 26, 0, 2);
	expect = csum_fold(csum_partial(skb->data + 28, 180, 0));
	skb_remcsum_process(skb, skb->data + 8, 20, 26, false);
	assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
	assert_int_equal(skb_checksum_start_offset(skb), 28);
	assert_int_equal(skb->csum_offset, 6);

	skb->ip_summed = CHECKSUM_NONE;
	skb_pull(skb, 8);
	skb_remcsum_process(skb, skb->data, 20, 26, true);
	assert_memory_equal(skb->data + 26, &expect, 2);
	assert_complete(skb);
	kfree_skb(skb);
}

/* Each allocation on these ways fails once: an error, nothing lost, the packet as it was. */
static void test_no_memory(void **state)
{
	if (skiff_fail_nth(0))
		skip();
	for (long n = 1; n < 100; n++) {
		struct sk_buff *skb = shape_packet(500, SHAPE_ALL), *other;
		unsigned char *twin = flatten(skb);
		long count;
		int err;

		assert_int_equal(pskb_may_pull(skb, 60), 1);
		other = skb_clone(skb, GFP_KERNEL);
		make_partial(skb, 10, 4);
		skiff_fail_nth(n);
		err = skb_checksum_help(skb);
		count = skiff_fail_count();
		skiff_fail_nth(0);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
			assert_packet(skb, twin, skb->len);
		}
		assert_packet(other, twin, other->len);
		free(twin);
		kfree_skb(skb);
		kfree_skb(other);
		if (count < n) {
			assert_true(n > 1);
			return;
		}
	}
	fail();
}

#define T(name) cmocka_unit_test_setup_teardown(name, shape_setup, shape_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_ranges),
		T(test_odd_fragments),
		T(test_large),
		T(test_own_rule),
		T(test_outside),
		T(test_help),
		T(test_help_refuses),
		T(test_complete_follows),
		T(test_complete_given_up),
		T(test_levels),
		T(test_validate),
		T(test_validate_known),
		T(test_shared_not_written),
		T(test_convert),
		T(test_partial_set),
		T(test_setup_ipv4),
		T(test_setup_ipv6),
		T(test_trimmed),
		T(test_remote),
		T(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
