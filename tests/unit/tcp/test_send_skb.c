// SPDX-License-Identifier: BSD-2-Clause
/* Buffers of the program's as data of a stream: whatever they are made of, all of it arrives or none. */
#include "tcp_pair.h"

#include <skiff/fault.h>

static u8 bytes[1000000], got[sizeof(bytes)];
static int a, b, l;

static int setup(void **state)
{
	pair_setup(state);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + (i >> 8) * 3);
	l = listener(host_b, PORT, 10);
	return 0;
}

static void establish(void)
{
	a = connected(PORT);
	b = skiff_accept(l, NULL, NULL);
	assert_true(b >= 0);
}

/* Bytes from place @from of the pattern on, all in the linear part. */
static struct sk_buff *linear(size_t from, size_t len)
{
	struct sk_buff *skb = alloc_skb((unsigned int)len + 200, GFP_KERNEL);

	assert_non_null(skb);
	skb_reserve(skb, 200);
	skb_put_data(skb, bytes + from, (unsigned int)len);
	return skb;
}

/* @head bytes in the linear part, and @nr fragments of @each. */
static struct sk_buff *pages(size_t head, int nr, size_t each)
{
	struct sk_buff *skb = linear(0, head);
	struct page *page;

	for (int i = 0; i < nr; i++) {
		page = alloc_pages(GFP_KERNEL, 4);
		assert_non_null(page);
		memcpy(page_address(page), bytes + head + (size_t)i * each, each);
		skb_add_rx_frag(skb, i, page, 0, (int)each, (unsigned int)each);
	}
	return skb;
}

static void receive(size_t from, size_t len)
{
	assert_int_equal(skiff_recv(b, got, len, MSG_WAITALL), len);
	assert_memory_equal(got, bytes + from, len);
}

/* Nothing is in flight. */
static void settle(void)
{
	sleep_ms(1000);
}

static void buffers_of_all_kinds(void **state)
{
	struct sk_buff *skb;

	establish();
	assert_int_equal(skiff_send_skb(a, linear(0, 1), NULL, 0, 0), 1);
	receive(0, 1);
	assert_int_equal(skiff_send_skb(a, linear(0, 50000), NULL, 0, 0), 50000);
	receive(0, 50000);
	settle();
	assert_int_equal(skiff_send_skb(a, pages(0, 3, 10000), NULL, 0, 0), 30000);
	receive(0, 30000);
	settle();
	assert_int_equal(skiff_send_skb(a, pages(77, 3, 10000), NULL, 0, 0), 30077);
	receive(0, 30077);
	settle();
	/* A list; one of them is empty. */
	skb = linear(0, 500);
	skb->next = linear(0, 0);
	skb->next->next = linear(500, 300);
	assert_int_equal(skiff_send_skb(a, skb, NULL, 0, 0), 800);
	receive(0, 800);
	assert_int_equal(skiff_send_skb(a, linear(0, 0), NULL, 0, 0), 0);
}

/* Fragments are not copied: the stream refers to the same block until the peer has it. */
static void fragments_are_shared(void **state)
{
	struct sk_buff *skb = pages(0, 2, 10000);
	struct page *page = skb_frag_page(&skb_shinfo(skb)->frags[1]);

	get_page(page);
	establish();
	impair(host_a, dev_a, "delay=10ms");
	assert_int_equal(skiff_send_skb(a, skb, NULL, 0, MSG_DONTWAIT), 20000);
	assert_true(page_ref_count(page) > 1);
	receive(0, 20000);
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(skiff_close(b), 0);
	settle();
	assert_int_equal(page_ref_count(page), 1);
	put_page(page);
}

/* What one buffer of a receive queue can hold is more than one copy can. */
static void larger_than_a_copy(void **state)
{
	size_t sent = 40 + 15 * 60000, done = 0;
	ssize_t n;

	establish();
	assert_int_equal(skiff_send_skb(a, pages(40, 15, 60000), NULL, 0, 0), sent);
	while (done < sent) {
		n = skiff_recv(b, got + done, sent - done, 0);
		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_memory_equal(got, bytes, sent);
}

/* Each allocation fails once: the buffer was sent, or is the program's still, or was dropped. */
static void without_memory(void **state)
{
	bool over = false;
	struct sk_buff *skb;
	ssize_t n;

	if (skiff_fail_nth(0) == -EOPNOTSUPP)
		skip();
	establish();
	for (long nth = 1; !over; nth++) {
		skb = pages(100, 15, 60000);
		assert_int_equal(skiff_fail_nth(nth), 0);
		n = skiff_send_skb(a, skb, NULL, 0, MSG_DONTWAIT);
		over = skiff_fail_count() < nth;
		skiff_fail_nth(0);
		if (n < 0 && errno == EAGAIN) {
			kfree_skb(skb);
		} else if (n < 0) {
			assert_int_equal(errno, ENOBUFS);
		} else {
			assert_int_equal(n, 100 + 15 * 60000);
			receive(0, (size_t)n);
		}
		settle();
	}
	assert_true(n > 0);
}

static void memory_limit(const char *pages)
{
	setting(host_a, "tcp_mem", pages);
}

/* The limit of the protocol counts for these, too; but never so that nothing would go on. */
static void limit_of_the_protocol(void **state)
{
	struct sk_buff *skb;

	establish();
	impair(host_a, dev_a, "delay=10ms");
	memory_limit("1 2 3");
	assert_int_equal(skiff_send_skb(a, pages(0, 3, 10000), NULL, 0, MSG_DONTWAIT), 30000);
	skb = pages(0, 3, 20000);
	fails(skiff_send_skb(a, skb, NULL, 0, MSG_DONTWAIT), EAGAIN);
	/* It is ours still, and goes when what is in flight was acknowledged. */
	memory_limit("98304 131072 196608");
	receive(0, 30000);
	settle();
	memory_limit("1 2 3");
	assert_int_equal(skiff_send_skb(a, skb, NULL, 0, MSG_DONTWAIT), 60000);
	memory_limit("98304 131072 196608");
	receive(0, 60000);
}

/* The SYN leaves without the data, which the program keeps until there is a connection. */
static void fast_open(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	struct sk_buff *skb = linear(0, 100);

	a = stream(host_a);
	fails(skiff_send_skb(a, skb, ADDR(to), MSG_FASTOPEN | MSG_DONTWAIT), EAGAIN);
	b = skiff_accept(l, NULL, NULL);
	assert_true(b >= 0);
	assert_int_equal(skiff_send_skb(a, skb, NULL, 0, 0), 100);
	receive(0, 100);
	/* Who waits gets it sent by one call. */
	a = stream(host_a);
	assert_int_equal(skiff_send_skb(a, linear(0, 100), ADDR(to), MSG_FASTOPEN), 100);
	b = skiff_accept(l, NULL, NULL);
	assert_true(b >= 0);
	receive(0, 100);
}

static void not_connected(void **state)
{
	establish();
	assert_int_equal(skiff_shutdown(a, SHUT_WR), 0);
	fails(skiff_send_skb(a, linear(0, 100), NULL, 0, 0), EPIPE);
	a = stream(host_a);
	fails(skiff_send_skb(a, linear(0, 100), NULL, 0, 0), EPIPE);
}

/* What the last large packet of A's said of how many segments it is. */
static unsigned int large_packets, segments;

static int see(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	       struct net_device *orig_dev)
{
	if (skb->len > 1000) {
		large_packets++;
		segments = max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1);
	}
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void set_mtu(int mtu)
{
	net_lock(host_a);
	assert_int_equal(dev_set_mtu(dev_a, mtu), 0);
	net_unlock(host_a);
}

/*
 * What has two segments by one MSS and one by another is sent again as one, although the receiver has the
 * same memory still, so that it is a copy.
 */
static void sent_again_by_another_mss(void **state)
{
	struct packet_type pt = { .type = htons(ETH_P_ALL), .dev = dev_a, .func = see };
	u8 data[1400] = {};

	establish();
	setting(host_a, "tcp_early_retrans", "0");
	set_mtu(1000);
	impair(host_b, dev_b, "loss=100%");
	dev_add_pack(&pt);
	assert_int_equal(skiff_send(a, data, sizeof(data), 0), sizeof(data));
	sleep_ms(1);
	assert_int_equal(large_packets, 1);
	assert_int_equal(segments, 2);
	set_mtu(1500);
	sleep_ms(1000);
	dev_remove_pack(&pt);
	assert_true(large_packets > 1);
	assert_int_equal(segments, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(buffers_of_all_kinds), T(fragments_are_shared),      T(larger_than_a_copy),
		T(without_memory),	 T(limit_of_the_protocol),     T(fast_open),
		T(not_connected),	 T(sent_again_by_another_mss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
