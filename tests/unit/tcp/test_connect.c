// SPDX-License-Identifier: BSD-2-Clause
/* Connections that are opened, over a cable in virtual time. */
#include "tcp_pair.h"

#include <sys/epoll.h>
#include <sys/time.h>

#include <linux/tcp.h>

#include <skiff/fault.h>

static void exchange(int from, int to, const char *text)
{
	char buf[100];
	int len = (int)strlen(text);

	assert_int_equal(skiff_send(from, text, (size_t)len, 0), len);
	assert_int_equal(skiff_recv(to, buf, sizeof(buf), 0), len);
	assert_memory_equal(buf, text, len);
}

static void test_open_and_close(void **state)
{
	int l = listener(host_b, PORT, 5), a = connected(PORT), b;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char c;

	b = skiff_accept(l, (struct sockaddr *)(void *)&peer, &len);
	assert_true(b >= 0);
	assert_int_equal(ntohl(peer.sin_addr.s_addr), A_IP);
	exchange(a, b, "hello");
	exchange(b, a, "good bye");
	assert_int_equal(counter(host_a, "TcpCurrEstab"), 1);
	assert_int_equal(counter(host_b, "TcpCurrEstab"), 1);
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(skiff_recv(b, &c, 1, 0), 0);
	assert_int_equal(skiff_close(b), 0);
	sleep_ms(100);
	assert_int_equal(counter(host_a, "TcpCurrEstab"), 0);
	assert_int_equal(counter(host_b, "TcpCurrEstab"), 0);
	assert_int_equal(counter(host_a, "TcpOutRsts") + counter(host_b, "TcpOutRsts"), 0);
}

static void test_refused(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int a = stream(host_a);

	fails(skiff_connect(a, ADDR(to)), ECONNREFUSED);
	/* And it can be tried again. */
	listener(host_b, PORT, 1);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
	fails(skiff_connect(a, ADDR(to)), EISCONN);
}

static void test_nonblocking(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT), name;
	socklen_t len = sizeof(name);
	int a = stream(host_a);

	listener(host_b, PORT, 1);
	impair(host_a, dev_a, "delay=10ms");
	nonblocking(a);
	fails(skiff_connect(a, ADDR(to)), EINPROGRESS);
	fails(skiff_connect(a, ADDR(to)), EALREADY);
	fails(skiff_getpeername(a, (struct sockaddr *)(void *)&name, &len), ENOTCONN);
	sleep_ms(100);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
	fails(skiff_connect(a, ADDR(to)), EISCONN);
	assert_int_equal(skiff_getpeername(a, (struct sockaddr *)(void *)&name, &len), 0);
	assert_int_equal(ntohs(name.sin_port), PORT);
}

static void test_times_out(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int a = stream(host_a);
	s64 began;

	setting(host_a, "tcp_syn_retries", "2");
	listener(host_b, PORT, 1);
	/* So that the neighbour is known. */
	connected(PORT);
	impair(host_b, dev_b, "loss=100%");
	began = now_ms();
	fails(skiff_connect(a, ADDR(to)), ETIMEDOUT);
	/* As long as two attempts take whose waiting is doubled; there are more, for it is not. */
	assert_int_equal(now_ms() - began, 7000);
	/* The other side's attempts end by themselves too. */
	sleep_ms(200000);
}

static void test_connect_waits_so_long(void **state)
{
	struct timeval tv = { .tv_usec = 300000 };
	struct sockaddr_in to = at(B_IP, PORT);
	int a = stream(host_a);
	s64 began;

	listener(host_b, PORT, 1);
	impair(host_a, dev_a, "delay=500ms");
	assert_int_equal(skiff_setsockopt(a, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
	began = now_ms();
	fails(skiff_connect(a, ADDR(to)), EINPROGRESS);
	assert_int_equal(now_ms() - began, 300);
	fails(skiff_connect(a, ADDR(to)), EALREADY);
	sleep_ms(3000);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
}

/* RFC 9293 section 3.5: both begin at once. */
static void test_simultaneous(void **state)
{
	struct sockaddr_in own_a = at(A_IP, 500), own_b = at(B_IP, 600);
	int a = stream(host_a), b = stream(host_b);

	impair(host_a, dev_a, "delay=10ms");
	impair(host_b, dev_b, "delay=10ms");
	assert_int_equal(skiff_bind(a, ADDR(own_a)), 0);
	assert_int_equal(skiff_bind(b, ADDR(own_b)), 0);
	nonblocking(a);
	nonblocking(b);
	fails(skiff_connect(a, ADDR(own_b)), EINPROGRESS);
	fails(skiff_connect(b, ADDR(own_a)), EINPROGRESS);
	sleep_ms(1000);
	assert_int_equal(skiff_connect(a, ADDR(own_b)), 0);
	assert_int_equal(skiff_connect(b, ADDR(own_a)), 0);
	assert_int_equal(skiff_fcntl(a, F_SETFL, 0), 0);
	assert_int_equal(skiff_fcntl(b, F_SETFL, 0), 0);
	exchange(a, b, "both at once");
}

static void test_wrong_calls(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT), multicast = at(0xe0000101u, PORT),
			   nowhere = at(0xc0000201u, PORT), foreign = at(B_IP, 0);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	int a = stream(host_a);
	char c = 0;

	fails(skiff_accept(a, NULL, NULL), EINVAL);
	fails(skiff_send(a, &c, 1, 0), EPIPE);
	fails(skiff_recv(a, &c, 1, 0), ENOTCONN);
	fails(skiff_shutdown(a, SHUT_WR), ENOTCONN);
	fails(skiff_connect(a, ADDR(six)), EAFNOSUPPORT);
	fails(skiff_connect(a, (struct sockaddr *)(void *)&to, 4), EINVAL);
	fails(skiff_connect(a, ADDR(nowhere)), ENETUNREACH);
	fails(skiff_connect(a, ADDR(multicast)), ENETUNREACH);
	fails(skiff_bind(a, ADDR(foreign)), EADDRNOTAVAIL);
	assert_int_equal(skiff_listen(a, 1), 0);
	fails(skiff_connect(a, ADDR(to)), EISCONN);
	fails(skiff_recv(a, &c, 1, 0), ENOTCONN);
}

/* Ports are chosen per flow: as many connections as there are ports, to each peer. */
static void test_ports_per_peer(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT), name;
	socklen_t len = sizeof(name);
	int l1 = listener(host_b, PORT, 100), l2 = listener(host_b, PORT + 1, 100), a;

	setting(host_a, "ip_local_port_range", "500 509");
	setting(host_a, "ip_local_reserved_ports", "502,505-506");
	for (int i = 0; i < 7; i++) {
		a = connected(PORT);
		assert_int_equal(skiff_getsockname(a, (struct sockaddr *)(void *)&name, &len), 0);
		assert_in_range(ntohs(name.sin_port), 500, 509);
		assert_true(ntohs(name.sin_port) != 502 && ntohs(name.sin_port) != 505 &&
			    ntohs(name.sin_port) != 506);
		connected(PORT + 1);
	}
	a = stream(host_a);
	fails(skiff_connect(a, ADDR(to)), EADDRNOTAVAIL);
	for (int i = 0; i < 7; i++) {
		assert_true(skiff_accept(l1, NULL, NULL) >= 0);
		assert_true(skiff_accept(l2, NULL, NULL) >= 0);
	}
}

static void test_ports_are_shared(void **state)
{
	struct sockaddr_in any = at(INADDR_ANY, 700), own = at(A_IP, 700);
	int a = stream(host_a), b = stream(host_a), c = stream(host_a), on = 1;

	assert_int_equal(skiff_bind(a, ADDR(own)), 0);
	fails(skiff_bind(b, ADDR(any)), EADDRINUSE);
	/* Both have to agree. */
	assert_int_equal(skiff_setsockopt(b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	fails(skiff_bind(b, ADDR(any)), EADDRINUSE);
	skiff_close(a);
	assert_int_equal(skiff_bind(b, ADDR(any)), 0);
	assert_int_equal(skiff_setsockopt(c, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(skiff_bind(c, ADDR(own)), 0);
	/* One of them may listen. */
	assert_int_equal(skiff_listen(b, 1), 0);
	fails(skiff_listen(c, 1), EADDRINUSE);
}

static void test_reuseport_divides(void **state)
{
	struct sockaddr_in any = at(INADDR_ANY, PORT);
	int l[2], got[2] = { 0, 0 }, on = 1;

	for (int i = 0; i < 2; i++) {
		l[i] = stream(host_b);
		assert_int_equal(skiff_setsockopt(l[i], SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)),
				 0);
		assert_int_equal(skiff_bind(l[i], ADDR(any)), 0);
		assert_int_equal(skiff_listen(l[i], 100), 0);
		nonblocking(l[i]);
	}
	for (int i = 0; i < 40; i++)
		connected(PORT);
	sleep_ms(10);
	for (int i = 0; i < 2; i++)
		while (skiff_accept(l[i], NULL, NULL) >= 0)
			got[i]++;
	assert_int_equal(got[0] + got[1], 40);
	assert_true(got[0] > 5 && got[1] > 5);
}

/* listen(1) means two that wait. */
static void test_accept_queue_overflows(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int l = listener(host_b, PORT, 1), a;

	connected(PORT);
	connected(PORT);
	a = stream(host_a);
	nonblocking(a);
	fails(skiff_connect(a, ADDR(to)), EINPROGRESS);
	sleep_ms(500);
	assert_true(counter(host_b, "TcpExtListenOverflows") > 0);
	assert_true(counter(host_b, "TcpExtListenDrops") > 0);
	fails(skiff_connect(a, ADDR(to)), EALREADY);
	/* With a place free, the next attempt gets it. */
	assert_true(skiff_accept(l, NULL, NULL) >= 0);
	sleep_ms(3000);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
}

static void test_listener_goes(void **state)
{
	int l = listener(host_b, PORT, 5), a = connected(PORT);
	char c;

	sleep_ms(10);
	skiff_close(l);
	sleep_ms(10);
	fails(skiff_recv(a, &c, 1, 0), ECONNRESET);
}

static void test_cookies(void **state)
{
	int l, a, b;

	setting(host_b, "tcp_syncookies", "2");
	l = listener(host_b, PORT, 5);
	a = connected(PORT);
	b = skiff_accept(l, NULL, NULL);
	assert_true(b >= 0);
	exchange(a, b, "nothing was remembered");
	assert_int_equal(counter(host_b, "TcpExtSyncookiesSent"), 1);
	assert_int_equal(counter(host_b, "TcpExtSyncookiesRecv"), 1);
	/* Without timestamps there is less to agree on. */
	setting(host_a, "tcp_timestamps", "0");
	a = connected(PORT);
	b = skiff_accept(l, NULL, NULL);
	exchange(a, b, "and even less");
}

static void set_key(int fd, u32 peer, const char *key)
{
	struct sockaddr_in to = at(peer, 0);
	struct tcp_md5sig sig;

	memset(&sig, 0, sizeof(sig));
	memcpy(&sig.tcpm_addr, &to, sizeof(to));
	sig.tcpm_keylen = (u16)strlen(key);
	memcpy(sig.tcpm_key, key, strlen(key));
	assert_int_equal(skiff_setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &sig, sizeof(sig)), 0);
}

static void test_signatures(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int l = listener(host_b, PORT, 5), a = stream(host_a), b;

	setting(host_a, "tcp_syn_retries", "1");
	set_key(l, A_IP, "secret");
	fails(skiff_connect(a, ADDR(to)), ETIMEDOUT);
	set_key(a, B_IP, "guess");
	fails(skiff_connect(a, ADDR(to)), ETIMEDOUT);
	set_key(a, B_IP, "secret");
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
	b = skiff_accept(l, NULL, NULL);
	exchange(a, b, "signed");
	exchange(b, a, "and signed back");
	assert_true(counter(host_b, "TcpExtTCPMD5NotFound") > 0);
	assert_true(counter(host_b, "TcpExtTCPMD5Failure") > 0);
}

static void test_v4_mapped(void **state)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) }, name;
	int l = skiff_socket(host_b, AF_INET6, SOCK_STREAM, 0), a, b;
	socklen_t len = sizeof(name);

	assert_true(l >= 0);
	assert_int_equal(skiff_bind(l, ADDR(any)), 0);
	assert_int_equal(skiff_listen(l, 5), 0);
	a = connected(PORT);
	b = skiff_accept(l, (struct sockaddr *)(void *)&name, &len);
	assert_true(b >= 0);
	assert_int_equal(name.sin6_family, AF_INET6);
	assert_true(IN6_IS_ADDR_V4MAPPED(&name.sin6_addr));
	exchange(a, b, "from four to six");
	/* And a client of that family. */
	a = skiff_socket(host_a, AF_INET6, SOCK_STREAM, 0);
	any.sin6_addr.s6_addr[10] = any.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&any.sin6_addr.s6_addr[12], &(u32){ htonl(B_IP) }, 4);
	assert_int_equal(skiff_connect(a, ADDR(any)), 0);
	b = skiff_accept(l, NULL, NULL);
	exchange(b, a, "from six to six");
}

static void uses(int fd, const char *control)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	assert_int_equal(skiff_getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, control);
}

/* BBR keeps more than a socket holds: each has its own, and the listener's goes with the listener. */
static void test_control_of_its_own(void **state)
{
	int l = listener(host_b, PORT, 5), a[2], b[2];

	assert_int_equal(skiff_setsockopt(l, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3), 0);
	for (int i = 0; i < 2; i++) {
		a[i] = connected(PORT);
		b[i] = skiff_accept(l, NULL, NULL);
		uses(b[i], "bbr");
	}
	skiff_close(l);
	exchange(b[0], a[0], "without the listener");
	skiff_close(b[0]);
	exchange(b[1], a[1], "nor the other one");
	assert_int_equal(skiff_setsockopt(b[1], IPPROTO_TCP, TCP_CONGESTION, "cubic", 5), 0);
	exchange(b[1], a[1], "and in another way");
	assert_int_equal(skiff_setsockopt(b[1], IPPROTO_TCP, TCP_CONGESTION, "bbr", 3), 0);
	exchange(b[1], a[1], "and back");
}

static void test_no_memory_for_control(void **state)
{
	int l = listener(host_b, PORT, 5), a, b;

	if (skiff_fail_nth(0) == -EOPNOTSUPP)
		skip();
	a = connected(PORT);
	b = skiff_accept(l, NULL, NULL);
	skiff_fail_nth(1);
	fails(skiff_setsockopt(a, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3), ENOMEM);
	skiff_fail_nth(0);
	uses(a, "cubic");
	exchange(a, b, "as before");
}

/* What SO_BUF_LOCK takes back is the sizes, not the port that bind() named. */
static void test_port_stays_locked(void **state)
{
	struct sockaddr_in own = at(A_IP, 7777), to = at(B_IP, PORT), name;
	socklen_t len = sizeof(name);
	int a = stream(host_a), lock = 0;

	assert_int_equal(skiff_bind(a, ADDR(own)), 0);
	assert_int_equal(skiff_setsockopt(a, SOL_SOCKET, SO_BUF_LOCK, &lock, sizeof(lock)), 0);
	fails(skiff_connect(a, ADDR(to)), ECONNREFUSED);
	assert_int_equal(skiff_getsockname(a, (struct sockaddr *)(void *)&name, &len), 0);
	assert_int_equal(name.sin_port, htons(7777));
}

static void test_defer_accept(void **state)
{
	int l = listener(host_b, PORT, 5), a, val = 10;

	assert_int_equal(skiff_setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, &val, sizeof(val)), 0);
	nonblocking(l);
	a = connected(PORT);
	sleep_ms(100);
	fails(skiff_accept(l, NULL, NULL), EAGAIN);
	assert_int_equal(skiff_send(a, "now", 3, 0), 3);
	sleep_ms(100);
	assert_true(skiff_accept(l, NULL, NULL) >= 0);
}

static u32 ready(int ep)
{
	struct epoll_event ev = { .events = 0 };

	return skiff_epoll_wait(ep, &ev, 1, 0) == 1 ? ev.events : 0;
}

static int watch(int fd, u32 events)
{
	struct epoll_event ev = { .events = events };
	int ep = skiff_epoll_create1(0);

	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	return ep;
}

static void test_readiness(void **state)
{
	u32 all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
	int fresh = stream(host_a), l = listener(host_b, PORT, 5), a, b, ep;

	assert_int_equal(ready(watch(fresh, all)), EPOLLOUT | EPOLLHUP);
	ep = watch(l, all);
	assert_int_equal(ready(ep), 0);
	a = connected(PORT);
	sleep_ms(1);
	assert_int_equal(ready(ep), EPOLLIN);
	b = skiff_accept(l, NULL, NULL);
	assert_int_equal(ready(ep), 0);
	ep = watch(b, all);
	assert_int_equal(ready(ep), EPOLLOUT);
	skiff_shutdown(a, SHUT_WR);
	sleep_ms(1);
	assert_int_equal(ready(ep), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	skiff_shutdown(b, SHUT_WR);
	sleep_ms(1);
	assert_int_equal(ready(ep), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
}

/* The tables grow while they are in use, and everybody is found. */
static void test_many(void **state)
{
	enum { N = 600 };
	struct sockaddr_in to = at(INADDR_LOOPBACK, PORT);
	static int a[N], b[N];
	int l = listener(host_a, PORT, N);

	for (int i = 0; i < N; i++) {
		a[i] = stream(host_a);
		assert_int_equal(skiff_connect(a[i], ADDR(to)), 0);
		b[i] = skiff_accept(l, NULL, NULL);
		assert_true(b[i] >= 0);
		if (i)
			exchange(a[i / 2], b[i / 2], "still there");
	}
	assert_int_equal(counter(host_a, "TcpCurrEstab"), 2 * N);
	for (int i = 0; i < N; i++) {
		exchange(b[i], a[i], "all of them");
		skiff_close(a[i]);
		skiff_close(b[i]);
	}
	sleep_ms(10);
	assert_int_equal(counter(host_a, "TcpCurrEstab"), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_open_and_close),
		CASE(test_refused),
		CASE(test_nonblocking),
		CASE(test_times_out),
		CASE(test_connect_waits_so_long),
		CASE(test_simultaneous),
		CASE(test_wrong_calls),
		CASE(test_ports_per_peer),
		CASE(test_ports_are_shared),
		CASE(test_reuseport_divides),
		CASE(test_accept_queue_overflows),
		CASE(test_listener_goes),
		CASE(test_cookies),
		CASE(test_signatures),
		CASE(test_v4_mapped),
		CASE(test_control_of_its_own),
		CASE(test_no_memory_for_control),
		CASE(test_port_stays_locked),
		CASE(test_defer_accept),
		CASE(test_readiness),
		CASE(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
