// SPDX-License-Identifier: BSD-2-Clause
/* Receive merging: which packets wait for others of their flow, and until when. */
#include <skiff/gro.h>
#include <skiff/if_vlan.h>
#include <skiff/jiffies.h>

#include "device/device.h"

/*
 * A source of packets holds some of them (napi_struct.gro_hash): one per flow, to which the flow's
 * next packets are appended. A held packet is delivered when its protocol says that it is complete,
 * when too many flows are held, and when the poll ends; after that only for as long as
 * net_device.gro_flush_timeout says. What is delivered goes by way of rx_list, so that packets keep
 * their order and handlers get a few at a time.
 *
 * Whoever gets a packet may close the device: what waits here is then dropped (napi_disable()). So
 * no list is walked while packets are delivered; they are taken from it one by one.
 */

void gro_normal_list(struct napi_struct *napi)
{
	struct sk_buff *skb;

	if (!napi->rx_count)
		return;
	napi->rx_count = 0;
	while (!list_empty(&napi->rx_list)) {
		skb = list_first_entry(&napi->rx_list, struct sk_buff, list);
		skb_list_del_init(skb);
		netif_receive_skb(skb);
	}
}

static void gro_normal_one(struct napi_struct *napi, struct sk_buff *skb, int segs)
{
	const struct dev_net *dn = dev_net_of(dev_net(napi->dev));

	list_add_tail(&skb->list, &napi->rx_list);
	napi->rx_count += segs;
	if (napi->rx_count >= READ_ONCE(dn->sysctl[NETDEV_SYSCTL_GRO_NORMAL_BATCH]))
		gro_normal_list(napi);
}

/* A held packet, which is on no list any more, as its protocols want to get it. */
static void napi_gro_complete(struct napi_struct *napi, struct sk_buff *skb)
{
	int count = NAPI_GRO_CB(skb)->count;
	struct packet_offload *po;
	int err = -ENOENT;

	if (count == 1) {
		skb_gso_reset(skb);
	} else {
		po = gro_find_complete_by_type(skb->protocol);
		if (po)
			err = po->callbacks.gro_complete(skb, 0);
		if (WARN_ON_ONCE(err)) {
			kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
			return;
		}
	}
	gro_normal_one(napi, skb, count);
}

static void gro_flush_oldest(struct napi_struct *napi, struct gro_list *held)
{
	struct sk_buff *oldest = list_last_entry(&held->list, struct sk_buff, list);

	skb_list_del_init(oldest);
	held->count--;
	napi_gro_complete(napi, oldest);
}

void napi_gro_flush(struct napi_struct *napi, bool flush_old)
{
	unsigned long now = flush_old ? jiffies : 0;
	unsigned int i;

	for (i = 0; i < GRO_HASH_BUCKETS; i++) {
		struct gro_list *held = &napi->gro_hash[i];

		while (!list_empty(&held->list)) {
			struct sk_buff *p = list_last_entry(&held->list, struct sk_buff, list);

			if (flush_old && NAPI_GRO_CB(p)->age == now)
				break;
			gro_flush_oldest(napi, held);
		}
		if (!held->count)
			napi->gro_bitmask &= ~BIT(i);
	}
}

/* Packets that no protocol compares: those with the same link-layer header may be one flow's. */
static void gro_list_prepare(const struct list_head *head, const struct sk_buff *skb)
{
	const unsigned char *mac = skb_mac_header(skb);
	u32 hash = skb_get_hash_raw(skb);
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		NAPI_GRO_CB(p)->flush = 0;
		NAPI_GRO_CB(p)->flush_id = 0;
		NAPI_GRO_CB(p)->same_flow =
			skb_get_hash_raw(p) == hash && p->dev == skb->dev &&
			p->protocol == skb->protocol && p->vlan_present == skb->vlan_present &&
			p->vlan_all == skb->vlan_all && p->mac_len == skb->mac_len &&
			!memcmp(skb_mac_header(p), mac, skb->mac_len);
	}
}

/* What the device says about checksums. */
static void gro_begin_csum(struct sk_buff *skb)
{
	struct napi_gro_cb *cb = NAPI_GRO_CB(skb);

	if (skb->ip_summed == CHECKSUM_COMPLETE) {
		cb->csum = skb->csum;
		cb->csum_valid = 1;
	} else if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		cb->csum_cnt = (u8)(skb->csum_level + 1) & 7;
	}
}

static void gro_begin(struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	struct napi_gro_cb *cb = NAPI_GRO_CB(skb);

	BUILD_BUG_ON(sizeof(struct napi_gro_cb) > sizeof(skb->cb));
	skb_reset_network_header(skb);
	if (skb_mac_header_was_set(skb))
		skb_reset_mac_len(skb);
	else
		skb->mac_len = 0;
	memset(cb, 0, sizeof(*cb));
	cb->count = 1;
	cb->is_atomic = 1;
	/* A list in a list is more than segmentation undoes; what belongs to somebody stays alone. */
	cb->flush = skb_has_frag_list(skb) || skb->sk || skb->_skb_refdst || skb->_nfct ||
		    skb->active_extensions;
	if (unlikely(shinfo->gso_size)) {
		cb->count = shinfo->gso_segs;
		/* Only what TCP of this machine made is known to be cut where its headers say. */
		if (!skb_is_gso_tcp(skb) || (shinfo->gso_type & SKB_GSO_DODGY) || !cb->count)
			cb->flush = 1;
	}
	gro_begin_csum(skb);
}

/* Who got the packets before it closed the device: nobody would take this one from here again. */
static bool gro_closed(const struct napi_struct *napi, struct sk_buff *skb)
{
	if (likely(!test_bit(NAPI_STATE_DISABLE, &napi->state)))
		return false;
	kfree_skb_reason(skb, SKB_DROP_REASON_DEV_GONE);
	return true;
}

/* It is the first of its flow: others may follow. */
static enum gro_result gro_hold(struct napi_struct *napi, struct gro_list *held,
				struct sk_buff *skb)
{
	if (unlikely(held->count >= MAX_GRO_SKBS)) {
		gro_flush_oldest(napi, held);
		if (unlikely(gro_closed(napi, skb)))
			return GRO_CONSUMED;
	}
	NAPI_GRO_CB(skb)->age = jiffies;
	NAPI_GRO_CB(skb)->last = skb;
	if (!skb_is_gso(skb))
		skb_shinfo(skb)->gso_size = (unsigned short)skb_gro_len(skb);
	list_add(&skb->list, &held->list);
	held->count++;
	napi->gro_bitmask |= BIT(held - napi->gro_hash);
	return GRO_HELD;
}

static enum gro_result dev_gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	struct gro_list *held = &napi->gro_hash[skb_get_hash_raw(skb) % GRO_HASH_BUCKETS];
	struct packet_offload *po = gro_find_receive_by_type(skb->protocol);
	bool same_flow, merged_free;
	struct sk_buff *pp;

	/* Headers will be written to: a sender in this process may hold on to them. */
	if (!po || unlikely(skb_shared(skb) || skb_unclone(skb, GFP_ATOMIC)))
		return GRO_NORMAL;
	gro_begin(skb);
	gro_list_prepare(&held->list, skb);
	pp = po->callbacks.gro_receive(&held->list, skb);
	if (unlikely(IS_ERR(pp)))
		return GRO_CONSUMED;
	/* What was appended without being used up is part of @pp, and gone when that is delivered. */
	same_flow = NAPI_GRO_CB(skb)->same_flow;
	merged_free = same_flow && NAPI_GRO_CB(skb)->free;
	if (pp) {
		skb_list_del_init(pp);
		held->count--;
		napi_gro_complete(napi, pp);
	}
	if (same_flow)
		return merged_free ? GRO_MERGED_FREE : GRO_MERGED;
	if (unlikely(gro_closed(napi, skb)))
		return GRO_CONSUMED;
	if (NAPI_GRO_CB(skb)->flush)
		return GRO_NORMAL;
	return gro_hold(napi, held, skb);
}

/* For who merges, or has packets before this one. */
static noinline gro_result_t gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	enum gro_result ret = GRO_NORMAL;

	if (skb->dev->features & NETIF_F_GRO)
		ret = dev_gro_receive(napi, skb);
	if (ret == GRO_NORMAL)
		gro_normal_one(napi, skb, 1);
	else if (ret == GRO_MERGED_FREE)
		kfree_skb_partial(skb, NAPI_GRO_CB(skb)->free == NAPI_GRO_FREE_STOLEN_HEAD);
	return ret;
}

gro_result_t napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	skb->napi_id = napi->napi_id;
	if (napi->dev->features & NETIF_F_GRO || unlikely(napi->rx_count))
		return gro_receive(napi, skb);
	netif_receive_skb(skb);
	return GRO_NORMAL;
}

void napi_gro_init(struct napi_struct *napi)
{
	int i;

	INIT_LIST_HEAD(&napi->rx_list);
	for (i = 0; i < GRO_HASH_BUCKETS; i++)
		INIT_LIST_HEAD(&napi->gro_hash[i].list);
}

static void drop_list(struct list_head *list)
{
	while (!list_empty(list)) {
		struct sk_buff *skb = list_first_entry(list, struct sk_buff, list);

		skb_list_del_init(skb);
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_GONE);
	}
}

void napi_gro_drop(struct napi_struct *napi)
{
	int i;

	for (i = 0; i < GRO_HASH_BUCKETS; i++) {
		drop_list(&napi->gro_hash[i].list);
		napi->gro_hash[i].count = 0;
	}
	napi->gro_bitmask = 0;
	drop_list(&napi->rx_list);
	napi->rx_count = 0;
}
