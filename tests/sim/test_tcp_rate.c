// SPDX-License-Identifier: BSD-2-Clause
/*
 * How much of a link one stream fills: all of it without loss, whatever its rate, its round trip, its
 * MTU and the congestion control; and with loss about what the congestion control lets it.
 *
 * A stream first gets up to speed, then so many bytes are timed; both are bounded in bytes, so that a
 * slow link costs no more than a fast one. The test takes a part of the grid. With RATES=all in the
 * environment it is all of it, printed as the tables of doc/performance.md; RATES=TEXT is the rows that
 * begin or go on like that.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>

#include <skiff/etherdevice.h>
#include <skiff/neighconf.h>
#include <skiff/socket.h>

#include "sim.h"

#define MB (1ull << 20)
#define GB (1ull << 30)
/* Headers of a segment with a timestamp. */
#define HEADERS 52
#define LEAST_SEGMENTS 1000
/* Bytes in flight of what is tested each time; sanitizers and emulators take theirs. */
#if defined(__SANITIZE_ADDRESS__) || !defined(__x86_64__)
#define QUICK (MB / 2)
#define MOST (64 * MB)
#else
#define QUICK (64 * MB)
#define MOST (4 * GB)
#endif

static const char *const controls[] = { "cubic", "reno", "bbr", "dctcp" };

/**
 * struct path - what a stream goes through
 * @rate: bits per second
 * @rtt: without any queue, nanoseconds
 * @mtu: of both ends
 * @loss: of frames from the sender, percent
 */
struct path {
	u64 rate;
	s64 rtt;
	int mtu;
	double loss;
};

static struct sim sim;
static int tx, rx, listener;
static u64 got;
static u8 data[256 * 1024], room[1024 * 1024];

static u64 bdp(const struct path *p)
{
	return (u64)((double)p->rate / 8 * ((double)p->rtt / 1e9));
}

static void set(int host, const char *name, const char *value)
{
	char err[200];

	if (skiff_sysctl_set(sim.hosts[host], name, value, err, sizeof(err)))
		fail_msg("%s", err);
}

/* ARP would wait in the queue with all the data, until nobody knows his neighbour any more. */
static void know_each_other(int end)
{
	struct in_addr ip = { .s_addr = (__force u32)sim_addr(0, !end) };
	const u8 *mac = sim.ends[!end].dev->dev_addr;
	char text[20];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	assert_int_equal(skiff_neigh_add(sim.hosts[end], sim.ends[end].dev->name, inet_ntoa(ip),
					 text, NULL, NULL, 0),
			 0);
}

/*
 * Buffers that hold four times what the path does: half of a receive buffer counts as overhead. They grow
 * to that; but where a round trip is a few buffers of 64 KB, receivers learn too little from one to grow.
 */
static void set_up(const struct path *p, const char *control)
{
	const u64 most = max(4 * bdp(p), (u64)6 * MB), first = clamp(4 * bdp(p), 131072ull, MB);
	char text[64];

	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "4096 %llu %llu", (unsigned long long)first,
			 (unsigned long long)most);
		set(i, "net.ipv4.tcp_rmem", text);
		snprintf(text, sizeof(text), "4096 16384 %llu", (unsigned long long)most);
		set(i, "net.ipv4.tcp_wmem", text);
		set(i, "net.ipv4.tcp_congestion_control", control);
		/* Each frame is lost alone. */
		net_lock(sim.hosts[i]);
		if (p->loss > 0)
			sim_dev(&sim, 0, i)->gso_max_segs = 1;
		assert_int_equal(dev_set_mtu(sim_dev(&sim, 0, i), p->mtu), 0);
		net_unlock(sim.hosts[i]);
		know_each_other(i);
	}
}

static void connect_ends(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(5000) };

	at.sin_addr.s_addr = (__force u32)sim_addr(0, 1);
	listener = skiff_socket(sim.hosts[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(skiff_bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(skiff_listen(listener, 1), 0);
	tx = skiff_socket(sim.hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(skiff_connect(tx, (struct sockaddr *)&at, sizeof(at)), -1);
	for (rx = -1; rx < 0; rx = skiff_accept4(listener, NULL, NULL, SOCK_NONBLOCK))
		skiff_clock_run_until(sim.clock, skiff_clock_next(sim.clock));
}

/* Send and receive until @bytes have come in all. */
static void run(u64 bytes)
{
	while (got < bytes) {
		bool did = false;
		ssize_t n;

		while (skiff_send(tx, data, sizeof(data), 0) > 0)
			did = true;
		while ((n = skiff_recv(rx, room, sizeof(room), 0)) > 0) {
			did = true;
			got += (u64)n;
		}
		/* Both calls have said so. */
		if (!did && errno != EAGAIN)
			fail_msg("after %llu bytes: %s", (unsigned long long)got, strerror(errno));
		if (!did)
			skiff_clock_run_until(sim.clock, skiff_clock_next(sim.clock));
	}
}

/* A stream from the one host to the other. */
static void begin(const struct path *p, const char *control)
{
	char text[200];

	snprintf(text, sizeof(text), "delay=%lldns,rate=%llukbit,limit=1000000",
		 (long long)p->rtt / 2, (unsigned long long)p->rate / 1000);
	sim_open(&sim, 1, 2);
	sim.unheard = true;
	sim_cable(&sim, 0, 1, text);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ",loss=%f%%", p->loss);
	assert_int_equal(sim_netem(&sim, 0, 0, text), 0);
	set_up(p, control);
	got = 0;
	connect_ends();
}

static void end(void)
{
	skiff_close(listener);
	skiff_close(tx);
	skiff_close(rx);
	sim_close(&sim);
}

/* The next @bytes. Return: bytes per second. */
static double speed(u64 bytes)
{
	const ktime_t start = skiff_clock_now(sim.clock);
	const u64 before = got;

	run(got + bytes);
	return (double)(got - before) * 1e9 / (double)(skiff_clock_now(sim.clock) - start);
}

/* Of what data the link can carry, 0 to 1. */
static double carried(const struct path *p)
{
	return (double)p->rate / 8 * (p->mtu - HEADERS) / (p->mtu + ETH_HLEN);
}

/*
 * Measured over twice what the path holds. Until that is @enough, the stream may still get up to speed, with
 * @most bytes. CUBIC needs many when its slow start ends before the link is full, which acknowledgments
 * that come in long trains make it do (HyStart).
 */
static double utilisation(const struct path *p, const char *control, double enough, u64 most)
{
	const u64 window = max(2 * bdp(p), (u64)LEAST_SEGMENTS * (u64)p->mtu);
	double part;

	begin(p, control);
	run(window);
	do {
		part = speed(window) / carried(p);
	} while (part < enough && got < most);
	end();
	return part;
}

/* Segments per second with a loss of @p (0 to 1): of Reno, by RFC 5348 section 3.1, timeouts included. */
static double reno_rate(double p, double rtt)
{
	const double rto = max(4 * rtt, 0.2);

	return 1 /
	       (rtt * sqrt(2 * p / 3) + rto * min(1.0, 3 * sqrt(3 * p / 8)) * p * (1 + 32 * p * p));
}

/* And of CUBIC, which by RFC 9438 section 5.1 has more where the round trip is long and loss is rare. */
static double cubic_rate(double p, double rtt)
{
	return max(1.054 * pow(rtt / p, 0.75) / rtt, reno_rate(p, rtt));
}

/* What that is of the link. */
static double expected(const struct path *p)
{
	const double bytes = cubic_rate(p->loss / 100, (double)p->rtt / 1e9) * (p->mtu - HEADERS);

	return min(bytes / carried(p), 1.0);
}

/* Of what the link carries; in the time of so many losses. */
static double with_loss(const struct path *p, const char *control, u64 losses)
{
	const u64 bytes = max((u64)((double)losses * 100 / p->loss * p->mtu), 4 * bdp(p));
	double part;

	begin(p, control);
	run(bytes / 4);
	part = speed(bytes) / carried(p);
	end();
	return part;
}

static const u64 rates[] = { 10000, 1000000, 100000000, 10000000000, 100000000000 };
static const s64 rtts[] = { 10000, 1000000, 5000000, 50000000, 2000000000 };
static const int mtus[] = { 256, 1500, 9000 };
static const double losses[] = { 0.01, 0.1, 1, 5 };

/* Without loss nothing stands in the way but a congestion control that stops to look. */
static double enough(const struct path *p, const char *control)
{
	/* A round trip at 4 segments every 10 s, to see the shortest one. */
	if (!strcmp(control, "bbr") && p->rtt > NSEC_PER_SEC / 2)
		return 0.7;
	return 0.9;
}

static void check_path(const struct path *p, const char *control)
{
	const double part = utilisation(p, control, enough(p, control), MOST);

	/* What waited for a hole to be filled may come in the time that is measured. */
	if (part < enough(p, control) || part > 1.05)
		fail_msg("%s, %llu bit/s, %lld us, MTU %d: %.0f %%", control,
			 (unsigned long long)p->rate, (long long)p->rtt / 1000, p->mtu, part * 100);
}

/* Each rate, round trip, MTU and congestion control, not each with each. */
static void links_are_filled(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(rates); r++)
		for (size_t t = 0; t < ARRAY_SIZE(rtts); t++) {
			const struct path p = { rates[r], rtts[t], mtus[(r + t) % 3], 0 };

			if (bdp(&p) <= QUICK)
				check_path(&p, controls[n++ % ARRAY_SIZE(controls)]);
		}
}

static void cubic_gets_what_loss_leaves(void **state)
{
	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(losses); i++) {
		const struct path p = { 100000000, 20000000, 1500, losses[i] };
		const double part = with_loss(&p, "cubic", 100);

		if (part < 0.7 * expected(&p))
			fail_msg("%g %% loss: %.1f %%, expected is %.1f %%", losses[i], part * 100,
				 expected(&p) * 100);
	}
}

/* The tables. */

static bool wanted(const char *row)
{
	const char *which = getenv("RATES");

	return !strcmp(which, "all") || strstr(row, which);
}

static void print_row(const char *row, const struct path *p)
{
	printf("| %s |", row);
	for (size_t c = 0; c < ARRAY_SIZE(controls); c++) {
		printf(" %.0f |", (p->loss > 0 ? with_loss(p, controls[c], 100) :
						 utilisation(p, controls[c], enough(p, controls[c]),
							     64 * GB)) *
					  100);
		fflush(stdout);
	}
	if (p->loss > 0)
		printf(" %.0f |", expected(p) * 100);
	printf("\n");
}

static void print_links(void)
{
	char row[100];

	printf("| bit/s | round trip, ms | MTU | cubic | reno | bbr | dctcp |\n"
	       "|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_SIZE(rates) * ARRAY_SIZE(rtts) * ARRAY_SIZE(mtus); i++) {
		const struct path p = { rates[i / 15], rtts[i / 3 % 5], mtus[i % 3], 0 };

		snprintf(row, sizeof(row), "%g | %g | %d", (double)p.rate, (double)p.rtt / 1e6,
			 p.mtu);
		if (bdp(&p) <= 64 * MB && wanted(row))
			print_row(row, &p);
	}
}

static void print_losses(void)
{
	static const struct path paths[] = { { 10000000, 20000000, 1500, 0 },
					     { 100000000, 20000000, 1500, 0 },
					     { 1000000000, 20000000, 1500, 0 } };
	char row[100];

	printf("\n| bit/s | round trip, ms | loss, %% | cubic | reno | bbr | dctcp | formula |\n"
	       "|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_SIZE(paths) * ARRAY_SIZE(losses); i++) {
		struct path p = paths[i / ARRAY_SIZE(losses)];

		p.loss = losses[i % ARRAY_SIZE(losses)];
		snprintf(row, sizeof(row), "%g | %g | %g", (double)p.rate, (double)p.rtt / 1e6,
			 p.loss);
		if (wanted(row))
			print_row(row, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_filled),
		cmocka_unit_test(cubic_gets_what_loss_leaves),
	};

	if (!getenv("RATES"))
		return sim_report(cmocka_run_group_tests_name("sim-tcp-rate", tests, NULL, NULL));
	print_links();
	print_losses();
	return 0;
}
