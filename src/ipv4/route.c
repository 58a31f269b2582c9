// SPDX-License-Identifier: BSD-2-Clause
/* Routes in use: from a look-up in the table to a dst_entry that packets refer to. */
#include <skiff/igmp.h>
#include <skiff/jhash.h>
#include <skiff/slab.h>

#include "ipv4/ipv4.h"

/* What every host takes, RFC 791 section 3.1. */
#define RT_LOCKED_MTU 576

static bool rt_is_valid(const struct rtable *rt, const struct ipv4_net *in)
{
	return rt->rt_genid == in->rt_genid && rt->dst.obsolete == DST_OBSOLETE_FORCE_CHK;
}

static struct dst_entry *ipv4_dst_check(struct dst_entry *dst, __u32 cookie)
{
	const struct rtable *rt = dst_rtable(dst);

	(void)cookie;
	return rt_is_valid(rt, ipv4_net(rt->rt_net)) ? dst : NULL;
}

/* What a metric or a router says about a path. */
static noinline unsigned int rt_known_mtu(const struct rtable *rt)
{
	const struct dst_entry *dst = &rt->dst;
	u32 mtu = rt->rt_pmtu;

	if (!mtu || skiff_net_now(rt->rt_net) >= dst->expires)
		mtu = dst_metric_raw(dst, RTAX_MTU);
	if (!mtu) {
		mtu = dst->dev ? dst->dev->mtu : IPV4_MIN_MTU;
		/* Locked at no value: what ICMP says is not believed, so be careful beyond the link. */
		if (rt->rt_uses_gateway && ip_mtu_locked(dst))
			mtu = min_t(u32, mtu, RT_LOCKED_MTU);
	}
	return min_t(u32, mtu, IP_MAX_MTU);
}

unsigned int ipv4_mtu(const struct dst_entry *dst)
{
	const struct rtable *rt = (const struct rtable *)(const void *)dst;

	return likely(rt_mtu_is_devs(rt)) ? min_t(u32, dst->dev->mtu, IP_MAX_MTU) :
					    rt_known_mtu(rt);
}

u8 ip4_dst_hoplimit(const struct dst_entry *dst)
{
	return rt_hoplimit((const struct rtable *)(const void *)dst);
}

static unsigned int ipv4_default_advmss(const struct dst_entry *dst)
{
	unsigned int mtu = ipv4_mtu(dst);

	/* RFC 9293 section 3.7.1 */
	return mtu > 40 + 256 ? mtu - 40 : 256;
}

static void ipv4_dst_destroy(struct dst_entry *dst)
{
	struct rtable *rt = dst_rtable(dst);
	struct ipv4_net *in = ipv4_net(rt->rt_net);

	spin_lock(&in->rt_lock);
	list_del(&rt->rt_list);
	spin_unlock(&in->rt_lock);
}

/* The neighbour does not answer: tell whoever sent the packet, on this host or elsewhere. */
static void ipv4_link_failure(struct sk_buff *skb)
{
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
}

static struct neighbour *ipv4_neigh_lookup(const struct dst_entry *dst, struct sk_buff *skb,
					   const void *daddr)
{
	const struct rtable *rt = (const struct rtable *)(const void *)dst;
	__be32 key = rt->rt_gw4;

	if (!key)
		key = skb ? ip_hdr(skb)->daddr : *(const __be32 *)daddr;
	return neigh_create(&arp_tbl, &key, dst->dev);
}

static void ipv4_confirm_neigh(const struct dst_entry *dst, const void *daddr)
{
	const struct rtable *rt = (const struct rtable *)(const void *)dst;
	__be32 key = rt->rt_gw4 ? rt->rt_gw4 : *(const __be32 *)daddr;
	struct neighbour *n = __neigh_lookup_noref(&arp_tbl, &key, dst->dev);

	if (n)
		neigh_confirm_now(n);
}

static struct dst_ops ipv4_dst_ops = {
	.family = AF_INET,
	.entry_size = sizeof(struct rtable),
	.check = ipv4_dst_check,
	.default_advmss = ipv4_default_advmss,
	.mtu = ipv4_mtu,
	.destroy = ipv4_dst_destroy,
	.link_failure = ipv4_link_failure,
	.update_pmtu = ipv4_rt_update_pmtu,
	.redirect = ipv4_rt_redirect,
	.local_out = ip_local_out,
	.neigh_lookup = ipv4_neigh_lookup,
	.confirm_neigh = ipv4_confirm_neigh,
};

/* A route with one reference; input and output discard until the caller sets them. */
static struct rtable *rt_alloc(struct ipv4_net *in, struct net_device *dev, u16 type)
{
	struct rtable *rt =
		(struct rtable *)dst_alloc(&ipv4_dst_ops, dev, 1, DST_OBSOLETE_FORCE_CHK, DST_HOST);

	if (!rt)
		return NULL;
	rt->rt_net = in->net;
	rt->rt_genid = in->rt_genid;
	rt->rt_type = type;
	if (type == RTN_LOCAL)
		rt->rt_flags = RTCF_LOCAL;
	else if (type == RTN_BROADCAST)
		rt->rt_flags = RTCF_BROADCAST | RTCF_LOCAL;
	else if (type == RTN_MULTICAST)
		rt->rt_flags = RTCF_MULTICAST;
	spin_lock(&in->rt_lock);
	list_add_tail(&rt->rt_list, &in->rt_all);
	spin_unlock(&in->rt_lock);
	return rt;
}

/* A route by @dev (NULL: by any device), with a reference, or NULL. */
static struct rtable *rt_next_by_dev(struct ipv4_net *in, const struct net_device *dev)
{
	struct rtable *rt, *found = NULL;

	spin_lock(&in->rt_lock);
	list_for_each_entry(rt, &in->rt_all, rt_list) {
		if (!rt->dst.dev || rt->dst.obsolete == DST_OBSOLETE_DEAD ||
		    (dev && rt->dst.dev != dev))
			continue;
		/* One whose last reference is being dropped lets go of the device by itself. */
		if (dst_hold_safe(&rt->dst)) {
			found = rt;
			break;
		}
	}
	spin_unlock(&in->rt_lock);
	return found;
}

/* The device goes (NULL: all do): whoever still has a route by it is to find it dead. */
void rt_dev_put_all(struct ipv4_net *in, const struct net_device *dev)
{
	struct rtable *rt;
	int i;

	rt_exceptions_flush(in, dev);
	for (i = 0; i < RT_SEEN_MAX; i++) {
		ip_rt_put(in->rt_seen[i].rt);
		in->rt_seen[i].rt = NULL;
		ip_rt_put(in->rt_sent[i].rt);
		in->rt_sent[i].rt = NULL;
	}
	for (i = 0; i < RT_IN_MAX; i++) {
		if (!in->rt_in[i] || (dev && in->rt_in[i]->dst.dev != dev))
			continue;
		ip_rt_put(in->rt_in[i]);
		in->rt_in[i] = NULL;
	}
	while ((rt = rt_next_by_dev(in, dev)) != NULL) {
		dst_dev_put(&rt->dst);
		ip_rt_put(rt);
	}
}

/* Routes in use that an entry of the table keeps for the packets that share them. */
void rt_drop_cached(struct fib_route *r)
{
	ip_rt_put(r->rth_output);
	ip_rt_put(r->rth_input);
	r->rth_output = NULL;
	r->rth_input = NULL;
}

/* An entry that is in the table no more. */
void rt_free_entry(struct fib_route *r)
{
	rt_drop_cached(r);
	dst_metrics_put(r->cfg.fc_metrics);
	dev_put(r->dev);
	kfree(r);
}

/* Addresses */

unsigned int inet_addr_type(struct net *net, __be32 addr)
{
	struct fib_route *r;

	if (ipv4_is_zeronet(addr) || ipv4_is_lbcast(addr))
		return RTN_BROADCAST;
	if (ipv4_is_multicast(addr))
		return RTN_MULTICAST;
	r = fib_lookup(ipv4_net(net), addr, 0);
	if (r && (r->cfg.fc_type == RTN_LOCAL || r->cfg.fc_type == RTN_BROADCAST))
		return r->cfg.fc_type;
	return RTN_UNICAST;
}

/* Output */

/* Is the host a member of a group by this device? Of all systems always, RFC 1112 section 4. */
static bool rt_is_member(const struct net_device *dev, __be32 group, __be32 saddr)
{
	struct in_device *in_dev = __in_dev_get(dev);

	if (group == htonl(INADDR_ALLHOSTS_GROUP) && dev->flags & (IFF_MULTICAST | IFF_LOOPBACK))
		return true;
	return in_dev && ip_check_mc(in_dev, group, saddr, 0);
}

/* What was sent to a group by loopback comes back to everybody's host, and is for those who have joined it there. */
static int rt_deliver_group(struct sk_buff *skb)
{
	if (rt_is_member(skb->dev, ip_hdr(skb)->daddr, ip_hdr(skb)->saddr))
		return ip_local_deliver(skb);
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	return NET_RX_DROP;
}

static void rt_set_output(struct rtable *rt)
{
	/* What is sent to several hosts comes back to those of this one that listen. */
	if (rt->rt_type == RTN_LOCAL || rt->rt_flags & RTCF_BROADCAST)
		rt->dst.input = ip_local_deliver;
	else if (rt->rt_flags & RTCF_MULTICAST)
		rt->dst.input = rt_deliver_group;
	rt->dst.output = rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST) ? ip_mc_output :
									    ip_output;
}

struct rtable *rt_alloc_output(struct ipv4_net *in, struct net_device *dev, u16 type)
{
	struct rtable *rt = rt_alloc(in, dev, type);

	if (rt)
		rt_set_output(rt);
	return rt;
}

static struct rtable *rt_output_uncached(struct ipv4_net *in, struct net_device *dev, u16 type)
{
	struct rtable *rt = rt_alloc_output(in, dev, type);

	return rt ? rt : (struct rtable *)ERR_PTR(-ENOBUFS);
}

/* A route that an entry of the table keeps, as long as it is good. */
static struct rtable *rt_cached(struct rtable **cache)
{
	if (*cache && !dst_check(&(*cache)->dst, 0)) {
		ip_rt_put(*cache);
		*cache = NULL;
	}
	return *cache;
}

/* The route that all packets to a destination of its own share. */
static struct rtable *rt_output_exception(struct ipv4_net *in, struct fib_route *r,
					  struct rt_exception *e)
{
	struct rtable *rt = rt_cached(&e->rth);
	ktime_t now = skiff_net_now(in->net);

	if (!rt) {
		rt = rt_output_uncached(in, r->dev, r->cfg.fc_type);
		if (IS_ERR(rt))
			return rt;
		dst_init_metrics(&rt->dst, r->cfg.fc_metrics);
		rt->rt_gw4 = e->gw && now < e->gw_expires ? e->gw : r->cfg.fc_gw4;
		rt->rt_uses_gateway = rt->rt_gw4 != 0;
		if (e->pmtu && now < e->expires) {
			rt->rt_pmtu = e->pmtu;
			rt->rt_mtu_locked = e->locked;
			rt->dst.expires = e->expires;
		}
		e->rth = rt;
	}
	dst_hold(&rt->dst);
	return rt;
}

/* The route that all packets by this entry of the table share. */
static struct rtable *rt_output_cached(struct ipv4_net *in, struct fib_route *r,
				       struct net_device *dev)
{
	struct rtable *rt = rt_cached(&r->rth_output);

	if (!rt) {
		rt = rt_output_uncached(in, dev, r->cfg.fc_type);
		if (IS_ERR(rt))
			return rt;
		dst_init_metrics(&rt->dst, r->cfg.fc_metrics);
		rt->rt_gw4 = r->cfg.fc_gw4;
		rt->rt_uses_gateway = rt->rt_gw4 != 0;
		r->rth_output = rt;
	}
	dst_hold(&rt->dst);
	return rt;
}

/* Who sends to an address of ours. What is for "::1" comes from there. */
static __be32 rt_local_saddr(__be32 daddr, const struct fib_route *r)
{
	return ipv4_is_loopback(daddr) && !ipv4_is_loopback6(daddr) ? r->cfg.fc_prefsrc : daddr;
}

/* To this host: by the loopback device, whichever device has the address. */
static struct rtable *rt_output_local(struct ipv4_net *in, struct flowi4 *fl4, struct fib_route *r)
{
	struct net_device *lo = net_loopback_dev(in->net);

	if (!lo || !netif_running(lo))
		return (struct rtable *)ERR_PTR(-ENETUNREACH);
	/* Another address than asked for as source would look like a stranger's answer. */
	if (!fl4->saddr)
		fl4->saddr = rt_local_saddr(fl4->daddr, r);
	fl4->flowi4_oif = lo->ifindex;
	return rt_output_cached(in, r, lo);
}

/* Without an entry of the table: broadcast to all, multicast, or a device that the user named. */
static struct rtable *rt_output_by_dev(struct ipv4_net *in, struct flowi4 *fl4,
				       struct net_device *dev)
{
	u16 type = RTN_UNICAST;

	if (ipv4_is_lbcast(fl4->daddr))
		type = RTN_BROADCAST;
	else if (ipv4_is_multicast(fl4->daddr))
		type = RTN_MULTICAST;
	if (!fl4->saddr)
		fl4->saddr = inet_select_addr(
			dev, 0, type == RTN_UNICAST ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
	fl4->flowi4_oif = dev->ifindex;
	return rt_output_uncached(in, dev, type);
}

static int rt_check_oif(struct ipv4_net *in, const struct flowi4 *fl4, struct net_device **dev)
{
	*dev = NULL;
	if (!fl4->flowi4_oif)
		return 0;
	*dev = __dev_get_by_index(in->net, fl4->flowi4_oif);
	if (!*dev || !__in_dev_get(*dev))
		return -ENODEV;
	return netif_running(*dev) ? 0 : -ENETDOWN;
}

/* RFC 1122 section 3.2.1.3: what may be in the source of a packet that we send. */
static int rt_check_saddr(struct ipv4_net *in, const struct flowi4 *fl4, struct net_device **dev)
{
	struct net_device *owner;

	if (!fl4->saddr)
		return 0;
	if (ipv4_is_multicast(fl4->saddr) || ipv4_is_lbcast(fl4->saddr) ||
	    ipv4_is_zeronet(fl4->saddr))
		return -EINVAL;
	owner = __ip_dev_find(in->net, fl4->saddr);
	if (!owner)
		return -ENETUNREACH;
	/* With no table to ask, these leave where the source address lives. */
	if (!*dev && (ipv4_is_lbcast(fl4->daddr) || ipv4_is_multicast(fl4->daddr)))
		*dev = owner;
	return 0;
}

static int rt_refusal(u8 type)
{
	if (type == RTN_PROHIBIT)
		return -EACCES;
	return type == RTN_UNREACHABLE ? -EHOSTUNREACH : -EINVAL;
}

static struct rtable *rt_output_by_table(struct ipv4_net *in, struct flowi4 *fl4,
					 struct fib_route *r)
{
	struct rt_exception *e;

	if (!r->dev)
		return (struct rtable *)ERR_PTR(rt_refusal(r->cfg.fc_type));
	if (r->cfg.fc_type == RTN_LOCAL)
		return rt_output_local(in, fl4, r);
	if (!netif_running(r->dev))
		return (struct rtable *)ERR_PTR(-ENETUNREACH);
	if (!fl4->saddr)
		fl4->saddr = r->cfg.fc_prefsrc ?
				     r->cfg.fc_prefsrc :
				     inet_select_addr(r->dev,
						      r->cfg.fc_gw4 ? r->cfg.fc_gw4 : fl4->daddr,
						      RT_SCOPE_UNIVERSE);
	/* RFC 1122 section 3.2.1.3(g): 127/8 never leaves the host, unless route_localnet says so. */
	if (ipv4_is_loopback(fl4->saddr) && !(r->dev->flags & IFF_LOOPBACK) &&
	    !in_dev_orconf(__in_dev_get(r->dev), IPV4_DEVCONF_ROUTE_LOCALNET))
		return (struct rtable *)ERR_PTR(-EINVAL);
	fl4->flowi4_oif = r->dev->ifindex;
	e = r->cfg.fc_type == RTN_UNICAST ? rt_exception_find(in, fl4->daddr) : NULL;
	return e ? rt_output_exception(in, r, e) : rt_output_cached(in, r, r->dev);
}

static u32 rt_slot(__be32 daddr, __be32 saddr)
{
	return hash_32((__force u32)saddr ^ (__force u32)daddr << 1, RT_SEEN_SHIFT);
}

/*
 * A connection asks for its route when it begins, once more when it is established, and whoever answers
 * its SYN does too. Return: the route with a reference and its source in @fl4, or NULL.
 */
static struct rtable *rt_sent_before(struct ipv4_net *in, struct flowi4 *fl4)
{
	const struct rt_sent *sent = &in->rt_sent[rt_slot(fl4->daddr, fl4->saddr)];
	struct rtable *rt = sent->rt;

	if (!rt || sent->daddr != fl4->daddr || sent->saddr != fl4->saddr ||
	    sent->oif != fl4->flowi4_oif || sent->tos != fl4->flowi4_tos || in->nr_exceptions ||
	    !rt_is_valid(rt, in) || !netif_running(rt->dst.dev))
		return NULL;
	fl4->saddr = sent->from;
	fl4->flowi4_oif = rt->dst.dev->ifindex;
	dst_hold(&rt->dst);
	return rt;
}

/* @asked: what led to @rt and to the addresses in @found. Only for what the table alone decides. */
static void rt_sent_note(struct ipv4_net *in, const struct flowi4 *asked,
			 const struct flowi4 *found, struct rtable *rt)
{
	struct rt_sent *sent = &in->rt_sent[rt_slot(asked->daddr, asked->saddr)];

	if (IS_ERR(rt) || rt->rt_type != RTN_UNICAST || in->nr_exceptions ||
	    ipv4_is_loopback(found->saddr))
		return;
	dst_hold(&rt->dst);
	ip_rt_put(sent->rt);
	*sent = (struct rt_sent){ .rt = rt,
				  .daddr = asked->daddr,
				  .saddr = asked->saddr,
				  .oif = asked->flowi4_oif,
				  .tos = asked->flowi4_tos,
				  .from = found->saddr };
}

static struct rtable *rt_output_lookup(struct ipv4_net *in, struct flowi4 *flp)
{
	const struct flowi4 asked = *flp;
	struct net_device *dev;
	struct rtable *rt;
	struct fib_route *r;
	int err;

	err = rt_check_oif(in, flp, &dev);
	if (!err)
		err = rt_check_saddr(in, flp, &dev);
	if (err)
		return (struct rtable *)ERR_PTR(err);
	/* "This host": RFC 1122 section 3.2.1.3(a) as programs have come to use it. */
	if (!flp->daddr)
		flp->daddr = flp->saddr ? flp->saddr : htonl(INADDR_LOOPBACK);
	if (dev && (ipv4_is_lbcast(flp->daddr) || ipv4_is_multicast(flp->daddr)))
		return rt_output_by_dev(in, flp, dev);
	r = fib_lookup_tos(in, flp->daddr, flp->flowi4_oif, flp->flowi4_tos);
	if (!r)
		return dev ? rt_output_by_dev(in, flp, dev) :
			     (struct rtable *)ERR_PTR(-ENETUNREACH);
	/* The table says where it leaves, and it is for all there. */
	if ((ipv4_is_multicast(flp->daddr) || ipv4_is_lbcast(flp->daddr)) && r->dev)
		return rt_output_by_dev(in, flp, r->dev);
	rt = rt_output_by_table(in, flp, r);
	rt_sent_note(in, &asked, flp, rt);
	return rt;
}

struct rtable *ip_route_output_key(struct net *net, struct flowi4 *flp)
{
	struct ipv4_net *in = ipv4_net(net);
	struct rtable *rt;

	ASSERT_NET_LOCKED(net);
	rt = rt_sent_before(in, flp);
	return likely(rt) ? rt : rt_output_lookup(in, flp);
}

/* Input */

/* Input routes that depend on nothing but the kind of the destination. */
static struct rtable *rt_input_kind(struct ipv4_net *in, int kind)
{
	static const u16 types[] = { RTN_BROADCAST, RTN_MULTICAST, RTN_UNREACHABLE };
	struct rtable *rt = in->rt_in[kind];

	if (rt)
		return rt;
	rt = rt_alloc(in, net_loopback_dev(in->net), types[kind]);
	if (!rt)
		return NULL;
	rt->rt_is_input = 1;
	rt->dst.input = kind == RT_IN_UNREACHABLE ? ip_error : ip_local_deliver;
	rt->dst.error = kind == RT_IN_UNREACHABLE ? -EHOSTUNREACH : 0;
	if (kind != RT_IN_UNREACHABLE)
		rt->rt_flags |= RTCF_LOCAL;
	in->rt_in[kind] = rt;
	return rt;
}

static struct rtable *rt_input_table(struct ipv4_net *in, struct fib_route *r)
{
	if (!rt_cached(&r->rth_input)) {
		r->rth_input = rt_alloc(in, net_loopback_dev(in->net), r->cfg.fc_type);
		if (!r->rth_input)
			return NULL;
		r->rth_input->rt_is_input = 1;
		r->rth_input->dst.input = ip_local_deliver;
	}
	return r->rth_input;
}

/* What arrived for nobody, everybody or a group: where the table has no say. */
static struct rtable *rt_input_special(struct ipv4_net *in, __be32 daddr, __be32 saddr,
				       const struct net_device *dev)
{
	if (!ipv4_is_multicast(daddr))
		return ipv4_is_lbcast(daddr) || !saddr ? rt_input_kind(in, RT_IN_BROADCAST) :
							 (struct rtable *)ERR_PTR(-EINVAL);
	/* No complaint about a group's packet ever leaves (RFC 1122 section 3.2.2). */
	if (!rt_is_member(dev, daddr, saddr))
		return (struct rtable *)ERR_PTR(-EHOSTUNREACH);
	return rt_input_kind(in, RT_IN_MULTICAST);
}

/* By the table; NULL for a packet that is not for this host. */
static struct fib_route *rt_input_ours(struct ipv4_net *in, __be32 daddr,
				       const struct net_device *dev)
{
	struct fib_route *r = fib_lookup(in, daddr, 0);

	if (r && r->cfg.fc_type == RTN_LOCAL)
		return r;
	/* A subnet's broadcast counts on the subnet only. */
	return r && r->cfg.fc_type == RTN_BROADCAST && r->dev == dev ? r : NULL;
}

/* -EINVAL and -EXDEV for what must not be, -EHOSTUNREACH for others' groups, else the route or -ENOBUFS. */
static struct rtable *rt_input_lookup(struct ipv4_net *in, __be32 daddr, __be32 saddr, u8 protocol,
				      const struct net_device *dev)
{
	bool special = ipv4_is_lbcast(daddr) || ipv4_is_multicast(daddr) || ipv4_is_zeronet(daddr);
	int err = rt_source_possible(saddr, daddr, protocol, dev);
	struct fib_route *r = NULL;

	if (err)
		return (struct rtable *)ERR_PTR(err);
	if (!special) {
		r = rt_input_ours(in, daddr, dev);
		if (!r)
			return rt_input_kind(in, RT_IN_UNREACHABLE);
	}
	err = rt_check_source(in, saddr, daddr, dev);
	if (err)
		return (struct rtable *)ERR_PTR(err);
	return special ? rt_input_special(in, daddr, saddr, dev) : rt_input_table(in, r);
}

/* Two look-ups in the table, one for each address, are spared a packet like one before. */
static struct rtable *rt_input(struct ipv4_net *in, __be32 daddr, __be32 saddr, u8 protocol,
			       const struct net_device *dev)
{
	struct rt_seen *seen = &in->rt_seen[rt_slot(daddr, saddr)];
	struct rtable *rt = seen->rt;

	if (rt && seen->saddr == saddr && seen->daddr == daddr && seen->dev == dev &&
	    rt_is_valid(rt, in))
		return rt;
	rt = rt_input_lookup(in, daddr, saddr, protocol, dev);
	/* Who is a member of a group changes without the table. */
	if (IS_ERR_OR_NULL(rt) || rt->rt_type != RTN_LOCAL)
		return rt;
	dst_hold(&rt->dst);
	ip_rt_put(seen->rt);
	*seen = (struct rt_seen){ .rt = rt, .dev = dev, .saddr = saddr, .daddr = daddr };
	return rt;
}

/* Return: 0, and the packet, which had no route, has one; or -errno. */
static int rt_input_set(struct ipv4_net *in, struct sk_buff *skb, __be32 daddr, __be32 saddr,
			u8 protocol, const struct net_device *dev)
{
	struct rtable *rt = rt_input(in, daddr, saddr, protocol, dev);

	if (unlikely(!rt))
		return -ENOBUFS;
	if (IS_ERR(rt))
		return (int)PTR_ERR(rt);
	dst_hold(&rt->dst);
	skb_dst_set(skb, &rt->dst);
	return 0;
}

int rt_route_rcv(struct ipv4_net *in, struct sk_buff *skb, struct net_device *dev)
{
	const struct iphdr *iph = ip_hdr(skb);

	return rt_input_set(in, skb, iph->daddr, iph->saddr, iph->protocol, dev);
}

int ip_route_input(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos, struct net_device *dev)
{
	struct ipv4_net *in = ipv4_net(dev_net(dev));
	/* ARP asks too, with its own header. */
	u8 protocol = skb->protocol == htons(ETH_P_IP) ? ip_hdr(skb)->protocol : 0;
	unsigned long before = skb->_skb_refdst;
	int err;

	(void)tos;
	ASSERT_NET_LOCKED(in->net);
	err = rt_input_set(in, skb, daddr, saddr, protocol, dev);
	if (!err)
		refdst_drop(before);
	return err;
}

/* The reference is counted all the same: a handler may change addresses, which drops routes. */
int ip_route_input_noref(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos,
			 struct net_device *dev)
{
	return ip_route_input(skb, daddr, saddr, tos, dev);
}
