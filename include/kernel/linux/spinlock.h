/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/spinlock.h> for kernel-style sources: spinlock_t. */
#include <skiff/spinlock.h>
