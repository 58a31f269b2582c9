// SPDX-License-Identifier: BSD-2-Clause
/* VLAN tags and Ethernet headers put in front of packets and taken off again. */
#include <skiff/byteorder.h>
#include <skiff/skbuff.h>

/*
 *	destination 6 | source 6 | type 2
 *	destination 6 | source 6 | TPID 2 | TCI 2 | type 2
 *
 * A tag goes in between addresses and type: the addresses move, the rest stays where it is.
 */
#define ADDRS_LEN (2 * ETH_ALEN)

/* Types from here on are protocols, below they are lengths (IEEE 802.3, 3.2.6). */
#define ETH_TYPE_MIN 0x0600

__be16 __vlan_get_protocol(const struct sk_buff *skb, __be16 type, int *depth)
{
	unsigned int offset = skb->mac_len, tags = 0;
	const struct vlan_hdr *tag;
	struct vlan_hdr room;

	if (eth_type_vlan(type)) {
		/* mac_len counts the tags it knows of; look at them again from the first one. */
		if (!offset)
			offset = ETH_HLEN;
		else if (WARN_ON_ONCE(offset < VLAN_HLEN))
			return 0;
		else
			offset -= VLAN_HLEN;
		do {
			tag = skb_header_pointer(skb, (int)offset, sizeof(room), &room);
			if (!tag || tags++ == VLAN_MAX_DEPTH)
				return 0;
			type = tag->h_vlan_encapsulated_proto;
			offset += VLAN_HLEN;
		} while (eth_type_vlan(type));
	}
	if (depth)
		*depth = (int)offset;
	return type;
}

void vlan_set_encap_proto(struct sk_buff *skb, struct vlan_hdr *vhdr)
{
	const unsigned char *payload = (const unsigned char *)(vhdr + 1);

	if (be16_to_cpu(vhdr->h_vlan_encapsulated_proto) >= ETH_TYPE_MIN) {
		skb->protocol = vhdr->h_vlan_encapsulated_proto;
		return;
	}
	/* A length: IPX without 802.2 header starts with ones, all others with an 802.2 header. */
	if (payload + 2 <= skb_tail_pointer(skb) && payload[0] == 0xff && payload[1] == 0xff)
		skb->protocol = cpu_to_be16(ETH_P_802_3);
	else
		skb->protocol = cpu_to_be16(ETH_P_802_2);
}

int __vlan_insert_tag(struct sk_buff *skb, __be16 vlan_proto, u16 vlan_tci)
{
	struct vlan_ethhdr *eth;

	if (!pskb_may_pull(skb, ETH_HLEN))
		return skb->len < ETH_HLEN ? -EINVAL : -ENOMEM;
	if (skb_cow_head(skb, VLAN_HLEN))
		return -ENOMEM;
	eth = skb_push(skb, VLAN_HLEN);
	memmove(skb->data, skb->data + VLAN_HLEN, ADDRS_LEN);
	if (skb_mac_header_was_set(skb))
		skb->mac_header -= VLAN_HLEN;
	eth->h_vlan_proto = vlan_proto;
	eth->h_vlan_TCI = cpu_to_be16(vlan_tci);
	return 0;
}

struct sk_buff *vlan_insert_tag_set_proto(struct sk_buff *skb, __be16 vlan_proto, u16 vlan_tci)
{
	int err = __vlan_insert_tag(skb, vlan_proto, vlan_tci);

	if (err) {
		kfree_skb_reason(skb, err == -ENOMEM ? SKB_DROP_REASON_NOMEM :
						       SKB_DROP_REASON_HDR_TRUNC);
		return NULL;
	}
	skb->protocol = vlan_proto;
	return skb;
}

struct sk_buff *__vlan_hwaccel_push_inside(struct sk_buff *skb)
{
	skb = vlan_insert_tag_set_proto(skb, skb->vlan_proto, skb_vlan_tag_get(skb));
	if (likely(skb))
		__vlan_hwaccel_clear_tag(skb);
	return skb;
}

/* The addresses move up over the tag that was pulled. 0 or -ENOMEM. */
static int close_gap(struct sk_buff *skb)
{
	unsigned char *mac;
	u8 meta_len;

	if (skb_cow(skb, skb_headroom(skb)))
		return -ENOMEM;
	mac = skb_mac_header(skb);
	/* Metadata lies right in front of the MAC header and moves with it. */
	meta_len = skb_metadata_len(skb);
	memmove(mac - meta_len + VLAN_HLEN, mac - meta_len, ADDRS_LEN + meta_len);
	skb->mac_header += VLAN_HLEN;
	return 0;
}

struct sk_buff *skb_vlan_untag(struct sk_buff *skb)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_HDR_TRUNC;
	struct vlan_hdr *vhdr;

	if (unlikely(skb_vlan_tag_present(skb)))
		return skb;
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb))
		return NULL;
	/* Two bytes more than the tag: vlan_set_encap_proto() looks at them. */
	if (unlikely(!skb_mac_header_was_set(skb) || skb_mac_offset(skb) != -ETH_HLEN ||
		     !pskb_may_pull(skb, VLAN_HLEN + 2)))
		goto drop;
	vhdr = (struct vlan_hdr *)(void *)skb->data;
	__vlan_hwaccel_put_tag(skb, skb->protocol, be16_to_cpu(vhdr->h_vlan_TCI));
	skb_pull_rcsum(skb, VLAN_HLEN);
	vlan_set_encap_proto(skb, vhdr);
	if (close_gap(skb)) {
		reason = SKB_DROP_REASON_NOMEM;
		goto drop;
	}
	skb_reset_network_header(skb);
	if (!skb_transport_header_was_set(skb))
		skb_reset_transport_header(skb);
	skb_reset_mac_len(skb);
	return skb;
drop:
	kfree_skb_reason(skb, reason);
	return NULL;
}

int __skb_vlan_pop(struct sk_buff *skb, u16 *vlan_tci)
{
	struct vlan_hdr *vhdr;
	int err;

	if (!skb_mac_header_was_set(skb) || skb_mac_offset(skb) || skb->len < VLAN_ETH_HLEN)
		return -EINVAL;
	err = skb_ensure_writable(skb, VLAN_ETH_HLEN);
	if (unlikely(err))
		return err;
	skb_postpull_rcsum(skb, skb->data + ADDRS_LEN, VLAN_HLEN);
	vhdr = (struct vlan_hdr *)(void *)(skb->data + ETH_HLEN);
	*vlan_tci = be16_to_cpu(vhdr->h_vlan_TCI);
	vlan_set_encap_proto(skb, vhdr);
	memmove(skb->data + VLAN_HLEN, skb->data, ADDRS_LEN);
	__skb_pull(skb, VLAN_HLEN);
	skb->mac_header += VLAN_HLEN;
	if (skb_network_offset(skb) < ETH_HLEN)
		skb_set_network_header(skb, ETH_HLEN);
	skb_reset_mac_len(skb);
	return 0;
}

int skb_vlan_pop(struct sk_buff *skb)
{
	__be16 vlan_proto;
	u16 vlan_tci = 0;
	int err;

	if (likely(skb_vlan_tag_present(skb))) {
		__vlan_hwaccel_clear_tag(skb);
	} else {
		if (unlikely(!eth_type_vlan(skb->protocol)))
			return 0;
		err = __skb_vlan_pop(skb, &vlan_tci);
		if (err)
			return err;
	}
	/* The next tag takes the place beside the data. */
	if (likely(!eth_type_vlan(skb->protocol)))
		return 0;
	vlan_proto = skb->protocol;
	err = __skb_vlan_pop(skb, &vlan_tci);
	if (unlikely(err))
		return err;
	__vlan_hwaccel_put_tag(skb, vlan_proto, vlan_tci);
	return 0;
}

int skb_vlan_push(struct sk_buff *skb, __be16 vlan_proto, u16 vlan_tci)
{
	int err;

	if (skb_vlan_tag_present(skb)) {
		if (!skb_mac_header_was_set(skb) || skb_mac_offset(skb))
			return -EINVAL;
		err = __vlan_insert_tag(skb, skb->vlan_proto, skb_vlan_tag_get(skb));
		if (err)
			return err;
		skb->protocol = skb->vlan_proto;
		skb->mac_len += VLAN_HLEN;
		skb_postpush_rcsum(skb, skb->data + ADDRS_LEN, VLAN_HLEN);
	}
	__vlan_hwaccel_put_tag(skb, vlan_proto, vlan_tci);
	return 0;
}

int skb_eth_pop(struct sk_buff *skb)
{
	int offset = skb_network_offset(skb);

	if (skb_vlan_tag_present(skb) || offset < ETH_HLEN ||
	    !pskb_may_pull(skb, (unsigned int)offset))
		return -EPROTO;
	skb_pull_rcsum(skb, ETH_HLEN);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	return 0;
}

int skb_eth_push(struct sk_buff *skb, const unsigned char *dst, const unsigned char *src)
{
	struct ethhdr *eth;
	int err;

	if (skb_network_offset(skb) || skb_vlan_tag_present(skb))
		return -EPROTO;
	err = skb_cow_head(skb, sizeof(*eth));
	if (err)
		return err;
	eth = skb_push(skb, sizeof(*eth));
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	memcpy(eth->h_dest, dst, ETH_ALEN);
	memcpy(eth->h_source, src, ETH_ALEN);
	eth->h_proto = skb->protocol;
	skb_postpush_rcsum(skb, eth, sizeof(*eth));
	return 0;
}
