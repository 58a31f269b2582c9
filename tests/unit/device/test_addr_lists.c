// SPDX-License-Identifier: BSD-2-Clause
/* Unicast and multicast lists: who wants an address, who has it, and what stands in for a filter. */
#include <skiff/fault.h>

#include "testdev.h"

static const u8 g1[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 1 };
static const u8 g2[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 2 };
static const u8 g3[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 3 };
static const u8 u1[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
static const u8 u2[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };

static void test_users_are_counted(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct netdev_hw_addr *ha;
	int n = 0;

	testdev(dev)->rx_modes = 0;
	assert_int_equal(dev_mc_add(dev, g1), 0);
	assert_int_equal(dev_mc_add(dev, g1), 0);
	assert_int_equal(dev_mc_add(dev, g2), 0);
	assert_int_equal(netdev_mc_count(dev), 2);
	assert_int_equal(testdev(dev)->rx_modes, 3);
	netdev_for_each_mc_addr(ha, dev)
	{
		assert_memory_equal(ha->addr, n ? g2 : g1, ETH_ALEN);
		assert_int_equal(ha->type, NETDEV_HW_ADDR_T_MULTICAST);
		n++;
	}
	assert_int_equal(dev_mc_del(dev, g1), 0);
	assert_int_equal(netdev_mc_count(dev), 2);
	assert_int_equal(dev_mc_del(dev, g1), 0);
	assert_int_equal(netdev_mc_count(dev), 1);
	assert_int_equal(dev_mc_del(dev, g1), -ENOENT);
	assert_int_equal(dev_mc_add_excl(dev, g2), -EEXIST);
	assert_int_equal(dev_mc_add_excl(dev, g3), 0);
	/* The user counts once. */
	assert_int_equal(dev_mc_del_global(dev, g3), -ENOENT);
	assert_int_equal(dev_mc_add_global(dev, g3), 0);
	assert_int_equal(dev_mc_add_global(dev, g3), 0);
	assert_int_equal(dev_mc_del_global(dev, g3), 0);
	assert_int_equal(dev_mc_del_global(dev, g3), -ENOENT);
	assert_int_equal(netdev_mc_count(dev), 2);
	/* What is left goes with the device. */
	testdev_destroy(dev);
}

static void test_device_that_is_down_is_not_told(void **state)
{
	struct net_device *dev = testdev_create("a");

	assert_int_equal(dev_mc_add(dev, g1), 0);
	assert_int_equal(testdev(dev)->rx_modes, 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	assert_int_equal(testdev(dev)->rx_modes, 1);
	netif_device_detach(dev);
	dev_set_rx_mode(dev);
	assert_int_equal(testdev(dev)->rx_modes, 1);
	testdev_destroy(dev);
}

static void test_lists_are_bounded(void **state)
{
	struct net_device *dev = testdev_create("a");
	u8 addr[ETH_ALEN] = { 1, 0, 0x5e };
	int i;

	for (i = 0; i < NETDEV_MAX_HW_ADDRS; i++) {
		addr[4] = (u8)(i >> 8);
		addr[5] = (u8)i;
		assert_int_equal(dev_mc_add(dev, addr), 0);
	}
	addr[3] = 1;
	assert_int_equal(dev_mc_add(dev, addr), -ENOSPC);
	addr[3] = 0;
	assert_int_equal(dev_mc_add(dev, addr), 0);
	assert_int_equal(dev_uc_add(dev, u1), 0);
	testdev_destroy(dev);
}

static void test_no_memory(void **state)
{
	struct net_device *dev = testdev_create("a");

	if (skiff_fail_nth(1)) {
		testdev_destroy(dev);
		skip();
	}
	assert_int_equal(dev_mc_add(dev, g1), -ENOMEM);
	assert_int_equal(netdev_mc_count(dev), 0);
	assert_int_equal(dev_mc_add(dev, g1), 0);
	testdev_destroy(dev);
}

static void test_unicast_without_filter(void **state)
{
	struct net_device *dev = testdev_up("a");

	assert_int_equal(dev_uc_add(dev, u1), 0);
	assert_int_equal(dev_uc_add(dev, u2), 0);
	assert_int_equal(dev_uc_add_excl(dev, u2), -EEXIST);
	assert_int_equal(dev->promiscuity, 1);
	assert_true(dev->flags & IFF_PROMISC);
	assert_false(dev_get_flags(dev) & IFF_PROMISC);
	/* Somebody who wants all frames besides keeps the mode. */
	assert_int_equal(dev_set_promiscuity(dev, 1), 0);
	assert_int_equal(dev_uc_del(dev, u1), 0);
	assert_int_equal(dev->promiscuity, 2);
	assert_int_equal(dev_uc_del(dev, u2), 0);
	assert_int_equal(dev->promiscuity, 1);
	assert_int_equal(dev_set_promiscuity(dev, -1), 0);
	assert_false(dev->flags & IFF_PROMISC);
	dev->priv_flags |= IFF_UNICAST_FLT;
	assert_int_equal(dev_uc_add(dev, u1), 0);
	assert_int_equal(dev->promiscuity, 0);
	assert_int_equal(netdev_uc_count(dev), 1);
	testdev_destroy(dev);
}

static void test_filter_overflows(void **state)
{
	struct net_device *dev = testdev_up("a");

	dev->mc_filter_max = 2;
	assert_int_equal(dev_mc_add(dev, g1), 0);
	assert_int_equal(dev_mc_add(dev, g2), 0);
	assert_int_equal(dev->allmulti, 0);
	assert_int_equal(dev_mc_add(dev, g3), 0);
	assert_true(dev->flags & IFF_ALLMULTI);
	assert_false(dev->flags & IFF_PROMISC);
	assert_true(testdev(dev)->rx_flags & IFF_ALLMULTI);
	assert_int_equal(dev_mc_del(dev, g1), 0);
	assert_false(dev->flags & IFF_ALLMULTI);
	testdev_destroy(dev);
}

static void test_all_multicast_by_promiscuity(void **state)
{
	struct net_device *dev = testdev_up("a");

	dev->priv_flags |= IFF_PROMISC_FOR_ALLMULTI;
	dev->mc_filter_max = 0;
	assert_int_equal(dev_mc_add(dev, g1), 0);
	assert_int_equal(dev->flags & (IFF_ALLMULTI | IFF_PROMISC), IFF_ALLMULTI | IFF_PROMISC);
	assert_int_equal(dev_mc_del(dev, g1), 0);
	assert_int_equal(dev->flags & (IFF_ALLMULTI | IFF_PROMISC), 0);
	assert_int_equal(dev_set_allmulti(dev, 1), 0);
	assert_int_equal(dev->promiscuity, 1);
	assert_int_equal(dev_set_allmulti(dev, 1), 0);
	assert_int_equal(dev->promiscuity, 1);
	assert_int_equal(dev_set_allmulti(dev, -2), 0);
	assert_int_equal(dev->promiscuity, 0);
	testdev_destroy(dev);
}

static void test_sync_to_a_lower_device(void **state)
{
	struct net_device *up = testdev_up("up"), *low = testdev_up("low");

	assert_int_equal(dev_mc_add(up, g1), 0);
	assert_int_equal(dev_mc_add(up, g2), 0);
	assert_int_equal(dev_mc_add(low, g2), 0);
	assert_int_equal(dev_mc_sync(low, up), 0);
	assert_int_equal(dev_mc_sync(low, up), 0);
	assert_int_equal(netdev_mc_count(low), 2);
	assert_int_equal(dev_mc_del(up, g1), 0);
	assert_int_equal(netdev_mc_count(up), 2);
	assert_int_equal(dev_mc_sync(low, up), 0);
	assert_int_equal(netdev_mc_count(up), 1);
	assert_int_equal(netdev_mc_count(low), 1);
	/* Its own wish stays. */
	dev_mc_unsync(low, up);
	assert_int_equal(netdev_mc_count(low), 1);
	assert_int_equal(dev_mc_del(low, g2), 0);
	assert_int_equal(netdev_mc_count(low), 0);
	assert_int_equal(netdev_mc_count(up), 1);
	assert_int_equal(dev_uc_add(up, u1), 0);
	assert_int_equal(dev_uc_sync(low, up), 0);
	assert_true(low->flags & IFF_PROMISC);
	dev_uc_unsync(low, up);
	assert_false(low->flags & IFF_PROMISC);
	low->addr_len = 7;
	assert_int_equal(dev_mc_sync(low, up), -EINVAL);
	low->addr_len = ETH_ALEN;
	testdev_destroy(up);
	testdev_destroy(low);
}

static void test_sync_to_several_devices(void **state)
{
	struct net_device *up = testdev_up("up"), *a = testdev_up("a"), *b = testdev_up("b");

	assert_int_equal(dev_mc_add(up, g1), 0);
	assert_int_equal(dev_mc_sync_multiple(a, up), 0);
	assert_int_equal(dev_mc_sync_multiple(b, up), 0);
	assert_int_equal(netdev_mc_count(a) + netdev_mc_count(b), 2);
	assert_int_equal(dev_mc_del(up, g1), 0);
	assert_int_equal(dev_mc_sync_multiple(a, up), 0);
	assert_int_equal(dev_mc_sync_multiple(b, up), 0);
	assert_int_equal(netdev_mc_count(a) + netdev_mc_count(b), 0);
	assert_int_equal(netdev_mc_count(up), 0);
	testdev_destroy(up);
	testdev_destroy(a);
	testdev_destroy(b);
}

/* A filter with two places. */
static u8 filter[2][ETH_ALEN];
static int filter_used;

static int filter_add(struct net_device *dev, const unsigned char *addr)
{
	if (filter_used == 2)
		return -ENOSPC;
	memcpy(filter[filter_used++], addr, ETH_ALEN);
	return 0;
}

static int filter_del(struct net_device *dev, const unsigned char *addr)
{
	int i = memcmp(filter[0], addr, ETH_ALEN) ? 1 : 0;

	assert_memory_equal(filter[i], addr, ETH_ALEN);
	memmove(filter[i], filter[1], ETH_ALEN);
	filter_used--;
	return 0;
}

static void test_sync_to_a_filter(void **state)
{
	struct net_device *dev = testdev_create("a");

	filter_used = 0;
	assert_int_equal(dev_mc_add(dev, g1), 0);
	assert_int_equal(dev_mc_add(dev, g2), 0);
	assert_int_equal(__dev_mc_sync(dev, filter_add, filter_del), 0);
	assert_int_equal(filter_used, 2);
	assert_int_equal(dev_mc_add(dev, g3), 0);
	assert_int_equal(__dev_mc_sync(dev, filter_add, filter_del), -ENOSPC);
	/* One goes out, and its place is free at once. */
	assert_int_equal(dev_mc_del(dev, g1), 0);
	assert_int_equal(__dev_mc_sync(dev, filter_add, filter_del), 0);
	assert_memory_equal(filter[0], g2, ETH_ALEN);
	assert_memory_equal(filter[1], g3, ETH_ALEN);
	__dev_mc_unsync(dev, filter_del);
	assert_int_equal(filter_used, 0);
	assert_int_equal(netdev_mc_count(dev), 2);
	testdev_destroy(dev);
}

static unsigned int seen;

static int see(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	       struct net_device *orig_dev)
{
	seen++;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static unsigned int receives(struct net_device *dev, const u8 *dest)
{
	struct sk_buff *skb = packet(dev, 60, 0);

	memcpy(skb->data, dest, ETH_ALEN);
	skb_pull(skb, ETH_HLEN);
	seen = 0;
	netif_receive_skb(skb);
	return seen;
}

static void test_filter_in_software(void **state)
{
	static const u8 own[ETH_ALEN] = { 2, 0, 0, 0, 0, 9 };
	struct net_device *dev = testdev_create("a");
	struct packet_type pt = {
		.type = htons(0x88b5),
		.dev = dev,
		.func = see,
	};

	memset(dev->broadcast, 0xff, ETH_ALEN);
	dev_addr_set(dev, own);
	dev_add_pack(&pt);
	assert_int_equal(dev_open(dev, NULL), 0);
	assert_int_equal(receives(dev, g1), 1);
	dev->priv_flags |= IFF_RX_FILTER | IFF_UNICAST_FLT;
	assert_int_equal(receives(dev, g1), 0);
	assert_int_equal(atomic_long_read(&dev->rx_dropped), 0);
	assert_int_equal(receives(dev, own), 1);
	assert_int_equal(receives(dev, dev->broadcast), 1);
	assert_int_equal(receives(dev, u1), 0);
	assert_int_equal(dev_mc_add(dev, g1), 0);
	assert_int_equal(receives(dev, g1), 1);
	assert_int_equal(receives(dev, g2), 0);
	assert_int_equal(dev_uc_add(dev, u1), 0);
	assert_int_equal(receives(dev, u1), 1);
	assert_int_equal(receives(dev, u2), 0);
	assert_int_equal(dev_set_allmulti(dev, 1), 0);
	assert_int_equal(receives(dev, g2), 1);
	assert_int_equal(receives(dev, u2), 0);
	assert_int_equal(dev_set_promiscuity(dev, 1), 0);
	assert_int_equal(receives(dev, u2), 1);
	dev_remove_pack(&pt);
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_users_are_counted),
		tests_with_host(test_device_that_is_down_is_not_told),
		tests_with_host(test_lists_are_bounded),
		tests_with_host(test_no_memory),
		tests_with_host(test_unicast_without_filter),
		tests_with_host(test_filter_overflows),
		tests_with_host(test_all_multicast_by_promiscuity),
		tests_with_host(test_sync_to_a_lower_device),
		tests_with_host(test_sync_to_several_devices),
		tests_with_host(test_sync_to_a_filter),
		tests_with_host(test_filter_in_software),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
