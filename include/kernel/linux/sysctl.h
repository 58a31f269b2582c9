/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/sysctl.h> for kernel-style sources: ctl_table. */
#include_next <linux/sysctl.h>
#include <skiff/sysctl.h>
