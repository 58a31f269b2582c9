// SPDX-License-Identifier: BSD-2-Clause
/* Runs the driver of 1996 in a host with IPv4: coming, sending, refusing, receiving, going. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/sockios.h>

#include <skiff/fault.h>
#include <skiff/ip.h>
#include <skiff/netconf.h>
#include <skiff/netdev_ioctl.h>
#include <skiff/route.h>
#include <skiff/skb/pool.h>

#include "driver1996.h"

static struct skiff_clock *clock_;
static struct net *net;

static int setup(void **state)
{
	memset(&card, 0, sizeof(card));
	mydev = (struct device){ .name = "eth%d", .base_addr = 0x300, .irq = 9, .init = mydev_init };
	assert_int_equal(skiff_init(), 0);
	clock_ = skiff_clock_virtual(NSEC_PER_SEC, 1800000000ll * NSEC_PER_SEC);
	net = skiff_net_create(&(struct skiff_net_params){ .name = "host", .clock = clock_ });
	assert_non_null(net);
	net_lock(net);
	return 0;
}

static int teardown(void **state)
{
	skiff_fail_nth(0);
	net_unlock(net);
	assert_int_equal(skiff_net_destroy(net), 0);
	skiff_clock_put(clock_);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static void run_ms(int ms)
{
	net_unlock(net);
	assert_int_equal(skiff_clock_run_until(clock_, skiff_clock_now(clock_) + ms * 1000000ll),
			 0);
	net_lock(net);
}

/* Registered, with 192.0.2.2/24, up. */
static struct net_device *up(void)
{
	struct net_device *dev;

	assert_int_equal(register_netdev(&mydev), 0);
	dev = lj_netdev(&mydev);
	assert_int_equal(inet_insert_ifa(dev, htonl(0xc0000202), 24), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	run_ms(10);
	card.frames = 0;
	return dev;
}

static void down(void)
{
	dev_close(lj_netdev(&mydev));
	assert_int_equal(unregister_netdev(&mydev), 0);
}

static void test_coming(void **state)
{
	struct net_device *dev;
	struct ifreq ifr = { .ifr_name = "eth0" };

	/* What init says is what registering says, and there is no device. */
	card.missing = 1;
	assert_int_equal(register_netdev(&mydev), -ENODEV);
	assert_null(lj_netdev(&mydev));
	assert_null(__dev_get_by_name(net, "eth0"));
	assert_int_equal(unregister_netdev(&mydev), -ENODEV);
	card.missing = 0;
	assert_int_equal(register_netdev(&mydev), 0);
	assert_int_equal(register_netdev(&mydev), -EBUSY);
	assert_string_equal(mydev.name, "eth0");
	dev = __dev_get_by_name(net, "eth0");
	assert_ptr_equal(dev, lj_netdev(&mydev));
	assert_int_equal(dev->tx_queue_len, 100);
	assert_int_equal(dev_ioctl(net, SIOCGIFMAP, &ifr), 0);
	assert_int_equal(ifr.ifr_map.irq, 9);
	assert_int_equal(ifr.ifr_map.base_addr, 0x300);
	card.fails = 1;
	assert_int_equal(dev_open(dev, NULL), -EAGAIN);
	assert_false(mydev.flags & IFF_UP);
	card.fails = 0;
	assert_int_equal(dev_open(dev, NULL), 0);
	assert_true(mydev.flags & IFF_UP);
	assert_int_equal(mydev.start, 1);
	/* Not while it is up. */
	assert_int_equal(unregister_netdev(&mydev), -EBUSY);
	dev_close(dev);
	assert_int_equal(mydev.start, 0);
	assert_int_equal(unregister_netdev(&mydev), 0);
	assert_string_equal(mydev.name, "eth%d");
	assert_null(__dev_get_by_name(net, "eth0"));
}

static int init_without_buffs(struct device *dev)
{
	int err = mydev_init(dev);

	memset(dev->buffs, 0, sizeof(dev->buffs));
	return err;
}

static void test_refusals(void **state)
{
	mydev.init = init_without_buffs;
	assert_int_equal(register_netdev(&mydev), -EINVAL);
	mydev.init = NULL;
	mydev.hard_start_xmit = NULL;
	assert_int_equal(register_netdev(&mydev), -EINVAL);
	mydev.init = mydev_init;
	mydev.name = "a name that is far too long";
	assert_int_equal(register_netdev(&mydev), -EINVAL);
	mydev.name = "lo";
	assert_int_equal(register_netdev(&mydev), -EEXIST);
	mydev.name = NULL;
	assert_int_equal(register_netdev(&mydev), -EINVAL);
}

static void test_no_memory(void **state)
{
	int n, err;

	if (skiff_fail_nth(0))
		skip();
	for (n = 1;; n++) {
		skiff_fail_nth(n);
		err = register_netdev(&mydev);
		if (!err && skiff_fail_count() < n)
			break;
		skiff_fail_nth(0);
		if (!err)
			assert_int_equal(unregister_netdev(&mydev), 0);
		else
			assert_null(lj_netdev(&mydev));
	}
	skiff_fail_nth(0);
	assert_true(n > 3);
	assert_int_equal(unregister_netdev(&mydev), 0);
}

static void send_frame(unsigned char tag, int pri)
{
	struct sk_buff *skb = dev_alloc_skb(200);

	memset(skb_put(skb, 60), tag, 60);
	skb->protocol = htons(0x88b5);
	skb_reset_network_header(skb);
	dev_queue_xmit(skb, &mydev, pri);
}

static void test_sending(void **state)
{
	struct rtnl_link_stats64 stats;
	struct net_device *dev = up();

	send_frame(1, SOPRI_NORMAL);
	assert_int_equal(card.frames, 1);
	assert_int_equal(card.wire_len[0], 60);
	assert_int_equal(card.wire[0][0], 1);
	dev_get_stats(dev, &stats);
	assert_true(stats.tx_packets >= 1);
	down();
	send_frame(2, SOPRI_NORMAL);
	assert_int_equal(card.frames, 1);
}

static void test_busy_and_again(void **state)
{
	int i;

	up();
	card.slow = 1;
	for (i = 0; i < CARD_RING; i++)
		send_frame((unsigned char)(i + 1), SOPRI_NORMAL);
	assert_int_equal(mydev.tbusy, 1);
	send_frame(10, SOPRI_BACKGROUND);
	send_frame(11, SOPRI_NORMAL);
	send_frame(12, SOPRI_INTERACTIVE);
	/* The first one was offered and refused; the others wait by their priority. */
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_NORMAL]), 1);
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_INTERACTIVE]), 1);
	run_ms(50);
	assert_int_equal(card.frames, 0);
	card.slow = 0;
	card_tx_done();
	assert_int_equal(card.frames, CARD_RING);
	run_ms(1);
	assert_int_equal(card.frames, CARD_RING + 3);
	assert_int_equal(card.wire[CARD_RING][0], 10);
	assert_int_equal(card.wire[CARD_RING + 1][0], 12);
	assert_int_equal(card.wire[CARD_RING + 2][0], 11);
	/* A driver that only clears tbusy is asked again, a little later. */
	mydev.tbusy = 1;
	send_frame(13, SOPRI_NORMAL);
	mydev.tbusy = 0;
	run_ms(5);
	assert_int_equal(card.frames, CARD_RING + 4);
	/* So is one that says so by itself. */
	mydev.tbusy = 1;
	send_frame(14, SOPRI_NORMAL);
	mydev.tbusy = 0;
	dev_tint(&mydev);
	run_ms(0);
	assert_int_equal(card.frames, CARD_RING + 5);
	down();
}

static void test_queue_is_bounded(void **state)
{
	int i;

	up();
	mydev.tbusy = 1;
	for (i = 0; i < 300; i++)
		send_frame(1, SOPRI_NORMAL);
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_NORMAL]), 100);
	/* The driver changes its mind; what waits stays. */
	mydev.tx_queue_len = 10;
	send_frame(1, SOPRI_NORMAL);
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_NORMAL]), 100);
	send_frame(1, SOPRI_INTERACTIVE);
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_INTERACTIVE]), 1);
	/* Closing drops it all. */
	down();
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_NORMAL]), 0);
	assert_int_equal(skb_live_buffers(), 0);
}

/* The user's word counts as the driver's does, whichever came last. */
static void test_queue_as_long_as_the_user_says(void **state)
{
	struct ifreq ifr = { .ifr_name = "eth0", .ifr_qlen = 3 };
	int i;

	up();
	mydev.tbusy = 1;
	assert_int_equal(dev_ioctl(net, SIOCSIFTXQLEN, &ifr), 0);
	for (i = 0; i < 10; i++)
		send_frame(1, SOPRI_NORMAL);
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_NORMAL]), 3);
	assert_int_equal(mydev.tx_queue_len, 3);
	mydev.tx_queue_len = 5;
	for (i = 0; i < 10; i++)
		send_frame(1, SOPRI_NORMAL);
	assert_int_equal(skb_queue_len(&mydev.buffs[SOPRI_NORMAL]), 5);
	down();
}

/* What no socket pays for is the host's, and its memory has an end. */
static void test_queue_within_the_hosts_memory(void **state)
{
	u64 dropped = net->drops[SKB_DROP_REASON_QDISC_DROP];
	int i;

	net->mem->limit = 16384;
	up();
	mydev.tbusy = 1;
	for (i = 0; i < 100; i++)
		send_frame(1, SOPRI_NORMAL);
	assert_in_range(atomic_long_read(&net->mem->used), 16384, 16384 + 4096);
	assert_true(net->drops[SKB_DROP_REASON_QDISC_DROP] - dropped > 50);
	down();
	assert_int_equal(atomic_long_read(&net->mem->used), 0);
}

static void test_given_up_while_it_waits(void **state)
{
	struct sk_buff *skb;

	up();
	mydev.tbusy = 1;
	send_frame(1, SOPRI_NORMAL);
	send_frame(2, SOPRI_NORMAL);
	/* A protocol pulls a buffer out of use, without knowing who has it. */
	skb = skb_peek(&mydev.buffs[SOPRI_NORMAL]);
	assert_true(skb_unlink(skb));
	kfree_skb(skb, FREE_WRITE);
	mydev.tbusy = 0;
	run_ms(5);
	assert_int_equal(card.frames, 1);
	assert_int_equal(card.wire[0][0], 1);
	down();
}

/* Ethernet, ARP or IPv4, from 192.0.2.1 at 02:00:00:00:00:77. */
static unsigned char arp_reply[60] = {
	2, 1, 2, 3, 4, 5, 2,	0,   0, 0, 0, 0x77, 8, 6, 0, 1, 8, 0,	6, 4, 0,
	2, 2, 0, 0, 0, 0, 0x77, 192, 0, 2, 1, 2,    1, 2, 3, 4, 5, 192, 0, 2, 2,
};

static void test_rebuild_header(void **state)
{
	struct net_device *dev = up();
	struct rtable *rt = ip_route_output(net, htonl(0xc0000201), 0, 0, dev->ifindex);
	struct sk_buff *skb = dev_alloc_skb(200);

	assert_false(IS_ERR(rt));
	skb_reserve(skb, 64);
	memset(skb_put(skb, 40), 0x5a, 40);
	skb_reset_network_header(skb);
	/* As much of an IPv4 header as the look-up reads. */
	ip_hdr(skb)->saddr = htonl(0xc0000202);
	ip_hdr(skb)->daddr = htonl(0xc0000201);
	skb->protocol = htons(ETH_P_IP);
	skb_dst_set(skb, &rt->dst);
	skb->dev = dev;
	assert_int_equal(mydev.hard_header(skb, &mydev, ETH_P_IP, NULL, NULL, 40), -ETH_HLEN);
	dev_queue_xmit(skb, &mydev, SOPRI_NORMAL);
	/* It waits, and the question is out. */
	assert_int_equal(card.frames, 1);
	assert_memory_equal(card.wire[0],
			    "\xff\xff\xff\xff\xff\xff\x02\x01\x02\x03\x04\x05\x08\x06", 14);
	card_rx(arp_reply, sizeof(arp_reply));
	run_ms(1);
	assert_int_equal(card.frames, 2);
	assert_memory_equal(card.wire[1],
			    "\x02\x00\x00\x00\x00\x77\x02\x01\x02\x03\x04\x05\x08\x00", 14);
	assert_int_equal(card.wire[1][14 + 39], 0x5a);
	down();
}

static void test_receiving(void **state)
{
	struct rtnl_link_stats64 stats;
	struct net_device *dev = up();
	static unsigned char request[60];

	/* Who has 192.0.2.2? The host answers by the same driver. */
	memcpy(request, arp_reply, sizeof(request));
	memset(request, 0xff, 6);
	request[21] = 1;
	/* From an interrupt: another thread would do as well. */
	net_unlock(net);
	card_rx(request, sizeof(request));
	net_lock(net);
	run_ms(1);
	assert_int_equal(card.frames, 1);
	assert_int_equal(card.wire[0][21], 2);
	dev_get_stats(dev, &stats);
	assert_int_equal(stats.rx_packets, 1);
	dev_close(dev);
	card_rx(request, sizeof(request));
	run_ms(1);
	assert_int_equal(card.frames, 1);
	assert_int_equal(unregister_netdev(&mydev), 0);
}

static void test_groups(void **state)
{
	static const unsigned char group[6] = { 1, 0, 0x5e, 1, 2, 3 };
	struct net_device *dev = up();
	int before = netdev_mc_count(dev);
	unsigned char more[6] = { 1, 0, 0x5e, 9, 9 };
	int i;

	assert_int_equal(dev_mc_add(dev, group), 0);
	assert_int_equal(card.mode, before + 1);
	assert_memory_equal(card.filter[before], group, 6);
	for (i = 0; i < CARD_FILTER; i++) {
		more[5] = (unsigned char)i;
		assert_int_equal(dev_mc_add(dev, more), 0);
	}
	assert_int_equal(card.mode, LJ_MC_ALL);
	assert_int_equal(dev_set_promiscuity(dev, 1), 0);
	assert_int_equal(card.mode, LJ_MC_PROMISC);
	assert_true(mydev.flags & IFF_PROMISC);
	assert_int_equal(dev_set_promiscuity(dev, -1), 0);
	for (i = 0; i < CARD_FILTER; i++) {
		more[5] = (unsigned char)i;
		assert_int_equal(dev_mc_del(dev, more), 0);
	}
	assert_int_equal(dev_set_allmulti(dev, 1), 0);
	assert_int_equal(card.mode, LJ_MC_ALL);
	assert_int_equal(dev_set_allmulti(dev, -1), 0);
	if (!skiff_fail_nth(1)) {
		dev_set_rx_mode(dev);
		assert_int_equal(card.mode, LJ_MC_ALL);
	}
	dev_set_rx_mode(dev);
	assert_int_equal(card.mode, before + 1);
	down();
}

static void test_settings(void **state)
{
	struct net_device *dev = up();
	struct sockaddr sa = { .sa_family = ARPHRD_ETHER, .sa_data = { 2, 0, 0, 0, 0, 0x55 } };
	struct ifreq ifr = { .ifr_name = "eth0" };

	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), -EBUSY);
	dev_close(dev);
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), 0);
	assert_int_equal(dev->dev_addr[5], 0x55);
	assert_int_equal(mydev.dev_addr[5], 0x55);
	assert_int_equal(dev_set_mtu(dev, 1400), 0);
	assert_int_equal(mydev.mtu, 1400);
	ifr.ifr_metric = 42;
	assert_int_equal(dev_ioctl(net, SIOCDEVPRIVATE, &ifr), 0);
	assert_int_equal(card.reg, 42);
	assert_int_equal(dev_ioctl(net, SIOCDEVPRIVATE + 1, &ifr), -EINVAL);
	assert_int_equal(dev_ioctl(net, SIOCSIFMAP, &ifr), -EOPNOTSUPP);
	assert_int_equal(unregister_netdev(&mydev), 0);
}

/* The host ends with the device still there: the adapter lets go, the driver's memory stays. */
static void test_host_ends_first(void **state)
{
	up();
	mydev.tbusy = 1;
	send_frame(1, SOPRI_NORMAL);
	teardown(state);
	assert_null(lj_netdev(&mydev));
	setup(state);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(test_coming),
		test(test_refusals),
		test(test_no_memory),
		test(test_sending),
		test(test_busy_and_again),
		test(test_queue_is_bounded),
		test(test_queue_as_long_as_the_user_says),
		test(test_queue_within_the_hosts_memory),
		test(test_given_up_while_it_waits),
		test(test_rebuild_header),
		test(test_receiving),
		test(test_groups),
		test(test_settings),
		test(test_host_ends_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
