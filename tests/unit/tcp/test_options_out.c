// SPDX-License-Identifier: BSD-2-Clause
/* Options and windows byte by byte, for sockets in states that are made up. */
#include <skiff/fault.h>

#include "peer.h"
#include "tcp/output.h"

static struct peer p;
static struct sock *sk;
static struct tcp_sock *tp;
static u8 buf[60];
static struct tcphdr *const th = (struct tcphdr *)(void *)buf;

static int setup(void **state)
{
	static struct socket sock;

	peer_open(&p);
	net_lock(p.h.net);
	assert_int_equal(sock_create_net(p.h.net, AF_INET, SOCK_STREAM, 0, 0, &sock), 0);
	sk = sock.sk;
	tp = tcp_sk(sk);
	assert_non_null(tcp_sacks_make(tp));
	*state = &sock;
	memset(buf, 0xee, sizeof(buf));
	return 0;
}

static int teardown(void **state)
{
	struct socket *sock = (struct socket *)*state;

	sock->ops->release(sock);
	net_unlock(p.h.net);
	peer_close(&p);
	return 0;
}

/* Size and bytes of an established connection's options. */
static void check_estab(const void *want, size_t len)
{
	struct tcp_out_options opts = {};

	assert_int_equal(tcp_established_options(sk, NULL, &opts, NULL), len);
	tcp_options_write(th, tp, &opts);
	assert_memory_equal(buf + 20, want, len);
}

static void sack_blocks(void **state)
{
	static const u8 three[] = { 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 7, 1, 1, 5, 26, 0, 0, 0, 1,
				    0, 0, 0, 2,	 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5,  0, 0, 0, 6 };

	for (u32 i = 0; i < 4; i++)
		tp->sacks->selective_acks[i] = (struct tcp_sack_block){ 2 * i + 1, 2 * i + 2 };
	tp->rx_opt.tstamp_ok = 1;
	tp->rx_opt.ts_recent = 7;
	/* Next to a timestamp there is room for three. */
	tp->rx_opt.num_sacks = 4;
	check_estab(three, sizeof(three));
}

static void dsack_is_first_and_once(void **state)
{
	static const u8 both[] = { 1, 1, 5, 18, 0, 0, 0, 100, 0, 0, 0, 200, 0, 0, 0, 1, 0, 0, 0, 2 };
	static const u8 one[] = { 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2 };

	tp->sacks->selective_acks[0] = (struct tcp_sack_block){ 1, 2 };
	tp->sacks->duplicate_sack[0] = (struct tcp_sack_block){ 100, 200 };
	tp->rx_opt.num_sacks = 1;
	tp->rx_opt.dsack = 1;
	check_estab(both, sizeof(both));
	assert_int_equal(tp->rx_opt.dsack, 0);
	check_estab(one, sizeof(one));
}

/* What came out of order is said again as soon as there is memory to note it. */
static void no_memory_for_blocks(void **state)
{
	if (skiff_fail_nth(0) == -EOPNOTSUPP)
		skip();
	tcp_sacks_free(tp);
	tp->rx_opt.sack_ok = TCP_SACK_SEEN;
	skiff_fail_nth(1);
	tcp_sack_new_ofo_skb(sk, 10, 20);
	skiff_fail_nth(1);
	tcp_dsack_set(sk, 1, 2);
	skiff_fail_nth(0);
	assert_int_equal(tp->rx_opt.num_sacks, 0);
	assert_int_equal(tp->rx_opt.dsack, 0);
	tcp_sack_new_ofo_skb(sk, 10, 20);
	tcp_sack_new_ofo_skb(sk, 30, 40);
	tcp_dsack_set(sk, 1, 2);
	assert_int_equal(tp->rx_opt.num_sacks, 2);
	assert_int_equal(tp->sacks->selective_acks[0].start_seq, 30);
	assert_int_equal(tp->sacks->duplicate_sack[0].end_seq, 2);
	assert_int_equal(tp->rx_opt.dsack, 1);
}

static void synack(void **state)
{
	static const u8 want[] = { 2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10, 0, 0,  0,
				   5, 0, 0,	    0,		 9, 1, 3, 3,  7, 34, 10,
				   1, 2, 3,	    4,		 5, 6, 7, 8,  1, 1 };
	struct tcp_fastopen_cookie foc = { .val = { 1, 2, 3, 4, 5, 6, 7, 8 }, .len = 8 };
	struct request_sock req = { .tstamp_ok = 1, .sack_ok = 1, .wscale_ok = 1 };
	struct tcp_out_options opts = {};
	struct sk_buff skb = { .skb_mstamp_ns = 2 * MS };

	req.rcv_wscale = 7;
	req.ts_off = 3;
	req.ts_recent = 9;
	assert_int_equal(tcp_synack_options(sk, &req, 1460, &skb, &opts, NULL, &foc, false),
			 sizeof(want));
	tcp_options_write(th, NULL, &opts);
	assert_memory_equal(buf + 20, want, sizeof(want));
	assert_int_equal(req.snt_tsval_first, 5);
}

/* A cookie that there is no room for is left out. */
static void no_room_for_a_cookie(void **state)
{
	struct tcp_fastopen_cookie foc = { .len = 16, .exp = true };
	struct request_sock req = { .tstamp_ok = 1, .sack_ok = 1, .wscale_ok = 1 };
	struct tcp_out_options opts = {};
	struct sk_buff skb = {};

	assert_int_equal(tcp_synack_options(sk, &req, 1460, &skb, &opts, NULL, &foc, false), 40);
	foc.len = -1;
	memset(&opts, 0, sizeof(opts));
	assert_int_equal(tcp_synack_options(sk, &req, 1460, &skb, &opts, NULL, &foc, false), 20);
}

/* The edge of the window stays where it was said to be. */
static void window_does_not_shrink(void **state)
{
	tp->rx_opt.rcv_wscale = 3;
	tp->rcv_nxt = 1000;
	tp->rcv_wup = 1000;
	tp->rcv_wnd = 8000;
	tp->rcv_ssthresh = 3000;
	tp->window_clamp = 65535;
	inet_csk(sk)->icsk_ack.rcv_mss = 1000;
	assert_int_equal(tcp_select_window(sk), 8000 >> 3);
	tp->rcv_nxt = 5000;
	assert_int_equal(tcp_select_window(sk), 4000 >> 3);
	tp->rcv_nxt = 9000;
	assert_int_equal(tcp_select_window(sk), 3000 >> 3);
	assert_int_equal(tp->rcv_wnd, 3000);
}

static void no_memory_closes_the_window(void **state)
{
	tp->rcv_nxt = 1000;
	tp->rcv_wup = 1000;
	tp->rcv_wnd = 8000;
	inet_csk(sk)->icsk_ack.pending = ICSK_ACK_NOMEM;
	assert_int_equal(tcp_select_window(sk), 0);
	assert_int_equal(tcp_receive_window(tp), 0);
}

static void initial_window(void **state)
{
	u32 wnd, clamp = 0;
	u8 scale;

	tcp_net_sk(sk)->sysctl_tcp_rmem[2] = 6 << 20;
	tcp_select_initial_window(sk, 65535, 1460, &wnd, &clamp, 1, &scale, 0);
	assert_int_equal(wnd, 65535 / 1460 * 1460);
	assert_int_equal(scale, 7);
	assert_int_equal(clamp, 65535u << 7);
	clamp = 0;
	tcp_select_initial_window(sk, 65535, 1460, &wnd, &clamp, 0, &scale, 4);
	assert_int_equal(wnd, 4 * 1460);
	assert_int_equal(scale, 0);
	assert_int_equal(clamp, 65535);
	clamp = 1000;
	tcp_select_initial_window(sk, -5, 1460, &wnd, &clamp, 1, &scale, 0);
	assert_int_equal(wnd, 0);
}

static void mss_follows_the_mtu(void **state)
{
	tp->rx_opt.mss_clamp = 1460;
	tp->tcp_header_len = 32;
	assert_int_equal(tcp_sync_mss(sk, 1500), 1448);
	assert_int_equal(tcp_sync_mss(sk, 576), 524);
	/* Never less than what leaves room for data behind all options. */
	assert_int_equal(tcp_sync_mss(sk, 68), 48 - 12);
	/* A peer of small windows gets no segment of more than half of it. */
	tp->max_window = 2000;
	assert_int_equal(tcp_sync_mss(sk, 1500), 1000);
	tp->max_window = 500;
	assert_int_equal(tcp_sync_mss(sk, 1500), 500);
	assert_int_equal(tcp_mss_to_mtu(sk, tcp_mtu_to_mss(sk, 1400)), 1400);
}

static void queue(u32 seq, size_t len)
{
	struct iov_iter it;
	struct sk_buff *skb;

	iov_iter_ubuf(&it, ITER_SOURCE, (void *)(uintptr_t)peer_bytes, len);
	skb = tcp_copy_bulk(&it, len);
	assert_non_null(skb);
	tp->write_seq = seq;
	tcp_skb_entail(sk, skb);
	TCP_SKB_CB(skb)->end_seq = seq + (u32)len;
	TCP_SKB_CB(skb)->tcp_flags |= TCPHDR_PSH;
	tp->write_seq += (u32)len;
}

static void cut_and_join(void **state)
{
	int queued, mem = sk->sk_forward_alloc;
	struct sk_buff *skb, *next;

	queue(100, 10000);
	queued = sk->sk_wmem_queued;
	skb = tcp_send_head(sk);
	assert_int_equal(tcp_fragment(sk, TCP_FRAG_IN_WRITE_QUEUE, skb, 4000, 1000, GFP_ATOMIC), 0);
	next = skb->next;
	assert_int_equal(skb->len, 4000);
	assert_int_equal(TCP_SKB_CB(skb)->end_seq, 4100);
	assert_int_equal(TCP_SKB_CB(skb)->tcp_flags, TCPHDR_ACK);
	assert_int_equal(tcp_skb_pcount(skb), 4);
	assert_int_equal(next->len, 6000);
	assert_int_equal(TCP_SKB_CB(next)->seq, 4100);
	assert_int_equal(TCP_SKB_CB(next)->tcp_flags, TCPHDR_ACK | TCPHDR_PSH);
	assert_int_equal(skb->truesize + next->truesize, sk->sk_wmem_queued);
	assert_true(sk->sk_wmem_queued > queued);

	assert_true(tcp_grow_skb(sk, skb, 1000));
	assert_int_equal(skb->len, 5000);
	assert_int_equal(TCP_SKB_CB(next)->seq, 5100);
	/* Nothing is added behind MSG_EOR. */
	TCP_SKB_CB(skb)->eor = 1;
	assert_false(tcp_grow_skb(sk, skb, 1000));
	TCP_SKB_CB(skb)->eor = 0;
	assert_true(tcp_grow_skb(sk, skb, 100000));
	assert_int_equal(skb->len, 10000);
	assert_int_equal(TCP_SKB_CB(skb)->end_seq, 10100);
	assert_true(tcp_skb_is_last(sk, skb));
	assert_int_equal(skb->truesize, sk->sk_wmem_queued);

	assert_int_equal(tcp_trim_head(sk, skb, 9000), 0);
	assert_int_equal(skb->len, 1000);
	assert_int_equal(skb->truesize, sk->sk_wmem_queued);
	tcp_unlink_write_queue(skb, sk);
	tcp_wmem_free_skb(sk, skb);
	assert_int_equal(sk->sk_wmem_queued, 0);
	sk_mem_reclaim(sk);
	assert_int_equal(sk->sk_forward_alloc, mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sack_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(dsack_is_first_and_once, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory_for_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(synack, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room_for_a_cookie, setup, teardown),
		cmocka_unit_test_setup_teardown(window_does_not_shrink, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory_closes_the_window, setup, teardown),
		cmocka_unit_test_setup_teardown(initial_window, setup, teardown),
		cmocka_unit_test_setup_teardown(mss_follows_the_mtu, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_and_join, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
