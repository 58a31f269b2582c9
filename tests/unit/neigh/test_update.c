// SPDX-License-Identifier: BSD-2-Clause
/* What is told of a neighbour and whom it is told to: updates, events, headers, collection. */
#include <skiff/netevent.h>

#include "wire_test.h"

static unsigned int updates, solicits;
static u8 last_state;

static int hear(struct notifier_block *nb, unsigned long event, void *v)
{
	struct neighbour *n = (struct neighbour *)v;

	last_state = n->nud_state;
	if (event == NETEVENT_NEIGH_UPDATE)
		updates++;
	else if (event == NETEVENT_NEIGH_SOLICIT)
		solicits++;
	return NOTIFY_OK;
}

static struct notifier_block listener = { .notifier_call = hear };

static int open_host(void **state)
{
	updates = solicits = 0;
	return setup_stranger(state);
}

static int start_listening(void **state)
{
	return register_netevent_notifier(&listener);
}

static int stop_listening(void **state)
{
	return unregister_netevent_notifier(&listener);
}

static int set(const char *name, const char *value)
{
	return skiff_sysctl_set(h.net, name, value, NULL, 0);
}

/* Locked from here to leave(). */
static struct neighbour *enter(__be32 addr)
{
	struct neighbour *n;

	net_lock(h.net);
	n = neigh_create(&arp_tbl, &addr, h.dev);
	assert_false(IS_ERR(n));
	return n;
}

static void leave(struct neighbour *n)
{
	neigh_release(n);
	net_unlock(h.net);
	wire_run(&h);
}

static void send_to(struct neighbour *n)
{
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC);

	skb_reserve(skb, 40);
	skb_put_data(skb, "0123456789", 10);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	skb->dev = h.dev;
	neigh_output(n, skb);
}

/* The state and address that is known, what is learned, and what is known then. */
static void what_is_learned_meets_what_is_known(void **state)
{
	static const struct {
		u8 known, learned;
		bool other;
		u32 flags;
		u8 result;
		bool taken;
	} cases[] = {
		{ NUD_REACHABLE, NUD_STALE, false, 0, NUD_REACHABLE, false },
		{ NUD_REACHABLE, NUD_STALE, false, NEIGH_UPDATE_F_ADMIN, NUD_STALE, false },
		{ NUD_REACHABLE, NUD_STALE, true, 0, NUD_REACHABLE, false },
		{ NUD_REACHABLE, NUD_STALE, true, NEIGH_UPDATE_F_OVERRIDE, NUD_STALE, true },
		{ NUD_REACHABLE, NUD_REACHABLE, true, NEIGH_UPDATE_F_WEAK_OVERRIDE, NUD_STALE,
		  false },
		{ NUD_STALE, NUD_REACHABLE, true, NEIGH_UPDATE_F_WEAK_OVERRIDE, NUD_STALE, false },
		{ NUD_STALE, NUD_REACHABLE, false, 0, NUD_REACHABLE, false },
		{ NUD_STALE, NUD_REACHABLE, true, NEIGH_UPDATE_F_OVERRIDE, NUD_REACHABLE, true },
		{ NUD_DELAY, NUD_REACHABLE, false, 0, NUD_REACHABLE, false },
		{ NUD_STALE, NUD_FAILED, false, 0, NUD_FAILED, false },
		{ NUD_REACHABLE, NUD_PERMANENT, true,
		  NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_OVERRIDE, NUD_PERMANENT, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct neighbour *n = enter(htonl(0xc0000210 + (u32)i));

		assert_int_equal(neigh_update(n, peer_mac, cases[i].known, NEIGH_UPDATE_F_ADMIN, 0),
				 0);
		assert_int_equal(neigh_update(n, cases[i].other ? other_mac : peer_mac,
					      cases[i].learned, cases[i].flags, 0),
				 0);
		assert_int_equal(n->nud_state, cases[i].result);
		assert_memory_equal(n->ha, cases[i].taken ? other_mac : peer_mac, ETH_ALEN);
		neigh_remove_one(n);
		leave(n);
	}
}

static void routers_are_marked(void **state)
{
	struct neighbour *n = enter(PEER_IP);
	const u32 is = NEIGH_UPDATE_F_OVERRIDE_ISROUTER | NEIGH_UPDATE_F_ISROUTER;

	assert_int_equal(neigh_update(n, peer_mac, NUD_REACHABLE, is, 0), 0);
	assert_true(n->flags & NTF_ROUTER);
	assert_int_equal(neigh_update(n, peer_mac, NUD_STALE, 0, 0), 0);
	assert_true(n->flags & NTF_ROUTER);
	assert_int_equal(
		neigh_update(n, peer_mac, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE_ISROUTER, 0), 0);
	assert_false(n->flags & NTF_ROUTER);
	leave(n);
}

/* Asked for at once, though it is permanent and no packet waits. */
static void use_asks(void **state)
{
	struct neighbour *n = enter(PEER_IP);

	assert_int_equal(neigh_update(n, peer_mac, NUD_PERMANENT, NEIGH_UPDATE_F_ADMIN, 0), 0);
	assert_int_equal(
		neigh_update(n, NULL, NUD_NONE, NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_USE, 0), 0);
	assert_int_equal(n->nud_state, NUD_INCOMPLETE);
	leave(n);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
}

static void a_probe_that_is_told_starts_at_once(void **state)
{
	struct neighbour *n = enter(PEER_IP);

	assert_int_equal(neigh_update(n, peer_mac, NUD_PROBE, NEIGH_UPDATE_F_ADMIN, 0), 0);
	leave(n);
	expect_arp(WIRE_ARP_REQUEST, peer_mac, HOST_IP, PEER_IP);
	expect_nothing();
}

static void everything_is_heard_of(void **state)
{
	struct neighbour *n = enter(PEER_IP);

	assert_int_equal(neigh_event_send(n, NULL), 1);
	assert_int_equal(updates, 0);
	neigh_update(n, peer_mac, NUD_REACHABLE, 0, 0);
	assert_true(updates == 1 && last_state == NUD_REACHABLE);
	neigh_update(n, peer_mac, NUD_REACHABLE, 0, 0);
	assert_int_equal(updates, 1);
	neigh_update(n, other_mac, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE, 0);
	assert_int_equal(updates, 2);
	leave(n);
	wire_sleep(&h, 46 * NSEC_PER_SEC);
	assert_true(updates == 3 && last_state == NUD_STALE);
	net_lock(h.net);
	neigh_event_send(n, NULL);
	net_unlock(h.net);
	wire_sleep(&h, 6 * NSEC_PER_SEC);
	assert_true(updates == 4 && last_state == NUD_PROBE);
	wire_sleep(&h, 10 * NSEC_PER_SEC);
	assert_true(updates == 5 && last_state == NUD_FAILED);
	net_lock(h.net);
	neigh_remove_one(n);
	net_unlock(h.net);
	assert_int_equal(updates, 6);
}

static void programs_are_asked_before_everybody(void **state)
{
	struct neighbour *n;

	assert_int_equal(set("net.ipv4.neigh.wire0.app_solicit", "2"), 0);
	assert_int_equal(set("net.ipv4.neigh.wire0.mcast_solicit", "1"), 0);
	n = enter(PEER_IP);
	neigh_event_send(n, NULL);
	leave(n);
	assert_int_equal(solicits, 1);
	expect_nothing();
	wire_sleep(&h, NSEC_PER_SEC);
	assert_int_equal(solicits, 2);
	expect_nothing();
	wire_sleep(&h, NSEC_PER_SEC);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	wire_sleep(&h, NSEC_PER_SEC);
	assert_int_equal(last_state, NUD_FAILED);
	assert_int_equal(solicits, 2);
	expect_nothing();
}

static void everybody_is_asked_again_if_that_is_wanted(void **state)
{
	struct neighbour *n;

	assert_int_equal(set("net.ipv4.neigh.wire0.ucast_solicit", "1"), 0);
	assert_int_equal(set("net.ipv4.neigh.wire0.mcast_resolicit", "1"), 0);
	n = enter(PEER_IP);
	neigh_update(n, peer_mac, NUD_PROBE, NEIGH_UPDATE_F_ADMIN, 0);
	leave(n);
	expect_arp(WIRE_ARP_REQUEST, peer_mac, HOST_IP, PEER_IP);
	wire_sleep(&h, NSEC_PER_SEC);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, PEER_IP);
	wire_sleep(&h, NSEC_PER_SEC);
	assert_int_equal(last_state, NUD_FAILED);
	expect_nothing();
}

static void expect_frame_to(const u8 *mac)
{
	u8 f[FRAME_MAX];

	assert_int_equal(wire_take(&h, f), ETH_HLEN + 10);
	assert_memory_equal(wire_eth_dest(f), mac, ETH_ALEN);
	assert_memory_equal(wire_eth_source(f), host_mac, ETH_ALEN);
	assert_int_equal(wire_eth_type(f), ETH_P_IP);
	assert_memory_equal(f + ETH_HLEN, "0123456789", 10);
}

static void the_header_is_made_once(void **state)
{
	struct neighbour *n = enter(PEER_IP);

	assert_int_equal(n->hh.hh_len, 0);
	neigh_update(n, peer_mac, NUD_REACHABLE, 0, 0);
	send_to(n);
	assert_int_equal(n->hh.hh_len, ETH_HLEN);
	send_to(n);
	/* The address changes in it. */
	neigh_update(n, other_mac, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE, 0);
	send_to(n);
	/* While the address is in doubt it is noted that there is something to send. */
	neigh_update(n, other_mac, NUD_STALE, NEIGH_UPDATE_F_ADMIN, 0);
	send_to(n);
	assert_int_equal(n->nud_state, NUD_DELAY);
	n->used = 0;
	send_to(n);
	assert_int_equal(n->used, neigh_now(n));
	leave(n);
	expect_frame_to(peer_mac);
	expect_frame_to(peer_mac);
	expect_frame_to(other_mac);
	expect_frame_to(other_mac);
	expect_frame_to(other_mac);
	/* Not after the entry's end. */
	net_lock(h.net);
	n = neigh_lookup(&arp_tbl, &(__be32){ PEER_IP }, h.dev);
	neigh_update(n, other_mac, NUD_REACHABLE, 0, 0);
	neigh_remove_one(n);
	send_to(n);
	leave(n);
	expect_nothing();
}

/* Groups and other addresses that need no question are no reason for a table without end. */
static void known_addresses_are_collected(void **state)
{
	assert_int_equal(set("net.ipv4.neigh.default.gc_thresh2", "10"), 0);
	assert_int_equal(set("net.ipv4.neigh.default.gc_thresh3", "20"), 0);
	net_lock(h.net);
	for (u32 i = 0; i < 200; i++) {
		__be32 addr = htonl(0xe8000001 + i);
		struct neighbour *n = __neigh_create(&arp_tbl, &addr, h.dev, false);

		assert_false(IS_ERR(n));
		assert_int_equal(n->nud_state, NUD_NOARP);
	}
	assert_true(neigh_entries_of(h.net, &arp_tbl) <= 20);
	net_unlock(h.net);
	assert_int_equal(set("net.ipv4.neigh.default.gc_thresh1", "0"), 0);
	wire_sleep(&h, 120 * NSEC_PER_SEC);
	net_lock(h.net);
	assert_int_equal(neigh_entries_of(h.net, &arp_tbl), 0);
	net_unlock(h.net);
}

static void what_others_learned_stays(void **state)
{
	struct neighbour *n = enter(PEER_IP);
	const u32 ext = NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_EXT_LEARNED;

	neigh_update(n, peer_mac, NUD_REACHABLE, NEIGH_UPDATE_F_EXT_LEARNED, 0);
	assert_false(n->flags & NTF_EXT_LEARNED);
	neigh_update(n, peer_mac, NUD_STALE, ext, 0);
	assert_true(n->flags & NTF_EXT_LEARNED);
	leave(n);
	assert_int_equal(set("net.ipv4.neigh.default.gc_thresh1", "0"), 0);
	wire_sleep(&h, 300 * NSEC_PER_SEC);
	n = enter(PEER_IP);
	assert_int_equal(n->nud_state, NUD_STALE);
	neigh_update(n, peer_mac, NUD_STALE, NEIGH_UPDATE_F_ADMIN, 0);
	assert_false(n->flags & NTF_EXT_LEARNED);
	leave(n);
	wire_sleep(&h, 300 * NSEC_PER_SEC);
	net_lock(h.net);
	assert_int_equal(neigh_entries_of(h.net, &arp_tbl), 0);
	net_unlock(h.net);
}

static void a_lost_link_leaves_what_is_permanent(void **state)
{
	struct neighbour *a = enter(PEER_IP), *b;
	__be32 addr = htonl(0xc0000205);

	neigh_update(a, peer_mac, NUD_PERMANENT, NEIGH_UPDATE_F_ADMIN, 0);
	b = neigh_create(&arp_tbl, &addr, h.dev);
	neigh_update(b, other_mac, NUD_REACHABLE, 0, 0);
	neigh_release(b);
	leave(a);
	net_lock(h.net);
	netif_carrier_off(h.dev);
	net_unlock(h.net);
	wire_sleep(&h, 2 * NSEC_PER_SEC);
	net_lock(h.net);
	assert_non_null(__neigh_lookup_noref(&arp_tbl, &(__be32){ PEER_IP }, h.dev));
	assert_null(__neigh_lookup_noref(&arp_tbl, &addr, h.dev));
	netif_carrier_on(h.dev);
	net_unlock(h.net);
	wire_sleep(&h, 2 * NSEC_PER_SEC);
	/* Unless one setting of two says otherwise. */
	assert_int_equal(set("net.ipv4.conf.all.arp_evict_nocarrier", "0"), 0);
	net_lock(h.net);
	b = neigh_create(&arp_tbl, &addr, h.dev);
	neigh_update(b, other_mac, NUD_REACHABLE, 0, 0);
	neigh_release(b);
	netif_carrier_off(h.dev);
	net_unlock(h.net);
	wire_sleep(&h, 2 * NSEC_PER_SEC);
	net_lock(h.net);
	assert_non_null(__neigh_lookup_noref(&arp_tbl, &addr, h.dev));
	net_unlock(h.net);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_host, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_learned_meets_what_is_known),
		T(routers_are_marked),
		T(use_asks),
		T(a_probe_that_is_told_starts_at_once),
		T(everything_is_heard_of),
		T(programs_are_asked_before_everybody),
		T(everybody_is_asked_again_if_that_is_wanted),
		T(the_header_is_made_once),
		T(known_addresses_are_collected),
		T(what_others_learned_stays),
		T(a_lost_link_leaves_what_is_permanent),
	};

	return cmocka_run_group_tests(tests, start_listening, stop_listening);
}
