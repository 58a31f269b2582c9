/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/if_arp.h> for kernel-style sources: ARP header and arp_hdr. */
#include_next <linux/if_arp.h>
#ifndef SKIFF_SYSTEM_HEADERS_ONLY /* see <skiff/if.h> */
#include <skiff/arp.h>
#endif
