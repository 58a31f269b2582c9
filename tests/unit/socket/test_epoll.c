// SPDX-License-Identifier: BSD-2-Clause
/* Epoll sets, in a table of what is asked for, what happens, and what is reported. */
#include "loop_family.h"

#include <skiff/fault.h>

static int ctl(int ep, int op, int fd, u32 events)
{
	struct epoll_event ev = { .events = events, .data.u64 = 1000 + (u64)fd };

	return skiff_epoll_ctl(ep, op, fd, &ev);
}

/* What one look reports of @fd; 0 for nothing. */
static u32 look(int ep)
{
	struct epoll_event ev[4];
	int n = skiff_epoll_wait(ep, ev, 4, 0);

	assert_true(n == 0 || n == 1);
	return n ? ev[0].events : 0;
}

/* Each letter is a step: s a datagram comes, r one is read, R rearm, h shut down, else a look. */
static const struct {
	const char *name;
	u32 events;
	const char *steps;
	u32 want[8];
} cases[] = {
	{ "level in", EPOLLIN, ".s..r.", { 0, EPOLLIN, EPOLLIN, 0 } },
	{ "level in and out",
	  EPOLLIN | EPOLLOUT,
	  ".s.r.",
	  { EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLOUT } },
	{ "edge in", EPOLLIN | EPOLLET, ".s..r.", { 0, EPOLLIN, 0, 0 } },
	{ "edge again with each datagram", EPOLLIN | EPOLLET, "s.s..", { EPOLLIN, EPOLLIN, 0 } },
	{ "edge not read", EPOLLIN | EPOLLET, "ss.r.", { EPOLLIN, 0 } },
	{ "edge rearmed by MOD", EPOLLIN | EPOLLET, "s..R.", { EPOLLIN, 0, EPOLLIN } },
	{ "oneshot", EPOLLIN | EPOLLONESHOT, "s.s.R..", { EPOLLIN, 0, EPOLLIN, 0 } },
	{ "oneshot edge", EPOLLIN | EPOLLONESHOT | EPOLLET, "s.s.R.", { EPOLLIN, 0, EPOLLIN } },
	{ "exclusive", EPOLLIN | EPOLLEXCLUSIVE, "s..r.", { EPOLLIN, EPOLLIN, 0 } },
	{ "nothing asked", 0, ".s.", { 0, 0 } },
	{ "hang-up unasked", 0, ".h.", { 0, EPOLLHUP } },
	{ "peer closed", EPOLLIN | EPOLLRDHUP, "h.", { EPOLLHUP | EPOLLIN | EPOLLRDHUP } },
	{ "read before the look", EPOLLIN, "sr.", { 0 } },
	{ "read before the look, edge", EPOLLIN | EPOLLET, "sr.", { 0 } },
	{ "other names", EPOLLRDNORM, "s.", { EPOLLRDNORM } },
};

static void run_case(int i)
{
	int a = open_port(host, 0, 1), b = open_port(host, 0, 2), ep = skiff_epoll_create1(0);
	int looks = 0;
	char c;

	assert_int_equal(ctl(ep, EPOLL_CTL_ADD, a, cases[i].events), 0);
	for (const char *step = cases[i].steps; *step; step++) {
		u32 got;

		if (*step == 's') {
			send_to(b, 1, "x", 0);
		} else if (*step == 'r') {
			assert_int_equal(skiff_recv(a, &c, 1, 0), 1);
		} else if (*step == 'R') {
			assert_int_equal(ctl(ep, EPOLL_CTL_MOD, a, cases[i].events), 0);
		} else if (*step == 'h') {
			assert_int_equal(skiff_shutdown(a, SHUT_RDWR), 0);
		} else {
			got = look(ep);
			if (got != cases[i].want[looks])
				fail_msg("%s: look %d gives %#x, not %#x", cases[i].name, looks,
					 got, cases[i].want[looks]);
			looks++;
		}
	}
	skiff_close(a);
	skiff_close(b);
	skiff_close(ep);
}

static void test_table(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		run_case((int)i);
}

static void test_bad_arguments(void **state)
{
	int a = open_port(host, 0, 1), ep = skiff_epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN };

	fails(skiff_epoll_create1(EPOLL_CLOEXEC | 1), EINVAL);
	fails(ctl(ep, EPOLL_CTL_ADD, 99, EPOLLIN), EBADF);
	fails(ctl(99, EPOLL_CTL_ADD, a, EPOLLIN), EBADF);
	fails(ctl(a, EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL);
	fails(ctl(ep, EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL);
	fails(ctl(ep, EPOLL_CTL_MOD, a, EPOLLIN), ENOENT);
	fails(ctl(ep, EPOLL_CTL_DEL, a, EPOLLIN), ENOENT);
	fails(ctl(ep, 17, a, EPOLLIN), EINVAL);
	fails(skiff_epoll_ctl(ep, EPOLL_CTL_ADD, a, NULL), EFAULT);
	fails(ctl(ep, EPOLL_CTL_ADD, a, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL);
	assert_int_equal(ctl(ep, EPOLL_CTL_ADD, a, EPOLLIN | EPOLLEXCLUSIVE), 0);
	fails(ctl(ep, EPOLL_CTL_ADD, a, EPOLLIN), EEXIST);
	fails(ctl(ep, EPOLL_CTL_MOD, a, EPOLLIN), EINVAL);
	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_DEL, a, NULL), 0);
	fails(skiff_epoll_wait(ep, &ev, 0, 0), EINVAL);
	fails(skiff_epoll_wait(ep, NULL, 1, 0), EFAULT);
	fails(skiff_epoll_wait(a, &ev, 1, 0), EINVAL);
	fails(skiff_epoll_wait(98, &ev, 1, 0), EBADF);
	fails(skiff_read(ep, &ev, sizeof(ev)), EINVAL);
	fails(skiff_recv(ep, &ev, sizeof(ev), 0), ENOTSOCK);
}

static void test_data_and_dup(void **state)
{
	int a = open_port(host, 0, 1), b = skiff_dup(a), ep = skiff_epoll_create1(0);
	struct epoll_event ev[4];

	assert_int_equal(ctl(ep, EPOLL_CTL_ADD, a, EPOLLIN), 0);
	assert_int_equal(ctl(ep, EPOLL_CTL_ADD, b, EPOLLIN), 0);
	send_to(a, 1, "x", 0);
	assert_int_equal(skiff_epoll_wait(ep, ev, 4, -1), 2);
	assert_int_equal(ev[0].data.u64 + ev[1].data.u64, 2000 + a + b);
	/* One at a time, in turn. */
	assert_int_equal(skiff_epoll_wait(ep, ev, 1, -1), 1);
	assert_int_equal(skiff_epoll_wait(ep, ev + 1, 1, -1), 1);
	assert_true(ev[0].data.u64 != ev[1].data.u64);
	/* As on Linux, it stays for as long as the socket does. */
	skiff_close(a);
	assert_int_equal(skiff_epoll_wait(ep, ev, 4, 0), 2);
	skiff_close(b);
	assert_int_equal(skiff_epoll_wait(ep, ev, 4, 0), 0);
}

static void test_nested(void **state)
{
	int a = open_port(vhost, 0, 1), inner = skiff_epoll_create1(0);
	int outer = skiff_epoll_create1(0);
	struct pollfd p = { .fd = outer, .events = POLLIN };
	struct epoll_event ev;
	char c;

	assert_int_equal(ctl(inner, EPOLL_CTL_ADD, a, EPOLLIN), 0);
	assert_int_equal(ctl(outer, EPOLL_CTL_ADD, inner, EPOLLIN), 0);
	assert_int_equal(look(outer), 0);
	send_to(a, 1, "x", 30);
	assert_int_equal(skiff_epoll_wait(outer, &ev, 1, -1), 1);
	assert_int_equal(ev.data.u64, 1000 + inner);
	assert_int_equal(skiff_poll_fds(&p, 1, 0), 1);
	assert_int_equal(look(inner), EPOLLIN);
	assert_int_equal(skiff_recv(a, &c, 1, 0), 1);
	assert_int_equal(look(outer), 0);
	send_to(a, 1, "x", 30);
	assert_int_equal(skiff_poll_fds(&p, 1, -1), 1);
}

static void test_loops(void **state)
{
	int ep[7];

	for (int i = 0; i < 7; i++)
		ep[i] = skiff_epoll_create1(0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ctl(ep[i], EPOLL_CTL_ADD, ep[i + 1], EPOLLIN), 0);
	fails(ctl(ep[4], EPOLL_CTL_ADD, ep[5], EPOLLIN), ELOOP);
	fails(ctl(ep[1], EPOLL_CTL_ADD, ep[0], EPOLLIN), ELOOP);
	fails(ctl(ep[4], EPOLL_CTL_ADD, ep[0], EPOLLIN), ELOOP);
	fails(ctl(ep[6], EPOLL_CTL_ADD, ep[0], EPOLLIN), ELOOP);
	assert_int_equal(ctl(ep[0], EPOLL_CTL_DEL, ep[1], 0), 0);
	assert_int_equal(ctl(ep[4], EPOLL_CTL_ADD, ep[5], EPOLLIN), 0);
	for (int i = 0; i < 7; i++)
		skiff_close(ep[6 - i]);
}

static void test_write_edge(void **state)
{
	int a = open_port(vhost, 0, 1), b = open_port(vhost, 0, 2), ep = skiff_epoll_create1(0);
	struct sockaddr_loop to = { AF_LOOP, 1, 40 };
	struct epoll_event ev;
	char data[1000] = "";
	int small = 1;

	assert_int_equal(skiff_setsockopt(b, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	assert_int_equal(ctl(ep, EPOLL_CTL_ADD, b, EPOLLOUT | EPOLLET), 0);
	assert_int_equal(look(ep), EPOLLOUT);
	while (skiff_sendto(b, data, sizeof(data), MSG_DONTWAIT, ADDR(to)) > 0)
		;
	assert_int_equal(look(ep), 0);
	assert_int_equal(skiff_epoll_wait(ep, &ev, 1, -1), 1);
	assert_int_equal(ev.events, EPOLLOUT);
	skiff_close(a);
	skiff_clock_run_until(vclock, skiff_net_now(vhost) + NSEC_PER_SEC);
}

/* More hosts than fit without allocating, each with its own clock's present. */
static void test_many_hosts(void **state)
{
	struct net *nets[12];
	struct epoll_event ev[16];
	int fd[12], ep = skiff_epoll_create1(0);

	for (int i = 0; i < 12; i++) {
		nets[i] = skiff_net_create(NULL);
		fd[i] = open_port(nets[i], 0, (u16)(i + 1));
		assert_int_equal(ctl(ep, EPOLL_CTL_ADD, fd[i], EPOLLIN), 0);
	}
	assert_int_equal(skiff_epoll_wait(ep, ev, 16, 1), 0);
	send_to(fd[11], 12, "x", 1);
	assert_int_equal(skiff_epoll_wait(ep, ev, 16, -1), 1);
	assert_int_equal(ev[0].data.u64, 1000 + fd[11]);
	for (int i = 0; i < 12; i++) {
		skiff_close(fd[i]);
		assert_int_equal(skiff_net_destroy(nets[i]), 0);
	}
	assert_int_equal(skiff_epoll_wait(ep, ev, 16, 0), 0);
}

static void test_no_memory(void **state)
{
	int a = open_port(host, 0, 1), ep;
	long nth;

	for (nth = 1; nth < 100; nth++) {
		if (skiff_fail_nth(nth))
			return;
		ep = skiff_epoll_create1(0);
		if (ep < 0)
			assert_int_equal(errno, ENOMEM);
		if (ep >= 0 && ctl(ep, EPOLL_CTL_ADD, a, EPOLLIN) != 0)
			assert_int_equal(errno, ENOMEM);
		if (ep >= 0)
			skiff_close(ep);
		if (skiff_fail_count() < nth)
			break;
	}
	skiff_fail_nth(0);
	assert_true(nth > 2 && nth < 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_table), T(test_bad_arguments), T(test_data_and_dup), T(test_nested),
		T(test_loops), T(test_write_edge),    T(test_many_hosts),   T(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
