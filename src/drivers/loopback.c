// SPDX-License-Identifier: BSD-2-Clause
/* The loopback device: what a host sends to itself. */
#include "drivers/drivers.h"

#define LOOPBACK_MTU 65536

/* The packet keeps its route: it is the one that it arrives by. */
static netdev_tx_t loopback_xmit(struct sk_buff *skb, struct net_device *dev)
{
	unsigned int len = skb->len;

	skb_tx_timestamp(skb);
	skb_clear_delivery_time(skb);
	/* The sender's buffer space is free again: the receiver is charged for it. */
	skb_orphan(skb);
	skb_dst_force(skb);
	skb->protocol = eth_type_trans(skb, dev);
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += len;
	if (netif_rx(skb) == NET_RX_SUCCESS) {
		dev->stats.rx_packets++;
		dev->stats.rx_bytes += len;
	}
	return NETDEV_TX_OK;
}

static const struct net_device_ops loopback_ops = {
	.ndo_start_xmit = loopback_xmit,
	.ndo_set_mac_address = eth_mac_addr,
};

static void loopback_setup(struct net_device *dev)
{
	dev->netdev_ops = &loopback_ops;
	dev->ethtool_ops = &loopback_ethtool_ops;
	dev->header_ops = &eth_header_ops;
	dev->type = ARPHRD_LOOPBACK;
	dev->flags = IFF_LOOPBACK;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	netif_keep_dst(dev);
	dev->mtu = LOOPBACK_MTU;
	dev->min_mtu = ETH_MIN_MTU;
	dev->hard_header_len = ETH_HLEN;
	dev->min_header_len = ETH_HLEN;
	dev->addr_len = ETH_ALEN;
	dev->tx_queue_len = DEFAULT_TX_QUEUE_LEN;
	/* Nothing can go wrong on this link: checksums need not be computed. */
	dev->features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
			NETIF_F_SCTP_CRC | NETIF_F_HIGHDMA | NETIF_F_LLTX | NETIF_F_NETNS_LOCAL |
			NETIF_F_VLAN_CHALLENGED | NETIF_F_LOOPBACK | NETIF_F_GSO_SOFTWARE;
	dev->hw_features = NETIF_F_GSO_SOFTWARE;
	dev->needs_free_netdev = true;
}

static int loopback_net_init(struct net *net)
{
	struct net_device *dev = alloc_netdev(0, "lo", NET_NAME_PREDICTABLE, loopback_setup);
	int err;

	if (!dev)
		return -ENOMEM;
	dev_net_set(dev, net);
	err = register_netdevice(dev);
	if (err)
		free_netdev(dev);
	return err;
}

/* It goes with all other devices that are left when the host ends. */
static struct pernet_operations loopback_net_ops = {
	.init = loopback_net_init,
};

int loopback_init(void)
{
	return register_pernet_device(&loopback_net_ops);
}
