/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/refcount.h> for kernel-style sources: refcount_t. */
#include <skiff/atomic.h>
