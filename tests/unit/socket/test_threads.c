// SPDX-License-Identifier: BSD-2-Clause
/* Several threads with one host, one socket, one epoll set, one table of descriptors. */
#include "loop_family.h"

#include <pthread.h>
#include <sched.h>

#define ROUNDS 2000
#define THREADS 4

static int fds[2];

static void *echo(void *arg)
{
	struct sockaddr_loop from;
	char c;

	for (int i = 0; i < ROUNDS; i++) {
		socklen_t len = sizeof(from);

		if (skiff_recvfrom(fds[1], &c, 1, 0, (struct sockaddr *)(void *)&from, &len) != 1)
			return "receive";
		if (skiff_sendto(fds[1], &c, 1, 0, (struct sockaddr *)(void *)&from, len) != 1)
			return "send";
	}
	return NULL;
}

static void ping_pong(bool worker)
{
	pthread_t t;
	void *failed;
	char c = 7;

	fds[0] = open_port(host, 0, 1);
	fds[1] = open_port(host, 0, 2);
	if (worker)
		assert_int_equal(skiff_net_start(host), 0);
	assert_int_equal(pthread_create(&t, NULL, echo, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		send_to(fds[0], 2, "x", 0);
		assert_int_equal(skiff_recv(fds[0], &c, 1, 0), 1);
	}
	assert_int_equal(pthread_join(t, &failed), 0);
	assert_null(failed);
}

static void test_ping_pong(void **state)
{
	ping_pong(false);
}

static void test_with_worker(void **state)
{
	ping_pong(true);
}

static int handled;

static void *serve(void *arg)
{
	int ep = *(int *)arg;
	struct epoll_event ev;
	char c;

	while (__atomic_load_n(&handled, __ATOMIC_RELAXED) < ROUNDS) {
		if (skiff_epoll_wait(ep, &ev, 1, 10) < 0)
			return "wait";
		while (skiff_recv(fds[0], &c, 1, MSG_DONTWAIT) == 1)
			__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* All wait for the same set; nothing that comes is left lying. */
static void test_shared_set(void **state)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = skiff_epoll_create1(0);
	pthread_t t[THREADS];
	void *failed;

	handled = 0;
	fds[0] = open_port(host, 0, 1);
	fds[1] = open_port(host, 0, 2);
	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, serve, &ep), 0);
	for (int i = 0; i < ROUNDS; i++) {
		/* No more under way than the receive buffer holds. */
		while (i - __atomic_load_n(&handled, __ATOMIC_RELAXED) > 50)
			sched_yield();
		send_to(fds[1], 1, "x", 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(handled, ROUNDS);
}

static int stop;

/* Whatever the descriptors mean at the moment, calls on them end well. */
static void *use_any(void *arg)
{
	struct epoll_event ev = { .events = EPOLLIN };
	char c;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (int fd = 0; fd < 6; fd++) {
			skiff_recv(fd, &c, 1, MSG_DONTWAIT);
			skiff_epoll_ctl(5, EPOLL_CTL_ADD, fd, &ev);
			skiff_epoll_wait(5, &ev, 1, 0);
			skiff_epoll_ctl(5, EPOLL_CTL_DEL, fd, &ev);
		}
	}
	return NULL;
}

static void test_close_in_use(void **state)
{
	pthread_t t[2];

	stop = 0;
	for (int i = 0; i < 5; i++)
		open_port(host, 0, 0);
	assert_int_equal(skiff_epoll_create1(0), 5);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, use_any, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(skiff_close(i % 5), 0);
		assert_int_equal(open_port(host, 0, 0), i % 5);
		if (i % 100 == 0) {
			assert_int_equal(skiff_close(5), 0);
			assert_int_equal(skiff_epoll_create1(0), 5);
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
}

static void *receive_one(void *arg)
{
	char c;

	return (void *)(intptr_t)skiff_recv(fds[0], &c, 1, 0);
}

/* A call keeps its socket when the descriptor is closed, and shutdown() ends it. */
static void test_close_while_waiting(void **state)
{
	pthread_t t;
	void *got;
	int other;

	fds[0] = open_port(host, 0, 1);
	other = open_port(host, 0, 2);
	assert_int_equal(pthread_create(&t, NULL, receive_one, NULL), 0);
	/* Whether it waits already or not, what comes is for it. */
	send_to(other, 1, "x", 1);
	assert_int_equal(pthread_join(t, &got), 0);
	assert_int_equal((intptr_t)got, 1);

	assert_int_equal(pthread_create(&t, NULL, receive_one, NULL), 0);
	assert_int_equal(skiff_shutdown(skiff_dup(fds[0]), SHUT_RDWR), 0);
	skiff_close(fds[0]);
	assert_int_equal(pthread_join(t, &got), 0);
	assert_true((intptr_t)got == 0 || (intptr_t)got == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ping_pong),    T(test_with_worker),	   T(test_shared_set),
		T(test_close_in_use), T(test_close_while_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
