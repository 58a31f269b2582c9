// SPDX-License-Identifier: BSD-2-Clause
/* The top half from several threads while the host runs: nothing is lost or counted twice. */
#include <pthread.h>

#include "testdev.h"

#define THREADS 4
#define PER_THREAD 5000

static struct net *net;
static struct net_device *dev;
static int handled;

static int handle(struct sk_buff *skb, struct net_device *on, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	handled++;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type handler = { .func = handle };

static void *receive(void *arg)
{
	long refused = 0;
	int i;

	for (i = 0; i < PER_THREAD; i++)
		refused += netif_rx(packet(dev, 60, 1)) != NET_RX_SUCCESS;
	return (void *)refused;
}

/* The driver's completions. */
static void *wake(void *arg)
{
	int i;

	for (i = 0; i < PER_THREAD; i++)
		netif_wake_queue(dev);
	return NULL;
}

static netdev_tx_t xmit_and_stop(struct sk_buff *skb, struct net_device *on)
{
	testdev(on)->calls++;
	netif_stop_queue(on);
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ops = { .ndo_start_xmit = xmit_and_stop };

static void setup_net(void)
{
	assert_int_equal(skiff_device_init(), 0);
	net = skiff_net_create(NULL);
	assert_non_null(net);
	net_lock(net);
	dev = alloc_netdev(sizeof(struct testdev), "t", NET_NAME_USER, testdev_setup);
	dev->netdev_ops = &ops;
	dev_net_set(dev, net);
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	handler.type = htons(0x88b5);
	handler.af_packet_net = net;
	dev_add_pack(&handler);
	net_unlock(net);
	assert_int_equal(skiff_net_start(net), 0);
}

static void teardown_net(void)
{
	assert_int_equal(skiff_net_stop(net), 0);
	net_lock(net);
	dev_remove_pack(&handler);
	net_unlock(net);
	unregister_netdev(dev);
	free_netdev(dev);
	assert_int_equal(skiff_net_destroy(net), 0);
	assert_int_equal(skb_live_buffers(), 0);
}

static void test_receive_from_many_threads(void **state)
{
	struct softnet_stats stats;
	pthread_t threads[THREADS];
	long refused = 0;
	void *result;
	int i;

	handled = 0;
	setup_net();
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, receive, NULL), 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		refused += (long)result;
	}
	do {
		skiff_poll(net, 1000000);
		skiff_softnet_stats(net, &stats);
	} while (stats.backlog_len);
	assert_int_equal(skiff_net_stop(net), 0);
	while (skiff_poll(net, 0) > 0)
		;
	assert_int_equal(handled + refused, THREADS * PER_THREAD);
	skiff_softnet_stats(net, &stats);
	assert_int_equal(stats.dropped, refused);
	assert_int_equal(atomic_long_read(&dev->rx_dropped), refused);
	assert_int_equal(skiff_net_start(net), 0);
	teardown_net();
}

static void test_wake_from_another_thread(void **state)
{
	pthread_t thread;
	int i, sent = 0;

	setup_net();
	assert_int_equal(pthread_create(&thread, NULL, wake, NULL), 0);
	for (i = 0; i < PER_THREAD; i++) {
		net_lock(net);
		sent += dev_queue_xmit(packet(dev, 60, 1)) == NET_XMIT_SUCCESS;
		net_unlock(net);
	}
	pthread_join(thread, NULL);
	/* What still waits needs one wake each. */
	for (i = 0; i < 20; i++) {
		netif_wake_queue(dev);
		skiff_poll(net, 0);
		net_lock(net);
		net_unlock(net);
	}
	net_lock(net);
	assert_int_equal(testdev(dev)->calls, sent);
	net_unlock(net);
	teardown_net();
}

static void test_unregister_while_receiving(void **state)
{
	pthread_t threads[THREADS];
	int i;

	setup_net();
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, receive, NULL), 0);
	net_lock(net);
	unregister_netdevice(dev);
	net_unlock(net);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	/* All that came late was refused, so nothing is left of it. */
	assert_int_equal(skb_live_buffers(), 0);
	teardown_net();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive_from_many_threads),
		cmocka_unit_test(test_wake_from_another_thread),
		cmocka_unit_test(test_unregister_while_receiving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
