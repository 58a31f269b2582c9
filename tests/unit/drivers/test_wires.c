// SPDX-License-Identifier: BSD-2-Clause
/* Loopback, dummy and the cable: what is sent, and where it comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/driver.h>
#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/fault.h>
#include <skiff/skb/pool.h>

#include "base/mutex.h"

#define TYPE 0x88b5

static struct skiff_clock *hosts_clock;
static struct net *a, *b;

/* What came out last, and how often, per host. */
static struct {
	unsigned int count;
	u8 pkt_type, ip_summed;
	u32 mark;
	unsigned int len;
	u8 first;
} got[2];

static int handle(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	int i = dev_net(dev) == b;

	got[i].count++;
	got[i].pkt_type = skb->pkt_type;
	got[i].ip_summed = skb->ip_summed;
	got[i].mark = skb->mark;
	got[i].len = skb->len;
	got[i].first = skb->len ? skb->data[0] : 0;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type handler = { .func = handle };

static int setup(void **state)
{
	struct skiff_net_params params = { .seed = 1 };

	hosts_clock = skiff_clock_virtual(0, 0);
	params.clock = hosts_clock;
	memset(got, 0, sizeof(got));
	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	handler.type = htons(TYPE);
	dev_add_pack(&handler);
	a = skiff_net_create(&params);
	params.seed = 2;
	b = skiff_net_create(&params);
	assert_true(a && b);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(skiff_net_destroy(a), 0);
	assert_int_equal(skiff_net_destroy(b), 0);
	skiff_clock_put(hosts_clock);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static void run(void)
{
	assert_int_equal(skiff_clock_run_until(hosts_clock, skiff_clock_now(hosts_clock) + 1000000),
			 0);
}

static struct net_device *up(struct net *net, const char *name)
{
	struct net_device *dev;

	net_lock(net);
	dev = __dev_get_by_name(net, name);
	assert_non_null(dev);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(net);
	return dev;
}

static struct sk_buff *make_frame(struct net_device *dev, const u8 *dest, u8 first)
{
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	skb_reserve(skb, 64);
	memset(skb_put(skb, 46), first, 46);
	skb->dev = dev;
	skb->protocol = htons(TYPE);
	skb->mark = 77;
	skb_reset_network_header(skb);
	eth_header(skb, dev, TYPE, dest, NULL, 46);
	return skb;
}

static int send_locked(struct net_device *dev, const u8 *dest, u8 first)
{
	return dev_queue_xmit(make_frame(dev, dest, first));
}

static int send_frame(struct net_device *dev, const u8 *dest, u8 first)
{
	int ret;

	net_lock(dev_net(dev));
	ret = send_locked(dev, dest, first);
	net_unlock(dev_net(dev));
	return ret;
}

static void stats_of(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	net_lock(dev_net(dev));
	dev_get_stats(dev, s);
	net_unlock(dev_net(dev));
}

static void test_loopback(void **state)
{
	struct net_device *lo = up(a, "lo");
	struct rtnl_link_stats64 s;

	assert_int_equal(send_frame(lo, lo->dev_addr, 5), 0);
	run();
	assert_int_equal(got[0].count, 1);
	assert_int_equal(got[0].pkt_type, PACKET_HOST);
	assert_int_equal(got[0].len, 46);
	assert_int_equal(got[0].mark, 77);
	assert_int_equal(got[1].count, 0);
	stats_of(lo, &s);
	assert_int_equal(s.tx_packets, 1);
	assert_int_equal(s.rx_packets, 1);
	assert_int_equal(s.tx_bytes, 60);
	assert_int_equal(s.rx_bytes, 60);
}

static void test_dummy(void **state)
{
	struct net_device *dev;
	struct rtnl_link_stats64 s;

	assert_int_equal(skiff_driver_create(a, "dummy", "d", NULL, 0, &dev, NULL, 0), 0);
	up(a, "d");
	assert_int_equal(send_frame(dev, dev->dev_addr, 5), 0);
	run();
	assert_int_equal(got[0].count, 0);
	stats_of(dev, &s);
	assert_int_equal(s.tx_packets, 1);
	assert_int_equal(s.tx_bytes, 60);
	net_lock(a);
	assert_int_equal(dev->netdev_ops->ndo_change_carrier(dev, false), 0);
	assert_false(netif_carrier_ok(dev));
	assert_int_equal(dev->netdev_ops->ndo_change_carrier(dev, true), 0);
	assert_true(netif_carrier_ok(dev));
	net_unlock(a);
}

static struct net_device *again_on;
static unsigned int ended;

/* Called by whoever lets go of the packet, as a socket's callback is: it sends another one. */
static void send_again(struct sk_buff *skb)
{
	struct net_device *dev = again_on;

	again_on = NULL;
	ended++;
	if (dev)
		send_locked(dev, dev->dev_addr, 9);
}

static void test_sender_sends_again(void **state)
{
	struct net_device *x, *y;
	struct sk_buff *skb;

	ended = 0;
	assert_int_equal(veth_create(a, "x", b, "y", &x, &y), 0);
	up(b, "y");
	up(a, "x");
	again_on = x;
	skb = make_frame(x, y->dev_addr, 6);
	skb->destructor = send_again;
	net_lock(a);
	assert_int_equal(dev_queue_xmit(skb), 0);
	net_unlock(a);
	run();
	assert_int_equal(ended, 1);
	assert_int_equal(got[1].count, 2);
}

static u64 backlog_drops;

static int find_backlog_drops(const char *reason, u64 count, void *arg)
{
	if (!strcmp(reason, "CPU_BACKLOG"))
		backlog_drops += count;
	return 0;
}

/* The receiver's host knows why its device has dropped a frame, and the sender's was not concerned. */
static void test_receiver_counts_its_drops(void **state)
{
	struct net_device *x, *y;

	assert_int_equal(veth_create(a, "x", b, "y", &x, &y), 0);
	up(b, "y");
	up(a, "x");
	assert_int_equal(skiff_sysctl_set(b, "net.core.netdev_max_backlog", "0", NULL, 0), 0);
	send_frame(x, y->dev_addr, 6);
	backlog_drops = 0;
	assert_int_equal(skiff_drops_foreach(a, find_backlog_drops, NULL), 0);
	assert_int_equal(backlog_drops, 0);
	assert_int_equal(skiff_drops_foreach(b, find_backlog_drops, NULL), 0);
	assert_int_equal(backlog_drops, 1);
}

static void test_cable(void **state)
{
	struct net_device *x, *y;
	struct rtnl_link_stats64 s;

	assert_int_equal(veth_create(a, "x", b, "y", &x, &y), 0);
	assert_false(ether_addr_equal(x->dev_addr, y->dev_addr));
	up(a, "x");
	/* The other end is closed. */
	assert_int_equal(send_frame(x, y->dev_addr, 5), 0);
	up(b, "y");
	assert_int_equal(send_frame(x, y->dev_addr, 6), 0);
	run();
	assert_int_equal(got[1].count, 1);
	assert_int_equal(got[1].first, 6);
	assert_int_equal(got[1].pkt_type, PACKET_HOST);
	/* What is the sender's stays there. */
	assert_int_equal(got[1].mark, 0);
	assert_int_equal(send_frame(y, x->dev_addr, 7), 0);
	assert_int_equal(send_frame(y, y->dev_addr, 8), 0);
	run();
	assert_int_equal(got[0].count, 2);
	assert_int_equal(got[0].pkt_type, PACKET_OTHERHOST);
	stats_of(x, &s);
	assert_int_equal(s.tx_packets, 1);
	assert_int_equal(s.tx_dropped, 1);
	assert_int_equal(s.rx_packets, 2);
	assert_int_equal(s.rx_bytes, 120);
	stats_of(y, &s);
	assert_int_equal(s.tx_packets, 2);
	assert_int_equal(s.rx_packets, 1);
}

static void test_cable_carrier(void **state)
{
	struct net_device *x, *y;

	assert_int_equal(veth_create(a, NULL, b, NULL, &x, &y), 0);
	assert_string_equal(x->name, "veth0");
	assert_string_equal(y->name, "veth0");
	up(a, "veth0");
	up(b, "veth0");
	run();
	assert_true(netif_carrier_ok(x) && netif_carrier_ok(y));
	net_lock(b);
	dev_close(y);
	net_unlock(b);
	run();
	assert_false(netif_carrier_ok(x));
	assert_int_equal(send_frame(x, y->dev_addr, 1), NET_XMIT_DROP);
	up(b, "veth0");
	run();
	assert_true(netif_carrier_ok(x));
	assert_int_equal(send_frame(x, y->dev_addr, 1), NET_XMIT_SUCCESS);
	run();
	assert_int_equal(got[1].count, 1);
}

static void test_cable_limits(void **state)
{
	struct net_device *x, *y;
	struct rtnl_link_stats64 s;

	assert_int_equal(veth_create(a, "x", b, "y", &x, &y), 0);
	up(a, "x");
	up(b, "y");
	net_lock(b);
	assert_int_equal(dev_set_mtu(y, 68), 0);
	assert_int_equal(dev_set_mtu(y, 67), -EINVAL);
	net_unlock(b);
	assert_int_equal(send_frame(x, y->dev_addr, 1), 0);
	run();
	assert_int_equal(got[1].count, 1);
	{
		struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

		memset(skb_put(skb, 68 + 14 + 4 + 1), 0, 87);
		skb->dev = x;
		skb->protocol = htons(TYPE);
		net_lock(a);
		dev_queue_xmit(skb);
		net_unlock(a);
	}
	run();
	stats_of(y, &s);
	assert_int_equal(s.rx_dropped, 1);
	assert_int_equal(s.rx_packets, 1);
}

static void test_partial_checksums_cross(void **state)
{
	struct net_device *x, *y;
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	assert_int_equal(veth_create(a, "x", b, "y", &x, &y), 0);
	up(a, "x");
	up(b, "y");
	memset(skb_put(skb, 60), 0, 60);
	memcpy(skb->data, y->dev_addr, ETH_ALEN);
	skb->data[12] = TYPE >> 8;
	skb->data[13] = TYPE & 0xff;
	skb->dev = x;
	skb->protocol = htons(TYPE);
	assert_true(skb_partial_csum_set(skb, 34, 6));
	net_lock(a);
	dev_queue_xmit(skb);
	net_unlock(a);
	run();
	assert_int_equal(got[1].count, 1);
	assert_int_equal(got[1].ip_summed, CHECKSUM_PARTIAL);
}

static void test_one_end_takes_the_other(void **state)
{
	struct net_device *x, *y;

	assert_int_equal(veth_create(a, "x", b, "y", &x, &y), 0);
	up(a, "x");
	up(b, "y");
	send_frame(y, x->dev_addr, 1);
	unregister_netdev(x);
	run();
	net_lock(b);
	assert_null(__dev_get_by_name(b, "y"));
	net_unlock(b);
	net_lock(a);
	assert_null(__dev_get_by_name(a, "x"));
	net_unlock(a);
}

/* Hosts of real time: who sends runs the other one, and what comes back. */

static unsigned long turns, answers;
static bool for_ever;

static int answer(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	u8 to[ETH_ALEN];

	turns++;
	ether_addr_copy(to, eth_hdr(skb)->h_source);
	if (turns <= answers || for_ever) {
		skb_push(skb, ETH_HLEN);
		ether_addr_copy(eth_hdr(skb)->h_dest, to);
		ether_addr_copy(eth_hdr(skb)->h_source, dev->dev_addr);
		skb->pkt_type = PACKET_OUTGOING;
		dev_queue_xmit(skb);
	} else {
		consume_skb(skb);
	}
	return NET_RX_SUCCESS;
}

static void real_hosts(struct net **hosts, struct net_device **ends)
{
	int i;

	turns = 0;
	answers = 1;
	handler.func = answer;
	for (i = 0; i < 2; i++)
		assert_non_null(hosts[i] = skiff_net_create(NULL));
	assert_int_equal(veth_create(hosts[0], "x", hosts[1], "y", &ends[0], &ends[1]), 0);
	up(hosts[0], "x");
	up(hosts[1], "y");
	for (i = 0; i < 2; i++)
		while (skiff_poll(hosts[i], 0) > 0)
			;
}

static void test_sender_runs_the_other_host(void **state)
{
	struct net_device *ends[2];
	struct net *hosts[2];
	int i;

	for_ever = false;
	real_hosts(hosts, ends);
	for (i = 0; i < 200; i++) {
		turns = 0;
		assert_int_equal(send_frame(ends[0], ends[1]->dev_addr, 1), 0);
		/* There and back, and nobody has polled. */
		assert_int_equal(turns, 2);
	}
	/* And so on, there and back. */
	turns = 0;
	answers = 20;
	assert_int_equal(send_frame(ends[0], ends[1]->dev_addr, 1), 0);
	assert_int_equal(turns, 21);
	answers = 1;
	/* A host whose lock is taken is left to who has it. */
	turns = 0;
	mutex_lock(&hosts[1]->mutex);
	send_frame(ends[0], ends[1]->dev_addr, 1);
	assert_int_equal(turns, 0);
	mutex_unlock(&hosts[1]->mutex);
	skiff_poll(hosts[1], 0);
	assert_int_equal(turns, 2);
	handler.func = handle;
	for (i = 0; i < 2; i++)
		assert_int_equal(skiff_net_destroy(hosts[i]), 0);
}

static void test_hosts_that_answer_each_other_for_ever(void **state)
{
	struct net_device *ends[2];
	struct net *hosts[2];
	unsigned long first;
	int i;

	for_ever = true;
	real_hosts(hosts, ends);
	send_frame(ends[0], ends[1]->dev_addr, 1);
	first = turns;
	assert_in_range(first, 2, 1000);
	/* It stopped, and goes on with the next who runs one of them. */
	for (i = 0; i < 10; i++)
		skiff_poll(hosts[i & 1], 0);
	assert_true(turns > first);
	handler.func = handle;
	for (i = 0; i < 2; i++)
		assert_int_equal(skiff_net_destroy(hosts[i]), 0);
}

static void test_full_queue(void **state)
{
	struct net_device *x, *y;
	struct rtnl_link_stats64 s;
	int i;

	assert_int_equal(veth_create(a, "x", b, "y", &x, &y), 0);
	up(a, "x");
	up(b, "y");
	run();
	assert_int_equal(skiff_sysctl_set(b, "net.core.netdev_max_backlog", "5", NULL, 0), 0);
	for (i = 0; i < 8; i++)
		send_frame(x, y->dev_addr, 1);
	run();
	assert_int_equal(got[1].count, 5);
	stats_of(y, &s);
	assert_int_equal(s.rx_packets, 5);
	assert_int_equal(s.rx_dropped, 3);
	send_frame(x, y->dev_addr, 1);
	net_lock(b);
	dev_close(y);
	net_unlock(b);
}

static void test_within_one_host(void **state)
{
	struct net_device *x, *y;

	assert_int_equal(veth_create(a, "x", a, "y", &x, &y), 0);
	up(a, "x");
	up(a, "y");
	send_frame(x, y->dev_addr, 1);
	run();
	assert_int_equal(got[0].count, 1);
}

static void test_refused_names(void **state)
{
	struct net_device *x = NULL, *y = NULL;

	assert_int_equal(veth_create(a, "lo", b, "y", &x, &y), -EEXIST);
	assert_int_equal(veth_create(a, "x", b, "lo", &x, &y), -EEXIST);
	assert_int_equal(veth_create(a, "x", a, "x", &x, &y), -EEXIST);
	assert_int_equal(veth_create(a, "x/", b, "y", &x, &y), -EINVAL);
	assert_int_equal(veth_create(a, "x", b, "", &x, &y), -EINVAL);
	assert_null(x);
	net_lock(a);
	assert_null(__dev_get_by_name(a, "x"));
	net_unlock(a);
}

static void test_without_memory(void **state)
{
	struct net_device *x, *y;
	long n;

	for (n = 1;; n++) {
		int ret;

		if (skiff_fail_nth(n) < 0)
			skip();
		ret = veth_create(a, "x", b, "y", &x, &y);
		skiff_fail_nth(0);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(n < 100);
	}
}

#define with_hosts(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_hosts(test_loopback),
		with_hosts(test_dummy),
		with_hosts(test_cable),
		with_hosts(test_sender_sends_again),
		with_hosts(test_receiver_counts_its_drops),
		with_hosts(test_cable_carrier),
		with_hosts(test_cable_limits),
		with_hosts(test_partial_checksums_cross),
		with_hosts(test_one_end_takes_the_other),
		with_hosts(test_sender_runs_the_other_host),
		with_hosts(test_hosts_that_answer_each_other_for_ever),
		with_hosts(test_full_queue),
		with_hosts(test_within_one_host),
		with_hosts(test_refused_names),
		with_hosts(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
