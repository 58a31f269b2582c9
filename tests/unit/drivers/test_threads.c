// SPDX-License-Identifier: BSD-2-Clause
/* Two hosts with threads of their own on one cable: traffic both ways, and the cable cut in it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/skb/pool.h>

#define TYPE 0x88b5
#define FRAMES 3000

static struct net *hosts[2];
static struct net_device *ends[2];
static unsigned long handled[2];

static int handle(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	handled[dev_net(dev) == hosts[1]]++;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type handler = { .func = handle };

static void setup_hosts(void)
{
	int i;

	memset(handled, 0, sizeof(handled));
	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	handler.type = htons(TYPE);
	dev_add_pack(&handler);
	for (i = 0; i < 2; i++)
		hosts[i] = skiff_net_create(NULL);
	assert_int_equal(veth_create(hosts[0], "x", hosts[1], "y", &ends[0], &ends[1]), 0);
	for (i = 0; i < 2; i++) {
		net_lock(hosts[i]);
		assert_int_equal(dev_open(ends[i], NULL), 0);
		net_unlock(hosts[i]);
		assert_int_equal(skiff_net_start(hosts[i]), 0);
	}
}

static void teardown_hosts(void)
{
	int i;

	for (i = 0; i < 2; i++)
		assert_int_equal(skiff_net_stop(hosts[i]), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(skiff_net_destroy(hosts[i]), 0);
	assert_int_equal(skb_live_buffers(), 0);
}

static void *send_frames(void *arg)
{
	int side = (int)(intptr_t)arg, i;

	for (i = 0; i < FRAMES; i++) {
		struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);
		struct net_device *dev;

		skb_reserve(skb, 64);
		skb_put_zero(skb, 46);
		skb->protocol = htons(TYPE);
		skb_reset_network_header(skb);
		net_lock(hosts[side]);
		dev = __dev_get_by_name(hosts[side], side ? "y" : "x");
		if (dev) {
			skb->dev = dev;
			eth_header(skb, dev, TYPE, dev->broadcast, NULL, 0);
			dev_queue_xmit(skb);
		} else {
			consume_skb(skb);
		}
		net_unlock(hosts[side]);
	}
	return NULL;
}

static void start_both(pthread_t *threads)
{
	int i;

	for (i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, send_frames, (void *)(intptr_t)i), 0);
}

static void test_traffic_both_ways(void **state)
{
	struct rtnl_link_stats64 s[2];
	pthread_t threads[2];
	int i;

	setup_hosts();
	start_both(threads);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 2; i++)
		assert_int_equal(skiff_net_stop(hosts[i]), 0);
	for (i = 0; i < 2; i++)
		while (skiff_poll(hosts[i], 0) > 0)
			;
	for (i = 0; i < 2; i++) {
		net_lock(hosts[i]);
		dev_get_stats(ends[i], &s[i]);
		net_unlock(hosts[i]);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(s[i].tx_packets + s[i].tx_dropped, FRAMES);
		assert_int_equal(s[i].rx_packets, handled[i]);
		assert_int_equal(s[i].rx_packets + s[i].rx_dropped, s[!i].tx_packets);
		assert_int_equal(skiff_net_start(hosts[i]), 0);
	}
	teardown_hosts();
}

static void test_end_goes_up_and_down(void **state)
{
	pthread_t threads[2];
	int i;

	setup_hosts();
	start_both(threads);
	for (i = 0; i < 200; i++) {
		net_lock(hosts[i & 1]);
		dev_close(ends[i & 1]);
		assert_int_equal(dev_open(ends[i & 1], NULL), 0);
		net_unlock(hosts[i & 1]);
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	teardown_hosts();
}

static void test_cable_is_removed(void **state)
{
	pthread_t threads[2];
	int i;

	setup_hosts();
	start_both(threads);
	unregister_netdev(ends[0]);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	teardown_hosts();
}

static void test_host_is_destroyed(void **state)
{
	pthread_t thread;

	setup_hosts();
	assert_int_equal(pthread_create(&thread, NULL, send_frames, NULL), 0);
	assert_int_equal(skiff_net_destroy(hosts[1]), 0);
	pthread_join(thread, NULL);
	assert_int_equal(skiff_net_destroy(hosts[0]), 0);
	assert_int_equal(skb_live_buffers(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traffic_both_ways),
		cmocka_unit_test(test_end_goes_up_and_down),
		cmocka_unit_test(test_cable_is_removed),
		cmocka_unit_test(test_host_is_destroyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
