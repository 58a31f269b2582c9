// SPDX-License-Identifier: BSD-2-Clause
/* The way out: bands, limits, refusals, fall-backs for what a device can't do. */
#include "testdev.h"

static void send_tag(struct net_device *dev, u8 tag, u32 priority)
{
	struct sk_buff *skb = packet(dev, 100, tag);

	skb->priority = priority;
	assert_int_equal(dev_queue_xmit(skb), NET_XMIT_SUCCESS);
}

static void sent_tags(struct net_device *dev, const char *tags)
{
	unsigned int i;

	assert_int_equal(testdev(dev)->nr_sent, strlen(tags));
	for (i = 0; tags[i]; i++)
		assert_int_equal(testdev(dev)->sent[i]->data[0], tags[i]);
}

static void test_at_once(void **state)
{
	struct net_device *dev = testdev_up("a");

	send_tag(dev, 'a', 0);
	sent_tags(dev, "a");
	assert_ptr_equal(skb_mac_header(testdev(dev)->sent[0]), testdev(dev)->sent[0]->data);
	assert_false(testdev(dev)->more[0]);
	testdev_destroy(dev);
}

static void test_not_up(void **state)
{
	struct net_device *dev = testdev_create("a");

	assert_int_equal(dev_queue_xmit(packet(dev, 100, 1)), -ENETDOWN);
	assert_int_equal(atomic_long_read(&dev->tx_dropped), 1);
	assert_int_equal(dev_open(dev, NULL), 0);
	assert_int_equal(dev_queue_xmit(packet(dev, 0, 1)), -ENETDOWN);
	netif_carrier_off(dev);
	assert_int_equal(dev_queue_xmit(packet(dev, 100, 1)), NET_XMIT_DROP);
	netif_carrier_on(dev);
	assert_int_equal(dev_queue_xmit(packet(dev, 100, 1)), NET_XMIT_SUCCESS);
	assert_int_equal(atomic_long_read(&dev->tx_dropped), 3);
	testdev_destroy(dev);
}

static void test_three_bands(void **state)
{
	struct net_device *dev = testdev_up("a");

	netif_stop_queue(dev);
	send_tag(dev, 'b', TC_PRIO_BULK);
	send_tag(dev, 'n', TC_PRIO_BESTEFFORT);
	send_tag(dev, 'B', TC_PRIO_FILLER);
	send_tag(dev, 'i', TC_PRIO_INTERACTIVE);
	send_tag(dev, 'N', 15);
	send_tag(dev, 'c', TC_PRIO_CONTROL);
	/* Only the lower four bits count. */
	send_tag(dev, 'C', 0x10000 + TC_PRIO_CONTROL);
	sent_tags(dev, "");
	netif_wake_queue(dev);
	run_ms(1);
	sent_tags(dev, "icCnNbB");
	assert_true(testdev(dev)->more[0]);
	assert_false(testdev(dev)->more[6]);
	testdev_destroy(dev);
}

static void test_full_queue(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct Qdisc *sch = netdev_get_tx_queue(dev, 0)->qdisc;
	int i;

	netif_stop_queue(dev);
	for (i = 0; i < 10; i++)
		send_tag(dev, 'a', TC_PRIO_BULK);
	assert_int_equal(dev_queue_xmit(packet(dev, 100, 'x')), NET_XMIT_SUCCESS);
	{
		struct sk_buff *skb = packet(dev, 100, 'y');

		skb->priority = TC_PRIO_BULK;
		assert_int_equal(dev_queue_xmit(skb), NET_XMIT_DROP);
	}
	assert_int_equal(sch->qstats.drops, 1);
	assert_int_equal(sch->qstats.qlen, 11);
	assert_int_equal(sch->qstats.backlog, 1100);
	assert_int_equal(atomic_long_read(&dev->tx_dropped), 1);
	/* A longer one takes more at once; a shorter one keeps what waits. */
	assert_int_equal(dev_change_tx_queue_len(dev, 11), 0);
	send_tag(dev, 'a', TC_PRIO_BULK);
	assert_int_equal(dev_change_tx_queue_len(dev, 1), 0);
	netif_wake_queue(dev);
	run_ms(1);
	sent_tags(dev, "xaaaaaaaaaaa");
	assert_int_equal(sch->qstats.qlen, 0);
	assert_int_equal(sch->qstats.backlog, 0);
	testdev_destroy(dev);
}

static void test_busy_is_offered_again(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct Qdisc *sch = netdev_get_tx_queue(dev, 0)->qdisc;

	testdev(dev)->busy = 4;
	send_tag(dev, 'a', 0);
	assert_int_equal(sch->qstats.qlen, 1);
	send_tag(dev, 'b', 0);
	send_tag(dev, 'c', TC_PRIO_CONTROL);
	/* Each packet that comes is a reason to try again; the refused one stays the first. */
	assert_int_equal(testdev(dev)->calls, 3);
	run_ms(1);
	assert_int_equal(testdev(dev)->calls, 4);
	run_ms(1);
	sent_tags(dev, "acb");
	assert_int_equal(sch->qstats.requeues, 4);
	assert_int_equal(sch->qstats.qlen, 0);
	testdev_destroy(dev);
}

static void test_busy_for_ever(void **state)
{
	struct net_device *dev = testdev_up("a");
	int i;

	testdev(dev)->busy = -1;
	for (i = 0; i < 11; i++)
		send_tag(dev, 'a', 0);
	assert_int_equal(dev_queue_xmit(packet(dev, 100, 'x')), NET_XMIT_DROP);
	/* Time goes on, and the driver is not asked all the time. */
	testdev(dev)->calls = 0;
	run_ms(100);
	assert_int_equal(testdev(dev)->calls, 100);
	testdev_destroy(dev);
}

static void test_busy_with_stopped_queue(void **state)
{
	struct net_device *dev = testdev_up("a");

	testdev(dev)->busy = 1;
	testdev(dev)->stop_on_busy = true;
	send_tag(dev, 'a', 0);
	send_tag(dev, 'b', 0);
	run_ms(10);
	assert_int_equal(testdev(dev)->calls, 1);
	netif_wake_queue(dev);
	run_ms(1);
	sent_tags(dev, "ab");
	/* Waking what is awake costs nothing. */
	netif_wake_queue(dev);
	run_ms(1);
	testdev_destroy(dev);
}

static void test_ring_stops_in_the_middle(void **state)
{
	struct net_device *dev = testdev_up("a");
	int i;

	testdev(dev)->ring = 3;
	for (i = 0; i < 8; i++)
		send_tag(dev, (u8)('a' + i), 0);
	sent_tags(dev, "abc");
	netif_wake_queue(dev);
	run_ms(1);
	sent_tags(dev, "abcdef");
	netif_wake_queue(dev);
	run_ms(1);
	sent_tags(dev, "abcdefgh");
	testdev_destroy(dev);
}

static void test_close_drops_what_waits(void **state)
{
	struct net_device *dev = testdev_up("a");

	testdev(dev)->busy = 1;
	send_tag(dev, 'a', 0);
	send_tag(dev, 'b', 0);
	netif_stop_queue(dev);
	send_tag(dev, 'c', 0);
	netif_wake_queue(dev);
	dev_close(dev);
	testdev_free_sent(dev);
	assert_int_equal(skb_live_buffers(), 0);
	run_ms(10);
	assert_int_equal(testdev(dev)->nr_sent, 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	send_tag(dev, 'd', 0);
	sent_tags(dev, "d");
	testdev_destroy(dev);
}

static void test_driver_closes_its_device(void **state)
{
	struct net_device *dev = testdev_up("a");

	netif_stop_queue(dev);
	send_tag(dev, 'a', 0);
	send_tag(dev, 'b', 0);
	testdev(dev)->down_in_xmit = true;
	testdev(dev)->busy = 1;
	netif_wake_queue(dev);
	run_ms(10);
	assert_int_equal(testdev(dev)->calls, 1);
	assert_false(dev->flags & IFF_UP);
	assert_int_equal(skb_live_buffers(), 0);
	testdev_destroy(dev);
}

static void test_checksum_in_software(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct sk_buff *skb = packet(dev, 60, 0);

	memset(skb->data, 0xab, 60);
	memset(skb->data + 40, 0, 2);
	assert_true(skb_partial_csum_set(skb, 34, 6));
	dev_queue_xmit(skb);
	skb = testdev(dev)->sent[0];
	assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
	assert_int_equal(csum_fold(csum_partial(skb->data + 34, 26, 0)), 0);

	/* A device that can do it is left to do it. */
	dev->features |= NETIF_F_HW_CSUM;
	skb = packet(dev, 60, 0);
	assert_true(skb_partial_csum_set(skb, 34, 6));
	dev_queue_xmit(skb);
	skb = testdev(dev)->sent[1];
	assert_int_equal(skb->ip_summed, CHECKSUM_PARTIAL);
	assert_int_equal(skb->data[40] | skb->data[41], 0);

	/* One that knows IPv4 only is no help here, but is for IPv4. */
	dev->features &= ~NETIF_F_HW_CSUM;
	dev->features |= NETIF_F_IP_CSUM;
	skb = packet(dev, 60, 0);
	assert_true(skb_partial_csum_set(skb, 34, 6));
	dev_queue_xmit(skb);
	assert_int_equal(testdev(dev)->sent[2]->ip_summed, CHECKSUM_NONE);
	skb = packet(dev, 60, 0);
	skb->protocol = htons(ETH_P_IP);
	assert_true(skb_partial_csum_set(skb, 34, 6));
	dev_queue_xmit(skb);
	assert_int_equal(testdev(dev)->sent[3]->ip_summed, CHECKSUM_PARTIAL);
	testdev_destroy(dev);
}

static struct sk_buff *with_fragment(struct net_device *dev)
{
	struct sk_buff *skb = packet(dev, 20, 'f');
	struct page *page = alloc_page(GFP_KERNEL);

	memset(page_address(page), 0x5a, 100);
	skb_add_rx_frag(skb, 0, page, 0, 100, PAGE_SIZE);
	return skb;
}

static void test_gathering_in_software(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct sk_buff *skb;

	dev_queue_xmit(with_fragment(dev));
	skb = testdev(dev)->sent[0];
	assert_false(skb_is_nonlinear(skb));
	assert_int_equal(skb->len, 120);
	assert_int_equal(skb->data[119], 0x5a);
	dev->features |= NETIF_F_SG;
	dev_queue_xmit(with_fragment(dev));
	assert_true(skb_is_nonlinear(testdev(dev)->sent[1]));
	testdev_destroy(dev);
}

static void test_segments_need_a_protocol(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct sk_buff *skb = packet(dev, 4000, 'g');

	skb_shinfo(skb)->gso_size = 1000;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb_set_network_header(skb, 14);
	dev_queue_xmit(skb);
	assert_int_equal(testdev(dev)->nr_sent, 0);
	assert_int_equal(atomic_long_read(&dev->tx_dropped), 1);
	testdev_destroy(dev);
}

/* An offload that makes two packets of one. */
static struct sk_buff *cut_in_two(struct sk_buff *skb, netdev_features_t features)
{
	struct sk_buff *first = skb_copy(skb, GFP_KERNEL), *second = skb_copy(skb, GFP_KERNEL);

	assert_ptr_equal(skb->data, skb_network_header(skb));
	skb_push(first, 14);
	skb_push(second, 14);
	first->data[0] = '1';
	second->data[0] = '2';
	first->next = second;
	second->next = NULL;
	skb_gso_reset(first);
	skb_gso_reset(second);
	return first;
}

static struct packet_offload halves = {
	.callbacks = { .gso_segment = cut_in_two },
};

static void test_segmentation(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct sk_buff *skb = packet(dev, 4000, 'g');

	halves.type = htons(0x88b5);
	dev_add_offload(&halves);
	skb_shinfo(skb)->gso_size = 1000;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb_set_network_header(skb, 14);
	dev_queue_xmit(skb);
	sent_tags(dev, "12");
	assert_true(testdev(dev)->more[0]);
	dev_remove_offload(&halves);
	testdev_destroy(dev);
}

static void test_tag_goes_inside(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct sk_buff *skb = packet(dev, 60, 't');

	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 5);
	dev_queue_xmit(skb);
	skb = testdev(dev)->sent[0];
	assert_int_equal(skb->len, 64);
	assert_false(skb_vlan_tag_present(skb));
	assert_memory_equal(skb->data + 12, "\x81\x00\x00\x05", 4);
	testdev_destroy(dev);
}

static void unqueued_setup(struct net_device *dev)
{
	testdev_setup(dev);
	dev->priv_flags |= IFF_NO_QUEUE;
}

static void test_without_queue(void **state)
{
	struct net_device *dev =
		alloc_netdev(sizeof(struct testdev), "nq", NET_NAME_USER, unqueued_setup);

	dev_net_set(dev, fixture.net);
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	send_tag(dev, 'a', 0);
	sent_tags(dev, "a");
	/* It has nowhere to wait. */
	testdev(dev)->busy = 1;
	assert_int_equal(dev_queue_xmit(packet(dev, 100, 'b')), NET_XMIT_DROP);
	netif_stop_queue(dev);
	assert_int_equal(dev_queue_xmit(packet(dev, 100, 'c')), NET_XMIT_DROP);
	netif_wake_queue(dev);
	assert_int_equal(atomic_long_read(&dev->tx_dropped), 2);
	testdev_destroy(dev);
}

/* A device that sends by itself. */
static netdev_tx_t circle_xmit(struct sk_buff *skb, struct net_device *dev)
{
	testdev(dev)->calls++;
	dev_queue_xmit(skb);
	return NETDEV_TX_OK;
}

static void test_circle_ends(void **state)
{
	static const struct net_device_ops circle_ops = { .ndo_start_xmit = circle_xmit };
	struct net_device *dev =
		alloc_netdev(sizeof(struct testdev), "circle", NET_NAME_USER, unqueued_setup);

	dev->netdev_ops = &circle_ops;
	dev_net_set(dev, fixture.net);
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	dev_queue_xmit(packet(dev, 100, 'a'));
	assert_int_equal(testdev(dev)->calls, 8);
	assert_non_null(strstr(fixture.log, "circle"));
	unregister_netdevice(dev);
	free_netdev(dev);
}

static void test_direct(void **state)
{
	struct net_device *dev = testdev_up("a");

	assert_int_equal(dev_direct_xmit(packet(dev, 100, 'a'), 0), NETDEV_TX_OK);
	assert_int_equal(dev_direct_xmit(packet(dev, 100, 'b'), 1), NET_XMIT_DROP);
	testdev(dev)->busy = 1;
	assert_int_equal(dev_direct_xmit(packet(dev, 100, 'c'), 0), NETDEV_TX_BUSY);
	dev_close(dev);
	assert_int_equal(dev_direct_xmit(packet(dev, 100, 'd'), 0), NET_XMIT_DROP);
	sent_tags(dev, "a");
	testdev_destroy(dev);
}

static u16 select_by_tag(struct net_device *dev, struct sk_buff *skb, struct net_device *sb_dev)
{
	return skb->data[0];
}

static void test_several_queues(void **state)
{
	static struct net_device_ops ops;
	struct net_device *dev =
		alloc_netdev_mqs(sizeof(struct testdev), "mq", NET_NAME_USER, testdev_setup, 4, 1);

	ops = testdev_ops;
	ops.ndo_select_queue = select_by_tag;
	dev->netdev_ops = &ops;
	dev_net_set(dev, fixture.net);
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	netif_tx_stop_queue(netdev_get_tx_queue(dev, 2));
	send_tag(dev, 2, 0);
	send_tag(dev, 3, 0);
	send_tag(dev, 200, 0);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	assert_int_equal(testdev(dev)->sent[0]->queue_mapping, 3);
	assert_int_equal(testdev(dev)->sent[1]->queue_mapping, 0);
	netif_tx_wake_all_queues(dev);
	run_ms(1);
	assert_int_equal(testdev(dev)->nr_sent, 3);
	assert_int_equal(netif_set_real_num_tx_queues(dev, 0), -EINVAL);
	assert_int_equal(netif_set_real_num_tx_queues(dev, 5), -EINVAL);
	assert_int_equal(netif_set_real_num_tx_queues(dev, 1), 0);
	send_tag(dev, 3, 0);
	assert_int_equal(testdev(dev)->sent[3]->queue_mapping, 0);
	testdev_destroy(dev);
}

static void test_other_discipline(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct netdev_queue *txq = netdev_get_tx_queue(dev, 0);
	struct Qdisc *sch = qdisc_create(txq, &pfifo_fast_ops);

	netif_stop_queue(dev);
	send_tag(dev, 'a', 0);
	netif_wake_queue(dev);
	qdisc_replace(txq, sch);
	assert_ptr_equal(txq->qdisc, sch);
	run_ms(1);
	sent_tags(dev, "");
	send_tag(dev, 'b', 0);
	sent_tags(dev, "b");
	dev_close(dev);
	qdisc_replace(txq, qdisc_create(txq, &pfifo_fast_ops));
	assert_null(txq->qdisc);
	qdisc_destroy(NULL);
	testdev_destroy(dev);
}

static void test_weight(void **state)
{
	struct net_device *dev = testdev_up("a");
	int i;

	assert_int_equal(dev_change_tx_queue_len(dev, 2000), 0);
	netif_stop_queue(dev);
	for (i = 0; i < 2000; i++)
		send_tag(dev, 'a', 0);
	netif_wake_queue(dev);
	run_ms(1);
	assert_int_equal(testdev(dev)->nr_sent, 2000);
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_at_once),
		tests_with_host(test_not_up),
		tests_with_host(test_three_bands),
		tests_with_host(test_full_queue),
		tests_with_host(test_busy_is_offered_again),
		tests_with_host(test_busy_for_ever),
		tests_with_host(test_busy_with_stopped_queue),
		tests_with_host(test_ring_stops_in_the_middle),
		tests_with_host(test_close_drops_what_waits),
		tests_with_host(test_driver_closes_its_device),
		tests_with_host(test_checksum_in_software),
		tests_with_host(test_gathering_in_software),
		tests_with_host(test_segments_need_a_protocol),
		tests_with_host(test_segmentation),
		tests_with_host(test_tag_goes_inside),
		tests_with_host(test_without_queue),
		tests_with_host(test_circle_ends),
		tests_with_host(test_direct),
		tests_with_host(test_several_queues),
		tests_with_host(test_other_discipline),
		tests_with_host(test_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
