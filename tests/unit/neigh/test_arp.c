// SPDX-License-Identifier: BSD-2-Clause
/* ARP and the neighbour it finds: questions, answers, states, limits, failure. */
#include <skiff/printk.h>

#include "wire_test.h"

static struct neighbour *neigh_of(__be32 addr)
{
	return __neigh_lookup_noref(&arp_tbl, &addr, h.dev);
}

static u8 state_of(__be32 addr)
{
	struct neighbour *n;
	u8 state;

	net_lock(h.net);
	n = neigh_of(addr);
	state = n ? n->nud_state : 0xff;
	net_unlock(h.net);
	return state;
}

static struct arp_stats stats(void)
{
	struct arp_stats s;

	net_lock(h.net);
	s = *arp_stats_of(h.net);
	net_unlock(h.net);
	return s;
}

static int unanswered, pongs, unreachables;

static void count(struct net *net, const struct skiff_ping_result *r, void *arg)
{
	if (r->status == SKIFF_PING_REPLY)
		pongs++;
	else if (r->status == SKIFF_PING_UNREACHABLE)
		unreachables++;
	else
		unanswered++;
}

static void ping(__be32 daddr, unsigned int len)
{
	const struct skiff_ping_params p = { .daddr.s_addr = daddr,
					     .len = len,
					     .timeout_ns = 60 * NSEC_PER_SEC };

	assert_int_equal(skiff_ping(h.net, &p, count, NULL), 0);
	wire_run(&h);
}

static void answer(__be32 ip, const u8 *mac)
{
	u8 f[FRAME_MAX];

	wire_inject(&h, f, frame_arp(f, WIRE_ARP_REPLY, host_mac, mac, ip, host_mac, HOST_IP));
}

static void questions_are_answered(void **state)
{
	u8 f[FRAME_MAX];

	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, HOST_IP));
	expect_arp(WIRE_ARP_REPLY, peer_mac, HOST_IP, PEER_IP);
	/* The asker is known now, but not known to hear us. */
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	/* A probe (RFC 5227) is answered, and teaches nothing. */
	wire_inject(&h, f, frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, other_mac, 0, NULL, HOST_IP));
	expect_arp(WIRE_ARP_REPLY, other_mac, HOST_IP, 0);
	assert_int_equal(stats().requests_in, 2);
	assert_int_equal(stats().replies_out, 2);
}

static void other_peoples_questions_are_not(void **state)
{
	u8 f[FRAME_MAX];

	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL,
			      htonl(0xc0000203)));
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, BCAST_IP));
	expect_nothing();
	assert_int_equal(state_of(PEER_IP), 0xff);
	/* An address of another device: Linux answers, unless the setting says otherwise. */
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.conf.all.arp_ignore", "1", NULL, 0), 0);
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(net_loopback_dev(h.net), htonl(0xc0000909), 32), 0);
	net_unlock(h.net);
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL,
			      htonl(0xc0000909)));
	expect_nothing();
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.conf.all.arp_ignore", "0", NULL, 0), 0);
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL,
			      htonl(0xc0000909)));
	expect_arp(WIRE_ARP_REPLY, peer_mac, htonl(0xc0000909), PEER_IP);
}

static void malformed_packets_are_counted(void **state)
{
	static const struct {
		u8 offset, value;
	} changes[] = {
		{ 0, 1 }, { 1, 9 }, { 2, 9 },	 { 3, 1 },    { 4, 5 },	   { 5, 16 },	{ 6, 1 },
		{ 7, 0 }, { 7, 3 }, { 14, 224 }, { 14, 127 }, { 17, 255 }, { 24, 224 }, { 24, 127 },
	};
	u8 f[FRAME_MAX];
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		len = frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, HOST_IP);
		f[ETH_HLEN + changes[i].offset] = changes[i].value;
		expect_silent_drop(f, len, SKB_DROP_REASON_ARP_INVALID, NULL);
	}
	len = frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, HOST_IP);
	for (size_t i = ETH_HLEN; i < len; i++)
		expect_silent_drop(f, i, SKB_DROP_REASON_ARP_INVALID, NULL);
	assert_int_equal(stats().invalid, ARRAY_SIZE(changes) + WIRE_ARP_LEN);
	memcpy(f, other_mac, ETH_ALEN);
	expect_silent_drop(f, len, SKB_DROP_REASON_OTHERHOST, NULL);
}

/* A cluster's members share one, and all of them answer with it. */
static void a_group_as_link_address_is_believed(void **state)
{
	static const u8 group[ETH_ALEN] = { 3, 0, 0, 0, 0, 1 };
	u8 f[FRAME_MAX];

	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, group, PEER_IP, NULL, HOST_IP));
	expect_arp(WIRE_ARP_REPLY, group, HOST_IP, PEER_IP);
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	assert_int_equal(stats().invalid, 0);
}

static void conflicts_are_counted(void **state)
{
	u8 f[FRAME_MAX];

	skiff_log_level(-1);
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, other_mac, HOST_IP, NULL, HOST_IP));
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REPLY, host_mac, other_mac, HOST_IP, host_mac, HOST_IP));
	skiff_log_level(LOGLEVEL_INFO);
	expect_nothing();
	assert_int_equal(stats().conflicts, 2);
	assert_int_equal(state_of(HOST_IP), 0xff);
	/* What we said ourselves is none. */
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, host_mac, HOST_IP, NULL, HOST_IP));
	assert_int_equal(stats().conflicts, 2);
}

static void new_addresses_are_announced(void **state)
{
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(h.dev, htonl(0xc0000a01), 24), 0);
	net_unlock(h.net);
	wire_run(&h);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, htonl(0xc0000a01), htonl(0xc0000a01));
	expect_nothing();
	/* And again when the device comes back. */
	net_lock(h.net);
	dev_close(h.dev);
	assert_int_equal(dev_open(h.dev, NULL), 0);
	net_unlock(h.net);
	wire_run(&h);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, HOST_IP);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, htonl(0xc0000a01), htonl(0xc0000a01));
}

static void packets_wait_for_the_answer(void **state)
{
	u8 g[FRAME_MAX];

	pongs = 0;
	for (unsigned int i = 0; i < 5; i++)
		ping(PEER_IP, i);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	expect_nothing();
	assert_int_equal(state_of(PEER_IP), NUD_INCOMPLETE);
	answer(PEER_IP, peer_mac);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
	for (unsigned int i = 0; i < 5; i++) {
		expect_icmp(g, ICMP_ECHO, 0);
		assert_int_equal(wire_ip_payload_len(g + ETH_HLEN), WIRE_ICMP_HLEN + i);
	}
	expect_nothing();
}

static void nobody_answers(void **state)
{
	unreachables = 0;
	ping(PEER_IP, 10);
	for (int i = 0; i < 3; i++) {
		expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
		expect_nothing();
		assert_int_equal(unreachables, 0);
		wire_sleep(&h, NSEC_PER_SEC);
	}
	expect_nothing();
	assert_int_equal(unreachables, 1);
	assert_int_equal(state_of(PEER_IP), NUD_FAILED);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_NEIGH_FAILED), 1);
	/* The next packet starts over. */
	ping(PEER_IP, 10);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	answer(PEER_IP, peer_mac);
	assert_int_equal(skb_queue_len(&h.sent), 1);
}

static void the_silent_do_not_block_others(void **state)
{
	u8 g[FRAME_MAX];

	for (int i = 0; i < 100; i++)
		ping(htonl(0xc0000264), 1000);
	wire_drop_sent(&h);
	ping(PEER_IP, 3);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	answer(PEER_IP, peer_mac);
	expect_icmp(g, ICMP_ECHO, 0);
}

static void the_oldest_make_room(void **state)
{
	u64 full;

	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.neigh.default.unres_qlen_bytes", "8000",
					  NULL, 0),
			 0);
	for (int i = 0; i < 50; i++)
		ping(PEER_IP, 500);
	full = wire_drops(&h, SKB_DROP_REASON_NEIGH_QUEUEFULL);
	assert_true(full >= 40 && full < 50);
	wire_drop_sent(&h);
	answer(PEER_IP, peer_mac);
	assert_int_equal(skb_queue_len(&h.sent), 50 - full);
}

static void confirmations_expire(void **state)
{
	struct neigh_parms *p;

	ping(PEER_IP, 1);
	answer(PEER_IP, peer_mac);
	wire_drop_sent(&h);
	/* Base 30 s: between 15 and 45. */
	net_lock(h.net);
	p = neigh_parms_of(h.net, &arp_tbl);
	assert_true(p->reachable_time >= 15 * NSEC_PER_SEC &&
		    p->reachable_time < 45 * NSEC_PER_SEC);
	net_unlock(h.net);
	wire_sleep(&h, 15 * NSEC_PER_SEC - 1);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
	wire_sleep(&h, 30 * NSEC_PER_SEC);
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	expect_nothing();
	/* Used all the same, and checked five seconds later, by unicast. */
	ping(PEER_IP, 1);
	assert_int_equal(skb_queue_len(&h.sent), 1);
	wire_drop_sent(&h);
	assert_int_equal(state_of(PEER_IP), NUD_DELAY);
	wire_sleep(&h, 5 * NSEC_PER_SEC);
	assert_int_equal(state_of(PEER_IP), NUD_PROBE);
	expect_arp(WIRE_ARP_REQUEST, peer_mac, HOST_IP, PEER_IP);
	answer(PEER_IP, peer_mac);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
	/* And if it has gone, it has failed after three questions. */
	wire_sleep(&h, 50 * NSEC_PER_SEC);
	ping(PEER_IP, 1);
	wire_sleep(&h, 8 * NSEC_PER_SEC);
	assert_int_equal(state_of(PEER_IP), NUD_FAILED);
	assert_int_equal(skb_queue_len(&h.sent), 4);
}

static void a_moved_address_is_followed(void **state)
{
	u8 f[FRAME_MAX], g[FRAME_MAX];

	ping(PEER_IP, 1);
	answer(PEER_IP, peer_mac);
	wire_drop_sent(&h);
	/* At once: the first answer counts; a second later the newer one does. */
	answer(PEER_IP, other_mac);
	ping(PEER_IP, 1);
	expect_icmp(g, ICMP_ECHO, 0);
	wire_sleep(&h, 1100 * NSEC_PER_MSEC);
	answer(PEER_IP, other_mac);
	ping(PEER_IP, 1);
	assert_int_not_equal(wire_take(&h, g), 0);
	assert_memory_equal(wire_eth_dest(g), other_mac, ETH_ALEN);
	/* An announcement counts at once. */
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, PEER_IP));
	ping(PEER_IP, 1);
	expect_icmp(g, ICMP_ECHO, 0);
}

static void strangers_are_not_learned(void **state)
{
	answer(htonl(0xc0000277), other_mac);
	assert_int_equal(state_of(htonl(0xc0000277)), 0xff);
}

static void the_table_has_a_limit(void **state)
{
	u8 f[FRAME_MAX];
	int refused = 0;

	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.neigh.default.gc_thresh3", "20", NULL, 0), 0);
	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.neigh.default.gc_thresh2", "10", NULL, 0), 0);
	for (u32 i = 10; i < 200; i++)
		wire_inject(&h, f,
			    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac,
				      htonl(0xc0000200 + i), NULL, HOST_IP));
	net_lock(h.net);
	assert_int_equal(neigh_entries_of(h.net, &arp_tbl), 20);
	net_unlock(h.net);
	/* A flood of strangers does not keep us from asking. */
	wire_drop_sent(&h);
	ping(PEER_IP, 1);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	answer(PEER_IP, peer_mac);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
	/* Nor does it push out who was confirmed. */
	for (u32 i = 10; i < 200; i++)
		wire_inject(&h, f,
			    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac,
				      htonl(0xc0000200 + i), NULL, HOST_IP));
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
	/* Twenty that were confirmed just now: then there is no room. */
	for (u32 i = 200; i < 250; i++) {
		const struct skiff_ping_params p = { .daddr.s_addr = htonl(0xc0000200 + i) };

		refused += skiff_ping(h.net, &p, count, NULL) == -ENOBUFS;
		answer(htonl(0xc0000200 + i), peer_mac);
	}
	assert_int_equal(refused, 50 - 19);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_NEIGH_CREATEFAIL), refused);
	net_lock(h.net);
	assert_int_equal(neigh_entries_of(h.net, &arp_tbl), 20);
	assert_true(neigh_stats_of(h.net, &arp_tbl)->table_fulls > 0);
	net_unlock(h.net);
}

/* Made-up senders on the link, who are answered, are asked for, and are not there. */
static void unanswered_questions_do_not_fill_the_table(void **state)
{
	u8 f[FRAME_MAX];

	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.neigh.default.gc_thresh3", "20", NULL, 0), 0);
	ping(htonl(0xc0000205), 1);
	answer(htonl(0xc0000205), peer_mac);
	for (u32 i = 10; i < 200; i++) {
		size_t len = frame_icmp(f, ICMP_ECHO, 0, 1, "made-up", 8);

		wire_put32(f + ETH_HLEN, 12, 0xc0000200 + i);
		frame_fix_ip(f);
		wire_inject(&h, f, len);
	}
	/* The oldest question went, the newest is still asked. */
	assert_int_equal(state_of(htonl(0xc000020a)), 0xff);
	assert_int_equal(state_of(htonl(0xc00002c7)), NUD_INCOMPLETE);
	wire_drop_sent(&h);
	ping(PEER_IP, 1);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	answer(PEER_IP, peer_mac);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
	assert_int_equal(state_of(htonl(0xc0000205)), NUD_REACHABLE);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_NEIGH_CREATEFAIL), 0);
	net_lock(h.net);
	assert_int_equal(neigh_entries_of(h.net, &arp_tbl), 20);
	assert_int_equal(neigh_stats_of(h.net, &arp_tbl)->table_fulls, 0);
	net_unlock(h.net);
}

static void what_is_not_used_goes(void **state)
{
	u8 f[FRAME_MAX];

	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.neigh.default.gc_thresh1", "0", NULL, 0),
			 0);
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, HOST_IP));
	wire_sleep(&h, 59 * NSEC_PER_SEC);
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	wire_sleep(&h, 60 * NSEC_PER_SEC);
	assert_int_equal(state_of(PEER_IP), 0xff);
}

static void down_forgets(void **state)
{
	ping(PEER_IP, 1);
	ping(htonl(0xc0000205), 1);
	answer(PEER_IP, peer_mac);
	net_lock(h.net);
	dev_close(h.dev);
	assert_int_equal(neigh_entries_of(h.net, &arp_tbl), 0);
	net_unlock(h.net);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_NEIGH_DEAD), 1);
}

static void change_flags(unsigned int on, unsigned int off)
{
	net_lock(h.net);
	assert_int_equal(dev_change_flags(h.dev, (dev_get_flags(h.dev) | on) & ~off, NULL), 0);
	net_unlock(h.net);
}

/* IFF_NOARP: nobody is asked; and once it is gone, everybody again. */
static void arp_can_be_switched_off_and_on(void **state)
{
	u8 f[FRAME_MAX];

	ping(PEER_IP, 1);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	answer(PEER_IP, peer_mac);
	expect_icmp(f, ICMP_ECHO, 0);
	change_flags(IFF_NOARP, 0);
	ping(PEER_IP, 1);
	assert_int_not_equal(wire_take(&h, f), 0);
	assert_int_equal(wire_eth_type(f), ETH_P_IP);
	assert_memory_equal(wire_eth_dest(f), host_mac, ETH_ALEN);
	assert_int_equal(state_of(PEER_IP), NUD_NOARP);
	change_flags(0, IFF_NOARP);
	ping(PEER_IP, 1);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	answer(PEER_IP, peer_mac);
	expect_icmp(f, ICMP_ECHO, 0);
	/* Another flag is nothing to the neighbours. */
	change_flags(IFF_DEBUG, 0);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
}

/* The administrator's word stands against everybody's. */
static void permanent_entries_stay(void **state)
{
	const __be32 addr = PEER_IP;
	struct neighbour *n;
	u8 g[FRAME_MAX];

	net_lock(h.net);
	n = neigh_create(&arp_tbl, &addr, h.dev);
	assert_false(IS_ERR(n));
	assert_int_equal(neigh_update(n, NULL, NUD_PERMANENT, NEIGH_UPDATE_F_ADMIN, 0), -EINVAL);
	assert_int_equal(neigh_update(n, peer_mac, NUD_PERMANENT, NEIGH_UPDATE_F_ADMIN, 0), 0);
	assert_int_equal(neigh_update(n, other_mac, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE, 0),
			 -EPERM);
	net_unlock(h.net);
	answer(PEER_IP, other_mac);
	ping(PEER_IP, 1);
	expect_icmp(g, ICMP_ECHO, 0);
	net_lock(h.net);
	assert_true(neigh_remove_one(n));
	assert_false(neigh_remove_one(n));
	assert_int_equal(neigh_update(n, peer_mac, NUD_REACHABLE, 0, 0), -EINVAL);
	neigh_release(n);
	net_unlock(h.net);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_stranger, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(questions_are_answered),
		T(other_peoples_questions_are_not),
		T(malformed_packets_are_counted),
		T(a_group_as_link_address_is_believed),
		T(conflicts_are_counted),
		T(new_addresses_are_announced),
		T(packets_wait_for_the_answer),
		T(nobody_answers),
		T(the_silent_do_not_block_others),
		T(the_oldest_make_room),
		T(confirmations_expire),
		T(a_moved_address_is_followed),
		T(strangers_are_not_learned),
		T(the_table_has_a_limit),
		T(unanswered_questions_do_not_fill_the_table),
		T(what_is_not_used_goes),
		T(down_forgets),
		T(arp_can_be_switched_off_and_on),
		T(permanent_entries_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
