// SPDX-License-Identifier: BSD-2-Clause
/* Devices, addresses, the gateway and services, configured with texts and told in sentences. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <skiff/driver.h>
#include <skiff/ip.h>
#include <skiff/route.h>
#include <skiff/services.h>

#include "skiff/skiff_top.h"
#include "wire/addr.h"

int conf_error(char *err, size_t err_size, int code, const char *fmt, ...)
{
	va_list args;

	if (err_size) {
		va_start(args, fmt);
		vsnprintf(err, err_size, fmt, args);
		va_end(args);
	}
	return code;
}

void conf_no_error(char *err, size_t err_size)
{
	if (err_size)
		err[0] = '\0';
}

int conf_prefix(const char *text, __be32 *addr, unsigned int *len, char *err, size_t err_size)
{
	enum wire_addr_error e = wire_parse_prefix(text, addr, len);

	if (e == WIRE_ADDR_OK)
		return 0;
	return conf_error(err, err_size, -EINVAL,
			  "address '%s': %s; an IPv4 address with prefix length, as 192.0.2.2/24, "
			  "is accepted",
			  text ? text : "", wire_addr_reason(e));
}

/* Why inet_insert_ifa() took an address for none of a host on @dev. */
static const char *conf_no_host(const struct net_device *dev, __be32 addr, unsigned int len)
{
	if (!len)
		return "prefix length 0 would have every address on the link; 1 to 32 is accepted";
	if (ipv4_is_loopback(addr) && !(dev->flags & IFF_LOOPBACK))
		return "loopback addresses are accepted on a loopback device only";
	return "not that of one host: no multicast, broadcast, network or 0.x.x.x address; a "
	       "host's IPv4 address with prefix length, as 192.0.2.2/24, is accepted";
}

/* Under the stack lock. */
static int conf_add_addr(struct net_device *dev, __be32 addr, unsigned int len, char *err,
			 size_t err_size)
{
	char text[WIRE_PREFIX_TEXT];
	int ret = inet_insert_ifa(dev, addr, len);

	if (!ret)
		return 0;
	wire_format_prefix(text, addr, len);
	switch (ret) {
	case -EINVAL:
		return conf_error(err, err_size, ret, "address '%s': %s", text,
				  conf_no_host(dev, addr, len));
	case -EEXIST:
		return conf_error(err, err_size, ret,
				  "address '%s': %s has it already; each address is accepted once",
				  text, dev->name);
	default:
		return conf_error(err, err_size, ret, "address '%s' on %s: %s", text, dev->name,
				  strerror(-ret));
	}
}

/* Addresses, then up. Under the stack lock. */
static int conf_setup(struct net_device *dev, const struct devtext *d, char *err, size_t err_size)
{
	unsigned int i;
	int ret;

	for (i = 0; i < d->nr_addrs; i++) {
		ret = conf_add_addr(dev, d->addrs[i], d->prefixlens[i], err, err_size);
		if (ret)
			return ret;
	}
	ret = dev_open(dev, NULL);
	if (ret)
		return conf_error(err, err_size, ret, "%s does not come up: %s", dev->name,
				  strerror(-ret));
	return dev->ifindex;
}

/* The driver has listed its own options: add those that are no driver's. */
static void conf_more_options(const char *kind, char *err, size_t err_size)
{
	size_t used = err_size ? strlen(err) : 0;

	if (used && skiff_driver_find(kind))
		snprintf(err + used, err_size - used, ", name, addr");
}

int skiff_dev_create(struct net *net, const char *text, char *err, size_t err_size)
{
	struct net_device *dev;
	struct devtext d;
	int ret;

	conf_no_error(err, err_size);
	ret = devtext_parse(&d, text, err, err_size);
	if (ret)
		return ret;
	ret = skiff_driver_create(net, d.kind, d.name, d.options, d.nr_options, &dev, err,
				  err_size);
	if (ret == -ENOENT)
		conf_more_options(d.kind, err, err_size);
	if (ret)
		return ret;
	ret = net_enter(net);
	if (ret)
		return ret;
	ret = conf_setup(dev, &d, err, err_size);
	if (ret < 0)
		unregister_netdevice(dev);
	net_unlock(net);
	return ret;
}

int skiff_dev_destroy(struct net *net, const char *name)
{
	struct net_device *dev;
	int ret = net_enter(net);

	if (ret)
		return ret;
	dev = name ? __dev_get_by_name(net, name) : NULL;
	if (!dev)
		ret = -ENODEV;
	else if (dev == net_loopback_dev(net))
		ret = -EPERM;
	else
		unregister_netdevice(dev);
	net_unlock(net);
	return ret;
}

struct net_device *conf_dev(struct net *net, const char *name, char *err, size_t err_size)
{
	struct net_device *dev = name ? __dev_get_by_name(net, name) : NULL;

	if (!dev)
		conf_error(err, err_size, 0, "device '%s': the host has no such device",
			   name ? name : "");
	return dev;
}

int skiff_addr_add(struct net *net, const char *dev, const char *addr, char *err, size_t err_size)
{
	struct net_device *d;
	unsigned int len;
	__be32 ip;
	int ret;

	conf_no_error(err, err_size);
	ret = conf_prefix(addr, &ip, &len, err, err_size);
	if (!ret)
		ret = net_enter(net);
	if (ret)
		return ret;
	d = conf_dev(net, dev, err, err_size);
	ret = d ? conf_add_addr(d, ip, len, err, err_size) : -ENODEV;
	net_unlock(net);
	return ret;
}

int skiff_dev_up(struct net *net, const char *name, char *err, size_t err_size)
{
	struct net_device *d;
	int ret = net_enter(net);

	conf_no_error(err, err_size);
	if (ret)
		return ret;
	d = conf_dev(net, name, err, err_size);
	ret = d ? dev_open(d, NULL) : -ENODEV;
	net_unlock(net);
	if (d && ret)
		conf_error(err, err_size, ret, "device %s can't be brought up: %s", name,
			   strerror(-ret));
	return ret;
}

int conf_ip(const char *text, __be32 *addr, char *err, size_t err_size)
{
	enum wire_addr_error e = wire_parse_ip(text, addr);

	if (e == WIRE_ADDR_OK)
		return 0;
	return conf_error(err, err_size, -EINVAL,
			  "address '%s': %s; an IPv4 address, as 192.0.2.1, is accepted",
			  text ? text : "", wire_addr_reason(e));
}

int skiff_addr_del(struct net *net, const char *dev, const char *addr, char *err, size_t err_size)
{
	struct net_device *d;
	unsigned int len;
	__be32 ip;
	int ret;

	conf_no_error(err, err_size);
	if (wire_parse_prefix(addr, &ip, &len) != WIRE_ADDR_OK) {
		ret = conf_ip(addr, &ip, err, err_size);
		if (ret)
			return ret;
	}
	ret = net_enter(net);
	if (ret)
		return ret;
	d = conf_dev(net, dev, err, err_size);
	ret = d ? inet_del_ifa(d, ip) : -ENODEV;
	if (ret == -EADDRNOTAVAIL)
		conf_error(err, err_size, ret, "address '%s': %s does not have it", addr, d->name);
	net_unlock(net);
	return ret;
}

/* What makes @addr unfit for a router on the link of @dev. Return: NULL if nothing does. */
static const char *conf_not_a_router(const struct net_device *dev, __be32 addr)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return NULL;
	in_dev_for_each_ifa(ifa, in_dev) {
		__be32 mask = wire_prefix_mask(ifa->ifa_prefixlen);

		if (addr == ifa->ifa_local)
			return "this host's own address";
		/* RFC 3021: in a subnet of two there are neither. */
		if (ifa->ifa_prefixlen >= 31)
			continue;
		if (addr == (ifa->ifa_local | ~mask))
			return "the broadcast address of a device's subnet";
		if (addr == (ifa->ifa_local & mask))
			return "the network address of a device's subnet";
	}
	return NULL;
}

/* Under the stack lock. */
static int conf_check_gateway(struct net *net, __be32 addr, const char *text, char *err,
			      size_t err_size)
{
	const char *reason = NULL;
	struct net_device *dev;

	if (addr == htonl(INADDR_BROADCAST))
		reason = "the broadcast address";
	else if (ipv4_is_multicast(addr))
		reason = "a multicast address";
	else if (!addr)
		reason = "not that of one host";
	for_each_netdev(net, dev)
		if (!reason)
			reason = conf_not_a_router(dev, addr);
	if (!reason)
		return 0;
	return conf_error(err, err_size, -EINVAL,
			  "gateway '%s': %s; that of a router in the subnet of a device is "
			  "accepted",
			  text, reason);
}

/* Under the stack lock. Routers of before are forgotten only when the new one will do. */
static int conf_gateway(struct net *net, __be32 addr, const char *text, char *err, size_t err_size)
{
	const struct fib_config any = { .fc_type = RTN_UNICAST };
	struct fib_config cfg = { .fc_type = RTN_UNICAST, .fc_gw4 = addr, .fc_priority = 1 };
	int ret = 0;

	if (text) {
		ret = conf_check_gateway(net, addr, text, err, err_size);
		if (ret)
			return ret;
		ret = fib_table_insert(net, &cfg);
		if (ret && ret != -EEXIST)
			return conf_error(err, err_size, ret, "gateway '%s': %s", text,
					  ret == -ENETUNREACH ?
						  "not in the subnet of a device that is up; one "
						  "that is there is accepted" :
						  strerror(-ret));
	}
	cfg.fc_priority = 0;
	while (!fib_table_delete(net, &any))
		;
	return addr ? fib_table_insert(net, &cfg) : 0;
}

int skiff_gateway_set(struct net *net, const char *addr, char *err, size_t err_size)
{
	__be32 ip = 0;
	int ret = 0;

	conf_no_error(err, err_size);
	if (addr)
		ret = conf_ip(addr, &ip, err, err_size);
	if (!ret)
		ret = net_enter(net);
	if (ret)
		return ret;
	ret = conf_gateway(net, ip, addr, err, err_size);
	net_unlock(net);
	return ret;
}

static int conf_no_service(const char *name, char *err, size_t err_size)
{
	char list[128] = "";
	unsigned int i;

	for (i = 0; service_name(i); i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", service_name(i));
	}
	return conf_error(err, err_size, -ENOENT, "service '%s': there are %s", name ? name : "",
			  list);
}

int skiff_service_enable(struct net *net, const char *name, char *err, size_t err_size)
{
	int ret;

	conf_no_error(err, err_size);
	ret = net_enter(net);
	if (ret)
		return ret;
	ret = service_enable(net, name);
	net_unlock(net);
	if (ret == -ENOENT)
		return conf_no_service(name, err, err_size);
	if (ret && ret != -EALREADY)
		return conf_error(err, err_size, ret, "service '%s': %s", name, strerror(-ret));
	return 0;
}
