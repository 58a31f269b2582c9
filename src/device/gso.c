// SPDX-License-Identifier: BSD-2-Clause
/* Packets that are larger than their device takes: finding the protocol that can cut them. */
#include <skiff/gro.h>
#include <skiff/if_vlan.h>

#include "base/fork.h"
#include "device/device.h"

/* By priority. Filled before the first host runs. */
static LIST_HEAD(offloads);
DEFINE_FORK_SAFE_SPINLOCK(offloads_lock)

void dev_add_offload(struct packet_offload *po)
{
	struct packet_offload *other;
	struct list_head *before = &offloads;

	spin_lock(&offloads_lock);
	list_for_each_entry(other, &offloads, list) {
		/* A start function that is run again registers again. */
		if (po == other)
			goto unlock;
		if (po->priority < other->priority) {
			before = &other->list;
			break;
		}
	}
	list_add_tail(&po->list, before);
unlock:
	spin_unlock(&offloads_lock);
}

void dev_remove_offload(struct packet_offload *po)
{
	spin_lock(&offloads_lock);
	list_del(&po->list);
	spin_unlock(&offloads_lock);
}

struct packet_offload *gro_find_receive_by_type(__be16 type)
{
	struct packet_offload *po;

	list_for_each_entry(po, &offloads, list)
		if (po->type == type && po->callbacks.gro_receive)
			return po;
	return NULL;
}

struct packet_offload *gro_find_complete_by_type(__be16 type)
{
	struct packet_offload *po;

	list_for_each_entry(po, &offloads, list)
		if (po->type == type && po->callbacks.gro_complete)
			return po;
	return NULL;
}

struct sk_buff *skb_mac_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	struct sk_buff *segs = (struct sk_buff *)ERR_PTR(-EPROTONOSUPPORT);
	struct packet_offload *po;
	int depth = skb->mac_len;
	__be16 type = __vlan_get_protocol(skb, skb->protocol, &depth);

	if (unlikely(!type || depth < 0 || !pskb_may_pull(skb, (unsigned int)depth)))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	__skb_pull(skb, (unsigned int)depth);
	list_for_each_entry(po, &offloads, list) {
		if (po->type == type && po->callbacks.gso_segment) {
			segs = po->callbacks.gso_segment(skb, features);
			break;
		}
	}
	__skb_push(skb, (unsigned int)(skb->data - skb_mac_header(skb)));
	return segs;
}

/* Whether the checksum is in a state that segmenting does not expect here. */
static bool needs_check(const struct sk_buff *skb, bool tx_path)
{
	if (tx_path)
		return skb->ip_summed != CHECKSUM_PARTIAL && skb->ip_summed != CHECKSUM_UNNECESSARY;
	return skb->ip_summed == CHECKSUM_NONE;
}

struct sk_buff *__skb_gso_segment(struct sk_buff *skb, netdev_features_t features, bool tx_path)
{
	BUILD_BUG_ON(SKB_GSO_CB_OFFSET + sizeof(struct skb_gso_cb) >
		     sizeof(((struct sk_buff *)0)->cb));

	/* The headers will be written to. */
	if (needs_check(skb, tx_path)) {
		int err = skb_cow_head(skb, 0);

		if (err < 0)
			return (struct sk_buff *)ERR_PTR(err);
	}
	/* Larger segments that the device cuts further: only if it knows how for this packet. */
	if (!skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST))
		features &= ~NETIF_F_GSO_PARTIAL;
	SKB_GSO_CB(skb)->mac_offset = (int)skb_headroom(skb);
	SKB_GSO_CB(skb)->encap_level = 0;
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	return skb_mac_gso_segment(skb, features);
}
