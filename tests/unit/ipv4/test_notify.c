// SPDX-License-Identifier: BSD-2-Clause
/* Who hears of addresses and routes hears of each change, and of nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <skiff/fib_notifier.h>
#include <skiff/net.h>

#include "wire_host.h"

static struct wire_host host;

/* What was told, as text; addresses and routes in two chains. */
static char told[1024];
static int veto;

static void say(const char *what, __be32 addr, unsigned int len)
{
	const u8 *a = (const u8 *)&addr;
	size_t used = strlen(told);

	snprintf(told + used, sizeof(told) - used, "%s%s %u.%u.%u.%u/%u", used ? "," : "", what,
		 a[0], a[1], a[2], a[3], len);
}

static int hear_address(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct in_ifaddr *ifa = data;

	ASSERT_NET_LOCKED(dev_net(ifa->ifa_dev->dev));
	say(event == NETDEV_UP ? "up" : "down", ifa->ifa_local, ifa->ifa_prefixlen);
	return NOTIFY_DONE;
}

static int hear_route(struct notifier_block *nb, unsigned long event, void *data)
{
	static const char *const names[] = { "replace", "add", "del" };
	const struct fib_entry_notifier_info *info = data;

	assert_ptr_equal(info->net, host.net);
	if (info->cfg->fc_type == RTN_UNICAST)
		say(names[event], info->cfg->fc_dst, info->cfg->fc_dst_len);
	return notifier_from_errno(veto);
}

static struct notifier_block addresses = { .notifier_call = hear_address };
static struct notifier_block routes = { .notifier_call = hear_route };

static void expect(const char *what)
{
	assert_string_equal(told, what);
	told[0] = '\0';
}

static int setup(void **state)
{
	wire_host_open(&host);
	net_lock(host.net);
	told[0] = '\0';
	veto = 0;
	return 0;
}

static int teardown(void **state)
{
	unregister_inetaddr_notifier(&addresses);
	unregister_fib_notifier(host.net, &routes);
	net_unlock(host.net);
	assert_int_equal(wire_host_close(&host), 0);
	return 0;
}

static void addresses_are_told(void **state)
{
	__be32 first = htonl(0xc6336401), second = htonl(0xc6336402);

	assert_int_equal(register_inetaddr_notifier(&addresses), 0);
	assert_int_equal(register_inetaddr_notifier(&addresses), -EEXIST);
	assert_int_equal(inet_insert_ifa(host.dev, first, 24), 0);
	expect("up 198.51.100.1/24");
	assert_int_equal(inet_insert_ifa(host.dev, first, 24), -EEXIST);
	expect("");
	assert_int_equal(inet_insert_ifa(host.dev, second, 24), 0);
	expect("up 198.51.100.2/24");
	assert_int_equal(inet_set_broadcast(__in_dev_get(host.dev)->ifa_list, 0), 0);
	told[0] = '\0';
	/* The second one goes with the first. */
	assert_int_equal(inet_del_ifa(host.dev, first), 0);
	expect("down 198.51.100.2/24,down 198.51.100.1/24");
	assert_int_equal(unregister_inetaddr_notifier(&addresses), 0);
	assert_int_equal(unregister_inetaddr_notifier(&addresses), -ENOENT);
	assert_int_equal(inet_insert_ifa(host.dev, first, 24), 0);
	expect("");
}

static void a_change_of_an_address_is_told(void **state)
{
	struct in_ifaddr *ifa = __in_dev_get(host.dev)->ifa_list;

	assert_int_equal(register_inetaddr_notifier(&addresses), 0);
	assert_int_equal(inet_set_broadcast(ifa, htonl(0xc00002fe)), 0);
	assert_true(strlen(told) && strchr(told, ',') == strrchr(told, ','));
	assert_non_null(strstr(told, "down "));
	assert_non_null(strstr(told, ",up "));
	told[0] = '\0';
	assert_int_equal(inet_set_peer(ifa, htonl(0xc6336409)), 0);
	assert_non_null(strstr(told, ",up "));
}

static void routes_are_told(void **state)
{
	struct fib_config cfg = {
		.fc_dst = htonl(0xcb007100),
		.fc_dst_len = 24,
		.fc_type = RTN_UNICAST,
		.fc_oif = host.dev->ifindex,
	};

	assert_int_equal(register_fib_notifier(host.net, &routes, NULL, NULL), 0);
	/* Those that are there, first. */
	assert_non_null(strstr(told, "add "));
	told[0] = '\0';
	assert_int_equal(register_fib_notifier(host.net, &routes, NULL, NULL), -EEXIST);
	expect("");
	assert_int_equal(fib_table_insert(host.net, &cfg), 0);
	expect("add 203.0.113.0/24");
	assert_int_equal(fib_table_insert(host.net, &cfg), -EEXIST);
	expect("");
	cfg.fc_nlflags = NLM_F_REPLACE;
	assert_int_equal(fib_table_insert(host.net, &cfg), 0);
	expect("replace 203.0.113.0/24");
	assert_int_equal(fib_table_delete(host.net, &cfg), 0);
	expect("del 203.0.113.0/24");
	assert_int_equal(fib_table_delete(host.net, &cfg), -ESRCH);
	expect("");
}

static void what_goes_with_a_device_is_told(void **state)
{
	assert_int_equal(register_fib_notifier(host.net, &routes, NULL, NULL), 0);
	told[0] = '\0';
	dev_close(host.dev);
	assert_non_null(strstr(told, "del "));
	assert_null(strstr(told, "add "));
	told[0] = '\0';
	assert_int_equal(dev_open(host.dev, NULL), 0);
	assert_non_null(strstr(told, "add "));
}

static void a_veto_is_no_registration(void **state)
{
	veto = -EBUSY;
	assert_int_equal(register_fib_notifier(host.net, &routes, NULL, NULL), -EBUSY);
	/* It has stopped at the first route. */
	assert_null(strchr(told, ','));
	assert_int_equal(unregister_fib_notifier(host.net, &routes), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_of_an_address_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(routes_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(what_goes_with_a_device_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_veto_is_no_registration, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
