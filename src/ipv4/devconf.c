// SPDX-License-Identifier: BSD-2-Clause
/* Settings per device under net.ipv4.conf: a device's own, those of all, and the defaults. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <skiff/slab.h>

#include "ipv4/ipv4.h"

/* What a report that nobody asked for may wait: an hour. */
#define INTERVAL_MAX_MS (3600 * 1000)

/**
 * struct devconf_var - a setting that is kept per device
 * @name: in the file system
 * @attr: IPV4_DEVCONF_*
 * @most: greatest value
 * @start: of all and of the defaults
 * @least: smallest value
 * @mode: 0 for one that can be changed
 *
 * Missing are those about IPsec and those that only a router could follow, but for the two that say
 * that this host is none.
 */
static const struct devconf_var {
	const char *name;
	int attr;
	int most;
	int start;
	int least;
	unsigned int mode;
} devconf_vars[] = {
	{ "accept_local", IPV4_DEVCONF_ACCEPT_LOCAL, .most = 1 },
	{ "accept_redirects", IPV4_DEVCONF_ACCEPT_REDIRECTS, .most = 1, .start = 1 },
	{ "accept_source_route", IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, .most = 1, .start = 1 },
	{ "drop_unicast_in_l2_multicast", IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, .most = 1 },
	{ "force_igmp_version", IPV4_DEVCONF_FORCE_IGMP_VERSION, .most = 3 },
	{ "forwarding", IPV4_DEVCONF_FORWARDING, .mode = 0444 },
	{ "igmpv2_unsolicited_report_interval", IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL,
	  .most = INTERVAL_MAX_MS, .start = 10000 }, /* RFC 2236 section 8.10 */
	{ "igmpv3_unsolicited_report_interval", IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL,
	  .most = INTERVAL_MAX_MS, .start = 1000 }, /* RFC 3376 section 8.11 */
	{ "ignore_routes_with_linkdown", IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, .most = 1 },
	{ "log_martians", IPV4_DEVCONF_LOG_MARTIANS, .most = 1 },
	{ "mc_forwarding", IPV4_DEVCONF_MC_FORWARDING, .mode = 0444 },
	{ "medium_id", IPV4_DEVCONF_MEDIUM_ID, .most = INT_MAX, .least = -1 },
	{ "promote_secondaries", IPV4_DEVCONF_PROMOTE_SECONDARIES, .most = 1 },
	{ "route_localnet", IPV4_DEVCONF_ROUTE_LOCALNET, .most = 1 },
	{ "rp_filter", IPV4_DEVCONF_RP_FILTER, .most = 2 },
	{ "secure_redirects", IPV4_DEVCONF_SECURE_REDIRECTS, .most = 1, .start = 1 },
	{ "shared_media", IPV4_DEVCONF_SHARED_MEDIA, .most = 1, .start = 1 },
	/* A number for whoever wants to keep one. */
	{ "tag", IPV4_DEVCONF_TAG, .most = INT_MAX, .least = INT_MIN },
	{ "arp_filter", IPV4_DEVCONF_ARPFILTER, .most = 1 },
	{ "arp_announce", IPV4_DEVCONF_ARP_ANNOUNCE, .most = 2 },
	{ "arp_ignore", IPV4_DEVCONF_ARP_IGNORE, .most = 8 },
	{ "arp_accept", IPV4_DEVCONF_ARP_ACCEPT, .most = 2 },
	{ "arp_notify", IPV4_DEVCONF_ARP_NOTIFY, .most = 1 },
	{ "arp_evict_nocarrier", IPV4_DEVCONF_ARP_EVICT_NOCARRIER, .most = 1, .start = 1 },
	{ "proxy_arp", IPV4_DEVCONF_PROXY_ARP, .most = 1 },
	{ "proxy_arp_pvlan", IPV4_DEVCONF_PROXY_ARP_PVLAN, .most = 1 },
	{ "drop_gratuitous_arp", IPV4_DEVCONF_DROP_GRATUITOUS_ARP, .most = 1 },
};

/* The default changed: devices follow, but those that have a value of their own. */
static void devconf_spread(struct net *net, int attr, int value)
{
	struct in_device *in_dev;
	struct net_device *dev;

	for_each_netdev(net, dev) {
		in_dev = __in_dev_get(dev);
		if (in_dev && !(in_dev->cnf.set & 1ull << attr))
			WRITE_ONCE(in_dev->cnf.data[attr - 1], value);
	}
}

static int devconf_proc(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct ipv4_devconf *cnf = (struct ipv4_devconf *)ctl->extra1;
	const struct devconf_var *v = (const struct devconf_var *)ctl->extra2;
	struct ctl_table one = *ctl;
	int least = v->least, most = v->most, err;

	one.extra1 = &least;
	one.extra2 = &most;
	err = proc_dointvec_minmax(&one, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	cnf->set |= 1ull << v->attr;
	/* Several decide which routes there are. */
	fib_flush_caches(ipv4_net(cnf->net));
	if (cnf == &ipv4_net(cnf->net)->devconf_dflt)
		devconf_spread(cnf->net, v->attr, cnf->data[v->attr - 1]);
	return 0;
}

void devconf_inherit(struct ipv4_devconf *cnf, struct net *net)
{
	memcpy(cnf->data, ipv4_net(net)->devconf_dflt.data, sizeof(cnf->data));
	cnf->net = net;
}

void devconf_unregister(struct ipv4_devconf *cnf)
{
	unregister_net_sysctl_table(cnf->header);
	kfree(cnf->table);
	cnf->header = NULL;
	cnf->table = NULL;
}

/* What was shown under another name goes. */
int devconf_register(struct ipv4_devconf *cnf, const char *name)
{
	struct ctl_table *table = (struct ctl_table *)kcalloc(ARRAY_SIZE(devconf_vars) + 1,
							      sizeof(*table), GFP_KERNEL);
	char path[sizeof("net/ipv4/conf/") + IFNAMSIZ];

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(devconf_vars); i++)
		table[i] = (struct ctl_table){
			.procname = devconf_vars[i].name,
			.data = &cnf->data[devconf_vars[i].attr - 1],
			.maxlen = sizeof(int),
			.mode = devconf_vars[i].mode ? devconf_vars[i].mode : 0644,
			.proc_handler = devconf_proc,
			.extra1 = cnf,
			.extra2 = (void *)(uintptr_t)&devconf_vars[i],
		};
	devconf_unregister(cnf);
	snprintf(path, sizeof(path), "net/ipv4/conf/%s", name);
	cnf->header = register_net_sysctl(cnf->net, path, table);
	if (!cnf->header) {
		kfree(table);
		return -ENOMEM;
	}
	cnf->table = table;
	return 0;
}

/* By SIOCSARP and SIOCDARP: of @dev, or of all when it is NULL. */
int devconf_set_proxy_arp(struct net *net, struct net_device *dev, bool on)
{
	if (!dev)
		IPV4_DEVCONF(ipv4_net(net)->devconf_all, PROXY_ARP) = on;
	else if (__in_dev_get(dev))
		IPV4_DEVCONF(__in_dev_get(dev)->cnf, PROXY_ARP) = on;
	else
		return -ENXIO;
	return 0;
}

int devconf_net_init(struct ipv4_net *in)
{
	struct ipv4_devconf *all = &in->devconf_all, *dflt = &in->devconf_dflt;
	int err;

	all->net = dflt->net = in->net;
	for (size_t i = 0; i < ARRAY_SIZE(devconf_vars); i++)
		all->data[devconf_vars[i].attr - 1] = dflt->data[devconf_vars[i].attr - 1] =
			devconf_vars[i].start;
	/* Both have to allow it, and this one does not. */
	IPV4_DEVCONF(*all, ACCEPT_SOURCE_ROUTE) = 0;
	/*
	 * 0 in Linux. A host of ours comes and goes with its process and often has another MAC
	 * address when it is back: peers that remember the old one would wait for it to age.
	 */
	IPV4_DEVCONF(*all, ARP_NOTIFY) = 1;
	err = devconf_register(all, "all");
	if (!err)
		err = devconf_register(dflt, "default");
	if (!err)
		err = neigh_sysctl_register(neigh_parms_of(in->net, &arp_tbl), "net/ipv4/neigh");
	return err;
}

void devconf_net_exit(struct ipv4_net *in)
{
	neigh_sysctl_unregister(neigh_parms_of(in->net, &arp_tbl));
	devconf_unregister(&in->devconf_dflt);
	devconf_unregister(&in->devconf_all);
}

static int devconf_all(const struct in_device *in_dev, int attr)
{
	return ipv4_net(in_dev->cnf.net)->devconf_all.data[attr - 1];
}

bool in_dev_orconf(const struct in_device *in_dev, int attr)
{
	return devconf_all(in_dev, attr) || in_dev->cnf.data[attr - 1];
}

bool in_dev_andconf(const struct in_device *in_dev, int attr)
{
	return devconf_all(in_dev, attr) && in_dev->cnf.data[attr - 1];
}

int in_dev_maxconf(const struct in_device *in_dev, int attr)
{
	return max(devconf_all(in_dev, attr), in_dev->cnf.data[attr - 1]);
}

int in_dev_eitherconf(const struct in_device *in_dev, int attr)
{
	int all = devconf_all(in_dev, attr);

	return all ? all : in_dev->cnf.data[attr - 1];
}
