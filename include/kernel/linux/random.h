/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/random.h> for kernel-style sources: random numbers. */
#include_next <linux/random.h>
#include <skiff/random.h>
