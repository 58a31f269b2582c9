// SPDX-License-Identifier: BSD-2-Clause
/* What a table of a million routes costs: to fill it, to keep it, to look an address up. */
#include <arpa/inet.h>
#include <unistd.h>

#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/route.h>

#include "harness.h"
#include "peer_dpdk_fib.h"

#define ROUTES 1000000
#define ADDRESSES (1 << 20) /* more than any cache of routes remembers */
#define AT_ONCE 4096	    /* look-ups of a round */

struct prefix {
	uint32_t addr;
	unsigned int len;
};

static struct prefix *prefixes;
static uint32_t *addresses;
static struct net *net;

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench-fib: %s\n", what);
	exit(1);
}

/* The same for everybody, every time. */
static uint32_t chance(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

/* Of the lengths that prefixes of the Internet have: three of five are a /24, few are longer. */
static unsigned int some_length(void)
{
	static const struct {
		unsigned int percent, len;
	} lengths[] = { { 60, 24 }, { 70, 23 }, { 82, 22 }, { 87, 21 },
			{ 92, 20 }, { 95, 19 }, { 97, 18 }, { 98, 16 } };
	unsigned int at = chance() % 100;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (at < lengths[i].percent)
			return lengths[i].len;
	return 25 + chance() % 8;
}

/* From 1.0.0.0 to 223.255.255.255, without 127.0.0.0/8. */
static uint32_t some_address(void)
{
	uint32_t addr;

	do {
		addr = chance();
	} while (addr >> 24 == 0 || addr >> 24 == 127 || addr >> 24 >= 224);
	return addr;
}

static void choose(void)
{
	prefixes = (struct prefix *)calloc(ROUTES, sizeof(*prefixes));
	addresses = (uint32_t *)calloc(ADDRESSES, sizeof(*addresses));
	need(prefixes && addresses, "no memory");
	for (size_t i = 0; i < ROUTES; i++) {
		prefixes[i].len = some_length();
		prefixes[i].addr = some_address() & ~0u << (32 - prefixes[i].len);
	}
	/* All of them are of some prefix. */
	for (size_t i = 0; i < ADDRESSES; i++) {
		const struct prefix *p = &prefixes[chance() % ROUTES];

		addresses[i] = p->addr | (chance() & (uint32_t)((1ull << (32 - p->len)) - 1));
	}
}

static void make_host(void)
{
	char err[256] = "";
	struct net_device *dev;

	need(!skiff_init(), "the library does not start");
	net = skiff_net_create(NULL);
	need(net && skiff_dev_create(net, "dummy,name=d0,addr=192.0.2.2/24", err, sizeof(err)) >= 0,
	     err);
	net_lock(net);
	dev = __dev_get_by_name(net, "d0");
	need(dev && (dev->flags & IFF_UP || !dev_open(dev, NULL)), "the device does not open");
	net_unlock(net);
}

static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	need(f && fscanf(f, "%*u %lu", &pages) == 1, "/proc/self/statm");
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Return: nanoseconds. */
static double fill(size_t *added)
{
	struct fib_config cfg = { .fc_type = RTN_UNICAST, .fc_gw4 = htonl(0xc0000201) };
	uint64_t start = bench_now();
	int err;

	net_lock(net);
	for (size_t i = 0; i < ROUTES; i++) {
		cfg.fc_dst = htonl(prefixes[i].addr);
		cfg.fc_dst_len = (__u8)prefixes[i].len;
		err = fib_table_insert(net, &cfg);
		need(!err || err == -EEXIST, "a route is refused");
		*added += !err;
	}
	net_unlock(net);
	return (double)(bench_now() - start);
}

static double fill_peer(void)
{
	uint64_t start = bench_now();

	for (size_t i = 0; i < ROUTES; i++)
		need(peer_fib_add(prefixes[i].addr, prefixes[i].len, 1) >= 0, "rte_fib_add");
	return (double)(bench_now() - start);
}

static const uint32_t *next_addresses(size_t *at)
{
	*at = (*at + AT_ONCE) & (ADDRESSES - 1);
	return addresses + *at;
}

/* The table alone. */
static void look_up(size_t times, void *arg)
{
	const uint32_t *a;
	unsigned int all = 0;

	net_lock(net);
	while (times--) {
		a = next_addresses((size_t *)arg);
		for (size_t i = 0; i < AT_ONCE; i++)
			all += inet_addr_type(net, htonl(a[i]));
	}
	net_unlock(net);
	bench_keep(all);
}

/* What a packet asks for: source address and dst_entry too. */
static void route(size_t times, void *arg)
{
	const uint32_t *a;

	net_lock(net);
	while (times--) {
		a = next_addresses((size_t *)arg);
		for (size_t i = 0; i < AT_ONCE; i++) {
			struct flowi4 fl4 = { .daddr = htonl(a[i]) };
			struct rtable *rt = ip_route_output_key(net, &fl4);

			need(!IS_ERR(rt), "no route");
			ip_rt_put(rt);
		}
	}
	net_unlock(net);
}

static void look_up_peer(size_t times, void *arg)
{
	uint64_t all = 0;

	while (times--)
		all += peer_fib_lookup(next_addresses((size_t *)arg), AT_ONCE);
	bench_keep(all);
}

static void say(const char *name, double value, const char *unit, double peer)
{
	printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"better\": \"lower\", ",
	       name, value, unit);
	if (peer > 0)
		printf("\"peer\": \"rte_fib\", \"peer_value\": %.3f, \"ratio\": %.3f}\n", peer,
		       peer / value);
	else
		printf("\"peer\": null, \"peer_value\": null, \"ratio\": null}\n");
	fflush(stdout);
}

int main(void)
{
	bool peer = peer_fib_init(ROUTES) == 0;
	size_t at = 0, peer_at = 0, added = 0, before;
	double ns, peer_ns = 0;
	const struct bench_case cases[] = {
		{ .name = "fib/lookup-1m",
		  .ours = look_up,
		  .peer = peer ? look_up_peer : NULL,
		  .peer_name = peer ? "rte_fib DIR24-8, 32 at once" : NULL,
		  .times = 4,
		  .units = AT_ONCE,
		  .arg = &at,
		  .peer_arg = &peer_at },
		{ .name = "fib/route-1m", .ours = route, .times = 4, .units = AT_ONCE, .arg = &at },
	};

	choose();
	make_host();
	before = resident();
	ns = fill(&added);
	say("fib/memory-1m", (double)(resident() - before) / (double)added, "bytes", 0);
	if (peer)
		peer_ns = fill_peer();
	else
		printf("bench-fib: no rte_fib to compare with\n");
	say("fib/insert-1m", ns / ROUTES, "ns", peer_ns / ROUTES);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bench_run(&cases[i]);
	skiff_net_destroy(net);
	free(prefixes);
	free(addresses);
	return 0;
}
