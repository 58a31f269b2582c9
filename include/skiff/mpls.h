/* SPDX-License-Identifier: BSD-2-Clause */
/* MPLS label stack entries (RFC 3032) in packets. */
#ifndef SKIFF_MPLS_H
#define SKIFF_MPLS_H

#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MPLS_HLEN 4

struct mpls_shim_hdr {
	__be32 label_stack_entry;
} __packed; /* behind an Ethernet header it is not aligned */

static inline bool eth_p_mpls(__be16 eth_type)
{
	const u8 *p = (const u8 *)&eth_type;

	return p[0] == 0x88 && (p[1] == 0x47 || p[1] == 0x48);
}

static inline struct mpls_shim_hdr *mpls_hdr(const struct sk_buff *skb)
{
	return (struct mpls_shim_hdr *)(void *)skb_network_header(skb);
}

/**
 * skb_mpls_push() - add a label stack entry in front of the network header
 * @skb: the packet, with the only reference, not encapsulated
 * @mpls_lse: the entry
 * @mpls_proto: ETH_P_MPLS_UC or ETH_P_MPLS_MC in wire order
 * @mac_len: bytes of link-layer header in front of it
 * @ethernet: that header is Ethernet, and its type is to be changed
 *
 * Return: 0, -EINVAL for another @mpls_proto or an encapsulated packet, -ENOMEM.
 */
SKIFF_API int skb_mpls_push(struct sk_buff *skb, __be32 mpls_lse, __be16 mpls_proto, int mac_len,
			    bool ethernet);

/* Remove the outermost entry; @next_proto is what follows. 0 (also when it is no MPLS), -errno. */
SKIFF_API int skb_mpls_pop(struct sk_buff *skb, __be16 next_proto, int mac_len, bool ethernet);

/* Replace the outermost entry. 0, -EINVAL when it is no MPLS, -ENOMEM. */
SKIFF_API int skb_mpls_update_lse(struct sk_buff *skb, __be32 mpls_lse);

/* One hop less. 0, -EINVAL when it is no MPLS or the time to live is used up, -ENOMEM. */
SKIFF_API int skb_mpls_dec_ttl(struct sk_buff *skb);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_MPLS_H */
