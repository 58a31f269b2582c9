// SPDX-License-Identifier: BSD-2-Clause
/* ARP packets: received, answered, sent (RFC 826, RFC 5227). */
#include <string.h>

#include <skiff/etherdevice.h>
#include <skiff/printk.h>

#include "ipv4/ipv4.h"
#include "wire/addr.h"
#include "wire/arp.h"

const struct arp_stats *arp_stats_of(struct net *net)
{
	return &ipv4_net(net)->arp;
}

/* Sending */

struct sk_buff *arp_create(int type, int ptype, __be32 dest_ip, struct net_device *dev,
			   __be32 src_ip, const unsigned char *dest_hw, const unsigned char *src_hw,
			   const unsigned char *target_hw)
{
	unsigned int room = LL_RESERVED_SPACE(dev);
	struct sk_buff *skb;

	if (dev->type != ARPHRD_ETHER || dev->addr_len != ETH_ALEN)
		return NULL;
	skb = alloc_skb(room + WIRE_ARP_LEN + dev->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, (int)room);
	skb_reset_network_header(skb);
	skb->dev = dev;
	skb->protocol = htons(ETH_P_ARP);
	wire_arp_build(skb_put(skb, WIRE_ARP_LEN), (u16)type, src_hw ? src_hw : dev->dev_addr,
		       src_ip, target_hw, dest_ip);
	if (dev_hard_header(skb, dev, (unsigned short)ptype, dest_hw ? dest_hw : dev->broadcast,
			    src_hw ? src_hw : dev->dev_addr, skb->len) < 0) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	return skb;
}

void arp_xmit(struct sk_buff *skb)
{
	dev_queue_xmit(skb);
}

void arp_send(int type, int ptype, __be32 dest_ip, struct net_device *dev, __be32 src_ip,
	      const unsigned char *dest_hw, const unsigned char *src_hw,
	      const unsigned char *target_hw)
{
	struct arp_stats *stats = &ipv4_net(dev_net(dev))->arp;
	struct sk_buff *skb;

	if (dev->flags & (IFF_NOARP | IFF_LOOPBACK))
		return;
	skb = arp_create(type, ptype, dest_ip, dev, src_ip, dest_hw, src_hw, target_hw);
	if (!skb)
		return;
	if (type == ARPOP_REQUEST)
		stats->requests_out++;
	else
		stats->replies_out++;
	arp_xmit(skb);
}

void arp_announce(struct net_device *dev, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get(dev);

	if (in_dev_maxconf(in_dev, IPV4_DEVCONF_ARP_NOTIFY) && !ipv4_is_loopback(addr))
		arp_send(ARPOP_REQUEST, ETH_P_ARP, addr, dev, addr, NULL, NULL, NULL);
}

void arp_ifdown(struct net_device *dev)
{
	neigh_ifdown(&arp_tbl, dev);
}

/* Receiving */

/**
 * struct arp_packet - a packet that passed all checks
 */
struct arp_packet {
	u16 op;
	u8 sha[ETH_ALEN];
	u8 tha[ETH_ALEN];
	__be32 sip;
	__be32 tip;
};

static bool arp_parse(struct sk_buff *skb, struct arp_packet *a)
{
	if (!pskb_may_pull(skb, WIRE_ARP_LEN) ||
	    wire_arp_check(skb->data, skb_headlen(skb)) != WIRE_ARP_OK)
		return false;
	a->op = wire_arp_op(skb->data);
	memcpy(a->sha, wire_arp_sender_mac(skb->data), ETH_ALEN);
	memcpy(a->tha, wire_arp_target_mac(skb->data), ETH_ALEN);
	a->sip = wire_arp_sender_ip(skb->data);
	a->tip = wire_arp_target_ip(skb->data);
	return a->op == WIRE_ARP_REQUEST || a->op == WIRE_ARP_REPLY;
}

/*
 * Addresses that no single host has, as sender or as target. A sender's group as link address is
 * believed, against RFC 1812 section 3.3.2: clusters answer with one to be reached all at once.
 */
static bool arp_addresses_ok(const struct in_device *in_dev, const struct arp_packet *a)
{
	if (ipv4_is_multicast(a->tip) || ipv4_is_lbcast(a->tip) || ipv4_is_zeronet(a->tip))
		return false;
	if (ipv4_is_loopback(a->tip) &&
	    !(in_dev && in_dev_orconf(in_dev, IPV4_DEVCONF_ROUTE_LOCALNET)))
		return false;
	/* A sender of 0.0.0.0 probes for an address that it does not have yet (RFC 5227). */
	return !a->sip || (!ipv4_is_multicast(a->sip) && !ipv4_is_loopback(a->sip) &&
			   !ipv4_is_lbcast(a->sip) && !ipv4_is_zeronet(a->sip));
}

/* Is @tip an address of @in_dev, of a scope to @scope, in one subnet with @sip unless that is 0? */
static bool arp_confirm(const struct in_device *in_dev, __be32 sip, __be32 tip, int scope)
{
	bool has = false, same = false;
	const struct in_ifaddr *ifa;

	in_dev_for_each_ifa(ifa, in_dev) {
		has |= ifa->ifa_local == tip && ifa->ifa_scope <= scope;
		same |= inet_ifa_match(tip, ifa) && (!sip || inet_ifa_match(sip, ifa));
	}
	return has && same;
}

static bool arp_confirm_any(struct net *net, __be32 tip, int scope)
{
	struct net_device *dev;

	for_each_netdev(net, dev)
		if (__in_dev_get(dev) && arp_confirm(__in_dev_get(dev), 0, tip, scope))
			return true;
	return false;
}

/*
 * arp_ignore 0: any address of this host is answered for; 1: those of the device itself; 2: and
 * only to senders of the same subnet; 3: any but those that are for this host alone; 8: none.
 */
static bool arp_ignored(const struct in_device *in_dev, const struct arp_packet *a)
{
	switch (in_dev_maxconf(in_dev, IPV4_DEVCONF_ARP_IGNORE)) {
	case 1:
		return !arp_confirm(in_dev, 0, a->tip, RT_SCOPE_HOST);
	case 2:
		return !arp_confirm(in_dev, a->sip, a->tip, RT_SCOPE_HOST);
	case 3:
		return !arp_confirm_any(dev_net(in_dev->dev), a->tip, RT_SCOPE_LINK);
	case 8:
		return true;
	default:
		return false;
	}
}

/* arp_filter: answered only on the device by which packets to the asker would leave. */
static bool arp_filtered(const struct in_device *in_dev, const struct arp_packet *a)
{
	struct flowi4 fl4 = { .daddr = a->sip, .saddr = a->tip };
	struct rtable *rt;
	bool other;

	if (!a->sip || !in_dev_orconf(in_dev, IPV4_DEVCONF_ARPFILTER))
		return false;
	rt = ip_route_output_key(dev_net(in_dev->dev), &fl4);
	if (IS_ERR(rt))
		return true;
	other = rt->dst.dev != in_dev->dev;
	ip_rt_put(rt);
	if (other)
		ipv4_net(dev_net(in_dev->dev))->arp.filtered++;
	return other;
}

/* medium_id: devices of one medium, and those that stand for all (-1), need nobody to speak for them. */
static bool arp_other_medium(const struct in_device *in_dev, const struct net_device *out)
{
	int in_id = IPV4_DEVCONF(in_dev->cnf, MEDIUM_ID), out_id = 0;

	if (!in_id)
		return true;
	if (in_id == -1)
		return false;
	if (__in_dev_get(out))
		out_id = IPV4_DEVCONF(__in_dev_get(out)->cnf, MEDIUM_ID);
	return out_id != in_id && out_id != -1;
}

/* An address that is somewhere else, behind us: proxy_arp, proxy_arp_pvlan, or an entry for it. */
static bool arp_proxies(struct in_device *in_dev, const struct arp_packet *a)
{
	struct net *net = dev_net(in_dev->dev);
	struct fib_route *r = fib_lookup(ipv4_net(net), a->tip, 0);

	if (!a->sip || !r || r->cfg.fc_type != RTN_UNICAST || !r->dev)
		return false;
	/* There, the owner answers for itself, if the link lets it. */
	if (r->dev == in_dev->dev)
		return in_dev_orconf(in_dev, IPV4_DEVCONF_PROXY_ARP_PVLAN);
	return (in_dev_orconf(in_dev, IPV4_DEVCONF_PROXY_ARP) &&
		arp_other_medium(in_dev, r->dev)) ||
	       pneigh_lookup(&arp_tbl, net, &a->tip, in_dev->dev, 0);
}

/* An announcement: a host tells its own address, in an answer also as the target. */
static bool arp_is_garp(struct net *net, const struct arp_packet *a)
{
	if (a->sip != a->tip || inet_addr_type(net, a->sip) != RTN_UNICAST)
		return false;
	return a->op == WIRE_ARP_REQUEST || ether_addr_equal(a->sha, a->tha);
}

/*
 * arp_accept: whether to make an entry for somebody who was not asked for. 0: never; 1: always;
 * 2: if its address is in a subnet of the device.
 */
static bool arp_accepts(const struct in_device *in_dev, const struct arp_packet *a)
{
	int accept = in_dev_maxconf(in_dev, IPV4_DEVCONF_ARP_ACCEPT);
	const struct in_ifaddr *ifa;

	if (accept != 2)
		return accept == 1;
	in_dev_for_each_ifa(ifa, in_dev)
		if (inet_ifa_match(a->sip, ifa))
			return true;
	return false;
}

/* The entry that a packet is about, with a reference, or NULL. */
static struct neighbour *arp_entry(struct net_device *dev, const struct arp_packet *a, bool garp)
{
	struct neighbour *n = neigh_lookup(&arp_tbl, &a->sip, dev);

	if (n || !arp_accepts(__in_dev_get(dev), a))
		return n;
	if (!garp &&
	    (a->op != WIRE_ARP_REPLY || inet_addr_type(dev_net(dev), a->sip) != RTN_UNICAST))
		return NULL;
	n = neigh_create(&arp_tbl, &a->sip, dev);
	return IS_ERR(n) ? NULL : n;
}

/* RFC 826, "Packet Reception": an entry that exists is updated, by any packet. */
static void arp_learn(struct net_device *dev, const struct sk_buff *skb, const struct arp_packet *a)
{
	bool garp = arp_is_garp(dev_net(dev), a), override;
	struct neighbour *n = arp_entry(dev, a, garp);
	u8 state = NUD_REACHABLE;

	if (!n)
		return;
	/* The first of several answers counts, lest two claimants take turns with every packet. */
	override = neigh_now(n) > n->updated + NEIGH_VAR(n->parms, LOCKTIME_MS) * NSEC_PER_MSEC ||
		   garp;
	/* Only an answer to us proves that the other end can hear us. */
	if (a->op != WIRE_ARP_REPLY || skb->pkt_type != PACKET_HOST)
		state = NUD_STALE;
	neigh_update(n, a->sha, state, override ? NEIGH_UPDATE_F_OVERRIDE : 0, 0);
	neigh_release(n);
}

/* Who asks us will talk to us: RFC 826 has the asker entered into the table. */
static void arp_learn_asker(struct net_device *dev, const struct arp_packet *a)
{
	struct neighbour *n = neigh_create(&arp_tbl, &a->sip, dev);

	if (IS_ERR(n))
		return;
	neigh_update(n, a->sha, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE, 0);
	neigh_release(n);
}

static void arp_reply(struct net_device *dev, const struct arp_packet *a)
{
	arp_send(ARPOP_REPLY, ETH_P_ARP, a->sip, dev, a->tip, a->sha, dev->dev_addr, a->sha);
}

/* Two devices of one host on the same link hear each other, and each may speak of any address. */
static bool arp_is_own_mac(struct net *net, const u8 *mac)
{
	struct net_device *dev;

	for_each_netdev(net, dev)
		if (dev->addr_len == ETH_ALEN && ether_addr_equal(dev->dev_addr, mac))
			return true;
	return false;
}

/* Somebody else has, or wants, an address of ours (RFC 5227 section 2.4). */
static bool arp_conflict(struct net_device *dev, const struct arp_packet *a)
{
	struct in_device *in_dev = __in_dev_get(dev);
	char ip[WIRE_IP_TEXT], mac[WIRE_MAC_TEXT];

	if (!a->sip || inet_addr_type(dev_net(dev), a->sip) != RTN_LOCAL)
		return false;
	/* Our own announcement may come back to us. */
	if (arp_is_own_mac(dev_net(dev), a->sha))
		return true;
	in_dev->arp_conflicts++;
	ipv4_net(dev_net(dev))->arp.conflicts++;
	net_warn_ratelimited("%s: our address %s is also used by %s", dev->name,
			     wire_format_ip(ip, a->sip), wire_format_mac(mac, a->sha));
	return true;
}

/*
 * A question for an address that we answer for. Linux wants forwarding as well; here it is enough
 * that the administrator says so. Return: whether @skb is in the queue now.
 */
static bool arp_proxy(struct sk_buff *skb, struct net_device *dev, const struct arp_packet *a)
{
	struct neigh_parms *p = __in_dev_get(dev)->arp_parms;

	if (inet_addr_type(dev_net(dev), a->sip) == RTN_UNICAST)
		arp_learn_asker(dev, a);
	if (!pneigh_has_waited(skb) && skb->pkt_type != PACKET_HOST &&
	    NEIGH_VAR(p, PROXY_DELAY_MS)) {
		pneigh_enqueue(&arp_tbl, p, skb);
		return true;
	}
	arp_reply(dev, a);
	return false;
}

/* Return: whether the question was dealt with; *@kept: @skb is in a queue. */
static bool arp_request(struct sk_buff *skb, struct net_device *dev, const struct arp_packet *a,
			bool *kept)
{
	struct in_device *in_dev = __in_dev_get(dev);
	struct net *net = dev_net(dev);

	if (inet_addr_type(net, a->tip) != RTN_LOCAL) {
		if (!arp_proxies(in_dev, a))
			return false;
		*kept = arp_proxy(skb, dev, a);
		return true;
	}
	if (arp_ignored(in_dev, a) || arp_filtered(in_dev, a))
		return true;
	if (a->sip && inet_addr_type(net, a->sip) == RTN_UNICAST)
		arp_learn_asker(dev, a);
	arp_reply(dev, a);
	return true;
}

static void arp_count(struct arp_stats *stats, const struct arp_packet *a)
{
	if (a->op == WIRE_ARP_REQUEST)
		stats->requests_in++;
	else
		stats->replies_in++;
}

/* Return: why the packet is dropped, or SKB_NOT_DROPPED_YET; *@kept: it is in a queue. */
static enum skb_drop_reason arp_process(struct sk_buff *skb, struct net_device *dev, bool *kept)
{
	struct arp_stats *stats = &ipv4_net(dev_net(dev))->arp;
	struct in_device *in_dev = __in_dev_get(dev);
	struct arp_packet a;

	if (dev->type != ARPHRD_ETHER || !arp_parse(skb, &a) || !arp_addresses_ok(in_dev, &a) ||
	    (a.sip && inet_addr_type(dev_net(dev), a.sip) == RTN_BROADCAST)) {
		stats->invalid++;
		return SKB_DROP_REASON_ARP_INVALID;
	}
	if (!pneigh_has_waited(skb))
		arp_count(stats, &a);
	if (!in_dev || arp_conflict(dev, &a))
		return SKB_NOT_DROPPED_YET;
	if (a.sip == a.tip && in_dev_orconf(in_dev, IPV4_DEVCONF_DROP_GRATUITOUS_ARP))
		return SKB_DROP_REASON_ARP_GRATUITOUS;
	if (a.op == WIRE_ARP_REQUEST && arp_request(skb, dev, &a, kept))
		return SKB_NOT_DROPPED_YET;
	if (a.sip)
		arp_learn(dev, skb, &a);
	return SKB_NOT_DROPPED_YET;
}

static int arp_handle(struct sk_buff *skb, struct net_device *dev)
{
	bool kept = false;
	enum skb_drop_reason reason = arp_process(skb, dev, &kept);

	if (kept)
		return NET_RX_SUCCESS;
	if (reason != SKB_NOT_DROPPED_YET) {
		kfree_skb_reason(skb, reason);
		return NET_RX_DROP;
	}
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

/* A question that has waited in the proxy queue. */
void arp_redo(struct sk_buff *skb)
{
	arp_handle(skb, skb->dev);
}

/* The packet_type handler for ETH_P_ARP. */
int arp_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	    struct net_device *orig_dev)
{
	(void)pt;
	(void)orig_dev;
	ASSERT_NET_LOCKED(dev_net(dev));
	if (skb->pkt_type == PACKET_OTHERHOST) {
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return NET_RX_DROP;
	}
	if (dev->flags & IFF_NOARP || skb->pkt_type == PACKET_LOOPBACK) {
		consume_skb(skb);
		return NET_RX_SUCCESS;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return NET_RX_DROP;
	pneigh_new(skb);
	return arp_handle(skb, dev);
}
