// SPDX-License-Identifier: BSD-2-Clause
/* Delivery: each tap and each handler of the protocol gets the packet, the last one keeps it. */
#include <skiff/if_vlan.h>

#include "base/fork.h"
#include "device/device.h"
#include "skb/tstamp.h"

#define PTYPE_HASH_SIZE 16

/* Handlers of all hosts: filled before the first host runs, read by all of them. */
struct list_head ptype_all = LIST_HEAD_INIT(ptype_all);
bool ptype_beside;
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
	if (head != ptype_bucket(pt->type))
		WRITE_ONCE(ptype_beside, true);
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

/* Whoever gets it may keep it: then not in memory that its owner waits for. 0 or -ENOMEM. */
static int own_memory(struct sk_buff *skb)
{
	return unlikely(skb_zcopy(skb)) ? skb_orphan_frags_rx(skb, GFP_ATOMIC) : 0;
}

static void deliver_next(struct delivery *d, struct packet_type *pt)
{
	if (d->last && !own_memory(d->skb)) {
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

static void deliver_listed(struct delivery *d, struct list_head *head, __be16 type)
{
	struct packet_type *pt, *next;

	list_for_each_entry_safe(pt, next, head, list)
		if (pt->type == type)
			deliver_next(d, pt);
}

/* Most lists are empty. */
static inline void deliver_type(struct delivery *d, struct list_head *head, __be16 type)
{
	if (unlikely(!list_empty(head)))
		deliver_listed(d, head, type);
}

/*
 * Give the packet to the last handler, or drop it when nobody wants it. Linux keeps rx_nohandler
 * for what an inactive port of a bond or a team gets; a frame of an unknown protocol is dropped.
 */
static int deliver_last(struct delivery *d)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_UNHANDLED_PROTO;
	struct sk_buff *skb = d->skb;

	if (d->last) {
		if (likely(!own_memory(skb)))
			return d->last->func(skb, skb->dev, d->last, d->orig_dev);
		reason = SKB_DROP_REASON_NOMEM;
	}
	atomic_long_add(1, &skb->dev->rx_dropped);
	kfree_skb_reason(skb, reason);
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

int netdev_rx_handler_register(struct net_device *dev, rx_handler_func_t *rx_handler,
			       void *rx_handler_data)
{
	ASSERT_NET_LOCKED(dev_net(dev));
	if (!rx_handler)
		return -EINVAL;
	if (dev->rx_handler)
		return -EBUSY;
	dev->rx_handler_data = rx_handler_data;
	dev->rx_handler = rx_handler;
	return 0;
}

void netdev_rx_handler_unregister(struct net_device *dev)
{
	ASSERT_NET_LOCKED(dev_net(dev));
	dev->rx_handler = NULL;
	dev->rx_handler_data = NULL;
}

/* Devices that hand packets to one another: more of them are a circle. */
#define RX_HANDLERS_MAX 8

/*
 * The handler of the device, and of each device that one leads to. What was seen to by then is done
 * with: the packet belongs to the handler. Return: whether the packet goes on, in d->skb.
 */
static bool run_rx_handler(struct delivery *d, bool *exact, int *turns)
{
	rx_handler_result_t result;

	deliver_next(d, NULL);
	d->skb = skb_share_check(d->skb, GFP_ATOMIC);
	if (!d->skb) {
		d->ret = NET_RX_DROP;
		return false;
	}
	result = d->skb->dev->rx_handler(&d->skb);
	if (result == RX_HANDLER_EXACT)
		*exact = true;
	if (result == RX_HANDLER_CONSUMED)
		d->ret = NET_RX_SUCCESS;
	if (result == RX_HANDLER_ANOTHER && ++*turns > RX_HANDLERS_MAX) {
		atomic_long_add(1, &d->skb->dev->rx_dropped);
		kfree_skb_reason(d->skb, SKB_DROP_REASON_UNHANDLED_PROTO);
		d->ret = NET_RX_DROP;
		return false;
	}
	return result != RX_HANDLER_CONSUMED;
}

/* Behind a link that brings everybody's frames, the card's filter is here. */
static bool filtered(const struct sk_buff *skb, const struct net_device *dev)
{
	return dev->priv_flags & IFF_RX_FILTER && skb_mac_header_was_set(skb) &&
	       (unsigned int)skb->mac_header + dev->addr_len <= skb->tail &&
	       !dev_rx_wanted(dev, skb_mac_header(skb));
}

/* What is not for the core at all. */
static bool refused(struct sk_buff *skb, struct net_device *dev)
{
	if (unlikely(!(dev->flags & IFF_UP))) {
		atomic_long_add(1, &dev->rx_dropped);
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		return true;
	}
	if (unlikely(filtered(skb, dev))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return true;
	}
	return false;
}

/* The taps see the frame as it came: they are done before it changes. Return: whether it goes on. */
static bool untag_delivery(struct delivery *d)
{
	struct net_device *dev = d->skb->dev;

	deliver_next(d, NULL);
	d->skb = skb_share_check(d->skb, GFP_ATOMIC);
	if (d->skb)
		d->skb = untag(d->skb);
	if (d->skb)
		return true;
	atomic_long_add(1, &dev->rx_dropped);
	d->ret = NET_RX_DROP;
	return false;
}

/* To whoever wants it, in any circumstances. */
static noinline int deliver(struct sk_buff *skb, struct dev_net *dn)
{
	struct delivery d = { .skb = skb, .orig_dev = skb->dev, .ret = NET_RX_DROP };
	bool exact = false;
	int turns = 0;

	if (skb_stamps_wanted() && !skb->tstamp)
		__net_timestamp(skb);
another_round:
	if (refused(d.skb, d.skb->dev))
		return NET_RX_DROP;
	d.skb->skb_iif = d.skb->dev->ifindex;
	set_headers(d.skb);
	if (unlikely(nit_active(d.skb->dev, dn))) {
		deliver_taps(&d, &ptype_all);
		deliver_taps(&d, &dn->ptype_all);
		deliver_taps(&d, &d.skb->dev->ptype_all);
	}

	if (unlikely(d.skb->dev->rx_handler)) {
		struct net_device *dev = d.skb->dev;

		if (!run_rx_handler(&d, &exact, &turns))
			return d.ret;
		if (d.skb->dev != dev)
			goto another_round;
	}
	if (unlikely(eth_type_vlan(d.skb->protocol) || skb_vlan_tag_present(d.skb))) {
		if (!untag_delivery(&d))
			return d.ret;
	}
	if (!exact) {
		deliver_listed(&d, ptype_bucket(d.skb->protocol), d.skb->protocol);
		deliver_type(&d, &dn->ptype_specific, d.skb->protocol);
	}
	deliver_type(&d, &d.orig_dev->ptype_specific, d.skb->protocol);
	if (d.skb->dev != d.orig_dev)
		deliver_type(&d, &d.skb->dev->ptype_specific, d.skb->protocol);
	return deliver_last(&d);
}

/* Whether there are handlers that are not in ptype_base. */
static inline bool handlers_beside(const struct net_device *dev, const struct dev_net *dn)
{
	return nit_active(dev, dn) || !list_empty(&dn->ptype_specific) ||
	       !list_empty(&dev->ptype_specific);
}

/* The one handler of a packet that nobody else wants and that nothing is to be done with; else NULL. */
static inline struct packet_type *
sole_handler(const struct sk_buff *skb, const struct net_device *dev, const struct dev_net *dn)
{
	struct packet_type *pt, *found = NULL;

	if (unlikely(READ_ONCE(ptype_beside)) && handlers_beside(dev, dn))
		return NULL;
	if (unlikely(skb_stamps_wanted() || dev->rx_handler || skb_vlan_tag_present(skb) ||
		     eth_type_vlan(skb->protocol) || skb_zcopy(skb) || !(dev->flags & IFF_UP) ||
		     dev->priv_flags & IFF_RX_FILTER))
		return NULL;
	list_for_each_entry(pt, ptype_bucket(skb->protocol), list) {
		if (unlikely(pt->type != skb->protocol))
			continue;
		if (unlikely(found))
			return NULL;
		found = pt;
	}
	return found;
}

int netif_receive_skb(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct dev_net *dn = dev_net_of(dev_net(dev));
	struct packet_type *pt;

	ASSERT_NET_LOCKED(dev_net(dev));
	pt = sole_handler(skb, dev, dn);
	if (unlikely(!pt))
		return deliver(skb, dn);
	skb->skb_iif = dev->ifindex;
	set_headers(skb);
	return pt->func(skb, dev, pt, dev);
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
	return nit_active(dev, dev_net_of(dev_net(dev)));
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
	if (own_memory(clone)) {
		kfree_skb_reason(clone, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	if (skb_stamps_wanted() && !skb_tstamp(clone))
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
