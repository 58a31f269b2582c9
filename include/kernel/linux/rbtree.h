/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/rbtree.h> for kernel-style sources. */
#include <skiff/rbtree.h>
