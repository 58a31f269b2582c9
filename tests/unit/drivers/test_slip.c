// SPDX-License-Identifier: BSD-2-Clause
/* SLIP's framing: what is right, what is wrong, and what the line does in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/driver.h>
#include <skiff/drivers.h>
#include <skiff/fault.h>
#include <skiff/random.h>
#include <skiff/skb/pool.h>

#include "drivers/slip.h"

static u8 buf[64];

/* What the first end of a packet in @line says, and how long the packet is. */
static enum slip_result first(const char *line, size_t n, size_t size, size_t *len)
{
	struct slip_decoder d = { .buf = buf, .size = size };
	size_t i;

	for (i = 0; i < n; i++) {
		enum slip_result result = slip_decode(&d, (u8)line[i]);

		*len = d.len;
		if (result != SLIP_MORE)
			return result;
	}
	return SLIP_MORE;
}

static void test_decoding(void **state)
{
	static const struct {
		const char *line;
		size_t n, size;
		enum slip_result result;
		size_t len;
	} cases[] = {
		{ "abc\300", 4, 64, SLIP_PACKET, 3 },
		{ "\300\300\300a\300", 5, 64, SLIP_PACKET, 1 },
		{ "\300\300\300", 3, 64, SLIP_MORE, 0 },
		{ "\333\334\333\335\300", 5, 64, SLIP_PACKET, 2 },
		{ "a\333x\300", 4, 64, SLIP_BAD, 2 },
		{ "a\333\300", 3, 64, SLIP_BAD, 1 },
		{ "a\333\333\300", 4, 64, SLIP_BAD, 2 },
		{ "abc\300", 4, 3, SLIP_PACKET, 3 },
		{ "abcd\300", 5, 3, SLIP_LONG, 3 },
		{ "abcd", 4, 3, SLIP_MORE, 3 },
		/* Both wrong: it is said once. */
		{ "abcd\333x\300", 7, 3, SLIP_BAD, 3 },
	};
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		enum slip_result result = first(cases[i].line, cases[i].n, cases[i].size, &len);

		if (result != cases[i].result || len != cases[i].len)
			fail_msg("case %zu: %d, length %zu", i, (int)result, len);
	}
	first("\333\334\333\335\300", 5, 64, &len);
	assert_memory_equal(buf, "\300\333", 2);
}

static void test_there_and_back(void **state)
{
	static const u8 likely[] = { SLIP_END, SLIP_ESC, SLIP_ESC_END, SLIP_ESC_ESC, 'x' };
	u8 packet[64], line[SLIP_ENCODED_MAX(sizeof(packet))];
	struct rnd_state rnd;
	size_t len, i, got;
	int turn;

	prandom_seed_state(&rnd, 1);
	for (turn = 0; turn < 10000; turn++) {
		u8 *end;

		len = 1 + prandom_u32_state(&rnd) % sizeof(packet);
		for (i = 0; i < len; i++)
			packet[i] = likely[prandom_u32_state(&rnd) % sizeof(likely)];
		end = slip_encode(line, packet, len);
		assert_true(end <= line + 2 * len);
		assert_null(memchr(line, SLIP_END, (size_t)(end - line)));
		*end++ = SLIP_END;
		assert_int_equal(first((const char *)line, (size_t)(end - line), 64, &got),
				 SLIP_PACKET);
		assert_int_equal(got, len);
		assert_memory_equal(buf, packet, len);
	}
}

/* Any bytes: nothing is written beyond the buffer, and after an end the next packet is right. */
static void test_noise(void **state)
{
	struct slip_decoder d = { .buf = buf, .size = 16 };
	struct rnd_state rnd;
	enum slip_result result = SLIP_MORE;
	int i;

	prandom_seed_state(&rnd, 2);
	memset(buf, 0x77, sizeof(buf));
	for (i = 0; i < 100000; i++) {
		result = slip_decode(&d, (u8)(0300 + prandom_u32_state(&rnd) % 32));
		assert_true(d.len <= 16);
		if (result != SLIP_MORE)
			slip_reset(&d);
	}
	assert_int_equal(buf[16], 0x77);
	if (slip_decode(&d, SLIP_END) != SLIP_MORE)
		slip_reset(&d);
	assert_int_equal(slip_decode(&d, 'a'), SLIP_MORE);
	assert_int_equal(slip_decode(&d, SLIP_END), SLIP_PACKET);
	assert_int_equal(d.len, 1);
}

static void test_device_without_memory(void **state)
{
	struct net *net;
	struct net_device *dev;
	char err[256];
	long n;
	int ret;

	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	net = skiff_net_create(NULL);
	assert_non_null(net);
	for (n = 1;; n++) {
		if (skiff_fail_nth(n) < 0)
			break;
		ret = skiff_driver_create(net, "slip", "sl0", NULL, 0, &dev, err, sizeof(err));
		skiff_fail_nth(0);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(n < 100);
	}
	if (n > 1) {
		net_lock(net);
		assert_int_equal(dev->mtu, 296);
		assert_int_equal(dev->tx_queue_len, 10);
		assert_int_equal(dev->flags, IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST);
		assert_int_equal(dev_open(dev, NULL), 0);
		net_unlock(net);
	}
	assert_int_equal(skiff_net_destroy(net), 0);
	assert_int_equal(skb_live_buffers(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_device_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
