/* SPDX-License-Identifier: BSD-2-Clause */
/* A naive reassembly for tests: what a host sent, put together by offset, every header checked. */
#ifndef TESTS_IPV4_FRAG_TAKER_H
#define TESTS_IPV4_FRAG_TAKER_H

#include "wire_test.h"

/**
 * struct taken - one packet as it was sent
 * @data: payload
 * @len: bytes of it
 * @pieces: packets that it came in
 * @hlen: bytes of the first header
 * @head: the first header
 */
static struct {
	u8 data[65536];
	size_t len;
	unsigned int pieces;
	size_t hlen;
	u8 head[60];
} taken;

static void take_piece(struct sk_buff *skb, unsigned int mtu)
{
	static u8 frame[65536 + 64];
	const u8 *ip = frame + ETH_HLEN;
	size_t len = skb->len - ETH_HLEN, at;

	assert_true(skb->len <= sizeof(frame));
	assert_int_equal(skb_copy_bits(skb, 0, frame, (int)skb->len), 0);
	assert_int_equal(wire_ip_check(ip, len), WIRE_IP_OK);
	assert_int_equal(wire_ip_total_len(ip), len);
	assert_true(len <= mtu);
	at = wire_ip_fragment_offset(ip);
	assert_true(at == taken.len);
	assert_false(wire_ip_more_fragments(ip) && wire_ip_payload_len(ip) % 8);
	if (!at) {
		taken.hlen = wire_ip_hlen(ip);
		memcpy(taken.head, ip, taken.hlen);
	} else {
		assert_int_equal(wire_ip_id(ip), wire_ip_id(taken.head));
		assert_int_equal(wire_ip_hlen(ip), taken.hlen);
	}
	memcpy(taken.data + at, wire_ip_payload(ip), wire_ip_payload_len(ip));
	taken.len += wire_ip_payload_len(ip);
	taken.pieces++;
	if (!wire_ip_more_fragments(ip))
		assert_true(skb_queue_empty(&h.sent));
}

/* All that the host sent, which has to be one packet in order. */
static inline void take_packet(unsigned int mtu)
{
	struct sk_buff *skb;

	taken.len = taken.pieces = 0;
	while ((skb = skb_dequeue(&h.sent)) != NULL) {
		take_piece(skb, mtu);
		consume_skb(skb);
	}
}

#endif /* TESTS_IPV4_FRAG_TAKER_H */
