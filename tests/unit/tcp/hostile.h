/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests with a hostile peer have in common. */
#ifndef TESTS_TCP_HOSTILE_H
#define TESTS_TCP_HOSTILE_H

#include "invariants.h"
#include "peer.h"

static struct peer p;
static struct seg s;

static inline int setup(void **state)
{
	(void)state;
	peer_open(&p);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	tcp_check_invariants(p.h.net);
	peer_close(&p);
	assert_int_equal(atomic_long_read(&tcp_memory_allocated), 0);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static inline bool note_connection(struct sock *sk, void *arg)
{
	const unsigned int other = TCPF_LISTEN | TCPF_TIME_WAIT | TCPF_NEW_SYN_RECV;

	if (!((1u << sk->sk_state) & other))
		*(struct sock **)arg = sk;
	return true;
}

/* The only connection of the host. */
static inline struct sock *the_sock(void)
{
	struct sock *sk = NULL;

	net_lock(p.h.net);
	tcp_for_each(p.h.net, note_connection, &sk);
	net_unlock(p.h.net);
	assert_non_null(sk);
	return sk;
}

static inline int listen_on(u16 port, int backlog)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = skiff_socket(p.h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(skiff_bind(fd, (const struct sockaddr *)(const void *)&any, sizeof(any)),
			 0);
	assert_int_equal(skiff_listen(fd, backlog), 0);
	return fd;
}

static inline void drop_sent(void)
{
	wire_drop_sent(&p.h);
}

#endif /* TESTS_TCP_HOSTILE_H */
