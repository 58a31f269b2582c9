// SPDX-License-Identifier: BSD-2-Clause
/* IGMP: what routers hear of joins and leaves, queries of all versions, and hostile ones. */
#include "ipv4/igmp.h"
#include "wire_test.h"

#define GROUP htonl(0xe1020304) /* 225.2.3.4 */
#define V3_ROUTERS htonl(0xe0000016)

static u8 query[64];

/* The next packet has to be IGMP to @daddr with a router alert. Return: the message, NULL: none. */
static const u8 *take_igmp(u8 *f, __be32 daddr)
{
	size_t len = wire_take(&h, f);
	const u8 *ip = f + ETH_HLEN;

	if (!len)
		return NULL;
	assert_int_equal(wire_eth_type(f), ETH_P_IP);
	assert_int_equal(f[0], 0x01);
	assert_int_equal(wire_ip_check(ip, len - ETH_HLEN), WIRE_IP_OK);
	assert_int_equal(wire_ip_protocol(ip), IPPROTO_IGMP);
	assert_int_equal(wire_ip_daddr(ip), daddr);
	assert_int_equal(wire_ip_saddr(ip), HOST_IP);
	assert_int_equal(ip[8], 1);
	assert_memory_equal(ip + 20, "\x94\x04\x00\x00", 4);
	assert_int_equal(ip_compute_csum(wire_ip_payload(ip), (int)wire_ip_payload_len(ip)), 0);
	return wire_ip_payload(ip);
}

/* A version 3 report with one record. */
static void expect_record(u8 type, unsigned int sources)
{
	u8 f[FRAME_MAX];
	const u8 *msg = take_igmp(f, V3_ROUTERS);
	__be32 group = GROUP;

	assert_non_null(msg);
	assert_int_equal(msg[0], 0x22);
	assert_int_equal(wire_get16(msg, 6), 1);
	assert_int_equal(msg[8], type);
	assert_int_equal(wire_get16(msg, 10), sources);
	assert_memory_equal(msg + 12, &group, 4);
}

static void expect_old(u8 type, __be32 daddr)
{
	u8 f[FRAME_MAX];
	const u8 *msg = take_igmp(f, daddr);

	assert_non_null(msg);
	assert_int_equal(msg[0], type);
}

static void join(void)
{
	net_lock(h.net);
	assert_int_equal(ip_mc_inc_group(__in_dev_get(h.dev), GROUP), 0);
	net_unlock(h.net);
}

static void leave(void)
{
	net_lock(h.net);
	ip_mc_dec_group(__in_dev_get(h.dev), GROUP);
	net_unlock(h.net);
}

static void inject_igmp(const u8 *msg, size_t len, u8 ttl)
{
	u8 f[FRAME_MAX], m[FRAME_MAX];
	__sum16 sum;
	size_t n;

	memcpy(m, msg, len);
	if (len >= 4) {
		memset(m + 2, 0, 2);
		sum = ip_compute_csum(m, (int)len);
		memcpy(m + 2, &sum, 2);
	}
	n = frame_ip(f, PEER_IP, htonl(INADDR_ALLHOSTS_GROUP), IPPROTO_IGMP, m, len);
	f[ETH_HLEN + 8] = ttl;
	frame_fix_ip(f);
	wire_inject(&h, f, n);
}

static void ask(u8 code, __be32 group, size_t len)
{
	memset(query, 0, sizeof(query));
	query[0] = 0x11;
	query[1] = code;
	memcpy(query + 4, &group, 4);
	inject_igmp(query, len, 1);
}

static void join_and_leave(void **state)
{
	join();
	wire_sleep(&h, 2 * (ktime_t)NSEC_PER_MSEC);
	expect_record(IGMPV3_CHANGE_TO_EXCLUDE, 0);
	expect_nothing();
	/* In case it was lost. */
	wire_sleep(&h, NSEC_PER_SEC + NSEC_PER_MSEC);
	expect_record(IGMPV3_CHANGE_TO_EXCLUDE, 0);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_nothing();
	/* Somebody else wants it as well: nothing new. */
	join();
	leave();
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_nothing();
	leave();
	wire_sleep(&h, 2 * (ktime_t)NSEC_PER_MSEC);
	expect_record(IGMPV3_CHANGE_TO_INCLUDE, 0);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_record(IGMPV3_CHANGE_TO_INCLUDE, 0);
	expect_nothing();
}

static void join_quietly(void)
{
	join();
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	wire_drop_sent(&h);
}

static void sources(void **state)
{
	const __be32 srcs[] = { htonl(0x0a000001), htonl(0x0a000002), htonl(0x0a000003) };
	struct in_device *in_dev = __in_dev_get(h.dev);

	net_lock(h.net);
	assert_int_equal(__ip_mc_inc_group(in_dev, GROUP, MCAST_INCLUDE), 0);
	assert_int_equal(ip_mc_add_src(in_dev, GROUP, MCAST_INCLUDE, srcs, 2), 0);
	net_unlock(h.net);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_record(IGMPV3_ALLOW_NEW_SOURCES, 2);
	expect_record(IGMPV3_ALLOW_NEW_SOURCES, 2);
	expect_nothing();
	net_lock(h.net);
	ip_mc_del_src(in_dev, GROUP, MCAST_INCLUDE, srcs, 1);
	net_unlock(h.net);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_record(IGMPV3_BLOCK_OLD_SOURCES, 1);
	expect_record(IGMPV3_BLOCK_OLD_SOURCES, 1);
	expect_nothing();
	/* Asked about one that is wanted, and one that is not. */
	memset(query, 0, sizeof(query));
	query[0] = 0x11;
	query[1] = 10;
	memcpy(query + 4, &(__be32){ GROUP }, 4);
	query[8] = 2;
	query[11] = 2;
	memcpy(query + 12, srcs + 1, 8);
	inject_igmp(query, 20, 1);
	wire_sleep(&h, NSEC_PER_SEC + NSEC_PER_MSEC);
	expect_record(IGMPV3_MODE_IS_INCLUDE, 1);
	expect_nothing();
}

static void queries(void **state)
{
	join_quietly();
	/* All groups, version 3: within ten seconds. */
	ask(100, 0, 12);
	expect_nothing();
	wire_sleep(&h, 10 * NSEC_PER_SEC + NSEC_PER_MSEC);
	expect_record(IGMPV3_MODE_IS_EXCLUDE, 0);
	expect_nothing();
	ask(10, GROUP, 12);
	wire_sleep(&h, NSEC_PER_SEC + NSEC_PER_MSEC);
	expect_record(IGMPV3_MODE_IS_EXCLUDE, 0);
	/* Of a group that nobody wants. */
	ask(10, htonl(0xe1020305), 12);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_nothing();
}

static void older_queriers(void **state)
{
	join_quietly();
	ask(100, 0, 8);
	wire_sleep(&h, 10 * NSEC_PER_SEC + NSEC_PER_MSEC);
	expect_old(0x16, GROUP);
	/* Who reported last says when it leaves. */
	leave();
	wire_sleep(&h, NSEC_PER_SEC);
	expect_old(0x17, htonl(INADDR_ALLRTRS_GROUP));
	expect_nothing();
	join();
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_old(0x16, GROUP);
	expect_old(0x16, GROUP);
	expect_nothing();
	ask(0, 0, 8);
	wire_sleep(&h, 10 * NSEC_PER_SEC + NSEC_PER_MSEC);
	expect_old(0x12, GROUP);
	leave();
	wire_sleep(&h, 400 * NSEC_PER_SEC);
	expect_nothing();
	/* Neither is heard any more. */
	join();
	wire_sleep(&h, NSEC_PER_SEC);
	expect_record(IGMPV3_CHANGE_TO_EXCLUDE, 0);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	wire_drop_sent(&h);
}

static void others_reports(void **state)
{
	u8 report[8] = { 0x16 };

	join_quietly();
	memcpy(report + 4, &(__be32){ GROUP }, 4);
	ask(100, 0, 8);
	inject_igmp(report, 8, 1);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_nothing();
	/* And then the other one says when it leaves. */
	leave();
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_nothing();
}

static void hostile_messages(void **state)
{
	u32 rnd = 1;

	join_quietly();
	/* From beyond the link, too short, more sources than there are, sources of no group. */
	memset(query, 0, sizeof(query));
	query[0] = 0x11;
	query[1] = 10;
	inject_igmp(query, 12, 64);
	for (size_t len = 0; len < 12; len++)
		if (len != 8)
			inject_igmp(query, len, 1);
	query[11] = 1;
	inject_igmp(query, 12, 1);
	inject_igmp(query, 16, 1);
	memcpy(query + 4, &(__be32){ GROUP }, 4);
	query[10] = 0xff;
	inject_igmp(query, 64, 1);
	wire_sleep(&h, 100 * NSEC_PER_SEC);
	expect_nothing();
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof(query); k++) {
			rnd = rnd * 1664525 + 1013904223;
			query[k] = (u8)(rnd >> 24);
		}
		query[0] = rnd & 1024 ? 0x11 : query[0];
		inject_igmp(query, rnd % sizeof(query), 1);
		if (!(i % 100)) {
			wire_sleep(&h, 10 * NSEC_PER_SEC);
			wire_drop_sent(&h);
		}
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(join_and_leave), T(sources),	      T(queries),
		T(older_queriers), T(others_reports), T(hostile_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
