// SPDX-License-Identifier: BSD-2-Clause
/* What can be changed about a device that exists: up and down, flags, MTU, address, carrier. */
#include <limits.h>

#include <skiff/printk.h>

#include "device/device.h"

/* The flags that users may set; the others are the core's and the driver's. */
#define FLAGS_SETTABLE                                                                        \
	(IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST | IFF_PORTSEL | \
	 IFF_AUTOMEDIA)
/* Those that are the core's own. */
#define FLAGS_KEPT (IFF_UP | IFF_PROMISC | IFF_ALLMULTI)

static int do_open(struct net_device *dev)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	int err;

	if (dev->reg_state != NETREG_REGISTERED || !netif_device_present(dev))
		return -ENODEV;
	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_PRE_UP, dev));
	if (err)
		return err;
	set_bit(__LINK_STATE_START, &dev->state);
	if (ops->ndo_validate_addr)
		err = ops->ndo_validate_addr(dev);
	if (!err && ops->ndo_open)
		err = ops->ndo_open(dev);
	if (err) {
		clear_bit(__LINK_STATE_START, &dev->state);
		return err > 0 ? -EIO : err;
	}
	WRITE_ONCE(dev->flags, dev->flags | IFF_UP);
	__dev_set_rx_mode(dev);
	dev_activate(dev);
	return 0;
}

int dev_open(struct net_device *dev, struct netlink_ext_ack *extack)
{
	int err;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (dev->flags & IFF_UP)
		return 0;
	err = do_open(dev);
	if (!err)
		call_netdevice_notifiers(NETDEV_UP, dev);
	return err;
}

void dev_close(struct net_device *dev)
{
	ASSERT_NET_LOCKED(dev_net(dev));
	if (!(dev->flags & IFF_UP))
		return;
	call_netdevice_notifiers(NETDEV_GOING_DOWN, dev);
	clear_bit(__LINK_STATE_START, &dev->state);
	dev_deactivate(dev);
	if (dev->netdev_ops->ndo_stop)
		dev->netdev_ops->ndo_stop(dev);
	WRITE_ONCE(dev->flags, dev->flags & ~(unsigned int)IFF_UP);
	call_netdevice_notifiers(NETDEV_DOWN, dev);
}

/* Count one user of a filter mode more or less; its flag is set while there is any. */
static int count_mode(struct net_device *dev, unsigned int *count, unsigned int flag, int inc)
{
	unsigned int old_flags = dev->flags;

	ASSERT_NET_LOCKED(dev_net(dev));
	if ((inc > 0 && *count > UINT_MAX - (unsigned int)inc) ||
	    (inc < 0 && *count < 0u - (unsigned int)inc)) {
		pr_warn("%s: users of flags %#x can't be counted any more\n", dev->name, flag);
		return -EOVERFLOW;
	}
	*count += (unsigned int)inc;
	WRITE_ONCE(dev->flags, *count ? dev->flags | flag : dev->flags & ~flag);
	if (dev->flags == old_flags)
		return 0;
	if ((dev->flags & IFF_UP) && dev->netdev_ops->ndo_change_rx_flags)
		dev->netdev_ops->ndo_change_rx_flags(dev, (int)flag);
	return 0;
}

int dev_count_promiscuity(struct net_device *dev, int inc)
{
	return count_mode(dev, &dev->promiscuity, IFF_PROMISC, inc);
}

int dev_count_allmulti(struct net_device *dev, int inc)
{
	return count_mode(dev, &dev->allmulti, IFF_ALLMULTI, inc);
}

int dev_set_promiscuity(struct net_device *dev, int inc)
{
	unsigned int old_flags = dev->flags;
	int err = dev_count_promiscuity(dev, inc);

	if (dev->flags != old_flags)
		__dev_set_rx_mode(dev);
	return err;
}

int dev_set_allmulti(struct net_device *dev, int inc)
{
	unsigned int old_flags = dev->flags;
	int err = dev_count_allmulti(dev, inc);

	if (dev->flags != old_flags)
		__dev_set_rx_mode(dev);
	return err;
}

unsigned int dev_get_flags(const struct net_device *dev)
{
	unsigned int flags = dev->flags & ~(unsigned int)(IFF_PROMISC | IFF_ALLMULTI | IFF_RUNNING |
							  IFF_LOWER_UP | IFF_DORMANT);

	flags |= dev->gflags & (IFF_PROMISC | IFF_ALLMULTI);
	if (netif_running(dev)) {
		if (netif_oper_up(dev))
			flags |= IFF_RUNNING;
		if (netif_carrier_ok(dev))
			flags |= IFF_LOWER_UP;
		if (dev->operstate == IF_OPER_DORMANT)
			flags |= IFF_DORMANT;
	}
	return flags;
}

/* A user's own wish for a filter mode counts once, however often it is expressed. */
static int change_user_mode(struct net_device *dev, unsigned int flags, unsigned int flag,
			    int (*set)(struct net_device *dev, int inc))
{
	int err;

	if (!((flags ^ dev->gflags) & flag))
		return 0;
	err = set(dev, flags & flag ? 1 : -1);
	if (!err)
		dev->gflags ^= (unsigned short)flag;
	return err;
}

int dev_change_flags(struct net_device *dev, unsigned int flags, struct netlink_ext_ack *extack)
{
	unsigned int old_flags = dev->flags;
	int err = 0;

	ASSERT_NET_LOCKED(dev_net(dev));
	WRITE_ONCE(dev->flags, (flags & FLAGS_SETTABLE) | (dev->flags & ~FLAGS_SETTABLE));
	if ((old_flags ^ flags) & IFF_MULTICAST) {
		if ((dev->flags & IFF_UP) && dev->netdev_ops->ndo_change_rx_flags)
			dev->netdev_ops->ndo_change_rx_flags(dev, IFF_MULTICAST);
		__dev_set_rx_mode(dev);
	}
	if ((old_flags ^ flags) & IFF_UP) {
		if (old_flags & IFF_UP)
			dev_close(dev);
		else
			err = dev_open(dev, extack);
	}
	if (!err)
		err = change_user_mode(dev, flags, IFF_PROMISC, dev_set_promiscuity);
	if (!err)
		err = change_user_mode(dev, flags, IFF_ALLMULTI, dev_set_allmulti);
	if ((dev->flags & IFF_UP) && ((dev->flags ^ old_flags) & ~FLAGS_KEPT))
		dev_notify_flags(dev, dev->flags ^ old_flags);
	return err;
}

int dev_set_mtu(struct net_device *dev, int mtu)
{
	unsigned int old = dev->mtu;
	int err;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (mtu >= 0 && (unsigned int)mtu == dev->mtu)
		return 0;
	if (mtu < 0 || (unsigned int)mtu < dev->min_mtu ||
	    (dev->max_mtu && (unsigned int)mtu > dev->max_mtu))
		return -EINVAL;
	if (dev->reg_state == NETREG_REGISTERED && !netif_device_present(dev))
		return -ENODEV;
	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_PRECHANGEMTU, dev));
	if (err)
		return err;
	if (dev->netdev_ops->ndo_change_mtu)
		err = dev->netdev_ops->ndo_change_mtu(dev, mtu);
	if (err)
		return err;
	dev->mtu = (unsigned int)mtu;
	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_CHANGEMTU, dev));
	if (!err)
		return 0;
	/* Somebody above can't live with it: back, and tell everybody again. */
	if (dev->netdev_ops->ndo_change_mtu)
		dev->netdev_ops->ndo_change_mtu(dev, (int)old);
	dev->mtu = old;
	call_netdevice_notifiers(NETDEV_CHANGEMTU, dev);
	return err;
}

void dev_addr_mod(struct net_device *dev, unsigned int offset, const void *addr, size_t len)
{
	BUG_ON(offset > MAX_ADDR_LEN || len > MAX_ADDR_LEN - offset);
	memcpy(dev->dev_addr_shadow + offset, addr, len);
}

int dev_set_mac_address(struct net_device *dev, struct sockaddr *sa, struct netlink_ext_ack *extack)
{
	int err;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (!dev->netdev_ops->ndo_set_mac_address)
		return -EOPNOTSUPP;
	if (sa->sa_family != dev->type)
		return -EINVAL;
	if (!netif_device_present(dev))
		return -ENODEV;
	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_PRE_CHANGEADDR, dev));
	if (!err)
		err = dev->netdev_ops->ndo_set_mac_address(dev, sa);
	if (err)
		return err;
	dev->addr_assign_type = NET_ADDR_SET;
	call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);
	return 0;
}

int dev_change_tx_queue_len(struct net_device *dev, unsigned long new_len)
{
	unsigned int old = dev->tx_queue_len;
	int err;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (new_len > INT_MAX)
		return -ERANGE;
	if (new_len == old)
		return 0;
	dev->tx_queue_len = (unsigned int)new_len;
	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_CHANGE_TX_QUEUE_LEN, dev));
	if (err)
		dev->tx_queue_len = old;
	return err;
}

int dev_set_gro_flush_timeout(struct net_device *dev, unsigned long ns)
{
	ASSERT_NET_LOCKED(dev_net(dev));
	/* A host's clock counts in 63 bits. */
	if (ns > LONG_MAX / 2)
		return -ERANGE;
	dev->gro_flush_timeout = ns;
	return 0;
}

int dev_set_napi_defer_hard_irqs(struct net_device *dev, unsigned long times)
{
	ASSERT_NET_LOCKED(dev_net(dev));
	if (times > INT_MAX)
		return -ERANGE;
	dev->napi_defer_hard_irqs = (int)times;
	return 0;
}
