/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/string.h> for kernel-style sources: memcpy and its like, kstrdup, kmemdup. */
#include <string.h>

#include <skiff/slab.h>
