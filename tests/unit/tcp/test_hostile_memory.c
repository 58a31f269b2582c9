// SPDX-License-Identifier: BSD-2-Clause
/* Peers by the thousand, who come to take memory: what they get has a limit, and comes back. */
#include "hostile.h"

#define LISTEN_PORT 1000
/* To two listeners, because a peer has 65,535 ports. */
#define HALF_OPEN 100000
#define SLOW 100000
#define PAGE_LIMIT 2000

/* SYNs that nobody follows up, half of them to each of two ports. */
static void flood(void)
{
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	for (unsigned int i = 0; i < HALF_OPEN; i++) {
		p.port = (u16)(LISTEN_PORT + i % 2);
		p.own = (u16)(2000 + i / 2);
		peer_send_at(&p, S_, 1000, 0, NULL, 0);
		drop_sent();
	}
	p.optlen = 0;
}

/* A connection from port 999 to the first listener; it sends and gets something. Return: its socket. */
static int honest(int l)
{
	u8 byte = 0;
	int fd;

	p.own = 999;
	p.port = LISTEN_PORT;
	p.seq = p.iss = 0;
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	peer_send(&p, S_, 0, NULL, 0);
	p.optlen = 0;
	assert_true(peer_take(&p, &s));
	assert_int_equal(s.flags, S_ | A_);
	p.iss = s.seq;
	peer_ack(&p, 1);
	fd = skiff_accept(l, NULL, NULL);
	assert_true(fd >= 0);
	peer_send(&p, A_ | P_, 1, "x", 1);
	assert_int_equal(skiff_recv(fd, &byte, 1, 0), 1);
	drop_sent();
	return fd;
}

/* As a host is set up: the queues hold what net.core.somaxconn says, the rest is cookies. */
static void half_open(void **state)
{
	int l[2] = { listen_on(LISTEN_PORT, 1000000), listen_on(LISTEN_PORT + 1, 1000000) };

	flood();
	assert_int_equal(tcp_net(p.h.net)->hashinfo.ehash.count, 2 * (4096 + 1));
	assert_int_equal(peer_mib(&p, LINUX_MIB_SYNCOOKIESSENT), HALF_OPEN - 2 * (4096 + 1));
	skiff_close(honest(l[0]));
	skiff_close(l[0]);
	skiff_close(l[1]);
}

/* And with longer queues all are remembered, each for its time; others still get in. */
static void half_open_and_remembered(void **state)
{
	int l[2], fd;

	peer_sysctl(&p, "net.ipv4.tcp_syncookies", "0");
	peer_sysctl(&p, "net.ipv4.tcp_synack_retries", "1");
	peer_sysctl(&p, "net.ipv4.tcp_max_syn_backlog", "1000000");
	peer_sysctl(&p, "net.core.somaxconn", "1000000");
	l[0] = listen_on(LISTEN_PORT, 1000000);
	l[1] = listen_on(LISTEN_PORT + 1, 1000000);
	flood();
	assert_int_equal(tcp_net(p.h.net)->hashinfo.ehash.count, HALF_OPEN);
	fd = honest(l[0]);
	for (int i = 0; i < 10; i++) {
		wire_sleep(&p.h, NSEC_PER_SEC);
		drop_sent();
	}
	assert_int_equal(tcp_net(p.h.net)->hashinfo.ehash.count, 1);
	skiff_close(fd);
	skiff_close(l[0]);
	skiff_close(l[1]);
}

/* Connection number @i, whose peer has a closed window from now on. Return: its socket. */
static int slow_reader(const int l[2], int i)
{
	int fd;

	p.port = (u16)(LISTEN_PORT + i % 2);
	p.own = (u16)(2000 + i / 2);
	p.seq = p.iss = 0;
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	peer_send(&p, S_, 0, NULL, 0);
	p.optlen = 0;
	assert_true(peer_take(&p, &s));
	p.iss = s.seq;
	p.win = 0;
	peer_ack(&p, 1);
	p.win = 65535;
	fd = skiff_accept(l[i % 2], NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

/* Who asks for much and reads nothing: together they get what net.ipv4.tcp_mem allows. */
static void slow_readers(void **state)
{
	/* A socket may have its least, however little there is: net.ipv4.tcp_wmem's first. */
	const long most = PAGE_LIMIT + 2 * SLOW;
	static int fds[SLOW];
	u32 first_iss = 0;
	int l[2];
	u64 taken = 0;
	ssize_t n;

	peer_sysctl(&p, "net.ipv4.tcp_mem", "1000 1500 2000");
	l[0] = listen_on(LISTEN_PORT, 10);
	l[1] = listen_on(LISTEN_PORT + 1, 10);
	for (int i = 0; i < SLOW; i++) {
		fds[i] = slow_reader(l, i);
		if (!i)
			first_iss = p.iss;
		while ((n = skiff_send(fds[i], peer_bytes, sizeof(peer_bytes), MSG_DONTWAIT)) > 0)
			taken += (u64)n;
		/* Not even the first byte found room. */
		assert_true(errno == EAGAIN || errno == ENOBUFS);
		assert_true(atomic_long_read(&tcp_memory_allocated) <= most);
		drop_sent();
	}
	assert_true(peer_mib(&p, LINUX_MIB_TCPMEMORYPRESSURES) > 0);
	assert_true(taken > 0);
	/* The first one reads after all: what was taken arrives. */
	p.port = LISTEN_PORT;
	p.own = 2000;
	p.iss = first_iss;
	peer_ack(&p, 1);
	wire_run(&p.h);
	assert_true(peer_take(&p, &s));
	assert_true(s.len > 0);
	for (int i = 0; i < SLOW; i++)
		skiff_close(fds[i]);
	drop_sent();
	skiff_close(l[0]);
	skiff_close(l[1]);
	/* Windows that never open are given up. */
	for (int i = 0; i < 100; i++) {
		wire_sleep(&p.h, 20 * NSEC_PER_SEC);
		drop_sent();
	}
	assert_int_equal(tcp_net(p.h.net)->sock_count, 0);
	peer_sysctl(&p, "net.ipv4.tcp_mem", "100000 150000 200000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(half_open),
		CASE(half_open_and_remembered),
		CASE(slow_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
