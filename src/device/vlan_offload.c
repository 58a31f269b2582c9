// SPDX-License-Identifier: BSD-2-Clause
/* Receive merging behind a VLAN tag that is still in the data. */
#include <skiff/gro.h>
#include <skiff/if_vlan.h>

#include "device/device.h"

static void match_tag(struct list_head *head, unsigned int off, const struct vlan_hdr *vhdr)
{
	struct sk_buff *p;

	list_for_each_entry(p, head, list)
		if (NAPI_GRO_CB(p)->same_flow && memcmp(p->data + off, vhdr, VLAN_HLEN) != 0)
			NAPI_GRO_CB(p)->same_flow = 0;
}

static struct sk_buff *vlan_gro_receive(struct list_head *head, struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	const struct packet_offload *ptype = NULL;
	const struct vlan_hdr *vhdr;

	vhdr = (const struct vlan_hdr *)skb_gro_header(skb, off + VLAN_HLEN, off);
	if (vhdr)
		ptype = gro_find_receive_by_type(vhdr->h_vlan_encapsulated_proto);
	if (!ptype) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	match_tag(head, off, vhdr);
	skb_gro_pull(skb, VLAN_HLEN);
	skb_gro_postpull_rcsum(skb, vhdr, VLAN_HLEN);
	return call_gro_receive(ptype->callbacks.gro_receive, head, skb);
}

static int vlan_gro_complete(struct sk_buff *skb, int nhoff)
{
	const struct vlan_hdr *vhdr = (const struct vlan_hdr *)(void *)(skb->data + nhoff);
	const struct packet_offload *ptype;

	ptype = gro_find_complete_by_type(vhdr->h_vlan_encapsulated_proto);
	return ptype ? ptype->callbacks.gro_complete(skb, nhoff + VLAN_HLEN) : -ENOENT;
}

#define VLAN_OFFLOAD(proto)                                \
	{                                                  \
		.type = htons(proto), .priority = 10,      \
		.callbacks = {                             \
			.gro_receive = vlan_gro_receive,   \
			.gro_complete = vlan_gro_complete, \
		},                                         \
	}

static struct packet_offload vlan_offloads[] = {
	VLAN_OFFLOAD(ETH_P_8021Q),
	VLAN_OFFLOAD(ETH_P_8021AD),
};

void vlan_offload_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vlan_offloads); i++)
		dev_add_offload(&vlan_offloads[i]);
}
