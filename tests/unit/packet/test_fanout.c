// SPDX-License-Identifier: BSD-2-Clause
/* Groups of AF_PACKET sockets: who may join, who gets a frame, what happens when one is full. */
#include "packet_host.h"

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

#define MEMBERS 4

static struct socket member[MEMBERS];

static int join(struct socket *sock, int id, int type_flags)
{
	return set_option(sock, PACKET_FANOUT, (int)((u32)id | (u32)type_flags << 16));
}

static int join_limited(struct socket *sock, int id, int type_flags, u32 max)
{
	const struct fanout_args args = { .id = (u16)id,
					  .type_flags = (u16)type_flags,
					  .max_num_members = max };

	return LOCKED(sock->ops->setsockopt(sock, SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
}

static void open_group(int type_flags)
{
	for (int i = 0; i < MEMBERS; i++) {
		open_bound(&member[i], SOCK_RAW);
		assert_int_equal(join(&member[i], 1, type_flags), 0);
	}
}

static void close_group(void)
{
	for (int i = 0; i < MEMBERS; i++)
		close_socket(&member[i]);
}

/* How many packets wait in a member. */
static int count(int i)
{
	return (int)skb_queue_len(&member[i].sk->sk_receive_queue);
}

static int count_all(void)
{
	int n = 0;

	for (int i = 0; i < MEMBERS; i++)
		n += count(i);
	return n;
}

/* UDP from @sport, as the peer sends it. */
static void inject_flow(u16 sport)
{
	u8 f[FRAME_MAX];

	wire_inject(&host, f, frame_udp(f, sport, 53, "x", 1));
}

static void test_round_robin(void **state)
{
	open_group(PACKET_FANOUT_LB);
	for (int n = 0; n < 40; n++)
		inject(host_mac, 60, 0);
	for (int i = 0; i < MEMBERS; i++)
		assert_int_equal(count(i), 10);
	close_group();
}

static void test_hash(void **state)
{
	int used = 0;

	open_group(PACKET_FANOUT_HASH);
	/* a flow stays where it is */
	for (int n = 0; n < 20; n++)
		inject_flow(1000);
	for (int i = 0; i < MEMBERS; i++)
		assert_true(count(i) == 0 || count(i) == 20);
	for (u16 port = 2000; port < 2100; port++)
		inject_flow(port);
	for (int i = 0; i < MEMBERS; i++)
		used += count(i) > 5;
	assert_int_equal(used, MEMBERS);
	assert_int_equal(count_all(), 120);
	close_group();
}

static void test_random_and_cpu(void **state)
{
	open_group(PACKET_FANOUT_RND);
	for (int n = 0; n < 100; n++)
		inject_flow(1000);
	for (int i = 0; i < MEMBERS; i++)
		assert_true(count(i) > 5);
	close_group();
	open_group(PACKET_FANOUT_CPU);
	for (int n = 0; n < 10; n++)
		inject_flow(1000);
	assert_int_equal(count(0), 10);
	close_group();
}

static void test_queue_mapping(void **state)
{
	u8 f[60];

	open_group(PACKET_FANOUT_QM);
	for (u16 queue = 0; queue < 10; queue++) {
		struct sk_buff *skb = netdev_alloc_skb_ip_align(host.dev, sizeof(f));

		assert_non_null(skb);
		make_frame(f, host_mac, peer_mac, sizeof(f), 0);
		skb_put_data(skb, f, sizeof(f));
		skb->protocol = eth_type_trans(skb, host.dev);
		skb_set_queue_mapping(skb, queue);
		netif_rx(skb);
	}
	wire_run(&host);
	assert_int_equal(count(0), 3);
	assert_int_equal(count(1), 3);
	assert_int_equal(count(2), 2);
	assert_int_equal(count(3), 2);
	close_group();
}

static void test_program(void **state)
{
	static struct sock_filter by_tag[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct sock_fprog fprog = { .len = 2, .filter = by_tag };
	struct socket alone;

#define SET_DATA(sock, len) \
	LOCKED((sock)->ops->setsockopt(sock, SOL_PACKET, PACKET_FANOUT_DATA, &fprog, len))
	open_bound(&alone, SOCK_RAW);
	assert_int_equal(SET_DATA(&alone, sizeof(fprog)), -EINVAL);
	assert_int_equal(join(&alone, 2, PACKET_FANOUT_LB), 0);
	assert_int_equal(SET_DATA(&alone, sizeof(fprog)), -EINVAL);
	close_socket(&alone);

	open_group(PACKET_FANOUT_CBPF);
	inject(host_mac, 60, 3);
	assert_int_equal(count(0), 1);
	assert_int_equal(SET_DATA(&member[2], sizeof(fprog) - 1), -EINVAL);
	assert_int_equal(SET_DATA(&member[2], sizeof(fprog)), 0);
	assert_int_equal(SET_DATA(&member[1], sizeof(fprog)), 0);
	for (u8 tag = 0; tag < 12; tag++)
		inject(host_mac, 60, tag);
	assert_int_equal(count(0), 4);
	assert_int_equal(count(3), 3);
	assert_int_equal(LOCKED(sk_lock_filter(member[0].sk, true)), 0);
	assert_int_equal(SET_DATA(&member[0], sizeof(fprog)), -EPERM);
	close_group();
}

static void test_rollover(void **state)
{
	struct tpacket_rollover_stats st;
	int len = sizeof(st);
	u8 got[100];

	open_group(PACKET_FANOUT_CPU | PACKET_FANOUT_FLAG_ROLLOVER);
	for (int i = 0; i < MEMBERS; i++)
		member[i].sk->sk_rcvbuf = 8000;
	for (int n = 0; n < 200; n++)
		inject_flow(1000);
	/* all were filled, and then frames were lost */
	for (int i = 0; i < MEMBERS; i++)
		assert_true(count(i) >= 3);
	assert_int_equal(LOCKED(member[0].ops->getsockopt(&member[0], SOL_PACKET,
							  PACKET_ROLLOVER_STATS, &st, &len)),
			 0);
	assert_int_equal(len, sizeof(st));
	assert_true(st.tp_all >= 9);
	assert_true(st.tp_huge <= st.tp_all);
	assert_true(st.tp_failed > 100);
	assert_true(statistics(&member[0]).tp_drops > 100);
	/* who reads gets frames again */
	while (receive(&member[2], got, sizeof(got), 0) > 0)
		;
	assert_int_equal(count(2), 0);
	inject_flow(1000);
	assert_int_equal(count(2), 1);
	close_group();
}

static void test_refused(void **state)
{
	struct socket a, b, c;

	open_socket(&a, SOCK_RAW, 0);
	/* not registered for anything */
	assert_int_equal(join(&a, 1, PACKET_FANOUT_LB), -EINVAL);
	assert_int_equal(bind_socket(&a, host.dev->ifindex, ETH_P_ALL), 0);
	assert_int_equal(LOCKED(a.ops->setsockopt(&a, SOL_PACKET, PACKET_FANOUT, &b, 5)), -EINVAL);
	assert_int_equal(join(&a, 1, PACKET_FANOUT_EBPF), -EINVAL);
	assert_int_equal(join(&a, 1, 100), -EINVAL);
	assert_int_equal(join(&a, 1, PACKET_FANOUT_ROLLOVER | PACKET_FANOUT_FLAG_ROLLOVER),
			 -EINVAL);
	assert_int_equal(join(&a, 1, PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_DEFRAG), -EOPNOTSUPP);
	assert_int_equal(join(&a, 1, PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_UNIQUEID), -EINVAL);
	assert_int_equal(join_limited(&a, 1, PACKET_FANOUT_LB, 65537), -EINVAL);
	assert_int_equal(join_limited(&a, 1, PACKET_FANOUT_LB, 2), 0);
	assert_int_equal(get_option(&a, PACKET_FANOUT), 1 | PACKET_FANOUT_LB << 16);
	assert_int_equal(join(&a, 1, PACKET_FANOUT_LB), -EALREADY);
	/* bound as its group is, for good */
	assert_int_equal(bind_socket(&a, 0, ETH_P_ALL), -EINVAL);

	open_bound(&b, SOCK_RAW);
	assert_int_equal(join(&b, 1, PACKET_FANOUT_HASH), -EINVAL);
	assert_int_equal(join(&b, 1, PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_ROLLOVER), -EINVAL);
	assert_int_equal(join_limited(&b, 1, PACKET_FANOUT_LB, 3), -EINVAL);
	assert_int_equal(bind_socket(&b, host.dev->ifindex, ETH_P_IP), 0);
	assert_int_equal(join(&b, 1, PACKET_FANOUT_LB), -EINVAL);
	assert_int_equal(bind_socket(&b, host.dev->ifindex, ETH_P_ALL), 0);
	assert_int_equal(join(&b, 1, PACKET_FANOUT_LB), 0);
	open_bound(&c, SOCK_RAW);
	assert_int_equal(join(&c, 1, PACKET_FANOUT_LB), -ENOSPC);
	/* a number of its own, by which others join */
	assert_int_equal(join(&c, 0, PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_UNIQUEID), 0);
	assert_int_not_equal(get_option(&c, PACKET_FANOUT) & 0xffff, 1);
	close_socket(&a);
	/* the group lives as long as it has members */
	inject(host_mac, 60, 0);
	assert_int_equal(skb_queue_len(&b.sk->sk_receive_queue), 1);
	close_socket(&b);
	open_bound(&b, SOCK_RAW);
	assert_int_equal(join(&b, 1, PACKET_FANOUT_HASH), 0);
	close_socket(&b);
	close_socket(&c);
}

/* What one member sends the group does not get, nor what it does not want. */
static void test_outgoing(void **state)
{
	struct socket outside;
	u8 f[60];

	open_bound(&outside, SOCK_RAW);
	open_group(PACKET_FANOUT_LB);
	make_frame(f, peer_mac, host_mac, sizeof(f), 0);
	assert_int_equal(send_frame(&member[0], f, sizeof(f)), 60);
	assert_int_equal(count_all(), 0);
	assert_int_equal(send_frame(&outside, f, sizeof(f)), 60);
	assert_int_equal(count_all(), 1);
	close_group();
	open_group(PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_IGNORE_OUTGOING);
	assert_int_equal(send_frame(&outside, f, sizeof(f)), 60);
	assert_int_equal(count_all(), 0);
	inject(host_mac, 60, 0);
	assert_int_equal(count_all(), 1);
	close_group();
	close_socket(&outside);
}

static void test_device_goes(void **state)
{
	u8 got[100];

	open_group(PACKET_FANOUT_LB);
	net_lock(host.net);
	dev_close(host.dev);
	assert_int_equal(dev_open(host.dev, NULL), 0);
	net_unlock(host.net);
	for (int n = 0; n < 8; n++)
		inject(host_mac, 60, 0);
	for (int i = 0; i < MEMBERS; i++) {
		assert_int_equal(receive(&member[i], got, sizeof(got), 0), -ENETDOWN);
		assert_int_equal(count(i), 2);
	}
	net_lock(host.net);
	unregister_netdevice(host.dev);
	net_unlock(host.net);
	close_group();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		P(test_round_robin),   P(test_hash),	 P(test_random_and_cpu),
		P(test_queue_mapping), P(test_program),	 P(test_rollover),
		P(test_refused),       P(test_outgoing), P(test_device_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
