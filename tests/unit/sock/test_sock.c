// SPDX-License-Identifier: BSD-2-Clause
/* Sockets' accounting and lifetime: charges, limits, buffers that outlive their socket. */
#include "sockets.h"

#include "death.h"

static void test_fresh(void **state)
{
	struct sock *sk = new_sock(&test_proto);

	assert_int_equal(sk->sk_family, AF_INET);
	assert_ptr_equal(sk->sk_prot, &test_proto);
	assert_null(sock_net(sk));
	assert_int_equal(sk->sk_rcvbuf, sock_limits(NULL)->rmem_default);
	assert_int_equal(sk->sk_sndbuf, sock_limits(NULL)->wmem_default);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	assert_int_equal(sk_rmem_alloc_get(sk), 0);
	assert_false(sk_has_allocations(sk));
	assert_true(sock_writeable(sk));
	assert_true(sock_flag(sk, SOCK_ZAPPED));
	assert_int_equal(sock_wspace(sk), sk->sk_sndbuf - 1);
	assert_true(skb_queue_empty(&sk->sk_receive_queue));
	sock_hold(sk);
	sock_put(sk);
	assert_int_equal(destructs, 0);
	sock_put(sk);
	assert_int_equal(destructs, 1);
	assert_int_equal(destroys, 1);
}

/* Without a protocol, and never initialised. */
static void test_bare(void **state)
{
	struct sock *sk = sk_alloc(NULL, AF_UNSPEC, GFP_KERNEL, NULL, 1);

	assert_non_null(sk);
	assert_int_equal(sk->sk_kern_sock, 1);
	sk_free(sk);
}

static void test_flags(void **state)
{
	struct sock *sk = new_sock(&test_proto);

	sock_set_flag(sk, SOCK_BROADCAST);
	sock_valbool_flag(sk, SOCK_LINGER, 5);
	assert_true(sock_flag(sk, SOCK_BROADCAST));
	assert_true(sock_flag(sk, SOCK_LINGER));
	sock_reset_flag(sk, SOCK_BROADCAST);
	sock_valbool_flag(sk, SOCK_LINGER, 0);
	assert_false(sock_flag(sk, SOCK_BROADCAST));
	assert_false(sock_flag(sk, SOCK_LINGER));
	assert_int_equal(sock_error(sk), 0);
	sk->sk_err = ECONNREFUSED;
	assert_int_equal(sock_error(sk), -ECONNREFUSED);
	assert_int_equal(sock_error(sk), 0);
	sock_orphan(sk);
	assert_true(sock_flag(sk, SOCK_DEAD));
	sock_put(sk);
}

static void test_write_charge(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = packet(100), *clone;
	int truesize = (int)skb->truesize;

	skb_set_owner_w(skb, sk);
	assert_ptr_equal(skb->sk, sk);
	assert_int_equal(sk_wmem_alloc_get(sk), truesize);
	/* a clone belongs to nobody */
	clone = skb_clone(skb, GFP_KERNEL);
	assert_null(clone->sk);
	kfree_skb(clone);
	assert_int_equal(sk_wmem_alloc_get(sk), truesize);
	assert_int_equal(spaces, 0);
	kfree_skb(skb);
	assert_int_equal(spaces, 1);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);

	/* more headroom does not change what is uncharged later */
	skb = packet(100);
	skb_set_owner_w(skb, sk);
	assert_int_equal(pskb_expand_head(skb, 3000, 0, GFP_KERNEL), 0);
	skb_orphan(skb);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	kfree_skb(skb);
	sock_put(sk);
}

static void test_change_of_owner(void **state)
{
	struct sock *a = new_sock(&test_proto), *b = new_sock(&test_proto);
	struct sk_buff *skb = packet(100);

	skb_set_owner_w(skb, a);
	skb_set_owner_r(skb, b);
	assert_int_equal(sk_wmem_alloc_get(a), 0);
	assert_int_equal(sk_rmem_alloc_get(b), skb->truesize);
	skb_set_owner_w(skb, a);
	assert_int_equal(sk_rmem_alloc_get(b), 0);
	skb_orphan(skb);
	assert_false(sk_has_allocations(a));
	kfree_skb(skb);
	sock_put(a);
	sock_put(b);
}

/* The article: a socket with outstanding buffers is not freed. */
static void test_outlived_by_sent(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *a = packet(100), *b = packet(2000);

	skb_set_owner_w(a, sk);
	skb_set_owner_w(b, sk);
	sock_put(sk);
	assert_int_equal(destructs, 0);
	kfree_skb(a);
	assert_int_equal(destructs, 0);
	assert_int_equal(spaces, 0);
	kfree_skb(b);
	assert_int_equal(destructs, 1);
	assert_int_equal(destroys, 1);
}

static void test_outlived_by_received(void **state)
{
	struct sock *sk = new_sock(&tight_proto);
	struct sk_buff *a, *b;

	assert_int_equal(sock_queue_rcv_skb(sk, packet(100)), 0);
	assert_int_equal(sock_queue_rcv_skb(sk, packet(5000)), 0);
	assert_int_equal(sock_queue_rcv_skb(sk, packet(100)), 0);
	a = skb_dequeue(&sk->sk_receive_queue);
	b = skb_dequeue(&sk->sk_receive_queue);
	sock_put(sk);
	/* ended, but the two still refer to its counters: ASan would see if they did not last */
	assert_int_equal(destructs, 1);
	kfree_skb(a);
	assert_true(atomic_long_read(&pages) > 0);
	kfree_skb(b);
	assert_int_equal(atomic_long_read(&pages), 0);
}

static void test_outlived_by_both(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *sent = packet(10), *got = packet(10);

	skb_set_owner_w(sent, sk);
	skb_set_owner_r(got, sk);
	sock_put(sk);
	kfree_skb(got);
	assert_int_equal(destructs, 0);
	kfree_skb(sent);
	assert_int_equal(destructs, 1);

	sk = new_sock(&test_proto);
	sent = packet(10);
	got = packet(10);
	skb_set_owner_w(sent, sk);
	skb_set_owner_r(got, sk);
	sock_put(sk);
	kfree_skb(sent);
	assert_int_equal(destructs, 2);
	kfree_skb(got);
}

static void test_queues_emptied(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = packet(10);

	assert_int_equal(sock_queue_rcv_skb(sk, packet(10)), 0);
	skb_set_owner_w(skb, sk);
	skb_queue_tail(&sk->sk_write_queue, skb);
	assert_int_equal(sock_queue_err_skb(sk, packet(10)), 0);
	sock_put(sk);
	assert_int_equal(destructs, 1);
}

static void test_send_limit(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff_head held;
	struct sk_buff *skb;
	int err = 1, n = 0;

	__skb_queue_head_init(&held);
	sk->sk_sndbuf = SOCK_MIN_SNDBUF;
	while ((skb = sock_alloc_send_skb(sk, 500, 1, &err))) {
		assert_int_equal(err, 0);
		assert_ptr_equal(skb->sk, sk);
		assert_int_equal(skb->len, 0);
		__skb_queue_tail(&held, skb);
		n++;
	}
	assert_int_equal(err, -EAGAIN);
	assert_true(n >= 2);
	assert_true(sk_wmem_alloc_get(sk) >= sk->sk_sndbuf);
	assert_true(sock_flag(sk, SOCK_NOSPACE_WAIT));
	assert_int_equal(sock_wspace(sk), 0);
	assert_false(sock_writeable(sk));
	/* blocking or not: nothing waits in here */
	assert_null(sock_alloc_send_skb(sk, 1, 0, &err));
	assert_int_equal(err, -EAGAIN);
	assert_null(sock_wmalloc(sk, 10, 0, GFP_KERNEL));
	skb = sock_wmalloc(sk, 10, 1, GFP_KERNEL);
	assert_non_null(skb);
	kfree_skb(skb);
	assert_null(sock_wmalloc(sk, (unsigned long)SKB_MAX_SIZE + 1, 1, GFP_KERNEL));

	__skb_queue_purge(&held);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	skb = sock_alloc_send_skb(sk, 500, 1, &err);
	assert_non_null(skb);
	kfree_skb(skb);
	sock_put(sk);
}

static void test_send_errors(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb;
	int err = 0;

	sk->sk_err = EHOSTUNREACH;
	assert_null(sock_alloc_send_skb(sk, 10, 1, &err));
	assert_int_equal(err, -EHOSTUNREACH);
	skb = sock_alloc_send_pskb(sk, 100, 9000, 1, &err, 1);
	assert_non_null(skb);
	assert_int_equal(skb_shinfo(skb)->nr_frags, 2);
	assert_int_equal(__skb_pagelen(skb), 9000);
	assert_int_equal(skb->len, 0);
	assert_int_equal(sk_wmem_alloc_get(sk), skb->truesize);
	kfree_skb(skb);
	assert_null(sock_alloc_send_pskb(sk, 100, 1ul << 30, 1, &err, 0));
	assert_int_equal(err, -EMSGSIZE);
	if (!skiff_fail_nth(1)) {
		assert_null(sock_alloc_send_skb(sk, 10, 1, &err));
		assert_int_equal(err, -ENOBUFS);
		skiff_fail_nth(1);
		assert_null(sk_alloc(NULL, AF_INET, GFP_KERNEL, &test_proto, 0));
		skiff_fail_nth(0);
	}
	sk->sk_shutdown = SEND_SHUTDOWN;
	assert_null(sock_alloc_send_skb(sk, 10, 1, &err));
	assert_int_equal(err, -EPIPE);
	assert_int_equal(sock_wspace(sk), 0);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	sock_put(sk);
}

static void test_receive_limit(void **state)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_MAX;
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb;
	u32 n = 0;

	sk->sk_rcvbuf = 4 * (int)SKB_TRUESIZE(2048);
	for (;;) {
		skb = packet(2000);
		skb->dev = (struct net_device *)sk;
		if (sock_queue_rcv_skb_reason(sk, skb, &reason))
			break;
		assert_int_equal(reason, SKB_NOT_DROPPED_YET);
		assert_null(skb->dev);
		n++;
	}
	assert_int_equal(reason, SKB_DROP_REASON_SOCKET_RCVBUFF);
	assert_int_equal(readies, n);
	assert_int_equal(skb_queue_len(&sk->sk_receive_queue), n);
	assert_int_equal(atomic_read(&sk->sk_drops), 1);
	assert_in_range(n, 2, 6);
	/* the refused one is still ours, and takes a place when there is one */
	kfree_skb(skb_dequeue(&sk->sk_receive_queue));
	assert_int_equal(__sock_queue_rcv_skb(sk, skb), 0);
	assert_int_equal(SOCK_SKB_CB(skb)->dropcount, 1);
	/* a buffer larger than the whole limit gets in when nothing else is there */
	skb_queue_purge(&sk->sk_receive_queue);
	assert_int_equal(sk_rmem_alloc_get(sk), 0);
	sk->sk_rcvbuf = 1;
	assert_int_equal(sock_queue_rcv_skb(sk, packet(60000)), 0);
	skb = packet(0);
	assert_int_equal(sock_queue_rcv_skb(sk, skb), -ENOMEM);
	kfree_skb(skb);
	/* nobody listens any more */
	readies = 0;
	sock_set_flag(sk, SOCK_DEAD);
	skb_queue_purge(&sk->sk_receive_queue);
	assert_int_equal(sock_queue_rcv_skb(sk, packet(1)), 0);
	assert_int_equal(readies, 0);
	sock_put(sk);
}

static void route_gone(struct dst_entry *dst)
{
}

/* A packet that waits keeps its route. */
static void test_receive_route(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = packet(10);
	struct dst_entry dst;

	memset(&dst, 0, sizeof(dst));
	refcount_set(&dst.__refcnt, 1);
	dst.__release = route_gone;
	skb_dst_set_noref(skb, &dst);
	assert_int_equal(sock_queue_rcv_skb(sk, skb), 0);
	assert_int_equal(refcount_read(&dst.__refcnt), 2);
	sock_put(sk);
	assert_int_equal(refcount_read(&dst.__refcnt), 1);
}

static void test_protocol_limit(void **state)
{
	struct sock *a = new_sock(&tight_proto), *b = new_sock(&tight_proto);
	enum skb_drop_reason reason;
	struct sk_buff *skb;
	u32 n = 0;

	a->sk_rcvbuf = b->sk_rcvbuf = 1 << 20;
	limits[0] = 2;
	limits[1] = 8;
	limits[2] = 16;
	for (;;) {
		skb = packet(3000);
		if (sock_queue_rcv_skb_reason(n % 2 ? a : b, skb, &reason))
			break;
		n++;
		assert_int_equal(pressure, atomic_long_read(&pages) > 8);
		assert_true(atomic_long_read(&pages) <= 16);
	}
	assert_int_equal(reason, SKB_DROP_REASON_PROTO_MEM);
	kfree_skb(skb);
	assert_true(n >= 8);
	/* It ends with the first limit, not with the one that it began with. */
	skb_queue_purge(&a->sk_receive_queue);
	assert_in_range(atomic_long_read(&pages), 3, 8);
	assert_int_equal(pressure, 1);
	skb_queue_purge(&b->sk_receive_queue);
	assert_int_equal(pressure, 0);
	assert_int_equal(atomic_long_read(&pages), 0);
	assert_true(sk_wmem_schedule(a, 5000));
	assert_int_equal(a->sk_forward_alloc, 8192);
	sk_mem_charge(a, 5000);
	sk_mem_reclaim(a);
	assert_int_equal(atomic_long_read(&pages), 2);
	sk_mem_uncharge(a, 5000);
	assert_int_equal(atomic_long_read(&pages), 0);
	sock_put(a);
	sock_put(b);
}

/* Random charging ends at zero. */
static void test_exact(void **state)
{
	struct sock *sk[4];
	struct sk_buff *held[64] = { NULL };
	unsigned int seed = 1;
	int err;

	for (int i = 0; i < 4; i++)
		sk[i] = new_sock(i % 2 ? &tight_proto : &test_proto);
	for (int n = 0; n < 10000; n++) {
		struct sk_buff **slot = &held[rand_r(&seed) % 64];
		struct sock *s = sk[rand_r(&seed) % 4];

		switch (rand_r(&seed) % 5) {
		case 0:
			kfree_skb(*slot);
			*slot = sock_alloc_send_skb(s, (unsigned long)rand_r(&seed) % 3000, 1,
						    &err);
			break;
		case 1:
			if (!*slot)
				*slot = packet((unsigned int)rand_r(&seed) % 3000);
			if (!sock_queue_rcv_skb(s, *slot))
				*slot = NULL;
			break;
		case 2:
			kfree_skb(*slot);
			*slot = skb_dequeue(&s->sk_receive_queue);
			break;
		case 3:
			if (*slot)
				skb_set_owner_w(*slot, s);
			break;
		default:
			kfree_skb(*slot);
			*slot = NULL;
			break;
		}
	}
	for (int i = 0; i < 64; i++)
		kfree_skb(held[i]);
	for (int i = 0; i < 4; i++) {
		skb_queue_purge(&sk[i]->sk_receive_queue);
		assert_false(sk_has_allocations(sk[i]));
		assert_int_equal(sk[i]->sk_forward_alloc, 0);
		sock_put(sk[i]);
	}
	assert_int_equal(destructs, 4);
}

static void test_references_of_buffers(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = packet(10), *clone;

	assert_false(skb_set_owner_sk_safe(skb, NULL));
	assert_null(skb_clone_sk(skb));
	assert_true(skb_set_owner_sk_safe(skb, sk));
	assert_int_equal(refcount_read(&sk->sk_refcnt), 2);
	clone = skb_clone_sk(skb);
	assert_ptr_equal(clone->sk, sk);
	assert_int_equal(refcount_read(&sk->sk_refcnt), 3);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	if (!skiff_fail_nth(1)) {
		assert_null(skb_clone_sk(skb));
		assert_int_equal(refcount_read(&sk->sk_refcnt), 3);
		skiff_fail_nth(0);
	}
	sock_put(sk);
	kfree_skb(skb);
	assert_int_equal(destructs, 0);
	kfree_skb(clone);
	assert_int_equal(destructs, 1);
}

static void put_twice(void)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = packet(10);

	skb_set_owner_w(skb, sk);
	sock_put(sk);
	sock_put(sk);
}

static void owner_without_destructor(void)
{
	struct sk_buff *skb = packet(10);

	skb->sk = new_sock(&test_proto);
	skb_orphan(skb);
}

static void test_callers_bugs(void **state)
{
	assert_dies(put_twice, "underflow");
	assert_dies(owner_without_destructor, "skb->sk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_fresh),
		T(test_bare),
		T(test_flags),
		T(test_write_charge),
		T(test_change_of_owner),
		T(test_outlived_by_sent),
		T(test_outlived_by_received),
		T(test_outlived_by_both),
		T(test_queues_emptied),
		T(test_send_limit),
		T(test_send_errors),
		T(test_receive_limit),
		T(test_receive_route),
		T(test_protocol_limit),
		T(test_exact),
		T(test_references_of_buffers),
		T(test_callers_bugs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
