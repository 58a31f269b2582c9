/* SPDX-License-Identifier: BSD-2-Clause */
/* <net/icmp.h> for kernel-style sources: ICMP sending. */
#include <skiff/icmp.h>
