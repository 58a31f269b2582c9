// SPDX-License-Identifier: BSD-2-Clause
/* Devices by the name of their kind and options as text: what is accepted, and what is said. */
#include <errno.h>
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
#include <skiff/netem.h>
#include <skiff/skb/pool.h>

static struct net *net;

static int setup(void **state)
{
	const struct skiff_net_params params = { .seed = 1 };

	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	net = skiff_net_create(&params);
	assert_non_null(net);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(skiff_net_destroy(net), 0);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static void test_every_host_has_lo(void **state)
{
	struct net_device *lo;

	net_lock(net);
	lo = net_loopback_dev(net);
	assert_non_null(lo);
	assert_ptr_equal(lo, __dev_get_by_name(net, "lo"));
	assert_int_equal(lo->ifindex, 1);
	assert_int_equal(lo->mtu, 65536);
	assert_int_equal(lo->type, ARPHRD_LOOPBACK);
	assert_int_equal(dev_get_flags(lo), IFF_LOOPBACK);
	net_unlock(net);
}

static void test_table(void **state)
{
	static struct skiff_driver twin = { .kind = "tap", .options = "" }, empty,
				   no_create = {
					   .kind = "x",
					   .options = "",
				   };
	const struct skiff_driver *drv = NULL;
	int n = 0;

	while ((drv = skiff_driver_next(drv)) != NULL)
		n++;
	assert_true(n >= 2);
	assert_non_null(skiff_driver_find("tap"));
	assert_non_null(skiff_driver_find("dummy"));
	assert_null(skiff_driver_find("tapx"));
	assert_null(skiff_driver_find(""));
	assert_null(skiff_driver_find(NULL));
	twin.create = skiff_driver_find("dummy")->create;
	assert_int_equal(skiff_driver_register(&twin), -EEXIST);
	assert_int_equal(skiff_driver_register(&empty), -EINVAL);
	assert_int_equal(skiff_driver_register(&no_create), -EINVAL);
	assert_int_equal(skiff_driver_register(NULL), -EINVAL);
}

static void test_create(void **state)
{
	static const char *const options[] = { "mac=02:00:00:00:00:07", "mtu=9000" };
	struct net_device *dev;
	char err[256];

	assert_int_equal(
		skiff_driver_create(net, "dummy", "d7", options, 2, &dev, err, sizeof(err)), 0);
	assert_string_equal(err, "");
	net_lock(net);
	assert_string_equal(dev->name, "d7");
	assert_int_equal(dev->mtu, 9000);
	assert_memory_equal(dev->dev_addr, "\x02\0\0\0\0\x07", 6);
	assert_int_equal(dev->addr_assign_type, NET_ADDR_SET);
	assert_false(dev->flags & IFF_UP);
	net_unlock(net);
	/* No name, no options: all by itself. */
	assert_int_equal(skiff_driver_create(net, "dummy", NULL, NULL, 0, &dev, err, sizeof(err)),
			 0);
	net_lock(net);
	assert_string_equal(dev->name, "dummy0");
	assert_true(is_valid_ether_addr(dev->dev_addr) && is_local_ether_addr(dev->dev_addr));
	net_unlock(net);
}

static void test_errors(void **state)
{
	static const struct {
		const char *kind, *name, *option;
		int error;
		const char *says;
	} cases[] = {
		{ "dumy", "a", NULL, -ENOENT,
		  "dumy: no such kind of device; there are: dummy, "
		  "tap, tun, packet, pcap, slip" },
		{ "dummy", "a/b", NULL, -EINVAL, "name=a/b: not a device name" },
		{ "dummy", "0123456789012345", NULL, -EINVAL, "1 to 15 characters" },
		{ "dummy", "", NULL, -EINVAL, "name=: not a device name" },
		{ "dummy", "lo", NULL, -EEXIST, "name=lo: taken" },
		{ "dummy", "a%s", NULL, -EINVAL, "a%s: can't be registered" },
		{ "dummy", "a", "mac=02:00:00:00:00", -EINVAL, "mac=02:00:00:00:00: " },
		{ "dummy", "a", "mac=03:00:00:00:00:01", -EINVAL, "neither zero nor multicast" },
		{ "dummy", "a", "mac=00:00:00:00:00:00", -EINVAL, "neither zero nor multicast" },
		{ "dummy", "a", "mac=", -EINVAL, "mac=: " },
		{ "dummy", "a", "mtu=67", -EINVAL,
		  "mtu=67: out of range; 68 to 65535 is accepted" },
		{ "dummy", "a", "mtu=65536", -EINVAL, "68 to 65535" },
		{ "dummy", "a", "mtu=", -EINVAL, "not a number" },
		{ "dummy", "a", "mtu=-1", -EINVAL, "not a number" },
		{ "dummy", "a", "mtu=1500x", -EINVAL, "mtu=1500x: not a number" },
		{ "dummy", "a", "mtu=99999999999999999999", -EINVAL, "not a number" },
		{ "dummy", "a", "mtu", -EINVAL, "mtu: not an option; key=value" },
		{ "dummy", "a", "=5", -EINVAL, "=5: not an option" },
		{ "dummy", "a", "colour=red", -ENOENT,
		  "colour: dummy devices have no such option" },
		{ "tap", "a", "colour=red", -ENOENT,
		  "there are: mac, mtu, qdisc, vnet_hdr=on|off" },
		{ "dummy", "a", "delay=1", -EINVAL, "delay=1: a time up to an hour" },
		{ "dummy", "a", "gap=5", -EINVAL, "gap and reorder_corr: accepted with reorder" },
		{ "dummy", "a", "qdisc=fq", -EINVAL, "qdisc=fq: pfifo_fast, or pfifo" },
		{ "dummy", "a", "qdisc=", -EINVAL, "qdisc=: pfifo_fast, or pfifo" },
		{ "dummy", "a", "qdisc=pfifo:0", -EINVAL, "with a limit as in pfifo:100" },
		{ "dummy", "a", "qdisc=pfifo:1x", -EINVAL, "with a limit as in pfifo:100" },
		{ "dummy", "a", "qdisc=pfifo_fast:5", -EINVAL, "qdisc=pfifo_fast: " },
		{ "tap", "a", "vnet_hdr=maybe", -EINVAL, "vnet_hdr=maybe: on or off" },
		{ "tun", "a", "uring=maybe", -EINVAL, "uring=maybe: auto, on or off" },
	};
	struct net_device *dev;
	char err[512];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = skiff_driver_create(net, cases[i].kind, cases[i].name, &cases[i].option,
					      cases[i].option ? 1 : 0, &dev, err, sizeof(err));

		if (ret != cases[i].error || !strstr(err, cases[i].says))
			fail_msg("case %zu: %d, %s", i, ret, err);
		assert_null(dev);
	}
	/* Messages are cut, and not needed. */
	assert_int_equal(skiff_driver_create(net, "none", "a", NULL, 0, &dev, err, 5), -ENOENT);
	assert_string_equal(err, "none");
	assert_int_equal(skiff_driver_create(net, "none", "a", NULL, 0, &dev, NULL, 0), -ENOENT);
	assert_int_equal(skiff_driver_create(net, NULL, "a", NULL, 0, &dev, NULL, 0), -ENOENT);
	net_lock(net);
	assert_null(__dev_get_by_name(net, "a"));
	net_unlock(net);
}

static void test_netem_by_text(void **state)
{
	static const char *const options[] = { "delay=10ms", "loss=100%" };
	struct netem_stats stats;
	struct net_device *dev;
	char err[256];

	assert_int_equal(
		skiff_driver_create(net, "dummy", "bad", options, 2, &dev, err, sizeof(err)), 0);
	net_lock(net);
	assert_int_equal(netem_get_stats(dev, &stats), 0);
	net_unlock(net);
}

static void test_without_memory(void **state)
{
	static const char *const option = "delay=10ms";
	struct net_device *dev;
	char err[256];
	long n;

	for (n = 1;; n++) {
		int ret;

		if (skiff_fail_nth(n) < 0)
			skip();
		ret = skiff_driver_create(net, "dummy", "m", &option, 1, &dev, err, sizeof(err));
		skiff_fail_nth(0);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_string_not_equal(err, "");
		assert_null(dev);
		assert_true(n < 100);
	}
	assert_true(n > 2);
}

static void test_host_without_memory(void **state)
{
	struct net *other;
	long n;

	for (n = 1;; n++) {
		if (skiff_fail_nth(n) < 0)
			skip();
		other = skiff_net_create(NULL);
		skiff_fail_nth(0);
		if (other)
			break;
		assert_true(n < 1000);
	}
	assert_int_equal(skiff_net_destroy(other), 0);
}

#define with_host(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_host(test_every_host_has_lo),
		with_host(test_table),
		with_host(test_create),
		with_host(test_errors),
		with_host(test_netem_by_text),
		with_host(test_without_memory),
		with_host(test_host_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
