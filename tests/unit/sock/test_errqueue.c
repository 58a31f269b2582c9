// SPDX-License-Identifier: BSD-2-Clause
/* The error queue: ICMP errors in order, sk_err with them, transmit timestamps. */
#include <linux/net_tstamp.h>

#include "sockets.h"

static struct sk_buff *err_packet(u8 origin, u32 err)
{
	struct sk_buff *skb = packet(10);

	memset(SKB_EXT_ERR(skb), 0, sizeof(*SKB_EXT_ERR(skb)));
	SKB_EXT_ERR(skb)->ee.ee_origin = origin;
	SKB_EXT_ERR(skb)->ee.ee_errno = err;
	return skb;
}

/* The first packet's errno, dropped. */
static u32 take(struct sock *sk)
{
	struct sk_buff *skb = sock_dequeue_err_skb(sk);
	u32 err;

	assert_non_null(skb);
	assert_int_equal(skb->pkt_type, PACKET_OUTGOING);
	err = SKB_EXT_ERR(skb)->ee.ee_errno;
	skb_free_datagram_locked(sk, skb);
	return err;
}

static void test_order(void **state)
{
	struct sock *sk = new_sock(&tight_proto);

	_Static_assert(sizeof(struct sock_exterr_skb) <= sizeof_field(struct sk_buff, cb), "cb");
	assert_null(sock_dequeue_err_skb(sk));
	assert_int_equal(sock_queue_err_skb(sk, err_packet(SO_EE_ORIGIN_ICMP, ECONNREFUSED)), 0);
	assert_int_equal(sock_queue_err_skb(sk, err_packet(SO_EE_ORIGIN_ICMP, EHOSTUNREACH)), 0);
	assert_int_equal(sock_queue_err_skb(sk, err_packet(SO_EE_ORIGIN_TIMESTAMPING, ENOMSG)), 0);
	assert_int_equal(errors, 3);
	assert_true(sk_rmem_alloc_get(sk) > 0);

	sk->sk_err = ECONNREFUSED;
	assert_int_equal(take(sk), ECONNREFUSED);
	assert_int_equal(sk->sk_err, EHOSTUNREACH);
	assert_int_equal(errors, 4);
	assert_int_equal(take(sk), EHOSTUNREACH);
	assert_int_equal(sk->sk_err, 0);
	/* a timestamp leaves sk_err alone */
	sk->sk_err = EPIPE;
	assert_int_equal(take(sk), ENOMSG);
	assert_int_equal(sk->sk_err, EPIPE);
	assert_null(sock_dequeue_err_skb(sk));
	assert_int_equal(sk_rmem_alloc_get(sk), 0);
	sock_put(sk);
}

static void test_limit(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = err_packet(SO_EE_ORIGIN_LOCAL, EMSGSIZE);

	sk->sk_rcvbuf = (int)skb->truesize;
	assert_int_equal(sock_queue_err_skb(sk, skb), -ENOMEM);
	assert_int_equal(errors, 0);
	sk->sk_rcvbuf++;
	assert_int_equal(sock_queue_err_skb(sk, skb), 0);
	sock_set_flag(sk, SOCK_DEAD);
	sock_put(sk);
	assert_int_equal(errors, 1);
}

static ktime_t fixed_clock(const struct sk_buff *skb)
{
	return 4711;
}

static void test_software_stamp(void **state)
{
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = packet(50), *got;

	skb_clock_set(fixed_clock);
	skb_tx_timestamp(skb); /* nobody asked */
	skb_set_owner_w(skb, sk);
	skb_tx_timestamp(skb);
	assert_null(sock_dequeue_err_skb(sk));
	skb_shinfo(skb)->tx_flags = SKBTX_SW_TSTAMP;
	skb_shinfo(skb)->tskey = 99;
	sk->sk_tsflags = SOF_TIMESTAMPING_OPT_ID;
	skb_tx_timestamp(skb);
	got = sock_dequeue_err_skb(sk);
	assert_non_null(got);
	assert_int_equal(got->tstamp, 4711);
	assert_int_equal(got->len, 50);
	assert_int_equal(SKB_EXT_ERR(got)->ee.ee_errno, ENOMSG);
	assert_int_equal(SKB_EXT_ERR(got)->ee.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
	assert_int_equal(SKB_EXT_ERR(got)->ee.ee_info, SCM_TSTAMP_SND);
	assert_int_equal(SKB_EXT_ERR(got)->ee.ee_data, 99);
	kfree_skb(got);

	/* only what identifies the packet */
	sk->sk_tsflags |= SOF_TIMESTAMPING_OPT_TSONLY;
	skb_tx_timestamp(skb);
	got = sock_dequeue_err_skb(sk);
	assert_int_equal(got->len, 0);
	assert_int_equal(SKB_EXT_ERR(got)->ee.ee_data, 99);
	kfree_skb(got);

	/* the device's stamp is still to come */
	skb_shinfo(skb)->tx_flags |= SKBTX_IN_PROGRESS;
	skb_tx_timestamp(skb);
	assert_null(sock_dequeue_err_skb(sk));
	sk->sk_tsflags |= SOF_TIMESTAMPING_OPT_TX_SWHW;
	skb_tx_timestamp(skb);
	kfree_skb(sock_dequeue_err_skb(sk));
	if (!skiff_fail_nth(1)) {
		skb_tx_timestamp(skb);
		assert_null(sock_dequeue_err_skb(sk));
		skiff_fail_nth(0);
	}
	kfree_skb(skb);
	skb_clock_set(NULL);
	sock_put(sk);
}

/* The driver keeps a clone until the device tells the time. */
static void test_device_stamp(void **state)
{
	struct skb_shared_hwtstamps hw = { 815 };
	struct sock *sk = new_sock(&test_proto);
	struct sk_buff *skb = packet(50), *clone, *got;

	skb_set_owner_w(skb, sk);
	clone = skb_clone_sk(skb);
	skb_complete_tx_timestamp(clone, &hw);
	assert_int_equal(refcount_read(&sk->sk_refcnt), 1);
	got = sock_dequeue_err_skb(sk);
	assert_int_equal(skb_hwtstamps(got)->hwtstamp, 815);
	kfree_skb(got);

	clone = skb_clone_sk(skb);
	skb_complete_wifi_ack(clone, true);
	got = sock_dequeue_err_skb(sk);
	assert_int_equal(SKB_EXT_ERR(got)->ee.ee_origin, SO_EE_ORIGIN_TXSTATUS);
	assert_int_equal(got->wifi_acked, 1);
	assert_int_equal(got->wifi_acked_valid, 1);
	kfree_skb(got);

	/* the program is gone, and a full queue: dropped */
	sk->sk_rcvbuf = 1;
	skb_complete_tx_timestamp(skb_clone_sk(skb), &hw);
	assert_null(sock_dequeue_err_skb(sk));
	sk->sk_rcvbuf = 1 << 20;
	clone = skb_clone_sk(skb);
	kfree_skb(skb);
	sock_put(sk);
	assert_int_equal(destructs, 0);
	skb_complete_tx_timestamp(clone, &hw);
	assert_int_equal(destructs, 1);
	skb_complete_tx_timestamp(packet(10), &hw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_order),
		T(test_limit),
		T(test_software_stamp),
		T(test_device_stamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
