// SPDX-License-Identifier: BSD-2-Clause
/* Classic BPF: what a program reads beside the linear data: fragments, headers, attributes. */
#include <linux/netlink.h>

#include <skiff/byteorder.h>
#include <skiff/netdevice.h>
#include <skiff/random.h>
#include <skiff/skb/flow.h>

#include "sock/filter.h"

/* Where an offset below zero lies; NULL when that is not in the linear part of the buffer. */
static const u8 *header_byte(const struct sk_buff *skb, s32 offset, unsigned int size)
{
	s64 at; /* offset from skb->head */

	if (offset >= SKF_NET_OFF)
		at = (s64)skb->network_header + offset - SKF_NET_OFF;
	else if (offset >= SKF_LL_OFF && skb_mac_header_was_set(skb))
		at = (s64)skb->mac_header + offset - SKF_LL_OFF;
	else
		return NULL;
	return at >= 0 && at + size <= (s64)skb->tail ? skb->head + at : NULL;
}

bool filter_load(const struct sk_buff *skb, u32 offset, unsigned int size, u32 *value)
{
	u8 bytes[4];
	u32 v = 0;
	unsigned int i;

	if ((s32)offset < 0) {
		const u8 *header = header_byte(skb, (s32)offset, size);

		if (!header)
			return false;
		memcpy(bytes, header, size);
	} else if (skb_copy_bits(skb, (int)offset, bytes, (int)size)) {
		return false;
	}
	for (i = 0; i < size; i++)
		v = v << 8 | bytes[i];
	*value = v;
	return true;
}

/*
 * The first attribute of @type among @len bytes at @offset, of which all are linear. Return: its
 * offset, 0 when there is none.
 */
static u32 find_attr(const struct sk_buff *skb, u32 offset, u32 len, u32 type)
{
	struct nlattr nla;

	while (len >= sizeof(nla)) {
		u32 step;

		memcpy(&nla, skb->data + offset, sizeof(nla));
		if (nla.nla_len < sizeof(nla) || nla.nla_len > len)
			return 0;
		if ((nla.nla_type & NLA_TYPE_MASK) == type)
			return offset;
		step = NLA_ALIGN((u32)nla.nla_len);
		if (step >= len)
			return 0;
		offset += step;
		len -= step;
	}
	return 0;
}

/* Netlink messages are linear; of others nothing is said. */
static bool attr_fits(const struct sk_buff *skb, u32 offset)
{
	return !skb_is_nonlinear(skb) && skb->len >= sizeof(struct nlattr) &&
	       offset <= skb->len - sizeof(struct nlattr);
}

static u32 get_nlattr(const struct sk_buff *skb, u32 offset, u32 type)
{
	return attr_fits(skb, offset) ? find_attr(skb, offset, skb->len - offset, type) : 0;
}

static u32 get_nlattr_nest(const struct sk_buff *skb, u32 offset, u32 type)
{
	struct nlattr nest;

	if (!attr_fits(skb, offset))
		return 0;
	memcpy(&nest, skb->data + offset, sizeof(nest));
	if (nest.nla_len < NLA_HDRLEN || nest.nla_len > skb->len - offset)
		return 0;
	return find_attr(skb, offset + NLA_HDRLEN, nest.nla_len - (u32)NLA_HDRLEN, type);
}

/* Of the device, which has to be known. */
static bool get_device(const struct sk_buff *skb, u32 what, u32 *a)
{
	if (!skb->dev)
		return false;
	*a = what == SKF_AD_IFINDEX ? (u32)skb->dev->ifindex : skb->dev->type;
	return true;
}

bool filter_ancillary(const struct sk_buff *skb, u32 what, u32 x, u32 *a)
{
	switch (what) {
	case SKF_AD_PROTOCOL:
		*a = ntohs(skb->protocol);
		return true;
	case SKF_AD_PKTTYPE:
		*a = skb->pkt_type;
		return true;
	case SKF_AD_IFINDEX:
	case SKF_AD_HATYPE:
		return get_device(skb, what, a);
	case SKF_AD_NLATTR:
		*a = get_nlattr(skb, *a, x);
		return true;
	case SKF_AD_NLATTR_NEST:
		*a = get_nlattr_nest(skb, *a, x);
		return true;
	case SKF_AD_MARK:
		*a = skb->mark;
		return true;
	case SKF_AD_QUEUE:
		*a = skb->queue_mapping;
		return true;
	case SKF_AD_RXHASH:
		*a = skb->hash;
		return true;
	case SKF_AD_CPU:
		*a = 0; /* a host runs on one processor at a time */
		return true;
	case SKF_AD_VLAN_TAG:
		*a = skb->vlan_tci;
		return true;
	case SKF_AD_VLAN_TAG_PRESENT:
		*a = skb->vlan_present;
		return true;
	case SKF_AD_VLAN_TPID:
		*a = ntohs(skb->vlan_proto);
		return true;
	case SKF_AD_PAY_OFFSET:
		*a = skb_get_poff(skb);
		return true;
	case SKF_AD_RANDOM:
		*a = get_random_u32();
		return true;
	default:
		return false;
	}
}
