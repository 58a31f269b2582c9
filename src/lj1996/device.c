// SPDX-License-Identifier: BSD-2-Clause
/* Drivers of 1996: struct device behind a net_device. */
#include <skiff/printk.h>
#include <skiff/sch_generic.h>
#include <skiff/slab.h>

#include "lj1996/lj1996.h"

/* Registered devices of all hosts, so that a pointer can be told from one to a net_device. */
static LIST_HEAD(lj_devices);
static DEFINE_SPINLOCK(lj_devices_lock);

static struct device *lj_of(const struct net_device *netdev)
{
	return *(struct device **)netdev_priv(netdev);
}

struct net_device *lj_netdev(const struct device *dev)
{
	return dev->lj_netdev;
}

/* The net_device of what may be a struct device, with a reference; NULL when it is none. */
static struct net_device *lj_get(const void *maybe)
{
	struct net_device *found = NULL;
	struct device *dev;

	spin_lock(&lj_devices_lock);
	list_for_each_entry(dev, &lj_devices, lj_list) {
		if (dev == maybe) {
			found = dev->lj_netdev;
			dev_hold(found);
			break;
		}
	}
	spin_unlock(&lj_devices_lock);
	return found;
}

/* The driver reads the flags in its own structure. */
static void sync_flags(const struct net_device *netdev, struct device *dev)
{
	const unsigned int own = IFF_UP | IFF_RUNNING;

	dev->flags = (unsigned short)((netdev->flags & ~own) | (dev->flags & own));
}

/* dev->buffs[] as a discipline: what waits, waits there. */

static struct sk_buff_head *band_of(struct Qdisc *sch, int band)
{
	return &lj_of(qdisc_dev(sch))->buffs[band];
}

static int band_of_priority(u32 priority)
{
	switch (priority & TC_PRIO_MAX) {
	case TC_PRIO_INTERACTIVE:
	case TC_PRIO_CONTROL:
		return SOPRI_INTERACTIVE;
	case TC_PRIO_FILLER:
	case TC_PRIO_BULK:
		return SOPRI_BACKGROUND;
	default:
		return SOPRI_NORMAL;
	}
}

/* The driver may change its mind at any time, and so may the user (SIOCSIFTXQLEN). */
static unsigned long queue_len(const struct net_device *netdev)
{
	struct device *dev = lj_of(netdev);

	if (dev->lj_queue_len != netdev->tx_queue_len) {
		dev->lj_queue_len = netdev->tx_queue_len;
		dev->tx_queue_len = netdev->tx_queue_len;
	}
	return dev->tx_queue_len;
}

static int buffs_enqueue(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free)
{
	struct sk_buff_head *band = band_of(sch, band_of_priority(skb->priority));

	if (skb_queue_len(band) >= queue_len(qdisc_dev(sch)) || unlikely(qdisc_host_full(sch)))
		return qdisc_drop(skb, sch, to_free);
	lj_queue_tail(band, skb);
	qdisc_qstats_add(sch, skb);
	return NET_XMIT_SUCCESS;
}

static struct sk_buff *buffs_dequeue(struct Qdisc *sch)
{
	struct sk_buff *skb;
	int i;

	for (i = 0; i < DEV_NUMBUFFS; i++) {
		skb = lj_dequeue(band_of(sch, i));
		if (skb) {
			qdisc_qstats_sub(sch, skb);
			return skb;
		}
	}
	/* Somebody may have taken some out by skb_unlink(). */
	if (skb_queue_empty(&sch->gso_skb)) {
		sch->qstats.qlen = sch->qstats.backlog = 0;
		__qdisc_charge(sch, -sch->charged);
	}
	return NULL;
}

static void buffs_reset(struct Qdisc *sch)
{
	struct sk_buff *skb;
	int i;

	for (i = 0; i < DEV_NUMBUFFS; i++)
		while ((skb = lj_dequeue(band_of(sch, i))) != NULL)
			kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
}

static const struct Qdisc_ops buffs_ops = {
	.id = "buffs",
	.enqueue = buffs_enqueue,
	.dequeue = buffs_dequeue,
	.reset = buffs_reset,
};

/* The methods */

static int lj_open(struct net_device *netdev)
{
	struct device *dev = lj_of(netdev);
	int err = dev->open ? dev->open(dev) : 0;

	if (!err)
		dev->flags |= IFF_UP | IFF_RUNNING;
	return err;
}

static int lj_stop(struct net_device *netdev)
{
	struct device *dev = lj_of(netdev);

	dev->flags &= (unsigned short)~(IFF_UP | IFF_RUNNING);
	return dev->stop ? dev->stop(dev) : 0;
}

static netdev_tx_t lj_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct device *dev = lj_of(netdev);

	skb_device_lock(skb);
	if (!dev->hard_start_xmit(skb, dev))
		return NETDEV_TX_OK;
	if (skb_device_unlock(skb))
		return NETDEV_TX_BUSY;
	/* Its protocol has given it up in the meantime: it is not offered again. */
	lj_dev_kfree_skb(skb, FREE_WRITE);
	return NETDEV_TX_OK;
}

static void upload_list(struct net_device *netdev, struct device *dev)
{
	size_t len = (size_t)netdev_mc_count(netdev) * dev->addr_len;
	unsigned char *addrs = (unsigned char *)kmalloc(len, GFP_ATOMIC), *at = addrs;
	struct netdev_hw_addr *ha;

	/* Too much is better than too little. */
	if (!addrs) {
		dev->set_multicast_list(dev, LJ_MC_ALL, NULL);
		return;
	}
	netdev_for_each_mc_addr(ha, netdev)
	{
		memcpy(at, ha->addr, dev->addr_len);
		at += dev->addr_len;
	}
	dev->set_multicast_list(dev, netdev_mc_count(netdev), addrs);
	kfree(addrs);
}

static void lj_set_rx_mode(struct net_device *netdev)
{
	struct device *dev = lj_of(netdev);

	sync_flags(netdev, dev);
	if (!dev->set_multicast_list)
		return;
	if (dev->flags & IFF_PROMISC)
		dev->set_multicast_list(dev, LJ_MC_PROMISC, NULL);
	else if (dev->flags & IFF_ALLMULTI)
		dev->set_multicast_list(dev, LJ_MC_ALL, NULL);
	else if (netdev_mc_empty(netdev))
		dev->set_multicast_list(dev, 0, NULL);
	else
		upload_list(netdev, dev);
}

static int lj_set_mac_address(struct net_device *netdev, void *addr)
{
	struct device *dev = lj_of(netdev);
	int err;

	if (!dev->set_mac_address)
		return -EOPNOTSUPP;
	err = dev->set_mac_address(dev, addr);
	if (!err)
		dev_addr_set(netdev, dev->dev_addr);
	return err;
}

static int lj_ioctl(struct net_device *netdev, struct ifreq *ifr, int cmd)
{
	struct device *dev = lj_of(netdev);

	sync_flags(netdev, dev);
	return dev->do_ioctl ? dev->do_ioctl(dev, ifr, cmd) : -EOPNOTSUPP;
}

static int lj_set_config(struct net_device *netdev, struct ifmap *map)
{
	struct device *dev = lj_of(netdev);

	return dev->set_config ? dev->set_config(dev, map) : -EOPNOTSUPP;
}

static int lj_change_mtu(struct net_device *netdev, int new_mtu)
{
	lj_of(netdev)->mtu = (unsigned short)new_mtu;
	return 0;
}

static void lj_get_stats64(struct net_device *netdev, struct rtnl_link_stats64 *storage)
{
	struct device *dev = lj_of(netdev);
	const struct enet_statistics *s = dev->get_stats ? dev->get_stats(dev) : NULL;

	if (!s)
		return;
#define COPY(name) storage->name = (unsigned int)s->name
	COPY(rx_packets);
	COPY(tx_packets);
	COPY(rx_errors);
	COPY(tx_errors);
	COPY(rx_dropped);
	COPY(tx_dropped);
	COPY(multicast);
	COPY(collisions);
	COPY(rx_length_errors);
	COPY(rx_over_errors);
	COPY(rx_crc_errors);
	COPY(rx_frame_errors);
	COPY(rx_fifo_errors);
	COPY(rx_missed_errors);
	COPY(tx_aborted_errors);
	COPY(tx_carrier_errors);
	COPY(tx_fifo_errors);
	COPY(tx_heartbeat_errors);
	COPY(tx_window_errors);
#undef COPY
}

/* The net_device goes, by whomever it was taken out. */
static void lj_uninit(struct net_device *netdev)
{
	struct device *dev = lj_of(netdev);

	spin_lock(&lj_devices_lock);
	list_del_init(&dev->lj_list);
	dev->lj_netdev = NULL;
	spin_unlock(&lj_devices_lock);
	dev->name = dev->lj_name;
}

static const struct net_device_ops lj_ops = {
	.ndo_uninit = lj_uninit,
	.ndo_open = lj_open,
	.ndo_stop = lj_stop,
	.ndo_start_xmit = lj_xmit,
	.ndo_set_rx_mode = lj_set_rx_mode,
	.ndo_set_mac_address = lj_set_mac_address,
	.ndo_do_ioctl = lj_ioctl,
	.ndo_set_config = lj_set_config,
	.ndo_change_mtu = lj_change_mtu,
	.ndo_get_stats64 = lj_get_stats64,
};

static int lj_create_header(struct sk_buff *skb, struct net_device *netdev, unsigned short type,
			    const void *daddr, const void *saddr, unsigned int len)
{
	struct device *dev = lj_of(netdev);

	return dev->hard_header(skb, dev, type, (void *)(uintptr_t)daddr, (void *)(uintptr_t)saddr,
				len);
}

static const struct header_ops lj_header_ops = {
	.create = lj_create_header,
};

/* Coming and going */

static void lj_setup(struct net_device *netdev)
{
	netdev->netdev_ops = &lj_ops;
	netdev->needs_free_netdev = true;
}

static void copy_settings(struct net_device *netdev, struct device *dev)
{
	netdev->flags = dev->flags & ~(unsigned int)(IFF_UP | IFF_RUNNING);
	netdev->type = dev->type;
	netdev->mtu = dev->mtu ? dev->mtu : ETH_DATA_LEN;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = 0xffff;
	netdev->hard_header_len = dev->hard_header_len;
	netdev->min_header_len = (unsigned char)dev->hard_header_len;
	netdev->addr_len = dev->addr_len;
	dev_addr_set(netdev, dev->dev_addr);
	memcpy(netdev->broadcast, dev->broadcast, MAX_ADDR_LEN);
	netdev->tx_queue_len = dev->lj_queue_len = (unsigned int)dev->tx_queue_len;
	netdev->priv_flags &= ~(unsigned int)IFF_NO_QUEUE;
	netdev->irq = dev->irq;
	netdev->dma = dev->dma;
	netdev->if_port = dev->if_port;
	netdev->base_addr = dev->base_addr;
	netdev->mem_start = dev->mem_start;
	netdev->mem_end = dev->mem_end;
	if (dev->hard_header)
		netdev->header_ops = &lj_header_ops;
	/* A card of the time that knows no multicast list can hear everything. */
	if (!dev->set_multicast_list)
		netdev->mc_filter_max = 0;
}

static int call_init(struct device *dev)
{
	int err = dev->init ? dev->init(dev) : 0;
	int i;

	if (err)
		return err < 0 ? err : -EIO;
	if (!dev->hard_start_xmit || dev->addr_len > MAX_ADDR_LEN)
		return -EINVAL;
	for (i = 0; i < DEV_NUMBUFFS; i++) {
		if (!dev->buffs[i].next) {
			pr_warn("%s: its driver has not initialised dev->buffs[]\n", dev->name);
			return -EINVAL;
		}
	}
	return 0;
}

static int lj_register_locked(struct device *dev, struct net *net)
{
	struct net_device *netdev;
	struct Qdisc *sch;
	int err = call_init(dev);

	if (err)
		return err;
	netdev = alloc_netdev(sizeof(struct device *), dev->name, NET_NAME_ENUM, lj_setup);
	if (!netdev)
		return strlen(dev->name) < IFNAMSIZ ? -ENOMEM : -EINVAL;
	*(struct device **)netdev_priv(netdev) = dev;
	dev_net_set(netdev, net);
	copy_settings(netdev, dev);
	INIT_LIST_HEAD(&dev->lj_list);
	dev->lj_name = dev->name;
	err = register_netdevice(netdev);
	if (err) {
		free_netdev(netdev);
		return err;
	}
	sch = qdisc_create(netdev_get_tx_queue(netdev, 0), &buffs_ops);
	if (!sch) {
		unregister_netdevice(netdev);
		return -ENOMEM;
	}
	qdisc_replace(netdev_get_tx_queue(netdev, 0), sch);
	dev->name = netdev->name;
	spin_lock(&lj_devices_lock);
	dev->lj_netdev = netdev;
	list_add(&dev->lj_list, &lj_devices);
	spin_unlock(&lj_devices_lock);
	return 0;
}

int lj_register_netdev(struct device *dev)
{
	struct net *net = dev->net ? dev->net : current_net();
	int err;

	if (!net || !dev->name)
		return -EINVAL;
	if (dev->lj_netdev)
		return -EBUSY;
	if (current_net() == net)
		return lj_register_locked(dev, net);
	err = net_enter(net);
	if (err)
		return err;
	err = lj_register_locked(dev, net);
	net_unlock(net);
	return err;
}

int lj_unregister_netdev(struct device *dev)
{
	struct net_device *netdev = lj_get(dev);
	struct net *net;
	bool entered;
	int err = 0;

	if (!netdev)
		return -ENODEV;
	net = dev_net(netdev);
	entered = current_net() != net;
	if (entered)
		err = net_enter(net);
	if (!err) {
		if (netdev->flags & IFF_UP)
			err = -EBUSY;
		else
			unregister_netdevice(netdev);
		if (entered)
			net_unlock(net);
	}
	dev_put(netdev);
	return err;
}

/* What drivers and protocols call */

int lj_netif_rx(struct sk_buff *skb)
{
	struct net_device *netdev = lj_get(skb->dev);
	int ret;

	if (!netdev)
		return netif_rx(skb);
	skb->dev = netdev;
	ret = netif_rx(skb);
	dev_put(netdev);
	return ret;
}

static void offer_again(const struct device *dev)
{
	if (!dev->tbusy)
		netif_tx_schedule_queue(netdev_get_tx_queue(dev->lj_netdev, 0));
}

void dev_tint(struct device *dev)
{
	struct device *known;

	spin_lock(&lj_devices_lock);
	list_for_each_entry(known, &lj_devices, lj_list)
		if (known == dev)
			offer_again(dev);
	spin_unlock(&lj_devices_lock);
}

void mark_bh(int nr)
{
	struct device *dev;

	if (nr != NET_BH)
		return;
	spin_lock(&lj_devices_lock);
	list_for_each_entry(dev, &lj_devices, lj_list)
		offer_again(dev);
	spin_unlock(&lj_devices_lock);
}

/* An Ethernet header that eth_header() made without knowing the destination. */
static bool header_incomplete(const struct sk_buff *skb, const struct device *dev)
{
	return dev->rebuild_header && !(dev->flags & IFF_NOARP) &&
	       skb_headlen(skb) >= dev->hard_header_len && dev->hard_header_len >= ETH_HLEN &&
	       is_zero_ether_addr(skb->data);
}

void lj_dev_queue_xmit(struct sk_buff *skb, struct device *dev, int pri)
{
	static const u32 priorities[DEV_NUMBUFFS] = {
		[SOPRI_INTERACTIVE] = TC_PRIO_INTERACTIVE,
		[SOPRI_NORMAL] = TC_PRIO_BESTEFFORT,
		[SOPRI_BACKGROUND] = TC_PRIO_BULK,
	};

	if (!dev->lj_netdev || WARN_ON(pri < 0 || pri >= DEV_NUMBUFFS)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		return;
	}
	ASSERT_NET_LOCKED(dev_net(dev->lj_netdev));
	skb->dev = dev->lj_netdev;
	skb->priority = priorities[pri];
	if (header_incomplete(skb, dev) && dev->rebuild_header(skb->data, dev, 0, skb))
		return;
	dev_queue_xmit(skb);
}

/* Ethernet */

void lj_ether_setup(struct device *dev)
{
	int i;

	for (i = 0; i < DEV_NUMBUFFS; i++)
		skb_queue_head_init(&dev->buffs[i]);
	dev->hard_header = lj_eth_header;
	dev->rebuild_header = lj_eth_rebuild_header;
	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = ETH_HLEN;
	dev->mtu = ETH_DATA_LEN;
	dev->addr_len = ETH_ALEN;
	/* "around 100 for Ethernet" */
	dev->tx_queue_len = 100;
	eth_broadcast_addr(dev->broadcast);
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	dev->family = AF_INET;
}

int lj_eth_header(struct sk_buff *skb, struct device *dev, unsigned short type, void *daddr,
		  void *saddr, unsigned len)
{
	WARN_ON(!dev->lj_netdev);
	return eth_header(skb, dev->lj_netdev, type, daddr, saddr ? saddr : dev->dev_addr, len);
}

/* The next hop is the route's, which the buffer carries: @raddr says the same, or nothing. */
int lj_eth_rebuild_header(void *buff, struct device *dev, unsigned long raddr, struct sk_buff *skb)
{
	(void)dev;
	(void)raddr;
	if (WARN_ON(buff != skb->data)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_HDR);
		return 1;
	}
	return eth_rebuild_header(skb);
}

unsigned short lj_eth_type_trans(struct sk_buff *skb, struct device *dev)
{
	struct net_device *netdev = lj_get(dev);
	__be16 protocol;

	if (WARN_ON(!netdev))
		return 0;
	protocol = eth_type_trans(skb, netdev);
	/* The driver writes its own device again; whoever does not, means it, too. */
	dev_put(netdev);
	return (__force unsigned short)protocol;
}
