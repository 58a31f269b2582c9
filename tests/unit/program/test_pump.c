// SPDX-License-Identifier: BSD-2-Clause
/* The pump between a program's pair and a host, without a program: the test has the program's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "lossless.h"
#include "program/program.h"

static struct net *net;
static struct server *server;
/* The program's end, its socket, and who it is connected to. */
static int end, peer;
static struct psock *ps;

static void run(void)
{
	for (int i = 0; i < 200; i++)
		assert_int_equal(loop_once(&server->loop), 0);
}

static int listening(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = skiff_socket(net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(skiff_bind(fd, (struct sockaddr *)addr, len), 0);
	assert_int_equal(skiff_listen(fd, 1), 0);
	assert_int_equal(skiff_getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

static int setup(void **state)
{
	struct sockaddr_in addr;
	int sfd, listener;

	skiff_init();
	net = skiff_net_create(NULL);
	server = server_create(net);
	assert_non_null(server);
	listener = listening(&addr);
	sfd = skiff_socket(net, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(skiff_connect(sfd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	peer = skiff_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(peer >= 0);
	skiff_close(listener);
	ps = psock_new(server, sfd, AF_INET, SOCK_STREAM, 0);
	end = pair_new(ps, SOCK_STREAM, SOCK_NONBLOCK);
	assert_true(end >= 0);
	pump_start(ps);
	(void)state;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (end >= 0)
		close(end);
	if (peer >= 0)
		skiff_close(peer);
	server_destroy(server);
	return skiff_net_destroy(net);
}

static void test_both_ways(void **state)
{
	char buf[64];

	(void)state;
	assert_int_equal(write(end, "out", 3), 3);
	run();
	assert_int_equal(skiff_recv(peer, buf, sizeof(buf), 0), 3);
	assert_int_equal(skiff_send(peer, "back", 4, 0), 4);
	run();
	assert_int_equal(read(end, buf, sizeof(buf)), 4);
	assert_memory_equal(buf, "back", 4);
}

static void test_ends(void **state)
{
	char buf[64];

	(void)state;
	assert_int_equal(write(end, "last", 4), 4);
	close(end);
	end = -1;
	run();
	assert_int_equal(skiff_recv(peer, buf, sizeof(buf), 0), 4);
	assert_int_equal(skiff_recv(peer, buf, sizeof(buf), 0), 0);
	assert_int_equal(server_nr_sockets(server), 0);
}

/* The peer has gone, and says so when something comes for it: that shows after the end of what was received. */
static void test_reset_behind_the_end(void **state)
{
	struct pollfd p = { .fd = end, .events = POLLIN };
	char buf[64];

	(void)state;
	skiff_close(peer);
	peer = -1;
	run();
	assert_int_equal(read(end, buf, sizeof(buf)), 0);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_false(p.revents & POLLHUP);
	assert_int_equal(write(end, "late", 4), 4);
	run();
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_true(p.revents & POLLHUP);
	assert_int_equal(read(end, buf, sizeof(buf)), 0);
	assert_int_equal(send(end, "more", 4, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
}

/* It comes when the program has closed already, which nobody has noticed: it was not read. */
static void test_closed_before_it_came(void **state)
{
	char buf[64];

	(void)state;
	close(end);
	end = -1;
	assert_int_equal(skiff_send(peer, "news", 4, 0), 4);
	run();
	assert_int_equal(skiff_recv(peer, buf, sizeof(buf), 0), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(server_nr_sockets(server), 0);
}

static void step(void)
{
	assert_int_equal(loop_once(&server->loop), 0);
}

static ssize_t program_gives(const char *data, size_t len)
{
	return write(end, data, len);
}

static ssize_t program_takes(char *data, size_t len)
{
	return read(end, data, len);
}

static ssize_t peer_gives(const char *data, size_t len)
{
	return skiff_send(peer, data, len, MSG_DONTWAIT);
}

static ssize_t peer_takes(char *data, size_t len)
{
	return skiff_recv(peer, data, len, MSG_DONTWAIT);
}

static void test_no_memory(void **state)
{
	const struct lossless_way out = { program_gives, peer_takes, step };
	const struct lossless_way in = { peer_gives, program_takes, step };

	(void)state;
	lossless(&out);
	lossless(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset_behind_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_closed_before_it_came, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
