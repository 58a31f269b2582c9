// SPDX-License-Identifier: BSD-2-Clause
/* SIOCETHTOOL: each request is a structure that begins with its number and is answered in place. */
#include <stdarg.h>
#include <stdio.h>

#include "device/ethtool.h"

/* What Linux returns when there is no room for an address; not an errno of the C library. */
#define ETOOSMALL 525

/* Most strings of a set: more than any device has, and no product of it overflows. */
#define STRINGS_MAX 65536

u32 ethtool_op_get_link(struct net_device *dev)
{
	return netif_carrier_ok(dev);
}

int ethtool_op_get_ts_info(struct net_device *dev, struct ethtool_ts_info *info)
{
	(void)dev;
	info->so_timestamping = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
				SOF_TIMESTAMPING_SOFTWARE;
	info->phc_index = -1;
	return 0;
}

void ethtool_sprintf(u8 **data, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf((char *)*data, ETH_GSTRING_LEN, fmt, args);
	va_end(args);
	*data += ETH_GSTRING_LEN;
}

/* Sets of strings */

static int sset_count(struct net_device *dev, u32 sset)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	int n;

	if (sset == ETH_SS_FEATURES)
		return NETDEV_FEATURE_COUNT;
	if (sset >= ETH_SS_COUNT || !ops->get_sset_count || !ops->get_strings)
		return -EOPNOTSUPP;
	n = ops->get_sset_count(dev, (int)sset);
	return n > STRINGS_MAX ? -ENOMEM : n;
}

static int get_strings(struct net_device *dev, void *useraddr)
{
	struct ethtool_gstrings *req = (struct ethtool_gstrings *)useraddr;
	int n = sset_count(dev, req->string_set);

	if (n < 0)
		return n;
	req->len = (u32)n;
	memset(req->data, 0, (size_t)n * ETH_GSTRING_LEN);
	if (req->string_set == ETH_SS_FEATURES)
		memcpy(req->data, netdev_features_strings, sizeof(netdev_features_strings));
	else if (n)
		dev->ethtool_ops->get_strings(dev, req->string_set, req->data);
	return 0;
}

static int get_sset_info(struct net_device *dev, void *useraddr)
{
	struct ethtool_sset_info *req = (struct ethtool_sset_info *)useraddr;
	u64 asked = req->sset_mask;
	int n, at = 0;
	u32 sset;

	req->sset_mask = 0;
	for (sset = 0; sset < 64; sset++) {
		if (!(asked >> sset & 1))
			continue;
		n = sset_count(dev, sset);
		if (n < 0)
			continue;
		req->sset_mask |= 1ull << sset;
		req->data[at++] = (u32)n;
	}
	return 0;
}

static int get_stats(struct net_device *dev, void *useraddr)
{
	struct ethtool_stats *req = (struct ethtool_stats *)useraddr;
	int n;

	if (!dev->ethtool_ops->get_ethtool_stats || !dev->ethtool_ops->get_sset_count)
		return -EOPNOTSUPP;
	n = sset_count(dev, ETH_SS_STATS);
	if (n < 0)
		return n;
	req->n_stats = (u32)n;
	memset(req->data, 0, (size_t)n * sizeof(req->data[0]));
	if (n)
		dev->ethtool_ops->get_ethtool_stats(dev, req, (u64 *)(void *)req->data);
	return 0;
}

static u32 count_or_0(struct net_device *dev, u32 sset)
{
	int n = sset_count(dev, sset);

	return n < 0 ? 0 : (u32)n;
}

static int get_drvinfo(struct net_device *dev, void *useraddr)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	if (!dev->ethtool_ops->get_drvinfo)
		return -EOPNOTSUPP;
	dev->ethtool_ops->get_drvinfo(dev, &info);
	info.testinfo_len = count_or_0(dev, ETH_SS_TEST);
	info.n_stats = count_or_0(dev, ETH_SS_STATS);
	info.n_priv_flags = count_or_0(dev, ETH_SS_PRIV_FLAGS);
	memcpy(useraddr, &info, sizeof(info));
	return 0;
}

static int self_test(struct net_device *dev, void *useraddr)
{
	struct ethtool_test *req = (struct ethtool_test *)useraddr;
	int n;

	if (!dev->ethtool_ops->self_test || !dev->ethtool_ops->get_sset_count)
		return -EOPNOTSUPP;
	n = sset_count(dev, ETH_SS_TEST);
	if (n <= 0)
		return n ? n : -EOPNOTSUPP;
	req->len = (u32)n;
	memset(req->data, 0, (size_t)n * sizeof(req->data[0]));
	dev->ethtool_ops->self_test(dev, req, (u64 *)(void *)req->data);
	return 0;
}

/* Single values */

static int get_value(struct net_device *dev, u32 cmd, void *useraddr)
{
	struct ethtool_value *value = (struct ethtool_value *)useraddr;
	const struct ethtool_ops *ops = dev->ethtool_ops;

	switch (cmd) {
	case ETHTOOL_GLINK:
		if (!ops->get_link)
			return -EOPNOTSUPP;
		value->data = netif_running(dev) && ops->get_link(dev);
		return 0;
	case ETHTOOL_GMSGLVL:
		if (!ops->get_msglevel)
			return -EOPNOTSUPP;
		value->data = ops->get_msglevel(dev);
		return 0;
	default:
		if (!ops->get_priv_flags)
			return -EOPNOTSUPP;
		value->data = ops->get_priv_flags(dev);
		return 0;
	}
}

static int set_value(struct net_device *dev, u32 cmd, void *useraddr)
{
	const struct ethtool_value *value = (const struct ethtool_value *)useraddr;
	const struct ethtool_ops *ops = dev->ethtool_ops;

	switch (cmd) {
	case ETHTOOL_SMSGLVL:
		if (!ops->set_msglevel)
			return -EOPNOTSUPP;
		ops->set_msglevel(dev, value->data);
		return 0;
	case ETHTOOL_SPFLAGS:
		return ops->set_priv_flags ? ops->set_priv_flags(dev, value->data) : -EOPNOTSUPP;
	case ETHTOOL_PHYS_ID:
		return ops->set_phys_id ? ops->set_phys_id(dev, value->data) : -EOPNOTSUPP;
	default:
		return ops->nway_reset ? ops->nway_reset(dev) : -EOPNOTSUPP;
	}
}

/* Rings, channels, gathering, flow control */

static int get_ringparam(struct net_device *dev, void *useraddr)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };

	if (!dev->ethtool_ops->get_ringparam)
		return -EOPNOTSUPP;
	dev->ethtool_ops->get_ringparam(dev, &ring, NULL, NULL);
	memcpy(useraddr, &ring, sizeof(ring));
	return 0;
}

static int set_ringparam(struct net_device *dev, void *useraddr)
{
	struct ethtool_ringparam max = { .cmd = ETHTOOL_GRINGPARAM }, ring;

	if (!dev->ethtool_ops->set_ringparam || !dev->ethtool_ops->get_ringparam)
		return -EOPNOTSUPP;
	memcpy(&ring, useraddr, sizeof(ring));
	dev->ethtool_ops->get_ringparam(dev, &max, NULL, NULL);
	if (ring.rx_pending > max.rx_max_pending ||
	    ring.rx_mini_pending > max.rx_mini_max_pending ||
	    ring.rx_jumbo_pending > max.rx_jumbo_max_pending ||
	    ring.tx_pending > max.tx_max_pending)
		return -EINVAL;
	return dev->ethtool_ops->set_ringparam(dev, &ring, NULL, NULL);
}

static int get_channels(struct net_device *dev, void *useraddr)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	if (!dev->ethtool_ops->get_channels)
		return -EOPNOTSUPP;
	dev->ethtool_ops->get_channels(dev, &channels);
	memcpy(useraddr, &channels, sizeof(channels));
	return 0;
}

static int set_channels(struct net_device *dev, void *useraddr)
{
	struct ethtool_channels now = { .cmd = ETHTOOL_GCHANNELS }, channels;

	if (!dev->ethtool_ops->set_channels || !dev->ethtool_ops->get_channels)
		return -EOPNOTSUPP;
	memcpy(&channels, useraddr, sizeof(channels));
	dev->ethtool_ops->get_channels(dev, &now);
	if (channels.rx_count == now.rx_count && channels.tx_count == now.tx_count &&
	    channels.combined_count == now.combined_count &&
	    channels.other_count == now.other_count)
		return 0;
	if (channels.rx_count > now.max_rx || channels.tx_count > now.max_tx ||
	    channels.combined_count > now.max_combined || channels.other_count > now.max_other)
		return -EINVAL;
	/* One way in and one way out are the least. */
	if (!channels.combined_count && (!channels.rx_count || !channels.tx_count))
		return -EINVAL;
	return dev->ethtool_ops->set_channels(dev, &channels);
}

static int get_coalesce(struct net_device *dev, void *useraddr)
{
	struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_GCOALESCE };
	int err;

	if (!dev->ethtool_ops->get_coalesce)
		return -EOPNOTSUPP;
	err = dev->ethtool_ops->get_coalesce(dev, &coalesce, NULL, NULL);
	if (!err)
		memcpy(useraddr, &coalesce, sizeof(coalesce));
	return err;
}

static int set_coalesce(struct net_device *dev, void *useraddr)
{
	u32 fields[sizeof(struct ethtool_coalesce) / sizeof(u32)];
	struct ethtool_coalesce coalesce;
	size_t i;

	if (!dev->ethtool_ops->set_coalesce || !dev->ethtool_ops->get_coalesce)
		return -EOPNOTSUPP;
	memcpy(&coalesce, useraddr, sizeof(coalesce));
	memcpy(fields, useraddr, sizeof(fields));
	for (i = 1; i < ARRAY_SIZE(fields); i++)
		if (fields[i] && !(dev->ethtool_ops->supported_coalesce_params >> (i - 1) & 1))
			return -EOPNOTSUPP;
	return dev->ethtool_ops->set_coalesce(dev, &coalesce, NULL, NULL);
}

static int get_pauseparam(struct net_device *dev, void *useraddr)
{
	struct ethtool_pauseparam pause = { .cmd = ETHTOOL_GPAUSEPARAM };

	if (!dev->ethtool_ops->get_pauseparam)
		return -EOPNOTSUPP;
	dev->ethtool_ops->get_pauseparam(dev, &pause);
	memcpy(useraddr, &pause, sizeof(pause));
	return 0;
}

static int set_pauseparam(struct net_device *dev, void *useraddr)
{
	struct ethtool_pauseparam pause;

	if (!dev->ethtool_ops->set_pauseparam)
		return -EOPNOTSUPP;
	memcpy(&pause, useraddr, sizeof(pause));
	return dev->ethtool_ops->set_pauseparam(dev, &pause);
}

/* The link: modes are bit maps of 32-bit words towards the program. */

static void put_modes(u32 *to, const unsigned long *modes)
{
	u32 bit;

	memset(to, 0, ETHTOOL_LINK_MODE_WORDS * sizeof(*to));
	for (bit = 0; bit < __ETHTOOL_LINK_MODE_MASK_NBITS; bit++)
		if (test_bit((int)bit, modes))
			to[bit / 32] |= 1u << bit % 32;
}

static void take_modes(unsigned long *modes, const u32 *from)
{
	u32 bit;

	for (bit = 0; bit < __ETHTOOL_LINK_MODE_MASK_NBITS; bit++)
		if (from[bit / 32] >> bit % 32 & 1)
			__set_bit((int)bit, modes);
}

static int get_link_ksettings(struct net_device *dev, void *useraddr)
{
	struct ethtool_link_settings *req = (struct ethtool_link_settings *)useraddr;
	struct ethtool_link_ksettings ks = { .base = { .cmd = ETHTOOL_GLINKSETTINGS } };
	int err;

	if (!dev->ethtool_ops->get_link_ksettings)
		return -EOPNOTSUPP;
	/* The program first asks how many words there are, by offering another number. */
	if (req->link_mode_masks_nwords != ETHTOOL_LINK_MODE_WORDS) {
		memset(req, 0, sizeof(*req));
		req->cmd = ETHTOOL_GLINKSETTINGS;
		req->link_mode_masks_nwords = -(__s8)ETHTOOL_LINK_MODE_WORDS;
		return 0;
	}
	err = dev->ethtool_ops->get_link_ksettings(dev, &ks);
	if (err < 0)
		return err;
	memcpy(req, &ks.base, sizeof(*req));
	req->cmd = ETHTOOL_GLINKSETTINGS;
	req->link_mode_masks_nwords = ETHTOOL_LINK_MODE_WORDS;
	put_modes(req->link_mode_masks, ks.link_modes.supported);
	put_modes(req->link_mode_masks + ETHTOOL_LINK_MODE_WORDS, ks.link_modes.advertising);
	put_modes(req->link_mode_masks + 2 * ETHTOOL_LINK_MODE_WORDS, ks.link_modes.lp_advertising);
	return 0;
}

static int set_link_ksettings(struct net_device *dev, void *useraddr)
{
	const struct ethtool_link_settings *req = (const struct ethtool_link_settings *)useraddr;
	struct ethtool_link_ksettings ks = { .base = { .cmd = ETHTOOL_SLINKSETTINGS } };

	if (!dev->ethtool_ops->set_link_ksettings)
		return -EOPNOTSUPP;
	if (req->link_mode_masks_nwords != ETHTOOL_LINK_MODE_WORDS)
		return -EINVAL;
	memcpy(&ks.base, req, sizeof(*req));
	take_modes(ks.link_modes.supported, req->link_mode_masks);
	take_modes(ks.link_modes.advertising, req->link_mode_masks + ETHTOOL_LINK_MODE_WORDS);
	take_modes(ks.link_modes.lp_advertising,
		   req->link_mode_masks + 2 * ETHTOOL_LINK_MODE_WORDS);
	return dev->ethtool_ops->set_link_ksettings(dev, &ks);
}

static int get_ts_info(struct net_device *dev, void *useraddr)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO, .phc_index = -1 };
	int err = 0;

	if (dev->ethtool_ops->get_ts_info)
		err = dev->ethtool_ops->get_ts_info(dev, &info);
	else
		info.so_timestamping = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	if (!err)
		memcpy(useraddr, &info, sizeof(info));
	return err;
}

static int get_perm_addr(struct net_device *dev, void *useraddr)
{
	struct ethtool_perm_addr *req = (struct ethtool_perm_addr *)useraddr;

	if (req->size < dev->addr_len)
		return -ETOOSMALL;
	req->size = dev->addr_len;
	memcpy(req->data, dev->perm_addr, dev->addr_len);
	return 0;
}

static const struct {
	u32 cmd;
	int (*answer)(struct net_device *dev, void *useraddr);
} requests[] = {
	{ ETHTOOL_GDRVINFO, get_drvinfo },
	{ ETHTOOL_GSTRINGS, get_strings },
	{ ETHTOOL_GSSET_INFO, get_sset_info },
	{ ETHTOOL_GSTATS, get_stats },
	{ ETHTOOL_TEST, self_test },
	{ ETHTOOL_GRINGPARAM, get_ringparam },
	{ ETHTOOL_SRINGPARAM, set_ringparam },
	{ ETHTOOL_GCHANNELS, get_channels },
	{ ETHTOOL_SCHANNELS, set_channels },
	{ ETHTOOL_GCOALESCE, get_coalesce },
	{ ETHTOOL_SCOALESCE, set_coalesce },
	{ ETHTOOL_GPAUSEPARAM, get_pauseparam },
	{ ETHTOOL_SPAUSEPARAM, set_pauseparam },
	{ ETHTOOL_GLINKSETTINGS, get_link_ksettings },
	{ ETHTOOL_SLINKSETTINGS, set_link_ksettings },
	{ ETHTOOL_GET_TS_INFO, get_ts_info },
	{ ETHTOOL_GPERMADDR, get_perm_addr },
};

static int answer(struct net_device *dev, u32 cmd, void *useraddr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].cmd == cmd)
			return requests[i].answer(dev, useraddr);
	switch (cmd) {
	case ETHTOOL_GLINK:
	case ETHTOOL_GMSGLVL:
	case ETHTOOL_GPFLAGS:
		return get_value(dev, cmd, useraddr);
	case ETHTOOL_SMSGLVL:
	case ETHTOOL_SPFLAGS:
	case ETHTOOL_PHYS_ID:
	case ETHTOOL_NWAY_RST:
		return set_value(dev, cmd, useraddr);
	default:
		return -EOPNOTSUPP;
	}
}

int dev_ethtool(struct net *net, struct ifreq *ifr, void *useraddr)
{
	struct net_device *dev = __dev_get_by_name(net, ifr->ifr_name);
	int ret;
	u32 cmd;

	if (!dev)
		return -ENODEV;
	if (!useraddr)
		return -EFAULT;
	if (!netif_device_present(dev))
		return -ENODEV;
	memcpy(&cmd, useraddr, sizeof(cmd));
	if (dev->ethtool_ops->begin) {
		ret = dev->ethtool_ops->begin(dev);
		if (ret < 0)
			return ret;
	}
	ret = ethtool_features(dev, cmd, useraddr);
	if (ret == -ENOSYS)
		ret = answer(dev, cmd, useraddr);
	if (dev->ethtool_ops->complete)
		dev->ethtool_ops->complete(dev);
	return ret;
}
