// SPDX-License-Identifier: BSD-2-Clause
/* Who answers which segment how: listening sockets, closed ports, TIME_WAIT, ICMP errors. */
#include "peer.h"

#include <limits.h>

#include <linux/tcp.h>

static struct peer p;
static struct seg s;

#define LISTEN_PORT 1000

static int setup(void **state)
{
	peer_open(&p);
	p.port = LISTEN_PORT;
	return 0;
}

static int teardown(void **state)
{
	peer_close(&p);
	return 0;
}

static int listen_on(int backlog)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(LISTEN_PORT) };
	int fd = skiff_socket(p.h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(skiff_bind(fd, (struct sockaddr *)(void *)&any, sizeof(any)), 0);
	assert_int_equal(skiff_listen(fd, backlog), 0);
	return fd;
}

/* Our SYN, and what comes: from then on sequence numbers are counted from it. */
static void syn(void)
{
	p.iss = 0;
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	peer_send(&p, S_, 0, NULL, 0);
	p.optlen = 0;
	assert_true(peer_take(&p, &s));
	assert_int_equal(s.flags, S_ | A_);
	assert_int_equal(s.ack, p.seq);
	p.iss = s.seq;
}

static void closed_port(void **state)
{
	p.seq = 100;
	/* RFC 9293 section 3.10.7.1 */
	peer_send(&p, S_, 0, NULL, 0);
	peer_expect(&p, &s, R_ | A_, 0, 0);
	assert_int_equal(s.ack, 101);
	peer_send(&p, A_, 777, "data", 4);
	peer_expect(&p, &s, R_, 777, 0);
	peer_send(&p, R_, 0, NULL, 0);
	peer_quiet(&p);
	assert_int_equal(wire_snmp(&p.h, "TcpOutRsts"), 2);
}

/* Notes that another layer left in the buffer are no IP options of the segment. */
static void closed_port_and_notes_of_others(void **state)
{
	u8 tcp[WIRE_TCP_HLEN] = {}, f[FRAME_MAX];
	struct sk_buff *skb;
	unsigned int len;
	__sum16 csum;

	wire_put16(tcp, 0, PEER_PORT);
	wire_put16(tcp, 2, LISTEN_PORT);
	wire_put8(tcp, 12, WIRE_TCP_HLEN / 4 << 4);
	wire_put8(tcp, 13, S_);
	csum = csum_tcpudp_magic(PEER_IP, HOST_IP, sizeof(tcp), IPPROTO_TCP,
				 csum_partial(tcp, sizeof(tcp), 0));
	memcpy(tcp + 16, &csum, 2);
	len = (unsigned int)frame_ip(f, PEER_IP, HOST_IP, IPPROTO_TCP, tcp, sizeof(tcp));
	skb = netdev_alloc_skb_ip_align(p.h.dev, len);
	skb_put_data(skb, f, len);
	skb->protocol = eth_type_trans(skb, p.h.dev);
	memset(skb->cb, 0xff, sizeof(skb->cb));
	netif_rx(skb);
	wire_run(&p.h);
	peer_expect(&p, &s, R_ | A_, 0, 0);
	assert_int_equal(s.ip_len, WIRE_IP_HLEN + WIRE_TCP_HLEN);
}

static void listening_port(void **state)
{
	int l = listen_on(5);

	p.seq = 100;
	peer_send(&p, A_, 777, NULL, 0);
	peer_expect(&p, &s, R_, 777, 0);
	peer_send(&p, R_, 0, NULL, 0);
	peer_send(&p, F_, 0, NULL, 0);
	peer_send(&p, S_ | F_, 0, NULL, 0);
	peer_quiet(&p);
	skiff_close(l);
}

/* What its last connection had lost and was told of is nothing of those that it accepts. */
static void child_of_a_used_socket(void **state)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(LISTEN_PORT) };
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int l;

	p.port = 0;
	peer_connect(&p);
	peer_write(&p, 8000, 0);
	memcpy(p.opts, (const u8[]){ 1, 1, 5, 10 }, 4);
	wire_put32(p.opts, 4, p.iss + 4001);
	wire_put32(p.opts, 8, p.iss + 8001);
	p.optlen = 12;
	peer_ack(&p, 1);
	l = p.fd;
	assert_int_equal(skiff_getsockopt(l, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	assert_int_equal(info.tcpi_sacked, 4);
	assert_in_range(info.tcpi_retrans, 1, 4);
	assert_in_range(info.tcpi_lost, 1, 4);
	assert_int_equal(skiff_connect(l, &none, sizeof(none)), 0);
	assert_int_equal(skiff_bind(l, (const struct sockaddr *)(const void *)&any, sizeof(any)),
			 0);
	assert_int_equal(skiff_listen(l, 5), 0);
	wire_run(&p.h);
	wire_drop_sent(&p.h);
	p.port = LISTEN_PORT;
	p.own++;
	syn();
	peer_ack(&p, 1);
	p.fd = skiff_accept(l, NULL, NULL);
	assert_true(p.fd >= 0);
	assert_int_equal(skiff_getsockopt(p.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	assert_int_equal(info.tcpi_sacked, 0);
	assert_int_equal(info.tcpi_retrans, 0);
	assert_int_equal(info.tcpi_lost, 0);
	peer_write(&p, 2000, 0);
	peer_expect(&p, &s, A_, 1, 1000);
	skiff_close(l);
}

static void synack_retransmission(void **state)
{
	int l = listen_on(5);

	syn();
	for (int i = 0, ms = 1000; i < 5; i++, ms *= 2) {
		peer_expect_after(&p, &s, ms, S_ | A_, 0, 0);
		assert_int_equal(s.ack, p.seq);
	}
	/* After the last one it is forgotten. */
	wire_sleep(&p.h, 200 * NSEC_PER_SEC);
	peer_quiet(&p);
	peer_ack(&p, 1);
	peer_expect(&p, &s, R_, 1, 0);
	skiff_close(l);
}

static void syn_again(void **state)
{
	int l = listen_on(5);

	syn();
	p.seq--;
	/* Not more than once in half a second: see tcp_invalid_ratelimit. */
	peer_send(&p, S_, 0, NULL, 0);
	peer_expect(&p, &s, S_ | A_, 0, 0);
	p.seq--;
	peer_send(&p, S_, 0, NULL, 0);
	peer_quiet(&p);
	peer_ack(&p, 1);
	p.fd = skiff_accept(l, NULL, NULL);
	assert_true(p.fd >= 0);
	skiff_close(l);
}

static void bad_ack_of_synack(void **state)
{
	int l = listen_on(5);

	syn();
	peer_ack(&p, 2);
	peer_expect(&p, &s, R_, 2, 0);
	/* The attempt is not ended by that. */
	peer_ack(&p, 1);
	p.fd = skiff_accept(l, NULL, NULL);
	assert_true(p.fd >= 0);
	skiff_close(l);
}

static void reset_of_request(void **state)
{
	int l = listen_on(5);

	syn();
	/* Out of the window it means nothing. */
	peer_send_at(&p, R_, 1 << 30, 0, NULL, 0);
	peer_quiet(&p);
	peer_send(&p, R_, 0, NULL, 0);
	peer_quiet(&p);
	assert_int_equal(peer_mib(&p, LINUX_MIB_EMBRYONICRSTS), 1);
	peer_ack(&p, 1);
	peer_expect(&p, &s, R_, 1, 0);
	skiff_close(l);
}

static void aborts_on_overflow(void **state)
{
	int l = listen_on(0);

	/* One fits. */
	syn();
	peer_ack(&p, 1);
	p.seq = 5000;
	p.port = LISTEN_PORT;
	peer_sysctl(&p, "net.ipv4.tcp_abort_on_overflow", "1");
	skiff_close(l);
	peer_expect(&p, &s, R_ | A_, 1, 0);
}

/* More half-open connections than the queue has room for: the next one gets a cookie. */
static void flood(void **state)
{
	int l = listen_on(4);

	for (u16 port = 1; port <= 50; port++) {
		p.seq = port * 1000u;
		p.own = port;
		syn();
		/* SYN-ACKs of those before. */
		while (peer_take(&p, &s))
			;
	}
	assert_int_equal(peer_mib(&p, LINUX_MIB_SYNCOOKIESSENT), 45);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPREQQFULLDOCOOKIES), 45);
	/* The last one's answer is all that is needed. */
	peer_ack(&p, 1);
	p.fd = skiff_accept(l, NULL, NULL);
	assert_true(p.fd >= 0);
	assert_int_equal(peer_mib(&p, LINUX_MIB_SYNCOOKIESRECV), 1);
	/* A guess is not. */
	p.own = 60;
	peer_ack(&p, 1);
	peer_expect(&p, &s, R_, 1, 0);
	assert_int_equal(peer_mib(&p, LINUX_MIB_SYNCOOKIESFAILED), 1);
	skiff_close(l);
}

static void inject_icmp(u8 type, u8 code, u32 seq, u32 rest)
{
	u8 f[FRAME_MAX], quoted[28] = {};
	const struct wire_ip_fields ip = { .ttl = 64,
					   .protocol = IPPROTO_TCP,
					   .payload_len = 1480,
					   .saddr = HOST_IP,
					   .daddr = PEER_IP };

	assert_int_equal(wire_ip_build(quoted, sizeof(quoted), &ip), WIRE_IP_HLEN);
	wire_put16(quoted, 20, p.port);
	wire_put16(quoted, 22, PEER_PORT);
	wire_put32(quoted, 24, p.iss + seq);
	wire_inject(&p.h, f, frame_icmp(f, type, code, rest, quoted, sizeof(quoted)));
}

static int pending_error(void)
{
	socklen_t len = sizeof(int);
	int err = -1;

	assert_int_equal(skiff_getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	return err;
}

static void icmp_while_connecting(void **state)
{
	p.port = 0;
	peer_syn_sent(&p, &s);
	/* RFC 5927 section 4.1: it has to know a sequence number that is out there. */
	inject_icmp(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 1000, 0);
	assert_int_equal(pending_error(), 0);
	assert_int_equal(peer_mib(&p, LINUX_MIB_OUTOFWINDOWICMPS), 1);
	inject_icmp(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 0);
	assert_int_equal(pending_error(), ECONNREFUSED);
}

static void icmp_while_connected(void **state)
{
	char c;

	p.port = 0;
	peer_connect(&p);
	peer_write(&p, 100, 0);
	peer_expect(&p, &s, P_ | A_, 1, 100);
	inject_icmp(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 1, 0);
	assert_int_equal(skiff_recv(p.fd, &c, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	/* It is why, in the end. */
	wire_sleep(&p.h, 2000 * NSEC_PER_SEC);
	while (peer_take(&p, &s))
		;
	assert_int_equal(pending_error(), ECONNREFUSED);
}

/* Who is patient has timeouts without end: what counts them stops at the most that it can say. */
static void icmp_after_many_timeouts(void **state)
{
	int patience = INT_MAX;
	struct tcp_info info;
	socklen_t len = sizeof(info);

	p.port = 0;
	peer_connect(&p);
	assert_int_equal(skiff_setsockopt(p.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
					  sizeof(patience)),
			 0);
	peer_write(&p, 100, 0);
	for (int i = 0; i < 300; i++) {
		wire_sleep(&p.h, 120 * NSEC_PER_SEC);
		while (peer_take(&p, &s))
			;
	}
	/* RFC 6069: one doubling less, of more than there can be. */
	inject_icmp(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 1, 0);
	assert_int_equal(skiff_getsockopt(p.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	assert_int_equal(info.tcpi_retransmits, UINT8_MAX);
	assert_int_equal(info.tcpi_backoff, UINT8_MAX - 1);
	assert_int_equal(info.tcpi_rto, 120 * USEC_PER_SEC);
}

static void icmp_says_mtu(void **state)
{
	p.port = 0;
	peer_connect(&p);
	peer_write(&p, 1000, 0);
	peer_expect(&p, &s, P_ | A_, 1, 1000);
	inject_icmp(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1, 600);
	/* What was dropped is sent again, as it fits. */
	peer_expect(&p, &s, A_, 1, 560);
	peer_ack(&p, 561);
	peer_expect(&p, &s, P_ | A_, 561, 440);
}

static void icmp_about_synack(void **state)
{
	int l = listen_on(5);

	syn();
	inject_icmp(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 0);
	peer_ack(&p, 1);
	peer_expect(&p, &s, R_, 1, 0);
	skiff_close(l);
}

/* The host closes first. */
static void to_time_wait(void)
{
	p.port = 0;
	peer_connect(&p);
	skiff_close(p.fd);
	p.fd = -1;
	wire_run(&p.h);
	peer_expect(&p, &s, F_ | A_, 1, 0);
	peer_send(&p, F_ | A_, 2, NULL, 0);
	peer_expect(&p, &s, A_, 2, 0);
}

static void time_wait_answers(void **state)
{
	to_time_wait();
	/* The last ACK was lost: the FIN again. */
	p.seq--;
	peer_send(&p, F_ | A_, 2, NULL, 0);
	peer_expect(&p, &s, A_, 2, 0);
	assert_int_equal(s.ack, p.seq);
	wire_sleep(&p.h, 61 * NSEC_PER_SEC);
	peer_ack(&p, 2);
	peer_expect(&p, &s, R_, 2, 0);
}

static void time_wait_assassination(void **state)
{
	to_time_wait();
	peer_send(&p, R_, 0, NULL, 0);
	peer_ack(&p, 2);
	peer_expect(&p, &s, R_, 2, 0);
}

static void time_wait_rfc1337(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_rfc1337", "1");
	to_time_wait();
	peer_send(&p, R_, 0, NULL, 0);
	p.seq--;
	peer_send(&p, F_ | A_, 2, NULL, 0);
	peer_expect(&p, &s, A_, 2, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(closed_port),
		CASE(listening_port),
		CASE(closed_port_and_notes_of_others),
		CASE(child_of_a_used_socket),
		CASE(synack_retransmission),
		CASE(syn_again),
		CASE(bad_ack_of_synack),
		CASE(reset_of_request),
		CASE(aborts_on_overflow),
		CASE(flood),
		CASE(icmp_while_connecting),
		CASE(icmp_while_connected),
		CASE(icmp_after_many_timeouts),
		CASE(icmp_says_mtu),
		CASE(icmp_about_synack),
		CASE(time_wait_answers),
		CASE(time_wait_assassination),
		CASE(time_wait_rfc1337),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
