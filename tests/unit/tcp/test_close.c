// SPDX-License-Identifier: BSD-2-Clause
/* Connections that end, in all the ways there are, over a cable in virtual time. */
#include "tcp_pair.h"

#include <sys/epoll.h>
#include <sys/time.h>

#include <linux/tcp.h>

#include <skiff/tcp_states.h>

static int l, a, b;

/* A connection: @a at A, @b at B. */
static void open_pair(void)
{
	l = listener(host_b, PORT, 5);
	a = connected(PORT);
	b = skiff_accept(l, NULL, NULL);
	assert_true(b >= 0);
}

static u8 state_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_int_equal(skiff_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_state;
}

static void linger(int fd, int seconds)
{
	struct linger how = { .l_onoff = 1, .l_linger = seconds };

	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_LINGER, &how, sizeof(how)), 0);
}

static void test_half_close(void **state)
{
	char buf[100];

	open_pair();
	assert_int_equal(skiff_shutdown(a, SHUT_WR), 0);
	fails(skiff_send(a, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 0);
	sleep_ms(100);
	assert_int_equal(state_of(a), TCP_FIN_WAIT2);
	assert_int_equal(state_of(b), TCP_CLOSE_WAIT);
	/* The other half goes on. */
	assert_int_equal(skiff_send(b, "still", 5, 0), 5);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 5);
	assert_int_equal(skiff_shutdown(b, SHUT_WR), 0);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 0);
	sleep_ms(10);
	assert_int_equal(state_of(b), TCP_CLOSE);
	fails(skiff_shutdown(b, SHUT_WR), ENOTCONN);
}

/* RFC 2525 section 2.17 */
static void test_unread_data_resets(void **state)
{
	char buf[100];

	open_pair();
	assert_int_equal(skiff_send(a, "unread", 6, 0), 6);
	sleep_ms(10);
	assert_int_equal(skiff_close(b), 0);
	sleep_ms(10);
	assert_int_equal(counter(host_b, "TcpExtTCPAbortOnClose"), 1);
	assert_int_equal(counter(host_b, "TcpOutRsts"), 1);
	fails(skiff_recv(a, buf, sizeof(buf), 0), ECONNRESET);
	fails(skiff_send(a, "x", 1, MSG_NOSIGNAL), EPIPE);
}

static void test_linger_of_no_time(void **state)
{
	char buf[10];

	open_pair();
	linger(a, 0);
	assert_int_equal(skiff_close(a), 0);
	sleep_ms(10);
	fails(skiff_recv(b, buf, sizeof(buf), 0), ECONNRESET);
	assert_int_equal(counter(host_a, "TcpExtTCPAbortOnData"), 1);
}

static void test_linger_waits(void **state)
{
	char buf[10];
	s64 began;

	open_pair();
	impair(host_a, dev_a, "delay=100ms");
	impair(host_b, dev_b, "delay=100ms");
	assert_int_equal(skiff_send(a, "data", 4, 0), 4);
	linger(a, 5);
	began = now_ms();
	assert_int_equal(skiff_close(a), 0);
	/* Until it has been acknowledged. */
	assert_in_range(now_ms() - began, 200, 250);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 4);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 0);
}

static void test_linger_gives_up(void **state)
{
	s64 began;

	open_pair();
	impair(host_a, dev_a, "loss=100%");
	assert_int_equal(skiff_send(a, "data", 4, 0), 4);
	linger(a, 2);
	began = now_ms();
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(now_ms() - began, 2000);
}

static void close_actively(void)
{
	char c;

	open_pair();
	assert_int_equal(skiff_close(b), 0);
	assert_int_equal(skiff_recv(a, &c, 1, 0), 0);
	assert_int_equal(skiff_close(a), 0);
	sleep_ms(10);
}

static void test_time_wait_holds_the_port(void **state)
{
	struct sockaddr_in any = at(INADDR_ANY, PORT);
	int fd, on = 1;

	close_actively();
	assert_int_equal(skiff_close(l), 0);
	fd = stream(host_b);
	fails(skiff_bind(fd, ADDR(any)), EADDRINUSE);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(skiff_bind(fd, ADDR(any)), 0);
	assert_int_equal(skiff_close(fd), 0);
	sleep_ms(61000);
	assert_int_equal(counter(host_b, "TcpExtTimeWaited") +
				 counter(host_b, "TcpExtTCPTimeWaitOverflow"),
			 1);
	fd = stream(host_b);
	assert_int_equal(skiff_bind(fd, ADDR(any)), 0);
}

/* The same addresses and ports again, which the server still has in TIME_WAIT. */
static void test_time_wait_is_reopened(void **state)
{
	struct sockaddr_in own = at(A_IP, 500), to = at(B_IP, PORT);
	char c;

	l = listener(host_b, PORT, 5);
	for (int i = 0; i < 3; i++) {
		a = stream(host_a);
		assert_int_equal(skiff_bind(a, ADDR(own)), 0);
		assert_int_equal(skiff_connect(a, ADDR(to)), 0);
		b = skiff_accept(l, NULL, NULL);
		assert_true(b >= 0);
		assert_int_equal(skiff_close(b), 0);
		assert_int_equal(skiff_recv(a, &c, 1, 0), 0);
		assert_int_equal(skiff_close(a), 0);
		sleep_ms(1500);
	}
	assert_int_equal(counter(host_b, "TcpPassiveOpens"), 3);
}

static void test_time_wait_limit(void **state)
{
	setting(host_b, "tcp_max_tw_buckets", "0");
	close_actively();
	assert_int_equal(counter(host_b, "TcpExtTCPTimeWaitOverflow"), 1);
}

static void test_fin_wait2_ends(void **state)
{
	open_pair();
	setting(host_a, "tcp_fin_timeout", "20");
	assert_int_equal(skiff_close(a), 0);
	sleep_ms(19000);
	/* The peer does not close: what it sends now meets nobody. */
	assert_int_equal(counter(host_a, "TcpExtTimeWaited"), 0);
	sleep_ms(2000);
	assert_int_equal(counter(host_a, "TcpExtTimeWaited"), 1);
	assert_int_equal(skiff_send(b, "x", 1, 0), 1);
	sleep_ms(10);
	assert_int_equal(so_error(b), EPIPE);
}

/* RFC 1122 section 4.2.2.13: nobody is there who could read it. */
static void test_data_after_close(void **state)
{
	open_pair();
	assert_int_equal(skiff_close(a), 0);
	sleep_ms(10);
	assert_int_equal(skiff_send(b, "late", 4, 0), 4);
	sleep_ms(10);
	assert_int_equal(so_error(b), EPIPE);
	assert_int_equal(counter(host_a, "TcpOutRsts"), 1);
}

static int add_drops(const char *reason, u64 count, void *arg)
{
	(void)reason;
	*(u64 *)arg += count;
	return 0;
}

static u64 drops_of_both(void)
{
	u64 drops = 0;

	assert_int_equal(skiff_drops_foreach(host_a, add_drops, &drops), 0);
	assert_int_equal(skiff_drops_foreach(host_b, add_drops, &drops), 0);
	return drops;
}

/* A connection of which each end has all that the other one sent loses nothing. */
static void test_nothing_is_dropped(void **state)
{
	u64 drops = drops_of_both();
	char buf[10];

	open_pair();
	assert_int_equal(skiff_send(a, "all", 3, 0), 3);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 3);
	assert_int_equal(skiff_close(b), 0);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 0);
	assert_int_equal(skiff_close(a), 0);
	sleep_ms(100);
	assert_int_equal(counter(host_b, "TcpExtTCPTimeWaitOverflow"), 0);
	assert_int_equal(drops_of_both(), drops);
}

static void test_simultaneous_close(void **state)
{
	open_pair();
	impair(host_a, dev_a, "delay=10ms");
	impair(host_b, dev_b, "delay=10ms");
	assert_int_equal(skiff_shutdown(a, SHUT_WR), 0);
	assert_int_equal(skiff_shutdown(b, SHUT_WR), 0);
	sleep_ms(15);
	assert_int_equal(state_of(a), TCP_CLOSING);
	sleep_ms(100);
	assert_int_equal(state_of(a), TCP_CLOSE);
	assert_int_equal(counter(host_a, "TcpOutRsts") + counter(host_b, "TcpOutRsts"), 0);
}

/* connect() with AF_UNSPEC: as if it had never been connected. */
static void test_disconnect(void **state)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = at(B_IP, PORT);
	char buf[10];

	open_pair();
	assert_int_equal(skiff_connect(a, &none, sizeof(none)), 0);
	sleep_ms(10);
	fails(skiff_recv(b, buf, sizeof(buf), 0), ECONNRESET);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
	b = skiff_accept(l, NULL, NULL);
	assert_int_equal(skiff_send(a, "again", 5, 0), 5);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 5);
}

static void test_shutdown_of_listener(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);

	open_pair();
	assert_int_equal(skiff_shutdown(l, SHUT_RD), 0);
	fails(skiff_accept(l, NULL, NULL), EINVAL);
	a = stream(host_a);
	fails(skiff_connect(a, ADDR(to)), ECONNREFUSED);
	/* It keeps its port, and can listen again. */
	assert_int_equal(skiff_listen(l, 1), 0);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
}

/* A host ends while its connections are in every state. */
static void test_host_ends(void **state)
{
	char c;

	open_pair();
	for (int i = 0; i < 5; i++) {
		connected(PORT);
		b = skiff_accept(l, NULL, NULL);
		if (i & 1)
			assert_int_equal(skiff_close(b), 0);
		if (i & 2)
			assert_int_equal(skiff_send(a, "unread", 6, 0), 6);
	}
	assert_int_equal(skiff_close(b), 0);
	impair(host_b, dev_b, "loss=100%");
	assert_int_equal(skiff_close(a), 0);
	sleep_ms(300);
	(void)c;
}

static void test_partial_read_then_reset(void **state)
{
	char buf[100];
	int val = 50;

	open_pair();
	/* What came is read first, then why there is no more is told. */
	assert_int_equal(skiff_setsockopt(b, SOL_SOCKET, SO_RCVLOWAT, &val, sizeof(val)), 0);
	assert_int_equal(skiff_send(a, "few", 3, 0), 3);
	sleep_ms(10);
	assert_int_equal(skiff_shutdown(a, SHUT_WR), 0);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 3);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 0);
}

static void test_orphan_limit(void **state)
{
	setting(host_a, "tcp_max_orphans", "0");
	open_pair();
	impair(host_b, dev_b, "loss=100%");
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(counter(host_a, "TcpExtTCPAbortOnMemory"), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_half_close),
		CASE(test_unread_data_resets),
		CASE(test_linger_of_no_time),
		CASE(test_linger_waits),
		CASE(test_linger_gives_up),
		CASE(test_time_wait_holds_the_port),
		CASE(test_time_wait_is_reopened),
		CASE(test_time_wait_limit),
		CASE(test_fin_wait2_ends),
		CASE(test_data_after_close),
		CASE(test_nothing_is_dropped),
		CASE(test_simultaneous_close),
		CASE(test_disconnect),
		CASE(test_shutdown_of_listener),
		CASE(test_host_ends),
		CASE(test_partial_read_then_reset),
		CASE(test_orphan_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
