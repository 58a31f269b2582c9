/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/errno.h> for kernel-style sources: error numbers. */
#include_next <linux/errno.h>
#include <skiff/types.h>
