// SPDX-License-Identifier: BSD-2-Clause
/* Settings of neighbours and of ARP per device: inherited, changed, shown, bounded. */
#include <skiff/printk.h>

#include "wire_test.h"

#define NEIGH "net.ipv4.neigh."
#define CONF "net.ipv4.conf."

static int set(const char *name, const char *value)
{
	return skiff_sysctl_set(h.net, name, value, NULL, 0);
}

static const char *get(const char *name)
{
	static char text[64];
	int len = skiff_sysctl_get(h.net, name, text, sizeof(text));

	return len < 0 ? strerror(-len) : text;
}

static struct net_device *another_device(const char *name, int *err)
{
	struct net_device *dev = alloc_etherdev(sizeof(struct wire_host *));

	assert_non_null(dev);
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	*(struct wire_host **)netdev_priv(dev) = &h;
	dev->netdev_ops = &wire_ops;
	dev->needs_free_netdev = true;
	dev_net_set(dev, h.net);
	eth_hw_addr_set(dev, other_mac);
	*err = register_netdev(dev);
	if (!*err)
		return dev;
	free_netdev(dev);
	return NULL;
}

static void defaults_are_those_of_linux(void **state)
{
	static const struct {
		const char *name, *value;
	} vars[] = {
		{ "mcast_solicit", "3" },
		{ "ucast_solicit", "3" },
		{ "app_solicit", "0" },
		{ "mcast_resolicit", "0" },
		{ "retrans_time", "100" },
		{ "retrans_time_ms", "1000" },
		{ "base_reachable_time", "30" },
		{ "base_reachable_time_ms", "30000" },
		{ "delay_first_probe_time", "5" },
		{ "gc_stale_time", "60" },
		{ "unres_qlen_bytes", "212992" },
		{ "proxy_qlen", "64" },
		{ "proxy_delay", "80" },
		{ "locktime", "100" },
	};
	char name[80];

	for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
		snprintf(name, sizeof(name), NEIGH "default.%s", vars[i].name);
		assert_string_equal(get(name), vars[i].value);
		snprintf(name, sizeof(name), NEIGH "wire0.%s", vars[i].name);
		assert_string_equal(get(name), vars[i].value);
	}
	assert_string_equal(get(NEIGH "default.gc_thresh1"), "128");
	assert_string_equal(get(NEIGH "default.gc_thresh2"), "512");
	assert_string_equal(get(NEIGH "default.gc_thresh3"), "1024");
	assert_string_equal(get(NEIGH "default.gc_interval"), "30");
	assert_string_equal(get(NEIGH "wire0.gc_interval"), strerror(ENOENT));
	assert_string_equal(get(CONF "wire0.arp_notify"), "0");
	assert_string_equal(get(CONF "wire0.arp_evict_nocarrier"), "1");
	assert_string_equal(get(CONF "wire0.proxy_arp"), "0");
	assert_string_equal(get(CONF "lo.arp_filter"), "0");
}

static void devices_follow_the_default_until_changed(void **state)
{
	int err;

	assert_int_equal(set(NEIGH "default.ucast_solicit", "7"), 0);
	assert_string_equal(get(NEIGH "wire0.ucast_solicit"), "7");
	assert_int_equal(set(NEIGH "wire0.ucast_solicit", "5"), 0);
	assert_int_equal(set(NEIGH "default.ucast_solicit", "9"), 0);
	assert_string_equal(get(NEIGH "wire0.ucast_solicit"), "5");
	assert_string_equal(get(NEIGH "lo.ucast_solicit"), "9");
	assert_int_equal(set(CONF "default.arp_ignore", "2"), 0);
	assert_string_equal(get(CONF "wire0.arp_ignore"), "2");
	assert_int_equal(set(CONF "wire0.arp_ignore", "1"), 0);
	assert_int_equal(set(CONF "default.arp_ignore", "8"), 0);
	assert_string_equal(get(CONF "wire0.arp_ignore"), "1");
	assert_string_equal(get(CONF "all.arp_ignore"), "0");
	/* Those to come start with the default. */
	assert_non_null(another_device("wire1", &err));
	assert_string_equal(get(NEIGH "wire1.ucast_solicit"), "9");
	assert_string_equal(get(CONF "wire1.arp_ignore"), "8");
}

static void two_names_are_one_setting(void **state)
{
	char packets[16];

	assert_int_equal(set(NEIGH "wire0.retrans_time", "25"), 0);
	assert_string_equal(get(NEIGH "wire0.retrans_time_ms"), "250");
	assert_int_equal(set(NEIGH "wire0.base_reachable_time", "2"), 0);
	assert_string_equal(get(NEIGH "wire0.base_reachable_time_ms"), "2000");
	assert_int_equal(set(NEIGH "wire0.unres_qlen", "3"), 0);
	snprintf(packets, sizeof(packets), "%zu", (size_t)(3 * SKB_TRUESIZE(ETH_FRAME_LEN)));
	assert_string_equal(get(NEIGH "wire0.unres_qlen_bytes"), packets);
	net_lock(h.net);
	assert_true(__in_dev_get(h.dev)->arp_parms->reachable_time >= NSEC_PER_SEC &&
		    __in_dev_get(h.dev)->arp_parms->reachable_time < 3 * NSEC_PER_SEC);
	net_unlock(h.net);
}

static void values_have_bounds(void **state)
{
	static const struct {
		const char *name, *value;
	} bad[] = {
		{ NEIGH "wire0.mcast_solicit", "-1" },
		{ NEIGH "wire0.ucast_solicit", "1048577" },
		{ NEIGH "wire0.retrans_time_ms", "0" },
		{ NEIGH "wire0.retrans_time", "214748365" },
		{ NEIGH "wire0.base_reachable_time", "0" },
		{ NEIGH "wire0.base_reachable_time", "2147484" },
		{ NEIGH "wire0.proxy_qlen", "x" },
		{ NEIGH "default.gc_thresh3", "0" },
		{ CONF "wire0.arp_ignore", "9" },
		{ CONF "wire0.arp_announce", "3" },
		{ CONF "wire0.arp_accept", "-1" },
		{ CONF "wire0.proxy_arp", "2" },
		{ CONF "all.arp_filter", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char before[64];

		snprintf(before, sizeof(before), "%s", get(bad[i].name));
		assert_int_equal(set(bad[i].name, bad[i].value), -EINVAL);
		assert_string_equal(get(bad[i].name), before);
	}
}

static void settings_go_where_the_name_goes(void **state)
{
	struct net_device *dev;
	int err;

	dev = another_device("wire1", &err);
	assert_non_null(dev);
	assert_int_equal(set(NEIGH "wire1.mcast_solicit", "4"), 0);
	assert_int_equal(set(CONF "wire1.arp_ignore", "1"), 0);
	net_lock(h.net);
	assert_int_equal(dev_change_name(dev, "other.7"), 0);
	net_unlock(h.net);
	assert_string_equal(get(NEIGH "wire1.mcast_solicit"), strerror(ENOENT));
	assert_string_equal(get("net/ipv4/neigh/other.7/mcast_solicit"), "4");
	assert_string_equal(get("net/ipv4/conf/other.7/arp_ignore"), "1");
	unregister_netdev(dev);
	assert_string_equal(get("net/ipv4/neigh/other.7/mcast_solicit"), strerror(ENOENT));
	assert_string_equal(get("net/ipv4/conf/other.7/arp_ignore"), strerror(ENOENT));
	/* The names of the settings for all and for those to come. */
	assert_null(another_device("all", &err));
	assert_int_equal(err, -EINVAL);
	assert_null(another_device("default", &err));
	assert_int_equal(err, -EINVAL);
	assert_string_equal(get(CONF "all.arp_ignore"), "0");
}

/* What an entry goes by does not end with the device. */
static void entries_keep_their_settings(void **state)
{
	__be32 addr = PEER_IP;
	struct net_device *dev;
	struct neighbour *n;
	int err;

	dev = another_device("wire1", &err);
	assert_int_equal(set(NEIGH "wire1.mcast_solicit", "4"), 0);
	net_lock(h.net);
	n = neigh_create(&arp_tbl, &addr, dev);
	assert_false(IS_ERR(n));
	assert_int_equal(NEIGH_VAR(n->parms, MCAST_PROBES), 4);
	neigh_ifdown(&arp_tbl, dev);
	assert_int_equal(NEIGH_VAR(n->parms, MCAST_PROBES), 4);
	neigh_release(n);
	net_unlock(h.net);
}

static void without_memory_there_is_no_device(void **state)
{
	long n = 0;
	int err;

	skiff_log_level(-1);
	do {
		struct net_device *dev;

		dev = alloc_etherdev(sizeof(struct wire_host *));
		strcpy(dev->name, "wire1");
		*(struct wire_host **)netdev_priv(dev) = &h;
		dev->netdev_ops = &wire_ops;
		dev_net_set(dev, h.net);
		skiff_fail_nth(++n);
		err = register_netdev(dev);
		skiff_fail_nth(0);
		assert_int_equal(err == 0, strcmp(get(NEIGH "wire1.mcast_solicit"), "3") == 0);
		assert_int_equal(err == 0, strcmp(get(CONF "wire1.arp_ignore"), "0") == 0);
		if (!err)
			unregister_netdev(dev);
		free_netdev(dev);
	} while (err == -ENOMEM);
	skiff_log_level(LOGLEVEL_INFO);
	assert_int_equal(err, 0);
#ifdef SKIFF_FAULT_INJECTION
	assert_true(n > 4);
#endif
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_stranger, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(defaults_are_those_of_linux),	      T(devices_follow_the_default_until_changed),
		T(two_names_are_one_setting),	      T(values_have_bounds),
		T(settings_go_where_the_name_goes),   T(entries_keep_their_settings),
		T(without_memory_there_is_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
