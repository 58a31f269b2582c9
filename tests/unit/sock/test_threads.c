// SPDX-License-Identifier: BSD-2-Clause
/* Buffers dropped by other threads, while and after their socket ends. */
#include <pthread.h>
#include <sched.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
