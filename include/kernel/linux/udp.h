/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/udp.h> for kernel-style sources: UDP header and udp_hdr. */
#include_next <linux/udp.h>
#include <skiff/udp.h>
