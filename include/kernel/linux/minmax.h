/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/minmax.h> for kernel-style sources: min, max, clamp. */
#include <skiff/kernel.h>
