// SPDX-License-Identifier: BSD-2-Clause
/* Requests about devices as ioctl() takes them: struct ifreq and struct ifconf. */
#include <linux/sockios.h>

#include <skiff/ethtool.h>
#include <skiff/netdev_ioctl.h>

#include "device/device.h"

#define SIOCDEVPRIVATE_LAST (SIOCDEVPRIVATE + 15)

static gifconf_func_t *gifconfs[AF_MAX];

int register_gifconf(unsigned int family, gifconf_func_t *gifconf)
{
	if (family >= AF_MAX)
		return -EINVAL;
	gifconfs[family] = gifconf;
	return 0;
}

int dev_ifconf(struct net *net, struct ifconf *ifc)
{
	char *pos = ifc->ifc_buf;
	int len = max_t(int, ifc->ifc_len, 0), total = 0, done;
	struct net_device *dev;
	int family;

	ASSERT_NET_LOCKED(net);
	for_each_netdev(net, dev) {
		for (family = 0; family < AF_MAX; family++) {
			if (!gifconfs[family])
				continue;
			done = gifconfs[family](dev, pos ? pos + total : NULL,
						pos ? len - total : 0, sizeof(struct ifreq));
			total += done;
		}
	}
	ifc->ifc_len = total;
	return 0;
}

/* Questions */

static void get_hwaddr(const struct net_device *dev, struct sockaddr *sa)
{
	memset(sa->sa_data, 0, sizeof(sa->sa_data));
	memcpy(sa->sa_data, dev->dev_addr, min_t(size_t, sizeof(sa->sa_data), dev->addr_len));
	sa->sa_family = dev->type;
}

static void get_map(const struct net_device *dev, struct ifmap *map)
{
	memset(map, 0, sizeof(*map));
	map->mem_start = dev->mem_start;
	map->mem_end = dev->mem_end;
	map->base_addr = (unsigned short)dev->base_addr;
	map->irq = (unsigned char)dev->irq;
	map->dma = dev->dma;
	map->port = dev->if_port;
}

/* -ENOTTY: it is no question. */
static int answer(const struct net_device *dev, unsigned int cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCGIFFLAGS:
		ifr->ifr_flags = (short)dev_get_flags(dev);
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = (int)dev->mtu;
		return 0;
	case SIOCGIFHWADDR:
		get_hwaddr(dev, &ifr->ifr_hwaddr);
		return 0;
	case SIOCGIFMAP:
		get_map(dev, &ifr->ifr_map);
		return 0;
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = dev->ifindex;
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = (int)dev->tx_queue_len;
		return 0;
	case SIOCGIFSLAVE:
	case SIOCSIFSLAVE:
		return -EINVAL;
	default:
		return -ENOTTY;
	}
}

/* Settings */

static int set_broadcast(struct net_device *dev, const struct sockaddr *sa)
{
	if (sa->sa_family != dev->type)
		return -EINVAL;
	memcpy(dev->broadcast, sa->sa_data, min_t(size_t, sizeof(sa->sa_data), dev->addr_len));
	call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);
	return 0;
}

static int set_map(struct net_device *dev, struct ifmap *map)
{
	if (!dev->netdev_ops->ndo_set_config)
		return -EOPNOTSUPP;
	if (!netif_device_present(dev))
		return -ENODEV;
	return dev->netdev_ops->ndo_set_config(dev, map);
}

static int change_multi(struct net_device *dev, const struct sockaddr *sa, bool add)
{
	const u8 *addr = (const u8 *)sa->sa_data;

	if (!dev->netdev_ops->ndo_set_rx_mode || sa->sa_family != AF_UNSPEC ||
	    dev->addr_len > sizeof(sa->sa_data))
		return -EINVAL;
	if (!netif_device_present(dev))
		return -ENODEV;
	return add ? dev_mc_add_global(dev, addr) : dev_mc_del_global(dev, addr);
}

static int set(struct net_device *dev, unsigned int cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		/* The upper half of the flags can't be seen here, and stays. */
		return dev_change_flags(
			dev, (unsigned short)ifr->ifr_flags | (dev_get_flags(dev) & 0xffff0000u),
			NULL);
	case SIOCSIFMETRIC:
		return -EOPNOTSUPP;
	case SIOCSIFMTU:
		return dev_set_mtu(dev, ifr->ifr_mtu);
	case SIOCSIFHWADDR:
		if (dev->addr_len > sizeof(ifr->ifr_hwaddr.sa_data))
			return -EINVAL;
		return dev_set_mac_address(dev, &ifr->ifr_hwaddr, NULL);
	case SIOCSIFHWBROADCAST:
		return set_broadcast(dev, &ifr->ifr_hwaddr);
	case SIOCSIFMAP:
		return set_map(dev, &ifr->ifr_map);
	case SIOCADDMULTI:
		return change_multi(dev, &ifr->ifr_hwaddr, true);
	case SIOCDELMULTI:
		return change_multi(dev, &ifr->ifr_hwaddr, false);
	case SIOCSIFTXQLEN:
		return ifr->ifr_qlen < 0 ?
			       -EINVAL :
			       dev_change_tx_queue_len(dev, (unsigned long)ifr->ifr_qlen);
	case SIOCSIFNAME:
		ifr->ifr_newname[IFNAMSIZ - 1] = '\0';
		return dev_change_name(dev, ifr->ifr_newname);
	default:
		return -ENOTTY;
	}
}

/* What only the driver knows */

static int ask_driver(struct net_device *dev, unsigned int cmd, struct ifreq *ifr)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	bool private = cmd >= SIOCDEVPRIVATE && cmd <= SIOCDEVPRIVATE_LAST;
	bool eth = cmd == SIOCGMIIPHY || cmd == SIOCGMIIREG || cmd == SIOCSMIIREG ||
		   cmd == SIOCGHWTSTAMP || cmd == SIOCSHWTSTAMP;

	if (!private && !eth && cmd != SIOCWANDEV)
		return -ENOTTY;
	if (!(private && ops->ndo_siocdevprivate) && !(eth && ops->ndo_eth_ioctl) &&
	    !ops->ndo_do_ioctl)
		return -EOPNOTSUPP;
	if (!netif_device_present(dev))
		return -ENODEV;
	if (private && ops->ndo_siocdevprivate)
		return ops->ndo_siocdevprivate(dev, ifr, ifr->ifr_data, (int)cmd);
	if (eth && ops->ndo_eth_ioctl)
		return ops->ndo_eth_ioctl(dev, ifr, (int)cmd);
	return ops->ndo_do_ioctl(dev, ifr, (int)cmd);
}

static int name_of_index(struct net *net, struct ifreq *ifr)
{
	const struct net_device *dev = __dev_get_by_index(net, ifr->ifr_ifindex);

	if (!dev)
		return -ENODEV;
	memcpy(ifr->ifr_name, dev->name, IFNAMSIZ);
	return 0;
}

static bool is_request(unsigned int cmd)
{
	switch (cmd) {
	case SIOCSIFLINK:
	case SIOCGIFMEM:
	case SIOCSIFMEM:
	case SIOCGIFENCAP:
	case SIOCSIFENCAP:
		return false;
	case SIOCETHTOOL:
	case SIOCWANDEV:
	case SIOCGHWTSTAMP:
	case SIOCSHWTSTAMP:
	case SIOCGMIIPHY:
	case SIOCGMIIREG:
	case SIOCSMIIREG:
	case SIOCGIFTXQLEN:
	case SIOCSIFTXQLEN:
	case SIOCGIFMAP:
	case SIOCSIFMAP:
	case SIOCSIFHWBROADCAST:
	case SIOCADDMULTI:
	case SIOCDELMULTI:
	case SIOCGIFINDEX:
	case SIOCSIFSLAVE:
		return true;
	default:
		return (cmd >= SIOCGIFFLAGS && cmd <= SIOCGIFSLAVE) ||
		       (cmd >= SIOCDEVPRIVATE && cmd <= SIOCDEVPRIVATE_LAST);
	}
}

int dev_ioctl(struct net *net, unsigned int cmd, struct ifreq *ifr)
{
	struct net_device *dev;
	char *colon;
	int ret;

	ASSERT_NET_LOCKED(net);
	if (cmd == SIOCGIFNAME)
		return name_of_index(net, ifr);
	if (!is_request(cmd))
		return -ENOTTY;
	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	colon = strchr(ifr->ifr_name, ':');
	if (colon)
		*colon = '\0';
	dev = __dev_get_by_name(net, ifr->ifr_name);
	if (!dev)
		ret = -ENODEV;
	else if (cmd == SIOCETHTOOL)
		ret = dev_ethtool(net, ifr, ifr->ifr_data);
	else
		ret = answer(dev, cmd, ifr);
	if (dev && ret == -ENOTTY)
		ret = set(dev, cmd, ifr);
	if (dev && ret == -ENOTTY)
		ret = ask_driver(dev, cmd, ifr);
	if (colon)
		*colon = ':';
	return ret;
}
