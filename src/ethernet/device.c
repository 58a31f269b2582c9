// SPDX-License-Identifier: BSD-2-Clause
/* What Ethernet devices have in common: their settings and their addresses. */
#include <skiff/etherdevice.h>

int eth_prepare_mac_addr_change(struct net_device *dev, void *p)
{
	const struct sockaddr *addr = (const struct sockaddr *)p;

	if (!(dev->priv_flags & IFF_LIVE_ADDR_CHANGE) && netif_running(dev))
		return -EBUSY;
	if (!is_valid_ether_addr((const u8 *)addr->sa_data))
		return -EADDRNOTAVAIL;
	return 0;
}

void eth_commit_mac_addr_change(struct net_device *dev, void *p)
{
	const struct sockaddr *addr = (const struct sockaddr *)p;

	eth_hw_addr_set(dev, (const u8 *)addr->sa_data);
}

int eth_mac_addr(struct net_device *dev, void *p)
{
	int err = eth_prepare_mac_addr_change(dev, p);

	if (!err)
		eth_commit_mac_addr_change(dev, p);
	return err;
}

int eth_validate_addr(struct net_device *dev)
{
	return is_valid_ether_addr(dev->dev_addr) ? 0 : -EADDRNOTAVAIL;
}

void eth_hw_addr_random(struct net_device *dev)
{
	u8 addr[ETH_ALEN];

	eth_random_addr(addr);
	eth_hw_addr_set(dev, addr);
	dev->addr_assign_type = NET_ADDR_RANDOM;
}

void ether_setup(struct net_device *dev)
{
	dev->header_ops = &eth_header_ops;
	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = ETH_HLEN;
	dev->min_header_len = ETH_HLEN;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_DATA_LEN;
	dev->addr_len = ETH_ALEN;
	dev->tx_queue_len = DEFAULT_TX_QUEUE_LEN;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	dev->priv_flags |= IFF_TX_SKB_SHARING;
	eth_broadcast_addr(dev->broadcast);
}

struct net_device *alloc_etherdev_mqs(int sizeof_priv, unsigned int txqs, unsigned int rxqs)
{
	return alloc_netdev_mqs(sizeof_priv, "eth%d", NET_NAME_ENUM, ether_setup, txqs, rxqs);
}
