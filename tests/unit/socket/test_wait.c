// SPDX-License-Identifier: BSD-2-Clause
/* Calls that wait: on a virtual clock, where the waiting thread lets time pass, and on the real one. */
#include "loop_family.h"

#include <poll.h>
#include <sys/time.h>

#include <linux/sockios.h>

static s64 ms_now(void)
{
	return skiff_net_now(vhost) / NSEC_PER_MSEC;
}

static void set_timeout(int fd, int name, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)), 0);
}

static void test_receive_waits(void **state)
{
	int a = open_port(vhost, 0, 1), b = open_port(vhost, 0, 2);
	s64 began = ms_now();
	char buf[10];

	send_to(b, 1, "later", 250);
	fails(skiff_recv(a, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	assert_int_equal(ms_now() - began, 0);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 5);
	assert_int_equal(ms_now() - began, 250);
}

static void test_receive_timeout(void **state)
{
	int a = open_port(vhost, 0, 1), b = open_port(vhost, 0, 2);
	s64 began = ms_now();
	char buf[10];

	set_timeout(a, SO_RCVTIMEO, 100);
	send_to(b, 1, "later", 250);
	fails(skiff_recv(a, buf, sizeof(buf), 0), EAGAIN);
	assert_int_equal(ms_now() - began, 100);
	fails(skiff_recv(a, buf, sizeof(buf), 0), EAGAIN);
	assert_int_equal(ms_now() - began, 200);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 5);
	assert_int_equal(ms_now() - began, 250);
}

static void test_nothing_will_happen(void **state)
{
	int a = open_port(vhost, 0, 1), ep = skiff_epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };
	struct pollfd p = { .fd = a, .events = POLLIN };
	char buf[10];

	fails(skiff_recv(a, buf, sizeof(buf), 0), EDEADLK);
	fails(skiff_poll_fds(&p, 1, -1), EDEADLK);
	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev), 0);
	fails(skiff_epoll_wait(ep, &ev, 1, -1), EDEADLK);
	assert_int_equal(skiff_epoll_wait(ep, &ev, 1, 500), 0);
}

static void test_send_waits(void **state)
{
	int a = open_port(vhost, 0, 1), b = open_port(vhost, 0, 2), small = 1, n = 0;
	struct sockaddr_loop to = { AF_LOOP, 1, 40 };
	s64 began = ms_now();
	char data[1500] = "";

	assert_int_equal(skiff_setsockopt(b, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	while (skiff_sendto(b, data, sizeof(data), MSG_DONTWAIT, ADDR(to)) == sizeof(data))
		n++;
	assert_int_equal(errno, EAGAIN);
	assert_true(n >= 1 && n < 10);
	assert_int_equal(ms_now() - began, 0);
	set_timeout(b, SO_SNDTIMEO, 10);
	fails(skiff_sendto(b, data, sizeof(data), 0, ADDR(to)), EAGAIN);
	assert_int_equal(ms_now() - began, 10);
	set_timeout(b, SO_SNDTIMEO, 0);
	assert_int_equal(skiff_sendto(b, data, sizeof(data), 0, ADDR(to)), sizeof(data));
	assert_int_equal(ms_now() - began, 40);
	assert_int_equal(skiff_clock_run_until(vclock, skiff_net_now(vhost) + NSEC_PER_SEC), 0);
	assert_int_equal(skiff_ioctl(b, SIOCOUTQ, &n), 0);
	assert_int_equal(n, 0);
	skiff_close(a);
}

static void test_connect(void **state)
{
	struct sockaddr_loop slow = { AF_LOOP, 1, 70 };
	int a = open_port(vhost, 0, 1), b = open_port(vhost, 0, 0);
	int c = open_port(vhost, SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = c, .events = POLLOUT };
	s64 began = ms_now();

	assert_int_equal(skiff_connect(b, ADDR(slow)), 0);
	assert_int_equal(ms_now() - began, 70);
	fails(skiff_connect(c, ADDR(slow)), EINPROGRESS);
	fails(skiff_connect(c, ADDR(slow)), EALREADY);
	assert_int_equal(skiff_poll_fds(&p, 1, 0), 0);
	assert_int_equal(skiff_poll_fds(&p, 1, -1), 1);
	assert_int_equal(ms_now() - began, 140);
	skiff_close(b);
	b = open_port(vhost, 0, 0);
	set_timeout(b, SO_SNDTIMEO, 20);
	fails(skiff_connect(b, ADDR(slow)), EINPROGRESS);
	assert_int_equal(ms_now() - began, 160);
	skiff_close(a);
}

static void test_poll_times(void **state)
{
	int a = open_port(vhost, 0, 1), b = open_port(vhost, 0, 2);
	struct pollfd p[3] = { { .fd = a, .events = POLLIN },
			       { .fd = -1, .events = POLLIN, .revents = 7 },
			       { .fd = b, .events = POLLIN } };
	struct timespec ts = { 0, 30 * NSEC_PER_MSEC };
	s64 began = ms_now();

	assert_int_equal(skiff_poll_fds(p, 3, 15), 0);
	assert_int_equal(ms_now() - began, 15);
	send_to(b, 1, "x", 20);
	assert_int_equal(skiff_ppoll(p, 3, &ts, NULL), 1);
	assert_int_equal(ms_now() - began, 35);
	assert_int_equal(p[0].revents, POLLIN);
	assert_int_equal(p[1].revents, 0);
	assert_int_equal(p[2].revents, 0);
	p[1].fd = 77;
	assert_int_equal(skiff_poll_fds(p, 3, 0), 2);
	assert_int_equal(p[1].revents, POLLNVAL);
	ts.tv_nsec = NSEC_PER_SEC;
	fails(skiff_ppoll(p, 3, &ts, NULL), EINVAL);
	fails(skiff_poll_fds(NULL, 1, 0), EFAULT);
}

static void test_select(void **state)
{
	int a = open_port(vhost, 0, 1), b = open_port(vhost, 0, 2);
	struct timeval tv = { 0, 0 };
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(a, &in);
	FD_SET(b, &in);
	FD_SET(b, &out);
	assert_int_equal(skiff_select(b + 1, &in, &out, NULL, &tv), 1);
	assert_false(FD_ISSET(a, &in) || FD_ISSET(b, &in));
	assert_true(FD_ISSET(b, &out));
	send_to(b, 1, "x", 20);
	FD_SET(a, &in);
	assert_int_equal(skiff_select(b + 1, &in, NULL, NULL, NULL), 1);
	assert_true(FD_ISSET(a, &in));
	FD_SET(60, &in);
	fails(skiff_select(61, &in, NULL, NULL, &tv), EBADF);
	fails(skiff_select(-1, &in, NULL, NULL, &tv), EINVAL);
	tv.tv_sec = -1;
	fails(skiff_select(1, &in, NULL, NULL, &tv), EINVAL);
	/* Nothing but a nap, which is on the real clock. */
	tv = (struct timeval){ 0, 1000 };
	assert_int_equal(skiff_select(0, NULL, NULL, NULL, &tv), 0);
}

static void test_mixed_clocks(void **state)
{
	struct pollfd p[2] = { { .fd = open_port(vhost, 0, 1), .events = POLLIN },
			       { .fd = open_port(host, 0, 2), .events = POLLIN } };

	fails(skiff_poll_fds(p, 2, 1000), EINVAL);
	assert_int_equal(skiff_poll_fds(p, 2, 0), 0);
	send_to(p[1].fd, 2, "x", 0);
	assert_int_equal(skiff_poll_fds(p, 2, 1000), 1);
}

static void test_real_clock(void **state)
{
	int a = open_port(host, 0, 1), b = open_port(host, 0, 2);
	struct pollfd p = { .fd = a, .events = POLLIN };
	char buf[10];

	send_to(b, 1, "later", 2);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 5);
	send_to(b, 1, "poll", 2);
	assert_int_equal(skiff_poll_fds(&p, 1, -1), 1);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 4);
	set_timeout(a, SO_RCVTIMEO, 2);
	fails(skiff_recv(a, buf, sizeof(buf), 0), EAGAIN);
	assert_int_equal(skiff_poll_fds(&p, 1, 2), 0);
}

static void test_busy_poll(void **state)
{
	int a = open_port(host, 0, 1), b = open_port(host, 0, 2), us = 1000000;
	char buf[10];

	assert_int_equal(skiff_setsockopt(a, SOL_SOCKET, SO_BUSY_POLL, &us, sizeof(us)), 0);
	send_to(b, 1, "later", 2);
	assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 5);
}

static void on_alarm(int sig)
{
}

static void test_signal(void **state)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART }, old;
	struct itimerval t = { .it_value.tv_usec = 1000, .it_interval.tv_usec = 1000 }, off = { 0 };
	int a = open_port(host, 0, 1), ep = skiff_epoll_create1(0);
	struct pollfd p = { .fd = a, .events = POLLIN };
	struct epoll_event ev = { .events = EPOLLIN };
	char buf[10];

	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev), 0);
	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &t, NULL);
	fails(skiff_recv(a, buf, sizeof(buf), 0), EINTR);
	fails(skiff_poll_fds(&p, 1, -1), EINTR);
	fails(skiff_epoll_wait(ep, &ev, 1, -1), EINTR);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &old, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_receive_waits), T(test_receive_timeout), T(test_nothing_will_happen),
		T(test_send_waits),    T(test_connect),		T(test_poll_times),
		T(test_select),	       T(test_mixed_clocks),	T(test_real_clock),
		T(test_busy_poll),     T(test_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
