/* SPDX-License-Identifier: BSD-2-Clause */
/* VLAN tags (IEEE 802.1Q): in the data, or beside it in the sk_buff. */
#ifndef SKIFF_IF_VLAN_H
#define SKIFF_IF_VLAN_H

#include <linux/if_ether.h>

#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VLAN_HLEN 4
#define VLAN_ETH_HLEN 18
#define VLAN_ETH_ZLEN 64
#define VLAN_ETH_DATA_LEN 1500
#define VLAN_ETH_FRAME_LEN 1518
#define VLAN_MAX_DEPTH 8 /* tags that are looked through at most */

#define VLAN_PRIO_MASK 0xe000
#define VLAN_PRIO_SHIFT 13
#define VLAN_CFI_MASK 0x1000
#define VLAN_VID_MASK 0x0fff
#define VLAN_N_VID 4096

/* The tag as it follows the two addresses' type field. */
struct vlan_hdr {
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
} __packed;

/* An Ethernet header with one tag. */
struct vlan_ethhdr {
	unsigned char h_dest[ETH_ALEN];
	unsigned char h_source[ETH_ALEN];
	__be16 h_vlan_proto;
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
} __packed;

static inline __be16 __vlan_htons(unsigned int v)
{
	return (__force __be16)(
		u16)(__BYTE_ORDER == __LITTLE_ENDIAN ? (v & 0xff) << 8 | (v & 0xff00) >> 8 : v);
}

static inline struct vlan_ethhdr *vlan_eth_hdr(const struct sk_buff *skb)
{
	return (struct vlan_ethhdr *)(void *)skb_mac_header(skb);
}

static inline bool eth_type_vlan(__be16 ethertype)
{
	return ethertype == __vlan_htons(ETH_P_8021Q) || ethertype == __vlan_htons(ETH_P_8021AD);
}

/* A tag beside the data: the device took it off, or is to put it in. */
#define skb_vlan_tag_present(skb) ((skb)->vlan_present)
#define skb_vlan_tag_get(skb) ((skb)->vlan_tci)
#define skb_vlan_tag_get_id(skb) ((skb)->vlan_tci & VLAN_VID_MASK)
#define skb_vlan_tag_get_cfi(skb) (!!((skb)->vlan_tci & VLAN_CFI_MASK))
#define skb_vlan_tag_get_prio(skb) (((skb)->vlan_tci & VLAN_PRIO_MASK) >> VLAN_PRIO_SHIFT)

static inline void __vlan_hwaccel_put_tag(struct sk_buff *skb, __be16 vlan_proto, u16 vlan_tci)
{
	skb->vlan_proto = vlan_proto;
	skb->vlan_tci = vlan_tci;
	skb->vlan_present = 1;
}

static inline void __vlan_hwaccel_clear_tag(struct sk_buff *skb)
{
	skb->vlan_present = 0;
}

static inline void __vlan_hwaccel_copy_tag(struct sk_buff *dst, const struct sk_buff *src)
{
	dst->vlan_present = src->vlan_present;
	dst->vlan_proto = src->vlan_proto;
	dst->vlan_tci = src->vlan_tci;
}

static inline int __vlan_hwaccel_get_tag(const struct sk_buff *skb, u16 *vlan_tci)
{
	if (!skb_vlan_tag_present(skb)) {
		*vlan_tci = 0;
		return -EINVAL;
	}
	*vlan_tci = skb_vlan_tag_get(skb);
	return 0;
}

/**
 * __vlan_get_protocol() - what follows the tags in a packet's data
 * @skb: the packet, data at the Ethernet header
 * @type: the type in that header, usually skb->protocol
 * @depth: NULL, or set to the bytes of link-layer header in front of the network header
 *
 * Any thread. Return: the type of the first header that is no tag; 0 when there is none within
 * VLAN_MAX_DEPTH tags or the packet ends.
 */
SKIFF_API __be16 __vlan_get_protocol(const struct sk_buff *skb, __be16 type, int *depth);

static inline __be16 vlan_get_protocol(const struct sk_buff *skb)
{
	return __vlan_get_protocol(skb, skb->protocol, NULL);
}

/* skb->protocol from the tagged header that was just pulled, as eth_type_trans() would say. */
SKIFF_API void vlan_set_encap_proto(struct sk_buff *skb, struct vlan_hdr *vhdr);

/**
 * __vlan_insert_tag() - write a tag into the data
 * @skb: the packet, data at the Ethernet header, with the only reference
 * @vlan_proto: ETH_P_8021Q or ETH_P_8021AD in wire order
 * @vlan_tci: the tag
 *
 * skb->protocol does not change. Return: 0, -ENOMEM, -EINVAL without an Ethernet header.
 */
SKIFF_API int __vlan_insert_tag(struct sk_buff *skb, __be16 vlan_proto, u16 vlan_tci);

/* The same; skb->protocol becomes @vlan_proto. Consumes @skb on failure. Return: @skb or NULL. */
SKIFF_API struct sk_buff *vlan_insert_tag_set_proto(struct sk_buff *skb, __be16 vlan_proto,
						    u16 vlan_tci);

/* A tag beside the data goes into the data. Consumes @skb on failure. Return: @skb or NULL. */
SKIFF_API struct sk_buff *__vlan_hwaccel_push_inside(struct sk_buff *skb);

/**
 * skb_vlan_untag() - take a received packet's tag out of the data
 * @skb: the packet as eth_type_trans() left it, skb->protocol a tag's; consumed on failure
 *
 * The tag is beside the data afterwards, the headers are set to what follows.
 * Return: the packet; NULL when it is too short or memory ended.
 */
SKIFF_API struct sk_buff *skb_vlan_untag(struct sk_buff *skb);

/**
 * __skb_vlan_pop() - remove the tag from the data
 * @skb: the packet, data at the Ethernet header
 * @vlan_tci: set to the tag that was there
 *
 * Return: 0, -ENOMEM, -EINVAL when the packet is too short.
 */
SKIFF_API int __skb_vlan_pop(struct sk_buff *skb, u16 *vlan_tci);

/* Remove the outermost tag, wherever it is; the next one moves beside the data. 0 or -errno. */
SKIFF_API int skb_vlan_pop(struct sk_buff *skb);

/* Add an outermost tag beside the data; the one that was there moves into it. 0 or -errno. */
SKIFF_API int skb_vlan_push(struct sk_buff *skb, __be16 vlan_proto, u16 vlan_tci);

/* Remove the Ethernet header of a packet that has it in front of its data. 0 or -errno. */
SKIFF_API int skb_eth_pop(struct sk_buff *skb);

/* Put an Ethernet header in front of the data, type skb->protocol. 0 or -errno. */
SKIFF_API int skb_eth_push(struct sk_buff *skb, const unsigned char *dst, const unsigned char *src);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_IF_VLAN_H */
