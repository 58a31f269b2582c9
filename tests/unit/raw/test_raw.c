// SPDX-License-Identifier: BSD-2-Clause
/* Raw and ping sockets: who gets which packet, what is sent, errors. */
#include <skiff/raw.h>

#include "sockcall.h"
#include "wire_test.h"

static const u8 data[1500] = "packet";
static struct got g;

static struct socket *open_raw(struct socket *s, int protocol)
{
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_RAW, protocol, s), 0);
	return s;
}

static void every_match_gets_a_copy(void **state)
{
	struct socket a, b, bound, peer, other;
	u8 f[FRAME_MAX];
	size_t len = frame_ip(f, PEER_IP, HOST_IP, 99, data, 10);

	/* Nobody speaks 99: the sender hears so. */
	expect_drop(f, len, SKB_DROP_REASON_IP_NOPROTO, "IpInUnknownProtos");
	wire_drop_sent(&h);
	open_raw(&a, 99);
	open_raw(&b, 99);
	open_raw(&bound, 99);
	open_raw(&peer, 99);
	open_raw(&other, 98);
	assert_int_equal(sc_bind(&bound, htonl(INADDR_LOOPBACK), 0), 0);
	assert_int_equal(sc_connect(&peer, htonl(0xc0000209), 0), 0);
	wire_inject(&h, f, len);
	expect_nothing();
	assert_int_equal(sc_recv(&a, &g, 100, 0), 30);
	assert_memory_equal(g.data, f + ETH_HLEN, 30);
	assert_int_equal(((struct sockaddr_in *)(void *)&g.name)->sin_addr.s_addr, PEER_IP);
	assert_int_equal(sc_recv(&b, &g, 100, 0), 30);
	assert_int_equal(sc_recv(&bound, &g, 100, 0), -EAGAIN);
	assert_int_equal(sc_recv(&peer, &g, 100, 0), -EAGAIN);
	assert_int_equal(sc_recv(&other, &g, 100, 0), -EAGAIN);
	assert_int_equal(sc_bind(&other, PEER_IP, 0), -EADDRNOTAVAIL);
	sc_close(&a);
	sc_close(&b);
	sc_close(&bound);
	sc_close(&peer);
	sc_close(&other);
}

static void icmp_with_a_filter(void **state)
{
	struct icmp_filter filter = { .data = 1u << ICMP_ECHO };
	u8 f[FRAME_MAX];
	struct socket all, some, udp;
	int len = sizeof(filter);

	open_raw(&all, IPPROTO_ICMP);
	open_raw(&some, IPPROTO_ICMP);
	open_raw(&udp, IPPROTO_UDP);
	assert_int_equal(sc_set(&some, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)), 0);
	assert_int_equal(sc_set(&udp, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)), -EOPNOTSUPP);
	assert_int_equal(sc_set(&some, SOL_RAW, 2, &filter, sizeof(filter)), -ENOPROTOOPT);
	assert_int_equal(sc_get(&some, SOL_RAW, 2, &filter, &len), -ENOPROTOOPT);
	assert_int_equal(sc_set(&some, SOL_ICMPV6, 1, &filter, sizeof(filter)), -ENOPROTOOPT);
	assert_int_equal(sc_get(&some, SOL_ICMPV6, 1, &filter, &len), -EOPNOTSUPP);
	filter.data = 0;
	assert_int_equal(sc_get(&some, SOL_RAW, ICMP_FILTER, &filter, &len), 0);
	assert_int_equal(filter.data, 1u << ICMP_ECHO);
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHO, 0, 0x10001, data, 10));
	expect_icmp(f, ICMP_ECHOREPLY, 0);
	assert_int_equal(sc_recv(&all, &g, 100, 0), 38);
	assert_int_equal(sc_recv(&some, &g, 100, 0), -EAGAIN);
	wire_inject(&h, f, frame_icmp(f, ICMP_ECHOREPLY, 0, 0x10001, data, 10));
	assert_int_equal(sc_recv(&some, &g, 100, 0), 38);
	/* The protocol goes on getting what is its own. */
	wire_inject(&h, f, frame_udp(f, 1, 9, data, 4));
	assert_int_equal(sc_recv(&udp, &g, 100, 0), 32);
	assert_int_equal(wire_snmp(&h, "UdpNoPorts"), 1);
	wire_drop_sent(&h);
	sc_close(&all);
	sc_close(&some);
	sc_close(&udp);
}

static void sending(void **state)
{
	u8 f[FRAME_MAX], packet[40];
	struct socket s;
	const u8 *ip;

	open_raw(&s, 99);
	assert_int_equal(sc_send(&s, data, 10, 0), -EDESTADDRREQ);
	assert_int_equal(sc_sendto(&s, data, 10, FAR_IP, 0), -ENETUNREACH);
	assert_int_equal(sc_sendto(&s, data, 10, BCAST_IP, 0), -EACCES);
	assert_int_equal(sc_sendto(&s, g.data, 65536, PEER_IP, 0), -EMSGSIZE);
	assert_int_equal(sc_sendto(&s, data, 10, PEER_IP, 0), 10);
	ip = expect_ip(f, 99);
	assert_memory_equal(wire_ip_payload(ip), data, 10);
	assert_int_equal(sc_connect(&s, PEER_IP, 0), 0);
	assert_int_equal(sc_send(&s, data, 5, MSG_OOB), -EOPNOTSUPP);
	assert_int_equal(sc_send(&s, data, 5, 0), 5);
	expect_ip(f, 99);
	sc_close(&s);
	/* With a header of its own, whose gaps are filled. */
	open_raw(&s, IPPROTO_RAW);
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x45;
	packet[8] = 9;
	packet[9] = 77;
	wire_put_be32(packet, 16, PEER_IP);
	assert_int_equal(sc_sendto(&s, packet, sizeof(packet), PEER_IP, 0), 40);
	ip = expect_ip(f, 77);
	assert_int_equal(wire_ip_ttl(ip), 9);
	assert_int_equal(sc_sendto(&s, packet, 19, PEER_IP, 0), -EINVAL);
	packet[0] = 0x4f;
	assert_int_equal(sc_sendto(&s, packet, sizeof(packet), PEER_IP, 0), -EINVAL);
	packet[0] = 0x45;
	assert_int_equal(sc_sendto(&s, g.data, 1501, PEER_IP, 0), -EMSGSIZE);
	expect_nothing();
	sc_close(&s);
}

static void errors(void **state)
{
	const struct sock_extended_err *ee;
	u8 f[FRAME_MAX], sent[FRAME_MAX];
	struct socket s;

	open_raw(&s, 99);
	assert_int_equal(sc_connect(&s, PEER_IP, 0), 0);
	assert_int_equal(sc_send(&s, data, 20, 0), 20);
	expect_ip(sent, 99);
	wire_inject(&h, f,
		    frame_icmp(f, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0, sent + ETH_HLEN, 40));
	assert_int_equal(sc_recv(&s, &g, 10, 0), -ENOPROTOOPT);
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_RECVERR, 1), 0);
	wire_inject(&h, f, frame_icmp(f, ICMP_TIME_EXCEEDED, 0, 0, sent + ETH_HLEN, 40));
	assert_int_equal(sc_recv(&s, &g, 100, MSG_ERRQUEUE), 20);
	assert_memory_equal(g.data, data, 20);
	ee = sc_cmsg(&g, SOL_IP, IP_RECVERR);
	assert_int_equal(ee->ee_errno, EHOSTUNREACH);
	/* What must not be cut, and would have to be, goes nowhere: ping -M do says so. */
	assert_int_equal(sc_set_int(&s, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	assert_int_equal(sc_sendto(&s, g.data, 1481, PEER_IP, 0), -EMSGSIZE);
	assert_int_equal(sc_recv(&s, &g, 100, MSG_ERRQUEUE), 0);
	ee = sc_cmsg(&g, SOL_IP, IP_RECVERR);
	assert_int_equal(ee->ee_errno, EMSGSIZE);
	assert_int_equal(ee->ee_origin, SO_EE_ORIGIN_LOCAL);
	assert_int_equal(ee->ee_info, 1500);
	sc_close(&s);
}

static void ping_sockets(void **state)
{
	u8 f[FRAME_MAX], echo[40], id[2];
	struct sockaddr_in n;
	struct socket s, t;
	const u8 *icmp;

	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &s), 0);
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &t), 0);
	t.sk->sk_reuse = 0;
	memset(echo, 0, sizeof(echo));
	echo[0] = ICMP_ECHO;
	echo[7] = 5;
	assert_int_equal(sc_sendto(&s, echo, 7, PEER_IP, 0), -EINVAL);
	echo[0] = ICMP_ECHOREPLY;
	assert_int_equal(sc_sendto(&s, echo, sizeof(echo), PEER_IP, 0), -EINVAL);
	echo[0] = ICMP_ECHO;
	assert_int_equal(sc_sendto(&s, echo, sizeof(echo), PEER_IP, 0), 40);
	icmp = expect_icmp(f, ICMP_ECHO, 0);
	assert_int_equal(sc_getname(&s, &n, 0), sizeof(n));
	assert_int_equal(wire_icmp_id(icmp), ntohs(n.sin_port));
	assert_int_equal(wire_icmp_seq(icmp), 5);
	memcpy(id, icmp + 4, 2);
	assert_int_equal(sc_bind(&t, 0, ntohs(n.sin_port)), -EADDRINUSE);
	wire_inject(&h, f,
		    frame_icmp(f, ICMP_ECHOREPLY, 0, (u32)ntohs(n.sin_port) << 16 | 5, data, 32));
	assert_int_equal(sc_recv(&s, &g, 100, 0), 40);
	assert_memory_equal(g.data + 4, id, 2);
	assert_int_equal(sc_recv(&t, &g, 100, 0), -EAGAIN);
	/* A reply that nobody asked for is dropped. */
	expect_silent_drop(f,
			   frame_icmp(f, ICMP_ECHOREPLY, 0, (u32)(ntohs(n.sin_port) ^ 1) << 16 | 5,
				      data, 32),
			   SKB_DROP_REASON_NO_SOCKET, NULL);
	sc_close(&s);
	sc_close(&t);
	assert_int_equal(skiff_sysctl_set(h.net, "net.ipv4.ping_group_range", "1 0", NULL, 0), 0);
	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &s), -EACCES);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct sk_buff *buffer(const void *bytes, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	skb_put_data(skb, bytes, len);
	return skb;
}

static int give(struct socket *s, struct sk_buff *skb, __be32 addr)
{
	struct sockaddr_in n = sc_name(addr, 0);
	struct skiff_msghdr m = { .msg_name = addr ? &n : NULL, .msg_namelen = sizeof(n) };
	int ret;

	net_lock(h.net);
	ret = s->ops->send_skb(s, &m, skb);
	net_unlock(h.net);
	return ret;
}

static struct sk_buff *take(struct socket *s)
{
	struct sk_buff *skb;
	int err;

	net_lock(h.net);
	skb = s->ops->recv_skb(s, MSG_DONTWAIT, &err);
	net_unlock(h.net);
	return skb;
}

/* What came in on one socket goes out by another as it is. */
static void buffers_instead_of_copies(void **state)
{
	struct socket in, out, whole;
	struct sk_buff *skb;
	u8 f[FRAME_MAX], own[60] = { 0x45 };
	const u8 *ip;

	open_raw(&in, 99);
	open_raw(&out, 98);
	open_raw(&whole, IPPROTO_RAW);
	wire_inject(&h, f, frame_ip(f, PEER_IP, HOST_IP, 99, data, 10));
	skb = take(&in);
	assert_non_null(skb);
	assert_int_equal(skb->len, 30);
	assert_null(take(&in));
	skb_pull(skb, 20);
	assert_int_equal(give(&out, skb, PEER_IP), 10);
	ip = expect_ip(f, 98);
	assert_int_equal(wire_ip_payload_len(ip), 10);
	assert_memory_equal(wire_ip_payload(ip), data, 10);
	/* A header of its own is completed. */
	own[8] = 9;
	own[9] = 97;
	memcpy(own + 16, &(__be32){ PEER_IP }, 4);
	assert_int_equal(give(&whole, buffer(own, 40), PEER_IP), 40);
	ip = expect_ip(f, 97);
	assert_int_equal(wire_ip_ttl(ip), 9);
	/* Refused, a buffer is gone all the same. */
	assert_int_equal(give(&out, buffer(data, 10), 0), -EDESTADDRREQ);
	assert_int_equal(give(&out, buffer(data, 10), FAR_IP), -ENETUNREACH);
	assert_int_equal(give(&whole, buffer(own, 19), PEER_IP), -EINVAL);
	skb = buffer(data, 10);
	assert_int_equal(give(&out, skb_get(skb), PEER_IP), -EINVAL);
	kfree_skb(skb);
	/* Full: it stays the caller's. */
	out.sk->sk_sndbuf = 1;
	refcount_add(100, &out.sk->sk_wmem_alloc);
	skb = buffer(data, 10);
	assert_int_equal(give(&out, skb, PEER_IP), -EAGAIN);
	kfree_skb(skb);
	refcount_sub_and_test(100, &out.sk->sk_wmem_alloc);
	assert_int_equal(sc_shutdown(&out, SHUT_WR), -ENOTCONN);
	assert_int_equal(give(&out, buffer(data, 10), PEER_IP), -EPIPE);
	expect_nothing();
	sc_close(&in);
	sc_close(&out);
	sc_close(&whole);
}

static void ping_buffers(void **state)
{
	u8 f[FRAME_MAX], echo[20] = { ICMP_ECHO };
	struct sk_buff *skb;
	struct socket s;
	const u8 *icmp;

	assert_int_equal(sc_create(h.net, AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &s), 0);
	assert_int_equal(give(&s, buffer(echo, 20), PEER_IP), 20);
	icmp = expect_icmp(f, ICMP_ECHO, 0);
	assert_int_equal(wire_icmp_id(icmp), sc_port(&s));
	wire_inject(&h, f,
		    frame_icmp(f, ICMP_ECHOREPLY, 0, (u32)wire_icmp_id(icmp) << 16, echo + 8, 12));
	skb = take(&s);
	assert_non_null(skb);
	assert_int_equal(skb->len, 20);
	assert_int_equal(skb->data[0], ICMP_ECHOREPLY);
	skb_dst_drop(skb);
	kfree_skb(skb);
	assert_int_equal(give(&s, buffer(echo, 7), PEER_IP), -EINVAL);
	echo[1] = 1;
	assert_int_equal(give(&s, buffer(echo, 20), PEER_IP), -EINVAL);
	assert_int_equal(give(&s, buffer(data, 0), PEER_IP), -EINVAL);
	expect_nothing();
	sc_close(&s);
}

/* MSG_MORE: what is left when the socket closes is forgotten. */
static void parts_of_a_packet(void **state)
{
	struct sockaddr_in n = sc_name(PEER_IP, 0);
	u8 f[FRAME_MAX], control[64] __aligned(8);
	struct socket s;
	size_t len;
	int ttl = 7;
	const u8 *ip;

	open_raw(&s, 99);
	len = sc_put_cmsg(control, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
	assert_int_equal(sc_sendmsg(&s, data, 3, &n, sizeof(n), control, len, MSG_MORE), 3);
	assert_int_equal(sc_sendmsg(&s, data + 3, 700, &n, sizeof(n), NULL, 0, MSG_MORE), 700);
	expect_nothing();
	/* A buffer can't be a part. */
	assert_int_equal(give(&s, buffer(data, 10), PEER_IP), -EINVAL);
	assert_int_equal(sc_sendmsg(&s, data + 703, 5, &n, sizeof(n), NULL, 0, 0), 5);
	ip = expect_ip(f, 99);
	assert_int_equal(wire_ip_ttl(ip), 7);
	assert_int_equal(wire_ip_payload_len(ip), 708);
	assert_memory_equal(wire_ip_payload(ip), data, 708);
	assert_int_equal(sc_sendmsg(&s, g.data, 60000, &n, sizeof(n), NULL, 0, MSG_MORE), 60000);
	assert_int_equal(sc_sendmsg(&s, g.data, 60000, &n, sizeof(n), NULL, 0, MSG_MORE),
			 -EMSGSIZE);
	assert_int_equal(sk_wmem_alloc_get(s.sk), 0);
	assert_int_equal(sc_sendmsg(&s, data, 3, &n, sizeof(n), NULL, 0, MSG_MORE), 3);
	sc_close(&s);
	expect_nothing();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_match_gets_a_copy),
		T(icmp_with_a_filter),
		T(sending),
		T(errors),
		T(ping_sockets),
		T(buffers_instead_of_copies),
		T(ping_buffers),
		T(parts_of_a_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
