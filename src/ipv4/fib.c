// SPDX-License-Identifier: BSD-2-Clause
/* The route table: routes by prefix, those that follow from addresses, and what becomes of them. */
#include <skiff/printk.h>
#include <skiff/slab.h>

#include "ipv4/ipv4.h"

/*
 * The longest prefix that has a route for a packet decides; among the routes of one prefix those
 * for a type of service come first, then the lowest priority, then the oldest. Routes that follow
 * from addresses (to the address itself, to the broadcast addresses of its subnet, to the subnet)
 * are in the same table as those that a user gave; the addresses' own have 32 bits and so come
 * before everything else.
 *
 * fib_trie.c finds prefixes; ipv4_net.routes lists the routes by length of their prefix.
 */

#define fib_for_each_route(r, in, len)  \
	for (len = 32; len >= 0; len--) \
		list_for_each_entry(r, &(in)->routes[len], list)

#define fib_for_each_route_safe(r, next, in, len) \
	for (len = 32; len >= 0; len--)           \
		list_for_each_entry_safe(r, next, &(in)->routes[len], list)

/* Return: the route for @daddr by device @oif (0: any), or NULL. */
struct fib_route *fib_lookup(struct ipv4_net *in, __be32 daddr, int oif)
{
	return fib_lookup_tos(in, daddr, oif, 0);
}

/* The table changed: whoever cached a route finds it out of date and looks again. */
void fib_flush_caches(struct ipv4_net *in)
{
	in->rt_genid++;
}

static u32 fib_key(const struct fib_route *r)
{
	return ntohl(r->cfg.fc_dst);
}

static void fib_release(struct ipv4_net *in, struct fib_route *r)
{
	list_del(&r->list);
	list_del(&r->alias);
	fib_node_drop(&in->fib_root, fib_key(r), r->cfg.fc_dst_len);
	in->nr_routes--;
	rt_free_entry(r);
}

static void fib_free(struct ipv4_net *in, struct fib_route *r)
{
	fib_notify(in, FIB_EVENT_ENTRY_DEL, &r->cfg);
	fib_release(in, r);
}

static bool fib_before(const struct fib_config *a, const struct fib_config *b)
{
	if (a->fc_tos != b->fc_tos)
		return a->fc_tos > b->fc_tos;
	return a->fc_priority < b->fc_priority;
}

static void fib_link(struct ipv4_net *in, struct fib_route *route, struct fib_node *n)
{
	struct list_head *pos = &n->aliases;
	struct fib_route *r;

	list_for_each_entry(r, &n->aliases, alias) {
		if (fib_before(&route->cfg, &r->cfg))
			break;
		pos = &r->alias;
	}
	list_add(&route->alias, pos);
	list_add_tail(&route->list, &in->routes[route->cfg.fc_dst_len]);
	in->nr_routes++;
	fib_flush_caches(in);
	fib_notify(in, FIB_EVENT_ENTRY_ADD, &route->cfg);
}

static bool fib_same(const struct fib_route *r, const struct fib_config *cfg)
{
	return r->cfg.fc_dst == cfg->fc_dst && r->cfg.fc_dst_len == cfg->fc_dst_len &&
	       r->cfg.fc_type == cfg->fc_type && r->cfg.fc_gw4 == cfg->fc_gw4 &&
	       r->cfg.fc_oif == cfg->fc_oif && r->cfg.fc_priority == cfg->fc_priority &&
	       r->cfg.fc_tos == cfg->fc_tos;
}

/* One that is in no list yet, with all that it refers to; NULL without memory. */
static struct fib_route *fib_make(const struct fib_config *cfg, struct net_device *dev)
{
	struct fib_route *r = (struct fib_route *)kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	r->cfg = *cfg;
	r->cfg.fc_nlflags = 0;
	if (r->cfg.fc_metrics)
		refcount_inc(&r->cfg.fc_metrics->refcnt);
	r->dev = dev;
	dev_hold(dev);
	return r;
}

static int fib_insert(struct ipv4_net *in, const struct fib_config *cfg, struct net_device *dev)
{
	struct fib_node *n;
	struct fib_route *r;

	if (in->nr_routes >= IP_ROUTES_MAX)
		return -ENOSPC;
	n = fib_node_make(&in->fib_root, ntohl(cfg->fc_dst), cfg->fc_dst_len);
	if (!n)
		return -ENOMEM;
	list_for_each_entry(r, &n->aliases, alias)
		if (fib_same(r, cfg))
			return -EEXIST;
	r = fib_make(cfg, dev);
	if (!r) {
		fib_node_drop(&in->fib_root, ntohl(cfg->fc_dst), cfg->fc_dst_len);
		return -ENOMEM;
	}
	fib_link(in, r, n);
	return 0;
}

/* The first route of the same prefix, type of service and priority, or NULL. */
static struct fib_route *fib_find_equal(struct ipv4_net *in, const struct fib_config *cfg)
{
	struct fib_node *n = fib_node_find(in->fib_root, ntohl(cfg->fc_dst), cfg->fc_dst_len);
	struct fib_route *r;

	if (!n)
		return NULL;
	list_for_each_entry(r, &n->aliases, alias)
		if (r->cfg.fc_tos == cfg->fc_tos && r->cfg.fc_priority == cfg->fc_priority)
			return r;
	return NULL;
}

/* In the place of @old, among the others too. */
static int fib_replace(struct ipv4_net *in, struct fib_route *old, const struct fib_config *cfg,
		       struct net_device *dev)
{
	struct fib_route *r = fib_make(cfg, dev);

	if (!r)
		return -ENOMEM;
	list_add(&r->alias, &old->alias);
	list_add(&r->list, &old->list);
	in->nr_routes++;
	fib_release(in, old);
	fib_flush_caches(in);
	fib_notify(in, FIB_EVENT_ENTRY_REPLACE, &r->cfg);
	return 0;
}

/* The device that leads to a next hop, which has to be on its link. */
static int fib_check_nexthop(struct ipv4_net *in, const struct fib_config *cfg,
			     struct net_device **dev)
{
	struct fib_route *r = fib_lookup(in, cfg->fc_gw4, cfg->fc_oif);

	if (!r || r->cfg.fc_type != RTN_UNICAST || r->cfg.fc_gw4)
		return -ENETUNREACH;
	*dev = r->dev;
	return 0;
}

static int fib_check_type(const struct fib_config *cfg)
{
	if (cfg->fc_dst_len > 32 || cfg->fc_dst & ~inet_make_mask(cfg->fc_dst_len) ||
	    cfg->fc_tos & ~IPTOS_RT_MASK)
		return -EINVAL;
	switch (cfg->fc_type) {
	case RTN_UNICAST:
		return cfg->fc_gw4 || cfg->fc_oif ? 0 : -EINVAL;
	case RTN_LOCAL:
	case RTN_BROADCAST:
		return cfg->fc_oif && !cfg->fc_gw4 ? 0 : -EINVAL;
	case RTN_UNREACHABLE:
	case RTN_BLACKHOLE:
	case RTN_PROHIBIT:
	case RTN_THROW:
		return cfg->fc_oif || cfg->fc_gw4 ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

/* Next to the others, or as fc_nlflags says. */
static int fib_put(struct ipv4_net *in, const struct fib_config *cfg, struct net_device *dev)
{
	struct fib_route *equal = cfg->fc_nlflags ? fib_find_equal(in, cfg) : NULL;

	if (equal && cfg->fc_nlflags & NLM_F_EXCL)
		return -EEXIST;
	if (equal && cfg->fc_nlflags & NLM_F_REPLACE)
		return fib_replace(in, equal, cfg, dev);
	if (cfg->fc_nlflags & NLM_F_REPLACE && !(cfg->fc_nlflags & NLM_F_CREATE))
		return -ENOENT;
	return fib_insert(in, cfg, dev);
}

int fib_table_insert(struct net *net, const struct fib_config *cfg)
{
	struct ipv4_net *in = ipv4_net(net);
	struct fib_config full = *cfg;
	struct net_device *dev = NULL;
	int err = fib_check_type(cfg);

	ASSERT_NET_LOCKED(net);
	if (err)
		return err;
	if (cfg->fc_oif) {
		dev = __dev_get_by_index(net, cfg->fc_oif);
		if (!dev)
			return -ENODEV;
	}
	if (cfg->fc_gw4) {
		err = fib_check_nexthop(in, cfg, &dev);
		if (err)
			return err;
	}
	if (dev && cfg->fc_type == RTN_UNICAST && !netif_running(dev))
		return -ENETDOWN;
	full.fc_oif = dev ? dev->ifindex : 0;
	return fib_put(in, &full, dev);
}

static bool fib_deletes(const struct fib_config *cfg, const struct fib_route *r)
{
	return r->cfg.fc_dst == cfg->fc_dst && r->cfg.fc_dst_len == cfg->fc_dst_len &&
	       (!cfg->fc_type || r->cfg.fc_type == cfg->fc_type) &&
	       (!cfg->fc_gw4 || r->cfg.fc_gw4 == cfg->fc_gw4) &&
	       (!cfg->fc_oif || r->cfg.fc_oif == cfg->fc_oif) &&
	       (!cfg->fc_priority || r->cfg.fc_priority == cfg->fc_priority) &&
	       r->cfg.fc_tos == cfg->fc_tos;
}

int fib_table_delete(struct net *net, const struct fib_config *cfg)
{
	struct ipv4_net *in = ipv4_net(net);
	struct fib_node *n;
	struct fib_route *r;

	ASSERT_NET_LOCKED(net);
	if (cfg->fc_dst_len > 32)
		return -ESRCH;
	n = fib_node_find(in->fib_root, ntohl(cfg->fc_dst), cfg->fc_dst_len);
	if (!n)
		return -ESRCH;
	list_for_each_entry(r, &n->aliases, alias) {
		if (fib_deletes(cfg, r)) {
			fib_free(in, r);
			fib_flush_caches(in);
			return 0;
		}
	}
	return -ESRCH;
}

void fib_for_each(struct net *net, void (*cb)(const struct fib_config *cfg, void *arg), void *arg)
{
	struct ipv4_net *in = ipv4_net(net);
	struct fib_route *r;
	int len;

	fib_for_each_route(r, in, len) cb(&r->cfg, arg);
}

/* Routes that follow from an address. Several addresses may lead to the same one. */
static int fib_magic(const struct in_ifaddr *ifa, u8 type, __be32 dst, int len)
{
	struct net_device *dev = ifa->ifa_dev->dev;
	struct fib_config cfg = {
		.fc_dst = dst,
		.fc_dst_len = (u8)len,
		.fc_type = type,
		.fc_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
		.fc_oif = dev->ifindex,
		.fc_prefsrc = ifa->ifa_local,
	};
	int err = fib_insert(ipv4_net(dev_net(dev)), &cfg, dev);

	return err == -EEXIST ? 0 : err;
}

/* That of everybody needs no route. */
static bool fib_has_broadcast(const struct in_ifaddr *ifa)
{
	return ifa->ifa_broadcast && !ipv4_is_lbcast(ifa->ifa_broadcast);
}

/* The last address of the subnet, whatever else was made its broadcast; 0 where there is none. */
static __be32 fib_subnet_broadcast(const struct in_ifaddr *ifa)
{
	if (ifa->ifa_prefixlen >= 31 || !(ifa->ifa_dev->dev->flags & IFF_BROADCAST))
		return 0;
	return ifa->ifa_address | ~ifa->ifa_mask;
}

/* What holds only while the device is up. */
static int fib_add_subnet(const struct in_ifaddr *ifa)
{
	__be32 prefix = ifa->ifa_address & ifa->ifa_mask;
	int err = 0;

	if (ifa->ifa_scope == RT_SCOPE_HOST)
		return 0;
	if (fib_has_broadcast(ifa))
		err = fib_magic(ifa, RTN_BROADCAST, ifa->ifa_broadcast, 32);
	if (!err && fib_subnet_broadcast(ifa))
		err = fib_magic(ifa, RTN_BROADCAST, fib_subnet_broadcast(ifa), 32);
	/* Of a subnet of one, only the other end of a link is elsewhere. */
	if (err || (ifa->ifa_prefixlen == 32 && prefix == ifa->ifa_local) ||
	    ipv4_is_zeronet(prefix))
		return err;
	return fib_magic(ifa, RTN_UNICAST, prefix, ifa->ifa_prefixlen);
}

int fib_add_ifaddr(struct in_ifaddr *ifa)
{
	const struct net_device *dev = ifa->ifa_dev->dev;
	int err = fib_magic(ifa, RTN_LOCAL, ifa->ifa_local, 32);

	/* All of 127/8 is this host, RFC 1122 section 3.2.1.3(g). */
	if (!err && ifa->ifa_scope == RT_SCOPE_HOST && ifa->ifa_prefixlen < 32)
		err = fib_magic(ifa, RTN_LOCAL, ifa->ifa_address & ifa->ifa_mask,
				ifa->ifa_prefixlen);
	if (!err && netif_running(dev))
		err = fib_add_subnet(ifa);
	return err;
}

/* The address that still calls for a route, of those that the device has, or NULL. */
static const struct in_ifaddr *fib_wanted(const struct in_device *in_dev,
					  const struct fib_config *cfg)
{
	const struct in_ifaddr *ifa;

	if (cfg->fc_type == RTN_LOCAL && cfg->fc_dst_len == 32)
		return NULL;
	in_dev_for_each_ifa(ifa, in_dev) {
		if (cfg->fc_type == RTN_BROADCAST &&
		    (cfg->fc_dst == ifa->ifa_broadcast || cfg->fc_dst == fib_subnet_broadcast(ifa)))
			return ifa;
		if (cfg->fc_type != RTN_BROADCAST && cfg->fc_dst_len == ifa->ifa_prefixlen &&
		    cfg->fc_dst == (ifa->ifa_address & ifa->ifa_mask))
			return ifa;
	}
	return NULL;
}

int fib_change_broadcast(struct in_ifaddr *ifa, __be32 old)
{
	struct net_device *dev = ifa->ifa_dev->dev;
	struct fib_config cfg = {
		.fc_dst = old, .fc_dst_len = 32, .fc_type = RTN_BROADCAST, .fc_oif = dev->ifindex
	};
	int err = 0;

	if (!netif_running(dev))
		return 0;
	if (fib_has_broadcast(ifa))
		err = fib_magic(ifa, RTN_BROADCAST, ifa->ifa_broadcast, 32);
	if (!err && !fib_wanted(ifa->ifa_dev, &cfg))
		fib_table_delete(dev_net(dev), &cfg);
	return err;
}

static bool fib_gateway_reached(struct ipv4_net *in, const struct fib_route *route)
{
	struct fib_route *r = fib_lookup(in, route->cfg.fc_gw4, route->cfg.fc_oif);

	return r && r->cfg.fc_type == RTN_UNICAST && !r->cfg.fc_gw4;
}

/* @ifa is in its device's list no more. Routes through its subnet go with it. */
void fib_del_ifaddr(struct in_ifaddr *ifa)
{
	struct in_device *in_dev = ifa->ifa_dev;
	struct ipv4_net *in = ipv4_net(dev_net(in_dev->dev));
	const struct in_ifaddr *heir;
	struct fib_route *r, *next;
	int len;

	fib_for_each_route_safe(r, next, in, len)
	{
		if (r->dev != in_dev->dev || r->cfg.fc_prefsrc != ifa->ifa_local)
			continue;
		heir = fib_wanted(in_dev, &r->cfg);
		if (!heir) {
			fib_free(in, r);
			continue;
		}
		r->cfg.fc_prefsrc = heir->ifa_local;
		fib_notify(in, FIB_EVENT_ENTRY_REPLACE, &r->cfg);
	}
	fib_for_each_route_safe(r, next, in, len) if (r->dev == in_dev->dev && r->cfg.fc_gw4 &&
						      !fib_gateway_reached(in, r)) fib_free(in, r);
	fib_flush_caches(in);
}

void fib_up(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get(dev);
	const struct in_ifaddr *ifa;

	in_dev_for_each_ifa(ifa, in_dev)
		if (fib_add_subnet(ifa))
			net_warn_ratelimited("%s: no route for its address: no memory", dev->name);
}

/* @all: with the addresses, as the device itself goes; else they stay and can be reached. */
void fib_down(struct net_device *dev, bool all)
{
	struct ipv4_net *in = ipv4_net(dev_net(dev));
	struct fib_route *r, *next;
	int len;

	fib_for_each_route_safe(r, next, in,
				len) if (r->dev == dev && (all || r->cfg.fc_type != RTN_LOCAL))
		fib_free(in, r);
	fib_flush_caches(in);
	rt_dev_put_all(in, dev);
}

void fib_flush_all(struct ipv4_net *in)
{
	struct fib_route *r, *next;
	int len;

	fib_for_each_route_safe(r, next, in, len) fib_free(in, r);
}
