// SPDX-License-Identifier: BSD-2-Clause
/* Connections by way of a gateway while memory is wanting: they take longer, and lose nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skiff/drivers.h>
#include <skiff/gateway.h>
#include <skiff/netconf.h>
#include <skiff/skiff.h>
#include <skiff/socket.h>

#include "lossless.h"

static struct net *client, *host;
static struct skiff_gateway *gw;
/* The ends of a connection: the system's, and the client's. */
static int far, near;

static void run(void)
{
	assert_true(skiff_poll(client, 0) >= 0);
	assert_true(skiff_poll(host, 0) >= 0);
}

static int system_listener(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)addr, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

static void connect_both(void)
{
	struct sockaddr_in addr;
	int listener = system_listener(&addr);

	addr.sin_addr.s_addr = htonl(0x0a000202);
	near = skiff_socket(client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(skiff_connect(near, (struct sockaddr *)&addr, sizeof(addr)), -1);
	assert_int_equal(errno, EINPROGRESS);
	far = -1;
	for (int i = 0; i < 10000 && (far < 0 || skiff_send(near, "", 0, 0)); i++) {
		run();
		if (far < 0)
			far = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	}
	assert_true(far >= 0);
	close(listener);
}

static int set_up(void **state)
{
	struct skiff_gateway_params p = {};
	struct skiff_gateway_rule rule;
	struct net_device *dev;
	char err[256];

	(void)state;
	skiff_init();
	client = skiff_net_create(&(struct skiff_net_params){ .name = "client" });
	host = skiff_net_create(&(struct skiff_net_params){ .name = "gateway" });
	if (!client || !host || veth_create(client, "eth0", host, "cable", &dev, &p.dev))
		return -1;
	assert_int_equal(skiff_gateway_rule("127.0.0.1", true, &rule, err, sizeof(err)), 0);
	p.rules = &rule;
	p.nr_rules = 1;
	gw = skiff_gateway_create(host, &p, err, sizeof(err));
	assert_non_null(gw);
	assert_int_equal(skiff_addr_add(client, "eth0", "10.0.2.15/24", err, sizeof(err)), 0);
	assert_int_equal(skiff_dev_up(client, "eth0", err, sizeof(err)), 0);
	connect_both();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(far);
	skiff_close(near);
	skiff_gateway_destroy(gw);
	return skiff_net_destroy(client) + skiff_net_destroy(host);
}

static ssize_t near_gives(const char *data, size_t len)
{
	return skiff_send(near, data, len, MSG_DONTWAIT);
}

static ssize_t near_takes(char *data, size_t len)
{
	return skiff_recv(near, data, len, MSG_DONTWAIT);
}

static ssize_t far_gives(const char *data, size_t len)
{
	return send(far, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static ssize_t far_takes(char *data, size_t len)
{
	return recv(far, data, len, MSG_DONTWAIT);
}

static void test_to_the_system(void **state)
{
	const struct lossless_way way = { near_gives, far_takes, run };

	(void)state;
	lossless(&way);
}

static void test_from_the_system(void **state)
{
	const struct lossless_way way = { far_gives, near_takes, run };

	(void)state;
	lossless(&way);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_to_the_system, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_from_the_system, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
