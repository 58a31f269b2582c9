// SPDX-License-Identifier: BSD-2-Clause
/* Routes from text: what is taken, and what is said about the rest. */
#include <skiff/route.h>

#include "wire_test.h"

static char err[600];
static struct fib_config found;
static struct dst_metrics found_metrics;
static int n_found;

static int open_far(void **state)
{
	n_found = 0;
	return setup(state);
}

static void take(const struct fib_config *cfg, void *arg)
{
	if (cfg->fc_dst != *(__be32 *)arg || cfg->fc_type == RTN_LOCAL)
		return;
	n_found++;
	found = *cfg;
	memset(&found_metrics, 0, sizeof(found_metrics));
	if (cfg->fc_metrics)
		found_metrics = *cfg->fc_metrics;
}

/* How many routes to @daddr there are; the last one is found, with found_metrics. */
static int find(__be32 daddr)
{
	n_found = 0;
	net_lock(h.net);
	fib_for_each(h.net, take, &daddr);
	net_unlock(h.net);
	return n_found;
}

static u32 metric(int type)
{
	return found_metrics.metrics[type - 1];
}

static int add(const char *text)
{
	strcpy(err, "untouched");
	return skiff_route_add(h.net, text, err, sizeof(err));
}

static void words_of_a_route(void **state)
{
	assert_int_equal(
		add("198.51.100.0/24 via 192.0.2.1 dev wire0 src 192.0.2.2 metric 7 tos 0x10"), 0);
	assert_string_equal(err, "");
	assert_int_equal(find(htonl(0xc6336400)), 1);
	assert_int_equal(found.fc_dst_len, 24);
	assert_int_equal(found.fc_type, RTN_UNICAST);
	assert_int_equal(found.fc_scope, RT_SCOPE_UNIVERSE);
	assert_int_equal(found.fc_gw4, PEER_IP);
	assert_int_equal(found.fc_oif, h.dev->ifindex);
	assert_int_equal(found.fc_prefsrc, HOST_IP);
	assert_int_equal(found.fc_priority, 7);
	assert_int_equal(found.fc_tos, 0x10);
	assert_null(found.fc_metrics);
	assert_int_equal(add("\t198.51.100.1   dev\twire0 \n"), 0);
	assert_int_equal(find(FAR_IP), 1);
	assert_int_equal(found.fc_dst_len, 32);
	assert_int_equal(found.fc_scope, RT_SCOPE_LINK);
	assert_int_equal(add("default via 192.0.2.1"), 0);
	assert_int_equal(find(0), 1);
	assert_int_equal(add("unreachable 203.0.113.0/24"), 0);
	assert_int_equal(find(htonl(0xcb007100)), 1);
	assert_int_equal(found.fc_type, RTN_UNREACHABLE);
}

static void words_of_metrics(void **state)
{
	assert_int_equal(
		add("198.51.100.1 via 192.0.2.1 mtu lock 1400 advmss 1000 window 50000 rtt 100ms "
		    "rttvar 20ms ssthresh 7 cwnd lock 8 initcwnd 20 initrwnd 21 "
		    "reordering lock 9 hoplimit 33 rto_min 50ms quickack 1 features ecn "
		    "congctl lock reno fastopen_no_cookie 1"),
		0);
	assert_string_equal(err, "");
	assert_int_equal(find(FAR_IP), 1);
	assert_int_equal(metric(RTAX_MTU), 1400);
	assert_int_equal(metric(RTAX_ADVMSS), 1000);
	assert_int_equal(metric(RTAX_WINDOW), 50000);
	assert_int_equal(metric(RTAX_RTT), 800);
	assert_int_equal(metric(RTAX_RTTVAR), 80);
	assert_int_equal(metric(RTAX_SSTHRESH), 7);
	assert_int_equal(metric(RTAX_CWND), 8);
	assert_int_equal(metric(RTAX_INITCWND), 20);
	assert_int_equal(metric(RTAX_INITRWND), 21);
	assert_int_equal(metric(RTAX_REORDERING), 9);
	assert_int_equal(metric(RTAX_HOPLIMIT), 33);
	assert_int_equal(metric(RTAX_RTO_MIN), 50);
	assert_int_equal(metric(RTAX_QUICKACK), 1);
	assert_int_equal(metric(RTAX_FEATURES), RTAX_FEATURE_ECN);
	assert_int_not_equal(metric(RTAX_CC_ALGO), 0);
	assert_int_equal(metric(RTAX_FASTOPEN_NO_COOKIE), 1);
	/* A least timeout without the lock would have no meaning. */
	assert_int_equal(metric(RTAX_LOCK), 1 << RTAX_MTU | 1 << RTAX_CWND | 1 << RTAX_REORDERING |
						    1 << RTAX_CC_ALGO | 1 << RTAX_RTO_MIN);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		u32 rto_min;
		u32 rtt;
	} cases[] = {
		{ "50", 50, 50 },      { "50ms", 50, 400 },	   { "50msec", 50, 400 },
		{ "2s", 2000, 16000 }, { "1.5secs", 1500, 12000 }, { "0.1ms", 1, 1 },
		{ "0.3ms", 1, 3 },
	};
	char text[100];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "198.51.100.1 dev wire0 rto_min %s rtt %s",
			 cases[i].text, cases[i].text);
		assert_int_equal(skiff_route_replace(h.net, text, err, sizeof(err)), 0);
		assert_int_equal(find(FAR_IP), 1);
		assert_int_equal(metric(RTAX_RTO_MIN), cases[i].rto_min);
		assert_int_equal(metric(RTAX_RTT), cases[i].rtt);
	}
}

static void texts_that_are_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *says;
	} cases[] = {
		{ NULL, -EINVAL, "at most 1023 characters" },
		{ "", -EINVAL, "the destination is missing" },
		{ "unreachable", -EINVAL, "the destination is missing" },
		{ "198.51.100.0/33 dev wire0", -EINVAL, "198.51.100.0/33" },
		{ "198.51.100.1/24 dev wire0", -EINVAL, "bits behind the prefix" },
		{ "198.51.100.300 dev wire0", -EINVAL, "198.51.100.300" },
		{ "198.51.100.1", -EINVAL, "needs a device or a router" },
		{ "198.51.100.1 dev", -ENODEV, "device ''" },
		{ "198.51.100.1 dev none", -ENODEV, "device 'none'" },
		{ "198.51.100.1 via", -EINVAL, "address ''" },
		{ "198.51.100.1 via 198.51.100.2", -ENETUNREACH, "not in the subnet of a device" },
		{ "198.51.100.1 dev wire0 src 192.0.2.9", -EINVAL,
		  "src '192.0.2.9': an address of" },
		{ "198.51.100.1 dev wire0 tos 3", -EINVAL, "bits of 0x1c" },
		{ "198.51.100.1 dev wire0 metric x", -EINVAL, "0 to 4294967295" },
		{ "198.51.100.1 dev wire0 onlink", -EINVAL, "route 'onlink': via, dev" },
		{ "198.51.100.1 dev wire0 mtu", -EINVAL, "mtu '': a number from 68 to 65520" },
		{ "198.51.100.1 dev wire0 mtu lock", -EINVAL, "mtu '': a number from" },
		{ "198.51.100.1 dev wire0 mtu 67", -EINVAL, "mtu '67': a number from 68" },
		{ "198.51.100.1 dev wire0 mtu 65521", -EINVAL, "mtu '65521'" },
		{ "198.51.100.1 dev wire0 mtu 1400 mtu 1300", -EINVAL, "mtu: it is accepted once" },
		{ "198.51.100.1 dev wire0 advmss 65496", -EINVAL, "1 to 65495" },
		{ "198.51.100.1 dev wire0 hoplimit 256", -EINVAL, "1 to 255" },
		{ "198.51.100.1 dev wire0 hoplimit -1", -EINVAL, "hoplimit '-1'" },
		{ "198.51.100.1 dev wire0 initcwnd 0", -EINVAL, "initcwnd '0'" },
		{ "198.51.100.1 dev wire0 cwnd 99999999999999999999", -EINVAL, "cwnd '99999" },
		{ "198.51.100.1 dev wire0 rtt 1h", -EINVAL,
		  "rtt '1h': a time up to 120s, as 50ms" },
		{ "198.51.100.1 dev wire0 rtt 121s", -EINVAL, "rtt '121s'" },
		{ "198.51.100.1 dev wire0 rtt nan", -EINVAL, "rtt 'nan'" },
		{ "198.51.100.1 dev wire0 rto_min 0", -EINVAL, "rto_min '0'" },
		{ "198.51.100.1 dev wire0 quickack 2", -EINVAL, "0 to 1" },
		{ "198.51.100.1 dev wire0 features sack", -EINVAL, "features 'sack': ecn is" },
		{ "198.51.100.1 dev wire0 congctl none", -EINVAL,
		  "Unknown tcp congestion algorithm" },
		{ "198.51.100.1 dev wire0 congctl abcdefghijklmnop", -EINVAL,
		  "as cubic, is accepted" },
		{ "blackhole 198.51.100.1 dev wire0", -EINVAL, "no router" },
	};
	char longest[1100];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = add(cases[i].text);

		if (ret != cases[i].error || !strstr(err, cases[i].says))
			fail_msg("%s: %d, %s", cases[i].text, ret, err);
	}
	memset(longest, 'a', sizeof(longest));
	longest[1024] = '\0';
	assert_int_equal(add(longest), -EINVAL);
	assert_non_null(strstr(err, "at most 1023"));
	longest[1023] = '\0';
	assert_int_equal(add(longest), -EINVAL);
	assert_int_equal(find(FAR_IP), 0);
}

static void changed_and_removed(void **state)
{
	assert_int_equal(skiff_route_change(h.net, "198.51.100.1 dev wire0", err, sizeof(err)),
			 -ENOENT);
	assert_non_null(strstr(err, "there is none to be changed"));
	assert_int_equal(add("198.51.100.1 dev wire0 hoplimit 5"), 0);
	assert_int_equal(add("198.51.100.1 via 192.0.2.1"), -EEXIST);
	assert_non_null(strstr(err, "there is one; it can be changed"));
	assert_int_equal(skiff_route_change(h.net, "198.51.100.1 via 192.0.2.1 hoplimit 6", err,
					    sizeof(err)),
			 0);
	assert_int_equal(find(FAR_IP), 1);
	assert_int_equal(found.fc_gw4, PEER_IP);
	assert_int_equal(metric(RTAX_HOPLIMIT), 6);
	assert_int_equal(skiff_route_replace(h.net, "198.51.100.1 dev wire0", err, sizeof(err)), 0);
	assert_int_equal(find(FAR_IP), 1);
	assert_null(found.fc_metrics);
	assert_int_equal(skiff_route_del(h.net, "198.51.100.1", err, sizeof(err)), 0);
	assert_int_equal(skiff_route_del(h.net, "198.51.100.1", err, sizeof(err)), -ESRCH);
	assert_non_null(strstr(err, "there is none"));
	assert_int_equal(find(FAR_IP), 0);
	assert_int_equal(add("prohibit 198.51.100.1"), 0);
	assert_int_equal(skiff_route_del(h.net, "198.51.100.1", NULL, 0), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_far, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(words_of_a_route),	   T(words_of_metrics),	   T(times),
		T(texts_that_are_refused), T(changed_and_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
