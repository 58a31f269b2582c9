// SPDX-License-Identifier: BSD-2-Clause
/* Neighbours as tools see them: added, deleted, listed as text. */
#include <arpa/inet.h>

#include <skiff/neighconf.h>

#include "wire_test.h"

static char err[300];

static int add(const char *dev, const char *addr, const char *lladdr, const char *state)
{
	int ret = skiff_neigh_add(h.net, dev, addr, lladdr, state, err, sizeof(err));

	assert_int_equal(ret == 0, err[0] == '\0');
	return ret;
}

static int del(const char *dev, const char *addr)
{
	int ret = skiff_neigh_del(h.net, dev, addr, err, sizeof(err));

	assert_int_equal(ret == 0, err[0] == '\0');
	return ret;
}

static int to_line(const struct skiff_neigh *n, void *arg)
{
	char *text = (char *)arg, addr[INET_ADDRSTRLEN];
	size_t used = strlen(text);

	assert_non_null(inet_ntop(AF_INET, &n->addr, addr, sizeof(addr)));
	snprintf(text + used, 1000 - used, "%s %s %s %s;", n->dev, addr, n->lladdr, n->state);
	return 0;
}

static const char *list(void)
{
	static char text[1000];

	text[0] = '\0';
	assert_int_equal(skiff_neigh_foreach(h.net, to_line, text), 0);
	return text;
}

static void ignore(struct net *net, const struct skiff_ping_result *result, void *arg)
{
}

static void entries_come_and_go(void **state)
{
	u8 g[FRAME_MAX];

	assert_string_equal(list(), "");
	assert_int_equal(add("wire0", "192.0.2.9", "02:00:00:00:00:09", NULL), 0);
	assert_int_equal(add("wire0", "192.0.2.7", "02:00:00:00:00:07", "stale"), 0);
	assert_int_equal(add("wire0", "192.0.2.10", "02:00:00:00:00:0a", "noarp"), 0);
	assert_int_equal(add("wire0", "192.0.2.1", "02:00:00:00:00:01", "reachable"), 0);
	assert_string_equal(list(), "wire0 192.0.2.1 02:00:00:00:00:01 REACHABLE;"
				    "wire0 192.0.2.7 02:00:00:00:00:07 STALE;"
				    "wire0 192.0.2.9 02:00:00:00:00:09 PERMANENT;"
				    "wire0 192.0.2.10 02:00:00:00:00:0a NOARP;");
	/* What is there is changed, also what is permanent. */
	assert_int_equal(add("wire0", "192.0.2.9", "02:00:00:00:00:99", "permanent"), 0);
	assert_int_equal(add("wire0", "192.0.2.1", "02:00:00:00:00:01", "permanent"), 0);
	assert_int_equal(del("wire0", "192.0.2.7"), 0);
	assert_int_equal(del("wire0", "192.0.2.10"), 0);
	assert_string_equal(list(), "wire0 192.0.2.1 02:00:00:00:00:01 PERMANENT;"
				    "wire0 192.0.2.9 02:00:00:00:00:99 PERMANENT;");
	/* And it is used: no question. */
	assert_int_equal(skiff_ping(h.net, &(struct skiff_ping_params){ .daddr.s_addr = PEER_IP },
				    ignore, NULL),
			 0);
	wire_run(&h);
	expect_icmp(g, ICMP_ECHO, 0);
}

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *dev, *addr, *lladdr, *state;
		int ret;
		const char *says;
	} cases[] = {
		{ "no", "192.0.2.9", "02:00:00:00:00:09", NULL, -ENODEV, "no such device" },
		{ NULL, "192.0.2.9", "02:00:00:00:00:09", NULL, -ENODEV, "no such device" },
		{ "wire0", "192.0.2", "02:00:00:00:00:09", NULL, -EINVAL, "is accepted" },
		{ "wire0", NULL, "02:00:00:00:00:09", NULL, -EINVAL, "is accepted" },
		{ "wire0", "192.0.2.2", "02:00:00:00:00:09", NULL, -EINVAL, "own" },
		{ "wire0", "192.0.2.255", "02:00:00:00:00:09", NULL, -EINVAL, "no single" },
		{ "wire0", "224.0.0.1", "02:00:00:00:00:09", NULL, -EINVAL, "no single" },
		{ "wire0", "192.0.2.9", "02:00:00:00:00", NULL, -EINVAL, "six pairs" },
		{ "wire0", "192.0.2.9", NULL, NULL, -EINVAL, "six pairs" },
		{ "wire0", "192.0.2.9", "03:00:00:00:00:09", NULL, -EINVAL, "single station" },
		{ "wire0", "192.0.2.9", "00:00:00:00:00:00", NULL, -EINVAL, "single station" },
		{ "wire0", "192.0.2.9", "02:00:00:00:00:09", "probing", -EINVAL, "permanent" },
		{ "wire0", "192.0.2.9", "02:00:00:00:00:09", "", -EINVAL, "permanent" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(add(cases[i].dev, cases[i].addr, cases[i].lladdr, cases[i].state),
				 cases[i].ret);
		assert_non_null(strstr(err, cases[i].says));
	}
	assert_int_equal(del("no", "192.0.2.9"), -ENODEV);
	assert_int_equal(del("wire0", "x"), -EINVAL);
	assert_int_equal(del("wire0", "192.0.2.9"), -ENOENT);
	net_lock(h.net);
	dev_close(h.dev);
	net_unlock(h.net);
	assert_int_equal(add("wire0", "192.0.2.9", "02:00:00:00:00:09", NULL), -ENETDOWN);
	assert_string_equal(list(), "");
	assert_int_equal(skiff_neigh_foreach(h.net, NULL, NULL), -EINVAL);
	/* Nobody has to listen. */
	assert_int_equal(skiff_neigh_add(h.net, "no", "x", "x", NULL, NULL, 0), -ENODEV);
}

static void proxies_come_and_go(void **state)
{
	assert_int_equal(skiff_neigh_proxy_add(h.net, "wire0", "198.51.100.9", err, sizeof(err)),
			 0);
	assert_int_equal(skiff_neigh_proxy_add(h.net, "wire0", "198.51.100.9", err, sizeof(err)),
			 0);
	assert_int_equal(skiff_neigh_proxy_add(h.net, NULL, "198.51.100.10", err, sizeof(err)), 0);
	assert_string_equal(list(), " 198.51.100.10  PROXY;wire0 198.51.100.9  PROXY;");
	assert_int_equal(skiff_neigh_proxy_add(h.net, "no", "198.51.100.9", err, sizeof(err)),
			 -ENODEV);
	assert_int_equal(skiff_neigh_proxy_add(h.net, NULL, "192.0.2.2", err, sizeof(err)),
			 -EINVAL);
	assert_int_equal(skiff_neigh_proxy_del(h.net, NULL, "198.51.100.9", err, sizeof(err)),
			 -ENOENT);
	assert_non_null(strstr(err, "all devices"));
	assert_int_equal(skiff_neigh_proxy_del(h.net, "wire0", "198.51.100.9", err, sizeof(err)),
			 0);
	assert_int_equal(skiff_neigh_proxy_del(h.net, NULL, "198.51.100.10", err, sizeof(err)), 0);
	assert_string_equal(list(), "");
}

static int stop_at_second(const struct skiff_neigh *n, void *arg)
{
	return ++*(int *)arg == 2 ? 42 : 0;
}

static void a_listing_can_be_ended(void **state)
{
	int seen = 0;

	for (int i = 3; i < 9; i++) {
		char addr[32];

		snprintf(addr, sizeof(addr), "192.0.2.%d", i);
		assert_int_equal(add("wire0", addr, "02:00:00:00:00:09", NULL), 0);
	}
	assert_int_equal(skiff_neigh_foreach(h.net, stop_at_second, &seen), 42);
	assert_int_equal(seen, 2);
}

/* Whatever cannot be had, nothing is left half-done. */
static void memory_ends(void **state)
{
	long n = 0;
	int ret;

	do {
		skiff_fail_nth(++n);
		ret = skiff_neigh_add(h.net, "wire0", "192.0.2.9", "02:00:00:00:00:09", NULL, err,
				      sizeof(err));
		skiff_fail_nth(0);
		assert_int_equal(ret == 0, strcmp(list(), "") != 0);
	} while (ret == -ENOBUFS);
	assert_int_equal(ret, 0);
	n = 0;
	do {
		skiff_fail_nth(++n);
		ret = skiff_neigh_proxy_add(h.net, NULL, "198.51.100.9", err, sizeof(err));
		skiff_fail_nth(0);
	} while (ret == -ENOMEM);
	assert_int_equal(ret, 0);
	n = 0;
	do {
		char text[1000] = "";

		skiff_fail_nth(++n);
		ret = skiff_neigh_foreach(h.net, to_line, text);
		skiff_fail_nth(0);
	} while (ret == -ENOMEM);
	assert_int_equal(ret, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_stranger, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(entries_come_and_go),	   T(mistakes_are_told), T(proxies_come_and_go),
		T(a_listing_can_be_ended), T(memory_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
