/* SPDX-License-Identifier: BSD-2-Clause */
/* What ethtool asks of a device: driver, link, rings, channels, counters, features. */
#ifndef SKIFF_ETHTOOL_H
#define SKIFF_ETHTOOL_H

#include <skiff/netdevice.h>

#define SKIFF_SYSTEM_HEADERS_ONLY /* see <skiff/if.h> */
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#undef SKIFF_SYSTEM_HEADERS_ONLY

#ifdef __cplusplus
extern "C" {
#endif

/* struct ethtool_coalesce: one bit for each field after cmd, in their order. */
#define ETHTOOL_COALESCE_RX_USECS BIT(0)
#define ETHTOOL_COALESCE_RX_MAX_FRAMES BIT(1)
#define ETHTOOL_COALESCE_RX_USECS_IRQ BIT(2)
#define ETHTOOL_COALESCE_RX_MAX_FRAMES_IRQ BIT(3)
#define ETHTOOL_COALESCE_TX_USECS BIT(4)
#define ETHTOOL_COALESCE_TX_MAX_FRAMES BIT(5)
#define ETHTOOL_COALESCE_TX_USECS_IRQ BIT(6)
#define ETHTOOL_COALESCE_TX_MAX_FRAMES_IRQ BIT(7)
#define ETHTOOL_COALESCE_STATS_BLOCK_USECS BIT(8)
#define ETHTOOL_COALESCE_USE_ADAPTIVE_RX BIT(9)
#define ETHTOOL_COALESCE_USE_ADAPTIVE_TX BIT(10)
#define ETHTOOL_COALESCE_USECS (ETHTOOL_COALESCE_RX_USECS | ETHTOOL_COALESCE_TX_USECS)
#define ETHTOOL_COALESCE_MAX_FRAMES \
	(ETHTOOL_COALESCE_RX_MAX_FRAMES | ETHTOOL_COALESCE_TX_MAX_FRAMES)

#define ETHTOOL_DEV_FEATURE_WORDS ((NETDEV_FEATURE_COUNT + 31) / 32)

#define ETHTOOL_LINK_MODE_WORDS ((__ETHTOOL_LINK_MODE_MASK_NBITS + 31) / 32)
#define __ETHTOOL_DECLARE_LINK_MODE_MASK(name) \
	unsigned long name[BITS_TO_LONGS(__ETHTOOL_LINK_MODE_MASK_NBITS)]

/* Parts of newer requests, which the requests of this interface do not carry. */
struct kernel_ethtool_ringparam;
struct kernel_ethtool_coalesce;

/**
 * struct ethtool_link_ksettings - speed and the like, with the modes as bit maps
 * @link_modes: ETHTOOL_LINK_MODE_*_BIT: what it can do, what it offers, what the other end offers
 * @base: the rest; its link_mode_masks are not used
 */
struct ethtool_link_ksettings {
	struct {
		__ETHTOOL_DECLARE_LINK_MODE_MASK(supported);
		__ETHTOOL_DECLARE_LINK_MODE_MASK(advertising);
		__ETHTOOL_DECLARE_LINK_MODE_MASK(lp_advertising);
	} link_modes;
	struct ethtool_link_settings base;
};

#define ethtool_link_ksettings_zero_link_mode(ptr, name) \
	memset((ptr)->link_modes.name, 0, sizeof((ptr)->link_modes.name))
#define ethtool_link_ksettings_add_link_mode(ptr, name, mode) \
	__set_bit(ETHTOOL_LINK_MODE_##mode##_BIT, (ptr)->link_modes.name)
#define ethtool_link_ksettings_test_link_mode(ptr, name, mode) \
	test_bit(ETHTOOL_LINK_MODE_##mode##_BIT, (ptr)->link_modes.name)

/**
 * struct ethtool_ops - a driver's answers; each may be NULL: then -EOPNOTSUPP
 * @supported_coalesce_params: ETHTOOL_COALESCE_* that may be set to more than 0
 * @get_drvinfo: fill in driver, version and bus_info
 * @get_msglevel: which messages the driver writes
 * @set_msglevel: change that
 * @nway_reset: negotiate the link again
 * @get_link: whether there is a link; asked while the device is up
 * @get_coalesce: how packets are gathered before they are reported
 * @set_coalesce: change that
 * @get_ringparam: sizes of rings, and most of each
 * @set_ringparam: change them; within the limits of @get_ringparam
 * @get_pauseparam: flow control
 * @set_pauseparam: change it
 * @self_test: run the tests, write one result for each string of ETH_SS_TEST
 * @get_strings: write the strings of a set, ETH_GSTRING_LEN bytes each
 * @set_phys_id: blink
 * @get_ethtool_stats: write one number for each string of ETH_SS_STATS
 * @begin: called before each of the others: may refuse with a negative errno
 * @complete: called after them
 * @get_priv_flags: flags named by ETH_SS_PRIV_FLAGS
 * @set_priv_flags: change them
 * @get_sset_count: strings of a set, or -EOPNOTSUPP
 * @get_channels: queues that interrupt together, and most of them
 * @set_channels: change their number; within the limits of @get_channels
 * @get_ts_info: what can be stamped
 * @get_link_ksettings: speed and the like
 * @set_link_ksettings: change them
 *
 * All locked. Those with int return 0 or a negative errno.
 */
struct ethtool_ops {
	u32 supported_coalesce_params;
	void (*get_drvinfo)(struct net_device *dev, struct ethtool_drvinfo *info);
	u32 (*get_msglevel)(struct net_device *dev);
	void (*set_msglevel)(struct net_device *dev, u32 level);
	int (*nway_reset)(struct net_device *dev);
	u32 (*get_link)(struct net_device *dev);
	int (*get_coalesce)(struct net_device *dev, struct ethtool_coalesce *coal,
			    struct kernel_ethtool_coalesce *kernel_coal,
			    struct netlink_ext_ack *extack);
	int (*set_coalesce)(struct net_device *dev, struct ethtool_coalesce *coal,
			    struct kernel_ethtool_coalesce *kernel_coal,
			    struct netlink_ext_ack *extack);
	void (*get_ringparam)(struct net_device *dev, struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *kernel_ring,
			      struct netlink_ext_ack *extack);
	int (*set_ringparam)(struct net_device *dev, struct ethtool_ringparam *ring,
			     struct kernel_ethtool_ringparam *kernel_ring,
			     struct netlink_ext_ack *extack);
	void (*get_pauseparam)(struct net_device *dev, struct ethtool_pauseparam *pause);
	int (*set_pauseparam)(struct net_device *dev, struct ethtool_pauseparam *pause);
	void (*self_test)(struct net_device *dev, struct ethtool_test *test, u64 *data);
	void (*get_strings)(struct net_device *dev, u32 stringset, u8 *data);
	int (*set_phys_id)(struct net_device *dev, u32 seconds);
	void (*get_ethtool_stats)(struct net_device *dev, struct ethtool_stats *stats, u64 *data);
	int (*begin)(struct net_device *dev);
	void (*complete)(struct net_device *dev);
	u32 (*get_priv_flags)(struct net_device *dev);
	int (*set_priv_flags)(struct net_device *dev, u32 flags);
	int (*get_sset_count)(struct net_device *dev, int sset);
	void (*get_channels)(struct net_device *dev, struct ethtool_channels *channels);
	int (*set_channels)(struct net_device *dev, struct ethtool_channels *channels);
	int (*get_ts_info)(struct net_device *dev, struct ethtool_ts_info *info);
	int (*get_link_ksettings)(struct net_device *dev, struct ethtool_link_ksettings *cmd);
	int (*set_link_ksettings)(struct net_device *dev, const struct ethtool_link_ksettings *cmd);
};

/* Answers that suit most drivers: the carrier; stamps by the core. */
SKIFF_API u32 ethtool_op_get_link(struct net_device *dev);
SKIFF_API int ethtool_op_get_ts_info(struct net_device *dev, struct ethtool_ts_info *info);

/* Write a string of a set, and move on to the next one. */
SKIFF_API void ethtool_sprintf(u8 **data, const char *fmt, ...) __printf(2, 3);

/* Names of features, in the order of their bits; empty for bits without one. */
SKIFF_API extern const char netdev_features_strings[NETDEV_FEATURE_COUNT][ETH_GSTRING_LEN];

/* The feature of a name as ethtool has it, "tx-tcp-segmentation", or -1. */
SKIFF_API int netdev_feature_by_name(const char *name);

/**
 * dev_ethtool() - answer SIOCETHTOOL
 * @net: host
 * @ifr: ifr_name names the device
 * @useraddr: what ifr_data points to: a struct that begins with ETHTOOL_*, as <linux/ethtool.h>
 *            describes it, in this process; read and written as far as the request says
 *
 * Locked. Return: 0; ETHTOOL_F_* for ETHTOOL_SFEATURES; -ENODEV, -EFAULT without @useraddr,
 * -EOPNOTSUPP for what the driver or this interface has not, -EINVAL, or the driver's refusal.
 */
SKIFF_API int dev_ethtool(struct net *net, struct ifreq *ifr, void *useraddr);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_ETHTOOL_H */
