/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/ip.h> for kernel-style sources: IPv4 header and ip_hdr. */
#include_next <linux/ip.h>
#include <skiff/ip.h>
