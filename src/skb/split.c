// SPDX-License-Identifier: BSD-2-Clause
/* Cutting one packet into two, and taking bytes out of its middle. */
#include <skiff/skbuff.h>

#include "skb/alloc.h"
#include "skb/walk.h"

/* All fragments from index @first on move from @from to the end of @to. */
static void move_frags(struct skb_shared_info *to, struct skb_shared_info *from, unsigned int first)
{
	unsigned int n = from->nr_frags - first;

	memcpy(&to->frags[to->nr_frags], &from->frags[first], n * sizeof(skb_frag_t));
	to->nr_frags = (__u8)(to->nr_frags + n);
	from->nr_frags = (__u8)first;
}

static void split_linear(struct sk_buff *skb, struct sk_buff *skb1, unsigned int len,
			 unsigned int headlen)
{
	memcpy(skb_put(skb1, headlen - len), skb->data + len, headlen - len);
	move_frags(skb_shinfo(skb1), skb_shinfo(skb), 0);
	skb1->data_len = skb->data_len;
	skb1->len += skb1->data_len;
	skb->data_len = 0;
	skb->len = len;
	skb_set_tail_pointer(skb, (int)len);
}

static void split_frags(struct sk_buff *skb, struct sk_buff *skb1, unsigned int len,
			unsigned int headlen)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(skb1);
	unsigned int i, keep = len - headlen;

	for (i = 0; i < from->nr_frags && skb_frag_size(&from->frags[i]) <= keep; i++)
		keep -= skb_frag_size(&from->frags[i]);
	if (keep) {
		skb_frag_t *frag = &from->frags[i];

		/* The cut goes through this one: both buffers refer to its block. */
		to->frags[0] = *frag;
		skb_frag_off_add(&to->frags[0], (int)keep);
		skb_frag_size_sub(&to->frags[0], (int)keep);
		skb_frag_size_set(frag, keep);
		__skb_frag_ref(frag);
		to->nr_frags = 1;
		i++;
	}
	move_frags(to, from, i);
	skb1->data_len = skb->len - len;
	skb1->len = skb1->data_len;
	skb->len = len;
	skb->data_len = len - headlen;
}

void skb_split(struct sk_buff *skb, struct sk_buff *skb1, const u32 len)
{
	unsigned int headlen = skb_headlen(skb);

	BUG_ON(len > skb->len || skb1->len || __skb_shinfo(skb1)->nr_frags ||
	       skb_has_frag_list(skb) || skb_cloned(skb) || skb_cloned(skb1));
	if (len == skb->len)
		return;
	skb_zcopy_downgrade_managed(skb);
	skb_shinfo(skb1)->flags |= __skb_shinfo(skb)->flags &
				   (SKBFL_SHARED_FRAG | SKBFL_PURE_ZEROCOPY);
	/* @skb1 has no owner yet, so this can't fail. */
	BUG_ON(skb_zerocopy_clone(skb1, skb, GFP_ATOMIC));
	skb_zcopy_downgrade_managed(skb1);
	if (len < headlen)
		split_linear(skb, skb1, len, headlen);
	else
		split_frags(skb, skb1, len, headlen);
}

struct sk_buff *pskb_extract(struct sk_buff *skb, int off, int to_copy, gfp_t gfp)
{
	struct sk_buff *n;

	if (off < 0 || to_copy < 0 || (s64)off + to_copy > (s64)skb->len)
		return NULL;
	n = skb_clone(skb, gfp);
	if (!n)
		return NULL;
	if (skb_drop_front(n, (unsigned int)off, gfp) || pskb_trim(n, (unsigned int)to_copy)) {
		kfree_skb_reason(n, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	return n;
}

/*
 * skb_segment_list(): the members of the frag_list are packets that were received one by one,
 * with their network and transport headers still in front of their data. Only the first packet's
 * link-layer headers are the ones that count by now.
 */

/* A member that may be written to takes the place of *@link. 0 or -ENOMEM. */
static int own_segment(struct sk_buff **link)
{
	struct sk_buff *seg = *link, *clone;

	if (skb_shared(seg)) {
		clone = skb_clone(seg, GFP_ATOMIC);
		if (!clone)
			return -ENOMEM;
		clone->next = seg->next;
		consume_skb(seg);
		*link = seg = clone;
	}
	return skb_unclone(seg, GFP_ATOMIC);
}

/* Bytes from the MAC header of @offset bytes to skb->data; -1 when it is not in the headroom. */
static int mac_distance(const struct sk_buff *skb, unsigned int offset, unsigned int tnl_hlen)
{
	s64 push = (s64)offset - skb_network_offset(skb);

	return push >= 0 && push + tnl_hlen <= (s64)skb_headroom(skb) ? (int)push : -1;
}

/* Metadata and link-layer headers of @skb, whose data is at the MAC header already. */
static void take_headers(struct sk_buff *seg, struct sk_buff *skb, unsigned int offset,
			 unsigned int tnl_hlen)
{
	int transport = (int)skb_network_header_len(seg);

	skb_push(seg, (unsigned int)mac_distance(seg, offset, tnl_hlen));
	skb_release_head_state(seg);
	skb_copy_header(seg, skb);
	skb_gso_reset(seg);
	skb_headers_offset_update(seg, (int)skb_headroom(seg) - (int)skb_headroom(skb));
	skb_set_transport_header(seg, (int)offset + transport);
	memcpy(seg->data - tnl_hlen, skb->data - tnl_hlen, offset + tnl_hlen);
}

static bool segments_sane(const struct sk_buff *skb, unsigned int offset, int tnl_hlen)
{
	const struct sk_buff *seg;
	u64 len = 0;

	if (tnl_hlen < 0 || mac_distance(skb, offset, (unsigned int)tnl_hlen) < 0)
		return false;
	skb_walk_frags(skb, seg) {
		if (mac_distance(seg, offset, (unsigned int)tnl_hlen) < 0)
			return false;
		len += seg->len;
	}
	return len <= skb->data_len;
}

/* The frag_list leaves the packet, which shrinks by it. */
static struct sk_buff *detach_list(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct sk_buff *list = shinfo->frag_list, *seg;

	for (seg = list; seg; seg = seg->next) {
		skb->len -= seg->len;
		skb->data_len -= seg->len;
		skb->truesize -= min(seg->truesize, skb->truesize);
	}
	shinfo->frag_list = NULL;
	return list;
}

static int fit_device(struct sk_buff *skb, netdev_features_t features)
{
	return skb_needs_linearize(skb, features) ? __skb_linearize(skb) : 0;
}

struct sk_buff *skb_segment_list(struct sk_buff *skb, netdev_features_t features,
				 unsigned int offset)
{
	int tnl_hlen = skb_tnl_header_len(skb);
	struct sk_buff **link = &skb->next;
	struct sk_buff *tail = skb;

	if (!segments_sane(skb, offset, tnl_hlen))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	if (skb_unclone(skb, GFP_ATOMIC))
		return (struct sk_buff *)ERR_PTR(-ENOMEM);
	skb_push(skb, (unsigned int)mac_distance(skb, offset, (unsigned int)tnl_hlen));
	skb->next = detach_list(skb);
	skb_gso_reset(skb);
	for (; *link; link = &tail->next) {
		if (own_segment(link))
			goto fail;
		tail = *link;
		take_headers(tail, skb, offset, (unsigned int)tnl_hlen);
		if (fit_device(tail, features))
			goto fail;
	}
	if (fit_device(skb, features))
		goto fail;
	skb->prev = tail;
	return skb_get(skb);
fail:
	kfree_skb_list_reason(skb->next, SKB_DROP_REASON_NOMEM);
	skb->next = NULL;
	return (struct sk_buff *)ERR_PTR(-ENOMEM);
}
