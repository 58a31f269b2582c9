// SPDX-License-Identifier: BSD-2-Clause
/* SNMP counters, drops by reason, and accounted memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/net_namespace.h>

static struct net *net;

static int setup(void **state)
{
	net = skiff_net_create(NULL);
	return !net;
}

static int teardown(void **state)
{
	return skiff_net_destroy(net);
}

static u64 get(const char *name)
{
	u64 value = 0xdead;

	assert_int_equal(skiff_snmp_get(net, name, &value), 0);
	return value;
}

static void test_macros(void **state)
{
	net_lock(net);
	IP_INC_STATS(net, IPSTATS_MIB_INHDRERRORS);
	__IP_ADD_STATS(net, IPSTATS_MIB_INHDRERRORS, 4);
	IP_UPD_PO_STATS(net, IPSTATS_MIB_IN, 1500);
	IP_UPD_PO_STATS(net, IPSTATS_MIB_OUTMCAST, 100);
	ICMP_INC_STATS(net, ICMP_MIB_INMSGS);
	ICMPMSGIN_INC_STATS(net, 8);
	ICMPMSGOUT_INC_STATS(net, 0);
	ICMPMSGOUT_INC_STATS(net, 0);
	ICMPMSGIN_INC_STATS(net, 255);
	__UDP_INC_STATS(net, UDP_MIB_NOPORTS, 0);
	TCP_INC_STATS(net, TCP_MIB_CURRESTAB);
	TCP_INC_STATS(net, TCP_MIB_CURRESTAB);
	TCP_DEC_STATS(net, TCP_MIB_CURRESTAB);
	net_unlock(net);
	assert_int_equal(get("IpInHdrErrors"), 5);
	assert_int_equal(get("IpInReceives"), 1);
	assert_int_equal(get("IpExtInOctets"), 1500);
	assert_int_equal(get("IpExtOutMcastPkts"), 1);
	assert_int_equal(get("IpExtOutMcastOctets"), 100);
	assert_int_equal(get("IcmpInMsgs"), 1);
	assert_int_equal(get("IcmpInEchos"), 1);
	assert_int_equal(get("IcmpOutEchoReps"), 2);
	assert_int_equal(get("IcmpMsgOutType0"), 2);
	assert_int_equal(get("IcmpMsgInType255"), 1);
	assert_int_equal(get("IcmpMsgInType3"), 0);
	assert_int_equal(get("UdpNoPorts"), 1);
	assert_int_equal(get("UdpInDatagrams"), 0);
	assert_int_equal(get("TcpCurrEstab"), 1);
}

static void test_unknown(void **state)
{
	static const char *const unknown[] = { "",
					       "IpNothing",
					       "ipInReceives",
					       "IcmpMsgInType256",
					       "IcmpMsgInType",
					       "IcmpMsgInType3x" };
	u64 value = 5;

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(skiff_snmp_get(net, unknown[i], &value), -ENOENT);
	assert_int_equal(value, 5);
	assert_int_equal(skiff_snmp_get(net, NULL, &value), -EINVAL);
	assert_int_equal(skiff_snmp_get(net, "IpInReceives", NULL), -EINVAL);
	assert_int_equal(skiff_snmp_foreach(net, NULL, NULL), -EINVAL);
	assert_int_equal(skiff_drops_foreach(net, NULL, NULL), -EINVAL);
}

/* Each counter is visited once, under a name of its own, and shows its own field. */
static int check_unique(const char *name, u64 value, void *arg)
{
	static char names[400][40];
	int *n = arg;

	for (int i = 0; i < *n; i++)
		assert_string_not_equal(names[i], name);
	strcpy(names[(*n)++], name);
	return 0;
}

static int stop_at_third(const char *name, u64 value, void *arg)
{
	return ++*(int *)arg == 3 ? -ECANCELED : 0;
}

static void test_foreach(void **state)
{
	int n = 0;

	assert_int_equal(skiff_snmp_foreach(net, check_unique, &n), 0);
	/* All of Ip and IpExt that 6.1 has, 5 + 22 of Icmp, 15 of Tcp, 9 of Udp, those of TcpExt. */
	assert_int_equal(n, 35 + 27 + 15 + 9 + 125);
	n = 0;
	assert_int_equal(skiff_snmp_foreach(net, stop_at_third, &n), -ECANCELED);
	assert_int_equal(n, 3);
}

static int note_drop(const char *reason, u64 count, void *arg)
{
	char *text = arg;

	strcat(text, reason);
	strcat(text, count == 2 ? "=2 " : "=1 ");
	return 0;
}

static int stop(const char *reason, u64 count, void *arg)
{
	return 1;
}

static void test_drops(void **state)
{
	char text[200] = "";

	assert_int_equal(skiff_drops_foreach(net, note_drop, text), 0);
	assert_string_equal(text, "");
	net_count_drop(net, SKB_DROP_REASON_NO_SOCKET);
	net_count_drop(net, SKB_DROP_REASON_NO_SOCKET);
	/* Without a host: the current one, or nobody. */
	net_count_drop(NULL, SKB_DROP_REASON_NOMEM);
	net_lock(net);
	net_count_drop(NULL, SKB_DROP_REASON_NOMEM);
	net_unlock(net);
	/* What is no reason is not counted. */
	net_count_drop(net, SKB_NOT_DROPPED_YET);
	net_count_drop(net, SKB_DROP_REASON_MAX);
	net_count_drop(net, (enum skb_drop_reason) - 1);
	assert_int_equal(skiff_drops_foreach(net, note_drop, text), 0);
	assert_string_equal(text, "NO_SOCKET=2 NOMEM=1 ");
	assert_int_equal(skiff_drops_foreach(net, stop, NULL), 1);
}

static void test_memory(void **state)
{
	struct net *small =
		skiff_net_create(&(struct skiff_net_params){ .name = "small", .mem_limit = 1000 });

	assert_true(net_mem_charge(small, 0));
	assert_true(net_mem_charge(small, 1000));
	assert_false(net_mem_charge(small, 1));
	net_mem_uncharge(small, 400);
	assert_false(net_mem_charge(small, 401));
	assert_true(net_mem_charge(small, 400));
	assert_false(net_mem_charge(small, SIZE_MAX));
	assert_false(net_mem_charge(small, (size_t)PTRDIFF_MAX + 1));
	net_mem_uncharge(small, 1000);
	assert_int_equal(skiff_net_destroy(small), 0);

	assert_true(net_mem_charge(net, 1UL << 28));
	assert_false(net_mem_charge(net, SIZE_MAX));
	net_mem_uncharge(net, 1UL << 28);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_macros), TEST(test_unknown), TEST(test_foreach),
		TEST(test_drops),  TEST(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
