/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 routes: where a packet goes, out or in, as a dst_entry. */
#ifndef SKIFF_ROUTE_H
#define SKIFF_ROUTE_H

#include <linux/in_route.h>
#include <linux/rtnetlink.h>

#include <skiff/dst.h>
#include <skiff/flowi.h>
#include <skiff/inetdevice.h>
#include <skiff/list.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of the type of service that routes can be for. */
#define IPTOS_RT_MASK 0x1c

/* Routes per host, those that follow from addresses included. */
#define IP_ROUTES_MAX (1 << 20)

/**
 * struct rtable - a route in use
 * @dst: what packets refer to
 * @rt_genid: the table's generation when it was made; another one now means it is out of date
 * @rt_flags: RTCF_LOCAL, RTCF_BROADCAST, RTCF_MULTICAST
 * @rt_type: RTN_*
 * @rt_is_input: for received packets
 * @rt_uses_gateway: @rt_gw4 is set
 * @rt_iif: index of the device a received packet is said to come from, 0: the one it came from
 * @rt_gw4: next hop, 0 when that is the destination itself
 * @rt_pmtu: learned path MTU, 0 for the device's; forgotten at dst.expires
 * @rt_mtu_locked: it was less than is believed: DF is of no use
 * @rt_net: host
 * @rt_list: all of a host's
 */
struct rtable {
	struct dst_entry dst;
	unsigned int rt_genid;
	unsigned int rt_flags;
	__u16 rt_type;
	__u8 rt_is_input;
	__u8 rt_uses_gateway;
	int rt_iif;
	__be32 rt_gw4;
	__u32 rt_pmtu;
	__u8 rt_mtu_locked;
	struct net *rt_net;
	struct list_head rt_list;
};

static inline struct rtable *dst_rtable(struct dst_entry *dst)
{
	return (struct rtable *)(void *)dst;
}

static inline bool rt_is_input_route(const struct rtable *rt)
{
	return rt->rt_is_input != 0;
}

static inline bool rt_is_output_route(const struct rtable *rt)
{
	return rt->rt_is_input == 0;
}

static inline __be32 rt_nexthop(const struct rtable *rt, __be32 daddr)
{
	return rt->rt_gw4 ? rt->rt_gw4 : daddr;
}

static inline void ip_rt_put(struct rtable *rt)
{
	if (rt)
		dst_release(&rt->dst);
}

/**
 * ip_route_output_key() - the route for a packet to be sent
 * @net: host
 * @flp: the flow; a source address is chosen when it has none, and a device filled in
 *
 * Stack lock. Return: a reference for the caller; ERR_PTR: -ENETUNREACH when no route leads there,
 * -EINVAL for a source that is none of the host's addresses or may not leave by that device,
 * -ENODEV for a device that does not exist or has no address, -ENETDOWN, -ENOBUFS.
 */
SKIFF_API struct rtable *ip_route_output_key(struct net *net, struct flowi4 *flp);

/* The same from parts. @tos: type of service; @oif: device index or 0. */
static inline struct rtable *ip_route_output(struct net *net, __be32 daddr, __be32 saddr, u8 tos,
					     int oif)
{
	struct flowi4 fl4 = {};

	fl4.daddr = daddr;
	fl4.saddr = saddr;
	fl4.flowi4_tos = tos;
	fl4.flowi4_oif = oif;
	return ip_route_output_key(net, &fl4);
}

/**
 * ip_route_input() - find out what to do with a received packet, and set it as its route
 * @skb: the packet, not consumed
 * @daddr: destination
 * @saddr: source
 * @tos: type of service
 * @dev: where it came from
 *
 * Packets that are not for this host get a route whose input counts and drops them. Stack lock.
 * Return: 0; -EINVAL for addresses that can't come from there (martians), -ENOBUFS.
 */
SKIFF_API int ip_route_input(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos,
			     struct net_device *dev);
SKIFF_API int ip_route_input_noref(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos,
				   struct net_device *dev);

/* Path MTUs and redirects. */

/**
 * ipv4_update_pmtu() - an ICMP error that is believed says how much a path takes
 * @skb: the error, data at the quoted IPv4 header
 * @net: host
 * @mtu: what it says
 * @oif: device that the quoted packet had to leave by, 0: any
 * @protocol: of the quoted packet
 *
 * Whoever calls has found out that it sent such a packet. Stack lock.
 */
SKIFF_API void ipv4_update_pmtu(struct sk_buff *skb, struct net *net, u32 mtu, int oif,
				u8 protocol);
/* The same for a packet of @sk. */
SKIFF_API void ipv4_sk_update_pmtu(struct sk_buff *skb, struct sock *sk, u32 mtu);

/* An ICMP redirect, as above: the next hop for the quoted packet's destination. Stack lock. */
SKIFF_API void ipv4_redirect(struct sk_buff *skb, struct net *net, int oif, u8 protocol);
SKIFF_API void ipv4_sk_redirect(struct sk_buff *skb, struct sock *sk);

/* Whether the path takes less than is believed, so that DF is not set. */
static inline bool ip_mtu_locked(const struct dst_entry *dst)
{
	return ((const struct rtable *)(const void *)dst)->rt_mtu_locked ||
	       dst_metric_locked(dst, RTAX_MTU);
}

/* RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST or RTN_UNICAST: what an address is here. Stack lock. */
SKIFF_API unsigned int inet_addr_type(struct net *net, __be32 addr);

/**
 * struct fib_config - a route to add or to remove
 * @fc_dst: destination, without bits behind the prefix
 * @fc_dst_len: prefix length, 0 to 32
 * @fc_type: RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, RTN_UNREACHABLE, RTN_BLACKHOLE, RTN_PROHIBIT,
 *           RTN_THROW
 * @fc_tos: type of service that it is for, 0 for all
 * @fc_scope: RT_SCOPE_*
 * @fc_gw4: next hop, 0 when the destination is on the link
 * @fc_oif: index of the device, 0: that which leads to @fc_gw4
 * @fc_prefsrc: source address to prefer, or 0
 * @fc_priority: among routes to the same prefix the lowest wins
 * @fc_nlflags: NLM_F_EXCL: -EEXIST when the table has a route of this prefix, type of service and
 *              priority; NLM_F_REPLACE: take the place of that one; if there is none, -ENOENT unless
 *              NLM_F_CREATE is set as well. 0: next to others
 * @fc_metrics: of ip_fib_metrics_init(), or NULL; who inserts keeps its reference
 */
struct fib_config {
	__be32 fc_dst;
	__u8 fc_dst_len;
	__u8 fc_type;
	__u8 fc_scope;
	__u8 fc_tos;
	__be32 fc_gw4;
	int fc_oif;
	__be32 fc_prefsrc;
	__u32 fc_priority;
	__u32 fc_nlflags;
	struct dst_metrics *fc_metrics;
};

/**
 * ip_fib_metrics_init() - metrics for a route
 * @net: host
 * @fc_mx: attributes as RTA_METRICS has them: of each the type is RTAX_*, the payload a u32, or the
 *         name of a congestion control for RTAX_CC_ALGO
 * @fc_mx_len: bytes of them; 0: none
 * @reason: gets what was wrong, or is NULL
 *
 * As on Linux values that are too large become the largest possible: 65495 for RTAX_ADVMSS, 65520
 * for RTAX_MTU, 255 for RTAX_HOPLIMIT. Bit n of RTAX_LOCK locks metric n. Of the features there is
 * RTAX_FEATURE_ECN.
 *
 * Return: one reference, for dst_metrics_put(); NULL without attributes; ERR_PTR: -EINVAL for
 * attributes, features or a congestion control that there are not, -ENOMEM. Stack lock.
 */
SKIFF_API struct dst_metrics *ip_fib_metrics_init(struct net *net, const struct nlattr *fc_mx,
						  int fc_mx_len, const char **reason);

/**
 * ip_metrics_congestion_set() - say what the names of congestion controls mean
 * @key: gives a number that is not 0 for a name, 0 when there is none; *@needs_ecn: it needs ECN
 *
 * The layer that has them registers this before there are routes.
 */
SKIFF_API void ip_metrics_congestion_set(u32 (*key)(const char *name, bool *needs_ecn));

/**
 * fib_table_insert() - add a route
 * @net: host
 * @cfg: the route, not kept
 *
 * Stack lock. Return: 0; -EINVAL for inconsistent values, -EEXIST, -ENOENT when there is none to be
 * replaced, -ENODEV for an unknown device, -ENETDOWN, -ENETUNREACH for a next hop that is not on a link, -ENOSPC when there are
 * IP_ROUTES_MAX, -ENOMEM.
 */
SKIFF_API int fib_table_insert(struct net *net, const struct fib_config *cfg);

/* Remove a route; zeros in type, gw4, oif, priority match all. Return: 0 or -ESRCH. Stack lock. */
SKIFF_API int fib_table_delete(struct net *net, const struct fib_config *cfg);

/* Time to live of packets by a route, unless who sends them says: the route's, or ip_default_ttl. */
SKIFF_API u8 ip4_dst_hoplimit(const struct dst_entry *dst);

/* Call @cb for each route, the longest prefix first. It must not change the table. Stack lock. */
SKIFF_API void fib_for_each(struct net *net, void (*cb)(const struct fib_config *cfg, void *arg),
			    void *arg);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_ROUTE_H */
