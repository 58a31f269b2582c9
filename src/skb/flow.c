// SPDX-License-Identifier: BSD-2-Clause
/* Flow hashes, and the short questions that the dissector answers. */
#include <netinet/in.h>

#include <linux/tcp.h>

#include <skiff/flow_dissector.h>
#include <skiff/random.h>

#include "base/fork.h"

/* The dissectors are constant; the calls only read them. */
static struct flow_dissector flow_keys_dissector = {
	.used_keys = 1u << FLOW_DISSECTOR_KEY_CONTROL | 1u << FLOW_DISSECTOR_KEY_BASIC |
		     1u << FLOW_DISSECTOR_KEY_IPV4_ADDRS | 1u << FLOW_DISSECTOR_KEY_IPV6_ADDRS |
		     1u << FLOW_DISSECTOR_KEY_PORTS | 1u << FLOW_DISSECTOR_KEY_ICMP |
		     1u << FLOW_DISSECTOR_KEY_VLAN | 1u << FLOW_DISSECTOR_KEY_CVLAN |
		     1u << FLOW_DISSECTOR_KEY_FLOW_LABEL | 1u << FLOW_DISSECTOR_KEY_GRE_KEYID,
	.offset = {
		[FLOW_DISSECTOR_KEY_CONTROL] = offsetof(struct flow_keys, control),
		[FLOW_DISSECTOR_KEY_BASIC] = offsetof(struct flow_keys, basic),
		[FLOW_DISSECTOR_KEY_IPV4_ADDRS] = offsetof(struct flow_keys, addrs),
		[FLOW_DISSECTOR_KEY_IPV6_ADDRS] = offsetof(struct flow_keys, addrs),
		[FLOW_DISSECTOR_KEY_PORTS] = offsetof(struct flow_keys, ports),
		[FLOW_DISSECTOR_KEY_ICMP] = offsetof(struct flow_keys, icmp),
		[FLOW_DISSECTOR_KEY_VLAN] = offsetof(struct flow_keys, vlan),
		[FLOW_DISSECTOR_KEY_CVLAN] = offsetof(struct flow_keys, cvlan),
		[FLOW_DISSECTOR_KEY_FLOW_LABEL] = offsetof(struct flow_keys, tags),
		[FLOW_DISSECTOR_KEY_GRE_KEYID] = offsetof(struct flow_keys, keyid),
	},
};

static struct flow_dissector flow_keys_basic_dissector = {
	.used_keys = 1u << FLOW_DISSECTOR_KEY_CONTROL | 1u << FLOW_DISSECTOR_KEY_BASIC,
	.offset = {
		[FLOW_DISSECTOR_KEY_CONTROL] = offsetof(struct flow_keys_basic, control),
		[FLOW_DISSECTOR_KEY_BASIC] = offsetof(struct flow_keys_basic, basic),
	},
};

bool skb_flow_dissect_flow_keys(const struct sk_buff *skb, struct flow_keys *flow,
				unsigned int flags)
{
	memset(flow, 0, sizeof(*flow));
	return __skb_flow_dissect(NULL, skb, &flow_keys_dissector, flow, NULL, 0, 0, 0, flags);
}

bool skb_flow_dissect_flow_keys_basic(const struct net *net, const struct sk_buff *skb,
				      struct flow_keys_basic *flow, const void *data, __be16 proto,
				      int nhoff, int hlen, unsigned int flags)
{
	memset(flow, 0, sizeof(*flow));
	return __skb_flow_dissect(net, skb, &flow_keys_basic_dissector, flow, data, proto, nhoff,
				  hlen, flags);
}

/* Where the ports stand in a transport header, negative for protocols without. */
static int port_offset(u8 ip_proto)
{
	switch (ip_proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_ESP: /* the index of the association serves as well */
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		return 0;
	case IPPROTO_AH:
		return 4;
	default:
		return -1;
	}
}

__be32 __skb_flow_get_ports(const struct sk_buff *skb, int thoff, u8 ip_proto, const void *data,
			    int hlen)
{
	int off = port_offset(ip_proto);
	const void *ports;
	__be32 room, value;

	if (off < 0)
		return 0;
	if (!data) {
		data = skb->data;
		hlen = (int)skb_headlen(skb);
	}
	ports = __skb_header_pointer(skb, thoff + off, sizeof(room), data, hlen, &room);
	if (!ports)
		return 0;
	memcpy(&value, ports, sizeof(value));
	return value;
}

/* Bytes of a transport header, 0 when unknown or cut off. */
static u32 transport_header_len(const struct sk_buff *skb, int thoff, u8 ip_proto)
{
	const u8 *doff;
	u8 room;

	switch (ip_proto) {
	case IPPROTO_TCP:
		doff = skb_header_pointer(skb, thoff + 12, 1, &room);
		return doff ? max((u32)sizeof(struct tcphdr), (u32)(*doff >> 4) * 4) : 0;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_IGMP:
		return 8;
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
		return 12;
	default:
		return 0;
	}
}

u32 skb_get_poff(const struct sk_buff *skb)
{
	struct flow_keys_basic keys;

	if (!skb_flow_dissect_flow_keys_basic(NULL, skb, &keys, NULL, 0, 0, 0, 0))
		return 0;
	if ((keys.control.flags & FLOW_DIS_IS_FRAGMENT) &&
	    !(keys.control.flags & FLOW_DIS_FIRST_FRAG))
		return keys.control.thoff;
	return keys.control.thoff +
	       transport_header_len(skb, keys.control.thoff, keys.basic.ip_proto);
}

void skb_probe_transport_header(struct sk_buff *skb)
{
	struct flow_keys_basic keys;

	if (!skb_transport_header_was_set(skb) &&
	    skb_flow_dissect_flow_keys_basic(NULL, skb, &keys, NULL, 0, 0, 0, 0))
		skb_set_transport_header(skb, keys.control.thoff);
}

/* The key of all flow hashes. */

static siphash_key_t hash_key;
static int hash_key_ready;
DEFINE_FORK_SAFE_SPINLOCK(hash_key_lock)

void skb_hash_key_set(u64 key0, u64 key1)
{
	spin_lock(&hash_key_lock);
	hash_key.key[0] = key0;
	hash_key.key[1] = key1;
	smp_store_release(&hash_key_ready, 1);
	spin_unlock(&hash_key_lock);
}

static noinline void make_hash_key(void)
{
	struct skiff_rng rng;

	/* A generator of its own: drawing from a host's would shift what the host draws later. */
	skiff_rng_init(&rng);
	spin_lock(&hash_key_lock);
	if (!hash_key_ready) {
		hash_key.key[0] = skiff_rng_u64(&rng);
		hash_key.key[1] = skiff_rng_u64(&rng);
		smp_store_release(&hash_key_ready, 1);
	}
	spin_unlock(&hash_key_lock);
}

static u32 hash_bytes(const void *data, size_t len)
{
	u32 hash;

	if (unlikely(!smp_load_acquire(&hash_key_ready)))
		make_hash_key();
	hash = (u32)siphash(data, len, &hash_key);
	return hash ? hash : 1; /* 0 says that there is none */
}

static void swap_ports(struct flow_keys *keys)
{
	swap(keys->ports.src, keys->ports.dst);
}

/* Both directions of a flow have the same keys after this. */
static void order_addresses(struct flow_keys *keys)
{
	struct flow_dissector_key_addrs *a = &keys->addrs;
	int diff = 0;

	if (keys->control.addr_type == FLOW_DISSECTOR_KEY_IPV4_ADDRS) {
		diff = memcmp(&a->v4addrs.src, &a->v4addrs.dst, sizeof(a->v4addrs.src));
		if (diff > 0)
			swap(a->v4addrs.src, a->v4addrs.dst);
	} else if (keys->control.addr_type == FLOW_DISSECTOR_KEY_IPV6_ADDRS) {
		diff = memcmp(&a->v6addrs.src, &a->v6addrs.dst, sizeof(a->v6addrs.src));
		if (diff > 0)
			swap(a->v6addrs.src, a->v6addrs.dst);
	} else {
		return;
	}
	if (!diff)
		diff = memcmp(&keys->ports.src, &keys->ports.dst, sizeof(keys->ports.src));
	if (diff > 0)
		swap_ports(keys);
}

/* Only the addresses that are there count: the rest of the union may hold anything. */
static size_t hashed_bytes(const struct flow_keys *keys)
{
	size_t len = offsetof(struct flow_keys, addrs) - offsetof(struct flow_keys, basic);

	if (keys->control.addr_type == FLOW_DISSECTOR_KEY_IPV4_ADDRS)
		len += sizeof(keys->addrs.v4addrs);
	else if (keys->control.addr_type == FLOW_DISSECTOR_KEY_IPV6_ADDRS)
		len += sizeof(keys->addrs.v6addrs);
	return len;
}

u32 flow_hash_from_keys(struct flow_keys *keys)
{
	order_addresses(keys);
	return hash_bytes(&keys->basic, hashed_bytes(keys));
}

void __skb_get_hash(struct sk_buff *skb)
{
	struct flow_keys keys;
	u32 hash;

	skb_flow_dissect_flow_keys(skb, &keys, FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL);
	hash = flow_hash_from_keys(&keys);
	__skb_set_sw_hash(skb, hash, flow_keys_have_l4(&keys));
}

u32 __skb_get_hash_symmetric(const struct sk_buff *skb)
{
	struct flow_keys keys;

	/* Labels differ between the directions; so do the types of question and answer. */
	skb_flow_dissect_flow_keys(skb, &keys, 0);
	keys.tags.flow_label = 0;
	keys.icmp.type = 0;
	return flow_hash_from_keys(&keys);
}
