/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys that the flow dissector finds in a packet. */
#ifndef SKIFF_FLOW_DISSECTOR_H
#define SKIFF_FLOW_DISSECTOR_H

#include <netinet/in.h>

#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

/* flow_dissector_key_control.flags */
#define FLOW_DIS_IS_FRAGMENT BIT(0)
#define FLOW_DIS_FIRST_FRAG BIT(1)
#define FLOW_DIS_ENCAPSULATION BIT(2)

/* Headers that are looked through at most, tags and tunnels included. */
#define FLOW_DISSECTOR_MAX_HEADERS 15

enum flow_dissector_key_id {
	FLOW_DISSECTOR_KEY_CONTROL, /* struct flow_dissector_key_control */
	FLOW_DISSECTOR_KEY_BASIC,   /* struct flow_dissector_key_basic */
	FLOW_DISSECTOR_KEY_IPV4_ADDRS,
	FLOW_DISSECTOR_KEY_IPV6_ADDRS,
	FLOW_DISSECTOR_KEY_PORTS,
	FLOW_DISSECTOR_KEY_ICMP,
	FLOW_DISSECTOR_KEY_ETH_ADDRS,
	FLOW_DISSECTOR_KEY_VLAN, /* outermost tag */
	FLOW_DISSECTOR_KEY_CVLAN,
	FLOW_DISSECTOR_KEY_FLOW_LABEL, /* struct flow_dissector_key_tags */
	FLOW_DISSECTOR_KEY_GRE_KEYID,  /* struct flow_dissector_key_keyid */
	FLOW_DISSECTOR_KEY_TCP,
	FLOW_DISSECTOR_KEY_IP,
	FLOW_DISSECTOR_KEY_MAX,
};

/**
 * struct flow_dissector_key_control - how far the dissector got
 * @thoff: offset of the transport header from skb->data; of the first header that was not
 *         understood when there is none
 * @addr_type: FLOW_DISSECTOR_KEY_IPV4_ADDRS, ..._IPV6_ADDRS, or 0
 * @flags: FLOW_DIS_*
 */
struct flow_dissector_key_control {
	u16 thoff;
	u16 addr_type;
	u32 flags;
};

struct flow_dissector_key_basic {
	__be16 n_proto;
	u8 ip_proto;
	u8 padding;
};

struct flow_dissector_key_tags {
	u32 flow_label;
};

struct flow_dissector_key_vlan {
	__be16 vlan_tci;
	__be16 vlan_tpid;
	__be16 vlan_eth_type;
	u16 padding;
};

struct flow_dissector_key_keyid {
	__be32 keyid;
};

struct flow_dissector_key_ipv4_addrs {
	__be32 src;
	__be32 dst;
};

struct flow_dissector_key_ipv6_addrs {
	struct in6_addr src;
	struct in6_addr dst;
};

struct flow_dissector_key_addrs {
	__extension__ union {
		struct flow_dissector_key_ipv4_addrs v4addrs;
		struct flow_dissector_key_ipv6_addrs v6addrs;
	};
};

struct flow_dissector_key_ports {
	__extension__ union {
		__be32 ports;
		__extension__ struct {
			__be16 src;
			__be16 dst;
		};
	};
};

/* @id: of an echo, host order; 0 for other messages */
struct flow_dissector_key_icmp {
	u8 type;
	u8 code;
	u16 id;
};

struct flow_dissector_key_eth_addrs {
	unsigned char dst[6];
	unsigned char src[6];
};

/* @flags: the 16 bits with data offset and flags, the offset masked out */
struct flow_dissector_key_tcp {
	__be16 flags;
};

struct flow_dissector_key_ip {
	__u8 tos;
	__u8 ttl;
};

/* Which key goes where in the caller's container. */
struct flow_dissector_key {
	enum flow_dissector_key_id key_id;
	size_t offset;
};

struct flow_dissector {
	unsigned int used_keys;
	unsigned short offset[FLOW_DISSECTOR_KEY_MAX];
};

struct flow_keys_basic {
	struct flow_dissector_key_control control;
	struct flow_dissector_key_basic basic;
};

/* What makes up a flow. All but @control goes into its hash. */
struct flow_keys {
	struct flow_dissector_key_control control;
	struct flow_dissector_key_basic basic __aligned(8);
	struct flow_dissector_key_tags tags;
	struct flow_dissector_key_vlan vlan;
	struct flow_dissector_key_vlan cvlan;
	struct flow_dissector_key_keyid keyid;
	struct flow_dissector_key_ports ports;
	struct flow_dissector_key_icmp icmp;
	struct flow_dissector_key_addrs addrs;
};

/**
 * skb_flow_dissector_init() - say which keys are wanted
 * @flow_dissector: filled in
 * @key: the keys and their offsets in the container; control and basic must be among them
 * @key_count: how many
 *
 * A missing or doubled key is the caller's bug and ends the process.
 */
SKIFF_API void skb_flow_dissector_init(struct flow_dissector *flow_dissector,
				       const struct flow_dissector_key *key,
				       unsigned int key_count);

static inline bool dissector_uses_key(const struct flow_dissector *flow_dissector,
				      enum flow_dissector_key_id key_id)
{
	return flow_dissector->used_keys & (1u << key_id);
}

static inline void *skb_flow_dissector_target(struct flow_dissector *flow_dissector,
					      enum flow_dissector_key_id key_id,
					      void *target_container)
{
	return (char *)target_container + flow_dissector->offset[key_id];
}

static inline bool flow_keys_have_l4(const struct flow_keys *keys)
{
	return keys->ports.ports || keys->tags.flow_label;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_FLOW_DISSECTOR_H */
