// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 headers of packets that are cut into segments, and of segments that are merged. */
#include <skiff/gro.h>

#include "ipv4/ipv4.h"
#include "ipv4/offload.h"
#include "wire/ip.h"

/*
 * Merging keeps what cutting can make again. All fields of the header have to agree but length,
 * checksum and identification. The latter says nothing in a datagram that may not be cut (RFC
 * 6864), but it may still be the same for all packets, which a merged packet remembers
 * (SKB_GSO_TCP_FIXEDID); else it has to count by one.
 */

/* Filled before packets are received, as all tables that hosts share. */
static const struct net_offload *inet_offloads[MAX_INET_PROTOS];

int inet_add_offload(const struct net_offload *prot, unsigned char protocol)
{
	const struct net_offload *none = NULL;

	return __atomic_compare_exchange_n(&inet_offloads[protocol], &none, prot, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) ?
		       0 :
		       -1;
}

int inet_del_offload(const struct net_offload *prot, unsigned char protocol)
{
	return __atomic_compare_exchange_n(&inet_offloads[protocol], &prot, NULL, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) ?
		       0 :
		       -1;
}

static const struct net_offload *inet_offload(u8 protocol)
{
	return smp_load_acquire(&inet_offloads[protocol]);
}

/* Merging. */

/*
 * How the identification of a packet relates to that of a held one: 0 when it is the next, or the
 * same where all are; for the second packet of a flow with DF also how much more it is.
 */
static u16 id_distance(const struct sk_buff *p, const struct iphdr *iph, const struct iphdr *iph2)
{
	u16 distance = (u16)(ntohs(iph->id) - ntohs(iph2->id));

	if (NAPI_GRO_CB(p)->is_atomic && (iph->frag_off & htons(IP_DF)))
		return distance;
	return distance == NAPI_GRO_CB(p)->count ? 0 : 0xffff;
}

/* Which of the held packets may be of the same flow, and whether their headers go together. */
static void match_held(struct list_head *head, struct sk_buff *skb, unsigned int off, bool flush)
{
	const struct iphdr *iph = (const struct iphdr *)(void *)(skb->data + off), *iph2;
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		iph2 = (const struct iphdr *)(void *)(p->data + off);
		if (((__force u32)(iph->saddr ^ iph2->saddr) |
		     (__force u32)(iph->daddr ^ iph2->daddr)) ||
		    iph->protocol != iph2->protocol) {
			NAPI_GRO_CB(p)->same_flow = 0;
			continue;
		}
		NAPI_GRO_CB(p)->flush |= flush || iph->ttl != iph2->ttl || iph->tos != iph2->tos ||
					 iph->frag_off != iph2->frag_off;
		/* Of headers inside of one another each has to fit; only the first may be fixed. */
		if (NAPI_GRO_CB(skb)->is_atomic)
			NAPI_GRO_CB(p)->flush_id = id_distance(p, iph, iph2);
		else
			NAPI_GRO_CB(p)->flush_id |= id_distance(p, iph, iph2);
	}
}

static struct sk_buff *inet_gro_receive(struct list_head *head, struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	const struct net_offload *ops = NULL;
	const struct iphdr *iph;
	bool flush;

	iph = (const struct iphdr *)skb_gro_header(skb, off + WIRE_IP_HLEN, off);
	if (iph)
		ops = inet_offload(iph->protocol);
	/* Options, fragments and what is damaged are for ip_rcv(). */
	if (!ops || !ops->callbacks.gro_receive || *(const u8 *)iph != 0x45 ||
	    ip_is_fragment(iph) || ip_fast_csum(iph, 5)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	NAPI_GRO_CB(skb)->proto = iph->protocol;
	/* Link-layer padding, or a packet cut short; a bit that nobody may use. */
	flush = ntohs(iph->tot_len) != skb_gro_len(skb) || (iph->frag_off & htons(IP_CE));
	match_held(head, skb, off, flush);
	NAPI_GRO_CB(skb)->is_atomic = !!(iph->frag_off & htons(IP_DF));
	NAPI_GRO_CB(skb)->flush |= flush;
	skb_set_network_header(skb, (int)off);
	/* The header sums up to zero: what a device has summed stays right without it. */
	skb_gro_pull(skb, WIRE_IP_HLEN);
	skb_set_transport_header(skb, (int)skb_gro_offset(skb));
	return call_gro_receive(ops->callbacks.gro_receive, head, skb);
}

static int inet_gro_complete(struct sk_buff *skb, int nhoff)
{
	struct iphdr *iph = (struct iphdr *)(void *)(skb->data + nhoff);
	__be16 len = htons((u16)(skb->len - (unsigned int)nhoff));
	const struct net_offload *ops = inet_offload(iph->protocol);

	csum_replace2(&iph->check, iph->tot_len, len);
	iph->tot_len = len;
	if (WARN_ON_ONCE(!ops || !ops->callbacks.gro_complete))
		return -ENOENT;
	return ops->callbacks.gro_complete(skb, nhoff + (int)WIRE_IP_HLEN);
}

/* Cutting. */

/* Lengths, identifications and checksums of the segments' headers, @nhoff behind their start. */
static void number_segments(struct sk_buff *segs, unsigned int nhoff, u16 id, bool fixed_id)
{
	bool partial = __skb_shinfo(segs)->gso_type & SKB_GSO_PARTIAL;
	struct sk_buff *skb;
	struct iphdr *iph;

	for (skb = segs; skb; skb = skb->next) {
		unsigned int len = skb->len - nhoff;

		iph = (struct iphdr *)(void *)(skb_mac_header(skb) + nhoff);
		if (!fixed_id)
			iph->id = htons(id);
		id = (u16)(id + (skb_is_gso(skb) ? __skb_shinfo(skb)->gso_segs : 1));
		/* The device repeats this header as it is. */
		if (skb_is_gso(skb) && partial)
			len = __skb_shinfo(skb)->gso_size +
			      (unsigned int)SKB_GSO_CB(skb)->data_offset -
			      (unsigned int)((u8 *)iph - skb->head);
		iph->tot_len = htons((u16)len);
		ip_send_check(iph);
		skb->network_header = (u16)((u8 *)iph - skb->head);
		skb_reset_mac_len(skb);
	}
}

static struct sk_buff *inet_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	struct sk_buff *segs = (struct sk_buff *)ERR_PTR(-EPROTONOSUPPORT);
	unsigned int nhoff, ihl;
	const struct net_offload *ops;
	const struct iphdr *iph;
	bool fixed_id;
	u16 id;

	skb_reset_network_header(skb);
	nhoff = (unsigned int)(skb_network_header(skb) - skb_mac_header(skb));
	if (!pskb_may_pull(skb, WIRE_IP_HLEN) || ip_hdrlen(skb) < WIRE_IP_HLEN ||
	    !pskb_may_pull(skb, ip_hdrlen(skb)))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	iph = ip_hdr(skb);
	ihl = ip_hdrlen(skb);
	id = ntohs(iph->id);
	fixed_id = __skb_shinfo(skb)->gso_type & SKB_GSO_TCP_FIXEDID;
	/* RFC 6864 section 4.3: without DF each identification is used once. */
	if (fixed_id && !(iph->frag_off & htons(IP_DF)))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	ops = inet_offload(iph->protocol);
	__skb_pull(skb, ihl);
	SKB_GSO_CB(skb)->encap_level += (int)ihl;
	skb_reset_transport_header(skb);
	if (ops && ops->callbacks.gso_segment)
		segs = ops->callbacks.gso_segment(skb, features);
	if (!IS_ERR_OR_NULL(segs))
		number_segments(segs, nhoff, id, fixed_id);
	return segs;
}

static struct packet_offload ip_packet_offload = {
	.type = htons(ETH_P_IP),
	.callbacks = {
		.gso_segment = inet_gso_segment,
		.gro_receive = inet_gro_receive,
		.gro_complete = inet_gro_complete,
	},
};

void ip_offload_init(void)
{
	dev_add_offload(&ip_packet_offload);
}
