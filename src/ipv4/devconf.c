// SPDX-License-Identifier: BSD-2-Clause
/* Settings per device under net.ipv4.conf: a device's own, those of all, and the defaults. */
#include <stdio.h>
#include <string.h>

#include <skiff/slab.h>

#include "ipv4/ipv4.h"

/* Those that are kept per device; all start at 0. */
static const struct devconf_var {
	const char *name;
	int attr;
	int most;
} devconf_vars[] = {
	{ "arp_filter", IPV4_DEVCONF_ARPFILTER, 1 },
	{ "arp_announce", IPV4_DEVCONF_ARP_ANNOUNCE, 2 },
	{ "arp_ignore", IPV4_DEVCONF_ARP_IGNORE, 8 },
	{ "arp_accept", IPV4_DEVCONF_ARP_ACCEPT, 2 },
	{ "arp_notify", IPV4_DEVCONF_ARP_NOTIFY, 1 },
	{ "arp_evict_nocarrier", IPV4_DEVCONF_ARP_EVICT_NOCARRIER, 1 },
	{ "proxy_arp", IPV4_DEVCONF_PROXY_ARP, 1 },
	{ "proxy_arp_pvlan", IPV4_DEVCONF_PROXY_ARP_PVLAN, 1 },
	{ "drop_gratuitous_arp", IPV4_DEVCONF_DROP_GRATUITOUS_ARP, 1 },
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
	int most = v->most, err;

	one.extra1 = SYSCTL_ZERO;
	one.extra2 = &most;
	err = proc_dointvec_minmax(&one, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	cnf->set |= 1ull << v->attr;
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
			.mode = 0644,
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
	IPV4_DEVCONF(*all, ARP_EVICT_NOCARRIER) = IPV4_DEVCONF(*dflt, ARP_EVICT_NOCARRIER) = 1;
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
