// SPDX-License-Identifier: BSD-2-Clause
/* The virtio header: every field, hostile ones included, against frames of every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/random.h>
#include <skiff/skb/pool.h>

#include "ethernet/virtio_net.h"

static struct sk_buff *frame(unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len + 64, GFP_KERNEL);

	skb_reserve(skb, 2);
	memset(skb_put(skb, len), 0x11, len);
	return skb;
}

static int to_skb(struct sk_buff *skb, u8 flags, u8 gso_type, u16 gso_size, u16 start, u16 offset)
{
	const struct virtio_net_hdr hdr = {
		.flags = flags,
		.gso_type = gso_type,
		.gso_size = gso_size,
		.csum_start = start,
		.csum_offset = offset,
	};

	return virtio_net_hdr_to_skb(skb, &hdr);
}

static void test_nothing(void **state)
{
	struct sk_buff *skb = frame(60);

	assert_int_equal(to_skb(skb, 0, 0, 0, 9999, 9999), 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	assert_int_equal(to_skb(skb, VIRTIO_NET_HDR_F_DATA_VALID, 0, 0, 0, 0), 0);
	assert_int_equal(skb->ip_summed, CHECKSUM_UNNECESSARY);
	consume_skb(skb);
}

static void test_every_start_and_offset(void **state)
{
	unsigned int len, start, offset;

	for (len = 1; len <= 60; len += 7) {
		for (start = 0; start <= 64; start++) {
			for (offset = 0; offset <= 64; offset++) {
				struct sk_buff *skb = frame(len);
				bool fits = start >= ETH_HLEN && start + offset + 2 <= len;
				int ret = to_skb(skb, VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 0, (u16)start,
						 (u16)offset);

				assert_int_equal(ret, fits ? 0 : -EINVAL);
				if (fits) {
					assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
					assert_int_equal(skb_checksum_start_offset(skb), start);
					assert_int_equal(skb_checksum_help(skb), 0);
				}
				consume_skb(skb);
			}
		}
	}
}

static void test_wrapping(void **state)
{
	struct sk_buff *skb = frame(60);

	assert_int_equal(to_skb(skb, VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 0, 0xffff, 0xffff), -EINVAL);
	assert_int_equal(to_skb(skb, VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 0, 34, 0xfffe), -EINVAL);
	assert_int_equal(to_skb(skb, VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 0, 0xfffe, 1), -EINVAL);
	consume_skb(skb);
}

static void test_segments(void **state)
{
	const u8 needs = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	struct sk_buff *skb = frame(3000);
	struct virtio_net_hdr hdr;

	assert_int_equal(to_skb(skb, 0, VIRTIO_NET_HDR_GSO_TCPV4, 1000, 34, 16), -EINVAL);
	assert_int_equal(to_skb(skb, needs, VIRTIO_NET_HDR_GSO_TCPV4, 0, 34, 16), -EINVAL);
	assert_int_equal(to_skb(skb, needs, VIRTIO_NET_HDR_GSO_UDP, 1000, 34, 6), -EINVAL);
	assert_int_equal(to_skb(skb, needs, 99, 1000, 34, 6), -EINVAL);
	assert_int_equal(to_skb(skb, needs, 5 | VIRTIO_NET_HDR_GSO_ECN, 1000, 34, 6), -EINVAL);
	assert_false(skb_is_gso(skb));
	assert_int_equal(to_skb(skb, needs, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, 1000,
				34, 16),
			 0);
	assert_int_equal(__skb_shinfo(skb)->gso_size, 1000);
	assert_int_equal(__skb_shinfo(skb)->gso_type,
			 SKB_GSO_TCPV4 | SKB_GSO_TCP_ECN | SKB_GSO_DODGY);
	/* There and back. */
	assert_int_equal(virtio_net_hdr_from_skb(skb, &hdr), 0);
	assert_int_equal(hdr.flags, needs);
	assert_int_equal(hdr.gso_type, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN);
	assert_int_equal(hdr.gso_size, 1000);
	assert_int_equal(hdr.csum_start, 34);
	assert_int_equal(hdr.csum_offset, 16);
	skb_shinfo(skb)->gso_type = SKB_GSO_SCTP;
	assert_int_equal(virtio_net_hdr_from_skb(skb, &hdr), -EINVAL);
	consume_skb(skb);
	/* One segment is none. */
	skb = frame(500);
	assert_int_equal(to_skb(skb, needs, VIRTIO_NET_HDR_GSO_TCPV6, 1000, 54, 16), 0);
	assert_false(skb_is_gso(skb));
	consume_skb(skb);
}

static void test_what_we_say(void **state)
{
	static const struct virtio_net_hdr zero;
	struct sk_buff *skb = frame(60);
	struct virtio_net_hdr hdr;

	assert_int_equal(virtio_net_hdr_from_skb(skb, &hdr), 0);
	assert_memory_equal(&hdr, &zero, sizeof(hdr));
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	assert_int_equal(virtio_net_hdr_from_skb(skb, &hdr), 0);
	assert_int_equal(hdr.flags, VIRTIO_NET_HDR_F_DATA_VALID);
	consume_skb(skb);
}

static void test_random_headers(void **state)
{
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 5);
	for (i = 0; i < 200000; i++) {
		struct sk_buff *skb = frame(1 + prandom_u32_state(&rnd) % 200);
		struct virtio_net_hdr hdr;

		prandom_bytes_state(&rnd, &hdr, sizeof(hdr));
		if (i & 1) {
			hdr.csum_start %= 256;
			hdr.csum_offset %= 64;
			hdr.gso_type %= 8;
		}
		if (!virtio_net_hdr_to_skb(skb, &hdr) && !skb_is_gso(skb) &&
		    skb->ip_summed == CHECKSUM_PARTIAL)
			assert_int_equal(skb_checksum_help(skb), 0);
		consume_skb(skb);
	}
	assert_int_equal(skb_live_buffers(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),	    cmocka_unit_test(test_every_start_and_offset),
		cmocka_unit_test(test_wrapping),    cmocka_unit_test(test_segments),
		cmocka_unit_test(test_what_we_say), cmocka_unit_test(test_random_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
