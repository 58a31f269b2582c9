// SPDX-License-Identifier: BSD-2-Clause
/* The route benchmark's peer: rte_fib, whose tables are made for looking up alone. */
#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_memory.h>

#define SKIFF_BENCH_DPDK 1
#include "peer_dpdk_fib.h"

#define BURST 32

static struct rte_fib *fib;

int peer_fib_init(unsigned int max_routes)
{
	char *argv[] = {
		"bench",	  "--no-huge", "--no-pci", "--no-shconf",    "-m",
		"1024",		  "-l",	       "0",	   "--no-telemetry", "--log-level=error",
		"--iova-mode=va", NULL
	};
	struct rte_fib_conf conf = {
		.type = RTE_FIB_DIR24_8,
		.max_routes = (int)max_routes * 2,
		.dir24_8 = { .nh_sz = RTE_FIB_DIR24_8_4B, .num_tbl8 = 1 << 15 },
	};

	if (rte_eal_init((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv) < 0)
		return -1;
	fib = rte_fib_create("bench", SOCKET_ID_ANY, &conf);
	return fib ? 0 : -1;
}

int peer_fib_add(uint32_t prefix, unsigned int len, unsigned int next_hop)
{
	return rte_fib_add(fib, prefix, (uint8_t)len, next_hop);
}

uint64_t peer_fib_lookup(const uint32_t *addrs, size_t n)
{
	uint64_t hops[BURST], all = 0;

	for (size_t i = 0; i + BURST <= n; i += BURST) {
		/* It does not promise not to write to them. */
		rte_fib_lookup_bulk(fib, (uint32_t *)(uintptr_t)(addrs + i), hops, BURST);
		for (int j = 0; j < BURST; j++)
			all += hops[j];
	}
	return all;
}
