/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/netdevice.h> for kernel-style sources: net_device. */
#include_next <linux/netdevice.h>
#include <skiff/netdevice.h>
