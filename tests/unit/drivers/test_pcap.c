// SPDX-License-Identifier: BSD-2-Clause
/* The pcap device under virtual time: frames at their stamps, and what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <skiff/driver.h>
#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/fault.h>
#include <skiff/printk.h>
#include <skiff/skb/pool.h>

#include "device_stats.h"

#define TYPE 0x88b5
#define MS 1000000ll
#define START (5 * MS)
#define EPOCH (1700000000ll * NSEC_PER_SEC)

static struct skiff_clock *test_clock;
static struct net *net;
static struct net_device *dev;
static char in[64], out[64], said[2048];
static bool no_pcap;

static struct {
	unsigned int count;
	ktime_t when[4096];
	u8 tag[4096];
} got;

static void hear(int level, const char *text, void *arg)
{
	strncat(said, text, sizeof(said) - strlen(said) - 2);
}

static int handle(struct sk_buff *skb, struct net_device *on, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	if (got.count < ARRAY_SIZE(got.when)) {
		got.when[got.count] = skiff_net_now(net) - START;
		got.tag[got.count] = skb->data[0];
	}
	got.count++;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type handler = { .func = handle };

static int setup(void **state)
{
	struct skiff_net_params params = { .seed = 1 };
	int fd;

	memset(&got, 0, sizeof(got));
	said[0] = '\0';
	dev = NULL;
	skiff_log_sink(hear, NULL);
	strcpy(in, "/tmp/skiff-test-in-XXXXXX");
	strcpy(out, "/tmp/skiff-test-out-XXXXXX.pcap");
	fd = mkstemp(in);
	assert_true(fd >= 0);
	close(fd);
	fd = mkstemps(out, 5);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	handler.type = htons(TYPE);
	dev_add_pack(&handler);
	params.clock = test_clock = skiff_clock_virtual(START, EPOCH);
	net = skiff_net_create(&params);
	assert_non_null(net);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(skiff_net_destroy(net), 0);
	skiff_clock_put(test_clock);
	skiff_log_sink(NULL, NULL);
	assert_int_equal(skb_live_buffers(), 0);
	unlink(in);
	unlink(out);
	return 0;
}

/* A capture file, by hand: microseconds, one link type. */

static FILE *begin_file(u32 link_type)
{
	const u32 head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, link_type };
	FILE *f = fopen(in, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(head, sizeof(head), 1, f), 1);
	return f;
}

static void add_frame(FILE *f, u32 usec, u32 len, u32 original, u8 tag)
{
	const u32 head[4] = { 1000 + usec / 1000000, usec % 1000000, len, original };
	u8 frame[2000] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, TYPE >> 8, TYPE & 0xff, tag };

	assert_int_equal(fwrite(head, sizeof(head), 1, f), 1);
	assert_int_equal(fwrite(frame, len, 1, f), 1);
}

static void usual_file(void)
{
	FILE *f = begin_file(1);

	add_frame(f, 500000, 60, 60, 1);
	add_frame(f, 501000, 60, 60, 2);
	/* Back in time. */
	add_frame(f, 500500, 60, 60, 3);
	/* Not whole, and too short. */
	add_frame(f, 502000, 60, 61, 4);
	add_frame(f, 502000, 13, 13, 5);
	add_frame(f, 504000, 1514, 1514, 6);
	fclose(f);
}

static void create(const char *more)
{
	char option[3][450], err[512];
	const char *list[] = { option[0], option[1], option[2] };
	size_t n = 0;
	int ret;

	if (more && *more == '!') {
		more++;
	} else {
		snprintf(option[n++], sizeof(option[0]), "in=%s", in);
	}
	if (more && *more)
		snprintf(option[n++], sizeof(option[0]), "%s", more);
	ret = skiff_driver_create(net, "pcap", "p", list, n, &dev, err, sizeof(err));
	no_pcap = ret == -EOPNOTSUPP;
	if (ret && !no_pcap)
		fail_msg("%s", err);
}

#define create_or_skip(more)    \
	do {                    \
		create(more);   \
		if (no_pcap)    \
			skip(); \
	} while (0)

static void open_device(void)
{
	net_lock(net);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(net);
}

static void run_to(ktime_t ns)
{
	assert_int_equal(skiff_clock_run_until(test_clock, START + ns), 0);
}

static void assert_got(unsigned int n, const u8 *tags, const ktime_t *when)
{
	unsigned int i;

	assert_int_equal(got.count, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(got.tag[i], tags[i]);
		assert_int_equal(got.when[i], when[i]);
	}
}

static void test_frames_at_their_stamps(void **state)
{
	const ktime_t when[] = { 0, 1 * MS, 1 * MS, 4 * MS };
	const u8 tags[] = { 1, 2, 3, 6 };
	struct rtnl_link_stats64 s;

	usual_file();
	create_or_skip(NULL);
	open_device();
	run_to(100 * MS);
	assert_got(4, tags, when);
	s = device_stats(dev);
	assert_int_equal(s.rx_packets, 4);
	assert_int_equal(s.rx_bytes, 3 * 60 + 1514);
	assert_int_equal(s.rx_errors, 2);
	assert_int_equal(s.rx_length_errors, 2);
}

static void test_speed(void **state)
{
	const ktime_t when[] = { 0, 400000, 400000, 1600000 };
	const u8 tags[] = { 1, 2, 3, 6 };

	usual_file();
	create_or_skip("speed=2.5");
	open_device();
	run_to(100 * MS);
	assert_got(4, tags, when);
}

static void test_fastest(void **state)
{
	const ktime_t when[] = { 0, 0, 0, 0 };
	const u8 tags[] = { 1, 2, 3, 6 };

	usual_file();
	create_or_skip("speed=max");
	open_device();
	run_to(0);
	assert_got(4, tags, when);
}

static void test_loop(void **state)
{
	const ktime_t when[] = { 0, 1 * MS, 1 * MS, 4 * MS, 4 * MS, 5 * MS, 5 * MS, 8 * MS };
	const u8 tags[] = { 1, 2, 3, 6, 1, 2, 3, 6 };

	usual_file();
	create_or_skip("loop=2");
	open_device();
	run_to(100 * MS);
	assert_got(8, tags, when);
}

static void test_for_ever(void **state)
{
	usual_file();
	create_or_skip("loop=forever");
	open_device();
	run_to(400 * MS);
	/* Four in four milliseconds, and those of the next pass at its beginning. */
	assert_int_equal(got.count, 401);
}

static void test_nothing_to_loop(void **state)
{
	FILE *f = begin_file(1);

	add_frame(f, 0, 13, 13, 1);
	fclose(f);
	create_or_skip("loop=forever");
	open_device();
	run_to(100 * MS);
	assert_int_equal(got.count, 0);
	assert_int_equal(device_stats(dev).rx_errors, 1);
}

static void test_more_than_the_ring(void **state)
{
	FILE *f = begin_file(1);
	u32 i;

	for (i = 0; i < 3000; i++)
		add_frame(f, i, 60, 60, (u8)i);
	fclose(f);
	create_or_skip(NULL);
	open_device();
	run_to(100 * MS);
	assert_int_equal(got.count, 3000);
	for (i = 0; i < 3000; i++) {
		assert_int_equal(got.tag[i], (u8)i);
		assert_int_equal(got.when[i], i * 1000);
	}
}

static void test_down_and_up(void **state)
{
	const ktime_t when[] = { 0, 1 * MS, 1 * MS, 10 * MS, 11 * MS, 11 * MS, 14 * MS };
	const u8 tags[] = { 1, 2, 3, 1, 2, 3, 6 };

	usual_file();
	create_or_skip(NULL);
	open_device();
	run_to(2 * MS);
	net_lock(net);
	dev_close(dev);
	net_unlock(net);
	run_to(10 * MS);
	open_device();
	run_to(100 * MS);
	assert_got(7, tags, when);
	/* And gone in the middle of it. */
	net_lock(net);
	dev_close(dev);
	dev_open(dev, NULL);
	unregister_netdevice(dev);
	net_unlock(net);
}

static void test_broken_file(void **state)
{
	usual_file();
	assert_int_equal(truncate(in, 24 + 76 + 50), 0);
	create_or_skip(NULL);
	open_device();
	run_to(100 * MS);
	assert_int_equal(got.count, 1);
	assert_non_null(strstr(said, "is broken behind frame 1"));
}

static void add_block(FILE *f, u32 type, const void *body, u32 len)
{
	const u32 head[2] = { type, len + 12 }, tail = len + 12;

	assert_int_equal(fwrite(head, sizeof(head), 1, f), 1);
	assert_int_equal(fwrite(body, len, 1, f), 1);
	assert_int_equal(fwrite(&tail, sizeof(tail), 1, f), 1);
}

/* Stamps count seconds, in 64 bits: far beyond what nanoseconds can say. */
static void pcapng_file(u64 first, u64 second)
{
	const u32 section[4] = { 0x1a2b3c4d, 1, ~0u, ~0u };
	const u32 interface[5] = { 1, 65535, 9 | 1 << 16, 0, 0 };
	const u64 stamps[2] = { first, second };
	FILE *f = fopen(in, "w");
	u32 i;

	assert_non_null(f);
	add_block(f, 0x0a0d0d0a, section, sizeof(section));
	add_block(f, 1, interface, sizeof(interface));
	for (i = 0; i < 2; i++) {
		u32 body[20] = { 0, (u32)(stamps[i] >> 32), (u32)stamps[i], 60, 60 };
		const u8 frame[16] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, TYPE >> 8, TYPE & 0xff };

		memcpy(&body[5], frame, sizeof(frame));
		add_block(f, 6, body, sizeof(body));
	}
	fclose(f);
}

/* What is due beyond the end of time never comes, and nothing is the worse for it. */
static void test_stamps_beyond_all_bounds(void **state)
{
	FILE *f = begin_file(1);
	/* Ten thousand seconds later: 317 years at the slowest speed. */
	const u32 late[4] = { 11000, 0, 60, 60 };
	const u8 frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, TYPE >> 8, TYPE & 0xff };

	add_frame(f, 0, 60, 60, 1);
	assert_int_equal(fwrite(late, sizeof(late), 1, f), 1);
	assert_int_equal(fwrite(frame, sizeof(frame), 1, f), 1);
	fclose(f);
	create_or_skip("speed=0.000001");
	open_device();
	run_to(100 * MS);
	assert_int_equal(got.count, 1);
}

static void test_stamps_that_are_no_times(void **state)
{
	pcapng_file(0, 1ull << 62);
	create_or_skip(NULL);
	open_device();
	run_to(100 * MS);
	assert_int_equal(got.count, 1);
}

static void test_stamps_from_end_to_end(void **state)
{
	pcapng_file(1ull << 63, 1ull << 62);
	create_or_skip(NULL);
	open_device();
	run_to(100 * MS);
	assert_int_equal(got.count, 1);
}

static void send_frame(u8 tag)
{
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	skb_reserve(skb, 64);
	memset(skb_put(skb, 47), tag, 47);
	skb->dev = dev;
	skb->protocol = htons(TYPE);
	skb_reset_network_header(skb);
	eth_header(skb, dev, TYPE, dev->broadcast, NULL, 47);
	net_lock(net);
	dev_queue_xmit(skb);
	net_unlock(net);
}

static size_t read_out(u8 *buf, size_t size)
{
	FILE *f = fopen(out, "r");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, size, f);
	fclose(f);
	return n;
}

static void test_what_is_written(void **state)
{
	char option[100];
	u8 buf[1000];
	u32 head[4];

	snprintf(option, sizeof(option), "!out=%s", out);
	create(option);
	open_device();
	run_to(7);
	send_frame(1);
	send_frame(2);
	assert_int_equal(read_out(buf, sizeof(buf)), 24 + 2 * (16 + 61));
	memcpy(head, buf + 24 + 77, sizeof(head));
	assert_int_equal(head[0], 1700000000);
	assert_int_equal(head[1], START + 7);
	assert_int_equal(head[2], 61);
	assert_int_equal(buf[24 + 77 + 16 + 14], 2);
	assert_int_equal(device_stats(dev).tx_packets, 2);
	assert_int_equal(device_stats(dev).tx_bytes, 122);
}

static void test_what_is_written_can_be_replayed(void **state)
{
	const ktime_t when[] = { 0, 250 };
	const u8 tags[] = { 1, 2 };
	char option[100];

	unlink(out);
	out[strlen(out) - 1] = 'x'; /* pcapng, then */
	snprintf(option, sizeof(option), "!out=%s", out);
	create(option);
	open_device();
	send_frame(1);
	run_to(250);
	send_frame(2);
	unregister_netdev(dev);
	assert_int_equal(rename(out, in), 0);
	create_or_skip(NULL);
	run_to(1000);
	net_lock(net);
	dev_open(dev, NULL);
	net_unlock(net);
	run_to(100 * MS);
	got.when[0] -= 1000;
	got.when[1] -= 1000;
	assert_got(2, tags, when);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *option;
		const char *says;
	} cases[] = {
		{ "speed=1", "in= and out= are missing" },
		{ "in=", "in=: a file's name of 1 to 383" },
		{ "in=-", "the name of a capture file" },
		{ "in=/nowhere/at.all", "in=/nowhere/at.all: " },
		{ "in=/dev/null", "a pcap or pcapng file is accepted" },
		{ "out=/nowhere/at.all", "a file that can be written is accepted" },
		{ "out=/dev/full", "No space left" },
		{ "speed=0", "speed=0: 0.000001 to 1000" },
		{ "speed=1001", "0.000001 to 1000" },
		{ "speed=fast", "0.000001 to 1000" },
		{ "loop=0", "loop=0: a number of passes" },
		{ "loop=x", "loop=x: a number of passes" },
	};
	char err[512];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = skiff_driver_create(net, "pcap", "p", &cases[i].option, 1, &dev, err,
					      sizeof(err));

		if (ret == -EOPNOTSUPP)
			continue;
		if (!ret || !strstr(err, cases[i].says))
			fail_msg("%s: %d, %s", cases[i].option, ret, err);
	}
}

static void test_other_link_type(void **state)
{
	char option[100], err[256];
	const char *list = option;
	int ret;

	fclose(begin_file(101));
	snprintf(option, sizeof(option), "in=%s", in);
	ret = skiff_driver_create(net, "pcap", "p", &list, 1, &dev, err, sizeof(err));
	if (ret == -EOPNOTSUPP)
		skip();
	assert_int_equal(ret, -EINVAL);
	assert_non_null(strstr(err, "a capture of Ethernet is accepted"));
}

static void test_without_memory(void **state)
{
	char option[2][100], err[256];
	const char *list[] = { option[0], option[1] };
	long n;
	int ret;

	usual_file();
	snprintf(option[0], sizeof(option[0]), "in=%s", in);
	snprintf(option[1], sizeof(option[1]), "out=%s", out);
	for (n = 1;; n++) {
		if (skiff_fail_nth(n) < 0)
			skip();
		ret = skiff_driver_create(net, "pcap", "p", list, 2, &dev, err, sizeof(err));
		skiff_fail_nth(0);
		if (ret == -EOPNOTSUPP)
			skip();
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(n < 100);
	}
	open_device();
	skiff_fail_nth(1);
	run_to(0);
	skiff_fail_nth(0);
	run_to(100 * MS);
	assert_int_equal(device_stats(dev).rx_packets + device_stats(dev).rx_dropped, 4);
}

#define with_host(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_host(test_frames_at_their_stamps),
		with_host(test_speed),
		with_host(test_fastest),
		with_host(test_loop),
		with_host(test_for_ever),
		with_host(test_nothing_to_loop),
		with_host(test_more_than_the_ring),
		with_host(test_down_and_up),
		with_host(test_broken_file),
		with_host(test_stamps_beyond_all_bounds),
		with_host(test_stamps_that_are_no_times),
		with_host(test_stamps_from_end_to_end),
		with_host(test_what_is_written),
		with_host(test_what_is_written_can_be_replayed),
		with_host(test_refusals),
		with_host(test_other_link_type),
		with_host(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
