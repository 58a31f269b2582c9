// SPDX-License-Identifier: BSD-2-Clause
/* Up and down, flags, MTU, addresses, carrier, counters. */
#include <limits.h>

#include "testdev.h"

static void test_open_and_close(void **state)
{
	struct net_device *dev = testdev_alloc("a");

	assert_int_equal(dev_open(dev, NULL), -ENODEV);
	assert_int_equal(register_netdevice(dev), 0);
	assert_false(netif_running(dev));
	testdev(dev)->open_error = -EAGAIN;
	assert_int_equal(dev_open(dev, NULL), -EAGAIN);
	testdev(dev)->open_error = 1;
	assert_int_equal(dev_open(dev, NULL), -EIO);
	assert_false(netif_running(dev));
	assert_false(dev->flags & IFF_UP);
	testdev(dev)->open_error = 0;
	assert_int_equal(dev_open(dev, NULL), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	assert_int_equal(testdev(dev)->opens, 3);
	assert_int_equal(testdev(dev)->rx_modes, 1);
	assert_true(netif_running(dev));
	dev_close(dev);
	dev_close(dev);
	assert_int_equal(testdev(dev)->stops, 1);
	netif_device_detach(dev);
	assert_int_equal(dev_open(dev, NULL), -ENODEV);
	netif_device_attach(dev);
	assert_int_equal(dev_open(dev, NULL), 0);
	netif_device_detach(dev);
	assert_true(netif_queue_stopped(dev));
	netif_device_attach(dev);
	assert_false(netif_queue_stopped(dev));
	testdev_destroy(dev);
}

static void test_flags(void **state)
{
	struct net_device *dev = testdev_create("a");

	assert_int_equal(dev_get_flags(dev), IFF_BROADCAST | IFF_MULTICAST);
	assert_int_equal(dev_change_flags(dev, dev_get_flags(dev) | IFF_UP, NULL), 0);
	assert_int_equal(dev_get_flags(dev),
			 IFF_BROADCAST | IFF_MULTICAST | IFF_UP | IFF_RUNNING | IFF_LOWER_UP);
	netif_carrier_off(dev);
	assert_int_equal(dev_get_flags(dev), IFF_BROADCAST | IFF_MULTICAST | IFF_UP);
	assert_int_equal(dev->operstate, IF_OPER_DOWN);
	netif_carrier_on(dev);
	netif_carrier_on(dev);
	assert_int_equal(dev->operstate, IF_OPER_UP);
	assert_int_equal(dev->carrier_changes, 2);
	/* What is not the user's stays: BROADCAST can't be switched off, LOOPBACK not on. */
	assert_int_equal(dev_change_flags(dev, IFF_UP | IFF_LOOPBACK | IFF_NOARP | IFF_DEBUG, NULL),
			 0);
	assert_int_equal(dev->flags, IFF_UP | IFF_BROADCAST | IFF_NOARP | IFF_DEBUG);
	assert_int_equal(testdev(dev)->rx_flags, IFF_MULTICAST);
	assert_int_equal(dev_change_flags(dev, 0, NULL), 0);
	assert_int_equal(testdev(dev)->stops, 1);
	testdev(dev)->open_error = -EPERM;
	assert_int_equal(dev_change_flags(dev, IFF_UP | IFF_PROMISC, NULL), -EPERM);
	assert_int_equal(dev->promiscuity, 0);
	testdev_destroy(dev);
}

static void test_promiscuity_is_counted(void **state)
{
	struct net_device *dev = testdev_up("a");

	assert_int_equal(dev_set_promiscuity(dev, 1), 0);
	assert_int_equal(dev_set_promiscuity(dev, 1), 0);
	assert_int_equal(dev_change_flags(dev, IFF_UP | IFF_PROMISC | IFF_ALLMULTI, NULL), 0);
	assert_int_equal(dev_change_flags(dev, IFF_UP | IFF_PROMISC | IFF_ALLMULTI, NULL), 0);
	assert_int_equal(dev->promiscuity, 3);
	assert_int_equal(dev->allmulti, 1);
	assert_int_equal(testdev(dev)->rx_flags & (IFF_PROMISC | IFF_ALLMULTI),
			 IFF_PROMISC | IFF_ALLMULTI);
	/* The user sees the user's wish. */
	assert_int_equal(dev_change_flags(dev, IFF_UP, NULL), 0);
	assert_true(dev->flags & IFF_PROMISC);
	assert_false(dev_get_flags(dev) & IFF_PROMISC);
	assert_false(dev->flags & IFF_ALLMULTI);
	assert_int_equal(dev_set_promiscuity(dev, -2), 0);
	assert_false(dev->flags & IFF_PROMISC);
	assert_int_equal(dev_set_promiscuity(dev, -1), -EOVERFLOW);
	dev->promiscuity = UINT_MAX;
	assert_int_equal(dev_set_promiscuity(dev, 1), -EOVERFLOW);
	dev->promiscuity = 0;
	assert_int_equal(dev_set_allmulti(dev, 1), 0);
	assert_int_equal(dev_set_allmulti(dev, -1), 0);
	testdev_destroy(dev);
}

static unsigned long veto;
static unsigned int vetos;

static int object(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action != veto)
		return NOTIFY_DONE;
	vetos++;
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block objector = { .notifier_call = object };

static void test_mtu(void **state)
{
	struct net_device *dev = testdev_create("a");

	assert_int_equal(dev_set_mtu(dev, 67), -EINVAL);
	assert_int_equal(dev_set_mtu(dev, 9001), -EINVAL);
	assert_int_equal(dev_set_mtu(dev, -1), -EINVAL);
	assert_int_equal(dev_set_mtu(dev, 68), 0);
	assert_int_equal(dev_set_mtu(dev, 9000), 0);
	assert_int_equal(dev_set_mtu(dev, 9000), 0);
	assert_int_equal(register_netdevice_notifier(&objector), 0);
	veto = NETDEV_PRECHANGEMTU;
	assert_int_equal(dev_set_mtu(dev, 1400), -EBUSY);
	veto = NETDEV_CHANGEMTU;
	vetos = 0;
	assert_int_equal(dev_set_mtu(dev, 1400), -EBUSY);
	assert_int_equal(vetos, 2);
	assert_int_equal(dev->mtu, 9000);
	veto = 0;
	unregister_netdevice_notifier(&objector);
	netif_device_detach(dev);
	assert_int_equal(dev_set_mtu(dev, 1400), -ENODEV);
	testdev_destroy(dev);
}

static int change_mtu(struct net_device *dev, int new_mtu)
{
	return new_mtu == 1000 ? -ERANGE : 0;
}

static int set_mac(struct net_device *dev, void *addr)
{
	const u8 *mac = (const u8 *)((struct sockaddr *)addr)->sa_data;

	if (mac[0] & 1)
		return -EADDRNOTAVAIL;
	dev_addr_set(dev, mac);
	return 0;
}

static struct rtnl_link_stats64 own_stats = { .rx_packets = 7, .rx_dropped = 1 };

static void get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	*storage = own_stats;
}

static netdev_features_t fix_features(struct net_device *dev, netdev_features_t features)
{
	return features & NETIF_F_SG ? features : features & ~NETIF_F_HW_CSUM;
}

static int set_features(struct net_device *dev, netdev_features_t features)
{
	return features & NETIF_F_RXCSUM ? -EIO : 0;
}

static void test_the_driver_may_refuse(void **state)
{
	static struct net_device_ops ops;
	struct net_device *dev = testdev_alloc("a");
	struct sockaddr sa = { .sa_family = ARPHRD_ETHER, .sa_data = { 2, 0, 0, 0, 0, 9 } };

	ops = testdev_ops;
	dev->netdev_ops = &ops;
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), -EOPNOTSUPP);
	ops.ndo_change_mtu = change_mtu;
	ops.ndo_set_mac_address = set_mac;
	assert_int_equal(dev_set_mtu(dev, 1000), -ERANGE);
	assert_int_equal(dev_set_mtu(dev, 1001), 0);
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), 0);
	assert_memory_equal(dev->dev_addr, sa.sa_data, 6);
	assert_int_equal(dev->addr_assign_type, NET_ADDR_SET);
	sa.sa_family = ARPHRD_LOOPBACK;
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), -EINVAL);
	sa.sa_family = ARPHRD_ETHER;
	sa.sa_data[0] = 1;
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), -EADDRNOTAVAIL);
	netif_device_detach(dev);
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), -ENODEV);
	testdev_destroy(dev);
}

static void test_features(void **state)
{
	static struct net_device_ops ops;
	struct net_device *dev = testdev_alloc("a");

	ops = testdev_ops;
	ops.ndo_fix_features = fix_features;
	ops.ndo_set_features = set_features;
	dev->netdev_ops = &ops;
	dev->features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXCSUM;
	assert_int_equal(register_netdevice(dev), 0);
	assert_true(dev->features & NETIF_F_GRO);
	/* Without SG no checksums; what is not switchable stays. */
	dev->wanted_features &= ~NETIF_F_SG;
	netdev_update_features(dev);
	assert_false(dev->features & (NETIF_F_SG | NETIF_F_HW_CSUM));
	assert_true(dev->features & NETIF_F_HIGHDMA);
	dev->wanted_features |= NETIF_F_RXCSUM;
	netdev_update_features(dev);
	assert_false(dev->features & NETIF_F_RXCSUM);
	assert_non_null(strstr(fixture.log, "features"));
	testdev_destroy(dev);
}

static void test_statistics(void **state)
{
	static struct net_device_ops ops;
	struct net_device *dev = testdev_alloc("a");
	struct rtnl_link_stats64 s;

	ops = testdev_ops;
	dev->netdev_ops = &ops;
	assert_int_equal(register_netdevice(dev), 0);
	dev->stats.rx_bytes = 5;
	dev->stats.tx_window_errors = 6;
	atomic_long_add(2, &dev->rx_dropped);
	atomic_long_add(3, &dev->tx_dropped);
	atomic_long_add(4, &dev->rx_nohandler);
	assert_ptr_equal(dev_get_stats(dev, &s), &s);
	assert_int_equal(s.rx_bytes, 5);
	assert_int_equal(s.tx_window_errors, 6);
	assert_int_equal(s.rx_dropped, 2);
	assert_int_equal(s.tx_dropped, 3);
	assert_int_equal(s.rx_nohandler, 4);
	ops.ndo_get_stats64 = get_stats64;
	dev_get_stats(dev, &s);
	assert_int_equal(s.rx_packets, 7);
	assert_int_equal(s.rx_bytes, 0);
	assert_int_equal(s.rx_dropped, 3);
	testdev_destroy(dev);
}

static void test_queue_length(void **state)
{
	struct net_device *dev = testdev_create("a");

	assert_int_equal(dev_change_tx_queue_len(dev, (unsigned long)INT_MAX + 1), -ERANGE);
	assert_int_equal(dev_change_tx_queue_len(dev, INT_MAX), 0);
	assert_int_equal(dev_change_tx_queue_len(dev, 0), 0);
	register_netdevice_notifier(&objector);
	veto = NETDEV_CHANGE_TX_QUEUE_LEN;
	assert_int_equal(dev_change_tx_queue_len(dev, 5), -EBUSY);
	assert_int_equal(dev->tx_queue_len, 0);
	veto = 0;
	unregister_netdevice_notifier(&objector);
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_open_and_close),
		tests_with_host(test_flags),
		tests_with_host(test_promiscuity_is_counted),
		tests_with_host(test_mtu),
		tests_with_host(test_the_driver_may_refuse),
		tests_with_host(test_features),
		tests_with_host(test_statistics),
		tests_with_host(test_queue_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
