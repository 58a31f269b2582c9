// SPDX-License-Identifier: BSD-2-Clause
/* Rules, published ports and resolvers as texts, and what rules decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/gateway.h"

#define ADDR(a, b, c, d) htonl((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

static const struct {
	const char *text;
	u8 proto;
	u8 prefix_len;
	__be32 addr;
	u16 first;
	u16 last;
} good_rules[] = {
	{ "any", 0, 0, 0, 0, 65535 },
	{ "any/udp", IPPROTO_UDP, 0, 0, 0, 65535 },
	{ "any:25", 0, 0, 0, 25, 25 },
	{ "10.0.0.0/8", 0, 8, 0x0a000000, 0, 65535 },
	{ "10.1.2.3/8", 0, 8, 0x0a000000, 0, 65535 },
	{ "10.1.2.3/0", 0, 0, 0, 0, 65535 },
	{ "192.0.2.1", 0, 32, 0xc0000201, 0, 65535 },
	{ "192.0.2.0/24/icmp", IPPROTO_ICMP, 24, 0xc0000200, 0, 65535 },
	{ "127.0.0.1:5432/tcp", IPPROTO_TCP, 32, 0x7f000001, 5432, 5432 },
	{ "10.0.0.0/8:1-65535/udp", IPPROTO_UDP, 8, 0x0a000000, 1, 65535 },
};

static void test_good_rules(void **state)
{
	struct skiff_gateway_rule r;
	char err[200] = "before";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_rules); i++) {
		assert_int_equal(
			skiff_gateway_rule(good_rules[i].text, i % 2, &r, err, sizeof(err)), 0);
		assert_string_equal(err, "");
		assert_int_equal(r.allow, i % 2);
		assert_int_equal(r.proto, good_rules[i].proto);
		assert_int_equal(r.prefix_len, good_rules[i].prefix_len);
		assert_int_equal(ntohl((__force __be32)r.addr.s_addr), good_rules[i].addr);
		assert_int_equal(r.first, good_rules[i].first);
		assert_int_equal(r.last, good_rules[i].last);
	}
}

static const char *const bad_rules[] = {
	"",
	"all",
	"10.0.0/8",
	"10.0.0.0/33",
	"10.0.0.0/",
	"10.0.0.0/-1",
	"10.0.0.0/ 8",
	"any:0",
	"any:65536",
	"any:",
	"any:80-",
	"any:-80",
	"any:90-80",
	"any:80/sctp",
	"any:80/",
	"any:+80",
	"any: 80",
	"any:80:90",
	"any/icmp:80",
	"any:8/icmp",
	"::1",
	"01.2.3.4",
	"1.2.3.4 ",
	"10.0.0.0/8/tcp/udp",
	"10.0.0.0/8:1-2-3",
};

static void test_bad_rules(void **state)
{
	struct skiff_gateway_rule r;
	char err[200], longest[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_rules); i++) {
		if (skiff_gateway_rule(bad_rules[i], true, &r, err, sizeof(err)) != -EINVAL)
			fail_msg("'%s' was accepted", bad_rules[i]);
		assert_non_null(strstr(err, bad_rules[i]));
		assert_non_null(strstr(err, "is accepted"));
	}
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(skiff_gateway_rule(longest, true, &r, NULL, 0), -EINVAL);
	assert_int_equal(skiff_gateway_rule(NULL, true, &r, NULL, 0), -EINVAL);
}

static const struct {
	const char *text;
	u32 addr;
	u16 port;
	u16 to;
	bool udp;
} good_ports[] = {
	{ "80", 0, 80, 80, false },
	{ "8080:80", 0, 8080, 80, false },
	{ "53/udp", 0, 53, 53, true },
	{ "127.0.0.1:8080", 0x7f000001, 8080, 8080, false },
	{ "127.0.0.1:5353:53/udp", 0x7f000001, 5353, 53, true },
	{ "0.0.0.0:1:65535/tcp", 0, 1, 65535, false },
};

static void test_good_ports(void **state)
{
	struct skiff_gateway_port p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_ports); i++) {
		assert_int_equal(skiff_gateway_publish(good_ports[i].text, &p, NULL, 0), 0);
		assert_int_equal(ntohl((__force __be32)p.addr.s_addr), good_ports[i].addr);
		assert_int_equal(p.port, good_ports[i].port);
		assert_int_equal(p.to, good_ports[i].to);
		assert_int_equal(p.udp, good_ports[i].udp);
	}
}

static void test_bad_ports(void **state)
{
	static const char *const texts[] = { "",
					     "0",
					     "65536",
					     "http",
					     "80:",
					     ":80",
					     "1:2:3",
					     "80/icmp",
					     "127.0.0.1",
					     "1.2.3:80",
					     "127.0.0.1:",
					     "127.0.0.1:1:",
					     "127.0.0.1:1:2:3",
					     "80/24",
					     "-1",
					     "80 " };
	struct skiff_gateway_port p;
	char err[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (skiff_gateway_publish(texts[i], &p, err, sizeof(err)) != -EINVAL)
			fail_msg("'%s' was accepted", texts[i]);
		assert_non_null(strstr(err, "is accepted"));
	}
	assert_int_equal(skiff_gateway_publish(NULL, &p, NULL, 0), -EINVAL);
}

static bool decides(const struct skiff_gateway_rule *rules, unsigned int nr, u8 proto, __be32 addr,
		    u16 port)
{
	return gw_rules_allow(rules, nr, proto, addr, htons(port));
}

static void test_decisions(void **state)
{
	struct skiff_gateway_rule r[3];

	(void)state;
	/* Without rules: everybody but the machine itself. */
	assert_true(decides(NULL, 0, IPPROTO_TCP, ADDR(192, 0, 2, 1), 80));
	assert_true(decides(NULL, 0, IPPROTO_ICMP, ADDR(126, 255, 255, 255), 0));
	assert_true(decides(NULL, 0, IPPROTO_UDP, ADDR(128, 0, 0, 0), 1));
	assert_false(decides(NULL, 0, IPPROTO_TCP, ADDR(127, 0, 0, 1), 80));
	assert_false(decides(NULL, 0, IPPROTO_UDP, ADDR(127, 255, 255, 255), 80));
	assert_false(decides(NULL, 0, IPPROTO_TCP, ADDR(0, 0, 0, 0), 80));

	skiff_gateway_rule("10.1.0.0/16:80-90/tcp", true, &r[0], NULL, 0);
	skiff_gateway_rule("10.0.0.0/8", false, &r[1], NULL, 0);
	skiff_gateway_rule("127.0.0.1", true, &r[2], NULL, 0);
	assert_true(decides(r, 3, IPPROTO_TCP, ADDR(10, 1, 2, 3), 80));
	assert_true(decides(r, 3, IPPROTO_TCP, ADDR(10, 1, 2, 3), 90));
	assert_false(decides(r, 3, IPPROTO_TCP, ADDR(10, 1, 2, 3), 91));
	assert_false(decides(r, 3, IPPROTO_UDP, ADDR(10, 1, 2, 3), 80));
	assert_false(decides(r, 3, IPPROTO_ICMP, ADDR(10, 1, 2, 3), 0));
	assert_false(decides(r, 3, IPPROTO_TCP, ADDR(10, 2, 2, 3), 80));
	assert_true(decides(r, 3, IPPROTO_TCP, ADDR(11, 0, 0, 0), 80));
	assert_true(decides(r, 3, IPPROTO_TCP, ADDR(127, 0, 0, 1), 80));
	assert_false(decides(r, 3, IPPROTO_TCP, ADDR(127, 0, 0, 2), 80));
}

static void test_resolvers(void **state)
{
	static const char text[] = "# nameserver 192.0.2.9\n"
				   "search example.org\n"
				   "nameserver 192.0.2.1\n"
				   "nameserver\t \t127.0.0.53 # here\r\n"
				   "nameserver ::1\n"
				   "nameserver 192.0.2\n"
				   "nameserver192.0.2.8\n"
				   "nameserver\n"
				   " nameserver 192.0.2.7\n"
				   "nameserver 192.0.2.2";
	struct sockaddr_in to[SKIFF_GATEWAY_RESOLVERS_MAX];

	(void)state;
	assert_int_equal(gw_parse_resolvers(text, to, SKIFF_GATEWAY_RESOLVERS_MAX), 3);
	assert_int_equal(gw_name_addr(&to[0]), ADDR(192, 0, 2, 1));
	assert_int_equal(gw_name_addr(&to[1]), ADDR(127, 0, 0, 53));
	assert_int_equal(gw_name_addr(&to[2]), ADDR(192, 0, 2, 2));
	assert_int_equal(to[0].sin_port, htons(53));
	/* No more than there is room for. */
	assert_int_equal(gw_parse_resolvers(text, to, 2), 2);
	assert_int_equal(gw_parse_resolvers("", to, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_rules), cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_good_ports), cmocka_unit_test(test_bad_ports),
		cmocka_unit_test(test_decisions),  cmocka_unit_test(test_resolvers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
