// SPDX-License-Identifier: BSD-2-Clause
/* The driver and the protocol of examples/kernel, which are also kernel modules, at work. */
#include <skiff/module.h>

#include "wire_test.h"

#define ETH_P_SKIFFECHO 0x88B5
#define ECHO_HLEN 4
#define ECHO_REQUEST 1
#define ECHO_REPLY 2

SKIFF_DECLARE_MODULE(kmod_skiffnull);
SKIFF_DECLARE_MODULE(kmod_skiffecho);

/* A protocol for all hosts is there before the first one; a device has the host of its lock. */
static int start(void **state)
{
	if (SKIFF_MODULE_INIT(kmod_skiffecho))
		return -1;
	wire_host_open(&h);
	net_lock(h.net);
	assert_int_equal(SKIFF_MODULE_INIT(kmod_skiffnull), 0);
	net_unlock(h.net);
	return 0;
}

static int end(void **state)
{
	int left;

	net_lock(h.net);
	SKIFF_MODULE_EXIT(kmod_skiffnull);
	net_unlock(h.net);
	left = teardown(state);
	SKIFF_MODULE_EXIT(kmod_skiffecho);
	return left;
}

static struct net_device *null_dev(void)
{
	return __dev_get_by_name(h.net, "null0");
}

static size_t frame_echo(u8 *f, const u8 *dst, u8 version, u8 op, u16 len, const void *data,
			 size_t data_len)
{
	wire_eth_build(f, dst, peer_mac, ETH_P_SKIFFECHO);
	f[ETH_HLEN] = version;
	f[ETH_HLEN + 1] = op;
	f[ETH_HLEN + 2] = (u8)(len >> 8);
	f[ETH_HLEN + 3] = (u8)len;
	if (data_len)
		memcpy(f + ETH_HLEN + ECHO_HLEN, data, data_len);
	return ETH_HLEN + ECHO_HLEN + data_len;
}

static void the_driver_takes_what_is_sent(void **state)
{
	struct rtnl_link_stats64 stats;
	struct net_device *dev;
	struct sk_buff *skb;

	net_lock(h.net);
	dev = null_dev();
	assert_non_null(dev);
	assert_true(is_valid_ether_addr(dev->dev_addr));
	assert_int_equal(dev_open(dev, NULL), 0);
	for (unsigned int len = 60; len <= 1514; len += 727) {
		skb = alloc_skb(len, GFP_KERNEL);
		memset(skb_put(skb, len), 0, len);
		skb->dev = dev;
		assert_int_equal(dev_queue_xmit(skb), 0);
	}
	net_unlock(h.net);
	wire_run(&h);
	net_lock(h.net);
	dev_get_stats(dev, &stats);
	assert_int_equal(stats.tx_packets, 3);
	assert_int_equal(stats.tx_bytes, 60 + 787 + 1514);
	dev_close(dev);
	net_unlock(h.net);
}

static void the_driver_starts_again(void **state)
{
	net_lock(h.net);
	SKIFF_MODULE_EXIT(kmod_skiffnull);
	assert_null(null_dev());
	assert_int_equal(SKIFF_MODULE_INIT(kmod_skiffnull), 0);
	assert_non_null(null_dev());
	net_unlock(h.net);
}

static void the_driver_without_memory(void **state)
{
	long n = 0;
	int err;

	net_lock(h.net);
	SKIFF_MODULE_EXIT(kmod_skiffnull);
	do {
		skiff_fail_nth(++n);
		err = SKIFF_MODULE_INIT(kmod_skiffnull);
		skiff_fail_nth(0);
		assert_true(!err == !!null_dev());
	} while (err == -ENOMEM);
	assert_int_equal(err, 0);
#ifdef SKIFF_FAULT_INJECTION
	assert_true(n > 1);
#endif
	net_unlock(h.net);
}

static void questions_are_echoed(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX], data[1400];
	size_t len;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 7);
	for (size_t n = 0; n <= sizeof(data); n += 350) {
		len = frame_echo(f, n ? host_mac : bcast_mac, 1, ECHO_REQUEST, (u16)n, data, n);
		wire_inject(&h, f, len);
		assert_int_equal(wire_take(&h, g), len);
		assert_memory_equal(wire_eth_dest(g), peer_mac, ETH_ALEN);
		assert_memory_equal(wire_eth_source(g), host_mac, ETH_ALEN);
		assert_int_equal(wire_eth_type(g), ETH_P_SKIFFECHO);
		assert_int_equal(g[ETH_HLEN + 1], ECHO_REPLY);
		assert_memory_equal(g + ETH_HLEN + ECHO_HLEN, data, n);
	}
	/* Padding is not sent back. */
	wire_inject(&h, f, frame_echo(f, host_mac, 1, ECHO_REQUEST, 3, data, 46));
	assert_int_equal(wire_take(&h, g), ETH_HLEN + ECHO_HLEN + 3);
	expect_nothing();
}

static void a_tap_sees_the_question_unchanged(void **state)
{
	struct sk_buff *seen;
	u8 f[FRAME_MAX];
	size_t len = frame_echo(f, host_mac, 1, ECHO_REQUEST, 2, "ab", 2);

	seen = netdev_alloc_skb_ip_align(h.dev, (unsigned int)len);
	assert_non_null(seen);
	skb_put_data(seen, f, (unsigned int)len);
	seen->protocol = eth_type_trans(seen, h.dev);
	netif_rx(skb_clone(seen, GFP_KERNEL));
	wire_run(&h);
	assert_int_equal(skb_queue_len(&h.sent), 1);
	assert_int_equal(seen->data[1], ECHO_REQUEST);
	consume_skb(seen);
}

static void bad_frames_are_dropped(void **state)
{
	u8 f[FRAME_MAX], data[10] = { 0 };
	u64 before = wire_drops(&h, SKB_DROP_REASON_PKT_TOO_SMALL);
	size_t len = frame_echo(f, host_mac, 1, ECHO_REQUEST, 10, data, 10);

	for (size_t n = ETH_HLEN; n < len; n++)
		wire_inject(&h, f, n);
	wire_inject(&h, f, frame_echo(f, host_mac, 2, ECHO_REQUEST, 10, data, 10));
	wire_inject(&h, f, frame_echo(f, host_mac, 1, ECHO_REQUEST, 0xffff, data, 10));
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_PKT_TOO_SMALL) - before,
			 len - ETH_HLEN + 2);
	/* Meant for somebody else; answers; a group as the asker. */
	wire_inject(&h, f, frame_echo(f, other_mac, 1, ECHO_REQUEST, 10, data, 10));
	wire_inject(&h, f, frame_echo(f, host_mac, 1, ECHO_REPLY, 10, data, 10));
	len = frame_echo(f, host_mac, 1, ECHO_REQUEST, 10, data, 10);
	f[ETH_ALEN] |= 1;
	wire_inject(&h, f, len);
	expect_nothing();
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_driver_takes_what_is_sent),     T(the_driver_starts_again),
		T(the_driver_without_memory),	      T(questions_are_echoed),
		T(a_tap_sees_the_question_unchanged), T(bad_frames_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
