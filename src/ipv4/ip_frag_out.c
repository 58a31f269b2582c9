// SPDX-License-Identifier: BSD-2-Clause
/* Packets larger than their path: cut into fragments, RFC 791 section 3.2. */
#include "ipv4/ipv4.h"
#include "wire/ip.h"

/*
 * A packet that ip_append_data() put together is a list of buffers that are fragments already but
 * for their headers: the fast way gives each one a header. Everything else is copied, piece by
 * piece, with the payload straight behind the header.
 */

typedef int ip_frag_output_t(struct net *net, struct sock *sk, struct sk_buff *skb);

/**
 * struct ip_cut - a packet that is being cut
 * @net: host
 * @sk: sender
 * @output: sends a fragment
 * @most: payload of a fragment, bytes
 * @hlen: bytes of header
 * @room: headroom for what the link puts in front
 */
struct ip_cut {
	struct net *net;
	struct sock *sk;
	ip_frag_output_t *output;
	unsigned int most;
	unsigned int hlen;
	unsigned int room;
};

/* What a fragment shares with its packet. */
static void ip_copy_metadata(struct sk_buff *to, struct sk_buff *from)
{
	to->pkt_type = from->pkt_type;
	to->priority = from->priority;
	to->protocol = from->protocol;
	to->skb_iif = from->skb_iif;
	to->dev = from->dev;
	to->mark = from->mark;
	to->ignore_df = from->ignore_df;
	skb_dst_drop(to);
	skb_dst_copy(to, from);
	skb_copy_hash(to, from);
	skb_copy_queue_mapping(to, from);
	memcpy(to->cb, from->cb, sizeof(struct inet_skb_parm));
}

static void ip_cut_header(struct sk_buff *skb, u16 offset, bool more)
{
	struct iphdr *iph = ip_hdr(skb);

	iph->frag_off = htons((u16)(offset >> 3 | (more ? IP_MF : 0)));
	if (IPCB(skb)->flags & IPSKB_FRAG_PMTU)
		iph->frag_off |= htons(IP_DF);
	iph->tot_len = htons((u16)skb->len);
	ip_send_check(iph);
}

/* Whether the packet's buffers are what its fragments have to be, and nobody else's. */
static bool ip_list_fits(const struct ip_cut *cut, const struct sk_buff *skb)
{
	unsigned int first = skb_pagelen(skb) - cut->hlen;
	const struct sk_buff *frag;

	if (!skb_has_frag_list(skb) || first > cut->most || first & 7 ||
	    ip_is_fragment(ip_hdr(skb)) || skb_cloned(skb) || skb_headroom(skb) < cut->room)
		return false;
	for (frag = __skb_shinfo(skb)->frag_list; frag; frag = frag->next) {
		if (frag->len > cut->most || (frag->len & 7 && frag->next) ||
		    skb_headroom(frag) < cut->hlen + cut->room || skb_shared(frag) ||
		    skb_cloned(frag) || skb_has_frag_list(frag))
			return false;
	}
	return true;
}

/* A member of the list becomes a packet of its own, which pays for itself. */
static void ip_list_member(const struct ip_cut *cut, struct sk_buff *skb, struct sk_buff *frag)
{
	skb->truesize -= frag->truesize;
	if (skb->sk) {
		frag->sk = skb->sk;
		frag->destructor = skb->destructor;
	}
	frag->ip_summed = CHECKSUM_NONE;
	skb_reset_transport_header(frag);
	__skb_push(frag, cut->hlen);
	skb_reset_network_header(frag);
	memcpy(skb_network_header(frag), skb_network_header(skb), cut->hlen);
	ip_copy_metadata(frag, skb);
}

static int ip_cut_send(const struct ip_cut *cut, struct sk_buff *skb, u16 offset, bool more)
{
	int err;

	ip_cut_header(skb, offset, more);
	err = cut->output(cut->net, cut->sk, skb);
	if (!err)
		IP_INC_STATS(cut->net, IPSTATS_MIB_FRAGCREATES);
	return err;
}

static int ip_cut_list(const struct ip_cut *cut, struct sk_buff *skb)
{
	struct sk_buff *frag = skb_shinfo(skb)->frag_list, *next;
	unsigned int first = skb_pagelen(skb), offset = first - cut->hlen, len;
	int err;

	skb_frag_list_init(skb);
	skb->data_len = first - skb_headlen(skb);
	skb->len = first;
	/* All headers at once, while the first still has its own. */
	for (next = frag; next; next = next->next) {
		ip_list_member(cut, skb, next);
		ip_options_fragment(next);
	}
	err = ip_cut_send(cut, skb, 0, true);
	for (; frag; frag = next) {
		next = frag->next;
		skb_mark_not_on_list(frag);
		len = frag->len - cut->hlen;
		if (err)
			kfree_skb_reason(frag, SKB_DROP_REASON_IP_FRAGMENT);
		else
			err = ip_cut_send(cut, frag, (u16)offset, next != NULL);
		offset += len;
	}
	return err;
}

/* A fragment with @len bytes of payload, copied. */
static struct sk_buff *ip_cut_piece(const struct ip_cut *cut, struct sk_buff *skb, unsigned int at,
				    unsigned int len)
{
	struct sk_buff *piece = alloc_skb(
		cut->room + cut->hlen + len + skb_dst(skb)->dev->needed_tailroom, GFP_ATOMIC);

	if (!piece)
		return NULL;
	skb_reserve(piece, (int)cut->room);
	skb_put(piece, cut->hlen + len);
	skb_reset_network_header(piece);
	skb_set_transport_header(piece, (int)cut->hlen);
	ip_copy_metadata(piece, skb);
	if (skb->sk && skb->destructor)
		skb_set_owner_w(piece, skb->sk);
	skb_copy_from_linear_data(skb, skb_network_header(piece), cut->hlen);
	BUG_ON(skb_copy_bits(skb, (int)(cut->hlen + at), skb_transport_header(piece), (int)len));
	return piece;
}

static int ip_cut_copy(const struct ip_cut *cut, struct sk_buff *skb)
{
	unsigned int total = skb->len - cut->hlen, most = cut->most & ~7u, at, len;
	u16 frag_off = ntohs(ip_hdr(skb)->frag_off);
	unsigned int offset = (frag_off & IP_OFFSET) * 8u;
	bool more = frag_off & IP_MF;
	struct sk_buff *piece;
	int err;

	for (at = 0; at < total; at += len) {
		len = total - at;
		if (len > cut->most)
			len = most;
		piece = ip_cut_piece(cut, skb, at, len);
		if (!piece) {
			err = -ENOMEM;
			goto fail;
		}
		/* For what is copied from now on. */
		if (!at)
			ip_options_fragment(skb);
		err = ip_cut_send(cut, piece, (u16)(offset + at), more || at + len < total);
		if (err)
			goto fail;
	}
	consume_skb(skb);
	return 0;
fail:
	kfree_skb_reason(skb, err == -ENOMEM ? SKB_DROP_REASON_NOMEM : SKB_DROP_REASON_IP_FRAGMENT);
	return err;
}

int ip_do_fragment(struct net *net, struct sock *sk, struct sk_buff *skb, ip_frag_output_t *output)
{
	struct ip_cut cut = {
		.net = net,
		.sk = sk,
		.output = output,
		.hlen = ip_hdrlen(skb),
		.room = LL_RESERVED_SPACE(skb_dst(skb)->dev),
	};
	unsigned int mtu = ip_skb_dst_mtu(sk, skb);
	int err;

	ASSERT_NET_LOCKED(net);
	/* The transport checksum is about the whole: fragments can't be summed by the device. */
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb)) {
		IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS);
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_CSUM);
		return -EINVAL;
	}
	if (IPCB(skb)->frag_max_size && IPCB(skb)->frag_max_size < mtu)
		mtu = IPCB(skb)->frag_max_size;
	if (mtu < cut.hlen + 8 || skb_headlen(skb) < cut.hlen) {
		IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS);
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		return -EMSGSIZE;
	}
	cut.most = mtu - cut.hlen;
	IPCB(skb)->flags |= IPSKB_FRAG_COMPLETE;
	err = ip_list_fits(&cut, skb) ? ip_cut_list(&cut, skb) : ip_cut_copy(&cut, skb);
	IP_INC_STATS(net, err ? IPSTATS_MIB_FRAGFAILS : IPSTATS_MIB_FRAGOKS);
	return err;
}
