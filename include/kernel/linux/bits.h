/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/bits.h> for kernel-style sources: BIT. */
#include <skiff/kernel.h>
