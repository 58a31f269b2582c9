// SPDX-License-Identifier: BSD-2-Clause
/* A frame that one device sent becomes one that another device receives. */
#include <skiff/etherdevice.h>

#include "ethernet/forward.h"

static inline bool forwardable(const struct net_device *dev, const struct sk_buff *skb)
{
	unsigned int len = READ_ONCE(dev->mtu) + dev->hard_header_len + VLAN_HLEN;

	if (!netif_running(dev))
		return false;
	/* A packet that is to be cut is as large as its segments. */
	return skb->len <= len || skb_is_gso(skb);
}

bool is_skb_forwardable(const struct net_device *dev, const struct sk_buff *skb)
{
	return forwardable(dev, skb);
}

static int drop_too_big(struct net_device *dev, struct sk_buff *skb)
{
	atomic_long_add(1, &dev->rx_dropped);
	kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
	return NET_RX_DROP;
}

int forward_orphan(struct net_device *dev, struct sk_buff *skb)
{
	const struct net *from = skb->dev ? dev_net(skb->dev) : NULL;

	if (unlikely(!forwardable(dev, skb)))
		return drop_too_big(dev, skb);
	skb_scrub_packet(skb, from != dev_net(dev));
	skb->priority = 0;
	skb->protocol = eth_type_trans(skb, dev);
	skb_postpull_rcsum(skb, eth_hdr(skb),
			   min_t(unsigned int, ETH_HLEN, (unsigned int)-skb_mac_offset(skb)));
	return NET_RX_SUCCESS;
}

int __dev_forward_skb(struct net_device *dev, struct sk_buff *skb)
{
	/* Before the packet leaves the lock that guards its socket. */
	skb_orphan(skb);
	if (unlikely(skb_orphan_frags(skb, GFP_ATOMIC)))
		return drop_too_big(dev, skb);
	return forward_orphan(dev, skb);
}

int dev_forward_skb(struct net_device *dev, struct sk_buff *skb)
{
	int ret = __dev_forward_skb(dev, skb);

	return ret == NET_RX_SUCCESS ? netif_rx(skb) : ret;
}
