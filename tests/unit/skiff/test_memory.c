// SPDX-License-Identifier: BSD-2-Clause
/* A host's memory limit binds what waits inside of it and belongs to no socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <skiff/netem.h>
#include <skiff/sch_generic.h>

#include "sockcall.h"

#define LIMIT (64L << 10)
/* The limit is passed by what comes last. */
#define MOST (LIMIT + 8192)
#define QUIET (60 * NSEC_PER_SEC)

static struct wire_host h;
static u8 data[1400];

static int setup(void **state)
{
	wire_host_open(&h);
	/* No socket exists that would remember that there was none. */
	h.net->mem->limit = LIMIT;
	wire_teach_peer(&h);
	return 0;
}

static long used(void)
{
	return atomic_long_read(&h.net->mem->used);
}

static int teardown(void **state)
{
	wire_drop_sent(&h);
	wire_sleep(&h, QUIET);
	assert_int_equal(used(), 0);
	return (int)wire_host_close(&h);
}

/* The first fragment of a packet that never becomes whole. */
static void inject_fragment(u16 id)
{
	u8 f[FRAME_MAX];
	size_t len = frame_ip(f, PEER_IP, HOST_IP, IPPROTO_UDP, data, 1000);

	f[ETH_HLEN + 4] = (u8)(id >> 8);
	f[ETH_HLEN + 5] = (u8)id;
	f[ETH_HLEN + 6] = IP_MF >> 8;
	frame_fix_ip(f);
	wire_inject(&h, f, len);
}

static void test_fragments(void **state)
{
	bool reached = false;

	for (u16 id = 1; id < 300; id++) {
		inject_fragment(id);
		assert_true(used() > 0 && used() <= MOST);
		reached |= used() >= LIMIT;
	}
	assert_true(reached);
	assert_true(wire_drops(&h, SKB_DROP_REASON_IP_FRAGMENT) > 100);
	wire_sleep(&h, QUIET);
	assert_int_equal(used(), 0);
}

static void inject_echo(__be32 from)
{
	u8 f[FRAME_MAX], icmp[1008];

	wire_icmp_build(icmp, 8, 0, 0x10001);
	memcpy(icmp + WIRE_ICMP_HLEN, data, 1000);
	wire_icmp_set_csum(icmp, sizeof(icmp));
	wire_inject(&h, f, frame_ip(f, from, HOST_IP, IPPROTO_ICMP, icmp, sizeof(icmp)));
}

/* Answers to strangers whose address nobody tells. */
static void test_unknown_neighbours(void **state)
{
	for (u32 i = 0; i < 100; i++) {
		inject_echo(htonl(0xc0000220u + i));
		assert_true(used() <= MOST);
	}
	assert_true(used() >= LIMIT);
	assert_true(wire_drops(&h, SKB_DROP_REASON_NEIGH_QUEUEFULL) > 20);
	wire_drop_sent(&h);
	wire_sleep(&h, QUIET);
	assert_int_equal(used(), 0);
}

/* The same, for a device that takes nothing, and which then takes it all, or loses it. */
static void fill_queue(const char *kind)
{
	net_lock(h.net);
	assert_int_equal(dev_set_qdisc(h.dev, kind, 0), 0);
	net_unlock(h.net);
	for (int round = 0; round < 2; round++) {
		u64 before = wire_drops(&h, SKB_DROP_REASON_QDISC_DROP);

		wire_teach_peer(&h);
		net_lock(h.net);
		netif_stop_queue(h.dev);
		net_unlock(h.net);
		for (int i = 0; i < 100; i++) {
			inject_echo(PEER_IP);
			assert_true(used() <= MOST);
		}
		assert_true(used() >= LIMIT);
		assert_true(wire_drops(&h, SKB_DROP_REASON_QDISC_DROP) - before > 20);
		net_lock(h.net);
		if (round) {
			dev_close(h.dev);
			assert_int_equal(used(), 0);
			assert_int_equal(dev_open(h.dev, NULL), 0);
		}
		netif_wake_queue(h.dev);
		net_unlock(h.net);
		wire_run(&h);
		assert_int_equal(used(), 0);
		wire_drop_sent(&h);
	}
}

static void test_queue_of_a_device(void **state)
{
	fill_queue("pfifo_fast");
	fill_queue("pfifo");
	fill_queue("bfifo");
	fill_queue("pfifo_head_drop");
}

/* A sender's packets are the network's once netem has them, and the host pays for that. */
static void test_netem(void **state)
{
	const struct netem_params slow = { .delay = 10 * NSEC_PER_SEC };
	struct socket sock;

	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, 0, &sock), 0);
	net_lock(h.net);
	assert_int_equal(netem_configure(h.dev, &slow), 0);
	net_unlock(h.net);
	for (int i = 0; i < 200; i++) {
		sc_sendto(&sock, data, 1000, PEER_IP, 9);
		wire_run(&h);
		assert_true(used() <= MOST);
	}
	assert_true(used() > LIMIT / 2);
	assert_true(wire_drops(&h, SKB_DROP_REASON_QDISC_DROP) > 100);
	wire_sleep(&h, 20 * NSEC_PER_SEC);
	assert_int_equal(used(), 0);
	assert_true(skb_queue_len(&h.sent) > 20);
	wire_drop_sent(&h);
	net_lock(h.net);
	assert_int_equal(netem_configure(h.dev, NULL), 0);
	net_unlock(h.net);
	sc_close(&sock);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fragments),
		TEST(test_unknown_neighbours),
		TEST(test_queue_of_a_device),
		TEST(test_netem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
