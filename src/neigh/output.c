// SPDX-License-Identifier: BSD-2-Clause
/* Sending packets to neighbours: with a header, when the address is known; or without one. */
#include "neigh/neigh.h"

static int neigh_send_with_header(struct neighbour *n, struct sk_buff *skb)
{
	int err;

	/* A packet that waited, or was sent before, may have a header in front: start over. */
	__skb_pull(skb, (unsigned int)skb_network_offset(skb));
	/* The header is as good as the address that it was made of, confirmed or not. */
	if (likely(neigh_hh_fits(n, skb) && skb->protocol == n->tbl->protocol))
		return neigh_hh_output(&n->hh, skb);
	err = dev_hard_header(skb, n->dev, ntohs(skb->protocol), n->ha, NULL, skb->len);
	if (err < 0) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -EINVAL;
	}
	return dev_queue_xmit(skb);
}

/* Linux's rule: the first packet makes the header for those that follow. */
static void neigh_hh_init(struct neighbour *n)
{
	const struct header_ops *ops = n->dev->header_ops;

	if (ops && ops->cache && !n->hh.hh_len && n->nud_state & NUD_VALID &&
	    ops->cache(n, &n->hh, n->tbl->protocol))
		n->hh.hh_len = 0;
}

/* The address has changed: it is in the header as well. */
void neigh_update_hh(struct neighbour *n)
{
	const struct header_ops *ops = n->dev->header_ops;

	if (!n->hh.hh_len)
		return;
	if (ops && ops->cache_update)
		ops->cache_update(&n->hh, n->dev, n->ha);
	else
		n->hh.hh_len = 0;
}

int neigh_resolve_output(struct neighbour *neigh, struct sk_buff *skb)
{
	if (neigh_event_send(neigh, skb))
		return 0;
	neigh_hh_init(neigh);
	return neigh_send_with_header(neigh, skb);
}

int neigh_connected_output(struct neighbour *neigh, struct sk_buff *skb)
{
	neigh_hh_init(neigh);
	return neigh_send_with_header(neigh, skb);
}

int neigh_direct_output(struct neighbour *neigh, struct sk_buff *skb)
{
	(void)neigh;
	return dev_queue_xmit(skb);
}
