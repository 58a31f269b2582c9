// SPDX-License-Identifier: BSD-2-Clause
/* Buffers dropped by other threads, while and after their socket ends. */
#include <pthread.h>
#include <sched.h>

#include <skiff/net.h>

#include "sockets.h"

static struct sk_buff_head sent;
static atomic_t stop;
static atomic_t ends;

static void note_end(struct sock *sk)
{
	atomic_inc(&ends);
}

/* A driver: releases what it is given. */
static void *driver(void *arg)
{
	while (!atomic_read(&stop) || !skb_queue_empty_lockless(&sent)) {
		struct sk_buff *skb = skb_dequeue(&sent);

		if (skb)
			consume_skb(skb);
		else
			sched_yield();
	}
	return NULL;
}

/* Sockets that send, receive and end, one after the other. */
static void *sender(void *arg)
{
	for (int n = 0; n < 400; n++) {
		struct sock *sk = new_sock(&tight_proto);
		int err;

		sk->sk_destruct = note_end;
		sk->sk_write_space = note_end;
		sk->sk_data_ready = note_end;
		sock_set_flag(sk, SOCK_DEAD);
		for (int i = 0; i < 8; i++) {
			struct sk_buff *skb = sock_alloc_send_skb(sk, 500, 1, &err);

			if (skb)
				skb_queue_tail(&sent, skb);
			skb = alloc_skb(600, GFP_ATOMIC);
			if (!skb || sock_queue_rcv_skb(sk, skb))
				abort();
			/* the program takes it, another thread drops it */
			skb_queue_tail(&sent, skb_dequeue(&sk->sk_receive_queue));
		}
		sock_put(sk);
	}
	return NULL;
}

static void count_nothing(struct sock *sk)
{
}

static void test_end_anywhere(void **state)
{
	pthread_t d[2], s[2];

	limits[0] = limits[1] = limits[2] = 1 << 20;
	tight_proto.destroy = count_nothing;
	skb_queue_head_init(&sent);
	atomic_set(&stop, 0);
	atomic_set(&ends, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&d[i], NULL, driver, NULL), 0);
		assert_int_equal(pthread_create(&s[i], NULL, sender, NULL), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(s[i], NULL);
	atomic_set(&stop, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(d[i], NULL);
	assert_int_equal(atomic_read(&ends), 800);
	assert_int_equal(atomic_long_read(&pages), 0);
}

static struct proto lending_proto = {
	.name = "lending",
	.obj_size = sizeof(struct big_sock),
};

static atomic_t wakes;

static void note_wake(struct socket *sock, u32 events)
{
	atomic_inc(&wakes);
}

/* A call with MSG_ZEROCOPY, of two packets. */
static void lend(struct sock *sk)
{
	struct ubuf_info *uarg = msg_zerocopy_realloc(sk, 100, NULL);

	if (!uarg)
		abort();
	for (int i = 0; i < 2; i++) {
		struct sk_buff *skb = alloc_skb(10, GFP_ATOMIC);

		if (!skb)
			abort();
		skb_zcopy_set(skb, uarg, NULL);
		skb_queue_tail(&sent, skb);
	}
	net_zcopy_put(uarg);
}

/* Read messages until all of @calls have been told of. */
static void read_all(struct sock *sk, u32 calls)
{
	struct sk_buff *skb;

	while (calls) {
		skb = sock_dequeue_err_skb(sk);
		if (!skb) {
			sched_yield();
			continue;
		}
		calls -= SKB_EXT_ERR(skb)->ee.ee_data - SKB_EXT_ERR(skb)->ee.ee_info + 1;
		consume_skb(skb);
	}
}

/* Sockets that lend memory and end, some before they have it back. */
static void *lender(void *arg)
{
	for (int n = 0; n < 400; n++) {
		struct socket file = { .wake = note_wake };
		struct sock *sk = sk_alloc(NULL, AF_INET, GFP_KERNEL, &lending_proto, 0);

		if (!sk)
			abort();
		sock_init_data(&file, sk);
		sk->sk_destruct = note_end;
		for (int i = 0; i < 8; i++)
			lend(sk);
		if (n % 2)
			read_all(sk, 8);
		sock_orphan(sk);
		sock_put(sk);
	}
	return NULL;
}

static void test_loans_end_anywhere(void **state)
{
	pthread_t d[2], l[2];

	skb_queue_head_init(&sent);
	atomic_set(&stop, 0);
	atomic_set(&ends, 0);
	atomic_set(&wakes, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&d[i], NULL, driver, NULL), 0);
		assert_int_equal(pthread_create(&l[i], NULL, lender, NULL), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(l[i], NULL);
	atomic_set(&stop, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(d[i], NULL);
	assert_int_equal(atomic_read(&ends), 800);
	/* Each of those who read was told at least once. */
	assert_true(atomic_read(&wakes) >= 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_end_anywhere),
		T(test_loans_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
