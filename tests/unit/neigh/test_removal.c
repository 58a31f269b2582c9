// SPDX-License-Identifier: BSD-2-Clause
/* Entries that go while packets wait for them, whose destructors change the table meanwhile. */
#include "wire_test.h"

/* What the destructor of the packets of make_waiting() does, under the stack lock. */
static void (*on_drop)(void);
static unsigned int drops, made;

static void waiting_destructor(struct sk_buff *skb)
{
	drops++;
	if (on_drop)
		on_drop();
}

static __be32 address(unsigned int i)
{
	return htonl(0xc0000200 + i);
}

/* As packets find their way: only the table holds the entry. */
static void make_waiting(__be32 addr)
{
	struct neighbour *n = __neigh_create(&arp_tbl, &addr, h.dev, false);
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC);

	assert_false(IS_ERR(n));
	skb->dev = h.dev;
	skb->destructor = waiting_destructor;
	assert_int_equal(neigh_event_send(n, skb), 1);
}

/* Asked for, though no packet waits. */
static void make_failed(__be32 addr)
{
	struct neighbour *n = neigh_create(&arp_tbl, &addr, h.dev);

	assert_false(IS_ERR(n));
	assert_int_equal(neigh_event_send(n, NULL), 1);
	neigh_release(n);
}

static void create_another(void)
{
	__be32 addr = htonl(0x0a000001 + made++);
	struct neighbour *n = neigh_create(&arp_tbl, &addr, h.dev);

	if (!IS_ERR(n))
		neigh_release(n);
}

static void set(const char *name, const char *value)
{
	assert_int_equal(skiff_sysctl_set(h.net, name, value, NULL, 0), 0);
}

static int fresh(void **state)
{
	on_drop = NULL;
	drops = made = 0;
	return setup_stranger(state);
}

/* Each packet that goes makes an entry, for which others of the device have to make room. */
static void a_device_goes_down_while_the_table_is_collected(void **state)
{
	net_lock(h.net);
	for (unsigned int i = 10; i < 60; i++)
		make_failed(address(i));
	net_unlock(h.net);
	wire_sleep(&h, 20 * NSEC_PER_SEC);
	net_lock(h.net);
	for (unsigned int i = 100; i < 150; i++)
		make_waiting(address(i));
	net_unlock(h.net);
	set("net.ipv4.neigh.default.gc_thresh2", "1");
	set("net.ipv4.neigh.default.gc_thresh3", "4");
	on_drop = create_another;
	net_lock(h.net);
	neigh_ifdown(&arp_tbl, h.dev);
	assert_int_equal(drops, 50);
	assert_true(made == 50 && neigh_entries_of(h.net, &arp_tbl) <= 4);
	net_unlock(h.net);
}

static void create_many(void)
{
	for (int i = 0; i < 50; i++)
		create_another();
}

static void a_device_goes_down_while_the_table_grows(void **state)
{
	net_lock(h.net);
	for (unsigned int i = 10; i < 20; i++)
		make_waiting(address(i));
	on_drop = create_many;
	neigh_ifdown(&arp_tbl, h.dev);
	assert_int_equal(drops, 10);
	assert_int_equal(neigh_entries_of(h.net, &arp_tbl), 500);
	net_unlock(h.net);
}

/* The question given up for an entry leads to the same entry: there is one, not two. */
static void making_room_makes_the_entry(void **state)
{
	__be32 addr = htonl(0x0a000001);
	struct neighbour *n;

	set("net.ipv4.neigh.default.gc_thresh2", "4");
	set("net.ipv4.neigh.default.gc_thresh3", "4");
	net_lock(h.net);
	for (unsigned int i = 10; i < 14; i++)
		make_waiting(address(i));
	on_drop = create_another;
	n = neigh_create(&arp_tbl, &addr, h.dev);
	assert_false(IS_ERR(n));
	assert_true(drops && made);
	assert_true(neigh_remove_one(n));
	neigh_release(n);
	assert_null(__neigh_lookup_noref(&arp_tbl, &addr, h.dev));
	net_unlock(h.net);
}

static __be32 victim;

static void remove_victim(void)
{
	struct neighbour *n = neigh_lookup(&arp_tbl, &victim, h.dev);

	if (!n)
		return;
	neigh_remove_one(n);
	neigh_release(n);
}

static void making_room_in_a_queue_removes_the_entry(void **state)
{
	victim = address(10);
	set("net.ipv4.neigh.default.unres_qlen_bytes", "1");
	net_lock(h.net);
	make_waiting(victim);
	on_drop = remove_victim;
	make_waiting(victim);
	assert_int_equal(drops, 2);
	assert_null(__neigh_lookup_noref(&arp_tbl, &victim, h.dev));
	net_unlock(h.net);
}

/* However much the destructors make, they are not run inside each other. */
static unsigned int depth, deepest;

static void nested(void)
{
	if (++depth > deepest)
		deepest = depth;
	create_another();
	create_another();
	depth--;
}

static void destructors_do_not_nest(void **state)
{
	set("net.ipv4.neigh.default.gc_thresh2", "1");
	net_lock(h.net);
	for (unsigned int i = 10; i < 74; i++)
		make_waiting(address(i));
	net_unlock(h.net);
	set("net.ipv4.neigh.default.gc_thresh3", "1");
	deepest = 0;
	on_drop = nested;
	net_lock(h.net);
	neigh_ifdown(&arp_tbl, h.dev);
	assert_int_equal(drops, 64);
	assert_int_equal(deepest, 1);
	net_unlock(h.net);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_device_goes_down_while_the_table_is_collected),
		T(a_device_goes_down_while_the_table_grows),
		T(making_room_makes_the_entry),
		T(making_room_in_a_queue_removes_the_entry),
		T(destructors_do_not_nest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
