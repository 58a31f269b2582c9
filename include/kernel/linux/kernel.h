/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/kernel.h> for kernel-style sources: min, max, container_of and their like. */
#include_next <linux/kernel.h>
#include <skiff/kernel.h>
