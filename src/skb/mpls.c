// SPDX-License-Identifier: BSD-2-Clause
/* MPLS label stack entries (RFC 3032) put in front of packets and taken off again. */
#include <skiff/byteorder.h>
#include <skiff/mpls.h>
#include <skiff/skbuff.h>

#define MPLS_TTL_MASK 0xffu

/* A change of @len bytes at @at, CHECKSUM_COMPLETE follows. */
static void replace(struct sk_buff *skb, void *at, const void *now, unsigned int len)
{
	int offset = (int)((unsigned char *)at - skb->data);

	if (skb->ip_summed == CHECKSUM_COMPLETE) {
		skb->csum = csum_block_sub(skb->csum, csum_partial(at, (int)len, 0), offset);
		skb->csum = csum_block_add(skb->csum, csum_partial(now, (int)len, 0), offset);
	}
	memcpy(at, now, len);
}

/* The type right in front of the network header: behind a VLAN tag when there is one. */
static void set_eth_type(struct sk_buff *skb, __be16 type, int mac_len, bool ethernet)
{
	if (ethernet && mac_len >= ETH_HLEN)
		replace(skb, skb->data + mac_len - sizeof(type), &type, sizeof(type));
	skb->protocol = type;
}

static bool mac_len_fits(const struct sk_buff *skb, int mac_len)
{
	return mac_len >= 0 && (unsigned int)mac_len <= skb->len;
}

int skb_mpls_push(struct sk_buff *skb, __be32 mpls_lse, __be16 mpls_proto, int mac_len,
		  bool ethernet)
{
	int err;

	if (!eth_p_mpls(mpls_proto) || !mac_len_fits(skb, mac_len))
		return -EINVAL;
	/* The inner header fields are taken by another tunnel. */
	if (skb->encapsulation)
		return -EINVAL;
	if (!pskb_may_pull(skb, (unsigned int)mac_len))
		return -ENOMEM;
	err = skb_cow_head(skb, MPLS_HLEN);
	if (unlikely(err))
		return err;
	if (!skb->inner_protocol) {
		skb_set_inner_network_header(skb, skb_network_offset(skb));
		skb_set_inner_protocol(skb, skb->protocol);
	}
	skb_push(skb, MPLS_HLEN);
	memmove(skb->data, skb->data + MPLS_HLEN, (size_t)mac_len);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, mac_len);
	skb_reset_mac_len(skb);
	memcpy(skb->data + mac_len, &mpls_lse, MPLS_HLEN);
	__skb_postpush_rcsum(skb, skb->data + mac_len, MPLS_HLEN, (unsigned int)mac_len);
	set_eth_type(skb, mpls_proto, mac_len, ethernet);
	return 0;
}

int skb_mpls_pop(struct sk_buff *skb, __be16 next_proto, int mac_len, bool ethernet)
{
	int err;

	if (unlikely(!eth_p_mpls(skb->protocol)))
		return 0;
	if (mac_len < 0 || (u64)(unsigned int)mac_len + MPLS_HLEN > skb->len)
		return -EINVAL;
	err = skb_ensure_writable(skb, (unsigned int)mac_len + MPLS_HLEN);
	if (unlikely(err))
		return err;
	__skb_postpull_rcsum(skb, skb->data + mac_len, MPLS_HLEN, (unsigned int)mac_len);
	memmove(skb->data + MPLS_HLEN, skb->data, (size_t)mac_len);
	__skb_pull(skb, MPLS_HLEN);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, mac_len);
	skb_reset_mac_len(skb);
	set_eth_type(skb, next_proto, mac_len, ethernet);
	return 0;
}

int skb_mpls_update_lse(struct sk_buff *skb, __be32 mpls_lse)
{
	int offset = skb_network_offset(skb), err;

	if (unlikely(!eth_p_mpls(skb->protocol)))
		return -EINVAL;
	if (offset < 0 || (u64)(unsigned int)offset + MPLS_HLEN > skb->len)
		return -EINVAL;
	err = skb_ensure_writable(skb, (unsigned int)offset + MPLS_HLEN);
	if (unlikely(err))
		return err;
	replace(skb, skb_network_header(skb), &mpls_lse, MPLS_HLEN);
	return 0;
}

int skb_mpls_dec_ttl(struct sk_buff *skb)
{
	const struct mpls_shim_hdr *shim;
	struct mpls_shim_hdr room;
	u32 lse;

	if (unlikely(!eth_p_mpls(skb->protocol)))
		return -EINVAL;
	shim = skb_header_pointer(skb, skb_network_offset(skb), MPLS_HLEN, &room);
	if (!shim)
		return -EINVAL;
	lse = be32_to_cpu(shim->label_stack_entry);
	if ((lse & MPLS_TTL_MASK) <= 1)
		return -EINVAL;
	return skb_mpls_update_lse(skb, cpu_to_be32(lse - 1));
}
