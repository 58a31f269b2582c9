/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/jiffies.h> for kernel-style sources: jiffies and HZ. */
#include <skiff/jiffies.h>
