// SPDX-License-Identifier: BSD-2-Clause
/* Requests in the form of struct ifreq: what they answer, change and refuse, with Linux's errno. */
#include <linux/sockios.h>

#include <skiff/ethtool.h>
#include <skiff/netdev_ioctl.h>

#include "testdev.h"

static struct ifreq ifr;
static unsigned int last_cmd;
static void *last_data;

static int request(unsigned int cmd)
{
	strcpy(ifr.ifr_name, "a");
	return dev_ioctl(fixture.net, cmd, &ifr);
}

static void test_questions(void **state)
{
	struct net_device *dev = testdev_create("a");
	const u8 mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 7 };

	dev_addr_set(dev, mac);
	dev->irq = 11;
	dev->base_addr = 0x300;
	memset(&ifr, 0, sizeof(ifr));
	assert_int_equal(request(SIOCGIFINDEX), 0);
	assert_int_equal(ifr.ifr_ifindex, dev->ifindex);
	memset(ifr.ifr_name, 0, IFNAMSIZ);
	assert_int_equal(dev_ioctl(fixture.net, SIOCGIFNAME, &ifr), 0);
	assert_string_equal(ifr.ifr_name, "a");
	ifr.ifr_ifindex = 12345;
	assert_int_equal(dev_ioctl(fixture.net, SIOCGIFNAME, &ifr), -ENODEV);
	assert_int_equal(request(SIOCGIFFLAGS), 0);
	assert_int_equal(ifr.ifr_flags, IFF_BROADCAST | IFF_MULTICAST);
	assert_int_equal(request(SIOCGIFMTU), 0);
	assert_int_equal(ifr.ifr_mtu, 1500);
	assert_int_equal(request(SIOCGIFMETRIC), 0);
	assert_int_equal(ifr.ifr_metric, 0);
	assert_int_equal(request(SIOCGIFTXQLEN), 0);
	assert_int_equal(ifr.ifr_qlen, 10);
	assert_int_equal(request(SIOCGIFHWADDR), 0);
	assert_int_equal(ifr.ifr_hwaddr.sa_family, ARPHRD_ETHER);
	assert_memory_equal(ifr.ifr_hwaddr.sa_data, mac, ETH_ALEN);
	assert_int_equal(request(SIOCGIFMAP), 0);
	assert_int_equal(ifr.ifr_map.irq, 11);
	assert_int_equal(ifr.ifr_map.base_addr, 0x300);
	assert_int_equal(request(SIOCGIFSLAVE), -EINVAL);
	testdev_destroy(dev);
}

static void test_names(void **state)
{
	struct net_device *dev = testdev_create("a");

	strcpy(ifr.ifr_name, "a:17");
	assert_int_equal(dev_ioctl(fixture.net, SIOCGIFMTU, &ifr), 0);
	assert_string_equal(ifr.ifr_name, "a:17");
	strcpy(ifr.ifr_name, "b");
	assert_int_equal(dev_ioctl(fixture.net, SIOCGIFMTU, &ifr), -ENODEV);
	assert_int_equal(dev_ioctl(fixture.net, SIOCSIFMTU, &ifr), -ENODEV);
	assert_int_equal(dev_ioctl(fixture.net, SIOCETHTOOL, &ifr), -ENODEV);
	/* A name without an end. */
	memset(ifr.ifr_name, 'a', IFNAMSIZ);
	assert_int_equal(dev_ioctl(fixture.net, SIOCGIFMTU, &ifr), -ENODEV);
	testdev_destroy(dev);
}

static void test_settings(void **state)
{
	struct net_device *dev = testdev_create("a");

	ifr.ifr_flags = IFF_UP | IFF_MULTICAST;
	assert_int_equal(request(SIOCSIFFLAGS), 0);
	assert_true(netif_running(dev));
	ifr.ifr_mtu = 1400;
	assert_int_equal(request(SIOCSIFMTU), 0);
	assert_int_equal(dev->mtu, 1400);
	ifr.ifr_mtu = -1;
	assert_int_equal(request(SIOCSIFMTU), -EINVAL);
	ifr.ifr_qlen = -1;
	assert_int_equal(request(SIOCSIFTXQLEN), -EINVAL);
	ifr.ifr_qlen = 3;
	assert_int_equal(request(SIOCSIFTXQLEN), 0);
	assert_int_equal(dev->tx_queue_len, 3);
	assert_int_equal(request(SIOCSIFMETRIC), -EOPNOTSUPP);
	assert_int_equal(request(SIOCSIFMAP), -EOPNOTSUPP);
	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	assert_int_equal(request(SIOCSIFHWADDR), -EOPNOTSUPP);
	ifr.ifr_hwaddr.sa_data[0] = 0x7f;
	assert_int_equal(request(SIOCSIFHWBROADCAST), 0);
	assert_int_equal(dev->broadcast[0], 0x7f);
	ifr.ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
	assert_int_equal(request(SIOCSIFHWBROADCAST), -EINVAL);
	strcpy(ifr.ifr_newname, "b");
	assert_int_equal(request(SIOCSIFNAME), -EBUSY);
	dev_close(dev);
	strcpy(ifr.ifr_newname, "b/c");
	assert_int_equal(request(SIOCSIFNAME), -EINVAL);
	strcpy(ifr.ifr_newname, "b");
	assert_int_equal(request(SIOCSIFNAME), 0);
	assert_string_equal(dev->name, "b");
	testdev_destroy(dev);
}

static void test_groups(void **state)
{
	struct net_device *dev = testdev_create("a");

	memset(&ifr.ifr_hwaddr, 0, sizeof(ifr.ifr_hwaddr));
	ifr.ifr_hwaddr.sa_data[0] = 1;
	assert_int_equal(request(SIOCADDMULTI), 0);
	assert_int_equal(request(SIOCADDMULTI), 0);
	assert_int_equal(netdev_mc_count(dev), 1);
	assert_int_equal(request(SIOCDELMULTI), 0);
	assert_int_equal(request(SIOCDELMULTI), -ENOENT);
	ifr.ifr_hwaddr.sa_family = AF_INET;
	assert_int_equal(request(SIOCADDMULTI), -EINVAL);
	ifr.ifr_hwaddr.sa_family = AF_UNSPEC;
	netif_device_detach(dev);
	assert_int_equal(request(SIOCADDMULTI), -ENODEV);
	testdev_destroy(dev);
}

static int eth_ioctl(struct net_device *dev, struct ifreq *req, int cmd)
{
	last_cmd = (unsigned int)cmd;
	return -EALREADY;
}

static int devprivate(struct net_device *dev, struct ifreq *req, void *data, int cmd)
{
	last_cmd = (unsigned int)cmd;
	last_data = data;
	return 0;
}

static void test_drivers_own(void **state)
{
	static struct net_device_ops ops;
	struct net_device *dev = testdev_create("a");
	int data;

	assert_int_equal(request(SIOCDEVPRIVATE), -EOPNOTSUPP);
	assert_int_equal(request(SIOCGMIIPHY), -EOPNOTSUPP);
	assert_int_equal(request(SIOCWANDEV), -EOPNOTSUPP);
	ops = testdev_ops;
	ops.ndo_eth_ioctl = eth_ioctl;
	ops.ndo_siocdevprivate = devprivate;
	dev->netdev_ops = &ops;
	ifr.ifr_data = (char *)&data;
	assert_int_equal(request(SIOCDEVPRIVATE + 15), 0);
	assert_int_equal(last_cmd, SIOCDEVPRIVATE + 15);
	assert_ptr_equal(last_data, &data);
	assert_int_equal(request(SIOCGMIIREG), -EALREADY);
	assert_int_equal(request(SIOCWANDEV), -EOPNOTSUPP);
	/* An old driver's method serves what has none of its own. */
	ops.ndo_siocdevprivate = NULL;
	ops.ndo_do_ioctl = eth_ioctl;
	assert_int_equal(request(SIOCDEVPRIVATE), -EALREADY);
	netif_device_detach(dev);
	assert_int_equal(request(SIOCDEVPRIVATE), -ENODEV);
	testdev_destroy(dev);
}

static void test_unknown(void **state)
{
	static const unsigned int cmds[] = {
		0, SIOCSIFLINK, SIOCGIFMEM, SIOCSIFMEM, SIOCSARP, SIOCADDRT, 0x8a00, 0xffffffff,
	};
	struct net_device *dev = testdev_create("a");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		assert_int_equal(request(cmds[i]), -ENOTTY);
	ifr.ifr_data = NULL;
	assert_int_equal(request(SIOCETHTOOL), -EFAULT);
	testdev_destroy(dev);
}

static int two_entries(struct net_device *dev, char *buf, int len, int size)
{
	int n;

	if (!buf)
		return 2 * size;
	for (n = 0; n < 2 && len - n * size >= size; n++) {
		struct ifreq *req = (struct ifreq *)(void *)(buf + n * size);

		memset(req, 0, (size_t)size);
		strcpy(req->ifr_name, dev->name);
	}
	return n * size;
}

static void test_ifconf(void **state)
{
	struct net_device *dev = testdev_create("a"), *other = testdev_create("b");
	struct ifreq room[5];
	struct ifconf ifc = { .ifc_len = 0, .ifc_buf = NULL };

	assert_int_equal(register_gifconf(AF_MAX, two_entries), -EINVAL);
	assert_int_equal(dev_ifconf(fixture.net, &ifc), 0);
	assert_int_equal(ifc.ifc_len, 0);
	assert_int_equal(register_gifconf(AF_INET, two_entries), 0);
	assert_int_equal(dev_ifconf(fixture.net, &ifc), 0);
	assert_int_equal(ifc.ifc_len, 4 * sizeof(struct ifreq));
	ifc.ifc_req = room;
	ifc.ifc_len = sizeof(room);
	assert_int_equal(dev_ifconf(fixture.net, &ifc), 0);
	assert_int_equal(ifc.ifc_len, 4 * sizeof(struct ifreq));
	assert_string_equal(room[3].ifr_name, "b");
	/* Half an entry is none. */
	ifc.ifc_len = 3 * sizeof(struct ifreq) + 1;
	assert_int_equal(dev_ifconf(fixture.net, &ifc), 0);
	assert_int_equal(ifc.ifc_len, 3 * sizeof(struct ifreq));
	ifc.ifc_len = -1;
	assert_int_equal(dev_ifconf(fixture.net, &ifc), 0);
	assert_int_equal(ifc.ifc_len, 0);
	assert_int_equal(register_gifconf(AF_INET, NULL), 0);
	testdev_destroy(dev);
	testdev_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_questions),   tests_with_host(test_names),
		tests_with_host(test_settings),	   tests_with_host(test_groups),
		tests_with_host(test_drivers_own), tests_with_host(test_unknown),
		tests_with_host(test_ifconf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
