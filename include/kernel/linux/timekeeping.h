/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/timekeeping.h> for kernel-style sources: ktime_get and its like. */
#include <skiff/ktime.h>
