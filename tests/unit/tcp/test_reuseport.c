// SPDX-License-Identifier: BSD-2-Clause
/* SO_ATTACH_REUSEPORT_CBPF: a program says which of a port's listeners gets a connection. */
#include "tcp_pair.h"

#include <linux/filter.h>

#define LISTENERS 3

static int l[LISTENERS];

static int attach(int fd, struct sock_filter *filter, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = filter };

	return skiff_setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog));
}

/* As listener(), but one of a group; @filter is attached before it listens. */
static int member(struct sock_filter *filter, unsigned short len)
{
	struct sockaddr_in any = at(INADDR_ANY, PORT);
	int fd = stream(host_b), on = 1;

	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	assert_int_equal(skiff_bind(fd, ADDR(any)), 0);
	if (filter)
		assert_int_equal(attach(fd, filter, len), 0);
	assert_int_equal(skiff_listen(fd, 100), 0);
	nonblocking(fd);
	return fd;
}

/* Take all connections. Return: how many there were. */
static int accepted(int fd)
{
	int n = 0, to;

	while ((to = skiff_accept(fd, NULL, NULL)) >= 0) {
		skiff_close(to);
		n++;
	}
	assert_int_equal(errno, EAGAIN);
	return n;
}

static void connect_some(int n)
{
	while (n--)
		skiff_close(connected(PORT));
}

static void constant(void **state)
{
	struct sock_filter second[] = { BPF_STMT(BPF_RET | BPF_K, 1) };
	struct sock_filter third[] = { BPF_STMT(BPF_RET | BPF_K, 2) };

	for (int i = 0; i < LISTENERS; i++)
		l[i] = member(i ? NULL : second, 1);
	connect_some(10);
	assert_int_equal(accepted(l[0]), 0);
	assert_int_equal(accepted(l[1]), 10);
	assert_int_equal(accepted(l[2]), 0);
	/* Any member may give the group another one, while they listen. */
	assert_int_equal(attach(l[1], third, 1), 0);
	connect_some(10);
	assert_int_equal(accepted(l[2]), 10);
	/* The number of a member that has gone is that of the last one. */
	skiff_close(l[0]);
	connect_some(3);
	assert_int_equal(accepted(l[1]) + accepted(l[2]), 3);
}

/* The headers are in front of the payload, of which a SYN has none. */
static void by_source_port(void **state)
{
	struct sock_filter by_port[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (u32)(SKF_NET_OFF + 20)),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, LISTENERS),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sockaddr_in to = at(B_IP, PORT);

	for (int i = 0; i < LISTENERS; i++)
		l[i] = member(i ? NULL : by_port, ARRAY_SIZE(by_port));
	for (u16 port = 30000; port < 30009; port++) {
		struct sockaddr_in from = at(A_IP, port);
		int fd = stream(host_a);

		assert_int_equal(skiff_bind(fd, ADDR(from)), 0);
		assert_int_equal(skiff_connect(fd, ADDR(to)), 0);
		assert_int_equal(accepted(l[port % LISTENERS]), 1);
	}
}

/* What is no member's number is left to the hash: nobody is refused. */
static void no_number(void **state)
{
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 77) };
	struct sock_filter payload[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 100),
					 BPF_STMT(BPF_RET | BPF_K, 2) };
	int sum = 0, on = 1;

	for (int i = 0; i < LISTENERS; i++)
		l[i] = member(i ? NULL : none, 1);
	connect_some(30);
	for (int i = 0; i < LISTENERS; i++)
		sum += accepted(l[i]);
	assert_int_equal(sum, 30);
	/* A load behind the end gives 0, the first one's number. */
	assert_int_equal(attach(l[2], payload, 2), 0);
	connect_some(5);
	assert_int_equal(accepted(l[0]), 5);
	assert_int_equal(
		skiff_setsockopt(l[1], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &on, sizeof(on)), 0);
	fails(skiff_setsockopt(l[1], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &on, sizeof(on)), ENOENT);
}

/* Whoever listens is one of the group from then on, and what it has brought is forgotten. */
static void joins(void **state)
{
	struct sock_filter first[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_filter second[] = { BPF_STMT(BPF_RET | BPF_K, 1) };

	l[0] = member(first, 1);
	l[1] = member(second, 1);
	connect_some(4);
	assert_int_equal(accepted(l[0]), 4);
	assert_int_equal(accepted(l[1]), 0);
}

static void refused(void **state)
{
	struct sock_filter first[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_filter bad[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0) };
	int fd = stream(host_b), on = 1, prog = -1;

	fails(attach(fd, first, 1), EINVAL);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	fails(attach(fd, bad, 1), EINVAL);
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &prog, sizeof(prog)),
	      ENOPROTOOPT);
	/* It never listens: the program goes with it. */
	assert_int_equal(attach(fd, first, 1), 0);
	skiff_close(fd);
	/* It listens without the group's option. */
	fd = listener(host_b, PORT, 1);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	fails(attach(fd, first, 1), EINVAL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(constant), CASE(by_source_port), CASE(no_number), CASE(joins), CASE(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
