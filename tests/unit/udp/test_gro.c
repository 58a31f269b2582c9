// SPDX-License-Identifier: BSD-2-Clause
/* Receive merging of UDP: who gets many datagrams at once, and that they can be told apart again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gro_host.h"
#include "udp/udp.h"

#define PORT 7000

static struct gro_host g;
static struct sock *sk;
static struct {
	u8 bytes[FRAME_MAX];
	size_t len;
} put[GOT_MAX];
static unsigned int nr_put;

static int setup(void **state)
{
	const struct udp_port_cfg cfg = { .family = AF_INET, .local_udp_port = htons(PORT) };

	(void)state;
	gro_open(&g);
	nr_put = 0;
	net_lock(g.w.net);
	assert_int_equal(udp_sock_create(g.w.net, &cfg, &sk), 0);
	net_unlock(g.w.net);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	net_lock(g.w.net);
	udp_sock_release(sk);
	net_unlock(g.w.net);
	assert_int_equal(gro_close(&g), 0);
	return 0;
}

static void want_merged(int on)
{
	assert_int_equal(sk->sk_prot->setsockopt(sk, SOL_UDP, UDP_GRO, &on, sizeof(on)), 0);
}

struct dgram {
	u16 sport, dport, len, id, fragment;
	bool no_csum;
};

static struct dgram dgram_of(u16 len, u16 id)
{
	return (struct dgram){ .sport = 2000, .dport = PORT, .len = len, .id = id };
}

static void put_dgram(const struct dgram *d)
{
	u8 *f = put[nr_put].bytes, *udp = f + ETH_HLEN + WIRE_IP_HLEN;
	const struct wire_ip_fields fields = { .ttl = 64,
					       .protocol = IPPROTO_UDP,
					       .id = d->id,
					       .fragment = d->fragment,
					       .payload_len = WIRE_UDP_HLEN + d->len,
					       .saddr = PEER_IP,
					       .daddr = HOST_IP };
	u16 i;

	wire_eth_build(f, host_mac, peer_mac, ETH_P_IP);
	assert_int_equal(wire_ip_build(f + ETH_HLEN, WIRE_IP_HLEN, &fields), WIRE_IP_HLEN);
	assert_int_equal(wire_udp_build(udp, d->sport, d->dport, d->len), 0);
	for (i = 0; i < d->len; i++)
		udp[WIRE_UDP_HLEN + i] = (u8)(d->id * 3 + i);
	if (!d->no_csum)
		wire_udp_set_csum(udp, PEER_IP, HOST_IP);
	put[nr_put].len = ETH_HLEN + WIRE_IP_HLEN + WIRE_UDP_HLEN + d->len;
	gro_put(&g, f, put[nr_put].len);
	nr_put++;
}

static void put_dgrams(unsigned int n, u16 len, u16 id)
{
	while (n--) {
		struct dgram d = dgram_of(len, id++);

		put_dgram(&d);
	}
}

/* All that was delivered, cut again, are the frames that were put in, in that order. */
static void comes_back(void)
{
	static u8 frame[70000];
	unsigned int i, n = 0;

	for (i = 0; i < g.nr; i++) {
		struct sk_buff *segs = gro_cut(&g, g.got[i], i & 1 ? NETIF_F_SG : 0), *next;

		assert_non_null(segs);
		for (; segs; segs = next, n++) {
			next = segs->next;
			skb_mark_not_on_list(segs);
			assert_true(n < nr_put);
			assert_int_equal(gro_bytes(segs, frame, sizeof(frame)), put[n].len);
			assert_memory_equal(frame, put[n].bytes, put[n].len);
			consume_skb(segs);
		}
	}
	assert_int_equal(n, nr_put);
}

static void again(void)
{
	gro_forget(&g);
	nr_put = 0;
	net_lock(g.w.net);
	__skb_queue_purge(&sk->sk_receive_queue);
	net_unlock(g.w.net);
}

static void nobody_asked(void **state)
{
	(void)state;
	put_dgrams(4, 100, 1);
	gro_run(&g);
	assert_int_equal(g.nr, 4);
	comes_back();
	/* Another socket asked: this one's are still its own. */
	want_merged(1);
	want_merged(0);
	again();
	put_dgrams(4, 100, 1);
	gro_run(&g);
	assert_int_equal(g.nr, 4);
}

static void the_socket_asked(void **state)
{
	const struct skb_shared_info *shinfo;

	(void)state;
	want_merged(1);
	put_dgrams(4, 100, 1);
	put_dgrams(1, 30, 5);
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	shinfo = __skb_shinfo(g.got[0]);
	assert_int_equal(shinfo->gso_size, 100);
	assert_int_equal(shinfo->gso_segs, 5);
	assert_int_equal(shinfo->gso_type, SKB_GSO_UDP_L4);
	assert_int_equal(skb_queue_len(&sk->sk_receive_queue), 1);
	assert_int_equal(skb_peek(&sk->sk_receive_queue)->len, 430);
	comes_back();
}

static void sizes(void **state)
{
	static const struct {
		u16 len[4];
		unsigned int packets;
	} cases[] = {
		{ { 100, 100, 100, 100 }, 1 }, { { 100, 100, 99, 100 }, 2 },
		{ { 100, 101, 101, 101 }, 2 }, { { 100, 99, 98, 97 }, 2 },
		{ { 1, 1, 1, 1 }, 1 },	       { { 100, 0, 100, 100 }, 3 },
	};
	size_t i;

	(void)state;
	want_merged(1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int k = 0; k < 4; k++)
			put_dgrams(1, cases[i].len[k], (u16)(10 + k));
		gro_run(&g);
		if (g.nr != cases[i].packets)
			fail_msg("case %zu: %u packets", i, g.nr);
		comes_back();
		again();
	}
	/* As many as a receiver has to expect. */
	put_dgrams(100, 50, 1);
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	assert_int_equal(__skb_shinfo(g.got[0])->gso_segs, 64);
	comes_back();
	again();
	/* And no more bytes than a datagram has. */
	put_dgrams(60, 1400, 1);
	gro_run(&g);
	assert_int_equal(g.nr, 2);
	comes_back();
}

static void not_merged(void **state)
{
	int what;

	(void)state;
	want_merged(1);
	for (what = 0; what < 6; what++) {
		struct dgram d = dgram_of(100, 2);

		put_dgrams(1, 100, 1);
		if (what == 0)
			d.sport++;
		else if (what == 1)
			d.no_csum = true;
		else if (what == 2)
			d.id = 9;
		else if (what == 3)
			d.fragment = WIRE_IP_DF;
		else if (what == 4)
			d.fragment = WIRE_IP_MF;
		put_dgram(&d);
		if (what == 5)
			skb_peek_tail(&g.in)->data[50] ^= 1;
		gro_run(&g);
		if (g.nr != 2)
			fail_msg("change %d: %u packets", what, g.nr);
		/* A flow's datagrams keep their order, those without a checksum too. */
		if (what == 1 || what == 2)
			comes_back();
		again();
	}
}

static void fixed_identification(void **state)
{
	int i;

	(void)state;
	want_merged(1);
	for (i = 0; i < 4; i++) {
		struct dgram d = dgram_of(100, 0);

		d.fragment = WIRE_IP_DF;
		put_dgram(&d);
	}
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	comes_back();
}

/* A host that hands packets on: merged where no socket of its own gets them. */
static void merged_to_be_forwarded(void **state)
{
	int i;

	(void)state;
	gro_switch(&g, NETIF_F_GRO_UDP_FWD, true);
	for (i = 0; i < 4; i++) {
		struct dgram d = dgram_of(100, (u16)i);

		d.dport = 99;
		put_dgram(&d);
	}
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	comes_back();
}

static void listed_whole(void **state)
{
	struct sk_buff *skb;

	(void)state;
	gro_switch(&g, NETIF_F_GRO_FRAGLIST, true);
	put_dgrams(4, 100, 1);
	put_dgrams(1, 40, 5);
	gro_run(&g);
	assert_int_equal(g.nr, 1);
	assert_int_equal(__skb_shinfo(g.got[0])->gso_type, SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST);
	/* A socket that has not asked gets them one by one, each behind its own headers. */
	assert_int_equal(skb_queue_len(&sk->sk_receive_queue), 5);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		assert_true(skb_mac_header_was_set(skb));
		assert_int_equal(skb_mac_header_len(skb), ETH_HLEN);
		assert_memory_equal(skb_mac_header(skb), put[0].bytes, ETH_HLEN);
	}
	assert_int_equal(skb_peek_tail(&sk->sk_receive_queue)->len, 40);
	comes_back();
	again();
	want_merged(1);
	put_dgrams(4, 100, 1);
	gro_run(&g);
	assert_int_equal(__skb_shinfo(g.got[0])->gso_type, SKB_GSO_UDP_L4);
	comes_back();
}

static void put_unknown(unsigned int n, u16 sport, u16 len, u16 id)
{
	while (n--) {
		struct dgram d = dgram_of(len, id++);

		d.sport = sport;
		d.dport = 99;
		put_dgram(&d);
	}
}

/* The datagram that completes a list is part of what is delivered, and dropped, at once. */
static void list_goes_at_once(void **state)
{
	(void)state;
	gro_switch(&g, NETIF_F_GRO_FRAGLIST, true);
	net_lock(g.w.net);
	dev_remove_pack(&g.tap);
	net_unlock(g.w.net);
	put_unknown(8, 2000, 100, 1);
	put_unknown(1, 2000, 40, 9);
	gro_run(&g);
	assert_int_equal(wire_drops(&g.w, SKB_DROP_REASON_NO_SOCKET), 1);
	net_lock(g.w.net);
	dev_add_pack(&g.tap);
	net_unlock(g.w.net);
}

static int closing_tap(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		       struct net_device *orig_dev)
{
	napi_disable(&g.napi);
	return gro_tap(skb, dev, pt, orig_dev);
}

/* Who gets a packet closes the device: the next one is not held, nor put in line, any more. */
static void closed_by_who_gets_it(void **state)
{
	int what;

	(void)state;
	g.tap.func = closing_tap;
	gro_switch(&g, NETIF_F_GRO_UDP_FWD, true);
	for (what = 0; what < 3; what++) {
		u64 drops = wire_drops(&g.w, SKB_DROP_REASON_DEV_GONE);
		unsigned int dropped = 1;

		put_unknown(8, 2000, 100, 1);
		if (what == 0) {
			put_unknown(1, 2000, 101, 9); /* begins anew */
		} else if (what == 1) {
			put_unknown(1, 2000, 0, 9); /* is not merged */
		} else {
			for (dropped = 0; dropped < MAX_GRO_SKBS; dropped++)
				put_unknown(1, (u16)(2001 + dropped), 100, 1); /* one too many */
		}
		gro_run(&g);
		assert_int_equal(g.nr, 1);
		assert_int_equal(wire_drops(&g.w, SKB_DROP_REASON_DEV_GONE), drops + dropped);
		again();
		net_lock(g.w.net);
		napi_enable(&g.napi);
		net_unlock(g.w.net);
	}
}

/* Once the last socket that asked is gone, nothing is looked up for the others' sake. */
static void asked_no_more(void **state)
{
	const struct udp_port_cfg cfg = { .family = AF_INET, .local_udp_port = htons(PORT + 1) };
	struct sock *other;

	(void)state;
	net_lock(g.w.net);
	assert_int_equal(udp_sock_create(g.w.net, &cfg, &other), 0);
	net_unlock(g.w.net);
	want_merged(1);
	want_merged(2);
	assert_int_equal(udp_net(g.w.net)->gro_wanted, 1);
	want_merged(0);
	want_merged(0);
	assert_int_equal(udp_net(g.w.net)->gro_wanted, 0);
	want_merged(1);
	net_lock(g.w.net);
	assert_int_equal(
		other->sk_prot->setsockopt(other, SOL_UDP, UDP_GRO, &(int){ 1 }, sizeof(int)), 0);
	assert_int_equal(udp_net(g.w.net)->gro_wanted, 2);
	udp_sock_release(other);
	assert_int_equal(udp_net(g.w.net)->gro_wanted, 1);
	net_unlock(g.w.net);
}

#define gro_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		gro_test(nobody_asked),
		gro_test(the_socket_asked),
		gro_test(sizes),
		gro_test(not_merged),
		gro_test(fixed_identification),
		gro_test(merged_to_be_forwarded),
		gro_test(listed_whole),
		gro_test(list_goes_at_once),
		gro_test(closed_by_who_gets_it),
		gro_test(asked_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
