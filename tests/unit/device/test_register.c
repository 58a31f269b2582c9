// SPDX-License-Identifier: BSD-2-Clause
/* Devices enter and leave their host: names, numbers, refusals, references. */
#include <stdio.h>

#include "testdev.h"

#include "skb/track.h"

static void test_valid_names(void **state)
{
	static const char *const good[] = {
		"a", "eth0", "sk0", "veth-a.b", "012345678901234", "..."
	};
	static const char *const bad[] = {
		"", ".", "..", "a/b", "a:b", "a b", "\t", "a\n", "0123456789012345", "\x7f"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(dev_valid_name(good[i]));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(dev_valid_name(bad[i]));
	assert_false(dev_valid_name(NULL));
}

static void test_alloc_arguments(void **state)
{
	assert_null(alloc_netdev_mqs(-1, "a", 0, testdev_setup, 1, 1));
	assert_null(alloc_netdev_mqs(1 << 30, "a", 0, testdev_setup, 1, 1));
	assert_null(alloc_netdev_mqs(0, NULL, 0, testdev_setup, 1, 1));
	assert_null(alloc_netdev_mqs(0, "0123456789012345", 0, testdev_setup, 1, 1));
	assert_null(alloc_netdev_mqs(0, "a", 0, testdev_setup, 0, 1));
	assert_null(alloc_netdev_mqs(0, "a", 0, testdev_setup, NETDEV_MAX_QUEUES + 1, 1));
	assert_null(alloc_netdev_mqs(0, "a", 0, testdev_setup, 1, 0));
	free_netdev(NULL);
}

static void test_private_part_is_aligned_and_zero(void **state)
{
	struct net_device *dev = alloc_netdev(1000, "a", NET_NAME_USER, NULL);
	static const char zero[1000];

	assert_non_null(dev);
	assert_int_equal((uintptr_t)netdev_priv(dev) % NETDEV_ALIGN, 0);
	assert_memory_equal(netdev_priv(dev), zero, sizeof(zero));
	/* Without a queue length there is no queue. */
	assert_true(dev->priv_flags & IFF_NO_QUEUE);
	assert_int_equal(dev->tx_queue_len, DEFAULT_TX_QUEUE_LEN);
	free_netdev(dev);
}

static void test_patterns_take_the_lowest_number(void **state)
{
	struct net_device *a = testdev_create("eth%d"), *b = testdev_create("eth%d");
	struct net_device *c = testdev_create("eth007"), *d = testdev_create("x%dy"), *e;

	assert_string_equal(a->name, "eth0");
	assert_string_equal(b->name, "eth1");
	assert_string_equal(d->name, "x0y");
	testdev_destroy(a);
	e = testdev_create("eth%d");
	assert_string_equal(e->name, "eth0");
	testdev_destroy(b);
	testdev_destroy(c);
	testdev_destroy(d);
	testdev_destroy(e);
}

static void refused(const char *name, int error)
{
	struct net_device *dev = testdev_alloc("x");

	strcpy(dev->name, name);
	assert_int_equal(register_netdevice(dev), error);
	assert_string_equal(dev->name, name);
	assert_int_equal(dev->ifindex, 0);
	assert_int_equal(testdev(dev)->inits, testdev(dev)->uninits);
	assert_int_equal(dev->reg_state, NETREG_UNINITIALIZED);
	free_netdev(dev);
}

static void test_refused_names(void **state)
{
	struct net_device *dev = testdev_create("taken");

	refused("", -EINVAL);
	refused("a/b", -EINVAL);
	refused("a%s", -EINVAL);
	refused("%d%d", -EINVAL);
	refused("a%", -EINVAL);
	refused("a%%d", -EINVAL);
	refused("taken", -EEXIST);
	refused("01234567890%d%d", -EINVAL);
	testdev_destroy(dev);
}

static void test_init_may_refuse(void **state)
{
	struct net_device *dev = testdev_alloc("eth%d");

	testdev(dev)->init_error = -ENXIO;
	assert_int_equal(register_netdevice(dev), -ENXIO);
	assert_int_equal(testdev(dev)->inits, 1);
	assert_int_equal(testdev(dev)->uninits, 0);
	assert_null(__dev_get_by_name(fixture.net, "eth0"));
	assert_string_equal(dev->name, "eth%d");
	/* A driver that returns nonsense has failed too. */
	testdev(dev)->init_error = 5;
	assert_int_equal(register_netdevice(dev), -EIO);
	/* And it may think again. */
	testdev(dev)->init_error = 0;
	assert_int_equal(register_netdevice(dev), 0);
	assert_ptr_equal(__dev_get_by_name(fixture.net, "eth0"), dev);
	assert_int_equal(register_netdevice(dev), -EBUSY);
	testdev_destroy(dev);
}

static void test_missing_parts(void **state)
{
	static const struct net_device_ops none;
	struct net_device *dev = testdev_alloc("a");

	dev->netdev_ops = NULL;
	assert_int_equal(register_netdevice(dev), -EINVAL);
	dev->netdev_ops = &none;
	assert_int_equal(register_netdevice(dev), -EINVAL);
	dev->netdev_ops = &testdev_ops;
	dev->addr_len = MAX_ADDR_LEN + 1;
	assert_int_equal(register_netdevice(dev), -EINVAL);
	dev_net_set(dev, NULL);
	assert_int_equal(register_netdev(dev), -EINVAL);
	free_netdev(dev);
}

static void test_numbers_do_not_come_back(void **state)
{
	struct net_device *a = testdev_create("a"), *b = testdev_create("b"), *c;
	int first = a->ifindex;

	assert_int_equal(first, 1);
	assert_int_equal(b->ifindex, 2);
	assert_ptr_equal(__dev_get_by_index(fixture.net, 2), b);
	testdev_destroy(b);
	assert_null(__dev_get_by_index(fixture.net, 2));
	c = testdev_create("c");
	assert_int_equal(c->ifindex, 3);
	testdev_destroy(a);
	testdev_destroy(c);

	a = testdev_alloc("a");
	a->ifindex = 70;
	assert_int_equal(register_netdevice(a), 0);
	b = testdev_alloc("b");
	b->ifindex = 70;
	assert_int_equal(register_netdevice(b), -EBUSY);
	b->ifindex = -1;
	assert_int_equal(register_netdevice(b), -EINVAL);
	b->ifindex = 0;
	assert_int_equal(register_netdevice(b), 0);
	assert_int_equal(b->ifindex, 71);
	testdev_destroy(a);
	testdev_destroy(b);
}

static void test_limit(void **state)
{
	static const struct net_device_ops least = { .ndo_start_xmit = testdev_xmit };
	static struct net_device *devs[NETDEV_MAX_PER_NET];
	struct net_device *one_more;
	int i;

	for (i = 0; i < NETDEV_MAX_PER_NET; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "n%d", i);
		devs[i] = alloc_netdev(0, name, NET_NAME_USER, testdev_setup);
		/* Nothing of its own is needed here. */
		assert_non_null(devs[i]);
		devs[i]->netdev_ops = &least;
		dev_net_set(devs[i], fixture.net);
		assert_int_equal(register_netdevice(devs[i]), 0);
	}
	one_more = testdev_alloc("n%d");
	assert_int_equal(register_netdevice(one_more), -ENOSPC);
	unregister_netdevice(devs[17]);
	free_netdev(devs[17]);
	assert_int_equal(register_netdevice(one_more), 0);
	assert_string_equal(one_more->name, "n17");
	devs[17] = NULL;
	testdev_destroy(one_more);
	for (i = 0; i < NETDEV_MAX_PER_NET; i++) {
		if (devs[i]) {
			unregister_netdevice(devs[i]);
			free_netdev(devs[i]);
		}
	}
}

static void test_rename(void **state)
{
	struct net_device *a = testdev_create("a"), *b = testdev_create("b");

	assert_int_equal(dev_change_name(a, "b"), -EEXIST);
	assert_int_equal(dev_change_name(a, "a b"), -EINVAL);
	assert_int_equal(dev_change_name(a, NULL), -EINVAL);
	assert_int_equal(dev_change_name(a, "a"), 0);
	assert_int_equal(dev_change_name(a, "net%d"), 0);
	assert_string_equal(a->name, "net0");
	assert_ptr_equal(__dev_get_by_name(fixture.net, "net0"), a);
	assert_null(__dev_get_by_name(fixture.net, "a"));
	assert_int_equal(dev_open(a, NULL), 0);
	assert_int_equal(dev_change_name(a, "c"), -EBUSY);
	testdev_destroy(a);
	assert_int_equal(dev_change_name(b, "net0"), 0);
	testdev_destroy(b);
}

static void test_references_keep_memory(void **state)
{
	struct net_device *dev = testdev_create("a");
	struct net_device *got = dev_get_by_name(fixture.net, "a");

	assert_ptr_equal(got, dev);
	assert_null(dev_get_by_name(fixture.net, "b"));
	assert_null(dev_get_by_index(fixture.net, 99));
	testdev_destroy(dev);
	/* It has left its host, but is still there. */
	assert_int_equal(got->reg_state, NETREG_RELEASED);
	assert_string_equal(got->name, "a");
	dev_put(got);
	dev_put(NULL);
	dev_hold(NULL);
}

static int destroyed;

static void count_destroyed(struct net_device *dev)
{
	destroyed++;
}

static void test_needs_free(void **state)
{
	struct net_device *dev = testdev_alloc("a");

	destroyed = 0;
	dev->needs_free_netdev = true;
	dev->priv_destructor = count_destroyed;
	assert_int_equal(register_netdevice(dev), 0);
	dev_hold(dev);
	unregister_netdevice(dev);
	assert_int_equal(destroyed, 0);
	dev_put(dev);
	assert_int_equal(destroyed, 1);

	/* What is left goes with the host. */
	dev = testdev_alloc("b");
	dev->needs_free_netdev = true;
	dev->priv_destructor = count_destroyed;
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(fixture.net);
	assert_int_equal(skiff_net_destroy(fixture.net), 0);
	assert_int_equal(destroyed, 2);
	fixture.net = NULL;
	fixture.net = skiff_net_create(NULL);
	net_lock(fixture.net);
}

static void test_unlocked_forms(void **state)
{
	struct net_device *dev = testdev_alloc("a");

	/* Kernel-style code calls them with or without the lock. */
	assert_int_equal(register_netdev(dev), 0);
	unregister_netdev(dev);
	net_unlock(fixture.net);
	assert_int_equal(register_netdev(dev), 0);
	unregister_netdev(dev);
	net_lock(fixture.net);
	free_netdev(dev);
}

/* A listener that remembers, and may object. */
static unsigned long events[32];
static unsigned int nr_events;
static unsigned long veto;

static int hear(struct notifier_block *nb, unsigned long action, void *data)
{
	if (nr_events < ARRAY_SIZE(events))
		events[nr_events++] = action;
	return action == veto ? notifier_from_errno(-EPERM) : NOTIFY_OK;
}

static struct notifier_block listener = { .notifier_call = hear };

static void heard(const unsigned long *expected, unsigned int n)
{
	unsigned int i;

	assert_int_equal(nr_events, n);
	for (i = 0; i < n; i++)
		assert_string_equal(netdev_cmd_to_name((enum netdev_cmd)events[i]),
				    netdev_cmd_to_name((enum netdev_cmd)expected[i]));
	nr_events = 0;
}

static void test_events(void **state)
{
	static const unsigned long life[] = { NETDEV_POST_INIT, NETDEV_REGISTER,   NETDEV_PRE_UP,
					      NETDEV_UP,	NETDEV_GOING_DOWN, NETDEV_DOWN,
					      NETDEV_UNREGISTER };
	struct net_device *dev;

	nr_events = 0;
	veto = 0;
	assert_int_equal(register_netdevice_notifier(&listener), 0);
	assert_int_equal(register_netdevice_notifier(&listener), -EALREADY);
	dev = testdev_up("a");
	testdev_destroy(dev);
	heard(life, ARRAY_SIZE(life));
	assert_int_equal(unregister_netdevice_notifier(&listener), 0);
	assert_int_equal(unregister_netdevice_notifier(&listener), -ENOENT);
	assert_string_equal(netdev_cmd_to_name((enum netdev_cmd)999), "UNKNOWN_NETDEV_EVENT");
}

static void test_veto(void **state)
{
	struct net_device *dev = testdev_alloc("eth%d");

	assert_int_equal(register_netdevice_notifier(&listener), 0);
	veto = NETDEV_POST_INIT;
	assert_int_equal(register_netdevice(dev), -EPERM);
	assert_int_equal(testdev(dev)->uninits, 1);
	veto = NETDEV_REGISTER;
	dev->needs_free_netdev = true;
	assert_int_equal(register_netdevice(dev), -EPERM);
	assert_int_equal(testdev(dev)->uninits, 2);
	assert_string_equal(dev->name, "eth%d");
	assert_null(__dev_get_by_name(fixture.net, "eth0"));
	dev->needs_free_netdev = false;
	veto = NETDEV_PRE_UP;
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(dev_open(dev, NULL), -EPERM);
	assert_int_equal(testdev(dev)->opens, 0);
	assert_false(dev->flags & IFF_UP);
	veto = 0;
	assert_int_equal(unregister_netdevice_notifier(&listener), 0);
	testdev_destroy(dev);
}

static void test_unregister_while_up_with_traffic(void **state)
{
	struct net_device *dev = testdev_up("a"), *other = testdev_up("b");
	int i;

	netif_stop_queue(dev);
	for (i = 0; i < 5; i++) {
		assert_int_equal(dev_queue_xmit(packet(dev, 100, 1)), NET_XMIT_SUCCESS);
		assert_int_equal(netif_rx(packet(dev, 100, 1)), NET_RX_SUCCESS);
		assert_int_equal(netif_rx(packet(other, 100, 1)), NET_RX_SUCCESS);
	}
	netif_wake_queue(dev);
	netif_stop_queue(dev);
	assert_int_equal(skb_live_buffers(), 15);
	testdev_destroy(dev);
	/* Only what the other one has received is left, and comes out. */
	assert_int_equal(skb_live_buffers(), 5);
	run_ms(1);
	assert_int_equal(skb_live_buffers(), 0);
	assert_int_equal(atomic_long_read(&other->rx_dropped), 5);
	testdev_destroy(other);
}

static char said[1200];
static int said_level, nr_said;

static void note(int level, const char *text, void *arg)
{
	snprintf(said, sizeof(said), "%s", text);
	said_level = level;
	nr_said++;
}

static void test_messages_name_the_device(void **state)
{
	struct net_device *dev = testdev_create("a"), *fresh;
	char expected[1200];

	skiff_log_sink(note, NULL);
	netdev_err(dev, "ring %d is %s\n", 3, "full");
	assert_string_equal(said, "a: ring 3 is full");
	assert_int_equal(said_level, LOGLEVEL_ERR);
	netdev_warn(dev, "100%%");
	assert_string_equal(said, "a: 100%");
	assert_int_equal(said_level, LOGLEVEL_WARNING);
	netdev_printk(KERN_CRIT, NULL, "who?");
	assert_string_equal(said, "(NULL net_device): who?");
	assert_int_equal(said_level, LOGLEVEL_CRIT);
	nr_said = 0;
	netdev_dbg(dev, "silent");
	assert_int_equal(nr_said, 0);
	netdev_info(dev, "%01500d", 0);
	snprintf(expected, sizeof(expected), "a: %01020d", 0);
	assert_string_equal(said, expected);

	fresh = alloc_netdev(0, "eth%d", NET_NAME_ENUM, testdev_setup);
	netdev_info(fresh, "made");
	assert_string_equal(said, "(unnamed net_device) (uninitialized): made");
	free_netdev(fresh);
	unregister_netdevice(dev);
	netdev_info(dev, "gone");
	assert_string_equal(said, "a (unregistered): gone");
	skiff_log_sink(NULL, NULL);
	free_netdev(dev);
}

static void test_host_of_the_lock(void **state)
{
	struct net_device *dev = alloc_netdev(sizeof(struct testdev), "a", 0, testdev_setup);

	/* A refused one is in no host again. */
	testdev(dev)->init_error = -EIO;
	assert_int_equal(register_netdev(dev), -EIO);
	assert_null(dev_net(dev));
	testdev(dev)->init_error = 0;
	assert_int_equal(register_netdev(dev), 0);
	assert_ptr_equal(dev_net(dev), fixture.net);
	testdev_destroy(dev);
}

static void test_no_host(void **state)
{
	struct net_device *dev = alloc_netdev(sizeof(struct testdev), "a", 0, testdev_setup);

	skiff_log_sink(note, NULL);
	nr_said = 0;
	net_unlock(fixture.net);
	assert_int_equal(register_netdev(dev), -EINVAL);
	assert_int_equal(nr_said, 1);
	assert_int_equal(said_level, LOGLEVEL_WARNING);
	assert_non_null(strstr(said, "dev_net_set()"));
	assert_int_equal(testdev(dev)->inits, 0);
	net_lock(fixture.net);
	skiff_log_sink(NULL, NULL);
	free_netdev(dev);
}

#ifdef SKIFF_SKB_TRACK
static void count_buffer(const struct sk_buff *skb, const char *alloced, const char *last)
{
	assert_non_null(strstr(alloced, "test_buffers_belong_to_the_devices_host"));
}
#endif

/* Also those that a driver's top half allocates, without the stack lock. */
static void test_buffers_belong_to_the_devices_host(void **state)
{
#ifdef SKIFF_SKB_TRACK
	struct net_device *dev = testdev_create("eth%d");
	struct sk_buff *skb = netdev_alloc_skb(dev, 100);

	assert_int_equal(skb_track_owned(dev_net(dev), count_buffer), 1);
	kfree_skb(skb);
	skb = napi_alloc_skb(&(struct napi_struct){ .dev = dev }, 100);
	assert_int_equal(skb_track_owned(dev_net(dev), count_buffer), 1);
	kfree_skb(skb);
	assert_int_equal(skb_track_owned(dev_net(dev), count_buffer), 0);
	testdev_destroy(dev);
#else
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_names),
		tests_with_host(test_alloc_arguments),
		tests_with_host(test_private_part_is_aligned_and_zero),
		tests_with_host(test_patterns_take_the_lowest_number),
		tests_with_host(test_refused_names),
		tests_with_host(test_init_may_refuse),
		tests_with_host(test_missing_parts),
		tests_with_host(test_numbers_do_not_come_back),
		tests_with_host(test_limit),
		tests_with_host(test_buffers_belong_to_the_devices_host),
		tests_with_host(test_rename),
		tests_with_host(test_references_keep_memory),
		tests_with_host(test_needs_free),
		tests_with_host(test_unlocked_forms),
		tests_with_host(test_events),
		tests_with_host(test_veto),
		tests_with_host(test_unregister_while_up_with_traffic),
		tests_with_host(test_messages_name_the_device),
		tests_with_host(test_host_of_the_lock),
		tests_with_host(test_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
