// SPDX-License-Identifier: BSD-2-Clause
/* Segments: their bytes, sizes, checksums and fragments, for packets of any shape. */
#include <limits.h>
#include <netinet/in.h>

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <skiff/byteorder.h>

#include "shape.h"

#define MAC ETH_HLEN
#define HEADERS (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr))

/* Ethernet, IPv4 and TCP headers in front of a packet's data, which then is at the payload. */
static struct sk_buff *with_headers(struct sk_buff *skb, unsigned int mss)
{
	struct iphdr *iph;
	struct tcphdr *th;
	unsigned char *mac;
	/* Headers are aligned, whatever follows them. */
	int room = 64 + (int)HEADERS, aligned = ALIGN((int)skb_headroom(skb) + room, 4);

	room += aligned - ((int)skb_headroom(skb) + room);
	assert_int_equal(pskb_expand_head(skb, room, 0, GFP_KERNEL), 0);
	mac = skb_push(skb, HEADERS);
	memset(mac, 0x11, HEADERS);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, MAC);
	skb_set_transport_header(skb, MAC + sizeof(*iph));
	iph = (struct iphdr *)(void *)skb_network_header(skb);
	iph->ihl = 5;
	iph->saddr = htonl(0xc0000201);
	iph->daddr = htonl(0xc0000202);
	iph->protocol = IPPROTO_TCP;
	th = (struct tcphdr *)(void *)skb_transport_header(skb);
	th->doff = 5;
	th->check = (__sum16)~csum_tcpudp_magic(iph->saddr, iph->daddr,
						skb->len - MAC - sizeof(*iph), IPPROTO_TCP, 0);
	skb->protocol = htons(ETH_P_IP);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_transport_header(skb) - skb->head);
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb_shinfo(skb)->gso_size = (unsigned short)mss;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	SKB_GSO_CB(skb)->mac_offset = skb->mac_header;
	skb->mark = 7;
	__skb_pull(skb, HEADERS);
	return skb;
}

/* What a protocol does with each segment; then the checksum has to be right on the wire. */
static void finish_tcp(struct sk_buff *seg)
{
	struct iphdr *iph = (struct iphdr *)(void *)skb_network_header(seg);
	struct tcphdr *th = (struct tcphdr *)(void *)skb_transport_header(seg);
	__wsum pseudo = csum_tcpudp_nofold(iph->saddr, iph->daddr, seg->len - MAC - sizeof(*iph),
					   IPPROTO_TCP, 0);

	if (seg->ip_summed == CHECKSUM_PARTIAL) {
		th->check = (__sum16)~csum_fold(pseudo);
		assert_int_equal(skb_checksum_help(seg), 0);
	} else {
		th->check = (__sum16)~csum_fold(pseudo);
		th->check = gso_make_checksum(seg, pseudo);
	}
	th = (struct tcphdr *)(void *)skb_transport_header(seg);
	assert_int_equal(csum_fold(skb_checksum(seg, skb_transport_offset(seg),
						(int)seg->len - skb_transport_offset(seg), pseudo)),
			 0);
}

static void check_segments(struct sk_buff *segs, const unsigned char *twin, unsigned int len,
			   unsigned int mss, netdev_features_t features)
{
	unsigned int at = 0, n = 0;
	struct sk_buff *seg, *next;

	skb_list_walk_safe(segs, seg, next) {
		unsigned int size = min(mss, len - at);
		unsigned char *flat = flatten(seg);

		assert_int_equal(seg->len, HEADERS + size);
		assert_memory_equal(flat + HEADERS, twin + at, size);
		free(flat);
		assert_ptr_equal(skb_mac_header(seg), seg->data);
		assert_int_equal(skb_network_offset(seg), MAC);
		assert_int_equal(seg->mac_len, MAC);
		assert_int_equal(seg->mark, 7);
		assert_null(seg->sk);
		assert_false(skb_has_frag_list(seg));
		assert_true(seg->truesize >= seg->len);
		if (!(features & NETIF_F_SG))
			assert_false(skb_is_nonlinear(seg));
		assert_int_equal(seg->ip_summed,
				 features & NETIF_F_CSUM_MASK ? CHECKSUM_PARTIAL : CHECKSUM_NONE);
		finish_tcp(seg);
		at += size;
		n++;
		if (!next)
			assert_ptr_equal(segs->prev, seg);
	}
	assert_int_equal(at, len);
	assert_int_equal(n, len ? DIV_ROUND_UP(len, mss) : 1);
}

static const netdev_features_t device[] = {
	0, NETIF_F_SG, NETIF_F_HW_CSUM, NETIF_F_SG | NETIF_F_HW_CSUM, NETIF_F_SG | NETIF_F_IP_CSUM,
};

static void test_segments(void **state)
{
	unsigned int shared = 0;

	for (unsigned int round = 0; round < 800; round++) {
		static const unsigned int what[] = { 0, SHAPE_FRAGS, SHAPE_LIST, SHAPE_ALL };
		netdev_features_t features = device[round % ARRAY_SIZE(device)];
		unsigned int mss = 1 + below(1500);
		struct sk_buff *skb = shape_packet(below(min(mss * 20, 30000u)), what[below(4)]);
		unsigned char *twin = flatten(skb);
		unsigned int len = skb->len;
		struct sk_buff *segs, *seg;

		with_headers(skb, mss);
		segs = skb_segment(skb, features);
		assert_false(IS_ERR(segs));
		assert_packet(skb, twin, len);
		for (seg = segs; seg; seg = seg->next)
			shared += skb_is_nonlinear(seg);
		/* The packet may go before its segments. */
		if (below(2)) {
			kfree_skb(skb);
			skb = NULL;
		}
		check_segments(segs, twin, len, mss, features);
		kfree_skb_list(segs);
		kfree_skb(skb);
		free(twin);
	}
	assert_true(shared > 1000);
}

/* More fragments than a segment can hold, and heads that no fragment can refer to. */
static void test_awkward_shapes(void **state)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL), *segs, **link = &skb_shinfo(skb)->frag_list;
	unsigned char *twin;

	for (int i = 0; i < 40; i++) {
		struct sk_buff *member = i % 10 == 9 ? build_skb(malloc(2048), 0) :
						       shape_packet(0, 0);

		assert_non_null(member);
		shape_bytes(skb_put(member, 30), 30);
		*link = member;
		link = &member->next;
		skb_len_add(skb, 30);
	}
	twin = flatten(skb);
	with_headers(skb, 1000);
	segs = skb_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	assert_false(IS_ERR(segs));
	check_segments(segs, twin, 1200, 1000, NETIF_F_SG | NETIF_F_HW_CSUM);
	kfree_skb_list(segs);
	skb_shinfo(skb)->gso_size = 100;
	segs = skb_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	assert_false(IS_ERR(segs));
	assert_true(skb_is_nonlinear(segs));
	check_segments(segs, twin, 1200, 100, NETIF_F_SG | NETIF_F_HW_CSUM);
	kfree_skb_list(segs);
	kfree_skb(skb);
	free(twin);
}

static void test_by_frags(void **state)
{
	static const unsigned int size[] = { 100, 1, 700, 333 };

	for (unsigned int sg = 0; sg < 2; sg++) {
		struct sk_buff *skb = alloc_skb(0, GFP_KERNEL), *segs, *seg;
		struct sk_buff **link = &skb_shinfo(skb)->frag_list;
		unsigned int i = 0, at = 0;
		unsigned char *twin, *flat;

		for (i = 0; i < ARRAY_SIZE(size); i++) {
			*link = shape_packet(size[i], 0);
			link = &(*link)->next;
			skb_len_add(skb, (int)size[i]);
		}
		twin = flatten(skb);
		with_headers(skb, GSO_BY_FRAGS);
		assert_true(skb_gso_validate_network_len(skb, 740));
		assert_false(skb_gso_validate_network_len(skb, 739));
		assert_true(skb_gso_validate_mac_len(skb, 754));
		assert_false(skb_gso_validate_mac_len(skb, 753));
		segs = skb_segment(skb, sg ? NETIF_F_SG | NETIF_F_HW_CSUM : 0);
		assert_false(IS_ERR(segs));
		i = 0;
		for (seg = segs; seg; seg = seg->next) {
			assert_int_equal(seg->len, HEADERS + size[i]);
			flat = flatten(seg);
			assert_memory_equal(flat + HEADERS, twin + at, size[i]);
			free(flat);
			at += size[i++];
		}
		assert_int_equal(i, ARRAY_SIZE(size));
		kfree_skb_list(segs);
		kfree_skb(skb);
		free(twin);
	}
}

static void test_partial(void **state)
{
	struct sk_buff *skb = with_headers(shape_packet(10500, 0), 1000), *segs;

	/* The device cuts again: one packet of ten, and a short one. */
	segs = skb_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL);
	assert_false(IS_ERR(segs));
	assert_int_equal(segs->len, HEADERS + 10000);
	assert_int_equal(skb_shinfo(segs)->gso_size, 1000);
	assert_int_equal(skb_shinfo(segs)->gso_segs, 10);
	assert_int_equal(skb_shinfo(segs)->gso_type, SKB_GSO_TCPV4 | SKB_GSO_PARTIAL);
	assert_int_equal(SKB_GSO_CB(segs)->data_offset, skb_headroom(segs) + HEADERS);
	assert_int_equal(segs->next->len, HEADERS + 500);
	assert_false(skb_is_gso(segs->next));
	assert_null(segs->next->next);
	kfree_skb_list(segs);
	kfree_skb(skb);
}

/* Headers of a tunnel in front are repeated, too. */
static void test_tunnel_headers(void **state)
{
	struct sk_buff *skb = with_headers(shape_packet(3000, 0), 1000), *segs, *seg;

	memset(skb_mac_header(skb) - 30, 0x33, 30);
	SKB_GSO_CB(skb)->mac_offset = skb->mac_header - 30;
	assert_int_equal(skb_tnl_header_len(skb), 30);
	segs = skb_segment(skb, 0);
	assert_false(IS_ERR(segs));
	for (seg = segs; seg; seg = seg->next)
		assert_memory_equal(seg->data - 30, skb_mac_header(skb) - 30, 30 + MAC);
	kfree_skb_list(segs);
	kfree_skb(skb);
}

static void test_vlan(void **state)
{
	struct sk_buff *skb = with_headers(shape_packet(3000, 0), 1000), *segs;
	static const unsigned char tag[] = { 0x81, 0x00, 0x00, 0x05, 0x08, 0x00 };

	/* What a VLAN tag hides has to be looked for before a device is trusted with a sum. */
	memcpy(skb_mac_header(skb) + 12, tag, sizeof(tag));
	skb->protocol = htons(ETH_P_8021Q);
	segs = skb_segment(skb, NETIF_F_IP_CSUM);
	assert_int_equal(segs->ip_summed, CHECKSUM_PARTIAL);
	kfree_skb_list(segs);
	segs = skb_segment(skb, NETIF_F_IPV6_CSUM);
	assert_int_equal(segs->ip_summed, CHECKSUM_NONE);
	kfree_skb_list(segs);
	/* Tags up to the end of the headers are not followed beyond it. */
	for (unsigned int i = 12; i < HEADERS; i++)
		skb_mac_header(skb)[i] = i % 4 ? 0x00 : 0x81;
	segs = skb_segment(skb, NETIF_F_IP_CSUM);
	assert_int_equal(segs->ip_summed, CHECKSUM_NONE);
	kfree_skb_list(segs);
	kfree_skb(skb);
}

static void test_refuses(void **state)
{
	struct sk_buff *skb = shape_packet(3000, 0), *segs;

	skb_shinfo(skb)->gso_size = 1000;
	assert_int_equal(PTR_ERR(skb_segment(skb, 0)), -EINVAL); /* no MAC header */
	with_headers(skb, 0);
	assert_int_equal(PTR_ERR(skb_segment(skb, 0)), -EINVAL);
	skb_shinfo(skb)->gso_size = GSO_BY_FRAGS; /* without a list */
	assert_int_equal(PTR_ERR(skb_segment(skb, 0)), -EINVAL);
	skb_shinfo(skb)->gso_size = 1000;
	SKB_GSO_CB(skb)->mac_offset = skb->mac_header + 1;
	assert_int_equal(PTR_ERR(skb_segment(skb, 0)), -EINVAL);
	SKB_GSO_CB(skb)->mac_offset = INT_MIN;
	assert_int_equal(PTR_ERR(skb_segment(skb, 0)), -EINVAL);
	SKB_GSO_CB(skb)->mac_offset = skb->mac_header;
	skb->mac_header = (u16)(skb_headroom(skb) + 1);
	assert_int_equal(PTR_ERR(skb_segment(skb, 0)), -EINVAL);
	skb->mac_header = (u16)(skb_headroom(skb) - HEADERS);
	segs = skb_segment(skb, 0);
	assert_false(IS_ERR(segs));
	kfree_skb_list(segs);
	kfree_skb(skb);
}

static void test_no_memory(void **state)
{
	unsigned int failures = 0;

	faults_or_skip();
	for (unsigned int round = 0; round < 40; round++) {
		for (long nth = 1, hit = 1; hit; nth++) {
			struct sk_buff *skb, *segs;
			unsigned char *twin;
			unsigned int len;

			shape_seed(round);
			skb = shape_packet(5000, SHAPE_ALL);
			len = skb->len;
			twin = flatten(skb);
			with_headers(skb, 900);
			/* Changes under way make sums void, segments are made linear then. */
			skb_shinfo(skb)->flags |= round % 2 ? SKBFL_SHARED_FRAG : 0;
			fault_arm(nth);
			segs = skb_segment(skb, NETIF_F_SG | (round % 4 ? 0 : NETIF_F_HW_CSUM));
			hit = fault_disarm(nth);
			assert_int_equal(PTR_ERR(segs) == -ENOMEM, hit != 0);
			failures += hit != 0;
			if (!hit)
				kfree_skb_list(segs);
			assert_packet(skb, twin, len);
			kfree_skb(skb);
			free(twin);
		}
	}
	assert_true(failures > 100);
}

static unsigned int told_times;

static void told(struct sk_buff *skb, struct ubuf_info *uarg, bool success)
{
	if (refcount_dec_and_test(&uarg->refcnt))
		told_times++;
}

/* Segments of lent memory hold on to it, each for itself; or get a copy when they may not. */
static void test_lent_memory(void **state)
{
	static unsigned char memory[5000];

	for (unsigned int hold = 0; hold < 2; hold++) {
		struct ubuf_info uarg = { .callback = told, .flags = SKBFL_ZEROCOPY_FRAG };
		struct sk_buff *skb = alloc_skb(0, GFP_KERNEL), *segs;
		struct skiff_msghdr msg = { 0 };

		uarg.flags |= hold ? SKBFL_DONT_ORPHAN : 0;
		refcount_set(&uarg.refcnt, 1);
		told_times = 0;
		iov_iter_ubuf(&msg.msg_iter, ITER_SOURCE, memory, sizeof(memory));
		assert_int_equal(skb_zerocopy_iter_stream(NULL, skb, &msg, 5000, &uarg), 5000);
		with_headers(skb, 1000);
		segs = skb_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
		assert_false(IS_ERR(segs));
		kfree_skb(skb);
		assert_int_equal(refcount_read(&uarg.refcnt), hold ? 6 : 1);
		check_segments(segs, memory, 5000, 1000, NETIF_F_SG | NETIF_F_HW_CSUM);
		kfree_skb_list(segs);
		net_zcopy_put(&uarg);
		assert_int_equal(told_times, 1);
	}
}

static void test_sizes(void **state)
{
	struct sk_buff *skb = with_headers(shape_packet(3000, 0), 1000);
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct tcphdr *th = (struct tcphdr *)(void *)skb_transport_header(skb);

	assert_true(skb_is_gso(skb) && skb_is_gso_tcp(skb));
	assert_false(skb_is_gso_v6(skb) || skb_is_gso_sctp(skb));
	assert_int_equal(skb_gso_transport_seglen(skb), 1020);
	assert_int_equal(skb_gso_network_seglen(skb), 1040);
	assert_int_equal(skb_gso_mac_seglen(skb), 1054);
	assert_true(skb_gso_validate_network_len(skb, 1040));
	assert_false(skb_gso_validate_network_len(skb, 1039));
	assert_true(skb_gso_validate_mac_len(skb, 1054));
	assert_false(skb_gso_validate_mac_len(skb, 1053));
	th->doff = 8;
	assert_int_equal(skb_gso_transport_seglen(skb), 1032);
	th->doff = 0; /* a lie: the smallest header is counted */
	assert_int_equal(skb_gso_transport_seglen(skb), 1020);
	shinfo->gso_type = SKB_GSO_UDP_L4;
	assert_int_equal(skb_gso_transport_seglen(skb), 1008);
	shinfo->gso_type = SKB_GSO_SCTP;
	assert_int_equal(skb_gso_transport_seglen(skb), 1012);
	skb->encapsulation = 1;
	skb->inner_transport_header = (u16)(skb->transport_header + 16);
	shinfo->gso_type = SKB_GSO_UDP_TUNNEL;
	assert_int_equal(skb_gso_transport_seglen(skb), 1016);

	skb_increase_gso_size(shinfo, 10);
	assert_int_equal(shinfo->gso_size, 1010);
	skb_decrease_gso_size(shinfo, 20);
	assert_int_equal(shinfo->gso_size, 990);
	skb_gso_reset(skb);
	assert_false(skb_is_gso(skb));
	assert_int_equal(shinfo->gso_type, 0);
	kfree_skb(skb);
}

static void test_expand_head(void **state)
{
	struct sk_buff *skb = with_headers(shape_packet(300, 0), 100);

	assert_int_equal(gso_pskb_expand_head(skb, 100), 0);
	assert_int_equal(skb_tnl_header_len(skb), 0);
	kfree_skb(skb);
}

static void test_lro(void **state)
{
	struct sk_buff *skb = shape_packet(100, 0);

	skb_add_rx_frag(skb, 0, alloc_page(GFP_KERNEL), 0, 100, 4096);
	assert_false(skb_warn_if_lro(skb));
	skb_shinfo(skb)->gso_size = 100;
	assert_true(skb_warn_if_lro(skb));
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	assert_false(skb_warn_if_lro(skb));
	kfree_skb(skb);
}

static void test_features(void **state)
{
	unsigned int n = 0, last = NETDEV_FEATURE_COUNT;
	int bit;

	assert_int_equal(NETIF_F_TSO, (netdev_features_t)SKB_GSO_TCPV4 << NETIF_F_GSO_SHIFT);
	assert_int_equal(NETIF_F_TSO6, (netdev_features_t)SKB_GSO_TCPV6 << NETIF_F_GSO_SHIFT);
	assert_int_equal(NETIF_F_GSO_PARTIAL,
			 (netdev_features_t)SKB_GSO_PARTIAL << NETIF_F_GSO_SHIFT);
	assert_int_equal(NETIF_F_GSO_UDP_L4,
			 (netdev_features_t)SKB_GSO_UDP_L4 << NETIF_F_GSO_SHIFT);
	assert_int_equal(NETIF_F_GSO_FRAGLIST,
			 (netdev_features_t)SKB_GSO_FRAGLIST << NETIF_F_GSO_SHIFT);
	assert_int_equal(NETIF_F_GSO_MASK, ((netdev_features_t)SKB_GSO_FRAGLIST * 2 - 1)
						   << NETIF_F_GSO_SHIFT);
	assert_true(NETDEV_FEATURE_COUNT <= 64);
	for_each_netdev_feature(NETIF_F_SG | NETIF_F_TSO | NETIF_F_HW_HSR_DUP, bit) {
		assert_true((unsigned int)bit < last);
		last = (unsigned int)bit;
		n++;
	}
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHAPE_TEST(test_segments),	 SHAPE_TEST(test_awkward_shapes),
		SHAPE_TEST(test_by_frags),	 SHAPE_TEST(test_partial),
		SHAPE_TEST(test_tunnel_headers), SHAPE_TEST(test_vlan),
		SHAPE_TEST(test_refuses),	 SHAPE_TEST(test_no_memory),
		SHAPE_TEST(test_lent_memory),	 SHAPE_TEST(test_sizes),
		SHAPE_TEST(test_expand_head),	 SHAPE_TEST(test_lro),
		SHAPE_TEST(test_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
