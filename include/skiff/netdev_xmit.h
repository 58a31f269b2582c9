/* SPDX-License-Identifier: BSD-2-Clause */
/* The way out: packets wait in a device's queue and are offered to its driver. */
#include <skiff/netdevice.h> /* outside of the guard: alone, this header is part of that one */
#ifndef SKIFF_NETDEV_XMIT_H
#define SKIFF_NETDEV_XMIT_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * dev_queue_xmit() - send a packet by its device
 * @skb: the packet, link-layer header included, skb->dev set; consumed in every case
 *
 * It is queued by skb->priority and leaves at once when nothing is in front of it. What the device
 * can't do is done before it gets it: checksums, gathering, VLAN tags, segmentation. Locked; not
 * from ndo_start_xmit of the same device.
 *
 * Return: NET_XMIT_SUCCESS, NET_XMIT_DROP, or -ENETDOWN, -ENOMEM, -ENOBUFS. Success does not say
 * that it arrives.
 */
SKIFF_API int dev_queue_xmit(struct sk_buff *skb);

/**
 * dev_direct_xmit() - offer a packet to the driver at once, past the queue
 * @skb: the packet, consumed in every case
 * @queue_id: transmit queue
 *
 * Locked. Return: NET_XMIT_DROP, or what the driver returned; NETDEV_TX_BUSY means dropped.
 */
SKIFF_API int dev_direct_xmit(struct sk_buff *skb, u16 queue_id);

/**
 * dev_hard_start_xmit() - offer packets to the driver, one after the other
 * @skb: a chain linked by next
 * @dev: the device
 * @txq: its queue
 * @ret: what the driver said last
 *
 * Taps see each packet. Locked. Return: what is left of the chain when the driver refused; the
 * caller owns that.
 */
SKIFF_API struct sk_buff *dev_hard_start_xmit(struct sk_buff *skb, struct net_device *dev,
					      struct netdev_queue *txq, int *ret);

/**
 * validate_xmit_skb_list() - make packets fit what their device can do
 * @skb: a chain linked by next, consumed
 * @dev: the device
 * @again: set when the packet has to be offered again from the start; never in skiff
 *
 * Locked. Return: the chain, longer where packets were segmented, without those that could not be
 * made to fit, which are dropped and counted. NULL when none is left.
 */
SKIFF_API struct sk_buff *validate_xmit_skb_list(struct sk_buff *skb, struct net_device *dev,
						 bool *again);

/* What of dev->features holds for this packet. Locked. */
SKIFF_API netdev_features_t netif_skb_features(struct sk_buff *skb);

/**
 * __skb_gso_segment() - cut a packet by the offload registered for its protocol
 * @skb: the packet, its MAC header set; not consumed
 * @features: what the device can do with the segments
 * @tx_path: whether it goes out, as opposed to being cut for a receiver
 *
 * Locked. Return: the chain of segments, NULL when it only had to be checked, or ERR_PTR():
 * -EINVAL, -EPROTONOSUPPORT when no offload knows the protocol, -ENOMEM.
 */
SKIFF_API struct sk_buff *__skb_gso_segment(struct sk_buff *skb, netdev_features_t features,
					    bool tx_path);
SKIFF_API struct sk_buff *skb_mac_gso_segment(struct sk_buff *skb, netdev_features_t features);

static inline struct sk_buff *skb_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	return __skb_gso_segment(skb, features, true);
}

/**
 * struct offload_callbacks - how packets of a protocol are cut, and joined
 * @gso_segment: see skb_mac_gso_segment(); skb->data is at the protocol's header
 * @gro_receive: find @skb's flow among the held packets of @head, see <skiff/gro.h>. Return: the
 *               held packet that is complete and to be delivered, or NULL; -EINPROGRESS when the
 *               protocol has taken @skb
 * @gro_complete: make headers of a merged packet right, this protocol's at @nhoff from skb->data.
 *                Return: 0, or a negative errno and the packet is dropped
 *
 * All locked; each may be NULL.
 */
struct offload_callbacks {
	struct sk_buff *(*gso_segment)(struct sk_buff *skb, netdev_features_t features);
	struct sk_buff *(*gro_receive)(struct list_head *head, struct sk_buff *skb);
	int (*gro_complete)(struct sk_buff *skb, int nhoff);
};

/**
 * struct packet_offload - the same for a link-layer protocol
 * @type: ETH_P_* in wire order
 * @priority: lower ones are asked first
 * @callbacks: its functions
 * @list: the core's
 */
struct packet_offload {
	__be16 type;
	u16 priority;
	struct offload_callbacks callbacks;
	struct list_head list;
};

/* Before the first host runs; @po stays valid. */
SKIFF_API void dev_add_offload(struct packet_offload *po);
SKIFF_API void dev_remove_offload(struct packet_offload *po);

/* Whether @features cover what a packet of @gso_type needs. */
static inline bool net_gso_ok(netdev_features_t features, unsigned int gso_type)
{
	netdev_features_t feature = (netdev_features_t)gso_type << NETIF_F_GSO_SHIFT;

	return (features & feature) == feature;
}

static inline bool skb_gso_ok(struct sk_buff *skb, netdev_features_t features)
{
	return net_gso_ok(features, __skb_shinfo(skb)->gso_type) &&
	       (!__skb_shinfo(skb)->frag_list || (features & NETIF_F_FRAGLIST));
}

static inline bool netif_needs_gso(struct sk_buff *skb, netdev_features_t features)
{
	return skb_is_gso(skb) &&
	       (!skb_gso_ok(skb, features) ||
		(skb->ip_summed != CHECKSUM_PARTIAL && skb->ip_summed != CHECKSUM_UNNECESSARY));
}

/* Whether a device with @features fills in the checksum of packets of @protocol. */
static inline bool can_checksum_protocol(netdev_features_t features, __be16 protocol)
{
	if (features & NETIF_F_HW_CSUM)
		return true;
	if (protocol == htons(ETH_P_IP))
		return features & NETIF_F_IP_CSUM;
	if (protocol == htons(ETH_P_IPV6))
		return features & NETIF_F_IPV6_CSUM;
	return false;
}

/* Queues of a device. */

static inline struct netdev_queue *netdev_get_tx_queue(const struct net_device *dev,
						       unsigned int index)
{
	return &dev->_tx[index];
}

static inline struct netdev_queue *skb_get_tx_queue(const struct net_device *dev,
						    const struct sk_buff *skb)
{
	return netdev_get_tx_queue(dev, skb->queue_mapping);
}

/* Which queue a packet goes to, with skb->queue_mapping set to it. Locked. */
SKIFF_API struct netdev_queue *netdev_core_pick_tx(struct net_device *dev, struct sk_buff *skb,
						   struct net_device *sb_dev);

/* By the flow, or by the queue that it came in by: what ndo_select_queue falls back on. Locked. */
SKIFF_API u16 netdev_pick_tx(struct net_device *dev, struct sk_buff *skb,
			     struct net_device *sb_dev);
SKIFF_API u16 skb_tx_hash(const struct net_device *dev, struct sk_buff *skb);

/* @queue_index if the device has it, else 0, with a message. */
SKIFF_API u16 netdev_cap_txqueue(const struct net_device *dev, u16 queue_index);

/* Use @txq or @rxq of the device's queues; what waits for the others is dropped. Locked. 0 or -EINVAL. */
SKIFF_API int netif_set_real_num_tx_queues(struct net_device *dev, unsigned int txq);
SKIFF_API int netif_set_real_num_rx_queues(struct net_device *dev, unsigned int rxq);
SKIFF_API int netif_set_real_num_queues(struct net_device *dev, unsigned int txq, unsigned int rxq);

/* Offer waiting packets to the driver as soon as the bottom half runs. Any thread. */
SKIFF_API void netif_tx_schedule_queue(struct netdev_queue *txq);

/* Call the device's ndo_flush once the stack lock is dropped. Locked. */
SKIFF_API void netdev_flush_later(struct net_device *dev);

/* The driver can take packets, or can't: any thread. */

static inline void netif_tx_start_queue(struct netdev_queue *txq)
{
	clear_bit(__QUEUE_STATE_DRV_XOFF, &txq->state);
}

static inline void netif_tx_stop_queue(struct netdev_queue *txq)
{
	set_bit(__QUEUE_STATE_DRV_XOFF, &txq->state);
}

static inline void netif_tx_wake_queue(struct netdev_queue *txq)
{
	if (test_and_clear_bit(__QUEUE_STATE_DRV_XOFF, &txq->state))
		netif_tx_schedule_queue(txq);
}

static inline bool netif_tx_queue_stopped(const struct netdev_queue *txq)
{
	return test_bit(__QUEUE_STATE_DRV_XOFF, &txq->state);
}

static inline bool netif_xmit_stopped(const struct netdev_queue *txq)
{
	return READ_ONCE(txq->state) & QUEUE_STATE_ANY_XOFF;
}

#define netif_xmit_frozen_or_stopped(txq) netif_xmit_stopped(txq)

static inline void netif_start_queue(struct net_device *dev)
{
	netif_tx_start_queue(netdev_get_tx_queue(dev, 0));
}

static inline void netif_stop_queue(struct net_device *dev)
{
	netif_tx_stop_queue(netdev_get_tx_queue(dev, 0));
}

static inline void netif_wake_queue(struct net_device *dev)
{
	netif_tx_wake_queue(netdev_get_tx_queue(dev, 0));
}

static inline bool netif_queue_stopped(const struct net_device *dev)
{
	return netif_tx_queue_stopped(netdev_get_tx_queue(dev, 0));
}

static inline void netif_tx_start_all_queues(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		netif_tx_start_queue(netdev_get_tx_queue(dev, i));
}

static inline void netif_tx_stop_all_queues(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		netif_tx_stop_queue(netdev_get_tx_queue(dev, i));
}

static inline void netif_tx_wake_all_queues(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		netif_tx_wake_queue(netdev_get_tx_queue(dev, i));
}

/* Stop all queues; as the stack lock is held, the driver is inside of no ndo_start_xmit. Locked. */
static inline void netif_tx_disable(struct net_device *dev)
{
	netif_tx_stop_all_queues(dev);
}

/* The watchdog counts from now: for drivers that know that they are at work. Locked. */
static inline void txq_trans_update(struct netdev_queue *txq)
{
	txq->trans_start = skiff_net_now(dev_net(txq->dev));
}

static inline void netif_trans_update(struct net_device *dev)
{
	txq_trans_update(netdev_get_tx_queue(dev, 0));
	dev->trans_start = netdev_get_tx_queue(dev, 0)->trans_start;
}

/**
 * netdev_xmit_more() - whether another packet follows at once
 *
 * Inside of ndo_start_xmit: a driver may leave ringing the bell to the next call.
 */
SKIFF_API bool netdev_xmit_more(void);

/* Link-layer headers. */

/* Push a header: as header_ops->create(); 0 for devices without headers. Locked. */
static inline int dev_hard_header(struct sk_buff *skb, struct net_device *dev, unsigned short type,
				  const void *daddr, const void *saddr, unsigned int len)
{
	if (!dev->header_ops || !dev->header_ops->create)
		return 0;
	return dev->header_ops->create(skb, dev, type, daddr, saddr, len);
}

static inline int dev_parse_header(const struct sk_buff *skb, unsigned char *haddr)
{
	const struct net_device *dev = skb->dev;

	if (!dev->header_ops || !dev->header_ops->parse)
		return 0;
	return dev->header_ops->parse(skb, haddr);
}

static inline bool dev_has_header(const struct net_device *dev)
{
	return dev->header_ops && dev->header_ops->create;
}

/* Whether @len bytes at @ll_header can be a whole header of this device. */
static inline bool dev_validate_header(const struct net_device *dev, char *ll_header, int len)
{
	if (len >= dev->hard_header_len)
		return true;
	if (len < dev->min_header_len)
		return false;
	return dev->header_ops && dev->header_ops->validate &&
	       dev->header_ops->validate(ll_header, (unsigned int)len);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETDEV_XMIT_H */
