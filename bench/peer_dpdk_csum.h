/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checksum benchmark calls in its DPDK peer. */
#ifndef SKIFF_BENCH_PEER_DPDK_CSUM_H
#define SKIFF_BENCH_PEER_DPDK_CSUM_H

#include <stddef.h>
#include <stdint.h>

/* rte_raw_cksum() of a block, @times over; returns something that depends on all of it. */
uint32_t peer_raw_cksum(const void *buff, size_t len, size_t times);

/* memcpy() and rte_raw_cksum() of the copy, @times over. */
uint32_t peer_copy_cksum(void *dst, const void *src, size_t len, size_t times);

#endif /* SKIFF_BENCH_PEER_DPDK_CSUM_H */
