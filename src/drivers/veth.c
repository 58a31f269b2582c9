// SPDX-License-Identifier: BSD-2-Clause
/* A cable between two devices of this process, usually of two hosts. */
#include <skiff/slab.h>

#include "drivers/drivers.h"

/*
 * The two ends may live under two stack locks, of which a thread holds one at most. So what they
 * share is in a structure of its own with a lock of its own. An end that is up stands in
 * veth_pair.end; while the lock is held it stays there, and its device can't be closed. What an end
 * wants from the other one's host (carrier, removal) is left there as deferred work.
 */

#define VETH_MAX_MTU 65535

/**
 * struct veth_pair - what both ends share
 * @lock: guards all of it; taken with at most one stack lock held, and before a backlog's lock
 * @users: devices that refer to it
 * @end: the devices while they are registered
 * @up: which of them are up
 * @stats: counters, as seen from each end
 */
struct veth_pair {
	spinlock_t lock;
	int users;
	struct net_device *end[2];
	bool up[2];
	struct rtnl_link_stats64 stats[2];
};

/**
 * struct veth_priv - one end
 * @pair: the cable
 * @dev: the device
 * @side: index in the pair
 * @carrier_work: look at the carrier again
 * @remove_work: the other end is gone
 */
struct veth_priv {
	struct veth_pair *pair;
	struct net_device *dev;
	int side;
	struct net_work carrier_work;
	struct net_work remove_work;
};

static struct veth_priv *veth_priv(const struct net_device *dev)
{
	return (struct veth_priv *)netdev_priv(dev);
}

static void veth_count_dropped(struct veth_pair *pair, int side)
{
	spin_lock(&pair->lock);
	pair->stats[side].tx_dropped++;
	spin_unlock(&pair->lock);
}

static netdev_tx_t veth_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	struct veth_pair *pair = priv->pair;
	int side = priv->side;
	unsigned int len = skb->len;

	skb_tx_timestamp(skb);
	/* Before the lock: the sender is called back, and may send again at once. */
	skb_orphan(skb);
	if (unlikely(skb_orphan_frags(skb, GFP_ATOMIC))) {
		veth_count_dropped(pair, side);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NETDEV_TX_OK;
	}
	spin_lock(&pair->lock);
	if (unlikely(!pair->up[!side])) {
		spin_unlock(&pair->lock);
		veth_count_dropped(pair, side);
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		return NETDEV_TX_OK;
	}
	pair->stats[side].tx_packets++;
	pair->stats[side].tx_bytes += len;
	if (likely(dev_forward_skb(pair->end[!side], skb) == NET_RX_SUCCESS)) {
		pair->stats[!side].rx_packets++;
		pair->stats[!side].rx_bytes += len;
	}
	spin_unlock(&pair->lock);
	return NETDEV_TX_OK;
}

/* Leave work with the host of @dev, which stays until it is done. With the pair's lock. */
static void leave_work(struct net_device *dev, struct net_work *work)
{
	dev_hold(dev);
	if (!net_defer(dev_net(dev), work))
		dev_put(dev);
}

static void update_carrier(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	bool on;

	if (dev->reg_state != NETREG_REGISTERED)
		return;
	spin_lock(&priv->pair->lock);
	on = priv->pair->up[!priv->side];
	spin_unlock(&priv->pair->lock);
	if (on)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
}

static void veth_carrier_work(struct net *net, struct net_work *work)
{
	struct net_device *dev = container_of(work, struct veth_priv, carrier_work)->dev;

	update_carrier(dev);
	dev_put(dev);
}

static void veth_remove_work(struct net *net, struct net_work *work)
{
	struct net_device *dev = container_of(work, struct veth_priv, remove_work)->dev;

	unregister_netdevice(dev);
	dev_put(dev);
}

static void set_up(struct net_device *dev, bool up)
{
	struct veth_priv *priv = veth_priv(dev);
	struct veth_pair *pair = priv->pair;
	struct net_device *peer;

	spin_lock(&pair->lock);
	pair->up[priv->side] = up;
	peer = pair->end[!priv->side];
	if (peer)
		leave_work(peer, &veth_priv(peer)->carrier_work);
	spin_unlock(&pair->lock);
}

static int veth_open(struct net_device *dev)
{
	set_up(dev, true);
	return 0;
}

static int veth_stop(struct net_device *dev)
{
	set_up(dev, false);
	return 0;
}

static int veth_init(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);

	spin_lock(&priv->pair->lock);
	priv->pair->end[priv->side] = dev;
	spin_unlock(&priv->pair->lock);
	return 0;
}

static void veth_uninit(struct net_device *dev)
{
	struct veth_priv *priv = veth_priv(dev);
	struct net_device *peer;

	spin_lock(&priv->pair->lock);
	priv->pair->end[priv->side] = NULL;
	peer = priv->pair->end[!priv->side];
	if (peer)
		leave_work(peer, &veth_priv(peer)->remove_work);
	spin_unlock(&priv->pair->lock);
}

static void veth_destructor(struct net_device *dev)
{
	struct veth_pair *pair = veth_priv(dev)->pair;
	bool last;

	spin_lock(&pair->lock);
	last = --pair->users == 0;
	spin_unlock(&pair->lock);
	if (last)
		kfree(pair);
}

/* The other end's host looks at the MTU when it sends to us. */
static int veth_change_mtu(struct net_device *dev, int new_mtu)
{
	WRITE_ONCE(dev->mtu, (unsigned int)new_mtu);
	return 0;
}

static void veth_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	struct veth_priv *priv = veth_priv(dev);

	spin_lock(&priv->pair->lock);
	*storage = priv->pair->stats[priv->side];
	spin_unlock(&priv->pair->lock);
}

static const struct net_device_ops veth_ops = {
	.ndo_init = veth_init,
	.ndo_uninit = veth_uninit,
	.ndo_open = veth_open,
	.ndo_stop = veth_stop,
	.ndo_start_xmit = veth_xmit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_change_mtu = veth_change_mtu,
	.ndo_get_stats64 = veth_get_stats64,
};

static void veth_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &veth_ops;
	dev->ethtool_ops = &veth_ethtool_ops;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->max_mtu = VETH_MAX_MTU;
	/* The other end is told what is known about checksums: they need not be computed. */
	dev->features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
			NETIF_F_HIGHDMA | NETIF_F_LLTX;
	dev->hw_features = dev->features;
	dev->needs_free_netdev = true;
	dev->priv_destructor = veth_destructor;
}

static struct net_device *veth_alloc(struct veth_pair *pair, int side, struct net *net,
				     const char *name)
{
	struct net_device *dev;
	struct veth_priv *priv;

	dev = alloc_netdev(sizeof(*priv), name ? name : "veth%d",
			   name ? NET_NAME_USER : NET_NAME_ENUM, veth_setup);
	if (!dev)
		return NULL;
	dev_net_set(dev, net);
	priv = veth_priv(dev);
	priv->pair = pair;
	priv->dev = dev;
	priv->side = side;
	net_work_init(&priv->carrier_work, veth_carrier_work);
	net_work_init(&priv->remove_work, veth_remove_work);
	pair->users++;
	return dev;
}

static int veth_register(struct net_device *dev)
{
	int err = net_enter(dev_net(dev));

	if (err)
		return err;
	/* Under the lock, so that chance is the host's. */
	eth_hw_addr_random(dev);
	err = register_netdevice(dev);
	net_unlock(dev_net(dev));
	return err;
}

int veth_create(struct net *net, const char *name, struct net *peer_net, const char *peer_name,
		struct net_device **dev, struct net_device **peer)
{
	struct net_device *end[2];
	struct veth_pair *pair;
	int err = -EINVAL;

	if ((name && !dev_valid_name(name)) || (peer_name && !dev_valid_name(peer_name)))
		return -EINVAL;
	pair = (struct veth_pair *)kzalloc(sizeof(*pair), GFP_KERNEL);
	if (!pair)
		return -ENOMEM;
	spin_lock_init(&pair->lock);
	end[0] = veth_alloc(pair, 0, net, name);
	if (!end[0]) {
		kfree(pair);
		return -ENOMEM;
	}
	end[1] = veth_alloc(pair, 1, peer_net, peer_name);
	if (!end[1]) {
		free_netdev(end[0]);
		return -ENOMEM;
	}
	err = veth_register(end[0]);
	if (err)
		goto err_free_both;
	err = veth_register(end[1]);
	if (err)
		goto err_unregister;
	if (dev)
		*dev = end[0];
	if (peer)
		*peer = end[1];
	return 0;

err_unregister:
	unregister_netdev(end[0]);
	free_netdev(end[1]);
	return err;
err_free_both:
	free_netdev(end[1]);
	free_netdev(end[0]);
	return err;
}
