// SPDX-License-Identifier: BSD-2-Clause
/* The flow dissector and flow hashes, on packets built by hand, cut off at every byte. */
#include <netinet/in.h>

#include <linux/if_ether.h>

#include <skiff/flow_dissector.h>

#include "shape.h"

/* A packet under construction: bytes and where the network header starts. */
struct build {
	u8 b[600];
	unsigned int len;
};

static u8 *add(struct build *p, unsigned int len)
{
	u8 *at = p->b + p->len;

	memset(at, 0, len);
	p->len += len;
	return at;
}

static void add16(struct build *p, unsigned int v)
{
	u8 *at = add(p, 2);

	at[0] = (u8)(v >> 8);
	at[1] = (u8)v;
}

static void add32(struct build *p, u32 v)
{
	add16(p, v >> 16);
	add16(p, v & 0xffff);
}

static void add_ipv4(struct build *p, u8 proto, u32 src, u32 dst, unsigned int frag)
{
	u8 *ip = add(p, 12);

	ip[0] = 0x45;
	ip[1] = 0xb8;
	ip[6] = (u8)(frag >> 8);
	ip[7] = (u8)frag;
	ip[8] = 63;
	ip[9] = proto;
	add32(p, src);
	add32(p, dst);
}

static void add_ipv6(struct build *p, u8 next, u8 src, u8 dst, u32 label)
{
	u8 *ip;

	add32(p, 0x60000000 | label);
	ip = add(p, 36);
	ip[2] = next;
	ip[3] = 64;
	ip[4] = 0xfd;
	ip[19] = src;
	ip[20] = 0xfd;
	ip[35] = dst;
}

static void add_ports(struct build *p, unsigned int src, unsigned int dst)
{
	add16(p, src);
	add16(p, dst);
	add(p, 16);
}

/* An sk_buff of it: linear when @split is larger, else the rest in odd fragments. */
static struct sk_buff *to_skb(const struct build *p, unsigned int proto, unsigned int split)
{
	unsigned int linear = min(split, p->len), pos = linear;
	struct sk_buff *skb = alloc_skb(linear + 64, GFP_KERNEL);

	skb_reserve(skb, 64);
	memcpy(skb_put(skb, linear), p->b, linear);
	for (int i = 0; pos < p->len; i++) {
		unsigned int size = i < MAX_SKB_FRAGS - 1 ? min(p->len - pos, 7u) : p->len - pos;
		struct page *page = alloc_page(GFP_KERNEL);

		memcpy(page_address(page), p->b + pos, size);
		skb_fill_page_desc(skb, i, page, 0, (int)size);
		skb_len_add(skb, (int)size);
		pos += size;
	}
	skb->protocol = htons((u16)proto);
	skb_reset_network_header(skb);
	return skb;
}

static void assert_v4(const struct flow_keys *k, u32 src, u32 dst, u8 proto, u16 sport, u16 dport)
{
	assert_int_equal(k->control.addr_type, FLOW_DISSECTOR_KEY_IPV4_ADDRS);
	assert_int_equal(k->basic.n_proto, htons(ETH_P_IP));
	assert_int_equal(k->basic.ip_proto, proto);
	assert_int_equal(ntohl(k->addrs.v4addrs.src), src);
	assert_int_equal(ntohl(k->addrs.v4addrs.dst), dst);
	assert_int_equal(ntohs(k->ports.src), sport);
	assert_int_equal(ntohs(k->ports.dst), dport);
}

static void test_ipv4(void **state)
{
	for (unsigned int split = 0; split < 60; split += 3) {
		struct build p = { .len = 0 };
		struct sk_buff *skb;
		struct flow_keys k;

		add_ipv4(&p, IPPROTO_UDP, 0x0a000001, 0x0a000002, 0);
		add_ports(&p, 1234, 53);
		skb = to_skb(&p, ETH_P_IP, split);
		assert_true(skb_flow_dissect_flow_keys(skb, &k, 0));
		assert_v4(&k, 0x0a000001, 0x0a000002, IPPROTO_UDP, 1234, 53);
		assert_int_equal(k.control.thoff, 20);
		assert_int_equal(ntohl(skb_flow_get_ports(skb, 20, IPPROTO_UDP)), 1234 << 16 | 53);
		assert_int_equal(skb_flow_get_ports(skb, 20, IPPROTO_ICMP), 0);
		assert_int_equal(skb_flow_get_ports(skb, 4000, IPPROTO_UDP), 0);
		assert_int_equal(skb_get_poff(skb), 28);
		skb_probe_transport_header(skb);
		assert_int_equal(skb_transport_offset(skb), 20);
		kfree_skb(skb);
	}
}

static void test_fragments(void **state)
{
	static const unsigned int frags[] = { 0x2000, 0x2001, 0x0001 };

	for (unsigned int i = 0; i < 3; i++) {
		struct build p = { .len = 0 };
		bool first = frags[i] == 0x2000;
		struct sk_buff *skb;
		struct flow_keys k;

		add_ipv4(&p, IPPROTO_TCP, 1, 2, frags[i]);
		add_ports(&p, 80, 81);
		skb = to_skb(&p, ETH_P_IP, 100);
		assert_true(skb_flow_dissect_flow_keys(skb, &k, 0));
		assert_v4(&k, 1, 2, IPPROTO_TCP, 0, 0);
		assert_int_equal(k.control.flags,
				 FLOW_DIS_IS_FRAGMENT | (first ? FLOW_DIS_FIRST_FRAG : 0));
		assert_true(skb_flow_dissect_flow_keys(skb, &k, FLOW_DISSECTOR_F_PARSE_1ST_FRAG));
		assert_int_equal(ntohs(k.ports.src), first ? 80 : 0);
		assert_int_equal(skb_get_poff(skb), first ? 40 : 20);
		kfree_skb(skb);
	}
}

static void test_ipv6(void **state)
{
	struct build p = { .len = 0 };
	struct sk_buff *skb;
	struct flow_keys k;
	u8 *h;

	add_ipv6(&p, IPPROTO_HOPOPTS, 1, 2, 0x12345);
	h = add(&p, 16);
	h[0] = IPPROTO_FRAGMENT;
	h[1] = 1;
	h = add(&p, 8);
	h[0] = IPPROTO_DSTOPTS;
	h[3] = 1;
	h = add(&p, 8);
	h[0] = IPPROTO_TCP;
	add_ports(&p, 5, 6);
	for (unsigned int split = 0; split < 100; split += 9) {
		skb = to_skb(&p, ETH_P_IPV6, split);
		assert_true(skb_flow_dissect_flow_keys(skb, &k, FLOW_DISSECTOR_F_PARSE_1ST_FRAG));
		assert_int_equal(k.control.addr_type, FLOW_DISSECTOR_KEY_IPV6_ADDRS);
		assert_int_equal(k.control.thoff, 40 + 16 + 8 + 8);
		assert_int_equal(k.basic.ip_proto, IPPROTO_TCP);
		assert_int_equal(k.addrs.v6addrs.src.s6_addr[15], 1);
		assert_int_equal(k.addrs.v6addrs.dst.s6_addr[15], 2);
		assert_int_equal(k.tags.flow_label, 0x12345);
		assert_int_equal(ntohs(k.ports.dst), 6);
		assert_true(
			skb_flow_dissect_flow_keys(skb, &k, FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL));
		assert_int_equal(k.ports.ports, 0);
		assert_int_equal(k.control.thoff, 40);
		kfree_skb(skb);
	}
}

static void test_vlan(void **state)
{
	struct build p = { .len = 0 };
	struct sk_buff *skb;
	struct flow_keys k;

	/* two tags in the data, behind the type of the Ethernet header */
	add16(&p, 0x2005);
	add16(&p, ETH_P_8021Q);
	add16(&p, 0x0006);
	add16(&p, ETH_P_IP);
	add_ipv4(&p, IPPROTO_UDP, 1, 2, 0);
	add_ports(&p, 3, 4);
	skb = to_skb(&p, ETH_P_8021AD, 100);
	assert_true(skb_flow_dissect_flow_keys(skb, &k, 0));
	assert_v4(&k, 1, 2, IPPROTO_UDP, 3, 4);
	assert_int_equal(k.vlan.vlan_tci, htons(0x2005));
	assert_int_equal(k.vlan.vlan_tpid, htons(ETH_P_8021AD));
	assert_int_equal(k.vlan.vlan_eth_type, htons(ETH_P_8021Q));
	assert_int_equal(k.cvlan.vlan_tci, htons(6));
	assert_int_equal(k.cvlan.vlan_eth_type, htons(ETH_P_IP));
	assert_int_equal(k.control.thoff, 28);
	kfree_skb(skb);

	/* one beside the data, one in it */
	memmove(p.b, p.b + 4, p.len - 4);
	p.len -= 4;
	skb = to_skb(&p, ETH_P_8021Q, 100);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021AD), 7);
	assert_true(skb_flow_dissect_flow_keys(skb, &k, 0));
	assert_v4(&k, 1, 2, IPPROTO_UDP, 3, 4);
	assert_int_equal(k.vlan.vlan_tci, htons(7));
	assert_int_equal(k.vlan.vlan_tpid, htons(ETH_P_8021AD));
	assert_int_equal(k.cvlan.vlan_tci, htons(6));
	kfree_skb(skb);
}

static void add_gre(struct build *p, unsigned int flags, unsigned int proto)
{
	add16(p, flags);
	add16(p, proto);
	if (flags & 0x8000)
		add32(p, 0x11111111);
	if (flags & 0x2000)
		add32(p, 0x22222222);
	if (flags & 0x1000)
		add32(p, 0x33333333);
}

static void test_tunnels(void **state)
{
	static const unsigned int gre_flags[] = { 0, 0x8000, 0x2000, 0x1000, 0xb000 };
	struct sk_buff *skb;
	struct flow_keys k;

	for (unsigned int i = 0; i < 7; i++) {
		struct build p = { .len = 0 };

		add_ipv4(&p, i < 5 ? IPPROTO_GRE : i == 5 ? IPPROTO_IPIP : IPPROTO_IPV6, 9, 8, 0);
		if (i < 5)
			add_gre(&p, gre_flags[i], i == 3 ? ETH_P_TEB : ETH_P_IP);
		if (i == 3) {
			add(&p, 12);
			add16(&p, ETH_P_IP);
		}
		if (i == 6)
			add_ipv6(&p, IPPROTO_UDP, 1, 2, 0);
		else
			add_ipv4(&p, IPPROTO_UDP, 1, 2, 0);
		add_ports(&p, 3, 4);
		skb = to_skb(&p, ETH_P_IP, i % 2 ? 200 : 10);
		assert_true(skb_flow_dissect_flow_keys(skb, &k, 0));
		assert_true(k.control.flags & FLOW_DIS_ENCAPSULATION);
		assert_int_equal(ntohs(k.ports.src), 3);
		if (i < 6)
			assert_v4(&k, 1, 2, IPPROTO_UDP, 3, 4);
		if (i < 5)
			assert_int_equal(k.keyid.keyid,
					 gre_flags[i] & 0x2000 ? htonl(0x22222222) : 0);
		assert_true(skb_flow_dissect_flow_keys(skb, &k, FLOW_DISSECTOR_F_STOP_AT_ENCAP));
		assert_int_equal(k.ports.ports, 0);
		assert_int_equal(ntohl(k.addrs.v4addrs.src), 9);
		assert_true(
			skb_flow_dissect_flow_keys(skb, &k, FLOW_DISSECTOR_F_STOP_BEFORE_ENCAP));
		assert_false(k.control.flags & FLOW_DIS_ENCAPSULATION);
		kfree_skb(skb);
	}
}

static void test_icmp(void **state)
{
	struct build p = { .len = 0 };
	struct sk_buff *skb;
	struct flow_keys k;

	add_ipv4(&p, IPPROTO_ICMP, 1, 2, 0);
	add16(&p, 0x0800);
	add16(&p, 0);
	add16(&p, 0x1234);
	add16(&p, 1);
	skb = to_skb(&p, ETH_P_IP, 22);
	assert_true(skb_flow_dissect_flow_keys(skb, &k, 0));
	assert_int_equal(k.icmp.type, 8);
	assert_int_equal(k.icmp.id, 0x1234);
	assert_int_equal(k.ports.ports, 0);
	kfree_skb(skb);
	p.b[20] = 3;
	skb = to_skb(&p, ETH_P_IP, 22);
	assert_true(skb_flow_dissect_flow_keys(skb, &k, 0));
	assert_int_equal(k.icmp.type, 3);
	assert_int_equal(k.icmp.id, 0);
	kfree_skb(skb);
}

/* A dissector of the caller's own, and plain memory instead of a packet. */
static void test_own_dissector(void **state)
{
	struct wanted {
		struct flow_dissector_key_control control;
		struct flow_dissector_key_basic basic;
		struct flow_dissector_key_eth_addrs eth;
		struct flow_dissector_key_tcp tcp;
		struct flow_dissector_key_ip ip;
	} w;
	const struct flow_dissector_key keys[] = {
		{ FLOW_DISSECTOR_KEY_CONTROL, offsetof(struct wanted, control) },
		{ FLOW_DISSECTOR_KEY_BASIC, offsetof(struct wanted, basic) },
		{ FLOW_DISSECTOR_KEY_ETH_ADDRS, offsetof(struct wanted, eth) },
		{ FLOW_DISSECTOR_KEY_TCP, offsetof(struct wanted, tcp) },
		{ FLOW_DISSECTOR_KEY_IP, offsetof(struct wanted, ip) },
	};
	struct flow_keys_basic basic;
	struct flow_dissector fd;
	struct build p = { .len = 0 };
	struct sk_buff *skb;
	u8 *eth = add(&p, 14);

	eth[0] = 2;
	eth[6] = 4;
	add_ipv4(&p, IPPROTO_TCP, 1, 2, 0);
	add_ports(&p, 3, 4);
	p.b[14 + 20 + 12] = 0x50;
	p.b[14 + 20 + 13] = 0x12;
	skb = to_skb(&p, ETH_P_IP, 100);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, 14);
	skb_flow_dissector_init(&fd, keys, ARRAY_SIZE(keys));
	memset(&w, 0, sizeof(w));
	assert_true(skb_flow_dissect(skb, &fd, &w, 0));
	assert_int_equal(w.eth.dst[0], 2);
	assert_int_equal(w.eth.src[0], 4);
	assert_int_equal(w.tcp.flags, htons(0x012));
	assert_int_equal(w.ip.ttl, 63);
	assert_int_equal(w.ip.tos, 0xb8);
	assert_int_equal(w.control.thoff, 34);
	assert_int_equal(w.control.addr_type, 0);
	assert_true(skb_flow_dissect_flow_keys_basic(NULL, NULL, &basic, p.b, htons(ETH_P_IP), 14,
						     (int)p.len, 0));
	assert_int_equal(basic.control.thoff, 34);
	assert_int_equal(basic.basic.ip_proto, IPPROTO_TCP);
	assert_false(skb_flow_dissect_flow_keys_basic(NULL, NULL, &basic, p.b, htons(ETH_P_IP), 14,
						      33, 0));
	kfree_skb(skb);
}

/* Headers in headers in headers come to an end. */
static void test_deep(void **state)
{
	struct build p = { .len = 0 };
	struct flow_keys k;
	struct sk_buff *skb;

	for (unsigned int i = 0; i < 20; i++)
		add_ipv4(&p, IPPROTO_IPIP, 1, 2, 0);
	skb = to_skb(&p, ETH_P_IP, 1000);
	assert_false(skb_flow_dissect_flow_keys(skb, &k, 0));
	assert_true(k.control.thoff <= skb->len);
	kfree_skb(skb);
	p.len = 0;
	for (unsigned int i = 0; i < 40; i++)
		add32(&p, ETH_P_8021Q);
	skb = to_skb(&p, ETH_P_8021Q, 1000);
	assert_false(skb_flow_dissect_flow_keys(skb, &k, 0));
	kfree_skb(skb);
}

/* Cut at every byte, every byte changed: never beyond the packet, which ASan watches. */
static void test_hostile(void **state)
{
	struct build p = { .len = 0 };
	struct flow_keys k;
	struct sk_buff *skb;

	add32(&p, 0x0005 << 16 | ETH_P_IPV6);
	add_ipv6(&p, IPPROTO_GRE, 1, 2, 0);
	add_gre(&p, 0xb000, ETH_P_TEB);
	add(&p, 12);
	add16(&p, ETH_P_IP);
	add_ipv4(&p, IPPROTO_TCP, 1, 2, 0);
	add_ports(&p, 1, 2);
	for (unsigned int cut = 0; cut <= p.len; cut++) {
		struct build q = p;

		q.len = cut;
		skb = to_skb(&q, ETH_P_8021Q, cut % 3 ? cut : cut / 2);
		skb_flow_dissect_flow_keys(skb, &k, 0);
		assert_true(k.control.thoff <= cut);
		(void)skb_get_hash(skb);
		(void)skb_get_poff(skb);
		kfree_skb(skb);
	}
	for (unsigned int at = 0; at < p.len; at++)
		for (unsigned int v = 0; v < 256; v += 5) {
			struct build q = p;

			q.b[at] = (u8)v;
			skb = to_skb(&q, ETH_P_8021Q, 200);
			skb_flow_dissect_flow_keys(skb, &k, v & 15);
			assert_true(k.control.thoff <= q.len);
			kfree_skb(skb);
		}
}

static struct sk_buff *udp4(u32 src, u32 dst, u16 sport, u16 dport)
{
	struct build p = { .len = 0 };

	add_ipv4(&p, IPPROTO_UDP, src, dst, 0);
	add_ports(&p, sport, dport);
	return to_skb(&p, ETH_P_IP, 100);
}

static u32 hash_once(struct sk_buff *skb)
{
	u32 hash = skb_get_hash(skb);

	assert_int_not_equal(hash, 0);
	assert_int_equal(skb_get_hash(skb), hash);
	assert_int_equal(skb_get_hash_raw(skb), hash);
	kfree_skb(skb);
	return hash;
}

static void test_hash(void **state)
{
	struct sk_buff *skb = udp4(1, 2, 3, 4), *other = udp4(2, 1, 4, 3);
	u32 first;

	skb_hash_key_set(1, 2);
	first = hash_once(udp4(1, 2, 3, 4));
	assert_int_equal(hash_once(udp4(1, 2, 3, 4)), first);
	assert_int_equal(hash_once(udp4(2, 1, 4, 3)), first);
	assert_int_not_equal(hash_once(udp4(2, 1, 3, 4)), first);
	assert_int_not_equal(hash_once(udp4(1, 2, 3, 5)), first);
	assert_int_not_equal(hash_once(udp4(1, 3, 3, 4)), first);
	assert_int_equal(hash_once(udp4(7, 7, 3, 4)), hash_once(udp4(7, 7, 4, 3)));
	skb_hash_key_set(1, 3);
	assert_int_not_equal(hash_once(udp4(1, 2, 3, 4)), first);
	assert_int_equal(__skb_get_hash_symmetric(skb), __skb_get_hash_symmetric(other));
	assert_int_equal(skb_get_hash_raw(skb), 0);

	skb_set_hash(skb, 55, PKT_HASH_TYPE_L3);
	assert_int_equal(skb->l4_hash, 0);
	skb_clear_hash_if_not_l4(skb);
	assert_int_equal(skb_get_hash_raw(skb), 0);
	skb_set_hash(skb, 55, PKT_HASH_TYPE_L4);
	skb_clear_hash_if_not_l4(skb);
	assert_int_equal(skb_get_hash(skb), 55);
	skb_copy_hash(other, skb);
	assert_int_equal(other->l4_hash, 1);
	assert_int_equal(skb_get_hash(other), 55);
	__skb_set_sw_hash(skb, 66, false);
	assert_int_equal(skb_get_hash(skb), 66);
	skb_clear_hash(skb);
	assert_int_not_equal(skb_get_hash(skb), 66);
	assert_int_equal(skb->sw_hash, 1);
	assert_int_equal(skb->l4_hash, 1);
	kfree_skb(skb);
	kfree_skb(other);
}

/* Flows of 4,096 ports over 64 queues: none gets more than twice its share. */
static void test_hash_spreads(void **state)
{
	unsigned int queue[64] = { 0 };

	skb_hash_key_set(11, 22);
	for (unsigned int i = 0; i < 4096; i++)
		queue[hash_once(udp4(1, 2, (u16)(1024 + i), 80)) % 64]++;
	for (unsigned int i = 0; i < 64; i++)
		assert_in_range(queue[i], 32, 128);
}

#define T(name) cmocka_unit_test_setup_teardown(name, shape_setup, shape_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ipv4),	 T(test_fragments), T(test_ipv6),	   T(test_vlan),
		T(test_tunnels), T(test_icmp),	    T(test_own_dissector), T(test_deep),
		T(test_hostile), T(test_hash),	    T(test_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
