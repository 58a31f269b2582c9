/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/if_ether.h> for kernel-style sources: Ethernet header and eth_hdr. */
#include_next <linux/if_ether.h>
#ifndef SKIFF_SYSTEM_HEADERS_ONLY /* see <skiff/if.h> */
#include <skiff/if_ether.h>
#endif
