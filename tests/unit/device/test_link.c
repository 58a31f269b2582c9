// SPDX-License-Identifier: BSD-2-Clause
/* Carrier, dormant and testing links, and the watchdog over queues that stay stopped. */
#include "testdev.h"

static unsigned int changes;

static int count_changes(struct notifier_block *nb, unsigned long action, void *data)
{
	changes += action == NETDEV_CHANGE;
	return NOTIFY_DONE;
}

static struct notifier_block listener = { .notifier_call = count_changes };

static void test_operstate(void **state)
{
	struct net_device *dev = testdev_create("a");

	assert_int_equal(register_netdevice_notifier(&listener), 0);
	assert_int_equal(dev->operstate, IF_OPER_UNKNOWN);
	assert_int_equal(dev_open(dev, NULL), 0);
	changes = 0;
	netif_dormant_on(dev);
	netif_dormant_on(dev);
	assert_true(netif_dormant(dev));
	assert_int_equal(changes, 1);
	assert_int_equal(dev->operstate, IF_OPER_DORMANT);
	assert_int_equal(dev_get_flags(dev) & (IFF_RUNNING | IFF_DORMANT | IFF_LOWER_UP),
			 IFF_DORMANT | IFF_LOWER_UP);
	/* Packets still go: whoever authenticates has to send. */
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 0)), NET_XMIT_SUCCESS);
	netif_testing_on(dev);
	assert_int_equal(dev->operstate, IF_OPER_TESTING);
	assert_true(netif_testing(dev));
	netif_carrier_off(dev);
	assert_int_equal(dev->operstate, IF_OPER_DOWN);
	netif_testing_off(dev);
	netif_dormant_off(dev);
	netif_dormant_off(dev);
	assert_int_equal(dev->operstate, IF_OPER_DOWN);
	netif_carrier_on(dev);
	assert_int_equal(dev->operstate, IF_OPER_UP);
	assert_int_equal(dev->carrier_changes, 2);
	unregister_netdevice_notifier(&listener);
	testdev_destroy(dev);
}

static void test_link_mode(void **state)
{
	struct net_device *dev = testdev_up("a");

	assert_int_equal(dev_set_link_mode(dev, 7), -EINVAL);
	assert_int_equal(dev_set_link_mode(dev, IF_LINK_MODE_DORMANT), 0);
	netif_carrier_off(dev);
	dev_set_operstate(dev, IF_OPER_UP);
	assert_int_equal(dev->operstate, IF_OPER_DOWN);
	netif_carrier_on(dev);
	assert_int_equal(dev->operstate, IF_OPER_DORMANT);
	dev_set_operstate(dev, IF_OPER_UP);
	assert_int_equal(dev->operstate, IF_OPER_UP);
	assert_true(dev_get_flags(dev) & IFF_RUNNING);
	dev_set_operstate(dev, IF_OPER_DORMANT);
	assert_false(dev_get_flags(dev) & IFF_RUNNING);
	dev_set_operstate(dev, IF_OPER_UP);
	dev_set_operstate(dev, IF_OPER_TESTING);
	assert_int_equal(dev->operstate, IF_OPER_TESTING);
	dev_set_operstate(dev, IF_OPER_NOTPRESENT);
	assert_int_equal(dev->operstate, IF_OPER_TESTING);
	testdev_destroy(dev);
}

/* The watchdog */

static int timeouts;
static unsigned int last_queue;
static enum { RESET, IGNORE, CLOSE, UNREGISTER } on_timeout;

static void tx_timeout(struct net_device *dev, unsigned int txqueue)
{
	timeouts++;
	last_queue = txqueue;
	if (on_timeout == RESET) {
		netif_trans_update(dev);
		netif_tx_wake_all_queues(dev);
	} else if (on_timeout == CLOSE) {
		dev_close(dev);
	} else if (on_timeout == UNREGISTER) {
		unregister_netdevice(dev);
	}
}

static struct net_device *watched(unsigned int queues)
{
	static struct net_device_ops ops;
	struct net_device *dev = alloc_netdev_mqs(sizeof(struct testdev), "w", NET_NAME_USER,
						  testdev_setup, queues, 1);

	ops = testdev_ops;
	ops.ndo_tx_timeout = tx_timeout;
	dev->netdev_ops = &ops;
	dev->watchdog_timeo = HZ;
	dev_net_set(dev, fixture.net);
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	timeouts = 0;
	on_timeout = RESET;
	return dev;
}

static void test_watchdog(void **state)
{
	struct net_device *dev = watched(1);

	run_ms(10000);
	assert_int_equal(timeouts, 0);
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 'a')), NET_XMIT_SUCCESS);
	netif_stop_queue(dev);
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 'b')), NET_XMIT_SUCCESS);
	run_ms(900);
	assert_int_equal(timeouts, 0);
	run_ms(1200);
	assert_int_equal(timeouts, 1);
	assert_int_equal(netdev_get_tx_queue(dev, 0)->trans_timeout, 1);
	assert_non_null(strstr(fixture.log, "transmit queue 0 timed out"));
	/* The driver has woken its queue: what waited is sent. */
	assert_int_equal(testdev(dev)->nr_sent, 2);
	run_ms(10000);
	assert_int_equal(timeouts, 1);
	testdev_destroy(dev);
}

static void test_watchdog_goes_on(void **state)
{
	struct net_device *dev = watched(4);

	on_timeout = IGNORE;
	netif_tx_stop_queue(netdev_get_tx_queue(dev, 2));
	run_ms(10500);
	assert_in_range(timeouts, 8, 10);
	assert_int_equal(last_queue, 2);
	/* A driver that says that it is at work is left alone. */
	timeouts = 0;
	txq_trans_update(netdev_get_tx_queue(dev, 2));
	run_ms(900);
	assert_int_equal(timeouts, 0);
	netif_carrier_off(dev);
	run_ms(10000);
	assert_int_equal(timeouts, 0);
	netif_carrier_on(dev);
	netif_device_detach(dev);
	run_ms(10000);
	assert_int_equal(timeouts, 0);
	testdev_destroy(dev);
}

static void test_watchdog_and_removal(void **state)
{
	struct net_device *dev = watched(1);

	on_timeout = CLOSE;
	netif_stop_queue(dev);
	run_ms(10000);
	assert_int_equal(timeouts, 1);
	assert_false(dev->flags & IFF_UP);
	assert_int_equal(dev_open(dev, NULL), 0);
	on_timeout = UNREGISTER;
	assert_int_equal(dev_queue_xmit(packet(dev, 60, 'a')), NET_XMIT_SUCCESS);
	run_ms(10000);
	assert_int_equal(timeouts, 2);
	assert_int_equal(dev->reg_state, NETREG_UNREGISTERED);
	testdev_free_sent(dev);
	free_netdev(dev);
}

static void test_stop_all(void **state)
{
	struct net_device *dev = watched(3);

	int i;

	netif_tx_disable(dev);
	assert_true(netif_tx_queue_stopped(netdev_get_tx_queue(dev, 2)));
	/* What came in by a queue leaves by its twin. */
	for (i = 0; i < 3; i++) {
		struct sk_buff *skb = packet(dev, 60, 'a');

		skb_record_rx_queue(skb, (u16)i);
		assert_int_equal(dev_queue_xmit(skb), NET_XMIT_SUCCESS);
		assert_int_equal(netdev_get_tx_queue(dev, (unsigned int)i)->qdisc->qstats.qlen, 1);
	}
	assert_int_equal(testdev(dev)->nr_sent, 0);
	/* Queues that are given up lose what waits in them. */
	assert_int_equal(netif_set_real_num_queues(dev, 3, 2), -EINVAL);
	assert_int_equal(netif_set_real_num_queues(dev, 4, 1), -EINVAL);
	assert_int_equal(netif_set_real_num_queues(dev, 1, 1), 0);
	assert_int_equal(netdev_get_tx_queue(dev, 1)->qdisc->qstats.qlen +
				 netdev_get_tx_queue(dev, 2)->qdisc->qstats.qlen,
			 0);
	assert_int_equal(netdev_get_tx_queue(dev, 0)->qdisc->qstats.qlen, 1);
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_operstate),
		tests_with_host(test_link_mode),
		tests_with_host(test_watchdog),
		tests_with_host(test_watchdog_goes_on),
		tests_with_host(test_watchdog_and_removal),
		tests_with_host(test_stop_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
