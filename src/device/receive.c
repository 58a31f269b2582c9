// SPDX-License-Identifier: BSD-2-Clause
/* Delivery: each tap and each handler of the protocol gets the packet, the last one keeps it. */
#include <skiff/if_vlan.h>

#include "base/fork.h"
#include "device/device.h"

#define PTYPE_HASH_SIZE 16

/* Handlers of all hosts: filled before the first host runs, read by all of them. */
static struct list_head ptype_all = LIST_HEAD_INIT(ptype_all);
static struct list_head ptype_base[PTYPE_HASH_SIZE];
static bool ptype_base_ready;
DEFINE_FORK_SAFE_SPINLOCK(ptype_lock)

static struct list_head *ptype_bucket(__be16 type)
{
	return &ptype_base[ntohs(type) % PTYPE_HASH_SIZE];
}

/* With ptype_lock. */
static void ptype_base_init(void)
{
	int i;

	if (ptype_base_ready)
		return;
	for (i = 0; i < PTYPE_HASH_SIZE; i++)
		INIT_LIST_HEAD(&ptype_base[i]);
	ptype_base_ready = true;
}

void receive_init(void)
{
	spin_lock(&ptype_lock);
	ptype_base_init();
	spin_unlock(&ptype_lock);
}

static struct list_head *ptype_list(const struct packet_type *pt)
{
	bool tap = pt->type == htons(ETH_P_ALL);

	if (pt->dev)
		return tap ? &pt->dev->ptype_all : &pt->dev->ptype_specific;
	if (pt->af_packet_net) {
		struct dev_net *dn = dev_net_of(pt->af_packet_net);

		return tap ? &dn->ptype_all : &dn->ptype_specific;
	}
	return tap ? &ptype_all : ptype_bucket(pt->type);
}

static bool ptype_listed(const struct packet_type *pt, const struct list_head *head)
{
	const struct list_head *at;

	list_for_each(at, head)
		if (at == &pt->list)
			return true;
	return false;
}

void dev_add_pack(struct packet_type *pt)
{
	struct list_head *head;

	spin_lock(&ptype_lock);
	ptype_base_init();
	head = ptype_list(pt);
	/* A start function that is run again registers again. */
	if (!ptype_listed(pt, head))
		list_add_tail(&pt->list, head);
	spin_unlock(&ptype_lock);
}

void dev_remove_pack(struct packet_type *pt)
{
	spin_lock(&ptype_lock);
	ptype_base_init();
	if (ptype_listed(pt, ptype_list(pt)))
		list_del_init(&pt->list);
	spin_unlock(&ptype_lock);
}

/*
 * One packet on its way to its handlers. Each handler is called when the next one is known: only
 * then is it known whether another reference is needed, and the last one gets ours.
 */
struct delivery {
	struct sk_buff *skb;
	struct net_device *orig_dev;
	struct packet_type *last;
	int ret;
};

static void deliver_next(struct delivery *d, struct packet_type *pt)
{
	if (d->last) {
		refcount_inc(&d->skb->users);
		d->ret = d->last->func(d->skb, d->skb->dev, d->last, d->orig_dev);
	}
	d->last = pt;
}

static void deliver_taps(struct delivery *d, struct list_head *head)
{
	struct packet_type *pt, *next;

	list_for_each_entry_safe(pt, next, head, list)
		deliver_next(d, pt);
}

static void deliver_type(struct delivery *d, struct list_head *head, __be16 type)
{
	struct packet_type *pt, *next;

	list_for_each_entry_safe(pt, next, head, list)
		if (pt->type == type)
			deliver_next(d, pt);
}

/*
 * Give the packet to the last handler, or drop it when nobody wants it. Linux keeps rx_nohandler
 * for what an inactive port of a bond or a team gets; a frame of an unknown protocol is dropped.
 */
static int deliver_last(struct delivery *d)
{
	struct sk_buff *skb = d->skb;

	if (d->last)
		return d->last->func(skb, skb->dev, d->last, d->orig_dev);
	atomic_long_add(1, &skb->dev->rx_dropped);
	kfree_skb_reason(skb, SKB_DROP_REASON_UNHANDLED_PROTO);
	return NET_RX_DROP;
}

static void set_headers(struct sk_buff *skb)
{
	skb_reset_network_header(skb);
	if (!skb_transport_header_was_set(skb))
		skb_reset_transport_header(skb);
	skb_reset_mac_len(skb);
}

/*
 * A tag goes out of the data. There are no VLAN devices to take it up, so a frame of a VLAN (id
 * not 0, which is a mere priority) is for somebody else.
 */
static struct sk_buff *untag(struct sk_buff *skb)
{
	if (eth_type_vlan(skb->protocol)) {
		skb = skb_vlan_untag(skb);
		if (!skb)
			return NULL;
	}
	if (skb_vlan_tag_present(skb)) {
		if (skb_vlan_tag_get_id(skb))
			skb->pkt_type = PACKET_OTHERHOST;
		__vlan_hwaccel_clear_tag(skb);
	}
	return skb;
}

static int receive(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct dev_net *dn = dev_net_of(dev_net(dev));
	struct delivery d = { .orig_dev = dev, .ret = NET_RX_DROP };

	if (unlikely(!(dev->flags & IFF_UP))) {
		atomic_long_add(1, &dev->rx_dropped);
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		return NET_RX_DROP;
	}
	if (net_timestamp_enabled() && !skb->tstamp)
		__net_timestamp(skb);
	skb->skb_iif = dev->ifindex;
	set_headers(skb);
	d.skb = skb;
	deliver_taps(&d, &ptype_all);
	deliver_taps(&d, &dn->ptype_all);
	deliver_taps(&d, &dev->ptype_all);

	if (unlikely(eth_type_vlan(skb->protocol) || skb_vlan_tag_present(skb))) {
		/* The taps see the frame as it came: they are done before it changes. */
		deliver_next(&d, NULL);
		skb = skb_share_check(skb, GFP_ATOMIC);
		skb = skb ? untag(skb) : NULL;
		if (!skb) {
			atomic_long_add(1, &dev->rx_dropped);
			return NET_RX_DROP;
		}
		d.skb = skb;
	}
	deliver_type(&d, ptype_bucket(skb->protocol), skb->protocol);
	deliver_type(&d, &dn->ptype_specific, skb->protocol);
	deliver_type(&d, &dev->ptype_specific, skb->protocol);
	return deliver_last(&d);
}

int netif_receive_skb(struct sk_buff *skb)
{
	ASSERT_NET_LOCKED(dev_net(skb->dev));
	return receive(skb);
}

void netif_receive_skb_list(struct list_head *head)
{
	struct sk_buff *skb, *next;

	list_for_each_entry_safe(skb, next, head, list) {
		skb_list_del_init(skb);
		netif_receive_skb(skb);
	}
}

/* What is sent. */

bool dev_nit_active(struct net_device *dev)
{
	return !list_empty(&ptype_all) || !list_empty(&dev->ptype_all) ||
	       !list_empty(&dev_net_of(dev_net(dev))->ptype_all);
}

/* Whether a tap belongs to the socket that sends the packet. */
static bool is_own(struct packet_type *pt, const struct sk_buff *skb)
{
	if (!skb->sk || !pt->af_packet_priv)
		return false;
	return pt->id_match ? pt->id_match(pt, skb->sk) : pt->af_packet_priv == (void *)skb->sk;
}

static struct sk_buff *outgoing_clone(struct sk_buff *skb)
{
	struct sk_buff *clone = skb_clone(skb, GFP_ATOMIC);

	if (!clone)
		return NULL;
	if (net_timestamp_enabled() && !skb_tstamp(clone))
		__net_timestamp(clone);
	skb_reset_mac_header(clone);
	if (clone->network_header < clone->mac_header || clone->network_header > clone->tail)
		skb_reset_network_header(clone);
	clone->pkt_type = PACKET_OUTGOING;
	return clone;
}

/* Return: false when there is no memory for the clone that all taps share. */
static bool deliver_outgoing(struct delivery *d, struct list_head *head, struct sk_buff *skb)
{
	struct packet_type *pt, *next;

	list_for_each_entry_safe(pt, next, head, list) {
		if (pt->ignore_outgoing || is_own(pt, skb))
			continue;
		if (!d->skb)
			d->skb = outgoing_clone(skb);
		if (!d->skb)
			return false;
		deliver_next(d, pt);
	}
	return true;
}

void dev_queue_xmit_nit(struct sk_buff *skb, struct net_device *dev)
{
	struct delivery d = { .orig_dev = dev };

	ASSERT_NET_LOCKED(dev_net(dev));
	if (deliver_outgoing(&d, &ptype_all, skb) &&
	    deliver_outgoing(&d, &dev_net_of(dev_net(dev))->ptype_all, skb))
		deliver_outgoing(&d, &dev->ptype_all, skb);
	if (d.last)
		d.last->func(d.skb, dev, d.last, dev);
}
