// SPDX-License-Identifier: BSD-2-Clause
/* Connections that are opened and closed, over a cable in virtual time. */
#include "tcp_pair.h"

#include <fcntl.h>
#include <sys/epoll.h>

static void exchange(int from, int to, const char *text)
{
	char buf[100];
	int len = (int)strlen(text);

	assert_int_equal(skiff_send(from, text, (size_t)len, 0), len);
	assert_int_equal(skiff_recv(to, buf, sizeof(buf), 0), len);
	assert_memory_equal(buf, text, len);
}

static void test_open_and_close(void **state)
{
	int l = listener(host_b, PORT, 5), a = connected(PORT), b;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char c;

	b = skiff_accept(l, (struct sockaddr *)(void *)&peer, &len);
	assert_true(b >= 0);
	assert_int_equal(ntohl(peer.sin_addr.s_addr), A_IP);
	exchange(a, b, "hello");
	exchange(b, a, "good bye");
	assert_int_equal(counter(host_a, "TcpCurrEstab"), 1);
	assert_int_equal(counter(host_b, "TcpCurrEstab"), 1);
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(skiff_recv(b, &c, 1, 0), 0);
	assert_int_equal(skiff_close(b), 0);
	sleep_ms(100);
	assert_int_equal(counter(host_a, "TcpCurrEstab"), 0);
	assert_int_equal(counter(host_b, "TcpCurrEstab"), 0);
	assert_int_equal(counter(host_a, "TcpOutRsts") + counter(host_b, "TcpOutRsts"), 0);
}

static void test_refused(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int a = stream(host_a);

	fails(skiff_connect(a, ADDR(to)), ECONNREFUSED);
	/* And it can be tried again. */
	listener(host_b, PORT, 1);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
	fails(skiff_connect(a, ADDR(to)), EISCONN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open_and_close, pair_setup, pair_teardown),
		cmocka_unit_test_setup_teardown(test_refused, pair_setup, pair_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
