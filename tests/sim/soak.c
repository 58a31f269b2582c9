// SPDX-License-Identifier: BSD-2-Clause
/* Simulated networks in which anything happens, again and again: nothing may break or be left over. */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <skiff/fault.h>
#include <skiff/printk.h>
#include <skiff/socket.h>

#include "sim.h"

/*
 * A round is a network of some hosts and a number of operations, all of them drawn from the round's
 * seed. It ends when every socket is closed and a time has passed in which nothing is done; then
 * the hosts end, and nothing may be left. Operations may fail: only what they leave behind counts.
 *
 * Each round is a process of its own. So it begins from nothing, which makes it repeat with its
 * seed whatever was run before, and what kills it is seen by the parent, which can name the seed.
 * Some rounds are run twice, and have to end with the same hash of all frames.
 */

#define HOSTS_MIN 2
#define HOSTS_MAX 6
#define FDS_MAX 24
#define OPS_MIN 100
#define OPS_MAX 600
#define DATA_MAX 9000
/* An operation that fails has one of so many allocations fail. */
#define FAULT_MAX 8
/* Longer than fragments, neighbours and membership reports need to come to an end. */
#define QUIET (120 * NSEC_PER_SEC)
/* Real seconds, after which a round is taken to hang. */
#define ROUND_MAX 120
#define TWICE_EVERY 8
#define MS 1000000u

/**
 * struct world - a round
 * @sim: the network
 * @chance: state of the round's own generator: the hosts' are theirs
 * @fds: open sockets
 * @nr_fds: how many
 * @pings: requests that have not ended
 */
struct world {
	struct sim sim;
	u64 chance;
	int fds[FDS_MAX];
	int nr_fds;
	int pings;
};

static struct world w;

/* Marsaglia's xorshift64*; 0 to @n - 1. */
static u32 below(u32 n)
{
	w.chance ^= w.chance >> 12;
	w.chance ^= w.chance << 25;
	w.chance ^= w.chance >> 27;
	return (u32)((w.chance * 0x2545f4914f6cdd1dull) >> 32) % n;
}

static int any_host(void)
{
	return (int)below((u32)w.sim.nr_hosts);
}

static int any_fd(void)
{
	return w.nr_fds ? w.fds[below((u32)w.nr_fds)] : -1;
}

static int any_cable(void)
{
	return (int)below((u32)w.sim.nr_cables);
}

/* Mostly somebody, sometimes nobody, all of a network, a group, or itself. */
static __be32 any_addr(void)
{
	switch (below(12)) {
	case 0:
		return sim_addr(any_cable(), 76);
	case 1:
		return sim_addr(any_cable(), 254);
	case 2:
		return htonl(0xe0000101u + below(3));
	case 3:
		return htonl(INADDR_LOOPBACK);
	case 4:
		return htonl(below(2) ? INADDR_BROADCAST : INADDR_ANY);
	default:
		return sim_addr(any_cable(), (int)below(2));
	}
}

/* Few ports, so that they meet; 7 and 9 are services. */
static struct sockaddr_in any_sockaddr(void)
{
	static const u16 ports[] = { 7, 9, 2000, 2001, 2002, 2003 };

	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(ports[below(ARRAY_SIZE(ports))]),
				     .sin_addr.s_addr = any_addr() };
}

static const char *any_netem(void)
{
	static const char *const netems[] = {
		"delay=10ms,loss=20%",
		"delay=1ms,jitter=900us,reorder=25%",
		"delay=5ms,duplicate=50%",
		"delay=10ms,corrupt=30%",
		"delay=100ms,limit=3",
		"rate=100kbit,limit=20",
		"delay=20ms,jitter=19ms,loss=5%,duplicate=5%,corrupt=5%,reorder=10%",
		"loss=100%",
	};

	return netems[below(ARRAY_SIZE(netems))];
}

/* Operations */

static void op_socket(void)
{
	static const int kinds[][3] = {
		{ AF_INET, SOCK_DGRAM, 0 },
		{ AF_INET, SOCK_DGRAM, 0 },
		{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
		{ AF_INET, SOCK_RAW, IPPROTO_UDP },
		{ AF_INET, SOCK_RAW, IPPROTO_RAW },
		{ AF_PACKET, SOCK_RAW, 0 },
		{ AF_PACKET, SOCK_DGRAM, 0 },
	};
	const int *kind = kinds[below(ARRAY_SIZE(kinds))];
	int fd;

	if (w.nr_fds == FDS_MAX)
		return;
	fd = skiff_socket(w.sim.hosts[any_host()], kind[0], kind[1] | SOCK_NONBLOCK,
			  kind[0] == AF_PACKET ? htons(ETH_P_ALL) : kind[2]);
	if (fd >= 0)
		w.fds[w.nr_fds++] = fd;
}

static void op_close(void)
{
	u32 i;

	if (!w.nr_fds)
		return;
	i = below((u32)w.nr_fds);
	BUG_ON(skiff_close(w.fds[i]));
	w.fds[i] = w.fds[--w.nr_fds];
}

static void op_bind(void)
{
	struct sockaddr_in at = any_sockaddr();

	if (below(2))
		at.sin_addr.s_addr = 0;
	skiff_bind(any_fd(), (struct sockaddr *)&at, sizeof(at));
}

static void op_connect(void)
{
	struct sockaddr_in to = any_sockaddr();

	if (!below(4))
		to.sin_family = AF_UNSPEC;
	skiff_connect(any_fd(), (struct sockaddr *)&to, sizeof(to));
}

static void op_send(void)
{
	static u8 data[DATA_MAX];
	const struct sockaddr_in to = any_sockaddr();
	const size_t len = below(below(4) ? 200 : DATA_MAX);
	const int flags = below(6) ? 0 : MSG_MORE;
	const int fd = any_fd();

	memset(data, (int)below(256), len);
	for (u32 n = 1 + below(8); n; n--) {
		if (below(3))
			skiff_sendto(fd, data, len, flags, (const struct sockaddr *)&to,
				     sizeof(to));
		else
			skiff_send(fd, data, len, flags);
	}
}

static void op_send_frame(void)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET,
					.sll_protocol = htons(0x0800),
					.sll_ifindex = 1 + (int)below(4),
					.sll_halen = 6,
					.sll_addr = { 2, 0, 0, 0, 0, (u8)(1 + below(2)) } };
	u8 frame[128];

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (u8)below(256);
	skiff_sendto(any_fd(), frame, below(sizeof(frame)), 0, (const struct sockaddr *)&to,
		     sizeof(to));
}

static void op_receive(void)
{
	static const int flags[] = { 0, 0, 0, MSG_PEEK, MSG_TRUNC, MSG_ERRQUEUE };
	static u8 data[DATA_MAX];
	const int fd = any_fd();

	for (u32 n = below(20); n; n--)
		skiff_recv(fd, data, below(sizeof(data)), flags[below(ARRAY_SIZE(flags))]);
}

static void op_option(void)
{
	static const struct {
		int level, name;
		u32 most;
	} options[] = {
		{ SOL_SOCKET, SO_RCVBUF, 20000 },     { SOL_SOCKET, SO_SNDBUF, 20000 },
		{ SOL_SOCKET, SO_BROADCAST, 1 },      { SOL_SOCKET, SO_REUSEADDR, 1 },
		{ SOL_SOCKET, SO_TIMESTAMP, 1 },      { IPPROTO_IP, IP_RECVERR, 1 },
		{ IPPROTO_IP, IP_TTL, 255 },	      { IPPROTO_IP, IP_TOS, 255 },
		{ IPPROTO_IP, IP_MTU_DISCOVER, 5 },   { IPPROTO_IP, IP_MULTICAST_LOOP, 1 },
		{ IPPROTO_IP, IP_PKTINFO, 1 },	      { IPPROTO_IP, IP_HDRINCL, 1 },
		{ IPPROTO_UDP, 1 /* UDP_CORK */, 1 },
	};
	const u32 i = below(ARRAY_SIZE(options));
	const int value = (int)below(options[i].most + 1);

	skiff_setsockopt(any_fd(), options[i].level, options[i].name, &value, sizeof(value));
}

static void op_group(void)
{
	const struct ip_mreq group = { .imr_multiaddr.s_addr = htonl(0xe0000101u + below(3)),
				       .imr_interface.s_addr = any_addr() };

	skiff_setsockopt(any_fd(), IPPROTO_IP, below(2) ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
			 &group, sizeof(group));
}

static void pinged(struct net *net, const struct skiff_ping_result *result, void *arg)
{
	w.pings--;
}

static void op_ping(void)
{
	const struct skiff_ping_params params = {
		.daddr.s_addr = any_addr(),
		.len = below(below(4) ? 100 : DATA_MAX),
	};

	w.pings++;
	if (skiff_ping(w.sim.hosts[any_host()], &params, pinged, NULL))
		w.pings--;
}

static void op_netem(void)
{
	sim_netem(&w.sim, any_cable(), (int)below(2), any_netem());
}

/* Something happens to a device, if it is there. */
static void op_device(void)
{
	const int cable = any_cable(), end = (int)below(2);
	struct net *net = w.sim.ends[2 * cable + end].net;
	struct net_device *dev;

	net_lock(net);
	dev = sim_dev(&w.sim, cable, end);
	switch (dev ? below(5) : 5) {
	case 0:
		dev_close(dev);
		break;
	case 1:
	case 2:
		dev_open(dev, NULL);
		break;
	case 3:
		dev_set_mtu(dev, (int)(68 + below(9000)));
		break;
	case 4:
		netem_configure(dev, NULL);
		break;
	}
	net_unlock(net);
}

static void op_address(void)
{
	const int cable = any_cable(), end = (int)below(2);
	const __be32 addr = sim_addr(cable, (int)below(4));
	struct net *net = w.sim.ends[2 * cable + end].net;
	struct net_device *dev;

	net_lock(net);
	dev = sim_dev(&w.sim, cable, end);
	if (dev && below(3))
		inet_insert_ifa(dev, addr, 8 + below(25));
	else if (dev)
		inet_del_ifa(dev, addr);
	net_unlock(net);
}

/* A device goes in the middle of everything, or a new one comes. */
static void op_cable(void)
{
	int a = any_host(), b = any_host();

	if (below(3) == 0)
		sim_cut(&w.sim, any_cable());
	else if (a != b && w.sim.nr_cables < SIM_CABLES_MAX)
		sim_try_cable(&w.sim, a, b, below(2) ? any_netem() : NULL);
}

static void op_sleep(void)
{
	static const u32 most[] = { 1, 20, 20, 500, 40000 };

	sim_sleep(&w.sim, (s64)below(MS) * (1 + below(most[below(ARRAY_SIZE(most))])));
}

static const struct {
	void (*fn)(void);
	u32 weight;
} ops[] = {
	{ op_socket, 10 }, { op_close, 3 },    { op_bind, 8 },	     { op_connect, 6 },
	{ op_send, 25 },   { op_receive, 15 }, { op_option, 8 },     { op_group, 4 },
	{ op_ping, 6 },	   { op_netem, 3 },    { op_device, 3 },     { op_address, 3 },
	{ op_cable, 2 },   { op_sleep, 20 },   { op_send_frame, 4 },
};

static void any_op(void)
{
	u32 total = 0, at;
	size_t i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(ops); k++)
		total += ops[k].weight;
	for (at = below(total); at >= ops[i].weight; i++)
		at -= ops[i].weight;
	ops[i].fn();
}

/* Rounds */

static void begin(u64 seed)
{
	/* Never 0, and neighbours are far from each other. */
	w.chance = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
	sim_open(&w.sim, seed, (int)(HOSTS_MIN + below(HOSTS_MAX - HOSTS_MIN + 1)));
	for (int i = 0; i < w.sim.nr_hosts; i++) {
		sim_cable(&w.sim, i, (i + 1) % w.sim.nr_hosts, below(2) ? any_netem() : NULL);
		BUG_ON(skiff_service_enable(w.sim.hosts[i], "echo", NULL, 0));
		BUG_ON(skiff_service_enable(w.sim.hosts[i], "discard", NULL, 0));
	}
}

/* Return: how much was left over. */
static size_t end(void)
{
	size_t left;

	while (w.nr_fds)
		op_close();
	sim_sleep(&w.sim, QUIET);
	/* What is left is said. */
	skiff_log_level(LOGLEVEL_INFO);
	left = sim_close(&w.sim);
	if (left)
		fprintf(stderr, "%zu things were left over\n", left);
	if (w.pings)
		fprintf(stderr, "%d pings never ended\n", w.pings);
	return left + (w.pings != 0);
}

/* In the child, which it ends. The hash goes to @out. */
static void __attribute__((noreturn)) run_round(u64 seed, int out)
{
	bool faults;

	alarm(ROUND_MAX);
	skiff_log_level(-1);
	begin(seed);
	faults = below(2);
	for (u32 n = OPS_MIN + below(OPS_MAX - OPS_MIN); n; n--) {
		if (faults && !below(4))
			skiff_fail_nth(1 + (long)below(FAULT_MAX));
		any_op();
		skiff_fail_nth(0);
	}
	if (end())
		exit(1);
	BUG_ON(write(out, &w.sim.hash, sizeof(w.sim.hash)) != sizeof(w.sim.hash));
	exit(0);
}

/* Return: whether it went well. */
static bool round_in_child(u64 seed, u64 *hash)
{
	int status, out[2];
	pid_t pid;
	bool told;

	fflush(NULL);
	BUG_ON(pipe(out));
	pid = fork();
	BUG_ON(pid < 0);
	if (!pid) {
		close(out[0]);
		run_round(seed, out[1]);
	}
	close(out[1]);
	told = read(out[0], hash, sizeof(*hash)) == sizeof(*hash);
	close(out[0]);
	BUG_ON(waitpid(pid, &status, 0) != pid);
	if (WIFSIGNALED(status))
		fprintf(stderr, "round ended by signal %d%s\n", WTERMSIG(status),
			WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
	return told && WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool one(u64 seed, bool twice)
{
	u64 hash, again;

	if (!round_in_child(seed, &hash))
		return false;
	if (!twice)
		return true;
	if (!round_in_child(seed, &again))
		return false;
	if (hash != again)
		fprintf(stderr, "the same seed gave other frames\n");
	return hash == again;
}

/* soak SECONDS: rounds until then, from SEED on, or from the time; 0: that of SEED alone. */
int main(int argc, char **argv)
{
	const long seconds = argc == 2 ? atol(argv[1]) : -1;
	const time_t until = time(NULL) + seconds;
	const u64 first = getenv("SEED") ? sim_base_seed() : (u64)time(NULL) * 1000;
	u64 nr = 0, failed = 0;

	if (seconds < 0) {
		fprintf(stderr, "usage: [SEED=n] %s SECONDS\n", argv[0]);
		return 2;
	}
	/* Seeds of rounds are whole: nothing is added to them. */
	unsetenv("SEED");
	do {
		const u64 seed = first + nr;

		if (!one(seed, !seconds || nr % TWICE_EVERY == 0)) {
			failed++;
			fprintf(stderr, "FAILED; repeat it with: SEED=%llu %s 0\n",
				(unsigned long long)seed, argv[0]);
		}
		nr++;
	} while (time(NULL) < until);
	printf("%llu rounds from seed %llu on, %llu failed\n", (unsigned long long)nr,
	       (unsigned long long)first, (unsigned long long)failed);
	return failed != 0;
}
