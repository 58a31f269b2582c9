// SPDX-License-Identifier: BSD-2-Clause
/* Tags and headers in front of packets: VLAN, Ethernet, MPLS; bytes, offsets and checksums. */
#include <netinet/in.h>

#include "shape.h"
#include "skb/alloc.h"

/* 12 bytes of addresses, the given type words, then a payload that can be told. */
static struct sk_buff *frame(const u16 *words, unsigned int n, unsigned int payload)
{
	struct sk_buff *skb = alloc_skb(200 + payload, GFP_KERNEL);
	unsigned int i;

	skb_reserve(skb, 64);
	for (i = 0; i < 12; i++)
		skb_put_u8(skb, (u8)(0xa0 + i));
	for (i = 0; i < n; i++) {
		skb_put_u8(skb, (u8)(words[i] >> 8));
		skb_put_u8(skb, (u8)words[i]);
	}
	for (i = 0; i < payload; i++)
		skb_put_u8(skb, (u8)i);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, 12 + 2 * (int)n);
	skb->mac_len = (u16)(12 + 2 * n);
	skb->protocol = htons(words[0]);
	return skb;
}

static void assert_frame(const struct sk_buff *skb, const u8 *from, const u16 *words,
			 unsigned int n, unsigned int payload)
{
	unsigned int i;

	assert_int_equal(skb->len - (unsigned int)(from - skb->data), 12 + 2 * n + payload);
	for (i = 0; i < 12; i++)
		assert_int_equal(from[i], 0xa0 + i);
	for (i = 0; i < n; i++)
		assert_int_equal(from[12 + 2 * i] << 8 | from[13 + 2 * i], words[i]);
	for (i = 0; i < payload; i++)
		assert_int_equal(from[12 + 2 * n + i], (u8)i);
}

static void sum_it(struct sk_buff *skb)
{
	skb->csum = skb_checksum(skb, 0, (int)skb->len, 0);
	skb->ip_summed = CHECKSUM_COMPLETE;
}

static void assert_sum(const struct sk_buff *skb)
{
	u32 now = csum_fold(skb_checksum(skb, 0, (int)skb->len, 0));

	assert_int_equal(skb->ip_summed, CHECKSUM_COMPLETE);
	assert_int_equal(csum_fold(skb->csum) % 0xffff, now % 0xffff);
}

static const u16 untagged[] = { ETH_P_IP };
static const u16 tagged[] = { ETH_P_8021Q, 0x6123, ETH_P_IP };
static const u16 twice[] = { ETH_P_8021AD, 0x0007, ETH_P_8021Q, 0x6123, ETH_P_IP };

static unsigned int reasons[SKB_DROP_REASON_MAX];

static void count_reason(struct sk_buff *skb, enum skb_drop_reason reason, const void *site)
{
	reasons[reason]++;
}

static void test_insert(void **state)
{
	struct sk_buff *skb = frame(untagged, 1, 50);

	assert_int_equal(__vlan_insert_tag(skb, htons(ETH_P_8021Q), 0x6123), 0);
	assert_frame(skb, skb->data, tagged, 3, 50);
	assert_ptr_equal(skb_mac_header(skb), skb->data);
	assert_int_equal(skb->protocol, htons(ETH_P_IP));
	skb = vlan_insert_tag_set_proto(skb, htons(ETH_P_8021AD), 7);
	assert_non_null(skb);
	assert_frame(skb, skb->data, twice, 5, 50);
	assert_int_equal(skb->protocol, htons(ETH_P_8021AD));
	kfree_skb(skb);

	skb = frame(untagged, 1, 0);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0x6123);
	skb = __vlan_hwaccel_push_inside(skb);
	assert_frame(skb, skb->data, tagged, 3, 0);
	assert_false(skb_vlan_tag_present(skb));
	skb_trim(skb, 13);
	assert_int_equal(__vlan_insert_tag(skb, htons(ETH_P_8021Q), 1), -EINVAL);
	skb_drop_hook = count_reason;
	memset(reasons, 0, sizeof(reasons));
	assert_null(vlan_insert_tag_set_proto(skb, htons(ETH_P_8021Q), 1));
	skb_drop_hook = NULL;
	assert_int_equal(reasons[SKB_DROP_REASON_HDR_TRUNC], 1);
}

static void test_tag_fields(void **state)
{
	struct sk_buff *skb = frame(untagged, 1, 0), *other = frame(untagged, 1, 0);
	u16 tci;

	assert_int_equal(__vlan_hwaccel_get_tag(skb, &tci), -EINVAL);
	assert_int_equal(tci, 0);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0xb123);
	assert_int_equal(__vlan_hwaccel_get_tag(skb, &tci), 0);
	assert_int_equal(tci, 0xb123);
	assert_int_equal(skb_vlan_tag_get_id(skb), 0x123);
	assert_int_equal(skb_vlan_tag_get_prio(skb), 5);
	assert_int_equal(skb_vlan_tag_get_cfi(skb), 1);
	__vlan_hwaccel_copy_tag(other, skb);
	assert_true(skb_vlan_tag_present(other));
	assert_int_equal(skb_vlan_tag_get(other), 0xb123);
	__vlan_hwaccel_clear_tag(skb);
	assert_false(skb_vlan_tag_present(skb));
	assert_true(eth_type_vlan(htons(ETH_P_8021AD)));
	assert_false(eth_type_vlan(htons(ETH_P_IP)));
	kfree_skb(skb);
	kfree_skb(other);
}

static void test_untag(void **state)
{
	for (unsigned int cloned = 0; cloned < 2; cloned++) {
		struct sk_buff *skb = frame(tagged, 3, 60), *clone = NULL;

		skb_pull(skb, 14);
		sum_it(skb);
		skb_metadata_set(skb, 4);
		memcpy(skb_mac_header(skb) - 4, "meta", 4);
		if (cloned)
			clone = skb_clone(skb, GFP_KERNEL);
		skb = skb_vlan_untag(skb);
		assert_non_null(skb);
		assert_true(skb_vlan_tag_present(skb));
		assert_int_equal(skb_vlan_tag_get(skb), 0x6123);
		assert_int_equal(skb->vlan_proto, htons(ETH_P_8021Q));
		assert_int_equal(skb->protocol, htons(ETH_P_IP));
		assert_int_equal(skb->len, 60);
		assert_int_equal(skb_network_offset(skb), 0);
		assert_int_equal(skb->mac_len, 14);
		assert_frame(skb, skb_mac_header(skb), untagged, 1, 60);
		assert_memory_equal(skb_mac_header(skb) - 4, "meta", 4);
		assert_sum(skb);
		assert_ptr_equal(skb_vlan_untag(skb), skb);
		if (clone)
			assert_frame(clone, skb_mac_header(clone), tagged, 3, 60);
		kfree_skb(clone);
		kfree_skb(skb);
	}
}

static void test_untag_refuses(void **state)
{
	for (unsigned int payload = 0; payload < 6; payload++) {
		struct sk_buff *skb = frame(tagged, 2, payload);
		struct sk_buff *got;

		skb_pull(skb, 14);
		skb_drop_hook = count_reason;
		memset(reasons, 0, sizeof(reasons));
		got = skb_vlan_untag(skb);
		skb_drop_hook = NULL;
		assert_int_equal(got != NULL, payload >= 4);
		assert_int_equal(reasons[SKB_DROP_REASON_HDR_TRUNC], payload < 4);
		kfree_skb(got);
	}
}

static void test_encap_proto(void **state)
{
	static const u16 words[][4] = {
		{ ETH_P_8021Q, 1, ETH_P_IPV6, 0 },
		{ ETH_P_8021Q, 1, 0x05ff, 0xffff },
		{ ETH_P_8021Q, 1, 0x05ff, 0xaaaa },
		{ ETH_P_8021Q, 1, 0x0600, 0xffff },
	};
	static const u16 protos[] = { ETH_P_IPV6, ETH_P_802_3, ETH_P_802_2, 0x0600 };

	for (unsigned int i = 0; i < 4; i++) {
		struct sk_buff *skb = frame(words[i], 4, 10);
		u16 tci;

		assert_int_equal(__skb_vlan_pop(skb, &tci), 0);
		assert_int_equal(tci, 1);
		assert_int_equal(skb->protocol, htons(protos[i]));
		kfree_skb(skb);
	}
}

static void test_pop_push(void **state)
{
	struct sk_buff *skb = frame(twice, 5, 50);

	sum_it(skb);
	/* the outer one goes, the inner one moves beside the data */
	assert_int_equal(skb_vlan_pop(skb), 0);
	assert_true(skb_vlan_tag_present(skb));
	assert_int_equal(skb_vlan_tag_get(skb), 0x6123);
	assert_int_equal(skb->protocol, htons(ETH_P_IP));
	assert_frame(skb, skb->data, untagged, 1, 50);
	assert_int_equal(skb_mac_offset(skb), 0);
	assert_sum(skb);
	/* back again */
	assert_int_equal(skb_vlan_push(skb, htons(ETH_P_8021AD), 7), 0);
	assert_int_equal(skb_vlan_tag_get(skb), 7);
	assert_int_equal(skb->protocol, htons(ETH_P_8021Q));
	assert_frame(skb, skb->data, tagged, 3, 50);
	assert_sum(skb);
	assert_int_equal(skb_vlan_pop(skb), 0);
	assert_int_equal(skb_vlan_tag_get(skb), 0x6123);
	assert_int_equal(skb_vlan_pop(skb), 0);
	assert_false(skb_vlan_tag_present(skb));
	assert_frame(skb, skb->data, untagged, 1, 50);
	assert_int_equal(skb_vlan_pop(skb), 0);
	assert_frame(skb, skb->data, untagged, 1, 50);
	assert_sum(skb);
	kfree_skb(skb);
}

static void test_pop_refuses(void **state)
{
	struct sk_buff *skb = frame(tagged, 3, 0);
	u16 tci;

	skb_pull(skb, 2);
	assert_int_equal(__skb_vlan_pop(skb, &tci), -EINVAL);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 1);
	assert_int_equal(skb_vlan_push(skb, htons(ETH_P_8021Q), 2), -EINVAL);
	skb_push(skb, 2);
	skb_trim(skb, 17);
	assert_int_equal(__skb_vlan_pop(skb, &tci), -EINVAL);
	kfree_skb(skb);
}

static void test_get_protocol(void **state)
{
	struct sk_buff *skb = frame(twice, 5, 10);
	u16 many[30];
	int depth;

	skb->mac_len = 0;
	assert_int_equal(vlan_get_protocol(skb), htons(ETH_P_IP));
	assert_int_equal(__vlan_get_protocol(skb, skb->protocol, &depth), htons(ETH_P_IP));
	assert_int_equal(depth, 22);
	skb->mac_len = 18;
	assert_int_equal(__vlan_get_protocol(skb, skb->protocol, &depth), htons(ETH_P_IP));
	assert_int_equal(depth, 22);
	assert_int_equal(__vlan_get_protocol(skb, htons(ETH_P_ARP), &depth), htons(ETH_P_ARP));
	assert_int_equal(depth, 18);
	skb_trim(skb, 20);
	skb->mac_len = 0;
	assert_int_equal(vlan_get_protocol(skb), 0);
	kfree_skb(skb);
	for (unsigned int i = 0; i < 30; i++)
		many[i] = ETH_P_8021Q;
	skb = frame(many, 30, 10);
	skb->mac_len = 0;
	assert_int_equal(vlan_get_protocol(skb), 0);
	kfree_skb(skb);
}

static void test_eth_push_pop(void **state)
{
	static const u8 dst[] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5 };
	static const u8 src[] = { 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab };
	struct sk_buff *skb = frame(untagged, 1, 50);

	sum_it(skb);
	assert_int_equal(skb_eth_push(skb, dst, src), -EPROTO);
	assert_int_equal(skb_eth_pop(skb), 0);
	assert_int_equal(skb->len, 50);
	assert_int_equal(skb_mac_offset(skb), 0);
	assert_int_equal(skb->mac_len, 0);
	assert_sum(skb);
	assert_int_equal(skb_eth_pop(skb), -EPROTO);
	memset(skb->data - 14, 0, 14);
	assert_int_equal(skb_eth_push(skb, dst, src), 0);
	assert_frame(skb, skb->data, untagged, 1, 50);
	assert_int_equal(skb->mac_len, 14);
	assert_sum(skb);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 1);
	assert_int_equal(skb_eth_pop(skb), -EPROTO);
	kfree_skb(skb);
}

static void test_mpls(void **state)
{
	static const u16 labelled[] = { ETH_P_MPLS_UC, 0x1234, 0x5140 };
	static const u16 two[] = { ETH_P_MPLS_UC, 0xaaaa, 0xa0ff, 0x1234, 0x5140 };
	struct sk_buff *skb = frame(untagged, 1, 51);

	sum_it(skb);
	assert_int_equal(skb_mpls_pop(skb, htons(ETH_P_IP), 14, true), 0); /* no MPLS: nothing */
	assert_int_equal(skb_mpls_push(skb, htonl(1), htons(ETH_P_IP), 14, true), -EINVAL);
	assert_int_equal(skb_mpls_push(skb, htonl(1), htons(ETH_P_MPLS_UC), -1, true), -EINVAL);
	assert_int_equal(skb_mpls_push(skb, htonl(1), htons(ETH_P_MPLS_UC), 1000, true), -EINVAL);
	assert_int_equal(skb_mpls_update_lse(skb, 0), -EINVAL);
	assert_int_equal(skb_mpls_dec_ttl(skb), -EINVAL);
	assert_frame(skb, skb->data, untagged, 1, 51);

	assert_int_equal(skb_mpls_push(skb, htonl(0x12345140), htons(ETH_P_MPLS_UC), 14, true), 0);
	assert_frame(skb, skb->data, labelled, 3, 51);
	assert_int_equal(skb->protocol, htons(ETH_P_MPLS_UC));
	assert_int_equal(skb->inner_protocol, htons(ETH_P_IP));
	assert_int_equal(skb_inner_network_offset(skb), 18);
	assert_int_equal(skb_network_offset(skb), 14);
	assert_sum(skb);
	assert_int_equal(skb_mpls_push(skb, htonl(0xaaaaa0ff), htons(ETH_P_MPLS_UC), 14, true), 0);
	assert_frame(skb, skb->data, two, 5, 51);
	assert_int_equal(mpls_hdr(skb)->label_stack_entry, htonl(0xaaaaa0ff));
	assert_sum(skb);

	assert_int_equal(skb_mpls_dec_ttl(skb), 0);
	assert_int_equal(mpls_hdr(skb)->label_stack_entry, htonl(0xaaaaa0fe));
	assert_sum(skb);
	assert_int_equal(skb_mpls_update_lse(skb, htonl(0xaaaaa001)), 0);
	assert_sum(skb);
	assert_int_equal(skb_mpls_dec_ttl(skb), -EINVAL);
	assert_int_equal(skb_mpls_update_lse(skb, htonl(0xaaaaa000)), 0);
	assert_int_equal(skb_mpls_dec_ttl(skb), -EINVAL);

	assert_int_equal(skb_mpls_pop(skb, htons(ETH_P_MPLS_UC), 14, true), 0);
	assert_frame(skb, skb->data, labelled, 3, 51);
	assert_sum(skb);
	assert_int_equal(skb_mpls_pop(skb, htons(ETH_P_IP), 1000, true), -EINVAL);
	assert_int_equal(skb_mpls_pop(skb, htons(ETH_P_IP), 14, true), 0);
	assert_frame(skb, skb->data, untagged, 1, 51);
	assert_int_equal(skb->protocol, htons(ETH_P_IP));
	assert_sum(skb);
	skb->encapsulation = 1;
	assert_int_equal(skb_mpls_push(skb, htonl(1), htons(ETH_P_MPLS_UC), 14, true), -EINVAL);
	kfree_skb(skb);
}

/* Each allocation fails once: an error, the frame unharmed, nothing lost. */
static void test_no_memory(void **state)
{
	if (skiff_fail_nth(0))
		skip();
	for (unsigned int what = 0; what < 4; what++)
		for (long n = 1;; n++) {
			struct sk_buff *skb = frame(tagged, 3, 50), *clone;
			long count;
			u16 tci;
			int err;

			/* no headroom and a sharer: everything needs memory */
			clone = skb_copy_expand(skb, 0, 0, GFP_KERNEL);
			kfree_skb(skb);
			skb = clone;
			clone = skb_clone(skb, GFP_KERNEL);
			skiff_fail_nth(n);
			if (what == 0)
				err = __skb_vlan_pop(skb, &tci);
			else if (what == 1)
				err = __vlan_insert_tag(skb, htons(ETH_P_8021Q), 5);
			else if (what == 2)
				err = skb_mpls_push(skb, htonl(1), htons(ETH_P_MPLS_UC), 18, true);
			else
				err = (skb = skb_vlan_untag((skb_pull(skb, 14), skb))) ? 0 :
											 -ENOMEM;
			count = skiff_fail_count();
			skiff_fail_nth(0);
			assert_true(err == 0 || err == -ENOMEM);
			assert_frame(clone, clone->data, tagged, 3, 50);
			if (err && skb)
				assert_frame(skb, skb->data, tagged, 3, 50);
			kfree_skb(skb);
			kfree_skb(clone);
			if (count < n) {
				assert_int_equal(err, 0);
				assert_true(n > 1);
				break;
			}
			assert_int_equal(err, -ENOMEM);
		}
}

#define T(name) cmocka_unit_test_setup_teardown(name, shape_setup, shape_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_insert),	       T(test_tag_fields),   T(test_untag),
		T(test_untag_refuses), T(test_encap_proto),  T(test_pop_push),
		T(test_pop_refuses),   T(test_get_protocol), T(test_eth_push_pop),
		T(test_mpls),	       T(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
