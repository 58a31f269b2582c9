// SPDX-License-Identifier: BSD-2-Clause
/* What routes say to connections, and what connections leave behind for the next ones. */
#include "tcp/metrics.h"
#include "tcp_pair.h"

static int lsn;

static int open_pair(void **state)
{
	pair_setup(state);
	lsn = listener(host_b, PORT, 10);
	return 0;
}

static void route_of(struct net *net, const char *peer, const char *metrics)
{
	char text[200], err[400] = "";

	snprintf(text, sizeof(text), "%s dev veth0 %s", peer, metrics);
	if (skiff_route_replace(net, text, err, sizeof(err)))
		fail_msg("%s", err);
}

/* Metrics of the way from A to B, and from B to A. */
#define route_ab(metrics) route_of(host_a, "10.0.0.2", metrics)
#define route_ba(metrics) route_of(host_b, "10.0.0.1", metrics)

static struct tcp_info info(int fd)
{
	struct tcp_info i;
	socklen_t len = sizeof(i);

	memset(&i, 0, sizeof(i));
	assert_int_equal(skiff_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len), 0);
	return i;
}

/* A connection of A to B; *@b: B's end. */
static int opened(int *b)
{
	int a = connected(PORT);

	*b = skiff_accept(lsn, NULL, NULL);
	assert_true(*b >= 0);
	return a;
}

/* A asks for the end first, and so is the one that waits. */
static void ended(int a, int b)
{
	skiff_close(a);
	sleep_ms(10);
	skiff_close(b);
	sleep_ms(10);
}

static void one_connection(void)
{
	int b, a = opened(&b);

	ended(a, b);
}

static const char *congctl(int fd)
{
	static char name[TCP_CA_NAME_MAX];
	socklen_t len = sizeof(name);

	assert_int_equal(skiff_getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	return name;
}

/* The entry that a host has for its peer, or NULL; there is no more than one. */
static struct tcp_metrics_block *entry(struct net *net)
{
	struct tcp_net *tn = tcp_net(net);
	struct tcp_metrics_block *tm;

	assert_true(tn->nr_metrics <= 1);
	for (size_t i = 0; tn->nr_metrics && i < 8192; i++)
		hlist_for_each_entry(tm, &tn->metrics[i], node)
			return tm;
	return NULL;
}

/* Routes */

static void initial_window(void **state)
{
	int a, b;

	route_ab("initcwnd 23");
	route_ba("initcwnd 3");
	a = opened(&b);
	assert_int_equal(info(a).tcpi_snd_cwnd, 23);
	assert_int_equal(info(b).tcpi_snd_cwnd, 3);
	ended(a, b);
}

static void segment_sizes(void **state)
{
	int a, b;

	route_ab("advmss 1000");
	route_ba("mtu 1300");
	a = opened(&b);
	/* Each end announces what its own route says, and sends what its path and the peer take. */
	assert_int_equal(info(a).tcpi_advmss, 1000 - 12);
	assert_int_equal(info(b).tcpi_snd_mss, 1000 - 12);
	assert_int_equal(info(b).tcpi_advmss, 1260 - 12);
	assert_int_equal(info(a).tcpi_snd_mss, 1260 - 12);
	assert_int_equal(info(b).tcpi_pmtu, 1300);
	ended(a, b);
}

static void windows(void **state)
{
	int a, b;
	socklen_t len = sizeof(int);
	int clamp;

	route_ab("window 20000");
	route_ba("window 30000");
	a = opened(&b);
	assert_int_equal(skiff_getsockopt(a, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp, &len), 0);
	assert_int_equal(clamp, 20000);
	assert_int_equal(skiff_getsockopt(b, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp, &len), 0);
	assert_int_equal(clamp, 30000);
	ended(a, b);
}

static void least_timeout(void **state)
{
	int a, b;

	route_ab("rto_min 30ms");
	a = opened(&b);
	assert_in_range(info(a).tcpi_rto, 30000, 31000);
	assert_in_range(info(b).tcpi_rto, 200000, 201000);
	ended(a, b);
}

static void congestion_control(void **state)
{
	int a, b, fd = stream(host_a);
	struct sockaddr_in to = at(B_IP, PORT);

	route_ab("congctl reno");
	route_ba("congctl lock bbr");
	a = opened(&b);
	assert_string_equal(congctl(a), "reno");
	assert_string_equal(congctl(b), "bbr");
	assert_int_equal(skiff_setsockopt(a, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5), 0);
	fails(skiff_setsockopt(b, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5), EPERM);
	ended(a, b);
	/* It counts more than what the program chose beforehand. */
	assert_int_equal(skiff_setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3), 0);
	assert_int_equal(skiff_connect(fd, ADDR(to)), 0);
	assert_string_equal(congctl(fd), "reno");
	skiff_close(fd);
	skiff_close(skiff_accept(lsn, NULL, NULL));
}

static bool has_ecn(int fd)
{
	return info(fd).tcpi_options & TCPI_OPT_ECN;
}

static void ecn(void **state)
{
	int a, b;

	setting(host_b, "tcp_ecn", "0");
	a = opened(&b);
	assert_false(has_ecn(a));
	ended(a, b);
	/* Asked for by the route alone, and not answered. */
	route_ab("features ecn");
	a = opened(&b);
	assert_false(has_ecn(a) || has_ecn(b));
	ended(a, b);
	route_ba("features ecn");
	a = opened(&b);
	assert_true(has_ecn(a) && has_ecn(b));
	ended(a, b);
	/* A congestion control that needs it implies it. */
	route_ab("congctl dctcp");
	route_ba("congctl dctcp");
	a = opened(&b);
	assert_true(has_ecn(a) && has_ecn(b));
	ended(a, b);
}

/* With SYN cookies the request is forgotten, but not what the route said. */
static void ecn_by_cookies(void **state)
{
	int a, b;

	setting(host_b, "tcp_ecn", "0");
	setting(host_b, "tcp_syncookies", "2");
	route_ab("features ecn");
	route_ba("features ecn");
	a = opened(&b);
	assert_int_equal(counter(host_b, "TcpExtSyncookiesRecv"), 1);
	assert_true(has_ecn(a) && has_ecn(b));
	ended(a, b);
}

static void fast_open_without_cookie(void **state)
{
	int fd = stream(host_a), qlen = 5;
	struct sockaddr_in to = at(B_IP, PORT);

	setting(host_b, "tcp_fastopen", "0x203");
	assert_int_equal(skiff_setsockopt(lsn, IPPROTO_TCP, TCP_FASTOPEN, &qlen, sizeof(qlen)), 0);
	assert_int_equal(skiff_sendto(fd, "no", 2, MSG_FASTOPEN, ADDR(to)), 2);
	sleep_ms(10);
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenActive"), 0);
	skiff_close(fd);
	route_ab("fastopen_no_cookie 1");
	fd = stream(host_a);
	assert_int_equal(skiff_sendto(fd, "yes", 3, MSG_FASTOPEN, ADDR(to)), 3);
	sleep_ms(10);
	assert_int_equal(counter(host_a, "TcpExtTCPFastOpenActive"), 1);
	skiff_close(fd);
	skiff_close(skiff_accept(lsn, NULL, NULL));
	skiff_close(skiff_accept(lsn, NULL, NULL));
}

/* The server's route: whoever comes that way needs none. */
static void fast_open_for_all(void **state)
{
	struct sockaddr_in to = at(B_IP, PORT);
	int fd = stream(host_a), qlen = 5;

	setting(host_a, "tcp_fastopen", "0x5");
	setting(host_b, "tcp_fastopen", "0x3");
	assert_int_equal(skiff_setsockopt(lsn, IPPROTO_TCP, TCP_FASTOPEN, &qlen, sizeof(qlen)), 0);
	assert_int_equal(skiff_sendto(fd, "no", 2, MSG_FASTOPEN, ADDR(to)), 2);
	sleep_ms(10);
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 0);
	skiff_close(fd);
	route_ba("fastopen_no_cookie 1");
	fd = stream(host_a);
	assert_int_equal(skiff_sendto(fd, "yes", 3, MSG_FASTOPEN, ADDR(to)), 3);
	sleep_ms(10);
	assert_int_equal(counter(host_b, "TcpExtTCPFastOpenPassive"), 1);
	skiff_close(fd);
	skiff_close(skiff_accept(lsn, NULL, NULL));
	skiff_close(skiff_accept(lsn, NULL, NULL));
}

static struct sock *first_sock;

static bool find_connection(struct sock *sk, void *arg)
{
	(void)arg;
	if (sk->sk_state == TCP_ESTABLISHED)
		first_sock = sk;
	return true;
}

static struct sock *sock_in(struct net *net)
{
	first_sock = NULL;
	tcp_for_each(net, find_connection, NULL);
	assert_non_null(first_sock);
	return first_sock;
}

static void quickack(void **state)
{
	int a, b;

	route_ba("quickack 1");
	a = opened(&b);
	net_lock(host_b);
	assert_int_equal(inet_csk(sock_in(host_b))->icsk_ack.dst_quick_ack, 1);
	net_unlock(host_b);
	net_lock(host_a);
	assert_int_equal(inet_csk(sock_in(host_a))->icsk_ack.dst_quick_ack, 0);
	net_unlock(host_a);
	ended(a, b);
}

/* What is remembered */

/* Whoever ends second saves too, without waiting; a reset tells nothing. */
static void saved_at_the_end(void **state)
{
	struct linger l = { .l_onoff = 1 };
	int a, b;

	a = opened(&b);
	assert_null(entry(host_a));
	skiff_setsockopt(a, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	ended(a, b);
	assert_null(entry(host_a));
	assert_null(entry(host_b));
	one_connection();
	assert_non_null(entry(host_a));
	assert_non_null(entry(host_b));
	assert_int_equal(entry(host_a)->saddr, htonl(A_IP));
	assert_int_equal(entry(host_a)->daddr, htonl(B_IP));
	assert_int_not_equal(entry(host_a)->vals[TCP_METRIC_RTT], 0);
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_CWND], 10);
	/* The same path again is the same entry. */
	one_connection();
	assert_int_equal(tcp_net(host_a)->nr_metrics, 1);
	net_lock(host_a);
	tcp_metrics_flush_all(host_a);
	net_unlock(host_a);
	assert_null(entry(host_a));
}

static void not_saved(void **state)
{
	setting(host_a, "tcp_no_metrics_save", "1");
	one_connection();
	assert_null(entry(host_a));
	assert_non_null(entry(host_b));
	/* What is there already is used all the same. */
	setting(host_a, "tcp_no_metrics_save", "0");
	one_connection();
	assert_non_null(entry(host_a));
}

/* The first connection goes by itself; at its end the route's values are where the memory begins. */
static void the_route_is_the_beginning(void **state)
{
	int a, b;

	setting(host_a, "tcp_no_ssthresh_metrics_save", "0");
	route_ab("rtt lock 400ms rttvar lock 50ms ssthresh lock 7 cwnd lock 5 reordering lock 9 "
		 "congctl reno");
	a = opened(&b);
	assert_int_equal(info(a).tcpi_snd_cwnd, 10);
	assert_int_equal(info(a).tcpi_reordering, 3);
	assert_int_equal(info(a).tcpi_snd_ssthresh, TCP_INFINITE_SSTHRESH);
	assert_in_range(info(a).tcpi_rto, 200000, 201000);
	ended(a, b);
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_RTT], 400 * 8 * 1000);
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_RTTVAR], 50 * 4 * 1000);
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_SSTHRESH], 7);
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_CWND], 5);
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_REORDERING], 9);
	a = opened(&b);
	assert_int_equal(info(a).tcpi_snd_cwnd, 5);
	assert_int_equal(info(a).tcpi_reordering, 9);
	/* No more than the window may be. */
	assert_int_equal(info(a).tcpi_snd_ssthresh, 5);
	assert_int_equal(info(a).tcpi_rto, 1200000);
	ended(a, b);
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_RTT], 400 * 8 * 1000);
}

/* Down by an eighth of the difference, up at once. */
static void times_are_smoothed(void **state)
{
	u32 rtt;

	route_ab("rtt 800ms");
	one_connection();
	rtt = entry(host_a)->vals[TCP_METRIC_RTT];
	assert_in_range(rtt, 7 * 800 * 1000, 7 * 800 * 1000 + 1000);
	assert_in_range(entry(host_a)->vals[TCP_METRIC_RTTVAR], 3200000 - 1000, 3200000);
	one_connection();
	assert_in_range(entry(host_a)->vals[TCP_METRIC_RTT], rtt - rtt / 8, rtt - rtt / 8 + 1000);
	impair(host_b, dev_b, "delay=1s");
	one_connection();
	sleep_ms(5000);
	assert_in_range(entry(host_a)->vals[TCP_METRIC_RTT], 8000000, 8010000);
}

/* Only with the setting, and then half of what went through. */
static void thresholds(void **state)
{
	int a, b;

	route_ab("ssthresh 7 congctl reno");
	setting(host_a, "tcp_no_ssthresh_metrics_save", "1");
	one_connection();
	a = opened(&b);
	assert_int_equal(info(a).tcpi_snd_ssthresh, TCP_INFINITE_SSTHRESH);
	ended(a, b);
	setting(host_a, "tcp_no_ssthresh_metrics_save", "0");
	a = opened(&b);
	assert_int_equal(info(a).tcpi_snd_ssthresh, 7);
	ended(a, b);
	/* Beyond the threshold: half the window is what is known to pass, or the threshold itself. */
	assert_int_equal(entry(host_a)->vals[TCP_METRIC_SSTHRESH], 7);
}

static void after_an_hour(void **state)
{
	int a, b;

	route_ab("rtt 400ms reordering 9");
	one_connection();
	a = opened(&b);
	assert_int_equal(info(a).tcpi_reordering, 9);
	route_ab("reordering 5");
	/* Not yet: what was learned counts. */
	ended(a, b);
	a = opened(&b);
	assert_int_equal(info(a).tcpi_reordering, 9);
	ended(a, b);
	sleep_ms(3600 * 1000 + 1000);
	a = opened(&b);
	assert_int_equal(info(a).tcpi_reordering, 5);
	assert_in_range(info(a).tcpi_rto, 200000, 201000);
	ended(a, b);
}

/* The table */

/* An entry for a path of @sk's host to @daddr. */
static struct tcp_metrics_block *path_to(struct sock *sk, u32 daddr, bool create)
{
	__be32 saved = sk->sk_daddr;
	struct tcp_metrics_block *tm;

	sk->sk_daddr = htonl(daddr);
	tm = tcp_get_metrics(sk, create);
	sk->sk_daddr = saved;
	return tm;
}

static u64 bucket(struct net *net, u32 daddr)
{
	return tcp_metrics_bucket(tcp_net(net), htonl(daddr));
}

/* Seven paths whose bucket is the same: the seventh takes the place of the oldest. */
static void a_full_bucket(void **state)
{
	u32 path[8] = { 1 }, n = 1;
	struct sock *sk;
	int a, b;

	a = opened(&b);
	net_lock(host_a);
	sk = sock_in(host_a);
	for (u32 daddr = 2; n < 8; daddr++)
		if (bucket(host_a, daddr) == bucket(host_a, 1))
			path[n++] = daddr;
	for (u32 i = 0; i < 6; i++) {
		assert_non_null(path_to(sk, path[i], true));
		path_to(sk, path[i], true)->stamp += i;
	}
	assert_int_equal(tcp_net(host_a)->nr_metrics, 6);
	/* One that was used is not the oldest any more. */
	path_to(sk, path[0], true)->stamp += 100;
	assert_non_null(path_to(sk, path[6], true));
	assert_int_equal(tcp_net(host_a)->nr_metrics, 6);
	assert_null(path_to(sk, path[1], false));
	for (u32 i = 0; i < 7; i++)
		if (i != 1)
			assert_non_null(path_to(sk, path[i], false));
	net_unlock(host_a);
	ended(a, b);
}

static void bounded(void **state)
{
	struct sock *sk;
	int a, b;

	a = opened(&b);
	net_lock(host_a);
	sk = sock_in(host_a);
	for (u32 i = 1; i <= 100000; i++) {
		assert_non_null(path_to(sk, i, true));
		assert_non_null(path_to(sk, i, false));
	}
	assert_in_range(tcp_net(host_a)->nr_metrics, 45000, 6 * 8192);
	/* Another address of ours is another path. */
	inet_sk(sk)->inet_saddr ^= htonl(1);
	assert_null(path_to(sk, 100000, false));
	inet_sk(sk)->inet_saddr ^= htonl(1);
	net_unlock(host_a);
	ended(a, b);
}

/* What is remembered counts to the host, which has a limit. */
static void memory_of_the_host(void **state)
{
	struct net_mem *mem;
	long before;
	int a, b;

	a = opened(&b);
	net_lock(host_a);
	mem = host_a->mem;
	mem->limit = 1 << 20;
	before = atomic_long_read(&mem->used);
	for (u32 i = 1; i <= 100000; i++)
		path_to(sock_in(host_a), i, true);
	assert_in_range(atomic_long_read(&mem->used), mem->limit, mem->limit + 1000);
	assert_in_range(tcp_net(host_a)->nr_metrics, 1000, 20000);
	tcp_metrics_flush_all(host_a);
	/* The table itself stays. */
	assert_int_equal(atomic_long_read(&mem->used) - before, 8192 * (long)sizeof(void *));
	tcp_metrics_exit(tcp_net(host_a));
	assert_int_equal(atomic_long_read(&mem->used), before);
	mem->limit = 0;
	net_unlock(host_a);
	ended(a, b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_pair, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(initial_window),
		T(segment_sizes),
		T(windows),
		T(least_timeout),
		T(congestion_control),
		T(ecn),
		T(ecn_by_cookies),
		T(fast_open_without_cookie),
		T(fast_open_for_all),
		T(quickack),
		T(saved_at_the_end),
		T(not_saved),
		T(the_route_is_the_beginning),
		T(times_are_smoothed),
		T(thresholds),
		T(after_an_hour),
		T(a_full_bucket),
		T(bounded),
		T(memory_of_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
