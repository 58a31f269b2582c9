// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 neighbours added, deleted and listed as text. */
#include <stdlib.h>
#include <string.h>

#include <skiff/arp.h>
#include <skiff/neighconf.h>
#include <skiff/route.h>
#include <skiff/slab.h>

#include "skiff/skiff_top.h"
#include "wire/addr.h"

static const struct {
	const char *name;
	u8 state;
} neigh_states[] = {
	{ "permanent", NUD_PERMANENT },
	{ "noarp", NUD_NOARP },
	{ "reachable", NUD_REACHABLE },
	{ "stale", NUD_STALE },
};

static int parse_state(const char *text, u8 *state, char *err, size_t err_size)
{
	*state = NUD_PERMANENT;
	if (!text)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(neigh_states); i++)
		if (!strcmp(text, neigh_states[i].name)) {
			*state = neigh_states[i].state;
			return 0;
		}
	return conf_error(err, err_size, -EINVAL,
			  "state '%s': permanent, noarp, reachable or stale is accepted", text);
}

static int parse_lladdr(const struct net_device *dev, const char *text, u8 *lladdr, char *err,
			size_t err_size)
{
	enum wire_addr_error e;

	if (dev->addr_len != 6)
		return text ? conf_error(err, err_size, -EINVAL,
					 "link-layer address '%s': %s has none that are written so",
					 text, dev->name) :
			      0;
	e = wire_parse_mac(text, lladdr);
	if (e != WIRE_ADDR_OK)
		return conf_error(
			err, err_size, -EINVAL,
			"link-layer address '%s': %s; six pairs of hexadecimal digits, as "
			"02:00:00:00:00:01, are accepted",
			text ? text : "", wire_addr_reason(e));
	if (lladdr[0] & 1 || !memcmp(lladdr, "\0\0\0\0\0", 6))
		return conf_error(err, err_size, -EINVAL,
				  "link-layer address '%s': no single station's", text);
	return 0;
}

/* An address that a neighbour can have. */
static int parse_neigh(struct net *net, const char *text, __be32 *addr, char *err, size_t err_size)
{
	int ret = conf_ip(text, addr, err, err_size);

	if (ret)
		return ret;
	if (inet_addr_type(net, *addr) != RTN_UNICAST)
		return conf_error(err, err_size, -EINVAL,
				  "address '%s': this host's own, or no single host's", text);
	return 0;
}

/* Under the stack lock, as are the others with a struct net_device. */
static int neigh_set(struct net_device *dev, __be32 addr, const u8 *lladdr, u8 state, char *err,
		     size_t err_size)
{
	struct neighbour *n;
	int ret;

	if (!netif_running(dev))
		return conf_error(err, err_size, -ENETDOWN, "%s is not up", dev->name);
	n = neigh_create(&arp_tbl, &addr, dev);
	if (IS_ERR(n))
		return conf_error(
			err, err_size, (int)PTR_ERR(n),
			"no room for another neighbour (net.ipv4.neigh.default.gc_thresh3)");
	ret = neigh_update(n, lladdr, state, NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_OVERRIDE, 0);
	neigh_release(n);
	return ret;
}

static int neigh_add_locked(struct net *net, const char *devname, const char *addr,
			    const char *lladdr, u8 state, char *err, size_t err_size)
{
	struct net_device *dev = conf_dev(net, devname, err, err_size);
	u8 mac[MAX_ADDR_LEN] = { 0 };
	__be32 ip;
	int ret;

	if (!dev)
		return -ENODEV;
	ret = parse_neigh(net, addr, &ip, err, err_size);
	if (!ret)
		ret = parse_lladdr(dev, lladdr, mac, err, err_size);
	return ret ? ret : neigh_set(dev, ip, lladdr ? mac : NULL, state, err, err_size);
}

int skiff_neigh_add(struct net *net, const char *dev, const char *addr, const char *lladdr,
		    const char *state, char *err, size_t err_size)
{
	u8 nud;
	int ret;

	conf_no_error(err, err_size);
	ret = parse_state(state, &nud, err, err_size);
	if (!ret)
		ret = net_enter(net);
	if (ret)
		return ret;
	ret = neigh_add_locked(net, dev, addr, lladdr, nud, err, err_size);
	net_unlock(net);
	return ret;
}

static int neigh_del_locked(struct net *net, const char *devname, const char *addr, char *err,
			    size_t err_size)
{
	struct net_device *dev = conf_dev(net, devname, err, err_size);
	struct neighbour *n;
	__be32 ip;
	int ret;

	if (!dev)
		return -ENODEV;
	ret = conf_ip(addr, &ip, err, err_size);
	if (ret)
		return ret;
	n = neigh_lookup(&arp_tbl, &ip, dev);
	if (!n)
		return conf_error(err, err_size, -ENOENT, "address '%s': no neighbour on %s", addr,
				  devname);
	neigh_remove_one(n);
	neigh_release(n);
	return 0;
}

int skiff_neigh_del(struct net *net, const char *dev, const char *addr, char *err, size_t err_size)
{
	int ret = net_enter(net);

	conf_no_error(err, err_size);
	if (ret)
		return ret;
	ret = neigh_del_locked(net, dev, addr, err, err_size);
	net_unlock(net);
	return ret;
}

/* Proxies */

static int proxy_locked(struct net *net, const char *devname, const char *addr, bool add, char *err,
			size_t err_size)
{
	struct net_device *dev = devname ? conf_dev(net, devname, err, err_size) : NULL;
	__be32 ip;
	int ret;

	if (devname && !dev)
		return -ENODEV;
	ret = parse_neigh(net, addr, &ip, err, err_size);
	if (ret)
		return ret;
	if (add)
		return pneigh_lookup(&arp_tbl, net, &ip, dev, 1) ?
			       0 :
			       conf_error(err, err_size, -ENOMEM, "no memory for a proxy");
	if (pneigh_delete(&arp_tbl, net, &ip, dev))
		return conf_error(err, err_size, -ENOENT, "address '%s': no proxy for it on %s",
				  addr, dev ? dev->name : "all devices");
	return 0;
}

static int proxy_change(struct net *net, const char *dev, const char *addr, bool add, char *err,
			size_t err_size)
{
	int ret = net_enter(net);

	conf_no_error(err, err_size);
	if (ret)
		return ret;
	ret = proxy_locked(net, dev, addr, add, err, err_size);
	net_unlock(net);
	return ret;
}

int skiff_neigh_proxy_add(struct net *net, const char *dev, const char *addr, char *err,
			  size_t err_size)
{
	return proxy_change(net, dev, addr, true, err, err_size);
}

int skiff_neigh_proxy_del(struct net *net, const char *dev, const char *addr, char *err,
			  size_t err_size)
{
	return proxy_change(net, dev, addr, false, err, err_size);
}

/* Listing */

/**
 * struct listing - a copy of the table
 * @all: entries, NULL while they are counted
 * @nr: how many
 * @now: on the host's clock
 */
struct listing {
	struct skiff_neigh *all;
	size_t nr;
	ktime_t now;
};

static void format_lladdr(char *text, const u8 *addr, unsigned int len)
{
	static const char hex[] = "0123456789abcdef";

	for (unsigned int i = 0; i < len; i++) {
		*text++ = hex[addr[i] >> 4];
		*text++ = hex[addr[i] & 15];
		*text++ = i + 1 == len ? '\0' : ':';
	}
}

static void list_neigh(struct neighbour *n, void *arg)
{
	struct listing *l = (struct listing *)arg;
	struct skiff_neigh *to = l->all ? &l->all[l->nr] : NULL;

	l->nr++;
	if (!to)
		return;
	memcpy(to->dev, n->dev->name, sizeof(to->dev));
	memcpy(&to->addr, n->primary_key, sizeof(to->addr));
	if (n->nud_state & NUD_VALID)
		format_lladdr(to->lladdr, n->ha, n->dev->addr_len);
	to->state = neigh_state_name(n->nud_state);
	to->flags = n->flags;
	to->probes = n->probes;
	to->used_ns = l->now - n->used;
	to->confirmed_ns = l->now - n->confirmed;
	to->updated_ns = l->now - n->updated;
}

static void list_proxy(struct pneigh_entry *entry, void *arg)
{
	struct listing *l = (struct listing *)arg;
	struct skiff_neigh *to = l->all ? &l->all[l->nr] : NULL;

	l->nr++;
	if (!to)
		return;
	if (entry->dev)
		memcpy(to->dev, entry->dev->name, sizeof(to->dev));
	memcpy(&to->addr, entry->key, sizeof(to->addr));
	to->state = "PROXY";
	to->flags = entry->flags | NTF_PROXY;
}

static int by_dev_and_addr(const void *a, const void *b)
{
	const struct skiff_neigh *x = (const struct skiff_neigh *)a;
	const struct skiff_neigh *y = (const struct skiff_neigh *)b;
	u32 p = ntohl((__force __be32)x->addr.s_addr), q = ntohl((__force __be32)y->addr.s_addr);
	int dev = strcmp(x->dev, y->dev);

	if (dev)
		return dev;
	if (p != q)
		return p < q ? -1 : 1;
	return (int)(x->flags & NTF_PROXY) - (int)(y->flags & NTF_PROXY);
}

static void list_all(struct net *net, struct listing *l)
{
	l->nr = 0;
	neigh_for_each(net, &arp_tbl, list_neigh, l);
	pneigh_for_each(net, &arp_tbl, list_proxy, l);
}

static int list_locked(struct net *net, struct listing *l)
{
	l->now = skiff_net_now(net);
	list_all(net, l);
	l->all = (struct skiff_neigh *)kcalloc(l->nr + 1, sizeof(*l->all), GFP_KERNEL);
	if (!l->all)
		return -ENOMEM;
	list_all(net, l);
	return 0;
}

int skiff_neigh_foreach(struct net *net, int (*fn)(const struct skiff_neigh *neigh, void *arg),
			void *arg)
{
	struct listing l = { 0 };
	int ret = fn ? net_enter(net) : -EINVAL;

	if (ret)
		return ret;
	ret = list_locked(net, &l);
	net_unlock(net);
	if (ret)
		return ret;
	qsort(l.all, l.nr, sizeof(*l.all), by_dev_and_addr);
	for (size_t i = 0; i < l.nr && !ret; i++)
		ret = fn(&l.all[i], arg);
	kfree(l.all);
	return ret;
}
