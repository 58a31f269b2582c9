// SPDX-License-Identifier: BSD-2-Clause
/* Sending packets to neighbours: with a header, when the address is known; or without one. */
#include "neigh/neigh.h"

static int neigh_send_with_header(struct neighbour *n, struct sk_buff *skb)
{
	int err;

	/* A packet that waited, or was sent before, may have a header in front: start over. */
	__skb_pull(skb, (unsigned int)skb_network_offset(skb));
	err = dev_hard_header(skb, n->dev, ntohs(skb->protocol), n->ha, NULL, skb->len);
	if (err < 0) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -EINVAL;
	}
	return dev_queue_xmit(skb);
}

int neigh_resolve_output(struct neighbour *neigh, struct sk_buff *skb)
{
	if (neigh_event_send(neigh, skb))
		return 0;
	return neigh_send_with_header(neigh, skb);
}

int neigh_connected_output(struct neighbour *neigh, struct sk_buff *skb)
{
	neigh->used = neigh_now_coarse(neigh);
	return neigh_send_with_header(neigh, skb);
}

int neigh_direct_output(struct neighbour *neigh, struct sk_buff *skb)
{
	(void)neigh;
	return dev_queue_xmit(skb);
}
