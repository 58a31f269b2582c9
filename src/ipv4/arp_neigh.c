// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 neighbours on links with ARP: how entries are made, how they are asked for. */
#include <string.h>

#include <skiff/etherdevice.h>

#include "ipv4/ipv4.h"

/* The packet's own source, if it is ours: the answer will fill the right entry over there. */
static __be32 arp_packet_source(const struct net_device *dev, const struct sk_buff *skb)
{
	__be32 saddr;

	if (!skb || skb->protocol != htons(ETH_P_IP))
		return 0;
	saddr = ip_hdr(skb)->saddr;
	if (ipv4_is_loopback(saddr) || inet_addr_type(dev_net(dev), saddr) != RTN_LOCAL)
		return 0;
	return saddr;
}

/*
 * Which of our addresses a question names. arp_announce 0: that of the packet that waits; 1: that
 * one if it is in the subnet of the target; 2: the one that suits the target best.
 */
static __be32 arp_source(const struct net_device *dev, const struct sk_buff *skb, __be32 target)
{
	struct in_device *in_dev = __in_dev_get(dev);
	__be32 saddr = arp_packet_source(dev, skb);
	int announce = in_dev_maxconf(in_dev, IPV4_DEVCONF_ARP_ANNOUNCE);
	const struct in_ifaddr *ifa;

	if (!saddr || announce == 2)
		return inet_select_addr(dev, target, RT_SCOPE_LINK);
	if (announce == 0)
		return saddr;
	in_dev_for_each_ifa(ifa, in_dev)
		if (inet_ifa_match(saddr, ifa) && inet_ifa_match(target, ifa))
			return saddr;
	return inet_select_addr(dev, target, RT_SCOPE_LINK);
}

/* RFC 826 packets for what waits; called by the state machine. */
static void arp_solicit(struct neighbour *neigh, struct sk_buff *skb)
{
	struct net_device *dev = neigh->dev;
	int probes = neigh->probes - NEIGH_VAR(neigh->parms, UCAST_PROBES);
	const unsigned char *dst_hw = NULL;
	__be32 target;

	if (!__in_dev_get(dev))
		return;
	memcpy(&target, neigh->primary_key, sizeof(target));
	/*
	 * RFC 1122 section 2.3.2.1 (2): a known address is checked by unicast, without bothering all.
	 * Then programs are asked, then everybody.
	 */
	if (probes < 0) {
		if (neigh->nud_state & NUD_VALID)
			dst_hw = neigh->ha;
	} else if (probes < NEIGH_VAR(neigh->parms, APP_PROBES)) {
		neigh_app_ns(neigh);
		return;
	}
	arp_send(ARPOP_REQUEST, ETH_P_ARP, target, dev, arp_source(dev, skb, target), dst_hw, NULL,
		 NULL);
}

static void arp_error_report(struct neighbour *neigh, struct sk_buff *skb)
{
	(void)neigh;
	dst_link_failure(skb);
	kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
}

static const struct neigh_ops arp_generic_ops = {
	.family = AF_INET,
	.solicit = arp_solicit,
	.error_report = arp_error_report,
	.output = neigh_resolve_output,
	.connected_output = neigh_connected_output,
};

static const struct neigh_ops arp_direct_ops = {
	.family = AF_INET,
	.solicit = arp_solicit,
	.error_report = arp_error_report,
	.output = neigh_direct_output,
	.connected_output = neigh_direct_output,
};

/* Addresses that follow from the IP address or the link need not be asked for. */
static bool arp_known(struct neighbour *neigh, __be32 addr)
{
	struct net_device *dev = neigh->dev;

	if (neigh->type == RTN_MULTICAST && dev->type == ARPHRD_ETHER)
		ip_eth_mc_map(addr, (char *)neigh->ha);
	else if (dev->flags & (IFF_NOARP | IFF_LOOPBACK))
		memcpy(neigh->ha, dev->dev_addr, dev->addr_len);
	else if (neigh->type == RTN_BROADCAST || dev->flags & IFF_POINTOPOINT)
		memcpy(neigh->ha, dev->broadcast, dev->addr_len);
	else
		return false;
	return true;
}

static int arp_constructor(struct neighbour *neigh)
{
	struct net_device *dev = neigh->dev;
	__be32 addr;

	if (!__in_dev_get(dev))
		return -EINVAL;
	neigh_parms_use(neigh, __in_dev_get(dev)->arp_parms);
	memcpy(&addr, neigh->primary_key, sizeof(addr));
	neigh->type = (u8)inet_addr_type(dev_net(dev), addr);
	if (!dev_has_header(dev)) {
		neigh->nud_state = NUD_NOARP;
		neigh->ops = &arp_direct_ops;
	} else {
		neigh->ops = &arp_generic_ops;
		if (arp_known(neigh, addr))
			neigh->nud_state = NUD_NOARP;
	}
	neigh->output = neigh->nud_state & NUD_VALID ? neigh->ops->connected_output :
						       neigh->ops->output;
	return 0;
}

struct neigh_table arp_tbl = {
	.family = AF_INET,
	.key_len = sizeof(__be32),
	.protocol = htons(ETH_P_IP),
	.id = "arp_cache",
	.constructor = arp_constructor,
	.proxy_redo = arp_redo,
	/* Linux's defaults; retransmission and probes as RFC 4861 section 10 has them. */
	.parms = {
		.data = {
			[NEIGH_VAR_MCAST_PROBES] = 3,
			[NEIGH_VAR_UCAST_PROBES] = 3,
			[NEIGH_VAR_RETRANS_TIME_MS] = 1000,
			[NEIGH_VAR_BASE_REACHABLE_TIME_MS] = 30000,
			[NEIGH_VAR_DELAY_PROBE_TIME] = 5,
			[NEIGH_VAR_GC_STALETIME] = 60,
			[NEIGH_VAR_QUEUE_LEN_BYTES] = 212992,
			[NEIGH_VAR_LOCKTIME_MS] = 1000,
			[NEIGH_VAR_PROXY_QLEN] = 64,
			[NEIGH_VAR_PROXY_DELAY_MS] = 800,
			[NEIGH_VAR_GC_INTERVAL] = 30,
			[NEIGH_VAR_GC_THRESH1] = 128,
			[NEIGH_VAR_GC_THRESH2] = 512,
			[NEIGH_VAR_GC_THRESH3] = 1024,
		},
	},
};

/* For eth_rebuild_header(): the next hop's address, or the packet waits and comes back later. */
static int arp_find(unsigned char *haddr, struct sk_buff *skb)
{
	struct neighbour *n = NULL;
	int waits;

	if (skb_dst(skb))
		n = dst_neigh_lookup_skb(skb_dst(skb), skb);
	if (IS_ERR_OR_NULL(n)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL);
		return 1;
	}
	waits = neigh_event_send(n, skb);
	if (!waits)
		memcpy(haddr, n->ha, n->dev->addr_len);
	neigh_release(n);
	return waits;
}

void arp_init(void)
{
	neigh_table_init(NEIGH_ARP_TABLE, &arp_tbl);
	eth_set_resolver(arp_find);
}
