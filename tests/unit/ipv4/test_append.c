// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams put together in parts, and packets that are cut: every byte where it belongs. */
#include <skiff/fault.h>
#include <skiff/slab.h>
#include <skiff/sock.h>

#include "frag_taker.h"

struct test_sock {
	struct inet_sock inet;
	struct inet_cork cork;
};

static struct proto test_proto = { .name = "TEST", .obj_size = sizeof(struct test_sock) };
static u8 payload[65536];

static struct sock *open_sock(void)
{
	struct sock *sk = sk_alloc(h.net, AF_INET, GFP_KERNEL, &test_proto, 1);

	assert_non_null(sk);
	sock_init_data(NULL, sk);
	sk->sk_protocol = IPPROTO_UDP;
	sk->sk_sndbuf = 1 << 20;
	inet_sk(sk)->pmtudisc = IP_PMTUDISC_WANT;
	inet_sk(sk)->cork = &((struct test_sock *)(void *)sk)->cork;
	return sk;
}

static struct rtable *route_to(__be32 daddr, struct flowi4 *fl4)
{
	struct rtable *rt;

	*fl4 = (struct flowi4){ .daddr = daddr, .flowi4_proto = IPPROTO_UDP };
	rt = ip_route_output_key(h.net, fl4);
	assert_false(IS_ERR(rt));
	return rt;
}

static int append(struct sock *sk, struct flowi4 *fl4, struct rtable **rt, size_t at, size_t len,
		  int transhdrlen, struct ipcm_cookie *ipc, unsigned int flags)
{
	struct skiff_msghdr msg = {};

	iov_iter_ubuf(&msg.msg_iter, ITER_SOURCE, payload + at, len);
	return ip_append_data(sk, fl4, ip_generic_getfrag, &msg, (int)len + transhdrlen,
			      transhdrlen, ipc, rt, flags);
}

/* The sum over the payload that was made while copying, all buffers together. */
static __sum16 sum_of(const struct sk_buff *skb, size_t transhdrlen)
{
	__wsum csum = skb->csum;
	size_t at = skb_pagelen(skb) - WIRE_IP_HLEN - transhdrlen;
	const struct sk_buff *frag;

	for (frag = __skb_shinfo(skb)->frag_list; frag; frag = frag->next) {
		csum = csum_block_add(csum, frag->csum, (int)at);
		at += frag->len;
	}
	return csum_fold(csum);
}

/* Send @len bytes of payload in @parts parts, after 8 bytes of transport header. */
static void send_parts(struct sock *sk, size_t len, size_t parts, unsigned int mtu)
{
	struct ipcm_cookie ipc;
	struct flowi4 fl4;
	struct rtable *rt;
	struct sk_buff *skb;
	size_t at = 0, i, n;

	net_lock(h.net);
	rt = route_to(PEER_IP, &fl4);
	ipcm_init_sk(&ipc, inet_sk(sk));
	for (i = 0; i < parts; i++) {
		n = i + 1 == parts ? len - at : (len - at) / (parts - i) | 1;
		n = min(n, len - at);
		assert_int_equal(append(sk, &fl4, &rt, at, n, i ? 0 : 8, &ipc,
					i + 1 == parts ? 0 : MSG_MORE),
				 0);
		at += n;
	}
	assert_null(rt);
	skb = ip_finish_skb(sk, &fl4);
	assert_non_null(skb);
	memset(skb_transport_header(skb), 0xee, 8);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		assert_int_equal(sum_of(skb, 8), csum_fold(csum_partial(payload, (int)len, 0)));
	skb->ip_summed = CHECKSUM_NONE;
	assert_int_equal(ip_send_skb(h.net, skb), 0);
	net_unlock(h.net);
	wire_run(&h);
	take_packet(mtu);
	assert_int_equal(taken.len, len + 8);
	assert_memory_equal(taken.data + 8, payload, len);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
}

static void set_mtu(unsigned int mtu)
{
	h.dev->mtu = mtu;
}

static void sizes_and_parts(void **state)
{
	static const unsigned int mtus[] = { 68, 69, 75, 76, 77, 576, 1499, 1500, 4352, 9000 };
	struct sock *sk = open_sock();
	size_t m, parts, len;

	for (m = 0; m < ARRAY_SIZE(mtus); m++) {
		size_t inner = (mtus[m] - 20) & ~7u;

		set_mtu(mtus[m]);
		for (parts = 1; parts <= 4; parts++) {
			/* Around the first, the second and the third boundary. */
			for (len = 0; len < 3 * inner + 20; len++) {
				size_t off = (len + 8) % inner;

				if (off > 9 && off < inner - 2 && len % 97)
					continue;
				send_parts(sk, len, parts, mtus[m]);
			}
			for (len = 3 * inner; len < 65507; len += 11113)
				send_parts(sk, len, parts, mtus[m]);
			send_parts(sk, 65507, parts, mtus[m]);
		}
	}
	sock_put(sk);
}

static void fragments_are_counted(void **state)
{
	struct sock *sk = open_sock();

	send_parts(sk, 1, 1, 1500);
	send_parts(sk, 4000, 1, 1500);
	assert_int_equal(taken.pieces, 3);
	assert_int_equal(wire_snmp(&h, "IpFragOKs"), 1);
	assert_int_equal(wire_snmp(&h, "IpFragCreates"), 3);
	sock_put(sk);
}

static void too_long_is_refused(void **state)
{
	struct sock *sk = open_sock();
	struct ipcm_cookie ipc;
	struct flowi4 fl4;
	struct rtable *rt;

	net_lock(h.net);
	ipcm_init_sk(&ipc, inet_sk(sk));
	rt = route_to(PEER_IP, &fl4);
	assert_int_equal(append(sk, &fl4, &rt, 0, 65508, 8, &ipc, 0), -EMSGSIZE);
	ip_flush_pending_frames(sk);
	rt = route_to(PEER_IP, &fl4);
	assert_int_equal(append(sk, &fl4, &rt, 0, 65500, 8, &ipc, MSG_MORE), 0);
	assert_int_equal(append(sk, &fl4, &rt, 0, 8, 0, &ipc, 0), -EMSGSIZE);
	assert_int_equal(append(sk, &fl4, &rt, 0, 7, 0, &ipc, 0), 0);
	ip_flush_pending_frames(sk);
	assert_int_equal(sk_wmem_alloc_get(sk), 0);
	inet_sk(sk)->pmtudisc = IP_PMTUDISC_DO;
	rt = route_to(PEER_IP, &fl4);
	assert_int_equal(append(sk, &fl4, &rt, 0, 1473, 8, &ipc, 0), -EMSGSIZE);
	ip_flush_pending_frames(sk);
	rt = route_to(PEER_IP, &fl4);
	assert_int_equal(append(sk, &fl4, &rt, 0, 1472, 8, &ipc, 0), 0);
	assert_int_equal(ip_push_pending_frames(sk, &fl4), 0);
	net_unlock(h.net);
	wire_run(&h);
	take_packet(1500);
	assert_int_equal(taken.pieces, 1);
	assert_true(wire_ip_dont_fragment(taken.head));
	sock_put(sk);
}

/* Sent when it is complete, not before: and what cannot be sent leaves nothing behind. */
static void memory_ends(void **state)
{
	struct sock *sk = open_sock();
	struct ipcm_cookie ipc;
	struct flowi4 fl4;
	struct rtable *rt;
	int n, err = -1;

	ipcm_init_sk(&ipc, inet_sk(sk));
	for (n = 1; err; n++) {
		net_lock(h.net);
		rt = route_to(PEER_IP, &fl4);
		(void)skiff_fail_nth(n);
		err = append(sk, &fl4, &rt, 0, 5000, 8, &ipc, MSG_MORE);
		if (!err)
			err = append(sk, &fl4, &rt, 0, 5000, 0, &ipc, 0);
		if (err)
			ip_flush_pending_frames(sk);
		else
			err = ip_push_pending_frames(sk, &fl4);
		(void)skiff_fail_nth(0);
		net_unlock(h.net);
		wire_run(&h);
		if (err)
			wire_drop_sent(&h);
		assert_int_equal(sk_wmem_alloc_get(sk), 0);
		assert_true(n < 100);
	}
	take_packet(1500);
	assert_int_equal(taken.len, 10008);
	sock_put(sk);
}

/* Options: in the first fragment all of them, in the others those with the copied flag. */
static void options_are_copied_where_they_must_be(void **state)
{
	static const u8 opts[] = { IPOPT_RR, 7, 4, 0, 0, 0, 0, IPOPT_RA, 4, 0, 0 };
	struct sock *sk = open_sock();
	struct ipcm_cookie ipc;
	struct flowi4 fl4;
	struct rtable *rt;
	struct sk_buff *skb;
	u8 f[60];
	__be32 self = HOST_IP;

	net_lock(h.net);
	ipcm_init_sk(&ipc, inet_sk(sk));
	assert_int_equal(ip_options_get(h.net, &ipc.opt, opts, sizeof(opts)), 0);
	for (int slow = 0; slow < 2; slow++) {
		rt = route_to(PEER_IP, &fl4);
		assert_int_equal(append(sk, &fl4, &rt, 0, 4000, 8, &ipc, 0), 0);
		skb = ip_finish_skb(sk, &fl4);
		if (slow)
			assert_int_equal(skb_linearize(skb), 0);
		assert_int_equal(ip_send_skb(h.net, skb), 0);
		net_unlock(h.net);
		wire_run(&h);
		skb = skb_dequeue(&h.sent);
		assert_int_equal(skb_copy_bits(skb, ETH_HLEN + 20, f, 12), 0);
		assert_int_equal(f[0], IPOPT_RR);
		assert_int_equal(f[2], 8);
		assert_memory_equal(f + 3, &self, 4);
		assert_int_equal(f[7], IPOPT_RA);
		assert_int_equal(f[11], IPOPT_END);
		consume_skb(skb);
		for (int i = 0; i < 2; i++) {
			skb = skb_dequeue(&h.sent);
			assert_int_equal(skb_copy_bits(skb, ETH_HLEN + 20, f, 12), 0);
			for (int k = 0; k < 7; k++)
				assert_int_equal(f[k], IPOPT_NOOP);
			assert_int_equal(f[7], IPOPT_RA);
			consume_skb(skb);
		}
		assert_true(skb_queue_empty(&h.sent));
		net_lock(h.net);
	}
	kfree(ipc.opt);
	net_unlock(h.net);
	sock_put(sk);
}

static int open_host(void **state)
{
	wire_host_open(&h);
	wire_teach_peer(&h);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (u8)(i * 7 + i / 251);
	return 0;
}

static int close_host(void **state)
{
	set_mtu(1500);
	return (int)wire_host_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sizes_and_parts, open_host, close_host),
		cmocka_unit_test_setup_teardown(fragments_are_counted, open_host, close_host),
		cmocka_unit_test_setup_teardown(too_long_is_refused, open_host, close_host),
		cmocka_unit_test_setup_teardown(memory_ends, open_host, close_host),
		cmocka_unit_test_setup_teardown(options_are_copied_where_they_must_be, open_host,
						close_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
