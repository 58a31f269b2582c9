/* SPDX-License-Identifier: BSD-2-Clause */
/* A host on a virtual clock, and a device whose driver does what the test says. */
#ifndef TESTS_DEVICE_TESTDEV_H
#define TESTS_DEVICE_TESTDEV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/netdevice.h>
#include <skiff/printk.h>
#include <skiff/sch_generic.h>
#include <skiff/skb/pool.h>

#define TEST_SENT_MAX 4096

/* What the driver does with a packet, and what it has seen. */
struct testdev {
	int init_error;
	int open_error;
	int busy;	   /* refuse that many packets; -1: all */
	bool stop_on_busy; /* and stop the queue before */
	unsigned int ring; /* stop the queue after so many packets, 0: never */
	bool down_in_xmit; /* close the device while sending */
	int inits, uninits, opens, stops, calls, rx_modes, rx_flags;
	unsigned int nr_sent;
	struct sk_buff *sent[TEST_SENT_MAX];
	bool more[TEST_SENT_MAX];
};

static inline struct testdev *testdev(struct net_device *dev)
{
	return (struct testdev *)netdev_priv(dev);
}

static inline int testdev_init(struct net_device *dev)
{
	testdev(dev)->inits++;
	return testdev(dev)->init_error;
}

static inline void testdev_uninit(struct net_device *dev)
{
	testdev(dev)->uninits++;
}

static inline int testdev_open(struct net_device *dev)
{
	testdev(dev)->opens++;
	return testdev(dev)->open_error;
}

static inline int testdev_stop(struct net_device *dev)
{
	testdev(dev)->stops++;
	return 0;
}

static inline netdev_tx_t testdev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct testdev *t = testdev(dev);

	t->calls++;
	if (t->down_in_xmit)
		dev_close(dev);
	if (t->busy) {
		if (t->busy > 0)
			t->busy--;
		if (t->stop_on_busy)
			netif_stop_queue(dev);
		return NETDEV_TX_BUSY;
	}
	assert_true(t->nr_sent < TEST_SENT_MAX);
	assert_null(skb->next);
	t->more[t->nr_sent] = netdev_xmit_more();
	t->sent[t->nr_sent++] = skb;
	if (t->ring && t->nr_sent % t->ring == 0)
		netif_stop_queue(dev);
	return NETDEV_TX_OK;
}

static inline void testdev_rx_mode(struct net_device *dev)
{
	testdev(dev)->rx_modes++;
}

static inline void testdev_rx_flags(struct net_device *dev, int flags)
{
	testdev(dev)->rx_flags |= flags;
}

static const struct net_device_ops testdev_ops = {
	.ndo_init = testdev_init,
	.ndo_uninit = testdev_uninit,
	.ndo_open = testdev_open,
	.ndo_stop = testdev_stop,
	.ndo_start_xmit = testdev_xmit,
	.ndo_set_rx_mode = testdev_rx_mode,
	.ndo_change_rx_flags = testdev_rx_flags,
};

static inline void testdev_setup(struct net_device *dev)
{
	dev->netdev_ops = &testdev_ops;
	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = ETH_HLEN;
	dev->addr_len = ETH_ALEN;
	dev->mtu = 1500;
	dev->min_mtu = 68;
	dev->max_mtu = 9000;
	dev->tx_queue_len = 10;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
}

static inline void testdev_free_sent(struct net_device *dev)
{
	struct testdev *t = testdev(dev);

	while (t->nr_sent)
		consume_skb(t->sent[--t->nr_sent]);
}

/* One host per test, its lock held. */
struct fixture {
	struct skiff_clock *clock;
	struct net *net;
	char log[8192];
};

static struct fixture fixture;

static inline void fixture_log(int level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	strncat(fixture.log, text, sizeof(fixture.log) - strlen(fixture.log) - 2);
	strcat(fixture.log, "\n");
}

static inline int fixture_setup(void **state)
{
	const struct skiff_net_params params = {
		.clock = fixture.clock = skiff_clock_virtual(0, 1700000000ll * 1000000000),
	};

	(void)state;
	fixture.log[0] = '\0';
	skiff_log_sink(fixture_log, NULL);
	assert_int_equal(skiff_device_init(), 0);
	fixture.net = skiff_net_create(&params);
	assert_non_null(fixture.net);
	net_lock(fixture.net);
	return 0;
}

static inline int fixture_teardown(void **state)
{
	(void)state;
	if (current_net())
		net_unlock(fixture.net);
	assert_int_equal(skiff_net_destroy(fixture.net), 0);
	skiff_clock_put(fixture.clock);
	skiff_log_sink(NULL, NULL);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

/* Let the host live for @ms milliseconds. Called and left locked. */
static inline void run_ms(int ms)
{
	net_unlock(fixture.net);
	assert_int_equal(skiff_clock_run_until(fixture.clock,
					       skiff_clock_now(fixture.clock) + ms * 1000000ll),
			 0);
	net_lock(fixture.net);
}

static inline struct net_device *testdev_alloc(const char *name)
{
	struct net_device *dev =
		alloc_netdev(sizeof(struct testdev), name, NET_NAME_USER, testdev_setup);

	assert_non_null(dev);
	dev_net_set(dev, fixture.net);
	return dev;
}

static inline struct net_device *testdev_create(const char *name)
{
	struct net_device *dev = testdev_alloc(name);

	assert_int_equal(register_netdevice(dev), 0);
	return dev;
}

static inline struct net_device *testdev_up(const char *name)
{
	struct net_device *dev = testdev_create(name);

	assert_int_equal(dev_open(dev, NULL), 0);
	return dev;
}

static inline void testdev_destroy(struct net_device *dev)
{
	unregister_netdevice(dev);
	testdev_free_sent(dev);
	free_netdev(dev);
}

/* A packet of @len bytes, the first one @tag. */
static inline struct sk_buff *packet(struct net_device *dev, unsigned int len, u8 tag)
{
	struct sk_buff *skb = alloc_skb(len + 64, GFP_KERNEL);

	assert_non_null(skb);
	skb_reserve(skb, 64);
	memset(skb_put(skb, len), 0, len);
	if (len)
		skb->data[0] = tag;
	skb->dev = dev;
	skb->protocol = htons(0x88b5); /* IEEE 802: for experiments */
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	return skb;
}

#define tests_with_host(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif /* TESTS_DEVICE_TESTDEV_H */
