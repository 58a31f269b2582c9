// SPDX-License-Identifier: BSD-2-Clause
/* Devices that change and go while packets are on their way: nothing may be left, nothing counted twice. */
#include "testdev.h"

static int delivered;
static struct net_device *victim;

static int deliver(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		   struct net_device *orig_dev)
{
	delivered++;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

/* The first packet takes its own device away. */
static int remove_device(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
			 struct net_device *orig_dev)
{
	delivered++;
	consume_skb(skb);
	if (victim)
		unregister_netdevice(victim);
	victim = NULL;
	return NET_RX_SUCCESS;
}

static struct packet_type handler_of(int (*func)(struct sk_buff *skb, struct net_device *dev,
						 struct packet_type *pt,
						 struct net_device *orig_dev))
{
	return (struct packet_type){
		.type = htons(0x88b5),
		.af_packet_net = fixture.net,
		.func = func,
	};
}

static void test_removed_with_both_queues_full(void **state)
{
	struct packet_type pt = handler_of(deliver);
	struct net_device *dev = testdev_up("a"), *other = testdev_up("b");
	int i;

	delivered = 0;
	dev_add_pack(&pt);
	netif_stop_queue(dev);
	for (i = 0; i < 10; i++) {
		assert_int_equal(dev_queue_xmit(packet(dev, 60, 0)), NET_XMIT_SUCCESS);
		assert_int_equal(netif_rx(packet(dev, 60, 0)), NET_RX_SUCCESS);
		assert_int_equal(netif_rx(packet(other, 60, 0)), NET_RX_SUCCESS);
	}
	unregister_netdevice(dev);
	assert_int_equal(netif_rx(packet(dev, 60, 0)), NET_RX_DROP);
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 0)), -ENETDOWN);
	netif_wake_queue(dev);
	run_ms(10);
	/* The other device's packets are not touched. */
	assert_int_equal(delivered, 10);
	assert_int_equal(testdev(dev)->nr_sent, 0);
	dev_remove_pack(&pt);
	free_netdev(dev);
	testdev_destroy(other);
	assert_int_equal(skb_live_buffers(), 0);
}

static void test_removed_by_a_handler(void **state)
{
	struct packet_type pt = handler_of(remove_device);
	struct net_device *dev = testdev_up("a");
	int i;

	delivered = 0;
	victim = dev;
	dev_add_pack(&pt);
	for (i = 0; i < 100; i++)
		assert_int_equal(netif_rx(packet(dev, 60, 0)), NET_RX_SUCCESS);
	run_ms(10);
	assert_int_equal(delivered, 1);
	assert_int_equal(dev->reg_state, NETREG_UNREGISTERED);
	dev_remove_pack(&pt);
	free_netdev(dev);
	assert_int_equal(skb_live_buffers(), 0);
}

static void test_removed_while_the_driver_refuses(void **state)
{
	struct net_device *dev = testdev_up("a");

	testdev(dev)->busy = -1;
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 0)), NET_XMIT_SUCCESS);
	run_ms(100);
	assert_true(testdev(dev)->calls > 50);
	unregister_netdevice(dev);
	testdev(dev)->calls = 0;
	run_ms(100);
	assert_int_equal(testdev(dev)->calls, 0);
	free_netdev(dev);
	assert_int_equal(skb_live_buffers(), 0);
}

/* Not up: it receives nothing, whoever tries. */
static void test_down_receives_nothing(void **state)
{
	struct packet_type pt = handler_of(deliver);
	struct net_device *dev = testdev_up("a");

	delivered = 0;
	dev_add_pack(&pt);
	assert_int_equal(netif_rx(packet(dev, 60, 0)), NET_RX_SUCCESS);
	dev_close(dev);
	run_ms(1);
	assert_int_equal(netif_rx(packet(dev, 60, 0)), NET_RX_DROP);
	assert_int_equal(netif_receive_skb(packet(dev, 60, 0)), NET_RX_DROP);
	assert_int_equal(delivered, 0);
	/* Neither does one that is gone and back. */
	assert_int_equal(dev_open(dev, NULL), 0);
	run_ms(1);
	assert_int_equal(delivered, 0);
	dev_remove_pack(&pt);
	testdev_destroy(dev);
}

/* Flags of which nothing follows are kept, and told of. */
static unsigned int changes;

static int count_changes(struct notifier_block *nb, unsigned long action, void *data)
{
	changes += action == NETDEV_CHANGE;
	return NOTIFY_DONE;
}

static struct notifier_block listener = { .notifier_call = count_changes };

static void test_historic_flags(void **state)
{
	static const unsigned int flags[] = { IFF_DEBUG, IFF_NOTRAILERS, IFF_NOARP, IFF_DYNAMIC };
	struct net_device *dev = testdev_up("a");
	size_t i;

	assert_int_equal(register_netdevice_notifier(&listener), 0);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		changes = 0;
		assert_int_equal(dev_change_flags(dev, dev_get_flags(dev) | flags[i], NULL), 0);
		assert_true(dev_get_flags(dev) & flags[i]);
		assert_int_equal(dev_change_flags(dev, dev_get_flags(dev) & ~flags[i], NULL), 0);
		assert_false(dev_get_flags(dev) & flags[i]);
		assert_int_equal(changes, 2);
	}
	unregister_netdevice_notifier(&listener);
	testdev_destroy(dev);
}

static void test_alias(void **state)
{
	struct net_device *dev = testdev_create("a");
	char name[8] = "";
	char text[IFALIASZ];

	assert_int_equal(dev_get_alias(dev, name, sizeof(name)), 0);
	assert_int_equal(dev_set_alias(dev, "up link", 2), 2);
	assert_int_equal(dev_get_alias(dev, name, sizeof(name)), 2);
	assert_string_equal(name, "up");
	memset(text, 'x', sizeof(text));
	assert_int_equal(dev_set_alias(dev, text, sizeof(text)), -EINVAL);
	assert_int_equal(dev_set_alias(dev, text, sizeof(text) - 1), IFALIASZ - 1);
	assert_int_equal(dev_get_alias(dev, name, sizeof(name)), IFALIASZ - 1);
	assert_string_equal(name, "xxxxxxx");
	assert_int_equal(dev_set_alias(dev, NULL, 0), 0);
	assert_int_equal(dev_get_alias(dev, name, sizeof(name)), 0);
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_removed_with_both_queues_full),
		tests_with_host(test_removed_by_a_handler),
		tests_with_host(test_removed_while_the_driver_refuses),
		tests_with_host(test_down_receives_nothing),
		tests_with_host(test_historic_flags),
		tests_with_host(test_alias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
