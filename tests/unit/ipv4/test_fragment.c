// SPDX-License-Identifier: BSD-2-Clause
/* Fragments that arrive: in any order, overlapping, too many, too late, against a naive twin. */
#include <skiff/protocol.h>

#include "ipv4/ipv4.h"
#include "wire_test.h"

#define TEST_PROTO 253 /* RFC 3692 */

static struct {
	u8 data[65536];
	size_t len;
	int count;
	u8 tos;
} got;
static u8 payload[65536];

static int test_rcv(struct sk_buff *skb)
{
	got.len = skb->len;
	got.count++;
	got.tos = ip_hdr(skb)->tos;
	assert_int_equal(ip_hdr(skb)->frag_off & ~htons(IP_DF), 0);
	assert_int_equal(ntohs(ip_hdr(skb)->tot_len), skb->len + ip_hdrlen(skb));
	assert_int_equal(skb_copy_bits(skb, 0, got.data, (int)skb->len), 0);
	consume_skb(skb);
	return 0;
}

static const struct net_protocol test_protocol = { .handler = test_rcv };

static size_t fragment(u8 *f, u16 id, size_t at, size_t len, bool more, u8 tos)
{
	size_t n;

	n = frame_ip(f, PEER_IP, HOST_IP, TEST_PROTO, payload + at, len);
	wire_put16(f + ETH_HLEN, 4, id);
	wire_put16(f + ETH_HLEN, 6, (u16)(at / 8 | (more ? IP_MF : 0)));
	f[ETH_HLEN + 1] = tos;
	frame_fix_ip(f);
	return n;
}

static void inject_tos(u16 id, size_t at, size_t len, bool more, u8 tos)
{
	u8 f[FRAME_MAX];

	wire_inject(&h, f, fragment(f, id, at, len, more, tos));
}

static void inject(u16 id, size_t at, size_t len, bool more)
{
	inject_tos(id, at, len, more, 0);
}

static long frag_mem(void)
{
	return ip_frag_mem(h.net);
}

static void expect_whole(size_t len)
{
	assert_int_equal(got.count, 1);
	assert_int_equal(got.len, len);
	assert_memory_equal(got.data, payload, len);
	assert_int_equal(frag_mem(), 0);
	got.count = 0;
}

static u32 rnd = 1;

static u32 next_random(u32 below)
{
	rnd = rnd * 1664525 + 1013904223;
	return (rnd >> 8) % below;
}

/* All orders of five fragments, the last one of an odd length. */
static void all_orders(void **state)
{
	int order[5], used, i, n;

	for (n = 0; n < 5 * 5 * 5 * 5 * 5; n++) {
		int rest = n;

		for (used = 0, i = 0; i < 5; i++, rest /= 5) {
			order[i] = rest % 5;
			used |= 1 << order[i];
		}
		if (used != 31)
			continue;
		for (i = 0; i < 5; i++) {
			assert_int_equal(got.count, 0);
			inject((u16)n, (size_t)order[i] * 104, order[i] == 4 ? 33 : 104,
			       order[i] != 4);
		}
		expect_whole(4 * 104 + 33);
	}
	assert_int_equal(wire_snmp(&h, "IpReasmOKs"), 120);
	assert_int_equal(wire_snmp(&h, "IpReasmReqds"), 600);
	assert_int_equal(wire_snmp(&h, "IpReasmFails"), 0);
}

/* What a receiver without any cleverness makes of the same fragments. */
static struct {
	u8 there[8192];
	size_t len, units;
	bool last;
	bool dead;
} twin;

static bool twin_add(size_t at, size_t len, bool more)
{
	size_t end = at + len, u, some = 0;

	if (more)
		end &= ~(size_t)7;
	if (end <= at || end + 20 > 65535 || (twin.last && end > twin.len) ||
	    (!more && (end < twin.len || (twin.last && end != twin.len))))
		goto dead;
	for (u = at / 8; u < (end + 7) / 8; u++)
		some += twin.there[u];
	if (some == (end + 7) / 8 - at / 8)
		return false;
	if (some)
		goto dead;
	for (u = at / 8; u < (end + 7) / 8; u++)
		twin.there[u] = 1;
	twin.units += u - at / 8;
	twin.len = end > twin.len ? end : twin.len;
	twin.last |= !more;
	return twin.last && twin.units == (twin.len + 7) / 8;
dead:
	twin.dead = true;
	return false;
}

static void random_fragments(void **state)
{
	int whole = 0, overlaps = 0;

	for (u16 id = 1; id < 3000; id++) {
		size_t total = 1 + next_random(300);
		bool done = false;

		memset(&twin, 0, sizeof(twin));
		for (int i = 0; i < 60 && !done && !twin.dead; i++) {
			size_t at = next_random((u32)total) & ~7u, len = 8u + next_random(40) * 8u;
			bool more = at + len < total;

			if (!next_random(30))
				len++;
			if (!more)
				len = total - at + !next_random(60);
			/* Mostly along a grid, or nearly all would overlap. */
			if (next_random(20)) {
				at = at / 40 * 40;
				len = min((size_t)40, total - at);
				more = at + 40 < total;
			}
			/* That would be no fragment. */
			if (!at && !more)
				continue;
			done = twin_add(at, len, more);
			inject(id, at, len, more);
			assert_int_equal(got.count, done);
		}
		whole += done;
		overlaps += twin.dead;
		if (done)
			expect_whole(twin.len);
		if (twin.dead)
			assert_int_equal(frag_mem(), 0);
		wire_sleep(&h, 31 * NSEC_PER_SEC);
		assert_int_equal(frag_mem(), 0);
		wire_drop_sent(&h);
	}
	assert_true(whole > 500);
	assert_true(overlaps > 100);
}

static void largest_packet(void **state)
{
	size_t at;

	for (at = 0; at < 65000; at += 1000)
		inject(7, at, 1000, true);
	inject(7, 65000, 515, false);
	expect_whole(65515);
	/* One byte more than a packet can have. */
	for (at = 0; at < 65000; at += 1000)
		inject(8, at, 1000, true);
	inject(8, 65000, 516, false);
	assert_int_equal(got.count, 0);
	assert_int_equal(frag_mem(), 0);
	assert_int_equal(wire_snmp(&h, "IpReasmFails"), 1);
}

/* RFC 1122 section 3.3.2: told only when the first fragment came. */
static void time_is_up(void **state)
{
	u8 f[FRAME_MAX], first[FRAME_MAX];
	size_t len = fragment(first, 3, 0, 800, true, 0);

	inject(2, 800, 8, false);
	wire_inject(&h, first, len);
	wire_sleep(&h, 30 * NSEC_PER_SEC - 1);
	assert_true(frag_mem() > 0);
	expect_nothing();
	wire_sleep(&h, 1);
	assert_int_equal(frag_mem(), 0);
	expect_icmp_about(f, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, first);
	expect_nothing();
	assert_int_equal(wire_snmp(&h, "IpReasmTimeout"), 2);
	assert_int_equal(wire_snmp(&h, "IpReasmFails"), 2);
}

static void overlaps_are_dropped_whole(void **state)
{
	inject(1, 0, 80, true);
	inject(1, 72, 80, true);
	assert_int_equal(wire_snmp(&h, "IpExtReasmOverlaps"), 1);
	assert_int_equal(frag_mem(), 0);
	/* A duplicate does no harm. */
	inject(2, 0, 80, true);
	inject(2, 0, 80, true);
	inject(2, 80, 8, false);
	expect_whole(88);
	/* Even so it may be the one that tells the end. */
	inject(3, 8, 80, true);
	inject(3, 80, 8, false);
	inject(3, 0, 8, true);
	expect_whole(88);
}

/* CVE-2018-5391: many tiny pieces, never whole; memory has its limit, and others still get through. */
static void floods_are_bounded(void **state)
{
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ipfrag_high_thresh", "300000", NULL, 0),
			 0);
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ipfrag_low_thresh", "200000", NULL, 0),
			 0);
	for (u16 id = 1; id < 4000; id++) {
		inject(id, 8u * (1 + id % 5000), 8, true);
		assert_true(frag_mem() < 310000);
	}
	assert_true(frag_mem() > 100000);
	inject(5000, 0, 8, true);
	inject(5000, 8, 8, false);
	assert_int_equal(got.count, 1);
	got.count = 0;
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ipfrag_high_thresh", "0", NULL, 0), 0);
	inject(5001, 0, 8, true);
	inject(5001, 8, 8, false);
	assert_int_equal(got.count, 0);
	assert_int_equal(frag_mem(), 0);
}

static void far_apart(void **state)
{
	inject(1, 0, 8, true);
	for (u16 id = 100; id < 100 + 65; id++)
		inject(id, 0, 8, true);
	/* So many later it may be another packet's. */
	inject(1, 8, 8, false);
	assert_int_equal(got.count, 0);
	inject(2, 0, 8, true);
	for (u16 id = 200; id < 200 + 63; id++)
		inject(id, 0, 8, true);
	inject(2, 8, 8, false);
	assert_int_equal(got.count, 1);
	got.count = 0;
}

/* RFC 3168 section 5.3. */
static void congestion_marks(void **state)
{
	for (u8 a = 0; a < 4; a++) {
		for (u8 b = 0; b < 4; b++) {
			u16 id = (u16)(1 + a * 4 + b);

			inject_tos(id, 0, 8, true, a);
			inject_tos(id, 8, 8, false, b);
			if (a != b && (!a || !b)) {
				assert_int_equal(got.count, 0);
				continue;
			}
			assert_int_equal(got.count, 1);
			got.count = 0;
			assert_int_equal(got.tos, a == 3 || b == 3 ? 3 : a);
		}
	}
}

static int setup_proto(void **state)
{
	memset(&got, 0, sizeof(got));
	return setup(state);
}

static int setup_group(void **state)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (u8)(i * 7 + i / 251);
	return skiff_init() || inet_add_protocol(&test_protocol, TEST_PROTO);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_proto, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(all_orders), T(random_fragments),	      T(largest_packet),
		T(time_is_up), T(overlaps_are_dropped_whole), T(floods_are_bounded),
		T(far_apart),  T(congestion_marks),
	};

	return cmocka_run_group_tests(tests, setup_group, NULL);
}
