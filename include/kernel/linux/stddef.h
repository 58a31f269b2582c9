/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/stddef.h> for kernel-style sources: offsetof and its like. */
#include_next <linux/stddef.h>
#include <skiff/types.h>
