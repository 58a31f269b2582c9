// SPDX-License-Identifier: BSD-2-Clause
/* UDP sockets: datagrams that several calls put together, several datagrams of one call. */
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "sockcall.h"
#include "wire_test.h"

static const u8 data[1500] = "datagram";
static struct got g;

static struct socket *open_socket(struct socket *s)
{
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, 0, s), 0);
	return s;
}

static void corking(void **state)
{
	u8 f[FRAME_MAX];
	const u8 *u;
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_send(&s, data, 3, MSG_MORE), 3);
	assert_int_equal(sc_send(&s, data + 3, 600, MSG_MORE), 600);
	expect_nothing();
	assert_int_equal(sc_send(&s, data + 603, 5, 0), 5);
	u = expect_udp(f, sc_port(&s), 7000);
	assert_int_equal(wire_udp_payload_len(u), 608);
	assert_memory_equal(wire_udp_payload(u), data, 608);
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_CORK, 1), 0);
	assert_int_equal(sc_send(&s, data, 3, 0), 3);
	expect_nothing();
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_CORK, 0), 0);
	expect_udp(f, sc_port(&s), 7000);
	/* Too much is refused and what was there is forgotten; so it is at the end. */
	assert_int_equal(sc_send(&s, g.data, 60000, MSG_MORE), 60000);
	assert_int_equal(sc_send(&s, g.data, 60000, MSG_MORE), -EMSGSIZE);
	assert_int_equal(sc_send(&s, data, 3, MSG_MORE), 3);
	sc_close(&s);
	expect_nothing();
}

static void segments(void **state)
{
	u8 f[FRAME_MAX];
	const u8 *u;
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_SEGMENT, 400), 0);
	assert_int_equal(sc_send(&s, data, 1000, 0), 1000);
	for (int i = 0; i < 3; i++) {
		u = expect_udp(f, sc_port(&s), 7000);
		assert_int_equal(wire_udp_payload_len(u), i < 2 ? 400 : 200);
		assert_memory_equal(wire_udp_payload(u), data + i * 400, i < 2 ? 400 : 200);
	}
	expect_nothing();
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_SEGMENT, 1473), 0);
	assert_int_equal(sc_send(&s, g.data, 3000, 0), -EMSGSIZE);
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_SEGMENT, 1), 0);
	assert_int_equal(sc_send(&s, g.data, UDP_MAX_SEGMENTS + 1, 0), -EINVAL);
	expect_nothing();
	sc_close(&s);
}

/* One receipt for all of them: when the first one left. */
static void segments_with_times(void **state)
{
	const struct sock_extended_err *ee;
	u8 f[FRAME_MAX];
	struct socket s;

	open_socket(&s);
	assert_int_equal(sc_connect(&s, PEER_IP, 7000), 0);
	s.sk->sk_tsflags = SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_SOFTWARE |
			   SOF_TIMESTAMPING_OPT_ID;
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_SEGMENT, 400), 0);
	for (u32 call = 0; call < 2; call++) {
		assert_int_equal(sc_send(&s, data, 1000, 0), 1000);
		for (int i = 0; i < 3; i++)
			expect_udp(f, sc_port(&s), 7000);
		assert_true(sc_recv(&s, &g, 2000, MSG_ERRQUEUE) >= 400);
		ee = sc_cmsg(&g, SOL_IP, IP_RECVERR);
		assert_int_equal(ee->ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
		assert_int_equal(ee->ee_data, call);
		assert_int_equal(sc_recv(&s, &g, 2000, MSG_ERRQUEUE), -EAGAIN);
	}
	sc_close(&s);
}

/* A device hands over three datagrams as one packet. */
static void inject_segments(const void *bytes, unsigned int len, unsigned int size)
{
	struct sk_buff *skb = netdev_alloc_skb_ip_align(h.dev, FRAME_MAX);
	u8 f[FRAME_MAX];

	skb_put_data(skb, f, (unsigned int)frame_udp(f, 9000, 5000, bytes, len));
	skb_shinfo(skb)->gso_size = (u16)size;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb->protocol = eth_type_trans(skb, h.dev);
	netif_rx(skb);
	wire_run(&h);
}

static void segments_that_arrive(void **state)
{
	u64 before = wire_drops(&h, SKB_DROP_REASON_SKB_GSO_SEG);
	struct sockaddr_in *from = (struct sockaddr_in *)(void *)&g.name;
	struct socket s;
	int size;

	open_socket(&s);
	assert_int_equal(sc_bind(&s, 0, 5000), 0);
	inject_segments(data, 1000, 400);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sc_recv(&s, &g, 2000, 0), i < 2 ? 400 : 200);
		assert_memory_equal(g.data, data + i * 400, i < 2 ? 400 : 200);
		assert_int_equal(from->sin_port, htons(9000));
		assert_int_equal(from->sin_addr.s_addr, PEER_IP);
	}
	assert_int_equal(sc_recv(&s, &g, 2000, 0), -EAGAIN);
	/* Who can take them at once gets them at once. */
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_GRO, 1), 0);
	inject_segments(data, 1000, 400);
	assert_int_equal(sc_recv(&s, &g, 2000, 0), 1000);
	memcpy(&size, sc_cmsg(&g, SOL_UDP, UDP_GRO), sizeof(size));
	assert_int_equal(size, 400);
	/* More than a sender may make of one. */
	assert_int_equal(sc_set_int(&s, SOL_UDP, UDP_GRO, 0), 0);
	inject_segments(data, UDP_MAX_SEGMENTS + 1, 1);
	assert_int_equal(sc_recv(&s, &g, 2000, 0), -EAGAIN);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_SKB_GSO_SEG), before + 1);
	sc_close(&s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(corking),
		T(segments),
		T(segments_with_times),
		T(segments_that_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
