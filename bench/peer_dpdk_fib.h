/* SPDX-License-Identifier: BSD-2-Clause */
/* The route benchmark's work done with DPDK. */
#ifndef SKIFF_BENCH_PEER_DPDK_FIB_H
#define SKIFF_BENCH_PEER_DPDK_FIB_H

#include <stddef.h>
#include <stdint.h>

#if SKIFF_BENCH_DPDK

/* A table of its DIR24-8 kind. Return: 0, or -1 without memory. */
int peer_fib_init(unsigned int max_routes);

/* Return: 0 or a negative errno. */
int peer_fib_add(uint32_t prefix, unsigned int len, unsigned int next_hop);

/* Look up addresses 32 at a time. Return: something that depends on all of them. */
uint64_t peer_fib_lookup(const uint32_t *addrs, size_t n);

#else

static inline int peer_fib_init(unsigned int max_routes)
{
	(void)max_routes;
	return -1;
}

static inline int peer_fib_add(uint32_t prefix, unsigned int len, unsigned int next_hop)
{
	(void)prefix;
	(void)len;
	(void)next_hop;
	return -1;
}

static inline uint64_t peer_fib_lookup(const uint32_t *addrs, size_t n)
{
	(void)addrs;
	(void)n;
	return 0;
}

#endif

#endif /* SKIFF_BENCH_PEER_DPDK_FIB_H */
