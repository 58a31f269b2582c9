// SPDX-License-Identifier: BSD-2-Clause
/* ARP as it can be told to be: whom it answers, what it says of itself, whom it believes. */
#include <skiff/route.h>

#include "wire_test.h"

/* 198.51.100.0/24 is behind the second device. */
#define SECOND_IP htonl(0xc6336402)
#define BEHIND_IP htonl(0xc6336409)

static struct net_device *second;

static netdev_tx_t swallow(struct sk_buff *skb, struct net_device *dev)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops second_ops = {
	.ndo_start_xmit = swallow,
	.ndo_set_mac_address = eth_mac_addr,
};

static int two_links(void **state)
{
	wire_host_open(&h);
	second = alloc_etherdev(0);
	strcpy(second->name, "wire1");
	second->netdev_ops = &second_ops;
	second->needs_free_netdev = true;
	dev_net_set(second, h.net);
	eth_hw_addr_set(second, other_mac);
	if (register_netdev(second))
		return -1;
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(second, SECOND_IP, 24), 0);
	assert_int_equal(dev_open(second, NULL), 0);
	net_unlock(h.net);
	wire_run(&h);
	return 0;
}

static void set(const char *name, const char *value)
{
	assert_int_equal(skiff_sysctl_set(h.net, name, value, NULL, 0), 0);
}

static u8 state_of(__be32 addr)
{
	struct neighbour *n;
	u8 state;

	net_lock(h.net);
	n = __neigh_lookup_noref(&arp_tbl, &addr, h.dev);
	state = n ? n->nud_state : 0xff;
	net_unlock(h.net);
	return state;
}

static void ask_from(__be32 sip, __be32 tip)
{
	u8 f[FRAME_MAX];

	wire_inject(&h, f, frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, sip, NULL, tip));
}

/* Whether a question from @sip for @tip is answered at once. */
static bool answered(__be32 sip, __be32 tip)
{
	bool yes;

	ask_from(sip, tip);
	yes = skb_queue_len(&h.sent) != 0;
	if (yes)
		expect_arp(WIRE_ARP_REPLY, peer_mac, tip, sip);
	expect_nothing();
	return yes;
}

static void arp_ignore_says_what_is_answered(void **state)
{
	static const struct {
		const char *mode;
		bool own, others, stranger, host_only;
	} modes[] = {
		{ "0", true, true, true, true },    { "1", true, false, true, false },
		{ "2", true, false, false, false }, { "3", true, true, true, false },
		{ "5", true, true, true, true },    { "8", false, false, false, false },
	};
	const __be32 host_only = htonl(0xc0000a01);
	struct in_ifaddr *ifa;

	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(net_loopback_dev(h.net), host_only, 32), 0);
	in_dev_for_each_ifa(ifa, __in_dev_get(net_loopback_dev(h.net)))
		ifa->ifa_scope = RT_SCOPE_HOST;
	net_unlock(h.net);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		set("net.ipv4.conf.wire0.arp_ignore", modes[i].mode);
		assert_int_equal(answered(PEER_IP, HOST_IP), modes[i].own);
		assert_int_equal(answered(PEER_IP, SECOND_IP), modes[i].others);
		assert_int_equal(answered(htonl(0x0a000001), HOST_IP), modes[i].stranger);
		assert_int_equal(answered(PEER_IP, host_only), modes[i].host_only);
	}
	/* The greater one of all's and the device's counts. */
	set("net.ipv4.conf.wire0.arp_ignore", "1");
	set("net.ipv4.conf.all.arp_ignore", "8");
	assert_false(answered(PEER_IP, HOST_IP));
}

static void arp_filter_leaves_it_to_the_right_device(void **state)
{
	struct arp_stats before, after;

	assert_true(answered(PEER_IP, SECOND_IP));
	net_lock(h.net);
	before = *arp_stats_of(h.net);
	net_unlock(h.net);
	set("net.ipv4.conf.wire0.arp_filter", "1");
	assert_true(answered(PEER_IP, HOST_IP));
	/* Packets to this asker leave by the other device. */
	assert_false(answered(BEHIND_IP, HOST_IP));
	/* And to this one by none. */
	assert_false(answered(htonl(0x0a000001), HOST_IP));
	assert_true(answered(0, HOST_IP));
	net_lock(h.net);
	after = *arp_stats_of(h.net);
	net_unlock(h.net);
	assert_int_equal(after.filtered - before.filtered, 1);
}

/* A packet with the second device's address as its source, for the first one's link. */
static void send_from_second(__be32 daddr)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	struct neighbour *n;
	struct iphdr *ip;

	skb_reserve(skb, 40);
	ip = (struct iphdr *)skb_put(skb, sizeof(*ip));
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .saddr = SECOND_IP, .daddr = daddr };
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	skb->dev = h.dev;
	net_lock(h.net);
	n = neigh_create(&arp_tbl, &daddr, h.dev);
	assert_false(IS_ERR(n));
	neigh_output(n, skb);
	neigh_release(n);
	net_unlock(h.net);
	wire_run(&h);
}

static void arp_announce_says_who_asks(void **state)
{
	send_from_second(htonl(0xc0000210));
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, SECOND_IP, htonl(0xc0000210));
	set("net.ipv4.conf.wire0.arp_announce", "1");
	send_from_second(htonl(0xc0000211));
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, htonl(0xc0000211));
	set("net.ipv4.conf.wire0.arp_announce", "2");
	send_from_second(htonl(0xc0000212));
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, htonl(0xc0000212));
}

static void tell(u16 op, const u8 *sha, __be32 sip, const u8 *tha, __be32 tip)
{
	u8 f[FRAME_MAX];

	wire_inject(&h, f, frame_arp(f, op, bcast_mac, sha, sip, tha, tip));
}

static void arp_accept_believes_strangers(void **state)
{
	const __be32 a = htonl(0xc0000210), b = htonl(0xc0000211), c = htonl(0x0a000001);

	tell(WIRE_ARP_REQUEST, peer_mac, a, NULL, a);
	assert_int_equal(state_of(a), 0xff);
	set("net.ipv4.conf.wire0.arp_accept", "1");
	tell(WIRE_ARP_REQUEST, peer_mac, a, NULL, a);
	assert_int_equal(state_of(a), NUD_STALE);
	tell(WIRE_ARP_REPLY, peer_mac, b, host_mac, HOST_IP);
	assert_int_equal(state_of(b), NUD_STALE);
	/* A question for somebody else is neither. */
	tell(WIRE_ARP_REQUEST, peer_mac, htonl(0xc0000212), NULL, a);
	assert_int_equal(state_of(htonl(0xc0000212)), 0xff);
	set("net.ipv4.conf.wire0.arp_accept", "2");
	tell(WIRE_ARP_REQUEST, peer_mac, c, NULL, c);
	assert_int_equal(state_of(c), 0xff);
	tell(WIRE_ARP_REQUEST, peer_mac, htonl(0xc0000213), NULL, htonl(0xc0000213));
	assert_int_equal(state_of(htonl(0xc0000213)), NUD_STALE);
}

static void announcements_can_be_dropped(void **state)
{
	const __be32 a = htonl(0xc0000210);

	set("net.ipv4.conf.wire0.arp_accept", "1");
	set("net.ipv4.conf.wire0.drop_gratuitous_arp", "1");
	tell(WIRE_ARP_REQUEST, peer_mac, a, NULL, a);
	assert_int_equal(state_of(a), 0xff);
}

/* An answer that tells of itself is an announcement only if both its halves agree. */
static void a_forged_announcement_does_not_override(void **state)
{
	const __be32 a = htonl(0xc0000210);
	struct neighbour *n;

	set("net.ipv4.conf.wire0.arp_accept", "1");
	tell(WIRE_ARP_REQUEST, peer_mac, a, NULL, a);
	tell(WIRE_ARP_REPLY, other_mac, a, peer_mac, a);
	net_lock(h.net);
	n = __neigh_lookup_noref(&arp_tbl, &a, h.dev);
	assert_memory_equal(n->ha, peer_mac, ETH_ALEN);
	net_unlock(h.net);
	tell(WIRE_ARP_REPLY, other_mac, a, other_mac, a);
	net_lock(h.net);
	n = __neigh_lookup_noref(&arp_tbl, &a, h.dev);
	assert_memory_equal(n->ha, other_mac, ETH_ALEN);
	net_unlock(h.net);
}

static void nothing_is_announced_if_so_told(void **state)
{
	set("net.ipv4.conf.all.arp_notify", "0");
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(h.dev, htonl(0xc0000a01), 24), 0);
	net_unlock(h.net);
	wire_run(&h);
	expect_nothing();
	set("net.ipv4.conf.wire0.arp_notify", "1");
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(h.dev, htonl(0xc0000b01), 24), 0);
	net_unlock(h.net);
	wire_run(&h);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, htonl(0xc0000b01), htonl(0xc0000b01));
}

/* Proxies */

static void proxy_arp_answers_for_what_is_behind(void **state)
{
	assert_false(answered(PEER_IP, BEHIND_IP));
	set("net.ipv4.conf.wire0.proxy_arp", "1");
	/* Later, at random, so that the owner may be first. */
	assert_false(answered(PEER_IP, BEHIND_IP));
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	wire_sleep(&h, 800 * NSEC_PER_MSEC);
	expect_arp(WIRE_ARP_REPLY, peer_mac, BEHIND_IP, PEER_IP);
	/* At once without a delay. */
	set("net.ipv4.neigh.wire0.proxy_delay", "0");
	assert_true(answered(PEER_IP, BEHIND_IP));
	/* Not for what is on the same link, nor for what nobody knows. */
	assert_false(answered(PEER_IP, htonl(0xc0000210)));
	assert_false(answered(PEER_IP, htonl(0x0a000001)));
	set("net.ipv4.conf.wire0.proxy_arp_pvlan", "1");
	assert_true(answered(PEER_IP, htonl(0xc0000210)));
}

static void a_question_to_us_alone_is_answered_at_once(void **state)
{
	u8 f[FRAME_MAX];

	set("net.ipv4.conf.wire0.proxy_arp", "1");
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, host_mac, peer_mac, PEER_IP, NULL, BEHIND_IP));
	expect_arp(WIRE_ARP_REPLY, peer_mac, BEHIND_IP, PEER_IP);
}

static void entries_name_what_is_answered_for(void **state)
{
	const __be32 addr = BEHIND_IP;

	set("net.ipv4.neigh.wire0.proxy_delay", "0");
	net_lock(h.net);
	assert_null(pneigh_lookup(&arp_tbl, h.net, &addr, h.dev, 0));
	assert_non_null(pneigh_lookup(&arp_tbl, h.net, &addr, h.dev, 1));
	net_unlock(h.net);
	assert_true(answered(PEER_IP, BEHIND_IP));
	assert_false(answered(PEER_IP, htonl(0xc633640a)));
	net_lock(h.net);
	assert_int_equal(pneigh_delete(&arp_tbl, h.net, &addr, NULL), -ENOENT);
	assert_int_equal(pneigh_delete(&arp_tbl, h.net, &addr, h.dev), 0);
	net_unlock(h.net);
	assert_false(answered(PEER_IP, BEHIND_IP));
	/* For all devices; those of one go with it. */
	net_lock(h.net);
	assert_non_null(pneigh_lookup(&arp_tbl, h.net, &addr, NULL, 1));
	assert_non_null(pneigh_lookup(&arp_tbl, h.net, &(__be32){ htonl(0xc633640a) }, h.dev, 1));
	dev_close(h.dev);
	assert_int_equal(dev_open(h.dev, NULL), 0);
	net_unlock(h.net);
	wire_run(&h);
	wire_drop_sent(&h);
	assert_true(answered(PEER_IP, BEHIND_IP));
	assert_false(answered(PEER_IP, htonl(0xc633640a)));
}

static void the_proxy_queue_has_a_limit(void **state)
{
	u64 full = wire_drops(&h, SKB_DROP_REASON_NEIGH_QUEUEFULL);

	set("net.ipv4.conf.wire0.proxy_arp", "1");
	set("net.ipv4.neigh.wire0.proxy_qlen", "5");
	for (u32 i = 0; i < 20; i++)
		ask_from(PEER_IP, htonl(0xc6336410 + i));
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_NEIGH_QUEUEFULL) - full, 15);
	wire_sleep(&h, NSEC_PER_SEC);
	assert_int_equal(skb_queue_len(&h.sent), 5);
	wire_drop_sent(&h);
	/* And does not outlive the device. */
	ask_from(PEER_IP, BEHIND_IP);
	net_lock(h.net);
	dev_close(h.dev);
	net_unlock(h.net);
	wire_sleep(&h, NSEC_PER_SEC);
	expect_nothing();
	/* Some wait when the host ends. */
	net_lock(h.net);
	assert_int_equal(dev_open(h.dev, NULL), 0);
	net_unlock(h.net);
	ask_from(PEER_IP, BEHIND_IP);
}

#define T(name) cmocka_unit_test_setup_teardown(name, two_links, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(arp_ignore_says_what_is_answered),
		T(arp_filter_leaves_it_to_the_right_device),
		T(arp_announce_says_who_asks),
		T(arp_accept_believes_strangers),
		T(announcements_can_be_dropped),
		T(a_forged_announcement_does_not_override),
		T(nothing_is_announced_if_so_told),
		T(proxy_arp_answers_for_what_is_behind),
		T(a_question_to_us_alone_is_answered_at_once),
		T(entries_name_what_is_answered_for),
		T(the_proxy_queue_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
