// SPDX-License-Identifier: BSD-2-Clause
/* TCP packets larger than the link: what leaves by devices that can and can't cut them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gro_host.h"

#define MSS 1000
#define HLEN (ETH_HLEN + WIRE_IP_HLEN + 32)

static struct wire_host h;

static int setup(void **state)
{
	(void)state;
	wire_host_open(&h);
	wire_teach_peer(&h);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(wire_host_close(&h), 0);
	return 0;
}

static u8 byte_at(u32 seq)
{
	return (u8)(seq * 7 + seq / 251);
}

/* A packet as TCP hands it over: headers linear, @len bytes of payload in pages, sums partial. */
static struct sk_buff *big_packet(u32 seq, u32 len, u8 flags, u16 id, u16 fragment)
{
	struct seg s = seg_of(seq, 0, id);
	u8 f[FRAME_MAX];
	struct sk_buff *skb;
	u32 at, n, i;
	int frag = 0;

	s.flags |= flags;
	s.fragment = fragment;
	frame_tcp(f, &s);
	skb = gro_skb_frags(f, HLEN, HLEN);
	for (at = 0; at < len; at += n) {
		struct page *page = alloc_pages(GFP_KERNEL, 3);

		assert_non_null(page);
		n = min_t(u32, len - at, 8 * PAGE_SIZE);
		for (i = 0; i < n; i++)
			((u8 *)page_address(page))[i] = byte_at(seq + at + i);
		skb_add_rx_frag(skb, frag++, page, 0, (int)n, n);
	}
	skb->dev = h.dev;
	skb->protocol = htons(ETH_P_IP);
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + WIRE_IP_HLEN);
	ip_hdr(skb)->tot_len = skb->len - ETH_HLEN > IP_MAX_MTU ? 0 :
								  htons((u16)(skb->len - ETH_HLEN));
	ip_send_check(ip_hdr(skb));
	wire_put16(skb_transport_header(skb), 16,
		   (u16)~ntohs((__force __be16)csum_tcpudp_magic(PEER_IP, HOST_IP, len + 32,
								 IPPROTO_TCP, 0)));
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_headroom(skb) + ETH_HLEN + WIRE_IP_HLEN);
	skb->csum_offset = 16;
	skb_shinfo(skb)->gso_size = MSS;
	skb_shinfo(skb)->gso_segs = (u16)DIV_ROUND_UP(len, MSS);
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	return skb;
}

static void features(netdev_features_t f)
{
	net_lock(h.net);
	h.dev->features = f;
	net_unlock(h.net);
}

static int send_packet(struct sk_buff *skb)
{
	int ret;

	net_lock(h.net);
	ret = dev_queue_xmit(skb);
	net_unlock(h.net);
	wire_run(&h);
	return ret;
}

/* The segments that were sent carry @len bytes from @seq on, and are whole. */
static void check_segments(u32 seq, u32 len, u8 flags, u16 id, bool fixed_id)
{
	u32 at = 0, i, n = 0;
	u8 f[FRAME_MAX];

	while (at < len) {
		struct sk_buff *skb = skb_dequeue(&h.sent);
		const u8 *ip = f + ETH_HLEN, *tcp = ip + WIRE_IP_HLEN;
		u32 part = min_t(u32, MSS, len - at);
		u8 now = WIRE_TCP_ACK;

		assert_non_null(skb);
		assert_false(skb_is_gso(skb));
		assert_int_equal(skb->len, HLEN + part);
		gro_bytes(skb, f, sizeof(f));
		consume_skb(skb);
		assert_int_equal(wire_ip_check(ip, 20 + 32 + part), WIRE_IP_OK);
		assert_int_equal(wire_get16(ip, 4), (u16)(id + (fixed_id ? 0 : n)));
		assert_int_equal(wire_tcp_check(tcp, 32 + part, PEER_IP, HOST_IP), WIRE_TCP_OK);
		assert_int_equal(wire_tcp_seq(tcp), seq + at);
		if (at + part == len)
			now |= flags & (WIRE_TCP_FIN | WIRE_TCP_PSH);
		if (!at)
			now |= flags & WIRE_TCP_CWR;
		assert_int_equal(wire_tcp_flags(tcp), now);
		for (i = 0; i < part; i++)
			assert_int_equal(tcp[32 + i], byte_at(seq + at + i));
		at += part;
		n++;
	}
	assert_true(skb_queue_empty(&h.sent));
}

static void cut_for_any_device(void **state)
{
	static const netdev_features_t sets[] = {
		0,
		NETIF_F_SG,
		NETIF_F_SG | NETIF_F_HW_CSUM,
		NETIF_F_SG | NETIF_F_IP_CSUM,
		NETIF_F_HW_CSUM,
		NETIF_F_SG | NETIF_F_IPV6_CSUM,
		NETIF_F_SG | NETIF_F_TSO6 | NETIF_F_HW_CSUM,
	};
	static const u32 lens[] = { MSS + 1, 2 * MSS, 2 * MSS + 1, 30000, 64000 };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		features(sets[i]);
		for (k = 0; k < ARRAY_SIZE(lens); k++) {
			u8 flags = WIRE_TCP_FIN | WIRE_TCP_PSH | WIRE_TCP_CWR;

			assert_int_equal(
				send_packet(big_packet(0u - 5000, lens[k], flags, 65530, 0)), 0);
			check_segments(0u - 5000, lens[k], flags, 65530, false);
		}
	}
}

/* Longer than the field of the header can say: it is 0, and cut as well. */
static void longer_than_a_length(void **state)
{
	static const netdev_features_t able[] = { 0, NETIF_F_SG | NETIF_F_HW_CSUM };

	for (size_t i = 0; i < ARRAY_SIZE(able); i++) {
		features(able[i]);
		send_packet(big_packet(7000, 200500, WIRE_TCP_PSH | WIRE_TCP_FIN, 65500, 0x4000));
		check_segments(7000, 200500, WIRE_TCP_PSH | WIRE_TCP_FIN, 65500, false);
	}
}

static void left_to_the_device(void **state)
{
	struct sk_buff *skb;

	(void)state;
	features(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO);
	skb = big_packet(1, 64000, 0, 1, 0);
	assert_int_equal(send_packet(skb), 0);
	assert_int_equal(skb_queue_len(&h.sent), 1);
	assert_ptr_equal(skb_peek(&h.sent), skb);
	assert_int_equal(__skb_shinfo(skb)->gso_size, MSS);
	wire_drop_sent(&h);
}

/* CWR in the first segment alone is a feature of its own. */
static void ecn_needs_its_feature(void **state)
{
	struct sk_buff *skb = big_packet(1, 5000, WIRE_TCP_CWR, 1, 0);

	(void)state;
	features(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO);
	skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_ECN;
	assert_int_equal(send_packet(skb), 0);
	check_segments(1, 5000, WIRE_TCP_CWR, 1, false);
}

static void limits_of_the_device(void **state)
{
	(void)state;
	features(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO);
	h.dev->gso_max_segs = 4;
	assert_int_equal(send_packet(big_packet(1, 4 * MSS, 0, 1, 0)), 0);
	assert_int_equal(skb_queue_len(&h.sent), 1);
	wire_drop_sent(&h);
	assert_int_equal(send_packet(big_packet(1, 4 * MSS + 1, 0, 1, 0)), 0);
	check_segments(1, 4 * MSS + 1, 0, 1, false);
	h.dev->gso_max_segs = 65535;
	h.dev->gso_max_size = HLEN + 3000;
	assert_int_equal(send_packet(big_packet(1, 3000, 0, 1, 0)), 0);
	check_segments(1, 3000, 0, 1, false);
	assert_int_equal(send_packet(big_packet(1, 2999, 0, 1, 0)), 0);
	assert_int_equal(skb_queue_len(&h.sent), 1);
}

static void one_identification(void **state)
{
	struct sk_buff *skb = big_packet(1, 5000, 0, 9, WIRE_IP_DF);

	(void)state;
	features(NETIF_F_SG);
	skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
	assert_int_equal(send_packet(skb), 0);
	check_segments(1, 5000, 0, 9, true);
	/* Without DF that would be wrong. */
	skb = big_packet(1, 5000, 0, 9, 0);
	skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
	send_packet(skb);
	assert_true(skb_queue_empty(&h.sent));
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_SKB_GSO_SEG), 1);
}

/* A checksum that is complete already is that of the whole: each segment gets its own. */
static void finished_checksums(void **state)
{
	struct sk_buff *skb = big_packet(1, 5000, 0, 1, 0);
	u8 *tcp = skb_transport_header(skb);
	__wsum sum;

	(void)state;
	features(NETIF_F_SG);
	skb->ip_summed = CHECKSUM_NONE;
	wire_put16(tcp, 16, 0);
	sum = skb_checksum(skb, ETH_HLEN + WIRE_IP_HLEN, 5032, 0);
	wire_put16(
		tcp, 16,
		ntohs((__force __be16)csum_tcpudp_magic(PEER_IP, HOST_IP, 5032, IPPROTO_TCP, sum)));
	assert_int_equal(send_packet(skb), 0);
	check_segments(1, 5000, 0, 1, false);
}

/* From another program, AF_PACKET or TAP: headers need not be what they are said to be. */
static void untrusted_packets(void **state)
{
	int what;

	(void)state;
	for (what = 0; what < 8; what++) {
		struct sk_buff *skb = big_packet(1, 5000, 0, 1, 0);
		u8 *tcp = skb_transport_header(skb);

		features(what & 1 ? NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO : NETIF_F_SG);
		skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
		if (what / 2 == 0)
			tcp[12] = 0x10;
		else if (what / 2 == 1)
			ip_hdr(skb)->ihl = 4;
		else if (what / 2 == 2)
			skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4 | SKB_GSO_DODGY;
		else
			skb_shinfo(skb)->gso_size = 60000;
		send_packet(skb);
		assert_true(skb_queue_empty(&h.sent));
		assert_int_equal(wire_drops(&h, SKB_DROP_REASON_SKB_GSO_SEG), (u64)what + 1);
	}
	/* What is right goes out whole, counted anew. */
	features(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO);
	{
		struct sk_buff *skb = big_packet(1, 5000, 0, 1, 0);

		skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
		skb_shinfo(skb)->gso_segs = 1;
		send_packet(skb);
		assert_ptr_equal(skb_peek(&h.sent), skb);
		assert_int_equal(__skb_shinfo(skb)->gso_segs, 5);
	}
}

/* The sender's account goes over to the segments. */
static void segments_are_charged(void **state)
{
	const struct udp_port_cfg cfg = { .family = AF_INET };
	struct sk_buff *skb;
	struct sock *sk;

	(void)state;
	features(NETIF_F_SG);
	net_lock(h.net);
	assert_int_equal(udp_sock_create(h.net, &cfg, &sk), 0);
	skb = big_packet(1, 3000, 0, 1, 0);
	skb_set_owner_w(skb, sk);
	skb = skb_get(skb);
	skb_push(skb, 0);
	skb_reset_mac_header(skb);
	{
		struct sk_buff *segs = skb_gso_segment(skb, NETIF_F_SG), *seg;
		int all = (int)skb->truesize;

		assert_false(IS_ERR_OR_NULL(segs));
		for (seg = segs; seg; seg = seg->next)
			all += (int)seg->truesize;
		assert_int_equal(sk_wmem_alloc_get(sk), all);
		all -= (int)skb->truesize;
		consume_skb(skb);
		kfree_skb(skb);
		assert_int_equal(sk_wmem_alloc_get(sk), all);
		kfree_skb_list(segs);
		assert_int_equal(sk_wmem_alloc_get(sk), 0);
	}
	udp_sock_release(sk);
	net_unlock(h.net);
}

/* Multiples of the segment's size, for a device that repeats headers. */
static void partly_left_to_the_device(void **state)
{
	struct sk_buff *skb = big_packet(1, 65000 - 300, 0, 1, 0), *segs, *seg;
	u32 seq = 1;

	(void)state;
	skb_reset_mac_header(skb);
	/* Not of this packet's kind: cut to the end. */
	net_lock(h.net);
	segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL);
	net_unlock(h.net);
	assert_false(IS_ERR_OR_NULL(segs));
	for (seg = segs; seg; seg = seg->next) {
		assert_int_equal(wire_tcp_seq(skb_transport_header(seg)), seq);
		assert_true(seg->len <= HLEN + MSS);
		seq += seg->len - HLEN;
	}
	assert_int_equal(seq, 1 + 65000 - 300);
	kfree_skb_list(segs);
	consume_skb(skb);
}

#define gso_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		gso_test(cut_for_any_device),	gso_test(longer_than_a_length),
		gso_test(left_to_the_device),	gso_test(ecn_needs_its_feature),
		gso_test(limits_of_the_device), gso_test(one_identification),
		gso_test(finished_checksums),	gso_test(untrusted_packets),
		gso_test(segments_are_charged), gso_test(partly_left_to_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
