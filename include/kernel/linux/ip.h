/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/ip.h> for kernel-style sources: IPv4 header and ip_hdr. */
#include_next <linux/ip.h>
#ifndef SKIFF_SYSTEM_HEADERS_ONLY /* see <skiff/inetdevice.h> */
#include <skiff/ip.h>
#endif
