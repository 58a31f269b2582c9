// SPDX-License-Identifier: BSD-2-Clause
/* The usual failures of sending and receiving: whatever is dropped, it is said why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/if_packet.h>
#include <linux/net_tstamp.h>

#include <skiff/inetdevice.h>
#include <skiff/socket.h>

#include "sockcall.h"

#define STRANGER_IP htonl(0xc0000263) /* on the link, and silent */

static struct wire_host h;
static u8 data[3000];

static int setup(void **state)
{
	wire_host_open(&h);
	wire_teach_peer(&h);
	return 0;
}

/* Each test fails something, and each failure has its reason. */
static int teardown(void **state)
{
	u64 drops = 0;

	wire_drop_sent(&h);
	wire_sleep(&h, 60 * NSEC_PER_SEC);
	for (int reason = 1; reason < SKB_DROP_REASON_MAX; reason++)
		drops += wire_drops(&h, (enum skb_drop_reason)reason);
	assert_true(drops > 0);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_NOT_SPECIFIED), 0);
	return (int)wire_host_close(&h);
}

static void assert_drops(enum skb_drop_reason reason, u64 n)
{
	if (wire_drops(&h, reason) != n)
		fail_msg("%s: %llu instead of %llu", skb_drop_reason_name(reason),
			 (unsigned long long)wire_drops(&h, reason), (unsigned long long)n);
}

static void open_socket(struct socket *sock, int type, int protocol)
{
	assert_int_equal(sc_create(h.net, AF_INET, type, protocol, sock), 0);
}

static void set_option(struct socket *sock, int name, int val)
{
	net_lock(h.net);
	assert_int_equal(sock_setsockopt(sock, SOL_SOCKET, name, &val, sizeof(val)), 0);
	net_unlock(h.net);
}

static void test_no_way(void **state)
{
	struct socket udp, raw;
	struct socket ping;
	const u8 echo[16] = { 8 };

	open_socket(&udp, SOCK_DGRAM, 0);
	open_socket(&raw, SOCK_RAW, 253);
	open_socket(&ping, SOCK_DGRAM, IPPROTO_ICMP);
	assert_int_equal(sc_sendto(&udp, data, 100, FAR_IP, 9), -ENETUNREACH);
	assert_int_equal(sc_sendto(&raw, data, 100, FAR_IP, 0), -ENETUNREACH);
	assert_int_equal(sc_sendto(&ping, echo, sizeof(echo), FAR_IP, 0), -ENETUNREACH);
	assert_drops(SKB_DROP_REASON_IP_OUTNOROUTES, 3);
	assert_int_equal(sc_send(&ping, echo, sizeof(echo), 0), -EDESTADDRREQ);
	/* Somebody who does not answer. */
	assert_int_equal(sc_sendto(&udp, data, 100, STRANGER_IP, 9), 100);
	wire_sleep(&h, 10 * NSEC_PER_SEC);
	assert_drops(SKB_DROP_REASON_NEIGH_FAILED, 1);
	sc_close(&udp);
	sc_close(&raw);
	sc_close(&ping);
}

static void test_too_long(void **state)
{
	struct socket udp, raw;

	open_socket(&udp, SOCK_DGRAM, 0);
	open_socket(&raw, SOCK_RAW, 253);
	assert_int_equal(sc_set_int(&udp, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	assert_int_equal(sc_set_int(&raw, IPPROTO_IP, IP_HDRINCL, 1), 0);
	assert_int_equal(sc_sendto(&udp, data, 3000, PEER_IP, 9), -EMSGSIZE);
	assert_int_equal(sc_sendto(&raw, data, 3000, PEER_IP, 0), -EMSGSIZE);
	assert_int_equal(sc_sendto(&raw, data, 10, PEER_IP, 0), -EINVAL);
	sc_close(&udp);
	sc_close(&raw);
}

/* A fragment does not find a place in the device's queue: the others are of no use. */
static void test_fragments_out(void **state)
{
	struct socket udp;

	open_socket(&udp, SOCK_DGRAM, 0);
	net_lock(h.net);
	h.dev->tx_queue_len = 1;
	netif_stop_queue(h.dev);
	net_unlock(h.net);
	sc_sendto(&udp, data, 3000, PEER_IP, 9);
	sc_sendto(&udp, data, 100, PEER_IP, 9);
	wire_run(&h);
	assert_true(wire_drops(&h, SKB_DROP_REASON_QDISC_DROP) > 0);
	net_lock(h.net);
	netif_wake_queue(h.dev);
	net_unlock(h.net);
	sc_close(&udp);
}

static void test_frames(void **state)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(0x88b5),
				  .sll_ifindex = h.dev->ifindex,
				  .sll_halen = 6 };
	struct socket raw, cooked;

	assert_int_equal(sc_create(h.net, AF_PACKET, SOCK_RAW, 0, &raw), 0);
	assert_int_equal(sc_create(h.net, AF_PACKET, SOCK_DGRAM, 0, &cooked), 0);
	/* Shorter than a header; longer than the device takes. */
	assert_int_equal(sc_sendmsg(&raw, data, 5, &to, sizeof(to), NULL, 0, 0), -EINVAL);
	assert_drops(SKB_DROP_REASON_SEND_REFUSED, 1);
	assert_int_equal(sc_sendmsg(&raw, data, 1518, &to, sizeof(to), NULL, 0, 0), -EMSGSIZE);
	assert_drops(SKB_DROP_REASON_PKT_TOO_BIG, 1);
	net_lock(h.net);
	dev_close(h.dev);
	net_unlock(h.net);
	assert_int_equal(sc_sendmsg(&cooked, data, 100, &to, sizeof(to), NULL, 0, 0), -ENETDOWN);
	sc_close(&raw);
	sc_close(&cooked);
}

static struct sk_buff *buffer(void)
{
	struct sk_buff *skb = alloc_skb(300, GFP_KERNEL);

	assert_non_null(skb);
	skb_reserve(skb, 128);
	skb_put_zero(skb, 100);
	return skb;
}

static void test_buffers(void **state)
{
	const struct sockaddr_in nobody = sc_name(PEER_IP, 0);
	int udp = skiff_socket(h.net, AF_INET, SOCK_DGRAM, 0);
	int raw = skiff_socket(h.net, AF_INET, SOCK_RAW, 253);

	assert_int_equal(skiff_send_skb(udp, buffer(), (const struct sockaddr *)&nobody,
					sizeof(nobody), 0),
			 -1);
	assert_int_equal(errno, EINVAL);
	assert_drops(SKB_DROP_REASON_SEND_REFUSED, 1);
	assert_int_equal(skiff_send_skb(raw, buffer(), NULL, 0, 0), -1);
	assert_int_equal(errno, EDESTADDRREQ);
	assert_drops(SKB_DROP_REASON_SEND_REFUSED, 2);
	/* Of no host: its descriptor is none. */
	assert_int_equal(skiff_send_skb(-1, buffer(), NULL, 0, 0), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(skiff_close(udp), 0);
	assert_int_equal(skiff_close(raw), 0);
}

static void test_receiving(void **state)
{
	struct socket udp;
	u8 f[FRAME_MAX];
	size_t len;

	open_socket(&udp, SOCK_DGRAM, 0);
	assert_int_equal(sc_bind(&udp, HOST_IP, 2000), 0);
	set_option(&udp, SO_RCVBUF, 1);
	for (int i = 0; i < 20; i++)
		wire_inject(&h, f, frame_udp(f, 7, 2000, data, 1000));
	assert_true(wire_drops(&h, SKB_DROP_REASON_SOCKET_RCVBUFF) > 0);
	wire_inject(&h, f, frame_udp(f, 7, 2001, data, 10));
	assert_drops(SKB_DROP_REASON_NO_SOCKET, 1);
	len = frame_udp(f, 7, 2000, data, 10);
	f[len - 1] ^= 1;
	wire_inject(&h, f, len);
	wire_inject(&h, f, frame_ip(f, PEER_IP, HOST_IP, 200, data, 10));
	assert_drops(SKB_DROP_REASON_IP_NOPROTO, 1);
	sc_close(&udp);
}

/* What is still queued when the socket or the device goes. */
static void test_ends(void **state)
{
	struct socket udp;
	u8 f[FRAME_MAX];

	open_socket(&udp, SOCK_DGRAM, 0);
	assert_int_equal(sc_bind(&udp, HOST_IP, 2000), 0);
	wire_inject(&h, f, frame_udp(f, 7, 2000, data, 1000));
	net_lock(h.net);
	netif_stop_queue(h.dev);
	net_unlock(h.net);
	assert_int_equal(sc_sendto(&udp, data, 100, PEER_IP, 9), 100);
	assert_int_equal(sc_sendto(&udp, data, 100, STRANGER_IP, 9), 100);
	sc_close(&udp);
	net_lock(h.net);
	dev_close(h.dev);
	net_unlock(h.net);
}

/* The error queue has no place for more reports of sending. */
static void test_reports(void **state)
{
	struct socket udp;

	open_socket(&udp, SOCK_DGRAM, 0);
	set_option(&udp, SO_RCVBUF, 1);
	set_option(&udp, SO_TIMESTAMPING,
		   SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED |
			   SOF_TIMESTAMPING_SOFTWARE);
	for (int i = 0; i < 20; i++)
		assert_int_equal(sc_sendto(&udp, data, 1000, PEER_IP, 9), 1000);
	wire_run(&h);
	assert_true(wire_drops(&h, SKB_DROP_REASON_SOCKET_RCVBUFF) > 0);
	sc_close(&udp);
}

static void test_gratuitous_arp(void **state)
{
	u8 f[FRAME_MAX];

	assert_int_equal(skiff_sysctl_set(h.net, "net/ipv4/conf/wire0/drop_gratuitous_arp", "1",
					  NULL, 0),
			 0);
	wire_inject(&h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, PEER_IP));
	assert_drops(SKB_DROP_REASON_ARP_GRATUITOUS, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_way), TEST(test_too_long), TEST(test_fragments_out),
		TEST(test_frames), TEST(test_buffers),	TEST(test_receiving),
		TEST(test_ends),   TEST(test_reports),	TEST(test_gratuitous_arp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
