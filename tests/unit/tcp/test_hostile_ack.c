// SPDX-License-Identifier: BSD-2-Clause
/* Peers whose acknowledgments lie: about what arrived, how much, and how much more there is room for. */
#include "hostile.h"

#include <linux/tcp.h>

static struct tcp_info info_of(void)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_int_equal(skiff_getsockopt(p.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info;
}

/* An acknowledgment with up to three blocks, counted from the host's SYN. */
static void sack(u32 ack, const u32 (*block)[2], unsigned int n)
{
	memcpy(p.opts, (const u8[]){ 1, 1, 5, (u8)(2 + 8 * n) }, 4);
	for (unsigned int i = 0; i < n; i++) {
		wire_put32(p.opts, 4 + 8 * i, p.iss + block[i][0]);
		wire_put32(p.opts, 8 + 8 * i, p.iss + block[i][1]);
	}
	p.optlen = 4 + 8 * n;
	peer_ack(&p, ack);
	p.optlen = 0;
}

/* A connection with segments of @mss bytes, window scale 7, and as much room as there can be. */
static void connect_wide(u16 mss)
{
	u8 opts[] = { 2, 4, (u8)(mss >> 8), (u8)mss, 1, 1, 4, 2, 1, 3, 3, 7 };

	peer_sysctl(&p, "net.ipv4.tcp_wmem", "4096 4000000 4000000");
	peer_syn_sent(&p, &s);
	memcpy(p.opts, opts, sizeof(opts));
	p.optlen = sizeof(opts);
	peer_send(&p, S_ | A_, 1, NULL, 0);
	p.optlen = 0;
	peer_expect(&p, &s, A_, 1, 0);
	tcp_snd_cwnd_set(tcp_sk(the_sock()), 4000);
	peer_ack(&p, 1);
}

/* Every second segment of two thousand is SACKed, from the end on: a thousand holes. */
static void thousands_of_holes(void **state)
{
	u32 block[3][2];

	connect_wide(100);
	peer_write(&p, 200000, 0);
	wire_sleep(&p.h, 5 * MS);
	drop_sent();
	assert_int_equal(tcp_sk(the_sock())->packets_out, 2000);
	for (u32 seg = 1998; seg >= 6; seg -= 6) {
		for (u32 i = 0; i < 3; i++) {
			block[i][0] = 1 + (seg - 2 * i) * 100;
			block[i][1] = block[i][0] + 100;
		}
		sack(1, block, 3);
		if (seg % 48 == 0)
			tcp_check_invariants(p.h.net);
	}
	assert_int_equal(info_of().tcpi_sacked, 999);
	/* Buffers were cut at the holes: one for each piece, and no more than that. */
	assert_true(the_sock()->sk_wmem_queued <= 2000 * (int)SKB_TRUESIZE(1024));
	peer_ack(&p, 200001);
	assert_int_equal(the_sock()->sk_wmem_queued, 0);
	assert_int_equal(info_of().tcpi_unacked, 0);
}

/* CVE-2019-11478: once the queue has twice the memory that it may have, nothing is cut any more. */
static void cutting_has_a_limit(void **state)
{
	u32 block[1][2];

	connect_wide(100);
	peer_write(&p, 200000, 0);
	peer_write(&p, 200000, 0);
	drop_sent();
	the_sock()->sk_userlocks |= SOCK_SNDBUF_LOCK;
	the_sock()->sk_sndbuf = 4608;
	for (u32 seq = 201; seq < 200000; seq += 200) {
		block[0][0] = seq;
		block[0][1] = seq + 100;
		sack(1, block, 1);
	}
	assert_true(peer_mib(&p, LINUX_MIB_TCPWQUEUETOOBIG) > 0);
	tcp_check_invariants(p.h.net);
}

/* RFC 2018 section 8: the receiver may take back what it has SACKed. */
static void reneging(void **state)
{
	const u32 block[1][2] = { { 1001, 4001 } };

	peer_connect(&p);
	peer_write(&p, 4000, 0);
	drop_sent();
	sack(1, block, 1);
	drop_sent();
	/* The first one has arrived, and what comes behind it has not? */
	peer_ack(&p, 1001);
	wire_sleep(&p.h, 1000 * MS);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPSACKRENEGING), 1);
	tcp_check_invariants(p.h.net);
	peer_expect(&p, &s, A_, 1001, 1000);
	peer_ack(&p, 2001);
	peer_ack(&p, 4001);
	assert_int_equal(info_of().tcpi_unacked, 0);
}

/* Blocks of what was never sent, of nothing, the wrong way round, or around everything. */
static void blocks_of_nothing(void **state)
{
	const u32 blocks[][3][2] = {
		{ { 5001, 6001 }, { 0x40000000, 0x40000100 }, { 0x90000000, 0x90000100 } },
		{ { 2001, 2001 }, { 3001, 2001 }, { 1001, 9001 } },
		{ { 4001, 4002 }, { 0, 0 }, { 0xffffffff, 0x7fffffff } },
	};

	peer_connect(&p);
	peer_write(&p, 4000, 0);
	drop_sent();
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		sack(1, blocks[i], 3);
		tcp_check_invariants(p.h.net);
	}
	assert_int_equal(info_of().tcpi_sacked, 0);
	assert_int_equal(info_of().tcpi_retrans, 0);
	assert_true(peer_mib(&p, LINUX_MIB_TCPSACKDISCARD) > 0);
	peer_quiet(&p);
}

/* RFC 2883: nothing was sent twice, so nothing can have arrived twice. */
static void dsack_flood(void **state)
{
	const u32 block[1][2] = { { 1, 1001 } };
	u32 cwnd;

	peer_connect(&p);
	peer_write(&p, 4000, 0);
	drop_sent();
	peer_ack(&p, 2001);
	cwnd = info_of().tcpi_snd_cwnd;
	for (int i = 0; i < 500; i++)
		sack(2001, block, 1);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPDSACKRECV), 500);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPDSACKIGNOREDDUBIOUS), 500);
	assert_int_equal(info_of().tcpi_reordering, 3);
	assert_true(info_of().tcpi_snd_cwnd <= cwnd);
	tcp_check_invariants(p.h.net);
}

/* RFC 3465: many acknowledgments of parts of a segment open the window no more than one of all of it. */
static void ack_division(void **state)
{
	u32 cwnd;

	peer_connect(&p);
	peer_write(&p, 60000, 0);
	drop_sent();
	cwnd = info_of().tcpi_snd_cwnd;
	for (u32 i = 1; i <= 1000; i++)
		peer_ack(&p, 1 + i);
	assert_in_range(info_of().tcpi_snd_cwnd, cwnd, cwnd + 1);
	tcp_check_invariants(p.h.net);
}

/* RFC 5961 section 5.2: of what was never sent. They open no window and lose no data. */
static void optimistic_acks(void **state)
{
	u32 cwnd;

	peer_connect(&p);
	peer_write(&p, 60000, 0);
	drop_sent();
	cwnd = info_of().tcpi_snd_cwnd;
	for (u32 i = 1; i < 60; i++)
		peer_ack(&p, 10001 + i * 1000);
	assert_int_equal(info_of().tcpi_snd_cwnd, cwnd);
	assert_int_equal(info_of().tcpi_unacked, 10);
	assert_int_equal(wire_drops(&p.h, SKB_DROP_REASON_TCP_ACK_UNSENT_DATA), 59);
	peer_quiet(&p);
}

/* A window that closes on what is under way, and opens: nothing goes beyond it, nothing is lost. */
static void window_that_comes_and_goes(void **state)
{
	u32 acked = 1, next = 1;

	peer_connect(&p);
	peer_write(&p, 50000, 0);
	for (int i = 0; acked < 50001 && i < 200; i++) {
		while (peer_take(&p, &s)) {
			if (s.seq == next)
				next += (u32)s.len;
			assert_true(i == 0 || s.len == 0 || s.seq + s.len <= acked + 65535);
		}
		p.win = 0;
		peer_ack(&p, acked);
		wire_sleep(&p.h, 700 * MS);
		while (peer_take(&p, &s))
			/* Probes, and the oldest of what was sent before. */
			assert_true(s.len == 0 || s.seq == acked);
		tcp_check_invariants(p.h.net);
		p.win = 3000;
		acked = next;
		peer_ack(&p, acked);
	}
	assert_int_equal(acked, 50001);
	assert_int_equal(info_of().tcpi_unacked, 0);
}

/* CVE-2019-11479: net.ipv4.tcp_min_snd_mss is the least, whatever the peer says. */
static void tiny_mss(void **state)
{
	const u8 opts[] = { 2, 4, 0, 1, 1, 1, 4, 2 };

	peer_syn_sent(&p, &s);
	memcpy(p.opts, opts, sizeof(opts));
	p.optlen = sizeof(opts);
	peer_send(&p, S_ | A_, 1, NULL, 0);
	p.optlen = 0;
	peer_expect(&p, &s, A_, 1, 0);
	peer_write(&p, 4000, 0);
	peer_expect(&p, &s, A_, 1, TCP_MIN_SND_MSS);
	assert_int_equal(info_of().tcpi_snd_mss, TCP_MIN_SND_MSS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(thousands_of_holes), CASE(cutting_has_a_limit),
		CASE(reneging),		  CASE(blocks_of_nothing),
		CASE(dsack_flood),	  CASE(ack_division),
		CASE(optimistic_acks),	  CASE(window_that_comes_and_goes),
		CASE(tiny_mss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
