/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/compiler.h> for kernel-style sources: likely, unlikely and function attributes. */
#include <skiff/kernel.h>
