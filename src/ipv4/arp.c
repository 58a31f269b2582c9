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
	if (ipv4_net(dev_net(dev))->sysctl.arp_notify && !ipv4_is_loopback(addr))
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
	a->sip = wire_arp_sender_ip(skb->data);
	a->tip = wire_arp_target_ip(skb->data);
	return a->op == WIRE_ARP_REQUEST || a->op == WIRE_ARP_REPLY;
}

/* Addresses that no single host has, as sender or as target. */
static bool arp_addresses_ok(const struct arp_packet *a)
{
	if (!is_valid_ether_addr(a->sha))
		return false;
	if (ipv4_is_multicast(a->tip) || ipv4_is_loopback(a->tip) || ipv4_is_lbcast(a->tip) ||
	    ipv4_is_zeronet(a->tip))
		return false;
	/* A sender of 0.0.0.0 probes for an address that it does not have yet (RFC 5227). */
	return !a->sip || (!ipv4_is_multicast(a->sip) && !ipv4_is_loopback(a->sip) &&
			   !ipv4_is_lbcast(a->sip) && !ipv4_is_zeronet(a->sip));
}

/*
 * Do we answer a question about @tip on this device? arp_ignore 0: any address of this host; 1:
 * those of the device itself; 2: and only to senders of the same subnet; 8: nobody.
 */
static bool arp_answers(const struct net_device *dev, const struct arp_packet *a)
{
	struct in_device *in_dev = __in_dev_get(dev);
	int ignore = ipv4_net(dev_net(dev))->sysctl.arp_ignore;
	const struct in_ifaddr *ifa;

	if (inet_addr_type(dev_net(dev), a->tip) != RTN_LOCAL || ignore == 8)
		return false;
	if (ignore == 0)
		return true;
	in_dev_for_each_ifa(ifa, in_dev)
		if (ifa->ifa_local == a->tip)
			return ignore == 1 || !a->sip || inet_ifa_match(a->sip, ifa);
	return false;
}

/* RFC 826, "Packet Reception": an entry that exists is updated, by any packet. */
static void arp_learn(struct net_device *dev, const struct sk_buff *skb, const struct arp_packet *a)
{
	struct neighbour *n = neigh_lookup(&arp_tbl, &a->sip, dev);
	u8 state = NUD_REACHABLE;
	bool override;

	if (!n)
		return;
	/* The first of several answers counts, lest two claimants take turns with every packet. */
	override = neigh_now(n) > n->updated + NEIGH_VAR(n->parms, LOCKTIME_MS) * NSEC_PER_MSEC ||
		   a->sip == a->tip;
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

/* Somebody else has, or wants, an address of ours (RFC 5227 section 2.4). */
static bool arp_conflict(struct net_device *dev, const struct arp_packet *a)
{
	struct in_device *in_dev = __in_dev_get(dev);
	char ip[WIRE_IP_TEXT], mac[WIRE_MAC_TEXT];

	if (!a->sip || inet_addr_type(dev_net(dev), a->sip) != RTN_LOCAL)
		return false;
	/* Our own announcement may come back to us. */
	if (ether_addr_equal(a->sha, dev->dev_addr))
		return true;
	in_dev->arp_conflicts++;
	ipv4_net(dev_net(dev))->arp.conflicts++;
	net_warn_ratelimited("%s: our address %s is also used by %s", dev->name,
			     wire_format_ip(ip, a->sip), wire_format_mac(mac, a->sha));
	return true;
}

/* Return: why the packet is dropped, or SKB_NOT_DROPPED_YET. */
static enum skb_drop_reason arp_process(struct sk_buff *skb, struct net_device *dev)
{
	struct arp_stats *stats = &ipv4_net(dev_net(dev))->arp;
	struct arp_packet a;

	if (dev->type != ARPHRD_ETHER || !arp_parse(skb, &a) || !arp_addresses_ok(&a)) {
		stats->invalid++;
		return SKB_DROP_REASON_ARP_INVALID;
	}
	if (a.sip && inet_addr_type(dev_net(dev), a.sip) == RTN_BROADCAST) {
		stats->invalid++;
		return SKB_DROP_REASON_ARP_INVALID;
	}
	if (a.op == WIRE_ARP_REQUEST)
		stats->requests_in++;
	else
		stats->replies_in++;
	if (!__in_dev_get(dev))
		return SKB_NOT_DROPPED_YET;
	if (arp_conflict(dev, &a))
		return SKB_NOT_DROPPED_YET;
	if (a.op == WIRE_ARP_REQUEST && arp_answers(dev, &a)) {
		if (a.sip && inet_addr_type(dev_net(dev), a.sip) == RTN_UNICAST)
			arp_learn_asker(dev, &a);
		arp_reply(dev, &a);
		return SKB_NOT_DROPPED_YET;
	}
	if (a.sip)
		arp_learn(dev, skb, &a);
	return SKB_NOT_DROPPED_YET;
}

/* The packet_type handler for ETH_P_ARP. */
int arp_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	    struct net_device *orig_dev)
{
	enum skb_drop_reason reason;

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
	reason = arp_process(skb, dev);
	if (reason != SKB_NOT_DROPPED_YET) {
		kfree_skb_reason(skb, reason);
		return NET_RX_DROP;
	}
	consume_skb(skb);
	return NET_RX_SUCCESS;
}
