// SPDX-License-Identifier: BSD-2-Clause
/* What flags mean to drivers: always promiscuous, and IFF_NOARP with a static table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/drivers.h>
#include <skiff/skb/pool.h>

#include "drivers/flagdev.h"

static struct skiff_clock *test_clock;
static struct net *net;

static struct {
	unsigned int count, for_us;
	char last[IFNAMSIZ];
	u8 from[FLAGDEV_ALEN];
} got;

static int handle(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	got.count++;
	got.for_us += skb->pkt_type == PACKET_HOST;
	strcpy(got.last, dev->name);
	dev_parse_header(skb, got.from);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

/* Handlers drop what is for others by themselves; this one counts it. */
static struct packet_type tap = { .func = handle };

static int setup(void **state)
{
	struct skiff_net_params params = { .seed = 1 };
	int ret;

	memset(&got, 0, sizeof(got));
	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	ret = skiff_driver_register(&air_driver);
	assert_true(!ret || ret == -EALREADY);
	ret = skiff_driver_register(&circuit_driver);
	assert_true(!ret || ret == -EALREADY);
	tap.type = htons(ETH_P_IP);
	dev_add_pack(&tap);
	params.clock = test_clock = skiff_clock_virtual(0, 0);
	net = skiff_net_create(&params);
	assert_non_null(net);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(skiff_net_destroy(net), 0);
	skiff_clock_put(test_clock);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static struct net_device *create(const char *kind, const char *name, const char *const *options,
				 size_t n)
{
	struct net_device *dev;
	char err[256];

	if (skiff_driver_create(net, kind, name, options, n, &dev, err, sizeof(err)))
		fail_msg("%s", err);
	net_lock(net);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(net);
	return dev;
}

static struct net_device *station(const char *kind, const char *name)
{
	char option[32];
	const char *list = option;

	snprintf(option, sizeof(option), "station=%s", name);
	return create(kind, name, &list, 1);
}

/* A packet that begins as IPv4's does, to 10.0.0.@host. Return: what the header said. */
static int send_to(struct net_device *dev, u8 host, const char *to)
{
	const u8 ip[20] = { 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, host };
	u8 station_addr[FLAGDEV_ALEN] = { 0 };
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);
	int ret;

	skb_reserve(skb, 64);
	skb_put_data(skb, ip, sizeof(ip));
	skb_reset_network_header(skb);
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	if (to)
		memcpy(station_addr, to, strlen(to));
	net_lock(net);
	ret = dev_hard_header(skb, dev, ETH_P_IP, to ? station_addr : NULL, NULL, skb->len);
	dev_queue_xmit(skb);
	net_unlock(net);
	assert_int_equal(skiff_clock_run_until(test_clock, skiff_clock_now(test_clock)), 0);
	return ret;
}

static void test_the_air_has_no_secrets(void **state)
{
	struct net_device *alice = station("air", "ALICE");
	struct net_device *carol;

	station("air", "BOB");
	carol = station("air", "CAROL");
	assert_int_equal(send_to(alice, 2, "BOB"), FLAGDEV_HLEN);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.for_us, 1);
	assert_memory_equal(got.from, "ALICE\0", FLAGDEV_ALEN);
	/* It says so, and nobody can turn it off. */
	net_lock(net);
	assert_true(carol->flags & IFF_PROMISC);
	assert_int_equal(dev_change_flags(carol, dev_get_flags(carol) & ~(unsigned int)IFF_PROMISC,
					  NULL),
			 0);
	assert_true(carol->flags & IFF_PROMISC);
	net_unlock(net);
	send_to(alice, 2, "BOB");
	assert_int_equal(got.count, 4);
	/* Who is not up hears nothing, and wants nothing. */
	net_lock(net);
	dev_close(carol);
	assert_false(carol->flags & IFF_PROMISC);
	net_unlock(net);
	send_to(alice, 2, "BOB");
	assert_int_equal(got.count, 5);
}

static void test_circuits_by_the_table(void **state)
{
	static const char *const options[] = { "station=ALICE", "to=10.0.0.2@BOB",
					       "to=10.0.0.3@CAROL" };
	struct net_device *alice = create("circuit", "ALICE", options, 3);
	struct net_device *carol;

	station("circuit", "BOB");
	carol = station("circuit", "CAROL");
	assert_true(alice->flags & IFF_NOARP);
	/* Whoever asked for what address: the table decides. */
	assert_int_equal(send_to(alice, 2, NULL), FLAGDEV_HLEN);
	assert_int_equal(got.count, 1);
	assert_string_equal(got.last, "BOB");
	assert_int_equal(send_to(alice, 3, "BOB"), FLAGDEV_HLEN);
	assert_int_equal(got.count, 2);
	assert_string_equal(got.last, "CAROL");
	assert_int_equal(got.for_us, 2);
	/* To nobody that it knows. */
	assert_int_equal(send_to(alice, 4, "BOB"), -FLAGDEV_HLEN);
	assert_int_equal(got.count, 2);
	assert_int_equal(alice->stats.tx_errors, 1);
	assert_int_equal(flagdev_of(alice)->unknown, 1);
	/* Others hear it when they ask for that. */
	net_lock(net);
	dev_set_promiscuity(carol, 1);
	net_unlock(net);
	send_to(alice, 2, NULL);
	assert_int_equal(got.count, 4);
	assert_int_equal(got.for_us, 3);
}

static void test_kinds_do_not_hear_each_other(void **state)
{
	struct net_device *alice = station("air", "ALICE");

	station("circuit", "BOB");
	send_to(alice, 2, "BOB");
	assert_int_equal(got.count, 0);
	unregister_netdev(alice);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *kind, *option, *says;
	} cases[] = {
		{ "air", "station=", "1 to 6 characters" },
		{ "air", "station=TOOLONG", "station=TOOLONG: 1 to 6" },
		{ "air", "to=10.0.0.1@BOB", "no such option" },
		{ "circuit", "to=10.0.0.256@BOB", "ADDRESS@STATION" },
		{ "circuit", "to=10.0.0.1", "ADDRESS@STATION" },
		{ "circuit", "to=10.0.0.1@", "ADDRESS@STATION" },
		{ "circuit", "mac=02:00:00:00:00:01", "has no address" },
	};
	struct net_device *dev;
	char err[512];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (!skiff_driver_create(net, cases[i].kind, "x", &cases[i].option, 1, &dev, err,
					 sizeof(err)) ||
		    !strstr(err, cases[i].says))
			fail_msg("%s: %s", cases[i].option, err);
}

#define with_host(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_host(test_the_air_has_no_secrets),
		with_host(test_circuits_by_the_table),
		with_host(test_kinds_do_not_hear_each_other),
		with_host(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
