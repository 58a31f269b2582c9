// SPDX-License-Identifier: BSD-2-Clause
/* ethtool's requests: answers, limits, refusals; and features that go together. */
#include <skiff/ethtool.h>

#include "testdev.h"

/* Settings of the driver under test. */
static struct ethtool_ringparam rings;
static struct ethtool_channels channels;
static struct ethtool_coalesce gathering;
static u32 level, priv_flags;
static int begun, completed;

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strcpy(info->driver, "testdev");
	strcpy(info->version, "7");
}

static u32 get_level(struct net_device *dev)
{
	return level;
}

static void set_level(struct net_device *dev, u32 value)
{
	level = value;
}

static void get_rings(struct net_device *dev, struct ethtool_ringparam *ring,
		      struct kernel_ethtool_ringparam *kernel_ring, struct netlink_ext_ack *extack)
{
	*ring = rings;
	ring->rx_max_pending = 512;
	ring->tx_max_pending = 256;
}

static int set_rings(struct net_device *dev, struct ethtool_ringparam *ring,
		     struct kernel_ethtool_ringparam *kernel_ring, struct netlink_ext_ack *extack)
{
	rings = *ring;
	return 0;
}

static void get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	*ch = channels;
	ch->max_rx = ch->max_tx = 4;
}

static int set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	channels = *ch;
	return 0;
}

static int get_gathering(struct net_device *dev, struct ethtool_coalesce *coal,
			 struct kernel_ethtool_coalesce *kernel_coal,
			 struct netlink_ext_ack *extack)
{
	*coal = gathering;
	return 0;
}

static int set_gathering(struct net_device *dev, struct ethtool_coalesce *coal,
			 struct kernel_ethtool_coalesce *kernel_coal,
			 struct netlink_ext_ack *extack)
{
	gathering = *coal;
	return 0;
}

static int get_sset_count(struct net_device *dev, int sset)
{
	switch (sset) {
	case ETH_SS_STATS:
		return 2;
	case ETH_SS_PRIV_FLAGS:
		return 1;
	case ETH_SS_TEST:
		return 1;
	default:
		return -EOPNOTSUPP;
	}
}

static void get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	if (sset == ETH_SS_STATS) {
		ethtool_sprintf(&data, "queue_%d_packets", 0);
		ethtool_sprintf(&data, "a_name_that_is_longer_than_the_room_for_it");
	} else {
		ethtool_sprintf(&data, "only");
	}
}

static void get_counters(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	data[0] = 1ull << 40;
	data[1] = 2;
}

static void self_test(struct net_device *dev, struct ethtool_test *test, u64 *data)
{
	test->flags |= ETH_TEST_FL_FAILED;
	data[0] = 77;
}

static u32 get_priv_flags(struct net_device *dev)
{
	return priv_flags;
}

static int set_priv_flags(struct net_device *dev, u32 flags)
{
	if (flags > 1)
		return -EINVAL;
	priv_flags = flags;
	return 0;
}

static int begin(struct net_device *dev)
{
	return begun++ < 1000 ? 0 : -EBUSY;
}

static void complete(struct net_device *dev)
{
	completed++;
}

static int get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *ks)
{
	ks->base.speed = SPEED_1000;
	ks->base.duplex = DUPLEX_FULL;
	ethtool_link_ksettings_zero_link_mode(ks, supported);
	ethtool_link_ksettings_add_link_mode(ks, supported, 10baseT_Half);
	ethtool_link_ksettings_add_link_mode(ks, advertising, FEC_NONE);
	return 0;
}

static int set_link_ksettings(struct net_device *dev, const struct ethtool_link_ksettings *ks)
{
	assert_true(ethtool_link_ksettings_test_link_mode(ks, advertising, FEC_NONE));
	return ks->base.speed == SPEED_10 ? 0 : -EINVAL;
}

static const struct ethtool_ops all_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_MAX_FRAMES,
	.get_drvinfo = get_drvinfo,
	.get_msglevel = get_level,
	.set_msglevel = set_level,
	.get_link = ethtool_op_get_link,
	.get_coalesce = get_gathering,
	.set_coalesce = set_gathering,
	.get_ringparam = get_rings,
	.set_ringparam = set_rings,
	.self_test = self_test,
	.get_strings = get_strings,
	.get_ethtool_stats = get_counters,
	.begin = begin,
	.complete = complete,
	.get_priv_flags = get_priv_flags,
	.set_priv_flags = set_priv_flags,
	.get_sset_count = get_sset_count,
	.get_channels = get_channels,
	.set_channels = set_channels,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_link_ksettings = get_link_ksettings,
	.set_link_ksettings = set_link_ksettings,
};

static int ask(void *request)
{
	struct ifreq ifr = { .ifr_name = "a" };

	return dev_ethtool(fixture.net, &ifr, request);
}

static struct net_device *answering(void)
{
	struct net_device *dev = testdev_up("a");

	dev->ethtool_ops = &all_ops;
	begun = completed = 0;
	memset(&rings, 0, sizeof(rings));
	memset(&channels, 0, sizeof(channels));
	memset(&gathering, 0, sizeof(gathering));
	channels.rx_count = channels.tx_count = 1;
	return dev;
}

static void test_nobody_answers(void **state)
{
	static const u32 cmds[] = {
		ETHTOOL_GDRVINFO,
		ETHTOOL_GMSGLVL,
		ETHTOOL_SMSGLVL,
		ETHTOOL_NWAY_RST,
		ETHTOOL_GLINK,
		ETHTOOL_GCOALESCE,
		ETHTOOL_SCOALESCE,
		ETHTOOL_GRINGPARAM,
		ETHTOOL_SRINGPARAM,
		ETHTOOL_GPAUSEPARAM,
		ETHTOOL_SPAUSEPARAM,
		ETHTOOL_TEST,
		ETHTOOL_GSTRINGS,
		ETHTOOL_GSTATS,
		ETHTOOL_GPFLAGS,
		ETHTOOL_SPFLAGS,
		ETHTOOL_PHYS_ID,
		ETHTOOL_GCHANNELS,
		ETHTOOL_SCHANNELS,
		ETHTOOL_GLINKSETTINGS,
		ETHTOOL_SLINKSETTINGS,
		0,
		0xffffffff,
	};
	struct net_device *dev = testdev_up("a");
	u32 request[64] = { 0 };
	struct ifreq ifr = { .ifr_name = "b" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		request[0] = cmds[i];
		assert_int_equal(ask(request), -EOPNOTSUPP);
	}
	assert_int_equal(dev_ethtool(fixture.net, &ifr, request), -ENODEV);
	assert_int_equal(ask(NULL), -EFAULT);
	netif_device_detach(dev);
	assert_int_equal(ask(request), -ENODEV);
	testdev_destroy(dev);
}

static void test_values(void **state)
{
	struct net_device *dev = answering();
	struct ethtool_value v = { .cmd = ETHTOOL_GLINK };
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	assert_int_equal(ask(&v), 0);
	assert_int_equal(v.data, 1);
	netif_carrier_off(dev);
	assert_int_equal(ask(&v), 0);
	assert_int_equal(v.data, 0);
	v = (struct ethtool_value){ ETHTOOL_SMSGLVL, 7 };
	assert_int_equal(ask(&v), 0);
	v = (struct ethtool_value){ ETHTOOL_GMSGLVL, 0 };
	assert_int_equal(ask(&v), 0);
	assert_int_equal(v.data, 7);
	v = (struct ethtool_value){ ETHTOOL_SPFLAGS, 2 };
	assert_int_equal(ask(&v), -EINVAL);
	v.data = 1;
	assert_int_equal(ask(&v), 0);
	v.cmd = ETHTOOL_GPFLAGS;
	assert_int_equal(ask(&v), 0);
	assert_int_equal(v.data, 1);
	assert_int_equal(ask(&info), 0);
	assert_string_equal(info.driver, "testdev");
	assert_int_equal(info.n_stats, 2);
	assert_int_equal(info.n_priv_flags, 1);
	assert_int_equal(info.testinfo_len, 1);
	assert_int_equal(begun, completed);
	begun = 1000;
	assert_int_equal(ask(&info), -EBUSY);
	testdev_destroy(dev);
}

static void test_string_sets(void **state)
{
	struct net_device *dev = answering();
	u64 room[(sizeof(struct ethtool_gstrings) + 80 * ETH_GSTRING_LEN) / sizeof(u64)];
	struct ethtool_gstrings *strings = (struct ethtool_gstrings *)room;
	struct ethtool_sset_info *sets = (struct ethtool_sset_info *)room;
	struct ethtool_stats *stats = (struct ethtool_stats *)room;
	struct ethtool_test *test = (struct ethtool_test *)room;

	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_STATS;
	assert_int_equal(ask(strings), 0);
	assert_int_equal(strings->len, 2);
	assert_string_equal((char *)strings->data, "queue_0_packets");
	assert_int_equal(strlen((char *)strings->data + ETH_GSTRING_LEN), ETH_GSTRING_LEN - 1);
	strings->string_set = ETH_SS_FEATURES;
	assert_int_equal(ask(strings), 0);
	assert_int_equal(strings->len, NETDEV_FEATURE_COUNT);
	assert_string_equal((char *)strings->data, "tx-scatter-gather");
	strings->string_set = ETH_SS_COUNT;
	assert_int_equal(ask(strings), -EOPNOTSUPP);
	strings->string_set = 0xffffffff;
	assert_int_equal(ask(strings), -EOPNOTSUPP);

	memset(room, 0, sizeof(room));
	sets->cmd = ETHTOOL_GSSET_INFO;
	sets->sset_mask = 1ull << ETH_SS_STATS | 1ull << ETH_SS_NTUPLE_FILTERS |
			  1ull << ETH_SS_FEATURES | 1ull << 63;
	assert_int_equal(ask(sets), 0);
	assert_int_equal(sets->sset_mask, 1ull << ETH_SS_STATS | 1ull << ETH_SS_FEATURES);
	assert_int_equal(sets->data[0], 2);
	assert_int_equal(sets->data[1], NETDEV_FEATURE_COUNT);

	stats->cmd = ETHTOOL_GSTATS;
	assert_int_equal(ask(stats), 0);
	assert_int_equal(stats->n_stats, 2);
	assert_int_equal(stats->data[0], 1ull << 40);

	memset(room, 0, sizeof(room));
	test->cmd = ETHTOOL_TEST;
	assert_int_equal(ask(test), 0);
	assert_int_equal(test->len, 1);
	assert_int_equal(test->data[0], 77);
	assert_true(test->flags & ETH_TEST_FL_FAILED);
	testdev_destroy(dev);
}

static void test_limits(void **state)
{
	struct net_device *dev = answering();
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_SRINGPARAM, .rx_pending = 513 };
	struct ethtool_channels ch = { .cmd = ETHTOOL_SCHANNELS, .rx_count = 5, .tx_count = 1 };
	struct ethtool_coalesce coal = { .cmd = ETHTOOL_SCOALESCE, .rx_coalesce_usecs = 1 };

	assert_int_equal(ask(&ring), -EINVAL);
	ring.rx_pending = 512;
	ring.tx_pending = 257;
	assert_int_equal(ask(&ring), -EINVAL);
	ring.tx_pending = 256;
	assert_int_equal(ask(&ring), 0);
	ring = (struct ethtool_ringparam){ .cmd = ETHTOOL_GRINGPARAM };
	assert_int_equal(ask(&ring), 0);
	assert_int_equal(ring.tx_pending, 256);
	assert_int_equal(ring.rx_max_pending, 512);

	assert_int_equal(ask(&ch), -EINVAL);
	ch.rx_count = 0;
	assert_int_equal(ask(&ch), -EINVAL);
	ch.rx_count = 4;
	assert_int_equal(ask(&ch), 0);
	ch.cmd = ETHTOOL_GCHANNELS;
	assert_int_equal(ask(&ch), 0);
	assert_int_equal(ch.rx_count, 4);
	assert_int_equal(ch.max_tx, 4);

	assert_int_equal(ask(&coal), -EOPNOTSUPP);
	coal.rx_coalesce_usecs = 0;
	coal.tx_max_coalesced_frames = 9;
	assert_int_equal(ask(&coal), 0);
	coal = (struct ethtool_coalesce){ .cmd = ETHTOOL_GCOALESCE };
	assert_int_equal(ask(&coal), 0);
	assert_int_equal(coal.tx_max_coalesced_frames, 9);
	testdev_destroy(dev);
}

static void test_link_settings(void **state)
{
	struct net_device *dev = answering();
	u32 room[sizeof(struct ethtool_link_settings) / 4 + 3 * 127] = { ETHTOOL_GLINKSETTINGS };
	struct ethtool_link_settings *req = (struct ethtool_link_settings *)room;
	int words;

	assert_int_equal(ask(req), 0);
	words = -req->link_mode_masks_nwords;
	assert_int_equal(words, ETHTOOL_LINK_MODE_WORDS);
	req->link_mode_masks_nwords = (__s8)words;
	assert_int_equal(ask(req), 0);
	assert_int_equal(req->speed, SPEED_1000);
	assert_int_equal(req->link_mode_masks[0], 1);
	assert_int_equal(req->link_mode_masks[words + ETHTOOL_LINK_MODE_FEC_NONE_BIT / 32],
			 1u << ETHTOOL_LINK_MODE_FEC_NONE_BIT % 32);
	req->cmd = ETHTOOL_SLINKSETTINGS;
	assert_int_equal(ask(req), -EINVAL);
	req->speed = SPEED_10;
	assert_int_equal(ask(req), 0);
	req->link_mode_masks_nwords = 1;
	assert_int_equal(ask(req), -EINVAL);
	testdev_destroy(dev);
}

static void test_address_and_stamps(void **state)
{
	struct net_device *dev = answering();
	u8 room[sizeof(struct ethtool_perm_addr) + ETH_ALEN] __aligned(4) = { 0 };
	struct ethtool_perm_addr *addr = (struct ethtool_perm_addr *)(void *)room;
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };

	addr->cmd = ETHTOOL_GPERMADDR;
	addr->size = 5;
	assert_int_equal(ask(addr), -525);
	addr->size = 32;
	dev->perm_addr[5] = 3;
	assert_int_equal(ask(addr), 0);
	assert_int_equal(addr->size, ETH_ALEN);
	assert_int_equal(addr->data[5], 3);
	assert_int_equal(ask(&info), 0);
	assert_int_equal(info.phc_index, -1);
	assert_true(info.so_timestamping & SOF_TIMESTAMPING_TX_SOFTWARE);
	testdev_destroy(dev);
}

static struct net_device *with_features(netdev_features_t features)
{
	struct net_device *dev = testdev_alloc("a");

	dev->features = dev->hw_features = features;
	assert_int_equal(register_netdevice(dev), 0);
	return dev;
}

static int switch_feature(const char *name, bool on)
{
	u64 room[8] = { 0 };
	struct ethtool_sfeatures *req = (struct ethtool_sfeatures *)room;
	int bit = netdev_feature_by_name(name);

	assert_true(bit >= 0);
	req->cmd = ETHTOOL_SFEATURES;
	req->size = ETHTOOL_DEV_FEATURE_WORDS;
	req->features[bit / 32].valid = 1u << bit % 32;
	req->features[bit / 32].requested = (u32)on << bit % 32;
	return ask(req);
}

static void test_features_by_bit(void **state)
{
	struct net_device *dev = with_features(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |
					       NETIF_F_RXCSUM | NETIF_F_LRO);
	u32 room[2 + 4 * ETHTOOL_DEV_FEATURE_WORDS + 1] = { ETHTOOL_GFEATURES, 1 };
	struct ethtool_gfeatures *req = (struct ethtool_gfeatures *)room;

	assert_int_equal(netdev_feature_by_name(""), -1);
	assert_int_equal(netdev_feature_by_name("tx-nothing"), -1);
	/* Room for one word: one is written. */
	assert_int_equal(ask(req), 0);
	assert_int_equal(req->size, ETHTOOL_DEV_FEATURE_WORDS);
	assert_true(req->features[0].active & (u32)NETIF_F_TSO);
	assert_int_equal(room[6], 0);
	assert_int_equal(switch_feature("tx-scatter-gather", false), 0);
	/* What needs it goes with it, and comes back with it. */
	assert_int_equal(dev->features & (NETIF_F_SG | NETIF_F_TSO | NETIF_F_GSO), 0);
	assert_int_equal(switch_feature("tx-tcp-segmentation", true), ETHTOOL_F_WISH);
	assert_int_equal(switch_feature("tx-scatter-gather", true), 0);
	assert_true(dev->features & NETIF_F_TSO);
	assert_int_equal(switch_feature("highdma", true), ETHTOOL_F_UNSUPPORTED);
	assert_int_equal(switch_feature("netns-local", true), -EINVAL);
	req->cmd = ETHTOOL_SFEATURES;
	req->size = 1;
	assert_int_equal(ask(req), -EINVAL);
	assert_int_equal(switch_feature("rx-checksum", false), 0);
	assert_false(dev->features & NETIF_F_LRO);
	assert_int_equal(switch_feature("rx-checksum", true), 0);
	dev_disable_lro(dev);
	assert_false(dev->features & NETIF_F_LRO);
	testdev_destroy(dev);
}

static void test_features_by_number(void **state)
{
	struct net_device *dev = with_features(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXHASH);
	struct ethtool_value v = { ETHTOOL_STXCSUM, 0 };

	assert_int_equal(ask(&v), 0);
	assert_false(dev->features & NETIF_F_HW_CSUM);
	v.cmd = ETHTOOL_GTXCSUM;
	v.data = 5;
	assert_int_equal(ask(&v), 0);
	assert_int_equal(v.data, 0);
	v.cmd = ETHTOOL_STSO;
	assert_int_equal(ask(&v), -EOPNOTSUPP);
	v.cmd = ETHTOOL_GFLAGS;
	assert_int_equal(ask(&v), 0);
	assert_int_equal(v.data, ETH_FLAG_RXHASH);
	v = (struct ethtool_value){ ETHTOOL_SFLAGS, 0 };
	assert_int_equal(ask(&v), 0);
	assert_false(dev->features & NETIF_F_RXHASH);
	v.data = 1;
	assert_int_equal(ask(&v), -EINVAL);
	v.data = ETH_FLAG_LRO;
	assert_int_equal(ask(&v), -EOPNOTSUPP);
	v.data = ETH_FLAG_LRO | ETH_FLAG_RXHASH;
	assert_int_equal(ask(&v), -EINVAL);
	testdev_destroy(dev);
}

static void test_features_at_registration(void **state)
{
	struct net_device *dev = with_features(NETIF_F_HW_CSUM | NETIF_F_IP_CSUM | NETIF_F_TSO6);

	assert_int_equal(dev->features & (NETIF_F_CSUM_MASK | NETIF_F_TSO6), NETIF_F_HW_CSUM);
	assert_non_null(strstr(fixture.log, "mixed HW and IP checksum"));
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tests_with_host(test_nobody_answers),
		tests_with_host(test_values),
		tests_with_host(test_string_sets),
		tests_with_host(test_limits),
		tests_with_host(test_link_settings),
		tests_with_host(test_address_and_stamps),
		tests_with_host(test_features_by_bit),
		tests_with_host(test_features_by_number),
		tests_with_host(test_features_at_registration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
