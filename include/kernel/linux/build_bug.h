/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/build_bug.h> for kernel-style sources: BUILD_BUG_ON. */
#include <skiff/kernel.h>
