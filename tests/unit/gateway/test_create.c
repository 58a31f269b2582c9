// SPDX-License-Identifier: BSD-2-Clause
/* Gateways that are made and ended: what is refused, what is undone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <skiff/drivers.h>
#include <skiff/inetdevice.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>

#include "gateway/gateway.h"

static struct net *client, *host;
static struct net_device *near, *far;
static char err[256];

static int set_up(void **state)
{
	(void)state;
	client = skiff_net_create(&(struct skiff_net_params){ .name = "client" });
	host = skiff_net_create(&(struct skiff_net_params){ .name = "gateway" });
	return client && host ? veth_create(client, "eth0", host, "cable", &near, &far) : -1;
}

/* Whatever became of gateways, nothing of them is left. */
static int tear_down(void **state)
{
	(void)state;
	return skiff_net_destroy(client) + skiff_net_destroy(host);
}

static void refused(const struct skiff_gateway_params *p, int code, const char *word)
{
	assert_null(skiff_gateway_create(host, p, err, sizeof(err)));
	assert_int_equal(errno, code);
	if (!strstr(err, word))
		fail_msg("'%s' does not say '%s'", err, word);
	/* And nothing has changed. */
	assert_false(inet_dev_has_addr(far, htonl(0x0a000202)));
}

static struct in_addr in(u32 addr)
{
	return (struct in_addr){ .s_addr = htonl(addr) };
}

static void test_refused(void **state)
{
	struct skiff_gateway_params p = {};

	(void)state;
	refused(&p, EINVAL, "a device");
	p.dev = near;
	refused(&p, EINVAL, "a device");
	p = (struct skiff_gateway_params){ .dev = far, .prefix_len = 31 };
	refused(&p, EINVAL, "'31'");
	p = (struct skiff_gateway_params){ .dev = far, .client = in(0x0a00030f) };
	refused(&p, EINVAL, "'10.0.3.15'");
	p = (struct skiff_gateway_params){ .dev = far, .dns = in(0x0a0002ff) };
	refused(&p, EINVAL, "'10.0.2.255'");
	p = (struct skiff_gateway_params){ .dev = far, .dns = in(0x0a000200) };
	refused(&p, EINVAL, "'10.0.2.0'");
	p = (struct skiff_gateway_params){ .dev = far, .dns = in(0x0a000202) };
	refused(&p, EINVAL, "different");
	p = (struct skiff_gateway_params){ .dev = far, .nr_rules = SKIFF_GATEWAY_RULES_MAX + 1 };
	refused(&p, EINVAL, "'1025'");
	p = (struct skiff_gateway_params){ .dev = far, .nr_ports = 1000 };
	refused(&p, EINVAL, "'1000'");
	p = (struct skiff_gateway_params){ .dev = far, .nr_resolvers = 9 };
	refused(&p, EINVAL, "'9'");
	p = (struct skiff_gateway_params){ .dev = far, .max_flows = 2000000 };
	refused(&p, EINVAL, "'2000000'");
	p = (struct skiff_gateway_params){ .dev = far, .udp_timeout = 100000 };
	refused(&p, EINVAL, "'100000'");
}

static void test_occupied_port(void **state)
{
	struct sockaddr_in name = gw_name(htonl(INADDR_LOOPBACK), 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct skiff_gateway_port port = { .addr = in(INADDR_LOOPBACK), .to = 80 };
	struct skiff_gateway_params p = { .dev = far, .ports = &port, .nr_ports = 1 };
	socklen_t len = sizeof(name);
	char text[32];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	port.port = ntohs(name.sin_port);
	snprintf(text, sizeof(text), "127.0.0.1:%u/tcp", port.port);
	refused(&p, EADDRINUSE, text);
	close(fd);
	port.addr = in(0xcb007105);
	refused(&p, EADDRNOTAVAIL, "203.0.113.5");
}

static void test_again(void **state)
{
	const struct skiff_gateway_params p = { .dev = far };
	struct skiff_gateway_stats stats;
	struct skiff_gateway *gw;

	(void)state;
	for (int i = 0; i < 3; i++) {
		gw = skiff_gateway_create(host, &p, err, sizeof(err));
		assert_non_null(gw);
		assert_string_equal(err, "");
		assert_true(inet_dev_has_addr(far, htonl(0x0a000202)));
		assert_true(inet_dev_has_addr(far, htonl(0x0a000203)));
		assert_int_equal(skiff_gateway_get_stats(gw, &stats), 0);
		assert_int_equal(stats.flows, 0);
		assert_null(skiff_gateway_create(host, &p, err, sizeof(err)));
		assert_int_equal(errno, EBUSY);
		skiff_gateway_destroy(gw);
		assert_false(inet_dev_has_addr(far, htonl(0x0a000202)));
	}
	skiff_gateway_destroy(NULL);
}

/* The other host goes first, and the cable with it. */
static void test_client_goes_first(void **state)
{
	const struct skiff_gateway_params p = { .dev = far };
	struct skiff_gateway *gw = skiff_gateway_create(host, &p, NULL, 0);

	(void)state;
	assert_non_null(gw);
	assert_int_equal(skiff_net_destroy(client), 0);
	client = NULL;
	while (skiff_poll(host, 0) > 0)
		;
	skiff_gateway_destroy(gw);
}

static int group_set_up(void **state)
{
	(void)state;
	return skiff_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_occupied_port, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_client_goes_first, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, group_set_up, NULL);
}
