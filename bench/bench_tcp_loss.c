// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an acknowledgment costs while one packet of twenty is lost, by the size of the window: two hosts
 * under virtual time, all that both of them do divided by the acknowledgments that arrive.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <skiff/drivers.h>
#include <skiff/inetdevice.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/netem.h>
#include <skiff/socket.h>
#include <skiff/tcp.h>
#include <skiff/tcp_cong.h>

#include "harness.h"
#include "two_hosts.h"

#define PORT 5001
#define CHUNK 65536
#define SEGMENT 1448
#define MB 1048576.0
/* There and back. */
#define ROUND_TRIP_MS 100
/* Round trips until the sender knows the path, and that are measured. */
#define WARM_UP 20
#define MEASURED 6

/**
 * struct path - a connection with so much on its way
 * @window: MB that the path holds
 * @trips: round trips that are measured
 * @clock: virtual
 * @hosts: sender, receiver
 * @ends: their devices
 * @fds: their sockets
 * @in_flight: most segments that were on their way while it was measured
 * @acks: that the sender got then
 * @ns: processor time of both then
 */
struct path {
	int window;
	int trips;
	struct skiff_clock *clock;
	struct net *hosts[2];
	struct net_device *ends[2];
	int fds[2];
	u32 in_flight;
	u64 acks;
	double ns;
};

static char buf[CHUNK];

/* A congestion control that has a window and keeps it, whatever is lost. */

static u32 fixed_window; /* segments */

static void keep_window(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)
{
	tcp_snd_cwnd_set(tcp_sk(sk), fixed_window);
}

static u32 same_window(struct sock *sk)
{
	return fixed_window;
}

static struct tcp_congestion_ops fixed = {
	.name = "fixed",
	.flags = TCP_CONG_NON_RESTRICTED,
	.ssthresh = same_window,
	.cong_control = keep_window,
	.undo_cwnd = same_window,
};

static void set(struct net *net, const char *name, const char *value)
{
	char err[256];

	if (skiff_sysctl_set(net, name, value, err, sizeof(err)) == 0)
		return;
	fprintf(stderr, "%s\n", err);
	exit(1);
}

/* As much as the window at the speed of the path; the receiver's side loses nothing. */
static void make_bad(const struct path *p)
{
	struct netem_params params;
	char text[128], err[128];

	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "delay=%dms,limit=1000000", ROUND_TRIP_MS / 2);
		if (!i)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 ",rate=%dmbit,loss=5%%",
				 (int)(p->window * MB * 8 / 1e6 * 1000 / ROUND_TRIP_MS));
		need(netem_parse(&params, text, err, sizeof(err)) == 0, text);
		net_lock(p->hosts[i]);
		need(netem_configure(p->ends[i], &params) == 0, "netem");
		net_unlock(p->hosts[i]);
	}
}

/* Programs that are never late, for so many round trips. */
static void stream(struct path *p, int trips)
{
	ktime_t now = skiff_clock_now(p->clock);
	const ktime_t end = now + (s64)trips * ROUND_TRIP_MS * NSEC_PER_MSEC;
	struct tcp_info info;
	socklen_t len;

	for (; now < end; now += NSEC_PER_MSEC) {
		while (skiff_send(p->fds[0], buf, CHUNK, MSG_DONTWAIT) > 0)
			;
		while (skiff_recv(p->fds[1], buf, CHUNK, MSG_DONTWAIT) > 0)
			;
		len = sizeof(info);
		need(skiff_getsockopt(p->fds[0], IPPROTO_TCP, TCP_INFO, &info, &len) == 0,
		     "TCP_INFO");
		p->in_flight = max(p->in_flight, info.tcpi_unacked);
		need(skiff_clock_run_until(p->clock, now + NSEC_PER_MSEC) == 0, "clock");
	}
}

static u64 segments_got(const struct path *p)
{
	u64 n = 0;

	need(skiff_snmp_get(p->hosts[0], "TcpInSegs", &n) == 0, "TcpInSegs");
	return n;
}

static void join(struct path *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int listener = skiff_socket(p->hosts[1], AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, host_addr[1], &a.sin_addr);
	need(listener >= 0 && skiff_bind(listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		     skiff_listen(listener, 1) == 0,
	     "listener");
	p->fds[0] = skiff_socket(p->hosts[0], AF_INET, SOCK_STREAM, 0);
	need(skiff_setsockopt(p->fds[0], IPPROTO_TCP, TCP_CONGESTION, "fixed", 5) == 0, "fixed");
	need(skiff_connect(p->fds[0], (struct sockaddr *)&a, sizeof(a)) == 0, "connect");
	p->fds[1] = skiff_accept(listener, NULL, NULL);
	need(p->fds[1] >= 0, "accept");
	skiff_close(listener);
}

static void path_open(struct path *p)
{
	fixed_window = (u32)(p->window * MB) / SEGMENT;
	p->clock = skiff_clock_virtual(NSEC_PER_SEC, 0);
	need(p->clock != NULL, "clock");
	two_hosts_by(p->clock, p->hosts, p->ends);
	for (int i = 0; i < 2; i++) {
		/* Each segment is lost or comes by itself. */
		p->ends[i]->gso_max_segs = 1;
		set(p->hosts[i], "net.ipv4.tcp_rmem", "4096 131072 1073741824");
		set(p->hosts[i], "net.ipv4.tcp_wmem", "4096 16384 1073741824");
	}
	/* Nor are acknowledgments held back while segments are missing. */
	set(p->hosts[1], "net.ipv4.tcp_comp_sack_nr", "0");
	/* It is the process's. */
	set(p->hosts[0], "net.ipv4.tcp_mem", "1000000 1000000 1000000");
	make_bad(p);
	join(p);
}

static int path_close(struct path *p)
{
	int left = 0;

	for (int i = 0; i < 2; i++)
		skiff_close(p->fds[i]);
	for (int i = 0; i < 2; i++)
		left += skiff_net_destroy(p->hosts[i]);
	skiff_clock_put(p->clock);
	return left;
}

static int run(struct path *p)
{
	u64 acks, start;

	path_open(p);
	stream(p, WARM_UP);
	p->in_flight = 0;
	acks = segments_got(p);
	start = bench_cpu();
	stream(p, p->trips);
	p->ns = (double)(bench_cpu() - start);
	p->acks = segments_got(p) - acks;
	need(p->acks > 0, "acknowledgments");
	return path_close(p);
}

static double ack_cost(const struct path *p)
{
	return p->ns / (double)p->acks;
}

/* With two arguments one path alone, of so many MB and so long, for who counts instructions. */
int main(int argc, char **argv)
{
	struct path small = { .window = 1, .trips = MEASURED };
	struct path large = { .window = 64, .trips = MEASURED };
	int left;

	need(skiff_init() == 0 && tcp_register_congestion_control(&fixed) == 0, "fixed");
	if (argc > 2) {
		large.window = atoi(argv[1]);
		large.trips = atoi(argv[2]);
		left = run(&large);
		printf("%llu acknowledgments\n", (unsigned long long)large.acks);
		return left;
	}
	left = run(&small) + run(&large);
	printf("at most on their way: %u and %u segments\n", small.in_flight, large.in_flight);
	bench_line("tcp/ack-64mb-loss", ack_cost(&large), "ns", false, "window of 1 MB",
		   ack_cost(&small), ack_cost(&small) / ack_cost(&large));
	return left;
}
