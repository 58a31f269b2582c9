// SPDX-License-Identifier: BSD-2-Clause
/* A socket's sk_write_space() may do anything: it is called when nothing else is under way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sock/sock.h"
#include "sockcall.h"

static struct wire_host h;
static struct socket sock;
static u8 data[100];
static int calls, more;
static bool in_driver, called_in_driver;

/* The driver ends the sender's charge where it may not be disturbed. */
static netdev_tx_t guarded_xmit(struct sk_buff *skb, struct net_device *dev)
{
	netdev_tx_t ret;

	in_driver = true;
	ret = wire_xmit(skb, dev);
	in_driver = false;
	return ret;
}

static const struct net_device_ops guarded_ops = { .ndo_start_xmit = guarded_xmit };

static int setup(void **state)
{
	wire_host_open(&h);
	wire_teach_peer(&h);
	h.dev->netdev_ops = &guarded_ops;
	calls = more = 0;
	called_in_driver = false;
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, 0, &sock), 0);
	assert_int_equal(sc_connect(&sock, PEER_IP, 9), 0);
	return 0;
}

static int teardown(void **state)
{
	assert_false(called_in_driver);
	if (sock.sk)
		sc_close(&sock);
	return (int)wire_host_close(&h);
}

static void note(struct sock *sk)
{
	assert_ptr_equal(current_net(), h.net);
	called_in_driver |= in_driver;
	calls++;
}

static struct sk_buff *payload(void)
{
	struct sk_buff *skb = alloc_skb(300, GFP_ATOMIC);

	assert_non_null(skb);
	skb_reserve(skb, 128);
	skb_put_zero(skb, 100);
	return skb;
}

static void send_one(void)
{
	struct skiff_msghdr m = { .msg_flags = MSG_DONTWAIT };

	assert_int_equal(sock.ops->send_skb(&sock, &m, payload()), 100);
}

static void space_sends(struct sock *sk)
{
	note(sk);
	if (more-- > 0)
		send_one();
}

static void space_closes(struct sock *sk)
{
	note(sk);
	if (sock.sk)
		sock.ops->release(&sock);
}

static void space_removes(struct sock *sk)
{
	note(sk);
	unregister_netdevice(h.dev);
}

static void test_sends(void **state)
{
	sock.sk->sk_write_space = space_sends;
	more = 50;
	assert_int_equal(sc_send(&sock, data, sizeof(data), 0), 100);
	wire_run(&h);
	assert_int_equal(calls, 51);
	assert_int_equal(skb_queue_len(&h.sent), 51);
}

static void test_closes(void **state)
{
	sock.sk->sk_write_space = space_closes;
	assert_int_equal(sc_send(&sock, data, sizeof(data), 0), 100);
	wire_run(&h);
	assert_int_equal(calls, 1);
	assert_null(sock.sk);
}

/* What the other one has still to do is not the clone's, and the clone can do the same. */
static void test_clone(void **state)
{
	struct sock *clone;

	sock.sk->sk_write_space = note;
	net_lock(h.net);
	sock_tell_space(sock.sk);
	clone = sk_clone(sock.sk, GFP_ATOMIC);
	assert_non_null(clone);
	sock_tell_space(clone);
	net_unlock(h.net);
	wire_run(&h);
	assert_int_equal(calls, 2);
	net_lock(h.net);
	sock_put(clone);
	net_unlock(h.net);
}

/* While packets wait for the device, whose queue is walked when they are sent or purged. */
static void test_removes_the_device(void **state)
{
	sock.sk->sk_write_space = space_removes;
	net_lock(h.net);
	netif_stop_queue(h.dev);
	net_unlock(h.net);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sc_send(&sock, data, sizeof(data), 0), 100);
	net_lock(h.net);
	netif_wake_queue(h.dev);
	net_unlock(h.net);
	wire_run(&h);
	assert_true(calls > 0);
	assert_int_equal(skb_queue_len(&h.sent), 5);
	wire_drop_sent(&h);
}

static void test_closes_while_purged(void **state)
{
	sock.sk->sk_write_space = space_closes;
	net_lock(h.net);
	netif_stop_queue(h.dev);
	net_unlock(h.net);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sc_send(&sock, data, sizeof(data), 0), 100);
	net_lock(h.net);
	dev_close(h.dev);
	assert_int_equal(calls, 0);
	net_unlock(h.net);
	assert_int_equal(calls, 1);
	assert_null(sock.sk);
}

/* The socket is closed before its turn comes: nobody is called, and it ends. */
static void test_closed_before(void **state)
{
	sock.sk->sk_write_space = space_closes;
	net_lock(h.net);
	send_one();
	sock.ops->release(&sock);
	net_unlock(h.net);
	wire_run(&h);
	assert_int_equal(calls, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sends),
		TEST(test_closes),
		TEST(test_clone),
		TEST(test_removes_the_device),
		TEST(test_closes_while_purged),
		TEST(test_closed_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
