/* SPDX-License-Identifier: BSD-2-Clause */
/* What the buffer benchmarks call in their DPDK peer. */
#ifndef SKIFF_BENCH_PEER_DPDK_SKB_H
#define SKIFF_BENCH_PEER_DPDK_SKB_H

#include <stddef.h>

/* Bring DPDK up and make the pool of @n mbufs. Return: 0 or -1. */
int peer_init(unsigned int n);

void peer_alloc_free(size_t times, void *arg);
void peer_alloc_free_burst(size_t times, void *arg);
void peer_clone_free(size_t times, void *arg);
/* @arg: pointer to the size_t with the packet's length */
void peer_copy_free(size_t times, void *arg);
void peer_push_pull(size_t times, void *arg);
void peer_put_trim(size_t times, void *arg);

/* A ring of @times buffers, the oldest of which is replaced; @arg: bytes to write, as above. */
void peer_cold_cycle(size_t times, void *arg);
/* All of @times allocated, then all freed. */
void peer_cold_all(size_t times, void *arg);

/* @times bursts from this thread, freed by another; the bursts go through an rte_ring. */
void peer_cross_thread(size_t times, void *arg);

/* For the list benchmarks: one by one and in bursts through an rte_ring. */
void peer_ring_single(size_t times, void *arg);
void peer_ring_burst(size_t times, void *arg);

#endif /* SKIFF_BENCH_PEER_DPDK_SKB_H */
