// SPDX-License-Identifier: BSD-2-Clause
/* Path MTUs and redirects: believed when they quote what we sent, bounded, forgotten in time. */
#include "ipv4/ipv4.h"
#include "wire_test.h"

#define GATEWAY PEER_IP
#define GATEWAY2 htonl(0xc0000203) /* 192.0.2.3 */

static u32 mtu_to(__be32 daddr)
{
	struct flowi4 fl4 = { .daddr = daddr };
	struct rtable *rt;
	u32 mtu;

	net_lock(h.net);
	rt = ip_route_output_key(h.net, &fl4);
	assert_false(IS_ERR(rt));
	mtu = dst_mtu(&rt->dst);
	ip_rt_put(rt);
	net_unlock(h.net);
	return mtu;
}

static __be32 gateway_to(__be32 daddr)
{
	struct flowi4 fl4 = { .daddr = daddr };
	struct rtable *rt;
	__be32 gw;

	net_lock(h.net);
	rt = ip_route_output_key(h.net, &fl4);
	assert_false(IS_ERR(rt));
	gw = rt->rt_gw4;
	ip_rt_put(rt);
	net_unlock(h.net);
	return gw;
}

/* An error that quotes an ICMP message of 1,500 bytes from @saddr to @daddr. */
static void inject_error(u8 type, u8 code, u32 rest, __be32 saddr, __be32 daddr)
{
	u8 f[FRAME_MAX], quote[WIRE_IP_HLEN + 8] = { 0 };
	const struct wire_ip_fields fields = { .ttl = 64,
					       .protocol = IPPROTO_ICMP,
					       .payload_len = 1480,
					       .saddr = saddr,
					       .daddr = daddr };

	assert_int_equal(wire_ip_build(quote, sizeof(quote), &fields), WIRE_IP_HLEN);
	quote[WIRE_IP_HLEN] = ICMP_ECHOREPLY;
	wire_inject(&h, f, frame_icmp(f, type, code, rest, quote, sizeof(quote)));
}

static void too_big(u32 mtu, __be32 saddr, __be32 daddr)
{
	inject_error(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu, saddr, daddr);
}

static int open_default(void **state)
{
	struct fib_config c = { .fc_gw4 = GATEWAY, .fc_type = RTN_UNICAST };
	int err = setup(state);

	net_lock(h.net);
	if (!err)
		err = fib_table_insert(h.net, &c);
	net_unlock(h.net);
	return err;
}

static void learned_and_forgotten(void **state)
{
	assert_int_equal(mtu_to(FAR_IP), 1500);
	too_big(1400, HOST_IP, FAR_IP);
	assert_int_equal(mtu_to(FAR_IP), 1400);
	assert_int_equal(mtu_to(htonl(0xc6336402)), 1500);
	/* Never more than is known. */
	too_big(1450, HOST_IP, FAR_IP);
	assert_int_equal(mtu_to(FAR_IP), 1400);
	too_big(1300, HOST_IP, FAR_IP);
	assert_int_equal(mtu_to(FAR_IP), 1300);
	wire_sleep(&h, 600 * NSEC_PER_SEC - 1);
	assert_int_equal(mtu_to(FAR_IP), 1300);
	wire_sleep(&h, 1);
	assert_int_equal(mtu_to(FAR_IP), 1500);
	assert_int_equal(ipv4_net(h.net)->nr_exceptions, 0);
}

static void not_believed(void **state)
{
	/* Not from us, more than the path was known to take, and with learning off. */
	too_big(1400, PEER_IP, FAR_IP);
	too_big(1501, HOST_IP, FAR_IP);
	too_big(9000, HOST_IP, FAR_IP);
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ip_no_pmtu_disc", "2", NULL, 0), 0);
	too_big(1400, HOST_IP, FAR_IP);
	assert_int_equal(mtu_to(FAR_IP), 1500);
	assert_int_equal(ipv4_net(h.net)->nr_exceptions, 0);
}

static void less_than_every_path(void **state)
{
	static const u32 mtus[] = { 0, 1, 67, 68, 551 };
	struct flowi4 fl4 = { .daddr = FAR_IP };
	struct rtable *rt;

	for (size_t i = 0; i < ARRAY_SIZE(mtus); i++) {
		too_big(mtus[i], HOST_IP, FAR_IP);
		assert_int_equal(mtu_to(FAR_IP), 552);
	}
	net_lock(h.net);
	rt = ip_route_output_key(h.net, &fl4);
	assert_true(ip_mtu_locked(&rt->dst));
	ip_rt_put(rt);
	net_unlock(h.net);
}

static void bounded(void **state)
{
	for (u32 i = 0; i < RT_EXCEPTIONS_MAX + 100; i++)
		too_big(1400, HOST_IP, htonl(0x08000000 + i));
	assert_int_equal(ipv4_net(h.net)->nr_exceptions, RT_EXCEPTIONS_MAX);
	assert_int_equal(mtu_to(htonl(0x08000000)), 1500);
	assert_int_equal(mtu_to(htonl(0x08000000 + 500)), 1400);
}

static void teach_gateway2(void)
{
	u8 f[FRAME_MAX];

	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, other_mac, GATEWAY2, NULL, HOST_IP));
	wire_drop_sent(&h);
}

static void redirect(__be32 gw)
{
	inject_error(ICMP_REDIRECT, ICMP_REDIR_HOST, ntohl(gw), HOST_IP, FAR_IP);
}

static void redirects(void **state)
{
	assert_int_equal(gateway_to(FAR_IP), GATEWAY);
	/* A gateway that does not answer is none: it is asked first. */
	redirect(GATEWAY2);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY);
	expect_arp(WIRE_ARP_REQUEST, bcast_mac, HOST_IP, GATEWAY2);
	teach_gateway2();
	/* No gateways at all: us, groups, broadcasts. */
	redirect(HOST_IP);
	redirect(htonl(0xe0000001));
	redirect(BCAST_IP);
	redirect(0);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY);
	redirect(GATEWAY2);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY2);
	/* From who is not the gateway any more. */
	redirect(GATEWAY);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY2);
	assert_int_equal(gateway_to(htonl(0xc6336402)), GATEWAY);
	wire_sleep(&h, 300 * NSEC_PER_SEC);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY);
	wire_drop_sent(&h);
}

/* For all devices, and those that there are: either would be enough to allow it. */
static void set_conf(const char *name, const char *value)
{
	char full[80];

	snprintf(full, sizeof(full), "net.ipv4.conf.all.%s", name);
	assert_int_equal(skiff_sysctl_set(h.net, full, value, NULL, 0), 0);
	snprintf(full, sizeof(full), "net.ipv4.conf.default.%s", name);
	assert_int_equal(skiff_sysctl_set(h.net, full, value, NULL, 0), 0);
}

static void redirects_refused(void **state)
{
	teach_gateway2();
	set_conf("accept_redirects", "0");
	redirect(GATEWAY2);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY);
	set_conf("accept_redirects", "1");
	/* Only gateways that we know, when the link is nobody else's. */
	set_conf("shared_media", "0");
	redirect(GATEWAY2);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY);
	set_conf("secure_redirects", "0");
	redirect(GATEWAY2);
	assert_int_equal(gateway_to(FAR_IP), GATEWAY2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_default, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(learned_and_forgotten),
		T(not_believed),
		T(less_than_every_path),
		T(bounded),
		T(redirects),
		T(redirects_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
