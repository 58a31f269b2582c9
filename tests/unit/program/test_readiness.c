// SPDX-License-Identifier: BSD-2-Clause
/* What lies in a pair that a program may be told of it, when there was no room for it, or nobody to take it back from. */
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

#include <skiff/slab.h>
#include <skiff/socket.h>

#include "program/program.h"

static struct net *net;
static struct server *server;
static struct sockaddr_in addr;
/* The program's end of @ps, which no program has; and who sends or connects to its socket. */
static int end, peer;
static struct psock *ps;

static void run(void)
{
	for (int i = 0; i < 200; i++)
		assert_int_equal(loop_once(&server->loop), 0);
}

static int setup(void **state)
{
	(void)state;
	skiff_init();
	net = skiff_net_create(NULL);
	server = server_create(net);
	return !server;
}

/* A socket of @type that is bound, and is told of as the loop would do. */
static void has_socket(int type, int pair_type, enum psock_state ps_state)
{
	socklen_t len = sizeof(addr);
	int sfd = skiff_socket(net, AF_INET, type | SOCK_NONBLOCK, 0);

	addr = (struct sockaddr_in){ .sin_family = AF_INET };
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(skiff_bind(sfd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(skiff_getsockname(sfd, (struct sockaddr *)&addr, &len), 0);
	if (ps_state == PSOCK_LISTENING)
		assert_int_equal(skiff_listen(sfd, 5), 0);
	ps = psock_new(server, sfd, AF_INET, type, 0);
	assert_non_null(ps);
	ps->state = ps_state;
	end = pair_new(ps, pair_type, SOCK_NONBLOCK);
	assert_true(end >= 0);
	peer = skiff_socket(net, AF_INET, type | SOCK_NONBLOCK, 0);
	run();
}

static int teardown(void **state)
{
	(void)state;
	close(end);
	skiff_close(peer);
	server_destroy(server);
	return skiff_net_destroy(net);
}

/* Until there is no room in our end. Return: how many bytes that took. */
static int fill(void)
{
	int n = 0;

	while (send(ps->end.fd, "!", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		n++;
	return n;
}

static void peer_sends(const char *text)
{
	assert_int_equal(skiff_sendto(peer, text, strlen(text), 0, (struct sockaddr *)&addr,
				      sizeof(addr)),
			 strlen(text));
	run();
}

static void program_reads(const char *text)
{
	char buf[64];

	assert_int_equal(read(end, buf, sizeof(buf)), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
	run();
}

static void nothing_to_read(void)
{
	char buf[64];

	assert_int_equal(read(end, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EAGAIN);
}

/* Calls whose callers are gone: of this listener, which is none, all are. */
static void test_calls_of_the_dead(void **state)
{
	struct session *session;
	struct call *call;
	int ends[2], n = 0;

	has_socket(SOCK_DGRAM, SOCK_SEQPACKET, PSOCK_DATAGRAM);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(server_attach(server, ends[0]), 0);
	session = list_first_entry(&server->sessions, struct session, node);
	for (int i = 0; i < 100; i++) {
		call = kzalloc(sizeof(*call), GFP_KERNEL);
		*call = (struct call){ .session = session, .ps = ps, .deadline = INT64_MAX };
		list_add_tail(&call->node, &ps->calls);
		list_add_tail(&call->of_session, &session->calls);
		INIT_LIST_HEAD(&call->of_timed);
		calls_forget_dead(session);
		n += !list_empty(&session->calls);
	}
	assert_int_equal(n, 0);
	assert_true(list_empty(&ps->calls));
	close(ends[1]);
	run();
}

static void test_datagram_without_room(void **state)
{
	int left;

	(void)state;
	has_socket(SOCK_DGRAM, SOCK_SEQPACKET, PSOCK_DATAGRAM);
	left = fill();
	peer_sends("late");
	while (left--)
		program_reads("!");
	program_reads("late");
	nothing_to_read();
}

/* A call takes a datagram whose copy lies in the pair. */
static void call_takes(const char *text)
{
	char buf[64];

	datagram_settle(ps, true);
	assert_int_equal(skiff_recv(ps->sfd, buf, sizeof(buf), 0), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
	ps->taken = true;
	datagram_go_on(ps);
	run();
}

/* The copies of what is gone neither fill the pair nor take others away. */
static void test_copy_that_nobody_gives_back(void **state)
{
	(void)state;
	has_socket(SOCK_DGRAM, SOCK_SEQPACKET, PSOCK_DATAGRAM);
	for (int i = 0; i < 40; i++) {
		peer_sends("one");
		call_takes("one");
	}
	peer_sends("two");
	program_reads("one");
	program_reads("two");
	nothing_to_read();
}

static void test_connection_without_room(void **state)
{
	struct pollfd p = { .events = POLLIN };
	char buf[64];

	(void)state;
	has_socket(SOCK_STREAM, SOCK_STREAM, PSOCK_LISTENING);
	pair_tell_room(ps);
	fill();
	skiff_connect(peer, (struct sockaddr *)&addr, sizeof(addr));
	run();
	while (read(end, buf, sizeof(buf)) > 0)
		;
	run();
	p.fd = end;
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_calls_of_the_dead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_datagram_without_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_that_nobody_gives_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connection_without_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
