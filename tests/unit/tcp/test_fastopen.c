// SPDX-License-Identifier: BSD-2-Clause
/* Fast Open, RFC 7413: data in the SYN, over a cable in virtual time. */
#include "tcp/tcp.h"
#include "tcp_pair.h"

static int l;

static void server(int qlen)
{
	setting(host_b, "tcp_fastopen", "3");
	l = stream(host_b);
	struct sockaddr_in any = at(INADDR_ANY, PORT);

	assert_int_equal(skiff_bind(l, ADDR(any)), 0);
	assert_int_equal(skiff_setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN, &qlen, sizeof(qlen)), 0);
	assert_int_equal(skiff_listen(l, 10), 0);
}

static int send_first(const char *text)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int fd = stream(host_a);

	assert_int_equal(skiff_sendto(fd, text, strlen(text), MSG_FASTOPEN, ADDR(to)),
			 (ssize_t)strlen(text));
	return fd;
}

static void expect_text(int fd, const char *text)
{
	char buf[100];

	assert_int_equal(skiff_recv(fd, buf, sizeof(buf), 0), (ssize_t)strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

/* The first connection gets a cookie, the second one uses it. */
static void test_with_cookie(void **state)
{
	int a, b;

	server(5);
	a = send_first("first");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "first");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenCookieReqd"), 1);
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 0);
	a = send_first("second");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "second");
	assert_int_equal(skiff_send(b, "answer", 6, 0), 6);
	expect_text(a, "answer");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 1);
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenActive"), 1);
}

/* The server answers before the handshake is complete. */
static void test_saves_a_round_trip(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int a, b;
	s64 began;

	server(5);
	a = send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	impair(host_a, dev_a, "delay=50ms");
	impair(host_b, dev_b, "delay=50ms");
	began = now_ms();
	a = stream(host_a);
	assert_int_equal(skiff_sendto(a, "request", 7, MSG_FASTOPEN | MSG_DONTWAIT, ADDR(to)), 7);
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "request");
	assert_int_equal(now_ms() - began, 50);
	assert_int_equal(skiff_send(b, "answer", 6, 0), 6);
	expect_text(a, "answer");
	assert_in_range(now_ms() - began, 100, 101);
}

/* A call that may wait ends when the connection is there, as connect() does. */
static void test_waits_for_the_connection(void **state)
{
	static const char big[3000] = "big";
	struct sockaddr_in to = at(B_IP, PORT);
	char buf[3000];
	s64 began;
	u64 acks;
	int a, b;

	server(5);
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	impair(host_a, dev_a, "delay=50ms");
	impair(host_b, dev_b, "delay=50ms");
	began = now_ms();
	send_first("request");
	assert_in_range(now_ms() - began, 100, 101);
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "request");
	/* More than a SYN has room for: the rest follows. */
	a = stream(host_a);
	sleep_ms(200);
	acks = counter(host_b, "TcpExtTCPPureAcks");
	began = now_ms();
	assert_int_equal(skiff_sendto(a, big, sizeof(big), MSG_FASTOPEN, ADDR(to)), sizeof(big));
	assert_in_range(now_ms() - began, 100, 101);
	b = skiff_accept(l, NULL, NULL);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), MSG_WAITALL), sizeof(buf));
	assert_memory_equal(buf, big, sizeof(big));
	/* The SYN-ACK was acknowledged with it. */
	assert_int_equal(counter(host_b, "TcpExtTCPPureAcks"), acks);
}

/* Without a connection nothing has arrived, whatever the SYN had. */
static void test_refused(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int a, b;

	server(5);
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	skiff_close(l);
	a = stream(host_a);
	fails(skiff_sendto(a, "x", 1, MSG_FASTOPEN, ADDR(to)), ECONNREFUSED);
	assert_int_equal(so_error(a), 0);
}

static void test_connect_option(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int a, b, on = 1;

	server(5);
	a = send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	a = stream(host_a);
	assert_int_equal(skiff_setsockopt(a, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)),
			 0);
	assert_int_equal(skiff_connect(a, ADDR(to)), 0);
	assert_int_equal(counter(host_a, "TcpActiveOpens"), 1);
	assert_int_equal(skiff_send(a, "deferred", 8, 0), 8);
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "deferred");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 1);
}

static void test_without_cookie(void **state)
{
	int b;

	server(5);
	setting(host_a, "tcp_fastopen", "5");
	setting(host_b, "tcp_fastopen", "515");
	send_first("no cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "no cookie");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 1);
}

/* A server that has another key by now: the data is sent again, and a new cookie is had. */
static void test_wrong_cookie(void **state)
{
	int b;

	server(5);
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	setting(host_b, "tcp_fastopen_key", "00000001-00000002-00000003-00000004");
	send_first("stale");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "stale");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassiveFail"), 1);
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenActiveFail"), 1);
	send_first("fresh");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "fresh");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 1);
}

static void test_closed_before_accept(void **state)
{
	int b;

	server(5);
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	impair(host_b, dev_b, "delay=50ms");
	skiff_close(send_first("hasty"));
	sleep_ms(10);
	skiff_close(l);
	sleep_ms(500);
}

/* Accepted while its handshake is under way, and disconnected: it counts no longer, and can connect. */
static void test_disconnected_before_established(void **state)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = at(A_IP, PORT);
	int b;

	server(1);
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	sleep_ms(10);
	impair(host_a, dev_a, "delay=50ms");
	send_first("hasty");
	b = skiff_accept(l, NULL, NULL);
	assert_true(b >= 0);
	assert_int_equal(skiff_connect(b, &none, sizeof(none)), 0);
	listener(host_a, PORT, 1);
	assert_int_equal(skiff_connect(b, ADDR(to)), 0);
	send_first("next");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "next");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 2);
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenListenOverflow"), 0);
}

/* A SYN with data that nobody answers: the path swallows them. */
static void swallowed(void)
{
	u64 before = counter(host_a, "TcpExtTCPFastOpenBlackhole");
	struct sockaddr_in to = at(B_IP, PORT);
	int a = stream(host_a);

	impair(host_a, dev_a, "loss=100%");
	assert_int_equal(skiff_sendto(a, "swallowed", 9, MSG_FASTOPEN | MSG_DONTWAIT, ADDR(to)), 9);
	sleep_ms(4000);
	assert_int_equal(skiff_close(a), 0);
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenBlackhole"), before + 1);
	impair(host_a, dev_a, "delay=0ms");
}

/* A path that has let one through starts with the shortest pause when it swallows again. */
static void test_black_hole_is_forgotten(void **state)
{
	int a, b;

	server(5);
	setting(host_a, "tcp_fastopen_blackhole_timeout_sec", "10");
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	swallowed();
	sleep_ms(10000);
	a = send_first("through");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "through");
	assert_int_equal(skiff_send(b, "answer", 6, 0), 6);
	expect_text(a, "answer");
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenActive"), 1);
	assert_int_equal(skiff_close(b), 0);
	sleep_ms(10);
	assert_int_equal(skiff_close(a), 0);
	sleep_ms(10);
	swallowed();
	send_first("still paused");
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenActive"), 1);
	sleep_ms(10000);
	send_first("again");
	sleep_ms(10);
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenActive"), 2);
}

/* Keys of a listening socket: the one in use, and the one before. */
static void set_keys(const char *keys)
{
	assert_int_equal(skiff_setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN_KEY, keys,
					  (socklen_t)strlen(keys)),
			 0);
}

static void test_keys_of_a_listener(void **state)
{
	char keys[40] = "";
	socklen_t len = sizeof(keys);
	int b;

	server(5);
	/* Those of the host at first. */
	assert_int_equal(skiff_getsockopt(l, IPPROTO_TCP, TCP_FASTOPEN_KEY, keys, &len), 0);
	assert_int_equal(len, 16);
	fails(skiff_setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN_KEY, "", 0), EINVAL);
	fails(skiff_setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN_KEY, "123456789012345", 15), EINVAL);
	fails(skiff_setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN_KEY, "12345678901234567", 17), EINVAL);
	set_keys("key number one..");
	len = sizeof(keys);
	assert_int_equal(skiff_getsockopt(l, IPPROTO_TCP, TCP_FASTOPEN_KEY, keys, &len), 0);
	assert_int_equal(len, 16);
	assert_memory_equal(keys, "key number one..", 16);
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	/* The host's own is another one, and may change. */
	setting(host_b, "tcp_fastopen_key", "1-2-3-4");
	send_first("first");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 1);
	/* The old one does, and brings a new cookie. */
	set_keys("key number two..key number one..");
	len = 20;
	assert_int_equal(skiff_getsockopt(l, IPPROTO_TCP, TCP_FASTOPEN_KEY, keys, &len), 0);
	assert_int_equal(len, 20);
	send_first("second");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 2);
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassiveAltKey"), 1);
	send_first("third");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 3);
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassiveAltKey"), 1);
	set_keys("key number three");
	send_first("fourth");
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 3);
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassiveFail"), 1);
}

static bool mtu_is_840(struct sock *sk, void *arg)
{
	(void)arg;
	if (sk->sk_state == TCP_SYN_SENT)
		tcp_v4_mtu_reduced(sk, 840);
	return true;
}

/* A router does not take a SYN with data: the SYN alone goes at once, and the data when it may. */
static void test_syn_was_too_big(void **state)
{
	static char data[1400] = "big";
	struct sockaddr_in to = at(B_IP, PORT);
	char buf[1400];
	u64 sent;
	int a, b;

	server(5);
	send_first("cookie");
	b = skiff_accept(l, NULL, NULL);
	expect_text(b, "cookie");
	a = stream(host_a);
	impair(host_a, dev_a, "loss=100%");
	assert_int_equal(skiff_sendto(a, data, 1000, MSG_FASTOPEN | MSG_DONTWAIT, ADDR(to)), 1000);
	sleep_ms(10);
	impair(host_a, dev_a, "delay=1ms");
	sent = counter(host_a, "TcpRetransSegs");
	net_lock(host_a);
	tcp_for_each(host_a, mtu_is_840, NULL);
	net_unlock(host_a);
	assert_int_equal(counter(host_a, "TcpRetransSegs"), sent + 1);
	sleep_ms(10);
	b = skiff_accept(l, NULL, NULL);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), 1000);
}

static void test_off(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int a = stream(host_a);

	listener(host_b, PORT, 5);
	setting(host_a, "tcp_fastopen", "0");
	fails(skiff_sendto(a, "x", 1, MSG_FASTOPEN, ADDR(to)), EOPNOTSUPP);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_with_cookie),
		CASE(test_saves_a_round_trip),
		CASE(test_waits_for_the_connection),
		CASE(test_refused),
		CASE(test_connect_option),
		CASE(test_without_cookie),
		CASE(test_wrong_cookie),
		CASE(test_closed_before_accept),
		CASE(test_disconnected_before_established),
		CASE(test_black_hole_is_forgotten),
		CASE(test_keys_of_a_listener),
		CASE(test_syn_was_too_big),
		CASE(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
