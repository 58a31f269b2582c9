/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/slab.h> for kernel-style sources: kmalloc and its like. */
#include <skiff/slab.h>
