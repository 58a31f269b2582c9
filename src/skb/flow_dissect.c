// SPDX-License-Identifier: BSD-2-Clause
/* The flow dissector: looks through a packet's headers for addresses and ports. */
/*
 * One handler per header. Each looks at the header at d->nhoff, writes the keys that the caller
 * wants, moves d->nhoff behind it, and says what comes next: another network header (d->proto),
 * another transport-level header (d->ip_proto), the end, or that the packet is malformed. The
 * number of headers is limited, so a packet can't keep the loop busy.
 */
#include <netinet/in.h>

#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <skiff/byteorder.h>
#include <skiff/flow_dissector.h>

enum next_step {
	NEXT_PROTO,
	NEXT_IPPROTO,
	NEXT_DONE,
	NEXT_BAD,
};

struct dissection {
	const struct sk_buff *skb;
	const void *data;
	int hlen;
	int nhoff;
	__be16 proto;
	u8 ip_proto;
	u8 nr_tags;
	bool tag_beside; /* the outermost tag is not in the data */
	unsigned int flags;
	struct flow_dissector *fd;
	void *target;
	struct flow_dissector_key_control *control;
	unsigned char room[sizeof(struct ipv6hdr)] __aligned(8);
};

/* @len bytes at the current offset, aligned; NULL when the packet ends before. */
static const void *header(struct dissection *d, int len)
{
	const void *p = __skb_header_pointer(d->skb, d->nhoff, len, d->data, d->hlen, d->room);

	/* Behind tags and tunnels a header may lie at any address. */
	if (p && !IS_ALIGNED((uintptr_t)p, 4))
		p = memcpy(d->room, p, (size_t)len);
	return p;
}

/* Where a key goes, NULL when the caller doesn't want it. */
static void *wanted(struct dissection *d, enum flow_dissector_key_id id)
{
	return dissector_uses_key(d->fd, id) ? skb_flow_dissector_target(d->fd, id, d->target) :
					       NULL;
}

/* The inner packet starts here. */
static enum next_step enter_tunnel(struct dissection *d, __be16 proto)
{
	d->proto = proto;
	d->control->flags |= FLOW_DIS_ENCAPSULATION;
	return d->flags & FLOW_DISSECTOR_F_STOP_AT_ENCAP ? NEXT_DONE : NEXT_PROTO;
}

static void store_ip(struct dissection *d, u8 tos, u8 ttl)
{
	struct flow_dissector_key_ip *key = wanted(d, FLOW_DISSECTOR_KEY_IP);

	if (key) {
		key->tos = tos;
		key->ttl = ttl;
	}
}

static enum next_step dissect_ipv4(struct dissection *d)
{
	struct flow_dissector_key_ipv4_addrs *key = wanted(d, FLOW_DISSECTOR_KEY_IPV4_ADDRS);
	const struct iphdr *ip = header(d, sizeof(*ip));
	u16 frag;

	if (!ip || ip->ihl < 5)
		return NEXT_BAD;
	d->nhoff += ip->ihl * 4;
	d->ip_proto = ip->protocol;
	if (key) {
		key->src = ip->saddr;
		key->dst = ip->daddr;
		d->control->addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS;
	}
	store_ip(d, ip->tos, ip->ttl);
	frag = be16_to_cpu(ip->frag_off);
	if (!(frag & 0x3fff))
		return NEXT_IPPROTO;
	d->control->flags |= FLOW_DIS_IS_FRAGMENT;
	if (frag & 0x1fff)
		return NEXT_DONE;
	d->control->flags |= FLOW_DIS_FIRST_FRAG;
	return d->flags & FLOW_DISSECTOR_F_PARSE_1ST_FRAG ? NEXT_IPPROTO : NEXT_DONE;
}

static enum next_step dissect_ipv6(struct dissection *d)
{
	struct flow_dissector_key_ipv6_addrs *key = wanted(d, FLOW_DISSECTOR_KEY_IPV6_ADDRS);
	struct flow_dissector_key_tags *tags = wanted(d, FLOW_DISSECTOR_KEY_FLOW_LABEL);
	const struct ipv6hdr *ip = header(d, sizeof(*ip));
	__be32 first;
	u32 label;

	if (!ip)
		return NEXT_BAD;
	d->nhoff += (int)sizeof(*ip);
	d->ip_proto = ip->nexthdr;
	if (key) {
		memcpy(&key->src, &ip->saddr, sizeof(key->src));
		memcpy(&key->dst, &ip->daddr, sizeof(key->dst));
		d->control->addr_type = FLOW_DISSECTOR_KEY_IPV6_ADDRS;
	}
	memcpy(&first, ip, sizeof(first));
	store_ip(d, (u8)(be32_to_cpu(first) >> 20), ip->hop_limit);
	label = be32_to_cpu(first) & 0x000fffff;
	if (label && tags) {
		tags->flow_label = label;
		if (d->flags & FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL)
			return NEXT_DONE;
	}
	return NEXT_IPPROTO;
}

static enum next_step dissect_vlan(struct dissection *d)
{
	bool beside = d->tag_beside && d->nr_tags == 0;
	struct flow_dissector_key_vlan *key;
	const struct vlan_hdr *tag;
	struct vlan_hdr copy;
	__be16 tpid = d->proto;

	if (beside) {
		copy.h_vlan_TCI = cpu_to_be16(skb_vlan_tag_get(d->skb));
		copy.h_vlan_encapsulated_proto = d->skb->protocol;
		tag = &copy;
	} else {
		tag = header(d, sizeof(*tag));
		if (!tag)
			return NEXT_BAD;
		d->nhoff += (int)sizeof(*tag);
	}
	d->proto = tag->h_vlan_encapsulated_proto;
	key = d->nr_tags > 1 ?
		      NULL :
		      wanted(d, d->nr_tags ? FLOW_DISSECTOR_KEY_CVLAN : FLOW_DISSECTOR_KEY_VLAN);
	if (key) {
		key->vlan_tci = tag->h_vlan_TCI;
		key->vlan_tpid = tpid;
		key->vlan_eth_type = d->proto;
	}
	d->nr_tags++;
	return NEXT_PROTO;
}

static enum next_step dissect_proto(struct dissection *d)
{
	switch (be16_to_cpu(d->proto)) {
	case ETH_P_IP:
		return dissect_ipv4(d);
	case ETH_P_IPV6:
		return dissect_ipv6(d);
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		return dissect_vlan(d);
	case ETH_P_ARP:
	case ETH_P_RARP:
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		return NEXT_DONE;
	default:
		return NEXT_BAD;
	}
}

/* RFC 2784, RFC 2890: optional words are announced by the first flags. */
static enum next_step dissect_gre(struct dissection *d)
{
	struct flow_dissector_key_keyid *key = wanted(d, FLOW_DISSECTOR_KEY_GRE_KEYID);
	bool has_csum, has_key, has_seq;
	const u8 *gre = header(d, 4);
	const struct ethhdr *eth;
	__be16 proto;
	int len = 4;

	if (!gre)
		return NEXT_BAD;
	/* Only version 0, without source routes, says where its payload starts. */
	if ((gre[1] & 0x07) || (gre[0] & 0x40))
		return NEXT_DONE;
	has_csum = gre[0] & 0x80;
	has_key = gre[0] & 0x20;
	has_seq = gre[0] & 0x10;
	memcpy(&proto, gre + 2, sizeof(proto));
	len += 4 * (has_csum + has_key + has_seq);
	gre = header(d, len);
	if (!gre)
		return NEXT_BAD;
	if (has_key && key)
		memcpy(&key->keyid, gre + 4 + 4 * has_csum, sizeof(key->keyid));
	if (d->flags & FLOW_DISSECTOR_F_STOP_BEFORE_ENCAP)
		return NEXT_DONE;
	d->nhoff += len;
	if (proto == cpu_to_be16(ETH_P_TEB)) {
		eth = header(d, ETH_HLEN);
		if (!eth)
			return NEXT_BAD;
		proto = eth->h_proto;
		d->nhoff += ETH_HLEN;
	}
	return enter_tunnel(d, proto);
}

static enum next_step dissect_ipv6_ext(struct dissection *d)
{
	const u8 *ext;

	if (d->proto != cpu_to_be16(ETH_P_IPV6))
		return NEXT_DONE;
	ext = header(d, 2);
	if (!ext)
		return NEXT_BAD;
	d->ip_proto = ext[0];
	d->nhoff += (ext[1] + 1) * 8;
	return NEXT_IPPROTO;
}

static enum next_step dissect_ipv6_fragment(struct dissection *d)
{
	const u8 *fh;

	if (d->proto != cpu_to_be16(ETH_P_IPV6))
		return NEXT_DONE;
	fh = header(d, 8);
	if (!fh)
		return NEXT_BAD;
	d->control->flags |= FLOW_DIS_IS_FRAGMENT;
	d->nhoff += 8;
	d->ip_proto = fh[0];
	if (((fh[2] << 8) | fh[3]) & 0xfff8)
		return NEXT_DONE;
	d->control->flags |= FLOW_DIS_FIRST_FRAG;
	return d->flags & FLOW_DISSECTOR_F_PARSE_1ST_FRAG ? NEXT_IPPROTO : NEXT_DONE;
}

static enum next_step dissect_inner_ip(struct dissection *d, __be16 proto)
{
	if (d->flags & FLOW_DISSECTOR_F_STOP_BEFORE_ENCAP)
		return NEXT_DONE;
	return enter_tunnel(d, proto);
}

static void store_tcp(struct dissection *d)
{
	struct flow_dissector_key_tcp *key = wanted(d, FLOW_DISSECTOR_KEY_TCP);
	const u8 *tcp = key ? header(d, sizeof(struct tcphdr)) : NULL;

	if (tcp)
		key->flags = cpu_to_be16(((tcp[12] << 8) | tcp[13]) & 0x0fff);
}

/* Messages that carry an identifier: echo, timestamp, information and address mask. */
static bool icmp_has_id(u8 ip_proto, u8 type)
{
	if (ip_proto == IPPROTO_ICMPV6)
		return type == 128 || type == 129;
	return type == ICMP_ECHO || type == ICMP_ECHOREPLY ||
	       (type >= ICMP_TIMESTAMP && type <= ICMP_ADDRESSREPLY);
}

static void store_icmp(struct dissection *d)
{
	struct flow_dissector_key_icmp *key = wanted(d, FLOW_DISSECTOR_KEY_ICMP);
	const u8 *icmp = key ? header(d, 8) : NULL;

	if (!icmp)
		return;
	key->type = icmp[0];
	key->code = icmp[1];
	key->id = icmp_has_id(d->ip_proto, icmp[0]) ? (u16)(icmp[4] << 8 | icmp[5]) : 0;
}

static void store_ports(struct dissection *d)
{
	struct flow_dissector_key_ports *key = wanted(d, FLOW_DISSECTOR_KEY_PORTS);

	if (key)
		key->ports = __skb_flow_get_ports(d->skb, d->nhoff, d->ip_proto, d->data, d->hlen);
}

static enum next_step dissect_ip_proto(struct dissection *d)
{
	switch (d->ip_proto) {
	case IPPROTO_GRE:
		return dissect_gre(d);
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return dissect_ipv6_ext(d);
	case IPPROTO_FRAGMENT:
		return dissect_ipv6_fragment(d);
	case IPPROTO_IPIP:
		return dissect_inner_ip(d, cpu_to_be16(ETH_P_IP));
	case IPPROTO_IPV6:
		return dissect_inner_ip(d, cpu_to_be16(ETH_P_IPV6));
	case IPPROTO_TCP:
		store_tcp(d);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		store_icmp(d);
		break;
	}
	store_ports(d);
	return NEXT_DONE;
}

static void store_eth_addrs(struct dissection *d)
{
	struct flow_dissector_key_eth_addrs *key = wanted(d, FLOW_DISSECTOR_KEY_ETH_ADDRS);

	if (key && d->skb && skb_mac_header_was_set(d->skb) &&
	    d->skb->mac_header + sizeof(*key) <= d->skb->tail)
		memcpy(key, skb_mac_header(d->skb), sizeof(*key));
}

bool __skb_flow_dissect(const struct net *net, const struct sk_buff *skb,
			struct flow_dissector *flow_dissector, void *target_container,
			const void *data, __be16 proto, int nhoff, int hlen, unsigned int flags)
{
	struct dissection d = {
		.skb = data ? NULL : skb,
		.data = data,
		.hlen = hlen,
		.nhoff = nhoff,
		.proto = proto,
		.flags = flags,
		.fd = flow_dissector,
		.target = target_container,
	};
	struct flow_dissector_key_basic *basic;
	enum next_step step = NEXT_PROTO;
	unsigned int total, n;

	if (!data) {
		d.data = skb->data;
		d.hlen = (int)skb_headlen(skb);
		if (!proto) {
			d.tag_beside = skb_vlan_tag_present(skb);
			d.proto = d.tag_beside ? skb->vlan_proto : skb->protocol;
			d.nhoff = skb_network_offset(skb);
		}
	}
	d.control = skb_flow_dissector_target(d.fd, FLOW_DISSECTOR_KEY_CONTROL, d.target);
	basic = skb_flow_dissector_target(d.fd, FLOW_DISSECTOR_KEY_BASIC, d.target);
	memset(d.control, 0, sizeof(*d.control));
	store_eth_addrs(&d);

	for (n = 0; n < FLOW_DISSECTOR_MAX_HEADERS && step < NEXT_DONE; n++)
		step = step == NEXT_PROTO ? dissect_proto(&d) : dissect_ip_proto(&d);

	total = data ? (unsigned int)hlen : skb->len;
	d.control->thoff = (u16)min_t(unsigned int, UINT16_MAX, min((unsigned int)d.nhoff, total));
	basic->n_proto = d.proto;
	basic->ip_proto = d.ip_proto;
	return step == NEXT_DONE;
}

void skb_flow_dissector_init(struct flow_dissector *flow_dissector,
			     const struct flow_dissector_key *key, unsigned int key_count)
{
	unsigned int i;

	memset(flow_dissector, 0, sizeof(*flow_dissector));
	for (i = 0; i < key_count; i++, key++) {
		BUG_ON(key->offset > UINT16_MAX || key->key_id >= FLOW_DISSECTOR_KEY_MAX);
		BUG_ON(dissector_uses_key(flow_dissector, key->key_id));
		flow_dissector->used_keys |= 1u << key->key_id;
		flow_dissector->offset[key->key_id] = (unsigned short)key->offset;
	}
	BUG_ON(!dissector_uses_key(flow_dissector, FLOW_DISSECTOR_KEY_CONTROL));
	BUG_ON(!dissector_uses_key(flow_dissector, FLOW_DISSECTOR_KEY_BASIC));
}
