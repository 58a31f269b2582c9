/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/list.h> for kernel-style sources: lists and hash chains. */
#include <skiff/list.h>
