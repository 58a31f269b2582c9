// SPDX-License-Identifier: BSD-2-Clause
/* ethtool and features: all of them by bit, and the older requests for a few by number. */
#include "device/ethtool.h"

static int get_features(struct net_device *dev, void *useraddr)
{
	struct ethtool_gfeatures *req = (struct ethtool_gfeatures *)useraddr;
	u32 room = req->size;
	u32 i;

	req->size = ETHTOOL_DEV_FEATURE_WORDS;
	for (i = 0; i < ETHTOOL_DEV_FEATURE_WORDS && i < room; i++) {
		req->features[i] = (struct ethtool_get_features_block){
			.available = (u32)(dev->hw_features >> (32 * i)),
			.requested = (u32)(dev->wanted_features >> (32 * i)),
			.active = (u32)(dev->features >> (32 * i)),
			.never_changed = (u32)(NETIF_F_NEVER_CHANGE >> (32 * i)),
		};
	}
	return 0;
}

static int set_features(struct net_device *dev, void *useraddr)
{
	const struct ethtool_sfeatures *req = (const struct ethtool_sfeatures *)useraddr;
	netdev_features_t valid = 0, wanted = 0;
	int i, ret = 0;

	if (req->size != ETHTOOL_DEV_FEATURE_WORDS)
		return -EINVAL;
	for (i = 0; i < ETHTOOL_DEV_FEATURE_WORDS; i++) {
		valid |= (netdev_features_t)req->features[i].valid << (32 * i);
		wanted |= (netdev_features_t)req->features[i].requested << (32 * i);
	}
	if (valid & ~NETIF_F_ETHTOOL_BITS)
		return -EINVAL;
	if (valid & ~dev->hw_features) {
		valid &= dev->hw_features;
		ret |= ETHTOOL_F_UNSUPPORTED;
	}
	dev->wanted_features = (dev->wanted_features & ~valid) | (wanted & valid);
	netdev_update_features(dev);
	if ((dev->wanted_features ^ dev->features) & valid)
		ret |= ETHTOOL_F_WISH;
	return ret;
}

/* From the time when there were a handful. */
static const struct {
	u32 get;
	u32 set;
	netdev_features_t mask;
} old_requests[] = {
	{ ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM, NETIF_F_RXCSUM },
	{ ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM,
	  NETIF_F_CSUM_MASK | NETIF_F_FCOE_CRC | NETIF_F_SCTP_CRC },
	{ ETHTOOL_GSG, ETHTOOL_SSG, NETIF_F_SG | NETIF_F_FRAGLIST },
	{ ETHTOOL_GTSO, ETHTOOL_STSO, NETIF_F_ALL_TSO },
	{ ETHTOOL_GGSO, ETHTOOL_SGSO, NETIF_F_GSO },
	{ ETHTOOL_GGRO, ETHTOOL_SGRO, NETIF_F_GRO },
};

static int set_one(struct net_device *dev, netdev_features_t mask, u32 on)
{
	mask &= dev->hw_features;
	if (!mask)
		return -EOPNOTSUPP;
	if (on)
		dev->wanted_features |= mask;
	else
		dev->wanted_features &= ~mask;
	netdev_update_features(dev);
	return 0;
}

/* Bits of ETHTOOL_GFLAGS and the features that they stand for. */
static const struct {
	u32 flag;
	netdev_features_t feature;
} flag_bits[] = {
	{ ETH_FLAG_LRO, NETIF_F_LRO },
	{ ETH_FLAG_RXVLAN, NETIF_F_HW_VLAN_CTAG_RX },
	{ ETH_FLAG_TXVLAN, NETIF_F_HW_VLAN_CTAG_TX },
	{ ETH_FLAG_NTUPLE, NETIF_F_NTUPLE },
	{ ETH_FLAG_RXHASH, NETIF_F_RXHASH },
};

static u32 get_flags(const struct net_device *dev)
{
	u32 flags = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flag_bits); i++)
		if (dev->features & flag_bits[i].feature)
			flags |= flag_bits[i].flag;
	return flags;
}

static int set_flags(struct net_device *dev, u32 flags)
{
	netdev_features_t features = 0, all = 0, changed;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flag_bits); i++) {
		all |= flag_bits[i].feature;
		if (flags & flag_bits[i].flag)
			features |= flag_bits[i].feature;
		flags &= ~flag_bits[i].flag;
	}
	if (flags)
		return -EINVAL;
	changed = (features ^ dev->features) & all;
	/* Unchangeable ones are refused only when nothing else is asked for. */
	if (changed & ~dev->hw_features)
		return changed & dev->hw_features ? -EINVAL : -EOPNOTSUPP;
	dev->wanted_features = (dev->wanted_features & ~changed) | (features & changed);
	netdev_update_features(dev);
	return 0;
}

int ethtool_features(struct net_device *dev, u32 cmd, void *useraddr)
{
	struct ethtool_value *value = (struct ethtool_value *)useraddr;
	size_t i;

	switch (cmd) {
	case ETHTOOL_GFEATURES:
		return get_features(dev, useraddr);
	case ETHTOOL_SFEATURES:
		return set_features(dev, useraddr);
	case ETHTOOL_GFLAGS:
		value->data = get_flags(dev);
		return 0;
	case ETHTOOL_SFLAGS:
		return set_flags(dev, value->data);
	default:
		break;
	}
	for (i = 0; i < ARRAY_SIZE(old_requests); i++) {
		if (cmd == old_requests[i].set)
			return set_one(dev, old_requests[i].mask, value->data);
		if (cmd == old_requests[i].get) {
			value->data = (dev->features & old_requests[i].mask) != 0;
			return 0;
		}
	}
	return -ENOSYS;
}
