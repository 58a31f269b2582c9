/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/inetdevice.h> for kernel-style sources: IPv4 addresses of a device. */
#include <skiff/inetdevice.h>
