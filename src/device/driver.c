// SPDX-License-Identifier: BSD-2-Clause
/* The table of drivers, and devices made from it with options as text. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <skiff/driver.h>
#include <skiff/etherdevice.h>
#include <skiff/netem.h>
#include <skiff/sch_generic.h>

#include "base/fork.h"
#include "device/device.h"
#include "device/netem.h"
#include "wire/addr.h"

#define KIND_MAX 16

static LIST_HEAD(drivers);
DEFINE_FORK_SAFE_SPINLOCK(drivers_lock)

/* What the options say that every device understands. */
struct common_options {
	bool has_mac;
	u8 mac[ETH_ALEN];
	const char *mac_text;
	bool has_mtu;
	int mtu;
	char qdisc[24];
	u32 qdisc_limit;
	bool has_netem;
	struct netem_params netem;
};

int skiff_driver_error(char *err, size_t err_size, int code, const char *fmt, ...)
{
	va_list args;

	if (err && err_size) {
		va_start(args, fmt);
		vsnprintf(err, err_size, fmt, args);
		va_end(args);
	}
	return code;
}

const struct skiff_driver *skiff_driver_find(const char *kind)
{
	const struct skiff_driver *drv, *found = NULL;

	spin_lock(&drivers_lock);
	list_for_each_entry(drv, &drivers, list)
		if (kind && !strcmp(drv->kind, kind))
			found = drv;
	spin_unlock(&drivers_lock);
	return found;
}

const struct skiff_driver *skiff_driver_next(const struct skiff_driver *drv)
{
	const struct list_head *next;

	spin_lock(&drivers_lock);
	next = drv ? drv->list.next : drivers.next;
	spin_unlock(&drivers_lock);
	return next == &drivers ? NULL : list_entry(next, struct skiff_driver, list);
}

int skiff_driver_register(struct skiff_driver *drv)
{
	const struct skiff_driver *other;

	if (!drv || !drv->kind || !*drv->kind || strlen(drv->kind) > KIND_MAX || !drv->create ||
	    !drv->options || drv->config_size > SKIFF_DRIVER_CONFIG_MAX)
		return -EINVAL;
	other = skiff_driver_find(drv->kind);
	if (other)
		return other == drv ? -EALREADY : -EEXIST;
	spin_lock(&drivers_lock);
	list_add_tail(&drv->list, &drivers);
	spin_unlock(&drivers_lock);
	return 0;
}

static int unknown_kind(const char *kind, char *err, size_t err_size)
{
	const struct skiff_driver *drv = NULL;
	char kinds[256] = "";
	size_t len = 0;

	while ((drv = skiff_driver_next(drv)) != NULL && len < sizeof(kinds))
		len += (size_t)snprintf(kinds + len, sizeof(kinds) - len, "%s%s", len ? ", " : "",
					drv->kind);
	return skiff_driver_error(err, err_size, -ENOENT,
				  "%s: no such kind of device; there are: %s", kind, kinds);
}

static int parse_mac(struct common_options *common, const char *value, char *err, size_t err_size)
{
	enum wire_addr_error error = wire_parse_mac(value, common->mac);

	if (error)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "mac=%s: %s; six bytes in hexadecimal, as "
					  "02:00:00:00:00:01, are accepted",
					  value, wire_addr_reason(error));
	if (!is_valid_ether_addr(common->mac))
		return skiff_driver_error(
			err, err_size, -EINVAL,
			"mac=%s: not an address for a device; one that is neither zero "
			"nor multicast (first byte even) is accepted",
			value);
	common->has_mac = true;
	common->mac_text = value;
	return 0;
}

static int parse_mtu(struct common_options *common, const char *value, char *err, size_t err_size)
{
	char *end;
	long mtu;

	errno = 0;
	mtu = strtol(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || mtu > INT32_MAX)
		return skiff_driver_error(
			err, err_size, -EINVAL,
			"mtu=%s: not a number of bytes; %d to %d, for Ethernet, is "
			"accepted",
			value, ETH_MIN_MTU, ETH_MAX_MTU - ETH_HLEN);
	common->has_mtu = true;
	common->mtu = (int)mtu;
	return 0;
}

static int refuse_qdisc(const char *value, char *err, size_t err_size)
{
	return skiff_driver_error(
		err, err_size, -EINVAL,
		"qdisc=%s: pfifo_fast, or pfifo, bfifo or pfifo_head_drop, with a "
		"limit as in pfifo:100, is accepted",
		value);
}

/* A kind, and its limit behind a colon. */
static int parse_qdisc(struct common_options *common, const char *value, char *err, size_t err_size)
{
	const char *colon = strchr(value, ':');
	size_t len = colon ? (size_t)(colon - value) : strlen(value);
	char *end = NULL;
	long limit = 0;

	if (!len || len >= sizeof(common->qdisc))
		return refuse_qdisc(value, err, err_size);
	if (colon) {
		errno = 0;
		limit = strtol(colon + 1, &end, 10);
		if (end == colon + 1 || *end || errno || limit < 1 || limit > INT32_MAX)
			return refuse_qdisc(value, err, err_size);
	}
	memcpy(common->qdisc, value, len);
	common->qdisc[len] = '\0';
	common->qdisc_limit = (u32)limit;
	return 0;
}

static int parse_option(const struct skiff_driver *drv, struct common_options *common, void *config,
			const char *option, char *err, size_t err_size)
{
	const char *equals = strchr(option, '=');
	char key[32];
	int ret = -ENOENT;

	if (!equals || equals == option || (size_t)(equals - option) >= sizeof(key))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "%s: not an option; key=value is accepted", option);
	memcpy(key, option, (size_t)(equals - option));
	key[equals - option] = '\0';
	if (!strcmp(key, "mac"))
		return parse_mac(common, equals + 1, err, err_size);
	if (!strcmp(key, "mtu"))
		return parse_mtu(common, equals + 1, err, err_size);
	if (!strcmp(key, "qdisc"))
		return parse_qdisc(common, equals + 1, err, err_size);
	if (drv->option)
		ret = drv->option(config, key, equals + 1, err, err_size);
	if (ret != -ENOENT)
		return ret;
	ret = netem_option(&common->netem, key, equals + 1, err, err_size);
	if (ret == -ENOENT)
		return skiff_driver_error(
			err, err_size, ret,
			"%s: %s devices have no such option; there are: mac, mtu, qdisc%s%s, %s",
			key, drv->kind, *drv->options ? ", " : "", drv->options, netem_keys());
	common->has_netem = true;
	return ret;
}

/* Locked, before registration. */
static int apply_common(struct net_device *dev, const struct common_options *common, char *err,
			size_t err_size)
{
	u8 mac[ETH_ALEN];

	if (common->has_mac && (dev->type != ARPHRD_ETHER || !dev->netdev_ops->ndo_set_mac_address))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "mac=%s: this kind of device has no address",
					  common->mac_text);
	if (common->has_mac) {
		eth_hw_addr_set(dev, common->mac);
		dev->addr_assign_type = NET_ADDR_SET;
	} else if (dev->type == ARPHRD_ETHER && is_zero_ether_addr(dev->dev_addr)) {
		eth_random_addr(mac);
		eth_hw_addr_set(dev, mac);
		dev->addr_assign_type = NET_ADDR_RANDOM;
	}
	if (!common->has_mtu)
		return 0;
	if (dev_set_mtu(dev, common->mtu))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "mtu=%d: out of range; %u to %u is accepted", common->mtu,
					  dev->min_mtu, dev->max_mtu ? dev->max_mtu : INT32_MAX);
	return 0;
}

static int explain_register(struct net_device *dev, int code, char *err, size_t err_size)
{
	switch (code) {
	case -EEXIST:
		return skiff_driver_error(err, err_size, code,
					  "name=%s: taken by another device of this host",
					  dev->name);
	case -ENOSPC:
		return skiff_driver_error(err, err_size, code, "%s: a host has at most %d devices",
					  dev->name, NETDEV_MAX_PER_NET);
	default:
		return skiff_driver_error(err, err_size, code, "%s: can't be registered: %s",
					  dev->name, strerror(-code));
	}
}

static int register_configured(struct net_device *dev, const struct common_options *common,
			       char *err, size_t err_size)
{
	int ret = register_netdevice(dev);

	if (ret)
		return explain_register(dev, ret, err, err_size);
	if (common->qdisc[0])
		ret = dev_set_qdisc(dev, common->qdisc, common->qdisc_limit);
	else if (common->has_netem)
		ret = netem_configure(dev, &common->netem);
	if (!ret)
		return 0;
	/* It is the caller's to free, as after an error of registration. */
	dev->needs_free_netdev = false;
	unregister_netdevice(dev);
	if (ret != -ENOMEM)
		return refuse_qdisc(common->qdisc, err, err_size);
	return skiff_driver_error(err, err_size, ret, "%s: no memory for its queue", dev->name);
}

static int set_up(struct net *net, struct net_device *dev, const struct common_options *common,
		  char *err, size_t err_size)
{
	int ret = net_enter(net);

	if (ret)
		return skiff_driver_error(err, err_size, ret,
					  "the host belongs to another process");
	ret = apply_common(dev, common, err, err_size);
	if (!ret)
		ret = register_configured(dev, common, err, err_size);
	net_unlock(net);
	return ret;
}

int skiff_driver_create(struct net *net, const char *kind, const char *name,
			const char *const *options, size_t nr, struct net_device **dev, char *err,
			size_t err_size)
{
	struct common_options common = { .has_mac = false };
	u64 config[SKIFF_DRIVER_CONFIG_MAX / sizeof(u64)] = { 0 };
	const struct skiff_driver *drv = skiff_driver_find(kind);
	struct net_device *created = NULL;
	char pattern[KIND_MAX + 3];
	size_t i;
	int ret;

	*dev = NULL;
	skiff_driver_error(err, err_size, 0, "%s", "");
	if (!drv)
		return unknown_kind(kind ? kind : "", err, err_size);
	if (!name) {
		snprintf(pattern, sizeof(pattern), "%s%%d", kind);
		name = pattern;
	} else if (!dev_valid_name(name)) {
		return skiff_driver_error(
			err, err_size, -EINVAL,
			"name=%s: not a device name; 1 to %d characters without '/', "
			"':' and white space are accepted",
			name, IFNAMSIZ - 1);
	}
	for (i = 0; i < nr; i++) {
		ret = parse_option(drv, &common, config, options[i], err, err_size);
		if (ret)
			return ret;
	}
	if (common.qdisc[0] && common.has_netem)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "qdisc=%s: netem's keys take its place; one of them is "
					  "accepted",
					  common.qdisc);
	ret = common.has_netem ? netem_check(&common.netem, err, err_size) : 0;
	if (ret)
		return ret;
	ret = drv->create(net, name, config, &created, err, err_size);
	if (ret)
		return ret;
	ret = set_up(net, created, &common, err, err_size);
	if (ret) {
		free_netdev(created);
		return ret;
	}
	*dev = created;
	return 0;
}
