/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets whose callbacks count, and checks that nothing is left, for the tests of this folder. */
#ifndef TESTS_SOCK_SOCKETS_H
#define TESTS_SOCK_SOCKETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/sock.h>

static int destructs, destroys, readies, spaces, errors;

static inline void count_destruct(struct sock *sk)
{
	destructs++;
}

static inline void count_destroy(struct sock *sk)
{
	destroys++;
}

static inline void count_ready(struct sock *sk)
{
	readies++;
}

static inline void count_space(struct sock *sk)
{
	spaces++;
}

static inline void count_error(struct sock *sk)
{
	errors++;
}

struct big_sock {
	struct sock sk;
	char more[200];
};

static atomic_long_t pages;
static long limits[3];
static unsigned long pressure;

static __maybe_unused struct proto test_proto = {
	.name = "test",
	.obj_size = sizeof(struct big_sock),
	.destroy = count_destroy,
};

static inline void count_pressure(struct sock *sk)
{
	pressure = 1;
}

static inline void end_pressure(struct sock *sk)
{
	pressure = 0;
}

/* A protocol with a limit on memory. */
static __maybe_unused struct proto tight_proto = {
	.name = "tight",
	.obj_size = sizeof(struct big_sock),
	.destroy = count_destroy,
	.memory_allocated = &pages,
	.sysctl_mem = limits,
	.memory_pressure = &pressure,
	.enter_memory_pressure = count_pressure,
	.leave_memory_pressure = end_pressure,
};

static inline struct sock *new_sock(struct proto *prot)
{
	struct sock *sk = sk_alloc(NULL, AF_INET, GFP_KERNEL, prot, 0);

	assert_non_null(sk);
	sock_init_data(NULL, sk);
	sk->sk_destruct = count_destruct;
	sk->sk_data_ready = count_ready;
	sk->sk_write_space = count_space;
	sk->sk_error_report = count_error;
	return sk;
}

static inline struct sk_buff *packet(unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	assert_non_null(skb);
	skb_put_zero(skb, len);
	return skb;
}

static inline int setup(void **state)
{
	destructs = destroys = readies = spaces = errors = 0;
	atomic_long_set(&pages, 0);
	limits[0] = limits[1] = limits[2] = 1000;
	pressure = 0;
	return 0;
}

static inline int teardown(void **state)
{
	skiff_fail_nth(0);
	if (skb_live_buffers())
		skb_leak_report(stderr);
	assert_int_equal(skb_live_buffers(), 0);
	assert_int_equal(atomic_long_read(&pages), 0);
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif /* TESTS_SOCK_SOCKETS_H */
