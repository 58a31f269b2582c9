/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/atomic.h> for kernel-style sources: atomic_t. */
#include <skiff/atomic.h>
