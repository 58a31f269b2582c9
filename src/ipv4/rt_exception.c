// SPDX-License-Identifier: BSD-2-Clause
/* Destinations with a path of their own: path MTUs (RFC 1191) and redirects (RFC 1122 3.2.2.2). */
#include <skiff/slab.h>

#include "ipv4/ipv4.h"
#include "wire/icmp.h"

/*
 * What routers say holds for one destination and for a time. The number of such destinations is
 * bounded; when there is no room the one that was heard of longest ago is forgotten, which costs
 * one more packet that is too long.
 */

static struct hlist_head *exception_bucket(struct ipv4_net *in, __be32 daddr)
{
	u64 hash = siphash_1u32((__force u32)daddr, &in->hash_key);

	return &in->exceptions[hash % RT_EXCEPTION_BUCKETS];
}

static void exception_drop_route(struct rt_exception *e)
{
	if (e->rth)
		e->rth->dst.obsolete = DST_OBSOLETE_KILL;
	ip_rt_put(e->rth);
	e->rth = NULL;
}

static void exception_free(struct ipv4_net *in, struct rt_exception *e)
{
	hlist_del_init(&e->node);
	list_del(&e->lru);
	in->nr_exceptions--;
	exception_drop_route(e);
	kfree(e);
}

static struct rt_exception *exception_lookup(struct ipv4_net *in, __be32 daddr)
{
	struct rt_exception *e;

	hlist_for_each_entry(e, exception_bucket(in, daddr), node)
		if (e->daddr == daddr)
			return e;
	return NULL;
}

/* What is known about @daddr and still holds, or NULL. */
struct rt_exception *rt_exception_find(struct ipv4_net *in, __be32 daddr)
{
	struct rt_exception *e;
	ktime_t now;

	if (!in->nr_exceptions)
		return NULL;
	e = exception_lookup(in, daddr);
	if (!e)
		return NULL;
	now = skiff_net_now(in->net);
	if (e->pmtu && now >= e->expires) {
		e->pmtu = 0;
		exception_drop_route(e);
	}
	if (e->gw && now >= e->gw_expires) {
		e->gw = 0;
		exception_drop_route(e);
	}
	if (e->pmtu || e->gw)
		return e;
	exception_free(in, e);
	return NULL;
}

static struct rt_exception *exception_make(struct ipv4_net *in, __be32 daddr)
{
	struct rt_exception *e = exception_lookup(in, daddr);

	if (e) {
		list_move_tail(&e->lru, &in->exception_lru);
		exception_drop_route(e);
		return e;
	}
	if (in->nr_exceptions >= RT_EXCEPTIONS_MAX)
		exception_free(in, list_first_entry(&in->exception_lru, struct rt_exception, lru));
	e = (struct rt_exception *)kzalloc(sizeof(*e), GFP_ATOMIC);
	if (!e)
		return NULL;
	e->daddr = daddr;
	hlist_add_head(&e->node, exception_bucket(in, daddr));
	list_add_tail(&e->lru, &in->exception_lru);
	in->nr_exceptions++;
	return e;
}

/* Forget all, or those by a device. */
void rt_exceptions_flush(struct ipv4_net *in, const struct net_device *dev)
{
	struct rt_exception *e, *next;

	list_for_each_entry_safe(e, next, &in->exception_lru, lru)
		if (!dev || !e->rth || e->rth->dst.dev == dev)
			exception_free(in, e);
}

/* Whoever holds the route that was used until now has to ask again. */
static void rt_outdate(struct rtable *rt)
{
	rt->dst.obsolete = DST_OBSOLETE_KILL;
}

static void rt_learn_pmtu(struct rtable *rt, __be32 daddr, u32 mtu)
{
	struct ipv4_net *in = ipv4_net(rt->rt_net);
	u32 old = dst_mtu(&rt->dst);
	struct rt_exception *e;
	bool locked = false;

	if (rt->rt_type != RTN_UNICAST || dst_metric_locked(&rt->dst, RTAX_MTU) || old < mtu)
		return;
	/* RFC 1191 section 3: less than every path takes. Cut packets to that, without DF. */
	if (mtu < (u32)in->sysctl.route_min_pmtu) {
		locked = true;
		mtu = min(old, (u32)in->sysctl.route_min_pmtu);
	}
	e = exception_make(in, daddr);
	if (!e)
		return;
	e->pmtu = mtu;
	e->locked = locked;
	e->expires = skiff_net_now(in->net) + (ktime_t)in->sysctl.route_mtu_expires * NSEC_PER_SEC;
	rt_outdate(rt);
}

void ipv4_rt_update_pmtu(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb, u32 mtu,
			 bool confirm_neigh)
{
	__be32 daddr = skb ? ip_hdr(skb)->daddr : sk ? sk->sk_daddr : 0;

	(void)confirm_neigh;
	ASSERT_NET_LOCKED(dst_rtable(dst)->rt_net);
	if (daddr)
		rt_learn_pmtu(dst_rtable(dst), daddr, mtu);
}

/* The route that a quoted packet took, or NULL. */
static struct rtable *rt_quoted(struct sk_buff *skb, struct net *net, int oif, u8 protocol)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	struct flowi4 fl4 = {
		.daddr = iph->daddr,
		.saddr = iph->saddr,
		.flowi4_oif = oif,
		.flowi4_tos = iph->tos,
		.flowi4_proto = protocol,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? NULL : rt;
}

void ipv4_update_pmtu(struct sk_buff *skb, struct net *net, u32 mtu, int oif, u8 protocol)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	struct rtable *rt = rt_quoted(skb, net, oif, protocol);

	ASSERT_NET_LOCKED(net);
	if (rt)
		rt_learn_pmtu(rt, iph->daddr, mtu);
	ip_rt_put(rt);
}

void ipv4_sk_update_pmtu(struct sk_buff *skb, struct sock *sk, u32 mtu)
{
	if (ip_sk_accept_pmtu(sk))
		ipv4_update_pmtu(skb, sock_net(sk), mtu, sk->sk_bound_dev_if, (u8)sk->sk_protocol);
}

/* Redirects */

static bool gateway_on_link(const struct net_device *dev, __be32 gw, __be32 old)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct in_ifaddr *ifa;

	in_dev_for_each_ifa(ifa, in_dev)
		if (inet_ifa_match(gw, ifa) && inet_ifa_match(old, ifa))
			return true;
	return false;
}

/* A gateway of a default route by the device. */
static bool gateway_is_default(struct ipv4_net *in, const struct net_device *dev, __be32 gw)
{
	struct fib_node *n = fib_node_find(in->fib_root, 0, 0);
	struct fib_route *r;

	if (!n)
		return false;
	list_for_each_entry(r, &n->aliases, alias)
		if (r->dev == dev && r->cfg.fc_gw4 == gw)
			return true;
	return false;
}

/* RFC 1122 section 3.2.2.2: from the gateway in use, to another one on the same link. */
static bool redirect_allowed(struct ipv4_net *in, const struct rtable *rt,
			     const struct sk_buff *skb, __be32 gw)
{
	__be32 old = ip_hdr(skb)->saddr;
	struct net_device *dev = skb->dev;
	const struct in_device *in_dev = __in_dev_get(dev);

	if (rt->rt_gw4 != old || rt->dst.dev != dev || gw == old || !in_dev ||
	    !in_dev_orconf(in_dev, IPV4_DEVCONF_ACCEPT_REDIRECTS) || ipv4_is_multicast(gw) ||
	    ipv4_is_lbcast(gw) || ipv4_is_zeronet(gw))
		return false;
	if (in_dev_orconf(in_dev, IPV4_DEVCONF_SHARED_MEDIA))
		return inet_addr_type(in->net, gw) == RTN_UNICAST;
	return gateway_on_link(dev, gw, old) &&
	       (!in_dev_orconf(in_dev, IPV4_DEVCONF_SECURE_REDIRECTS) ||
		gateway_is_default(in, dev, gw));
}

/* Only a gateway that answers is one: until it does, the old one goes on. */
static bool gateway_answers(struct net_device *dev, __be32 gw)
{
	struct neighbour *n = neigh_lookup(&arp_tbl, &gw, dev);
	bool valid;

	if (!n)
		n = neigh_create(&arp_tbl, &gw, dev);
	if (IS_ERR(n))
		return false;
	valid = n->nud_state & NUD_VALID;
	if (!valid)
		neigh_event_send(n, NULL);
	neigh_release(n);
	return valid;
}

static void rt_learn_gateway(struct rtable *rt, struct sk_buff *skb, __be32 daddr)
{
	struct ipv4_net *in = ipv4_net(rt->rt_net);
	__be32 gw = icmp_hdr(skb)->un.gateway;
	struct rt_exception *e;

	if (rt->rt_type != RTN_UNICAST || !redirect_allowed(in, rt, skb, gw) ||
	    !gateway_answers(skb->dev, gw))
		return;
	e = exception_make(in, daddr);
	if (!e)
		return;
	e->gw = gw;
	e->gw_expires =
		skiff_net_now(in->net) + (ktime_t)in->sysctl.route_redirect_expires * NSEC_PER_SEC;
	rt_outdate(rt);
}

/* @skb: the redirect, data at the quoted header. */
void ipv4_rt_redirect(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb)
{
	(void)sk;
	ASSERT_NET_LOCKED(dst_rtable(dst)->rt_net);
	rt_learn_gateway(dst_rtable(dst), skb,
			 ((const struct iphdr *)(const void *)skb->data)->daddr);
}

void ipv4_redirect(struct sk_buff *skb, struct net *net, int oif, u8 protocol)
{
	struct rtable *rt = rt_quoted(skb, net, oif, protocol);

	if (rt)
		ipv4_rt_redirect(&rt->dst, NULL, skb);
	ip_rt_put(rt);
}

void ipv4_sk_redirect(struct sk_buff *skb, struct sock *sk)
{
	ipv4_redirect(skb, sock_net(sk), sk->sk_bound_dev_if, (u8)sk->sk_protocol);
}
