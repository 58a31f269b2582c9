/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/ktime.h> for kernel-style sources: ktime_t. */
#include <skiff/ktime.h>
