// SPDX-License-Identifier: BSD-2-Clause
/* Peers whose data costs more than it is worth, and peers who only come to fill tables. */
#include "hostile.h"

#define LISTEN_PORT 1000

/* What a connection may hold: its buffer, and one segment that the last byte of room let in. */
static void assert_bounded(void)
{
	const struct sock *sk = the_sock();

	assert_true(sk_rmem_alloc_get(sk) <= sk->sk_rcvbuf + (int)SKB_TRUESIZE(2048));
}

/* One byte in each segment, and nobody reads. */
static void tiny_segments(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_rmem", "4096 16384 32768");
	peer_connect(&p);
	for (int i = 0; i < 20000; i++) {
		peer_send_at(&p, A_, i, 1, "x", 1);
		if (i % 64 == 0) {
			drop_sent();
			assert_bounded();
		}
	}
	drop_sent();
	/* What was acknowledged is there. */
	assert_int_equal(skiff_recv(p.fd, (u8[32768]){ 0 }, 32768, 0),
			 tcp_sk(the_sock())->bytes_received);
}

/* The same with holes in between: they can't be packed, so they are thrown away. */
static void holes_everywhere(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_rmem", "4096 16384 32768");
	peer_connect(&p);
	for (int i = 1; i < 30000; i += 2) {
		peer_send_at(&p, A_, i, 1, "x", 1);
		if (i % 64 == 1) {
			drop_sent();
			assert_bounded();
			tcp_check_invariants(p.h.net);
		}
	}
	assert_true(peer_mib(&p, LINUX_MIB_PRUNECALLED) > 0);
	assert_true(peer_mib(&p, LINUX_MIB_TCPOFODROP) > 0);
	/* Nor is that tried for each segment: CVE-2018-5390. */
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPRCVCOLLAPSED), 0);
	drop_sent();
	/* What fills the first hole has room all the same: the newest has to go. */
	peer_send_at(&p, A_, 0, 1, "y", 1);
	assert_int_equal(tcp_sk(the_sock())->copied_seq + 2, tcp_sk(the_sock())->rcv_nxt);
	assert_bounded();
}

/* From the end on: each new one is worth more than the ones that are there. */
static void holes_from_behind(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_rmem", "4096 16384 32768");
	peer_connect(&p);
	for (int i = 7999; i > 0; i -= 2) {
		peer_send_at(&p, A_, i, 1, "x", 1);
		if (i % 64 == 1) {
			drop_sent();
			assert_bounded();
			tcp_check_invariants(p.h.net);
		}
	}
	assert_true(peer_mib(&p, LINUX_MIB_OFOPRUNED) > 0);
}

/* What overlaps, with other content each time: the buffer that begins first is read. */
static void other_content(void **state)
{
	char text[100], buf[300];

	peer_connect(&p);
	memset(text, 'a', sizeof(text));
	peer_send_at(&p, A_, 100, 1, text, 100);
	memset(text, 'b', sizeof(text));
	peer_send_at(&p, A_, 50, 1, text, 100);
	/* Covered by both. */
	memset(text, 'c', sizeof(text));
	peer_send_at(&p, A_, 110, 1, text, 20);
	memset(text, 'd', sizeof(text));
	peer_send_at(&p, A_, 0, 1, text, 60);
	/* Too late. */
	memset(text, 'e', sizeof(text));
	peer_send_at(&p, A_, 0, 1, text, 100);
	assert_int_equal(skiff_recv(p.fd, buf, sizeof(buf), 0), 200);
	for (int i = 0; i < 200; i++)
		assert_int_equal(buf[i], i < 60 ? 'd' : i < 150 ? 'b' : 'a');
}

/* FINs wherever there is room for one: the first whose turn comes is the end. */
static void fins_everywhere(void **state)
{
	char buf[3000];

	peer_connect(&p);
	for (int i = 1; i < 2000; i++) {
		peer_send_at(&p, F_ | A_, i, 1, NULL, 0);
		if (i % 64 == 1) {
			drop_sent();
			assert_bounded();
			tcp_check_invariants(p.h.net);
		}
	}
	peer_send_at(&p, A_, 0, 1, peer_bytes, 1);
	assert_int_equal(the_sock()->sk_state, TCP_CLOSE_WAIT);
	assert_true(RB_EMPTY_ROOT(&tcp_sk(the_sock())->out_of_order_queue));
	assert_int_equal(skiff_recv(p.fd, buf, sizeof(buf), 0), 1);
	assert_int_equal(skiff_recv(p.fd, buf, sizeof(buf), 0), 0);
}

/* RFC 5961 section 7: about as many challenges in a second as net.ipv4.tcp_challenge_ack_limit. */
static void challenges(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_challenge_ack_limit", "10");
	peer_sysctl(&p, "net.ipv4.tcp_invalid_ratelimit", "0");
	peer_connect(&p);
	for (int i = 1; i < 1000; i++)
		peer_send_at(&p, R_, i, 0, NULL, 0);
	assert_in_range(peer_mib(&p, LINUX_MIB_TCPCHALLENGEACK), 5, 15);
	assert_int_equal(the_sock()->sk_state, TCP_ESTABLISHED);
}

/* SYNs of peers who never answer. Return: how many are remembered. */
static unsigned int flood(unsigned int syns)
{
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	p.port = LISTEN_PORT;
	for (unsigned int i = 0; i < syns; i++) {
		p.own = (u16)(20000 + i);
		peer_send_at(&p, S_, 1000, 0, NULL, 0);
		drop_sent();
	}
	/* The listening socket is in the other table. */
	return tcp_net(p.h.net)->hashinfo.ehash.count;
}

/* Cookies need no memory: the queue holds as many as listen() said, and one. */
static void syn_flood_with_cookies(void **state)
{
	p.fd = listen_on(LISTEN_PORT, 16);
	assert_int_equal(flood(2000), 17);
	assert_int_equal(peer_mib(&p, LINUX_MIB_SYNCOOKIESSENT), 2000 - 17);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPREQQFULLDOCOOKIES), 2000 - 17);
	wire_sleep(&p.h, 200 * NSEC_PER_SEC);
	assert_int_equal(tcp_net(p.h.net)->hashinfo.ehash.count, 0);
}

static void syn_flood_without_cookies(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_syncookies", "0");
	p.fd = listen_on(LISTEN_PORT, 16);
	assert_int_equal(flood(2000), 17);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPREQQFULLDROP), 2000 - 17);
	assert_int_equal(peer_mib(&p, LINUX_MIB_LISTENDROPS), 2000 - 17);
	assert_int_equal(peer_mib(&p, LINUX_MIB_SYNCOOKIESSENT), 0);
	wire_sleep(&p.h, 200 * NSEC_PER_SEC);
	assert_int_equal(tcp_net(p.h.net)->hashinfo.ehash.count, 0);
}

/* The last quarter of net.ipv4.tcp_max_syn_backlog is for peers who were here before. */
static void syn_backlog(void **state)
{
	peer_sysctl(&p, "net.ipv4.tcp_syncookies", "0");
	peer_sysctl(&p, "net.ipv4.tcp_max_syn_backlog", "64");
	p.fd = listen_on(LISTEN_PORT, 1000);
	assert_in_range(flood(500), 48, 49);
	assert_in_range(peer_mib(&p, LINUX_MIB_LISTENDROPS), 451, 452);
}

/* A connection to the listening socket from port @own. Return: its descriptor. */
static int accepted(int l, u16 own)
{
	p.own = own;
	p.port = LISTEN_PORT;
	p.iss = 0;
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	peer_send(&p, S_, 0, NULL, 0);
	p.optlen = 0;
	assert_true(peer_take(&p, &s));
	p.iss = s.seq;
	peer_ack(&p, 1);
	return skiff_accept(l, NULL, NULL);
}

static void time_wait_buckets(void **state)
{
	int l = listen_on(LISTEN_PORT, 5);

	peer_sysctl(&p, "net.ipv4.tcp_max_tw_buckets", "5");
	for (u16 i = 0; i < 20; i++) {
		skiff_close(accepted(l, (u16)(3000 + i)));
		wire_run(&p.h);
		peer_send(&p, F_ | A_, 2, NULL, 0);
		drop_sent();
	}
	assert_int_equal(tcp_net(p.h.net)->tw_count, 5);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPTIMEWAITOVERFLOW), 15);
	assert_int_equal(tcp_net(p.h.net)->sock_count, 1);
	wire_sleep(&p.h, 61 * NSEC_PER_SEC);
	assert_int_equal(tcp_net(p.h.net)->tw_count, 0);
	skiff_close(l);
}

/* Connections that the program has closed and whose peers say nothing any more. */
static void orphans(void **state)
{
	int l = listen_on(LISTEN_PORT, 5), resets = 0;

	peer_sysctl(&p, "net.ipv4.tcp_max_orphans", "4");
	for (u16 i = 0; i < 20; i++) {
		int fd = accepted(l, (u16)(3000 + i));

		assert_int_equal(skiff_send(fd, "bye", 3, 0), 3);
		skiff_close(fd);
		wire_run(&p.h);
		while (peer_take(&p, &s))
			resets += (s.flags & R_) != 0;
		assert_true(tcp_net(p.h.net)->orphan_count <= 4);
	}
	assert_int_equal(resets, 16);
	assert_int_equal(peer_mib(&p, LINUX_MIB_TCPABORTONMEMORY), 16);
	/* The others give up in time. */
	wire_sleep(&p.h, 1000 * NSEC_PER_SEC);
	assert_int_equal(tcp_net(p.h.net)->orphan_count, 0);
	skiff_close(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tiny_segments),
		CASE(holes_everywhere),
		CASE(holes_from_behind),
		CASE(other_content),
		CASE(fins_everywhere),
		CASE(challenges),
		CASE(syn_flood_with_cookies),
		CASE(syn_flood_without_cookies),
		CASE(syn_backlog),
		CASE(time_wait_buckets),
		CASE(orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
