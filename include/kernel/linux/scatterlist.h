/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/scatterlist.h> for kernel-style sources: scatterlist. */
#include <skiff/scatterlist.h>
