// SPDX-License-Identifier: BSD-2-Clause
/* TCP's settings: names, defaults, limits and units. */
#include "tcp_pair.h"

static const struct {
	const char *name;
	const char *value;
} defaults[] = {
	{ "tcp_timestamps", "1" },
	{ "tcp_sack", "1" },
	{ "tcp_ecn", "2" },
	{ "tcp_syn_retries", "6" },
	{ "tcp_synack_retries", "5" },
	{ "tcp_syncookies", "1" },
	{ "tcp_fin_timeout", "60" },
	{ "tcp_keepalive_time", "7200" },
	{ "tcp_keepalive_intvl", "75" },
	{ "tcp_keepalive_probes", "9" },
	{ "tcp_retries1", "3" },
	{ "tcp_retries2", "15" },
	{ "tcp_tw_reuse", "2" },
	{ "tcp_invalid_ratelimit", "500" },
	{ "tcp_rto_min_us", "200000" },
	{ "tcp_rto_max_ms", "120000" },
	{ "tcp_notsent_lowat", "4294967295" },
	{ "tcp_rmem", "4096\t131072\t33554432" },
	{ "tcp_wmem", "4096\t16384\t4194304" },
	{ "tcp_mem", "98304\t131072\t196608" },
	{ "tcp_congestion_control", "cubic" },
	{ "tcp_fastopen", "1" },
	{ "tcp_comp_sack_delay_ns", "1000000" },
	{ "ip_local_port_range", "32768\t60999" },
	{ "ip_local_reserved_ports", "" },
};

static void read_setting(const char *name, char *text, size_t room)
{
	char full[100];

	snprintf(full, sizeof(full), "net.ipv4.%s", name);
	assert_true(skiff_sysctl_get(host_a, full, text, room) >= 0);
	text[strcspn(text, "\n")] = 0;
}

static void test_defaults(void **state)
{
	char text[500];

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		read_setting(defaults[i].name, text, sizeof(text));
		assert_string_equal(text, defaults[i].value);
	}
}

static bool refused(const char *name, const char *value)
{
	char full[100];

	snprintf(full, sizeof(full), "net.ipv4.%s", name);
	return skiff_sysctl_set(host_a, full, value, NULL, 0) < 0;
}

static void test_limits(void **state)
{
	assert_true(refused("tcp_syn_retries", "0"));
	assert_true(refused("tcp_syn_retries", "128"));
	assert_true(refused("tcp_tw_reuse", "3"));
	assert_true(refused("tcp_min_snd_mss", "47"));
	assert_true(refused("tcp_rmem", "0 1 2"));
	assert_true(refused("tcp_mem", "3 2 1"));
	assert_true(refused("tcp_congestion_control", "no_such"));
	assert_true(refused("tcp_available_congestion_control", "reno"));
	assert_true(refused("tcp_fastopen_key", "1-2-3"));
	assert_true(refused("ip_local_reserved_ports", "5-3"));
	assert_true(refused("ip_local_reserved_ports", "65536"));
	assert_true(refused("ip_local_reserved_ports", "80,"));
	assert_true(refused("ip_local_reserved_ports", "80 443"));
}

static void test_round_trips(void **state)
{
	static const char keys[] = "01234567-89abcdef-00000001-fedcba98,"
				   "00000000-00000001-00000002-00000003";
	char text[500];

	setting(host_a, "tcp_fastopen_key", keys);
	read_setting("tcp_fastopen_key", text, sizeof(text));
	assert_string_equal(text, keys);
	setting(host_a, "ip_local_reserved_ports", "9000-9100,80,443,8080-8081,82,81");
	read_setting("ip_local_reserved_ports", text, sizeof(text));
	assert_string_equal(text, "80-82,443,8080-8081,9000-9100");
	setting(host_a, "ip_local_reserved_ports", "");
	read_setting("ip_local_reserved_ports", text, sizeof(text));
	assert_string_equal(text, "");
	setting(host_a, "tcp_congestion_control", "reno");
	read_setting("tcp_congestion_control", text, sizeof(text));
	assert_string_equal(text, "reno");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_defaults),
		CASE(test_limits),
		CASE(test_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
