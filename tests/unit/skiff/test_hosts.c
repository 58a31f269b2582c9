// SPDX-License-Identifier: BSD-2-Clause
/* Two hosts on one cable: they find, ping and answer each other, also when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/drivers.h>
#include <skiff/fault.h>
#include <skiff/inetdevice.h>
#include <skiff/netconf.h>
#include <skiff/printk.h>

static struct skiff_clock *clk;
static struct net *net[2];

static struct in_addr ip(u32 addr)
{
	struct in_addr in = { .s_addr = htonl(addr) };

	return in;
}

#define LEFT 0xc0000201u
#define RIGHT 0xc0000202u

static void sleep_ns(s64 ns)
{
	assert_int_equal(skiff_clock_run_until(clk, skiff_clock_now(clk) + ns), 0);
}

/* Return: 0 or a negative errno, and everything that was made is gone. */
static int try_setup(void)
{
	struct net_device *dev[2];
	int err = -ENOMEM;

	net[0] = net[1] = NULL;
	clk = skiff_clock_virtual(NSEC_PER_SEC, 0);
	if (!clk)
		return -ENOMEM;
	net[0] = skiff_net_create(&(struct skiff_net_params){ .name = "left", .clock = clk });
	net[1] = skiff_net_create(&(struct skiff_net_params){ .name = "right", .clock = clk });
	if (net[0] && net[1])
		err = veth_create(net[0], "eth0", net[1], "eth0", &dev[0], &dev[1]);
	for (int i = 0; i < 2 && !err; i++) {
		net_lock(net[i]);
		err = inet_insert_ifa(dev[i], htonl(i ? RIGHT : LEFT), 24);
		if (!err)
			err = dev_open(dev[i], NULL);
		net_unlock(net[i]);
	}
	return err;
}

static int take_down(void)
{
	int left = 0;

	for (int i = 0; i < 2; i++)
		left += skiff_net_destroy(net[i]);
	skiff_clock_put(clk);
	return left + (int)skb_live_buffers();
}

static int setup(void **state)
{
	return try_setup();
}

static int teardown(void **state)
{
	return take_down();
}

static struct skiff_ping_result pong;
static int pongs;

static void ping_done(struct net *n, const struct skiff_ping_result *r, void *arg)
{
	pong = *r;
	pongs++;
}

static void hosts_ping_each_other(void **state)
{
	struct skiff_ping_params p = { 0 };

	for (int i = 0; i < 2; i++) {
		for (unsigned int len = 0; len <= 1472; len += 184) {
			p.daddr = ip(i ? LEFT : RIGHT);
			p.len = len;
			pongs = 0;
			assert_int_equal(skiff_ping(net[i], &p, ping_done, NULL), 0);
			sleep_ns(NSEC_PER_MSEC);
			assert_int_equal(pongs, 1);
			assert_int_equal(pong.status, SKIFF_PING_REPLY);
			assert_int_equal(pong.len, len);
			assert_int_equal(pong.from.s_addr, p.daddr.s_addr);
		}
	}
}

static size_t heard;
static int hears;
static char text[64];

static void hear(struct skiff_udp *udp, const void *data, size_t len,
		 const struct sockaddr_in *from, const struct sockaddr_in *to, void *arg)
{
	hears++;
	heard = len;
	memcpy(text, data, len < sizeof(text) ? len : sizeof(text));
}

static void services_answer_across(void **state)
{
	const struct skiff_udp_params p = { .recv = hear };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = ip(RIGHT) };
	static const u16 ports[] = { 7, 9, 13, 19 };
	struct skiff_udp *udp;

	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "echo", "discard", "daytime", "chargen" };

		assert_int_equal(skiff_service_enable(net[1], names[i], NULL, 0), 0);
	}
	assert_int_equal(skiff_udp_open(net[0], &p, &udp), 0);
	hears = 0;
	for (size_t i = 0; i < 4; i++) {
		to.sin_port = htons(ports[i]);
		assert_int_equal(skiff_udp_send(udp, "hello", 5, &to), 0);
		sleep_ns(NSEC_PER_MSEC);
		if (ports[i] == 7)
			assert_memory_equal(text, "hello", 5);
	}
	assert_int_equal(hears, 3);
	skiff_udp_close(udp);
}

/* A device that goes while packets wait for their neighbour. */
static void a_cable_is_cut(void **state)
{
	struct skiff_ping_params p = { .daddr = ip(0xc0000263) };

	pongs = 0;
	for (int i = 0; i < 10; i++)
		assert_int_equal(skiff_ping(net[0], &p, ping_done, NULL), 0);
	assert_int_equal(skiff_dev_destroy(net[0], "eth0"), 0);
	sleep_ns(5 * NSEC_PER_SEC);
	assert_int_equal(pongs, 10);
	assert_int_equal(pong.status, SKIFF_PING_TIMEOUT);
	p.daddr = ip(RIGHT);
	assert_int_equal(skiff_ping(net[0], &p, ping_done, NULL), -ENETUNREACH);
	/* The other end goes with it. */
	assert_int_equal(skiff_dev_destroy(net[1], "eth0"), -ENODEV);
}

/* One exchange of everything: ARP, ping, UDP, an error. */
static void exchange(void)
{
	const struct skiff_udp_params p = { .recv = hear };
	const struct skiff_ping_params ping = { .daddr = ip(RIGHT), .len = 100 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = ip(RIGHT) };
	struct skiff_udp *udp = NULL;

	skiff_service_enable(net[1], "echo", NULL, 0);
	skiff_ping(net[0], &ping, ping_done, NULL);
	sleep_ns(NSEC_PER_MSEC);
	if (!skiff_udp_open(net[0], &p, &udp)) {
		to.sin_port = htons(7);
		skiff_udp_send(udp, "hello", 5, &to);
		to.sin_port = htons(99);
		skiff_udp_send(udp, "hello", 5, &to);
		sleep_ns(NSEC_PER_MSEC);
	}
	skiff_udp_close(udp);
	sleep_ns(10 * NSEC_PER_SEC);
}

/* Memory ends at each allocation in turn: nothing breaks, nothing is left, all works afterwards. */
static void memory_ends_anywhere(void **state)
{
	long n;

	skiff_log_level(-1);
	for (n = 1;; n++) {
		bool failed;

		assert_int_equal(try_setup(), 0);
		if (skiff_fail_nth(n) == -EOPNOTSUPP) {
			assert_int_equal(take_down(), 0);
			skip();
		}
		exchange();
		failed = skiff_fail_count() >= n;
		skiff_fail_nth(0);
		hears = 0;
		pongs = 0;
		exchange();
		assert_int_equal(pongs, 1);
		assert_int_equal(pong.status, SKIFF_PING_REPLY);
		assert_int_equal(hears, 1);
		assert_int_equal(take_down(), 0);
		if (!failed)
			break;
	}
	assert_true(n > 10);
	skiff_log_level(LOGLEVEL_INFO);
}

/* The same while the hosts are made. */
static void memory_ends_while_hosts_are_made(void **state)
{
	bool failed = true;
	long n;

	skiff_log_level(-1);
	for (n = 1; failed; n++) {
		int err;

		if (skiff_fail_nth(n) == -EOPNOTSUPP)
			skip();
		err = try_setup();
		failed = skiff_fail_count() >= n;
		skiff_fail_nth(0);
		assert_true(failed || !err);
		for (int i = 0; i < 2; i++)
			if (net[i])
				assert_int_equal(skiff_net_destroy(net[i]), 0);
		skiff_clock_put(clk);
		assert_int_equal(skb_live_buffers(), 0);
	}
	assert_true(n > 20);
	skiff_log_level(LOGLEVEL_INFO);
}

static int init(void **state)
{
	return skiff_init();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hosts_ping_each_other),
		T(services_answer_across),
		T(a_cable_is_cut),
		cmocka_unit_test(memory_ends_anywhere),
		cmocka_unit_test(memory_ends_while_hosts_are_made),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
