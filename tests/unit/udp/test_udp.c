// SPDX-License-Identifier: BSD-2-Clause
/* UDP: lengths and checksums that are wrong, ports, what is sent, errors that come back. */
#include "wire_test.h"

static const u8 data[1500] = "datagram";

static struct sockaddr_in name_of(__be32 addr, u16 port)
{
	struct sockaddr_in n = { .sin_family = AF_INET, .sin_port = htons(port) };

	n.sin_addr.s_addr = addr;
	return n;
}

static struct {
	int calls;
	size_t len;
	u8 bytes[2000];
	struct sockaddr_in from, to;
	int errors, error;
	struct sockaddr_in about;
} got;

static void recv_one(struct skiff_udp *udp, const void *bytes, size_t len,
		     const struct sockaddr_in *from, const struct sockaddr_in *to, void *arg)
{
	assert_ptr_equal(arg, &got);
	assert_true(len <= sizeof(got.bytes));
	got.calls++;
	got.len = len;
	memcpy(got.bytes, bytes, len);
	got.from = *from;
	got.to = *to;
}

static void error_one(struct skiff_udp *udp, int error, const struct sockaddr_in *to, void *arg)
{
	got.errors++;
	got.error = error;
	got.about = *to;
}

static struct skiff_udp *open_port(u16 port, bool broadcast)
{
	const struct skiff_udp_params p = { .port = port,
					    .broadcast = broadcast,
					    .recv = recv_one,
					    .error = error_one,
					    .arg = &got };
	struct skiff_udp *udp;

	memset(&got, 0, sizeof(got));
	assert_int_equal(skiff_udp_open(h.net, &p, &udp), 0);
	return udp;
}

static void datagrams_arrive(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 68, 69, 76, 77, 1471, 1472 };
	struct skiff_udp *udp = open_port(5000, false);
	u8 f[FRAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		wire_inject(&h, f, frame_udp(f, 40000, 5000, data, sizes[i]));
		assert_int_equal(got.calls, i + 1);
		assert_int_equal(got.len, sizes[i]);
		assert_memory_equal(got.bytes, data, sizes[i]);
	}
	assert_int_equal(got.from.sin_addr.s_addr, PEER_IP);
	assert_int_equal(ntohs(got.from.sin_port), 40000);
	assert_int_equal(got.to.sin_addr.s_addr, HOST_IP);
	assert_int_equal(ntohs(got.to.sin_port), 5000);
	assert_int_equal(wire_snmp(&h, "UdpInDatagrams"), ARRAY_SIZE(sizes));
	expect_nothing();
	skiff_udp_close(udp);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 8));
	assert_int_equal(got.calls, ARRAY_SIZE(sizes));
	assert_int_equal(wire_snmp(&h, "UdpNoPorts"), 1);
}

static void wrong_datagrams_are_dropped(void **state)
{
	struct skiff_udp *udp = open_port(5000, false);
	u8 f[FRAME_MAX], *u = f + ETH_HLEN + WIRE_IP_HLEN;
	size_t len;

	for (size_t i = 0; i < 8; i++)
		expect_silent_drop(f, frame_ip(f, PEER_IP, HOST_IP, IPPROTO_UDP, data, i),
				   SKB_DROP_REASON_PKT_TOO_SMALL, "UdpInErrors");
	for (u16 claim = 0; claim < 40; claim++) {
		if (claim >= 8 && claim <= 28)
			continue;
		len = frame_udp(f, 40000, 5000, data, 20);
		wire_put16(u, 4, claim);
		expect_silent_drop(f, len, SKB_DROP_REASON_UDP_LENGTH, "UdpInErrors");
	}
	for (size_t size = 0; size < 200; size += 37) {
		len = frame_udp(f, 40000, 5000, data, size);
		f[len - 1] ^= 0x10;
		expect_silent_drop(f, len, SKB_DROP_REASON_UDP_CSUM, "UdpInCsumErrors");
	}
	assert_int_equal(got.calls, 0);
	/* Shorter than the packet is fine: the rest is nobody's. Without checksum as well. */
	len = frame_udp(f, 40000, 5000, data, 20);
	wire_put16(u, 4, 13);
	wire_put16(u, 6, 0);
	wire_inject(&h, f, len);
	assert_int_equal(got.calls, 1);
	assert_int_equal(got.len, 5);
	skiff_udp_close(udp);
}

/* What the device says about the checksum is believed. */
static void checksums_known_to_the_device(void **state)
{
	struct skiff_udp *udp = open_port(5000, false);
	u8 f[FRAME_MAX];
	size_t len = frame_udp(f, 40000, 5000, data, 100);
	struct sk_buff *skb;

	for (int kind = CHECKSUM_NONE; kind <= CHECKSUM_PARTIAL; kind++) {
		for (int wrong = 0; wrong < 2; wrong++) {
			int calls = got.calls;

			skb = netdev_alloc_skb_ip_align(h.dev, (unsigned int)len);
			skb_put_data(skb, f, (unsigned int)len);
			skb->data[len - 1] ^= (u8)wrong;
			skb->protocol = eth_type_trans(skb, h.dev);
			skb->ip_summed = (u8)kind & 3;
			if (kind == CHECKSUM_COMPLETE)
				skb->csum = csum_partial(skb->data, (int)skb->len, 0);
			if (kind == CHECKSUM_PARTIAL) {
				skb->csum_start = (u16)(skb_headroom(skb) + WIRE_IP_HLEN);
				skb->csum_offset = 6;
			}
			netif_rx(skb);
			wire_run(&h);
			assert_int_equal(got.calls - calls, !wrong ||
								    kind == CHECKSUM_UNNECESSARY ||
								    kind == CHECKSUM_PARTIAL);
		}
	}
	skiff_udp_close(udp);
}

static void datagrams_are_sent(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 1471, 1472 };
	const struct sockaddr_in to = name_of(PEER_IP, 7000);
	struct skiff_udp *udp = open_port(5000, false);
	u8 g[FRAME_MAX];
	const u8 *u;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(skiff_udp_send(udp, data, sizes[i], &to), 0);
		u = expect_udp(g, 5000, 7000);
		assert_int_equal(wire_udp_payload_len(u), sizes[i]);
		assert_memory_equal(wire_udp_payload(u), data, sizes[i]);
		assert_true(wire_udp_has_csum(u));
		assert_true(wire_ip_dont_fragment(g + ETH_HLEN));
	}
	assert_int_equal(wire_snmp(&h, "UdpOutDatagrams"), ARRAY_SIZE(sizes));
	/* What is larger than the path goes in pieces. */
	assert_int_equal(skiff_udp_send(udp, data, 1473, &to), 0);
	assert_int_equal(skb_queue_len(&h.sent), 2);
	wire_drop_sent(&h);
	assert_int_equal(skiff_udp_send(udp, data, 65508, &to), -EMSGSIZE);
	assert_int_equal(skiff_udp_send(udp, NULL, 1, &to), -EINVAL);
	assert_int_equal(skiff_udp_send(udp, data, 1, NULL), -EINVAL);
	skiff_udp_close(udp);
}

/* RFC 768: a sum of 0 is sent as 0xffff. */
static void a_sum_of_zero_is_not_none(void **state)
{
	const struct sockaddr_in to = name_of(PEER_IP, 7000);
	struct skiff_udp *udp = open_port(5000, false);
	u8 g[FRAME_MAX], two[2] = { 0, 0 };
	u32 sum;
	const u8 *u;

	assert_int_equal(skiff_udp_send(udp, two, 2, &to), 0);
	u = expect_udp(g, 5000, 7000);
	sum = wire_get16(u, 6);
	wire_put16(two, 0, (u16)sum);
	assert_int_equal(skiff_udp_send(udp, two, 2, &to), 0);
	u = expect_udp(g, 5000, 7000);
	assert_int_equal(wire_get16(u, 6), 0xffff);
	skiff_udp_close(udp);
}

static void destinations_that_are_refused(void **state)
{
	struct skiff_udp *udp = open_port(5000, false), *loud = open_port(0, true);
	struct sockaddr_in to = name_of(PEER_IP, 0);
	u8 g[FRAME_MAX];

	assert_int_equal(skiff_udp_send(udp, data, 1, &to), -EINVAL);
	to = name_of(FAR_IP, 7000);
	assert_int_equal(skiff_udp_send(udp, data, 1, &to), -ENETUNREACH);
	to = name_of(BCAST_IP, 7000);
	assert_int_equal(skiff_udp_send(udp, data, 1, &to), -EACCES);
	expect_nothing();
	assert_int_equal(skiff_udp_send(loud, data, 1, &to), 0);
	assert_int_not_equal(wire_take(&h, g), 0);
	assert_memory_equal(wire_eth_dest(g), bcast_mac, ETH_ALEN);
	skiff_udp_close(udp);
	skiff_udp_close(loud);
}

static void ports_are_taken_once(void **state)
{
	struct skiff_udp *udp = open_port(5000, false), *other;
	struct skiff_udp_params p = { .port = 5000 };
	bool used[65536] = { false };
	u16 port;

	assert_int_equal(skiff_udp_open(h.net, &p, &other), -EADDRINUSE);
	p.addr.s_addr = HOST_IP;
	assert_int_equal(skiff_udp_open(h.net, &p, &other), -EADDRINUSE);
	p.addr.s_addr = PEER_IP;
	p.port = 5001;
	assert_int_equal(skiff_udp_open(h.net, &p, &other), -EADDRNOTAVAIL);
	skiff_udp_close(udp);
	/* Chosen ones come from the range, until there is none left. */
	p = (struct skiff_udp_params){ 0 };
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ip_local_port_range", "600 500", NULL,
					  0),
			 -EINVAL);
	assert_int_equal(
		skiff_sysctl_set(h.net, "net.ipv4.ip_local_port_range", "500 549", NULL, 0), 0);
	struct skiff_udp *all[50];

	for (int i = 0; i < 50; i++) {
		assert_int_equal(skiff_udp_open(h.net, &p, &all[i]), 0);
		port = skiff_udp_port(all[i]);
		assert_true(port >= 500 && port <= 549 && !used[port]);
		used[port] = true;
	}
	assert_int_equal(skiff_udp_open(h.net, &p, &other), -EADDRINUSE);
	for (int i = 0; i < 50; i++)
		skiff_udp_close(all[i]);
}

static void errors_reach_the_sender(void **state)
{
	const struct sockaddr_in to = name_of(PEER_IP, 7000), self = name_of(HOST_IP, 7001);
	struct skiff_udp *udp = open_port(5000, false);
	u8 f[FRAME_MAX], g[FRAME_MAX];

	assert_int_equal(skiff_udp_send(udp, data, 10, &to), 0);
	expect_udp(g, 5000, 7000);
	wire_inject(&h, f,
		    frame_icmp(f, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, g + ETH_HLEN, 28));
	assert_int_equal(got.errors, 1);
	assert_int_equal(got.error, ECONNREFUSED);
	assert_int_equal(got.about.sin_addr.s_addr, PEER_IP);
	assert_int_equal(ntohs(got.about.sin_port), 7000);
	/* About a port that is not ours: made up. */
	wire_put16(g + ETH_HLEN + WIRE_IP_HLEN, 0, 5001);
	expect_silent_drop(f,
			   frame_icmp(f, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, g + ETH_HLEN, 28),
			   SKB_DROP_REASON_NO_SOCKET, "IcmpInErrors");
	assert_int_equal(got.errors, 1);
	/* Our own host says the same, and so does a neighbour who does not answer. */
	assert_int_equal(skiff_udp_send(udp, data, 10, &self), 0);
	wire_run(&h);
	assert_int_equal(got.errors, 2);
	assert_int_equal(got.error, ECONNREFUSED);
	struct sockaddr_in gone = name_of(htonl(0xc0000263), 7000);

	assert_int_equal(skiff_udp_send(udp, data, 10, &gone), 0);
	wire_sleep(&h, 3 * NSEC_PER_SEC);
	assert_int_equal(got.errors, 3);
	assert_int_equal(got.error, EHOSTUNREACH);
	assert_int_equal(got.about.sin_addr.s_addr, htonl(0xc0000263));
	skiff_udp_close(udp);
}

/* Everybody on the port gets what was sent to everybody. */
static void broadcasts_reach_all(void **state)
{
	struct udp_port_cfg cfg = { .family = AF_INET, .local_udp_port = htons(6000) };
	struct sock *sk[3];
	u8 f[FRAME_MAX], udp[18];
	size_t len;

	net_lock(h.net);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(udp_sock_create(h.net, &cfg, &sk[i]), i ? -EADDRINUSE : 0);
		if (i) {
			cfg.local_udp_port = 0;
			assert_int_equal(udp_sock_create(h.net, &cfg, &sk[i]), 0);
			udp_lib_unhash(sk[i]);
			sk[i]->sk_reuse = 1;
			cfg.local_udp_port = htons(6000);
		}
		sk[0]->sk_reuse = 1;
		if (i)
			assert_int_equal(udp_v4_get_port(sk[i], 6000), 0);
	}
	net_unlock(h.net);
	assert_int_equal(wire_udp_build(udp, 40000, 6000, 10), 0);
	memcpy(udp + 8, data, 10);
	wire_udp_set_csum(udp, PEER_IP, BCAST_IP);
	len = frame_ip(f, PEER_IP, BCAST_IP, IPPROTO_UDP, udp, 18);
	wire_inject(&h, f, len);
	net_lock(h.net);
	for (int i = 0; i < 3; i++) {
		struct sk_buff *skb = skb_peek(&sk[i]->sk_receive_queue);

		assert_int_equal(skb_queue_len(&sk[i]->sk_receive_queue), 1);
		assert_int_equal(skb->len, 10);
		assert_memory_equal(skb->data, data, 10);
		udp_sock_release(sk[i]);
	}
	net_unlock(h.net);
	wire_inject(&h, f, len);
	assert_int_equal(wire_snmp(&h, "UdpIgnoredMulti"), 1);
	expect_nothing();
}

static void a_full_queue_drops(void **state)
{
	struct udp_port_cfg cfg = { .family = AF_INET, .local_udp_port = htons(6000) };
	struct sock *sk;
	u8 f[FRAME_MAX];
	size_t len = frame_udp(f, 40000, 6000, data, 1000);
	unsigned int queued;

	net_lock(h.net);
	assert_int_equal(udp_sock_create(h.net, &cfg, &sk), 0);
	sk->sk_rcvbuf = 20000;
	net_unlock(h.net);
	for (int i = 0; i < 50; i++)
		wire_inject(&h, f, len);
	queued = skb_queue_len(&sk->sk_receive_queue);
	assert_true(queued > 4 && queued < 20);
	assert_int_equal(wire_snmp(&h, "UdpRcvbufErrors"), 50 - queued);
	assert_int_equal(wire_drops(&h, SKB_DROP_REASON_SOCKET_RCVBUFF), 50 - queued);
	net_lock(h.net);
	udp_sock_release(sk);
	net_unlock(h.net);
}

/* Replies from inside of the callback, and closes itself there. */
static void reply_and_close(struct skiff_udp *udp, const void *bytes, size_t len,
			    const struct sockaddr_in *from, const struct sockaddr_in *to, void *arg)
{
	assert_int_equal(__skiff_udp_send(udp, bytes, len, from), 0);
	__skiff_udp_close(udp);
}

static void callbacks_may_reply_and_close(void **state)
{
	const struct skiff_udp_params p = { .port = 5000, .recv = reply_and_close };
	struct skiff_udp *udp;
	u8 f[FRAME_MAX], g[FRAME_MAX];

	assert_int_equal(skiff_udp_open(h.net, &p, &udp), 0);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 8));
	expect_udp(g, 5000, 40000);
	wire_inject(&h, f, frame_udp(f, 40000, 5000, data, 8));
	expect_icmp_about(g, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(datagrams_arrive),
		T(wrong_datagrams_are_dropped),
		T(checksums_known_to_the_device),
		T(datagrams_are_sent),
		T(a_sum_of_zero_is_not_none),
		T(destinations_that_are_refused),
		T(ports_are_taken_once),
		T(errors_reach_the_sender),
		T(broadcasts_reach_all),
		T(a_full_queue_drops),
		T(callbacks_may_reply_and_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
