/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/icmp.h> for kernel-style sources: ICMP header and icmp_hdr. */
#include_next <linux/icmp.h>
#include <skiff/icmp.h>
