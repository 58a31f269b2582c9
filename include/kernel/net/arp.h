/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/arp.h> for kernel-style sources: ARP. */
#include <skiff/arp.h>
