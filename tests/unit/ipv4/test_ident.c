// SPDX-License-Identifier: BSD-2-Clause
/* Identifications of packets: of connected sockets, of flows, and of what is never cut. */
#include <skiff/inet_sock.h>

#include "wire_test.h"

/* What a packet of @sk to @daddr is called. */
static u16 ident(struct sock *sk, __be32 daddr, bool df, bool ignore_df)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);
	struct iphdr *iph;
	u16 id;

	assert_non_null(skb);
	iph = (struct iphdr *)skb_put_zero(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->saddr = HOST_IP;
	iph->daddr = daddr;
	iph->protocol = IPPROTO_UDP;
	iph->frag_off = df ? htons(IP_DF) : 0;
	skb->ignore_df = ignore_df;
	net_lock(h.net);
	ip_select_ident(h.net, skb, sk);
	net_unlock(h.net);
	id = ntohs(iph->id);
	kfree_skb(skb);
	return id;
}

static void connected_sockets_count(void **state)
{
	struct inet_sock a = { .sk = { .sk_family = AF_INET, .sk_daddr = PEER_IP } }, b = a;
	u16 first = ident(&a.sk, PEER_IP, false, true), other = ident(&b.sk, PEER_IP, false, true);

	assert_int_not_equal(first, other);
	/* With DF as without, and whatever others do. */
	for (int i = 1; i < 10; i++) {
		assert_int_equal(ident(&a.sk, PEER_IP, i & 1, i & 2), (u16)(first + i));
		ident(&b.sk, PEER_IP, false, true);
		ident(NULL, PEER_IP, false, true);
	}
	/* All 16 bits come round. */
	a.inet_id = 0xffff;
	assert_int_equal(ident(&a.sk, PEER_IP, true, false), 0xffff);
	ident(&a.sk, PEER_IP, true, false);
	assert_int_not_equal(a.inet_id, 0);
}

static void what_is_never_cut_has_none(void **state)
{
	struct inet_sock unconnected = { .sk = { .sk_family = AF_INET } };

	for (int i = 0; i < 3; i++) {
		assert_int_equal(ident(NULL, PEER_IP, true, false), 0);
		assert_int_equal(ident(&unconnected.sk, PEER_IP, true, false), 0);
	}
	/* DF that we ourselves do not heed is no promise. */
	assert_int_not_equal(ident(&unconnected.sk, PEER_IP, true, true),
			     ident(&unconnected.sk, PEER_IP, true, true));
}

static void flows_count_apart(void **state)
{
	u16 first = ident(NULL, PEER_IP, false, true), far = ident(NULL, FAR_IP, false, true);

	for (int i = 1; i < 10; i++) {
		assert_int_equal(ident(NULL, PEER_IP, false, true), (u16)(first + i));
		assert_int_equal(ident(NULL, FAR_IP, false, true), (u16)(far + i));
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(connected_sockets_count),
		T(what_is_never_cut_has_none),
		T(flows_count_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
