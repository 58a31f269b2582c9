/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/printk.h> for kernel-style sources: pr_err and its like. */
#include <skiff/printk.h>
