/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/types.h> for kernel-style sources: kernel integer types. */
#include_next <linux/types.h>
#include <skiff/types.h>
