// SPDX-License-Identifier: BSD-2-Clause
/* The small services over TCP: what they send, when they end, and whom they put out. */
#include "tcp/tcp_pair.h"

#include <skiff/fault.h>
#include <skiff/services.h>

/* As services/stream.h has it. */
#define CONNS_MAX 1024

static void offer(const char *name)
{
	assert_int_equal(skiff_service_enable(host_b, name, NULL, 0), 0);
}

static struct service_stats stats_of(const char *name)
{
	struct service_stats s;

	net_lock(host_b);
	assert_int_equal(service_stats(host_b, name, &s), 0);
	net_unlock(host_b);
	return s;
}

static void receive_all(int fd, u8 *buf, size_t len)
{
	assert_int_equal(skiff_recv(fd, buf, len, MSG_WAITALL), len);
}

static void expect_end(int fd)
{
	char c;

	assert_int_equal(skiff_recv(fd, &c, 1, 0), 0);
}

static void echo_sends_back(void **state)
{
	static u8 out[100000], in[100000];
	int fd;

	offer("echo");
	fd = connected(7);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (u8)(i * 7 + (i >> 8));
	for (size_t size = 1; size <= sizeof(out); size *= 10) {
		assert_int_equal(skiff_send(fd, out, size, 0), size);
		receive_all(fd, in, size);
		assert_memory_equal(out, in, size);
	}
	assert_int_equal(skiff_send(fd, "last", 4, 0), 4);
	assert_int_equal(skiff_shutdown(fd, SHUT_WR), 0);
	receive_all(fd, in, 4);
	expect_end(fd);
	assert_int_equal(stats_of("echo").connections, 1);
	assert_int_equal(stats_of("echo").bytes_in, 111115);
	assert_int_equal(stats_of("echo").bytes_out, 111115);
}

/* Who does not read is not read from: nothing grows, and all of it is there in the end. */
static void echo_waits_for_who_does_not_read(void **state)
{
	static u8 buf[65536];
	size_t sent = 0, got = 0;
	ssize_t n;
	int fd;

	offer("echo");
	fd = connected(7);
	while (true) {
		n = skiff_send(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && now_ms() > 1100000)
			break;
		if (n > 0)
			sent += (size_t)n;
		sleep_ms(100);
	}
	assert_true(sent < 64u << 20);
	assert_int_equal(skiff_shutdown(fd, SHUT_WR), 0);
	while ((n = skiff_recv(fd, buf, sizeof(buf), 0)) > 0)
		got += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(got, sent);
}

static void discard_is_silent(void **state)
{
	int fd;

	offer("discard");
	fd = connected(9);
	assert_int_equal(skiff_send(fd, "nobody reads it", 15, 0), 15);
	assert_int_equal(skiff_shutdown(fd, SHUT_WR), 0);
	expect_end(fd);
	assert_int_equal(stats_of("discard").bytes_in, 15);
	assert_int_equal(stats_of("discard").bytes_out, 0);
}

/* What the client sends has no influence, and no reset destroys the answer. */
static void daytime_tells_the_time(void **state)
{
	const char *expected = "Friday, January 15, 2027 08:16:40-UTC\r\n";
	u8 text[100];
	int fd;

	offer("daytime");
	fd = connected(13);
	assert_int_equal(skiff_send(fd, "what time is it?", 16, 0), 16);
	sleep_ms(100);
	receive_all(fd, text, strlen(expected));
	assert_memory_equal(text, expected, strlen(expected));
	expect_end(fd);
	assert_int_equal(skiff_close(fd), 0);
	sleep_ms(100);
	assert_int_equal(counter(host_b, "TcpCurrEstab"), 0);
	assert_int_equal(counter(host_b, "TcpOutRsts"), 0);
}

static void chargen_goes_on(void **state)
{
	static u8 text[1000000];
	int fd;

	offer("chargen");
	fd = connected(19);
	/* It is the client's end of the stream only. */
	assert_int_equal(skiff_shutdown(fd, SHUT_WR), 0);
	receive_all(fd, text, sizeof(text));
	for (size_t k = 0; k < sizeof(text); k++)
		assert_int_equal(text[k], k % 74 == 72 ? '\r' :
					  k % 74 == 73 ? '\n' :
							 ' ' + (k / 74 + k % 74) % 95);
	assert_int_equal(skiff_close(fd), 0);
	sleep_ms(1000);
	assert_int_equal(counter(host_b, "TcpCurrEstab"), 0);
}

static void reset_ends_it(void **state)
{
	const struct linger l = { .l_onoff = 1 };
	int fd;

	offer("echo");
	fd = connected(7);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	assert_int_equal(skiff_close(fd), 0);
	sleep_ms(100);
	assert_int_equal(counter(host_b, "TcpCurrEstab"), 0);
}

static bool echoes(int fd)
{
	char c;

	return skiff_send(fd, "x", 1, 0) == 1 && skiff_recv(fd, &c, 1, 0) == 1;
}

/* One more than there may be: the one that has been idle for longest goes. */
static void idlest_connection_is_put_out(void **state)
{
	static int fds[CONNS_MAX + 1];
	char c;

	offer("echo");
	for (int i = 0; i < CONNS_MAX; i++)
		fds[i] = connected(7);
	assert_true(echoes(fds[0]));
	assert_int_equal(stats_of("echo").evicted, 0);
	fds[CONNS_MAX] = connected(7);
	assert_true(echoes(fds[CONNS_MAX]));
	assert_int_equal(stats_of("echo").evicted, 1);
	fails(skiff_recv(fds[1], &c, 1, 0), ECONNRESET);
	assert_true(echoes(fds[0]));
	assert_true(echoes(fds[2]));
}

static void stopping_ends_connections(void **state)
{
	struct sockaddr_in to = at(B_IP, 7);
	int fd, other = stream(host_a);
	char c;

	offer("echo");
	fd = connected(7);
	assert_true(echoes(fd));
	net_lock(host_b);
	assert_int_equal(service_disable(host_b, "echo"), 0);
	net_unlock(host_b);
	fails(skiff_recv(fd, &c, 1, 0), ECONNRESET);
	fails(skiff_connect(other, ADDR(to)), ECONNREFUSED);
	offer("echo");
	assert_true(echoes(connected(7)));
}

static void taken_port(void **state)
{
	char err[200];

	listener(host_b, 7, 1);
	assert_int_equal(skiff_service_enable(host_b, "echo", err, sizeof(err)), -EADDRINUSE);
	/* The port of UDP was given back. */
	skiff_close(0);
	offer("echo");
}

#define T(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(echo_sends_back),
		T(echo_waits_for_who_does_not_read),
		T(discard_is_silent),
		T(daytime_tells_the_time),
		T(chargen_goes_on),
		T(reset_ends_it),
		T(idlest_connection_is_put_out),
		T(stopping_ends_connections),
		T(taken_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
