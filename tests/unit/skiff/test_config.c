// SPDX-License-Identifier: BSD-2-Clause
/* Devices, addresses and gateways from text: what is taken, and what is said about the rest. */
#include <sys/socket.h>
#include <unistd.h>

#include "wire_test.h"

static char err[400];

static int create(const char *text)
{
	strcpy(err, "untouched");
	return skiff_dev_create(h.net, text, err, sizeof(err));
}

static int open_net(void **state)
{
	BUG_ON(skiff_init());
	h.clock = skiff_clock_virtual(NSEC_PER_SEC, 0);
	h.net = skiff_net_create(&(struct skiff_net_params){ .clock = h.clock });
	skb_queue_head_init(&h.sent);
	return h.net ? 0 : -1;
}

static void loopback_is_up_from_the_start(void **state)
{
	struct net_device *lo;

	net_lock(h.net);
	lo = net_loopback_dev(h.net);
	assert_true(netif_running(lo));
	assert_true(inet_dev_has_addr(lo, htonl(INADDR_LOOPBACK)));
	assert_int_equal(inet_addr_type(h.net, htonl(0x7f010203)), RTN_LOCAL);
	net_unlock(h.net);
	assert_int_equal(skiff_dev_destroy(h.net, "lo"), -EPERM);
}

static void devices_from_text(void **state)
{
	struct net_device *dev;
	int index = create("dummy,name=sk0,addr=192.0.2.2/24,addr=198.51.100.7/32,mtu=1400,"
			   "mac=02:00:00:00:00:07");

	assert_string_equal(err, "");
	assert_true(index > 0);
	net_lock(h.net);
	dev = __dev_get_by_name(h.net, "sk0");
	assert_non_null(dev);
	assert_int_equal(dev->ifindex, index);
	assert_int_equal(dev->mtu, 1400);
	assert_int_equal(dev->dev_addr[5], 7);
	assert_true(netif_running(dev));
	assert_true(inet_dev_has_addr(dev, HOST_IP));
	assert_true(inet_dev_has_addr(dev, htonl(0xc6336407)));
	net_unlock(h.net);
	assert_true(create("dummy") > 0);
	assert_int_equal(skiff_dev_destroy(h.net, "sk0"), 0);
	assert_int_equal(skiff_dev_destroy(h.net, "sk0"), -ENODEV);
	assert_int_equal(skiff_dev_destroy(h.net, NULL), -ENODEV);
}

/* The option that a text begins with names its kind as well. */
static void sockets_from_text(void **state)
{
	struct net_device *dev;
	char text[64];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	snprintf(text, sizeof(text), "fd=%d,name=sk0,addr=192.0.2.2/24", pair[0]);
	assert_true(create(text) > 0);
	net_lock(h.net);
	dev = __dev_get_by_name(h.net, "sk0");
	assert_non_null(dev);
	assert_true(netif_running(dev) && netif_carrier_ok(dev));
	net_unlock(h.net);
	assert_int_equal(skiff_dev_destroy(h.net, "sk0"), 0);
	close(pair[0]);
	close(pair[1]);
}

static void texts_that_are_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *says;
	} cases[] = {
		{ NULL, -EINVAL, "KIND" },
		{ "", -EINVAL, "KIND" },
		{ "warp", -ENOENT, "warp" },
		{ "dummy,name", -EINVAL, "'name'" },
		{ "dummy,=x", -EINVAL, "'=x'" },
		{ "dummy,", -EINVAL, "key=value" },
		{ "dummy,name=", -EINVAL, "1 to 15" },
		{ "dummy,name=a/b", -EINVAL, "a/b" },
		{ "dummy,name=.", -EINVAL, "neither '.' nor '..'" },
		{ "dummy,name=sk%s", -EINVAL, "name=sk%s: '%' is accepted as one %d only" },
		{ "dummy,name=%d%d", -EINVAL, "as sk%d" },
		{ "dummy,addr=127.0.0.2/8", -EINVAL, "on a loopback device only" },
		{ "dummy,addr=192.0.2.2/0", -EINVAL, "prefix length 0" },
		{ "dummy,name=all", -EINVAL, "name=all: reserved" },
		{ "dummy,name=default", -EINVAL, "name=default: reserved" },
		{ "dummy,name=abcdefghijklmnop", -EINVAL, "abcdefghijklmnop" },
		{ "dummy,name=a,name=b", -EINVAL, "already a" },
		{ "dummy,name=lo", -EEXIST, "lo" },
		{ "dummy,addr=192.0.2.2", -EINVAL, "as 192.0.2.2/24, is accepted" },
		{ "dummy,addr=192.0.2.300/24", -EINVAL, "192.0.2.300/24" },
		{ "dummy,addr=192.0.2.2/33", -EINVAL, "192.0.2.2/33" },
		{ "dummy,addr=192.0.2.255/24", -EINVAL, "192.0.2.255/24" },
		{ "dummy,addr=224.0.0.1/24", -EINVAL, "224.0.0.1/24" },
		{ "dummy,addr=10.0.0.1/8,addr=10.0.0.1/8", -EEXIST, "10.0.0.1/8" },
		{ "dummy,mtu=1", -EINVAL, "mtu" },
		{ "dummy,mtu=x", -EINVAL, "mtu=x: not a number of bytes; 68 to 65521" },
		{ "dummy,mac=01:00:00:00:00:00", -EINVAL, "01:00:00:00:00:00" },
		{ "dummy,mac=zz", -EINVAL, "as 02:00:00:00:00:01, are accepted" },
		{ "dummy,colour=red", -ENOENT, "there are: mac, mtu, qdisc, delay" },
		{ "dummy,colour=red", -ENOENT, "limit, name, addr" },
		{ "dummy,server", -ENOENT, "server: dummy devices" },
		{ "name=sk0", -ENOENT, "name: no such kind" },
		{ "=", -EINVAL, "expected key=value" },
		{ "fd=x", -EINVAL, "fd=x: the number" },
		{ "fd=", -EINVAL, "fd=: the number" },
		{ "fd", -EINVAL, "fd= is missing" },
		{ "socket=/nowhere/x", -EINVAL, "nobody listens there" },
		{ "socket=/nowhere/x,server", -EINVAL, "No such file" },
		{ "socket=/nowhere/x,server=maybe", -EINVAL, "server=maybe: on or off" },
	};
	struct net_device *dev;
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = create(cases[i].text);

		if (ret != cases[i].error || !strstr(err, cases[i].says))
			fail_msg("%s: %d, %s", cases[i].text, ret, err);
	}
	assert_int_equal(skiff_dev_create(h.net, "warp", NULL, 0), -ENOENT);
	/* Nothing is left behind. */
	net_lock(h.net);
	for_each_netdev(h.net, dev)
		n++;
	net_unlock(h.net);
	assert_int_equal(n, 1);
}

static void long_texts(void **state)
{
	char text[3000];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(create(text), -EINVAL);
	memcpy(text, "dummy,", 6);
	assert_int_equal(create(text), -EINVAL);
	strcpy(text, "dummy");
	for (int i = 0; i < 17; i++)
		sprintf(text + strlen(text), ",addr=10.0.%d.1/24", i);
	assert_int_equal(create(text), -EINVAL);
	strcpy(text, "dummy");
	for (int i = 0; i < 33; i++)
		sprintf(text + strlen(text), ",x=%d", i);
	assert_int_equal(create(text), -EINVAL);
}

static void gateways_that_are_no_routers(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "192.0.2.2", "own address" },		{ "127.0.0.1", "own address" },
		{ "192.0.2.255", "broadcast address" }, { "255.255.255.255", "broadcast address" },
		{ "192.0.2.0", "network address" },	{ "224.0.0.1", "multicast" },
		{ "0.0.0.0", "not that of one host" },	{ "192.0.2", "as 192.0.2.1, is accepted" },
		{ "198.51.100.6", "own address" },
	};

	assert_true(create("dummy,addr=192.0.2.2/24,addr=198.51.100.6/31") > 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = skiff_gateway_set(h.net, cases[i].text, err, sizeof(err));

		if (ret != -EINVAL || !strstr(err, cases[i].says) || !strstr(err, "accepted"))
			fail_msg("%s: %d, %s", cases[i].text, ret, err);
	}
	/* A subnet of two has no broadcast address. */
	assert_int_equal(skiff_gateway_set(h.net, "198.51.100.7", err, sizeof(err)), 0);
}

static void addresses_and_gateways(void **state)
{
	assert_true(create("dummy,name=sk0,addr=192.0.2.2/24") > 0);
	assert_int_equal(skiff_addr_add(h.net, "sk0", "10.0.0.1/8", err, sizeof(err)), 0);
	assert_int_equal(skiff_addr_add(h.net, "sk1", "10.0.0.1/8", err, sizeof(err)), -ENODEV);
	assert_non_null(strstr(err, "sk1"));
	assert_int_equal(skiff_addr_add(h.net, "sk0", "10.0.0.1", err, sizeof(err)), -EINVAL);
	assert_int_equal(skiff_addr_add(h.net, "sk0", NULL, err, sizeof(err)), -EINVAL);
	assert_int_equal(skiff_addr_del(h.net, "sk0", "10.0.0.1", err, sizeof(err)), 0);
	assert_int_equal(skiff_addr_del(h.net, "sk0", "10.0.0.1/8", err, sizeof(err)),
			 -EADDRNOTAVAIL);
	assert_int_equal(skiff_addr_del(h.net, "sk0", "ten", err, sizeof(err)), -EINVAL);

	assert_int_equal(skiff_gateway_set(h.net, "192.0.2.x", err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "192.0.2.x"));
	assert_int_equal(skiff_gateway_set(h.net, "0.0.0.0", err, sizeof(err)), -EINVAL);
	assert_int_equal(skiff_gateway_set(h.net, "203.0.113.1", err, sizeof(err)), -ENETUNREACH);
	assert_non_null(strstr(err, "203.0.113.1"));
	assert_int_equal(skiff_gateway_set(h.net, "192.0.2.1", err, sizeof(err)), 0);
	assert_int_equal(skiff_gateway_set(h.net, "192.0.2.9", err, sizeof(err)), 0);
	net_lock(h.net);
	struct rtable *rt = ip_route_output(h.net, FAR_IP, 0, 0, 0);

	assert_false(IS_ERR(rt));
	assert_int_equal(rt->rt_gw4, htonl(0xc0000209));
	assert_true(rt->rt_uses_gateway);
	ip_rt_put(rt);
	net_unlock(h.net);
	/* One that will not do leaves the old one in place. */
	assert_int_equal(skiff_gateway_set(h.net, "203.0.113.1", err, sizeof(err)), -ENETUNREACH);
	net_lock(h.net);
	rt = ip_route_output(h.net, FAR_IP, 0, 0, 0);
	assert_false(IS_ERR(rt));
	ip_rt_put(rt);
	net_unlock(h.net);
	assert_int_equal(skiff_gateway_set(h.net, NULL, err, sizeof(err)), 0);
	net_lock(h.net);
	assert_int_equal(PTR_ERR(ip_route_output(h.net, FAR_IP, 0, 0, 0)), -ENETUNREACH);
	net_unlock(h.net);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_net, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(loopback_is_up_from_the_start),
		T(devices_from_text),
		T(sockets_from_text),
		T(long_texts),
		T(texts_that_are_refused),
		T(long_texts),
		T(addresses_and_gateways),
		T(gateways_that_are_no_routers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
