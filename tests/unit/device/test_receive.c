// SPDX-License-Identifier: BSD-2-Clause
/* The way in: backlog, polling, and who gets a packet with which reference. */
#include <skiff/if_vlan.h>

#include "testdev.h"

/* A handler that remembers what it was given. */
struct handler {
	struct packet_type pt;
	unsigned int calls;
	struct sk_buff *kept[64];
	unsigned int nr_kept;
	bool keep;
	bool share_check;
	bool remove_self;
	unsigned int users, len;
	u8 pkt_type;
	u8 tag;
	int network_offset, mac_offset;
	ktime_t tstamp;
	struct net_device *dev, *orig_dev;
};

static int handle(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	struct handler *h = container_of(pt, struct handler, pt);

	h->calls++;
	h->users = refcount_read(&skb->users);
	h->len = skb->len;
	h->pkt_type = skb->pkt_type;
	h->tag = skb->len ? skb->data[0] : 0;
	h->network_offset = skb_network_offset(skb);
	h->mac_offset = skb_mac_offset(skb);
	h->tstamp = skb->tstamp;
	h->dev = dev;
	h->orig_dev = orig_dev;
	if (h->remove_self)
		dev_remove_pack(pt);
	if (h->share_check) {
		skb = skb_share_check(skb, GFP_ATOMIC);
		assert_non_null(skb);
		assert_int_equal(refcount_read(&skb->users), 1);
	}
	if (h->keep && h->nr_kept < ARRAY_SIZE(h->kept))
		h->kept[h->nr_kept++] = skb;
	else
		consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void handler_add(struct handler *h, u16 type, struct net_device *dev, struct net *net)
{
	h->pt.type = htons(type);
	h->pt.dev = dev;
	h->pt.af_packet_net = net;
	h->pt.func = handle;
	dev_add_pack(&h->pt);
}

static void handler_remove(struct handler *h)
{
	dev_remove_pack(&h->pt);
	while (h->nr_kept)
		consume_skb(h->kept[--h->nr_kept]);
}

static struct sk_buff *received(struct net_device *dev, u16 type, u8 tag)
{
	struct sk_buff *skb = packet(dev, 60, tag);

	skb->protocol = htons(type);
	skb_pull(skb, 0);
	return skb;
}

static void test_nobody_wants_it(void **state)
{
	struct net_device *dev = testdev_up("a");
	u64 before = fixture.net->drops[SKB_DROP_REASON_UNHANDLED_PROTO];

	assert_int_equal(netif_receive_skb(received(dev, 0x88b5, 1)), NET_RX_DROP);
	assert_int_equal(atomic_long_read(&dev->rx_dropped), 1);
	assert_int_equal(atomic_long_read(&dev->rx_nohandler), 0);
	assert_int_equal(fixture.net->drops[SKB_DROP_REASON_UNHANDLED_PROTO] - before, 1);
	testdev_destroy(dev);
}

static void test_last_one_gets_the_reference(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler tap = { .keep = true }, first = { .keep = true }, last = { .keep = true };

	handler_add(&tap, ETH_P_ALL, dev, NULL);
	handler_add(&first, 0x88b5, NULL, fixture.net);
	handler_add(&last, 0x88b5, dev, NULL);
	assert_int_equal(netif_receive_skb(received(dev, 0x88b5, 7)), NET_RX_SUCCESS);
	assert_int_equal(tap.users, 2);
	assert_int_equal(first.users, 3);
	assert_int_equal(last.users, 3);
	assert_ptr_equal(tap.kept[0], last.kept[0]);
	assert_int_equal(last.tag, 7);
	assert_int_equal(last.network_offset, 0);
	assert_ptr_equal(last.dev, dev);
	assert_ptr_equal(last.orig_dev, dev);
	assert_int_equal(tap.kept[0]->skb_iif, dev->ifindex);
	handler_remove(&tap);
	handler_remove(&first);
	assert_int_equal(skb_live_buffers(), 1);
	handler_remove(&last);
	/* Those that want to write get one of their own. */
	tap.share_check = first.share_check = last.share_check = true;
	handler_add(&tap, ETH_P_ALL, dev, NULL);
	handler_add(&first, 0x88b5, NULL, fixture.net);
	handler_add(&last, 0x88b5, dev, NULL);
	netif_receive_skb(received(dev, 0x88b5, 7));
	assert_ptr_not_equal(tap.kept[0], last.kept[0]);
	assert_ptr_not_equal(first.kept[0], last.kept[0]);
	handler_remove(&tap);
	handler_remove(&first);
	handler_remove(&last);
	testdev_destroy(dev);
}

static void test_only_those_concerned(void **state)
{
	struct net_device *a = testdev_up("a"), *b = testdev_up("b");
	struct handler on_a = { .calls = 0 }, other_type = { .calls = 0 }, tap_a = { .calls = 0 };
	struct handler tap_net = { .calls = 0 };

	handler_add(&on_a, 0x88b5, a, NULL);
	handler_add(&other_type, 0x88b6, NULL, fixture.net);
	handler_add(&tap_a, ETH_P_ALL, a, NULL);
	handler_add(&tap_net, ETH_P_ALL, NULL, fixture.net);
	netif_receive_skb(received(a, 0x88b5, 1));
	netif_receive_skb(received(b, 0x88b5, 1));
	netif_receive_skb(received(b, 0x88b6, 1));
	assert_int_equal(on_a.calls, 1);
	assert_int_equal(other_type.calls, 1);
	assert_int_equal(tap_a.calls, 1);
	assert_int_equal(tap_net.calls, 3);
	/* Twice is once. */
	dev_add_pack(&on_a.pt);
	netif_receive_skb(received(a, 0x88b5, 1));
	assert_int_equal(on_a.calls, 2);
	handler_remove(&on_a);
	handler_remove(&on_a);
	netif_receive_skb(received(a, 0x88b5, 1));
	assert_int_equal(on_a.calls, 2);
	handler_remove(&other_type);
	handler_remove(&tap_a);
	handler_remove(&tap_net);
	testdev_destroy(a);
	testdev_destroy(b);
}

static void test_handler_removes_itself(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler one = { .remove_self = true }, two = { .remove_self = true },
		       three = { .calls = 0 };

	handler_add(&one, ETH_P_ALL, dev, NULL);
	handler_add(&two, ETH_P_ALL, dev, NULL);
	handler_add(&three, ETH_P_ALL, dev, NULL);
	netif_receive_skb(received(dev, 0x88b5, 1));
	netif_receive_skb(received(dev, 0x88b5, 1));
	assert_int_equal(one.calls, 1);
	assert_int_equal(two.calls, 1);
	assert_int_equal(three.calls, 2);
	handler_remove(&three);
	testdev_destroy(dev);
}

static void test_device_takes_its_handlers_along(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler h = { .calls = 0 };

	handler_add(&h, 0x88b5, dev, NULL);
	testdev_destroy(dev);
	h.pt.dev = NULL;
	h.pt.af_packet_net = fixture.net;
	dev_remove_pack(&h.pt);
}

static void test_what_is_sent(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler tap = { .keep = true }, deaf = { .calls = 0 }, own = { .calls = 0 };
	struct sk_buff *skb = packet(dev, 60, 9);

	handler_add(&tap, ETH_P_ALL, dev, NULL);
	deaf.pt.ignore_outgoing = true;
	handler_add(&deaf, ETH_P_ALL, dev, NULL);
	own.pt.af_packet_priv = &own;
	handler_add(&own, ETH_P_ALL, dev, NULL);
	skb_set_network_header(skb, ETH_HLEN);
	skb->sk = (struct sock *)(void *)&own;
	assert_int_equal(dev_queue_xmit(skb), NET_XMIT_SUCCESS);
	skb = testdev(dev)->sent[0];
	skb->sk = NULL;
	assert_int_equal(tap.calls, 1);
	assert_int_equal(deaf.calls, 0);
	assert_int_equal(own.calls, 0);
	assert_int_equal(tap.pkt_type, PACKET_OUTGOING);
	assert_int_equal(skb->pkt_type, PACKET_HOST);
	assert_int_equal(tap.mac_offset, 0);
	assert_int_equal(tap.network_offset, ETH_HLEN);
	/* A clone: the driver's is its own, the data is the same. */
	assert_ptr_not_equal(tap.kept[0], skb);
	assert_ptr_equal(tap.kept[0]->data, skb->data);
	assert_int_equal(refcount_read(&skb->users), 1);
	/* What comes in, all see. */
	netif_receive_skb(received(dev, 0x88b5, 1));
	assert_int_equal(deaf.calls, 1);
	assert_int_equal(own.calls, 1);
	handler_remove(&tap);
	handler_remove(&deaf);
	handler_remove(&own);
	testdev_destroy(dev);
}

static void test_refused_is_shown_once(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler tap = { .calls = 0 };

	handler_add(&tap, ETH_P_ALL, dev, NULL);
	testdev(dev)->busy = 5;
	dev_queue_xmit(packet(dev, 60, 'a'));
	dev_queue_xmit(packet(dev, 60, 'b'));
	run_ms(10);
	assert_int_equal(testdev(dev)->nr_sent, 2);
	assert_int_equal(tap.calls, 2);
	handler_remove(&tap);
	testdev_destroy(dev);
}

static void test_down_receives_nothing(void **state)
{
	struct net_device *dev = testdev_create("a");
	struct handler tap = { .calls = 0 };

	handler_add(&tap, ETH_P_ALL, dev, NULL);
	assert_int_equal(netif_rx(received(dev, 0x88b5, 1)), NET_RX_DROP);
	assert_int_equal(netif_receive_skb(received(dev, 0x88b5, 1)), NET_RX_DROP);
	assert_int_equal(dev_open(dev, NULL), 0);
	/* What came before it was closed does not come out after it. */
	assert_int_equal(netif_rx(received(dev, 0x88b5, 1)), NET_RX_SUCCESS);
	dev_close(dev);
	run_ms(1);
	assert_int_equal(tap.calls, 0);
	assert_int_equal(atomic_long_read(&dev->rx_dropped), 3);
	handler_remove(&tap);
	testdev_destroy(dev);
}

static void test_backlog_limit(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler h = { .calls = 0 };
	struct softnet_stats stats;
	int i;

	handler_add(&h, 0x88b5, NULL, fixture.net);
	net_unlock(fixture.net);
	assert_int_equal(skiff_sysctl_set(fixture.net, "net.core.netdev_max_backlog", "5", NULL, 0),
			 0);
	assert_int_equal(skiff_sysctl_set(fixture.net, "net.core.netdev_max_backlog", "-1", NULL,
					  0),
			 -EINVAL);
	net_lock(fixture.net);
	for (i = 0; i < 5; i++)
		assert_int_equal(netif_rx(received(dev, 0x88b5, 1)), NET_RX_SUCCESS);
	assert_int_equal(netif_rx(received(dev, 0x88b5, 1)), NET_RX_DROP);
	skiff_softnet_stats(fixture.net, &stats);
	assert_int_equal(stats.dropped, 1);
	assert_int_equal(stats.backlog_len, 5);
	assert_int_equal(h.calls, 0);
	run_ms(1);
	assert_int_equal(h.calls, 5);
	skiff_softnet_stats(fixture.net, &stats);
	assert_int_equal(stats.backlog_len, 0);
	assert_int_equal(stats.processed, 5);
	assert_int_equal(atomic_long_read(&dev->rx_backlog_dropped), 1);
	assert_int_equal(fixture.net->drops[SKB_DROP_REASON_CPU_BACKLOG], 1);
	handler_remove(&h);
	testdev_destroy(dev);
}

static void test_backlog_order_and_budget(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler h = { .keep = true };
	struct softnet_stats stats;
	int i;

	handler_add(&h, 0x88b5, NULL, fixture.net);
	for (i = 0; i < 64; i++)
		netif_rx(received(dev, 0x88b5, (u8)i));
	run_ms(1);
	assert_int_equal(h.nr_kept, 64);
	for (i = 0; i < 64; i++)
		assert_int_equal(h.kept[i]->data[0], i);
	handler_remove(&h);
	for (i = 0; i < 1000; i++)
		netif_rx(received(dev, 0x88b5, 1));
	run_ms(1);
	skiff_softnet_stats(fixture.net, &stats);
	assert_int_equal(stats.backlog_len, 0);
	assert_true(stats.time_squeeze > 0);
	testdev_destroy(dev);
}

static void test_timestamps(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler h = { .calls = 0 };

	handler_add(&h, 0x88b5, NULL, fixture.net);
	run_ms(3);
	netif_receive_skb(received(dev, 0x88b5, 1));
	assert_int_equal(h.tstamp, 0);
	net_enable_timestamp();
	netif_rx(received(dev, 0x88b5, 1));
	run_ms(1);
	assert_true(h.tstamp == 1700000000ll * 1000000000 + 3000000);
	net_disable_timestamp();
	handler_remove(&h);
	testdev_destroy(dev);
}

static struct sk_buff *tagged(struct net_device *dev, u16 tci, unsigned int len)
{
	static const unsigned char inner[] = { 0x88, 0xb5, 'v', 'l', 'a', 'n' };
	struct sk_buff *skb = packet(dev, ETH_HLEN + 50, 0);

	skb->data[12] = 0x81;
	skb->data[13] = 0x00;
	skb->data[14] = (u8)(tci >> 8);
	skb->data[15] = (u8)tci;
	memcpy(skb->data + 16, inner, sizeof(inner));
	skb_trim(skb, ETH_HLEN + len);
	skb->protocol = htons(ETH_P_8021Q);
	skb_reset_mac_header(skb);
	skb_pull(skb, ETH_HLEN);
	return skb;
}

static void test_tags(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler h = { .calls = 0 }, tap = { .keep = true };
	unsigned int len;

	handler_add(&h, 0x88b5, NULL, fixture.net);
	handler_add(&tap, ETH_P_ALL, dev, NULL);
	/* A priority and no VLAN: ours. */
	netif_receive_skb(tagged(dev, 0xe000, 50));
	assert_int_equal(h.calls, 1);
	assert_int_equal(h.tag, 'v');
	assert_int_equal(h.pkt_type, PACKET_HOST);
	/* The tap has seen the tag. */
	assert_int_equal(tap.kept[0]->data[0], 0xe0);
	/* A VLAN that nobody has. */
	netif_receive_skb(tagged(dev, 0x0005, 50));
	assert_int_equal(h.calls, 2);
	assert_int_equal(h.pkt_type, PACKET_OTHERHOST);
	handler_remove(&tap);
	for (len = 0; len < 50; len++)
		netif_receive_skb(tagged(dev, 0, len));
	handler_remove(&h);
	testdev_destroy(dev);
}

static void test_list(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct handler h = { .calls = 0 };
	LIST_HEAD(head);
	int i;

	handler_add(&h, 0x88b5, NULL, fixture.net);
	for (i = 0; i < 3; i++)
		list_add_tail(&received(dev, 0x88b5, 1)->list, &head);
	netif_receive_skb_list(&head);
	assert_int_equal(h.calls, 3);
	handler_remove(&h);
	testdev_destroy(dev);
}

/* A source that is polled. */
struct source {
	struct napi_struct napi;
	int packets, polls, polled;
	bool disable, schedule_meanwhile, delete;
};

static int source_poll(struct napi_struct *napi, int budget)
{
	struct source *s = container_of(napi, struct source, napi);
	int done = 0;

	s->polls++;
	if (s->disable) {
		napi_disable(napi);
		if (s->delete)
			netif_napi_del(napi);
		return budget;
	}
	for (; done < budget && s->packets; s->packets--) {
		napi_gro_receive(napi, received(napi->dev, 0x88b5, 1));
		done++;
	}
	s->polled += done;
	if (s->schedule_meanwhile) {
		s->schedule_meanwhile = false;
		assert_false(napi_schedule(napi));
		assert_int_equal(done < budget, 1);
		assert_false(napi_complete_done(napi, done));
		return done;
	}
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

static void test_napi(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct source a = { .packets = 100 }, b = { .packets = 10 };

	netif_napi_add(dev, &a.napi, source_poll);
	netif_napi_add_weight(dev, &b.napi, source_poll, 3);
	assert_true(a.napi.napi_id != b.napi.napi_id);
	/* Not before it is enabled. */
	assert_false(napi_schedule(&a.napi));
	napi_enable(&a.napi);
	napi_enable(&b.napi);
	assert_true(napi_schedule(&a.napi));
	assert_false(napi_schedule(&a.napi));
	assert_true(napi_schedule(&b.napi));
	run_ms(1);
	assert_int_equal(a.polled, 100);
	assert_int_equal(b.polled, 10);
	assert_int_equal(b.polls, 4);
	/* Done is done. */
	run_ms(1);
	assert_int_equal(b.polls, 4);
	b.schedule_meanwhile = true;
	napi_schedule(&b.napi);
	run_ms(1);
	assert_int_equal(b.polls, 6);
	napi_schedule(&a.napi);
	napi_disable(&a.napi);
	a.polls = 0;
	run_ms(1);
	assert_int_equal(a.polls, 0);
	netif_napi_del(&a.napi);
	netif_napi_del(&a.napi);
	/* The other one goes with the device. */
	testdev_destroy(dev);
}

/* napi_disable() between the two halves of napi_schedule(), which is any thread's. */
static void test_napi_disabled_while_scheduled(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct source a = { .packets = 5 };

	netif_napi_add(dev, &a.napi, source_poll);
	napi_enable(&a.napi);
	assert_true(napi_schedule_prep(&a.napi));
	napi_disable(&a.napi);
	__napi_schedule(&a.napi);
	run_ms(1);
	assert_int_equal(a.polls, 0);
	/* Nothing of that is left when it is enabled again. */
	napi_enable(&a.napi);
	run_ms(1);
	assert_int_equal(a.polls, 0);
	assert_true(napi_schedule(&a.napi));
	run_ms(1);
	assert_int_equal(a.polled, 5);
	testdev_destroy(dev);
}

static void test_napi_taken_away_while_polled(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct source a = { .disable = true }, *b = calloc(1, sizeof(*b));

	netif_napi_add(dev, &a.napi, source_poll);
	napi_enable(&a.napi);
	napi_schedule(&a.napi);
	run_ms(1);
	assert_int_equal(a.polls, 1);
	a.disable = false;
	a.packets = 5;
	napi_enable(&a.napi);
	napi_schedule(&a.napi);
	run_ms(1);
	assert_int_equal(a.polled, 5);
	b->disable = b->delete = true;
	netif_napi_add(dev, &b->napi, source_poll);
	napi_enable(&b->napi);
	napi_schedule(&b->napi);
	run_ms(1);
	assert_int_equal(b->polls, 1);
	free(b);
	testdev_destroy(dev);
}

/* Handlers in front of the protocols */

static struct net_device *upper;
static rx_handler_result_t verdict;

static rx_handler_result_t handler(struct sk_buff **pskb)
{
	assert_ptr_equal((*pskb)->dev->rx_handler_data, &verdict);
	if (verdict == RX_HANDLER_CONSUMED)
		consume_skb(*pskb);
	if (verdict == RX_HANDLER_ANOTHER)
		(*pskb)->dev = upper;
	return verdict;
}

static unsigned int any_device, this_device;

static int count_any(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		     struct net_device *orig_dev)
{
	++*(pt->dev ? &this_device : &any_device);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void receive_with(struct net_device *dev, rx_handler_result_t result)
{
	verdict = result;
	any_device = this_device = 0;
	netif_receive_skb(packet(dev, 60, 0));
}

static void test_rx_handler(void **state)
{
	struct net_device *dev = testdev_up("low");
	struct packet_type any = {
		.type = htons(0x88b5),
		.af_packet_net = fixture.net,
		.func = count_any,
	};
	struct packet_type here = { .type = htons(0x88b5), .dev = dev, .func = count_any };

	upper = testdev_up("up");
	dev_add_pack(&any);
	dev_add_pack(&here);
	assert_int_equal(netdev_rx_handler_register(dev, NULL, NULL), -EINVAL);
	assert_int_equal(netdev_rx_handler_register(dev, handler, &verdict), 0);
	assert_int_equal(netdev_rx_handler_register(dev, handler, &verdict), -EBUSY);
	assert_true(netdev_is_rx_handler_busy(dev));
	receive_with(dev, RX_HANDLER_PASS);
	assert_int_equal(any_device + this_device, 2);
	receive_with(dev, RX_HANDLER_CONSUMED);
	assert_int_equal(any_device + this_device, 0);
	receive_with(dev, RX_HANDLER_EXACT);
	assert_int_equal(any_device, 0);
	assert_int_equal(this_device, 1);
	/* By the other device: its flags count, and who asked for where it came from gets it too. */
	receive_with(dev, RX_HANDLER_ANOTHER);
	assert_int_equal(any_device, 1);
	assert_int_equal(this_device, 1);
	dev_close(upper);
	receive_with(dev, RX_HANDLER_ANOTHER);
	assert_int_equal(any_device + this_device, 0);
	assert_int_equal(atomic_long_read(&upper->rx_dropped), 1);
	netdev_rx_handler_unregister(dev);
	assert_false(netdev_is_rx_handler_busy(dev));
	receive_with(dev, RX_HANDLER_CONSUMED);
	assert_int_equal(any_device + this_device, 2);
	dev_remove_pack(&any);
	dev_remove_pack(&here);
	testdev_destroy(dev);
	testdev_destroy(upper);
}

static struct net_device *circle[2];

static rx_handler_result_t hand_on(struct sk_buff **pskb)
{
	(*pskb)->dev = circle[(*pskb)->dev == circle[0]];
	return RX_HANDLER_ANOTHER;
}

static void test_rx_handlers_in_a_circle(void **state)
{
	circle[0] = testdev_up("a");
	circle[1] = testdev_up("b");
	assert_int_equal(netdev_rx_handler_register(circle[0], hand_on, NULL), 0);
	assert_int_equal(netdev_rx_handler_register(circle[1], hand_on, NULL), 0);
	assert_int_equal(netif_receive_skb(packet(circle[0], 60, 0)), NET_RX_DROP);
	testdev_destroy(circle[0]);
	testdev_destroy(circle[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_nobody_wants_it),
		tests_with_host(test_last_one_gets_the_reference),
		tests_with_host(test_only_those_concerned),
		tests_with_host(test_handler_removes_itself),
		tests_with_host(test_device_takes_its_handlers_along),
		tests_with_host(test_what_is_sent),
		tests_with_host(test_refused_is_shown_once),
		tests_with_host(test_down_receives_nothing),
		tests_with_host(test_backlog_limit),
		tests_with_host(test_backlog_order_and_budget),
		tests_with_host(test_timestamps),
		tests_with_host(test_tags),
		tests_with_host(test_list),
		tests_with_host(test_napi),
		tests_with_host(test_napi_disabled_while_scheduled),
		tests_with_host(test_napi_taken_away_while_polled),
		tests_with_host(test_rx_handler),
		tests_with_host(test_rx_handlers_in_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
