// SPDX-License-Identifier: BSD-2-Clause
/* Which sources packets from a wire may have: RFC 1122 section 3.2.1.3, and RFC 3704's reverse path. */
#include <skiff/printk.h>

#include "ipv4/ipv4.h"
#include "wire/addr.h"

/* What no route says anything about. */
static bool source_is_one_host(struct ipv4_net *in, __be32 saddr, const struct in_device *in_dev)
{
	unsigned int type = inet_addr_type(in->net, saddr);

	/* One of ours, which comes back to us from outside. */
	if (type == RTN_LOCAL)
		return in_dev_orconf(in_dev, IPV4_DEVCONF_ACCEPT_LOCAL);
	return type == RTN_UNICAST;
}

/*
 * rp_filter 1: answers would leave by the device that the packet came from; 2: by any device.
 * RFC 3704 sections 2.2 and 2.4 call them strict and loose.
 */
static int source_reverse_path(struct ipv4_net *in, __be32 saddr, const struct in_device *in_dev)
{
	int mode = in_dev_maxconf(in_dev, IPV4_DEVCONF_RP_FILTER);
	struct fib_route *r;

	if (likely(!mode))
		return 0;
	r = fib_lookup(in, saddr, 0);
	if (!r || !r->dev)
		return -EXDEV;
	if (r->dev == in_dev->dev || r->cfg.fc_type != RTN_UNICAST)
		return 0;
	/* Of several routes of one prefix, one by the device will do. */
	r = fib_lookup(in, saddr, in_dev->dev->ifindex);
	if (r && r->dev == in_dev->dev)
		return 0;
	return mode == 1 ? -EXDEV : 0;
}

/* It is said once in a while, since whoever sends such packets may send many. */
static void source_martian(const struct in_device *in_dev, __be32 saddr, __be32 daddr)
{
	char from[WIRE_IP_TEXT], to[WIRE_IP_TEXT];

	if (!in_dev_orconf(in_dev, IPV4_DEVCONF_LOG_MARTIANS))
		return;
	net_warn_ratelimited("%s: martian source %s of a packet to %s", in_dev->dev->name,
			     wire_format_ip(from, saddr), wire_format_ip(to, daddr));
}

/*
 * Who does not know its own address yet may ask everybody on its link (RFC 951, RFC 5227), in the
 * manner of 4.2BSD too, and report its groups (RFC 3376 section 4.2.13).
 */
static bool nobody_may_send(__be32 daddr, u8 protocol)
{
	return !daddr || ipv4_is_lbcast(daddr) || ipv4_is_local_multicast(daddr) ||
	       (ipv4_is_multicast(daddr) && protocol == IPPROTO_IGMP);
}

int rt_source_possible(__be32 saddr, __be32 daddr, u8 protocol, const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	int err = 0;

	if (!in_dev)
		return -EINVAL;
	if (ipv4_is_multicast(saddr) || ipv4_is_lbcast(saddr))
		err = -EINVAL;
	else if (ipv4_is_zeronet(saddr))
		err = nobody_may_send(daddr, protocol) ? 0 : -EINVAL;
	else if (!(dev->flags & IFF_LOOPBACK) &&
		 (ipv4_is_loopback(saddr) || ipv4_is_loopback(daddr)) &&
		 !in_dev_orconf(in_dev, IPV4_DEVCONF_ROUTE_LOCALNET))
		err = -EINVAL;
	if (unlikely(err))
		source_martian(in_dev, saddr, daddr);
	return err;
}

int rt_check_source(struct ipv4_net *in, __be32 saddr, __be32 daddr, const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	int err;

	if (ipv4_is_zeronet(saddr) || dev->flags & IFF_LOOPBACK)
		return 0;
	err = source_is_one_host(in, saddr, in_dev) ? source_reverse_path(in, saddr, in_dev) :
						      -EINVAL;
	if (unlikely(err))
		source_martian(in_dev, saddr, daddr);
	return err;
}
