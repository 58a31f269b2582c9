// SPDX-License-Identifier: BSD-2-Clause
/* What is sent, and when: seen from the other end of the connection. */
#include <skiff/fault.h>

#include "peer.h"

static struct peer p;
static struct seg s;

static int setup(void **state)
{
	peer_open(&p);
	return 0;
}

static int teardown(void **state)
{
	peer_close(&p);
	return 0;
}

/* Options of the SYN, in this order, byte by byte. */
static void syn_options(void **state)
{
	static const u8 head[] = { 2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10 };

	peer_syn_sent(&p, &s);
	assert_int_equal(s.optlen, 20);
	assert_memory_equal(s.opts, head, sizeof(head));
	assert_int_equal(s.opts[16], 1);
	assert_int_equal(s.opts[17], 3);
	assert_int_equal(s.opts[18], 3);
}

static void syn_options_without_timestamps(void **state)
{
	static const u8 want[] = { 2, 4, 1460 >> 8, 1460 & 0xff, 1, 1, 4, 2, 1, 3, 3 };

	peer_sysctl(&p, "net.ipv4.tcp_timestamps", "0");
	peer_syn_sent(&p, &s);
	assert_int_equal(s.optlen, 12);
	assert_memory_equal(s.opts, want, sizeof(want));
}

static void syn_options_mss_alone(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_timestamps", "0");
	peer_sysctl(&p, "net.ipv4.tcp_sack", "0");
	peer_sysctl(&p, "net.ipv4.tcp_window_scaling", "0");
	peer_syn_sent(&p, &s);
	assert_int_equal(s.optlen, 4);
}

/* One a second at first, four times, then twice as long each; 6 + 4 of them, and ETIMEDOUT. */
static struct tcp_info info(void)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_int_equal(skiff_getsockopt(p.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info;
}

static void syn_retransmission(void **state)
{
	static const int wait[] = { 1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 16000, 32000 };
	int err;
	socklen_t len = sizeof(err);

	peer_syn_sent(&p, &s);
	for (size_t i = 0; i < ARRAY_SIZE(wait); i++)
		peer_expect_after(&p, &s, wait[i], S_, 0, 0);
	wire_sleep(&p.h, 64000 * MS);
	peer_quiet(&p);
	assert_int_equal(skiff_getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	assert_int_equal(err, ETIMEDOUT);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPABORTONTIMEOUT), 1);
}

/* A SYN that was sent again says nothing about the path: slow start goes as far as ever. */
static void syn_retransmission_leaves_slow_start(void **state)
{
	peer_syn_sent(&p, &s);
	peer_expect_after(&p, &s, 1000, S_, 0, 0);
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	peer_send(&p, S_ | A_, 1, NULL, 0);
	p.optlen = 0;
	assert_int_equal(info().tcpi_snd_ssthresh, TCP_INFINITE_SSTHRESH);
	assert_int_equal(info().tcpi_snd_cwnd, TCP_INIT_CWND);
}

static void segments_of_the_peers_mss(void **state)
{
	peer_connect(&p);
	peer_write(&p, 2500, 0);
	peer_expect(&p, &s, A_, 1, 1000);
	peer_expect(&p, &s, A_, 1001, 1000);
	peer_expect(&p, &s, P_ | A_, 2001, 500);
	peer_ack(&p, 2501);
	peer_quiet(&p);
}

static void nagle(void **state)
{
	peer_connect(&p);
	peer_write(&p, 100, 0);
	peer_expect(&p, &s, P_ | A_, 1, 100);
	/* A small one is out there: the next one waits, and more is added to it. */
	peer_write(&p, 100, 0);
	peer_write(&p, 100, 0);
	peer_quiet(&p);
	peer_ack(&p, 101);
	peer_expect(&p, &s, P_ | A_, 101, 200);
	peer_set_int(&p, SOL_TCP, TCP_NODELAY, 1);
	peer_write(&p, 100, 0);
	peer_expect(&p, &s, P_ | A_, 301, 100);
	peer_ack(&p, 401);
}

static void full_segments_do_not_wait(void **state)
{
	peer_connect(&p);
	peer_write(&p, 100, 0);
	peer_expect(&p, &s, P_ | A_, 1, 100);
	peer_write(&p, 1500, 0);
	peer_expect(&p, &s, A_, 101, 1000);
	peer_quiet(&p);
	peer_ack(&p, 1101);
	peer_expect(&p, &s, P_ | A_, 1101, 500);
	peer_ack(&p, 1601);
}

static void cork_and_more(void **state)
{
	peer_connect(&p);
	peer_set_int(&p, SOL_TCP, TCP_CORK, 1);
	peer_write(&p, 1100, 0);
	peer_expect(&p, &s, A_, 1, 1000);
	peer_quiet(&p);
	peer_set_int(&p, SOL_TCP, TCP_CORK, 0);
	wire_run(&p.h);
	peer_expect(&p, &s, P_ | A_, 1001, 100);
	peer_ack(&p, 1101);
	peer_write(&p, 10, MSG_MORE);
	peer_quiet(&p);
	peer_write(&p, 10, 0);
	peer_expect(&p, &s, P_ | A_, 1101, 20);
	peer_ack(&p, 1121);
}

/*
 * With a round trip of nothing the timeout is at its floor, 200 ms: the tail loss probe is due then as
 * well and goes first. It is followed by timeouts that double.
 */
static void tail_loss_probe_and_timeouts(void **state)
{
	static const int wait[] = { 200, 200, 400, 800, 1600, 3200 };

	peer_connect(&p);
	peer_write(&p, 1000, 0);
	peer_expect(&p, &s, P_ | A_, 1, 1000);
	for (size_t i = 0; i < ARRAY_SIZE(wait); i++) {
		peer_expect_after(&p, &s, wait[i], P_ | A_, 1, 1000);
		assert_int_equal(peer_mib(&p, LINUX_MIB_TCPLOSSPROBES), 1);
		assert_int_equal(peer_mib(&p, LINUX_MIB_TCPTIMEOUTS), i);
	}
	peer_ack(&p, 1001);
	wire_sleep(&p.h, 60000 * MS);
	peer_quiet(&p);
}

/* A window that closes is probed at doubling intervals, and data goes as soon as it opens. */
static void zero_window_probes(void **state)
{
	peer_connect(&p);
	p.win = 0;
	peer_write(&p, 1000, 0);
	peer_expect(&p, &s, P_ | A_, 1, 1000);
	peer_ack(&p, 1001);
	peer_write(&p, 1000, 0);
	peer_quiet(&p);
	peer_expect_after(&p, &s, 200, A_, 1000, 0);
	peer_expect_after(&p, &s, 400, A_, 1000, 0);
	peer_ack(&p, 1001);
	peer_expect_after(&p, &s, 800, A_, 1000, 0);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPWINPROBE), 3);
	p.win = 65535;
	peer_ack(&p, 1001);
	peer_expect(&p, &s, P_ | A_, 1001, 1000);
	peer_ack(&p, 2001);
}

static void keepalive(void **state)
{
	char c;

	peer_connect(&p);
	peer_set_int(&p, SOL_TCP, TCP_KEEPIDLE, 10);
	peer_set_int(&p, SOL_TCP, TCP_KEEPINTVL, 2);
	peer_set_int(&p, SOL_TCP, TCP_KEEPCNT, 3);
	peer_set_int(&p, SOL_SOCKET, SO_KEEPALIVE, 1);
	peer_expect_after(&p, &s, 10000, A_, 0, 0);
	/* It answers: from the start. */
	peer_ack(&p, 1);
	wire_sleep(&p.h, 9000 * MS);
	peer_quiet(&p);
	for (int i = 0; i < 3000 && !peer_take(&p, &s); i++)
		wire_sleep(&p.h, MS);
	peer_expect_after(&p, &s, 2000, A_, 0, 0);
	peer_expect_after(&p, &s, 2000, A_, 0, 0);
	peer_expect_after(&p, &s, 2000, R_ | A_, 1, 0);
	assert_int_equal(skiff_recv(p.fd, &c, 1, 0), -1);
	assert_int_equal(errno, ETIMEDOUT);
}

/* 40 ms, or with the answer. */
static void delayed_ack(void **state)
{
	peer_connect(&p);
	/* Past the first ones, which are answered at once. */
	for (int i = 0; i < 30; i++) {
		peer_send(&p, P_ | A_, 1, peer_bytes, 100);
		wire_sleep(&p.h, 1 * MS);
	}
	wire_sleep(&p.h, 300 * MS);
	while (peer_take(&p, &s))
		;
	peer_set_int(&p, SOL_TCP, TCP_QUICKACK, 0);
	peer_send(&p, P_ | A_, 1, peer_bytes, 100);
	peer_quiet(&p);
	peer_write(&p, 10, 0);
	peer_expect(&p, &s, P_ | A_, 1, 10);
	assert_int_equal(s.ack, 3101);
	wire_sleep(&p.h, 100 * MS);
	peer_ack(&p, 11);
}

static void fin_goes_with_the_data(void **state)
{
	peer_connect(&p);
	p.win = 0;
	peer_write(&p, 500, 0);
	peer_expect(&p, &s, P_ | A_, 1, 500);
	peer_ack(&p, 501);
	peer_write(&p, 300, 0);
	peer_quiet(&p);
	assert_int_equal(skiff_shutdown(p.fd, SHUT_WR), 0);
	p.win = 65535;
	peer_ack(&p, 501);
	peer_expect(&p, &s, F_ | P_ | A_, 501, 300);
	peer_ack(&p, 802);
	peer_quiet(&p);
}

static void large_writes_fill_the_buffer(void **state)
{
	u32 una = 1;
	size_t sent = 0;
	ssize_t n, more;

	peer_connect(&p);
	n = skiff_send(p.fd, peer_bytes, sizeof(peer_bytes), MSG_DONTWAIT);
	assert_true(n > 20000 && n < (ssize_t)sizeof(peer_bytes));
	wire_run(&p.h);
	/* The last buffer is filled up still. */
	while ((more = skiff_send(p.fd, peer_bytes, 1000, MSG_DONTWAIT)) > 0)
		n += more;
	assert_int_equal(errno, EAGAIN);
	wire_run(&p.h);
	while (sent < (size_t)n) {
		while (peer_take(&p, &s)) {
			assert_int_equal(s.seq, una);
			una += (u32)s.len;
			sent += s.len;
		}
		wire_sleep(&p.h, MS);
		peer_ack(&p, una);
	}
	assert_int_equal(sent, n);
	assert_int_equal(skiff_send(p.fd, peer_bytes, 1, MSG_DONTWAIT), 1);
	wire_run(&p.h);
	peer_expect(&p, &s, P_ | A_, una, 1);
	peer_ack(&p, una + 1);
}

/* All that was sent is acknowledged. @una: where it begins; moved on. */
static void acknowledge_all(u32 *una)
{
	bool more;

	do {
		more = false;
		while (peer_take(&p, &s)) {
			more = true;
			if (!before(s.seq + (u32)s.len, *una))
				*una = s.seq + (u32)s.len;
		}
		if (more)
			peer_ack(&p, *una);
	} while (more);
}

/* Whichever allocation fails: something was taken, or the error says why not; never "nothing". */
static void large_writes_without_memory(void **state)
{
	bool over = false;
	u32 una = 1;
	ssize_t n;

	if (skiff_fail_nth(0) == -EOPNOTSUPP)
		skip();
	peer_connect(&p);
	peer_write(&p, 20000, 0);
	acknowledge_all(&una);
	assert_int_equal(una, 20001);
	for (long nth = 1; !over; nth++) {
		assert_int_equal(skiff_fail_nth(nth), 0);
		n = skiff_send(p.fd, peer_bytes, 20000, MSG_DONTWAIT);
		over = skiff_fail_count() < nth;
		skiff_fail_nth(0);
		assert_true(n > 0 || (n < 0 && errno != 0));
		wire_run(&p.h);
		acknowledge_all(&una);
		wire_sleep(&p.h, 1000 * MS);
		acknowledge_all(&una);
	}
	assert_int_equal(n, 20000);
}

/*
 * A device that cuts gets buffers that are as full as they can be with all headers: 63 segments of 1024
 * bytes, for 64 and their headers are more than one packet can be, and would be cut before it.
 */
static void full_buffers_fit_the_device(void **state)
{
	static const u8 opts[] = { 2, 4, 1024 >> 8, 0, 1, 1, 4, 2, 1, 3, 3, 7 };
	size_t most = 0, len;
	struct sk_buff *skb;
	u32 una = 1;

	peer_syn_sent(&p, &s);
	memcpy(p.opts, opts, sizeof(opts));
	p.optlen = sizeof(opts);
	peer_send(&p, S_ | A_, 1, NULL, 0);
	p.optlen = 0;
	peer_expect(&p, &s, A_, 1, 0);
	p.h.dev->features |= NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO;
	assert_int_equal(skiff_setsockopt(p.fd, SOL_TCP, TCP_CONGESTION, "reno", 4), 0);
	for (int i = 0; i < 30; i++) {
		skiff_send(p.fd, peer_bytes, sizeof(peer_bytes), MSG_DONTWAIT);
		wire_run(&p.h);
		while ((skb = skb_dequeue(&p.h.sent)) != NULL) {
			len = skb->len - ETH_HLEN - WIRE_IP_HLEN - WIRE_TCP_HLEN;
			most = max(most, len);
			una += (u32)len;
			consume_skb(skb);
		}
		peer_ack(&p, una);
	}
	assert_int_equal(most, 63 * 1024);
}

/* Any value that the setting takes means what it says: with the largest, all round trips are short. */
static void tso_by_round_trip(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_tso_rtt_log", "255");
	peer_connect(&p);
	peer_write(&p, 2500, 0);
	peer_expect(&p, &s, A_, 1, 1000);
	peer_expect(&p, &s, A_, 1001, 1000);
	peer_expect(&p, &s, P_ | A_, 2001, 500);
	peer_ack(&p, 2501);
}

static int choose(const char *name)
{
	return skiff_setsockopt(p.fd, SOL_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) ?
		       -errno :
		       0;
}

/* What a program may choose is the host's decision; what it has, it keeps. */
static void congestion_controls_allowed(void **state)
{
	static const char *const name = "net.ipv4.tcp_allowed_congestion_control";
	char before[100];

	assert_true(skiff_sysctl_get(p.h.net, name, before, sizeof(before)) >= 0);
	peer_connect(&p);
	assert_int_equal(choose("bbr"), 0);
	assert_int_equal(choose("cubic"), 0);
	peer_sysctl(&p, name, " reno ");
	assert_int_equal(choose("cubic"), 0);
	assert_int_equal(choose("bbr"), -EPERM);
	assert_int_equal(choose("cubi"), -ENOENT);
	assert_int_equal(choose("reno"), 0);
	assert_int_equal(choose("cubic"), -EPERM);
	assert_int_equal(skiff_sysctl_set(p.h.net, name, "cubic nobody", NULL, 0), -ENOENT);
	assert_int_equal(choose("cubic"), -EPERM);
	peer_sysctl(&p, name, before);
	assert_int_equal(choose("cubic"), 0);
}

static ktime_t neighbour_confirmed(void)
{
	__be32 key = PEER_IP;
	const struct neighbour *n;
	ktime_t confirmed;

	net_lock(p.h.net);
	n = __neigh_lookup_noref(&arp_tbl, &key, p.h.dev);
	assert_non_null(n);
	confirmed = n->confirmed;
	net_unlock(p.h.net);
	return confirmed;
}

/* An acknowledgment is noted, and the neighbour's entry told when the next segment passes by it. */
static void neighbour_is_confirmed_by_the_next_segment(void **state)
{
	ktime_t before, now;

	peer_connect(&p);
	peer_write(&p, 100, 0);
	peer_expect(&p, &s, P_ | A_, 1, 100);
	before = neighbour_confirmed();
	wire_sleep(&p.h, 50 * MS);
	peer_ack(&p, 101);
	assert_true(neighbour_confirmed() == before);
	wire_sleep(&p.h, 50 * MS);
	now = skiff_net_now(p.h.net);
	peer_write(&p, 100, 0);
	peer_expect(&p, &s, P_ | A_, 101, 100);
	assert_true(neighbour_confirmed() == now);
	/* Once. */
	wire_sleep(&p.h, 50 * MS);
	peer_write(&p, 2000, 0);
	assert_true(neighbour_confirmed() == now);
	peer_ack(&p, 2201);
}

static void user_timeout(void **state)
{
	char c;

	peer_connect(&p);
	peer_set_int(&p, SOL_TCP, TCP_USER_TIMEOUT, 3000);
	peer_write(&p, 100, 0);
	wire_sleep(&p.h, 2900 * MS);
	assert_int_equal(skiff_recv(p.fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	wire_sleep(&p.h, 1500 * MS);
	assert_int_equal(skiff_recv(p.fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(syn_options, setup, teardown),
		cmocka_unit_test_setup_teardown(syn_options_without_timestamps, setup, teardown),
		cmocka_unit_test_setup_teardown(syn_options_mss_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(syn_retransmission, setup, teardown),
		cmocka_unit_test_setup_teardown(syn_retransmission_leaves_slow_start, setup,
						teardown),
		cmocka_unit_test_setup_teardown(segments_of_the_peers_mss, setup, teardown),
		cmocka_unit_test_setup_teardown(nagle, setup, teardown),
		cmocka_unit_test_setup_teardown(full_segments_do_not_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(cork_and_more, setup, teardown),
		cmocka_unit_test_setup_teardown(tail_loss_probe_and_timeouts, setup, teardown),
		cmocka_unit_test_setup_teardown(zero_window_probes, setup, teardown),
		cmocka_unit_test_setup_teardown(keepalive, setup, teardown),
		cmocka_unit_test_setup_teardown(delayed_ack, setup, teardown),
		cmocka_unit_test_setup_teardown(fin_goes_with_the_data, setup, teardown),
		cmocka_unit_test_setup_teardown(large_writes_fill_the_buffer, setup, teardown),
		cmocka_unit_test_setup_teardown(large_writes_without_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(full_buffers_fit_the_device, setup, teardown),
		cmocka_unit_test_setup_teardown(tso_by_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(congestion_controls_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbour_is_confirmed_by_the_next_segment, setup,
						teardown),
		cmocka_unit_test_setup_teardown(user_timeout, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
