// SPDX-License-Identifier: BSD-2-Clause
/* The way out: fit a packet to its device, queue it, offer it to the driver. */
#include <skiff/if_vlan.h>
#include <skiff/printk.h>

#include "device/device.h"
#include "skb/tstamp.h"

/* Devices stacked on devices: deeper than this is a loop. */
#define XMIT_RECURSION_LIMIT 8

/* Of the thread that holds a stack lock and is inside of a driver. */
static __thread struct {
	bool more;
	int depth;
} xmit __attribute__((tls_model("initial-exec")));

bool netdev_xmit_more(void)
{
	return xmit.more;
}

static void drop(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason reason)
{
	atomic_long_add(1, &dev->tx_dropped);
	kfree_skb_reason(skb, reason);
}

/* What the device can do for this packet. */

static netdev_features_t gso_features(const struct sk_buff *skb, const struct net_device *dev,
				      netdev_features_t features)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);

	if (shinfo->gso_segs > dev->gso_max_segs || skb->len >= dev->gso_max_size)
		return features & ~NETIF_F_GSO_MASK;
	/* A driver that numbers IPv4 ids by itself must not be given fixed ones. */
	if ((shinfo->gso_type & SKB_GSO_TCP_FIXEDID) && !(features & NETIF_F_TSO_MANGLEID))
		return features & ~NETIF_F_TSO;
	return features;
}

netdev_features_t netif_skb_features(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	netdev_features_t features = dev->features;
	bool tagged = skb_vlan_tag_present(skb) || eth_type_vlan(skb->protocol);
	__be16 type = skb->protocol;

	if (skb_is_gso(skb))
		features = gso_features(skb, dev, features);
	if (tagged)
		features &= dev->vlan_features | NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX;
	if (dev->netdev_ops->ndo_features_check)
		features &= dev->netdev_ops->ndo_features_check(skb, dev, features);
	if (eth_type_vlan(type))
		type = vlan_get_protocol(skb);
	if (skb->ip_summed != CHECKSUM_NONE && !can_checksum_protocol(features, type))
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	return features;
}

static struct sk_buff *put_tag_inside(struct sk_buff *skb, netdev_features_t features)
{
	netdev_features_t need = skb->vlan_proto == htons(ETH_P_8021AD) ? NETIF_F_HW_VLAN_STAG_TX :
									  NETIF_F_HW_VLAN_CTAG_TX;

	if (!skb_vlan_tag_present(skb) || (features & need))
		return skb;
	return __vlan_hwaccel_push_inside(skb);
}

/* Return: the packet or its segments; NULL, and it is dropped and counted. */
static struct sk_buff *segment(struct sk_buff *skb, struct net_device *dev,
			       netdev_features_t features)
{
	struct sk_buff *segs = skb_gso_segment(skb, features);

	if (IS_ERR(segs)) {
		drop(skb, dev, SKB_DROP_REASON_SKB_GSO_SEG);
		return NULL;
	}
	if (!segs)
		return skb;
	consume_skb(skb);
	return segs;
}

/* Most packets are as their device wants them, which a few looks tell. */
static inline bool fits_as_it_is(const struct sk_buff *skb, const struct net_device *dev)
{
	return !skb->next && !skb_is_nonlinear(skb) && !skb_is_gso(skb) &&
	       !skb_vlan_tag_present(skb) &&
	       (skb->ip_summed != CHECKSUM_PARTIAL ||
		(dev->features & NETIF_F_HW_CSUM && !dev->netdev_ops->ndo_features_check &&
		 !eth_type_vlan(skb->protocol)));
}

static struct sk_buff *validate_one(struct sk_buff *skb, struct net_device *dev)
{
	netdev_features_t features = netif_skb_features(skb);

	skb = put_tag_inside(skb, features);
	if (unlikely(!skb)) {
		atomic_long_add(1, &dev->tx_dropped);
		return NULL;
	}
	if (netif_needs_gso(skb, features))
		return segment(skb, dev, features);
	if (skb_needs_linearize(skb, features) && __skb_linearize(skb)) {
		drop(skb, dev, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL && !(features & NETIF_F_CSUM_MASK) &&
	    skb_checksum_help(skb)) {
		drop(skb, dev, SKB_DROP_REASON_SKB_CSUM);
		return NULL;
	}
	return skb;
}

struct sk_buff *validate_xmit_skb_list(struct sk_buff *skb, struct net_device *dev, bool *again)
{
	struct sk_buff *first = NULL, **at = &first;

	while (skb) {
		struct sk_buff *next = skb->next;

		skb_mark_not_on_list(skb);
		*at = validate_one(skb, dev);
		while (*at)
			at = &(*at)->next;
		skb = next;
	}
	return first;
}

/* Offering packets to the driver. */

static inline int start_xmit(struct sk_buff *skb, struct net_device *dev, struct netdev_queue *txq,
			     bool more)
{
	bool outer = xmit.more;
	int ret;

	xmit.more = more;
	ret = dev->netdev_ops->ndo_start_xmit(skb, dev);
	xmit.more = outer;
	/* As on Linux, a device that locks for itself is not watched, and not asked when it sent. */
	if (ret == NETDEV_TX_OK && !(dev->features & NETIF_F_LLTX)) {
		txq->trans_start = skiff_net_now(dev_net(dev));
		dev->trans_start = txq->trans_start;
	}
	return ret;
}

struct sk_buff *dev_offer_chain(struct sk_buff *skb, struct net_device *dev,
				struct netdev_queue *txq, bool *seen, int *ret)
{
	while (skb) {
		struct sk_buff *next = skb->next;

		skb_mark_not_on_list(skb);
		if (!*seen && nit_active(dev, dev_net_of(dev_net(dev))))
			dev_queue_xmit_nit(skb, dev);
		*seen = true;
		*ret = start_xmit(skb, dev, txq, next != NULL);
		if (unlikely(!dev_xmit_complete(*ret))) {
			skb->next = next;
			break;
		}
		*seen = false;
		skb = next;
		if (skb && netif_xmit_stopped(txq)) {
			*ret = NETDEV_TX_BUSY;
			break;
		}
	}
	return skb;
}

struct sk_buff *dev_hard_start_xmit(struct sk_buff *skb, struct net_device *dev,
				    struct netdev_queue *txq, int *ret)
{
	bool seen = false;

	ASSERT_NET_LOCKED(dev_net(dev));
	return dev_offer_chain(skb, dev, txq, &seen, ret);
}

u16 skb_tx_hash(const struct net_device *dev, struct sk_buff *skb)
{
	/* What came in by a queue leaves by the one of that number. */
	if (skb_rx_queue_recorded(skb))
		return (u16)(skb_get_rx_queue(skb) % dev->real_num_tx_queues);
	return (u16)((u64)skb_get_hash(skb) * dev->real_num_tx_queues >> 32);
}

u16 netdev_pick_tx(struct net_device *dev, struct sk_buff *skb, struct net_device *sb_dev)
{
	(void)sb_dev;
	return skb_tx_hash(dev, skb);
}

u16 netdev_cap_txqueue(const struct net_device *dev, u16 queue_index)
{
	if (likely(queue_index < dev->real_num_tx_queues))
		return queue_index;
	net_warn_ratelimited("%s selects TX queue %d, but real number of TX queues is %d\n",
			     dev->name, queue_index, dev->real_num_tx_queues);
	return 0;
}

static inline struct netdev_queue *pick_tx(struct net_device *dev, struct sk_buff *skb,
					   struct net_device *sb_dev)
{
	u16 queue = 0;

	if (unlikely(dev->real_num_tx_queues > 1)) {
		queue = dev->netdev_ops->ndo_select_queue ?
				dev->netdev_ops->ndo_select_queue(dev, skb, sb_dev) :
				netdev_pick_tx(dev, skb, sb_dev);
		queue = netdev_cap_txqueue(dev, queue);
	}
	skb_set_queue_mapping(skb, queue);
	return netdev_get_tx_queue(dev, queue);
}

struct netdev_queue *netdev_core_pick_tx(struct net_device *dev, struct sk_buff *skb,
					 struct net_device *sb_dev)
{
	return pick_tx(dev, skb, sb_dev);
}

int netif_set_real_num_tx_queues(struct net_device *dev, unsigned int txq)
{
	bool fewer = txq < dev->real_num_tx_queues;

	if (!txq || txq > dev->num_tx_queues)
		return -EINVAL;
	dev->real_num_tx_queues = txq;
	if (fewer && dev->reg_state == NETREG_REGISTERED)
		qdisc_reset_all_tx_gt(dev, txq);
	return 0;
}

int netif_set_real_num_rx_queues(struct net_device *dev, unsigned int rxq)
{
	if (!rxq || rxq > dev->num_rx_queues)
		return -EINVAL;
	dev->real_num_rx_queues = rxq;
	return 0;
}

int netif_set_real_num_queues(struct net_device *dev, unsigned int txq, unsigned int rxq)
{
	if (!txq || txq > dev->num_tx_queues || !rxq || rxq > dev->num_rx_queues)
		return -EINVAL;
	netif_set_real_num_rx_queues(dev, rxq);
	return netif_set_real_num_tx_queues(dev, txq);
}

/* By way of a discipline. */
static noinline int xmit_queued(struct sk_buff *skb, struct Qdisc *sch)
{
	struct sk_buff *to_free = NULL;
	int ret;

	if ((sch->flags & TCQ_F_CAN_BYPASS) && !sch->qstats.qlen &&
	    !netif_xmit_stopped(sch->dev_queue) && !test_bit(__QDISC_STATE_RUNNING, &sch->state)) {
		sch->qstats.packets++;
		sch->qstats.bytes += skb->len;
		qdisc_send_directly(sch, skb);
		return NET_XMIT_SUCCESS;
	}
	sch->qstats.packets++;
	sch->qstats.bytes += skb->len;
	ret = sch->ops->enqueue(skb, sch, &to_free);
	if (unlikely(to_free)) {
		struct net_device *dev = qdisc_dev(sch);

		atomic_long_add(1, &dev->tx_dropped);
		kfree_skb_list_reason(to_free, SKB_DROP_REASON_QDISC_DROP);
	}
	qdisc_run(sch);
	return ret;
}

/* It asks for a queue that it said it would not need. */
static int drop_unqueued(struct sk_buff *skb, struct net_device *dev)
{
	while (skb) {
		struct sk_buff *next = skb->next;

		skb_mark_not_on_list(skb);
		drop(skb, dev, SKB_DROP_REASON_QDISC_DROP);
		skb = next;
	}
	return NET_XMIT_DROP;
}

/* What has to be fitted to the device, or is listened to, or comes around in a circle. */
static noinline int xmit_unqueued_with_care(struct sk_buff *skb, struct net_device *dev,
					    struct netdev_queue *txq)
{
	int ret = -ENETDOWN;

	if (xmit.depth >= XMIT_RECURSION_LIMIT) {
		net_warn_ratelimited("%s: devices send through each other in a circle\n",
				     dev->name);
		drop(skb, dev, SKB_DROP_REASON_QDISC_DROP);
		return ret;
	}
	if (!fits_as_it_is(skb, dev))
		skb = validate_xmit_skb_list(skb, dev, NULL);
	if (!skb)
		return -ENOMEM;
	if (!netif_xmit_stopped(txq)) {
		xmit.depth++;
		skb = dev_hard_start_xmit(skb, dev, txq, &ret);
		xmit.depth--;
		if (!skb)
			return ret;
	}
	return drop_unqueued(skb, dev);
}

/* On a device without a queue: now, or not at all. */
static inline int xmit_unqueued(struct sk_buff *skb, struct net_device *dev,
				struct netdev_queue *txq)
{
	int ret;

	if (unlikely(!fits_as_it_is(skb, dev) || netif_xmit_stopped(txq) ||
		     xmit.depth >= XMIT_RECURSION_LIMIT ||
		     nit_active(dev, dev_net_of(dev_net(dev)))))
		return xmit_unqueued_with_care(skb, dev, txq);
	xmit.depth++;
	ret = start_xmit(skb, dev, txq, false);
	xmit.depth--;
	return likely(dev_xmit_complete(ret)) ? ret : drop_unqueued(skb, dev);
}

int dev_queue_xmit(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct netdev_queue *txq;

	ASSERT_NET_LOCKED(dev_net(dev));
	skb_reset_mac_header(skb);
	skb_tstamp_sched(skb);
	if (unlikely(!(dev->flags & IFF_UP) || !skb->len)) {
		drop(skb, dev, SKB_DROP_REASON_DEV_READY);
		return -ENETDOWN;
	}
	if (dev->priv_flags & IFF_XMIT_DST_RELEASE)
		skb_dst_drop(skb);
	else
		skb_dst_force(skb);
	txq = pick_tx(dev, skb, NULL);
	if (unlikely(!txq->qdisc)) {
		drop(skb, dev, SKB_DROP_REASON_DEV_READY);
		return NET_XMIT_DROP;
	}
	if (txq->qdisc->ops->enqueue)
		return xmit_queued(skb, txq->qdisc);
	return xmit_unqueued(skb, dev, txq);
}

int dev_direct_xmit(struct sk_buff *skb, u16 queue_id)
{
	struct net_device *dev = skb->dev;
	struct netdev_queue *txq;
	int ret = NETDEV_TX_BUSY;

	ASSERT_NET_LOCKED(dev_net(dev));
	if (!(dev->flags & IFF_UP) || !netif_carrier_ok(dev) ||
	    queue_id >= dev->real_num_tx_queues) {
		drop(skb, dev, SKB_DROP_REASON_DEV_READY);
		return NET_XMIT_DROP;
	}
	skb_reset_mac_header(skb);
	skb_set_queue_mapping(skb, queue_id);
	txq = netdev_get_tx_queue(dev, queue_id);
	skb = validate_xmit_skb_list(skb, dev, NULL);
	if (!skb)
		return NET_XMIT_DROP;
	if (!netif_xmit_stopped(txq))
		skb = dev_hard_start_xmit(skb, dev, txq, &ret);
	if (skb) {
		atomic_long_add(1, &dev->tx_dropped);
		kfree_skb_list_reason(skb, SKB_DROP_REASON_FULL_RING);
	}
	return ret;
}
