// SPDX-License-Identifier: BSD-2-Clause
/* Addresses of devices, and what follows from them when devices come and go. */
#include <stdio.h>
#include <string.h>

#include <skiff/igmp.h>
#include <skiff/slab.h>

#include "ipv4/ipv4.h"

__be32 inet_make_mask(int logmask)
{
	if (logmask <= 0)
		return 0;
	return htonl(logmask >= 32 ? 0xffffffffu : ~(0xffffffffu >> logmask));
}

static struct in_ifaddr *inet_find_ifa(const struct net_device *dev, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;

	if (!in_dev)
		return NULL;
	in_dev_for_each_ifa(ifa, in_dev)
		if (ifa->ifa_local == addr)
			return ifa;
	return NULL;
}

bool inet_dev_has_addr(const struct net_device *dev, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;

	if (inet_find_ifa(dev, addr))
		return true;
	if (!in_dev || !(dev->flags & IFF_LOOPBACK))
		return false;
	/* A loopback device has all of its subnet, RFC 1122 section 3.2.1.3(g). */
	in_dev_for_each_ifa(ifa, in_dev)
		if (ipv4_is_loopback(ifa->ifa_local) && inet_ifa_match(addr, ifa))
			return true;
	return false;
}

struct net_device *__ip_dev_find(struct net *net, __be32 addr)
{
	struct net_device *dev;
	struct fib_route *r;

	for_each_netdev(net, dev)
		if (inet_dev_has_addr(dev, addr))
			return dev;
	/* No address of a device, but ours by a route: 127.0.0.2, or what the user says is ours. */
	r = fib_lookup(ipv4_net(net), addr, 0);
	return r && r->cfg.fc_type == RTN_LOCAL ? r->dev : NULL;
}

static __be32 inet_select_on_dev(const struct net_device *dev, __be32 dst, int scope)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;
	__be32 first = 0;

	if (!in_dev)
		return 0;
	in_dev_for_each_ifa(ifa, in_dev) {
		if (ifa->ifa_scope > scope)
			continue;
		if (!dst || inet_ifa_match(dst, ifa))
			return ifa->ifa_local;
		if (!first)
			first = ifa->ifa_local;
	}
	return first;
}

/* Addresses of other devices are better than none, except those that are for a link only. */
static __be32 inet_select_any(struct net *net, int scope)
{
	struct net_device *dev;
	__be32 addr;

	for_each_netdev(net, dev) {
		addr = inet_select_on_dev(dev, 0, scope);
		if (addr && !(dev->flags & IFF_LOOPBACK))
			return addr;
	}
	return 0;
}

__be32 inet_select_addr(const struct net_device *dev, __be32 dst, int scope)
{
	__be32 addr = inet_select_on_dev(dev, dst, scope);

	return addr ? addr : inet_select_any(dev_net(dev), scope);
}

/* Show the settings under the device's name, its first one or another. */
static int inetdev_sysctl(struct in_device *in_dev)
{
	int err = devconf_register(&in_dev->cnf, in_dev->dev->name);

	return err ? err : neigh_sysctl_register(in_dev->arp_parms, "net/ipv4/neigh");
}

static int inetdev_init(struct net_device *dev)
{
	struct in_device *in_dev;
	int err = -ENOMEM;

	/* Its settings would be those of all, or of those to come. */
	if (!strcmp(dev->name, "all") || !strcmp(dev->name, "default"))
		return -EINVAL;
	in_dev = (struct in_device *)kzalloc(sizeof(*in_dev), GFP_KERNEL);
	if (!in_dev)
		return -ENOMEM;
	in_dev->dev = dev;
	devconf_inherit(&in_dev->cnf, dev_net(dev));
	in_dev->arp_parms = neigh_parms_alloc(dev, &arp_tbl);
	if (in_dev->arp_parms)
		err = inetdev_sysctl(in_dev);
	if (err) {
		devconf_unregister(&in_dev->cnf);
		neigh_parms_release(in_dev->arp_parms);
		kfree(in_dev);
		return err;
	}
	dev->ip_ptr = in_dev;
	return 0;
}

static void inetdev_destroy(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get(dev);

	if (!in_dev)
		return;
	ip_mc_destroy_dev(in_dev);
	dev->ip_ptr = NULL;
	devconf_unregister(&in_dev->cnf);
	neigh_parms_release(in_dev->arp_parms);
	kfree(in_dev);
}

/* An address that one host can have in a subnet of @prefixlen. */
static bool inet_addr_valid(__be32 addr, unsigned int prefixlen)
{
	__be32 host = addr & ~inet_make_mask((int)prefixlen);

	/*
	 * Of length 0, it would be all of the Internet that is on the link. 0.0.0.0/8 means this very
	 * network (RFC 1122 section 3.2.1.3): others may be there, but nobody is told to.
	 */
	if (!prefixlen || prefixlen > 32 || !(addr & htonl(0xff000000)) ||
	    ipv4_is_multicast(addr) || ipv4_is_lbcast(addr))
		return false;
	/* RFC 3021: in a /31 both are hosts. */
	if (prefixlen >= 31)
		return true;
	return host != 0 && host != ~inet_make_mask((int)prefixlen);
}

static struct in_ifaddr *inet_make_ifa(struct in_device *in_dev, __be32 addr,
				       unsigned int prefixlen)
{
	struct in_ifaddr *ifa = (struct in_ifaddr *)kzalloc(sizeof(*ifa), GFP_KERNEL);

	if (!ifa)
		return NULL;
	ifa->ifa_dev = in_dev;
	ifa->ifa_local = ifa->ifa_address = addr;
	ifa->ifa_prefixlen = (unsigned char)prefixlen;
	ifa->ifa_mask = inet_make_mask((int)prefixlen);
	ifa->ifa_scope = ipv4_is_loopback(addr) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	if (prefixlen < 31 && in_dev->dev->flags & IFF_BROADCAST)
		ifa->ifa_broadcast = addr | ~ifa->ifa_mask;
	return ifa;
}

static void inet_link_ifa(struct in_ifaddr *ifa)
{
	struct in_ifaddr **p = &ifa->ifa_dev->ifa_list;

	while (*p)
		p = &(*p)->ifa_next;
	*p = ifa;
	ifa->ifa_dev->ifa_count++;
}

static void inet_unlink_ifa(struct in_ifaddr *ifa)
{
	struct in_ifaddr **p = &ifa->ifa_dev->ifa_list;

	while (*p != ifa)
		p = &(*p)->ifa_next;
	*p = ifa->ifa_next;
	ifa->ifa_dev->ifa_count--;
}

static void inet_drop_ifa(struct in_ifaddr *ifa)
{
	inet_unlink_ifa(ifa);
	fib_del_ifaddr(ifa);
	inetaddr_notify(NETDEV_DOWN, ifa);
	kfree(ifa);
}

static bool inet_same_subnet(const struct in_ifaddr *a, const struct in_ifaddr *b)
{
	return a->ifa_mask == b->ifa_mask && inet_ifa_match(a->ifa_address, b);
}

/* Whether another address of the same subnet came before: the first one stands for it. */
static bool inet_is_secondary(const struct in_ifaddr *ifa)
{
	const struct in_ifaddr *other;

	for (other = ifa->ifa_dev->ifa_list; other != ifa; other = other->ifa_next)
		if (inet_same_subnet(other, ifa))
			return true;
	return false;
}

/* With the first address of a subnet the others go, unless promote_secondaries is set. */
static void inet_drop_subnet(struct in_ifaddr *ifa)
{
	struct in_ifaddr *other = ifa->ifa_next, *next;

	for (; other; other = next) {
		next = other->ifa_next;
		if (inet_same_subnet(other, ifa))
			inet_drop_ifa(other);
	}
	inet_drop_ifa(ifa);
}

int inet_insert_ifa_label(struct net_device *dev, __be32 addr, unsigned int prefixlen,
			  const char *label)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;
	int err;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (!inet_addr_valid(addr, prefixlen))
		return -EINVAL;
	/* RFC 1122 section 3.2.1.3 (g): not on any link. */
	if (ipv4_is_loopback(addr) && !(dev->flags & IFF_LOOPBACK))
		return -EINVAL;
	if (inet_find_ifa(dev, addr))
		return -EEXIST;
	if (!in_dev)
		return -ENODEV;
	if (in_dev->ifa_count >= INET_IFADDR_MAX)
		return -ENOSPC;
	ifa = inet_make_ifa(in_dev, addr, prefixlen);
	if (!ifa)
		return -ENOMEM;
	snprintf(ifa->ifa_label, sizeof(ifa->ifa_label), "%s", label ? label : dev->name);
	inet_link_ifa(ifa);
	err = fib_add_ifaddr(ifa);
	if (err) {
		inet_drop_ifa(ifa);
		return err;
	}
	if (netif_running(dev))
		arp_announce(dev, addr);
	inetaddr_notify(NETDEV_UP, ifa);
	return 0;
}

int inet_insert_ifa(struct net_device *dev, __be32 addr, unsigned int prefixlen)
{
	return inet_insert_ifa_label(dev, addr, prefixlen, NULL);
}

int inet_set_broadcast(struct in_ifaddr *ifa, __be32 addr)
{
	__be32 old = ifa->ifa_broadcast;
	int err;

	ASSERT_NET_LOCKED(dev_net(ifa->ifa_dev->dev));
	ifa->ifa_broadcast = addr;
	err = fib_change_broadcast(ifa, old);
	if (err) {
		ifa->ifa_broadcast = old;
		return err;
	}
	inetaddr_notify(NETDEV_DOWN, ifa);
	inetaddr_notify(NETDEV_UP, ifa);
	return 0;
}

int inet_set_peer(struct in_ifaddr *ifa, __be32 addr)
{
	struct in_ifaddr **at = &ifa->ifa_dev->ifa_list;
	int err;

	ASSERT_NET_LOCKED(dev_net(ifa->ifa_dev->dev));
	if (ipv4_is_multicast(addr) || ipv4_is_lbcast(addr))
		return -EINVAL;
	while (*at != ifa)
		at = &(*at)->ifa_next;
	/* Its routes are those of another subnet: it goes for a moment, and keeps its place. */
	*at = ifa->ifa_next;
	fib_del_ifaddr(ifa);
	inetaddr_notify(NETDEV_DOWN, ifa);
	ifa->ifa_address = addr;
	ifa->ifa_next = *at;
	*at = ifa;
	err = fib_add_ifaddr(ifa);
	if (err)
		inet_drop_ifa(ifa);
	else
		inetaddr_notify(NETDEV_UP, ifa);
	return err;
}

/* A suffix that is long takes room from the name. */
static void inet_make_label(char label[IFNAMSIZ], const char *name, const char *suffix)
{
	size_t len = min(strlen(name), IFNAMSIZ - 1 - strlen(suffix));

	BUG_ON(snprintf(label, IFNAMSIZ, "%.*s%s", (int)len, name, suffix) >= IFNAMSIZ);
}

/* The device has another name: the first address has it too, the others behind a colon. */
static void inet_relabel(struct in_device *in_dev)
{
	char suffix[IFNAMSIZ] = "";
	struct in_ifaddr *ifa;
	unsigned int nr = 0;
	const char *colon;

	in_dev_for_each_ifa(ifa, in_dev) {
		colon = strchr(ifa->ifa_label, ':');
		if (nr++ && colon)
			snprintf(suffix, sizeof(suffix), "%s", colon);
		else if (nr > 1)
			snprintf(suffix, sizeof(suffix), ":%u", nr);
		inet_make_label(ifa->ifa_label, in_dev->dev->name, suffix);
	}
}

int inet_del_ifa(struct net_device *dev, __be32 addr)
{
	struct in_ifaddr *ifa = inet_find_ifa(dev, addr);

	ASSERT_NET_LOCKED(dev_net(dev));
	if (!ifa)
		return -EADDRNOTAVAIL;
	if (inet_is_secondary(ifa) || in_dev_orconf(ifa->ifa_dev, IPV4_DEVCONF_PROMOTE_SECONDARIES))
		inet_drop_ifa(ifa);
	else
		inet_drop_subnet(ifa);
	return 0;
}

static void devinet_up(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;

	if (!in_dev)
		return;
	fib_up(dev);
	ip_mc_up(in_dev);
	in_dev_for_each_ifa(ifa, in_dev)
		arp_announce(dev, ifa->ifa_local);
}

static void devinet_unregister(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;

	while (in_dev && (ifa = in_dev->ifa_list) != NULL) {
		in_dev->ifa_list = ifa->ifa_next;
		in_dev->ifa_count--;
		fib_del_ifaddr(ifa);
		inetaddr_notify(NETDEV_DOWN, ifa);
		kfree(ifa);
	}
	arp_ifdown(dev);
	fib_down(dev, true);
	inetdev_destroy(dev);
}

/* A link got ARP, or lost it: what is known of neighbours was found out in the other way. */
static void devinet_flags(struct net_device *dev, const void *info)
{
	if (((const struct netdev_notifier_change_info *)info)->flags_changed & IFF_NOARP)
		neigh_changeaddr(&arp_tbl, dev);
}

int devinet_netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev =
		netdev_notifier_info_to_dev((const struct netdev_notifier_info *)ptr);
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;

	(void)nb;
	switch (event) {
	case NETDEV_REGISTER:
		return notifier_from_errno(inetdev_init(dev));
	case NETDEV_CHANGENAME:
		if (in_dev)
			inet_relabel(in_dev);
		if (in_dev && inetdev_sysctl(in_dev))
			net_warn_ratelimited("%s: no memory to show its settings", dev->name);
		break;
	case NETDEV_CHANGE:
		/* Its routes may count or not: ignore_routes_with_linkdown. */
		fib_flush_caches(ipv4_net(dev_net(dev)));
		if (in_dev && !netif_carrier_ok(dev) &&
		    in_dev_andconf(in_dev, IPV4_DEVCONF_ARP_EVICT_NOCARRIER))
			neigh_carrier_down(&arp_tbl, dev);
		devinet_flags(dev, ptr);
		break;
	case NETDEV_UP:
		devinet_up(dev);
		break;
	case NETDEV_DOWN:
		if (in_dev)
			ip_mc_down(in_dev);
		arp_ifdown(dev);
		fib_down(dev, false);
		break;
	case NETDEV_CHANGEADDR:
		neigh_changeaddr(&arp_tbl, dev);
		if (in_dev && netif_running(dev))
			in_dev_for_each_ifa(ifa, in_dev)
				arp_announce(dev, ifa->ifa_local);
		break;
	case NETDEV_UNREGISTER:
		devinet_unregister(dev);
		break;
	default:
		break;
	}
	return NOTIFY_DONE;
}
