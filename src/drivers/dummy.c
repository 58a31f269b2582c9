// SPDX-License-Identifier: BSD-2-Clause
/* A device that takes every packet and sends none: for addresses, for tests, and to read first. */
#include "drivers/drivers.h"

#define DUMMY_MAX_MTU 65535

static netdev_tx_t dummy_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += skb->len;
	skb_tx_timestamp(skb);
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static int dummy_change_carrier(struct net_device *dev, bool new_carrier)
{
	if (new_carrier)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
	return 0;
}

static const struct net_device_ops dummy_ops = {
	.ndo_start_xmit = dummy_xmit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_change_carrier = dummy_change_carrier,
};

static void dummy_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &dummy_ops;
	dev->ethtool_ops = &dummy_ethtool_ops;
	/* Nobody would answer. */
	dev->flags |= IFF_NOARP;
	dev->flags &= ~(unsigned int)IFF_MULTICAST;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->max_mtu = DUMMY_MAX_MTU;
	dev->features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA |
			NETIF_F_LLTX | NETIF_F_GSO_SOFTWARE;
	dev->hw_features = dev->features;
	dev->needs_free_netdev = true;
}

static int dummy_create(struct net *net, const char *name, const void *config,
			struct net_device **dev, char *err, size_t err_size)
{
	*dev = alloc_netdev(0, name, NET_NAME_USER, dummy_setup);
	if (!*dev)
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	dev_net_set(*dev, net);
	return 0;
}

struct skiff_driver dummy_driver = {
	.kind = "dummy",
	.options = "",
	.create = dummy_create,
};
