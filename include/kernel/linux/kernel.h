/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/kernel.h> for kernel-style sources: min, max, container_of, pr_info and their like. */
#include_next <linux/kernel.h>
#include <skiff/kernel.h>
#include <skiff/printk.h>
