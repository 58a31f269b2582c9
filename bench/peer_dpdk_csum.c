// SPDX-License-Identifier: BSD-2-Clause
/* The checksum benchmark's peer: DPDK's inline checksum, compiled as a DPDK user would. */
#include <string.h>

#include <rte_ip.h>

#include "peer_dpdk_csum.h"

/*
 * The loops are here so that the checksum is inlined into them, as it is in DPDK programs. The
 * empty asm keeps the compiler from doing the work once for all rounds.
 */
uint32_t peer_raw_cksum(const void *buff, size_t len, size_t times)
{
	uint32_t all = 0;

	while (times--) {
		__asm__ __volatile__("" : "+r"(buff), "+r"(len) : : "memory");
		all += rte_raw_cksum(buff, len);
	}
	return all;
}

uint32_t peer_copy_cksum(void *dst, const void *src, size_t len, size_t times)
{
	uint32_t all = 0;

	while (times--) {
		__asm__ __volatile__("" : "+r"(dst), "+r"(src), "+r"(len) : : "memory");
		memcpy(dst, src, len);
		all += rte_raw_cksum(dst, len);
	}
	return all;
}
