// SPDX-License-Identifier: BSD-2-Clause
/* Ethernet headers: pushed, taken off at every length, cached, rebuilt, summed. */
#include <linux/ip.h>

#include "device/testdev.h"

#include <skiff/etherdevice.h>
#include <skiff/neighbour.h>

#include "death.h"

static const u8 own[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 1 };
static const u8 peer[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 2 };

static struct net_device *eth_alloc(void)
{
	struct net_device *dev = alloc_etherdev(0);

	assert_non_null(dev);
	eth_hw_addr_set(dev, own);
	return dev;
}

static struct sk_buff *frame(const u8 *dest, u16 type, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len + 64, GFP_KERNEL);
	u8 bytes[2048];

	assert_true(len <= sizeof(bytes));
	memset(bytes, 0xee, sizeof(bytes));
	memcpy(bytes, dest, ETH_ALEN);
	memcpy(bytes + ETH_ALEN, peer, ETH_ALEN);
	bytes[12] = (u8)(type >> 8);
	bytes[13] = (u8)type;
	skb_reserve(skb, 2);
	skb_put_data(skb, bytes, len);
	return skb;
}

static void test_setup(void **state)
{
	struct net_device *dev = alloc_etherdev_mqs(10, 2, 1);

	assert_string_equal(dev->name, "eth%d");
	assert_int_equal(dev->num_tx_queues, 2);
	assert_int_equal(dev->mtu, 1500);
	assert_int_equal(dev->hard_header_len, 14);
	assert_int_equal(dev->addr_len, 6);
	assert_int_equal(dev->tx_queue_len, 1000);
	assert_int_equal(dev->type, ARPHRD_ETHER);
	assert_int_equal(dev->flags, IFF_BROADCAST | IFF_MULTICAST);
	assert_true(is_broadcast_ether_addr(dev->broadcast));
	assert_ptr_equal(dev->header_ops, &eth_header_ops);
	free_netdev(dev);
}

static void test_type_trans(void **state)
{
	static const struct {
		u8 dest[ETH_ALEN];
		u8 pkt_type;
	} cases[] = {
		{ { 0x02, 0, 0, 0, 0, 1 }, PACKET_HOST },
		{ { 0x02, 0, 0, 0, 0, 3 }, PACKET_OTHERHOST },
		{ { 0, 0, 0, 0, 0, 0 }, PACKET_OTHERHOST },
		{ { 0x01, 0, 0x5e, 0, 0, 1 }, PACKET_MULTICAST },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, PACKET_BROADCAST },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe }, PACKET_MULTICAST },
	};
	struct net_device *dev = eth_alloc();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sk_buff *skb = frame(cases[i].dest, ETH_P_IP, 60);

		skb->pkt_type = PACKET_OUTGOING;
		assert_int_equal(eth_type_trans(skb, dev), htons(ETH_P_IP));
		assert_int_equal(skb->pkt_type, cases[i].pkt_type);
		assert_ptr_equal(skb->dev, dev);
		assert_int_equal(skb->len, 46);
		assert_int_equal(skb_mac_offset(skb), -14);
		assert_memory_equal(eth_hdr(skb)->h_dest, cases[i].dest, ETH_ALEN);
		consume_skb(skb);
	}
	free_netdev(dev);
}

static void test_types_and_lengths(void **state)
{
	struct net_device *dev = eth_alloc();
	unsigned int type;

	for (type = 0; type <= 0xffff; type++) {
		struct sk_buff *skb = frame(own, (u16)type, 60);
		u16 expected = type >= 0x600 ? (u16)type : ETH_P_802_2;

		assert_int_equal(eth_type_trans(skb, dev), htons(expected));
		consume_skb(skb);
	}
	free_netdev(dev);
}

static void test_novell(void **state)
{
	struct net_device *dev = eth_alloc();
	struct sk_buff *skb = frame(own, 40, 60);

	memset(skb->data + 14, 0xff, 2);
	assert_int_equal(eth_type_trans(skb, dev), htons(ETH_P_802_3));
	consume_skb(skb);
	/* Too short to tell. */
	skb = frame(own, 40, 15);
	skb->data[14] = 0xff;
	assert_int_equal(eth_type_trans(skb, dev), htons(ETH_P_802_2));
	consume_skb(skb);
	free_netdev(dev);
}

static void test_every_length(void **state)
{
	struct net_device *dev = eth_alloc();
	unsigned int len, linear;

	for (len = 0; len <= 60; len++) {
		for (linear = 0; linear <= len; linear++) {
			struct sk_buff *skb = frame(own, ETH_P_IP, len);
			__be16 protocol;

			/* Some of it in a fragment. */
			if (linear < len) {
				struct page *page = alloc_page(GFP_KERNEL);

				memcpy(page_address(page), skb->data + linear, len - linear);
				skb_trim(skb, linear);
				skb_add_rx_frag(skb, 0, page, 0, (int)(len - linear), PAGE_SIZE);
			}
			protocol = eth_type_trans(skb, dev);
			if (len < ETH_HLEN) {
				assert_int_equal(protocol, 0);
				assert_int_equal(skb->pkt_type, PACKET_OTHERHOST);
				assert_int_equal(skb_headlen(skb), 0);
			} else {
				assert_int_equal(protocol, htons(ETH_P_IP));
				assert_int_equal(skb->pkt_type, PACKET_HOST);
				assert_int_equal(skb->len, len - ETH_HLEN);
			}
			assert_true(skb_mac_header_was_set(skb));
			consume_skb(skb);
		}
	}
	free_netdev(dev);
}

static void test_header(void **state)
{
	struct net_device *dev = eth_alloc();
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	u8 haddr[ETH_ALEN];

	skb_reserve(skb, 50);
	assert_int_equal(eth_header(skb, dev, ETH_P_ARP, peer, NULL, 0), 14);
	assert_memory_equal(skb->data, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x06", 14);
	skb_pull(skb, 14);
	/* Another sender; a length. */
	assert_int_equal(eth_header(skb, dev, ETH_P_802_3, own, peer, 300), 14);
	assert_memory_equal(skb->data, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x01\x2c", 14);
	skb_reset_mac_header(skb);
	assert_int_equal(eth_header_parse(skb, haddr), 6);
	assert_memory_equal(haddr, peer, 6);
	assert_int_equal(eth_header_parse_protocol(skb), htons(300));
	skb_pull(skb, 14);
	/* Nobody knows the receiver yet. */
	assert_int_equal(eth_header(skb, dev, ETH_P_IP, NULL, NULL, 0), -14);
	skb_pull(skb, 14);
	dev->flags |= IFF_NOARP;
	assert_int_equal(eth_header(skb, dev, ETH_P_IP, NULL, NULL, 0), 14);
	assert_true(is_zero_ether_addr(skb->data));
	skb_pull(skb, 14);
	skb_unset_mac_header(skb);
	assert_int_equal(eth_header_parse(skb, haddr), 0);
	skb_reset_mac_header(skb);
	assert_int_equal(eth_header_parse(skb, haddr), 0);
	assert_int_equal(eth_header_parse_protocol(skb), 0);
	consume_skb(skb);
	free_netdev(dev);
}

static void test_no_headroom(void)
{
	struct net_device *dev = eth_alloc();
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	eth_header(skb, dev, ETH_P_IP, peer, NULL, 0);
}

static void test_header_without_headroom(void **state)
{
	assert_dies(test_no_headroom, "skb_under_panic");
}

static void test_validate(void **state)
{
	char header[14] = { 0 };
	struct net_device *dev = eth_alloc();

	assert_true(dev_validate_header(dev, header, 14));
	assert_false(dev_validate_header(dev, header, 13));
	assert_false(dev_validate_header(dev, header, 0));
	free_netdev(dev);
}

static void test_cache(void **state)
{
	struct net_device *dev = eth_alloc();
	struct neighbour *neigh = calloc(1, sizeof(*neigh));
	struct hh_cache hh = { .hh_len = 0 };
	const u8 *header = (u8 *)hh.hh_data + HH_DATA_OFF(ETH_HLEN);

	neigh->dev = dev;
	memcpy(neigh->ha, peer, ETH_ALEN);
	assert_int_equal(eth_header_cache(neigh, &hh, htons(ETH_P_802_3)), -1);
	assert_int_equal(hh.hh_len, 0);
	assert_int_equal(eth_header_cache(neigh, &hh, htons(ETH_P_IP)), 0);
	assert_int_equal(hh.hh_len, 14);
	/* So that a copy of 16 bytes ends where the packet begins. */
	assert_int_equal(header + 14 - (u8 *)hh.hh_data, HH_DATA_MOD);
	assert_memory_equal(header, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x00", 14);
	eth_header_cache_update(&hh, dev, own);
	assert_memory_equal(header, "\x02\0\0\0\0\x01\x02\0\0\0\0\x01\x08\x00", 14);
	free(neigh);
	free_netdev(dev);
}

static int resolve(unsigned char *haddr, struct sk_buff *skb)
{
	if (skb->data[14] == 'q') {
		consume_skb(skb);
		return 1;
	}
	memcpy(haddr, peer, ETH_ALEN);
	return 0;
}

static void test_rebuild(void **state)
{
	static const u8 nobody[ETH_ALEN];
	struct net_device *dev = eth_alloc();
	struct sk_buff *skb = frame(nobody, ETH_P_IP, 60);

	skb->dev = dev;
	/* Nobody to ask: dropped. */
	assert_int_equal(eth_rebuild_header(skb), 1);
	assert_int_equal(skb_live_buffers(), 0);
	eth_set_resolver(resolve);
	skb = frame(nobody, ETH_P_IP, 60);
	assert_int_equal(eth_rebuild_header(skb), 0);
	assert_memory_equal(skb->data, peer, ETH_ALEN);
	skb->data[14] = 'q';
	assert_int_equal(eth_rebuild_header(skb), 1);
	assert_int_equal(skb_live_buffers(), 0);
	assert_int_equal(eth_rebuild_header(frame(nobody, ETH_P_ARP, 60)), 1);
	assert_int_equal(skb_live_buffers(), 0);
	eth_set_resolver(NULL);
	free_netdev(dev);
}

static void test_copy_and_sum(void **state)
{
	u8 bytes[1600];
	int len, base;

	for (len = 0; len < (int)sizeof(bytes); len++)
		bytes[len] = (u8)(len * 7 + 3);
	for (len = 0; len <= 1514; len++) {
		for (base = 0; base < 2; base++) {
			struct sk_buff *skb = alloc_skb(1600, GFP_KERNEL);

			skb_reserve(skb, 2);
			skb_put(skb, (unsigned int)len);
			eth_copy_and_sum(skb, bytes, len, base);
			assert_memory_equal(skb->data, bytes, (size_t)len);
			if (len <= ETH_HLEN) {
				assert_int_equal(skb->ip_summed, CHECKSUM_NONE);
			} else {
				assert_int_equal(skb->ip_summed, CHECKSUM_COMPLETE);
				assert_int_equal(csum_fold(skb->csum),
						 csum_fold(csum_partial(bytes + 14, len - 14,
									(__force __wsum)base)));
			}
			consume_skb(skb);
		}
	}
}

/* The layers above rely on the sum: a UDP datagram, checked by it alone. */
static void test_sum_serves_udp(void **state)
{
	struct net_device *dev = eth_alloc();
	u8 bytes[14 + 20 + 8 + 5 + 4];
	struct iphdr ip = { .ihl = 5, .version = 4, .ttl = 64, .protocol = 17 };
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	__sum16 check;

	memset(bytes, 0x3c, sizeof(bytes));
	ip.tot_len = htons(33);
	ip.saddr = htonl(0xc0000201);
	ip.daddr = htonl(0xc0000202);
	ip.check = ip_fast_csum(&ip, 5);
	memcpy(bytes + 14, &ip, 20);
	memset(bytes + 34 + 6, 0, 2);
	check = csum_tcpudp_magic(ip.saddr, ip.daddr, 13, 17, csum_partial(bytes + 34, 13, 0));
	memcpy(bytes + 34 + 6, &check, 2);

	skb_put(skb, sizeof(bytes));
	eth_copy_and_sum(skb, bytes, sizeof(bytes), 0);
	eth_type_trans(skb, dev);
	/* Padding goes, the IP header sums up to nothing. */
	assert_int_equal(pskb_trim_rcsum(skb, 33), 0);
	__skb_pull(skb, 20);
	assert_int_equal(
		csum_fold(csum_add(skb->csum, csum_tcpudp_nofold(ip.saddr, ip.daddr, 13, 17, 0))),
		0);
	consume_skb(skb);
	free_netdev(dev);
}

static void too_long(void)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);
	u8 bytes[100] = { 0 };

	skb_put(skb, 50);
	eth_copy_and_sum(skb, bytes, 51, 0);
}

static void negative(void)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	eth_copy_and_sum(skb, (const unsigned char *)"", -1, 0);
}

static void test_copy_and_sum_bounds(void **state)
{
	assert_dies(too_long, "eth_copy_and_sum");
	assert_dies(negative, "eth_copy_and_sum");
}

static void test_headlen(void **state)
{
	struct net_device *dev = eth_alloc();
	u8 f[200] = { 0 };
	unsigned int len;

	f[12] = 0x08;
	f[14] = 0x46; /* 24 bytes of IPv4 */
	f[14 + 9] = 6;
	f[14 + 24 + 12] = 0x60; /* 24 bytes of TCP */
	assert_int_equal(eth_get_headlen(dev, f, 200), 14 + 24 + 24);
	for (len = 0; len <= 200; len++)
		assert_true(eth_get_headlen(dev, f, len) <= len);
	assert_int_equal(eth_get_headlen(dev, f, 13), 13);
	assert_int_equal(eth_get_headlen(dev, f, 30), 14);
	assert_int_equal(eth_get_headlen(dev, f, 40), 38);
	f[14 + 9] = 17;
	assert_int_equal(eth_get_headlen(dev, f, 200), 14 + 24 + 8);
	assert_int_equal(eth_get_headlen(dev, f, 41), 41);
	f[14 + 7] = 1; /* not the first fragment */
	assert_int_equal(eth_get_headlen(dev, f, 200), 14 + 24);
	f[14] = 0x41;
	assert_int_equal(eth_get_headlen(dev, f, 200), 14);
	memset(f, 0, sizeof(f));
	f[12] = 0x81; /* one tag, IPv6, UDP */
	f[16] = 0x86;
	f[17] = 0xdd;
	f[18] = 0x60;
	f[18 + 6] = 17;
	assert_int_equal(eth_get_headlen(dev, f, 200), 18 + 40 + 8);
	assert_int_equal(eth_get_headlen(dev, f, 57), 18);
	for (len = 0; len < 200; len += 4) {
		f[len] = 0x81;
		f[len + 1] = 0;
	}
	for (len = 0; len <= 200; len++)
		assert_true(eth_get_headlen(dev, f, len) <= len);
	free_netdev(dev);
}

static void test_addresses(void **state)
{
	u8 a[ETH_ALEN], b[ETH_ALEN];
	int i;

	eth_broadcast_addr(a);
	assert_true(is_broadcast_ether_addr(a) && is_multicast_ether_addr(a));
	assert_false(is_valid_ether_addr(a));
	eth_zero_addr(b);
	assert_true(is_zero_ether_addr(b));
	assert_false(is_valid_ether_addr(b));
	assert_true(is_valid_ether_addr(own) && is_local_ether_addr(own) &&
		    is_unicast_ether_addr(own));
	ether_addr_copy(a, own);
	assert_true(ether_addr_equal(a, own));
	assert_false(ether_addr_equal(a, peer));
	eth_addr_inc(a);
	assert_true(ether_addr_equal(a, peer));
	eth_addr_dec(a);
	assert_true(ether_addr_equal(a, own));
	u64_to_ether_addr(0x0180c200000full, a);
	assert_int_equal(ether_addr_to_u64(a), 0x0180c200000full);
	assert_true(is_link_local_ether_addr(a));
	eth_addr_inc(a);
	assert_false(is_link_local_ether_addr(a));
	assert_true(ether_addr_equal_masked(own, peer, (const u8 *)"\xff\xff\xff\xff\xff\xfc"));
	assert_false(ether_addr_equal_masked(own, peer, (const u8 *)"\xff\xff\xff\xff\xff\xff"));
	for (i = 0; i < 1000; i++) {
		eth_random_addr(a);
		assert_true(is_valid_ether_addr(a) && is_local_ether_addr(a));
	}
	eth_random_addr(b);
	assert_false(ether_addr_equal(a, b));
}

static netdev_tx_t swallow(struct sk_buff *skb, struct net_device *dev)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static void test_set_address(void **state)
{
	static const struct net_device_ops ops = {
		.ndo_start_xmit = swallow,
		.ndo_set_mac_address = eth_mac_addr,
		.ndo_validate_addr = eth_validate_addr,
	};
	struct net_device *dev = alloc_etherdev(0), *row = alloc_etherdev(0);
	struct sockaddr sa = { .sa_family = ARPHRD_ETHER };

	dev->netdev_ops = &ops;
	dev_net_set(dev, fixture.net);
	assert_int_equal(register_netdevice(dev), 0);
	assert_string_equal(dev->name, "eth0");
	assert_int_equal(dev_open(dev, NULL), -EADDRNOTAVAIL);
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), -EADDRNOTAVAIL);
	memcpy(sa.sa_data, own, ETH_ALEN);
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	memcpy(sa.sa_data, peer, ETH_ALEN);
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), -EBUSY);
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	assert_int_equal(dev_set_mac_address(dev, &sa, NULL), 0);
	assert_memory_equal(dev->dev_addr, peer, ETH_ALEN);
	eth_hw_addr_gen(row, own, 5);
	assert_int_equal(row->dev_addr[5], 6);
	eth_hw_addr_inherit(row, dev);
	assert_memory_equal(row->dev_addr, peer, ETH_ALEN);
	eth_hw_addr_random(row);
	assert_int_equal(row->addr_assign_type, NET_ADDR_RANDOM);
	free_netdev(row);
	unregister_netdevice(dev);
	free_netdev(dev);
}

static void test_chance_is_the_hosts(void **state)
{
	const struct skiff_net_params params = { .clock = fixture.clock, .seed = 42 };
	u8 first[ETH_ALEN], second[ETH_ALEN];
	struct net *net;
	int i;

	net_unlock(fixture.net);
	for (i = 0; i < 2; i++) {
		net = skiff_net_create(&params);
		net_lock(net);
		eth_random_addr(i ? second : first);
		net_unlock(net);
		skiff_net_destroy(net);
	}
	assert_memory_equal(first, second, ETH_ALEN);
	net_lock(fixture.net);
}

static void test_forward(void **state)
{
	struct net_device *dev = testdev_up("a");
	struct sk_buff *skb = frame(own, ETH_P_IP, 60);

	eth_hw_addr_set(dev, own);
	skb->mark = 7;
	skb->priority = 6;
	skb->ip_summed = CHECKSUM_COMPLETE;
	skb->csum = csum_partial(skb->data, 60, 0);
	skb_get(skb);
	assert_int_equal(dev_forward_skb(dev, skb), NET_RX_SUCCESS);
	assert_int_equal(skb->pkt_type, PACKET_HOST);
	assert_int_equal(skb->protocol, htons(ETH_P_IP));
	assert_int_equal(skb->priority, 0);
	assert_int_equal(csum_fold(skb->csum), csum_fold(csum_partial(skb->data, 46, 0)));
	run_ms(1);
	consume_skb(skb);
	/* It arrived, and this host has no IP. */
	assert_int_equal(atomic_long_read(&dev->rx_dropped), 1);
	assert_int_equal(dev_forward_skb(dev, frame(own, ETH_P_IP, 3)), NET_RX_SUCCESS);
	assert_int_equal(dev_forward_skb(dev, frame(own, ETH_P_IP, 1518)), NET_RX_SUCCESS);
	assert_int_equal(dev_forward_skb(dev, frame(own, ETH_P_IP, 1519)), NET_RX_DROP);
	dev_close(dev);
	assert_int_equal(dev_forward_skb(dev, frame(own, ETH_P_IP, 60)), NET_RX_DROP);
	assert_int_equal(atomic_long_read(&dev->rx_dropped), 3);
	testdev_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_type_trans),
		cmocka_unit_test(test_types_and_lengths),
		cmocka_unit_test(test_novell),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_header_without_headroom),
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_rebuild),
		cmocka_unit_test(test_copy_and_sum),
		cmocka_unit_test(test_sum_serves_udp),
		cmocka_unit_test(test_copy_and_sum_bounds),
		cmocka_unit_test(test_headlen),
		cmocka_unit_test(test_addresses),
		tests_with_host(test_set_address),
		tests_with_host(test_chance_is_the_hosts),
		tests_with_host(test_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
