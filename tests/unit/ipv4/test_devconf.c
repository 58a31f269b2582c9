// SPDX-License-Identifier: BSD-2-Clause
/* Settings under net.ipv4.conf: defaults, inheritance, which of all and a device's counts, effects. */
#include <skiff/igmp.h>

#include "wire_test.h"

#define CONF "net.ipv4.conf."

/* 198.51.100.0/24 is behind the second device. */
#define SECOND_IP htonl(0xc6336402)
#define BEHIND_IP htonl(0xc6336409)
#define LO_IP htonl(INADDR_LOOPBACK)

static struct net_device *second;
static const u8 data[8] = "payload";

static netdev_tx_t swallow(struct sk_buff *skb, struct net_device *dev)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops second_ops = {
	.ndo_start_xmit = swallow,
	.ndo_set_mac_address = eth_mac_addr,
};

static struct net_device *another(const char *name)
{
	struct net_device *dev = alloc_etherdev(0);

	strcpy(dev->name, name);
	dev->netdev_ops = &second_ops;
	dev->needs_free_netdev = true;
	dev_net_set(dev, h.net);
	eth_hw_addr_set(dev, other_mac);
	assert_int_equal(register_netdev(dev), 0);
	return dev;
}

static int two_links(void **state)
{
	wire_host_open(&h);
	wire_teach_peer(&h);
	second = another("wire1");
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(second, SECOND_IP, 24), 0);
	assert_int_equal(dev_open(second, NULL), 0);
	net_unlock(h.net);
	wire_run(&h);
	return 0;
}

static int try_set(const char *name, const char *value)
{
	return skiff_sysctl_set(h.net, name, value, NULL, 0);
}

static void set(const char *name, const char *value)
{
	assert_int_equal(try_set(name, value), 0);
}

static void expect_setting(const char *name, const char *value)
{
	char text[32];

	assert_true(skiff_sysctl_get(h.net, name, text, sizeof(text)) > 0);
	assert_string_equal(text, value);
}

static void defaults(void **state)
{
	static const struct {
		const char *name, *all, *device;
	} vars[] = {
		{ "accept_local", "0", "0" },
		{ "accept_redirects", "1", "1" },
		{ "accept_source_route", "0", "1" },
		{ "drop_unicast_in_l2_multicast", "0", "0" },
		{ "force_igmp_version", "0", "0" },
		{ "forwarding", "0", "0" },
		{ "igmpv2_unsolicited_report_interval", "10000", "10000" },
		{ "igmpv3_unsolicited_report_interval", "1000", "1000" },
		{ "ignore_routes_with_linkdown", "0", "0" },
		{ "log_martians", "0", "0" },
		{ "mc_forwarding", "0", "0" },
		{ "medium_id", "0", "0" },
		{ "promote_secondaries", "0", "0" },
		{ "route_localnet", "0", "0" },
		{ "rp_filter", "0", "0" },
		{ "secure_redirects", "1", "1" },
		{ "shared_media", "1", "1" },
		{ "tag", "0", "0" },
	};
	char name[80];

	for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
		snprintf(name, sizeof(name), CONF "all.%s", vars[i].name);
		expect_setting(name, vars[i].all);
		snprintf(name, sizeof(name), CONF "default.%s", vars[i].name);
		expect_setting(name, vars[i].device);
		snprintf(name, sizeof(name), CONF "wire1.%s", vars[i].name);
		expect_setting(name, vars[i].device);
	}
}

/* Devices follow the default until they have a value of their own; those to come begin with it. */
static void inheritance(void **state)
{
	set(CONF "wire0.rp_filter", "2");
	set(CONF "default.rp_filter", "1");
	expect_setting(CONF "wire0.rp_filter", "2");
	expect_setting(CONF "wire1.rp_filter", "1");
	another("wire2");
	expect_setting(CONF "wire2.rp_filter", "1");
	set(CONF "all.rp_filter", "2");
	expect_setting(CONF "wire1.rp_filter", "1");
}

static void ranges(void **state)
{
	assert_int_equal(try_set(CONF "wire0.rp_filter", "3"), -EINVAL);
	assert_int_equal(try_set(CONF "wire0.rp_filter", "-1"), -EINVAL);
	assert_int_equal(try_set(CONF "wire0.accept_local", "2"), -EINVAL);
	assert_int_equal(try_set(CONF "wire0.force_igmp_version", "4"), -EINVAL);
	assert_int_equal(try_set(CONF "wire0.medium_id", "-2"), -EINVAL);
	assert_int_equal(try_set(CONF "wire0.igmpv2_unsolicited_report_interval", "3600001"),
			 -EINVAL);
	assert_int_equal(try_set(CONF "wire0.tag", "-2000000000"), 0);
	assert_int_equal(try_set(CONF "wire0.medium_id", "-1"), 0);
	/* This host is no router. */
	assert_true(try_set(CONF "all.forwarding", "1") < 0);
	assert_true(try_set(CONF "all.mc_forwarding", "1") < 0);
	assert_true(try_set(CONF "all.send_redirects", "1") < 0);
}

static u8 f[FRAME_MAX];

static size_t frame_from(__be32 saddr, __be32 daddr)
{
	u8 udp[WIRE_UDP_HLEN + sizeof(data)];

	BUG_ON(wire_udp_build(udp, 4000, 5000, sizeof(data)));
	memcpy(udp + WIRE_UDP_HLEN, data, sizeof(data));
	wire_udp_set_csum(udp, saddr, daddr);
	return frame_ip(f, saddr, daddr, IPPROTO_UDP, udp, sizeof(udp));
}

/* It came as far as UDP, where nobody has the port. */
static void expect_arrival(size_t len)
{
	u64 before = wire_snmp(&h, "UdpNoPorts");

	wire_inject(&h, f, len);
	assert_int_equal(wire_snmp(&h, "UdpNoPorts"), before + 1);
	wire_drop_sent(&h);
}

static void reverse_path(void **state)
{
	static const struct {
		const char *all, *device;
		bool behind, far;
	} modes[] = {
		{ "0", "0", true, true },  { "1", "0", false, false }, { "0", "1", false, false },
		{ "2", "1", true, false }, { "1", "2", true, false },  { "0", "2", true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		set(CONF "all.rp_filter", modes[i].all);
		set(CONF "wire0.rp_filter", modes[i].device);
		expect_arrival(frame_from(PEER_IP, HOST_IP));
		if (modes[i].behind)
			expect_arrival(frame_from(BEHIND_IP, HOST_IP));
		else
			expect_silent_drop(f, frame_from(BEHIND_IP, HOST_IP),
					   SKB_DROP_REASON_IP_RPFILTER, NULL);
		if (modes[i].far)
			expect_arrival(frame_from(htonl(0x0a000001), HOST_IP));
		else
			expect_silent_drop(f, frame_from(htonl(0x0a000001), HOST_IP),
					   SKB_DROP_REASON_IP_RPFILTER, NULL);
	}
}

static void own_addresses(void **state)
{
	expect_silent_drop(f, frame_from(SECOND_IP, HOST_IP), SKB_DROP_REASON_IP_INADDRERRORS,
			   "IpInAddrErrors");
	set(CONF "all.log_martians", "1");
	expect_silent_drop(f, frame_from(SECOND_IP, HOST_IP), SKB_DROP_REASON_IP_INADDRERRORS,
			   "IpInAddrErrors");
	set(CONF "wire0.accept_local", "1");
	expect_arrival(frame_from(SECOND_IP, HOST_IP));
	/* Strict, the way back to oneself does no harm. */
	set(CONF "wire0.rp_filter", "1");
	expect_arrival(frame_from(SECOND_IP, HOST_IP));
	set(CONF "wire0.accept_local", "0");
	expect_silent_drop(f, frame_from(SECOND_IP, HOST_IP), SKB_DROP_REASON_IP_INADDRERRORS,
			   NULL);
}

static void loopback_from_outside(void **state)
{
	expect_silent_drop(f, frame_from(PEER_IP, LO_IP), SKB_DROP_REASON_IP_INADDRERRORS, NULL);
	set(CONF "all.route_localnet", "1");
	expect_arrival(frame_from(PEER_IP, LO_IP));
	set(CONF "all.route_localnet", "0");
	expect_silent_drop(f, frame_from(PEER_IP, LO_IP), SKB_DROP_REASON_IP_INADDRERRORS, NULL);
}

static void unicast_to_all(void **state)
{
	size_t len = frame_from(PEER_IP, HOST_IP);

	memcpy(f, bcast_mac, ETH_ALEN);
	expect_arrival(len);
	set(CONF "wire0.drop_unicast_in_l2_multicast", "1");
	expect_silent_drop(f, len, SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST, NULL);
	expect_arrival(frame_from(PEER_IP, HOST_IP));
}

static long way_to(__be32 daddr)
{
	struct flowi4 fl4 = { .daddr = daddr };
	struct rtable *rt;
	long ret;

	net_lock(h.net);
	rt = ip_route_output_key(h.net, &fl4);
	ret = IS_ERR(rt) ? PTR_ERR(rt) : 0;
	if (!IS_ERR(rt))
		ip_rt_put(rt);
	net_unlock(h.net);
	return ret;
}

static void carrier(struct net_device *dev, bool on)
{
	net_lock(h.net);
	if (on)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
	net_unlock(h.net);
	wire_sleep(&h, 2 * NSEC_PER_SEC);
}

static void routes_without_carrier(void **state)
{
	assert_int_equal(way_to(BEHIND_IP), 0);
	carrier(second, false);
	assert_int_equal(way_to(BEHIND_IP), 0);
	set(CONF "wire1.ignore_routes_with_linkdown", "1");
	assert_int_equal(way_to(BEHIND_IP), -ENETUNREACH);
	/* Its own address stays reachable. */
	assert_int_equal(way_to(SECOND_IP), 0);
	carrier(second, true);
	assert_int_equal(way_to(BEHIND_IP), 0);
}

static size_t secondaries(const char *value)
{
	size_t left;

	set(CONF "wire1.promote_secondaries", value);
	net_lock(h.net);
	assert_int_equal(inet_insert_ifa(second, htonl(0xc6336403), 24), 0);
	assert_int_equal(inet_del_ifa(second, SECOND_IP), 0);
	left = __in_dev_get(second)->ifa_count;
	if (left)
		assert_int_equal(inet_del_ifa(second, htonl(0xc6336403)), 0);
	assert_int_equal(inet_insert_ifa(second, SECOND_IP, 24), 0);
	net_unlock(h.net);
	return left;
}

static void heirs(void **state)
{
	assert_int_equal(secondaries("0"), 0);
	assert_int_equal(secondaries("1"), 1);
}

/* Both have to allow it. */
static void source_routes(void **state)
{
	static const u8 lsrr[] = { 131, 7, 8, 192, 0, 2, 1, 0 };
	size_t len = frame_from(PEER_IP, HOST_IP);

	memmove(f + ETH_HLEN + 28, f + ETH_HLEN + 20, len - ETH_HLEN - 20);
	memcpy(f + ETH_HLEN + 20, lsrr, sizeof(lsrr));
	f[ETH_HLEN] = 0x47;
	f[ETH_HLEN + 3] = (u8)(f[ETH_HLEN + 3] + 8);
	frame_fix_ip(f);
	len += 8;
	expect_drop(f, len, SKB_DROP_REASON_IP_OPTIONS, NULL);
	set(CONF "all.accept_source_route", "1");
	expect_arrival(len);
	set(CONF "wire0.accept_source_route", "0");
	expect_drop(f, len, SKB_DROP_REASON_IP_OPTIONS, NULL);
}

static size_t reports(u8 type)
{
	size_t n = 0;

	while (wire_take(&h, f))
		n += f[ETH_HLEN + 9] == IPPROTO_IGMP && f[ETH_HLEN + 24] == type;
	return n;
}

static void join(bool in)
{
	const __be32 group = htonl(0xe9fc0001);

	net_lock(h.net);
	if (in)
		ip_mc_inc_group(__in_dev_get(h.dev), group);
	else
		ip_mc_dec_group(__in_dev_get(h.dev), group);
	net_unlock(h.net);
}

static void group_reports(void **state)
{
	set(CONF "wire0.force_igmp_version", "2");
	set(CONF "wire0.igmpv2_unsolicited_report_interval", "100");
	join(true);
	wire_sleep(&h, 101 * NSEC_PER_MSEC);
	assert_int_equal(reports(0x16), 2);
	/* The one of all comes first. */
	set(CONF "all.force_igmp_version", "3");
	set(CONF "wire0.igmpv3_unsolicited_report_interval", "5000");
	join(false);
	wire_sleep(&h, 10 * (ktime_t)NSEC_PER_SEC);
	assert_int_equal(reports(0x16), 0);
}

#define D(name) cmocka_unit_test_setup_teardown(name, two_links, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		D(defaults),	   D(inheritance),
		D(ranges),	   D(reverse_path),
		D(own_addresses),  D(loopback_from_outside),
		D(unicast_to_all), D(routes_without_carrier),
		D(heirs),	   D(source_routes),
		D(group_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
