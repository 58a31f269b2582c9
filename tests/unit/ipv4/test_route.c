// SPDX-License-Identifier: BSD-2-Clause
/* Addresses and routes: what follows from an address, longest prefix, gateways, what is refused. */
#include "wire_test.h"

#define IP(a, b, c, d) htonl((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static int add(struct net_device *dev, __be32 addr, unsigned int len)
{
	int ret;

	net_lock(h.net);
	ret = inet_insert_ifa(dev, addr, len);
	net_unlock(h.net);
	return ret;
}

static int del(__be32 addr)
{
	int ret;

	net_lock(h.net);
	ret = inet_del_ifa(h.dev, addr);
	net_unlock(h.net);
	return ret;
}

static int insert(struct fib_config cfg)
{
	int ret;

	if (!cfg.fc_type)
		cfg.fc_type = RTN_UNICAST;
	net_lock(h.net);
	ret = fib_table_insert(h.net, &cfg);
	net_unlock(h.net);
	return ret;
}

/* Return: the next hop (in wire order), or a negative errno; the source that was chosen. */
static s64 way_to(__be32 daddr, __be32 *saddr)
{
	struct flowi4 fl4 = { .daddr = daddr };
	struct rtable *rt;
	s64 ret;

	net_lock(h.net);
	rt = ip_route_output_key(h.net, &fl4);
	if (IS_ERR(rt)) {
		ret = PTR_ERR(rt);
	} else {
		ret = (s64)(u32)rt_nexthop(rt, daddr);
		ip_rt_put(rt);
	}
	net_unlock(h.net);
	if (saddr)
		*saddr = fl4.saddr;
	return ret;
}

static unsigned int type_of(__be32 addr)
{
	unsigned int type;

	net_lock(h.net);
	type = inet_addr_type(h.net, addr);
	net_unlock(h.net);
	return type;
}

static void count_route(const struct fib_config *cfg, void *arg)
{
	(*(unsigned int *)arg)++;
}

static unsigned int routes(void)
{
	unsigned int n = 0;

	net_lock(h.net);
	fib_for_each(h.net, count_route, &n);
	net_unlock(h.net);
	return n;
}

static void kinds_of_addresses(void **state)
{
	assert_int_equal(type_of(HOST_IP), RTN_LOCAL);
	assert_int_equal(type_of(PEER_IP), RTN_UNICAST);
	assert_int_equal(type_of(BCAST_IP), RTN_BROADCAST);
	assert_int_equal(type_of(IP(255, 255, 255, 255)), RTN_BROADCAST);
	assert_int_equal(type_of(IP(0, 0, 0, 0)), RTN_BROADCAST);
	assert_int_equal(type_of(IP(224, 0, 0, 1)), RTN_MULTICAST);
	assert_int_equal(type_of(IP(127, 0, 0, 1)), RTN_LOCAL);
	assert_int_equal(type_of(IP(127, 255, 1, 2)), RTN_LOCAL);
	assert_int_equal(type_of(FAR_IP), RTN_UNICAST);
}

/* The first address of a subnet stands for it: the others go with it, or take its place. */
static void secondary_addresses(void **state)
{
	const __be32 second = IP(192, 0, 2, 5), other = IP(192, 0, 9, 1);
	__be32 saddr;

	assert_int_equal(add(h.dev, second, 24), 0);
	assert_int_equal(add(h.dev, other, 24), 0);
	way_to(PEER_IP, &saddr);
	assert_int_equal(saddr, HOST_IP);
	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.conf.all.promote_secondaries", "1", NULL, 0), 0);
	assert_int_equal(del(HOST_IP), 0);
	way_to(PEER_IP, &saddr);
	assert_int_equal(saddr, second);
	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.conf.all.promote_secondaries", "0", NULL, 0), 0);
	assert_int_equal(add(h.dev, HOST_IP, 24), 0);
	assert_int_equal(del(second), 0);
	assert_int_equal(del(HOST_IP), -EADDRNOTAVAIL);
	assert_int_equal(del(other), 0);
}

static void addresses_that_are_none(void **state)
{
	static const struct {
		u32 addr;
		unsigned int len;
	} cases[] = {
		{ 0x7f000002, 8 },  { 0xc0000202, 0 },	{ 0x00000000, 24 }, { 0x00010203, 24 },
		{ 0xe0000001, 24 }, { 0xffffffff, 24 }, { 0xc0000a00, 24 }, { 0xc0000aff, 24 },
		{ 0xc0000a01, 33 }, { 0xc0000a03, 30 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(add(h.dev, htonl(cases[i].addr), cases[i].len), -EINVAL);
	assert_int_equal(add(h.dev, HOST_IP, 16), -EEXIST);
	assert_int_equal(del(PEER_IP), -EADDRNOTAVAIL);
	/* RFC 3021, and a single one. */
	assert_int_equal(add(h.dev, IP(192, 0, 10, 0), 31), 0);
	assert_int_equal(add(h.dev, IP(192, 0, 11, 255), 32), 0);
	for (u32 i = 0; i < INET_IFADDR_MAX - 3; i++)
		assert_int_equal(add(h.dev, htonl(0x0a000001 + i * 256), 24), 0);
	assert_int_equal(add(h.dev, IP(10, 9, 9, 9), 24), -ENOSPC);
}

static void routes_come_and_go_with_addresses(void **state)
{
	unsigned int before = routes();
	__be32 saddr;

	assert_int_equal(way_to(IP(192, 0, 10, 7), NULL), -ENETUNREACH);
	assert_int_equal(add(h.dev, IP(192, 0, 10, 1), 24), 0);
	assert_int_equal(way_to(IP(192, 0, 10, 7), &saddr), IP(192, 0, 10, 7));
	assert_int_equal(saddr, IP(192, 0, 10, 1));
	/* A second one in the subnet inherits it, when that is wanted. */
	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.conf.all.promote_secondaries", "1", NULL, 0), 0);
	assert_int_equal(add(h.dev, IP(192, 0, 10, 2), 24), 0);
	assert_int_equal(del(IP(192, 0, 10, 1)), 0);
	assert_int_equal(type_of(IP(192, 0, 10, 1)), RTN_UNICAST);
	assert_int_equal(way_to(IP(192, 0, 10, 7), &saddr), IP(192, 0, 10, 7));
	assert_int_equal(saddr, IP(192, 0, 10, 2));
	assert_int_equal(type_of(IP(192, 0, 10, 255)), RTN_BROADCAST);
	assert_int_equal(del(IP(192, 0, 10, 2)), 0);
	assert_int_equal(way_to(IP(192, 0, 10, 7), NULL), -ENETUNREACH);
	assert_int_equal(routes(), before);
}

static void the_longest_prefix_wins(void **state)
{
	static const struct {
		u32 dst;
		u8 len;
		u8 gw;
	} table[] = {
		{ 0x00000000, 0, 10 },	{ 0x0a000000, 8, 11 },	{ 0x0a140000, 16, 12 },
		{ 0x0a141e00, 24, 13 }, { 0x0a141e28, 32, 14 }, { 0x0a141e80, 25, 15 },
	};
	u32 seed = 1;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(
			insert((struct fib_config){ .fc_dst = htonl(table[i].dst),
						    .fc_dst_len = table[i].len,
						    .fc_gw4 = htonl(0xc0000200 + table[i].gw) }),
			0);
	for (int n = 0; n < 5000; n++) {
		u32 addr, best_len = 0, gw = 0;

		seed = seed * 1664525 + 1013904223;
		addr = 0x0a141e00 ^ (seed >> (seed & 31));
		if (addr >> 28 >= 14 || addr >> 24 == 0 || addr >> 24 == 127 ||
		    addr >> 8 == 0xc00002)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
			u32 mask = table[i].len ? ~0u << (32 - table[i].len) : 0;

			if ((addr & mask) == table[i].dst && table[i].len >= best_len) {
				best_len = table[i].len;
				gw = 0xc0000200u + table[i].gw;
			}
		}
		assert_int_equal(way_to(htonl(addr), NULL), htonl(gw));
	}
}

static void routes_that_are_refused(void **state)
{
	assert_int_equal(insert((struct fib_config){ .fc_gw4 = FAR_IP }), -ENETUNREACH);
	assert_int_equal(insert((struct fib_config){ .fc_gw4 = HOST_IP }), -ENETUNREACH);
	assert_int_equal(insert((struct fib_config){ .fc_gw4 = BCAST_IP }), -ENETUNREACH);
	assert_int_equal(insert((struct fib_config){ 0 }), -EINVAL);
	assert_int_equal(insert((struct fib_config){ .fc_oif = 999 }), -ENODEV);
	assert_int_equal(insert((struct fib_config){
				 .fc_dst = FAR_IP, .fc_dst_len = 24, .fc_gw4 = PEER_IP }),
			 -EINVAL);
	assert_int_equal(insert((struct fib_config){ .fc_dst_len = 33, .fc_gw4 = PEER_IP }),
			 -EINVAL);
	assert_int_equal(insert((struct fib_config){ .fc_type = RTN_NAT, .fc_gw4 = PEER_IP }),
			 -EINVAL);
	assert_int_equal(insert((struct fib_config){ .fc_gw4 = PEER_IP }), 0);
	assert_int_equal(insert((struct fib_config){ .fc_gw4 = PEER_IP }), -EEXIST);
	assert_int_equal(insert((struct fib_config){
				 .fc_type = RTN_UNREACHABLE, .fc_dst = FAR_IP, .fc_dst_len = 32 }),
			 0);
	assert_int_equal(way_to(FAR_IP, NULL), -EHOSTUNREACH);
}

/* The device is that of the route to everywhere, and the packet is for all there, not for a gateway. */
static void broadcast_to_all(void **state)
{
	const __be32 all = IP(255, 255, 255, 255);
	struct flowi4 fl4 = { .daddr = all };
	struct rtable *rt;
	__be32 saddr;

	assert_int_equal(way_to(all, NULL), -ENETUNREACH);
	assert_int_equal(insert((struct fib_config){ .fc_gw4 = PEER_IP }), 0);
	assert_int_equal(way_to(all, &saddr), (s64)(u32)all);
	assert_int_equal(saddr, HOST_IP);
	net_lock(h.net);
	rt = ip_route_output_key(h.net, &fl4);
	assert_false(IS_ERR(rt));
	assert_int_equal(rt->rt_type, RTN_BROADCAST);
	ip_rt_put(rt);
	net_unlock(h.net);
}

static void sources_that_are_refused(void **state)
{
	static const u32 bad[] = { 0xe0000001, 0xffffffff };
	struct rtable *rt;

	net_lock(h.net);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(PTR_ERR(ip_route_output(h.net, PEER_IP, htonl(bad[i]), 0, 0)),
				 -EINVAL);
	/* Addresses of others, and of all. */
	assert_int_equal(PTR_ERR(ip_route_output(h.net, PEER_IP, PEER_IP, 0, 0)), -ENETUNREACH);
	assert_int_equal(PTR_ERR(ip_route_output(h.net, PEER_IP, BCAST_IP, 0, 0)), -ENETUNREACH);
	/* 127/8 stays inside. */
	assert_int_equal(PTR_ERR(ip_route_output(h.net, PEER_IP, IP(127, 0, 0, 1), 0, 0)), -EINVAL);
	assert_int_equal(PTR_ERR(ip_route_output(h.net, PEER_IP, 0, 0, 99)), -ENODEV);
	rt = ip_route_output(h.net, PEER_IP, HOST_IP, 0, h.dev->ifindex);
	assert_false(IS_ERR(rt));
	assert_ptr_equal(rt->dst.dev, h.dev);
	assert_int_equal(dst_mtu(&rt->dst), 1500);
	assert_ptr_equal(dst_check(&rt->dst, 0), &rt->dst);
	net_unlock(h.net);
	/* A change of the table, and it has to be looked up again. */
	assert_int_equal(add(h.dev, IP(192, 0, 10, 1), 24), 0);
	net_lock(h.net);
	assert_null(dst_check(&rt->dst, 0));
	ip_rt_put(rt);
	net_unlock(h.net);
}

/* How a packet from @saddr to this host's @daddr comes in: a kind of route, or a negative errno. */
static int way_in(__be32 daddr, __be32 saddr)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);
	int ret;

	net_lock(h.net);
	ret = ip_route_input_noref(skb, daddr, saddr, 0, h.dev);
	if (!ret)
		ret = dst_rtable(skb_dst(skb))->rt_type;
	consume_skb(skb);
	net_unlock(h.net);
	return ret;
}

/* What was found for one packet does for the next ones, but not after the table has changed. */
static void ways_in_are_remembered(void **state)
{
	const __be32 more = IP(192, 0, 2, 77);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(way_in(HOST_IP, PEER_IP), RTN_LOCAL);
		assert_int_equal(way_in(HOST_IP, more), RTN_LOCAL);
		assert_int_equal(way_in(more, PEER_IP), RTN_UNREACHABLE);
	}
	/* Its own address now: no other may send from it, and packets to it are welcome. */
	assert_int_equal(add(h.dev, more, 24), 0);
	assert_int_equal(way_in(HOST_IP, more), -EINVAL);
	assert_int_equal(way_in(more, PEER_IP), RTN_LOCAL);
	assert_int_equal(way_in(more, PEER_IP), RTN_LOCAL);
	assert_int_equal(del(more), 0);
	assert_int_equal(way_in(more, PEER_IP), RTN_UNREACHABLE);
	assert_int_equal(way_in(HOST_IP, more), RTN_LOCAL);
	/* More sources than are remembered. */
	for (u32 i = 1; i < 200; i++)
		assert_int_equal(way_in(HOST_IP, IP(203, 0, 113, i)), RTN_LOCAL);
	assert_int_equal(way_in(HOST_IP, IP(255, 255, 255, 255)), -EINVAL);
}

/* Who still has a route when the device goes has one that leads nowhere. */
static void a_device_goes(void **state)
{
	struct rtable *rt;
	struct sk_buff *skb;

	assert_int_equal(insert((struct fib_config){ .fc_gw4 = PEER_IP }), 0);
	net_lock(h.net);
	rt = ip_route_output(h.net, FAR_IP, 0, 0, 0);
	assert_false(IS_ERR(rt));
	dev_close(h.dev);
	net_unlock(h.net);
	assert_int_equal(way_to(FAR_IP, NULL), -ENETUNREACH);
	assert_int_equal(way_to(PEER_IP, NULL), -ENETUNREACH);
	assert_int_equal(type_of(HOST_IP), RTN_LOCAL);
	unregister_netdev(h.dev);
	assert_int_equal(type_of(HOST_IP), RTN_UNICAST);
	net_lock(h.net);
	skb = alloc_skb(100, GFP_KERNEL);
	skb_dst_set(skb, &rt->dst);
	dst_output(h.net, NULL, skb);
	net_unlock(h.net);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* No device has them, but a route says that they are this host's own: packets may come from them. */
static void addresses_by_a_route(void **state)
{
	const __be32 own = IP(203, 0, 113, 7);
	struct flowi4 fl4 = { .daddr = PEER_IP, .saddr = own };
	struct rtable *rt;

	assert_int_equal(way_in(own, PEER_IP), RTN_UNREACHABLE);
	net_lock(h.net);
	assert_null(__ip_dev_find(h.net, own));
	assert_ptr_equal(__ip_dev_find(h.net, IP(127, 1, 2, 3)), net_loopback_dev(h.net));
	assert_int_equal(PTR_ERR(ip_route_output_key(h.net, &fl4)), -ENETUNREACH);
	net_unlock(h.net);
	/* To everywhere: what a subnet is on a link for has a longer prefix. */
	assert_int_equal(insert((struct fib_config){ .fc_type = RTN_LOCAL,
						     .fc_scope = RT_SCOPE_HOST,
						     .fc_oif = h.dev->ifindex }),
			 0);
	assert_int_equal(way_in(own, PEER_IP), RTN_LOCAL);
	assert_int_equal(way_in(HOST_IP, own), -EINVAL);
	net_lock(h.net);
	assert_ptr_equal(__ip_dev_find(h.net, own), h.dev);
	assert_null(__ip_dev_find(h.net, PEER_IP));
	rt = ip_route_output_key(h.net, &fl4);
	assert_false(IS_ERR(rt));
	assert_ptr_equal(rt->dst.dev, h.dev);
	ip_rt_put(rt);
	net_unlock(h.net);
}

static struct rtable *route_of(__be32 daddr, __be32 saddr)
{
	struct flowi4 fl4 = { .daddr = daddr, .saddr = saddr };
	struct rtable *rt;

	net_lock(h.net);
	rt = ip_route_output_key(h.net, &fl4);
	assert_false(IS_ERR(rt));
	ip_rt_put(rt);
	net_unlock(h.net);
	return rt;
}

/* What was asked for lately is found again, until what it rests on is another. */
static void ways_out_are_remembered(void **state)
{
	const __be32 gw = IP(192, 0, 2, 77), host = IP(192, 0, 2, 200), own = IP(192, 0, 2, 9);
	struct fib_config cfg = { .fc_dst = host, .fc_dst_len = 32, .fc_gw4 = gw };
	struct rtable *rt = route_of(host, 0);
	struct sock sk = { .sk_daddr = host };
	__be32 saddr;

	assert_ptr_equal(route_of(host, 0), rt);
	assert_int_equal(way_to(host, &saddr), host);
	assert_int_equal(saddr, HOST_IP);
	/* A longer prefix, and without it again. */
	assert_int_equal(insert(cfg), 0);
	assert_int_equal(way_to(host, NULL), gw);
	assert_int_equal(way_to(host, NULL), gw);
	cfg.fc_type = RTN_UNICAST;
	net_lock(h.net);
	assert_int_equal(fib_table_delete(h.net, &cfg), 0);
	net_unlock(h.net);
	assert_int_equal(way_to(host, NULL), host);
	/* A source counts as long as it is an address of the host's. */
	assert_int_equal(add(h.dev, own, 24), 0);
	route_of(host, own);
	route_of(host, own);
	assert_int_equal(del(own), 0);
	net_lock(h.net);
	assert_int_equal(PTR_ERR(ip_route_output_key(h.net, &(struct flowi4){ .daddr = host,
									      .saddr = own })),
			 -ENETUNREACH);
	/* A destination has got a path of its own. */
	rt = ip_route_output_key(h.net, &(struct flowi4){ .daddr = host });
	rt->dst.ops->update_pmtu(&rt->dst, &sk, NULL, 1000, false);
	ip_rt_put(rt);
	rt = ip_route_output_key(h.net, &(struct flowi4){ .daddr = host });
	assert_int_equal(dst_mtu(&rt->dst), 1000);
	ip_rt_put(rt);
	net_unlock(h.net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(kinds_of_addresses),	    T(secondary_addresses),
		T(addresses_that_are_none), T(routes_come_and_go_with_addresses),
		T(the_longest_prefix_wins), T(routes_that_are_refused),
		T(broadcast_to_all),	    T(sources_that_are_refused),
		T(a_device_goes),	    T(ways_in_are_remembered),
		T(addresses_by_a_route),    T(ways_out_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
