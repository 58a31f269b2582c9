// SPDX-License-Identifier: BSD-2-Clause
/* Finding out from a packet's headers what CHECKSUM_PARTIAL refers to. */
#include <netinet/in.h>

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <skiff/byteorder.h>
#include <skiff/skbuff.h>

#define IPV4_FRAGMENT 0x3fff /* more fragments, or an offset */
#define IPV6_FRAGMENT 0xfff9

/* IPv6 header chains: more headers than this in front of the transport are refused. */
#define IPV6_MAX_EXT_HEADERS 8

/* The first @len bytes behind the network header linear and in the packet. 0 or -errno. */
static int may_pull(struct sk_buff *skb, unsigned int len)
{
	unsigned int offset = (unsigned int)skb_network_offset(skb);

	if (skb_network_offset(skb) < 0 || (u64)offset + len > skb->len)
		return -EPROTO;
	return pskb_may_pull(skb, offset + len) ? 0 : -ENOMEM;
}

/* The field of @proto whose header starts @off bytes behind the network header. */
static int find_field(struct sk_buff *skb, u8 proto, unsigned int off, void **field)
{
	unsigned int size, field_off;
	u16 start;
	int err;

	if (proto == IPPROTO_TCP) {
		size = sizeof(struct tcphdr);
		field_off = offsetof(struct tcphdr, check);
	} else if (proto == IPPROTO_UDP) {
		size = sizeof(struct udphdr);
		field_off = offsetof(struct udphdr, check);
	} else {
		return -EPROTO;
	}
	err = may_pull(skb, off + size);
	if (err)
		return err;
	start = (u16)(skb_network_offset(skb) + (int)off);
	if (!skb_partial_csum_set(skb, start, (u16)field_off))
		return -EPROTO;
	*field = skb_transport_header(skb) + field_off;
	return 0;
}

/* What the field holds until the checksum is made: the sum of the pseudo header, uncomplemented. */
static void store_pseudo(void *field, __sum16 magic)
{
	u16 pseudo = (u16) ~(__force u16)magic;

	memcpy(field, &pseudo, sizeof(pseudo));
}

static int setup_ipv4(struct sk_buff *skb, bool recalculate)
{
	struct iphdr ip;
	unsigned int ihl, len;
	void *field;
	int err;

	err = may_pull(skb, sizeof(ip));
	if (err)
		return err;
	/* A copy: not every device aligns what it receives. */
	memcpy(&ip, skb_network_header(skb), sizeof(ip));
	ihl = ip.ihl * 4u;
	if (ip.version != 4 || ihl < sizeof(ip) || (ip.frag_off & cpu_to_be16(IPV4_FRAGMENT)))
		return -EPROTO;
	err = find_field(skb, ip.protocol, ihl, &field);
	if (err || !recalculate)
		return err;
	len = skb->len - (unsigned int)skb_transport_offset(skb);
	store_pseudo(field, csum_tcpudp_magic(ip.saddr, ip.daddr, len, ip.protocol, 0));
	return 0;
}

/* One extension header at @off; moves @off and @next behind it. 0 or -errno. */
static int skip_ipv6_ext(struct sk_buff *skb, u8 *next, unsigned int *off)
{
	const u8 *hdr;
	int err = may_pull(skb, *off + 8);

	if (err)
		return err;
	hdr = skb_network_header(skb) + *off;
	switch (*next) {
	case IPPROTO_FRAGMENT:
		if (((hdr[2] << 8) | hdr[3]) & IPV6_FRAGMENT)
			return -EPROTO;
		*off += 8;
		break;
	case IPPROTO_AH:
		*off += (hdr[1] + 2u) * 4;
		break;
	default:
		*off += (hdr[1] + 1u) * 8;
		break;
	}
	*next = hdr[0];
	return 0;
}

static bool is_ipv6_ext(u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_AH;
}

static int setup_ipv6(struct sk_buff *skb, bool recalculate)
{
	unsigned int off = sizeof(struct ipv6hdr), len, n;
	struct ipv6hdr ip;
	void *field;
	u8 next;
	int err;

	err = may_pull(skb, off);
	if (err)
		return err;
	memcpy(&ip, skb_network_header(skb), sizeof(ip));
	if (ip.version != 6)
		return -EPROTO;
	next = ip.nexthdr;
	for (n = 0; is_ipv6_ext(next); n++) {
		if (n == IPV6_MAX_EXT_HEADERS)
			return -EPROTO;
		err = skip_ipv6_ext(skb, &next, &off);
		if (err)
			return err;
	}
	err = find_field(skb, next, off, &field);
	if (err || !recalculate)
		return err;
	len = skb->len - (unsigned int)skb_transport_offset(skb);
	store_pseudo(field, csum_ipv6_magic(&ip.saddr, &ip.daddr, len, next, 0));
	return 0;
}

int skb_checksum_setup(struct sk_buff *skb, bool recalculate)
{
	if (skb->protocol == cpu_to_be16(ETH_P_IP))
		return setup_ipv4(skb, recalculate);
	if (skb->protocol == cpu_to_be16(ETH_P_IPV6))
		return setup_ipv6(skb, recalculate);
	return -EPROTO;
}
