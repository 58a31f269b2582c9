/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/etherdevice.h> for kernel-style sources: Ethernet support routines. */
#include <skiff/etherdevice.h>
