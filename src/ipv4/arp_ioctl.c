// SPDX-License-Identifier: BSD-2-Clause
/* ARP entries by ioctl(): what the arp command uses. */
#include <linux/sockios.h>

#include <skiff/inet_ioctl.h>

#include "ipv4/ipv4.h"

static __be32 entry_addr(const struct arpreq *r)
{
	return (__force __be32)((const struct sockaddr_in *)(const void *)&r->arp_pa)
		->sin_addr.s_addr;
}

static int get_entry(struct arpreq *r, struct net_device *dev)
{
	__be32 ip = entry_addr(r);
	struct neighbour *n = neigh_lookup(&arp_tbl, &ip, dev);
	int err = -ENXIO;

	if (!n)
		return err;
	if (!(n->nud_state & NUD_NOARP)) {
		memset(&r->arp_ha, 0, sizeof(r->arp_ha));
		memcpy(r->arp_ha.sa_data, n->ha,
		       min_t(size_t, sizeof(r->arp_ha.sa_data), dev->addr_len));
		r->arp_ha.sa_family = dev->type;
		r->arp_flags = 0;
		if (n->nud_state & NUD_PERMANENT)
			r->arp_flags = ATF_PERM | ATF_COM;
		else if (n->nud_state & NUD_VALID)
			r->arp_flags = ATF_COM;
		memcpy(r->arp_dev, dev->name, IFNAMSIZ);
		err = 0;
	}
	neigh_release(n);
	return err;
}

static int set_entry(const struct arpreq *r, struct net_device *dev)
{
	__be32 ip = entry_addr(r);
	struct neighbour *n;
	int err;

	if (r->arp_flags & ATF_COM && dev->addr_len > sizeof(r->arp_ha.sa_data))
		return -EINVAL;
	n = neigh_lookup(&arp_tbl, &ip, dev);
	if (!n)
		n = neigh_create(&arp_tbl, &ip, dev);
	if (IS_ERR(n))
		return (int)PTR_ERR(n);
	err = neigh_update(n, r->arp_flags & ATF_COM ? (const u8 *)r->arp_ha.sa_data : NULL,
			   r->arp_flags & ATF_PERM ? NUD_PERMANENT : NUD_STALE,
			   NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, 0);
	neigh_release(n);
	return err;
}

static int delete_entry(const struct arpreq *r, struct net_device *dev)
{
	__be32 ip = entry_addr(r);
	struct neighbour *n = neigh_lookup(&arp_tbl, &ip, dev);
	int err = -ENXIO;

	if (!n)
		return err;
	if (n->nud_state & ~NUD_NOARP) {
		err = neigh_update(n, NULL, NUD_FAILED,
				   NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, 0);
		neigh_remove_one(n);
	}
	neigh_release(n);
	return err;
}

static struct net_device *device_with(struct net *net, const struct sockaddr *ha)
{
	struct net_device *dev;

	for_each_netdev(net, dev)
		if (dev->type == ha->sa_family && dev->addr_len <= sizeof(ha->sa_data) &&
		    !memcmp(dev->dev_addr, ha->sa_data, dev->addr_len))
			return dev;
	return NULL;
}

/*
 * An address that is answered for (ATF_PUBL), on the device that is named or has the link-layer
 * address given, or on all. With a netmask of 0, all addresses that are somewhere else: proxy_arp.
 */
static int change_proxy(struct net *net, unsigned int cmd, struct arpreq *r)
{
	const __be32 ip = entry_addr(r);
	struct net_device *dev = NULL;
	__be32 mask = htonl(0xffffffff);

	if (r->arp_flags & ATF_NETMASK)
		mask = (__force __be32)((const struct sockaddr_in *)(const void *)&r->arp_netmask)
			       ->sin_addr.s_addr;
	if (mask && mask != htonl(0xffffffff))
		return -EINVAL;
	r->arp_dev[IFNAMSIZ - 1] = '\0';
	if (r->arp_dev[0])
		dev = __dev_get_by_name(net, r->arp_dev);
	else if (r->arp_flags & ATF_COM)
		dev = device_with(net, &r->arp_ha);
	if (!dev && (r->arp_dev[0] || r->arp_flags & ATF_COM))
		return -ENODEV;
	if (!mask)
		return devconf_set_proxy_arp(net, dev, cmd == SIOCSARP);
	if (cmd == SIOCDARP)
		return pneigh_delete(&arp_tbl, net, &ip, dev);
	return pneigh_lookup(&arp_tbl, net, &ip, dev, 1) ? 0 : -ENOBUFS;
}

/* The device that leads to the address, not held: it is good under the lock. */
static struct net_device *route_to(struct net *net, const struct arpreq *r)
{
	struct rtable *rt = ip_route_output(net, entry_addr(r), 0, 0, 0);
	struct net_device *dev;

	if (IS_ERR(rt))
		return (struct net_device *)ERR_PTR(PTR_ERR(rt));
	dev = rt->dst.dev;
	ip_rt_put(rt);
	return dev;
}

static struct net_device *entry_device(struct net *net, unsigned int cmd, struct arpreq *r)
{
	struct net_device *dev;

	if (!r->arp_dev[0])
		return cmd == SIOCGARP ? (struct net_device *)ERR_PTR(-ENODEV) : route_to(net, r);
	r->arp_dev[IFNAMSIZ - 1] = '\0';
	dev = __dev_get_by_name(net, r->arp_dev);
	if (!dev)
		return (struct net_device *)ERR_PTR(-ENODEV);
	if (!r->arp_ha.sa_family)
		r->arp_ha.sa_family = dev->type;
	if (r->arp_flags & ATF_COM && r->arp_ha.sa_family != dev->type)
		return (struct net_device *)ERR_PTR(-EINVAL);
	return dev;
}

int arp_ioctl(struct net *net, unsigned int cmd, void *arg)
{
	struct arpreq *r = (struct arpreq *)arg;
	struct net_device *dev;

	ASSERT_NET_LOCKED(net);
	if (cmd != SIOCGARP && cmd != SIOCSARP && cmd != SIOCDARP)
		return -EINVAL;
	if (r->arp_pa.sa_family != AF_INET)
		return -EPFNOSUPPORT;
	if (!(r->arp_flags & ATF_PUBL) && r->arp_flags & (ATF_NETMASK | ATF_DONTPUB))
		return -EINVAL;
	if (r->arp_flags & ATF_PUBL && cmd != SIOCGARP)
		return change_proxy(net, cmd, r);
	dev = entry_device(net, cmd, r);
	if (IS_ERR(dev))
		return (int)PTR_ERR(dev);
	if (cmd == SIOCGARP)
		return get_entry(r, dev);
	return cmd == SIOCSARP ? set_entry(r, dev) : delete_entry(r, dev);
}
