// SPDX-License-Identifier: BSD-2-Clause
/* The disciplines of one queue: what waits, in which order, what is dropped when there is no room. */
#include "testdev.h"

/* A packet whose first byte tells it from the others. */
static struct sk_buff *numbered(struct net_device *dev, unsigned int len, u8 nr)
{
	struct sk_buff *skb = packet(dev, len, 0);

	skb->data[0] = nr;
	return skb;
}

static u8 number_sent(struct net_device *dev, unsigned int i)
{
	return testdev(dev)->sent[i]->data[0];
}

static struct net_device *stopped_with(const char *kind, u32 limit)
{
	struct net_device *dev = testdev_up("a");

	assert_int_equal(dev_set_qdisc(dev, kind, limit), 0);
	assert_string_equal(netdev_get_tx_queue(dev, 0)->qdisc->ops->id, kind);
	netif_stop_queue(dev);
	return dev;
}

static void wake(struct net_device *dev)
{
	netif_wake_queue(dev);
	run_ms(10);
}

static void packets(void **state)
{
	struct net_device *dev = stopped_with("pfifo", 3);
	const struct Qdisc *sch = netdev_get_tx_queue(dev, 0)->qdisc;
	u8 i;

	/* Priorities mean nothing. */
	for (i = 0; i < 5; i++) {
		struct sk_buff *skb = numbered(dev, 60, i);

		skb->priority = 4u - i;
		assert_int_equal(dev_queue_xmit(skb), i < 3 ? NET_XMIT_SUCCESS : NET_XMIT_DROP);
	}
	assert_int_equal(sch->qstats.qlen, 3);
	assert_int_equal(sch->qstats.backlog, 180);
	assert_int_equal(sch->qstats.drops, 2);
	wake(dev);
	assert_int_equal(testdev(dev)->nr_sent, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(number_sent(dev, i), i);
	assert_int_equal(sch->qstats.qlen, 0);
	testdev_destroy(dev);
}

static void bytes(void **state)
{
	struct net_device *dev = stopped_with("bfifo", 200);
	const struct Qdisc *sch = netdev_get_tx_queue(dev, 0)->qdisc;

	assert_int_equal(dev_queue_xmit(numbered(dev, 100, 0)), NET_XMIT_SUCCESS);
	assert_int_equal(dev_queue_xmit(numbered(dev, 101, 1)), NET_XMIT_DROP);
	assert_int_equal(dev_queue_xmit(numbered(dev, 100, 2)), NET_XMIT_SUCCESS);
	assert_int_equal(dev_queue_xmit(numbered(dev, 60, 3)), NET_XMIT_DROP);
	assert_int_equal(sch->qstats.backlog, 200);
	wake(dev);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	assert_int_equal(number_sent(dev, 1), 2);
	/* What could not have waited is not sent past the queue either. */
	assert_int_equal(dev_queue_xmit(numbered(dev, 201, 4)), NET_XMIT_DROP);
	testdev_destroy(dev);
}

static void the_oldest_go(void **state)
{
	struct net_device *dev = stopped_with("pfifo_head_drop", 2);
	u8 i;

	for (i = 0; i < 5; i++)
		assert_int_equal(dev_queue_xmit(numbered(dev, 60, i)),
				 i < 2 ? NET_XMIT_SUCCESS : NET_XMIT_CN);
	assert_int_equal(netdev_get_tx_queue(dev, 0)->qdisc->qstats.qlen, 2);
	wake(dev);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	assert_int_equal(number_sent(dev, 0), 3);
	assert_int_equal(number_sent(dev, 1), 4);
	testdev_destroy(dev);
}

/* The device's queue gives the limit, and later changes of it change nothing. */
static void limits_of_the_device(void **state)
{
	struct net_device *dev = stopped_with("pfifo", 0);
	int i;

	assert_int_equal(dev_change_tx_queue_len(dev, 2), 0);
	for (i = 0; i < 12; i++)
		assert_int_equal(dev_queue_xmit(numbered(dev, 60, 0)),
				 i < 10 ? NET_XMIT_SUCCESS : NET_XMIT_DROP);
	assert_int_equal(dev_set_qdisc(dev, "bfifo", 0), 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(dev_queue_xmit(numbered(dev, 1514, 0)),
				 i < 2 ? NET_XMIT_SUCCESS : NET_XMIT_DROP);
	assert_int_equal(dev_change_tx_queue_len(dev, 0), 0);
	assert_int_equal(dev_set_qdisc(dev, "pfifo", 0), 0);
	assert_int_equal(dev_queue_xmit(numbered(dev, 60, 0)), NET_XMIT_SUCCESS);
	assert_int_equal(dev_queue_xmit(numbered(dev, 60, 0)), NET_XMIT_DROP);
	testdev_destroy(dev);
	assert_int_equal(skb_live_buffers(), 0);
}

static void refusals(void **state)
{
	struct net_device *dev = testdev_up("a");

	assert_int_equal(dev_set_qdisc(dev, "fq_codel", 0), -ENOENT);
	assert_int_equal(dev_set_qdisc(dev, "", 0), -ENOENT);
	assert_int_equal(dev_set_qdisc(dev, "pfifo_fast", 5), -EINVAL);
	assert_int_equal(dev_set_qdisc(dev, "pfifo_fast", 0), 0);
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(packets, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(bytes, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_oldest_go, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(limits_of_the_device, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(refusals, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
