/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/bug.h> for kernel-style sources: BUG_ON and WARN_ON. */
#include <skiff/kernel.h>
