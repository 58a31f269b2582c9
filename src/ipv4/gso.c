// SPDX-License-Identifier: BSD-2-Clause
/* Packets that are larger than the path takes, cut into IPv4 packets by their transport protocol. */
#include "ipv4/ipv4.h"
#include "wire/ip.h"

/* Filled before packets are sent, as all tables that hosts share. */
static const struct net_offload *inet_offloads[MAX_INET_PROTOS];

int inet_add_offload(const struct net_offload *prot, unsigned char protocol)
{
	const struct net_offload *none = NULL;

	return __atomic_compare_exchange_n(&inet_offloads[protocol], &none, prot, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) ?
		       0 :
		       -1;
}

/* The header in front of each segment: length, identification and checksum are its own. */
static void finish_segments(struct sk_buff *segs, int nhoff, u16 id, bool fixed_id)
{
	struct sk_buff *seg;
	struct iphdr *iph;

	for (seg = segs; seg; seg = seg->next) {
		iph = (struct iphdr *)(void *)(skb_mac_header(seg) + nhoff);
		seg->network_header = (__u16)((unsigned char *)iph - seg->head);
		skb_reset_mac_len(seg);
		iph->id = htons(id);
		if (!fixed_id)
			id++;
		iph->tot_len = htons((u16)(seg->len - (unsigned int)nhoff));
		iph->check = 0;
		iph->check = ip_fast_csum(iph, iph->ihl);
	}
}

/* packet_offload.gso_segment: @skb->data is at the IPv4 header. */
static struct sk_buff *inet_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	const struct net_offload *ops;
	struct sk_buff *segs;
	unsigned int ihl;
	struct iphdr *iph;
	bool fixed_id;
	int nhoff;
	u16 id;

	skb_reset_network_header(skb);
	nhoff = (int)(skb_network_header(skb) - skb_mac_header(skb));
	if (unlikely(!pskb_may_pull(skb, sizeof(*iph))))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	ihl = ip_hdr(skb)->ihl * 4u;
	if (unlikely(ihl < sizeof(*iph) || !pskb_may_pull(skb, ihl)))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	iph = ip_hdr(skb);
	id = ntohs(iph->id);
	fixed_id = __skb_shinfo(skb)->gso_type & SKB_GSO_TCP_FIXEDID;
	ops = smp_load_acquire(&inet_offloads[iph->protocol]);
	if (unlikely(!ops))
		return (struct sk_buff *)ERR_PTR(-EPROTONOSUPPORT);
	__skb_pull(skb, ihl);
	skb_reset_transport_header(skb);
	segs = ops->callbacks.gso_segment(skb, features);
	if (!IS_ERR(segs) && segs)
		finish_segments(segs, nhoff, id, fixed_id);
	return segs;
}

static struct packet_offload ip_offload = {
	.callbacks.gso_segment = inet_gso_segment,
};

void ip_gso_init(void)
{
	ip_offload.type = htons(ETH_P_IP);
	dev_add_offload(&ip_offload);
}
