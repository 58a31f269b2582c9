// SPDX-License-Identifier: BSD-2-Clause
/* A driver for two homes, Linux and skiff: an Ethernet device that takes every frame. */
#include <linux/etherdevice.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

/* The one device of the module. */
static struct net_device *null_dev;

static int null_open(struct net_device *dev)
{
	netif_start_queue(dev);
	return 0;
}

static int null_stop(struct net_device *dev)
{
	netif_stop_queue(dev);
	return 0;
}

/* The frame is the driver's from here on; what counts as sent is freed as consumed. */
static netdev_tx_t null_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += skb->len;
	skb_tx_timestamp(skb);
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops null_ops = {
	.ndo_open = null_open,
	.ndo_stop = null_stop,
	.ndo_start_xmit = null_xmit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
};

static void null_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &null_ops;
	/* Nobody would answer. */
	dev->flags |= IFF_NOARP;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	dev->features |= NETIF_F_SG | NETIF_F_HW_CSUM;
	eth_hw_addr_random(dev);
}

static int __init null_init(void)
{
	int err;

	null_dev = alloc_netdev(0, "null%d", NET_NAME_ENUM, null_setup);
	if (!null_dev)
		return -ENOMEM;
	err = register_netdev(null_dev);
	if (err) {
		free_netdev(null_dev);
		null_dev = NULL;
	}
	return err;
}

static void __exit null_exit(void)
{
	unregister_netdev(null_dev);
	free_netdev(null_dev);
}

module_init(null_init);
module_exit(null_exit);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("Ethernet device that takes every frame");
