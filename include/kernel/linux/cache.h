/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/cache.h> for kernel-style sources: cache line sizes. */
#include <skiff/kernel.h>
