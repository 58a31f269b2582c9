// SPDX-License-Identifier: BSD-2-Clause
/* Descriptors: which number, how long they live, what a forked child has of them. */
#include "loop_family.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <skiff/fault.h>

static void test_lowest_free(void **state)
{
	int a = open_port(host, 0, 0), b = open_port(host, 0, 0), c = open_port(host, 0, 0);

	assert_int_equal(a, 0);
	assert_int_equal(b, 1);
	assert_int_equal(c, 2);
	assert_int_equal(skiff_close(b), 0);
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(open_port(host, 0, 0), 0);
	assert_int_equal(open_port(host, 0, 0), 1);
	assert_int_equal(open_port(host, 0, 0), 3);
	fails(skiff_close(50), EBADF);
	fails(skiff_close(-1), EBADF);
	fails(skiff_close(1 << 30), EBADF);
}

static void test_limit(void **state)
{
	int before = skiff_fd_limit(3), fd;

	assert_int_equal(before, 1 << 20);
	for (int i = 0; i < 3; i++)
		assert_int_equal(skiff_socket(host, AF_LOOP, SOCK_DGRAM, 0), i);
	fails(skiff_socket(host, AF_LOOP, SOCK_DGRAM, 0), EMFILE);
	fails(skiff_dup(0), EMFILE);
	fails(skiff_epoll_create1(0), EMFILE);
	fails(skiff_dup2(0, 3), EBADF);
	fails(skiff_fcntl(0, F_DUPFD, 3), EINVAL);
	assert_int_equal(skiff_close(1), 0);
	assert_int_equal(skiff_dup(0), 1);
	assert_int_equal(skiff_fd_limit(before), 3);
	fails(skiff_fd_limit((1 << 20) + 1), EINVAL);
	/* Beyond the first chunk. */
	fd = skiff_fcntl(0, F_DUPFD, 5000);
	assert_int_equal(fd, 5000);
	assert_int_equal(skiff_dup2(0, (1 << 20) - 1), (1 << 20) - 1);
	assert_int_equal(skiff_close((1 << 20) - 1), 0);
	assert_int_equal(skiff_close(fd), 0);
	assert_int_equal(open_port(host, 0, 0), 3);
}

static void test_many(void **state)
{
	for (int i = 0; i < 3000; i++)
		assert_int_equal(open_port(host, 0, 0), i);
	for (int i = 0; i < 3000; i += 3)
		assert_int_equal(skiff_close(i), 0);
	for (int i = 0; i < 3000; i += 3)
		assert_int_equal(open_port(host, 0, 0), i);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(skiff_close(i), 0);
	assert_int_equal(loop_releases, 4000);
}

static void test_dup_shares(void **state)
{
	int a = open_port(host, 0, 1), b = skiff_dup(a), c = open_port(host, 0, 0);

	assert_int_equal(skiff_fcntl(a, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(skiff_fcntl(b, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(loop_releases, 0);
	send_to(c, 1, "x", 0);
	assert_int_equal(skiff_recv(b, (char[4]){ 0 }, 4, 0), 1);
	assert_int_equal(skiff_dup2(c, b), b);
	assert_int_equal(loop_releases, 1);
	assert_int_equal(skiff_dup2(b, b), b);
	fails(skiff_dup2(77, 77), EBADF);
	fails(skiff_dup3(b, b, 0), EINVAL);
	fails(skiff_dup3(b, 9, O_NONBLOCK), EINVAL);
	assert_int_equal(skiff_dup3(b, 9, O_CLOEXEC), 9);
	assert_int_equal(skiff_fcntl(9, F_GETFD), FD_CLOEXEC);
	assert_int_equal(skiff_fcntl(9, F_SETFD, 0), 0);
	assert_int_equal(skiff_fcntl(9, F_GETFD), 0);
	fails(skiff_fcntl(9, F_SETLK, 0), EINVAL);
	fails(skiff_fcntl(8, F_GETFD), EBADF);
	fails(skiff_fcntl(8, F_GETFL), EBADF);
}

static void test_flags(void **state)
{
	int on = 1, off = 0;
	int a = skiff_socket(host, AF_LOOP, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(skiff_fcntl(a, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(skiff_fcntl(a, F_GETFD), FD_CLOEXEC);
	assert_int_equal(skiff_ioctl(a, FIONBIO, &off), 0);
	assert_int_equal(skiff_fcntl(a, F_GETFL), O_RDWR);
	assert_int_equal(skiff_ioctl(a, FIONBIO, &on), 0);
	fails(skiff_recv(a, NULL, 0, 0), EAGAIN);
	assert_int_equal(skiff_ioctl(a, FIONCLEX), 0);
	assert_int_equal(skiff_fcntl(a, F_GETFD), 0);
	fails(skiff_ioctl(a, 0x1234), ENOTTY);
	fails(skiff_ioctl(55, FIONBIO, &on), EBADF);
}

static void test_no_memory(void **state)
{
	long nth;
	int fd;

	for (nth = 1; nth < 100; nth++) {
		if (skiff_fail_nth(nth))
			return;
		fd = skiff_socket(host, AF_LOOP, SOCK_DGRAM, 0);
		if (fd < 0)
			assert_true(errno == ENOMEM || errno == ENOBUFS);
		if (fd >= 0)
			skiff_close(fd);
		if (skiff_fail_count() < nth)
			break;
	}
	skiff_fail_nth(0);
	assert_true(nth > 1 && nth < 100);
	assert_int_equal(open_port(host, 0, 0), 0);
}

/* cmocka's own assertions would go on with the parent's tests. */
#define want(cond)                                                    \
	do {                                                          \
		if (!(cond))                                          \
			_exit(__LINE__ & 0x7f ? __LINE__ & 0x7f : 1); \
	} while (0)

static void child(int fd, int ep)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct net *mine;
	char c;

	want(skiff_recv(fd, &c, 1, 0) == -1 && errno == EBADF);
	want(skiff_close(fd) == -1 && errno == EBADF);
	want(skiff_epoll_wait(ep, &ev, 1, 0) == -1 && errno == EBADF);
	want(skiff_socket(host, AF_LOOP, SOCK_DGRAM, 0) == -1 && errno == EOWNERDEAD);
	mine = skiff_net_create(NULL);
	want(mine);
	want(skiff_socket(mine, AF_LOOP, SOCK_DGRAM, 0) == 0);
	want(skiff_epoll_create1(0) == 1);
	want(skiff_epoll_ctl(1, EPOLL_CTL_ADD, 0, &ev) == 0);
	want(skiff_epoll_wait(1, &ev, 1, 1) == 0);
	want(skiff_close(0) == 0 && skiff_close(1) == 0);
	want(skiff_net_destroy(mine) == 0);
	_exit(0);
}

static void test_fork(void **state)
{
	int fd = open_port(host, 0, 3), ep = skiff_epoll_create1(0), status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		child(fd, ep);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	send_to(fd, 3, "still", 0);
	assert_int_equal(skiff_recv(fd, (char[9]){ 0 }, 9, 0), 5);
}

static void test_host_gone(void **state)
{
	struct net *brief = skiff_net_create(NULL);
	struct pollfd p = { .events = POLLIN };
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = open_port(brief, 0, 5), ep = skiff_epoll_create1(0);

	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	assert_int_equal(skiff_net_destroy(brief), 0);
	assert_int_equal(loop_releases, 1);
	fails(skiff_recv(fd, NULL, 0, 0), ENETDOWN);
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_MARK, &ep, sizeof(ep)), ENETDOWN);
	p.fd = fd;
	assert_int_equal(skiff_poll_fds(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLERR | POLLHUP);
	assert_int_equal(skiff_epoll_wait(ep, &ev, 1, -1), 1);
	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), 0);
	assert_int_equal(skiff_close(fd), 0);
	assert_int_equal(loop_releases, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_lowest_free), T(test_limit),	T(test_many), T(test_dup_shares),
		T(test_flags),	     T(test_no_memory), T(test_fork), T(test_host_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
